//! Which state may follow which. Pure tables; whoever wants to change a state asks here first.

use super::model::{AmendmentState, GoalState, MembershipState, MissionState, PartnershipState, SeatState};
use super::stages::model::AgreementState;
use crate::platform::lifecycle::Lifecycle;

impl Lifecycle for PartnershipState {
    const OF: &'static str = "partnership";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Proposed => &[Self::Forming, Self::Declined],
            Self::Forming => &[Self::Active, Self::Suspended, Self::Closed],
            // Back to forming where a side stays without a leader.
            Self::Active => &[Self::Forming, Self::Dormant, Self::Suspended, Self::Closed],
            Self::Dormant => &[Self::Active, Self::Suspended, Self::Closed],
            // Lifted, it stands where it stood.
            Self::Suspended => &[Self::Forming, Self::Active, Self::Dormant, Self::Closed],
            Self::Declined | Self::Closed => &[],
        }
    }
}

impl Lifecycle for MembershipState {
    const OF: &'static str = "membership";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Requested => &[Self::Active, Self::Declined, Self::Left],
            Self::Active => &[Self::Left, Self::Removed],
            Self::Declined | Self::Left | Self::Removed => &[],
        }
    }
}

impl Lifecycle for SeatState {
    const OF: &'static str = "seat";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Nominated => &[Self::Active, Self::Declined],
            Self::Active => &[Self::Ended],
            Self::Declined | Self::Ended => &[],
        }
    }
}

impl Lifecycle for MissionState {
    const OF: &'static str = "mission";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Proposed, Self::Withdrawn],
            Self::Proposed => &[Self::Adopted, Self::Draft],
            Self::Adopted => &[Self::Superseded],
            Self::Superseded | Self::Withdrawn => &[],
        }
    }
}

impl Lifecycle for AgreementState {
    const OF: &'static str = "agreement";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Proposed => &[Self::Agreed, Self::Withdrawn],
            Self::Agreed | Self::Withdrawn => &[],
        }
    }
}

impl Lifecycle for AmendmentState {
    const OF: &'static str = "amendment";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Proposed => &[Self::Adopted, Self::Dropped],
            Self::Adopted | Self::Dropped => &[],
        }
    }
}

impl Lifecycle for GoalState {
    const OF: &'static str = "goal";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Backlog => &[Self::Draft, Self::Proposed, Self::Abandoned],
            Self::Draft => &[Self::Backlog, Self::Proposed, Self::Abandoned],
            Self::Proposed => &[Self::Draft, Self::Adopted],
            Self::Adopted => &[
                Self::InProgress,
                Self::Achieved,
                Self::PartlyAchieved,
                Self::NotAchieved,
                Self::Superseded,
                Self::Abandoned,
            ],
            Self::InProgress => {
                &[Self::Achieved, Self::PartlyAchieved, Self::NotAchieved, Self::Superseded, Self::Abandoned]
            }
            Self::Achieved | Self::PartlyAchieved | Self::NotAchieved | Self::Superseded | Self::Abandoned => &[],
        }
    }
}

impl GoalState {
    /// Whether it is the partnership's one current goal.
    pub const fn is_current(self) -> bool {
        matches!(self, Self::Proposed | Self::Adopted | Self::InProgress)
    }
    /// Whether its text and objectives can be changed.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Backlog | Self::Draft)
    }
    /// Whether it is being pursued, so that measurements are taken.
    pub const fn is_pursued(self) -> bool {
        matches!(self, Self::Adopted | Self::InProgress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn each_machine_takes_its_steps_and_no_other() {
        use GoalState as G;
        exhaust(
            G::ALL,
            &[
                (G::Backlog, G::Draft),
                (G::Backlog, G::Proposed),
                (G::Backlog, G::Abandoned),
                (G::Draft, G::Backlog),
                (G::Draft, G::Proposed),
                (G::Draft, G::Abandoned),
                (G::Proposed, G::Draft),
                (G::Proposed, G::Adopted),
                (G::Adopted, G::InProgress),
                (G::Adopted, G::Achieved),
                (G::Adopted, G::PartlyAchieved),
                (G::Adopted, G::NotAchieved),
                (G::Adopted, G::Superseded),
                (G::Adopted, G::Abandoned),
                (G::InProgress, G::Achieved),
                (G::InProgress, G::PartlyAchieved),
                (G::InProgress, G::NotAchieved),
                (G::InProgress, G::Superseded),
                (G::InProgress, G::Abandoned),
            ],
        );
        use SeatState as S;
        exhaust(S::ALL, &[(S::Nominated, S::Active), (S::Nominated, S::Declined), (S::Active, S::Ended)]);
        use MembershipState as M;
        exhaust(
            M::ALL,
            &[
                (M::Requested, M::Active),
                (M::Requested, M::Declined),
                (M::Requested, M::Left),
                (M::Active, M::Left),
                (M::Active, M::Removed),
            ],
        );
        use MissionState as I;
        exhaust(
            I::ALL,
            &[
                (I::Draft, I::Proposed),
                (I::Draft, I::Withdrawn),
                (I::Proposed, I::Adopted),
                (I::Proposed, I::Draft),
                (I::Adopted, I::Superseded),
            ],
        );
        use AmendmentState as A;
        exhaust(A::ALL, &[(A::Proposed, A::Adopted), (A::Proposed, A::Dropped)]);
        use PartnershipState as P;
        exhaust(
            P::ALL,
            &[
                (P::Proposed, P::Forming),
                (P::Proposed, P::Declined),
                (P::Forming, P::Active),
                (P::Forming, P::Suspended),
                (P::Forming, P::Closed),
                (P::Active, P::Forming),
                (P::Active, P::Dormant),
                (P::Active, P::Suspended),
                (P::Active, P::Closed),
                (P::Dormant, P::Active),
                (P::Dormant, P::Suspended),
                (P::Dormant, P::Closed),
                (P::Suspended, P::Forming),
                (P::Suspended, P::Active),
                (P::Suspended, P::Dormant),
                (P::Suspended, P::Closed),
            ],
        );
        use AgreementState as W;
        exhaust(W::ALL, &[(W::Proposed, W::Agreed), (W::Proposed, W::Withdrawn)]);
    }

    #[test]
    fn a_goal_is_open_current_or_over() {
        for state in GoalState::ALL {
            let groups = [state.is_open(), state.is_current(), state.next().is_empty()];
            assert_eq!(groups.iter().filter(|&&g| g).count(), 1, "{state}");
        }
    }
}
