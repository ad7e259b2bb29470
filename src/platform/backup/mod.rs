//! Backups: made while the server runs, checked, and restored into an empty place (`design/security.md` 5.16).
//!
//! A backup is a folder that only its owner can look into:
//!
//! | file | what it is |
//! |---|---|
//! | `database.sqlite` or `database.dump` | one state of the database: SQLite's `VACUUM INTO`, or `pg_dump`'s custom format |
//! | `anchors.jsonl` | the anchors of the record that were signed before |
//! | `manifest.json` | schema, rows of each table, end of the record, sizes and SHA-256 of the files |
//! | `manifest.sig` | the manifest, signed with the key that signs anchors |
//!
//! The manifest counts what is in the copy, in the same snapshot. It is written last: a folder without it is no backup. Each
//! file is its owner's alone from the beginning, and a backup that fails takes back what it wrote.
//! **No key is in a backup**: the master secret and the signing keys are kept beside it, elsewhere.

mod check;
mod files;
mod postgres;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde::{Deserialize, Serialize};

pub use check::{Checked, check};
use files::{entry_of, fault};

use super::clock::Instant;
use super::config::Data;
use super::crypto::hex;
use super::db::schema::{installation, records};
use super::db::{Conn, Engine, tables};
use super::error::{Error, Result};
use super::faults::is_planted;
use super::files::{make_private_dir, sync_dir, write_private};
use super::keys::Keys;
use super::record::seal;
use super::record::verify::verify;

/// The form of backups that this program writes and reads.
const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.sig";
const ANCHORS: &str = "anchors.jsonl";
/// The copy of the database on either engine.
const COPIES: [&str; 2] = ["database.sqlite", "database.dump"];

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Form of the backup.
    pub format: u32,
    /// Version of the program that made it.
    pub version: String,
    /// When.
    pub made_at: Instant,
    /// `sqlite` or `postgres`; it is restored into the same.
    pub engine: String,
    /// What is in the database.
    pub content: Content,
    /// Every other file of the backup but the signature.
    pub files: BTreeMap<String, FileEntry>,
}

/// What is in a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Applied migrations, oldest first.
    pub migrations: Vec<String>,
    /// Rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// Number of the last sealed record.
    pub record_seq: i64,
    /// Its hash, hexadecimal.
    pub record_hash: String,
    /// Records that wait to be sealed.
    pub record_unsealed: i64,
    /// Which master secret the database belongs to: its fingerprint, hexadecimal; it does not tell the secret.
    pub secret_fingerprint: Option<String>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    value: String,
}
#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

fn words(conn: &mut Conn, query: &str) -> Result<Vec<String>> {
    Ok(diesel::sql_query(query).load::<Word>(conn)?.into_iter().map(|row| row.value).collect())
}

impl Content {
    /// Of this database, as the connection sees it: within one snapshot if it holds one.
    ///
    /// # Errors
    /// When it can't be read or is not one of ours.
    pub fn of(conn: &mut Conn) -> Result<Self> {
        let mut rows = BTreeMap::new();
        for table in tables(conn)? {
            let quoted = table.replace('"', "\"\"");
            let count =
                diesel::sql_query(format!("SELECT count(*) AS value FROM \"{quoted}\"")).get_result::<Count>(conn)?;
            rows.insert(table, count.value);
        }
        let (record_seq, hash) = seal::head(conn)?;
        let fingerprint: Option<Vec<u8>> = installation::table
            .find(super::installation::FINGERPRINT)
            .select(installation::value)
            .first(conn)
            .optional()?;
        Ok(Self {
            migrations: words(conn, "SELECT version AS value FROM __diesel_schema_migrations ORDER BY version")?,
            rows,
            record_seq,
            record_hash: hex(&hash),
            record_unsealed: records::table.filter(records::seq.is_null()).count().get_result(conn)?,
            secret_fingerprint: fingerprint.map(|bytes| hex(&bytes)),
        })
    }
}

/// Name of the file with the copy of the database.
fn copy_name(engine: &str) -> &'static str {
    let [sqlite, postgres] = COPIES;
    if engine == "sqlite" { sqlite } else { postgres }
}

