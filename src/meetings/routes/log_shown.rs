//! An officer's log as its readers see it, and the way to it.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{Actor, PersonRef, Side, people};
use crate::directory::{AreaRef, EmergencyBlock, area_refs, duty_day};
use crate::ids::{AccountId, AgencyId, AreaId, OfficerLogId, OfficerVisitId, PartnershipId};
use crate::meetings::log_model::{
    LogContent, LogInternal, LogText, OfficerLog, OfficerLogState, OfficerLogVersion, OfficerLogVersionId,
};
use crate::meetings::log_policy::{self, Action as LogAction, LogFace, LogFacts, face};
use crate::meetings::log_rules::ANSWER_WITHIN;
use crate::meetings::parts::{self, LogPart, LogPartRow};
use crate::meetings::queries::logs;
use crate::meetings::visits;
use crate::partnerships::{PartnershipRef, Purpose, Scoped, partnership_refs};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::{Error, Result};
use crate::platform::http::Versioned;

/// What of a log leaders of the partnership see.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfficerLogShared {
    /// The log.
    id: OfficerLogId,
    /// Who was there.
    officer: Option<PersonRef>,
    /// The officer's agency.
    agency_id: AgencyId,
    /// The district or beat.
    area: Option<AreaRef>,
    /// The partnership that it is linked to.
    partnership: Option<PartnershipRef>,
    /// What it says.
    #[serde(flatten)]
    content: LogContent,
    /// The visit that it tells of; colleagues' logs of it tell of the same.
    visit_id: Option<OfficerVisitId>,
    /// Colleagues who logged the same visit: for officers all, for leaders those whose logs are linked to the partnership.
    shared_with: Vec<PersonRef>,
    /// What became of what it says: promises, follow-ups, what was passed on, worries.
    parts: Vec<LogPart>,
    /// Whether it was logged more than 72 hours after the end.
    is_late: bool,
    /// Whether it says something else than at first; the versions have the original.
    is_amended: bool,
    /// Where it stands.
    state: OfficerLogState,
    /// Until when a civilian leader of the partnership that it is linked to can confirm or dispute it; `null` where that was
    /// done or is over, and of a log that is linked to none: nobody is asked about it, and it stays `submitted`.
    confirmable_until: Option<Instant>,
    /// The civilian leader who confirmed or disputed it.
    decided_by: Option<PersonRef>,
    /// When it was confirmed or disputed.
    decided_at: Option<Instant>,
    /// Why it was disputed.
    dispute_reason: Option<String>,
    /// When it was logged or last amended. Civilian leaders answer within 14 days from then.
    submitted_at: Instant,
    /// Changes with every change.
    version: i64,
    /// When it was logged.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// A log as its author, officers on duty in its area and commanders of its agency see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfficerLogFull {
    /// The id that the officer's device gave it.
    client_uuid: AnyId,
    /// What everybody sees who may read it.
    #[serde(flatten)]
    log: OfficerLogShared,
    /// What officers see beside that.
    #[serde(flatten)]
    internal: LogInternal,
}

/// An officer's log, as much of it as the reader may see.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum OfficerLogDetail {
    /// What officers see.
    Full(Box<OfficerLogFull>),
    /// What leaders of the partnership see.
    Shared(Box<OfficerLogShared>),
}

/// What leaders of the partnership see of a version.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfficerLogVersionShared {
    /// The version.
    id: OfficerLogVersionId,
    /// Counted from 1, the original.
    number: i32,
    /// What the log said.
    content: LogContent,
    /// Why it was amended; `null` of the original.
    reason: Option<String>,
    /// When it was submitted.
    created_at: Instant,
}

/// A version as officers see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfficerLogVersionFull {
    /// What everybody sees who may read it.
    #[serde(flatten)]
    version: OfficerLogVersionShared,
    /// What officers see beside that.
    internal: LogInternal,
}

/// A log as it was submitted or amended, as much of it as the reader may see.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum OfficerLogVersionDetail {
    /// What officers see.
    Full(Box<OfficerLogVersionFull>),
    /// What leaders of the partnership see.
    Shared(Box<OfficerLogVersionShared>),
}

