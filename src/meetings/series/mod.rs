//! Series of meetings: a recurrence rule and the meetings that it makes (`domain/60` 6.22, RFC 5545).
//!
//! Invariants:
//! * The rule is kept in local time with its zone: daylight saving moves no meeting on the clock.
//! * A series has an end: at most 366 meetings within two years ([`plan`]).
//! * Each of its meetings is a meeting like any other, with answers, attendance and minutes. Those that begin within a
//!   year are put down when the series is made, the others by a job as their time comes near; the database takes each only
//!   once.
//! * A meeting keeps for ever the time by which the rule has it, whatever it is moved to. What was changed or cancelled by
//!   itself is left as it is when the whole series is changed.
//! * Nothing is removed: meetings that don't take place are cancelled, for their reason.

mod changes;
pub mod jobs;
mod model;
mod patch;
mod plan;
pub(crate) mod policy;
mod queries;
mod routes;
mod rule;
mod shown;
mod split;
mod words;

pub use model::{InSeries, MeetingSeries, SeriesState};
pub use plan::{Slot, begins};
pub use queries::{has_any, mark_changed, places};
pub use rule::Given;
pub use words::series as rule_words;

use crate::event_kinds;
use crate::platform::http::Operations;

/// Operations of this part.
pub const OPERATIONS: Operations = Operations::all(&[routes::OPERATIONS, changes::OPERATIONS, split::OPERATIONS]);

event_kinds! {
    /// What happens to series of meetings. Seen by whoever sees their meetings, at most.
    pub mod events {
        CREATED = "meeting_series"."created", Public, "A series was put down: {count} meetings so far";
        CHANGED = "meeting_series"."changed", Public, "The meetings to come were changed: {count}";
        SPLIT = "meeting_series"."split", Public, "Goes on as another series";
        CANCELLED = "meeting_series"."cancelled", Public, "The meetings to come were cancelled: {count}";
        PLANNED = "meeting_series"."planned", Public, "{count} more meetings were put down";
    }
}
