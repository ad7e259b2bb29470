//! A communication plan is adopted by a decision of both sides (`domain/20` 6.3 F6, 6.6): proposing it opens one in the same
//! transaction, and its end makes the plan the one that counts, or a draft again.

use std::collections::HashMap;

use super::adoptable::{Facts, missing};
use super::events;
use super::model::{CommunicationPlan, CommunicationPlanId, CommunicationPlanState, PlanVisibility};
use super::proposal;
use super::queries::{self, Parts, PlanChanges};
use crate::accounts::{Actor, people};
use crate::ids::AccountId;
use crate::partnerships::{
    Decision, DecisionClass, Ended, Hand, Opening, Reaction, Scoped, active_members, find_decision,
    note_communication_plan, open_decision, renew_text, text_of,
};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::Tx;
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Visibility;

/// What becomes of a plan with the decision on it.
pub const REACTIONS: &[Reaction] =
    &[Reaction { class: DecisionClass::CommunicationPlan, on_end, on_amended: Some(on_amended) }];

/// What everybody answers to.
const QUESTION: &str = "Do we adopt this communication plan?";

/// Refuses a plan that lacks something; communicators count who are members now.
///
/// # Errors
/// 409 `gate_unmet` with all that is missing.
fn demand_adoptable(conn: &mut Conn, plan: &CommunicationPlan, parts: &Parts, now: Instant) -> Result<()> {
    let carriers: Vec<_> = parts.individuals.iter().map(|one| one.account_id).collect();
    let members = match carriers.is_empty() {
        true => Vec::new(),
        false => active_members(conn, plan.partnership_id, &carriers)?,
    };
    let facts = Facts {
        techniques: parts.techniques.len(),
        procedures: parts.procedures.len(),
        sides: members.into_iter().map(|(_, side)| side).collect(),
        review_on: plan.review_on,
    };
    let missing = missing(&facts, now.date());
    if missing.is_empty() {
        return Ok(());
    }
    let detail = "A plan is adopted with two techniques, a procedure and a communicator of each side who is a member, or \
                  more, and a review within twelve months.";
    Err(Error::new(Code::GateUnmet, detail).with_missing(missing))
}

/// The text of a plan that can be decided on.
///
/// # Errors
/// 409 `gate_unmet` with all that is missing.
fn text(conn: &mut Conn, plan: &CommunicationPlan, now: Instant) -> Result<String> {
    let parts = queries::parts(conn, plan.id)?;
    demand_adoptable(conn, plan, &parts, now)?;
    let names: HashMap<AccountId, String> =
        people(conn, parts.named())?.into_iter().map(|(id, person)| (id, person.display_name)).collect();
    Ok(proposal::plan(plan, &parts, &names))
}

/// Puts a draft up for decision.
///
/// # Errors
/// 409 `gate_unmet` with all that is missing; a conflict when another plan is being decided on; those of
/// [`open_decision`].
pub fn propose(
    tx: &mut Tx<'_>,
    state: &State,
    actor: &Actor,
    scoped: &Scoped,
    plan: &CommunicationPlan,
) -> Result<CommunicationPlan> {
    let now = tx.now();
    plan.state.demand(CommunicationPlanState::Proposed)?;
    let text = text(tx, plan, now)?;
    let opening = Opening::new(DecisionClass::CommunicationPlan, Some(plan.id.0), QUESTION.to_owned(), text);
    let decision = open_decision(tx, state, actor, scoped, opening)?;
    let changes = PlanChanges {
        state: Some(CommunicationPlanState::Proposed),
        proposed_at: Some(Some(now)),
        decision_id: Some(Some(decision.id)),
        ..PlanChanges::default()
    };
    queries::update(tx, plan, changes, now)
}

/// Gives the decision on a plan that has changed a new version of its text, where there is one.
///
/// # Errors
/// 409 `gate_unmet` when the plan could not be adopted as it is now, or when the decision takes no other text any more.
pub fn renew(tx: &mut Tx<'_>, state: &State, actor: &Actor, plan: &CommunicationPlan) -> Result<()> {
    let now = tx.now();
    let Some(id) = plan.decision_id.filter(|_| plan.state == CommunicationPlanState::Proposed) else { return Ok(()) };
    let decision = find_decision(tx, id)?.ok_or_else(|| Error::fault("the decision on a plan is gone"))?;
    let text = text(tx, plan, now)?;
    if text_of(tx, &decision)? == text {
        return Ok(());
    }
    renew_text(tx, state, actor, &decision, text, None).map(|_| ())
}

/// The plan that a decision is about; members also decide on such things on their own, about nothing in particular.
fn subject(conn: &mut Conn, decision: &Decision) -> Result<Option<CommunicationPlan>> {
    let Some(subject) = decision.subject else { return Ok(None) };
    let plan = queries::find(conn, CommunicationPlanId(subject.0))?;
    plan.map(Some).ok_or_else(|| Error::fault("a plan that was decided on is gone"))
}

/// A decision has ended: its plan is the one that counts, or a draft again.
///
/// What both sides adopted counts even where a communicator has left since it was proposed: nobody but they can undo it, and
/// what the plan lacks now is seen where it is read.
fn on_end(hand: &mut Hand<'_, '_>, ended: &Ended<'_>) -> Result<()> {
    let Some(plan) = subject(hand, ended.decision)? else { return Ok(()) };
    let now = hand.now();
    let (id, partnership) = (plan.id, plan.partnership_id);
    let mut kind = if ended.ending.is_adoption() {
        plan.state.demand(CommunicationPlanState::Adopted)?;
        queries::supersede(hand, partnership, now)?;
        let changes = PlanChanges {
            state: Some(CommunicationPlanState::Adopted),
            adopted_at: Some(Some(now)),
            ..PlanChanges::default()
        };
        queries::update(hand, &plan, changes, now)?;
        note_communication_plan(hand, partnership, AnyId(id.0), now)?;
        events::ADOPTED
    } else {
        plan.state.demand(CommunicationPlanState::Draft)?;
        let changes = PlanChanges {
            state: Some(CommunicationPlanState::Draft),
            proposed_at: Some(None),
            ..PlanChanges::default()
        };
        queries::update(hand, &plan, changes, now)?;
        events::RETURNED
    };
    if ended.ending.is_adoption() && plan.visibility == PlanVisibility::Public {
        kind.visibility = Visibility::Public;
    }
    hand.also(kind.on(id.0).within(partnership.0).fact("outcome", ended.ending.as_str()))
}

/// The text of a plan is made from the plan, so that it always tells what is to be adopted.
fn on_amended(_: &mut Hand<'_, '_>, decision: &Decision, _: &str) -> Result<()> {
    match decision.subject {
        None => Ok(()),
        Some(_) => Err(Error::conflict(
            "This text tells of a communication plan: change the plan, and the decision has another text with it.",
        )),
    }
}
