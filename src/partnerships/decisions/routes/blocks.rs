//! Blocks: what they stand on, and what becomes of them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::corrections::assent;
use super::shown::{AssentShown, assents_shown, find_for, subject};
use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, DecisionId};
use crate::partnerships::decisions::events;
use crate::partnerships::decisions::holders::holder;
use crate::partnerships::decisions::model::{AssentPurpose, Block, BlockId, BlockState, Decision, Principle};
use crate::partnerships::decisions::policy::{self, Action, Subject};
use crate::partnerships::decisions::present;
use crate::partnerships::decisions::queries::blocks::{self, BlockChanges};
use crate::partnerships::decisions::queries::{assents, decisions};
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::{Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    Attribution, Check, IfMatch, Listing, Page, PageParams, Path, Reply, Tx, Valid, Versioned,
};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Entry;
use crate::platform::text::Prose;

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockNote {
    /// Why, for everybody to read.
    reason: Prose<3, 1000>,
}
impl Check for BlockNote {}

/// A block.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockDetail {
    /// The block.
    id: BlockId,
    /// Of which decision.
    decision_id: DecisionId,
    /// Whose; nobody's in an anonymous decision.
    person: Option<PersonRef>,
    /// The blocker's side.
    side: Side,
    /// What it stands on.
    principle: Principle,
    /// Why.
    reason: String,
    /// What would have to change.
    remedy: String,
    /// The version of the text that it is about.
    text_number: i32,
    /// Where it stands.
    state: BlockState,
    /// Whether it counts: until it is dismissed or withdrawn.
    counts: bool,
    /// What was said to its last step.
    note: Option<String>,
    /// Who wants to dismiss it, or did.
    dismissed_by: Vec<AssentShown>,
    /// Whether it is your own.
    is_own: bool,
    /// Changes with every change.
    version: i64,
    /// When it was raised; of an anonymous one the day.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// Which blocks to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BlockFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<BlockState>,
}

fn is_own(state: &State, decision: &Decision, actor: &Actor, row: &Block) -> bool {
    actor.id().is_some_and(|person| holder(&state.secrets, decision, person) == row.holder)
}

