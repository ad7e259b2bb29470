//! A meeting as its readers see it, and the way to it.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::Actor;
use crate::directory::{AreaRef, area_refs};
use crate::ids::{AccountId, MeetingId, MeetingSeriesId};
use crate::meetings::model::{
    AddressTold, AnswerCounts, Meeting, MeetingFormat, MeetingKind, MeetingStage, MeetingState, MeetingVisibility,
    OwnAnswer, PlaceKind, RsvpAnswer,
};
use crate::meetings::notices::is_in_time;
use crate::meetings::policy::{self, Action, Subject, knows_address};
use crate::meetings::queries::{meetings, rsvps};
use crate::meetings::series::{self, InSeries};
use crate::meetings::session::{recessed_among, recessed_at};
use crate::partnerships::{Named, PartnershipRef, Purpose, Scoped, partnership_refs};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::faults::is_planted;
use crate::platform::http::Versioned;
use crate::platform::record::{Entry, Kind, Visibility};

/// Where a meeting takes place.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceShown {
    /// A public place, somebody's home, or the net.
    pub kind: PlaceKind,
    /// What the place is called.
    pub name: String,
    /// Where it is. `null` for readers whom it is not told: the address of a private home is for leaders, officers, and
    /// members who said yes; an address on the net is for members, officers, and whoever said yes.
    pub address: Option<String>,
}

/// The reader's own answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnRsvp {
    /// What you answered.
    answer: RsvpAnswer,
    /// How many you bring.
    guests: i32,
    /// When you answered last.
    updated_at: Instant,
}

/// The series that a meeting is of.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesPlace {
    /// The series.
    id: MeetingSeriesId,
    /// By which time its rule has the meeting (RECURRENCE-ID), whatever it was moved to.
    #[schema(value_type = crate::platform::text::LocalTime)]
    recurrence_local: String,
    /// Whether the meeting was changed or cancelled by itself: changes of the whole series leave it as it is.
    is_changed: bool,
}

/// A meeting.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11",
    "partnership": {"id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d12", "name": "Armourdale Lights"}, "series": null,
    "area": {"id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d13", "kind": "neighborhood", "name": "Armourdale"},
    "kind": "regular", "format": "in_person", "title": "Lights on Kansas Avenue", "purpose": "Walk the alleys together.",
    "starts_local": "2027-03-09T18:30", "ends_local": "2027-03-09T20:00", "time_zone": "America/Chicago",
    "starts_at": "2027-03-10T00:30:00Z", "ends_at": "2027-03-10T02:00:00Z",
    "is_short_notice": false,
    "place": {"kind": "public", "name": "Armourdale Recreation Center", "address": "730 Osage Ave"}, "address_told": "here",
    "visibility": "public", "capacity": 40, "places_taken": 12, "places_left": 28,
    "answers": {"yes": 9, "maybe": 2, "no": 1}, "own_rsvp": null, "languages": ["en", "es"], "accessibility": null,
    "state": "scheduled", "stage": "noticed", "sequence": 0, "cancel_reason": null, "started_at": null,
    "recessed_at": null, "adjourned_at": null,
    "version": 1, "created_at": "2027-03-01T18:00:00Z", "updated_at": "2027-03-01T18:00:00Z"
}))]
pub struct MeetingDetail {
    /// The meeting.
    id: MeetingId,
    /// Whose.
    partnership: Option<PartnershipRef>,
    /// The area that it is for.
    area: Option<AreaRef>,
    /// The series that it is of; `null` for one that stands alone.
    series: Option<SeriesPlace>,
    /// What kind of meeting it is.
    kind: MeetingKind,
    /// How people take part.
    format: MeetingFormat,
    /// What it is called.
    title: String,
    /// What it is for.
    purpose: Option<String>,
    /// When it begins, on the clock where it takes place.
    #[schema(value_type = crate::platform::text::LocalTime)]
    starts_local: String,
    /// When it ends, on that clock.
    #[schema(value_type = crate::platform::text::LocalTime)]
    ends_local: String,
    /// The zone of that clock (IANA).
    #[schema(value_type = crate::platform::text::Zone)]
    time_zone: String,
    /// The moment at which it begins, computed from the local time.
    starts_at: Instant,
    /// The moment at which it ends.
    ends_at: Instant,
    /// Whether it was given its time, place, kind or visibility less than 72 hours before (24 for a special one): whoever may
    /// attend is told at short notice, and nothing is decided in it.
    is_short_notice: bool,
    /// Where it takes place.
    place: PlaceShown,
    /// Where you learn the address of the place.
    address_told: AddressTold,
    /// Who sees that it takes place.
    visibility: MeetingVisibility,
    /// How many people the place takes; `null` when that is no matter.
    capacity: Option<i32>,
    /// People who come, with their guests.
    places_taken: i32,
    /// Places that are left; `null` without a capacity.
    places_left: Option<i32>,
    /// How many answered what.
    answers: AnswerCounts,
    /// Your own answer.
    own_rsvp: Option<OwnRsvp>,
    /// Languages that are spoken or interpreted (BCP 47).
    languages: Vec<String>,
    /// What people with disabilities should know.
    accessibility: Option<String>,
    /// Where it stands: what lists can be narrowed to.
    state: MeetingState,
    /// Where it stands exactly.
    stage: MeetingStage,
    /// Rises when time or place change or it is cancelled, for calendars.
    sequence: i32,
    /// Why it does not take place.
    cancel_reason: Option<String>,
    /// When it really began.
    started_at: Option<Instant>,
    /// Since when it is recessed into an executive session; `null` while it goes on.
    recessed_at: Option<Instant>,
    /// When it really ended.
    adjourned_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was put down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// Who reads, as far as meetings differ by that.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The reader's account.
    pub account: Option<AccountId>,
    /// Their partnership, and how the reader stands towards it; none in lists across partnerships, where addresses that are not
    /// for everybody are left to the meetings themselves.
    pub within: Option<&'a Named>,
}

