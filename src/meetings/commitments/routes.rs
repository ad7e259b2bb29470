//! Listing commitments, and saying what became of them.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::events;
use super::lifecycle::asks_in_time;
use super::model::{Commitment, CommitmentState};
use super::policy::{self, Action, Facts};
use super::queries::{self, CommitmentChanges, Wanted, Whose};
use super::shown::{CommitmentDetail, event, find_for, one, shown};
use crate::accounts::{Ctx, Side};
use crate::ids::{CommitmentId, PartnershipId};
use crate::partnerships::{Purpose, Scoped};
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Kind;
use crate::platform::text::{Day, Prose};

/// Which commitments to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CommitmentFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<CommitmentState>,
    /// `true`: open ones that are late (`is_late`).
    #[serde(default)]
    late: bool,
}

impl CommitmentFilter {
    fn wanted(&self, now: crate::platform::clock::Instant) -> Wanted {
        Wanted { state: self.state, late_on: self.late.then(|| now.date()) }
    }
}

/// Why a promise was not kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The night shift was short of people all month."}))]
pub struct BreakCommitment {
    /// The reason; whoever reads the commitment reads it.
    reason: Prose<3, 500>,
}
impl Check for BreakCommitment {}

/// Another day for what was promised.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"due_on": "2027-04-10", "reason": "The night shift is short of people until April."}))]
pub struct RenegotiateCommitment {
    /// The new day: to come, and after the old one.
    due_on: Day,
    /// Why; whoever reads the commitment reads it.
    reason: Prose<3, 500>,
}
impl Check for RenegotiateCommitment {}

/// Why somebody is not held to a promise.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The lamps burn again; nobody needs the walk."}))]
pub struct ReleaseCommitment {
    /// The reason; whoever reads the commitment reads it.
    reason: Prose<3, 500>,
}
impl Check for ReleaseCommitment {}

/// Lists what was promised to a partnership, the first due first.
///
/// For its leaders, and for officers on duty and commanders of its area.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/commitments",
    tag = "commitments", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), CommitmentFilter, PageParams),
    responses((status = 200, body = Page<CommitmentDetail>)))]
pub async fn list_commitments(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<CommitmentFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        let facts = Facts::of(Some(&scoped.standing), false, Side::Police);
        policy::demand(actor, facts, Action::ListCommitments)?;
        let mut page = queries::list(conn, Whose::To(id.0), listing.filter.wanted(now), &listing)?;
        let items = shown(conn, std::mem::take(&mut page.items), now)?;
        Ok(page.with_items(items))
    })
    .await
}

/// Lists what you promised, the first due first.
#[utoipa::path(get, path = "/account/commitments",
    tag = "commitments", security(("bearer" = [])), params(CommitmentFilter, PageParams),
    responses((status = 200, body = Page<CommitmentDetail>)))]
pub async fn list_own_commitments(ctx: Ctx, listing: Listing<CommitmentFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let me = actor.person()?.id;
        policy::demand(actor, Facts::default(), Action::ListOwnCommitments)?;
        let mut page = queries::list(conn, Whose::By(me), listing.filter.wanted(now), &listing)?;
        let items = shown(conn, std::mem::take(&mut page.items), now)?;
        Ok(page.with_items(items))
    })
    .await
}

/// Reads what was promised.
#[utoipa::path(get, path = "/commitments/{commitment_id}",
    tag = "commitments", security(("bearer" = [])),
    params(("commitment_id" = CommitmentId, Path, description = "The commitment.")),
    responses((status = 200, body = CommitmentDetail)))]
pub async fn get_commitment(ctx: Ctx, id: Path<CommitmentId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let held = find_for(conn, actor, id.0, Action::GetCommitment, Purpose::Read, now)?;
        one(conn, held.row, now)
    })
    .await
}

/// Says that you kept what you promised.
///
/// It is kept once a leader of another side says so. What was promised to a group that is none of ours is confirmed by nobody
/// (`is_confirmable`): it stays your word.
#[utoipa::path(post, path = "/commitments/{commitment_id}/claim",
    tag = "commitments", security(("bearer" = [])),
    params(("commitment_id" = CommitmentId, Path, description = "The commitment."), IfMatchParam),
    responses((status = 200, body = CommitmentDetail)))]
