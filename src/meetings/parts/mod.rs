//! Parts of officers' logs that others work with (`domain/60` 6.23): what was promised, what is to be done next, what was passed
//! on, what people were worried about.
//!
//! Invariants:
//! * Each part is a row with an id, made together with its log; the log's text, in its versions, is what was said.
//! * A commitment of a log is a commitment of the officer's side: see `commitments`.
//! * A follow-up of a log that is linked to a partnership at work is a task there, open or offered to whoever was named; every
//!   other one is the officer's own, and done when the officer says so.
//! * An amendment changes what a part became together with it, where it is told by its id: the commitment and the task are the
//!   same ones then. What the log has no more is marked, and its commitment or task ends for the reason of the amendment: the
//!   officer is released from the one, the other is cancelled.
//! * What was kept, broken or done stays, and so does a promise whose day is over: nobody amends their way out of it.

mod diff;
mod keep;
mod model;
mod queries;
mod routes;

pub use diff::Meant;
pub use keep::{Saying, demand_assignees, put_down};
pub use model::{LogPartId, LogPartRow};
pub use queries::{promised, task_states};
pub use routes::{LogPart, OPERATIONS, shown, shown_new};

use crate::event_kinds;

event_kinds! {
    /// What happens to parts of logs.
    pub mod events {
        FOLLOWED_UP = "follow_up"."done", Restricted, "The officer did what was to be done";
    }
}
