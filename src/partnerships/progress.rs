//! Progress of objectives and goals, exactly as `domain/20-key1-partnerships.md` 6.5 gives it. Pure.
//!
//! * `progress = clamp((current − baseline) / (target − baseline), 0, 1)` for *increase* and *decrease*; *do* is done (1) or
//!   not (0); *maintain* is 1 while |current − target| ≤ tolerance, else 0. Without a measurement it is null, not 0.
//! * `on_track` if progress ≥ elapsed − 0.15; `at_risk` if ≥ elapsed − 0.35; else `off_track`. Elapsed is the share of the
//!   time from the baseline to the due day that has passed.
//! * Stale when the last measurement is older than 45 days.
//! * A goal's progress is the weighted mean over objectives that have been measured, with the share of weight that has.

use chrono::NaiveDate;

use super::model::Direction;
use crate::text_enum;

/// Behind the elapsed time by this much is still on track.
pub const ON_TRACK_MARGIN: f64 = 0.15;
/// Behind the elapsed time by this much is at risk and not yet off track.
pub const AT_RISK_MARGIN: f64 = 0.35;
/// Less than any difference that a measurement shows: 0.5 − 0.35 must not exceed 0.15 by the last bit of a float.
const ROUNDING: f64 = 1e-9;
/// A measurement older than this says little.
pub const STALE_AFTER_DAYS: i64 = 45;

text_enum! {
    /// How an objective stands against the time that has passed.
    pub enum Track {
        /// As far as it should be, or nearly.
        OnTrack = "on_track",
        /// Behind.
        AtRisk = "at_risk",
        /// Far behind.
        OffTrack = "off_track",
    }
}

/// What an objective's progress depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Which way it is to go.
    pub direction: Direction,
    /// Where it started.
    pub baseline: Option<f64>,
    /// Where it is to be.
    pub target: Option<f64>,
    /// How far from the target is still good, for *maintain*.
    pub tolerance: Option<f64>,
    /// The newest measurement that was not corrected.
    pub current: Option<f64>,
    /// The day of that measurement.
    pub measured_on: Option<NaiveDate>,
    /// The day from which time counts.
    pub starts_on: NaiveDate,
    /// The day by which it is due.
    pub due_on: NaiveDate,
    /// 1 to 5.
    pub weight: i32,
}

/// How an objective stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// 0 to 1; none without a measurement.
    pub progress: Option<f64>,
    /// Share of its time that has passed, 0 to 1.
    pub elapsed: f64,
    /// Against that time; none without a measurement.
    pub track: Option<Track>,
    /// Whether the newest measurement is older than 45 days.
    pub is_stale: bool,
}

/// Share of the time from `starts_on` to `due_on` that has passed on `today`, 0 to 1.
pub fn elapsed(starts_on: NaiveDate, due_on: NaiveDate, today: NaiveDate) -> f64 {
    let days = |from: NaiveDate, to: NaiveDate| i32::try_from((to - from).num_days()).map_or(0.0, f64::from);
    let whole = days(starts_on, due_on);
    if whole <= 0.0 {
        if today >= due_on { 1.0 } else { 0.0 }
    } else {
        (days(starts_on, today) / whole).clamp(0.0, 1.0)
    }
}

/// Progress of an objective, 0 to 1; none without a measurement, or where baseline and target leave nothing to do.
pub fn progress(of: &Measured) -> Option<f64> {
    let current = of.current?;
    match of.direction {
        Direction::Do => Some(if current >= 1.0 { 1.0 } else { 0.0 }),
        Direction::Maintain => {
            let target = of.target?;
            Some(if (current - target).abs() <= of.tolerance.unwrap_or(0.0) { 1.0 } else { 0.0 })
        }
        Direction::Increase | Direction::Decrease => {
            let (baseline, target) = (of.baseline?, of.target?);
            let way = target - baseline;
            // Plus nothing: on the way down, 0 / −6 is −0.0, which JSON shows.
            (way != 0.0).then(|| ((current - baseline) / way).clamp(0.0, 1.0) + 0.0)
        }
    }
}

/// How an objective stands on `today`.
pub fn standing(of: &Measured, today: NaiveDate) -> Standing {
    let progress = progress(of);
    let elapsed = elapsed(of.starts_on, of.due_on, today);
    let track = progress.map(|done| {
        if done >= elapsed - ON_TRACK_MARGIN - ROUNDING {
            Track::OnTrack
        } else if done >= elapsed - AT_RISK_MARGIN - ROUNDING {
            Track::AtRisk
        } else {
            Track::OffTrack
        }
    });
    let is_stale = of.measured_on.is_some_and(|day| (today - day).num_days() > STALE_AFTER_DAYS);
    Standing { progress, elapsed, track, is_stale }
}

