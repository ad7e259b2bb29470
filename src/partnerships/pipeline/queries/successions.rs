//! Which nomination takes over which seat.

use diesel::prelude::*;

use crate::ids::SeatId;
use crate::partnerships::model::{Seat, SeatEndReason, SeatState};
use crate::partnerships::pipeline::model::{Succession, SuccessionId};
use crate::partnerships::queries::seats;
use crate::partnerships::seat_changes;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::schema::seat_successions as successions;

pub fn insert(
    conn: &mut Conn,
    nomination: SeatId,
    succeeds: SeatId,
    end_reason: SeatEndReason,
    now: Instant,
) -> Result<()> {
    let row =
        Succession { id: SuccessionId::new(), seat_id: nomination, succeeds_id: succeeds, end_reason, created_at: now };
    diesel::insert_into(successions::table).values(row).execute(conn)?;
    Ok(())
}

/// Ends what has to end for the nominee's term to begin, in a partnership that the caller holds: the seat that the
/// nomination takes over, and the nominee's own other seat. The caller fills the seat in the same transaction, so that the
/// side is never without it.
///
/// # Errors
/// When the database can't do it.
pub fn make_room(conn: &mut Conn, nomination: &Seat, now: Instant) -> Result<()> {
    let taken_over: Option<Succession> = successions::table
        .filter(successions::seat_id.eq(nomination.id))
        .select(Succession::as_select())
        .first(conn)
        .optional()?;
    for seat in seats::active(conn, nomination.partnership_id)? {
        let claimed = taken_over.as_ref().filter(|succession| succession.succeeds_id == seat.id);
        let reason = match claimed {
            Some(succession) => succession.end_reason,
            // From one seat to the other; there is one each.
            None if seat.account_id == nomination.account_id => SeatEndReason::Moved,
            None => continue,
        };
        seats::end(conn, &seat, SeatState::Ended, reason, now)?;
        seat_changes::note_end(conn, &seat, reason, now)?;
    }
    Ok(())
}
