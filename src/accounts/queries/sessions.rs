//! Sessions and their refresh tokens.

use diesel::prelude::*;

use crate::accounts::model::{EndReason, RefreshToken, Session};
use crate::accounts::queries::accounts::{self, Held};
use crate::ids::{AccountId, SessionId};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, locked, row_lt};
use crate::platform::error::Result;
use crate::platform::faults::is_planted;
use crate::platform::http::{Listing, Page};
use crate::schema::{refresh_tokens, sessions};

pub fn insert(conn: &mut Conn, session: &Session) -> Result<()> {
    diesel::insert_into(sessions::table).values(session).execute(conn)?;
    Ok(())
}

pub fn insert_token(conn: &mut Conn, token: &RefreshToken) -> Result<()> {
    diesel::insert_into(refresh_tokens::table).values(token).execute(conn)?;
    Ok(())
}

/// A refresh token with its session and account. Whoever else presents it waits until this transaction ends.
pub fn find_token(conn: &mut Conn, digest: &[u8]) -> Result<Option<(RefreshToken, Session, Held)>> {
    let found = || {
        refresh_tokens::table
            .inner_join(sessions::table.on(sessions::id.eq(refresh_tokens::session_id)))
            .filter(refresh_tokens::digest.eq(digest))
    };
    let account: Option<AccountId> = found().select(sessions::account_id).first(conn).optional()?;
    let Some(account) = account else { return Ok(None) };
    // Before its sessions: so does whoever ends them all.
    let Some(account) = accounts::find_held(conn, account)? else { return Ok(None) };
    let found: Option<(RefreshToken, Session)> =
        locked(found().select((RefreshToken::columns(), Session::columns()))).get_result(conn).optional()?;
    Ok(found.map(|(token, session)| (token, session, account)))
}

/// Uses a refresh token up and moves its session's idle limit.
pub fn use_token(conn: &mut Conn, token: &RefreshToken, idle_expires_at: Instant, now: Instant) -> Result<()> {
    diesel::update(refresh_tokens::table.find(token.id).filter(refresh_tokens::used_at.is_null()))
        .set(refresh_tokens::used_at.eq(now))
        .execute(conn)?;
    diesel::update(sessions::table.find(token.session_id))
        .set((sessions::refreshed_at.eq(now), sessions::idle_expires_at.eq(idle_expires_at)))
        .execute(conn)?;
    Ok(())
}

/// Notes that the owner of a session has proved who they are, and how.
pub fn prove(conn: &mut Conn, id: SessionId, amr: &str, now: Instant) -> Result<()> {
    diesel::update(sessions::table.find(id))
        .set((sessions::amr.eq(amr), sessions::authenticated_at.eq(now)))
        .execute(conn)?;
    Ok(())
}

/// Notes what a session has been proved with, and leaves when as it is.
pub fn strengthen(conn: &mut Conn, id: SessionId, amr: &str) -> Result<()> {
    diesel::update(sessions::table.find(id)).set(sessions::amr.eq(amr)).execute(conn)?;
    Ok(())
}

/// Ends a session of this account. Whether it was live.
pub fn end(conn: &mut Conn, account: AccountId, id: SessionId, reason: EndReason, now: Instant) -> Result<bool> {
    if is_planted("ended_sessions_go_on") {
        return Ok(true);
    }
    let ended = diesel::update(
        sessions::table.find(id).filter(sessions::account_id.eq(account).and(sessions::ended_at.is_null())),
    )
    .set((sessions::ended_at.eq(now), sessions::end_reason.eq(reason)))
    .execute(conn)?;
    Ok(ended == 1)
}

/// Ends all sessions of an account but `kept`. Returns how many.
pub fn end_all(
    conn: &mut Conn,
    account: AccountId,
    kept: Option<SessionId>,
    reason: EndReason,
    now: Instant,
) -> Result<usize> {
    let mut live = sessions::table
        .filter(sessions::account_id.eq(account).and(sessions::ended_at.is_null()))
        .select(sessions::id)
        .into_boxed();
    if let Some(kept) = kept {
        live = live.filter(sessions::id.ne(kept));
    }
    let ids: Vec<SessionId> = live.load(conn)?;
    Ok(diesel::update(sessions::table.filter(sessions::id.eq_any(ids)))
        .set((sessions::ended_at.eq(now), sessions::end_reason.eq(reason)))
        .execute(conn)?)
}

/// Ends the oldest sessions beyond `most` live ones.
pub fn end_beyond(conn: &mut Conn, account: AccountId, most: usize, now: Instant) -> Result<()> {
    let beyond: Vec<SessionId> = sessions::table
        .filter(sessions::account_id.eq(account).and(sessions::ended_at.is_null()))
        .order((sessions::created_at.desc(), sessions::id.desc()))
        .offset(i64::try_from(most).unwrap_or(i64::MAX))
        .limit(100)
        .select(sessions::id)
        .load(conn)?;
    diesel::update(sessions::table.filter(sessions::id.eq_any(beyond)))
        .set((sessions::ended_at.eq(now), sessions::end_reason.eq(EndReason::TooMany)))
        .execute(conn)?;
    Ok(())
}

/// Live sessions of an account, newest first.
pub fn list<F>(conn: &mut Conn, account: AccountId, listing: &Listing<F>, now: Instant) -> Result<Page<Session>> {
    let live = || {
        sessions::table
            .filter(
                sessions::account_id
                    .eq(account)
                    .and(sessions::ended_at.is_null())
                    .and(sessions::expires_at.gt(now))
                    .and(sessions::idle_expires_at.gt(now)),
            )
            .into_boxed()
    };
    let mut query = live();
    if let Some(after) = listing.after::<(Instant, SessionId)>()? {
        query = query.filter(row_lt((sessions::created_at, sessions::id), after));
    }
    let rows = query
        .order((sessions::created_at.desc(), sessions::id.desc()))
        .limit(listing.fetch())
        .select(Session::as_select())
        .load(conn)?;
    let total = if listing.total { Some(live().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// Drops sessions that were over before `before`, with their tokens.
pub fn purge(conn: &mut Conn, before: Instant) -> Result<usize> {
    Ok(diesel::delete(sessions::table.filter(sessions::expires_at.lt(before))).execute(conn)?)
}
