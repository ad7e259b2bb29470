//! What goes back: a finished response as plain bytes, and the few shapes that handlers return.
//!
//! Answers are serialized on the database thread that produced them: straight from rows into the buffer, and, for writes,
//! inside the transaction, so that an idempotency key keeps exactly what the client got.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use serde::Serialize;

use super::envelope::Envelope;
use crate::platform::error::{Error, Result};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A finished response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers beyond those that every response has.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, as it is sent.
    pub body: Bytes,
}

impl Reply {
    /// A JSON response.
    ///
    /// # Errors
    /// A fault when the value can't be serialized.
    pub fn json<T: Serialize>(status: u16, value: &T) -> Result<Self> {
        Self::json_of(status, value, 1024)
    }
    /// [`json`](Self::json) that will have about so many bytes.
    fn json_of<T: Serialize>(status: u16, value: &T, bytes: usize) -> Result<Self> {
        let mut body = Vec::with_capacity(bytes);
        serde_json::to_writer(&mut body, value)
            .map_err(|e| Error::fault(format!("an answer can't be serialized: {e}")))?;
        Ok(Self { status, headers: vec![(header::CONTENT_TYPE, JSON)], body: body.into() })
    }
    /// A problem.
    pub fn problem(status: u16, body: Vec<u8>) -> Self {
        Self { status, headers: vec![(header::CONTENT_TYPE, PROBLEM)], body: body.into() }
    }
    /// One that has no body.
    pub const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }
    /// Adds a header.
    pub fn push(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.push((name, value));
    }
    fn with(mut self, name: HeaderName, text: &str) -> Result<Self> {
        let value =
            HeaderValue::from_str(text).map_err(|_| Error::fault("a header has characters that it can't have"))?;
        self.push(name, value);
        Ok(self)
    }
    /// As actix sends it.
    pub fn into_response(self) -> HttpResponse {
        let mut response =
            HttpResponse::build(StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        for (name, value) in self.headers {
            if name == header::CONNECTION && value == "close" {
                response.force_close();
            }
            response.append_header((name, value));
        }
        response.body(self.body)
    }
}

/// What a handler's work may return.
pub trait Answer: Send + 'static {
    /// The finished response.
    ///
    /// # Errors
    /// A fault when it can't be serialized.
    fn reply(self, envelope: &Envelope) -> Result<Reply>;
}

impl Answer for Reply {
    fn reply(self, _: &Envelope) -> Result<Reply> {
        Ok(self)
    }
}

/// A refusal that is nevertheless committed: what it found out (a failed login, a reused token) is on record.
impl Answer for Error {
    fn reply(self, envelope: &Envelope) -> Result<Reply> {
        Ok(Self::reply(&self, &envelope.base_url, &envelope.path, &envelope.request_id))
    }
}

impl<T: Answer> Answer for Result<T> {
    fn reply(self, envelope: &Envelope) -> Result<Reply> {
        match self {
            Ok(answer) => answer.reply(envelope),
            Err(error) => Answer::reply(error, envelope),
        }
    }
}

/// 200 with a body that has no version of its own.
#[derive(Debug)]
pub struct Found<T>(pub T);

impl<T: Serialize + Send + 'static> Answer for Found<T> {
    fn reply(self, _: &Envelope) -> Result<Reply> {
        Reply::json(200, &self.0)
    }
}

/// 200 with an object and its version as `ETag`.
#[derive(Debug)]
pub struct Versioned<T> {
    /// The object.
    pub value: T,
    /// Its version, which `If-Match` names.
    pub version: i64,
    /// Whether the body also tells things that change without a new version (places left, the reader's own RSVP); the
    /// tag then has a digest of the body after the version, which `If-Match` does not look at.
    pub volatile: bool,
}

impl<T> Versioned<T> {
    /// An object that is all told by its version.
    pub const fn new(value: T, version: i64) -> Self {
        Self { value, version, volatile: false }
    }
    /// An object that also tells things beyond its version.
    pub const fn volatile(value: T, version: i64) -> Self {
        Self { value, version, volatile: true }
    }
}

