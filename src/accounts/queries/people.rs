//! Persons as others see them.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::accounts::model::{AccountKind, AccountState, PersonRef};
use crate::ids::AccountId;
use crate::on_engine;
use crate::platform::db::{Conn, among};
use crate::platform::error::Result;
use crate::platform::text::Email;
use crate::schema::accounts;

/// The name by which a person is seen: the alias where there is one, nobody's after closing.
pub fn shown_name(state: AccountState, display_name: String, alias: Option<String>) -> String {
    match state {
        AccountState::Closed => "Former member".into(),
        _ => alias.unwrap_or(display_name),
    }
}

/// The key under which an account's mail address is known; none once it is closed.
///
/// # Errors
/// When the database can't be asked.
pub fn email_key_of(conn: &mut Conn, id: AccountId) -> Result<Option<String>> {
    let key: Option<Option<String>> = accounts::table.find(id).select(accounts::email_key).first(conn).optional()?;
    Ok(key.flatten())
}

/// Mail addresses of active accounts, for letters; those that are closed or stopped get none.
///
/// # Errors
/// When the database can't be asked.
pub fn emails_of(conn: &mut Conn, ids: &[AccountId]) -> Result<Vec<Email>> {
    let rows: Vec<Option<String>> = accounts::table
        .filter(among(accounts::id, ids.to_vec()).and(accounts::state.eq(AccountState::Active)))
        .select(accounts::email)
        .load(conn)?;
    Ok(rows.into_iter().flatten().filter_map(|email| email.parse().ok()).collect())
}

/// Persons by id, in one query; ids that nobody has are left out.
///
/// # Errors
/// When the database can't be asked.
pub fn people(conn: &mut Conn, ids: impl IntoIterator<Item = AccountId>) -> Result<HashMap<AccountId, PersonRef>> {
    let mut ids: Vec<AccountId> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let named = (accounts::id, accounts::kind, accounts::state, accounts::display_name, accounts::alias);
    let rows: Vec<(AccountId, AccountKind, AccountState, String, Option<String>)> = match ids.as_slice() {
        // PostgreSQL plans a search for a list anew each time, because it looks at how long it is.
        [one] => on_engine!(conn, |conn| accounts::table.find(*one).select(named).load(conn))?,
        _ => on_engine!(conn, |conn| accounts::table.filter(among(accounts::id, ids)).select(named).load(conn))?,
    };
    Ok(rows
        .into_iter()
        .map(|(id, kind, state, name, alias)| {
            (id, PersonRef { id, display_name: shown_name(state, name, alias), side: kind.side() })
        })
        .collect())
}
