//! Writing and reading minutes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{
    Minutes, MinutesId, MinutesStage, MinutesState, MinutesVersion, MinutesVersionId, MinutesVisibility, Redaction,
};
use super::policy::Action;
use super::queries::{self as rows, MinutesChanges};
use super::redacting::{Redact, asked};
use super::redaction::kept;
use super::rendition::Masks;
use super::rules::stage;
use super::shown::{MinutesDetail, Reader, detail, find_for};
use super::{approval, draft, events, facts, motions, steps};
use crate::accounts::{Ctx, PersonRef, people};
use crate::ids::MeetingId;
use crate::meetings::commitments::reads_register;
use crate::meetings::routes::{Hold, event};
use crate::platform::clock::Instant;
use crate::platform::db::Json;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::extract::IfMatchOnceParam;
use crate::platform::http::{
    API, Answer as _, Check, Created, Found, IfMatch, Listing, Page, PageParams, Path, Reply, Valid,
};
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::Prose;
use crate::platform::values::List;

/// The text of a meeting's minutes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "text": "Present: nine neighbors, two officers.\n\nMs. Ortiz told of the night of the 3rd. Next walk on the 23rd.",
    "redactions": [{"passage": "Ms. Ortiz told of the night of the 3rd.", "reason": "victim"}],
    "visibility": "public"
}))]
pub struct WriteMinutes {
    /// The whole text.
    text: Prose<1, 50_000>,
    /// Passages that are not for everybody, each of which stands in the text as whole words. Where nothing is said, those of the
    /// version before stay as far as they stand in this one.
    redactions: Option<List<Redact, 0, 50>>,
    /// Who may read it once it is published.
    visibility: MinutesVisibility,
}
impl Check for WriteMinutes {}

/// What minutes can begin with.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesDraft {
    /// Of which meeting.
    meeting_id: MeetingId,
    /// Where its minutes stand; `not_started` where nothing was written yet.
    state: MinutesStage,
    /// A text made from what is on record now, as far as you read it: who was there in numbers, and for the first time; the
    /// agenda; what was come back to, and how it stood when the meeting ended; what was decided, taken on and promised. Nothing
    /// of it is kept.
    text: String,
}

/// A version of the text of minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesVersionShown {
    /// The version.
    id: MinutesVersionId,
    /// Counted from 1.
    number: i32,
    /// The text, whole.
    text: String,
    /// Passages of it that are not for everybody.
    redactions: Vec<Redaction>,
    /// Who was to read it once it is published.
    visibility: MinutesVisibility,
    /// Who wrote it.
    written_by: Option<PersonRef>,
    /// When.
    created_at: Instant,
}

/// Writes the minutes of a meeting, whole.
///
/// Each time it is a new version, and the ones before are kept. Assents stand under one version: they count no more once
/// there is another. Circulated minutes are circulated anew by it, and the time in which corrections can be asked for begins
/// anew; what is being decided on gets another text. `If-Match` is needed as soon as there are minutes. Approved minutes
/// can't be written anew.
#[utoipa::path(put, path = "/meetings/{meeting_id}/minutes",
    tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchOnceParam),
    request_body = WriteMinutes,
    responses((status = 200, body = MinutesDetail), (status = 201, body = MinutesDetail)))]
