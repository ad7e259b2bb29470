//! SQL of succession and the pipeline, one file per table.

pub mod candidates;
pub mod facilitations;
pub mod leaving;
pub mod overview;
pub mod plans;
pub mod presentations;
pub mod promotions;
pub mod readiness;
pub mod shadowings;
pub mod successions;
