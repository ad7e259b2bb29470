//! Endpoints of succession and the pipeline, one file per resource.

mod development;
mod leadership;
mod mentoring;
mod plans;
mod promotions;
mod seats;
mod shadowings;

use crate::platform::http::Operations;

/// This slice's operations.
pub const OPERATIONS: Operations = Operations::all(&[
    leadership::OPERATIONS,
    seats::OPERATIONS,
    shadowings::OPERATIONS,
    development::OPERATIONS,
    promotions::OPERATIONS,
    plans::OPERATIONS,
    mentoring::OPERATIONS,
]);
