//! Executive sessions.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{EDITION, ExecutiveSession, ExecutiveSessionId, Justification};
use super::policy::{self, Action};
use super::{executive_sessions_of, is_recessed, queries, rules};
use crate::accounts::{Actor, Ctx, PersonRef, people};
use crate::ids::{AccountId, MeetingId};
use crate::meetings::events;
use crate::meetings::model::{Meeting, MeetingState};
use crate::meetings::open_meetings::is_on;
use crate::meetings::policy::takes_part;
use crate::meetings::queries::attendance;
use crate::meetings::queries::meetings::{self as rows, MeetingChanges};
use crate::meetings::routes::{Hold, MeetingDetail, event, load, one};
use crate::partnerships::Scoped;
use crate::platform::clock::{Instant, hours};
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, wrong};
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::{Line, Prose};
use crate::platform::values::Affirmed;

/// How often a meeting recesses at most.
const MOST: usize = 20;
/// A meeting resumes within so many hours.
const WITHIN_HOURS: u64 = 24;

/// A motion to recess into an executive session (K.S.A. 75-4319).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "motion": "I move that we recess into executive session to consult with the city's attorney about the lease of the hall, and resume the open meeting here at 7:30 pm.",
    "mover_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "seconder_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d12", "carried": true,
    "justification": "attorney_client", "subjects": "The lease of the hall.",
    "resumes_at": "2027-03-10T01:30:00Z", "resume_place": "Armourdale Recreation Center"
}))]
pub struct RecessMeeting {
    /// The whole motion as it was made; it is kept for ever.
    motion: Prose<10, 2000>,
    /// Who made it: somebody who is recorded as present.
    mover_id: AccountId,
    /// Who seconded it: somebody else who is.
    seconder_id: AccountId,
    /// `true`: it was carried.
    #[expect(dead_code, reason = "it is asked for, and can only be true")]
    carried: Affirmed,
    /// Why the law lets it be closed: one paragraph of K.S.A. 75-4319(b). What falls under another one wants a motion of its own.
    justification: Justification,
    /// What is talked about.
    subjects: Prose<3, 1000>,
    /// When the open meeting resumes, within 24 hours.
    resumes_at: Instant,
    /// Where.
    resume_place: Line<2, 200>,
}
impl Check for RecessMeeting {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if self.mover_id == self.seconder_id {
            errors.push(wrong("/seconder_id", FieldCode::Inconsistent, "nobody seconds a motion of their own"));
        }
    }
}

/// An executive session.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExecutiveSessionDetail {
    /// The session.
    id: ExecutiveSessionId,
    /// Of which meeting.
    meeting_id: MeetingId,
    /// The whole motion.
    motion: String,
    /// Who made it; told to members and officers.
    mover: Option<PersonRef>,
    /// Who seconded it; told to members and officers.
    seconder: Option<PersonRef>,
    /// Why the law lets it be closed.
    justification: Justification,
    /// The paragraph of the law that this is.
    #[schema(example = "K.S.A. 75-4319(b)(2)")]
    statute: String,
    /// In which edition of the table of K.S.A. 75-4319(b) that stands.
    justification_edition: i32,
    /// What was talked about.
    subjects: String,
    /// When the open meeting was to resume.
    resumes_at: Instant,
    /// Where.
    resume_place: String,
    /// When it did.
    resumed_at: Option<Instant>,
    /// By how many minutes that was late.
    late_minutes: Option<i32>,
    /// Whether it resumed late.
    is_late: bool,
    /// When the meeting recessed.
    created_at: Instant,
}

fn shown(conn: &mut Conn, rows: Page<ExecutiveSession>, inside: bool) -> Result<Page<ExecutiveSessionDetail>> {
    let named: Vec<AccountId> = rows.items.iter().flat_map(|row| [row.mover_id, row.seconder_id]).collect();
    let people = if inside { people(conn, named)? } else { HashMap::new() };
    Ok(rows.map(|row| ExecutiveSessionDetail {
        mover: people.get(&row.mover_id).cloned(),
        seconder: people.get(&row.seconder_id).cloned(),
        id: row.id,
        meeting_id: row.meeting_id,
        motion: row.motion,
        justification: row.justification,
        statute: row.justification.statute(),
        justification_edition: row.justification_edition,
        subjects: row.subjects,
        resumes_at: row.resumes_at,
        resume_place: row.resume_place,
        resumed_at: row.resumed_at,
        late_minutes: row.late_minutes,
        is_late: row.late_minutes.is_some_and(|minutes| minutes > 0),
        created_at: row.created_at,
    }))
}

fn load_for(
    conn: &mut Conn,
    actor: &Actor,
    id: MeetingId,
    action: Action,
    hold: Hold,
    now: Instant,
) -> Result<(Meeting, Scoped)> {
    let (meeting, scoped) = load(conn, actor, id, hold, now)?;
    policy::demand(actor, &scoped.standing, meeting.visibility, action)?;
    Ok((meeting, scoped))
}

