//! Reading the record: an object's own timeline in plain words, and everything in order for consumers.

use std::collections::BTreeMap;

use diesel::dsl::not;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Audience, Fact, Record, Visibility, words};
use crate::platform::clock::Instant;
use crate::platform::db::schema::{record_consumers, records};
use crate::platform::db::{AnyId, Conn, MultiBackend, PortableExt, among, row_lt};
use crate::platform::error::Result;
use crate::platform::faults::is_planted;
use crate::platform::http::Page;
use crate::platform::http::paging::Listing;
use crate::platform::record::Kind;

/// One line of a timeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0199d2c9-0b7e-7f30-9d8c-2f6a7f0f3a52", "at": "2026-11-03T01:15:00Z", "action": "goal.started",
    "words": "Work on the goal began", "object_type": "goal", "object_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11",
    "side": "civilian", "reason": null, "changed": []
}))]
pub struct TimelineEntry {
    /// Stable id of the event.
    pub id: AnyId,
    /// When.
    pub at: Instant,
    /// What, for programs.
    pub action: String,
    /// What, in plain words.
    pub words: String,
    /// To what kind of object.
    pub object_type: String,
    /// To which object.
    pub object_id: Option<AnyId>,
    /// The side that acted.
    pub side: Option<String>,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// Names of the fields that changed.
    pub changed: Vec<String>,
}

/// Every slice's kinds of events by their actions.
#[derive(Debug, Default)]
pub struct Catalogue(BTreeMap<&'static str, Kind>);

impl Catalogue {
    /// From the kinds of all slices.
    pub fn new(kinds: impl IntoIterator<Item = Kind>) -> Self {
        Self(kinds.into_iter().map(|kind| (kind.action, kind)).collect())
    }
    /// What happened, in plain words.
    pub fn words(&self, action: &str, facts: &BTreeMap<String, Fact>) -> String {
        self.0.get(action).map_or_else(|| action.replace(['.', '_'], " "), |kind| words(kind.words, facts))
    }
}

/// What a timeline is of.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// One object.
    Object(Uuid),
    /// Everything in a partnership.
    Partnership(Uuid),
    /// Everything that an account did or that was done to it.
    Account(Uuid),
}

