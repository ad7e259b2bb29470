//! The slice's SQL, one file per resource.

pub mod agreements;
pub mod life_cycles;
pub mod open_ends;
pub mod suspensions;
