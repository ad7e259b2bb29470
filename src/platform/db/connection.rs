//! One connection type for both engines: opening, checking, migrating.
#![expect(missing_docs, reason = "diesel's macro makes the joint backend's items")]

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::shapes::run;
use crate::platform::faults::is_planted;

const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// The oldest SQLite without the WAL-reset corruption bug.
const SQLITE_MIN: (u32, u32, u32) = (3, 51, 3);
/// The oldest PostgreSQL that this is tested on.
const POSTGRES_MIN: i32 = 140_000;
/// How long one that migrates waits for another that does so.
const ANOTHER_AT_MOST: std::time::Duration = std::time::Duration::from_secs(60);
/// How long a connection tries to set up a database whose journal another is making.
const JOURNAL_AT_MOST: std::time::Duration = std::time::Duration::from_secs(5);
/// One migrating process at a time; the number is arbitrary and only has to stay.
const MIGRATION_LOCK: i64 = 0x0074_6872_6565_6b65;

/// A connection to whichever engine `DATABASE_URL` names.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// PostgreSQL.
    Pg(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Which engine, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// An embedded database in this file.
    Sqlite {
        /// Path of the database file.
        path: String,
    },
    /// A server.
    Postgres {
        /// Connection URL; may hold a password, so it is never logged.
        url: String,
    },
}

/// Why the database can't be used, in one line for whoever starts the server.
#[derive(Debug)]
pub struct Unusable(pub String);

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Unusable {}

fn unusable<T>(why: impl Into<String>) -> Result<T, Unusable> {
    Err(Unusable(why.into()))
}

impl From<diesel::result::Error> for Unusable {
    fn from(error: diesel::result::Error) -> Self {
        Self(format!("the database refused a start-up query: {error}"))
    }
}

impl Engine {
    /// Reads a `DATABASE_URL`. Only `sqlite:`, `postgres:` and `postgresql:` are known: a misspelt scheme must never end
    /// in a fresh, empty SQLite file.
    ///
    /// # Errors
    /// When the scheme is another one or the rest is empty.
    pub fn parse(url: &str) -> Result<Self, Unusable> {
        let Some((scheme, rest)) = url.split_once(':') else {
            return unusable("the database URL has no scheme; write sqlite:PATH or postgres://USER@HOST/NAME");
        };
        match scheme {
            "sqlite" => match rest.strip_prefix("//").unwrap_or(rest) {
                "" => unusable("the database URL names no file; write sqlite:PATH"),
                path if path.contains(['?', '#']) => unusable("a sqlite: URL takes a path and no options"),
                path if path.contains(":memory:") => unusable("an in-memory database would forget everything"),
                path => Ok(Self::Sqlite { path: path.to_owned() }),
            },
            "postgres" | "postgresql" if rest.starts_with("//") => Ok(Self::Postgres { url: url.to_owned() }),
            other => unusable(format!("unknown database scheme {other:?}; known are sqlite: and postgres://")),
        }
    }

