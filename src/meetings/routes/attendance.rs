//! Who was there.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::{Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, MeetingId};
use crate::meetings::events;
use crate::meetings::minutes::{FirstTimers, first_timers};
use crate::meetings::model::{Attendance, AttendanceId, HeadCount, Meeting, MeetingState};
use crate::meetings::policy::{self, Action};
use crate::meetings::presence::Presence;
use crate::meetings::queries::attendance as rows;
use crate::meetings::routes::shown::{Hold, event, load_for, load_for_entry};
use crate::meetings::session::attendants_of;
use crate::partnerships::{Sector, SideQuorum, active_members, calls_in_meeting};
use crate::platform::clock::{Instant, hours};
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::{
    API, Check, Created, Found, Listing, NoContent, Page, PageParams, Path, Reply, Valid, wrong,
};
use crate::platform::record::timeline::NoFilter;
use crate::platform::values::Whole;

/// Members can record themselves for so long after the meeting.
const SELF_WITHIN: Duration = hours(24);

/// Somebody who was there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"account_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11"}))]
pub struct RecordAttendance {
    /// A member: yourself, or, for whoever keeps the attendance, anybody.
    account_id: AccountId,
    /// Since when the person was there; from the beginning where nothing is said.
    arrived_at: Option<Instant>,
    /// Until when; to the end where nothing is said.
    left_at: Option<Instant>,
}
impl Check for RecordAttendance {}

/// How many people of one side and kind of organisation were there, beside those recorded by person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"side": "civilian", "organisation_kind": "business_or_merchant_association", "count": 7}))]
pub struct RecordHeadCount {
    /// The side.
    side: Side,
    /// The kind of organisation.
    organisation_kind: Sector,
    /// How many; 0 where it was a mistake.
    count: Whole<0, 10_000>,
}
impl Check for RecordHeadCount {}

/// Somebody who was there.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceEntry {
    /// The entry.
    id: AttendanceId,
    /// Who.
    person: Option<PersonRef>,
    /// The person's side then.
    side: Side,
    /// Who recorded it.
    recorded_by: Option<PersonRef>,
    /// Since when the person was there; `null` from the beginning.
    arrived_at: Option<Instant>,
    /// Until when; `null` to the end.
    left_at: Option<Instant>,
    /// Whether whoever keeps the attendance recorded it, or the person checked in by the code: whoever only says that they were
    /// there counts in no quorum.
    is_vouched: bool,
    /// When it was recorded.
    created_at: Instant,
}

/// Since when and until when somebody was there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"arrived_at": "2027-03-10T00:45:00Z", "left_at": null}))]
pub struct RecordPresence {
    /// Since when, between the beginning of the meeting and now; `null` from the beginning.
    arrived_at: Option<Instant>,
    /// Until when, after `arrived_at`, and until now or the end of the meeting; `null` to the end. Whoever comes back is there to
    /// the end again.
    left_at: Option<Instant>,
}
impl Check for RecordPresence {}

/// A count of people.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeadCountShown {
    /// The side.
    side: Side,
    /// The kind of organisation.
    organisation_kind: Sector,
    /// How many.
    count: i32,
    /// When it was counted first.
    created_at: Instant,
    /// When it was counted last.
    updated_at: Instant,
}

/// The reader's own entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnAttendance {
    /// The entry.
    id: AttendanceId,
    /// When it was recorded.
    created_at: Instant,
}

/// Who was there, in numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceDetail {
    /// The meeting.
    meeting_id: MeetingId,
    /// How many were there.
    presence: Presence,
    /// What was counted, one line per side and kind of organisation.
    head_counts: Vec<HeadCountShown>,
    /// Who was at a meeting of the partnership for the first time, of those who are recorded by person.
    first_timers: FirstTimers,
    /// Whether those who are recorded by person, and there now, are enough to decide, of each side: civilian, police.
    quorum: Vec<SideQuorum>,
    /// Your own entry.
    own: Option<OwnAttendance>,
}

