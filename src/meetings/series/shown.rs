//! A series as its readers see it, and the way to it.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{MeetingSeries, SeriesState, local};
use super::policy::{self, Action};
use super::queries::{self, Next};
use super::rule::Given;
use super::words;
use crate::accounts::Actor;
use crate::ids::{MeetingId, MeetingSeriesId};
use crate::meetings::model::{MeetingFormat, MeetingKind, MeetingVisibility};
use crate::meetings::policy::{self as of_meetings, knows_address};
use crate::meetings::routes::PlaceShown;
use crate::partnerships::{PartnershipRef, Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::http::Versioned;
use crate::platform::record::{Entry, Kind, Visibility};
use crate::platform::text::{Day, LocalTime, Zone};

/// Meetings that are shown with a series.
const NEXT: usize = 3;

/// A meeting of a series that is to come or under way.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextMeeting {
    /// The meeting; none yet where it is more than a year ahead.
    meeting_id: Option<MeetingId>,
    /// By which time the rule has it, whatever it was moved to.
    #[schema(value_type = LocalTime)]
    recurrence_local: String,
    /// When it begins, on the clock where it takes place.
    #[schema(value_type = LocalTime)]
    starts_local: String,
    /// The moment at which it begins.
    starts_at: Instant,
}

impl From<Next> for NextMeeting {
    fn from(next: Next) -> Self {
        let Next { meeting_id, recurrence_local, starts_local, starts_at } = next;
        Self { meeting_id: Some(meeting_id), recurrence_local, starts_local, starts_at }
    }
}

/// A series of meetings.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingSeriesDetail {
    /// The series.
    pub id: MeetingSeriesId,
    /// Whose.
    partnership: PartnershipRef,
    /// The series that it goes on with, from a certain meeting on, where you see that one.
    follows_id: Option<MeetingSeriesId>,
    /// What kind of meetings they are.
    kind: MeetingKind,
    /// How people take part.
    format: MeetingFormat,
    /// What they are called.
    title: String,
    /// What they are for.
    purpose: Option<String>,
    /// The recurrence rule (RFC 5545), with its last day.
    #[schema(value_type = Given)]
    rule: String,
    /// The series in words, exactly.
    words: String,
    /// When the first meeting of the rule begins, on the clock where it takes place.
    #[schema(value_type = LocalTime)]
    starts_local: String,
    /// When it ends, on that clock.
    #[schema(value_type = LocalTime)]
    ends_local: String,
    /// The zone of that clock (IANA); daylight saving moves no meeting on it.
    #[schema(value_type = Zone)]
    time_zone: String,
    /// When the last meeting of the rule begins.
    #[schema(value_type = LocalTime)]
    last_local: String,
    /// Days that are left out.
    #[schema(value_type = Vec<Day>)]
    except: Vec<NaiveDate>,
    /// Where they take place.
    place: PlaceShown,
    /// Who sees that they take place.
    visibility: MeetingVisibility,
    /// How many people the place takes.
    capacity: Option<i32>,
    /// Languages that are spoken or interpreted (BCP 47).
    languages: Vec<String>,
    /// What people with disabilities should know.
    accessibility: Option<String>,
    /// Where the series stands.
    state: SeriesState,
    /// Why its meetings that were to come don't take place.
    cancel_reason: Option<String>,
    /// The next three of its meetings, those that were moved where they are now; those that are put down later as the rule has
    /// them.
    next: Vec<NextMeeting>,
    /// Changes with every change of the whole series.
    version: i64,
    /// When it was put down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// Series as the reader sees them, in their order.
pub fn shown(
    conn: &mut Conn,
    actor: &Actor,
    rows: Vec<MeetingSeries>,
    scoped: &Scoped,
    now: Instant,
) -> Result<Vec<MeetingSeriesDetail>> {
    let ids: Vec<MeetingSeriesId> = rows.iter().map(|row| row.id).collect();
    let seen = of_meetings::seen(&scoped.standing);
    let mut next = queries::next(conn, &ids, &seen, now, NEXT)?;
    // They are of the same partnership as those that go on with them, but may be for fewer.
    let followed = queries::visible(conn, rows.iter().filter_map(|row| row.follows_id).collect(), &seen)?;
    rows.into_iter()
        .map(|row| {
            let follows_id = row.follows_id.filter(|id| followed.contains(id));
            let row = MeetingSeries { follows_id, ..row };
            let next = next.remove(&row.id).unwrap_or_default().into_iter().map(NextMeeting::from);
            let next: Vec<NextMeeting> = next.collect();
            let later = later(&row, NEXT.saturating_sub(next.len()), now);
            detail(row, next.into_iter().chain(later).collect(), actor, scoped)
        })
        .collect()
}

