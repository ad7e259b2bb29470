//! A meeting as its readers see it, and the way to it.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::Actor;
use crate::directory::{AreaRef, area_refs};
use crate::ids::{AccountId, AreaId, MeetingId, MeetingSeriesId, PartnershipId};
use crate::meetings::model::{
    AddressTold, AnswerCounts, Meeting, MeetingFormat, MeetingHead, MeetingKind, MeetingStage, MeetingState,
    MeetingVisibility, OwnAnswer, PlaceKind, RsvpAnswer,
};
use crate::meetings::notices::is_in_time;
use crate::meetings::policy::{self, Action, Subject, knows_address};
use crate::meetings::queries::newest::{KeptMeeting, Listed};
use crate::meetings::queries::{meetings, rsvps};
use crate::meetings::series::{self, InSeries};
use crate::meetings::session::{recessed_among, recessed_at};
use crate::partnerships::{Named, PartnershipRef, Purpose, Scoped, hold_membership, partnership_refs};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::faults::is_planted;
use crate::platform::http::{Page, Versioned, WrittenPage, fragments};
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
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnRsvp {
    /// What you answered.
    answer: RsvpAnswer,
    /// How many you bring.
    guests: i32,
    /// When you answered last.
    updated_at: Instant,
}

/// The series that a meeting is of.
#[derive(Debug, Clone, Serialize, ToSchema)]
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
    // First what `Passing` has, in the same order.
    /// The meeting.
    id: MeetingId,
    /// Whose.
    partnership: Option<PartnershipRef>,
    /// The area that it is for.
    area: Option<AreaRef>,
    /// The series that it is of; `null` for one that stands alone.
    series: Option<SeriesPlace>,
    /// People who come, with their guests.
    places_taken: i32,
    /// Places that are left; `null` without a capacity.
    places_left: Option<i32>,
    /// How many answered what.
    answers: AnswerCounts,
    /// Your own answer.
    own_rsvp: Option<OwnRsvp>,
    /// Where it stands: what lists can be narrowed to.
    state: MeetingState,
    /// Where it stands exactly.
    stage: MeetingStage,
    /// Since when it is recessed into an executive session; `null` while it goes on.
    recessed_at: Option<Instant>,
    // What lasts as long as its version does, for readers who learn its address in the same way.
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
    /// Languages that are spoken or interpreted (BCP 47).
    languages: Vec<String>,
    /// What people with disabilities should know.
    accessibility: Option<String>,
    /// Rises when time or place change or it is cancelled, for calendars.
    sequence: i32,
    /// Why it does not take place.
    cancel_reason: Option<String>,
    /// When it really began.
    started_at: Option<Instant>,
    /// When it really ended.
    adjourned_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was put down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// What of a meeting differs between readers, or may change while it has the same version: the first fields of
/// [`MeetingDetail`].
#[derive(Debug, Serialize)]
struct Passing<'a> {
    id: MeetingId,
    partnership: Option<&'a PartnershipRef>,
    area: Option<&'a AreaRef>,
    series: Option<SeriesPlace>,
    places_taken: i32,
    places_left: Option<i32>,
    answers: AnswerCounts,
    own_rsvp: Option<OwnRsvp>,
    state: MeetingState,
    stage: MeetingStage,
    recessed_at: Option<Instant>,
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

impl Reader<'_> {
    /// Whether the reader is told the address, and where.
    fn told(&self, head: &MeetingHead, own: Option<&OwnAnswer>) -> (bool, AddressTold) {
        let said_yes = own.is_some_and(|own| own.answer == RsvpAnswer::Yes);
        let scheduled_it = self.account == Some(head.scheduled_by_id);
        match self.within {
            Some(named) => {
                let told = knows_address(&named.standing, head.place_kind, said_yes, scheduled_it);
                (told, policy::address_told(&named.standing, head.place_kind, told))
            }
            None if head.place_kind == PlaceKind::Public => (true, AddressTold::Here),
            None => (false, AddressTold::InTheMeeting),
        }
    }
}

/// What is told of meetings beside their rows.
struct Around {
    partnerships: HashMap<PartnershipId, PartnershipRef>,
    areas: HashMap<AreaId, AreaRef>,
    recessed: Vec<(MeetingId, Instant)>,
    published: HashSet<MeetingId>,
    series: HashMap<MeetingId, InSeries>,
}

/// What is known already when meetings are shown.
#[derive(Debug)]
pub struct Known {
    /// An area that some of them are likely to be for.
    pub area: Option<AreaRef>,
    /// Whether some may be of a series.
    pub has_series: bool,
}

