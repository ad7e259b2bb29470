//! Offers of tasks.

use std::collections::HashMap;

use diesel::dsl::max;
use diesel::prelude::*;

use crate::ids::{AccountId, PartnershipId, TaskId};
use crate::partnerships::model::PartnershipState;
use crate::partnerships::tasks::model::{TaskOffer, TaskOfferState};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Conn, OnConflict, Unique, among};
use crate::platform::error::{Error, Result};
use crate::schema::{accounts, partnerships, task_offers, tasks};

/// A task is offered to one person at a time.
pub const ONE_OPEN: Unique = Unique { index: "task_offers_one_open", columns: "task_offers.task_id" };

/// Offers these tasks have open, by task.
pub fn open_of(conn: &mut Conn, tasks: &[TaskId]) -> Result<HashMap<TaskId, TaskOffer>> {
    if tasks.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<TaskOffer> = task_offers::table
        .filter(among(task_offers::task_id, tasks.to_vec()).and(task_offers::state.eq(TaskOfferState::Open)))
        .select(TaskOffer::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.task_id, row)).collect())
}

/// Inserts an offer.
///
/// # Errors
/// A conflict when the task was offered to somebody at the same time.
pub fn insert(conn: &mut Conn, offer: &TaskOffer) -> Result<()> {
    diesel::insert_into(task_offers::table)
        .values(offer)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_OPEN, || Error::conflict("The task is offered to somebody already."))
}

/// Closes the open offer of a task; whether there was one.
pub fn close(conn: &mut Conn, task: TaskId, to: TaskOfferState) -> Result<bool> {
    let closed = diesel::update(
        task_offers::table.filter(task_offers::task_id.eq(task).and(task_offers::state.eq(TaskOfferState::Open))),
    )
    .set(task_offers::state.eq(to))
    .execute(conn)?;
    Ok(closed > 0)
}

/// Ends the open offer of the task whose time is over, if there is one.
pub fn expire(conn: &mut Conn, task: TaskId, now: Instant) -> Result<bool> {
    let over = task_offers::state.eq(TaskOfferState::Open).and(task_offers::expires_at.le(now));
    let expired = diesel::update(task_offers::table.filter(task_offers::task_id.eq(task).and(over)))
        .set(task_offers::state.eq(TaskOfferState::Ended))
        .execute(conn)?;
    Ok(expired > 0)
}

/// When each of these was last asked for anything, anywhere.
pub fn last_asked(conn: &mut Conn, accounts: &[AccountId]) -> Result<HashMap<AccountId, Instant>> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(AccountId, Option<Instant>)> = task_offers::table
        .filter(among(task_offers::account_id, accounts.to_vec()))
        .group_by(task_offers::account_id)
        .select((task_offers::account_id, max(task_offers::created_at)))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(account, at)| at.map(|at| (account, at))).collect())
}

/// Tasks whose open offer has run out in a partnership that is not closed, the first of them, and where they are.
pub fn expired(conn: &mut Conn, now: Instant, limit: i64) -> Result<Vec<(TaskId, PartnershipId)>> {
    Ok(task_offers::table
        .inner_join(tasks::table.on(tasks::id.eq(task_offers::task_id)))
        .inner_join(partnerships::table.on(partnerships::id.eq(tasks::partnership_id)))
        .filter(task_offers::state.eq(TaskOfferState::Open).and(task_offers::expires_at.le(now)))
        .filter(partnerships::state.ne(PartnershipState::Closed))
        .order(task_offers::expires_at)
        .limit(limit)
        .select((task_offers::task_id, tasks::partnership_id))
        .load(conn)?)
}

/// Tasks of a partnership that are offered to somebody who has not answered.
pub fn open_to(conn: &mut Conn, account: AccountId, of: PartnershipId) -> Result<Vec<TaskId>> {
    Ok(task_offers::table
        .inner_join(tasks::table.on(tasks::id.eq(task_offers::task_id)))
        .filter(task_offers::account_id.eq(account).and(task_offers::state.eq(TaskOfferState::Open)))
        .filter(tasks::partnership_id.eq(of))
        .select(task_offers::task_id)
        .load(conn)?)
}

/// Holds a person until the transaction ends: who is asked in two partnerships at once is asked by one after the other, and
/// so are the times of what they take on compared. The caller holds the partnership already.
pub fn hold(conn: &mut Conn, account: AccountId) -> Result<()> {
    db::hold(conn, accounts::table.find(account).select(accounts::id))?;
    Ok(())
}
