//! Who works for a goal, by name.

use diesel::prelude::*;

use crate::accounts::{AccountState, Side};
use crate::ids::{AccountId, GoalId};
use crate::partnerships::model::{Contributor, MembershipState};
use crate::platform::db::{Conn, OnConflict, Unique};
use crate::platform::error::{Error, Result};
use crate::schema::{accounts, goal_contributors, goals, memberships};

/// Somebody is named once for a goal.
pub const ONE_EACH: Unique =
    Unique { index: "goal_contributors_one_each", columns: "goal_contributors.goal_id, goal_contributors.account_id" };

/// Names somebody.
///
/// # Errors
/// A conflict when the person is named already.
pub fn insert(conn: &mut Conn, contributor: &Contributor) -> Result<()> {
    diesel::insert_into(goal_contributors::table)
        .values(contributor)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_EACH, || Error::conflict("That member is named for this goal already."))
}

/// Everybody who is named for a goal, in the order in which they were; never more than the goal may have.
pub fn of_goal(conn: &mut Conn, goal: GoalId) -> Result<Vec<Contributor>> {
    Ok(goal_contributors::table
        .filter(goal_contributors::goal_id.eq(goal))
        .order((goal_contributors::created_at, goal_contributors::id))
        .select(Contributor::as_select())
        .load(conn)?)
}

/// Takes somebody's name away; whether it was there.
pub fn delete(conn: &mut Conn, goal: GoalId, account: AccountId) -> Result<bool> {
    let one = goal_contributors::goal_id.eq(goal).and(goal_contributors::account_id.eq(account));
    Ok(diesel::delete(goal_contributors::table.filter(one)).execute(conn)? > 0)
}

/// How many of those who are named are active members still: civilian, police.
pub fn counts(conn: &mut Conn, goal: GoalId) -> Result<(usize, usize)> {
    let member = memberships::partnership_id
        .eq(goals::partnership_id)
        .and(memberships::account_id.eq(goal_contributors::account_id))
        .and(memberships::state.eq(MembershipState::Active));
    let sides: Vec<Side> = goal_contributors::table
        .inner_join(goals::table.on(goals::id.eq(goal_contributors::goal_id)))
        .inner_join(memberships::table.on(member))
        .inner_join(accounts::table.on(accounts::id.eq(goal_contributors::account_id)))
        .filter(goal_contributors::goal_id.eq(goal).and(accounts::state.eq(AccountState::Active)))
        .select(memberships::side)
        .load(conn)?;
    let of = |side: Side| sides.iter().filter(|s| **s == side).count();
    Ok((of(Side::Civilian), of(Side::Police)))
}
