//! Suspending a partnership, and lifting that.

use serde::Deserialize;
use utoipa::ToSchema;

use super::activation::load_for;
use crate::accounts::Ctx;
use crate::ids::PartnershipId;
use crate::partnerships::model::PartnershipState;
use crate::partnerships::queries::partnerships::{self, PartnershipChanges};
use crate::partnerships::routes::{PartnershipDetail, detail};
use crate::partnerships::stages::model::{Suspension, SuspensionId};
use crate::partnerships::stages::policy::Action;
use crate::partnerships::stages::queries::life_cycles;
use crate::partnerships::stages::queries::suspensions as rows;
use crate::partnerships::stages::{events, reconsider};
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::days;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Path, Reply, Valid};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::text::{Day, Prose};

/// How many days ahead a suspension is reviewed at the latest (`domain/20` 6.3).
pub const REVIEW_WITHIN_DAYS: u64 = 90;

/// Why a partnership is suspended, and until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuspendPartnership {
    /// The reason; members read it.
    reason: Prose<3, 500>,
    /// The day of the review, at most 90 days ahead.
    review_on: Day,
}
impl Check for SuspendPartnership {}

/// Why a suspension is lifted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftSuspension {
    /// The reason; members read it.
    reason: Prose<3, 500>,
}
impl Check for LiftSuspension {}

/// Suspends a partnership, with a reason and the day of its review.
///
/// For the commander of its area and administrators. Nothing can be changed in it until the suspension is lifted.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/suspend",
    tag = "partnerships", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), IfMatchParam),
    request_body = SuspendPartnership, responses((status = 200, body = PartnershipDetail)))]
pub async fn suspend_partnership(
    ctx: Ctx,
    id: Path<PartnershipId>,
    if_match: IfMatch,
    body: Valid<SuspendPartnership>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let scoped = load_for(tx, actor, id.0, Action::SuspendPartnership, Purpose::Change, now)?;
        if_match.demand(scoped.partnership.version)?;
        let from = scoped.partnership.state;
        from.demand(PartnershipState::Suspended)?;
        let SuspendPartnership { reason, review_on } = body.0;
        let latest = now.plus(days(REVIEW_WITHIN_DAYS)).date();
        if review_on.0 <= now.date() || review_on.0 > latest {
            let why = format!("must be a day to come, at most {REVIEW_WITHIN_DAYS} days ahead");
            return Err(Error::field("/review_on", FieldCode::OutOfRange, why));
        }
        let reason: String = reason.into();
        let suspension = Suspension {
            id: SuspensionId::new(),
            partnership_id: id.0,
            from_state: from,
            reason: reason.clone(),
            review_on: review_on.0,
            suspended_by_id: actor.person()?.id,
            lifted_by_id: None,
            lifted_at: None,
            lifting_reason: None,
            created_at: now,
        };
        rows::insert(tx, &suspension)?;
        let changes = PartnershipChanges { state: Some(PartnershipState::Suspended), ..PartnershipChanges::default() };
        partnerships::update(tx, id.0, changes, now)?;
        // Nothing is decided meanwhile.
        reconsider::reconsider(tx, id.0, now)?;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Read, now)?;
        let shown = detail(tx, scoped, now)?;
        let entry = events::SUSPENDED.on(id.0.0).within(id.0.0).fact("review_on", review_on.0);
        tx.recorded(entry.because(reason), shown)
    })
    .await
}

/// Lifts a suspension: the partnership stands where it stood before.
///
/// For the commander of its area and administrators. The time of the suspension does not count towards dormancy.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/lift",
    tag = "partnerships", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), IfMatchParam),
    request_body = LiftSuspension, responses((status = 200, body = PartnershipDetail)))]
pub async fn lift_suspension(
    ctx: Ctx,
    id: Path<PartnershipId>,
    if_match: IfMatch,
    body: Valid<LiftSuspension>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let scoped = load_for(tx, actor, id.0, Action::LiftSuspension, Purpose::Change, now)?;
        if_match.demand(scoped.partnership.version)?;
        let reason: String = body.0.reason.into();
        let lifted = rows::lift(tx, id.0, Some(actor.person()?.id), &reason, now)?;
        let to = lifted.from_state;
        scoped.partnership.state.demand(to)?;
        let changes = PartnershipChanges { state: Some(to), ..PartnershipChanges::default() };
        partnerships::update(tx, id.0, changes, now)?;
        if to == PartnershipState::Active {
            life_cycles::change(tx, id.0, &reconsider::stirred(now))?;
        }
        // Seats may have ended meanwhile, and profiles been written.
        reconsider::reconsider(tx, id.0, now)?;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Read, now)?;
        let shown = detail(tx, scoped, now)?;
        let entry = events::LIFTED.on(id.0.0).within(id.0.0).fact("state", to.as_str());
        tx.recorded(entry.because(reason), shown)
    })
    .await
}

crate::operations! {
    suspend_partnership,
    lift_suspension,
}
