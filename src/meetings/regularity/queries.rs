//! SQL of regularity and of schedules of groups.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use diesel::prelude::*;

use super::compute::{Attendance, Group};
use super::schedules::{GroupSchedule, GroupScheduleId, stored};
use crate::accounts::AccountKind;
use crate::directory::assigned_areas;
use crate::ids::{AccountId, AgencyId, AreaId, OfficerVisitId, PartnershipId};
use crate::meetings::log_model::GroupKind;
use crate::meetings::model::{MeetingState, MeetingVisibility};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, among, locked, row_gt};
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page};
use crate::platform::text::LocalTime;
use crate::schema::{
    accounts, area_ancestors, group_schedules, meetings, officer_logs, officer_visit_logs, officer_visits,
    series_instances,
};
use crate::{insert_one, on_engine};

/// Logs that are counted at once.
pub const MOST_LOGS: usize = 20_000;
/// Schedules that are expanded at once.
pub const MOST_SCHEDULES: usize = 500;
/// Meetings of series that are counted.
pub const MOST_MEETINGS: usize = 50_000;
/// Schedules that a district can have at the same time.
pub const MOST_IN_PLACE: i64 = 200;

fn fetch(most: usize) -> i64 {
    i64::try_from(most + 1).unwrap_or(i64::MAX)
}

/// The agency of an officer or commander.
pub fn agency_of_officer(conn: &mut Conn, account: AccountId) -> Result<Option<AgencyId>> {
    let found: Option<(AccountKind, Option<AgencyId>)> =
        accounts::table.find(account).select((accounts::kind, accounts::agency_id)).first(conn).optional()?;
    Ok(found.filter(|(kind, _)| kind.is_police()).and_then(|(_, agency)| agency))
}

/// What regularity is of.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// An officer, whose duties count on this day.
    Officer(AccountId, NaiveDate),
    /// An area with all within.
    Area(AreaId),
}

/// Days, the first and the last of which count.
pub type Window = (NaiveDate, NaiveDate);

/// Who attended what within these days: one more than [`MOST_LOGS`] at most.
pub fn attended(conn: &mut Conn, of: Of, (from, to): Window) -> Result<Vec<Attendance>> {
    type Row = (
        (OfficerVisitId, AccountId, Option<PartnershipId>, GroupKind, Option<String>),
        (AreaId, Option<String>, NaiveDate, Instant, Instant, Option<i32>, Option<i32>),
    );
    // One statement for each kind of whom: joins take no boxed condition.
    macro_rules! rows {
        ($whose:expr) => {
            officer_logs::table
                .inner_join(officer_visit_logs::table.on(officer_visit_logs::officer_log_id.eq(officer_logs::id)))
                .inner_join(officer_visits::table.on(officer_visits::id.eq(officer_visit_logs::visit_id)))
                .filter($whose)
                .filter(officer_logs::attended_on.between(from, to))
                .order((officer_logs::starts_at, officer_logs::id))
                .limit(fetch(MOST_LOGS))
                .select((
                    (
                        officer_visits::id,
                        officer_logs::officer_id,
                        officer_logs::partnership_id,
                        officer_logs::group_kind,
                        officer_logs::group_name,
                    ),
                    (
                        officer_visits::area_id,
                        officer_visits::group_key,
                        officer_logs::attended_on,
                        officer_logs::starts_at,
                        officer_logs::ends_at,
                        officer_logs::prep_minutes,
                        officer_logs::travel_minutes,
                    ),
                ))
                .load(conn)?
        };
    }
    let rows: Vec<Row> = match of {
        Of::Officer(officer, _) => rows!(officer_logs::officer_id.eq(officer)),
        Of::Area(area) => rows!(officer_logs::area_id.eq_any(
            area_ancestors::table.filter(area_ancestors::ancestor_id.eq(area)).select(area_ancestors::area_id),
        )),
    };
    Ok(rows
        .into_iter()
        .map(|((visit, officer, partnership, kind, name), (place, key, on, starts, ends, prep, travel))| Attendance {
            group: match partnership {
                Some(id) => Group::Partnership(id),
                None => Group::Named(kind, key.unwrap_or_default(), place),
            },
            name: name.filter(|_| partnership.is_none()),
            visit,
            officer,
            kind,
            on,
            minutes: i64::try_from(ends.since(starts).as_secs() / 60).unwrap_or(i64::MAX),
            prep_minutes: prep.unwrap_or(0).into(),
            travel_minutes: travel.unwrap_or(0).into(),
        })
        .collect())
}

/// The days of the meetings of their series that partnerships held within these days, up to now: those of the area or of the
/// officer's, and these partnerships; of either one more than [`MOST_MEETINGS`] at most.
pub fn held(
    conn: &mut Conn,
    of: Of,
    visited: Vec<PartnershipId>,
    (from, to): Window,
    now: Instant,
) -> Result<BTreeMap<PartnershipId, Vec<NaiveDate>>> {
    let day_after = to.checked_add_days(Days::new(1)).unwrap_or(to);
    macro_rules! held {
        ($whose:expr) => {
            meetings::table
                .inner_join(series_instances::table.on(series_instances::meeting_id.eq(meetings::id)))
                .filter($whose)
                .filter(
                    meetings::starts_local.ge(from.to_string()).and(meetings::starts_local.lt(day_after.to_string())),
                )
                .filter(meetings::starts_at.le(now).and(meetings::state.ne(MeetingState::Cancelled)))
                .filter(meetings::visibility.ne(MeetingVisibility::Leaders))
                .order((meetings::starts_local, meetings::id))
                .limit(fetch(MOST_MEETINGS))
                .select((meetings::partnership_id, meetings::starts_local))
                .load(conn)?
        };
    }
    let there: Vec<(PartnershipId, String)> = match of {
        Of::Officer(officer, today) => held!(meetings::area_id.eq_any(assigned_areas(officer, today))),
        Of::Area(area) => held!(meetings::area_id.eq_any(
            area_ancestors::table.filter(area_ancestors::ancestor_id.eq(area)).select(area_ancestors::area_id),
        )),
    };
    let mut held = by_partnership(there)?;
    if !visited.is_empty() {
        // Of a partnership that is visited, all count, wherever they took place.
        let theirs: Vec<(PartnershipId, String)> = held!(among(meetings::partnership_id, visited));
        held.extend(by_partnership(theirs)?);
    }
    Ok(held)
}

