//! From a rule to the meetings of a series. Pure.
//!
//! The rule is expanded on the wall clock alone, without any zone, by the `rrule` crate; each meeting's instants are then
//! computed as a single meeting's are ([`schedule`]). So daylight saving never moves a meeting on the clock. Of an hour that
//! comes twice the first coming is meant (RFC 5545 3.3.5). A meeting that would begin or end in the hour that is skipped
//! does not exist: the series is refused with the day's name, until the day is left out or the time is another, because
//! calendars disagree about what such a meeting means.
//!
//! A series always has an end: at most [`MOST`] meetings, the last one at most two years after the first. One whose rule
//! says none is given the latest that there can be.

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, Weekday};
use rrule::{Frequency, NWeekday, RRule, Tz};

use super::rule::{End, Given, MOST, On, Rule};
use super::words;
use crate::meetings::schedule::{self, Span, Unfit, wall_clock};
use crate::platform::clock::Instant;
use crate::platform::error::{FieldCode, FieldError};
use crate::platform::http::wrong;
use crate::platform::text::{LocalTime, Zone};

/// Days between the first and the last meeting at most: two years, one of which may be a leap year.
const LONGEST_DAYS: u64 = 2 * 365 + 1;

/// A meeting that the rule has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// What a calendar knows it by (RECURRENCE-ID): when it begins by the rule, on the wall clock.
    pub local: NaiveDateTime,
    /// From when to when.
    pub span: Span,
}

/// A series as its rule makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The complete rule, without its end.
    pub rule: Rule,
    /// The meetings that there are to be, in their order; the days that are left out are not among them.
    pub slots: Vec<Slot>,
    /// When the meetings of the rule begin, those that are left out too.
    pub all: Vec<NaiveDateTime>,
    /// When the last of them begins.
    pub last: NaiveDateTime,
}

impl Plan {
    /// The moment at which the first meeting that there is to be begins.
    pub fn first_starts_at(&self) -> Instant {
        self.slots.first().map_or_else(|| self.last.and_utc().into(), |slot| slot.span.starts_at)
    }
    /// The moment at which the last meeting of the rule begins; by the clock's first coming, or, left out in an hour that
    /// does not exist, an hour after.
    pub fn last_starts_at(&self, zone: Zone) -> Instant {
        let at = |local| schedule::instant_of(LocalTime(local), zone);
        let last = at(self.last).or_else(|| at(self.last + chrono::Duration::hours(1)));
        last.or_else(|| self.slots.last().map(|slot| slot.span.starts_at)).unwrap_or_else(|| self.last.and_utc().into())
    }
}

/// What makes a plan.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// When the first meeting begins.
    pub starts: LocalTime,
    /// When it ends.
    pub ends: LocalTime,
    /// The zone of that clock.
    pub zone: Zone,
    /// Days that are left out.
    pub except: &'a [NaiveDate],
}

/// When the meeting that begins at `local` ends on the wall clock, where the first one lasts from `starts` to `ends`.
fn ends_of(local: NaiveDateTime, wanted: Wanted<'_>) -> LocalTime {
    LocalTime(local + (wanted.ends.0 - wanted.starts.0))
}

const fn month(n: u8) -> Option<chrono::Month> {
    use chrono::Month as M;
    Some(match n {
        1 => M::January,
        2 => M::February,
        3 => M::March,
        4 => M::April,
        5 => M::May,
        6 => M::June,
        7 => M::July,
        8 => M::August,
        9 => M::September,
        10 => M::October,
        11 => M::November,
        12 => M::December,
        _ => return None,
    })
}

