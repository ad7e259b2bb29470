//! Who is asked, and how many of each side stand where.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;

use crate::accounts::{AccountState, Side};
use crate::ids::{AccountId, DecisionId, PartnershipId};
use crate::partnerships::decisions::model::{Decision, DecisionState, RosterEntry, SideRow};
use crate::partnerships::model::{MemberRole, MembershipState};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, among};
use crate::platform::error::Result;
use crate::schema::{accounts, decision_roster, decision_sides, decisions, memberships};
use crate::{insert_all, on_engine};

/// Rows that go in with one statement.
const AT_ONCE: usize = 1000;

/// Members of both sides whose voice counts: active, no observers; officers while their verification counts.
pub fn eligible(conn: &mut Conn, of: PartnershipId, today: NaiveDate) -> Result<Vec<(AccountId, Side)>> {
    Ok(memberships::table
        .inner_join(accounts::table.on(accounts::id.eq(memberships::account_id)))
        .filter(memberships::partnership_id.eq(of).and(memberships::state.eq(MembershipState::Active)))
        .filter(among(memberships::side, [Side::Civilian, Side::Police]))
        .filter(memberships::role.ne(MemberRole::Observer))
        .filter(accounts::state.eq(AccountState::Active))
        .filter(memberships::side.eq(Side::Civilian).nullable().or(accounts::verified_until.ge(today)))
        .order(memberships::account_id)
        .select((memberships::account_id, memberships::side))
        .load(conn)?)
}

/// Asks these members, and nobody else, and begins to count.
pub fn snapshot(conn: &mut Conn, decision: DecisionId, members: &[(AccountId, Side)], now: Instant) -> Result<()> {
    clear(conn, decision)?;
    let entries: Vec<RosterEntry> = members
        .iter()
        .map(|&(account_id, side)| RosterEntry {
            decision_id: decision,
            account_id,
            side,
            has_cast: false,
            left_at: None,
            created_at: now,
        })
        .collect();
    for some in entries.chunks(AT_ONCE) {
        insert_all!(conn, decision_roster::table, some)?;
    }
    begin(conn, decision, members)
}

/// Begins to count stances of both sides from nothing.
pub fn begin(conn: &mut Conn, decision: DecisionId, members: &[(AccountId, Side)]) -> Result<()> {
    uncount(conn, decision)?;
    let rows = [Side::Civilian, Side::Police].map(|side| {
        let eligible = members.iter().filter(|(_, of)| *of == side).count();
        SideRow::empty(decision, side, i32::try_from(eligible).unwrap_or(i32::MAX))
    });
    insert_all!(conn, decision_sides::table, rows.as_slice())?;
    Ok(())
}

/// There is nothing to count.
pub fn uncount(conn: &mut Conn, decision: DecisionId) -> Result<()> {
    diesel::delete(decision_sides::table.filter(decision_sides::decision_id.eq(decision))).execute(conn)?;
    Ok(())
}

/// Nobody is asked any more.
pub fn clear(conn: &mut Conn, decision: DecisionId) -> Result<()> {
    diesel::delete(decision_roster::table.filter(decision_roster::decision_id.eq(decision))).execute(conn)?;
    Ok(())
}

/// The person's entry, unless the person has left.
pub fn entry(conn: &mut Conn, decision: DecisionId, person: AccountId) -> Result<Option<RosterEntry>> {
    Ok(decision_roster::table
        .find((decision, person))
        .filter(decision_roster::left_at.is_null())
        .select(RosterEntry::as_select())
        .first(conn)
        .optional()?)
}

/// Notes that a person has said where they stand.
pub fn mark_cast(conn: &mut Conn, decision: DecisionId, person: AccountId) -> Result<()> {
    diesel::update(decision_roster::table.find((decision, person)))
        .set(decision_roster::has_cast.eq(true))
        .execute(conn)?;
    Ok(())
}

/// Notes that these people have said where they stand.
pub fn mark_all_cast(conn: &mut Conn, decision: DecisionId, people: &[AccountId]) -> Result<()> {
    for some in people.chunks(AT_ONCE) {
        diesel::update(
            decision_roster::table
                .filter(decision_roster::decision_id.eq(decision))
                .filter(among(decision_roster::account_id, some.to_vec())),
        )
        .set(decision_roster::has_cast.eq(true))
        .execute(conn)?;
    }
    Ok(())
}

/// Those who are asked, with their sides.
pub fn sided(conn: &mut Conn, decision: DecisionId) -> Result<Vec<(AccountId, Side)>> {
    Ok(decision_roster::table
        .filter(decision_roster::decision_id.eq(decision).and(decision_roster::left_at.is_null()))
        .order(decision_roster::account_id)
        .select((decision_roster::account_id, decision_roster::side))
        .load(conn)?)
}

/// Nobody has said anything of the text as it is now.
pub fn unmark_all(conn: &mut Conn, decision: DecisionId) -> Result<()> {
    diesel::update(
        decision_roster::table
            .filter(decision_roster::decision_id.eq(decision).and(decision_roster::has_cast.eq(true))),
    )
    .set(decision_roster::has_cast.eq(false))
    .execute(conn)?;
    Ok(())
}

