//! Who may make whom a leader, and how safe the next change of leaders is (`domain/20` 6.4 and 6.9). Pure.

use chrono::{Days, NaiveDate};

use crate::partnerships::model::SeatKind;
use crate::platform::clock::{Instant, hours};
use crate::text_enum;

text_enum! {
    /// How hard a side would be hit if its primary leader left.
    pub enum SuccessionRisk {
        /// The term ends within 60 days, and nobody stands ready as deputy or shadow.
        High = "high",
        /// There is no deputy.
        Medium = "medium",
        /// There is a deputy.
        Low = "low",
    }
}

/// Days before the end of a term within which succession is urgent, and the term can be renewed.
pub const NEAR_END_DAYS: u64 = 60;
/// Terms after which rotating is a good idea: more than so many.
pub const ROTATE_AFTER_TERMS: usize = 3;

/// Whether a term ends within 60 days, or has ended.
pub fn is_near_end(term_ends_on: NaiveDate, today: NaiveDate) -> bool {
    today.checked_add_days(Days::new(NEAR_END_DAYS)).is_none_or(|soon| term_ends_on <= soon)
}

/// `high` if the term ends within 60 days and there is no deputy or shadow; `medium` if there is no deputy; else `low`
/// (`domain/20` 6.4).
pub fn succession_risk(
    term_ends_on: NaiveDate,
    today: NaiveDate,
    has_deputy: bool,
    has_shadow: bool,
) -> SuccessionRisk {
    if is_near_end(term_ends_on, today) && !has_deputy && !has_shadow {
        SuccessionRisk::High
    } else if !has_deputy {
        SuccessionRisk::Medium
    } else {
        SuccessionRisk::Low
    }
}

/// How long after a meeting began at which the members met a leader that can be noted in time.
const ACKNOWLEDGE_WITHIN: std::time::Duration = hours(24);

/// Whether the members should have met a leader whom the agency appointed, and nobody has noted it: that belongs to the
/// next meeting (`domain/20` 6.4).
pub fn is_acknowledgement_overdue(met_at: Option<Instant>, acknowledged_at: Option<Instant>, now: Instant) -> bool {
    acknowledged_at.is_none() && met_at.is_some_and(|met| met.plus(ACKNOWLEDGE_WITHIN) <= now)
}

/// Whether it is time to let somebody else lead: the tenure is longer than three terms (`domain/20` 6.4).
pub const fn should_rotate(terms: usize) -> bool {
    terms > ROTATE_AFTER_TERMS
}

/// `bench_strength_s = deputy_ready_s / leader seats_s` (`domain/20` 6.9); nothing where no seat is held. 1 is the aim.
pub fn bench_strength(deputy_ready: usize, seats: usize) -> Option<f64> {
    ratio(deputy_ready, seats)
}

/// `succession_coverage = seats with ≥ 1 ready successor / seats` (`domain/20` 6.9), from 0 to 1; nothing without seats.
pub fn succession_coverage(ready_successors: &[usize]) -> Option<f64> {
    ratio(ready_successors.iter().filter(|ready| **ready > 0).count(), ready_successors.len())
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    (whole > 0).then(|| number(part) / number(whole))
}

/// In which capacity somebody nominates on a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nominator {
    /// Commands the area; for the police side.
    Commander,
    /// Holds this seat of the side.
    Holder(SeatKind),
    /// A member of the side who leads nothing.
    Member,
}