fn shown(
    row: Block,
    is_own: bool,
    dismissed_by: Vec<AssentShown>,
    people: &HashMap<AccountId, PersonRef>,
) -> BlockDetail {
    BlockDetail {
        id: row.id,
        decision_id: row.decision_id,
        person: row.account_id.and_then(|id| people.get(&id).cloned()),
        side: row.side,
        principle: row.principle,
        reason: row.reason,
        remedy: row.remedy,
        text_number: row.number,
        state: row.state,
        counts: row.state.counts(),
        note: row.note,
        dismissed_by,
        is_own,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn one(conn: &mut Conn, row: Block, is_own: bool) -> Result<Versioned<BlockDetail>> {
    let given = assents::of(conn, AnyId(row.id.0), AssentPurpose::Dismiss)?;
    let people = people(conn, given.iter().map(|a| a.account_id).chain(row.account_id).collect::<Vec<_>>())?;
    let version = row.version;
    Ok(Versioned::volatile(shown(row, is_own, assents_shown(given, &people), &people), version))
}

/// A block with its decision, as the actor may have them, and whether it is the actor's own.
fn block_for(
    conn: &mut Conn,
    state: &State,
    actor: &Actor,
    id: BlockId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Block, Decision, Scoped, bool)> {
    actor.person()?;
    let row = blocks::find(conn, id)?.ok_or_else(Error::not_found)?;
    let decision = decisions::find(conn, row.decision_id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, decision.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed them.
    let (row, decision) = match purpose {
        Purpose::Read => (row, decision),
        Purpose::Change => (
            blocks::find(conn, id)?.ok_or_else(Error::not_found)?,
            decisions::find(conn, row.decision_id)?.ok_or_else(Error::not_found)?,
        ),
    };
    let own = is_own(state, &decision, actor, &row);
    let is_addressed = row.state == BlockState::Addressed;
    let subject = Subject { is_own: own, is_addressed, ..subject(actor, &decision) };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, decision, scoped, own))
}

/// Refuses to touch a block once its decision has ended.
fn demand_open(decision: &Decision, scoped: &Scoped) -> Result<()> {
    scoped.demand_live()?;
    if decision.state.is_open() {
        Ok(())
    } else {
        Err(Error::conflict(format!("The decision is {}; its blocks stay as they are.", decision.state)))
    }
}

fn changed(decision: &Decision, row: &Block) -> Entry {
    let entry = events::BLOCK_CHANGED.on(decision.id.0).within(decision.partnership_id.0);
    entry.fact("state", row.state.as_str())
}

/// One step of a block's life, with what is said to it.
fn step(
    tx: &mut Tx<'_>,
    state: &State,
    actor: &Actor,
    (id, if_match): (BlockId, IfMatch),
    (action, to): (Action, BlockState),
    reason: Option<String>,
) -> Result<crate::platform::http::Recorded<Versioned<BlockDetail>>> {
    let now = tx.now();
    let (row, decision, scoped, own) = block_for(tx, state, actor, id, action, Purpose::Change, now)?;
    if_match.demand(row.version)?;
    demand_open(&decision, &scoped)?;
    present::demand_unrecessed(tx, state, &decision)?;
    row.state.demand(to)?;
    let changes = BlockChanges { state: Some(to), note: Some(reason), ..BlockChanges::default() };
    let row = blocks::update(tx, &row, changes, now)?;
    let entry = changed(&decision, &row);
    if decision.is_anonymous && own {
        // The record says that the blocker did, and not who.
        tx.act_as(Attribution { is_unseen: true, ..Attribution::default() });
    }
    let shown = one(tx, row, own)?;
    tx.recorded(entry, shown)
}

/// Lists the blocks of a decision, oldest first.
///
/// Where results are hidden, whoever has not said where they stand reads blocks all the same: a block has to be known to
/// be answered.
#[utoipa::path(get, path = "/decisions/{decision_id}/blocks",
    tag = "decisions", security(("bearer" = [])),
    params(("decision_id" = DecisionId, Path, description = "The decision."), BlockFilter, PageParams),
    responses((status = 200, body = Page<BlockDetail>)))]
pub async fn list_decision_blocks(ctx: Ctx, id: Path<DecisionId>, listing: Listing<BlockFilter>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let (decision, _) = find_for(conn, actor, id.0, Action::ListDecisionBlocks, Purpose::Read, now)?;
        let page = blocks::list(conn, id.0, listing.filter.state, &listing)?;
        let targets: Vec<AnyId> = page.items.iter().map(|row| AnyId(row.id.0)).collect();
        let given = assents::of_all(conn, &targets, AssentPurpose::Dismiss)?;
        let named = page.items.iter().filter_map(|row| row.account_id).chain(given.iter().map(|a| a.account_id));
        let people = people(conn, named.collect::<Vec<_>>())?;
        Ok(page.map(|row| {
            let own = is_own(&state, &decision, actor, &row);
            let of_this = given.iter().filter(|a| a.target == AnyId(row.id.0)).cloned().collect();
            shown(row, own, assents_shown(of_this, &people), &people)
        }))
    })
    .await
}

/// Reads a block.
#[utoipa::path(get, path = "/decision-blocks/{block_id}",
    tag = "decisions", security(("bearer" = [])), params(("block_id" = BlockId, Path, description = "The block.")),
    responses((status = 200, body = BlockDetail)))]
pub async fn get_decision_block(ctx: Ctx, id: Path<BlockId>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let (row, _, _, own) = block_for(conn, &state, actor, id.0, Action::GetDecisionBlock, Purpose::Read, now)?;
        one(conn, row, own)
    })
    .await
}

/// Challenges a block: whether it stands on a principle is to be talked about.
#[utoipa::path(post, path = "/decision-blocks/{block_id}/challenge",
    tag = "decisions", security(("bearer" = [])), params(("block_id" = BlockId, Path, description = "The block."), IfMatchParam),
    request_body = BlockNote, responses((status = 200, body = BlockDetail)))]
