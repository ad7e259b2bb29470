//! Rows and words of succession and the pipeline.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::stages::{PipelineFacts, Stage};
use crate::accounts::Side;
use crate::ids::{AccountId, MembershipId, PartnershipId, SeatId};
use crate::partnerships::model::{SeatEndReason, SeatKind, SeatState};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Json};
use crate::platform::lifecycle::Lifecycle;
use crate::schema::{
    development_plans, development_reviews, promotion_changes, promotions, readiness, seat_candidates,
    seat_presentations, seat_successions, shadowings,
};
use crate::{id_type, text_enum};

id_type! {
    /// A nomination's claim to a seat that is held.
    SuccessionId,
    /// A presentation of a leader to the members.
    PresentationId,
    /// A possible successor's place.
    CandidateId,
    /// A shadow assignment.
    ShadowingId,
    /// A statement of readiness.
    ReadinessId,
    /// A promotion along the pipeline.
    PromotionId,
    /// A step of a promotion.
    PromotionChangeId,
    /// A development plan.
    DevelopmentPlanId,
    /// A review of a development plan.
    DevelopmentReviewId,
}

text_enum! {
    /// Why a shadow assignment ended.
    pub enum ShadowingEnd {
        /// Its time was over.
        Term = "term",
        /// Somebody stopped it.
        Stopped = "stopped",
        /// The shadow took a seat.
        Seated = "seated",
        /// The shadow is no longer a member.
        Left = "left",
        /// The person asked said no.
        Declined = "declined",
    }
}

text_enum! {
    /// Where a promotion stands (`domain/20` 6.9).
    pub enum PromotionState {
        /// The rule is met.
        Suggested = "suggested",
        /// A leader agrees with the rule.
        Confirmed = "confirmed",
        /// The person agreed.
        Agreed = "agreed",
        /// The person said no.
        Declined = "declined",
    }
}

text_enum! {
    /// Where a development plan stands.
    pub enum DevelopmentPlanState {
        /// In use.
        Active = "active",
        /// Over.
        Ended = "ended",
    }
}

text_enum! {
    /// What the mentor said.
    pub enum Mentoring {
        /// Nothing yet.
        Asked = "asked",
        /// Yes.
        Agreed = "agreed",
        /// No.
        Declined = "declined",
    }
}

impl Lifecycle for PromotionState {
    const OF: &'static str = "promotion";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Suggested => &[Self::Confirmed, Self::Declined],
            Self::Confirmed => &[Self::Agreed, Self::Declined],
            Self::Agreed | Self::Declined => &[],
        }
    }
}

impl Lifecycle for DevelopmentPlanState {
    const OF: &'static str = "development plan";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Active => &[Self::Ended],
            Self::Ended => &[],
        }
    }
}

impl Lifecycle for Mentoring {
    const OF: &'static str = "mentoring";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Asked => &[Self::Agreed, Self::Declined],
            // Circumstances change; mentoring is given freely.
            Self::Agreed => &[Self::Declined],
            Self::Declined => &[Self::Agreed],
        }
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = seat_successions, treat_none_as_default_value = false)]
pub struct Succession {
    pub id: SuccessionId,
    pub seat_id: SeatId,
    pub succeeds_id: SeatId,
    pub end_reason: SeatEndReason,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = seat_presentations, treat_none_as_default_value = false)]
pub struct Presentation {
    pub id: PresentationId,
    pub seat_id: SeatId,
    pub partnership_id: PartnershipId,
    pub meeting: Option<AnyId>,
    pub met_at: Option<Instant>,
    pub acknowledged_by_id: Option<AccountId>,
    pub acknowledged_at: Option<Instant>,
    pub note: Option<String>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = seat_candidates, treat_none_as_default_value = false)]
pub struct Candidate {
    pub id: CandidateId,
    pub seat_id: SeatId,
    pub membership_id: MembershipId,
    pub position: i32,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = shadowings, treat_none_as_default_value = false)]
pub struct Shadowing {
    pub id: ShadowingId,
    pub partnership_id: PartnershipId,
    pub membership_id: MembershipId,
    pub account_id: AccountId,
    pub side: Side,
    pub seat_kind: SeatKind,
    pub state: SeatState,
    pub months: i32,
    pub assigned_by_id: AccountId,
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    pub ended_at: Option<Instant>,
    pub end_reason: Option<ShadowingEnd>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = readiness, treat_none_as_default_value = false)]
pub struct Readiness {
    pub id: ReadinessId,
    pub membership_id: MembershipId,
    pub willing_to_lead: bool,
    pub willing_to_mentor: bool,
    pub orientation_done_on: Option<NaiveDate>,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = promotions, treat_none_as_default_value = false)]
pub struct Promotion {
    pub id: PromotionId,
    pub partnership_id: PartnershipId,
    pub membership_id: MembershipId,
    pub account_id: AccountId,
    pub side: Side,
    pub stage: Stage,
    pub state: PromotionState,
    pub facts: Json<PipelineFacts>,
    pub confirmed_by_id: Option<AccountId>,
    pub confirmed_at: Option<Instant>,
    pub answered_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = promotion_changes, treat_none_as_default_value = false)]
pub struct PromotionChange {
    pub id: PromotionChangeId,
    pub promotion_id: PromotionId,
    pub from_state: Option<PromotionState>,
    pub to_state: PromotionState,
    pub by_id: Option<AccountId>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = development_plans, treat_none_as_default_value = false)]
pub struct DevelopmentPlan {
    pub id: DevelopmentPlanId,
    pub partnership_id: PartnershipId,
    pub membership_id: MembershipId,
    pub account_id: AccountId,
    pub side: Side,
    pub state: DevelopmentPlanState,
    pub aims: String,
    pub opportunities: Json<Vec<String>>,
    pub mentorship_id: Option<MembershipId>,
    pub mentor_id: Option<AccountId>,
    pub mentoring: Option<Mentoring>,
    pub review_on: NaiveDate,
    pub created_by_id: AccountId,
    pub ended_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = development_reviews, treat_none_as_default_value = false)]
pub struct DevelopmentReview {
    pub id: DevelopmentReviewId,
    pub plan_id: DevelopmentPlanId,
    pub reviewed_by_id: AccountId,
    pub note: String,
    pub created_at: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn each_machine_takes_its_steps_and_no_other() {
        use PromotionState as P;
        exhaust(
            P::ALL,
            &[
                (P::Suggested, P::Confirmed),
                (P::Suggested, P::Declined),
                (P::Confirmed, P::Agreed),
                (P::Confirmed, P::Declined),
            ],
        );
        exhaust(DevelopmentPlanState::ALL, &[(DevelopmentPlanState::Active, DevelopmentPlanState::Ended)]);
        use Mentoring as M;
        exhaust(
            M::ALL,
            &[(M::Asked, M::Agreed), (M::Asked, M::Declined), (M::Agreed, M::Declined), (M::Declined, M::Agreed)],
        );
    }
}
