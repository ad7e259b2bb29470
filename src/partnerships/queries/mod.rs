//! SQL of partnerships, one file per resource.

pub mod amendments;
pub mod contributors;
pub mod formation;
pub mod goals;
pub mod history;
pub mod invitations;
pub mod members;
pub mod missions;
pub mod objectives;
pub mod partnerships;
pub mod places;
pub mod seats;
