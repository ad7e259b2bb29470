//! Commendations.

use diesel::prelude::*;

use crate::ids::{AccountId, PartnershipId};
use crate::partnerships::tasks::model::{Commendation, CommendationId};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, row_lt};
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page};
use crate::schema::commendations;

pub fn find(conn: &mut Conn, id: CommendationId) -> Result<Option<Commendation>> {
    Ok(commendations::table.find(id).select(Commendation::as_select()).first(conn).optional()?)
}

pub fn insert(conn: &mut Conn, commendation: &Commendation) -> Result<()> {
    diesel::insert_into(commendations::table).values(commendation).execute(conn)?;
    Ok(())
}

/// Takes a commendation back; the row as it is then.
pub fn withdraw(conn: &mut Conn, id: CommendationId, now: Instant) -> Result<Commendation> {
    Ok(diesel::update(commendations::table.find(id))
        .set((
            commendations::withdrawn_at.eq(Some(now)),
            commendations::version.eq(commendations::version + 1),
            commendations::updated_at.eq(now),
        ))
        .returning(Commendation::columns())
        .get_result(conn)?)
}

/// Whose commendations to list.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// All of a partnership that the reader sees: everybody's for leaders (`None`), otherwise what all members read and what
    /// the reader gave or was given.
    Partnership(PartnershipId, Option<AccountId>),
    /// Those that somebody was given, anywhere.
    Person(AccountId),
}

/// Commendations that stand, newest first; `to` only those of this person.
pub fn list<F>(conn: &mut Conn, of: Of, to: Option<AccountId>, listing: &Listing<F>) -> Result<Page<Commendation>> {
    let filtered = || {
        let mut query = commendations::table.filter(commendations::withdrawn_at.is_null()).into_boxed();
        query = match of {
            Of::Person(me) => query.filter(commendations::account_id.eq(me)),
            Of::Partnership(partnership, None) => query.filter(commendations::partnership_id.eq(partnership)),
            Of::Partnership(partnership, Some(me)) => {
                query.filter(commendations::partnership_id.eq(partnership)).filter(
                    commendations::is_public
                        .eq(true)
                        .or(commendations::account_id.eq(me))
                        .or(commendations::given_by_id.eq(me)),
                )
            }
        };
        match to {
            Some(person) => query.filter(commendations::account_id.eq(person)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, CommendationId)>()? {
        query = query.filter(row_lt((commendations::created_at, commendations::id), after));
    }
    let rows = query
        .order((commendations::created_at.desc(), commendations::id.desc()))
        .limit(listing.fetch())
        .select(Commendation::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
