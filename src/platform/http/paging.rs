//! Lists: filters by name, keyset cursors, pages (`design/api.md`, *Lists*).
//!
//! A cursor holds the sort key and the id of the last entry, bound by a MAC to the path and the filters it came with, so
//! that it can be neither forged nor carried to another list. Pages stay right while others insert.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::extract::{envelope, state};
use super::reply::Page;
use crate::platform::crypto::{Purpose, base64url, from_base64url};
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::faults::is_planted;

/// Entries on a page when nothing is said.
pub const DEFAULT_LIMIT: usize = 50;
/// Entries on a page at most.
const MAX_LIMIT: usize = 200;

/// Query parameters of every list.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by hand in `Listing`; this describes them")]
pub struct PageParams {
    /// Entries on a page.
    #[param(minimum = 1, maximum = 200, default = 50, value_type = Option<i32>)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    #[param(max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
    /// `total` adds the number of all entries that the filters let through.
    #[param(inline)]
    include: Option<Include>,
}

/// What a list can add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Include {
    /// The number of all entries.
    Total,
}

/// Filters alone, for what is not a list: query parameters as `F` has them, and no others.
#[derive(Debug)]
pub struct Filter<F>(pub F);

impl<F: DeserializeOwned + 'static> FromRequest for Filter<F> {
    type Error = Error;
    type Future = Ready<Result<Self>>;
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(pairs(req.query_string()).and_then(|pairs| parse(&pairs, Vec::new())).map(Self))
    }
}

/// Filters and the wanted page of a list.
pub struct Listing<F> {
    /// The filters.
    pub filter: F,
    /// How many entries the page may have.
    limit: usize,
    /// Whether the number of all entries is wanted.
    pub total: bool,
    after: Option<Vec<u8>>,
    /// What a cursor is bound to: path and filters.
    scope: String,
    sealer: Sealer,
}

type Sealer = std::sync::Arc<crate::platform::State>;

impl<F: DeserializeOwned + 'static> FromRequest for Listing<F> {
    type Error = Error;
    type Future = Ready<Result<Self>>;
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(req))
    }
}

type Pairs = Vec<(String, String)>;

/// Refuses a range that ends before it begins.
///
/// # Errors
/// 422 at `?to`.
pub fn demand_range<T: PartialOrd>(from: Option<T>, to: Option<T>) -> Result<()> {
    match from.zip(to) {
        Some((from, to)) if to < from => {
            Err(Error::fields(vec![parameter("to", FieldCode::Inconsistent, "must not be before from")]))
        }
        _ => Ok(()),
    }
}

const NOT_A_PARAMETER: &str = "not a parameter of this operation";

/// Parameters, all of them unknown, of an operation that takes none.
///
/// # Errors
/// When they can't be read.
pub fn unknown_parameters(query: &str) -> Result<Vec<FieldError>> {
    Ok(pairs(query)?.iter().map(|(name, _)| parameter(name, FieldCode::UnknownField, NOT_A_PARAMETER)).collect())
}

fn pairs(query: &str) -> Result<Pairs> {
    serde_html_form::from_str(query)
        .map_err(|_| Error::new(crate::platform::error::Code::MalformedRequest, "The query is not form-encoded UTF-8."))
}

/// All filters at once; on failure each parameter is tried alone, so that every one that is wrong is named.
fn parse<F: DeserializeOwned>(pairs: &Pairs, mut errors: Vec<FieldError>) -> Result<F> {
    let encode = |pairs: &[(String, String)]| serde_html_form::to_string(pairs).unwrap_or_default();
    // An optional filter would take nothing at all for its absence.
    if errors.is_empty()
        && pairs.iter().all(|(_, value)| !value.is_empty())
        && let Ok(filter) = serde_html_form::from_str(&encode(pairs))
    {
        return Ok(filter);
    }
    for (n, (name, value)) in pairs.iter().enumerate() {
        if pairs.iter().take(n).any(|(earlier, _)| earlier == name) {
            errors.push(parameter(name, FieldCode::DuplicateField, "given twice"));
            continue;
        }
        if let Err(why) = serde_html_form::from_str::<F>(&encode(&[(name.clone(), value.clone())])) {
            let why = why.to_string();
            errors.push(if why.starts_with("unknown field") {
                parameter(name, FieldCode::UnknownField, NOT_A_PARAMETER)
            } else if let Some(list) = why.split_once("expected ").filter(|_| why.starts_with("unknown variant")) {
                parameter(name, FieldCode::NotOneOf, &format!("must be {}", list.1))
            } else if !why.starts_with("missing field") {
                parameter(name, FieldCode::InvalidFormat, &why)
            } else {
                continue;
            });
        } else if value.is_empty() {
            errors.push(parameter(name, FieldCode::TooShort, "must not be empty"));
        }
    }
    if errors.is_empty() {
        // Every one is right by itself, so something is missing or they don't fit together.
        let why = serde_html_form::from_str::<F>(&encode(pairs)).err().map(|e| e.to_string()).unwrap_or_default();
        let name = why.split('`').nth(1).unwrap_or("query").to_owned();
        errors.push(parameter(&name, FieldCode::Required, "is required"));
    }
    Err(Error::fields(errors))
}

