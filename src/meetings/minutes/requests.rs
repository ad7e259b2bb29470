//! What members want to have otherwise in circulated minutes.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{CorrectionRequest, CorrectionRequestId, CorrectionRequestState, Minutes, MinutesState};
use super::policy::{self, Action, MinutesFace, Subject};
use super::queries::{self as rows, MinutesChanges, RequestChanges};
use super::rules::MAINTAINED_WITHIN;
use super::shown::find_for;
use super::{events, letters, queries};
use crate::accounts::{Actor, Ctx, PersonRef, emails_of, people};
use crate::ids::{AccountId, MeetingId};
use crate::meetings::model::{Meeting, MeetingVisibility};
use crate::meetings::routes::{Hold, event, load};
use crate::partnerships::Scoped;
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Tx, Valid, Versioned,
};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::mail;
use crate::platform::record::Kind;
use crate::platform::text::Prose;

/// Requests about one meeting's minutes that may be open at a time.
const MOST: i32 = 200;

/// What should be otherwise.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"passage": "nine neighbors", "proposal": "Ten: Walter came later."}))]
pub struct CreateCorrectionRequest {
    /// What it is about, exactly as it stands in the text; absent where something is missing in it.
    passage: Option<Prose<1, 2000>>,
    /// What should stand there, in your words.
    proposal: Prose<3, 2000>,
}
impl Check for CreateCorrectionRequest {}

/// Why a correction is declined.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineCorrectionRequest {
    /// The reason; members read it.
    reason: Prose<3, 1000>,
}
impl Check for DeclineCorrectionRequest {}

/// Which requests to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CorrectionRequestFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<CorrectionRequestState>,
}

/// A member's request to correct circulated minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct CorrectionRequestDetail {
    /// The request.
    id: CorrectionRequestId,
    /// The meeting whose minutes it is about.
    meeting_id: MeetingId,
    /// The version of the text that it is about.
    text_number: i32,
    /// The passage that it is about.
    passage: Option<String>,
    /// What should stand there.
    proposal: String,
    /// Where it stands.
    state: CorrectionRequestState,
    /// Who asked.
    requested_by: Option<PersonRef>,
    /// Who accepted or declined it.
    answered_by: Option<PersonRef>,
    /// Why it was declined.
    decline_reason: Option<String>,
    /// Of a declined one: until then whoever asked can maintain it.
    maintain_by: Option<Instant>,
    /// When whoever asked said that they want it all the same.
    maintained_at: Option<Instant>,
    /// The version of the text that has it in.
    accepted_number: Option<i32>,
    /// When it was answered, or taken back.
    closed_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was made.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// Persons whom requests name.
fn named(conn: &mut Conn, rows: &[CorrectionRequest]) -> Result<HashMap<AccountId, PersonRef>> {
    let ids = rows.iter().flat_map(|row| [Some(row.requested_by_id), row.answered_by_id]).flatten();
    people(conn, ids.collect::<Vec<AccountId>>())
}

/// Until when a request that stands so can be maintained.
fn maintain_by(state: CorrectionRequestState, closed_at: Option<Instant>) -> Option<Instant> {
    closed_at.filter(|_| state == CorrectionRequestState::Declined).map(|at| at.plus(MAINTAINED_WITHIN))
}

fn shown(
    row: CorrectionRequest,
    meeting_id: MeetingId,
    people: &HashMap<AccountId, PersonRef>,
) -> CorrectionRequestDetail {
    CorrectionRequestDetail {
        id: row.id,
        meeting_id,
        text_number: row.text_number,
        passage: row.passage,
        proposal: row.proposal,
        state: row.state,
        requested_by: people.get(&row.requested_by_id).cloned(),
        answered_by: row.answered_by_id.and_then(|id| people.get(&id).cloned()),
        decline_reason: row.decline_reason,
        maintain_by: maintain_by(row.state, row.closed_at),
        maintained_at: row.maintained_at,
        accepted_number: row.accepted_number,
        closed_at: row.closed_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn one(conn: &mut Conn, row: CorrectionRequest, meeting: MeetingId) -> Result<Versioned<CorrectionRequestDetail>> {
    let (version, people) = (row.version, named(conn, std::slice::from_ref(&row))?);
    Ok(Versioned::new(shown(row, meeting, &people), version))
}

/// Asks for a correction of circulated minutes.
///
/// For members, while the minutes are circulated and nobody has put them up for decision. They are not approved by silent
/// consent while a request is open.
#[utoipa::path(post, path = "/meetings/{meeting_id}/minutes/correction-requests",
    tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    request_body = CreateCorrectionRequest, responses((status = 201, body = CorrectionRequestDetail)))]
