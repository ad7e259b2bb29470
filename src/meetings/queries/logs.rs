//! Officers' logs and their versions.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::directory::assigned_areas;
use crate::ids::{AccountId, AgencyId, AreaId, MeetingId, OfficerLogId, PartnershipId};
use crate::meetings::log_model::{GroupKind, OfficerLog, OfficerLogState, OfficerLogVersion, OfficerLogVersionId};
use crate::meetings::log_rules::{SAME_VISIT, Visited};
use crate::partnerships::PartnershipState;
use crate::platform::clock::Instant;
use crate::platform::db::{
    self, AnyId, Columns, Conn, MultiBackend, OnConflict, Unique, among, locked, row_lt, shaped,
};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{area_ancestors, officer_log_versions, officer_logs, partnerships};
use crate::{insert_both, insert_one, on_engine};

/// An officer's device makes each log once.
pub const ONE_PER_CLIENT_UUID: Unique =
    Unique { index: "officer_logs_one_per_client_uuid", columns: "officer_logs.officer_id, officer_logs.client_uuid" };

pub fn find(conn: &mut Conn, id: OfficerLogId) -> Result<Option<OfficerLog>> {
    Ok(officer_logs::table.find(id).select(OfficerLog::as_select()).first(conn).optional()?)
}

/// The log, which stays as it is until the transaction ends.
pub fn find_locked(conn: &mut Conn, id: OfficerLogId) -> Result<Option<OfficerLog>> {
    Ok(locked(officer_logs::table.find(id).select(OfficerLog::columns())).get_result(conn).optional()?)
}

/// Makes other transactions wait that want to change these partnerships, in the order of their ids.
pub fn hold_partnerships(conn: &mut Conn, ids: Vec<PartnershipId>) -> Result<()> {
    if !ids.is_empty() {
        let rows = partnerships::table.filter(partnerships::id.eq_any(ids)).order(partnerships::id);
        db::hold(conn, rows.select(partnerships::id))?;
    }
    Ok(())
}

/// Whether the partnership is at work.
pub fn is_live(conn: &mut Conn, id: PartnershipId) -> Result<bool> {
    let state: Option<PartnershipState> =
        partnerships::table.find(id).select(partnerships::state).first(conn).optional()?;
    Ok(state.is_some_and(PartnershipState::is_live))
}

/// A log of the officer's that a new one may be: whom it is of a visit to, and which id the device made it under.
#[derive(Debug, Queryable)]
pub struct Near {
    pub id: OfficerLogId,
    pub client_uuid: AnyId,
    starts_at: Instant,
    group_name: Option<String>,
    area_id: AreaId,
    meeting_id: Option<MeetingId>,
    partnership_id: Option<PartnershipId>,
}

impl Near {
    /// Whether it is of a visit to the same group.
    pub fn is_of(&self, visited: &Visited) -> bool {
        let Self { group_name, area_id, meeting_id, partnership_id, .. } = self;
        Visited::new(group_name.as_deref(), *area_id, *meeting_id, *partnership_id).is_same(visited)
    }
}

/// What the officer's device made under this id, if anything, and the officer's logs of visits that began about then, in the
/// order in which they began. Whoever means to insert one holds the logs of the officer.
pub fn find_near(conn: &mut Conn, officer: AccountId, client_uuid: AnyId, starts_at: Instant) -> Result<Vec<Near>> {
    // Only what tells whom a visit was to: an officer begins few within an hour, and whole logs are long.
    let near = (
        officer_logs::id,
        officer_logs::client_uuid,
        officer_logs::starts_at,
        officer_logs::group_name,
        officer_logs::area_id,
        officer_logs::meeting_id,
        officer_logs::partnership_id,
    );
    let own = || officer_logs::table.filter(officer_logs::officer_id.eq(officer));
    let about_then = officer_logs::starts_at.between(starts_at.minus(SAME_VISIT), starts_at.plus(SAME_VISIT));
    // Each by its own index; what is both is there twice.
    let either = own()
        .filter(officer_logs::client_uuid.eq(client_uuid))
        .select(near)
        .union_all(own().filter(about_then).select(near));
    let mut rows: Vec<Near> = on_engine!(conn, |conn| shaped::<Near, _>(either).load(conn))?;
    rows.sort_by_key(|near| (near.starts_at, near.id));
    Ok(rows)
}

