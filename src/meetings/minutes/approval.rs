//! Minutes are approved: by a decision of both sides, or by silent consent (`domain/60` 6.22, `domain/20` 6.6).

use super::events;
use super::model::{Minutes, MinutesApproval, MinutesId, MinutesState};
use super::queries::{self, MinutesChanges};
use crate::accounts::Actor;
use crate::meetings::model::{Meeting, MeetingState, MeetingVisibility};
use crate::meetings::queries::meetings::MeetingChanges;
use crate::meetings::queries::{attendance, meetings};
use crate::meetings::routes::event;
use crate::meetings::schedule::written;
use crate::partnerships::{
    Decision, DecisionClass, Ended, Hand, Opening, Reaction, Scoped, find_decision, note_first_meeting, open_decision,
    renew_text, text_of,
};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::Tx;
use crate::platform::lifecycle::Lifecycle as _;

/// What becomes of minutes with the decision on them.
pub const REACTIONS: &[Reaction] = &[Reaction { class: DecisionClass::Minutes, on_end, on_amended: Some(on_amended) }];

/// Both sides have approved the minutes: the meeting, which the caller holds with its partnership, is minuted, and counts for
/// the checklist when both sides were there.
///
/// # Errors
/// A conflict when they, or the meeting, are in another state.
pub fn approve(
    conn: &mut Conn,
    row: &Minutes,
    meeting: &Meeting,
    approval: MinutesApproval,
    now: Instant,
) -> Result<Minutes> {
    row.state.demand(MinutesState::Approved)?;
    meeting.state.demand(MeetingState::Minuted)?;
    let changes = MinutesChanges {
        state: Some(MinutesState::Approved),
        approved_at: Some(Some(now)),
        approval: Some(Some(approval)),
        ..MinutesChanges::default()
    };
    let row = queries::update(conn, row.id, changes, now)?;
    let changes = MeetingChanges { state: Some(MeetingState::Minuted), ..MeetingChanges::default() };
    meetings::update(conn, meeting.id, changes, now)?;
    if attendance::count(conn, meeting.id)?.both_sides_present {
        let held_at = meeting.started_at.unwrap_or(meeting.starts_at);
        note_first_meeting(conn, meeting.partnership_id, AnyId(meeting.id.0), held_at, now)?;
    }
    Ok(row)
}

/// Puts circulated minutes up for decision.
///
/// # Errors
/// 409 `gate_unmet` while a request to correct them is open; a conflict in other states, and for meetings of leaders; those
/// of [`open_decision`].
pub fn propose(
    tx: &mut Tx<'_>,
    state: &State,
    actor: &Actor,
    scoped: &Scoped,
    meeting: &Meeting,
    row: &Minutes,
) -> Result<Minutes> {
    let now = tx.now();
    row.state.demand(MinutesState::Proposed)?;
    meeting.state.demand(MeetingState::Minuted)?;
    if meeting.visibility == MeetingVisibility::Leaders {
        let detail = "All members would read the minutes of a leaders' meeting. They are approved by silent consent, with the \
                      assent of a leader of each side.";
        return Err(Error::conflict(detail));
    }
    if row.open_requests > 0 {
        return Err(Error::new(Code::GateUnmet, "Requests to correct the minutes are answered first.")
            .with_missing(vec!["correction_requests"]));
    }
    let text = queries::find_version(tx, row)?.text;
    let question = format!("Are these the minutes of our meeting of {}?", written(&meeting.starts_local));
    let opening = Opening::new(DecisionClass::Minutes, Some(row.id.0), question, text);
    let decision = open_decision(tx, state, actor, scoped, opening)?;
    let changes = MinutesChanges {
        state: Some(MinutesState::Proposed),
        decision_id: Some(Some(decision.id)),
        ..MinutesChanges::default()
    };
    queries::update(tx, row.id, changes, now)
}

/// Gives the decision on minutes that were written anew their text, where there is one.
///
/// # Errors
/// Those of [`renew_text`].
pub fn renew(tx: &mut Tx<'_>, state: &State, actor: &Actor, row: &Minutes, text: String) -> Result<()> {
    let Some(id) = row.decision_id.filter(|_| row.state == MinutesState::Proposed) else { return Ok(()) };
    let decision = find_decision(tx, id)?.ok_or_else(|| Error::fault("the decision on minutes is gone"))?;
    if text_of(tx, &decision)? == text {
        return Ok(());
    }
    renew_text(tx, state, actor, &decision, text, None).map(|_| ())
}

/// The minutes that a decision is about, with their meeting, which nobody else changes meanwhile; decisions from before minutes
/// were proposed are about none in particular.
fn subject(conn: &mut Conn, decision: &Decision) -> Result<Option<(Minutes, Meeting)>> {
    let Some(subject) = decision.subject else { return Ok(None) };
    let gone = || Error::fault("minutes that were decided on are gone");
    let id = MinutesId(subject.0);
    let found = queries::find_by_id(conn, id)?.ok_or_else(gone)?;
    let meeting = meetings::find_locked(conn, found.meeting_id)?.ok_or_else(gone)?;
    // Again behind the lock.
    let row = queries::find_by_id(conn, id)?.ok_or_else(gone)?;
    Ok(Some((row, meeting)))
}

/// A decision has ended: its minutes are approved, or circulated again. Nobody is silent about what did not come through:
/// assents begin anew, and so does the time in which corrections can be asked for.
fn on_end(hand: &mut Hand<'_, '_>, ended: &Ended<'_>) -> Result<()> {
    let Some((row, meeting)) = subject(hand, ended.decision)? else { return Ok(()) };
    let now = hand.now();
    let kind = if ended.ending.is_adoption() {
        approve(hand, &row, &meeting, MinutesApproval::Decision, now)?;
        events::APPROVED
    } else {
        row.state.demand(MinutesState::Circulated)?;
        queries::void_assents(hand, row.id, now)?;
        let changes = MinutesChanges {
            state: Some(MinutesState::Circulated),
            circulated_at: Some(Some(now)),
            assented_at: Some(None),
            ..MinutesChanges::default()
        };
        queries::update(hand, row.id, changes, now)?;
        events::RETURNED
    };
    hand.also(event(kind, &meeting).fact("outcome", ended.ending.as_str()).fact("number", row.number))
}

/// What is decided on is the text of the minutes, and is changed with them.
fn on_amended(_: &mut Hand<'_, '_>, decision: &Decision, _: &str) -> Result<()> {
    match decision.subject {
        None => Ok(()),
        Some(_) => Err(Error::conflict(
            "This is the text of a meeting's minutes: write the minutes anew, and the decision has another text with them.",
        )),
    }
}
