//! Decisions as their readers see them, and how a request gets at one.

use chrono::{Months, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{Actor, PersonRef, people};
use crate::ids::{AccountId, DecisionId, PartnershipId, TaskId};
use crate::partnerships::decisions::consensus::{Verdict, next_options};
use crate::partnerships::decisions::holders::holder;
use crate::partnerships::decisions::model::{
    Assent, AssentPurpose, Background, Capacity, CommunicationNote, Correction, Decision, DecisionClass, DecisionState,
    Level, Method, NextOption, Outcome, Responsibility, Stance, StanceId,
};
use crate::partnerships::decisions::policy::{self, Action, Subject, WHOLE};
use crate::partnerships::decisions::present::{self, DecisionWarning};
use crate::partnerships::decisions::queries::{assents, decisions, roster, stances, texts};
use crate::partnerships::queries::members::active_members;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::State;
use crate::platform::clock::{Instant, days};
use crate::platform::db::{AnyId, Conn, Json};
use crate::platform::error::{Error, Result};
use crate::platform::http::Versioned;

/// Somebody's assent to what needs more than one person.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssentShown {
    /// As what.
    pub capacity: Capacity,
    /// Who.
    pub by: Option<PersonRef>,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub assented_at: Instant,
}

/// A correction of typing errors that waits for leaders of both sides.
#[derive(Debug, Serialize, ToSchema)]
pub struct CorrectionShown {
    /// The text as it would be.
    text: String,
    /// Who proposed it.
    proposed_by: Option<PersonRef>,
    /// Who approved it.
    approvals: Vec<AssentShown>,
    /// When it was proposed.
    created_at: Instant,
}

/// Who does what.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResponsibilityShown {
    /// What.
    what: String,
    /// Who.
    person: Option<PersonRef>,
    /// Until when.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    due_on: Option<NaiveDate>,
    /// The task that it has become: the person was asked to take it on.
    task_id: Option<TaskId>,
}

/// What follows from a decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeShown {
    /// What was decided, in words that everybody understands.
    statement: String,
    /// Who does what.
    responsibilities: Vec<ResponsibilityShown>,
    /// Who is told, and how.
    communications: Vec<CommunicationNote>,
    /// Who wrote it.
    written_by: Option<PersonRef>,
    /// When it was first written.
    created_at: Instant,
    /// When it was last written.
    updated_at: Instant,
}

/// Your own stance.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnStance {
    /// The stance.
    id: StanceId,
    /// The version of the text that it is about.
    text_number: i32,
    /// Where you stand.
    level: Level,
    /// Why.
    reason: Option<String>,
    /// Whether it counts; one that does not can be affirmed anew.
    is_current: bool,
}

/// Your own part in a decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnVoice {
    /// Whether the final call asks you.
    is_asked: bool,
    /// Whether it waits for your stance.
    is_awaited: bool,
    /// The stance that you took last.
    stance: Option<OwnStance>,
}