fn shown(row: Attendance, people: &HashMap<AccountId, PersonRef>) -> AttendanceEntry {
    AttendanceEntry {
        id: row.id,
        person: people.get(&row.account_id).cloned(),
        side: row.side,
        recorded_by: people.get(&row.recorded_by_id).cloned(),
        arrived_at: row.arrived_at,
        left_at: row.left_at,
        is_vouched: row.is_vouched,
        created_at: row.created_at,
    }
}

fn counted(row: HeadCount) -> HeadCountShown {
    let HeadCount { meeting_id: _, side, organisation_kind, heads, recorded_by_id: _, created_at, updated_at } = row;
    HeadCountShown { side, organisation_kind, count: heads, created_at, updated_at }
}

fn demand_open(row: &Meeting) -> Result<()> {
    if row.state.is_open_book() {
        Ok(())
    } else {
        Err(Error::conflict(format!(
            "The meeting is {}; attendance is kept from its start until its minutes are approved.",
            row.state
        )))
    }
}

/// Records that a member was at a meeting.
///
/// From its start until its minutes are approved; members record themselves until 24 hours after its end, and count in no quorum
/// by that: they check in by the code, or whoever keeps the attendance records them. Whoever is recorded after something was
/// called in a meeting in session is there from that moment on, where nothing else is said.
#[utoipa::path(post, path = "/meetings/{meeting_id}/attendance",
    tag = "attendance", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    request_body = RecordAttendance, responses((status = 201, body = AttendanceEntry)))]
pub async fn record_attendance(ctx: Ctx, id: Path<MeetingId>, body: Valid<RecordAttendance>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (by, who) = (actor.person()?.id, body.0.account_id);
        let (row, scoped) = load_for_entry(tx, actor, id.0, who, Action::RecordAttendance, now)?;
        scoped.demand_live()?;
        demand_open(&row)?;
        let late = row.adjourned_at.is_some_and(|over| now.since(over) > SELF_WITHIN);
        if late && !policy::keeps_attendance(actor.person()?, &scoped.standing) {
            return Err(Error::conflict(
                "Members record themselves until 24 hours after the meeting; ask the secretary.",
            ));
        }
        let member = active_members(tx, row.partnership_id, &[who])?.pop();
        let (_, side) = member
            .ok_or_else(|| Error::field("/account_id", FieldCode::NotFound, "is not a member of the partnership"))?;
        let RecordAttendance { account_id: _, arrived_at, left_at } = body.0;
        demand_within(&row, (arrived_at, left_at), now)?;
        let (at, comes_late) = rows::arrival(tx, id.0, now)?;
        let arrived_at = arrived_at.or(comes_late.filter(|_| row.state == MeetingState::InSession));
        let entry = Attendance {
            id: AttendanceId::new(),
            meeting_id: id.0,
            account_id: who,
            side,
            recorded_by_id: by,
            created_at: at,
            arrived_at,
            left_at,
            is_vouched: policy::keeps_attendance(actor.person()?, &scoped.standing),
        };
        rows::insert(tx, &entry)?;
        let people = people(tx, [who, by])?;
        let value = shown(entry, &people);
        let record = event(events::ATTENDANCE_RECORDED, &row).fact("side", side.as_str()).fact("account", who.0);
        let location = format!("{API}/meetings/{}/attendance", id.0);
        tx.recorded(record, Created { value, location, version: None })
    })
    .await
}

