//! Endpoints of communication plans.

mod adoption;
mod entries;
mod plans;

use crate::platform::http::Operations;

/// This slice's operations.
pub const OPERATIONS: Operations = Operations::all(&[plans::OPERATIONS, adoption::OPERATIONS]);
