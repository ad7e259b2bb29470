//! A feed: gathered as far as it is named, and made where nobody has it yet.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::feed::{self, Making, Placed, Told};
use super::ics::{self, Head};
use super::queries::{self, Scope, Single, Window};
use crate::ids::{MeetingId, MeetingSeriesId, PartnershipId};
use crate::meetings::series::MeetingSeries;
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
const MOST: usize = 1000;
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

/// What is in a feed, by ids and versions: everything that shapes it.
#[derive(Debug, Serialize)]
struct Named {
    format: &'static str,
    base_url: String,
    wanted: Wanted,
    partnerships: BTreeMap<PartnershipId, String>,
    series: Vec<(MeetingSeriesId, i64)>,
    versions: Vec<(MeetingSeriesId, MeetingId, i64)>,
    singles: Vec<Single>,
    marks: BTreeMap<MeetingSeriesId, (i32, String)>,
}

/// The digest of what shapes an answer.
///
/// # Errors
/// A fault when it can't be serialized.
pub fn digest(of: &impl Serialize) -> Result<[u8; 32]> {
    let text = serde_json::to_vec(of).map_err(|e| Error::fault(format!("a feed can't be named: {e}")))?;
    Ok(sha256(&[FORMAT.as_bytes(), &text]))
}

fn singles(conn: &mut Conn, scope: &Scope, series: &[MeetingSeriesId], window: Window) -> Result<Vec<Single>> {
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let mut found = queries::list_singles(conn, scope, window, most)?;
    found.extend(queries::list_strays(conn, scope, series, window, most)?);
    if let Scope::Own { account, inside, led } = scope {
        let others = queries::list_answered(conn, *account, window, most)?;
        // Of their own partnerships they are there already.
        found.extend(others.into_iter().filter(|one| !inside.contains(&one.partnership_id) && !led.contains(&one.partnership_id)));
    }
    found.truncate(MOST);
    Ok(found)
}

/// The feed as it stands, for whoever may have it.
///
/// # Errors
/// When the database can't be asked.
pub fn reply(conn: &mut Conn, state: &State, wanted: Wanted, known: &Known, dress: Dress, now: Instant) -> Result<Reply> {
    let window = Window { from: now.minus(BACK), to: now.plus(AHEAD) };
    let series = queries::list_series(conn, &wanted.scope, window.from, MOST_SERIES)?;
    let ids: Vec<MeetingSeriesId> = series.iter().map(|series| series.id).collect();
    let singles = singles(conn, &wanted.scope, &ids, window)?;
    let others: BTreeSet<MeetingSeriesId> =
        singles.iter().filter_map(|one| one.placed.as_ref()).map(|(series, _)| *series).collect();
    let whose = series.iter().map(|series| series.partnership_id).chain(singles.iter().map(|one| one.partnership_id));
    let named = Named {
        format: FORMAT,
        base_url: state.base_url.to_string(),
        partnerships: partnership_refs(conn, whose)?.into_iter().map(|(id, partnership)| (id, partnership.name)).collect(),
        series: series.iter().map(|series| (series.id, series.version)).collect(),
        versions: queries::list_versions(conn, &ids)?,
        marks: queries::marks(conn, &others.into_iter().collect::<Vec<_>>())?.into_iter().collect(),
        singles,
        wanted,
    };
    let digest = digest(&named)?;
    state.rendered.reply(digest, known, dress, || made(conn, state, named, series))
}

fn made(conn: &mut Conn, state: &State, named: Named, series: Vec<MeetingSeries>) -> Result<String> {
    let Named { wanted, partnerships, singles, marks, .. } = named;
    let making = Making { told: wanted.told, base_url: &state.base_url };
    let name_of = |id: PartnershipId| partnerships.get(&id).map(String::as_str).unwrap_or_default();
    let ids: Vec<MeetingSeriesId> = series.iter().map(|series| series.id).collect();
    let mut rows = queries::list_rows(conn, &wanted.scope, &ids)?;
    let mut events = Vec::new();
    for series in &series {
        let rows = rows.remove(&series.id).unwrap_or_default();
        events.extend(feed::of_series(series, rows, name_of(series.partnership_id), making)?);
    }
    let ids: Vec<MeetingId> = singles.iter().map(|one| one.id).collect();
    let meetings = queries::list_meetings(conn, &ids)?;
    for one in singles {
        let Some(meeting) = meetings.get(&one.id) else { continue };
        let placed = one.placed.and_then(|(series_id, recurrence_local)| {
            let (sequence, time_zone) = marks.get(&series_id)?.clone();
            Some(Placed { series_id, recurrence_local, time_zone, sequence })
        });
        events.push(feed::of_meeting(meeting, placed.as_ref(), name_of(one.partnership_id), making)?);
    }
    ics::calendar(Head { name: &wanted.name, about: BOUNDS }, &events)
}
