//! What a decision is judged by, and what it comes to: thresholds, heads, conditions, verdicts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{Ending, Level, Method};
use crate::accounts::Side;
use crate::platform::config::Consensus;
use crate::text_enum;

/// The thresholds of a final call, kept with it: later settings change nothing about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Of the eligible members of each side so many take part, percent.
    pub quorum_percent: u32,
    /// Of those who don't stand aside so many support it, percent.
    pub support_percent: u32,
    /// Of those who take part at most so many stand aside, percent.
    pub stand_aside_percent: u32,
    /// At least so many civilians take part.
    pub civilian_minimum: u32,
    /// At least so many officers take part.
    pub police_minimum: u32,
}

impl From<&Consensus> for Rules {
    fn from(set: &Consensus) -> Self {
        Self {
            quorum_percent: set.quorum_percent,
            support_percent: set.support_percent,
            stand_aside_percent: set.stand_aside_percent,
            civilian_minimum: set.civilian_minimum,
            police_minimum: set.police_minimum,
        }
    }
}

impl Rules {
    /// At least so many of a side take part.
    pub const fn minimum(&self, side: Side) -> u32 {
        match side {
            Side::Civilian => self.civilian_minimum,
            Side::Police => self.police_minimum,
            Side::Agency => 0,
        }
    }
    /// So many of a side have to take part.
    pub fn quorum(&self, heads: &Heads) -> u32 {
        (heads.eligible * self.quorum_percent).div_ceil(100).max(self.minimum(heads.side))
    }
}

/// Members of a side who are asked, and how many of them stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Heads {
    /// The side.
    pub side: Side,
    /// Members who are asked: on the roster of the final call, and still there.
    pub eligible: u32,
    /// Full support.
    pub endorse: u32,
    /// Agree, with a small point.
    pub agree_minor: u32,
    /// Support with reservations.
    pub reservations: u32,
    /// Stand aside.
    pub stand_aside: u32,
    /// Need more discussion.
    pub more_discussion: u32,
    /// Don't like it, but will support it.
    pub dislike_support: u32,
    /// Disagree.
    pub disagree: u32,
    /// Block.
    pub block: u32,
}

impl Heads {
    /// Of a side with so many eligible members, of whom nobody has said anything.
    pub const fn silent(side: Side, eligible: u32) -> Self {
        Self {
            side,
            eligible,
            endorse: 0,
            agree_minor: 0,
            reservations: 0,
            stand_aside: 0,
            more_discussion: 0,
            dislike_support: 0,
            disagree: 0,
            block: 0,
        }
    }
    /// Who stand there.
    pub const fn at(&self, level: Level) -> u32 {
        match level {
            Level::Endorse => self.endorse,
            Level::AgreeMinor => self.agree_minor,
            Level::Reservations => self.reservations,
            Level::StandAside => self.stand_aside,
            Level::MoreDiscussion => self.more_discussion,
            Level::DislikeSupport => self.dislike_support,
            Level::Disagree => self.disagree,
            Level::Block => self.block,
        }
    }
    /// Who took part.
    pub const fn cast(&self) -> u32 {
        self.support() + self.stand_aside + self.more_discussion + self.disagree + self.block
    }
    /// Who support it.
    pub const fn support(&self) -> u32 {
        self.endorse + self.agree_minor + self.reservations + self.dislike_support
    }
}

/// What is to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Ballot {
    /// How it is decided.
    pub method: Method,
    /// Whether it would be adopted for a while only, by the consent test.
    pub is_trial: bool,
    /// Whether a leader of each side has to be for it.
    pub needs_leaders: bool,
    /// Both sides: civilian, police.
    pub heads: [Heads; 2],
    /// Blocks that count, of both sides together.
    pub blocks: u32,
    /// Whether a leader of the civilian, the police side is for it.
    pub led: [bool; 2],
    /// What a leader decided after hearing advice.
    pub ruling: Option<bool>,
}

text_enum! {
    /// A condition of adoption.
    pub enum ConditionKey {
        /// Enough of the side's eligible members took part.
        Participation = "participation",
        /// At least so many of the side took part, however small it is.
        Minimum = "minimum",
        /// Enough of the side support it.
        Support = "support",
        /// Not too many of the side stand aside.
        StandAsides = "stand_asides",
        /// More than half of the side's stances support it.
        Majority = "majority",
        /// Nobody of the side disagrees.
        NoDisagreement = "no_disagreement",
        /// Somebody of the side gave advice.
        Advice = "advice",
        /// A leader decided.
        Ruling = "ruling",
        /// No block counts.
        NoBlocks = "no_blocks",
        /// A leader of the side is for it.
        LeaderAssent = "leader_assent",
    }
}

/// One condition of adoption, and whether it is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Condition {
    /// Which.
    pub key: ConditionKey,
    /// Of which side; `null` for both together.
    pub side: Option<Side>,
    /// Whether it is met.
    pub is_met: bool,
    /// In words.
    pub words: String,
}

/// What one side's stances come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SideResult {
    /// Who stand where.
    pub heads: Heads,
    /// Who took part.
    pub cast: u32,
    /// Who support it.
    pub support: u32,
    /// Share of eligible members who took part, to four places; `null` where nobody is eligible.
    pub participation: Option<f64>,
    /// Share of those who don't stand aside who support it, to four places; `null` where there are none.
    pub support_share: Option<f64>,
    /// So many more have to take part.
    pub needed_to_take_part: u32,
    /// So many more of those who are asked would have to support it: whoever has said nothing first, then whoever said
    /// something else; `null` where support is not what it depends on, or where even all would not be enough.
    pub needed_in_support: Option<u32>,
}

/// What stances come to, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Verdict {
    /// How it ends.
    pub ending: Ending,
    /// Both sides.
    pub sides: Vec<SideResult>,
    /// Blocks that count.
    pub blocks: u32,
    /// All conditions of adoption.
    pub conditions: Vec<Condition>,
}
