//! Suspensions.

use diesel::prelude::*;

use crate::ids::{AccountId, PartnershipId};
use crate::partnerships::stages::model::Suspension;
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn};
use crate::platform::error::{Error, Result};
use crate::schema::suspensions;

/// The one that lasts.
pub fn open(conn: &mut Conn, of: PartnershipId) -> Result<Option<Suspension>> {
    Ok(suspensions::table
        .filter(suspensions::partnership_id.eq(of).and(suspensions::lifted_at.is_null()))
        .select(Suspension::as_select())
        .first(conn)
        .optional()?)
}

/// Inserts a suspension. The caller holds the partnership, which is not suspended.
pub fn insert(conn: &mut Conn, row: &Suspension) -> Result<()> {
    diesel::insert_into(suspensions::table).values(row).execute(conn)?;
    Ok(())
}

/// Ends the one that lasts; `by` is nobody where the partnership was closed. The row as it is then.
///
/// # Errors
/// A conflict when none lasts.
pub fn lift(
    conn: &mut Conn,
    of: PartnershipId,
    by: Option<AccountId>,
    reason: &str,
    now: Instant,
) -> Result<Suspension> {
    diesel::update(suspensions::table.filter(suspensions::partnership_id.eq(of).and(suspensions::lifted_at.is_null())))
        .set((
            suspensions::lifted_at.eq(now),
            suspensions::lifted_by_id.eq(by),
            suspensions::lifting_reason.eq(reason.to_owned()),
        ))
        .returning(Suspension::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The partnership is not suspended."))
}
