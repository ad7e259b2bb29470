//! Text and numbers that carry their own bounds: a value of these types has already been checked.
//!
//! Each type parses itself from JSON and describes itself in the API description from the same constants, so that the
//! description can't promise what the server refuses. Text is trimmed, brought to Unicode NFC and free of control
//! characters (`design/api.md`, *Data*).

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use unicode_normalization::{UnicodeNormalization, is_nfc};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::clock::Instant;

/// Why a text was not taken, in words for the person who sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected(pub Cow<'static, str>);

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Rejected {}

/// Shorthand for a [`Rejected`] with a fixed text.
pub const fn rejected<T>(why: &'static str) -> Result<T, Rejected> {
    Err(Rejected(Cow::Borrowed(why)))
}

/// Component names that begin so are written in place in the API description instead of being referred to.
pub const INLINE: &str = "inline.";

/// The component name of a type that is to be written in place.
pub fn inline_name(name: &str) -> Cow<'static, str> {
    Cow::Owned(format!("{INLINE}{name}"))
}

/// A string schema to add bounds to.
pub fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}

/// The schema of an id.
pub fn uuid_schema() -> RefOr<Schema> {
    string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))).into()
}

/// The schema of a closed set of words, with what each of them means.
pub fn enum_schema(about: &[&str], words: &[(&str, &str)]) -> RefOr<Schema> {
    let lines = words.iter().filter(|(_, about)| !about.is_empty()).map(|(word, about)| format!("- `{word}`:{about}"));
    let about: String = about.concat().trim().to_owned();
    let text = [vec![about, String::new()], lines.collect()].concat().join("\n");
    string().enum_values(Some(words.iter().map(|(word, _)| *word))).description(Some(text.trim())).into()
}

/// The hyphenated form of a UUID and no other.
///
/// # Errors
/// When the text is anything else.
pub fn parse_uuid(text: &str) -> Result<Uuid, Rejected> {
    match text.len() {
        36 => Uuid::try_parse(text).map_err(|_| Rejected(Cow::Borrowed("must be a UUID"))),
        _ => rejected("must be a UUID"),
    }
}

/// Parses any type that is written as a string in JSON through its `FromStr`, without copying where that can be avoided.
///
/// # Errors
/// When the value is not a string or the type refuses it.
pub fn deserialize_str<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = Rejected>,
{
    struct Text<T>(PhantomData<T>);
    impl<T: FromStr<Err = Rejected>> Visitor<'_> for Text<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Text(PhantomData))
}

/// Implements what every checked text has: JSON both ways through `FromStr` and `Display`, and an inline schema.
#[macro_export]
macro_rules! text_json {
    ([$($generics:tt)*] $name:ty, $label:expr, $schema:expr) => {
        impl<'de, $($generics)*> serde::Deserialize<'de> for $name {
            fn deserialize<Des: serde::Deserializer<'de>>(deserializer: Des) -> Result<Self, Des::Error> {
                $crate::platform::text::deserialize_str(deserializer)
            }
        }
        impl<$($generics)*> serde::Serialize for $name {
            fn serialize<Ser: serde::Serializer>(&self, serializer: Ser) -> Result<Ser::Ok, Ser::Error> {
                serializer.collect_str(self)
            }
        }
        impl<$($generics)*> utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $schema
            }
        }
        impl<$($generics)*> utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $crate::platform::text::inline_name(&$label)
            }
        }
    };
}

/// Characters that no text has: control characters, other ends of lines than `\n`, and those that turn the direction of writing around, by which a text
/// shows as another one than it is (Unicode TR 36, 3.5; marks of direction that turn nothing around stay).
fn is_unwritable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that show nothing: spaces, and what Unicode has programs ignore (`Default_Ignorable_Code_Point`, the basic plane)
/// or draws as a blank.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}')
}

fn tidy(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if is_nfc(trimmed) { Cow::Borrowed(trimmed) } else { Cow::Owned(trimmed.nfc().collect()) }
}

