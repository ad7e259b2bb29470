//! Which state of a task may follow which (`domain/20` 6.8). A pure table.

use super::model::TaskState;
use crate::platform::lifecycle::Lifecycle;

impl Lifecycle for TaskState {
    const OF: &'static str = "task";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Open, Self::Cancelled],
            // Straight to accepted: somebody came forward.
            Self::Open => &[Self::Offered, Self::Accepted, Self::Cancelled],
            // Back to open: declined, taken back, or not answered in time.
            Self::Offered => &[Self::Accepted, Self::Open, Self::Cancelled],
            // Back to open: given back.
            Self::Accepted => &[Self::InProgress, Self::Open, Self::Cancelled],
            Self::InProgress => &[Self::Done, Self::Open, Self::Cancelled],
            Self::Done => &[Self::Verified],
            Self::Verified | Self::Cancelled => &[],
        }
    }
}

impl TaskState {
    /// States in which what the task asks for can be changed: nobody was asked yet.
    pub const fn is_open_book(self) -> bool {
        matches!(self, Self::Draft | Self::Open)
    }
    /// States in which somebody has taken it on and may give it back.
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Accepted | Self::InProgress)
    }
    /// States of the archive.
    pub const ARCHIVED: [Self; 2] = [Self::Verified, Self::Cancelled];
    /// States of tasks that were put down and are not done: what is to be settled before a partnership is closed.
    pub const UNDONE: [Self; 4] = [Self::Open, Self::Offered, Self::Accepted, Self::InProgress];
    /// States of tasks that are being worked towards.
    pub const UNDER_WAY: [Self; 6] =
        [Self::Draft, Self::Open, Self::Offered, Self::Accepted, Self::InProgress, Self::Done];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn a_task_takes_these_steps_and_no_other() {
        use TaskState as T;
        exhaust(
            T::ALL,
            &[
                (T::Draft, T::Open),
                (T::Draft, T::Cancelled),
                (T::Open, T::Offered),
                (T::Open, T::Accepted),
                (T::Open, T::Cancelled),
                (T::Offered, T::Accepted),
                (T::Offered, T::Open),
                (T::Offered, T::Cancelled),
                (T::Accepted, T::InProgress),
                (T::Accepted, T::Open),
                (T::Accepted, T::Cancelled),
                (T::InProgress, T::Done),
                (T::InProgress, T::Open),
                (T::InProgress, T::Cancelled),
                (T::Done, T::Verified),
            ],
        );
        for state in T::ALL {
            assert_ne!(T::ARCHIVED.contains(state), T::UNDER_WAY.contains(state), "{state}");
            assert_eq!(T::ARCHIVED.contains(state), state.next().is_empty(), "{state}");
            let undone = state.next().contains(&T::Cancelled) && *state != T::Draft;
            assert_eq!(T::UNDONE.contains(state), undone, "{state}");
            assert!(!state.is_held() || state.next().contains(&T::Open), "{state}: no way to give it back");
        }
    }
}
