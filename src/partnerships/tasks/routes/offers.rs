//! Looking for people, asking them, and their answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::{Ctx, PersonRef, Side, people};
use crate::directory::zone_of_agency;
use crate::ids::{AccountId, TaskId};
use crate::partnerships::queries::members::active_members;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::partnerships::tasks::feasibility::{Conditions, Obstacle, obstacles};
use crate::partnerships::tasks::matching::Match;
use crate::partnerships::tasks::model::{
    AssignmentBasis, Task, TaskAssignment, TaskOffer, TaskOfferId, TaskOfferState, TaskState,
};
use crate::partnerships::tasks::policy::Action;
use crate::partnerships::tasks::queries::fits::{self, Asked};
use crate::partnerships::tasks::queries::tasks::{self as rows, TaskChanges};
use crate::partnerships::tasks::queries::{assignments, candidates, offers};
use crate::partnerships::tasks::routes::shown::{Held, TaskDetail, find_for, one};
use crate::partnerships::tasks::told::on_task;
use crate::partnerships::tasks::{ANSWER_WITHIN, events};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Listing, Page, PageParams, Path, Reply, Valid};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::Prose;

/// Somebody who fits a task.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskCandidate {
    /// The account.
    id: AccountId,
    /// Who.
    person: Option<PersonRef>,
    /// How well, with the parts and the reasons.
    #[serde(rename = "match")]
    matched: Match,
    /// Whether nothing stands in the way now. Never changes the score.
    feasible: bool,
    /// What stands in the way.
    why: Vec<Obstacle>,
    /// Tasks in which the person has led others here: whoever led fewer comes first among equals.
    led_tasks: i64,
    /// When the person was last asked for anything: whoever was not asked for longer comes first among equals.
    last_asked_at: Option<Instant>,
}

/// Whom to ask.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferTask {
    /// A member.
    account_id: AccountId,
    /// Why this person, where neither skill, interest, growth nor office speaks for them; not kept otherwise.
    reason: Option<Prose<3, 500>>,
}
impl Check for OfferTask {}

/// Lists members who fit a task, the best first.
///
/// Each score comes with its parts. Members in whom no skill and no interest fits are not suggested; they can come forward.
/// Availability, hours, language and when somebody was last asked only say whether it is feasible now.
#[utoipa::path(get, path = "/tasks/{task_id}/candidates",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), PageParams),
    responses((status = 200, body = Page<TaskCandidate>)))]
pub async fn list_task_candidates(ctx: Ctx, id: Path<TaskId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (held, scoped) = find_for(conn, actor, id.0, Action::ListTaskCandidates, Purpose::Read, now)?;
        let page = candidates::list(conn, &held.task, &listing, now)?;
        let ids: Vec<AccountId> = page.items.iter().map(|row| row.account_id).collect();
        let (mut skills, mut topics) = rows::asked_for(conn, &[id.0])?;
        let (skills, topics) = (skills.remove(&id.0).unwrap_or_default(), topics.remove(&id.0).unwrap_or_default());
        let asked = Asked { task: &held.task, skills: &skills, topics: &topics };
        let mut fits = fits::fits(conn, &asked, &ids, now)?;
        let mut circumstances = fits::circumstances(conn, &held.task, &ids, now)?;
        let conditions = conditions(conn, &scoped, &held.task)?;
        let mut people = people(conn, ids)?;
        Ok(page.map(|row| {
            let fit = fits.remove(&row.account_id).unwrap_or_default();
            let (person, last_asked_at) = circumstances.remove(&row.account_id).unwrap_or_default();
            let why = obstacles(&conditions, &person);
            TaskCandidate {
                id: row.account_id,
                person: people.remove(&row.account_id),
                matched: fit.matched(),
                feasible: why.is_empty(),
                why,
                led_tasks: row.led,
                last_asked_at,
            }
        }))
    })
    .await
}

/// What a task needs of whoever does it, beside skills.
fn conditions(conn: &mut Conn, scoped: &Scoped, task: &Task) -> Result<Conditions> {
    let zone = zone_of_agency(conn, scoped.partnership.host_agency_id)?;
    let local = |at: Instant| at.utc().with_timezone(&zone.0).naive_local();
    Ok(Conditions {
        slot: task.slot().map(|(starts, ends)| (local(starts), local(ends))),
        effort_hours: task.effort_hours,
        language: task.language.clone(),
        police_role: task.police_role,
    })
}

