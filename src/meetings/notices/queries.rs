//! Subscriptions, notices and their deliveries.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::model::{Notice, NoticeId, NoticeKind, NoticeSubscription, NoticeSubscriptionId, SubscriptionState};
use crate::ids::{MeetingId, MeetingSeriesId, PartnershipId};
use crate::meetings::model::{Meeting, MeetingState, MeetingVisibility};
use crate::on_engine;
use crate::partnerships::PartnershipState;
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, beside, hold_names, locked, name_to_hold, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::platform::mail::{MailId, MailState};
use crate::schema::{
    mails, meetings, notice_deliveries, notice_subscriptions, notices, partnerships, series_instances,
};

/// Notices of a meeting are given one after the other.
const IN_ORDER: Unique = Unique { index: "notices_in_order", columns: "notices.meeting_id, notices.number" };

/// Makes whoever gives notice of a partnership's meetings and whoever confirms a subscription to them wait for each other,
/// until the transaction ends: either the one reads what the other has given, or the other writes to the one.
pub fn hold_notices(conn: &mut Conn, of: PartnershipId) -> Result<()> {
    Ok(hold_names(conn, [name_to_hold(&[b"notices\0", of.0.as_bytes()])])?)
}

/// The subscription of an address to a partnership that is not over, which stays as it is until the transaction ends.
pub fn find_of(conn: &mut Conn, of: PartnershipId, email_key: &str) -> Result<Option<NoticeSubscription>> {
    let lasts = [SubscriptionState::Requested, SubscriptionState::Active];
    let query = || {
        notice_subscriptions::table
            .filter(notice_subscriptions::partnership_id.eq(of))
            .filter(notice_subscriptions::email_key.assume_not_null().eq(email_key))
            .filter(among(notice_subscriptions::state, lasts.to_vec()))
            .select(NoticeSubscription::columns())
    };
    Ok(on_engine!(conn, |conn| locked(query()).get_result(conn)).optional()?)
}

/// The subscription with this token, which stays as it is until the transaction ends.
pub fn find_by_token(conn: &mut Conn, digest: &[u8]) -> Result<Option<NoticeSubscription>> {
    let query = notice_subscriptions::table
        .filter(notice_subscriptions::token_digest.eq(digest.to_vec()))
        .select(NoticeSubscription::columns());
    Ok(locked(query).get_result(conn).optional()?)
}

