//! Meetings.

use std::collections::{HashMap, HashSet};

use diesel::dsl::exists;
use diesel::expression::AsExpression;
use diesel::prelude::*;

use crate::accounts::{Live, live};
use crate::directory::AreaKind;
use crate::ids::{AccountId, AreaId, MeetingId, PartnershipId};
use crate::meetings::model::{
    AnswerCounts, Meeting, MeetingFormat, MeetingKind, MeetingState, MeetingVisibility, OwnAnswer, PlaceKind,
};
use crate::meetings::schedule::LONGEST;
use crate::meetings::series::InSeries;
use crate::partnerships::{Partnership, PartnershipState, Place, own_membership, own_seat, place};
use crate::platform::clock::Instant;
use crate::platform::db::nodes::containing;
use crate::platform::db::{Asked, Columns, Conn, Json, among, beside, locked, row_gt, row_lt, shaped, sql, together};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{
    area_ancestors, areas, leadership_seats, meeting_times, meetings, memberships, minutes, partnerships, rsvps,
    series_instances,
};
use crate::text_enum;
use crate::{find_each, on_engine};

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

/// A meeting with all that its reader is judged by and told.
#[derive(Debug, Queryable)]
pub struct Whole {
    pub meeting: Meeting,
    /// Kind and name of its area.
    pub area: (AreaKind, String),
    /// The series that it is of.
    pub series: Option<InSeries>,
    /// What the reader answered.
    pub own: Option<OwnAnswer>,
    /// The reader's place in its partnership.
    pub place: Place,
}

/// The query for a [`Whole`], for this person.
macro_rules! whole {
    ($id:expr, $person:expr) => {
        meetings::table
            .inner_join(partnerships::table.on(partnerships::id.eq(meetings::partnership_id)))
            .inner_join(areas::table.on(areas::id.eq(meetings::area_id)))
            .left_join(memberships::table.on(own_membership($person)))
            .left_join(leadership_seats::table.on(own_seat($person)))
            .left_join(rsvps::table.on(own_answer($person)))
            .left_join(series_instances::table.on(series_instances::meeting_id.eq(meetings::id)))
            .filter(meetings::id.eq($id))
            .select((
                Meeting::columns(),
                (areas::kind, areas::name),
                (series_instances::series_id, series_instances::recurrence_local, series_instances::is_changed)
                    .nullable(),
                (rsvps::answer, rsvps::guests, rsvps::updated_at).nullable(),
                place(),
            ))
    };
}

/// Stands for the statement for whoever has no session.
struct WholeForNobody;

/// The meetings as each of those who ask is told theirs, together with their sessions: in one statement, because no other read
/// is as frequent.
///
/// # Errors
/// When the database can't be asked.
pub fn find_wholes(conn: &mut Conn, asked: &[Asked]) -> Result<Vec<Option<(Live, Whole)>>> {
    let givens: Vec<_> = asked.iter().map(|asked| asked.givens()).collect();
    Ok(find_each!(conn, Whole, one of &givens, |[session, account, meeting]| together(
        live(session, account),
        whole!(meeting, account)
    ))?)
}

/// The meeting as whoever has no session is told it.
///
/// # Errors
/// When the database can't be asked.
pub fn find_whole_for_nobody(conn: &mut Conn, id: MeetingId) -> Result<Option<Whole>> {
    Ok(on_engine!(conn, |conn| shaped::<WholeForNobody, _>(whole!(id, AccountId::NOBODY)).get_result(conn))
        .optional()?)
}

