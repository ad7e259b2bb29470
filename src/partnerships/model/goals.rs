//! Rows and words of missions, goals and objectives.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, DecisionId, GoalId, PartnershipId, SeatId};
use crate::partnerships::amending::Changes;
use crate::platform::clock::Instant;
use crate::platform::db::Json;
use crate::schema::{
    goal_amendments, goal_contributors, goal_signatures, goals, measurements, mission_signatures, missions, objectives,
};
use crate::{id_type, text_enum};

id_type! {
    /// A version of a mission.
    MissionId,
    /// A signature.
    SignatureId,
    /// An objective of a goal.
    ObjectiveId,
    /// A measurement of an objective.
    MeasurementId,
    /// An entry of somebody who works for a goal.
    ContributorId,
    /// An amendment of a goal.
    AmendmentId,
}

text_enum! {
    /// Where a version of the mission stands.
    pub enum MissionState {
        /// Being written.
        Draft = "draft",
        /// Is being decided on.
        Proposed = "proposed",
        /// The one that counts.
        Adopted = "adopted",
        /// Counted once.
        Superseded = "superseded",
        /// Was taken back.
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// Where a goal stands (`domain/20` 6.5). At most one is proposed, adopted or in progress.
    pub enum GoalState {
        /// Kept for later.
        Backlog = "backlog",
        /// Being written.
        Draft = "draft",
        /// Is being decided on.
        Proposed = "proposed",
        /// Adopted by both sides.
        Adopted = "adopted",
        /// Being worked on.
        InProgress = "in_progress",
        /// Reached.
        Achieved = "achieved",
        /// Reached in part: the problem is smaller than it was.
        PartlyAchieved = "partly_achieved",
        /// Not reached.
        NotAchieved = "not_achieved",
        /// Another goal took its place.
        Superseded = "superseded",
        /// Given up.
        Abandoned = "abandoned",
    }
}

text_enum! {
    /// What a goal came to.
    pub enum GoalResult {
        /// Reached.
        Achieved = "achieved",
        /// Reached in part: the problem is smaller than it was.
        PartlyAchieved = "partly_achieved",
        /// Not reached.
        NotAchieved = "not_achieved",
        /// Another goal took its place.
        Superseded = "superseded",
        /// Given up.
        Abandoned = "abandoned",
    }
}

impl GoalResult {
    /// The state that a goal has with this result.
    pub const fn state(self) -> GoalState {
        match self {
            Self::Achieved => GoalState::Achieved,
            Self::PartlyAchieved => GoalState::PartlyAchieved,
            Self::NotAchieved => GoalState::NotAchieved,
            Self::Superseded => GoalState::Superseded,
            Self::Abandoned => GoalState::Abandoned,
        }
    }
}

text_enum! {
    /// Where an amendment of a goal stands.
    pub enum AmendmentState {
        /// Is being decided on.
        Proposed = "proposed",
        /// Adopted: the goal is as the amendment has it.
        Adopted = "adopted",
        /// Not adopted, or taken back; the decision tells which.
        Dropped = "dropped",
    }
}

text_enum! {
    /// What an amendment changes, which is the class of its decision.
    pub enum AmendmentClass {
        /// The goal itself.
        Goal = "goal",
        /// Its objectives alone.
        Objective = "objective",
    }
}

text_enum! {
    /// What a goal's signature is for.
    pub enum SigningPurpose {
        /// To adopt it, before decisions adopted goals.
        Adopt = "adopt",
        /// To close it with its assessment.
        Close = "close",
    }
}

text_enum! {
    /// Which way an indicator is to go.
    pub enum Direction {
        /// Up.
        Increase = "increase",
        /// Down.
        Decrease = "decrease",
        /// Stay within a tolerance of the target.
        Maintain = "maintain",
        /// Done or not done: 1 or 0.
        Do = "do",
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = missions, treat_none_as_default_value = false)]
pub struct Mission {
    pub id: MissionId,
    pub partnership_id: PartnershipId,
    pub number: i32,
    pub text: String,
    pub state: MissionState,
    pub proposed_by_id: AccountId,
    pub decision_id: Option<DecisionId>,
    pub adopted_at: Option<Instant>,
    pub review_on: Option<NaiveDate>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = mission_signatures, treat_none_as_default_value = false)]
