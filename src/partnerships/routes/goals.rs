//! Goals: written by members, proposed by leaders, signed by both sides, pursued one at a time.

use std::collections::HashMap;

use actix_web::{get, patch, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, GoalId, PartnershipId};
use crate::partnerships::events;
use crate::partnerships::model::{Goal, GoalResult, GoalSignature, GoalState, SignatureId, SigningPurpose};
use crate::partnerships::policy::{self, Action, GoalFace, Subject, WHOLE};
use crate::partnerships::queries::formation::is_complete;
use crate::partnerships::queries::goals::{self, GoalChanges, Seen};
use crate::partnerships::queries::{missions, objectives};
use crate::partnerships::routes::missions::{demand_leaders, signing_seat};
use crate::partnerships::routes::partnerships::load_for;
use crate::partnerships::signing::{Signed, missing_sides};
use crate::partnerships::stages::reconsider;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::text::{Day, Line, Prose};
use crate::platform::values::Change;
use crate::text_enum;

text_enum! {
    /// Where a goal in the making may stand.
    pub enum OpenGoalState {
        /// Kept for later.
        Backlog = "backlog",
        /// Being written.
        Draft = "draft",
    }
}

impl OpenGoalState {
    const fn state(self) -> GoalState {
        match self {
            Self::Backlog => GoalState::Backlog,
            Self::Draft => GoalState::Draft,
        }
    }
}

/// A goal in the making.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Light the alleys behind Kansas Avenue", "target_on": "2027-11-30",
    "description": "Every alley between 10th and 18th Street is lit from dusk to dawn, and residents walk there again."
}))]
pub struct CreateGoal {
    /// What is to be reached, in a line.
    title: Line<5, 150>,
    /// What that means, and how everybody will know.
    description: Prose<10, 2000>,
    /// The day by which it is to be reached.
    target_on: Day,
    /// `draft` where nothing is said; `backlog` keeps it for later.
    state: Option<OpenGoalState>,
}
impl Check for CreateGoal {}

/// Changes to a goal in the making.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoalPatch {
    /// What is to be reached, in a line.
    #[serde(default)]
    title: Change<Line<5, 150>>,
    /// What that means, and how everybody will know.
    #[serde(default)]
    description: Change<Prose<10, 2000>>,
    /// The day by which it is to be reached.
    #[serde(default)]
    target_on: Change<Day>,
    /// Moves it between backlog and draft.
    #[serde(default)]
    state: Change<OpenGoalState>,
}
impl Check for GoalPatch {}

/// Which goals to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GoalFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<GoalState>,
}

