//! Whose a stance is, and how much of that is written down.

use uuid::Uuid;

use super::model::{Decision, HolderId, StanceId};
use crate::ids::AccountId;
use crate::platform::clock::Instant;
use crate::platform::crypto::{Purpose, Secrets};

/// Whoever takes a stance: the account, or in an anonymous decision a keyed digest of it that differs from decision to
/// decision.
pub fn holder(secrets: &Secrets, decision: &Decision, person: AccountId) -> HolderId {
    if !decision.is_anonymous {
        return HolderId(person.0);
    }
    let mac = secrets.mac(Purpose::Holder, &[decision.id.0.as_bytes(), person.0.as_bytes()]);
    let mut bytes = [0; 16];
    for (byte, of_mac) in bytes.iter_mut().zip(mac) {
        *byte = of_mac;
    }
    HolderId(Uuid::from_bytes(bytes))
}

/// The account as it is kept with a stance or block: not at all in an anonymous decision.
pub const fn named(decision: &Decision, person: AccountId) -> Option<AccountId> {
    if decision.is_anonymous { None } else { Some(person) }
}

/// An id and a time that tell of an anonymous stance no more than the day.
pub fn mark(decision: &Decision, now: Instant) -> (Uuid, Instant) {
    if decision.is_anonymous { (Uuid::new_v4(), now.day()) } else { (StanceId::new().0, now) }
}
