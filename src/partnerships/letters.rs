//! What partnerships write to people.

use crate::platform::mail::Letter;
use crate::platform::text::Email;

const SIGNATURE: &str = "\n\nThis message was sent by a machine. In an emergency call 911.\n";

pub fn invitation(to: Email, base_url: &str, partnership: &str) -> Letter {
    Letter {
        to,
        subject: "You are invited to a partnership".into(),
        text: format!(
            "You are invited to become a member of the partnership \"{partnership}\" at {base_url}.\n\n\
             Sign in there with this address, or open an account with it, and you will find the invitation. It can be \
             accepted for 30 days. If you don't want to, do nothing.{SIGNATURE}"
        ),
        leave: None,
    }
}

pub fn proposal_waits(to: Email, base_url: &str, days: u64) -> Letter {
    Letter {
        to,
        subject: "A proposed partnership waits for an answer".into(),
        text: format!(
            "A partnership was proposed in your area more than {days} days ago, and nobody has answered yet.\n\n\
             You will find it at {base_url}.{SIGNATURE}"
        ),
        leave: None,
    }
}

pub fn nothing_happens(to: Email, base_url: &str, partnership: &str, idle_days: i32) -> Letter {
    Letter {
        to,
        subject: "Nothing has happened in your partnership for a while".into(),
        text: format!(
            "For {idle_days} days no meeting was held in the partnership \"{partnership}\", no task was done and no decision \
             adopted.\n\nAfter 90 days it is dormant. A meeting keeps it awake: schedule one at {base_url}.{SIGNATURE}"
        ),
        leave: None,
    }
}

pub fn dormant(to: Email, base_url: &str, partnership: &str) -> Letter {
    Letter {
        to,
        subject: "Your partnership is dormant".into(),
        text: format!(
            "For 90 days nothing has happened in the partnership \"{partnership}\", so that it is dormant now.\n\nTo begin \
             anew, schedule a meeting within 30 days at {base_url}; a leader of each side then signs.{SIGNATURE}"
        ),
        leave: None,
    }
}

pub fn confirm(to: Email, base_url: &str, partnership: &str) -> Letter {
    Letter {
        to,
        subject: "The yearly confirmation of your partnership is due".into(),
        text: format!(
            "Once a year a leader of each side confirms that members, area, contacts and communication plan of the \
             partnership \"{partnership}\" are right.\n\nIt is due now, at {base_url}. After 30 days the public directory \
             says that it is missing.{SIGNATURE}"
        ),
        leave: None,
    }
}