/// A goal.
#[derive(Debug, Serialize, ToSchema)]
pub struct GoalDetail {
    /// The goal.
    id: GoalId,
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// What is to be reached, in a line.
    title: String,
    /// What that means, and how everybody will know.
    description: String,
    /// Where it stands.
    state: GoalState,
    /// Whether it is the partnership's one current goal.
    is_current: bool,
    /// The day by which it is to be reached.
    #[schema(value_type = crate::platform::text::Day)]
    target_on: NaiveDate,
    /// Who wrote it; `null` for readers outside the partnership.
    created_by: Option<PersonRef>,
    /// Who signed it; empty for readers outside the partnership.
    signatures: Vec<Signed>,
    /// Sides that have not signed what waits for signatures: the goal while it is proposed, its closing while that is.
    missing_signatures: Vec<Side>,
    /// When it was put up for signing.
    proposed_at: Option<Instant>,
    /// When both sides had signed.
    adopted_at: Option<Instant>,
    /// When work began.
    started_at: Option<Instant>,
    /// When both sides had signed its assessment.
    closed_at: Option<Instant>,
    /// What it came to, or is to come to once both sides have signed.
    closing_result: Option<GoalResult>,
    /// Why that is the result.
    assessment: Option<String>,
    /// What shows it.
    evidence: Option<String>,
    /// Who signed the assessment; empty for readers outside the partnership.
    closing_signatures: Vec<Signed>,
    /// Changes with every change.
    version: i64,
    /// When it was put down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn shown(row: Goal, signatures: &[GoalSignature], people: &HashMap<AccountId, PersonRef>, inside: bool) -> GoalDetail {
    let of = |purpose: SigningPurpose| signatures.iter().filter(move |s| s.goal_id == row.id && s.purpose == purpose);
    let signed = |purpose| -> Vec<Signed> {
        of(purpose)
            .filter(|_| inside)
            .map(|s| Signed { side: s.side, by: people.get(&s.account_id).cloned(), signed_at: s.created_at })
            .collect()
    };
    let waits_for = match (row.state, row.closing_result) {
        (GoalState::Proposed, _) => Some(SigningPurpose::Adopt),
        (state, Some(_)) if state.is_pursued() => Some(SigningPurpose::Close),
        _ => None,
    };
    GoalDetail {
        signatures: signed(SigningPurpose::Adopt),
        closing_signatures: signed(SigningPurpose::Close),
        missing_signatures: waits_for.map(|purpose| missing_sides(of(purpose).map(|s| s.side))).unwrap_or_default(),
        id: row.id,
        partnership_id: row.partnership_id,
        title: row.title,
        description: row.description,
        is_current: row.state.is_current(),
        state: row.state,
        target_on: row.target_on,
        created_by: people.get(&row.created_by_id).filter(|_| inside).cloned(),
        proposed_at: row.proposed_at,
        adopted_at: row.adopted_at,
        started_at: row.started_at,
        closed_at: row.closed_at,
        // Until both sides have signed, an assessment is a matter between them.
        closing_result: row.closing_result.filter(|_| inside || row.closed_at.is_some()),
        assessment: row.assessment.filter(|_| inside || row.closed_at.is_some()),
        evidence: row.evidence.filter(|_| inside || row.closed_at.is_some()),
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// A goal with its version, as much of it as the reader may see.
pub fn one(conn: &mut Conn, row: Goal, scoped: &Scoped) -> Result<Versioned<GoalDetail>> {
    let signatures = goals::signatures(conn, &[row.id])?;
    let named: Vec<AccountId> = signatures.iter().map(|s| s.account_id).chain([row.created_by_id]).collect();
    let people = people(conn, named)?;
    let version = row.version;
    Ok(Versioned::new(shown(row, &signatures, &people, scoped.standing.is_inside()), version))
}

/// Who may see it, and whether the actor wrote it.
pub fn subject(actor: &Actor, row: &Goal) -> Subject {
    let goal = match row.state {
        _ if row.is_published() => GoalFace::Published,
        GoalState::Proposed => GoalFace::Proposed,
        _ => GoalFace::Draft,
    };
    Subject { is_own: actor.id() == Some(row.created_by_id), goal, ..WHOLE }
}

/// The goal as this actor may have it for `action`, with how the actor stands towards its partnership.
pub fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: GoalId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Goal, Scoped)> {
    if purpose == Purpose::Change {
        actor.person()?;
    }
    let row = goals::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, row.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let row = if purpose == Purpose::Change { goals::find(conn, id)?.ok_or_else(Error::not_found)? } else { row };
    policy::demand(actor, &scoped.standing, subject(actor, &row), action)?;
    Ok((row, scoped))
}

/// Puts a goal down.
///
/// Any member can. Until it is proposed, only its author, leaders and officials see it.
#[utoipa::path(tag = "goals", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = CreateGoal, responses((status = 201, body = GoalDetail)))]
#[post("/partnerships/{partnership_id}/goals")]
pub async fn create_goal(ctx: Ctx, id: Path<PartnershipId>, body: Valid<CreateGoal>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = load_for(tx, actor, id.0, Action::CreateGoal, Purpose::Change, now)?;
        scoped.demand_live()?;
        let CreateGoal { title, description, target_on, state } = body.0;
        demand_future(target_on, now)?;
        let goal = Goal {
            id: GoalId::new(),
            partnership_id: id.0,
            title: title.into(),
            description: description.into(),
            state: state.map_or(GoalState::Draft, OpenGoalState::state),
            target_on: target_on.0,
            created_by_id: by,
            proposed_at: None,
            adopted_at: None,
            started_at: None,
            closed_at: None,
            closing_result: None,
            assessment: None,
            evidence: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        goals::insert(tx, &goal)?;
        let event = events::GOAL_CREATED.on(goal.id.0).within(id.0.0);
        let location = format!("{API}/goals/{}", goal.id);
        let value = one(tx, goal, &scoped)?.value;
        tx.recorded(event, Created { value, location, version: Some(1) })
    })
    .await
}

fn demand_future(day: Day, now: Instant) -> Result<()> {
    if day.0 > now.date() {
        return Ok(());
    }
    Err(Error::field("/target_on", FieldCode::OutOfRange, "must be a day to come"))
}

/// Lists a partnership's goals, newest first.
///
/// Everybody who sees the partnership sees goals that both sides stand or stood behind; members also the proposed one and
/// their own; leaders and officials all.
#[utoipa::path(tag = "goals", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), GoalFilter, PageParams),
    responses((status = 200, body = Page<GoalDetail>)))]
