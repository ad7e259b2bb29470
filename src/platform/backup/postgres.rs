//! PostgreSQL's own tools, found on this machine: `pg_dump` within the snapshot in which the rows are counted, and
//! `pg_restore`, of whose script `psql` makes a database.
//!
//! What they read or write goes through pipes of ours, and the restored database is committed by a word of ours: when this
//! process is ended, even without a warning, none of them finishes what nobody would look at any more.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use super::files::fault;
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

/// A tool at work, which is ended when this is dropped.
struct Working {
    name: String,
    child: Child,
    complaint: Option<JoinHandle<String>>,
}

impl Working {
    fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command.stderr(Stdio::piped()).spawn().map_err(|e| Error::fault(format!("{name}: {e}")))?;
        // Taken while it works: a tool whose complaint nobody takes would wait for ever.
        let complaint = child.stderr.take().map(|mut stderr| {
            std::thread::spawn(move || {
                let mut said = Vec::new();
                let _ = stderr.read_to_end(&mut said);
                String::from_utf8_lossy(&said).trim().to_owned()
            })
        });
        Ok(Self { name, child, complaint })
    }

    fn fault(&self, why: impl std::fmt::Display) -> Error {
        Error::fault(format!("{} failed: {why}", self.name))
    }

    fn input(&mut self) -> Result<ChildStdin> {
        self.child.stdin.take().ok_or_else(|| self.fault("it takes nothing"))
    }

    fn output(&mut self) -> Result<ChildStdout> {
        self.child.stdout.take().ok_or_else(|| self.fault("it gives nothing"))
    }

    /// Waits until it has ended, and fails as it did.
    fn end(&mut self) -> Result<()> {
        let status = self.child.wait().map_err(|e| self.fault(e))?;
        let said = self.complaint.take().and_then(|complaint| complaint.join().ok()).unwrap_or_default();
        match (status.success(), said.as_str()) {
            (true, _) => Ok(()),
            (false, "") => Err(self.fault(status)),
            (false, said) => Err(self.fault(said)),
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        // Both do nothing where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a dump to `file`, which is at `to`, and counts what is in it.
pub(super) fn dump(engine: &Engine, url: &str, mut file: File, to: &Path) -> Result<Content> {
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
    let mut dumping = Working::start(command.arg("--format=custom").stdin(Stdio::null()).stdout(Stdio::piped()))?;
    std::io::copy(&mut dumping.output()?, &mut file).map_err(|e| fault(to, e))?;
    dumping.end()?;
    conn.batch_execute("COMMIT")?;
    Ok(content)
}

/// What `psql` answers when it has done all that was sent to it.
const FILLED: &str = "filled";

/// A database with everything that was dumped in it, for nobody to see until it is committed; without that, it stays empty.
pub(super) struct Filled {
    psql: Working,
    input: ChildStdin,
}

impl Filled {
    /// Keeps what was restored.
    pub(super) fn commit(self) -> Result<()> {
        let Self { mut psql, mut input } = self;
        let sent = input.write_all(b"COMMIT;\n");
        drop(input);
        psql.end()?;
        sent.map_err(|e| psql.fault(e))
    }
}

/// Restores a dump into an empty database, all of it or nothing, in a transaction that is left open.
pub(super) fn fill(engine: &Engine, url: &str, from: &Path) -> Result<Filled> {
    let mut conn = engine.open().map_err(unusable)?;
    conn.check().map_err(unusable)?;
    let there = "SELECT count(*) AS value FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'";
    if diesel::sql_query(there).get_result::<Count>(&mut conn)?.value > 0 {
        return Err(Error::fault("the database is not empty; a backup is restored into an empty one"));
    }
    // `pg_restore` by itself would build the indexes and commit after it has read everything, whoever is still there.
    let mut reading = Command::new(tool("pg_restore")?);
    reading.args(["--no-owner", "--no-privileges", "--file=-"]).arg(from);
    let mut psql = against("psql", url)?;
    psql.args(["--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1"]);
    let mut reading = Working::start(reading.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let mut psql = Working::start(psql.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let (mut script, mut input, output) = (reading.output()?, psql.input()?, psql.output()?);
    let sent = input.write_all(b"BEGIN;\n").and_then(|()| std::io::copy(&mut script, &mut input));
    if sent.is_ok() {
        reading.end()?;
    }
    let mut answer = String::new();
    let answered = sent
        .and_then(|_| input.write_all(format!("\n\\echo {FILLED}\n").as_bytes()))
        .and_then(|()| BufReader::new(output).read_line(&mut answer));
    match answered {
        Ok(_) if answer.trim_end() == FILLED => Ok(Filled { psql, input }),
        answered => {
            // Most often it has ended by itself, and says why.
            drop(input);
            psql.end()?;
            Err(psql.fault(answered.map_or_else(|e| e.to_string(), |_| "it did not take everything".into())))
        }
    }
}

/// Reads a dump to its end.
pub(super) fn read_through(dump: &Path) -> Result<()> {
    match tool("pg_restore") {
        Ok(tool) => {
            let mut command = Command::new(tool);
            command.args(["--file", "/dev/null"]).arg(dump).stdin(Stdio::null()).stdout(Stdio::null());
            Working::start(&mut command)?.end()
        }
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

    #[test]
    fn a_tool_fails_with_its_own_words_and_is_gone_when_it_is_dropped() {
        let shell = |script: &str| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped());
            Working::start(&mut command).unwrap_or_else(|e| panic!("{e}"))
        };
        let why = shell("echo it is full >&2; exit 3").end().err().map(Error::into_reason);
        assert_eq!(why.as_deref(), Some("/bin/sh failed: it is full"));
        let why = shell("exit 3").end().err().map(Error::into_reason);
        assert_eq!(why.as_deref(), Some("/bin/sh failed: exit status: 3"));
        assert!(shell("exit 0").end().is_ok());
        let mut endless = shell("echo on and on; exec sleep 600");
        let mut output = endless.output().unwrap_or_else(|e| panic!("{e}"));
        drop(endless);
        let mut said = String::new();
        assert!(output.read_to_string(&mut said).is_ok(), "until it has ended");
    }
}
