//! Goals: written by members, adopted by decision of both sides, pursued one at a time.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, DecisionId, GoalId, PartnershipId};
use crate::partnerships::achievability::Achievability;
use crate::partnerships::adoption::{self, Pending, Proposer};
use crate::partnerships::events;
use crate::partnerships::model::{Goal, GoalResult, GoalSignature, GoalState, SigningPurpose};
use crate::partnerships::policy::{self, Action, GoalFace, Subject, WHOLE};
use crate::partnerships::queries::goals::{self, GoalChanges, Seen};
use crate::partnerships::queries::objectives;
use crate::partnerships::routes::partnerships::load_for;
use crate::partnerships::signing::{Signed, missing_sides};
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::text::{Day, Line, Prose};
use crate::platform::values::{Change, Patch};
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

/// Whether members and partners can influence what a goal is about.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateInfluence {
    /// Whether they can.
    is_within: bool,
    /// Why, or why not.
    why: Prose<3, 500>,
}

/// A goal in the making.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Light the alleys behind Kansas Avenue", "target_on": "2027-11-30",
    "description": "Every alley between 10th and 18th Street is lit from dusk to dawn, and residents walk there again.",
    "influence": {"is_within": true, "why": "The utility mends what is reported, and residents can report every lamp."},
    "resources_plan": "Tom asks the utility for a survey; the merchants pay for timers."
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
    /// Whether members and partners can influence it: a question of the achievability test.
    influence: Option<StateInfluence>,
    /// The plan by which what it needs is got: a question of the achievability test, where not all needs are pledged.
    resources_plan: Option<Prose<3, 1000>>,
    /// Why it should be tried although it does not pass the test; it stands in the text that is decided on.
    override_reason: Option<Prose<10, 1000>>,
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
    /// Whether members and partners can influence it.
    #[serde(default)]
    influence: Patch<StateInfluence>,
    /// The plan by which what it needs is got.
    #[serde(default)]
    resources_plan: Patch<Prose<3, 1000>>,
    /// Why it should be tried although it does not pass the achievability test.
    #[serde(default)]
    override_reason: Patch<Prose<10, 1000>>,
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

/// Whether members and partners can influence what a goal is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct Influence {
    /// Whether they can.
    is_within: bool,
    /// Why, or why not.
    why: String,
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
    /// Whether members and partners can influence it, as whoever wrote it says; `null` for readers outside the partnership.
    influence: Option<Influence>,
    /// The plan by which what it needs is got; `null` for readers outside the partnership.
    resources_plan: Option<String>,
    /// Why it is tried although it does not pass the achievability test; `null` for readers outside the partnership.
    override_reason: Option<String>,
    /// The achievability test as of the day on which the goal was proposed, or of today; only in the goal by itself, until
    /// it is adopted, and for readers inside the partnership.
    achievability: Option<Achievability>,
    /// The decision by which it is, or was, adopted.
    decision_id: Option<DecisionId>,
    /// The goal whose place it is to take, or took.
    replaces_id: Option<GoalId>,
    /// Who signed it, where signatures adopted it, before decisions did; empty for readers outside the partnership.
    signatures: Vec<Signed>,
    /// Sides that have not signed its assessment, while there is one that waits for signatures.
    missing_signatures: Vec<Side>,
    /// When it was put up for decision.
    proposed_at: Option<Instant>,
    /// When it was adopted.
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

fn shown(
    row: Goal,
    achievability: Option<Achievability>,
    signatures: &[GoalSignature],
    people: &HashMap<AccountId, PersonRef>,
    inside: bool,
) -> GoalDetail {
    let of = |purpose: SigningPurpose| signatures.iter().filter(move |s| s.goal_id == row.id && s.purpose == purpose);
    let signed = |purpose| -> Vec<Signed> {
        of(purpose)
            .filter(|_| inside)
            .map(|s| Signed { side: s.side, by: people.get(&s.account_id).cloned(), signed_at: s.created_at })
            .collect()
    };
    let closes = row.state.is_pursued() && row.closing_result.is_some();
    let missing = || missing_sides(of(SigningPurpose::Close).map(|s| s.side));
    GoalDetail {
        signatures: signed(SigningPurpose::Adopt),
        closing_signatures: signed(SigningPurpose::Close),
        missing_signatures: if closes { missing() } else { Vec::new() },
        influence: row
            .within_influence
            .zip(row.influence_reason)
            .filter(|_| inside)
            .map(|(is_within, why)| Influence { is_within, why }),
        resources_plan: row.resources_plan.filter(|_| inside),
        override_reason: row.override_reason.filter(|_| inside),
        achievability: achievability.filter(|_| inside),
        decision_id: row.decision_id.filter(|_| inside),
        replaces_id: row.replaces_id,
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
pub fn one(conn: &mut Conn, row: Goal, scoped: &Scoped, now: Instant) -> Result<Versioned<GoalDetail>> {
    let signatures = goals::signatures(conn, &[row.id])?;
    let named: Vec<AccountId> = signatures.iter().map(|s| s.account_id).chain([row.created_by_id]).collect();
    let people = people(conn, named)?;
    let (version, inside) = (row.version, scoped.standing.is_inside());
    let achievability = match row.is_changeable() && inside {
        true => {
            let of = objectives::of_goal(conn, row.id)?;
            Some(adoption::achievability(conn, &row, &of, now)?)
        }
        false => None,
    };
    Ok(Versioned::new(shown(row, achievability, &signatures, &people, inside), version))
}

/// Who may see it, and whether the actor wrote it.
pub fn subject(actor: &Actor, row: &Goal) -> Subject {
    let goal = match row {
        _ if row.is_published() => GoalFace::Published,
        _ if row.is_being_decided() => GoalFace::Proposed,
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
#[utoipa::path(post, path = "/partnerships/{partnership_id}/goals",
    tag = "goals", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = CreateGoal, responses((status = 201, body = GoalDetail)))]
pub async fn create_goal(ctx: Ctx, id: Path<PartnershipId>, body: Valid<CreateGoal>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = load_for(tx, actor, id.0, Action::CreateGoal, Purpose::Change, now)?;
        scoped.demand_live()?;
        let CreateGoal { title, description, target_on, state, influence, resources_plan, override_reason } = body.0;
        demand_future(target_on, now)?;
        let influence = influence.map(|StateInfluence { is_within, why }| (is_within, why.into()));
        let (within_influence, influence_reason) = influence.unzip();
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
            within_influence,
            influence_reason,
            resources_plan: resources_plan.map(Into::into),
            override_reason: override_reason.map(Into::into),
            replaces_id: None,
            decision_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        goals::insert(tx, &goal)?;
        let event = events::GOAL_CREATED.on(goal.id.0).within(id.0.0);
        let location = format!("{API}/goals/{}", goal.id);
        let value = one(tx, goal, &scoped, now)?.value;
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
/// Everybody who sees the partnership sees goals that both sides stand or stood behind; members also those that are being
/// decided on and their own; leaders and officials all.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/goals",
    tag = "goals", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), GoalFilter, PageParams),
    responses((status = 200, body = Page<GoalDetail>)))]
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
        Ok(page.map(|row| shown(row, None, &signatures, &people, inside)))
    })
    .await
}

