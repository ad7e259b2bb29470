//! The mission: proposed by a leader, adopted by decision of both sides, then the one that counts.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::{Actor, Ctx, PersonRef, people};
use crate::ids::{AccountId, DecisionId, PartnershipId};
use crate::partnerships::adoption::{Pending, Proposer};
use crate::partnerships::events;
use crate::partnerships::formation::missing_leaders;
use crate::partnerships::model::{Mission, MissionId, MissionSignature, MissionState};
use crate::partnerships::policy::{self, Action, WHOLE};
use crate::partnerships::queries::{missions, seats};
use crate::partnerships::routes::partnerships::load_for;
use crate::partnerships::signing::{Signed, is_review_overdue};
use crate::partnerships::standing::{HeldSeat, Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::Prose;
use crate::platform::values::Change;

/// A mission to decide on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Neighbors and officers make Armourdale's alleys safe to walk after dark."}))]
pub struct ProposeMission {
    /// What the partnership is for.
    text: Prose<10, 500>,
}
impl Check for ProposeMission {}

/// Changes to a mission.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MissionPatch {
    /// What the partnership is for.
    #[serde(default)]
    text: Change<Prose<10, 500>>,
}
impl Check for MissionPatch {}

/// A version of the mission.
#[derive(Debug, Serialize, ToSchema)]
pub struct MissionDetail {
    /// The mission.
    id: MissionId,
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// Which version.
    number: i32,
    /// What the partnership is for.
    text: String,
    /// Where it stands.
    state: MissionState,
    /// Who proposed it.
    proposed_by: Option<PersonRef>,
    /// The decision by which it is, or was, adopted.
    decision_id: Option<DecisionId>,
    /// Who signed it, where signatures adopted it, before decisions did.
    signatures: Vec<Signed>,
    /// When it was adopted.
    adopted_at: Option<Instant>,
    /// When it is to be looked at again: 24 months after it was adopted.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    review_on: Option<NaiveDate>,
    /// Whether that day has passed, for the mission that counts.
    is_review_overdue: bool,
    /// Changes with every change.
    version: i64,
    /// When it was proposed.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn shown(
    row: Mission,
    signatures: &[MissionSignature],
    people: &HashMap<AccountId, PersonRef>,
    today: NaiveDate,
) -> MissionDetail {
    let own = signatures.iter().filter(|s| s.mission_id == row.id);
    MissionDetail {
        is_review_overdue: row.state == MissionState::Adopted && is_review_overdue(row.review_on, today),
        id: row.id,
        partnership_id: row.partnership_id,
        number: row.number,
        text: row.text,
        state: row.state,
        proposed_by: people.get(&row.proposed_by_id).cloned(),
        decision_id: row.decision_id,
        signatures: own
            .map(|s| Signed { side: s.side, by: people.get(&s.account_id).cloned(), signed_at: s.created_at })
            .collect(),
        adopted_at: row.adopted_at,
        review_on: row.review_on,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn one(conn: &mut Conn, row: Mission, now: Instant) -> Result<Versioned<MissionDetail>> {
    let signatures = missions::signatures(conn, &[row.id])?;
    let named: Vec<AccountId> = signatures.iter().map(|s| s.account_id).chain([row.proposed_by_id]).collect();
    let people = people(conn, named)?;
    let version = row.version;
    Ok(Versioned::new(shown(row, &signatures, &people, now.date()), version))
}

fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: MissionId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Mission, Scoped)> {
    actor.person()?;
    let row = missions::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, row.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let row = if purpose == Purpose::Change { missions::find(conn, id)?.ok_or_else(Error::not_found)? } else { row };
    policy::demand(actor, &scoped.standing, WHOLE, action)?;
    Ok((row, scoped))
}

/// Both sides need a leader before there is a mission, a goal or an objective (`domain/00` K1.2).
///
/// # Errors
/// 409 `leadership_incomplete` with the seats that are empty.
pub fn demand_leaders(conn: &mut Conn, of: PartnershipId, today: NaiveDate) -> Result<()> {
    let (civilian, police) = seats::primaries(conn, of, today)?;
    let missing = missing_leaders(civilian, police);
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::new(Code::LeadershipIncomplete, "Both sides identify their leader first; then comes the mission.")
        .with_missing(missing))
}

/// The seat by which the actor signs.
///
/// # Errors
/// A fault: the policy lets only leaders get here.
pub fn signing_seat(scoped: &Scoped) -> Result<HeldSeat> {
    scoped.standing.seat.ok_or_else(|| Error::fault("somebody without a seat was let in to sign"))
}

/// Proposes a mission.
///
/// Needs a leader of each side. It opens a decision, with whose adoption the mission counts and takes the place of the one
/// before.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/missions",
    tag = "missions", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = ProposeMission, responses((status = 201, body = MissionDetail)))]
