//! What members are written about minutes.

use crate::meetings::model::Meeting;
use crate::meetings::schedule::written;
use crate::platform::clock::Instant;
use crate::platform::mail::Letter;
use crate::platform::text::Email;

const SIGNATURE: &str = "\n\nThis message was sent by a machine. In an emergency call 911.\n";

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
