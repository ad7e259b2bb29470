//! The first administrator: an installation without one prints a one-time token at start, dead after use or an hour.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use zeroize::Zeroizing;

use super::model::{AccountKind, AccountState};
use super::tokens::BOOTSTRAP;
use crate::platform::State;
use crate::platform::clock::{Instant, hours};
use crate::platform::crypto::OneTimeToken;
use crate::platform::db::Conn;
use crate::platform::db::schema::installation;
use crate::platform::error::{Error, Result};
use crate::platform::installation::put;
use crate::schema::accounts;

const NAME: &str = "bootstrap_token";
const LIFE: Duration = hours(1);

/// Whether nobody runs this installation yet.
///
/// # Errors
/// When the database can't be asked.
pub fn is_needed(conn: &mut Conn) -> Result<bool> {
    let administrators = accounts::table
        .filter(accounts::kind.eq(AccountKind::Administrator).and(accounts::state.ne(AccountState::Closed)));
    Ok(!diesel::select(diesel::dsl::exists(administrators)).get_result::<bool>(conn)?)
}

/// A fresh token in place of any earlier one, if the installation has no administrator.
///
/// # Errors
/// When the database can't take it.
pub fn token(state: &Arc<State>) -> Result<Option<Zeroizing<String>>> {
    let now = state.clock.now();
    state.db.write_blocking(move |conn| {
        if !is_needed(conn)? {
            return Ok(None);
        }
        let token = OneTimeToken::new(BOOTSTRAP)?;
        put(conn, NAME, token.digest.to_vec(), Some(now.plus(LIFE)))?;
        Ok(Some(token.text))
    })
}

/// [`token`], for whoever is in a runtime and may wait a moment: only a thread of its own may block on the database.
///
/// # Errors
/// When the database can't take it.
pub fn token_aside(state: &Arc<State>) -> Result<Option<Zeroizing<String>>> {
    let made = std::thread::scope(|threads| threads.spawn(|| token(state)).join());
    made.unwrap_or_else(|_| Err(Error::fault("the thread that makes the token ended without one")))
}

/// Uses the token up. Whether it was the right one, in time, and nobody runs the installation yet.
///
/// # Errors
/// When the database can't be asked.
pub fn use_token(conn: &mut Conn, presented: &str, now: Instant) -> Result<bool> {
    let Some(digest) = OneTimeToken::digest_of(BOOTSTRAP, presented) else { return Ok(false) };
    let used = diesel::delete(
        installation::table.find(NAME).filter(installation::value.eq(digest).and(installation::expires_at.gt(now))),
    )
    .execute(conn)?;
    Ok(used == 1 && is_needed(conn)?)
}
