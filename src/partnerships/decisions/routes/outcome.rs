//! What follows from an adopted decision, and looking at it again.

use serde::Deserialize;
use utoipa::ToSchema;

use super::corrections::{assent, side_of};
use super::shown::{DecisionDetail, find_for, one, review_day};
use crate::accounts::{Actor, Ctx};
use crate::ids::{AccountId, DecisionId};
use crate::partnerships::active_members;
use crate::partnerships::decisions::events;
use crate::partnerships::decisions::jobs::begin_review;
use crate::partnerships::decisions::model::{
    AssentPurpose, CommunicationNote, Decision, DecisionState, Outcome, Responsibility,
};
use crate::partnerships::decisions::policy::Action;
use crate::partnerships::decisions::queries::decisions::{self, DecisionChanges};
use crate::partnerships::standing::Purpose;
use crate::partnerships::tasks::{self, Origin, TaskPurpose, create_from};
use crate::platform::State;
use crate::platform::db::{AnyId, Conn, Json};
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Path, Recorded, Reply, Tx, Valid, Versioned, wrong};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::text::{Day, Line, Prose};
use crate::platform::values::List;

/// Who does what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResponsibility {
    /// What, in a line; it becomes a task.
    what: Line<3, 150>,
    /// A member, who is asked to take the task on.
    account_id: AccountId,
    /// Until when.
    due_on: Option<Day>,
}

/// Who is told, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCommunication {
    /// Who is to know.
    audience: Line<1, 150>,
    /// What they are told, and how.
    message: Prose<3, 1000>,
}

/// What follows from a decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "statement": "We walk the alleys together every Tuesday from 7 to 8 pm, from May on.",
    "communications": [{"audience": "Merchants of Kansas Avenue", "message": "Tom tells them at their breakfast on Friday."}]
}))]
pub struct PutDecisionOutcome {
    /// What was decided, in words that everybody understands.
    statement: Prose<10, 2000>,
    /// Who does what.
    responsibilities: Option<List<NewResponsibility, 0, 50>>,
    /// Who is told, and how.
    communications: Option<List<NewCommunication, 0, 20>>,
    /// When it is looked at again; after half a year where nothing is said. A trial is looked at when it ends.
    review_on: Option<Day>,
}
impl Check for PutDecisionOutcome {}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewReason {
    /// Why, for everybody to read.
    reason: Prose<3, 1000>,
}
impl Check for ReviewReason {}

/// Refuses responsibilities of people who are no members.
fn demand_members(conn: &mut Conn, row: &Decision, responsibilities: &[Responsibility]) -> Result<()> {
    let named: Vec<AccountId> = responsibilities.iter().map(|r| AccountId(r.account_id)).collect();
    if named.is_empty() {
        return Ok(());
    }
    let members = active_members(conn, row.partnership_id, &named)?;
    let errors: Vec<_> = named
        .iter()
        .enumerate()
        .filter(|(_, who)| !members.iter().any(|(member, _)| member == *who))
        .map(|(n, _)| {
            wrong(format!("/responsibilities/{n}/account_id"), FieldCode::NotFound, "is no member of the partnership")
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::fields(errors)) }
}

/// Makes a task of each responsibility that was not there before, for whoever it is to be: they are asked, and have five days
/// to accept. One that stands as it stood keeps its task.
fn given_out(
    tx: &mut Tx<'_>,
    by: AccountId,
    row: &Decision,
    before: &[Responsibility],
    responsibilities: Vec<Responsibility>,
) -> Result<Vec<Responsibility>> {
    let now = tx.now();
    let mut known: Vec<&Responsibility> = before.iter().collect();
    responsibilities
        .into_iter()
        .map(|new| {
            let same = |old: &&Responsibility| {
                (&old.what, old.account_id, old.due_on) == (&new.what, new.account_id, new.due_on)
            };
            if let Some(at) = known.iter().position(same) {
                return Ok(known.swap_remove(at).clone());
            }
            let origin = Origin {
                purpose: TaskPurpose::Decision,
                reference: row.id.0,
                title: new.what.clone(),
                description: format!("It follows from the decision: {}", row.question),
                due_on: new.due_on,
                assignee: Some(AccountId(new.account_id)),
                is_private: false,
            };
            let task = create_from(tx, by, row.partnership_id, origin, now)?;
            tx.also(tasks::events::CREATED.on(task.0).within(row.partnership_id.0))?;
            Ok(Responsibility { task_id: Some(task), ..new })
        })
        .collect()
}

