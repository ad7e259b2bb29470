//! Rows and words of decisions (`domain/20` 6.6).

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::consensus::{Heads, Rules, Verdict};
use crate::accounts::Side;
use crate::ids::{AccountId, DecisionId, PartnershipId, TaskId};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Json};
use crate::schema::{
    decision_assents, decision_blocks, decision_corrections, decision_outcomes, decision_roster, decision_sides,
    decision_stances, decision_texts, decisions,
};
use crate::{id_type, text_enum};

id_type! {
    /// A version of a decision's text.
    DecisionTextId,
    /// A correction of typing errors.
    CorrectionId,
    /// A stance.
    StanceId,
    /// A block.
    BlockId,
    /// An assent to what needs more than one person.
    AssentId,
    /// Whoever took a stance: the account, or in an anonymous decision what tells nothing of it.
    HolderId,
}

text_enum! {
    /// What is decided.
    pub enum DecisionClass {
        /// What the partnership is for.
        Mission = "mission",
        /// How it works together, and what a majority of each side may decide.
        Charter = "charter",
        /// Its one current goal.
        Goal = "goal",
        /// An objective of the goal.
        Objective = "objective",
        /// How, by what way and by whom information is passed on.
        CommunicationPlan = "communication_plan",
        /// Who does what until when.
        ActionPlan = "action_plan",
        /// How things are to be once a problem is solved.
        SharedVision = "shared_vision",
        /// What is done about a problem.
        ResponsePlan = "response_plan",
        /// What is needed, and from whom.
        Resource = "resource",
        /// What was said at a meeting.
        Minutes = "minutes",
        /// Any other thing.
        Other = "other",
    }
}

impl Decision {
    /// Whether it could be tried for a while in another round: it was not, and is about nothing that is adopted as a whole.
    pub const fn can_be_tried(&self) -> bool {
        self.trial_days.is_none() && self.subject.is_none()
    }
}

impl DecisionClass {
    /// Mission, charter, goal, plans and vision: discussed for days, assented to by a leader of each side, and not decided
    /// while a side has none (`domain/20` 6.3 and 6.6).
    pub const fn needs_leaders(self) -> bool {
        match self {
            Self::Mission
            | Self::Charter
            | Self::Goal
            | Self::CommunicationPlan
            | Self::ActionPlan
            | Self::SharedVision
            | Self::ResponsePlan => true,
            Self::Objective | Self::Resource | Self::Minutes | Self::Other => false,
        }
    }
    /// What is proposed, in words, where a decision of the class comes from proposing the thing itself: one that is put down
    /// beside it would change nothing, and look as if it did.
    pub const fn proposed_as(self) -> Option<&'static str> {
        match self {
            Self::Mission => Some("propose the mission"),
            Self::Goal => Some("propose the goal, or an amendment of it"),
            Self::CommunicationPlan => Some("propose the communication plan"),
            Self::Minutes => Some("propose the minutes"),
            Self::Charter
            | Self::Objective
            | Self::ActionPlan
            | Self::SharedVision
            | Self::ResponsePlan
            | Self::Resource
            | Self::Other => None,
        }
    }
}

text_enum! {
    /// How it is decided. None lets one side outvote the other.
    pub enum Method {
        /// Enough of each side take part and support it, and nobody blocks it.
        Consensus = "consensus",
        /// Enough of each side take part, and nobody of either disagrees or blocks.
        Consent = "consent",
        /// More than half of those who take part, on each side. Only where the charter allows it.
        Majority = "majority",
        /// A leader decides after hearing both sides, and says why.
        Advice = "advice",
    }
}

