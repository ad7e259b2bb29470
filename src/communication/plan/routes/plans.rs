//! Writing and reading communication plans.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::entries::{Given, Individuals, Procedures, Rows, Techniques, check_individuals, rows};
use crate::accounts::{Actor, Ctx};
use crate::communication::plan::adoptable::reviews_in_time;
use crate::communication::plan::model::{
    CommunicationPlan, CommunicationPlanId, CommunicationPlanState, PlanVisibility,
};
use crate::communication::plan::policy::{self, Action, PlanFace, Subject, WHOLE};
use crate::communication::plan::queries::{self, PlanChanges, Seen};
use crate::communication::plan::shown::{CommunicationPlanDetail, CommunicationPlanSummary, detail, summary};
use crate::communication::plan::{adoption, events};
use crate::ids::PartnershipId;
use crate::partnerships::{DecisionClass, Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, wrong};
use crate::platform::text::{Day, Prose};
use crate::platform::values::{Change, List, Patch};

/// Classes of decisions, each once.
type Classes = List<DecisionClass, 0, 11>;

/// A communication plan in the making.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCommunicationPlan {
    /// Who may read it once it is adopted.
    visibility: PlanVisibility,
    /// How messages go out.
    techniques: Option<Techniques>,
    /// What is done when something happens.
    procedures: Option<Procedures>,
    /// By whom messages are carried.
    individuals: Option<Individuals>,
    /// Classes of decisions on which members are consulted first; each once.
    shared_decision_rule: Option<Classes>,
    /// What is not told, and why.
    confidentiality_note: Option<Prose<3, 1000>>,
    /// When it is to be looked at again, within twelve months.
    review_on: Option<Day>,
}
impl Check for CreateCommunicationPlan {
    fn check(&self, errors: &mut Vec<FieldError>) {
        check_individuals(self.individuals.as_ref().map_or(&[], List::as_slice), errors);
        check_classes(self.shared_decision_rule.as_ref(), errors);
    }
}

/// Changes to a communication plan in the making; each list that is given replaces the whole list.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommunicationPlanPatch {
    /// Who may read it once it is adopted.
    #[serde(default)]
    visibility: Change<PlanVisibility>,
    /// How messages go out.
    #[serde(default)]
    techniques: Change<Techniques>,
    /// What is done when something happens.
    #[serde(default)]
    procedures: Change<Procedures>,
    /// By whom messages are carried.
    #[serde(default)]
    individuals: Change<Individuals>,
    /// Classes of decisions on which members are consulted first; each once.
    #[serde(default)]
    shared_decision_rule: Change<Classes>,
    /// What is not told, and why.
    #[serde(default)]
    confidentiality_note: Patch<Prose<3, 1000>>,
    /// When it is to be looked at again, within twelve months.
    #[serde(default)]
    review_on: Patch<Day>,
}
impl Check for CommunicationPlanPatch {
    fn check(&self, errors: &mut Vec<FieldError>) {
        check_individuals(self.individuals.value().map_or(&[], List::as_slice), errors);
        check_classes(self.shared_decision_rule.value(), errors);
    }
}

fn check_classes(classes: Option<&Classes>, errors: &mut Vec<FieldError>) {
    let mut seen = Vec::new();
    for (n, class) in classes.into_iter().flat_map(List::as_slice).enumerate() {
        if seen.contains(class) {
            let at = format!("/shared_decision_rule/{n}");
            errors.push(wrong(at, FieldCode::NotUnique, "stands in the list already"));
        }
        seen.push(*class);
    }
}

/// Which communication plans to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CommunicationPlanFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<CommunicationPlanState>,
}

/// The plan as this actor may have it for `action`, with how the actor stands towards its partnership.
///
/// # Errors
/// 404, 403, 401.
pub fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: CommunicationPlanId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(CommunicationPlan, Scoped)> {
    if purpose == Purpose::Change {
        actor.person()?;
    }
    let row = queries::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, row.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let row = if purpose == Purpose::Change { queries::find(conn, id)?.ok_or_else(Error::not_found)? } else { row };
    let subject = Subject { face: PlanFace::of(&row), is_own: actor.id() == Some(row.written_by_id) };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}

fn demand_in_time(review_on: Option<NaiveDate>, now: Instant) -> Result<()> {
    match review_on {
        Some(day) if !reviews_in_time(day, now.date()) => {
            Err(Error::field("/review_on", FieldCode::OutOfRange, "must be a day to come, within twelve months"))
        }
        _ => Ok(()),
    }
}

fn store(conn: &mut Conn, id: CommunicationPlanId, rows: &Rows) -> Result<()> {
    if let Some(techniques) = &rows.techniques {
        queries::replace_techniques(conn, id, techniques)?;
    }
    if let Some(procedures) = &rows.procedures {
        queries::replace_procedures(conn, id, procedures)?;
    }
    if let Some(individuals) = &rows.individuals {
        queries::replace_individuals(conn, id, individuals)?;
    }
    Ok(())
}

/// Puts a communication plan down.
///
/// For leaders, and members whose role it is to carry messages. Until it is proposed, they, officials and its author see
/// it. It can be adopted with two techniques, a procedure and a communicator of each side, or more.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/communication-plans",
    tag = "communication-plans", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = CreateCommunicationPlan, responses((status = 201, body = CommunicationPlanDetail)))]