fn bounded(text: &str, min: usize, max: usize) -> Result<(), Rejected> {
    let chars = text.chars().count();
    if min > 0 && chars >= min && text.chars().all(is_blank) {
        return rejected("must have something that can be seen");
    }
    if chars < min {
        return Err(Rejected(if chars == 0 {
            Cow::Borrowed("must not be empty")
        } else {
            Cow::Owned(format!("must have at least {min} characters"))
        }));
    }
    if chars > max {
        return Err(Rejected(Cow::Owned(format!("must have at most {max} characters"))));
    }
    Ok(())
}

// ------------------------------------------------------------------------------------------------ lines and prose

/// One line of text, `MIN` to `MAX` characters after trimming, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Line<const MIN: usize, const MAX: usize>(String);

/// Text that may run over several lines, `MIN` to `MAX` characters after trimming. `\r\n` becomes `\n`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Prose<const MIN: usize, const MAX: usize>(String);

macro_rules! owned_text {
    ($name:ident) => {
        impl<const MIN: usize, const MAX: usize> $name<MIN, MAX> {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
            /// The text, owned.
            pub fn into_string(self) -> String {
                self.0
            }
        }
        impl<const MIN: usize, const MAX: usize> fmt::Display for $name<MIN, MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl<const MIN: usize, const MAX: usize> From<$name<MIN, MAX>> for String {
            fn from(text: $name<MIN, MAX>) -> String {
                text.0
            }
        }
    };
}
owned_text!(Line);
owned_text!(Prose);

impl<const MIN: usize, const MAX: usize> FromStr for Line<MIN, MAX> {
    type Err = Rejected;
    fn from_str(text: &str) -> Result<Self, Rejected> {
        let text = tidy(text);
        if text.chars().any(is_unwritable) {
            return rejected("must be one line without control characters, also of the direction of writing");
        }
        bounded(&text, MIN, MAX)?;
        Ok(Self(text.into_owned()))
    }
}

impl<const MIN: usize, const MAX: usize> FromStr for Prose<MIN, MAX> {
    type Err = Rejected;
    fn from_str(text: &str) -> Result<Self, Rejected> {
        let text = tidy(text);
        let text = if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n")) } else { text };
        if text.chars().any(|c| is_unwritable(c) && c != '\n') {
            return rejected(
                "must not have control characters other than line breaks, nor of the direction of writing",
            );
        }
        bounded(&text, MIN, MAX)?;
        Ok(Self(text.into_owned()))
    }
}

fn text_schema(min: usize, max: usize, pattern: &str) -> RefOr<Schema> {
    string().min_length(Some(min)).max_length(Some(max)).pattern(Some(pattern)).into()
}

