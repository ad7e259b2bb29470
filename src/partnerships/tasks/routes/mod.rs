//! Endpoints of tasks, one file per resource.

mod commendations;
mod equity;
mod lists;
mod offers;
mod shown;
mod skills;
mod tasks;
mod waiting;
mod work;

use crate::platform::http::Operations;
pub use waiting::{OwnTask, own_tasks};

/// This slice's operations.
pub const OPERATIONS: Operations = Operations::all(&[
    tasks::OPERATIONS,
    lists::OPERATIONS,
    offers::OPERATIONS,
    work::OPERATIONS,
    equity::OPERATIONS,
    skills::OPERATIONS,
    commendations::OPERATIONS,
]);
