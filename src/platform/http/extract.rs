//! Bodies, ids and preconditions, taken from the request already checked.
//!
//! [`Valid`] reads the body within the limits of size and time and parses it straight into the request type, whose field
//! types carry their own bounds. Only when that fails is the body looked at again, against the JSON Schema that the API
//! description shows for it, to name every field that is wrong at once. Rules between fields are the type's own
//! [`Check`].

use std::any::TypeId;
use std::borrow::Cow;
use std::collections::HashMap;
use std::future::{Future, Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde::de::value::SeqDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use utoipa::__dev::ComposeSchema;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::envelope::Envelope;
use super::leftover::Arriving;
use crate::platform::State;
use crate::platform::crypto::sha256;
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::faults::is_planted;

/// The application's state, which every request has.
///
/// # Errors
/// A fault when the application was put together without it.
pub fn state(req: &HttpRequest) -> Result<Arc<State>> {
    req.app_data::<actix_web::web::Data<State>>()
        .map(|data| data.clone().into_inner())
        .ok_or_else(|| Error::fault("no application state"))
}

/// What the shell found out about the request.
///
/// # Errors
/// A fault when the request did not come through the shell.
pub fn envelope(req: &HttpRequest) -> Result<Arc<Envelope>> {
    req.extensions().get::<Arc<Envelope>>().cloned().ok_or_else(|| Error::fault("a request without its envelope"))
}

/// Digest of the body that was read, for idempotency keys.
#[derive(Debug, Clone, Copy)]
pub struct BodyDigest(pub [u8; 32]);

/// Rules between fields, which a field's type can't know.
pub trait Check {
    /// The largest body in bytes, where the operation takes more than others do. Its description says so.
    const LARGEST: usize = 0;
    /// Where the parts are, as a JSON pointer, that are [`Unread`] and checked by themselves.
    const PARTS: Option<&'static str> = None;
    /// Adds what is wrong to `errors`; pointers are JSON pointers into the body.
    fn check(&self, errors: &mut Vec<FieldError>) {
        let _ = errors;
    }
}

/// Shorthand for a [`FieldError`].
pub fn wrong(pointer: impl Into<String>, code: FieldCode, message: impl Into<String>) -> FieldError {
    FieldError { pointer: pointer.into(), code, message: message.into() }
}

/// A JSON body that has been checked.
#[derive(Debug)]
pub struct Valid<T>(pub T);

impl<T> FromRequest for Valid<T>
where
    T: DeserializeOwned + ToSchema + Check + 'static,
{
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;
    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        let mut payload = Arriving(req.clone(), payload.take());
        Box::pin(async move {
            let state = state(&req)?;
            content_type(&req)?;
            let limit = state.config.server.body_limit_bytes.max(T::LARGEST);
            let body = read(&req, &mut payload.1, limit, state.config.server.body_timeout_seconds).await?;
            req.extensions_mut().insert(BodyDigest(sha256(&[&body])));
            parse(&state.schemas, &body).map(Self)
        })
    }
}

/// A part of a body that is checked by itself, so that what is wrong with it is no reason to refuse the other parts. Its
/// schema is that of `T`.
#[derive(Debug)]
pub struct Unread<T> {
    text: Box<RawValue>,
    is: PhantomData<T>,
}

impl<'de, T> Deserialize<'de> for Unread<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|text| Self { text, is: PhantomData })
    }
}
impl<T: ToSchema> ComposeSchema for Unread<T> {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        T::schema()
    }
}
impl<T: ToSchema> ToSchema for Unread<T> {
    fn name() -> Cow<'static, str> {
        T::name()
    }
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

impl<T: DeserializeOwned + ToSchema + Check + 'static> Unread<T> {
    /// The part, checked as a body of its own would be.
    ///
    /// # Errors
    /// As for such a body; pointers begin at the part.
    pub fn read(&self, schemas: &Schemas) -> Result<T> {
        parse(schemas, self.text.get().as_bytes())
    }
    /// A field of the part, as far as it can be read: to tell its sender which part is meant.
    pub fn field<F: DeserializeOwned>(&self, name: &str) -> Option<F> {
        let document: serde_json::Value = serde_json::from_str(self.text.get()).ok()?;
        F::deserialize(document.get(name)?).ok()
    }
    /// As it was sent.
    pub fn text(&self) -> &str {
        self.text.get()
    }
}

