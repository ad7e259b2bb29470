//! Missions, goals and amendments of goals are adopted by decision (`domain/20-key1-partnerships.md` 6.5, 6.6): proposing
//! opens one in the same transaction, and its end is what adopts them or gives them back.
//!
//! * What is decided on is a text that tells everything; see [`proposal`]. A change of what it tells is a new version of the
//!   text, under which nobody has taken a stance yet.
//! * An adopted mission takes the place of the one before, an adopted goal that of the goal that it was proposed to replace,
//!   both at once and in the transaction in which the decision ends.
//! * Whatever ends otherwise (not adopted, blocked, lapsed, withdrawn) is a draft again, and can be mended and proposed anew.

use super::achievability::{self, Achievability, Facts, Indicator};
use super::amending::Changes;
use super::decisions::{self, Decision, DecisionClass, Ended, Hand, Opening, Reaction};
use super::events;
use super::model::{
    Amendment, AmendmentClass, AmendmentId, AmendmentState, Goal, GoalState, Mission, MissionId, MissionState,
    Objective, ObjectiveId, SigningPurpose,
};
use super::numbers::MOST_OBJECTIVES;
use super::proposal;
use super::queries::formation::is_complete;
use super::queries::goals::{self, GoalChanges};
use super::queries::objectives::ObjectiveChangeset;
use super::queries::{amendments, contributors, missions, objectives};
use super::resources::needs_met_for_goal;
use super::signing::review_day;
use super::stages::reconsider;
use super::standing::Scoped;
use crate::accounts::Actor;
use crate::ids::{DecisionId, GoalId};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, FieldCode, Result};
use crate::platform::http::Tx;
use crate::platform::lifecycle::Lifecycle as _;

/// What becomes of missions, goals and amendments with the decision on them.
pub const REACTIONS: &[Reaction] = &[
    Reaction { class: DecisionClass::Mission, on_end, on_amended: Some(mission_amended) },
    Reaction { class: DecisionClass::Goal, on_end, on_amended: Some(goal_amended) },
    Reaction { class: DecisionClass::Objective, on_end, on_amended: Some(goal_amended) },
];

/// Characters that a mission has at least, and at most (`domain/20` 6.5).
pub const SHORTEST_MISSION: usize = 10;
/// See [`SHORTEST_MISSION`].
pub const LONGEST_MISSION: usize = 500;

/// What everybody answers to.
const MISSION_QUESTION: &str = "Do we adopt this mission?";
const GOAL_QUESTION: &str = "Do we adopt this as our one current goal?";
const AMENDMENT_QUESTION: &str = "Do we change our goal so?";

/// The achievability test of a goal with these objectives, as of the day on which it was proposed, or of today.
///
/// # Errors
/// When the database can't be asked.
pub fn achievability(conn: &mut Conn, goal: &Goal, of: &[Objective], now: Instant) -> Result<Achievability> {
    let indicator = |row: &Objective| Indicator {
        name: row.indicator.clone(),
        has_baseline: row.baseline.is_some(),
        weight: row.weight,
    };
    let facts = Facts {
        indicators: of.iter().map(indicator).collect(),
        target_on: goal.target_on,
        influence: goal.within_influence.zip(goal.influence_reason.clone()),
        needs: needs(conn, goal.id)?,
        plan: goal.resources_plan.clone(),
        contributors: contributors::counts(conn, goal.id)?,
    };
    Ok(achievability::test(&facts, goal.proposed_at.unwrap_or(now).date()))
}

/// Refuses what does not pass the test, unless it is said why it should be tried nevertheless.
fn demand_achievable(tested: &Achievability, override_reason: Option<&str>) -> Result<()> {
    if tested.is_passed || override_reason.is_some() {
        return Ok(());
    }
    let detail = format!(
        "{} of {} questions are answered with yes, and {} have to be. Mend the goal, or say in override_reason why it should be tried nevertheless.",
        tested.yes,
        tested.answers.len(),
        tested.needed
    );
    Err(Error::new(Code::GoalNotAchievable, detail).with_missing(tested.unmet()))
}

