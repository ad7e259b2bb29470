//! The rules of officers' logs (`domain/60` 6.23). Pure.
//!
//! * A visit begins on its day, on the clock where it took place, and ends on the same day, or on the next where the log says
//!   so; it lasts at most 16 hours and ends at most 15 minutes from now.
//! * A visit to one of our meetings was while it took place: on a day of it, until after it began, and from an hour after its end
//!   at the latest. One that was cancelled, or is still to come, was visited by nobody.
//! * Logged more than 72 hours after its end it is late.
//! * It is a duplicate of another of the same officer with the same group that began within 30 minutes of it.
//! * Civilian leaders answer within 14 days; after that it is unconfirmed.

use std::time::Duration;

use chrono::NaiveDate;

use super::log_model::{GroupKind, LogContent};
use super::model::{Meeting, MeetingState};
use super::schedule::{Span, instant_of, wall_clock};
use crate::ids::{AreaId, MeetingId, PartnershipId};
use crate::platform::clock::{Instant, days, hours, minutes};
use crate::platform::error::{FieldCode, FieldError};
use crate::platform::http::wrong;
use crate::platform::text::{Day, LocalTime, TimeOfDay, Zone, fold};

/// A visit may end so far in the future: clocks differ, and people log while they say good-bye.
pub const GRACE: Duration = minutes(15);
/// A visit lasts at most so long: two shifts.
pub const LONGEST_VISIT: Duration = hours(16);
/// A meeting that begins later than that is still to come; whoever comes after one comes so long after its end at the latest.
pub const AROUND: Duration = hours(1);
/// A meeting went on for so long after its time at most, whenever somebody wrote down that it had ended.
const OVERRUN: Duration = hours(6);
/// A log is late when the visit ended longer ago.
pub const LATE_AFTER: Duration = hours(72);
/// Visits to the same group that began so close to each other are the same visit.
pub const SAME_VISIT: Duration = minutes(30);
/// How long civilian leaders can confirm or dispute.
pub const ANSWER_WITHIN: Duration = days(14);

/// From when to when the officer was there, as a log tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The day, where it was.
    pub on: Day,
    /// When it began, on the clock there.
    pub start: TimeOfDay,
    /// When it ended, on the clock there.
    pub end: TimeOfDay,
    /// Whether it ended on the day after.
    pub ends_next_day: bool,
    /// The zone of that clock.
    pub zone: Zone,
}

/// From when to when the officer was there.
///
/// # Errors
/// All that is wrong with the times.
pub fn visit(told: Told, now: Instant) -> Result<Span, Vec<FieldError>> {
    let Told { on, start, end, ends_next_day, zone } = told;
    let mut errors = Vec::new();
    let ended_on = if ends_next_day { on.0.succ_opt().unwrap_or(on.0) } else { on.0 };
    let mut read = |day: NaiveDate, time: TimeOfDay, pointer: &str| {
        let at = instant_of(LocalTime(day.and_time(time.0)), zone);
        if at.is_none() {
            let message = "does not exist in this time zone: the clocks jump over it that night";
            errors.push(wrong(pointer, FieldCode::Refused, message));
        }
        at
    };
    let (starts_at, ends_at) = (read(on.0, start, "/start"), read(ended_on, end, "/end"));
    let (Some(starts_at), Some(ends_at)) = (starts_at, ends_at) else { return Err(errors) };
    if ends_at < starts_at {
        let message = "must not be before the start; over midnight, say so in ends_next_day";
        errors.push(wrong("/end", FieldCode::Inconsistent, message));
    } else if ends_at.since(starts_at) > LONGEST_VISIT {
        let pointer = if ends_next_day { "/ends_next_day" } else { "/end" };
        errors.push(wrong(pointer, FieldCode::OutOfRange, "makes the visit longer than 16 hours"));
    } else if ends_at > now.plus(GRACE) {
        errors.push(wrong("/end", FieldCode::Refused, "must not be more than 15 minutes from now"));
    }
    if errors.is_empty() { Ok(Span { starts_at, ends_at }) } else { Err(errors) }
}

