//! A commitment as its readers see it, and the way to it.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::lifecycle::is_late;
use super::model::{Commitment, CommitmentSource, CommitmentState};
use super::policy::{self, Action, Facts};
use super::queries;
use crate::accounts::{Actor, PersonRef, Side, people};
use crate::ids::{CommitmentId, OfficerLogId};
use crate::partnerships::{PartnershipRef, Purpose, Scoped, partnership_refs};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::http::Versioned;
use crate::platform::record::{Entry, Kind};
use crate::platform::text::Day;

/// Something that somebody promised.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommitmentDetail {
    /// The commitment.
    pub id: CommitmentId,
    /// To which partnership; `null` where it was made to a group that is none of ours.
    partnership: Option<PartnershipRef>,
    /// Where it was made.
    source: CommitmentSource,
    /// The officer's log that it was made in.
    officer_log_id: Option<OfficerLogId>,
    /// Who promised.
    made_by: Option<PersonRef>,
    /// On which side.
    side: Side,
    /// What.
    what: String,
    /// By when.
    #[schema(value_type = Day)]
    due_on: NaiveDate,
    /// Where it stands.
    state: CommitmentState,
    /// Whether it is open and its day is over (UTC). One that nobody can confirm is not late once whoever promised says that it
    /// was kept.
    is_late: bool,
    /// Whether leaders of another side can say that it was kept: it is open, and was made to a partnership. What was promised to
    /// a group that is none of ours is confirmed by nobody; it stays the word of whoever promised (`claimed_at`), and counts
    /// neither as kept nor as broken unless they say that it was broken.
    is_confirmable: bool,
    /// The one whose place it took when another day was agreed on.
    follows_id: Option<CommitmentId>,
    /// Of a renegotiated one: whether another day was asked for before its day was over. If not, it counts as broken.
    asked_before_due: Option<bool>,
    /// When whoever promised said that it was kept; it is once somebody of another side says so.
    claimed_at: Option<Instant>,
    /// Who said how it ended.
    closed_by: Option<PersonRef>,
    /// When it ended.
    closed_at: Option<Instant>,
    /// Why, where it was not kept.
    close_reason: Option<String>,
    /// Changes with every change.
    version: i64,
    /// When it was made.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// Commitments in their order.
pub fn shown(conn: &mut Conn, rows: Vec<Commitment>, now: Instant) -> Result<Vec<CommitmentDetail>> {
    let people = people(conn, rows.iter().flat_map(|row| [Some(row.made_by_id), row.closed_by_id]).flatten())?;
    let partnerships = partnership_refs(conn, rows.iter().filter_map(|row| row.partnership_id))?;
    let today = now.date();
    Ok(rows
        .into_iter()
        .map(|row| CommitmentDetail {
            is_late: is_late(row.state, row.due_on, today)
                && (row.partnership_id.is_some() || row.claimed_at.is_none()),
            is_confirmable: row.state == CommitmentState::Open && row.partnership_id.is_some(),
            partnership: row.partnership_id.and_then(|id| partnerships.get(&id).cloned()),
            made_by: people.get(&row.made_by_id).cloned(),
            closed_by: row.closed_by_id.and_then(|id| people.get(&id).cloned()),
            id: row.id,
            source: row.source,
            officer_log_id: row.officer_log_id,
            side: row.side,
            what: row.what,
            due_on: row.due_on,
            state: row.state,
            follows_id: row.follows_id,
            asked_before_due: row.asked_before_due,
            claimed_at: row.claimed_at,
            closed_at: row.closed_at,
            close_reason: row.close_reason,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
        .collect())
}

/// One commitment.
pub fn one(conn: &mut Conn, row: Commitment, now: Instant) -> Result<Versioned<CommitmentDetail>> {
    let version = row.version;
    let value = shown(conn, vec![row], now)?.pop().ok_or_else(|| Error::fault("a commitment was lost"))?;
    Ok(Versioned::volatile(value, version))
}

/// A commitment, the partnership that it was made to, and how the actor stands towards it.
pub struct Held {
    pub row: Commitment,
    pub scoped: Option<Scoped>,
    pub facts: Facts,
}

impl Held {
    /// Refuses to change what was promised to a partnership that is over.
    ///
    /// # Errors
    /// A conflict.
    pub fn demand_unclosed(&self) -> Result<()> {
        self.scoped.as_ref().map_or(Ok(()), Scoped::demand_unclosed)
    }
}

/// The commitment as this actor may have it for `action`. `Change`: it stays as it is until the transaction ends, and so does
/// the partnership.
pub fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: CommitmentId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<Held> {
    let me = actor.person()?.id;
    let row = queries::find(conn, id)?.ok_or_else(Error::not_found)?;
    // The partnership first, as everybody takes them.
    let scoped = match row.partnership_id {
        Some(of) => Some(Scoped::load(conn, actor, of, purpose, now)?),
        None => None,
    };
    let row = match purpose {
        Purpose::Read => row,
        Purpose::Change => queries::find_locked(conn, id)?.ok_or_else(Error::not_found)?,
    };
    let standing = scoped.as_ref().map(|scoped| &scoped.standing);
    let facts = Facts::of(standing, row.made_by_id == me, row.side);
    policy::demand(actor, facts, action)?;
    Ok(Held { row, scoped, facts })
}

/// Something that happened to a commitment.
pub fn event(kind: Kind, row: &Commitment) -> Entry {
    let entry = kind.on(row.id.0);
    match row.partnership_id {
        Some(partnership) => entry.within(partnership.0),
        None => entry,
    }
}
