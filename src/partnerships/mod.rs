//! Key 1, trust-based partnerships: a shared problem, goal or task; civilian *and* police leaders first; then a mission and
//! one achievable goal with measured objectives.
//!
//! Invariants:
//! * A partnership has at least two founders and a catalyst, and begins when the area's commander accepts it.
//! * A person's side is computed from the account, never sent; one person sits on one side of one partnership.
//! * Each side has at most one active primary leader and one deputy; a person holds at most one seat. The database decides.
//!   Who leads next, and who is on the way to it, is in [`pipeline`].
//! * No mission before both sides have a leader, no goal before a mission, and at most one current goal.
//! * A partnership is active once its checklist is complete, by itself, and in no other way: see `stages`.
//! * Missions, goals and changes to them are adopted by decisions of both sides; a goal is closed with an assessment that a
//!   leader of each side signs. Neither side can alone.
//! * What both sides decide together goes one way, whatever it is about: see [`decisions`].
//! * Tasks go to people by interest and skill, and only the person asked accepts: see [`tasks`].
//! * What a person may not see does not exist: see `policy`.
//!
//! Other slices use [`Scoped`] to act within a partnership as somebody, [`note_first_meeting`],
//! [`note_communication_plan`] and [`note_resources_review`] for the checklist, [`note_meeting_begun`] for presenting
//! leaders, and [`note_facilitated`] for whoever is on the way to leading.

pub(crate) mod achievability;
mod adoption;
pub(crate) mod amending;
pub mod decisions;
pub(crate) mod formation;
pub(crate) mod history;
pub mod jobs;
mod leaving;
mod letters;
pub(crate) mod lifecycle;
pub(crate) mod model;
pub(crate) mod numbers;
pub mod pipeline;
pub(crate) mod policy;
pub(crate) mod progress;
mod promises;
mod proposal;
mod queries;
pub mod resources;
mod routes;
mod seat_changes;
mod signing;
pub mod stages;
mod standing;
pub mod tasks;
mod withheld;

pub use adoption::REACTIONS;
pub(crate) use decisions::policy as decisions_policy;
pub(crate) use decisions::policy::knows_names;
pub(crate) use decisions::{
    Attendants, Decision, Grounds, MeetingDecision, Position, Said, Sitting, Spoken, Written, attendants,
    call_in_meeting, confirm_spoken, decided_in, end_calls_of, find_in_meeting, said_of, text_of, write_down,
};
pub use decisions::{
    AwaitedDecision, DecisionClass, DecisionState, Ended, Ending, Hand, Heads, Level, Opening, Principle, Reaction,
    SideQuorum, anonymous_ones, awaiting_decisions, calls_in_meeting, find_decision, last_call_in_meeting,
    open as open_decision, promised as promised_outcomes, renew_text, with_outcome,
};
pub use leaving::Departures;
pub(crate) use model::Partnership;
pub use model::{MemberRole, PartnershipState, SeatKind, Sector};
pub(crate) use pipeline::policy as pipeline_policy;
pub use pipeline::{note_facilitated, note_meeting_begun};
pub use promises::Promised;
pub use queries::members::{active_accounts, active_members, hold_membership, is_active_member};
pub use queries::partnerships::{PartnershipRef, note_first_meeting, partnership_refs, visible_partnerships};
pub use queries::places::{Place, own_membership, own_seat, place};
pub use queries::seats::leading_accounts;
pub use queries::seats::seats_of;
pub use routes::{OPERATIONS, PartnershipFront, front, sight};
pub use signing::{Signed, missing_sides};
pub(crate) use stages::policy as stages_policy;
pub use stages::{demand_led, note_communication_plan, note_resources_review, reconsider};
pub(crate) use standing::find as find_partnership;
pub use standing::{ActiveMembership, HeldSeat, Named, Purpose, Scoped, Standing, own_places};
pub(crate) use tasks::policy as tasks_policy;
pub use tasks::{
    Follow, Followed, Origin, OwnTask, TaskPurpose, TaskState, create_from, events as task_events, follow, followed,
    own_tasks, promised as promised_tasks, settle, states as task_states, task_told, title_of,
};
pub use withheld::{Withheld, withhold_private};

use crate::event_kinds;

