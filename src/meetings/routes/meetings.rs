//! Scheduling, listing, reading and changing meetings.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, AskedFor, Ctx};
use crate::directory::{AreaRef, find_area, zone_of_agency};
use crate::ids::{AccountId, AreaId, MeetingId, PartnershipId};
use crate::meetings::agenda::carry_over;
use crate::meetings::events;
use crate::meetings::model::{
    AnswerCounts, Meeting, MeetingFormat, MeetingKind, MeetingState, MeetingVisibility, OwnAnswer, PlaceKind,
};
use crate::meetings::open_meetings::demand_public;
use crate::meetings::policy::{self, Action, Subject};
use crate::meetings::queries::meetings::{self as rows, MeetingOrder, Wanted, Whose};
use crate::meetings::queries::newest::{KeptLists, Lister, MOST, find_lister_for_nobody};
use crate::meetings::queries::rsvps::find_own_among;
use crate::meetings::routes::shown::{Hold, Known, MeetingDetail, Reader, event, load_for, one, read, shown, written};
use crate::meetings::schedule::{self, Span, Unfit};
use crate::partnerships::{Named, PartnershipState, Purpose, Scoped, Standing, sight};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::{
    API, Answer as _, Check, Created, Listing, Page, PageParams, Path, Reply, Valid, demand_range, wrong,
};
use crate::platform::record::timeline::{NoFilter, Of, TimelineEntry, timeline};
use crate::platform::text::{Language, Line, LocalTime, Prose, Zone, fold};
use crate::platform::values::{List, Whole};

/// Where a meeting is to take place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlace {
    /// A public place, somebody's home, or the net; `online` goes with the format `online`.
    pub kind: PlaceKind,
    /// What the place is called; told to whoever sees the meeting.
    pub name: Line<2, 120>,
    /// Where it is: a postal address, or an address on the net. That of a private home is told to few.
    pub address: Option<Line<3, 300>>,
}

/// A meeting to come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "regular", "format": "in_person", "title": "Lights on Kansas Avenue",
    "starts_local": "2027-03-09T18:30", "ends_local": "2027-03-09T20:00",
    "place": {"kind": "public", "name": "Armourdale Recreation Center", "address": "730 Osage Ave"},
    "visibility": "public", "capacity": 40
}))]
pub struct ScheduleMeeting {
    /// What kind of meeting it is.
    kind: MeetingKind,
    /// How people take part.
    format: MeetingFormat,
    /// What it is called.
    title: Line<3, 120>,
    /// What it is for; of a special meeting needed.
    purpose: Option<Prose<1, 2000>>,
    /// When it begins, on the clock where it takes place. Of an hour that comes twice, the first one is meant; one that
    /// the clocks jump over is refused. At most 7 days ago and two years ahead.
    starts_local: LocalTime,
    /// When it ends, on that clock; at most 24 hours later.
    ends_local: LocalTime,
    /// The zone of that clock; the host agency's where nothing is said.
    time_zone: Option<Zone>,
    /// Where it takes place.
    place: NewPlace,
    /// Who sees that it takes place.
    visibility: MeetingVisibility,
    /// How many people the place takes.
    capacity: Option<Whole<1, 100_000>>,
    /// The area that it is for; the partnership's where nothing is said.
    area_id: Option<AreaId>,
    /// Languages that are spoken or interpreted; each once.
    #[serde(default)]
    languages: List<Language, 0, 20>,
    /// What people with disabilities should know.
    accessibility: Option<Prose<1, 1000>>,
}
impl Check for ScheduleMeeting {
    fn check(&self, errors: &mut Vec<FieldError>) {
        fits(self.format, self.place.kind, "/place/kind", errors);
        demand_purpose(self.kind, self.purpose.is_some(), errors);
        each_once(self.languages.as_slice(), errors);
    }
}

/// Which open meetings to list.
#[derive(Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OpenMeetingFilter {
    /// For this area or within it.
    area_id: Option<AreaId>,
    /// Of this partnership.
    partnership_id: Option<PartnershipId>,
    /// Of this kind.
    #[param(inline)]
    kind: Option<MeetingKind>,
    /// That end later; now where nothing is said.
    from: Option<Instant>,
    /// That begin earlier.
    to: Option<Instant>,
    /// Whose title has this in it.
    q: Option<Line<1, 60>>,
}

