//! A meeting in session (`domain/60` 6.22): who is there, whether they can decide, what they decide, and executive sessions.
//!
//! Invariants:
//! * Check-in codes are stored nowhere: they follow from the installation's secret, the meeting and the time.
//! * A decision is called in a meeting that was noticed in time and is not recessed, among eligible members who are recorded as
//!   present by person, once they are a quorum of each side. It is judged as every decision; see `partnerships::decisions`.
//! * What was said aloud is written down by a leader of one side, and counts once a leader of the other has confirmed it.
//! * Executive sessions are held under the open meetings law alone, by a motion that is made, seconded and carried, for one
//!   justification. The motion is kept for ever, whoever sees the meeting reads it, and nothing is decided meanwhile.
//! * A meeting that ends closes what was called in it and is still open, with what was said; a recessed one does not end.
//!
//! For the minutes: [`executive_sessions_of`] a meeting, the accepted items of its agenda (`agenda::accepted`), and what was
//! decided in it (`partnerships::calls_in_meeting`).

mod calling;
mod checking;
mod codes;
mod model;
pub(crate) mod policy;
mod queries;
mod recess;
mod rules;

pub use model::ExecutiveSession;
pub use queries::{all_of as executive_sessions_of, attendants_of, recessed_among, recessed_at};

use super::model::Meeting;
use crate::ids::{MeetingId, PartnershipId};
use crate::partnerships::end_calls_of;
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::http::{Operations, Tx};

/// Operations of this part.
pub const OPERATIONS: Operations = Operations::all(&[checking::OPERATIONS, calling::OPERATIONS, recess::OPERATIONS]);

/// Meetings of one partnership that are in session at the same time and are looked at.
const AT_ONCE: i64 = 5;

/// Whether the meeting is recessed into an executive session.
///
/// # Errors
/// When the database can't be asked.
pub fn is_recessed(conn: &mut Conn, meeting: MeetingId) -> Result<bool> {
    Ok(recessed_at(conn, meeting)?.is_some())
}

/// Whether a meeting of the partnership is recessed into an executive session.
///
/// # Errors
/// When the database can't be asked.
pub fn sits_closed(conn: &mut Conn, of: PartnershipId) -> Result<bool> {
    let under_way = queries::under_way(conn, of, AT_ONCE)?.into_iter().map(|meeting| meeting.id).collect();
    Ok(!recessed_among(conn, under_way)?.is_empty())
}

/// Whether a meeting of the partnership goes on that was noticed in time, is not recessed, and has a quorum of both sides.
///
/// # Errors
/// When the database can't be asked.
pub fn meets_with_quorum(conn: &mut Conn, state: &State, of: PartnershipId, now: Instant) -> Result<bool> {
    for meeting in queries::under_way(conn, of, AT_ONCE)? {
        let able = queries::was_noticed(conn, &meeting)?
            && !is_recessed(conn, meeting.id)?
            && attendants_of(conn, state, &meeting, now)?.quorum.iter().all(|side| side.is_quorate);
        if able {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses to end a meeting that is recessed, and ends what is still open in it.
///
/// # Errors
/// A conflict, or when a decision can't be ended.
pub fn close(tx: &mut Tx<'_>, state: &State, meeting: &Meeting) -> Result<()> {
    if is_recessed(tx, meeting.id)? {
        return Err(Error::conflict("The meeting is recessed into an executive session; it resumes before it ends."));
    }
    end_calls_of(tx, state, meeting.id)?.into_iter().try_for_each(|entry| tx.also(entry))
}
