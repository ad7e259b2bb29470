//! Who may do what with commitments. Pure.
//!
//! What was promised in a meeting is read by whoever promised, and by leaders, officers on duty and commanders of the
//! partnership, who read where it stands. Whoever promised says that it was kept or broken, or asks for another day; leaders of
//! another side say whether it was kept, and release from it.

use crate::accounts::{Actor, Persona, Side};
use crate::partnerships::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of commitments, by operation id.
    pub enum Action {
        ListCommitments = "list_commitments",
        ListOwnCommitments = "list_own_commitments",
        GetCommitment = "get_commitment",
        ClaimCommitment = "claim_commitment",
        ConfirmCommitment = "confirm_commitment",
        BreakCommitment = "break_commitment",
        RenegotiateCommitment = "renegotiate_commitment",
        ReleaseCommitment = "release_commitment",
    }
}

/// How somebody stands towards a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// Made it.
    pub is_maker: bool,
    /// Leads another side of the partnership that it was made to.
    pub is_of_other_side: bool,
    /// Sees what leaders of the partnership see, as one of them or on duty there.
    pub sees_register: bool,
    /// Is a member of the partnership, or sees it by office.
    pub is_inside: bool,
}

/// Whether somebody sees who promised what to a partnership, as one of its leaders or on duty there.
pub const fn reads_register(standing: &Standing) -> bool {
    standing.seat.is_some() || standing.on_duty || standing.in_command
}

impl Facts {
    /// Of whoever made it, or not, and stands so towards the partnership that it was made to by this side.
    pub fn of(standing: Option<&Standing>, is_maker: bool, side: Side) -> Self {
        let Some(standing) = standing else { return Self { is_maker, ..Self::default() } };
        Self {
            is_maker,
            is_of_other_side: !is_maker && standing.seat.is_some_and(|seat| seat.side != side),
            sees_register: reads_register(standing),
            is_inside: standing.is_inside(),
        }
    }
}

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): none here.
pub const fn wants_fresh_proof(_: Action) -> bool {
    false
}

/// Decides.
pub fn allows(actor: &Actor, facts: Facts, action: Action) -> Decision {
    use Action as A;
    if let Err(decision) = actor.signed_in() {
        return decision;
    }
    let sees = facts.is_maker || facts.sees_register;
    let only = |allowed: bool, why: &'static str| match (allowed, sees) {
        (true, true) => Decision::Allow,
        (false, true) => Decision::Forbid(why),
        (_, false) => Decision::Hide,
    };
    match action {
        A::ListOwnCommitments => Decision::Allow,
        A::ListCommitments => match (facts.sees_register, facts.is_inside) {
            (true, _) => Decision::Allow,
            (false, true) => Decision::Forbid("What was promised is read by leaders and officers on duty."),
            (false, false) => Decision::Hide,
        },
        A::GetCommitment => only(true, ""),
        A::ClaimCommitment | A::RenegotiateCommitment => only(facts.is_maker, "This is for whoever promised."),
        A::ConfirmCommitment | A::ReleaseCommitment => {
            only(facts.is_of_other_side, "This is for leaders of another side than the one that promised.")
        }
        A::BreakCommitment => only(
            facts.is_maker || facts.is_of_other_side,
            "This is for whoever promised and for leaders of another side.",
        ),
    }
}

/// How the policy decides for a kind of caller: about a promise that the police side's leader made to a partnership with
/// leaders of both sides.
pub fn decide(persona: Persona, action: Action) -> Decision {
    let is_maker = persona == Persona::PoliceLeader;
    allows(&persona.actor(), Facts::of(Some(&Standing::of_persona(persona)), is_maker, Side::Police), action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401, 403 or 404.
pub fn demand(actor: &Actor, facts: Facts, action: Action) -> Result<()> {
    allows(actor, facts, action).demand()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(action: Action) -> Vec<&'static str> {
        Persona::ALL.iter().filter(|p| decide(**p, action) == Decision::Allow).map(|p| p.as_str()).collect()
    }

    #[test]
    fn whoever_promised_and_whoever_it_was_promised_to_have_their_own_to_say() {
        let register = ["civilian_leader", "police_leader", "officer_on_duty", "commander"];
        assert_eq!(allowed(Action::ListCommitments), register);
        assert_eq!(allowed(Action::GetCommitment), register);
        for action in [Action::ClaimCommitment, Action::RenegotiateCommitment] {
            assert_eq!(allowed(action), ["police_leader"], "{action}");
        }
        for action in [Action::ConfirmCommitment, Action::ReleaseCommitment] {
            assert_eq!(allowed(action), ["civilian_leader"], "{action}");
        }
        assert_eq!(allowed(Action::BreakCommitment), ["civilian_leader", "police_leader"]);
        assert_eq!(allowed(Action::ListOwnCommitments).len(), Persona::ALL.len() - 1);
        assert!(matches!(decide(Persona::Member, Action::ListCommitments), Decision::Forbid(_)));
        assert_eq!(decide(Persona::Member, Action::GetCommitment), Decision::Hide);
        assert_eq!(decide(Persona::CitizenOutside, Action::ListCommitments), Decision::Hide);
        assert_eq!(decide(Persona::Anonymous, Action::GetCommitment), Decision::SignIn);
    }

    #[test]
    fn nobody_confirms_what_their_own_side_promised() {
        let leader = Standing::of_persona(Persona::CivilianLeader);
        let own = Facts::of(Some(&leader), false, Side::Civilian);
        assert!(!own.is_of_other_side);
        let maker = Facts::of(Some(&leader), true, Side::Police);
        assert!(!maker.is_of_other_side, "also not whoever has changed sides");
        assert_eq!(Facts::of(None, true, Side::Police), Facts { is_maker: true, ..Facts::default() });
    }
}