pub async fn create_communication_plan(
    ctx: Ctx,
    id: Path<PartnershipId>,
    body: Valid<CreateCommunicationPlan>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Change, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::CreateCommunicationPlan)?;
        scoped.demand_live()?;
        let CreateCommunicationPlan { visibility, techniques, procedures, individuals, .. } = body.0;
        let review_on = body.0.review_on.map(|day| day.0);
        demand_in_time(review_on, now)?;
        let plan = CommunicationPlan {
            id: CommunicationPlanId::new(),
            partnership_id: id.0,
            number: queries::next_number(tx, id.0)?,
            state: CommunicationPlanState::Draft,
            visibility,
            shared_decision_rule: Json(body.0.shared_decision_rule.map(List::into_vec).unwrap_or_default()),
            confidentiality_note: body.0.confidentiality_note.map(Into::into),
            review_on,
            written_by_id: by,
            proposed_at: None,
            adopted_at: None,
            ended_at: None,
            decision_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let rows = rows(tx, id.0, plan.id, Given { techniques, procedures, individuals })?;
        queries::insert(tx, &plan)?;
        store(tx, plan.id, &rows)?;
        let entry = events::CREATED.on(plan.id.0).within(id.0.0).fact("number", plan.number);
        let location = format!("{API}/communication-plans/{}", plan.id);
        let value = detail(tx, plan, true, now)?.value;
        tx.recorded(entry, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists the versions of a partnership's communication plan, newest first.
///
/// Everybody who sees the partnership sees public ones that are or were adopted; members all that are or were, the proposed
/// one, and their own; whoever writes them, and officials, all.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/communication-plans",
    tag = "communication-plans", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), CommunicationPlanFilter, PageParams),
    responses((status = 200, body = Page<CommunicationPlanSummary>)))]
pub async fn list_communication_plans(
    ctx: Ctx,
    id: Path<PartnershipId>,
    listing: Listing<CommunicationPlanFilter>,
) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::ListCommunicationPlans)?;
        let seen = match (policy::sees_drafts(&scoped.standing), scoped.standing.membership, actor.id()) {
            (true, ..) => Seen::All,
            (false, Some(_), Some(reader)) => Seen::ByMember(reader),
            _ => Seen::Public,
        };
        let page = queries::list(conn, id.0, seen, listing.filter.state, &listing)?;
        Ok(page.map(|row| summary(row, now.date())))
    })
    .await
}

/// Reads a communication plan.
#[utoipa::path(get, path = "/communication-plans/{communication_plan_id}",
    tag = "communication-plans", security((), ("bearer" = [])),
    params(("communication_plan_id" = CommunicationPlanId, Path, description = "The communication plan.")),
    responses((status = 200, body = CommunicationPlanDetail)))]
pub async fn get_communication_plan(ctx: Ctx, id: Path<CommunicationPlanId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, scoped) = find_for(conn, actor, id.0, Action::GetCommunicationPlan, Purpose::Read, now)?;
        detail(conn, row, scoped.standing.is_inside(), now)
    })
    .await
}

/// Changes a communication plan in the making, or one that is being decided on.
///
/// While it is being decided on, its decision gets a new version of the text, and whoever took a stance is asked again.
#[utoipa::path(patch, path = "/communication-plans/{communication_plan_id}",
    tag = "communication-plans", security(("bearer" = [])),
    params(("communication_plan_id" = CommunicationPlanId, Path, description = "The communication plan."), IfMatchParam),
    request_body = CommunicationPlanPatch, responses((status = 200, body = CommunicationPlanDetail)))]
pub async fn update_communication_plan(
    ctx: Ctx,
    id: Path<CommunicationPlanId>,
    if_match: IfMatch,
    body: Valid<CommunicationPlanPatch>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::UpdateCommunicationPlan, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        if !matches!(row.state, CommunicationPlanState::Draft | CommunicationPlanState::Proposed) {
            let detail = format!("The communication plan is {}; write another version in its place.", row.state);
            return Err(Error::conflict(detail));
        }
        let patch = body.0;
        let changed: Vec<&'static str> = [
            ("visibility", patch.visibility.is_given()),
            ("techniques", patch.techniques.is_given()),
            ("procedures", patch.procedures.is_given()),
            ("individuals", patch.individuals.is_given()),
            ("shared_decision_rule", patch.shared_decision_rule.is_given()),
            ("confidentiality_note", patch.confidentiality_note.is_given()),
            ("review_on", patch.review_on.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        demand_in_time(patch.review_on.value().map(|day| day.0), now)?;
        let given = Given {
            techniques: patch.techniques.changeset(|list| list),
            procedures: patch.procedures.changeset(|list| list),
            individuals: patch.individuals.changeset(|list| list),
        };
        let rows = rows(tx, row.partnership_id, row.id, given)?;
        store(tx, row.id, &rows)?;
        let changes = PlanChanges {
            visibility: patch.visibility.changeset(|visibility| visibility),
            shared_decision_rule: patch.shared_decision_rule.changeset(|list| Json(list.into_vec())),
            confidentiality_note: patch.confidentiality_note.changeset(Into::into),
            review_on: patch.review_on.changeset(|day| day.0),
            ..PlanChanges::default()
        };
        let row = queries::update(tx, &row, changes, now)?;
        adoption::renew(tx, &state, actor, &row)?;
        let entry = events::UPDATED.on(id.0.0).within(row.partnership_id.0).changed(changed);
        let shown = detail(tx, row, true, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

crate::operations! {
    create_communication_plan,
    list_communication_plans,
    get_communication_plan,
    update_communication_plan,
}
