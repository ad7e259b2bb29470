//! The permission table: every operation × every kind of caller, as the policies decide it.
//!
//! It is generated from the policies themselves, committed beside the API description, and run through by a test that asks
//! the server. Prose about permissions rots; this does not.

use std::fmt::Write as _;

use crate::accounts::Persona;
use crate::partnerships::resources;
use crate::platform::openapi::Description;
use crate::platform::policy::Decision;
use crate::{accounts, communication, directory, meetings, partnerships, reports};

/// An operation with what each kind of caller gets.
#[derive(Debug, Clone)]
pub struct Permission {
    /// The operation's id.
    pub operation: &'static str,
    /// Whether it wants a fresh proof of who asks besides.
    pub wants_fresh_proof: bool,
    /// Decisions in the order of [`Persona::ALL`].
    pub decisions: Vec<(Persona, Decision)>,
}

impl Permission {
    /// What this kind of caller gets.
    pub fn of(&self, persona: Persona) -> Option<Decision> {
        self.decisions.iter().find(|(who, _)| *who == persona).map(|(_, decision)| *decision)
    }
}

/// Every operation of every slice.
pub fn table() -> Vec<Permission> {
    macro_rules! slice {
        ($($slice:ident::$policy:ident),+) => {
            [$(
                $slice::$policy::Action::ALL
                    .iter()
                    .map(|&action| Permission {
                        operation: action.as_str(),
                        wants_fresh_proof: $slice::$policy::wants_fresh_proof(action),
                        decisions: Persona::ALL
                            .iter()
                            .map(|&persona| (persona, $slice::$policy::decide(persona, action)))
                            .collect(),
                    })
                    .collect::<Vec<_>>()
            ),+]
            .concat()
        };
    }
    slice!(
        accounts::policy,
        directory::policy,
        partnerships::policy,
        partnerships::decisions_policy,
        resources::policy,
        partnerships::pipeline_policy,
        partnerships::stages_policy,
        partnerships::tasks_policy,
        communication::plan_policy,
        meetings::policy,
        meetings::minutes_policy,
        meetings::log_policy,
        meetings::series_policy,
        meetings::calendar_policy,
        meetings::agenda_policy,
        meetings::session_policy,
        meetings::open_meetings_policy,
        meetings::commitment_policy,
        meetings::regularity_policy,
        reports::policy
    )
}

/// The table as a page for people.
pub fn page(description: &Description) -> String {
    let mut out = String::from(
        "# Who may do what\n\n\
         Generated from the policies (`threekeys permissions`); a test asks the server the same.\n\n\
         Read a row as: in a partnership that has leaders of both sides, about something that is not the caller's own. \
         `✓` goes on, `401` sign in first, `403` seen but not theirs to do, `404` does not exist for them. What is one's \
         own (account, sessions, nomination, invitation, request) is everybody's own to answer. Suspended and closed \
         accounts, ended sessions and bad tokens get 401 everywhere, even where nobody has to sign in. Officers and \
         commanders whose verification has run out count as citizens outside; whoever lacks the second factor that the kind of \
         the account needs gets 401 wherever one has to sign in, but for the own account. `†` wants a proof of who asks that is \
         not older than five minutes (401 `step_up_required` otherwise).\n\n| Operation | Request |",
    );
    // Writing to a string can't fail.
    for persona in Persona::ALL {
        let _ = write!(out, " {} |", persona.as_str().replace('_', " "));
    }
    out.push_str("\n|---|---|");
    out.push_str(&"---|".repeat(Persona::ALL.len()));
    out.push('\n');
    let operations = description.operations();
    for permission in table() {
        let request = operations
            .iter()
            .find(|(id, ..)| *id == permission.operation)
            .map(|(_, method, path, _)| format!("{} {path}", method.to_uppercase()))
            .unwrap_or_default();
        let _ = write!(out, "| `{}` | `{request}` |", permission.operation);
        for (_, decision) in &permission.decisions {
            let mark = match decision {
                Decision::Allow => "✓",
                Decision::SignIn | Decision::Prove | Decision::ProveMore => "401",
                Decision::Forbid(_) => "403",
                Decision::Hide => "404",
            };
            let fresh = if permission.wants_fresh_proof && *decision == Decision::Allow { " †" } else { "" };
            let _ = write!(out, " {mark}{fresh} |");
        }
        out.push('\n');
    }
    out
}
