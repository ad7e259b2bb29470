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
