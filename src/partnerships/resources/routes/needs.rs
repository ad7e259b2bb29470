//! Needs: written down for a goal, one of its objectives or a task, asked for openly, withdrawn.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::needing::needing;
use crate::accounts::{Actor, Ctx, PersonRef, people};
use crate::ids::{AccountId, GoalId, PartnershipId, TaskId};
use crate::partnerships::model::{Goal, ObjectiveId};
use crate::partnerships::resources::events;
use crate::partnerships::resources::model::{Need, NeedId, NeedKind, NeedState};
use crate::partnerships::resources::pledging::{self, Wanted, sums};
use crate::partnerships::resources::policy::{self, Action, Subject, WHOLE};
use crate::partnerships::resources::queries::needs::{self, NeedChanges, Seen};
use crate::partnerships::resources::queries::pledges;
use crate::partnerships::resources::told::{face, told};
use crate::partnerships::sight;
use crate::partnerships::standing::{Purpose, Scoped, Standing};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Tx, Valid, Versioned, wrong,
};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::policy::Decision;
use crate::platform::record::timeline::{NoFilter, Of, TimelineEntry, timeline};
use crate::platform::text::{Day, Line, Prose};
use crate::platform::values::{Change, Patch, Whole};

/// How much of something, in a unit that is told beside it.
pub type Amount = Whole<1, 1_000_000_000>;

/// A need.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "material", "title": "Lamps for the alleys", "quantity": 30, "unit": "lamps", "due_on": "2027-06-30",
    "goal_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "why": "The city mends lamps that are there, and mounts none that are not."
}))]
pub struct CreateNeed {
    /// What kind of thing.
    kind: NeedKind,
    /// What, in a line.
    title: Line<3, 150>,
    /// How much.
    quantity: Amount,
    /// In what unit; whole numbers of it are counted, so whoever needs halves takes a smaller one.
    unit: Line<1, 40>,
    /// The day by which it is needed.
    due_on: Day,
    /// The goal that needs it. One of this, `objective_id` and `task_id`.
    goal_id: Option<GoalId>,
    /// The objective that needs it.
    objective_id: Option<ObjectiveId>,
    /// The task that needs it: one that is not done. It is a need of the goal that the task serves, or else of the current
    /// one.
    task_id: Option<TaskId>,
    /// Why it is needed.
    why: Prose<10, 1000>,
    /// How it is to be got where nobody has pledged it yet.
    plan: Option<Prose<10, 1000>>,
}
impl Check for CreateNeed {
    fn check(&self, errors: &mut Vec<FieldError>) {
        let given = [
            ("/goal_id", self.goal_id.is_some()),
            ("/objective_id", self.objective_id.is_some()),
            ("/task_id", self.task_id.is_some()),
        ];
        let mut given = given.into_iter().filter_map(|(pointer, is_given)| is_given.then_some(pointer));
        if given.next().is_none() {
            errors.push(wrong("/goal_id", FieldCode::Required, "or objective_id or task_id is required"));
        }
        for more in given {
            errors.push(wrong(more, FieldCode::Inconsistent, "the goal follows from objectives and tasks; send one"));
        }
    }
}

/// Changes to a need.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedPatch {
    /// What, in a line.
    #[serde(default)]
    title: Change<Line<3, 150>>,
    /// How much.
    #[serde(default)]
    quantity: Change<Amount>,
    /// In what unit; not once anything is pledged.
    #[serde(default)]
    unit: Change<Line<1, 40>>,
    /// The day by which it is needed. A later day lets a need that was unmet go on.
    #[serde(default)]
    due_on: Change<Day>,
    /// Why it is needed.
    #[serde(default)]
    why: Change<Prose<10, 1000>>,
    /// How it is to be got where nobody has pledged it yet.
    #[serde(default)]
    plan: Patch<Prose<10, 1000>>,
}
impl Check for NeedPatch {}

/// Why it is not needed any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawNeed {
    /// In words.
    reason: Prose<5, 1000>,
}
impl Check for WithdrawNeed {}

/// Which needs to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NeedFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<NeedState>,
    /// Of this kind.
    #[param(inline)]
    kind: Option<NeedKind>,
    /// Of this goal and its objectives.
    goal_id: Option<GoalId>,
}

