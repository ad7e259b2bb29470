//! Who may bind a partnership to the open meetings law. Pure.

use crate::accounts::{Actor, Persona};
use crate::partnerships::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of the open meetings policy, by operation id.
    pub enum Action {
        GetOpenMeetingsPolicy = "get_open_meetings_policy",
        SetOpenMeetingsPolicy = "set_open_meetings_policy",
        EndOpenMeetingsPolicy = "end_open_meetings_policy",
    }
}

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): by what law a group decides is no small
/// matter.
pub const fn wants_fresh_proof(action: Action) -> bool {
    match action {
        Action::GetOpenMeetingsPolicy => false,
        Action::SetOpenMeetingsPolicy | Action::EndOpenMeetingsPolicy => true,
    }
}

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, action: Action) -> Decision {
    let sees = standing.sees();
    match action {
        Action::GetOpenMeetingsPolicy => {
            if sees {
                Decision::Allow
            } else {
                Decision::Hide
            }
        }
        Action::SetOpenMeetingsPolicy | Action::EndOpenMeetingsPolicy => match actor.signed_in() {
            Err(decision) => decision,
            Ok(_) if !sees => Decision::Hide,
            Ok(person) if standing.is_administrator => {
                Decision::Allow.freshly(person.fresh || !wants_fresh_proof(action))
            }
            Ok(_) => {
                Decision::Forbid("Whether the open meetings law binds a partnership is for administrators to say.")
            }
        },
    }
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides.
pub fn decide(persona: Persona, action: Action) -> Decision {
    allows(&persona.actor(), &Standing::of_persona(persona), action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401, 403 or 404.
pub fn demand(actor: &Actor, standing: &Standing, action: Action) -> Result<()> {
    allows(actor, standing, action).demand()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partnerships::PartnershipState;

    #[test]
    fn administrators_bind_and_whoever_sees_the_partnership_reads() {
        for persona in Persona::ALL.iter().copied() {
            assert_eq!(decide(persona, Action::GetOpenMeetingsPolicy), Decision::Allow, "{persona}");
            for action in [Action::SetOpenMeetingsPolicy, Action::EndOpenMeetingsPolicy] {
                let allowed = decide(persona, action) == Decision::Allow;
                assert_eq!(allowed, persona == Persona::Administrator, "{persona} {action}");
            }
        }
        let unseen = Standing::stranger(PartnershipState::Proposed);
        for action in Action::ALL {
            assert_eq!(allows(&Persona::CitizenOutside.actor(), &unseen, *action), Decision::Hide, "{action}");
        }
    }
}
