//! Changing and cancelling a whole series.

use actix_web::{patch, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::events;
use super::model::{MeetingSeries, SeriesState, local};
use super::policy::Action;
use super::queries::{self, SeriesChanges};
use super::shown::{MeetingSeriesDetail, event, load_for, one};
use crate::accounts::Ctx;
use crate::ids::MeetingSeriesId;
use crate::meetings::queries::meetings::MeetingChanges;
use crate::meetings::routes::CancelMeeting;
use crate::meetings::schedule;
use crate::partnerships::Purpose;
use crate::platform::error::{Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Path, Reply, Valid};
use crate::platform::text::{Line, Prose, fold};
use crate::platform::values::{Change, Patch, Whole};

/// Changes to all meetings of a series that are to come.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingSeriesPatch {
    /// What they are called.
    #[serde(default)]
    title: Change<Line<3, 120>>,
    /// What they are for.
    #[serde(default)]
    purpose: Patch<Prose<1, 2000>>,
    /// What the place is called.
    #[serde(default)]
    place_name: Change<Line<2, 120>>,
    /// Where it is.
    #[serde(default)]
    place_address: Patch<Line<3, 300>>,
    /// How many people the place takes, not fewer than have said yes to one of them; `null` lets everybody come.
    #[serde(default)]
    capacity: Patch<Whole<1, 100_000>>,
    /// What people with disabilities should know.
    #[serde(default)]
    accessibility: Patch<Prose<1, 1000>>,
}
impl Check for MeetingSeriesPatch {}

/// Names of the fields that a patch gives.
fn given(patch: &MeetingSeriesPatch) -> Vec<&'static str> {
    [
        ("title", patch.title.is_given()),
        ("purpose", patch.purpose.is_given()),
        ("place_name", patch.place_name.is_given()),
        ("place_address", patch.place_address.is_given()),
        ("capacity", patch.capacity.is_given()),
        ("accessibility", patch.accessibility.is_given()),
    ]
    .into_iter()
    .filter_map(|(name, given)| given.then_some(name))
    .collect()
}

/// Refuses when the series has no meetings to come that could be changed.
pub fn demand_running(series: &MeetingSeries) -> Result<()> {
    match series.state {
        SeriesState::Running => Ok(()),
        state => Err(Error::conflict(format!("The series is {state}; nothing of it is to come."))),
    }
}

/// Changes all meetings of a series that are to come.
///
/// Those that have begun, and those that were changed or cancelled by themselves, stay as they are. Times are changed by
/// going on with another series (`/split`), from the next meeting on or from a later one.
#[utoipa::path(tag = "meetings", security(("bearer" = [])),
    params(("series_id" = MeetingSeriesId, Path, description = "The series."), IfMatchParam),
    request_body = MeetingSeriesPatch, responses((status = 200, body = MeetingSeriesDetail)))]
#[patch("/meeting-series/{series_id}")]
pub async fn update_meeting_series(
    ctx: Ctx,
    id: Path<MeetingSeriesId>,
    if_match: IfMatch,
    body: Valid<MeetingSeriesPatch>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let (row, scoped) = load_for(tx, actor, id.0, Action::UpdateMeetingSeries, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_running(&row)?;
        let changed = given(&body.0);
        let to_come: Vec<_> = queries::to_come(tx, id.0, now)?.into_iter().filter(|(_, alone, _)| !alone).collect();
        let MeetingSeriesPatch { title, purpose, place_name, place_address, capacity, accessibility } = body.0;
        let taken = to_come.iter().map(|(.., taken)| *taken).max().unwrap_or(0);
        if let Some(capacity) = capacity.value().filter(|capacity| capacity.get() < taken) {
            let detail = format!("At one of the meetings {taken} places are taken; {} are not enough.", capacity.get());
            return Err(Error::conflict(detail));
        }
        let title_key = title.value().map(|title| fold(title.as_str()));
        let changes = SeriesChanges {
            title: title.changeset(Into::into),
            purpose: purpose.changeset(Into::into),
            place_name: place_name.changeset(Into::into),
            place_address: place_address.changeset(Into::into),
            capacity: capacity.changeset(Whole::get),
            accessibility: accessibility.changeset(Into::into),
            ..SeriesChanges::default()
        };
        let moved = changes.place_name.as_ref().is_some_and(|name| *name != row.place_name)
            || changes.place_address.as_ref().is_some_and(|address| *address != row.place_address);
        let of_each = MeetingChanges {
            title: changes.title.clone(),
            title_key,
            purpose: changes.purpose.clone(),
            place_name: changes.place_name.clone(),
            place_address: changes.place_address.clone(),
            capacity: changes.capacity,
            accessibility: changes.accessibility.clone(),
            ..MeetingChanges::default()
        };
        let ids: Vec<_> = to_come.iter().map(|(id, ..)| *id).collect();
        if !changed.is_empty() {
            queries::update_these(tx, &ids, of_each, moved, now)?;
        }
        let changes = SeriesChanges { sequence: moved.then_some(row.sequence + 1), ..changes };
        let row = queries::update(tx, id.0, changes, now)?;
        let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        let entry = event(events::CHANGED, &row).fact("count", count).changed(changed);
        let detail = one(tx, actor, row, &scoped, now)?;
        tx.recorded(entry, detail)
    })
    .await
}

/// Cancels all meetings of a series that are to come, with a reason.
///
/// They stay to be seen as cancelled; what was held stays as it is.
#[utoipa::path(tag = "meetings", security(("bearer" = [])),
    params(("series_id" = MeetingSeriesId, Path, description = "The series."), IfMatchParam),
    request_body = CancelMeeting, responses((status = 200, body = MeetingSeriesDetail)))]
#[post("/meeting-series/{series_id}/cancel")]
pub async fn cancel_meeting_series(
    ctx: Ctx,
    id: Path<MeetingSeriesId>,
    if_match: IfMatch,
    body: Valid<CancelMeeting>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let (row, scoped) = load_for(tx, actor, id.0, Action::CancelMeetingSeries, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_running(&row)?;
        let reason: String = body.0.reason.into();
        let ids: Vec<_> = queries::to_come(tx, id.0, now)?.into_iter().map(|(id, ..)| id).collect();
        queries::cancel_these(tx, &ids, &reason, now)?;
        // What had not been put down yet never will be: the rule ends with what was.
        let last = queries::last_planned(tx, id.0)?.unwrap_or_else(|| row.starts_local.clone());
        let changes = SeriesChanges {
            last_starts_at: schedule::instant_of(local(&last)?, row.zone()?),
            excluded: Some(row.excluded_until(local(&last)?.0.date())),
            last_local: Some(last),
            state: Some(SeriesState::Cancelled),
            cancel_reason: Some(Some(reason.clone())),
            sequence: Some(row.sequence + 1),
            ..SeriesChanges::default()
        };
        let row = queries::update(tx, id.0, changes, now)?;
        let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        let entry = event(events::CANCELLED, &row).because(reason).fact("count", count);
        let detail = one(tx, actor, row, &scoped, now)?;
        tx.recorded(entry, detail)
    })
    .await
}
