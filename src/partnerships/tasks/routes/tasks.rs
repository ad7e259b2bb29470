//! Writing, changing, opening and cancelling tasks.

use std::collections::HashSet;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::Ctx;
use crate::ids::{AccountId, GoalId, PartnershipId, TaskId};
use crate::partnerships::model::ObjectiveId;
use crate::partnerships::queries::members::is_active_member;
use crate::partnerships::resources::{self, NeedId};
use crate::partnerships::standing::{Purpose, Scoped};
use crate::partnerships::tasks::events;
use crate::partnerships::tasks::model::{
    PoliceRole, Task, TaskOfferState, TaskPurpose, TaskSkill, TaskState, TaskTopic,
};
use crate::partnerships::tasks::policy::{self, Action, WHOLE};
use crate::partnerships::tasks::queries::tasks::{self as rows, TaskChanges};
use crate::partnerships::tasks::queries::{assignments, offers, skills};
use crate::partnerships::tasks::routes::shown::{TaskDetail, find_for, one};
use crate::partnerships::tasks::told::on_task;
use crate::platform::clock::{Instant, hours};
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Path, Reply, Valid, wrong};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::text::{Day, Language, Line, Prose, fold};
use crate::platform::values::{Change, List, Patch, Whole};
use crate::text_enum;

text_enum! {
    /// What a task can be said to serve when it is written. Decisions and meetings make their tasks themselves.
    pub enum ChosenPurpose {
        /// A goal of the partnership.
        Goal = "goal",
        /// An objective of one of its goals.
        Objective = "objective",
        /// Something that one of its goals needs.
        Need = "need",
    }
}

/// What a task serves.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurposeLink {
    /// Of which kind.
    kind: ChosenPurpose,
    /// Which.
    id: AnyId,
}

/// A skill that a task requires.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredSkill {
    /// What; a skill that the group's list does not have is added to it.
    skill: Line<1, 60>,
    /// From which level on: 1 aware, 2 can help, 3 can do alone, 4 can teach.
    min_level: Whole<1, 4>,
    /// `true`: the task can't be done without it.
    #[serde(default)]
    essential: bool,
}

/// A task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Interpret at the lamp walk", "description": "Walk along and put questions and answers into Spanish.",
    "required_skills": [{"skill": "Spanish interpreting", "min_level": 3, "essential": true}],
    "topics": ["Street lighting"], "effort_hours": 3, "due_on": "2027-03-20",
    "starts_at": "2027-03-19T00:00:00Z", "ends_at": "2027-03-19T03:00:00Z", "place": "Armourdale Recreation Center",
    "language": "es", "police_role": "support", "leads_others": false
}))]
pub struct CreateTask {
    /// What is to be done, in a line.
    title: Line<3, 150>,
    /// What that means, and how everybody will know that it is done.
    description: Prose<3, 2000>,
    /// What it serves; the partnership as a whole where nothing is said.
    purpose: Option<PurposeLink>,
    /// Skills that it requires; each once.
    #[serde(default)]
    required_skills: List<RequiredSkill, 0, 10>,
    /// What it is about; each once.
    #[serde(default)]
    topics: List<Line<1, 60>, 0, 10>,
    /// Hours that it will take.
    effort_hours: Whole<1, 500>,
    /// The day by which it is to be done.
    due_on: Option<Day>,
    /// When it begins, for a task at a fixed time; goes with `ends_at`.
    starts_at: Option<Instant>,
    /// When it ends, at most 24 hours later.
    ends_at: Option<Instant>,
    /// Where.
    place: Option<Line<1, 200>>,
    /// The language that whoever does it needs.
    language: Option<Language>,
    /// What the police do; `none` where nothing is said.
    police_role: Option<PoliceRole>,
    /// Whether whoever does it leads others.
    #[serde(default)]
    leads_others: bool,
    /// A member who helps whoever learns by it.
    mentor_id: Option<AccountId>,
    /// `true` keeps it a draft, for you and the leaders.
    #[serde(default)]
    draft: bool,
}
impl Check for CreateTask {
    fn check(&self, errors: &mut Vec<FieldError>) {
        check_lists(Some(&self.required_skills), Some(&self.topics), errors);
        check_slot(self.starts_at, self.ends_at, errors);
    }
}

