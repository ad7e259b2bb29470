//! Who was there, by person and by count.

use std::time::Duration;

use diesel::dsl::{count_star, max, sum};
use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, MeetingId};
use crate::meetings::model::{Attendance, AttendanceId, HeadCount};
use crate::meetings::presence::{Presence, presence};
use crate::partnerships::{Sector, last_call_in_meeting};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, row_gt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{attendances, head_counts};

/// A person is recorded once.
pub const ONE_EACH: Unique =
    Unique { index: "attendances_one_each", columns: "attendances.meeting_id, attendances.account_id" };

/// Records that somebody was there.
///
/// # Errors
/// A conflict when the person is recorded already.
pub fn insert(conn: &mut Conn, entry: &Attendance) -> Result<()> {
    diesel::insert_into(attendances::table)
        .values(entry)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_EACH, || Error::conflict("The person is recorded already."))
}

/// When somebody is recorded whose request began at `now`, and since when they are there, where nothing is said about that:
/// whoever was not there when something was called in the meeting was not counted then, so not from the beginning.
///
/// The caller holds the meeting. A request reads the clock before it waits for that: what comes after a call is later than it.
///
/// # Errors
/// When the database can't be asked.
pub fn arrival(conn: &mut Conn, meeting: MeetingId, now: Instant) -> Result<(Instant, Option<Instant>)> {
    let called = last_call_in_meeting(conn, meeting)?;
    let after = called.filter(|called| *called > now).map(|called| called.plus(Duration::from_micros(1)));
    let at = after.unwrap_or(now);
    Ok((at, called.map(|_| at)))
}

/// When something is called in the meeting whose request began at `now`: not before those came who are recorded. The caller holds
/// the meeting.
///
/// # Errors
/// When the database can't be asked.
pub fn called_at(conn: &mut Conn, meeting: MeetingId, now: Instant) -> Result<Instant> {
    let (recorded, arrived): (Option<Instant>, Option<Instant>) = attendances::table
        .filter(attendances::meeting_id.eq(meeting))
        .select((max(attendances::created_at), max(attendances::arrived_at)))
        .first(conn)?;
    Ok([recorded, arrived].into_iter().flatten().fold(now, Instant::max))
}

/// Takes an entry out; the entry, if there was one.
pub fn delete(conn: &mut Conn, meeting: MeetingId, account: AccountId) -> Result<Option<Attendance>> {
    Ok(diesel::delete(
        attendances::table.filter(attendances::meeting_id.eq(meeting).and(attendances::account_id.eq(account))),
    )
    .returning(Attendance::columns())
    .get_result(conn)
    .optional()?)
}

/// Records since when and until when somebody was there, as whoever keeps the attendance says, or the code; the entry as it is
/// then.
pub fn set_interval(
    conn: &mut Conn,
    id: AttendanceId,
    (arrived_at, left_at): (Option<Instant>, Option<Instant>),
) -> Result<Attendance> {
    Ok(diesel::update(attendances::table.find(id))
        .set((
            attendances::arrived_at.eq(arrived_at),
            attendances::left_at.eq(left_at),
            attendances::is_vouched.eq(true),
        ))
        .returning(Attendance::columns())
        .get_result(conn)?)
}

pub fn find(conn: &mut Conn, meeting: MeetingId, account: AccountId) -> Result<Option<Attendance>> {
    Ok(attendances::table
        .filter(attendances::meeting_id.eq(meeting).and(attendances::account_id.eq(account)))
        .select(Attendance::as_select())
        .first(conn)
        .optional()?)
}

pub fn list<F>(conn: &mut Conn, meeting: MeetingId, listing: &Listing<F>) -> Result<Page<Attendance>> {
    let filtered = || attendances::table.filter(attendances::meeting_id.eq(meeting)).into_boxed();
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, AttendanceId)>()? {
        query = query.filter(row_gt((attendances::created_at, attendances::id), after));
    }
    let rows = query
        .order((attendances::created_at, attendances::id))
        .limit(listing.fetch())
        .select(Attendance::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// How many were there.
pub fn count(conn: &mut Conn, meeting: MeetingId) -> Result<Presence> {
    let persons: Vec<(Side, i64)> = attendances::table
        .filter(attendances::meeting_id.eq(meeting))
        .group_by(attendances::side)
        .select((attendances::side, count_star()))
        .load(conn)?;
    let heads: Vec<(Side, Option<i64>)> = head_counts::table
        .filter(head_counts::meeting_id.eq(meeting))
        .group_by(head_counts::side)
        .select((head_counts::side, sum(head_counts::heads)))
        .load(conn)?;
    let heads: Vec<(Side, i64)> = heads.into_iter().map(|(side, n)| (side, n.unwrap_or(0))).collect();
    Ok(presence(&persons, &heads))
}

/// The counts of a meeting: at most one per side and kind of organisation.
pub fn list_heads(conn: &mut Conn, meeting: MeetingId) -> Result<Vec<HeadCount>> {
    Ok(head_counts::table
        .filter(head_counts::meeting_id.eq(meeting))
        .order((head_counts::side, head_counts::organisation_kind))
        .select(HeadCount::as_select())
        .load(conn)?)
}

/// A count in place of the one before; the row as it is then, none where there was none. Whoever means to insert one
/// holds the meeting.
pub fn update_heads(
    conn: &mut Conn,
    key: (MeetingId, Side, Sector),
    heads: i32,
    by: AccountId,
    now: Instant,
) -> Result<Option<HeadCount>> {
    Ok(diesel::update(head_counts::table.find(key))
        .set((head_counts::heads.eq(heads), head_counts::recorded_by_id.eq(by), head_counts::updated_at.eq(now)))
        .returning(HeadCount::columns())
        .get_result(conn)
        .optional()?)
}

pub fn insert_heads(conn: &mut Conn, count: &HeadCount) -> Result<()> {
    diesel::insert_into(head_counts::table).values(count).execute(conn)?;
    Ok(())
}
