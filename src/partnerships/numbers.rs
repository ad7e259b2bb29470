//! What an objective's numbers and days have to do with each other (`domain/20-key1-partnerships.md` 6.5). Pure.

use chrono::NaiveDate;

use super::model::Direction;
use crate::platform::error::{FieldCode, FieldError};
use crate::platform::http::wrong;

/// Objectives of one goal at most (`domain/20` 6.3, F5).
pub const MOST_OBJECTIVES: usize = 5;

/// An objective's numbers and days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numbers {
    /// Which way it is to go.
    pub direction: Direction,
    /// Where it starts.
    pub baseline: Option<f64>,
    /// The day of the baseline.
    pub baseline_on: Option<NaiveDate>,
    /// Where it is to be.
    pub target: Option<f64>,
    /// How far from the target is still good.
    pub tolerance: Option<f64>,
    /// The day by which it is due.
    pub due_on: NaiveDate,
}

/// Notes every rule between them that is broken, at `place`, like `/objectives/0` or nothing.
pub fn check(of: &Numbers, place: &str, errors: &mut Vec<FieldError>) {
    let mut refuse = |field: &str, message: &str| {
        errors.push(wrong(format!("{place}/{field}"), FieldCode::Inconsistent, message));
    };
    match of.direction {
        Direction::Do => {
            for (field, value, fixed) in [("baseline", of.baseline, 0.0), ("target", of.target, 1.0)] {
                if value.is_some_and(|v| v != fixed) {
                    refuse(field, "is not for do: that goes from 0 to 1");
                }
            }
        }
        Direction::Increase | Direction::Decrease => {
            if let (Some(baseline), Some(target)) = (of.baseline, of.target) {
                let up = of.direction == Direction::Increase;
                if up && target <= baseline {
                    refuse("target", "must be above the baseline");
                }
                if !up && target >= baseline {
                    refuse("target", "must be below the baseline");
                }
            }
        }
        Direction::Maintain => {}
    }
    if of.tolerance.is_some() && of.direction != Direction::Maintain {
        refuse("tolerance", "is for maintain");
    }
    if of.tolerance.is_some_and(|t| t < 0.0) {
        refuse("tolerance", "must not be negative");
    }
    if of.direction != Direction::Do && of.baseline.is_some() != of.baseline_on.is_some() {
        refuse("baseline_on", "goes with baseline: give both or neither");
    }
    if of.baseline_on.is_some_and(|day| day >= of.due_on) {
        refuse("due_on", "must be after the day of the baseline");
    }
}
