//! What the leadership of a partnership comes to, in a fixed number of queries.

use std::collections::{HashMap, HashSet};

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, MembershipId, PartnershipId};
use crate::partnerships::model::{MembershipState, SeatKind, SeatState, SelectionMethod};
use crate::partnerships::pipeline::model::PromotionState;
use crate::partnerships::pipeline::stages::Stage;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, among};
use crate::platform::error::Result;
use crate::schema::{leadership_seats as seats, memberships, promotions};

/// A member who has agreed to a stage.
pub type Promoted = (MembershipId, AccountId, Side, Stage);

/// Stages that members agreed to who could lead, or help others to.
pub fn promoted(conn: &mut Conn, of: PartnershipId) -> Result<Vec<Promoted>> {
    let own = memberships::partnership_id
        .eq(promotions::partnership_id)
        .and(memberships::account_id.eq(promotions::account_id))
        .and(memberships::state.eq(MembershipState::Active));
    Ok(promotions::table
        .inner_join(memberships::table.on(own))
        .filter(
            promotions::partnership_id
                .eq(of)
                .and(promotions::state.eq(PromotionState::Agreed))
                .and(among(promotions::stage, [Stage::DeputyReady, Stage::Mentor])),
        )
        .order((memberships::id, promotions::created_at))
        .select((memberships::id, memberships::account_id, memberships::side, promotions::stage))
        .load(conn)?)
}

/// Accounts of members who could take a seat over now: at `deputy_ready` or beyond.
pub fn ready(conn: &mut Conn, of: PartnershipId) -> Result<HashSet<AccountId>> {
    let holders: Vec<AccountId> = seats::table
        .filter(seats::partnership_id.eq(of).and(seats::state.eq(SeatState::Active)))
        .select(seats::account_id)
        .load(conn)?;
    Ok(promoted(conn, of)?.into_iter().map(|(_, account, ..)| account).chain(holders).collect())
}

/// Promotions agreed to since then, by stage.
pub fn flow(conn: &mut Conn, of: PartnershipId, since: Instant) -> Result<HashMap<Stage, i64>> {
    let rows: Vec<(Stage, i64)> = promotions::table
        .filter(
            promotions::partnership_id
                .eq(of)
                .and(promotions::state.eq(PromotionState::Agreed))
                .and(promotions::answered_at.ge(since).assume_not_null()),
        )
        .group_by(promotions::stage)
        .select((promotions::stage, count_star()))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// People who first took a seat in the partnership since then.
pub fn new_leaders(conn: &mut Conn, of: PartnershipId, since: Instant) -> Result<usize> {
    let rows: Vec<(AccountId, Option<Instant>)> = seats::table
        .filter(seats::partnership_id.eq(of).and(seats::accepted_at.is_not_null()))
        .select((seats::account_id, seats::accepted_at))
        .load(conn)?;
    let mut firsts: HashMap<AccountId, Instant> = HashMap::new();
    for (who, at) in rows.into_iter().filter_map(|(who, at)| Some((who, at?))) {
        firsts.entry(who).and_modify(|first| *first = (*first).min(at)).or_insert(at);
    }
    Ok(firsts.into_values().filter(|first| *first >= since).count())
}

/// Terms that these people have served or begun in a seat of a kind; acting ones are not counted.
pub fn terms(
    conn: &mut Conn,
    of: PartnershipId,
    people: Vec<AccountId>,
) -> Result<HashMap<(AccountId, SeatKind), usize>> {
    let rows: Vec<(AccountId, SeatKind, i64)> = seats::table
        .filter(
            seats::partnership_id
                .eq(of)
                .and(among(seats::account_id, people))
                .and(among(seats::state, [SeatState::Active, SeatState::Ended]))
                .and(seats::selection_method.ne(SelectionMethod::Acting)),
        )
        .group_by((seats::account_id, seats::kind))
        .select((seats::account_id, seats::kind, count_star()))
        .load(conn)?;
    Ok(rows.into_iter().map(|(who, kind, n)| ((who, kind), usize::try_from(n).unwrap_or(usize::MAX))).collect())
}
