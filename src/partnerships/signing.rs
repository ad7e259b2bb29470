//! Signing by both sides: how a goal is closed with its assessment, and minutes are approved. Pure.
//!
//! A text counts when a leader of the civilian *and* a leader of the police side have signed it; no side can sign for the
//! other, and signing twice adds nothing.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{PersonRef, Side};
use crate::platform::clock::Instant;

/// The sides that have to sign.
pub const SIDES: [Side; 2] = [Side::Civilian, Side::Police];

/// A signature as readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Signature)]
pub struct Signed {
    /// The side that it stands for.
    pub side: Side,
    /// Who signed.
    pub by: Option<PersonRef>,
    /// When.
    pub signed_at: Instant,
}

/// The sides that have not signed yet.
pub fn missing_sides(signed: impl IntoIterator<Item = Side>) -> Vec<Side> {
    let signed: Vec<Side> = signed.into_iter().collect();
    SIDES.into_iter().filter(|side| !signed.contains(side)).collect()
}

/// The day on which a mission is to be looked at again: 24 months after it was adopted (`domain/20` 6.5).
pub fn review_day(adopted: DateTime<Utc>) -> Option<chrono::NaiveDate> {
    adopted.date_naive().checked_add_months(chrono::Months::new(24))
}

/// Whether a mission that counts should have been looked at again before `today`.
pub fn is_review_overdue(review_on: Option<chrono::NaiveDate>, today: chrono::NaiveDate) -> bool {
    review_on.is_some_and(|day| day < today)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mission_is_overdue_from_the_day_after_its_review() {
        let day = |d| chrono::NaiveDate::from_ymd_opt(2029, 3, d);
        assert!(!is_review_overdue(day(1), day(1).unwrap()));
        assert!(is_review_overdue(day(1), day(2).unwrap()));
        assert!(!is_review_overdue(None, day(2).unwrap()));
    }

    #[test]
    fn both_sides_and_only_they_complete_a_text() {
        use Side::{Agency, Civilian, Police};
        for (signed, missing) in [
            (&[][..], &[Civilian, Police][..]),
            (&[Civilian], &[Police]),
            (&[Police], &[Civilian]),
            (&[Police, Police, Agency], &[Civilian]),
            (&[Agency], &[Civilian, Police]),
            (&[Police, Civilian], &[]),
        ] {
            assert_eq!(missing_sides(signed.iter().copied()), missing, "{signed:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_signed_without_either_side_and_no_signature_counts_twice(
            signed in proptest::collection::vec(proptest::sample::select(Side::ALL.to_vec()), 0..8),
        ) {
            let missing = missing_sides(signed.iter().copied());
            for side in SIDES {
                prop_assert_eq!(missing.contains(&side), !signed.contains(&side));
            }
            prop_assert!(missing.len() <= 2 && !missing.contains(&Side::Agency));
            let doubled = signed.iter().chain(&signed).rev().copied();
            prop_assert_eq!(missing_sides(doubled), missing, "neither order nor repetition matters");
        }
    }
}
