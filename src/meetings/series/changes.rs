//! Changing and cancelling a whole series.

use super::events;
use super::model::{MeetingSeries, SeriesState, local};
use super::patch::{MeetingSeriesPatch, demand_room};
use super::policy::Action;
use super::queries::{self, SeriesChanges};
use super::shown::{MeetingSeriesDetail, event, load_for, one};
use crate::accounts::Ctx;
use crate::ids::MeetingSeriesId;
use crate::meetings::queries::meetings::set_times;
use crate::meetings::routes::CancelMeeting;
use crate::meetings::schedule;
use crate::partnerships::Purpose;
use crate::platform::error::{Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{IfMatch, Path, Reply, Valid};

/// Refuses when the series has no meetings to come that could be changed.
pub fn demand_running(series: &MeetingSeries) -> Result<()> {
    match series.state {
        SeriesState::Running => Ok(()),
        state => Err(Error::conflict(format!("The series is {state}; nothing of it is to come."))),
    }
}

/// Changes all meetings of a series that are to come.
///
/// All that a series says beside its times can be changed. Those that have begun, and those that were changed or cancelled by
/// themselves, stay as they are. Times are changed by going on with another series (`/split`), from the next meeting on or
/// from a later one. Notice is given again of those that take place elsewhere or otherwise, as of a single meeting.
#[utoipa::path(patch, path = "/meeting-series/{series_id}",
    tag = "meetings", security(("bearer" = [])),
    params(("series_id" = MeetingSeriesId, Path, description = "The series."), IfMatchParam),
    request_body = MeetingSeriesPatch, responses((status = 200, body = MeetingSeriesDetail)))]
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
        queries::hold_meetings(tx, id.0)?;
        let changed = body.0.given();
        let to_come: Vec<_> = queries::to_come(tx, id.0, now)?.into_iter().filter(|(_, alone, _)| !alone).collect();
        let changes = body.0.changes(tx, actor, &scoped, &row, "")?;
        demand_room(changes.capacity.flatten(), to_come.iter().map(|(.., taken)| *taken).max().unwrap_or(0))?;
        let moved = changes.moves(&row);
        let ids: Vec<_> = to_come.iter().map(|(id, ..)| *id).collect();
        if !changed.is_empty() {
            queries::update_these(tx, &ids, changes.of_each(), moved, now)?;
        }
        if changes.is_given_anew(&row) {
            set_times(tx, &ids, now)?;
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
#[utoipa::path(post, path = "/meeting-series/{series_id}/cancel",
    tag = "meetings", security(("bearer" = [])),
    params(("series_id" = MeetingSeriesId, Path, description = "The series."), IfMatchParam),
    request_body = CancelMeeting, responses((status = 200, body = MeetingSeriesDetail)))]
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

crate::operations! {
    update_meeting_series,
    cancel_meeting_series,
}