fn tagged(reply: Reply, version: i64, volatile: bool) -> Result<Reply> {
    if volatile {
        let digest = crate::platform::crypto::sha256(&[&reply.body]);
        let short = crate::platform::crypto::hex(digest.get(..4).unwrap_or_default());
        reply.with(header::ETAG, &format!("\"{version}.{short}\""))
    } else {
        reply.with(header::ETAG, &format!("\"{version}\""))
    }
}

impl<T: Serialize + Send + 'static> Answer for Versioned<T> {
    fn reply(self, _: &Envelope) -> Result<Reply> {
        tagged(Reply::json(200, &self.value)?, self.version, self.volatile)
    }
}

/// 201 with the new object, where it can be read from now on, and its version.
#[derive(Debug)]
pub struct Created<T> {
    /// The object.
    pub value: T,
    /// Its path below the base URL.
    pub location: String,
    /// Its version; `None` for what never changes.
    pub version: Option<i64>,
}

impl<T: Serialize + Send + 'static> Answer for Created<T> {
    fn reply(self, _: &Envelope) -> Result<Reply> {
        let reply = Reply::json(201, &self.value)?.with(header::LOCATION, &self.location)?;
        match self.version {
            Some(version) => tagged(reply, version, false),
            None => Ok(reply),
        }
    }
}

/// 202: taken, and its outcome is not told here.
#[derive(Debug)]
pub struct Accepted<T>(pub T);

impl<T: Serialize + Send + 'static> Answer for Accepted<T> {
    fn reply(self, _: &Envelope) -> Result<Reply> {
        Reply::json(202, &self.0)
    }
}

/// 204.
#[derive(Debug)]
pub struct NoContent;

impl Answer for NoContent {
    fn reply(self, _: &Envelope) -> Result<Reply> {
        Ok(Reply::empty(204))
    }
}

/// About how many bytes an entry of a list has.
const ENTRY: usize = 1200;

/// A page of a list, with the way to the next one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page begins, for `cursor`; `null` on the last page.
    pub next_cursor: Option<String>,
    /// How many there are in all, where `include=total` asked for it.
    pub total: Option<i64>,
    /// The next page's address, for the `Link` header.
    #[serde(skip)]
    #[schema(ignore)]
    pub next: Option<String>,
}

impl<T> Page<T> {
    fn linked(&self, reply: Reply, envelope: &Envelope) -> Result<Reply> {
        match &self.next {
            Some(query) => reply.with(header::LINK, &format!("<{}?{query}>; rel=\"next\"", envelope.path)),
            None => Ok(reply),
        }
    }
}

impl<T: Serialize + Send + 'static> Answer for Page<T> {
    fn reply(self, envelope: &Envelope) -> Result<Reply> {
        // Growing would copy most of a long page several times.
        let reply = Reply::json_of(200, &self, 256 + self.items.len() * ENTRY)?;
        self.linked(reply, envelope)
    }
}

/// A [`Page`] whose entries are written as JSON already, by a function that adds one to the text.
#[derive(Debug)]
pub struct WrittenPage(Page<()>, Vec<u8>);

impl WrittenPage {
    /// Writes each entry of the page with `write`.
    ///
    /// # Errors
    /// What `write` returns.
    pub fn of<T>(page: Page<T>, mut write: impl FnMut(&mut Vec<u8>, T) -> Result<()>) -> Result<Self> {
        let Page { items, next_cursor, total, next } = page;
        let mut text = Vec::with_capacity(256 + items.len() * ENTRY);
        text.extend_from_slice(b"{\"items\":[");
        for (n, item) in items.into_iter().enumerate() {
            if n > 0 {
                text.push(b',');
            }
            write(&mut text, item)?;
        }
        text.push(b']');
        Ok(Self(Page { items: Vec::new(), next_cursor, total, next }, text))
    }
}

impl Answer for WrittenPage {
    fn reply(self, envelope: &Envelope) -> Result<Reply> {
        #[derive(Serialize)]
        struct Rest<'a> {
            next_cursor: Option<&'a str>,
            total: Option<i64>,
        }
        let Self(page, mut text) = self;
        let rest = Reply::json(200, &Rest { next_cursor: page.next_cursor.as_deref(), total: page.total })?;
        text.push(b',');
        text.extend_from_slice(rest.body.get(1..).unwrap_or_default());
        page.linked(Reply { body: text.into(), ..rest }, envelope)
    }
}
