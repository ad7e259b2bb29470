//! Which state of a commitment may follow which, and what counts how (`domain/30` 6.10). Pure.

use chrono::NaiveDate;

use super::model::CommitmentState;
use crate::platform::lifecycle::Lifecycle;

impl Lifecycle for CommitmentState {
    const OF: &'static str = "commitment";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Open => &[Self::Kept, Self::Broken, Self::Renegotiated, Self::Released],
            Self::Kept | Self::Broken | Self::Renegotiated | Self::Released => &[],
        }
    }
}

/// Whether a commitment that is open is late: its day is over.
pub fn is_late(state: CommitmentState, due_on: NaiveDate, today: NaiveDate) -> bool {
    state == CommitmentState::Open && due_on < today
}

/// Whether another day is asked for in time: by the end of the day it is due.
pub fn asks_in_time(due_on: NaiveDate, today: NaiveDate) -> bool {
    today <= due_on
}

/// Why a log can't say a promise otherwise any more, or not make it at all; none where it still can.
pub const fn stays(state: CommitmentState, is_late: bool) -> Option<&'static str> {
    match state {
        CommitmentState::Open if is_late => {
            Some("was due already: say what became of it, or ask for another day (/commitments)")
        }
        CommitmentState::Open => None,
        CommitmentState::Kept => Some("was kept, and stays as it was promised"),
        CommitmentState::Broken => Some("was not kept, and stays as it was promised"),
        CommitmentState::Renegotiated => Some("has another day already: what was agreed on then stays"),
        CommitmentState::Released => Some("holds nobody any more, and stays as it was promised"),
    }
}

/// How a commitment that has ended counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// As kept.
    Kept,
    /// As broken.
    Broken,
    /// As neither: it is open, another one has honourably taken its place, or nobody is held to it.
    Not,
}

/// How a commitment counts for how reliable whoever promised is.
pub const fn counts(state: CommitmentState, asked_before_due: Option<bool>) -> Counts {
    match (state, asked_before_due) {
        (CommitmentState::Kept, _) => Counts::Kept,
        (CommitmentState::Broken, _) | (CommitmentState::Renegotiated, Some(false)) => Counts::Broken,
        (CommitmentState::Renegotiated | CommitmentState::Open | CommitmentState::Released, _) => Counts::Not,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn a_commitment_ends_once() {
        use CommitmentState as C;
        let ends = [C::Kept, C::Broken, C::Renegotiated, C::Released];
        exhaust(C::ALL, &ends.map(|end| (C::Open, end)));
    }

    #[test]
    fn late_begins_on_the_day_after() {
        let day = |d| NaiveDate::from_ymd_opt(2027, 3, d).unwrap();
        for state in CommitmentState::ALL {
            for today in 1..=31 {
                let late = is_late(*state, day(15), day(today));
                assert_eq!(late, *state == CommitmentState::Open && today > 15, "{state} {today}");
                assert_eq!(asks_in_time(day(15), day(today)), today <= 15);
            }
        }
    }

    #[test]
    fn a_log_says_otherwise_only_what_is_open_and_not_late() {
        for state in CommitmentState::ALL {
            for is_late in [false, true] {
                let can = stays(*state, is_late).is_none();
                assert_eq!(can, *state == CommitmentState::Open && !is_late, "{state} {is_late}");
            }
        }
    }

    #[test]
    fn asking_too_late_counts_as_broken_and_asking_in_time_as_nothing() {
        use CommitmentState as C;
        for (state, asked, expected) in [
            (C::Open, None, Counts::Not),
            (C::Kept, None, Counts::Kept),
            (C::Broken, None, Counts::Broken),
            (C::Renegotiated, Some(true), Counts::Not),
            (C::Renegotiated, Some(false), Counts::Broken),
            (C::Released, None, Counts::Not),
        ] {
            assert_eq!(counts(state, asked), expected, "{state} {asked:?}");
        }
    }
}
