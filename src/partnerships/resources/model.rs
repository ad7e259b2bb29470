//! Rows and words of needs, pledges and partners.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::ids::{AccountId, GoalId, PartnershipId, TaskId};
use crate::partnerships::model::{ObjectiveId, Sector};
use crate::platform::clock::Instant;
use crate::schema::{deliveries, needs, needs_reviews, partner_invitations, partners, pledges};
use crate::{id_type, text_enum};

id_type! {
    /// A need.
    NeedId,
    /// A review of what is needed.
    NeedsReviewId,
    /// A pledge.
    PledgeId,
    /// A delivery of a pledge, or of a part of it.
    DeliveryId,
    /// An organisation in a partnership.
    PartnerId,
    /// An invitation of an organisation.
    PartnerInvitationId,
}

text_enum! {
    /// What kind of thing is needed (`domain/20` 6.7).
    pub enum NeedKind {
        /// Hands.
        People = "people",
        /// Somebody who can do something in particular.
        Skill = "skill",
        /// Money. Only the promise is kept here; nothing is paid through this system.
        Funds = "funds",
        /// Things.
        Material = "material",
        /// A place to meet or to work in.
        Venue = "venue",
        /// Numbers, maps, records.
        Data = "data",
        /// Somebody's leave.
        Permission = "permission",
        /// Work that an organisation does.
        Service = "service",
    }
}

text_enum! {
    /// Where a need stands (`domain/20` 6.7). Computed from its pledges, never set.
    pub enum NeedState {
        /// Written down.
        Identified = "identified",
        /// Asked for openly.
        Requested = "requested",
        /// Less has been pledged and accepted than is needed.
        PartPledged = "part_pledged",
        /// As much has been pledged and accepted as is needed.
        Pledged = "pledged",
        /// As much has been delivered as is needed.
        Fulfilled = "fulfilled",
        /// Its day has passed before that.
        Unmet = "unmet",
        /// Not needed any more.
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// Where a pledge stands (`domain/20` 6.7).
    pub enum PledgeState {
        /// Waits for an answer.
        Offered = "offered",
        /// Counted on.
        Accepted = "accepted",
        /// Not needed, or not like this.
        Declined = "declined",
        /// Brought, all of it.
        Delivered = "delivered",
        /// Taken back. What was brought of it until then stays.
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// Where an organisation stands towards the partnership.
    pub enum PartnerState {
        /// Has an invitation that waits for its answer.
        Invited = "invited",
        /// Is a partner.
        Joined = "joined",
        /// Its invitation was declined, was taken back or expired; it can be invited again.
        NotJoined = "not_joined",
        /// Was a partner; it can be invited again.
        Left = "left",
    }
}

text_enum! {
    /// Where an organisation's invitation stands (`domain/20` 6.7).
    pub enum PartnerInvitationState {
        /// Waits for an answer.
        Sent = "sent",
        /// The organisation joined by it.
        Accepted = "accepted",
        /// Was declined.
        Declined = "declined",
        /// Nobody answered within 30 days.
        Expired = "expired",
        /// Was taken back.
        Revoked = "revoked",
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = needs, treat_none_as_default_value = false)]
pub struct Need {
    pub id: NeedId,
    pub partnership_id: PartnershipId,
    pub kind: NeedKind,
    pub title: String,
    pub quantity: i32,
    pub unit: String,
    pub due_on: NaiveDate,
    pub goal_id: GoalId,
    pub objective_id: Option<ObjectiveId>,
    pub why: String,
    pub plan: Option<String>,
    pub state: NeedState,
    pub pledged: i64,
    pub delivered: i64,
    pub requested_at: Option<Instant>,
    pub first_pledged_at: Option<Instant>,
    pub unmet_at: Option<Instant>,
    pub withdrawn_at: Option<Instant>,
    pub withdrawal_reason: Option<String>,
    pub created_by_id: AccountId,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub task_id: Option<TaskId>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = needs_reviews, treat_none_as_default_value = false)]
pub struct NeedsReview {
    pub id: NeedsReviewId,
    pub partnership_id: PartnershipId,
    pub needs: i32,
    pub note: Option<String>,
    pub reviewed_by_id: AccountId,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = partners, treat_none_as_default_value = false)]
pub struct Partner {
    pub id: PartnerId,
    pub partnership_id: PartnershipId,
    pub name: String,
    pub name_key: String,
    pub sector: Sector,
    pub state: PartnerState,
    pub contact_name: Option<String>,
    pub contact_email: String,
    pub contact_phone: Option<String>,
    pub asked_for_need_id: Option<NeedId>,
    pub answered_need_id: Option<NeedId>,
    pub representative_id: Option<AccountId>,
    pub joined_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = partner_invitations, treat_none_as_default_value = false)]
pub struct PartnerInvitation {
    pub id: PartnerInvitationId,
    pub partner_id: PartnerId,
    pub email: String,
    pub digest: Vec<u8>,
    pub state: PartnerInvitationState,
    pub invited_by_id: AccountId,
    pub answered_by_id: Option<AccountId>,
    pub answered_at: Option<Instant>,
    pub expires_at: Instant,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = pledges, treat_none_as_default_value = false)]
pub struct Pledge {
    pub id: PledgeId,
    pub need_id: NeedId,
    pub partner_id: Option<PartnerId>,
    pub offered_by_id: AccountId,
    pub quantity: i32,
    pub note: Option<String>,
    pub state: PledgeState,
    pub delivered: i64,
    pub answered_by_id: Option<AccountId>,
    pub answered_at: Option<Instant>,
    pub reason: Option<String>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = deliveries, treat_none_as_default_value = false)]
pub struct Delivery {
    pub id: DeliveryId,
    pub pledge_id: PledgeId,
    pub quantity: i32,
    pub delivered_on: NaiveDate,
    pub note: Option<String>,
    pub recorded_by_id: AccountId,
    pub created_at: Instant,
}
