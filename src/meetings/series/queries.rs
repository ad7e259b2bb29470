//! SQL of series.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::model::{InSeries, MeetingSeries, SeriesInstance, SeriesState};
use crate::ids::{AreaId, MeetingId, MeetingSeriesId, PartnershipId};
use crate::meetings::model::{Meeting, MeetingFormat, MeetingKind, MeetingState, MeetingVisibility, PlaceKind};
use crate::meetings::queries::meetings::MeetingChanges;
use crate::partnerships::{Partnership, PartnershipState};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, Json, among, beside, hold, locked, row_gt, row_lt, shaped};
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page};
use crate::schema::{meeting_series, meetings, partnerships, series_instances};
use crate::{insert_all, on_engine};

/// The series with its partnership, which whoever reads it is judged by.
pub fn find_with_partnership(conn: &mut Conn, id: MeetingSeriesId) -> Result<Option<(MeetingSeries, Partnership)>> {
    Ok(on_engine!(conn, |conn| meeting_series::table
        .inner_join(partnerships::table.on(partnerships::id.eq(meeting_series::partnership_id)))
        .filter(meeting_series::id.eq(id))
        .select((MeetingSeries::as_select(), Partnership::as_select()))
        .first(conn))
    .optional()?)
}

/// The series, which stays as it is until the transaction ends.
pub fn find_locked(conn: &mut Conn, id: MeetingSeriesId) -> Result<Option<MeetingSeries>> {
    let query = || meeting_series::table.find(id).select(MeetingSeries::columns());
    Ok(on_engine!(conn, |conn| locked(query()).get_result(conn)).optional()?)
}

/// Holds the meetings of the series until the transaction ends, in their order, as whoever leaves holds theirs: who answers at
/// this moment takes a place before they are counted, or after the room has changed.
pub fn hold_meetings(conn: &mut Conn, series: MeetingSeriesId) -> Result<()> {
    let of_it = series_instances::table.filter(series_instances::series_id.eq(series));
    let rows = meetings::table.filter(meetings::id.eq_any(of_it.select(series_instances::meeting_id)));
    Ok(hold(conn, rows.order(meetings::id).select(meetings::id))?)
}

/// How many series of the partnership are running and not over.
pub fn count_running(conn: &mut Conn, partnership: PartnershipId, now: Instant) -> Result<i64> {
    Ok(on_engine!(conn, |conn| meeting_series::table
        .filter(meeting_series::partnership_id.eq(partnership))
        .filter(meeting_series::state.eq(SeriesState::Running).and(meeting_series::last_starts_at.gt(now)))
        .count()
        .get_result(conn))?)
}

pub fn insert(conn: &mut Conn, series: &MeetingSeries) -> Result<()> {
    diesel::insert_into(meeting_series::table).values(series).execute(conn)?;
    Ok(())
}

/// Puts meetings down with what ties them to their series; two statements, however many there are.
pub fn insert_meetings(conn: &mut Conn, made: Vec<(Meeting, SeriesInstance)>) -> Result<()> {
    let (rows, instances): (Vec<Meeting>, Vec<SeriesInstance>) = made.into_iter().unzip();
    insert_all!(conn, meetings::table, &rows)?;
    insert_all!(conn, series_instances::table, &instances)?;
    Ok(())
}

/// What of a series can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = meeting_series)]
pub struct SeriesChanges {
    pub area_id: Option<AreaId>,
    pub kind: Option<MeetingKind>,
    pub format: Option<MeetingFormat>,
    pub title: Option<String>,
    pub purpose: Option<Option<String>>,
    pub place_kind: Option<PlaceKind>,
    pub place_name: Option<String>,
    pub place_address: Option<Option<String>>,
    pub visibility: Option<MeetingVisibility>,
    pub capacity: Option<Option<i32>>,
    pub languages: Option<Json<Vec<String>>>,
    pub accessibility: Option<Option<String>>,
    pub last_local: Option<String>,
    pub last_starts_at: Option<Instant>,
    pub excluded: Option<Json<Vec<NaiveDate>>>,
    pub state: Option<SeriesState>,
    pub cancel_reason: Option<Option<String>>,
    pub sequence: Option<i32>,
    pub planned_until: Option<Instant>,
}