pub struct MissionSignature {
    pub id: SignatureId,
    pub mission_id: MissionId,
    pub side: Side,
    pub seat_id: SeatId,
    pub account_id: AccountId,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = goals, treat_none_as_default_value = false)]
pub struct Goal {
    pub id: GoalId,
    pub partnership_id: PartnershipId,
    pub title: String,
    pub description: String,
    pub state: GoalState,
    pub target_on: NaiveDate,
    pub created_by_id: AccountId,
    pub proposed_at: Option<Instant>,
    pub adopted_at: Option<Instant>,
    pub started_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub closing_result: Option<GoalResult>,
    pub assessment: Option<String>,
    pub evidence: Option<String>,
    pub within_influence: Option<bool>,
    pub influence_reason: Option<String>,
    pub resources_plan: Option<String>,
    pub override_reason: Option<String>,
    pub replaces_id: Option<GoalId>,
    pub decision_id: Option<DecisionId>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl Goal {
    /// Whether both sides stand or stood behind it, so that everybody may see it.
    pub const fn is_published(&self) -> bool {
        self.adopted_at.is_some()
    }
    /// Whether it is being decided on: as the current goal, or as the one that is to take the current goal's place and
    /// becomes current with the decision.
    pub const fn is_being_decided(&self) -> bool {
        matches!(self.state, GoalState::Proposed) || (self.state.is_open() && self.replaces_id.is_some())
    }
    /// Whether its text and objectives can be changed without a decision.
    pub const fn is_changeable(&self) -> bool {
        self.state.is_open() || self.is_being_decided()
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = goal_signatures, treat_none_as_default_value = false)]
pub struct GoalSignature {
    pub id: SignatureId,
    pub goal_id: GoalId,
    pub purpose: SigningPurpose,
    pub side: Side,
    pub seat_id: SeatId,
    pub account_id: AccountId,
    pub voided_at: Option<Instant>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = objectives, treat_none_as_default_value = false)]
pub struct Objective {
    pub id: ObjectiveId,
    pub goal_id: GoalId,
    pub position: i32,
    pub title: String,
    pub indicator: String,
    pub unit: String,
    pub source: String,
    pub direction: Direction,
    pub baseline: Option<f64>,
    pub baseline_on: Option<NaiveDate>,
    pub target: Option<f64>,
    pub tolerance: Option<f64>,
    pub due_on: NaiveDate,
    pub weight: i32,
    pub owner_id: Option<AccountId>,
    pub side: Option<Side>,
    pub withdrawn_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = measurements, treat_none_as_default_value = false)]
pub struct Measurement {
    pub id: MeasurementId,
    pub objective_id: ObjectiveId,
    pub value: f64,
    pub measured_on: NaiveDate,
    pub source: String,
    pub measured_by_id: AccountId,
    pub corrects_id: Option<MeasurementId>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = goal_contributors, treat_none_as_default_value = false)]
pub struct Contributor {
    pub id: ContributorId,
    pub goal_id: GoalId,
    pub account_id: AccountId,
    pub side: Side,
    pub part: Option<String>,
    pub named_by_id: AccountId,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = goal_amendments, treat_none_as_default_value = false)]
pub struct Amendment {
    pub id: AmendmentId,
    pub goal_id: GoalId,
    pub number: i32,
    pub class: AmendmentClass,
    pub state: AmendmentState,
    pub reason: String,
    pub changes: Json<Changes>,
    pub before: Json<Changes>,
    pub proposed_by_id: AccountId,
    pub decision_id: DecisionId,
    pub ended_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}
