//! What follows whenever a leadership seat is taken or falls vacant. Every way in which one does comes by here.

use super::events;
use super::model::{Seat, SeatEndReason};
use super::queries::seats;
use crate::accounts::Side;
use crate::ids::PartnershipId;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::record::write_unattended;

/// What the seats of a side have come to, once all that belongs to one change is done.
///
/// A side that has lost its last leader, primary or deputy, leaves a gap (`domain/20` 6.3).
///
/// # Errors
/// When the database can't do it.
pub fn after_change(conn: &mut Conn, partnership: PartnershipId, side: Side, now: Instant) -> Result<()> {
    if seats::is_led(conn, partnership, side)? {
        return Ok(());
    }
    let entry = events::GAP_OPENED.entry().within(partnership.0).fact("side", side.as_str());
    write_unattended(conn, entry, now)
}

/// Records the end of a term that ended as a consequence of something else.
///
/// # Errors
/// When the database can't take it.
pub fn note_end(conn: &mut Conn, seat: &Seat, cause: SeatEndReason, now: Instant) -> Result<()> {
    let entry = events::LEADER_ENDED
        .on(seat.id.0)
        .within(seat.partnership_id.0)
        .fact("side", seat.side.as_str())
        .fact("kind", seat.kind.as_str())
        .fact("cause", cause.as_str());
    write_unattended(conn, entry, now)
}
