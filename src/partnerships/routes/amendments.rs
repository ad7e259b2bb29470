//! Amendments: changes to an adopted goal and its objectives, which stand beside the values that count until a decision of
//! both sides adopts them. What was amended, from what to what and why, stays to be read.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, Ctx, PersonRef, people};
use crate::ids::{AccountId, DecisionId, GoalId, PartnershipId};
use crate::partnerships::adoption::{AmendmentSubject, Proposer};
use crate::partnerships::amending::{Changes, ObjectiveChange};
use crate::partnerships::events;
use crate::partnerships::model::{Amendment, AmendmentClass, AmendmentId, AmendmentState, ObjectiveId};
use crate::partnerships::policy::Action;
use crate::partnerships::queries::{amendments, objectives};
use crate::partnerships::routes::goals::find_for;
use crate::partnerships::routes::missions::demand_leaders;
use crate::partnerships::routes::objectives::{CreateObjective, demand_owner};
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned};
use crate::platform::text::{Day, Line, Prose};
use crate::platform::values::{List, Quantity, Whole};

/// What of an adopted goal is to change. What is not said stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "reason": "The utility mends the lamps south of Osage only next spring.", "target_on": "2028-02-28",
    "objectives": [{"objective_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "target": 8, "due_on": "2028-02-15"}]
}))]
pub struct ProposeAmendment {
    /// Why.
    reason: Prose<10, 1000>,
    /// What is to be reached, in a line.
    title: Option<Line<5, 150>>,
    /// What that means, and how everybody will know.
    description: Option<Prose<10, 2000>>,
    /// The day by which it is to be reached.
    target_on: Option<Day>,
    /// Objectives that change or are withdrawn. What they measure, and where they started, is not amended: then what was
    /// measured before would mean nothing. Such an objective is withdrawn, and another one is added.
    #[serde(default)]
    objectives: List<AmendObjective, 0, 5>,
    /// Objectives that are added, each with baseline and target.
    #[serde(default)]
    added: List<CreateObjective, 0, 5>,
    /// Why it should be tried although the goal, as it would be, does not pass the achievability test.
    override_reason: Option<Prose<10, 1000>>,
}
impl Check for ProposeAmendment {
    fn check(&self, errors: &mut Vec<FieldError>) {
        for (n, added) in self.added.as_slice().iter().enumerate() {
            added.check_complete(&format!("/added/{n}"), errors);
        }
    }
}

/// What of an objective is to change.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendObjective {
    /// The objective.
    objective_id: ObjectiveId,
    /// What is to be reached, in a line.
    title: Option<Line<5, 150>>,
    /// Where it is to be.
    target: Option<Quantity>,
    /// How far from the target is still good; for `maintain` only.
    tolerance: Option<Quantity>,
    /// The day by which it is due.
    due_on: Option<Day>,
    /// How much it counts in the goal.
    weight: Option<Whole<1, 5>>,
    /// Gives it up.
    withdraw: Option<bool>,
}

impl AmendObjective {
    fn change(self) -> ObjectiveChange {
        let Self { objective_id, title, target, tolerance, due_on, weight, withdraw } = self;
        ObjectiveChange {
            objective_id,
            title: title.map(Into::into),
            target: target.map(Quantity::get),
            tolerance: tolerance.map(Quantity::get),
            due_on: due_on.map(|day| day.0),
            weight: weight.map(Whole::get),
            is_withdrawn: withdraw.unwrap_or(false),
        }
    }
}

/// Which amendments to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AmendmentFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<AmendmentState>,
}