/// A need.
#[derive(Debug, Serialize, ToSchema)]
pub struct NeedDetail {
    /// The need.
    id: NeedId,
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// What kind of thing.
    kind: NeedKind,
    /// What, in a line.
    title: String,
    /// How much.
    quantity: i32,
    /// In what unit.
    unit: String,
    /// The day by which it is needed.
    #[schema(value_type = crate::platform::text::Day)]
    due_on: NaiveDate,
    /// The goal that needs it.
    goal_id: GoalId,
    /// The objective of that goal that needs it.
    objective_id: Option<ObjectiveId>,
    /// The task that needs it; `null` for readers outside the partnership.
    task_id: Option<TaskId>,
    /// Why it is needed.
    why: String,
    /// How it is to be got where nobody has pledged it yet; `null` for readers outside the partnership.
    plan: Option<String>,
    /// Where it stands, computed from its pledges.
    state: NeedState,
    /// How much was pledged and accepted, or brought.
    pledged: i64,
    /// How much was brought.
    delivered: i64,
    /// How much nobody has pledged yet.
    missing: i64,
    /// Whether more was pledged than is needed.
    is_over_pledged: bool,
    /// When it was asked for openly.
    requested_at: Option<Instant>,
    /// When somebody first offered a pledge; `null` for readers outside the partnership.
    first_pledged_at: Option<Instant>,
    /// When its day was found to have passed.
    unmet_at: Option<Instant>,
    /// When it was withdrawn.
    withdrawn_at: Option<Instant>,
    /// Why it was withdrawn; `null` for readers outside the partnership.
    withdrawal_reason: Option<String>,
    /// Who wrote it down; `null` for readers outside the partnership.
    created_by: Option<PersonRef>,
    /// Changes with every change.
    version: i64,
    /// When it was written down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn shown(row: Need, people: &HashMap<AccountId, PersonRef>, inside: bool) -> NeedDetail {
    let quantity = i64::from(row.quantity);
    NeedDetail {
        missing: (quantity - row.pledged).max(0),
        is_over_pledged: row.pledged > quantity,
        created_by: people.get(&row.created_by_id).filter(|_| inside).cloned(),
        plan: row.plan.filter(|_| inside),
        withdrawal_reason: row.withdrawal_reason.filter(|_| inside),
        id: row.id,
        partnership_id: row.partnership_id,
        kind: row.kind,
        title: row.title,
        quantity: row.quantity,
        unit: row.unit,
        due_on: row.due_on,
        goal_id: row.goal_id,
        objective_id: row.objective_id,
        task_id: row.task_id.filter(|_| inside),
        why: row.why,
        state: row.state,
        pledged: row.pledged,
        delivered: row.delivered,
        requested_at: row.requested_at,
        first_pledged_at: row.first_pledged_at.filter(|_| inside),
        unmet_at: row.unmet_at,
        withdrawn_at: row.withdrawn_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn one(conn: &mut Conn, row: Need, scoped: &Scoped) -> Result<Versioned<NeedDetail>> {
    let people = people(conn, [row.created_by_id])?;
    let version = row.version;
    // When it was first pledged is beyond its version, see `note_first_pledge`.
    Ok(Versioned::volatile(shown(row, &people, scoped.standing.is_inside()), version))
}

/// Who may see it, and whether the actor wrote it.
fn subject(actor: &Actor, need: &Need, goal: &Goal) -> Subject {
    Subject { is_own: actor.id() == Some(need.created_by_id), face: face(need, goal), ..WHOLE }
}

/// Those of these needs that the actor sees, in one statement. `standing` says how the actor stands towards a partnership.
///
/// # Errors
/// When the database can't be asked.
pub fn seen_needs(
    conn: &mut Conn,
    actor: &Actor,
    ids: Vec<NeedId>,
    standing: &impl Fn(PartnershipId) -> Option<Standing>,
) -> Result<Vec<NeedId>> {
    let found = needs::find_all(conn, ids)?;
    let seen = found.into_iter().filter(|(need, goal)| {
        let subject = subject(actor, need, goal);
        standing(need.partnership_id)
            .is_some_and(|standing| policy::allows(actor, &standing, subject, Action::GetNeed) == Decision::Allow)
    });
    Ok(seen.map(|(need, _)| need.id).collect())
}

/// A need with its goal, its partnership, and what the policy goes by.
pub struct Loaded {
    pub need: Need,
    pub goal: Goal,
    pub scoped: Scoped,
    pub subject: Subject,
}

/// The need, whatever the actor may do with it; absent is 404. Behind the partnership's lock where it is to be changed.
pub fn load(conn: &mut Conn, actor: &Actor, id: NeedId, purpose: Purpose, now: Instant) -> Result<Loaded> {
    if purpose == Purpose::Change {
        actor.person()?;
    }
    let (need, goal) = needs::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, need.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let (need, goal) = match purpose {
        Purpose::Change => needs::find(conn, id)?.ok_or_else(Error::not_found)?,
        Purpose::Read => (need, goal),
    };
    let subject = subject(actor, &need, &goal);
    Ok(Loaded { need, goal, scoped, subject })
}

/// The need as this actor may have it for `action`.
pub fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: NeedId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<Loaded> {
    let found = load(conn, actor, id, purpose, now)?;
    policy::demand(actor, &found.scoped.standing, found.subject, action)?;
    Ok(found)
}

/// The partnership as this actor may have it for `action`.
pub fn load_for(
    conn: &mut Conn,
    actor: &Actor,
    id: PartnershipId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<Scoped> {
    let scoped = Scoped::load(conn, actor, id, purpose, now)?;
    policy::demand(actor, &scoped.standing, WHOLE, action)?;
    Ok(scoped)
}

fn demand_future(day: Day, now: Instant) -> Result<()> {
    if day.0 >= now.date() {
        return Ok(());
    }
    Err(Error::field("/due_on", FieldCode::OutOfRange, "must be today or a day to come"))
}

/// Writes a need down.
///
/// Leaders and resource stewards do, for a goal, for one of its objectives or for a task. Whoever is inside sees it; everybody does once
/// it is asked for openly.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/needs",
    tag = "needs", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = CreateNeed, responses((status = 201, body = NeedDetail)))]
pub async fn create_need(ctx: Ctx, id: Path<PartnershipId>, body: Valid<CreateNeed>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = load_for(tx, actor, id.0, Action::CreateNeed, Purpose::Change, now)?;
        scoped.demand_live()?;
        let CreateNeed { kind, title, quantity, unit, due_on, goal_id, objective_id, task_id, why, plan } = body.0;
        demand_future(due_on, now)?;
        let goal = needing(tx, actor, &scoped, goal_id, objective_id, task_id)?;
        let need = Need {
            id: NeedId::new(),
            partnership_id: id.0,
            kind,
            title: title.into(),
            quantity: quantity.get(),
            unit: unit.into(),
            due_on: due_on.0,
            goal_id: goal.id,
            objective_id,
            why: why.into(),
            plan: plan.map(Into::into),
            state: NeedState::Identified,
            pledged: 0,
            delivered: 0,
            requested_at: None,
            first_pledged_at: None,
            unmet_at: None,
            withdrawn_at: None,
            withdrawal_reason: None,
            created_by_id: by,
            version: 1,
            created_at: now,
            updated_at: now,
            task_id,
        };
        needs::insert(tx, &need)?;
        let event = events::NEED_IDENTIFIED.on(need.id.0).within(id.0.0);
        let location = format!("{API}/needs/{}", need.id);
        let value = one(tx, need, &scoped)?.value;
        tx.recorded(event, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists a partnership's needs, newest first.
///
/// Everybody who sees the partnership sees what is asked for openly; whoever is inside also what is not yet; leaders,
/// officials and resource stewards also what goals in the making need.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/needs",
    tag = "needs", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), NeedFilter, PageParams),
    responses((status = 200, body = Page<NeedDetail>)))]
