//! Objectives and their measurements.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, GoalId};
use crate::partnerships::model::{Direction, Goal, Measurement, MeasurementId, Objective, ObjectiveId};
use crate::partnerships::numbers::MOST_OBJECTIVES;
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{goals, measurements, objectives};

/// Each place among a goal's objectives is taken once.
pub const IN_ORDER: Unique =
    Unique { index: "objectives_in_order", columns: "objectives.goal_id, objectives.position" };
/// A measurement is corrected once.
pub const ONE_CORRECTION: Unique = Unique { index: "measurements_one_correction", columns: "measurements.corrects_id" };

pub fn find(conn: &mut Conn, id: ObjectiveId) -> Result<Option<Objective>> {
    Ok(objectives::table.find(id).select(Objective::as_select()).first(conn).optional()?)
}

/// These objectives with the goals that they belong to, whoever asks.
pub fn find_with_goals(conn: &mut Conn, ids: Vec<ObjectiveId>) -> Result<Vec<(ObjectiveId, Goal)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(objectives::table
        .inner_join(goals::table.on(goals::id.eq(objectives::goal_id)))
        .filter(among(objectives::id, ids))
        .select((objectives::id, Goal::as_select()))
        .load(conn)?)
}

/// The objectives of a goal that were not withdrawn, at most five.
pub fn of_goal(conn: &mut Conn, goal: GoalId) -> Result<Vec<Objective>> {
    Ok(objectives::table
        .filter(objectives::goal_id.eq(goal).and(objectives::withdrawn_at.is_null()))
        .order(objectives::position)
        .select(Objective::as_select())
        .load(conn)?)
}

/// The first free place among a goal's objectives; none where all are taken.
pub fn free_position(taken: &[i32]) -> Option<i32> {
    (1..).take(MOST_OBJECTIVES).find(|place| !taken.contains(place))
}

/// Inserts an objective.
///
/// # Errors
/// A conflict when somebody else took the place at the same time.
pub fn insert(conn: &mut Conn, objective: &Objective) -> Result<()> {
    diesel::insert_into(objectives::table)
        .values(objective)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&IN_ORDER, || Error::conflict("Somebody added an objective at the same time; try again."))
}

/// What of an objective can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = objectives)]
pub struct ObjectiveChangeset {
    pub title: Option<String>,
    pub indicator: Option<String>,
    pub unit: Option<String>,
    pub source: Option<String>,
    pub direction: Option<Direction>,
    pub baseline: Option<Option<f64>>,
    pub baseline_on: Option<Option<NaiveDate>>,
    pub target: Option<Option<f64>>,
    pub tolerance: Option<Option<f64>>,
    pub due_on: Option<NaiveDate>,
    pub weight: Option<i32>,
    pub owner_id: Option<Option<AccountId>>,
    pub side: Option<Option<Side>>,
    pub withdrawn_at: Option<Option<Instant>>,
}

pub fn update(conn: &mut Conn, id: ObjectiveId, changes: ObjectiveChangeset, now: Instant) -> Result<Objective> {
    Ok(diesel::update(objectives::table.find(id))
        .set((changes, objectives::version.eq(objectives::version + 1), objectives::updated_at.eq(now)))
        .returning(Objective::columns())
        .get_result(conn)?)
}

/// The newest measurement of each objective that was not corrected: value and day.
pub fn newest(conn: &mut Conn, of: &[ObjectiveId]) -> Result<HashMap<ObjectiveId, (f64, NaiveDate)>> {
    let mut newest = HashMap::new();
    // At most five objectives to a goal, each answered by the end of its index.
    for id in of {
        let corrections = diesel::alias!(measurements as corrections);
        let found: Option<(f64, NaiveDate)> = measurements::table
            .filter(measurements::objective_id.eq(id))
            .filter(diesel::dsl::not(exists(
                corrections.filter(corrections.field(measurements::corrects_id).eq(measurements::id.nullable())),
            )))
            .order((measurements::measured_on.desc(), measurements::id.desc()))
            .select((measurements::value, measurements::measured_on))
            .first(conn)
            .optional()?;
        if let Some(found) = found {
            newest.insert(*id, found);
        }
    }
    Ok(newest)
}

pub fn find_measurement(conn: &mut Conn, id: MeasurementId) -> Result<Option<Measurement>> {
    Ok(measurements::table.find(id).select(Measurement::as_select()).first(conn).optional()?)
}

/// Inserts a measurement.
///
/// # Errors
/// A conflict when the one that it corrects was corrected already.
pub fn insert_measurement(conn: &mut Conn, measurement: &Measurement) -> Result<()> {
    diesel::insert_into(measurements::table)
        .values(measurement)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_CORRECTION, || {
            Error::conflict("That measurement was corrected already; correct its correction.")
        })
}

/// Measurements, newest first, each with the one that corrected it.
pub fn list_measurements<F>(
    conn: &mut Conn,
    of: ObjectiveId,
    listing: &Listing<F>,
) -> Result<Page<(Measurement, Option<MeasurementId>)>> {
    let filtered = || measurements::table.filter(measurements::objective_id.eq(of)).into_boxed();
    let mut query = filtered();
    if let Some(after) = listing.after::<(NaiveDate, MeasurementId)>()? {
        query = query.filter(row_lt((measurements::measured_on, measurements::id), after));
    }
    let rows: Vec<Measurement> = query
        .order((measurements::measured_on.desc(), measurements::id.desc()))
        .limit(listing.fetch())
        .select(Measurement::as_select())
        .load(conn)?;
    let ids: Vec<Option<MeasurementId>> = rows.iter().map(|row| Some(row.id)).collect();
    let corrected: HashMap<Option<MeasurementId>, MeasurementId> = measurements::table
        .filter(measurements::corrects_id.eq_any(ids))
        .select((measurements::corrects_id, measurements::id))
        .load(conn)?
        .into_iter()
        .collect();
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    let page = listing.page(rows, |row| (row.measured_on, row.id)).with_total(total);
    Ok(page.map(|row| {
        let by = corrected.get(&Some(row.id)).copied();
        (row, by)
    }))
}
