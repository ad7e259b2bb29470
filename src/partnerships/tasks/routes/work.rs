//! Doing a task: giving it back, beginning, being done, confirming the hours.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::Ctx;
use crate::ids::TaskId;
use crate::partnerships::standing::Purpose;
use crate::partnerships::tasks::events;
use crate::partnerships::tasks::model::TaskState;
use crate::partnerships::tasks::policy::Action;
use crate::partnerships::tasks::queries::assignments::{self, AssignmentChanges};
use crate::partnerships::tasks::queries::tasks::{self as rows, TaskChanges};
use crate::partnerships::tasks::routes::shown::{TaskDetail, find_for, one};
use crate::partnerships::tasks::told::on_task;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Path, Reply, Valid, wrong};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::values::Quantity;

/// How long it took.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"hours": 2.5}))]
pub struct CompleteTask {
    /// Hours that it took, in quarters, at most 1000.
    #[schema(value_type = f64, minimum = 0, maximum = 1000, multiple_of = 0.25)]
    hours: Quantity,
}
impl Check for CompleteTask {
    fn check(&self, errors: &mut Vec<FieldError>) {
        check_hours(self.hours, errors);
    }
}

/// Hours that are confirmed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"hours": 2.5}))]
pub struct VerifyTask {
    /// Hours that are confirmed, in quarters, at most 1000; as claimed where nothing is said.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1000, multiple_of = 0.25)]
    hours: Option<Quantity>,
}
impl Check for VerifyTask {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if let Some(hours) = self.hours {
            check_hours(hours, errors);
        }
    }
}

fn check_hours(hours: Quantity, errors: &mut Vec<FieldError>) {
    if quarters(hours).is_none() {
        errors.push(wrong("/hours", FieldCode::OutOfRange, "must be quarters of an hour, from 0 to 1000 hours"));
    }
}

/// Quarters of an hour, for whole ones within bounds.
#[expect(clippy::cast_possible_truncation, reason = "whole and at most 4000, as was just seen")]
fn quarters(hours: Quantity) -> Option<i32> {
    let quarters = hours.get() * 4.0;
    ((0.0..=4000.0).contains(&quarters) && quarters.fract() == 0.0).then_some(quarters as i32)
}

/// Gives back a task that you have taken on.
///
/// It is open again. That you had it is not kept with you or with the task. Leaders do it for whoever can't.
#[utoipa::path(post, path = "/tasks/{task_id}/return",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    responses((status = 200, body = TaskDetail)))]
pub async fn return_task(ctx: Ctx, id: Path<TaskId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (held, scoped) = find_for(tx, actor, id.0, Action::ReturnTask, Purpose::Change, now)?;
        if_match.demand(held.task.version)?;
        scoped.demand_unclosed()?;
        if held.assignment.is_none() {
            return Err(Error::conflict("Nobody has taken the task on."));
        }
        held.task.state.demand(TaskState::Open)?;
        assignments::delete(tx, id.0)?;
        let task = rows::update(tx, &held.task, TaskChanges::to(TaskState::Open), now)?;
        let entry = on_task(events::REOPENED, &task);
        let shown = one(tx, actor, &scoped, task, &state.config.volunteering, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Begins work on a task.
#[utoipa::path(post, path = "/tasks/{task_id}/start",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    responses((status = 200, body = TaskDetail)))]
pub async fn start_task(ctx: Ctx, id: Path<TaskId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (held, scoped) = find_for(tx, actor, id.0, Action::StartTask, Purpose::Change, now)?;
        if_match.demand(held.task.version)?;
        scoped.demand_live()?;
        held.task.state.demand(TaskState::InProgress)?;
        assignments::update(tx, id.0, AssignmentChanges { started_at: Some(now), ..AssignmentChanges::default() })?;
        let task = rows::update(tx, &held.task, TaskChanges::to(TaskState::InProgress), now)?;
        let entry = on_task(events::STARTED, &task);
        let shown = one(tx, actor, &scoped, task, &state.config.volunteering, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Says that a task is done, and how long it took.
#[utoipa::path(post, path = "/tasks/{task_id}/complete",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    request_body = CompleteTask, responses((status = 200, body = TaskDetail)))]
pub async fn complete_task(ctx: Ctx, id: Path<TaskId>, if_match: IfMatch, body: Valid<CompleteTask>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (held, scoped) = find_for(tx, actor, id.0, Action::CompleteTask, Purpose::Change, now)?;
        if_match.demand(held.task.version)?;
        scoped.demand_live()?;
        held.task.state.demand(TaskState::Done)?;
        let changes = AssignmentChanges {
            done_at: Some(now),
            quarters_claimed: quarters(body.0.hours),
            ..AssignmentChanges::default()
        };
        assignments::update(tx, id.0, changes)?;
        let task = rows::update(tx, &held.task, TaskChanges::to(TaskState::Done), now)?;
        let entry = on_task(events::DONE, &task);
        let shown = one(tx, actor, &scoped, task, &state.config.volunteering, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Confirms that a task is done, and its hours.
///
/// For whoever wrote the task and for leaders; nobody confirms their own hours.
#[utoipa::path(post, path = "/tasks/{task_id}/verify",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    request_body = VerifyTask, responses((status = 200, body = TaskDetail)))]
pub async fn verify_task(ctx: Ctx, id: Path<TaskId>, if_match: IfMatch, body: Valid<VerifyTask>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (held, scoped) = find_for(tx, actor, id.0, Action::VerifyTask, Purpose::Change, now)?;
        if_match.demand(held.task.version)?;
        scoped.demand_live()?;
        held.task.state.demand(TaskState::Verified)?;
        let claimed = held.assignment.and_then(|assignment| assignment.quarters_claimed);
        let confirmed = body.0.hours.and_then(quarters).or(claimed);
        let changes = AssignmentChanges {
            quarters_confirmed: Some(confirmed.ok_or_else(|| Error::fault("a task is done by nobody"))?),
            verified_by_id: Some(by),
            verified_at: Some(now),
            ..AssignmentChanges::default()
        };
        assignments::update(tx, id.0, changes)?;
        let changes = TaskChanges { closed_at: Some(Some(now)), ..TaskChanges::to(TaskState::Verified) };
        let task = rows::update(tx, &held.task, changes, now)?;
        let entry = on_task(events::VERIFIED, &task);
        let shown = one(tx, actor, &scoped, task, &state.config.volunteering, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

crate::operations! {
    return_task,
    start_task,
    complete_task,
    verify_task,
}
