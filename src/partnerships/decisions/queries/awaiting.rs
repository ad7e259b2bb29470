//! Decisions that wait for somebody.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::ids::{AccountId, DecisionId, PartnershipId};
use crate::partnerships::decisions::model::{Decision, DecisionState};
use crate::partnerships::promises::Promised;
use crate::platform::db::{Conn, among};
use crate::platform::error::Result;
use crate::schema::{decision_outcomes, decision_roster, decisions};

/// Final calls in which this person is asked and has not said anything, the soonest to close first.
pub fn stances(conn: &mut Conn, of: PartnershipId, person: AccountId, limit: i64) -> Result<Vec<Decision>> {
    let asked = decision_roster::table
        .filter(decision_roster::account_id.eq(person).and(decision_roster::has_cast.eq(false)))
        .filter(decision_roster::decision_id.eq(decisions::id).and(decision_roster::left_at.is_null()));
    Ok(decisions::table
        .filter(decisions::partnership_id.eq(of).and(decisions::state.eq(DecisionState::FinalCall)))
        .filter(exists(asked))
        .order((decisions::closes_at, decisions::id))
        .limit(limit)
        .select(Decision::as_select())
        .load(conn)?)
}

/// Adopted ones of which nobody has written down what follows, the oldest first.
pub fn outcomes(conn: &mut Conn, of: PartnershipId, limit: i64) -> Result<Vec<Decision>> {
    let written = decision_outcomes::table.filter(decision_outcomes::decision_id.eq(decisions::id));
    Ok(decisions::table
        .filter(decisions::partnership_id.eq(of))
        .filter(among(decisions::state, [DecisionState::Adopted, DecisionState::AdoptedOnTrial]))
        .filter(not(exists(written)))
        .order((decisions::closed_at, decisions::id))
        .limit(limit)
        .select(Decision::as_select())
        .load(conn)?)
}

/// Those of the decisions of which somebody has written down what follows.
///
/// # Errors
/// When the database can't be asked.
pub fn with_outcome(conn: &mut Conn, ids: Vec<DecisionId>) -> Result<Vec<DecisionId>> {
    Ok(decision_outcomes::table
        .filter(among(decision_outcomes::decision_id, ids))
        .select(decision_outcomes::decision_id)
        .load(conn)?)
}

/// Adopted decisions of which nobody has written down what follows: `limit` of them, the oldest first, and how many there are.
///
/// # Errors
/// When the database can't be asked.
pub fn promised(conn: &mut Conn, of: PartnershipId, limit: i64) -> Result<(Vec<Promised>, i64)> {
    let first = outcomes(conn, of, limit)?;
    let written = decision_outcomes::table.filter(decision_outcomes::decision_id.eq(decisions::id));
    let count = decisions::table
        .filter(decisions::partnership_id.eq(of))
        .filter(among(decisions::state, [DecisionState::Adopted, DecisionState::AdoptedOnTrial]))
        .filter(not(exists(written)))
        .count()
        .get_result(conn)?;
    let told = |row: Decision| Promised { id: row.id.0, title: row.question, owner: None, due_on: None };
    Ok((first.into_iter().map(told).collect(), count))
}
