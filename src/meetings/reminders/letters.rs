//! What members are written before a meeting.

use crate::meetings::model::{Meeting, PlaceKind, RsvpAnswer};
use crate::meetings::schedule::written;
use crate::platform::http::API;
use crate::platform::mail::Letter;
use crate::platform::text::Email;

const SIGNATURE: &str = "\n\nThis message was sent by a machine. In an emergency call 911.\n";

/// A meeting is near; with the tokens to answer and to get no more reminders; `is_changed`: of which the member was reminded
/// before time or place changed.
pub fn reminder(
    to: Email,
    base_url: &str,
    partnership: &str,
    meeting: &Meeting,
    (token, stop): (&str, &str),
    is_changed: bool,
) -> Letter {
    let when = written(&meeting.starts_local);
    let place = match (meeting.place_kind, meeting.place_address.as_deref()) {
        (PlaceKind::Public, Some(address)) => format!("{}, {address}", meeting.place_name),
        (PlaceKind::PrivateHome, _) => {
            format!("{} (somebody's home; whoever has said yes reads the address there)", meeting.place_name)
        }
        _ => meeting.place_name.clone(),
    };
    let first = if is_changed {
        "Time or place of this meeting are others than you were told."
    } else {
        "This meeting is near."
    };
    let link = |answer: RsvpAnswer| format!("{base_url}/docs/rsvp#{answer}.{token}");
    Letter {
        to,
        subject: format!("{}{}, {when}", if is_changed { "Changed: " } else { "Reminder: " }, meeting.title),
        leave: Some(format!("{base_url}{API}/meeting-reminders/one-click?token={stop}")),
        text: format!(
            "{first}\n\n{}\n{partnership}\n{when} to {} ({})\n{place}\n\nMore of it: {base_url}{API}/meetings/{}\n\n\
             Will you come? You need not sign in to say so.\n\nYes: {}\n\nMaybe: {}\n\nNo: {}\n\n\
             These links are yours alone: whoever has them answers for you. A program answers with this code:\n\n{token}\n\n\
             To get no more reminders, use your mail program's unsubscribe button, or switch them off in your account.\
             {SIGNATURE}",
            meeting.title,
            written(&meeting.ends_local),
            meeting.time_zone,
            meeting.id,
            link(RsvpAnswer::Yes),
            link(RsvpAnswer::Maybe),
            link(RsvpAnswer::No),
        ),
    }
}