fn content_type(req: &HttpRequest) -> Result<()> {
    let given = req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (kind, parameters) = given.split_once(';').unwrap_or((given, ""));
    let kind = kind.trim().to_ascii_lowercase();
    let known = kind == "application/json" || (kind == "application/merge-patch+json" && req.method() == "PATCH");
    let parameters = parameters.trim().to_ascii_lowercase();
    let charset =
        parameters.is_empty() || parameters.trim_matches('"') == "charset=utf-8" || parameters == "charset=\"utf-8\"";
    let plain = req.headers().get(header::CONTENT_ENCODING).is_none_or(|v| v == "identity");
    if (known && charset && plain) || is_planted("takes_any_content_type") {
        Ok(())
    } else {
        Err(Error::new(
            Code::UnsupportedMediaType,
            "The body must be application/json in UTF-8, not encoded otherwise.",
        ))
    }
}

async fn read(req: &HttpRequest, payload: &mut Payload, limit: usize, seconds: u64) -> Result<Bytes> {
    let too_large = || Error::new(Code::PayloadTooLarge, format!("The body may have {limit} bytes here.")).closing();
    let announced =
        req.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let reading = async {
        let mut body = BytesMut::with_capacity(announced.unwrap_or(1024).min(limit));
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|e| Error::new(Code::UnreadableBody, format!("The body broke off: {e}.")))?;
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    let read = match tokio::time::timeout(Duration::from_secs(seconds), reading).await {
        Ok(body) => body,
        Err(_) => {
            Err(Error::new(Code::RequestTimeout, format!("The body did not arrive within {seconds} seconds."))
                .closing())
        }
    };
    if read.is_ok() {
        *payload = Payload::None;
    }
    read
}

fn parse<T: DeserializeOwned + ToSchema + Check + 'static>(schemas: &Schemas, body: &[u8]) -> Result<T> {
    let body =
        &*if is_planted("takes_foreign_fields") { Cow::Owned(known_fields::<T>(body)) } else { Cow::Borrowed(body) };
    let value: T = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(why) => return Err(explain::<T>(schemas, body, &why)),
    };
    if body.contains(&b'[') && !is_planted("takes_lists_for_objects") {
        no_list_for_an_object::<T>(schemas, body)?;
    }
    let mut errors = Vec::new();
    value.check(&mut errors);
    errors.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    if errors.is_empty() { Ok(value) } else { Err(Error::fields(errors)) }
}

/// The body without fields that the type does not have: what a planted fault takes.
fn known_fields<T: ToSchema>(body: &[u8]) -> Vec<u8> {
    let schema = serde_json::to_value(T::schema()).unwrap_or_default();
    let Ok(mut document) = serde_json::from_slice::<serde_json::Value>(body) else { return body.to_vec() };
    let known = schema.get("properties").and_then(serde_json::Value::as_object);
    if let (Some(fields), Some(known)) = (document.as_object_mut(), known) {
        fields.retain(|name, _| known.contains_key(name));
    }
    serde_json::to_vec(&document).unwrap_or_default()
}

/// Refuses a list where an object belongs. A derived `Deserialize` takes one as the object's fields in their order, which
/// the description does not say and nobody means.
fn no_list_for_an_object<T: ToSchema + Check + 'static>(schemas: &Schemas, body: &[u8]) -> Result<()> {
    let document: serde_json::Value = serde_json::from_slice(body)
        .map_err(|why| Error::new(Code::UnreadableBody, format!("The body is not readable JSON: {why}.")))?;
    let errors: Vec<FieldError> = schemas
        .validator::<T>()?
        .iter_errors(&document)
        .filter(|error| !T::PARTS.is_some_and(|parts| is_within(error.instance_path().as_str(), parts)))
        .filter(is_list_for_an_object)
        .flat_map(|e| field_errors(&e, &document))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::fields(errors)) }
}

/// Whether a place is an entry of the list at `parts`, or in one.
fn is_within(pointer: &str, parts: &str) -> bool {
    pointer.strip_prefix(parts).is_some_and(|rest| rest.starts_with('/'))
}

