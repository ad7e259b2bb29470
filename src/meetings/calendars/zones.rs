//! Time zones as calendars tell them (RFC 5545 3.6.5): each change of the clock within the years of a feed, from the zone data
//! that meetings are computed by. Pure, and the same every time.

use chrono::{DateTime, Datelike as _, Duration, NaiveDateTime, Offset as _, TimeZone as _, Utc};
use chrono_tz::{OffsetComponents as _, OffsetName as _, Tz};
use icalendar::Property;

use crate::platform::error::{Error, Result};
use crate::platform::text::Zone;

/// What clocks show for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Observance {
    is_daylight: bool,
    seconds_before: i32,
    seconds: i32,
    name: Option<String>,
}

/// What clocks in `zone` show at `at`: seconds east of UTC, whether it is summer time, what it is called.
fn shown(zone: Tz, at: DateTime<Utc>) -> (i32, bool, Option<String>) {
    let offset = *zone.from_utc_datetime(&at.naive_utc()).offset();
    (offset.fix().local_minus_utc(), !offset.dst_offset().is_zero(), offset.abbreviation().map(ToOwned::to_owned))
}

/// The first second at which clocks show something else than at `from`, which they do by `to`.
fn change(zone: Tz, mut from: DateTime<Utc>, mut to: DateTime<Utc>) -> DateTime<Utc> {
    let before = shown(zone, from);
    while to - from > Duration::seconds(1) {
        let middle = from + (to - from) / 2;
        // Whole seconds, as in the zone data.
        let middle = middle - Duration::nanoseconds(i64::from(middle.timestamp_subsec_nanos()));
        if middle <= from {
            break;
        }
        if shown(zone, middle) == before { from = middle } else { to = middle }
    }
    to
}

/// What clocks show in these years, in its order, with the moments of local time at which it begins, each on the clock as it
/// was before.
fn observances(zone: Tz, first_year: i32, last_year: i32) -> Vec<(Observance, Vec<NaiveDateTime>)> {
    let new_year = |year: i32| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single();
    let (Some(begin), Some(end)) = (new_year(first_year), new_year(last_year + 1)) else { return Vec::new() };
    let (seconds, is_daylight, name) = shown(zone, begin);
    let local = |at: DateTime<Utc>, seconds: i32| at.naive_utc() + Duration::seconds(i64::from(seconds));
    let first = Observance { is_daylight, seconds_before: seconds, seconds, name };
    let mut found = vec![(first, vec![local(begin, seconds)])];
    let mut at = begin;
    while at < end {
        let next = (at + Duration::days(1)).min(end);
        let (before, now) = (shown(zone, at), shown(zone, next));
        if before != now {
            let moment = change(zone, at, next);
            let (seconds, is_daylight, name) = shown(zone, moment);
            let observance = Observance { is_daylight, seconds_before: before.0, seconds, name };
            let begins = local(moment, before.0);
            match found.iter_mut().find(|(known, _)| *known == observance) {
                Some((_, all)) => all.push(begins),
                None => found.push((observance, vec![begins])),
            }
        }
        at = next;
    }
    found
}

/// An offset from UTC (RFC 5545 3.3.14).
fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let all = seconds.unsigned_abs();
    match all % 60 {
        0 => format!("{sign}{:02}{:02}", all / 3600, all / 60 % 60),
        rest => format!("{sign}{:02}{:02}{rest:02}", all / 3600, all / 60 % 60),
    }
}

/// A local time (RFC 5545 3.3.5).
pub fn local(at: NaiveDateTime) -> String {
    at.format("%Y%m%dT%H%M%S").to_string()
}

