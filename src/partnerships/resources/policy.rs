//! Who may do what with needs, pledges and partners (`design/security.md` 5.14). Pure, as [`partnerships::policy`](super::super::policy).

use crate::accounts::{Actor, Person, Persona};
use crate::partnerships::model::MemberRole;
use crate::partnerships::standing::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of this slice, by operation id.
    pub enum Action {
        CreateNeed = "create_need",
        ListNeeds = "list_needs",
        GetNeed = "get_need",
        UpdateNeed = "update_need",
        RequestNeed = "request_need",
        WithdrawNeed = "withdraw_need",
        ListNeedTimeline = "list_need_timeline",
        ReviewNeeds = "review_needs",
        GetNeedsReview = "get_needs_review",
        OfferPledge = "offer_pledge",
        ListPledges = "list_pledges",
        GetPledge = "get_pledge",
        AcceptPledge = "accept_pledge",
        DeclinePledge = "decline_pledge",
        WithdrawPledge = "withdraw_pledge",
        RecordDelivery = "record_delivery",
        ListDeliveries = "list_deliveries",
        InvitePartner = "invite_partner",
        InvitePartnerAgain = "invite_partner_again",
        ListPartners = "list_partners",
        GetPartner = "get_partner",
        UpdatePartner = "update_partner",
        EndPartner = "end_partner",
        AcceptPartnerInvitation = "accept_partner_invitation",
        DeclinePartnerInvitation = "decline_partner_invitation",
        GetBroadening = "get_broadening",
    }
}

/// Who may see a need, or a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Whoever sees the partnership: it was asked for openly; it has joined.
    Open,
    /// Whoever is inside.
    Inside,
    /// Leaders, officials, resource stewards and whoever wrote it: it belongs to a goal in the making.
    Draft,
}

/// What an action depends on beside how the actor stands towards the partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The actor wrote the need, offered the pledge, or speaks for the organisation that it is about.
    pub is_own: bool,
    /// The actor speaks for an organisation that is a partner.
    pub represents: bool,
    /// Who may see it.
    pub face: Face,
}

/// For actions on the partnership itself.
pub const WHOLE: Subject = Subject { is_own: false, represents: false, face: Face::Open };

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): nothing here makes anybody a leader.
pub const fn wants_fresh_proof(_: Action) -> bool {
    false
}

/// Whether the person keeps track of needs and pledges: leaders and resource stewards.
pub fn manages(standing: &Standing) -> bool {
    standing.seat.is_some() || standing.membership.is_some_and(|m| m.role == MemberRole::ResourceSteward)
}

/// Whether the person sees needs of goals in the making, and organisations that have not joined.
pub fn sees_drafts(standing: &Standing) -> bool {
    standing.sees_drafts() || manages(standing)
}

/// Whether the person sees how organisations can be reached.
pub const fn sees_contact(standing: &Standing, is_own: bool) -> bool {
    standing.seat.is_some() || is_own
}

/// Whether somebody sees that there is the need, or the partner.
pub fn sees(standing: &Standing, subject: Subject) -> bool {
    match subject.face {
        Face::Open => standing.sees(),
        Face::Inside => standing.is_inside(),
        Face::Draft => sees_drafts(standing) || (subject.is_own && standing.membership.is_some()),
    }
}

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    match action {
        A::ListNeeds | A::ListPartners if standing.sees() => Decision::Allow,
        A::ListNeeds | A::ListPartners => Decision::Hide,
        A::GetNeed | A::GetPartner | A::ListNeedTimeline if sees(standing, subject) => Decision::Allow,
        A::GetNeed | A::GetPartner | A::ListNeedTimeline if actor.signed_in().is_err() => Decision::Hide,
        _ => match actor.signed_in() {
            Ok(person) => signed_in(person, standing, subject, action),
            Err(decision) => decision,
        },
    }
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about a need that was asked
/// for openly, a pledge of somebody else's, an organisation that has joined and is somebody else's.
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
fn only(allowed: bool, sees: bool, why: &'static str) -> Decision {
    match (allowed, sees) {
        (true, _) => Decision::Allow,
        (false, true) => Decision::Forbid(why),
        (false, false) => Decision::Hide,
    }
}

const STEWARDS_ONLY: &str = "This is for the partnership's leaders and resource stewards.";

