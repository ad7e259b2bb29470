//! From the time on a wall to a point in time. Pure.
//!
//! What happens at a wall-clock time is kept in local time with its zone; the instants are computed. On the night on which
//! clocks go forward some local times don't exist: they are refused. On the night on which they go back some exist twice:
//! the first one is meant.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeZone as _, Utc};

use crate::platform::clock::{Instant, days, hours};
use crate::platform::error::{FieldCode, FieldError};
use crate::platform::http::wrong;
use crate::platform::text::{LocalTime, Zone};

/// A meeting lasts at most so long.
pub const LONGEST: Duration = hours(24);
/// A meeting that was held without notice can be put down for so long after it began.
pub const BACK: Duration = days(7);
/// A meeting lies at most so far ahead.
pub const AHEAD: Duration = days(2 * 365 + 1);

/// The point in time at which a clock in `zone` shows `local`: the first one where there are two, none where the clocks
/// jump over it.
pub fn instant_of(local: LocalTime, zone: Zone) -> Option<Instant> {
    zone.0.from_local_datetime(&local.0).earliest().map(|time| time.with_timezone(&Utc).into())
}

/// What a clock in `zone` shows at `at`.
pub fn wall_clock(at: Instant, zone: Zone) -> NaiveDateTime {
    zone.0.from_utc_datetime(&at.utc().naive_utc()).naive_local()
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub starts_at: Instant,
    /// The last.
    pub ends_at: Instant,
}

/// Why a time does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The clocks jump over the start.
    StartSkipped,
    /// The clocks jump over the end.
    EndSkipped,
    /// The end does not come after the start.
    EndsTooEarly,
    /// It lasts longer than [`LONGEST`].
    TooLong,
    /// It began more than [`BACK`] ago.
    TooFarBack,
    /// It lies further ahead than [`AHEAD`].
    TooFarAhead,
}

impl Unfit {
    /// Whether the start is to blame; otherwise it is the end.
    pub const fn is_about_start(self) -> bool {
        matches!(self, Self::StartSkipped | Self::TooFarBack | Self::TooFarAhead)
    }
    /// As the error of the field at `pointer`.
    pub fn at(self, pointer: &str) -> FieldError {
        let (code, message) = match self {
            Self::StartSkipped | Self::EndSkipped => {
                (FieldCode::Refused, "does not exist in this time zone: the clocks jump over it that night")
            }
            Self::EndsTooEarly => (FieldCode::Inconsistent, "must be after the start"),
            Self::TooLong => (FieldCode::Inconsistent, "must be at most 24 hours after the start"),
            Self::TooFarBack => (FieldCode::OutOfRange, "must not be more than 7 days ago"),
            Self::TooFarAhead => (FieldCode::OutOfRange, "must not be more than two years ahead"),
        };
        wrong(pointer, code, message)
    }
}

/// From when to when a meeting lasts.
///
/// # Errors
/// All that is wrong with the two times.
pub fn span(starts: LocalTime, ends: LocalTime, zone: Zone) -> Result<Span, Vec<Unfit>> {
    let (starts_at, ends_at) = match (instant_of(starts, zone), instant_of(ends, zone)) {
        (Some(starts_at), Some(ends_at)) => (starts_at, ends_at),
        (None, None) => return Err(vec![Unfit::StartSkipped, Unfit::EndSkipped]),
        (None, Some(_)) => return Err(vec![Unfit::StartSkipped]),
        (Some(_), None) => return Err(vec![Unfit::EndSkipped]),
    };
    if ends_at <= starts_at {
        return Err(vec![Unfit::EndsTooEarly]);
    }
    if ends_at.since(starts_at) > LONGEST {
        return Err(vec![Unfit::TooLong]);
    }
    Ok(Span { starts_at, ends_at })
}

/// Whether a meeting may begin at `starts_at` when it is put down or moved at `now`.
///
/// # Errors
/// Too far back or ahead.
pub fn within_reach(starts_at: Instant, now: Instant) -> Result<(), Unfit> {
    if now.since(starts_at) > BACK {
        Err(Unfit::TooFarBack)
    } else if starts_at.since(now) > AHEAD {
        Err(Unfit::TooFarAhead)
    } else {
        Ok(())
    }
}

