//! Endpoints of the stages of a partnership's life.

mod activation;
mod agreements;
mod effects;
mod proposals;
pub mod shown;
mod suspensions;

use crate::platform::http::Operations;

/// This slice's operations.
pub const OPERATIONS: Operations =
    Operations::all(&[activation::OPERATIONS, suspensions::OPERATIONS, proposals::OPERATIONS, agreements::OPERATIONS]);
