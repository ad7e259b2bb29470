//! Who may do what with officers' logs. Pure.
//!
//! A log is read whole by its author, by verified officers on duty in its area and by commanders of its agency; leaders of
//! the partnership that it is linked to read what concerns them; for everybody else it does not exist.

use crate::accounts::{Actor, Person, Persona, Side};
use crate::partnerships::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of officers' logs, by operation id.
    pub enum Action {
        LogMeeting = "log_meeting",
        LogMeetings = "log_meetings",
        ListOfficerLogs = "list_officer_logs",
        GetOfficerLog = "get_officer_log",
        ListOfficerLogVersions = "list_officer_log_versions",
        ListOfficerLogTimeline = "list_officer_log_timeline",
        AmendOfficerLog = "amend_officer_log",
        ConfirmOfficerLog = "confirm_officer_log",
        DisputeOfficerLog = "dispute_officer_log",
        GetOfficerVisit = "get_officer_visit",
        ListOwnFollowUps = "list_own_follow_ups",
        CompleteFollowUp = "complete_follow_up",
    }
}

/// How somebody stands towards a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogFacts {
    /// Wrote it.
    pub is_author: bool,
    /// Belongs to the agency that its officer belonged to.
    pub same_agency: bool,
    /// Is on duty in its area.
    pub on_duty_there: bool,
    /// Leads this side of the partnership that it is linked to; for lists, of the one that is asked for.
    pub leads: Option<Side>,
}

/// How much of a log somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFace {
    /// All of it.
    Full,
    /// What concerns the partnership.
    Shared,
}

/// How much of the log the actor reads; none where it does not exist for the actor.
pub fn face(actor: &Actor, facts: LogFacts) -> Option<LogFace> {
    let Actor::Person(person) = actor else { return None };
    let on_duty = person.is_police() && facts.on_duty_there;
    let commands = person.is_commander() && facts.same_agency;
    if facts.is_author || on_duty || commands { Some(LogFace::Full) } else { facts.leads.map(|_| LogFace::Shared) }
}

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): none here.
pub const fn wants_fresh_proof(_: Action) -> bool {
    false
}

/// Decides.
pub fn allows(actor: &Actor, facts: LogFacts, action: Action) -> Decision {
    match actor.signed_in() {
        Ok(person) => signed_in(actor, person, facts, action),
        Err(decision) => decision,
    }
}

/// How the policy decides for a kind of caller: about a log that the police side's leader wrote, linked to a partnership
/// with leaders of both sides, in the area of that partnership.
pub fn decide(persona: Persona, action: Action) -> Decision {
    let standing = Standing::of_persona(persona);
    let facts = LogFacts {
        is_author: persona == Persona::PoliceLeader,
        same_agency: persona.same_agency(),
        on_duty_there: standing.on_duty,
        leads: standing.seat.map(|seat| seat.side),
    };
    allows(&persona.actor(), facts, action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401, 403 or 404.
pub fn demand(actor: &Actor, facts: LogFacts, action: Action) -> Result<()> {
    allows(actor, facts, action).demand()
}

fn signed_in(actor: &Actor, person: &Person, facts: LogFacts, action: Action) -> Decision {
    use Action as A;
    let seen = face(actor, facts).is_some();
    let decide = |allowed: bool, why: &'static str| match (allowed && seen, seen) {
        (true, _) => Decision::Allow,
        (false, true) => Decision::Forbid(why),
        (false, false) => Decision::Hide,
    };
    match action {
        A::LogMeeting | A::LogMeetings => match person.is_police() {
            true => Decision::Allow,
            false => Decision::Forbid("Meetings are logged by officers and commanders whose verification lasts."),
        },
        A::ListOfficerLogs => match person.kind.is_police() || facts.leads.is_some() {
            true => Decision::Allow,
            false => Decision::Forbid(
                "Logs are listed for officers and commanders, and for leaders of the partnership that they name.",
            ),
        },
        A::GetOfficerLog | A::ListOfficerLogVersions | A::ListOfficerLogTimeline | A::GetOfficerVisit => {
            decide(true, "")
        }
        A::ListOwnFollowUps => Decision::Allow,
        A::CompleteFollowUp if facts.is_author => Decision::Allow,
        // What officers are to do next is their own; a task that it became is read as a task.
        A::CompleteFollowUp => Decision::Hide,
        A::AmendOfficerLog => {
            decide(facts.is_author && person.is_police(), "A log is amended by the officer who wrote it.")
        }
        A::ConfirmOfficerLog | A::DisputeOfficerLog => decide(
            facts.leads == Some(Side::Civilian) && !facts.is_author,
            "A log is confirmed or disputed by a civilian leader of the partnership that it is linked to.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::AccountKind;

    #[test]
    fn a_log_shows_each_reader_what_concerns_them() {
        use AccountKind as K;
        let none = LogFacts::default();
        let leads = |side| LogFacts { leads: Some(side), ..none };
        for (kind, verified, facts, expected) in [
            (K::Officer, true, LogFacts { is_author: true, ..none }, Some(LogFace::Full)),
            (K::Officer, false, LogFacts { is_author: true, ..none }, Some(LogFace::Full)),
            (K::Officer, true, LogFacts { on_duty_there: true, ..none }, Some(LogFace::Full)),
            (K::Officer, false, LogFacts { on_duty_there: true, ..none }, None),
            (K::Officer, true, LogFacts { same_agency: true, ..none }, None),
            (K::Commander, true, LogFacts { same_agency: true, ..none }, Some(LogFace::Full)),
            (K::Commander, false, LogFacts { same_agency: true, ..none }, None),
            (K::AgencyStaff, true, LogFacts { same_agency: true, ..none }, None),
            (K::Citizen, true, leads(Side::Civilian), Some(LogFace::Shared)),
            (K::Officer, true, leads(Side::Police), Some(LogFace::Shared)),
            (K::Citizen, true, none, None),
            (K::Administrator, true, LogFacts { same_agency: true, ..none }, None),
        ] {
            assert_eq!(face(&Actor::of_kind(kind, verified), facts), expected, "{kind} {verified} {facts:?}");
        }
        assert_eq!(face(&Actor::Anonymous, LogFacts { is_author: true, ..none }), None);
    }

    #[test]
    fn only_the_author_amends_and_only_a_civilian_leader_answers() {
        let none = LogFacts::default();
        let officer = Actor::of_kind(AccountKind::Officer, true);
        let author = LogFacts { is_author: true, ..none };
        assert_eq!(allows(&officer, author, Action::AmendOfficerLog), Decision::Allow);
        let lapsed = Actor::of_kind(AccountKind::Officer, false);
        assert!(matches!(allows(&lapsed, author, Action::AmendOfficerLog), Decision::Forbid(_)));
        let colleague = LogFacts { on_duty_there: true, ..none };
        assert!(matches!(allows(&officer, colleague, Action::AmendOfficerLog), Decision::Forbid(_)));
        let citizen = Actor::of_kind(AccountKind::Citizen, true);
        for action in [Action::ConfirmOfficerLog, Action::DisputeOfficerLog] {
            let leads = |side| LogFacts { leads: Some(side), ..none };
            assert_eq!(allows(&citizen, leads(Side::Civilian), action), Decision::Allow);
            assert!(matches!(allows(&officer, leads(Side::Police), action), Decision::Forbid(_)));
            assert!(matches!(allows(&officer, author, action), Decision::Forbid(_)));
            assert_eq!(allows(&citizen, none, action), Decision::Hide);
            assert_eq!(allows(&Actor::Anonymous, none, action), Decision::SignIn);
        }
    }
}