/// Meetings as the reader sees them, in their order, each with what the reader answered.
pub fn shown(
    conn: &mut Conn,
    rows: Vec<(Meeting, Option<OwnAnswer>)>,
    reader: Reader<'_>,
) -> Result<Vec<MeetingDetail>> {
    let partnerships = match reader.within {
        Some(named) => HashMap::from([(named.partnership.id, named.partnership.clone())]),
        None => partnership_refs(conn, rows.iter().map(|(row, _)| row.partnership_id))?,
    };
    let areas = area_refs(conn, rows.iter().map(|(row, _)| row.area_id))?;
    let under_way = rows.iter().filter(|(row, _)| row.state == MeetingState::InSession).map(|(row, _)| row.id);
    let recessed = recessed_among(conn, under_way.collect())?;
    // Whatever was never changed has its time since it was put down.
    let changed = rows.iter().filter(|(row, _)| row.version > 1).map(|(row, _)| row.id).collect();
    let times = meetings::times_set(conn, changed)?;
    let minuted = rows.iter().filter(|(row, _)| row.state == MeetingState::Minuted).map(|(row, _)| row.id);
    let published = meetings::published_among(conn, minuted.collect())?;
    let mut series = match reader.within {
        Some(named) if rows.len() > 1 && !series::has_any(conn, named.partnership.id)? => HashMap::new(),
        _ => series::places(conn, rows.iter().map(|(row, _)| row.id).collect())?,
    };
    Ok(rows
        .into_iter()
        .map(|(row, own)| {
            let since = recessed.iter().find(|(id, _)| *id == row.id).map(|(_, since)| *since);
            let (partnership, area) = (partnerships.get(&row.partnership_id), areas.get(&row.area_id));
            let series = series.remove(&row.id);
            let known = Known {
                own,
                recessed_at: since,
                time_set_at: times.get(&row.id).copied(),
                is_published: published.contains(&row.id),
            };
            detail(row, known, partnership.cloned(), area.cloned(), series, reader)
        })
        .collect())
}

/// What is known of a meeting beside its row.
struct Known {
    /// What the reader answered.
    own: Option<OwnAnswer>,
    /// Since when it is recessed.
    recessed_at: Option<Instant>,
    /// When its time was given last, where that was after it was put down.
    time_set_at: Option<Instant>,
    /// Whether its minutes are published.
    is_published: bool,
}

