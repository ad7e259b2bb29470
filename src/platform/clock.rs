//! Time, always asked of a clock that tests can set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeZone, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

use super::db::sql;

/// A point in time, UTC, in whole microseconds: what is returned equals what either engine stores.
///
/// In JSON: RFC 3339 with `Z`. Input with another offset is converted; years outside 2000–2199 are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Micros)]
pub struct Instant(DateTime<Utc>);

impl Instant {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(DateTime::<Utc>::UNIX_EPOCH);

    /// From microseconds since 1970; `None` beyond what a calendar can name.
    pub fn from_micros(micros: i64) -> Option<Self> {
        Utc.timestamp_micros(micros).single().map(Self)
    }
    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }
    /// Whole seconds since 1970, as tokens count them.
    pub const fn seconds(self) -> i64 {
        self.0.timestamp()
    }
    /// The calendar day in UTC.
    pub fn date(self) -> NaiveDate {
        self.0.date_naive()
    }
    /// The beginning of that day, UTC: for times that tell no more than the day.
    pub fn day(self) -> Self {
        const DAY: i64 = 86_400_000_000;
        Self::from_micros(self.micros() - self.micros().rem_euclid(DAY)).unwrap_or(self)
    }
    /// The same point in time as chrono has it.
    pub const fn utc(self) -> DateTime<Utc> {
        self.0
    }
    /// Later by `duration`; saturates at the end of the calendar.
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.micros().saturating_add(micros)).unwrap_or(Self(DateTime::<Utc>::MAX_UTC))
    }
    /// Earlier by `duration`; saturates at the start of the calendar.
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.micros().saturating_sub(micros)).unwrap_or(Self(DateTime::<Utc>::MIN_UTC))
    }
    /// Time from `earlier` to here; zero when `earlier` is in fact later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.micros().saturating_sub(earlier.micros())).unwrap_or(0))
    }
}

impl From<DateTime<Utc>> for Instant {
    fn from(time: DateTime<Utc>) -> Self {
        Self::from_micros(time.timestamp_micros()).unwrap_or(Self(time))
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // By hand: chrono's own formatting allocates and takes ten times as long, and lists are full of instants.
        let micros = self.micros();
        let (days, of_day) = (micros.div_euclid(DAY_MICROS), micros.rem_euclid(DAY_MICROS));
        let (year, month, day) = civil(days);
        if !(0..=9999).contains(&year) {
            return f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        }
        let seconds = of_day / 1_000_000;
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let mut put = |at: usize, width: usize, mut number: i64| {
            for digit in text.iter_mut().skip(at).take(width).rev() {
                *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
                number /= 10;
            }
        };
        put(0, 4, year);
        put(5, 2, month);
        put(8, 2, day);
        put(11, 2, seconds / 3600);
        put(14, 2, seconds / 60 % 60);
        put(17, 2, seconds % 60);
        let fraction = of_day % 1_000_000;
        put(20, 6, fraction);
        // No fraction, milliseconds or microseconds: as few digits as tell it.
        let length = match fraction {
            0 => 19,
            fraction if fraction % 1000 == 0 => 23,
            _ => 26,
        };
        if let Some(zone) = text.get_mut(length) {
            *zone = b'Z';
        }
        f.write_str(text.get(..=length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default())
    }
}

const DAY_MICROS: i64 = 86_400_000_000;

/// Year, month and day of the day that is `days` after 1970-01-01 (Howard Hinnant's `civil_from_days`).
const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
}

/// Days as a [`Duration`].
pub const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 86_400)
}

/// Hours as a [`Duration`].
pub const fn hours(n: u64) -> Duration {
    Duration::from_secs(n * 3_600)
}

/// Minutes as a [`Duration`].
pub const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// Where the time comes from: the system, or a hand that tests turn.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's own time.
    System,
    /// Stands still until it is set; microseconds since 1970.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at`.
    pub fn standing_at(at: Instant) -> Self {
        Self::Set(Arc::new(AtomicI64::new(at.micros())))
    }
    /// The present.
    pub fn now(&self) -> Instant {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's time")]
            Self::System => Utc::now().into(),
            Self::Set(micros) => {
                Instant::from_micros(micros.load(Ordering::SeqCst)).unwrap_or(Instant(DateTime::<Utc>::UNIX_EPOCH))
            }
        }
    }
    /// Sets a set clock; the system's can't be set.
    pub fn set(&self, at: Instant) {
        if let Self::Set(micros) = self {
            micros.store(at.micros(), Ordering::SeqCst);
        }
    }
    /// Moves a set clock forward; the system's can't be moved.
    pub fn advance(&self, by: Duration) {
        if let Self::Set(micros) = self {
            micros.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_chrono_writes_them() {
        let mut micros = -62_000_000_000_000_000_i64;
        while micros < 252_000_000_000_000_000 {
            for fraction in [0, 1, 999_999, 120_000, 999_000] {
                let at = Instant::from_micros(micros.div_euclid(1_000_000) * 1_000_000 + fraction).unwrap();
                assert_eq!(at.to_string(), at.0.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            }
            micros += 40_123_456_789_012;
        }
    }
}