pub async fn claim_commitment(ctx: Ctx, id: Path<CommitmentId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let held = find_for(tx, actor, id.0, Action::ClaimCommitment, Purpose::Change, now)?;
        if_match.demand(held.row.version)?;
        held.demand_unclosed()?;
        held.row.state.demand(CommitmentState::Kept)?;
        if held.row.claimed_at.is_some() {
            return Err(Error::conflict("You have said so already; the other side has not answered yet."));
        }
        let changes = CommitmentChanges { claimed_at: Some(Some(now)), ..CommitmentChanges::default() };
        let row = queries::update(tx, id.0, changes, now)?;
        let entry = event(events::CLAIMED, &row);
        let shown = one(tx, row, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// How a commitment ends, and who says so.
struct Ending {
    action: Action,
    to: CommitmentState,
    kind: Kind,
    reason: Option<String>,
}

async fn end(ctx: Ctx, id: CommitmentId, if_match: IfMatch, ending: Ending) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let Ending { action, to, kind, reason } = ending;
        let held = find_for(tx, actor, id, action, Purpose::Change, now)?;
        if_match.demand(held.row.version)?;
        held.demand_unclosed()?;
        held.row.state.demand(to)?;
        let is_early = to == CommitmentState::Broken && asks_in_time(held.row.due_on, now.date());
        if is_early && !held.facts.is_maker {
            return Err(Error::conflict("The day is not over yet; until then only whoever promised can say so."));
        }
        let row = queries::update(tx, id, CommitmentChanges::end(to, by, reason.clone(), now), now)?;
        let entry = event(kind, &row);
        let entry = match reason {
            Some(reason) => entry.because(reason),
            None => entry,
        };
        let shown = one(tx, row, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Says that what was promised was kept.
///
/// For a leader of another side than the one that promised.
#[utoipa::path(post, path = "/commitments/{commitment_id}/confirm",
    tag = "commitments", security(("bearer" = [])),
    params(("commitment_id" = CommitmentId, Path, description = "The commitment."), IfMatchParam),
    responses((status = 200, body = CommitmentDetail)))]
pub async fn confirm_commitment(ctx: Ctx, id: Path<CommitmentId>, if_match: IfMatch) -> Result<Reply> {
    let (action, to) = (Action::ConfirmCommitment, CommitmentState::Kept);
    end(ctx, id.0, if_match, Ending { action, to, kind: events::KEPT, reason: None }).await
}

/// Says that what was promised was not kept, and why.
///
/// For whoever promised, and, once its day is over, for leaders of another side.
#[utoipa::path(post, path = "/commitments/{commitment_id}/break",
    tag = "commitments", security(("bearer" = [])),
    params(("commitment_id" = CommitmentId, Path, description = "The commitment."), IfMatchParam),
    request_body = BreakCommitment, responses((status = 200, body = CommitmentDetail)))]
pub async fn break_commitment(
    ctx: Ctx,
    id: Path<CommitmentId>,
    if_match: IfMatch,
    body: Valid<BreakCommitment>,
) -> Result<Reply> {
    let (action, to) = (Action::BreakCommitment, CommitmentState::Broken);
    let reason = Some(body.0.reason.into());
    end(ctx, id.0, if_match, Ending { action, to, kind: events::BROKEN, reason }).await
}

/// Does not hold somebody to what they promised.
///
/// For a leader of another side than the one that promised.
#[utoipa::path(post, path = "/commitments/{commitment_id}/release",
    tag = "commitments", security(("bearer" = [])),
    params(("commitment_id" = CommitmentId, Path, description = "The commitment."), IfMatchParam),
    request_body = ReleaseCommitment, responses((status = 200, body = CommitmentDetail)))]
pub async fn release_commitment(
    ctx: Ctx,
    id: Path<CommitmentId>,
    if_match: IfMatch,
    body: Valid<ReleaseCommitment>,
) -> Result<Reply> {
    let (action, to) = (Action::ReleaseCommitment, CommitmentState::Released);
    let reason = Some(body.0.reason.into());
    end(ctx, id.0, if_match, Ending { action, to, kind: events::RELEASED, reason }).await
}

/// Asks for another day for what you promised: a new commitment takes the place of the old one.
///
/// Asked for before the end of the day it was due, that is honourable; asked for later, the old one counts as broken.
#[utoipa::path(post, path = "/commitments/{commitment_id}/renegotiate",
    tag = "commitments", security(("bearer" = [])),
    params(("commitment_id" = CommitmentId, Path, description = "The commitment."), IfMatchParam),
    request_body = RenegotiateCommitment, responses((status = 201, body = CommitmentDetail)))]
pub async fn renegotiate_commitment(
    ctx: Ctx,
    id: Path<CommitmentId>,
    if_match: IfMatch,
    body: Valid<RenegotiateCommitment>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let held = find_for(tx, actor, id.0, Action::RenegotiateCommitment, Purpose::Change, now)?;
        if_match.demand(held.row.version)?;
        held.demand_unclosed()?;
        held.row.state.demand(CommitmentState::Renegotiated)?;
        let RenegotiateCommitment { due_on, reason } = body.0;
        if due_on.0 <= held.row.due_on || due_on.0 < now.date() {
            let message = "must be to come, and after the day that it was due";
            return Err(Error::field("/due_on", FieldCode::Inconsistent, message));
        }
        let reason: String = reason.into();
        let changes = CommitmentChanges {
            asked_before_due: Some(Some(asks_in_time(held.row.due_on, now.date()))),
            ..CommitmentChanges::end(CommitmentState::Renegotiated, by, Some(reason.clone()), now)
        };
        let old = queries::update(tx, id.0, changes, now)?;
        let new = Commitment {
            id: CommitmentId::new(),
            due_on: due_on.0,
            state: CommitmentState::Open,
            follows_id: Some(old.id),
            asked_before_due: None,
            claimed_at: None,
            closed_by_id: None,
            closed_at: None,
            close_reason: None,
            version: 1,
            created_at: now,
            updated_at: now,
            ..old.clone()
        };
        queries::insert(tx, &new)?;
        let entry = event(events::RENEGOTIATED, &old).because(reason).fact("due_on", due_on.0).fact("new", new.id.0);
        let location = format!("{API}/commitments/{}", new.id);
        let value = one(tx, new, now)?.value;
        tx.recorded(entry, Created { value, location, version: Some(1) })
    })
    .await
}

crate::operations! {
    list_commitments,
    list_own_commitments,
    get_commitment,
    claim_commitment,
    confirm_commitment,
    break_commitment,
    release_commitment,
    renegotiate_commitment,
}
