//! Logging, listing and reading officers' logs.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, Ctx, Side};
use crate::directory::{
    AreaOfAgency, AreaRef, EmergencyBlock, duty_day, emergency_of_agency, find_area, find_area_of_agency,
};
use crate::ids::{AccountId, AgencyId, AreaId, MeetingId, OfficerLogId, PartnershipId};
use crate::meetings::events;
use crate::meetings::log_model::{
    GroupKind, LogContent, LogHead, LogText, OfficerLog, OfficerLogState, OfficerLogVersion, OfficerLogVersionId,
};
use crate::meetings::log_policy::{self, Action as LogAction, LogFace, LogFacts};
use crate::meetings::log_rules::{self, is_late};
use crate::meetings::model::Meeting;
use crate::meetings::parts::{self, Meant, Saying, demand_assignees};
use crate::meetings::policy;
use crate::meetings::queries::logs::{self as rows, Scope, Wanted};
use crate::meetings::queries::meetings;
use crate::meetings::routes::log_body::LogMeeting;
use crate::meetings::routes::log_shown::{
    NewLog, OfficerLogDetail, OfficerLogVersionDetail, faces, find_for, leads, new_one, one, shown, version_shown,
};
use crate::meetings::schedule::Span;
use crate::meetings::visits;
use crate::partnerships::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json, hold_names, name_to_hold};
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::http::{
    API, Answer as _, Created, Listing, Page, PageParams, Path, Reply, Tx, Valid, Versioned, demand_range, wrong,
};
use crate::platform::record::timeline::{NoFilter, Of, Sight, TimelineEntry, timeline};
use crate::platform::record::{Entry, Kind};
use crate::platform::text::Day;

/// Which logs to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfficerLogFilter {
    /// Of this officer.
    officer_id: Option<AccountId>,
    /// Of meetings of this kind of group.
    #[param(inline)]
    group_kind: Option<GroupKind>,
    /// In this area or within it; where you are on duty, those of your colleagues as well.
    area_id: Option<AreaId>,
    /// Linked to this partnership; where you lead it, those of all officers.
    partnership_id: Option<PartnershipId>,
    /// That stand so.
    #[param(inline)]
    state: Option<OfficerLogState>,
    /// Attended on that day or later.
    from: Option<Day>,
    /// Attended on that day or earlier.
    to: Option<Day>,
}

/// A new log, and whom to call with whatever does not belong into it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedMeeting {
    /// The log.
    #[serde(flatten)]
    log: OfficerLogDetail,
    /// Whom to call: what is in progress or dangerous is not for logs.
    emergency: EmergencyBlock,
}