    /// `sqlite` or `postgres`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres { .. } => "postgres",
        }
    }

    /// Opens a connection for reading and writing, with the settings that durability and integrity need.
    ///
    /// # Errors
    /// When the file or the server can't be reached.
    pub fn open(&self) -> Result<Conn, Unusable> {
        match self {
            Self::Sqlite { path } => {
                let mut conn = SqliteConnection::establish(path)
                    .map_err(|e| Unusable(format!("can't open the SQLite database {path}: {e}")))?;
                // No memory map: it counts as memory once per connection, and a disk that fails beneath it ends the process.
                // FULL: in WAL mode NORMAL may lose acknowledged commits when the power goes. The log is worked off beside
                // the writer (`executor`), and where that is not enough by it, when the log has 32 MiB; what got longer while
                // somebody read on and on is cut when it is begun anew.
                let settings = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                     PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; \
                     PRAGMA cache_size = -7168; PRAGMA wal_autocheckpoint = 8192; \
                     PRAGMA journal_size_limit = 33554432;";
                // The journal of a new database is not waited for: of several that make one, SQLite refuses all but the first.
                let until = std::time::Instant::now() + JOURNAL_AT_MOST;
                loop {
                    match conn.batch_execute(settings) {
                        Err(error) if std::time::Instant::now() < until && is_locked(&error) => {
                            std::thread::sleep(std::time::Duration::from_millis(20));
                        }
                        set => return set.map(|()| Conn::Sqlite(conn)).map_err(Unusable::from),
                    }
                }
            }
            Self::Postgres { url } => {
                let mut conn = PgConnection::establish(&with_timeouts(url)).map_err(|e| {
                    Unusable(format!("can't reach the PostgreSQL database: {}", without_secret(&e.to_string())))
                })?;
                conn.batch_execute(
                    "SET TIME ZONE 'UTC'; SET client_min_messages = warning; SET statement_timeout = '5s'; \
                     SET lock_timeout = '2s'; SET idle_in_transaction_session_timeout = '10s';",
                )?;
                Ok(Conn::Pg(conn))
            }
        }
    }

    /// Opens a connection that can only read, for the reader threads.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_reader(&self) -> Result<Conn, Unusable> {
        let mut conn = self.open()?;
        match &mut conn {
            Conn::Sqlite(conn) => conn.batch_execute("PRAGMA query_only = ON")?,
            Conn::Pg(conn) => conn.batch_execute("SET default_transaction_read_only = on")?,
        }
        Ok(conn)
    }

    /// Opens a copy of a SQLite database that nobody writes to, and writes nothing to it or beside it.
    ///
    /// # Errors
    /// When it is not there or not a database.
    pub fn open_frozen(copy: &std::path::Path) -> Result<Conn, Unusable> {
        let told = |why: String| Unusable(format!("can't open the copy {}: {why}", copy.display()));
        let path = std::path::absolute(copy).map_err(|e| told(e.to_string()))?;
        let path = path.to_str().ok_or_else(|| told("its path is not UTF-8".into()))?;
        let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let conn = SqliteConnection::establish(&format!("file:{path}?mode=ro&immutable=1"));
        Ok(Conn::Sqlite(conn.map_err(|e| told(e.to_string()))?))
    }

    /// The first of these migrations that this program does not know, if any.
    ///
    /// # Errors
    /// When its own can't be read.
    pub fn unknown_migration(&self, applied: &[String]) -> Result<Option<String>, Unusable> {
        let known = match self {
            Self::Sqlite { .. } => versions::<diesel::sqlite::Sqlite>(&SQLITE_MIGRATIONS)?,
            Self::Postgres { .. } => versions::<diesel::pg::Pg>(&POSTGRES_MIGRATIONS)?,
        };
        Ok(applied.iter().find(|version| !known.contains(version)).cloned())
    }
}

/// A server that hangs must not hold a connection for ever: unless the URL says otherwise, connecting takes 2 s at most,
/// data that is not acknowledged 4 s, and a peer that answers to no keepalive is gone after 11 s.
fn with_timeouts(url: &str) -> String {
    let mut url = url.to_owned();
    for (key, value) in [
        ("connect_timeout", "2"),
        ("tcp_user_timeout", "4000"),
        ("keepalives_idle", "5"),
        ("keepalives_interval", "2"),
        ("keepalives_count", "3"),
        ("application_name", "threekeys"),
    ] {
        if !url.contains(key) {
            let joint = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{joint}{key}={value}"));
        }
    }
    url
}

/// libpq repeats the connection string in some messages; a password in it must not reach a log.
fn without_secret(message: &str) -> String {
    message.split_whitespace().map(|word| if word.contains("://") { "…" } else { word }).collect::<Vec<_>>().join(" ")
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    value: String,
}
#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Integer)]
    value: i32,
}

