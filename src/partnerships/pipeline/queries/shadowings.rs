//! Shadow assignments.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::ids::{MembershipId, PartnershipId};
use crate::partnerships::model::{Seat, SeatState};
use crate::partnerships::pipeline::events;
use crate::partnerships::pipeline::model::{Shadowing, ShadowingEnd, ShadowingId};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, row_lt};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Listing, Page};
use crate::platform::record::write_unattended;
use crate::schema::shadowings;

/// A person learns one seat at a time in a partnership.
pub const ONE_EACH: Unique =
    Unique { index: "shadowings_one_each", columns: "shadowings.partnership_id, shadowings.account_id" };

pub fn find(conn: &mut Conn, id: ShadowingId) -> Result<Option<Shadowing>> {
    Ok(shadowings::table.find(id).select(Shadowing::as_select()).first(conn).optional()?)
}

/// Inserts an assignment.
///
/// # Errors
/// 409 when the person has one.
pub fn insert(conn: &mut Conn, row: &Shadowing) -> Result<()> {
    diesel::insert_into(shadowings::table).values(row).execute(conn).map(|_| ()).on_conflict(&ONE_EACH, || {
        Error::new(Code::SeatTaken, "The person is a shadow in this partnership already, or was asked to be.")
    })
}

/// Begins an assignment.
///
/// # Errors
/// A conflict when it was answered meanwhile.
pub fn begin(conn: &mut Conn, row: &Shadowing, from: NaiveDate, to: NaiveDate, now: Instant) -> Result<Shadowing> {
    diesel::update(shadowings::table.find(row.id).filter(shadowings::state.eq(SeatState::Nominated)))
        .set((
            shadowings::state.eq(SeatState::Active),
            shadowings::starts_on.eq(from),
            shadowings::ends_on.eq(to),
            shadowings::version.eq(shadowings::version + 1),
            shadowings::updated_at.eq(now),
        ))
        .returning(Shadowing::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The assignment was answered meanwhile."))
}

/// Ends an assignment, or one that nobody has answered.
///
/// # Errors
/// A conflict when it was over already.
pub fn end(conn: &mut Conn, row: &Shadowing, reason: ShadowingEnd, now: Instant) -> Result<Shadowing> {
    let to = if row.state == SeatState::Nominated { SeatState::Declined } else { SeatState::Ended };
    diesel::update(shadowings::table.find(row.id).filter(shadowings::state.eq(row.state)))
        .set((
            shadowings::state.eq(to),
            shadowings::ended_at.eq(now),
            shadowings::end_reason.eq(reason),
            shadowings::version.eq(shadowings::version + 1),
            shadowings::updated_at.eq(now),
        ))
        .returning(Shadowing::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The assignment has changed meanwhile."))
}

/// Ends an assignment as a consequence of something else, with a record of its own.
pub fn finish(conn: &mut Conn, row: &Shadowing, reason: ShadowingEnd, now: Instant) -> Result<()> {
    end(conn, row, reason, now)?;
    let entry = events::SHADOW_ENDED
        .on(row.id.0)
        .within(row.partnership_id.0)
        .fact("side", row.side.as_str())
        .fact("cause", reason.as_str());
    write_unattended(conn, entry, now)
}

/// The assignment of a member that is not over.
pub fn open_of(conn: &mut Conn, membership: MembershipId) -> Result<Option<Shadowing>> {
    let open = among(shadowings::state, [SeatState::Nominated, SeatState::Active]);
    Ok(shadowings::table
        .filter(shadowings::membership_id.eq(membership).and(open))
        .select(Shadowing::as_select())
        .first(conn)
        .optional()?)
}

/// Whoever takes a seat is no shadow any more.
///
/// # Errors
/// When the database can't do it.
pub fn end_of_seated(conn: &mut Conn, seat: &Seat, now: Instant) -> Result<()> {
    match open_of(conn, seat.membership_id)? {
        Some(shadowing) => finish(conn, &shadowing, ShadowingEnd::Seated, now),
        None => Ok(()),
    }
}

/// Active assignments that ended before `today`.
pub fn over(conn: &mut Conn, today: NaiveDate, limit: i64) -> Result<Vec<Shadowing>> {
    Ok(shadowings::table
        .filter(shadowings::state.eq(SeatState::Active).and(shadowings::ends_on.lt(today)))
        .order(shadowings::ends_on)
        .limit(limit)
        .select(Shadowing::as_select())
        .load(conn)?)
}

/// Active assignments of a partnership whose time is not over.
pub fn active(conn: &mut Conn, of: PartnershipId, today: NaiveDate) -> Result<Vec<Shadowing>> {
    Ok(shadowings::table
        .filter(
            shadowings::partnership_id
                .eq(of)
                .and(shadowings::state.eq(SeatState::Active))
                .and(shadowings::ends_on.ge(today).assume_not_null()),
        )
        .select(Shadowing::as_select())
        .load(conn)?)
}

pub fn list<F>(
    conn: &mut Conn,
    of: PartnershipId,
    state: Option<SeatState>,
    listing: &Listing<F>,
) -> Result<Page<Shadowing>> {
    let filtered = || {
        let query = shadowings::table.filter(shadowings::partnership_id.eq(of)).into_boxed();
        match state {
            Some(state) => query.filter(shadowings::state.eq(state)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, ShadowingId)>()? {
        query = query.filter(row_lt((shadowings::created_at, shadowings::id), after));
    }
    let rows = query
        .order((shadowings::created_at.desc(), shadowings::id.desc()))
        .limit(listing.fetch())
        .select(Shadowing::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