fn is_list_for_an_object(error: &jsonschema::ValidationError<'_>) -> bool {
    match error.kind() {
        ValidationErrorKind::Type { .. } => error.instance().is_array(),
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            context.iter().flatten().any(is_list_for_an_object)
        }
        _ => false,
    }
}

/// Fields that are named at once at most: a body of nothing but wrong values must not be answered with a larger one.
const MOST_ERRORS: usize = 100;

/// Why a body was refused, as exactly as can be told.
fn explain<T: DeserializeOwned + ToSchema + 'static>(schemas: &Schemas, body: &[u8], why: &serde_json::Error) -> Error {
    let unreadable = |why: &serde_json::Error, pointer: &str| {
        let place = if pointer.is_empty() { String::new() } else { format!(" (at {pointer})") };
        let error = Error::new(Code::UnreadableBody, format!("The body is not readable JSON: {why}{place}."));
        if pointer.is_empty() {
            error
        } else {
            error.with_fields(vec![wrong(pointer, FieldCode::InvalidFormat, why.to_string())])
        }
    };
    // The place of the first error; it is all there is when the text itself is broken.
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let first = serde_path_to_error::deserialize::<_, T>(&mut deserializer)
        .map_err(|e| (pointer_of(e.path()), e.into_inner().to_string()))
        .err();
    let (pointer, message) = first.unwrap_or_default();
    // Whether it is JSON at all is not for `why` to say: to serde a number in place of a word is an error of syntax.
    let document = match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(document) => document,
        Err(broken) if why.is_data() => return unreadable(&broken, ""),
        Err(_) => return unreadable(why, &pointer),
    };
    let mut errors: Vec<FieldError> = match schemas.validator::<T>() {
        Ok(validator) => validator.iter_errors(&document).flat_map(|e| field_errors(&e, &document)).collect(),
        Err(error) => return error,
    };
    // Whatever a schema can't say: doubled keys, trimmed text that is too short, days that don't exist.
    let first = without_place(&message);
    let (pointer, code) = match first.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next()) {
        Some(name) => (format!("{pointer}/{}", escaped(name)), FieldCode::DuplicateField),
        None => (pointer, FieldCode::Refused),
    };
    let told = |errors: &[FieldError]| {
        errors.iter().any(|e| e.pointer == pointer || e.pointer.starts_with(&format!("{pointer}/")))
    };
    if errors.is_empty() || (code == FieldCode::DuplicateField && !told(&errors)) {
        errors.push(wrong(pointer, code, first));
    }
    // One rule per field is enough to act on: the one about its length or presence before the one about its form.
    errors.sort_by(|a, b| (&a.pointer, rank(a), &a.message).cmp(&(&b.pointer, rank(b), &b.message)));
    errors.dedup_by(|later, kept| later.pointer == kept.pointer);
    errors.truncate(MOST_ERRORS);
    Error::fields(errors)
}

/// How telling a violation is; patterns tell least.
fn rank(error: &FieldError) -> u8 {
    match error.code {
        FieldCode::InvalidFormat if error.message.starts_with("must match ") => 3,
        FieldCode::InvalidFormat => 1,
        FieldCode::TooShort if error.message != "must not be empty" => 2,
        _ => 0,
    }
}

