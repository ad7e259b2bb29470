//! Answers to meetings.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::ids::{AccountId, MeetingId, PartnershipId};
use crate::meetings::model::{MeetingState, MeetingVisibility, OwnAnswer, PlaceKind, Rsvp, RsvpAnswer, RsvpId};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Columns, Conn, Givens, among, row_gt};
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page};
use crate::schema::{meetings, rsvps};
use crate::{find_each, on_engine};

/// The person's answer, if there is one. Whoever means to change it holds the meeting.
pub fn find(conn: &mut Conn, meeting: MeetingId, account: AccountId) -> Result<Option<Rsvp>> {
    Ok(rsvps::table
        .filter(rsvps::meeting_id.eq(meeting).and(rsvps::account_id.eq(account)))
        .select(Rsvp::as_select())
        .first(conn)
        .optional()?)
}

pub fn insert(conn: &mut Conn, rsvp: &Rsvp) -> Result<()> {
    diesel::insert_into(rsvps::table).values(rsvp).execute(conn)?;
    Ok(())
}

/// Another answer in place of the one before; the row as it is then.
pub fn update(conn: &mut Conn, id: RsvpId, answer: RsvpAnswer, guests: i32, now: Instant) -> Result<Rsvp> {
    Ok(diesel::update(rsvps::table.find(id))
        .set((
            rsvps::answer.eq(answer),
            rsvps::guests.eq(guests),
            rsvps::version.eq(rsvps::version + 1),
            rsvps::updated_at.eq(now),
        ))
        .returning(Rsvp::columns())
        .get_result(conn)?)
}

pub fn list<F>(
    conn: &mut Conn,
    meeting: MeetingId,
    answer: Option<RsvpAnswer>,
    listing: &Listing<F>,
) -> Result<Page<Rsvp>> {
    let filtered = || {
        let query = rsvps::table.filter(rsvps::meeting_id.eq(meeting)).into_boxed();
        match answer {
            Some(answer) => query.filter(rsvps::answer.eq(answer)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, RsvpId)>()? {
        query = query.filter(row_gt((rsvps::created_at, rsvps::id), after));
    }
    let rows =
        query.order((rsvps::created_at, rsvps::id)).limit(listing.fetch()).select(Rsvp::as_select()).load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// Meetings to come of a partnership that are not for everybody, or in a private home, to which the person has answered; in
/// the order in which they are held.
pub fn to_inner(conn: &mut Conn, of: PartnershipId, account: AccountId, now: Instant) -> Result<Vec<MeetingId>> {
    let inner = meetings::visibility.ne(MeetingVisibility::Public).or(meetings::place_kind.eq(PlaceKind::PrivateHome));
    Ok(rsvps::table
        .inner_join(meetings::table.on(meetings::id.eq(rsvps::meeting_id)))
        .filter(rsvps::account_id.eq(account).and(meetings::partnership_id.eq(of)))
        .filter(meetings::state.eq(MeetingState::Scheduled).and(meetings::ends_at.gt(now)).and(inner))
        .order(rsvps::meeting_id)
        .select(rsvps::meeting_id)
        .load(conn)?)
}

/// Takes an answer back. Whoever does it holds the meeting.
pub fn delete(conn: &mut Conn, id: RsvpId) -> Result<()> {
    diesel::delete(rsvps::table.find(id)).execute(conn)?;
    Ok(())
}

/// What one person answered to a meeting.
pub fn find_own(conn: &mut Conn, meeting: MeetingId, account: AccountId) -> Result<Option<OwnAnswer>> {
    Ok(on_engine!(conn, |conn| rsvps::table
        .filter(rsvps::meeting_id.eq(meeting).and(rsvps::account_id.eq(account)))
        .select((rsvps::answer, rsvps::guests, rsvps::updated_at))
        .first(conn))
    .optional()?)
}

/// What one person answered to the meetings between two, by their ids, which are in the order of their making.
#[derive(Debug)]
pub struct OwnBetween {
    first: MeetingId,
    last: MeetingId,
    answers: HashMap<MeetingId, OwnAnswer>,
}

/// Answers between two meetings beyond which they are not read unasked.
const BETWEEN: i64 = 500;

/// The columns of an [`OwnAnswer`], with the meeting's.
type Answers = (rsvps::meeting_id, (rsvps::answer, rsvps::guests, rsvps::updated_at));
const ANSWERS: Answers = (rsvps::meeting_id, (rsvps::answer, rsvps::guests, rsvps::updated_at));

/// What these persons answered to the meetings from the one to the other, both included; none where that is too much.
///
/// # Errors
/// When the database can't be asked.
pub fn find_own_between(
    conn: &mut Conn,
    asked: Vec<(AccountId, MeetingId, MeetingId)>,
) -> Result<Vec<Option<OwnBetween>>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let givens: Vec<Givens> =
        asked.iter().map(|(account, first, last)| [account.0, first.0, last.0].map(AnyId)).collect();
    let found = find_each!(conn, OwnBetween, &givens, |[account, first, last]| rsvps::table
        .filter(rsvps::account_id.eq(account).and(rsvps::meeting_id.between(first, last)))
        .select(ANSWERS)
        .limit(BETWEEN))?;
    let own = |((_, first, last), rows): ((AccountId, MeetingId, MeetingId), Vec<(MeetingId, OwnAnswer)>)| {
        let is_all = i64::try_from(rows.len()).is_ok_and(|there| there < BETWEEN);
        is_all.then(|| OwnBetween { first, last, answers: rows.into_iter().collect() })
    };
    Ok(asked.into_iter().zip(found).map(own).collect())
}

/// What one person answered to these meetings, and perhaps to others; `known` is what was read before. Ids are in the order of
/// their making, so that hardly ever anything else was answered between the first and the last of them.
///
/// # Errors
/// When the database can't be asked.
pub fn find_own_among(
    conn: &mut Conn,
    account: AccountId,
    meetings: impl Iterator<Item = MeetingId> + Clone,
    known: Option<OwnBetween>,
) -> Result<HashMap<MeetingId, OwnAnswer>> {
    let (Some(first), Some(last)) = (meetings.clone().min(), meetings.clone().max()) else { return Ok(HashMap::new()) };
    if let Some(known) = known.filter(|known| known.first <= first && last <= known.last) {
        return Ok(known.answers);
    }
    if let Some(Some(between)) = find_own_between(conn, vec![(account, first, last)])?.pop() {
        return Ok(between.answers);
    }
    let rows: Vec<(MeetingId, OwnAnswer)> = on_engine!(conn, |conn| rsvps::table
        .filter(rsvps::account_id.eq(account).and(among(rsvps::meeting_id, meetings)))
        .select(ANSWERS)
        .load(conn))?;
    Ok(rows.into_iter().collect())
}
