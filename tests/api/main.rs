//! Every test, in one binary, on both engines.
//!
//! A test is an async function that takes its own [`App`](support::App); `both_engines!` at the foot of each file runs it on
//! SQLite and, where the server binaries are installed, on PostgreSQL. Requests go in-process through the real
//! application; each answer is compared with the API description, and each write is seen to leave exactly one record.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed"
)]

#[macro_use]
mod support;

mod accounts;
mod communication;
mod contract;
mod demo;
mod directory;
mod fire;
mod gate;
mod journeys;
mod load;
mod matrix;
mod meetings;
mod partnerships;
mod platform;
mod reports;
