//! Background work of tasks.

use std::sync::Arc;

use super::events;
use super::model::{TaskOfferState, TaskState};
use super::queries::tasks::TaskChanges;
use super::queries::{assignments, offers, tasks};
use crate::ids::TaskId;
use crate::platform::State;
use crate::platform::clock::{Instant, minutes};
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::jobs::Job;
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::write_unattended;

/// Tasks looked at in one transaction.
const BATCH: i64 = 100;

/// Jobs of this slice.
pub const JOBS: &[Job] = &[Job {
    name: "reopen_tasks",
    about: "opens tasks again whose offer was not answered within five days, or that are held by somebody who left",
    every: minutes(5),
    run: reopen_tasks,
}];

fn reopen_tasks(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    state.db.write_blocking(move |conn| {
        let mut reopened = 0;
        for id in offers::expired(conn, now, BATCH)? {
            offers::close(conn, id, TaskOfferState::Ended)?;
            reopened += usize::from(reopen(conn, id, now)?);
        }
        for id in assignments::left_behind(conn, BATCH)? {
            assignments::delete(conn, id)?;
            reopened += usize::from(reopen(conn, id, now)?);
        }
        Ok(reopened)
    })
}

fn reopen(conn: &mut Conn, id: TaskId, now: Instant) -> Result<bool> {
    let Some(task) = tasks::find(conn, id)?.filter(|task| task.state.next().contains(&TaskState::Open)) else {
        return Ok(false);
    };
    let task = tasks::update(conn, &task, TaskChanges::to(TaskState::Open), now)?;
    write_unattended(conn, events::REOPENED.on(task.id.0).within(task.partnership_id.0), now)?;
    Ok(true)
}
