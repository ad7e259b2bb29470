//! Stances: append-only, with one that is current per person and version of the text.

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, DecisionId, PartnershipId};
use crate::partnerships::decisions::model::{HolderId, Level, Stance, StanceId};
use crate::partnerships::model::SeatState;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, OnConflict, Unique, among, nulls_last, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{decision_stances as stances, leadership_seats as seats};

/// A person has one current stance on a version of the text.
pub const ONE_CURRENT: Unique = Unique {
    index: "decision_stances_one_current",
    columns: "decision_stances.decision_id, decision_stances.holder, decision_stances.number",
};

/// Inserts a stance that is current from now on.
///
/// # Errors
/// A conflict when the person has another one that is.
pub fn insert(conn: &mut Conn, stance: &Stance) -> Result<()> {
    diesel::insert_into(stances::table)
        .values(stance)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_CURRENT, || Error::conflict("You took a stance in another request meanwhile."))
}

/// Inserts stances of several persons, whose earlier ones are no longer current.
pub fn insert_all(conn: &mut Conn, rows: &[Stance]) -> Result<()> {
    for some in rows.chunks(500) {
        crate::insert_all!(conn, stances::table, some)?;
    }
    Ok(())
}

/// The person's current stance; there is one at most, because a new version or phase makes all others stale.
pub fn current(conn: &mut Conn, decision: DecisionId, holder: HolderId) -> Result<Option<Stance>> {
    Ok(stances::table
        .filter(stances::decision_id.eq(decision).and(stances::holder.eq(holder)).and(stances::is_current.eq(true)))
        .select(Stance::as_select())
        .first(conn)
        .optional()?)
}

/// The stance that the person took last: the current one, or the one that became stale last.
pub fn last(conn: &mut Conn, decision: DecisionId, holder: HolderId) -> Result<Option<Stance>> {
    Ok(stances::table
        .filter(stances::decision_id.eq(decision).and(stances::holder.eq(holder)))
        .order((
            stances::is_current.desc(),
            nulls_last(stances::stale_at.desc()),
            stances::number.desc(),
            stances::created_at.desc(),
        ))
        .select(Stance::as_select())
        .first(conn)
        .optional()?)
}

/// Another stance takes the place of this one.
pub fn supersede(conn: &mut Conn, id: StanceId) -> Result<()> {
    diesel::update(stances::table.find(id)).set(stances::is_current.eq(false)).execute(conn)?;
    Ok(())
}

/// All current stances of a decision stop counting; they are kept.
pub fn make_stale(conn: &mut Conn, decision: DecisionId, now: Instant) -> Result<usize> {
    Ok(diesel::update(stances::table.filter(stances::decision_id.eq(decision).and(stances::is_current.eq(true))))
        .set((stances::is_current.eq(false), stances::stale_at.eq(now)))
        .execute(conn)?)
}

/// Current stances of these people stop counting; they are kept.
pub fn make_stale_of(conn: &mut Conn, decision: DecisionId, holders: &[HolderId], now: Instant) -> Result<()> {
    for some in holders.chunks(1000) {
        diesel::update(
            stances::table
                .filter(stances::decision_id.eq(decision).and(stances::is_current.eq(true)))
                .filter(among(stances::holder, some.to_vec())),
        )
        .set((stances::is_current.eq(false), stances::stale_at.eq(now)))
        .execute(conn)?;
    }
    Ok(())
}

/// Who stand where, counted anew from the stances themselves.
pub fn counted(conn: &mut Conn, decision: DecisionId) -> Result<Vec<(Side, Level, i64)>> {
    Ok(stances::table
        .filter(stances::decision_id.eq(decision).and(stances::is_current.eq(true)))
        .group_by((stances::side, stances::level))
        .select((stances::side, stances::level, count_star()))
        .load(conn)?)
}

/// Where each person stands who has taken a stance that counts. Only of decisions that are not anonymous.
pub fn by_person(conn: &mut Conn, decision: DecisionId) -> Result<Vec<(AccountId, Level)>> {
    Ok(stances::table
        .filter(stances::decision_id.eq(decision).and(stances::is_current.eq(true)))
        .filter(stances::account_id.is_not_null())
        .select((stances::account_id.assume_not_null(), stances::level))
        .load(conn)?)
}

/// Whether a leader of the side is for it. Only of decisions that are not anonymous.
pub fn leader_supports(conn: &mut Conn, partnership: PartnershipId, decision: DecisionId, side: Side) -> Result<bool> {
    let leaders = seats::table
        .filter(seats::partnership_id.eq(partnership).and(seats::state.eq(SeatState::Active)).and(seats::side.eq(side)))
        .inner_join(stances::table.on(stances::account_id.eq(seats::account_id.nullable())))
        .filter(stances::decision_id.eq(decision).and(stances::is_current.eq(true)))
        .filter(among(stances::level, Level::SUPPORT));
    Ok(diesel::select(exists(leaders)).get_result(conn)?)
}

/// Which stances to list.
pub struct Wanted {
    pub is_current: bool,
    pub side: Option<Side>,
    pub level: Option<Level>,
}

pub fn list<F>(conn: &mut Conn, of: DecisionId, wanted: &Wanted, listing: &Listing<F>) -> Result<Page<Stance>> {
    let filtered = || {
        let mut query = stances::table
            .filter(stances::decision_id.eq(of).and(stances::is_current.eq(wanted.is_current)))
            .into_boxed();
        if let Some(side) = wanted.side {
            query = query.filter(stances::side.eq(side));
        }
        if let Some(level) = wanted.level {
            query = query.filter(stances::level.eq(level));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, StanceId)>()? {
        query = query.filter(row_lt((stances::created_at, stances::id), after));
    }
    let rows = query
        .order((stances::created_at.desc(), stances::id.desc()))
        .limit(listing.fetch())
        .select(Stance::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
