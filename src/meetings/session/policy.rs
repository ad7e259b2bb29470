//! Who may do what in a meeting in session. Pure.

use crate::accounts::{Actor, Persona};
use crate::meetings::model::MeetingVisibility;
use crate::meetings::policy::{organises, sees};
use crate::partnerships::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of a meeting in session, by operation id.
    pub enum Action {
        GetCheckInCode = "get_check_in_code",
        CheckIn = "check_in",
        CallDecisionInMeeting = "call_decision_in_meeting",
        RecordDecisionByVoice = "record_decision_by_voice",
        ConfirmDecisionByVoice = "confirm_decision_by_voice",
        ListMeetingDecisions = "list_meeting_decisions",
        RecessMeeting = "recess_meeting",
        ResumeMeeting = "resume_meeting",
        ListExecutiveSessions = "list_executive_sessions",
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

const ORGANISERS_ONLY: &str = "This is for leaders, facilitators and secretaries.";
const LEADERS_ONLY: &str = "A decision is called in a meeting, written down and confirmed by leaders.";

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, visibility: MeetingVisibility, action: Action) -> Decision {
    let sees_it = sees(standing, visibility);
    // Outside nobody knows that anything is decided.
    let inside = sees_it && standing.is_inside();
    if action != Action::ListExecutiveSessions
        && let Err(decision) = actor.signed_in()
    {
        return decision;
    }
    match action {
        Action::ListExecutiveSessions => only(true, sees_it, ""),
        Action::GetCheckInCode => only(organises(standing), inside, ORGANISERS_ONLY),
        Action::CheckIn => only(standing.membership.is_some(), inside, "Members check in; others are counted."),
        Action::CallDecisionInMeeting | Action::RecordDecisionByVoice | Action::ConfirmDecisionByVoice => {
            only(standing.seat.is_some(), inside, LEADERS_ONLY)
        }
        Action::ListMeetingDecisions => only(true, inside, ""),
        Action::RecessMeeting | Action::ResumeMeeting => only(organises(standing), sees_it, ORGANISERS_ONLY),
    }
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about an open meeting.
pub fn decide(persona: Persona, action: Action) -> Decision {
    allows(&persona.actor(), &Standing::of_persona(persona), MeetingVisibility::Public, action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401, 403 or 404.
pub fn demand(actor: &Actor, standing: &Standing, visibility: MeetingVisibility, action: Action) -> Result<()> {
    allows(actor, standing, visibility, action).demand()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(action: Action) -> Vec<Persona> {
        Persona::ALL.iter().copied().filter(|persona| decide(*persona, action) == Decision::Allow).collect()
    }

    #[test]
    fn leaders_call_members_check_in_and_everybody_reads_the_motion() {
        use Persona::{CivilianLeader, Member, PoliceLeader};
        for action in [
            Action::CallDecisionInMeeting,
            Action::RecordDecisionByVoice,
            Action::ConfirmDecisionByVoice,
            Action::GetCheckInCode,
            Action::RecessMeeting,
            Action::ResumeMeeting,
        ] {
            assert_eq!(allowed(action), [CivilianLeader, PoliceLeader], "{action}");
        }
        assert_eq!(allowed(Action::CheckIn), [Member, CivilianLeader, PoliceLeader]);
        assert_eq!(allowed(Action::ListExecutiveSessions).len(), Persona::ALL.len());
    }

    #[test]
    fn outside_nobody_knows_of_decisions_and_codes() {
        for persona in [Persona::CitizenOutside, Persona::FormerMember, Persona::OfficerElsewhere, Persona::AgencyStaff]
        {
            for action in Action::ALL.iter().copied() {
                let hidden = decide(persona, action) == Decision::Hide;
                let seen = [Action::ListExecutiveSessions, Action::RecessMeeting, Action::ResumeMeeting];
                assert_eq!(hidden, !seen.contains(&action), "{persona} {action}");
            }
        }
    }
}