/// What a log refers to, checked where it was not there before; but for the area of a new log, without which nothing could
/// be read of it. Whether the officer is inside the partnership that it is linked to.
pub fn demand_references(
    conn: &mut Conn,
    actor: &Actor,
    content: &LogContent,
    before: Option<&LogContent>,
    now: Instant,
    errors: &mut Vec<FieldError>,
) -> Result<bool> {
    let known: Vec<String> = errors.iter().map(|error| error.pointer.clone()).collect();
    let mut push = |pointer: &str, code, message: &str| {
        // One rule per field is enough to act on.
        if !known.iter().any(|told| told == pointer) {
            errors.push(wrong(pointer, code, message));
        }
    };
    let is_new = |pick: fn(&LogContent) -> Option<uuid::Uuid>| before.is_none_or(|old| pick(old) != pick(content));
    let moved = before.is_some_and(|old| old.area_id != content.area_id);
    if moved && find_area(conn, content.area_id)?.is_none_or(|a| a.retired_at.is_some()) {
        push("/area_id", FieldCode::NotFound, "there is no such area");
    }
    let partnership = match content.partnership_id {
        Some(id) => match Scoped::load(conn, actor, id, Purpose::Read, now) {
            Err(error) if error.code() == Code::NotFound => None,
            found => Some(found?),
        },
        None => None,
    };
    let seen = partnership.as_ref().is_some_and(|scoped| scoped.standing.sees());
    let is_inside = partnership.as_ref().is_some_and(|scoped| scoped.standing.is_inside());
    let told = content.told();
    let is_new_meeting = is_new(|c| c.meeting_id.map(|id| id.0));
    match content.meeting_id {
        Some(id) if is_new_meeting => {
            let meeting = meetings::find(conn, id)?.filter(|meeting| {
                partnership.as_ref().is_some_and(|scoped| policy::sees(&scoped.standing, meeting.visibility))
            });
            match meeting {
                None => push("/meeting_id", FieldCode::NotFound, "there is no such meeting"),
                Some(meeting) if Some(meeting.partnership_id) != content.partnership_id => {
                    let message = "is not the partnership whose meeting it is";
                    push("/partnership_id", FieldCode::Inconsistent, message);
                }
                Some(meeting) => push_mismatch(&mut push, &meeting, content, now),
            }
        }
        // At other times than before, it is to be asked anew whether that was at the meeting.
        Some(id) if before.is_some_and(|old| old.told() != told) => {
            if let Some(meeting) = meetings::find(conn, id)? {
                push_mismatch(&mut push, &meeting, content, now);
            }
        }
        Some(_) => {}
        None if content.partnership_id.is_some() && !seen && is_new(|c| c.partnership_id.map(|id| id.0)) => {
            push("/partnership_id", FieldCode::NotFound, "there is no such partnership");
        }
        None => {}
    }
    demand_assignees(conn, content, before, is_inside, errors)?;
    Ok(is_inside)
}

/// Says what keeps the visit from having been one to this meeting. Times that are wrong in themselves are told elsewhere.
fn push_mismatch(push: &mut impl FnMut(&str, FieldCode, &str), meeting: &Meeting, content: &LogContent, now: Instant) {
    let Ok(span) = log_rules::visit(content.told(), now) else { return };
    if let Some(wrong) = log_rules::mismatch(meeting, content.attended_on, span, content.time_zone, now) {
        push(&wrong.pointer, wrong.code, &wrong.message);
    }
}

/// Makes other transactions wait that want to change what a log touches: the partnerships first, as everybody takes them, then
/// all logs of the officer, so that duplicates are seen, and the visits ([`visits::name_of`]).
///
/// # Errors
/// When others hold it for too long.
pub fn hold(
    conn: &mut Conn,
    officer: AccountId,
    partnerships: impl IntoIterator<Item = PartnershipId>,
    visits: impl IntoIterator<Item = i64>,
) -> Result<()> {
    rows::hold_partnerships(conn, partnerships.into_iter().collect())?;
    let logs = name_to_hold(&[b"officer logs\0", officer.0.as_bytes()]);
    Ok(hold_names(conn, visits.into_iter().chain([logs]))?)
}

/// Whether tasks can be made in the partnership that a log is linked to.
pub fn is_at_work(conn: &mut Conn, content: &LogContent) -> Result<bool> {
    match content.partnership_id {
        Some(id) => rows::is_live(conn, id),
        None => Ok(false),
    }
}

/// The partnership that a log is linked to: the one that is named, or the one whose meeting it is.
pub fn linked(
    conn: &mut Conn,
    meeting: Option<MeetingId>,
    named: Option<PartnershipId>,
) -> Result<Option<PartnershipId>> {
    match (named, meeting) {
        (None, Some(meeting)) => Ok(meetings::find(conn, meeting)?.map(|meeting| meeting.partnership_id)),
        (named, _) => Ok(named),
    }
}

