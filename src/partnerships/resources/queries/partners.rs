//! Organisations in a partnership, and their invitations.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::ids::{AccountId, PartnershipId};
use crate::partnerships::model::Sector;
use crate::partnerships::resources::model::{
    NeedId, Partner, PartnerId, PartnerInvitation, PartnerInvitationState, PartnerState,
};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{partner_invitations as invitations, partners};

/// An organisation stands in a partnership once.
pub const ONE_NAME: Unique =
    Unique { index: "partners_one_name", columns: "partners.partnership_id, partners.name_key" };
/// One invitation of an organisation waits for an answer.
pub const ONE_SENT: Unique =
    Unique { index: "partner_invitations_one_sent", columns: "partner_invitations.partner_id" };

fn name_taken() -> Error {
    Error::conflict("The partnership has an organisation of this name already.")
}

pub fn find(conn: &mut Conn, id: PartnerId) -> Result<Option<Partner>> {
    Ok(partners::table.find(id).select(Partner::as_select()).first(conn).optional()?)
}

/// The partner of this partnership for which somebody speaks.
pub fn represented(conn: &mut Conn, of: PartnershipId, by: AccountId) -> Result<Option<PartnerId>> {
    Ok(partners::table
        .filter(
            partners::representative_id
                .eq(by)
                .and(partners::partnership_id.eq(of))
                .and(partners::state.eq(PartnerState::Joined)),
        )
        .order(partners::id)
        .select(partners::id)
        .first(conn)
        .optional()?)
}

/// Name and sector of these organisations, in one query.
pub fn names(
    conn: &mut Conn,
    ids: impl IntoIterator<Item = PartnerId>,
) -> Result<HashMap<PartnerId, (String, Sector)>> {
    let mut ids: Vec<PartnerId> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(PartnerId, String, Sector)> = partners::table
        .filter(among(partners::id, ids))
        .select((partners::id, partners::name, partners::sector))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, name, sector)| (id, (name, sector))).collect())
}

/// Inserts an organisation.
///
/// # Errors
/// A conflict when there is one of its name.
pub fn insert(conn: &mut Conn, partner: &Partner) -> Result<()> {
    diesel::insert_into(partners::table).values(partner).execute(conn).map(|_| ()).on_conflict(&ONE_NAME, name_taken)
}

/// What of an organisation changes.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = partners)]
pub struct PartnerChanges {
    pub name: Option<String>,
    pub name_key: Option<String>,
    pub sector: Option<Sector>,
    pub state: Option<PartnerState>,
    pub contact_name: Option<Option<String>>,
    pub contact_email: Option<String>,
    pub contact_phone: Option<Option<String>>,
    pub asked_for_need_id: Option<Option<NeedId>>,
    pub answered_need_id: Option<Option<NeedId>>,
    pub representative_id: Option<Option<AccountId>>,
    pub joined_at: Option<Option<Instant>>,
    pub ended_at: Option<Option<Instant>>,
}

/// Changes an organisation that is still as it was read; the row as it is then.
///
/// # Errors
/// 409 when there is another of the new name, or when it has moved on meanwhile.
pub fn update(conn: &mut Conn, partner: &Partner, changes: PartnerChanges, now: Instant) -> Result<Partner> {
    diesel::update(partners::table.find(partner.id).filter(partners::version.eq(partner.version)))
        .set((changes, partners::version.eq(partners::version + 1), partners::updated_at.eq(now)))
        .returning(Partner::columns())
        .get_result(conn)
        .optional()
        .on_conflict(&ONE_NAME, name_taken)?
        .ok_or_else(|| Error::conflict("The organisation has changed meanwhile."))
}

/// Which organisations to list.
pub struct Wanted {
    /// Whether the reader sees organisations that have not joined.
    pub all: bool,
    pub state: Option<PartnerState>,
    pub sector: Option<Sector>,
}

