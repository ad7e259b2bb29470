//! How what was called in a meeting is told in the draft of its minutes. Pure.
//!
//! How many of each side stood where, each block with its reason, and who blocked where that is known: of an anonymous
//! decision it is not. Where the open meetings law binds the partnership, it is told of each member by name (`domain/60` 6.22;
//! `domain/90`).

use std::fmt::Write as _;

use crate::accounts::Side;
use crate::partnerships::{Ending, Heads, Level, Principle, SideQuorum};

/// Somebody's block that was not taken back.
#[derive(Debug, Clone)]
pub struct Blocked {
    /// Whose; none where nobody is told.
    pub who: Option<String>,
    pub side: Side,
    pub principle: Principle,
    pub reason: String,
    pub remedy: String,
    /// Whether it was dismissed, so that it did not count.
    pub is_dismissed: bool,
}

/// Where somebody stood.
#[derive(Debug, Clone)]
pub struct Position {
    pub who: String,
    pub side: Side,
    /// None of whoever was asked and said nothing.
    pub level: Option<Level>,
}

/// What was called in a meeting, and what came of it.
#[derive(Debug, Clone)]
pub struct Decided {
    pub question: String,
    /// How the call ended; none while it goes on, or where it ended without a decision.
    pub ending: Option<Ending>,
    /// Whether the call has ended.
    pub is_over: bool,
    pub by_voice: bool,
    /// Who was there when it was called.
    pub quorum: [SideQuorum; 2],
    /// How many of each side stood where; nothing where it was not decided.
    pub heads: Vec<Heads>,
    pub blocks: Vec<Blocked>,
    /// Where each member stood, where that is told.
    pub positions: Vec<Position>,
}

/// The levels in words, from full support to a block.
const fn said(level: Level) -> &'static str {
    match level {
        Level::Endorse => "endorse",
        Level::AgreeMinor => "agree with a small point",
        Level::Reservations => "support with reservations",
        Level::StandAside => "stand aside",
        Level::MoreDiscussion => "need more discussion",
        Level::DislikeSupport => "dislike it and support it",
        Level::Disagree => "disagree",
        Level::Block => "block",
    }
}

/// What was said by nobody's mouth.
const SILENT: &str = "said nothing";

/// How many of a side stood where, with those who said nothing.
fn counts(heads: &Heads) -> String {
    let silent = heads.eligible.saturating_sub(heads.cast());
    let all = Level::ALL.iter().map(|level| (heads.at(*level), said(*level))).chain([(silent, SILENT)]);
    let told: Vec<String> = all.filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let told = if told.is_empty() { "nobody was asked".to_owned() } else { told.join(", ") };
    format!("{} side: {told}", heads.side)
}

/// In one line, without a full stop at its end.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

fn block(of: &Blocked) -> String {
    let who = of.who.as_ref().map_or_else(|| "block".to_owned(), |who| format!("block of {who}"));
    let stands_on = of.principle.as_str().replace('_', " ");
    let dismissed = if of.is_dismissed { " (dismissed)" } else { "" };
    let (reason, remedy) = (line(&of.reason), line(&of.remedy));
    format!("{who}, {} side, for {stands_on}: {reason}; what would remedy it: {remedy}{dismissed}", of.side)
}

/// Who of a side stood where, by name; nothing where nobody is named.
fn named(side: Side, positions: &[Position]) -> Option<String> {
    let levels = Level::ALL.iter().copied().map(Some).chain([None]);
    let at = |level: Option<Level>| {
        let mut who: Vec<&str> =
            positions.iter().filter(|one| one.side == side && one.level == level).map(|one| one.who.as_str()).collect();
        who.sort_unstable();
        (!who.is_empty()).then(|| format!("{}: {}", level.map_or(SILENT, said), who.join(", ")))
    };
    let told: Vec<String> = levels.filter_map(at).collect();
    (!told.is_empty()).then(|| format!("{side} side by name: {}", told.join("; ")))
}

