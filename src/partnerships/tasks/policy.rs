//! Who may do what with tasks and commendations (`design/security.md` 5.14). Pure.
//!
//! Tasks are for members and officials; drafts for whoever wrote them and for leaders. What people can and want to learn is
//! seen by themselves and by leaders, so leaders alone look for candidates and make offers. Only the person asked answers.

use crate::accounts::{Actor, Persona};
use crate::partnerships::standing::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked, by operation id.
    pub enum Action {
        ListTasks = "list_tasks",
        ListOwnTasks = "list_own_tasks",
        GetTask = "get_task",
        CreateTask = "create_task",
        UpdateTask = "update_task",
        OpenTask = "open_task",
        CancelTask = "cancel_task",
        ListTaskCandidates = "list_task_candidates",
        OfferTask = "offer_task",
        WithdrawTaskOffer = "withdraw_task_offer",
        AcceptTask = "accept_task",
        DeclineTask = "decline_task",
        VolunteerForTask = "volunteer_for_task",
        ReturnTask = "return_task",
        StartTask = "start_task",
        CompleteTask = "complete_task",
        VerifyTask = "verify_task",
        AllowTaskOverlap = "allow_task_overlap",
        GetTaskEquity = "get_task_equity",
        ListSkills = "list_skills",
        AddSkill = "add_skill",
        CommendMember = "commend_member",
        ListCommendations = "list_commendations",
        ListOwnCommendations = "list_own_commendations",
        GetCommendation = "get_commendation",
        WithdrawCommendation = "withdraw_commendation",
    }
}

/// What an action depends on beside how the actor stands towards the partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Subject {
    /// The actor wrote it.
    pub is_author: bool,
    /// The actor has the task, or the commendation is for them.
    pub is_holder: bool,
    /// The task is offered to the actor.
    pub is_asked: bool,
    /// It is for the people above and leaders alone: a task that was never opened, a commendation that not all members read.
    pub is_private: bool,
}

/// For actions on the partnership itself, and on what is everybody's.
pub const WHOLE: Subject = Subject { is_author: false, is_holder: false, is_asked: false, is_private: false };

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4).
pub const fn wants_fresh_proof(_: Action) -> bool {
    false
}

/// Decides.
pub fn allows(actor: &Actor, standing: &Standing, subject: Subject, action: Action) -> Decision {
    match actor.signed_in() {
        Ok(_) => signed_in(standing, subject, action),
        Err(decision) => decision,
    }
}

/// How the policy decides for a kind of caller: in a live partnership with leaders of both sides, about a task or a
/// commendation of others that all members see.
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

/// Whether the actor sees it.
pub const fn sees(standing: &Standing, subject: Subject) -> bool {
    let own = subject.is_author || subject.is_holder || subject.is_asked;
    standing.is_inside() && (!subject.is_private || own || standing.seat.is_some())
}

/// Allowed, or forbidden to whoever sees what it is about, or hidden from everybody else.
const fn only(allowed: bool, sees: bool, why: &'static str) -> Decision {
    match (allowed, sees) {
        (true, true) => Decision::Allow,
        (false, true) => Decision::Forbid(why),
        (_, false) => Decision::Hide,
    }
}