/// Whether a file of this name comes of a backup being made.
fn is_of_backup(name: &str) -> bool {
    let is_draft = name.ends_with(".new") && (name.starts_with("anchors.") || name.starts_with("manifest."));
    is_draft || COPIES.contains(&name) || [ANCHORS, SIGNATURE, MANIFEST, "database.sqlite-journal"].contains(&name)
}

fn demand_vacant(dir: &Path) -> Result<()> {
    let names = files::names(dir)?;
    if names.is_empty() {
        return Ok(());
    }
    let is_unfinished =
        names.iter().all(|name| name.to_str().is_some_and(|name| name != MANIFEST && is_of_backup(name)));
    Err(Error::fault(if is_unfinished {
        format!(
            "{} holds an unfinished backup: unless one is being made there right now, delete the folder and try again",
            dir.display()
        )
    } else {
        format!("{} is there already and not empty", dir.display())
    }))
}

/// Makes a backup in the folder `to`, which must not be there yet or be empty. The server may run and write meanwhile;
/// whatever it acknowledged before this was called is in the backup.
///
/// # Errors
/// When the folder is in use, or something can't be read or written. The folder is as it was before then.
pub fn make(engine: &Engine, data: &Data, keys: &Keys, now: Instant, to: &Path) -> Result<Manifest> {
    demand_vacant(to)?;
    let is_new = !to.exists();
    make_private_dir(to)?;
    let copy = to.join(copy_name(engine.name()));
    // Of several that found the folder empty, only the one that makes this file goes on, and takes anything back.
    let made = files::create_private(&copy).and_then(|file| {
        let made = write(engine, data, keys, now, to, file);
        if made.is_err() {
            // What can't be removed is told apart from a backup by whoever finds it.
            for name in
                files::names(to).unwrap_or_default().iter().filter(|name| name.to_str().is_some_and(is_of_backup))
            {
                let _ = std::fs::remove_file(to.join(name));
            }
        }
        made
    });
    if made.is_err() && is_new {
        let _ = std::fs::remove_dir(to);
    }
    made
}

/// Writes a backup into the folder `to`, in which `file` is the copy of the database, still empty.
fn write(engine: &Engine, data: &Data, keys: &Keys, now: Instant, to: &Path, file: File) -> Result<Manifest> {
    let copy = to.join(copy_name(engine.name()));
    // Before the copy: an anchor for a record that the copy does not have would look like a roll-back.
    let anchors = files::lines_of(&data.anchors())?;
    write_private(&to.join(ANCHORS), &anchors, false)?;
    let content = match engine {
        Engine::Sqlite { path } => {
            // SQLite's locks on a file end when anything closes that file.
            drop(file);
            copy_sqlite(engine, path, &copy)?
        }
        Engine::Postgres { url } => postgres::dump(engine, url, file, &copy)?,
    };
    files::make_durable(&copy)?;
    let mut files = BTreeMap::new();
    for name in [copy_name(engine.name()), ANCHORS] {
        files.insert(name.to_owned(), entry_of(&to.join(name))?);
    }
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now,
        engine: engine.name().to_owned(),
        content,
        files,
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|e| Error::fault(e.to_string()))?;
    let signature = format!("{} {}\n", keys.anchor_public(), keys.sign_anchor(&signed(&text)));
    write_private(&to.join(SIGNATURE), signature.as_bytes(), false)?;
    write_private(&to.join(MANIFEST), &text, false)?;
    sync_dir(to).map_err(|e| fault(to, e))?;
    Ok(manifest)
}

/// What is signed of a manifest: never mistaken for an anchor.
fn signed(manifest: &[u8]) -> Vec<u8> {
    [b"threekeys backup 1\n".as_slice(), manifest].concat()
}

