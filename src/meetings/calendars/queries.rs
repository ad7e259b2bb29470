//! SQL of calendars: first what names a feed, by counts and versions; then, where it has to be made, what is in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::dsl::{count_star, exists, max, not};
use diesel::prelude::*;
use serde::Serialize;

use super::feed::{Placed, Row};
use super::model::CalendarAddress;
use crate::ids::{AccountId, AreaId, MeetingId, MeetingSeriesId, PartnershipId};
use crate::meetings::model::{Meeting, MeetingVisibility, RsvpAnswer};
use crate::meetings::series::MeetingSeries;
use crate::on_engine;
use crate::partnerships::PartnershipState;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, OnConflict, Unique, among, beside};
use crate::platform::error::{Error, Result};
use crate::schema::{
    area_ancestors, calendar_addresses, meeting_series, meetings, partnerships, rsvps, series_instances,
};

/// A person has one address.
const ONE_EACH: Unique = Unique { index: "calendar_addresses_one_each", columns: "calendar_addresses.account_id" };

/// Whose meetings are in a feed, as far as its readers see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Scope {
    /// A partnership's open ones.
    Partnership(PartnershipId),
    /// Open ones for an area and what lies within, of partnerships that everybody may know of.
    Area(AreaId),
    /// A person's: those of their partnerships, and open ones to which they said that they come or may.
    Own {
        account: AccountId,
        /// Partnerships of which they see what is for members.
        inside: Vec<PartnershipId>,
        /// Partnerships of which they see everything.
        led: Vec<PartnershipId>,
    },
}

impl Scope {
    /// What its readers see of partnerships of which they don't see everything.
    const fn seen(&self) -> &'static [MeetingVisibility] {
        match self {
            Self::Partnership(_) | Self::Area(_) => &[MeetingVisibility::Public],
            Self::Own { .. } => &[MeetingVisibility::Public, MeetingVisibility::Members],
        }
    }

    /// Partnerships of which they see everything.
    fn led(&self) -> &[PartnershipId] {
        match self {
            Self::Partnership(_) | Self::Area(_) => &[],
            Self::Own { led, .. } => led,
        }
    }

    /// Whether a meeting of a series that is in the feed is to be seen in it.
    pub fn sees(&self, meeting: &Meeting) -> bool {
        self.seen().contains(&meeting.visibility) || self.led().contains(&meeting.partnership_id)
    }
}

/// From when to when meetings begin that are in a feed.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub from: Instant,
    pub to: Instant,
}

/// What the readers of a scope may see of a table with these columns, whatever area it is for.
macro_rules! told {
    ($scope:expr, $table:ident) => {
        beside(
            among($table::visibility, $scope.seen().to_vec()).or(among($table::partnership_id, $scope.led().to_vec())),
        )
    };
}

/// What of a table with these columns is in a scope.
macro_rules! within {
    ($query:expr, $scope:expr, $table:ident) => {
        match $scope {
            Scope::Partnership(id) => $query
                .filter($table::partnership_id.eq(*id))
                .filter(beside($table::visibility.eq(MeetingVisibility::Public))),
            Scope::Area(area) => {
                let of_public = partnerships::table
                    .filter(partnerships::id.eq($table::partnership_id))
                    .filter(among(partnerships::state, PartnershipState::PUBLIC.to_vec()));
                let areas =
                    area_ancestors::table.filter(area_ancestors::ancestor_id.eq(*area)).select(area_ancestors::area_id);
                $query
                    .filter($table::area_id.eq_any(areas))
                    .filter(beside($table::visibility.eq(MeetingVisibility::Public)))
                    .filter(exists(of_public))
            }
            Scope::Own { inside, led, .. } => {
                let all: Vec<PartnershipId> = inside.iter().chain(led).copied().collect();
                let for_members = among($table::visibility, [MeetingVisibility::Public, MeetingVisibility::Members]);
                $query
                    .filter(among($table::partnership_id, all))
                    .filter(beside(for_members.or(among($table::partnership_id, led.clone()))))
            }
        }
    };
}

