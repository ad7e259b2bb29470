//! When a group meets that is not one of ours, as far as officers know.

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::compute::Group;
use super::events;
use super::policy::{self, Action, Facts};
use super::queries::{self, MOST_IN_PLACE};
use crate::accounts::{Actor, Ctx, PersonRef, people};
use crate::directory::{AreaOfAgency, AreaRef, area_refs, duty_day, find_area_of_agency, local_day};
use crate::id_type;
use crate::ids::{AccountId, AreaId};
use crate::meetings::log_model::GroupKind;
use crate::meetings::queries::logs;
use crate::meetings::series::{Given, begins, rule_words};
use crate::meetings::visits::{hold_places, place_of};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned, wrong,
};
use crate::platform::text::{Day, Line, LocalTime, Zone, fold};
use crate::schema::group_schedules;

id_type! {
    /// When a group meets that is not one of ours.
    GroupScheduleId
}

/// The first meeting of a schedule lies at most so many days back or ahead.
const REACH_DAYS: u64 = 366;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = group_schedules, treat_none_as_default_value = false)]
pub struct GroupSchedule {
    pub id: GroupScheduleId,
    pub area_id: AreaId,
    pub place_id: AreaId,
    pub group_kind: GroupKind,
    pub group_name: String,
    pub group_key: String,
    pub rule: String,
    pub starts_local: String,
    pub last_local: String,
    pub time_zone: String,
    pub put_down_by_id: AccountId,
    pub ended_on: Option<NaiveDate>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

pub(super) fn stored<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::fault(format!("{text:?} in a schedule in the database")))
}

impl GroupSchedule {
    /// Whose it is.
    pub fn group(&self) -> Group {
        Group::Named(self.group_kind, self.group_key.clone(), self.place_id)
    }
    fn given(&self) -> Result<Given> {
        let last: LocalTime = stored(&self.last_local)?;
        stored(&format!("{};UNTIL={}", self.rule, last.0.format("%Y%m%d")))
    }
    /// The days of its meetings within these days, as long as it counts.
    ///
    /// # Errors
    /// A fault when what is stored can't be read.
    pub fn meetings(&self, from: NaiveDate, to: NaiveDate) -> Result<Vec<NaiveDate>> {
        let (_, all) = begins(&self.given()?, stored(&self.starts_local)?, stored(&self.time_zone)?)
            .map_err(|errors| Error::fault(format!("a stored schedule does not do: {errors:?}")))?;
        let to = self.ended_on.map_or(to, |last| last.min(to));
        Ok(all.iter().map(chrono::NaiveDateTime::date).filter(|day| (from..=to).contains(day)).collect())
    }
}

/// When a group meets that is not one of ours.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "group_kind": "business_merchant_association", "group_name": "Merchants of Kansas Avenue",
    "rule": "FREQ=MONTHLY;BYDAY=1MO", "starts_local": "2027-03-01T18:00"
}))]
pub struct CreateGroupSchedule {
    /// What kind of group meets; partnerships have their series.
    group_kind: GroupKind,
    /// The group's name, as logs have it.
    group_name: Line<2, 120>,
    /// When it meets, as in series of meetings (RFC 5545 3.3.10). The last meeting is at most two years after the first; without
    /// an end, that is where the schedule ends.
    rule: Given,
    /// When a first meeting begins, on the clock there: one of the days of the rule, at most 366 days back or ahead.
    starts_local: LocalTime,
    /// The zone of that clock; that of the area's agency where nothing is said.
    time_zone: Option<Zone>,
}
impl Check for CreateGroupSchedule {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if self.group_kind == GroupKind::Partnership {
            errors.push(wrong("/group_kind", FieldCode::Refused, "partnerships meet by their series"));
        }
    }
}

/// Which schedules to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GroupScheduleFilter {
    /// `true`: those that were ended.
    #[serde(default)]
    ended: bool,
}

