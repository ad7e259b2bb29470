//! Background work of tasks.

use std::sync::Arc;

use super::leaving::reopen;
use super::model::TaskOfferState;
use super::queries::{offers, tasks};
use crate::partnerships::standing::{Purpose, find};
use crate::platform::State;
use crate::platform::clock::minutes;
use crate::platform::error::Result;
use crate::platform::jobs::Job;

/// Tasks looked at in one transaction.
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
    state.db.write_blocking(move |conn| {
        let mut reopened = 0;
        for (id, partnership) in offers::expired(conn, now, BATCH)? {
            // Whoever held the partnership may have answered meanwhile.
            find(conn, partnership, Purpose::Change)?;
            if !offers::close(conn, id, TaskOfferState::Ended)? {
                continue;
            }
            if let Some(task) = tasks::find(conn, id)? {
                reopen(conn, &task, now)?;
                reopened += 1;
            }
        }
        Ok(reopened)
    })
}
