//! Parts of logs as their readers see them, and officers' own follow-ups.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::events;
use super::model::{LogPartId, LogPartKind, LogPartRow};
use super::queries;
use crate::accounts::{Ctx, PersonRef, people};
use crate::ids::{CommitmentId, OfficerLogId, TaskId};
use crate::meetings::commitments::{self, CommitmentState};
use crate::meetings::log_policy::{self, Action as LogAction, LogFacts};
use crate::partnerships::{TaskState, followed};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{IfMatch, Listing, Page, PageParams, Path, Reply, Versioned};
use crate::platform::text::Day;

/// A part of a log, and what became of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LogPart {
    /// The part; it keeps its id as long as the log says the same, and where an amendment names it to say it otherwise.
    id: LogPartId,
    /// What it is.
    kind: LogPartKind,
    /// Its place in the log's list of its kind, from 0.
    position: i32,
    /// What it says; empty for something that was passed on without a note.
    what: String,
    /// By when.
    #[schema(value_type = Option<Day>)]
    due_on: Option<NaiveDate>,
    /// The member who was named for it.
    assignee: Option<PersonRef>,
    /// The commitment that it is.
    commitment_id: Option<CommitmentId>,
    /// Where that commitment stands.
    commitment_state: Option<CommitmentState>,
    /// The task that it became.
    task_id: Option<TaskId>,
    /// Where that task stands.
    task_state: Option<TaskState>,
    /// When the officer did it, where it is the officer's own.
    done_at: Option<Instant>,
}

/// Something that the officer is to do next.
#[derive(Debug, Serialize, ToSchema)]
pub struct FollowUpDetail {
    /// The follow-up.
    id: LogPartId,
    /// The log that it stands in.
    officer_log_id: OfficerLogId,
    /// What.
    what: String,
    /// By when.
    #[schema(value_type = Option<Day>)]
    due_on: Option<NaiveDate>,
    /// Whether it is not done and its day is over (UTC).
    is_overdue: bool,
    /// When it was done.
    done_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was put down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// Which of one's own follow-ups to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FollowUpFilter {
    /// `true`: those that are done.
    #[serde(default)]
    done: bool,
}

/// The parts of these logs, by log, each with what became of it.
pub fn shown(conn: &mut Conn, logs: &[OfficerLogId]) -> Result<HashMap<OfficerLogId, Vec<LogPart>>> {
    let rows = queries::live_of(conn, logs)?;
    told(conn, rows)
}

/// The parts of a new log likewise, which are all that it has.
pub fn shown_new(conn: &mut Conn, mut rows: Vec<LogPartRow>) -> Result<HashMap<OfficerLogId, Vec<LogPart>>> {
    rows.sort_by_key(|row| (row.kind.as_str(), row.position));
    told(conn, rows)
}

fn told(conn: &mut Conn, rows: Vec<LogPartRow>) -> Result<HashMap<OfficerLogId, Vec<LogPart>>> {
    let states = commitments::states(conn, rows.iter().filter_map(|row| row.commitment_id).collect())?;
    let tasks = followed(conn, rows.iter().filter_map(|row| row.task_id).collect())?;
    let people = people(conn, rows.iter().filter_map(|row| row.assignee_id))?;
    let mut found: HashMap<OfficerLogId, Vec<LogPart>> = HashMap::new();
    for row in rows {
        let part = LogPart {
            id: row.id,
            kind: row.kind,
            position: row.position,
            what: row.what,
            due_on: row.due_on,
            assignee: row.assignee_id.and_then(|id| people.get(&id).cloned()),
            commitment_state: row.commitment_id.and_then(|id| states.get(&id).copied()),
            commitment_id: row.commitment_id,
            task_state: row.task_id.and_then(|id| tasks.get(&id).map(|task| task.state)),
            task_id: row.task_id,
            done_at: row.done_at,
        };
        found.entry(row.officer_log_id).or_default().push(part);
    }
    Ok(found)
}

impl LogPart {
    /// Whether it is for officers only.
    pub fn is_internal(&self) -> bool {
        self.kind == LogPartKind::Referral
    }
}

fn follow_up(row: LogPartRow, now: Instant) -> FollowUpDetail {
    FollowUpDetail {
        id: row.id,
        officer_log_id: row.officer_log_id,
        is_overdue: row.done_at.is_none() && row.due_on.is_some_and(|day| day < now.date()),
        what: row.what,
        due_on: row.due_on,
        done_at: row.done_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// Lists your own follow-ups, the first first: those of your logs that became nobody's task.
#[utoipa::path(get, path = "/account/follow-ups",
    tag = "officer-logs", security(("bearer" = [])), params(FollowUpFilter, PageParams),
    responses((status = 200, body = Page<FollowUpDetail>)))]
pub async fn list_own_follow_ups(ctx: Ctx, listing: Listing<FollowUpFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let me = actor.person()?.id;
        log_policy::demand(actor, LogFacts::default(), LogAction::ListOwnFollowUps)?;
        let page = queries::own(conn, me, listing.filter.done, &listing)?;
        Ok(page.map(|row| follow_up(row, now)))
    })
    .await
}

/// Says that you have done what was to be done next.
///
/// For the officer who wrote the log. A follow-up that became a task is done as a task.
#[utoipa::path(post, path = "/follow-ups/{follow_up_id}/complete",
    tag = "officer-logs", security(("bearer" = [])),
    params(("follow_up_id" = LogPartId, Path, description = "The follow-up."), IfMatchParam),
    responses((status = 200, body = FollowUpDetail)))]
pub async fn complete_follow_up(ctx: Ctx, id: Path<LogPartId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let me = actor.person()?.id;
        let row = queries::find_locked(tx, id.0)?.filter(|row| row.kind == LogPartKind::FollowUp);
        let row = row.ok_or_else(Error::not_found)?;
        let facts = LogFacts { is_author: row.officer_id == me, ..LogFacts::default() };
        log_policy::demand(actor, facts, LogAction::CompleteFollowUp)?;
        if_match.demand(row.version)?;
        if row.task_id.is_some() {
            return Err(Error::conflict("The follow-up is a task now; it is done as a task."));
        }
        if row.removed_at.is_some() || row.done_at.is_some() {
            return Err(Error::conflict("The follow-up is done, or the log does not have it any more."));
        }
        let row = queries::complete(tx, id.0, now)?;
        let entry = events::FOLLOWED_UP.on(row.id.0);
        let version = row.version;
        tx.recorded(entry, Versioned::volatile(follow_up(row, now), version))
    })
    .await
}

crate::operations! {
    list_own_follow_ups,
    complete_follow_up,
}
