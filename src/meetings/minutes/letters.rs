//! What members are written about minutes.

use crate::meetings::model::Meeting;
use crate::meetings::schedule::written;
use crate::platform::clock::Instant;
use crate::platform::mail::Letter;
use crate::platform::text::Email;

const SIGNATURE: &str = "\n\nThis message was sent by a machine. In an emergency call 911.\n";

/// A request to correct minutes was declined. Nothing of it, and nothing of their text, is in it.
pub fn declined(to: Email, address: &str, meeting: &Meeting, until: Instant) -> Letter {
    let when = written(&meeting.starts_local);
    Letter {
        to,
        subject: format!("Your correction of the minutes of {}, {when}", meeting.title),
        leave: None,
        text: format!(
            "Your request to correct the minutes of \"{}\" of {when} was declined. The reason is there to be read: {address}\n\n\
             If you want it all the same, maintain it there by {}: then the minutes are approved by a decision of both sides \
             alone. Otherwise nothing is left to do.{SIGNATURE}",
            meeting.title,
            until.date().format("%-d %B %Y")
        ),
    }
}

/// Minutes were circulated, or circulated anew. Nothing of their text is in it.
pub fn circulated(to: Email, address: &str, meeting: &Meeting, number: i32, consents_at: Instant) -> Letter {
    let when = written(&meeting.starts_local);
    Letter {
        to,
        subject: format!("Minutes of {}, {when}", meeting.title),
        leave: None,
        text: format!(
            "The minutes of \"{}\" of {when} are there to be read, version {number}: {address}\n\nIf something in them is \
             wrong, ask for a correction there. Where nobody does, and a leader of each side assents, they are approved on {}, \
             unless they are decided on before.{SIGNATURE}",
            meeting.title,
            consents_at.date().format("%-d %B %Y")
        ),
    }
}