/// Beginnings of meetings from `first` to `bound`, one more than there can be at most.
///
/// What it costs is bounded by the days between the two, of which there are at most [`LONGEST_DAYS`]: `first` is one of
/// the rule's own (whoever calls has looked), so none of its periods is searched in vain for longer than that.
fn expand(rule: &Rule, first: NaiveDateTime, bound: NaiveDateTime) -> Option<Vec<NaiveDateTime>> {
    let nth = |n: i8, day: Weekday| NWeekday::Nth(i16::from(n), day);
    let crate_rule = match &rule.on {
        On::Days => RRule::new(Frequency::Daily),
        On::Weekdays(days) => {
            RRule::new(Frequency::Weekly).by_weekday(days.iter().map(|day| NWeekday::Every(*day)).collect())
        }
        On::Nth(days) => RRule::new(Frequency::Monthly).by_weekday(days.iter().map(|(n, day)| nth(*n, *day)).collect()),
        On::MonthDays(days) => RRule::new(Frequency::Monthly).by_month_day(days.clone()),
    };
    let months: Vec<chrono::Month> = rule.months.iter().filter_map(|n| month(*n)).collect();
    // The wall clock as if it were UTC: nothing is skipped and nothing comes twice.
    let at = |local: NaiveDateTime| local.and_utc().with_timezone(&Tz::UTC);
    let set = crate_rule
        .interval(rule.every)
        .by_month(&months)
        .week_start(Weekday::Mon)
        .until(at(bound))
        .build(at(first))
        .ok()?;
    let most = u16::try_from(MOST + 1).unwrap_or(u16::MAX);
    Some(set.all(most).dates.into_iter().map(|date| date.naive_utc()).collect())
}

/// Whether the rule has a meeting on such a day, in whichever of its periods.
fn has(rule: &Rule, day: NaiveDate) -> bool {
    let length = (28..=31).rev().find(|n| day.with_day(*n).is_some()).unwrap_or(28);
    let counted = |n: i8, from_start: u32, from_end: u32| {
        u32::from(n.unsigned_abs()) == if n > 0 { from_start } else { from_end }
    };
    let in_month = rule.months.is_empty() || rule.months.iter().any(|n| u32::from(*n) == day.month());
    in_month
        && match &rule.on {
            On::Days => true,
            On::Weekdays(days) => days.contains(&day.weekday()),
            On::Nth(days) => days.iter().any(|(n, of)| {
                *of == day.weekday() && counted(*n, (day.day() - 1) / 7 + 1, (length - day.day()) / 7 + 1)
            }),
            On::MonthDays(days) => days.iter().any(|n| counted(*n, day.day(), length - day.day() + 1)),
        }
}

/// The last moment at which a meeting can begin, by the rule's end as it was written and by the bounds of a series; none where
/// the former is on a day after the latter.
fn bound(end: Option<End>, starts: LocalTime, zone: Zone) -> Option<NaiveDateTime> {
    let furthest = starts.0.checked_add_days(Days::new(LONGEST_DAYS)).unwrap_or(starts.0);
    let said = match end {
        None | Some(End::Count(_)) => furthest,
        Some(End::Day(day)) => day.and_hms_opt(23, 59, 59).unwrap_or(furthest),
        Some(End::Moment(at)) => wall_clock(at.and_utc().into(), zone),
    };
    (said.date() <= furthest.date()).then(|| said.min(furthest))
}

/// Where a plan is wrong: the field's name, its code, and why.
fn misfit(field: &str, code: FieldCode, why: impl Into<String>) -> Vec<FieldError> {
    vec![wrong(field, code, why)]
}

