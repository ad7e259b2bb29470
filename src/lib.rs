//! Threekeys: a REST service for police and community partnerships, along the three trust-based keys of community policing.

pub mod accounts;
pub mod app;
pub mod cli;
pub mod directory;
pub mod ids;
pub mod meetings;
pub mod partnerships;
pub mod platform;
pub mod schema;
