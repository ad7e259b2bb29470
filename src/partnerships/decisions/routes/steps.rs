//! From a draft to the final call.

use serde::Deserialize;
use utoipa::ToSchema;

use super::shown::{DecisionDetail, find_for, one};
use crate::accounts::Ctx;
use crate::ids::DecisionId;
use crate::partnerships::decisions::events;
use crate::partnerships::decisions::model::DecisionState;
use crate::partnerships::decisions::opening::{demand_led, discussed_until};
use crate::partnerships::decisions::policy::Action;
use crate::partnerships::decisions::present;
use crate::partnerships::decisions::queries::decisions::{self, DecisionChanges};
use crate::partnerships::decisions::steps;
use crate::partnerships::standing::Purpose;
use crate::platform::error::Result;
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Path, Reply, Valid};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::values::Whole;

/// How long a final call lasts.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"hours": 168}))]
pub struct OpenFinalCall {
    /// In hours: 48 to 504 (21 days) unless the installation says otherwise; a week where nothing is said.
    hours: Option<Whole<1, 2160>>,
}
impl Check for OpenFinalCall {}

/// A week.
const USUAL_HOURS: u64 = 168;

/// Opens a draft for discussion: from now on every member sees it.
///
/// Mission, charter, goal, plans and vision are discussed for 72 hours at least, and only while both sides have a leader.
#[utoipa::path(post, path = "/decisions/{decision_id}/discuss",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    responses((status = 200, body = DecisionDetail)))]
pub async fn open_discussion(ctx: Ctx, id: Path<DecisionId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::OpenDiscussion, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        present::demand_in_the_open(tx, &state, row.partnership_id)?;
        row.state.demand(DecisionState::Discussion)?;
        demand_led(tx, &scoped.partnership, row.class, now)?;
        let changes = DecisionChanges {
            state: Some(DecisionState::Discussion),
            discussion_at: Some(Some(now)),
            sense_check_from: Some(Some(discussed_until(&state, row.class, now))),
            // Nothing stands still that both sides can lead.
            paused_at: Some(None),
            ..DecisionChanges::default()
        };
        let row = decisions::update(tx, &row, changes, now)?;
        let event = events::OPENED.on(id.0.0).within(row.partnership_id.0).fact("class", row.class.as_str());
        let shown = one(tx, &state, actor, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Starts a sense check: members say how they feel about the text, and nothing is counted yet.
///
/// After the discussion, and again after each amendment. Where the discussion has a least time, it has to be over, unless a
/// meeting that was noticed goes on with a quorum of both sides.
#[utoipa::path(post, path = "/decisions/{decision_id}/sense-check",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    responses((status = 200, body = DecisionDetail)))]
pub async fn start_sense_check(ctx: Ctx, id: Path<DecisionId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::StartSenseCheck, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        present::demand_in_the_open(tx, &state, row.partnership_id)?;
        let row = steps::start_sense_check(tx, &state, &row, now)?;
        let event = events::SENSED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, &state, actor, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Opens the final call.
///
/// It asks the members of both sides who are there now: who joins later is not asked, who leaves is not counted. It ends by
/// itself when its time is over, or earlier, after 48 hours, once everybody has said where they stand. Stances of the sense
/// check are kept and count for nothing; affirming one is one call.
#[utoipa::path(post, path = "/decisions/{decision_id}/final-call",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    request_body = OpenFinalCall, responses((status = 200, body = DecisionDetail)))]
pub async fn open_final_call(
    ctx: Ctx,
    id: Path<DecisionId>,
    if_match: IfMatch,
    body: Valid<OpenFinalCall>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::OpenFinalCall, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        present::demand_in_the_open(tx, &state, row.partnership_id)?;
        let hours = body.0.hours.and_then(|hours| u64::try_from(hours.get()).ok()).unwrap_or(USUAL_HOURS);
        let (row, [civilian, police]) = steps::call(tx, &state, &row, hours, now)?;
        let event = events::CALLED.on(id.0.0).within(row.partnership_id.0);
        let event = event.fact("civilian", civilian).fact("police", police);
        let shown = one(tx, &state, actor, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

crate::operations! {
    open_discussion,
    start_sense_check,
    open_final_call,
}
