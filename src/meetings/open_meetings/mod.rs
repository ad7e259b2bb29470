//! The open meetings law, where it binds a partnership (`domain/90` 3.1, K.S.A. 75-4317 ff.).
//!
//! It binds public bodies and groups that they form, not private ones; so it is never assumed: an administrator sets it for a
//! partnership, with a reason, and ends it with one.
//!
//! What it means here while it is on:
//! * Nothing is decided anonymously, and it can't be set while something is.
//! * Meetings are open to everybody, and in no private home. None that is closed is begun.
//! * Where somebody writes down what was said by voice, everybody's position is named.
//! * A meeting can recess into an executive session, by a motion that is kept for ever (`session`).
//! * A decision that is talked about outside of a noticed meeting carries a warning.
//!
//! Notice to anybody who asks, and its yearly renewal, is given for all open meetings anyhow (`notices`).

mod model;
pub(crate) mod policy;
mod queries;
mod routes;
mod rules;

pub use queries::is_on;
pub use routes::OPERATIONS;
pub use rules::{demand_open, demand_public};
