//! SQL of tasks, one file per table or question.

pub mod assignments;
pub mod candidates;
pub mod commendations;
pub mod fits;
pub mod offers;
pub mod served;
pub mod skills;
pub mod tasks;