/// A wall-clock time for people; as it is stored where it can't be read.
pub fn written(local: &str) -> String {
    match local.parse::<LocalTime>() {
        Ok(time) => time.0.format("%A, %-d %B %Y, %H:%M").to_string(),
        Err(_) => local.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHICAGO: Zone = Zone(chrono_tz::America::Chicago);

    fn local(text: &str) -> LocalTime {
        text.parse().unwrap()
    }
    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn the_hour_that_is_skipped_does_not_exist() {
        assert_eq!(instant_of(local("2027-03-14T01:59"), CHICAGO), Some(at("2027-03-14T07:59:00Z")));
        assert_eq!(instant_of(local("2027-03-14T02:00"), CHICAGO), None);
        assert_eq!(instant_of(local("2027-03-14T02:30"), CHICAGO), None);
        assert_eq!(instant_of(local("2027-03-14T02:59"), CHICAGO), None);
        assert_eq!(instant_of(local("2027-03-14T03:00"), CHICAGO), Some(at("2027-03-14T08:00:00Z")));
    }

    #[test]
    fn the_hour_that_comes_twice_means_its_first_coming() {
        assert_eq!(instant_of(local("2027-11-07T01:30"), CHICAGO), Some(at("2027-11-07T06:30:00Z")));
        assert_eq!(instant_of(local("2027-11-07T02:00"), CHICAGO), Some(at("2027-11-07T08:00:00Z")));
        assert_eq!(wall_clock(at("2027-11-07T07:30:00Z"), CHICAGO), local("2027-11-07T01:30").0);
    }

    #[test]
    fn a_meeting_ends_after_it_starts_and_within_a_day() {
        let of = |starts: &str, ends: &str| span(local(starts), local(ends), CHICAGO).map(|_| ());
        assert_eq!(of("2027-03-01T18:00", "2027-03-01T19:30"), Ok(()));
        assert_eq!(of("2027-03-01T18:00", "2027-03-01T18:00"), Err(vec![Unfit::EndsTooEarly]));
        assert_eq!(of("2027-03-01T18:00", "2027-03-02T18:00"), Ok(()));
        assert_eq!(of("2027-03-01T18:00", "2027-03-02T18:01"), Err(vec![Unfit::TooLong]));
        assert_eq!(of("2027-03-14T02:10", "2027-03-14T02:50"), Err(vec![Unfit::StartSkipped, Unfit::EndSkipped]));
        assert_eq!(of("2027-03-14T02:10", "2027-03-14T03:50"), Err(vec![Unfit::StartSkipped]));
        // The night that has 25 hours: the same wall-clock times a day apart are too far apart.
        assert_eq!(of("2027-11-06T18:00", "2027-11-07T18:00"), Err(vec![Unfit::TooLong]));
        assert_eq!(of("2027-03-13T18:00", "2027-03-14T19:00"), Ok(()));
    }

    #[test]
    fn reach_ends_exactly_at_its_bounds() {
        let now = at("2027-03-10T12:00:00Z");
        assert_eq!(within_reach(now.minus(BACK), now), Ok(()));
        assert_eq!(within_reach(now.minus(BACK + Duration::from_secs(1)), now), Err(Unfit::TooFarBack));
        assert_eq!(within_reach(now.plus(AHEAD), now), Ok(()));
        assert_eq!(within_reach(now.plus(AHEAD + Duration::from_secs(1)), now), Err(Unfit::TooFarAhead));
    }

    proptest! {
        #[test]
        fn whatever_exists_reads_back_as_it_was_written(minute in 0i64..(4 * 366 * 24 * 60), zone in 0usize..chrono_tz::TZ_VARIANTS.len()) {
            let zone = Zone(chrono_tz::TZ_VARIANTS[zone]);
            let written = LocalTime(local("2026-01-01T00:00").0 + chrono::Duration::minutes(minute));
            if let Some(at) = instant_of(written, zone) {
                prop_assert_eq!(LocalTime(wall_clock(at, zone)), written);
            }
        }
    }
}
