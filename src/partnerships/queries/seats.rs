//! Leadership seats.

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;

use crate::accounts::{AccountState, Side};
use crate::ids::{AccountId, MembershipId, PartnershipId, SeatId};
use crate::partnerships::model::{Seat, SeatEndReason, SeatKind, SeatState};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, row_lt};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{accounts, leadership_seats as seats};

/// One active seat of each kind per side.
pub const ONE_ACTIVE: Unique = Unique {
    index: "leadership_seats_one_active",
    columns: "leadership_seats.partnership_id, leadership_seats.side, leadership_seats.kind",
};
/// A person has one nomination at a time in a partnership. That a person holds one seat is an index of its own: whoever
/// accepts a nomination leaves the other seat in the same transaction.
pub const ONE_NOMINATION: Unique = Unique {
    index: "leadership_seats_one_nomination",
    columns: "leadership_seats.partnership_id, leadership_seats.account_id",
};

pub fn find(conn: &mut Conn, id: SeatId) -> Result<Option<Seat>> {
    Ok(seats::table.find(id).select(Seat::as_select()).first(conn).optional()?)
}

/// The accounts of all who lead a side now, as primary leader or deputy.
///
/// # Errors
/// When the database can't be asked.
pub fn leading_accounts(conn: &mut Conn, of: PartnershipId) -> Result<Vec<AccountId>> {
    Ok(active(conn, of)?.into_iter().map(|seat| seat.account_id).collect())
}

/// Inserts a nomination.
///
/// # Errors
/// 409 when the person has a nomination here already.
pub fn insert(conn: &mut Conn, seat: &Seat) -> Result<()> {
    diesel::insert_into(seats::table).values(seat).execute(conn).map(|_| ()).on_conflict(&ONE_NOMINATION, || {
        Error::new(Code::SeatTaken, "The person has a nomination in this partnership that is not answered.")
    })
}

/// Begins a nominee's term.
///
/// # Errors
/// 409 when the seat is held by somebody else, or the nomination was answered meanwhile.
pub fn activate(conn: &mut Conn, seat: &Seat, from: NaiveDate, to: NaiveDate, now: Instant) -> Result<Seat> {
    diesel::update(seats::table.find(seat.id).filter(seats::state.eq(SeatState::Nominated)))
        .set((
            seats::state.eq(SeatState::Active),
            seats::accepted_at.eq(now),
            seats::term_starts_on.eq(from),
            seats::term_ends_on.eq(to),
            seats::version.eq(seats::version + 1),
            seats::updated_at.eq(now),
        ))
        .returning(Seat::columns())
        .get_result(conn)
        .optional()
        .on_conflict(&ONE_ACTIVE, || {
            Error::new(
                Code::SeatTaken,
                format!("The {} side has a {} leader; that term has to end first.", seat.side, seat.kind),
            )
        })?
        .ok_or_else(|| Error::conflict("The nomination was answered meanwhile."))
}

