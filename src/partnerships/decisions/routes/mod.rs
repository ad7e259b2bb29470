//! Endpoints of decisions, one file per part of their life.

mod awaiting;
mod blocks;
mod corrections;
mod decisions;
mod ending;
mod outcome;
mod reading;
mod shown;
mod stances;
mod steps;
mod texts;

use crate::platform::http::Operations;
pub use awaiting::{AwaitedDecision, awaiting_decisions};

/// This slice's operations.
pub const OPERATIONS: Operations = Operations::all(&[
    decisions::OPERATIONS,
    steps::OPERATIONS,
    texts::OPERATIONS,
    corrections::OPERATIONS,
    stances::OPERATIONS,
    reading::OPERATIONS,
    blocks::OPERATIONS,
    ending::OPERATIONS,
    outcome::OPERATIONS,
]);
