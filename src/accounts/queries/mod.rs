//! SQL of accounts, one file per resource.

pub mod accounts;
pub mod authenticators;
pub mod invitations;
pub mod people;
pub mod profiles;
pub mod sessions;
