//! Background work of minutes.

use std::sync::Arc;

use super::approval::approve;
use super::events;
use super::model::{MinutesApproval, MinutesId};
use super::queries;
use super::rules::{Facts, MAINTAINED_WITHIN, missing};
use super::shown::silence;
use crate::ids::MeetingId;
use crate::meetings::queries::meetings;
use crate::meetings::routes::event;
use crate::partnerships::{Purpose, find_partnership};
use crate::platform::State;
use crate::platform::clock::{Instant, minutes};
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::jobs::{Job, each};
use crate::platform::record::write_unattended;

/// Minutes looked for with one statement.
const BATCH: i64 = 100;

/// Jobs of minutes.
pub const JOBS: [Job; 1] = [Job {
    name: "approve_minutes",
    about: "approves circulated minutes by silent consent",
    every: minutes(10),
    run: approve_minutes,
}];

fn approve_minutes(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let until = (now.minus(silence(state)), now.minus(MAINTAINED_WITHIN));
    let (mut approved, mut failed, mut after) = (0, None, None::<(Instant, MinutesId)>);
    loop {
        let due = state.db.read_blocking(move |conn| queries::to_approve(conn, until, after, BATCH))?;
        after = due.last().map(|(at, id, _)| (*at, *id));
        let is_last = i64::try_from(due.len()).unwrap_or(BATCH) < BATCH;
        let due = due.into_iter().map(|(_, _, meeting)| meeting).collect();
        match each(state, due, move |conn, context, meeting| consent(conn, context, meeting, now)) {
            Ok(count) => approved += count,
            Err(error) => failed = Some(error),
        }
        if is_last {
            return failed.map_or(Ok(approved), Err);
        }
    }
}

/// Approves the minutes of the meeting, if nothing is missing to it any more.
fn consent(conn: &mut Conn, state: &State, id: MeetingId, now: Instant) -> Result<usize> {
    let Some(found) = meetings::find(conn, id)? else { return Ok(0) };
    // The partnership first, as everybody takes them. While it is not at work, nothing is approved in it.
    let partnership = find_partnership(conn, found.partnership_id, Purpose::Change)?;
    if !partnership.is_some_and(|partnership| partnership.state.is_live()) {
        return Ok(0);
    }
    let Some(meeting) = meetings::find_locked(conn, id)? else { return Ok(0) };
    let Some(row) = queries::find(conn, id)? else { return Ok(0) };
    let facts = Facts::of(&row, queries::assents(conn, row.id)?.iter().map(|assent| assent.side).collect());
    if row.state.is_approved() || !missing(&facts, silence(state), now).is_empty() {
        return Ok(0);
    }
    approve(conn, &row, &meeting, MinutesApproval::SilentConsent, now)?;
    write_unattended(conn, event(events::APPROVED, &meeting).fact("number", row.number), now)?;
    Ok(1)
}
