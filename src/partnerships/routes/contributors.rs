//! Who works for a goal, by name. Both sides have somebody: a question of the achievability test.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::{Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, GoalId};
use crate::partnerships::adoption::{Pending, Proposer};
use crate::partnerships::events;
use crate::partnerships::model::{Contributor, ContributorId, Goal};
use crate::partnerships::policy::Action;
use crate::partnerships::queries::contributors;
use crate::partnerships::queries::members::active_side;
use crate::partnerships::routes::goals::find_for;
use crate::partnerships::standing::Purpose;
use crate::platform::clock::Instant;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::{API, Check, Created, Found, NoContent, Path, Reply, Valid};
use crate::platform::record::{Kind, Visibility};
use crate::platform::text::Line;

/// People who can be named for one goal at most.
const MOST: usize = 20;

/// Who works for a goal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NameContributor {
    /// A member.
    account_id: AccountId,
    /// What the person does for it.
    part: Option<Line<3, 150>>,
}
impl Check for NameContributor {}

/// Somebody who works for a goal.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContributorDetail {
    /// The entry.
    id: ContributorId,
    /// For which goal.
    goal_id: GoalId,
    /// Who.
    person: Option<PersonRef>,
    /// On which side.
    side: Side,
    /// What the person does for it.
    part: Option<String>,
    /// When the person was named.
    created_at: Instant,
}

/// Everybody who works for a goal: never more than twenty.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contributors {
    /// In the order in which they were named.
    items: Vec<ContributorDetail>,
}

fn shown(row: Contributor, person: Option<PersonRef>) -> ContributorDetail {
    ContributorDetail {
        id: row.id,
        goal_id: row.goal_id,
        person,
        side: row.side,
        part: row.part,
        created_at: row.created_at,
    }
}

fn demand_unfinished(goal: &Goal) -> Result<()> {
    if goal.is_changeable() || goal.state.is_pursued() {
        Ok(())
    } else {
        Err(Error::conflict(format!("The goal is {}; nobody works for it any more.", goal.state)))
    }
}

/// Names a member who works for a goal.
///
/// Twenty at most. While the goal is being decided on, its decision gets a new version of the text.
#[utoipa::path(post, path = "/goals/{goal_id}/contributors",
    tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal.")),
    request_body = NameContributor, responses((status = 201, body = ContributorDetail)))]
pub async fn name_contributor(ctx: Ctx, id: Path<GoalId>, body: Valid<NameContributor>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (goal, scoped) = find_for(tx, actor, id.0, Action::NameContributor, Purpose::Change, now)?;
        scoped.demand_live()?;
        demand_unfinished(&goal)?;
        let NameContributor { account_id, part } = body.0;
        let side = active_side(tx, goal.partnership_id, account_id)?
            .ok_or_else(|| Error::field("/account_id", FieldCode::NotFound, "there is no such member here"))?;
        if contributors::of_goal(tx, id.0)?.len() >= MOST {
            return Err(Error::conflict("Twenty members are named for the goal already."));
        }
        let row = Contributor {
            id: ContributorId::new(),
            goal_id: id.0,
            account_id,
            side,
            part: part.map(Into::into),
            named_by_id: by,
            created_at: now,
        };
        let pending = Pending::goal(tx, &goal)?;
        contributors::insert(tx, &row)?;
        pending.renew_goal(tx, &Proposer { state: &state, actor, scoped: &scoped }, &goal)?;
        let event =
            told(events::CONTRIBUTOR_NAMED, &goal).on(id.0.0).within(goal.partnership_id.0).fact("side", side.as_str());
        let location = format!("{API}/goals/{}/contributors", id.0);
        let person = people(tx, [account_id])?.remove(&account_id);
        tx.recorded(event, Created { value: shown(row, person), location, version: None })
    })
    .await
}

/// Something that happened to a goal; of one in the making, leaders are told.
fn told(kind: Kind, goal: &Goal) -> Kind {
    if goal.is_published() || goal.is_being_decided() { kind } else { kind.within_sight_of(Visibility::Leaders) }
}

/// Lists the members who work for a goal.
///
/// There are at most twenty, so there is one page.
#[utoipa::path(get, path = "/goals/{goal_id}/contributors",
    tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal.")),
    responses((status = 200, body = Contributors)))]
pub async fn list_contributors(ctx: Ctx, id: Path<GoalId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        find_for(conn, actor, id.0, Action::ListContributors, Purpose::Read, now)?;
        let rows = contributors::of_goal(conn, id.0)?;
        let mut people = people(conn, rows.iter().map(|row| row.account_id))?;
        let items = rows
            .into_iter()
            .map(|row| {
                let person = people.remove(&row.account_id);
                shown(row, person)
            })
            .collect();
        Ok(Found(Contributors { items }))
    })
    .await
}

/// Takes the name of somebody who does not work for a goal any more.
///
/// Leaders and whoever wrote the goal can; everybody can take the own name.
#[utoipa::path(delete, path = "/goals/{goal_id}/contributors/{account_id}",
    tag = "goals", security(("bearer" = [])), 
    params(("goal_id" = GoalId, Path, description = "The goal."),
        ("account_id" = AccountId, Path, description = "The member.")),
    responses((status = 204, description = "The member is not named any more.")))]
pub async fn remove_contributor(ctx: Ctx, ids: Path<(GoalId, AccountId)>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (id, account) = ids.0;
        let own = actor.id() == Some(account);
        let action = if own { Action::ListContributors } else { Action::RemoveContributor };
        let (goal, scoped) = find_for(tx, actor, id, action, Purpose::Change, now)?;
        scoped.demand_live()?;
        demand_unfinished(&goal)?;
        let pending = Pending::goal(tx, &goal)?;
        if !contributors::delete(tx, id, account)? {
            return Err(Error::not_found());
        }
        pending.renew_goal(tx, &Proposer { state: &state, actor, scoped: &scoped }, &goal)?;
        let event = told(events::CONTRIBUTOR_REMOVED, &goal).on(id.0).within(goal.partnership_id.0);
        tx.recorded(event, NoContent)
    })
    .await
}

crate::operations! {
    name_contributor,
    list_contributors,
    remove_contributor,
}