/// Refuses an interval outside of the meeting.
fn demand_within(row: &Meeting, (arrived_at, left_at): (Option<Instant>, Option<Instant>), now: Instant) -> Result<()> {
    let from = row.started_at.unwrap_or(row.starts_at);
    let until = row.adjourned_at.map_or(now, |over| over.min(now));
    let after = arrived_at.unwrap_or(from);
    let mut errors = Vec::new();
    if arrived_at.is_some_and(|at| at < from || at > until) {
        errors.push(wrong("/arrived_at", FieldCode::OutOfRange, "must be within the meeting, and not to come"));
    }
    if left_at.is_some_and(|at| at <= after || at > until) {
        let why = "must be within the meeting, after the arrival, and not to come";
        errors.push(wrong("/left_at", FieldCode::OutOfRange, why));
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::fields(errors)) }
}

/// Refuses to take back who was there when a decision was called in the meeting, by the quorum that was counted then; `after`:
/// the entry in place of this one, none where it is taken out.
fn demand_uncounted(conn: &mut Conn, entry: &Attendance, after: Option<&Attendance>) -> Result<()> {
    let counts = entry.side != Side::Agency && entry.is_vouched;
    let calls = if counts { calls_in_meeting(conn, entry.meeting_id)? } else { Vec::new() };
    let counted = calls.into_iter().filter(|(call, _)| {
        let at = call.created_at;
        at >= entry.created_at && entry.covers(at) && !after.is_some_and(|after| after.covers(at))
    });
    let decisions: BTreeSet<_> = counted.map(|(call, _)| call.decision_id).collect();
    if decisions.is_empty() {
        return Ok(());
    }
    let detail = "The person was counted in the quorum of what was called in the meeting since, and stays recorded. What was \
                  wrong about it is told in the minutes.";
    let error = Error::conflict(detail);
    Err(decisions.into_iter().fold(error, |error, id| error.with_conflict(format!("{API}/decisions/{id}"))))
}

/// Takes somebody out of the attendance who was recorded by mistake.
///
/// The record keeps that it was done. Whoever was recorded when a decision was called in the meeting was counted in its quorum,
/// and stays (409, with the decisions in `conflicts`).
#[utoipa::path(delete, path = "/meetings/{meeting_id}/attendance/{account_id}",
    tag = "attendance", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."),
        ("account_id" = AccountId, Path, description = "The person.")),
    responses((status = 204, description = "The person is not recorded as present any more.")))]
pub async fn remove_attendance(ctx: Ctx, ids: Path<(MeetingId, AccountId)>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let (now, (id, who)) = (tx.now(), ids.0);
        actor.person()?;
        let (row, scoped) = load_for(tx, actor, id, Action::RemoveAttendance, Hold::Partnership, now)?;
        scoped.demand_live()?;
        demand_open(&row)?;
        // What is called meanwhile waits for the partnership.
        let entry = rows::find(tx, id, who)?.ok_or_else(Error::not_found)?;
        demand_uncounted(tx, &entry, None)?;
        let gone = rows::delete(tx, id, who)?.ok_or_else(Error::not_found)?;
        let record = event(events::ATTENDANCE_REMOVED, &row).fact("side", gone.side.as_str()).fact("account", who.0);
        tx.recorded(record, NoContent)
    })
    .await
}

/// Records since when and until when somebody was there who is recorded as present.
///
/// Who is there when a decision is called counts in its quorum. It can't be said afterwards that somebody was not there who was
/// counted (409, with the decisions in `conflicts`).
#[utoipa::path(put, path = "/meetings/{meeting_id}/attendance/{account_id}/presence",
    tag = "attendance", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."),
        ("account_id" = AccountId, Path, description = "The person.")),
    request_body = RecordPresence, responses((status = 200, body = AttendanceEntry)))]
