//! The record: what was done, by whom, when, written in the transaction that did it (`design/security.md` 5.8).
//!
//! One append-only table is at once the audit log, every object's timeline and the ordered feed for consumers. Triggers on
//! both engines refuse changes and deletions. A background [`seal`]er gives committed records their place in a hash chain;
//! [`verify`] finds any change, deletion, insertion or reordering, and against signed anchors any roll-back.
//!
//! **Never** in a record: passwords, tokens, codes, texts that people wrote to each other, addresses, exact locations.
//! [`Fact`] therefore takes words known at compile time, numbers, days and ids, and nothing that a person typed; a
//! transition's reason has a column of its own.

pub mod seal;
pub mod timeline;
pub mod verify;

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clock::Instant;
use super::db::schema::records;
use super::db::{AnyId, Conn, Json};
use super::error::{Error, Result};
use super::http::{Attribution, Envelope};
use crate::insert_one;
use crate::text_enum;

text_enum! {
    /// Who may see an entry in an object's timeline.
    pub enum Visibility {
        /// Anybody who may see the object.
        Public = "public",
        /// Members of the partnership and whoever sees more.
        Members = "members",
        /// Leaders and assigned officers.
        Leaders = "leaders",
        /// The person concerned and auditors.
        Restricted = "restricted",
    }
}

/// For whom the entries of a kind are in timelines, from many to few. Each is of a class; where a class has several, those
/// for fewer people are of objects that not all who are of the class see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Anybody who may see the object.
    Public,
    /// Members of the partnership and whoever sees more.
    Members,
    /// Leaders and officials.
    Leaders,
    /// The same but administrators.
    Involved,
    /// Leaders alone.
    Seats,
    /// The person concerned and auditors.
    Restricted,
}

impl Audience {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Public, Self::Members, Self::Leaders, Self::Involved, Self::Seats, Self::Restricted];

    /// The class of its entries.
    pub const fn class(self) -> Visibility {
        match self {
            Self::Public => Visibility::Public,
            Self::Members => Visibility::Members,
            Self::Leaders | Self::Involved | Self::Seats => Visibility::Leaders,
            Self::Restricted => Visibility::Restricted,
        }
    }
}

text_enum! {
    /// How it ended.
    pub enum Outcome {
        /// It was done.
        Done = "done",
        /// It was tried by somebody who may not.
        Denied = "denied",
        /// It was tried and failed, like a login.
        Failed = "failed",
    }
}

/// A kind of event: its name for programs, its words for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Like `goal.adopted`.
    pub action: &'static str,
    /// Like `goal`.
    pub object_type: &'static str,
    /// In plain words, with `{fact}` where a fact goes.
    pub words: &'static str,
    /// For whom it is.
    pub audience: Audience,
    /// The class of this entry: that of the audience unless the object itself is for others.
    pub visibility: Visibility,
}

impl Kind {
    /// The same, for whom `class` is at most.
    #[must_use]
    pub fn within_sight_of(self, class: Visibility) -> Self {
        Self { visibility: self.visibility.max(class), ..self }
    }
}

/// Declares the kinds of events of a slice: `Name = "object.happened", Audience, "words";`
#[macro_export]
macro_rules! event_kinds {
    ($(#[$meta:meta])* $vis:vis mod $module:ident { $($name:ident = $object:literal . $event:literal, $audience:ident, $words:literal;)+ }) => {
        $(#[$meta])*
        $vis mod $module {
            use $crate::platform::record::{Audience, Kind};
            $(
                #[doc = $words]
                pub const $name: Kind = Kind {
                    action: concat!($object, ".", $event),
                    object_type: $object,
                    words: $words,
                    audience: Audience::$audience,
                    visibility: Audience::$audience.class(),
                };
            )+
            /// Every kind above.
            pub const ALL: &[Kind] = &[$($name),+];
        }
    };
}

event_kinds! {
    /// Events of the ground floor.
    pub mod events {
        DENIED = "policy"."denied", Restricted, "Refused: {operation}";
        JOB_RUN = "job"."run", Restricted, "Background work {job}";
        KEYS_ROTATED = "keys"."rotated", Restricted, "Signing keys rotated";
    }
}

/// A small piece of data in a record that no person typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// Yes or no.
    Flag(bool),
    /// A count.
    Number(i64),
    /// A word of ours, a day or an id.
    Word(String),
}

impl From<&'static str> for Fact {
    fn from(word: &'static str) -> Self {
        Self::Word(word.to_owned())
    }
}
impl From<bool> for Fact {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}
impl From<i64> for Fact {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}
impl From<i32> for Fact {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}
impl From<usize> for Fact {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}
impl From<Uuid> for Fact {
    fn from(id: Uuid) -> Self {
        Self::Word(id.to_string())
    }
}
impl From<Instant> for Fact {
    fn from(at: Instant) -> Self {
        Self::Word(at.to_string())
    }
}
impl From<chrono::NaiveDate> for Fact {
    fn from(day: chrono::NaiveDate) -> Self {
        Self::Word(day.to_string())
    }
}

/// What is about to be recorded.
#[derive(Debug, Clone)]
pub struct Entry {
    kind: Kind,
    object: Option<Uuid>,
    partnership: Option<Uuid>,
    outcome: Outcome,
    reason: Option<String>,
    changed: Vec<&'static str>,
    facts: BTreeMap<String, Fact>,
}

