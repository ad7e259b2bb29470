//! What is on record of a meeting, for the draft of its minutes.

use chrono::NaiveDate;

use super::decided::{Blocked, Decided, Position};
use super::draft::{ExecutiveSession, FirstTimers, Held, ITEMS, Item};
use super::queries;
use crate::accounts::{Side, people};
use crate::ids::AccountId;
use crate::meetings::agenda::{AgendaItem, FollowUpKind, FollowUpOutcome, Reviewed, accepted, reviewed};
use crate::meetings::commitments::{Commitment, made_at};
use crate::meetings::model::{Meeting, PlaceKind};
use crate::meetings::open_meetings;
use crate::meetings::queries::attendance;
use crate::meetings::schedule::written;
use crate::meetings::session::executive_sessions_of;
use crate::partnerships::{Decision, Level, MeetingDecision, Said, calls_in_meeting, said_of};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;

/// Who was at a meeting of the partnership for the first time, of those who are recorded by person.
///
/// # Errors
/// When the database can't be asked.
pub fn first_timers(conn: &mut Conn, meeting: &Meeting) -> Result<FirstTimers> {
    let first = queries::first_timers(conn, meeting)?;
    let of = |side: Side| first.iter().find(|(of, _)| *of == side).map_or(0, |(_, count)| *count);
    Ok(FirstTimers { civilian: of(Side::Civilian), police: of(Side::Police), agency: of(Side::Agency) })
}

/// All that is on record, in few statements, for somebody who reads who promised what, or not: then that is counted alone.
pub fn held(conn: &mut Conn, state: &State, meeting: &Meeting, reads_commitments: bool) -> Result<Held> {
    let (follow_up, more_follow_up) = follow_up(conn, state, meeting, reads_commitments)?;
    let (commitments, more_commitments) = commitments(conn, meeting, reads_commitments)?;
    let limit = i64::try_from(ITEMS).unwrap_or(i64::MAX);
    let (items, all) = queries::items(conn, meeting.id, limit)?;
    let names = people(conn, items.iter().filter_map(|item| item.assignee_id))?;
    let told = i64::try_from(items.len()).unwrap_or(i64::MAX);
    Ok(Held {
        title: meeting.title.clone(),
        when: written(&meeting.starts_local),
        place: match meeting.place_kind {
            PlaceKind::Public | PlaceKind::Online => meeting.place_name.clone(),
            // The minutes may be for everybody.
            PlaceKind::PrivateHome => "at a private home".to_owned(),
        },
        presence: attendance::count(conn, meeting.id)?,
        first_timers: first_timers(conn, meeting)?,
        follow_up,
        more_follow_up,
        commitments,
        more_commitments,
        heads: attendance::list_heads(conn, meeting.id)?
            .into_iter()
            .map(|count| (count.side, count.organisation_kind, count.heads))
            .collect(),
        items: items
            .into_iter()
            .map(|item| Item {
                who: item.assignee_id.and_then(|id| names.get(&id)).map(|person| person.display_name.clone()),
                what: item.what,
                due_on: item.due_on,
            })
            .collect(),
        more_items: all - told,
        agenda: agenda(conn, meeting)?,
        decisions: decisions(conn, meeting)?,
        executive_sessions: executive_sessions(conn, meeting)?,
    })
}

/// A promise in a line: who has it, and by when.
fn promise(what: &str, who: Option<&str>, due_on: Option<NaiveDate>) -> String {
    let who = who.map(|who| format!(": {who}")).unwrap_or_default();
    let by = due_on.map(|day| format!(", by {day}")).unwrap_or_default();
    format!("{what}{who}{by}")
}

/// What was come back to under item 1, each in a line, and how much more there was.
fn follow_up(conn: &mut Conn, state: &State, meeting: &Meeting, reads_commitments: bool) -> Result<(Vec<String>, i64)> {
    let Some(review) = reviewed(conn, state, meeting.id)? else { return Ok((Vec::new(), 0)) };
    let (review, left_out) = if reads_commitments { (review, 0) } else { review.without_commitments() };
    let items = review.items.0;
    let names = people(conn, items.iter().filter_map(|item| item.owner))?;
    let line = |item: &Reviewed| {
        let who = item.owner.and_then(|id| names.get(&id)).map(|person| person.display_name.as_str());
        let kind = item.kind.as_str().replace('_', " ");
        let outcome = match (item.kind, item.outcome) {
            (_, None) => String::new(),
            // It was decided, and is not open itself.
            (FollowUpKind::Decision, Some(FollowUpOutcome::Open)) => ": adopted, outcome not yet reported".to_owned(),
            (_, Some(outcome)) => format!(": {outcome}"),
        };
        format!("{} ({kind}){outcome}", promise(&item.title, who, item.due_on))
    };
    let mut lines: Vec<String> = items.iter().map(line).collect();
    let more = review.count - i64::try_from(lines.len()).unwrap_or(0);
    if left_out > 0 {
        lines.push(format!("commitments that leaders and officers on duty read: {left_out}"));
    }
    Ok((lines, more))
}

/// What was promised at the meeting by the officers' logs of it, each in a line, and how much more there was.
fn commitments(conn: &mut Conn, meeting: &Meeting, reads: bool) -> Result<(Vec<String>, i64)> {
    let (made, all) = made_at(conn, meeting.id, i64::try_from(ITEMS).unwrap_or(i64::MAX))?;
    if !reads {
        let told = (all > 0).then(|| format!("commitments that leaders and officers on duty read: {all}"));
        return Ok((told.into_iter().collect(), 0));
    }
    let names = people(conn, made.iter().map(|one| one.made_by_id))?;
    let line = |one: &Commitment| {
        let name = names.get(&one.made_by_id).map_or("somebody", |person| person.display_name.as_str());
        promise(&one.what, Some(&format!("{name} ({})", one.side)), Some(one.due_on))
    };
    Ok((made.iter().map(line).collect(), all - i64::try_from(made.len()).unwrap_or(0)))
}

