//! One error for everything that a request can end with, and its one mapping to `application/problem+json` (RFC 9457).
//!
//! [`Code`] is closed: it is a schema in the API description, and each of its values has a page under
//! `/docs/problems/`. Faults carry their cause for the log; the client gets the request id and nothing else.

use std::borrow::Cow;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use super::http::reply::Reply;

/// Result of anything that a request does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $text:literal, $status:literal, $title:literal, $explanation:literal;)+) => {
        /// What went wrong, for programs. Closed; new values are added, none is renamed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        pub enum Code { $(#[doc = $explanation] #[serde(rename = $text)] $name),+ }

        impl utoipa::PartialSchema for Code {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                super::text::enum_schema(
                    &["What went wrong, for programs. Closed; new values are added, none is renamed."],
                    &[$(($text, concat!(" ", $explanation))),+],
                )
            }
        }
        impl ToSchema for Code {}

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// As in the problem's `code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }
            /// The problem's `title`, the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }
            /// What it means and what a client can do, for the page under `/docs/problems/`.
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$name => $explanation),+ }
            }
        }
    };
}

codes! {
    UnreadableBody = "unreadable_body", 400, "The request body can't be read",
        "The body is not JSON, breaks off, is nested too deeply or has bytes that are not UTF-8. The detail says where.";
    MalformedRequest = "malformed_request", 400, "The request can't be read",
        "A header, the address or the query has a form that HTTP or this API does not know. The detail says which.";
    IdempotencyMissing = "idempotency_missing", 400, "This operation needs an Idempotency-Key",
        "Send an Idempotency-Key header with a fresh UUID, and the same one again whenever the same request is repeated.";
    Unauthenticated = "unauthenticated", 401, "Sign in first",
        "There is no access token, or it is not valid any more: its time is over, its session was ended or its account closed. Refresh the session or sign in again.";
    StepUpRequired = "step_up_required", 401, "Prove again who you are",
        "This wants a proof of who you are that is not older than five minutes, with the second factor where the account has or needs one (RFC 9470; WWW-Authenticate says the same). Step the session up (POST /sessions/step-up) and send the request again; officers, commanders, staff and administrators first set an authenticator up.";
    SecondFactorRequired = "second_factor_required", 401, "The second factor is missing",
        "The password is right, and the account has an authenticator: send its present code, or a recovery code, as `code`. A code counts once and for about half a minute.";
    CredentialsRejected = "credentials_rejected", 401, "Address or password are not right",
        "No session was opened. The answer is the same whether the address is known or not.";
    TokenRejected = "token_rejected", 401, "The token is not valid",
        "The one-time token (refresh, bootstrap) is unknown, used, expired or was taken back.";
    Forbidden = "forbidden", 403, "Not yours to do",
        "You can see this, but what you asked for belongs to another role, side or seat. The detail says whose it is.";
    NotFound = "not_found", 404, "Not found",
        "There is nothing here, or nothing that you may see: the two can't be told apart.";
    MethodNotAllowed = "method_not_allowed", 405, "This address does not know that method",
        "The Allow header lists the methods that this address knows.";
    RequestTimeout = "request_timeout", 408, "The request took too long to arrive",
        "The body did not arrive in time. Send it again; with an Idempotency-Key nothing happens twice.";
    Conflict = "conflict", 409, "This does not fit the present state",
        "The thing has moved on, or another request was faster. Read it again and decide anew.";
    LeadershipIncomplete = "leadership_incomplete", 409, "Both sides need a leader first",
        "The first objective of a partnership is to identify civilian and police leadership. `missing` says which seat is empty.";
    FormationIncomplete = "formation_incomplete", 409, "The formation checklist has open items",
        "`missing` lists the items that come first.";
    GoalAlreadyCurrent = "goal_already_current", 409, "There is a current goal already",
        "A partnership works on one achievable goal at a time. Close the current one, propose the new one in its place, or keep it in the backlog.";
    GoalNotAchievable = "goal_not_achievable", 409, "The goal does not pass the achievability test",
        "`missing` lists the questions that are answered with no; reading the goal tells why. Mend the goal, or give it an `override_reason`, which stands in the text that is decided on.";
    SeatTaken = "seat_taken", 409, "That seat is taken",
        "Each side has one primary leader at a time, and each person one seat.";
    AlreadySigned = "already_signed", 409, "Your side has signed already",
        "One signature per side is enough, and there is one already.";
    StanceStale = "stance_stale", 409, "The text has changed",
        "The stance is about a version of the text that does not count any more. Read the text as it is now, and say anew where you stand.";
    AnonymousNotAllowed = "anonymous_not_allowed", 409, "This can't be decided anonymously",
        "Who stands where is to be seen: leaders of both sides have to be for it, or the partnership's meetings are open by law.";
    QuorumUnreachable = "quorum_unreachable", 409, "A side has too few members to decide",
        "`missing` says of which side members are missing. A decision needs some of both.";
    MeetingFull = "meeting_full", 409, "No place left",
        "The meeting's capacity is reached. Somebody may still cancel; ask again later.";
    AlreadyLogged = "already_logged", 409, "This visit is logged already",
        "There is a log of the same officer, group and date within 30 minutes. `conflicts` has its address.";
    MinutesNotApproved = "minutes_not_approved", 409, "The minutes are not approved",
        "Minutes are approved by both sides before they are published. `missing` lists what is missing to that.";
    GateUnmet = "gate_unmet", 409, "Not everything that comes first is done",
        "`conditions` lists what is missing.";
    Overlap = "overlap", 409, "The times overlap",
        "Another entry covers part of the same time. `conflicts` has its address.";
    IdempotencyInProgress = "idempotency_in_progress", 409, "The first request with this key is still running",
        "Wait a moment and send the same request again to get its answer.";
    Gone = "gone", 410, "No longer here",
        "It was here once and has ended for good.";
    PreconditionFailed = "precondition_failed", 412, "Somebody else changed it meanwhile",
        "If-Match names a version that is not the current one. `current_version` has the current one; read it again and repeat the change.";
    PayloadTooLarge = "payload_too_large", 413, "The body is too large",
        "The detail says how much this operation takes.";
    UriTooLong = "uri_too_long", 414, "The address is too long",
        "Addresses, with their query, have at most 8 KiB.";
    UnsupportedMediaType = "unsupported_media_type", 415, "The body has the wrong type",
        "Send application/json; for PATCH application/merge-patch+json is taken as well.";
    ValidationFailed = "validation_failed", 422, "Some values are not acceptable",
        "`errors` lists every field with its place (a JSON pointer, or the name of a query parameter) and the rule that it breaks.";
    IdempotencyReused = "idempotency_reused", 422, "The Idempotency-Key was used for another request",
        "A key belongs to one request. Use a fresh UUID for a new one.";
    CallNow = "call_911", 422, "Call 911",
        "What is in progress or dangerous is not for this system. Call 911 now; the detail has the numbers.";
    PasswordRefused = "password_refused", 422, "That password is too easy to guess",
        "The detail gives the reason. Length counts most: four or five unrelated words make a good one.";
    LegalHold = "legal_hold", 423, "Held for legal reasons",
        "Nothing can be removed here until the hold is lifted.";
    PreconditionRequired = "precondition_required", 428, "If-Match is needed",
        "Send the version that you read (its ETag) in If-Match, so that nobody's change is overwritten unseen.";
    QuotaExceeded = "quota_exceeded", 429, "Too many requests",
        "Wait as long as Retry-After says. The RateLimit headers tell the quota and what is left of it.";
    HeadersTooLarge = "headers_too_large", 431, "The request's head is too large",
        "Send fewer or shorter header fields.";
    Fault = "fault", 500, "Something broke on our side",
        "It is in the log under the request id. Nothing was changed.";
    Unavailable = "unavailable", 503, "Not available right now",
        "The database is busy or out of reach, or the server is shutting down. Try again after Retry-After; with an Idempotency-Key nothing happens twice.";
}

