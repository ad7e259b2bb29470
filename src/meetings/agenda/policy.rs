//! Who may do what with agendas. Pure.

use crate::accounts::{Actor, Persona};
use crate::meetings::model::MeetingVisibility;
use crate::meetings::policy::{organises, sees, takes_part};
use crate::partnerships::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of agendas, by operation id.
    pub enum Action {
        GetAgenda = "get_agenda",
        UpdateAgenda = "update_agenda",
        LockAgenda = "lock_agenda",
        ProposeAgendaItem = "propose_agenda_item",
        GetAgendaItem = "get_agenda_item",
        UpdateAgendaItem = "update_agenda_item",
        AcceptAgendaItem = "accept_agenda_item",
        DeferAgendaItem = "defer_agenda_item",
        DeclineAgendaItem = "decline_agenda_item",
    }
}

/// What an action depends on beside how the actor stands towards the partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Who sees the meeting.
    pub visibility: MeetingVisibility,
    /// The item is accepted, so that whoever sees the meeting sees it.
    pub is_accepted: bool,
    /// The actor proposed it, and nobody has said anything to it.
    pub is_own: bool,
}

impl Subject {
    /// The agenda itself, or somebody else's proposal.
    pub const fn agenda(visibility: MeetingVisibility) -> Self {
        Self { visibility, is_accepted: false, is_own: false }
    }
}

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): none here.
pub const fn wants_fresh_proof(_: Action) -> bool {
    false
}

const fn only(allowed: bool, sees: bool, why: &'static str) -> Decision {
    match (allowed, sees) {
        (true, true) => Decision::Allow,
        (false, true) => Decision::Forbid(why),
        (_, false) => Decision::Hide,
    }
}

const ORGANISERS_ONLY: &str = "The agenda is made by leaders, facilitators and secretaries.";

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Decision {
    let sees_it = sees(standing, subject.visibility);
    let sees_item = sees_it && (subject.is_accepted || takes_part(standing));
    if !matches!(action, Action::GetAgenda | Action::GetAgendaItem)
        && let Err(decision) = actor.signed_in()
    {
        return decision;
    }
    match action {
        Action::GetAgenda => only(true, sees_it, ""),
        Action::GetAgendaItem => only(true, sees_item, ""),
        Action::UpdateAgenda => only(organises(standing), sees_it, ORGANISERS_ONLY),
        Action::LockAgenda => only(standing.seat.is_some(), sees_it, "The agenda is locked by a leader."),
        Action::ProposeAgendaItem => only(standing.membership.is_some(), sees_it, "Items are proposed by members."),
        Action::UpdateAgendaItem => only(
            organises(standing) || (subject.is_own && standing.membership.is_some()),
            sees_item,
            "An item is changed by an organiser, or, until it is answered, by whoever proposed it.",
        ),
        Action::AcceptAgendaItem | Action::DeferAgendaItem | Action::DeclineAgendaItem => {
            only(organises(standing), sees_item, ORGANISERS_ONLY)
        }
    }
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about an open meeting, and
/// somebody else's proposal for it.
pub fn decide(persona: Persona, action: Action) -> Decision {
    let subject = Subject::agenda(MeetingVisibility::Public);
    allows(&persona.actor(), &Standing::of_persona(persona), subject, action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401, 403 or 404.
pub fn demand(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Result<()> {
    allows(actor, standing, subject, action).demand()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(action: Action, subject: Subject) -> Vec<Persona> {
        let decides = |persona: &Persona| {
            allows(&persona.actor(), &Standing::of_persona(*persona), subject, action) == Decision::Allow
        };
        Persona::ALL.iter().copied().filter(decides).collect()
    }

    #[test]
    fn members_propose_organisers_answer_and_leaders_lock() {
        use Persona::{CivilianLeader, Member, PoliceLeader};
        let public = Subject::agenda(MeetingVisibility::Public);
        assert_eq!(allowed(Action::GetAgenda, public).len(), Persona::ALL.len());
        assert_eq!(allowed(Action::ProposeAgendaItem, public), [Member, CivilianLeader, PoliceLeader]);
        for action in [
            Action::UpdateAgenda,
            Action::LockAgenda,
            Action::UpdateAgendaItem,
            Action::AcceptAgendaItem,
            Action::DeferAgendaItem,
            Action::DeclineAgendaItem,
        ] {
            assert_eq!(allowed(action, public), [CivilianLeader, PoliceLeader], "{action}");
        }
        let own = Subject { is_own: true, ..public };
        assert_eq!(allowed(Action::UpdateAgendaItem, own), [Member, CivilianLeader, PoliceLeader]);
        let leaders = Subject::agenda(MeetingVisibility::Leaders);
        assert_eq!(allowed(Action::ProposeAgendaItem, leaders), [CivilianLeader, PoliceLeader]);
    }

    #[test]
    fn a_proposal_is_hidden_from_whom_an_accepted_item_is_shown() {
        let public = Subject::agenda(MeetingVisibility::Public);
        let accepted = Subject { is_accepted: true, ..public };
        let outside = Persona::CitizenOutside;
        let of = |subject, action| allows(&outside.actor(), &Standing::of_persona(outside), subject, action);
        assert_eq!(of(public, Action::AcceptAgendaItem), Decision::Hide);
        assert!(matches!(of(accepted, Action::AcceptAgendaItem), Decision::Forbid(_)));
        assert_eq!(of(public, Action::GetAgendaItem), Decision::Hide);
        assert_eq!(of(accepted, Action::GetAgendaItem), Decision::Allow);
    }
}
