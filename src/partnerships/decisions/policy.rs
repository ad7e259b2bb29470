//! Who may do what with decisions (`domain/20` 6.6, `design/security.md` 5.14). Pure.
//!
//! Leaders and facilitators lead a decision from step to step; every member says where they stand; officials on duty and
//! administrators see; nobody outside sees anything, not even that there is one.

use crate::accounts::{Actor, Person, Persona, Side};
use crate::partnerships::model::MemberRole;
use crate::partnerships::standing::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of decisions, by operation id.
    pub enum Action {
        CreateDecision = "create_decision",
        ListDecisions = "list_decisions",
        GetDecision = "get_decision",
        UpdateDecision = "update_decision",
        OpenDiscussion = "open_discussion",
        StartSenseCheck = "start_sense_check",
        AmendDecision = "amend_decision",
        ProposeCorrection = "propose_correction",
        ApproveCorrection = "approve_correction",
        ListDecisionVersions = "list_decision_versions",
        GetDecisionDiff = "get_decision_diff",
        OpenFinalCall = "open_final_call",
        CastStance = "cast_stance",
        ReaffirmStance = "reaffirm_stance",
        ListStances = "list_stances",
        ListStanceHistory = "list_stance_history",
        GetDecisionResult = "get_decision_result",
        ListDecisionBlocks = "list_decision_blocks",
        GetDecisionBlock = "get_decision_block",
        ChallengeBlock = "challenge_block",
        SustainBlock = "sustain_block",
        DismissBlock = "dismiss_block",
        AddressBlock = "address_block",
        WithdrawBlock = "withdraw_block",
        WithdrawDecision = "withdraw_decision",
        CloseDecision = "close_decision",
        DecideByAdvice = "decide_by_advice",
        PutDecisionOutcome = "put_decision_outcome",
        ReviewDecision = "review_decision",
        ReaffirmDecision = "reaffirm_decision",
        RescindDecision = "rescind_decision",
        ListDecisionTimeline = "list_decision_timeline",
    }
}

/// What an action depends on beside how the actor stands towards the partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// It is a draft, which only those who write it see.
    pub is_draft: bool,
    /// The actor put it down, or it is the actor's own block.
    pub is_own: bool,
    /// The block has been addressed, so that the blocker says whether that is enough.
    pub is_addressed: bool,
    /// The side of whoever put the decision down, while they are a member.
    pub author_side: Option<Side>,
}