/// Needs that are recorded for a goal and its objectives, and how many of them are covered by pledges or have a plan of
/// their own.
fn needs(conn: &mut Conn, goal: GoalId) -> Result<(usize, usize)> {
    let found = needs_met_for_goal(conn, goal)?;
    Ok((found.needs, found.covered + found.planned))
}

/// The text of a goal that can be decided on.
///
/// # Errors
/// 409 `formation_incomplete` without one to five complete objectives or an adopted mission, `goal_not_achievable` where
/// the achievability test fails and nobody said why it should be tried nevertheless.
fn goal_text(conn: &mut Conn, goal: &Goal, now: Instant) -> Result<String> {
    let of = objectives::of_goal(conn, goal.id)?;
    let complete = (1..=MOST_OBJECTIVES).contains(&of.len()) && of.iter().all(is_complete);
    let missing: Vec<&'static str> =
        [("mission", missions::adopted(conn, goal.partnership_id)?.is_some()), ("objectives", complete)]
            .into_iter()
            .filter_map(|(item, there)| (!there).then_some(item))
            .collect();
    if !missing.is_empty() {
        return Err(Error::new(
            Code::FormationIncomplete,
            "A goal is proposed once the mission is adopted and the goal has one to five objectives with baseline and target.",
        )
        .with_missing(missing));
    }
    let tested = achievability(conn, goal, &of, now)?;
    demand_achievable(&tested, goal.override_reason.as_deref())?;
    let replaced = match goal.replaces_id {
        Some(id) => goals::find(conn, id)?.map(|replaced| replaced.title),
        None => None,
    };
    Ok(proposal::goal(goal, &of, &tested, replaced.as_deref()))
}

/// Puts a goal up for decision: as the current one, or in the current one's place, which it takes with the decision.
///
/// # Errors
/// As [`goal_text`]; 409 `goal_already_current` when another goal is current, or is to take the current one's place; 422
/// when what it is to replace is not the current goal.
pub fn propose_goal(tx: &mut Tx<'_>, by: &Proposer<'_>, row: &Goal, replaces: Option<GoalId>) -> Result<Goal> {
    let now = tx.now();
    row.state.demand(GoalState::Proposed)?;
    if row.is_being_decided() {
        return Err(Error::conflict("The goal is being decided on already."));
    }
    let current = goals::current(tx, row.partnership_id)?;
    let state = match (replaces, &current) {
        (Some(id), Some(current)) if current.id == id && current.state.is_pursued() => None,
        (Some(_), _) => return Err(not_current()),
        (None, None) if goals::replacing(tx, row.partnership_id)?.is_none() => Some(GoalState::Proposed),
        (None, _) => {
            // What else is missing is told first, so that nothing is hidden behind the current goal.
            goal_text(tx, row, now)?;
            return Err(goals::already_current());
        }
    };
    let wanted = Goal { replaces_id: replaces, proposed_at: Some(now), ..row.clone() };
    let text = goal_text(tx, &wanted, now)?;
    let decision = by.open(tx, DecisionClass::Goal, row.id.0, GOAL_QUESTION, text)?;
    let changes = GoalChanges {
        state,
        replaces_id: Some(replaces),
        proposed_at: Some(Some(now)),
        decision_id: Some(Some(decision)),
        ..GoalChanges::default()
    };
    goals::update(tx, row, changes, now)
}

fn not_current() -> Error {
    Error::field("/replaces_id", FieldCode::NotFound, "is not the goal that this partnership pursues")
}

/// What is being decided on, before something of it changes.
#[derive(Debug)]
pub struct Pending(Option<(Decision, String)>);

impl Pending {
    /// A goal, where it is being decided on.
    ///
    /// # Errors
    /// When the database can't be asked.
    pub fn goal(tx: &mut Tx<'_>, goal: &Goal) -> Result<Self> {
        let Some(id) = goal.decision_id.filter(|_| goal.is_being_decided()) else { return Ok(Self(None)) };
        let now = tx.now();
        let decision = found(tx, id)?;
        let text = match goal_text(tx, goal, now) {
            // Somebody who worked for it may have left meanwhile: then any change that mends it is another text.
            Err(unfit) if matches!(unfit.code(), Code::FormationIncomplete | Code::GoalNotAchievable) => String::new(),
            text => text?,
        };
        Ok(Self(Some((decision, text))))
    }

