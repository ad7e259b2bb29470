//! PostgreSQL's own tools, found on this machine: `pg_dump` within the snapshot in which the rows are counted, and
//! `pg_restore`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use super::{Content, Count, Word, unusable};
use crate::platform::db::Engine;
use crate::platform::error::{Error, Result};
use crate::platform::faults::is_planted;

/// The newest of the installed ones (a newer tool reads an older server, and not the other way round), then what the
/// search path has.
fn tool(name: &str) -> Result<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin").join(name))))
        .filter(|(_, path)| path.exists())
        .collect();
    versions.sort();
    let search = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&search).map(|dir| dir.join(name)).find(|path| path.exists());
    versions.pop().map(|(_, path)| path).or(on_path).ok_or_else(|| {
        Error::fault(format!("{name} is not on this machine: install PostgreSQL's client programs (postgresql-client)"))
    })
}

/// A URL without its password, and the password: what stands on a command line can be read by everybody on the machine.
fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let Some((user, host)) = authority.rsplit_once('@') else { return (url.to_owned(), None) };
    let Some((user, password)) = user.split_once(':') else { return (url.to_owned(), None) };
    (format!("{scheme}://{user}@{host}{tail}"), Some(decoded(password)))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let code = rest.get(1..3).filter(|_| first == '%').and_then(|code| u8::from_str_radix(code, 16).ok());
        let taken = if let Some(byte) = code {
            bytes.push(byte);
            3
        } else {
            bytes.extend(first.to_string().bytes());
            first.len_utf8()
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A tool that will speak to the database at `url`.
fn against(name: &str, url: &str) -> Result<Command> {
    if url.contains("password=") {
        return Err(Error::fault("put the database's password in front of the host or into database.password_file"));
    }
    let (url, password) = without_password(url);
    let mut command = Command::new(tool(name)?);
    command.args(["--no-password", "--dbname", &url]);
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    Ok(command)
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.stdin(Stdio::null()).stdout(Stdio::null()).output();
    let done = done.map_err(|e| Error::fault(format!("{name}: {e}")))?;
    if done.status.success() {
        return Ok(());
    }
    Err(Error::fault(format!("{name} failed: {}", String::from_utf8_lossy(&done.stderr).trim())))
}

/// Writes a dump to `to` and counts what is in it.
pub(super) fn dump(engine: &Engine, url: &str, to: &Path) -> Result<Content> {
    let mut command = against("pg_dump", url)?;
    let mut conn = engine.open().map_err(unusable)?;
    // This transaction holds the snapshot for as long as the dump takes.
    conn.batch_execute(
        "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
         BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    )?;
    let snapshot = diesel::sql_query("SELECT pg_export_snapshot() AS value").get_result::<Word>(&mut conn)?.value;
    let content = Content::of(&mut conn)?;
    if !is_planted("backup_torn") {
        command.args(["--snapshot", &snapshot]);
    }
    run(command.arg("--format=custom").arg("--file").arg(to))?;
    conn.batch_execute("COMMIT")?;
    Ok(content)
}

/// Restores a dump into an empty database, all of it or nothing.
pub(super) fn load(engine: &Engine, url: &str, from: &Path) -> Result<()> {
    let mut conn = engine.open().map_err(unusable)?;
    conn.check().map_err(unusable)?;
    let there = "SELECT count(*) AS value FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'";
    if diesel::sql_query(there).get_result::<Count>(&mut conn)?.value > 0 {
        return Err(Error::fault("the database is not empty; a backup is restored into an empty one"));
    }
    let mut command = against("pg_restore", url)?;
    run(command.args(["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]).arg(from))
}

/// Reads a dump to its end.
pub(super) fn read_through(dump: &Path) -> Result<()> {
    match tool("pg_restore") {
        Ok(tool) => run(Command::new(tool).args(["--file", "/dev/null"]).arg(dump)),
        // Its digest was compared; more can't be told here.
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_gets_to_the_command_line() {
        let url = "postgres://someone:p%40ss%3Aword@db.example:5433/name?sslmode=require";
        let (bare, password) = without_password(url);
        assert_eq!(bare, "postgres://someone@db.example:5433/name?sslmode=require");
        assert_eq!(password.as_deref(), Some("p@ss:word"));
        for url in ["postgres://someone@/name?host=/run", "postgres:///name"] {
            assert_eq!(without_password(url), (url.to_owned(), None));
        }
        assert!(against("pg_dump", "postgres:///name?password=x").is_err());
    }
}
