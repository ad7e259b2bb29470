//! How meetings are held.

use serde::Deserialize;

/// `[meetings]`: how meetings are held.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Meetings {
    /// A check-in code is shown for so long, and taken for as long again, minutes, 1 to 240. Default 10.
    pub check_in_minutes: u64,
    /// Wrong check-in codes of one account in 15 minutes before it has to wait, 1 to 100. Default 5.
    pub wrong_check_ins: u32,
}

impl Default for Meetings {
    fn default() -> Self {
        Self { check_in_minutes: 10, wrong_check_ins: 5 }
    }
}

impl Meetings {
    /// Values with their bounds and names.
    pub(super) fn bounds(&self) -> [(u64, u64, u64, &'static str); 2] {
        [
            (self.check_in_minutes, 1, 240, "meetings.check_in_minutes"),
            (self.wrong_check_ins.into(), 1, 100, "meetings.wrong_check_ins"),
        ]
    }
}
