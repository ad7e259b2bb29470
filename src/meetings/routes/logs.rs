//! Logging, listing and reading officers' logs.

use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, Ctx};
use crate::directory::{EmergencyBlock, duty_day, emergency_of_agency, find_area, find_area_and_zone};
use crate::ids::{AccountId, AgencyId, AreaId, MeetingId, OfficerLogId, PartnershipId};
use crate::meetings::events;
use crate::meetings::log_model::{
    GroupKind, LogCommitment, LogContent, LogCounts, LogHead, LogInternal, LogReferral, LogRole, LogText, OfficerLog,
    OfficerLogState, OfficerLogVersion, OfficerLogVersionId, ReferralKind,
};
use crate::meetings::log_policy::{self, Action as LogAction, LogFace, LogFacts};
use crate::meetings::log_rules::{self, is_late};
use crate::meetings::policy;
use crate::meetings::queries::logs::{self as rows, Scope, Wanted};
use crate::meetings::queries::meetings;
use crate::meetings::routes::log_shown::{
    OfficerLogDetail, OfficerLogVersionDetail, faces, find_for, leads, one, shown, version_shown,
};
use crate::meetings::schedule::Span;
use crate::partnerships::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn, Json};
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::http::{
    API, Answer as _, Check, Created, Listing, Page, PageParams, Path, Reply, Tx, Valid, Versioned, demand_range, wrong,
};
use crate::platform::record::timeline::{NoFilter, Of, TimelineEntry, timeline};
use crate::platform::record::{Entry, Kind, Visibility};
use crate::platform::text::{Day, Language, Line, Prose, TimeOfDay, Zone};
use crate::platform::values::{Affirmed, List, Whole};

/// How many people of each side were there.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLogCounts {
    /// Residents and their groups.
    community: Whole<0, 10_000>,
    /// Officers, yourself among them.
    police: Whole<0, 10_000>,
    /// City, school and service partners.
    agency: Whole<0, 10_000>,
}
impl From<NewLogCounts> for LogCounts {
    fn from(new: NewLogCounts) -> Self {
        Self { community: new.community.get(), police: new.police.get(), agency: new.agency.get() }
    }
}

/// Something that you promised.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLogCommitment {
    /// What.
    what: Prose<1, 500>,
    /// By when.
    due_on: Day,
}
impl From<NewLogCommitment> for LogCommitment {
    fn from(new: NewLogCommitment) -> Self {
        Self { what: new.what.into(), due_on: new.due_on }
    }
}

/// Something that you passed on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLogReferral {
    /// Where to.
    kind: ReferralKind,
    /// What else is to be known.
    note: Option<Prose<1, 500>>,
}
impl From<NewLogReferral> for LogReferral {
    fn from(new: NewLogReferral) -> Self {
        Self { kind: new.kind, note: new.note.map(Into::into) }
    }
}

/// Entries as they are stored.
pub fn stored<T: Into<U>, U, const MIN: usize, const MAX: usize>(list: List<T, MIN, MAX>) -> Vec<U> {
    list.into_vec().into_iter().map(Into::into).collect()
}