impl Kind {
    /// This happened to that object.
    pub fn on(self, object: Uuid) -> Entry {
        Entry { object: Some(object), ..self.entry() }
    }
    /// This happened, to nothing in particular.
    pub const fn entry(self) -> Entry {
        Entry {
            kind: self,
            object: None,
            partnership: None,
            outcome: Outcome::Done,
            reason: None,
            changed: Vec::new(),
            facts: BTreeMap::new(),
        }
    }
}

impl Entry {
    /// Within this partnership.
    #[must_use]
    pub const fn within(mut self, partnership: Uuid) -> Self {
        self.partnership = Some(partnership);
        self
    }
    /// The reason that a person gave for it.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
    /// Names of the fields that changed; never their content.
    #[must_use]
    pub fn changed(mut self, fields: impl IntoIterator<Item = &'static str>) -> Self {
        self.changed.extend(fields);
        self
    }
    /// A fact that belongs to it.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
    /// It was tried and failed.
    #[must_use]
    pub const fn failed(mut self) -> Self {
        self.outcome = Outcome::Failed;
        self
    }
    /// Somebody tried what is not theirs to do.
    pub(super) fn denial(envelope: &Envelope, error: &Error) -> Self {
        let operation = Fact::Word(format!("{} {}", envelope.method, envelope.route));
        let mut entry = events::DENIED.entry().fact("code", error.code().as_str());
        entry.facts.insert("operation".into(), operation);
        entry.outcome = Outcome::Denied;
        entry
    }
}

/// A record as it stands in the database.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = records, treat_none_as_default_value = false)]
pub struct Record {
    /// Its id, and the stable id of the event for consumers.
    pub id: AnyId,
    /// When.
    pub at: Instant,
    /// Who.
    pub actor: Option<AnyId>,
    /// In which session.
    pub session: Option<AnyId>,
    /// On which side.
    pub side: Option<String>,
    /// From which address.
    pub ip: Option<String>,
    /// With which program.
    pub client: Option<String>,
    /// What.
    pub action: String,
    /// To what kind of object.
    pub object_type: String,
    /// To which.
    pub object: Option<AnyId>,
    /// In which partnership.
    pub partnership: Option<AnyId>,
    /// How it ended.
    pub outcome: Outcome,
    /// Who may see it.
    pub visibility: Visibility,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// In which request.
    pub request: Option<String>,
    /// Which fields changed.
    pub changed: Json<Vec<String>>,
    /// What else is to be known.
    pub facts: Json<BTreeMap<String, Fact>>,
    /// Its place in the chain.
    pub seq: Option<i64>,
    /// Its link in the chain.
    pub hash: Option<Vec<u8>>,
}

/// Writes a record. Slices call [`Tx::recorded`](super::http::Tx::recorded).
///
/// # Errors
/// When the database can't take it.
pub(super) fn write(conn: &mut Conn, entry: Entry, by: &Attribution, envelope: &Envelope, now: Instant) -> Result<()> {
    insert(conn, made(entry, by, envelope, now))
}

/// Writes a record that is made.
///
/// # Errors
/// When the database can't take it.
pub(super) fn insert(conn: &mut Conn, record: Record) -> Result<()> {
    insert_one!(conn, records::table, Record, record)?;
    Ok(())
}

/// The record of what was done in a request.
pub(super) fn made(entry: Entry, by: &Attribution, envelope: &Envelope, now: Instant) -> Record {
    let mut record = row(entry, by, now);
    if by.is_unseen {
        // An id by time, or the time itself, would tell who it was to anybody who saw who was there then.
        record.id = AnyId(Uuid::new_v4());
        record.at = now.day();
    } else {
        record.ip = Some(envelope.ip.to_string());
        record.client = envelope.agent.as_deref().map(ToOwned::to_owned);
        record.request = Some(envelope.request_id.to_string());
    }
    record
}

/// Writes a record of what background work or a command did.
///
/// # Errors
/// When the database can't take it.
pub fn write_unattended(conn: &mut Conn, entry: Entry, now: Instant) -> Result<()> {
    diesel::insert_into(records::table).values(row(entry, &Attribution::default(), now)).execute(conn)?;
    Ok(())
}

fn row(entry: Entry, by: &Attribution, now: Instant) -> Record {
    Record {
        id: AnyId::new(),
        at: now,
        actor: by.account.map(AnyId),
        session: by.session.map(AnyId),
        side: by.side.map(ToOwned::to_owned),
        ip: None,
        client: None,
        action: entry.kind.action.to_owned(),
        object_type: entry.kind.object_type.to_owned(),
        object: entry.object.map(AnyId),
        partnership: entry.partnership.map(AnyId),
        outcome: entry.outcome,
        visibility: entry.kind.visibility,
        reason: entry.reason,
        request: None,
        changed: Json(entry.changed.into_iter().map(ToOwned::to_owned).collect()),
        facts: Json(entry.facts),
        seq: None,
        hash: None,
    }
}

/// The words of a kind with the facts of a record in their places.
pub fn words(template: &str, facts: &BTreeMap<String, Fact>) -> String {
    facts.iter().fold(template.to_owned(), |text, (name, fact)| {
        let place = format!("{{{name}}}");
        match fact {
            Fact::Word(word) => text.replace(&place, &word.replace('_', " ")),
            Fact::Number(number) => text.replace(&place, &number.to_string()),
            Fact::Flag(flag) => text.replace(&place, if *flag { "yes" } else { "no" }),
        }
    })
}
