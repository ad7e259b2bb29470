//! Promotions and their steps.

use std::collections::HashSet;

use diesel::prelude::*;

use crate::ids::{AccountId, MembershipId, PartnershipId};
use crate::insert_all;
use crate::partnerships::model::PartnershipState;
use crate::partnerships::pipeline::model::{
    Promotion, PromotionChange, PromotionChangeId, PromotionId, PromotionState,
};
use crate::partnerships::pipeline::stages::Stage;
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, among, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{partnerships, promotion_changes, promotions};

pub fn find(conn: &mut Conn, id: PromotionId) -> Result<Option<Promotion>> {
    Ok(promotions::table.find(id).select(Promotion::as_select()).first(conn).optional()?)
}

pub fn insert(conn: &mut Conn, rows: &[Promotion], changes: &[PromotionChange]) -> Result<()> {
    insert_all!(conn, promotions::table, rows)?;
    insert_all!(conn, promotion_changes::table, changes)?;
    Ok(())
}

/// Moves a promotion on and keeps the step; the row as it is then.
///
/// # Errors
/// A conflict when it has moved on meanwhile.
pub fn advance(
    conn: &mut Conn,
    promotion: &Promotion,
    to: PromotionState,
    by: AccountId,
    now: Instant,
) -> Result<Promotion> {
    let confirms = to == PromotionState::Confirmed;
    let row = diesel::update(promotions::table.find(promotion.id).filter(promotions::state.eq(promotion.state)))
        .set((
            promotions::state.eq(to),
            promotions::confirmed_by_id.eq(confirms.then_some(by).or(promotion.confirmed_by_id)),
            promotions::confirmed_at.eq(confirms.then_some(now).or(promotion.confirmed_at)),
            promotions::answered_at.eq((!confirms).then_some(now)),
            promotions::version.eq(promotions::version + 1),
            promotions::updated_at.eq(now),
        ))
        .returning(Promotion::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The promotion has changed meanwhile."))?;
    let change = PromotionChange {
        id: PromotionChangeId::new(),
        promotion_id: promotion.id,
        from_state: Some(promotion.state),
        to_state: to,
        by_id: Some(by),
        created_at: now,
    };
    diesel::insert_into(promotion_changes::table).values(change).execute(conn)?;
    Ok(row)
}

/// Steps of a promotion, oldest first; there are three at most.
pub fn changes_of(conn: &mut Conn, id: PromotionId) -> Result<Vec<PromotionChange>> {
    Ok(promotion_changes::table
        .filter(promotion_changes::promotion_id.eq(id))
        .order((promotion_changes::created_at, promotion_changes::id))
        .select(PromotionChange::as_select())
        .load(conn)?)
}

/// Which promotions to list.
pub struct Wanted {
    /// All for leaders; for a member their own.
    pub account: Option<AccountId>,
    pub membership: Option<MembershipId>,
    pub state: Option<PromotionState>,
    pub stage: Option<Stage>,
}

pub fn list<F>(conn: &mut Conn, of: PartnershipId, wanted: &Wanted, listing: &Listing<F>) -> Result<Page<Promotion>> {
    let filtered = || {
        let mut query = promotions::table.filter(promotions::partnership_id.eq(of)).into_boxed();
        if let Some(account) = wanted.account {
            query = query.filter(promotions::account_id.eq(account));
        }
        if let Some(membership) = wanted.membership {
            query = query.filter(promotions::membership_id.eq(membership));
        }
        if let Some(state) = wanted.state {
            query = query.filter(promotions::state.eq(state));
        }
        if let Some(stage) = wanted.stage {
            query = query.filter(promotions::stage.eq(stage));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, PromotionId)>()? {
        query = query.filter(row_lt((promotions::created_at, promotions::id), after));
    }
    let rows = query
        .order((promotions::created_at.desc(), promotions::id.desc()))
        .limit(listing.fetch())
        .select(Promotion::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// Stages agreed to in a partnership, by everybody or by one.
pub fn agreed(conn: &mut Conn, of: PartnershipId, by: Option<AccountId>) -> Result<Vec<(AccountId, Stage)>> {
    let mut query = promotions::table
        .filter(promotions::partnership_id.eq(of).and(promotions::state.eq(PromotionState::Agreed)))
        .into_boxed();
    if let Some(account) = by {
        query = query.filter(promotions::account_id.eq(account));
    }
    Ok(query.select((promotions::account_id, promotions::stage)).load(conn)?)
}

/// Members of whom a promotion waits for an answer.
pub fn open(conn: &mut Conn, of: PartnershipId) -> Result<HashSet<MembershipId>> {
    let waits = among(promotions::state, [PromotionState::Suggested, PromotionState::Confirmed]);
    let rows: Vec<MembershipId> = promotions::table
        .filter(promotions::partnership_id.eq(of).and(waits))
        .select(promotions::membership_id)
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Who has declined what since then.
pub fn declined_since(conn: &mut Conn, of: PartnershipId, since: Instant) -> Result<HashSet<(AccountId, Stage)>> {
    let rows: Vec<(AccountId, Stage)> = promotions::table
        .filter(
            promotions::partnership_id
                .eq(of)
                .and(promotions::state.eq(PromotionState::Declined))
                .and(promotions::answered_at.gt(since).assume_not_null()),
        )
        .select((promotions::account_id, promotions::stage))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Ids of partnerships at work, in their order.
pub fn live_partnerships(conn: &mut Conn, after: Option<PartnershipId>, limit: i64) -> Result<Vec<PartnershipId>> {
    let live = [PartnershipState::Forming, PartnershipState::Active, PartnershipState::Dormant];
    let mut query = partnerships::table.filter(among(partnerships::state, live)).into_boxed();
    if let Some(after) = after {
        query = query.filter(partnerships::id.gt(after));
    }
    Ok(query.order(partnerships::id).limit(limit).select(partnerships::id).load(conn)?)
}
