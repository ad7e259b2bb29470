//! What pledges come to, and where their need stands by it (`domain/20-key1-partnerships.md` 6.7). Pure.
//!
//! * `pledged = Σ` over accepted and delivered pledges of what was promised, or of what was brought where that is more;
//!   `delivered = Σ` of what was brought. A pledge that was taken back counts for what was brought of it until then.
//! * Fulfilled when `delivered ≥ quantity`, pledged when `pledged ≥ quantity`, part pledged when anything is; otherwise
//!   requested or identified, as it was left. Unmet once its day has passed without its being fulfilled: a sweep sees to
//!   that and records it. What comes late still fulfils.
//! * More than is needed may be pledged; that is told and not refused.
//!
//! Quantities are whole numbers of the need's own unit: whoever needs halves counts in a smaller unit.

use chrono::NaiveDate;

use super::model::{Need, NeedState, Pledge, PledgeState};
use crate::platform::clock::{Instant, hours};
use crate::platform::lifecycle::Lifecycle;

impl Lifecycle for NeedState {
    const OF: &'static str = "need";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Identified => &[Self::Requested, Self::PartPledged, Self::Pledged, Self::Unmet, Self::Withdrawn],
            Self::Requested => &[Self::PartPledged, Self::Pledged, Self::Unmet, Self::Withdrawn],
            Self::PartPledged => {
                &[Self::Identified, Self::Requested, Self::Pledged, Self::Fulfilled, Self::Unmet, Self::Withdrawn]
            }
            Self::Pledged => {
                &[Self::Identified, Self::Requested, Self::PartPledged, Self::Fulfilled, Self::Unmet, Self::Withdrawn]
            }
            // Its day was moved, it was brought after all, or nobody needs it now.
            Self::Unmet => {
                &[Self::Identified, Self::Requested, Self::PartPledged, Self::Pledged, Self::Fulfilled, Self::Withdrawn]
            }
            Self::Fulfilled | Self::Withdrawn => &[],
        }
    }
}

impl NeedState {
    /// Whether it waits for something still, and its day has not passed.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Identified | Self::Requested | Self::PartPledged | Self::Pledged)
    }
    /// Whether it is over for good.
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Fulfilled | Self::Withdrawn)
    }
    /// Whether what is needed was promised, or brought.
    pub const fn is_covered(self) -> bool {
        matches!(self, Self::Pledged | Self::Fulfilled)
    }
    /// The states of needs that are open.
    pub const OPEN: [Self; 4] = [Self::Identified, Self::Requested, Self::PartPledged, Self::Pledged];
}

impl Lifecycle for PledgeState {
    const OF: &'static str = "pledge";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Offered => &[Self::Accepted, Self::Declined, Self::Withdrawn],
            Self::Accepted => &[Self::Delivered, Self::Withdrawn],
            Self::Declined | Self::Delivered | Self::Withdrawn => &[],
        }
    }
}

/// What counts of a pledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// Where it stands.
    pub state: PledgeState,
    /// What was promised, in the need's unit; at least 1.
    pub quantity: i64,
    /// What was brought of it; at least 0.
    pub delivered: i64,
}

impl From<&Pledge> for Promise {
    fn from(pledge: &Pledge) -> Self {
        Self { state: pledge.state, quantity: pledge.quantity.into(), delivered: pledge.delivered }
    }
}

/// What pledges come to, in the need's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Promised and accepted, or brought.
    pub pledged: i64,
    /// Brought; at most `pledged`.
    pub delivered: i64,
}

/// What these pledges come to.
pub fn sums(promises: impl IntoIterator<Item = Promise>) -> Sums {
    promises.into_iter().fold(Sums::default(), |sums, promise| {
        let pledged = match promise.state {
            PledgeState::Accepted | PledgeState::Delivered => promise.quantity.max(promise.delivered),
            PledgeState::Withdrawn => promise.delivered,
            PledgeState::Offered | PledgeState::Declined => 0,
        };
        Sums {
            pledged: sums.pledged.saturating_add(pledged),
            delivered: sums.delivered.saturating_add(promise.delivered),
        }
    })
}

