//! Sealing: committed records get a gap-free place in a hash chain, in the background, so that writers never queue behind a
//! chain head; signed anchors of the chain go to the log and a file outside the database.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary};
use serde::{Deserialize, Serialize};

use super::{Fact, Record};
use crate::on_engine;
use crate::platform::clock::Instant;
use crate::platform::crypto::{hex, sha256};
use crate::platform::db::schema::records;
use crate::platform::db::sql::Uid;
use crate::platform::db::{AnyId, Conn, run};
use crate::platform::error::{Error, Result};
use crate::platform::faults::is_planted;
use crate::platform::files::whole_lines;
use crate::platform::keys::{Keys, verify_anchor};

/// What stands before the first record.
pub const GENESIS: [u8; 32] = [0; 32];
/// Records sealed in one transaction at most, so that writers wait no longer than a few milliseconds.
const BATCH: i64 = 500;

/// Stands for the statement that gives a record its place.
struct Sealing;

/// The bytes that a record's hash covers: every field but the hash, in a fixed order, each with its length in front, so
/// that no two records have the same bytes. Documents are written with sorted keys, whatever the engine made of them.
pub fn canonical(record: &Record, seq: i64) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let mut field = |bytes: Option<&[u8]>| match bytes {
        None => out.push(0),
        Some(bytes) => {
            out.push(1);
            out.extend((bytes.len() as u64).to_be_bytes());
            out.extend(bytes);
        }
    };
    let text = |text: &Option<String>| text.as_deref().map(|t| t.as_bytes().to_vec());
    field(Some(&seq.to_be_bytes()));
    field(Some(record.id.0.as_bytes()));
    field(Some(&record.at.micros().to_be_bytes()));
    field(record.actor.as_ref().map(|id| id.0.as_bytes().as_slice()));
    field(record.session.as_ref().map(|id| id.0.as_bytes().as_slice()));
    field(text(&record.side).as_deref());
    field(text(&record.ip).as_deref());
    field(text(&record.client).as_deref());
    field(Some(record.action.as_bytes()));
    field(Some(record.object_type.as_bytes()));
    field(record.object.as_ref().map(|id| id.0.as_bytes().as_slice()));
    field(record.partnership.as_ref().map(|id| id.0.as_bytes().as_slice()));
    field(Some(record.outcome.as_str().as_bytes()));
    field(Some(record.visibility.as_str().as_bytes()));
    field(text(&record.reason).as_deref());
    field(text(&record.request).as_deref());
    for name in &record.changed.0 {
        field(Some(name.as_bytes()));
    }
    field(None);
    for (name, fact) in &record.facts.0 {
        field(Some(name.as_bytes()));
        match fact {
            Fact::Flag(flag) => field(Some(&[b'f', u8::from(*flag)])),
            Fact::Number(number) => field(Some(&[b"n".as_slice(), &number.to_be_bytes()].concat())),
            Fact::Word(word) => field(Some(&[b"w", word.as_bytes()].concat())),
        }
    }
    out
}

/// `hash = SHA-256(hash before ‖ canonical bytes)`.
pub fn link(previous: &[u8], record: &Record, seq: i64) -> [u8; 32] {
    sha256(&[previous, &canonical(record, seq)])
}

/// Number of the last record in the chain; 0 where there is none.
///
/// # Errors
/// When the database can't be asked.
pub fn last(conn: &mut Conn) -> Result<i64> {
    Ok(records::table.select(max(records::seq)).first::<Option<i64>>(conn)?.unwrap_or(0))
}

/// The end of the chain: its number and hash.
///
/// # Errors
/// When the database can't be asked.
pub fn head(conn: &mut Conn) -> Result<(i64, Vec<u8>)> {
    match last(conn)? {
        0 => Ok((0, GENESIS.to_vec())),
        seq => {
            let hash: Option<Vec<u8>> =
                records::table.filter(records::seq.eq(seq)).select(records::hash).first(conn)?;
            Ok((seq, hash.ok_or_else(|| Error::fault("a sealed record has no hash"))?))
        }
    }
}

