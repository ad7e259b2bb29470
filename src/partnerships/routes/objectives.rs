//! Objectives: what a goal means in numbers.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, GoalId, PartnershipId};
use crate::partnerships::adoption::{Pending, Proposer};
use crate::partnerships::amending::AddedObjective;
use crate::partnerships::events;
use crate::partnerships::model::{Direction, Goal, Objective, ObjectiveId};
use crate::partnerships::numbers::{self, Numbers};
use crate::partnerships::policy::Action;
use crate::partnerships::queries::members::is_active_member;
use crate::partnerships::queries::objectives::{self, ObjectiveChangeset};
use crate::partnerships::routes::goals::{demand_changeable, find_for};
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, Found, IfMatch, Path, Reply, Valid, Versioned, wrong};
use crate::platform::text::{Day, Line};
use crate::platform::values::{Change, Patch, Quantity, Whole};

/// An objective.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Fewer burglaries in the alleys", "indicator": "Burglaries reported between 10th and 18th Street",
    "unit": "per quarter", "source": "Calls for service, department", "direction": "decrease",
    "baseline": 12, "baseline_on": "2027-01-31", "target": 6, "due_on": "2027-10-31", "weight": 3
}))]
pub struct CreateObjective {
    /// What is to be reached, in a line.
    title: Line<5, 150>,
    /// What is measured.
    indicator: Line<3, 150>,
    /// In what unit.
    unit: Line<1, 40>,
    /// Where the numbers come from.
    source: Line<3, 150>,
    /// Which way it is to go.
    direction: Direction,
    /// Where it stands today. Not for `do`: that goes from 0 to 1.
    baseline: Option<Quantity>,
    /// The day of the baseline; the time of the objective counts from it.
    baseline_on: Option<Day>,
    /// Where it is to be. Not for `do`.
    target: Option<Quantity>,
    /// How far from the target is still good; for `maintain` only.
    tolerance: Option<Quantity>,
    /// The day by which it is due.
    due_on: Day,
    /// How much it counts in the goal.
    weight: Whole<1, 5>,
    /// The member who looks after it.
    owner_id: Option<AccountId>,
    /// The side that looks after it.
    side: Option<Side>,
}
impl Check for CreateObjective {
    fn check(&self, errors: &mut Vec<FieldError>) {
        numbers::check(&self.numbers(), "", errors);
    }
}

impl CreateObjective {
    fn numbers(&self) -> Numbers {
        Numbers {
            direction: self.direction,
            baseline: self.baseline.map(Quantity::get),
            baseline_on: self.baseline_on.map(|day| day.0),
            target: self.target.map(Quantity::get),
            tolerance: self.tolerance.map(Quantity::get),
            due_on: self.due_on.0,
        }
    }

    /// Notes what is wrong with it, at `place`, where an adopted goal is to get it: then nothing is left open.
    pub(super) fn check_complete(&self, place: &str, errors: &mut Vec<FieldError>) {
        numbers::check(&self.numbers(), place, errors);
        if self.direction != Direction::Do {
            for (field, there) in [("baseline", self.baseline.is_some()), ("target", self.target.is_some())] {
                if !there {
                    errors.push(wrong(format!("{place}/{field}"), FieldCode::Required, "is required"));
                }
            }
        }
    }

    /// What an amendment adds. Where `do` begins, that is today, at nothing.
    pub(super) fn added(self, place: &str, now: Instant) -> Result<AddedObjective> {
        if let Some(day) = self.baseline_on {
            demand_past(day.0, &format!("{place}/baseline_on"), now)?;
        }
        let is_do = self.direction == Direction::Do;
        Ok(AddedObjective {
            title: self.title.into(),
            indicator: self.indicator.into(),
            unit: self.unit.into(),
            source: self.source.into(),
            direction: self.direction,
            baseline: self.baseline.filter(|_| !is_do).map_or(0.0, Quantity::get),
            baseline_on: self.baseline_on.map_or_else(|| now.date(), |day| day.0),
            target: self.target.filter(|_| !is_do).map_or(1.0, Quantity::get),
            tolerance: self.tolerance.map(Quantity::get),
            due_on: self.due_on.0,
            weight: self.weight.get(),
            owner_id: self.owner_id,
            side: self.side,
        })
    }
}

