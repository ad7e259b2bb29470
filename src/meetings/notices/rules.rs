//! When notice is due, and how long a subscription lasts (`domain/60` 6.22). Pure.

use std::time::Duration;

use crate::meetings::model::{Meeting, MeetingKind, MeetingState, MeetingVisibility, PlaceKind};
use crate::meetings::notices::model::NoticeKind;
use crate::platform::clock::{Instant, days, hours};
use crate::platform::crypto::sha256;

/// Notice of a meeting is given so long before it, or at once where it begins sooner.
pub const AHEAD: Duration = days(14);
/// A subscription lasts so long after it was confirmed or renewed.
pub const LASTS: Duration = days(365);
/// Its owner is told so long before it ends.
pub const WARNED_BEFORE: Duration = days(30);
/// An address that nobody confirmed is forgotten after so long.
pub const CONFIRM_WITHIN: Duration = days(2);

/// Meetings of a series that one letter tells of at most.
pub const MOST_IN_A_LETTER: usize = 31;

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

/// Whether everybody may know of a meeting.
pub fn is_open(meeting: &Meeting) -> bool {
    meeting.visibility == MeetingVisibility::Public
}

/// What notice is due of a meeting now, where the one that counts was of its sequence `noticed`.
///
/// Nothing is said of what is over, nor of the end of a meeting that nobody was told of. Of one that is not open to all only
/// those hear who were told that it is: that it is not any more, or that it does not take place. After that no notice counts.
pub fn due(meeting: &Meeting, noticed: Option<i32>, now: Instant) -> Option<NoticeKind> {
    if meeting.starts_at <= now {
        return None;
    }
    match (is_open(meeting), meeting.state, noticed) {
        (false, MeetingState::Scheduled, Some(_)) => Some(NoticeKind::NotOpen),
        (false, MeetingState::Cancelled, Some(last)) if last < meeting.sequence => Some(NoticeKind::Cancelled),
        (true, MeetingState::Scheduled, None) if meeting.starts_at <= now.plus(AHEAD) => Some(NoticeKind::Scheduled),
        (true, MeetingState::Scheduled, Some(last)) if last < meeting.sequence => Some(NoticeKind::Changed),
        (true, MeetingState::Cancelled, Some(last)) if last < meeting.sequence => Some(NoticeKind::Cancelled),
        _ => None,
    }
}

/// What a notice of the meeting as it stands tells of time and place, as a digest: whoever reads it learns nothing else. The
/// address of a private home is told to nobody.
pub fn told_digest(meeting: &Meeting) -> Vec<u8> {
    let address = meeting.place_address.as_deref().filter(|_| meeting.place_kind == PlaceKind::Public);
    let told = [
        meeting.starts_local.as_str(),
        &meeting.ends_local,
        &meeting.time_zone,
        meeting.format.as_str(),
        meeting.place_kind.as_str(),
        &meeting.place_name,
        address.unwrap_or_default(),
    ];
    // No line break is in any of them.
    sha256(&[told.join("\n").as_bytes()]).to_vec()
}

/// As what a reader is told of a meeting, where `knows` says whether they were told that it is open, and `open` whether it is: of
/// a change only whoever knows what it was before, and of one that is cancelled only whoever was told of it; of one that is not
/// open, only that it is not, or does not take place, and only whoever thinks that it is.
pub const fn told_as(kind: NoticeKind, open: bool, knows: bool) -> Option<NoticeKind> {
    match (kind, open, knows) {
        (NoticeKind::NotOpen | NoticeKind::Cancelled, _, false)
        | (_, false, false)
        | (NoticeKind::Scheduled | NoticeKind::Changed, false, true) => None,
        (NoticeKind::Changed, true, false) => Some(NoticeKind::Scheduled),
        (kind, ..) => Some(kind),
    }
}

