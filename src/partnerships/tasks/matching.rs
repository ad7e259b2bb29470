//! How well somebody fits a task (`domain/20` 6.8): by skill and interest and by who had few chances, never by mere
//! availability. Pure, and exact: everything is counted in whole numbers, so that the database, which picks the best among
//! many, comes to the same score on either engine.
//!
//! ```text
//! skill_fit    = mean over required skills of min(level/min_level, 1), or 0.6 for whoever wants to learn the skill where
//!                the task has a mentor with level 3 or more in it, whichever is more;
//!                0 overall when an essential skill is unmet, unless it is learned so
//! interest_fit = strength / 3 of the strongest interest among the task's topics
//! opportunity  = 0.6 / (1 + tasks accepted in the last 90 days) + 0.4 for a first task in which one leads others
//! score        = round(100 · (0.45 · skill_fit + 0.35 · interest_fit + 0.20 · opportunity))
//! ```
//! Without required skills: `round(100 · (0.65 · interest_fit + 0.35 · opportunity))`. Halves are rounded up.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use super::model::AssignmentBasis;
use crate::accounts::Side;
use crate::partnerships::tasks::model::PoliceRole;
use crate::platform::clock::days;
use crate::text_enum;

/// Tasks accepted since then count against further opportunity.
pub const RECENT: Duration = days(90);
/// The level from which a mentor makes up for a skill that is still to be learned.
pub const MENTOR_LEVEL: i32 = 3;
/// A skill that is fully met, in the units in which skills are summed up: divisible by every level.
const MET: i64 = 60;
/// A skill that is learned on the task: 0.6 of [`MET`].
const LEARNED: i64 = 36;
/// The highest strength of an interest.
const STRONGEST: i64 = 3;

/// A skill that a task requires, and how the person stands to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkillNeeded {
    /// 1 to 4.
    pub min_level: i32,
    /// Without it the task can't be done.
    pub essential: bool,
    /// A mentor with [`MENTOR_LEVEL`] or more in it is on the task.
    pub mentored: bool,
    /// The person's level, 0 for none.
    pub level: i32,
    /// The person wants to learn it.
    pub wanted: bool,
}

impl SkillNeeded {
    /// Whether it would be learned on this task.
    const fn is_learned(&self) -> bool {
        self.mentored && self.wanted && self.level < self.min_level
    }
    /// Whether the person can do what is asked for.
    pub const fn is_met(&self) -> bool {
        self.level >= self.min_level
    }
    /// In units of [`MET`].
    fn units(&self) -> i64 {
        let least = i64::from(self.min_level.max(1));
        let able = i64::from(self.level.max(0)).min(least) * MET / least;
        if self.is_learned() { able.max(LEARNED) } else { able }
    }
    /// Whether it is in the way of everything.
    const fn is_missing(&self) -> bool {
        self.essential && !self.is_met() && !self.is_learned()
    }
}

/// What counts about a person for a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fit {
    /// Of each required skill.
    pub skills: Vec<SkillNeeded>,
    /// The strongest interest among the task's topics, 0 for none.
    pub strength: i32,
    /// Tasks that the person accepted in the partnership within [`RECENT`].
    pub accepted_recently: i64,
    /// Tasks in which the person has led others in the partnership, ever.
    pub led: i64,
    /// Whether the task has one lead others.
    pub leads_others: bool,
}

text_enum! {
    /// What speaks for somebody, or against.
    pub enum MatchReason {
        /// Every required skill is met.
        SkillsMet = "skills_met",
        /// Some of the required skills are met, or nearly.
        SkillsPartlyMet = "skills_partly_met",
        /// An essential skill is missing, so that no skill counts.
        EssentialSkillMissing = "essential_skill_missing",
        /// A skill that the person wants to learn, with a mentor on the task.
        LearnsWithMentor = "learns_with_mentor",
        /// The person likes to work on it.
        Interested = "interested",
        /// The person had no task in the last 90 days.
        NoRecentTask = "no_recent_task",
        /// It would be the person's first task in which they lead others.
        FirstLead = "first_lead",
    }
}

/// A score with its parts.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Match {
    /// 0 to 100; the sum of the three parts, rounded.
    pub score: i64,
    /// How far the required skills are met, 0 to 1; `null` where none is required.
    pub skill_fit: Option<f64>,
    /// The strongest interest, 0 to 1.
    pub interest_fit: f64,
    /// How much the person is due a chance, 0 to 1.
    pub opportunity: f64,
    /// What the skills add to the score, at most 45.
    pub skill_points: f64,
    /// What the interest adds, at most 35; 65 where no skill is required.
    pub interest_points: f64,
    /// What the opportunity adds, at most 20; 35 where no skill is required.
    pub opportunity_points: f64,
    /// In words of ours.
    pub reasons: Vec<MatchReason>,
}