/// What is wrong with one field, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldCode {
    /// A required field is absent.
    Required,
    /// The field is not known here.
    UnknownField,
    /// The field was given twice.
    DuplicateField,
    /// Another JSON type is expected.
    WrongType,
    /// `null` is not allowed here.
    NotNull,
    /// Too few characters.
    TooShort,
    /// Too many characters.
    TooLong,
    /// Too few entries.
    TooFew,
    /// Too many entries.
    TooMany,
    /// A number beyond its bounds.
    OutOfRange,
    /// Not one of the listed values.
    NotOneOf,
    /// The text does not have the form that is expected.
    InvalidFormat,
    /// The value is given more than once where each may stand once.
    NotUnique,
    /// What it refers to does not exist, or not for you.
    NotFound,
    /// It does not fit another field; the message says which and why.
    Inconsistent,
    /// The value is well-formed, but breaks a rule that the message states.
    Refused,
}

/// One field that is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where: a JSON pointer into the body (RFC 6901), or `?name` for a query parameter, or `/path/name`.
    pub pointer: String,
    /// Which rule, for programs.
    pub code: FieldCode,
    /// Which rule, in words.
    pub message: String,
}

impl FieldError {
    /// The same about a part of the body, which is at this pointer.
    #[must_use]
    pub fn within(self, part: &str) -> Self {
        Self { pointer: format!("{part}{}", self.pointer), ..self }
    }
}

