//! Signing by both sides: until consensus decides, this is how a partnership adopts. Pure.
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
