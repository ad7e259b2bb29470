//! How evenly tasks are spread among the members of a side or of a partnership (`domain/20` 6.8): over the last 180 days, by
//! active members. Pure. No demographic data is looked at.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use crate::platform::clock::days;
use crate::text_enum;

/// What is looked at.
pub const WINDOW: Duration = days(180);
/// In smaller groups a few people always do most: nothing is flagged.
const SMALLEST: usize = 6;
/// The share of tasks given for availability alone is to stay below this.
pub const AVAILABILITY_ONLY_TARGET: f64 = 0.2;

/// What a member did in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Quarters of an hour: confirmed ones, else claimed ones, else as estimated.
    pub quarters: i64,
    /// Tasks accepted.
    pub tasks: i64,
    /// Of these, tasks in which one leads others.
    pub led: i64,
}

text_enum! {
    /// What asks for attention.
    pub enum EquityFlag {
        /// Fewer than 40 % of the members had a task.
        LowCoverage = "low_coverage",
        /// Three members did more than half of the hours.
        TopHeavy = "top_heavy",
        /// The Gini coefficient of hours is above 0.6.
        Unequal = "unequal",
    }
}

/// How evenly tasks are spread.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Equity {
    /// Active members.
    pub members: usize,
    /// Share of the members who accepted at least one task; `null` without members.
    pub coverage: Option<f64>,
    /// Share of the members who accepted at least one task in which one leads others; `null` without members.
    pub lead_coverage: Option<f64>,
    /// Share of the hours that the three busiest did; 0 without hours.
    pub top3_share: f64,
    /// Gini coefficient of hours, from 0 (all did the same) to below 1; 0 without hours.
    pub gini: f64,
    /// Hours in all.
    pub hours: f64,
    /// What asks for attention; never in groups of fewer than six.
    pub flags: Vec<EquityFlag>,
}

/// Of `members` in all, of whom these did something. The others did nothing, and count.
pub fn equity(members: usize, shares: &[Share]) -> Equity {
    let members = members.max(shares.len());
    let part = |count: usize| (members > 0).then(|| number(count) / number(members));
    let coverage = part(shares.iter().filter(|share| share.tasks > 0).count());
    let lead_coverage = part(shares.iter().filter(|share| share.led > 0).count());
    let mut quarters: Vec<i64> = shares.iter().map(|share| share.quarters.max(0)).collect();
    quarters.sort_unstable();
    let total: i64 = quarters.iter().sum();
    let top3: i64 = quarters.iter().rev().take(3).sum();
    let top3_share = if total == 0 { 0.0 } else { whole(top3) / whole(total) };
    let gini = gini(members, &quarters, total);
    let flags = [
        (coverage.is_some_and(|share| share < 0.4), EquityFlag::LowCoverage),
        (top3_share > 0.5, EquityFlag::TopHeavy),
        (gini > 0.6, EquityFlag::Unequal),
    ];
    let flags = flags.into_iter().filter(|_| members >= SMALLEST).filter_map(|(holds, flag)| holds.then_some(flag));
    Equity { members, coverage, lead_coverage, top3_share, gini, hours: whole(total) / 4.0, flags: flags.collect() }
}

/// `Σ_i Σ_j |x_i − x_j| / (2 n² x̄)`, without going through all pairs: in ascending order x_i stands above i − 1 and below
/// n − i others. `sorted` leaves the zeros out, which come first.
fn gini(members: usize, sorted: &[i64], total: i64) -> f64 {
    if total == 0 {
        return 0.0;
    }
    let zeros = members - sorted.len();
    let n = i128::try_from(members).unwrap_or(i128::MAX);
    let mut sum = 0_i128;
    for (place, x) in (zeros..).zip(sorted) {
        sum += (2 * i128::try_from(place).unwrap_or(0) + 1 - n) * i128::from(*x);
    }
    ratio(sum) / (ratio(n) * whole(total))
}

const fn number(count: usize) -> f64 {
    count as f64
}
const fn whole(count: i64) -> f64 {
    count as f64
}
const fn ratio(count: i128) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn share(quarters: i64) -> Share {
        Share { quarters, tasks: 1, led: 0 }
    }

    /// Every pair, as the formula says.
    fn by_the_book(hours: &[i64]) -> f64 {
        let n = number(hours.len());
        let mean = whole(hours.iter().sum()) / n;
        if mean == 0.0 {
            return 0.0;
        }
        let mut sum = 0.0;
        for a in hours {
            for b in hours {
                sum += whole((a - b).abs());
            }
        }
        sum / (2.0 * n * n * mean)
    }

    proptest! {
        #[test]
        fn it_is_what_all_pairs_give_and_in_range(
            quarters in prop::collection::vec(0..400_i64, 0..60), idle in 0..60_usize, leads in 0..60_usize
        ) {
            let mut shares: Vec<Share> = quarters.iter().copied().map(share).collect();
            shares.iter_mut().take(leads).for_each(|share| share.led = 1);
            let members = quarters.len() + idle;
            let found = equity(members, &shares);
            let mut all = quarters.clone();
            all.resize(members, 0);
            if members > 0 {
                prop_assert!((found.gini - by_the_book(&all)).abs() < 1e-9, "{} {}", found.gini, by_the_book(&all));
                prop_assert_eq!(found.coverage, Some(number(quarters.len()) / number(members)));
                prop_assert_eq!(found.lead_coverage, Some(number(leads.min(quarters.len())) / number(members)));
            }
            all.sort_unstable_by(|a, b| b.cmp(a));
            let (top, sum): (i64, i64) = (all.iter().take(3).sum(), all.iter().sum());
            prop_assert!((found.top3_share * whole(sum) - whole(top)).abs() < 1e-6);
            for value in [found.coverage.unwrap_or(0.0), found.lead_coverage.unwrap_or(0.0), found.top3_share] {
                prop_assert!((0.0..=1.0).contains(&value));
            }
            prop_assert!((0.0..1.0).contains(&found.gini));
            prop_assert!(members >= SMALLEST || found.flags.is_empty());
        }

        #[test]
        fn who_does_it_changes_nothing(mut quarters in prop::collection::vec(0..400_i64, 1..30)) {
            let of = |quarters: &[i64]| equity(40, &quarters.iter().copied().map(share).collect::<Vec<_>>());
            let before = of(&quarters);
            quarters.reverse();
            prop_assert_eq!(before, of(&quarters));
        }
    }

    #[test]
    fn one_who_does_everything_is_seen() {
        let found = equity(10, &[share(40)]);
        assert!((found.gini - 0.9).abs() < 1e-12 && (found.hours - 10.0).abs() < 1e-12);
        assert_eq!(found.flags, EquityFlag::ALL);
        assert_eq!(equity(5, &[share(40)]).flags, [], "too few to say");
        let even: Vec<Share> = (0..10).map(|_| share(8)).collect();
        assert!(equity(10, &even).flags.is_empty() && equity(10, &even).gini.abs() < 1e-12);
        assert_eq!((equity(0, &[]).coverage, equity(0, &[]).flags.len()), (None, 0));
    }
}
