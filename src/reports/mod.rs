//! What is read across slices: a partnership's page in one answer.
//!
//! Reports write nothing. Each takes a number of statements that nothing makes greater, and shows no more than what the
//! slices themselves show to whoever asks.

mod home;
pub(crate) mod policy;

pub use home::OPERATIONS;