/// Changes a series; the row as it is then.
pub fn update(conn: &mut Conn, id: MeetingSeriesId, changes: SeriesChanges, now: Instant) -> Result<MeetingSeries> {
    Ok(diesel::update(meeting_series::table.find(id))
        .set((changes, meeting_series::version.eq(meeting_series::version + 1), meeting_series::updated_at.eq(now)))
        .returning(MeetingSeries::columns())
        .get_result(conn)?)
}

/// Notes how far a series has been planned, which is no change of it.
pub fn note_planned(conn: &mut Conn, until: SeriesChanges, id: MeetingSeriesId) -> Result<()> {
    diesel::update(meeting_series::table.find(id)).set(until).execute(conn)?;
    Ok(())
}

/// The series of a partnership with one of these visibilities, the latest first.
pub fn list<F>(
    conn: &mut Conn,
    partnership: PartnershipId,
    seen: &[MeetingVisibility],
    state: Option<SeriesState>,
    listing: &Listing<F>,
) -> Result<Page<MeetingSeries>> {
    let after = listing.after::<(Instant, MeetingSeriesId)>()?;
    let (rows, total) = on_engine!(conn, |conn: Engine| {
        let filtered = || {
            let query = meeting_series::table
                .filter(meeting_series::partnership_id.eq(partnership))
                .filter(among(meeting_series::visibility, seen.to_vec()))
                .into_boxed::<Engine>();
            match state {
                Some(state) => query.filter(meeting_series::state.eq(state)),
                None => query,
            }
        };
        let mut query = filtered();
        if let Some(after) = after {
            query = query.filter(row_lt((meeting_series::created_at, meeting_series::id), after));
        }
        let rows: Vec<MeetingSeries> = query
            .order((meeting_series::created_at.desc(), meeting_series::id.desc()))
            .limit(listing.fetch())
            .select(MeetingSeries::as_select())
            .load(conn)?;
        let total: Option<i64> = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
        (rows, total)
    });
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// Those of these series that have one of these visibilities.
pub fn visible(
    conn: &mut Conn,
    ids: Vec<MeetingSeriesId>,
    seen: &[MeetingVisibility],
) -> Result<HashSet<MeetingSeriesId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let found: Vec<MeetingSeriesId> = on_engine!(conn, |conn| meeting_series::table
        .filter(among(meeting_series::id, ids))
        .filter(among(meeting_series::visibility, seen.to_vec()))
        .select(meeting_series::id)
        .load(conn))?;
    Ok(found.into_iter().collect())
}

/// A meeting of a series, with its place in it.
pub type Placed = (SeriesInstance, Meeting);

/// The meetings of a series, in the order of its rule.
pub fn list_instances<F>(
    conn: &mut Conn,
    series: MeetingSeriesId,
    seen: &[MeetingVisibility],
    listing: &Listing<F>,
) -> Result<Page<Placed>> {
    let after = listing.after::<(String, MeetingId)>()?;
    let (rows, total) = on_engine!(conn, |conn: Engine| {
        let filtered = || {
            series_instances::table
                .inner_join(meetings::table.on(meetings::id.eq(series_instances::meeting_id)))
                .filter(series_instances::series_id.eq(series))
                // One of them may have been made a meeting of fewer.
                .filter(among(meetings::visibility, seen.to_vec()))
                .into_boxed::<Engine>()
        };
        let mut query = filtered();
        if let Some(after) = after {
            query = query.filter(row_gt((series_instances::recurrence_local, series_instances::meeting_id), after));
        }
        let rows: Vec<Placed> = query
            .order((series_instances::recurrence_local, series_instances::meeting_id))
            .limit(listing.fetch())
            .select((SeriesInstance::as_select(), Meeting::as_select()))
            .load(conn)?;
        let total: Option<i64> = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
        (rows, total)
    });
    Ok(listing.page(rows, |(row, _)| (row.recurrence_local.clone(), row.meeting_id)).with_total(total))
}

/// All meetings of a series from this one on, in the order of its rule; there are at most as many as a series can have.
pub fn instances_from(conn: &mut Conn, series: MeetingSeriesId, from: &str) -> Result<Vec<Placed>> {
    Ok(on_engine!(conn, |conn| series_instances::table
        .inner_join(meetings::table.on(meetings::id.eq(series_instances::meeting_id)))
        .filter(series_instances::series_id.eq(series).and(series_instances::recurrence_local.ge(from)))
        .order((series_instances::recurrence_local, series_instances::meeting_id))
        .select((SeriesInstance::as_select(), Meeting::as_select()))
        .load(conn))?)
}

