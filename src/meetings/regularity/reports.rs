//! How regularly an officer attends, and how regularly the groups of an area are attended.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::compute::{Attendance, Expected, Group, Regularity, Totals, groups, kinds, totals};
use super::policy::{self, Action, Facts};
use super::queries::{self, MOST_LOGS, MOST_MEETINGS, MOST_SCHEDULES, Of, Window};
use super::schedules::demand_area;
use crate::accounts::{Actor, Ctx};
use crate::directory::{AreaRef, area_refs, duty_day, local_day};
use crate::ids::{AccountId, AreaId, PartnershipId};
use crate::meetings::commitments::{self, CommitmentState, Counts, Logs, Made, counts};
use crate::meetings::log_model::GroupKind;
use crate::partnerships::{PartnershipRef, partnership_refs};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::{Filter, Found, Listing, Page, PageParams, Path, Reply, demand_range};
use crate::platform::text::Day;

/// Days that are looked at where nothing is said.
const USUAL_DAYS: u64 = 90;
/// Days that can be looked at.
const MOST_DAYS: i64 = 366;

/// Which days to look at.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RegularityFilter {
    /// From this day on; 90 days where nothing is said, 366 at most.
    from: Option<Day>,
    /// Through this day; today where nothing is said, and never beyond.
    to: Option<Day>,
}

/// What became of promises that were made within the days that are looked at: in logs of visits of these days, whenever they are
/// or were due. One for which another day was agreed on is counted by what becomes of it then.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommitmentTally {
    /// That were made, each once, however they stand: kept, broken, open, or released.
    made: i64,
    /// That somebody of another side says were kept.
    kept: i64,
    /// That were broken; and those for which another day was asked for too late, beside what became of them then.
    broken: i64,
    /// That are open, those too that nobody can confirm.
    open: i64,
    /// Of the open ones, those whose day is over.
    late: i64,
}

/// How regularly groups were attended.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegularityDetail {
    /// The first day that is looked at.
    #[schema(value_type = Day)]
    from: NaiveDate,
    /// The last day that is looked at.
    #[schema(value_type = Day)]
    to: NaiveDate,
    /// Meetings that were visited, each once, however many officers logged it.
    visits: i64,
    /// Meetings that were expected: of series of partnerships and of schedules of groups.
    expected: i64,
    /// Of those, how many were attended: a group was visited on the day on which it met, and as often at most.
    expected_attended: i64,
    /// The part of what was expected that was attended, from 0 to 1; `null` where nothing was expected.
    regularity: Option<f64>,
    /// Kinds of group that were visited; `other` is none.
    kinds_visited: Vec<GroupKind>,
    /// Kinds of group that were not.
    kinds_missed: Vec<GroupKind>,
    /// The part of the kinds of group that was visited, from 0 to 1.
    coverage: f64,
    /// What was promised, and what became of it.
    commitments: CommitmentTally,
    /// Minutes at meetings, for each officer once per visit.
    meeting_minutes: i64,
    /// Minutes of preparation.
    prep_minutes: i64,
    /// Minutes of travel.
    travel_minutes: i64,
    /// All three in hours.
    hours: f64,
}

/// How regularly a group was attended.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupRegularity {
    /// What kind of group it is.
    group_kind: GroupKind,
    /// Its name, where it is no partnership.
    group_name: Option<String>,
    /// The partnership that it is.
    partnership: Option<PartnershipRef>,
    /// The district that it meets in, where it is no partnership.
    area: Option<AreaRef>,
    /// How often it was visited, on whatever day.
    attended: i64,
    /// How many meetings it held, as far as is known. Where a schedule took the place of one that was ended, it counts from the
    /// day after that one's end.
    expected: Option<i64>,
    /// Of those, how many were attended: it was visited on that day.
    expected_attended: Option<i64>,
    /// The part of what was expected that was attended, from 0 to 1; `null` where nothing was expected.
    regularity: Option<f64>,
    /// The day of the last visit within the days that are looked at.
    #[schema(value_type = Option<Day>)]
    last_visit_on: Option<NaiveDate>,
    /// Days from that visit to today.
    days_since_last_visit: Option<i64>,
}

/// The days that are asked for.
fn window(filter: &RegularityFilter, today: NaiveDate) -> Result<Window> {
    demand_range(filter.from, filter.to)?;
    let to = filter.to.map_or(today, |day| day.0.min(today));
    let from = match filter.from {
        Some(day) => day.0,
        None => to.checked_sub_days(Days::new(USUAL_DAYS - 1)).unwrap_or(to),
    };
    if (to - from).num_days() >= MOST_DAYS {
        return Err(Error::field("?from", FieldCode::OutOfRange, "must be at most 366 days before to"));
    }
    Ok((from, to.max(from)))
}

