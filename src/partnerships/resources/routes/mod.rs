//! Endpoints of needs, pledges and partners, one file per resource.

mod broadening;
mod invitations;
mod needing;
mod needs;
mod partners;
mod pledges;
mod reviews;

use crate::platform::http::Operations;
pub use needs::seen_needs;

/// This slice's operations.
pub const OPERATIONS: Operations = Operations::all(&[
    needs::OPERATIONS,
    reviews::OPERATIONS,
    pledges::OPERATIONS,
    partners::OPERATIONS,
    invitations::OPERATIONS,
    broadening::OPERATIONS,
]);
