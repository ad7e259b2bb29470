//! Who may do what with minutes (`design/security.md` 5.14). Pure.
//!
//! Organisers write; members read what is circulated and ask for corrections; leaders assent. Whoever reads published minutes
//! from outside reads the public rendition.

use super::model::{Minutes, MinutesState, MinutesVisibility};
use crate::accounts::{Actor, Persona};
use crate::meetings::model::MeetingVisibility;
use crate::meetings::policy::{NOT_FOR_ADMINISTRATORS, ORGANISERS_ONLY, only, organises, sees, serves, takes_part};
use crate::partnerships::{MemberRole, Standing};
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of minutes, by operation id.
    pub enum Action {
        WriteMinutes = "write_minutes",
        GetMinutes = "get_minutes",
        GetMinutesDraft = "get_minutes_draft",
        ListMinutesVersions = "list_minutes_versions",
        CirculateMinutes = "circulate_minutes",
        AssentToMinutes = "assent_to_minutes",
        ProposeMinutes = "propose_minutes",
        PublishMinutes = "publish_minutes",
        CorrectMinutes = "correct_minutes",
        RedactMinutes = "redact_minutes",
        AssentToMinutesCorrection = "assent_to_minutes_correction",
        CreateCorrectionRequest = "create_correction_request",
        ListCorrectionRequests = "list_correction_requests",
        GetCorrectionRequest = "get_correction_request",
        AcceptCorrectionRequest = "accept_correction_request",
        DeclineCorrectionRequest = "decline_correction_request",
        MaintainCorrectionRequest = "maintain_correction_request",
        WithdrawCorrectionRequest = "withdraw_correction_request",
    }
}

/// Who may read the minutes as they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinutesFace {
    /// Whoever sees the meeting.
    Public,
    /// Members and officials.
    Published,
    /// Members and officers: circulated, and not published yet.
    Circulated,
    /// Whoever writes them and assents, and officers.
    Draft,
}

impl MinutesFace {
    /// Of these minutes.
    pub const fn of(minutes: &Minutes) -> Self {
        match (minutes.state, minutes.visibility) {
            (MinutesState::Draft, _) => Self::Draft,
            (MinutesState::Circulated | MinutesState::Proposed | MinutesState::Approved, _) => Self::Circulated,
            (MinutesState::Published, MinutesVisibility::Members) => Self::Published,
            (MinutesState::Published, MinutesVisibility::Public) => Self::Public,
        }
    }
}