event_kinds! {
    /// What happens in partnerships.
    pub mod events {
        PROPOSED = "partnership"."proposed", Members, "The partnership was proposed";
        ACCEPTED = "partnership"."forming", Public, "The partnership was accepted and is forming";
        DECLINED = "partnership"."declined", Members, "The proposal was declined";
        UPDATED = "partnership"."updated", Members, "The partnership's description was changed";
        ESCALATED = "partnership"."escalated", Leaders, "The proposal was not answered for {days} days and was escalated";
        MEMBERSHIP_REQUESTED = "membership"."requested", Leaders, "Somebody asked to join on the {side} side";
        MEMBER_JOINED = "membership"."joined", Members, "A member joined on the {side} side";
        MEMBERSHIP_DECLINED = "membership"."declined", Leaders, "A request to join was declined";
        MEMBERSHIP_WITHDRAWN = "membership"."withdrawn", Leaders, "A request to join was taken back";
        MEMBER_LEFT = "membership"."left", Members, "A member of the {side} side left";
        MEMBER_REMOVED = "membership"."removed", Leaders, "A member of the {side} side was removed";
        MEMBER_UPDATED = "membership"."updated", Members, "A member of the {side} side is now {role}";
        MEMBER_INVITED = "membership_invitation"."created", Leaders, "Somebody was invited to become a member";
        INVITATION_REVOKED = "membership_invitation"."revoked", Leaders, "An invitation was taken back";
        INVITATION_DECLINED = "membership_invitation"."declined", Leaders, "An invitation was declined";
        LEADER_NOMINATED = "leadership"."nominated", Members, "A {kind} leader was nominated for the {side} side";
        LEADER_ACCEPTED = "leadership"."accepted", Members, "The {side} side has a {kind} leader";
        LEADER_DECLINED = "leadership"."declined", Members, "A nomination on the {side} side was declined";
        LEADER_ENDED = "leadership"."ended", Members, "A {kind} leader of the {side} side left the seat: {cause}";
        MISSION_PROPOSED = "mission"."proposed", Members, "A mission was proposed";
        MISSION_UPDATED = "mission"."updated", Members, "A mission was changed";
        MISSION_RETURNED = "mission"."returned", Members, "The mission was not adopted and is a draft again: {outcome}";
        MISSION_ADOPTED = "mission"."adopted", Members, "Both sides agree: the mission is adopted";
        MISSION_WITHDRAWN = "mission"."withdrawn", Members, "A proposed mission was withdrawn";
        GOAL_CREATED = "goal"."created", Leaders, "A goal was put down";
        GOAL_UPDATED = "goal"."updated", Leaders, "A goal was changed";
        GOAL_PROPOSED = "goal"."proposed", Members, "A goal was proposed as the current one";
        GOAL_RETURNED = "goal"."returned", Members, "The goal was not adopted and is a draft again: {outcome}";
        GOAL_ADOPTED = "goal"."adopted", Public, "Both sides agree: the goal is adopted";
        GOAL_SUPERSEDED = "goal"."superseded", Public, "Another goal took its place";
        GOAL_AMENDED = "goal"."amended", Public, "Amendment {number} was adopted";
        AMENDMENT_PROPOSED = "goal"."amendment_proposed", Members, "Amendment {number} of the goal was proposed";
        AMENDMENT_DROPPED = "goal"."amendment_dropped", Members, "Amendment {number} was not adopted: {outcome}";
        CONTRIBUTOR_NAMED = "goal"."contributor_named", Members, "A member of the {side} side is named as contributor";
        CONTRIBUTOR_REMOVED = "goal"."contributor_removed", Members, "A contributor is named no more";
        GOAL_STARTED = "goal"."started", Public, "Work on the goal began";
        GOAL_ABANDONED = "goal"."abandoned", Leaders, "A goal in the making was given up";
        GOAL_CLOSING_PROPOSED = "goal"."closing_proposed", Members, "An assessment of the goal was put up for signing: {result}";
        GOAL_CLOSING_SIGNED = "goal"."closing_signed", Members, "The {side} side signed the goal's assessment";
        GOAL_CLOSED = "goal"."closed", Public, "Both sides have signed the goal's assessment: {result}";
        OBJECTIVE_CREATED = "objective"."created", Leaders, "An objective was added";
        OBJECTIVE_UPDATED = "objective"."updated", Leaders, "An objective was changed";
        OBJECTIVE_WITHDRAWN = "objective"."withdrawn", Leaders, "An objective was withdrawn";
        MEASURED = "measurement"."recorded", Public, "An objective was measured";
        MEASUREMENT_CORRECTED = "measurement"."corrected", Public, "A measurement was corrected";
    }
}
