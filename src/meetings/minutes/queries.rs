//! Minutes, the versions of their text, assents, requests to correct them, and corrections.

use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;

use super::model::{
    CorrectionRequest, CorrectionRequestId, CorrectionRequestState, Minutes, MinutesApproval, MinutesAssent,
    MinutesCorrection, MinutesCorrectionAssent, MinutesCorrectionId, MinutesId, MinutesRedaction, MinutesState,
    MinutesVersion, MinutesVersionId, MinutesVisibility,
};
use crate::accounts::Side;
use crate::ids::{DecisionId, MeetingId};
use crate::meetings::model::{ActionItem, Meeting};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, row_gt, row_lt};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{
    action_items, attendances, correction_requests, meetings, minutes, minutes_assents, minutes_correction_assents,
    minutes_corrections, minutes_redactions, minutes_versions,
};

/// Each side assents once.
pub const ONE_PER_SIDE: Unique =
    Unique { index: "minutes_assents_one_per_side", columns: "minutes_assents.minutes_id, minutes_assents.side" };
/// Each side assents to a correction once.
const ONE_PER_CORRECTION: Unique = Unique {
    index: "minutes_correction_assents_pkey",
    columns: "minutes_correction_assents.correction_id, minutes_correction_assents.side",
};

/// The minutes of a meeting. Whoever means to change them, or to write the first, holds the meeting.
pub fn find(conn: &mut Conn, meeting: MeetingId) -> Result<Option<Minutes>> {
    Ok(minutes::table.filter(minutes::meeting_id.eq(meeting)).select(Minutes::as_select()).first(conn).optional()?)
}

/// The minutes with this id.
pub fn find_by_id(conn: &mut Conn, id: MinutesId) -> Result<Option<Minutes>> {
    Ok(minutes::table.find(id).select(Minutes::as_select()).first(conn).optional()?)
}

pub fn insert(conn: &mut Conn, row: &Minutes) -> Result<()> {
    diesel::insert_into(minutes::table).values(row).execute(conn)?;
    Ok(())
}

pub fn insert_version(conn: &mut Conn, version: &MinutesVersion) -> Result<()> {
    diesel::insert_into(minutes_versions::table).values(version).execute(conn)?;
    Ok(())
}

/// What of minutes can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = minutes)]
pub struct MinutesChanges {
    pub state: Option<MinutesState>,
    pub visibility: Option<MinutesVisibility>,
    pub number: Option<i32>,
    pub first_circulated_at: Option<Option<Instant>>,
    pub circulated_at: Option<Option<Instant>>,
    pub assented_at: Option<Option<Instant>>,
    pub open_requests: Option<i32>,
    pub decision_id: Option<Option<DecisionId>>,
    pub approved_at: Option<Option<Instant>>,
    pub approval: Option<Option<MinutesApproval>>,
    pub published_at: Option<Option<Instant>>,
    pub content_hash: Option<Option<Vec<u8>>>,
    pub public_hash: Option<Option<Vec<u8>>>,
    pub maintained_requests: Option<i32>,
    pub declined_at: Option<Option<Instant>>,
}

/// Changes minutes; the row as it is then.
pub fn update(conn: &mut Conn, id: MinutesId, changes: MinutesChanges, now: Instant) -> Result<Minutes> {
    Ok(diesel::update(minutes::table.find(id))
        .set((changes, minutes::version.eq(minutes::version + 1), minutes::updated_at.eq(now)))
        .returning(Minutes::columns())
        .get_result(conn)?)
}

/// The version of the text that counts.
pub fn find_version(conn: &mut Conn, row: &Minutes) -> Result<MinutesVersion> {
    Ok(minutes_versions::table
        .filter(minutes_versions::minutes_id.eq(row.id).and(minutes_versions::number.eq(row.number)))
        .select(MinutesVersion::as_select())
        .first(conn)?)
}

/// Versions of the text, the newest first.
pub fn list_versions<F>(conn: &mut Conn, id: MinutesId, listing: &Listing<F>) -> Result<Page<MinutesVersion>> {
    let filtered = || minutes_versions::table.filter(minutes_versions::minutes_id.eq(id)).into_boxed();
    let mut query = filtered();
    if let Some(after) = listing.after::<(i32, MinutesVersionId)>()? {
        query = query.filter(row_lt((minutes_versions::number, minutes_versions::id), after));
    }
    let rows = query
        .order((minutes_versions::number.desc(), minutes_versions::id.desc()))
        .limit(listing.fetch())
        .select(MinutesVersion::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.number, row.id)).with_total(total))
}

