//! Minutes: written in versions, signed by both sides, published.

use actix_web::{get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, MeetingId};
use crate::meetings::events;
use crate::meetings::model::{
    Meeting, MeetingState, Minutes, MinutesId, MinutesSignature, MinutesSignatureId, MinutesState, MinutesVersion,
    MinutesVersionId, MinutesVisibility,
};
use crate::meetings::policy::{self, Action, MinutesFace, Subject};
use crate::meetings::queries::meetings::MeetingChanges;
use crate::meetings::queries::minutes::{self as rows, MinutesChanges};
use crate::meetings::queries::{action_items, attendance, meetings};
use crate::meetings::routes::shown::{Hold, event, load};
use crate::partnerships::{Scoped, Signed, missing_sides, note_first_meeting};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::extract::{IfMatchOnceParam, IfMatchParam};
use crate::platform::http::{
    API, Answer as _, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned,
};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Visibility;
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::Prose;

/// Open items named in a refusal at most.
const NAMED: i64 = 20;

/// The text of a meeting's minutes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "text": "Present: nine neighbors, two officers.\n\nThe lamps behind the laundry are repaired. Next walk on the 23rd.",
    "visibility": "public"
}))]
pub struct WriteMinutes {
    /// The whole text.
    text: Prose<1, 50_000>,
    /// Who may read it once it is published.
    visibility: MinutesVisibility,
}
impl Check for WriteMinutes {}

/// The minutes of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesDetail {
    /// The minutes.
    id: MinutesId,
    /// Of which meeting.
    meeting_id: MeetingId,
    /// Which version of the text counts.
    number: i32,
    /// The text.
    text: String,
    /// Who may read it once it is published.
    visibility: MinutesVisibility,
    /// Where they stand.
    state: MinutesState,
    /// Who wrote this version; `null` for readers from outside.
    written_by: Option<PersonRef>,
    /// Who signed this version.
    signatures: Vec<Signed>,
    /// Sides that have not signed it yet; empty once it is approved.
    missing_signatures: Vec<Side>,
    /// When both sides had signed.
    approved_at: Option<Instant>,
    /// When they were published.
    published_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When the first version was written.
    created_at: Instant,
    /// When they were last changed.
    updated_at: Instant,
}

/// A version of the text of minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesVersionShown {
    /// The version.
    id: MinutesVersionId,
    /// Counted from 1.
    number: i32,
    /// The text.
    text: String,
    /// Who was to read it once it is published.
    visibility: MinutesVisibility,
    /// Who wrote it.
    written_by: Option<PersonRef>,
    /// When.
    created_at: Instant,
}

/// The minutes as they stand. From outside nobody is named who is not a leader.
fn detail(conn: &mut Conn, row: Minutes, inside: bool) -> Result<Versioned<MinutesDetail>> {
    let text = rows::find_version(conn, &row)?;
    let signatures = rows::signatures(conn, row.id)?;
    let writer = inside.then_some(text.written_by_id);
    let signers = signatures.iter().filter(|_| inside).map(|signature| signature.account_id);
    let people = people(conn, signers.chain(writer).collect::<Vec<AccountId>>())?;
    let version = row.version;
    let value = MinutesDetail {
        id: row.id,
        meeting_id: row.meeting_id,
        number: row.number,
        text: text.text,
        visibility: row.visibility,
        state: row.state,
        written_by: writer.and_then(|id| people.get(&id).cloned()),
        missing_signatures: match row.state {
            MinutesState::Draft => missing_sides(signatures.iter().map(|signature| signature.side)),
            MinutesState::Approved | MinutesState::Published => Vec::new(),
        },
        signatures: signatures
            .into_iter()
            .map(|s| Signed { side: s.side, by: people.get(&s.account_id).cloned(), signed_at: s.created_at })
            .collect(),
        approved_at: row.approved_at,
        published_at: row.published_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(Versioned::new(value, version))
}

/// The minutes of the meeting as this actor may have them for `action`, where there are any.
fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: MeetingId,
    action: Action,
    hold: Hold,
    now: Instant,
) -> Result<(Option<Minutes>, Meeting, Scoped)> {
    let (meeting, scoped) = load(conn, actor, id, hold, now)?;
    let minutes = rows::find(conn, id)?;
    let face = minutes.as_ref().map_or(MinutesFace::Draft, MinutesFace::of);
    let subject = Subject { minutes: face, ..Subject::meeting(meeting.visibility) };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((minutes, meeting, scoped))
}

