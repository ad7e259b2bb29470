//! Offers of tasks.

use std::collections::HashMap;

use diesel::dsl::max;
use diesel::prelude::*;

use crate::ids::{AccountId, TaskId};
use crate::partnerships::tasks::model::{TaskOffer, TaskOfferState};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, OnConflict, Unique, among};
use crate::platform::error::{Error, Result};
use crate::schema::task_offers;

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

/// Closes the open offer of a task.
pub fn close(conn: &mut Conn, task: TaskId, to: TaskOfferState) -> Result<()> {
    diesel::update(
        task_offers::table.filter(task_offers::task_id.eq(task).and(task_offers::state.eq(TaskOfferState::Open))),
    )
    .set(task_offers::state.eq(to))
    .execute(conn)?;
    Ok(())
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

/// Tasks whose open offer has run out, the first of them.
pub fn expired(conn: &mut Conn, now: Instant, limit: i64) -> Result<Vec<TaskId>> {
    Ok(task_offers::table
        .filter(task_offers::state.eq(TaskOfferState::Open).and(task_offers::expires_at.le(now)))
        .order(task_offers::expires_at)
        .limit(limit)
        .select(task_offers::task_id)
        .load(conn)?)
}