/// Changes to an objective.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectivePatch {
    /// What is to be reached, in a line.
    #[serde(default)]
    title: Change<Line<5, 150>>,
    /// What is measured.
    #[serde(default)]
    indicator: Change<Line<3, 150>>,
    /// In what unit.
    #[serde(default)]
    unit: Change<Line<1, 40>>,
    /// Where the numbers come from.
    #[serde(default)]
    source: Change<Line<3, 150>>,
    /// Which way it is to go.
    #[serde(default)]
    direction: Change<Direction>,
    /// Where it stood at the start.
    #[serde(default)]
    baseline: Patch<Quantity>,
    /// The day of the baseline.
    #[serde(default)]
    baseline_on: Patch<Day>,
    /// Where it is to be.
    #[serde(default)]
    target: Patch<Quantity>,
    /// How far from the target is still good; for `maintain` only.
    #[serde(default)]
    tolerance: Patch<Quantity>,
    /// The day by which it is due.
    #[serde(default)]
    due_on: Change<Day>,
    /// How much it counts in the goal.
    #[serde(default)]
    weight: Change<Whole<1, 5>>,
    /// The member who looks after it.
    #[serde(default)]
    owner_id: Patch<AccountId>,
    /// The side that looks after it.
    #[serde(default)]
    side: Patch<Side>,
}
impl Check for ObjectivePatch {}

/// An objective.
#[derive(Debug, Serialize, ToSchema)]
pub struct ObjectiveDetail {
    /// The objective.
    id: ObjectiveId,
    /// Of which goal.
    goal_id: GoalId,
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// Its place among the goal's objectives.
    position: i32,
    /// What is to be reached, in a line.
    title: String,
    /// What is measured.
    indicator: String,
    /// In what unit.
    unit: String,
    /// Where the numbers come from.
    source: String,
    /// Which way it is to go.
    direction: Direction,
    /// Where it stood at the start.
    baseline: Option<f64>,
    /// The day of the baseline.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    baseline_on: Option<NaiveDate>,
    /// Where it is to be.
    target: Option<f64>,
    /// How far from the target is still good.
    tolerance: Option<f64>,
    /// The day by which it is due.
    #[schema(value_type = crate::platform::text::Day)]
    due_on: NaiveDate,
    /// How much it counts in the goal, 1 to 5.
    weight: i32,
    /// The member who looks after it; `null` for readers outside the partnership.
    owner: Option<PersonRef>,
    /// The side that looks after it.
    side: Option<Side>,
    /// When it was withdrawn.
    withdrawn_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was added.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// All objectives of a goal: never more than five.
#[derive(Debug, Serialize, ToSchema)]
pub struct Objectives {
    /// In their order.
    items: Vec<ObjectiveDetail>,
}

/// Refuses a day that has not come.
pub fn demand_past(day: NaiveDate, pointer: &str, now: Instant) -> Result<()> {
    // Somewhere on earth it may be tomorrow already.
    if day > now.date().succ_opt().unwrap_or(now.date()) {
        return Err(Error::field(pointer, FieldCode::OutOfRange, "must not be in the future"));
    }
    Ok(())
}

/// Refuses days that do not fit the goal.
fn demand_days(goal: &Goal, baseline_on: Option<NaiveDate>, due_on: Option<NaiveDate>, now: Instant) -> Result<()> {
    if due_on.is_some_and(|day| day > goal.target_on) {
        let message = format!("must not be after the day by which the goal is to be reached, {}", goal.target_on);
        return Err(Error::field("/due_on", FieldCode::Inconsistent, message));
    }
    baseline_on.map_or(Ok(()), |day| demand_past(day, "/baseline_on", now))
}

fn shown(row: Objective, goal: &Goal, owner: Option<PersonRef>) -> ObjectiveDetail {
    ObjectiveDetail {
        id: row.id,
        goal_id: row.goal_id,
        partnership_id: goal.partnership_id,
        position: row.position,
        title: row.title,
        indicator: row.indicator,
        unit: row.unit,
        source: row.source,
        direction: row.direction,
        baseline: row.baseline,
        baseline_on: row.baseline_on,
        target: row.target,
        tolerance: row.tolerance,
        due_on: row.due_on,
        weight: row.weight,
        owner,
        side: row.side,
        withdrawn_at: row.withdrawn_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn one(conn: &mut Conn, row: Objective, goal: &Goal, scoped: &Scoped) -> Result<Versioned<ObjectiveDetail>> {
    let owner = match row.owner_id.filter(|_| scoped.standing.is_inside()) {
        Some(id) => people(conn, [id])?.remove(&id),
        None => None,
    };
    let version = row.version;
    Ok(Versioned::new(shown(row, goal, owner), version))
}

/// The objective as this actor may have it for `action`, with its goal.
pub fn objective_for(
    conn: &mut Conn,
    actor: &Actor,
    id: ObjectiveId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Objective, Goal, Scoped)> {
    if purpose == Purpose::Change {
        actor.person()?;
    }
    let goal_id = objectives::find(conn, id)?.ok_or_else(Error::not_found)?.goal_id;
    let (goal, scoped) = find_for(conn, actor, goal_id, action, purpose, now)?;
    let row = objectives::find(conn, id)?.ok_or_else(Error::not_found)?;
    Ok((row, goal, scoped))
}

/// Refuses somebody who is no member.
pub fn demand_owner(conn: &mut Conn, scoped: &Scoped, owner: Option<AccountId>, pointer: &str) -> Result<()> {
    match owner {
        Some(id) if !is_active_member(conn, scoped.partnership.id, id)? => {
            Err(Error::field(pointer, FieldCode::NotFound, "there is no such member here"))
        }
        _ => Ok(()),
    }
}

/// Adds an objective to a goal in the making, or to one that is being decided on.
///
/// A goal has at most five. An adopted goal gets another one by amendment.
#[utoipa::path(post, path = "/goals/{goal_id}/objectives",
    tag = "objectives", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal.")),
    request_body = CreateObjective, responses((status = 201, body = ObjectiveDetail)))]
pub async fn create_objective(ctx: Ctx, id: Path<GoalId>, body: Valid<CreateObjective>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (goal, scoped) = find_for(tx, actor, id.0, Action::CreateObjective, Purpose::Change, now)?;
        scoped.demand_live()?;
        demand_changeable(&goal)?;
        let there = objectives::of_goal(tx, id.0)?;
        let taken: Vec<i32> = there.iter().map(|o| o.position).collect();
        let position = objectives::free_position(&taken).ok_or_else(|| {
            Error::conflict("The goal has five objectives already; a goal that needs more is more than one.")
        })?;
        let CreateObjective {
            title,
            indicator,
            unit,
            source,
            direction,
            baseline,
            baseline_on,
            target,
            tolerance,
            due_on,
            weight,
            owner_id,
            side,
        } = body.0;
        demand_days(&goal, baseline_on.map(|day| day.0), Some(due_on.0), now)?;
        demand_owner(tx, &scoped, owner_id, "/owner_id")?;
        let is_do = direction == Direction::Do;
        let objective = Objective {
            id: ObjectiveId::new(),
            goal_id: id.0,
            position,
            title: title.into(),
            indicator: indicator.into(),
            unit: unit.into(),
            source: source.into(),
            direction,
            baseline: if is_do { Some(0.0) } else { baseline.map(Quantity::get) },
            baseline_on: baseline_on.map(|day| day.0).or(is_do.then(|| now.date())),
            target: if is_do { Some(1.0) } else { target.map(Quantity::get) },
            tolerance: tolerance.map(Quantity::get),
            due_on: due_on.0,
            weight: weight.get(),
            owner_id,
            side,
            withdrawn_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let pending = Pending::goal(tx, &goal)?;
        objectives::insert(tx, &objective)?;
        pending.renew_goal(tx, &Proposer { state: &state, actor, scoped: &scoped }, &goal)?;
        let event = events::OBJECTIVE_CREATED.on(objective.id.0).within(goal.partnership_id.0);
        let location = format!("{API}/objectives/{}", objective.id);
        let value = one(tx, objective, &goal, &scoped)?.value;
        tx.recorded(event, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists a goal's objectives, in their order.
///
/// A goal has at most five, so there is one page.
#[utoipa::path(get, path = "/goals/{goal_id}/objectives",
    tag = "objectives", security((), ("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal.")),
    responses((status = 200, body = Objectives)))]
pub async fn list_objectives(ctx: Ctx, id: Path<GoalId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (goal, scoped) = find_for(conn, actor, id.0, Action::ListObjectives, Purpose::Read, now)?;
        let rows = objectives::of_goal(conn, id.0)?;
        let inside = scoped.standing.is_inside();
        let owners = people(conn, rows.iter().filter_map(|row| row.owner_id.filter(|_| inside)))?;
        let items = rows
            .into_iter()
            .map(|row| {
                let owner = row.owner_id.and_then(|id| owners.get(&id).cloned());
                shown(row, &goal, owner)
            })
            .collect();
        Ok(Found(Objectives { items }))
    })
    .await
}

