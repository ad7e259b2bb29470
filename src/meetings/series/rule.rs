//! Recurrence rules of meetings: the part of RFC 5545 (3.3.10) that is taken, as values. Pure.
//!
//! Taken is what a partnership's meetings need and what can be told exactly in words: every so many days; every so many
//! weeks on weekdays; every so many months on weekdays counted from the month's beginning or end, or on days of the month,
//! in certain months only where it is every month; once a year as every month in certain months. Everything else (hours,
//! minutes, seconds, week numbers, days of the year, positions in a set, another beginning of the week than Monday) is
//! refused before any of it is expanded, so that no rule costs more than its meetings.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Weekday};

use crate::platform::text::{Rejected, rejected, string};
use crate::text_json;

/// Meetings that a series can have at most.
pub const MOST: usize = 366;
/// Longest text of a rule, in bytes.
const LONGEST_TEXT: usize = 200;
/// Most months, weeks or days between two meetings.
const WIDEST: u16 = 30;

/// On which days of its weeks or months a rule has meetings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// On every so-manieth day.
    Days,
    /// On these days of the week, each once, Monday first.
    Weekdays(Vec<Weekday>),
    /// On the n-th such weekday of the month; −1 is the last. Each once.
    Nth(Vec<(i8, Weekday)>),
    /// On these days of the month; −1 is the last. Months that have no such day have no meeting. Each once.
    MonthDays(Vec<i8>),
}

/// When a rule ends, as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// After so many meetings, those that are left out counted.
    Count(u16),
    /// With this day, where the meetings take place.
    Day(NaiveDate),
    /// With this moment (UTC).
    Moment(NaiveDateTime),
}

/// A rule as it was written: what is left out goes by the first meeting ([`Given::of`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    unit: Unit,
    every: u16,
    months: Vec<u8>,
    on: Option<On>,
    end: Option<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A rule without its end, complete: its text is all that there is to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Every so many days, weeks or months.
    pub every: u16,
    /// On which of their days.
    pub on: On,
    /// In these months only, January = 1, each once, in their order; in all where there are none.
    pub months: Vec<u8>,
}

/// The two letters of RFC 5545.
pub const fn letters(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "MO",
        Weekday::Tue => "TU",
        Weekday::Wed => "WE",
        Weekday::Thu => "TH",
        Weekday::Fri => "FR",
        Weekday::Sat => "SA",
        Weekday::Sun => "SU",
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    [Mon, Tue, Wed, Thu, Fri, Sat, Sun].into_iter().find(|day| letters(*day) == text)
}

/// A whole number as RFC 5545 writes it, without a sign where none is allowed.
fn number<T: FromStr>(text: &str, signed: bool) -> Option<T> {
    let digits = if signed { text.strip_prefix(['+', '-']).unwrap_or(text) } else { text };
    let plain = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// The entries of a list, in order, each of which may stand there once.
fn listed<T: Ord>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let mut entries = text.split(',').map(read).collect::<Option<Vec<T>>>()?;
    entries.sort();
    let all = entries.len();
    entries.dedup();
    (entries.len() == all).then_some(entries)
}

fn days_of_week(text: &str) -> Option<On> {
    let days = listed(text, |one| {
        let (n, day) = one.split_at_checked(one.len().checked_sub(2)?)?;
        let n = if n.is_empty() { 0 } else { number::<i8>(n, true).filter(|n| (1..=5).contains(&n.abs()))? };
        Some((n, weekday(day)?.num_days_from_monday()))
    })?;
    let days: Vec<(i8, Weekday)> =
        days.into_iter().filter_map(|(n, day)| Some((n, Weekday::try_from(u8::try_from(day).ok()?).ok()?))).collect();
    match days.iter().filter(|(n, _)| *n == 0).count() {
        0 => Some(On::Nth(in_order(days, |(n, _)| *n))),
        all if all == days.len() => Some(On::Weekdays(days.into_iter().map(|(_, day)| day).collect())),
        _ => None,
    }
}

/// Counted from the beginning first, then counted from the end, as a reader goes through a month.
fn in_order<T>(mut all: Vec<T>, n: impl Fn(&T) -> i8) -> Vec<T> {
    all.sort_by_key(|one| (n(one) < 0, n(one)));
    all
}

fn until(text: &str) -> Option<End> {
    let day =
        |text: &str| NaiveDate::parse_from_str(text, "%Y%m%d").ok().filter(|day| (2000..2200).contains(&day.year()));
    match text.len() {
        8 => day(text).map(End::Day),
        16 => {
            let moment = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok()?;
            day(text.get(..8)?).map(|_| End::Moment(moment))
        }
        _ => None,
    }
}