pub async fn list_needs(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<NeedFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let scoped = load_for(conn, actor, id.0, Action::ListNeeds, Purpose::Read, now)?;
        let seen = match (policy::sees_drafts(&scoped.standing), scoped.standing.membership, actor.id()) {
            (true, ..) => Seen::All,
            (false, Some(_), Some(reader)) => Seen::ByMember(reader),
            _ => Seen::Open,
        };
        let NeedFilter { state, kind, goal_id } = listing.filter;
        let page = needs::list(conn, id.0, &needs::Wanted { seen, state, kind, goal: goal_id }, &listing)?;
        let people = people(conn, page.items.iter().map(|row| row.created_by_id))?;
        let inside = scoped.standing.is_inside();
        Ok(page.map(|row| shown(row, &people, inside)))
    })
    .await
}

/// Reads a need.
#[utoipa::path(get, path = "/needs/{need_id}",
    tag = "needs", security((), ("bearer" = [])), params(("need_id" = NeedId, Path, description = "The need.")),
    responses((status = 200, body = NeedDetail)))]
pub async fn get_need(ctx: Ctx, id: Path<NeedId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let found = find_for(conn, actor, id.0, Action::GetNeed, Purpose::Read, now)?;
        one(conn, found.need, &found.scoped)
    })
    .await
}

