//! The text that a communication plan is decided on by: all that is to be adopted, in words. Pure.
//!
//! As with goals, the text is a snapshot: when what it tells of changes, the decision gets a new version of it, and stances
//! under the old one do not count any more (`domain/20` 6.6).

use std::collections::HashMap;
use std::fmt::Write as _;

use super::model::{CommunicationPlan, PlanVisibility};
use super::queries::Parts;
use crate::ids::AccountId;

/// A code as a reader reads it.
fn words(code: &str) -> String {
    code.replace('_', " ")
}

/// A plan with everything in it; `names` are those of whomever it names.
// Writing to a string can't fail.
pub fn plan(of: &CommunicationPlan, parts: &Parts, names: &HashMap<AccountId, String>) -> String {
    let name = |id: AccountId| names.get(&id).map_or("a member", String::as_str);
    let readers = match of.visibility {
        PlanVisibility::Public => "everybody; persons are not named to them",
        PlanVisibility::Members => "members and officials",
    };
    let mut out = format!("Communication plan, version {}\nTo be read by {readers}.\n", of.number);
    if let Some(day) = of.review_on {
        let _ = writeln!(out, "To be looked at again on {day}.");
    }
    out.push_str("\nTechniques\n");
    for technique in &parts.techniques {
        let (kind, purpose, often) =
            (words(technique.kind.as_str()), technique.purpose.as_str(), words(technique.frequency.as_str()));
        let _ = write!(out, "- {kind}, {often}, to {purpose}: {}", technique.audience);
        if let Some(owner) = technique.owner_id {
            let _ = write!(out, "; looked after by {}", name(owner));
        }
        if let Some(reach) = technique.reach_target {
            let _ = write!(out, "; to reach {reach} % of the members");
        }
        out.push('\n');
    }
    out.push_str("\nProcedures\n");
    for procedure in &parts.procedures {
        let _ = write!(out, "- {}, within {} hours", procedure.trigger, procedure.response_time_hours);
        if let Some(approver) = procedure.approver_id {
            let _ = write!(out, ", approved by {}", name(approver));
        }
        out.push_str(":\n");
        for (n, step) in procedure.steps.0.iter().enumerate() {
            let _ = writeln!(out, "  {}. {step}", n + 1);
        }
        if let Some(fallback) = &procedure.fallback_offline {
            let _ = writeln!(out, "  Without a network: {fallback}");
        }
    }
    out.push_str("\nIndividuals\n");
    for one in &parts.individuals {
        let (scope, languages) = (words(one.scope.as_str()), one.languages.0.join(", "));
        let _ = write!(out, "- {} ({} side), {scope}, in {languages}", name(one.account_id), one.side);
        if let Some(backup) = one.backup_id {
            let _ = write!(out, "; {} stands in", name(backup));
        }
        out.push('\n');
    }
    if !of.shared_decision_rule.0.is_empty() {
        let classes: Vec<String> = of.shared_decision_rule.0.iter().map(|class| words(class.as_str())).collect();
        let _ = write!(out, "\nMembers are consulted first on: {}.\n", classes.join(", "));
    }
    if let Some(note) = &of.confidentiality_note {
        let _ = write!(out, "\nConfidentiality: {note}\n");
    }
    out.trim_end().to_owned()
}