/// What a need's state depends on beside its pledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// How much is needed; at least 1.
    pub quantity: i64,
    /// Whether it was asked for openly.
    pub is_requested: bool,
    /// Whether its day has passed, as the sweep found.
    pub is_overdue: bool,
    /// Whether it is not needed any more.
    pub is_withdrawn: bool,
}

impl From<&Need> for Wanted {
    fn from(need: &Need) -> Self {
        Self {
            quantity: need.quantity.into(),
            is_requested: need.requested_at.is_some(),
            is_overdue: need.unmet_at.is_some(),
            is_withdrawn: need.withdrawn_at.is_some(),
        }
    }
}

/// Where a need stands.
pub const fn state(wanted: Wanted, sums: Sums) -> NeedState {
    if wanted.is_withdrawn {
        NeedState::Withdrawn
    } else if sums.delivered >= wanted.quantity {
        NeedState::Fulfilled
    } else if wanted.is_overdue {
        NeedState::Unmet
    } else if sums.pledged >= wanted.quantity {
        NeedState::Pledged
    } else if sums.pledged > 0 {
        NeedState::PartPledged
    } else if wanted.is_requested {
        NeedState::Requested
    } else {
        NeedState::Identified
    }
}

/// The last day that has passed everywhere on Earth: a need is not unmet while its day still runs where it is needed.
pub fn last_day_over(now: Instant) -> NaiveDate {
    let day = now.minus(hours(12)).date();
    day.pred_opt().unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn each_machine_takes_its_steps_and_no_other() {
        use NeedState as N;
        let backward = |from| [N::Identified, N::Requested, N::PartPledged, N::Pledged].map(|to| (from, to));
        let mut steps = vec![
            (N::Identified, N::Requested),
            (N::Identified, N::PartPledged),
            (N::Identified, N::Pledged),
            (N::Requested, N::PartPledged),
            (N::Requested, N::Pledged),
            (N::PartPledged, N::Fulfilled),
            (N::Pledged, N::Fulfilled),
            (N::Unmet, N::Fulfilled),
        ];
        steps.extend([N::PartPledged, N::Pledged, N::Unmet].into_iter().flat_map(backward).filter(|(a, b)| a != b));
        steps.extend(NeedState::OPEN.map(|open| (open, N::Unmet)));
        steps.extend(NeedState::OPEN.map(|open| (open, N::Withdrawn)));
        steps.push((N::Unmet, N::Withdrawn));
        exhaust(N::ALL, &steps);
        use PledgeState as P;
        exhaust(
            P::ALL,
            &[
                (P::Offered, P::Accepted),
                (P::Offered, P::Declined),
                (P::Offered, P::Withdrawn),
                (P::Accepted, P::Delivered),
                (P::Accepted, P::Withdrawn),
            ],
        );
    }

    #[test]
    fn a_need_is_open_unmet_or_over() {
        for state in NeedState::ALL {
            let groups = [state.is_open(), *state == NeedState::Unmet, state.has_ended()];
            assert_eq!(groups.iter().filter(|&&group| group).count(), 1, "{state}");
            assert_eq!(state.is_open(), NeedState::OPEN.contains(state), "{state}");
            assert_eq!(state.has_ended(), state.next().is_empty(), "{state}");
        }
    }

    #[test]
    fn a_day_is_over_once_it_is_over_everywhere() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(last_day_over(at("2027-03-02T11:59:59Z")), day("2027-02-28"));
        assert_eq!(last_day_over(at("2027-03-02T12:00:00Z")), day("2027-03-01"));
    }

    #[test]
    fn parts_add_up_and_more_than_needed_is_taken() {
        let promise = |state, quantity, delivered| Promise { state, quantity, delivered };
        let ten = Wanted { quantity: 10, is_requested: true, is_overdue: false, is_withdrawn: false };
        let at = |promises: &[Promise]| state(ten, sums(promises.iter().copied()));
        assert_eq!(at(&[]), NeedState::Requested);
        assert_eq!(at(&[promise(PledgeState::Offered, 10, 0)]), NeedState::Requested);
        assert_eq!(at(&[promise(PledgeState::Accepted, 9, 0)]), NeedState::PartPledged);
        assert_eq!(
            at(&[promise(PledgeState::Accepted, 9, 4), promise(PledgeState::Accepted, 1, 0)]),
            NeedState::Pledged
        );
        assert_eq!(at(&[promise(PledgeState::Withdrawn, 9, 4)]), NeedState::PartPledged);
        let over = [promise(PledgeState::Delivered, 9, 9), promise(PledgeState::Delivered, 8, 8)];
        assert_eq!((at(&over), sums(over).pledged), (NeedState::Fulfilled, 17));
        let late = Wanted { is_overdue: true, ..ten };
        assert_eq!(state(late, Sums { pledged: 10, delivered: 9 }), NeedState::Unmet);
        assert_eq!(state(late, Sums { pledged: 10, delivered: 10 }), NeedState::Fulfilled);
    }

    fn promises() -> impl Strategy<Value = Vec<Promise>> {
        let one = (0..PledgeState::ALL.len(), 1..50_i64, 0..60_i64).prop_map(|(n, quantity, brought)| {
            let state = PledgeState::ALL.get(n).copied().unwrap_or(PledgeState::Offered);
            let delivered = match state {
                PledgeState::Offered | PledgeState::Declined => 0,
                PledgeState::Accepted | PledgeState::Withdrawn => brought.min(quantity - 1),
                PledgeState::Delivered => brought.max(quantity),
            };
            Promise { state, quantity, delivered }
        });
        prop::collection::vec(one, 0..12)
    }

    proptest! {
        #[test]
        fn sums_do_not_depend_on_the_order_and_nothing_is_brought_unpledged(mut all in promises()) {
            let forward = sums(all.iter().copied());
            all.reverse();
            prop_assert_eq!(forward, sums(all));
            prop_assert!(forward.delivered <= forward.pledged);
        }

        #[test]
        fn a_state_says_what_its_sums_say(
            all in promises(), quantity in 1..200_i64, is_requested: bool, is_overdue: bool, is_withdrawn: bool
        ) {
            let wanted = Wanted { quantity, is_requested, is_overdue, is_withdrawn };
            let sums = sums(all);
            let state = state(wanted, sums);
            prop_assert_eq!(state == NeedState::Withdrawn, is_withdrawn);
            if !is_withdrawn {
                prop_assert_eq!(state == NeedState::Fulfilled, sums.delivered >= quantity);
            }
            if state.is_open() {
                prop_assert!(!is_overdue);
                prop_assert_eq!(state == NeedState::Pledged, sums.pledged >= quantity);
                prop_assert_eq!(sums.pledged == 0, matches!(state, NeedState::Identified | NeedState::Requested));
            }
        }

        #[test]
        fn whatever_a_pledge_does_the_need_takes_a_step_that_it_has(
            all in promises(), n in 0..12_usize, quantity in 1..200_i64, is_requested: bool, is_overdue: bool
        ) {
            let wanted = Wanted { quantity, is_requested, is_overdue, is_withdrawn: false };
            let before = state(wanted, sums(all.iter().copied()));
            let Some(changed) = all.get(n).copied() else { return Ok(()) };
            for to in changed.state.next() {
                let delivered = if *to == PledgeState::Delivered { changed.quantity } else { changed.delivered };
                let mut moved = all.clone();
                if let Some(pledge) = moved.get_mut(n) {
                    *pledge = Promise { state: *to, delivered, ..changed };
                }
                let after = state(wanted, sums(moved));
                prop_assert!(before == after || before.next().contains(&after), "{} to {}", before, after);
            }
        }
    }
}