/// Which meetings of a partnership to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MeetingFilter {
    /// Of this kind.
    #[param(inline)]
    kind: Option<MeetingKind>,
    /// That stand so.
    #[param(inline)]
    state: Option<MeetingState>,
    /// That end later.
    from: Option<Instant>,
    /// That begin earlier.
    to: Option<Instant>,
    /// Whose title has this in it.
    q: Option<Line<1, 60>>,
    /// In which order; the latest first where nothing is said.
    #[param(inline)]
    order: Option<MeetingOrder>,
}

impl MeetingFilter {
    /// Whether meetings may have to be passed over to fill a page.
    const fn is_narrowed(&self) -> bool {
        let Self { kind, state, from, to, q, order: _ } = self;
        kind.is_some() || state.is_some() || from.is_some() || to.is_some() || q.is_some()
    }
}

/// A special meeting, of which notice is given later than of others, has a purpose.
pub fn demand_purpose(kind: MeetingKind, says_why: bool, errors: &mut Vec<FieldError>) {
    if kind == MeetingKind::Special && !says_why {
        errors.push(wrong("/purpose", FieldCode::Required, "a special meeting says what it is called for"));
    }
}

/// What is only on the net takes place on the net, and nothing else does.
pub fn fits(format: MeetingFormat, place: PlaceKind, pointer: &str, errors: &mut Vec<FieldError>) {
    if (format == MeetingFormat::Online) != (place == PlaceKind::Online) {
        errors.push(wrong(
            pointer,
            FieldCode::Inconsistent,
            "a place on the net goes with the format online, and only with it",
        ));
    }
}

pub fn each_once(languages: &[Language], errors: &mut Vec<FieldError>) {
    for (n, language) in languages.iter().enumerate() {
        if languages.iter().take(n).any(|earlier| earlier == language) {
            errors.push(wrong(format!("/languages/{n}"), FieldCode::NotUnique, "stands in the list already"));
        }
    }
}

pub fn tags(languages: List<Language, 0, 20>) -> Json<Vec<String>> {
    Json(languages.into_vec().into_iter().map(Into::into).collect())
}

pub fn demand_area(conn: &mut Conn, id: AreaId) -> Result<()> {
    match find_area(conn, id)?.filter(|area| area.retired_at.is_none()) {
        Some(_) => Ok(()),
        None => Err(Error::field("/area_id", FieldCode::NotFound, "there is no such area")),
    }
}

/// From when to when, within reach of `now`.
pub fn span(starts: LocalTime, ends: LocalTime, zone: Zone, now: Instant) -> Result<Span, Vec<Unfit>> {
    let span = schedule::span(starts, ends, zone)?;
    schedule::within_reach(span.starts_at, now).map_err(|unfit| vec![unfit])?;
    Ok(span)
}

/// Schedules a meeting.
///
/// For leaders, facilitators and secretaries; a leaders' meeting for leaders. One that was held without notice can be put
/// down up to 7 days later. Where the open meetings law binds the partnership, it is open to everybody and in no private home.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/meetings",
    tag = "meetings", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = ScheduleMeeting, responses((status = 201, body = MeetingDetail)))]
