//! Decisions that wait for somebody.

use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::Actor;
use crate::ids::DecisionId;
use crate::partnerships::decisions::model::{Decision, DecisionClass, DecisionState};
use crate::partnerships::decisions::policy::chairs;
use crate::partnerships::decisions::queries::awaiting;
use crate::partnerships::standing::Scoped;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::text_enum;

text_enum! {
    /// What somebody is to do about a decision.
    pub enum DecisionNeed {
        /// Say where one stands, before it closes.
        Stance = "stance",
        /// Write down what follows from it.
        Outcome = "outcome",
    }
}

/// A decision that waits for the reader.
#[derive(Debug, Serialize, ToSchema)]
pub struct AwaitedDecision {
    /// The decision.
    id: DecisionId,
    /// What is decided.
    class: DecisionClass,
    /// The question that is put.
    question: String,
    /// Where it stands.
    state: DecisionState,
    /// What the reader is to do.
    need: DecisionNeed,
    /// When the final call ends by itself.
    closes_at: Option<Instant>,
}

fn shown(row: Decision, need: DecisionNeed) -> AwaitedDecision {
    let Decision { id, class, question, state, closes_at, .. } = row;
    AwaitedDecision { id, class, question, state, need, closes_at }
}

/// Decisions of a partnership that wait for the reader, at most `limit` of each kind: final calls without the reader's
/// stance, the soonest to close first; then, for leaders and facilitators, adopted ones without an outcome.
///
/// # Errors
/// When the database can't be asked.
pub fn awaiting_decisions(conn: &mut Conn, actor: &Actor, scoped: &Scoped, limit: i64) -> Result<Vec<AwaitedDecision>> {
    let waits = scoped.standing.membership.is_some() && scoped.partnership.state.is_live();
    let Some(reader) = actor.id().filter(|_| waits) else { return Ok(Vec::new()) };
    let of = scoped.partnership.id;
    let mut found: Vec<AwaitedDecision> =
        awaiting::stances(conn, of, reader, limit)?.into_iter().map(|row| shown(row, DecisionNeed::Stance)).collect();
    if chairs(&scoped.standing) {
        let without = awaiting::outcomes(conn, of, limit)?;
        found.extend(without.into_iter().map(|row| shown(row, DecisionNeed::Outcome)));
    }
    Ok(found)
}