#[get("/partnerships/{partnership_id}/goals")]
pub async fn list_goals(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<GoalFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let scoped = load_for(conn, actor, id.0, Action::ListGoals, Purpose::Read, now)?;
        let seen = match (scoped.standing.sees_drafts(), scoped.standing.membership, actor.id()) {
            (true, ..) => Seen::All,
            (false, Some(_), Some(reader)) => Seen::ByMember(reader),
            _ => Seen::Published,
        };
        let page = goals::list(conn, id.0, seen, listing.filter.state, &listing)?;
        let ids: Vec<GoalId> = page.items.iter().map(|row| row.id).collect();
        let signatures = goals::signatures(conn, &ids)?;
        let named: Vec<AccountId> =
            signatures.iter().map(|s| s.account_id).chain(page.items.iter().map(|row| row.created_by_id)).collect();
        let people = people(conn, named)?;
        let inside = scoped.standing.is_inside();
        Ok(page.map(|row| shown(row, &signatures, &people, inside)))
    })
    .await
}

/// Reads a goal.
#[utoipa::path(tag = "goals", security((), ("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal.")),
    responses((status = 200, body = GoalDetail)))]
#[get("/goals/{goal_id}")]
pub async fn get_goal(ctx: Ctx, id: Path<GoalId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, scoped) = find_for(conn, actor, id.0, Action::GetGoal, Purpose::Read, now)?;
        one(conn, row, &scoped)
    })
    .await
}

/// Refuses to change a goal, or its objectives, once it waits for signatures or has them.
///
/// # Errors
/// A conflict.
pub fn demand_open(goal: &Goal) -> Result<()> {
    if goal.state.is_open() {
        Ok(())
    } else {
        Err(Error::conflict(format!("The goal is {}; only a goal in the making can be changed.", goal.state)))
    }
}

/// Changes a goal in the making.
#[utoipa::path(tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    request_body = GoalPatch, responses((status = 200, body = GoalDetail)))]
#[patch("/goals/{goal_id}")]
pub async fn update_goal(ctx: Ctx, id: Path<GoalId>, if_match: IfMatch, body: Valid<GoalPatch>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::UpdateGoal, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_open(&row)?;
        let GoalPatch { title, description, target_on, state } = body.0;
        if let Change::Set(day) = &target_on {
            demand_future(*day, now)?;
        }
        let changed: Vec<&'static str> = [
            ("title", title.is_given()),
            ("description", description.is_given()),
            ("target_on", target_on.is_given()),
            ("state", state.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        let changes = GoalChanges {
            title: title.changeset(Into::into),
            description: description.changeset(Into::into),
            target_on: target_on.changeset(|day| day.0),
            state: state.changeset(OpenGoalState::state),
            ..GoalChanges::default()
        };
        let row = goals::update(tx, &row, changes, now)?;
        let event = events::GOAL_UPDATED.on(id.0.0).within(row.partnership_id.0).changed(changed);
        let shown = one(tx, row, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Puts a goal up for signing: it becomes the partnership's current goal.
///
/// Needs leaders of both sides, an adopted mission, and one to five objectives, each with indicator, baseline, target and
/// due day. A partnership has one current goal at a time; where two become current at once, one wins.
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
        let changes = GoalChanges {
            state: Some(GoalState::Proposed),
            proposed_at: Some(Some(now)),
            ..GoalChanges::default()
        };
        let row = goals::update(tx, &row, changes, now)?;
        let event = events::GOAL_PROPOSED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, row, &scoped)?;
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
        let shown = one(tx, row, &scoped)?;
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
        let shown = one(tx, row, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Notes that work on an adopted goal began.
#[utoipa::path(tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    responses((status = 200, body = GoalDetail)))]
#[post("/goals/{goal_id}/start")]
pub async fn start_goal(ctx: Ctx, id: Path<GoalId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::StartGoal, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(GoalState::InProgress)?;
        let changes =
            GoalChanges { state: Some(GoalState::InProgress), started_at: Some(Some(now)), ..GoalChanges::default() };
        let row = goals::update(tx, &row, changes, now)?;
        let event = events::GOAL_STARTED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, row, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Gives up a goal in the making.
#[utoipa::path(tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    responses((status = 200, body = GoalDetail)))]
#[post("/goals/{goal_id}/abandon")]
pub async fn abandon_goal(ctx: Ctx, id: Path<GoalId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::AbandonGoal, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        demand_open(&row)?;
        row.state.demand(GoalState::Abandoned)?;
        let changes = GoalChanges { state: Some(GoalState::Abandoned), ..GoalChanges::default() };
        let row = goals::update(tx, &row, changes, now)?;
        let event = events::GOAL_ABANDONED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, row, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}
