//! Invitations to become a member.

use diesel::prelude::*;

use crate::ids::{MembershipId, PartnershipId};
use crate::partnerships::model::{MembershipInvitation, MembershipInvitationId, MembershipInvitationState};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::membership_invitations as invitations;

/// One open invitation per address and partnership.
pub const ONE_OPEN: Unique = Unique {
    index: "membership_invitations_one_open",
    columns: "membership_invitations.partnership_id, membership_invitations.email_key",
};

pub fn find(conn: &mut Conn, id: MembershipInvitationId) -> Result<Option<MembershipInvitation>> {
    Ok(invitations::table.find(id).select(MembershipInvitation::as_select()).first(conn).optional()?)
}

/// Inserts an invitation in place of an open one to the same address whose time is over.
///
/// # Errors
/// A conflict when one is still open.
pub fn insert(conn: &mut Conn, invitation: &MembershipInvitation) -> Result<()> {
    let (partnership, created_at) = (invitation.partnership_id, invitation.created_at);
    withdraw(conn, partnership, &invitation.email_key, created_at, created_at)?;
    diesel::insert_into(invitations::table)
        .values(invitation)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_OPEN, || Error::conflict("There is an open invitation to this address; take it back first."))
}

/// Ends an open invitation; the row as it is then.
///
/// # Errors
/// A conflict when it was not open any more.
pub fn answer(
    conn: &mut Conn,
    id: MembershipInvitationId,
    state: MembershipInvitationState,
    membership: Option<MembershipId>,
    now: Instant,
) -> Result<MembershipInvitation> {
    diesel::update(invitations::table.find(id).filter(invitations::state.eq(MembershipInvitationState::Open)))
        .set((
            invitations::state.eq(state),
            invitations::membership_id.eq(membership),
            invitations::version.eq(invitations::version + 1),
            invitations::updated_at.eq(now),
        ))
        .returning(MembershipInvitation::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The invitation is not open any more."))
}

/// Takes back what is open of invitations of this address into this partnership and expires by then.
///
/// # Errors
/// When the database can't do it.
pub fn withdraw(
    conn: &mut Conn,
    from: PartnershipId,
    email_key: &str,
    expiring_by: Instant,
    now: Instant,
) -> Result<()> {
    let open = invitations::partnership_id
        .eq(from)
        .and(invitations::email_key.eq(email_key))
        .and(invitations::state.eq(MembershipInvitationState::Open))
        .and(invitations::expires_at.le(expiring_by));
    diesel::update(invitations::table.filter(open))
        .set((
            invitations::state.eq(MembershipInvitationState::Revoked),
            invitations::version.eq(invitations::version + 1),
            invitations::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whose invitations to list.
pub enum Of<'a> {
    Partnership(PartnershipId),
    Address(&'a str),
}

pub fn list<F>(
    conn: &mut Conn,
    of: &Of<'_>,
    state: Option<MembershipInvitationState>,
    listing: &Listing<F>,
) -> Result<Page<MembershipInvitation>> {
    let filtered = || {
        let mut query = invitations::table.into_boxed();
        query = match of {
            Of::Partnership(id) => query.filter(invitations::partnership_id.eq(*id)),
            Of::Address(key) => query.filter(invitations::email_key.eq((*key).to_owned())),
        };
        match state {
            Some(state) => query.filter(invitations::state.eq(state)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, MembershipInvitationId)>()? {
        query = query.filter(row_lt((invitations::created_at, invitations::id), after));
    }
    let rows = query
        .order((invitations::created_at.desc(), invitations::id.desc()))
        .limit(listing.fetch())
        .select(MembershipInvitation::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
