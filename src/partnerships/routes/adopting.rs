//! Putting a goal up for signing, and signing it: how it becomes the one current goal.

use actix_web::post;

use crate::accounts::{Ctx, Side};
use crate::ids::{AccountId, GoalId};
use crate::partnerships::events;
use crate::partnerships::model::{Goal, GoalSignature, GoalState, SignatureId, SigningPurpose};
use crate::partnerships::policy::Action;
use crate::partnerships::queries::formation::is_complete;
use crate::partnerships::queries::goals::{self, GoalChanges};
use crate::partnerships::queries::{missions, objectives};
use crate::partnerships::routes::achieving::demand_achievable;
use crate::partnerships::routes::goals::{GoalDetail, find_for, one};
use crate::partnerships::routes::missions::{demand_leaders, signing_seat};
use crate::partnerships::signing::missing_sides;
use crate::partnerships::stages::reconsider;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{IfMatch, Path, Reply};
use crate::platform::lifecycle::Lifecycle as _;

/// Puts a goal up for signing: it becomes the partnership's current goal.
///
/// Needs leaders of both sides, an adopted mission, one to five objectives, each with indicator, baseline, target and due
/// day, and five of six answers of the achievability test, or the reason why it should be tried nevertheless. A partnership has one current goal at a time; where two become current at once, one wins.
#[utoipa::path(tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    responses((status = 200, body = GoalDetail)))]
#[post("/goals/{goal_id}/propose")]
pub async fn propose_goal(ctx: Ctx, id: Path<GoalId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::ProposeGoal, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(GoalState::Proposed)?;
        demand_leaders(tx, row.partnership_id, now.date())?;
        let measured = objectives::of_goal(tx, id.0)?;
        let complete = (1..=5).contains(&measured.len()) && measured.iter().all(is_complete);
        let missing: Vec<&'static str> =
            [("mission", missions::adopted(tx, row.partnership_id)?.is_some()), ("objectives", complete)]
                .into_iter()
                .filter_map(|(item, there)| (!there).then_some(item))
                .collect();
        if !missing.is_empty() {
            return Err(Error::new(
                Code::FormationIncomplete,
                "A goal is proposed once the mission is adopted and the goal has one to five objectives with baseline and target.",
            )
            .with_missing(missing));
        }
        // That another one is current is told before what there is to mend.
        if goals::current(tx, row.partnership_id)?.is_none() {
            demand_achievable(tx, &row, &measured, now)?;
        }
        let changes = GoalChanges {
            state: Some(GoalState::Proposed),
            proposed_at: Some(Some(now)),
            ..GoalChanges::default()
        };
        let row = goals::update(tx, &row, changes, now)?;
        let event = events::GOAL_PROPOSED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, row, &scoped, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Puts the actor's name under a goal for one purpose; whether both sides have signed now.
pub fn sign(
    conn: &mut Conn,
    row: &Goal,
    scoped: &Scoped,
    by: AccountId,
    purpose: SigningPurpose,
    now: Instant,
) -> Result<(Side, bool)> {
    let seat = signing_seat(scoped)?;
    goals::sign(
        conn,
        &GoalSignature {
            id: SignatureId::new(),
            goal_id: row.id,
            purpose,
            side: seat.side,
            seat_id: seat.id,
            account_id: by,
            voided_at: None,
            created_at: now,
        },
    )?;
    Ok((seat.side, missing_sides(goals::signed_sides(conn, row.id, purpose)?).is_empty()))
}

/// Signs a proposed goal for your side.
///
/// With the second side's signature it is adopted.
#[utoipa::path(tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    responses((status = 200, body = GoalDetail)))]
#[post("/goals/{goal_id}/sign")]
pub async fn sign_goal(ctx: Ctx, id: Path<GoalId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = find_for(tx, actor, id.0, Action::SignGoal, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(GoalState::Adopted)?;
        demand_leaders(tx, row.partnership_id, now.date())?;
        let (side, complete) = sign(tx, &row, &scoped, by, SigningPurpose::Adopt, now)?;
        let (changes, event) = if complete {
            let adopted =
                GoalChanges { state: Some(GoalState::Adopted), adopted_at: Some(Some(now)), ..GoalChanges::default() };
            (adopted, events::GOAL_ADOPTED)
        } else {
            (GoalChanges::default(), events::GOAL_SIGNED)
        };
        let row = goals::update(tx, &row, changes, now)?;
        if complete {
            reconsider(tx, row.partnership_id, now)?;
        }
        let event = event.on(id.0.0).within(row.partnership_id.0).fact("side", side.as_str());
        let shown = one(tx, row, &scoped, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Takes a proposed goal back for changes.
///
/// Signatures under it stop counting: they stood under the text as it was.
#[utoipa::path(tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    responses((status = 200, body = GoalDetail)))]
#[post("/goals/{goal_id}/return")]
pub async fn return_goal(ctx: Ctx, id: Path<GoalId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::ReturnGoal, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        row.state.demand(GoalState::Draft)?;
        if row.state != GoalState::Proposed {
            return Err(Error::conflict("Only a proposed goal can be taken back."));
        }
        goals::void(tx, id.0, SigningPurpose::Adopt, now)?;
        let changes = GoalChanges { state: Some(GoalState::Draft), proposed_at: Some(None), ..GoalChanges::default() };
        let row = goals::update(tx, &row, changes, now)?;
        let event = events::GOAL_RETURNED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, row, &scoped, now)?;
        tx.recorded(event, shown)
    })
    .await
}
