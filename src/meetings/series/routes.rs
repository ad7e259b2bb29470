//! Putting down, listing and reading series.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::events;
use super::jobs::HORIZON;
use super::model::{MeetingSeries, SeriesState};
use super::plan::{Wanted, plan};
use super::policy::{self, Action};
use super::queries;
use super::rule::Given;
use super::shown::{MeetingSeriesDetail, event, load_for, one, shown};
use crate::accounts::Ctx;
use crate::directory::zone_of_agency;
use crate::ids::{AreaId, MeetingId, MeetingSeriesId, PartnershipId};
use crate::meetings::model::{MeetingFormat, MeetingKind, MeetingState, MeetingVisibility};
use crate::meetings::open_meetings::demand_public;
use crate::meetings::policy as of_meetings;
use crate::meetings::routes::{NewPlace, demand_area, demand_purpose, each_once, fits, tags};
use crate::meetings::schedule;
use crate::partnerships::{Purpose, Scoped, sight};
use crate::platform::clock::Instant;
use crate::platform::db::Json;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::{API, Check, Created, Listing, Page, PageParams, Path, Reply, Valid, wrong};
use crate::platform::record::timeline::{NoFilter, Of, TimelineEntry, timeline};
use crate::platform::text::{Day, Language, Line, LocalTime, Prose, Zone};
use crate::platform::values::{List, Whole};

/// Series of a partnership that can run at the same time.
const MOST_RUNNING: i64 = 20;

/// Meetings to come, by a rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "regular", "format": "in_person", "title": "Armourdale Lights",
    "rule": "FREQ=MONTHLY;BYDAY=2TU;COUNT=12", "starts_local": "2027-03-09T18:30", "ends_local": "2027-03-09T20:00",
    "except": ["2027-07-13"],
    "place": {"kind": "public", "name": "Armourdale Recreation Center", "address": "730 Osage Ave"},
    "visibility": "public", "capacity": 40
}))]
pub struct CreateMeetingSeries {
    /// What kind of meetings they are.
    kind: MeetingKind,
    /// How people take part.
    format: MeetingFormat,
    /// What they are called.
    title: Line<3, 120>,
    /// What they are for; of special meetings needed.
    purpose: Option<Prose<1, 2000>>,
    /// When there are meetings, as in RFC 5545 3.3.10. Taken are: `FREQ=DAILY`; `FREQ=WEEKLY` with `BYDAY` like `MO,TH`;
    /// `FREQ=MONTHLY` with `BYDAY` like `2TU,-1FR` or with `BYMONTHDAY`, and with `BYMONTH` where it is every month;
    /// `FREQ=YEARLY` with `BYMONTH` and either; `INTERVAL` to 30 (years: 1); `COUNT` to 366 or `UNTIL`. Everything else is
    /// refused. The last meeting begins at most two years after the first; without an end, that is where the rule ends.
    rule: Given,
    /// When the first meeting begins, on the clock where it takes place: one of the days of the rule. Daylight saving moves
    /// none of them on that clock. Of an hour that comes twice, the first one is meant; a series with a meeting in an hour
    /// that the clocks jump over is refused until that day is left out.
    starts_local: LocalTime,
    /// When it ends, on that clock; at most 24 hours later.
    ends_local: LocalTime,
    /// The zone of that clock; the host agency's where nothing is said.
    time_zone: Option<Zone>,
    /// Days of the rule that are left out.
    #[serde(default)]
    except: List<Day, 0, 100>,
    /// Where they take place.
    place: NewPlace,
    /// Who sees that they take place.
    visibility: MeetingVisibility,
    /// How many people the place takes.
    capacity: Option<Whole<1, 100_000>>,
    /// The area that they are for; the partnership's where nothing is said.
    area_id: Option<AreaId>,
    /// Languages that are spoken or interpreted; each once.
    #[serde(default)]
    languages: List<Language, 0, 20>,
    /// What people with disabilities should know.
    accessibility: Option<Prose<1, 1000>>,
}
impl Check for CreateMeetingSeries {
    fn check(&self, errors: &mut Vec<FieldError>) {
        fits(self.format, self.place.kind, "/place/kind", errors);
        demand_purpose(self.kind, self.purpose.is_some(), errors);
        each_once(self.languages.as_slice(), errors);
        each_day_once(self.except.as_slice(), errors);
    }
}

