//! Who was there, in numbers: persons by name and heads that were counted, by side. Pure.

use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::Side;

/// How many of one side were there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SidePresence {
    /// Members recorded by person.
    pub persons: i64,
    /// People who were counted.
    pub heads: i64,
    /// Both together.
    pub total: i64,
}

/// How many were there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Presence {
    /// Of the civilian side.
    pub civilian: SidePresence,
    /// Of the police side.
    pub police: SidePresence,
    /// Of partner agencies.
    pub agency: SidePresence,
    /// All together.
    pub total: i64,
    /// Whether the civilian *and* the police side were there, by person or by count.
    pub both_sides_present: bool,
}

/// Adds up persons and heads by side.
pub fn presence(persons: &[(Side, i64)], heads: &[(Side, i64)]) -> Presence {
    let of = |wanted: Side| {
        let sum = |counts: &[(Side, i64)]| counts.iter().filter(|(side, _)| *side == wanted).map(|(_, n)| n).sum();
        let (persons, heads): (i64, i64) = (sum(persons), sum(heads));
        SidePresence { persons, heads, total: persons + heads }
    };
    let (civilian, police, agency) = (of(Side::Civilian), of(Side::Police), of(Side::Agency));
    Presence {
        civilian,
        police,
        agency,
        total: civilian.total + police.total + agency.total,
        both_sides_present: civilian.total > 0 && police.total > 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_present_by_person_or_by_count() {
        use Side::{Agency, Civilian, Police};
        for (persons, heads, both) in [
            (&[][..], &[][..], false),
            (&[(Civilian, 3)], &[], false),
            (&[(Civilian, 1), (Police, 1)], &[], true),
            (&[(Civilian, 1)], &[(Police, 2)], true),
            (&[], &[(Civilian, 9), (Police, 1), (Civilian, 2)], true),
            (&[(Civilian, 1)], &[(Police, 0)], false),
            (&[(Civilian, 1), (Agency, 4)], &[], false),
        ] {
            assert_eq!(presence(persons, heads).both_sides_present, both, "{persons:?} {heads:?}");
        }
        let all = presence(&[(Civilian, 3), (Agency, 1)], &[(Civilian, 4), (Police, 2)]);
        assert_eq!((all.civilian.persons, all.civilian.heads, all.civilian.total, all.total), (3, 4, 7, 10));
    }
}
