//! How operations are registered and found.
//!
//! Each file with handlers lists them with [`operations!`](crate::operations), slices join the lists, and the application has
//! one of all. The description says which operation an address and a method lead to
//! ([`Template::operation`](crate::platform::openapi::Template::operation)); here is what answers it. Nothing is
//! registered with actix one by one: it would try one pattern after the other, each a regular expression, and starting would
//! run code of every operation in every worker, which brings most of the program into memory before anybody has asked.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse};
use utoipa::openapi::OpenApi;

use super::extract;
use super::leftover::Arriving;
use super::reply::Reply;
use crate::platform::error::{Code, Error, Result};

/// What answers a request, however its body arrives.
pub type Serve = fn(Arriving) -> Pin<Box<dyn Future<Output = HttpResponse>>>;

/// An operation as it is served.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// Its `operationId`, which is the handler's name.
    pub id: &'static str,
    /// What answers it.
    pub serve: Serve,
}

/// The operations of a file, of a slice, of the application.
#[derive(Clone, Copy)]
pub struct Operations {
    here: &'static [Operation],
    described: Option<fn() -> OpenApi>,
    below: &'static [Self],
}

impl Operations {
    /// Of one file; `described` makes what the description says of them. [`operations!`](crate::operations) writes this.
    pub const fn of(here: &'static [Operation], described: fn() -> OpenApi) -> Self {
        Self { here, described: Some(described), below: &[] }
    }
    /// All of several.
    pub const fn all(below: &'static [Self]) -> Self {
        Self { here: &[], described: None, below }
    }
    /// What answers each, by id.
    pub fn by_id(&self) -> HashMap<&'static str, Serve> {
        let mut found = HashMap::new();
        self.collect(&mut found);
        found
    }
    fn collect(&self, found: &mut HashMap<&'static str, Serve>) {
        found.extend(self.here.iter().map(|operation| (operation.id, operation.serve)));
        for below in self.below {
            below.collect(found);
        }
    }
    /// Adds what the description says of them to `document`, their paths below `prefix`.
    pub fn describe(&self, prefix: &str, document: &mut OpenApi) {
        if let Some(described) = self.described {
            let mut described = described();
            let paths = std::mem::take(&mut described.paths).paths;
            described.paths.paths = paths.into_iter().map(|(path, item)| (format!("{prefix}{path}"), item)).collect();
            document.merge(described);
        }
        for below in self.below {
            below.describe(prefix, document);
        }
    }
}

/// Lists a file's operations, by the names of their handlers, as `OPERATIONS`.
#[macro_export]
macro_rules! operations {
    ($($handler:ident),+ $(,)?) => {
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($handler),+))]
        struct Described;

        /// The operations of this file.
        pub const OPERATIONS: $crate::platform::http::Operations = $crate::platform::http::Operations::of(
            &[$($crate::platform::http::routes::Operation {
                id: stringify!($handler),
                serve: |arriving| $crate::platform::http::routes::answer($handler, arriving),
            }),+],
            <Described as utoipa::OpenApi>::openapi,
        );
    };
}

/// What handlers answer with.
pub trait Answered {
    /// As it is sent.
    fn response(self) -> HttpResponse;
}
impl Answered for Result<Reply> {
    fn response(self) -> HttpResponse {
        match self {
            Ok(reply) => reply.into_response(),
            Err(error) => HttpResponse::from_error(error),
        }
    }
}
impl Answered for HttpResponse {
    fn response(self) -> HttpResponse {
        self
    }
}

/// Takes what `handler` wants from the request and lets it answer.
pub fn answer<H, Args>(handler: H, mut arriving: Arriving) -> Pin<Box<dyn Future<Output = HttpResponse>>>
where
    H: Handler<Args, Output: Answered>,
    Args: FromRequest,
{
    Box::pin(async move {
        let Arriving(request, payload) = &mut arriving;
        match Args::from_request(request, payload).await {
            Ok(taken) => handler.call(taken).await.response(),
            Err(error) => HttpResponse::from_error(error.into()),
        }
    })
}

/// Hands a request to its operation.
///
/// # Errors
/// Where there is none with its address, or none with its method.
pub async fn dispatch(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse> {
    let arriving = Arriving(request, payload.into_inner());
    let envelope = extract::envelope(&arriving.0)?;
    let Some(template) = &envelope.template else { return Err(Error::not_found()) };
    match template.operation(envelope.method) {
        Some(known) => Ok((known.serve)(arriving).await),
        None => no_operation(&arriving.0, &template.methods),
    }
}

/// Tells which methods an address knows: whoever asks for them, and whoever used another.
///
/// # Errors
/// That it does not know the method.
pub fn no_operation(request: &HttpRequest, allowed: &str) -> Result<HttpResponse> {
    let allow = HeaderValue::from_str(allowed).map_err(|e| Error::fault(e.to_string()))?;
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish());
    }
    let error = Error::new(Code::MethodNotAllowed, format!("This address knows {allowed}."));
    Err(error.with_header(header::ALLOW, allow))
}
