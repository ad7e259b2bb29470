//! Tasks that something else is: an action item of a meeting, a follow-up of a log. Whatever happens to the one happens to the
//! other in the same transaction, or is read from the task: the two can't say different things.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{TaskOfferState, TaskState};
use super::origin::ask;
use super::queries::assignments::{self, AssignmentChanges};
use super::queries::tasks::TaskChanges;
use super::queries::{offers, tasks};
use crate::ids::{AccountId, TaskId};
use crate::partnerships::queries::members::active_members;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, among};
use crate::platform::error::{Error, Result};
use crate::platform::lifecycle::Lifecycle as _;
use crate::schema::tasks as table;

/// Characters that a title may have.
const TITLE: usize = 150;

/// A task's title from what is to be done: its first line, cut where it is too long.
pub fn title_of(what: &str) -> String {
    let line = what.lines().next().unwrap_or_default().trim();
    match line.chars().count() > TITLE {
        true => line.chars().take(TITLE - 1).chain(['…']).collect(),
        false => line.to_owned(),
    }
}

/// Where a task stands, for whatever follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// Its state.
    pub state: TaskState,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// Whether it is for leaders, and whoever is to do it.
    pub is_private: bool,
    /// When it last changed: of one that is over, when it was over.
    pub updated_at: Instant,
}

/// Where these tasks stand, in one statement.
///
/// # Errors
/// When the database can't be asked.
pub fn followed(conn: &mut Conn, ids: Vec<TaskId>) -> Result<HashMap<TaskId, Followed>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    type Row = (TaskId, TaskState, Option<String>, Option<Instant>, Instant);
    let rows: Vec<Row> = table::table
        .filter(among(table::id, ids))
        .select((table::id, table::state, table::cancel_reason, table::opened_at, table::updated_at))
        .load(conn)?;
    let followed = |(id, state, cancel_reason, opened_at, updated_at): Row| {
        (id, Followed { state, cancel_reason, is_private: opened_at.is_none(), updated_at })
    };
    Ok(rows.into_iter().map(followed).collect())
}

/// What is changed of a task together with what it is.
#[derive(Debug, Clone, Default)]
pub struct Follow {
    /// What is to be done.
    pub what: Option<String>,
    /// By when.
    pub due_on: Option<NaiveDate>,
    /// Who is to do it, or that it is open to all.
    pub assignee: Option<Option<AccountId>>,
    /// Whether it is for leaders from now on, and whoever is to do it.
    pub is_private: bool,
}

/// Changes a task; whoever is named now is asked. The caller holds the partnership and writes the record.
///
/// # Errors
/// A conflict when it is over, or somebody has taken it on and another person is named.
pub fn follow(conn: &mut Conn, by: AccountId, id: TaskId, changes: Follow, now: Instant) -> Result<()> {
    let task = tasks::find(conn, id)?.ok_or_else(Error::not_found)?;
    if !TaskState::UNDONE.contains(&task.state) {
        return Err(Error::conflict(format!("The task is {}; nothing of it can be changed.", task.state)));
    }
    let Follow { what, due_on, assignee, is_private } = changes;
    let mut changes = TaskChanges {
        title: what.as_deref().map(title_of),
        description: what,
        due_on: due_on.map(Some),
        opened_at: is_private.then_some(None),
        ..TaskChanges::default()
    };
    if let Some(named) = assignee {
        if task.state.is_held() {
            let detail = "Somebody has taken the task on; it goes to nobody else until it is given back.";
            return Err(Error::conflict(detail));
        }
        offers::close(conn, id, TaskOfferState::Ended)?;
        let person = match named {
            Some(account) => active_members(conn, task.partnership_id, &[account])?.pop(),
            None => None,
        };
        changes.state = Some(if person.is_some() { TaskState::Offered } else { TaskState::Open });
        if let Some(person) = person {
            ask(conn, by, id, person, now)?;
        }
    }
    tasks::update(conn, &task, changes, now)?;
    Ok(())
}

/// Why a task that nobody took on is over.
const DONE_OTHERWISE: &str = "It was done without anybody taking it on as a task.";

/// Ends a task together with what it is. Done: whoever has taken it on has done it, for the hours that it was thought to take,
/// which are confirmed like any others; where nobody has, it is cancelled. Otherwise it is cancelled for the reason that was
/// given. What is over already stays as it is. The caller holds the partnership and writes the record.
///
/// # Errors
/// When the database can't do it.
pub fn settle(conn: &mut Conn, id: TaskId, dropped: Option<&str>, now: Instant) -> Result<()> {
    let task = tasks::find(conn, id)?.ok_or_else(Error::not_found)?;
    if !TaskState::UNDONE.contains(&task.state) {
        return Ok(());
    }
    if dropped.is_none() && task.state.is_held() {
        if task.state == TaskState::Accepted {
            task.state.demand(TaskState::InProgress)?;
            let changes = AssignmentChanges { started_at: Some(now), ..AssignmentChanges::default() };
            assignments::update(conn, id, changes)?;
        }
        let claimed = AssignmentChanges {
            done_at: Some(now),
            quarters_claimed: Some(task.effort_hours * 4),
            ..AssignmentChanges::default()
        };
        assignments::update(conn, id, claimed)?;
        tasks::update(conn, &task, TaskChanges::to(TaskState::Done), now)?;
        return Ok(());
    }
    task.state.demand(TaskState::Cancelled)?;
    offers::close(conn, id, TaskOfferState::Ended)?;
    if task.state.is_held() {
        assignments::delete(conn, id)?;
    }
    let changes = TaskChanges {
        cancel_reason: Some(Some(dropped.unwrap_or(DONE_OTHERWISE).to_owned())),
        closed_at: Some(Some(now)),
        ..TaskChanges::to(TaskState::Cancelled)
    };
    tasks::update(conn, &task, changes, now)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_and_no_longer_than_a_title() {
        assert_eq!(title_of("Call the city.\nAsk for lamps."), "Call the city.");
        assert_eq!(title_of(&"ß".repeat(150)), "ß".repeat(150));
        let cut = title_of(&"ß".repeat(151));
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (150, true));
    }
}
