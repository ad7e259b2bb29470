//! Accounts and their mailed tokens.
//!
//! Whoever changes an account, or opens what depends on how it is, holds it first: [`Held`]. Its sessions, tokens and
//! authenticator are touched after that, so that nobody waits for who waits for them.

use std::ops::Deref;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::accounts::model::{Account, AccountKind, AccountState, MailPurpose, MailToken};
use crate::ids::{AccountId, AgencyId};
use crate::platform::clock::Instant;
use crate::platform::db::nodes::containing;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, hold, hold_names, locked, name_to_hold, row_gt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{accounts, mail_tokens};

/// Each address belongs to one account.
pub const ONE_EMAIL: Unique = Unique { index: "accounts_one_email", columns: "accounts.email_key" };

pub fn find(conn: &mut Conn, id: AccountId) -> Result<Option<Account>> {
    Ok(accounts::table.find(id).select(Account::as_select()).first(conn).optional()?)
}

pub fn find_by_email(conn: &mut Conn, email_key: &str) -> Result<Option<Account>> {
    Ok(accounts::table.filter(accounts::email_key.eq(email_key)).select(Account::as_select()).first(conn).optional()?)
}

/// An account that nobody else changes until this transaction ends.
#[derive(Debug)]
pub struct Held(Account);

impl Deref for Held {
    type Target = Account;
    fn deref(&self) -> &Account {
        &self.0
    }
}

/// Finds an account and holds it.
pub fn find_held(conn: &mut Conn, id: AccountId) -> Result<Option<Held>> {
    Ok(locked(accounts::table.find(id).select(Account::columns())).get_result(conn).optional()?.map(Held))
}

/// Finds an account by its address and holds it.
pub fn find_held_by_email(conn: &mut Conn, email_key: &str) -> Result<Option<Held>> {
    let found = accounts::table.filter(accounts::email_key.eq(email_key)).select(Account::columns());
    Ok(locked(found).get_result(conn).optional()?.map(Held))
}

/// The same for whoever makes an account where there is none: until this transaction ends, nobody else makes one either.
pub fn claim_email(conn: &mut Conn, email_key: &str) -> Result<Option<Held>> {
    hold_names(conn, [name_to_hold(&[b"address of an account\0", email_key.as_bytes()])])?;
    find_held_by_email(conn, email_key)
}

/// Finds an account that may be about to end, and holds it: an administrator together with all the others, in one order, so
/// that of two who end each other the second finds that they are the last.
pub fn find_held_to_end(conn: &mut Conn, id: AccountId) -> Result<Option<Held>> {
    let kind: Option<AccountKind> = accounts::table.find(id).select(accounts::kind).first(conn).optional()?;
    if kind == Some(AccountKind::Administrator) {
        let is_one = accounts::kind.eq(AccountKind::Administrator).and(accounts::state.eq(AccountState::Active));
        hold(conn, accounts::table.filter(is_one).order(accounts::id).select(accounts::id))?;
    }
    find_held(conn, id)
}

/// Inserts an account.
///
/// # Errors
/// A conflict when its address belongs to another one.
pub fn insert(conn: &mut Conn, account: &Account) -> Result<()> {
    diesel::insert_into(accounts::table)
        .values(account)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_EMAIL, || Error::conflict("There is an account with this mail address already."))
}

/// What of an account can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = accounts)]
pub struct AccountChanges {
    pub state: Option<AccountState>,
    pub display_name: Option<String>,
    pub name_key: Option<String>,
    pub alias: Option<Option<String>>,
    pub phone: Option<Option<String>>,
    pub shares_contact: Option<bool>,
    pub password_hash: Option<Option<String>>,
    pub email: Option<Option<String>>,
    pub email_key: Option<Option<String>>,
    pub badge_number: Option<Option<String>>,
    pub rank: Option<Option<String>>,
    pub unit: Option<Option<String>>,
    pub verified_until: Option<Option<NaiveDate>>,
    pub max_hours_month: Option<Option<i32>>,
    pub closed_at: Option<Option<Instant>>,
}

/// Changes an account that is held; the row as it is then.
///
/// # Errors
/// When the database can't do it.
pub fn update(conn: &mut Conn, held: &Held, changes: AccountChanges, now: Instant) -> Result<Account> {
    Ok(diesel::update(accounts::table.find(held.id))
        .set((changes, accounts::version.eq(accounts::version + 1), accounts::updated_at.eq(now)))
        .returning(Account::columns())
        .get_result(conn)?)
}

