//! Missions and their signatures.

use chrono::NaiveDate;
use diesel::dsl::max;
use diesel::prelude::*;

use crate::ids::PartnershipId;
use crate::partnerships::model::{Mission, MissionId, MissionSignature, MissionState};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, row_lt};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{mission_signatures, missions};

/// One mission waits for signatures at a time.
pub const ONE_PROPOSED: Unique = Unique { index: "missions_one_proposed", columns: "missions.partnership_id" };
/// Each side signs once.
pub const ONE_PER_SIDE: Unique = Unique {
    index: "mission_signatures_one_per_side",
    columns: "mission_signatures.mission_id, mission_signatures.side",
};

pub fn find(conn: &mut Conn, id: MissionId) -> Result<Option<Mission>> {
    Ok(missions::table.find(id).select(Mission::as_select()).first(conn).optional()?)
}

pub fn adopted(conn: &mut Conn, of: PartnershipId) -> Result<Option<Mission>> {
    Ok(missions::table
        .filter(missions::partnership_id.eq(of).and(missions::state.eq(MissionState::Adopted)))
        .select(Mission::as_select())
        .first(conn)
        .optional()?)
}

pub fn next_number(conn: &mut Conn, of: PartnershipId) -> Result<i32> {
    let last: Option<i32> =
        missions::table.filter(missions::partnership_id.eq(of)).select(max(missions::number)).first(conn)?;
    Ok(last.unwrap_or(0) + 1)
}

/// Inserts a proposed mission.
///
/// # Errors
/// A conflict when another one waits for signatures.
pub fn insert(conn: &mut Conn, mission: &Mission) -> Result<()> {
    diesel::insert_into(missions::table).values(mission).execute(conn).map(|_| ()).on_conflict(&ONE_PROPOSED, || {
        Error::conflict("A mission waits for signatures already; sign or withdraw it first.")
    })
}

/// Puts a side's name under a mission.
///
/// # Errors
/// 409 when the side has signed already.
pub fn sign(conn: &mut Conn, signature: &MissionSignature) -> Result<()> {
    diesel::insert_into(mission_signatures::table)
        .values(signature)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_PER_SIDE, || {
            Error::new(Code::AlreadySigned, format!("The {} side has signed already.", signature.side))
        })
}

/// The signatures under these missions.
pub fn signatures(conn: &mut Conn, ids: &[MissionId]) -> Result<Vec<MissionSignature>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(mission_signatures::table
        .filter(among(mission_signatures::mission_id, ids.to_vec()))
        .order(mission_signatures::created_at)
        .select(MissionSignature::as_select())
        .load(conn)?)
}

/// Makes a signed mission the one that counts, in place of the one before.
pub fn adopt(conn: &mut Conn, mission: &Mission, review_on: Option<NaiveDate>, now: Instant) -> Result<Mission> {
    diesel::update(
        missions::table
            .filter(missions::partnership_id.eq(mission.partnership_id).and(missions::state.eq(MissionState::Adopted))),
    )
    .set((
        missions::state.eq(MissionState::Superseded),
        missions::version.eq(missions::version + 1),
        missions::updated_at.eq(now),
    ))
    .execute(conn)?;
    Ok(diesel::update(missions::table.find(mission.id))
        .set((
            missions::state.eq(MissionState::Adopted),
            missions::adopted_at.eq(now),
            missions::review_on.eq(review_on),
            missions::version.eq(missions::version + 1),
            missions::updated_at.eq(now),
        ))
        .returning(Mission::columns())
        .get_result(conn)?)
}

/// Notes that something about a mission changed: signed, withdrawn.
pub fn touch(conn: &mut Conn, id: MissionId, state: MissionState, now: Instant) -> Result<Mission> {
    Ok(diesel::update(missions::table.find(id))
        .set((missions::state.eq(state), missions::version.eq(missions::version + 1), missions::updated_at.eq(now)))
        .returning(Mission::columns())
        .get_result(conn)?)
}

pub fn list<F>(conn: &mut Conn, of: PartnershipId, listing: &Listing<F>) -> Result<Page<Mission>> {
    let filtered = || missions::table.filter(missions::partnership_id.eq(of)).into_boxed();
    let mut query = filtered();
    if let Some(after) = listing.after::<(i32, MissionId)>()? {
        query = query.filter(row_lt((missions::number, missions::id), after));
    }
    let rows = query
        .order((missions::number.desc(), missions::id.desc()))
        .limit(listing.fetch())
        .select(Mission::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.number, row.id)).with_total(total))
}
