//! What is known of a request before anybody looks at its content.

use std::net::IpAddr;
use std::sync::Arc;

use crate::platform::clock::Instant;
use crate::platform::keys::Claims;
use crate::platform::openapi::{Takes, Template};

/// The request's outside: who asks, from where, for what, under which id. Made once by the shell; shared by everything
/// that handles the request, on whichever thread.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Finds the request in the log; the client's own if it sent a well-formed one.
    pub request_id: Arc<str>,
    /// The method.
    pub method: &'static str,
    /// The path that was asked, without the query.
    pub path: Arc<str>,
    /// The query as it was sent.
    pub query: Arc<str>,
    /// The route that it matched, like `/api/v1/goals/{goal_id}`.
    pub route: Arc<str>,
    /// The template that it matched, with its operations, if the description has it.
    pub template: Option<Arc<Template>>,
    /// The client's address, as far as trusted proxies tell it.
    pub ip: IpAddr,
    /// The program that asks, shortened.
    pub agent: Option<Arc<str>>,
    /// The access token's content, if there was a valid one.
    pub claims: Option<Arc<Claims>>,
    /// When it came.
    pub at: Instant,
    /// The server's own address in front of every path.
    pub base_url: Arc<str>,
}

impl Envelope {
    /// What the operation takes, if one is described.
    pub fn takes(&self) -> Option<Takes> {
        self.template.as_ref()?.operation(self.method).map(|known| known.takes)
    }
    /// Who the caller is, as far as limits and idempotency keys need to know.
    pub fn caller(&self) -> String {
        match &self.claims {
            Some(claims) => claims.sub.to_string(),
            None => "anonymous".into(),
        }
    }
}
