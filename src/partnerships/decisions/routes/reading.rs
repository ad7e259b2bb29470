//! Who stands where, what it comes to, and what happened.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::shown::find_for;
use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, DecisionId};
use crate::partnerships::decisions::closing::running;
use crate::partnerships::decisions::consensus::{Verdict, next_options};
use crate::partnerships::decisions::holders::holder;
use crate::partnerships::decisions::model::{Decision, DecisionState, Level, NextOption, Phase, Stance, StanceId};
use crate::partnerships::decisions::policy::Action;
use crate::partnerships::decisions::queries::stances::{self, Wanted};
use crate::partnerships::sight;
use crate::partnerships::standing::Purpose;
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Found, Listing, Page, PageParams, Path, Reply};
use crate::platform::record::timeline::{NoFilter, Of, TimelineEntry, timeline};

/// A stance.
#[derive(Debug, Serialize, ToSchema)]
pub struct StanceDetail {
    /// The stance.
    id: StanceId,
    /// Whose; nobody's in an anonymous decision.
    person: Option<PersonRef>,
    /// The side on which it counts; those of agency members are heard and counted on none.
    side: Side,
    /// Where the person stands.
    level: Level,
    /// The same as a number, 8 for full support down to 1 for a block. For reports only.
    score: i32,
    /// Why.
    reason: Option<String>,
    /// The version of the text that it is about.
    text_number: i32,
    /// In which phase it was taken.
    phase: Phase,
    /// Whether it counts.
    is_current: bool,
    /// Since when it counts no more because the text or the phase has changed, or the person has left.
    stale_at: Option<Instant>,
    /// Since when; of an anonymous stance the day.
    created_at: Instant,
}

fn shown(row: Stance, people: &HashMap<AccountId, PersonRef>) -> StanceDetail {
    StanceDetail {
        id: row.id,
        person: row.account_id.and_then(|id| people.get(&id).cloned()),
        side: row.side,
        level: row.level,
        score: row.level.score(),
        reason: row.reason,
        text_number: row.number,
        phase: row.phase,
        is_current: row.is_current,
        stale_at: row.stale_at,
        created_at: row.created_at,
    }
}

/// Which stances to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StanceFilter {
    /// Of this side.
    #[param(inline)]
    side: Option<Side>,
    /// At this level.
    #[param(inline)]
    level: Option<Level>,
}

/// What a decision's stances come to.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionResult {
    /// The decision.
    decision_id: DecisionId,
    /// Where it stands.
    state: DecisionState,
    /// Whether it has ended, so that nothing of this changes any more.
    is_final: bool,
    /// Whether the result is hidden until you have said where you stand.
    is_hidden: bool,
    /// Both sides, all conditions of adoption, and how it ended, or would end if it ended now; `null` while there is
    /// nothing to count.
    verdict: Option<Verdict>,
    /// What the group can do after two rounds that came to nothing.
    next_options: Vec<NextOption>,
}

/// Whether the reader has to say first where they stand: in the final call of a decision that hides its results.
fn is_hidden(conn: &mut Conn, state: &State, actor: &Actor, row: &Decision) -> Result<bool> {
    if !row.hides_results || !row.state.takes_stances() {
        return Ok(false);
    }
    let who = holder(&state.secrets, row, actor.person()?.id);
    Ok(stances::current(conn, row.id, who)?.is_none())
}

async fn list(
    ctx: Ctx,
    id: DecisionId,
    listing: Listing<StanceFilter>,
    action: Action,
    is_current: bool,
) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let (row, _) = find_for(conn, actor, id, action, Purpose::Read, now)?;
        if is_hidden(conn, &state, actor, &row)? {
            return Err(Error::conflict("Say first where you stand; then you see where the others do."));
        }
        let wanted = Wanted { is_current, side: listing.filter.side, level: listing.filter.level };
        let page = stances::list(conn, id, &wanted, &listing)?;
        let people = people(conn, page.items.iter().filter_map(|row| row.account_id))?;
        Ok(page.map(|row| shown(row, &people)))
    })
    .await
}

/// Lists the stances that count, newest first.
///
/// For members and officers. Where results are hidden, once one has said where one stands.
#[utoipa::path(get, path = "/decisions/{decision_id}/stances",
    tag = "decisions", security(("bearer" = [])),
    params(("decision_id" = DecisionId, Path, description = "The decision."), StanceFilter, PageParams),
    responses((status = 200, body = Page<StanceDetail>), (status = 409, description = "Results are hidden until you have said where you stand.")))]
pub async fn list_stances(ctx: Ctx, id: Path<DecisionId>, listing: Listing<StanceFilter>) -> Result<Reply> {
    list(ctx, id.0, listing, Action::ListStances, true).await
}

/// Lists the stances that count no more, newest first: those of earlier versions, and those that their holders replaced.
#[utoipa::path(get, path = "/decisions/{decision_id}/stances/history",
    tag = "decisions", security(("bearer" = [])),
    params(("decision_id" = DecisionId, Path, description = "The decision."), StanceFilter, PageParams),
    responses((status = 200, body = Page<StanceDetail>), (status = 409, description = "Results are hidden until you have said where you stand.")))]
pub async fn list_stance_history(ctx: Ctx, id: Path<DecisionId>, listing: Listing<StanceFilter>) -> Result<Reply> {
    list(ctx, id.0, listing, Action::ListStanceHistory, false).await
}

/// Reads what a decision's stances come to, and why.
///
/// Per side: who is asked, who took part, who supports it, and how many heads are still needed. While it has not ended, as it
/// would end now.
#[utoipa::path(get, path = "/decisions/{decision_id}/result",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision.")),
    responses((status = 200, body = DecisionResult)))]
pub async fn get_decision_result(ctx: Ctx, id: Path<DecisionId>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let (row, _) = find_for(conn, actor, id.0, Action::GetDecisionResult, Purpose::Read, now)?;
        let is_hidden = is_hidden(conn, &state, actor, &row)?;
        let is_final = row.closed_at.is_some();
        let verdict = match &row.result {
            Some(Json(verdict)) => Some(verdict.clone()),
            None if is_final || is_hidden => None,
            None => running(conn, &state, &row)?,
        };
        Ok(Found(DecisionResult {
            decision_id: row.id,
            state: row.state,
            is_final,
            is_hidden,
            verdict,
            next_options: next_options(row.state.is_failed(), row.round, row.can_be_tried()),
        }))
    })
    .await
}

/// Lists what happened to a decision, newest first.
#[utoipa::path(get, path = "/decisions/{decision_id}/timeline",
    tag = "decisions", security(("bearer" = [])),
    params(("decision_id" = DecisionId, Path, description = "The decision."), PageParams),
    responses((status = 200, body = Page<TimelineEntry>)))]
pub async fn list_decision_timeline(ctx: Ctx, id: Path<DecisionId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let (_, scoped) = find_for(conn, actor, id.0, Action::ListDecisionTimeline, Purpose::Read, now)?;
        timeline(conn, Of::Object(id.0.0), sight(&scoped.standing), &listing, &state.catalogue)
    })
    .await
}

crate::operations! {
    list_stances,
    list_stance_history,
    get_decision_result,
    list_decision_timeline,
}