pub async fn propose_mission(ctx: Ctx, id: Path<PartnershipId>, body: Valid<ProposeMission>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let author = actor.person()?.id;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Change, now)?;
        // Members hear what is missing before they hear that it is the leaders' to do.
        if scoped.standing.membership.is_some() {
            demand_leaders(tx, id.0, now.date())?;
        }
        policy::demand(actor, &scoped.standing, WHOLE, Action::ProposeMission)?;
        scoped.demand_live()?;
        demand_leaders(tx, id.0, now.date())?;
        let mut mission = Mission {
            id: MissionId::new(),
            partnership_id: id.0,
            number: missions::next_number(tx, id.0)?,
            text: body.0.text.into(),
            state: MissionState::Proposed,
            proposed_by_id: author,
            decision_id: None,
            adopted_at: None,
            review_on: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        missions::demand_none_proposed(tx, id.0)?;
        let by = Proposer { state: &state, actor, scoped: &scoped };
        mission.decision_id = Some(by.open_mission(tx, &mission)?);
        missions::insert(tx, &mission)?;
        let event = events::MISSION_PROPOSED.on(mission.id.0).within(id.0.0);
        let location = format!("{API}/missions/{}", mission.id);
        let value = one(tx, mission, now)?.value;
        tx.recorded(event, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists the versions of a partnership's mission, newest first.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/missions",
    tag = "missions", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), PageParams),
    responses((status = 200, body = Page<MissionDetail>)))]
pub async fn list_missions(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        load_for(conn, actor, id.0, Action::ListMissions, Purpose::Read, now)?;
        let page = missions::list(conn, id.0, &listing)?;
        let ids: Vec<MissionId> = page.items.iter().map(|row| row.id).collect();
        let signatures = missions::signatures(conn, &ids)?;
        let named: Vec<AccountId> =
            signatures.iter().map(|s| s.account_id).chain(page.items.iter().map(|row| row.proposed_by_id)).collect();
        let people = people(conn, named)?;
        Ok(page.map(|row| shown(row, &signatures, &people, now.date())))
    })
    .await
}

/// Reads a version of a mission.
#[utoipa::path(get, path = "/missions/{mission_id}",
    tag = "missions", security(("bearer" = [])), params(("mission_id" = MissionId, Path, description = "The mission.")),
    responses((status = 200, body = MissionDetail)))]
pub async fn get_mission(ctx: Ctx, id: Path<MissionId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, _) = find_for(conn, actor, id.0, Action::GetMission, Purpose::Read, now)?;
        one(conn, row, now)
    })
    .await
}

/// Changes a mission that is a draft, or is being decided on.
///
/// While it is being decided on, its decision gets a new version of the text, and whoever took a stance is asked again.
#[utoipa::path(patch, path = "/missions/{mission_id}",
    tag = "missions", security(("bearer" = [])), params(("mission_id" = MissionId, Path, description = "The mission."), IfMatchParam),
    request_body = MissionPatch, responses((status = 200, body = MissionDetail)))]
pub async fn update_mission(
    ctx: Ctx,
    id: Path<MissionId>,
    if_match: IfMatch,
    body: Valid<MissionPatch>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::UpdateMission, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        if !matches!(row.state, MissionState::Draft | MissionState::Proposed) {
            return Err(Error::conflict(format!("The mission is {}; propose another one in its place.", row.state)));
        }
        let given = body.0.text.is_given();
        let pending = Pending::mission(tx, &row)?;
        let row = missions::write(tx, &row, body.0.text.changeset(Into::into), now)?;
        pending.renew_mission(tx, &Proposer { state: &state, actor, scoped: &scoped }, &row)?;
        let changed = given.then_some("text");
        let event = events::MISSION_UPDATED.on(id.0.0).within(row.partnership_id.0).changed(changed);
        let shown = one(tx, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Proposes a mission again that was not adopted.
#[utoipa::path(post, path = "/missions/{mission_id}/propose",
    tag = "missions", security(("bearer" = [])), params(("mission_id" = MissionId, Path, description = "The mission."), IfMatchParam),
    responses((status = 200, body = MissionDetail)))]
pub async fn repropose_mission(ctx: Ctx, id: Path<MissionId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::ReproposeMission, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(MissionState::Proposed)?;
        demand_leaders(tx, row.partnership_id, now.date())?;
        missions::demand_none_proposed(tx, row.partnership_id)?;
        let decision = Proposer { state: &state, actor, scoped: &scoped }.open_mission(tx, &row)?;
        let row = missions::propose(tx, &row, decision, now)?;
        let event = events::MISSION_PROPOSED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Gives a draft of a mission up.
///
/// A mission that is being decided on is a draft once its decision was withdrawn.
#[utoipa::path(post, path = "/missions/{mission_id}/withdraw",
    tag = "missions", security(("bearer" = [])), params(("mission_id" = MissionId, Path, description = "The mission."), IfMatchParam),
    responses((status = 200, body = MissionDetail)))]
pub async fn withdraw_mission(ctx: Ctx, id: Path<MissionId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::WithdrawMission, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        row.state.demand(MissionState::Withdrawn)?;
        let row = missions::touch(tx, id.0, MissionState::Withdrawn, now)?;
        let event = events::MISSION_WITHDRAWN.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

crate::operations! {
    propose_mission,
    list_missions,
    get_mission,
    update_mission,
    repropose_mission,
    withdraw_mission,
}
