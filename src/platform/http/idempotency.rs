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
use crate::platform::db::schema::idempotency_keys;
use crate::platform::db::{Conn, Json, OnConflict, Unique};
use crate::platform::error::{Code, Error, Result};
use crate::{insert_one, on_engine};

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

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys, treat_none_as_default_value = false)]
struct Row {
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

/// The answer that is kept for this key, if the request is the same.
pub(super) fn find(conn: &mut Conn, key: &Key, now: Instant) -> Result<Option<Reply>> {
    let row = on_engine!(conn, |conn| idempotency_keys::table
        .find((&key.caller, &key.operation, &key.key))
        .select(Row::as_select())
        .first(conn))
    .optional()?;
    let Some(row) = row else { return Ok(None) };
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

/// Keeps an answer.
pub(super) fn insert(conn: &mut Conn, key: &Key, reply: &Reply, now: Instant) -> Result<()> {
    let header = |(name, value): &(HeaderName, HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
    let row = Row {
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
    insert_one!(conn, idempotency_keys::table, Row, row).on_conflict(&ONE_ANSWER, || {
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
