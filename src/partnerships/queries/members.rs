//! Memberships.

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, MembershipId, PartnershipId};
use crate::partnerships::model::{MemberRole, Membership, MembershipState, PartnershipState};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, locked, row_gt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{memberships, partnerships};

/// A person has one membership, or request for one, in a partnership.
pub const ONE_EACH: Unique =
    Unique { index: "memberships_one_each", columns: "memberships.partnership_id, memberships.account_id" };

pub fn find(conn: &mut Conn, id: MembershipId) -> Result<Option<Membership>> {
    Ok(memberships::table.find(id).select(Membership::as_select()).first(conn).optional()?)
}

/// The side on which somebody is an active member; none where the person is not.
pub fn active_side(conn: &mut Conn, of: PartnershipId, account: AccountId) -> Result<Option<Side>> {
    Ok(memberships::table
        .filter(memberships::partnership_id.eq(of).and(memberships::account_id.eq(account)))
        .filter(memberships::state.eq(MembershipState::Active))
        .select(memberships::side)
        .first(conn)
        .optional()?)
}

/// Inserts a membership.
///
/// # Errors
/// A conflict when the person has one, or has asked for one.
pub fn insert(conn: &mut Conn, membership: &Membership) -> Result<()> {
    diesel::insert_into(memberships::table)
        .values(membership)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_EACH, || Error::conflict("The person is a member already, or has asked to become one."))
}

/// Moves a membership on from `from`, which it must still be in; the row as it is then.
///
/// # Errors
/// A conflict when somebody else was faster.
pub fn advance(conn: &mut Conn, membership: &Membership, to: MembershipState, now: Instant) -> Result<Membership> {
    let joined = (to == MembershipState::Active).then_some(now).or(membership.joined_at);
    let ended = (to != MembershipState::Active).then_some(now);
    diesel::update(memberships::table.find(membership.id).filter(memberships::state.eq(membership.state)))
        .set((
            memberships::state.eq(to),
            memberships::joined_at.eq(joined),
            memberships::ended_at.eq(ended),
            memberships::version.eq(memberships::version + 1),
            memberships::updated_at.eq(now),
        ))
        .returning(Membership::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The membership has changed meanwhile."))
}

/// Partnerships in this state that an account is a member of.
pub fn partnerships_of(conn: &mut Conn, account: AccountId, state: PartnershipState) -> Result<Vec<PartnershipId>> {
    Ok(memberships::table
        .inner_join(partnerships::table.on(partnerships::id.eq(memberships::partnership_id)))
        .filter(memberships::account_id.eq(account).and(memberships::state.eq(MembershipState::Active)))
        .filter(partnerships::state.eq(state))
        .select(memberships::partnership_id)
        .load(conn)?)
}

/// Gives a member another role.
pub fn update_role(conn: &mut Conn, id: MembershipId, role: MemberRole, now: Instant) -> Result<Membership> {
    Ok(diesel::update(memberships::table.find(id))
        .set((
            memberships::role.eq(role),
            memberships::version.eq(memberships::version + 1),
            memberships::updated_at.eq(now),
        ))
        .returning(Membership::columns())
        .get_result(conn)?)
}

/// Which memberships to list.
pub struct Wanted {
    pub state: MembershipState,
    pub side: Option<Side>,
    pub role: Option<MemberRole>,
}

pub fn list<F>(conn: &mut Conn, of: PartnershipId, wanted: &Wanted, listing: &Listing<F>) -> Result<Page<Membership>> {
    let filtered = || {
        let mut query = memberships::table
            .filter(memberships::partnership_id.eq(of).and(memberships::state.eq(wanted.state)))
            .into_boxed();
        if let Some(side) = wanted.side {
            query = query.filter(memberships::side.eq(side));
        }
        if let Some(role) = wanted.role {
            query = query.filter(memberships::role.eq(role));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, MembershipId)>()? {
        query = query.filter(row_gt((memberships::created_at, memberships::id), after));
    }
    let rows = query
        .order((memberships::created_at, memberships::id))
        .limit(listing.fetch())
        .select(Membership::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// Whether an account is a member now.
///
/// # Errors
/// When the database can't be asked.
pub fn is_active_member(conn: &mut Conn, partnership: PartnershipId, account: AccountId) -> Result<bool> {
    Ok(diesel::select(exists(
        memberships::table.filter(
            memberships::partnership_id
                .eq(partnership)
                .and(memberships::account_id.eq(account))
                .and(memberships::state.eq(MembershipState::Active)),
        ),
    ))
    .get_result(conn)?)
}

/// Has the membership of an account that is a member now stay as it is until the transaction ends. Whoever holds a meeting as
/// well takes it before the meeting, as those do who leave.
///
/// # Errors
/// When the database can't be asked.
pub fn hold_membership(conn: &mut Conn, partnership: PartnershipId, account: AccountId) -> Result<()> {
    let active = memberships::table
        .filter(memberships::partnership_id.eq(partnership).and(memberships::account_id.eq(account)))
        .filter(memberships::state.eq(MembershipState::Active))
        .select(Membership::columns());
    let _: Option<Membership> = locked(active).get_result(conn).optional()?;
    Ok(())
}

/// The accounts of all who are members now.
///
/// # Errors
/// When the database can't be asked.
pub fn active_accounts(conn: &mut Conn, partnership: PartnershipId) -> Result<Vec<AccountId>> {
    Ok(memberships::table
        .filter(memberships::partnership_id.eq(partnership).and(memberships::state.eq(MembershipState::Active)))
        .order(memberships::account_id)
        .select(memberships::account_id)
        .load(conn)?)
}

/// Whether somebody of this side is a member now.
pub fn has_side(conn: &mut Conn, partnership: PartnershipId, side: Side) -> Result<bool> {
    let members = memberships::table.filter(
        memberships::partnership_id
            .eq(partnership)
            .and(memberships::side.eq(side))
            .and(memberships::state.eq(MembershipState::Active)),
    );
    Ok(diesel::select(diesel::dsl::exists(members)).get_result(conn)?)
}

/// Of these accounts, those that are members now, with their sides.
///
/// # Errors
/// When the database can't be asked.
pub fn active_members(
    conn: &mut Conn,
    partnership: PartnershipId,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, Side)>> {
    Ok(memberships::table
        .filter(
            memberships::partnership_id
                .eq(partnership)
                .and(among(memberships::account_id, accounts.to_vec()))
                .and(memberships::state.eq(MembershipState::Active)),
        )
        .select((memberships::account_id, memberships::side))
        .load(conn)?)
}
