//! Who may do what with communication plans. Pure.

use super::model::{CommunicationPlan, CommunicationPlanState, PlanVisibility};
use crate::accounts::{Actor, Person, Persona};
use crate::partnerships::{MemberRole, Standing};
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of this slice, by operation id.
    pub enum Action {
        CreateCommunicationPlan = "create_communication_plan",
        ListCommunicationPlans = "list_communication_plans",
        GetCommunicationPlan = "get_communication_plan",
        UpdateCommunicationPlan = "update_communication_plan",
        ProposeCommunicationPlan = "propose_communication_plan",
        WithdrawCommunicationPlan = "withdraw_communication_plan",
    }
}

/// Who may read a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanFace {
    /// Whoever sees the partnership: it is or was adopted, and public.
    Public,
    /// Members and officials: adopted, or being decided on.
    Members,
    /// Whoever writes plans, officials, and the author.
    Draft,
}

impl PlanFace {
    /// Of this plan.
    pub const fn of(plan: &CommunicationPlan) -> Self {
        match (plan.state, plan.visibility) {
            (CommunicationPlanState::Adopted | CommunicationPlanState::Superseded, PlanVisibility::Public) => {
                Self::Public
            }
            (CommunicationPlanState::Adopted | CommunicationPlanState::Superseded, PlanVisibility::Members)
            | (CommunicationPlanState::Proposed, _) => Self::Members,
            (CommunicationPlanState::Draft | CommunicationPlanState::Withdrawn, _) => Self::Draft,
        }
    }
}

/// What an action depends on beside how the actor stands towards the partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Who may read the plan.
    pub face: PlanFace,
    /// The actor wrote it.
    pub is_own: bool,
}

/// For actions on the partnership itself.
pub const WHOLE: Subject = Subject { face: PlanFace::Draft, is_own: false };

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): none here.
pub const fn wants_fresh_proof(_: Action) -> bool {
    false
}

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    match action {
        A::ListCommunicationPlans => only(standing.sees(), false, ""),
        A::GetCommunicationPlan => only(reads(standing, subject), false, ""),
        _ => match actor.signed_in() {
            Ok(person) => signed_in(person, standing, subject, action),
            Err(decision) => decision,
        },
    }
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about a plan that
/// somebody else is writing.
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

/// Whether somebody reads the plan.
pub fn reads(standing: &Standing, subject: Subject) -> bool {
    match subject.face {
        PlanFace::Public => standing.sees(),
        PlanFace::Members => standing.is_inside(),
        PlanFace::Draft => sees_drafts(standing) || (subject.is_own && standing.membership.is_some()),
    }
}

/// Whether somebody reads plans in the making: whoever writes them, and officials.
pub fn sees_drafts(standing: &Standing) -> bool {
    writes(standing) || standing.is_official()
}

/// Leaders, and members whose role it is to carry messages.
fn writes(standing: &Standing) -> bool {
    standing.seat.is_some() || standing.membership.is_some_and(|m| m.role == MemberRole::Communicator)
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
const WRITERS_ONLY: &str = "Communication plans are written by leaders and communicators.";

fn signed_in(_: &Person, standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    let (leads, read) = (standing.seat.is_some(), reads(standing, subject));
    match action {
        A::ListCommunicationPlans => only(standing.sees(), false, ""),
        A::GetCommunicationPlan => only(read, false, ""),
        A::CreateCommunicationPlan => only(writes(standing), standing.sees(), WRITERS_ONLY),
        A::UpdateCommunicationPlan | A::WithdrawCommunicationPlan => {
            only(writes(standing) || (subject.is_own && standing.membership.is_some()), read, WRITERS_ONLY)
        }
        A::ProposeCommunicationPlan => only(leads, read, LEADERS_ONLY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Side;
    use crate::ids::MembershipId;
    use crate::partnerships::{ActiveMembership, PartnershipState};

    fn member(role: MemberRole) -> Standing {
        let membership = Some(ActiveMembership { id: MembershipId::new(), side: Side::Civilian, role });
        Standing { membership, ..Standing::stranger(PartnershipState::Forming) }
    }

    #[test]
    fn plans_open_up_step_by_step() {
        let read = |standing: &Standing, face| reads(standing, Subject { face, is_own: false });
        let (stranger, plain) = (Standing::stranger(PartnershipState::Forming), member(MemberRole::Member));
        assert!(read(&stranger, PlanFace::Public) && !read(&stranger, PlanFace::Members));
        assert!(read(&plain, PlanFace::Members) && !read(&plain, PlanFace::Draft));
        assert!(read(&member(MemberRole::Communicator), PlanFace::Draft));
        let own = Subject { face: PlanFace::Draft, is_own: true };
        assert!(reads(&plain, own) && !reads(&stranger, own), "left since");
    }

    #[test]
    fn communicators_write_and_leaders_decide() {
        let actor = Persona::Member.actor();
        let communicator = member(MemberRole::Communicator);
        let decided = |action| allows(&actor, &communicator, WHOLE, action);
        assert_eq!(decided(Action::CreateCommunicationPlan), Decision::Allow);
        assert_eq!(decided(Action::UpdateCommunicationPlan), Decision::Allow);
        assert_eq!(decided(Action::ProposeCommunicationPlan), Decision::Forbid(LEADERS_ONLY));
    }
}
