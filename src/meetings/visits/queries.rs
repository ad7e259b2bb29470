//! SQL of visits.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;

use super::model::{OfficerVisit, VisitLog};
use super::rules::nearest;
use crate::accounts::Side;
use crate::directory::{AreaKind, district_of};
use crate::ids::{AccountId, AreaId, OfficerLogId, OfficerVisitId, PartnershipId};
use crate::meetings::log_model::OfficerLog;
use crate::partnerships::seats_of;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, OnConflict, Unique, among, hold, run};
use crate::platform::error::{Error, Result};
use crate::schema::{area_ancestors, areas, officer_logs, officer_visit_logs, officer_visits};
use crate::{insert_both, on_engine};

/// One of our meetings is visited once.
pub const ONE_PER_MEETING: Unique =
    Unique { index: "officer_visits_one_per_meeting", columns: "officer_visits.meeting_id" };

/// Logs of one visit that are shown.
const MOST_LOGS: i64 = 200;

/// Where visits in an area are looked for: its district; the area itself where it lies in none.
pub fn place_of(conn: &mut Conn, area: AreaId) -> Result<AreaId> {
    Ok(district_of(conn, area)?.unwrap_or(area))
}

/// Makes other transactions wait that want to say when groups meet in the districts of these areas, so that each finds what the
/// other has put down. In the order of their ids: nobody waits for who waits for them.
pub fn hold_places(conn: &mut Conn, of: Vec<AreaId>) -> Result<()> {
    if of.is_empty() {
        return Ok(());
    }
    let above = area_ancestors::table.filter(area_ancestors::area_id.eq_any(of.clone()));
    let district = areas::kind.eq(AreaKind::District).and(areas::id.eq_any(above.select(area_ancestors::ancestor_id)));
    let places = areas::table.filter(areas::id.eq_any(of).or(district)).order(areas::id);
    hold(conn, places.select(areas::id))?;
    Ok(())
}

pub fn find(conn: &mut Conn, id: OfficerVisitId) -> Result<Option<OfficerVisit>> {
    Ok(officer_visits::table.find(id).select(OfficerVisit::as_select()).first(conn).optional()?)
}

/// The visit to the same group that a new one would be.
pub fn find_named(conn: &mut Conn, new: &OfficerVisit) -> Result<Option<OfficerVisitId>> {
    let Some(key) = new.group_key.clone() else { return Ok(None) };
    let rows: Vec<(OfficerVisitId, Instant)> = on_engine!(conn, |conn| officer_visits::table
        .filter(
            officer_visits::area_id
                .eq(new.area_id)
                .and(officer_visits::attended_on.eq(new.attended_on))
                .and(officer_visits::group_key.eq(key))
                .and(officer_visits::group_kind.eq(new.group_kind)),
        )
        // One whose logs were all amended to tell of others is nobody's any more.
        .filter(exists(officer_visit_logs::table.filter(officer_visit_logs::visit_id.eq(officer_visits::id))))
        .order((officer_visits::starts_at, officer_visits::id))
        .select((officer_visits::id, officer_visits::starts_at))
        .load(conn))?;
    Ok(nearest(&rows, new.starts_at))
}

/// The statement of [`put_log`].
macro_rules! put {
    ($row:expr) => {
        diesel::insert_into(officer_visit_logs::table)
            .values($row)
            .on_conflict(officer_visit_logs::officer_log_id)
            .do_update()
            .set(officer_visit_logs::visit_id.eq($row.visit_id))
    };
}

/// Inserts a visit to a group that is not one of ours, and notes which log tells of it, as [`put_log`] does.
pub fn insert(conn: &mut Conn, visit: &OfficerVisit, log: VisitLog) -> Result<()> {
    let visits = diesel::insert_into(officer_visits::table);
    insert_both!(conn, OfficerVisit => visits.values(visit), VisitLog => put!(log))
        .on_conflict(&ONE_PER_MEETING, || Error::conflict("The meeting was visited already."))
}

