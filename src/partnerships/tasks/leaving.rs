//! Tasks that are open again without anybody's asking: a member left, or an offer ran out.

use super::events;
use super::model::{Task, TaskOfferState, TaskState};
use super::queries::tasks::TaskChanges;
use super::queries::{assignments, offers, tasks};
use super::told::on_task;
use crate::ids::{AccountId, PartnershipId};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::record::write_unattended;

/// Leaves to others what a former member has not done and what they were asked for, and lets those whom they mentored look
/// for somebody else. What they have done stays theirs. The caller holds the partnership.
///
/// # Errors
/// When the database can't do it.
pub fn member_left(conn: &mut Conn, of: PartnershipId, account: AccountId, now: Instant) -> Result<()> {
    tasks::lose_mentor(conn, of, account, now)?;
    let (asked, held) = (offers::open_to(conn, account, of)?, assignments::undone_of(conn, account, of)?);
    for id in &asked {
        offers::close(conn, *id, TaskOfferState::Ended)?;
    }
    for id in &held {
        assignments::delete(conn, *id)?;
    }
    for id in asked.into_iter().chain(held) {
        if let Some(task) = tasks::find(conn, id)? {
            reopen(conn, &task, now)?;
        }
    }
    Ok(())
}

/// Opens a task again that nobody has or is asked for any more.
pub fn reopen(conn: &mut Conn, task: &Task, now: Instant) -> Result<()> {
    let task = tasks::update(conn, task, TaskChanges::to(TaskState::Open), now)?;
    write_unattended(conn, on_task(events::REOPENED, &task), now)
}
