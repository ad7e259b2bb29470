//! How operations are registered, so that a request gets to its own without trying all others.
//!
//! actix tries one pattern after the other, each a regular expression, until one fits: with more than a hundred operations
//! that took longer than the operation. The shell knows by then which template the path has
//! ([`Description::template`](crate::platform::openapi::Description::template)), so each operation stands in a scope of its own
//! that is only entered with its template and its method, and those of a slice together in one that is only entered with one
//! of its templates.

use std::collections::HashSet;
use std::sync::Arc;

use actix_web::Scope;
use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::guard::{Guard, GuardContext};
use actix_web::http::Method;
use actix_web::web;
use utoipa::openapi::path::{HttpMethod, Paths};
use utoipa::openapi::{RefOr, Schema};
use utoipa_actix_web::OpenApiFactory;
use utoipa_actix_web::service_config::ServiceConfig;

use super::API;
use super::envelope::Envelope;

/// Where slices register their operations, below the API's address.
pub struct Routes<'c, 's>(Registry<'c, 's>);

enum Registry<'c, 's> {
    Described(&'c mut ServiceConfig<'s>),
    Served(&'c mut web::ServiceConfig, &'c mut HashSet<Arc<str>>),
}

/// Registers a slice's operations.
pub type Slice = fn(&mut Routes<'_, '_>);

/// A slice's operations, to be served and nothing else: a description that nobody reads would be made for each worker, and
/// take longer and more memory than all the rest of starting.
pub fn of_slice(slice: Slice) -> Scope {
    let mut templates = HashSet::new();
    let scope = web::scope("").configure(|config| slice(&mut Routes(Registry::Served(config, &mut templates))));
    scope.guard(OneOf(templates))
}

/// Requests with one of these templates.
struct OneOf(HashSet<Arc<str>>);

impl Guard for OneOf {
    fn check(&self, ctx: &GuardContext<'_>) -> bool {
        ctx.req_data().get::<Arc<Envelope>>().is_some_and(|envelope| self.0.contains(&envelope.route))
    }
}

impl<'c, 's> Routes<'c, 's> {
    /// To be described: registering collects what the description says of each operation.
    pub const fn described(config: &'c mut ServiceConfig<'s>) -> Self {
        Self(Registry::Described(config))
    }
    /// Adds an operation.
    pub fn service<F>(&mut self, operation: F) -> &mut Self
    where
        F: HttpServiceFactory + OpenApiFactory + utoipa::Path + 'static,
    {
        match &mut self.0 {
            Registry::Described(config) => {
                config.service(Entered(operation));
            }
            Registry::Served(config, templates) => {
                templates.insert(template::<F>());
                config.service(Entered(operation));
            }
        }
        self
    }
}

/// An operation that is only tried for requests that are meant for it.
struct Entered<F>(F);

impl<F: OpenApiFactory> OpenApiFactory for Entered<F> {
    fn paths(&self) -> Paths {
        self.0.paths()
    }
    fn schemas(&self, schemas: &mut Vec<(String, RefOr<Schema>)>) {
        self.0.schemas(schemas);
    }
}

impl<F: HttpServiceFactory + utoipa::Path + 'static> HttpServiceFactory for Entered<F> {
    fn register(self, config: &mut AppService) {
        let meant = Meant(F::methods().iter().map(method).collect(), template::<F>());
        web::scope("").guard(meant).service(self.0).register(config);
    }
}

/// Asks for nothing else of what the description says of an operation: to make that of all of them takes longer, and brings more
/// of the program into memory, than all the rest of starting.
fn template<F: utoipa::Path>() -> Arc<str> {
    format!("{API}{}", F::path()).into()
}

fn method(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Trace => Method::TRACE,
    }
}

/// Requests with one of these methods and this template.
struct Meant(Vec<Method>, Arc<str>);

impl Guard for Meant {
    fn check(&self, ctx: &GuardContext<'_>) -> bool {
        let data = ctx.req_data();
        let Some(envelope) = data.get::<Arc<Envelope>>() else { return false };
        self.1 == envelope.route && self.0.contains(&ctx.head().method)
    }
}