impl Around {
    fn of(conn: &mut Conn, heads: &[&MeetingHead], known: Known, reader: Reader<'_>) -> Result<Self> {
        let Known { area, has_series } = known;
        let partnerships = match reader.within {
            Some(named) => HashMap::from([(named.partnership.id, named.partnership.clone())]),
            None => partnership_refs(conn, heads.iter().map(|head| head.partnership_id))?,
        };
        let mut areas: HashMap<AreaId, AreaRef> = area.into_iter().map(|area| (area.id, area)).collect();
        let others = heads.iter().map(|head| head.area_id).filter(|id| !areas.contains_key(id)).collect::<Vec<_>>();
        areas.extend(area_refs(conn, others)?);
        let that_are = |state| heads.iter().filter(move |head| head.state == state).map(|head| head.id).collect();
        let recessed = recessed_among(conn, that_are(MeetingState::InSession))?;
        let published = meetings::published_among(conn, that_are(MeetingState::Minuted))?;
        let series = match has_series {
            true => series::places(conn, heads.iter().map(|head| head.id).collect())?,
            false => HashMap::new(),
        };
        Ok(Self { partnerships, areas, recessed, published, series })
    }

    fn passing(&self, head: &MeetingHead, own: Option<&OwnAnswer>) -> Passing<'_> {
        let beside = Beside {
            partnership: self.partnerships.get(&head.partnership_id),
            area: self.areas.get(&head.area_id),
            series: self.series.get(&head.id),
            recessed_at: self.recessed.iter().find(|(id, _)| *id == head.id).map(|(_, since)| *since),
            is_published: self.published.contains(&head.id),
        };
        beside.passing(head, own)
    }
}

/// What is told of one meeting beside its row.
struct Beside<'a> {
    partnership: Option<&'a PartnershipRef>,
    area: Option<&'a AreaRef>,
    series: Option<&'a InSeries>,
    /// Since when it is recessed.
    recessed_at: Option<Instant>,
    /// Whether its minutes are published.
    is_published: bool,
}

impl<'a> Beside<'a> {
    fn passing(self, head: &MeetingHead, own: Option<&OwnAnswer>) -> Passing<'a> {
        let Self { partnership, area, series, recessed_at, is_published } = self;
        Passing {
            id: head.id,
            partnership,
            area,
            series: series.map(|InSeries { series_id, recurrence_local, is_changed }| SeriesPlace {
                id: *series_id,
                recurrence_local: recurrence_local.clone(),
                is_changed: *is_changed,
            }),
            places_taken: head.places_taken,
            places_left: head.capacity.map(|capacity| capacity - head.places_taken),
            answers: head.answers.0,
            own_rsvp: own.map(|OwnAnswer { answer, guests, updated_at }| OwnRsvp {
                answer: *answer,
                guests: *guests,
                updated_at: *updated_at,
            }),
            state: head.state,
            stage: head.stage(recessed_at.is_some(), is_published),
            recessed_at,
        }
    }
}

/// Meetings as the reader sees them, in their order, each with what the reader answered.
pub fn shown(
    conn: &mut Conn,
    rows: Vec<(Meeting, Option<OwnAnswer>)>,
    reader: Reader<'_>,
) -> Result<Vec<MeetingDetail>> {
    let heads: Vec<MeetingHead> = rows.iter().map(|(row, _)| row.into()).collect();
    let has_series = match reader.within {
        Some(named) if heads.len() > 1 => series::has_any(conn, named.partnership.id)?,
        _ => true,
    };
    let around = Around::of(conn, &heads.iter().collect::<Vec<_>>(), Known { area: None, has_series }, reader)?;
    let times = times_set(conn, rows.iter().map(|(row, _)| row))?;
    Ok(rows
        .into_iter()
        .zip(&heads)
        .map(|((row, own), head)| {
            let told = reader.told(head, own.as_ref());
            let time_set_at = times.get(&row.id).copied();
            detail(row, &around.passing(head, own.as_ref()), told, time_set_at)
        })
        .collect())
}

/// The newest meetings of the partnership that the reader is within, written: of each that was told before, what lasts is not read
/// and written anew. `None` where one was changed since the page was read, which on PostgreSQL one can be: what it is now may not
/// be for the reader.
pub fn written(
    conn: &mut Conn,
    listed: &Listed<'_>,
    page: Page<(&KeptMeeting, Option<&OwnAnswer>)>,
    known: Known,
    reader: Reader<'_>,
) -> Result<Option<WrittenPage>> {
    let heads: Vec<&MeetingHead> = page.items.iter().map(|(kept, _)| &kept.head).collect();
    let around = Around::of(conn, &heads, known, reader)?;
    // Debug builds make all anew, to see that it is the same.
    let is_unknown = |(kept, own): &&(&KeptMeeting, Option<&OwnAnswer>)| {
        cfg!(debug_assertions) || kept.lasting(reader.told(&kept.head, *own).1).is_none()
    };
    let unknown: Vec<_> = page.items.iter().filter(is_unknown).collect();
    let rows = meetings::find_these(conn, unknown.iter().map(|(kept, _)| kept.head.id).collect())?;
    let times = times_set(conn, &rows)?;
    let mut rows: HashMap<MeetingId, Meeting> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut has_grown = false;
    for (kept, own) in unknown {
        let head = &kept.head;
        let same = |row: &Meeting| (row.version, row.updated_at) == (head.version, head.updated_at);
        let Some(row) = rows.remove(&head.id).filter(same) else { return Ok(None) };
        let (passing, told) = (around.passing(head, *own), reader.told(head, *own));
        let time_set_at = times.get(&row.id).copied();
        kept.keep(told.1, fragments::lasting(&detail(row, &passing, told, time_set_at), &passing)?)?;
        has_grown = true;
    }
    if has_grown {
        listed.has_grown();
    }
    let page = WrittenPage::of(page, |text, (kept, own)| {
        let lasting = kept.lasting(reader.told(&kept.head, own).1);
        let lasting = lasting.ok_or_else(|| Error::fault("a meeting was lost"))?;
        fragments::join(text, &around.passing(&kept.head, own), lasting)
    })?;
    Ok(Some(page))
}