text_enum! {
    /// Where a decision stands.
    pub enum DecisionState {
        /// Being written; seen by leaders, facilitators and whoever writes it.
        Draft = "draft",
        /// Being talked about.
        Discussion = "discussion",
        /// How everybody feels about it is asked, and counts for nothing yet.
        SenseCheck = "sense_check",
        /// The text is being changed.
        Amending = "amending",
        /// Stances count now.
        FinalCall = "final_call",
        /// Ended: yes. What follows is still to be written down.
        Adopted = "adopted",
        /// Ended: yes, for a while.
        AdoptedOnTrial = "adopted_on_trial",
        /// Ended: not enough support.
        NotAdopted = "not_adopted",
        /// Ended: somebody blocks it, and the block counts.
        Blocked = "blocked",
        /// Ended: too few took part.
        Lapsed = "lapsed",
        /// Taken back before it ended.
        Withdrawn = "withdrawn",
        /// Adopted, and what follows is written down.
        InForce = "in_force",
        /// Being looked at again.
        UnderReview = "under_review",
        /// Looked at again, and it stays.
        Reaffirmed = "reaffirmed",
        /// Another decision took its place.
        Amended = "amended",
        /// No longer holds.
        Rescinded = "rescinded",
    }
}

text_enum! {
    /// How a decision ended.
    pub enum Ending {
        /// Yes.
        Adopted = "adopted",
        /// Yes, for a while.
        AdoptedOnTrial = "adopted_on_trial",
        /// Not enough support.
        NotAdopted = "not_adopted",
        /// Somebody blocks it, and the block counts.
        Blocked = "blocked",
        /// Too few took part.
        Lapsed = "lapsed",
        /// Taken back.
        Withdrawn = "withdrawn",
    }
}

impl Ending {
    /// The state of a decision that ended so.
    pub const fn state(self) -> DecisionState {
        match self {
            Self::Adopted => DecisionState::Adopted,
            Self::AdoptedOnTrial => DecisionState::AdoptedOnTrial,
            Self::NotAdopted => DecisionState::NotAdopted,
            Self::Blocked => DecisionState::Blocked,
            Self::Lapsed => DecisionState::Lapsed,
            Self::Withdrawn => DecisionState::Withdrawn,
        }
    }
    /// Whether it was adopted, for good or for a while.
    pub const fn is_adoption(self) -> bool {
        matches!(self, Self::Adopted | Self::AdoptedOnTrial)
    }
}

text_enum! {
    /// How somebody stands towards a text: the eight gradients of agreement.
    pub enum Level {
        /// 8: full support.
        Endorse = "endorse",
        /// 7: agree, with a small point.
        AgreeMinor = "agree_minor",
        /// 6: support with reservations.
        Reservations = "reservations",
        /// 5: abstain, stand aside.
        StandAside = "stand_aside",
        /// 4: needs more discussion.
        MoreDiscussion = "more_discussion",
        /// 3: do not like it, but will support it.
        DislikeSupport = "dislike_support",
        /// 2: serious disagreement.
        Disagree = "disagree",
        /// 1: block, with the principle that is at stake and what would remedy it.
        Block = "block",
    }
}

text_enum! {
    /// Four stances for whoever finds eight too many.
    pub enum ShortForm {
        /// Full support: 8.
        Agree = "agree",
        /// Support with reservations: 6.
        Reservations = "reservations",
        /// Abstain: 5.
        StandAside = "stand_aside",
        /// Block: 1.
        Block = "block",
    }
}

text_enum! {
    /// In which phase a stance was taken.
    pub enum Phase {
        /// It told how somebody felt, and counted for nothing.
        SenseCheck = "sense_check",
        /// It counts.
        FinalCall = "final_call",
    }
}

text_enum! {
    /// What a block stands on.
    pub enum Principle {
        /// What the partnership is for.
        Mission = "mission",
        /// Somebody's safety.
        Safety = "safety",
        /// The law.
        Law = "law",
        /// Rights, or what is fair.
        RightsOrFairness = "rights_or_fairness",
        /// What the partnership is able to do.
        Capacity = "capacity",
    }
}

text_enum! {
    /// Where a block stands. It counts until it is dismissed or withdrawn.
    pub enum BlockState {
        /// Somebody blocks.
        Raised = "raised",
        /// Somebody doubts that it stands on a principle.
        Challenged = "challenged",
        /// It does.
        Sustained = "sustained",
        /// It does not: said by leaders of both sides, or by a facilitator with a leader of the blocker's side.
        Dismissed = "dismissed",
        /// The text, or what goes with it, was changed to meet it.
        Addressed = "addressed",
        /// Taken back by the blocker.
        Withdrawn = "withdrawn",
    }
}

