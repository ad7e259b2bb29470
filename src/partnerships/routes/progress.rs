//! Measuring objectives, and what that makes of the goal.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::{Ctx, PersonRef, people};
use crate::ids::GoalId;
use crate::partnerships::events;
use crate::partnerships::model::{Direction, Goal, GoalState, Measurement, MeasurementId, Objective, ObjectiveId};
use crate::partnerships::policy::Action;
use crate::partnerships::progress::{Measured, Track, goal_progress, standing};
use crate::partnerships::queries::objectives;
use crate::partnerships::routes::goals::find_for;
use crate::partnerships::routes::objectives::{demand_past, objective_for};
use crate::partnerships::routes::partnerships::sight;
use crate::partnerships::standing::Purpose;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::{API, Check, Created, Found, Listing, Page, PageParams, Path, Reply, Valid};
use crate::platform::record::timeline::{NoFilter, Of, TimelineEntry, timeline};
use crate::platform::text::{Day, Line};
use crate::platform::values::Quantity;

/// A measurement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"value": 9, "measured_on": "2027-04-30", "source": "Calls for service, department"}))]
pub struct RecordMeasurement {
    /// The number, in the objective's unit; for `do` 0 or 1.
    value: Quantity,
    /// The day that it stands for; not in the future.
    measured_on: Day,
    /// Where it comes from.
    source: Line<3, 150>,
    /// The measurement that this one corrects; the old one stays, marked as corrected.
    corrects_id: Option<MeasurementId>,
}
impl Check for RecordMeasurement {
    fn check(&self, _: &mut Vec<FieldError>) {}
}

/// A measurement.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeasurementDetail {
    /// The measurement.
    id: MeasurementId,
    /// Of which objective.
    objective_id: ObjectiveId,
    /// The number, in the objective's unit.
    value: f64,
    /// The day that it stands for.
    #[schema(value_type = crate::platform::text::Day)]
    measured_on: NaiveDate,
    /// Where it comes from.
    source: String,
    /// Who took it; `null` for readers outside the partnership.
    measured_by: Option<PersonRef>,
    /// The measurement that it corrects.
    corrects_id: Option<MeasurementId>,
    /// The measurement that corrected it: this one counts no more.
    corrected_by_id: Option<MeasurementId>,
    /// When it was recorded.
    created_at: Instant,
}

/// How an objective stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ObjectiveProgress {
    /// The objective.
    objective_id: ObjectiveId,
    /// What is to be reached, in a line.
    title: String,
    /// In what unit.
    unit: String,
    /// Which way it is to go.
    direction: Direction,
    /// Where it started.
    baseline: Option<f64>,
    /// The newest measurement.
    current: Option<f64>,
    /// Where it is to be.
    target: Option<f64>,
    /// The day of the newest measurement.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    measured_on: Option<NaiveDate>,
    /// The day by which it is due.
    #[schema(value_type = crate::platform::text::Day)]
    due_on: NaiveDate,
    /// How much it counts in the goal, 1 to 5.
    weight: i32,
    /// 0 to 1; `null` as long as nothing was measured.
    progress: Option<f64>,
    /// Share of its time that has passed, 0 to 1.
    elapsed: f64,
    /// Against that time; `null` as long as nothing was measured.
    track: Option<Track>,
    /// Whether the newest measurement is older than 45 days.
    is_stale: bool,
}

/// How a goal stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "goal_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "state": "in_progress", "progress": 0.5, "measured_share": 0.75,
    "as_of": "2027-06-30", "objectives": []
}))]
pub struct GoalProgress {
    /// The goal.
    goal_id: GoalId,
    /// Where it stands.
    state: GoalState,
    /// Weighted mean of the objectives that were measured, 0 to 1; `null` as long as none was.
    progress: Option<f64>,
    /// Share of the weight that was measured, 0 to 1.
    measured_share: f64,
    /// The day for which this is computed (UTC).
    #[schema(value_type = crate::platform::text::Day)]
    as_of: NaiveDate,
    /// Each objective, in order.
    objectives: Vec<ObjectiveProgress>,
}

/// What the progress of an objective depends on, with its newest measurement.
pub fn measured(row: &Objective, newest: Option<(f64, NaiveDate)>) -> Measured {
    Measured {
        direction: row.direction,
        baseline: row.baseline,
        target: row.target,
        tolerance: row.tolerance,
        current: newest.map(|(value, _)| value),
        measured_on: newest.map(|(_, day)| day),
        starts_on: row.baseline_on.unwrap_or_else(|| row.created_at.date()),
        due_on: row.due_on,
        weight: row.weight,
    }
}

/// How a goal stands now, from its objectives' newest measurements.
///
/// # Errors
/// When the database can't be asked.
pub fn goal_progress_of(conn: &mut Conn, goal: &Goal, now: Instant) -> Result<GoalProgress> {
    let rows = objectives::of_goal(conn, goal.id)?;
    let ids: Vec<ObjectiveId> = rows.iter().map(|row| row.id).collect();
    let newest = objectives::newest(conn, &ids)?;
    // A closed goal stands as it stood when it was closed.
    let as_of = goal.closed_at.map_or(now, |closed| closed).date();
    let of: Vec<Measured> = rows.iter().map(|row| measured(row, newest.get(&row.id).copied())).collect();
    let (progress, measured_share) = goal_progress(&of);
    let objectives = rows
        .into_iter()
        .zip(&of)
        .map(|(row, of)| {
            let standing = standing(of, as_of);
            ObjectiveProgress {
                objective_id: row.id,
                title: row.title,
                unit: row.unit,
                direction: row.direction,
                baseline: row.baseline,
                current: of.current,
                target: row.target,
                measured_on: of.measured_on,
                due_on: row.due_on,
                weight: row.weight,
                progress: standing.progress,
                elapsed: standing.elapsed,
                track: standing.track,
                is_stale: standing.is_stale,
            }
        })
        .collect();
    Ok(GoalProgress { goal_id: goal.id, state: goal.state, progress, measured_share, as_of, objectives })
}

