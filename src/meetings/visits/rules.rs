//! Which of the visits to a group a log tells of (`domain/60` 6.23). Pure.

use chrono::NaiveDate;

use crate::meetings::log_model::GroupKind;
use crate::meetings::log_rules::SAME_VISIT;
use crate::platform::clock::Instant;
use crate::platform::db::name_to_hold;
use crate::platform::text::fold;

/// The name of all visits to a group of this kind and name on that day, in whatever district: what is held by whoever may make
/// one, so that officers who log the same visit at the same time find each other. None without the name of a group: the database
/// knows that one of our meetings is visited once.
pub fn name_of(kind: GroupKind, group: Option<&str>, day: NaiveDate) -> Option<i64> {
    let (key, day) = (fold(group?), day.to_string());
    Some(name_to_hold(&[b"visit\0", kind.as_str().as_bytes(), b"\0", day.as_bytes(), b"\0", key.as_bytes()]))
}

/// Of the visits to the same group, in the same place, on the same day, the one that began within 30 minutes of `starts_at`:
/// the nearest, of two that are as near the earlier.
pub fn nearest<T: Copy>(visits: &[(T, Instant)], starts_at: Instant) -> Option<T> {
    let apart = |at: Instant| at.since(starts_at).max(starts_at.since(at));
    let near = visits.iter().filter(|(_, at)| apart(*at) <= SAME_VISIT);
    near.min_by_key(|(_, at)| (apart(*at), *at)).map(|(visit, _)| *visit)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::platform::clock::minutes;

    #[test]
    fn visits_that_may_be_the_same_have_one_name() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (kind, monday) = (GroupKind::NeighborhoodWatch, day("2027-03-01"));
        let name = name_of(kind, Some("Kansas Avenue"), monday);
        assert!(name.is_some());
        assert_eq!(name_of(kind, Some("  KANSAS avenue "), monday), name, "as visits are found");
        assert_ne!(name_of(kind, Some("Kansas Avenue II"), monday), name);
        assert_ne!(name_of(kind, Some("Kansas Avenue"), day("2027-03-02")), name);
        assert_ne!(name_of(GroupKind::School, Some("Kansas Avenue"), monday), name);
        assert_eq!(name_of(kind, None, monday), None);
    }

    #[test]
    fn a_visit_is_the_nearest_within_thirty_minutes() {
        let ten: Instant = "2027-03-01T16:00:00Z".parse().unwrap();
        let second = Duration::from_secs(1);
        assert_eq!(nearest::<u8>(&[], ten), None);
        for (began, found) in [
            (ten, true),
            (ten.plus(minutes(30)), true),
            (ten.minus(minutes(30)), true),
            (ten.plus(minutes(30) + second), false),
            (ten.minus(minutes(30) + second), false),
        ] {
            assert_eq!(nearest(&[(1, began)], ten).is_some(), found, "{began}");
        }
        let both = [(1, ten.plus(minutes(20))), (2, ten.minus(minutes(10)))];
        assert_eq!(nearest(&both, ten), Some(2), "the nearest");
        let alike = [(1, ten.plus(minutes(10))), (2, ten.minus(minutes(10)))];
        assert_eq!(nearest(&alike, ten), Some(2), "the earlier");
    }
}