impl FromStr for Given {
    type Err = Rejected;
    fn from_str(text: &str) -> Result<Self, Rejected> {
        let wrong = |part: &str, why: &str| Err(Rejected(Cow::Owned(format!("{part} {why}"))));
        if text.len() > LONGEST_TEXT || !text.is_ascii() {
            return rejected("must be a recurrence rule as in RFC 5545, at most 200 characters long");
        }
        let mut unit = None;
        let mut given = Self { unit: Unit::Daily, every: 1, months: Vec::new(), on: None, end: None };
        let mut seen = Vec::new();
        for part in text.split(';') {
            let Some((name, value)) = part.split_once('=') else {
                return rejected("must be a recurrence rule as in RFC 5545, like FREQ=MONTHLY;BYDAY=2TU");
            };
            if seen.contains(&name) {
                return rejected("must have each of its parts once");
            }
            seen.push(name);
            match name {
                "FREQ" => {
                    unit = match value {
                        "DAILY" => Some(Unit::Daily),
                        "WEEKLY" => Some(Unit::Weekly),
                        "MONTHLY" => Some(Unit::Monthly),
                        "YEARLY" => Some(Unit::Yearly),
                        _ => return wrong(name, "must be DAILY, WEEKLY, MONTHLY or YEARLY"),
                    }
                }
                "INTERVAL" => match number(value, false).filter(|n| (1..=WIDEST).contains(n)) {
                    Some(n) => given.every = n,
                    None => return wrong(name, "must be a whole number from 1 to 30"),
                },
                "COUNT" => match number::<u16>(value, false).filter(|n| (1..=MOST).contains(&usize::from(*n))) {
                    Some(n) => given.end = Some(End::Count(n)),
                    None => return wrong(name, "must be a whole number from 1 to 366"),
                },
                "UNTIL" => match until(value) {
                    Some(end) => given.end = Some(end),
                    None => return wrong(name, "must be a day like 20280229 or a moment in UTC like 20280229T003000Z"),
                },
                "BYMONTH" => match listed(value, |n| number::<u8>(n, false).filter(|n| (1..=12).contains(n))) {
                    Some(months) => given.months = months,
                    None => return wrong(name, "must have months from 1 to 12, each once"),
                },
                "BYDAY" if given.on.is_none() => match days_of_week(value) {
                    Some(on) => given.on = Some(on),
                    None => return wrong(name, "must have days like TU, or like 2TU and -1FR, each once"),
                },
                "BYMONTHDAY" if given.on.is_none() => {
                    match listed(value, |n| number::<i8>(n, true).filter(|n| (1..=31).contains(&n.abs()))) {
                        Some(days) => given.on = Some(On::MonthDays(in_order(days, |n| *n))),
                        None => return wrong(name, "must have days from 1 to 31 or -1 to -31, each once"),
                    }
                }
                "BYDAY" | "BYMONTHDAY" => return rejected("must have BYDAY or BYMONTHDAY, not both"),
                // The only beginning of a week that is meant where none is said.
                "WKST" if value == "MO" => {}
                "WKST" => return wrong(name, "must be MO"),
                _ => return rejected("has a part that is not taken here"),
            }
        }
        match unit {
            Some(unit) => given.unit = unit,
            None => return wrong("FREQ", "is missing"),
        }
        if seen.contains(&"COUNT") && seen.contains(&"UNTIL") {
            return rejected("must have COUNT or UNTIL, not both");
        }
        given.fitting()
    }
}

impl Given {
    fn fitting(self) -> Result<Self, Rejected> {
        let on = self.on.as_ref();
        match self.unit {
            Unit::Daily if on.is_some() || !self.months.is_empty() => rejected("must have no days with FREQ=DAILY"),
            Unit::Weekly if !self.months.is_empty() || !matches!(on, None | Some(On::Weekdays(_))) => {
                rejected("must have days like TU with FREQ=WEEKLY, without months")
            }
            Unit::Monthly | Unit::Yearly if matches!(on, Some(On::Weekdays(_))) => {
                rejected("must say which weekday of the month, like 2TU or -1FR")
            }
            Unit::Monthly if self.every > 1 && !self.months.is_empty() => {
                rejected("must have an INTERVAL of 1 with BYMONTH")
            }
            Unit::Yearly if self.every > 1 => rejected("must have an INTERVAL of 1 with FREQ=YEARLY"),
            Unit::Yearly if self.months.is_empty() && on.is_some() => rejected("must have BYMONTH with FREQ=YEARLY"),
            _ => Ok(self),
        }
    }

