//! Who has a task.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::ids::{AccountId, PartnershipId, TaskId};
use crate::partnerships::tasks::model::TaskAssignment;
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, Exclusion, OnConflict, Unique, among};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::API;
use crate::schema::task_assignments;

/// One person has a task.
pub const ONE_EACH: Unique = Unique { index: "task_assignments_pkey", columns: "task_assignments.task_id" };
/// Nobody is at two places at once.
pub const NO_OVERLAP: Exclusion = Exclusion { name: "task_assignments_no_overlap" };

/// Who has these tasks, by task.
pub fn of(conn: &mut Conn, tasks: &[TaskId]) -> Result<HashMap<TaskId, TaskAssignment>> {
    if tasks.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<TaskAssignment> = task_assignments::table
        .filter(among(task_assignments::task_id, tasks.to_vec()))
        .select(TaskAssignment::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.task_id, row)).collect())
}

/// Gives a task to somebody.
///
/// # Errors
/// 409 `overlap` when the person has another task at that time, with its address where it was there before; a conflict
/// when somebody else has the task.
pub fn insert(conn: &mut Conn, assignment: &TaskAssignment) -> Result<()> {
    let other = overlapping(conn, assignment)?;
    diesel::insert_into(task_assignments::table).values(assignment).execute(conn).map(|_| ()).on_conflict_or_overlap(
        (&ONE_EACH, || Error::conflict("Somebody else has taken the task on.")),
        (&NO_OVERLAP, || {
            let error = Error::new(Code::Overlap, "You have another task at that time.");
            match other {
                Some(task) => error.with_conflict(format!("{API}/tasks/{task}")),
                None => error,
            }
        }),
    )
}

/// For the message alone: the database decides. A task that may overlap is in nobody's way.
fn overlapping(conn: &mut Conn, with: &TaskAssignment) -> Result<Option<TaskId>> {
    let (Some(starts), Some(ends), false) = (with.starts_at, with.ends_at, with.overlap_allowed) else {
        return Ok(None);
    };
    Ok(task_assignments::table
        .filter(task_assignments::account_id.eq(with.account_id).and(task_assignments::overlap_allowed.eq(false)))
        .filter(task_assignments::starts_at.lt(ends).and(task_assignments::ends_at.gt(starts)))
        .order(task_assignments::starts_at)
        .select(task_assignments::task_id)
        .first(conn)
        .optional()?)
}

/// Of these, who has another task at that time.
pub fn busy(conn: &mut Conn, accounts: &[AccountId], (starts, ends): (Instant, Instant)) -> Result<Vec<AccountId>> {
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    Ok(task_assignments::table
        .filter(among(task_assignments::account_id, accounts.to_vec()).and(task_assignments::overlap_allowed.eq(false)))
        .filter(task_assignments::starts_at.lt(ends).and(task_assignments::ends_at.gt(starts)))
        .select(task_assignments::account_id)
        .load(conn)?)
}

/// Nobody has the task any more, and nothing of it is kept.
pub fn delete(conn: &mut Conn, task: TaskId) -> Result<()> {
    diesel::delete(task_assignments::table.find(task)).execute(conn)?;
    Ok(())
}

/// What of an assignment changes.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = task_assignments)]
pub struct AssignmentChanges {
    pub started_at: Option<Instant>,
    pub done_at: Option<Instant>,
    pub quarters_claimed: Option<i32>,
    pub quarters_confirmed: Option<i32>,
    pub verified_by_id: Option<AccountId>,
    pub verified_at: Option<Instant>,
}

pub fn update(conn: &mut Conn, task: TaskId, changes: AssignmentChanges) -> Result<TaskAssignment> {
    Ok(diesel::update(task_assignments::table.find(task))
        .set(changes)
        .returning(TaskAssignment::columns())
        .get_result(conn)?)
}

/// Tasks of a partnership that somebody has and has not done.
pub fn undone_of(conn: &mut Conn, account: AccountId, of: PartnershipId) -> Result<Vec<TaskId>> {
    Ok(task_assignments::table
        .filter(task_assignments::account_id.eq(account).and(task_assignments::partnership_id.eq(of)))
        .filter(task_assignments::done_at.is_null())
        .select(task_assignments::task_id)
        .load(conn)?)
}