/// No control characters; where something is required, at least one character that shows.
const LINE: &str = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$";
const LINE_SHOWN: &str = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*[^\s\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2060-\u206F\u2800\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFF8][^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$";
const PROSE: &str = r"^(?:[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]|\r\n|\n)*$";
const PROSE_SHOWN: &str = r"^(?:[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]|\r\n|\n)*[^\s\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2060-\u206F\u2800\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFF8](?:[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]|\r\n|\n)*$";

text_json!([const MIN: usize, const MAX: usize] Line<MIN, MAX>, format!("Line{MIN}To{MAX}"),
    text_schema(MIN, MAX, if MIN == 0 { LINE } else { LINE_SHOWN }));
text_json!([const MIN: usize, const MAX: usize] Prose<MIN, MAX>, format!("Prose{MIN}To{MAX}"),
    text_schema(MIN, MAX, if MIN == 0 { PROSE } else { PROSE_SHOWN }));

/// The key under which text is searched, sorted or unique: NFC, lower case, single spaces, the same on both engines
/// (`design/architecture.md` §3: `LIKE` folds ASCII on SQLite and nothing on PostgreSQL).
pub fn fold(text: &str) -> String {
    let folded: String = text.nfc().flat_map(char::to_lowercase).nfc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

// ------------------------------------------------------------------------------------------------ particular texts

macro_rules! plain_text {
    ($(#[$meta:meta])* $name:ident, $schema:expr, $parse:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }
        impl FromStr for $name {
            type Err = Rejected;
            fn from_str(text: &str) -> Result<Self, Rejected> {
                let parse: fn(&str) -> Result<String, Rejected> = $parse;
                parse(text).map(Self)
            }
        }
        text_json!([] $name, stringify!($name), $schema);
    };
}

plain_text! {
    /// An e-mail address, at most 254 bytes (RFC 5321), with a dot in its domain. Compared without regard to case.
    Email,
    string()
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
        .min_length(Some(5)).max_length(Some(254))
        .pattern(Some(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"))
        .into(),
    |text| {
        let text = text.trim();
        let ascii = text.len() <= 254 && text.is_ascii() && !text.contains(['"', '(', '[', ' ']);
        let options = email_address::Options::default().without_display_text().without_domain_literal().with_required_tld();
        match ascii && email_address::EmailAddress::parse_with_options(text, options).is_ok() {
            true => Ok(text.to_owned()),
            false => rejected("must be an e-mail address"),
        }
    }
}

impl Email {
    /// The key under which the address is unique.
    pub fn key(&self) -> String {
        fold(&self.0)
    }
}

plain_text! {
    /// A telephone number in E.164 form: `+` and 8 to 15 digits.
    Phone,
    string().min_length(Some(9)).max_length(Some(16)).pattern(Some(r"^\+[1-9][0-9]{7,14}$")).into(),
    |text| match text.strip_prefix('+') {
        Some(digits)
            if (8..=15).contains(&digits.len())
                && digits.bytes().all(|b| b.is_ascii_digit())
                && !digits.starts_with('0') => Ok(text.to_owned()),
        _ => rejected("must be a telephone number in E.164 form, like +19135963000"),
    }
}

plain_text! {
    /// A web address: `https:` or `http:`, at most 2,000 characters.
    WebAddress,
    string()
        .format(Some(SchemaFormat::Custom("uri".into())))
        .min_length(Some(10)).max_length(Some(2000)).pattern(Some(r"^https?://[A-Za-z0-9.-]+\.[A-Za-z0-9-]+(:[0-9]{1,5})?([/?#][!-~]*)?$"))
        .into(),
    |text| {
        let why = "must be a web address that starts with https:// or http://";
        let text = text.trim();
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
        let named = name.split('.').count() >= 2
            && name.split('.').all(|label| {
                !label.is_empty() && label.len() <= 63 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            });
        let ported = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|n| n > 0));
        match named && ported && text.len() <= 2000 && text.bytes().all(|b| b.is_ascii_graphic()) {
            true => Ok(text.to_owned()),
            false => rejected(why),
        }
    }
}

plain_text! {
    /// A language tag as in BCP 47: language, optional script and region, like `en`, `es-MX`, `zh-Hans`.
    Language,
    string().min_length(Some(2)).max_length(Some(11)).pattern(Some(r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")).into(),
    |text| {
        let is = |part: &str, len: std::ops::RangeInclusive<usize>, ok: fn(&u8) -> bool| {
            len.contains(&part.len()) && part.as_bytes().iter().all(ok)
        };
        let mut parts = text.split('-').peekable();
        let language = parts.next().is_some_and(|p| is(p, 2..=3, u8::is_ascii_lowercase));
        parts.next_if(|p| p.len() == 4 && p.starts_with(|c: char| c.is_ascii_uppercase())
            && p.bytes().skip(1).all(|b| b.is_ascii_lowercase()));
        parts.next_if(|p| is(p, 2..=2, u8::is_ascii_uppercase) || is(p, 3..=3, u8::is_ascii_digit));
        match language && parts.next().is_none() {
            true => Ok(text.to_owned()),
            false => rejected("must be a BCP 47 language tag, like en, es-MX or zh-Hans"),
        }
    }
}

/// An IANA time zone, like `America/Chicago`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(pub chrono_tz::Tz);

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}
impl FromStr for Zone {
    type Err = Rejected;
    fn from_str(text: &str) -> Result<Self, Rejected> {
        text.parse().map(Self).map_err(|_| Rejected(Cow::Borrowed("must be an IANA time zone, like America/Chicago")))
    }
}
text_json!([] Zone, "TimeZone", string().min_length(Some(2)).max_length(Some(64))
    .format(Some(SchemaFormat::Custom("time-zone".into()))).examples(["America/Chicago"]).into());

// ------------------------------------------------------------------------------------------------ instants and days

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.written(&mut [0; 27]) {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
    }
}
impl FromStr for Instant {
    type Err = Rejected;
    fn from_str(text: &str) -> Result<Self, Rejected> {
        let time = chrono::DateTime::parse_from_rfc3339(text)
            .map_err(|_| Rejected(Cow::Borrowed("must be an RFC 3339 date and time, like 2027-03-01T18:30:00Z")))?;
        // The year as it is written, which is what the description's pattern sees.
        match (2000..2200).contains(&chrono::Datelike::year(&time)) {
            true => Ok(Self::from(time.with_timezone(&chrono::Utc))),
            false => rejected("must lie in the years 2000 to 2199"),
        }
    }
}
impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_str(deserializer)
    }
}
impl PartialSchema for Instant {
    fn schema() -> RefOr<Schema> {
        string().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))).pattern(Some("^2[01][0-9]{2}-")).into()
    }
}
impl ToSchema for Instant {
    fn name() -> Cow<'static, str> {
        inline_name("Instant")
    }
}