/// What keeps a visit from having been one to this meeting: the field and the rule.
///
/// A meeting takes place from its time, or from when somebody began it where that was earlier, to its end, or to when somebody
/// ended it, at most six hours later.
pub fn mismatch(meeting: &Meeting, on: Day, span: Span, zone: Zone, now: Instant) -> Option<FieldError> {
    let refused = |pointer, code, message: String| Some(wrong(pointer, code, message));
    if meeting.state == MeetingState::Cancelled {
        return refused("/meeting_id", FieldCode::Refused, "was cancelled: nobody attended it".into());
    }
    let begins = meeting.started_at.map_or(meeting.starts_at, |at| at.min(meeting.starts_at));
    let latest = meeting.ends_at.plus(OVERRUN);
    let ends = match (meeting.state, meeting.adjourned_at) {
        (MeetingState::InSession, _) => now.max(meeting.ends_at),
        (_, Some(at)) => at.max(meeting.ends_at),
        (_, None) => meeting.ends_at,
    };
    let ends = ends.min(latest);
    if begins.minus(AROUND) > now {
        return refused("/meeting_id", FieldCode::Refused, "is still to come".into());
    }
    let days = |at: Instant| wall_clock(at, zone).date();
    if on.0 < days(begins) || on.0 > days(ends) {
        let message = format!("must be the day of the meeting, {}", days(meeting.starts_at));
        return refused("/attended_on", FieldCode::Inconsistent, message);
    }
    let clock = |at: Instant| wall_clock(at, zone).format("%H:%M").to_string();
    if span.ends_at <= begins {
        let message = format!("must be after the meeting began, at {}", clock(begins));
        return refused("/end", FieldCode::Inconsistent, message);
    }
    if span.starts_at > ends.plus(AROUND) {
        let message = format!(
            "must be while the meeting took place, from {} to {}, or within an hour after it",
            clock(begins),
            clock(ends)
        );
        return refused("/start", FieldCode::Inconsistent, message);
    }
    None
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
    fn told(on: &str, start: &str, end: &str, ends_next_day: bool) -> Told {
        let (on, start, end) = (on.parse().unwrap(), start.parse().unwrap(), end.parse().unwrap());
        Told { on, start, end, ends_next_day, zone: CHICAGO }
    }
    fn pointers(on: &str, start: &str, end: &str, now: &str) -> Vec<String> {
        wrong_with(told(on, start, end, false), now)
    }
    fn wrong_with(told: Told, now: &str) -> Vec<String> {
        let found = visit(told, at(now));
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
    fn a_visit_over_midnight_says_so_and_lasts_at_most_sixteen_hours() {
        let none: [&str; 0] = [];
        let later = "2027-03-20T00:00:00Z";
        assert_eq!(pointers("2027-03-01", "22:30", "00:15", later), ["/end"]);
        let night = told("2027-03-01", "22:30", "00:15", true);
        let span = visit(night, at(later)).unwrap();
        assert_eq!((span.starts_at, span.ends_at), (at("2027-03-02T04:30:00Z"), at("2027-03-02T06:15:00Z")));
        assert_eq!(wrong_with(night, "2027-03-02T05:59:59Z"), ["/end"], "it ends more than 15 minutes from now");
        for (start, end, next_day, expected) in [
            ("00:00", "16:00", false, &none[..]),
            ("00:00", "16:01", false, &["/end"]),
            ("18:00", "10:00", true, &none),
            ("18:00", "10:01", true, &["/ends_next_day"]),
            ("10:00", "11:00", true, &["/ends_next_day"]),
        ] {
            assert_eq!(wrong_with(told("2027-03-01", start, end, next_day), later), expected, "{start} {end}");
        }
        // The night in which an hour is skipped, and the one in which it comes twice.
        let spring = visit(told("2027-03-13", "23:00", "03:00", true), at(later)).unwrap();
        assert_eq!(spring.ends_at.since(spring.starts_at), hours(3));
        let autumn = visit(told("2027-11-06", "23:00", "03:00", true), at("2027-11-20T00:00:00Z")).unwrap();
        assert_eq!(autumn.ends_at.since(autumn.starts_at), hours(5));
    }

    #[test]
    fn a_meeting_is_visited_while_it_takes_place() {
        use crate::meetings::model::tests_support::meeting;
        use MeetingState as S;
        // From 18:30 to 20:00 on the 20th.
        let starts_at = at("2027-03-20T23:30:00Z");
        let planned = || Meeting { state: S::Adjourned, ..meeting(starts_at) };
        let early = || Meeting { started_at: Some(at("2027-03-20T23:00:00Z")), ..planned() };
        let overran = || Meeting { adjourned_at: Some(at("2027-03-21T03:00:00Z")), ..planned() };
        let forgotten = || Meeting { adjourned_at: Some(at("2027-04-01T03:00:00Z")), ..planned() };
        let is = |state| Meeting { state, ..planned() };
        let now = at("2027-04-02T00:00:00Z");
        for (meeting, on, start, end, next_day, expected) in [
            (planned(), "2027-03-20", "18:30", "20:00", false, None),
            (planned(), "2027-03-20", "16:00", "18:31", false, None),
            (planned(), "2027-03-20", "16:00", "18:30", false, Some("/end")),
            (planned(), "2027-03-20", "16:00", "17:30", false, Some("/end")),
            (early(), "2027-03-20", "16:00", "18:01", false, None),
            (early(), "2027-03-20", "16:00", "18:00", false, Some("/end")),
            (planned(), "2027-03-20", "21:00", "21:30", false, None),
            (planned(), "2027-03-20", "21:01", "21:30", false, Some("/start")),
            (planned(), "2027-03-19", "18:30", "20:00", false, Some("/attended_on")),
            (planned(), "2027-03-21", "18:30", "20:00", false, Some("/attended_on")),
            (overran(), "2027-03-20", "22:30", "23:30", false, None),
            (overran(), "2027-03-20", "23:01", "23:30", false, Some("/start")),
            (forgotten(), "2027-03-22", "18:30", "20:00", false, Some("/attended_on")),
            (forgotten(), "2027-03-21", "02:30", "03:30", false, None),
            (planned(), "2027-03-20", "19:30", "00:15", true, None),
            (is(S::Cancelled), "2027-03-20", "18:30", "20:00", false, Some("/meeting_id")),
            (is(S::Scheduled), "2027-03-20", "18:30", "20:00", false, None),
            (is(S::Minuted), "2027-03-20", "18:30", "20:00", false, None),
            (is(S::InSession), "2027-03-21", "01:30", "02:30", false, None),
        ] {
            let told = told(on, start, end, next_day);
            let found = mismatch(&meeting, told.on, visit(told, now).unwrap(), CHICAGO, now);
            assert_eq!(found.map(|error| error.pointer).as_deref(), expected, "{on} {start} {end} {}", meeting.state);
        }
        let span = Span { starts_at, ends_at: starts_at.plus(minutes(5)) };
        let on = "2027-03-20".parse().unwrap();
        let to_come = mismatch(&is(S::Scheduled), on, span, CHICAGO, starts_at.minus(AROUND + Duration::from_secs(1)));
        assert_eq!(to_come.map(|error| error.pointer).as_deref(), Some("/meeting_id"), "to come");
        assert_eq!(mismatch(&is(S::Scheduled), on, span, CHICAGO, starts_at.minus(AROUND)), None);
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
