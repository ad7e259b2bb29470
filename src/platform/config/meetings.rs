//! What happens by itself around meetings.

use serde::Deserialize;

/// `[meetings]`: what happens by itself around meetings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Meetings {
    /// Circulated minutes that nobody wants corrected and a leader of each side assents to are approved after so long, days,
    /// 1 to 90. Default 14.
    pub silent_consent_days: u64,
    /// Members who have not said no are reminded so long before a meeting, hours, 1 to 336; 0 reminds nobody. Default 24.
    pub reminder_hours: u64,
}

impl Default for Meetings {
    fn default() -> Self {
        Self { silent_consent_days: 14, reminder_hours: 24 }
    }
}

impl Meetings {
    /// Values with their bounds and names.
    pub(super) fn bounds(&self) -> [(u64, u64, u64, &'static str); 2] {
        [
            (self.silent_consent_days, 1, 90, "meetings.silent_consent_days"),
            (self.reminder_hours, 0, 336, "meetings.reminder_hours"),
        ]
    }
}