/// A calendar day, `YYYY-MM-DD`, in the years 2000 to 2199.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(pub chrono::NaiveDate);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl FromStr for Day {
    type Err = Rejected;
    fn from_str(text: &str) -> Result<Self, Rejected> {
        let why = "must be a calendar day, like 2027-03-01, in the years 2000 to 2199";
        match chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(day) if text.len() == 10 && (2000..2200).contains(&chrono::Datelike::year(&day)) => Ok(Self(day)),
            _ => rejected(why),
        }
    }
}
text_json!([] Day, "Day",
    string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))).pattern(Some("^2[01][0-9]{2}-")).into());

/// A wall-clock time of day to the minute, `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeOfDay(pub chrono::NaiveTime);

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%H:%M").fmt(f)
    }
}
impl FromStr for TimeOfDay {
    type Err = Rejected;
    fn from_str(text: &str) -> Result<Self, Rejected> {
        match chrono::NaiveTime::parse_from_str(text, "%H:%M") {
            Ok(time) if text.len() == 5 => Ok(Self(time)),
            _ => rejected("must be a time of day, like 18:30"),
        }
    }
}
text_json!([] TimeOfDay, "TimeOfDay",
    string().min_length(Some(5)).max_length(Some(5)).pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$")).into());

/// A wall-clock date and time to the minute, `YYYY-MM-DDTHH:MM`, meant in the time zone named beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalTime(pub chrono::NaiveDateTime);

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y-%m-%dT%H:%M").fmt(f)
    }
}
impl FromStr for LocalTime {
    type Err = Rejected;
    fn from_str(text: &str) -> Result<Self, Rejected> {
        let why = "must be a local date and time without an offset, like 2027-03-01T18:30, in the years 2000 to 2199";
        match text.split_once('T') {
            Some((day, time)) => match (day.parse::<Day>(), time.parse::<TimeOfDay>()) {
                (Ok(day), Ok(time)) => Ok(Self(day.0.and_time(time.0))),
                _ => rejected(why),
            },
            None => rejected(why),
        }
    }
}
text_json!([] LocalTime, "LocalTime", string().min_length(Some(16)).max_length(Some(16))
    .pattern(Some("^2[01][0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]$")).into());

#[cfg(test)]
mod tests {
    use super::*;

    fn ok<T: FromStr<Err = Rejected> + fmt::Display>(text: &str) -> String {
        text.parse::<T>().map_or_else(|why| panic!("{text:?}: {why}"), |value| value.to_string())
    }
    fn refused<T: FromStr<Err = Rejected>>(text: &str) -> bool {
        text.parse::<T>().is_err()
    }