pub fn each_day_once(days: &[Day], errors: &mut Vec<FieldError>) {
    for (n, day) in days.iter().enumerate() {
        if days.iter().take(n).any(|earlier| earlier == day) {
            errors.push(wrong(format!("/except/{n}"), FieldCode::NotUnique, "stands in the list already"));
        }
    }
}

/// Which series to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeriesFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<SeriesState>,
}

/// A meeting of a series, with its place in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesInstanceDetail {
    /// The meeting.
    meeting_id: MeetingId,
    /// By which time the rule has it (RECURRENCE-ID), whatever it was moved to.
    #[schema(value_type = LocalTime)]
    recurrence_local: String,
    /// When it begins, on the clock where it takes place.
    #[schema(value_type = LocalTime)]
    starts_local: String,
    /// The moment at which it begins.
    starts_at: Instant,
    /// The moment at which it ends.
    ends_at: Instant,
    /// Where it stands.
    state: MeetingState,
    /// Whether it was changed or cancelled by itself: changes of the whole series leave it as it is.
    is_changed: bool,
}

/// Puts down a series of meetings.
///
/// For leaders, facilitators and secretaries; leaders' meetings for leaders. The meetings that begin within a year are there
/// at once, the others as their time comes near. A partnership can have 20 series at the same time.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/meeting-series",
    tag = "meetings", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = CreateMeetingSeries, responses((status = 201, body = MeetingSeriesDetail)))]
pub async fn create_meeting_series(
    ctx: Ctx,
    id: Path<PartnershipId>,
    body: Valid<CreateMeetingSeries>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Change, now)?;
        policy::demand(actor, &scoped.standing, body.0.visibility, Action::CreateMeetingSeries)?;
        scoped.demand_live()?;
        demand_public(tx, id.0, body.0.visibility, body.0.place.kind)?;
        let CreateMeetingSeries { rule, starts_local, ends_local, time_zone, except, place, .. } = body.0;
        let zone = match time_zone {
            Some(zone) => zone,
            None => zone_of_agency(tx, scoped.partnership.host_agency_id)?,
        };
        let except: Vec<_> = except.into_vec().into_iter().map(|day| day.0).collect();
        let wanted = Wanted { starts: starts_local, ends: ends_local, zone, except: &except };
        let plan = plan(&rule, wanted).map_err(Error::fields)?;
        let first = plan.first_starts_at();
        schedule::within_reach(first, now).map_err(|unfit| Error::fields(vec![unfit.at("/starts_local")]))?;
        if let Some(area) = body.0.area_id {
            demand_area(tx, area)?;
        }
        if queries::count_running(tx, id.0, now)? >= MOST_RUNNING {
            return Err(Error::conflict("The partnership has 20 series that are not over; end one of them first."));
        }
        let series = MeetingSeries {
            id: MeetingSeriesId::new(),
            partnership_id: id.0,
            area_id: body.0.area_id.unwrap_or(scoped.partnership.area_id),
            follows_id: None,
            kind: body.0.kind,
            format: body.0.format,
            title: body.0.title.into(),
            purpose: body.0.purpose.map(Into::into),
            rule: plan.rule.to_string(),
            starts_local: starts_local.to_string(),
            ends_local: ends_local.to_string(),
            time_zone: zone.to_string(),
            last_local: LocalTime(plan.last).to_string(),
            last_starts_at: plan.last_starts_at(zone),
            excluded: Json(except),
            place_kind: place.kind,
            place_name: place.name.into(),
            place_address: place.address.map(Into::into),
            visibility: body.0.visibility,
            capacity: body.0.capacity.map(Whole::get),
            languages: tags(body.0.languages),
            accessibility: body.0.accessibility.map(Into::into),
            state: SeriesState::Running,
            cancel_reason: None,
            sequence: 0,
            planned_until: now.plus(HORIZON),
            scheduled_by_id: by,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let due = plan.slots.iter().filter(|slot| slot.span.starts_at <= series.planned_until);
        let made = due.map(|slot| series.meeting(slot, now)).collect::<Result<Vec<_>>>()?;
        let count = i64::try_from(made.len()).unwrap_or(i64::MAX);
        queries::insert(tx, &series)?;
        queries::insert_meetings(tx, made)?;
        let entry = event(events::CREATED, &series).fact("kind", series.kind.as_str()).fact("count", count);
        let location = format!("{API}/meeting-series/{}", series.id);
        let value = one(tx, actor, series, &scoped, now)?.value;
        tx.recorded(entry, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists a partnership's series, as far as you see their meetings, the latest first.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/meeting-series",
    tag = "meetings", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), SeriesFilter, PageParams),
    responses((status = 200, body = Page<MeetingSeriesDetail>)))]