pub async fn write_minutes(
    ctx: Ctx,
    id: Path<MeetingId>,
    if_match: Result<IfMatch>,
    body: Valid<WriteMinutes>,
) -> Result<Reply> {
    let state = ctx.state.clone();
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
                "The meeting is {}; minutes are written from its start until both sides have approved them.",
                meeting.state
            );
            return Err(Error::conflict(detail));
        }
        let (text, visibility) = (body.0.text.into_string(), body.0.visibility);
        let redactions = match (body.0.redactions, &minutes) {
            (Some(given), _) => {
                let given = asked(given);
                Masks::default().with(&[&text], &given)?;
                given
            }
            (None, Some(row)) => {
                let before = rows::find_version(tx, row)?;
                kept(&before.text, before.redactions.0, &text)
            }
            (None, None) => Vec::new(),
        };
        motions::demand_readable(tx, id.0, &text, visibility, &redactions)?;
        let (row, is_new) = match (minutes, if_match) {
            (Some(row), Some(if_match)) => {
                if_match.demand(row.version)?;
                if !row.state.takes_text() {
                    return Err(Error::conflict("The minutes are approved; they are not written anew."));
                }
                rows::void_assents(tx, row.id, now)?;
                let changes = MinutesChanges {
                    number: Some(row.number + 1),
                    visibility: Some(visibility),
                    assented_at: Some(None),
                    circulated_at: (row.state != MinutesState::Draft).then_some(Some(now)),
                    ..MinutesChanges::default()
                };
                (rows::update(tx, row.id, changes, now)?, false)
            }
            (None, None) => {
                let row = first(id.0, visibility, now);
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
            redactions: Json(redactions),
            visibility,
            written_by_id: by,
            created_at: now,
        };
        rows::insert_version(tx, &version)?;
        if row.state != MinutesState::Draft {
            motions::demand_motions(tx, id.0, &row)?;
        }
        let kind = match row.state {
            MinutesState::Circulated => {
                steps::tell_members(tx, &state, &meeting, &row)?;
                events::CIRCULATED
            }
            _ => events::WRITTEN,
        };
        approval::renew(tx, &state, actor, &row, version.text)?;
        let entry = event(kind, &meeting).fact("number", row.number);
        let row_version = row.version;
        let shown = detail(tx, &state, row, &meeting, Reader::writer(now))?;
        let reply = if is_new {
            let location = format!("{API}/meetings/{}/minutes", id.0);
            Created { value: shown.value, location, version: Some(row_version) }.reply(tx.envelope())?
        } else {
            shown.reply(tx.envelope())?
        };
        tx.recorded(entry, reply)
    })
    .await
}

/// Minutes of which the first version is being written.
fn first(meeting_id: MeetingId, visibility: MinutesVisibility, now: Instant) -> Minutes {
    Minutes {
        id: MinutesId::new(),
        meeting_id,
        state: MinutesState::Draft,
        visibility,
        number: 1,
        first_circulated_at: None,
        circulated_at: None,
        assented_at: None,
        open_requests: 0,
        decision_id: None,
        approved_at: None,
        approval: None,
        published_at: None,
        content_hash: None,
        public_hash: None,
        maintained_requests: 0,
        declined_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Reads the minutes of a meeting.
///
/// While they are written they are for organisers and officers; circulated and approved ones are for members and officers;
/// published ones for whom they were written. Whoever is neither a member nor an officer reads the public rendition, in which
/// passages that are not for everybody are marks.
#[utoipa::path(get, path = "/meetings/{meeting_id}/minutes",
    tag = "minutes", security((), ("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    responses((status = 200, body = MinutesDetail)))]
pub async fn get_minutes(ctx: Ctx, id: Path<MeetingId>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let (minutes, meeting, scoped) = find_for(conn, actor, id.0, Action::GetMinutes, Hold::Nothing, now)?;
        let reader = Reader::of(&scoped.standing, now);
        detail(conn, &state, minutes.ok_or_else(Error::not_found)?, &meeting, reader)
    })
    .await
}

/// Makes a draft of the minutes of a meeting from what is on record of it.
///
/// It is made anew each time and kept nowhere: change what you like and write it as the minutes.
#[utoipa::path(get, path = "/meetings/{meeting_id}/minutes/draft",
    tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    responses((status = 200, body = MinutesDraft)))]
pub async fn get_minutes_draft(ctx: Ctx, id: Path<MeetingId>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        actor.person()?;
        let (minutes, meeting, scoped) = find_for(conn, actor, id.0, Action::GetMinutesDraft, Hold::Nothing, now)?;
        let text = draft::text(&facts::held(conn, &state, &meeting, reads_register(&scoped.standing))?);
        let state = minutes.map_or(MinutesStage::NotStarted, |row| stage(row.state, row.open_requests));
        Ok(Found(MinutesDraft { meeting_id: id.0, state, text }))
    })
    .await
}

/// Lists the versions of the minutes' text, newest first.
///
/// For organisers and officers, whole.
#[utoipa::path(get, path = "/meetings/{meeting_id}/minutes/versions",
    tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), PageParams),
    responses((status = 200, body = Page<MinutesVersionShown>)))]
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
            redactions: row.redactions.0,
            visibility: row.visibility,
            written_by: people.get(&row.written_by_id).cloned(),
            created_at: row.created_at,
        }))
    })
    .await
}

crate::operations! {
    write_minutes,
    get_minutes,
    get_minutes_draft,
    list_minutes_versions,
}
