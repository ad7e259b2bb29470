//! Meetings.

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::ids::{AreaId, MeetingId, PartnershipId};
use crate::meetings::model::{Meeting, MeetingFormat, MeetingKind, MeetingState, MeetingVisibility, PlaceKind};
use crate::meetings::schedule::LONGEST;
use crate::on_engine;
use crate::partnerships::{Partnership, PartnershipState};
use crate::platform::clock::Instant;
use crate::platform::db::nodes::containing;
use crate::platform::db::{Columns, Conn, Json, among, beside, locked, row_gt, row_lt};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{area_ancestors, meetings, partnerships};
use crate::text_enum;

pub fn find(conn: &mut Conn, id: MeetingId) -> Result<Option<Meeting>> {
    Ok(on_engine!(conn, |conn| meetings::table.find(id).select(Meeting::as_select()).first(conn)).optional()?)
}

/// The meeting with its partnership, which whoever reads it is judged by.
pub fn find_with_partnership(conn: &mut Conn, id: MeetingId) -> Result<Option<(Meeting, Partnership)>> {
    Ok(on_engine!(conn, |conn| meetings::table
        .inner_join(partnerships::table.on(partnerships::id.eq(meetings::partnership_id)))
        .filter(meetings::id.eq(id))
        .select((Meeting::as_select(), Partnership::as_select()))
        .first(conn))
    .optional()?)
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

/// Whose meetings to list.
#[derive(Debug, Default, Clone, Copy)]
pub enum Whose {
    /// All partnerships' that everybody may know of.
    #[default]
    All,
    /// This one's, if everybody may know of it.
    One(PartnershipId),
    /// This one's, of which the caller knows that everybody may know of it.
    Public(PartnershipId),
}

/// Which meetings to list.
#[derive(Debug, Default)]
pub struct Wanted {
    pub whose: Whose,
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
    let after = listing.after::<(Instant, MeetingId)>()?;
    let (rows, total) = on_engine!(conn, |conn: Engine| {
        let filtered = || {
            // Asked of each row that is looked at, and not of every partnership that there is.
            let of_public = partnerships::table
                .filter(partnerships::id.eq(meetings::partnership_id))
                .filter(among(partnerships::state, PartnershipState::PUBLIC.to_vec()));
            let mut query = meetings::table.into_boxed::<Engine>();
            query = match wanted.whose {
                Whose::Public(partnership) => query.filter(meetings::partnership_id.eq(partnership)),
                Whose::One(partnership) => {
                    query.filter(meetings::partnership_id.eq(partnership)).filter(exists(of_public))
                }
                Whose::All => query.filter(exists(of_public)),
            };
            query = match (wanted.whose, seen) {
                // An equality keeps the order of the index; a list of one does not on every engine.
                (Whose::All, [one]) => query.filter(meetings::visibility.eq(*one)),
                (Whose::All, many) => query.filter(among(meetings::visibility, many.to_vec())),
                // The index on the partnership has them in order already.
                (Whose::Public(_) | Whose::One(_), seen) => {
                    query.filter(beside(among(meetings::visibility, seen.to_vec())))
                }
            };
            if let Some(area) = wanted.area {
                let within =
                    area_ancestors::table.filter(area_ancestors::ancestor_id.eq(area)).select(area_ancestors::area_id);
                query = query.filter(meetings::area_id.eq_any(within));
            }
            if let Some(kind) = wanted.kind {
                query = query.filter(meetings::kind.eq(kind));
            }
            if !wanted.states.is_empty() {
                query = query.filter(among(meetings::state, wanted.states.clone()));
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
        let rows: Vec<Meeting> = query.limit(listing.fetch()).select(Meeting::as_select()).load(conn)?;
        let total: Option<i64> = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
        (rows, total)
    });
    Ok(listing.page(rows, |row| (row.starts_at, row.id)).with_total(total))
}