/// The complete rule, and when its meetings begin, those that are left out too.
///
/// # Errors
/// What is wrong, by the fields of a request: `/starts_local`, `/rule`.
pub fn begins(given: &Given, starts: LocalTime, zone: Zone) -> Result<(Rule, Vec<NaiveDateTime>), Vec<FieldError>> {
    let rule = given.of(starts.0.date());
    if !has(&rule, starts.0.date()) {
        let why = format!("must be one of the days of the rule: {}", words::rule(&rule));
        return Err(misfit("/starts_local", FieldCode::Inconsistent, why));
    }
    let too_long =
        || misfit("/rule", FieldCode::OutOfRange, "must have its last meeting within two years of its first");
    let bound = bound(given.end(), starts, zone).ok_or_else(too_long)?;
    if bound < starts.0 {
        return Err(misfit("/rule", FieldCode::Inconsistent, "must not end before its first meeting"));
    }
    let mut all = expand(&rule, starts.0, bound)
        .filter(|all| all.first() == Some(&starts.0))
        .ok_or_else(|| misfit("/rule", FieldCode::Refused, "can't be carried out"))?;
    match given.end() {
        Some(End::Count(count)) if all.len() < usize::from(count) => {
            return Err(too_long());
        }
        Some(End::Count(count)) => all.truncate(usize::from(count)),
        None => all.truncate(MOST),
        Some(End::Day(_) | End::Moment(_)) if all.len() > MOST => {
            return Err(misfit("/rule", FieldCode::OutOfRange, "must not have more than 366 meetings"));
        }
        Some(End::Day(_) | End::Moment(_)) => {}
    }
    Ok((rule, all))
}

