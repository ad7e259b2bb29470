//! Tasks with what they ask for.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;

use crate::ids::{AccountId, GoalId, PartnershipId, TaskId};
use crate::insert_all;
use crate::partnerships::model::{GoalState, ObjectiveId};
use crate::partnerships::promises::Promised;
use crate::partnerships::resources::NeedId;
use crate::partnerships::tasks::model::{
    PoliceRole, Task, TaskOfferState, TaskPurpose, TaskSkill, TaskState, TaskTopic,
};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Columns, Conn, among, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{goals, needs, objectives, task_assignments, task_offers, task_skills, task_topics, tasks};

pub fn find(conn: &mut Conn, id: TaskId) -> Result<Option<Task>> {
    Ok(tasks::table.find(id).select(Task::as_select()).first(conn).optional()?)
}

/// A task of the partnership that serves this, if there is any.
pub fn one_serving(conn: &mut Conn, of: PartnershipId, reference: AnyId) -> Result<Option<Task>> {
    Ok(tasks::table
        .filter(tasks::partnership_id.eq(of).and(tasks::purpose_ref.eq(reference)))
        .select(Task::as_select())
        .first(conn)
        .optional()?)
}

pub fn insert(conn: &mut Conn, task: &Task, skills: &[TaskSkill], topics: &[TaskTopic]) -> Result<()> {
    diesel::insert_into(tasks::table).values(task).execute(conn)?;
    insert_asked_for(conn, skills, topics)
}

fn insert_asked_for(conn: &mut Conn, skills: &[TaskSkill], topics: &[TaskTopic]) -> Result<()> {
    if !skills.is_empty() {
        insert_all!(conn, task_skills::table, skills)?;
    }
    if !topics.is_empty() {
        insert_all!(conn, task_topics::table, topics)?;
    }
    Ok(())
}

/// Puts other skills in place of those that a task requires.
pub fn replace_skills(conn: &mut Conn, id: TaskId, skills: &[TaskSkill]) -> Result<()> {
    diesel::delete(task_skills::table.filter(task_skills::task_id.eq(id))).execute(conn)?;
    insert_asked_for(conn, skills, &[])
}

/// Puts other topics in place of those that a task has.
pub fn replace_topics(conn: &mut Conn, id: TaskId, topics: &[TaskTopic]) -> Result<()> {
    diesel::delete(task_topics::table.filter(task_topics::task_id.eq(id))).execute(conn)?;
    insert_asked_for(conn, &[], topics)
}

/// What of a task can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = tasks)]
pub struct TaskChanges {
    pub title: Option<String>,
    pub description: Option<String>,
    pub state: Option<TaskState>,
    pub purpose: Option<TaskPurpose>,
    pub purpose_ref: Option<Option<AnyId>>,
    pub effort_hours: Option<i32>,
    pub due_on: Option<Option<NaiveDate>>,
    pub starts_at: Option<Option<Instant>>,
    pub ends_at: Option<Option<Instant>>,
    pub place: Option<Option<String>>,
    pub language: Option<Option<String>>,
    pub police_role: Option<PoliceRole>,
    pub leads_others: Option<bool>,
    pub mentor_id: Option<Option<AccountId>>,
    pub overlap_reason: Option<Option<String>>,
    pub overlap_allowed_by_id: Option<Option<AccountId>>,
    pub cancel_reason: Option<Option<String>>,
    pub closed_at: Option<Option<Instant>>,
    pub opened_at: Option<Option<Instant>>,
}

impl TaskChanges {
    /// Nothing but a step to another state.
    pub fn to(state: TaskState) -> Self {
        Self { state: Some(state), ..Self::default() }
    }
}

