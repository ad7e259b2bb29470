//! Corrections of published minutes: put beside them, numbered, never in place of anything.

use serde::Deserialize;
use utoipa::ToSchema;

use super::events;
use super::model::{
    Minutes, MinutesCorrection, MinutesCorrectionAssent, MinutesCorrectionId, MinutesState, MinutesVisibility,
};
use super::policy::Action;
use super::queries::{self as rows, MinutesChanges};
use super::redacting::{Redact, asked};
use super::rendition::Masks;
use super::shown::{MinutesDetail, Reader, detail, find_for};
use super::steps::seat_of;
use crate::accounts::Ctx;
use crate::ids::MeetingId;
use crate::meetings::routes::{Hold, event};
use crate::partnerships::missing_sides;
use crate::platform::crypto::sha256;
use crate::platform::db::Json;
use crate::platform::error::{Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Path, Reply, Valid};
use crate::platform::record::{Kind, Visibility};
use crate::platform::text::Prose;
use crate::platform::values::List;

/// Corrections that one meeting's minutes have at most.
pub const MOST: usize = 50;

/// What turned out to be wrong in published minutes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Ten neighbors were there, not nine.", "reason": "Walter came later and was not counted."}))]
pub struct CorrectMinutes {
    /// What is to be read in the minutes.
    text: Prose<3, 5000>,
    /// What was wrong.
    reason: Prose<3, 1000>,
    /// Passages of the text or the reason that are not for everybody, beside those of the minutes, which are masked here as
    /// well.
    #[serde(default)]
    redactions: List<Redact, 0, 20>,
}
impl Check for CorrectMinutes {}

/// Refuses what is not published.
pub fn demand_published(row: &Minutes) -> Result<()> {
    match row.state {
        MinutesState::Published => Ok(()),
        state => Err(Error::conflict(format!("The minutes are {state}; published ones are corrected."))),
    }
}

/// The kind of event, seen by whoever reads the minutes at most.
pub fn kind_of(kind: Kind, row: &Minutes) -> Kind {
    match row.visibility {
        MinutesVisibility::Public => kind,
        MinutesVisibility::Members => kind.within_sight_of(Visibility::Members),
    }
}

/// Corrects published minutes.
///
/// For leaders; it is the assent of their own side, and counts once a leader of the other side has assented as well. What was
/// published stays as it is.
#[utoipa::path(post, path = "/meetings/{meeting_id}/minutes/corrections",
    tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    request_body = CorrectMinutes, responses((status = 201, body = MinutesDetail)))]
pub async fn correct_minutes(ctx: Ctx, id: Path<MeetingId>, body: Valid<CorrectMinutes>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (minutes, meeting, scoped) = find_for(tx, actor, id.0, Action::CorrectMinutes, Hold::Partnership, now)?;
        let row = minutes.ok_or_else(Error::not_found)?;
        scoped.demand_live()?;
        demand_published(&row)?;
        let count = rows::corrections(tx, row.id)?.len();
        if count >= MOST {
            return Err(Error::conflict(format!("Minutes have {MOST} corrections at most.")));
        }
        let seat = seat_of(&scoped)?;
        let CorrectMinutes { text, reason, redactions } = body.0;
        let redactions = asked(redactions);
        let masks = Masks::of(&rows::find_version(tx, &row)?, &rows::redactions(tx, row.id)?);
        let public = masks.with(&[text.as_str(), reason.as_str()], &redactions)?.text(text.as_str());
        let correction = MinutesCorrection {
            id: MinutesCorrectionId::new(),
            minutes_id: row.id,
            number: i32::try_from(count).unwrap_or(i32::MAX).saturating_add(1),
            content_hash: sha256(&[text.as_str().as_bytes()]).to_vec(),
            public_hash: sha256(&[public.as_bytes()]).to_vec(),
            text: text.into(),
            reason: reason.into(),
            written_by_id: by,
            in_force_at: None,
            created_at: now,
            redactions: Json(redactions),
        };
        rows::insert_correction(tx, &correction)?;
        let assent = MinutesCorrectionAssent {
            correction_id: correction.id,
            side: seat.side,
            seat_id: seat.id,
            account_id: by,
            created_at: now,
        };
        rows::insert_correction_assent(tx, &assent)?;
        let row = rows::update(tx, row.id, MinutesChanges::default(), now)?;
        let entry = event(events::CORRECTION_WRITTEN, &meeting)
            .fact("number", correction.number)
            .fact("side", seat.side.as_str());
        let version = row.version;
        let value = detail(tx, &state, row, &meeting, Reader::writer(now))?.value;
        let location = format!("{API}/meetings/{}/minutes", id.0);
        tx.recorded(entry, Created { value, location, version: Some(version) })
    })
    .await
}

/// Assents to a correction of published minutes for your side.
///
/// For leaders of the side that did not write it. It counts from then on.
#[utoipa::path(post, path = "/meetings/{meeting_id}/minutes/corrections/{minutes_correction_id}/assent",
    tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."),
        ("minutes_correction_id" = MinutesCorrectionId, Path, description = "The correction."), IfMatchParam),
    responses((status = 200, body = MinutesDetail)))]
pub async fn assent_to_minutes_correction(
    ctx: Ctx,
    ids: Path<(MeetingId, MinutesCorrectionId)>,
    if_match: IfMatch,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (id, correction_id) = ids.0;
        let (minutes, meeting, scoped) =
            find_for(tx, actor, id, Action::AssentToMinutesCorrection, Hold::Partnership, now)?;
        let row = minutes.ok_or_else(Error::not_found)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_published(&row)?;
        let corrections = rows::corrections(tx, row.id)?;
        let correction = corrections.iter().find(|one| one.id == correction_id).ok_or_else(Error::not_found)?;
        let seat = seat_of(&scoped)?;
        let assent = MinutesCorrectionAssent {
            correction_id,
            side: seat.side,
            seat_id: seat.id,
            account_id: by,
            created_at: now,
        };
        rows::insert_correction_assent(tx, &assent)?;
        let assents = rows::correction_assents(tx, &[correction_id])?;
        let is_complete = missing_sides(assents.iter().map(|assent| assent.side)).is_empty();
        if is_complete {
            rows::put_in_force(tx, correction_id, now)?;
        }
        let row = rows::update(tx, row.id, MinutesChanges::default(), now)?;
        let kind = if is_complete { kind_of(events::CORRECTED, &row) } else { events::CORRECTION_WRITTEN };
        let entry = event(kind, &meeting).fact("number", correction.number).fact("side", seat.side.as_str());
        let shown = detail(tx, &state, row, &meeting, Reader::writer(now))?;
        tx.recorded(entry, shown)
    })
    .await
}

crate::operations! {
    correct_minutes,
    assent_to_minutes_correction,
}
