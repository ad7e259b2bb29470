//! Who may do what with the stages of a partnership's life. Pure.

use super::model::AgreementKind;
use crate::accounts::{Actor, Person, Persona};
use crate::partnerships::standing::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of this slice, by operation id.
    pub enum Action {
        ActivatePartnership = "activate_partnership",
        SuspendPartnership = "suspend_partnership",
        LiftSuspension = "lift_suspension",
        ProposeWaiver = "propose_waiver",
        ProposeClosing = "propose_closing",
        ProposeReactivation = "propose_reactivation",
        ProposeConfirmation = "propose_confirmation",
        ListAgreements = "list_agreements",
        GetAgreement = "get_agreement",
        SignAgreement = "sign_agreement",
        WithdrawAgreement = "withdraw_agreement",
    }
}

/// What an action depends on beside how the actor stands towards the partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// What is agreed on.
    pub kind: AgreementKind,
    /// The actor proposed it.
    pub is_own: bool,
}

/// For actions on the partnership itself.
pub const WHOLE: Subject = Subject { kind: AgreementKind::Waiver, is_own: false };

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): what stops everybody else.
pub const fn wants_fresh_proof(action: Action) -> bool {
    matches!(action, Action::SuspendPartnership)
}

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Decision {
    match actor.signed_in() {
        Ok(person) => signed_in(person, standing, subject, action).freshly(person.fresh || !wants_fresh_proof(action)),
        Err(decision) => decision,
    }
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about a waiver that
/// somebody else proposed.
pub fn decide(persona: Persona, action: Action) -> Decision {
    allows(&persona.actor(), &Standing::of_persona(persona), WHOLE, action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401, 403 or 404.
pub fn demand(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Result<()> {
    allows(actor, standing, subject, action).demand()
}

/// Allowed, or forbidden to whoever sees what it is about, or hidden from everybody else.
const fn only(allowed: bool, sees: bool, why: &'static str) -> Decision {
    match (allowed, sees) {
        (true, _) => Decision::Allow,
        (false, true) => Decision::Forbid(why),
        (false, false) => Decision::Hide,
    }
}

const LEADERS_ONLY: &str = "This is for the partnership's leaders.";

fn signed_in(_: &Person, standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    let (sees, inside, leads) = (standing.sees(), standing.is_inside(), standing.seat.is_some());
    // Whoever runs the installation closes what nobody is there to close.
    let closes = standing.is_administrator && subject.kind == AgreementKind::Closing;
    match action {
        A::ActivatePartnership | A::ProposeWaiver | A::ProposeReactivation | A::ProposeConfirmation => {
            only(leads, sees, LEADERS_ONLY)
        }
        A::ProposeClosing => only(leads || standing.is_administrator, sees, LEADERS_ONLY),
        A::SuspendPartnership | A::LiftSuspension => only(
            standing.in_command || standing.is_administrator,
            sees,
            "A partnership is suspended by the commander of its area or an administrator.",
        ),
        A::ListAgreements | A::GetAgreement => only(inside, false, ""),
        A::SignAgreement => only(leads || closes, inside, LEADERS_ONLY),
        A::WithdrawAgreement => only(leads || (subject.is_own && closes), inside, LEADERS_ONLY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_sign_closings_and_nothing_else() {
        let persona = Persona::Administrator;
        let standing = Standing::of_persona(persona);
        for kind in AgreementKind::ALL {
            for is_own in [false, true] {
                let subject = Subject { kind: *kind, is_own };
                let closing = *kind == AgreementKind::Closing;
                let allowed = |action| allows(&persona.actor(), &standing, subject, action) == Decision::Allow;
                assert_eq!(allowed(Action::SignAgreement), closing, "{kind}");
                assert_eq!(allowed(Action::WithdrawAgreement), closing && is_own, "{kind}");
            }
        }
    }

    #[test]
    fn what_is_not_seen_is_not_forbidden() {
        let stranger = Standing::stranger(crate::partnerships::PartnershipState::Proposed);
        for action in Action::ALL {
            let decision = allows(&Persona::CitizenOutside.actor(), &stranger, WHOLE, *action);
            assert_eq!(decision, Decision::Hide, "{action}");
        }
    }
}
