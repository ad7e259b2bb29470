//! Time, always asked of a clock that tests can set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

use super::db::sql;

/// A point in time, UTC, in whole microseconds: what is returned equals what either engine stores.
///
/// In JSON: RFC 3339 with `Z`. Input with another offset is converted; years outside 2000–2199 are refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Micros)]
pub struct Instant(i64);

impl Instant {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// The first that a calendar can name.
    const FIRST: Self = Self(DateTime::<Utc>::MIN_UTC.timestamp_micros());
    /// The last.
    const LAST: Self = Self(DateTime::<Utc>::MAX_UTC.timestamp_micros());

    /// From microseconds since 1970; `None` beyond what a calendar can name.
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros < Self::FIRST.0 || micros > Self::LAST.0 { None } else { Some(Self(micros)) }
    }
    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// Whole seconds since 1970, as tokens count them.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    /// The calendar day in UTC.
    pub fn date(self) -> NaiveDate {
        self.utc().date_naive()
    }
    /// The beginning of that day, UTC: for times that tell no more than the day.
    pub fn day(self) -> Self {
        const DAY: i64 = 86_400_000_000;
        Self::from_micros(self.micros() - self.micros().rem_euclid(DAY)).unwrap_or(self)
    }
    /// The same point in time as chrono has it.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
    /// Later by `duration`; saturates at the end of the calendar.
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_add(micros)).unwrap_or(Self::LAST)
    }
    /// Earlier by `duration`; saturates at the start of the calendar.
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_sub(micros)).unwrap_or(Self::FIRST)
    }
    /// Time from `earlier` to here; zero when `earlier` is in fact later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// As it is written, with as few digits as tell it: no fraction, milliseconds or microseconds. `None` where the year does
    /// not have four digits.
    ///
    /// By hand, because chrono's own formatting allocates and takes ten times as long, and lists are full of instants.
    pub fn written(self, text: &mut [u8; 27]) -> Option<&str> {
        let digit = |number: u32| b'0' + u8::try_from(number % 10).unwrap_or(0);
        let (days, of_day) = (self.0.div_euclid(DAY_MICROS), self.0.rem_euclid(DAY_MICROS));
        let (year, month, day) = civil(days).filter(|(year, ..)| *year <= 9999)?;
        let seconds = u32::try_from(of_day / 1_000_000).ok()?;
        let fraction = u32::try_from(of_day % 1_000_000).ok()?;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let (length, point, after_millis) = match fraction {
            0 => (20, b'Z', b'0'),
            fraction if fraction % 1000 == 0 => (24, b'.', b'Z'),
            fraction => (27, b'.', digit(fraction / 100)),
        };
        let two = |number: u32| [digit(number / 10), digit(number)];
        let ([y2, y1], [month2, month1], [day2, day1]) = (two(year), two(month), two(day));
        let ([hour2, hour1], [minute2, minute1], [second2, second1]) = (two(hour), two(minute), two(second));
        let [tenth, hundredth] = two(fraction / 10_000);
        #[rustfmt::skip]
        let written = [
            digit(year / 1000), digit(year / 100), y2, y1, b'-', month2, month1, b'-', day2, day1, b'T',
            hour2, hour1, b':', minute2, minute1, b':', second2, second1,
            point, tenth, hundredth, digit(fraction / 1000), after_millis, digit(fraction / 10), digit(fraction), b'Z',
        ];
        *text = written;
        text.get(..length).and_then(|text| std::str::from_utf8(text).ok())
    }
}

impl std::fmt::Debug for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl From<DateTime<Utc>> for Instant {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.timestamp_micros())
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.written(&mut [0; 27]) {
            Some(text) => f.write_str(text),
            None => f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

const DAY_MICROS: i64 = 86_400_000_000;

/// Year, month and day of the day that is `days` after 1970-01-01 (Howard Hinnant's `civil_from_days`); `None` before March of
/// the year 0.
fn civil(days: i64) -> Option<(u32, u32, u32)> {
    let shifted = u32::try_from(days + 719_468).ok()?;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    Some((year_of_era + era * 400 + u32::from(month <= 2), month, day))
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
            Self::Set(micros) => Instant::from_micros(micros.load(Ordering::SeqCst)).unwrap_or(Instant::EPOCH),
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
            for fraction in [0, 1, 999_999, 120_000, 999_000, 123_456] {
                let at = Instant::from_micros(micros.div_euclid(1_000_000) * 1_000_000 + fraction).unwrap();
                assert_eq!(at.to_string(), at.utc().to_rfc3339_opts(SecondsFormat::AutoSi, true));
            }
            micros += 40_123_456_789_012;
        }
    }

    #[test]
    fn instants_end_where_the_calendar_does() {
        for edge in [Instant::FIRST, Instant::LAST] {
            assert_eq!(Instant::from_micros(edge.micros()), Some(edge));
            assert_eq!(Instant::from(edge.utc()), edge);
        }
        assert_eq!(Instant::from_micros(Instant::FIRST.micros() - 1), None);
        assert_eq!(Instant::from_micros(Instant::LAST.micros() + 1), None);
        assert_eq!(Instant::LAST.plus(days(1)), Instant::LAST);
        assert_eq!(Instant::FIRST.minus(days(1)), Instant::FIRST);
        assert_eq!(Instant::from_micros(-1).unwrap().seconds(), -1);
    }
}
