//! Adopting a communication plan: proposed, signed by both sides, then the one that counts.

use actix_web::post;

use super::plans::find_for;
use crate::accounts::Ctx;
use crate::communication::plan::adoptable::{Facts, missing};
use crate::communication::plan::events;
use crate::communication::plan::model::{
    CommunicationPlan, CommunicationPlanId, CommunicationPlanState, PlanSignature, PlanSignatureId, PlanVisibility,
};
use crate::communication::plan::policy::Action;
use crate::communication::plan::queries::{self, PlanChanges};
use crate::communication::plan::shown::{CommunicationPlanDetail, detail};
use crate::partnerships::{Purpose, active_members, demand_led, missing_sides, note_communication_plan};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{IfMatch, Path, Reply};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Visibility;

/// Refuses a plan that lacks something; communicators count who are members now.
///
/// # Errors
/// 409 `gate_unmet` with all that is missing.
fn demand_adoptable(conn: &mut Conn, plan: &CommunicationPlan, now: Instant) -> Result<()> {
    let parts = queries::parts(conn, plan.id)?;
    let carriers: Vec<_> = parts.individuals.iter().map(|one| one.account_id).collect();
    let members = match carriers.is_empty() {
        true => Vec::new(),
        false => active_members(conn, plan.partnership_id, &carriers)?,
    };
    let facts = Facts {
        techniques: parts.techniques.len(),
        procedures: parts.procedures.len(),
        sides: members.into_iter().map(|(_, side)| side).collect(),
        review_on: plan.review_on,
    };
    let missing = missing(&facts, now.date());
    if missing.is_empty() {
        return Ok(());
    }
    let detail = "A plan is adopted with two techniques, a procedure and a communicator of each side who is a member, or \
                  more, and a review within twelve months.";
    Err(Error::new(Code::GateUnmet, detail).with_missing(missing))
}

/// Puts a communication plan up for signing.
///
/// Needs leaders of both sides, two techniques, a procedure, a communicator of each side, and a review within twelve
/// months.
#[utoipa::path(tag = "communication-plans", security(("bearer" = [])),
    params(("communication_plan_id" = CommunicationPlanId, Path, description = "The communication plan."), IfMatchParam),
    responses((status = 200, body = CommunicationPlanDetail)))]
#[post("/communication-plans/{communication_plan_id}/propose")]
pub async fn propose_communication_plan(ctx: Ctx, id: Path<CommunicationPlanId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::ProposeCommunicationPlan, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(CommunicationPlanState::Proposed)?;
        demand_led(tx, &scoped.partnership, now)?;
        demand_adoptable(tx, &row, now)?;
        let changes = PlanChanges {
            state: Some(CommunicationPlanState::Proposed),
            proposed_at: Some(Some(now)),
            ..PlanChanges::default()
        };
        let row = queries::update(tx, &row, changes, now)?;
        let entry = events::PROPOSED.on(id.0.0).within(row.partnership_id.0);
        let shown = detail(tx, row, true, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Signs a proposed communication plan for your side.
///
/// With the second side's signature it is adopted and takes the place of the one before.
#[utoipa::path(tag = "communication-plans", security(("bearer" = [])),
    params(("communication_plan_id" = CommunicationPlanId, Path, description = "The communication plan."), IfMatchParam),
    responses((status = 200, body = CommunicationPlanDetail)))]
#[post("/communication-plans/{communication_plan_id}/sign")]
pub async fn sign_communication_plan(ctx: Ctx, id: Path<CommunicationPlanId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = find_for(tx, actor, id.0, Action::SignCommunicationPlan, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(CommunicationPlanState::Adopted)?;
        demand_led(tx, &scoped.partnership, now)?;
        let seat = scoped.standing.seat.ok_or_else(|| Error::fault("somebody without a seat was let in to sign"))?;
        let signature = PlanSignature {
            id: PlanSignatureId::new(),
            plan_id: id.0,
            side: seat.side,
            seat_id: seat.id,
            account_id: by,
            voided_at: None,
            created_at: now,
        };
        queries::sign(tx, &signature)?;
        let signed = queries::signatures(tx, id.0)?;
        let (row, kind) = if missing_sides(signed.iter().map(|s| s.side)).is_empty() {
            (adopt(tx, &row, now)?, events::ADOPTED)
        } else {
            (queries::update(tx, &row, PlanChanges::default(), now)?, events::SIGNED)
        };
        let mut kind = kind;
        if row.state == CommunicationPlanState::Adopted && row.visibility == PlanVisibility::Public {
            kind.visibility = Visibility::Public;
        }
        let entry = kind.on(id.0.0).within(row.partnership_id.0).fact("side", seat.side.as_str());
        let shown = detail(tx, row, true, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Makes a plan the one that counts, in place of the one before.
fn adopt(conn: &mut Conn, row: &CommunicationPlan, now: Instant) -> Result<CommunicationPlan> {
    // Somebody may have left since it was proposed.
    demand_adoptable(conn, row, now)?;
    queries::supersede(conn, row.partnership_id, now)?;
    let changes = PlanChanges {
        state: Some(CommunicationPlanState::Adopted),
        adopted_at: Some(Some(now)),
        ..PlanChanges::default()
    };
    let row = queries::update(conn, row, changes, now)?;
    note_communication_plan(conn, row.partnership_id, AnyId(row.id.0), now)?;
    Ok(row)
}

/// Takes a proposed communication plan back for changes.
///
/// Signatures under it stop counting: they stood under the text as it was.
#[utoipa::path(tag = "communication-plans", security(("bearer" = [])),
    params(("communication_plan_id" = CommunicationPlanId, Path, description = "The communication plan."), IfMatchParam),
    responses((status = 200, body = CommunicationPlanDetail)))]
#[post("/communication-plans/{communication_plan_id}/return")]
pub async fn return_communication_plan(ctx: Ctx, id: Path<CommunicationPlanId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::ReturnCommunicationPlan, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(CommunicationPlanState::Draft)?;
        queries::void(tx, id.0, now)?;
        let changes = PlanChanges {
            state: Some(CommunicationPlanState::Draft),
            proposed_at: Some(None),
            ..PlanChanges::default()
        };
        let row = queries::update(tx, &row, changes, now)?;
        let entry = events::RETURNED.on(id.0.0).within(row.partnership_id.0);
        let shown = detail(tx, row, true, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Gives up a communication plan in the making.
#[utoipa::path(tag = "communication-plans", security(("bearer" = [])),
    params(("communication_plan_id" = CommunicationPlanId, Path, description = "The communication plan."), IfMatchParam),
    responses((status = 200, body = CommunicationPlanDetail)))]
#[post("/communication-plans/{communication_plan_id}/withdraw")]
pub async fn withdraw_communication_plan(ctx: Ctx, id: Path<CommunicationPlanId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::WithdrawCommunicationPlan, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(CommunicationPlanState::Withdrawn)?;
        let changes = PlanChanges {
            state: Some(CommunicationPlanState::Withdrawn),
            ended_at: Some(Some(now)),
            ..PlanChanges::default()
        };
        let row = queries::update(tx, &row, changes, now)?;
        let entry = events::WITHDRAWN.on(id.0.0).within(row.partnership_id.0);
        let shown = detail(tx, row, true, now)?;
        tx.recorded(entry, shown)
    })
    .await
}
