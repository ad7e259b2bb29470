//! Meetings of partnerships: scheduling, answers, attendance, minutes, action items; and officers' logs of meetings that
//! they attend, anybody's (`domain/60-meetings.md` 6.22 core and 6.23).
//!
//! Invariants:
//! * A meeting's wall-clock time and zone are the rule; its instants are computed. Times that the clocks jump over are
//!   refused.
//! * The states of 6.22 are told by `stage`: the state that is stored (scheduled, in session, adjourned, minuted, cancelled)
//!   with what is stored elsewhere: noticed and rescheduled by the sequence that notice was given of, recessed by the executive
//!   session that is open, closed by the publication of the minutes. A meeting that is moved stays the same meeting.
//! * Whoever sees a meeting sees its time and the name of its place; the address of a private home is told to leaders and
//!   officers, and to members whose yes was taken.
//! * The database decides who gets the last place.
//! * What was read of a partnership's newest meetings is kept until one of its meetings changes, which the database itself says
//!   (`meeting_stamps`, `queries::newest`); who may read what of them is never kept.
//! * Minutes are versions that are never overwritten, approved by both sides: see `minutes`. A meeting with both sides
//!   present whose minutes are approved counts for the formation checklist.
//! * A log is logged once, however often it is sent. Amendments keep the original; a civilian leader of the partnership
//!   that it is linked to confirms or disputes it.
//! * What a person may not see does not exist: see `policy` and `log_policy`.
//! * An action item is a task of the partnership, and the two end together (`action_item`).
//! * Officers who log the same meeting share one visit; what a log promises and passes on are rows of their own (`visits`,
//!   `commitments`, `parts`).
//!
//! Series stand on single meetings (`series`), notice and calendars (`calendars`) on whatever is scheduled. What a meeting is
//! to talk about is in `agenda`, what happens while it goes on in `session`, and the open meetings law in `open_meetings`.

mod action_item;
mod agenda;
mod calendars;
mod commitments;
pub mod jobs;
mod leaving;
mod lifecycle;
mod log_model;
pub(crate) mod log_policy;
mod log_rules;
pub(crate) mod minutes;
mod model;
pub(crate) mod notices;
mod open_meetings;
mod parts;
pub(crate) mod policy;
mod presence;
mod queries;
mod regularity;
mod reminders;
mod routes;
mod schedule;
mod series;
mod session;
mod visits;
mod withheld;

pub(crate) use agenda::policy as agenda_policy;
pub use agenda::{
    FollowUpAsked, FollowUpKind, FollowUpOutcome, FollowUpSource, FollowUpSources, action_item_outcomes,
    commitment_outcomes, follow_up_outcomes, open_action_items, open_commitments, open_follow_ups,
};
pub use calendars::end_calendar_address;
pub use calendars::events as calendar_events;
pub(crate) use calendars::policy as calendar_policy;
pub use commitments::events as commitment_events;
pub(crate) use commitments::policy as commitment_policy;
pub use commitments::unkept as unkept_commitments;
pub use leaving::withdraw_answers;
pub use log_model::{GroupKind, OfficerLogState};
pub use minutes::REACTIONS;
pub use minutes::events as minutes_events;
pub(crate) use minutes::policy as minutes_policy;
pub use model::{MeetingKind, MeetingState, MeetingVisibility};
pub use open_meetings::is_on as meets_in_the_open;
pub(crate) use open_meetings::policy as open_meetings_policy;
pub use parts::events as follow_up_events;
pub use regularity::events as regularity_events;
pub(crate) use regularity::policy as regularity_policy;
pub use reminders::{PAGE as RSVP_PAGE, SCRIPT as RSVP_SCRIPT, events as reminder_events};
pub use routes::{MeetingDetail, OPERATIONS, next_meetings};
pub(crate) use series::policy as series_policy;
pub use series::{events as series_events, jobs as series_jobs};
pub(crate) use session::policy as session_policy;
pub use session::{is_recessed, meets_with_quorum, sits_closed};
pub use withheld::withhold_unseen;

use std::sync::Arc;

use queries::newest::{KeptLists, find_listers};

use crate::event_kinds;
use crate::platform::Handed;
use crate::platform::db::Gathered;

/// What is kept and gathered for requests for meetings.
pub fn handed() -> [Handed; 3] {
    let lists = Arc::new(KeptLists::default());
    [
        Box::new(lists.clone()),
        Box::new(Gathered::new(move |conn, asked| find_listers(conn, &lists, asked))),
        Box::new(Gathered::new(queries::meetings::find_wholes)),
    ]
}