/// The strongest basis that is true for giving a task to this person.
pub fn basis(
    conn: &mut Conn,
    task: &Task,
    person: (AccountId, Side),
    volunteered: bool,
    now: Instant,
) -> Result<AssignmentBasis> {
    let (mut skills, mut topics) = rows::asked_for(conn, &[task.id])?;
    let (skills, topics) = (skills.remove(&task.id).unwrap_or_default(), topics.remove(&task.id).unwrap_or_default());
    let fit = fits::fit_of(conn, &Asked { task, skills: &skills, topics: &topics }, person.0, now)?;
    Ok(fit.basis(volunteered, person.1, task.police_role))
}

/// Offers a task to a member.
///
/// The person has five days to accept. Nobody is asked twice within seven days, for anything, unless they want to be.
#[utoipa::path(post, path = "/tasks/{task_id}/offer",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    request_body = OfferTask, responses((status = 200, body = TaskDetail)))]
pub async fn offer_task(ctx: Ctx, id: Path<TaskId>, if_match: IfMatch, body: Valid<OfferTask>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (held, scoped) = find_for(tx, actor, id.0, Action::OfferTask, Purpose::Change, now)?;
        if_match.demand(held.task.version)?;
        scoped.demand_live()?;
        held.task.state.demand(TaskState::Offered)?;
        let OfferTask { account_id, reason } = body.0;
        let member = active_members(tx, held.task.partnership_id, &[account_id])?.pop();
        let person = member
            .ok_or_else(|| Error::field("/account_id", FieldCode::NotFound, "is not a member of the partnership"))?;
        offers::hold(tx, account_id)?;
        if let Some(last) = fits::asked_too_recently(tx, account_id, now)? {
            let detail = format!("The person was last asked on {}; ask again seven days later.", last.date());
            return Err(Error::conflict(detail));
        }
        demand_no_mentor(&held.task, account_id)?;
        let basis = basis(tx, &held.task, person, false, now)?;
        let reason: Option<String> = reason.filter(|_| basis == AssignmentBasis::AvailabilityOnly).map(Into::into);
        if basis == AssignmentBasis::AvailabilityOnly && reason.is_none() {
            let message = "is needed: neither skill, interest, growth nor office speaks for this person";
            return Err(Error::field("/reason", FieldCode::Required, message));
        }
        let offer = TaskOffer {
            id: TaskOfferId::new(),
            task_id: id.0,
            account_id,
            offered_by_id: by,
            basis,
            basis_reason: reason,
            state: TaskOfferState::Open,
            expires_at: now.plus(ANSWER_WITHIN),
            created_at: now,
        };
        offers::insert(tx, &offer)?;
        let task = rows::update(tx, &held.task, TaskChanges::to(TaskState::Offered), now)?;
        let entry = on_task(events::OFFERED, &task);
        let shown = one(tx, actor, &scoped, task, &state.config.volunteering, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Takes an offer back.
#[utoipa::path(post, path = "/tasks/{task_id}/withdraw-offer",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    responses((status = 200, body = TaskDetail)))]
pub async fn withdraw_task_offer(ctx: Ctx, id: Path<TaskId>, if_match: IfMatch) -> Result<Reply> {
    open_again(ctx, id.0, if_match, Action::WithdrawTaskOffer).await
}

/// Declines a task that you were asked for.
///
/// It is open again. That you declined is not kept with you or with the task.
#[utoipa::path(post, path = "/tasks/{task_id}/decline",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    responses((status = 200, body = TaskDetail)))]
pub async fn decline_task(ctx: Ctx, id: Path<TaskId>, if_match: IfMatch) -> Result<Reply> {
    open_again(ctx, id.0, if_match, Action::DeclineTask).await
}

async fn open_again(ctx: Ctx, id: TaskId, if_match: IfMatch, action: Action) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (held, scoped) = find_for(tx, actor, id, action, Purpose::Change, now)?;
        if_match.demand(held.task.version)?;
        scoped.demand_unclosed()?;
        if held.offer.is_none() {
            return Err(Error::conflict("The task is not offered to anybody."));
        }
        held.task.state.demand(TaskState::Open)?;
        offers::close(tx, id, TaskOfferState::Ended)?;
        let task = rows::update(tx, &held.task, TaskChanges::to(TaskState::Open), now)?;
        let entry = on_task(events::REOPENED, &task);
        let shown = one(tx, actor, &scoped, task, &state.config.volunteering, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Accepts a task that you were asked for.
#[utoipa::path(post, path = "/tasks/{task_id}/accept",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    responses((status = 200, body = TaskDetail)))]
pub async fn accept_task(ctx: Ctx, id: Path<TaskId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (held, scoped) = find_for(tx, actor, id.0, Action::AcceptTask, Purpose::Change, now)?;
        if_match.demand(held.task.version)?;
        scoped.demand_live()?;
        let side = member_side(&scoped)?;
        let Held { task, offer, .. } = held;
        let offer = offer.filter(|offer| offer.expires_at > now);
        let offer = offer.ok_or_else(|| Error::conflict("The offer has run out; the task is open again."))?;
        offers::close(tx, id.0, TaskOfferState::Accepted)?;
        let given = Given { person: (offer.account_id, side), basis: offer.basis, reason: offer.basis_reason };
        let task = take_on(tx, &task, given, now)?;
        let entry = on_task(events::ACCEPTED, &task).fact("basis", offer.basis.as_str());
        let shown = one(tx, actor, &scoped, task, &state.config.volunteering, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Comes forward for an open task, and has it.
#[utoipa::path(post, path = "/tasks/{task_id}/volunteer",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    responses((status = 200, body = TaskDetail)))]
pub async fn volunteer_for_task(ctx: Ctx, id: Path<TaskId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let me = actor.person()?.id;
        let (held, scoped) = find_for(tx, actor, id.0, Action::VolunteerForTask, Purpose::Change, now)?;
        if_match.demand(held.task.version)?;
        scoped.demand_live()?;
        if held.task.state != TaskState::Open {
            return Err(Error::conflict(format!(
                "The task is {}; one comes forward for an open one.",
                held.task.state
            )));
        }
        demand_no_mentor(&held.task, me)?;
        let person = (me, member_side(&scoped)?);
        let basis = basis(tx, &held.task, person, true, now)?;
        let task = take_on(tx, &held.task, Given { person, basis, reason: None }, now)?;
        let entry = on_task(events::ACCEPTED, &task).fact("basis", basis.as_str());
        let shown = one(tx, actor, &scoped, task, &state.config.volunteering, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// A mentor is another person than whoever learns from them (`domain/20` 6.9).
fn demand_no_mentor(task: &Task, person: AccountId) -> Result<()> {
    match task.mentor_id == Some(person) {
        true => Err(Error::conflict("The mentor of a task is another person than whoever does it.")),
        false => Ok(()),
    }
}

/// Whoever takes a task on is a member.
fn member_side(scoped: &Scoped) -> Result<Side> {
    let membership = scoped.standing.membership.as_ref();
    membership.map(|membership| membership.side).ok_or_else(|| Error::forbidden("Tasks are taken on by members."))
}

/// Who gets a task, and why.
struct Given {
    person: (AccountId, Side),
    basis: AssignmentBasis,
    reason: Option<String>,
}

/// The task is theirs.
fn take_on(conn: &mut Conn, task: &Task, given: Given, now: Instant) -> Result<Task> {
    task.state.demand(TaskState::Accepted)?;
    let (account_id, side) = given.person;
    offers::hold(conn, account_id)?;
    assignments::insert(
        conn,
        &TaskAssignment {
            task_id: task.id,
            partnership_id: task.partnership_id,
            account_id,
            side,
            basis: given.basis,
            basis_reason: given.reason,
            leads_others: task.leads_others,
            effort_hours: task.effort_hours,
            starts_at: task.starts_at,
            ends_at: task.ends_at,
            overlap_allowed: task.overlap_reason.is_some(),
            accepted_at: now,
            started_at: None,
            done_at: None,
            quarters_claimed: None,
            quarters_confirmed: None,
            verified_by_id: None,
            verified_at: None,
        },
    )?;
    rows::update(conn, task, TaskChanges::to(TaskState::Accepted), now)
}

crate::operations! {
    list_task_candidates,
    offer_task,
    withdraw_task_offer,
    decline_task,
    accept_task,
    volunteer_for_task,
}
