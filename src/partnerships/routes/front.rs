//! What a partnership's own page begins with: where it stands, who leads it, what it is for, and what waits for the reader.

use serde::Serialize;
use utoipa::ToSchema;

use super::faces::{LeaderShown, OwnPart, leaders, own};
use super::goals::subject;
use super::progress::{GoalProgress, goal_progress_of};
use crate::accounts::{Actor, people};
use crate::ids::{GoalId, PartnershipId};
use crate::partnerships::formation::{FormationItem, formation};
use crate::partnerships::model::{MissionId, PartnershipState};
use crate::partnerships::policy::{Action, allows};
use crate::partnerships::queries::formation::facts;
use crate::partnerships::queries::{goals, missions, seats};
use crate::partnerships::standing::Scoped;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::platform::text::Day;

/// How far a partnership has been formed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormationGist {
    /// Done items of the checklist by all that are not waived, 0 to 1.
    progress: f64,
    /// The first open item whose dependencies are done.
    next_step: Option<FormationItem>,
    /// Items that are open.
    missing: Vec<FormationItem>,
}

/// The mission that counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct MissionGist {
    /// The mission.
    id: MissionId,
    /// What the partnership is for.
    text: String,
}

/// The current goal.
#[derive(Debug, Serialize, ToSchema)]
pub struct GoalGist {
    /// The goal.
    id: GoalId,
    /// In a line.
    title: String,
    /// When it is to be reached.
    target_on: Day,
    /// How it stands today.
    progress: GoalProgress,
}

/// The beginning of a partnership's page, as much of it as the reader may see.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartnershipFront {
    /// The partnership.
    id: PartnershipId,
    /// Its name.
    name: String,
    /// The stage of its life.
    state: PartnershipState,
    /// Whether a side that had to be led is not; `null` for readers from outside.
    leadership_gap: Option<bool>,
    /// How far it has been formed; `null` for readers from outside.
    formation: Option<FormationGist>,
    /// Its leaders; `null` for readers from outside.
    leaders: Option<Vec<LeaderShown>>,
    /// The mission that counts; `null` for readers from outside.
    mission: Option<MissionGist>,
    /// The current goal; while it is being decided on, for those inside alone.
    goal: Option<GoalGist>,
    /// Your own part in it.
    own: OwnPart,
    /// Changes with every change of the partnership itself.
    version: i64,
}

/// The beginning of a partnership's page, in a number of statements that nothing makes greater.
///
/// # Errors
/// When the database can't be asked.
pub fn front(conn: &mut Conn, actor: &Actor, scoped: &Scoped, now: Instant) -> Result<PartnershipFront> {
    let (partnership, standing) = (&scoped.partnership, &scoped.standing);
    let goal = goals::current(conn, partnership.id)?
        .filter(|goal| allows(actor, standing, subject(actor, goal), Action::GetGoal) == Decision::Allow);
    let goal = match goal {
        Some(goal) => Some(GoalGist {
            id: goal.id,
            title: goal.title.clone(),
            target_on: Day(goal.target_on),
            progress: goal_progress_of(conn, &goal, now)?,
        }),
        None => None,
    };
    let mut front = PartnershipFront {
        id: partnership.id,
        name: partnership.name.clone(),
        state: partnership.state,
        leadership_gap: None,
        formation: None,
        leaders: None,
        mission: None,
        goal,
        own: own(standing),
        version: partnership.version,
    };
    if standing.is_inside() || standing.is_founder {
        let seats = seats::active(conn, partnership.id)?;
        let people = people(conn, seats.iter().map(|seat| seat.account_id))?;
        let checklist = formation(&facts(conn, partnership, now.date())?);
        front.leadership_gap = Some(super::faces::is_unled(partnership, &seats));
        front.leaders = Some(leaders(&seats, &people));
        front.formation = Some(FormationGist {
            progress: checklist.progress,
            next_step: checklist.next_step,
            missing: checklist.missing,
        });
        let mission = missions::adopted(conn, partnership.id)?;
        front.mission = mission.map(|mission| MissionGist { id: mission.id, text: mission.text });
    }
    Ok(front)
}
