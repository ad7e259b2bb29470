//! The achievability test of a goal, with what it depends on.

use crate::ids::GoalId;
use crate::partnerships::achievability::{self, Achievability, Facts, Indicator};
use crate::partnerships::model::{Goal, Objective};
use crate::partnerships::queries::contributors;
use crate::partnerships::resources::needs_met_for_goal;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, Result};

/// The test of a goal with these objectives, as of the day on which it was proposed, or of today.
///
/// # Errors
/// When the database can't be asked.
pub fn achievability(conn: &mut Conn, goal: &Goal, of: &[Objective], now: Instant) -> Result<Achievability> {
    let indicator = |row: &Objective| Indicator {
        name: row.indicator.clone(),
        has_baseline: row.baseline.is_some(),
        weight: row.weight,
    };
    let facts = Facts {
        indicators: of.iter().map(indicator).collect(),
        target_on: goal.target_on,
        influence: goal.within_influence.zip(goal.influence_reason.clone()),
        needs: needs(conn, goal.id)?,
        plan: goal.resources_plan.clone(),
        contributors: contributors::counts(conn, goal.id)?,
    };
    Ok(achievability::test(&facts, goal.proposed_at.unwrap_or(now).date()))
}

/// Needs that are recorded for a goal and its objectives, and how many of them are covered by pledges or have a plan of
/// their own.
fn needs(conn: &mut Conn, goal: GoalId) -> Result<(usize, usize)> {
    let found = needs_met_for_goal(conn, goal)?;
    Ok((found.needs, found.covered + found.planned))
}

/// Refuses to propose a goal that does not pass, where nobody said why it should be tried nevertheless.
///
/// # Errors
/// 409 `goal_not_achievable` with the questions that are answered with no.
pub fn demand_achievable(conn: &mut Conn, goal: &Goal, of: &[Objective], now: Instant) -> Result<()> {
    let tested = achievability(conn, goal, of, now)?;
    if tested.is_passed || goal.override_reason.is_some() {
        return Ok(());
    }
    let detail = format!(
        "{} of {} questions are answered with yes, and {} have to be. Mend the goal, or say in override_reason why it should be tried nevertheless.",
        tested.yes,
        tested.answers.len(),
        tested.needed
    );
    Err(Error::new(Code::GoalNotAchievable, detail).with_missing(tested.unmet()))
}
