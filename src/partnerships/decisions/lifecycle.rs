//! Which state may follow which (`domain/20` 6.6). Pure tables.
//!
//! `adopted` is a decision whose outcome is still to be written; with the outcome it is `in_force`. `adopted_on_trial` stays
//! so until its review. `reaffirmed` is in force after a review, and can be looked at again. Whoever wants something else
//! opens a new decision that replaces the old one, which is then `amended`.

use super::model::{BlockState, DecisionState};
use crate::platform::lifecycle::Lifecycle;

impl Lifecycle for DecisionState {
    const OF: &'static str = "decision";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Discussion, Self::Withdrawn],
            Self::Discussion => &[Self::SenseCheck, Self::Withdrawn],
            Self::SenseCheck => &[Self::Amending, Self::FinalCall, Self::Withdrawn],
            Self::Amending => &[Self::SenseCheck, Self::Withdrawn],
            Self::FinalCall => &[
                Self::Amending,
                Self::Adopted,
                Self::AdoptedOnTrial,
                Self::NotAdopted,
                Self::Blocked,
                Self::Lapsed,
                Self::Withdrawn,
            ],
            Self::Adopted => &[Self::InForce, Self::Amended],
            Self::AdoptedOnTrial | Self::InForce | Self::Reaffirmed => &[Self::UnderReview, Self::Amended],
            Self::UnderReview => &[Self::Reaffirmed, Self::Amended, Self::Rescinded],
            Self::NotAdopted | Self::Blocked | Self::Lapsed | Self::Withdrawn | Self::Amended | Self::Rescinded => &[],
        }
    }
}

impl DecisionState {
    /// Whether it has not ended.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Discussion | Self::SenseCheck | Self::Amending | Self::FinalCall)
    }
    /// The states in which it has not ended.
    pub const OPEN: [Self; 5] = [Self::Draft, Self::Discussion, Self::SenseCheck, Self::Amending, Self::FinalCall];
    /// Whether stances are taken.
    pub const fn takes_stances(self) -> bool {
        matches!(self, Self::SenseCheck | Self::FinalCall)
    }
    /// Whether its text can be changed.
    pub const fn takes_text(self) -> bool {
        matches!(self, Self::Discussion | Self::SenseCheck | Self::Amending | Self::FinalCall)
    }
    /// Whether it holds now.
    pub const fn holds(self) -> bool {
        matches!(self, Self::Adopted | Self::AdoptedOnTrial | Self::InForce | Self::UnderReview | Self::Reaffirmed)
    }
    /// The states in which it holds.
    pub const HOLDING: [Self; 5] =
        [Self::Adopted, Self::AdoptedOnTrial, Self::InForce, Self::UnderReview, Self::Reaffirmed];
    /// Whether the final call came to nothing, so that another round can be opened.
    pub const fn is_failed(self) -> bool {
        matches!(self, Self::NotAdopted | Self::Blocked | Self::Lapsed)
    }
}

impl Lifecycle for BlockState {
    const OF: &'static str = "block";
    fn next(self) -> &'static [Self] {
        // The blocker takes it back whenever they want.
        match self {
            Self::Raised => &[Self::Challenged, Self::Addressed, Self::Withdrawn],
            Self::Challenged => &[Self::Sustained, Self::Dismissed, Self::Withdrawn],
            Self::Sustained => &[Self::Addressed, Self::Withdrawn],
            Self::Addressed => &[Self::Sustained, Self::Withdrawn],
            Self::Dismissed | Self::Withdrawn => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn each_machine_takes_its_steps_and_no_other() {
        use DecisionState as D;
        exhaust(
            D::ALL,
            &[
                (D::Draft, D::Discussion),
                (D::Draft, D::Withdrawn),
                (D::Discussion, D::SenseCheck),
                (D::Discussion, D::Withdrawn),
                (D::SenseCheck, D::Amending),
                (D::SenseCheck, D::FinalCall),
                (D::SenseCheck, D::Withdrawn),
                (D::Amending, D::SenseCheck),
                (D::Amending, D::Withdrawn),
                (D::FinalCall, D::Amending),
                (D::FinalCall, D::Adopted),
                (D::FinalCall, D::AdoptedOnTrial),
                (D::FinalCall, D::NotAdopted),
                (D::FinalCall, D::Blocked),
                (D::FinalCall, D::Lapsed),
                (D::FinalCall, D::Withdrawn),
                (D::Adopted, D::InForce),
                (D::Adopted, D::Amended),
                (D::AdoptedOnTrial, D::UnderReview),
                (D::AdoptedOnTrial, D::Amended),
                (D::InForce, D::UnderReview),
                (D::InForce, D::Amended),
                (D::UnderReview, D::Reaffirmed),
                (D::UnderReview, D::Amended),
                (D::UnderReview, D::Rescinded),
                (D::Reaffirmed, D::UnderReview),
                (D::Reaffirmed, D::Amended),
            ],
        );
        use BlockState as B;
        exhaust(
            B::ALL,
            &[
                (B::Raised, B::Challenged),
                (B::Raised, B::Addressed),
                (B::Raised, B::Withdrawn),
                (B::Challenged, B::Sustained),
                (B::Challenged, B::Dismissed),
                (B::Challenged, B::Withdrawn),
                (B::Sustained, B::Addressed),
                (B::Sustained, B::Withdrawn),
                (B::Addressed, B::Sustained),
                (B::Addressed, B::Withdrawn),
            ],
        );
    }

    #[test]
    fn groups_of_states_are_what_they_are_called() {
        for state in DecisionState::ALL {
            assert_eq!(DecisionState::OPEN.contains(state), state.is_open(), "{state}");
            assert_eq!(DecisionState::HOLDING.contains(state), state.holds(), "{state}");
            assert!(!state.takes_stances() || state.is_open(), "{state}");
            assert!(!state.takes_text() || state.is_open(), "{state}");
            assert!(!state.is_failed() || state.next().is_empty(), "{state}");
        }
        for state in BlockState::ALL {
            assert_eq!(BlockState::COUNTING.contains(state), state.counts(), "{state}");
        }
    }
}