/// A version as this reader sees it.
pub fn version_shown(row: OfficerLogVersion, face: LogFace) -> OfficerLogVersionDetail {
    let OfficerLogVersion { id, officer_log_id: _, number, content, reason, created_at } = row;
    let LogText { content, internal } = content.0;
    let version = OfficerLogVersionShared { id, number, content, reason, created_at };
    match face {
        LogFace::Full => OfficerLogVersionDetail::Full(Box::new(OfficerLogVersionFull { version, internal })),
        LogFace::Shared => OfficerLogVersionDetail::Shared(Box::new(version)),
    }
}

/// Until when somebody can confirm or dispute a log.
fn confirmable_until(row: &OfficerLog) -> Option<Instant> {
    let is_asked = row.partnership_id.is_some() && row.state == OfficerLogState::Submitted;
    is_asked.then(|| row.submitted_at.plus(ANSWER_WITHIN))
}

/// A log that was put down just now, and what is known of it by that.
pub struct NewLog {
    /// The log.
    pub row: OfficerLog,
    /// The visit that it tells of.
    pub visit: OfficerVisitId,
    /// Whether a colleague had logged that before.
    pub joined: bool,
    /// The district or beat.
    pub area: AreaRef,
    /// Whom to call, where the area is the officer's agency's.
    pub emergency: Option<EmergencyBlock>,
    /// All its parts.
    pub parts: Vec<LogPartRow>,
}

/// A new log as its author sees it.
pub fn new_one(conn: &mut Conn, new: Box<NewLog>) -> Result<OfficerLogDetail> {
    let NewLog { row, visit, joined, area, parts, emergency: _ } = *new;
    let visits =
        if joined { visits::of_logs(conn, &[row.id])? } else { HashMap::from([(row.id, (visit, Vec::new()))]) };
    let around = Around { visits, parts: parts::shown_new(conn, parts)?, areas: HashMap::from([(area.id, area)]) };
    told(conn, vec![(row, LogFace::Full)], around)?.pop().ok_or_else(|| Error::fault("a log was lost"))
}

/// What belongs to logs.
struct Around {
    /// The visits that they tell of, with colleagues' logs of the same.
    visits: HashMap<OfficerLogId, (OfficerVisitId, Vec<visits::Shared>)>,
    /// Their parts.
    parts: HashMap<OfficerLogId, Vec<LogPart>>,
    /// Their districts and beats.
    areas: HashMap<AreaId, AreaRef>,
}

/// Logs as their reader sees each, in their order.
pub fn shown(conn: &mut Conn, rows: Vec<(OfficerLog, LogFace)>) -> Result<Vec<OfficerLogDetail>> {
    let ids: Vec<OfficerLogId> = rows.iter().map(|(row, _)| row.id).collect();
    let (visits, parts) = (visits::of_logs(conn, &ids)?, parts::shown(conn, &ids)?);
    let areas = area_refs(conn, rows.iter().map(|(row, _)| row.area_id))?;
    told(conn, rows, Around { visits, parts, areas })
}

fn told(conn: &mut Conn, rows: Vec<(OfficerLog, LogFace)>, around: Around) -> Result<Vec<OfficerLogDetail>> {
    let Around { mut visits, mut parts, areas } = around;
    let colleagues = visits.values().flat_map(|(_, shared)| shared.iter().map(|other| other.officer));
    let named = rows.iter().flat_map(|(row, _)| [Some(row.officer_id), row.decided_by_id]).flatten();
    let people = people(conn, named.chain(colleagues).collect::<Vec<_>>())?;
    let partnerships = partnership_refs(conn, rows.iter().filter_map(|(row, _)| row.partnership_id))?;
    rows.into_iter()
        .map(|(row, face)| {
            let LogText { content, internal } = row.text()?;
            let is_full = face == LogFace::Full;
            let (visit_id, shared) = match visits.remove(&row.id) {
                Some((visit, shared)) => (Some(visit), shared),
                None => (None, Vec::new()),
            };
            let mut shared_with: Vec<PersonRef> = Vec::new();
            for other in shared {
                let told = other.officer != row.officer_id && (is_full || other.partnership == row.partnership_id);
                let person = people.get(&other.officer).filter(|_| told);
                shared_with.extend(person.filter(|person| !shared_with.iter().any(|p| p.id == person.id)).cloned());
            }
            let mut parts = parts.remove(&row.id).unwrap_or_default();
            parts.retain(|part| is_full || !part.is_internal());
            let log = OfficerLogShared {
                visit_id,
                shared_with,
                parts,
                id: row.id,
                officer: people.get(&row.officer_id).cloned(),
                agency_id: row.agency_id,
                area: areas.get(&row.area_id).cloned(),
                partnership: row.partnership_id.and_then(|id| partnerships.get(&id).cloned()),
                content,
                is_late: row.is_late,
                is_amended: row.submitted_at != row.created_at,
                state: row.state,
                confirmable_until: confirmable_until(&row),
                decided_by: row.decided_by_id.and_then(|id| people.get(&id).cloned()),
                decided_at: row.decided_at,
                dispute_reason: row.dispute_reason,
                submitted_at: row.submitted_at,
                version: row.version,
                created_at: row.created_at,
                updated_at: row.updated_at,
            };
            Ok(match face {
                LogFace::Full => {
                    let client_uuid = row.client_uuid;
                    OfficerLogDetail::Full(Box::new(OfficerLogFull { client_uuid, log, internal }))
                }
                LogFace::Shared => OfficerLogDetail::Shared(Box::new(log)),
            })
        })
        .collect()
}