impl BlockState {
    /// Whether it counts.
    pub const fn counts(self) -> bool {
        !matches!(self, Self::Dismissed | Self::Withdrawn)
    }
    /// The states in which it counts.
    pub const COUNTING: [Self; 4] = [Self::Raised, Self::Challenged, Self::Sustained, Self::Addressed];
}

text_enum! {
    /// Where a correction of typing errors stands.
    pub enum CorrectionState {
        /// Waits for leaders of both sides.
        Proposed = "proposed",
        /// Leaders of both sides approved it.
        Applied = "applied",
        /// The text moved on.
        Dropped = "dropped",
    }
}

text_enum! {
    /// What needs more than one person.
    pub enum AssentPurpose {
        /// Correcting typing errors without asking everybody anew.
        Correct = "correct",
        /// Dismissing a block.
        Dismiss = "dismiss",
        /// Reaffirming a decision.
        Reaffirm = "reaffirm",
        /// Rescinding a decision.
        Rescind = "rescind",
    }
}

text_enum! {
    /// As what somebody assents.
    pub enum Capacity {
        /// Leads the civilian side.
        CivilianLeader = "civilian_leader",
        /// Leads the police side.
        PoliceLeader = "police_leader",
        /// Helps the group decide.
        Facilitator = "facilitator",
    }
}

text_enum! {
    /// What a group can do after two rounds that came to nothing.
    pub enum NextOption {
        /// Somebody from outside helps to talk.
        Mediation = "mediation",
        /// Decide a part of it.
        NarrowerScope = "narrower_scope",
        /// Try it for a while: another round with `trial_days`, decided by the consent test.
        TrialPeriod = "trial_period",
        /// Leave it for later.
        Park = "park",
    }
}

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackgroundLink {
    /// What it is.
    pub title: String,
    /// Where it is.
    pub url: String,
}

/// What one should know about a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Background {
    /// Things to read.
    pub links: Vec<BackgroundLink>,
    /// What else could be done.
    pub options: Vec<String>,
}

/// Who does what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Responsibility {
    /// What.
    pub what: String,
    /// Who.
    pub account_id: Uuid,
    /// Until when.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    pub due_on: Option<NaiveDate>,
    /// The task that it has become.
    #[serde(default)]
    pub task_id: Option<TaskId>,
}

/// Who is told, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommunicationNote {
    /// Who is to know.
    pub audience: String,
    /// What they are told, and how.
    pub message: String,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = decisions, treat_none_as_default_value = false)]
pub struct Decision {
    pub id: DecisionId,
    pub partnership_id: PartnershipId,
    pub class: DecisionClass,
    pub subject: Option<AnyId>,
    pub method: Method,
    pub question: String,
    pub text_number: i32,
    pub state: DecisionState,
    pub is_anonymous: bool,
    pub hides_results: bool,
    pub trial_days: Option<i32>,
    pub previous_id: Option<DecisionId>,
    pub round: i32,
    pub replaces_id: Option<DecisionId>,
    pub background: Json<Background>,
    pub majority_classes: Json<Vec<DecisionClass>>,
    pub created_by_id: AccountId,
    pub discussion_at: Option<Instant>,
    pub sense_check_from: Option<Instant>,
    pub final_call_at: Option<Instant>,
    pub closes_from: Option<Instant>,
    pub closes_at: Option<Instant>,
    pub noticed_at: Option<Instant>,
    pub paused_at: Option<Instant>,
    pub rules: Option<Json<Rules>>,
    pub closed_at: Option<Instant>,
    pub result: Option<Json<Verdict>>,
    pub review_on: Option<NaiveDate>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = decision_texts, treat_none_as_default_value = false)]
pub struct DecisionText {
    pub id: DecisionTextId,
    pub decision_id: DecisionId,
    pub number: i32,
    pub revision: i32,
    pub text: String,
    pub note: Option<String>,
    pub author_id: AccountId,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = decision_corrections, treat_none_as_default_value = false)]