/// Changes a task that is still as it was read; the row as it is then.
///
/// # Errors
/// A conflict when somebody else was faster.
pub fn update(conn: &mut Conn, task: &Task, changes: TaskChanges, now: Instant) -> Result<Task> {
    diesel::update(tasks::table.find(task.id).filter(tasks::version.eq(task.version)))
        .set((changes, tasks::version.eq(tasks::version + 1), tasks::updated_at.eq(now)))
        .returning(Task::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The task has changed meanwhile; read it again."))
}

/// Which tasks of a partnership to list.
#[derive(Debug, Default)]
pub struct Wanted {
    pub state: Option<TaskState>,
    /// Of the archive, or of what is under way.
    pub archived: Option<bool>,
    pub purpose: Option<TaskPurpose>,
    pub purpose_ref: Option<AnyId>,
    pub police_role: Option<PoliceRole>,
    pub leads_others: Option<bool>,
    pub assignee: Option<AccountId>,
    /// Folded.
    pub skill: Option<String>,
    /// Folded.
    pub topic: Option<String>,
    pub due_by: Option<NaiveDate>,
    /// Who lists them and does not see private ones, but for their own and those that they have or are asked for: `None` sees
    /// all.
    pub seen_by: Option<AccountId>,
}

/// Tasks of a partnership, newest first.
pub fn list<F>(conn: &mut Conn, of: PartnershipId, wanted: &Wanted, listing: &Listing<F>) -> Result<Page<Task>> {
    let filtered = || {
        let mut query = tasks::table.filter(tasks::partnership_id.eq(of)).into_boxed();
        if let Some(state) = wanted.state {
            query = query.filter(tasks::state.eq(state));
        }
        query = match wanted.archived {
            Some(true) => query.filter(among(tasks::state, TaskState::ARCHIVED)),
            Some(false) => query.filter(among(tasks::state, TaskState::UNDER_WAY)),
            None => query,
        };
        if let Some(purpose) = wanted.purpose {
            query = query.filter(tasks::purpose.eq(purpose));
        }
        if let Some(reference) = wanted.purpose_ref {
            query = query.filter(tasks::purpose_ref.eq(reference));
        }
        if let Some(role) = wanted.police_role {
            query = query.filter(tasks::police_role.eq(role));
        }
        if let Some(leads) = wanted.leads_others {
            query = query.filter(tasks::leads_others.eq(leads));
        }
        if let Some(day) = wanted.due_by {
            query = query.filter(tasks::due_on.le(day));
        }
        if let Some(account) = wanted.assignee {
            query =
                query
                    .filter(exists(task_assignments::table.filter(
                        task_assignments::task_id.eq(tasks::id).and(task_assignments::account_id.eq(account)),
                    )));
        }
        if let Some(skill) = &wanted.skill {
            query = query.filter(exists(
                task_skills::table
                    .filter(task_skills::task_id.eq(tasks::id).and(task_skills::skill_key.eq(skill.clone()))),
            ));
        }
        if let Some(topic) = &wanted.topic {
            query = query.filter(exists(
                task_topics::table
                    .filter(task_topics::task_id.eq(tasks::id).and(task_topics::topic_key.eq(topic.clone()))),
            ));
        }
        match wanted.seen_by {
            Some(me) => {
                let held = task_assignments::table
                    .filter(task_assignments::task_id.eq(tasks::id).and(task_assignments::account_id.eq(me)));
                let asked = task_offers::table.filter(
                    task_offers::task_id
                        .eq(tasks::id)
                        .and(task_offers::account_id.eq(me))
                        .and(task_offers::state.eq(TaskOfferState::Open)),
                );
                let own = tasks::created_by_id.eq(me).or(exists(held)).or(exists(asked));
                query.filter(tasks::opened_at.is_not_null().or(own))
            }
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, TaskId)>()? {
        query = query.filter(row_lt((tasks::created_at, tasks::id), after));
    }
    let rows = query
        .order((tasks::created_at.desc(), tasks::id.desc()))
        .limit(listing.fetch())
        .select(Task::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// Skills and topics, by task.
type AskedFor = (HashMap<TaskId, Vec<TaskSkill>>, HashMap<TaskId, Vec<TaskTopic>>);

/// What these tasks ask for, in the order of the words.
pub fn asked_for(conn: &mut Conn, ids: &[TaskId]) -> Result<AskedFor> {
    let (mut skills, mut topics) = (HashMap::new(), HashMap::new());
    if ids.is_empty() {
        return Ok((skills, topics));
    }
    let rows: Vec<TaskSkill> = task_skills::table
        .filter(among(task_skills::task_id, ids.to_vec()))
        .order((task_skills::task_id, task_skills::skill_key))
        .select(TaskSkill::as_select())
        .load(conn)?;
    for row in rows {
        skills.entry(row.task_id).or_insert_with(Vec::new).push(row);
    }
    let rows: Vec<TaskTopic> = task_topics::table
        .filter(among(task_topics::task_id, ids.to_vec()))
        .order((task_topics::task_id, task_topics::topic_key))
        .select(TaskTopic::as_select())
        .load(conn)?;
    for row in rows {
        topics.entry(row.task_id).or_insert_with(Vec::new).push(row);
    }
    Ok((skills, topics))
}

/// Whose drafts count: everybody's where nobody is named, otherwise this person's own.
pub type DraftsOf = Option<AccountId>;

/// Whether the partnership has this goal, as whoever asks may know of it: proposed, or once adopted, or their own.
pub fn has_goal(conn: &mut Conn, of: PartnershipId, goal: GoalId, drafts: DraftsOf) -> Result<bool> {
    let found: Option<(GoalState, Option<Instant>, AccountId)> = goals::table
        .filter(goals::id.eq(goal).and(goals::partnership_id.eq(of)))
        .select((goals::state, goals::adopted_at, goals::created_by_id))
        .first(conn)
        .optional()?;
    Ok(found.is_some_and(|(state, adopted, by)| {
        adopted.is_some() || state == GoalState::Proposed || drafts.is_none_or(|me| me == by)
    }))
}

/// Whether a goal of the partnership has this objective, as whoever asks may know of it.
pub fn has_objective(conn: &mut Conn, of: PartnershipId, objective: ObjectiveId, drafts: DraftsOf) -> Result<bool> {
    let goal = objectives::table.find(objective).select(objectives::goal_id).first(conn).optional()?;
    match goal {
        Some(goal) => has_goal(conn, of, goal, drafts),
        None => Ok(false),
    }
}

/// Which goal a task of the partnership serves that is neither private nor done: its own, its objective's or its need's;
/// none where it serves something else.
pub fn goal_served(conn: &mut Conn, of: PartnershipId, id: TaskId) -> Result<Option<Option<GoalId>>> {
    let task = find(conn, id)?.filter(|task| task.partnership_id == of);
    let Some(task) = task.filter(|task| TaskState::UNDONE.contains(&task.state) && !task.is_private()) else {
        return Ok(None);
    };
    let goal = match (task.purpose, task.purpose_ref) {
        (TaskPurpose::Goal, Some(goal)) => Some(GoalId(goal.0)),
        (TaskPurpose::Objective, Some(objective)) => {
            objectives::table.find(ObjectiveId(objective.0)).select(objectives::goal_id).first(conn).optional()?
        }
        (TaskPurpose::Need, Some(need)) => {
            needs::table.find(NeedId(need.0)).select(needs::goal_id).first(conn).optional()?
        }
        _ => None,
    };
    Ok(Some(goal))
}

/// Whether the partnership has this need, as whoever asks may know of it: one that was asked for, or their own, or of a goal
/// that they know of.
pub fn has_need(conn: &mut Conn, of: PartnershipId, need: NeedId, drafts: DraftsOf) -> Result<bool> {
    let found: Option<(GoalId, Option<Instant>, AccountId)> = needs::table
        .filter(needs::id.eq(need).and(needs::partnership_id.eq(of)))
        .select((needs::goal_id, needs::requested_at, needs::created_by_id))
        .first(conn)
        .optional()?;
    match found {
        Some((_, requested, by)) if requested.is_some() || drafts == Some(by) => Ok(true),
        Some((goal, ..)) => has_goal(conn, of, goal, drafts),
        None => Ok(false),
    }
}

/// Somebody helps nobody any more in what is still to be done in a partnership.
pub fn lose_mentor(conn: &mut Conn, of: PartnershipId, mentor: AccountId, now: Instant) -> Result<()> {
    diesel::update(
        tasks::table
            .filter(tasks::mentor_id.eq(mentor).and(tasks::partnership_id.eq(of)))
            .filter(among(tasks::state, TaskState::UNDER_WAY)),
    )
    .set((tasks::mentor_id.eq(None::<AccountId>), tasks::version.eq(tasks::version + 1), tasks::updated_at.eq(now)))
    .execute(conn)?;
    Ok(())
}

/// Tasks that are put down and not done, the first of them: what is in the way of closing a partnership.
///
/// # Errors
/// When the database can't be asked.
pub fn undone(conn: &mut Conn, of: PartnershipId, limit: i64) -> Result<Vec<TaskId>> {
    Ok(tasks::table
        .filter(tasks::partnership_id.eq(of).and(among(tasks::state, TaskState::UNDONE)))
        .order((tasks::created_at, tasks::id))
        .limit(limit)
        .select(tasks::id)
        .load(conn)?)
}

/// Where these tasks stand.
///
/// # Errors
/// When the database can't be asked.
pub fn states(conn: &mut Conn, ids: Vec<TaskId>) -> Result<Vec<(TaskId, TaskState)>> {
    Ok(tasks::table.filter(among(tasks::id, ids)).select((tasks::id, tasks::state)).load(conn)?)
}

/// Tasks that somebody has taken on and that are due by `by`: `limit` of them, the longest due first, and how many there are.
///
/// # Errors
/// When the database can't be asked.
pub fn promised(conn: &mut Conn, of: PartnershipId, by: NaiveDate, limit: i64) -> Result<(Vec<Promised>, i64)> {
    let due = || {
        tasks::table
            .filter(tasks::partnership_id.eq(of))
            .filter(among(tasks::state, [TaskState::Accepted, TaskState::InProgress]))
            // What was taken on at meetings is told by whoever knows the meetings.
            .filter(tasks::purpose.ne(TaskPurpose::ActionItem))
            .filter(tasks::due_on.le(by))
    };
    let rows: Vec<(TaskId, String, Option<NaiveDate>, Option<AccountId>)> = due()
        .left_join(task_assignments::table.on(task_assignments::task_id.eq(tasks::id)))
        .order((tasks::due_on, tasks::id))
        .limit(limit)
        .select((tasks::id, tasks::title, tasks::due_on, task_assignments::account_id.nullable()))
        .load(conn)?;
    let count = due().count().get_result(conn)?;
    let told = |(id, title, due_on, owner): (TaskId, _, _, _)| Promised { id: id.0, title, owner, due_on };
    Ok((rows.into_iter().map(told).collect(), count))
}