/// Reads a goal.
#[utoipa::path(get, path = "/goals/{goal_id}",
    tag = "goals", security((), ("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal.")),
    responses((status = 200, body = GoalDetail)))]
pub async fn get_goal(ctx: Ctx, id: Path<GoalId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, scoped) = find_for(conn, actor, id.0, Action::GetGoal, Purpose::Read, now)?;
        one(conn, row, &scoped, now)
    })
    .await
}

/// Refuses to change a goal, or its objectives, that both sides stand or stood behind: such a goal is amended by decision.
///
/// # Errors
/// A conflict.
pub fn demand_changeable(goal: &Goal) -> Result<()> {
    if goal.is_changeable() {
        return Ok(());
    }
    let way = if goal.state.is_pursued() { "; it is amended by decision" } else { "" };
    Err(Error::conflict(format!("The goal is {} and can't be changed{way}.", goal.state)))
}

/// Changes a goal in the making, or one that is being decided on.
///
/// While it is being decided on, its decision gets a new version of the text, and whoever took a stance is asked again.
#[utoipa::path(patch, path = "/goals/{goal_id}",
    tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    request_body = GoalPatch, responses((status = 200, body = GoalDetail)))]
pub async fn update_goal(ctx: Ctx, id: Path<GoalId>, if_match: IfMatch, body: Valid<GoalPatch>) -> Result<Reply> {
    let application = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::UpdateGoal, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_changeable(&row)?;
        let GoalPatch { title, description, target_on, state, influence, resources_plan, override_reason } = body.0;
        if let Change::Set(day) = &target_on {
            demand_future(*day, now)?;
        }
        if state.is_given() && row.is_being_decided() {
            return Err(Error::conflict("The goal is being decided on; take the decision back first."));
        }
        let changed: Vec<&'static str> = [
            ("title", title.is_given()),
            ("description", description.is_given()),
            ("target_on", target_on.is_given()),
            ("state", state.is_given()),
            ("influence", influence.is_given()),
            ("resources_plan", resources_plan.is_given()),
            ("override_reason", override_reason.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        let (within_influence, influence_reason) = match influence {
            Patch::Keep => (None, None),
            Patch::Clear => (Some(None), Some(None)),
            Patch::Set(StateInfluence { is_within, why }) => (Some(Some(is_within)), Some(Some(why.into()))),
        };
        let changes = GoalChanges {
            title: title.changeset(Into::into),
            description: description.changeset(Into::into),
            target_on: target_on.changeset(|day| day.0),
            state: state.changeset(OpenGoalState::state),
            within_influence,
            influence_reason,
            resources_plan: resources_plan.changeset(Into::into),
            override_reason: override_reason.changeset(Into::into),
            ..GoalChanges::default()
        };
        let pending = Pending::goal(tx, &row)?;
        let row = goals::update(tx, &row, changes, now)?;
        pending.renew_goal(tx, &Proposer { state: &application, actor, scoped: &scoped }, &row)?;
        let event = events::GOAL_UPDATED.on(id.0.0).within(row.partnership_id.0).changed(changed);
        let shown = one(tx, row, &scoped, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Notes that work on an adopted goal began.
#[utoipa::path(post, path = "/goals/{goal_id}/start",
    tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    responses((status = 200, body = GoalDetail)))]
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
        let shown = one(tx, row, &scoped, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Gives up a goal in the making.
#[utoipa::path(post, path = "/goals/{goal_id}/abandon",
    tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    responses((status = 200, body = GoalDetail)))]
pub async fn abandon_goal(ctx: Ctx, id: Path<GoalId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::AbandonGoal, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        row.state.demand(GoalState::Abandoned)?;
        if !row.state.is_open() || row.is_being_decided() {
            return Err(Error::conflict("Only a goal in the making can be given up so; an adopted one is closed."));
        }
        let changes = GoalChanges { state: Some(GoalState::Abandoned), ..GoalChanges::default() };
        let row = goals::update(tx, &row, changes, now)?;
        let event = events::GOAL_ABANDONED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, row, &scoped, now)?;
        tx.recorded(event, shown)
    })
    .await
}

crate::operations! {
    create_goal,
    list_goals,
    get_goal,
    update_goal,
    start_goal,
    abandon_goal,
}
