//! Communication plans as readers see them.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{
    CommunicationPlan, CommunicationPlanId, CommunicationPlanState, Frequency, IndividualId, PlanVisibility,
    ProcedureId, Purpose, Scope, TechniqueId, TechniqueKind,
};
use super::queries;
use crate::accounts::{PersonRef, Side, people};
use crate::ids::{AccountId, DecisionId, PartnershipId};
use crate::partnerships::{DecisionClass, Signed};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::http::Versioned;

/// A communication plan in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommunicationPlanSummary {
    /// The plan.
    id: CommunicationPlanId,
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// Which version.
    number: i32,
    /// Where it stands.
    state: CommunicationPlanState,
    /// Who may read it once it is adopted.
    visibility: PlanVisibility,
    /// When it is to be looked at again.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    review_on: Option<NaiveDate>,
    /// Whether that day has passed, for the plan that counts.
    is_review_due: bool,
    /// When it was adopted.
    adopted_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was put down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// How messages go out.
#[derive(Debug, Serialize, ToSchema)]
pub struct TechniqueShown {
    /// The technique in this plan.
    id: TechniqueId,
    /// How.
    kind: TechniqueKind,
    /// What for.
    purpose: Purpose,
    /// To whom.
    audience: String,
    /// The member who looks after it; `null` for readers from outside.
    owner: Option<PersonRef>,
    /// How often.
    frequency: Frequency,
    /// Members who are to be reached, percent.
    reach_target: Option<i32>,
}

/// What is done when something happens.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcedureShown {
    /// The procedure in this plan.
    id: ProcedureId,
    /// What happens.
    trigger: String,
    /// What is done, in this order.
    steps: Vec<String>,
    /// Within how many hours.
    response_time_hours: i32,
    /// The member who approves what goes out; `null` for readers from outside.
    approver: Option<PersonRef>,
    /// What is done where there is no network.
    fallback_offline: Option<String>,
}

/// Somebody who carries messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct IndividualShown {
    /// The entry in this plan.
    id: IndividualId,
    /// Who; `null` for readers from outside.
    person: Option<PersonRef>,
    /// On which side.
    side: Side,
    /// What for.
    scope: Scope,
    /// In which languages (BCP 47).
    languages: Vec<String>,
    /// Who stands in; `null` for readers from outside.
    backup_person: Option<PersonRef>,
}

/// A communication plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommunicationPlanDetail {
    /// The plan.
    id: CommunicationPlanId,
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// Which version.
    number: i32,
    /// Where it stands.
    state: CommunicationPlanState,
    /// Who may read it once it is adopted.
    visibility: PlanVisibility,
    /// How messages go out.
    techniques: Vec<TechniqueShown>,
    /// What is done when something happens.
    procedures: Vec<ProcedureShown>,
    /// By whom messages are carried.
    individuals: Vec<IndividualShown>,
    /// Classes of decisions on which members are consulted first.
    shared_decision_rule: Vec<DecisionClass>,
    /// What is not told, and why.
    confidentiality_note: Option<String>,
    /// When it is to be looked at again.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    review_on: Option<NaiveDate>,
    /// Whether that day has passed, for the plan that counts.
    is_review_due: bool,
    /// Who put it down; `null` for readers from outside.
    written_by: Option<PersonRef>,
    /// The decision by which it is, or was, adopted; `null` for readers from outside.
    decision_id: Option<DecisionId>,
    /// Who signed it, where signatures adopted it, before decisions did; nobody is named to readers from outside.
    signatures: Vec<Signed>,
    /// When it was put up for decision.
    proposed_at: Option<Instant>,
    /// When it was adopted.
    adopted_at: Option<Instant>,
    /// When it was superseded or given up.
    ended_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was put down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn is_review_due(row: &CommunicationPlan, today: NaiveDate) -> bool {
    row.state == CommunicationPlanState::Adopted && row.review_on.is_some_and(|day| day < today)
}

/// A plan in a list.
pub fn summary(row: CommunicationPlan, today: NaiveDate) -> CommunicationPlanSummary {
    CommunicationPlanSummary {
        is_review_due: is_review_due(&row, today),
        id: row.id,
        partnership_id: row.partnership_id,
        number: row.number,
        state: row.state,
        visibility: row.visibility,
        review_on: row.review_on,
        adopted_at: row.adopted_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// A plan with everything in it. From outside nobody in it is named.
pub fn detail(
    conn: &mut Conn,
    row: CommunicationPlan,
    inside: bool,
    now: Instant,
) -> Result<Versioned<CommunicationPlanDetail>> {
    let parts = queries::parts(conn, row.id)?;
    let signatures = queries::signatures(conn, row.id)?;
    let people = match inside {
        true => {
            let signers = signatures.iter().map(|signature| signature.account_id);
            people(conn, parts.named().into_iter().chain(signers).chain([row.written_by_id]))?
        }
        false => HashMap::new(),
    };
    let person = |id: Option<AccountId>| id.and_then(|id| people.get(&id).cloned());
    let version = row.version;
    let value = CommunicationPlanDetail {
        is_review_due: is_review_due(&row, now.date()),
        written_by: person(Some(row.written_by_id)),
        signatures: signatures
            .into_iter()
            .map(|s| Signed { side: s.side, by: person(Some(s.account_id)), signed_at: s.created_at })
            .collect(),
        techniques: parts
            .techniques
            .into_iter()
            .map(|technique| TechniqueShown {
                id: technique.id,
                kind: technique.kind,
                purpose: technique.purpose,
                audience: technique.audience,
                owner: person(technique.owner_id),
                frequency: technique.frequency,
                reach_target: technique.reach_target,
            })
            .collect(),
        procedures: parts
            .procedures
            .into_iter()
            .map(|procedure| ProcedureShown {
                id: procedure.id,
                trigger: procedure.trigger,
                steps: procedure.steps.0,
                response_time_hours: procedure.response_time_hours,
                approver: person(procedure.approver_id),
                fallback_offline: procedure.fallback_offline,
            })
            .collect(),
        individuals: parts
            .individuals
            .into_iter()
            .map(|one| IndividualShown {
                id: one.id,
                person: person(Some(one.account_id)),
                side: one.side,
                scope: one.scope,
                languages: one.languages.0,
                backup_person: person(one.backup_id),
            })
            .collect(),
        id: row.id,
        partnership_id: row.partnership_id,
        number: row.number,
        state: row.state,
        visibility: row.visibility,
        shared_decision_rule: row.shared_decision_rule.0,
        confidentiality_note: row.confidentiality_note,
        review_on: row.review_on,
        decision_id: row.decision_id.filter(|_| inside),
        proposed_at: row.proposed_at,
        adopted_at: row.adopted_at,
        ended_at: row.ended_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(Versioned::volatile(value, version))
}
