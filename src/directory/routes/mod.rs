//! Endpoints of the directory, one file per resource.

mod agencies;
mod areas;
mod assignments;
mod duty_contacts;
mod emergency;
mod links;
mod locate;

use crate::platform::http::Routes;

use super::policy::Facts;
use crate::accounts::Actor;
use crate::ids::AgencyId;

/// Adds this slice's endpoints.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(agencies::list_agencies)
        .service(agencies::create_agency)
        .service(agencies::get_agency)
        .service(agencies::update_agency)
        .service(emergency::get_emergency)
        .service(areas::list_areas)
        .service(areas::create_area)
        .service(areas::get_area)
        .service(areas::update_area)
        .service(areas::retire_area)
        .service(locate::locate_place)
        .service(links::list_resource_links)
        .service(links::create_resource_link)
        .service(links::get_resource_link)
        .service(links::update_resource_link)
        .service(links::retire_resource_link)
        .service(duty_contacts::list_duty_contacts)
        .service(assignments::list_assignments)
        .service(assignments::create_assignment)
        .service(assignments::get_assignment)
        .service(assignments::update_assignment)
        .service(assignments::end_assignment);
}

/// What the policy needs to know of something that belongs to `agency`.
fn facts(actor: &Actor, agency: AgencyId) -> Facts {
    let own = actor.person().ok().and_then(|person| person.agency);
    Facts { same_agency: own == Some(agency), changes_kind: false }
}

/// The names of the fields that a merge patch gives.
fn given<const N: usize>(fields: [(&'static str, bool); N]) -> Vec<&'static str> {
    fields.into_iter().filter_map(|(name, is_given)| is_given.then_some(name)).collect()
}
