//! From meetings and series to the events of a calendar. Pure.
//!
//! A series is one event with its rule, and an override for each of its meetings that is not as the rule has it. Readers of
//! calendars disagree about how long a meeting lasts over which the clocks are changed: as long by the clock, or as long by
//! the time that passes (RFC 5545 3.8.5.3 says the latter of `DTEND`). So such a meeting is always told by an override, where
//! both find its real end.

use std::collections::HashMap;

use chrono::{Duration, NaiveDateTime};
use serde::Serialize;

use crate::ids::MeetingSeriesId;
use crate::meetings::model::{Meeting, MeetingState, MeetingVisibility, PlaceKind};
use crate::meetings::series::{MeetingSeries, SeriesState, Slot};
use crate::platform::clock::Instant;
use crate::platform::error::{Error, Result};
use crate::platform::http::API;
use crate::platform::text::{LocalTime, Zone};

/// To whom a calendar tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Told {
    /// To everybody: nothing of a place that is not open to the public but what an online meeting is called.
    Everybody,
    /// To whoever has a secret address: what places are called, and addresses of public ones.
    Bearer,
    /// To a reader who said who they are, and knows the address of the place or does not.
    Reader {
        /// Whether the reader is told where it is.
        knows_address: bool,
    },
}

/// What makes a meeting one of a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// The series.
    pub series_id: MeetingSeriesId,
    /// By which time its rule has the meeting, on its clock.
    pub recurrence_local: String,
    /// The zone of that clock.
    pub time_zone: String,
    /// The series' own sequence.
    pub sequence: i32,
}

/// A meeting of a series.
#[derive(Debug, Clone)]
pub struct Row {
    /// By which time the rule has it.
    pub recurrence_local: String,
    /// The meeting.
    pub meeting: Meeting,
    /// Whether the reader of the calendar sees it.
    pub is_seen: bool,
}

/// A time on a wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// What the clock shows.
    pub at: NaiveDateTime,
    /// Where.
    pub zone: Zone,
}

/// Until when an event lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Until then, on the clock of its beginning.
    At(NaiveDateTime),
    /// So long.
    After(Duration),
}

/// When an event comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The rule, without its end.
    pub rule: String,
    /// It has no beginning after this moment.
    pub until: Instant,
    /// Beginnings that it has and that are left out.
    pub except: Vec<NaiveDateTime>,
    /// Beginnings that it does not have and that are there.
    pub besides: Vec<NaiveDateTime>,
}

/// What an event says beside its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Face {
    pub title: String,
    pub place: Option<String>,
    pub text: Option<String>,
    pub is_cancelled: bool,
    pub visibility: MeetingVisibility,
}

/// An event of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The same for a series and all of its meetings.
    pub uid: String,
    /// Which one of the series it is.
    pub recurrence: Option<Local>,
    pub starts: Local,
    pub ends: Ends,
    pub again: Option<Again>,
    pub face: Face,
    /// Whose it is, by name.
    pub partnership: String,
    /// Where more is told.
    pub url: String,
    pub sequence: i32,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// What a calendar is made with.
#[derive(Debug, Clone, Copy)]
pub struct Making<'a> {
    pub told: Told,
    /// The server's own address.
    pub base_url: &'a str,
}

fn local_time(text: &str) -> Result<NaiveDateTime> {
    Ok(text.parse::<LocalTime>().map_err(|_| Error::fault(format!("local time {text:?} in the database")))?.0)
}

fn zone(text: &str) -> Result<Zone> {
    text.parse().map_err(|_| Error::fault(format!("time zone {text:?} in the database")))
}

/// What is told of a place.
fn place(kind: PlaceKind, name: &str, address: Option<&str>, told: Told) -> Option<String> {
    let knows_address = match (told, kind) {
        (Told::Everybody, PlaceKind::PrivateHome) => return None,
        (_, PlaceKind::Public) => true,
        (Told::Everybody | Told::Bearer, PlaceKind::PrivateHome | PlaceKind::Online) => false,
        (Told::Reader { knows_address }, PlaceKind::PrivateHome | PlaceKind::Online) => knows_address,
    };
    Some(match address.filter(|_| knows_address) {
        Some(address) => format!("{name}, {address}"),
        None => name.to_owned(),
    })
}

/// What a meeting is for and what is to be known, and why it does not take place. By a secret address, of open meetings only.
fn text(visibility: MeetingVisibility, said: [Option<&str>; 3], told: Told) -> Option<String> {
    if told == Told::Bearer && visibility != MeetingVisibility::Public {
        return None;
    }
    let said: Vec<&str> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join("\n\n"))
}

fn face_of(meeting: &Meeting, told: Told) -> Face {
    let said = [&meeting.cancel_reason, &meeting.purpose, &meeting.accessibility].map(Option::as_deref);
    Face {
        title: meeting.title.clone(),
        place: place(meeting.place_kind, &meeting.place_name, meeting.place_address.as_deref(), told),
        text: text(meeting.visibility, said, told),
        is_cancelled: meeting.state == MeetingState::Cancelled,
        visibility: meeting.visibility,
    }
}

fn face_of_series(series: &MeetingSeries, told: Told) -> Face {
    let said = [&series.cancel_reason, &series.purpose, &series.accessibility].map(Option::as_deref);
    Face {
        title: series.title.clone(),
        place: place(series.place_kind, &series.place_name, series.place_address.as_deref(), told),
        text: text(series.visibility, said, told),
        is_cancelled: series.state == SeriesState::Cancelled,
        visibility: series.visibility,
    }
}

