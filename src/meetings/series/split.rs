//! This meeting and those that follow: the series ends, and another goes on.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::changes::demand_running;
use super::events;
use super::jobs::HORIZON;
use super::model::{MeetingSeries, SeriesInstance, SeriesState, local};
use super::patch::{MeetingSeriesPatch, demand_room};
use super::plan::{Plan, Slot, Wanted, begins, plan};
use super::policy::Action;
use super::queries::{self, Placed, SeriesChanges};
use super::routes::each_day_once;
use super::rule::Given;
use super::shown::{MeetingSeriesDetail, class_of, event, load_for, one};
use crate::accounts::Ctx;
use crate::ids::{MeetingId, MeetingSeriesId};
use crate::meetings::model::{Meeting, MeetingState};
use crate::meetings::queries::meetings::set_times;
use crate::meetings::schedule;
use crate::partnerships::Purpose;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Path, Reply, Valid};
use crate::platform::text::{Day, LocalTime, Zone};
use crate::platform::values::List;

/// Why meetings of days that the new rule does not have don't take place.
const CHANGED: &str = "The days of the series were changed.";

/// Where a request says what else is different.
const CHANGES: &str = "/changes";

/// From which meeting on a series goes on, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "from": "2027-09-14T18:30", "starts_local": "2027-09-14T19:00", "ends_local": "2027-09-14T20:30"
}))]
pub struct SplitMeetingSeries {
    /// The first meeting that is changed: the time by which the rule has it (`recurrence_local`). It has not begun.
    from: LocalTime,
    /// When the first meeting of the new series begins, on the clock where it takes place; as `from` says where nothing is
    /// said.
    starts_local: Option<LocalTime>,
    /// When it ends, on that clock; it lasts as long as before where nothing is said.
    ends_local: Option<LocalTime>,
    /// The zone of that clock; the same where nothing is said.
    time_zone: Option<Zone>,
    /// When there are meetings from then on; by the same rule and until the same day where nothing is said.
    rule: Option<Given>,
    /// Days that are left out; those that were where nothing is said.
    except: Option<List<Day, 0, 100>>,
    /// What else is different from then on.
    #[serde(default)]
    changes: MeetingSeriesPatch,
}
impl Check for SplitMeetingSeries {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if let Some(except) = &self.except {
            each_day_once(except.as_slice(), errors);
        }
        let mut of_changes = Vec::new();
        self.changes.check(&mut of_changes);
        errors.extend(of_changes.into_iter().map(|error| error.within(CHANGES)));
    }
}

/// The days that are left out: those that were said, or those of the old series that the new rule has too.
fn left_out(
    old: &MeetingSeries,
    said: Option<List<Day, 0, 100>>,
    given: &Given,
    wanted: Wanted<'_>,
) -> Result<Vec<NaiveDate>, Vec<FieldError>> {
    if let Some(days) = said {
        return Ok(days.into_vec().into_iter().map(|day| day.0).collect());
    }
    let (_, all) = begins(given, wanted.starts, wanted.zone)?;
    Ok(old.excluded.0.iter().copied().filter(|day| all.iter().any(|local| local.date() == *day)).collect())
}

/// What becomes of the meetings of the old series.
#[derive(Debug, Default)]
struct Outcome {
    /// That say something else now.
    changed: Vec<Meeting>,
    /// Those of them that whoever may attend is told of anew: at another time, elsewhere, of another kind or for others.
    anew: Vec<MeetingId>,
    /// That are of the new series now.
    rehomed: Vec<SeriesInstance>,
    /// Whose day the new rule does not have.
    cancelled: Vec<MeetingId>,
    /// That are new.
    made: Vec<(Meeting, SeriesInstance)>,
}

/// How a series goes on otherwise.
#[derive(Debug, Clone, Copy)]
struct Otherwise {
    /// With other words than before.
    said: bool,
    /// Elsewhere, or in another form.
    elsewhere: bool,
    /// So that whoever may attend has to be told anew.
    anew: bool,
}

