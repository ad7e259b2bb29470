//! Rows and words of the stages of a partnership's life.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::Side;
use crate::ids::{AccountId, PartnershipId, SeatId};
use crate::partnerships::formation::FormationItem;
use crate::partnerships::model::PartnershipState;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Json};
use crate::platform::text::Line;
use crate::schema::{agreement_signatures, agreements, life_cycles, suspensions};
use crate::{id_type, text_enum};

id_type! {
    /// What leaders of both sides sign about the partnership itself.
    AgreementId,
    /// A signature under an agreement.
    AgreementSignatureId,
    /// A suspension.
    SuspensionId,
}

text_enum! {
    /// What leaders of both sides agree on.
    pub enum AgreementKind {
        /// To do without an item of the formation checklist.
        Waiver = "waiver",
        /// To close the partnership.
        Closing = "closing",
        /// To begin anew after it was dormant.
        Reactivation = "reactivation",
        /// That roster, area, contacts and plan are right, once a year.
        Confirmation = "confirmation",
    }
}

text_enum! {
    /// Where an agreement stands.
    pub enum AgreementState {
        /// Waits for a leader of the other side.
        Proposed = "proposed",
        /// Signed by both sides; it has taken effect.
        Agreed = "agreed",
        /// Was taken back.
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// Why a partnership is closed (`domain/20` 6.3).
    pub enum ClosingReason {
        /// What it was for is reached.
        GoalAchieved = "goal_achieved",
        /// Another partnership goes on with it.
        MergedInto = "merged_into",
        /// Several go on with it.
        SplitInto = "split_into",
        /// Nobody goes on with it.
        Inactive = "inactive",
        /// A side leaves it.
        Withdrawn = "withdrawn",
        /// The statement says why.
        Other = "other",
    }
}

text_enum! {
    /// What is open in a partnership, and is settled or named before it is closed.
    pub enum OpenEndKind {
        /// The current goal.
        Goal = "goal",
        /// A decision that has not ended.
        Decision = "decision",
        /// A task that is not done.
        Task = "task",
        /// A need that nothing has met.
        Need = "need",
        /// A commitment that was not kept yet.
        Commitment = "commitment",
        /// A meeting to come.
        Meeting = "meeting",
    }
}

text_enum! {
    /// What becomes of an open end when the partnership is closed.
    pub enum Disposition {
        /// Somebody else goes on with it; the note says who.
        Transferred = "transferred",
        /// Nobody goes on with it; the note says why.
        Dropped = "dropped",
    }
}

/// Something open, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOpen {
    /// What it is.
    pub kind: OpenEndKind,
    /// Which one.
    pub id: AnyId,
    /// Whether somebody goes on with it.
    pub disposition: Disposition,
    /// Who, or why not.
    pub note: Line<3, 200>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = life_cycles, treat_none_as_default_value = false)]
pub struct LifeCycle {
    pub partnership_id: PartnershipId,
    pub communication_plan: Option<AnyId>,
    pub communication_plan_at: Option<Instant>,
    pub resources_review: Option<AnyId>,
    pub resources_review_at: Option<Instant>,
    pub led_at: Option<Instant>,
    pub leadership_gap_since: Option<Instant>,
    pub activated_at: Option<Instant>,
    pub last_activity_at: Option<Instant>,
    pub dormancy_warned_days: Option<i32>,
    pub dormancy_due_at: Option<Instant>,
    pub dormant_at: Option<Instant>,
    pub confirmation_due_on: Option<NaiveDate>,
    pub confirmation_asked_at: Option<Instant>,
    pub unconfirmed_since: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub closing_reason: Option<ClosingReason>,
    pub closing_statement: Option<String>,
}

impl LifeCycle {
    /// Of a partnership of which there is nothing to remember yet.
    pub const fn empty(partnership_id: PartnershipId) -> Self {
        Self {
            partnership_id,
            communication_plan: None,
            communication_plan_at: None,
            resources_review: None,
            resources_review_at: None,
            led_at: None,
            leadership_gap_since: None,
            activated_at: None,
            last_activity_at: None,
            dormancy_warned_days: None,
            dormancy_due_at: None,
            dormant_at: None,
            confirmation_due_on: None,
            confirmation_asked_at: None,
            unconfirmed_since: None,
            closed_at: None,
            closing_reason: None,
            closing_statement: None,
        }
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = agreements, treat_none_as_default_value = false)]
pub struct Agreement {
    pub id: AgreementId,
    pub partnership_id: PartnershipId,
    pub kind: AgreementKind,
    pub state: AgreementState,
    pub item: Option<FormationItem>,
    pub statement: Option<String>,
    pub closing_reason: Option<ClosingReason>,
    pub reference: Option<String>,
    pub successors: Json<Vec<PartnershipId>>,
    pub left_open: Json<Vec<LeftOpen>>,
    pub meeting: Option<AnyId>,
    pub proposed_by_id: AccountId,
    pub administrator_id: Option<AccountId>,
    pub ended_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = agreement_signatures, treat_none_as_default_value = false)]
pub struct AgreementSignature {
    pub id: AgreementSignatureId,
    pub agreement_id: AgreementId,
    pub side: Side,
    pub seat_id: SeatId,
    pub account_id: AccountId,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = suspensions, treat_none_as_default_value = false)]
pub struct Suspension {
    pub id: SuspensionId,
    pub partnership_id: PartnershipId,
    pub from_state: PartnershipState,
    pub reason: String,
    pub review_on: NaiveDate,
    pub suspended_by_id: AccountId,
    pub lifted_by_id: Option<AccountId>,
    pub lifted_at: Option<Instant>,
    pub lifting_reason: Option<String>,
    pub created_at: Instant,
}
