//! From one agenda to the next.

use super::model::{AgendaItem, AgendaItemState};
use super::queries::{self, MOST_ITEMS};
use crate::ids::AgendaItemId;
use crate::meetings::model::Meeting;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;

/// The item as a proposal for another meeting.
fn proposal(item: &AgendaItem, to: &Meeting, now: Instant) -> AgendaItem {
    AgendaItem {
        id: AgendaItemId::new(),
        meeting_id: to.id,
        state: AgendaItemState::Proposed,
        decline_reason: None,
        decided_by_id: None,
        decided_at: None,
        deferred_from_id: Some(item.id),
        changed_after_lock_at: None,
        changed_by_id: None,
        change_reason: None,
        version: 1,
        created_at: now,
        updated_at: now,
        ..item.clone()
    }
}

/// Puts a deferred item on the agenda of the next meeting, if there is one that has room.
pub fn pass_on(conn: &mut Conn, item: &AgendaItem, from: &Meeting, now: Instant) -> Result<()> {
    let Some(next) = queries::next_meeting(conn, from)? else { return Ok(()) };
    if queries::count(conn, next.id)? < MOST_ITEMS {
        queries::insert(conn, &proposal(item, &next, now))?;
    }
    Ok(())
}

/// Puts what earlier meetings deferred, and what no agenda has yet, on this one. Whoever calls it holds the partnership.
///
/// # Errors
/// When the database can't do it.
pub fn carry_over(conn: &mut Conn, to: &Meeting, now: Instant) -> Result<()> {
    let room = MOST_ITEMS - queries::count(conn, to.id)?;
    if room <= 0 {
        return Ok(());
    }
    let carried: Vec<AgendaItem> =
        queries::waiting(conn, to, room)?.iter().map(|item| proposal(item, to, now)).collect();
    queries::insert_all(conn, &carried)
}