    #[test]
    fn text_is_trimmed_and_normalised_and_counted_in_characters() {
        assert_eq!(ok::<Line<1, 5>>("  e\u{301}te\u{301}  "), "\u{e9}t\u{e9}");
        assert_eq!(ok::<Line<1, 4>>("ñandú".get(0..5).unwrap_or("nope")), "ñand");
        assert!(refused::<Line<1, 3>>("abcd") && refused::<Line<1, 3>>("   ") && refused::<Line<1, 9>>("a\nb"));
        assert!(refused::<Line<1, 9>>("a\0b") && refused::<Prose<1, 9>>("a\u{7}b"));
        assert!(
            refused::<Line<1, 9>>("a\u{202E}b") && refused::<Prose<1, 9>>("a\n\u{2067}b"),
            "they turn writing around"
        );
        for blank in ["\u{200B}\u{200B}", "\u{FEFF}", "\u{3164}", "\u{2800} \u{AD}"] {
            assert!(refused::<Line<1, 9>>(blank) && refused::<Prose<1, 9>>(blank), "{blank:?}");
        }
        assert_eq!(ok::<Line<1, 9>>("a\u{200F}\u{200D}b"), "a\u{200F}\u{200D}b");
        assert_eq!(ok::<Prose<1, 9>>("a\r\nb\n"), "a\nb");
        assert_eq!(ok::<Line<0, 3>>(""), "");
    }

    #[test]
    fn particular_texts_take_what_they_should_and_nothing_else() {
        assert_eq!(ok::<Email>(" Ann.Lee+x@Example.ORG "), "Ann.Lee+x@Example.ORG");
        for bad in
            ["", "a@b", "a b@example.org", "a@@example.org", "Ann <a@example.org>", "a@[127.0.0.1]", "a@exämple.org"]
        {
            assert!(refused::<Email>(bad), "{bad}");
        }
        assert_eq!(ok::<Phone>("+19135963000"), "+19135963000");
        assert!(refused::<Phone>("9135963000") && refused::<Phone>("+0123456789") && refused::<Phone>("+1 913"));
        assert_eq!(ok::<WebAddress>("https://www.wycokck.org/x?y#z"), "https://www.wycokck.org/x?y#z");
        for bad in [
            "ftp://a.org",
            "https://",
            "https://localhost",
            "https://a.org:99999",
            "javascript:alert(1)",
            "https://a.org/ x",
        ] {
            assert!(refused::<WebAddress>(bad), "{bad}");
        }
        for good in ["en", "es-MX", "zh-Hans", "zh-Hans-CN", "es-419"] {
            assert_eq!(ok::<Language>(good), good);
        }
        for bad in ["", "EN", "e", "english", "en-us", "en-USA", "en-US-x"] {
            assert!(refused::<Language>(bad), "{bad}");
        }
        assert_eq!(ok::<Zone>("America/Chicago"), "America/Chicago");
        assert!(refused::<Zone>("Kansas") && refused::<Zone>(""));
    }

    #[test]
    fn times_are_real_and_within_bounds() {
        assert_eq!(ok::<Instant>("2027-03-01T18:30:00.1234567-06:00"), "2027-03-02T00:30:00.123456Z");
        assert!(refused::<Instant>("1999-12-31T23:59:59Z") && refused::<Instant>("2027-02-29T00:00:00Z"));
        assert_eq!(ok::<Day>("2028-02-29"), "2028-02-29");
        assert!(refused::<Day>("2027-02-29") && refused::<Day>("2027-2-1") && refused::<Day>("+02027-02-01"));
        assert_eq!(ok::<TimeOfDay>("07:05"), "07:05");
        assert!(refused::<TimeOfDay>("24:00") && refused::<TimeOfDay>("7:05"));
        assert_eq!(ok::<LocalTime>("2027-03-01T07:05"), "2027-03-01T07:05");
        assert!(refused::<LocalTime>("2027-03-01T07:05Z") && refused::<LocalTime>("2027-03-01"));
    }
}
