//! What an hour of volunteers' work is worth.

use serde::Deserialize;

/// `[volunteering]`: what an hour of volunteers' work is worth, for reports.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HourValue {
    /// In hundredths of the currency, 0 to 100000. Default 3479.
    pub cents: u32,
    /// ISO 4217. Default `USD`.
    pub currency: String,
    /// Whose rate it is. Default `Independent Sector`.
    pub source: String,
    /// Of which year. Default 2024.
    pub year: i32,
}

impl Default for HourValue {
    fn default() -> Self {
        Self { cents: 3479, currency: "USD".into(), source: "Independent Sector".into(), year: 2024 }
    }
}

impl HourValue {
    /// What can't be, one line each.
    pub(super) fn faults(&self) -> Vec<&'static str> {
        let currency = self.currency.len() == 3 && self.currency.bytes().all(|b| b.is_ascii_uppercase());
        [
            (self.cents <= 100_000, "volunteering.cents: must be from 0 to 100000"),
            (currency, "volunteering.currency: must be three capitals, like USD"),
            (
                (1..=200).contains(&self.source.len()),
                "volunteering.source: must say in 1 to 200 bytes whose rate it is",
            ),
            ((2000..2200).contains(&self.year), "volunteering.year: must be from 2000 to 2199"),
        ]
        .into_iter()
        .filter_map(|(holds, line)| (!holds).then_some(line))
        .collect()
    }
}
