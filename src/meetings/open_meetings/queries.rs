//! The open meetings policy, and what stands against it.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::model::OpenMeetingsPolicy;
use crate::ids::{AccountId, MeetingId, MeetingSeriesId, PartnershipId};
use crate::meetings::model::{MeetingState, MeetingVisibility, PlaceKind};
use crate::meetings::series::SeriesState;
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among};
use crate::platform::error::{Error, Result};
use crate::schema::{executive_sessions, meetings, open_meetings_policies as policies};

/// The law binds a partnership once at a time.
pub const ONE_ON: Unique =
    Unique { index: "open_meetings_policies_one_on", columns: "open_meetings_policies.partnership_id" };

/// The policy of a partnership that is on.
pub fn current(conn: &mut Conn, of: PartnershipId) -> Result<Option<OpenMeetingsPolicy>> {
    Ok(policies::table
        .filter(policies::partnership_id.eq(of).and(policies::ended_at.is_null()))
        .select(OpenMeetingsPolicy::as_select())
        .first(conn)
        .optional()?)
}

/// Whether the open meetings law binds the partnership.
///
/// # Errors
/// When the database can't be asked.
pub fn is_on(conn: &mut Conn, of: PartnershipId) -> Result<bool> {
    let on = policies::table.filter(policies::partnership_id.eq(of).and(policies::ended_at.is_null()));
    Ok(diesel::select(exists(on)).get_result(conn)?)
}

/// Sets it.
///
/// # Errors
/// A conflict when it is set already.
pub fn insert(conn: &mut Conn, row: &OpenMeetingsPolicy) -> Result<()> {
    diesel::insert_into(policies::table)
        .values(row)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_ON, || Error::conflict("The open meetings law binds the partnership already."))
}

/// Ends it; the row as it is then.
pub fn end(
    conn: &mut Conn,
    row: &OpenMeetingsPolicy,
    by: AccountId,
    reason: &str,
    now: Instant,
) -> Result<OpenMeetingsPolicy> {
    diesel::update(policies::table.find(row.id).filter(policies::ended_at.is_null()))
        .set((
            policies::ending_reason.eq(reason),
            policies::ended_by_id.eq(by),
            policies::ended_at.eq(now),
            policies::version.eq(policies::version + 1),
        ))
        .returning(OpenMeetingsPolicy::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("It was ended in another request meanwhile."))
}

/// Meetings to come or under way that not everybody may attend, the soonest first.
pub fn closed_meetings(conn: &mut Conn, of: PartnershipId, limit: i64) -> Result<Vec<MeetingId>> {
    Ok(meetings::table
        .filter(meetings::partnership_id.eq(of).and(among(meetings::state, MeetingState::AHEAD)))
        .filter(meetings::visibility.ne(MeetingVisibility::Public).or(meetings::place_kind.eq(PlaceKind::PrivateHome)))
        .order((meetings::starts_at, meetings::id))
        .limit(limit)
        .select(meetings::id)
        .load(conn)?)
}

/// Running series of which meetings that not everybody may attend are to be put down yet.
pub fn closed_series(conn: &mut Conn, of: PartnershipId, limit: i64) -> Result<Vec<MeetingSeriesId>> {
    use crate::schema::meeting_series as series;
    Ok(series::table
        .filter(series::partnership_id.eq(of).and(series::state.eq(SeriesState::Running)))
        .filter(series::planned_until.lt(series::last_starts_at))
        .filter(series::visibility.ne(MeetingVisibility::Public).or(series::place_kind.eq(PlaceKind::PrivateHome)))
        .order(series::id)
        .limit(limit)
        .select(series::id)
        .load(conn)?)
}

/// Whether a meeting of the partnership is recessed into an executive session.
pub fn has_recess(conn: &mut Conn, of: PartnershipId) -> Result<bool> {
    let recessed = meetings::table
        .inner_join(executive_sessions::table.on(executive_sessions::meeting_id.eq(meetings::id)))
        .filter(meetings::partnership_id.eq(of).and(meetings::state.eq(MeetingState::InSession)))
        .filter(executive_sessions::resumed_at.is_null());
    Ok(diesel::select(exists(recessed)).get_result(conn)?)
}
