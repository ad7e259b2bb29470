//! What follows from decisions in other slices, handed down by the roof.

use super::hand::Hand;
use super::model::{Decision, DecisionClass, Ending};
use crate::ids::{MeetingId, PartnershipId};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;

/// A decision that has ended.
#[derive(Debug)]
pub struct Ended<'d> {
    /// The decision, as it is now. `subject` is what it was opened about.
    pub decision: &'d Decision,
    /// How it ended.
    pub ending: Ending,
}

/// What a slice does with a text that members have changed by themselves.
pub type OnAmended = fn(&mut Hand<'_, '_>, &Decision, &str) -> Result<()>;

/// What a slice does when a decision of a class ends. It looks at `subject` to see whether the decision is about something
/// of its own: members also decide on their own, about nothing in particular.
#[derive(Clone, Copy)]
pub struct Reaction {
    /// Of which class.
    pub class: DecisionClass,
    /// Called in the transaction in which a decision ends, before its own record is written. What it returns as an error
    /// undoes the end.
    pub on_end: fn(&mut Hand<'_, '_>, &Ended<'_>) -> Result<()>,
    /// Called in the transaction in which members change the text by themselves, with the new text; it may
    /// refuse. Not called for [`renew_text`](super::renew_text), by which the slice itself changes it.
    pub on_amended: Option<OnAmended>,
}

/// What decisions need of slices that stand above them.
#[derive(Clone)]
pub struct Surroundings {
    /// Of all slices.
    pub reactions: Vec<Reaction>,
    /// Whether a meeting of the partnership that was noticed is going on now, with a quorum of both sides: it need not wait
    /// for the discussion's least time.
    pub meets_with_quorum: fn(&mut Conn, &State, PartnershipId, Instant) -> Result<bool>,
    /// Whether the law has the partnership meet in the open, so that nothing is decided anonymously.
    pub meets_in_the_open: fn(&mut Conn, PartnershipId) -> Result<bool>,
    /// Whether a meeting is recessed, so that nothing is decided in it.
    pub is_recessed: fn(&mut Conn, MeetingId) -> Result<bool>,
    /// Whether a meeting of the partnership is recessed, so that no decision is opened in it.
    pub sits_closed: fn(&mut Conn, PartnershipId) -> Result<bool>,
}

impl Surroundings {
    /// With these reactions, where nothing is known of meetings: none is going on, and no law says how they are held.
    pub fn new(reactions: Vec<Reaction>) -> Self {
        Self {
            reactions,
            meets_with_quorum: |_, _, _, _| Ok(false),
            meets_in_the_open: |_, _| Ok(false),
            is_recessed: |_, _| Ok(false),
            sits_closed: |_, _| Ok(false),
        }
    }

    /// Tells the slices that a decision has ended.
    pub(super) fn ended(&self, hand: &mut Hand<'_, '_>, decision: &Decision, ending: Ending) -> Result<()> {
        let ended = Ended { decision, ending };
        self.reactions.iter().filter(|r| r.class == decision.class).try_for_each(|r| (r.on_end)(hand, &ended))
    }

    /// Tells the slices that members have changed a text.
    pub(super) fn amended(&self, hand: &mut Hand<'_, '_>, decision: &Decision, text: &str) -> Result<()> {
        let concerned = self.reactions.iter().filter(|r| r.class == decision.class).filter_map(|r| r.on_amended);
        concerned.into_iter().try_for_each(|on_amended| on_amended(hand, decision, text))
    }
}
