//! How evenly tasks are spread, and why they were given to whom.

use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{Ctx, Side};
use crate::ids::PartnershipId;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::partnerships::tasks::equity::{AVAILABILITY_ONLY_TARGET, Equity, Share, WINDOW, equity};
use crate::partnerships::tasks::model::AssignmentBasis;
use crate::partnerships::tasks::policy::{self, Action, WHOLE};
use crate::partnerships::tasks::queries::served;
use crate::partnerships::tasks::routes::shown::HoursWorth;
use crate::platform::clock::Instant;
use crate::platform::error::Result;
use crate::platform::http::{Found, Path, Reply};

/// How evenly tasks are spread on one side.
#[derive(Debug, Serialize, ToSchema)]
pub struct SideEquity {
    /// The side.
    side: Side,
    /// How evenly.
    equity: Equity,
}

/// How many tasks were given on a basis.
#[derive(Debug, Serialize, ToSchema)]
pub struct BasisCount {
    /// The strongest reason that was true.
    basis: AssignmentBasis,
    /// Tasks.
    count: i64,
}

/// How evenly tasks were spread over the last 180 days among active members.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskEquity {
    /// From when on.
    since: Instant,
    /// On both sides and the agencies together.
    total: Equity,
    /// On each side that has members.
    sides: Vec<SideEquity>,
    /// Why tasks were given to whom; bases on which none was are left out.
    bases: Vec<BasisCount>,
    /// Share of the tasks that were given for availability alone; `null` where none was given.
    availability_only_share: Option<f64>,
    /// Below which that share is to stay.
    availability_only_target: f64,
    /// Hours that were confirmed, but for tasks of leaders' meetings.
    hours_confirmed: f64,
    /// What they are worth.
    worth: HoursWorth,
}

/// Tells how evenly a partnership's tasks are spread.
///
/// Over the last 180 days, on each side and in all: how many members had a task, and one in which they lead others; how much
/// the three busiest did; the Gini coefficient of hours. No names. What leaders' meetings asked for is not counted.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/task-equity",
    tag = "tasks", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    responses((status = 200, body = TaskEquity)))]
pub async fn get_task_equity(ctx: Ctx, id: Path<PartnershipId>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        actor.person()?;
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::GetTaskEquity)?;
        let since = now.minus(WINDOW);
        let members = served::members(conn, id.0)?;
        let shares = served::shares(conn, id.0, since)?;
        let mut bases: Vec<BasisCount> =
            served::bases(conn, id.0, since)?.into_iter().map(|(basis, count)| BasisCount { basis, count }).collect();
        bases.sort_unstable_by_key(|of| of.basis);
        let quarters = served::confirmed(conn, id.0, since)?;
        let count = |side: Side| members.get(&side).and_then(|n| usize::try_from(*n).ok()).unwrap_or(0);
        let of = |side: Option<Side>| -> Vec<Share> {
            shares.iter().filter(|(of, _)| side.is_none_or(|side| side == *of)).map(|(_, share)| *share).collect()
        };
        let sides = Side::ALL.iter().filter(|side| count(**side) > 0);
        let given: i64 = bases.iter().map(|of| of.count).sum();
        let only: i64 =
            bases.iter().filter(|of| of.basis == AssignmentBasis::AvailabilityOnly).map(|of| of.count).sum();
        Ok(Found(TaskEquity {
            since,
            total: equity(Side::ALL.iter().map(|side| count(*side)).sum(), &of(None)),
            sides: sides
                .map(|side| SideEquity { side: *side, equity: equity(count(*side), &of(Some(*side))) })
                .collect(),
            availability_only_share: (given > 0).then(|| fraction(only) / fraction(given)),
            availability_only_target: AVAILABILITY_ONLY_TARGET,
            bases,
            hours_confirmed: fraction(quarters) / 4.0,
            worth: HoursWorth::of(quarters, &state.config.volunteering),
        }))
    })
    .await
}

const fn fraction(whole: i64) -> f64 {
    whole as f64
}

crate::operations! {
    get_task_equity,
}
