//! Closing a goal: an assessment with its result, signed by both sides. Partial is a first-class result: the source page
//! speaks of resolving a problem *or diminishing its impact*.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::{Ctx, Side};
use crate::ids::{AccountId, GoalId};
use crate::partnerships::events;
use crate::partnerships::model::{Goal, GoalResult, GoalSignature, SignatureId, SigningPurpose};
use crate::partnerships::policy::Action;
use crate::partnerships::queries::goals::{self, GoalChanges};
use crate::partnerships::routes::goals::{GoalDetail, find_for, one};
use crate::partnerships::routes::missions::signing_seat;
use crate::partnerships::signing::missing_sides;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Path, Reply, Valid};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::text::Prose;
use crate::text_enum;

text_enum! {
    /// What a goal came to. Another goal takes its place only by a decision.
    pub enum ClosingResult {
        /// Reached.
        Achieved = "achieved",
        /// Reached in part: the problem is smaller than it was.
        PartlyAchieved = "partly_achieved",
        /// Not reached.
        NotAchieved = "not_achieved",
        /// Given up.
        Abandoned = "abandoned",
    }
}

impl ClosingResult {
    const fn result(self) -> GoalResult {
        match self {
            Self::Achieved => GoalResult::Achieved,
            Self::PartlyAchieved => GoalResult::PartlyAchieved,
            Self::NotAchieved => GoalResult::NotAchieved,
            Self::Abandoned => GoalResult::Abandoned,
        }
    }
}

/// What a goal came to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseGoal {
    /// The result.
    result: ClosingResult,
    /// Why that is the result.
    assessment: Prose<10, 2000>,
    /// What shows it.
    evidence: Option<Prose<1, 2000>>,
}
impl Check for CloseGoal {}

fn demand_pursued(goal: &Goal) -> Result<()> {
    if goal.state.is_pursued() {
        Ok(())
    } else {
        Err(Error::conflict(format!("The goal is {}; only an adopted goal can be closed.", goal.state)))
    }
}

/// Puts the actor's name under a goal's assessment; the side for which it stands, and whether both have signed now.
fn sign(conn: &mut Conn, row: &Goal, scoped: &Scoped, by: AccountId, now: Instant) -> Result<(Side, bool)> {
    let seat = signing_seat(scoped)?;
    goals::sign(
        conn,
        &GoalSignature {
            id: SignatureId::new(),
            goal_id: row.id,
            purpose: SigningPurpose::Close,
            side: seat.side,
            seat_id: seat.id,
            account_id: by,
            voided_at: None,
            created_at: now,
        },
    )?;
    Ok((seat.side, missing_sides(goals::signed_sides(conn, row.id, SigningPurpose::Close)?).is_empty()))
}

/// Puts an assessment of the current goal up for signing.
///
/// The goal is closed once a leader of each side has signed. A new assessment takes the place of one that waits;
/// signatures under that one stop counting.
#[utoipa::path(post, path = "/goals/{goal_id}/close",
    tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    request_body = CloseGoal, responses((status = 200, body = GoalDetail)))]
pub async fn close_goal(ctx: Ctx, id: Path<GoalId>, if_match: IfMatch, body: Valid<CloseGoal>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::CloseGoal, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_pursued(&row)?;
        let CloseGoal { result, assessment, evidence } = body.0;
        let result = result.result();
        row.state.demand(result.state())?;
        goals::void(tx, id.0, SigningPurpose::Close, now)?;
        let changes = GoalChanges {
            closing_result: Some(Some(result)),
            assessment: Some(Some(assessment.into())),
            evidence: Some(evidence.map(Into::into)),
            ..GoalChanges::default()
        };
        let row = goals::update(tx, &row, changes, now)?;
        let event = events::GOAL_CLOSING_PROPOSED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, row, &scoped, now)?;
        tx.recorded(event.fact("result", result.as_str()), shown)
    })
    .await
}

/// Signs a goal's assessment for your side.
///
/// With the second side's signature the goal is closed with the result that the assessment names.
#[utoipa::path(post, path = "/goals/{goal_id}/close/sign",
    tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    responses((status = 200, body = GoalDetail)))]
pub async fn sign_goal_closing(ctx: Ctx, id: Path<GoalId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = find_for(tx, actor, id.0, Action::SignGoalClosing, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_pursued(&row)?;
        let result = row.closing_result.ok_or_else(|| Error::conflict("There is no assessment to sign yet."))?;
        let (side, complete) = sign(tx, &row, &scoped, by, now)?;
        let (changes, event) = if complete {
            let closed =
                GoalChanges { state: Some(result.state()), closed_at: Some(Some(now)), ..GoalChanges::default() };
            (closed, events::GOAL_CLOSED)
        } else {
            (GoalChanges::default(), events::GOAL_CLOSING_SIGNED)
        };
        let row = goals::update(tx, &row, changes, now)?;
        let event = event.on(id.0.0).within(row.partnership_id.0);
        let event = event.fact("side", side.as_str()).fact("result", result.as_str());
        let shown = one(tx, row, &scoped, now)?;
        tx.recorded(event, shown)
    })
    .await
}

crate::operations! {
    close_goal,
    sign_goal_closing,
}