fn copy_sqlite(engine: &Engine, path: &str, to: &Path) -> Result<Content> {
    if !Path::new(path).exists() {
        return Err(Error::fault(format!("there is no database at {path}")));
    }
    if is_planted("backup_torn") {
        std::fs::copy(path, to).map_err(|e| fault(to, e))?;
    } else {
        let mut conn = engine.open().map_err(unusable)?;
        // It writes into a file that is there when that is empty.
        let name = to.to_str().ok_or_else(|| Error::fault("the backup's path is not UTF-8"))?;
        diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(name).execute(as_sqlite(&mut conn)?)?;
    }
    Content::of(&mut Engine::open_frozen(to).map_err(unusable)?)
}

fn as_sqlite(conn: &mut Conn) -> Result<&mut SqliteConnection> {
    match conn {
        Conn::Sqlite(conn) => Ok(conn),
        Conn::Pg(_) => Err(Error::fault("not a SQLite database")),
    }
}

fn unusable(why: super::db::connection::Unusable) -> Error {
    Error::fault(why.to_string())
}

/// Restores a backup into the empty database that `engine` names, after it was [`check`]ed with `key`; then looks whether
/// everything arrived. The anchors go to their place unless there are some already.
///
/// # Errors
/// When the backup is damaged, made by a newer version or on the other engine, when the place is not empty, when `secret`
/// (the fingerprint of the installation's master secret, where it has one) is another one, or when what arrived is not
/// what was backed up. The place is as empty as before then, unless the last happens. Where this process is
/// ended meanwhile, it is as empty as well, but for the anchors, or everything has arrived and only was not looked at.
pub fn restore(
    from: &Path,
    engine: &Engine,
    data: &Data,
    key: Option<&str>,
    secret: Option<&[u8; 32]>,
) -> Result<Checked> {
    let checked = check(from, key)?;
    if let Some(finding) = checked.findings.first() {
        return Err(Error::fault(format!("the backup is not whole: {finding}")));
    }
    let manifest = &checked.manifest;
    if manifest.engine != engine.name() {
        let (of, into) = (&manifest.engine, engine.name());
        return Err(Error::fault(format!("a backup of {of} can't be restored into {into}")));
    }
    if let Some(newer) = engine.unknown_migration(&manifest.content.migrations).map_err(unusable)? {
        return Err(Error::fault(format!(
            "the backup was made by a newer version of Threekeys (it has migration {newer})"
        )));
    }
    if let (Some(secret), Some(of)) = (secret, &manifest.content.secret_fingerprint)
        && hex(secret) != *of
    {
        return Err(Error::fault("the backup belongs to another master secret than the one that is here"));
    }
    let anchors = seal::Anchor::read(&from.join(ANCHORS))?;
    let copy = from.join(copy_name(engine.name()));
    let keep: Box<dyn FnOnce() -> Result<()>> = match engine {
        Engine::Sqlite { path } => {
            let draft = files::Draft::of(&copy, Path::new(path))?;
            Box::new(move || draft.place())
        }
        Engine::Postgres { url } => {
            let filled = postgres::fill(engine, url, &copy)?;
            Box::new(move || filled.commit())
        }
    };
    // First, should this be ended between the two: of a database without anchors, the end of the record could be cut off
    // unseen.
    let brought = if anchors.is_empty() { false } else { bring_anchors(from, data)? };
    if let Err(why) = keep() {
        if brought {
            let _ = std::fs::remove_file(data.anchors());
        }
        return Err(why);
    }
    let mut conn = engine.open().map_err(unusable)?;
    if Content::of(&mut conn)? != manifest.content {
        return Err(Error::fault("what was restored is not what was backed up"));
    }
    if let Some(finding) = verify(&mut conn, &anchors, &checked.key)?.findings.first() {
        return Err(Error::fault(format!("the record in the backup was tampered with: {finding}")));
    }
    Ok(checked)
}

/// Puts the anchors of a backup in their place, unless there are some already. Whether it did.
fn bring_anchors(from: &Path, data: &Data) -> Result<bool> {
    let own = data.anchors();
    if own.exists() {
        return Ok(false);
    }
    if let Some(dir) = own.parent() {
        make_private_dir(dir)?;
    }
    let lines = std::fs::read(from.join(ANCHORS)).map_err(|e| fault(from, e))?;
    write_private(&own, &lines, false)?;
    Ok(true)
}
