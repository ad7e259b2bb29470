//! Rows and words of commitments.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, CommitmentId, OfficerLogId, PartnershipId};
use crate::platform::clock::Instant;
use crate::schema::commitments;
use crate::text_enum;

text_enum! {
    /// Where a commitment was made.
    pub enum CommitmentSource {
        /// In an officer's log of a meeting.
        OfficerLog = "officer_log",
        /// In a meeting.
        Meeting = "meeting",
        /// In a message.
        Message = "message",
        /// In an answer to somebody who contacted the commander.
        Contact = "contact",
        /// In a decision.
        Decision = "decision",
    }
}

text_enum! {
    /// Where a commitment stands (`domain/30` 6.10).
    pub enum CommitmentState {
        /// To be kept.
        Open = "open",
        /// Somebody of another side says that it was kept.
        Kept = "kept",
        /// It was not kept.
        Broken = "broken",
        /// Another day was asked for: another commitment has taken its place.
        Renegotiated = "renegotiated",
        /// Somebody of another side does not hold them to it, or the log that it was made in was amended before its day was over
        /// and does not have it any more.
        Released = "released",
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = commitments, treat_none_as_default_value = false)]
pub struct Commitment {
    pub id: CommitmentId,
    pub partnership_id: Option<PartnershipId>,
    pub source: CommitmentSource,
    pub officer_log_id: Option<OfficerLogId>,
    pub made_by_id: AccountId,
    pub side: Side,
    pub what: String,
    pub due_on: NaiveDate,
    pub state: CommitmentState,
    pub follows_id: Option<CommitmentId>,
    pub asked_before_due: Option<bool>,
    pub claimed_at: Option<Instant>,
    pub closed_by_id: Option<AccountId>,
    pub closed_at: Option<Instant>,
    pub close_reason: Option<String>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}