/// The last meeting of the series that was put down, by its rule.
pub fn last_planned(conn: &mut Conn, series: MeetingSeriesId) -> Result<Option<String>> {
    Ok(on_engine!(conn, |conn| series_instances::table
        .filter(series_instances::series_id.eq(series))
        .select(diesel::dsl::max(series_instances::recurrence_local))
        .first(conn))?)
}

/// When a meeting to come begins.
#[derive(Debug, Clone, Queryable)]
pub struct Next {
    pub meeting_id: MeetingId,
    pub recurrence_local: String,
    pub starts_local: String,
    pub starts_at: Instant,
}

/// Of each of these series, the meetings that are to come or under way: the next `most`, in their order. A partnership has
/// few series that are not over, and each of them few meetings.
pub fn next(
    conn: &mut Conn,
    series: &[MeetingSeriesId],
    seen: &[MeetingVisibility],
    now: Instant,
    most: usize,
) -> Result<HashMap<MeetingSeriesId, Vec<Next>>> {
    if series.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(MeetingSeriesId, (MeetingId, String, String, Instant))> =
        on_engine!(conn, |conn| series_instances::table
            .inner_join(meetings::table.on(meetings::id.eq(series_instances::meeting_id)))
            .filter(among(series_instances::series_id, series.iter().copied()))
            .filter(among(meetings::state, MeetingState::AHEAD.to_vec()))
            .filter(among(meetings::visibility, seen.to_vec()))
            .filter(meetings::ends_at.gt(now))
            .order((meetings::starts_at, meetings::id))
            .select((
                series_instances::series_id,
                (meetings::id, series_instances::recurrence_local, meetings::starts_local, meetings::starts_at),
            ))
            .load(conn))?;
    let mut found: HashMap<MeetingSeriesId, Vec<Next>> = HashMap::new();
    for (of, (meeting_id, recurrence_local, starts_local, starts_at)) in rows {
        let next = found.entry(of).or_default();
        if next.len() < most {
            next.push(Next { meeting_id, recurrence_local, starts_local, starts_at });
        }
    }
    Ok(found)
}

/// Of these meetings, those that are of a series: which one, by which time its rule has them, and whether they were changed by
/// themselves.
pub fn places(conn: &mut Conn, meetings: Vec<MeetingId>) -> Result<HashMap<MeetingId, InSeries>> {
    if meetings.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(MeetingId, InSeries)> = on_engine!(conn, |conn| series_instances::table
        .filter(among(series_instances::meeting_id, meetings))
        .select((
            series_instances::meeting_id,
            (series_instances::series_id, series_instances::recurrence_local, series_instances::is_changed),
        ))
        .load(conn))?;
    Ok(rows.into_iter().collect())
}

/// Whether the partnership ever had a series: most have none, and then no meeting of theirs has to be looked for in one.
pub fn has_any(conn: &mut Conn, of: PartnershipId) -> Result<bool> {
    /// Stands for the statement.
    struct Any;
    let any = || {
        let first =
            meeting_series::table.filter(meeting_series::partnership_id.eq(of)).select(meeting_series::id).limit(1);
        shaped::<Any, _>(first)
    };
    let first: Option<MeetingSeriesId> = on_engine!(conn, |conn| any().get_result(conn)).optional()?;
    Ok(first.is_some())
}

/// Notes that a meeting was changed by itself, if it is of a series.
///
/// # Errors
/// When the database can't do it.
pub fn mark_changed(conn: &mut Conn, meeting: MeetingId) -> Result<()> {
    diesel::update(series_instances::table.find(meeting)).set(series_instances::is_changed.eq(true)).execute(conn)?;
    Ok(())
}

/// The meetings of a series that have not begun: id, whether it was changed by itself, places that are taken.
pub fn to_come(conn: &mut Conn, series: MeetingSeriesId, now: Instant) -> Result<Vec<(MeetingId, bool, i32)>> {
    Ok(on_engine!(conn, |conn| series_instances::table
        .inner_join(meetings::table.on(meetings::id.eq(series_instances::meeting_id)))
        .filter(series_instances::series_id.eq(series))
        .filter(meetings::state.eq(MeetingState::Scheduled).and(meetings::starts_at.gt(now)))
        .select((meetings::id, series_instances::is_changed, meetings::places_taken))
        .load(conn))?)
}