/// An amendment of a goal.
#[derive(Debug, Serialize, ToSchema)]
pub struct AmendmentDetail {
    /// The amendment.
    id: AmendmentId,
    /// Of which goal.
    goal_id: GoalId,
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// Which of the goal's amendments.
    number: i32,
    /// Whether it changes the goal itself or its objectives alone.
    class: AmendmentClass,
    /// Where it stands.
    state: AmendmentState,
    /// Why.
    reason: String,
    /// What is to change, and what it is to become.
    changes: Changes,
    /// What stood there when it was proposed.
    before: Changes,
    /// Who proposed it.
    proposed_by: Option<PersonRef>,
    /// The decision on it.
    decision_id: DecisionId,
    /// When it was adopted or dropped.
    ended_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was proposed.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn shown(row: Amendment, of: PartnershipId, people: &HashMap<AccountId, PersonRef>) -> AmendmentDetail {
    AmendmentDetail {
        id: row.id,
        goal_id: row.goal_id,
        partnership_id: of,
        number: row.number,
        class: row.class,
        state: row.state,
        reason: row.reason,
        changes: row.changes.0,
        before: row.before.0,
        proposed_by: people.get(&row.proposed_by_id).cloned(),
        decision_id: row.decision_id,
        ended_at: row.ended_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// Proposes to amend an adopted goal or its objectives.
///
/// Opens a decision, of the class `objective` where the goal itself stays as it is. Until it is adopted the goal stays as
/// both sides adopted it. One amendment is decided on at a time.
#[utoipa::path(post, path = "/goals/{goal_id}/amendments",
    tag = "goals", security(("bearer" = [])), params(("goal_id" = GoalId, Path, description = "The goal."), IfMatchParam),
    request_body = ProposeAmendment, responses((status = 201, body = AmendmentDetail)))]
pub async fn propose_amendment(
    ctx: Ctx,
    id: Path<GoalId>,
    if_match: IfMatch,
    body: Valid<ProposeAmendment>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (goal, scoped) = find_for(tx, actor, id.0, Action::ProposeAmendment, Purpose::Change, now)?;
        if_match.demand(goal.version)?;
        scoped.demand_live()?;
        if !goal.state.is_pursued() {
            return Err(Error::conflict(format!("The goal is {}; only an adopted goal is amended.", goal.state)));
        }
        demand_leaders(tx, goal.partnership_id, now.date())?;
        if amendments::proposed(tx, goal.id)?.is_some() {
            return Err(amendments::being_decided());
        }
        let ProposeAmendment { reason, title, description, target_on, objectives: changed, added, override_reason } =
            body.0;
        let mut objectives_added = Vec::new();
        for (n, objective) in added.into_vec().into_iter().enumerate() {
            let place = format!("/added/{n}");
            let objective = objective.added(&place, now)?;
            demand_owner(tx, &scoped, objective.owner_id, &format!("{place}/owner_id"))?;
            objectives_added.push(objective);
        }
        let changes = Changes {
            title: title.map(Into::into),
            description: description.map(Into::into),
            target_on: target_on.map(|day| day.0),
            objectives: changed.into_vec().into_iter().map(AmendObjective::change).collect(),
            added: objectives_added,
            override_reason: override_reason.map(Into::into),
        };
        let there = objectives::of_goal(tx, goal.id)?;
        let errors = changes.check(&goal, &there, now.date());
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        let (amendment, reason): (AmendmentId, String) = (AmendmentId::new(), reason.into());
        let subject = AmendmentSubject { id: amendment.0, objectives: &there, changes: &changes, reason: &reason };
        let proposer = Proposer { state: &state, actor, scoped: &scoped };
        let decision = proposer.open_amendment(tx, &goal, subject)?;
        let before = changes.before(&goal, &there);
        let row = Amendment {
            id: amendment,
            goal_id: goal.id,
            number: amendments::next_number(tx, goal.id)?,
            class: changes.class(),
            state: AmendmentState::Proposed,
            reason,
            changes: Json(changes),
            before: Json(before),
            proposed_by_id: by,
            decision_id: decision,
            ended_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        amendments::insert(tx, &row)?;
        let event = events::AMENDMENT_PROPOSED.on(goal.id.0).within(goal.partnership_id.0).fact("number", row.number);
        let location = format!("{API}/amendments/{}", row.id);
        let people = people(tx, [by])?;
        let value = shown(row, goal.partnership_id, &people);
        tx.recorded(event, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists a goal's amendments, newest first.
#[utoipa::path(get, path = "/goals/{goal_id}/amendments",
    tag = "goals", security(("bearer" = [])),
    params(("goal_id" = GoalId, Path, description = "The goal."), AmendmentFilter, PageParams),
    responses((status = 200, body = Page<AmendmentDetail>)))]
pub async fn list_amendments(ctx: Ctx, id: Path<GoalId>, listing: Listing<AmendmentFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (goal, _) = find_for(conn, actor, id.0, Action::ListAmendments, Purpose::Read, now)?;
        let page = amendments::list(conn, id.0, listing.filter.state, &listing)?;
        let people = people(conn, page.items.iter().map(|row| row.proposed_by_id))?;
        Ok(page.map(|row| shown(row, goal.partnership_id, &people)))
    })
    .await
}

fn amendment_for(conn: &mut Conn, actor: &Actor, id: AmendmentId, now: Instant) -> Result<(Amendment, Scoped)> {
    actor.person()?;
    let row = amendments::find(conn, id)?.ok_or_else(Error::not_found)?;
    let (_, scoped) = find_for(conn, actor, row.goal_id, Action::GetAmendment, Purpose::Read, now)?;
    Ok((row, scoped))
}

/// Reads an amendment.
#[utoipa::path(get, path = "/amendments/{amendment_id}",
    tag = "goals", security(("bearer" = [])),
    params(("amendment_id" = AmendmentId, Path, description = "The amendment.")),
    responses((status = 200, body = AmendmentDetail)))]
pub async fn get_amendment(ctx: Ctx, id: Path<AmendmentId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, scoped) = amendment_for(conn, actor, id.0, now)?;
        let people = people(conn, [row.proposed_by_id])?;
        let version = row.version;
        Ok(Versioned::new(shown(row, scoped.partnership.id, &people), version))
    })
    .await
}

crate::operations! {
    propose_amendment,
    list_amendments,
    get_amendment,
}