/// Inserts a visit to one of our meetings; the one that was there before, which a colleague may be making at this moment, and
/// whether somebody's log tells of it. One that nobody's log tells of any more begins anew.
pub fn insert_of_meeting(conn: &mut Conn, visit: &OfficerVisit) -> Result<Option<(OfficerVisitId, bool)>> {
    let made = on_engine!(conn, |conn| diesel::insert_into(officer_visits::table)
        .values(visit)
        .on_conflict(officer_visits::meeting_id)
        .do_nothing()
        .execute(conn))?;
    if made == 1 {
        return Ok(None);
    }
    let Some(meeting) = visit.meeting_id else { return Ok(None) };
    let there: OfficerVisitId =
        officer_visits::table.filter(officer_visits::meeting_id.eq(meeting)).select(officer_visits::id).first(conn)?;
    let told = officer_visit_logs::table.filter(officer_visit_logs::visit_id.eq(there));
    let is_told: Option<OfficerLogId> = told.select(officer_visit_logs::officer_log_id).first(conn).optional()?;
    if is_told.is_none() {
        diesel::update(officer_visits::table.find(there))
            .set((
                officer_visits::attended_on.eq(visit.attended_on),
                officer_visits::starts_at.eq(visit.starts_at),
                officer_visits::first_logged_by_id.eq(visit.first_logged_by_id),
            ))
            .execute(conn)?;
    }
    Ok(Some((there, is_told.is_some())))
}

/// Notes which visit a log tells of, in place of what was noted before.
pub fn put_log(conn: &mut Conn, row: VisitLog) -> Result<()> {
    on_engine!(conn, |conn| run::<VisitLog, _, _>(conn, put!(row)))?;
    Ok(())
}

/// The logs of a visit, the first first; 200 at most.
pub fn logs(conn: &mut Conn, visit: OfficerVisitId) -> Result<Vec<OfficerLog>> {
    Ok(officer_visit_logs::table
        .inner_join(officer_logs::table.on(officer_logs::id.eq(officer_visit_logs::officer_log_id)))
        .filter(officer_visit_logs::visit_id.eq(visit))
        .order((officer_logs::created_at, officer_logs::id))
        .limit(MOST_LOGS)
        .select(OfficerLog::as_select())
        .load(conn)?)
}

/// Another log of the same visit: whose, and linked to which partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shared {
    pub officer: AccountId,
    pub partnership: Option<PartnershipId>,
}

/// Of each of these logs, the visit that it tells of and the others' logs of the same.
pub fn of_logs(conn: &mut Conn, logs: &[OfficerLogId]) -> Result<HashMap<OfficerLogId, (OfficerVisitId, Vec<Shared>)>> {
    if logs.is_empty() {
        return Ok(HashMap::new());
    }
    let other = diesel::alias!(officer_visit_logs as other);
    type Row = (OfficerLogId, OfficerVisitId, OfficerLogId, AccountId, Option<PartnershipId>);
    let rows: Vec<Row> = on_engine!(conn, |conn| officer_visit_logs::table
        .inner_join(other.on(other.field(officer_visit_logs::visit_id).eq(officer_visit_logs::visit_id)))
        .inner_join(officer_logs::table.on(officer_logs::id.eq(other.field(officer_visit_logs::officer_log_id))))
        .filter(among(officer_visit_logs::officer_log_id, logs.to_vec()))
        .order((officer_logs::created_at, officer_logs::id))
        .select((
            officer_visit_logs::officer_log_id,
            officer_visit_logs::visit_id,
            officer_logs::id,
            officer_logs::officer_id,
            officer_logs::partnership_id,
        ))
        .load(conn))?;
    let mut found: HashMap<OfficerLogId, (OfficerVisitId, Vec<Shared>)> = HashMap::new();
    for (log, visit, other, officer, partnership) in rows {
        let (_, shared) = found.entry(log).or_insert_with(|| (visit, Vec::new()));
        if other != log {
            shared.push(Shared { officer, partnership });
        }
    }
    Ok(found)
}

/// Of these partnerships, those that the account leads, with the side.
pub fn find_led(conn: &mut Conn, account: AccountId, of: Vec<PartnershipId>) -> Result<HashMap<PartnershipId, Side>> {
    Ok(seats_of(conn, account, &of)?.into_iter().collect())
}
