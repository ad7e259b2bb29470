//! Which state of a meeting, an action item or an officer's log may follow which. Pure tables.

use super::log_model::OfficerLogState;
use super::model::{ActionItemState, MeetingState};
use crate::platform::lifecycle::Lifecycle;

impl Lifecycle for MeetingState {
    const OF: &'static str = "meeting";
    fn next(self) -> &'static [Self] {
        match self {
            // Straight to adjourned: it was held, and nobody pressed start.
            Self::Scheduled => &[Self::InSession, Self::Adjourned, Self::Cancelled],
            Self::InSession => &[Self::Adjourned],
            Self::Adjourned => &[Self::Minuted],
            Self::Minuted | Self::Cancelled => &[],
        }
    }
}

impl MeetingState {
    /// Whether it is known who was there, and minutes and action items are being written.
    pub const fn is_open_book(self) -> bool {
        matches!(self, Self::InSession | Self::Adjourned)
    }
    /// Whether people can still say that they come.
    pub const fn takes_answers(self) -> bool {
        matches!(self, Self::Scheduled | Self::InSession)
    }
    /// States of meetings that are to come or under way.
    pub const AHEAD: [Self; 2] = [Self::Scheduled, Self::InSession];
}

impl Lifecycle for ActionItemState {
    const OF: &'static str = "action item";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Open => &[Self::Done, Self::Dropped],
            Self::Done | Self::Dropped => &[],
        }
    }
}

impl Lifecycle for OfficerLogState {
    const OF: &'static str = "log";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Submitted => &[Self::Submitted, Self::Confirmed, Self::Disputed, Self::Unconfirmed],
            // An amendment asks anew.
            Self::Confirmed | Self::Disputed | Self::Unconfirmed => &[Self::Submitted],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn each_machine_takes_its_steps_and_no_other() {
        use MeetingState as M;
        exhaust(
            M::ALL,
            &[
                (M::Scheduled, M::InSession),
                (M::Scheduled, M::Adjourned),
                (M::Scheduled, M::Cancelled),
                (M::InSession, M::Adjourned),
                (M::Adjourned, M::Minuted),
            ],
        );
        assert!(M::ALL.iter().filter(|state| state.is_open_book()).eq(&[M::InSession, M::Adjourned]));
        use ActionItemState as I;
        exhaust(I::ALL, &[(I::Open, I::Done), (I::Open, I::Dropped)]);
        use OfficerLogState as L;
        exhaust(
            L::ALL,
            &[
                (L::Submitted, L::Submitted),
                (L::Submitted, L::Confirmed),
                (L::Submitted, L::Disputed),
                (L::Submitted, L::Unconfirmed),
                (L::Confirmed, L::Submitted),
                (L::Disputed, L::Submitted),
                (L::Unconfirmed, L::Submitted),
            ],
        );
    }
}