/// Changes to a task that nobody was asked for yet.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskPatch {
    /// What is to be done, in a line.
    #[serde(default)]
    title: Change<Line<3, 150>>,
    /// What that means.
    #[serde(default)]
    description: Change<Prose<3, 2000>>,
    /// What it serves; `null` for the partnership as a whole.
    #[serde(default)]
    purpose: Patch<PurposeLink>,
    /// Skills that it requires: the whole list anew.
    #[serde(default)]
    required_skills: Change<List<RequiredSkill, 0, 10>>,
    /// What it is about: the whole list anew.
    #[serde(default)]
    topics: Change<List<Line<1, 60>, 0, 10>>,
    /// Hours that it will take.
    #[serde(default)]
    effort_hours: Change<Whole<1, 500>>,
    /// The day by which it is to be done.
    #[serde(default)]
    due_on: Patch<Day>,
    /// When it begins; give both or neither of the two.
    #[serde(default)]
    starts_at: Patch<Instant>,
    /// When it ends.
    #[serde(default)]
    ends_at: Patch<Instant>,
    /// Where.
    #[serde(default)]
    place: Patch<Line<1, 200>>,
    /// The language that whoever does it needs.
    #[serde(default)]
    language: Patch<Language>,
    /// What the police do.
    #[serde(default)]
    police_role: Change<PoliceRole>,
    /// Whether whoever does it leads others.
    #[serde(default)]
    leads_others: Change<bool>,
    /// A member who helps whoever learns by it.
    #[serde(default)]
    mentor_id: Patch<AccountId>,
}
impl Check for TaskPatch {
    fn check(&self, errors: &mut Vec<FieldError>) {
        check_lists(self.required_skills.value(), self.topics.value(), errors);
        if self.starts_at.is_given() == self.ends_at.is_given() {
            check_slot(self.starts_at.value().copied(), self.ends_at.value().copied(), errors);
        } else {
            errors.push(wrong("/ends_at", FieldCode::Inconsistent, "goes with starts_at: give both or neither"));
        }
    }
}

/// Why a task is not needed any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelTask {
    /// The reason; members read it.
    reason: Prose<3, 500>,
}
impl Check for CancelTask {}

/// Why a task may overlap others.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowTaskOverlap {
    /// The reason; members read it.
    reason: Prose<3, 500>,
}
impl Check for AllowTaskOverlap {}

fn check_lists(
    skills: Option<&List<RequiredSkill, 0, 10>>,
    topics: Option<&List<Line<1, 60>, 0, 10>>,
    errors: &mut Vec<FieldError>,
) {
    let mut each_once = |name: &str, keys: &mut dyn Iterator<Item = String>| {
        let mut seen = HashSet::new();
        for (n, key) in keys.enumerate() {
            if !seen.insert(key) {
                errors.push(wrong(format!("/{name}/{n}"), FieldCode::NotUnique, "stands in the list already"));
            }
        }
    };
    if let Some(skills) = skills {
        each_once("required_skills", &mut skills.as_slice().iter().map(|s| fold(s.skill.as_str())));
    }
    if let Some(topics) = topics {
        each_once("topics", &mut topics.as_slice().iter().map(|t| fold(t.as_str())));
    }
}

fn check_slot(starts: Option<Instant>, ends: Option<Instant>, errors: &mut Vec<FieldError>) {
    let mut refuse = |message: &str| errors.push(wrong("/ends_at", FieldCode::Inconsistent, message));
    match (starts, ends) {
        (None, None) => {}
        (Some(starts), Some(ends)) if ends <= starts => refuse("must be after starts_at"),
        (Some(starts), Some(ends)) if ends.since(starts) > hours(24) => {
            refuse("must be at most 24 hours after starts_at");
        }
        (Some(_), Some(_)) => {}
        _ => refuse("goes with starts_at: give both or neither"),
    }
}