    /// A mission, where it is being decided on.
    ///
    /// # Errors
    /// When the database can't be asked.
    pub fn mission(conn: &mut Conn, mission: &Mission) -> Result<Self> {
        let Some(id) = mission.decision_id.filter(|_| mission.state == MissionState::Proposed) else {
            return Ok(Self(None));
        };
        Ok(Self(Some((found(conn, id)?, mission.text.clone()))))
    }

    /// Gives the decision a new version of its text, where a changed goal reads otherwise.
    ///
    /// # Errors
    /// As [`goal_text`]: what is being decided on stays fit to be adopted.
    pub fn renew_goal(self, tx: &mut Tx<'_>, by: &Proposer<'_>, goal: &Goal) -> Result<()> {
        let Some((decision, before)) = self.0 else { return Ok(()) };
        let now = tx.now();
        let text = goal_text(tx, goal, now)?;
        by.renew(tx, &decision, &before, text)
    }

    /// The same for a mission.
    ///
    /// # Errors
    /// When its decision takes no other text any more.
    pub fn renew_mission(self, tx: &mut Tx<'_>, by: &Proposer<'_>, mission: &Mission) -> Result<()> {
        let Some((decision, before)) = self.0 else { return Ok(()) };
        by.renew(tx, &decision, &before, mission.text.clone())
    }
}

fn found(conn: &mut Conn, id: DecisionId) -> Result<Decision> {
    decisions::find_decision(conn, id)?.ok_or_else(|| Error::fault("a decision is gone"))
}

/// Who proposes, and where.
#[derive(Clone, Copy)]
pub struct Proposer<'p> {
    /// The application.
    pub state: &'p State,
    /// Who.
    pub actor: &'p Actor,
    /// The partnership, as the actor stands towards it.
    pub scoped: &'p Scoped,
}

impl Proposer<'_> {
    fn open(
        &self,
        tx: &mut Tx<'_>,
        class: DecisionClass,
        subject: uuid::Uuid,
        question: &str,
        text: String,
    ) -> Result<DecisionId> {
        let opening = Opening::new(class, Some(subject), question.to_owned(), text);
        Ok(decisions::open(tx, self.state, self.actor, self.scoped, opening)?.id)
    }

    fn renew(&self, tx: &mut Tx<'_>, decision: &Decision, before: &str, text: String) -> Result<()> {
        if before == text {
            return Ok(());
        }
        decisions::renew_text(tx, self.state, self.actor, decision, text, None).map(|_| ())
    }

    /// Puts a mission up for decision.
    ///
    /// # Errors
    /// When its decision can't be opened.
    pub fn open_mission(&self, tx: &mut Tx<'_>, mission: &Mission) -> Result<DecisionId> {
        self.open(tx, DecisionClass::Mission, mission.id.0, MISSION_QUESTION, mission.text.clone())
    }

    /// Puts an amendment up for decision.
    ///
    /// # Errors
    /// When its decision can't be opened.
    pub fn open_amendment(&self, tx: &mut Tx<'_>, goal: &Goal, amendment: AmendmentSubject<'_>) -> Result<DecisionId> {
        let AmendmentSubject { id, objectives, changes, reason } = amendment;
        let class = match changes.class() {
            AmendmentClass::Goal => DecisionClass::Goal,
            AmendmentClass::Objective => DecisionClass::Objective,
        };
        // The goal as it would be, tested anew; where it does not pass, the reason is there to be read.
        let now = tx.now();
        let target_on = changes.target_on.unwrap_or(goal.target_on);
        let override_reason = changes.override_reason.clone().or_else(|| goal.override_reason.clone());
        let changed = Goal { target_on, proposed_at: None, override_reason, ..goal.clone() };
        let after = changes.after(goal.id, objectives, now);
        let tested = achievability(tx, &changed, &after, now)?;
        demand_achievable(&tested, changed.override_reason.as_deref())?;
        let mut text = proposal::amendment(goal, objectives, changes, reason) + &proposal::tested(&tested);
        text.push_str(&proposal::nevertheless(&tested, changed.override_reason.as_deref()));
        self.open(tx, class, id, AMENDMENT_QUESTION, text)
    }
}

