//! Who may do what in the directory. Pure: the same function decides, fills the published permission table and is tested.

use crate::accounts::{Actor, Person, Persona};
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of this slice, by operation id.
    pub enum Action {
        ListAgencies = "list_agencies",
        GetAgency = "get_agency",
        CreateAgency = "create_agency",
        UpdateAgency = "update_agency",
        GetEmergency = "get_emergency",
        ListAreas = "list_areas",
        GetArea = "get_area",
        CreateArea = "create_area",
        UpdateArea = "update_area",
        RetireArea = "retire_area",
        LocatePlace = "locate_place",
        ListResourceLinks = "list_resource_links",
        GetResourceLink = "get_resource_link",
        CreateResourceLink = "create_resource_link",
        UpdateResourceLink = "update_resource_link",
        RetireResourceLink = "retire_resource_link",
        ListDutyContacts = "list_duty_contacts",
        ListAssignments = "list_assignments",
        CreateAssignment = "create_assignment",
        GetAssignment = "get_assignment",
        UpdateAssignment = "update_assignment",
        EndAssignment = "end_assignment",
    }
}

/// What an action depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The thing belongs to the actor's agency.
    pub same_agency: bool,
    /// The request would make an agency one of another kind.
    pub changes_kind: bool,
}

/// For actions on nothing in particular.
pub const NOTHING: Facts = Facts { same_agency: false, changes_kind: false };

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): who sees an area's partnerships.
pub const fn wants_fresh_proof(action: Action) -> bool {
    matches!(action, Action::CreateAssignment | Action::UpdateAssignment)
}

/// Decides.
pub fn allows(actor: &Actor, facts: Facts, action: Action) -> Decision {
    use Action as A;
    match action {
        A::ListAgencies
        | A::GetAgency
        | A::GetEmergency
        | A::ListAreas
        | A::GetArea
        | A::LocatePlace
        | A::ListResourceLinks
        | A::GetResourceLink
        | A::ListDutyContacts => Decision::Allow,
        A::CreateAgency => of(actor, |person| {
            if person.is_administrator() {
                Decision::Allow
            } else {
                Decision::Forbid("Agencies are added by administrators.")
            }
        }),
        A::UpdateAgency => of(actor, |person| {
            if facts.changes_kind && !person.is_administrator() {
                Decision::Forbid("What kind of agency it is, administrators say.")
            } else {
                keeps(person, facts)
            }
        }),
        A::CreateArea
        | A::UpdateArea
        | A::RetireArea
        | A::CreateResourceLink
        | A::UpdateResourceLink
        | A::RetireResourceLink => of(actor, |person| keeps(person, facts)),
        A::CreateAssignment => {
            of(actor, |person| keeps(person, facts).freshly(person.fresh || !wants_fresh_proof(action)))
        }
        A::ListAssignments => of(actor, |person| {
            if sees_assignments(person, facts) {
                Decision::Allow
            } else {
                Decision::Forbid("The roster is for the agency's officers; its public part is the duty contacts.")
            }
        }),
        A::GetAssignment => {
            of(actor, |person| if sees_assignments(person, facts) { Decision::Allow } else { Decision::Hide })
        }
        A::UpdateAssignment | A::EndAssignment => of(actor, |person| match sees_assignments(person, facts) {
            true => keeps(person, facts).freshly(person.fresh || !wants_fresh_proof(action)),
            false => Decision::Hide,
        }),
    }
}

fn of(actor: &Actor, decide: impl FnOnce(&Person) -> Decision) -> Decision {
    match actor.signed_in() {
        Ok(person) => decide(person),
        Err(decision) => decision,
    }
}

/// Administrators keep the whole directory, commanders their agency's part of it.
fn keeps(person: &Person, facts: Facts) -> Decision {
    if person.is_administrator() || (person.is_commander() && facts.same_agency) {
        Decision::Allow
    } else {
        Decision::Forbid("An agency's part of the directory is kept by its commanders and by administrators.")
    }
}

/// The agency's own officers see who is on duty where, also what the public does not.
fn sees_assignments(person: &Person, facts: Facts) -> bool {
    person.is_administrator() || (person.is_police() && facts.same_agency)
}

/// How the policy decides for a kind of caller: about an agency that stays of its kind, and what belongs to it.
pub fn decide(persona: Persona, action: Action) -> Decision {
    allows(&persona.actor(), Facts { same_agency: persona.same_agency(), changes_kind: false }, action)
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

    const OWN: Facts = Facts { same_agency: true, changes_kind: false };

    #[test]
    fn everybody_reads_what_is_public_and_nobody_anonymous_writes() {
        let public: Vec<_> =
            Action::ALL.iter().filter(|a| allows(&Actor::Anonymous, NOTHING, **a) == Decision::Allow).collect();
        assert_eq!(public.len(), 9);
        for action in Action::ALL {
            let decision = allows(&Actor::Anonymous, OWN, *action);
            assert_eq!(decision == Decision::SignIn, !public.contains(&action), "{action}");
            assert_eq!(allows(&Actor::of_kind(AccountKind::Administrator, true), NOTHING, *action), Decision::Allow);
        }
    }

    #[test]
    fn commanders_keep_their_agency_while_they_are_verified() {
        for action in Action::ALL.iter().filter(|a| allows(&Actor::Anonymous, OWN, **a) == Decision::SignIn) {
            let decide = |verified, facts| allows(&Actor::of_kind(AccountKind::Commander, verified), facts, *action);
            assert_eq!(decide(true, OWN) == Decision::Allow, *action != Action::CreateAgency, "{action}");
            assert_ne!(decide(false, OWN), Decision::Allow, "{action}");
            assert_ne!(decide(true, NOTHING), Decision::Allow, "{action}");
            for kind in [AccountKind::Citizen, AccountKind::AgencyStaff] {
                assert_ne!(allows(&Actor::of_kind(kind, true), OWN, *action), Decision::Allow, "{action} by {kind}");
            }
            let reads = matches!(action, Action::ListAssignments | Action::GetAssignment);
            assert_eq!(
                allows(&Actor::of_kind(AccountKind::Officer, true), OWN, *action) == Decision::Allow,
                reads,
                "{action}"
            );
        }
        let kind = Facts { changes_kind: true, ..OWN };
        let commander = Actor::of_kind(AccountKind::Commander, true);
        assert!(matches!(allows(&commander, kind, Action::UpdateAgency), Decision::Forbid(_)));
    }
}
