//! stand-in until the directory is merged
mod emergency;
pub mod geometry;
mod model;
pub(crate) mod policy;
mod queries;
mod tree;
pub use emergency::EmergencyBlock;
pub use geometry::Geometry;
pub use model::{Area, AreaRef};
pub use queries::agencies::{emergency_of_agency, zone_of_agency};
pub use queries::areas::{area_refs, district_of, find_area};
pub use queries::duty::{assigned_areas, commanded_areas, commanders_of};
