//! Tasks as their readers see them, and the one way to get one.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{Actor, PersonRef, people};
use crate::ids::{AccountId, PartnershipId, TaskId};
use crate::partnerships::standing::{Purpose, Scoped, Standing};
use crate::partnerships::tasks::model::{
    AssignmentBasis, PoliceRole, Task, TaskAssignment, TaskOffer, TaskPurpose, TaskSkill, TaskState, TaskTopic,
};
use crate::partnerships::tasks::policy::{self, Action, Subject};
use crate::partnerships::tasks::purposes;
use crate::partnerships::tasks::queries::{assignments, offers, tasks};
use crate::platform::clock::Instant;
use crate::platform::config::HourValue;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::{Error, Result};
use crate::platform::http::Versioned;

/// What a task serves.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurposeShown {
    /// Of which kind.
    kind: TaskPurpose,
    /// Which; `null` for the partnership as a whole, and for whoever does not see it.
    id: Option<AnyId>,
}

/// A skill that a task requires.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequiredSkillShown {
    /// What.
    skill: String,
    /// From which level on: 1 aware, 2 can help, 3 can do alone, 4 can teach.
    min_level: i32,
    /// Whether the task can't be done without it.
    essential: bool,
}

/// Whom a task is offered to; for the person and the leaders.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferShown {
    /// To whom.
    to: Option<PersonRef>,
    /// The strongest reason that is true.
    basis: AssignmentBasis,
    /// Why, where nothing but time speaks for it.
    basis_reason: Option<String>,
    /// When.
    offered_at: Instant,
    /// Until when it can be accepted.
    expires_at: Instant,
}

/// What hours are worth, by the rate that is configured.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoursWorth {
    /// In hundredths of the currency.
    amount_cents: i64,
    /// ISO 4217.
    currency: String,
    /// Whose rate it is.
    source: String,
    /// Of which year.
    year: i32,
}

impl HoursWorth {
    /// Of so many quarters of an hour.
    pub fn of(quarters: i64, rate: &HourValue) -> Self {
        Self {
            amount_cents: (quarters * i64::from(rate.cents) + 2) / 4,
            currency: rate.currency.clone(),
            source: rate.source.clone(),
            year: rate.year,
        }
    }
}

/// Between whoever has the task, whoever wrote it and the leaders: why it is theirs, and hours.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignmentShown {
    /// The strongest reason that is true; for the person and the leaders.
    basis: Option<AssignmentBasis>,
    /// Why, where nothing but time speaks for it; for the person and the leaders.
    basis_reason: Option<String>,
    /// Hours that the person says it took.
    hours_claimed: Option<f64>,
    /// Hours that were confirmed.
    hours_confirmed: Option<f64>,
    /// Who confirmed them.
    verified_by: Option<PersonRef>,
    /// What the confirmed hours are worth.
    worth: Option<HoursWorth>,
}

/// A task.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskDetail {
    /// The task.
    id: TaskId,
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// What is to be done, in a line.
    title: String,
    /// What that means.
    description: String,
    /// Where it stands.
    state: TaskState,
    /// What it serves.
    purpose: PurposeShown,
    /// Skills that it requires.
    required_skills: Vec<RequiredSkillShown>,
    /// What it is about.
    topics: Vec<String>,
    /// Hours that it will take, as estimated.
    effort_hours: i32,
    /// The day by which it is to be done.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    due_on: Option<NaiveDate>,
    /// Whether it is not done and its day is over (UTC).
    is_overdue: bool,
    /// When it begins, for a task at a fixed time.
    starts_at: Option<Instant>,
    /// When it ends, for a task at a fixed time.
    ends_at: Option<Instant>,
    /// Where.
    place: Option<String>,
    /// The language that it needs (BCP 47).
    language: Option<String>,
    /// What the police do.
    police_role: PoliceRole,
    /// Whether whoever does it leads others.
    leads_others: bool,
    /// Who helps whoever learns by it.
    mentor: Option<PersonRef>,
    /// Who wrote it; confirms the hours.
    created_by: Option<PersonRef>,
    /// Who has taken it on.
    assignee: Option<PersonRef>,
    /// When it was taken on.
    accepted_at: Option<Instant>,
    /// When work began.
    started_at: Option<Instant>,
    /// When it was done.
    done_at: Option<Instant>,
    /// When it was seen that it is done.
    verified_at: Option<Instant>,
    /// Whom it is offered to; `null` for whoever is neither that person nor a leader.
    offer: Option<OfferShown>,
    /// Why it is theirs, and hours; `null` for whoever has not taken it on, did not write it and is no leader.
    assignment: Option<AssignmentShown>,
    /// Why an administrator lets it overlap other tasks.
    overlap_reason: Option<String>,
    /// Why it is not needed any more.
    cancel_reason: Option<String>,
    /// Changes with every change.
    version: i64,
    /// When it was put down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// A task with who is asked and who has it.
