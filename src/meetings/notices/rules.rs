//! When notice is due, and how long a subscription lasts (`domain/60` 6.22). Pure.

use std::time::Duration;

use crate::meetings::model::{Meeting, MeetingKind, MeetingState, MeetingVisibility};
use crate::meetings::notices::model::NoticeKind;
use crate::platform::clock::{Instant, days, hours};

/// Notice of a meeting is given so long before it, or at once where it begins sooner.
pub const AHEAD: Duration = days(14);
/// A subscription lasts so long after it was confirmed or renewed.
pub const LASTS: Duration = days(365);
/// Its owner is told so long before it ends.
pub const WARNED_BEFORE: Duration = days(30);
/// An address that nobody confirmed is forgotten after so long.
pub const CONFIRM_WITHIN: Duration = days(2);

/// How long before a meeting of this kind its notice has to be given: 24 hours for a special one, 72 for all others.
pub const fn period(kind: MeetingKind) -> Duration {
    match kind {
        MeetingKind::Special => hours(24),
        _ => hours(72),
    }
}

/// Whether notice given at `given_at` is in time.
pub fn is_in_time(kind: MeetingKind, starts_at: Instant, given_at: Instant) -> bool {
    given_at.plus(period(kind)) <= starts_at
}

/// What notice is due of a meeting now, where the last one was of its sequence `noticed`.
///
/// Nothing is said of what is over, of what is not open to all, nor of the end of a meeting that nobody was told of.
pub fn due(meeting: &Meeting, noticed: Option<i32>, now: Instant) -> Option<NoticeKind> {
    let open = meeting.visibility == MeetingVisibility::Public && meeting.starts_at > now;
    match (open, meeting.state, noticed) {
        (true, MeetingState::Scheduled, None) if meeting.starts_at <= now.plus(AHEAD) => Some(NoticeKind::Scheduled),
        (true, MeetingState::Scheduled, Some(last)) if last < meeting.sequence => Some(NoticeKind::Changed),
        (true, MeetingState::Cancelled, Some(last)) if last < meeting.sequence => Some(NoticeKind::Cancelled),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::meetings::model::tests_support::meeting;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_special_meeting_wants_a_day_and_every_other_three() {
        for kind in MeetingKind::ALL {
            let hours = if *kind == MeetingKind::Special { 24 } else { 72 };
            let starts_at = at("2027-03-10T12:00:00Z");
            let last = starts_at.minus(Duration::from_secs(hours * 3600));
            assert!(is_in_time(*kind, starts_at, last), "{kind}");
            assert!(!is_in_time(*kind, starts_at, last.plus(Duration::from_secs(1))), "{kind}");
        }
    }

    #[test]
    fn notice_is_due_two_weeks_ahead_and_after_each_change() {
        let starts_at = at("2027-03-20T12:00:00Z");
        let (early, soon, over) = (at("2027-03-06T11:59:59Z"), at("2027-03-06T12:00:00Z"), at("2027-03-20T12:00:00Z"));
        let of = |state, visibility, sequence| Meeting { state, visibility, sequence, ..meeting(starts_at) };
        use MeetingState as S;
        use MeetingVisibility as V;
        for (meeting, noticed, now, expected) in [
            (of(S::Scheduled, V::Public, 0), None, early, None),
            (of(S::Scheduled, V::Public, 0), None, soon, Some(NoticeKind::Scheduled)),
            (of(S::Scheduled, V::Public, 3), None, soon, Some(NoticeKind::Scheduled)),
            (of(S::Scheduled, V::Public, 0), None, over, None),
            (of(S::Scheduled, V::Public, 0), Some(0), soon, None),
            (of(S::Scheduled, V::Public, 1), Some(0), soon, Some(NoticeKind::Changed)),
            (of(S::Scheduled, V::Public, 1), Some(0), early, Some(NoticeKind::Changed)),
            (of(S::Cancelled, V::Public, 1), Some(0), early, Some(NoticeKind::Cancelled)),
            (of(S::Cancelled, V::Public, 1), None, soon, None),
            (of(S::Cancelled, V::Public, 1), Some(1), soon, None),
            (of(S::Scheduled, V::Members, 1), Some(0), soon, None),
            (of(S::Cancelled, V::Leaders, 1), Some(0), soon, None),
            (of(S::InSession, V::Public, 1), Some(0), soon, None),
        ] {
            assert_eq!(due(&meeting, noticed, now), expected, "{:?} {noticed:?} {now}", meeting.state);
        }
    }

    proptest! {
        #[test]
        fn once_given_nothing_is_due_until_the_sequence_rises(sequence in 0i32..100, noticed in 0i32..100, state in 0usize..5) {
            let now = at("2027-03-06T12:00:00Z");
            let state = MeetingState::ALL[state];
            let meeting = Meeting { sequence, state, ..meeting(now.plus(days(3))) };
            let told = due(&meeting, Some(noticed), now);
            prop_assert_eq!(told.is_some(), noticed < sequence && matches!(state, MeetingState::Scheduled | MeetingState::Cancelled));
        }
    }
}