/// When those of the meetings that were changed were last given their time. Whatever was never changed has it since it was put
/// down.
fn times_set<'a>(conn: &mut Conn, rows: impl IntoIterator<Item = &'a Meeting>) -> Result<HashMap<MeetingId, Instant>> {
    meetings::times_set(conn, rows.into_iter().filter(|row| row.version > 1).map(|row| row.id).collect())
}

fn detail(
    row: Meeting,
    passing: &Passing<'_>,
    (told, address_told): (bool, AddressTold),
    time_set_at: Option<Instant>,
) -> MeetingDetail {
    MeetingDetail {
        id: passing.id,
        partnership: passing.partnership.cloned(),
        area: passing.area.cloned(),
        series: passing.series.clone(),
        places_taken: passing.places_taken,
        places_left: passing.places_left,
        answers: passing.answers,
        own_rsvp: passing.own_rsvp.clone(),
        state: passing.state,
        stage: passing.stage,
        recessed_at: passing.recessed_at,
        kind: row.kind,
        format: row.format,
        title: row.title,
        purpose: row.purpose,
        starts_local: row.starts_local,
        ends_local: row.ends_local,
        time_zone: row.time_zone,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        is_short_notice: !is_in_time(row.kind, row.starts_at, time_set_at.unwrap_or(row.created_at)),
        place: PlaceShown {
            kind: row.place_kind,
            name: row.place_name,
            address: row.place_address.filter(|_| told || is_planted("tells_private_addresses")),
        },
        address_told,
        visibility: row.visibility,
        capacity: row.capacity,
        languages: row.languages.0,
        accessibility: row.accessibility,
        sequence: row.sequence,
        cancel_reason: row.cancel_reason,
        started_at: row.started_at,
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
    let time_set_at = times_set(conn, [&meeting])?.remove(&meeting.id);
    let is_published = match meeting.state {
        MeetingState::Minuted => !meetings::published_among(conn, vec![meeting.id])?.is_empty(),
        _ => false,
    };
    let (head, own) = (MeetingHead::from(&meeting), own.as_ref());
    let beside = Beside {
        partnership: Some(&named.partnership),
        area: Some(&area),
        series: series.as_ref(),
        recessed_at: recessed,
        is_published,
    };
    let value = detail(meeting, &beside.passing(&head, own), reader.told(&head, own), time_set_at);
    Ok(Versioned::volatile(value, version))
}

/// What stays as it is until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Nothing: for reading.
    Nothing,
    /// The meeting, with all that belongs to it.
    Meeting,
    /// The meeting, and the actor's membership: nobody leaves an answer behind by leaving while they answer.
    Membership,
    /// The meeting, and the partnership with its members and seats.
    Partnership,
}

/// A meeting and how the actor stands towards its partnership, before any policy was asked.
pub fn load(conn: &mut Conn, actor: &Actor, id: MeetingId, hold: Hold, now: Instant) -> Result<(Meeting, Scoped)> {
    let (row, partnership) = meetings::find_with_partnership(conn, id)?.ok_or_else(Error::not_found)?;
    // The partnership first and the membership before the meeting, as everybody takes them: nobody waits for who waits for
    // them.
    if let (Hold::Membership, Some(account)) = (hold, actor.id()) {
        hold_membership(conn, row.partnership_id, account)?;
    }
    let scoped = match hold {
        Hold::Nothing | Hold::Meeting | Hold::Membership => Scoped::of(conn, actor, partnership, now)?,
        Hold::Partnership => Scoped::load(conn, actor, row.partnership_id, Purpose::Change, now)?,
    };
    let row = match hold {
        Hold::Nothing => row,
        Hold::Meeting | Hold::Membership | Hold::Partnership => {
            meetings::find_locked(conn, id)?.ok_or_else(Error::not_found)?
        }
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
    kind.within_sight_of(seen)
}

/// Something that happened in a meeting.
pub fn event(kind: Kind, meeting: &Meeting) -> Entry {
    within(kind, meeting).on(meeting.id.0).within(meeting.partnership_id.0)
}