fn skill_rows(task_id: TaskId, skills: List<RequiredSkill, 0, 10>) -> Vec<TaskSkill> {
    let row = |s: RequiredSkill| TaskSkill {
        task_id,
        skill_key: fold(s.skill.as_str()),
        skill: s.skill.into(),
        min_level: s.min_level.get(),
        essential: s.essential,
    };
    skills.into_vec().into_iter().map(row).collect()
}

fn topic_rows(task_id: TaskId, topics: List<Line<1, 60>, 0, 10>) -> Vec<TaskTopic> {
    let row = |t: Line<1, 60>| TaskTopic { task_id, topic_key: fold(t.as_str()), topic: t.into() };
    topics.into_vec().into_iter().map(row).collect()
}

/// What the link names, if it is of this partnership and `me` may know of it.
fn linked(
    conn: &mut Conn,
    scoped: &Scoped,
    me: AccountId,
    link: Option<&PurposeLink>,
) -> Result<(TaskPurpose, Option<AnyId>)> {
    let Some(link) = link else { return Ok((TaskPurpose::Partnership, None)) };
    let (of, standing) = (scoped.partnership.id, &scoped.standing);
    let goals = (!standing.sees_drafts()).then_some(me);
    let needs = (!resources::sees_drafts(standing)).then_some(me);
    let (purpose, there) = match link.kind {
        ChosenPurpose::Goal => (TaskPurpose::Goal, rows::has_goal(conn, of, GoalId(link.id.0), goals)?),
        ChosenPurpose::Objective => {
            (TaskPurpose::Objective, rows::has_objective(conn, of, ObjectiveId(link.id.0), goals)?)
        }
        ChosenPurpose::Need => (TaskPurpose::Need, rows::has_need(conn, of, NeedId(link.id.0), needs)?),
    };
    match there {
        true => Ok((purpose, Some(link.id))),
        false => Err(Error::field("/purpose/id", FieldCode::NotFound, "there is no such thing in the partnership")),
    }
}

fn demand_mentor(conn: &mut Conn, of: PartnershipId, mentor: Option<AccountId>) -> Result<()> {
    match mentor {
        Some(id) if !is_active_member(conn, of, id)? => {
            Err(Error::field("/mentor_id", FieldCode::NotFound, "is not a member of the partnership"))
        }
        _ => Ok(()),
    }
}

/// Puts a task down.
///
/// For members. It is open at once, unless it is kept as a draft.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/tasks",
    tag = "tasks", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = CreateTask, responses((status = 201, body = TaskDetail)))]
pub async fn create_task(ctx: Ctx, id: Path<PartnershipId>, body: Valid<CreateTask>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Change, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::CreateTask)?;
        scoped.demand_live()?;
        let CreateTask {
            title,
            description,
            purpose,
            required_skills,
            topics,
            effort_hours,
            due_on,
            starts_at,
            ends_at,
            place,
            language,
            police_role,
            leads_others,
            mentor_id,
            draft,
        } = body.0;
        let (purpose, purpose_ref) = linked(tx, &scoped, by, purpose.as_ref())?;
        demand_mentor(tx, id.0, mentor_id)?;
        let task = Task {
            id: TaskId::new(),
            partnership_id: id.0,
            title: title.into(),
            description: description.into(),
            state: if draft { TaskState::Draft } else { TaskState::Open },
            purpose,
            purpose_ref,
            effort_hours: effort_hours.get(),
            due_on: due_on.map(|day| day.0),
            starts_at,
            ends_at,
            place: place.map(Into::into),
            language: language.map(Into::into),
            police_role: police_role.unwrap_or(PoliceRole::None),
            leads_others,
            mentor_id,
            created_by_id: by,
            overlap_reason: None,
            overlap_allowed_by_id: None,
            cancel_reason: None,
            closed_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
            opened_at: (!draft).then_some(now),
        };
        let required = skill_rows(task.id, required_skills);
        rows::insert(tx, &task, &required, &topic_rows(task.id, topics))?;
        if !task.is_private() {
            skills::extend(tx, id.0, &required, by, now)?;
        }
        let kind = if draft { events::DRAFTED } else { events::CREATED };
        let (entry, location) = (on_task(kind, &task), format!("{API}/tasks/{}", task.id));
        let value = one(tx, actor, &scoped, task, &state.config.volunteering, now)?.value;
        tx.recorded(entry, Created { value, location, version: Some(1) })
    })
    .await
}

