//! Pledges and their deliveries.

use diesel::prelude::*;

use crate::ids::AccountId;
use crate::partnerships::resources::model::{Delivery, DeliveryId, NeedId, PartnerId, Pledge, PledgeId, PledgeState};
use crate::partnerships::resources::pledging::Promise;
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{deliveries, pledges};

pub fn find(conn: &mut Conn, id: PledgeId) -> Result<Option<Pledge>> {
    Ok(pledges::table.find(id).select(Pledge::as_select()).first(conn).optional()?)
}

pub fn insert(conn: &mut Conn, pledge: &Pledge) -> Result<()> {
    diesel::insert_into(pledges::table).values(pledge).execute(conn)?;
    Ok(())
}

/// How many pledges were ever offered for a need.
pub fn count(conn: &mut Conn, of: NeedId) -> Result<i64> {
    Ok(pledges::table.filter(pledges::need_id.eq(of)).count().get_result(conn)?)
}

/// What counts of each of the need's pledges.
pub fn promises(conn: &mut Conn, of: NeedId) -> Result<Vec<Promise>> {
    let rows: Vec<(PledgeState, i32, i64)> = pledges::table
        .filter(pledges::need_id.eq(of))
        .select((pledges::state, pledges::quantity, pledges::delivered))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(state, quantity, delivered)| Promise { state, quantity: quantity.into(), delivered })
        .collect())
}

/// What of a pledge changes.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = pledges)]
pub struct PledgeChanges {
    pub state: Option<PledgeState>,
    pub delivered: Option<i64>,
    pub answered_by_id: Option<Option<AccountId>>,
    pub answered_at: Option<Option<Instant>>,
    pub reason: Option<Option<String>>,
}

/// Changes a pledge that is still as it was read; the row as it is then.
///
/// # Errors
/// 409 when it has moved on meanwhile.
pub fn update(conn: &mut Conn, pledge: &Pledge, changes: PledgeChanges, now: Instant) -> Result<Pledge> {
    diesel::update(pledges::table.find(pledge.id).filter(pledges::version.eq(pledge.version)))
        .set((changes, pledges::version.eq(pledges::version + 1), pledges::updated_at.eq(now)))
        .returning(Pledge::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The pledge has changed meanwhile."))
}

/// Which pledges a reader sees.
#[derive(Debug, Clone)]
pub enum Seen {
    /// Those that the reader offered, and those of the organisation for which the reader speaks.
    Own(AccountId, Option<PartnerId>),
    /// All.
    All,
}

pub fn list<F>(
    conn: &mut Conn,
    of: NeedId,
    seen: &Seen,
    state: Option<PledgeState>,
    listing: &Listing<F>,
) -> Result<Page<Pledge>> {
    let filtered = || {
        let mut query = pledges::table.filter(pledges::need_id.eq(of)).into_boxed();
        query = match seen {
            Seen::All => query,
            Seen::Own(reader, None) => query.filter(pledges::offered_by_id.eq(*reader)),
            Seen::Own(reader, Some(partner)) => {
                query.filter(pledges::offered_by_id.eq(*reader).or(pledges::partner_id.eq(*partner)))
            }
        };
        match state {
            Some(state) => query.filter(pledges::state.eq(state)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, PledgeId)>()? {
        query = query.filter(row_lt((pledges::created_at, pledges::id), after));
    }
    let rows = query
        .order((pledges::created_at.desc(), pledges::id.desc()))
        .limit(listing.fetch())
        .select(Pledge::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

pub fn insert_delivery(conn: &mut Conn, delivery: &Delivery) -> Result<()> {
    diesel::insert_into(deliveries::table).values(delivery).execute(conn)?;
    Ok(())
}

pub fn list_deliveries<F>(conn: &mut Conn, of: PledgeId, listing: &Listing<F>) -> Result<Page<Delivery>> {
    let mut query = deliveries::table.filter(deliveries::pledge_id.eq(of)).into_boxed();
    if let Some(after) = listing.after::<(Instant, DeliveryId)>()? {
        query = query.filter(row_lt((deliveries::created_at, deliveries::id), after));
    }
    let rows = query
        .order((deliveries::created_at.desc(), deliveries::id.desc()))
        .limit(listing.fetch())
        .select(Delivery::as_select())
        .load(conn)?;
    let total = if listing.total {
        Some(deliveries::table.filter(deliveries::pledge_id.eq(of)).count().get_result(conn)?)
    } else {
        None
    };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
