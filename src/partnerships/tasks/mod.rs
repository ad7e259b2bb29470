//! Tasks: given by interest and skill, not by mere availability (`domain/20` 6.8).
//!
//! Invariants:
//! * A task is offered to one person at a time and has one person; who was first is decided by the database, on both engines.
//! * Only the person asked accepts. What is declined, given back or not answered in five days is open again, and nothing of
//!   it is kept against anybody: an ended offer does not say how, and an assignment that was given back is gone.
//! * Nobody is asked a second time within seven days, for anything, unless they want to be.
//! * Nobody has two accepted tasks at the same time, unless an administrator gave a reason: an exclusion constraint on
//!   PostgreSQL and a trigger on SQLite.
//! * The score is a pure function of skills, interests and chances (`matching`); availability, hours and languages only
//!   say what is feasible (`feasibility`). The server finds the strongest basis that is true.
//! * Nobody confirms their own hours.
//! * Skills and what somebody wants to learn are seen by the person and the leaders, candidates and offers likewise.
//! * A task that was never put before the group, as a draft or because it was taken on at a meeting of leaders, is theirs, its
//!   author's, and whoever's that has it or is asked; the record tells of it to leaders alone (`told`).
//!
//! * Whoever ceases to be a member leaves what they have not done to others, and mentors nobody in it any more.
//!
//! Other slices make tasks with [`create_from`], keep in step with them ([`follow`], [`followed`], [`settle`]), count what people did with [`service_of`], find what is not done
//! (`undone`), and say that somebody left (`member_left`).

mod equity;
mod feasibility;
mod following;
pub mod jobs;
mod leaving;
mod lifecycle;
mod matching;
mod model;
mod origin;
pub(crate) mod policy;
mod purposes;
mod queries;
mod routes;
mod told;

use std::time::Duration;

pub use following::{Follow, Followed, follow, followed, settle, title_of};
pub(in crate::partnerships) use leaving::member_left;
pub use model::{TaskPurpose, TaskState};
pub use origin::{Origin, create_from};
pub use queries::served::{Service, service_of};
pub(in crate::partnerships) use queries::tasks::{goal_served, undone};
pub use queries::tasks::{promised, states};
pub use routes::{OPERATIONS, OwnTask, own_tasks};
pub use told::task_told;

use crate::event_kinds;
use crate::platform::clock::days;

/// How long somebody has to accept.
const ANSWER_WITHIN: Duration = days(5);

event_kinds! {
    /// What happens to tasks and commendations. That a task is open again says neither by whom nor why.
    pub mod events {
        DRAFTED = "task"."drafted", Seats, "A task was drafted";
        DRAFT_UPDATED = "task"."draft_updated", Seats, "The draft of a task was changed";
        DRAFT_CANCELLED = "task"."draft_cancelled", Seats, "The draft of a task was given up";
        PRIVATE_STEP = "task"."private_step", Seats, "A task that leaders alone see is {state} now";
        PRIVATE_DONE = "task"."private_done", Seats, "A task that leaders alone see was done";
        CREATED = "task"."created", Members, "A task was put down";
        UPDATED = "task"."updated", Members, "A task was changed";
        OFFERED = "task"."offered", Leaders, "A task was offered to somebody";
        ACCEPTED = "task"."accepted", Members, "Somebody took a task on";
        REOPENED = "task"."reopened", Members, "A task is open again";
        STARTED = "task"."started", Members, "Work on a task began";
        DONE = "task"."done", Members, "A task was done";
        VERIFIED = "task"."verified", Members, "A task was seen to be done";
        CANCELLED = "task"."cancelled", Members, "A task was cancelled";
        OVERLAP_ALLOWED = "task"."overlap_allowed", Members, "An administrator lets a task overlap others";
        SKILL_ADDED = "group_skill"."added", Members, "A skill was added to the group's list";
        COMMENDED = "commendation"."given", Members, "A member was commended: {cause}";
        COMMENDED_IN_PRIVATE = "commendation"."given_in_private", Seats, "A member was commended: {cause}";
        COMMENDATION_WITHDRAWN = "commendation"."withdrawn", Seats, "A commendation was taken back";
    }
}
