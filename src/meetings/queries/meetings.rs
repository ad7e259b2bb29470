//! Meetings.

use diesel::prelude::*;

use crate::ids::{AreaId, MeetingId, PartnershipId};
use crate::meetings::model::{Meeting, MeetingFormat, MeetingKind, MeetingState, MeetingVisibility, PlaceKind};
use crate::meetings::schedule::LONGEST;
use crate::partnerships::PartnershipState;
use crate::platform::clock::Instant;
use crate::platform::db::nodes::containing;
use crate::platform::db::{Columns, Conn, Json, locked, row_gt, row_lt};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{area_ancestors, meetings, partnerships};
use crate::text_enum;

pub fn find(conn: &mut Conn, id: MeetingId) -> Result<Option<Meeting>> {
    Ok(meetings::table.find(id).select(Meeting::as_select()).first(conn).optional()?)
}

/// The meeting, which stays as it is until the transaction ends.
pub fn find_locked(conn: &mut Conn, id: MeetingId) -> Result<Option<Meeting>> {
    Ok(locked(meetings::table.find(id).select(Meeting::columns())).get_result(conn).optional()?)
}

pub fn insert(conn: &mut Conn, meeting: &Meeting) -> Result<()> {
    diesel::insert_into(meetings::table).values(meeting).execute(conn)?;
    Ok(())
}

/// What of a meeting can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = meetings)]
pub struct MeetingChanges {
    pub area_id: Option<AreaId>,
    pub kind: Option<MeetingKind>,
    pub format: Option<MeetingFormat>,
    pub title: Option<String>,
    pub title_key: Option<String>,
    pub purpose: Option<Option<String>>,
    pub starts_local: Option<String>,
    pub ends_local: Option<String>,
    pub time_zone: Option<String>,
    pub starts_at: Option<Instant>,
    pub ends_at: Option<Instant>,
    pub place_kind: Option<PlaceKind>,
    pub place_name: Option<String>,
    pub place_address: Option<Option<String>>,
    pub visibility: Option<MeetingVisibility>,
    pub capacity: Option<Option<i32>>,
    pub languages: Option<Json<Vec<String>>>,
    pub accessibility: Option<Option<String>>,
    pub state: Option<MeetingState>,
    pub sequence: Option<i32>,
    pub cancel_reason: Option<Option<String>>,
    pub started_at: Option<Option<Instant>>,
    pub adjourned_at: Option<Option<Instant>>,
}

/// Changes a meeting; the row as it is then.
///
/// # Errors
/// When the database can't do it.
pub fn update(conn: &mut Conn, id: MeetingId, changes: MeetingChanges, now: Instant) -> Result<Meeting> {
    Ok(diesel::update(meetings::table.find(id))
        .set((changes, meetings::version.eq(meetings::version + 1), meetings::updated_at.eq(now)))
        .returning(Meeting::columns())
        .get_result(conn)?)
}

/// Takes so many more places, or gives some back; one statement, so that the last place goes to exactly one.
///
/// # Errors
/// 409 when there are not so many left.
pub fn update_places(conn: &mut Conn, id: MeetingId, more: i32) -> Result<()> {
    let left = meetings::capacity.is_null().or(meetings::capacity.ge((meetings::places_taken + more).nullable()));
    let moved = diesel::update(meetings::table.find(id).filter(left))
        .set(meetings::places_taken.eq(meetings::places_taken + more))
        .execute(conn)?;
    match moved {
        0 => Err(Error::new(Code::MeetingFull, "There are not so many places left.")),
        _ => Ok(()),
    }
}

text_enum! {
    /// In which order meetings are listed.
    pub enum MeetingOrder {
        /// The latest first.
        LatestFirst = "latest_first",
        /// The soonest first.
        SoonestFirst = "soonest_first",
    }
}

/// Which meetings to list.
#[derive(Debug, Default)]
pub struct Wanted {
    pub partnership: Option<PartnershipId>,
    pub area: Option<AreaId>,
    pub kind: Option<MeetingKind>,
    /// In one of these states; all where there are none.
    pub states: Vec<MeetingState>,
    /// That end later.
    pub from: Option<Instant>,
    /// That begin earlier.
    pub to: Option<Instant>,
    pub q: Option<String>,
}

/// Meetings with one of these visibilities, of partnerships that everybody may know of.
pub fn list<F>(
    conn: &mut Conn,
    seen: &[MeetingVisibility],
    wanted: &Wanted,
    order: MeetingOrder,
    listing: &Listing<F>,
) -> Result<Page<Meeting>> {
    let filtered = || {
        let public = partnerships::table
            .filter(partnerships::state.eq_any(PartnershipState::PUBLIC.to_vec()))
            .select(partnerships::id);
        let mut query = meetings::table.filter(meetings::partnership_id.eq_any(public)).into_boxed();
        query = match seen {
            // An equality keeps the order of the index; a list of one does not on every engine.
            [one] => query.filter(meetings::visibility.eq(*one)),
            many => query.filter(meetings::visibility.eq_any(many.to_vec())),
        };
        if let Some(partnership) = wanted.partnership {
            query = query.filter(meetings::partnership_id.eq(partnership));
        }
        if let Some(area) = wanted.area {
            let within =
                area_ancestors::table.filter(area_ancestors::ancestor_id.eq(area)).select(area_ancestors::area_id);
            query = query.filter(meetings::area_id.eq_any(within));
        }
        if let Some(kind) = wanted.kind {
            query = query.filter(meetings::kind.eq(kind));
        }
        if !wanted.states.is_empty() {
            query = query.filter(meetings::state.eq_any(wanted.states.clone()));
        }
        if let Some(from) = wanted.from {
            // What ends later began at most the longest meeting earlier: the index on the start serves both.
            query = query.filter(meetings::starts_at.ge(from.minus(LONGEST)).and(meetings::ends_at.gt(from)));
        }
        if let Some(to) = wanted.to {
            query = query.filter(meetings::starts_at.lt(to));
        }
        if let Some(q) = &wanted.q {
            query = query.filter(meetings::title_key.like(containing(q)).escape('\\'));
        }
        query
    };
    let mut query = filtered();
    let after = listing.after::<(Instant, MeetingId)>()?;
    query = match order {
        MeetingOrder::SoonestFirst => {
            if let Some(after) = after {
                query = query.filter(row_gt((meetings::starts_at, meetings::id), after));
            }
            query.order((meetings::starts_at, meetings::id))
        }
        MeetingOrder::LatestFirst => {
            if let Some(after) = after {
                query = query.filter(row_lt((meetings::starts_at, meetings::id), after));
            }
            query.order((meetings::starts_at.desc(), meetings::id.desc()))
        }
    };
    let rows = query.limit(listing.fetch()).select(Meeting::as_select()).load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.starts_at, row.id)).with_total(total))
}