#[derive(Debug, Clone)]
pub struct Held {
    pub task: Task,
    pub offer: Option<TaskOffer>,
    pub assignment: Option<TaskAssignment>,
}

impl Held {
    /// How somebody stands to the task.
    pub fn subject(&self, who: Option<AccountId>) -> Subject {
        let is = |other: Option<AccountId>| who.is_some() && other == who;
        Subject {
            is_author: is(Some(self.task.created_by_id)),
            is_holder: is(self.assignment.as_ref().map(|assignment| assignment.account_id)),
            is_asked: is(self.offer.as_ref().map(|offer| offer.account_id)),
            is_private: self.task.is_private(),
        }
    }
    fn people(&self) -> impl Iterator<Item = AccountId> + '_ {
        let assignment = self.assignment.as_ref();
        [
            Some(self.task.created_by_id),
            self.task.mentor_id,
            self.offer.as_ref().map(|offer| offer.account_id),
            assignment.map(|assignment| assignment.account_id),
            assignment.and_then(|assignment| assignment.verified_by_id),
        ]
        .into_iter()
        .flatten()
    }
}

/// The task as this actor may have it for `action`.
pub fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: TaskId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Held, Scoped)> {
    let person = actor.person()?.id;
    let task = tasks::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, task.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let task = match purpose {
        Purpose::Read => task,
        Purpose::Change => tasks::find(conn, id)?.ok_or_else(Error::not_found)?,
    };
    let held = hold(conn, task)?;
    policy::demand(actor, &scoped.standing, held.subject(Some(person)), action)?;
    Ok((held, scoped))
}

/// Who is asked for a task, and who has it.
pub fn hold(conn: &mut Conn, task: Task) -> Result<Held> {
    let (offer, assignment) =
        (offers::open_of(conn, &[task.id])?.remove(&task.id), assignments::of(conn, &[task.id])?.remove(&task.id));
    Ok(Held { task, offer, assignment })
}

/// Whoever reads: their account, and whether they lead the partnership of a task.
pub struct Reader<'r> {
    pub account: Option<AccountId>,
    pub leads: bool,
    pub rate: &'r HourValue,
    pub now: Instant,
}

/// Tasks with everything that stands in other tables, in a fixed number of statements. `standing` says how the reader stands
/// towards a partnership of theirs.
pub fn detailed(
    conn: &mut Conn,
    rows: Vec<Task>,
    standing: impl Fn(PartnershipId) -> Option<Standing>,
    (actor, rate, now): (&Actor, &HourValue, Instant),
) -> Result<Vec<TaskDetail>> {
    let served = purposes::seen(conn, actor, &rows, &standing)?;
    let ids: Vec<TaskId> = rows.iter().map(|row| row.id).collect();
    let (mut skills, mut topics) = tasks::asked_for(conn, &ids)?;
    let mut offered = offers::open_of(conn, &ids)?;
    let mut assigned = assignments::of(conn, &ids)?;
    let held: Vec<Held> = rows
        .into_iter()
        .map(|task| Held { offer: offered.remove(&task.id), assignment: assigned.remove(&task.id), task })
        .collect();
    let names = people(conn, held.iter().flat_map(Held::people))?;
    let name = |id: Option<AccountId>| id.and_then(|id| names.get(&id).cloned());
    let all = held.into_iter().map(|held| {
        let leads = standing(held.task.partnership_id).is_some_and(|standing| standing.seat.is_some());
        let reader = Reader { account: actor.id(), leads, rate, now };
        let seen = held.task.purpose_ref.filter(|id| served.contains(id));
        let purpose = PurposeShown { kind: held.task.purpose, id: seen };
        let (skills, topics) =
            (skills.remove(&held.task.id).unwrap_or_default(), topics.remove(&held.task.id).unwrap_or_default());
        shown(held, purpose, (skills, topics), &reader, &name)
    });
    Ok(all.collect())
}