/// What of an amendment its decision is about.
#[derive(Debug, Clone, Copy)]
pub struct AmendmentSubject<'a> {
    /// The amendment.
    pub id: uuid::Uuid,
    /// The goal's objectives as they are.
    pub objectives: &'a [Objective],
    /// What is to change.
    pub changes: &'a Changes,
    /// Why.
    pub reason: &'a str,
}

/// A decision has ended: what it was about is adopted, or a draft again.
fn on_end(hand: &mut Hand<'_, '_>, ended: &Ended<'_>) -> Result<()> {
    let Some(subject) = ended.decision.subject.map(|subject| subject.0) else { return Ok(()) };
    let (adopted, outcome) = (ended.ending.is_adoption(), ended.ending.as_str());
    if let Some(mission) = missions::find(hand, MissionId(subject))? {
        return mission_ended(hand, &mission, adopted, outcome);
    }
    if let Some(goal) = goals::find(hand, GoalId(subject))? {
        return goal_ended(hand, goal, adopted, outcome);
    }
    match amendments::find(hand, AmendmentId(subject))? {
        Some(amendment) => amendment_ended(hand, &amendment, adopted, outcome),
        None => Err(Error::fault("a decision is about nothing that there is")),
    }
}

/// Members have changed the text of a mission in its decision: the mission reads so from then on.
fn mission_amended(hand: &mut Hand<'_, '_>, decision: &Decision, text: &str) -> Result<()> {
    let Some(subject) = decision.subject else { return Ok(()) };
    let mission = missions::find(hand, MissionId(subject.0))?.ok_or_else(|| Error::fault("a mission is gone"))?;
    if !(SHORTEST_MISSION..=LONGEST_MISSION).contains(&text.chars().count()) {
        let why = format!("a mission has {SHORTEST_MISSION} to {LONGEST_MISSION} characters");
        return Err(Error::field("/text", FieldCode::TooLong, why));
    }
    let now = hand.now();
    missions::write(hand, &mission, Some(text.to_owned()), now).map(|_| ())
}

/// The text of a goal is made from the goal, so that it always tells what is to be adopted.
fn goal_amended(_: &mut Hand<'_, '_>, decision: &Decision, _: &str) -> Result<()> {
    if decision.subject.is_none() {
        return Ok(());
    }
    Err(Error::conflict(
        "This text tells of a goal: change the goal or its objectives, and the decision has another text with it.",
    ))
}

/// What a mission is once its decision has ended.
fn mission_ended(hand: &mut Hand<'_, '_>, mission: &Mission, adopted: bool, outcome: &'static str) -> Result<()> {
    let now = hand.now();
    let event = if adopted {
        mission.state.demand(MissionState::Adopted)?;
        missions::adopt(hand, mission, review_day(now.utc()), now)?;
        reconsider(hand, mission.partnership_id, now)?;
        events::MISSION_ADOPTED
    } else {
        mission.state.demand(MissionState::Draft)?;
        missions::touch(hand, mission.id, MissionState::Draft, now)?;
        events::MISSION_RETURNED
    };
    hand.also(event.on(mission.id.0).within(mission.partnership_id.0).fact("outcome", outcome))
}

