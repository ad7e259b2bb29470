//! Putting a goal up for decision. What becomes of it then is in [`adoption`](crate::partnerships::adoption).

use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::Ctx;
use crate::ids::GoalId;
use crate::partnerships::adoption::{self, Proposer};
use crate::partnerships::events;
use crate::partnerships::policy::Action;
use crate::partnerships::routes::goals::{GoalDetail, find_for, one};
use crate::partnerships::routes::missions::demand_leaders;
use crate::partnerships::standing::Purpose;
use crate::platform::error::Result;
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Path, Reply, Valid};

/// How a goal is to become current.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeGoal {
    /// The current goal whose place it is to take, which is superseded in the moment in which this one is adopted. Without
    /// it there must be no current goal.
    replaces_id: Option<GoalId>,
}
impl Check for ProposeGoal {}

/// Puts a goal up for decision: it is to become the partnership's one current goal.
///
/// Needs leaders of both sides, an adopted mission, one to five objectives, each with indicator, baseline, target and due
/// day, and five of six answers of the achievability test, or the reason why it should be tried nevertheless. A partnership
/// has one current goal at a time; where two become current at once, one wins. The decision's text tells all that is to be
/// adopted; changing it asks everybody again.
#[utoipa::path(post, path = "/goals/{goal_id}/propose",
    tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    request_body = ProposeGoal, responses((status = 200, body = GoalDetail)))]
pub async fn propose_goal(ctx: Ctx, id: Path<GoalId>, if_match: IfMatch, body: Valid<ProposeGoal>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::ProposeGoal, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_leaders(tx, row.partnership_id, now.date())?;
        let by = Proposer { state: &state, actor, scoped: &scoped };
        let row = adoption::propose_goal(tx, &by, &row, body.0.replaces_id)?;
        let event = events::GOAL_PROPOSED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, row, &scoped, now)?;
        tx.recorded(event, shown)
    })
    .await
}

crate::operations! {
    propose_goal,
}