fn shown(
    held: Held,
    purpose: PurposeShown,
    (skills, topics): (Vec<TaskSkill>, Vec<TaskTopic>),
    reader: &Reader<'_>,
    name: &impl Fn(Option<AccountId>) -> Option<PersonRef>,
) -> TaskDetail {
    let subject = held.subject(reader.account);
    let Held { task, offer, assignment } = held;
    let sees = |is_own: bool| is_own || reader.leads;
    let hours = |quarters: i32| f64::from(quarters) / 4.0;
    let confirmed = assignment.as_ref().and_then(|assignment| assignment.quarters_confirmed);
    let open = matches!(
        task.state,
        TaskState::Draft | TaskState::Open | TaskState::Offered | TaskState::Accepted | TaskState::InProgress
    );
    TaskDetail {
        id: task.id,
        partnership_id: task.partnership_id,
        title: task.title,
        description: task.description,
        state: task.state,
        purpose,
        required_skills: skills
            .into_iter()
            .map(|row| RequiredSkillShown { skill: row.skill, min_level: row.min_level, essential: row.essential })
            .collect(),
        topics: topics.into_iter().map(|row| row.topic).collect(),
        effort_hours: task.effort_hours,
        due_on: task.due_on,
        is_overdue: open && task.due_on.is_some_and(|day| day < reader.now.date()),
        starts_at: task.starts_at,
        ends_at: task.ends_at,
        place: task.place,
        language: task.language,
        police_role: task.police_role,
        leads_others: task.leads_others,
        mentor: name(task.mentor_id),
        created_by: name(Some(task.created_by_id)),
        assignee: name(assignment.as_ref().map(|assignment| assignment.account_id)),
        accepted_at: assignment.as_ref().map(|assignment| assignment.accepted_at),
        started_at: assignment.as_ref().and_then(|assignment| assignment.started_at),
        done_at: assignment.as_ref().and_then(|assignment| assignment.done_at),
        verified_at: assignment.as_ref().and_then(|assignment| assignment.verified_at),
        offer: offer.filter(|_| sees(subject.is_asked)).map(|offer| OfferShown {
            to: name(Some(offer.account_id)),
            basis: offer.basis,
            basis_reason: offer.basis_reason,
            offered_at: offer.created_at,
            expires_at: offer.expires_at,
        }),
        assignment: assignment.filter(|_| sees(subject.is_holder || subject.is_author)).map(|assignment| {
            AssignmentShown {
                basis: sees(subject.is_holder).then_some(assignment.basis),
                basis_reason: assignment.basis_reason.filter(|_| sees(subject.is_holder)),
                hours_claimed: assignment.quarters_claimed.map(hours),
                hours_confirmed: assignment.quarters_confirmed.map(hours),
                verified_by: name(assignment.verified_by_id),
                worth: confirmed.map(|quarters| HoursWorth::of(quarters.into(), reader.rate)),
            }
        }),
        overlap_reason: task.overlap_reason,
        cancel_reason: task.cancel_reason,
        version: task.version,
        created_at: task.created_at,
        updated_at: task.updated_at,
    }
}

/// One task as this actor sees it.
pub fn one(
    conn: &mut Conn,
    actor: &Actor,
    scoped: &Scoped,
    task: Task,
    rate: &HourValue,
    now: Instant,
) -> Result<Versioned<TaskDetail>> {
    let version = task.version;
    let shown = detailed(conn, vec![task], |_| Some(scoped.standing), (actor, rate, now))?.pop();
    Ok(Versioned::volatile(shown.ok_or_else(|| Error::fault("a task was not shown"))?, version))
}