/// Writes the minutes of a meeting, whole.
///
/// Each time it is a new version, and the ones before are kept. Signatures stand under one version: they count no more
/// once there is another. `If-Match` is needed as soon as there are minutes. Approved minutes can't be written anew.
#[utoipa::path(tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchOnceParam),
    request_body = WriteMinutes,
    responses((status = 200, body = MinutesDetail), (status = 201, body = MinutesDetail)))]
#[put("/meetings/{meeting_id}/minutes")]
pub async fn write_minutes(
    ctx: Ctx,
    id: Path<MeetingId>,
    if_match: Result<IfMatch>,
    body: Valid<WriteMinutes>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (minutes, meeting, scoped) = find_for(tx, actor, id.0, Action::WriteMinutes, Hold::Partnership, now)?;
        let if_match = match (&minutes, if_match) {
            (None, Err(missing)) if missing.code() == Code::PreconditionRequired => None,
            (_, given) => Some(given?),
        };
        scoped.demand_live()?;
        if !meeting.state.is_open_book() {
            let detail = format!(
                "The meeting is {}; minutes are written from its start until both sides have signed.",
                meeting.state
            );
            return Err(Error::conflict(detail));
        }
        let (text, visibility) = (body.0.text.into(), body.0.visibility);
        let (row, is_new) = match (minutes, if_match) {
            (Some(row), Some(if_match)) => {
                if_match.demand(row.version)?;
                if row.state != MinutesState::Draft {
                    return Err(Error::conflict("The minutes are approved; they are not written anew."));
                }
                rows::void(tx, row.id, now)?;
                let changes = MinutesChanges {
                    number: Some(row.number + 1),
                    visibility: Some(visibility),
                    ..MinutesChanges::default()
                };
                (rows::update(tx, row.id, changes, now)?, false)
            }
            (None, None) => {
                let row = Minutes {
                    id: MinutesId::new(),
                    meeting_id: id.0,
                    state: MinutesState::Draft,
                    visibility,
                    number: 1,
                    approved_at: None,
                    published_at: None,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                rows::insert(tx, &row)?;
                (row, true)
            }
            (None, Some(_)) => return Err(Error::new(Code::PreconditionFailed, "There are no minutes yet.")),
            (Some(_), None) => return Err(Error::fault("a precondition was lost")),
        };
        let version = MinutesVersion {
            id: MinutesVersionId::new(),
            minutes_id: row.id,
            number: row.number,
            text,
            visibility,
            written_by_id: by,
            created_at: now,
        };
        rows::insert_version(tx, &version)?;
        let entry = event(events::MINUTES_WRITTEN, &meeting).fact("number", row.number);
        let shown = detail(tx, row, true)?;
        let reply = if is_new {
            let location = format!("{API}/meetings/{}/minutes", id.0);
            Created { value: shown.value, location, version: Some(1) }.reply(tx.envelope())?
        } else {
            shown.reply(tx.envelope())?
        };
        tx.recorded(entry, reply)
    })
    .await
}

/// Reads the minutes of a meeting.
///
/// While they are written they are for organisers and officers; approved ones are for members and officers; published
/// ones for whom they were written.
#[utoipa::path(tag = "minutes", security((), ("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    responses((status = 200, body = MinutesDetail)))]
#[get("/meetings/{meeting_id}/minutes")]
pub async fn get_minutes(ctx: Ctx, id: Path<MeetingId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (minutes, _, scoped) = find_for(conn, actor, id.0, Action::GetMinutes, Hold::Nothing, now)?;
        detail(conn, minutes.ok_or_else(Error::not_found)?, scoped.standing.is_inside())
    })
    .await
}

/// Lists the versions of the minutes' text, newest first.
#[utoipa::path(tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), PageParams),
    responses((status = 200, body = Page<MinutesVersionShown>)))]
#[get("/meetings/{meeting_id}/minutes/versions")]
pub async fn list_minutes_versions(ctx: Ctx, id: Path<MeetingId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        let (minutes, ..) = find_for(conn, actor, id.0, Action::ListMinutesVersions, Hold::Nothing, now)?;
        let page = rows::list_versions(conn, minutes.ok_or_else(Error::not_found)?.id, &listing)?;
        let people = people(conn, page.items.iter().map(|row| row.written_by_id))?;
        Ok(page.map(|row| MinutesVersionShown {
            id: row.id,
            number: row.number,
            text: row.text,
            visibility: row.visibility,
            written_by: people.get(&row.written_by_id).cloned(),
            created_at: row.created_at,
        }))
    })
    .await
}

