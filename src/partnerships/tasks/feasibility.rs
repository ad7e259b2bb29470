//! What stands in the way of somebody's doing a task now (`domain/20` 6.8). Pure. It only filters: the score does not know of
//! it.

use std::time::Duration;

use chrono::{Datelike as _, NaiveDateTime};

use super::model::PoliceRole;
use crate::accounts::Side;
use crate::platform::clock::days;
use crate::text_enum;

/// Nobody is asked a second time within so long, unless they want to be.
pub const ASK_AGAIN_AFTER: Duration = days(7);

text_enum! {
    /// Why somebody can't do a task now.
    pub enum Obstacle {
        /// It lies outside the hours that the person has.
        Unavailable = "unavailable",
        /// The person has another task at that time.
        Overlap = "overlap",
        /// With it the person would give more hours this month than they want to.
        HoursFull = "hours_full",
        /// The person does not speak the language that it needs.
        Language = "language",
        /// The person was asked for something within the last seven days.
        AskedRecently = "asked_recently",
        /// The police do it, and the person is not of them.
        NotPolice = "not_police",
    }
}

/// When somebody usually has time: a weekday (Monday 1 … Sunday 7) from `starts` to `ends`, as `HH:MM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Monday 1 … Sunday 7.
    pub weekday: i32,
    /// The first minute.
    pub starts: String,
    /// The last.
    pub ends: String,
}

/// What a task needs of whoever does it, beside skills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions {
    /// From when to when, on the clock of the agency that hosts the partnership.
    pub slot: Option<(NaiveDateTime, NaiveDateTime)>,
    /// Hours of work.
    pub effort_hours: i32,
    /// The language, BCP 47.
    pub language: Option<String>,
    /// What the police do.
    pub police_role: PoliceRole,
}

/// What is known of a person beside skills and interests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The person's side.
    pub side: Option<Side>,
    /// When the person has time; nothing said means always.
    pub windows: Vec<Window>,
    /// Most hours a month.
    pub max_hours_month: Option<i32>,
    /// Hours of the tasks that were accepted this month.
    pub hours_this_month: i64,
    /// Languages, BCP 47; nothing said means that none is known to be missing.
    pub languages: Vec<String>,
    /// Whether the person has another task at that time.
    pub is_busy: bool,
    /// Whether the person was asked within [`ASK_AGAIN_AFTER`].
    pub asked_recently: bool,
    /// Whether the person wants to be asked more often.
    pub wants_more_offers: bool,
}

/// All that stands in the way.
pub fn obstacles(task: &Conditions, person: &Circumstances) -> Vec<Obstacle> {
    use Obstacle as O;
    let unavailable = task.slot.is_some_and(|slot| !lies_in_a_window(slot, &person.windows));
    let hours = person.hours_this_month + i64::from(task.effort_hours);
    let speaks = |language: &String| {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        person.languages.is_empty() || person.languages.iter().any(|known| primary(known) == primary(language))
    };
    [
        (unavailable, O::Unavailable),
        (task.slot.is_some() && person.is_busy, O::Overlap),
        (person.max_hours_month.is_some_and(|most| hours > i64::from(most)), O::HoursFull),
        (task.language.as_ref().is_some_and(|language| !speaks(language)), O::Language),
        (person.asked_recently && !person.wants_more_offers, O::AskedRecently),
        (task.police_role == PoliceRole::Lead && person.side != Some(Side::Police), O::NotPolice),
    ]
    .into_iter()
    .filter_map(|(holds, obstacle)| holds.then_some(obstacle))
    .collect()
}

/// Whether the whole slot lies in one window of its day.
fn lies_in_a_window((starts, ends): (NaiveDateTime, NaiveDateTime), windows: &[Window]) -> bool {
    let of_day = |time: NaiveDateTime| time.format("%H:%M").to_string();
    let weekday = i32::try_from(starts.weekday().number_from_monday()).unwrap_or(0);
    windows.is_empty()
        || (starts.date() == ends.date()
            && windows.iter().any(|window| {
                window.weekday == weekday && window.starts <= of_day(starts) && of_day(ends) <= window.ends
            }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
    }
    fn task() -> Conditions {
        Conditions {
            // A Tuesday.
            slot: Some((at("2027-03-02T18:00"), at("2027-03-02T20:00"))),
            effort_hours: 2,
            language: Some("es".into()),
            police_role: PoliceRole::None,
        }
    }
    fn window(weekday: i32, starts: &str, ends: &str) -> Window {
        Window { weekday, starts: starts.into(), ends: ends.into() }
    }

    #[test]
    fn who_says_nothing_has_time_for_everything() {
        assert_eq!(obstacles(&task(), &Circumstances::default()), []);
    }

    #[test]
    fn each_obstacle_is_told() {
        use Obstacle as O;
        let none = Circumstances::default();
        let with = |windows: &[Window]| Circumstances { windows: windows.to_vec(), ..Circumstances::default() };
        for (person, expected) in [
            (with(&[window(2, "18:00", "20:00")]), &[][..]),
            (with(&[window(2, "18:01", "20:00")]), &[O::Unavailable]),
            (with(&[window(2, "17:00", "19:59")]), &[O::Unavailable]),
            (with(&[window(3, "00:00", "23:59")]), &[O::Unavailable]),
            (with(&[window(2, "17:00", "19:00"), window(2, "19:00", "21:00")]), &[O::Unavailable]),
            (Circumstances { is_busy: true, ..none.clone() }, &[O::Overlap]),
            (Circumstances { max_hours_month: Some(8), hours_this_month: 6, ..none.clone() }, &[]),
            (Circumstances { max_hours_month: Some(8), hours_this_month: 7, ..none.clone() }, &[O::HoursFull]),
            (Circumstances { languages: vec!["en".into()], ..none.clone() }, &[O::Language]),
            (Circumstances { languages: vec!["en".into(), "es-MX".into()], ..none.clone() }, &[]),
            (Circumstances { asked_recently: true, ..none.clone() }, &[O::AskedRecently]),
            (Circumstances { asked_recently: true, wants_more_offers: true, ..none.clone() }, &[]),
        ] {
            assert_eq!(obstacles(&task(), &person), expected, "{person:?}");
        }
        let led = Conditions { police_role: PoliceRole::Lead, ..task() };
        assert_eq!(obstacles(&led, &Circumstances { side: Some(Side::Civilian), ..none.clone() }), [O::NotPolice]);
        assert_eq!(obstacles(&led, &Circumstances { side: Some(Side::Police), ..none.clone() }), []);
        let untimed = Conditions { slot: None, ..task() };
        assert_eq!(obstacles(&untimed, &Circumstances { is_busy: true, ..with(&[window(5, "08:00", "09:00")]) }), []);
    }

    #[test]
    fn a_night_is_in_no_window() {
        let night = (at("2027-03-02T23:00"), at("2027-03-03T01:00"));
        assert!(!lies_in_a_window(night, &[window(2, "00:00", "23:59"), window(3, "00:00", "23:59")]));
        assert!(lies_in_a_window(night, &[]));
    }
}