/// Changes these meetings alike. `moved`: calendars are to notice.
pub fn update_these(
    conn: &mut Conn,
    ids: &[MeetingId],
    changes: MeetingChanges,
    moved: bool,
    now: Instant,
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    on_engine!(conn, |conn| diesel::update(meetings::table.filter(among(meetings::id, ids.iter().copied())))
        .set((
            changes,
            meetings::sequence.eq(meetings::sequence + i32::from(moved)),
            meetings::version.eq(meetings::version + 1),
            meetings::updated_at.eq(now),
        ))
        .execute(conn))?;
    Ok(())
}

/// Cancels these meetings, which have not begun.
pub fn cancel_these(conn: &mut Conn, ids: &[MeetingId], reason: &str, now: Instant) -> Result<()> {
    let changes = MeetingChanges {
        state: Some(MeetingState::Cancelled),
        cancel_reason: Some(Some(reason.to_owned())),
        ..MeetingChanges::default()
    };
    update_these(conn, ids, changes, true, now)
}

/// Gives meetings what goes with a series that goes on otherwise, all in one statement.
pub fn go_on(conn: &mut Conn, rows: &[Meeting]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    on_engine!(conn, |conn| diesel::insert_into(meetings::table)
        .values(rows)
        .on_conflict(meetings::id)
        .do_update()
        .set((
            (
                meetings::area_id.eq(excluded(meetings::area_id)),
                meetings::kind.eq(excluded(meetings::kind)),
                meetings::format.eq(excluded(meetings::format)),
                meetings::title.eq(excluded(meetings::title)),
                meetings::title_key.eq(excluded(meetings::title_key)),
                meetings::purpose.eq(excluded(meetings::purpose)),
                meetings::place_kind.eq(excluded(meetings::place_kind)),
                meetings::place_name.eq(excluded(meetings::place_name)),
                meetings::place_address.eq(excluded(meetings::place_address)),
                meetings::visibility.eq(excluded(meetings::visibility)),
                meetings::capacity.eq(excluded(meetings::capacity)),
                meetings::languages.eq(excluded(meetings::languages)),
                meetings::accessibility.eq(excluded(meetings::accessibility)),
            ),
            meetings::starts_local.eq(excluded(meetings::starts_local)),
            meetings::ends_local.eq(excluded(meetings::ends_local)),
            meetings::time_zone.eq(excluded(meetings::time_zone)),
            meetings::starts_at.eq(excluded(meetings::starts_at)),
            meetings::ends_at.eq(excluded(meetings::ends_at)),
            meetings::sequence.eq(excluded(meetings::sequence)),
            meetings::version.eq(excluded(meetings::version)),
            meetings::updated_at.eq(excluded(meetings::updated_at)),
        ))
        .execute(conn))?;
    Ok(())
}

/// Gives meetings to another series, all in one statement.
pub fn rehome(conn: &mut Conn, rows: &[SeriesInstance]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    on_engine!(conn, |conn| diesel::insert_into(series_instances::table)
        .values(rows)
        .on_conflict(series_instances::meeting_id)
        .do_update()
        .set((
            series_instances::series_id.eq(excluded(series_instances::series_id)),
            series_instances::recurrence_local.eq(excluded(series_instances::recurrence_local)),
        ))
        .execute(conn))?;
    Ok(())
}

/// Running series of which not all meetings that begin before `horizon` have been put down, the longest waiting first, each with
/// its partnership, which is at work.
pub fn to_plan(conn: &mut Conn, horizon: Instant, most: i64) -> Result<Vec<(MeetingSeriesId, PartnershipId)>> {
    Ok(on_engine!(conn, |conn| meeting_series::table
        .inner_join(partnerships::table.on(partnerships::id.eq(meeting_series::partnership_id)))
        .filter(beside(among(partnerships::state, PartnershipState::LIVE)))
        .filter(meeting_series::state.eq(SeriesState::Running).and(meeting_series::planned_until.lt(horizon)))
        .filter(meeting_series::planned_until.lt(meeting_series::last_starts_at))
        .order((meeting_series::planned_until, meeting_series::id))
        .limit(most)
        .select((meeting_series::id, meeting_series::partnership_id))
        .load(conn))?)
}
