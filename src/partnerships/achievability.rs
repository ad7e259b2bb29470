//! Whether a goal is achievable: the test of `domain/20-key1-partnerships.md` 6.5 (K1.3, N4: consensus on *one achievable
//! goal*). Pure.
//!
//! Six questions, each answered with the reason for the answer. What the system knows is computed; what only people know
//! (whether it lies within their influence) is answered by whoever writes the goal, and an answer that was not given is a
//! no. A goal with at least five times yes is proposed as it is; any other needs a reason why it should be tried
//! nevertheless, which everybody reads in the text that is decided on.

use chrono::{Months, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use crate::text_enum;

/// Questions that must be answered with yes, of six.
pub const NEEDED: usize = 5;
/// Months from the day of the test within which a goal is to be reached.
pub const MOST_MONTHS: u32 = 12;

text_enum! {
    /// A question of the achievability test.
    pub enum Question {
        /// (a) One indicator names success.
        Indicator = "indicator",
        /// (b) It is known where that indicator stands today.
        Baseline = "baseline",
        /// (c) It is to be reached within twelve months.
        Within12Months = "within_12_months",
        /// (d) Members and partners can influence it.
        Influence = "influence",
        /// (e) What it needs is pledged, or there is a named plan to get it.
        Resources = "resources",
        /// (f) Both sides have a named contributor.
        BothSides = "both_sides",
    }
}

/// An objective, as far as the test asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// What is measured.
    pub name: String,
    /// Whether it is known where it stands today.
    pub has_baseline: bool,
    /// 1 to 5.
    pub weight: i32,
}

/// What the answers depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The goal's objectives, in their order.
    pub indicators: Vec<Indicator>,
    /// The day by which it is to be reached.
    pub target_on: NaiveDate,
    /// What whoever wrote the goal says about influence, and why.
    pub influence: Option<(bool, String)>,
    /// Needs that are recorded for it, and how many of them are pledged or fulfilled.
    pub needs: (usize, usize),
    /// The plan by which what is needed is got.
    pub plan: Option<String>,
    /// Named contributors who are active members: civilian, police.
    pub contributors: (usize, usize),
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AchievabilityAnswer {
    /// Which question.
    pub question: Question,
    /// Whether the answer is yes.
    pub yes: bool,
    /// Why.
    pub why: String,
}

/// The test with its answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Achievability {
    /// All six, in the order of the field's method.
    pub answers: Vec<AchievabilityAnswer>,
    /// How many are answered with yes.
    pub yes: usize,
    /// How many have to be.
    pub needed: usize,
    /// Whether enough are. Otherwise the goal needs an `override_reason` to be proposed.
    pub is_passed: bool,
}

impl Achievability {
    /// The questions answered with no.
    pub fn unmet(&self) -> Vec<&'static str> {
        self.answers.iter().filter(|answer| !answer.yes).map(|answer| answer.question.as_str()).collect()
    }
}

/// The indicator that names success: the one that weighs most; of several, the first.
fn lead(indicators: &[Indicator]) -> Option<&Indicator> {
    indicators.iter().rev().max_by_key(|indicator| indicator.weight)
}

fn answer(question: Question, of: &Facts, today: NaiveDate) -> (bool, String) {
    match question {
        Question::Indicator => match lead(&of.indicators) {
            Some(lead) => (true, format!("Success is told by: {}.", lead.name)),
            None => (false, "No objective names what is measured.".into()),
        },
        Question::Baseline => match lead(&of.indicators) {
            Some(lead) if lead.has_baseline => (true, format!("Known: where “{}” stands.", lead.name)),
            Some(lead) => (false, format!("Unknown: where “{}” stands.", lead.name)),
            None => (false, "Without an indicator there is no baseline.".into()),
        },
        Question::Within12Months => {
            let last = today.checked_add_months(Months::new(MOST_MONTHS)).unwrap_or(NaiveDate::MAX);
            let on = of.target_on;
            if on <= last {
                (true, format!("It is to be reached by {on}, within {MOST_MONTHS} months."))
            } else {
                (false, format!("It is to be reached by {on}, later than {MOST_MONTHS} months from now, {last}."))
            }
        }
        Question::Influence => match &of.influence {
            Some((within, why)) => (*within, why.clone()),
            None => (false, "Nobody has said whether members and partners can influence it.".into()),
        },
        Question::Resources => match (of.needs, &of.plan) {
            ((needs, pledged), _) if needs > 0 && pledged >= needs => {
                (true, format!("All {needs} recorded needs are pledged."))
            }
            (_, Some(plan)) => (true, format!("There is a plan: {plan}")),
            ((0, _), None) => (false, "Neither needs that are pledged nor a plan to get what is needed.".into()),
            ((needs, pledged), None) => {
                (false, format!("{pledged} of {needs} needs are pledged, and there is no plan to get the rest."))
            }
        },
        Question::BothSides => match of.contributors {
            (0, 0) => (false, "Nobody is named who contributes.".into()),
            (0, _) => (false, "No civilian member is named who contributes.".into()),
            (_, 0) => (false, "No police member is named who contributes.".into()),
            (civilian, police) => (true, format!("Named: {civilian} civilian, {police} police.")),
        },
    }
}