/// Ends a seat or a nomination.
///
/// # Errors
/// A conflict when it was over already.
pub fn end(conn: &mut Conn, seat: &Seat, to: SeatState, reason: SeatEndReason, now: Instant) -> Result<Seat> {
    diesel::update(seats::table.find(seat.id).filter(seats::state.eq(seat.state)))
        .set((
            seats::state.eq(to),
            seats::ended_at.eq(now),
            seats::end_reason.eq(reason),
            seats::version.eq(seats::version + 1),
            seats::updated_at.eq(now),
        ))
        .returning(Seat::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The seat has changed meanwhile."))
}

pub fn list<F>(
    conn: &mut Conn,
    of: PartnershipId,
    state: Option<SeatState>,
    listing: &Listing<F>,
) -> Result<Page<Seat>> {
    let filtered = || {
        let query = seats::table.filter(seats::partnership_id.eq(of)).into_boxed();
        match state {
            Some(state) => query.filter(seats::state.eq(state)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, SeatId)>()? {
        query = query.filter(row_lt((seats::created_at, seats::id), after));
    }
    let rows = query
        .order((seats::created_at.desc(), seats::id.desc()))
        .limit(listing.fetch())
        .select(Seat::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// All active seats of a partnership, at most four.
pub fn active(conn: &mut Conn, of: PartnershipId) -> Result<Vec<Seat>> {
    Ok(seats::table
        .filter(seats::partnership_id.eq(of).and(seats::state.eq(SeatState::Active)))
        .order((seats::side, seats::kind.desc()))
        .select(Seat::as_select())
        .load(conn)?)
}

/// Which sides have an active primary whose rights count: civilian, police.
pub fn primaries(conn: &mut Conn, of: PartnershipId, today: NaiveDate) -> Result<(bool, bool)> {
    let rows: Vec<(Side, Option<NaiveDate>, AccountState)> = seats::table
        .inner_join(accounts::table.on(accounts::id.eq(seats::account_id)))
        .filter(
            seats::partnership_id.eq(of).and(seats::state.eq(SeatState::Active)).and(seats::kind.eq(SeatKind::Primary)),
        )
        .select((seats::side, accounts::verified_until, accounts::state))
        .load(conn)?;
    let counts = |side: Side| {
        rows.iter().any(|(of, until, state)| {
            *of == side
                && *state == AccountState::Active
                && (side != Side::Police || until.is_some_and(|last| today <= last))
        })
    };
    Ok((counts(Side::Civilian), counts(Side::Police)))
}

/// Whether a side has an active seat other than this one.
pub fn another(conn: &mut Conn, seat: &Seat) -> Result<bool> {
    let others = seats::table.filter(
        seats::partnership_id
            .eq(seat.partnership_id)
            .and(seats::side.eq(seat.side))
            .and(seats::state.eq(SeatState::Active))
            .and(seats::id.ne(seat.id)),
    );
    Ok(diesel::select(exists(others)).get_result(conn)?)
}

/// The seat or nomination of a member that is not over.
pub fn open_of(conn: &mut Conn, membership: MembershipId) -> Result<Option<Seat>> {
    Ok(seats::table
        .filter(seats::membership_id.eq(membership).and(among(seats::state, [SeatState::Nominated, SeatState::Active])))
        .select(Seat::as_select())
        .first(conn)
        .optional()?)
}

/// Active seats whose term ended before `today`.
pub fn over(conn: &mut Conn, today: NaiveDate, limit: i64) -> Result<Vec<Seat>> {
    Ok(seats::table
        .filter(seats::state.eq(SeatState::Active).and(seats::term_ends_on.lt(today)))
        .order(seats::term_ends_on)
        .limit(limit)
        .select(Seat::as_select())
        .load(conn)?)
}

/// Active seats whose holder's account was stopped, or whose verification as an officer ran out.
macro_rules! seats_without_rights {
    ($today:expr) => {
        seats::table
            .inner_join(accounts::table.on(accounts::id.eq(seats::account_id)))
            .filter(seats::state.eq(SeatState::Active))
            .filter(
                accounts::state
                    .ne(AccountState::Active)
                    .or(seats::side.eq(Side::Police).and(accounts::verified_until.lt($today).assume_not_null())),
            )
    };
}

/// Such seats.
pub fn without_rights(conn: &mut Conn, today: NaiveDate, limit: i64) -> Result<Vec<Seat>> {
    Ok(seats_without_rights!(today).limit(limit).select(Seat::as_select()).load(conn)?)
}

/// Whether this is such a seat.
pub fn is_without_rights(conn: &mut Conn, id: SeatId, today: NaiveDate) -> Result<bool> {
    let found: Option<SeatId> =
        seats_without_rights!(today).filter(seats::id.eq(id)).select(seats::id).first(conn).optional()?;
    Ok(found.is_some())
}

/// Of these partnerships, those in which the account holds an active seat, with the side that it leads.
///
/// # Errors
/// When the database can't be asked.
pub fn seats_of(conn: &mut Conn, account: AccountId, of: &[PartnershipId]) -> Result<Vec<(PartnershipId, Side)>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    Ok(seats::table
        .filter(
            seats::account_id
                .eq(account)
                .and(seats::state.eq(SeatState::Active))
                .and(among(seats::partnership_id, of.to_vec())),
        )
        .select((seats::partnership_id, seats::side))
        .load(conn)?)
}
