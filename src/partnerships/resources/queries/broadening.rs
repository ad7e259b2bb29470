//! What tells how needs broaden a partnership.

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::ids::PartnershipId;
use crate::partnerships::model::{Partnership, PartnershipState, Sector};
use crate::partnerships::resources::model::{Need, NeedKind, NeedState, PartnerState, PledgeState};
use crate::partnerships::resources::queries::needs::{Seen, visible};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, among};
use crate::platform::error::Result;
use crate::schema::{area_ancestors, founders, needs, partners, partnerships, pledges};

/// Needs and partners that are looked at: the newest.
const MOST: i64 = 1000;

/// Sector of each partner that has joined, and whether it answered a need.
pub fn partners_of(conn: &mut Conn, of: PartnershipId) -> Result<Vec<(Sector, i64, i64)>> {
    Ok(partners::table
        .filter(partners::partnership_id.eq(of).and(partners::state.eq(PartnerState::Joined)))
        .group_by(partners::sector)
        .select((partners::sector, count_star(), diesel::dsl::count(partners::answered_need_id)))
        .load(conn)?)
}

/// Sectors of the groups that founded it.
pub fn founding_sectors(conn: &mut Conn, of: PartnershipId) -> Result<Vec<Sector>> {
    let sectors: Vec<Option<Sector>> = founders::table
        .filter(founders::partnership_id.eq(of).and(founders::sector.is_not_null()))
        .select(founders::sector)
        .load(conn)?;
    Ok(sectors.into_iter().flatten().collect())
}

/// When each of the newest needs that somebody sees was written down and first pledged for, where it was.
pub fn first_pledges(conn: &mut Conn, of: PartnershipId, seen: Seen) -> Result<Vec<(Instant, Instant)>> {
    let rows: Vec<(Instant, Option<Instant>)> = visible(of, seen)
        .filter(needs::first_pledged_at.is_not_null())
        .order((needs::created_at.desc(), needs::id.desc()))
        .limit(MOST)
        .select((needs::created_at, needs::first_pledged_at))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(made, pledged)| Some((made, pledged?))).collect())
}

/// Needs that were written down at `before` or earlier and for which nobody has pledged, the oldest first.
pub fn unanswered(conn: &mut Conn, of: PartnershipId, seen: Seen, before: Instant, limit: i64) -> Result<Vec<Need>> {
    Ok(visible(of, seen)
        .filter(
            among(needs::state, [NeedState::Identified, NeedState::Requested])
                .and(needs::first_pledged_at.is_null())
                .and(needs::created_at.le(before)),
        )
        .order((needs::created_at, needs::id))
        .limit(limit)
        .select(Need::as_select())
        .load(conn)?)
}

/// A partner of a neighboring partnership that pledged something of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbor {
    pub kind: NeedKind,
    pub name: String,
    pub name_key: String,
    pub sector: Sector,
    pub partnership: PartnershipId,
}

/// Partners of partnerships of the same agency, or in an area that this one's lies in or that lies in it, whose pledges for
/// needs of these kinds were accepted. Only of partnerships that everybody may know of, and that are at work.
pub fn neighbors(conn: &mut Conn, of: &Partnership, kinds: &[NeedKind], limit: i64) -> Result<Vec<Neighbor>> {
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let around =
        area_ancestors::table.filter(area_ancestors::area_id.eq(of.area_id)).select(area_ancestors::ancestor_id);
    let within =
        area_ancestors::table.filter(area_ancestors::ancestor_id.eq(of.area_id)).select(area_ancestors::area_id);
    let here = partners::table.filter(partners::partnership_id.eq(of.id)).select(partners::name_key);
    let known: Vec<String> = here.limit(MOST).load(conn)?;
    let live = [PartnershipState::Forming, PartnershipState::Active, PartnershipState::Dormant];
    let rows: Vec<(NeedKind, String, String, Sector, PartnershipId)> = partners::table
        .inner_join(pledges::table.on(pledges::partner_id.eq(partners::id.nullable())))
        .inner_join(needs::table.on(needs::id.eq(pledges::need_id)))
        .inner_join(partnerships::table.on(partnerships::id.eq(partners::partnership_id)))
        .filter(partners::state.eq(PartnerState::Joined).and(partners::partnership_id.ne(of.id)))
        .filter(among(pledges::state, [PledgeState::Accepted, PledgeState::Delivered]))
        .filter(among(needs::kind, kinds.to_vec()))
        .filter(among(partnerships::state, live))
        .filter(
            partnerships::host_agency_id
                .eq(of.host_agency_id)
                .or(partnerships::area_id.eq_any(around))
                .or(partnerships::area_id.eq_any(within)),
        )
        .select((needs::kind, partners::name, partners::name_key, partners::sector, partners::partnership_id))
        .distinct()
        .order((partners::name_key, partners::partnership_id, needs::kind))
        .limit(limit)
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter(|(_, _, key, ..)| !known.contains(key))
        .map(|(kind, name, name_key, sector, partnership)| Neighbor { kind, name, name_key, sector, partnership })
        .collect())
}