/// When a group meets that is not one of ours, as far as officers know.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupScheduleDetail {
    /// The schedule.
    id: GroupScheduleId,
    /// The area that it meets in.
    area: Option<AreaRef>,
    /// What kind of group meets.
    group_kind: GroupKind,
    /// The group's name.
    group_name: String,
    /// The recurrence rule (RFC 5545), with its last day.
    #[schema(value_type = Given)]
    rule: String,
    /// The schedule in words, exactly.
    words: String,
    /// When the first meeting of the rule begins, on the clock there.
    #[schema(value_type = LocalTime)]
    starts_local: String,
    /// When the last meeting of the rule begins.
    #[schema(value_type = LocalTime)]
    last_local: String,
    /// The zone of that clock (IANA).
    #[schema(value_type = Zone)]
    time_zone: String,
    /// Who put it down.
    put_down_by: Option<PersonRef>,
    /// The last day on which it counts, where it was ended.
    #[schema(value_type = Option<Day>)]
    ended_on: Option<NaiveDate>,
    /// Changes with every change.
    version: i64,
    /// When it was put down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn shown(conn: &mut Conn, rows: Vec<GroupSchedule>) -> Result<Vec<GroupScheduleDetail>> {
    let areas = area_refs(conn, rows.iter().map(|row| row.area_id))?;
    let people = people(conn, rows.iter().map(|row| row.put_down_by_id))?;
    rows.into_iter()
        .map(|row| {
            let (first, last): (LocalTime, LocalTime) = (stored(&row.starts_local)?, stored(&row.last_local)?);
            let given = row.given()?;
            Ok(GroupScheduleDetail {
                area: areas.get(&row.area_id).cloned(),
                put_down_by: people.get(&row.put_down_by_id).cloned(),
                rule: given.to_string(),
                words: rule_words(&given.of(first.0.date()), first.0, stored(&row.time_zone)?, last.0, &[]),
                id: row.id,
                group_kind: row.group_kind,
                group_name: row.group_name,
                starts_local: row.starts_local,
                last_local: row.last_local,
                time_zone: row.time_zone,
                ended_on: row.ended_on,
                version: row.version,
                created_at: row.created_at,
                updated_at: row.updated_at,
            })
        })
        .collect()
}

fn one(conn: &mut Conn, row: GroupSchedule) -> Result<Versioned<GroupScheduleDetail>> {
    let version = row.version;
    let value = shown(conn, vec![row])?.pop().ok_or_else(|| Error::fault("a schedule was lost"))?;
    Ok(Versioned::new(value, version))
}

/// The area with its clock, for whoever may do this there.
///
/// # Errors
/// 404 where there is no such area, and what the policy says.
pub fn demand_area(conn: &mut Conn, actor: &Actor, id: AreaId, action: Action, now: Instant) -> Result<Zone> {
    let person = actor.person()?;
    let AreaOfAgency { area, zone, .. } = find_area_of_agency(conn, id)?.ok_or_else(Error::not_found)?;
    let today = duty_day(conn, actor, now)?;
    let facts = Facts {
        is_self: false,
        same_agency: person.agency == Some(area.agency_id),
        on_duty_there: person.is_police() && !logs::areas_on_duty(conn, person.id, vec![id], today)?.is_empty(),
    };
    policy::demand(actor, facts, action)?;
    Ok(zone)
}

/// Puts down when a group meets that is not one of ours: what attendance is compared with.
///
/// For officers on duty in the area and commanders of its agency. A group has one schedule at a time, and a district 200.
#[utoipa::path(post, path = "/areas/{area_id}/group-schedules",
    tag = "regularity", security(("bearer" = [])),
    params(("area_id" = AreaId, Path, description = "The area that it meets in.")),
    request_body = CreateGroupSchedule, responses((status = 201, body = GroupScheduleDetail)))]