/// Which accounts to list.
pub struct Wanted {
    pub agency: Option<AgencyId>,
    pub kind: Option<AccountKind>,
    pub state: Option<AccountState>,
    pub q: Option<String>,
}

pub fn list<F>(conn: &mut Conn, wanted: &Wanted, listing: &Listing<F>) -> Result<Page<Account>> {
    let filtered = || {
        let mut query = accounts::table.into_boxed();
        if let Some(agency) = wanted.agency {
            query = query.filter(accounts::agency_id.eq(agency));
        }
        if let Some(kind) = wanted.kind {
            query = query.filter(accounts::kind.eq(kind));
        }
        if let Some(state) = wanted.state {
            query = query.filter(accounts::state.eq(state));
        }
        if let Some(q) = &wanted.q {
            query = query.filter(accounts::name_key.like(containing(q)).escape('\\'));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(String, AccountId)>()? {
        query = query.filter(row_gt((accounts::name_key, accounts::id), after));
    }
    let rows = query
        .order((accounts::name_key, accounts::id))
        .limit(listing.fetch())
        .select(Account::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.name_key.clone(), row.id)).with_total(total))
}

/// Whether there is an active administrator other than `id`: for whoever holds them all, see [`find_held_to_end`].
pub fn another_administrator(conn: &mut Conn, id: AccountId) -> Result<bool> {
    let others = accounts::table.filter(
        accounts::kind
            .eq(AccountKind::Administrator)
            .and(accounts::state.eq(AccountState::Active))
            .and(accounts::id.ne(id)),
    );
    Ok(diesel::select(diesel::dsl::exists(others)).get_result(conn)?)
}

/// Inserts a mailed token in place of all earlier ones for the same purpose.
pub fn replace_mail_token(conn: &mut Conn, token: &MailToken) -> Result<()> {
    diesel::delete(
        mail_tokens::table
            .filter(mail_tokens::account_id.eq(token.account_id).and(mail_tokens::purpose.eq(token.purpose))),
    )
    .execute(conn)?;
    diesel::insert_into(mail_tokens::table).values(token).execute(conn)?;
    Ok(())
}

/// The account behind a mailed token that can still be used.
pub fn find_mail_token(
    conn: &mut Conn,
    purpose: MailPurpose,
    digest: &[u8],
    now: Instant,
) -> Result<Option<(MailToken, Account)>> {
    Ok(mail_tokens::table
        .inner_join(accounts::table.on(accounts::id.eq(mail_tokens::account_id)))
        .filter(
            mail_tokens::digest
                .eq(digest)
                .and(mail_tokens::purpose.eq(purpose))
                .and(mail_tokens::used_at.is_null())
                .and(mail_tokens::expires_at.gt(now)),
        )
        .select((MailToken::as_select(), Account::as_select()))
        .first(conn)
        .optional()?)
}

/// [`find_mail_token`], with the account held. Somebody else may have used the token up meanwhile: see [`use_mail_token`].
pub fn find_mail_token_held(
    conn: &mut Conn,
    purpose: MailPurpose,
    digest: &[u8],
    now: Instant,
) -> Result<Option<(MailToken, Held)>> {
    let Some((token, account)) = find_mail_token(conn, purpose, digest, now)? else { return Ok(None) };
    Ok(find_held(conn, account.id)?.map(|held| (token, held)))
}

/// Uses a mailed token up. Whether this call was the one.
pub fn use_mail_token(conn: &mut Conn, token: &MailToken, now: Instant) -> Result<bool> {
    let used = diesel::update(mail_tokens::table.find(token.id).filter(mail_tokens::used_at.is_null()))
        .set(mail_tokens::used_at.eq(now))
        .execute(conn)?;
    Ok(used == 1)
}

/// Takes back every mailed token of an account.
pub fn drop_mail_tokens(conn: &mut Conn, id: AccountId) -> Result<()> {
    diesel::delete(mail_tokens::table.filter(mail_tokens::account_id.eq(id))).execute(conn)?;
    Ok(())
}

/// Drops mailed tokens whose time is over.
pub fn purge_mail_tokens(conn: &mut Conn, now: Instant) -> Result<usize> {
    Ok(diesel::delete(mail_tokens::table.filter(mail_tokens::expires_at.le(now))).execute(conn)?)
}
