//! Assents to what needs more than one person.

use diesel::prelude::*;

use crate::ids::DecisionId;
use crate::partnerships::decisions::model::{Assent, AssentPurpose};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn, OnConflict, Unique, among};
use crate::platform::error::{Code, Error, Result};
use crate::schema::decision_assents as assents;

/// In each capacity somebody assents once.
pub const ONE_EACH: Unique = Unique {
    index: "decision_assents_one_each",
    columns: "decision_assents.target, decision_assents.purpose, decision_assents.capacity",
};

/// Inserts an assent.
///
/// # Errors
/// 409 when somebody has assented in that capacity already.
pub fn insert(conn: &mut Conn, assent: &Assent) -> Result<()> {
    diesel::insert_into(assents::table).values(assent).execute(conn).map(|_| ()).on_conflict(&ONE_EACH, || {
        Error::new(Code::AlreadySigned, "Somebody has assented in that capacity already; another one is missing.")
    })
}

/// Assents to a thing that count.
pub fn of(conn: &mut Conn, target: AnyId, purpose: AssentPurpose) -> Result<Vec<Assent>> {
    Ok(assents::table
        .filter(assents::target.eq(target).and(assents::purpose.eq(purpose)))
        .filter(assents::voided_at.is_null())
        .order(assents::created_at)
        .select(Assent::as_select())
        .load(conn)?)
}

/// Assents given in a decision stop counting.
pub fn void(conn: &mut Conn, decision: DecisionId, purpose: AssentPurpose, now: Instant) -> Result<()> {
    diesel::update(
        assents::table
            .filter(assents::decision_id.eq(decision).and(assents::purpose.eq(purpose)))
            .filter(assents::voided_at.is_null()),
    )
    .set(assents::voided_at.eq(now))
    .execute(conn)?;
    Ok(())
}

/// Assents to these things that count.
pub fn of_all(conn: &mut Conn, targets: &[AnyId], purpose: AssentPurpose) -> Result<Vec<Assent>> {
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    Ok(assents::table
        .filter(among(assents::target, targets.to_vec()).and(assents::purpose.eq(purpose)))
        .filter(assents::voided_at.is_null())
        .order(assents::created_at)
        .select(Assent::as_select())
        .load(conn)?)
}