fn without_place(message: &str) -> String {
    match message.rsplit_once(" at line ") {
        Some((text, _)) => text.to_owned(),
        None => message.to_owned(),
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |mut out, segment| {
        match segment {
            Segment::Seq { index } => out.push_str(&format!("/{index}")),
            Segment::Map { key } => out.push_str(&format!("/{}", escaped(key))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
        out
    })
}

/// A schema violation in our own terms; several when the violation stands for several fields.
fn field_errors(error: &jsonschema::ValidationError<'_>, document: &serde_json::Value) -> Vec<FieldError> {
    let pointer = error.instance_path().to_string();
    let one = |code, message: String| vec![wrong(pointer.clone(), code, message)];
    let null = document.pointer(&pointer).is_some_and(serde_json::Value::is_null);
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![wrong(format!("{pointer}/{}", escaped(name)), FieldCode::Required, "is required")]
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| wrong(format!("{pointer}/{}", escaped(name)), FieldCode::UnknownField, "is not known here"))
            .collect(),
        ValidationErrorKind::Type { .. } if null => one(FieldCode::NotNull, "must not be null".into()),
        ValidationErrorKind::Type { kind } => one(FieldCode::WrongType, format!("must be {}", type_words(kind))),
        ValidationErrorKind::MinLength { limit: 1 } => one(FieldCode::TooShort, "must not be empty".into()),
        ValidationErrorKind::MinLength { limit } => {
            one(FieldCode::TooShort, format!("must have at least {limit} characters"))
        }
        ValidationErrorKind::MaxLength { limit } => {
            one(FieldCode::TooLong, format!("must have at most {limit} characters"))
        }
        ValidationErrorKind::MinItems { limit } => one(
            FieldCode::TooFew,
            format!(
                "must have at least {}",
                if *limit == 1 { "one entry".to_owned() } else { format!("{limit} entries") }
            ),
        ),
        ValidationErrorKind::MaxItems { limit } => {
            one(FieldCode::TooMany, format!("must have at most {limit} entries"))
        }
        ValidationErrorKind::Minimum { limit } => one(FieldCode::OutOfRange, format!("must be at least {limit}")),
        ValidationErrorKind::Maximum { limit } => one(FieldCode::OutOfRange, format!("must be at most {limit}")),
        ValidationErrorKind::Enum { options } => {
            let options: Vec<String> = options.as_array().into_iter().flatten().map(ToString::to_string).collect();
            one(FieldCode::NotOneOf, format!("must be {}", or_list(&options)))
        }
        ValidationErrorKind::Constant { expected_value } => {
            one(FieldCode::NotOneOf, format!("must be {expected_value}"))
        }
        ValidationErrorKind::Format { format } => one(FieldCode::InvalidFormat, format_words(format)),
        ValidationErrorKind::Pattern { pattern } => one(FieldCode::InvalidFormat, pattern_words(pattern)),
        // Of the alternatives, the one that was meant: whose word for itself fits, then with the fewest errors, leaving
        // `null` aside.
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => context
            .iter()
            .filter(|branch| null || !branch.iter().any(|e| expects_only_null(e)))
            .min_by_key(|branch| (branch.iter().any(names_another), branch.len()))
            .map(|branch| branch.iter().flat_map(|e| field_errors(e, document)).collect())
            .unwrap_or_else(|| one(FieldCode::Refused, "has none of the forms that are taken here".into())),
        _ => one(FieldCode::Refused, error.to_string()),
    }
}

/// Whether the error is about a word from a closed list, like the `type` by which alternatives are told apart.
fn names_another(error: &jsonschema::ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. })
}

fn expects_only_null(error: &jsonschema::ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { kind } if type_words(kind) == "null")
}

fn type_words(kind: &jsonschema::error::TypeKind) -> String {
    let words = |t: jsonschema::JsonType| match t.to_string().as_str() {
        "integer" => "a whole number".to_owned(),
        "array" => "a list".to_owned(),
        "object" => "an object".to_owned(),
        "null" => "null".to_owned(),
        other => format!("a {other}"),
    };
    match kind {
        jsonschema::error::TypeKind::Single(one) => words(*one),
        jsonschema::error::TypeKind::Multiple(many) => or_list(&many.iter().map(words).collect::<Vec<_>>()),
    }
}

fn or_list(options: &[String]) -> String {
    match options {
        [one] => one.clone(),
        many => format!("one of {}", many.join(", ")),
    }
}

fn format_words(format: &str) -> String {
    match format {
        "uuid" => "must be a UUID",
        "date" => "must be a calendar day, like 2027-03-01",
        "date-time" => "must be an RFC 3339 date and time, like 2027-03-01T18:30:00Z",
        "email" => "must be an e-mail address",
        "uri" => "must be a web address",
        "time-zone" => "must be an IANA time zone, like America/Chicago",
        _ => "does not have the form that is expected",
    }
    .to_owned()
}

fn pattern_words(pattern: &str) -> String {
    if pattern.contains(r"\n") {
        "must have text, without control characters other than line breaks".into()
    } else if pattern.contains(r"\u007F") {
        "must be one line of text without control characters".into()
    } else if pattern.starts_with("^https?://") {
        "must be an http or https address, like https://example.org/page".into()
    } else {
        format!("must match {pattern}")
    }
}

/// Compiled schemas of request types, made when they are first needed.
#[derive(Default)]
pub struct Schemas(RwLock<HashMap<TypeId, Arc<Validator>>>);