pub async fn schedule_meeting(ctx: Ctx, id: Path<PartnershipId>, body: Valid<ScheduleMeeting>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Change, now)?;
        let subject = Subject::meeting(body.0.visibility);
        policy::demand(actor, &scoped.standing, subject, Action::ScheduleMeeting)?;
        scoped.demand_live()?;
        demand_public(tx, id.0, body.0.visibility, body.0.place.kind)?;
        let ScheduleMeeting { kind, format, title, purpose, starts_local, ends_local, time_zone, place, .. } = body.0;
        let zone = match time_zone {
            Some(zone) => zone,
            None => zone_of_agency(tx, scoped.partnership.host_agency_id)?,
        };
        let Span { starts_at, ends_at } = span(starts_local, ends_local, zone, now).map_err(|unfit| {
            let at = |unfit: Unfit| unfit.at(if unfit.is_about_start() { "/starts_local" } else { "/ends_local" });
            Error::fields(unfit.into_iter().map(at).collect())
        })?;
        if let Some(area) = body.0.area_id {
            demand_area(tx, area)?;
        }
        let meeting = Meeting {
            id: MeetingId::new(),
            partnership_id: id.0,
            area_id: body.0.area_id.unwrap_or(scoped.partnership.area_id),
            kind,
            format,
            title_key: fold(title.as_str()),
            title: title.into(),
            purpose: purpose.map(Into::into),
            starts_local: starts_local.to_string(),
            ends_local: ends_local.to_string(),
            time_zone: zone.to_string(),
            starts_at,
            ends_at,
            place_kind: place.kind,
            place_name: place.name.into(),
            place_address: place.address.map(Into::into),
            visibility: body.0.visibility,
            capacity: body.0.capacity.map(Whole::get),
            places_taken: 0,
            languages: tags(body.0.languages),
            accessibility: body.0.accessibility.map(Into::into),
            state: MeetingState::Scheduled,
            sequence: 0,
            cancel_reason: None,
            started_at: None,
            adjourned_at: None,
            scheduled_by_id: by,
            version: 1,
            created_at: now,
            updated_at: now,
            answers: Json(AnswerCounts::default()),
            noticed_sequence: None,
        };
        rows::insert(tx, &meeting)?;
        carry_over(tx, &meeting, now)?;
        let entry = event(events::SCHEDULED, &meeting).fact("kind", kind.as_str());
        let location = format!("{API}/meetings/{}", meeting.id);
        let value = one(tx, actor, meeting, &scoped)?.value;
        tx.recorded(entry, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists open meetings that are to come or under way, the soonest first.
///
/// Everybody may read them. Addresses that are not for everybody are told by the meetings themselves.
#[utoipa::path(get, path = "/meetings",
    tag = "meetings", security((), ("bearer" = [])), params(OpenMeetingFilter, PageParams),
    responses((status = 200, body = Page<MeetingDetail>)))]
pub async fn list_meetings(ctx: Ctx, listing: Listing<OpenMeetingFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let stranger = Standing::stranger(PartnershipState::Forming);
        policy::demand(actor, &stranger, Subject::meeting(MeetingVisibility::Public), Action::ListMeetings)?;
        let OpenMeetingFilter { area_id, partnership_id, kind, from, to, q } = &listing.filter;
        demand_range(*from, *to)?;
        let wanted = Wanted {
            whose: partnership_id.map_or(Whose::All, Whose::One),
            area: *area_id,
            kind: *kind,
            states: MeetingState::AHEAD.to_vec(),
            from: Some(from.unwrap_or(now)),
            to: *to,
            q: q.as_ref().map(ToString::to_string),
        };
        let (reader, seen) = (actor.id().unwrap_or(AccountId::NOBODY), [MeetingVisibility::Public]);
        let page = rows::list(conn, reader, &seen, &wanted, MeetingOrder::SoonestFirst, &listing)?;
        show_page(conn, page, Reader { account: actor.id(), within: None })
    })
    .await
}

fn show_page(
    conn: &mut Conn,
    page: Page<(Meeting, Option<OwnAnswer>)>,
    reader: Reader<'_>,
) -> Result<Page<MeetingDetail>> {
    let Page { items, next_cursor, total, next } = page;
    Ok(Page { items: shown(conn, items, reader)?, next_cursor, total, next })
}

/// Lists a partnership's meetings, as far as you see them.
///
/// Everybody sees open ones, members theirs, leaders and officials all.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/meetings",
    tag = "meetings", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), MeetingFilter, PageParams),
    responses((status = 200, body = Page<MeetingDetail>)))]
