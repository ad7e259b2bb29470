//! Tasks that wait for somebody in a partnership.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::Actor;
use crate::ids::TaskId;
use crate::partnerships::standing::Scoped;
use crate::partnerships::tasks::model::TaskState;
use crate::partnerships::tasks::queries::served;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;

/// A task that the reader has taken on, or is asked to.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnTask {
    /// The task.
    id: TaskId,
    /// What is to be done, in a line.
    title: String,
    /// Where it stands; while it is offered, the reader is asked.
    state: TaskState,
    /// The day by which it is to be done.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    due_on: Option<NaiveDate>,
    /// When it begins, for a task at a fixed time.
    starts_at: Option<Instant>,
    /// Until when the reader can accept it, while it is offered.
    offer_expires_at: Option<Instant>,
}

/// Tasks of a partnership that the reader has taken on and not done yet, or is asked to take on; the soonest due first, at
/// most `limit`.
///
/// # Errors
/// When the database can't be asked.
pub fn own_tasks(conn: &mut Conn, actor: &Actor, scoped: &Scoped, limit: i64) -> Result<Vec<OwnTask>> {
    let waits = scoped.standing.membership.is_some() && scoped.partnership.state.is_live();
    let Some(reader) = actor.id().filter(|_| waits) else { return Ok(Vec::new()) };
    let rows = served::open_for_person(conn, reader, scoped.partnership.id, limit)?;
    let shown = |(task, offer_expires_at): (crate::partnerships::tasks::model::Task, _)| OwnTask {
        id: task.id,
        title: task.title,
        state: task.state,
        due_on: task.due_on,
        starts_at: task.starts_at,
        offer_expires_at,
    };
    Ok(rows.into_iter().map(shown).collect())
}
