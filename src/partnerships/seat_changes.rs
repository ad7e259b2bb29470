//! What follows whenever a leadership seat is taken or falls vacant. Every way in which one does comes by here.

use super::events;
use super::model::{Seat, SeatEndReason};
use super::stages::reconsider;
use crate::ids::PartnershipId;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::record::write_unattended;

/// What the partnership has come to, once all that belongs to one change of its seats is done: a side that has lost its
/// last leader, primary or deputy, leaves a gap (`domain/20` 6.3), and one that has found one may complete the checklist.
///
/// # Errors
/// When the database can't do it.
pub fn after_change(conn: &mut Conn, partnership: PartnershipId, now: Instant) -> Result<()> {
    reconsider(conn, partnership, now)
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
