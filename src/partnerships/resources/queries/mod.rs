//! SQL of needs, pledges and partners, one file per resource.

pub mod broadening;
pub mod needs;
pub mod partners;
pub mod pledges;