/// A decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionDetail {
    /// The decision.
    id: DecisionId,
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// What is decided.
    class: DecisionClass,
    /// The mission, goal or plan that it is about.
    subject: Option<AnyId>,
    /// How it is decided.
    method: Method,
    /// The question that is put.
    question: String,
    /// The text that is to be adopted, or was.
    text: String,
    /// Which version of the text that is; stances are about a version.
    text_number: i32,
    /// How often typing errors were corrected in it, plus one.
    text_revision: i32,
    /// Where it stands.
    state: DecisionState,
    /// Whether nobody sees whose a stance is, now or ever.
    is_anonymous: bool,
    /// Whether results are hidden until one has said where one stands. Blocks are not: they have to be known to be
    /// answered.
    hides_results: bool,
    /// For how many days it is tried, where it is to be adopted on trial.
    trial_days: Option<i32>,
    /// Which round it is.
    round: i32,
    /// The round before, which came to nothing.
    previous_id: Option<DecisionId>,
    /// The decision whose place it takes once it is adopted.
    replaces_id: Option<DecisionId>,
    /// What one should know about it.
    background: Background,
    /// Of a charter: the classes that a majority of each side may decide.
    majority_classes: Vec<DecisionClass>,
    /// Who put it down.
    created_by: Option<PersonRef>,
    /// When its discussion began.
    discussion_at: Option<Instant>,
    /// The sense check begins no earlier, unless a meeting with a quorum of both sides goes on.
    sense_check_from: Option<Instant>,
    /// When the final call was opened.
    final_call_at: Option<Instant>,
    /// The final call ends no earlier.
    closes_from: Option<Instant>,
    /// When the final call ends by itself.
    closes_at: Option<Instant>,
    /// Since when its time stands still, because a side has no leader.
    paused_at: Option<Instant>,
    /// When it ended.
    closed_at: Option<Instant>,
    /// What the stances came to, and why, once it has ended.
    result: Option<Verdict>,
    /// What the group can do after two rounds that came to nothing.
    next_options: Vec<NextOption>,
    /// What follows from it.
    outcome: Option<OutcomeShown>,
    /// By when the outcome has to be written.
    outcome_due_at: Option<Instant>,
    /// Whether that time is over.
    is_outcome_overdue: bool,
    /// When it is looked at again, or its trial ends.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    review_on: Option<NaiveDate>,
    /// Leaders who want to reaffirm it after its review.
    reaffirmed_by: Vec<AssentShown>,
    /// Leaders who want to rescind it after its review.
    rescinded_by: Vec<AssentShown>,
    /// A correction that waits for the leaders.
    correction: Option<CorrectionShown>,
    /// What the law has against deciding it as it is being decided.
    warnings: Vec<DecisionWarning>,
    /// Your own part in it.
    own: OwnVoice,
    /// Changes with every change.
    version: i64,
    /// When it was put down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// By when the outcome of an adopted decision has to be written, as long as there is none.
pub fn outcome_due_at(state: &State, row: &Decision, is_written: bool) -> Option<Instant> {
    let waits = matches!(row.state, DecisionState::Adopted | DecisionState::AdoptedOnTrial) && !is_written;
    row.closed_at.filter(|_| waits).map(|at| at.plus(days(state.config.consensus.outcome_days)))
}

/// The day on which something that was decided on `day` is looked at again, where nothing else is said.
pub fn review_day(state: &State, day: NaiveDate) -> Option<NaiveDate> {
    day.checked_add_months(Months::new(state.config.consensus.review_months))
}

fn own_voice(conn: &mut Conn, state: &State, row: &Decision, actor: &Actor) -> Result<OwnVoice> {
    let nothing = OwnVoice { is_asked: false, is_awaited: false, stance: None };
    let Some(person) = actor.id() else { return Ok(nothing) };
    let stance = stances::last(conn, row.id, holder(&state.secrets, row, person))?;
    let entry = match row.state {
        DecisionState::FinalCall => roster::entry(conn, row.id, person)?,
        _ => None,
    };
    Ok(OwnVoice {
        is_asked: entry.is_some(),
        is_awaited: entry.is_some_and(|entry| !entry.has_cast),
        stance: stance.map(|Stance { id, number, level, reason, is_current, .. }| OwnStance {
            id,
            text_number: number,
            level,
            reason,
            is_current,
        }),
    })
}

type People = std::collections::HashMap<AccountId, PersonRef>;

/// Assents with their persons.
pub fn assents_shown(rows: Vec<Assent>, people: &People) -> Vec<AssentShown> {
    rows.into_iter()
        .map(|Assent { capacity, account_id, reason, created_at, .. }| AssentShown {
            capacity,
            by: people.get(&account_id).cloned(),
            reason,
            assented_at: created_at,
        })
        .collect()
}

fn outcome_shown(outcome: Outcome, people: &People) -> OutcomeShown {
    let Outcome { statement, responsibilities, communications, written_by_id, created_at, updated_at, .. } = outcome;
    OutcomeShown {
        statement,
        responsibilities: responsibilities
            .0
            .into_iter()
            .map(|Responsibility { what, account_id, due_on, task_id }| ResponsibilityShown {
                what,
                person: people.get(&AccountId(account_id)).cloned(),
                due_on,
                task_id,
            })
            .collect(),
        communications: communications.0,
        written_by: people.get(&written_by_id).cloned(),
        created_at,
        updated_at,
    }
}

