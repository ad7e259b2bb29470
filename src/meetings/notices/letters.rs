//! What whoever asked for notice is written. Links lead to the configured base URL.

use super::model::NoticeKind;
use crate::meetings::model::{Meeting, PlaceKind};
use crate::meetings::schedule::written;
use crate::platform::http::API;
use crate::platform::mail::Letter;
use crate::platform::text::Email;

const SIGNATURE: &str = "\n\nThis message was sent by a machine. In an emergency call 911.\n";

/// Whom to write to, and the way out of it.
pub struct Reader<'a> {
    pub to: Email,
    pub base_url: &'a str,
    /// The name of the partnership.
    pub partnership: &'a str,
    /// The token of the subscription.
    pub token: &'a str,
}

impl Reader<'_> {
    fn letter(&self, subject: String, text: &str) -> Letter {
        let Self { base_url, token, partnership, .. } = self;
        let text = format!(
            "{text}\n\n--\nYou get this because you asked at {base_url} for notice of the meetings of \"{partnership}\". \
             To get no more of it, use your mail program's unsubscribe button, or leave there with this code:\n\n\
             {token}{SIGNATURE}"
        );
        let leave = format!("{base_url}{API}/notice-subscriptions/one-click?token={token}");
        Letter { to: self.to.clone(), subject, text, leave: Some(leave) }
    }

    pub fn confirm(&self) -> Letter {
        let Self { base_url, partnership, token, .. } = self;
        Letter {
            to: self.to.clone(),
            subject: format!("Confirm that you want notice of meetings of {partnership}"),
            text: format!(
                "Somebody, hopefully you, asked at {base_url} for notice of the meetings of \"{partnership}\" to this \
                 address.\n\nTo confirm it, enter this code there within two days:\n\n{token}\n\n\
                 If it was not you, do nothing: nothing more will be sent.{SIGNATURE}"
            ),
            leave: None,
        }
    }

    pub fn subscribed_already(&self) -> Letter {
        let text = "Somebody, hopefully you, asked for notice again. You get it already, and nothing has changed.";
        self.letter(format!("You get notice of meetings of {} already", self.partnership), text)
    }

    pub fn ends_soon(&self, renew_by: chrono::NaiveDate) -> Letter {
        let Self { base_url, partnership, token, .. } = self;
        let text = format!(
            "A year has nearly passed since you asked for notice of the meetings of \"{partnership}\". It ends on {}. To \
             go on for another year, enter this code at {base_url}:\n\n{token}",
            renew_by.format("%-d %B %Y")
        );
        self.letter(format!("Do you still want notice of meetings of {partnership}?"), &text)
    }

    pub fn notice(&self, kind: NoticeKind, meeting: &Meeting) -> Letter {
        let (word, first) = match kind {
            NoticeKind::Scheduled => ("", "This meeting will take place and is open to all."),
            NoticeKind::Changed => ("Changed: ", "Time or place of this meeting are others than you were told."),
            NoticeKind::Cancelled => ("Cancelled: ", "This meeting does not take place."),
        };
        let when = written(&meeting.starts_local);
        let place = match (meeting.place_kind, meeting.place_address.as_deref()) {
            (PlaceKind::Public, Some(address)) => format!("{}, {address}", meeting.place_name),
            _ => meeting.place_name.clone(),
        };
        let mut text = format!(
            "{first}\n\n{}\n{}\n{when} to {} ({})\n{place}",
            meeting.title,
            self.partnership,
            written(&meeting.ends_local),
            meeting.time_zone
        );
        if let Some(reason) = &meeting.cancel_reason {
            text.push_str(&format!("\n\nThe reason: {reason}"));
        }
        if let Some(accessibility) = &meeting.accessibility {
            text.push_str(&format!("\n\nAccess: {accessibility}"));
        }
        self.letter(format!("{word}{}, {when}", meeting.title), &text)
    }
}