/// Changes a task that nobody was asked for yet.
#[utoipa::path(patch, path = "/tasks/{task_id}",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    request_body = TaskPatch, responses((status = 200, body = TaskDetail)))]
pub async fn update_task(ctx: Ctx, id: Path<TaskId>, if_match: IfMatch, body: Valid<TaskPatch>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (held, scoped) = find_for(tx, actor, id.0, Action::UpdateTask, Purpose::Change, now)?;
        let task = held.task;
        if_match.demand(task.version)?;
        scoped.demand_live()?;
        if !task.state.is_open_book() {
            let detail = format!("The task is {}; it is changed before anybody is asked.", task.state);
            return Err(Error::conflict(detail));
        }
        let TaskPatch {
            title,
            description,
            purpose,
            required_skills,
            topics,
            effort_hours,
            due_on,
            starts_at,
            ends_at,
            place,
            language,
            police_role,
            leads_others,
            mentor_id,
        } = body.0;
        let changed = [
            ("title", title.is_given()),
            ("description", description.is_given()),
            ("purpose", purpose.is_given()),
            ("required_skills", required_skills.is_given()),
            ("topics", topics.is_given()),
            ("effort_hours", effort_hours.is_given()),
            ("due_on", due_on.is_given()),
            ("starts_at", starts_at.is_given()),
            ("ends_at", ends_at.is_given()),
            ("place", place.is_given()),
            ("language", language.is_given()),
            ("police_role", police_role.is_given()),
            ("leads_others", leads_others.is_given()),
            ("mentor_id", mentor_id.is_given()),
        ];
        let changed = changed.into_iter().filter_map(|(name, given)| given.then_some(name));
        let (of, reference) = match &purpose {
            Patch::Keep => (None, None),
            Patch::Clear => (Some(TaskPurpose::Partnership), Some(None)),
            Patch::Set(link) => {
                let (of, reference) = linked(tx, &scoped, by, Some(link))?;
                (Some(of), Some(reference))
            }
        };
        demand_mentor(tx, task.partnership_id, mentor_id.value().copied())?;
        if let Change::Set(list) = required_skills {
            let required = skill_rows(task.id, list);
            rows::replace_skills(tx, task.id, &required)?;
            if !task.is_private() {
                skills::extend(tx, task.partnership_id, &required, by, now)?;
            }
        }
        if let Change::Set(list) = topics {
            rows::replace_topics(tx, task.id, &topic_rows(task.id, list))?;
        }
        // An administrator looked at the time that was; another one is to be looked at anew.
        let moved = starts_at.is_given();
        let changes = TaskChanges {
            title: title.changeset(Into::into),
            description: description.changeset(Into::into),
            purpose: of,
            purpose_ref: reference,
            effort_hours: effort_hours.changeset(Whole::get),
            due_on: due_on.changeset(|day| day.0),
            starts_at: starts_at.changeset(|at| at),
            ends_at: ends_at.changeset(|at| at),
            place: place.changeset(Into::into),
            language: language.changeset(Into::into),
            police_role: police_role.changeset(|role| role),
            leads_others: leads_others.changeset(|flag| flag),
            mentor_id: mentor_id.changeset(|id| id),
            overlap_reason: moved.then_some(None),
            overlap_allowed_by_id: moved.then_some(None),
            ..TaskChanges::default()
        };
        let task = rows::update(tx, &task, changes, now)?;
        let kind = if task.state == TaskState::Draft { events::DRAFT_UPDATED } else { events::UPDATED };
        let entry = on_task(kind, &task).changed(changed);
        let shown = one(tx, actor, &scoped, task, &state.config.volunteering, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Opens a draft.
#[utoipa::path(post, path = "/tasks/{task_id}/open",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    responses((status = 200, body = TaskDetail)))]
pub async fn open_task(ctx: Ctx, id: Path<TaskId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (held, scoped) = find_for(tx, actor, id.0, Action::OpenTask, Purpose::Change, now)?;
        if_match.demand(held.task.version)?;
        scoped.demand_live()?;
        // Back to open is another thing: giving back, declining, taking an offer back.
        if held.task.state != TaskState::Draft {
            return Err(Error::conflict(format!("The task is {}; only a draft is opened.", held.task.state)));
        }
        let changes = TaskChanges { opened_at: Some(Some(now)), ..TaskChanges::to(TaskState::Open) };
        let task = rows::update(tx, &held.task, changes, now)?;
        // Before, the group's list would have told what the draft was about.
        let required = rows::asked_for(tx, &[task.id])?.0.remove(&task.id).unwrap_or_default();
        skills::extend(tx, task.partnership_id, &required, actor.person()?.id, now)?;
        let entry = on_task(events::CREATED, &task);
        let shown = one(tx, actor, &scoped, task, &state.config.volunteering, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Cancels a task that is not needed any more.
///
/// Whoever has it is free of it; what is done is not cancelled.
#[utoipa::path(post, path = "/tasks/{task_id}/cancel",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    request_body = CancelTask, responses((status = 200, body = TaskDetail)))]
pub async fn cancel_task(ctx: Ctx, id: Path<TaskId>, if_match: IfMatch, body: Valid<CancelTask>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (held, scoped) = find_for(tx, actor, id.0, Action::CancelTask, Purpose::Change, now)?;
        if_match.demand(held.task.version)?;
        scoped.demand_live()?;
        held.task.state.demand(TaskState::Cancelled)?;
        let reason: String = body.0.reason.into();
        if held.offer.is_some() {
            offers::close(tx, id.0, TaskOfferState::Ended)?;
        }
        if held.assignment.is_some() {
            assignments::delete(tx, id.0)?;
        }
        let changes = TaskChanges {
            cancel_reason: Some(Some(reason.clone())),
            closed_at: Some(Some(now)),
            ..TaskChanges::to(TaskState::Cancelled)
        };
        let task = rows::update(tx, &held.task, changes, now)?;
        let was_draft = held.task.state == TaskState::Draft;
        let kind = if was_draft { events::DRAFT_CANCELLED } else { events::CANCELLED };
        let entry = on_task(kind, &task).because(reason);
        let shown = one(tx, actor, &scoped, task, &state.config.volunteering, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Lets a task at a fixed time overlap others of whoever takes it on.
///
/// For administrators, with a reason, before anybody has taken it on. It ends when the task is moved to another time.
#[utoipa::path(post, path = "/tasks/{task_id}/allow-overlap",
    tag = "tasks", security(("bearer" = [])),
    params(("task_id" = TaskId, Path, description = "The task."), IfMatchParam),
    request_body = AllowTaskOverlap, responses((status = 200, body = TaskDetail)))]
pub async fn allow_task_overlap(
    ctx: Ctx,
    id: Path<TaskId>,
    if_match: IfMatch,
    body: Valid<AllowTaskOverlap>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (held, scoped) = find_for(tx, actor, id.0, Action::AllowTaskOverlap, Purpose::Change, now)?;
        if_match.demand(held.task.version)?;
        scoped.demand_live()?;
        if held.task.slot().is_none() || !matches!(held.task.state, TaskState::Open | TaskState::Offered) {
            return Err(Error::conflict("Only a task at a fixed time that nobody has taken on can overlap others."));
        }
        let reason: String = body.0.reason.into();
        let changes = TaskChanges {
            overlap_reason: Some(Some(reason.clone())),
            overlap_allowed_by_id: Some(Some(by)),
            ..TaskChanges::default()
        };
        let task = rows::update(tx, &held.task, changes, now)?;
        let entry = on_task(events::OVERLAP_ALLOWED, &task).because(reason);
        let shown = one(tx, actor, &scoped, task, &state.config.volunteering, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

crate::operations! {
    create_task,
    update_task,
    open_task,
    cancel_task,
    allow_task_overlap,
}
