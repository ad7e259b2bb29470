//! What the record tells of needs and pledges.

use super::model::Need;
use super::policy::Face;
use crate::partnerships::model::{Goal, GoalState};
use crate::platform::record::{Kind, Visibility};

/// Who may see a need of this goal.
pub const fn face(need: &Need, goal: &Goal) -> Face {
    match goal.state {
        _ if need.requested_at.is_some() => Face::Open,
        _ if goal.is_published() => Face::Inside,
        GoalState::Proposed => Face::Inside,
        _ => Face::Draft,
    }
}

/// Something that happened to a need with this face, or to a pledge for one: told to whoever sees it, at most.
pub fn told(kind: Kind, face: Face) -> Kind {
    kind.within_sight_of(match face {
        Face::Open => Visibility::Public,
        Face::Inside => Visibility::Members,
        Face::Draft => Visibility::Leaders,
    })
}