/// A problem as the client gets it (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "https://threekeys.example/docs/problems/leadership-incomplete", "title": "Both sides need a leader first",
    "status": 409, "code": "leadership_incomplete", "detail": "A mission is proposed once both sides have a leader.",
    "instance": "/api/v1/partnerships/0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11/missions",
    "request_id": "0199d2c9-0b7e-7f30-9d8c-2f6a7f0f3a52", "missing": ["police_leader"]
}))]
pub struct Problem {
    /// Address of the page that explains it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every occurrence of the code.
    pub title: &'static str,
    /// The HTTP status again.
    pub status: u16,
    /// What went wrong, for programs.
    pub code: Code,
    /// This occurrence, in words.
    pub detail: Cow<'static, str>,
    /// The path that was asked.
    pub instance: String,
    /// Finds this request in the server's log.
    pub request_id: String,
    /// What has to be there first, for gates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub missing: Vec<&'static str>,
    /// The fields that are not acceptable, all at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// Addresses of what is in the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub conflicts: Vec<String>,
    /// The version that is current now, after 412.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = i64)]
    pub current_version: Option<i64>,
}

/// Why a request ends without its result.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: Code,
    detail: Cow<'static, str>,
    missing: Vec<&'static str>,
    errors: Vec<FieldError>,
    conflicts: Vec<String>,
    current_version: Option<i64>,
    retry_after: Option<u32>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<String>,
}

