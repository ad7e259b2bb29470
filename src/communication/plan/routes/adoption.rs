//! Putting a communication plan up for decision, and giving one up.

use super::plans::find_for;
use crate::accounts::Ctx;
use crate::communication::plan::model::{CommunicationPlanId, CommunicationPlanState};
use crate::communication::plan::policy::Action;
use crate::communication::plan::queries::{self, PlanChanges};
use crate::communication::plan::shown::{CommunicationPlanDetail, detail};
use crate::communication::plan::{adoption, events};
use crate::partnerships::{Purpose, demand_led};
use crate::platform::error::Result;
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{IfMatch, Path, Reply};
use crate::platform::lifecycle::Lifecycle as _;

/// Puts a communication plan up for decision.
///
/// Needs leaders of both sides, two techniques, a procedure, a communicator of each side, and a review within twelve
/// months. The decision's text tells all that is to be adopted; changing the plan meanwhile asks everybody again. Adopted, it
/// takes the place of the one before; otherwise it is a draft again.
#[utoipa::path(post, path = "/communication-plans/{communication_plan_id}/propose",
    tag = "communication-plans", security(("bearer" = [])),
    params(("communication_plan_id" = CommunicationPlanId, Path, description = "The communication plan."), IfMatchParam),
    responses((status = 200, body = CommunicationPlanDetail)))]
pub async fn propose_communication_plan(ctx: Ctx, id: Path<CommunicationPlanId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::ProposeCommunicationPlan, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_led(tx, &scoped.partnership, now)?;
        let row = adoption::propose(tx, &state, actor, &scoped, &row)?;
        let entry = events::PROPOSED.on(id.0.0).within(row.partnership_id.0);
        let shown = detail(tx, row, true, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Gives up a communication plan in the making.
#[utoipa::path(post, path = "/communication-plans/{communication_plan_id}/withdraw",
    tag = "communication-plans", security(("bearer" = [])),
    params(("communication_plan_id" = CommunicationPlanId, Path, description = "The communication plan."), IfMatchParam),
    responses((status = 200, body = CommunicationPlanDetail)))]
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

crate::operations! {
    propose_communication_plan,
    withdraw_communication_plan,
}
