//! Events written as a calendar (RFC 5545, with names and refreshing of RFC 7986). Escaping and folding are the `icalendar`
//! crate's. Pure, and the same every time: its time stamps are those of the rows.

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDateTime};
use icalendar::{Calendar, Class, Component as _, EventLike as _, EventStatus, Parameter, Property};

use super::feed::{Again, Ends, Event, Local};
use super::zones;
use crate::meetings::model::MeetingVisibility;
use crate::platform::error::{Error, Result};

/// Readers need not ask more often.
const REFRESH: Duration = Duration::hours(4);
const END: &str = "END:VCALENDAR\r\n";

/// What a calendar says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What is in it.
    pub about: &'a str,
}

/// Text without control characters but line breaks. What is stored has none; whoever relies on that here would let one that
/// got there by some other way begin a line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

/// A text property, named so that it is escaped whatever it is called.
fn text(name: &str, value: &str) -> Property {
    Property::new(name, plain(value)).append_parameter(Parameter::new("VALUE", "TEXT")).done()
}

fn local(name: &str, Local { at, zone }: Local) -> Property {
    list(name, &[at], zone.0.name())
}

fn list(name: &str, all: &[NaiveDateTime], zone: &str) -> Property {
    let all: Vec<String> = all.iter().copied().map(zones::local).collect();
    Property::new(name, all.join(",")).append_parameter(Parameter::new("TZID", zone)).done()
}

/// A duration (RFC 5545 3.3.6).
fn lasting(duration: Duration) -> String {
    format!("PT{}M", duration.num_minutes())
}

fn component(of: &Event) -> Result<String> {
    let mut event = icalendar::Event::new();
    event
        .uid(&of.uid)
        .timestamp(of.updated_at.utc())
        .created(of.created_at.utc())
        .last_modified(of.updated_at.utc())
        .sequence(u32::try_from(of.sequence).unwrap_or(0))
        .summary(&plain(&of.face.title))
        .status(if of.face.is_cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed })
        .class(match of.face.visibility {
            MeetingVisibility::Public => Class::Public,
            MeetingVisibility::Members => Class::Private,
            MeetingVisibility::Leaders => Class::Confidential,
        })
        .categories([plain(&of.partnership)])
        .url(&of.url)
        .append_property(local("DTSTART", of.starts));
    match of.ends {
        Ends::At(at) => event.append_property(local("DTEND", Local { at, ..of.starts })),
        Ends::After(duration) => event.append_property(Property::new("DURATION", lasting(duration))),
    };
    if let Some(recurrence) = of.recurrence {
        event.append_property(local("RECURRENCE-ID", recurrence));
    }
    if let Some(place) = &of.face.place {
        event.location(&plain(place));
    }
    if let Some(text) = &of.face.text {
        event.description(&plain(text));
    }
    if let Some(Again { rule, until, except, besides }) = &of.again {
        event.append_property(Property::new("RRULE", format!("{rule};UNTIL={}", until.utc().format("%Y%m%dT%H%M%SZ"))));
        for (name, all) in [("EXDATE", except), ("RDATE", besides)] {
            if !all.is_empty() {
                event.append_property(list(name, all, of.starts.zone.0.name()));
            }
        }
    }
    event.try_into_string().map_err(|_| Error::fault("an event can't be written"))
}

/// From when to when each zone is needed.
fn spans(events: &[Event]) -> BTreeMap<&'static str, (Local, NaiveDateTime)> {
    let mut spans: BTreeMap<&'static str, (Local, NaiveDateTime)> = BTreeMap::new();
    let last_of = |of: &Event| of.again.as_ref().map_or(of.starts.at, |again| again.until.utc().naive_utc());
    for event in events {
        let times = [Some((event.starts, last_of(event))), event.recurrence.map(|local| (local, local.at))];
        for (first, last) in times.into_iter().flatten() {
            let span = spans.entry(first.zone.0.name()).or_insert((first, last));
            if first.at < span.0.at {
                span.0 = first;
            }
            span.1 = span.1.max(last);
        }
    }
    spans
}