pub async fn create_correction_request(
    ctx: Ctx,
    id: Path<MeetingId>,
    body: Valid<CreateCorrectionRequest>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (minutes, meeting, scoped) =
            find_for(tx, actor, id.0, Action::CreateCorrectionRequest, Hold::Partnership, now)?;
        let minutes = minutes.ok_or_else(Error::not_found)?;
        scoped.demand_live()?;
        if minutes.state != MinutesState::Circulated {
            let detail =
                format!("The minutes are {}; corrections are asked for while they are circulated.", minutes.state);
            return Err(Error::conflict(detail));
        }
        if minutes.open_requests >= MOST {
            return Err(Error::conflict("There are so many open requests that they are answered first."));
        }
        let CreateCorrectionRequest { passage, proposal } = body.0;
        let passage: Option<String> = passage.map(Into::into);
        if let Some(passage) = &passage
            && !queries::find_version(tx, &minutes)?.text.contains(passage.as_str())
        {
            return Err(Error::field("/passage", FieldCode::Inconsistent, "must stand in the text, exactly so"));
        }
        let row = CorrectionRequest {
            id: CorrectionRequestId::new(),
            minutes_id: minutes.id,
            text_number: minutes.number,
            passage,
            proposal: proposal.into(),
            state: CorrectionRequestState::Open,
            requested_by_id: by,
            answered_by_id: None,
            decline_reason: None,
            accepted_number: None,
            closed_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
            maintained_at: None,
        };
        rows::insert_request(tx, &row)?;
        let changes = MinutesChanges { open_requests: Some(minutes.open_requests + 1), ..MinutesChanges::default() };
        queries::update(tx, minutes.id, changes, now)?;
        let location = format!("{API}/correction-requests/{}", row.id);
        let entry = event(events::CORRECTION_REQUESTED, &meeting).fact("number", row.text_number);
        let value = one(tx, row, id.0)?.value;
        tx.recorded(entry, Created { value, location, version: Some(1) })
    })
    .await
}

/// What of the minutes changes when a request goes from one state to another: how many are open and maintained, and when one was
/// last declined.
fn counted(
    (minutes, meeting): (&Minutes, &Meeting),
    from: CorrectionRequestState,
    to: CorrectionRequestState,
    now: Instant,
) -> MinutesChanges {
    use CorrectionRequestState as S;
    // What is maintained leaves it to a decision, and minutes of leaders' meetings are not decided on.
    let counts = |state| i32::from(state == S::Maintained && meeting.visibility != MeetingVisibility::Leaders);
    let maintained = minutes.maintained_requests + counts(to) - counts(from);
    MinutesChanges {
        open_requests: (from == S::Open).then_some(minutes.open_requests - 1),
        maintained_requests: Some(maintained),
        declined_at: (to == S::Declined).then_some(Some(now)),
        ..MinutesChanges::default()
    }
}

/// Tells whoever asked that it was declined, and until when they can maintain it.
fn tell_requester(tx: &mut Tx<'_>, state: &State, row: &CorrectionRequest, meeting: &Meeting) -> Result<()> {
    let Some(until) = maintain_by(row.state, row.closed_at) else { return Ok(()) };
    let now = tx.now();
    let address = format!("{}{API}/correction-requests/{}", state.base_url, row.id);
    let to = emails_of(tx, &[row.requested_by_id])?;
    let letters = to.into_iter().map(|to| letters::declined(to, &address, meeting, until)).collect();
    mail::queue_all(tx, &state.secrets, letters, now)
}

