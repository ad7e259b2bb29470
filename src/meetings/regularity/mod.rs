//! Regularity: how regularly officers attend the meetings of groups (M1, `domain/60` 6.23). All of it is derived from logs; the
//! only thing that is put down here is when a group meets that is not one of ours.
//!
//! Invariants:
//! * A visit counts once, however many officers logged it.
//! * What is expected of a partnership are the meetings of its series that were not cancelled; of another group, the days of
//!   its schedule. Neither reaches beyond today.
//! * It is read by the officer, by commanders of the agency, and, for an area, by officers on duty there; by nobody else.
//! * What is computed is bounded: 366 days, and so many logs and schedules ([`queries`]); more is refused, never cut.

mod compute;
pub(crate) mod policy;
mod queries;
mod reports;
mod schedules;

use crate::event_kinds;
use crate::platform::http::Operations;

/// Operations of this part.
pub const OPERATIONS: Operations = Operations::all(&[schedules::OPERATIONS, reports::OPERATIONS]);

event_kinds! {
    /// What happens to schedules of groups.
    pub mod events {
        SCHEDULED = "group_schedule"."created", Restricted, "It was put down when a group meets: {group_kind}";
        ENDED = "group_schedule"."ended", Restricted, "When a group meets counts no more";
    }
}