/// Inserts a log with what it says.
///
/// # Errors
/// A conflict when the officer's device made one under this id already.
pub fn insert(conn: &mut Conn, log: &OfficerLog, version: &OfficerLogVersion) -> Result<()> {
    let (logs, versions) = (diesel::insert_into(officer_logs::table), diesel::insert_into(officer_log_versions::table));
    insert_both!(conn, OfficerLog => logs.values(log), OfficerLogVersion => versions.values(version))
        .on_conflict(&ONE_PER_CLIENT_UUID, || Error::conflict("Another log has this client_uuid."))
}

/// Writes an amended log, whose row the caller holds.
pub fn update(conn: &mut Conn, log: &OfficerLog) -> Result<()> {
    diesel::update(officer_logs::table.find(log.id)).set(log).execute(conn)?;
    Ok(())
}

/// What a civilian leader says of a log, whose row the caller holds; the row as it is then.
pub fn decide(
    conn: &mut Conn,
    id: OfficerLogId,
    state: OfficerLogState,
    by: AccountId,
    reason: Option<String>,
    now: Instant,
) -> Result<OfficerLog> {
    Ok(diesel::update(officer_logs::table.find(id))
        .set((
            officer_logs::state.eq(state),
            officer_logs::decided_by_id.eq(by),
            officer_logs::decided_at.eq(now),
            officer_logs::dispute_reason.eq(reason),
            officer_logs::version.eq(officer_logs::version + 1),
            officer_logs::updated_at.eq(now),
        ))
        .returning(OfficerLog::columns())
        .get_result(conn)?)
}

/// Logs linked to a partnership that were submitted before `before` and wait for an answer; `limit` at most.
pub fn unanswered(conn: &mut Conn, before: Instant, limit: i64) -> Result<Vec<OfficerLog>> {
    Ok(officer_logs::table
        .filter(
            officer_logs::state
                .eq(OfficerLogState::Submitted)
                .and(officer_logs::submitted_at.lt(before))
                .and(officer_logs::partnership_id.is_not_null()),
        )
        .order((officer_logs::submitted_at, officer_logs::id))
        .limit(limit)
        .select(OfficerLog::as_select())
        .load(conn)?)
}

/// Nobody answered in time. Whether it was still so.
pub fn lapse(conn: &mut Conn, log: &OfficerLog, now: Instant) -> Result<bool> {
    let same = officer_logs::state.eq(OfficerLogState::Submitted).and(officer_logs::version.eq(log.version));
    let lapsed = diesel::update(officer_logs::table.find(log.id).filter(same))
        .set((
            officer_logs::state.eq(OfficerLogState::Unconfirmed),
            officer_logs::version.eq(officer_logs::version + 1),
            officer_logs::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(lapsed == 1)
}

pub fn insert_version(conn: &mut Conn, version: &OfficerLogVersion) -> Result<()> {
    insert_one!(conn, officer_log_versions::table, OfficerLogVersion, version)?;
    Ok(())
}

pub fn next_number(conn: &mut Conn, id: OfficerLogId) -> Result<i32> {
    let last: Option<i32> = officer_log_versions::table
        .filter(officer_log_versions::officer_log_id.eq(id))
        .select(max(officer_log_versions::number))
        .first(conn)?;
    Ok(last.unwrap_or(0) + 1)
}

/// The log as it was first submitted.
pub fn find_original(conn: &mut Conn, id: OfficerLogId) -> Result<OfficerLogVersion> {
    Ok(officer_log_versions::table
        .filter(officer_log_versions::officer_log_id.eq(id).and(officer_log_versions::number.eq(1)))
        .select(OfficerLogVersion::as_select())
        .first(conn)?)
}

/// Versions of a log, the newest first.
pub fn list_versions<F>(conn: &mut Conn, id: OfficerLogId, listing: &Listing<F>) -> Result<Page<OfficerLogVersion>> {
    let filtered = || officer_log_versions::table.filter(officer_log_versions::officer_log_id.eq(id)).into_boxed();
    let mut query = filtered();
    if let Some(after) = listing.after::<(i32, OfficerLogVersionId)>()? {
        query = query.filter(row_lt((officer_log_versions::number, officer_log_versions::id), after));
    }
    let rows = query
        .order((officer_log_versions::number.desc(), officer_log_versions::id.desc()))
        .limit(listing.fetch())
        .select(OfficerLogVersion::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.number, row.id)).with_total(total))
}