/// Refuses to maintain what can't be any more.
fn demand_maintainable(request: &CorrectionRequest, minutes: &Minutes, now: Instant) -> Result<()> {
    if minutes.state != MinutesState::Circulated {
        let detail =
            format!("The minutes are {}; a correction is maintained while they are circulated.", minutes.state);
        return Err(Error::conflict(detail));
    }
    match maintain_by(request.state, request.closed_at) {
        Some(until) if until <= now => Err(Error::conflict(format!("A correction could be maintained until {until}."))),
        _ => Ok(()),
    }
}

/// Lists requests to correct the minutes of a meeting, in the order in which they came.
#[utoipa::path(get, path = "/meetings/{meeting_id}/minutes/correction-requests",
    tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), CorrectionRequestFilter, PageParams),
    responses((status = 200, body = Page<CorrectionRequestDetail>)))]
pub async fn list_correction_requests(
    ctx: Ctx,
    id: Path<MeetingId>,
    listing: Listing<CorrectionRequestFilter>,
) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        let (minutes, ..) = find_for(conn, actor, id.0, Action::ListCorrectionRequests, Hold::Nothing, now)?;
        let minutes = minutes.ok_or_else(Error::not_found)?;
        let page = rows::list_requests(conn, minutes.id, listing.filter.state, &listing)?;
        let people = named(conn, &page.items)?;
        Ok(page.map(|row| shown(row, id.0, &people)))
    })
    .await
}

/// A request with all that it belongs to, as this actor may have it for `action`.
struct Found {
    request: CorrectionRequest,
    minutes: Minutes,
    meeting: Meeting,
    scoped: Scoped,
}

fn request_for(
    conn: &mut Conn,
    actor: &Actor,
    id: CorrectionRequestId,
    action: Action,
    hold: Hold,
    now: Instant,
) -> Result<Found> {
    actor.person()?;
    let (_, meeting) = rows::find_request(conn, id)?.ok_or_else(Error::not_found)?;
    let (meeting, scoped) = load(conn, actor, meeting, hold, now)?;
    // Behind the lock: somebody may have answered it meanwhile.
    let (request, _) = rows::find_request(conn, id)?.ok_or_else(Error::not_found)?;
    let minutes = rows::find(conn, meeting.id)?.ok_or_else(Error::not_found)?;
    let subject = Subject {
        visibility: meeting.visibility,
        face: MinutesFace::of(&minutes),
        is_own: actor.id() == Some(request.requested_by_id),
    };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok(Found { request, minutes, meeting, scoped })
}

/// Reads a request to correct minutes.
#[utoipa::path(get, path = "/correction-requests/{correction_request_id}",
    tag = "minutes", security(("bearer" = [])),
    params(("correction_request_id" = CorrectionRequestId, Path, description = "The request.")),
    responses((status = 200, body = CorrectionRequestDetail)))]
pub async fn get_correction_request(ctx: Ctx, id: Path<CorrectionRequestId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let found = request_for(conn, actor, id.0, Action::GetCorrectionRequest, Hold::Nothing, now)?;
        one(conn, found.request, found.meeting.id)
    })
    .await
}

async fn close(
    ctx: Ctx,
    id: CorrectionRequestId,
    if_match: IfMatch,
    (action, to, kind): (Action, CorrectionRequestState, Kind),
    reason: Option<String>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let Found { request, minutes, meeting, scoped } = request_for(tx, actor, id, action, Hold::Partnership, now)?;
        if_match.demand(request.version)?;
        scoped.demand_live()?;
        request.state.demand(to)?;
        let is_maintained = to == CorrectionRequestState::Maintained;
        if is_maintained {
            demand_maintainable(&request, &minutes, now)?;
        }
        let is_answer = matches!(to, CorrectionRequestState::Accepted | CorrectionRequestState::Declined);
        let accepted_number = (to == CorrectionRequestState::Accepted).then_some(minutes.number);
        if accepted_number.is_some_and(|number| number <= request.text_number) {
            return Err(Error::conflict("No newer version of the text has it in: write the minutes anew first."));
        }
        let changes = RequestChanges {
            state: to,
            answered_by_id: actor.id().filter(|_| is_answer).or(request.answered_by_id),
            decline_reason: reason.or(request.decline_reason),
            accepted_number,
            closed_at: request.closed_at.filter(|_| is_maintained).or(Some(now)),
            maintained_at: if is_maintained { Some(now) } else { request.maintained_at },
        };
        let row = rows::update_request(tx, id, changes, now)?;
        let mut changes = counted((&minutes, &meeting), request.state, to, now);
        if is_maintained && meeting.visibility == MeetingVisibility::Leaders {
            queries::void_assents(tx, minutes.id, now)?;
            changes.assented_at = Some(None);
        }
        queries::update(tx, minutes.id, changes, now)?;
        tell_requester(tx, &state, &row, &meeting)?;
        let entry = event(kind, &meeting).fact("number", minutes.number);
        let detail = one(tx, row, meeting.id)?;
        tx.recorded(entry, detail)
    })
    .await
}

