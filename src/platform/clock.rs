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
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
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
    /// Moves a set clock forward; the system's can't be moved.
    pub fn advance(&self, by: Duration) {
        if let Self::Set(micros) = self {
            micros.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}
