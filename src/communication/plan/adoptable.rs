//! What a communication plan needs before it can be adopted (`domain/20` 6.3, F6; `domain/30` 6.10). Pure.

use chrono::{Months, NaiveDate};

use crate::accounts::Side;

/// Techniques that a plan has at least.
pub const TECHNIQUES: usize = 2;
/// Procedures that a plan has at least.
pub const PROCEDURES: usize = 1;
/// How many months ahead a plan is looked at again at the latest.
pub const REVIEW_WITHIN: Months = Months::new(12);

/// What a plan has.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Techniques.
    pub techniques: usize,
    /// Procedures.
    pub procedures: usize,
    /// The sides of those who carry messages.
    pub sides: Vec<Side>,
    /// The day on which it is looked at again.
    pub review_on: Option<NaiveDate>,
}

/// Whether a plan may be looked at again on that day: one to come, within twelve months.
pub fn reviews_in_time(review_on: NaiveDate, today: NaiveDate) -> bool {
    review_on > today && today.checked_add_months(REVIEW_WITHIN).is_some_and(|latest| review_on <= latest)
}

/// Everything that is missing, in the words of a problem's `missing`.
pub fn missing(facts: &Facts, today: NaiveDate) -> Vec<&'static str> {
    [
        ("techniques", facts.techniques >= TECHNIQUES),
        ("procedures", facts.procedures >= PROCEDURES),
        ("civilian_communicator", facts.sides.contains(&Side::Civilian)),
        ("police_communicator", facts.sides.contains(&Side::Police)),
        ("review_on", facts.review_on.is_some_and(|day| reviews_in_time(day, today))),
    ]
    .into_iter()
    .filter_map(|(what, there)| (!there).then_some(what))
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn all_that_is_missing_is_told_at_once() {
        let today = day(2027, 3, 1);
        let all = ["techniques", "procedures", "civilian_communicator", "police_communicator", "review_on"];
        assert_eq!(missing(&Facts::default(), today), all);
        let facts = Facts {
            techniques: 2,
            procedures: 1,
            sides: vec![Side::Police, Side::Civilian],
            review_on: Some(day(2028, 3, 1)),
        };
        assert_eq!(missing(&facts, today), [""; 0]);
        let one_side = Facts { sides: vec![Side::Civilian, Side::Agency, Side::Civilian], techniques: 1, ..facts };
        assert_eq!(missing(&one_side, today), ["techniques", "police_communicator"]);
    }

    #[test]
    fn it_is_looked_at_again_within_twelve_months() {
        let today = day(2027, 3, 1);
        for (on, good) in [(today, false), (day(2027, 3, 2), true), (day(2028, 3, 1), true), (day(2028, 3, 2), false)] {
            assert_eq!(reviews_in_time(on, today), good, "{on}");
        }
    }

    proptest! {
        #[test]
        fn adding_something_never_makes_more_missing(
            techniques in 0usize..5,
            procedures in 0usize..3,
            sides in proptest::collection::vec(0usize..3, 0..5),
            more in 0usize..3,
        ) {
            let today = day(2027, 3, 1);
            let of = [Side::Civilian, Side::Police, Side::Agency];
            let sides: Vec<Side> = sides.into_iter().map(|n| of[n]).collect();
            let less = Facts { techniques, procedures, sides: sides.clone(), review_on: None };
            let grown = Facts {
                techniques: techniques + 1,
                procedures: procedures + 1,
                sides: sides.into_iter().chain([of[more]]).collect(),
                review_on: Some(day(2027, 9, 1)),
            };
            let before = missing(&less, today);
            prop_assert!(missing(&grown, today).iter().all(|what| before.contains(what)));
        }
    }
}