/// A meeting is not closed while something was promised by nobody (`domain/60` 6.22).
fn demand_owners(conn: &mut Conn, id: MeetingId) -> Result<()> {
    let unowned = action_items::find_unowned(conn, id, NAMED)?;
    if unowned.is_empty() {
        return Ok(());
    }
    let detail = "Open action items have nobody who took them on. Find somebody, or mark them with no_owner_found.";
    let error = Error::new(Code::GateUnmet, detail).with_missing(vec!["action_item_owner"]);
    Err(unowned.into_iter().fold(error, |error, item| error.with_conflict(format!("{API}/action-items/{item}"))))
}

/// Signs the minutes for your side.
///
/// For leaders, once the meeting is over and every open action item has somebody who took it on. With the second side's
/// signature the minutes are approved and the meeting is minuted.
#[utoipa::path(tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    responses((status = 200, body = MinutesDetail)))]
#[post("/meetings/{meeting_id}/minutes/sign")]
pub async fn sign_minutes(ctx: Ctx, id: Path<MeetingId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (minutes, meeting, scoped) = find_for(tx, actor, id.0, Action::SignMinutes, Hold::Partnership, now)?;
        let row = minutes.ok_or_else(Error::not_found)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(MinutesState::Approved)?;
        meeting.state.demand(MeetingState::Minuted)?;
        demand_owners(tx, id.0)?;
        let seat = scoped.standing.seat.ok_or_else(|| Error::fault("somebody without a seat was let in to sign"))?;
        let signature = MinutesSignature {
            id: MinutesSignatureId::new(),
            minutes_id: row.id,
            side: seat.side,
            seat_id: seat.id,
            account_id: by,
            voided_at: None,
            created_at: now,
        };
        rows::sign(tx, &signature)?;
        let signed = rows::signatures(tx, row.id)?;
        let (row, kind) = if missing_sides(signed.iter().map(|s| s.side)).is_empty() {
            (approve(tx, row, &meeting, now)?, events::MINUTES_APPROVED)
        } else {
            (rows::update(tx, row.id, MinutesChanges::default(), now)?, events::MINUTES_SIGNED)
        };
        let entry = event(kind, &meeting).fact("side", seat.side.as_str()).fact("number", row.number);
        let shown = detail(tx, row, true)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Both sides have signed: the meeting is minuted, and counts for the checklist when both sides were there.
fn approve(conn: &mut Conn, row: Minutes, meeting: &Meeting, now: Instant) -> Result<Minutes> {
    let changes = MinutesChanges {
        state: Some(MinutesState::Approved),
        approved_at: Some(Some(now)),
        ..MinutesChanges::default()
    };
    let row = rows::update(conn, row.id, changes, now)?;
    let changes = MeetingChanges { state: Some(MeetingState::Minuted), ..MeetingChanges::default() };
    meetings::update(conn, meeting.id, changes, now)?;
    if attendance::count(conn, meeting.id)?.both_sides_present {
        let held_at = meeting.started_at.unwrap_or(meeting.starts_at);
        note_first_meeting(conn, meeting.partnership_id, AnyId(meeting.id.0), held_at, now)?;
    }
    Ok(row)
}

/// Publishes approved minutes to those for whom they were written.
#[utoipa::path(tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    responses((status = 200, body = MinutesDetail)))]
#[post("/meetings/{meeting_id}/minutes/publish")]
pub async fn publish_minutes(ctx: Ctx, id: Path<MeetingId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let (minutes, meeting, scoped) = find_for(tx, actor, id.0, Action::PublishMinutes, Hold::Partnership, now)?;
        let row = minutes.ok_or_else(Error::not_found)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        if row.state == MinutesState::Draft {
            let missing = missing_sides(rows::signatures(tx, row.id)?.iter().map(|s| s.side));
            return Err(Error::new(Code::MinutesNotApproved, "A leader of each side signs the minutes first.")
                .with_missing(missing.into_iter().map(Side::as_str).collect()));
        }
        row.state.demand(MinutesState::Published)?;
        let changes = MinutesChanges {
            state: Some(MinutesState::Published),
            published_at: Some(Some(now)),
            ..MinutesChanges::default()
        };
        let row = rows::update(tx, row.id, changes, now)?;
        let mut kind = events::MINUTES_PUBLISHED;
        if row.visibility == MinutesVisibility::Members {
            kind.visibility = Visibility::Members;
        }
        let entry = event(kind, &meeting).fact("number", row.number);
        let shown = detail(tx, row, true)?;
        tx.recorded(entry, shown)
    })
    .await
}
