//! What decisions write to people.

use crate::platform::clock::Instant;
use crate::platform::mail::Letter;
use crate::platform::text::Email;

const SIGNATURE: &str = "\n\nThis message was sent by a machine. In an emergency call 911.\n";

pub fn closes_soon(to: Email, address: &str, question: &str, closes_at: Instant) -> Letter {
    Letter {
        to,
        subject: "A decision of your partnership closes soon".into(),
        leave: None,
        text: format!(
            "Your partnership decides: \"{question}\"\n\nThe final call ends at {closes_at}, and you have not said yet where \
             you stand. You can do so at {address}.{SIGNATURE}"
        ),
    }
}

pub fn text_corrected(to: Email, address: &str, question: &str) -> Letter {
    Letter {
        to,
        subject: "Typing errors were corrected in a text that you took a stance on".into(),
        leave: None,
        text: format!(
            "Your partnership decides: \"{question}\"\n\nLeaders of both sides have corrected typing errors in the text. Your \
             stance counts as before. If the text says something else to you now, change your stance, at {address}.{SIGNATURE}"
        ),
    }
}

pub fn text_changed(to: Email, address: &str, question: &str) -> Letter {
    Letter {
        to,
        subject: "The text that you took a stance on has changed".into(),
        leave: None,
        text: format!(
            "Your partnership decides: \"{question}\"\n\nYou had said where you stand, and the text has changed since. Your \
             stance is kept, and counts no more. Once the final call is open again you can affirm it with one click, or say \
             something else, at {address}.{SIGNATURE}"
        ),
    }
}