/// Those who have, or have not, said where they stand, and have not left.
pub fn people(conn: &mut Conn, decision: DecisionId, has_cast: bool) -> Result<Vec<AccountId>> {
    Ok(decision_roster::table
        .filter(decision_roster::decision_id.eq(decision).and(decision_roster::has_cast.eq(has_cast)))
        .filter(decision_roster::left_at.is_null())
        .order(decision_roster::account_id)
        .select(decision_roster::account_id)
        .load(conn)?)
}

/// Whether anybody is still to say something.
pub fn waits_for_somebody(conn: &mut Conn, decision: DecisionId) -> Result<bool> {
    Ok(diesel::select(exists(
        decision_roster::table.filter(
            decision_roster::decision_id
                .eq(decision)
                .and(decision_roster::has_cast.eq(false))
                .and(decision_roster::left_at.is_null()),
        ),
    ))
    .get_result(conn)?)
}

/// Those on the roster who are no eligible members any more. Whoever was made an observer since is still asked: otherwise a
/// leader could take a stance, or a block, out of the count. For the same reason whoever was removed or suspended, or whose
/// verification ran out, keeps what they had said; only those are gone who said nothing, or chose to go: left, or closed their
/// accounts. First those who did that, then the others.
pub fn gone(conn: &mut Conn, decision: &Decision, today: NaiveDate) -> Result<[Vec<AccountId>; 2]> {
    let still = memberships::table
        .inner_join(accounts::table.on(accounts::id.eq(memberships::account_id)))
        .filter(memberships::partnership_id.eq(decision.partnership_id))
        .filter(memberships::account_id.eq(decision_roster::account_id))
        .filter(memberships::state.eq(MembershipState::Active))
        .filter(accounts::state.eq(AccountState::Active))
        .filter(memberships::side.eq(Side::Civilian).nullable().or(accounts::verified_until.ge(today)));
    let found: Vec<(AccountId, bool)> = decision_roster::table
        .filter(decision_roster::decision_id.eq(decision.id).and(decision_roster::left_at.is_null()))
        .filter(not(exists(still)))
        .select((decision_roster::account_id, decision_roster::has_cast))
        .load(conn)?;
    let mut by_choice: HashSet<AccountId> = HashSet::new();
    for some in found.chunks(AT_ONCE) {
        let some = some.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        let closed = accounts::table.filter(among(accounts::id, some.clone()));
        by_choice.extend(
            closed.filter(accounts::state.eq(AccountState::Closed)).select(accounts::id).load::<AccountId>(conn)?,
        );
        let left = memberships::table
            .filter(memberships::partnership_id.eq(decision.partnership_id))
            .filter(among(memberships::account_id, some))
            .filter(memberships::state.eq(MembershipState::Left).and(memberships::ended_at.ge(decision.final_call_at)));
        by_choice.extend(left.select(memberships::account_id).load::<AccountId>(conn)?);
    }
    let (left, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|(id, _)| by_choice.contains(id));
    let silent = others.into_iter().filter(|(_, has_cast)| !has_cast);
    Ok([left.into_iter().map(|(id, _)| id).collect(), silent.map(|(id, _)| id).collect()])
}

/// Takes people off the roster.
pub fn leave(conn: &mut Conn, decision: DecisionId, people: &[AccountId], now: Instant) -> Result<()> {
    for some in people.chunks(AT_ONCE) {
        diesel::update(
            decision_roster::table
                .filter(decision_roster::decision_id.eq(decision))
                .filter(among(decision_roster::account_id, some.to_vec())),
        )
        .set(decision_roster::left_at.eq(now))
        .execute(conn)?;
    }
    Ok(())
}

/// Decisions of a partnership in which the person is asked now.
pub fn asked(conn: &mut Conn, of: PartnershipId, person: AccountId) -> Result<Vec<Decision>> {
    Ok(decisions::table
        .inner_join(decision_roster::table.on(decision_roster::decision_id.eq(decisions::id)))
        .filter(decision_roster::account_id.eq(person).and(decision_roster::left_at.is_null()))
        .filter(decisions::partnership_id.eq(of).and(decisions::state.eq(DecisionState::FinalCall)))
        .order(decisions::id)
        .select(Decision::as_select())
        .load(conn)?)
}

/// How many of each side are asked.
pub fn sizes(conn: &mut Conn, decision: DecisionId) -> Result<Vec<(Side, i64)>> {
    Ok(decision_roster::table
        .filter(decision_roster::decision_id.eq(decision).and(decision_roster::left_at.is_null()))
        .group_by(decision_roster::side)
        .select((decision_roster::side, count_star()))
        .load(conn)?)
}

/// Who stand where on both sides; nothing before the first sense check.
pub fn sides(conn: &mut Conn, decision: DecisionId) -> Result<Vec<SideRow>> {
    Ok(on_engine!(conn, |conn| decision_sides::table
        .filter(decision_sides::decision_id.eq(decision))
        .order(decision_sides::side)
        .select(SideRow::as_select())
        .load(conn))?)
}

/// Writes down who stand where on a side.
pub fn save(conn: &mut Conn, row: &SideRow) -> Result<()> {
    diesel::update(decision_sides::table.find((row.decision_id, row.side))).set(row).execute(conn)?;
    Ok(())
}
