//! Changing, cancelling, beginning and ending meetings.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::Ctx;
use crate::ids::{AreaId, MeetingId};
use crate::meetings::events;
use crate::meetings::model::{Meeting, MeetingFormat, MeetingKind, MeetingState, MeetingVisibility, PlaceKind};
use crate::meetings::open_meetings::{demand_open, demand_public};
use crate::meetings::policy::{self, Action, Subject};
use crate::meetings::queries::meetings::{self as rows, MeetingChanges, differs};
use crate::meetings::routes::meetings::{demand_area, demand_purpose, each_once, fits, span, tags};
use crate::meetings::routes::shown::{Hold, MeetingDetail, event, load_for, one};
use crate::meetings::series::mark_changed;
use crate::meetings::{agenda, session};
use crate::partnerships::note_meeting_begun;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::{Error, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Path, Reply, Tx, Valid, Versioned};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::text::{Language, Line, LocalTime, Prose, Zone, fold};
use crate::platform::values::{Change, List, Patch, Whole};

/// Another place; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceChanges {
    /// A public place, somebody's home, or the net.
    #[serde(default)]
    pub kind: Change<PlaceKind>,
    /// What the place is called.
    #[serde(default)]
    pub name: Change<Line<2, 120>>,
    /// Where it is.
    #[serde(default)]
    pub address: Patch<Line<3, 300>>,
}

/// Changes to a meeting that has not begun.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingPatch {
    /// What kind of meeting it is.
    #[serde(default)]
    kind: Change<MeetingKind>,
    /// How people take part.
    #[serde(default)]
    format: Change<MeetingFormat>,
    /// What it is called.
    #[serde(default)]
    title: Change<Line<3, 120>>,
    /// What it is for.
    #[serde(default)]
    purpose: Patch<Prose<1, 2000>>,
    /// When it begins, on the clock where it takes place.
    #[serde(default)]
    starts_local: Change<LocalTime>,
    /// When it ends, on that clock.
    #[serde(default)]
    ends_local: Change<LocalTime>,
    /// The zone of that clock; the times on it stay.
    #[serde(default)]
    time_zone: Change<Zone>,
    /// Where it takes place.
    #[serde(default)]
    place: Change<PlaceChanges>,
    /// Who sees that it takes place.
    #[serde(default)]
    visibility: Change<MeetingVisibility>,
    /// How many people the place takes, not fewer than have said yes; `null` lets everybody come.
    #[serde(default)]
    capacity: Patch<Whole<1, 100_000>>,
    /// The area that it is for.
    #[serde(default)]
    area_id: Change<AreaId>,
    /// Languages that are spoken or interpreted; they replace the whole list.
    #[serde(default)]
    languages: Change<List<Language, 0, 20>>,
    /// What people with disabilities should know.
    #[serde(default)]
    accessibility: Patch<Prose<1, 1000>>,
}
impl Check for MeetingPatch {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if let Some(languages) = self.languages.value() {
            each_once(languages.as_slice(), errors);
        }
    }
}

/// Why a meeting does not take place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelMeeting {
    /// The reason; whoever sees the meeting reads it.
    pub reason: Prose<3, 500>,
}
impl Check for CancelMeeting {}

