//! Accounts made without their owners, for the demonstration only: nobody proves an address or accepts an invitation.

use chrono::{Months, NaiveDate};

use super::model::{Account, AccountKind, AccountState, EndReason, Session};
use super::queries::accounts::{self, AccountChanges};
use super::queries::{authenticators, sessions};
use super::totp::{self, Seed as AuthenticatorSeed};
use super::{events, factor};
use crate::ids::{AccountId, AgencyId, SessionId};
use crate::platform::clock::{Instant, days, minutes};
use crate::platform::crypto::Secrets;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::record::write_unattended;
use crate::platform::text::fold;

/// Somebody in the demonstration.
#[derive(Debug, Clone)]
pub struct Seed {
    /// What the account is.
    pub kind: AccountKind,
    /// Mail address.
    pub email: String,
    /// Name.
    pub display_name: String,
    /// The agency that it belongs to.
    pub agency: Option<AgencyId>,
    /// Badge number.
    pub badge_number: Option<String>,
    /// Rank.
    pub rank: Option<String>,
    /// Hash of a password.
    pub password_hash: String,
}

fn verified(from: Instant) -> Option<NaiveDate> {
    from.date().checked_add_months(Months::new(12))
}

/// Makes an active account; officers and commanders are verified for twelve months from `verified_from`.
///
/// # Errors
/// When the address belongs to another account.
pub fn account(conn: &mut Conn, seed: Seed, now: Instant, verified_from: Instant) -> Result<AccountId> {
    let id = AccountId::new();
    let verified_until = if seed.kind.is_police() { verified(verified_from) } else { None };
    accounts::insert(
        conn,
        &Account {
            id,
            kind: seed.kind,
            state: AccountState::Active,
            email_key: Some(fold(&seed.email)),
            email: Some(seed.email),
            name_key: fold(&seed.display_name),
            display_name: seed.display_name,
            alias: None,
            phone: None,
            shares_contact: false,
            password_hash: Some(seed.password_hash),
            agency_id: seed.agency,
            badge_number: seed.badge_number,
            rank: seed.rank,
            unit: None,
            verified_until,
            max_hours_month: None,
            closed_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        },
    )?;
    Ok(id)
}

/// Opens a session that lasts as long as the demonstration is being made, and counts as freshly proved all the time.
///
/// # Errors
/// When the database can't take it.
pub fn session(conn: &mut Conn, account: AccountId, now: Instant) -> Result<SessionId> {
    let id = SessionId::new();
    let until = now.plus(days(2 * 365));
    sessions::insert(
        conn,
        &Session {
            id,
            account_id: account,
            amr: factor::PASSWORD_AND_CODE.into(),
            authenticated_at: until,
            device: Some("demonstration".into()),
            ip: "127.0.0.1".into(),
            refreshed_at: now,
            idle_expires_at: until,
            expires_at: until,
            ended_at: None,
            end_reason: None,
            created_at: now,
        },
    )?;
    Ok(id)
}

/// Ends every session of an account.
///
/// # Errors
/// When the database can't do it.
pub fn end_sessions(conn: &mut Conn, account: AccountId, now: Instant) -> Result<()> {
    sessions::end_all(conn, account, None, EndReason::LoggedOut, now)?;
    Ok(())
}

/// Gives an account another password and authenticator, and ends its sessions. Where its owner's verification runs out within a month, it is
/// renewed. Gives the authenticator's secret, to those whose kind needs one.
///
/// # Errors
/// When the database can't do it.
pub fn renew(
    conn: &mut Conn,
    secrets: &Secrets,
    account: AccountId,
    password_hash: String,
    now: Instant,
) -> Result<Option<AuthenticatorSeed>> {
    let row = accounts::find_held(conn, account)?.ok_or_else(Error::not_found)?;
    let soon = now.plus(days(31)).date();
    let verified_until = match row.verified_until {
        Some(last) if last < soon => Some(verified(now)),
        _ => None,
    };
    let changes =
        AccountChanges { password_hash: Some(Some(password_hash)), verified_until, ..AccountChanges::default() };
    accounts::update(conn, &row, changes, now)?;
    sessions::end_all(conn, account, None, EndReason::PasswordChanged, now)?;
    authenticators::clear(conn, account)?;
    let seed = if row.kind.is_staff() { Some(authenticator(conn, secrets, account, now)?) } else { None };
    write_unattended(conn, events::PASSWORD_CHANGED.on(account.0), now)?;
    Ok(seed)
}

/// Gives an account an authenticator. Its first code was shown two minutes ago.
fn authenticator(conn: &mut Conn, secrets: &Secrets, account: AccountId, now: Instant) -> Result<AuthenticatorSeed> {
    let (row, seed) = factor::pending(secrets, account, now)?;
    authenticators::replace_pending(conn, &row)?;
    let then = now.minus(minutes(2));
    let step = totp::step(&seed, &totp::code(&seed, then)?, None, then)?;
    authenticators::activate(conn, &row, step.unwrap_or_default(), now)?;
    Ok(seed)
}

/// The account with this address.
///
/// # Errors
/// When the database can't be asked.
pub fn find(conn: &mut Conn, email: &str) -> Result<Option<AccountId>> {
    Ok(accounts::find_by_email(conn, &fold(email))?.map(|account| account.id))
}

/// Whether the database has no account at all.
///
/// # Errors
/// When the database can't be asked.
pub fn is_empty(conn: &mut Conn) -> Result<bool> {
    use diesel::prelude::*;
    let somebody = crate::schema::accounts::table.select(crate::schema::accounts::id);
    Ok(!diesel::select(diesel::dsl::exists(somebody)).get_result::<bool>(conn)?)
}
