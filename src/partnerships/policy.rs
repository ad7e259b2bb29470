//! Who may do what in partnerships (`design/security.md` 5.14). Pure: the same function decides, fills the published
//! permission table and is tested.

use super::model::SeatKind;
use super::standing::Standing;
use crate::accounts::{Actor, Person, Persona, Side};
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of this slice, by operation id.
    pub enum Action {
        ProposePartnership = "propose_partnership",
        ListPartnerships = "list_partnerships",
        GetPartnership = "get_partnership",
        UpdatePartnership = "update_partnership",
        AcceptPartnership = "accept_partnership",
        DeclinePartnership = "decline_partnership",
        GetFormation = "get_formation",
        ListPartnershipTimeline = "list_partnership_timeline",
        ListMemberships = "list_memberships",
        GetMembership = "get_membership",
        RequestMembership = "request_membership",
        AcceptMembership = "accept_membership",
        DeclineMembership = "decline_membership",
        UpdateMembership = "update_membership",
        LeaveMembership = "leave_membership",
        RemoveMembership = "remove_membership",
        InviteMember = "invite_member",
        ListMembershipInvitations = "list_membership_invitations",
        RevokeMembershipInvitation = "revoke_membership_invitation",
        ListOwnMembershipInvitations = "list_own_membership_invitations",
        AcceptMembershipInvitation = "accept_membership_invitation",
        DeclineMembershipInvitation = "decline_membership_invitation",
        ListSeats = "list_seats",
        GetSeat = "get_seat",
        NominateLeader = "nominate_leader",
        AcceptSeat = "accept_seat",
        DeclineSeat = "decline_seat",
        EndSeat = "end_seat",
        ListMissions = "list_missions",
        GetMission = "get_mission",
        ProposeMission = "propose_mission",
        UpdateMission = "update_mission",
        ReproposeMission = "repropose_mission",
        WithdrawMission = "withdraw_mission",
        ListGoals = "list_goals",
        GetGoal = "get_goal",
        CreateGoal = "create_goal",
        UpdateGoal = "update_goal",
        ProposeGoal = "propose_goal",
        NameContributor = "name_contributor",
        ListContributors = "list_contributors",
        RemoveContributor = "remove_contributor",
        ProposeAmendment = "propose_amendment",
        ListAmendments = "list_amendments",
        GetAmendment = "get_amendment",
        StartGoal = "start_goal",
        AbandonGoal = "abandon_goal",
        CloseGoal = "close_goal",
        SignGoalClosing = "sign_goal_closing",
        GetGoalProgress = "get_goal_progress",
        ListGoalHistory = "list_goal_history",
        ListGoalTimeline = "list_goal_timeline",
        ListObjectives = "list_objectives",
        GetObjective = "get_objective",
        CreateObjective = "create_objective",
        UpdateObjective = "update_objective",
        WithdrawObjective = "withdraw_objective",
        RecordMeasurement = "record_measurement",
        ListMeasurements = "list_measurements",
        ListObjectiveHistory = "list_objective_history",
    }
}

/// Who may see a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoalFace {
    /// Whoever sees the partnership: both sides stand or stood behind it.
    Published,
    /// Members: it is being decided on.
    Proposed,
    /// Leaders, officials and whoever wrote it.
    Draft,
}

/// What an action depends on beside how the actor stands towards the partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The membership, seat or goal is the actor's own.
    pub is_own: bool,
    /// The side of the membership or seat.
    pub side: Option<Side>,
    /// Who may see the goal.
    pub goal: GoalFace,
    /// The side of the membership or seat has no primary leader, so that its members choose one among themselves.
    pub headless: bool,
    /// The side of the membership has no members yet.
    pub deserted: bool,
    /// The membership was only asked for: the request is open, was declined or was taken back.
    pub is_request: bool,
}

