//! Background work of series.

use std::sync::Arc;
use std::time::Duration;

use super::events;
use super::model::SeriesState;
use super::queries::{self, SeriesChanges};
use super::shown::event;
use crate::ids::{MeetingSeriesId, PartnershipId};
use crate::partnerships::{Purpose, find_partnership};
use crate::platform::State;
use crate::platform::clock::{Instant, days, hours};
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::jobs::{Job, each};
use crate::platform::record::write_unattended;

/// Meetings are put down so long before they begin.
pub const HORIZON: Duration = days(366);
/// Series looked at in one run; each has at most as many new meetings as a series can have.
const BATCH: i64 = 20;

/// Jobs of series.
pub const JOBS: &[Job] = &[Job {
    name: "plan_meeting_series",
    about: "puts down the meetings of series that begin within a year",
    every: hours(1),
    run: plan_meeting_series,
}];

fn plan_meeting_series(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let waiting = state.db.read_blocking(move |conn| queries::to_plan(conn, now.plus(HORIZON), BATCH))?;
    each(state, waiting, move |conn, _, (id, of)| plan_one(conn, id, of, now))
}

/// Puts down what is due of one series, while its partnership is at work. Two at once: the second waits for the first and finds
/// nothing left to do.
fn plan_one(conn: &mut Conn, id: MeetingSeriesId, of: PartnershipId, now: Instant) -> Result<usize> {
    let until = now.plus(HORIZON);
    // The partnership first, as everybody takes them: nothing is put down in one that is being closed.
    let partnership = find_partnership(conn, of, Purpose::Change)?;
    if !partnership.is_some_and(|partnership| partnership.state.is_live()) {
        return Ok(0);
    }
    let Some(series) = queries::find_locked(conn, id)? else { return Ok(0) };
    if series.state != SeriesState::Running || series.planned_until >= until {
        return Ok(0);
    }
    let plan = series.plan()?;
    let due = plan.slots.iter().filter(|slot| {
        let at = slot.span.starts_at;
        at > series.planned_until && at <= until
    });
    let made = due.map(|slot| series.meeting(slot, now)).collect::<Result<Vec<_>>>()?;
    let count = made.len();
    if count > 0 {
        queries::insert_meetings(conn, made)?;
        let fact = i64::try_from(count).unwrap_or(i64::MAX);
        write_unattended(conn, event(events::PLANNED, &series).fact("count", fact), now)?;
    }
    // Not a change of the series: who has read it may still change it.
    queries::note_planned(conn, SeriesChanges { planned_until: Some(until), ..SeriesChanges::default() }, id)?;
    Ok(count)
}