pub async fn list_meeting_series(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<SeriesFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(actor, &scoped.standing, MeetingVisibility::Public, Action::ListMeetingSeries)?;
        let seen = of_meetings::seen(&scoped.standing);
        let Page { items, next_cursor, total, next } =
            queries::list(conn, id.0, &seen, listing.filter.state, &listing)?;
        Ok(Page { items: shown(conn, actor, items, &scoped, now)?, next_cursor, total, next })
    })
    .await
}

/// Reads a series: its rule in words, and the next three of its meetings.
#[utoipa::path(get, path = "/meeting-series/{series_id}",
    tag = "meetings", security((), ("bearer" = [])),
    params(("series_id" = MeetingSeriesId, Path, description = "The series.")),
    responses((status = 200, body = MeetingSeriesDetail)))]
pub async fn get_meeting_series(ctx: Ctx, id: Path<MeetingSeriesId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, scoped) = load_for(conn, actor, id.0, Action::GetMeetingSeries, Purpose::Read, now)?;
        one(conn, actor, row, &scoped, now)
    })
    .await
}

/// Lists the meetings of a series that have been put down, in the order of its rule.
#[utoipa::path(get, path = "/meeting-series/{series_id}/instances",
    tag = "meetings", security((), ("bearer" = [])),
    params(("series_id" = MeetingSeriesId, Path, description = "The series."), PageParams),
    responses((status = 200, body = Page<SeriesInstanceDetail>)))]
pub async fn list_series_instances(ctx: Ctx, id: Path<MeetingSeriesId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (_, scoped) = load_for(conn, actor, id.0, Action::ListSeriesInstances, Purpose::Read, now)?;
        let seen = of_meetings::seen(&scoped.standing);
        let page = queries::list_instances(conn, id.0, &seen, &listing)?;
        Ok(page.map(|(instance, meeting)| SeriesInstanceDetail {
            meeting_id: instance.meeting_id,
            recurrence_local: instance.recurrence_local,
            starts_local: meeting.starts_local,
            starts_at: meeting.starts_at,
            ends_at: meeting.ends_at,
            state: meeting.state,
            is_changed: instance.is_changed,
        }))
    })
    .await
}

/// Lists what happened to a series, newest first.
#[utoipa::path(get, path = "/meeting-series/{series_id}/timeline",
    tag = "meetings", security((), ("bearer" = [])),
    params(("series_id" = MeetingSeriesId, Path, description = "The series."), PageParams),
    responses((status = 200, body = Page<TimelineEntry>)))]
pub async fn list_meeting_series_timeline(
    ctx: Ctx,
    id: Path<MeetingSeriesId>,
    listing: Listing<NoFilter>,
) -> Result<Reply> {
    let now = ctx.now();
    let state = ctx.state.clone();
    ctx.read(move |conn, actor| {
        let (_, scoped) = load_for(conn, actor, id.0, Action::ListMeetingSeriesTimeline, Purpose::Read, now)?;
        timeline(conn, Of::Object(id.0.0), sight(&scoped.standing), &listing, &state.catalogue)
    })
    .await
}

crate::operations! {
    create_meeting_series,
    list_meeting_series,
    get_meeting_series,
    list_series_instances,
    list_meeting_series_timeline,
}
