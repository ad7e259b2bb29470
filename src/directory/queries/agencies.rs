//! Agencies.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::directory::emergency::EmergencyBlock;
use crate::directory::model::{Agency, AgencyKind};
use crate::ids::AgencyId;
use crate::on_engine;
use crate::platform::clock::Instant;
use crate::platform::db::nodes::containing;
use crate::platform::db::{Columns, Conn, Json, OnConflict, Unique, among, locked, row_gt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::platform::text::Zone;
use crate::schema::agencies;

/// Each name belongs to one agency.
pub const ONE_NAME: Unique = Unique { index: "agencies_one_name", columns: "agencies.name_key" };

fn name_taken() -> Error {
    Error::conflict("There is an agency with this name already.")
}

pub fn find(conn: &mut Conn, id: AgencyId) -> Result<Option<Agency>> {
    Ok(on_engine!(conn, |conn| agencies::table.find(id).select(Agency::as_select()).first(conn)).optional()?)
}

/// The agency, which stays as it is until the transaction ends.
pub fn find_locked(conn: &mut Conn, id: AgencyId) -> Result<Option<Agency>> {
    Ok(locked(agencies::table.find(id).select(Agency::columns())).get_result(conn).optional()?)
}

/// Agencies by id, in one query.
pub fn find_all(conn: &mut Conn, ids: Vec<AgencyId>) -> Result<HashMap<AgencyId, Agency>> {
    let rows: Vec<Agency> = agencies::table.filter(among(agencies::id, ids)).select(Agency::as_select()).load(conn)?;
    Ok(rows.into_iter().map(|agency| (agency.id, agency)).collect())
}

/// The police agency, where there is exactly one.
pub fn find_only_police(conn: &mut Conn) -> Result<Option<Agency>> {
    let mut first_two: Vec<Agency> = agencies::table
        .filter(agencies::kind.eq(AgencyKind::Police))
        .limit(2)
        .select(Agency::as_select())
        .load(conn)?;
    Ok(if first_two.len() == 1 { first_two.pop() } else { None })
}

/// Whom to call, of an agency.
///
/// # Errors
/// 404 when there is no such agency.
pub fn emergency_of_agency(conn: &mut Conn, id: AgencyId) -> Result<EmergencyBlock> {
    find(conn, id)?.as_ref().map(EmergencyBlock::from).ok_or_else(Error::not_found)
}

/// The time zone that an agency lives in.
///
/// # Errors
/// 404 when there is no such agency.
pub fn zone_of_agency(conn: &mut Conn, id: AgencyId) -> Result<Zone> {
    let zone: Option<String> =
        on_engine!(conn, |conn| agencies::table.find(id).select(agencies::time_zone).first(conn)).optional()?;
    read_zone(&zone.ok_or_else(Error::not_found)?)
}

/// A time zone as it is stored.
///
/// # Errors
/// A fault when no such zone is known any more.
pub fn read_zone(name: &str) -> Result<Zone> {
    name.parse().map_err(|_| Error::fault(format!("unknown time zone {name:?} in the database")))
}

/// Inserts an agency.
///
/// # Errors
/// A conflict when another one has its name.
pub fn insert(conn: &mut Conn, agency: &Agency) -> Result<()> {
    diesel::insert_into(agencies::table).values(agency).execute(conn).map(|_| ()).on_conflict(&ONE_NAME, name_taken)
}

/// What of an agency can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = agencies)]
pub struct AgencyChanges {
    pub name: Option<String>,
    pub name_key: Option<String>,
    pub kind: Option<AgencyKind>,
    pub time_zone: Option<String>,
    pub website: Option<Option<String>>,
    pub address: Option<Option<String>>,
    pub emergency: Option<String>,
    pub text_to_911: Option<bool>,
    pub non_emergency: Option<String>,
    pub tips: Option<Option<String>>,
    pub tty: Option<Option<String>>,
    pub languages: Option<Json<Vec<String>>>,
    pub notice: Option<Option<String>>,
}

/// Changes an agency; the row as it is then.
///
/// # Errors
/// A conflict when another one has the new name.
pub fn update(conn: &mut Conn, id: AgencyId, changes: AgencyChanges, now: Instant) -> Result<Agency> {
    diesel::update(agencies::table.find(id))
        .set((changes, agencies::version.eq(agencies::version + 1), agencies::updated_at.eq(now)))
        .returning(Agency::columns())
        .get_result(conn)
        .on_conflict(&ONE_NAME, name_taken)
}

/// Agencies by name.
pub fn list<F>(
    conn: &mut Conn,
    kind: Option<AgencyKind>,
    q: Option<&str>,
    listing: &Listing<F>,
) -> Result<Page<Agency>> {
    let filtered = || {
        let mut query = agencies::table.into_boxed();
        if let Some(kind) = kind {
            query = query.filter(agencies::kind.eq(kind));
        }
        if let Some(q) = q {
            query = query.filter(agencies::name_key.like(containing(q)).escape('\\'));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(String, AgencyId)>()? {
        query = query.filter(row_gt((agencies::name_key, agencies::id), after));
    }
    let rows = query
        .order((agencies::name_key, agencies::id))
        .limit(listing.fetch())
        .select(Agency::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.name_key.clone(), row.id)).with_total(total))
}
