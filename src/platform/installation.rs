//! Facts about this installation that outlive a process: small, named, one row each.

use std::path::Path;

use diesel::prelude::*;

use super::clock::Instant;
use super::config::Data;
use super::db::schema::installation;
use super::db::{Conn, Engine, PortableExt, tables};
use super::error::{Error, Result};
use super::keys::file_in;
use super::record::seal::{self, Anchor};

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

/// Makes sure that what belongs to a database that was used before is at hand: a fresh master secret would be refused, and
/// fresh signing keys would make all that was anchored look tampered with. Makes nothing.
///
/// # Errors
/// When it is not, or when the database can't be asked.
pub fn demand_files(conn: &mut Conn, data: &Data) -> Result<()> {
    let secret = data.master_secret();
    if !secret.exists() && get(conn, FINGERPRINT)?.is_some() {
        return Err(Error::fault(format!(
            "the master secret of this database should be in {}, and nothing is there: put it back, or check data.dir and \
             data.master_secret_file",
            secret.display()
        )));
    }
    let (keys, anchors) = (file_in(&data.keys()), data.anchors());
    if !keys.exists() && Anchor::read(&anchors).map_or(true, |all| !all.is_empty()) {
        return Err(Error::fault(format!(
            "the signing keys of this installation should be in {}, and nothing is there, but the record is anchored in \
             {}: put the keys back or, if they are lost for good, move that file away",
            keys.display(),
            anchors.display()
        )));
    }
    Ok(())
}

/// Makes sure that a database without sealed records is not taken for that of a new installation where `anchors` tells
/// that there were some: it was lost, or its volume is not there, and whoever came first would become administrator.
/// No database is made. A record that is only shorter than it was is no reason not to serve; the log says so.
///
/// # Errors
/// When it is such a database, when it can't be asked, or when it has no sealed records and the anchors can't be read.
pub fn demand_database(engine: &Engine, anchors: &Path) -> Result<()> {
    // Before the database is asked: what another process seals and anchors meanwhile must not look lost.
    let last = Anchor::read(anchors).map(|all| all.into_iter().max_by_key(|anchor| anchor.seq));
    if matches!(&last, Ok(None)) {
        return Ok(());
    }
    let sealed = sealed(engine)?;
    let file = anchors.display();
    match last {
        Ok(Some(Anchor { seq, at, .. })) if sealed == 0 => Err(Error::fault(format!(
            "the database has no sealed records, but by the anchors in {file} it had {seq} on {at}: mount or restore \
             the database that belongs to them or, if this is to be a new installation, move the data folder or that \
             file away"
        ))),
        Ok(Some(Anchor { seq, at, .. })) if sealed < seq => {
            tracing::error!(
                "the record ends at {sealed}, but by the anchors in {file} it had {seq} on {at}: it was cut or rolled \
                 back; see `threekeys record verify`"
            );
            Ok(())
        }
        Err(error) if sealed == 0 => Err(error),
        Err(error) => {
            tracing::error!(%error, "the anchors can't be read; see `threekeys record verify`");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// Number of the last sealed record; 0 where there is none, no table for it, or no database.
fn sealed(engine: &Engine) -> Result<i64> {
    if let Engine::Sqlite { path } = engine
        && !Path::new(path).exists()
    {
        return Ok(0);
    }
    let mut conn = engine.open().map_err(|e| Error::fault(e.to_string()))?;
    if tables(&mut conn)?.iter().any(|table| table == "records") { seal::last(&mut conn) } else { Ok(0) }
}
