//! Ending a decision by hand.

use serde::Deserialize;
use utoipa::ToSchema;

use super::shown::{DecisionDetail, find_for, one};
use crate::accounts::Ctx;
use crate::ids::DecisionId;
use crate::partnerships::decisions::closing::conclude;
use crate::partnerships::decisions::hand::Hand;
use crate::partnerships::decisions::holders::holder;
use crate::partnerships::decisions::model::{Decision, DecisionState, Ending, Method};
use crate::partnerships::decisions::opening::{demand_own_in_call, take_back, withdrawal};
use crate::partnerships::decisions::policy::Action;
use crate::partnerships::decisions::present;
use crate::partnerships::decisions::queries::{roster, stances};
use crate::partnerships::decisions::reactions::Surroundings;
use crate::partnerships::decisions::steps::{demand_in_time, demand_running};
use crate::partnerships::standing::Purpose;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Path, Reply, Valid};
use crate::platform::text::Prose;

/// Why a decision is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawDecision {
    /// Why, for everybody to read.
    reason: Prose<3, 500>,
}
impl Check for WithdrawDecision {}

/// What a leader decides after hearing advice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"adopt": true, "reason": "Both sides would rather have the lamp at the corner of 10th Street first."}))]
pub struct DecideByAdvice {
    /// Whether it is adopted.
    adopt: bool,
    /// Why, for everybody to read.
    reason: Prose<10, 1000>,
}
impl Check for DecideByAdvice {}

fn demand_final_call(row: &Decision) -> Result<()> {
    match row.state {
        DecisionState::FinalCall => Ok(()),
        other => Err(Error::conflict(format!("The decision is {other}; only a final call can be closed."))),
    }
}

/// Takes a decision back before it has ended.
#[utoipa::path(post, path = "/decisions/{decision_id}/withdraw",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    request_body = WithdrawDecision, responses((status = 200, body = DecisionDetail)))]
pub async fn withdraw_decision(
    ctx: Ctx,
    id: Path<DecisionId>,
    if_match: IfMatch,
    body: Valid<WithdrawDecision>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::WithdrawDecision, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        demand_own_in_call(&row, actor.person()?.id)?;
        present::demand_unrecessed(tx, &state, &row)?;
        // What the stances come to stands once their time is over.
        demand_in_time(&row, now)?;
        let row = take_back(tx, &row, now)?;
        state.handed::<Surroundings>()?.ended(&mut Hand::Person(tx), &row, Ending::Withdrawn)?;
        let event = withdrawal(&row).because(body.0.reason);
        let shown = one(tx, &state, actor, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Closes a final call before its time is over, once everybody has said where they stand.
///
/// No earlier than 48 hours after it was opened. When its time is over it ends by itself. One that was called in a meeting is
/// closed at any time while that goes on, and not while it is recessed; where what was said aloud is written down and waits to be
/// confirmed, by a leader of the side that wrote it, which gives it up by that.
#[utoipa::path(post, path = "/decisions/{decision_id}/close",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    responses((status = 200, body = DecisionDetail)))]
pub async fn close_decision(ctx: Ctx, id: Path<DecisionId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::CloseDecision, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_final_call(&row)?;
        demand_running(tx, &row)?;
        if row.method == Method::Advice {
            return Err(Error::conflict("A leader decides after hearing advice; until then it stays open."));
        }
        let call = present::demand_unrecessed(tx, &state, &row)?;
        if let Some(call) = &call {
            present::demand_unspoken(call, scoped.standing.seat.map(|seat| seat.side))?;
        }
        let is_over = call.is_some() || row.closes_at.is_some_and(|end| end <= now);
        let missing: Vec<&'static str> = [
            ("final_call_time", row.closes_from.is_some_and(|from| now < from)),
            ("stances", roster::waits_for_somebody(tx, row.id)?),
        ]
        .into_iter()
        .filter_map(|(name, waits)| (waits && !is_over).then_some(name))
        .collect();
        if !missing.is_empty() {
            let why =
                "A final call is closed early once its least time is over and everybody has said where they stand.";
            return Err(Error::new(Code::GateUnmet, why).with_missing(missing));
        }
        let (row, event) = conclude(&mut Hand::Person(tx), &state, &row, None)?;
        let shown = one(tx, &state, actor, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Decides, as a leader, after somebody of each side has given advice.
///
/// Only where the method is advice, and once the least time of the final call is over. Advice is given by taking a stance, by
/// at least one member of each side beside the leader who decides; a block that counts blocks it.
#[utoipa::path(post, path = "/decisions/{decision_id}/decide",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    request_body = DecideByAdvice, responses((status = 200, body = DecisionDetail)))]
pub async fn decide_by_advice(
    ctx: Ctx,
    id: Path<DecisionId>,
    if_match: IfMatch,
    body: Valid<DecideByAdvice>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::DecideByAdvice, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_final_call(&row)?;
        demand_in_time(&row, now)?;
        if row.method != Method::Advice {
            return Err(Error::conflict(format!("This is decided by {}, and not by a leader.", row.method)));
        }
        if row.closes_from.is_some_and(|least| now < least) {
            let why = "A leader decides once the least time of the final call is over.";
            return Err(Error::new(Code::GateUnmet, why).with_missing(vec!["final_call_time"]));
        }
        // What the leader who decides has said is no advice.
        let who = holder(&state.secrets, &row, actor.person()?.id);
        let own = stances::current(tx, row.id, who)?.map(|stance| stance.side);
        let missing: Vec<&'static str> = roster::sides(tx, row.id)?
            .iter()
            .filter(|side| side.heads().cast() <= u32::from(own == Some(side.side)))
            .map(|side| if side.side == crate::accounts::Side::Police { "police_advice" } else { "civilian_advice" })
            .collect();
        if !missing.is_empty() {
            let why = "A leader decides after hearing somebody of each side.";
            return Err(Error::new(Code::GateUnmet, why).with_missing(missing));
        }
        let DecideByAdvice { adopt, reason } = body.0;
        let (row, event) = conclude(&mut Hand::Person(tx), &state, &row, Some(adopt))?;
        let shown = one(tx, &state, actor, row, now)?;
        tx.recorded(event.because(reason), shown)
    })
    .await
}

crate::operations! {
    withdraw_decision,
    close_decision,
    decide_by_advice,
}
