//! When a meeting can decide, and how late it resumes. Pure.

use crate::meetings::model::{Meeting, MeetingVisibility};
use crate::meetings::notices::is_in_time;
use crate::platform::clock::Instant;

/// Whether those who may attend were told of the meeting in time: of an open one by a notice of it as it stands (`notice` says
/// whether that was in time), of others by its being given the time that it has, because their members see it then.
pub fn was_noticed(meeting: &Meeting, notice: Option<bool>, time_set_at: Instant) -> bool {
    match meeting.visibility {
        MeetingVisibility::Public => notice == Some(true),
        MeetingVisibility::Members | MeetingVisibility::Leaders => {
            is_in_time(meeting.kind, meeting.starts_at, time_set_at)
        }
    }
}

/// By how many minutes it resumed late, each begun one counted; 0 where it was in time.
pub fn late_minutes(resumes_at: Instant, resumed_at: Instant) -> i32 {
    if resumed_at <= resumes_at {
        return 0;
    }
    i32::try_from(resumed_at.since(resumes_at).as_secs().div_ceil(60).max(1)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::meetings::model::tests_support::meeting;
    use crate::platform::clock::hours;

    #[test]
    fn an_open_meeting_decides_after_notice_in_time_and_others_when_they_were_put_down_in_time() {
        let starts_at = Instant::EPOCH.plus(hours(1000));
        for (visibility, notice, before, can) in [
            (MeetingVisibility::Public, Some(true), 72, true),
            (MeetingVisibility::Public, Some(false), 72, false),
            (MeetingVisibility::Public, None, 72, false),
            (MeetingVisibility::Members, None, 72, true),
            (MeetingVisibility::Members, None, 71, false),
            (MeetingVisibility::Leaders, Some(false), 72, true),
        ] {
            let meeting = Meeting { visibility, created_at: starts_at.minus(hours(before)), ..meeting(starts_at) };
            assert_eq!(was_noticed(&meeting, notice, meeting.created_at), can, "{visibility} {notice:?} {before}");
        }
    }

    #[test]
    fn each_begun_minute_is_late() {
        let at = Instant::EPOCH.plus(hours(1));
        for (seconds, late) in [(0, 0), (1, 1), (60, 1), (61, 2), (3600, 60)] {
            assert_eq!(late_minutes(at, at.plus(Duration::from_secs(seconds))), late);
        }
        assert_eq!(late_minutes(at, Instant::EPOCH), 0, "early");
    }
}
