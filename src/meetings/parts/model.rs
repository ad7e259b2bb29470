//! Rows and words of parts of logs.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::ids::{AccountId, CommitmentId, OfficerLogId, TaskId};
use crate::platform::clock::Instant;
use crate::schema::officer_log_parts;
use crate::{id_type, text_enum};

id_type! {
    /// A part of an officer's log.
    LogPartId
}

text_enum! {
    /// What a part of a log is.
    pub enum LogPartKind {
        /// Something that the officer promised.
        Commitment = "commitment",
        /// Something to be done next.
        FollowUp = "follow_up",
        /// Something that was passed on.
        Referral = "referral",
        /// Something that people were worried about.
        Concern = "concern",
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = officer_log_parts, treat_none_as_default_value = false)]
pub struct LogPartRow {
    pub id: LogPartId,
    pub officer_log_id: OfficerLogId,
    pub officer_id: AccountId,
    pub kind: LogPartKind,
    pub position: i32,
    pub what: String,
    pub due_on: Option<NaiveDate>,
    pub assignee_id: Option<AccountId>,
    pub referred_to: Option<String>,
    pub commitment_id: Option<CommitmentId>,
    pub task_id: Option<TaskId>,
    pub done_at: Option<Instant>,
    pub removed_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}