/// The calendar.
///
/// # Errors
/// A fault when it can't be written.
pub fn calendar(head: Head<'_>, events: &[Event]) -> Result<String> {
    let mut calendar = Calendar::empty();
    for (name, value) in [("VERSION", "2.0"), ("PRODID", "-//Threekeys//Meetings//EN"), ("CALSCALE", "GREGORIAN")] {
        calendar.append_property((name, value));
    }
    calendar.append_property(text("NAME", head.name));
    calendar.append_property(Property::new("X-WR-CALNAME", plain(head.name)));
    calendar.description(&plain(head.about));
    calendar.ttl(&REFRESH);
    let front = calendar.to_string();
    let mut out = String::with_capacity(front.len() + 2048 + events.len() * 640);
    out.push_str(front.strip_suffix(END).ok_or_else(|| Error::fault("a calendar without an end"))?);
    for (first, last) in spans(events).into_values() {
        out.push_str(&zones::block(first.zone, first.at, last)?);
    }
    for event in events {
        out.push_str(&component(event)?);
    }
    out.push_str(END);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::feed::Face;
    use super::*;
    use crate::platform::clock::Instant;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
    }

    fn event(title: &str, place: &str, text: &str, partnership: &str) -> Event {
        let zone = "America/Chicago".parse().unwrap();
        Event {
            uid: "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11".into(),
            recurrence: None,
            starts: Local { at: at("2027-03-09T18:30"), zone },
            ends: Ends::At(at("2027-03-09T20:00")),
            again: None,
            face: Face {
                title: title.into(),
                place: Some(place.into()),
                text: Some(text.into()),
                is_cancelled: false,
                visibility: MeetingVisibility::Public,
            },
            partnership: partnership.into(),
            url: "https://threekeys.example/api/v1/meetings/1".into(),
            sequence: 3,
            created_at: Instant::EPOCH,
            updated_at: Instant::EPOCH,
        }
    }

    fn written(texts: [&str; 6]) -> String {
        let [title, place, text, partnership, name, about] = texts;
        calendar(Head { name, about }, &[event(title, place, text, partnership)]).unwrap()
    }

    /// The content lines, unfolded.
    fn lines(text: &str) -> Vec<String> {
        text.replace("\r\n ", "").split_terminator("\r\n").map(ToOwned::to_owned).collect()
    }

    /// What the lines are called.
    fn names(text: &str) -> Vec<String> {
        lines(text).iter().map(|line| line.split([':', ';']).next().unwrap_or_default().to_owned()).collect()
    }

    fn unescaped(text: &str) -> String {
        let mut out = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match (c, if c == '\\' { chars.next() } else { None }) {
                ('\\', Some('n')) => out.push('\n'),
                ('\\', Some(other)) => out.push(other),
                (c, _) => out.push(c),
            }
        }
        out
    }

    fn value<'l>(lines: &'l [String], name: &str) -> &'l str {
        let line = lines.iter().find(|line| line.starts_with(name)).unwrap();
        line.split_once(':').unwrap().1
    }

    #[test]
    fn an_event_is_written_with_the_times_of_its_row() {
        let text = written(["Lights, lamps; alleys", "Hall", "One\nTwo", "Armourdale", "A\\B", "About"]);
        let lines = lines(&text);
        for expected in [
            "NAME;VALUE=TEXT:A\\\\B",
            "X-WR-CALNAME:A\\\\B",
            "SUMMARY:Lights\\, lamps\\; alleys",
            "DESCRIPTION:One\\nTwo",
            "DTSTART;TZID=America/Chicago:20270309T183000",
            "DTEND;TZID=America/Chicago:20270309T200000",
            "DTSTAMP:19700101T000000Z",
            "LAST-MODIFIED:19700101T000000Z",
            "SEQUENCE:3",
            "STATUS:CONFIRMED",
            "CLASS:PUBLIC",
            "CATEGORIES:Armourdale",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected} in {text}");
        }
        assert_eq!(text, written(["Lights, lamps; alleys", "Hall", "One\nTwo", "Armourdale", "A\\B", "About"]));
    }

    #[test]
    fn a_series_has_its_end_in_utc_and_what_it_leaves_out() {
        let mut of = event("Lights", "Hall", "Text", "Armourdale");
        of.again = Some(Again {
            rule: "FREQ=MONTHLY;BYDAY=2TU".into(),
            until: "2027-08-10T23:30:00Z".parse().unwrap(),
            except: vec![at("2027-07-13T18:30")],
            besides: vec![at("2027-07-14T18:30"), at("2027-07-15T18:30")],
        });
        of.ends = Ends::After(Duration::minutes(90));
        let text = calendar(Head { name: "N", about: "A" }, &[of]).unwrap();
        for expected in [
            "RRULE:FREQ=MONTHLY;BYDAY=2TU;UNTIL=20270810T233000Z",
            "EXDATE;TZID=America/Chicago:20270713T183000",
            "RDATE;TZID=America/Chicago:20270714T183000,20270715T183000",
            "DURATION:PT90M",
        ] {
            assert!(lines(&text).iter().any(|line| line == expected), "{expected} in {text}");
        }
    }

    fn any_text() -> impl Strategy<Value = String> {
        let hostile = prop_oneof![
            Just("\r\nATTENDEE:mailto:mallory@example.org\r\n".to_owned()),
            Just("x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:Free beer".to_owned()),
            Just("\n\n BEGIN:VALARM".to_owned()),
            Just("\u{2028}\u{85}\u{b}\u{c}DTSTART:19700101".to_owned()),
            Just("\\n;,:\"'\\".to_owned()),
            any::<String>(),
            "[ -~]{0,200}",
            "[\\PC\r\n\\\\;,:\"]{0,120}",
        ];
        prop::collection::vec(hostile, 1..4).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn no_text_injects_a_line(texts in prop::array::uniform6(any_text())) {
            let [a, b, c, d, e, f] = &texts;
            let text = written([a, b, c, d, e, f]);
            // Lines end with both characters and no other way. None should be longer than 75 bytes (RFC 5545 3.1); the crate
            // lets the last piece of a folded one be 75 beside its space.
            prop_assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{text:?}");
            prop_assert!(text.split("\r\n").all(|line| line.len() <= 76), "{text}");
            prop_assert_eq!(names(&text), names(&written(["a", "b", "c", "d", "e", "f"])));
            let lines = lines(&text);
            // What is read back is what was written.
            let of_event = lines.iter().position(|line| line == "BEGIN:VEVENT").unwrap();
            prop_assert_eq!(unescaped(value(&lines[of_event..], "SUMMARY")), plain(a));
            prop_assert_eq!(unescaped(value(&lines[of_event..], "LOCATION")), plain(b));
            prop_assert_eq!(unescaped(value(&lines[of_event..], "DESCRIPTION")), plain(c));
            prop_assert_eq!(unescaped(value(&lines[of_event..], "CATEGORIES")), plain(d));
            prop_assert_eq!(unescaped(value(&lines, "NAME")), plain(e));
            prop_assert_eq!(unescaped(value(&lines, "X-WR-CALNAME")), plain(e));
            prop_assert_eq!(unescaped(value(&lines, "X-WR-CALDESC")), plain(f));
        }
    }
}