/// Of these areas, those in which the account is on duty on `today`.
pub fn areas_on_duty(
    conn: &mut Conn,
    account: AccountId,
    areas: Vec<AreaId>,
    today: NaiveDate,
) -> Result<HashSet<AreaId>> {
    if areas.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<AreaId> = assigned_areas(account, today).filter(among(area_ancestors::area_id, areas)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Whose logs somebody lists. Each is served by an index of its own.
#[derive(Debug, Clone, Copy)]
pub enum Scope {
    /// The reader's own.
    Own(AccountId),
    /// All of this agency: its commanders.
    Agency(AgencyId),
    /// All linked to this partnership: its leaders.
    Led(PartnershipId),
}

type Condition = Box<dyn BoxableExpression<officer_logs::table, MultiBackend, SqlType = Bool>>;

/// `on_duty`: beside those in `scope`, all in areas in which this account is on duty on that day.
fn visible(scope: Scope, on_duty: Option<(AccountId, NaiveDate)>) -> Condition {
    let condition: Condition = match scope {
        Scope::Own(reader) => Box::new(officer_logs::officer_id.eq(reader)),
        Scope::Agency(agency) => Box::new(officer_logs::agency_id.eq(agency)),
        Scope::Led(partnership) => Box::new(officer_logs::partnership_id.assume_not_null().eq(partnership)),
    };
    match on_duty {
        None => condition,
        Some((account, today)) => Box::new(condition.or(officer_logs::area_id.eq_any(assigned_areas(account, today)))),
    }
}

/// Which logs to list.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Beside those in scope, all in areas in which this account is on duty on that day.
    pub on_duty: Option<(AccountId, NaiveDate)>,
    pub officer: Option<AccountId>,
    pub group_kind: Option<GroupKind>,
    pub area: Option<AreaId>,
    pub partnership: Option<PartnershipId>,
    pub state: Option<OfficerLogState>,
    /// Attended on that day or later.
    pub from: Option<NaiveDate>,
    /// Attended on that day or earlier.
    pub to: Option<NaiveDate>,
}

/// Logs, the newest visit first.
pub fn list<F>(conn: &mut Conn, scope: Scope, wanted: &Wanted, listing: &Listing<F>) -> Result<Page<OfficerLog>> {
    let filtered = || {
        let mut query = officer_logs::table.filter(visible(scope, wanted.on_duty)).into_boxed();
        if let Some(officer) = wanted.officer {
            query = query.filter(officer_logs::officer_id.eq(officer));
        }
        if let Some(kind) = wanted.group_kind {
            query = query.filter(officer_logs::group_kind.eq(kind));
        }
        if let Some(area) = wanted.area {
            let within =
                area_ancestors::table.filter(area_ancestors::ancestor_id.eq(area)).select(area_ancestors::area_id);
            query = query.filter(officer_logs::area_id.eq_any(within));
        }
        if let Some(partnership) = wanted.partnership {
            query = query.filter(officer_logs::partnership_id.eq(partnership));
        }
        if let Some(state) = wanted.state {
            query = query.filter(officer_logs::state.eq(state));
        }
        if let Some(from) = wanted.from {
            query = query.filter(officer_logs::attended_on.ge(from));
        }
        if let Some(to) = wanted.to {
            query = query.filter(officer_logs::attended_on.le(to));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, OfficerLogId)>()? {
        query = query.filter(row_lt((officer_logs::starts_at, officer_logs::id), after));
    }
    let rows = query
        .order((officer_logs::starts_at.desc(), officer_logs::id.desc()))
        .limit(listing.fetch())
        .select(OfficerLog::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.starts_at, row.id)).with_total(total))
}