/// Of notices in the order of their meetings, those that one letter tells of: of the same series and kind, not more than
/// [`MOST_IN_A_LETTER`]. One of a meeting that stands alone has a letter of its own.
pub fn letters<T: Clone, S: PartialEq>(notices: &[(T, Option<S>, NoticeKind)]) -> Vec<Vec<T>> {
    let mut letters: Vec<(Option<&S>, NoticeKind, Vec<T>)> = Vec::new();
    for (notice, series, kind) in notices {
        let open = letters.iter_mut().find(|(of, told, inside)| {
            of.is_some() && *of == series.as_ref() && told == kind && inside.len() < MOST_IN_A_LETTER
        });
        match open {
            Some((.., inside)) => inside.push(notice.clone()),
            None => letters.push((series.as_ref(), *kind, vec![notice.clone()])),
        }
    }
    letters.into_iter().map(|(.., inside)| inside).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::meetings::model::MeetingFormat;
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
            (of(S::Scheduled, V::Members, 0), Some(0), soon, Some(NoticeKind::NotOpen)),
            (of(S::Scheduled, V::Leaders, 1), Some(0), early, Some(NoticeKind::NotOpen)),
            (of(S::Scheduled, V::Members, 1), Some(0), over, None),
            (of(S::Scheduled, V::Members, 1), None, soon, None),
            (of(S::Cancelled, V::Leaders, 1), Some(0), soon, Some(NoticeKind::Cancelled)),
            (of(S::Cancelled, V::Leaders, 1), Some(1), soon, None),
            (of(S::Cancelled, V::Leaders, 1), None, soon, None),
            (of(S::InSession, V::Members, 1), Some(0), soon, None),
            (of(S::InSession, V::Public, 1), Some(0), soon, None),
        ] {
            assert_eq!(due(&meeting, noticed, now), expected, "{:?} {noticed:?} {now}", meeting.state);
        }
    }

    #[test]
    fn only_what_everybody_is_told_makes_a_notice_another_one() {
        let at_home = || Meeting {
            place_kind: PlaceKind::PrivateHome,
            place_address: Some("12 Elm Street".into()),
            ..meeting(at("2027-03-20T12:00:00Z"))
        };
        let digest = told_digest(&at_home());
        let address = |text: &str| Some(text.to_owned());
        assert_eq!(told_digest(&Meeting { place_address: address("14 Elm Street"), sequence: 4, ..at_home() }), digest);
        assert_eq!(told_digest(&Meeting { title: "Lots".into(), purpose: address("x"), ..at_home() }), digest);
        for changed in [
            Meeting { place_name: "At Tom's".into(), ..at_home() },
            Meeting { place_kind: PlaceKind::Public, ..at_home() },
            Meeting { starts_local: "2027-03-20T18:31".into(), ..at_home() },
            Meeting { ends_local: "2027-03-20T20:01".into(), ..at_home() },
            Meeting { time_zone: "America/Denver".into(), ..at_home() },
            Meeting { format: MeetingFormat::Hybrid, ..at_home() },
        ] {
            assert_ne!(told_digest(&changed), digest, "{changed:?}");
        }
        let public = |text: &str| Meeting { place_kind: PlaceKind::Public, place_address: address(text), ..at_home() };
        assert_ne!(told_digest(&public("12 Elm Street")), told_digest(&public("14 Elm Street")));
    }

    #[test]
    fn of_a_change_only_those_are_told_who_know_what_it_was() {
        use NoticeKind as K;
        for (kind, open_known, open_new, closed_known) in [
            (K::Scheduled, Some(K::Scheduled), Some(K::Scheduled), None),
            (K::Changed, Some(K::Changed), Some(K::Scheduled), None),
            (K::NotOpen, Some(K::NotOpen), None, Some(K::NotOpen)),
            (K::Cancelled, Some(K::Cancelled), None, Some(K::Cancelled)),
        ] {
            assert_eq!(told_as(kind, true, true), open_known, "{kind}");
            assert_eq!(told_as(kind, true, false), open_new, "{kind}");
            assert_eq!(told_as(kind, false, true), closed_known, "{kind}");
            assert_eq!(told_as(kind, false, false), None, "{kind}");
        }
    }

    #[test]
    fn a_letter_tells_of_one_series_and_one_kind_and_is_bounded() {
        use NoticeKind as K;
        let of = |n: u32, series: Option<char>, kind| (n, series, kind);
        assert!(letters::<u32, char>(&[]).is_empty());
        let mixed = [
            of(1, Some('a'), K::Scheduled),
            of(2, None, K::Scheduled),
            of(3, Some('b'), K::Scheduled),
            of(4, Some('a'), K::Changed),
            of(5, Some('a'), K::Scheduled),
            of(6, None, K::Scheduled),
        ];
        assert_eq!(letters(&mixed), [vec![1, 5], vec![2], vec![3], vec![4], vec![6]]);
        let daily: Vec<_> = (0..70).map(|n| of(n, Some('a'), K::Scheduled)).collect();
        assert_eq!(letters(&daily).iter().map(Vec::len).collect::<Vec<_>>(), [31, 31, 8]);
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