/// One log as its reader sees it.
pub fn one(conn: &mut Conn, row: OfficerLog, face: LogFace) -> Result<Versioned<OfficerLogDetail>> {
    let version = row.version;
    let value = shown(conn, vec![(row, face)])?.pop().ok_or_else(|| Error::fault("a log was lost"))?;
    Ok(Versioned::volatile(value, version))
}

/// The side of the partnership that the actor leads; none where the actor does not see it.
pub fn leads(conn: &mut Conn, actor: &Actor, id: Option<PartnershipId>, now: Instant) -> Result<Option<Side>> {
    let Some(id) = id else { return Ok(None) };
    Ok(Scoped::load(conn, actor, id, Purpose::Read, now)?.standing.seat.map(|seat| seat.side))
}

fn facts(conn: &mut Conn, actor: &Actor, row: &OfficerLog, now: Instant) -> Result<LogFacts> {
    let person = actor.person()?;
    let today = duty_day(conn, actor, now)?;
    Ok(LogFacts {
        is_author: person.id == row.officer_id,
        same_agency: person.agency == Some(row.agency_id),
        on_duty_there: person.is_police()
            && !logs::areas_on_duty(conn, person.id, vec![row.area_id], today)?.is_empty(),
        leads: leads(conn, actor, row.partnership_id, now)?,
    })
}

/// The log as this actor may have it for `action`. `hold`: it stays as it is until the transaction ends.
pub fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: OfficerLogId,
    action: LogAction,
    hold: bool,
    now: Instant,
) -> Result<(OfficerLog, LogFace)> {
    actor.person()?;
    let found = if hold { logs::find_locked(conn, id)? } else { logs::find(conn, id)? };
    let row = found.ok_or_else(Error::not_found)?;
    let facts = facts(conn, actor, &row, now)?;
    log_policy::demand(actor, facts, action)?;
    let face = face(actor, facts).ok_or_else(Error::not_found)?;
    Ok((row, face))
}

/// Logs with how much of each the actor sees; those of which it is nothing are left out. `led`: partnerships that the actor
/// leads, as far as they matter here.
pub fn faces(
    conn: &mut Conn,
    actor: &Actor,
    rows: Vec<OfficerLog>,
    led: &HashMap<PartnershipId, Side>,
    now: Instant,
) -> Result<Vec<(OfficerLog, LogFace)>> {
    let person = actor.person()?;
    let me: AccountId = person.id;
    let on_duty = if person.is_police() {
        let today = duty_day(conn, actor, now)?;
        logs::areas_on_duty(conn, me, rows.iter().map(|row| row.area_id).collect(), today)?
    } else {
        std::collections::HashSet::new()
    };
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let facts = LogFacts {
                is_author: row.officer_id == me,
                same_agency: person.agency == Some(row.agency_id),
                on_duty_there: on_duty.contains(&row.area_id),
                leads: row.partnership_id.and_then(|partnership| led.get(&partnership).copied()),
            };
            face(actor, facts).map(|face| (row, face))
        })
        .collect())
}
