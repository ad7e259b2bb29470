//! Who may do what with meetings (`design/security.md` 5.14). Pure: the same functions decide, choose what an answer shows
//! and are tested. Officers' logs and minutes have policies of their own: [`log_policy`](super::log_policy),
//! [`minutes::policy`](super::minutes::policy).

use super::model::{AddressTold, MeetingVisibility, PlaceKind};
use crate::accounts::{Actor, Person, Persona};
use crate::partnerships::{MemberRole, Standing};
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of meetings, by operation id.
    pub enum Action {
        ScheduleMeeting = "schedule_meeting",
        ListPartnershipMeetings = "list_partnership_meetings",
        ListMeetings = "list_meetings",
        GetMeeting = "get_meeting",
        UpdateMeeting = "update_meeting",
        CancelMeeting = "cancel_meeting",
        StartMeeting = "start_meeting",
        AdjournMeeting = "adjourn_meeting",
        ListMeetingTimeline = "list_meeting_timeline",
        RequestNoticeSubscription = "request_notice_subscription",
        ConfirmNoticeSubscription = "confirm_notice_subscription",
        RenewNoticeSubscription = "renew_notice_subscription",
        LeaveNoticeSubscription = "leave_notice_subscription",
        LeaveByOneClick = "leave_by_one_click",
        ListMeetingNotices = "list_meeting_notices",
        AnswerRsvp = "answer_rsvp",
        AnswerRsvpLink = "answer_rsvp_link",
        GetMeetingReminders = "get_meeting_reminders",
        SetMeetingReminders = "set_meeting_reminders",
        StopRemindersByOneClick = "stop_reminders_by_one_click",
        ListRsvps = "list_rsvps",
        RecordAttendance = "record_attendance",
        RemoveAttendance = "remove_attendance",
        RecordPresence = "record_presence",
        RecordHeadCount = "record_head_count",
        GetAttendance = "get_attendance",
        ListAttendees = "list_attendees",
        CreateActionItem = "create_action_item",
        ListActionItems = "list_action_items",
        GetActionItem = "get_action_item",
        UpdateActionItem = "update_action_item",
        CompleteActionItem = "complete_action_item",
        DropActionItem = "drop_action_item",
    }
}

/// What an action depends on beside how the actor stands towards the partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Who sees the meeting.
    pub visibility: MeetingVisibility,
    /// The entry in the attendance, or the action item, is the actor's own.
    pub is_own: bool,
}

