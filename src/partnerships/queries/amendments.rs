//! Amendments of goals.

use diesel::dsl::max;
use diesel::prelude::*;

use crate::ids::GoalId;
use crate::partnerships::model::{Amendment, AmendmentId, AmendmentState};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::goal_amendments;

/// One amendment of a goal is decided on at a time.
pub const ONE_PROPOSED: Unique = Unique { index: "goal_amendments_one_proposed", columns: "goal_amendments.goal_id" };

pub fn find(conn: &mut Conn, id: AmendmentId) -> Result<Option<Amendment>> {
    Ok(goal_amendments::table.find(id).select(Amendment::as_select()).first(conn).optional()?)
}

/// The amendment of a goal that is being decided on.
pub fn proposed(conn: &mut Conn, of: GoalId) -> Result<Option<Amendment>> {
    Ok(goal_amendments::table
        .filter(goal_amendments::goal_id.eq(of).and(goal_amendments::state.eq(AmendmentState::Proposed)))
        .select(Amendment::as_select())
        .first(conn)
        .optional()?)
}

pub fn next_number(conn: &mut Conn, of: GoalId) -> Result<i32> {
    let last: Option<i32> = goal_amendments::table
        .filter(goal_amendments::goal_id.eq(of))
        .select(max(goal_amendments::number))
        .first(conn)?;
    Ok(last.unwrap_or(0) + 1)
}

/// Inserts an amendment that is decided on.
///
/// # Errors
/// A conflict when another one is.
pub fn insert(conn: &mut Conn, amendment: &Amendment) -> Result<()> {
    diesel::insert_into(goal_amendments::table)
        .values(amendment)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_PROPOSED, being_decided)
}

/// Refused: one amendment of a goal is decided on at a time.
pub fn being_decided() -> Error {
    Error::conflict("An amendment of this goal is being decided on already; that comes to its end first.")
}

/// Notes how an amendment ended.
pub fn end(conn: &mut Conn, id: AmendmentId, state: AmendmentState, now: Instant) -> Result<Amendment> {
    Ok(diesel::update(goal_amendments::table.find(id))
        .set((
            goal_amendments::state.eq(state),
            goal_amendments::ended_at.eq(now),
            goal_amendments::version.eq(goal_amendments::version + 1),
            goal_amendments::updated_at.eq(now),
        ))
        .returning(Amendment::columns())
        .get_result(conn)?)
}

pub fn list<F>(
    conn: &mut Conn,
    of: GoalId,
    state: Option<AmendmentState>,
    listing: &Listing<F>,
) -> Result<Page<Amendment>> {
    let filtered = || {
        let query = goal_amendments::table.filter(goal_amendments::goal_id.eq(of)).into_boxed();
        match state {
            Some(state) => query.filter(goal_amendments::state.eq(state)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(i32, AmendmentId)>()? {
        query = query.filter(row_lt((goal_amendments::number, goal_amendments::id), after));
    }
    let rows = query
        .order((goal_amendments::number.desc(), goal_amendments::id.desc()))
        .limit(listing.fetch())
        .select(Amendment::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.number, row.id)).with_total(total))
}