impl Schemas {
    fn validator<T: ToSchema + 'static>(&self) -> Result<Arc<Validator>> {
        let known = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&TypeId::of::<T>()).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let made = Arc::new(compile::<T>()?);
        self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(TypeId::of::<T>(), made.clone());
        Ok(made)
    }
}

fn compile<T: ToSchema>() -> Result<Validator> {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    let root = serde_json::to_value(T::schema()).map_err(|e| Error::fault(e.to_string()))?;
    let parts: HashMap<String, _> = parts.into_iter().collect();
    let document = serde_json::json!({ "allOf": [root], "components": { "schemas": parts } });
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .with_format("time-zone", |text: &str| text.parse::<crate::platform::text::Zone>().is_ok())
        .build(&document)
        .map_err(|e| Error::fault(format!("the schema of {} does not compile: {e}", T::name())))
}

/// Ids from the path, in the order of its parameters: one, or a tuple of several. What is not an id names nothing: 404, like
/// an id that nobody has. Nothing is decoded: no id needs to be encoded, and what limits, log and routing see is the same.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(envelope(req).and_then(|envelope| {
            let template = envelope.template.as_deref().ok_or_else(Error::not_found)?;
            let given: Vec<(&str, &str)> = template.parameters(&envelope.path).collect();
            let parsed: Result<T, serde::de::value::Error> = match given[..] {
                [(_, value)] => T::deserialize(value.into_deserializer()),
                _ => T::deserialize(SeqDeserializer::new(given.iter().map(|(_, value)| *value))),
            };
            parsed.map(Self).map_err(|_| {
                let malformed = given.iter().filter(|(_, value)| crate::platform::text::parse_uuid(value).is_err());
                let why = |name: &str| if name.ends_with("_token") { "is no such secret" } else { "must be a UUID" };
                Error::not_found().with_fields(
                    malformed
                        .map(|(name, _)| wrong(format!("/path/{name}"), FieldCode::InvalidFormat, why(name)))
                        .collect(),
                )
            })
        }))
    }
}

/// Describes [`IfMatch`] for the API description.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by hand in `IfMatch`; this describes it")]
pub struct IfMatchParam {
    /// The `ETag` of the version that you read.
    #[param(rename = "If-Match")]
    if_match: String,
}

/// Describes an [`IfMatch`] that is needed only once there is something to overwrite: take it as `Result<IfMatch>`.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by hand in `IfMatch`; this describes it")]
pub struct IfMatchOnceParam {
    /// The `ETag` of the version that you read. Needed as soon as there is one.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// The version in `If-Match`, which changes of shared objects need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub i64);

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if_match(req).and_then(|version| {
            version
                .map(Self)
                .ok_or_else(|| Error::new(Code::PreconditionRequired, "Send the ETag that you read in If-Match."))
        }))
    }
}

fn if_match(req: &HttpRequest) -> Result<Option<i64>> {
    let Some(value) = req.headers().get(header::IF_MATCH) else { return Ok(None) };
    let malformed =
        || Error::new(Code::MalformedRequest, "If-Match must be one ETag as this API gives them, like \"3\".");
    let text = value.to_str().map_err(|_| malformed())?.trim();
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).ok_or_else(malformed)?;
    let (version, rest) = inner.split_once('.').map_or((inner, None), |(version, rest)| (version, Some(rest)));
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let formed = version.bytes().all(|b| b.is_ascii_digit())
        && !version.starts_with('0')
        && rest.is_none_or(|rest| rest.len() == 8 && rest.bytes().all(hex))
        && req.headers().get_all(header::IF_MATCH).count() == 1;
    let formed = formed || is_planted("takes_any_version");
    version.parse::<i64>().ok().filter(|n| formed && *n > 0).map(Some).ok_or_else(malformed)
}

impl IfMatch {
    /// Refuses when `current` is not the version that the caller read.
    ///
    /// # Errors
    /// 412 with the current version.
    pub fn demand(self, current: i64) -> Result<()> {
        if self.0 == current {
            Ok(())
        } else {
            Err(Error::new(
                Code::PreconditionFailed,
                format!("You read version {}; the current one is {current}.", self.0),
            )
            .with_current_version(current))
        }
    }
}