/// Reads how a goal stands.
///
/// Computed from its objectives' newest measurements; what was not measured counts as unknown, never as nothing.
#[utoipa::path(get, path = "/goals/{goal_id}/progress",
    tag = "goals", security((), ("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal.")),
    responses((status = 200, body = GoalProgress)))]
pub async fn get_goal_progress(ctx: Ctx, id: Path<GoalId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (goal, _) = find_for(conn, actor, id.0, Action::GetGoalProgress, Purpose::Read, now)?;
        Ok(Found(goal_progress_of(conn, &goal, now)?))
    })
    .await
}

/// Lists what happened to a goal, newest first.
#[utoipa::path(get, path = "/goals/{goal_id}/timeline",
    tag = "goals", security((), ("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), PageParams),
    responses((status = 200, body = Page<TimelineEntry>)))]
pub async fn list_goal_timeline(ctx: Ctx, id: Path<GoalId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    let state = ctx.state.clone();
    ctx.read(move |conn, actor| {
        let (_, scoped) = find_for(conn, actor, id.0, Action::ListGoalTimeline, Purpose::Read, now)?;
        timeline(conn, Of::Object(id.0.0), sight(&scoped.standing), &listing, &state.catalogue)
    })
    .await
}

/// Records a measurement of an objective.
///
/// Nothing is overwritten: a correction is a new measurement that names the old one.
#[utoipa::path(post, path = "/objectives/{objective_id}/measurements",
    tag = "objectives", security(("bearer" = [])), params(("objective_id" = ObjectiveId, Path, description = "The objective.")),
    request_body = RecordMeasurement, responses((status = 201, body = MeasurementDetail)))]
pub async fn record_measurement(ctx: Ctx, id: Path<ObjectiveId>, body: Valid<RecordMeasurement>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (objective, goal, scoped) =
            objective_for(tx, actor, id.0, Action::RecordMeasurement, Purpose::Change, now)?;
        scoped.demand_live()?;
        if !goal.state.is_pursued() || objective.withdrawn_at.is_some() {
            return Err(Error::conflict("Measurements are taken while the goal is adopted or in progress."));
        }
        let RecordMeasurement { value, measured_on, source, corrects_id } = body.0;
        demand_past(measured_on.0, "/measured_on", now)?;
        if objective.baseline_on.is_some_and(|baseline| measured_on.0 < baseline) {
            return Err(Error::field(
                "/measured_on",
                FieldCode::OutOfRange,
                "must not be before the day of the baseline",
            ));
        }
        if objective.direction == Direction::Do && value.get() != 0.0 && value.get() != 1.0 {
            return Err(Error::field("/value", FieldCode::NotOneOf, "must be 0 or 1 for do"));
        }
        if let Some(old) = corrects_id {
            objectives::find_measurement(tx, old)?.filter(|old| old.objective_id == id.0).ok_or_else(|| {
                Error::field("/corrects_id", FieldCode::NotFound, "there is no such measurement here")
            })?;
        }
        let row = Measurement {
            id: MeasurementId::new(),
            objective_id: id.0,
            value: value.get(),
            measured_on: measured_on.0,
            source: source.into(),
            measured_by_id: by,
            corrects_id,
            created_at: now,
        };
        objectives::insert_measurement(tx, &row)?;
        let event = if corrects_id.is_some() { events::MEASUREMENT_CORRECTED } else { events::MEASURED };
        let event = event.on(goal.id.0).within(goal.partnership_id.0).fact("measurement", row.id.0);
        let location = format!("{API}/objectives/{}/measurements", id.0);
        let measured_by = people(tx, [by])?.remove(&by);
        let value = detail(row, measured_by, None);
        tx.recorded(event, Created { value, location, version: None })
    })
    .await
}

fn detail(
    row: Measurement,
    measured_by: Option<PersonRef>,
    corrected_by_id: Option<MeasurementId>,
) -> MeasurementDetail {
    MeasurementDetail {
        id: row.id,
        objective_id: row.objective_id,
        value: row.value,
        measured_on: row.measured_on,
        source: row.source,
        measured_by,
        corrects_id: row.corrects_id,
        corrected_by_id,
        created_at: row.created_at,
    }
}

/// Lists an objective's measurements, newest first, corrected ones included.
#[utoipa::path(get, path = "/objectives/{objective_id}/measurements",
    tag = "objectives", security((), ("bearer" = [])),
    params(("objective_id" = ObjectiveId, Path, description = "The objective."), PageParams),
    responses((status = 200, body = Page<MeasurementDetail>)))]
pub async fn list_measurements(ctx: Ctx, id: Path<ObjectiveId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (_, _, scoped) = objective_for(conn, actor, id.0, Action::ListMeasurements, Purpose::Read, now)?;
        let page = objectives::list_measurements(conn, id.0, &listing)?;
        let inside = scoped.standing.is_inside();
        let people = people(conn, page.items.iter().filter(|_| inside).map(|(row, _)| row.measured_by_id))?;
        Ok(page.map(|(row, corrected_by)| {
            let by = people.get(&row.measured_by_id).cloned();
            detail(row, by, corrected_by)
        }))
    })
    .await
}

crate::operations! {
    get_goal_progress,
    list_goal_timeline,
    record_measurement,
    list_measurements,
}