/// What a patch comes to, beside the meeting as it stands.
fn changes(conn: &mut Conn, row: &Meeting, patch: MeetingPatch, now: Instant) -> Result<MeetingChanges> {
    let stored = |text: &str| {
        text.parse::<LocalTime>().map_err(|_| Error::fault(format!("local time {text:?} in the database")))
    };
    let MeetingPatch { kind, format, title, purpose, starts_local, ends_local, time_zone, place, .. } = patch;
    let mut errors = Vec::new();
    let place_given = place.is_given();
    let place = match place {
        Change::Keep => PlaceChanges::default(),
        Change::Set(place) => place,
    };
    let blamed = if place_given { "/place/kind" } else { "/format" };
    let place_kind = place.kind.value().copied().unwrap_or(row.place_kind);
    let visibility = patch.visibility.value().copied().unwrap_or(row.visibility);
    if patch.visibility.is_given() || place.kind.is_given() {
        demand_public(conn, row.partnership_id, visibility, place_kind)?;
    }
    let becomes = kind.value().copied().unwrap_or(row.kind);
    let says_why = if purpose.is_given() { purpose.value().is_some() } else { row.purpose.is_some() };
    if kind.is_given() || purpose.is_given() {
        demand_purpose(becomes, says_why, &mut errors);
    }
    fits(format.value().copied().unwrap_or(row.format), place_kind, blamed, &mut errors);
    let mut changes = MeetingChanges::default();
    if starts_local.is_given() || ends_local.is_given() || time_zone.is_given() {
        let starts = starts_local.value().copied().map_or_else(|| stored(&row.starts_local), Ok)?;
        let ends = ends_local.value().copied().map_or_else(|| stored(&row.ends_local), Ok)?;
        let zone = match time_zone.value() {
            Some(zone) => *zone,
            None => row.time_zone.parse().map_err(|_| Error::fault("unknown time zone in the database"))?,
        };
        match span(starts, ends, zone, now) {
            Ok(span) => {
                changes.starts_local = Some(starts.to_string());
                changes.ends_local = Some(ends.to_string());
                changes.time_zone = Some(zone.to_string());
                changes.starts_at = Some(span.starts_at);
                changes.ends_at = Some(span.ends_at);
            }
            Err(unfit) => errors.extend(unfit.into_iter().map(|unfit| {
                // The field that was sent is to blame, where one of the two was.
                let pointer = match (unfit.is_about_start(), starts_local.is_given(), ends_local.is_given()) {
                    (true, true, _) | (false, true, false) => "/starts_local",
                    (false, _, true) => "/ends_local",
                    _ => "/time_zone",
                };
                unfit.at(pointer)
            })),
        }
    }
    if !errors.is_empty() {
        return Err(Error::fields(errors));
    }
    if let Some(area) = patch.area_id.value() {
        demand_area(conn, *area)?;
    }
    if let Some(capacity) = patch.capacity.value().filter(|capacity| capacity.get() < row.places_taken) {
        let detail = format!("{} places are taken; {} are not enough.", row.places_taken, capacity.get());
        return Err(Error::conflict(detail));
    }
    let changes = MeetingChanges {
        area_id: patch.area_id.changeset(|area| area),
        kind: kind.changeset(|kind| kind),
        format: format.changeset(|format| format),
        title_key: title.value().map(|title| fold(title.as_str())),
        title: title.changeset(Into::into),
        purpose: purpose.changeset(Into::into),
        place_kind: place.kind.changeset(|kind| kind),
        place_name: place.name.changeset(Into::into),
        place_address: place.address.changeset(Into::into),
        visibility: patch.visibility.changeset(|visibility| visibility),
        capacity: patch.capacity.changeset(Whole::get),
        languages: patch.languages.changeset(tags),
        accessibility: patch.accessibility.changeset(Into::into),
        ..changes
    };
    Ok(MeetingChanges { sequence: is_moved(row, &changes).then_some(row.sequence + 1), ..changes })
}

/// Whether those who may attend have to be told anew, so that the time of notice begins again: of another time or place, of a
/// kind of meeting that wants less notice, or because others may attend.
fn is_given_anew(row: &Meeting, to: &MeetingChanges) -> bool {
    to.sequence.is_some() || differs(to.kind.as_ref(), &row.kind) || differs(to.visibility.as_ref(), &row.visibility)
}

/// Whether time or place are others than before.
fn is_moved(row: &Meeting, to: &MeetingChanges) -> bool {
    differs(to.starts_at.as_ref(), &row.starts_at)
        || differs(to.ends_at.as_ref(), &row.ends_at)
        || differs(to.time_zone.as_ref(), &row.time_zone)
        || differs(to.format.as_ref(), &row.format)
        || differs(to.place_kind.as_ref(), &row.place_kind)
        || differs(to.place_name.as_ref(), &row.place_name)
        || differs(to.place_address.as_ref(), &row.place_address)
}

/// Names of the fields that a patch gives.
fn given(patch: &MeetingPatch) -> Vec<&'static str> {
    [
        ("kind", patch.kind.is_given()),
        ("format", patch.format.is_given()),
        ("title", patch.title.is_given()),
        ("purpose", patch.purpose.is_given()),
        ("starts_local", patch.starts_local.is_given()),
        ("ends_local", patch.ends_local.is_given()),
        ("time_zone", patch.time_zone.is_given()),
        ("place", patch.place.is_given()),
        ("visibility", patch.visibility.is_given()),
        ("capacity", patch.capacity.is_given()),
        ("area_id", patch.area_id.is_given()),
        ("languages", patch.languages.is_given()),
        ("accessibility", patch.accessibility.is_given()),
    ]
    .into_iter()
    .filter_map(|(name, given)| given.then_some(name))
    .collect()
}

/// Changes a meeting that has not begun.
#[utoipa::path(patch, path = "/meetings/{meeting_id}",
    tag = "meetings", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    request_body = MeetingPatch, responses((status = 200, body = MeetingDetail)))]
pub async fn update_meeting(
    ctx: Ctx,
    id: Path<MeetingId>,
    if_match: IfMatch,
    body: Valid<MeetingPatch>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let (row, scoped) = load_for(tx, actor, id.0, Action::UpdateMeeting, Hold::Partnership, now)?;
        if let Some(visibility) = body.0.visibility.value().filter(|visibility| **visibility != row.visibility) {
            // Who may not schedule such a meeting can't make one of another.
            policy::demand(actor, &scoped.standing, Subject::meeting(*visibility), Action::ScheduleMeeting)?;
        }
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        if row.state != MeetingState::Scheduled {
            return Err(Error::conflict(format!("The meeting is {}; only one to come can be changed.", row.state)));
        }
        let changed = given(&body.0);
        let changes = changes(tx, &row, body.0, now)?;
        let is_anew = is_given_anew(&row, &changes);
        let row = rows::update(tx, id.0, changes, now)?;
        if is_anew {
            rows::set_times(tx, &[id.0], now)?;
        }
        mark_changed(tx, id.0)?;
        let entry = event(events::CHANGED, &row).fact("sequence", row.sequence).changed(changed);
        let detail = one(tx, actor, row, &scoped)?;
        tx.recorded(entry, detail)
    })
    .await
}