/// A goal's progress: Σ w·p / Σ w over objectives that have progress, and the share of all weight that they have.
pub fn goal_progress(objectives: &[Measured]) -> (Option<f64>, f64) {
    let weight = |of: &Measured| f64::from(of.weight);
    let all: f64 = objectives.iter().map(weight).sum();
    // From 0.0 on: `sum` of no floats is −0.0, which JSON shows.
    let measured = objectives.iter().filter(|of| progress(of).is_some()).map(weight).fold(0.0, |sum, w| sum + w);
    let done: f64 = objectives.iter().filter_map(|of| progress(of).map(|p| p * weight(of))).sum();
    let share = if all > 0.0 { measured / all } else { 0.0 };
    ((measured > 0.0).then(|| done / measured), share)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 1, 1).unwrap() + chrono::Days::new(n.into())
    }
    fn objective(direction: Direction, baseline: f64, target: f64, current: Option<f64>) -> Measured {
        Measured {
            direction,
            baseline: Some(baseline),
            target: Some(target),
            tolerance: Some(2.0),
            current,
            measured_on: current.map(|_| day(50)),
            starts_on: day(0),
            due_on: day(100),
            weight: 1,
        }
    }

    #[test]
    fn progress_follows_the_way_from_baseline_to_target() {
        for (direction, baseline, target, current, expected) in [
            (Direction::Decrease, 40.0, 20.0, 30.0, 0.5),
            (Direction::Decrease, 40.0, 20.0, 50.0, 0.0),
            (Direction::Decrease, 40.0, 20.0, 10.0, 1.0),
            (Direction::Increase, 0.0, 10.0, 2.5, 0.25),
            (Direction::Increase, -10.0, 10.0, 0.0, 0.5),
            (Direction::Do, 0.0, 1.0, 1.0, 1.0),
            (Direction::Do, 0.0, 1.0, 0.4, 0.0),
            (Direction::Maintain, 0.0, 10.0, 12.0, 1.0),
            (Direction::Maintain, 0.0, 10.0, 12.1, 0.0),
            (Direction::Maintain, 0.0, 10.0, 8.0, 1.0),
        ] {
            assert_eq!(
                progress(&objective(direction, baseline, target, Some(current))),
                Some(expected),
                "{direction} {current}"
            );
        }
        assert_eq!(progress(&objective(Direction::Increase, 0.0, 10.0, None)), None, "null, not 0");
        assert_eq!(progress(&objective(Direction::Increase, 5.0, 5.0, Some(5.0))), None, "nothing to do");
        let still = progress(&objective(Direction::Decrease, 12.0, 6.0, Some(12.0)));
        assert!(still.is_some_and(|share| share == 0.0 && share.is_sign_positive()), "0, not −0");
    }

    #[test]
    fn the_track_changes_exactly_at_its_margins() {
        let at = |current: f64, today: u32| {
            standing(&objective(Direction::Increase, 0.0, 100.0, Some(current)), day(today)).track
        };
        assert_eq!(at(35.0, 50), Some(Track::OnTrack));
        assert_eq!(at(34.9, 50), Some(Track::AtRisk));
        assert_eq!(at(15.0, 50), Some(Track::AtRisk));
        assert_eq!(at(14.9, 50), Some(Track::OffTrack));
        assert_eq!(at(0.0, 0), Some(Track::OnTrack));
        assert_eq!(standing(&objective(Direction::Increase, 0.0, 1.0, None), day(50)).track, None);
    }

    #[test]
    fn a_measurement_is_stale_after_forty_five_days() {
        let of = objective(Direction::Increase, 0.0, 100.0, Some(1.0));
        assert!(!standing(&of, day(95)).is_stale);
        assert!(standing(&of, day(96)).is_stale);
        assert!(!standing(&Measured { current: None, measured_on: None, ..of }, day(300)).is_stale);
    }

    #[test]
    fn a_goal_is_the_weighted_mean_of_what_was_measured() {
        let half = Measured { weight: 3, ..objective(Direction::Increase, 0.0, 10.0, Some(5.0)) };
        let full = Measured { weight: 1, ..objective(Direction::Do, 0.0, 1.0, Some(1.0)) };
        let unknown = Measured { weight: 4, ..objective(Direction::Increase, 0.0, 10.0, None) };
        assert_eq!(goal_progress(&[half, full, unknown]), (Some(0.625), 0.5));
        assert_eq!(goal_progress(&[unknown]), (None, 0.0));
        assert!(goal_progress(&[unknown]).1.is_sign_positive(), "0, not −0");
        assert_eq!(goal_progress(&[]), (None, 0.0));
    }

    proptest! {
        #[test]
        fn progress_and_elapsed_stay_between_0_and_1(
            direction in proptest::sample::select(Direction::ALL.to_vec()),
            baseline in -1e6..1e6f64, target in -1e6..1e6f64, current in -1e6..1e6f64, today in 0u32..400, due in 0u32..400,
        ) {
            let of = Measured { due_on: day(due), ..objective(direction, baseline, target, Some(current)) };
            let standing = standing(&of, day(today));
            prop_assert!((0.0..=1.0).contains(&standing.elapsed));
            if let Some(p) = standing.progress {
                prop_assert!((0.0..=1.0).contains(&p));
            }
        }

        #[test]
        fn moving_towards_the_target_never_lowers_progress(
            baseline in -1e3..1e3f64, target in -1e3..1e3f64, a in 0.0..1.0f64, b in 0.0..1.0f64,
        ) {
            prop_assume!((target - baseline).abs() > 1e-6);
            let direction = if target > baseline { Direction::Increase } else { Direction::Decrease };
            let at = |share: f64| progress(&objective(direction, baseline, target, Some(baseline + share * (target - baseline))));
            let (low, high) = (at(a.min(b)), at(a.max(b)));
            prop_assert!(low <= high, "{low:?} {high:?}");
        }

        #[test]
        fn a_goal_lies_between_its_objectives(values in proptest::collection::vec((0.0..10.0f64, 1i32..=5), 1..6)) {
            let objectives: Vec<Measured> = values.iter()
                .map(|(current, weight)| Measured { weight: *weight, ..objective(Direction::Increase, 0.0, 10.0, Some(*current)) })
                .collect();
            let parts: Vec<f64> = objectives.iter().filter_map(progress).collect();
            let (Some(whole), share) = goal_progress(&objectives) else { return Err(TestCaseError::fail("measured")) };
            let (low, high) = (parts.iter().copied().fold(1.0, f64::min), parts.iter().copied().fold(0.0, f64::max));
            prop_assert!(low - 1e-9 <= whole && whole <= high + 1e-9);
            prop_assert_eq!(share, 1.0);
        }
    }
}
