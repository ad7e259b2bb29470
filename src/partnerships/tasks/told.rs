//! What the record tells of a task.

use super::events;
use super::model::Task;
use super::queries::tasks;
use crate::ids::TaskId;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::record::{Audience, Entry, Kind};

/// Something that happened to a task. Of one that was never put before the group leaders alone are told, and no more than where
/// it stands now.
pub fn on_task(kind: Kind, task: &Task) -> Entry {
    let on = |kind: Kind| kind.on(task.id.0).within(task.partnership_id.0);
    if !task.is_private() || kind.audience == Audience::Seats {
        return on(kind);
    }
    // That something was done keeps a partnership awake, whoever sees it.
    let hidden = if kind == events::DONE { events::PRIVATE_DONE } else { events::PRIVATE_STEP };
    on(hidden).fact("state", task.state.as_str())
}

/// What the record tells of a task, for other slices.
///
/// # Errors
/// When there is no such task, or the database can't be asked.
pub fn task_told(conn: &mut Conn, kind: Kind, task: TaskId) -> Result<Entry> {
    let task = tasks::find(conn, task)?.ok_or_else(|| Error::fault("a task is gone that something refers to"))?;
    Ok(on_task(kind, &task))
}