/// Whether there is anything to seal.
///
/// # Errors
/// When the database can't be asked.
pub fn is_needed(conn: &mut Conn) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(records::table.filter(records::seq.is_null()))).get_result(conn)?)
}

/// Seals the next records in the order of their ids. Returns how many. One sealer at a time: see the jobs' lease; a second
/// one would run into the unique `seq` and undo its work.
///
/// # Errors
/// When the database can't do it.
pub fn seal(conn: &mut Conn) -> Result<usize> {
    let (mut seq, mut hash) = head(conn)?;
    let unsealed: Vec<Record> = on_engine!(conn, |conn| records::table
        .filter(records::seq.is_null())
        .order(records::id)
        .limit(BATCH)
        .select(Record::as_select())
        .load(conn))?;
    let mut places = Vec::with_capacity(unsealed.len());
    for record in unsealed {
        seq += 1;
        hash = link(&hash, &record, seq).to_vec();
        places.push((record.id, seq, hash.clone()));
    }
    let sealed = places.len();
    give(conn, places)?;
    Ok(sealed)
}

/// Gives records their places: number and hash. On PostgreSQL in one statement, because each would be a trip to the server.
fn give(conn: &mut Conn, places: Vec<(AnyId, i64, Vec<u8>)>) -> QueryResult<()> {
    match conn {
        Conn::Pg(conn) => {
            let (many, mut ids, mut numbers, mut hashes) = (places.len(), Vec::new(), Vec::new(), Vec::new());
            for (id, seq, hash) in places {
                ids.push(id);
                numbers.push(seq);
                hashes.push(hash);
            }
            let give = "UPDATE records SET seq = place.seq, hash = place.hash \
                        FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS place (id, seq, hash) \
                        WHERE records.id = place.id";
            let given = diesel::sql_query(give)
                .bind::<Array<Uid>, _>(ids)
                .bind::<Array<BigInt>, _>(numbers)
                .bind::<Array<Binary>, _>(hashes)
                .execute(conn)?;
            // A place that nobody has would be a hole in the chain.
            if given != many {
                return Err(diesel::result::Error::NotFound);
            }
        }
        Conn::Sqlite(conn) => {
            for (id, seq, hash) in places {
                let place = diesel::update(records::table.find(id));
                run::<Sealing, _, _>(conn, place.set((records::seq.eq(seq), records::hash.eq(hash))))?;
            }
        }
    }
    Ok(())
}

/// A signed statement that the chain had this end at that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Number of the last sealed record.
    pub seq: i64,
    /// Its hash, hexadecimal.
    pub hash: String,
    /// When.
    pub at: Instant,
    /// Public key, base64url.
    pub key: String,
    /// Ed25519 over the lines of `Anchor::message`, base64url.
    pub signature: String,
}

