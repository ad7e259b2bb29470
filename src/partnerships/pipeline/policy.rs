//! Who may do what about succession and the pipeline. Pure.
//!
//! Seats and shadow assignments are known to members and officials. What concerns a person's way to leading is known to
//! that person and to the leaders, a development plan also to its mentor: officials and administrators get 404.

use crate::accounts::{Actor, Persona, Side};
use crate::partnerships::model::MemberRole;
use crate::partnerships::standing::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked, by operation id.
    pub enum Action {
        GetLeadership = "get_leadership",
        HandOverSeat = "hand_over_seat",
        RenewSeat = "renew_seat",
        AcknowledgeSeat = "acknowledge_seat",
        NameSuccessors = "name_successors",
        AssignShadow = "assign_shadow",
        ListShadowings = "list_shadowings",
        GetShadowing = "get_shadowing",
        AcceptShadowing = "accept_shadowing",
        DeclineShadowing = "decline_shadowing",
        EndShadowing = "end_shadowing",
        GetDevelopment = "get_development",
        StateReadiness = "state_readiness",
        SuggestPromotions = "suggest_promotions",
        ListPromotions = "list_promotions",
        GetPromotion = "get_promotion",
        ConfirmPromotion = "confirm_promotion",
        AgreeToPromotion = "agree_to_promotion",
        DeclinePromotion = "decline_promotion",
        CreateDevelopmentPlan = "create_development_plan",
        ListDevelopmentPlans = "list_development_plans",
        GetDevelopmentPlan = "get_development_plan",
        UpdateDevelopmentPlan = "update_development_plan",
        AgreeToMentor = "agree_to_mentor",
        DeclineToMentor = "decline_to_mentor",
        ReviewDevelopmentPlan = "review_development_plan",
        ListDevelopmentReviews = "list_development_reviews",
        EndDevelopmentPlan = "end_development_plan",
    }
}

/// What an action depends on beside how the actor stands towards the partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// It is about the actor.
    pub is_own: bool,
    /// The actor is asked to be the plan's mentor, or is.
    pub is_mentor: bool,
    /// The side of the person or seat that it is about.
    pub side: Option<Side>,
}

