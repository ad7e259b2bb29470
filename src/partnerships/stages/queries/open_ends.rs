//! What is open in a partnership. What stands on this slice is known here by its tables alone, which are everybody's.

use std::collections::HashSet;

use diesel::prelude::*;

use crate::ids::{DecisionId, GoalId, MeetingId, PartnershipId};
use crate::partnerships::decisions::DecisionState;
use crate::partnerships::model::GoalState;
use crate::partnerships::resources::{NeedId, NeedState};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn, among};
use crate::platform::error::Result;
use crate::schema::{decisions, goals, meetings, needs};

/// In the words of meetings.
const SCHEDULED: &str = "scheduled";

/// The current goal.
pub fn current_goal(conn: &mut Conn, of: PartnershipId) -> Result<Option<GoalId>> {
    Ok(goals::table
        .filter(goals::partnership_id.eq(of))
        .filter(among(goals::state, [GoalState::Proposed, GoalState::Adopted, GoalState::InProgress]))
        .select(goals::id)
        .first(conn)
        .optional()?)
}

/// Decisions that have not ended, the oldest first.
pub fn open_decisions(conn: &mut Conn, of: PartnershipId, limit: i64) -> Result<Vec<DecisionId>> {
    Ok(decisions::table
        .filter(decisions::partnership_id.eq(of))
        .filter(among(decisions::state, DecisionState::OPEN))
        .order((decisions::created_at, decisions::id))
        .limit(limit)
        .select(decisions::id)
        .load(conn)?)
}

/// Needs that nothing has met and nobody has taken back, the oldest first.
pub fn needs_not_met(conn: &mut Conn, of: PartnershipId, limit: i64) -> Result<Vec<NeedId>> {
    let open = [NeedState::Identified, NeedState::Requested, NeedState::PartPledged, NeedState::Pledged];
    Ok(needs::table
        .filter(needs::partnership_id.eq(of))
        .filter(among(needs::state, open))
        .order((needs::created_at, needs::id))
        .limit(limit)
        .select(needs::id)
        .load(conn)?)
}

/// Meetings to come, the soonest first.
pub fn meetings_to_come(conn: &mut Conn, of: PartnershipId, now: Instant, limit: i64) -> Result<Vec<MeetingId>> {
    Ok(meetings::table
        .filter(meetings::partnership_id.eq(of).and(meetings::state.eq(SCHEDULED)).and(meetings::starts_at.gt(now)))
        .order((meetings::starts_at, meetings::id))
        .limit(limit)
        .select(meetings::id)
        .load(conn)?)
}

/// Those of these meetings that are for leaders.
pub fn leaders_meetings(conn: &mut Conn, ids: Vec<AnyId>) -> Result<HashSet<AnyId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<MeetingId> = meetings::table
        .filter(among(meetings::id, ids.into_iter().map(|id| MeetingId(id.0))))
        .filter(meetings::visibility.eq("leaders"))
        .select(meetings::id)
        .load(conn)?;
    Ok(rows.into_iter().map(|id| AnyId(id.0)).collect())
}

/// When a meeting of the partnership begins that is to come.
pub fn meeting_begins(conn: &mut Conn, of: PartnershipId, meeting: AnyId) -> Result<Option<Instant>> {
    Ok(meetings::table
        .find(MeetingId(meeting.0))
        .filter(meetings::partnership_id.eq(of).and(meetings::state.eq(SCHEDULED)))
        .select(meetings::starts_at)
        .first(conn)
        .optional()?)
}
