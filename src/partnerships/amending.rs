//! Amending an adopted goal and its objectives (`domain/20-key1-partnerships.md` 6.5, 6.6). Pure.
//!
//! What both sides adopted is changed by nobody alone: proposed changes stand beside the values that count until a decision
//! adopts them. Where an objective starts and what it measures is never amended, for then nothing that was measured before
//! would mean anything; such an objective is withdrawn and another one takes its place.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{AmendmentClass, Direction, Goal, Objective, ObjectiveId};
use super::numbers::{self, MOST_OBJECTIVES, Numbers};
use crate::accounts::Side;
use crate::ids::{AccountId, GoalId};
use crate::platform::clock::Instant;
use crate::platform::error::{FieldCode, FieldError};
use crate::platform::http::wrong;

/// What of a goal is to change, and what it is to become; or what was there before. What does not change is `null`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = AmendmentChanges)]
pub struct Changes {
    /// What is to be reached, in a line.
    pub title: Option<String>,
    /// What that means, and how everybody will know.
    pub description: Option<String>,
    /// The day by which it is to be reached.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    pub target_on: Option<NaiveDate>,
    /// Objectives that change or are withdrawn.
    pub objectives: Vec<ObjectiveChange>,
    /// Objectives that are added.
    pub added: Vec<AddedObjective>,
    /// Why it should be tried although the goal does not pass the achievability test then.
    #[serde(default)]
    pub override_reason: Option<String>,
}

/// What of an objective is to change, and what it is to become; or what was there before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ObjectiveChange {
    /// The objective.
    pub objective_id: ObjectiveId,
    /// What is to be reached, in a line.
    pub title: Option<String>,
    /// Where it is to be.
    pub target: Option<f64>,
    /// How far from the target is still good; for `maintain` only.
    pub tolerance: Option<f64>,
    /// The day by which it is due.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    pub due_on: Option<NaiveDate>,
    /// How much it counts in the goal, 1 to 5.
    pub weight: Option<i32>,
    /// Whether it is given up.
    pub is_withdrawn: bool,
}

/// An objective that is added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AddedObjective {
    /// What is to be reached, in a line.
    pub title: String,
    /// What is measured.
    pub indicator: String,
    /// In what unit.
    pub unit: String,
    /// Where the numbers come from.
    pub source: String,
    /// Which way it is to go.
    pub direction: Direction,
    /// Where it stands.
    pub baseline: f64,
    /// The day of the baseline.
    #[schema(value_type = crate::platform::text::Day)]
    pub baseline_on: NaiveDate,
    /// Where it is to be.
    pub target: f64,
    /// How far from the target is still good; for `maintain` only.
    pub tolerance: Option<f64>,
    /// The day by which it is due.
    #[schema(value_type = crate::platform::text::Day)]
    pub due_on: NaiveDate,
    /// How much it counts in the goal, 1 to 5.
    pub weight: i32,
    /// The member who looks after it.
    pub owner_id: Option<AccountId>,
    /// The side that looks after it.
    pub side: Option<Side>,
}

