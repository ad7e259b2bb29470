//! Where partnerships are in their lives. A partnership of which there is nothing to remember has no row.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::ids::PartnershipId;
use crate::partnerships::model::PartnershipState;
use crate::partnerships::stages::model::{ClosingReason, LifeCycle};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn, PortableExt as _, among};
use crate::platform::error::Result;
use crate::schema::{life_cycles, partnerships};

pub fn find(conn: &mut Conn, id: PartnershipId) -> Result<LifeCycle> {
    let found = life_cycles::table.find(id).select(LifeCycle::as_select()).first(conn).optional()?;
    Ok(found.unwrap_or_else(|| LifeCycle::empty(id)))
}

/// Of these partnerships, those of which something is remembered.
pub fn of(conn: &mut Conn, ids: Vec<PartnershipId>) -> Result<HashMap<PartnershipId, LifeCycle>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<LifeCycle> =
        life_cycles::table.filter(among(life_cycles::partnership_id, ids)).select(LifeCycle::as_select()).load(conn)?;
    Ok(rows.into_iter().map(|row| (row.partnership_id, row)).collect())
}

/// What can change of it.
#[derive(Debug, Default, Clone, AsChangeset)]
#[diesel(table_name = life_cycles)]
pub struct LifeCycleChanges {
    pub communication_plan: Option<Option<AnyId>>,
    pub communication_plan_at: Option<Option<Instant>>,
    pub resources_review: Option<Option<AnyId>>,
    pub resources_review_at: Option<Option<Instant>>,
    pub led_at: Option<Option<Instant>>,
    pub leadership_gap_since: Option<Option<Instant>>,
    pub activated_at: Option<Option<Instant>>,
    pub last_activity_at: Option<Option<Instant>>,
    pub dormancy_warned_days: Option<Option<i32>>,
    pub dormancy_due_at: Option<Option<Instant>>,
    pub dormant_at: Option<Option<Instant>>,
    pub confirmation_due_on: Option<Option<NaiveDate>>,
    pub confirmation_asked_at: Option<Option<Instant>>,
    pub unconfirmed_since: Option<Option<Instant>>,
    pub closed_at: Option<Option<Instant>>,
    pub closing_reason: Option<Option<ClosingReason>>,
    pub closing_statement: Option<Option<String>>,
}

/// Remembers something of a partnership. The caller holds the partnership.
pub fn change(conn: &mut Conn, id: PartnershipId, changes: &LifeCycleChanges) -> Result<()> {
    let update = |conn: &mut Conn| diesel::update(life_cycles::table.find(id)).set(changes.clone()).execute(conn);
    if update(conn)? == 0 {
        diesel::insert_into(life_cycles::table)
            .values(LifeCycle::empty(id))
            .on_conflict_do_nothing()
            .portable()
            .execute(conn)?;
        update(conn)?;
    }
    Ok(())
}

/// Notes that something happened at `at` that keeps an active partnership awake, unless it knows of something later.
pub fn stir(conn: &mut Conn, id: PartnershipId, at: Instant, changes: &LifeCycleChanges) -> Result<()> {
    let active = partnerships::table
        .filter(partnerships::id.eq(id).and(partnerships::state.eq(PartnershipState::Active)))
        .select(partnerships::id);
    diesel::update(
        life_cycles::table
            .find(id)
            .filter(life_cycles::last_activity_at.is_null().or(life_cycles::last_activity_at.lt(at).assume_not_null()))
            .filter(life_cycles::partnership_id.eq_any(active)),
    )
    .set(changes.clone())
    .execute(conn)?;
    Ok(())
}

/// Active partnerships with a gap since `before` or longer.
pub fn in_gap(conn: &mut Conn, before: Instant, limit: i64) -> Result<Vec<PartnershipId>> {
    Ok(life_cycles::table
        .inner_join(partnerships::table.on(partnerships::id.eq(life_cycles::partnership_id)))
        .filter(life_cycles::leadership_gap_since.le(before))
        .filter(partnerships::state.eq(PartnershipState::Active))
        .order(life_cycles::leadership_gap_since)
        .limit(limit)
        .select(life_cycles::partnership_id)
        .load(conn)?)
}

/// Active partnerships whose next step towards dormancy is due.
pub fn idle(conn: &mut Conn, now: Instant, limit: i64) -> Result<Vec<PartnershipId>> {
    Ok(life_cycles::table
        .inner_join(partnerships::table.on(partnerships::id.eq(life_cycles::partnership_id)))
        .filter(life_cycles::dormancy_due_at.le(now))
        .filter(partnerships::state.eq(PartnershipState::Active))
        .order(life_cycles::dormancy_due_at)
        .limit(limit)
        .select(life_cycles::partnership_id)
        .load(conn)?)
}

/// Partnerships that are to be confirmed and whose leaders were not asked yet.
pub fn to_confirm(conn: &mut Conn, today: NaiveDate, limit: i64) -> Result<Vec<PartnershipId>> {
    Ok(life_cycles::table
        .inner_join(partnerships::table.on(partnerships::id.eq(life_cycles::partnership_id)))
        .filter(life_cycles::confirmation_due_on.le(today).and(life_cycles::unconfirmed_since.is_null()))
        .filter(life_cycles::confirmation_asked_at.is_null())
        .filter(among(partnerships::state, [PartnershipState::Active, PartnershipState::Dormant]))
        .order(life_cycles::confirmation_due_on)
        .limit(limit)
        .select(life_cycles::partnership_id)
        .load(conn)?)
}

/// Partnerships that had to be confirmed on `last` or before, and were not.
pub fn unconfirmed(conn: &mut Conn, last: NaiveDate, limit: i64) -> Result<Vec<PartnershipId>> {
    Ok(life_cycles::table
        .inner_join(partnerships::table.on(partnerships::id.eq(life_cycles::partnership_id)))
        .filter(life_cycles::confirmation_due_on.le(last).and(life_cycles::unconfirmed_since.is_null()))
        .filter(among(partnerships::state, [PartnershipState::Active, PartnershipState::Dormant]))
        .order(life_cycles::confirmation_due_on)
        .limit(limit)
        .select(life_cycles::partnership_id)
        .load(conn)?)
}
