//! Missions, and the signatures under those that were adopted before decisions adopted them.

use chrono::NaiveDate;
use diesel::dsl::{exists, max};
use diesel::prelude::*;

use crate::ids::{DecisionId, PartnershipId};
use crate::partnerships::model::{Mission, MissionId, MissionSignature, MissionState};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{mission_signatures, missions};

/// One mission is decided on at a time.
pub const ONE_PROPOSED: Unique = Unique { index: "missions_one_proposed", columns: "missions.partnership_id" };
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
/// A conflict when another one is.
pub fn insert(conn: &mut Conn, mission: &Mission) -> Result<()> {
    diesel::insert_into(missions::table)
        .values(mission)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_PROPOSED, being_decided)
}

fn being_decided() -> Error {
    Error::conflict("A mission is being decided on already; that comes to its end first.")
}

/// Refuses where a mission is being decided on, before a decision on another one is opened. The index decides in the end.
///
/// # Errors
/// A conflict.
pub fn demand_none_proposed(conn: &mut Conn, of: PartnershipId) -> Result<()> {
    let proposed =
        missions::table.filter(missions::partnership_id.eq(of).and(missions::state.eq(MissionState::Proposed)));
    if diesel::select(exists(proposed)).get_result(conn)? { Err(being_decided()) } else { Ok(()) }
}

/// Changes the text.
pub fn write(conn: &mut Conn, mission: &Mission, text: Option<String>, now: Instant) -> Result<Mission> {
    Ok(diesel::update(missions::table.find(mission.id))
        .set((
            text.map(|text| missions::text.eq(text)),
            missions::version.eq(missions::version + 1),
            missions::updated_at.eq(now),
        ))
        .returning(Mission::columns())
        .get_result(conn)?)
}

/// Puts a draft up for decision.
///
/// # Errors
/// A conflict when another one is.
pub fn propose(conn: &mut Conn, mission: &Mission, decision: DecisionId, now: Instant) -> Result<Mission> {
    diesel::update(missions::table.find(mission.id))
        .set((
            missions::state.eq(MissionState::Proposed),
            missions::decision_id.eq(decision),
            missions::version.eq(missions::version + 1),
            missions::updated_at.eq(now),
        ))
        .returning(Mission::columns())
        .get_result(conn)
        .on_conflict(&ONE_PROPOSED, being_decided)
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

/// Makes a mission the one that counts, in place of the one before.
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

/// Notes that a mission stands otherwise.
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