/// Whether somebody may nominate for a seat: nobody grants a role that is not below their own (`domain/10` 6.2).
///
/// Until a side has a primary leader, its members choose among themselves. A primary leader's own seat is handed over, and
/// its term renewed, by operations of their own.
///
/// # Errors
/// Why not.
pub const fn may_nominate(by: Nominator, wanted: SeatKind, has_primary: bool) -> Result<(), &'static str> {
    match (by, wanted, has_primary) {
        (Nominator::Commander, _, _) | (_, _, false) => Ok(()),
        (Nominator::Holder(SeatKind::Primary), SeatKind::Deputy, true) => Ok(()),
        (Nominator::Holder(SeatKind::Primary), SeatKind::Primary, true) => {
            Err("Nobody grants a seat like their own: hand yours over, or let the members renew it.")
        }
        (Nominator::Holder(SeatKind::Deputy) | Nominator::Member, _, true) => {
            Err("Where a side has a primary leader, that leader nominates the deputy.")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(n: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 3, 1).unwrap() + Days::new(n)
    }

    #[test]
    fn risk_is_as_the_chapter_says() {
        use SuccessionRisk as R;
        for (left, deputy, shadow, expected) in [
            (60, false, false, R::High),
            (61, false, false, R::Medium),
            (0, false, false, R::High),
            (60, false, true, R::Medium),
            (60, true, false, R::Low),
            (0, true, true, R::Low),
            (300, false, true, R::Medium),
            (300, true, false, R::Low),
        ] {
            assert_eq!(succession_risk(day(left), day(0), deputy, shadow), expected, "{left} {deputy} {shadow}");
        }
        assert_eq!(succession_risk(day(0), day(3), false, false), R::High, "over already");
    }

    #[test]
    fn an_acknowledgement_is_overdue_a_day_after_the_next_meeting() {
        let met: Instant = "2027-03-09T18:30:00Z".parse().unwrap();
        let next_day = met.plus(ACKNOWLEDGE_WITHIN);
        let before = next_day.minus(std::time::Duration::from_micros(1));
        assert!(!is_acknowledgement_overdue(None, None, next_day), "no meeting, nothing missed");
        assert!(!is_acknowledgement_overdue(Some(met), None, before));
        assert!(is_acknowledgement_overdue(Some(met), None, next_day));
        assert!(!is_acknowledgement_overdue(Some(met), Some(next_day), next_day));
    }

    #[test]
    fn rotating_is_hinted_at_after_more_than_three_terms() {
        assert_eq!([0, 1, 3, 4, 5].map(should_rotate), [false, false, false, true, true]);
    }

    #[test]
    fn ratios_are_nothing_without_seats() {
        assert_eq!(bench_strength(2, 0), None);
        assert_eq!((bench_strength(0, 2), bench_strength(3, 2)), (Some(0.0), Some(1.5)));
        assert_eq!(succession_coverage(&[]), None);
        assert_eq!((succession_coverage(&[0, 2, 0, 1]), succession_coverage(&[1])), (Some(0.5), Some(1.0)));
    }

    #[test]
    fn nobody_grants_what_is_not_below_their_own() {
        use Nominator as N;
        use SeatKind::{Deputy, Primary};
        for (by, wanted, has_primary, allowed) in [
            (N::Commander, Primary, true, true),
            (N::Commander, Deputy, true, true),
            (N::Commander, Primary, false, true),
            (N::Commander, Deputy, false, true),
            (N::Holder(Primary), Primary, true, false),
            (N::Holder(Primary), Deputy, true, true),
            (N::Holder(Deputy), Primary, true, false),
            (N::Holder(Deputy), Deputy, true, false),
            (N::Holder(Deputy), Primary, false, true),
            (N::Holder(Deputy), Deputy, false, true),
            (N::Member, Primary, true, false),
            (N::Member, Deputy, true, false),
            (N::Member, Primary, false, true),
            (N::Member, Deputy, false, true),
        ] {
            assert_eq!(may_nominate(by, wanted, has_primary).is_ok(), allowed, "{by:?} {wanted} {has_primary}");
        }
    }

    proptest! {
        #[test]
        fn coverage_is_a_share_and_equals_counting(ready in proptest::collection::vec(0..4_usize, 0..8)) {
            let covered = ready.iter().fold(0_u32, |sum, n| sum + u32::from(*n >= 1));
            match succession_coverage(&ready) {
                None => prop_assert!(ready.is_empty()),
                Some(share) => {
                    prop_assert!((0.0..=1.0).contains(&share));
                    prop_assert!((share * ready.len() as f64 - f64::from(covered)).abs() < 1e-9);
                }
            }
        }

        #[test]
        fn more_help_never_raises_the_risk(left in 0..400_u64, deputy: bool, shadow: bool) {
            let place = |risk| SuccessionRisk::ALL.iter().position(|r| *r == risk);
            let risk = |deputy, shadow| place(succession_risk(day(left), day(0), deputy, shadow));
            prop_assert!(risk(true, shadow) >= risk(deputy, shadow));
            prop_assert!(risk(deputy, true) >= risk(deputy, shadow));
        }

        #[test]
        fn bench_strength_is_the_quotient(ready in 0..50_usize, seats in 1..5_usize) {
            let strength = bench_strength(ready, seats).unwrap();
            prop_assert!(strength >= 0.0 && (strength * seats as f64 - ready as f64).abs() < 1e-9);
        }
    }
}