/// Inserts a subscription, unless the address has got one at the same time: then whichever that is stands.
pub fn insert_subscription(conn: &mut Conn, row: &NoticeSubscription) -> Result<bool> {
    let made = on_engine!(conn, |conn| diesel::insert_into(notice_subscriptions::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(made == 1)
}

/// Confirms a subscription, or renews it.
pub fn extend(
    conn: &mut Conn,
    id: NoticeSubscriptionId,
    confirmed_at: Instant,
    renew_by: Instant,
    now: Instant,
) -> Result<NoticeSubscription> {
    Ok(diesel::update(notice_subscriptions::table.find(id))
        .set((
            notice_subscriptions::state.eq(SubscriptionState::Active),
            notice_subscriptions::confirmed_at.eq(confirmed_at),
            notice_subscriptions::renew_by.eq(renew_by),
            notice_subscriptions::warned_at.eq(None::<Instant>),
            notice_subscriptions::version.eq(notice_subscriptions::version + 1),
            notice_subscriptions::updated_at.eq(now),
        ))
        .returning(NoticeSubscription::columns())
        .get_result(conn)?)
}

/// Ends a subscription and forgets its address, unless it was confirmed, renewed, asked for again or ended since it was
/// read; whether it did.
pub fn end(conn: &mut Conn, row: &NoticeSubscription, state: SubscriptionState, now: Instant) -> Result<bool> {
    // Asking again raises no version.
    let as_read =
        notice_subscriptions::version.eq(row.version).and(notice_subscriptions::updated_at.eq(row.updated_at));
    let ended = diesel::update(notice_subscriptions::table.find(row.id).filter(as_read))
        .set((
            notice_subscriptions::state.eq(state),
            notice_subscriptions::email.eq(None::<String>),
            notice_subscriptions::email_key.eq(None::<String>),
            notice_subscriptions::ended_at.eq(now),
            notice_subscriptions::version.eq(notice_subscriptions::version + 1),
            notice_subscriptions::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(ended == 1)
}

/// Notes that somebody asked again for a subscription that is not confirmed: there is as much time for it as at first.
pub fn ask_again(conn: &mut Conn, id: NoticeSubscriptionId, now: Instant) -> Result<()> {
    let unconfirmed = notice_subscriptions::state.eq(SubscriptionState::Requested);
    diesel::update(notice_subscriptions::table.find(id).filter(unconfirmed))
        .set(notice_subscriptions::updated_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Notes that the owner is told of the end, unless the subscription was renewed or ended since it was read, or they were
/// told before; whether it did.
pub fn note_warning(conn: &mut Conn, row: &NoticeSubscription, now: Instant) -> Result<bool> {
    let as_read = notice_subscriptions::version.eq(row.version).and(notice_subscriptions::warned_at.is_null());
    let noted = diesel::update(notice_subscriptions::table.find(row.id).filter(as_read))
        .set(notice_subscriptions::warned_at.eq(now))
        .execute(conn)?;
    Ok(noted == 1)
}

/// Gives a subscription of whose end nobody was told until another day, unless it was renewed or ended since it
/// was read.
pub fn put_off(conn: &mut Conn, row: &NoticeSubscription, renew_by: Instant) -> Result<()> {
    let as_read = notice_subscriptions::version.eq(row.version).and(notice_subscriptions::warned_at.is_null());
    diesel::update(notice_subscriptions::table.find(row.id).filter(as_read))
        .set(notice_subscriptions::renew_by.eq(renew_by))
        .execute(conn)?;
    Ok(())
}

/// The subscription.
pub fn find(conn: &mut Conn, id: NoticeSubscriptionId) -> Result<Option<NoticeSubscription>> {
    let query = notice_subscriptions::table.find(id).select(NoticeSubscription::as_select());
    Ok(query.first(conn).optional()?)
}

/// Active subscriptions that end by `until`; with `unwarned`, those whose owners were not told.
pub fn ending(conn: &mut Conn, until: Instant, unwarned: bool, limit: i64) -> Result<Vec<NoticeSubscription>> {
    let query = notice_subscriptions::table
        .filter(notice_subscriptions::state.eq(SubscriptionState::Active))
        .filter(notice_subscriptions::renew_by.assume_not_null().le(until))
        .order(notice_subscriptions::renew_by)
        .limit(limit)
        .select(NoticeSubscription::as_select());
    Ok(match unwarned {
        true => query.filter(notice_subscriptions::warned_at.is_null()).load(conn)?,
        false => query.load(conn)?,
    })
}

/// Subscriptions that nobody confirmed, last asked for before `before`.
pub fn unconfirmed(conn: &mut Conn, before: Instant, limit: i64) -> Result<Vec<NoticeSubscription>> {
    Ok(notice_subscriptions::table
        .filter(notice_subscriptions::state.eq(SubscriptionState::Requested))
        .filter(notice_subscriptions::updated_at.lt(before))
        .order(notice_subscriptions::updated_at)
        .limit(limit)
        .select(NoticeSubscription::as_select())
        .load(conn)?)
}

type Seen = (Meeting, Option<i32>);

/// Meetings of which notice may be due, with the sequence that notice was given of: open ones that begin by `until` and
/// were never told of, those that have changed since, and those that are not open any more. The rule decides.
pub fn candidates(conn: &mut Conn, now: Instant, until: Instant, limit: i64) -> Result<Vec<Seen>> {
    let columns = || (Meeting::as_select(), meetings::noticed_sequence);
    let mut found: Vec<Seen> = meetings::table
        .inner_join(partnerships::table.on(partnerships::id.eq(meetings::partnership_id)))
        // Nobody is invited to what can't take place; later, when it can again.
        .filter(beside(among(partnerships::state, PartnershipState::LIVE)))
        .filter(meetings::noticed_sequence.is_null())
        .filter(meetings::starts_at.gt(now).and(meetings::starts_at.le(until)))
        .filter(meetings::state.eq(MeetingState::Scheduled).and(meetings::visibility.eq(MeetingVisibility::Public)))
        .order(meetings::starts_at)
        .limit(limit)
        .select(columns())
        .load(conn)?;
    let again: Vec<Seen> = meetings::table
        .filter(meetings::noticed_sequence.assume_not_null().lt(meetings::sequence))
        .filter(meetings::starts_at.gt(now))
        .filter(meetings::visibility.eq(MeetingVisibility::Public))
        .order(meetings::starts_at)
        .limit(limit)
        .select(columns())
        .load(conn)?;
    found.extend(again);
    let cancelled = meetings::noticed_sequence.assume_not_null().lt(meetings::sequence);
    let closed: Vec<Seen> = meetings::table
        .filter(meetings::noticed_sequence.is_not_null())
        .filter(meetings::starts_at.gt(now))
        .filter(meetings::visibility.ne(MeetingVisibility::Public))
        .filter(
            meetings::state.eq(MeetingState::Scheduled).or(meetings::state.eq(MeetingState::Cancelled).and(cancelled)),
        )
        .order(meetings::starts_at)
        .limit(limit)
        .select(columns())
        .load(conn)?;
    found.extend(closed);
    Ok(found)
}

/// The meeting with the sequence that notice was given of; it stays as it is until the transaction ends.
pub fn find_meeting(conn: &mut Conn, id: MeetingId) -> Result<Option<Seen>> {
    let Some(meeting) = crate::meetings::queries::meetings::find_locked(conn, id)? else { return Ok(None) };
    let noticed = meetings::table.find(id).select(meetings::noticed_sequence).first(conn)?;
    Ok(Some((meeting, noticed)))
}

/// How many notices there are of a meeting.
pub fn count(conn: &mut Conn, of: MeetingId) -> Result<i64> {
    Ok(notices::table.filter(notices::meeting_id.eq(of)).count().get_result(conn)?)
}

/// The last notice of a meeting.
pub fn last(conn: &mut Conn, of: MeetingId) -> Result<Option<Notice>> {
    Ok(notices::table
        .filter(notices::meeting_id.eq(of))
        .order(notices::number.desc())
        .select(Notice::as_select())
        .first(conn)
        .optional()?)
}

/// Gives notice of a meeting as it stands. Once that says that it is not open, none counts of those before.
///
/// # Errors
/// A conflict when it was given at the same time.
pub fn insert(conn: &mut Conn, notice: &Notice) -> Result<()> {
    diesel::insert_into(notices::table)
        .values(notice)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&IN_ORDER, || Error::conflict("Notice of this was given at the same time."))?;
    diesel::update(meetings::table.find(notice.meeting_id))
        .set(meetings::noticed_sequence.eq((notice.kind != NoticeKind::NotOpen).then_some(notice.sequence)))
        .execute(conn)?;
    Ok(())
}

/// Lets the last notice of a meeting stand for the meeting as it stands, if that told the same of time and place; whether it did.
pub fn stand_for(conn: &mut Conn, meeting: &Meeting, told_digest: &[u8]) -> Result<bool> {
    let last = last(conn, meeting.id)?.filter(|notice| notice.told_digest.as_deref() == Some(told_digest));
    let Some(notice) = last else { return Ok(false) };
    diesel::update(notices::table.find(notice.id)).set(notices::sequence.eq(meeting.sequence)).execute(conn)?;
    diesel::update(meetings::table.find(meeting.id))
        .set(meetings::noticed_sequence.eq(meeting.sequence))
        .execute(conn)?;
    Ok(true)
}

/// A notice that is not yet passed on to everybody.
#[derive(Debug, Queryable)]
pub struct UnderWay {
    pub id: NoticeId,
    pub partnership: PartnershipId,
    pub given_at: Instant,
    pub passed_on_to: Option<NoticeSubscriptionId>,
}

/// Notices that are not yet passed on to everybody, the oldest first.
pub fn under_way(conn: &mut Conn, limit: i64) -> Result<Vec<UnderWay>> {
    Ok(notices::table
        .inner_join(meetings::table.on(meetings::id.eq(notices::meeting_id)))
        .filter(notices::passed_on_at.is_null())
        .order((notices::given_at, notices::id))
        .limit(limit)
        .select((notices::id, meetings::partnership_id, notices::given_at, notices::passed_on_to))
        .load(conn)?)
}

/// A notice, the meeting that it is of, and the series of that.
pub type Told = (Notice, Meeting, Option<MeetingSeriesId>);

/// Those of the notices that are not yet passed on to everybody, the soonest meeting first; they stay as they are until the
/// transaction ends.
pub fn find_these(conn: &mut Conn, ids: &[NoticeId]) -> Result<Vec<Told>> {
    let waiting = || {
        let these = among(notices::id, ids.iter().copied());
        notices::table.filter(notices::passed_on_at.is_null().and(these)).order(notices::id)
    };
    let held: Vec<Notice> = on_engine!(conn, |conn| locked(waiting().select(Notice::columns())).load(conn))?;
    let of: Vec<MeetingId> = held.iter().map(|notice| notice.meeting_id).collect();
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(Meeting, Option<MeetingSeriesId>)> = on_engine!(conn, |conn| meetings::table
        .left_join(series_instances::table.on(series_instances::meeting_id.eq(meetings::id)))
        .filter(among(meetings::id, of))
        .order((meetings::starts_at, meetings::id))
        .select((Meeting::as_select(), series_instances::series_id.nullable()))
        .load(conn))?;
    let mut notices: HashMap<MeetingId, Notice> = held.into_iter().map(|notice| (notice.meeting_id, notice)).collect();
    let told = rows.into_iter().filter_map(|(meeting, series)| {
        let notice = notices.remove(&meeting.id)?;
        Some((notice, meeting, series))
    });
    Ok(told.collect())
}

/// What a subscription was told of a meeting.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// The last notice of the meeting that was written to it.
    pub number: i32,
    /// Whether its owner was told of the meeting, and not told since that it is not open.
    pub knows: bool,
}

/// What was told to each subscription of each meeting.
pub type HeardBefore = HashMap<(MeetingId, NoticeSubscriptionId), Heard>;

/// What these subscriptions were told of these meetings.
pub fn told_before(conn: &mut Conn, of: &[MeetingId], to: &[NoticeSubscriptionId]) -> Result<HeardBefore> {
    if of.is_empty() || to.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(MeetingId, NoticeSubscriptionId, i32, NoticeKind)> = on_engine!(conn, |conn| notices::table
        .inner_join(notice_deliveries::table.on(notice_deliveries::notice_id.eq(notices::id)))
        .filter(among(notices::meeting_id, of.to_vec()))
        .filter(among(notice_deliveries::subscription_id, to.to_vec()))
        .order(notices::number)
        .select((notices::meeting_id, notice_deliveries::subscription_id, notices::number, notices::kind))
        .load(conn))?;
    // In their order: the last of a meeting stands.
    let heard = rows.into_iter().map(|(meeting, subscription, number, kind)| {
        ((meeting, subscription), Heard { number, knows: kind != NoticeKind::NotOpen })
    });
    Ok(heard.collect())
}

/// Active subscriptions to a partnership, behind `after` in their order, which stay so until the transaction ends: nobody is
/// written to who has just left.
pub fn readers(
    conn: &mut Conn,
    of: PartnershipId,
    after: Option<NoticeSubscriptionId>,
    limit: i64,
) -> Result<Vec<NoticeSubscription>> {
    let query = || {
        notice_subscriptions::table
            .filter(notice_subscriptions::partnership_id.eq(of))
            .filter(notice_subscriptions::state.eq(SubscriptionState::Active))
            .order(notice_subscriptions::id)
            .limit(limit)
            .select(NoticeSubscription::columns())
    };
    Ok(match after {
        Some(after) => on_engine!(conn, |conn| locked(query().filter(notice_subscriptions::id.gt(after))).load(conn))?,
        None => on_engine!(conn, |conn| locked(query()).load(conn))?,
    })
}

/// Notes to whom notices were passed on last, and whether that was the end of it.
pub fn note_passed_on(
    conn: &mut Conn,
    ids: &[NoticeId],
    last: Option<NoticeSubscriptionId>,
    done: Option<Instant>,
) -> Result<()> {
    on_engine!(conn, |conn| diesel::update(notices::table.filter(among(notices::id, ids.iter().copied())))
        .set((notices::passed_on_to.eq(last), notices::passed_on_at.eq(done)))
        .execute(conn))?;
    Ok(())
}

/// Keeps that a notice was written to a subscription.
pub fn insert_delivery(
    conn: &mut Conn,
    notice: NoticeId,
    subscription: NoticeSubscriptionId,
    mail: MailId,
    now: Instant,
) -> Result<()> {
    diesel::insert_into(notice_deliveries::table)
        .values((
            notice_deliveries::notice_id.eq(notice),
            notice_deliveries::subscription_id.eq(subscription),
            notice_deliveries::mail_id.eq(mail),
            notice_deliveries::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// The notices that count of a partnership's meetings to come, the soonest meeting first.
pub fn current(conn: &mut Conn, of: PartnershipId, now: Instant, limit: i64) -> Result<Vec<Told>> {
    let mut found: Vec<Told> =
        meetings::table
            .left_join(series_instances::table.on(series_instances::meeting_id.eq(meetings::id)))
            .inner_join(notices::table.on(
                notices::meeting_id.eq(meetings::id).and(notices::sequence.nullable().eq(meetings::noticed_sequence)),
            ))
            .filter(meetings::partnership_id.eq(of).and(meetings::starts_at.gt(now)))
            .filter(meetings::state.eq(MeetingState::Scheduled).and(meetings::visibility.eq(MeetingVisibility::Public)))
            .order((meetings::starts_at, meetings::id, notices::number.desc()))
            .limit(limit)
            .select((Notice::as_select(), Meeting::as_select(), series_instances::series_id.nullable()))
            .load(conn)?;
    // One that was not open for a while has several of the same sequence: the last counts.
    found.dedup_by_key(|(_, meeting, _)| meeting.id);
    Ok(found)
}

/// Notices of a meeting, the newest first.
pub fn list<F>(conn: &mut Conn, of: MeetingId, listing: &Listing<F>) -> Result<Page<Notice>> {
    let filtered = || notices::table.filter(notices::meeting_id.eq(of)).into_boxed();
    let mut query = filtered();
    if let Some(after) = listing.after::<(i32, NoticeId)>()? {
        query = query.filter(row_lt((notices::number, notices::id), after));
    }
    let rows = query
        .order((notices::number.desc(), notices::id.desc()))
        .limit(listing.fetch())
        .select(Notice::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.number, row.id)).with_total(total))
}

/// Letters of each notice, by where they stand.
pub fn letters(conn: &mut Conn, of: Vec<NoticeId>) -> Result<HashMap<(NoticeId, MailState), i64>> {
    if of.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(NoticeId, MailState, i64)> = on_engine!(conn, |conn| notice_deliveries::table
        .inner_join(mails::table.on(mails::id.eq(notice_deliveries::mail_id)))
        .filter(notice_deliveries::notice_id.eq_any(of))
        .group_by((notice_deliveries::notice_id, mails::state))
        .select((notice_deliveries::notice_id, mails::state, count_star()))
        .load(conn))?;
    Ok(rows.into_iter().map(|(notice, state, count)| ((notice, state), count)).collect())
}
