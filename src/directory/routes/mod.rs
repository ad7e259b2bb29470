//! Endpoints of the directory, one file per resource.

mod agencies;
mod areas;
mod assignments;
mod duty_contacts;
mod emergency;
mod links;
mod locate;

use crate::platform::http::Operations;

use super::policy::Facts;
use crate::accounts::Actor;
use crate::ids::AgencyId;

/// This slice's operations.
pub const OPERATIONS: Operations = Operations::all(&[
    agencies::OPERATIONS,
    emergency::OPERATIONS,
    areas::OPERATIONS,
    locate::OPERATIONS,
    links::OPERATIONS,
    duty_contacts::OPERATIONS,
    assignments::OPERATIONS,
]);

/// What the policy needs to know of something that belongs to `agency`.
fn facts(actor: &Actor, agency: AgencyId) -> Facts {
    let own = actor.person().ok().and_then(|person| person.agency);
    Facts { same_agency: own == Some(agency), changes_kind: false }
}

/// The names of the fields that a merge patch gives.
fn given<const N: usize>(fields: [(&'static str, bool); N]) -> Vec<&'static str> {
    fields.into_iter().filter_map(|(name, is_given)| is_given.then_some(name)).collect()
}
