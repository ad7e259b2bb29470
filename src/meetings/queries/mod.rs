//! SQL of meetings, one file per resource.

pub mod action_items;
pub mod attendance;
pub mod logs;
pub mod meetings;
pub mod newest;
pub mod rsvps;