/// What an action depends on beside how the actor stands towards the partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Who sees the meeting.
    pub visibility: MeetingVisibility,
    /// Who may read the minutes.
    pub face: MinutesFace,
    /// The request to correct them is the actor's own.
    pub is_own: bool,
}

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): none here.
pub const fn wants_fresh_proof(_: Action) -> bool {
    false
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about circulated minutes of an
/// open meeting, and about somebody else's request.
pub fn decide(persona: Persona, action: Action) -> Decision {
    let subject = Subject { visibility: MeetingVisibility::Public, face: MinutesFace::Circulated, is_own: false };
    allows(&persona.actor(), &Standing::of_persona(persona), subject, action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401, 403 or 404.
pub fn demand(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Result<()> {
    allows(actor, standing, subject, action).demand()
}

/// Whether somebody reads minutes whole: members and officers. Administrators see that there are some, and what everybody
/// reads of them.
pub const fn reads_whole(standing: &Standing) -> bool {
    takes_part(standing)
}

/// Whether somebody sees the minutes while they are being written.
fn reads_drafts(standing: &Standing) -> bool {
    organises(standing) || serves(standing)
}

fn reads(standing: &Standing, subject: Subject) -> bool {
    let reader = match subject.face {
        MinutesFace::Public => true,
        MinutesFace::Published => standing.is_inside(),
        MinutesFace::Circulated => takes_part(standing),
        MinutesFace::Draft => reads_drafts(standing),
    };
    reader && sees(standing, subject.visibility)
}

/// Whether somebody circulates minutes, and masks more of what is published: leaders and secretaries.
fn circulates(standing: &Standing) -> bool {
    standing.seat.is_some() || standing.membership.is_some_and(|m| m.role == MemberRole::Secretary)
}

const LEADERS_ONLY: &str = "Minutes are assented to by a leader of each side.";

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    let (sees_it, reads_it) = (sees(standing, subject.visibility), reads(standing, subject));
    if action == A::GetMinutes {
        return only(reads_it, false, "");
    }
    if let Err(decision) = actor.signed_in() {
        return decision;
    }
    let organises = organises(standing);
    match action {
        A::GetMinutes => only(reads_it, false, ""),
        A::WriteMinutes | A::GetMinutesDraft | A::PublishMinutes | A::ProposeMinutes => {
            only(sees_it && organises, sees_it, ORGANISERS_ONLY)
        }
        A::CirculateMinutes => {
            only(sees_it && circulates(standing), sees_it, "Minutes are circulated by leaders and secretaries.")
        }
        A::RedactMinutes => {
            only(sees_it && circulates(standing), sees_it, "Published minutes are redacted by leaders and secretaries.")
        }
        A::AssentToMinutes | A::CorrectMinutes | A::AssentToMinutesCorrection => {
            only(sees_it && standing.seat.is_some(), sees_it, LEADERS_ONLY)
        }
        A::ListMinutesVersions => {
            only(sees_it && reads_drafts(standing), reads_it, "Earlier versions are for organisers and officers.")
        }
        A::CreateCorrectionRequest => {
            only(reads_it && standing.membership.is_some(), reads_it, "Members ask for corrections.")
        }
        A::ListCorrectionRequests | A::GetCorrectionRequest => {
            only(reads_it && takes_part(standing), sees_it && standing.is_inside(), NOT_FOR_ADMINISTRATORS)
        }
        A::AcceptCorrectionRequest | A::DeclineCorrectionRequest => {
            only(sees_it && organises, sees_it && standing.is_inside(), ORGANISERS_ONLY)
        }
        A::MaintainCorrectionRequest | A::WithdrawCorrectionRequest => only(
            sees_it && standing.membership.is_some() && subject.is_own,
            sees_it && standing.is_inside(),
            "A request is maintained and taken back by whoever made it.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meetings::policy::tests_support::{ALL, except, personas};

    fn subject(face: MinutesFace) -> Subject {
        Subject { visibility: MeetingVisibility::Public, face, is_own: false }
    }
    fn allowed(action: Action, subject: Subject) -> Vec<&'static str> {
        personas()
            .into_iter()
            .filter(|(_, actor, standing)| allows(actor, standing, subject, action) == Decision::Allow)
            .map(|(name, ..)| name)
            .collect()
    }

    #[test]
    fn minutes_open_up_step_by_step() {
        let read = |face| allowed(Action::GetMinutes, subject(face));
        let drafts = ["secretary", "facilitator", "civilian leader", "police leader", "officer on duty", "commander"];
        assert_eq!(read(MinutesFace::Draft), drafts);
        let outside = ["anonymous", "stranger", "officer elsewhere", "administrator"];
        assert_eq!(read(MinutesFace::Circulated), except(&outside));
        assert_eq!(read(MinutesFace::Published), except(&outside[..3]));
        assert_eq!(read(MinutesFace::Public), ALL);
        let of_leaders = Subject { visibility: MeetingVisibility::Leaders, ..subject(MinutesFace::Public) };
        assert_eq!(
            allowed(Action::GetMinutes, of_leaders),
            ["civilian leader", "police leader", "officer on duty", "commander", "administrator"]
        );
    }

    #[test]
    fn nobody_from_outside_reads_minutes_whole() {
        let whole: Vec<_> =
            personas().into_iter().filter(|(_, _, standing)| reads_whole(standing)).map(|(name, ..)| name).collect();
        assert_eq!(whole, except(&["anonymous", "stranger", "officer elsewhere", "administrator"]));
    }

    #[test]
    fn organisers_write_secretaries_and_leaders_circulate_leaders_assent_members_ask() {
        let circulated = subject(MinutesFace::Circulated);
        let organisers = ["secretary", "facilitator", "civilian leader", "police leader"];
        for action in [
            Action::WriteMinutes,
            Action::GetMinutesDraft,
            Action::PublishMinutes,
            Action::ProposeMinutes,
            Action::AcceptCorrectionRequest,
            Action::DeclineCorrectionRequest,
        ] {
            assert_eq!(allowed(action, circulated), organisers, "{action}");
        }
        for action in [Action::CirculateMinutes, Action::RedactMinutes] {
            assert_eq!(allowed(action, circulated), ["secretary", "civilian leader", "police leader"], "{action}");
        }
        for action in [Action::AssentToMinutes, Action::CorrectMinutes, Action::AssentToMinutesCorrection] {
            assert_eq!(allowed(action, circulated), ["civilian leader", "police leader"], "{action}");
        }
        let members = ["member", "secretary", "facilitator", "civilian leader", "police leader", "police member"];
        assert_eq!(allowed(Action::CreateCorrectionRequest, circulated), members);
        for action in [Action::MaintainCorrectionRequest, Action::WithdrawCorrectionRequest] {
            assert_eq!(allowed(action, circulated), [""; 0], "{action}");
            assert_eq!(allowed(action, Subject { is_own: true, ..circulated }), members, "{action}");
        }
    }

    #[test]
    fn nobody_is_forbidden_what_they_can_not_see_and_nobody_anonymous_is_forbidden() {
        for (name, actor, standing) in personas() {
            for visibility in MeetingVisibility::ALL {
                for face in [MinutesFace::Public, MinutesFace::Published, MinutesFace::Circulated, MinutesFace::Draft] {
                    for action in Action::ALL {
                        let subject = Subject { visibility: *visibility, face, is_own: false };
                        if let Decision::Forbid(why) = allows(&actor, &standing, subject, *action) {
                            assert!(!why.is_empty() && name != "anonymous", "{name} {action}");
                            assert!(sees(&standing, *visibility), "{name} {action} {visibility}");
                        }
                    }
                }
            }
        }
    }
}