/// What a reader sees of timelines: what is for these.
#[derive(Debug, Clone, Copy)]
pub struct Sight(pub &'static [Audience]);

impl Sight {
    /// Everything.
    pub const WHOLE: Self = Self(Audience::ALL);

    fn classes(self) -> Vec<Visibility> {
        Visibility::ALL.iter().copied().filter(|class| self.0.iter().any(|seen| seen.class() == *class)).collect()
    }
    /// Kinds that are hidden from the reader though their class is not.
    fn hidden(self, catalogue: &Catalogue) -> Vec<String> {
        let classes = self.classes();
        if is_planted("tells_of_drafts") {
            return Vec::new();
        }
        let kinds = catalogue.0.values().filter(|kind| classes.contains(&kind.audience.class()));
        kinds.filter(|kind| !self.0.contains(&kind.audience)).map(|kind| kind.action.to_owned()).collect()
    }
}

/// The records of a timeline before they are put in order and counted.
pub type Told = records::BoxedQuery<'static, MultiBackend>;

/// A page of a timeline, newest first, with what the reader sees of it.
///
/// # Errors
/// When the database can't be asked.
pub fn timeline(
    conn: &mut Conn,
    of: Of,
    sight: Sight,
    listing: &Listing<NoFilter>,
    catalogue: &Catalogue,
) -> Result<Page<TimelineEntry>> {
    what_is_left(conn, of, sight, listing, catalogue, |told| told)
}

/// [`timeline`] without what `left` takes out of it.
///
/// # Errors
/// When the database can't be asked.
pub fn what_is_left(
    conn: &mut Conn,
    of: Of,
    sight: Sight,
    listing: &Listing<NoFilter>,
    catalogue: &Catalogue,
    left: impl Fn(Told) -> Told,
) -> Result<Page<TimelineEntry>> {
    let (classes, hidden) = (sight.classes(), sight.hidden(catalogue));
    let told = || {
        let query: Told = records::table
            .into_boxed::<MultiBackend>()
            .filter(among(records::visibility, classes.clone()))
            .filter(not(among(records::action, hidden.clone())));
        let done = records::outcome.eq(super::Outcome::Done);
        left(match of {
            Of::Object(id) => query.filter(records::object.eq(AnyId(id)).and(done)),
            Of::Partnership(id) => query.filter(records::partnership.eq(AnyId(id)).and(done)),
            Of::Account(id) => query.filter(records::object.eq(AnyId(id)).or(records::actor.eq(AnyId(id)))),
        })
    };
    let mut query = told();
    if let Some(after) = listing.after::<(Instant, AnyId)>()? {
        query = query.filter(row_lt((records::at, records::id), after));
    }
    let rows = query
        .order((records::at.desc(), records::id.desc()))
        .limit(listing.fetch())
        .select(Record::as_select())
        .load(conn)?;
    let total = if listing.total { Some(told().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row: &Record| (row.at, row.id)).with_total(total).map(|row| TimelineEntry {
        words: catalogue.words(&row.action, &row.facts.0),
        id: row.id,
        at: row.at,
        action: row.action,
        object_type: row.object_type,
        object_id: row.object,
        side: row.side,
        reason: row.reason,
        changed: row.changed.0,
    }))
}

/// Whether one of these events has ever happened to an object.
///
/// # Errors
/// When the database can't be asked.
pub fn has_happened(conn: &mut Conn, object: Uuid, kinds: &[Kind]) -> Result<bool> {
    let actions: Vec<String> = kinds.iter().map(|kind| kind.action.to_owned()).collect();
    let found: Option<AnyId> = records::table
        .filter(records::object.eq(AnyId(object)).and(records::outcome.eq(super::Outcome::Done)))
        .filter(among(records::action, actions))
        .select(records::id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// No filters: any query parameter beside the page's own is unknown.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

/// Sealed records after `seq`, in order, for consumers and auditors.
///
/// # Errors
/// When the database can't be asked.
pub fn read_after(conn: &mut Conn, seq: i64, limit: i64) -> Result<Vec<Record>> {
    Ok(records::table
        .filter(records::seq.gt(seq))
        .order(records::seq)
        .limit(limit)
        .select(Record::as_select())
        .load(conn)?)
}

/// How far a consumer has read; 0 before it has read anything.
///
/// # Errors
/// When the database can't be asked.
pub fn position(conn: &mut Conn, consumer: &str) -> Result<i64> {
    let seq: Option<i64> =
        record_consumers::table.find(consumer).select(record_consumers::seq).first(conn).optional()?;
    Ok(seq.unwrap_or(0))
}

/// The next records for a consumer, in order. Once it has done with them what it does, it notes that ([`note_read`]): what it
/// did before it was stopped comes again, so that it must be able to do it twice.
///
/// # Errors
/// When the database can't be asked.
pub fn unread(conn: &mut Conn, consumer: &str, limit: i64) -> Result<Vec<Record>> {
    let from = position(conn, consumer)?;
    read_after(conn, from, limit)
}

/// Notes how far a consumer has read: never less far than it had.
///
/// # Errors
/// When the database can't take it.
pub fn note_read(conn: &mut Conn, consumer: &str, seq: i64, now: Instant) -> Result<()> {
    if position(conn, consumer)? >= seq {
        return Ok(());
    }
    diesel::insert_into(record_consumers::table)
        .values((
            record_consumers::name.eq(consumer),
            record_consumers::seq.eq(seq),
            record_consumers::updated_at.eq(now),
        ))
        .on_conflict(record_consumers::name)
        .do_update()
        .set((record_consumers::seq.eq(seq), record_consumers::updated_at.eq(now)))
        .portable()
        .execute(conn)?;
    Ok(())
}