    /// When it ends, as it was written.
    pub const fn end(&self) -> Option<End> {
        self.end
    }

    /// The complete rule of a series whose first meeting is on `first`: the weekday, day of the month and month that are not
    /// said are the first meeting's. A yearly rule is every month in certain months.
    pub fn of(&self, first: NaiveDate) -> Rule {
        let day_of_month = || On::MonthDays(vec![i8::try_from(first.day()).unwrap_or(1)]);
        let on = match (self.unit, self.on.clone()) {
            (_, Some(on)) => on,
            (Unit::Daily, None) => On::Days,
            (Unit::Weekly, None) => On::Weekdays(vec![first.weekday()]),
            (Unit::Monthly | Unit::Yearly, None) => day_of_month(),
        };
        let months = match self.unit {
            Unit::Yearly if self.months.is_empty() => vec![u8::try_from(first.month()).unwrap_or(1)],
            _ => self.months.clone(),
        };
        Rule { every: self.every, on, months }
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Daily => "DAILY",
            Unit::Weekly => "WEEKLY",
            Unit::Monthly => "MONTHLY",
            Unit::Yearly => "YEARLY",
        };
        write!(f, "FREQ={unit}")?;
        parts(f, self.every, &self.months, self.on.as_ref())?;
        match self.end {
            None => Ok(()),
            Some(End::Count(n)) => write!(f, ";COUNT={n}"),
            Some(End::Day(day)) => write!(f, ";UNTIL={}", day.format("%Y%m%d")),
            Some(End::Moment(at)) => write!(f, ";UNTIL={}", at.format("%Y%m%dT%H%M%SZ")),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.on {
            On::Days => "DAILY",
            On::Weekdays(_) => "WEEKLY",
            On::Nth(_) | On::MonthDays(_) => "MONTHLY",
        };
        write!(f, "FREQ={unit}")?;
        parts(f, self.every, &self.months, Some(&self.on))
    }
}

fn parts(f: &mut fmt::Formatter<'_>, every: u16, months: &[u8], on: Option<&On>) -> fmt::Result {
    let joined = |all: Vec<String>| all.join(",");
    if every > 1 {
        write!(f, ";INTERVAL={every}")?;
    }
    if !months.is_empty() {
        write!(f, ";BYMONTH={}", joined(months.iter().map(ToString::to_string).collect()))?;
    }
    match on {
        None | Some(On::Days) => Ok(()),
        Some(On::Weekdays(days)) => {
            write!(f, ";BYDAY={}", joined(days.iter().map(|day| letters(*day).to_owned()).collect()))
        }
        Some(On::Nth(days)) => {
            write!(f, ";BYDAY={}", joined(days.iter().map(|(n, day)| format!("{n}{}", letters(*day))).collect()))
        }
        Some(On::MonthDays(days)) => {
            write!(f, ";BYMONTHDAY={}", joined(days.iter().map(ToString::to_string).collect()))
        }
    }
}