event_kinds! {
    /// What happens in meetings. A meeting's events are seen by whoever sees the meeting, at most.
    pub mod events {
        SCHEDULED = "meeting"."scheduled", Public, "A meeting was scheduled";
        CHANGED = "meeting"."changed", Public, "The meeting was changed";
        CANCELLED = "meeting"."cancelled", Public, "The meeting was cancelled";
        STARTED = "meeting"."started", Public, "The meeting began";
        ADJOURNED = "meeting"."adjourned", Public, "The meeting was adjourned";
        RECESSED = "meeting"."recessed", Public, "The meeting recessed into an executive session: {justification}";
        RESUMED = "meeting"."resumed", Public, "The open meeting resumed, {minutes} minutes later than was said";
        CHECKED_IN = "meeting"."checked_in", Leaders, "Somebody of the {side} side checked in";
        CHECK_IN_REFUSED = "meeting"."check_in_refused", Restricted, "Somebody said a wrong check-in code";
        OPEN_MEETINGS_SET = "partnership"."open_meetings_set", Public, "The open meetings law binds the partnership";
        OPEN_MEETINGS_ENDED = "partnership"."open_meetings_ended", Public, "The open meetings law does not bind the partnership any more";
        AGENDA_ITEM_PROPOSED = "meeting"."agenda_item_proposed", Members, "An item was proposed for the agenda: {kind}";
        AGENDA_ITEM_CHANGED = "meeting"."agenda_item_changed", Members, "An item of the agenda was changed, {when}";
        AGENDA_ITEM_ACCEPTED = "meeting"."agenda_item_accepted", Public, "An item was put on the agenda, {when}";
        AGENDA_ITEM_DEFERRED = "meeting"."agenda_item_deferred", Members, "An item was left to the next meeting, {when}";
        AGENDA_ITEM_DECLINED = "meeting"."agenda_item_declined", Members, "An item was declined, {when}";
        AGENDA_CHANGED = "meeting"."agenda_changed", Public, "The agenda was changed, {when}";
        AGENDA_LOCKED = "meeting"."agenda_locked", Public, "The agenda was locked";
        NOTICED = "meeting"."noticed", Public, "Notice was given of the meeting: {kind}";
        NOTICE_REQUESTED = "notice_subscription"."requested", Restricted, "Somebody asked for notice of meetings";
        NOTICE_CONFIRMED = "notice_subscription"."confirmed", Restricted, "Somebody confirmed an address for notices";
        NOTICE_RENEWED = "notice_subscription"."renewed", Restricted, "A subscription to notices was renewed for a year";
        NOTICE_WARNED = "notice_subscription"."warned", Restricted, "Somebody was told that a subscription to notices ends";
        NOTICE_LEFT = "notice_subscription"."left", Restricted, "Somebody wanted no more notices";
        NOTICE_LAPSED = "notice_subscription"."lapsed", Restricted, "A subscription to notices ended unconfirmed or unrenewed";
        REMINDED = "meeting"."reminded", Leaders, "Members were reminded of the meeting: {letters}";
        RSVP_ANSWERED = "meeting"."rsvp_answered", Leaders, "Somebody answered {answer}";
        ATTENDANCE_RECORDED = "meeting"."attendance_recorded", Leaders, "Somebody of the {side} side was recorded as present";
        ATTENDANCE_REMOVED = "meeting"."attendance_removed", Leaders, "Somebody of the {side} side was taken out of the attendance";
        PRESENCE_RECORDED = "meeting"."presence_recorded", Leaders, "It was recorded how long somebody was there";
        HEADS_COUNTED = "meeting"."heads_counted", Members, "{count} people of the {side} side were counted as present: {organisation_kind}";
        ITEM_CREATED = "action_item"."created", Members, "An action item was put down";
        ITEM_UPDATED = "action_item"."updated", Members, "An action item was changed";
        ITEM_DONE = "action_item"."done", Members, "An action item was completed";
        ITEM_DROPPED = "action_item"."dropped", Members, "An action item was given up";
        LOG_SUBMITTED = "officer_log"."submitted", Involved, "An officer logged a meeting: {group_kind}";
        LOG_AMENDED = "officer_log"."amended", Restricted, "The officer amended the log: version {number}";
        LOG_CONFIRMED = "officer_log"."confirmed", Involved, "A civilian leader confirmed an officer's log";
        LOG_DISPUTED = "officer_log"."disputed", Restricted, "A civilian leader disputed the log";
        LOG_LAPSED = "officer_log"."unconfirmed", Involved, "No civilian leader answered an officer's log within {days} days";
    }
}
