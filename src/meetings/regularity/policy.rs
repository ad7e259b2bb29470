//! Who may do what with regularity and schedules of groups. Pure.
//!
//! How regularly an officer attends is the officer's and the commander's to know; how regularly groups of an area are attended,
//! also that of officers on duty there. The public is told nothing of it here.

use crate::accounts::{Actor, Person, Persona};
use crate::partnerships::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked, by operation id.
    pub enum Action {
        CreateGroupSchedule = "create_group_schedule",
        ListGroupSchedules = "list_group_schedules",
        GetGroupSchedule = "get_group_schedule",
        EndGroupSchedule = "end_group_schedule",
        GetOfficerRegularity = "get_officer_regularity",
        ListOfficerGroupRegularity = "list_officer_group_regularity",
        GetAreaRegularity = "get_area_regularity",
        ListAreaGroupRegularity = "list_area_group_regularity",
    }
}

/// How somebody stands towards an officer, or an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// Is the officer.
    pub is_self: bool,
    /// Belongs to the same agency.
    pub same_agency: bool,
    /// Is on duty in the area.
    pub on_duty_there: bool,
}

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): none here.
pub const fn wants_fresh_proof(_: Action) -> bool {
    false
}

/// Decides.
pub fn allows(actor: &Actor, facts: Facts, action: Action) -> Decision {
    match actor.signed_in() {
        Ok(person) => signed_in(person, facts, action),
        Err(decision) => decision,
    }
}

fn signed_in(person: &Person, facts: Facts, action: Action) -> Decision {
    use Action as A;
    let commands = person.is_commander() && facts.same_agency;
    let there = commands || (person.is_police() && facts.on_duty_there);
    match action {
        A::CreateGroupSchedule | A::ListGroupSchedules | A::GetAreaRegularity | A::ListAreaGroupRegularity => {
            if there {
                Decision::Allow
            } else {
                Decision::Forbid("This is for officers on duty in the area and for commanders of its agency.")
            }
        }
        A::GetGroupSchedule | A::EndGroupSchedule if there => Decision::Allow,
        A::GetOfficerRegularity | A::ListOfficerGroupRegularity if facts.is_self || commands => Decision::Allow,
        A::GetGroupSchedule | A::EndGroupSchedule | A::GetOfficerRegularity | A::ListOfficerGroupRegularity => {
            Decision::Hide
        }
    }
}

/// How the policy decides for a kind of caller: about another officer of the agency, and an area of it.
pub fn decide(persona: Persona, action: Action) -> Decision {
    let on_duty_there = Standing::of_persona(persona).on_duty;
    allows(&persona.actor(), Facts { is_self: false, same_agency: persona.same_agency(), on_duty_there }, action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401, 403 or 404.
pub fn demand(actor: &Actor, facts: Facts, action: Action) -> Result<()> {
    allows(actor, facts, action).demand()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::AccountKind;

    fn allowed(action: Action) -> Vec<&'static str> {
        Persona::ALL.iter().filter(|p| decide(**p, action) == Decision::Allow).map(|p| p.as_str()).collect()
    }

    #[test]
    fn an_area_is_for_those_on_duty_there_and_an_officer_for_the_commander() {
        let there = ["police_leader", "officer_on_duty", "commander"];
        for action in [Action::CreateGroupSchedule, Action::ListGroupSchedules, Action::EndGroupSchedule] {
            assert_eq!(allowed(action), there, "{action}");
        }
        assert_eq!(allowed(Action::GetAreaRegularity), there);
        assert_eq!(allowed(Action::GetOfficerRegularity), ["commander"]);
        for persona in Persona::ALL.iter().filter(|p| **p != Persona::Anonymous && **p != Persona::Commander) {
            assert_eq!(decide(*persona, Action::GetOfficerRegularity), Decision::Hide, "{persona}");
        }
        assert_eq!(decide(Persona::Anonymous, Action::GetOfficerRegularity), Decision::SignIn);
        assert!(matches!(decide(Persona::Member, Action::GetAreaRegularity), Decision::Forbid(_)));
    }

    #[test]
    fn ones_own_is_ones_own() {
        let own = Facts { is_self: true, ..Facts::default() };
        for verified in [true, false] {
            let officer = Actor::of_kind(AccountKind::Officer, verified);
            assert_eq!(allows(&officer, own, Action::GetOfficerRegularity), Decision::Allow);
            assert_eq!(allows(&officer, own, Action::ListOfficerGroupRegularity), Decision::Allow);
        }
        let lapsed = Actor::of_kind(AccountKind::Commander, false);
        let same = Facts { same_agency: true, ..Facts::default() };
        assert_eq!(allows(&lapsed, same, Action::GetOfficerRegularity), Decision::Hide);
    }
}
