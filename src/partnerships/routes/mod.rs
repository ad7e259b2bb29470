//! Endpoints of partnerships, one file per resource.

mod adopting;
mod amendments;
mod closing;
mod contributors;
mod faces;
mod front;
mod goals;
mod history;
mod invitations;
mod memberships;
mod missions;
mod objectives;
mod partnerships;
mod progress;
pub(super) mod seats;

use crate::platform::http::Operations;
pub(super) use faces::{PartnershipDetail, detail};
pub use front::{PartnershipFront, front};
pub(super) use goals::subject as subject_of_goal;
pub(super) use partnerships::ANSWER_WITHIN_DAYS;
pub use partnerships::sight;

/// This slice's operations.
pub const OPERATIONS: Operations = Operations::all(&[
    partnerships::OPERATIONS,
    memberships::OPERATIONS,
    invitations::OPERATIONS,
    seats::OPERATIONS,
    missions::OPERATIONS,
    goals::OPERATIONS,
    adopting::OPERATIONS,
    contributors::OPERATIONS,
    amendments::OPERATIONS,
    closing::OPERATIONS,
    progress::OPERATIONS,
    history::OPERATIONS,
    objectives::OPERATIONS,
]);
