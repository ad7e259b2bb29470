//! From visits and expectations to regularity (`domain/60` 6.23). Pure.
//!
//! * regularity = expected meetings that were attended ÷ expected meetings; there is none where nothing was expected. A meeting
//!   was attended when the group was visited on its day: a visit on another day is none to a meeting that was expected.
//! * coverage = kinds of group that were visited ÷ kinds of group there are, `other` left out of both.
//! * A visit counts once. An officer's time at it counts once for each officer, the longest that was logged; preparation and
//!   travel are added up.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, AreaId, OfficerVisitId, PartnershipId};
use crate::meetings::log_model::GroupKind;

/// A group that officers visit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Group {
    /// A partnership.
    Partnership(PartnershipId),
    /// Any other, by kind, name (folded) and district.
    Named(GroupKind, String, AreaId),
}

impl Group {
    /// What kind of group it is.
    pub const fn kind(&self) -> GroupKind {
        match self {
            Self::Partnership(_) => GroupKind::Partnership,
            Self::Named(kind, ..) => *kind,
        }
    }
}

/// An officer at a meeting of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendance {
    pub group: Group,
    pub name: Option<String>,
    pub visit: OfficerVisitId,
    pub officer: AccountId,
    pub kind: GroupKind,
    pub on: NaiveDate,
    pub minutes: i64,
    pub prep_minutes: i64,
    pub travel_minutes: i64,
}

/// What was expected, by group: a name for it, and the days of its meetings, one as often as it met on it.
pub type Expected = BTreeMap<Group, (Option<String>, Vec<NaiveDate>)>;

/// How regularly a group was visited.
#[derive(Debug, Clone, PartialEq)]
pub struct Regularity {
    pub group: Group,
    pub name: Option<String>,
    pub attended: i64,
    pub expected: Option<i64>,
    pub expected_attended: Option<i64>,
    pub regularity: Option<f64>,
    pub last_on: Option<NaiveDate>,
    pub days_since: Option<i64>,
}

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

/// `part ÷ whole`, at most 1; none of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of meetings, far below 2^52")]
fn ratio(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part.min(whole) as f64 / whole as f64)
}

/// How many of the expected meetings were attended, by the days of both.
fn met(expected: &[NaiveDate], visited: &[NaiveDate]) -> i64 {
    let on = |days: &[NaiveDate], day: NaiveDate| days.iter().filter(|other| **other == day).count();
    let days: BTreeSet<NaiveDate> = expected.iter().copied().collect();
    count(days.into_iter().map(|day| on(expected, day).min(on(visited, day))).sum())
}

/// The group of each visit: the partnership where any log of it is linked to one.
fn groups_of_visits(attended: &[Attendance]) -> BTreeMap<OfficerVisitId, Group> {
    let mut groups: BTreeMap<OfficerVisitId, Group> = BTreeMap::new();
    for one in attended {
        let group = groups.entry(one.visit).or_insert_with(|| one.group.clone());
        if one.group < *group {
            *group = one.group.clone();
        }
    }
    groups
}

/// Visits to a group with their days, the day of the last of them, and the name that its log gives the group.
type Visits<'a> = (BTreeMap<OfficerVisitId, NaiveDate>, Option<NaiveDate>, Option<&'a String>);

/// How regularly each group was visited, and those that should have been: in the order of the groups.
pub fn groups(attended: &[Attendance], expected: &Expected, today: NaiveDate) -> Vec<Regularity> {
    let of_visit = groups_of_visits(attended);
    let mut visits: BTreeMap<&Group, Visits<'_>> = BTreeMap::new();
    for group in expected.keys() {
        visits.entry(group).or_default();
    }
    for one in attended {
        let Some(group) = of_visit.get(&one.visit) else { continue };
        let (seen, last, name) = visits.entry(group).or_default();
        seen.insert(one.visit, one.on);
        if last.is_none_or(|last| last <= one.on) {
            *last = Some(one.on);
            *name = one.name.as_ref().or(*name);
        }
    }
    visits
        .into_iter()
        .map(|(group, (seen, last_on, name))| {
            let planned = expected.get(group);
            let days: Vec<NaiveDate> = seen.values().copied().collect();
            let meetings = planned.map(|(_, days)| count(days.len()));
            let expected_attended = planned.map(|(_, expected)| met(expected, &days));
            Regularity {
                name: planned.and_then(|(name, _)| name.as_ref()).or(name).cloned(),
                attended: count(days.len()),
                expected: meetings,
                expected_attended,
                regularity: expected_attended.zip(meetings).and_then(|(part, whole)| ratio(part, whole)),
                last_on,
                days_since: last_on.map(|last| (today - last).num_days().max(0)),
                group: group.clone(),
            }
        })
        .collect()
}

/// What it all comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    pub visits: i64,
    /// Meetings that were expected, and those of them that were attended.
    pub expected: i64,
    pub expected_attended: i64,
    pub regularity: Option<f64>,
    pub kinds_visited: Vec<GroupKind>,
    pub coverage: f64,
    pub meeting_minutes: i64,
    pub prep_minutes: i64,
    pub travel_minutes: i64,
}

