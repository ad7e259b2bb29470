//! Possible successors of seats.

use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, MembershipId, PartnershipId, SeatId};
use crate::insert_all;
use crate::partnerships::model::MembershipState;
use crate::partnerships::pipeline::model::{Candidate, CandidateId};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, among};
use crate::platform::error::Result;
use crate::schema::{memberships, seat_candidates};

/// Puts these, in their order, in place of those named before.
pub fn replace(conn: &mut Conn, seat: SeatId, named: &[MembershipId], now: Instant) -> Result<()> {
    diesel::delete(seat_candidates::table.filter(seat_candidates::seat_id.eq(seat))).execute(conn)?;
    let rows: Vec<Candidate> = (1..)
        .zip(named)
        .map(|(position, membership)| Candidate {
            id: CandidateId::new(),
            seat_id: seat,
            membership_id: *membership,
            position,
            created_at: now,
        })
        .collect();
    insert_all!(conn, seat_candidates::table, &rows)?;
    Ok(())
}

/// Of these memberships, the active ones of a side.
pub fn members_of_side(
    conn: &mut Conn,
    of: PartnershipId,
    side: Side,
    named: &[MembershipId],
) -> Result<Vec<(MembershipId, AccountId)>> {
    Ok(memberships::table
        .filter(
            among(memberships::id, named.to_vec())
                .and(memberships::partnership_id.eq(of))
                .and(memberships::side.eq(side))
                .and(memberships::state.eq(MembershipState::Active)),
        )
        .select((memberships::id, memberships::account_id))
        .load(conn)?)
}

/// Possible successors of these seats who are still members, in their order.
pub fn of_seats(conn: &mut Conn, seats: Vec<SeatId>) -> Result<Vec<(SeatId, MembershipId, AccountId)>> {
    Ok(seat_candidates::table
        .inner_join(memberships::table.on(memberships::id.eq(seat_candidates::membership_id)))
        .filter(among(seat_candidates::seat_id, seats).and(memberships::state.eq(MembershipState::Active)))
        .order((seat_candidates::seat_id, seat_candidates::position))
        .select((seat_candidates::seat_id, memberships::id, memberships::account_id))
        .load(conn)?)
}