/// Refuses a log of a visit that the officer has logged already, among those `near` it.
///
/// # Errors
/// 409 `already_logged` with the address of the other log.
pub fn demand_new(near: &[rows::Near], content: &LogContent) -> Result<()> {
    let LogContent { group_name, area_id, meeting_id, partnership_id, .. } = content;
    let visited = log_rules::Visited::new(group_name.as_deref(), *area_id, *meeting_id, *partnership_id);
    match near.iter().find(|near| near.is_of(&visited)) {
        None => Ok(()),
        Some(other) => {
            Err(Error::new(Code::AlreadyLogged, "You have logged a visit to this group at about that time.")
                .with_conflict(address(other.id)))
        }
    }
}

/// Something that happened to a log.
pub fn on_log(kind: Kind, row: &OfficerLog) -> Entry {
    let entry = kind.on(row.id.0);
    match row.partnership_id {
        Some(partnership) => entry.within(partnership.0),
        None => entry,
    }
}

/// What a log says now, to be kept among its versions.
pub fn version_of(row: &OfficerLog, text: LogText, number: i32, reason: Option<String>) -> OfficerLogVersion {
    OfficerLogVersion {
        id: OfficerLogVersionId::new(),
        officer_log_id: row.id,
        number,
        content: Json(text),
        reason,
        created_at: row.submitted_at,
    }
}

/// Logs a meeting that you attended.
///
/// For officers and commanders, of any kind of group, in one call. The same log sent again (same `client_uuid`, same
/// content) is answered with 200 and the first log; another visit of yours to the same group that began within 30 minutes
/// is refused with its address. A colleague's log of the same meeting, or of a group of the same kind and name in the district
/// that began within 30 minutes, is of the same visit. What is to be done next becomes tasks of the partnership that it is
/// linked to.
#[utoipa::path(post, path = "/officer-logs",
    tag = "officer-logs", security(("bearer" = [])), request_body = LogMeeting,
    responses((status = 201, body = LoggedMeeting), (status = 200, body = LoggedMeeting)))]
pub async fn log_meeting(ctx: Ctx, body: Valid<LogMeeting>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let agency = logs_for(actor, LogAction::LogMeeting)?;
        let partnership = linked(tx, body.0.meeting_id, body.0.partnership_id)?;
        hold(tx, actor.person()?.id, partnership, body.0.visit())?;
        match keep(tx, actor, agency, body.0)? {
            Kept::Before(first) => {
                let emergency = emergency_of_agency(tx, first.agency_id)?;
                let Versioned { value: log, version, .. } = one(tx, *first, LogFace::Full)?;
                let reply = Versioned::volatile(LoggedMeeting { log, emergency }, version).reply(tx.envelope())?;
                Ok(tx.unchanged(reply))
            }
            Kept::Now(mut new) => {
                let (entry, location) = (submitted(&new), address(new.row.id));
                let emergency = match new.emergency.take() {
                    Some(emergency) => emergency,
                    None => emergency_of_agency(tx, new.row.agency_id)?,
                };
                let value = LoggedMeeting { log: new_one(tx, new)?, emergency };
                let reply = Created { value, location, version: Some(1) }.reply(tx.envelope())?;
                tx.recorded(entry, reply)
            }
        }
    })
    .await
}

/// The agency that the actor logs meetings for.
///
/// # Errors
/// What the policy says to whoever logs none.
pub fn logs_for(actor: &Actor, action: LogAction) -> Result<AgencyId> {
    log_policy::demand(actor, LogFacts::default(), action)?;
    actor.person()?.agency.ok_or_else(|| Error::forbidden("Meetings are logged by officers of an agency."))
}

/// Where a log is read.
pub fn address(id: OfficerLogId) -> String {
    format!("{API}/officer-logs/{id}")
}

/// The record of a new log.
pub fn submitted(NewLog { row, joined, .. }: &NewLog) -> Entry {
    on_log(events::LOG_SUBMITTED, row).fact("group_kind", row.group_kind.as_str()).fact("joined", *joined)
}

/// A log that is kept.
pub enum Kept {
    /// The same log came before.
    Before(Box<OfficerLog>),
    /// It is new; its record is still to be written.
    Now(Box<NewLog>),
}