/// The accepted items, each in a line.
fn agenda(conn: &mut Conn, meeting: &Meeting) -> Result<Vec<String>> {
    let items = accepted(conn, meeting.id)?;
    let names = people(conn, items.iter().filter_map(|item| item.presenter_id))?;
    let line = |item: AgendaItem| {
        let presenter = item.presenter_id.and_then(|id| names.get(&id)).map(|person| person.display_name.as_str());
        let by = presenter.map(|name| format!(", by {name}")).unwrap_or_default();
        let late = if item.changed_after_lock_at.is_some() { "; changed after notice was given" } else { "" };
        format!("{} ({}{by}{late})", item.title, item.kind)
    };
    Ok(items.into_iter().map(line).collect())
}

/// What was called in the meeting, each with the quorum then, how it ended and who stood where: of what was decided, and by
/// name where the open meetings law binds the partnership.
fn decisions(conn: &mut Conn, meeting: &Meeting) -> Result<Vec<Decided>> {
    let calls = calls_in_meeting(conn, meeting.id)?;
    // What was taken back, amended or is still open has no result.
    let ended: Vec<_> =
        calls.iter().filter(|(call, decision)| counts(call, decision)).map(|(_, decision)| decision.id).collect();
    let said = said_of(conn, &ended)?;
    let is_told = !ended.is_empty() && open_meetings::is_on(conn, meeting.partnership_id)?;
    let who = said.positions.iter().map(|(_, who, ..)| *who).filter(|_| is_told);
    let silent = said.silent.iter().map(|(_, who, _)| *who).filter(|_| is_told);
    let blockers = said.blocks.iter().filter_map(|block| block.account_id);
    let names = people(conn, who.chain(silent).chain(blockers))?;
    let name = |id| names.get(&id).map_or_else(|| "somebody".to_owned(), |person| person.display_name.clone());
    let one = |(call, decision): &(MeetingDecision, Decision)| {
        let is_counted = counts(call, decision);
        let blocks = said.blocks.iter().filter(|block| is_counted && block.decision_id == decision.id);
        Decided {
            question: decision.question.clone(),
            ending: call.ending,
            is_over: call.ended_at.is_some(),
            by_voice: call.by_voice,
            quorum: call.quorum(),
            heads: match &decision.result {
                Some(verdict) if is_counted => verdict.0.sides.iter().map(|side| side.heads).collect(),
                _ => Vec::new(),
            },
            blocks: blocks
                .map(|block| Blocked {
                    who: block.account_id.map(name),
                    side: block.side,
                    principle: block.principle,
                    reason: block.reason.clone(),
                    remedy: block.remedy.clone(),
                    is_dismissed: !block.state.counts(),
                })
                .collect(),
            positions: match is_told && is_counted && !decision.is_anonymous {
                true => positions(&said, decision, name),
                false => Vec::new(),
            },
        }
    };
    Ok(calls.iter().map(one).collect())
}

/// Whether the decision has ended in this call with what was said.
const fn counts(call: &MeetingDecision, decision: &Decision) -> bool {
    call.ending.is_some() && decision.result.is_some()
}

/// Where each of those who were asked stood.
fn positions(said: &Said, decision: &Decision, name: impl Fn(AccountId) -> String) -> Vec<Position> {
    let spoke = said.positions.iter().map(|(of, who, side, level)| (*of, *who, *side, Some(*level)));
    let silent = said.silent.iter().map(|(of, who, side)| (*of, *who, *side, None::<Level>));
    let of = spoke.chain(silent).filter(|(of, ..)| *of == decision.id);
    of.map(|(_, who, side, level)| Position { who: name(who), side, level }).collect()
}

/// Each with its whole motion: who made and seconded it, what for, and when and where the open meeting was to go on.
fn executive_sessions(conn: &mut Conn, meeting: &Meeting) -> Result<Vec<ExecutiveSession>> {
    let held = executive_sessions_of(conn, meeting.id)?;
    let names = people(conn, held.iter().flat_map(|session| [session.mover_id, session.seconder_id]))?;
    let name = |id| names.get(&id).map_or("somebody", |person| person.display_name.as_str());
    let zone: Option<chrono_tz::Tz> = meeting.time_zone.parse().ok();
    let clock = |at: Instant| match zone {
        Some(zone) => at.utc().with_timezone(&zone).format("%H:%M").to_string(),
        None => at.to_string(),
    };
    let one = |row: &crate::meetings::session::ExecutiveSession| ExecutiveSession {
        motion: format!(
            "{} Moved by {}, seconded by {}, carried; {} ({}); subjects: {}. The open meeting was to go on at {}, {}.",
            row.motion.trim(),
            name(row.mover_id),
            name(row.seconder_id),
            row.justification.as_str().replace('_', " "),
            row.justification.statute(),
            row.subjects.trim_end_matches('.'),
            clock(row.resumes_at),
            row.resume_place
        ),
        resumed: row.resumed_at.map(|at| match row.late_minutes {
            Some(late) if late > 0 => format!("{}, {late} min late", clock(at)),
            _ => clock(at),
        }),
    };
    Ok(held.iter().map(one).collect())
}
