//! Facts about this installation that outlive a process: small, named, one row each.

use diesel::prelude::*;

use super::clock::Instant;
use super::db::schema::installation;
use super::db::{Conn, PortableExt};
use super::error::{Error, Result};

/// Under this name stands the fingerprint of the master secret.
pub const FINGERPRINT: &str = "secret_fingerprint";

/// What is stored under a name, with the time from which it counts no more.
///
/// # Errors
/// When the database can't be asked.
pub fn get(conn: &mut Conn, name: &str) -> Result<Option<(Vec<u8>, Option<Instant>)>> {
    Ok(installation::table.find(name).select((installation::value, installation::expires_at)).first(conn).optional()?)
}

/// Stores a value under a name, in place of any earlier one.
///
/// # Errors
/// When the database can't take it.
pub fn put(conn: &mut Conn, name: &str, value: Vec<u8>, expires_at: Option<Instant>) -> Result<()> {
    let row = (installation::value.eq(value), installation::expires_at.eq(expires_at));
    diesel::insert_into(installation::table)
        .values((installation::name.eq(name), row.clone()))
        .on_conflict(installation::name)
        .do_update()
        .set(row)
        .portable()
        .execute(conn)?;
    Ok(())
}

/// Forgets what is stored under a name. Whether there was anything.
///
/// # Errors
/// When the database can't do it.
pub fn forget(conn: &mut Conn, name: &str) -> Result<bool> {
    Ok(diesel::delete(installation::table.find(name)).execute(conn)? > 0)
}

/// Makes sure that the master secret is the one with which this database has always been used: with another one, tokens,
/// cursors and stored mail could not be read any more, and two servers with different secrets would refuse each other's.
///
/// # Errors
/// When it is another one.
pub fn demand_secret(conn: &mut Conn, fingerprint: &[u8; 32]) -> Result<()> {
    diesel::insert_into(installation::table)
        .values((installation::name.eq(FINGERPRINT), installation::value.eq(fingerprint.to_vec())))
        .on_conflict(installation::name)
        .do_nothing()
        .portable()
        .execute(conn)?;
    match get(conn, FINGERPRINT)? {
        Some((known, _)) if known == fingerprint => Ok(()),
        _ => Err(Error::fault(
            "the master secret is not the one with which this database was made: restore its file, or set \
             data.master_secret_file to it",
        )),
    }
}
