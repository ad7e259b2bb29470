//! How meetings are held, and what happens by itself around them.

use serde::Deserialize;

/// `[meetings]`: how meetings are held, and what happens by itself around them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Meetings {
    /// Circulated minutes that nobody wants corrected and a leader of each side assents to are approved after so long, days,
    /// 1 to 90. Default 14.
    pub silent_consent_days: u64,
    /// Members who have not said no are reminded so long before a meeting, hours, 1 to 336; 0 reminds nobody. Default 24.
    pub reminder_hours: u64,
    /// A check-in code is shown for so long, and taken for as long again, minutes, 1 to 240. Default 10.
    pub check_in_minutes: u64,
    /// Wrong check-in codes of one account in 15 minutes before it has to wait, 1 to 100. Default 5.
    pub wrong_check_ins: u32,
}

impl Default for Meetings {
    fn default() -> Self {
        Self { silent_consent_days: 14, reminder_hours: 24, check_in_minutes: 10, wrong_check_ins: 5 }
    }
}

impl Meetings {
    /// Values with their bounds and names.
    pub(super) fn bounds(&self) -> [(u64, u64, u64, &'static str); 4] {
        [
            (self.silent_consent_days, 1, 90, "meetings.silent_consent_days"),
            (self.reminder_hours, 0, 336, "meetings.reminder_hours"),
            (self.check_in_minutes, 1, 240, "meetings.check_in_minutes"),
            (self.wrong_check_ins.into(), 1, 100, "meetings.wrong_check_ins"),
        ]
    }
}
