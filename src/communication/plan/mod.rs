//! The communication plan: which techniques are used for what, what is done when something happens, and who speaks.
//!
//! Invariants:
//! * A plan can be adopted with two techniques, a procedure and a communicator of each side, or more, and a day within
//!   twelve months on which it is looked at again.
//! * A person's side is that of the membership and never sent; only members own techniques, approve and carry messages.
//! * One version is adopted at a time; a new one takes its place, and the old one stays to be read.
//! * It is adopted by a decision of both sides; a change while it is being decided on asks everybody again.

mod adoptable;
mod adoption;
mod lifecycle;
mod model;
pub(crate) mod policy;
mod proposal;
mod queries;
mod routes;
mod shown;

pub use adoption::REACTIONS;
pub use model::{CommunicationPlanId, CommunicationPlanState};
pub use routes::OPERATIONS;

use crate::event_kinds;

event_kinds! {
    /// What happens to communication plans.
    pub mod events {
        CREATED = "communication_plan"."created", Leaders, "A communication plan was put down";
        UPDATED = "communication_plan"."updated", Leaders, "A communication plan was changed";
        PROPOSED = "communication_plan"."proposed", Members, "A communication plan was put up for decision";
        RETURNED = "communication_plan"."returned", Members, "The communication plan was not adopted and is a draft again: {outcome}";
        ADOPTED = "communication_plan"."adopted", Members, "Both sides adopted the communication plan";
        WITHDRAWN = "communication_plan"."withdrawn", Leaders, "A communication plan in the making was given up";
    }
}
