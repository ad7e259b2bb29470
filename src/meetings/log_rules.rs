//! The rules of officers' logs (`domain/60` 6.23). Pure.
//!
//! * A visit begins and ends on one day, on the clock where it took place, and ends at most 15 minutes from now.
//! * Logged more than 72 hours after its end it is late.
//! * It is a duplicate of another of the same officer with the same group that began within 30 minutes of it.
//! * Civilian leaders answer within 14 days; after that it is unconfirmed.

use std::time::Duration;

use super::log_model::{GroupKind, LogContent};
use super::schedule::{Span, instant_of};
use crate::ids::{AreaId, MeetingId, PartnershipId};
use crate::platform::clock::{Instant, days, hours, minutes};
use crate::platform::error::{FieldCode, FieldError};
use crate::platform::http::wrong;
use crate::platform::text::{Day, LocalTime, TimeOfDay, Zone, fold};

/// A visit may end so far in the future: clocks differ, and people log while they say good-bye.
pub const GRACE: Duration = minutes(15);
/// A log is late when the visit ended longer ago.
pub const LATE_AFTER: Duration = hours(72);
/// Visits to the same group that began so close to each other are the same visit.
pub const SAME_VISIT: Duration = minutes(30);
/// How long civilian leaders can confirm or dispute.
pub const ANSWER_WITHIN: Duration = days(14);

/// From when to when the officer was there.
///
/// # Errors
/// All that is wrong with the times.
pub fn visit(on: Day, start: TimeOfDay, end: TimeOfDay, zone: Zone, now: Instant) -> Result<Span, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut read = |time: TimeOfDay, pointer: &str| {
        let at = instant_of(LocalTime(on.0.and_time(time.0)), zone);
        if at.is_none() {
            let message = "does not exist in this time zone: the clocks jump over it that night";
            errors.push(wrong(pointer, FieldCode::Refused, message));
        }
        at
    };
    let (starts_at, ends_at) = (read(start, "/start"), read(end, "/end"));
    let (Some(starts_at), Some(ends_at)) = (starts_at, ends_at) else { return Err(errors) };
    if ends_at < starts_at {
        errors.push(wrong("/end", FieldCode::Inconsistent, "must not be before the start"));
    } else if ends_at > now.plus(GRACE) {
        errors.push(wrong("/end", FieldCode::Refused, "must not be more than 15 minutes from now"));
    }
    if errors.is_empty() { Ok(Span { starts_at, ends_at }) } else { Err(errors) }
}

/// Whether a visit that ended then is logged late.
pub fn is_late(ends_at: Instant, now: Instant) -> bool {
    now.since(ends_at) > LATE_AFTER
}

/// What two fields of a log have to do with each other, whatever else is true.
pub fn check(content: &LogContent, errors: &mut Vec<FieldError>) {
    match (&content.group_name, content.meeting_id) {
        (None, None) => {
            errors.push(wrong("/group_name", FieldCode::Required, "name the group, or give its meeting in meeting_id"));
        }
        (Some(_), Some(_)) => {
            errors.push(wrong("/meeting_id", FieldCode::Inconsistent, "goes without group_name: give one of the two"));
        }
        _ => {}
    }
    let unlinked = content.partnership_id.is_none() && content.meeting_id.is_none();
    if content.group_kind == GroupKind::Partnership && unlinked {
        errors.push(wrong("/partnership_id", FieldCode::Required, "is required where a partnership met"));
    }
    for (n, commitment) in content.commitments.iter().enumerate() {
        if commitment.due_on < content.attended_on {
            let message = "must not be before attended_on";
            errors.push(wrong(format!("/commitments/{n}/due_on"), FieldCode::Inconsistent, message));
        }
    }
    for (n, next) in content.follow_ups.iter().enumerate() {
        if next.due_on.is_some_and(|day| day < content.attended_on) {
            let message = "must not be before attended_on";
            errors.push(wrong(format!("/follow_ups/{n}/due_on"), FieldCode::Inconsistent, message));
        }
    }
    if content.next_date.is_some_and(|next| next <= content.attended_on) {
        errors.push(wrong("/next_date", FieldCode::Inconsistent, "must be after attended_on"));
    }
}

