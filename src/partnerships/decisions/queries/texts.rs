//! Versions of texts, and corrections of typing errors in them.

use diesel::prelude::*;

use crate::ids::DecisionId;
use crate::partnerships::decisions::model::{Correction, CorrectionState, Decision, DecisionText, DecisionTextId};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, OnConflict, Unique, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{decision_corrections, decision_texts};

/// One correction at a time.
pub const ONE_OPEN: Unique =
    Unique { index: "decision_corrections_one_open", columns: "decision_corrections.decision_id" };

pub fn insert(conn: &mut Conn, text: &DecisionText) -> Result<()> {
    diesel::insert_into(decision_texts::table).values(text).execute(conn)?;
    Ok(())
}

/// A version of the text, as it was corrected last.
pub fn version(conn: &mut Conn, of: DecisionId, number: i32) -> Result<Option<DecisionText>> {
    Ok(decision_texts::table
        .filter(decision_texts::decision_id.eq(of).and(decision_texts::number.eq(number)))
        .order(decision_texts::revision.desc())
        .select(DecisionText::as_select())
        .first(conn)
        .optional()?)
}

/// The version that counts.
pub fn current(conn: &mut Conn, of: DecisionId, number: i32) -> Result<DecisionText> {
    version(conn, of, number)?.ok_or_else(|| Error::fault("a decision has no text"))
}

/// The text that a decision is about now.
///
/// # Errors
/// When the database can't be asked.
pub fn text_of(conn: &mut Conn, decision: &Decision) -> Result<String> {
    Ok(current(conn, decision.id, decision.text_number)?.text)
}

/// Writes the only version of a draft anew.
pub fn overwrite(conn: &mut Conn, id: DecisionTextId, text: &str) -> Result<()> {
    diesel::update(decision_texts::table.find(id)).set(decision_texts::text.eq(text)).execute(conn)?;
    Ok(())
}

pub fn list<F>(conn: &mut Conn, of: DecisionId, listing: &Listing<F>) -> Result<Page<DecisionText>> {
    let filtered = || decision_texts::table.filter(decision_texts::decision_id.eq(of)).into_boxed();
    let mut query = filtered();
    if let Some(after) = listing.after::<(i32, i32)>()? {
        query = query.filter(row_lt((decision_texts::number, decision_texts::revision), after));
    }
    let rows = query
        .order((decision_texts::number.desc(), decision_texts::revision.desc()))
        .limit(listing.fetch())
        .select(DecisionText::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.number, row.revision)).with_total(total))
}

/// Inserts a correction.
///
/// # Errors
/// A conflict when another one waits.
pub fn propose(conn: &mut Conn, correction: &Correction) -> Result<()> {
    diesel::insert_into(decision_corrections::table)
        .values(correction)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_OPEN, || Error::conflict("A correction waits for the leaders already."))
}

/// The correction that waits.
pub fn proposed(conn: &mut Conn, of: DecisionId) -> Result<Option<Correction>> {
    Ok(decision_corrections::table
        .filter(decision_corrections::decision_id.eq(of).and(decision_corrections::state.eq(CorrectionState::Proposed)))
        .select(Correction::as_select())
        .first(conn)
        .optional()?)
}

/// Ends the correction that waits, if one does.
pub fn settle(conn: &mut Conn, of: DecisionId, to: CorrectionState, now: Instant) -> Result<()> {
    diesel::update(decision_corrections::table.filter(
        decision_corrections::decision_id.eq(of).and(decision_corrections::state.eq(CorrectionState::Proposed)),
    ))
    .set((decision_corrections::state.eq(to), decision_corrections::updated_at.eq(now)))
    .execute(conn)?;
    Ok(())
}