/// The series in a scope that have meetings in the window, those that last longest first; `most`.
pub fn list_series(conn: &mut Conn, scope: &Scope, from: Instant, most: i64) -> Result<Vec<MeetingSeries>> {
    Ok(on_engine!(conn, |conn: Engine| {
        let query = within!(meeting_series::table.into_boxed::<Engine>(), scope, meeting_series);
        query
            .filter(beside(meeting_series::last_starts_at.ge(from)))
            .order((meeting_series::last_starts_at.desc(), meeting_series::id))
            .limit(most)
            .select(MeetingSeries::as_select())
            .load(conn)
    })?)
}

/// Which partnerships that everybody may know of have open meetings or series for an area and what lies within.
pub fn list_partnerships_of_area(conn: &mut Conn, area: AreaId) -> Result<BTreeSet<PartnershipId>> {
    let scope = &Scope::Area(area);
    let (with_meetings, with_series): (Vec<PartnershipId>, Vec<PartnershipId>) = on_engine!(conn, |conn: Engine| {
        let of_meetings = within!(meetings::table.into_boxed::<Engine>(), scope, meetings);
        let of_series = within!(meeting_series::table.into_boxed::<Engine>(), scope, meeting_series);
        (
            of_meetings.select(meetings::partnership_id).distinct().load(conn)?,
            of_series.select(meeting_series::partnership_id).distinct().load(conn)?,
        )
    });
    Ok(with_meetings.into_iter().chain(with_series).collect())
}

/// How many meetings of a partnership there are of a version, and when the last of them was changed.
pub type Versions = (PartnershipId, i64, i64, Option<Instant>);

/// How many meetings that the readers see these partnerships have of each version, and when they were last changed.
///
/// Meetings are never removed and stay with their partnership; every change of one raises its version and says when it
/// was, also one by which the readers see it from then on, or don't any more. As long as these are the same, they see
/// the same meetings, and none of them was changed. What they don't see changes nothing here: that would tell of it.
pub fn count_versions(conn: &mut Conn, scope: &Scope, of: &[PartnershipId]) -> Result<Vec<Versions>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on_engine!(conn, |conn| meetings::table
        .filter(among(meetings::partnership_id, of.iter().copied()))
        .filter(told!(scope, meetings))
        .group_by((meetings::partnership_id, meetings::version))
        .order((meetings::partnership_id, meetings::version))
        .select((meetings::partnership_id, meetings::version, count_star(), max(meetings::updated_at)))
        .load(conn))?)
}

/// How many meetings of these partnerships that the readers see began before `from`: which of them a feed has no more.
pub fn count_gone(
    conn: &mut Conn,
    scope: &Scope,
    of: &[PartnershipId],
    from: Instant,
) -> Result<Vec<(PartnershipId, i64)>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on_engine!(conn, |conn| meetings::table
        .filter(among(meetings::partnership_id, of.iter().copied()).and(meetings::starts_at.lt(from)))
        .filter(told!(scope, meetings))
        .group_by(meetings::partnership_id)
        .order(meetings::partnership_id)
        .select((meetings::partnership_id, count_star()))
        .load(conn))?)
}

/// The series of these partnerships that the readers see and that have meetings after `from`, with their versions.
pub fn series_versions(
    conn: &mut Conn,
    scope: &Scope,
    of: &[PartnershipId],
    from: Instant,
) -> Result<Vec<(MeetingSeriesId, i64)>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on_engine!(conn, |conn| meeting_series::table
        .filter(among(meeting_series::partnership_id, of.iter().copied()))
        .filter(beside(meeting_series::last_starts_at.ge(from)))
        .filter(told!(scope, meeting_series))
        .order((meeting_series::partnership_id, meeting_series::id))
        .select((meeting_series::id, meeting_series::version))
        .load(conn))?)
}

/// What a series that is not in the feed gives to its meetings that are: its sequence and its zone.
pub type Marks = BTreeMap<MeetingSeriesId, (i32, String)>;

