//! Idempotency keys (draft-ietf-httpapi-idempotency-key-header-07): the same request again gets the same answer again.
//!
//! The answer is stored in the transaction of its effect, bound to the caller, the operation and the body. Whoever repeats
//! a request because the answer got lost on the way gets that answer, byte for byte; a key that comes back with another
//! body is refused. Server errors are not kept. Two requests with one key at the same time: the first to commit counts, the
//! other is told to wait.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Bytes;
use diesel::prelude::*;

use super::envelope::Envelope;
use super::reply::Reply;
use crate::platform::clock::{Instant, hours};
use crate::platform::crypto::{Purpose, Secrets};
use crate::platform::db::schema::{idempotency_keys, records};
use crate::platform::db::{Columns, Conn, Json, MultiBackend, OnConflict, Unique, shaped};
use crate::platform::error::{Code, Error, Result};
use crate::platform::record::Record;
use crate::{insert_both, insert_one, on_engine};

/// How long answers are kept.
const KEPT: std::time::Duration = hours(24);

/// Where an answer is kept: the key within its caller and operation, and the body's digest.
#[derive(Debug, Clone)]
pub struct Key {
    caller: String,
    operation: String,
    key: String,
    path_and_body: Vec<u8>,
}

impl Key {
    /// Under a key of our own: the body may hold a password, and whoever has the database must not be able to guess it by
    /// the digest.
    pub(super) fn new(key: String, envelope: &Envelope, body: [u8; 32], secrets: &Secrets) -> Self {
        let request = [envelope.path.as_bytes(), envelope.query.as_bytes(), &body];
        Self {
            caller: envelope.caller(),
            operation: format!("{} {}", envelope.method, envelope.route),
            key,
            path_and_body: secrets.mac(Purpose::Idempotency, &request).to_vec(),
        }
    }
}

/// The key that a POST came with, if any.
pub(super) fn key(req: &HttpRequest) -> Result<Option<String>> {
    let mut values = req.headers().get_all("idempotency-key");
    let Some(value) = values.next().filter(|_| req.method() == "POST") else { return Ok(None) };
    let malformed =
        || Error::new(Code::MalformedRequest, "Idempotency-Key must be one UUID, bare or in double quotes.");
    let text = value.to_str().map_err(|_| malformed())?.trim();
    let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    match (crate::platform::text::parse_uuid(text), values.next()) {
        (Ok(key), None) => Ok(Some(key.to_string())),
        _ => Err(malformed()),
    }
}

/// An answer as it is kept.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys, treat_none_as_default_value = false)]
pub struct Kept {
    caller: String,
    operation: String,
    key: String,
    request_hash: Vec<u8>,
    status: i32,
    headers: Json<Vec<(String, String)>>,
    body: Vec<u8>,
    created_at: Instant,
    expires_at: Instant,
}

const ONE_ANSWER: Unique = Unique {
    index: "idempotency_keys_pkey",
    columns: "idempotency_keys.caller, idempotency_keys.operation, idempotency_keys.key",
};

/// What is kept for this key: a [`Kept`], to be asked for alone or together with the session of whoever sent it.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn kept(key: &Key) -> _ {
    let (caller, operation, key): (&str, &str, &str) = (key.caller.as_str(), key.operation.as_str(), key.key.as_str());
    let columns: <Kept as Selectable<MultiBackend>>::SelectExpression = Kept::columns();
    idempotency_keys::table.find((caller, operation, key)).select(columns)
}

/// Stands for the statement of [`find`].
struct KeptAlone;

/// What is kept for this key.
pub(super) fn find(conn: &mut Conn, key: &Key) -> Result<Option<Kept>> {
    Ok(on_engine!(conn, |conn| shaped::<KeptAlone, _>(kept(key)).get_result(conn)).optional()?)
}

/// The answer that was found for this key, if the request is the same.
pub(super) fn answered(conn: &mut Conn, key: &Key, found: Option<Kept>, now: Instant) -> Result<Option<Reply>> {
    let Some(row) = found else { return Ok(None) };
    if row.expires_at <= now {
        diesel::delete(idempotency_keys::table.find((&key.caller, &key.operation, &key.key))).execute(conn)?;
        return Ok(None);
    }
    if row.request_hash != key.path_and_body {
        return Err(Error::new(Code::IdempotencyReused, "This Idempotency-Key came with another request before."));
    }
    let header = |(name, value): (String, String)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(&value).ok()?))
    };
    Ok(Some(Reply {
        status: u16::try_from(row.status).unwrap_or(500),
        headers: row.headers.0.into_iter().filter_map(header).collect(),
        body: Bytes::from(row.body),
    }))
}

/// Keeps an answer, and writes the record of what was done with it.
pub(super) fn insert(conn: &mut Conn, key: &Key, reply: &Reply, record: Option<Record>, now: Instant) -> Result<()> {
    let header = |(name, value): &(HeaderName, HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
    let row = Kept {
        caller: key.caller.clone(),
        operation: key.operation.clone(),
        key: key.key.clone(),
        request_hash: key.path_and_body.clone(),
        status: i32::from(reply.status),
        headers: Json(reply.headers.iter().filter_map(header).collect()),
        body: reply.body.to_vec(),
        created_at: now,
        expires_at: now.plus(KEPT),
    };
    let kept = match record {
        Some(record) => {
            let (records, keys) = (diesel::insert_into(records::table), diesel::insert_into(idempotency_keys::table));
            insert_both!(conn, Record => records.values(record), Kept => keys.values(row))
        }
        None => insert_one!(conn, idempotency_keys::table, Kept, row),
    };
    kept.on_conflict(&ONE_ANSWER, || {
        Error::new(Code::IdempotencyInProgress, "The first request with this key has not been answered yet.")
            .with_retry_after(1)
    })
}

/// Whether a refusal is the operation's answer, to be given again, or only about this attempt.
pub(super) fn is_kept(error: &Error) -> bool {
    let about_the_attempt = matches!(
        error.code(),
        Code::Unauthenticated
            | Code::StepUpRequired
            | Code::SecondFactorRequired
            | Code::PreconditionFailed
            | Code::PreconditionRequired
            | Code::QuotaExceeded
            | Code::IdempotencyReused
            | Code::IdempotencyInProgress
            | Code::IdempotencyMissing
    );
    error.code().status() < 500 && !about_the_attempt
}

/// Drops answers that are not kept any longer. Returns how many.
///
/// # Errors
/// When the database can't do it.
pub fn purge(conn: &mut Conn, now: Instant) -> Result<usize> {
    Ok(diesel::delete(idempotency_keys::table.filter(idempotency_keys::expires_at.le(now))).execute(conn)?)
}