const fn signed_in(standing: &Standing, subject: Subject, action: Action) -> Decision {
    use Action as A;
    let inside = standing.is_inside();
    let (member, leads) = (standing.membership.is_some(), standing.seat.is_some());
    let sees = sees(standing, subject);
    match action {
        A::ListOwnTasks | A::ListOwnCommendations => Decision::Allow,
        A::ListTasks | A::GetTaskEquity | A::ListSkills | A::ListCommendations => only(true, inside, ""),
        A::GetTask | A::GetCommendation => only(true, sees, ""),
        A::CreateTask | A::AddSkill => only(member, inside, "Tasks and skills are put down by members."),
        A::UpdateTask | A::OpenTask | A::CancelTask => only(
            (subject.is_author && member) || leads,
            sees,
            "A task is changed, opened and cancelled by whoever wrote it and by leaders.",
        ),
        A::ListTaskCandidates | A::OfferTask | A::WithdrawTaskOffer => {
            only(leads, sees, "Leaders look for people and ask them; anybody can come forward.")
        }
        // Whoever has it has answered already: that is for the version to tell.
        A::AcceptTask | A::DeclineTask => {
            only(subject.is_asked || subject.is_holder, sees, "Only the person asked can answer.")
        }
        A::VolunteerForTask => only(member, sees, "Members come forward for tasks."),
        A::ReturnTask => {
            only(subject.is_holder || leads, sees, "A task is given back by whoever has taken it on, or by a leader.")
        }
        A::StartTask | A::CompleteTask => only(subject.is_holder, sees, "This is for whoever has taken the task on."),
        A::VerifyTask => only(
            ((subject.is_author && member) || leads) && !subject.is_holder,
            sees,
            "Hours are confirmed by whoever wrote the task or a leader, and never by who did it.",
        ),
        A::AllowTaskOverlap => only(standing.is_administrator, sees, "An administrator lets tasks overlap."),
        A::CommendMember => only(member, inside, "Commendations come from members."),
        A::WithdrawCommendation => only(subject.is_author, sees, "Only its author takes a commendation back."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(subject: Subject, action: Action) -> Vec<&'static str> {
        let decide = |persona: Persona| allows(&persona.actor(), &Standing::of_persona(persona), subject, action);
        Persona::ALL.iter().filter(|p| decide(**p) == Decision::Allow).map(|p| p.as_str()).collect()
    }

    const INSIDE: [&str; 6] =
        ["member", "civilian_leader", "police_leader", "officer_on_duty", "commander", "administrator"];

    #[test]
    fn tasks_are_for_members_and_officials_and_drafts_for_leaders() {
        assert_eq!(allowed(WHOLE, Action::GetTask), INSIDE);
        let draft = Subject { is_private: true, ..WHOLE };
        assert_eq!(allowed(draft, Action::GetTask), ["civilian_leader", "police_leader"]);
        assert_eq!(allowed(Subject { is_author: true, ..draft }, Action::GetTask), INSIDE);
    }

    #[test]
    fn leaders_ask_and_the_person_asked_answers() {
        for action in [Action::ListTaskCandidates, Action::OfferTask, Action::WithdrawTaskOffer] {
            assert_eq!(allowed(Subject { is_author: true, ..WHOLE }, action), ["civilian_leader", "police_leader"]);
        }
        assert_eq!(allowed(WHOLE, Action::AcceptTask), [""; 0]);
        assert_eq!(allowed(Subject { is_asked: true, ..WHOLE }, Action::AcceptTask), INSIDE);
        assert_eq!(allowed(WHOLE, Action::VolunteerForTask), INSIDE[..3]);
        assert_eq!(allowed(WHOLE, Action::ReturnTask), ["civilian_leader", "police_leader"]);
        assert_eq!(allowed(WHOLE, Action::CompleteTask), [""; 0]);
    }

    #[test]
    fn nobody_confirms_their_own_hours() {
        let own = Subject { is_author: true, is_holder: true, ..WHOLE };
        assert_eq!(allowed(own, Action::VerifyTask), [""; 0]);
        assert_eq!(allowed(Subject { is_author: true, ..WHOLE }, Action::VerifyTask), INSIDE[..3]);
        assert_eq!(allowed(WHOLE, Action::AllowTaskOverlap), ["administrator"]);
    }

    #[test]
    fn nobody_is_forbidden_what_they_can_not_see_and_nobody_anonymous_is_forbidden() {
        for persona in Persona::ALL {
            let standing = Standing::of_persona(*persona);
            for subject in [WHOLE, Subject { is_private: true, ..WHOLE }] {
                for action in Action::ALL {
                    if let Decision::Forbid(why) = allows(&persona.actor(), &standing, subject, *action) {
                        assert!(!why.is_empty() && standing.is_inside(), "{persona} {action}");
                    }
                }
            }
        }
    }
}