/// The marks of series of these partnerships, but for these, of which the readers see a meeting after `from`.
pub fn marks_beside(
    conn: &mut Conn,
    scope: &Scope,
    of: &[PartnershipId],
    but: impl Iterator<Item = MeetingSeriesId>,
    from: Instant,
) -> Result<Marks> {
    if of.is_empty() {
        return Ok(Marks::new());
    }
    let but: Vec<MeetingSeriesId> = but.collect();
    let rows: Vec<(MeetingSeriesId, i32, String)> = on_engine!(conn, |conn| meetings::table
        .inner_join(series_instances::table.on(series_instances::meeting_id.eq(meetings::id)))
        .inner_join(meeting_series::table.on(meeting_series::id.eq(series_instances::series_id)))
        // By meetings that are to come, and not by all that series ever had.
        .filter(among(meetings::partnership_id, of.iter().copied()).and(meetings::starts_at.ge(from)))
        .filter(beside(not(among(series_instances::series_id, but))))
        .filter(told!(scope, meetings))
        .select((meeting_series::id, meeting_series::sequence, meeting_series::time_zone))
        .distinct()
        .load(conn))?;
    Ok(marked(rows))
}

fn marked(rows: Vec<(MeetingSeriesId, i32, String)>) -> Marks {
    rows.into_iter().map(|(id, sequence, zone)| (id, (sequence, zone))).collect()
}

/// Meetings in a scope that are of no series, the latest first; `most`.
pub fn list_singles(conn: &mut Conn, scope: &Scope, window: Window, most: i64) -> Result<Vec<Meeting>> {
    Ok(on_engine!(conn, |conn: Engine| {
        let placed = series_instances::table.filter(series_instances::meeting_id.eq(meetings::id));
        within!(meetings::table.into_boxed::<Engine>(), scope, meetings)
            .filter(meetings::starts_at.ge(window.from).and(meetings::starts_at.lt(window.to)))
            .filter(not(exists(placed)))
            .order((meetings::starts_at.desc(), meetings::id.desc()))
            .limit(most)
            .select(Meeting::as_select())
            .load(conn)
    })?)
}

/// A meeting that is told by itself, with its series and by which time that has it.
pub type Stray = (Meeting, Option<(MeetingSeriesId, String)>);

/// Meetings in a scope that are of a series that is none of these, the latest first; `most`.
pub fn list_strays(
    conn: &mut Conn,
    scope: &Scope,
    but: &[MeetingSeriesId],
    window: Window,
    most: i64,
) -> Result<Vec<Stray>> {
    let rows: Vec<(Meeting, (MeetingSeriesId, String))> = on_engine!(conn, |conn: Engine| {
        let query = meetings::table
            .inner_join(series_instances::table.on(series_instances::meeting_id.eq(meetings::id)))
            .into_boxed::<Engine>();
        within!(query, scope, meetings)
            .filter(meetings::starts_at.ge(window.from).and(meetings::starts_at.lt(window.to)))
            .filter(not(among(series_instances::series_id, but.iter().copied())))
            .order((meetings::starts_at.desc(), meetings::id.desc()))
            .limit(most)
            .select((Meeting::as_select(), (series_instances::series_id, series_instances::recurrence_local)))
            .load(conn)
    })?;
    Ok(rows.into_iter().map(|(meeting, placed)| (meeting, Some(placed))).collect())
}

/// Open meetings to which the account said that it comes or may, of partnerships that everybody may know of and that are none of
/// these; the latest first; `most`.
pub fn list_answered(
    conn: &mut Conn,
    account: AccountId,
    but: &[PartnershipId],
    window: Window,
    most: i64,
) -> Result<Vec<Stray>> {
    Ok(on_engine!(conn, |conn| {
        let of_public = partnerships::table
            .filter(partnerships::id.eq(meetings::partnership_id))
            .filter(among(partnerships::state, PartnershipState::PUBLIC.to_vec()));
        rsvps::table
            .inner_join(meetings::table.on(meetings::id.eq(rsvps::meeting_id)))
            .left_join(series_instances::table.on(series_instances::meeting_id.eq(meetings::id)))
            .filter(rsvps::account_id.eq(account).and(among(rsvps::answer, [RsvpAnswer::Yes, RsvpAnswer::Maybe])))
            .filter(beside(meetings::visibility.eq(MeetingVisibility::Public)))
            .filter(beside(meetings::starts_at.ge(window.from).and(meetings::starts_at.lt(window.to))))
            .filter(beside(not(among(meetings::partnership_id, but.iter().copied()))))
            .filter(exists(of_public))
            .order((meetings::starts_at.desc(), meetings::id.desc()))
            .limit(most)
            .select((
                Meeting::as_select(),
                (series_instances::series_id, series_instances::recurrence_local).nullable(),
            ))
            .load(conn)
    })?)
}