/// Accepts a correction that a newer version of the minutes has in.
#[utoipa::path(post, path = "/correction-requests/{correction_request_id}/accept",
    tag = "minutes", security(("bearer" = [])),
    params(("correction_request_id" = CorrectionRequestId, Path, description = "The request."), IfMatchParam),
    responses((status = 200, body = CorrectionRequestDetail)))]
pub async fn accept_correction_request(ctx: Ctx, id: Path<CorrectionRequestId>, if_match: IfMatch) -> Result<Reply> {
    let how = (Action::AcceptCorrectionRequest, CorrectionRequestState::Accepted, events::CORRECTION_ACCEPTED);
    close(ctx, id.0, if_match, how, None).await
}

/// Declines a correction, with a reason.
///
/// Whoever asked is told, and can maintain it within five days; until then the minutes are not approved by silent consent.
#[utoipa::path(post, path = "/correction-requests/{correction_request_id}/decline",
    tag = "minutes", security(("bearer" = [])),
    params(("correction_request_id" = CorrectionRequestId, Path, description = "The request."), IfMatchParam),
    request_body = DeclineCorrectionRequest, responses((status = 200, body = CorrectionRequestDetail)))]
pub async fn decline_correction_request(
    ctx: Ctx,
    id: Path<CorrectionRequestId>,
    if_match: IfMatch,
    body: Valid<DeclineCorrectionRequest>,
) -> Result<Reply> {
    let how = (Action::DeclineCorrectionRequest, CorrectionRequestState::Declined, events::CORRECTION_DECLINED);
    close(ctx, id.0, if_match, how, Some(body.0.reason.into())).await
}

/// Maintains your own request that was declined: you want it all the same.
///
/// Once, within five days, while the minutes are circulated. The minutes are then approved by a decision of both sides alone,
/// until a text has it in and the request is accepted, or you take it back. Minutes of leaders' meetings are not decided on:
/// those need the assent of both sides anew, which is then given in knowledge of it.
#[utoipa::path(post, path = "/correction-requests/{correction_request_id}/maintain",
    tag = "minutes", security(("bearer" = [])),
    params(("correction_request_id" = CorrectionRequestId, Path, description = "The request."), IfMatchParam),
    responses((status = 200, body = CorrectionRequestDetail)))]
pub async fn maintain_correction_request(ctx: Ctx, id: Path<CorrectionRequestId>, if_match: IfMatch) -> Result<Reply> {
    let how = (Action::MaintainCorrectionRequest, CorrectionRequestState::Maintained, events::CORRECTION_MAINTAINED);
    close(ctx, id.0, if_match, how, None).await
}

/// Takes your own request back, while nobody has answered it or you maintain it.
#[utoipa::path(post, path = "/correction-requests/{correction_request_id}/withdraw",
    tag = "minutes", security(("bearer" = [])),
    params(("correction_request_id" = CorrectionRequestId, Path, description = "The request."), IfMatchParam),
    responses((status = 200, body = CorrectionRequestDetail)))]
pub async fn withdraw_correction_request(ctx: Ctx, id: Path<CorrectionRequestId>, if_match: IfMatch) -> Result<Reply> {
    let how = (Action::WithdrawCorrectionRequest, CorrectionRequestState::Withdrawn, events::CORRECTION_WITHDRAWN);
    close(ctx, id.0, if_match, how, None).await
}

crate::operations! {
    create_correction_request,
    list_correction_requests,
    get_correction_request,
    accept_correction_request,
    decline_correction_request,
    maintain_correction_request,
    withdraw_correction_request,
}