/// Whom the officer visited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visited {
    /// The group's name, folded.
    pub group: Option<String>,
    /// The area that it met in.
    pub area: AreaId,
    /// Its meeting.
    pub meeting: Option<MeetingId>,
    /// The partnership.
    pub partnership: Option<PartnershipId>,
}

impl Visited {
    /// Whom a log with these fields is about.
    pub fn new(
        group: Option<&str>,
        area: AreaId,
        meeting: Option<MeetingId>,
        partnership: Option<PartnershipId>,
    ) -> Self {
        Self { group: group.map(fold), area, meeting, partnership }
    }
    /// Whether both are visits to the same group: by meeting, by partnership, or by name within an area.
    pub fn is_same(&self, other: &Self) -> bool {
        let same_meeting = self.meeting.is_some() && self.meeting == other.meeting;
        let same_partnership = self.partnership.is_some() && self.partnership == other.partnership;
        let same_name = self.group.is_some() && self.group == other.group && self.area == other.area;
        same_meeting || same_partnership || same_name
    }
}

/// Whether a civilian leader can still answer.
pub fn is_answerable(submitted_at: Instant, now: Instant) -> bool {
    now.since(submitted_at) <= ANSWER_WITHIN
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHICAGO: Zone = Zone(chrono_tz::America::Chicago);

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }
    fn pointers(on: &str, start: &str, end: &str, now: &str) -> Vec<String> {
        let found = visit(on.parse().unwrap(), start.parse().unwrap(), end.parse().unwrap(), CHICAGO, at(now));
        found.err().unwrap_or_default().into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn a_visit_ends_after_it_starts_and_not_in_the_future() {
        let none: [&str; 0] = [];
        assert_eq!(pointers("2027-03-01", "18:00", "19:30", "2027-03-02T01:30:00Z"), none);
        assert_eq!(pointers("2027-03-01", "18:00", "18:00", "2027-03-02T01:30:00Z"), none);
        assert_eq!(pointers("2027-03-01", "18:00", "17:59", "2027-03-02T01:30:00Z"), ["/end"]);
        assert_eq!(pointers("2027-03-01", "18:00", "19:30", "2027-03-02T01:15:00Z"), none);
        assert_eq!(pointers("2027-03-01", "18:00", "19:30", "2027-03-02T01:14:59Z"), ["/end"]);
        assert_eq!(pointers("2027-03-14", "02:10", "02:30", "2027-03-20T00:00:00Z"), ["/start", "/end"]);
        assert_eq!(pointers("2027-03-14", "01:10", "02:30", "2027-03-20T00:00:00Z"), ["/end"]);
    }

    #[test]
    fn late_and_lapsed_begin_exactly_after_their_time() {
        let end = at("2027-03-01T00:00:00Z");
        let second = Duration::from_secs(1);
        assert!(!is_late(end, end.plus(LATE_AFTER)) && is_late(end, end.plus(LATE_AFTER + second)));
        assert!(is_answerable(end, end.plus(ANSWER_WITHIN)) && !is_answerable(end, end.plus(ANSWER_WITHIN + second)));
        assert!(!is_late(end.plus(GRACE), end), "not yet over is not late");
    }

    #[test]
    fn the_same_group_is_known_by_meeting_partnership_or_name_within_an_area() {
        let (here, there) = (AreaId::new(), AreaId::new());
        let (meeting, partnership) = (MeetingId::new(), PartnershipId::new());
        let named = |name, area| Visited::new(Some(name), area, None, None);
        assert!(named("Elm St. Watch", here).is_same(&named("ELM ST. watch", here)));
        assert!(!named("Elm St. Watch", here).is_same(&named("Elm St. Watch", there)));
        assert!(!named("Elm St. Watch", here).is_same(&named("Oak St. Watch", here)));
        let linked = |name, area| Visited::new(Some(name), area, None, Some(partnership));
        assert!(linked("One", here).is_same(&linked("Other", there)));
        let met = |partnership| Visited::new(None, here, Some(meeting), partnership);
        assert!(met(None).is_same(&met(Some(partnership))));
        assert!(!met(None).is_same(&named("Elm St. Watch", here)));
        let other = Visited::new(None, here, Some(MeetingId::new()), None);
        assert!(!met(None).is_same(&other), "two meetings, no names");
    }
}