pub async fn record_presence(
    ctx: Ctx,
    ids: Path<(MeetingId, AccountId)>,
    body: Valid<RecordPresence>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let (now, (id, who)) = (tx.now(), ids.0);
        actor.person()?;
        let (row, scoped) = load_for(tx, actor, id, Action::RecordPresence, Hold::Partnership, now)?;
        scoped.demand_live()?;
        demand_open(&row)?;
        let entry = rows::find(tx, id, who)?.ok_or_else(Error::not_found)?;
        let RecordPresence { arrived_at, left_at } = body.0;
        demand_within(&row, (arrived_at, left_at), now)?;
        demand_uncounted(tx, &entry, Some(&Attendance { arrived_at, left_at, ..entry.clone() }))?;
        let entry = rows::set_interval(tx, entry.id, (arrived_at, left_at))?;
        let people = people(tx, [entry.account_id, entry.recorded_by_id])?;
        let record = event(events::PRESENCE_RECORDED, &row).fact("side", entry.side.as_str()).fact("account", who.0);
        tx.recorded(record, Found(shown(entry, &people)))
    })
    .await
}

/// Counts people of one side and kind of organisation who are not recorded by person.
///
/// A later count of the same side and kind takes the place of the one before.
#[utoipa::path(put, path = "/meetings/{meeting_id}/head-counts",
    tag = "attendance", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    request_body = RecordHeadCount, responses((status = 200, body = HeadCountShown)))]
pub async fn record_head_count(ctx: Ctx, id: Path<MeetingId>, body: Valid<RecordHeadCount>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = load_for(tx, actor, id.0, Action::RecordHeadCount, Hold::Meeting, now)?;
        scoped.demand_live()?;
        demand_open(&row)?;
        let RecordHeadCount { side, organisation_kind, count } = body.0;
        let count = match rows::update_heads(tx, (id.0, side, organisation_kind), count.get(), by, now)? {
            Some(count) => count,
            None => {
                let count = HeadCount {
                    meeting_id: id.0,
                    side,
                    organisation_kind,
                    heads: count.get(),
                    recorded_by_id: by,
                    created_at: now,
                    updated_at: now,
                };
                rows::insert_heads(tx, &count)?;
                count
            }
        };
        let record = event(events::HEADS_COUNTED, &row)
            .fact("side", side.as_str())
            .fact("organisation_kind", organisation_kind.as_str())
            .fact("count", count.heads);
        tx.recorded(record, Found(counted(count)))
    })
    .await
}

/// Reads how many were at a meeting, and whether you are recorded.
///
/// Names are in the list of attendees, for organisers and officers.
#[utoipa::path(get, path = "/meetings/{meeting_id}/attendance",
    tag = "attendance", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    responses((status = 200, body = AttendanceDetail)))]
pub async fn get_attendance(ctx: Ctx, id: Path<MeetingId>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let by = actor.person()?.id;
        let (row, _) = load_for(conn, actor, id.0, Action::GetAttendance, Hold::Nothing, now)?;
        let own = rows::find(conn, id.0, by)?.map(|row| OwnAttendance { id: row.id, created_at: row.created_at });
        Ok(Found(AttendanceDetail {
            meeting_id: id.0,
            presence: rows::count(conn, id.0)?,
            first_timers: first_timers(conn, &row)?,
            head_counts: rows::list_heads(conn, id.0)?.into_iter().map(counted).collect(),
            quorum: attendants_of(conn, &state, &row, now)?.quorum.to_vec(),
            own,
        }))
    })
    .await
}

/// Lists who was at a meeting, in the order in which they were recorded.
#[utoipa::path(get, path = "/meetings/{meeting_id}/attendees",
    tag = "attendance", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), PageParams),
    responses((status = 200, body = Page<AttendanceEntry>)))]
pub async fn list_attendees(ctx: Ctx, id: Path<MeetingId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        load_for(conn, actor, id.0, Action::ListAttendees, Hold::Nothing, now)?;
        let page = rows::list(conn, id.0, &listing)?;
        let people = people(conn, page.items.iter().flat_map(|row| [row.account_id, row.recorded_by_id]))?;
        Ok(page.map(|row| shown(row, &people)))
    })
    .await
}

crate::operations! {
    record_attendance,
    remove_attendance,
    record_presence,
    record_head_count,
    get_attendance,
    list_attendees,
}
