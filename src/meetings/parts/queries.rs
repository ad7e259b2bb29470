//! SQL of parts of logs.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::diff::Said;
use super::model::{LogPartId, LogPartKind, LogPartRow};
use crate::ids::{AccountId, OfficerLogId};
use crate::meetings::agenda::FollowUpAsked;
use crate::meetings::model::MeetingVisibility;
use crate::partnerships::{Promised, TaskPurpose, TaskState};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, among, locked, row_gt};
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page};
use crate::schema::{officer_log_parts as parts, tasks};
use crate::{insert_all, on_engine};

/// Follow-ups of logs that are tasks of the partnership, due by that day and not done, the longest due first, and how many
/// there are.
pub fn promised(conn: &mut Conn, asked: &FollowUpAsked<'_>, limit: i64) -> Result<(Vec<Promised>, i64)> {
    let (of, by) = (asked.partnership, asked.starts_at.date());
    let sees_private = asked.seen.contains(&MeetingVisibility::Leaders);
    let due = || {
        tasks::table
            .inner_join(parts::table.on(parts::task_id.eq(tasks::id.nullable())))
            .filter(tasks::partnership_id.eq(of).and(tasks::purpose.eq(TaskPurpose::ActionItem)))
            .filter(among(tasks::state, TaskState::UNDONE))
            .filter(tasks::opened_at.is_not_null().or(sees_private.into_sql::<Bool>()))
            .filter(parts::removed_at.is_null().and(tasks::due_on.le(by)))
    };
    let rows: Vec<(LogPartId, String, Option<NaiveDate>, Option<AccountId>)> = due()
        .order((tasks::due_on, parts::id))
        .limit(limit)
        .select((parts::id, parts::what, tasks::due_on, parts::assignee_id))
        .load(conn)?;
    let count = due().count().get_result(conn)?;
    let told = |(id, title, due_on, owner): (LogPartId, _, _, _)| Promised { id: id.0, title, owner, due_on };
    Ok((rows.into_iter().map(told).collect(), count))
}

/// Where the tasks stand that these parts are.
pub fn task_states(conn: &mut Conn, ids: &[uuid::Uuid]) -> Result<Vec<(uuid::Uuid, TaskState)>> {
    let ids: Vec<LogPartId> = ids.iter().copied().map(LogPartId).collect();
    let rows: Vec<(LogPartId, TaskState)> = parts::table
        .inner_join(tasks::table.on(parts::task_id.eq(tasks::id.nullable())))
        .filter(among(parts::id, ids))
        .select((parts::id, tasks::state))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, state)| (id.0, state)).collect())
}

/// The part, which stays as it is until the transaction ends.
pub fn find_locked(conn: &mut Conn, id: LogPartId) -> Result<Option<LogPartRow>> {
    let query = || parts::table.find(id).select(LogPartRow::columns());
    Ok(on_engine!(conn, |conn| locked(query()).get_result(conn)).optional()?)
}

pub fn insert(conn: &mut Conn, rows: &[LogPartRow]) -> Result<()> {
    if !rows.is_empty() {
        insert_all!(conn, parts::table, rows)?;
    }
    Ok(())
}

/// The parts that these logs have, in their order: at most 80 each.
pub fn live_of(conn: &mut Conn, logs: &[OfficerLogId]) -> Result<Vec<LogPartRow>> {
    if logs.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on_engine!(conn, |conn| parts::table
        .filter(among(parts::officer_log_id, logs.to_vec()).and(parts::removed_at.is_null()))
        .order((parts::officer_log_id, parts::kind, parts::position))
        .select(LogPartRow::as_select())
        .load(conn))?)
}

/// The parts that the log has, in their order, which stay as they are until the transaction ends.
pub fn live_locked(conn: &mut Conn, log: OfficerLogId) -> Result<Vec<LogPartRow>> {
    let query = || {
        parts::table
            .filter(parts::officer_log_id.eq(log).and(parts::removed_at.is_null()))
            .order((parts::kind, parts::position))
            .select(LogPartRow::columns())
    };
    Ok(on_engine!(conn, |conn| locked(query()).load(conn))?)
}

pub fn move_to(conn: &mut Conn, id: LogPartId, position: i32, now: Instant) -> Result<()> {
    diesel::update(parts::table.find(id))
        .set((parts::position.eq(position), parts::updated_at.eq(now)))
        .execute(conn)?;
    Ok(())
}

/// Notes what a part says now, and where.
pub fn change(conn: &mut Conn, id: LogPartId, said: Said, now: Instant) -> Result<()> {
    let Said { id: _, kind: _, position, what, due_on, assignee, referred_to } = said;
    diesel::update(parts::table.find(id))
        .set((
            parts::position.eq(position),
            parts::what.eq(what),
            parts::due_on.eq(due_on),
            parts::assignee_id.eq(assignee),
            parts::referred_to.eq(referred_to),
            parts::version.eq(parts::version + 1),
            parts::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Marks parts that a log has no more.
pub fn remove(conn: &mut Conn, ids: Vec<LogPartId>, now: Instant) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    on_engine!(conn, |conn| diesel::update(parts::table.filter(among(parts::id, ids)))
        .set((parts::removed_at.eq(now), parts::version.eq(parts::version + 1), parts::updated_at.eq(now)))
        .execute(conn))?;
    Ok(())
}

/// Notes that the officer's own follow-up, which the caller holds, is done; the row as it is then.
pub fn complete(conn: &mut Conn, id: LogPartId, now: Instant) -> Result<LogPartRow> {
    Ok(diesel::update(parts::table.find(id))
        .set((parts::done_at.eq(now), parts::version.eq(parts::version + 1), parts::updated_at.eq(now)))
        .returning(LogPartRow::columns())
        .get_result(conn)?)
}

/// The officer's own follow-ups, those that are not done or those that are, the first first.
pub fn own<F>(conn: &mut Conn, officer: AccountId, done: bool, listing: &Listing<F>) -> Result<Page<LogPartRow>> {
    let filtered = || {
        let query = parts::table
            .filter(parts::officer_id.eq(officer).and(parts::kind.eq(LogPartKind::FollowUp)))
            .filter(parts::task_id.is_null().and(parts::removed_at.is_null()))
            .into_boxed();
        if done { query.filter(parts::done_at.is_not_null()) } else { query.filter(parts::done_at.is_null()) }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, LogPartId)>()? {
        query = query.filter(row_gt((parts::created_at, parts::id), after));
    }
    let rows = query
        .order((parts::created_at, parts::id))
        .limit(listing.fetch())
        .select(LogPartRow::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