pub fn list<F>(conn: &mut Conn, of: PartnershipId, wanted: &Wanted, listing: &Listing<F>) -> Result<Page<Partner>> {
    let filtered = || {
        let mut query = partners::table.filter(partners::partnership_id.eq(of)).into_boxed();
        if !wanted.all {
            query = query.filter(partners::state.eq(PartnerState::Joined));
        }
        if let Some(state) = wanted.state {
            query = query.filter(partners::state.eq(state));
        }
        if let Some(sector) = wanted.sector {
            query = query.filter(partners::sector.eq(sector));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, PartnerId)>()? {
        query = query.filter(row_lt((partners::created_at, partners::id), after));
    }
    let rows = query
        .order((partners::created_at.desc(), partners::id.desc()))
        .limit(listing.fetch())
        .select(Partner::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// Inserts an invitation.
///
/// # Errors
/// A conflict when one waits for an answer.
pub fn insert_invitation(conn: &mut Conn, invitation: &PartnerInvitation) -> Result<()> {
    diesel::insert_into(invitations::table)
        .values(invitation)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_SENT, || Error::conflict("An invitation of the organisation waits for an answer."))
}

/// The invitation behind this code, while it waits for an answer.
pub fn find_sent(conn: &mut Conn, digest: &[u8], now: Instant) -> Result<Option<PartnerInvitation>> {
    Ok(invitations::table
        .filter(
            invitations::digest
                .eq(digest)
                .and(invitations::state.eq(PartnerInvitationState::Sent))
                .and(invitations::expires_at.gt(now)),
        )
        .select(PartnerInvitation::as_select())
        .first(conn)
        .optional()?)
}

/// The newest invitation of each of these organisations.
pub fn last_invitations(conn: &mut Conn, of: &[PartnerId]) -> Result<HashMap<PartnerId, PartnerInvitation>> {
    if of.is_empty() {
        return Ok(HashMap::new());
    }
    let newer = diesel::alias!(crate::schema::partner_invitations as newer);
    let rows: Vec<PartnerInvitation> = invitations::table
        .filter(among(invitations::partner_id, of.to_vec()))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            newer.filter(
                newer
                    .field(invitations::partner_id)
                    .eq(invitations::partner_id)
                    .and(newer.field(invitations::id).gt(invitations::id)),
            ),
        )))
        .select(PartnerInvitation::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.partner_id, row)).collect())
}

/// Ends the invitation of an organisation that waits for an answer, if there is one.
pub fn answer(
    conn: &mut Conn,
    of: PartnerId,
    state: PartnerInvitationState,
    by: Option<AccountId>,
    now: Instant,
) -> Result<bool> {
    let ended = diesel::update(
        invitations::table
            .filter(invitations::partner_id.eq(of).and(invitations::state.eq(PartnerInvitationState::Sent))),
    )
    .set((invitations::state.eq(state), invitations::answered_by_id.eq(by), invitations::answered_at.eq(Some(now))))
    .execute(conn)?;
    Ok(ended == 1)
}

/// Ends the invitation of an organisation that waits for an answer and whose time is over, if there is one.
pub fn expire(conn: &mut Conn, of: PartnerId, now: Instant) -> Result<bool> {
    let sent = invitations::state.eq(PartnerInvitationState::Sent).and(invitations::expires_at.le(now));
    let expired = diesel::update(invitations::table.filter(invitations::partner_id.eq(of).and(sent)))
        .set((invitations::state.eq(PartnerInvitationState::Expired), invitations::answered_at.eq(Some(now))))
        .execute(conn)?;
    Ok(expired == 1)
}

/// Organisations whose invitation's time is over without an answer.
pub fn expired(conn: &mut Conn, now: Instant, limit: i64) -> Result<Vec<Partner>> {
    Ok(invitations::table
        .inner_join(partners::table.on(partners::id.eq(invitations::partner_id)))
        .filter(invitations::state.eq(PartnerInvitationState::Sent).and(invitations::expires_at.le(now)))
        .order((invitations::expires_at, invitations::id))
        .limit(limit)
        .select(Partner::as_select())
        .load(conn)?)
}
