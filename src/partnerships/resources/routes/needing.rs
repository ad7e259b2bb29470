//! Whose need it is: a goal's, directly or through an objective or a task.

use crate::accounts::Actor;
use crate::ids::{GoalId, TaskId};
use crate::partnerships::model::{Goal, GoalState, ObjectiveId};
use crate::partnerships::policy as partnership_policy;
use crate::partnerships::policy::sees_goal;
use crate::partnerships::queries::{goals, objectives};
use crate::partnerships::standing::Scoped;
use crate::partnerships::tasks::goal_served;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};

/// The goal that needs it, as far as the actor sees it.
pub fn needing(
    conn: &mut Conn,
    actor: &Actor,
    scoped: &Scoped,
    goal_id: Option<GoalId>,
    objective_id: Option<ObjectiveId>,
    task_id: Option<TaskId>,
) -> Result<Goal> {
    let (pointer, what) = match (objective_id, task_id) {
        (Some(_), _) => ("/objective_id", "objective"),
        (None, Some(_)) => ("/task_id", "task that is not done"),
        (None, None) => ("/goal_id", "goal"),
    };
    let absent = || Error::field(pointer, FieldCode::NotFound, format!("there is no such {what}"));
    let goal_id = match (goal_id, objective_id, task_id) {
        (Some(goal), ..) => goal,
        (None, Some(objective), _) => {
            let objective = objectives::find(conn, objective)?.filter(|o| o.withdrawn_at.is_none());
            objective.ok_or_else(absent)?.goal_id
        }
        (None, None, Some(task)) => {
            let of = scoped.partnership.id;
            let served = goal_served(conn, of, task)?.ok_or_else(absent)?;
            match served {
                Some(goal) => goal,
                None => {
                    goals::current(conn, of)?
                        .ok_or_else(|| Error::conflict("The task serves no goal, and there is no current one."))?
                        .id
                }
            }
        }
        (None, None, None) => return Err(absent()),
    };
    let goal = goals::find(conn, goal_id)?.filter(|goal| goal.partnership_id == scoped.partnership.id);
    let goal = goal.ok_or_else(absent)?;
    let face = match goal.state {
        _ if goal.is_published() => partnership_policy::GoalFace::Published,
        GoalState::Proposed => partnership_policy::GoalFace::Proposed,
        _ => partnership_policy::GoalFace::Draft,
    };
    let is_own = actor.id() == Some(goal.created_by_id);
    let seen =
        sees_goal(&scoped.standing, partnership_policy::Subject { is_own, goal: face, ..partnership_policy::WHOLE });
    if !seen {
        return Err(absent());
    }
    if goal.state.is_open() || goal.state.is_current() {
        return Ok(goal);
    }
    Err(Error::conflict(format!("The goal is {}; it needs nothing any more.", goal.state)))
}
