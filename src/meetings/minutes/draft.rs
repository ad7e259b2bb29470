//! The text that minutes begin with, made from what is on record of the meeting. Pure.
//!
//! Each part is one field of [`Held`]: what another slice puts on record is one field more, written out where it belongs. Nobody
//! is named who was there: names are put in by whoever writes, where the person agrees. Where the open meetings law binds the
//! partnership, it is told by name how members decided; and a block has its name, unless the decision is anonymous.

use std::fmt::Write as _;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::decided::Decided;
use crate::accounts::Side;
use crate::meetings::presence::{Presence, SidePresence};
use crate::partnerships::Sector;

/// Action items told one by one; more are counted.
pub const ITEMS: usize = 100;
/// Characters of a draft at most; whoever writes minutes may write as many.
pub const LENGTH: usize = 50_000;

/// People who were at a meeting of the partnership for the first time; of those who are recorded by person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FirstTimers {
    /// Of the civilian side.
    pub civilian: i64,
    /// Of the police side.
    pub police: i64,
    /// Of partner agencies.
    pub agency: i64,
}

/// Something that somebody took on.
#[derive(Debug, Clone)]
pub struct Item {
    pub what: String,
    /// Who took it on; none where nobody did.
    pub who: Option<String>,
    pub due_on: NaiveDate,
}

/// A part of the meeting behind closed doors. The law wants the motion whole (K.S.A. 75-4319).
#[derive(Debug, Clone)]
pub struct ExecutiveSession {
    /// The motion, whole.
    pub motion: String,
    /// When the open meeting went on; none while it has not.
    pub resumed: Option<String>,
}

/// What is on record of a meeting.
#[derive(Debug, Clone, Default)]
pub struct Held {
    pub title: String,
    /// When it was held, on the clock where it took place.
    pub when: String,
    pub place: String,
    pub presence: Presence,
    pub first_timers: FirstTimers,
    /// People who were counted, by side and kind of organisation.
    pub heads: Vec<(Side, Sector, i32)>,
    /// What was on the agenda, in its order, each in a line.
    pub agenda: Vec<String>,
    /// What was come back to under item 1, each in a line with how it stood when the meeting ended.
    pub follow_up: Vec<String>,
    /// What was, and is not among them.
    pub more_follow_up: i64,
    /// What was called in the meeting, with who stood where.
    pub decisions: Vec<Decided>,
    pub executive_sessions: Vec<ExecutiveSession>,
    pub items: Vec<Item>,
    /// Action items that are not among them.
    pub more_items: i64,
    /// What was promised at the meeting, each in a line.
    pub commitments: Vec<String>,
    /// What was, and is not among them.
    pub more_commitments: i64,
}

/// A code as a reader reads it.
fn words(code: &str) -> String {
    code.replace('_', " ")
}

