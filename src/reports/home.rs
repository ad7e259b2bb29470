//! A partnership's home: all that a front end needs for its page, in one answer.

use serde::Serialize;
use utoipa::ToSchema;

use super::policy::{self, Action};
use crate::accounts::Ctx;
use crate::ids::PartnershipId;
use crate::meetings::{MeetingDetail, next_meetings};
use crate::partnerships::{
    AwaitedDecision, OwnTask, PartnershipFront, Purpose, Scoped, awaiting_decisions, front, own_tasks,
};
use crate::platform::error::Result;
use crate::platform::http::{Found, Path, Reply};

/// Meetings on the page.
const MEETINGS: i64 = 3;
/// Decisions of each kind that wait for the reader, on the page.
const DECISIONS: i64 = 10;
/// Tasks of the reader, on the page.
const TASKS: i64 = 10;

/// A partnership's page, as much of it as the reader may see.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartnershipHome {
    /// Where it stands, who leads it, what it is for.
    partnership: PartnershipFront,
    /// The next meetings that you see, the soonest first, those under way included; at most three.
    next_meetings: Vec<MeetingDetail>,
    /// Decisions that wait for you; at most ten that wait for a stance, and ten for an outcome.
    decisions: Vec<AwaitedDecision>,
    /// Your tasks that are not done, and those that you are asked to take on, the soonest due first; at most ten.
    tasks: Vec<OwnTask>,
}

/// Reads a partnership's page.
///
/// Stage and next step, leaders, mission, the goal with its progress, the next meetings, and what waits for you: shaped by who
/// asks. Everybody sees what is public of it.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/home",
    tag = "partnerships", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    responses((status = 200, body = PartnershipHome)))]
pub async fn get_partnership_home(ctx: Ctx, id: Path<PartnershipId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(&scoped.standing, Action::GetPartnershipHome)?;
        Ok(Found(PartnershipHome {
            partnership: front(conn, actor, &scoped, now)?,
            next_meetings: next_meetings(conn, actor, &scoped, now, MEETINGS)?,
            decisions: awaiting_decisions(conn, actor, &scoped, DECISIONS)?,
            tasks: own_tasks(conn, actor, &scoped, TASKS)?,
        }))
    })
    .await
}

crate::operations! {
    get_partnership_home,
}