/// A meeting on a day that both rules have stays the same meeting, with its answers, at its new time; one that was changed
/// or cancelled by itself stays as it is. One on another day is cancelled, and a day that only the new rule has gets a new one.
fn outcome(old: Vec<Placed>, new: &MeetingSeries, plan: &Plan, is: Otherwise, now: Instant) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut left: HashMap<NaiveDate, Placed> = HashMap::new();
    for (instance, meeting) in old {
        left.insert(local(&instance.recurrence_local)?.0.date(), (instance, meeting));
    }
    for slot in &plan.slots {
        let Slot { local: at, span } = *slot;
        let Some((instance, meeting)) = left.remove(&at.date()) else {
            if span.starts_at <= new.planned_until {
                outcome.made.push(new.meeting(slot, now)?);
            }
            continue;
        };
        let follows = !instance.is_changed && meeting.state == MeetingState::Scheduled;
        let recurrence_local = LocalTime(at).to_string();
        if follows {
            let moves = meeting.starts_at != span.starts_at
                || meeting.ends_at != span.ends_at
                || meeting.time_zone != new.time_zone;
            if moves || is.anew {
                outcome.anew.push(meeting.id);
            }
            if moves || is.said {
                let sequence = meeting.sequence + i32::from(moves || is.elsewhere);
                outcome.changed.push(Meeting { sequence, ..new.going_on(meeting, slot, now)? });
            }
        }
        outcome.rehomed.push(SeriesInstance { series_id: new.id, recurrence_local, ..instance });
    }
    let to_come = |meeting: &Meeting| meeting.state == MeetingState::Scheduled && meeting.starts_at > now;
    outcome.cancelled = left.into_values().filter(|(_, m)| to_come(m)).map(|(_, meeting)| meeting.id).collect();
    Ok(outcome)
}

/// The old series without the meetings from `from` on.
fn shortened(conn: &mut Conn, old: &MeetingSeries, from: LocalTime, now: Instant) -> Result<MeetingSeries> {
    let plan = old.plan()?;
    let is_left = plan.slots.iter().any(|slot| slot.local < from.0);
    let changes = match plan.all.into_iter().take_while(|at| *at < from.0).last().filter(|_| is_left) {
        Some(last) => SeriesChanges {
            last_local: Some(LocalTime(last).to_string()),
            last_starts_at: schedule::instant_of(LocalTime(last), old.zone()?),
            excluded: Some(old.excluded_until(last.date())),
            ..SeriesChanges::default()
        },
        None => SeriesChanges { state: Some(SeriesState::Continued), ..SeriesChanges::default() },
    };
    queries::update(conn, old.id, SeriesChanges { sequence: Some(old.sequence + 1), ..changes }, now)
}

/// Goes on with another series from one of the meetings on.
///
/// For this meeting and those that follow, or, from the next meeting on, for all that are to come. The series ends before
/// that meeting. A meeting on a day that both rules have stays the same one, with its answers, and moves to the new time; one
/// that was changed or cancelled by itself stays as it is. Meetings on days that the new rule does not have are cancelled. What
/// else `changes` says goes for the meetings of the new series. A meeting that is given another time, place, kind or visibility
/// counts as told of when it was given it: its notice period begins then, as where a single meeting is changed.
#[utoipa::path(post, path = "/meeting-series/{series_id}/split",
    tag = "meetings", security(("bearer" = [])),
    params(("series_id" = MeetingSeriesId, Path, description = "The series."), IfMatchParam),
    request_body = SplitMeetingSeries, responses((status = 201, body = MeetingSeriesDetail)))]