/// A meeting that you attended. Of `group_name` and `meeting_id` exactly one is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "client_uuid": "3f0c8f6e-58b0-4a4c-9d0e-0d9c6c1f6a11", "attended_on": "2027-03-01", "start": "10:00", "end": "11:15",
    "group_kind": "neighborhood_watch", "group_name": "Elm Street Watch",
    "area_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d13", "role": "attended",
    "counts": {"community": 12, "police": 1, "agency": 0},
    "summary": "Lamps behind the laundry, and cars without plates.", "no_cji_attestation": true
}))]
pub struct LogMeeting {
    /// An id that your device made: the same log sent again is the same log.
    client_uuid: AnyId,
    /// The day, where it took place.
    attended_on: Day,
    /// When it began, on the clock there.
    start: TimeOfDay,
    /// When it ended, on the clock there; not before the start, and at most 15 minutes from now.
    end: TimeOfDay,
    /// What kind of group met.
    group_kind: GroupKind,
    /// The district or beat.
    area_id: AreaId,
    /// What you did there.
    role: LogRole,
    /// How many people were there.
    counts: NewLogCounts,
    /// What happened.
    summary: Prose<1, 2000>,
    /// You say that nothing in this log is criminal justice information: no names of suspects, no case details.
    #[expect(dead_code, reason = "that it was said is all there is to know")]
    no_cji_attestation: Affirmed,
    /// The group's name, where the meeting is not one of ours.
    group_name: Option<Line<2, 120>>,
    /// The meeting, where it is one of ours.
    meeting_id: Option<MeetingId>,
    /// The partnership that it is linked to; needed where a partnership met and no meeting is given.
    partnership_id: Option<PartnershipId>,
    /// The zone of the clock there; that of the area's agency where nothing is said.
    time_zone: Option<Zone>,
    /// What was talked about.
    #[serde(default)]
    topics: List<Line<1, 80>, 0, 20>,
    /// What people were worried about.
    #[serde(default)]
    concerns: List<Prose<1, 500>, 0, 20>,
    /// What you promised.
    #[serde(default)]
    commitments: List<NewLogCommitment, 0, 20>,
    /// What is to be done next.
    #[serde(default)]
    follow_ups: List<Prose<1, 500>, 0, 20>,
    /// What you passed on; for officers only.
    #[serde(default)]
    referrals: List<NewLogReferral, 0, 20>,
    /// What was handed out.
    handouts: Option<Prose<1, 500>>,
    /// The language that was spoken.
    language: Option<Language>,
    /// Minutes of preparation; for officers only.
    prep_minutes: Option<Whole<0, 1440>>,
    /// Minutes of travel; for officers only.
    travel_minutes: Option<Whole<0, 1440>>,
    /// When the group meets next.
    next_date: Option<Day>,
    /// How it felt, from 1 (bad) to 5 (good); for officers only.
    mood: Option<Whole<1, 5>>,
}
impl Check for LogMeeting {}

impl LogMeeting {
    /// What puts several logs in an order that does not depend on how they were sent.
    pub fn place(&self) -> (Day, TimeOfDay, AnyId) {
        (self.attended_on, self.start, self.client_uuid)
    }