/// Recesses a meeting into an executive session, by a motion that was made, seconded and carried.
///
/// For organisers, and only where the open meetings law binds the partnership. Until the meeting resumes, nothing is decided
/// in it. The motion is kept for ever, and whoever sees the meeting reads it.
#[utoipa::path(post, path = "/meetings/{meeting_id}/recess",
    tag = "meetings", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    request_body = RecessMeeting, responses((status = 200, body = MeetingDetail)))]
pub async fn recess_meeting(
    ctx: Ctx,
    id: Path<MeetingId>,
    if_match: IfMatch,
    body: Valid<RecessMeeting>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (meeting, scoped) = load_for(tx, actor, id.0, Action::RecessMeeting, Hold::Partnership, now)?;
        if_match.demand(meeting.version)?;
        scoped.demand_live()?;
        if meeting.state != MeetingState::InSession || is_recessed(tx, id.0)? {
            return Err(Error::conflict("A meeting recesses while it is in session, and once at a time."));
        }
        if !is_on(tx, meeting.partnership_id)? {
            let why = "Executive sessions are held where the open meetings law binds the partnership.";
            return Err(Error::new(Code::GateUnmet, why).with_missing(vec!["open_meetings_policy"]));
        }
        if executive_sessions_of(tx, id.0)?.len() >= MOST {
            return Err(Error::conflict("The meeting has recessed twenty times."));
        }
        let RecessMeeting { motion, mover_id, seconder_id, justification, subjects, resumes_at, resume_place, .. } =
            body.0;
        let mut errors = Vec::new();
        for (at, who) in [("/mover_id", mover_id), ("/seconder_id", seconder_id)] {
            if attendance::find(tx, id.0, who)?.is_none_or(|entry| !entry.covers(now)) {
                errors.push(wrong(at, FieldCode::NotFound, "is not recorded as present now"));
            }
        }
        if resumes_at <= now || resumes_at > now.plus(hours(WITHIN_HOURS)) {
            let why = format!("must be to come, within {WITHIN_HOURS} hours");
            errors.push(wrong("/resumes_at", FieldCode::OutOfRange, why));
        }
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        let session = ExecutiveSession {
            id: ExecutiveSessionId::new(),
            meeting_id: id.0,
            motion: motion.into(),
            mover_id,
            seconder_id,
            justification,
            justification_edition: EDITION,
            subjects: subjects.into(),
            resumes_at,
            resume_place: resume_place.into(),
            recorded_by_id: by,
            resumed_at: None,
            resumed_by_id: None,
            late_minutes: None,
            created_at: now,
        };
        queries::insert(tx, &session)?;
        let meeting = rows::update(tx, id.0, MeetingChanges::default(), now)?;
        let entry = event(events::RECESSED, &meeting).fact("justification", justification.as_str());
        let detail = one(tx, actor, meeting, &scoped)?;
        tx.recorded(entry, detail)
    })
    .await
}

/// Resumes an open meeting after an executive session.
///
/// Where it is later than the motion said, that is kept, by how many minutes.
#[utoipa::path(post, path = "/meetings/{meeting_id}/resume",
    tag = "meetings", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    responses((status = 200, body = MeetingDetail)))]
pub async fn resume_meeting(ctx: Ctx, id: Path<MeetingId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (meeting, scoped) = load_for(tx, actor, id.0, Action::ResumeMeeting, Hold::Partnership, now)?;
        if_match.demand(meeting.version)?;
        scoped.demand_live()?;
        let session = queries::open_of(tx, id.0)?.ok_or_else(|| Error::conflict("The meeting is not recessed."))?;
        if now < session.resumes_at {
            let why = format!(
                "The motion said that the open meeting goes on at {}; whoever waits comes then.",
                session.resumes_at
            );
            return Err(Error::conflict(why));
        }
        let late = rules::late_minutes(session.resumes_at, now);
        queries::resume(tx, &session, by, late, now)?;
        let meeting = rows::update(tx, id.0, MeetingChanges::default(), now)?;
        let entry = event(events::RESUMED, &meeting).fact("minutes", late);
        let detail = one(tx, actor, meeting, &scoped)?;
        tx.recorded(entry, detail)
    })
    .await
}

/// Lists the executive sessions of a meeting with their motions, the first one first.
///
/// For whoever sees the meeting.
#[utoipa::path(get, path = "/meetings/{meeting_id}/executive-sessions",
    tag = "meetings", security((), ("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), PageParams),
    responses((status = 200, body = Page<ExecutiveSessionDetail>)))]
pub async fn list_executive_sessions(ctx: Ctx, id: Path<MeetingId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (_, scoped) = load_for(conn, actor, id.0, Action::ListExecutiveSessions, Hold::Nothing, now)?;
        let page = queries::list(conn, id.0, &listing)?;
        shown(conn, page, takes_part(&scoped.standing))
    })
    .await
}

crate::operations! {
    recess_meeting,
    resume_meeting,
    list_executive_sessions,
}