fn parameter(name: &str, code: FieldCode, message: &str) -> FieldError {
    let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    FieldError { pointer: format!("?{name}"), code, message: message.to_owned() }
}

impl<F: DeserializeOwned> Listing<F> {
    fn read(req: &HttpRequest) -> Result<Self> {
        let state = state(req)?;
        let envelope = envelope(req)?;
        let mut errors = Vec::new();
        let (mut limit, mut total, mut cursor) = (DEFAULT_LIMIT, false, None);
        let mut filters = Vec::new();
        let mut seen = [false; 3];
        for (name, value) in pairs(req.query_string())? {
            let place = match name.as_str() {
                "limit" => 0,
                "cursor" => 1,
                "include" => 2,
                _ => {
                    filters.push((name, value));
                    continue;
                }
            };
            if let Some(seen) = seen.get_mut(place) {
                if *seen {
                    errors.push(parameter(&name, FieldCode::DuplicateField, "given twice"));
                }
                *seen = true;
            }
            match place {
                0 => match value.parse::<usize>().ok().filter(|n| (1..=MAX_LIMIT).contains(n)) {
                    Some(n) => limit = n,
                    None => {
                        errors.push(parameter("limit", FieldCode::OutOfRange, "must be a whole number from 1 to 200"));
                    }
                },
                1 => cursor = Some(value),
                _ if value == "total" => total = true,
                _ => errors.push(parameter("include", FieldCode::NotOneOf, "must be total")),
            }
        }
        let scope = format!("{} {}", envelope.path, serde_html_form::to_string(&filters).unwrap_or_default());
        let after = match cursor {
            None => None,
            Some(text) => {
                let open = unseal(&state, &scope, &text);
                if open.is_none() {
                    errors.push(parameter(
                        "cursor",
                        FieldCode::Refused,
                        "is not a cursor of this list with these filters",
                    ));
                }
                open
            }
        };
        if limit == MAX_LIMIT && is_planted("breaks_on_the_largest_page") {
            return Err(Error::fault("planted"));
        }
        let filter = parse(&filters, errors)?;
        Ok(Self { filter, limit, total, after, scope, sealer: state })
    }
}

fn unseal(state: &Sealer, scope: &str, text: &str) -> Option<Vec<u8>> {
    let bytes = from_base64url(text)?;
    let (mac, key) = bytes.split_at_checked(16)?;
    let expected = state.secrets.mac(Purpose::Cursor, &[scope.as_bytes(), key]);
    crate::platform::crypto::same(mac, expected.get(..16)?).then(|| key.to_vec())
}

impl<F> Listing<F> {
    /// The key after which the page begins; `None` for the first page.
    ///
    /// # Errors
    /// When the cursor was made by an older version with another key.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>> {
        self.after
            .as_deref()
            .map(serde_json::from_slice)
            .transpose()
            .map_err(|_| Error::field("?cursor", FieldCode::Refused, "is not a cursor of this list with these filters"))
    }

    /// How many rows to ask the database for: one more than the page has, to know whether there is a next one.
    pub fn fetch(&self) -> i64 {
        i64::try_from(self.limit + 1).unwrap_or(i64::MAX)
    }

    /// The page: rows beyond the limit are dropped, and the last one kept becomes the cursor.
    pub fn page<R, K: Serialize>(&self, mut rows: Vec<R>, key: impl Fn(&R) -> K) -> Page<R> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next_cursor = rows.last().filter(|_| more).and_then(|last| {
            let key = serde_json::to_vec(&key(last)).ok()?;
            let mac = self.sealer.secrets.mac(Purpose::Cursor, &[self.scope.as_bytes(), &key]);
            let mut bytes = mac.get(..16)?.to_vec();
            bytes.extend(key);
            Some(base64url(&bytes))
        });
        let next = next_cursor.as_ref().map(|cursor| {
            let filters = self.scope.split_once(' ').map_or("", |(_, filters)| filters);
            let joint = if filters.is_empty() { "" } else { "&" };
            let total = if self.total { "&include=total" } else { "" };
            format!("{filters}{joint}limit={}{total}&cursor={cursor}", self.limit)
        });
        Page { items: rows, next_cursor, total: None, next }
    }
}

impl<T> Page<T> {
    /// The same page with other entries in place of each.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            next_cursor: self.next_cursor,
            total: self.total,
            next: self.next,
        }
    }
    /// The same page with these entries, in the same order, in place of its own.
    pub fn with_items<U>(self, items: Vec<U>) -> Page<U> {
        Page { items, next_cursor: self.next_cursor, total: self.total, next: self.next }
    }
    /// With the number of all entries.
    #[must_use]
    pub fn with_total(mut self, total: Option<i64>) -> Self {
        self.total = if is_planted("counts_the_hidden") { total.map(|total| total + 1) } else { total };
        self
    }
}