fn people(count: i64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

fn part(out: &mut String, heading: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_some() {
        // Writing to a string can't fail.
        let _ = write!(out, "\n{heading}\n");
        for line in lines {
            let _ = writeln!(out, "- {line}");
        }
    }
}

/// The draft of the minutes.
pub fn text(of: &Held) -> String {
    let Held {
        title,
        when,
        place,
        presence,
        first_timers,
        heads,
        agenda,
        follow_up,
        more_follow_up,
        decisions,
        executive_sessions,
        items,
        more_items,
        commitments,
        more_commitments,
    } = of;
    let more = |count: i64| (count > 0).then(|| format!("and {count} more"));
    let mut out = format!("{title}\n{when}, {place}\n");
    let sides = [
        ("civilian", presence.civilian, first_timers.civilian),
        ("police", presence.police, first_timers.police),
        ("agency", presence.agency, first_timers.agency),
    ];
    let side = |(name, of, first): (&str, SidePresence, i64)| {
        let mut line = format!("{name} side: {} ({} by person, {} counted)", people(of.total), of.persons, of.heads);
        if first > 0 {
            let _ = write!(line, ", {first} for the first time");
        }
        line
    };
    let there = sides.into_iter().filter(|(name, of, _)| *name != "agency" || of.total > 0);
    part(&mut out, &format!("Present: {}", people(presence.total)), there.map(side));
    let heads = heads.iter().filter(|(.., count)| *count > 0);
    let head = |(side, kind, count): &(Side, Sector, i32)| format!("{count} of {} ({side} side)", words(kind.as_str()));
    part(&mut out, "Counted", heads.map(head));
    part(&mut out, "Agenda", agenda.iter().cloned());
    part(&mut out, "Follow-up", follow_up.iter().cloned().chain(more(*more_follow_up)));
    part(&mut out, "Decided", decisions.iter().map(Decided::told));
    let closed = executive_sessions.iter().map(|session| match &session.resumed {
        Some(at) => format!("{} The open meeting went on at {at}.", session.motion),
        None => session.motion.clone(),
    });
    part(&mut out, "Executive sessions", closed);
    let item = |item: &Item| match &item.who {
        Some(who) => format!("{}: {who}, by {}", item.what, item.due_on),
        None => format!("{}: nobody took it on, by {}", item.what, item.due_on),
    };
    part(&mut out, "Action items", items.iter().map(item).chain(more(*more_items)));
    part(&mut out, "Commitments", commitments.iter().cloned().chain(more(*more_commitments)));
    let out = out.trim_end();
    match out.char_indices().nth(LENGTH) {
        Some((end, _)) => out.get(..end).unwrap_or_default().trim_end().to_owned(),
        None => out.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::meetings::presence::presence;
    use crate::partnerships::{Ending, Heads, SideQuorum};

    fn there(side: Side, present: i32) -> SideQuorum {
        SideQuorum { side, present, eligible: 4, needed: 1, is_quorate: true }
    }
    fn held() -> Held {
        Held {
            title: "Lights on Kansas Avenue".into(),
            when: "Tuesday, 9 March 2027, 18:30".into(),
            place: "Armourdale Recreation Center".into(),
            ..Held::default()
        }
    }
    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 4, 27).unwrap()
    }

    #[test]
    fn a_meeting_of_which_little_is_known_gives_a_short_draft() {
        assert_eq!(
            text(&held()),
            "Lights on Kansas Avenue\nTuesday, 9 March 2027, 18:30, Armourdale Recreation Center\n\nPresent: 0 people\n\
             - civilian side: 0 people (0 by person, 0 counted)\n- police side: 0 people (0 by person, 0 counted)"
        );
    }

    #[test]
    fn all_that_is_on_record_is_told_in_its_order() {
        let numbers = presence(&[(Side::Civilian, 3), (Side::Police, 1)], &[(Side::Civilian, 5), (Side::Agency, 1)]);
        let of = Held {
            presence: numbers,
            first_timers: FirstTimers { civilian: 2, ..FirstTimers::default() },
            heads: vec![
                (Side::Civilian, Sector::Faith, 5),
                (Side::Agency, Sector::PublicServiceAgency, 1),
                (Side::Police, Sector::Other, 0),
            ],
            agenda: vec!["Follow-up".into(), "The cable south of Osage".into()],
            follow_up: vec!["Call the lamp office: Ana, by 2027-03-09 (action item): kept".into()],
            more_follow_up: 2,
            decisions: vec![Decided {
                question: "We ask the city for ten lamps".into(),
                ending: Some(Ending::Adopted),
                is_over: true,
                by_voice: false,
                quorum: [there(Side::Civilian, 3), there(Side::Police, 1)],
                heads: vec![Heads { endorse: 3, ..Heads::silent(Side::Civilian, 3) }],
                blocks: vec![],
                positions: vec![],
            }],
            executive_sessions: vec![
                ExecutiveSession {
                    motion: "Moved by A, seconded by B, to recess until 19:20.".into(),
                    resumed: Some("19:21".into()),
                },
                ExecutiveSession { motion: "Moved by B, seconded by A, to recess again.".into(), resumed: None },
            ],
            items: vec![
                Item { what: "Ask the utility".into(), who: Some("Tom Becker".into()), due_on: day() },
                Item { what: "Print flyers".into(), who: None, due_on: day() },
            ],
            more_items: 4,
            commitments: vec!["A walk on Osage: Officer Rivera (police), by 2027-04-27".into()],
            more_commitments: 1,
            ..held()
        };
        let expected = "Lights on Kansas Avenue\nTuesday, 9 March 2027, 18:30, Armourdale Recreation Center\n\n\
            Present: 10 people\n\
            - civilian side: 8 people (3 by person, 5 counted), 2 for the first time\n\
            - police side: 1 person (1 by person, 0 counted)\n\
            - agency side: 1 person (0 by person, 1 counted)\n\n\
            Counted\n- 5 of faith (civilian side)\n- 1 of public service agency (agency side)\n\n\
            Agenda\n- Follow-up\n- The cable south of Osage\n\n\
            Follow-up\n- Call the lamp office: Ana, by 2027-03-09 (action item): kept\n- and 2 more\n\n\
            Decided\n- We ask the city for ten lamps: adopted (present: 3 of 4 civilian, 1 of 4 police)\n  \
            - civilian side: 3 endorse\n\n\
            Executive sessions\n- Moved by A, seconded by B, to recess until 19:20. The open meeting went on at 19:21.\n\
            - Moved by B, seconded by A, to recess again.\n\n\
            Action items\n- Ask the utility: Tom Becker, by 2027-04-27\n- Print flyers: nobody took it on, by 2027-04-27\n\
            - and 4 more\n\n\
            Commitments\n- A walk on Osage: Officer Rivera (police), by 2027-04-27\n- and 1 more";
        assert_eq!(text(&of), expected);
    }

    proptest! {
        #[test]
        fn a_draft_can_be_written_as_it_is(motion in "[a-zñ ]{1,300}", many in 0usize..400, more in 0i64..3) {
            let session = ExecutiveSession { motion, resumed: None };
            let of = Held { executive_sessions: vec![session; many], more_items: more, ..held() };
            let text = text(&of);
            prop_assert!(text.chars().count() <= LENGTH);
            prop_assert!(text.trim() == text && !text.is_empty());
        }
    }
}