/// Reads an objective.
#[utoipa::path(get, path = "/objectives/{objective_id}",
    tag = "objectives", security((), ("bearer" = [])), params(("objective_id" = ObjectiveId, Path, description = "The objective.")),
    responses((status = 200, body = ObjectiveDetail)))]
pub async fn get_objective(ctx: Ctx, id: Path<ObjectiveId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, goal, scoped) = objective_for(conn, actor, id.0, Action::GetObjective, Purpose::Read, now)?;
        one(conn, row, &goal, &scoped)
    })
    .await
}

fn demand_live_objective(row: &Objective) -> Result<()> {
    match row.withdrawn_at {
        None => Ok(()),
        Some(_) => Err(Error::conflict("The objective was withdrawn.")),
    }
}

/// Changes an objective of a goal in the making, or of one that is being decided on.
///
/// Objectives of an adopted goal are changed by amendment.
#[utoipa::path(patch, path = "/objectives/{objective_id}",
    tag = "objectives", security(("bearer" = [])), params(("objective_id" = ObjectiveId, Path, description = "The objective."), IfMatchParam),
    request_body = ObjectivePatch, responses((status = 200, body = ObjectiveDetail)))]
pub async fn update_objective(
    ctx: Ctx,
    id: Path<ObjectiveId>,
    if_match: IfMatch,
    body: Valid<ObjectivePatch>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, goal, scoped) = objective_for(tx, actor, id.0, Action::UpdateObjective, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_changeable(&goal)?;
        demand_live_objective(&row)?;
        let patch = body.0;
        let after = |patch: &Patch<Quantity>, before: Option<f64>| match patch {
            Patch::Keep => before,
            Patch::Clear => None,
            Patch::Set(value) => Some(value.get()),
        };
        let numbers = Numbers {
            direction: patch.direction.value().copied().unwrap_or(row.direction),
            baseline: after(&patch.baseline, row.baseline),
            baseline_on: match &patch.baseline_on {
                Patch::Keep => row.baseline_on,
                Patch::Clear => None,
                Patch::Set(day) => Some(day.0),
            },
            target: after(&patch.target, row.target),
            tolerance: after(&patch.tolerance, row.tolerance),
            due_on: patch.due_on.value().map_or(row.due_on, |day| day.0),
        };
        let mut errors = Vec::new();
        numbers::check(&numbers, "", &mut errors);
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        let baseline_on = if patch.baseline_on.is_given() { numbers.baseline_on } else { None };
        demand_days(&goal, baseline_on, patch.due_on.value().map(|day| day.0), now)?;
        demand_owner(tx, &scoped, patch.owner_id.value().copied(), "/owner_id")?;
        let changed: Vec<&'static str> = [
            ("title", patch.title.is_given()),
            ("indicator", patch.indicator.is_given()),
            ("unit", patch.unit.is_given()),
            ("source", patch.source.is_given()),
            ("direction", patch.direction.is_given()),
            ("baseline", patch.baseline.is_given()),
            ("baseline_on", patch.baseline_on.is_given()),
            ("target", patch.target.is_given()),
            ("tolerance", patch.tolerance.is_given()),
            ("due_on", patch.due_on.is_given()),
            ("weight", patch.weight.is_given()),
            ("owner_id", patch.owner_id.is_given()),
            ("side", patch.side.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        let is_do = numbers.direction == Direction::Do;
        let changes = ObjectiveChangeset {
            title: patch.title.changeset(Into::into),
            indicator: patch.indicator.changeset(Into::into),
            unit: patch.unit.changeset(Into::into),
            source: patch.source.changeset(Into::into),
            direction: patch.direction.changeset(|direction| direction),
            baseline: Some(if is_do { Some(0.0) } else { numbers.baseline }),
            baseline_on: Some(numbers.baseline_on.or(is_do.then(|| now.date()))),
            target: Some(if is_do { Some(1.0) } else { numbers.target }),
            tolerance: Some(numbers.tolerance),
            due_on: Some(numbers.due_on),
            weight: patch.weight.changeset(Whole::get),
            owner_id: patch.owner_id.changeset(|id| id),
            side: patch.side.changeset(|side| side),
            withdrawn_at: None,
        };
        let pending = Pending::goal(tx, &goal)?;
        let row = objectives::update(tx, id.0, changes, now)?;
        pending.renew_goal(tx, &Proposer { state: &state, actor, scoped: &scoped }, &goal)?;
        let event = events::OBJECTIVE_UPDATED.on(id.0.0).within(goal.partnership_id.0).changed(changed);
        let shown = one(tx, row, &goal, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Withdraws an objective of a goal in the making, or of one that is being decided on.
#[utoipa::path(post, path = "/objectives/{objective_id}/withdraw",
    tag = "objectives", security(("bearer" = [])), params(("objective_id" = ObjectiveId, Path, description = "The objective."), IfMatchParam),
    responses((status = 200, body = ObjectiveDetail)))]
pub async fn withdraw_objective(ctx: Ctx, id: Path<ObjectiveId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, goal, scoped) = objective_for(tx, actor, id.0, Action::WithdrawObjective, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_changeable(&goal)?;
        demand_live_objective(&row)?;
        let changes = ObjectiveChangeset { withdrawn_at: Some(Some(now)), ..ObjectiveChangeset::default() };
        let pending = Pending::goal(tx, &goal)?;
        let row = objectives::update(tx, id.0, changes, now)?;
        pending.renew_goal(tx, &Proposer { state: &state, actor, scoped: &scoped }, &goal)?;
        let event = events::OBJECTIVE_WITHDRAWN.on(id.0.0).within(goal.partnership_id.0);
        let shown = one(tx, row, &goal, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}

crate::operations! {
    create_objective,
    list_objectives,
    get_objective,
    update_objective,
    withdraw_objective,
}
