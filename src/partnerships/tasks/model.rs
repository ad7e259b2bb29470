//! Rows and words of tasks.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, PartnershipId, TaskId};
use crate::platform::clock::Instant;
use crate::platform::db::AnyId;
use crate::schema::{commendations, group_skills, task_assignments, task_offers, task_skills, task_topics, tasks};
use crate::{id_type, text_enum};

id_type! {
    /// An offer of a task to somebody.
    TaskOfferId,
    /// A skill that a group has a word for.
    GroupSkillId,
    /// A commendation.
    CommendationId,
}

text_enum! {
    /// Where a task stands (`domain/20` 6.8). What is declined or given back is open again.
    pub enum TaskState {
        /// Being written; seen by whoever wrote it and by leaders.
        Draft = "draft",
        /// Waits for somebody.
        Open = "open",
        /// Somebody was asked and has not answered.
        Offered = "offered",
        /// Somebody will do it.
        Accepted = "accepted",
        /// Somebody is at it.
        InProgress = "in_progress",
        /// Whoever did it says that it is done.
        Done = "done",
        /// It was seen that it is done, and the hours are confirmed.
        Verified = "verified",
        /// It is not needed any more.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// What a task serves.
    pub enum TaskPurpose {
        /// The partnership as a whole.
        Partnership = "partnership",
        /// A goal.
        Goal = "goal",
        /// An objective of a goal.
        Objective = "objective",
        /// A need for resources.
        Need = "need",
        /// A responsibility from a decision's outcome.
        Decision = "decision",
        /// Something taken on at a meeting.
        ActionItem = "action_item",
    }
}

text_enum! {
    /// What the police do in a task.
    pub enum PoliceRole {
        /// Nothing.
        None = "none",
        /// They help.
        Support = "support",
        /// They do it, and others help.
        Lead = "lead",
    }
}

text_enum! {
    /// Why a task went to this person: the strongest reason that is true, found by the server. Strongest first.
    pub enum AssignmentBasis {
        /// The person can do it and likes to.
        Both = "both",
        /// The person can do it.
        Skill = "skill",
        /// The person likes to work on it.
        Interest = "interest",
        /// The person wants to learn it, and a mentor is on the task.
        Growth = "growth",
        /// The person came forward.
        Volunteered = "volunteered",
        /// It belongs to the person's office: police or agency.
        Duty = "duty",
        /// The person had time, and nothing else spoke for it.
        AvailabilityOnly = "availability_only",
    }
}

text_enum! {
    /// Where an offer stands. How one ended that was not accepted is not kept.
    pub enum TaskOfferState {
        /// Waits for an answer.
        Open = "open",
        /// The person took the task on.
        Accepted = "accepted",
        /// Over.
        Ended = "ended",
    }
}

text_enum! {
    /// What a commendation is for.
    pub enum CommendedFor {
        /// One task.
        Task = "task",
        /// Hours given over time.
        Hours = "hours",
        /// A role filled well.
        Role = "role",
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = tasks, treat_none_as_default_value = false)]
pub struct Task {
    pub id: TaskId,
    pub partnership_id: PartnershipId,
    pub title: String,
    pub description: String,
    pub state: TaskState,
    pub purpose: TaskPurpose,
    pub purpose_ref: Option<AnyId>,
    pub effort_hours: i32,
    pub due_on: Option<NaiveDate>,
    pub starts_at: Option<Instant>,
    pub ends_at: Option<Instant>,
    pub place: Option<String>,
    pub language: Option<String>,
    pub police_role: PoliceRole,
    pub leads_others: bool,
    pub mentor_id: Option<AccountId>,
    pub created_by_id: AccountId,
    pub overlap_reason: Option<String>,
    pub overlap_allowed_by_id: Option<AccountId>,
    pub cancel_reason: Option<String>,
    pub closed_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub opened_at: Option<Instant>,
}

impl Task {
    /// Whether it was never put before the group: a draft, one that was cancelled as such, or what was taken on at a meeting of
    /// leaders.
    pub const fn is_private(&self) -> bool {
        self.opened_at.is_none()
    }
    /// From when to when, for a task at a fixed time.
    pub fn slot(&self) -> Option<(Instant, Instant)> {
        self.starts_at.zip(self.ends_at)
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = task_skills, treat_none_as_default_value = false)]
pub struct TaskSkill {
    pub task_id: TaskId,
    pub skill_key: String,
    pub skill: String,
    pub min_level: i32,
    pub essential: bool,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = task_topics, treat_none_as_default_value = false)]
pub struct TaskTopic {
    pub task_id: TaskId,
    pub topic_key: String,
    pub topic: String,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = task_offers, treat_none_as_default_value = false)]
pub struct TaskOffer {
    pub id: TaskOfferId,
    pub task_id: TaskId,
    pub account_id: AccountId,
    pub offered_by_id: AccountId,
    pub basis: AssignmentBasis,
    pub basis_reason: Option<String>,
    pub state: TaskOfferState,
    pub expires_at: Instant,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = task_assignments, treat_none_as_default_value = false)]
pub struct TaskAssignment {
    pub task_id: TaskId,
    pub partnership_id: PartnershipId,
    pub account_id: AccountId,
    pub side: Side,
    pub basis: AssignmentBasis,
    pub basis_reason: Option<String>,
    pub leads_others: bool,
    pub effort_hours: i32,
    pub starts_at: Option<Instant>,
    pub ends_at: Option<Instant>,
    pub overlap_allowed: bool,
    pub accepted_at: Instant,
    pub started_at: Option<Instant>,
    pub done_at: Option<Instant>,
    pub quarters_claimed: Option<i32>,
    pub quarters_confirmed: Option<i32>,
    pub verified_by_id: Option<AccountId>,
    pub verified_at: Option<Instant>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = group_skills, treat_none_as_default_value = false)]
pub struct GroupSkill {
    pub id: GroupSkillId,
    pub partnership_id: PartnershipId,
    pub skill_key: String,
    pub skill: String,
    pub added_by_id: AccountId,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = commendations, treat_none_as_default_value = false)]
pub struct Commendation {
    pub id: CommendationId,
    pub partnership_id: PartnershipId,
    pub account_id: AccountId,
    pub given_by_id: AccountId,
    pub reason: CommendedFor,
    pub task_id: Option<TaskId>,
    pub text: String,
    pub is_public: bool,
    pub withdrawn_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}