pub async fn challenge_block(ctx: Ctx, id: Path<BlockId>, if_match: IfMatch, body: Valid<BlockNote>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let to = (Action::ChallengeBlock, BlockState::Challenged);
        step(tx, &state, actor, (id.0, if_match), to, Some(body.0.reason.into()))
    })
    .await
}

/// Sustains a block.
///
/// One that was challenged is sustained by a leader or facilitator; one that was addressed by its blocker, for whom that is
/// not enough.
#[utoipa::path(post, path = "/decision-blocks/{block_id}/sustain",
    tag = "decisions", security(("bearer" = [])), params(("block_id" = BlockId, Path, description = "The block."), IfMatchParam),
    request_body = BlockNote, responses((status = 200, body = BlockDetail)))]
pub async fn sustain_block(ctx: Ctx, id: Path<BlockId>, if_match: IfMatch, body: Valid<BlockNote>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let to = (Action::SustainBlock, BlockState::Sustained);
        step(tx, &state, actor, (id.0, if_match), to, Some(body.0.reason.into()))
    })
    .await
}

/// Dismisses a challenged block, as the first or second of two.
///
/// It is dismissed once a leader of each side has said so, or a facilitator and a leader of the blocker's own side. Until
/// then it counts.
#[utoipa::path(post, path = "/decision-blocks/{block_id}/dismiss",
    tag = "decisions", security(("bearer" = [])), params(("block_id" = BlockId, Path, description = "The block."), IfMatchParam),
    request_body = BlockNote, responses((status = 200, body = BlockDetail)))]
pub async fn dismiss_block(ctx: Ctx, id: Path<BlockId>, if_match: IfMatch, body: Valid<BlockNote>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, decision, scoped, own) =
            block_for(tx, &state, actor, id.0, Action::DismissBlock, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        demand_open(&decision, &scoped)?;
        present::demand_unrecessed(tx, &state, &decision)?;
        row.state.demand(BlockState::Dismissed)?;
        let reason = body.0.reason.into_string();
        let said = (Some(row.side), Some(reason.clone()));
        let target = AnyId(row.id.0);
        let (_, complete) = assent(tx, &scoped, &decision, target, AssentPurpose::Dismiss, by, said)?;
        let dismissed =
            BlockChanges { state: Some(BlockState::Dismissed), note: Some(Some(reason)), ..BlockChanges::default() };
        let changes = if complete { dismissed } else { BlockChanges::default() };
        let row = blocks::update(tx, &row, changes, now)?;
        let entry = changed(&decision, &row);
        let shown = one(tx, row, own)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Says that a block has been addressed: the text, or what goes with it, has changed. Its blocker says whether that is enough.
#[utoipa::path(post, path = "/decision-blocks/{block_id}/address",
    tag = "decisions", security(("bearer" = [])), params(("block_id" = BlockId, Path, description = "The block."), IfMatchParam),
    request_body = BlockNote, responses((status = 200, body = BlockDetail)))]
pub async fn address_block(ctx: Ctx, id: Path<BlockId>, if_match: IfMatch, body: Valid<BlockNote>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let to = (Action::AddressBlock, BlockState::Addressed);
        step(tx, &state, actor, (id.0, if_match), to, Some(body.0.reason.into()))
    })
    .await
}

/// Takes your own block back; it counts no more.
#[utoipa::path(post, path = "/decision-blocks/{block_id}/withdraw",
    tag = "decisions", security(("bearer" = [])), params(("block_id" = BlockId, Path, description = "The block."), IfMatchParam),
    responses((status = 200, body = BlockDetail)))]
pub async fn withdraw_block(ctx: Ctx, id: Path<BlockId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.unkept()
        .write(move |tx, actor| {
            let to = (Action::WithdrawBlock, BlockState::Withdrawn);
            step(tx, &state, actor, (id.0, if_match), to, None)
        })
        .await
}

crate::operations! {
    list_decision_blocks,
    get_decision_block,
    challenge_block,
    sustain_block,
    dismiss_block,
    address_block,
    withdraw_block,
}