impl AddedObjective {
    /// The objective that it becomes.
    pub fn row(&self, id: ObjectiveId, goal: GoalId, position: i32, now: Instant) -> Objective {
        let Self {
            title,
            indicator,
            unit,
            source,
            direction,
            baseline,
            baseline_on,
            target,
            tolerance,
            due_on,
            weight,
            owner_id,
            side,
        } = self.clone();
        Objective {
            id,
            goal_id: goal,
            position,
            title,
            indicator,
            unit,
            source,
            direction,
            baseline: Some(baseline),
            baseline_on: Some(baseline_on),
            target: Some(target),
            tolerance,
            due_on,
            weight,
            owner_id,
            side,
            withdrawn_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

impl ObjectiveChange {
    /// Whether it changes nothing.
    pub const fn is_empty(&self) -> bool {
        self.title.is_none()
            && self.target.is_none()
            && self.tolerance.is_none()
            && self.due_on.is_none()
            && self.weight.is_none()
            && !self.is_withdrawn
    }
}

impl Changes {
    /// Whether the goal itself changes, or its objectives alone.
    pub const fn class(&self) -> AmendmentClass {
        if self.title.is_none() && self.description.is_none() && self.target_on.is_none() {
            AmendmentClass::Objective
        } else {
            AmendmentClass::Goal
        }
    }

    /// Whether nothing changes.
    pub const fn is_empty(&self) -> bool {
        matches!(self.class(), AmendmentClass::Objective) && self.objectives.is_empty() && self.added.is_empty()
    }

    /// The objectives as they would be.
    pub fn after(&self, goal: GoalId, objectives: &[Objective], now: Instant) -> Vec<Objective> {
        let change = |row: &Objective| self.objectives.iter().find(|change| change.objective_id == row.id).cloned();
        let kept = objectives.iter().filter_map(|row| {
            let Some(change) = change(row) else { return Some(row.clone()) };
            let weight = change.weight.unwrap_or(row.weight);
            (!change.is_withdrawn).then(|| Objective {
                weight,
                due_on: change.due_on.unwrap_or(row.due_on),
                ..row.clone()
            })
        });
        let first = i32::try_from(objectives.len()).unwrap_or(0) + 1;
        let added = (first..).zip(&self.added).map(|(place, added)| added.row(ObjectiveId::new(), goal, place, now));
        kept.chain(added).collect()
    }

    /// What stands now where these changes would change something.
    pub fn before(&self, goal: &Goal, objectives: &[Objective]) -> Self {
        let before = |change: &ObjectiveChange| {
            let row = objectives.iter().find(|row| row.id == change.objective_id)?;
            Some(ObjectiveChange {
                objective_id: row.id,
                title: change.title.as_ref().map(|_| row.title.clone()),
                target: row.target.filter(|_| change.target.is_some()),
                tolerance: row.tolerance.filter(|_| change.tolerance.is_some()),
                due_on: change.due_on.map(|_| row.due_on),
                weight: change.weight.map(|_| row.weight),
                is_withdrawn: false,
            })
        };
        Self {
            title: self.title.as_ref().map(|_| goal.title.clone()),
            description: self.description.as_ref().map(|_| goal.description.clone()),
            target_on: self.target_on.map(|_| goal.target_on),
            objectives: self.objectives.iter().filter_map(before).collect(),
            added: Vec::new(),
            override_reason: self.override_reason.as_ref().and(goal.override_reason.clone()),
        }
    }

    /// Everything that is wrong with these changes to this goal, whose objectives these are.
    pub fn check(&self, goal: &Goal, objectives: &[Objective], today: NaiveDate) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut refuse = |pointer: String, code: FieldCode, message: &str| errors.push(wrong(pointer, code, message));
        if self.is_empty() {
            refuse("/objectives".into(), FieldCode::Required, "an amendment changes something");
        }
        if self.target_on.is_some_and(|day| day <= today) {
            refuse("/target_on".into(), FieldCode::OutOfRange, "must be a day to come");
        }
        let last = self.target_on.unwrap_or(goal.target_on);
        let too_late = "must not be after the day by which the goal is to be reached";
        let mut left = 0;
        for row in objectives {
            let change = self.objectives.iter().find(|change| change.objective_id == row.id);
            if change.is_some_and(|change| change.is_withdrawn) {
                continue;
            }
            left += 1;
            if change.is_none_or(|change| change.due_on.is_none()) && row.due_on > last {
                refuse("/target_on".into(), FieldCode::Inconsistent, "an objective is due after that day");
            }
        }
        for (n, change) in self.objectives.iter().enumerate() {
            let place = format!("/objectives/{n}");
            if self.objectives.iter().take(n).any(|earlier| earlier.objective_id == change.objective_id) {
                refuse(format!("{place}/objective_id"), FieldCode::NotUnique, "is changed twice");
            }
            let Some(row) = objectives.iter().find(|row| row.id == change.objective_id) else {
                refuse(format!("{place}/objective_id"), FieldCode::NotFound, "there is no such objective here");
                continue;
            };
            if change.is_empty() {
                refuse(place.clone(), FieldCode::Required, "changes nothing");
            }
            if change.due_on.is_some_and(|day| day > last) {
                refuse(format!("{place}/due_on"), FieldCode::Inconsistent, too_late);
            }
            let after = Numbers {
                direction: row.direction,
                baseline: row.baseline,
                baseline_on: row.baseline_on,
                target: change.target.or(row.target),
                tolerance: change.tolerance.or(row.tolerance),
                due_on: change.due_on.unwrap_or(row.due_on),
            };
            let mut broken = Vec::new();
            numbers::check(&after, &place, &mut broken);
            broken.into_iter().for_each(|e| refuse(e.pointer, e.code, &e.message));
        }
        for (n, added) in self.added.iter().enumerate() {
            if added.due_on > last {
                refuse(format!("/added/{n}/due_on"), FieldCode::Inconsistent, too_late);
            }
        }
        let left = left + self.added.len();
        if left == 0 {
            refuse("/objectives".into(), FieldCode::TooFew, "a goal keeps at least one objective");
        }
        if left > MOST_OBJECTIVES {
            refuse("/added".into(), FieldCode::TooMany, "a goal has at most five objectives");
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::{AccountId, PartnershipId};
    use crate::partnerships::model::GoalState;

    fn day(n: i64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 3, 1).unwrap() + chrono::TimeDelta::days(n)
    }
    fn now() -> Instant {
        "2027-03-01T18:00:00Z".parse().unwrap()
    }
    fn goal() -> Goal {
        Goal {
            id: GoalId::new(),
            partnership_id: PartnershipId::new(),
            title: "Light the alleys".into(),
            description: "Every alley is lit.".into(),
            state: GoalState::InProgress,
            target_on: day(200),
            created_by_id: AccountId::new(),
            proposed_at: None,
            adopted_at: Some(now()),
            started_at: None,
            closed_at: None,
            closing_result: None,
            assessment: None,
            evidence: None,
            within_influence: None,
            influence_reason: None,
            resources_plan: None,
            override_reason: None,
            replaces_id: None,
            decision_id: None,
            version: 1,
            created_at: now(),
            updated_at: now(),
        }
    }
    fn added(due_on: NaiveDate) -> AddedObjective {
        AddedObjective {
            title: "Fewer burglaries".into(),
            indicator: "Burglaries".into(),
            unit: "per quarter".into(),
            source: "Calls for service".into(),
            direction: Direction::Decrease,
            baseline: 12.0,
            baseline_on: day(-30),
            target: 6.0,
            tolerance: None,
            due_on,
            weight: 3,
            owner_id: None,
            side: None,
        }
    }
    fn objectives(of: &Goal, n: i32) -> Vec<Objective> {
        (1..=n).map(|place| added(day(180)).row(ObjectiveId::new(), of.id, place, now())).collect()
    }
    fn change(of: &Objective) -> ObjectiveChange {
        ObjectiveChange {
            objective_id: of.id,
            title: None,
            target: None,
            tolerance: None,
            due_on: None,
            weight: None,
            is_withdrawn: false,
        }
    }
    fn pointers(changes: &Changes, goal: &Goal, there: &[Objective]) -> Vec<String> {
        changes.check(goal, there, day(0)).into_iter().map(|e| e.pointer).collect()
    }

    #[test]
    fn an_amendment_of_objectives_alone_is_of_their_class() {
        let goal = goal();
        let there = objectives(&goal, 1);
        let weight = Changes {
            objectives: vec![ObjectiveChange { weight: Some(5), ..change(&there[0]) }],
            ..Changes::default()
        };
        assert_eq!((weight.class(), weight.is_empty()), (AmendmentClass::Objective, false));
        let later = Changes { target_on: Some(day(300)), ..weight };
        assert_eq!(later.class(), AmendmentClass::Goal);
        assert!(Changes::default().is_empty());
    }

    #[test]
    fn what_does_not_fit_is_named_at_its_place() {
        let goal = goal();
        let there = objectives(&goal, 2);
        let one = |objectives: Vec<ObjectiveChange>| Changes { objectives, ..Changes::default() };
        let of = |edit: fn(&mut ObjectiveChange)| {
            let mut changed = change(&there[0]);
            edit(&mut changed);
            one(vec![changed])
        };
        for (changes, expected) in [
            (Changes::default(), vec!["/objectives"]),
            (of(|c| c.target = Some(20.0)), vec!["/objectives/0/target"]),
            (of(|c| c.tolerance = Some(1.0)), vec!["/objectives/0/tolerance"]),
            (of(|c| c.due_on = Some(day(201))), vec!["/objectives/0/due_on"]),
            (of(|_| ()), vec!["/objectives/0"]),
            (of(|c| c.is_withdrawn = true), vec![]),
            (of(|c| c.target = Some(4.0)), vec![]),
            (Changes { target_on: Some(day(0)), ..Changes::default() }, vec!["/target_on", "/target_on", "/target_on"]),
            (Changes { target_on: Some(day(100)), ..Changes::default() }, vec!["/target_on", "/target_on"]),
            (Changes { added: vec![added(day(201))], ..Changes::default() }, vec!["/added/0/due_on"]),
            (Changes { added: vec![added(day(100)); 4], ..Changes::default() }, vec!["/added"]),
            (
                one(there.iter().map(|row| ObjectiveChange { is_withdrawn: true, ..change(row) }).collect()),
                vec!["/objectives"],
            ),
        ] {
            assert_eq!(pointers(&changes, &goal, &there), expected, "{changes:?}");
        }
        let stranger = ObjectiveChange { objective_id: ObjectiveId::new(), weight: Some(1), ..change(&there[0]) };
        assert_eq!(pointers(&one(vec![stranger]), &goal, &there), ["/objectives/0/objective_id"]);
        let twice = ObjectiveChange { weight: Some(1), ..change(&there[0]) };
        assert_eq!(pointers(&one(vec![twice.clone(), twice]), &goal, &there), ["/objectives/1/objective_id"]);
    }

    #[test]
    fn before_has_what_stands_where_something_changes_and_nothing_else() {
        let goal = goal();
        let there = objectives(&goal, 2);
        let changes = Changes {
            title: Some("Another".into()),
            objectives: vec![ObjectiveChange { target: Some(4.0), ..change(&there[1]) }],
            added: vec![added(day(100))],
            ..Changes::default()
        };
        let expected = Changes {
            title: Some("Light the alleys".into()),
            objectives: vec![ObjectiveChange { target: Some(6.0), ..change(&there[1]) }],
            ..Changes::default()
        };
        assert_eq!(changes.before(&goal, &there), expected);
    }

    prop_compose! {
        fn changed()(
            target in proptest::option::of(-20.0..20.0f64), due in proptest::option::of(-50i64..400),
            weight in proptest::option::of(1i32..=5), is_withdrawn in any::<bool>(),
        ) -> (Option<f64>, Option<i64>, Option<i32>, bool) {
            (target, due, weight, is_withdrawn)
        }
    }

    proptest! {
        #[test]
        fn what_passes_leaves_a_goal_that_could_be_adopted(
            edits in proptest::collection::vec(changed(), 0..4), more in 0usize..4, target in proptest::option::of(-50i64..400),
        ) {
            let goal = goal();
            let there = objectives(&goal, 3);
            let objectives = there.iter().zip(&edits).map(|(row, (target, due, weight, is_withdrawn))| ObjectiveChange {
                target: *target, due_on: due.map(day), weight: *weight, is_withdrawn: *is_withdrawn, ..change(row)
            });
            let changes = Changes {
                objectives: objectives.collect(),
                added: vec![added(day(150)); more],
                target_on: target.map(day),
                ..Changes::default()
            };
            if pointers(&changes, &goal, &there).is_empty() {
                let last = changes.target_on.unwrap_or(goal.target_on);
                let mut left = changes.added.len();
                for row in &there {
                    let edit = changes.objectives.iter().find(|edit| edit.objective_id == row.id);
                    if edit.is_some_and(|edit| edit.is_withdrawn) {
                        continue;
                    }
                    left += 1;
                    let due = edit.and_then(|edit| edit.due_on).unwrap_or(row.due_on);
                    let target = edit.and_then(|edit| edit.target).or(row.target);
                    prop_assert!(due <= last && row.baseline_on.is_some_and(|day| day < due));
                    prop_assert!(target < row.baseline, "down it goes");
                }
                prop_assert!((1..=MOST_OBJECTIVES).contains(&left));
                prop_assert!(last > day(0));
                prop_assert!(changes.added.iter().all(|added| added.due_on <= last));
            }
        }
    }
}
