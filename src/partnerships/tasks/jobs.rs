//! Background work of tasks.

use std::sync::Arc;

use super::leaving::reopen;
use super::queries::{offers, tasks};
use crate::partnerships::model::PartnershipState;
use crate::partnerships::standing::{Purpose, find};
use crate::platform::State;
use crate::platform::clock::minutes;
use crate::platform::error::Result;
use crate::platform::jobs::{Job, each};

/// Tasks looked at in one run.
const BATCH: i64 = 100;

/// Jobs of this slice.
pub const JOBS: &[Job] = &[Job {
    name: "reopen_tasks",
    about: "opens tasks again whose offer was not answered within five days",
    every: minutes(5),
    run: reopen_tasks,
}];

fn reopen_tasks(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let due = state.db.read_blocking(move |conn| offers::expired(conn, now, BATCH))?;
    each(state, due, move |conn, _, (id, partnership)| {
        // Whoever held the partnership may have answered meanwhile, or closed it.
        let held = find(conn, partnership, Purpose::Change)?;
        let is_closed = held.is_none_or(|partnership| partnership.state == PartnershipState::Closed);
        if is_closed || !offers::expire(conn, id, now)? {
            return Ok(false);
        }
        let Some(task) = tasks::find(conn, id)? else { return Ok(false) };
        reopen(conn, &task, now)?;
        Ok(true)
    })
}
