//! What follows in slices above when a member leaves or is removed, handed down by the roof.

use crate::ids::{AccountId, PartnershipId};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;

/// What a slice does in the transaction in which a member leaves. The caller holds the partnership.
pub type OnLeft = fn(&mut Conn, PartnershipId, AccountId, Instant) -> Result<()>;

/// What all slices above do; handed down by the roof.
pub struct Departures(pub Vec<OnLeft>);

/// Tells slices above that a member has left.
///
/// # Errors
/// When one of them can't follow.
pub fn tell(
    conn: &mut Conn,
    state: &State,
    (partnership, person): (PartnershipId, AccountId),
    now: Instant,
) -> Result<()> {
    let Departures(all) = state.handed()?;
    all.iter().try_for_each(|on_left| on_left(conn, partnership, person, now))
}
