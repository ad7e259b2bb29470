//! Meetings of partnerships: scheduling, answers, attendance, minutes, action items; and officers' logs of meetings that
//! they attend, anybody's (`domain/60-meetings.md` 6.22 core and 6.23).
//!
//! Invariants:
//! * A meeting's wall-clock time and zone are the rule; its instants are computed. Times that the clocks jump over are
//!   refused.
//! * Whoever sees a meeting sees its time and the name of its place; the address of a private home is told to leaders and
//!   officers, and to members whose yes was taken.
//! * The database decides who gets the last place.
//! * Minutes are versions that are never overwritten; a leader of each side signs, and writing anew voids signatures.
//!   A meeting with both sides present whose minutes are approved counts for the formation checklist.
//! * A log is logged once, however often it is sent. Amendments keep the original; a civilian leader of the partnership
//!   that it is linked to confirms or disputes it.
//! * What a person may not see does not exist: see `policy` and `log_policy`.
//! * An action item is a task of the partnership, and the two end together (`action_item`).
//! * Officers who log the same meeting share one visit; what a log promises and passes on are rows of their own (`visits`,
//!   `commitments`, `parts`).
//!
//! Series stand on single meetings (`series`), notice and calendars (`calendars`) on whatever is scheduled; agendas and meetings
//! under the open meetings law come later.

mod action_item;
mod calendars;
mod commitments;
pub mod jobs;
mod lifecycle;
mod log_model;
pub(crate) mod log_policy;
mod log_rules;
mod model;
pub(crate) mod notices;
mod parts;
pub(crate) mod policy;
mod presence;
mod queries;
mod regularity;
mod routes;
mod schedule;
mod series;
mod visits;

pub use calendars::events as calendar_events;
pub(crate) use calendars::policy as calendar_policy;
pub use commitments::events as commitment_events;
pub(crate) use commitments::policy as commitment_policy;
pub use log_model::{GroupKind, OfficerLogState};
pub use model::{MeetingKind, MeetingState, MeetingVisibility};
pub use parts::events as follow_up_events;
pub use regularity::events as regularity_events;
pub(crate) use regularity::policy as regularity_policy;
pub use routes::{MeetingDetail, next_meetings, routes};
pub(crate) use series::policy as series_policy;
pub use series::{events as series_events, jobs as series_jobs};

use crate::event_kinds;

event_kinds! {
    /// What happens in meetings. A meeting's events are seen by whoever sees the meeting, at most.
    pub mod events {
        SCHEDULED = "meeting"."scheduled", Public, "A meeting was scheduled";
        CHANGED = "meeting"."changed", Public, "The meeting was changed";
        CANCELLED = "meeting"."cancelled", Public, "The meeting was cancelled";
        STARTED = "meeting"."started", Public, "The meeting began";
        ADJOURNED = "meeting"."adjourned", Public, "The meeting was adjourned";
        NOTICED = "meeting"."noticed", Public, "Notice was given of the meeting: {kind}";
        NOTICE_REQUESTED = "notice_subscription"."requested", Restricted, "Somebody asked for notice of meetings";
        NOTICE_CONFIRMED = "notice_subscription"."confirmed", Restricted, "Somebody confirmed an address for notices";
        NOTICE_RENEWED = "notice_subscription"."renewed", Restricted, "A subscription to notices was renewed for a year";
        NOTICE_WARNED = "notice_subscription"."warned", Restricted, "Somebody was told that a subscription to notices ends";
        NOTICE_LEFT = "notice_subscription"."left", Restricted, "Somebody wanted no more notices";
        NOTICE_LAPSED = "notice_subscription"."lapsed", Restricted, "A subscription to notices ended unconfirmed or unrenewed";
        RSVP_ANSWERED = "meeting"."rsvp_answered", Leaders, "Somebody answered {answer}";
        ATTENDANCE_RECORDED = "meeting"."attendance_recorded", Leaders, "Somebody of the {side} side was recorded as present";
        ATTENDANCE_REMOVED = "meeting"."attendance_removed", Leaders, "Somebody of the {side} side was taken out of the attendance";
        HEADS_COUNTED = "meeting"."heads_counted", Members, "{count} people of the {side} side were counted as present: {organisation_kind}";
        MINUTES_WRITTEN = "meeting"."minutes_written", Leaders, "Version {number} of the minutes was written";
        MINUTES_SIGNED = "meeting"."minutes_signed", Members, "The {side} side signed the minutes";
        MINUTES_APPROVED = "meeting"."minutes_approved", Members, "Both sides have signed: the minutes are approved";
        MINUTES_PUBLISHED = "meeting"."minutes_published", Public, "The minutes were published";
        ITEM_CREATED = "action_item"."created", Members, "An action item was put down";
        ITEM_UPDATED = "action_item"."updated", Members, "An action item was changed";
        ITEM_DONE = "action_item"."done", Members, "An action item was completed";
        ITEM_DROPPED = "action_item"."dropped", Members, "An action item was given up";
        LOG_SUBMITTED = "officer_log"."submitted", Leaders, "An officer logged a meeting: {group_kind}";
        LOG_AMENDED = "officer_log"."amended", Restricted, "The officer amended the log: version {number}";
        LOG_CONFIRMED = "officer_log"."confirmed", Leaders, "A civilian leader confirmed an officer's log";
        LOG_DISPUTED = "officer_log"."disputed", Restricted, "A civilian leader disputed the log";
        LOG_LAPSED = "officer_log"."unconfirmed", Leaders, "No civilian leader answered an officer's log within {days} days";
    }
}
