//! Checking a backup where it lies, without restoring it.

use std::collections::BTreeSet;
use std::path::Path;

use diesel::prelude::*;

use super::files::{entry_of, fault};
use super::{ANCHORS, Content, FORMAT, MANIFEST, Manifest, SIGNATURE, Word, copy_name, postgres, signed};
use crate::platform::db::{Conn, Engine};
use crate::platform::error::{Error, Result};
use crate::platform::faults::is_planted;
use crate::platform::keys::verify_anchor;
use crate::platform::record::seal::Anchor;
use crate::platform::record::verify::verify;

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// The public key that signed it, base64url.
    pub key: String,
    /// What is wrong, in words; empty when all is well.
    pub findings: Vec<String>,
}

/// Looks whether the backup in the folder `from` is whole: its signature (by `key`, where one is given), that its files
/// are all there, no others, and byte for byte what was written. Then opens it: a copy of SQLite with all its rows and
/// the chain of its record against the anchors; of `pg_dump`'s format that `pg_restore` can read it to its end, where
/// that is installed (rows and chain are looked at when it is restored).
///
/// # Errors
/// When it can't be read, or when the manifest is not one.
pub fn check(from: &Path, key: Option<&str>) -> Result<Checked> {
    let text = std::fs::read(from.join(MANIFEST)).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            Error::fault(format!("there is no {MANIFEST} in {}: it is no backup, or an unfinished one", from.display()))
        }
        _ => fault(&from.join(MANIFEST), e),
    })?;
    let signature = std::fs::read_to_string(from.join(SIGNATURE)).map_err(|e| fault(&from.join(SIGNATURE), e))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|e| Error::fault(format!("the manifest is damaged: {e}")))?;
    if manifest.format != FORMAT {
        return Err(Error::fault(format!("the backup has form {}, and this program knows {FORMAT}", manifest.format)));
    }
    let (by, signature) = signature
        .strip_suffix('\n')
        .and_then(|line| line.split_once(' '))
        .ok_or_else(|| Error::fault("the manifest's signature is damaged"))?;
    let mut checked = Checked { manifest, key: by.to_owned(), findings: Vec::new() };
    let findings = &mut checked.findings;
    if !verify_anchor(by, &signed(&text), signature) {
        findings.push("the manifest is not what was signed".into());
    }
    if key.is_some_and(|key| key != by) {
        findings.push("the backup was not signed with this installation's key".into());
    }
    for (name, expected) in &checked.manifest.files {
        match entry_of(&from.join(name)) {
            Ok(found) if found == *expected => {}
            Ok(found) if is_planted("backup_sizes_only") && found.bytes == expected.bytes => {}
            Ok(_) => findings.push(format!("{name} is not what was written")),
            Err(why) => findings.push(why.into_reason()),
        }
    }
    let copy = copy_name(&checked.manifest.engine);
    let mut known: BTreeSet<&str> = checked.manifest.files.keys().map(String::as_str).collect();
    if !known.contains(copy) || !known.contains(ANCHORS) {
        findings.push("the manifest does not name all files".into());
    }
    known.extend([MANIFEST, SIGNATURE]);
    for entry in std::fs::read_dir(from).map_err(|e| fault(from, e))? {
        let name = entry.map_err(|e| fault(from, e))?.file_name();
        if !name.to_str().is_some_and(|name| known.contains(name)) {
            findings.push(format!("{} does not belong to the backup", name.display()));
        }
    }
    // What is damaged is not opened.
    if findings.is_empty() {
        let copy = from.join(copy);
        if checked.manifest.engine == "sqlite" {
            let anchors = Anchor::read(&from.join(ANCHORS))?;
            let mut conn = Engine::open_frozen(&copy).map_err(super::unusable)?;
            findings.extend(look_inside(&mut conn, &checked.manifest.content, &anchors, &checked.key)?);
        } else {
            postgres::read_through(&copy)?;
        }
    }
    Ok(checked)
}

fn look_inside(conn: &mut Conn, content: &Content, anchors: &[Anchor], key: &str) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    let said = diesel::sql_query("SELECT integrity_check AS value FROM pragma_integrity_check").load::<Word>(conn)?;
    findings.extend(said.into_iter().map(|row| row.value).filter(|line| line != "ok"));
    if !findings.is_empty() {
        return Ok(findings);
    }
    let dangling = "SELECT \"table\" AS value FROM pragma_foreign_key_check LIMIT 10";
    let dangling = diesel::sql_query(dangling).load::<Word>(conn)?;
    findings.extend(dangling.into_iter().map(|row| format!("a row of {} refers to none", row.value)));
    if Content::of(conn)? != *content {
        findings.push("the copy does not hold what the manifest says".into());
    }
    findings.extend(verify(conn, anchors, key)?.findings);
    Ok(findings)
}
