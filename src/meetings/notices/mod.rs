//! Notice of meetings (`domain/60` 6.22): given in time to whoever asked for it, without an account, and again when time or
//! place change or the meeting is cancelled.
//!
//! Invariants:
//! * Notice is given of open meetings only: their day, time and place, never an address of a private home.
//! * Nobody gets mail who did not confirm the address; each letter says how to leave, and leaving takes one click
//!   (RFC 8058). A subscription ends after a year unless it is renewed, and its owner is told before.
//! * What notice is due follows from the meeting as it stands (its sequence and the one that notice was given of), so that
//!   nothing has to be remembered by whoever changes a meeting, and nothing is lost when the server dies.
//! * Each notice is written to each subscription once; that it was is kept. Notices of one series that are given together are
//!   written in one letter, of at most 31 meetings.
//! * Whoever was told of a meeting that is not open any more is told so once, and nothing new of it; that it is cancelled
//!   everybody is told who may think that it is open.
//! * A change is told to whoever was told of the meeting before; whoever was not is told that it takes place. What changes
//!   nothing of what they are told, like the address of a private home, is no change to them.

pub mod jobs;
mod letters;
mod model;
mod queries;
mod routes;
mod rules;

pub use routes::OPERATIONS;
pub use rules::is_in_time;
