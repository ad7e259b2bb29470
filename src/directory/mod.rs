//! The directory: agencies, the areas that they serve, whom to call, useful links, and who is on duty where.
//!
//! Invariants:
//! * Everybody reads it, except for assignments that an agency does not show.
//! * An agency's part is kept by its commanders, while they are verified, and by administrators.
//! * Areas make a tree: a city lies in nothing, every other area in one of a wider kind of the same agency. Where an area
//!   lies never changes; it is retired once nothing in use lies in it and nobody is assigned to it.
//! * A geometry that is stored has been checked, is written by the right-hand rule and has at most seven decimals.
//! * An area has one commander at a time, and a person a role in an area once: the database decides.
//! * A duty counts from its first day through its last in the agency's time zone, unless it was ended, and while the
//!   account is active and its verification has not run out. Duty in an area is duty in all areas within it.
//!
//! Other slices use [`assigned_areas()`] and [`commanded_areas()`] to say what officers see, [`commanders_of`] to find who
//! answers for an area, [`find_area`], [`find_area_of_agency`], [`district_of`] and [`area_refs`] to name areas,
//! [`emergency_of_agency`] for answers to whoever reports something, [`zone_of_agency`], [`local_day`] and [`duty_day`] for an
//! agency's calendar, and [`geometry`] for polygons of their own.

mod duty;
mod emergency;
pub mod geometry;
mod model;
pub(crate) mod policy;
mod queries;
mod routes;
mod tree;

pub use duty::{duty_day, local_day};
pub use emergency::EmergencyBlock;
pub use geometry::Geometry;
pub use model::{AgencyKind, Area, AreaKind, AreaRef, DutyRole};
pub use queries::agencies::{emergency_of_agency, zone_of_agency};
pub use queries::areas::{AreaOfAgency, area_refs, district_of, find_area, find_area_of_agency};
pub use queries::duty::{assigned_areas, commanded_areas, commanders_of};
pub use routes::OPERATIONS;

use crate::event_kinds;

event_kinds! {
    /// What happens in the directory.
    pub mod events {
        AGENCY_CREATED = "agency"."created", Public, "Agency added";
        AGENCY_UPDATED = "agency"."updated", Public, "Agency changed";
        AREA_CREATED = "area"."created", Public, "Area added as {kind}";
        AREA_UPDATED = "area"."updated", Public, "Area changed";
        AREA_RETIRED = "area"."retired", Public, "Area retired";
        LINK_CREATED = "resource_link"."created", Public, "Link added to {group}";
        LINK_UPDATED = "resource_link"."updated", Public, "Link changed";
        LINK_RETIRED = "resource_link"."retired", Public, "Link retired";
        ASSIGNED = "assignment"."created", Restricted, "Assigned as {role}";
        ASSIGNMENT_UPDATED = "assignment"."updated", Restricted, "Assignment changed";
        ASSIGNMENT_ENDED = "assignment"."ended", Restricted, "Assignment as {role} ended";
    }
}
