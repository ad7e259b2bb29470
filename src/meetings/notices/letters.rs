//! What whoever asked for notice is written. Links lead to the configured base URL.

use super::model::NoticeKind;
use crate::meetings::model::{Meeting, PlaceKind};
use crate::meetings::schedule::{wall_clock, written};
use crate::platform::clock::Instant;
use crate::platform::http::API;
use crate::platform::mail::Letter;
use crate::platform::text::{Email, LocalTime};

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

    /// What is told of meetings: of one, or of several of a series.
    pub fn notice(&self, kind: NoticeKind, meetings: &[&Meeting]) -> Option<Letter> {
        let (first, others) = meetings.split_first()?;
        let (word, one, several) = match kind {
            NoticeKind::Scheduled => (
                "",
                "This meeting will take place and is open to all.",
                "These meetings will take place and are open to all.",
            ),
            NoticeKind::Changed => (
                "Changed: ",
                "Time or place of this meeting are others than you were told.",
                "Time or place of these meetings are others than you were told.",
            ),
            NoticeKind::Cancelled => {
                ("Cancelled: ", "This meeting does not take place.", "These meetings do not take place.")
            }
            // Nothing of what it is now is for everybody.
            NoticeKind::NotOpen => return None,
        };
        let opening = if others.is_empty() { one } else { several };
        let mut text = format!("{opening}\n\n{}\n{}", first.title, self.partnership);
        let mut told = None;
        for meeting in meetings {
            text.push_str(&format!("\n{}", when(meeting)));
            // What was said of the one before is not said again.
            let rest = (place(meeting), &meeting.title, &meeting.cancel_reason, &meeting.accessibility);
            if told.as_ref() == Some(&rest) {
                continue;
            }
            if meeting.title != first.title {
                text.push_str(&format!("\n{}", meeting.title));
            }
            text.push_str(&format!("\n{}", rest.0));
            if let Some(reason) = &meeting.cancel_reason {
                text.push_str(&format!("\n\nThe reason: {reason}"));
            }
            if let Some(accessibility) = &meeting.accessibility {
                text.push_str(&format!("\n\nAccess: {accessibility}"));
            }
            if !others.is_empty() {
                text.push('\n');
            }
            told = Some(rest);
        }
        let more = more(others.len());
        Some(self.letter(format!("{word}{}, {}{more}", first.title, written(&first.starts_local)), &text))
    }

    /// What is told of meetings that are not open any more: of one, or of several of a series, each known by when it was to begin
    /// when that was told last. Nothing else of them is for everybody.
    pub fn of_closed(&self, kind: NoticeKind, meetings: &[(Instant, &Meeting)]) -> Option<Letter> {
        let days: Vec<(String, &str)> = meetings
            .iter()
            .filter_map(|(starts_at, meeting)| {
                let local = LocalTime(wall_clock(*starts_at, meeting.time_zone.parse().ok()?));
                Some((written(&local.to_string()), meeting.time_zone.as_str()))
            })
            .collect();
        let ((first, _), others) = days.split_first()?;
        let (word, one, several) = match kind {
            NoticeKind::Cancelled => {
                ("Cancelled", "This meeting does not take place.", "These meetings do not take place.")
            }
            _ => (
                "Not open any more",
                "This meeting is not open to everybody any more. You were told of it when it was.",
                "These meetings are not open to everybody any more. You were told of them when they were.",
            ),
        };
        let opening = if others.is_empty() { one } else { several };
        let mut text = format!("{opening}\n\n{}", self.partnership);
        for (day, zone) in &days {
            text.push_str(&format!("\n{day} ({zone})"));
        }
        let subject = format!("{word}: meeting of {}, {first}{}", self.partnership, more(others.len()));
        Some(self.letter(subject, &text))
    }
}

/// How many other days a letter tells of, for its subject.
fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => " and another day".to_owned(),
        n => format!(" and {n} other days"),
    }
}

/// When a meeting takes place, in words.
fn when(meeting: &Meeting) -> String {
    format!("{} to {} ({})", written(&meeting.starts_local), written(&meeting.ends_local), meeting.time_zone)
}

/// Where a meeting takes place, as far as everybody may know.
fn place(meeting: &Meeting) -> String {
    match (meeting.place_kind, meeting.place_address.as_deref()) {
        (PlaceKind::Public, Some(address)) => format!("{}, {address}", meeting.place_name),
        _ => meeting.place_name.clone(),
    }
}
