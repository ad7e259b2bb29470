//! Verifying: walks the whole chain and tells everything that does not fit.

use diesel::prelude::*;

use super::Record;
use super::seal::{Anchor, GENESIS, link};
use crate::platform::crypto::hex;
use crate::platform::db::Conn;
use crate::platform::db::schema::records;
use crate::platform::error::Result;
use crate::platform::faults::is_planted;

/// Records read at a time.
const PAGE: i64 = 1000;
/// Findings told at most; after that many, nobody needs more.
const FINDINGS: usize = 100;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Sealed records that were looked at.
    pub sealed: i64,
    /// Records that wait for the sealer.
    pub unsealed: i64,
    /// Anchors that were compared.
    pub anchors: usize,
    /// What does not fit, in words; empty when all is well.
    pub findings: Vec<String>,
}

/// Recomputes every link of the chain and compares it with the anchors, which `key` must have signed.
///
/// # Errors
/// When the database can't be read.
pub fn verify(conn: &mut Conn, anchors: &[Anchor], key: &str) -> Result<Report> {
    let mut report = Report { anchors: anchors.len(), ..Report::default() };
    let mut found = |finding: String| {
        if report.findings.len() < FINDINGS {
            report.findings.push(finding);
        }
    };
    let (mut seq, mut hash) = (0_i64, GENESIS.to_vec());
    let mut due = anchors.to_vec();
    due.sort_by_key(|anchor| anchor.seq);
    let mut due = due.into_iter().peekable();
    for anchor in anchors {
        if !anchor.is_genuine(key) {
            found(format!("the anchor for record {} is not signed with this installation's key", anchor.seq));
        }
    }
    loop {
        let page: Vec<Record> = records::table
            .filter(records::seq.gt(seq))
            .order(records::seq)
            .limit(PAGE)
            .select(Record::as_select())
            .load(conn)?;
        let Some(last) = page.last().and_then(|record| record.seq) else { break };
        let mut expected = seq;
        for record in &page {
            let Some(number) = record.seq else { continue };
            expected += 1;
            if number != expected {
                found(format!("record {expected} is missing: after {} comes {number}", expected - 1));
                expected = number;
            }
            let computed = link(&hash, record, number);
            let stored = record.hash.clone().unwrap_or_default();
            if stored != computed && !is_planted("verify_skips_links") {
                found(format!("record {number} ({}) does not fit its place in the chain", record.id));
            }
            // From the stored hash on, so that one changed record is one finding and not all that follow.
            hash = stored;
            while let Some(anchor) = due.next_if(|anchor| anchor.seq <= number) {
                if anchor.seq == number && anchor.hash != hex(&hash) && !is_planted("verify_skips_anchors") {
                    found(format!("record {number} differs from its anchor of {}", anchor.at));
                }
            }
        }
        report.sealed += i64::try_from(page.len()).unwrap_or(0);
        seq = last;
    }
    for anchor in due.filter(|anchor| anchor.seq > 0 && !is_planted("verify_skips_anchors")) {
        found(format!(
            "the chain ends at {seq}, but had {} records on {}: it was cut or rolled back",
            anchor.seq, anchor.at
        ));
    }
    report.unsealed = records::table.filter(records::seq.is_null()).count().get_result(conn)?;
    Ok(report)
}
