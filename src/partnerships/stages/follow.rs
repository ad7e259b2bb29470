//! What is written elsewhere and matters here, followed in the record: profiles and accounts, which stand below this slice,
//! members who come and go in whichever way, and whatever keeps a partnership awake.

use super::dormancy::QUALIFYING;
use super::queries::life_cycles;
use super::reconsider::{reconsider, stirred};
use crate::accounts::events as of_accounts;
use crate::ids::{AccountId, PartnershipId};
use crate::partnerships::model::PartnershipState;
use crate::partnerships::queries::members;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::record::{Outcome, Record};

/// Changes of an account on which the checklist depends: what its owner can and likes, and whether it counts.
const OF_ACCOUNTS: [&str; 5] = [
    of_accounts::PROFILE_UPDATED.action,
    of_accounts::VERIFICATION_RENEWED.action,
    of_accounts::SUSPENDED.action,
    of_accounts::REINSTATED.action,
    of_accounts::CLOSED.action,
];

/// Does what follows from a record.
///
/// # Errors
/// When the database can't be asked.
pub fn follow(conn: &mut Conn, record: &Record, now: Instant) -> Result<()> {
    let action = record.action.as_str();
    if record.outcome != Outcome::Done {
        return Ok(());
    }
    if let Some(partnership) = record.partnership.filter(|_| QUALIFYING.contains(&action)) {
        life_cycles::stir(conn, PartnershipId(partnership.0), record.at, &stirred(record.at))?;
    }
    if let Some(partnership) = record.partnership.filter(|_| record.object_type == "membership") {
        reconsider(conn, PartnershipId(partnership.0), now)?;
    }
    if let Some(account) = record.object.filter(|_| OF_ACCOUNTS.contains(&action)) {
        for id in members::partnerships_of(conn, AccountId(account.0), PartnershipState::Forming)? {
            reconsider(conn, id, now)?;
        }
    }
    Ok(())
}