impl Conn {
    /// Refuses an engine that could lose or corrupt what it acknowledged.
    ///
    /// # Errors
    /// With one line that says what to change.
    pub fn check(&mut self) -> Result<(), Unusable> {
        match self {
            Self::Sqlite(conn) => {
                let version = diesel::sql_query("SELECT sqlite_version() AS value").get_result::<Word>(conn)?.value;
                let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
                let mut next = || parts.next().unwrap_or(0);
                if (next(), next(), next()) < SQLITE_MIN {
                    return unusable(format!("SQLite {version} is too old: 3.51.3 or later is needed"));
                }
                Ok(())
            }
            Self::Pg(conn) => {
                let version = diesel::sql_query("SELECT current_setting('server_version_num')::int4 AS value")
                    .get_result::<Number>(conn)?;
                if version.value < POSTGRES_MIN {
                    return unusable("this PostgreSQL is too old: 14 or later is needed");
                }
                for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
                    let value = diesel::sql_query(format!("SELECT current_setting('{setting}') AS value"))
                        .get_result::<Word>(conn)?
                        .value;
                    if value == "off" {
                        return unusable(format!(
                            "PostgreSQL runs with {setting} = off and may lose what it acknowledged; turn it on"
                        ));
                    }
                }
                Ok(())
            }
        }
    }

    /// Brings the schema up to date, once, however many processes start together. Returns the migrations that it ran.
    ///
    /// # Errors
    /// When a migration fails, or when the database was made by a newer version of this program.
    pub fn migrate(&mut self) -> Result<Vec<String>, Unusable> {
        if is_planted("migration_leaves_halves") && self.pending_migrations().is_ok_and(|pending| !pending.is_empty()) {
            self.batch_execute("CREATE TABLE half_done (id int)")?;
            std::thread::sleep(std::time::Duration::from_millis(30));
            self.batch_execute("DROP TABLE half_done")?;
        }
        match self {
            Self::Sqlite(conn) => {
                let pending = MigrationHarness::pending_migrations(conn, SQLITE_MIGRATIONS).map_err(failed)?;
                if pending.is_empty() {
                    migrate(conn, || SQLITE_MIGRATIONS)
                } else {
                    // Whoever starts it again is told again, because nothing was changed.
                    let lost = "SELECT \"table\" || coalesce(' (row ' || rowid || ')', '') AS value \
                                FROM pragma_foreign_key_check LIMIT 1";
                    let lost: Option<Word> = diesel::sql_query(lost).get_result(conn).optional()?;
                    if let Some(Word { value }) = lost.filter(|_| !is_planted("migrates_what_is_broken")) {
                        return unusable(format!(
                            "{value} refers to what is not there: the database was changed by something else, and its schema \
                             is not brought up to date; restore a backup"
                        ));
                    }
                    unreferred(conn, |conn| alone(conn, |conn| migrate(conn, || SQLITE_MIGRATIONS)))
                }
            }
            Self::Pg(conn) => {
                conn.batch_execute(&format!(
                    "SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_advisory_lock({MIGRATION_LOCK})"
                ))?;
                let result = migrate(conn, || POSTGRES_MIGRATIONS);
                conn.batch_execute(&format!(
                    "SELECT pg_advisory_unlock({MIGRATION_LOCK}); SET lock_timeout = '2s'; SET statement_timeout = '5s'"
                ))?;
                result
            }
        }
    }

    /// Undoes every migration, newest first. For tests of the `down` scripts.
    ///
    /// # Errors
    /// When a script fails.
    pub fn revert_all(&mut self) -> Result<usize, Unusable> {
        let reverted = match self {
            Self::Sqlite(conn) => {
                unreferred(conn, |conn| Ok(conn.revert_all_migrations(SQLITE_MIGRATIONS).map(|all| all.len())))?
            }
            Self::Pg(conn) => conn.revert_all_migrations(POSTGRES_MIGRATIONS).map(|all| all.len()),
        };
        reverted.map_err(|e| Unusable(format!("a migration could not be undone: {e}")))
    }

    /// Migrations that are not applied yet; empty when the schema is current.
    ///
    /// # Errors
    /// When the database can't be asked.
    pub fn pending_migrations(&mut self) -> Result<Vec<String>, Unusable> {
        // Asked without diesel's harness, which would first make its table, and readers only read.
        let applied: Vec<String> = diesel::sql_query("SELECT version AS value FROM __diesel_schema_migrations")
            .load::<Word>(self)?
            .into_iter()
            .map(|row| row.value)
            .collect();
        let known = match self {
            Self::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE_MIGRATIONS)?,
            Self::Pg(_) => versions::<diesel::pg::Pg>(&POSTGRES_MIGRATIONS)?,
        };
        Ok(known.into_iter().filter(|version| !applied.contains(version)).collect())
    }

    /// Whether this connection is lost or its transaction state unknown; its thread then opens another.
    pub fn is_broken(&mut self) -> bool {
        use diesel::connection::{AnsiTransactionManager, TransactionManager};
        let unknown = match self {
            Self::Sqlite(conn) => AnsiTransactionManager::is_broken_transaction_manager(conn),
            Self::Pg(conn) => AnsiTransactionManager::is_broken_transaction_manager(conn),
        };
        unknown || self.ping().is_err()
    }

    /// Whether the server at the other end is gone. What a transaction that only failed does to the next statement is no
    /// sign of that.
    pub fn is_lost(&mut self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Pg(_) => match self.ping() {
                Ok(()) => false,
                Err(diesel::result::Error::DatabaseError(_, info)) => {
                    !info.message().contains("transaction is aborted")
                }
                Err(_) => true,
            },
        }
    }

    /// Starts a write transaction. On SQLite it takes the write lock at once: a transaction that starts by reading and
    /// then writes would fail without waiting when another one was faster.
    ///
    /// # Errors
    /// When the lock or the connection can't be had.
    pub fn begin_write(&mut self) -> QueryResult<()> {
        use diesel::connection::{AnsiTransactionManager, TransactionManager};
        match self {
            Self::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
            Self::Pg(conn) => <PgConnection as Connection>::TransactionManager::begin_transaction(conn),
        }
    }

    /// Whether the transaction that [`begin_write`](Self::begin_write) started goes on, with no savepoint open in it.
    pub fn is_writing(&mut self) -> bool {
        use diesel::connection::{AnsiTransactionManager, TransactionManager};
        let status = match self {
            Self::Sqlite(conn) => AnsiTransactionManager::transaction_manager_status_mut(conn),
            Self::Pg(conn) => AnsiTransactionManager::transaction_manager_status_mut(conn),
        };
        matches!(status.transaction_depth(), Ok(Some(std::num::NonZeroU32::MIN)))
    }

    /// Ends the transaction that [`begin_write`](Self::begin_write) started, keeping what was written.
    ///
    /// # Errors
    /// When the engine could not make it durable, or when something was left open or failed unseen within it: nothing of it may
    /// be acknowledged then, and the caller has it undone.
    pub fn commit(&mut self) -> QueryResult<()> {
        use diesel::connection::TransactionManager;
        // With a savepoint left open, only that one would be ended, and what was acknowledged be lost with the connection.
        if !self.is_writing() {
            return Err(diesel::result::Error::BrokenTransactionManager);
        }
        match self {
            Self::Sqlite(conn) => <SqliteConnection as Connection>::TransactionManager::commit_transaction(conn),
            // PostgreSQL answers to a COMMIT of what has failed that it has undone it, and diesel takes that for success. In one
            // trip, of which the second half is not done where the first fails; diesel sees that the transaction is over.
            Self::Pg(conn) => conn.batch_execute("SELECT 1; COMMIT"),
        }
    }

    /// Ends the transaction with all that is open in it, undoing what was written. Where the connection is lost, the engine does
    /// that by itself.
    pub fn undo(&mut self) {
        use diesel::connection::TransactionManager;
        // Each ends one savepoint, and the last the transaction; after that it fails.
        while match self {
            Self::Sqlite(conn) => <SqliteConnection as Connection>::TransactionManager::rollback_transaction(conn),
            Self::Pg(conn) => <PgConnection as Connection>::TransactionManager::rollback_transaction(conn),
        }
        .is_ok()
        {}
    }

    /// Runs `f` so that it sees one state of the data. A snapshot costs nothing on SQLite; on PostgreSQL it would cost
    /// two more trips to the server, so there each statement sees what is committed when it runs.
    pub fn reading<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        match self {
            Self::Sqlite(conn) => {
                let began = run::<Begin, _, _>(conn, diesel::sql_query("BEGIN")).is_ok();
                let result = f(self);
                if let (true, Self::Sqlite(conn)) = (began, self) {
                    // A read transaction has nothing to lose; a failed COMMIT shows in the next statement.
                    let _ = run::<Commit, _, _>(conn, diesel::sql_query("COMMIT"));
                }
                result
            }
            Self::Pg(_) => f(self),
        }
    }

    /// A cheap query that only a reachable database answers.
    ///
    /// # Errors
    /// When it does not.
    pub fn ping(&mut self) -> QueryResult<()> {
        self.batch_execute("SELECT 1")
    }
}

