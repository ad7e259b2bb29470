//! Nobody gets in: whoever forges, guesses, floods, listens or talks HTTP in a way that nobody should.
//!
//! `forged`, `converted`: tokens. `refreshing`, `removed`: rights that end. `enumeration`, `flood`: guessing, in sizes that
//! an environment variable sets. `canary`: secrets. `headers`, `wire`, `slow`, `forwarded`: the connection.

mod canary;
mod converted;
mod enumeration;
mod flood;
mod forged;
mod forwarded;
mod headers;
mod raw;
mod refreshing;
mod removed;
mod slow;
mod smith;
mod wire;
