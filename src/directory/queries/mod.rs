//! SQL of the directory, one file per resource.

pub mod agencies;
pub mod areas;
pub mod assignments;
pub mod duty;
pub mod links;
pub mod places;
