//! Who facilitated items of agendas.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::ids::{AccountId, PartnershipId};
use crate::insert_all;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::Result;
use crate::schema::facilitations;

/// Remembers who presented which items of a meeting that has been held.
///
/// # Errors
/// When the database can't take it, or an item was noted before.
pub fn note_facilitated(conn: &mut Conn, of: PartnershipId, items: &[(AnyId, AccountId)], now: Instant) -> Result<()> {
    let rows: Vec<_> = items
        .iter()
        .map(|(item, account)| {
            (
                facilitations::agenda_item.eq(*item),
                facilitations::partnership_id.eq(of),
                facilitations::account_id.eq(*account),
                facilitations::created_at.eq(now),
            )
        })
        .collect();
    if !rows.is_empty() {
        insert_all!(conn, facilitations::table, &rows)?;
    }
    Ok(())
}

/// How many items each member facilitated; of one member, where one is asked for.
pub fn facilitated(conn: &mut Conn, of: PartnershipId, one: Option<AccountId>) -> Result<HashMap<AccountId, i64>> {
    let whole = facilitations::table.filter(facilitations::partnership_id.eq(of));
    let rows: Vec<(AccountId, i64)> = match one {
        Some(account) => whole
            .filter(facilitations::account_id.eq(account))
            .group_by(facilitations::account_id)
            .select((facilitations::account_id, count_star()))
            .load(conn)?,
        None => {
            whole.group_by(facilitations::account_id).select((facilitations::account_id, count_star())).load(conn)?
        }
    };
    Ok(rows.into_iter().collect())
}
