//! What mentors say, and reviews of development plans.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::plans::{DevelopmentPlanDetail, demand_active, find_for, next_review, one};
use crate::accounts::{Ctx, PersonRef, people};
use crate::partnerships::pipeline::events;
use crate::partnerships::pipeline::model::{DevelopmentPlanId, DevelopmentReview, DevelopmentReviewId, Mentoring};
use crate::partnerships::pipeline::policy::Action;
use crate::partnerships::pipeline::queries::plans::{self, PlanChanges};
use crate::partnerships::standing::Purpose;
use crate::platform::clock::Instant;
use crate::platform::error::{Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Listing, Page, PageParams, Path, Reply, Valid};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Kind;
use crate::platform::text::Prose;

/// What a review came to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewDevelopmentPlan {
    /// What was found and what comes next.
    note: Prose<3, 1000>,
}
impl Check for ReviewDevelopmentPlan {}

/// Nothing to filter by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReviewFilter {}

/// A review of a development plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct DevelopmentReviewDetail {
    /// The review.
    id: DevelopmentReviewId,
    /// Of which plan.
    plan_id: DevelopmentPlanId,
    /// Who wrote it down.
    reviewed_by: Option<PersonRef>,
    /// What was found and what comes next.
    note: String,
    /// When.
    created_at: Instant,
}

async fn answer(
    ctx: Ctx,
    id: DevelopmentPlanId,
    if_match: IfMatch,
    action: Action,
    to: Mentoring,
    kind: Kind,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id, action, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_active(&row)?;
        row.mentoring.ok_or_else(|| Error::conflict("Nobody was asked to be the mentor."))?.demand(to)?;
        let changes = PlanChanges { mentoring: Some(Some(to)), ..PlanChanges::default() };
        let row = plans::update(tx, id, changes, now)?;
        let entry = kind.on(id.0).within(row.partnership_id.0);
        let shown = one(tx, row, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Agrees to be the mentor of a development plan.
#[utoipa::path(post, path = "/development-plans/{development_plan_id}/mentor/agree",
    tag = "pipeline", security(("bearer" = [])),
    params(("development_plan_id" = DevelopmentPlanId, Path, description = "The plan."), IfMatchParam),
    responses((status = 200, body = DevelopmentPlanDetail)))]
pub async fn agree_to_mentor(ctx: Ctx, id: Path<DevelopmentPlanId>, if_match: IfMatch) -> Result<Reply> {
    answer(ctx, id.0, if_match, Action::AgreeToMentor, Mentoring::Agreed, events::MENTORING_AGREED).await
}

/// Declines to be the mentor of a development plan, or to go on.
#[utoipa::path(post, path = "/development-plans/{development_plan_id}/mentor/decline",
    tag = "pipeline", security(("bearer" = [])),
    params(("development_plan_id" = DevelopmentPlanId, Path, description = "The plan."), IfMatchParam),
    responses((status = 200, body = DevelopmentPlanDetail)))]
pub async fn decline_to_mentor(ctx: Ctx, id: Path<DevelopmentPlanId>, if_match: IfMatch) -> Result<Reply> {
    answer(ctx, id.0, if_match, Action::DeclineToMentor, Mentoring::Declined, events::MENTORING_DECLINED).await
}

/// Writes down a review of a development plan; the next is due in 90 days.
#[utoipa::path(post, path = "/development-plans/{development_plan_id}/reviews",
    tag = "pipeline", security(("bearer" = [])),
    params(("development_plan_id" = DevelopmentPlanId, Path, description = "The plan."), IfMatchParam),
    request_body = ReviewDevelopmentPlan, responses((status = 200, body = DevelopmentPlanDetail)))]
pub async fn review_development_plan(
    ctx: Ctx,
    id: Path<DevelopmentPlanId>,
    if_match: IfMatch,
    body: Valid<ReviewDevelopmentPlan>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = find_for(tx, actor, id.0, Action::ReviewDevelopmentPlan, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_active(&row)?;
        let review = DevelopmentReview {
            id: DevelopmentReviewId::new(),
            plan_id: id.0,
            reviewed_by_id: by,
            note: body.0.note.into(),
            created_at: now,
        };
        plans::insert_review(tx, &review)?;
        let changes = PlanChanges { review_on: Some(next_review(now)?), ..PlanChanges::default() };
        let row = plans::update(tx, id.0, changes, now)?;
        let entry = events::PLAN_REVIEWED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, row, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Lists the reviews of a development plan, newest first.
#[utoipa::path(get, path = "/development-plans/{development_plan_id}/reviews",
    tag = "pipeline", security(("bearer" = [])),
    params(("development_plan_id" = DevelopmentPlanId, Path, description = "The plan."), PageParams),
    responses((status = 200, body = Page<DevelopmentReviewDetail>)))]
pub async fn list_development_reviews(
    ctx: Ctx,
    id: Path<DevelopmentPlanId>,
    listing: Listing<ReviewFilter>,
) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        find_for(conn, actor, id.0, Action::ListDevelopmentReviews, Purpose::Read, now)?;
        let page = plans::list_reviews(conn, id.0, &listing)?;
        let people = people(conn, page.items.iter().map(|row| row.reviewed_by_id))?;
        Ok(page.map(|row| DevelopmentReviewDetail {
            id: row.id,
            plan_id: row.plan_id,
            reviewed_by: people.get(&row.reviewed_by_id).cloned(),
            note: row.note,
            created_at: row.created_at,
        }))
    })
    .await
}

crate::operations! {
    agree_to_mentor,
    decline_to_mentor,
    review_development_plan,
    list_development_reviews,
}
