//! Decisions that were called in meetings.

use diesel::dsl::max;
use diesel::prelude::*;

use crate::ids::{AccountId, DecisionId, MeetingId};
use crate::partnerships::decisions::model::{Decision, Ending};
use crate::partnerships::decisions::present::{MeetingDecision, MeetingDecisionId};
use crate::partnerships::decisions::voice::Written;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json, OnConflict, Unique, row_gt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{decisions, meeting_decisions};

/// A decision is called in one meeting at a time.
pub const ONE_OPEN: Unique = Unique { index: "meeting_decisions_one_open", columns: "meeting_decisions.decision_id" };

/// Keeps that a decision was called in a meeting.
///
/// # Errors
/// A conflict when it is called in one already.
pub fn insert(conn: &mut Conn, row: &MeetingDecision) -> Result<()> {
    diesel::insert_into(meeting_decisions::table)
        .values(row)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_OPEN, || Error::conflict("The decision is called in a meeting already."))
}

/// The call of the decision that is open in a meeting.
pub fn open_of(conn: &mut Conn, decision: DecisionId) -> Result<Option<MeetingDecision>> {
    Ok(meeting_decisions::table
        .filter(meeting_decisions::decision_id.eq(decision).and(meeting_decisions::ended_at.is_null()))
        .select(MeetingDecision::as_select())
        .first(conn)
        .optional()?)
}

/// When something was last called in the meeting.
///
/// # Errors
/// When the database can't be asked.
pub fn last_in(conn: &mut Conn, meeting: MeetingId) -> Result<Option<Instant>> {
    Ok(meeting_decisions::table
        .filter(meeting_decisions::meeting_id.eq(meeting))
        .select(max(meeting_decisions::created_at))
        .first(conn)?)
}

/// All that was called in a meeting, with its decisions, the first one first: a hundred at most.
///
/// # Errors
/// When the database can't be asked.
pub fn all_of(conn: &mut Conn, meeting: MeetingId) -> Result<Vec<(MeetingDecision, Decision)>> {
    Ok(meeting_decisions::table
        .inner_join(decisions::table.on(decisions::id.eq(meeting_decisions::decision_id)))
        .filter(meeting_decisions::meeting_id.eq(meeting))
        .order((meeting_decisions::created_at, meeting_decisions::id))
        .select((MeetingDecision::as_select(), Decision::as_select()))
        .load(conn)?)
}

/// The call of the decision in the meeting, the last one where there were several.
pub fn last_of(conn: &mut Conn, meeting: MeetingId, decision: DecisionId) -> Result<Option<MeetingDecision>> {
    Ok(meeting_decisions::table
        .filter(meeting_decisions::decision_id.eq(decision).and(meeting_decisions::meeting_id.eq(meeting)))
        .order((meeting_decisions::created_at.desc(), meeting_decisions::id.desc()))
        .select(MeetingDecision::as_select())
        .first(conn)
        .optional()?)
}

/// Ends the open call of a decision, if there is one.
pub fn end(conn: &mut Conn, decision: DecisionId, ending: Option<Ending>, now: Instant) -> Result<()> {
    diesel::update(
        meeting_decisions::table
            .filter(meeting_decisions::decision_id.eq(decision).and(meeting_decisions::ended_at.is_null())),
    )
    .set((meeting_decisions::ending.eq(ending), meeting_decisions::ended_at.eq(now)))
    .execute(conn)?;
    Ok(())
}

/// Keeps what somebody wrote down of what was said, in place of what was written down before; the row as it is then.
pub fn write_down(conn: &mut Conn, call: &MeetingDecision, written: Written, by: AccountId) -> Result<MeetingDecision> {
    let spoken = Some(Json(written));
    diesel::update(meeting_decisions::table.find(call.id))
        .set((meeting_decisions::spoken.eq(&spoken), meeting_decisions::recorded_by_id.eq(by)))
        .execute(conn)?;
    Ok(MeetingDecision { spoken, recorded_by_id: Some(by), ..call.clone() })
}

/// Notes who confirmed it.
pub fn confirm(conn: &mut Conn, id: MeetingDecisionId, by: AccountId) -> Result<()> {
    diesel::update(meeting_decisions::table.find(id))
        .set((meeting_decisions::by_voice.eq(true), meeting_decisions::confirmed_by_id.eq(by)))
        .execute(conn)?;
    Ok(())
}

/// What was called in a meeting, with its decisions, the first one first.
pub fn list<F>(conn: &mut Conn, meeting: MeetingId, listing: &Listing<F>) -> Result<Page<(MeetingDecision, Decision)>> {
    let filtered = || meeting_decisions::table.filter(meeting_decisions::meeting_id.eq(meeting)).into_boxed();
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, MeetingDecisionId)>()? {
        query = query.filter(row_gt((meeting_decisions::created_at, meeting_decisions::id), after));
    }
    let rows: Vec<MeetingDecision> = query
        .order((meeting_decisions::created_at, meeting_decisions::id))
        .limit(listing.fetch())
        .select(MeetingDecision::as_select())
        .load(conn)?;
    let ids: Vec<DecisionId> = rows.iter().map(|row| row.decision_id).collect();
    let found: Vec<Decision> = decisions::table
        .filter(crate::platform::db::among(decisions::id, ids))
        .select(Decision::as_select())
        .load(conn)?;
    let of = |id: DecisionId| found.iter().find(|decision| decision.id == id).cloned();
    let rows = rows.into_iter().filter_map(|row| of(row.decision_id).map(|decision| (row, decision))).collect();
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |(row, _)| (row.created_at, row.id)).with_total(total))
}
