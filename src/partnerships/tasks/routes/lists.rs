//! Reading tasks: a partnership's, one's own, one.

use std::collections::HashMap;

use serde::Deserialize;
use utoipa::IntoParams;

use crate::accounts::Ctx;
use crate::ids::{AccountId, PartnershipId, TaskId};
use crate::partnerships::standing::{Purpose, Scoped, Standing, own_places};
use crate::partnerships::tasks::model::{PoliceRole, TaskPurpose, TaskState};
use crate::partnerships::tasks::policy::{self, Action, WHOLE};
use crate::partnerships::tasks::purposes;
use crate::partnerships::tasks::queries::served::{self, TaskRelation};
use crate::partnerships::tasks::queries::tasks::{self as rows, Wanted};
use crate::partnerships::tasks::routes::shown::{TaskDetail, detailed, find_for, one};
use crate::platform::db::AnyId;
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page, PageParams, Path, Reply};
use crate::platform::text::{Day, Line, fold};

/// Which tasks of a partnership to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TaskFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<TaskState>,
    /// `true`: the archive of verified and cancelled ones; `false`: what is under way. All where nothing is said.
    archived: Option<bool>,
    /// That serve something of this kind.
    #[param(inline)]
    purpose: Option<TaskPurpose>,
    /// That serve this goal, objective, need, decision or action item; none where you don't see it.
    #[param(inline)]
    purpose_id: Option<AnyId>,
    /// That the police have this part in.
    #[param(inline)]
    police_role: Option<PoliceRole>,
    /// In which one leads others, or not.
    leads_others: Option<bool>,
    /// That this person has taken on.
    #[param(inline)]
    assignee_id: Option<AccountId>,
    /// That require this skill.
    #[param(inline)]
    skill: Option<Line<1, 60>>,
    /// That are about this topic.
    #[param(inline)]
    topic: Option<Line<1, 60>>,
    /// That are due by then.
    #[param(inline)]
    due_by: Option<Day>,
}

/// Which of one's own tasks to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OwnTaskFilter {
    /// How they are yours; `assigned` where nothing is said.
    #[param(inline)]
    relation: Option<TaskRelation>,
    /// `true`: the archive of verified and cancelled ones.
    #[serde(default)]
    archived: bool,
}

/// Lists a partnership's tasks, newest first.
///
/// Drafts are listed for whoever wrote them and for leaders; what was taken on at a meeting of leaders for these, and for
/// whoever has it or is asked.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/tasks",
    tag = "tasks", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), TaskFilter, PageParams),
    responses((status = 200, body = Page<TaskDetail>)))]
pub async fn list_tasks(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<TaskFilter>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let me = actor.person()?.id;
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::ListTasks)?;
        let leads = scoped.standing.seat.is_some();
        let standing = |_: PartnershipId| Some(scoped.standing);
        let filter = &listing.filter;
        let purpose_ref = match filter.purpose_id {
            Some(named) => Some(purposes::asked_for(conn, actor, id.0, named, &standing)?),
            None => None,
        };
        let wanted = Wanted {
            state: filter.state,
            archived: filter.archived,
            purpose: filter.purpose,
            purpose_ref,
            police_role: filter.police_role,
            leads_others: filter.leads_others,
            assignee: filter.assignee_id,
            skill: filter.skill.as_ref().map(|skill| fold(skill.as_str())),
            topic: filter.topic.as_ref().map(|topic| fold(topic.as_str())),
            due_by: filter.due_by.map(|day| day.0),
            seen_by: (!leads).then_some(me),
        };
        let mut page = rows::list(conn, id.0, &wanted, &listing)?;
        let found = std::mem::take(&mut page.items);
        let items = detailed(conn, found, standing, (actor, &state.config.volunteering, now))?;
        Ok(page.with_items(items))
    })
    .await
}

/// Lists your own tasks, newest first: those that you have taken on, are asked for, wrote, or lead others in.
#[utoipa::path(get, path = "/account/tasks",
    tag = "tasks", security(("bearer" = [])), params(OwnTaskFilter, PageParams),
    responses((status = 200, body = Page<TaskDetail>)))]
pub async fn list_own_tasks(ctx: Ctx, listing: Listing<OwnTaskFilter>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let me = actor.person()?.id;
        let relation = listing.filter.relation.unwrap_or(TaskRelation::Assigned);
        let mut page = served::list_own(conn, me, relation, listing.filter.archived, &listing)?;
        let found = std::mem::take(&mut page.items);
        let places = own_places(conn, actor, now)?;
        let places: HashMap<PartnershipId, Standing> =
            places.into_iter().map(|place| (place.partnership.id, place.standing)).collect();
        let standing = |of: PartnershipId| places.get(&of).copied();
        let items = detailed(conn, found, standing, (actor, &state.config.volunteering, now))?;
        Ok(page.with_items(items))
    })
    .await
}

/// Reads a task.
#[utoipa::path(get, path = "/tasks/{task_id}",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task.")), responses((status = 200, body = TaskDetail)))]
pub async fn get_task(ctx: Ctx, id: Path<TaskId>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let (held, scoped) = find_for(conn, actor, id.0, Action::GetTask, Purpose::Read, now)?;
        one(conn, actor, &scoped, held.task, &state.config.volunteering, now)
    })
    .await
}

crate::operations! {
    list_tasks,
    list_own_tasks,
    get_task,
}