fn signed_in(person: &Person, standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    let (sees, inside, manages) = (sees(standing, subject), standing.is_inside(), manages(standing));
    match action {
        A::ListNeeds | A::ListPartners | A::GetNeed | A::GetPartner | A::ListNeedTimeline => {
            only(sees || subject.is_own, false, "")
        }
        A::CreateNeed | A::InvitePartner => only(manages, standing.sees(), STEWARDS_ONLY),
        A::UpdateNeed | A::RequestNeed | A::WithdrawNeed => only(manages && sees, sees, STEWARDS_ONLY),
        A::ReviewNeeds => only(manages, inside, STEWARDS_ONLY),
        A::GetNeedsReview | A::GetBroadening => only(inside, false, ""),

        A::OfferPledge => only(
            (standing.membership.is_some() || subject.represents) && sees,
            sees,
            "Pledges are offered by members and by whoever speaks for a partner.",
        ),
        A::ListPledges => only(sees && (inside || subject.represents), false, ""),
        A::GetPledge | A::ListDeliveries => only((inside && sees) || subject.is_own, false, ""),
        A::AcceptPledge | A::DeclinePledge | A::RecordDelivery => {
            only(manages, (inside && sees) || subject.is_own, STEWARDS_ONLY)
        }
        A::WithdrawPledge => only(
            manages || subject.is_own,
            inside && sees,
            "A pledge is taken back by whoever offered it, or on their word by a leader or resource steward.",
        ),

        A::InvitePartnerAgain | A::UpdatePartner => only(manages, sees || subject.is_own, STEWARDS_ONLY),
        A::EndPartner => only(
            manages || subject.is_own,
            sees,
            "A partner leaves by whoever speaks for it, or is taken off by a leader or resource steward.",
        ),
        A::AcceptPartnerInvitation | A::DeclinePartnerInvitation => {
            only(person.side().is_some(), true, "Administrators belong to no side and speak for no partner.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Side;
    use crate::ids::MembershipId;
    use crate::partnerships::model::PartnershipState;
    use crate::partnerships::standing::ActiveMembership;

    fn member(role: MemberRole) -> Standing {
        let membership = ActiveMembership { id: MembershipId::new(), side: Side::Civilian, role };
        Standing { membership: Some(membership), ..Standing::stranger(PartnershipState::Forming) }
    }

    #[test]
    fn nobody_gets_more_than_what_is_open() {
        for state in PartnershipState::ALL {
            let standing = Standing::stranger(*state);
            for face in [Face::Open, Face::Inside, Face::Draft] {
                for action in Action::ALL {
                    let decision = allows(&Actor::Anonymous, &standing, Subject { face, ..WHOLE }, *action);
                    let list = matches!(action, Action::ListNeeds | Action::ListPartners);
                    if decision == Decision::Allow {
                        assert!(state.is_public() && (list || face == Face::Open), "{action} {state}");
                    }
                }
            }
        }
    }

    #[test]
    fn stewards_keep_track_and_other_members_offer() {
        let who = Persona::Member.actor();
        let may = |role, action| allows(&who, &member(role), WHOLE, action);
        for action in [Action::CreateNeed, Action::AcceptPledge, Action::RecordDelivery, Action::InvitePartner] {
            assert_eq!(may(MemberRole::ResourceSteward, action), Decision::Allow, "{action}");
            assert_eq!(may(MemberRole::Member, action), Decision::Forbid(STEWARDS_ONLY), "{action}");
        }
        assert_eq!(may(MemberRole::Observer, Action::OfferPledge), Decision::Allow);
    }

    #[test]
    fn whoever_speaks_for_a_partner_offers_for_what_is_open_and_sees_no_more() {
        let who = Persona::CitizenOutside.actor();
        let stranger = Standing::stranger(PartnershipState::Forming);
        let open = Subject { represents: true, ..WHOLE };
        assert_eq!(allows(&who, &stranger, open, Action::OfferPledge), Decision::Allow);
        assert_eq!(allows(&who, &stranger, WHOLE, Action::ListPledges), Decision::Hide);
        for face in [Face::Inside, Face::Draft] {
            assert_eq!(allows(&who, &stranger, Subject { face, ..open }, Action::OfferPledge), Decision::Hide);
            assert_eq!(allows(&who, &stranger, Subject { face, ..open }, Action::ListPledges), Decision::Hide);
        }
    }

    #[test]
    fn needs_of_goals_in_the_making_are_for_leaders_stewards_officials_and_their_author() {
        let draft = |is_own| Subject { is_own, represents: false, face: Face::Draft };
        let (plain, steward) = (member(MemberRole::Member), member(MemberRole::ResourceSteward));
        assert!(!sees(&plain, draft(false)) && sees(&plain, draft(true)) && sees(&steward, draft(false)));
        let former = Standing::stranger(PartnershipState::Forming);
        assert!(!sees(&former, draft(true)) && sees(&Standing { on_duty: true, ..former }, draft(false)));
        assert!(!sees_contact(&steward, false) && sees_contact(&former, true));
    }
}
