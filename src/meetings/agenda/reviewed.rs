//! What a meeting came back to under item 1, kept: as it was when the meeting began, and how each of it stood when it ended.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::follow_up::{FollowUpAsked, FollowUpKind, FollowUpSources, promised};
use super::queries;
use crate::ids::{AccountId, MeetingId};
use crate::meetings::model::{Meeting, MeetingVisibility};
use crate::partnerships::{Promised, TaskState};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::Result;
use crate::schema::meeting_follow_ups;
use crate::text_enum;

text_enum! {
    /// How a promise stood when the meeting ended that came back to it.
    pub enum FollowUpOutcome {
        /// It was still to be kept.
        Open = "open",
        /// It was kept: done, or what follows from the decision was written down.
        Kept = "kept",
        /// It was not kept.
        Broken = "broken",
        /// Another day was agreed on.
        Renegotiated = "renegotiated",
        /// It is not needed any more.
        Dropped = "dropped",
    }
}

impl FollowUpOutcome {
    /// Of what is a task.
    pub const fn of_task(state: TaskState) -> Self {
        match state {
            TaskState::Done | TaskState::Verified => Self::Kept,
            TaskState::Cancelled => Self::Dropped,
            TaskState::Draft | TaskState::Open | TaskState::Offered | TaskState::Accepted | TaskState::InProgress => {
                Self::Open
            }
        }
    }
}

/// Says how those of the promises stand that it knows.
pub type FindOutcomes = fn(&mut Conn, &[Uuid]) -> Result<Vec<(Uuid, FollowUpOutcome)>>;

/// A promise that a meeting came back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// What kind of promise it is.
    pub kind: FollowUpKind,
    /// The promise.
    pub id: Uuid,
    /// What it is.
    pub title: String,
    /// Who has it.
    pub owner: Option<AccountId>,
    /// By when.
    pub due_on: Option<NaiveDate>,
    /// How it stood when the meeting ended; none before.
    pub outcome: Option<FollowUpOutcome>,
}

/// What a meeting came back to.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = meeting_follow_ups, treat_none_as_default_value = false)]
pub struct Review {
    pub meeting_id: MeetingId,
    pub items: Json<Vec<Reviewed>>,
    pub count: i64,
    pub created_at: Instant,
    pub settled_at: Option<Instant>,
}

/// What is open as the meeting begins, as everybody who sees the meeting may hear it there.
fn beginning(conn: &mut Conn, state: &State, meeting: &Meeting, now: Instant) -> Result<Review> {
    let seen: &[MeetingVisibility] = match meeting.visibility {
        MeetingVisibility::Public | MeetingVisibility::Members => {
            &[MeetingVisibility::Public, MeetingVisibility::Members]
        }
        MeetingVisibility::Leaders => MeetingVisibility::ALL,
    };
    let asked = FollowUpAsked {
        partnership: meeting.partnership_id,
        starts_at: meeting.starts_at,
        seen,
        sees_commitments: true,
    };
    let (found, count) = promised(conn, state, &asked)?;
    let one =
        |(kind, Promised { id, title, owner, due_on })| Reviewed { kind, id, title, owner, due_on, outcome: None };
    let items = Json(found.into_iter().map(one).collect());
    Ok(Review { meeting_id: meeting.id, items, count, created_at: now, settled_at: None })
}

/// Fills in how each of it stands now.
fn fill_in(conn: &mut Conn, state: &State, items: &mut [Reviewed]) -> Result<()> {
    for source in &state.handed::<FollowUpSources>()?.0 {
        let ids: Vec<Uuid> = items.iter().filter(|item| item.kind == source.kind).map(|item| item.id).collect();
        let found = if ids.is_empty() { Vec::new() } else { (source.outcomes)(conn, &ids)? };
        for item in items.iter_mut().filter(|item| item.kind == source.kind) {
            item.outcome = found.iter().find(|(id, _)| *id == item.id).map(|(_, outcome)| *outcome);
        }
    }
    Ok(())
}

/// A meeting begins: keeps what it comes back to.
///
/// # Errors
/// When the database can't take it.
pub fn begin_review(conn: &mut Conn, state: &State, meeting: &Meeting, now: Instant) -> Result<()> {
    let review = beginning(conn, state, meeting, now)?;
    queries::insert_review(conn, &review)
}

/// A meeting ends: keeps how each of it stands, also of one that nobody began.
///
/// # Errors
/// When the database can't take it.
pub fn settle_review(conn: &mut Conn, state: &State, meeting: &Meeting, now: Instant) -> Result<()> {
    let found = queries::find_review(conn, meeting.id)?;
    let is_new = found.is_none();
    let mut review = match found {
        Some(review) => review,
        None => beginning(conn, state, meeting, now)?,
    };
    fill_in(conn, state, &mut review.items.0)?;
    review.settled_at = Some(now);
    if is_new { queries::insert_review(conn, &review) } else { queries::settle_review(conn, &review) }
}

/// What a meeting came back to; while it goes on, how each of it stands now. None of meetings from before that was kept.
///
/// # Errors
/// When the database can't be asked.
pub fn reviewed(conn: &mut Conn, state: &State, meeting: MeetingId) -> Result<Option<Review>> {
    let Some(mut review) = queries::find_review(conn, meeting)? else { return Ok(None) };
    if review.settled_at.is_none() {
        fill_in(conn, state, &mut review.items.0)?;
    }
    Ok(Some(review))
}

impl Review {
    /// Without what only readers of the register of commitments are told; how much that was.
    pub fn without_commitments(mut self) -> (Self, usize) {
        let before = self.items.0.len();
        self.items.0.retain(|item| item.kind != FollowUpKind::Commitment);
        let left_out = before - self.items.0.len();
        self.count -= i64::try_from(left_out).unwrap_or(0);
        (self, left_out)
    }
}