/// Keeps a log of the officer; all that it touches is held ([`hold`]). The same log again is the same log.
///
/// # Errors
/// What is wrong with its fields, all at once; a conflict with another log.
pub fn keep(tx: &mut Tx<'_>, actor: &Actor, agency_id: AgencyId, log: LogMeeting) -> Result<Kept> {
    let now = tx.now();
    let officer = actor.person()?;
    let no_such_area = || wrong("/area_id", FieldCode::NotFound, "there is no such area");
    let AreaOfAgency { area, zone, emergency, district } =
        find_area_of_agency(tx, log.area_id)?.ok_or_else(|| Error::fields(vec![no_such_area()]))?;
    let zone = log.time_zone.unwrap_or(zone);
    let client_uuid = log.client_uuid;
    let partnership = linked(tx, log.meeting_id, log.partnership_id)?;
    let text = log.text(zone, partnership);
    // What is wrong with its times is told below.
    let starts_at = log_rules::visit(text.content.told(), now).map_or(now, |span| span.starts_at);
    let near = rows::find_near(tx, officer.id, client_uuid, starts_at)?;
    if let Some(first) = near.iter().find(|near| near.client_uuid == client_uuid) {
        let first = rows::find(tx, first.id)?.ok_or_else(Error::not_found)?;
        if rows::find_original(tx, first.id)?.content.0 != text {
            return Err(Error::conflict("Another log of yours has this client_uuid.").with_conflict(address(first.id)));
        }
        return Ok(Kept::Before(Box::new(first)));
    }
    let mut errors: Vec<FieldError> = area.retired_at.map(|_| no_such_area()).into_iter().collect();
    log_rules::check(&text.content, &mut errors);
    let is_inside = demand_references(tx, actor, &text.content, None, now, &mut errors)?;
    let span = time_of(&text.content, now, errors)?;
    demand_new(&near, &text.content)?;
    let head = LogHead {
        id: OfficerLogId::new(),
        officer_id: officer.id,
        agency_id,
        client_uuid,
        is_late: is_late(span.ends_at, now),
    };
    let row = OfficerLog::new(head, text.clone(), span, now);
    rows::insert(tx, &row, &version_of(&row, text.clone(), 1, None))?;
    let (visit, joined) = visits::join(tx, &row, district.unwrap_or(area.id), now)?;
    let at_work = is_at_work(tx, &text.content)?;
    let parts = parts::put_down(
        tx,
        &row,
        Saying { text: &text, meant: Meant::default(), reason: None, left: false, at_work, is_inside },
        now,
    )?;
    let emergency = (area.agency_id == agency_id).then_some(emergency);
    let area = AreaRef { id: area.id, kind: area.kind, name: area.name };
    Ok(Kept::Now(Box::new(NewLog { row, visit, joined, area, emergency, parts })))
}

/// From when to when, together with whatever else is wrong.
pub fn time_of(content: &LogContent, now: Instant, mut errors: Vec<FieldError>) -> Result<Span> {
    match log_rules::visit(content.told(), now) {
        Ok(span) if errors.is_empty() => Ok(span),
        Ok(_) => Err(Error::fields(errors)),
        Err(found) => {
            errors.extend(found);
            Err(Error::fields(errors))
        }
    }
}

/// Lists officers' logs, the newest visit first.
///
/// Yours; for a commander, those of the agency. With `area_id`, also those of colleagues where you are on duty; with
/// `partnership_id`, all that are linked to a partnership that you lead.
#[utoipa::path(get, path = "/officer-logs",
    tag = "officer-logs", security(("bearer" = [])), params(OfficerLogFilter, PageParams),
    responses((status = 200, body = Page<OfficerLogDetail>)))]
