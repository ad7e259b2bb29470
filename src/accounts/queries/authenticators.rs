//! Authenticators, recovery codes and resets.

use diesel::prelude::*;

use crate::accounts::model::{Authenticator, AuthenticatorId, AuthenticatorReset, AuthenticatorState, RecoveryCode};
use crate::ids::AccountId;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::faults::is_planted;
use crate::schema::{authenticator_resets, authenticators, recovery_codes};

pub fn find(conn: &mut Conn, account: AccountId, state: AuthenticatorState) -> Result<Option<Authenticator>> {
    Ok(authenticators::table
        .filter(authenticators::account_id.eq(account).and(authenticators::state.eq(state)))
        .select(Authenticator::as_select())
        .first(conn)
        .optional()?)
}

/// Inserts one that is being set up, in place of any other that is.
pub fn replace_pending(conn: &mut Conn, row: &Authenticator) -> Result<()> {
    delete(conn, row.account_id, AuthenticatorState::Pending)?;
    diesel::insert_into(authenticators::table).values(row).execute(conn)?;
    Ok(())
}

/// Drops the authenticator of an account that stands so. Whether there was one.
pub fn delete(conn: &mut Conn, account: AccountId, state: AuthenticatorState) -> Result<bool> {
    let those =
        authenticators::table.filter(authenticators::account_id.eq(account).and(authenticators::state.eq(state)));
    Ok(diesel::delete(those).execute(conn)? > 0)
}

/// Puts one that was being set up into use, in place of the one that was.
pub fn activate(conn: &mut Conn, row: &Authenticator, step: i64, now: Instant) -> Result<()> {
    delete(conn, row.account_id, AuthenticatorState::Active)?;
    diesel::update(authenticators::table.find(row.id))
        .set((
            authenticators::state.eq(AuthenticatorState::Active),
            authenticators::last_step.eq(step),
            authenticators::confirmed_at.eq(now),
        ))
        .execute(conn)?;
    diesel::delete(authenticator_resets::table.find(row.account_id)).execute(conn)?;
    Ok(())
}

/// Uses a step up, and all before it. Whether this call was the one.
pub fn use_step(conn: &mut Conn, id: AuthenticatorId, step: i64) -> Result<bool> {
    let unused = authenticators::last_step.is_null().or(authenticators::last_step.lt(step));
    let used = diesel::update(authenticators::table.find(id).filter(unused))
        .set(authenticators::last_step.eq(step))
        .execute(conn)?;
    Ok(used == 1 || is_planted("totp_step_counts_twice"))
}

/// Inserts recovery codes in place of all earlier ones.
pub fn replace_recovery_codes(conn: &mut Conn, account: AccountId, rows: Vec<RecoveryCode>) -> Result<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::account_id.eq(account))).execute(conn)?;
    for row in rows {
        diesel::insert_into(recovery_codes::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Uses a recovery code up. Whether there was one, unused.
pub fn use_recovery_code(conn: &mut Conn, account: AccountId, digest: &[u8], now: Instant) -> Result<bool> {
    let unused = recovery_codes::table.filter(
        recovery_codes::account_id
            .eq(account)
            .and(recovery_codes::digest.eq(digest))
            .and(recovery_codes::used_at.is_null()),
    );
    Ok(diesel::update(unused).set(recovery_codes::used_at.eq(now)).execute(conn)? == 1)
}

/// How many recovery codes an account has left.
pub fn count_recovery_codes(conn: &mut Conn, account: AccountId) -> Result<i64> {
    let left = recovery_codes::account_id.eq(account).and(recovery_codes::used_at.is_null());
    Ok(recovery_codes::table.filter(left).count().get_result(conn)?)
}

pub fn find_reset(conn: &mut Conn, account: AccountId) -> Result<Option<AuthenticatorReset>> {
    Ok(authenticator_resets::table.find(account).select(AuthenticatorReset::as_select()).first(conn).optional()?)
}

/// Inserts a reset in place of an earlier one.
pub fn replace_reset(conn: &mut Conn, row: &AuthenticatorReset) -> Result<()> {
    diesel::delete(authenticator_resets::table.find(row.account_id)).execute(conn)?;
    diesel::insert_into(authenticator_resets::table).values(row).execute(conn)?;
    Ok(())
}

/// Drops whatever an account has of second factors.
pub fn clear(conn: &mut Conn, account: AccountId) -> Result<()> {
    diesel::delete(authenticators::table.filter(authenticators::account_id.eq(account))).execute(conn)?;
    diesel::delete(recovery_codes::table.filter(recovery_codes::account_id.eq(account))).execute(conn)?;
    diesel::delete(authenticator_resets::table.find(account)).execute(conn)?;
    Ok(())
}