pub async fn create_group_schedule(ctx: Ctx, id: Path<AreaId>, body: Valid<CreateGroupSchedule>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let zone = demand_area(tx, actor, id.0, Action::CreateGroupSchedule, now)?;
        let CreateGroupSchedule { group_kind, group_name, rule, starts_local, time_zone } = body.0;
        let zone = time_zone.unwrap_or(zone);
        let (today, first) = (local_day(zone, now), starts_local.0.date());
        let reach = Days::new(REACH_DAYS);
        let earliest = today.checked_sub_days(reach).is_none_or(|day| first >= day);
        if !earliest || today.checked_add_days(reach).is_some_and(|day| first > day) {
            let message = "must be at most 366 days back or ahead";
            return Err(Error::field("/starts_local", FieldCode::OutOfRange, message));
        }
        let (complete, all) = begins(&rule, starts_local, zone).map_err(Error::fields)?;
        // So that of two who put down the same, the second finds the first.
        hold_places(tx, vec![id.0])?;
        let group_name: String = group_name.into();
        let row = GroupSchedule {
            id: GroupScheduleId::new(),
            area_id: id.0,
            place_id: place_of(tx, id.0)?,
            group_kind,
            group_key: fold(&group_name),
            group_name,
            rule: complete.to_string(),
            starts_local: starts_local.to_string(),
            last_local: LocalTime(all.last().copied().unwrap_or(starts_local.0)).to_string(),
            time_zone: zone.to_string(),
            put_down_by_id: by,
            ended_on: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        match queries::counting(tx, &row)? {
            (Some(other), _) => {
                let detail = "It is put down already when this group meets; end that first.";
                return Err(Error::conflict(detail).with_conflict(address(other)));
            }
            (None, count) if count >= MOST_IN_PLACE => {
                return Err(Error::conflict("The district has 200 schedules; end one of them first."));
            }
            (None, _) => {}
        }
        queries::insert(tx, &row)?;
        let entry = events::SCHEDULED.on(row.id.0).fact("group_kind", row.group_kind.as_str());
        let location = address(row.id);
        let value = one(tx, row)?.value;
        tx.recorded(entry, Created { value, location, version: Some(1) })
    })
    .await
}

fn address(id: GroupScheduleId) -> String {
    format!("{API}/group-schedules/{id}")
}

/// Lists when groups of an area meet, the first put down first.
#[utoipa::path(get, path = "/areas/{area_id}/group-schedules",
    tag = "regularity", security(("bearer" = [])),
    params(("area_id" = AreaId, Path, description = "The area."), GroupScheduleFilter, PageParams),
    responses((status = 200, body = Page<GroupScheduleDetail>)))]
pub async fn list_group_schedules(ctx: Ctx, id: Path<AreaId>, listing: Listing<GroupScheduleFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        demand_area(conn, actor, id.0, Action::ListGroupSchedules, now)?;
        let mut page = queries::list(conn, id.0, listing.filter.ended, &listing)?;
        let items = shown(conn, std::mem::take(&mut page.items))?;
        Ok(page.with_items(items))
    })
    .await
}

/// Reads when a group meets.
#[utoipa::path(get, path = "/group-schedules/{group_schedule_id}",
    tag = "regularity", security(("bearer" = [])),
    params(("group_schedule_id" = GroupScheduleId, Path, description = "The schedule.")),
    responses((status = 200, body = GroupScheduleDetail)))]
pub async fn get_group_schedule(ctx: Ctx, id: Path<GroupScheduleId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        let row = queries::find(conn, id.0)?.ok_or_else(Error::not_found)?;
        demand_area(conn, actor, row.area_id, Action::GetGroupSchedule, now)?;
        one(conn, row)
    })
    .await
}

/// Says that a group does not meet so any more: from tomorrow on, nothing is expected.
#[utoipa::path(post, path = "/group-schedules/{group_schedule_id}/end",
    tag = "regularity", security(("bearer" = [])),
    params(("group_schedule_id" = GroupScheduleId, Path, description = "The schedule."), IfMatchParam),
    responses((status = 200, body = GroupScheduleDetail)))]
pub async fn end_group_schedule(ctx: Ctx, id: Path<GroupScheduleId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let row = queries::find_locked(tx, id.0)?.ok_or_else(Error::not_found)?;
        demand_area(tx, actor, row.area_id, Action::EndGroupSchedule, now)?;
        if_match.demand(row.version)?;
        if row.ended_on.is_some() {
            return Err(Error::conflict("The schedule was ended already."));
        }
        let today = local_day(stored(&row.time_zone)?, now);
        let row = queries::end(tx, id.0, today, now)?;
        let shown = one(tx, row)?;
        tx.recorded(events::ENDED.on(id.0.0), shown)
    })
    .await
}

crate::operations! {
    create_group_schedule,
    list_group_schedules,
    get_group_schedule,
    end_group_schedule,
}