    fn text(self, time_zone: Zone, partnership_id: Option<PartnershipId>) -> LogText {
        let content = LogContent {
            attended_on: self.attended_on,
            start: self.start,
            end: self.end,
            time_zone,
            group_kind: self.group_kind,
            group_name: self.group_name.map(Into::into),
            meeting_id: self.meeting_id,
            partnership_id,
            area_id: self.area_id,
            role: self.role,
            counts: self.counts.into(),
            summary: self.summary.into(),
            topics: stored(self.topics),
            concerns: stored(self.concerns),
            commitments: stored(self.commitments),
            follow_ups: stored(self.follow_ups),
            handouts: self.handouts.map(Into::into),
            language: self.language.map(Into::into),
            next_date: self.next_date,
        };
        let internal = LogInternal {
            referrals: stored(self.referrals),
            prep_minutes: self.prep_minutes.map(Whole::get),
            travel_minutes: self.travel_minutes.map(Whole::get),
            mood: self.mood.map(Whole::get),
        };
        LogText { content, internal }
    }
}

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
/// be read of it.
pub fn demand_references(
    conn: &mut Conn,
    actor: &Actor,
    content: &LogContent,
    before: Option<&LogContent>,
    now: Instant,
    errors: &mut Vec<FieldError>,
) -> Result<()> {
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
    match content.meeting_id {
        Some(id) if is_new(|c| c.meeting_id.map(|id| id.0)) => {
            let meeting = meetings::find(conn, id)?.filter(|meeting| {
                partnership.as_ref().is_some_and(|scoped| policy::sees(&scoped.standing, meeting.visibility))
            });
            match meeting {
                None => push("/meeting_id", FieldCode::NotFound, "there is no such meeting"),
                Some(meeting) if Some(meeting.partnership_id) != content.partnership_id => {
                    let message = "is not the partnership whose meeting it is";
                    push("/partnership_id", FieldCode::Inconsistent, message);
                }
                Some(_) => {}
            }
        }
        Some(_) => {}
        None if content.partnership_id.is_some() && !seen && is_new(|c| c.partnership_id.map(|id| id.0)) => {
            push("/partnership_id", FieldCode::NotFound, "there is no such partnership");
        }
        None => {}
    }
    Ok(())
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

/// Refuses a log of a visit that the officer has logged already.
///
/// # Errors
/// 409 `already_logged` with the address of the other log.
pub fn demand_new(
    conn: &mut Conn,
    officer: AccountId,
    content: &LogContent,
    span: Span,
    except: Option<OfficerLogId>,
) -> Result<()> {
    let LogContent { group_name, area_id, meeting_id, partnership_id, .. } = content;
    let visited = log_rules::Visited::new(group_name.as_deref(), *area_id, *meeting_id, *partnership_id);
    match rows::find_duplicate(conn, officer, &visited, span.starts_at, except)? {
        None => Ok(()),
        Some(other) => {
            Err(Error::new(Code::AlreadyLogged, "You have logged a visit to this group at about that time.")
                .with_conflict(address(other)))
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

/// Keeps what a log says now among its versions.
pub fn keep_version(
    conn: &mut Conn,
    row: &OfficerLog,
    text: LogText,
    number: i32,
    reason: Option<String>,
) -> Result<()> {
    let version = OfficerLogVersion {
        id: OfficerLogVersionId::new(),
        officer_log_id: row.id,
        number,
        content: Json(text),
        reason,
        created_at: row.submitted_at,
    };
    rows::insert_version(conn, &version)
}

fn logged(conn: &mut Conn, row: OfficerLog) -> Result<Versioned<LoggedMeeting>> {
    let emergency = emergency_of_agency(conn, row.agency_id)?;
    let Versioned { value: log, version, .. } = one(conn, row, LogFace::Full)?;
    Ok(Versioned::new(LoggedMeeting { log, emergency }, version))
}

/// Logs a meeting that you attended.
///
/// For officers and commanders, of any kind of group, in one call. The same log sent again (same `client_uuid`, same
/// content) is answered with 200 and the first log; another visit of yours to the same group that began within 30 minutes
/// is refused with its address.
#[utoipa::path(tag = "officer-logs", security(("bearer" = [])), request_body = LogMeeting,
    responses((status = 201, body = LoggedMeeting), (status = 200, body = LoggedMeeting)))]
#[post("/officer-logs")]
pub async fn log_meeting(ctx: Ctx, body: Valid<LogMeeting>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let agency = logs_for(actor, LogAction::LogMeeting)?;
        rows::hold_officer(tx, actor.person()?.id)?;
        match keep(tx, actor, agency, body.0)? {
            Kept::Before(first) => {
                let reply = logged(tx, first)?.reply(tx.envelope())?;
                Ok(tx.unchanged(reply))
            }
            Kept::Now(row) => {
                let entry = submitted(&row);
                let location = address(row.id);
                let value = logged(tx, row)?.value;
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
pub fn submitted(row: &OfficerLog) -> Entry {
    on_log(events::LOG_SUBMITTED, row).fact("group_kind", row.group_kind.as_str())
}

/// A log that is kept.
pub enum Kept {
    /// The same log came before.
    Before(OfficerLog),
    /// It is new; its record is still to be written.
    Now(OfficerLog),
}

/// Keeps a log of the officer, who is held. The same log again is the same log.
///
/// # Errors
/// What is wrong with its fields, all at once; a conflict with another log.
pub fn keep(tx: &mut Tx<'_>, actor: &Actor, agency_id: AgencyId, log: LogMeeting) -> Result<Kept> {
    let now = tx.now();
    let officer = actor.person()?;
    let no_such_area = || wrong("/area_id", FieldCode::NotFound, "there is no such area");
    let (area, zone) = find_area_and_zone(tx, log.area_id)?.ok_or_else(|| Error::fields(vec![no_such_area()]))?;
    let zone = log.time_zone.unwrap_or(zone);
    let client_uuid = log.client_uuid;
    let partnership = linked(tx, log.meeting_id, log.partnership_id)?;
    let text = log.text(zone, partnership);
    if let Some(first) = rows::find_by_client_uuid(tx, officer.id, client_uuid)? {
        if rows::find_original(tx, first.id)?.content.0 != text {
            return Err(Error::conflict("Another log of yours has this client_uuid.").with_conflict(address(first.id)));
        }
        return Ok(Kept::Before(first));
    }
    let mut errors: Vec<FieldError> = area.retired_at.map(|_| no_such_area()).into_iter().collect();
    log_rules::check(&text.content, &mut errors);
    demand_references(tx, actor, &text.content, None, now, &mut errors)?;
    let span = time_of(&text.content, now, errors)?;
    demand_new(tx, officer.id, &text.content, span, None)?;
    let head = LogHead {
        id: OfficerLogId::new(),
        officer_id: officer.id,
        agency_id,
        client_uuid,
        is_late: is_late(span.ends_at, now),
    };
    let row = OfficerLog::new(head, text.clone(), span, now);
    rows::insert(tx, &row)?;
    keep_version(tx, &row, text, 1, None)?;
    Ok(Kept::Now(row))
}

/// From when to when, together with whatever else is wrong.
pub fn time_of(content: &LogContent, now: Instant, mut errors: Vec<FieldError>) -> Result<Span> {
    let LogContent { attended_on, start, end, time_zone, .. } = content;
    match log_rules::visit(*attended_on, *start, *end, *time_zone, now) {
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
#[utoipa::path(tag = "officer-logs", security(("bearer" = [])), params(OfficerLogFilter, PageParams),
    responses((status = 200, body = Page<OfficerLogDetail>)))]
#[get("/officer-logs")]
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
        let items = faces(conn, actor, items, partnership_id.zip(side), now)?;
        Ok(Page { items: shown(conn, items)?, next_cursor, total, next })
    })
    .await
}

/// Reads an officer's log.
///
/// Its author, officers on duty in its area and commanders of its agency read all of it; leaders of the partnership that
/// it is linked to read what concerns them.
#[utoipa::path(tag = "officer-logs", security(("bearer" = [])),
    params(("officer_log_id" = OfficerLogId, Path, description = "The log.")),
    responses((status = 200, body = OfficerLogDetail)))]