text_json!([] Given, "RecurrenceRule", string().min_length(Some(10)).max_length(Some(LONGEST_TEXT))
    .pattern(Some(r"^(?:[A-Z]+=[A-Z0-9,+-]+)(?:;[A-Z]+=[A-Z0-9,+-]+)*$"))
    .examples(["FREQ=MONTHLY;BYDAY=2TU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=20"]).into());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, String> {
        text.parse::<Given>().map(|given| given.to_string()).map_err(|why| why.to_string())
    }

    #[test]
    fn the_safe_part_is_taken_and_written_in_one_way() {
        for (text, written) in [
            ("FREQ=MONTHLY;BYDAY=2TU", "FREQ=MONTHLY;BYDAY=2TU"),
            ("BYDAY=TH,MO;INTERVAL=2;FREQ=WEEKLY;WKST=MO", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"),
            ("FREQ=MONTHLY;BYDAY=-1FR,+1TU;COUNT=12", "FREQ=MONTHLY;BYDAY=1TU,-1FR;COUNT=12"),
            ("FREQ=MONTHLY;BYMONTH=9,1;BYMONTHDAY=-1,15", "FREQ=MONTHLY;BYMONTH=1,9;BYMONTHDAY=15,-1"),
            ("FREQ=DAILY;UNTIL=20280229", "FREQ=DAILY;UNTIL=20280229"),
            (
                "FREQ=YEARLY;BYMONTH=3;BYDAY=2TU;UNTIL=20280229T003000Z",
                "FREQ=YEARLY;BYMONTH=3;BYDAY=2TU;UNTIL=20280229T003000Z",
            ),
        ] {
            assert_eq!(read(text).as_deref(), Ok(written));
        }
    }

    #[test]
    fn hostile_and_unsafe_rules_are_refused_before_they_are_expanded() {
        for text in [
            "",
            "FREQ=SECONDLY",
            "FREQ=MINUTELY;COUNT=5",
            "FREQ=HOURLY",
            "FREQ=DAILY;COUNT=0",
            "FREQ=DAILY;COUNT=367",
            "FREQ=DAILY;COUNT=99999999999999999999",
            "FREQ=DAILY;COUNT=+5",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;INTERVAL=31",
            "FREQ=DAILY;BYHOUR=1,2,3",
            "FREQ=DAILY;BYSECOND=0",
            "FREQ=DAILY;BYMONTH=1",
            "FREQ=YEARLY;BYWEEKNO=20",
            "FREQ=YEARLY;BYYEARDAY=100",
            "FREQ=YEARLY;INTERVAL=2",
            "FREQ=YEARLY;BYDAY=20MO",
            "FREQ=YEARLY;BYDAY=2MO",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE;BYSETPOS=-1",
            "FREQ=MONTHLY;BYDAY=TU",
            "FREQ=MONTHLY;BYDAY=2TU,WE",
            "FREQ=MONTHLY;BYDAY=2TU,2TU",
            "FREQ=MONTHLY;BYDAY=0TU",
            "FREQ=MONTHLY;BYDAY=6TU",
            "FREQ=MONTHLY;BYMONTHDAY=32",
            "FREQ=MONTHLY;BYMONTHDAY=0",
            "FREQ=MONTHLY;BYDAY=2TU;BYMONTHDAY=13",
            "FREQ=MONTHLY;INTERVAL=2;BYMONTH=1",
            "FREQ=WEEKLY;BYDAY=2TU",
            "FREQ=WEEKLY;BYMONTHDAY=2",
            "FREQ=WEEKLY;WKST=SU",
            "FREQ=WEEKLY;COUNT=3;UNTIL=20280101",
            "FREQ=WEEKLY;UNTIL=20280101T000000",
            "FREQ=WEEKLY;UNTIL=99999999",
            "FREQ=WEEKLY;FREQ=DAILY",
            "FREQ=WEEKLY;",
            "FREQ=WEEKLY;BYEASTER=0",
            "BYDAY=TU",
            "RRULE:FREQ=WEEKLY",
            "FREQ=WEEKLY\r\nDTSTART:20270101T000000Z",
            "freq=weekly",
            "FREQ=WEEKLY;BYDAY=\u{e9}U",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
        assert!(read(&format!("FREQ=MONTHLY;BYMONTHDAY={}", "1,".repeat(5_000))).is_err());
    }

    #[test]
    fn what_is_not_said_goes_by_the_first_meeting() {
        let first = NaiveDate::from_ymd_opt(2027, 3, 9).unwrap();
        let of = |text: &str| text.parse::<Given>().unwrap().of(first).to_string();
        assert_eq!(of("FREQ=DAILY;INTERVAL=3"), "FREQ=DAILY;INTERVAL=3");
        assert_eq!(of("FREQ=WEEKLY"), "FREQ=WEEKLY;BYDAY=TU");
        assert_eq!(of("FREQ=MONTHLY"), "FREQ=MONTHLY;BYMONTHDAY=9");
        assert_eq!(of("FREQ=YEARLY"), "FREQ=MONTHLY;BYMONTH=3;BYMONTHDAY=9");
        assert_eq!(of("FREQ=YEARLY;BYMONTH=3;BYDAY=2TU"), "FREQ=MONTHLY;BYMONTH=3;BYDAY=2TU");
    }

    proptest! {
        #[test]
        fn whatever_is_taken_reads_back_the_same(text in "FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;INTERVAL=[1-9])?(;COUNT=[1-9][0-9]?)?(;BYMONTH=[1-9])?(;BYDAY=(TU|-1FR|2TU|MO,TH)|;BYMONTHDAY=(-1|1,15|31))?") {
            if let Ok(given) = text.parse::<Given>() {
                prop_assert_eq!(given.to_string().parse::<Given>(), Ok(given));
            }
        }

        #[test]
        fn no_text_makes_it_fail_otherwise_than_by_refusing(text in "[A-Z0-9=;,+-]{0,220}|\\PC{0,60}") {
            if let Ok(given) = text.parse::<Given>() {
                prop_assert!(given.to_string().len() <= LONGEST_TEXT + 40);
            }
        }
    }
}