pub struct Correction {
    pub id: CorrectionId,
    pub decision_id: DecisionId,
    pub number: i32,
    pub text: String,
    pub state: CorrectionState,
    pub proposed_by_id: AccountId,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = decision_roster, treat_none_as_default_value = false)]
pub struct RosterEntry {
    pub decision_id: DecisionId,
    pub account_id: AccountId,
    pub side: Side,
    pub has_cast: bool,
    pub left_at: Option<Instant>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = decision_sides, treat_none_as_default_value = false)]
pub struct SideRow {
    pub decision_id: DecisionId,
    pub side: Side,
    pub eligible: i32,
    pub endorse: i32,
    pub agree_minor: i32,
    pub reservations: i32,
    pub stand_aside: i32,
    pub more_discussion: i32,
    pub dislike_support: i32,
    pub disagree: i32,
    pub block: i32,
}

impl SideRow {
    /// Of a side with so many eligible members, of whom nobody has said anything.
    pub const fn empty(decision_id: DecisionId, side: Side, eligible: i32) -> Self {
        Self {
            decision_id,
            side,
            eligible,
            endorse: 0,
            agree_minor: 0,
            reservations: 0,
            stand_aside: 0,
            more_discussion: 0,
            dislike_support: 0,
            disagree: 0,
            block: 0,
        }
    }
    /// The heads at a level.
    pub const fn at(&mut self, level: Level) -> &mut i32 {
        match level {
            Level::Endorse => &mut self.endorse,
            Level::AgreeMinor => &mut self.agree_minor,
            Level::Reservations => &mut self.reservations,
            Level::StandAside => &mut self.stand_aside,
            Level::MoreDiscussion => &mut self.more_discussion,
            Level::DislikeSupport => &mut self.dislike_support,
            Level::Disagree => &mut self.disagree,
            Level::Block => &mut self.block,
        }
    }
    /// As the rules count it.
    pub fn heads(&self) -> Heads {
        let count = |n: i32| u32::try_from(n).unwrap_or(0);
        Heads {
            side: self.side,
            eligible: count(self.eligible),
            endorse: count(self.endorse),
            agree_minor: count(self.agree_minor),
            reservations: count(self.reservations),
            stand_aside: count(self.stand_aside),
            more_discussion: count(self.more_discussion),
            dislike_support: count(self.dislike_support),
            disagree: count(self.disagree),
            block: count(self.block),
        }
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = decision_stances, treat_none_as_default_value = false)]
pub struct Stance {
    pub id: StanceId,
    pub decision_id: DecisionId,
    pub number: i32,
    pub phase: Phase,
    pub side: Side,
    pub level: Level,
    pub reason: Option<String>,
    pub account_id: Option<AccountId>,
    pub holder: HolderId,
    pub is_current: bool,
    pub stale_at: Option<Instant>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = decision_blocks, treat_none_as_default_value = false)]
pub struct Block {
    pub id: BlockId,
    pub decision_id: DecisionId,
    pub number: i32,
    pub side: Side,
    pub principle: Principle,
    pub reason: String,
    pub remedy: String,
    pub state: BlockState,
    pub note: Option<String>,
    pub account_id: Option<AccountId>,
    pub holder: HolderId,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = decision_assents, treat_none_as_default_value = false)]
pub struct Assent {
    pub id: AssentId,
    pub decision_id: DecisionId,
    pub target: AnyId,
    pub purpose: AssentPurpose,
    pub capacity: Capacity,
    pub account_id: AccountId,
    pub reason: Option<String>,
    pub voided_at: Option<Instant>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = decision_outcomes, treat_none_as_default_value = false)]
pub struct Outcome {
    pub decision_id: DecisionId,
    pub statement: String,
    pub responsibilities: Json<Vec<Responsibility>>,
    pub communications: Json<Vec<CommunicationNote>>,
    pub written_by_id: AccountId,
    pub created_at: Instant,
    pub updated_at: Instant,
}