impl Fit {
    /// Units of [`MET`] over all required skills; 0 when an essential one is missing.
    fn units(&self) -> i64 {
        if self.skills.iter().any(SkillNeeded::is_missing) {
            return 0;
        }
        self.skills.iter().map(SkillNeeded::units).sum()
    }
    fn needed(&self) -> i64 {
        i64::try_from(self.skills.len()).unwrap_or(i64::MAX)
    }
    fn strength(&self) -> i64 {
        i64::from(self.strength).clamp(0, STRONGEST)
    }
    fn is_first_lead(&self) -> bool {
        self.leads_others && self.led == 0
    }

    /// The score, 0 to 100.
    pub fn score(&self) -> i64 {
        let (needed, strength) = (self.needed(), self.strength());
        let times = 1 + self.accepted_recently.max(0);
        let first = i64::from(self.is_first_lead());
        // Both fractions are the formula times 100, brought on one denominator.
        let (numerator, denominator) = if needed == 0 {
            (65 * strength * times + 63 + 42 * first * times, 3 * times)
        } else {
            let skills = 9 * self.units() * times;
            let rest = needed * (140 * strength * times + 144 + 96 * first * times);
            (skills + rest, 12 * needed * times)
        };
        (2 * numerator + denominator) / (2 * denominator)
    }

    /// The score with its parts and reasons.
    pub fn matched(&self) -> Match {
        let part = |whole: i64, of: i64| fraction(whole) / fraction(of);
        let needed = self.needed();
        let skill_fit = (needed > 0).then(|| part(self.units(), needed * MET));
        let interest_fit = part(self.strength(), STRONGEST);
        let opportunity =
            0.6 / fraction(1 + self.accepted_recently.max(0)) + if self.is_first_lead() { 0.4 } else { 0.0 };
        let (by_skill, by_interest, by_opportunity) = if needed == 0 { (0.0, 65.0, 35.0) } else { (45.0, 35.0, 20.0) };
        Match {
            score: self.score(),
            skill_fit,
            interest_fit,
            opportunity,
            skill_points: by_skill * skill_fit.unwrap_or(0.0),
            interest_points: by_interest * interest_fit,
            opportunity_points: by_opportunity * opportunity,
            reasons: self.reasons(),
        }
    }

    fn reasons(&self) -> Vec<MatchReason> {
        use MatchReason as R;
        let missing = self.skills.iter().any(SkillNeeded::is_missing);
        let met = !self.skills.is_empty() && self.skills.iter().all(SkillNeeded::is_met);
        let learned = !missing && self.skills.iter().any(SkillNeeded::is_learned);
        let partly = !missing && !met && self.skills.iter().any(|skill| skill.level > 0);
        [
            (met, R::SkillsMet),
            (partly, R::SkillsPartlyMet),
            (missing, R::EssentialSkillMissing),
            (learned, R::LearnsWithMentor),
            (self.strength() > 0, R::Interested),
            (self.accepted_recently == 0, R::NoRecentTask),
            (self.is_first_lead(), R::FirstLead),
        ]
        .into_iter()
        .filter_map(|(holds, reason)| holds.then_some(reason))
        .collect()
    }

    /// The strongest basis that is true for giving the task to this person. By skill counts whoever has any level of a
    /// required skill and misses no essential one.
    pub fn basis(&self, volunteered: bool, side: Side, police_role: PoliceRole) -> AssignmentBasis {
        use AssignmentBasis as B;
        let counted = !self.skills.iter().any(SkillNeeded::is_missing);
        let skilled = counted && self.skills.iter().any(|skill| skill.level > 0);
        let learned = counted && self.skills.iter().any(SkillNeeded::is_learned);
        let duty = match side {
            Side::Police => police_role != PoliceRole::None,
            Side::Agency => true,
            Side::Civilian => false,
        };
        match (skilled, self.strength() > 0) {
            (true, true) => B::Both,
            (true, false) => B::Skill,
            (false, true) => B::Interest,
            (false, false) if learned => B::Growth,
            (false, false) if volunteered => B::Volunteered,
            (false, false) if duty => B::Duty,
            (false, false) => B::AvailabilityOnly,
        }
    }
}

