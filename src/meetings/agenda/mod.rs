//! What is talked about at a meeting (`domain/60` 6.22).
//!
//! Item 1 is the *Follow-up*: what was promised and is still open, gathered whenever it is read ([`FollowUpSources`]). What of it
//! a meeting came back to, and how that stood when it ended, is kept with the meeting ([`begin_review`]). Then
//! come the items that members propose and organisers accept, defer to the next meeting, or decline with a reason.
//!
//! Invariants:
//! * Whoever sees the meeting sees its accepted items; what is proposed, deferred or declined, and names, are for members and
//!   officers.
//! * Notice of the meeting locks the agenda, or a leader does. Later changes are possible, say why, and are marked and told.
//! * A deferred item is proposed for the next meeting that as many may see, as soon as there is one, and once.
//! * Whoever presents an accepted item of a meeting that is held has facilitated it ([`held`]).

mod deferring;
mod follow_up;
mod lifecycle;
mod model;
pub(crate) mod policy;
mod queries;
mod reviewed;
mod routes;
mod shown;

pub use deferring::carry_over;
pub use follow_up::{
    FollowUpAsked, FollowUpKind, FollowUpSource, FollowUpSources, action_item_outcomes, commitment_outcomes,
    follow_up_outcomes, open_action_items, open_commitments, open_follow_ups,
};
pub use model::AgendaItem;
pub use queries::{accepted, has_accepted};
pub use reviewed::{FollowUpOutcome, Reviewed, begin_review, reviewed, settle_review};
pub use routes::OPERATIONS;

use super::model::Meeting;
use crate::partnerships::note_facilitated;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::Result;

/// Remembers who facilitated what in a meeting that has been held.
///
/// # Errors
/// When the database can't take it.
pub fn held(conn: &mut Conn, meeting: &Meeting, now: Instant) -> Result<()> {
    let presented: Vec<_> = accepted(conn, meeting.id)?
        .into_iter()
        .filter_map(|item| item.presenter_id.map(|presenter| (AnyId(item.id.0), presenter)))
        .collect();
    note_facilitated(conn, meeting.partnership_id, &presented, now)
}
