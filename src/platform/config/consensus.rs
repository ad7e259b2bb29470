//! When a decision of both sides is one.

use serde::Deserialize;

/// `[consensus]`: when a decision of both sides is one. What is open when they change keeps the shares that it began with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Consensus {
    /// Of the eligible members of each side so many take part, percent, 1 to 100. Default 50.
    pub quorum_percent: u32,
    /// Of those of each side who don't stand aside so many support it, percent, 51 to 100. Default 75.
    pub support_percent: u32,
    /// Of those of each side who take part at most so many stand aside, percent, 0 to 100. Default 34.
    pub stand_aside_percent: u32,
    /// At least so many civilians take part, 1 to 100. Default 2.
    pub civilian_minimum: u32,
    /// At least so many officers take part, 1 to 100. Default 1.
    pub police_minimum: u32,
    /// Mission, charter, goal, plans and vision are discussed for so long at least, hours, 0 to 720. Default 72.
    pub discussion_hours: u64,
    /// A final call lasts so long at least, hours, 1 to 504. Default 48.
    pub final_call_hours: u64,
    /// A final call lasts so long at most, days, 2 to 90. Default 21.
    pub final_call_days: u64,
    /// A trial lasts so long at most, days, 1 to 365. Default 90.
    pub trial_days: u64,
    /// The outcome is written so soon after adoption, days, 1 to 90. Default 7.
    pub outcome_days: u64,
    /// A decision is looked at again after so long where nothing else is said, months, 1 to 60. Default 6.
    pub review_months: u32,
}

impl Default for Consensus {
    fn default() -> Self {
        Self {
            quorum_percent: 50,
            support_percent: 75,
            stand_aside_percent: 34,
            civilian_minimum: 2,
            police_minimum: 1,
            discussion_hours: 72,
            final_call_hours: 48,
            final_call_days: 21,
            trial_days: 90,
            outcome_days: 7,
            review_months: 6,
        }
    }
}

impl Consensus {
    /// Values with their bounds and names.
    pub(super) fn bounds(&self) -> [(u64, u64, u64, &'static str); 11] {
        [
            (self.quorum_percent.into(), 1, 100, "consensus.quorum_percent"),
            (self.support_percent.into(), 51, 100, "consensus.support_percent"),
            (self.stand_aside_percent.into(), 0, 100, "consensus.stand_aside_percent"),
            (self.civilian_minimum.into(), 1, 100, "consensus.civilian_minimum"),
            (self.police_minimum.into(), 1, 100, "consensus.police_minimum"),
            (self.discussion_hours, 0, 720, "consensus.discussion_hours"),
            (self.final_call_hours, 1, 504, "consensus.final_call_hours"),
            (self.final_call_days, 2, 90, "consensus.final_call_days"),
            (self.trial_days, 1, 365, "consensus.trial_days"),
            (self.outcome_days, 1, 90, "consensus.outcome_days"),
            (self.review_months.into(), 1, 60, "consensus.review_months"),
        ]
    }
}
