//! How needs broaden a partnership (`domain/20-key1-partnerships.md` 6.7, K1.4: agreeing on a goal shows that more resources
//! are needed, which broadens the partnership). Pure.
//!
//! * `broadening_index = 0.5 · (distinct sectors present, "other" not counted, / 11) + 0.5 · (partners that answered a need /
//!   partners)`, 0 to 1. A sector is present by a partner that has joined or by a group that founded the partnership; without
//!   partners the second part is 0.
//! * A partner answered a need with the first accepted pledge to a need that was there before it joined.
//! * A need that has waited for 14 days without a pledge prompts to look further.

use std::collections::BTreeSet;
use std::time::Duration;

use super::model::NeedState;
use crate::partnerships::model::Sector;
use crate::platform::clock::{Instant, days};

/// A need that nobody has answered for so many days prompts to look further.
pub const PROMPT_AFTER_DAYS: u64 = 14;

/// The share of the sectors that are present, and the share of partners who came by a need, count the same.
const HALF: f64 = 0.5;

/// Sectors that count: all but "other".
pub fn countable() -> impl Iterator<Item = Sector> {
    Sector::ALL.iter().copied().filter(|sector| *sector != Sector::Other)
}

/// Sectors that count and are present, each once.
pub fn present(sectors: impl IntoIterator<Item = Sector>) -> BTreeSet<Sector> {
    sectors.into_iter().filter(|sector| *sector != Sector::Other).collect()
}

/// Sectors that count and are not present, in the order of the list.
pub fn absent(present: &BTreeSet<Sector>) -> Vec<Sector> {
    countable().filter(|sector| !present.contains(sector)).collect()
}

/// The index, 0 to 1, from the sectors present, the partners, and how many of those answered a need.
pub fn index(present: &BTreeSet<Sector>, partners: u32, answering: u32) -> f64 {
    let share = |part: u32, whole: u32| if whole == 0 { 0.0 } else { f64::from(part.min(whole)) / f64::from(whole) };
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    HALF * share(count(present.len()), count(countable().count())) + HALF * share(answering, partners)
}

/// The median of these times; of an even number the mean of the two in the middle.
pub fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    let (middle, n) = (times.len() / 2, times.len());
    let upper = times.get(middle).copied()?;
    if n % 2 == 1 {
        return Some(upper);
    }
    let lower = times.get(middle.checked_sub(1)?).copied()?;
    Some((lower + upper) / 2)
}

/// Whether a need has waited for long enough without any pledge to look further.
pub fn prompts(state: NeedState, created_at: Instant, first_pledged_at: Option<Instant>, now: Instant) -> bool {
    matches!(state, NeedState::Identified | NeedState::Requested)
        && first_pledged_at.is_none()
        && now.since(created_at) >= days(PROMPT_AFTER_DAYS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(sectors: &[Sector], partners: u32, answering: u32) -> f64 {
        let mut seen: Vec<Sector> = Vec::new();
        for sector in sectors {
            if *sector != Sector::Other && !seen.contains(sector) {
                seen.push(*sector);
            }
        }
        let of_partners = if partners == 0 { 0.0 } else { f64::from(answering) / f64::from(partners) };
        f64::from(u32::try_from(seen.len()).unwrap()) / 11.0 / 2.0 + of_partners / 2.0
    }

    #[test]
    fn there_are_eleven_sectors_that_count() {
        assert_eq!(countable().count(), 11);
        assert!(index(&present(Sector::ALL.iter().copied()), 3, 3) > 1.0 - 1e-12);
        assert!(index(&present([Sector::Other]), 0, 0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_need_prompts_from_the_fourteenth_day_on_until_somebody_pledges() {
        let made: Instant = "2027-03-01T12:00:00Z".parse().unwrap();
        let day = |n| made.plus(days(n));
        assert!(!prompts(NeedState::Identified, made, None, day(13)));
        assert!(prompts(NeedState::Identified, made, None, day(14)));
        assert!(prompts(NeedState::Requested, made, None, day(20)));
        assert!(!prompts(NeedState::Requested, made, Some(day(3)), day(20)));
        assert!(
            !prompts(NeedState::PartPledged, made, None, day(20)) && !prompts(NeedState::Unmet, made, None, day(20))
        );
    }

    #[test]
    fn the_median_is_the_middle() {
        let hours = |all: &[u64]| median(all.iter().map(|h| crate::platform::clock::hours(*h)).collect());
        assert_eq!(hours(&[]), None);
        assert_eq!(hours(&[7]), Some(crate::platform::clock::hours(7)));
        assert_eq!(hours(&[9, 1, 2]), Some(crate::platform::clock::hours(2)));
        assert_eq!(hours(&[4, 1, 2, 90]), Some(crate::platform::clock::hours(3)));
    }

    proptest! {
        #[test]
        fn the_index_is_in_range_and_what_the_formula_says(
            picks in prop::collection::vec(0..Sector::ALL.len(), 0..30), partners in 0..500_u32, part in 0..=100_u32
        ) {
            let sectors: Vec<Sector> = picks.iter().filter_map(|n| Sector::ALL.get(*n).copied()).collect();
            let answering = partners * part / 100;
            let found = index(&present(sectors.iter().copied()), partners, answering);
            prop_assert!((0.0..=1.0).contains(&found));
            prop_assert!((found - naive(&sectors, partners, answering)).abs() < 1e-9);
            let here = present(sectors.iter().copied());
            prop_assert_eq!(here.len() + absent(&here).len(), 11);
        }

        #[test]
        fn one_more_that_answers_never_narrows(partners in 1..200_u32, answering in 0..200_u32) {
            let none = BTreeSet::new();
            let answering = answering.min(partners);
            prop_assert!(index(&none, partners + 1, answering + 1) >= index(&none, partners, answering) - 1e-12);
        }

        #[test]
        fn half_of_the_times_are_no_longer_than_the_median(seconds in prop::collection::vec(0..1_000_000_u64, 1..40)) {
            let middle = median(seconds.iter().map(|s| Duration::from_secs(*s)).collect()).unwrap();
            let below = seconds.iter().filter(|s| Duration::from_secs(**s) <= middle).count();
            let above = seconds.iter().filter(|s| Duration::from_secs(**s) >= middle).count();
            prop_assert!(below * 2 >= seconds.len() && above * 2 >= seconds.len());
        }
    }
}