/// For actions on the partnership itself.
pub const WHOLE: Subject = Subject {
    is_own: false,
    side: None,
    goal: GoalFace::Published,
    headless: false,
    deserted: false,
    is_request: false,
};

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): who is made a leader.
pub const fn wants_fresh_proof(action: Action) -> bool {
    matches!(action, Action::NominateLeader)
}

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    match action {
        A::ListPartnerships => Decision::Allow,
        A::GetPartnership => seen(standing),
        A::ListPartnershipTimeline => seen(standing),
        A::ListGoals => seen(standing),
        A::GetGoal
        | A::GetGoalProgress
        | A::ListGoalHistory
        | A::ListGoalTimeline
        | A::ListObjectives
        | A::GetObjective
        | A::ListMeasurements
        | A::ListObjectiveHistory => match sees_goal(standing, subject) {
            true => Decision::Allow,
            false => Decision::Hide,
        },
        _ => match actor.signed_in() {
            Ok(person) => {
                signed_in(person, standing, subject, action).freshly(person.fresh || !wants_fresh_proof(action))
            }
            Err(decision) => decision,
        },
    }
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about its goal, which is
/// published, and about the seat of another civilian or their membership, which is active.
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

fn seen(standing: &Standing) -> Decision {
    if standing.sees() { Decision::Allow } else { Decision::Hide }
}

/// Whether the actor sees the goal.
pub fn sees_goal(standing: &Standing, subject: Subject) -> bool {
    match subject.goal {
        GoalFace::Published => standing.sees(),
        GoalFace::Proposed => standing.is_inside(),
        GoalFace::Draft => standing.sees_drafts() || (subject.is_own && standing.membership.is_some()),
    }
}

/// Allowed, or forbidden to whoever sees what it is about, or hidden from everybody else.
fn only(allowed: bool, sees: bool, why: &'static str) -> Decision {
    match (allowed, sees) {
        (true, _) => Decision::Allow,
        (false, true) => Decision::Forbid(why),
        (false, false) => Decision::Hide,
    }
}

/// Leaders admit people; until their side has one, its members do; an area's commander always may.
fn admits(standing: &Standing) -> bool {
    let leaderless = standing.membership.is_some_and(|m| !standing.is_led(m.side));
    standing.seat.is_some() || standing.in_command || leaderless
}

/// Whoever leads a side answers requests to join it, and for the police the area's commander; while the side has no leader,
/// its members do; while it has no members, whoever admits people. So neither side chooses who the other one is.
fn answers_requests(standing: &Standing, subject: Subject) -> bool {
    let Some(side @ (Side::Civilian | Side::Police)) = subject.side else { return admits(standing) };
    let own = match standing.is_led(side) {
        true => standing.leads(side),
        false => standing.membership.is_some_and(|m| m.side == side),
    };
    own || (side == Side::Police && standing.in_command) || (subject.deserted && admits(standing))
}

/// Whether the actor sees the membership. Who asked to join is known to whoever answers, and where requests are listed.
fn sees_membership(standing: &Standing, subject: Subject) -> bool {
    let of_others = match subject.is_request {
        true => standing.sees_requests() || answers_requests(standing, subject),
        false => standing.is_inside(),
    };
    subject.is_own || of_others
}

const LEADERS_ONLY: &str = "This is for the partnership's leaders.";