/// The event of one meeting; of one of a series, as an override in it.
///
/// Its sequence counts the series' changes too: so it is above that of the series as soon as the meeting was moved or
/// cancelled by itself, whenever it was put down.
///
/// # Errors
/// A fault when the database holds what can't be.
pub fn of_meeting(meeting: &Meeting, placed: Option<&Placed>, partnership: &str, making: Making<'_>) -> Result<Event> {
    let recurrence = match placed {
        Some(placed) => Some(Local { at: local_time(&placed.recurrence_local)?, zone: zone(&placed.time_zone)? }),
        None => None,
    };
    Ok(Event {
        uid: placed.map_or_else(|| meeting.id.to_string(), |placed| placed.series_id.to_string()),
        recurrence,
        starts: Local { at: local_time(&meeting.starts_local)?, zone: zone(&meeting.time_zone)? },
        ends: Ends::At(local_time(&meeting.ends_local)?),
        again: None,
        face: face_of(meeting, making.told),
        partnership: partnership.to_owned(),
        url: format!("{}{API}/meetings/{}", making.base_url, meeting.id),
        sequence: meeting.sequence + placed.map_or(0, |placed| placed.sequence),
        created_at: meeting.created_at,
        updated_at: meeting.updated_at,
    })
}

/// Whether a meeting lasts as long by the time that passes as by the clock.
fn is_even(slot: &Slot, lasts: Duration) -> bool {
    let passes = slot.span.ends_at.since(slot.span.starts_at);
    Duration::from_std(passes).is_ok_and(|passes| passes == lasts)
}

/// The events of a series: itself, then what differs from it.
///
/// Meetings that the reader does not see are left out; what the rule has and has not been put down yet is there as the rule
/// has it. Of a series that has no such meeting left, only the overrides are there.
///
/// # Errors
/// A fault when the database holds what can't be.
pub fn of_series(series: &MeetingSeries, rows: Vec<Row>, partnership: &str, making: Making<'_>) -> Result<Vec<Event>> {
    let zone = series.zone()?;
    let (first, first_ends) = (local_time(&series.starts_local)?, local_time(&series.ends_local)?);
    let lasts = first_ends - first;
    let common = face_of_series(series, making.told);
    let mut by_time: HashMap<NaiveDateTime, Row> = HashMap::with_capacity(rows.len());
    for row in rows {
        by_time.insert(local_time(&row.recurrence_local)?, row);
    }
    let (mut except, mut overrides, mut as_ruled) = (Vec::new(), Vec::new(), 0_usize);
    let plan = match series.state {
        // All of its meetings are another series' now.
        SeriesState::Continued => None,
        SeriesState::Running | SeriesState::Cancelled => Some(series.plan()?),
    };
    for slot in plan.iter().flat_map(|plan| &plan.slots) {
        match by_time.remove(&slot.local) {
            Some(row) if !row.is_seen => except.push(slot.local),
            Some(row) => {
                let meeting = &row.meeting;
                let as_planned = meeting.starts_at == slot.span.starts_at
                    && meeting.ends_at == slot.span.ends_at
                    && meeting.time_zone == series.time_zone;
                if !as_planned || !is_even(slot, lasts) || face_of(meeting, making.told) != common {
                    overrides.push(row);
                }
                as_ruled += 1;
            }
            None if series.state == SeriesState::Running && slot.span.starts_at > series.planned_until => as_ruled += 1,
            None => except.push(slot.local),
        }
    }
    // What the rule has no more: its days were changed, and these were cancelled.
    let mut besides: Vec<(NaiveDateTime, Row)> = by_time.into_iter().filter(|(_, row)| row.is_seen).collect();
    besides.sort_by_key(|(at, _)| *at);
    let mut events = Vec::with_capacity(1 + overrides.len() + besides.len());
    if let (Some(plan), true) = (plan, as_ruled > 0) {
        except.extend(plan.all.iter().filter(|at| series.excluded.0.contains(&at.date())));
        except.sort_unstable();
        let first_is_even = plan.slots.iter().find(|slot| slot.local == first).is_none_or(|slot| is_even(slot, lasts));
        events.push(Event {
            uid: series.id.to_string(),
            recurrence: None,
            starts: Local { at: first, zone },
            // The end of a night on which the clocks are changed says nothing of the others.
            ends: if first_is_even { Ends::At(first_ends) } else { Ends::After(lasts) },
            again: Some(Again {
                rule: series.rule.clone(),
                until: series.last_starts_at,
                except,
                besides: besides.iter().map(|(at, _)| *at).collect(),
            }),
            face: common,
            partnership: partnership.to_owned(),
            url: format!("{}{API}/meeting-series/{}", making.base_url, series.id),
            sequence: series.sequence,
            created_at: series.created_at,
            updated_at: series.updated_at,
        });
    }
    for row in overrides.into_iter().chain(besides.into_iter().map(|(_, row)| row)) {
        let placed = Placed {
            series_id: series.id,
            recurrence_local: row.recurrence_local,
            time_zone: series.time_zone.clone(),
            sequence: series.sequence,
        };
        events.push(of_meeting(&row.meeting, Some(&placed), partnership, making)?);
    }
    Ok(events)
}
