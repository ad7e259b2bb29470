//! Whether an installation is there for a command that needs one. Otherwise such a command would make an empty one wherever
//! it is called, and find that all is well with it.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use crate::platform::config::Config;
use crate::platform::db::{Conn, Engine, tables};
use crate::platform::error::Error;
use crate::platform::installation;
use crate::platform::record::seal::Anchor;

/// Refuses where there is no database of ours, or where the keys that belong to it are not at hand. Makes nothing.
pub(super) fn demand(config: &Config) -> Result<(), String> {
    let engine = config.engine()?;
    let (name, conn) = match &engine {
        Engine::Sqlite { path } => (format!("SQLite database {path}"), open_as_it_is(path)?),
        Engine::Postgres { url } => {
            (format!("PostgreSQL database {}", place(url)), Some(engine.open().map_err(|e| e.to_string())?))
        }
    };
    let told = |e: diesel::result::Error| format!("the {name} can't be read: {e}");
    let mut ours = None;
    if let Some(mut conn) = conn
        && is_ours(&mut conn).map_err(told)?
    {
        ours = Some(conn);
    }
    let Some(mut conn) = ours else {
        let anchors = config.data.anchors();
        // As at a start: a file that has no anchors in it tells of no record, one that can't be read may.
        if !Anchor::read(&anchors).is_ok_and(|all| all.is_empty()) {
            return Err(format!(
                "there is no Threekeys in the {name}, though anchors of its record are in {}: mount or restore the \
                 database that belongs to them, or check DATABASE_URL and the configuration",
                anchors.display()
            ));
        }
        return Err(format!(
            "there is no Threekeys in the {name}: check DATABASE_URL and the configuration, or make an installation there \
             with `threekeys migrate`"
        ));
    };
    if installation::get(&mut conn, installation::FINGERPRINT).map_err(Error::into_reason)?.is_none() {
        // Nobody has used it yet: the first who does makes them.
        return Ok(());
    }
    for (what, path) in [("master secret", config.data.master_secret()), ("signing keys", config.data.keys())] {
        if !path.exists() {
            return Err(format!(
                "the {what} of the {name} should be in {}, and nothing is there: check data.dir and the configuration, or \
                 put back what belongs there",
                path.display()
            ));
        }
    }
    Ok(())
}

/// A connection that neither makes the file nor changes how it is kept; none where there is no file.
fn open_as_it_is(path: &str) -> Result<Option<Conn>, String> {
    let told = |e: String| format!("can't open the SQLite database {path}: {e}");
    let whole = std::path::absolute(path).map_err(|e| told(e.to_string()))?;
    if !whole.try_exists().map_err(|e| told(e.to_string()))? {
        return Ok(None);
    }
    let whole = whole.to_str().ok_or_else(|| told("its path is not UTF-8".into()))?;
    let whole = whole.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let mut conn = SqliteConnection::establish(&format!("file:{whole}?mode=rw")).map_err(|e| told(e.to_string()))?;
    conn.batch_execute("PRAGMA busy_timeout = 5000").map_err(|e| told(e.to_string()))?;
    Ok(Some(Conn::Sqlite(conn)))
}

fn is_ours(conn: &mut Conn) -> QueryResult<bool> {
    let there = tables(conn)?;
    Ok(["__diesel_schema_migrations", "installation"].iter().all(|ours| there.iter().any(|table| table == ours)))
}

/// Where a PostgreSQL database is, without who uses it and with which password.
fn place(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split_once('@').filter(|(user, _)| !user.contains('/')).map_or(rest, |(_, place)| place);
    let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
    match options.split('&').find(|option| option.starts_with("host=")) {
        Some(host) => format!("postgres://{place}?{host}"),
        None => format!("postgres://{place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_tells_no_password() {
        for (url, told) in [
            ("postgres://me:hunter2@db.example:5433/name?sslmode=require", "postgres://db.example:5433/name"),
            ("postgresql://me:hunter?2@db/name?password=hunter2&host=/run", "postgres://db/name?host=/run"),
            ("postgres:///name?password=hunter2@x", "postgres:///name"),
            ("postgres://me@/name?host=/run/postgresql", "postgres:///name?host=/run/postgresql"),
        ] {
            assert_eq!(place(url), told);
        }
    }

    #[test]
    fn what_is_not_ours_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        let path = dir.path().join("a%20#.db");
        let path = path.to_str().unwrap_or_default();
        assert!(open_as_it_is(path).is_ok_and(|conn| conn.is_none()));
        std::fs::write(path, b"").unwrap_or_else(|e| panic!("{e}"));
        let mut conn = open_as_it_is(path).unwrap_or_else(|e| panic!("{e}")).unwrap_or_else(|| panic!("no file"));
        assert_eq!(is_ours(&mut conn), Ok(false));
        drop(conn);
        assert_eq!(std::fs::metadata(path).map(|m| m.len()).ok(), Some(0));
        assert_eq!(std::fs::read_dir(dir.path()).map(Iterator::count).ok(), Some(1));
    }
}