fn signed_in(person: &Person, standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    let (inside, leads) = (standing.is_inside(), standing.seat.is_some());
    match action {
        A::ListPartnerships | A::GetPartnership | A::ListPartnershipTimeline | A::ListGoals => seen(standing),
        A::GetGoal
        | A::GetGoalProgress
        | A::ListGoalHistory
        | A::ListGoalTimeline
        | A::ListObjectives
        | A::GetObjective
        | A::ListMeasurements
        | A::ListObjectiveHistory => only(sees_goal(standing, subject), false, ""),

        A::ProposePartnership => {
            only(person.side().is_some(), true, "Administrators belong to no side and found no partnerships.")
        }
        A::AcceptPartnership | A::DeclinePartnership => only(
            standing.in_command,
            standing.sees(),
            "The commander of the district, or a delegate, decides on proposals.",
        ),
        A::UpdatePartnership => only(leads || standing.in_command, standing.sees(), LEADERS_ONLY),

        A::GetFormation | A::ListMemberships | A::ListSeats | A::ListMissions | A::GetMission => {
            only(inside, false, "")
        }
        A::GetMembership => only(sees_membership(standing, subject), false, ""),
        A::GetSeat => only(inside || subject.is_own, false, ""),

        A::RequestMembership => only(
            person.side().is_some() && standing.sees(),
            standing.sees(),
            "Administrators belong to no side and join no partnerships.",
        ),
        A::AcceptMembership | A::DeclineMembership => only(
            answers_requests(standing, subject) && !subject.is_own,
            sees_membership(standing, subject),
            "A leader of the side that somebody wants to join answers; until it has one, its members do.",
        ),
        A::LeaveMembership => {
            only(subject.is_own, sees_membership(standing, subject), "Only the person can leave; leaders remove.")
        }
        A::RemoveMembership => {
            let leads_them = match subject.side {
                Some(Side::Agency) | None => leads,
                Some(side) => standing.leads(side),
            };
            let commands_them = standing.in_command && subject.side == Some(Side::Police);
            only(
                (leads_them || commands_them) && !subject.is_own,
                sees_membership(standing, subject),
                "A member is removed by a leader of the same side.",
            )
        }
        A::UpdateMembership => {
            let leads_them = match subject.side {
                Some(Side::Agency) | None => leads,
                Some(side) => standing.leads(side),
            };
            only(leads_them, sees_membership(standing, subject), "Roles are given by a leader of the same side.")
        }
        A::InviteMember => {
            only(admits(standing), standing.sees(), "Leaders invite; until their side has one, its members do.")
        }
        A::ListMembershipInvitations | A::RevokeMembershipInvitation => only(admits(standing), inside, LEADERS_ONLY),
        A::ListOwnMembershipInvitations | A::AcceptMembershipInvitation | A::DeclineMembershipInvitation => {
            Decision::Allow
        }

        A::NominateLeader => {
            let Some(side) = subject.side else {
                return only(false, inside, "The agency side has no leadership seats.");
            };
            let own_side = standing.membership.is_some_and(|m| m.side == side);
            let chooses = subject.headless || !standing.is_led(side) || standing.leads(side);
            let by_members = own_side && chooses && !subject.is_own;
            let by_agency = side == Side::Police && standing.in_command;
            only(
                by_members || by_agency,
                inside,
                "A leader is nominated by somebody else of the same side: by its primary leader where it has one; police leaders also by the area's commander.",
            )
        }
        A::AcceptSeat | A::DeclineSeat => only(subject.is_own, inside, "Only the nominee can answer."),
        A::EndSeat => {
            // A deputy doesn't put the primary out.
            let leads_them =
                standing.seat.is_some_and(|own| own.kind == SeatKind::Primary && Some(own.side) == subject.side);
            let commands_them = standing.in_command && subject.side == Some(Side::Police);
            only(
                subject.is_own || leads_them || commands_them || standing.is_administrator,
                inside,
                "A seat is ended by its holder, the primary leader of its side, for the police by the area's commander, or an administrator.",
            )
        }

        A::ProposeMission | A::UpdateMission | A::ReproposeMission | A::WithdrawMission => {
            only(leads, inside, LEADERS_ONLY)
        }

        A::CreateGoal => only(standing.membership.is_some(), standing.sees(), "Goals are put forward by members."),
        A::UpdateGoal
        | A::NameContributor
        | A::RemoveContributor
        | A::CreateObjective
        | A::UpdateObjective
        | A::WithdrawObjective
        | A::AbandonGoal => only(
            leads || (subject.is_own && standing.membership.is_some()),
            sees_goal(standing, subject),
            "A goal in the making is changed by whoever wrote it and by leaders.",
        ),
        A::ListContributors | A::ListAmendments | A::GetAmendment => {
            only(inside && sees_goal(standing, subject), false, "")
        }
        A::ProposeGoal | A::StartGoal | A::ProposeAmendment | A::CloseGoal | A::SignGoalClosing => {
            only(leads, sees_goal(standing, subject), LEADERS_ONLY)
        }
        A::RecordMeasurement => only(
            standing.membership.is_some() || standing.on_duty,
            sees_goal(standing, subject),
            "Measurements are taken by members and officers on duty.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partnerships::model::PartnershipState;

    #[test]
    fn anonymous_callers_get_nothing_but_the_public_face() {
        for state in PartnershipState::ALL {
            let standing = Standing::stranger(*state);
            for action in Action::ALL {
                let decision = allows(&Actor::Anonymous, &standing, WHOLE, *action);
                match decision {
                    Decision::Allow => {
                        assert!(*action == Action::ListPartnerships || state.is_public(), "{action} {state}");
                    }
                    Decision::Hide => assert!(!state.is_public(), "{action} {state}"),
                    Decision::SignIn => {}
                    Decision::Forbid(_) | Decision::Prove | Decision::ProveMore => {
                        panic!("{action} {state}: 403 to nobody")
                    }
                }
            }
        }
    }

    fn member(side: Side, of: Standing) -> Standing {
        let (id, role) = (crate::ids::MembershipId::new(), super::super::model::MemberRole::Member);
        Standing { membership: Some(super::super::standing::ActiveMembership { id, side, role }), ..of }
    }

    #[test]
    fn requests_are_for_whoever_asks_answers_or_lists_them() {
        let forming = Standing::stranger(PartnershipState::Forming);
        let led = Standing { civilians_led: true, police_led: true, ..forming };
        let police_led = Standing { police_led: true, ..forming };
        let request = Subject { side: Some(Side::Civilian), is_request: true, ..WHOLE };
        let one_of = |standing, subject| sees_membership(&member(Side::Civilian, standing), subject);
        assert!(!one_of(led, request) && one_of(led, Subject { is_own: true, ..request }));
        assert!(
            one_of(led, Subject { is_request: false, ..request }),
            "whoever became a member is known to the others"
        );
        assert!(one_of(police_led, request), "they answer");
        assert!(!sees_membership(&member(Side::Police, police_led), request));
        assert!(sees_membership(&member(Side::Police, forming), request), "they list them");
        assert!(sees_membership(&Standing { on_duty: true, ..led }, request));
        assert!(!sees_membership(&forming, request));
        let who = Persona::Member.actor();
        let (standing, own) = (member(Side::Civilian, led), Subject { is_own: true, ..request });
        for action in [
            Action::GetMembership,
            Action::AcceptMembership,
            Action::DeclineMembership,
            Action::LeaveMembership,
            Action::RemoveMembership,
            Action::UpdateMembership,
        ] {
            assert_eq!(allows(&who, &standing, request, action), Decision::Hide, "{action}");
            assert_ne!(allows(&who, &standing, own, action), Decision::Hide, "{action}");
        }
    }

    #[test]
    fn drafts_are_for_leaders_officials_and_their_author() {
        let base = Standing::stranger(PartnershipState::Forming);
        let member = member(Side::Civilian, base);
        let draft = |is_own| Subject { is_own, goal: GoalFace::Draft, ..WHOLE };
        assert!(!sees_goal(&base, draft(false)) && !sees_goal(&base, draft(true)));
        assert!(!sees_goal(&member, draft(false)) && sees_goal(&member, draft(true)));
        assert!(sees_goal(&Standing { on_duty: true, ..base }, draft(false)));
    }
}