/// The series that `given` makes.
///
/// # Errors
/// What is wrong, by the fields of a request: `/starts_local`, `/ends_local`, `/rule`, `/except/n`.
pub fn plan(given: &Given, wanted: Wanted<'_>) -> Result<Plan, Vec<FieldError>> {
    let Wanted { starts, ends, zone, except } = wanted;
    let (rule, all) = begins(given, starts, zone)?;
    if ends.0 <= starts.0 {
        return Err(vec![Unfit::EndsTooEarly.at("/ends_local")]);
    }
    let unknown: Vec<FieldError> = except
        .iter()
        .enumerate()
        .filter(|(_, day)| !all.iter().any(|local| local.date() == **day))
        .map(|(n, _)| wrong(format!("/except/{n}"), FieldCode::Inconsistent, "is not a day of the series"))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let last = all.last().copied().unwrap_or(starts.0);
    let mut slots = Vec::with_capacity(all.len());
    for local in all.iter().copied().filter(|local| !except.contains(&local.date())) {
        let span = schedule::span(LocalTime(local), ends_of(local, wanted), zone).map_err(|unfit| {
            let about_start = unfit.iter().any(|unfit| unfit.is_about_start());
            let what = if unfit.iter().any(|unfit| matches!(unfit, Unfit::StartSkipped | Unfit::EndSkipped)) {
                "the clocks jump over it that night"
            } else {
                "it would not end within 24 hours of its beginning"
            };
            let why = format!(
                "does not do on {}: {what}; leave that day out, or choose another time",
                words::day(local.date())
            );
            misfit(if about_start { "/starts_local" } else { "/ends_local" }, FieldCode::Refused, why)
        })?;
        slots.push(Slot { local, span });
    }
    if slots.is_empty() {
        return Err(misfit("/except", FieldCode::Inconsistent, "must leave at least one meeting"));
    }
    Ok(Plan { rule, slots, all, last })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHICAGO: Zone = Zone(chrono_tz::America::Chicago);

    fn made(rule: &str, starts: &str, ends: &str, except: &[&str]) -> Result<Plan, Vec<(String, String)>> {
        let except: Vec<NaiveDate> = except.iter().map(|day| day.parse().unwrap()).collect();
        let wanted =
            Wanted { starts: starts.parse().unwrap(), ends: ends.parse().unwrap(), zone: CHICAGO, except: &except };
        plan(&rule.parse().unwrap(), wanted)
            .map_err(|errors| errors.into_iter().map(|error| (error.pointer, error.message)).collect())
    }
    fn locals(plan: &Plan) -> Vec<String> {
        plan.slots.iter().map(|slot| LocalTime(slot.local).to_string()).collect()
    }
    fn pointers(result: Result<Plan, Vec<(String, String)>>) -> Vec<String> {
        result.err().into_iter().flatten().map(|(pointer, _)| pointer).collect()
    }

    #[test]
    fn daylight_saving_does_not_move_a_meeting_on_the_clock() {
        let plan =
            made("FREQ=MONTHLY;BYDAY=2TU;COUNT=10", "2027-02-09T18:30", "2027-02-09T20:00", &["2027-07-13"]).unwrap();
        assert!(locals(&plan).iter().all(|local| local.ends_with("T18:30")));
        let starts: Vec<String> = plan.slots.iter().map(|slot| slot.span.starts_at.to_string()).collect();
        assert_eq!(
            starts,
            [
                "2027-02-10T00:30:00Z",
                "2027-03-10T00:30:00Z",
                "2027-04-13T23:30:00Z",
                "2027-05-11T23:30:00Z",
                "2027-06-08T23:30:00Z",
                "2027-08-10T23:30:00Z",
                "2027-09-14T23:30:00Z",
                "2027-10-12T23:30:00Z",
                "2027-11-10T00:30:00Z",
            ]
        );
        assert_eq!(LocalTime(plan.last).to_string(), "2027-11-09T18:30");
    }

    #[test]
    fn the_night_that_skips_an_hour_is_named_and_can_be_left_out() {
        let errors = made("FREQ=DAILY;COUNT=10", "2027-03-10T02:30", "2027-03-10T04:00", &[]).unwrap_err();
        assert_eq!(errors[0].0, "/starts_local");
        assert!(errors[0].1.contains("Sunday 14 March 2027"), "{}", errors[0].1);
        let without = made("FREQ=DAILY;COUNT=10", "2027-03-10T02:30", "2027-03-10T04:00", &["2027-03-14"]).unwrap();
        assert_eq!(without.slots.len(), 9);
        assert_eq!(pointers(made("FREQ=DAILY;COUNT=10", "2027-03-10T01:00", "2027-03-10T02:30", &[])), ["/ends_local"]);
    }

    #[test]
    fn the_hour_that_comes_twice_means_its_first_coming() {
        let plan = made("FREQ=DAILY;COUNT=3", "2027-11-06T01:30", "2027-11-06T03:00", &[]).unwrap();
        let spans: Vec<String> =
            plan.slots.iter().map(|slot| format!("{} {}", slot.span.starts_at, slot.span.ends_at)).collect();
        assert_eq!(
            spans,
            [
                "2027-11-06T06:30:00Z 2027-11-06T08:00:00Z",
                "2027-11-07T06:30:00Z 2027-11-07T09:00:00Z",
                "2027-11-08T07:30:00Z 2027-11-08T09:00:00Z",
            ]
        );
    }

    #[test]
    fn bounds_hold_and_are_named() {
        let of = |rule: &str| made(rule, "2027-03-09T18:30", "2027-03-09T20:00", &[]);
        assert_eq!(of("FREQ=DAILY").unwrap().slots.len(), 366, "without an end: as many as there can be");
        assert_eq!(of("FREQ=MONTHLY;BYDAY=2TU").unwrap().slots.len(), 24, "that of March 2029 is the thirteenth");
        assert_eq!(of("FREQ=DAILY;COUNT=366").unwrap().slots.len(), 366);
        assert_eq!(pointers(of("FREQ=MONTHLY;BYDAY=2TU;COUNT=25")), ["/rule"]);
        assert_eq!(pointers(of("FREQ=DAILY;UNTIL=20280309")), ["/rule"]);
        assert_eq!(of("FREQ=DAILY;UNTIL=20280308").unwrap().slots.len(), 366);
        assert_eq!(of("FREQ=WEEKLY").unwrap().slots.len(), 105, "two years");
        assert_eq!(of("FREQ=WEEKLY;UNTIL=20290309").unwrap().slots.len(), 105);
        assert_eq!(of("FREQ=WEEKLY;COUNT=105").unwrap().slots.len(), 105);
        for too_long in ["COUNT=106", "UNTIL=20290310", "UNTIL=20290311T000000Z", "UNTIL=20990101"] {
            assert_eq!(pointers(of(&format!("FREQ=WEEKLY;{too_long}"))), ["/rule"], "{too_long}");
        }
        assert_eq!(pointers(of("FREQ=WEEKLY;UNTIL=20270308")), ["/rule"]);
        assert_eq!(of("FREQ=WEEKLY;UNTIL=20270316T233000Z").unwrap().slots.len(), 2, "the moment itself is within");
        assert_eq!(of("FREQ=WEEKLY;UNTIL=20270316T232959Z").unwrap().slots.len(), 1);
        assert_eq!(pointers(of("FREQ=WEEKLY;BYDAY=MO")), ["/starts_local"], "not one of its own days");
        assert_eq!(pointers(of("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30")), ["/starts_local"], "there is no such day");
        let without = |except: &[&str]| made("FREQ=WEEKLY;COUNT=2", "2027-03-09T18:30", "2027-03-09T20:00", except);
        assert_eq!(pointers(without(&["2027-03-09", "2027-03-16"])), ["/except"]);
        assert_eq!(pointers(without(&["2027-03-09", "2027-03-10"])), ["/except/1"]);
    }

    #[test]
    fn a_leap_day_costs_no_search_through_the_ages() {
        let began = std::time::Instant::now();
        let plan = made("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29T18:30", "2028-02-29T20:00", &[]).unwrap();
        assert_eq!(plan.slots.len(), 1);
        assert!(began.elapsed() < std::time::Duration::from_secs(2));
    }

    /// Every day from the first to the bound, asked one by one: the same meaning, told otherwise than by the crate.
    fn by_hand(rule: &Rule, first: NaiveDateTime, bound: NaiveDateTime) -> Vec<NaiveDateTime> {
        let months = |day: NaiveDate| day.year() * 12 + i32::try_from(day.month()).unwrap();
        let weeks = |day: NaiveDate| {
            (day.num_days_from_ce() - i32::try_from(day.weekday().num_days_from_monday()).unwrap()) / 7
        };
        first
            .date()
            .iter_days()
            .map(|day| day.and_time(first.time()))
            .take_while(|local| *local <= bound)
            .filter(|local| {
                let (day, start) = (local.date(), first.date());
                let periods = match rule.on {
                    On::Days => i32::try_from((day - start).num_days()).unwrap(),
                    On::Weekdays(_) => weeks(day) - weeks(start),
                    On::Nth(_) | On::MonthDays(_) => months(day) - months(start),
                };
                has(rule, day) && periods % i32::from(rule.every) == 0
            })
            .take(MOST)
            .collect()
    }

    proptest! {
        #[test]
        fn the_crate_and_the_rule_by_hand_agree(
            text in "FREQ=(DAILY(;INTERVAL=[1-9])?|WEEKLY(;INTERVAL=[1-4])?(;BYDAY=(TU|MO,TH|SA,SU))?|MONTHLY(;INTERVAL=[1-5])?;(BYDAY=(1MO|2TU|-1FR|5SA|1TU,3TU)|BYMONTHDAY=(-1|1,15|31|-30))|MONTHLY;BYMONTH=(2|1,9|6);(BYDAY=2TU|BYMONTHDAY=29|BYMONTHDAY=-1)|YEARLY)",
            day in 0_u64..1500,
        ) {
            let starts = LocalTime("2026-01-01T18:30".parse::<LocalTime>().unwrap().0 + Days::new(day));
            let given: Given = text.parse().unwrap();
            let wanted = Wanted { starts, ends: LocalTime(starts.0 + chrono::Duration::hours(1)), zone: CHICAGO, except: &[] };
            match plan(&given, wanted) {
                Ok(plan) => {
                    let locals: Vec<NaiveDateTime> = plan.slots.iter().map(|slot| slot.local).collect();
                    prop_assert_eq!(locals, by_hand(&plan.rule, starts.0, bound(None, starts, CHICAGO).unwrap()));
                }
                Err(errors) => {
                    prop_assert_eq!(&errors[0].pointer, "/starts_local");
                    prop_assert!(!has(&given.of(starts.0.date()), starts.0.date()));
                }
            }
        }
    }
}