impl Anchor {
    fn message(seq: i64, hash: &str, at: Instant) -> Vec<u8> {
        format!("threekeys anchor 1\n{seq}\n{hash}\n{at}").into_bytes()
    }
    /// Signs the end of the chain.
    pub fn sign(keys: &Keys, seq: i64, hash: &[u8], at: Instant) -> Self {
        let hash = hex(hash);
        let signature = keys.sign_anchor(&Self::message(seq, &hash, at));
        Self { seq, hash, at, key: keys.anchor_public(), signature }
    }
    /// Whether it was signed with `key` and not changed since.
    pub fn is_genuine(&self, key: &str) -> bool {
        self.key == key && verify_anchor(key, &Self::message(self.seq, &self.hash, self.at), &self.signature)
    }
    /// Appends it to the file and the log, as the only one that writes to the file. What an earlier writer left
    /// unfinished at its end is cut off before, and so is what was written of this line when it can't be written whole.
    ///
    /// # Errors
    /// When the file can't be written. It is as long as before then, or ends with a line that [`read`](Self::read)
    /// passes over.
    pub fn publish(&self, file: &Path) -> Result<()> {
        let fault = |e: std::io::Error| Error::fault(format!("the anchor file {}: {e}", file.display()));
        if let Some(dir) = file.parent() {
            std::fs::create_dir_all(dir).map_err(fault)?;
        }
        let mut line = serde_json::to_string(self).map_err(|e| Error::fault(e.to_string()))?;
        tracing::info!(anchor = %line, "the record is anchored");
        line.push('\n');
        let mut anchors = OpenOptions::new().create(true).read(true).append(true).open(file).map_err(fault)?;
        match anchors.lock() {
            // Where files can't be locked, the lease on background work has to do.
            Err(e) if e.kind() == ErrorKind::Unsupported => {}
            locked => locked.map_err(fault)?,
        }
        let whole = cut_to_whole_lines(&mut anchors).map_err(fault)?;
        let written = anchors.write_all(line.as_bytes()).and_then(|()| anchors.sync_data());
        if written.is_err() {
            // What stays because this fails as well is cut off by the next one.
            let _ = anchors.set_len(whole);
        }
        written.map_err(fault)
    }
    /// All anchors in the file, oldest first; none when there is no file. A last line without its line break is none:
    /// whoever wrote it was interrupted, and nothing rests on it, for each anchor stands for itself and the next one
    /// says more. The log tells that it was passed over.
    ///
    /// # Errors
    /// When the file can't be read or a line is not an anchor.
    pub fn read(file: &Path) -> Result<Vec<Self>> {
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(Error::fault(format!("the anchor file {}: {e}", file.display()))),
        };
        let end = if is_planted("torn_anchors_count") { bytes.len() } else { whole_lines(&bytes) };
        let (whole, torn) = bytes.split_at(end);
        if !torn.is_empty() {
            let file = file.display();
            tracing::warn!(%file, "the last line of the anchor file has no line break, was torn, and does not count");
        }
        whole
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
            .map(|line| {
                serde_json::from_slice(line)
                    .map_err(|e| Error::fault(format!("a line of the anchor file is damaged: {e}")))
            })
            .collect()
    }
}

/// Cuts off what stands behind the last line break. The length that the file has then.
fn cut_to_whole_lines(file: &mut File) -> std::io::Result<u64> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut last = [0];
    if length > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    if length == 0 || last == *b"\n" {
        return Ok(length);
    }
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    let whole = whole_lines(&bytes) as u64;
    tracing::warn!(bytes = length - whole, "an anchor that was not written whole is cut off");
    file.set_len(whole)?;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(seq: i64) -> Anchor {
        let at = Instant::from_micros(1_800_000_000_000_000).unwrap();
        Anchor { seq, hash: hex(&GENESIS), at, key: "key".into(), signature: "signature".into() }
    }

    #[test]
    fn a_torn_last_line_is_passed_over_and_cut_off_by_the_next_anchor() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("anchors.jsonl");
        let torn: [&[u8]; 4] = [br#"{"seq":2,"ha"#, b"\0\0\0", "ü".as_bytes().split_at(1).0, b" "];
        for torn in torn {
            let _ = std::fs::remove_file(&file);
            std::fs::write(&file, torn).unwrap();
            assert_eq!(Anchor::read(&file).unwrap(), []);
            anchor(1).publish(&file).unwrap();
            let whole = std::fs::read(&file).unwrap();
            std::fs::write(&file, [&whole, torn].concat()).unwrap();
            assert_eq!(Anchor::read(&file).unwrap(), [anchor(1)]);
            anchor(2).publish(&file).unwrap();
            assert_eq!(Anchor::read(&file).unwrap(), [anchor(1), anchor(2)]);
            assert!(std::fs::read(&file).unwrap().starts_with(&whole));
        }
    }

    #[test]
    fn a_damaged_line_that_was_written_whole_is_an_error_wherever_it_stands() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("anchors.jsonl");
        anchor(1).publish(&file).unwrap();
        let line = std::fs::read_to_string(&file).unwrap();
        let damaged = line.replace("seq", "sec");
        for text in [format!("{damaged}{line}"), format!("{line}{damaged}"), format!("{line}\0\n")] {
            std::fs::write(&file, &text).unwrap();
            assert!(Anchor::read(&file).is_err(), "{text}");
            anchor(2).publish(&file).unwrap();
            assert!(Anchor::read(&file).is_err(), "nothing is covered up");
            assert!(std::fs::read_to_string(&file).unwrap().starts_with(&text));
        }
    }
}
