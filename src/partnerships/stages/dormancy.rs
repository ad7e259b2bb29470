//! When a partnership in which nothing happens is warned, and when it is dormant (`domain/20` 6.3). Pure.

use crate::platform::clock::{Instant, days};

/// Idle days after which leaders are warned.
pub const WARNED_AFTER: [i32; 2] = [60, 80];
/// Idle days after which a partnership is dormant.
pub const DORMANT_AFTER: i32 = 90;
/// How many days ahead the meeting with which a dormant partnership begins anew may be.
pub const MEETING_WITHIN_DAYS: u64 = 30;

/// What keeps a partnership awake: events by their actions, of every slice.
pub const QUALIFYING: [&str; 4] = ["meeting.adjourned", "task.done", "task.private_done", "decision.adopted"];

/// What comes next for an active partnership in which nothing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Leaders are warned: so many idle days.
    Warn(i32),
    /// It is dormant.
    Sleep,
}

/// The next step after the last warning.
pub fn next_step(warned_days: Option<i32>) -> Step {
    let later = |days: &&i32| warned_days.is_none_or(|warned| **days > warned);
    WARNED_AFTER.iter().find(later).map_or(Step::Sleep, |days| Step::Warn(*days))
}

/// When that step is due.
pub fn due_at(last_activity: Instant, step: Step) -> Instant {
    let idle = match step {
        Step::Warn(days) => days,
        Step::Sleep => DORMANT_AFTER,
    };
    last_activity.plus(days(u64::from(idle.unsigned_abs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaders_are_warned_twice_before_it_sleeps() {
        let start = Instant::EPOCH;
        let mut warned = None;
        let mut steps = Vec::new();
        loop {
            let step = next_step(warned);
            steps.push((step, due_at(start, step).since(start).as_secs() / 86_400));
            match step {
                Step::Warn(days) => warned = Some(days),
                Step::Sleep => break,
            }
        }
        assert_eq!(steps, [(Step::Warn(60), 60), (Step::Warn(80), 80), (Step::Sleep, 90)]);
    }
}