/// Kinds of group that there are; `other` is none.
pub fn kinds() -> impl Iterator<Item = GroupKind> {
    GroupKind::ALL.iter().copied().filter(|kind| *kind != GroupKind::Other)
}

/// What visits and expectations come to. `rows` are the groups of the same visits.
pub fn totals(attended: &[Attendance], rows: &[Regularity]) -> Totals {
    let visits: BTreeSet<OfficerVisitId> = attended.iter().map(|one| one.visit).collect();
    let visited: BTreeSet<GroupKind> = attended.iter().map(|one| one.kind).collect();
    let kinds_visited: Vec<GroupKind> = kinds().filter(|kind| visited.contains(kind)).collect();
    let mut longest: BTreeMap<(OfficerVisitId, AccountId), i64> = BTreeMap::new();
    for one in attended {
        let minutes = longest.entry((one.visit, one.officer)).or_insert(0);
        *minutes = one.minutes.max(*minutes);
    }
    let expected: i64 = rows.iter().filter_map(|row| row.expected).sum();
    let expected_attended = rows.iter().filter_map(|row| row.expected_attended).sum();
    let there_are = count(kinds().count());
    Totals {
        visits: count(visits.len()),
        expected,
        expected_attended,
        regularity: ratio(expected_attended, expected),
        coverage: ratio(count(kinds_visited.len()), there_are).unwrap_or(0.0),
        kinds_visited,
        meeting_minutes: longest.values().sum(),
        prep_minutes: attended.iter().map(|one| one.prep_minutes).sum(),
        travel_minutes: attended.iter().map(|one| one.travel_minutes).sum(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 3, d).unwrap()
    }
    fn uuid(n: u8) -> uuid::Uuid {
        uuid::Uuid::from_bytes([n; 16])
    }
    fn watch(n: u8) -> Group {
        Group::Named(GroupKind::NeighborhoodWatch, format!("watch {n}"), AreaId(uuid(9)))
    }
    fn at(group: Group, visit: u8, officer: u8, on: u32) -> Attendance {
        Attendance {
            kind: group.kind(),
            group,
            name: None,
            visit: OfficerVisitId(uuid(visit)),
            officer: AccountId(uuid(officer)),
            on: day(on),
            minutes: 60,
            prep_minutes: 10,
            travel_minutes: 5,
        }
    }

    /// The first days of the month.
    fn first_days(count: i64) -> Vec<NaiveDate> {
        (1..=u32::try_from(count).unwrap()).map(day).collect()
    }

    #[test]
    fn only_a_visit_on_the_day_of_a_meeting_is_one_to_it() {
        for (expected, visited, attended) in [
            (vec![2, 9, 16], vec![2, 16], 2),
            (vec![2, 9, 16], vec![3, 4, 5, 6], 0),
            (vec![2, 2, 9], vec![2], 1),
            (vec![2, 2, 9], vec![2, 2, 2], 2),
            (vec![], vec![2], 0),
        ] {
            let days = |of: &[u32]| of.iter().copied().map(day).collect::<Vec<_>>();
            assert_eq!(met(&days(&expected), &days(&visited)), attended, "{expected:?} {visited:?}");
            let logs: Vec<Attendance> = (1..).zip(&visited).map(|(n, on)| at(watch(1), n, 1, *on)).collect();
            let rows = groups(&logs, &[(watch(1), (None, days(&expected)))].into(), day(31));
            assert_eq!(rows[0].expected_attended, Some(attended));
            assert_eq!(rows[0].attended, i64::try_from(visited.len()).unwrap());
        }
    }

    #[test]
    fn regularity_is_attended_of_expected_and_never_more_than_all() {
        for (visits, expected, regularity) in [
            (0, Some(0), None),
            (0, Some(4), Some(0.0)),
            (1, Some(4), Some(0.25)),
            (4, Some(4), Some(1.0)),
            (6, Some(4), Some(1.0)),
            (3, None, None),
        ] {
            let attended: Vec<Attendance> = (0..visits).map(|n| at(watch(1), n + 1, 1, 1 + u32::from(n))).collect();
            let planned: Expected = expected.map(|n| (watch(1), (None, first_days(n)))).into_iter().collect();
            let rows = groups(&attended, &planned, day(31));
            if visits == 0 && expected.is_none() {
                assert!(rows.is_empty());
                continue;
            }
            let row = &rows[0];
            assert_eq!((row.attended, row.expected, row.regularity), (i64::from(visits), expected, regularity));
            assert_eq!(row.days_since, (visits > 0).then(|| 31 - i64::from(visits)));
        }
        assert!(groups(&[], &Expected::new(), day(1)).is_empty());
    }

    #[test]
    fn a_visit_counts_once_and_each_officers_time_there_once() {
        let partnership = Group::Partnership(PartnershipId(uuid(5)));
        let longer = Attendance { minutes: 90, ..at(watch(1), 1, 1, 2) };
        // Two officers at one meeting, one of whom linked it to the partnership; the first logged it twice.
        let attended = [at(watch(1), 1, 1, 2), longer, at(partnership.clone(), 1, 2, 2), at(watch(1), 2, 1, 9)];
        let rows = groups(&attended, &Expected::new(), day(10));
        let seen: Vec<(Group, i64)> = rows.iter().map(|row| (row.group.clone(), row.attended)).collect();
        assert_eq!(seen, [(partnership, 1), (watch(1), 1)]);
        let totals = totals(&attended, &rows);
        assert_eq!((totals.visits, totals.meeting_minutes), (2, 90 + 60 + 60));
        assert_eq!((totals.prep_minutes, totals.travel_minutes), (40, 20));
    }

    #[test]
    fn coverage_leaves_other_out() {
        assert_eq!(kinds().count(), 8);
        let other = Group::Named(GroupKind::Other, "chess".into(), AreaId(uuid(9)));
        let none = [at(other, 1, 1, 1)];
        assert_eq!(totals(&none, &[]).coverage, 0.0);
        let two = [at(watch(1), 1, 1, 1), at(Group::Partnership(PartnershipId(uuid(5))), 2, 1, 1), none[0].clone()];
        let totals = totals(&two, &[]);
        assert_eq!(totals.kinds_visited, [GroupKind::NeighborhoodWatch, GroupKind::Partnership]);
        assert!((totals.coverage - 0.25).abs() < f64::EPSILON);
    }

    #[test]
    fn what_was_missed_altogether_is_listed_with_nothing_attended() {
        let expected: Expected =
            [(watch(1), (Some("Elm".into()), first_days(3))), (watch(2), (None, vec![day(4)]))].into();
        let rows = groups(&[at(watch(2), 1, 1, 4)], &expected, day(5));
        assert_eq!(rows.iter().map(|row| row.attended).collect::<Vec<_>>(), [0, 1]);
        assert_eq!((rows[0].name.as_deref(), rows[0].regularity, rows[0].last_on), (Some("Elm"), Some(0.0), None));
        let totals = totals(&[at(watch(2), 1, 1, 4)], &rows);
        assert_eq!((totals.expected, totals.expected_attended, totals.regularity), (4, 1, Some(0.25)));
    }

    fn attendances() -> impl Strategy<Value = Vec<Attendance>> {
        let one =
            (1..5_u8, 1..8_u8, 1..4_u8, 1..29_u32, 0..200_i64).prop_map(|(group, visit, officer, on, minutes)| {
                let group = if group == 4 { Group::Partnership(PartnershipId(uuid(5))) } else { watch(group) };
                Attendance { minutes, ..at(group, visit, officer, on) }
            });
        prop::collection::vec(one, 0..20)
    }

    proptest! {
        #[test]
        fn it_is_what_counting_by_hand_gives(attended in attendances(), planned in prop::collection::btree_map(1..4_u8, 0..6_i64, 0..4)) {
            let expected: Expected = planned.iter().map(|(n, count)| (watch(*n), (None, first_days(*count)))).collect();
            let rows = groups(&attended, &expected, day(30));
            // By hand: each visit belongs to the least of the groups that any log of it names.
            let mut by_hand: BTreeMap<Group, Vec<OfficerVisitId>> = BTreeMap::new();
            for visit in (0..8).map(|n| OfficerVisitId(uuid(n))) {
                let mut named: Vec<&Group> = attended.iter().filter(|a| a.visit == visit).map(|a| &a.group).collect();
                named.sort();
                if let Some(group) = named.first() {
                    by_hand.entry((*group).clone()).or_default().push(visit);
                }
            }
            let mut all: BTreeSet<Group> = by_hand.keys().cloned().collect();
            all.extend(expected.keys().cloned());
            prop_assert_eq!(rows.iter().map(|row| row.group.clone()).collect::<Vec<_>>(), all.into_iter().collect::<Vec<_>>());
            for row in &rows {
                let visits = by_hand.get(&row.group).cloned().unwrap_or_default();
                prop_assert_eq!(row.attended, i64::try_from(visits.len()).unwrap());
                let last = attended.iter().filter(|a| visits.contains(&a.visit)).map(|a| a.on).max();
                prop_assert_eq!(row.last_on, last);
                prop_assert!(row.regularity.is_none_or(|r| (0.0..=1.0).contains(&r)));
            }
            let totals = totals(&attended, &rows);
            prop_assert_eq!(totals.visits, rows.iter().map(|row| row.attended).sum::<i64>(), "no visit counts twice");
            let mut minutes = 0;
            for visit in 0..8 {
                for officer in 0..4 {
                    let here = |a: &&Attendance| a.visit.0 == uuid(visit) && a.officer.0 == uuid(officer);
                    minutes += attended.iter().filter(here).map(|a| a.minutes).max().unwrap_or(0);
                }
            }
            prop_assert_eq!(totals.meeting_minutes, minutes);
        }
    }
}
