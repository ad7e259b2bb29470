//! Background work of meetings.

use std::sync::Arc;

use super::log_rules::ANSWER_WITHIN;
use super::queries::logs;
use super::{events, minutes as of_minutes, notices, reminders};
use crate::platform::State;
use crate::platform::clock::minutes;
use crate::platform::error::Result;
use crate::platform::jobs::{Job, each};
use crate::platform::record::write_unattended;

/// Logs looked at in one run.
const BATCH: i64 = 100;

/// Jobs of this slice.
pub const JOBS: &[Job] = {
    let [give_notice, end_notice_subscriptions] = notices::jobs::JOBS;
    let [approve_minutes] = of_minutes::jobs::JOBS;
    let [remind_of_meetings] = reminders::jobs::JOBS;
    &[
        Job {
            name: "lapse_officer_logs",
            about: "marks officers' logs unconfirmed that no civilian leader answered within 14 days",
            every: minutes(30),
            run: lapse_officer_logs,
        },
        give_notice,
        end_notice_subscriptions,
        approve_minutes,
        remind_of_meetings,
    ]
};

fn lapse_officer_logs(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let days = i64::try_from(ANSWER_WITHIN.as_secs() / 86_400).unwrap_or(0);
    let due = state.db.read_blocking(move |conn| logs::unanswered(conn, now.minus(ANSWER_WITHIN), BATCH))?;
    let due = due.into_iter().map(|log| (log.id, log.version)).collect();
    each(state, due, move |conn, _, (id, version)| {
        let Some(log) = logs::find(conn, id)?.filter(|log| log.version == version) else { return Ok(false) };
        if !logs::lapse(conn, &log, now)? {
            return Ok(false);
        }
        let mut entry = events::LOG_LAPSED.on(id.0).fact("days", days);
        if let Some(partnership) = log.partnership_id {
            entry = entry.within(partnership.0);
        }
        write_unattended(conn, entry, now)?;
        Ok(true)
    })
}