fn detail(
    row: Meeting,
    Known { own, recessed_at, time_set_at, is_published }: Known,
    partnership: Option<PartnershipRef>,
    area: Option<AreaRef>,
    series: Option<InSeries>,
    reader: Reader<'_>,
) -> MeetingDetail {
    let said_yes = own.as_ref().is_some_and(|own| own.answer == RsvpAnswer::Yes);
    let scheduled_it = reader.account == Some(row.scheduled_by_id);
    let (told, address_told) = match reader.within {
        Some(named) => {
            let told = knows_address(&named.standing, row.place_kind, said_yes, scheduled_it);
            (told, policy::address_told(&named.standing, row.place_kind, told))
        }
        None if row.place_kind == PlaceKind::Public => (true, AddressTold::Here),
        None => (false, AddressTold::InTheMeeting),
    };
    let stage = row.stage(recessed_at.is_some(), is_published);
    MeetingDetail {
        partnership,
        area,
        series: series.map(|InSeries { series_id: id, recurrence_local, is_changed }| SeriesPlace {
            id,
            recurrence_local,
            is_changed,
        }),
        place: PlaceShown {
            kind: row.place_kind,
            name: row.place_name,
            address: row.place_address.filter(|_| told || is_planted("tells_private_addresses")),
        },
        address_told,
        is_short_notice: !is_in_time(row.kind, row.starts_at, time_set_at.unwrap_or(row.created_at)),
        stage,
        places_left: row.capacity.map(|capacity| capacity - row.places_taken),
        answers: row.answers.0,
        own_rsvp: own.map(|OwnAnswer { answer, guests, updated_at }| OwnRsvp { answer, guests, updated_at }),
        id: row.id,
        kind: row.kind,
        format: row.format,
        title: row.title,
        purpose: row.purpose,
        starts_local: row.starts_local,
        ends_local: row.ends_local,
        time_zone: row.time_zone,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        visibility: row.visibility,
        capacity: row.capacity,
        places_taken: row.places_taken,
        languages: row.languages.0,
        accessibility: row.accessibility,
        state: row.state,
        sequence: row.sequence,
        cancel_reason: row.cancel_reason,
        started_at: row.started_at,
        recessed_at,
        adjourned_at: row.adjourned_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// One meeting as the actor sees it.
pub fn one(conn: &mut Conn, actor: &Actor, row: Meeting, scoped: &Scoped) -> Result<Versioned<MeetingDetail>> {
    let version = row.version;
    let own = match actor.id() {
        Some(account) => rsvps::find_own(conn, row.id, account)?,
        None => None,
    };
    let reader = Reader { account: actor.id(), within: Some(&scoped.named()) };
    let value = shown(conn, vec![(row, own)], reader)?.pop().ok_or_else(|| Error::fault("a meeting was lost"))?;
    Ok(Versioned::volatile(value, version))
}

/// The meeting as this actor may read it.
pub fn read(
    conn: &mut Conn,
    actor: &Actor,
    whole: Option<meetings::Whole>,
    now: Instant,
) -> Result<Versioned<MeetingDetail>> {
    let meetings::Whole { meeting, area: (kind, name), series, own, place } = whole.ok_or_else(Error::not_found)?;
    let named = Named::of(conn, actor, place, now)?;
    policy::demand(actor, &named.standing, Subject::meeting(meeting.visibility), Action::GetMeeting)?;
    let (version, area) = (meeting.version, AreaRef { id: meeting.area_id, kind, name });
    let reader = Reader { account: actor.id(), within: Some(&named) };
    // Whoever lacks the second factor is nobody here, though the session says whose it is.
    let own = own.filter(|_| actor.id().is_some());
    let recessed = match meeting.state {
        MeetingState::InSession => recessed_at(conn, meeting.id)?,
        _ => None,
    };
    let time_set_at = match meeting.version {
        1 => None,
        _ => meetings::times_set(conn, vec![meeting.id])?.remove(&meeting.id),
    };
    let is_published = match meeting.state {
        MeetingState::Minuted => !meetings::published_among(conn, vec![meeting.id])?.is_empty(),
        _ => false,
    };
    let known = Known { own, recessed_at: recessed, time_set_at, is_published };
    let value = detail(meeting, known, Some(named.partnership.clone()), Some(area), series, reader);
    Ok(Versioned::volatile(value, version))
}

/// What stays as it is until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Nothing: for reading.
    Nothing,
    /// The meeting, with all that belongs to it.
    Meeting,
    /// The meeting, and the partnership with its members and seats.
    Partnership,
}

/// A meeting and how the actor stands towards its partnership, before any policy was asked.
pub fn load(conn: &mut Conn, actor: &Actor, id: MeetingId, hold: Hold, now: Instant) -> Result<(Meeting, Scoped)> {
    let (row, partnership) = meetings::find_with_partnership(conn, id)?.ok_or_else(Error::not_found)?;
    // The partnership first, as everybody takes them: nobody waits for who waits for them.
    let scoped = match hold {
        Hold::Nothing | Hold::Meeting => Scoped::of(conn, actor, partnership, now)?,
        Hold::Partnership => Scoped::load(conn, actor, row.partnership_id, Purpose::Change, now)?,
    };
    let row = match hold {
        Hold::Nothing => row,
        Hold::Meeting | Hold::Partnership => meetings::find_locked(conn, id)?.ok_or_else(Error::not_found)?,
    };
    Ok((row, scoped))
}

/// The meeting as this actor may have it for `action`.
pub fn load_for(
    conn: &mut Conn,
    actor: &Actor,
    id: MeetingId,
    action: Action,
    hold: Hold,
    now: Instant,
) -> Result<(Meeting, Scoped)> {
    let (row, scoped) = load(conn, actor, id, hold, now)?;
    policy::demand(actor, &scoped.standing, Subject::meeting(row.visibility), action)?;
    Ok((row, scoped))
}

/// The meeting as this actor may have it for `action` on what is `whose` in it.
pub fn load_for_entry(
    conn: &mut Conn,
    actor: &Actor,
    id: MeetingId,
    whose: AccountId,
    action: Action,
    now: Instant,
) -> Result<(Meeting, Scoped)> {
    let (row, scoped) = load(conn, actor, id, Hold::Meeting, now)?;
    let subject = Subject::owned(row.visibility, actor.id() == Some(whose));
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}

/// The kind of event as it happens in this meeting: seen by whoever sees the meeting, at most.
pub fn within(kind: Kind, meeting: &Meeting) -> Kind {
    let seen = match meeting.visibility {
        MeetingVisibility::Public => Visibility::Public,
        MeetingVisibility::Members => Visibility::Members,
        MeetingVisibility::Leaders => Visibility::Leaders,
    };
    Kind { visibility: kind.visibility.max(seen), ..kind }
}

/// Something that happened in a meeting.
pub fn event(kind: Kind, meeting: &Meeting) -> Entry {
    within(kind, meeting).on(meeting.id.0).within(meeting.partnership_id.0)
}