// ------------------------------------------------------------------------------------------------ assents

/// Keeps a leader's assent to the minutes.
///
/// # Errors
/// 409 when the side has assented already.
pub fn insert_assent(conn: &mut Conn, assent: &MinutesAssent) -> Result<()> {
    diesel::insert_into(minutes_assents::table)
        .values(assent)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_PER_SIDE, || {
            Error::new(Code::AlreadySigned, format!("A leader of the {} side has assented already.", assent.side))
        })
}

/// Assents that stand, at most one per side.
pub fn assents(conn: &mut Conn, id: MinutesId) -> Result<Vec<MinutesAssent>> {
    Ok(minutes_assents::table
        .filter(minutes_assents::minutes_id.eq(id).and(minutes_assents::voided_at.is_null()))
        .order((minutes_assents::created_at, minutes_assents::id))
        .select(MinutesAssent::as_select())
        .load(conn)?)
}

/// Assents stop counting.
pub fn void_assents(conn: &mut Conn, id: MinutesId, now: Instant) -> Result<()> {
    diesel::update(
        minutes_assents::table.filter(minutes_assents::minutes_id.eq(id).and(minutes_assents::voided_at.is_null())),
    )
    .set(minutes_assents::voided_at.eq(now))
    .execute(conn)?;
    Ok(())
}

/// Circulated minutes that both sides have assented to and nobody wants corrected, circulated by `until`, of which the last
/// request that was declined was by `declined`, behind `after` in the order in which they were; each with its meeting.
pub fn to_approve(
    conn: &mut Conn,
    (until, declined): (Instant, Instant),
    after: Option<(Instant, MinutesId)>,
    limit: i64,
) -> Result<Vec<(Instant, MinutesId, MeetingId)>> {
    let circulated = minutes::circulated_at.assume_not_null();
    let query = minutes::table
        .filter(minutes::assented_at.is_not_null())
        .filter(minutes::state.eq(MinutesState::Circulated).and(minutes::open_requests.eq(0)))
        .filter(minutes::maintained_requests.eq(0))
        .filter(minutes::declined_at.is_null().or(minutes::declined_at.le(declined)))
        .filter(circulated.le(until))
        .order((circulated, minutes::id))
        .limit(limit)
        .select((circulated, minutes::id, minutes::meeting_id));
    Ok(match after {
        Some(after) => query.filter(row_gt((circulated, minutes::id), after)).load(conn)?,
        None => query.load(conn)?,
    })
}

// ------------------------------------------------------------------------------------------------ requests

pub fn insert_request(conn: &mut Conn, row: &CorrectionRequest) -> Result<()> {
    diesel::insert_into(correction_requests::table).values(row).execute(conn)?;
    Ok(())
}

/// A request, and the meeting whose minutes it is about.
pub fn find_request(conn: &mut Conn, id: CorrectionRequestId) -> Result<Option<(CorrectionRequest, MeetingId)>> {
    Ok(correction_requests::table
        .inner_join(minutes::table.on(minutes::id.eq(correction_requests::minutes_id)))
        .filter(correction_requests::id.eq(id))
        .select((CorrectionRequest::as_select(), minutes::meeting_id))
        .first(conn)
        .optional()?)
}

/// What of a request can be changed.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = correction_requests, treat_none_as_null = true)]
pub struct RequestChanges {
    pub state: CorrectionRequestState,
    pub answered_by_id: Option<crate::ids::AccountId>,
    pub decline_reason: Option<String>,
    pub accepted_number: Option<i32>,
    pub closed_at: Option<Instant>,
    pub maintained_at: Option<Instant>,
}

/// Closes a request, whose meeting the caller holds; the row as it is then.
pub fn update_request(
    conn: &mut Conn,
    id: CorrectionRequestId,
    changes: RequestChanges,
    now: Instant,
) -> Result<CorrectionRequest> {
    Ok(diesel::update(correction_requests::table.find(id))
        .set((
            changes,
            correction_requests::version.eq(correction_requests::version + 1),
            correction_requests::updated_at.eq(now),
        ))
        .returning(CorrectionRequest::columns())
        .get_result(conn)?)
}

