//! What follows in slices above when an account is recovered by mail, handed down by the roof.

use crate::ids::AccountId;
use crate::platform::State;
use crate::platform::db::Conn;
use crate::platform::error::Result;

/// What a slice ends in the transaction in which somebody resets the password: whatever lets others in who got hold of it.
pub type OnRecovered = fn(&mut Conn, AccountId) -> Result<()>;

/// What all slices above do; handed down by the roof.
pub struct Recoveries(pub Vec<OnRecovered>);

/// Tells slices above that an account was recovered.
///
/// # Errors
/// When one of them can't follow.
pub fn tell(conn: &mut Conn, state: &State, account: AccountId) -> Result<()> {
    let Recoveries(all) = state.handed()?;
    all.iter().try_for_each(|on_recovered| on_recovered(conn, account))
}
