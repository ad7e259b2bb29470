//! Reminding members of meetings.

use std::sync::Arc;

use super::letters::reminder;
use super::queries::{self, Reminder};
use super::token::{self, Grant};
use crate::ids::MeetingId;
use crate::meetings::events;
use crate::meetings::model::MeetingState;
use crate::meetings::queries::meetings;
use crate::meetings::routes::event;
use crate::partnerships::{Purpose, find_partnership};
use crate::platform::State;
use crate::platform::clock::{Instant, hours, minutes};
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::jobs::{Job, all};
use crate::platform::mail;
use crate::platform::record::write_unattended;

/// Meetings looked for in one run, and letters written in one transaction.
const BATCH: i64 = 100;

/// Jobs of reminders.
pub const JOBS: [Job; 1] = [Job {
    name: "remind_of_meetings",
    about: "reminds members of meetings that are near, and of those that were moved since",
    every: minutes(5),
    run: remind_of_meetings,
}];

fn remind_of_meetings(state: &Arc<State>) -> Result<usize> {
    let ahead = state.config.meetings.reminder_hours;
    if ahead == 0 {
        return Ok(0);
    }
    let now = state.clock.now();
    let due = state.db.read_blocking(move |conn| queries::due(conn, now, now.plus(hours(ahead)), BATCH))?;
    all(due, |id| {
        let mut written = 0;
        loop {
            let context = state.clone();
            let (some, more) = state.db.write_blocking(move |conn| remind(conn, &context, id, now))?;
            written += some;
            if !more {
                return Ok(written);
            }
        }
    })
}

/// Writes to the next members of a meeting; how many, and whether there are more.
fn remind(conn: &mut Conn, state: &State, id: MeetingId, now: Instant) -> Result<(usize, bool)> {
    let Some(meeting) = meetings::find_locked(conn, id)? else { return Ok((0, false)) };
    let reminded = queries::reminded_sequence(conn, id)?;
    let is_due = meeting.state == MeetingState::Scheduled
        && meeting.starts_at > now
        && reminded.is_none_or(|sequence| sequence < meeting.sequence);
    if !is_due {
        return Ok((0, false));
    }
    let Some(partnership) = find_partnership(conn, meeting.partnership_id, Purpose::Read)? else {
        return Ok((0, false));
    };
    if !partnership.state.is_live() {
        // Nobody is invited to what may not take place; nor later, when it may after all and the time is near.
        queries::note_reminded(conn, &meeting, now)?;
        return Ok((0, false));
    }
    let after = queries::last(conn, &meeting)?;
    let readers = queries::readers(conn, &meeting, after, BATCH)?;
    let more = i64::try_from(readers.len()).is_ok_and(|count| count == BATCH);
    let mut rows = Vec::with_capacity(readers.len());
    for (account_id, email) in readers {
        let Ok(to) = email.parse() else { continue };
        let token = token::make(&state.secrets, Grant { meeting: id, account: account_id, until: meeting.ends_at });
        let stop = token::make_stop(&state.secrets, account_id);
        let letter = reminder(to, &state.base_url, &partnership.name, &meeting, (&token, &stop), reminded.is_some());
        let mail_id = mail::queue(conn, &state.secrets, letter, now)?;
        rows.push(Reminder { meeting_id: id, sequence: meeting.sequence, account_id, mail_id, created_at: now });
    }
    let written = rows.len();
    queries::insert(conn, rows)?;
    if !more {
        queries::note_reminded(conn, &meeting, now)?;
        let entry = event(events::REMINDED, &meeting).fact("letters", queries::count(conn, &meeting)?);
        write_unattended(conn, entry, now)?;
    }
    Ok((written, more))
}