pub async fn split_meeting_series(
    ctx: Ctx,
    id: Path<MeetingSeriesId>,
    if_match: IfMatch,
    body: Valid<SplitMeetingSeries>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (old, scoped) = load_for(tx, actor, id.0, Action::SplitMeetingSeries, Purpose::Change, now)?;
        if_match.demand(old.version)?;
        scoped.demand_live()?;
        demand_running(&old)?;
        let SplitMeetingSeries { from, starts_local, ends_local, time_zone, rule, except, changes } = body.0;
        queries::hold_meetings(tx, id.0)?;
        let instances = queries::instances_from(tx, id.0, &from.to_string())?;
        let first = instances.first().filter(|(instance, _)| instance.recurrence_local == from.to_string());
        let is_to_come = |meeting: &Meeting| {
            meeting.starts_at > now && matches!(meeting.state, MeetingState::Scheduled | MeetingState::Cancelled)
        };
        if !first.is_some_and(|(_, meeting)| is_to_come(meeting)) {
            return Err(Error::field("/from", FieldCode::NotFound, "is no meeting of the series that is to come"));
        }
        let lasts = local(&old.ends_local)?.0 - local(&old.starts_local)?.0;
        let starts_local = starts_local.unwrap_or(from);
        let ends_local = ends_local.unwrap_or(LocalTime(starts_local.0 + lasts));
        let zone = time_zone.map_or_else(|| old.zone(), Ok)?;
        let given = match rule {
            Some(rule) => rule,
            None => old.given()?,
        };
        let wanted = Wanted { starts: starts_local, ends: ends_local, zone, except: &[] };
        let except = left_out(&old, except, &given, wanted).map_err(Error::fields)?;
        let plan = plan(&given, Wanted { except: &except, ..wanted }).map_err(Error::fields)?;
        let starts_at = plan.first_starts_at();
        schedule::within_reach(starts_at, now).map_err(|unfit| Error::fields(vec![unfit.at("/starts_local")]))?;
        if starts_at <= now {
            return Err(Error::field("/starts_local", FieldCode::OutOfRange, "must be to come"));
        }
        let said = !changes.given().is_empty();
        let changes = changes.changes(tx, actor, &scoped, &old, CHANGES)?;
        let is = Otherwise { said, elsewhere: changes.moves(&old), anew: changes.is_given_anew(&old) };
        let new = MeetingSeries {
            id: MeetingSeriesId::new(),
            follows_id: Some(old.id),
            rule: plan.rule.to_string(),
            starts_local: starts_local.to_string(),
            ends_local: ends_local.to_string(),
            time_zone: zone.to_string(),
            last_local: LocalTime(plan.last).to_string(),
            last_starts_at: plan.last_starts_at(zone),
            excluded: Json(except),
            sequence: 0,
            planned_until: now.plus(HORIZON),
            scheduled_by_id: by,
            version: 1,
            created_at: now,
            updated_at: now,
            ..changes.applied(old.clone())
        };
        let Outcome { changed, anew, rehomed, cancelled, made } = outcome(instances, &new, &plan, is, now)?;
        demand_room(new.capacity, changed.iter().map(|meeting| meeting.places_taken).max().unwrap_or(0))?;
        queries::insert(tx, &new)?;
        queries::go_on(tx, &changed)?;
        set_times(tx, &anew, now)?;
        queries::rehome(tx, &rehomed)?;
        queries::cancel_these(tx, &cancelled, CHANGED, now)?;
        queries::insert_meetings(tx, made)?;
        let old = shortened(tx, &old, from, now)?;
        // That it goes on, only those are told who see the other one.
        tx.also(event(events::SPLIT.within_sight_of(class_of(&new)), &old))?;
        let entry = event(events::CREATED, &new).fact("kind", new.kind.as_str());
        let count = i64::try_from(plan.slots.len()).unwrap_or(i64::MAX);
        let location = format!("{API}/meeting-series/{}", new.id);
        let value = one(tx, actor, new, &scoped, now)?.value;
        tx.recorded(entry.fact("count", count), Created { value, location, version: Some(1) })
    })
    .await
}

crate::operations! {
    split_meeting_series,
}
