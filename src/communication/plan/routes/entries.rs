//! What goes into a plan, and whether those whom it names are members.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::Side;
use crate::communication::plan::model::{
    CommunicationPlanId, Frequency, Individual, IndividualId, Procedure, ProcedureId, Purpose, Scope, Technique,
    TechniqueId, TechniqueKind,
};
use crate::ids::{AccountId, PartnershipId};
use crate::partnerships::active_members;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::wrong;
use crate::platform::text::{Language, Line, Prose};
use crate::platform::values::{List, Whole};

/// Techniques in a plan.
pub type Techniques = List<TechniqueEntry, 0, 30>;
/// Procedures in a plan.
pub type Procedures = List<ProcedureEntry, 0, 20>;
/// Individuals in a plan.
pub type Individuals = List<IndividualEntry, 0, 40>;

/// How messages go out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "door_to_door", "purpose": "consult", "audience": "Households behind the avenue",
    "frequency": "quarterly", "reach_target": 60}))]
pub struct TechniqueEntry {
    /// How.
    kind: TechniqueKind,
    /// What for.
    purpose: Purpose,
    /// To whom.
    audience: Line<2, 200>,
    /// The member who looks after it.
    owner_id: Option<AccountId>,
    /// How often.
    frequency: Frequency,
    /// Members who are to be reached, percent.
    reach_target: Option<Whole<1, 100>>,
}

/// What is done when something happens.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"trigger": "A burglary behind the avenue",
    "steps": ["The liaison tells the block captains", "Block captains tell their blocks"], "response_time_hours": 24}))]
pub struct ProcedureEntry {
    /// What happens.
    trigger: Line<3, 200>,
    /// What is done, in this order.
    steps: List<Line<3, 300>, 1, 20>,
    /// Within how many hours.
    response_time_hours: Whole<1, 720>,
    /// The member who approves what goes out, where somebody does.
    approver_id: Option<AccountId>,
    /// What is done where there is no network.
    fallback_offline: Option<Prose<3, 500>>,
}

/// Somebody who carries messages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "scope": "spokesperson",
    "languages": ["en", "es"]}))]
pub struct IndividualEntry {
    /// A member; the side is the member's own.
    person_id: AccountId,
    /// What for.
    scope: Scope,
    /// In which languages; each once.
    languages: List<Language, 1, 10>,
    /// Another member, who stands in.
    backup_person_id: Option<AccountId>,
}

/// Rules between the fields of individuals.
pub fn check_individuals(individuals: &[IndividualEntry], errors: &mut Vec<FieldError>) {
    let mut seen = HashSet::new();
    for (n, one) in individuals.iter().enumerate() {
        if !seen.insert((one.person_id, one.scope)) {
            errors.push(wrong(format!("/individuals/{n}"), FieldCode::NotUnique, "does this in the plan already"));
        }
        if one.backup_person_id == Some(one.person_id) {
            let at = format!("/individuals/{n}/backup_person_id");
            errors.push(wrong(at, FieldCode::Inconsistent, "is somebody else than the person"));
        }
        let mut spoken = HashSet::new();
        for (m, language) in one.languages.as_slice().iter().enumerate() {
            if !spoken.insert(language.to_string()) {
                let at = format!("/individuals/{n}/languages/{m}");
                errors.push(wrong(at, FieldCode::NotUnique, "stands in the list already"));
            }
        }
    }
}

/// What is given of a plan's content.
#[derive(Debug, Default)]
pub struct Given {
    pub techniques: Option<Techniques>,
    pub procedures: Option<Procedures>,
    pub individuals: Option<Individuals>,
}

/// The same as rows of a plan.
#[derive(Debug, Default)]
pub struct Rows {
    pub techniques: Option<Vec<Technique>>,
    pub procedures: Option<Vec<Procedure>>,
    pub individuals: Option<Vec<Individual>>,
}

/// Everybody whom the content names, with the place where.
fn named(given: &Given) -> Vec<(String, AccountId)> {
    let mut named = Vec::new();
    for (n, technique) in given.techniques.iter().flat_map(List::as_slice).enumerate() {
        named.extend(technique.owner_id.map(|id| (format!("/techniques/{n}/owner_id"), id)));
    }
    for (n, procedure) in given.procedures.iter().flat_map(List::as_slice).enumerate() {
        named.extend(procedure.approver_id.map(|id| (format!("/procedures/{n}/approver_id"), id)));
    }
    for (n, one) in given.individuals.iter().flat_map(List::as_slice).enumerate() {
        named.push((format!("/individuals/{n}/person_id"), one.person_id));
        named.extend(one.backup_person_id.map(|id| (format!("/individuals/{n}/backup_person_id"), id)));
    }
    named
}

/// The sides of these members.
fn sides(conn: &mut Conn, of: PartnershipId, ids: Vec<AccountId>) -> Result<HashMap<AccountId, Side>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(active_members(conn, of, &ids)?.into_iter().collect())
}

/// Rows of what is given.
///
/// # Errors
/// 422 for everybody who is no member.
pub fn rows(conn: &mut Conn, of: PartnershipId, plan_id: CommunicationPlanId, given: Given) -> Result<Rows> {
    let named = named(&given);
    let sides = sides(conn, of, named.iter().map(|(_, id)| *id).collect())?;
    let unknown = named.into_iter().filter(|(_, id)| !sides.contains_key(id));
    let unknown: Vec<FieldError> =
        unknown.map(|(at, _)| wrong(at, FieldCode::NotFound, "there is no such member here")).collect();
    if !unknown.is_empty() {
        return Err(Error::fields(unknown));
    }
    let techniques = |list: Techniques| {
        let row = |(position, entry): (i32, TechniqueEntry)| Technique {
            id: TechniqueId::new(),
            plan_id,
            position,
            kind: entry.kind,
            purpose: entry.purpose,
            audience: entry.audience.into(),
            owner_id: entry.owner_id,
            frequency: entry.frequency,
            reach_target: entry.reach_target.map(Whole::get),
        };
        (1..).zip(list.into_vec()).map(row).collect()
    };
    let procedures = |list: Procedures| {
        let row = |(position, entry): (i32, ProcedureEntry)| Procedure {
            id: ProcedureId::new(),
            plan_id,
            position,
            trigger: entry.trigger.into(),
            steps: Json(entry.steps.into_vec().into_iter().map(Into::into).collect()),
            response_time_hours: entry.response_time_hours.get(),
            approver_id: entry.approver_id,
            fallback_offline: entry.fallback_offline.map(Into::into),
        };
        (1..).zip(list.into_vec()).map(row).collect()
    };
    let individuals = |list: Individuals| {
        let row = |(position, entry): (i32, IndividualEntry)| {
            Some(Individual {
                id: IndividualId::new(),
                plan_id,
                position,
                account_id: entry.person_id,
                side: *sides.get(&entry.person_id)?,
                scope: entry.scope,
                languages: Json(entry.languages.into_vec().into_iter().map(Into::into).collect()),
                backup_id: entry.backup_person_id,
            })
        };
        (1..).zip(list.into_vec()).filter_map(row).collect()
    };
    Ok(Rows {
        techniques: given.techniques.map(techniques),
        procedures: given.procedures.map(procedures),
        individuals: given.individuals.map(individuals),
    })
}