/// Writes down what follows from an adopted decision, or writes it anew: the decision is in force.
///
/// Within seven days after it was adopted; after that it is on the list of what is overdue. Each responsibility becomes a task,
/// which the person is asked to take on; one that stands as it stood keeps its task.
#[utoipa::path(put, path = "/decisions/{decision_id}/outcome",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    request_body = PutDecisionOutcome, responses((status = 200, body = DecisionDetail)))]
pub async fn put_decision_outcome(
    ctx: Ctx,
    id: Path<DecisionId>,
    if_match: IfMatch,
    body: Valid<PutDecisionOutcome>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = find_for(tx, actor, id.0, Action::PutDecisionOutcome, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        if !row.state.holds() {
            return Err(Error::conflict(format!("The decision is {}; nothing follows from it.", row.state)));
        }
        let PutDecisionOutcome { statement, responsibilities, communications, review_on } = body.0;
        let responsibilities: Vec<Responsibility> = responsibilities
            .map(List::into_vec)
            .unwrap_or_default()
            .into_iter()
            .map(|r| Responsibility {
                what: r.what.into(),
                account_id: r.account_id.0,
                due_on: r.due_on.map(|day| day.0),
                task_id: None,
            })
            .collect();
        demand_members(tx, &row, &responsibilities)?;
        let before = decisions::outcome(tx, row.id)?;
        let given = before.as_ref().map_or(&[][..], |outcome| &outcome.responsibilities.0);
        let responsibilities = given_out(tx, by, &row, given, responsibilities)?;
        let is_trial = row.trial_days.is_some();
        if let Some(day) = review_on {
            if day.0 <= now.date() {
                return Err(Error::field("/review_on", FieldCode::OutOfRange, "must lie in the future"));
            }
            if is_trial && row.review_on.is_some_and(|end| day.0 > end) {
                return Err(Error::field(
                    "/review_on",
                    FieldCode::OutOfRange,
                    "must not lie after the end of the trial",
                ));
            }
        }
        let outcome = Outcome {
            decision_id: row.id,
            statement: statement.into(),
            responsibilities: Json(responsibilities),
            communications: Json(
                communications
                    .map(List::into_vec)
                    .unwrap_or_default()
                    .into_iter()
                    .map(|c| CommunicationNote { audience: c.audience.into(), message: c.message.into() })
                    .collect(),
            ),
            written_by_id: by,
            created_at: now,
            updated_at: now,
        };
        match before {
            None => decisions::insert_outcome(tx, &outcome)?,
            Some(_) => decisions::update_outcome(tx, &outcome)?,
        }
        let usual = if is_trial { row.review_on } else { row.review_on.or_else(|| review_day(&state, now.date())) };
        let changes = DecisionChanges {
            state: (row.state == DecisionState::Adopted).then_some(DecisionState::InForce),
            review_on: Some(review_on.map(|day| day.0).or(usual)),
            ..DecisionChanges::default()
        };
        let row = decisions::update(tx, &row, changes, now)?;
        let event = events::OUTCOME_WRITTEN.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, &state, actor, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Begins to look at a decision again, before the day that was set for it.
#[utoipa::path(post, path = "/decisions/{decision_id}/review",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    request_body = ReviewReason, responses((status = 200, body = DecisionDetail)))]
pub async fn review_decision(
    ctx: Ctx,
    id: Path<DecisionId>,
    if_match: IfMatch,
    body: Valid<ReviewReason>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::ReviewDecision, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(DecisionState::UnderReview)?;
        let row = begin_review(tx, &row, now)?;
        let event = events::REVIEW_BEGUN.on(id.0.0).within(row.partnership_id.0).because(body.0.reason);
        let shown = one(tx, &state, actor, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// A leader's word at a review; with that of the other side's leader the decision is what they say.
fn conclude_review(
    tx: &mut Tx<'_>,
    state: &State,
    actor: &Actor,
    (id, if_match): (DecisionId, IfMatch),
    (action, purpose, to): (Action, AssentPurpose, DecisionState),
    reason: String,
) -> Result<Recorded<Versioned<DecisionDetail>>> {
    let now = tx.now();
    let by = actor.person()?.id;
    let (row, scoped) = find_for(tx, actor, id, action, Purpose::Change, now)?;
    if_match.demand(row.version)?;
    scoped.demand_live()?;
    row.state.demand(to)?;
    if to == DecisionState::Reaffirmed && row.trial_days.is_some() {
        let why = "A trial becomes permanent by a decision of its own that takes its place.";
        return Err(Error::conflict(why));
    }
    let said = (None, Some(reason.clone()));
    let (capacity, complete) = assent(tx, &scoped, &row, AnyId(id.0), purpose, by, said)?;
    let event = match (complete, to) {
        (false, _) => events::ASSENTED,
        (true, DecisionState::Reaffirmed) => events::REAFFIRMED,
        (true, _) => events::RESCINDED,
    };
    let changes = match complete {
        true => DecisionChanges {
            state: Some(to),
            review_on: Some((to == DecisionState::Reaffirmed).then(|| review_day(state, now.date())).flatten()),
            ..DecisionChanges::default()
        },
        false => DecisionChanges::default(),
    };
    let row = decisions::update(tx, &row, changes, now)?;
    let event = event.on(id.0).within(row.partnership_id.0).fact("side", side_of(capacity));
    let event = event.fact("purpose", purpose.as_str()).because(reason);
    let shown = one(tx, state, actor, row, now)?;
    tx.recorded(event, shown)
}

/// Reaffirms a decision that is being looked at again, as a leader of your side.
///
/// It stays, once a leader of each side has said so. A trial does not: it ends, or a new decision takes its place.
#[utoipa::path(post, path = "/decisions/{decision_id}/reaffirm",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    request_body = ReviewReason, responses((status = 200, body = DecisionDetail)))]
pub async fn reaffirm_decision(
    ctx: Ctx,
    id: Path<DecisionId>,
    if_match: IfMatch,
    body: Valid<ReviewReason>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let to = (Action::ReaffirmDecision, AssentPurpose::Reaffirm, DecisionState::Reaffirmed);
        conclude_review(tx, &state, actor, (id.0, if_match), to, body.0.reason.into())
    })
    .await
}

/// Rescinds a decision that is being looked at again, as a leader of your side.
///
/// It holds no longer, once a leader of each side has said so.
#[utoipa::path(post, path = "/decisions/{decision_id}/rescind",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    request_body = ReviewReason, responses((status = 200, body = DecisionDetail)))]
pub async fn rescind_decision(
    ctx: Ctx,
    id: Path<DecisionId>,
    if_match: IfMatch,
    body: Valid<ReviewReason>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let to = (Action::RescindDecision, AssentPurpose::Rescind, DecisionState::Rescinded);
        conclude_review(tx, &state, actor, (id.0, if_match), to, body.0.reason.into())
    })
    .await
}

crate::operations! {
    put_decision_outcome,
    review_decision,
    reaffirm_decision,
    rescind_decision,
}
