//! Commitments: what somebody promised, and whether it was kept (`domain/30` 6.10, N10). So far those of officers' logs; other
//! sources join where they come from.
//!
//! Invariants:
//! * Kept is what somebody of another side says was kept: a leader of the partnership that it was promised to.
//! * Another day asked for before the day it was due is honourable. Asked for later, the promise counts as broken. Either way the
//!   old commitment ends and a new one points at it: nothing is written over.
//! * Whoever promised can always say that it was broken; others once its day is over. Only they release from it, but for a
//!   promise that was put down wrongly: amending the log that it was made in takes it back, as long as its day is not over.
//! * What was promised to a group that is none of ours is confirmed by nobody: it stays the word of whoever promised.
//! * It is read by whoever promised, and by leaders, officers on duty and commanders of the partnership.

mod lifecycle;
mod model;
pub(crate) mod policy;
mod queries;
mod routes;
mod shown;

use chrono::NaiveDate;

pub use lifecycle::{Counts, counts};
pub use model::{Commitment, CommitmentSource, CommitmentState};
pub use policy::reads_register;
pub use queries::{Logs, Made, link, made, made_at, promised, states, unkept};
pub use routes::OPERATIONS;

use lifecycle::is_late;
use queries::CommitmentChanges;
use shown::event;

use crate::accounts::Side;
use crate::event_kinds;
use crate::ids::{AccountId, CommitmentId};
use crate::meetings::log_model::OfficerLog;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::Tx;

event_kinds! {
    /// What happens to commitments. That one was made stands in the record of what it was made in.
    pub mod events {
        CLAIMED = "commitment"."claimed", Leaders, "Whoever promised says that it was kept";
        KEPT = "commitment"."kept", Leaders, "The other side says that a promise was kept";
        BROKEN = "commitment"."broken", Leaders, "A promise was not kept";
        RENEGOTIATED = "commitment"."renegotiated", Leaders, "Another day was asked for";
        AMENDED = "commitment"."amended", Leaders, "The log that a promise was made in says it otherwise now";
        TAKEN_BACK = "commitment"."taken_back", Leaders, "The log that a promise was made in does not have it any more";
        RELEASED = "commitment"."released", Leaders, "The other side released from a promise";
    }
}

/// Says otherwise what was promised, as the log that it was made in was amended to say it; `pointer` is where. That it was said
/// to have been kept is forgotten: something else was.
///
/// # Errors
/// 422 where it is over, or late.
pub fn amend(
    tx: &mut Tx<'_>,
    id: CommitmentId,
    what: String,
    due_on: NaiveDate,
    pointer: String,
    now: Instant,
) -> Result<()> {
    let row = queries::find_locked(tx, id)?.ok_or_else(Error::not_found)?;
    if let Some(why) = lifecycle::stays(row.state, is_late(row.state, row.due_on, now.date())) {
        return Err(Error::field(pointer, FieldCode::Refused, why));
    }
    let changes = CommitmentChanges {
        what: Some(what),
        due_on: Some(due_on),
        claimed_at: Some(None),
        ..CommitmentChanges::default()
    };
    let row = queries::update(tx, id, changes, now)?;
    tx.also(event(events::AMENDED, &row))
}

/// Takes back what was promised, or the promise that has taken its place, because the log does not have it any more: whoever
/// promised is released from it, for the reason for which the log was amended.
///
/// # Errors
/// 422 where it was kept or broken, or is late.
pub fn take_back(
    tx: &mut Tx<'_>,
    id: CommitmentId,
    by: AccountId,
    reason: &str,
    pointer: &str,
    now: Instant,
) -> Result<()> {
    let mut row = queries::find_locked(tx, id)?.ok_or_else(Error::not_found)?;
    while row.state == CommitmentState::Renegotiated {
        row = queries::find_following(tx, row.id)?
            .ok_or_else(|| Error::fault("a renegotiated promise without another"))?;
    }
    if row.state == CommitmentState::Released {
        return Ok(());
    }
    if let Some(why) = lifecycle::stays(row.state, is_late(row.state, row.due_on, now.date())) {
        return Err(Error::field(pointer, FieldCode::Refused, format!("{:?} {why}", row.what)));
    }
    let ended = CommitmentChanges::end(CommitmentState::Released, by, Some(reason.to_owned()), now);
    let row = queries::update(tx, row.id, ended, now)?;
    tx.also(event(events::TAKEN_BACK, &row).because(reason))
}

/// Makes a commitment of the police from what an officer's log says.
///
/// # Errors
/// When the database can't take it.
pub fn make_of_log(
    conn: &mut Conn,
    log: &OfficerLog,
    what: String,
    due_on: NaiveDate,
    now: Instant,
) -> Result<CommitmentId> {
    let commitment = Commitment {
        id: CommitmentId::new(),
        partnership_id: log.partnership_id,
        source: CommitmentSource::OfficerLog,
        officer_log_id: Some(log.id),
        made_by_id: log.officer_id,
        side: Side::Police,
        what,
        due_on,
        state: CommitmentState::Open,
        follows_id: None,
        asked_before_due: None,
        claimed_at: None,
        closed_by_id: None,
        closed_at: None,
        close_reason: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    queries::insert(conn, &commitment)?;
    Ok(commitment.id)
}
