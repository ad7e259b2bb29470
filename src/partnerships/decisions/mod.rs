//! Decisions: one engine for everything that both sides decide together (`domain/20` 6.6).
//!
//! A decision is talked about (`discussion`), felt out (`sense_check`), mended (`amending`), and decided by a `final_call`,
//! which asks the members of both sides who were there when it was opened. What it comes to is computed by [`consensus`].
//!
//! Invariants:
//! * No rule adds both sides up: each side has its own quorum and its own test, and every way to adopt needs both.
//! * A stance is about one version of the text. A new version makes all stances stale: they are kept, and count no more.
//!   The database keeps one current stance per person and version, and lets none be changed or removed.
//! * A block counts until its blocker withdraws it or leaders of both sides (or a facilitator with a leader of the
//!   blocker's side) dismiss it.
//! * Who joins later is not asked; who leaves is no longer counted.
//! * Stances of an anonymous decision tell nobody whose they are, not even the database: rows have a keyed digest of the
//!   person in place of the account, random ids and the day alone, and the record names nobody.
//! * Agency members are heard and counted on no side.
//!
//! # For other slices
//!
//! Open a decision about something of yours with [`open`], in the transaction in which it comes to wait for it, and write a
//! changed text with [`renew_text`]. Say what follows from its end with a [`Reaction`]: a slice has `pub const REACTIONS: &[Reaction]`, which `app.rs` puts together. It is called
//! in the transaction that ends the decision, whether that is a request's or background work's, and writes by the [`Hand`]
//! that it is given, so that the thing and the decision change together or not at all.
//!
//! What is decided in a meeting is called there among those who are present (`present`), or written down as it was said
//! by leaders of both sides (`voice`), judged by the same rules, and remembered with the quorum.
//!
//! `follow` stops and starts the time of what can't be decided while the partnership is suspended or a side has no leader.
//! [`member_left`] takes somebody who left off every roster.

mod casting;
mod closing;
pub mod consensus;
mod diff;
mod hand;
mod holders;
pub mod jobs;
mod joint;
mod letters;
mod levels;
mod lifecycle;
pub(crate) mod model;
mod opening;
pub(crate) mod policy;
mod present;
mod queries;
mod reactions;
mod routes;
mod steps;
mod verdict;
mod voice;

pub(crate) use casting::Grounds;
pub(in crate::partnerships) use closing::end_all;
pub use closing::member_left;
pub use consensus::Heads;
pub use hand::Hand;
pub(crate) use model::Decision;
pub use model::{Background, BackgroundLink, DecisionClass, DecisionState, Ending, Method};
pub use model::{Level, Principle};
pub use opening::{Opening, open, renew_text};
pub(crate) use present::{
    Attendants, MeetingDecision, Sitting, attendants, call_in_meeting, decided_in, end_calls_of, find_in_meeting,
};
pub use present::{SideQuorum, anonymous_ones, quorum};
pub use queries::awaiting::{promised, with_outcome};
pub(in crate::partnerships) use queries::blocks::any_in_call as any_block_in_call;
pub use queries::decisions::find as find_decision;
pub use queries::in_meetings::{all_of as calls_in_meeting, last_in as last_call_in_meeting};
pub(crate) use queries::said::{Said, said_of};
pub(crate) use queries::texts::text_of;
pub use reactions::{Ended, Reaction, Surroundings};
pub use routes::{AwaitedDecision, OPERATIONS, awaiting_decisions};
pub(in crate::partnerships) use steps::follow;
pub(crate) use voice::{Position, Spoken, Written, confirm_spoken, write_down};

use crate::event_kinds;

event_kinds! {
    /// What happens to decisions.
    pub mod events {
        CREATED = "decision"."created", Involved, "A decision on {class} was put down";
        UPDATED = "decision"."updated", Involved, "The draft of a decision was changed";
        OPENED = "decision"."opened", Members, "A decision on {class} is being discussed";
        SENSED = "decision"."sense_check_started", Members, "A sense check began";
        VERSION_CHANGED = "decision"."version_changed", Members, "The text has a new version: {number}. {stale} stances count no more";
        CORRECTION_PROPOSED = "decision"."correction_proposed", Members, "A correction of typing errors waits for leaders of both sides";
        CORRECTION_APPROVED = "decision"."correction_approved", Members, "The {side} side's leader approved a correction of typing errors";
        CORRECTED = "decision"."corrected", Members, "Typing errors were corrected; stances stay";
        CALLED = "decision"."final_call_opened", Members, "The final call was opened: {civilian} civilian and {police} police members are asked";
        CALLED_IN_MEETING = "decision"."called_in_meeting", Members, "Called in a meeting: {civilian} civilian and {police} police members are there and asked";
        SPOKEN_WRITTEN_DOWN = "decision"."spoken_written_down", Members, "A leader of the {side} side wrote down what was said in the meeting; it counts once a leader of the other side confirms it";
        STANCE_TAKEN = "decision"."stance_taken", Members, "A stance was taken";
        BLOCK_RAISED = "decision"."block_raised", Members, "Somebody blocks the decision: {principle}";
        BLOCK_CHANGED = "decision"."block_changed", Members, "A block is {state} now";
        CLOSING_SOON = "decision"."closing_soon", Members, "The final call ends soon: {people} members were reminded";
        ADOPTED = "decision"."adopted", Members, "The decision on {class} was adopted: {ending}";
        NOT_ADOPTED = "decision"."not_adopted", Members, "The decision on {class} was not adopted";
        BLOCKED = "decision"."blocked", Members, "The decision on {class} is blocked";
        LAPSED = "decision"."lapsed", Members, "The decision on {class} lapsed: too few took part";
        DRAFT_WITHDRAWN = "decision"."draft_withdrawn", Involved, "The draft of a decision on {class} was given up";
        WITHDRAWN = "decision"."withdrawn", Members, "The decision on {class} was taken back";
        OUTCOME_WRITTEN = "decision"."outcome_written", Members, "What follows from the decision was written down";
        REVIEW_BEGUN = "decision"."review_begun", Members, "The decision is being looked at again";
        ASSENTED = "decision"."assented", Members, "A leader of the {side} side assented: {purpose}";
        REAFFIRMED = "decision"."reaffirmed", Members, "The decision was reaffirmed by leaders of both sides";
        RESCINDED = "decision"."rescinded", Members, "The decision was rescinded by leaders of both sides";
        AMENDED = "decision"."amended", Members, "Another decision took the place of this one";
    }
}
