//! What needs more than one person (`domain/20` 6.6). Pure.

use super::model::{AssentPurpose, Capacity};
use crate::accounts::Side;
use crate::ids::AccountId;
use crate::partnerships::model::MemberRole;
use crate::partnerships::standing::Standing;

impl Capacity {
    /// The capacity of a leader of a side.
    pub const fn of_leader(side: Side) -> Option<Self> {
        match side {
            Side::Civilian => Some(Self::CivilianLeader),
            Side::Police => Some(Self::PoliceLeader),
            Side::Agency => None,
        }
    }
    /// In which capacity somebody assents: as a leader, or, to a dismissal, as a facilitator who leads nothing.
    pub fn of(standing: &Standing, purpose: AssentPurpose) -> Option<Self> {
        match standing.seat {
            Some(seat) => Self::of_leader(seat.side),
            None if purpose == AssentPurpose::Dismiss => {
                standing.membership.filter(|m| m.role == MemberRole::Facilitator).map(|_| Self::Facilitator)
            }
            None => None,
        }
    }
}

/// Whether these persons, in these capacities, are enough: leaders of both sides, each another person. A block is also
/// dismissed by a facilitator with a leader of the blocker's own side.
pub fn is_enough(purpose: AssentPurpose, blocker: Option<Side>, assents: &[(Capacity, AccountId)]) -> bool {
    let by = |capacity: Capacity| assents.iter().find(|(of, _)| *of == capacity).map(|(_, who)| *who);
    let two = |a: Option<AccountId>, b: Option<AccountId>| matches!((a, b), (Some(a), Some(b)) if a != b);
    let leaders = two(by(Capacity::CivilianLeader), by(Capacity::PoliceLeader));
    let own_leader = blocker.and_then(Capacity::of_leader).and_then(by);
    leaders || (purpose == AssentPurpose::Dismiss && two(by(Capacity::Facilitator), own_leader))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_persons_of_the_right_capacities_are_enough_and_no_others() {
        use Capacity::{CivilianLeader as C, Facilitator as F, PoliceLeader as P};
        let (a, b) = (AccountId::new(), AccountId::new());
        for (assents, blocker, dismissed) in [
            (vec![], Side::Civilian, false),
            (vec![(C, a)], Side::Civilian, false),
            (vec![(C, a), (P, b)], Side::Civilian, true),
            (vec![(C, a), (P, a)], Side::Civilian, false),
            (vec![(F, a), (C, b)], Side::Civilian, true),
            (vec![(F, a), (C, b)], Side::Police, false),
            (vec![(F, a), (P, b)], Side::Police, true),
            (vec![(F, a), (P, a)], Side::Police, false),
            (vec![(F, a), (C, b)], Side::Agency, false),
            (vec![(C, a), (P, b)], Side::Agency, true),
        ] {
            assert_eq!(is_enough(AssentPurpose::Dismiss, Some(blocker), &assents), dismissed, "{assents:?} {blocker}");
            let leaders = [C, P].iter().all(|wanted| assents.iter().any(|(of, _)| of == wanted)) && dismissed;
            for purpose in [AssentPurpose::Correct, AssentPurpose::Reaffirm, AssentPurpose::Rescind] {
                assert_eq!(is_enough(purpose, None, &assents), leaders, "{purpose} {assents:?}");
            }
        }
    }
}