/// A decision with its version. However many stances there are, it takes the same number of statements.
pub fn one(
    conn: &mut Conn,
    state: &State,
    actor: &Actor,
    row: Decision,
    now: Instant,
) -> Result<Versioned<DecisionDetail>> {
    let text = texts::current(conn, row.id, row.text_number)?;
    let own = own_voice(conn, state, &row, actor)?;
    let outcome = if row.closed_at.is_some() { decisions::outcome(conn, row.id)? } else { None };
    let correction: Option<Correction> = if row.state.is_open() { texts::proposed(conn, row.id)? } else { None };
    let approvals = match &correction {
        Some(correction) => assents::of(conn, AnyId(correction.id.0), AssentPurpose::Correct)?,
        None => Vec::new(),
    };
    let mut of_review = |purpose: AssentPurpose| match row.state {
        DecisionState::UnderReview | DecisionState::Reaffirmed | DecisionState::Rescinded => {
            assents::of(conn, AnyId(row.id.0), purpose)
        }
        _ => Ok(Vec::new()),
    };
    let (reaffirming, rescinding) = (of_review(AssentPurpose::Reaffirm)?, of_review(AssentPurpose::Rescind)?);
    let named = [row.created_by_id]
        .into_iter()
        .chain(correction.as_ref().map(|correction| correction.proposed_by_id))
        .chain([&approvals, &reaffirming, &rescinding].into_iter().flatten().map(|assent| assent.account_id))
        .chain(outcome.as_ref().map(|outcome| outcome.written_by_id))
        .chain(outcome.iter().flat_map(|outcome| outcome.responsibilities.0.iter().map(|r| AccountId(r.account_id))));
    let people = people(conn, named.collect::<Vec<_>>())?;
    let due = outcome_due_at(state, &row, outcome.is_some());
    let warnings = present::warnings(conn, state, &row)?;
    let version = row.version;
    let detail = DecisionDetail {
        text: text.text,
        text_number: text.number,
        text_revision: text.revision,
        next_options: next_options(row.state.is_failed(), row.round, row.can_be_tried()),
        outcome: outcome.map(|outcome| outcome_shown(outcome, &people)),
        outcome_due_at: due,
        is_outcome_overdue: due.is_some_and(|due| due < now),
        reaffirmed_by: assents_shown(reaffirming, &people),
        rescinded_by: assents_shown(rescinding, &people),
        correction: correction.map(|correction| CorrectionShown {
            text: correction.text,
            proposed_by: people.get(&correction.proposed_by_id).cloned(),
            approvals: assents_shown(approvals, &people),
            created_at: correction.created_at,
        }),
        warnings,
        own,
        created_by: people.get(&row.created_by_id).cloned(),
        id: row.id,
        partnership_id: row.partnership_id,
        class: row.class,
        subject: row.subject,
        method: row.method,
        question: row.question,
        state: row.state,
        is_anonymous: row.is_anonymous,
        hides_results: row.hides_results,
        trial_days: row.trial_days,
        round: row.round,
        previous_id: row.previous_id,
        replaces_id: row.replaces_id,
        background: row.background.0,
        majority_classes: row.majority_classes.0,
        discussion_at: row.discussion_at,
        sense_check_from: row.sense_check_from,
        final_call_at: row.final_call_at,
        closes_from: row.closes_from,
        closes_at: row.closes_at,
        paused_at: row.paused_at,
        closed_at: row.closed_at,
        result: row.result.map(|Json(verdict)| verdict),
        review_on: row.review_on,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(Versioned::volatile(detail, version))
}

/// What a decision says to the policy.
pub fn subject(actor: &Actor, row: &Decision) -> Subject {
    Subject { is_draft: row.discussion_at.is_none(), is_own: actor.id() == Some(row.created_by_id), ..WHOLE }
}

/// The decision as this actor may have it for `action`, with how the actor stands towards its partnership.
pub fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: DecisionId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Decision, Scoped)> {
    actor.person()?;
    let row = decisions::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, row.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let row = if purpose == Purpose::Change { decisions::find(conn, id)?.ok_or_else(Error::not_found)? } else { row };
    let mut subject = subject(actor, &row);
    if action == Action::WithdrawDecision {
        let author = active_members(conn, row.partnership_id, &[row.created_by_id])?;
        subject.author_side = author.first().map(|(_, side)| *side);
    }
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}
