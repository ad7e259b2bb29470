//! The texts that are decided on: what a goal, and an amendment of one, is when it is proposed, in words. Pure.
//!
//! The text is a snapshot: whoever reads it reads all that is to be adopted. When what it tells of changes, the decision gets
//! a new version of it, and stances under the old one do not count any more (`domain/20-key1-partnerships.md` 6.6).

use std::fmt::Write as _;

use chrono::NaiveDate;

use super::achievability::Achievability;
use super::amending::Changes;
use super::model::{Direction, Goal, Objective};

/// How an objective is to go, in words.
struct Way<'a> {
    title: &'a str,
    indicator: &'a str,
    unit: &'a str,
    source: &'a str,
    direction: Direction,
    baseline: Option<f64>,
    baseline_on: Option<NaiveDate>,
    target: Option<f64>,
    tolerance: Option<f64>,
    due_on: NaiveDate,
    weight: i32,
}

// Writing to a string can't fail.
fn line(out: &mut String, of: &Way<'_>) {
    let number = |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |value| value.to_string());
    let way = match of.direction {
        Direction::Do => format!("to be done by {}", of.due_on),
        Direction::Maintain => {
            let tolerance = of.tolerance.unwrap_or(0.0);
            format!("to stay at {} ± {tolerance} {} until {}", number(of.target), of.unit, of.due_on)
        }
        Direction::Increase | Direction::Decrease => {
            let since = of.baseline_on.map_or_else(String::new, |day| format!(" on {day}"));
            let (from, to) = (number(of.baseline), number(of.target));
            format!("from {from}{since} to {to} {} by {}", of.unit, of.due_on)
        }
    };
    let _ = writeln!(out, "- {}: {}, {way}; source: {}; weight {}.", of.title, of.indicator, of.source, of.weight);
}

fn way(row: &Objective) -> Way<'_> {
    Way {
        title: &row.title,
        indicator: &row.indicator,
        unit: &row.unit,
        source: &row.source,
        direction: row.direction,
        baseline: row.baseline,
        baseline_on: row.baseline_on,
        target: row.target,
        tolerance: row.tolerance,
        due_on: row.due_on,
        weight: row.weight,
    }
}

/// A goal with its objectives, its achievability and, where it does not pass that test, the reason to try it nevertheless.
pub fn goal(of: &Goal, objectives: &[Objective], tested: &Achievability, replaced: Option<&str>) -> String {
    let mut out = format!("{}\nTo be reached by {}.\n\n{}\n", of.title, of.target_on, of.description);
    if let Some(title) = replaced {
        let _ = write!(out, "\nIt takes the place of the current goal, “{title}”.\n");
    }
    out.push_str("\nObjectives\n");
    objectives.iter().for_each(|row| line(&mut out, &way(row)));
    let _ = write!(out, "\n{}\n", self::tested(tested).trim_start());
    out.push_str(&nevertheless(tested, of.override_reason.as_deref()));
    out.trim_end().to_owned()
}

/// Why what does not pass the test is proposed nevertheless.
pub fn nevertheless(tested: &Achievability, reason: Option<&str>) -> String {
    let reason = reason.filter(|_| !tested.is_passed);
    reason.map(|reason| format!("\n\nIt is proposed nevertheless, because: {reason}")).unwrap_or_default()
}

/// How the achievability test is answered.
pub fn tested(of: &Achievability) -> String {
    let mut out = format!("\n\nAchievability: {} of {}, {} needed", of.yes, of.answers.len(), of.needed);
    for answer in &of.answers {
        let yes = if answer.yes { "yes" } else { "no" };
        let _ = write!(out, "\n- {}: {yes}. {}", answer.question.as_str().replace('_', " "), answer.why);
    }
    out
}

/// What is to change of an adopted goal, with what stands now, and why.
pub fn amendment(of: &Goal, objectives: &[Objective], changes: &Changes, reason: &str) -> String {
    let mut out = format!("Amendment of the goal “{}”\n\nBecause: {reason}\n\n", of.title);
    if let Some(title) = &changes.title {
        let _ = writeln!(out, "- The goal is called “{title}”.");
    }
    if let Some(day) = changes.target_on {
        let _ = writeln!(out, "- It is to be reached by {day}, and not by {}.", of.target_on);
    }
    if let Some(text) = &changes.description {
        let _ = writeln!(out, "- It says: {text}");
    }
    for change in &changes.objectives {
        let Some(row) = objectives.iter().find(|row| row.id == change.objective_id) else { continue };
        if change.is_withdrawn {
            let _ = writeln!(out, "- Withdrawn: {}.", row.title);
            continue;
        }
        let _ = write!(out, "- Was: ");
        let mut before = String::new();
        line(&mut before, &way(row));
        out.push_str(before.trim_start_matches("- "));
        let after = Way {
            title: change.title.as_deref().unwrap_or(&row.title),
            target: change.target.or(row.target),
            tolerance: change.tolerance.or(row.tolerance),
            due_on: change.due_on.unwrap_or(row.due_on),
            weight: change.weight.unwrap_or(row.weight),
            ..way(row)
        };
        let mut then = String::new();
        line(&mut then, &after);
        let _ = write!(out, "  Becomes: {}", then.trim_start_matches("- "));
    }
    for added in &changes.added {
        let mut text = String::new();
        let of = Way {
            title: &added.title,
            indicator: &added.indicator,
            unit: &added.unit,
            source: &added.source,
            direction: added.direction,
            baseline: Some(added.baseline),
            baseline_on: Some(added.baseline_on),
            target: Some(added.target),
            tolerance: added.tolerance,
            due_on: added.due_on,
            weight: added.weight,
        };
        line(&mut text, &of);
        let _ = write!(out, "- Added: {}", text.trim_start_matches("- "));
    }
    out.trim_end().to_owned()
}
