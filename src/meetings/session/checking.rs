//! Saying that one is there.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::codes::{Periods, code, is_right};
use super::policy::{self, Action};
use crate::accounts::{Bucket, Ctx, Side, count_attempt, demand_attempt, forget_attempts};
use crate::ids::MeetingId;
use crate::meetings::events;
use crate::meetings::model::{Attendance, AttendanceId, Meeting, MeetingState};
use crate::meetings::queries::attendance as rows;
use crate::meetings::routes::{Hold, event, load};
use crate::platform::clock::{Instant, minutes};
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::{Check, Found, Path, Reply, Valid};
use crate::platform::text::Line;

/// The code that is shown to those who are there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "meeting_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "code": "7KQ2MWX",
    "changes_at": "2027-03-10T00:40:00Z", "taken_until": "2027-03-10T00:50:00Z"
}))]
pub struct CheckInCode {
    /// Of which meeting.
    meeting_id: MeetingId,
    /// The code: seven digits and capitals without 0, O, 1, I and L.
    code: String,
    /// When it changes; read it again then.
    changes_at: Instant,
    /// Until then it is taken all the same.
    taken_until: Instant,
}

/// The code that one was shown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "7KQ2MWX"}))]
pub struct CheckIn {
    /// The code; small letters, blanks and hyphens are no matter.
    code: Line<1, 30>,
}
impl Check for CheckIn {}

/// That you are there.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckedIn {
    /// At which meeting.
    meeting_id: MeetingId,
    /// On which side you are counted.
    side: Side,
    /// Since when it is recorded.
    created_at: Instant,
}

fn demand_in_session(meeting: &Meeting) -> Result<()> {
    match meeting.state {
        MeetingState::InSession => Ok(()),
        state => Err(Error::conflict(format!("The meeting is {state}; one checks in while it is in session."))),
    }
}

/// Reads the check-in code of a meeting in session, to be shown to those who are there.
///
/// For leaders, facilitators and secretaries. It changes every ten minutes unless the installation says otherwise, and is taken
/// for as long again.
#[utoipa::path(get, path = "/meetings/{meeting_id}/check-in-code",
    tag = "attendance", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    responses((status = 200, body = CheckInCode), (status = 409, description = "The meeting is not in session.")))]
pub async fn get_check_in_code(ctx: Ctx, id: Path<MeetingId>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let (meeting, scoped) = load(conn, actor, id.0, Hold::Nothing, now)?;
        policy::demand(actor, &scoped.standing, meeting.visibility, Action::GetCheckInCode)?;
        demand_in_session(&meeting)?;
        let periods = Periods { minutes: state.config.meetings.check_in_minutes };
        let changes_at = periods.ends(now);
        Ok(Found(CheckInCode {
            meeting_id: id.0,
            code: code(&state.secrets, id.0, periods.at(now)),
            changes_at,
            taken_until: changes_at.plus(minutes(periods.minutes)),
        }))
    })
    .await
}

/// Says that you are at a meeting, by the code that is shown there.
///
/// For members, while it is in session. Whoever comes after something was called in the meeting is there from that moment on.
/// Saying it again changes nothing. After five wrong codes in 15 minutes one waits (429).
#[utoipa::path(post, path = "/meetings/{meeting_id}/check-in",
    tag = "attendance", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    request_body = CheckIn, responses((status = 200, body = CheckedIn)), extensions(("x-idempotency" = json!("none"))))]
pub async fn check_in(ctx: Ctx, id: Path<MeetingId>, body: Valid<CheckIn>) -> Result<Reply> {
    let state = ctx.state.clone();
    // A wrong code is counted, so its answer is none that is kept.
    ctx.unkept()
        .write(move |tx, actor| {
            let now = tx.now();
            let who = actor.person()?.id;
            let (meeting, scoped) = load(tx, actor, id.0, Hold::Meeting, now)?;
            policy::demand(actor, &scoped.standing, meeting.visibility, Action::CheckIn)?;
            scoped.demand_live()?;
            demand_in_session(&meeting)?;
            let member = scoped.standing.membership.ok_or_else(|| Error::fault("a stranger was let in"))?;
            let wrong = Bucket::wrong_check_ins(state.config.meetings.wrong_check_ins);
            let key = wrong.key(&state.secrets, &who.to_string());
            demand_attempt(tx, wrong, &key, now)?;
            let periods = Periods { minutes: state.config.meetings.check_in_minutes };
            if !is_right(&state.secrets, id.0, periods, now, body.0.code.as_str()) {
                count_attempt(tx, wrong, &key, now)?;
                let why = "is not the code that is shown there now";
                let error = Error::field("/code", FieldCode::Refused, why);
                return tx.recorded(event(events::CHECK_IN_REFUSED, &meeting).failed(), Err(error));
            }
            forget_attempts(tx, &key)?;
            let (side, record) = (member.side, event(events::CHECKED_IN, &meeting));
            let record = record.fact("side", side.as_str()).fact("account", who.0);
            if let Some(before) = rows::find(tx, id.0, who)? {
                let answer =
                    Ok(Found(CheckedIn { meeting_id: id.0, side: before.side, created_at: before.created_at }));
                if before.is_vouched {
                    return Ok(tx.unchanged(answer));
                }
                // Until now there was the person's word alone.
                let (_, arrived_at) = rows::arrival(tx, id.0, now)?;
                rows::set_interval(tx, before.id, (arrived_at, before.left_at))?;
                return tx.recorded(record, answer);
            }
            let (created_at, arrived_at) = rows::arrival(tx, id.0, now)?;
            let entry = Attendance {
                id: AttendanceId::new(),
                meeting_id: id.0,
                account_id: who,
                side,
                recorded_by_id: who,
                created_at,
                arrived_at,
                left_at: None,
                is_vouched: true,
            };
            rows::insert(tx, &entry)?;
            tx.recorded(record, Ok(Found(CheckedIn { meeting_id: id.0, side, created_at })))
        })
        .await
}

crate::operations! {
    get_check_in_code,
    check_in,
}
