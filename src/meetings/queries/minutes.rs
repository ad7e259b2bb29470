//! Minutes, the versions of their text, and signatures.

use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::MeetingId;
use crate::meetings::model::{
    Minutes, MinutesId, MinutesSignature, MinutesState, MinutesVersion, MinutesVersionId, MinutesVisibility,
};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, row_lt};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{minutes, minutes_signatures, minutes_versions};

/// Each side signs once.
pub const ONE_PER_SIDE: Unique = Unique {
    index: "minutes_signatures_one_per_side",
    columns: "minutes_signatures.minutes_id, minutes_signatures.side",
};

/// The minutes of a meeting. Whoever means to change them, or to write the first, holds the meeting.
pub fn find(conn: &mut Conn, meeting: MeetingId) -> Result<Option<Minutes>> {
    Ok(minutes::table.filter(minutes::meeting_id.eq(meeting)).select(Minutes::as_select()).first(conn).optional()?)
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
    pub approved_at: Option<Option<Instant>>,
    pub published_at: Option<Option<Instant>>,
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

/// Puts a side's name under the minutes.
///
/// # Errors
/// 409 when the side has signed already.
pub fn sign(conn: &mut Conn, signature: &MinutesSignature) -> Result<()> {
    diesel::insert_into(minutes_signatures::table)
        .values(signature)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_PER_SIDE, || {
            Error::new(Code::AlreadySigned, format!("The {} side has signed already.", signature.side))
        })
}

/// Signatures that stand, at most one per side.
pub fn signatures(conn: &mut Conn, id: MinutesId) -> Result<Vec<MinutesSignature>> {
    Ok(minutes_signatures::table
        .filter(minutes_signatures::minutes_id.eq(id).and(minutes_signatures::voided_at.is_null()))
        .order((minutes_signatures::created_at, minutes_signatures::id))
        .select(MinutesSignature::as_select())
        .load(conn)?)
}

/// Signatures stop counting: the text under which they stand was written anew. The sides that had signed.
pub fn void(conn: &mut Conn, id: MinutesId, now: Instant) -> Result<Vec<Side>> {
    Ok(diesel::update(
        minutes_signatures::table
            .filter(minutes_signatures::minutes_id.eq(id).and(minutes_signatures::voided_at.is_null())),
    )
    .set(minutes_signatures::voided_at.eq(now))
    .returning(minutes_signatures::side)
    .get_results(conn)?)
}