/// All that is counted.
struct Counted {
    attended: Vec<Attendance>,
    rows: Vec<Regularity>,
    window: Window,
}

fn counted(conn: &mut Conn, of: Of, window: Window, today: NaiveDate, now: Instant) -> Result<Counted> {
    let too_much = |what: &str| {
        let message = format!("there are too many {what} to count; ask for fewer days or a smaller area");
        Err(Error::field("?from", FieldCode::OutOfRange, message))
    };
    let attended = queries::attended(conn, of, window)?;
    if attended.len() > MOST_LOGS {
        return too_much("logs");
    }
    let (mut partnerships, mut places): (Vec<PartnershipId>, Vec<AreaId>) = (Vec::new(), Vec::new());
    for one in &attended {
        match &one.group {
            Group::Partnership(id) => partnerships.push(*id),
            Group::Named(_, _, place) => places.push(*place),
        }
    }
    places.sort_unstable();
    places.dedup();
    partnerships.sort_unstable();
    partnerships.dedup();
    let held = queries::held(conn, of, partnerships, window, now)?;
    if held.values().map(Vec::len).sum::<usize>() > MOST_MEETINGS {
        return too_much("meetings");
    }
    let mut expected: Expected = held.into_iter().map(|(id, days)| (Group::Partnership(id), (None, days))).collect();
    let schedules = queries::schedules(conn, of, places)?;
    if schedules.len() > 2 * MOST_SCHEDULES {
        return too_much("schedules");
    }
    // In the order in which they were put down: what one expects up to its end, no later one of the group expects again.
    let mut ended: BTreeMap<Group, NaiveDate> = BTreeMap::new();
    for schedule in schedules {
        let group = schedule.group();
        let mut meetings = schedule.meetings(window.0, window.1)?;
        meetings.retain(|day| ended.get(&group).is_none_or(|last| day > last));
        if let Some(last) = schedule.ended_on {
            let until = ended.entry(group.clone()).or_insert(last);
            *until = last.max(*until);
        }
        // Of groups that don't meet within these days, only those count that were visited all the same.
        if !meetings.is_empty() || attended.iter().any(|one| one.group == group) {
            let (name, days) = expected.entry(group).or_insert((None, Vec::new()));
            *name = Some(schedule.group_name);
            days.extend(meetings);
        }
    }
    let rows = groups(&attended, &expected, today);
    Ok(Counted { attended, rows, window })
}

fn tallied(of: Made) -> CommitmentTally {
    let Made { made, late, tally } = of;
    let mut all = CommitmentTally { made, kept: 0, broken: 0, open: 0, late };
    for (state, asked, count) in tally {
        match counts(state, asked) {
            Counts::Kept => all.kept += count,
            Counts::Broken => all.broken += count,
            Counts::Not => {}
        }
        if state == CommitmentState::Open {
            all.open += count;
        }
    }
    all
}

#[expect(clippy::cast_precision_loss, reason = "minutes of a year, far below 2^52")]
fn report(counted: &Counted, promised: Made) -> RegularityDetail {
    let Totals {
        visits,
        expected,
        expected_attended,
        regularity,
        kinds_visited,
        coverage,
        meeting_minutes,
        prep_minutes,
        travel_minutes,
    } = totals(&counted.attended, &counted.rows);
    RegularityDetail {
        from: counted.window.0,
        to: counted.window.1,
        visits,
        expected,
        expected_attended,
        regularity,
        kinds_missed: kinds().filter(|kind| !kinds_visited.contains(kind)).collect(),
        kinds_visited,
        coverage,
        commitments: tallied(promised),
        meeting_minutes,
        prep_minutes,
        travel_minutes,
        hours: (meeting_minutes + prep_minutes + travel_minutes) as f64 / 60.0,
    }
}

fn page<F>(conn: &mut Conn, rows: Vec<Regularity>, listing: &Listing<F>) -> Result<Page<GroupRegularity>> {
    let total = listing.total.then(|| i64::try_from(rows.len()).unwrap_or(i64::MAX));
    let after = listing.after::<Group>()?;
    let most = usize::try_from(listing.fetch()).unwrap_or(usize::MAX);
    let rows: Vec<Regularity> =
        rows.into_iter().filter(|row| after.as_ref().is_none_or(|after| row.group > *after)).take(most).collect();
    let page = listing.page(rows, |row| row.group.clone()).with_total(total);
    let (mut partnerships, mut places): (Vec<PartnershipId>, Vec<AreaId>) = (Vec::new(), Vec::new());
    for row in &page.items {
        match &row.group {
            Group::Partnership(id) => partnerships.push(*id),
            Group::Named(_, _, place) => places.push(*place),
        }
    }
    let (partnerships, areas) = (partnership_refs(conn, partnerships)?, area_refs(conn, places)?);
    Ok(page.map(|row| GroupRegularity {
        group_kind: row.group.kind(),
        partnership: match &row.group {
            Group::Partnership(id) => partnerships.get(id).cloned(),
            Group::Named(..) => None,
        },
        area: match &row.group {
            Group::Partnership(_) => None,
            Group::Named(_, _, place) => areas.get(place).cloned(),
        },
        group_name: row.name,
        attended: row.attended,
        expected: row.expected,
        expected_attended: row.expected_attended,
        regularity: row.regularity,
        last_visit_on: row.last_on,
        days_since_last_visit: row.days_since,
    }))
}