impl Subject {
    /// The meeting itself.
    pub const fn meeting(visibility: MeetingVisibility) -> Self {
        Self { visibility, is_own: false }
    }
    /// The partnership's meetings altogether.
    pub const fn whole() -> Self {
        Self::meeting(MeetingVisibility::Public)
    }
    /// Something of the actor's own in the meeting, or of somebody else's.
    pub const fn owned(visibility: MeetingVisibility, is_own: bool) -> Self {
        Self { visibility, is_own }
    }
}

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): none here.
pub const fn wants_fresh_proof(_: Action) -> bool {
    false
}

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    match action {
        A::ListMeetings => Decision::Allow,
        // Whoever has the code from the letter.
        A::ConfirmNoticeSubscription
        | A::RenewNoticeSubscription
        | A::LeaveNoticeSubscription
        | A::LeaveByOneClick
        | A::AnswerRsvpLink
        | A::StopRemindersByOneClick => Decision::Allow,
        A::ListPartnershipMeetings | A::RequestNoticeSubscription => only(standing.sees(), false, ""),
        A::GetMeeting | A::ListMeetingTimeline | A::ListMeetingNotices => {
            only(sees(standing, subject.visibility), false, "")
        }
        _ => match actor.signed_in() {
            Ok(person) => signed_in(person, standing, subject, action),
            Err(decision) => decision,
        },
    }
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about an open meeting, and
/// about somebody else's attendance and action items.
pub fn decide(persona: Persona, action: Action) -> Decision {
    let subject = Subject::meeting(MeetingVisibility::Public);
    allows(&persona.actor(), &Standing::of_persona(persona), subject, action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401, 403 or 404.
pub fn demand(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Result<()> {
    allows(actor, standing, subject, action).demand()
}

/// Whether somebody sees that the meeting takes place.
pub const fn sees(standing: &Standing, visibility: MeetingVisibility) -> bool {
    match visibility {
        MeetingVisibility::Public => standing.sees(),
        MeetingVisibility::Members => standing.is_inside(),
        MeetingVisibility::Leaders => standing.sees_drafts(),
    }
}

/// The meetings of a partnership that somebody sees, for queries.
pub fn seen(standing: &Standing) -> Vec<MeetingVisibility> {
    MeetingVisibility::ALL.iter().copied().filter(|visibility| sees(standing, *visibility)).collect()
}

/// Whether somebody is told the address of the place. `said_yes`: the person's own yes was taken. `scheduled_it`: the
/// person put the meeting down.
pub const fn knows_address(standing: &Standing, place: PlaceKind, said_yes: bool, scheduled_it: bool) -> bool {
    match place {
        PlaceKind::Public => true,
        PlaceKind::Online => takes_part(standing) || said_yes,
        PlaceKind::PrivateHome => {
            standing.seat.is_some() || serves(standing) || (standing.membership.is_some() && (said_yes || scheduled_it))
        }
    }
}

/// Where somebody learns the address, of whom `told` says whether it stands in the answer.
pub const fn address_told(standing: &Standing, place: PlaceKind, told: bool) -> AddressTold {
    match place {
        _ if told => AddressTold::Here,
        PlaceKind::PrivateHome if standing.membership.is_none() => AddressTold::ByLeaders,
        PlaceKind::Public | PlaceKind::Online | PlaceKind::PrivateHome => AddressTold::AfterYes,
    }
}

/// Whether somebody is told who was there or who comes: whoever keeps the lists, and officers.
pub fn knows_names(person: &Person, standing: &Standing) -> bool {
    keeps_attendance(person, standing) || serves(standing)
}

/// Whether somebody is told how many letters there were of a notice: organisers and officers.
pub fn sees_notice_figures(standing: &Standing) -> bool {
    organises(standing) || serves(standing)
}

/// Officers on duty in the area and their commanders.
pub(super) const fn serves(standing: &Standing) -> bool {
    standing.on_duty || standing.in_command
}

/// Members and officers; administrators see that there are meetings, and nothing of what was said.
pub const fn takes_part(standing: &Standing) -> bool {
    standing.membership.is_some() || serves(standing)
}

/// Leaders, facilitators and secretaries.
pub fn organises(standing: &Standing) -> bool {
    let by_role =
        standing.membership.is_some_and(|m| matches!(m.role, MemberRole::Facilitator | MemberRole::Secretary));
    standing.seat.is_some() || by_role
}

/// Whether somebody keeps the attendance: organisers, and officers who are members.
pub fn keeps_attendance(person: &Person, standing: &Standing) -> bool {
    organises(standing) || (person.is_police() && standing.membership.is_some())
}

/// Allowed, or forbidden to whoever sees what it is about, or hidden from everybody else.
pub(super) const fn only(allowed: bool, sees: bool, why: &'static str) -> Decision {
    match (allowed, sees) {
        (true, _) => Decision::Allow,
        (false, true) => Decision::Forbid(why),
        (false, false) => Decision::Hide,
    }
}

pub(super) const ORGANISERS_ONLY: &str = "This is for leaders, facilitators and secretaries.";
pub(super) const NOT_FOR_ADMINISTRATORS: &str = "What happens in meetings is for members and officers.";

fn signed_in(person: &Person, standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    let sees_it = sees(standing, subject.visibility);
    let (organises, inside) = (organises(standing), standing.is_inside());
    match action {
        A::ListMeetings
        | A::ConfirmNoticeSubscription
        | A::RenewNoticeSubscription
        | A::LeaveNoticeSubscription
        | A::LeaveByOneClick
        | A::AnswerRsvpLink
        | A::GetMeetingReminders
        | A::SetMeetingReminders
        | A::StopRemindersByOneClick => Decision::Allow,
        A::ListPartnershipMeetings | A::RequestNoticeSubscription => only(standing.sees(), false, ""),
        A::GetMeeting | A::ListMeetingTimeline | A::ListMeetingNotices => only(sees_it, false, ""),

        A::ScheduleMeeting => {
            let for_leaders = subject.visibility == MeetingVisibility::Leaders;
            if organises && for_leaders && standing.seat.is_none() {
                return Decision::Forbid("Leaders' meetings are scheduled by leaders.");
            }
            only(organises, standing.sees(), ORGANISERS_ONLY)
        }
        A::UpdateMeeting | A::CancelMeeting | A::StartMeeting | A::AdjournMeeting => {
            only(organises && sees_it, sees_it, ORGANISERS_ONLY)
        }

        A::AnswerRsvp => {
            let invited = match subject.visibility {
                MeetingVisibility::Public => true,
                MeetingVisibility::Members | MeetingVisibility::Leaders => takes_part(standing),
            };
            only(sees_it && invited, sees_it, "This meeting is for members and officers.")
        }
        A::ListRsvps => {
            only(sees_it && (organises || serves(standing)), sees_it, "Who comes is for organisers and officers.")
        }

        A::RecordAttendance => {
            let own = subject.is_own && standing.membership.is_some();
            only(
                sees_it && (keeps_attendance(person, standing) || own),
                sees_it && inside,
                "Attendance is kept by leaders, facilitators, secretaries and officers; members record themselves.",
            )
        }
        A::RemoveAttendance | A::RecordPresence | A::RecordHeadCount => only(
            sees_it && keeps_attendance(person, standing),
            sees_it && inside,
            "Attendance is kept by leaders, facilitators, secretaries and officers who are members.",
        ),
        A::GetAttendance => only(sees_it && takes_part(standing), sees_it && inside, NOT_FOR_ADMINISTRATORS),
        A::ListAttendees => only(
            sees_it && knows_names(person, standing),
            sees_it && inside,
            "Who was there is for organisers and officers.",
        ),

        A::CreateActionItem | A::UpdateActionItem | A::DropActionItem => {
            only(sees_it && organises, sees_it && inside, ORGANISERS_ONLY)
        }
        A::ListActionItems | A::GetActionItem => {
            only(sees_it && takes_part(standing), sees_it && inside, NOT_FOR_ADMINISTRATORS)
        }
        A::CompleteActionItem => {
            let own = subject.is_own && standing.membership.is_some();
            only(
                sees_it && (organises || own),
                sees_it && inside,
                "An action item is completed by whoever took it on, or by an organiser.",
            )
        }
    }
}

/// Everybody who can stand differently towards a meeting, for tests of policies.
#[cfg(test)]
pub(super) mod tests_support {
    use super::*;
    use crate::accounts::{AccountKind, Side};
    use crate::ids::{MembershipId, SeatId};
    use crate::partnerships::{ActiveMembership, HeldSeat, PartnershipState, SeatKind};

    pub fn person(kind: AccountKind) -> Actor {
        Actor::of_kind(kind, true)
    }

    pub fn stranger() -> Standing {
        Standing::stranger(PartnershipState::Active)
    }
    pub fn member(side: Side, role: MemberRole) -> Standing {
        let membership = Some(ActiveMembership { id: MembershipId::new(), side, role });
        Standing { membership, ..stranger() }
    }
    fn leader(side: Side) -> Standing {
        let seat = Some(HeldSeat { id: SeatId::new(), side, kind: SeatKind::Primary });
        Standing { seat, ..member(side, MemberRole::Member) }
    }

    /// Everybody who can stand differently towards a meeting.
    pub fn personas() -> Vec<(&'static str, Actor, Standing)> {
        let citizen = || person(AccountKind::Citizen);
        let officer = || person(AccountKind::Officer);
        vec![
            ("anonymous", Actor::Anonymous, stranger()),
            ("stranger", citizen(), stranger()),
            ("member", citizen(), member(Side::Civilian, MemberRole::Member)),
            ("secretary", citizen(), member(Side::Civilian, MemberRole::Secretary)),
            ("facilitator", citizen(), member(Side::Civilian, MemberRole::Facilitator)),
            ("civilian leader", citizen(), leader(Side::Civilian)),
            ("police leader", officer(), leader(Side::Police)),
            ("police member", officer(), member(Side::Police, MemberRole::Member)),
            ("officer on duty", officer(), Standing { on_duty: true, ..stranger() }),
            ("commander", person(AccountKind::Commander), Standing { on_duty: true, in_command: true, ..stranger() }),
            ("officer elsewhere", officer(), stranger()),
            ("administrator", person(AccountKind::Administrator), Standing { is_administrator: true, ..stranger() }),
        ]
    }

    pub const ALL: [&str; 12] = [
        "anonymous",
        "stranger",
        "member",
        "secretary",
        "facilitator",
        "civilian leader",
        "police leader",
        "police member",
        "officer on duty",
        "commander",
        "officer elsewhere",
        "administrator",
    ];

    pub fn except(without: &[&str]) -> Vec<&'static str> {
        ALL.into_iter().filter(|name| !without.contains(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::tests_support::{ALL, except, member, personas, stranger};
    use super::*;
    use crate::accounts::Side;

    fn allowed(action: Action, subject: Subject) -> Vec<&'static str> {
        personas()
            .into_iter()
            .filter(|(_, actor, standing)| allows(actor, standing, subject, action) == Decision::Allow)
            .map(|(name, ..)| name)
            .collect()
    }

    #[test]
    fn meetings_are_seen_as_far_as_they_are_open() {
        let seen = |visibility| allowed(Action::GetMeeting, Subject::meeting(visibility));
        assert_eq!(seen(MeetingVisibility::Public), ALL);
        assert_eq!(seen(MeetingVisibility::Members), except(&["anonymous", "stranger", "officer elsewhere"]));
        assert_eq!(
            seen(MeetingVisibility::Leaders),
            ["civilian leader", "police leader", "officer on duty", "commander", "administrator"]
        );
    }

    #[test]
    fn a_private_address_is_for_leaders_officers_and_members_who_come() {
        let told = |place, said_yes| -> Vec<&str> {
            personas()
                .into_iter()
                .filter(|(_, _, standing)| knows_address(standing, place, said_yes, false))
                .map(|(name, ..)| name)
                .collect()
        };
        let always = ["civilian leader", "police leader", "officer on duty", "commander"];
        assert_eq!(told(PlaceKind::PrivateHome, false), always);
        assert_eq!(
            told(PlaceKind::PrivateHome, true),
            except(&["anonymous", "stranger", "officer elsewhere", "administrator"])
        );
        assert_eq!(told(PlaceKind::Public, false), ALL);
        assert_eq!(
            told(PlaceKind::Online, false),
            except(&["anonymous", "stranger", "officer elsewhere", "administrator"])
        );
        assert!(knows_address(&member(Side::Civilian, MemberRole::Secretary), PlaceKind::PrivateHome, false, true));
        assert!(!knows_address(&stranger(), PlaceKind::PrivateHome, false, true), "left since");
    }

    #[test]
    fn organisers_run_meetings() {
        let public = Subject::meeting(MeetingVisibility::Public);
        let organisers = ["secretary", "facilitator", "civilian leader", "police leader"];
        for action in [
            Action::ScheduleMeeting,
            Action::UpdateMeeting,
            Action::CancelMeeting,
            Action::StartMeeting,
            Action::AdjournMeeting,
            Action::CreateActionItem,
            Action::UpdateActionItem,
            Action::DropActionItem,
        ] {
            assert_eq!(allowed(action, public), organisers, "{action}");
        }
        let for_leaders = Subject::meeting(MeetingVisibility::Leaders);
        assert_eq!(allowed(Action::ScheduleMeeting, for_leaders), ["civilian leader", "police leader"]);
    }

    #[test]
    fn names_are_for_who_keeps_them_and_for_officers() {
        let public = Subject::meeting(MeetingVisibility::Public);
        let keepers = ["secretary", "facilitator", "civilian leader", "police leader", "police member"];
        assert_eq!(allowed(Action::RecordHeadCount, public), keepers);
        assert_eq!(allowed(Action::ListAttendees, public), [&keepers[..], &["officer on duty", "commander"]].concat());
        let own = Subject::owned(MeetingVisibility::Public, true);
        assert_eq!(
            allowed(Action::RecordAttendance, own),
            ["member", "secretary", "facilitator", "civilian leader", "police leader", "police member"]
        );
    }

    #[test]
    fn nobody_is_forbidden_what_they_can_not_see_and_nobody_anonymous_is_forbidden() {
        for (name, actor, standing) in personas() {
            for visibility in MeetingVisibility::ALL {
                for action in Action::ALL {
                    let decision = allows(&actor, &standing, Subject::meeting(*visibility), *action);
                    if let Decision::Forbid(why) = decision {
                        assert!(!why.is_empty(), "{name} {action}");
                        assert_ne!(name, "anonymous", "{action}");
                        let of_the_whole = *action == Action::ScheduleMeeting;
                        assert!(of_the_whole || sees(&standing, *visibility), "{name} {action} {visibility}");
                    }
                }
            }
        }
    }
}