/// The next `most` meetings of a series that are not put down yet: the rule's, whose days that are left out are not among them.
/// None where zones have changed so that the rule can't be carried out any more; whoever plans the series says so.
fn later(row: &MeetingSeries, most: usize, now: Instant) -> Vec<NextMeeting> {
    if most == 0 || row.state != SeriesState::Running || row.planned_until >= row.last_starts_at {
        return Vec::new();
    }
    let slots = row.plan().map(|plan| plan.slots).unwrap_or_default();
    let waiting = slots.into_iter().filter(|slot| slot.span.starts_at > row.planned_until && slot.span.ends_at > now);
    waiting
        .take(most)
        .map(|slot| {
            let local = LocalTime(slot.local).to_string();
            NextMeeting {
                meeting_id: None,
                recurrence_local: local.clone(),
                starts_local: local,
                starts_at: slot.span.starts_at,
            }
        })
        .collect()
}

fn detail(row: MeetingSeries, next: Vec<NextMeeting>, actor: &Actor, scoped: &Scoped) -> Result<MeetingSeriesDetail> {
    let (first, last, zone) = (local(&row.starts_local)?.0, local(&row.last_local)?.0, row.zone()?);
    let given = row.given()?;
    let words = words::series(&given.of(first.date()), first, zone, last, &row.excluded.0);
    let told = knows_address(&scoped.standing, row.place_kind, false, actor.id() == Some(row.scheduled_by_id));
    Ok(MeetingSeriesDetail {
        partnership: scoped.reference(),
        rule: given.to_string(),
        words,
        except: row.excluded.0,
        place: PlaceShown { kind: row.place_kind, name: row.place_name, address: row.place_address.filter(|_| told) },
        next,
        id: row.id,
        follows_id: row.follows_id,
        kind: row.kind,
        format: row.format,
        title: row.title,
        purpose: row.purpose,
        starts_local: row.starts_local,
        ends_local: row.ends_local,
        time_zone: row.time_zone,
        last_local: row.last_local,
        visibility: row.visibility,
        capacity: row.capacity,
        languages: row.languages.0,
        accessibility: row.accessibility,
        state: row.state,
        cancel_reason: row.cancel_reason,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// One series as the actor sees it.
pub fn one(
    conn: &mut Conn,
    actor: &Actor,
    row: MeetingSeries,
    scoped: &Scoped,
    now: Instant,
) -> Result<Versioned<MeetingSeriesDetail>> {
    let version = row.version;
    let value = shown(conn, actor, vec![row], scoped, now)?.pop().ok_or_else(|| Error::fault("a series was lost"))?;
    Ok(Versioned::volatile(value, version))
}

/// The series as this actor may have it for `action`. `Change`: it stays as it is until the transaction ends, and so does
/// the partnership.
pub fn load_for(
    conn: &mut Conn,
    actor: &Actor,
    id: MeetingSeriesId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(MeetingSeries, Scoped)> {
    let (row, partnership) = queries::find_with_partnership(conn, id)?.ok_or_else(Error::not_found)?;
    let (row, scoped) = match purpose {
        Purpose::Read => (row, Scoped::of(conn, actor, partnership, now)?),
        Purpose::Change => {
            let scoped = Scoped::load(conn, actor, row.partnership_id, purpose, now)?;
            (queries::find_locked(conn, id)?.ok_or_else(Error::not_found)?, scoped)
        }
    };
    policy::demand(actor, &scoped.standing, row.visibility, action)?;
    Ok((row, scoped))
}

/// Something that happened to a series: seen by whoever sees its meetings, at most.
pub fn event(kind: Kind, series: &MeetingSeries) -> Entry {
    kind.within_sight_of(class_of(series)).on(series.id.0).within(series.partnership_id.0)
}

/// The class of what happens to a series.
pub const fn class_of(series: &MeetingSeries) -> Visibility {
    match series.visibility {
        MeetingVisibility::Public => Visibility::Public,
        MeetingVisibility::Members => Visibility::Members,
        MeetingVisibility::Leaders => Visibility::Leaders,
    }
}
