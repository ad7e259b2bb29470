//! Commitments: what somebody promised, and whether it was kept (`domain/30` 6.10, N10). So far those of officers' logs; other
//! sources join where they come from.
//!
//! Invariants:
//! * Kept is what somebody of another side says was kept: a leader of the partnership that it was promised to.
//! * Another day asked for before the day it was due is honourable. Asked for later, the promise counts as broken. Either way the
//!   old commitment ends and a new one points at it: nothing is written over.
//! * Whoever promised can always say that it was broken; others once its day is over. Only they release from it.
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
pub use queries::{Tally, link, made_at, promised, states, tally_of_area, tally_of_maker};
pub use routes::{
    break_commitment, claim_commitment, confirm_commitment, get_commitment, list_commitments, list_own_commitments,
    release_commitment, renegotiate_commitment,
};

use crate::accounts::Side;
use crate::event_kinds;
use crate::ids::CommitmentId;
use crate::meetings::log_model::OfficerLog;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;

event_kinds! {
    /// What happens to commitments. That one was made stands in the record of what it was made in.
    pub mod events {
        CLAIMED = "commitment"."claimed", Leaders, "Whoever promised says that it was kept";
        KEPT = "commitment"."kept", Leaders, "The other side says that a promise was kept";
        BROKEN = "commitment"."broken", Leaders, "A promise was not kept";
        RENEGOTIATED = "commitment"."renegotiated", Leaders, "Another day was asked for";
        RELEASED = "commitment"."released", Leaders, "The other side released from a promise";
    }
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
