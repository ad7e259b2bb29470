//! Who may do what with calendars. Pure. A calendar is meetings: whoever may list or read them may have them so.

use crate::accounts::{Actor, Persona};
use crate::meetings::model::MeetingVisibility;
use crate::meetings::policy::{self as of_meetings, Subject};
use crate::partnerships::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of calendars, by operation id.
    pub enum Action {
        GetPartnershipCalendar = "get_partnership_calendar",
        GetAreaCalendar = "get_area_calendar",
        GetMeetingCalendar = "get_meeting_calendar",
        GetPersonalCalendar = "get_personal_calendar",
        GetCalendarAddress = "get_calendar_address",
        MakeCalendarAddress = "make_calendar_address",
        RevokeCalendarAddress = "revoke_calendar_address",
    }
}

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): an address tells whoever has it, for as long
/// as it stands.
pub const fn wants_fresh_proof(action: Action) -> bool {
    matches!(action, Action::MakeCalendarAddress)
}

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, visibility: MeetingVisibility, action: Action) -> Decision {
    let as_meetings = |action| of_meetings::allows(actor, standing, Subject::meeting(visibility), action);
    match action {
        Action::GetPartnershipCalendar => as_meetings(of_meetings::Action::ListPartnershipMeetings),
        Action::GetAreaCalendar => as_meetings(of_meetings::Action::ListMeetings),
        Action::GetMeetingCalendar => as_meetings(of_meetings::Action::GetMeeting),
        // Whoever has the address.
        Action::GetPersonalCalendar => Decision::Allow,
        Action::GetCalendarAddress | Action::MakeCalendarAddress | Action::RevokeCalendarAddress => {
            match actor.signed_in() {
                Ok(person) => Decision::Allow.freshly(person.fresh || !wants_fresh_proof(action)),
                Err(decision) => decision,
            }
        }
    }
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about open meetings, and
/// about one's own address.
pub fn decide(persona: Persona, action: Action) -> Decision {
    allows(&persona.actor(), &Standing::of_persona(persona), MeetingVisibility::Public, action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401 or 404.
pub fn demand(actor: &Actor, standing: &Standing, visibility: MeetingVisibility, action: Action) -> Result<()> {
    allows(actor, standing, visibility, action).demand()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partnerships::PartnershipState;

    #[test]
    fn calendars_are_for_those_for_whom_their_meetings_are() {
        use of_meetings::Action as M;
        for persona in Persona::ALL.iter().copied() {
            for (action, same) in [
                (Action::GetPartnershipCalendar, M::ListPartnershipMeetings),
                (Action::GetAreaCalendar, M::ListMeetings),
                (Action::GetMeetingCalendar, M::GetMeeting),
            ] {
                assert_eq!(decide(persona, action), of_meetings::decide(persona, same), "{persona} {action}");
            }
            assert_eq!(decide(persona, Action::GetPersonalCalendar), Decision::Allow);
        }
    }

    #[test]
    fn what_is_hidden_has_no_calendar() {
        let unseen = Standing::stranger(PartnershipState::Proposed);
        let seen = Standing::stranger(PartnershipState::Active);
        for actor in [Actor::Anonymous, Persona::CitizenOutside.actor()] {
            let of = |standing, visibility, action| allows(&actor, standing, visibility, action);
            assert_eq!(of(&unseen, MeetingVisibility::Public, Action::GetPartnershipCalendar), Decision::Hide);
            for hidden in [MeetingVisibility::Members, MeetingVisibility::Leaders] {
                assert_eq!(of(&seen, hidden, Action::GetMeetingCalendar), Decision::Hide, "{hidden}");
            }
        }
    }

    #[test]
    fn an_address_is_ones_own_and_made_after_a_fresh_proof() {
        let standing = Standing::stranger(PartnershipState::Active);
        let own = [Action::GetCalendarAddress, Action::MakeCalendarAddress, Action::RevokeCalendarAddress];
        for action in own {
            let of = |actor: &Actor| allows(actor, &standing, MeetingVisibility::Public, action);
            assert_eq!(of(&Actor::Anonymous), Decision::SignIn);
            let Actor::Person(person) = Persona::Member.actor() else { panic!("nobody") };
            let stale = crate::accounts::Person { fresh: false, ..person.clone() };
            assert_eq!(of(&Actor::Halfway(person.clone())), Decision::ProveMore);
            assert_eq!(of(&Actor::Person(person)), Decision::Allow);
            let expected = if wants_fresh_proof(action) { Decision::Prove } else { Decision::Allow };
            assert_eq!(of(&Actor::Person(stale)), expected, "{action}");
        }
    }
}
