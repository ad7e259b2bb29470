//! What the rules look at, gathered: a fixed number of queries, however many members there are.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::model::{Promotion, PromotionChange, PromotionChangeId, PromotionId, PromotionState, Readiness};
use super::queries::{facilitations, promotions};
use super::stages::{self, PipelineFacts, ServiceFacts, Stage};
use crate::accounts::Side;
use crate::ids::{AccountId, MembershipId, PartnershipId};
use crate::partnerships::model::{MembershipState, SeatState};
use crate::partnerships::tasks::{Service, service_of};
use crate::platform::clock::{Instant, days};
use crate::platform::db::{Conn, Json, among};
use crate::platform::error::Result;
use crate::schema::{leadership_seats as seats, memberships, readiness};

/// How long a declined stage is not suggested again.
const ASK_AGAIN: std::time::Duration = days(180);
/// Promotions suggested at once; the next run goes on.
const AT_ONCE: usize = 200;

/// A member on the way to leading.
#[derive(Debug, Clone)]
pub struct OnTheWay {
    pub membership: MembershipId,
    pub account: AccountId,
    pub side: Side,
    /// How far they have come.
    pub stage: Stage,
    /// What the rules see.
    pub facts: PipelineFacts,
    /// What they say of themselves.
    pub readiness: Option<Readiness>,
}

/// What members have done in the partnership, by account; those who have done nothing are left out.
fn served(conn: &mut Conn, of: PartnershipId, one: Option<AccountId>) -> Result<HashMap<AccountId, ServiceFacts>> {
    let whole = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    let facts = |done: Service| ServiceFacts {
        verified_tasks: whole(done.verified_tasks),
        led_tasks: whole(done.led_tasks),
        facilitated_items: 0,
    };
    let mut served: HashMap<AccountId, ServiceFacts> =
        service_of(conn, of, one)?.into_iter().map(|(account, done)| (account, facts(done))).collect();
    for (account, items) in facilitations::facilitated(conn, of, one)? {
        served.entry(account).or_default().facilitated_items = whole(items);
    }
    Ok(served)
}

/// Accounts that hold a seat, and those that have held one.
fn seated(conn: &mut Conn, of: PartnershipId) -> Result<(HashSet<AccountId>, HashSet<AccountId>)> {
    let rows: Vec<(AccountId, SeatState)> = seats::table
        .filter(seats::partnership_id.eq(of).and(among(seats::state, [SeatState::Active, SeatState::Ended])))
        .select((seats::account_id, seats::state))
        .load(conn)?;
    let with = |state| rows.iter().filter(move |(_, s)| *s == state).map(|(account, _)| *account).collect();
    Ok((with(SeatState::Active), with(SeatState::Ended)))
}

type Row = (MembershipId, AccountId, Side, Option<Readiness>);

fn put_together(conn: &mut Conn, of: PartnershipId, rows: Vec<Row>, one: Option<AccountId>) -> Result<Vec<OnTheWay>> {
    let served = served(conn, of, one)?;
    let (holding, held) = seated(conn, of)?;
    let mut agreed: HashMap<AccountId, Vec<Stage>> = HashMap::new();
    for (account, stage) in promotions::agreed(conn, of, one)? {
        agreed.entry(account).or_default().push(stage);
    }
    let on_the_way = |(membership, account, side, readiness): Row| {
        let holds_seat = holding.contains(&account);
        let facts = PipelineFacts {
            service: served.get(&account).copied().unwrap_or_default(),
            orientation_done: readiness.as_ref().is_some_and(|r| r.orientation_done_on.is_some()),
            willing_to_lead: readiness.as_ref().is_some_and(|r| r.willing_to_lead),
            willing_to_mentor: readiness.as_ref().is_some_and(|r| r.willing_to_mentor),
            holds_seat,
            held_seat: held.contains(&account),
        };
        let stage = stages::current(holds_seat, agreed.get(&account).into_iter().flatten().copied());
        OnTheWay { membership, account, side, stage, facts, readiness }
    };
    Ok(rows.into_iter().map(on_the_way).collect())
}

/// Members of whom there is anything to see: who said how ready they are, or did something, or held a seat.
fn candidates(conn: &mut Conn, of: PartnershipId) -> Result<Vec<OnTheWay>> {
    let active: Vec<AccountId> = served(conn, of, None)?.into_keys().collect();
    let held = seats::table
        .filter(seats::partnership_id.eq(of).and(seats::state.eq(SeatState::Ended)))
        .select(seats::account_id);
    let rows = memberships::table
        .left_join(readiness::table.on(readiness::membership_id.eq(memberships::id)))
        .filter(memberships::partnership_id.eq(of).and(memberships::state.eq(MembershipState::Active)))
        .filter(
            readiness::id
                .nullable()
                .is_not_null()
                .or(memberships::account_id.eq_any(held))
                .or(among(memberships::account_id, active)),
        )
        .order(memberships::id)
        .select((memberships::id, memberships::account_id, memberships::side, Option::<Readiness>::as_select()))
        .load(conn)?;
    put_together(conn, of, rows, None)
}

/// How far a member has come, and what the rules see of them.
pub fn of_member(conn: &mut Conn, partnership: PartnershipId, membership: MembershipId) -> Result<Option<OnTheWay>> {
    let row: Option<Row> = memberships::table
        .left_join(readiness::table.on(readiness::membership_id.eq(memberships::id)))
        .filter(memberships::id.eq(membership))
        .select((memberships::id, memberships::account_id, memberships::side, Option::<Readiness>::as_select()))
        .first(conn)
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let account = row.1;
    Ok(put_together(conn, partnership, vec![row], Some(account))?.pop())
}

/// Suggests to whom the rules have something to suggest, in a partnership that the caller holds; how many.
///
/// Nobody has two open suggestions, and what somebody declined is not suggested again for 180 days.
pub fn suggest(conn: &mut Conn, of: PartnershipId, now: Instant) -> Result<usize> {
    let open = promotions::open(conn, of)?;
    let declined = promotions::declined_since(conn, of, now.minus(ASK_AGAIN))?;
    let suggested: Vec<Promotion> = candidates(conn, of)?
        .into_iter()
        .filter(|member| !open.contains(&member.membership))
        .filter_map(|member| stages::suggestion(member.stage, &member.facts).map(|stage| (member, stage)))
        .filter(|(member, stage)| !declined.contains(&(member.account, *stage)))
        .take(AT_ONCE)
        .map(|(member, stage)| Promotion {
            id: PromotionId::new(),
            partnership_id: of,
            membership_id: member.membership,
            account_id: member.account,
            side: member.side,
            stage,
            state: PromotionState::Suggested,
            facts: Json(member.facts),
            confirmed_by_id: None,
            confirmed_at: None,
            answered_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        })
        .collect();
    let changes: Vec<PromotionChange> = suggested
        .iter()
        .map(|promotion| PromotionChange {
            id: PromotionChangeId::new(),
            promotion_id: promotion.id,
            from_state: None,
            to_state: PromotionState::Suggested,
            by_id: None,
            created_at: now,
        })
        .collect();
    promotions::insert(conn, &suggested, &changes)?;
    Ok(suggested.len())
}