/// For actions on the partnership itself.
pub const WHOLE: Subject = Subject { is_own: false, is_mentor: false, side: None };

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): who is made a leader.
pub const fn wants_fresh_proof(action: Action) -> bool {
    matches!(action, Action::HandOverSeat | Action::RenewSeat)
}

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Decision {
    match actor.signed_in() {
        Ok(person) => signed_in(standing, subject, action).freshly(person.fresh || !wants_fresh_proof(action)),
        Err(decision) => decision,
    }
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about the seat, shadow
/// assignment, promotion or plan of another civilian.
pub fn decide(persona: Persona, action: Action) -> Decision {
    let subject = Subject { side: Some(Side::Civilian), ..WHOLE };
    allows(&persona.actor(), &Standing::of_persona(persona), subject, action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401, 403 or 404.
pub fn demand(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Result<()> {
    allows(actor, standing, subject, action).demand()
}

/// Whether the actor sees how far somebody has come: their own, and everybody's for leaders.
pub const fn sees_person(standing: &Standing, is_own: bool) -> bool {
    is_own || standing.seat.is_some()
}

/// Allowed, or forbidden to whoever sees what it is about, or hidden from everybody else.
const fn only(allowed: bool, sees: bool, why: &'static str) -> Decision {
    match (allowed, sees) {
        (true, true) => Decision::Allow,
        (false, true) => Decision::Forbid(why),
        (_, false) => Decision::Hide,
    }
}

fn signed_in(standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    let Subject { is_own, is_mentor, side } = subject;
    let inside = standing.is_inside() || is_own;
    let leads_them = match side {
        Some(Side::Agency) | None => standing.seat.is_some(),
        Some(side) => standing.leads(side),
    };
    let commands_them = standing.in_command && side == Some(Side::Police);
    let of_their_side = standing.membership.is_some_and(|m| Some(m.side) == side);
    let sees_person = sees_person(standing, is_own);
    let sees_plan = sees_person || is_mentor;
    match action {
        A::GetLeadership | A::ListShadowings | A::GetShadowing => only(true, inside, ""),

        A::HandOverSeat => only(
            is_own || commands_them,
            inside,
            "A seat is handed over by its holder; a police seat also by the area's commander.",
        ),
        A::RenewSeat => only(
            (of_their_side || commands_them) && !is_own,
            inside,
            "Another term is proposed by somebody else of the side; for a police leader also by the area's commander.",
        ),
        A::AcknowledgeSeat => {
            let keeps = standing.membership.is_some_and(|m| {
                m.side == Side::Civilian
                    && (standing.seat.is_some() || matches!(m.role, MemberRole::Secretary | MemberRole::Facilitator))
            });
            only(
                keeps && !is_own,
                inside,
                "That the members met a leader is noted by a civilian leader, the secretary or the facilitator.",
            )
        }
        A::NameSuccessors => only(leads_them, inside, "Possible successors are named by the leaders of the side."),
        A::AssignShadow => only(
            leads_them || commands_them,
            inside,
            "Shadows are assigned by the leaders of the side; on the police side also by the area's commander.",
        ),
        A::AcceptShadowing | A::DeclineShadowing => only(is_own, inside, "Only the person asked can answer."),
        A::EndShadowing => only(
            is_own || leads_them || commands_them,
            inside,
            "A shadow assignment is ended by the shadow, a leader of the side, for the police also by the area's commander.",
        ),

        A::GetDevelopment | A::GetPromotion => only(true, sees_person, ""),
        A::StateReadiness => only(is_own, sees_person, "People say themselves how ready they are."),
        A::SuggestPromotions => only(
            standing.seat.is_some(),
            standing.membership.is_some(),
            "The leaders ask for suggestions; they are also made every night.",
        ),
        A::ListPromotions | A::ListDevelopmentPlans => only(true, standing.membership.is_some(), ""),
        A::ConfirmPromotion => {
            only(leads_them && !is_own, sees_person, "A promotion is confirmed by another leader of the person's side.")
        }
        A::AgreeToPromotion | A::DeclinePromotion => only(is_own, sees_person, "Only the person concerned can answer."),
        A::CreateDevelopmentPlan => {
            only(is_own || leads_them, sees_person, "A plan is made by the person or a leader of their side.")
        }
        A::UpdateDevelopmentPlan | A::EndDevelopmentPlan => only(
            is_own || leads_them,
            sees_plan,
            "A plan is changed and ended by the person or a leader of their side.",
        ),
        A::GetDevelopmentPlan | A::ListDevelopmentReviews => only(true, sees_plan, ""),
        A::ReviewDevelopmentPlan => only(
            is_own || leads_them || is_mentor,
            sees_plan,
            "A plan is reviewed by the person, the mentor and the leaders of the person's side.",
        ),
        A::AgreeToMentor | A::DeclineToMentor => {
            only(is_mentor, sees_plan, "Only the person asked to be the mentor can answer.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSONAL: [Action; 15] = [
        Action::GetDevelopment,
        Action::StateReadiness,
        Action::SuggestPromotions,
        Action::ListPromotions,
        Action::GetPromotion,
        Action::ConfirmPromotion,
        Action::AgreeToPromotion,
        Action::DeclinePromotion,
        Action::CreateDevelopmentPlan,
        Action::ListDevelopmentPlans,
        Action::GetDevelopmentPlan,
        Action::UpdateDevelopmentPlan,
        Action::ReviewDevelopmentPlan,
        Action::ListDevelopmentReviews,
        Action::EndDevelopmentPlan,
    ];

    #[test]
    fn what_is_personal_is_hidden_from_everybody_who_is_neither_concerned_nor_a_leader() {
        for action in PERSONAL.into_iter().chain([Action::AgreeToMentor, Action::DeclineToMentor]) {
            for persona in Persona::ALL {
                let decision = decide(*persona, action);
                let is_list =
                    matches!(action, Action::ListPromotions | Action::ListDevelopmentPlans | Action::SuggestPromotions);
                match persona {
                    Persona::CivilianLeader | Persona::PoliceLeader => assert_ne!(decision, Decision::Hide, "{action}"),
                    Persona::Anonymous => assert_eq!(decision, Decision::SignIn, "{action}"),
                    // A list of their own, which shows nobody else's.
                    Persona::Member if is_list => assert_ne!(decision, Decision::Hide, "{action}"),
                    _ => assert_eq!(decision, Decision::Hide, "{action} by {persona}"),
                }
            }
        }
    }

    #[test]
    fn nobody_confirms_or_assigns_or_renews_for_themselves() {
        let leader = Persona::CivilianLeader;
        let own = Subject { is_own: true, side: Some(Side::Civilian), ..WHOLE };
        for action in [Action::ConfirmPromotion, Action::RenewSeat, Action::AcknowledgeSeat] {
            let decision = allows(&leader.actor(), &Standing::of_persona(leader), own, action);
            assert!(matches!(decision, Decision::Forbid(_)), "{action}: {decision:?}");
        }
    }

    #[test]
    fn only_the_mentor_answers_for_the_mentor() {
        let member = Persona::Member;
        let asked = Subject { is_mentor: true, side: Some(Side::Civilian), ..WHOLE };
        for (action, allowed) in [
            (Action::AgreeToMentor, true),
            (Action::DeclineToMentor, true),
            (Action::GetDevelopmentPlan, true),
            (Action::ReviewDevelopmentPlan, true),
            (Action::UpdateDevelopmentPlan, false),
            (Action::GetDevelopment, false),
        ] {
            let decision = allows(&member.actor(), &Standing::of_persona(member), asked, action);
            assert_eq!(decision == Decision::Allow, allowed, "{action}: {decision:?}");
        }
    }
}