/// Stands for `BEGIN`.
struct Begin;
/// Stands for `COMMIT`.
struct Commit;

/// Names of the database's tables, the engine's own aside.
///
/// # Errors
/// When the database can't be asked.
pub fn tables(conn: &mut Conn) -> QueryResult<Vec<String>> {
    let query = match conn {
        Conn::Sqlite(_) => {
            "SELECT name AS value FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
        Conn::Pg(_) => "SELECT tablename::text AS value FROM pg_tables WHERE schemaname = current_schema()",
    };
    Ok(diesel::sql_query(query).load::<Word>(conn)?.into_iter().map(|table| table.value).collect())
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> Unusable {
    Unusable(format!("the schema could not be brought up to date: {error}"))
}

/// Changes the schema without references being looked at: SQLite makes a table anew to change it, and whatever refers to it would
/// be in the way of the old one's end. The setting can't be changed within a transaction, and a migration is one.
fn unreferred<T>(
    conn: &mut SqliteConnection,
    change: impl FnOnce(&mut SqliteConnection) -> Result<T, Unusable>,
) -> Result<T, Unusable> {
    conn.batch_execute("PRAGMA foreign_keys = OFF")?;
    let result = change(conn);
    let again = conn.batch_execute("PRAGMA foreign_keys = ON");
    let result = result?;
    again?;
    Ok(result)
}

fn migrate<C, DB>(conn: &mut C, source: fn() -> EmbeddedMigrations) -> Result<Vec<String>, Unusable>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB> + SimpleConnection,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known = versions(&source())?;
    let applied = conn.applied_migrations().map_err(failed)?;
    if let Some(newer) = applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        return unusable(format!(
            "the database was made by a newer version of Threekeys (it has migration {newer}); use that version or a later one"
        ));
    }
    let ran = conn.run_pending_migrations(source()).map_err(failed)?;
    Ok(ran.iter().map(ToString::to_string).collect())
}