/// Refuses to change a need that is over.
fn demand_going_on(need: &Need) -> Result<()> {
    if need.state.has_ended() {
        return Err(Error::conflict(format!("The need is {}; nothing can be changed in it.", need.state)));
    }
    Ok(())
}

/// Changes a need.
///
/// Where it stands is computed anew.
#[utoipa::path(patch, path = "/needs/{need_id}",
    tag = "needs", security(("bearer" = [])),
    params(("need_id" = NeedId, Path, description = "The need."), IfMatchParam),
    request_body = NeedPatch, responses((status = 200, body = NeedDetail)))]
pub async fn update_need(ctx: Ctx, id: Path<NeedId>, if_match: IfMatch, body: Valid<NeedPatch>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let Loaded { need, scoped, .. } = find_for(tx, actor, id.0, Action::UpdateNeed, Purpose::Change, now)?;
        if_match.demand(need.version)?;
        scoped.demand_live()?;
        demand_going_on(&need)?;
        let NeedPatch { title, quantity, unit, due_on, why, plan } = body.0;
        if let Change::Set(day) = &due_on {
            demand_future(*day, now)?;
        }
        if unit.is_given() && need.first_pledged_at.is_some() {
            return Err(Error::conflict("Somebody has pledged in this unit; withdraw the need and write a new one."));
        }
        let changed: Vec<&'static str> = [
            ("title", title.is_given()),
            ("quantity", quantity.is_given()),
            ("unit", unit.is_given()),
            ("due_on", due_on.is_given()),
            ("why", why.is_given()),
            ("plan", plan.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        let changes = NeedChanges {
            title: title.changeset(Into::into),
            quantity: quantity.changeset(Amount::get),
            unit: unit.changeset(Into::into),
            unmet_at: due_on.is_given().then_some(None),
            due_on: due_on.changeset(|day| day.0),
            why: why.changeset(Into::into),
            plan: plan.changeset(Into::into),
            ..NeedChanges::default()
        };
        tx.also(events::NEED_UPDATED.on(id.0.0).within(need.partnership_id.0).changed(changed))?;
        let need = settle(tx, &need, changes, now)?;
        let shown = one(tx, need, &scoped)?;
        Ok(tx.unchanged(shown))
    })
    .await
}

/// Writes changes of a need together with where it stands by its pledges after them, and records what that brings about.
/// Where nothing of the need itself changes it is left as it is: whoever sees it but not its pledges would tell by its
/// version that one was declined or taken back.
///
/// # Errors
/// 409 when the need takes no such step, or has moved on meanwhile.
pub fn settle(tx: &mut Tx<'_>, need: &Need, changes: NeedChanges, now: Instant) -> Result<Need> {
    let sums = sums(pledges::promises(tx, need.id)?);
    let wanted = Wanted {
        quantity: changes.quantity.unwrap_or(need.quantity).into(),
        is_requested: changes.requested_at.unwrap_or(need.requested_at).is_some(),
        is_overdue: changes.unmet_at.unwrap_or(need.unmet_at).is_some(),
        is_withdrawn: changes.withdrawn_at.unwrap_or(need.withdrawn_at).is_some(),
    };
    let state = pledging::state(wanted, sums);
    if state != need.state {
        need.state.demand(state)?;
    }
    let stands = (need.state, need.pledged, need.delivered) == (state, sums.pledged, sums.delivered);
    if stands && changes == NeedChanges::default() {
        return Ok(need.clone());
    }
    let changes =
        NeedChanges { state: Some(state), pledged: Some(sums.pledged), delivered: Some(sums.delivered), ..changes };
    let settled = needs::update(tx, need, changes, now)?;
    let happened = match state {
        _ if state == need.state => None,
        NeedState::Pledged => Some(events::NEED_PLEDGED),
        NeedState::Fulfilled => Some(events::NEED_FULFILLED),
        _ => None,
    };
    if let Some(kind) = happened {
        let (_, goal) = needs::find(tx, need.id)?.ok_or_else(Error::not_found)?;
        tx.also(told(kind, face(&settled, &goal)).on(need.id.0).within(need.partnership_id.0))?;
    }
    Ok(settled)
}

