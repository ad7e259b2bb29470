//! Invitations.

use diesel::prelude::*;

use crate::accounts::model::{Invitation, InvitationId, InvitationState};
use crate::ids::{AccountId, AgencyId};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, row_lt};
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::invitations;

/// One open invitation per address.
pub const ONE_OPEN: Unique = Unique { index: "invitations_one_open", columns: "invitations.email_key" };

pub fn find(conn: &mut Conn, id: InvitationId) -> Result<Option<Invitation>> {
    Ok(invitations::table.find(id).select(Invitation::as_select()).first(conn).optional()?)
}

pub fn find_open(conn: &mut Conn, digest: &[u8], now: Instant) -> Result<Option<Invitation>> {
    Ok(invitations::table
        .filter(
            invitations::digest
                .eq(digest)
                .and(invitations::state.eq(InvitationState::Open))
                .and(invitations::expires_at.gt(now)),
        )
        .select(Invitation::as_select())
        .first(conn)
        .optional()?)
}

/// Inserts an invitation in place of an open one to the same address whose time is over.
///
/// # Errors
/// A conflict when one is still open; 422 when there is no such agency.
pub fn insert(conn: &mut Conn, invitation: &Invitation) -> Result<()> {
    diesel::update(
        invitations::table.filter(
            invitations::email_key
                .eq(&invitation.email_key)
                .and(invitations::state.eq(InvitationState::Open))
                .and(invitations::expires_at.le(invitation.created_at)),
        ),
    )
    .set((
        invitations::state.eq(InvitationState::Revoked),
        invitations::version.eq(invitations::version + 1),
        invitations::updated_at.eq(invitation.created_at),
    ))
    .execute(conn)?;
    let inserted = diesel::insert_into(invitations::table).values(invitation).execute(conn).map(|_| ());
    if let Err(diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::ForeignKeyViolation, _)) =
        inserted
    {
        return Err(Error::field("/agency_id", FieldCode::NotFound, "there is no such agency"));
    }
    inserted
        .on_conflict(&ONE_OPEN, || Error::conflict("There is an open invitation to this address; take it back first."))
}

/// Accepts an open invitation. Whether this call was the one.
pub fn accept(conn: &mut Conn, id: InvitationId, account: AccountId, now: Instant) -> Result<bool> {
    let accepted = diesel::update(invitations::table.find(id).filter(invitations::state.eq(InvitationState::Open)))
        .set((
            invitations::state.eq(InvitationState::Accepted),
            invitations::account_id.eq(account),
            invitations::version.eq(invitations::version + 1),
            invitations::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(accepted == 1)
}

/// Takes an open invitation back; `None` when it was not open any more.
pub fn revoke(conn: &mut Conn, id: InvitationId, now: Instant) -> Result<Option<Invitation>> {
    Ok(diesel::update(invitations::table.find(id).filter(invitations::state.eq(InvitationState::Open)))
        .set((
            invitations::state.eq(InvitationState::Revoked),
            invitations::version.eq(invitations::version + 1),
            invitations::updated_at.eq(now),
        ))
        .returning(Invitation::columns())
        .get_result(conn)
        .optional()?)
}

/// Invitations, newest first; of one agency where `agency` says so.
pub fn list<F>(
    conn: &mut Conn,
    agency: Option<AgencyId>,
    state: Option<InvitationState>,
    listing: &Listing<F>,
) -> Result<Page<Invitation>> {
    let filtered = || {
        let mut query = invitations::table.into_boxed();
        if let Some(agency) = agency {
            query = query.filter(invitations::agency_id.eq(agency));
        }
        if let Some(state) = state {
            query = query.filter(invitations::state.eq(state));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, InvitationId)>()? {
        query = query.filter(row_lt((invitations::created_at, invitations::id), after));
    }
    let rows = query
        .order((invitations::created_at.desc(), invitations::id.desc()))
        .limit(listing.fetch())
        .select(Invitation::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