/// Moves a meeting on and shows it.
fn advance(tx: &mut Tx<'_>, row: &Meeting, to: MeetingState, changes: MeetingChanges) -> Result<Meeting> {
    row.state.demand(to)?;
    let now = tx.now();
    rows::update(tx, row.id, MeetingChanges { state: Some(to), ..changes }, now)
}

/// Cancels a meeting, with a reason.
#[utoipa::path(post, path = "/meetings/{meeting_id}/cancel",
    tag = "meetings", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    request_body = CancelMeeting, responses((status = 200, body = MeetingDetail)))]
pub async fn cancel_meeting(
    ctx: Ctx,
    id: Path<MeetingId>,
    if_match: IfMatch,
    body: Valid<CancelMeeting>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let (row, scoped) = load_for(tx, actor, id.0, Action::CancelMeeting, Hold::Partnership, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        let reason: String = body.0.reason.into();
        let changes = MeetingChanges {
            cancel_reason: Some(Some(reason.clone())),
            sequence: Some(row.sequence + 1),
            ..MeetingChanges::default()
        };
        let row = advance(tx, &row, MeetingState::Cancelled, changes)?;
        mark_changed(tx, id.0)?;
        let entry = event(events::CANCELLED, &row).because(reason);
        let detail = one(tx, actor, row, &scoped)?;
        tx.recorded(entry, detail)
    })
    .await
}

/// The meeting that moves on, which is `row` and stands at `to` then.
fn begun(tx: &mut Tx<'_>, row: &Meeting, to: MeetingState, changes: MeetingChanges) -> Result<Meeting> {
    let now = tx.now();
    let row = advance(tx, row, to, changes)?;
    if row.visibility != MeetingVisibility::Leaders {
        note_meeting_begun(tx, row.partnership_id, AnyId(row.id.0), now)?;
    }
    Ok(row)
}

/// How long before its time a meeting can begin.
const EARLY: std::time::Duration = crate::platform::clock::hours(1);

/// Begins a meeting, at most an hour before its time.
///
/// Where the open meetings law binds the partnership, one that is not open to everybody is not begun.
#[utoipa::path(post, path = "/meetings/{meeting_id}/start",
    tag = "meetings", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    responses((status = 200, body = MeetingDetail)))]
pub async fn start_meeting(ctx: Ctx, id: Path<MeetingId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let (row, scoped) = load_for(tx, actor, id.0, Action::StartMeeting, Hold::Partnership, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        if row.starts_at > now.plus(EARLY) {
            return Err(Error::conflict(
                "A meeting begins at most an hour before its time. Move it if it is held sooner.",
            ));
        }
        demand_open(tx, &row)?;
        let changes = MeetingChanges { started_at: Some(Some(now)), ..MeetingChanges::default() };
        let row = begun(tx, &row, MeetingState::InSession, changes)?;
        agenda::carry_over(tx, &row, now)?;
        agenda::begin_review(tx, &state, &row, now)?;
        let entry = event(events::STARTED, &row);
        let detail: Versioned<MeetingDetail> = one(tx, actor, row, &scoped)?;
        tx.recorded(entry, detail)
    })
    .await
}

/// Ends a meeting.
///
/// One that nobody began can be ended as well once its time has come; one that is recessed resumes first. Decisions that were
/// called in it and are still open end with what was said.
#[utoipa::path(post, path = "/meetings/{meeting_id}/adjourn",
    tag = "meetings", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    responses((status = 200, body = MeetingDetail)))]
pub async fn adjourn_meeting(ctx: Ctx, id: Path<MeetingId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let (row, scoped) = load_for(tx, actor, id.0, Action::AdjournMeeting, Hold::Partnership, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        if row.state == MeetingState::Scheduled && row.starts_at > now {
            return Err(Error::conflict("The meeting has not begun. Cancel it if it does not take place."));
        }
        row.state.demand(MeetingState::Adjourned)?;
        if row.state == MeetingState::Scheduled {
            demand_open(tx, &row)?;
        }
        session::close(tx, &state, &row)?;
        agenda::held(tx, &row, now)?;
        agenda::settle_review(tx, &state, &row, now)?;
        let changes = MeetingChanges { adjourned_at: Some(Some(now)), ..MeetingChanges::default() };
        let row = begun(tx, &row, MeetingState::Adjourned, changes)?;
        let entry = event(events::ADJOURNED, &row);
        let detail: Versioned<MeetingDetail> = one(tx, actor, row, &scoped)?;
        tx.recorded(entry, detail)
    })
    .await
}

crate::operations! {
    update_meeting,
    cancel_meeting,
    start_meeting,
    adjourn_meeting,
}
