//! Who may do what with series of meetings. Pure. A series is its meetings: whoever may schedule, see, change or cancel one
//! of them may do so with all.

use crate::accounts::{Actor, Persona};
use crate::meetings::model::MeetingVisibility;
use crate::meetings::policy::{self as of_meetings, Subject};
use crate::partnerships::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of series of meetings, by operation id.
    pub enum Action {
        CreateMeetingSeries = "create_meeting_series",
        ListMeetingSeries = "list_meeting_series",
        GetMeetingSeries = "get_meeting_series",
        ListSeriesInstances = "list_series_instances",
        ListMeetingSeriesTimeline = "list_meeting_series_timeline",
        UpdateMeetingSeries = "update_meeting_series",
        SplitMeetingSeries = "split_meeting_series",
        CancelMeetingSeries = "cancel_meeting_series",
    }
}

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): none here.
pub const fn wants_fresh_proof(_: Action) -> bool {
    false
}

/// What the same is for a single meeting.
const fn for_one(action: Action) -> of_meetings::Action {
    match action {
        Action::CreateMeetingSeries => of_meetings::Action::ScheduleMeeting,
        Action::ListMeetingSeries => of_meetings::Action::ListPartnershipMeetings,
        Action::GetMeetingSeries | Action::ListSeriesInstances => of_meetings::Action::GetMeeting,
        Action::ListMeetingSeriesTimeline => of_meetings::Action::ListMeetingTimeline,
        Action::UpdateMeetingSeries | Action::SplitMeetingSeries => of_meetings::Action::UpdateMeeting,
        Action::CancelMeetingSeries => of_meetings::Action::CancelMeeting,
    }
}

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, visibility: MeetingVisibility, action: Action) -> Decision {
    of_meetings::allows(actor, standing, Subject::meeting(visibility), for_one(action))
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about open meetings.
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

    #[test]
    fn a_series_is_for_those_for_whom_its_meetings_are() {
        for persona in Persona::ALL.iter().copied() {
            for action in Action::ALL.iter().copied() {
                assert_eq!(
                    decide(persona, action),
                    of_meetings::decide(persona, for_one(action)),
                    "{persona} {action}"
                );
            }
        }
        let stranger = Standing::of_persona(Persona::CitizenOutside);
        let actor = Persona::CitizenOutside.actor();
        for hidden in [MeetingVisibility::Members, MeetingVisibility::Leaders] {
            for action in [Action::GetMeetingSeries, Action::UpdateMeetingSeries, Action::CancelMeetingSeries] {
                assert_eq!(allows(&actor, &stranger, hidden, action), Decision::Hide, "{action} {hidden}");
            }
        }
    }
}
