//! Progress over time, for charts: how a goal stood after each of its measurements. Pure.
//!
//! A point for each measurement that was not corrected, in the order of the days that they stand for; between two points
//! nothing is known to have changed. What a point says is computed as [`progress`](super::progress) says, with the goal as
//! it is now: targets that were amended since count as if they had been so from the beginning, so that the last point is
//! what the goal's progress tells.

use chrono::NaiveDate;

use super::model::{MeasurementId, ObjectiveId};
use super::progress::{Measured, goal_progress};

/// A measurement that was not corrected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The measurement.
    pub id: MeasurementId,
    /// Of which objective.
    pub objective: ObjectiveId,
    /// The day that it stands for.
    pub on: NaiveDate,
    /// The number.
    pub value: f64,
}

impl Reading {
    /// Its place in the order of readings.
    pub const fn key(&self) -> (NaiveDate, MeasurementId) {
        (self.on, self.id)
    }
}

/// How a goal stood after a reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The reading.
    pub reading: Reading,
    /// Weighted mean of the objectives that had been measured, 0 to 1.
    pub progress: Option<f64>,
    /// Share of the weight that had been measured, 0 to 1.
    pub measured_share: f64,
}

/// The readings of several objectives in one order, each of whose lists is in order itself; the first `limit` of them.
pub fn merged(lists: Vec<Vec<Reading>>, limit: usize) -> Vec<Reading> {
    let mut all: Vec<Reading> = lists.into_iter().flatten().collect();
    all.sort_unstable_by_key(Reading::key);
    all.truncate(limit);
    all
}

/// Goes through readings in their order, from how the objectives stood before the first of them.
pub fn steps(mut objectives: Vec<(ObjectiveId, Measured)>, readings: Vec<Reading>) -> Vec<Step> {
    readings
        .into_iter()
        .map(|reading| {
            if let Some((_, of)) = objectives.iter_mut().find(|(id, _)| *id == reading.objective) {
                of.current = Some(reading.value);
                of.measured_on = Some(reading.on);
            }
            let all: Vec<Measured> = objectives.iter().map(|(_, of)| *of).collect();
            let (progress, measured_share) = goal_progress(&all);
            Step { reading, progress, measured_share }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::partnerships::model::Direction;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 1, 1).unwrap() + chrono::Days::new(n.into())
    }
    fn objective(weight: i32) -> (ObjectiveId, Measured) {
        let of = Measured {
            direction: Direction::Increase,
            baseline: Some(0.0),
            target: Some(10.0),
            tolerance: None,
            current: None,
            measured_on: None,
            starts_on: day(0),
            due_on: day(100),
            weight,
        };
        (ObjectiveId::new(), of)
    }
    fn reading(objective: ObjectiveId, on: u32, value: f64) -> Reading {
        Reading { id: MeasurementId::new(), objective, on: day(on), value }
    }

    #[test]
    fn each_reading_moves_its_objective_and_leaves_the_others_as_they_stood() {
        let (a, b) = (objective(3), objective(1));
        let readings = vec![reading(a.0, 10, 5.0), reading(b.0, 20, 10.0), reading(a.0, 30, 10.0)];
        let steps = steps(vec![a, b], readings);
        let told: Vec<(Option<f64>, f64)> = steps.iter().map(|step| (step.progress, step.measured_share)).collect();
        assert_eq!(told, [(Some(0.5), 0.75), (Some(0.625), 1.0), (Some(1.0), 1.0)]);
    }

    proptest! {
        #[test]
        fn pages_tell_what_one_page_tells(
            values in proptest::collection::vec((0usize..3, 0u32..50, 0.0..12.0f64), 0..30), cut in 1usize..10,
        ) {
            let objectives = [objective(1), objective(3), objective(5)];
            let readings: Vec<Reading> =
                values.iter().map(|(of, on, value)| reading(objectives[*of].0, *on, *value)).collect();
            let lists: Vec<Vec<Reading>> = objectives
                .iter()
                .map(|(id, _)| {
                    let mut own: Vec<Reading> = readings.iter().copied().filter(|r| r.objective == *id).collect();
                    own.sort_unstable_by_key(Reading::key);
                    own
                })
                .collect();
            let all = merged(lists.clone(), usize::MAX);
            prop_assert!(all.is_sorted_by_key(Reading::key));
            let whole = steps(objectives.to_vec(), all);
            let (mut paged, mut standing, mut after) = (Vec::new(), objectives.to_vec(), None);
            loop {
                let rest = |list: &Vec<Reading>| -> Vec<Reading> {
                    list.iter().copied().filter(|r| after.is_none_or(|key| r.key() > key)).take(cut).collect()
                };
                let page = merged(lists.iter().map(rest).collect(), cut);
                let Some(last) = page.last().copied() else { break };
                for step in steps(standing.clone(), page) {
                    let of = standing.iter_mut().find(|(id, _)| *id == step.reading.objective);
                    if let Some((_, of)) = of {
                        of.current = Some(step.reading.value);
                        of.measured_on = Some(step.reading.on);
                    }
                    paged.push(step);
                }
                after = Some(last.key());
            }
            prop_assert_eq!(paged, whole);
        }

        #[test]
        fn the_share_of_what_was_measured_never_falls(values in proptest::collection::vec((0usize..3, 0.0..12.0f64), 1..20)) {
            let objectives = [objective(1), objective(3), objective(5)];
            let readings: Vec<Reading> =
                values.iter().zip(0..).map(|((of, value), on)| reading(objectives[*of].0, on, *value)).collect();
            let steps = steps(objectives.to_vec(), readings);
            prop_assert!(steps.is_sorted_by(|a, b| a.measured_share <= b.measured_share));
            prop_assert!(steps.iter().all(|step| step.progress.is_some_and(|p| (0.0..=1.0).contains(&p))));
        }
    }
}