/// `VTIMEZONE` of a zone, for whatever happens between the two times, which are on its clock.
///
/// Written line by line because the crate would put the present and a random id into it.
///
/// # Errors
/// A fault when it can't be written.
pub fn block(zone: Zone, first: NaiveDateTime, last: NaiveDateTime) -> Result<String> {
    let mut out = String::from("BEGIN:VTIMEZONE\r\n");
    let line = |out: &mut String, name: &str, value: String| -> Result<()> {
        let line: String =
            Property::new(name, value).try_into().map_err(|_| Error::fault("a time zone can't be written"))?;
        out.push_str(&line);
        Ok(())
    };
    line(&mut out, "TZID", zone.to_string())?;
    // A year more at each end: what is on its last evening has an end in the next.
    for (observance, begins) in observances(zone.0, first.year() - 1, last.year() + 1) {
        let kind = if observance.is_daylight { "DAYLIGHT" } else { "STANDARD" };
        out.push_str(&format!("BEGIN:{kind}\r\n"));
        let mut begins = begins.into_iter().map(local);
        line(&mut out, "DTSTART", begins.next().unwrap_or_default())?;
        let others: Vec<String> = begins.collect();
        if !others.is_empty() {
            line(&mut out, "RDATE", others.join(","))?;
        }
        line(&mut out, "TZOFFSETFROM", offset(observance.seconds_before))?;
        line(&mut out, "TZOFFSETTO", offset(observance.seconds))?;
        if let Some(name) = observance.name {
            line(&mut out, "TZNAME", name)?;
        }
        out.push_str(&format!("END:{kind}\r\n"));
    }
    out.push_str("END:VTIMEZONE\r\n");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
    }
    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    #[test]
    fn a_zone_is_told_by_each_change_of_its_clocks() {
        let text = block(zone("America/Chicago"), at("2027-03-09T18:30"), at("2027-08-10T20:00")).unwrap();
        assert_eq!(
            text.replace("\r\n", "\n"),
            "BEGIN:VTIMEZONE\nTZID:America/Chicago\n\
             BEGIN:STANDARD\nDTSTART:20251231T180000\nTZOFFSETFROM:-0600\nTZOFFSETTO:-0600\nTZNAME:CST\nEND:STANDARD\n\
             BEGIN:DAYLIGHT\nDTSTART:20260308T020000\nRDATE:20270314T020000,20280312T020000\nTZOFFSETFROM:-0600\n\
             TZOFFSETTO:-0500\nTZNAME:CDT\nEND:DAYLIGHT\n\
             BEGIN:STANDARD\nDTSTART:20261101T020000\nRDATE:20271107T020000,20281105T020000\nTZOFFSETFROM:-0500\n\
             TZOFFSETTO:-0600\nTZNAME:CST\nEND:STANDARD\nEND:VTIMEZONE\n"
        );
    }

    #[test]
    fn zones_without_summer_time_and_with_odd_offsets_are_told_too() {
        let of = |name| block(zone(name), at("2027-03-09T18:30"), at("2027-03-09T20:00")).unwrap();
        assert!(of("America/Phoenix").contains("TZOFFSETTO:-0700") && !of("America/Phoenix").contains("DAYLIGHT"));
        assert!(of("Asia/Kathmandu").contains("TZOFFSETTO:+0545"));
        assert_eq!(offset(-1_000), "-001640");
    }

    #[test]
    fn every_zone_agrees_with_its_own_block() {
        for zone in chrono_tz::TZ_VARIANTS {
            let found = observances(zone, 2026, 2028);
            let mut begins: Vec<(DateTime<Utc>, i32)> = found
                .iter()
                .flat_map(|(observance, begins)| {
                    begins.iter().map(|at| {
                        let utc = (*at - Duration::seconds(i64::from(observance.seconds_before))).and_utc();
                        (utc, observance.seconds)
                    })
                })
                .collect();
            begins.sort();
            let mut at = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
            while at.year() < 2029 {
                let told = begins.iter().rev().find(|(begin, _)| *begin <= at).map(|(_, seconds)| *seconds);
                assert_eq!(told, Some(shown(zone, at).0), "{zone} {at}");
                at += Duration::hours(37);
            }
        }
    }
}