impl Error {
    /// A refusal with its code and this occurrence in words.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            missing: Vec::new(),
            errors: Vec::new(),
            conflicts: Vec::new(),
            current_version: None,
            retry_after: None,
            headers: Vec::new(),
            cause: None,
        }))
    }
    /// Nothing here that the caller may see. Carries no detail, so that absent and invisible are the same bytes.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing here, or nothing that you may see.")
    }
    /// Seen, but not allowed.
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Forbidden, detail)
    }
    /// It does not fit the present state.
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Conflict, detail)
    }
    /// No valid session. One text for every reason.
    pub fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated, "This needs a valid access token in the Authorization header.")
    }
    /// Signed in, but not proved freshly enough or not with all factors (RFC 9470).
    pub fn unproven() -> Self {
        Self::new(Code::StepUpRequired, "This needs a fresh proof of who you are, with the second factor.")
    }
    /// Signed in without the second factor that rights of the account's kind need (RFC 9470).
    pub fn half_proved() -> Self {
        let detail = "This needs a session with a second factor. Set an authenticator up (POST /account/authenticator), or \
                      sign in with its code.";
        let challenge = "Bearer realm=\"threekeys\", error=\"insufficient_user_authentication\", \
                         error_description=\"A second factor is needed\", acr_values=\"aal2\"";
        Self::new(Code::StepUpRequired, detail)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }
    /// Our own failure: `cause` goes to the log, never to the client.
    pub fn fault(cause: impl Into<String>) -> Self {
        let mut error = Self::new(Code::Fault, "The request could not be completed. Nothing was changed.");
        error.0.cause = Some(cause.into());
        error
    }
    /// Busy or out of reach; come back after `seconds`.
    pub fn unavailable(seconds: u32, cause: impl Into<String>) -> Self {
        let mut error = Self::new(Code::Unavailable, "The server can't take this right now. Try again shortly.");
        error.0.retry_after = Some(seconds);
        error.0.cause = Some(cause.into());
        error
    }
    /// What to tell whoever runs the server, and never a client.
    pub fn into_reason(self) -> String {
        self.0.cause.as_deref().unwrap_or(&self.0.detail).to_owned()
    }
    /// Fields that are not acceptable, all at once.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] if one.pointer.is_empty() => format!("The body {}.", one.message),
            [one] => format!("{}: {}.", one.pointer, one.message),
            many => format!("{} values are not acceptable.", many.len()),
        };
        let mut error = Self::new(Code::ValidationFailed, detail);
        error.0.errors = errors;
        error
    }
    /// The same about a part of the body, which is at this pointer: there its fields are to be found.
    #[must_use]
    pub fn within(self, part: &str) -> Self {
        if part.is_empty() || self.code() != Code::ValidationFailed {
            return self;
        }
        Self::fields(self.0.errors.into_iter().map(|error| error.within(part)).collect())
    }
    /// One field that is not acceptable.
    pub fn field(pointer: impl Into<String>, code: FieldCode, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { pointer: pointer.into(), code, message: message.into() }])
    }
    /// With what has to be there first.
    #[must_use]
    pub fn with_missing(mut self, missing: Vec<&'static str>) -> Self {
        self.0.missing = missing;
        self
    }
    /// With the address of what is in the way.
    #[must_use]
    pub fn with_conflict(mut self, address: impl Into<String>) -> Self {
        self.0.conflicts.push(address.into());
        self
    }
    /// With the version that is current.
    #[must_use]
    pub fn with_current_version(mut self, version: i64) -> Self {
        self.0.current_version = Some(version);
        self
    }
    /// With the number of seconds after which it makes sense to come back.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }
    /// With one more response header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }
    /// Hangs up after the answer: what else the client sends is not wanted.
    #[must_use]
    pub fn closing(self) -> Self {
        self.with_header(header::CONNECTION, HeaderValue::from_static("close"))
    }
    /// With fields that explain it.
    #[must_use]
    pub fn with_fields(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }
    /// What went wrong.
    pub const fn code(&self) -> Code {
        self.0.code
    }
    /// This occurrence, in words.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }
    /// What has to be there first.
    pub fn missing(&self) -> &[&'static str] {
        &self.0.missing
    }
    /// What the log gets to know beyond what the client is told.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// What the client gets, for a request to `instance` known as `request_id` at a server reached under `base_url`.
    pub fn problem(&self, base_url: &str, instance: &str, request_id: &str) -> Problem {
        let inner = &self.0;
        Problem {
            kind: format!("{base_url}/docs/problems/{}", inner.code.as_str().replace('_', "-")),
            title: inner.code.title(),
            status: inner.code.status(),
            code: inner.code,
            detail: inner.detail.clone(),
            instance: instance.to_owned(),
            request_id: request_id.to_owned(),
            missing: inner.missing.clone(),
            errors: inner.errors.clone(),
            conflicts: inner.conflicts.clone(),
            current_version: inner.current_version,
        }
    }

    /// The response, with the [`problem`](Self::problem) as its body.
    pub fn reply(&self, base_url: &str, instance: &str, request_id: &str) -> Reply {
        let inner = &self.0;
        let problem = self.problem(base_url, instance, request_id);
        // A struct of strings and numbers always serializes.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut reply = Reply::problem(inner.code.status(), body);
        if let Some(seconds) = inner.retry_after {
            reply.push(header::RETRY_AFTER, seconds.into());
        }
        let challenged = inner.headers.iter().any(|(name, _)| *name == header::WWW_AUTHENTICATE);
        if inner.code.status() == 401 && !challenged {
            let challenge = match inner.code {
                Code::StepUpRequired => {
                    "Bearer realm=\"threekeys\", error=\"insufficient_user_authentication\", \
                     error_description=\"A fresh proof is needed, with the second factor\", max_age=300"
                }
                _ => "Bearer realm=\"threekeys\"",
            };
            reply.push(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        for (name, value) in &inner.headers {
            reply.push(name.clone(), value.clone());
        }
        reply
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.detail)?;
        match &self.0.cause {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}
impl std::error::Error for Error {}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
    /// Without a body: the shell around every request (`http::shell`) knows the path and the request id and adds it.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        HttpResponse::new(self.status_code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_well_formed() {
        let mut seen = HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{code:?} twice");
            assert!((400..=599).contains(&code.status()), "{code:?}");
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
            assert!(!code.title().is_empty() && code.explanation().ends_with('.'));
        }
    }

    #[test]
    fn a_fault_never_tells_its_cause() {
        let reply = Error::fault("no such column: secret_column").reply("http://x", "/a", "r");
        assert!(!String::from_utf8_lossy(&reply.body).contains("secret_column"));
        assert_eq!(reply.status, 500);
    }
}
