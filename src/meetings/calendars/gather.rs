//! A feed: named by all that shapes it, and made where nobody has it yet.

use std::collections::BTreeMap;

use serde::Serialize;

use super::feed::{self, Making, Placed, Told};
use super::ics::{self, Head};
use super::queries::{self, Marks, Scope, Stray, Versions, Window};
use crate::ids::{MeetingId, MeetingSeriesId, PartnershipId};
use crate::partnerships::partnership_refs;
use crate::platform::State;
use crate::platform::clock::{Instant, days};
use crate::platform::crypto::sha256;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::http::rendered::Dress;
use crate::platform::http::{Known, Reply};

/// Meetings that began longer ago are in no feed, unless they are of a series that is.
const BACK: std::time::Duration = days(365);
/// Nor are those that begin later: none can.
const AHEAD: std::time::Duration = days(2 * 365 + 2);
/// Meetings beside series in one feed, the latest.
const MOST: i64 = 1000;
/// Series in one feed; the meetings of any more are there one by one.
const MOST_SERIES: i64 = 100;
/// What feeds say of what is in them.
pub const BOUNDS: &str = "Meetings from a year back to two years ahead, at most 100 series and 1,000 other meetings.";
/// Rises when the same meetings are written in another way.
const FORMAT: &str = concat!("1/", env!("CARGO_PKG_VERSION"));

const ICS: &str = "text/calendar; charset=utf-8";
/// For whoever asks, and on the way to them, for a while.
pub const SHARED: Dress = Dress { content_type: ICS, cache_control: "public, max-age=300" };
/// For nobody but whoever asked, and asked for again each time.
pub const OWN: Dress = Dress { content_type: ICS, cache_control: "private, no-cache" };

/// Which feed.
#[derive(Debug, Clone, Serialize)]
pub struct Wanted {
    /// What it is called.
    pub name: String,
    pub scope: Scope,
    pub told: Told,
}

/// Everything that shapes a feed, and nothing that its readers don't see: whoever asks again learns whether it changed.
#[derive(Debug, Serialize)]
struct Named {
    base_url: String,
    wanted: Wanted,
    partnerships: BTreeMap<PartnershipId, String>,
    series: Vec<(MeetingSeriesId, i64)>,
    versions: Vec<Versions>,
    gone: Vec<(PartnershipId, i64)>,
    answered: Vec<(MeetingId, i64)>,
    marks: [Marks; 2],
}

/// The digest of what shapes an answer.
///
/// # Errors
/// A fault when it can't be serialized.
pub fn digest(of: &impl Serialize) -> Result<[u8; 32]> {
    let text = serde_json::to_vec(of).map_err(|e| Error::fault(format!("a feed can't be named: {e}")))?;
    Ok(sha256(&[FORMAT.as_bytes(), &text]))
}

/// The feed as it stands, for whoever may have it.
///
/// # Errors
/// When the database can't be asked.
pub fn reply(
    conn: &mut Conn,
    state: &State,
    wanted: Wanted,
    known: &Known,
    dress: Dress,
    now: Instant,
) -> Result<Reply> {
    let window = Window { from: now.minus(BACK), to: now.plus(AHEAD) };
    let whose = match &wanted.scope {
        Scope::Partnership(id) => vec![*id],
        Scope::Area(area) => queries::list_partnerships_of_area(conn, *area)?.into_iter().collect(),
        Scope::Own { inside, led, .. } => inside.iter().chain(led).copied().collect(),
    };
    let answered = match &wanted.scope {
        Scope::Own { account, .. } => queries::list_answered(conn, *account, &whose, window, MOST)?,
        Scope::Partnership(_) | Scope::Area(_) => Vec::new(),
    };
    let all = whose.iter().copied().chain(answered.iter().map(|(meeting, _)| meeting.partnership_id));
    let series = queries::series_versions(conn, &wanted.scope, &whose, window.from)?;
    let but = series.iter().map(|(id, _)| *id);
    let marks = queries::marks_beside(conn, &wanted.scope, &whose, but, window.from)?;
    let named = Named {
        base_url: state.base_url.to_string(),
        partnerships: partnership_refs(conn, all)?
            .into_iter()
            .map(|(id, partnership)| (id, partnership.name))
            .collect(),
        series,
        versions: queries::count_versions(conn, &wanted.scope, &whose)?,
        gone: queries::count_gone(conn, &wanted.scope, &whose, window.from)?,
        answered: answered.iter().map(|(meeting, _)| (meeting.id, meeting.version)).collect(),
        marks: [marks, queries::marks(conn, &answered)?],
        wanted,
    };
    let digest = digest(&named)?;
    state.rendered.reply(digest, known, dress, || made(conn, state, named, answered, window))
}

fn made(conn: &mut Conn, state: &State, named: Named, answered: Vec<Stray>, window: Window) -> Result<String> {
    let Named { wanted, partnerships, .. } = named;
    let making = Making { told: wanted.told, base_url: &state.base_url };
    let name_of = |id: PartnershipId| partnerships.get(&id).map(String::as_str).unwrap_or_default();
    let series = queries::list_series(conn, &wanted.scope, window.from, MOST_SERIES)?;
    let ids: Vec<MeetingSeriesId> = series.iter().map(|series| series.id).collect();
    let mut rows = queries::list_rows(conn, &wanted.scope, &ids)?;
    let mut events = Vec::new();
    for series in &series {
        let rows = rows.remove(&series.id).unwrap_or_default();
        events.extend(feed::of_series(series, rows, name_of(series.partnership_id), making)?);
    }
    let singles = queries::list_singles(conn, &wanted.scope, window, MOST)?;
    let mut strays: Vec<Stray> = singles.into_iter().map(|meeting| (meeting, None)).collect();
    strays.extend(queries::list_strays(conn, &wanted.scope, &ids, window, MOST)?);
    strays.extend(answered);
    strays.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
    let marks = queries::marks(conn, &strays)?;
    for (meeting, placed) in &strays {
        let placed = placed.as_ref().and_then(|(series_id, recurrence_local)| {
            let (sequence, time_zone) = marks.get(series_id)?.clone();
            Some(Placed { series_id: *series_id, recurrence_local: recurrence_local.clone(), time_zone, sequence })
        });
        events.push(feed::of_meeting(meeting, placed.as_ref(), name_of(meeting.partnership_id), making)?);
    }
    ics::calendar(Head { name: &wanted.name, about: BOUNDS }, &events)
}