/// Those of the meetings whose minutes are published.
///
/// # Errors
/// When the database can't be asked.
pub fn published_among(conn: &mut Conn, meetings: Vec<MeetingId>) -> Result<HashSet<MeetingId>> {
    if meetings.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<MeetingId> = minutes::table
        .filter(among(minutes::meeting_id, meetings).and(minutes::published_at.is_not_null()))
        .select(minutes::meeting_id)
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Joins what a person answered to `meetings`.
#[diesel::dsl::auto_type(no_type_alias)]
fn own_answer<P: AsExpression<sql::Uid>>(person: P) -> _ {
    rsvps::meeting_id.eq(meetings::id).and(rsvps::account_id.eq(person))
}

/// The meeting, which stays as it is until the transaction ends.
pub fn find_locked(conn: &mut Conn, id: MeetingId) -> Result<Option<Meeting>> {
    Ok(locked(meetings::table.find(id).select(Meeting::columns())).get_result(conn).optional()?)
}

pub fn insert(conn: &mut Conn, meeting: &Meeting) -> Result<()> {
    diesel::insert_into(meetings::table).values(meeting).execute(conn)?;
    Ok(())
}

/// Whether a change gives another value than there was.
pub fn differs<T: PartialEq>(to: Option<&T>, from: &T) -> bool {
    to.is_some_and(|to| to != from)
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

/// Notes that those who may attend are told of these meetings anew: of another time or place, or as another kind of meeting, or
/// because they are for others than before.
///
/// # Errors
/// When the database can't do it.
pub fn set_times(conn: &mut Conn, ids: &[MeetingId], now: Instant) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let times: Vec<_> =
        ids.iter().map(|id| (meeting_times::meeting_id.eq(*id), meeting_times::set_at.eq(now))).collect();
    on_engine!(conn, |conn| diesel::insert_into(meeting_times::table)
        .values(&times)
        .on_conflict(meeting_times::meeting_id)
        .do_update()
        .set(meeting_times::set_at.eq(now))
        .execute(conn))?;
    Ok(())
}

/// When those of the meetings that were changed were last given a time, place, kind or visibility, where that was after they
/// were put down.
pub fn times_set(conn: &mut Conn, ids: Vec<MeetingId>) -> Result<HashMap<MeetingId, Instant>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(MeetingId, Instant)> = meeting_times::table
        .filter(among(meeting_times::meeting_id, ids))
        .select((meeting_times::meeting_id, meeting_times::set_at))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Takes so many more places, or gives some back, and keeps how many answered what; one statement, so that the last place
/// goes to exactly one. Whoever calls it holds the meeting.
///
/// # Errors
/// 409 when there are not so many left.
pub fn update_answers(conn: &mut Conn, id: MeetingId, more: i32, answers: AnswerCounts) -> Result<()> {
    let left = meetings::capacity.is_null().or(meetings::capacity.ge((meetings::places_taken + more).nullable()));
    let moved = diesel::update(meetings::table.find(id).filter(left))
        .set((meetings::places_taken.eq(meetings::places_taken + more), meetings::answers.eq(Json(answers))))
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

/// These meetings, in any order.
///
/// # Errors
/// When the database can't be asked.
pub fn find_these(conn: &mut Conn, ids: Vec<MeetingId>) -> Result<Vec<Meeting>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on_engine!(conn, |conn| meetings::table
        .filter(among(meetings::id, ids))
        .select(Meeting::as_select())
        .load(conn))?)
}

/// Meetings of a partnership that are to come or under way, the soonest first, each with what `reader` answered.
pub fn ahead(
    conn: &mut Conn,
    reader: AccountId,
    partnership: PartnershipId,
    seen: &[MeetingVisibility],
    now: Instant,
    limit: i64,
) -> Result<Vec<(Meeting, Option<OwnAnswer>)>> {
    if seen.is_empty() {
        return Ok(Vec::new());
    }
    let query = || {
        meetings::table
            .left_join(rsvps::table.on(own_answer(reader)))
            .filter(meetings::partnership_id.eq(partnership))
            // What ends later began at most the longest meeting earlier: the index on the start serves both.
            .filter(meetings::starts_at.ge(now.minus(LONGEST)).and(meetings::ends_at.gt(now)))
            .filter(beside(among(meetings::visibility, seen.to_vec())))
            .filter(beside(among(meetings::state, MeetingState::AHEAD.to_vec())))
            .order((meetings::starts_at, meetings::id))
            .limit(limit)
            .select((Meeting::columns(), (rsvps::answer, rsvps::guests, rsvps::updated_at).nullable()))
    };
    Ok(on_engine!(conn, |conn| query().load(conn))?)
}

/// Meetings with one of these visibilities, of partnerships that everybody may know of, each with what `reader` answered.
pub fn list<F>(
    conn: &mut Conn,
    reader: AccountId,
    seen: &[MeetingVisibility],
    wanted: &Wanted,
    order: MeetingOrder,
    listing: &Listing<F>,
) -> Result<Page<(Meeting, Option<OwnAnswer>)>> {
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
        let mut query = filtered().left_join(rsvps::table.on(own_answer(reader)));
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
        let own = (rsvps::answer, rsvps::guests, rsvps::updated_at).nullable();
        let rows: Vec<(Meeting, Option<OwnAnswer>)> =
            query.limit(listing.fetch()).select((Meeting::as_select(), own)).load(conn)?;
        let total: Option<i64> = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
        (rows, total)
    });
    Ok(listing.page(rows, |(row, _)| (row.starts_at, row.id)).with_total(total))
}
