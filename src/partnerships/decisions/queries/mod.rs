//! SQL of decisions, one file per resource.

pub mod assents;
pub mod awaiting;
pub mod blocks;
pub mod decisions;
pub mod in_meetings;
pub mod roster;
pub mod said;
pub mod stances;
pub mod texts;
