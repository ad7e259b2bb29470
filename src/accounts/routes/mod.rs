//! Endpoints of accounts, one file per resource.

mod accounts;
mod authenticator;
mod bootstrap;
mod invitations;
mod own;
mod passwords;
mod profile;
mod records;
mod registration;
mod sessions;

pub use registration::may_mail;

use crate::platform::http::Operations;

/// This slice's operations.
pub const OPERATIONS: Operations = Operations::all(&[
    registration::OPERATIONS,
    sessions::OPERATIONS,
    own::OPERATIONS,
    authenticator::OPERATIONS,
    profile::OPERATIONS,
    passwords::OPERATIONS,
    accounts::OPERATIONS,
    invitations::OPERATIONS,
    bootstrap::OPERATIONS,
    records::OPERATIONS,
]);
