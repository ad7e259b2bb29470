//! Item 1: what was promised and is to be come back to.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::queries;
use crate::accounts::{PersonRef, people};
use crate::ids::PartnershipId;
use crate::meetings::model::MeetingVisibility;
use crate::meetings::{commitments, parts};
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
    parts::promised(conn, asked.partnership, asked.starts_at.date(), limit)
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
}

/// Item 1 of each agenda: what was promised and is still open.
#[derive(Debug, Serialize, ToSchema)]
pub struct FollowUp {
    /// Always the first.
    position: i32,
    /// How many promises are open.
    count: i64,
    /// The first 50 of them, the longest due first.
    items: Vec<FollowUpItem>,
}

/// Gathers what was promised.
pub fn gather(conn: &mut Conn, state: &State, asked: &FollowUpAsked<'_>) -> Result<FollowUp> {
    let limit = i64::try_from(LISTED).unwrap_or(i64::MAX);
    let (mut found, mut count) = (Vec::new(), 0);
    for source in &state.handed::<FollowUpSources>()?.0 {
        let (promised, all) = (source.find)(conn, asked, limit)?;
        count += all;
        found.extend(promised.into_iter().map(|promised| (source.kind, promised)));
    }
    found.sort_by_key(|(_, promised)| (promised.due_on.is_none(), promised.due_on));
    found.truncate(LISTED);
    let people = people(conn, found.iter().filter_map(|(_, promised)| promised.owner))?;
    let items = found
        .into_iter()
        .map(|(kind, Promised { id, title, owner, due_on })| FollowUpItem {
            kind,
            id,
            title,
            owner: owner.and_then(|owner| people.get(&owner).cloned()),
            due_on,
        })
        .collect();
    Ok(FollowUp { position: 1, count, items })
}