/// The day by which an officer's duties count, for whoever may know how regularly the officer attends.
fn demand_officer(conn: &mut Conn, actor: &Actor, id: AccountId, action: Action, now: Instant) -> Result<NaiveDate> {
    let person = actor.person()?;
    let agency = queries::agency_of_officer(conn, id)?;
    let facts = Facts {
        is_self: person.id == id && agency.is_some(),
        same_agency: agency.is_some() && person.agency == agency,
        on_duty_there: false,
    };
    policy::demand(actor, facts, action)?;
    duty_day(conn, actor, now)
}

/// Reads how regularly an officer attends meetings of groups.
///
/// For the officer and for commanders of the agency. What is expected are the meetings of series of partnerships that the
/// officer visited or that meet where the officer is on duty, and the schedules of groups there.
#[utoipa::path(get, path = "/officers/{account_id}/regularity",
    tag = "regularity", security(("bearer" = [])),
    params(("account_id" = AccountId, Path, description = "The officer."), RegularityFilter),
    responses((status = 200, body = RegularityDetail)))]
pub async fn get_officer_regularity(ctx: Ctx, id: Path<AccountId>, filter: Filter<RegularityFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let today = demand_officer(conn, actor, id.0, Action::GetOfficerRegularity, now)?;
        let window = window(&filter.0, today)?;
        let counted = counted(conn, Of::Officer(id.0, today), window, today, now)?;
        let promised = commitments::made(conn, Logs::Of(id.0), window, today)?;
        Ok(Found(report(&counted, promised)))
    })
    .await
}

/// Lists how regularly an officer attends each group, partnerships first.
#[utoipa::path(get, path = "/officers/{account_id}/regularity/groups",
    tag = "regularity", security(("bearer" = [])),
    params(("account_id" = AccountId, Path, description = "The officer."), RegularityFilter, PageParams),
    responses((status = 200, body = Page<GroupRegularity>)))]
pub async fn list_officer_group_regularity(
    ctx: Ctx,
    id: Path<AccountId>,
    listing: Listing<RegularityFilter>,
) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let today = demand_officer(conn, actor, id.0, Action::ListOfficerGroupRegularity, now)?;
        let window = window(&listing.filter, today)?;
        let counted = counted(conn, Of::Officer(id.0, today), window, today, now)?;
        page(conn, counted.rows, &listing)
    })
    .await
}

/// Reads how regularly officers attend meetings of the groups of an area.
///
/// For officers on duty there and commanders of its agency.
#[utoipa::path(get, path = "/areas/{area_id}/regularity",
    tag = "regularity", security(("bearer" = [])),
    params(("area_id" = AreaId, Path, description = "The area, with all within."), RegularityFilter),
    responses((status = 200, body = RegularityDetail)))]
pub async fn get_area_regularity(ctx: Ctx, id: Path<AreaId>, filter: Filter<RegularityFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let today = local_day(demand_area(conn, actor, id.0, Action::GetAreaRegularity, now)?, now);
        let window = window(&filter.0, today)?;
        let counted = counted(conn, Of::Area(id.0), window, today, now)?;
        let promised = commitments::made(conn, Logs::Within(id.0), window, today)?;
        Ok(Found(report(&counted, promised)))
    })
    .await
}

/// Lists how regularly officers attend each group of an area, partnerships first.
#[utoipa::path(get, path = "/areas/{area_id}/regularity/groups",
    tag = "regularity", security(("bearer" = [])),
    params(("area_id" = AreaId, Path, description = "The area, with all within."), RegularityFilter, PageParams),
    responses((status = 200, body = Page<GroupRegularity>)))]
pub async fn list_area_group_regularity(
    ctx: Ctx,
    id: Path<AreaId>,
    listing: Listing<RegularityFilter>,
) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let today = local_day(demand_area(conn, actor, id.0, Action::ListAreaGroupRegularity, now)?, now);
        let window = window(&listing.filter, today)?;
        let counted = counted(conn, Of::Area(id.0), window, today, now)?;
        page(conn, counted.rows, &listing)
    })
    .await
}

crate::operations! {
    get_officer_regularity,
    list_officer_group_regularity,
    get_area_regularity,
    list_area_group_regularity,
}