fn is_locked(error: &diesel::result::Error) -> bool {
    error.to_string().contains("database is locked")
}

/// Changes the schema as the only one that writes, all of it or nothing: whoever comes second waits, and finds it done. Where it
/// fails, it is undone with the connection, which is of no use to anybody then.
fn alone<T>(
    conn: &mut SqliteConnection,
    change: impl FnOnce(&mut SqliteConnection) -> Result<T, Unusable>,
) -> Result<T, Unusable> {
    use diesel::connection::{AnsiTransactionManager, TransactionManager};
    let until = std::time::Instant::now() + ANOTHER_AT_MOST;
    loop {
        match AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE") {
            Ok(()) => break,
            // It has waited for the engine's own limit already.
            Err(error) if std::time::Instant::now() < until && is_locked(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let result = change(conn)?;
    <SqliteConnection as Connection>::TransactionManager::commit_transaction(conn)?;
    Ok(result)
}

fn versions<DB>(source: &EmbeddedMigrations) -> Result<Vec<String>, Unusable>
where
    DB: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(failed)?;
    Ok(known.iter().map(|m| m.name().version().to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_schemes_are_taken() {
        assert_eq!(Engine::parse("sqlite:data/x.db").map_err(|e| e.0), Ok(Engine::Sqlite { path: "data/x.db".into() }));
        assert_eq!(
            Engine::parse("sqlite:///var/x.db").map_err(|e| e.0),
            Ok(Engine::Sqlite { path: "/var/x.db".into() })
        );
        assert!(matches!(Engine::parse("postgresql://localhost/x"), Ok(Engine::Postgres { .. })));
        for bad in
            ["x.db", "sqlite:", "sqlite::memory:", "postgre://x/y", "mysql://x/y", "postgres:x", "", "sqlite:x?mode=ro"]
        {
            assert!(Engine::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_stay_out_of_messages() {
        assert!(!without_secret("could not connect to postgres://me:hunter2@db/x now").contains("hunter2"));
    }
}
