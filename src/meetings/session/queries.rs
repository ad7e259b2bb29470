//! Meetings in session.

use diesel::prelude::*;

use super::model::{ExecutiveSession, ExecutiveSessionId};
use super::rules;
use crate::ids::{AccountId, MeetingId, PartnershipId};
use crate::meetings::model::{Meeting, MeetingState};
use crate::partnerships::{Attendants, attendants};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, row_gt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{attendances, executive_sessions as sessions, meeting_times, meetings, notices};

/// A meeting is recessed once at a time.
pub const ONE_OPEN: Unique = Unique { index: "executive_sessions_one_open", columns: "executive_sessions.meeting_id" };

/// Meetings of a partnership that are in session, not more than `limit`.
pub fn under_way(conn: &mut Conn, of: PartnershipId, limit: i64) -> Result<Vec<Meeting>> {
    Ok(meetings::table
        .filter(meetings::partnership_id.eq(of).and(meetings::state.eq(MeetingState::InSession)))
        .order((meetings::starts_at, meetings::id))
        .limit(limit)
        .select(Meeting::as_select())
        .load(conn)?)
}

/// Whether those who may attend were told of the meeting as it stands, in time.
pub fn was_noticed(conn: &mut Conn, meeting: &Meeting) -> Result<bool> {
    let notice = notices::table
        .filter(notices::meeting_id.eq(meeting.id).and(notices::sequence.eq(meeting.sequence)))
        .order(notices::number.desc())
        .select(notices::is_in_time)
        .first(conn)
        .optional()?;
    let set_at = meeting_times::table.find(meeting.id).select(meeting_times::set_at).first(conn).optional()?;
    Ok(rules::was_noticed(meeting, notice, set_at.unwrap_or(meeting.created_at)))
}

/// Who of those who are recorded at a meeting, there at `now` and not only by their own word, can decide, and whether they are
/// enough.
///
/// # Errors
/// When the database can't be asked.
pub fn attendants_of(conn: &mut Conn, state: &State, meeting: &Meeting, now: Instant) -> Result<Attendants> {
    let recorded: Vec<AccountId> = attendances::table
        .filter(attendances::meeting_id.eq(meeting.id).and(attendances::is_vouched))
        .filter(attendances::arrived_at.is_null().or(attendances::arrived_at.le(now)))
        .filter(attendances::left_at.is_null().or(attendances::left_at.gt(now)))
        .select(attendances::account_id)
        .load(conn)?;
    attendants(conn, state, meeting.partnership_id, &recorded, now)
}

/// Since when the meeting is recessed.
///
/// # Errors
/// When the database can't be asked.
pub fn recessed_at(conn: &mut Conn, meeting: MeetingId) -> Result<Option<Instant>> {
    Ok(sessions::table
        .filter(sessions::meeting_id.eq(meeting).and(sessions::resumed_at.is_null()))
        .select(sessions::created_at)
        .first(conn)
        .optional()?)
}

/// Those of the meetings that are recessed, and since when.
///
/// # Errors
/// When the database can't be asked.
pub fn recessed_among(conn: &mut Conn, meetings: Vec<MeetingId>) -> Result<Vec<(MeetingId, Instant)>> {
    if meetings.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sessions::table
        .filter(among(sessions::meeting_id, meetings).and(sessions::resumed_at.is_null()))
        .select((sessions::meeting_id, sessions::created_at))
        .load(conn)?)
}

/// The session into which the meeting is recessed.
pub fn open_of(conn: &mut Conn, meeting: MeetingId) -> Result<Option<ExecutiveSession>> {
    Ok(sessions::table
        .filter(sessions::meeting_id.eq(meeting).and(sessions::resumed_at.is_null()))
        .select(ExecutiveSession::as_select())
        .first(conn)
        .optional()?)
}

/// The executive sessions of a meeting, the first one first: whole, for its minutes.
pub fn all_of(conn: &mut Conn, meeting: MeetingId) -> Result<Vec<ExecutiveSession>> {
    Ok(sessions::table
        .filter(sessions::meeting_id.eq(meeting))
        .order((sessions::created_at, sessions::id))
        .select(ExecutiveSession::as_select())
        .load(conn)?)
}

/// Recesses the meeting.
///
/// # Errors
/// A conflict when it is recessed already.
pub fn insert(conn: &mut Conn, row: &ExecutiveSession) -> Result<()> {
    diesel::insert_into(sessions::table)
        .values(row)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_OPEN, || Error::conflict("The meeting is recessed already."))
}

/// Ends an executive session; the row as it is then.
pub fn resume(
    conn: &mut Conn,
    row: &ExecutiveSession,
    by: AccountId,
    late: i32,
    now: Instant,
) -> Result<ExecutiveSession> {
    diesel::update(sessions::table.find(row.id).filter(sessions::resumed_at.is_null()))
        .set((sessions::resumed_at.eq(now), sessions::resumed_by_id.eq(by), sessions::late_minutes.eq(late)))
        .returning(ExecutiveSession::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The meeting was resumed in another request meanwhile."))
}

pub fn list<F>(conn: &mut Conn, of: MeetingId, listing: &Listing<F>) -> Result<Page<ExecutiveSession>> {
    let filtered = || sessions::table.filter(sessions::meeting_id.eq(of)).into_boxed();
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, ExecutiveSessionId)>()? {
        query = query.filter(row_gt((sessions::created_at, sessions::id), after));
    }
    let rows = query
        .order((sessions::created_at, sessions::id))
        .limit(listing.fetch())
        .select(ExecutiveSession::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
