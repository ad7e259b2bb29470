//! Item 1: what was promised and is to be come back to.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::queries;
use super::reviewed::{FindOutcomes, FollowUpOutcome, Review, Reviewed};
use crate::accounts::{PersonRef, people};
use crate::ids::{CommitmentId, PartnershipId};
use crate::meetings::commitments::{self, CommitmentState};
use crate::meetings::model::{ActionItemId, MeetingVisibility};
use crate::meetings::parts;
use crate::partnerships::Promised;
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::text_enum;

/// What is listed at most; the rest is counted.
const LISTED: usize = 50;

text_enum! {
    /// What kind of promise it is.
    pub enum FollowUpKind {
        /// What somebody took on at an earlier meeting.
        ActionItem = "action_item",
        /// A task that is due.
        Task = "task",
        /// A decision of which nobody has written down what follows.
        Decision = "decision",
        /// What an officer's log passes on.
        FollowUp = "follow_up",
        /// What somebody promised; for whoever reads commitments.
        Commitment = "commitment",
    }
}

/// For which meeting, and for whom, promises are gathered.
#[derive(Debug, Clone, Copy)]
pub struct FollowUpAsked<'a> {
    /// Of which partnership.
    pub partnership: PartnershipId,
    /// When the meeting begins.
    pub starts_at: Instant,
    /// The meetings that the reader sees.
    pub seen: &'a [MeetingVisibility],
    /// Whether the reader sees who promised what.
    pub sees_commitments: bool,
}

/// Gives so many promises of a kind, the longest due first, and how many there are: in a fixed number of statements.
pub type FindPromises = fn(&mut Conn, &FollowUpAsked<'_>, i64) -> Result<(Vec<Promised>, i64)>;

/// A slice that knows of promises.
#[derive(Clone, Copy)]
pub struct FollowUpSource {
    /// What they are.
    pub kind: FollowUpKind,
    /// Finds them.
    pub find: FindPromises,
    /// Says how they stand.
    pub outcomes: FindOutcomes,
}

/// All slices that do, handed down by the roof.
pub struct FollowUpSources(pub Vec<FollowUpSource>);

/// Action items of earlier meetings.
///
/// # Errors
/// When the database can't be asked.
pub fn open_action_items(conn: &mut Conn, asked: &FollowUpAsked<'_>, limit: i64) -> Result<(Vec<Promised>, i64)> {
    queries::open_items(conn, asked, limit)
}

/// Follow-ups of officers' logs.
///
/// # Errors
/// When the database can't be asked.
pub fn open_follow_ups(conn: &mut Conn, asked: &FollowUpAsked<'_>, limit: i64) -> Result<(Vec<Promised>, i64)> {
    parts::promised(conn, asked, limit)
}

/// Commitments that are due.
///
/// # Errors
/// When the database can't be asked.
pub fn open_commitments(conn: &mut Conn, asked: &FollowUpAsked<'_>, limit: i64) -> Result<(Vec<Promised>, i64)> {
    if asked.sees_commitments {
        commitments::promised(conn, asked.partnership, asked.starts_at.date(), limit)
    } else {
        Ok((Vec::new(), 0))
    }
}

/// How action items stand.
///
/// # Errors
/// When the database can't be asked.
pub fn action_item_outcomes(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<(Uuid, FollowUpOutcome)>> {
    queries::item_outcomes(conn, ids.iter().copied().map(ActionItemId).collect())
}

/// How follow-ups of officers' logs stand.
///
/// # Errors
/// When the database can't be asked.
pub fn follow_up_outcomes(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<(Uuid, FollowUpOutcome)>> {
    let states = parts::task_states(conn, ids)?;
    Ok(states.into_iter().map(|(id, state)| (id, FollowUpOutcome::of_task(state))).collect())
}

/// How commitments stand.
///
/// # Errors
/// When the database can't be asked.
pub fn commitment_outcomes(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<(Uuid, FollowUpOutcome)>> {
    let outcome = |state| match state {
        CommitmentState::Open => FollowUpOutcome::Open,
        CommitmentState::Kept => FollowUpOutcome::Kept,
        CommitmentState::Broken => FollowUpOutcome::Broken,
        CommitmentState::Renegotiated => FollowUpOutcome::Renegotiated,
        CommitmentState::Released => FollowUpOutcome::Dropped,
    };
    let states = commitments::states(conn, ids.iter().copied().map(CommitmentId).collect())?;
    Ok(states.into_iter().map(|(id, state)| (id.0, outcome(state))).collect())
}

/// Something that was promised.
#[derive(Debug, Serialize, ToSchema)]
pub struct FollowUpItem {
    /// What kind of promise it is.
    kind: FollowUpKind,
    /// The action item, task or decision.
    id: Uuid,
    /// What it is.
    title: String,
    /// Who has it.
    owner: Option<PersonRef>,
    /// By when.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    due_on: Option<chrono::NaiveDate>,
    /// How it stood when the meeting ended; `null` before.
    outcome: Option<FollowUpOutcome>,
}

/// Item 1 of each agenda: what was promised and is still open, or of a past meeting what it came back to.
#[derive(Debug, Serialize, ToSchema)]
pub struct FollowUp {
    /// Always the first.
    position: i32,
    /// How many promises there are.
    count: i64,
    /// The first 50 of them, the longest due first.
    items: Vec<FollowUpItem>,
}

/// What was promised and is open, the longest due first, and how much there is.
pub fn promised(
    conn: &mut Conn,
    state: &State,
    asked: &FollowUpAsked<'_>,
) -> Result<(Vec<(FollowUpKind, Promised)>, i64)> {
    let limit = i64::try_from(LISTED).unwrap_or(i64::MAX);
    let (mut found, mut count) = (Vec::new(), 0);
    for source in &state.handed::<FollowUpSources>()?.0 {
        let (promised, all) = (source.find)(conn, asked, limit)?;
        count += all;
        found.extend(promised.into_iter().map(|promised| (source.kind, promised)));
    }
    found.sort_by_key(|(_, promised)| (promised.due_on.is_none(), promised.due_on));
    found.truncate(LISTED);
    Ok((found, count))
}

/// Gathers what was promised.
pub fn gather(conn: &mut Conn, state: &State, asked: &FollowUpAsked<'_>) -> Result<FollowUp> {
    let (found, count) = promised(conn, state, asked)?;
    let people = people(conn, found.iter().filter_map(|(_, promised)| promised.owner))?;
    let items = found
        .into_iter()
        .map(|(kind, Promised { id, title, owner, due_on })| FollowUpItem {
            kind,
            id,
            title,
            owner: owner.and_then(|owner| people.get(&owner).cloned()),
            due_on,
            outcome: None,
        })
        .collect();
    Ok(FollowUp { position: 1, count, items })
}

/// What a past meeting came back to.
pub fn past(conn: &mut Conn, review: Review, sees_commitments: bool) -> Result<FollowUp> {
    let review = if sees_commitments { review } else { review.without_commitments().0 };
    let people = people(conn, review.items.0.iter().filter_map(|item| item.owner))?;
    let one = |item: Reviewed| FollowUpItem {
        kind: item.kind,
        id: item.id,
        title: item.title,
        owner: item.owner.and_then(|owner| people.get(&owner).cloned()),
        due_on: item.due_on,
        outcome: item.outcome,
    };
    Ok(FollowUp { position: 1, count: review.count, items: review.items.0.into_iter().map(one).collect() })
}
