//! Presenting leaders whom the agency appointed.

use diesel::prelude::*;

use crate::ids::{AccountId, PartnershipId, SeatId};
use crate::partnerships::model::Seat;
use crate::partnerships::pipeline::model::{Presentation, PresentationId};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Columns, Conn, among};
use crate::platform::error::{Error, Result};
use crate::schema::seat_presentations as presentations;

pub fn of_seats(conn: &mut Conn, seats: Vec<SeatId>) -> Result<Vec<Presentation>> {
    Ok(presentations::table
        .filter(among(presentations::seat_id, seats))
        .select(Presentation::as_select())
        .load(conn)?)
}

/// The leader is to be presented at the next meeting.
///
/// # Errors
/// When the database can't do it.
pub fn await_presentation(conn: &mut Conn, seat: &Seat, now: Instant) -> Result<()> {
    let row = Presentation {
        id: PresentationId::new(),
        seat_id: seat.id,
        partnership_id: seat.partnership_id,
        meeting: None,
        met_at: None,
        acknowledged_by_id: None,
        acknowledged_at: None,
        note: None,
        created_at: now,
    };
    diesel::insert_into(presentations::table).values(row).execute(conn)?;
    Ok(())
}

/// Remembers the next meeting after a leader was appointed, at which the members meet that leader; later ones change
/// nothing. Called by the meetings slice when a meeting begins.
///
/// # Errors
/// When the database can't do it.
pub fn note_meeting_begun(conn: &mut Conn, of: PartnershipId, meeting: AnyId, now: Instant) -> Result<()> {
    diesel::update(
        presentations::table.filter(presentations::partnership_id.eq(of).and(presentations::met_at.is_null())),
    )
    .set((presentations::meeting.eq(meeting), presentations::met_at.eq(now)))
    .execute(conn)?;
    Ok(())
}

/// Notes that the members met the leader, at a meeting that took place.
///
/// # Errors
/// A conflict when no meeting has taken place yet, or it was noted already.
pub fn acknowledge(
    conn: &mut Conn,
    seat: SeatId,
    by: AccountId,
    note: Option<String>,
    now: Instant,
) -> Result<Presentation> {
    diesel::update(presentations::table.filter(
        presentations::seat_id
            .eq(seat)
            .and(presentations::met_at.is_not_null())
            .and(presentations::acknowledged_at.is_null()),
    ))
    .set((
        presentations::acknowledged_by_id.eq(by),
        presentations::acknowledged_at.eq(now),
        presentations::note.eq(note),
    ))
    .returning(Presentation::columns())
    .get_result(conn)
    .optional()?
    .ok_or_else(|| {
        Error::conflict(
            "A leader whom the agency appointed is acknowledged once, at the next meeting; there is none to acknowledge now.",
        )
    })
}