fn by_partnership(rows: Vec<(PartnershipId, String)>) -> Result<BTreeMap<PartnershipId, Vec<NaiveDate>>> {
    let mut days: BTreeMap<PartnershipId, Vec<NaiveDate>> = BTreeMap::new();
    for (partnership, starts_local) in rows {
        let starts: LocalTime = stored(&starts_local)?;
        days.entry(partnership).or_default().push(starts.0.date());
    }
    Ok(days)
}

/// Schedules of groups in the area or in the officer's areas, and in these districts: one more than [`MOST_SCHEDULES`] at most
/// of either.
pub fn schedules(conn: &mut Conn, of: Of, visited: Vec<AreaId>) -> Result<Vec<GroupSchedule>> {
    let there = match of {
        Of::Officer(officer, today) => group_schedules::table
            .filter(group_schedules::area_id.eq_any(assigned_areas(officer, today)))
            .order(group_schedules::id)
            .limit(fetch(MOST_SCHEDULES))
            .select(GroupSchedule::as_select())
            .load(conn)?,
        Of::Area(area) => group_schedules::table
            .filter(group_schedules::area_id.eq_any(
                area_ancestors::table.filter(area_ancestors::ancestor_id.eq(area)).select(area_ancestors::area_id),
            ))
            .order(group_schedules::id)
            .limit(fetch(MOST_SCHEDULES))
            .select(GroupSchedule::as_select())
            .load(conn)?,
    };
    let mut found: BTreeMap<GroupScheduleId, GroupSchedule> = there.into_iter().map(|row| (row.id, row)).collect();
    if let (Of::Officer(..), false) = (of, visited.is_empty()) {
        let others: Vec<GroupSchedule> = group_schedules::table
            .filter(among(group_schedules::place_id, visited))
            .order(group_schedules::id)
            .limit(fetch(MOST_SCHEDULES))
            .select(GroupSchedule::as_select())
            .load(conn)?;
        found.extend(others.into_iter().map(|row| (row.id, row)));
    }
    Ok(found.into_values().collect())
}

pub fn find(conn: &mut Conn, id: GroupScheduleId) -> Result<Option<GroupSchedule>> {
    Ok(group_schedules::table.find(id).select(GroupSchedule::as_select()).first(conn).optional()?)
}

/// The schedule, which stays as it is until the transaction ends.
pub fn find_locked(conn: &mut Conn, id: GroupScheduleId) -> Result<Option<GroupSchedule>> {
    let query = || group_schedules::table.find(id).select(GroupSchedule::columns());
    Ok(on_engine!(conn, |conn| locked(query()).get_result(conn)).optional()?)
}

/// The schedule of the same group that counts, and how many count in the district.
pub fn counting(conn: &mut Conn, new: &GroupSchedule) -> Result<(Option<GroupScheduleId>, i64)> {
    let counting = || group_schedules::place_id.eq(new.place_id).and(group_schedules::ended_on.is_null());
    let same = group_schedules::table
        .filter(counting())
        .filter(
            group_schedules::group_kind.eq(new.group_kind).and(group_schedules::group_key.eq(new.group_key.clone())),
        )
        .select(group_schedules::id)
        .first(conn)
        .optional()?;
    Ok((same, group_schedules::table.filter(counting()).count().get_result(conn)?))
}

pub fn insert(conn: &mut Conn, row: &GroupSchedule) -> Result<()> {
    insert_one!(conn, group_schedules::table, GroupSchedule, row)?;
    Ok(())
}

/// Notes the last day on which a schedule counts, which the caller holds; the row as it is then.
pub fn end(conn: &mut Conn, id: GroupScheduleId, on: NaiveDate, now: Instant) -> Result<GroupSchedule> {
    Ok(diesel::update(group_schedules::table.find(id))
        .set((
            group_schedules::ended_on.eq(on),
            group_schedules::version.eq(group_schedules::version + 1),
            group_schedules::updated_at.eq(now),
        ))
        .returning(GroupSchedule::columns())
        .get_result(conn)?)
}

/// Schedules of an area, the first first.
pub fn list<F>(conn: &mut Conn, area: AreaId, ended: bool, listing: &Listing<F>) -> Result<Page<GroupSchedule>> {
    let filtered = || {
        let query = group_schedules::table.filter(group_schedules::area_id.eq(area)).into_boxed();
        if ended {
            query.filter(group_schedules::ended_on.is_not_null())
        } else {
            query.filter(group_schedules::ended_on.is_null())
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, GroupScheduleId)>()? {
        query = query.filter(row_gt((group_schedules::created_at, group_schedules::id), after));
    }
    let rows = query
        .order((group_schedules::created_at, group_schedules::id))
        .limit(listing.fetch())
        .select(GroupSchedule::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
