//! What is written elsewhere and matters here, followed in the record: profiles and accounts, which stand below this slice,
//! members who come and go in whichever way, and whatever keeps a partnership awake.

use std::collections::BTreeMap;

use super::dormancy::QUALIFYING;
use super::queries::life_cycles;
use super::reconsider::{reconsider, stirred};
use crate::accounts::events as of_accounts;
use crate::ids::{AccountId, PartnershipId};
use crate::partnerships::model::PartnershipState;
use crate::partnerships::queries::members;
use crate::partnerships::standing::{Purpose, find, hold_free};
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

/// What follows for a partnership.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Follows {
    /// When something last happened that keeps it awake.
    stirred_at: Option<Instant>,
    /// Whether what its stage depends on may have changed.
    is_in_question: bool,
}

/// What follows from these records, for each partnership once, in the order of their ids.
///
/// # Errors
/// When the database can't be asked.
pub fn follows(conn: &mut Conn, page: &[Record]) -> Result<Vec<(PartnershipId, Follows)>> {
    let mut follows: BTreeMap<PartnershipId, Follows> = BTreeMap::new();
    for record in page.iter().filter(|record| record.outcome == Outcome::Done) {
        let action = record.action.as_str();
        if let Some(partnership) = record.partnership {
            let of = || PartnershipId(partnership.0);
            if QUALIFYING.contains(&action) {
                let of = follows.entry(of()).or_default();
                of.stirred_at = of.stirred_at.max(Some(record.at));
            }
            if record.object_type == "membership" {
                follows.entry(of()).or_default().is_in_question = true;
            }
        }
        if let Some(account) = record.object.filter(|_| OF_ACCOUNTS.contains(&action)) {
            for id in members::partnerships_of(conn, AccountId(account.0), PartnershipState::Forming)? {
                follows.entry(id).or_default().is_in_question = true;
            }
        }
    }
    Ok(follows.into_iter().collect())
}

/// Does what follows for those partnerships that nobody else holds, all at once and without waiting for any; the others are left.
///
/// # Errors
/// When the database can't be asked.
pub fn follow_free(
    conn: &mut Conn,
    all: Vec<(PartnershipId, Follows)>,
    now: Instant,
) -> Result<Vec<(PartnershipId, Follows)>> {
    let free = hold_free(conn, all.iter().map(|(id, _)| *id).collect())?;
    let (free, left): (Vec<_>, Vec<_>) = all.into_iter().partition(|(id, _)| free.contains(id));
    for (id, what) in free {
        follow(conn, id, what, now)?;
    }
    Ok(left)
}

/// Does what follows for a partnership. It may have been done before.
///
/// # Errors
/// When the database can't be asked.
pub fn follow(conn: &mut Conn, id: PartnershipId, what: Follows, now: Instant) -> Result<()> {
    // Held before anything that belongs to it, as in requests: what is due of it is looked at and changed by one at a time.
    if find(conn, id, Purpose::Change)?.is_none() {
        return Ok(());
    }
    if let Some(at) = what.stirred_at {
        life_cycles::stir(conn, id, at, &stirred(at))?;
    }
    if what.is_in_question {
        reconsider(conn, id, now)?;
    }
    Ok(())
}