/// Sequence and zone of series that are not in the feed themselves.
pub fn marks(conn: &mut Conn, of: &[Stray]) -> Result<Marks> {
    let series: BTreeSet<MeetingSeriesId> =
        of.iter().filter_map(|(_, placed)| placed.as_ref()).map(|(id, _)| *id).collect();
    if series.is_empty() {
        return Ok(Marks::new());
    }
    let rows: Vec<(MeetingSeriesId, i32, String)> = on_engine!(conn, |conn| meeting_series::table
        .filter(among(meeting_series::id, series))
        .select((meeting_series::id, meeting_series::sequence, meeting_series::time_zone))
        .load(conn))?;
    Ok(marked(rows))
}

/// All meetings of these series.
pub fn list_rows(
    conn: &mut Conn,
    scope: &Scope,
    series: &[MeetingSeriesId],
) -> Result<HashMap<MeetingSeriesId, Vec<Row>>> {
    let mut found: HashMap<MeetingSeriesId, Vec<Row>> = HashMap::new();
    if series.is_empty() {
        return Ok(found);
    }
    let rows: Vec<(MeetingSeriesId, String, Meeting)> = on_engine!(conn, |conn| series_instances::table
        .inner_join(meetings::table.on(meetings::id.eq(series_instances::meeting_id)))
        .filter(among(series_instances::series_id, series.iter().copied()))
        .select((series_instances::series_id, series_instances::recurrence_local, Meeting::as_select()))
        .load(conn))?;
    for (of, recurrence_local, meeting) in rows {
        let is_seen = scope.sees(&meeting);
        found.entry(of).or_default().push(Row { recurrence_local, meeting, is_seen });
    }
    Ok(found)
}

/// What makes the meeting one of a series, if it is.
pub fn placed(conn: &mut Conn, meeting: MeetingId) -> Result<Option<Placed>> {
    let row: Option<(MeetingSeriesId, String, String, i32)> = on_engine!(conn, |conn| series_instances::table
        .inner_join(meeting_series::table.on(meeting_series::id.eq(series_instances::series_id)))
        .filter(series_instances::meeting_id.eq(meeting))
        .select((
            series_instances::series_id,
            series_instances::recurrence_local,
            meeting_series::time_zone,
            meeting_series::sequence,
        ))
        .first(conn))
    .optional()?;
    Ok(row.map(|(series_id, recurrence_local, time_zone, sequence)| Placed {
        series_id,
        recurrence_local,
        time_zone,
        sequence,
    }))
}

/// The person's address, if there is one.
pub fn find_address(conn: &mut Conn, of: AccountId) -> Result<Option<CalendarAddress>> {
    Ok(on_engine!(conn, |conn| calendar_addresses::table
        .filter(calendar_addresses::account_id.eq(of))
        .select(CalendarAddress::as_select())
        .first(conn))
    .optional()?)
}

/// Whose address has a token with this digest.
pub fn owner_of(conn: &mut Conn, digest: &[u8]) -> Result<Option<AccountId>> {
    Ok(on_engine!(conn, |conn| calendar_addresses::table
        .filter(calendar_addresses::token_digest.eq(digest))
        .select(calendar_addresses::account_id)
        .first(conn))
    .optional()?)
}

/// Puts an address down.
///
/// # Errors
/// A conflict when the person made another one at the same time.
pub fn insert_address(conn: &mut Conn, row: &CalendarAddress) -> Result<()> {
    diesel::insert_into(calendar_addresses::table)
        .values(row)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_EACH, || Error::conflict("An address was made at the same time."))
}

/// Ends the person's address; whether there was one.
pub fn delete_address(conn: &mut Conn, of: AccountId) -> Result<bool> {
    let deleted =
        diesel::delete(calendar_addresses::table.filter(calendar_addresses::account_id.eq(of))).execute(conn)?;
    Ok(deleted > 0)
}