pub async fn list_partnership_meetings(
    ctx: Ctx,
    id: Path<PartnershipId>,
    listing: Listing<MeetingFilter>,
) -> Result<Reply> {
    let now = ctx.now();
    let (state, envelope) = (ctx.state.clone(), ctx.envelope.clone());
    let listers = ctx.state.handed::<AskedFor<Lister>>()?.clone();
    let for_nobody = move |conn: &mut Conn| find_lister_for_nobody(conn, id.0);
    ctx.read_gathered(&listers, id.0.0, for_nobody, move |conn, actor, lister| {
        let Lister { place, area: (area_kind, area_name), stamp, has_series, own } =
            lister.ok_or_else(Error::not_found)?;
        let area = AreaRef { id: place.area_id, kind: area_kind, name: area_name };
        let named = Named::of(conn, actor, place, now)?;
        let subject = Subject::meeting(MeetingVisibility::Public);
        policy::demand(actor, &named.standing, subject, Action::ListPartnershipMeetings)?;
        let MeetingFilter { kind, state: stands, from, to, q, order } = &listing.filter;
        demand_range(*from, *to)?;
        let (is_public, seen) = (named.standing.state.is_public(), policy::seen(&named.standing));
        let reader = Reader { account: actor.id(), within: Some(&named) };
        let account = actor.id().unwrap_or(AccountId::NOBODY);
        let order = order.unwrap_or(MeetingOrder::LatestFirst);
        let is_first = listing.after::<(Instant, MeetingId)>()?.is_none() && !listing.total;
        let fetch = usize::try_from(listing.fetch()).unwrap_or(usize::MAX);
        if is_public && is_first && fetch <= MOST && order == MeetingOrder::LatestFirst && !listing.filter.is_narrowed()
        {
            let newest = state.handed::<Arc<KeptLists>>()?.newest(conn, id.0, stamp, &seen)?;
            let first = newest.list.meetings.iter().take(fetch);
            let own = match actor.id() {
                Some(account) => find_own_among(conn, account, first.clone().map(|kept| kept.head.id), own)?,
                None => HashMap::new(),
            };
            let page = first.map(|kept| (kept, own.get(&kept.head.id))).collect();
            let page = listing.page(page, |(kept, _)| (kept.head.starts_at, kept.head.id));
            let known = Known { area: Some(area), has_series: has_series || newest.is_new };
            if let Some(page) = written(conn, &newest, page, known, reader)? {
                return page.reply(&envelope);
            }
        }
        let wanted = Wanted {
            whose: if is_public { Whose::Public(id.0) } else { Whose::One(id.0) },
            area: None,
            kind: *kind,
            states: stands.iter().copied().collect(),
            from: *from,
            to: *to,
            q: q.as_ref().map(ToString::to_string),
        };
        let page = rows::list(conn, account, &seen, &wanted, order, &listing)?;
        show_page(conn, page, reader)?.reply(&envelope)
    })
    .await
}

/// The next meetings of a partnership that the reader sees, the soonest first, those under way included.
///
/// # Errors
/// When the database can't be asked.
pub fn next_meetings(
    conn: &mut Conn,
    actor: &Actor,
    scoped: &Scoped,
    now: Instant,
    limit: i64,
) -> Result<Vec<MeetingDetail>> {
    let (named, of) = (scoped.named(), scoped.partnership.id);
    let reader = actor.id().unwrap_or(AccountId::NOBODY);
    let rows = rows::ahead(conn, reader, of, &policy::seen(&named.standing), now, limit)?;
    shown(conn, rows, Reader { account: actor.id(), within: Some(&named) })
}

/// Reads a meeting.
///
/// Everybody may read open meetings; others are for members, or for leaders, and for officials.
#[utoipa::path(get, path = "/meetings/{meeting_id}",
    tag = "meetings", security((), ("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    responses((status = 200, body = MeetingDetail)))]
pub async fn get_meeting(ctx: Ctx, id: Path<MeetingId>) -> Result<Reply> {
    let now = ctx.now();
    let wholes = ctx.state.handed::<AskedFor<rows::Whole>>()?.clone();
    let for_nobody = move |conn: &mut Conn| rows::find_whole_for_nobody(conn, id.0);
    ctx.read_gathered(&wholes, id.0.0, for_nobody, move |conn, actor, whole| read(conn, actor, whole, now)).await
}

/// Lists what happened in a meeting, newest first.
#[utoipa::path(get, path = "/meetings/{meeting_id}/timeline",
    tag = "meetings", security((), ("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), PageParams),
    responses((status = 200, body = Page<TimelineEntry>)))]
pub async fn list_meeting_timeline(ctx: Ctx, id: Path<MeetingId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    let state = ctx.state.clone();
    ctx.read(move |conn, actor| {
        let (_, scoped) = load_for(conn, actor, id.0, Action::ListMeetingTimeline, Hold::Nothing, now)?;
        timeline(conn, Of::Object(id.0.0), sight(&scoped.standing), &listing, &state.catalogue)
    })
    .await
}

crate::operations! {
    schedule_meeting,
    list_meetings,
    list_partnership_meetings,
    get_meeting,
    list_meeting_timeline,
}