/// Answers all questions as of `today`.
pub fn test(of: &Facts, today: NaiveDate) -> Achievability {
    let answers: Vec<AchievabilityAnswer> = Question::ALL
        .iter()
        .map(|&question| {
            let (yes, why) = answer(question, of, today);
            AchievabilityAnswer { question, yes, why }
        })
        .collect();
    let yes = answers.iter().filter(|answer| answer.yes).count();
    Achievability { answers, yes, needed: NEEDED, is_passed: yes >= NEEDED }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 3, 1).unwrap()
    }
    fn indicator(name: &str, has_baseline: bool, weight: i32) -> Indicator {
        Indicator { name: name.into(), has_baseline, weight }
    }
    fn achievable() -> Facts {
        Facts {
            indicators: vec![indicator("Burglaries", true, 3)],
            target_on: NaiveDate::from_ymd_opt(2027, 11, 30).unwrap(),
            influence: Some((true, "The city mends what we report.".into())),
            needs: (0, 0),
            plan: Some("Ask the utility.".into()),
            contributors: (1, 1),
        }
    }

    #[test]
    fn each_question_fails_for_its_own_reason_and_no_other() {
        assert_eq!(test(&achievable(), today()).unmet(), Vec::<&str>::new());
        let late = today().checked_add_months(Months::new(12)).unwrap().succ_opt().unwrap();
        let cases: [(&[&str], Facts); 7] = [
            (&["indicator", "baseline"], Facts { indicators: Vec::new(), ..achievable() }),
            (&["baseline"], Facts { indicators: vec![indicator("Burglaries", false, 3)], ..achievable() }),
            (&["within_12_months"], Facts { target_on: late, ..achievable() }),
            (&["influence"], Facts { influence: None, ..achievable() }),
            (&["influence"], Facts { influence: Some((false, "It is the state's.".into())), ..achievable() }),
            (&["resources"], Facts { plan: None, needs: (3, 2), ..achievable() }),
            (&["both_sides"], Facts { contributors: (4, 0), ..achievable() }),
        ];
        for (unmet, facts) in cases {
            let tested = test(&facts, today());
            assert_eq!(tested.unmet(), unmet);
            assert_eq!(tested.is_passed, unmet.len() < 2, "five of six");
        }
    }

    #[test]
    fn the_edge_of_twelve_months_is_within() {
        let on = |y, m, d| Facts { target_on: NaiveDate::from_ymd_opt(y, m, d).unwrap(), ..achievable() };
        assert!(test(&on(2028, 3, 1), today()).is_passed);
        assert_eq!(test(&on(2028, 3, 1), today()).unmet(), Vec::<&str>::new());
        assert_eq!(test(&on(2028, 3, 2), today()).unmet(), ["within_12_months"]);
        let leap = NaiveDate::from_ymd_opt(2028, 2, 29).unwrap();
        assert_eq!(test(&on(2029, 2, 28), leap).unmet(), Vec::<&str>::new());
        assert_eq!(test(&on(2029, 3, 1), leap).unmet(), ["within_12_months"]);
    }

    #[test]
    fn resources_are_all_pledged_or_planned() {
        let unmet = |needs, plan: Option<&str>| {
            test(&Facts { needs, plan: plan.map(Into::into), ..achievable() }, today()).unmet()
        };
        for (needs, plan, good) in [
            ((0, 0), None, false),
            ((2, 1), None, false),
            ((2, 2), None, true),
            ((2, 3), None, true),
            ((0, 0), Some("Ask."), true),
            ((2, 0), Some("Ask."), true),
        ] {
            assert_eq!(unmet(needs, plan).is_empty(), good, "{needs:?} {plan:?}");
        }
    }

    #[test]
    fn the_heaviest_indicator_leads_and_of_several_the_first() {
        let of = |all: &[Indicator]| lead(all).map(|one| one.name.clone());
        assert_eq!(of(&[]), None);
        let (a, b, c) = (indicator("a", true, 2), indicator("b", true, 3), indicator("c", true, 3));
        assert_eq!(of(&[a, b, c]).as_deref(), Some("b"));
    }

    prop_compose! {
        fn facts()(
            indicators in proptest::collection::vec(("[a-z]{1,8}", any::<bool>(), 1i32..=5), 0..6),
            days in -400i64..800,
            influence in proptest::option::of((any::<bool>(), "[a-z]{1,8}")),
            needs in (0usize..5, 0usize..6),
            plan in proptest::option::of("[a-z]{1,8}"),
            contributors in (0usize..4, 0usize..4),
        ) -> Facts {
            Facts {
                indicators: indicators.iter().map(|(name, known, weight)| indicator(name, *known, *weight)).collect(),
                target_on: today() + chrono::TimeDelta::days(days),
                influence, needs, plan, contributors,
            }
        }
    }

    proptest! {
        #[test]
        fn every_question_is_answered_once_with_a_reason_and_five_pass(of in facts()) {
            let tested = test(&of, today());
            let asked: Vec<Question> = tested.answers.iter().map(|a| a.question).collect();
            prop_assert_eq!(asked.as_slice(), Question::ALL);
            prop_assert!(tested.answers.iter().all(|a| !a.why.trim().is_empty()));
            prop_assert_eq!(tested.yes + tested.unmet().len(), Question::ALL.len());
            prop_assert_eq!(tested.is_passed, tested.unmet().len() <= 1);
        }

        #[test]
        fn one_side_alone_never_makes_both_sides(of in facts(), alone in any::<bool>()) {
            let contributors = if alone { (of.contributors.0, 0) } else { (0, of.contributors.1) };
            let tested = test(&Facts { contributors, ..of }, today());
            prop_assert!(tested.unmet().contains(&"both_sides"));
        }

        #[test]
        fn more_contributors_pledges_and_plans_never_turn_a_yes_into_a_no(of in facts(), more in (0usize..3, 0usize..3)) {
            let before = test(&of, today()).yes;
            let better = Facts {
                contributors: (of.contributors.0 + more.0, of.contributors.1 + more.1),
                needs: (of.needs.0, of.needs.1 + more.0),
                plan: of.plan.clone().or_else(|| Some("A plan".into())),
                ..of
            };
            prop_assert!(test(&better, today()).yes >= before);
        }
    }
}
