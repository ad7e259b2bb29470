//! Readings of objectives in the order of their days. Each statement is answered by one part of the index of one objective,
//! of which a goal has at most five: a page costs what it shows, however much was measured.

use chrono::NaiveDate;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::partnerships::history::Reading;
use crate::partnerships::model::{MeasurementId, ObjectiveId};
use crate::platform::db::{Conn, row_gt, row_lt};
use crate::platform::error::Result;
use crate::schema::measurements;

/// Which readings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    /// From this day on.
    pub from: Option<NaiveDate>,
    /// Until this day.
    pub to: Option<NaiveDate>,
    /// After this one.
    pub after: Option<(NaiveDate, MeasurementId)>,
}

type Row = (MeasurementId, ObjectiveId, NaiveDate, f64);

fn reading((id, objective, on, value): Row) -> Reading {
    Reading { id, objective, on, value }
}

/// Measurements of these objectives that were not corrected, as a boxed statement.
macro_rules! readings_of {
    ($of:expr) => {{
        let corrections = diesel::alias!(measurements as corrections);
        let corrected =
            corrections.filter(corrections.field(measurements::corrects_id).eq(measurements::id.nullable()));
        measurements::table
            .filter(measurements::objective_id.eq($of))
            .filter(not(exists(corrected)))
            .select((measurements::id, measurements::objective_id, measurements::measured_on, measurements::value))
            .into_boxed()
    }};
}

/// The first `limit` readings of an objective within the span, in order.
pub fn list(conn: &mut Conn, of: ObjectiveId, span: Span, limit: i64) -> Result<Vec<Reading>> {
    let mut query = readings_of!(of);
    if let Some(from) = span.from {
        query = query.filter(measurements::measured_on.ge(from));
    }
    if let Some(to) = span.to {
        query = query.filter(measurements::measured_on.le(to));
    }
    if let Some(after) = span.after {
        query = query.filter(row_gt((measurements::measured_on, measurements::id), after));
    }
    let rows: Vec<Row> = query.order((measurements::measured_on, measurements::id)).limit(limit).load(conn)?;
    Ok(rows.into_iter().map(reading).collect())
}

/// The last reading of an objective before this one in the order.
pub fn last_before(conn: &mut Conn, of: ObjectiveId, before: (NaiveDate, MeasurementId)) -> Result<Option<Reading>> {
    let row: Option<Row> = readings_of!(of)
        .filter(row_lt((measurements::measured_on, measurements::id), before))
        .order((measurements::measured_on.desc(), measurements::id.desc()))
        .first(conn)
        .optional()?;
    Ok(row.map(reading))
}

/// How many readings of these objectives there are within the span.
pub fn count(conn: &mut Conn, of: &[ObjectiveId], span: Span) -> Result<i64> {
    let mut all = 0;
    for id in of {
        let corrections = diesel::alias!(measurements as corrections);
        let corrected =
            corrections.filter(corrections.field(measurements::corrects_id).eq(measurements::id.nullable()));
        let mut query =
            measurements::table.filter(measurements::objective_id.eq(id)).filter(not(exists(corrected))).into_boxed();
        if let Some(from) = span.from {
            query = query.filter(measurements::measured_on.ge(from));
        }
        if let Some(to) = span.to {
            query = query.filter(measurements::measured_on.le(to));
        }
        all += query.count().get_result::<i64>(conn)?;
    }
    Ok(all)
}