/// What a goal is once its decision has ended.
fn goal_ended(hand: &mut Hand<'_, '_>, goal: Goal, adopted: bool, outcome: &'static str) -> Result<()> {
    let now = hand.now();
    let (id, partnership) = (goal.id.0, goal.partnership_id.0);
    let event = if adopted {
        supersede(hand, &goal)?;
        let goal = if goal.state == GoalState::Proposed {
            goal
        } else {
            goal.state.demand(GoalState::Proposed)?;
            let current = GoalChanges { state: Some(GoalState::Proposed), ..GoalChanges::default() };
            goals::update(hand, &goal, current, now)?
        };
        goal.state.demand(GoalState::Adopted)?;
        let changes =
            GoalChanges { state: Some(GoalState::Adopted), adopted_at: Some(Some(now)), ..GoalChanges::default() };
        let goal = goals::update(hand, &goal, changes, now)?;
        reconsider(hand, goal.partnership_id, now)?;
        events::GOAL_ADOPTED
    } else {
        let state = (goal.state == GoalState::Proposed).then_some(GoalState::Draft);
        let changes = GoalChanges { state, proposed_at: Some(None), replaces_id: Some(None), ..GoalChanges::default() };
        goals::update(hand, &goal, changes, now)?;
        events::GOAL_RETURNED
    };
    hand.also(event.on(id).within(partnership).fact("outcome", outcome))
}

/// The goal whose place another one takes is over; an assessment of it that waits for signatures waits no more.
fn supersede(hand: &mut Hand<'_, '_>, by: &Goal) -> Result<()> {
    let now = hand.now();
    let Some(replaced) = by.replaces_id else { return Ok(()) };
    let replaced = goals::find(hand, replaced)?.ok_or_else(|| Error::fault("the goal to be replaced is gone"))?;
    // It may have been closed while that was decided.
    if !replaced.state.is_pursued() {
        return Ok(());
    }
    replaced.state.demand(GoalState::Superseded)?;
    goals::void(hand, replaced.id, SigningPurpose::Close, now)?;
    let changes = GoalChanges {
        state: Some(GoalState::Superseded),
        closed_at: Some(Some(now)),
        closing_result: Some(None),
        assessment: Some(None),
        evidence: Some(None),
        ..GoalChanges::default()
    };
    goals::update(hand, &replaced, changes, now)?;
    let entry = events::GOAL_SUPERSEDED.on(replaced.id.0).within(by.partnership_id.0).fact("by", by.id.0);
    hand.also(entry)
}

/// What a goal is once the decision on its amendment has ended.
fn amendment_ended(hand: &mut Hand<'_, '_>, amendment: &Amendment, adopted: bool, outcome: &'static str) -> Result<()> {
    let now = hand.now();
    let goal = goals::find(hand, amendment.goal_id)?.ok_or_else(|| Error::fault("the goal of an amendment is gone"))?;
    // It may have been closed while that was decided.
    let holds = adopted && goal.state.is_pursued();
    let state = if holds { AmendmentState::Adopted } else { AmendmentState::Dropped };
    amendment.state.demand(state)?;
    if holds {
        apply(hand, &goal, &amendment.changes.0, now)?;
    }
    amendments::end(hand, amendment.id, state, now)?;
    let event = if holds { events::GOAL_AMENDED } else { events::AMENDMENT_DROPPED };
    let entry = event.on(goal.id.0).within(goal.partnership_id.0).fact("number", amendment.number);
    hand.also(entry.fact("outcome", outcome))
}

fn apply(conn: &mut Conn, goal: &Goal, changes: &Changes, now: Instant) -> Result<()> {
    let Changes { title, description, target_on, objectives: changed, added, override_reason } = changes;
    for change in changed {
        let changes = ObjectiveChangeset {
            title: change.title.clone(),
            target: change.target.map(Some),
            tolerance: change.tolerance.map(Some),
            due_on: change.due_on,
            weight: change.weight,
            withdrawn_at: change.is_withdrawn.then_some(Some(now)),
            ..ObjectiveChangeset::default()
        };
        objectives::update(conn, change.objective_id, changes, now)?;
    }
    let mut taken: Vec<i32> = objectives::of_goal(conn, goal.id)?.iter().map(|row| row.position).collect();
    for added in added {
        let position = objectives::free_position(&taken).ok_or_else(|| Error::fault("an amendment has no place"))?;
        taken.push(position);
        objectives::insert(conn, &added.row(ObjectiveId::new(), goal.id, position, now))?;
    }
    let changes = GoalChanges {
        title: title.clone(),
        description: description.clone(),
        target_on: *target_on,
        override_reason: override_reason.clone().map(Some),
        ..GoalChanges::default()
    };
    goals::update(conn, goal, changes, now)?;
    Ok(())
}