impl Decided {
    /// The decision in a line, and in lines below it what was said.
    pub fn told(&self) -> String {
        let ending = match (self.ending, self.is_over) {
            (Some(ending), _) => ending.as_str().replace('_', " "),
            (None, true) => "amended; not decided".to_owned(),
            (None, false) => "open".to_owned(),
        };
        let how = if self.by_voice { ", by voice" } else { "" };
        let there = self.quorum.map(|side| format!("{} of {} {}", side.present, side.eligible, side.side));
        let mut out = format!("{}: {ending}{how} (present: {})", self.question, there.join(", "));
        let sides = [Side::Civilian, Side::Police, Side::Agency];
        let names = sides.into_iter().filter_map(|side| named(side, &self.positions));
        for told in self.heads.iter().map(counts).chain(self.blocks.iter().map(block)).chain(names) {
            // Writing to a string can't fail.
            let _ = write!(out, "\n  - {told}");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(ending: Option<Ending>, is_over: bool) -> Decided {
        let of = |side, present, eligible| SideQuorum { side, present, eligible, needed: 1, is_quorate: true };
        Decided {
            question: "Do we buy wire?".into(),
            ending,
            is_over,
            by_voice: false,
            quorum: [of(Side::Civilian, 5, 8), of(Side::Police, 1, 2)],
            heads: vec![],
            blocks: vec![],
            positions: vec![],
        }
    }
    fn blocked(who: Option<&str>) -> Blocked {
        Blocked {
            who: who.map(str::to_owned),
            side: Side::Police,
            principle: Principle::RightsOrFairness,
            reason: "Copper is\nstolen.".into(),
            remedy: "Take aluminum.".into(),
            is_dismissed: false,
        }
    }

    #[test]
    fn how_a_call_ended_is_told_or_that_it_decided_nothing() {
        for (ending, is_over, told) in [
            (None, false, "open"),
            (None, true, "amended; not decided"),
            (Some(Ending::Adopted), true, "adopted"),
            (Some(Ending::NotAdopted), true, "not adopted"),
        ] {
            let expected = format!("Do we buy wire?: {told} (present: 5 of 8 civilian, 1 of 2 police)");
            assert_eq!(decided(ending, is_over).told(), expected);
        }
    }

    #[test]
    fn each_level_of_each_side_is_counted_with_those_who_said_nothing() {
        for level in Level::ALL {
            let mut heads = Heads::silent(Side::Civilian, 3);
            *match level {
                Level::Endorse => &mut heads.endorse,
                Level::AgreeMinor => &mut heads.agree_minor,
                Level::Reservations => &mut heads.reservations,
                Level::StandAside => &mut heads.stand_aside,
                Level::MoreDiscussion => &mut heads.more_discussion,
                Level::DislikeSupport => &mut heads.dislike_support,
                Level::Disagree => &mut heads.disagree,
                Level::Block => &mut heads.block,
            } = 2;
            assert_eq!(counts(&heads), format!("civilian side: 2 {}, 1 said nothing", said(*level)));
        }
        assert_eq!(counts(&Heads::silent(Side::Police, 0)), "police side: nobody was asked");
    }

    #[test]
    fn blocks_are_told_with_their_reason_and_names_where_they_are_known() {
        let heads = vec![
            Heads { endorse: 4, disagree: 1, ..Heads::silent(Side::Civilian, 5) },
            Heads { block: 1, ..Heads::silent(Side::Police, 1) },
        ];
        let anonymous = Decided { heads, blocks: vec![blocked(None)], ..decided(Some(Ending::Blocked), true) };
        assert_eq!(
            anonymous.told(),
            "Do we buy wire?: blocked (present: 5 of 8 civilian, 1 of 2 police)\n  \
             - civilian side: 4 endorse, 1 disagree\n  - police side: 1 block\n  \
             - block, police side, for rights or fairness: Copper is stolen; what would remedy it: Take aluminum"
        );
        let dismissed = Blocked { is_dismissed: true, ..blocked(Some("Officer Rivera")) };
        assert_eq!(
            block(&dismissed),
            "block of Officer Rivera, police side, for rights or fairness: Copper is stolen; what would remedy it: Take \
             aluminum (dismissed)"
        );
    }

    #[test]
    fn where_each_member_stood_is_told_by_side_and_level() {
        let one = |who: &str, side, level| Position { who: who.into(), side, level };
        let of = Decided {
            by_voice: true,
            positions: vec![
                one("Tom", Side::Civilian, Some(Level::Endorse)),
                one("Ana", Side::Civilian, Some(Level::Endorse)),
                one("Bo", Side::Civilian, None),
                one("Lee", Side::Civilian, Some(Level::Disagree)),
                one("Officer Rivera", Side::Police, Some(Level::StandAside)),
            ],
            ..decided(Some(Ending::Adopted), true)
        };
        assert_eq!(
            of.told(),
            "Do we buy wire?: adopted, by voice (present: 5 of 8 civilian, 1 of 2 police)\n  \
             - civilian side by name: endorse: Ana, Tom; disagree: Lee; said nothing: Bo\n  \
             - police side by name: stand aside: Officer Rivera"
        );
    }
}
