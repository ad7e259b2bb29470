//! What happens in the demonstration: one partnership in each stage that there is.

mod armourdale;
mod decisions;
mod endings;
mod next_leaders;
mod others;
mod resources;
mod tale;
mod tasks;

use super::world::Step;

/// Everything that happened until today, in no order.
pub fn past() -> Vec<Step> {
    [
        armourdale::steps(),
        resources::steps(),
        tasks::steps(),
        others::steps(),
        decisions::steps(),
        next_leaders::steps(),
        endings::steps(),
    ]
    .concat()
}

/// The partnership that is shown first.
pub const SHOWN: &str = armourdale::NAME;

/// A meeting that there is to be, whenever the demonstration is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Coming {
    /// The partnership's name.
    pub partnership: &'static str,
    /// Who schedules it.
    pub by: &'static str,
    /// In how many days.
    pub day: i64,
    /// From when to when.
    pub hours: (&'static str, &'static str),
    pub kind: &'static str,
    pub title: &'static str,
    /// Who sees it.
    pub visibility: &'static str,
    /// Name and address of a public place.
    pub place: (&'static str, &'static str),
    /// How many people fit in.
    pub capacity: Option<i32>,
    /// Members who say that they will come.
    pub coming: &'static [&'static str],
}

/// Meetings to come.
pub const COMING: &[Coming] = &[
    Coming {
        partnership: armourdale::NAME,
        by: "rosa",
        day: 6,
        hours: ("18:30", "20:00"),
        kind: "regular",
        title: "The last dark blocks: Osage to Kansas Avenue",
        visibility: "public",
        place: armourdale::CENTER,
        capacity: Some(60),
        coming: &["tom", "marcus", "officer_south"],
    },
    Coming {
        partnership: armourdale::NAME,
        by: "rosa",
        day: 11,
        hours: ("17:00", "18:00"),
        kind: "committee",
        title: "Leaders prepare the winter",
        visibility: "leaders",
        place: armourdale::CENTER,
        capacity: None,
        coming: &["officer_south"],
    },
    Coming {
        partnership: others::STRAWBERRY_HILL,
        by: "petra",
        day: 9,
        hours: ("19:00", "20:30"),
        kind: "watch",
        title: "Deciding on our mission",
        visibility: "public",
        place: ("St. John the Baptist School, hall", "708 N 4th St, Kansas City, KS"),
        capacity: Some(40),
        coming: &["george"],
    },
    Coming {
        partnership: others::PARALLEL_PARKWAY,
        by: "ben",
        day: 13,
        hours: ("08:00", "09:00"),
        kind: "business_association",
        title: "Merchants' breakfast with the West District",
        visibility: "public",
        place: ("West Wyandotte Library", "1737 N 82nd St, Kansas City, KS"),
        capacity: None,
        coming: &["mei", "officer_west"],
    },
];
