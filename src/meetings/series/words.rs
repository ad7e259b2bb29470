//! A series in words that say exactly what it means (PlaceCal#3103; `domain/60` 6.22). Pure.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Weekday};

use super::rule::{On, Rule};
use crate::platform::text::Zone;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn month(n: u32) -> &'static str {
    usize::try_from(n).ok().and_then(|n| MONTHS.get(n.checked_sub(1)?)).copied().unwrap_or_default()
}

const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// "a, b and c".
fn list<T: AsRef<str>>(all: &[T]) -> String {
    match all {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [front @ .., last] => {
            format!("{} and {}", front.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "), last.as_ref())
        }
    }
}

/// The n-th, counted from the beginning, or from the end where it is negative.
fn nth(n: i8) -> String {
    let word = match n.unsigned_abs() {
        1 => "first",
        2 => "second",
        3 => "third",
        4 => "fourth",
        _ => "fifth",
    };
    match n {
        -1 => "last".into(),
        n if n < 0 => format!("{word} last"),
        _ => word.into(),
    }
}

/// 1st, 2nd, 3rd, 4th, 11th, 21st.
fn ordinal(n: u8) -> String {
    let ending = match (n % 100, n % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

fn day_of_month(n: i8) -> String {
    match n {
        -1 => "last day".into(),
        n if n < 0 => format!("{} last day", ordinal(n.unsigned_abs())),
        n => ordinal(n.unsigned_abs()),
    }
}

/// The fewest days that a month has, in whichever year.
const fn fewest_days(month: u8) -> u8 {
    match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whether there are months, of these or of all where none are named, that have no such day, if only in some years.
fn is_rare(on: &On, months: &[u8]) -> bool {
    match on {
        On::Nth(days) => days.iter().any(|(n, _)| n.unsigned_abs() == 5),
        On::MonthDays(days) => {
            let fewest = months.iter().map(|month| fewest_days(*month)).min().unwrap_or(28);
            days.iter().any(|n| n.unsigned_abs() > fewest)
        }
        On::Days | On::Weekdays(_) => false,
    }
}

/// A day: "Tuesday 9 March 2027".
pub fn day(day: NaiveDate) -> String {
    format!("{} {} {} {}", weekday(day.weekday()), day.day(), month(day.month()), day.year())
}

/// The rule alone: "every second Tuesday of the month".
pub fn rule(rule: &Rule) -> String {
    let n = rule.every;
    // The months are those of every year: of a year's rule, and of a monthly one that names them.
    let in_months = list(&rule.months.iter().map(|n| month(u32::from(*n))).collect::<Vec<_>>());
    let rare = match (is_rare(&rule.on, &rule.months), rule.months.as_slice()) {
        (false, _) => "",
        (true, [_]) => " (not in years that have none)",
        (true, _) => " (not in months that have none)",
    };
    match &rule.on {
        On::Days if n == 1 => "every day".into(),
        On::Days => format!("every {n} days"),
        On::Weekdays(days) => {
            let days = list(&days.iter().map(|day| weekday(*day)).collect::<Vec<_>>());
            if n == 1 { format!("every {days}") } else { format!("every {n} weeks on {days}") }
        }
        On::Nth(days) => {
            let days = list(&days.iter().map(|(n, day)| format!("{} {}", nth(*n), weekday(*day))).collect::<Vec<_>>());
            if !in_months.is_empty() {
                format!("every year on the {days} of {in_months}{rare}")
            } else if n == 1 {
                format!("every {days} of the month{rare}")
            } else {
                format!("every {n} months on the {days}{rare}")
            }
        }
        On::MonthDays(days) => {
            let days = list(&days.iter().map(|n| day_of_month(*n)).collect::<Vec<_>>());
            if !in_months.is_empty() {
                format!("every year on the {days} of {in_months}{rare}")
            } else if n == 1 {
                format!("on the {days} of every month{rare}")
            } else {
                format!("every {n} months on the {days}{rare}")
            }
        }
    }
}

/// The whole series: the rule, the wall-clock time with its zone, the first and the last day, and the days left out.
pub fn series(of: &Rule, first: NaiveDateTime, zone: Zone, last: NaiveDateTime, except: &[NaiveDate]) -> String {
    let except = match except {
        [] => String::new(),
        days => format!(", except {}", list(&days.iter().map(|one| day(*one)).collect::<Vec<_>>())),
    };
    format!(
        "{} at {} ({zone}), from {} until {}{except}",
        rule(of),
        first.format("%H:%M"),
        day(first.date()),
        day(last.date())
    )
}

#[cfg(test)]
mod tests {
    use super::super::rule::Given;
    use super::*;

    fn words(text: &str) -> String {
        rule(&text.parse::<Given>().unwrap().of(NaiveDate::from_ymd_opt(2027, 3, 9).unwrap()))
    }

    #[test]
    fn rules_are_said_exactly() {
        for (text, expected) in [
            ("FREQ=DAILY", "every day"),
            ("FREQ=DAILY;INTERVAL=3", "every 3 days"),
            ("FREQ=WEEKLY", "every Tuesday"),
            ("FREQ=WEEKLY;BYDAY=MO,WE,FR", "every Monday, Wednesday and Friday"),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "every 2 weeks on Monday and Thursday"),
            ("FREQ=MONTHLY;BYDAY=2TU", "every second Tuesday of the month"),
            ("FREQ=MONTHLY;BYDAY=1TU,3TU", "every first Tuesday and third Tuesday of the month"),
            ("FREQ=MONTHLY;BYDAY=-1FR", "every last Friday of the month"),
            ("FREQ=MONTHLY;BYDAY=-2FR", "every second last Friday of the month"),
            ("FREQ=MONTHLY;BYDAY=5SA", "every fifth Saturday of the month (not in months that have none)"),
            ("FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU", "every 3 months on the second Tuesday"),
            ("FREQ=MONTHLY;BYMONTH=1,9;BYDAY=2TU", "every year on the second Tuesday of January and September"),
            ("FREQ=MONTHLY", "on the 9th of every month"),
            ("FREQ=MONTHLY;BYMONTHDAY=1,22", "on the 1st and 22nd of every month"),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", "on the last day of every month"),
            ("FREQ=MONTHLY;BYMONTHDAY=31", "on the 31st of every month (not in months that have none)"),
            ("FREQ=MONTHLY;BYMONTHDAY=-3;INTERVAL=2", "every 2 months on the 3rd last day"),
            ("FREQ=YEARLY", "every year on the 9th of March"),
            (
                "FREQ=YEARLY;BYMONTH=1,9;BYDAY=1MO,-1FR",
                "every year on the first Monday and last Friday of January and September",
            ),
            ("FREQ=YEARLY;BYMONTH=3,4;BYMONTHDAY=9,-1", "every year on the 9th and last day of March and April"),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "every year on the 29th of February (not in years that have none)"),
            ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=31", "every year on the 31st of March"),
            (
                "FREQ=YEARLY;BYMONTH=3,4;BYMONTHDAY=31",
                "every year on the 31st of March and April (not in months that have none)",
            ),
            (
                "FREQ=YEARLY;BYMONTH=3;BYDAY=5TU",
                "every year on the fifth Tuesday of March (not in years that have none)",
            ),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn a_series_says_its_time_its_ends_and_what_is_left_out() {
        let on = |month, day| NaiveDate::from_ymd_opt(2027, month, day).unwrap();
        let second = "FREQ=MONTHLY;BYDAY=2TU".parse::<Given>().unwrap().of(on(3, 9));
        let at = |day: NaiveDate| day.and_hms_opt(18, 30, 0).unwrap();
        let zone = Zone(chrono_tz::America::Chicago);
        assert_eq!(
            series(&second, at(on(3, 9)), zone, at(on(12, 14)), &[on(7, 13), on(8, 10)]),
            "every second Tuesday of the month at 18:30 (America/Chicago), from Tuesday 9 March 2027 until \
             Tuesday 14 December 2027, except Tuesday 13 July 2027 and Tuesday 10 August 2027"
        );
    }
}
