//! Visits: a meeting that officers attended is one, however many of them logged it (`domain/60` 6.23).
//!
//! Invariants:
//! * A log tells of one visit. Logs of one of our meetings tell of the same visit, and so do those of a group of the same kind
//!   and name in the same district on the same day that began within 30 minutes of the log that was first ([`rules`]).
//! * Two officers who log at the same time find each other: the database decides.
//! * A visit shows each reader those of its logs that they may read, and counts nobody twice.

mod model;
mod queries;
mod routes;
mod rules;

pub use model::{OfficerVisit, VisitLog};
pub use queries::{Shared, hold_places, of_logs, place_of};
pub use routes::OPERATIONS;
pub use rules::name_of;

use crate::ids::{AreaId, OfficerVisitId};
use crate::meetings::log_model::OfficerLog;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::text::fold;

/// Joins a log, new or amended, to the visit that it tells of, which is made where there is none; which one it is, and whether
/// a colleague's log was there before. `place` is where visits in the log's area are looked for ([`place_of`]). The caller holds
/// its name ([`name_of`]).
///
/// # Errors
/// When the database can't do it.
pub fn join(conn: &mut Conn, log: &OfficerLog, place: AreaId, now: Instant) -> Result<(OfficerVisitId, bool)> {
    let new = OfficerVisit {
        id: OfficerVisitId::new(),
        area_id: place,
        group_kind: log.group_kind,
        group_name: log.group_name.clone(),
        group_key: log.group_name.as_deref().map(fold),
        meeting_id: log.meeting_id,
        attended_on: log.attended_on,
        starts_at: log.starts_at,
        first_logged_by_id: log.officer_id,
        created_at: now,
    };
    let there = match log.meeting_id {
        Some(_) => queries::insert_of_meeting(conn, &new)?,
        None => queries::find_named(conn, &new)?.map(|id| (id, true)),
    };
    let id = there.map_or(new.id, |(id, _)| id);
    let told = VisitLog { officer_log_id: log.id, visit_id: id };
    match there {
        None if log.meeting_id.is_none() => queries::insert(conn, &new, told)?,
        _ => queries::put_log(conn, told)?,
    }
    Ok((id, there.is_some_and(|(_, is_told)| is_told)))
}
