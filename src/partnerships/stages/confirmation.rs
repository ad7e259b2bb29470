//! The yearly confirmation (`domain/20` 6.3). Pure.

use chrono::{Days, Months, NaiveDate};

/// How long leaders have after the day on which it is due, days.
pub const GRACE_DAYS: u64 = 30;

/// The day on which the next one is due.
pub fn due_after(confirmed: NaiveDate) -> Option<NaiveDate> {
    confirmed.checked_add_months(Months::new(12))
}

/// The last day on which `today` a confirmation would have been due to be missing by now: one due on it, or before, is.
pub fn missing_since(today: NaiveDate) -> Option<NaiveDate> {
    today.checked_sub_days(Days::new(GRACE_DAYS + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn it_is_due_on_the_same_day_of_the_next_year() {
        assert_eq!(due_after(day(2027, 3, 1)), Some(day(2028, 3, 1)));
        assert_eq!(due_after(day(2028, 2, 29)), Some(day(2029, 2, 28)));
    }

    #[test]
    fn thirty_days_of_grace_are_whole_days() {
        let due = day(2028, 3, 1);
        let missing = |today| missing_since(today).is_some_and(|last| due <= last);
        assert!(!missing(day(2028, 3, 31)), "the thirtieth day of grace");
        assert!(missing(day(2028, 4, 1)));
    }
}