pub fn list_requests<F>(
    conn: &mut Conn,
    id: MinutesId,
    state: Option<CorrectionRequestState>,
    listing: &Listing<F>,
) -> Result<Page<CorrectionRequest>> {
    let filtered = || {
        let query = correction_requests::table.filter(correction_requests::minutes_id.eq(id)).into_boxed();
        match state {
            Some(state) => query.filter(correction_requests::state.eq(state)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, CorrectionRequestId)>()? {
        query = query.filter(row_gt((correction_requests::created_at, correction_requests::id), after));
    }
    let rows = query
        .order((correction_requests::created_at, correction_requests::id))
        .limit(listing.fetch())
        .select(CorrectionRequest::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

// ------------------------------------------------------------------------------------------------ corrections

pub fn insert_correction(conn: &mut Conn, row: &MinutesCorrection) -> Result<()> {
    diesel::insert_into(minutes_corrections::table).values(row).execute(conn)?;
    Ok(())
}

/// Corrections of minutes in their order; there are few, see [`MOST`](super::correcting::MOST).
pub fn corrections(conn: &mut Conn, id: MinutesId) -> Result<Vec<MinutesCorrection>> {
    Ok(minutes_corrections::table
        .filter(minutes_corrections::minutes_id.eq(id))
        .order(minutes_corrections::number)
        .select(MinutesCorrection::as_select())
        .load(conn)?)
}

/// Assents to these corrections.
pub fn correction_assents(conn: &mut Conn, of: &[MinutesCorrectionId]) -> Result<Vec<MinutesCorrectionAssent>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    Ok(minutes_correction_assents::table
        .filter(among(minutes_correction_assents::correction_id, of.to_vec()))
        .order((minutes_correction_assents::created_at, minutes_correction_assents::side))
        .select(MinutesCorrectionAssent::as_select())
        .load(conn)?)
}

/// Keeps a leader's assent to a correction.
///
/// # Errors
/// 409 when the side has assented already.
pub fn insert_correction_assent(conn: &mut Conn, assent: &MinutesCorrectionAssent) -> Result<()> {
    diesel::insert_into(minutes_correction_assents::table)
        .values(assent)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_PER_CORRECTION, || {
            Error::new(Code::AlreadySigned, format!("A leader of the {} side has assented already.", assent.side))
        })
}

/// A correction counts from now on.
pub fn put_in_force(conn: &mut Conn, id: MinutesCorrectionId, now: Instant) -> Result<()> {
    diesel::update(minutes_corrections::table.find(id)).set(minutes_corrections::in_force_at.eq(now)).execute(conn)?;
    Ok(())
}

// ------------------------------------------------------------------------------------------------ later redactions

pub fn insert_redaction(conn: &mut Conn, row: &MinutesRedaction) -> Result<()> {
    diesel::insert_into(minutes_redactions::table).values(row).execute(conn)?;
    Ok(())
}

/// What was masked in minutes since they were published, in its order; there is little, see
/// [`MOST`](super::redacting::MOST).
pub fn redactions(conn: &mut Conn, id: MinutesId) -> Result<Vec<MinutesRedaction>> {
    Ok(minutes_redactions::table
        .filter(minutes_redactions::minutes_id.eq(id))
        .order(minutes_redactions::number)
        .select(MinutesRedaction::as_select())
        .load(conn)?)
}

// ------------------------------------------------------------------------------------------------ for the draft

/// How many of those recorded at a meeting were at none of the partnership's before, by side.
pub fn first_timers(conn: &mut Conn, meeting: &Meeting) -> Result<Vec<(Side, i64)>> {
    let before = diesel::alias!(attendances as before);
    let earlier = before
        .inner_join(meetings::table.on(meetings::id.eq(before.field(attendances::meeting_id))))
        .filter(before.field(attendances::account_id).eq(attendances::account_id))
        .filter(meetings::partnership_id.eq(meeting.partnership_id).and(meetings::starts_at.lt(meeting.starts_at)));
    Ok(attendances::table
        .filter(attendances::meeting_id.eq(meeting.id).and(not(exists(earlier))))
        .group_by(attendances::side)
        .select((attendances::side, count_star()))
        .load(conn)?)
}

/// The first action items of a meeting, and how many there are.
pub fn items(conn: &mut Conn, meeting: MeetingId, limit: i64) -> Result<(Vec<ActionItem>, i64)> {
    let of = || action_items::table.filter(action_items::meeting_id.eq(meeting));
    let rows = of()
        .order((action_items::created_at, action_items::id))
        .limit(limit)
        .select(ActionItem::as_select())
        .load(conn)?;
    Ok((rows, of().count().get_result(conn)?))
}
