//! Background work of accounts.

use std::sync::Arc;

use super::{queries, throttle};
use crate::platform::State;
use crate::platform::clock::{days, minutes};
use crate::platform::error::Result;
use crate::platform::jobs::Job;

/// How long an ended session is kept (`domain/80` 6.27).
const SESSIONS_KEPT: u64 = 90;

/// Jobs of this slice.
pub const JOBS: &[Job] = &[Job {
    name: "purge_sessions",
    about: "drops sessions, mailed tokens and counted attempts whose time is over",
    every: minutes(10),
    run: purge_sessions,
}];

fn purge_sessions(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let db = &state.db;
    let mut purged = db.write_blocking(move |conn| queries::sessions::purge(conn, now.minus(days(SESSIONS_KEPT))))?
        + db.write_blocking(move |conn| queries::accounts::purge_mail_tokens(conn, now))?;
    loop {
        let rested = db.write_blocking(move |conn| throttle::forget_the_rested(conn, now))?;
        purged += rested;
        if i64::try_from(rested).unwrap_or(i64::MAX) < throttle::RESTED {
            return Ok(purged);
        }
    }
}
