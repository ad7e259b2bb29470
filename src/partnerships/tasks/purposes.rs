//! What tasks serve, as far as their readers may know of it: a task that everybody inside sees may serve a goal in the making,
//! which is its author's and the leaders'.

use std::collections::HashSet;

use super::model::{Task, TaskPurpose};
use super::queries::tasks;
use crate::accounts::Actor;
use crate::ids::{GoalId, PartnershipId};
use crate::partnerships::model::{Goal, ObjectiveId};
use crate::partnerships::policy::sees_goal;
use crate::partnerships::queries::{goals, objectives};
use crate::partnerships::resources::{NeedId, seen_needs};
use crate::partnerships::routes::subject_of_goal;
use crate::partnerships::standing::Standing;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::Result;

/// What of that which these tasks serve the actor sees; one statement for each kind. `standing` says how the actor stands
/// towards a partnership of theirs.
pub fn seen(
    conn: &mut Conn,
    actor: &Actor,
    rows: &[Task],
    standing: &impl Fn(PartnershipId) -> Option<Standing>,
) -> Result<HashSet<AnyId>> {
    let of = |kind: TaskPurpose| -> Vec<AnyId> {
        rows.iter().filter(|task| task.purpose == kind).filter_map(|task| task.purpose_ref).collect()
    };
    let is_seen = |goal: &Goal| {
        standing(goal.partnership_id).is_some_and(|standing| sees_goal(&standing, subject_of_goal(actor, goal)))
    };
    // What follows from decisions is written once they were adopted: they were discussed then, before everybody inside.
    let mut seen: HashSet<AnyId> = of(TaskPurpose::Decision).into_iter().collect();
    let taken_on = rows.iter().filter(|task| task.purpose == TaskPurpose::ActionItem);
    // A task that is private was taken on at a meeting that is for leaders and officials.
    let taken_on = taken_on
        .filter(|task| !task.is_private() || standing(task.partnership_id).is_some_and(|own| own.sees_drafts()));
    seen.extend(taken_on.filter_map(|task| task.purpose_ref));
    let wanted = of(TaskPurpose::Goal).into_iter().map(|id| GoalId(id.0)).collect();
    let found = goals::find_all(conn, wanted)?;
    seen.extend(found.iter().filter(|goal| is_seen(goal)).map(|goal| AnyId(goal.id.0)));
    let wanted = of(TaskPurpose::Objective).into_iter().map(|id| ObjectiveId(id.0)).collect();
    let found = objectives::find_with_goals(conn, wanted)?;
    seen.extend(found.iter().filter(|(_, goal)| is_seen(goal)).map(|(id, _)| AnyId(id.0)));
    let wanted = of(TaskPurpose::Need).into_iter().map(|id| NeedId(id.0)).collect();
    seen.extend(seen_needs(conn, actor, wanted, standing)?.into_iter().map(|id| AnyId(id.0)));
    Ok(seen)
}

/// The same id for a filter, where the actor sees what it names; otherwise one that nothing has.
pub fn asked_for(
    conn: &mut Conn,
    actor: &Actor,
    of: PartnershipId,
    id: AnyId,
    standing: &impl Fn(PartnershipId) -> Option<Standing>,
) -> Result<AnyId> {
    let serving: Vec<Task> = tasks::one_serving(conn, of, id)?.into_iter().collect();
    let is_seen = seen(conn, actor, &serving, standing)?.contains(&id);
    Ok(if is_seen { id } else { AnyId(uuid::Uuid::nil()) })
}