/// For a decision that is being discussed, of somebody else's, and for all of them.
pub const WHOLE: Subject = Subject { is_draft: false, is_own: false, is_addressed: false, author_side: None };

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): none here.
pub const fn wants_fresh_proof(_: Action) -> bool {
    false
}

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Decision {
    match actor.signed_in() {
        Ok(person) => signed_in(person, standing, subject, action),
        Err(decision) => decision,
    }
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about a decision of another
/// civilian that is being discussed, and about somebody else's block.
pub fn decide(persona: Persona, action: Action) -> Decision {
    let subject = Subject { author_side: Some(Side::Civilian), ..WHOLE };
    allows(&persona.actor(), &Standing::of_persona(persona), subject, action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401, 403 or 404.
pub fn demand(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Result<()> {
    allows(actor, standing, subject, action).demand()
}

/// Whether somebody leads decisions from step to step.
pub fn chairs(standing: &Standing) -> bool {
    standing.seat.is_some() || standing.membership.is_some_and(|m| m.role == MemberRole::Facilitator)
}

/// Whether somebody sees all drafts.
pub fn sees_drafts(standing: &Standing) -> bool {
    standing.on_duty || standing.in_command || chairs(standing)
}

/// Whether somebody sees that there is the decision.
pub fn sees(standing: &Standing, subject: Subject) -> bool {
    let own = subject.is_own && standing.membership.is_some();
    standing.is_inside() && (!subject.is_draft || sees_drafts(standing) || own)
}

/// Whether somebody is told who stands where: members and officers; administrators see that there is a decision.
pub const fn knows_names(standing: &Standing) -> bool {
    standing.membership.is_some() || standing.on_duty || standing.in_command
}

/// Whether the person takes stances.
pub fn takes_stances(standing: &Standing) -> bool {
    standing.membership.is_some_and(|m| m.role != MemberRole::Observer)
}

/// Allowed, or forbidden to whoever sees what it is about, or hidden from everybody else.
const fn only(allowed: bool, sees: bool, why: &'static str) -> Decision {
    match (allowed, sees) {
        (true, true) => Decision::Allow,
        (false, true) => Decision::Forbid(why),
        (_, false) => Decision::Hide,
    }
}

const CHAIRS_ONLY: &str = "A decision is led from step to step by leaders and facilitators.";
const MEMBERS_PROPOSE: &str = "Decisions are put down by members who are no observers.";
const LEADERS_ONLY: &str = "This is for the partnership's leaders.";
const MEMBERS_ONLY: &str = "Stances are taken by members who are no observers.";

fn signed_in(_: &Person, standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    let inside = standing.is_inside();
    let sees = sees(standing, subject);
    let chairs = chairs(standing);
    match action {
        A::CreateDecision => match standing.sees() {
            false => Decision::Hide,
            true => only(chairs || takes_stances(standing), true, MEMBERS_PROPOSE),
        },
        A::ListDecisions => only(inside, inside, ""),
        A::GetDecision | A::ListDecisionVersions | A::GetDecisionDiff | A::ListDecisionBlocks | A::GetDecisionBlock => {
            only(knows_names(standing), sees, "What is decided, in words, is for members and officers.")
        }
        A::GetDecisionResult | A::ListDecisionTimeline => only(true, sees, ""),
        A::ListStances | A::ListStanceHistory => {
            only(knows_names(standing), sees, "Who stands where is for members and officers.")
        }
        A::UpdateDecision => only(
            chairs || (subject.is_draft && subject.is_own),
            sees,
            "A draft is changed by whoever wrote it and by leaders and facilitators.",
        ),
        // No side takes back what is the other's: whoever put it down, or who leads decisions of the same side.
        A::WithdrawDecision => {
            let own_side = standing.membership.map(|m| m.side);
            let of_author = subject.author_side.is_none() || subject.author_side == own_side;
            only(
                (subject.is_own && standing.membership.is_some()) || (chairs && of_author),
                sees,
                "A decision is taken back by whoever put it down, or by leaders and facilitators of the same side.",
            )
        }
        A::OpenDiscussion
        | A::StartSenseCheck
        | A::ProposeCorrection
        | A::OpenFinalCall
        | A::AddressBlock
        | A::CloseDecision
        | A::PutDecisionOutcome
        | A::ReviewDecision => only(chairs, sees, CHAIRS_ONLY),
        A::AmendDecision => only(
            chairs || (subject.is_own && standing.membership.is_some()),
            sees,
            "A text is amended by whoever put it down and by leaders and facilitators.",
        ),
        A::ApproveCorrection | A::DecideByAdvice | A::ReaffirmDecision | A::RescindDecision => {
            only(standing.seat.is_some(), sees, LEADERS_ONLY)
        }
        // Who became an observer since the call was opened is asked all the same; the roster says so.
        A::CastStance | A::ReaffirmStance => only(standing.membership.is_some(), sees, MEMBERS_ONLY),
        A::ChallengeBlock => only(
            takes_stances(standing) && !subject.is_own,
            sees,
            "A block is challenged by a member, and not by the blocker.",
        ),
        A::SustainBlock => only(
            if subject.is_addressed { subject.is_own } else { chairs && !subject.is_own },
            sees,
            "A challenged block is sustained by leaders and facilitators, one that was addressed by its blocker.",
        ),
        A::DismissBlock => only(
            chairs && !subject.is_own,
            sees,
            "A block is dismissed by leaders of both sides, or a facilitator with a leader of the blocker's side.",
        ),
        A::WithdrawBlock => {
            only(subject.is_own && standing.membership.is_some(), sees, "Only the blocker takes a block back.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::MembershipId;
    use crate::partnerships::PartnershipState;
    use crate::partnerships::standing::ActiveMembership;

    fn member(role: MemberRole) -> Standing {
        let membership = ActiveMembership { id: MembershipId::new(), side: Side::Civilian, role };
        Standing { membership: Some(membership), ..Standing::stranger(PartnershipState::Active) }
    }
    fn allowed(standing: &Standing, subject: Subject, action: Action) -> bool {
        allows(&Persona::Member.actor(), standing, subject, action) == Decision::Allow
    }

    #[test]
    fn nobody_outside_sees_that_there_is_a_decision() {
        for persona in [Persona::CitizenOutside, Persona::FormerMember, Persona::OfficerElsewhere, Persona::AgencyStaff]
        {
            for action in Action::ALL.iter().filter(|action| **action != Action::CreateDecision) {
                assert_eq!(decide(persona, *action), Decision::Hide, "{persona} {action}");
            }
        }
    }

    #[test]
    fn facilitators_lead_members_say_and_observers_listen() {
        let (facilitator, plain) = (member(MemberRole::Facilitator), member(MemberRole::Member));
        let observer = member(MemberRole::Observer);
        for action in [Action::OpenDiscussion, Action::OpenFinalCall, Action::AmendDecision, Action::CloseDecision] {
            assert!(allowed(&facilitator, WHOLE, action) && !allowed(&plain, WHOLE, action), "{action}");
        }
        assert!(allowed(&plain, WHOLE, Action::CreateDecision) && !allowed(&observer, WHOLE, Action::CreateDecision));
        let (draft, own) = (Subject { is_draft: true, ..WHOLE }, Subject { is_own: true, ..WHOLE });
        assert!(allowed(&plain, Subject { is_own: true, ..draft }, Action::UpdateDecision));
        assert!(!allowed(&plain, own, Action::UpdateDecision) && !allowed(&plain, draft, Action::UpdateDecision));
        for action in [Action::AmendDecision, Action::WithdrawDecision] {
            assert!(allowed(&plain, own, action) && !allowed(&plain, WHOLE, action), "{action}");
        }
        let of = |side| Subject { author_side: Some(side), ..WHOLE };
        assert!(allowed(&facilitator, of(Side::Civilian), Action::WithdrawDecision));
        assert!(!allowed(&facilitator, of(Side::Police), Action::WithdrawDecision), "it is the other side's");
        // Whether an observer is asked is on the roster.
        assert!(allowed(&plain, WHOLE, Action::CastStance) && !allowed(&observer, WHOLE, Action::ChallengeBlock));
        assert!(!allowed(&facilitator, WHOLE, Action::DecideByAdvice), "a leader decides");
        for standing in [&plain, &observer] {
            assert!(allowed(standing, WHOLE, Action::ListStances));
        }
    }

    #[test]
    fn a_block_is_its_blockers_and_nobody_dismisses_their_own() {
        let facilitator = member(MemberRole::Facilitator);
        let own = Subject { is_own: true, ..WHOLE };
        assert!(
            allowed(&facilitator, own, Action::WithdrawBlock) && !allowed(&facilitator, WHOLE, Action::WithdrawBlock)
        );
        for action in [Action::DismissBlock, Action::ChallengeBlock, Action::SustainBlock] {
            assert!(!allowed(&facilitator, own, action) && allowed(&facilitator, WHOLE, action), "{action}");
        }
        let addressed = Subject { is_own: true, is_addressed: true, ..WHOLE };
        assert!(allowed(&facilitator, addressed, Action::SustainBlock));
    }

    #[test]
    fn drafts_are_for_those_who_write_them() {
        let draft = Subject { is_draft: true, ..WHOLE };
        assert!(!allowed(&member(MemberRole::Member), draft, Action::GetDecision));
        assert!(allowed(&member(MemberRole::Member), Subject { is_own: true, ..draft }, Action::GetDecision));
        assert!(allowed(&member(MemberRole::Facilitator), draft, Action::GetDecision));
    }
}