pub async fn list_officer_logs(ctx: Ctx, listing: Listing<OfficerLogFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let person = actor.person()?;
        let OfficerLogFilter { officer_id, group_kind, area_id, partnership_id, state, from, to } = listing.filter;
        demand_range(from, to)?;
        let side = match leads(conn, actor, partnership_id, now) {
            // A partnership that there is not is led by nobody, and no log is linked to it.
            Err(error) if error.code() == Code::NotFound => None,
            side => side?,
        };
        log_policy::demand(actor, LogFacts { leads: side, ..LogFacts::default() }, LogAction::ListOfficerLogs)?;
        let agency = person.agency.filter(|_| person.is_commander() && officer_id != Some(person.id));
        let scope = match (partnership_id.filter(|_| side.is_some()), agency) {
            (Some(led), _) => Scope::Led(led),
            (None, Some(agency)) => Scope::Agency(agency),
            (None, None) => Scope::Own(person.id),
        };
        let today = duty_day(conn, actor, now)?;
        let wanted = Wanted {
            on_duty: (area_id.is_some() && person.is_police()).then_some((person.id, today)),
            officer: officer_id,
            group_kind,
            area: area_id,
            partnership: partnership_id,
            state,
            from: from.map(|day| day.0),
            to: to.map(|day| day.0),
        };
        let Page { items, next_cursor, total, next } = rows::list(conn, scope, &wanted, &listing)?;
        let led: HashMap<PartnershipId, Side> = partnership_id.zip(side).into_iter().collect();
        let items = faces(conn, actor, items, &led, now)?;
        Ok(Page { items: shown(conn, items)?, next_cursor, total, next })
    })
    .await
}

/// Reads an officer's log.
///
/// Its author, officers on duty in its area and commanders of its agency read all of it; leaders of the partnership that
/// it is linked to read what concerns them.
#[utoipa::path(get, path = "/officer-logs/{officer_log_id}",
    tag = "officer-logs", security(("bearer" = [])),
    params(("officer_log_id" = OfficerLogId, Path, description = "The log.")),
    responses((status = 200, body = OfficerLogDetail)))]
pub async fn get_officer_log(ctx: Ctx, id: Path<OfficerLogId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, face) = find_for(conn, actor, id.0, LogAction::GetOfficerLog, false, now)?;
        one(conn, row, face)
    })
    .await
}

/// Lists what a log said, the newest version first; the last one is the original.
#[utoipa::path(get, path = "/officer-logs/{officer_log_id}/versions",
    tag = "officer-logs", security(("bearer" = [])),
    params(("officer_log_id" = OfficerLogId, Path, description = "The log."), PageParams),
    responses((status = 200, body = Page<OfficerLogVersionDetail>)))]
pub async fn list_officer_log_versions(ctx: Ctx, id: Path<OfficerLogId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, face) = find_for(conn, actor, id.0, LogAction::ListOfficerLogVersions, false, now)?;
        Ok(rows::list_versions(conn, row.id, &listing)?.map(|version| version_shown(version, face)))
    })
    .await
}

/// Lists what happened to a log, newest first.
#[utoipa::path(get, path = "/officer-logs/{officer_log_id}/timeline",
    tag = "officer-logs", security(("bearer" = [])),
    params(("officer_log_id" = OfficerLogId, Path, description = "The log."), PageParams),
    responses((status = 200, body = Page<TimelineEntry>)))]
pub async fn list_officer_log_timeline(ctx: Ctx, id: Path<OfficerLogId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    let state = ctx.state.clone();
    ctx.read(move |conn, actor| {
        find_for(conn, actor, id.0, LogAction::ListOfficerLogTimeline, false, now)?;
        // Whoever reads the log reads all that happened to it.
        timeline(conn, Of::Object(id.0.0), Sight::WHOLE, &listing, &state.catalogue)
    })
    .await
}

crate::operations! {
    log_meeting,
    list_officer_logs,
    get_officer_log,
    list_officer_log_versions,
    list_officer_log_timeline,
}