#[get("/officer-logs/{officer_log_id}")]
pub async fn get_officer_log(ctx: Ctx, id: Path<OfficerLogId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, face) = find_for(conn, actor, id.0, LogAction::GetOfficerLog, false, now)?;
        one(conn, row, face)
    })
    .await
}

/// Lists what a log said, the newest version first; the last one is the original.
#[utoipa::path(tag = "officer-logs", security(("bearer" = [])),
    params(("officer_log_id" = OfficerLogId, Path, description = "The log."), PageParams),
    responses((status = 200, body = Page<OfficerLogVersionDetail>)))]
#[get("/officer-logs/{officer_log_id}/versions")]
pub async fn list_officer_log_versions(ctx: Ctx, id: Path<OfficerLogId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, face) = find_for(conn, actor, id.0, LogAction::ListOfficerLogVersions, false, now)?;
        Ok(rows::list_versions(conn, row.id, &listing)?.map(|version| version_shown(version, face)))
    })
    .await
}

/// Lists what happened to a log, newest first.
#[utoipa::path(tag = "officer-logs", security(("bearer" = [])),
    params(("officer_log_id" = OfficerLogId, Path, description = "The log."), PageParams),
    responses((status = 200, body = Page<TimelineEntry>)))]
#[get("/officer-logs/{officer_log_id}/timeline")]
pub async fn list_officer_log_timeline(ctx: Ctx, id: Path<OfficerLogId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    let state = ctx.state.clone();
    ctx.read(move |conn, actor| {
        find_for(conn, actor, id.0, LogAction::ListOfficerLogTimeline, false, now)?;
        // Whoever reads the log reads all that happened to it.
        timeline(conn, Of::Object(id.0.0), Visibility::ALL, &listing, &state.catalogue)
    })
    .await
}