/// Asks for it openly: everybody who sees the partnership sees the need.
///
/// The goal must be adopted: nobody is asked for what both sides don't stand behind yet.
#[utoipa::path(post, path = "/needs/{need_id}/request",
    tag = "needs", security(("bearer" = [])),
    params(("need_id" = NeedId, Path, description = "The need."), IfMatchParam), responses((status = 200, body = NeedDetail)))]
pub async fn request_need(ctx: Ctx, id: Path<NeedId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let Loaded { need, goal, scoped, .. } = find_for(tx, actor, id.0, Action::RequestNeed, Purpose::Change, now)?;
        if_match.demand(need.version)?;
        scoped.demand_live()?;
        if !need.state.is_open() || need.requested_at.is_some() {
            return Err(Error::conflict("The need was asked for already, or is over."));
        }
        if !goal.is_published() {
            return Err(Error::conflict("The goal is not adopted; what it needs is asked for once it is."));
        }
        let changes = NeedChanges { requested_at: Some(Some(now)), ..NeedChanges::default() };
        let need = settle(tx, &need, changes, now)?;
        let event = events::NEED_OPENED.on(id.0.0).within(need.partnership_id.0).fact("kind", need.kind.as_str());
        let shown = one(tx, need, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Withdraws a need: it is not needed any more.
///
/// Pledges stay as they are.
#[utoipa::path(post, path = "/needs/{need_id}/withdraw",
    tag = "needs", security(("bearer" = [])),
    params(("need_id" = NeedId, Path, description = "The need."), IfMatchParam),
    request_body = WithdrawNeed, responses((status = 200, body = NeedDetail)))]
pub async fn withdraw_need(ctx: Ctx, id: Path<NeedId>, if_match: IfMatch, body: Valid<WithdrawNeed>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let Loaded { need, scoped, .. } = find_for(tx, actor, id.0, Action::WithdrawNeed, Purpose::Change, now)?;
        if_match.demand(need.version)?;
        scoped.demand_live()?;
        demand_going_on(&need)?;
        let reason = body.0.reason.into_string();
        let changes = NeedChanges {
            withdrawn_at: Some(Some(now)),
            withdrawal_reason: Some(Some(reason.clone())),
            ..NeedChanges::default()
        };
        let need = settle(tx, &need, changes, now)?;
        let event = events::NEED_WITHDRAWN.on(id.0.0).within(need.partnership_id.0).because(reason);
        let shown = one(tx, need, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Lists what happened with a need, newest first.
#[utoipa::path(get, path = "/needs/{need_id}/timeline",
    tag = "needs", security((), ("bearer" = [])),
    params(("need_id" = NeedId, Path, description = "The need."), PageParams),
    responses((status = 200, body = Page<TimelineEntry>)))]
pub async fn list_need_timeline(ctx: Ctx, id: Path<NeedId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    let state = ctx.state.clone();
    ctx.read(move |conn, actor| {
        let found = find_for(conn, actor, id.0, Action::ListNeedTimeline, Purpose::Read, now)?;
        timeline(conn, Of::Object(id.0.0), sight(&found.scoped.standing), &listing, &state.catalogue)
    })
    .await
}

crate::operations! {
    create_need,
    list_needs,
    get_need,
    update_need,
    request_need,
    withdraw_need,
    list_need_timeline,
}
