//! Progress over time, for charts: a point for each measurement that was not corrected.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::Ctx;
use crate::ids::GoalId;
use crate::partnerships::history::{Reading, Step, merged, steps};
use crate::partnerships::model::{MeasurementId, Objective, ObjectiveId};
use crate::partnerships::policy::Action;
use crate::partnerships::progress::{Measured, Track, standing};
use crate::partnerships::queries::history::{self, Span};
use crate::partnerships::queries::objectives;
use crate::partnerships::routes::goals::find_for;
use crate::partnerships::routes::objectives::objective_for;
use crate::partnerships::routes::progress::measured;
use crate::partnerships::standing::Purpose;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page, PageParams, Path, Reply, demand_range};
use crate::platform::text::Day;

/// Which part of the history to read.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryFilter {
    /// From this day on.
    from: Option<Day>,
    /// Until this day.
    to: Option<Day>,
}

/// How a goal stood after a measurement.
#[derive(Debug, Serialize, ToSchema)]
pub struct GoalPoint {
    /// The day that the measurement stands for.
    #[schema(value_type = crate::platform::text::Day)]
    measured_on: NaiveDate,
    /// The measurement.
    measurement_id: MeasurementId,
    /// The objective that was measured.
    objective_id: ObjectiveId,
    /// The number, in the objective's unit.
    value: f64,
    /// The goal's progress from then on, 0 to 1.
    progress: Option<f64>,
    /// Share of the weight that had been measured, 0 to 1.
    measured_share: f64,
}

/// How an objective stood on the day of a measurement.
#[derive(Debug, Serialize, ToSchema)]
pub struct ObjectivePoint {
    /// The day that the measurement stands for.
    #[schema(value_type = crate::platform::text::Day)]
    measured_on: NaiveDate,
    /// The measurement.
    measurement_id: MeasurementId,
    /// The number, in the objective's unit.
    value: f64,
    /// The objective's progress, 0 to 1.
    progress: Option<f64>,
    /// Share of its time that had passed, 0 to 1.
    elapsed: f64,
    /// Against that time.
    track: Option<Track>,
}

/// A page of readings of these objectives.
fn readings(conn: &mut Conn, of: &[ObjectiveId], listing: &Listing<HistoryFilter>) -> Result<Page<Reading>> {
    let HistoryFilter { from, to } = &listing.filter;
    let span = Span {
        from: from.as_ref().map(|day| day.0),
        to: to.as_ref().map(|day| day.0),
        after: listing.after::<(NaiveDate, MeasurementId)>()?,
    };
    let mut lists = Vec::new();
    for id in of {
        lists.push(history::list(conn, *id, span, listing.fetch())?);
    }
    let rows = merged(lists, usize::try_from(listing.fetch()).unwrap_or(usize::MAX));
    let total = if listing.total { Some(history::count(conn, of, Span { after: None, ..span })?) } else { None };
    Ok(listing.page(rows, Reading::key).with_total(total))
}

/// How an objective stood before a reading.
fn before(conn: &mut Conn, row: &Objective, first: Option<&Reading>) -> Result<Measured> {
    let last = match first {
        Some(first) => history::last_before(conn, row.id, first.key())?,
        None => None,
    };
    Ok(measured(row, last.map(|reading| (reading.value, reading.on))))
}

/// Lists how a goal stood after each of its measurements, in the order of the days that they stand for.
///
/// For charts: between two points nothing is known to have changed, and the last point of all is what the goal's progress
/// tells. Corrected measurements are left out, and targets that were amended count as they are now.
#[utoipa::path(get, path = "/goals/{goal_id}/history",
    tag = "goals", security((), ("bearer" = [])),
    params(("goal_id" = GoalId, Path, description = "The goal."), HistoryFilter, PageParams),
    responses((status = 200, body = Page<GoalPoint>)))]
pub async fn list_goal_history(ctx: Ctx, id: Path<GoalId>, listing: Listing<HistoryFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        find_for(conn, actor, id.0, Action::ListGoalHistory, Purpose::Read, now)?;
        demand_range(listing.filter.from.as_ref().map(|day| day.0), listing.filter.to.as_ref().map(|day| day.0))?;
        let rows = objectives::of_goal(conn, id.0)?;
        let ids: Vec<ObjectiveId> = rows.iter().map(|row| row.id).collect();
        let page = readings(conn, &ids, &listing)?;
        let mut stood = Vec::new();
        for row in &rows {
            stood.push((row.id, before(conn, row, page.items.first())?));
        }
        let told: HashMap<MeasurementId, Step> =
            steps(stood, page.items.clone()).into_iter().map(|step| (step.reading.id, step)).collect();
        Ok(page.map(|reading| {
            let step = told.get(&reading.id);
            GoalPoint {
                measured_on: reading.on,
                measurement_id: reading.id,
                objective_id: reading.objective,
                value: reading.value,
                progress: step.and_then(|step| step.progress),
                measured_share: step.map_or(0.0, |step| step.measured_share),
            }
        }))
    })
    .await
}

/// Lists how an objective stood on the day of each of its measurements, in their order.
///
/// For charts. Corrected measurements are left out, and a target that was amended counts as it is now.
#[utoipa::path(get, path = "/objectives/{objective_id}/history",
    tag = "objectives", security((), ("bearer" = [])),
    params(("objective_id" = ObjectiveId, Path, description = "The objective."), HistoryFilter, PageParams),
    responses((status = 200, body = Page<ObjectivePoint>)))]
pub async fn list_objective_history(ctx: Ctx, id: Path<ObjectiveId>, listing: Listing<HistoryFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, ..) = objective_for(conn, actor, id.0, Action::ListObjectiveHistory, Purpose::Read, now)?;
        demand_range(listing.filter.from.as_ref().map(|day| day.0), listing.filter.to.as_ref().map(|day| day.0))?;
        let page = readings(conn, &[id.0], &listing)?;
        Ok(page.map(|reading| {
            let stood = standing(&measured(&row, Some((reading.value, reading.on))), reading.on);
            ObjectivePoint {
                measured_on: reading.on,
                measurement_id: reading.id,
                value: reading.value,
                progress: stood.progress,
                elapsed: stood.elapsed,
                track: stood.track,
            }
        }))
    })
    .await
}

crate::operations! {
    list_goal_history,
    list_objective_history,
}