/// Small whole numbers as they are.
const fn fraction(whole: i64) -> f64 {
    whole as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn skill()(min_level in 1..=4_i32, essential: bool, mentored: bool, level in 0..=4_i32, wanted: bool) -> SkillNeeded {
            SkillNeeded { min_level, essential, mentored, level, wanted }
        }
    }
    prop_compose! {
        fn fit()(skills in prop::collection::vec(skill(), 0..8), strength in 0..=3_i32, accepted_recently in 0..40_i64,
                 led in 0..5_i64, leads_others: bool) -> Fit {
            Fit { skills, strength, accepted_recently, led, leads_others }
        }
    }

    /// Whether the person is suggested: there is a skill or an interest that fits. Everybody may volunteer.
    fn is_suggested(fit: &Fit) -> bool {
        fit.units() > 0 || fit.strength() > 0
    }

    /// The formula as it stands in the chapter, in doubles, before rounding.
    fn by_the_book(fit: &Fit) -> f64 {
        let learns = |s: &SkillNeeded| s.wanted && s.mentored;
        let one = |s: &SkillNeeded| {
            let able = (f64::from(s.level) / f64::from(s.min_level)).min(1.0);
            if learns(s) { able.max(0.6) } else { able }
        };
        let unmet = fit.skills.iter().any(|s| s.essential && s.level < s.min_level && !learns(s));
        let opportunity =
            0.6 / (1.0 + fraction(fit.accepted_recently)) + 0.4 * f64::from(u8::from(fit.leads_others && fit.led == 0));
        let interest = f64::from(fit.strength) / 3.0;
        if fit.skills.is_empty() {
            return 100.0 * (0.65 * interest + 0.35 * opportunity);
        }
        let mean = if unmet { 0.0 } else { fit.skills.iter().map(one).sum::<f64>() / fraction(fit.needed()) };
        100.0 * (0.45 * mean + 0.35 * interest + 0.20 * opportunity)
    }

    proptest! {
        #[test]
        fn the_score_is_the_formulas(fit in fit()) {
            let book = by_the_book(&fit);
            prop_assert!((0..=100).contains(&fit.score()));
            prop_assert!((fraction(fit.score()) - book).abs() <= 0.5 + 1e-9, "{} is not {book}", fit.score());
            // A half goes up; a hair beside a half is the doubles' own.
            if (book.fract() - 0.5).abs() > 1e-9 {
                prop_assert_eq!(fraction(fit.score()), book.round());
            }
        }

        #[test]
        fn parts_add_up_to_the_score(fit in fit()) {
            let m = fit.matched();
            let sum = m.skill_points + m.interest_points + m.opportunity_points;
            prop_assert!((sum - fraction(m.score)).abs() <= 0.5 + 1e-9);
            for part in [m.skill_fit.unwrap_or(0.0), m.interest_fit, m.opportunity] {
                prop_assert!((0.0..=1.0).contains(&part));
            }
            prop_assert_eq!(is_suggested(&fit), m.skill_fit.unwrap_or(0.0) > 0.0 || m.interest_fit > 0.0);
        }

        #[test]
        fn more_skill_or_interest_never_lowers_the_score(fit in fit(), which in 0..8_usize) {
            let mut better = fit.clone();
            if let Some(skill) = better.skills.get_mut(which) {
                skill.level = (skill.level + 1).min(4);
            } else {
                better.strength = (better.strength + 1).min(3);
            }
            // Whoever learns a skill and reaches the level asked for has it.
            prop_assert!(better.score() >= fit.score());
            let busier = Fit { accepted_recently: fit.accepted_recently + 1, ..fit.clone() };
            prop_assert!(busier.score() <= fit.score());
        }

        #[test]
        fn the_basis_is_the_strongest_that_holds(fit in fit(), volunteered: bool) {
            use AssignmentBasis as B;
            let of = |side| fit.basis(volunteered, side, PoliceRole::Support);
            let basis = of(Side::Civilian);
            prop_assert_eq!(basis == B::AvailabilityOnly, !volunteered && !is_suggested(&fit));
            prop_assert_eq!(matches!(basis, B::Both | B::Interest), fit.strength > 0);
            prop_assert!(of(Side::Police) <= basis && of(Side::Police) != B::AvailabilityOnly);
        }
    }

    #[test]
    fn examples_of_the_chapter() {
        let skill =
            |min_level, level| SkillNeeded { min_level, essential: false, mentored: false, level, wanted: false };
        let base = Fit { skills: vec![skill(2, 4)], strength: 3, accepted_recently: 0, led: 0, leads_others: true };
        assert_eq!(base.score(), 100);
        // 45 · ½ + 35 · ⅔ + 20 · 0.6 / 3
        let half = Fit { skills: vec![skill(4, 2)], strength: 2, accepted_recently: 2, led: 1, ..base.clone() };
        assert_eq!(half.score(), 50);
        let mut essential = half.clone();
        essential.skills = vec![SkillNeeded { essential: true, ..skill(4, 2) }];
        assert_eq!((essential.score(), essential.matched().skill_fit), (27, Some(0.0)));
        essential.skills = vec![SkillNeeded { essential: true, mentored: true, wanted: true, ..skill(4, 1) }];
        assert_eq!(essential.matched().skill_fit, Some(0.6));
        assert!(essential.matched().reasons.contains(&MatchReason::LearnsWithMentor));
        let no_skill = Fit { skills: Vec::new(), strength: 1, leads_others: false, ..base };
        assert_eq!(no_skill.score(), 43, "21.67 + 21");
    }
}
