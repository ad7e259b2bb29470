//! What stands around every request: its id, its envelope, limits, deadline, headers, log line and metrics; and the one
//! place where whatever went wrong becomes a problem document.

use std::borrow::Cow;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant as Monotonic};

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};
use futures_util::FutureExt;
use tracing::Instrument;

use super::connections;
use super::envelope::Envelope;
use super::extract;
use super::leftover::let_go;
use super::limits::{Class, Standing, Who};
use super::rendered;
use super::reply::Reply;
use crate::platform::State;
use crate::platform::error::{Code, Error, Result};
use crate::platform::faults::is_planted;
use crate::platform::openapi::{Description, Template};

const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; sandbox";
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                           img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Headers of answers that a front end in a browser may read.
pub const EXPOSED: [&str; 7] =
    ["etag", "location", "link", "retry-after", "ratelimit", "ratelimit-policy", "x-request-id"];

/// Longest path with query.
const URI_LIMIT: usize = 8 * 1024;

/// An error that already is its whole response, with every header: for requests whose handler never answered.
#[derive(Debug)]
struct Rendered(Reply);

impl std::fmt::Display for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.status)
    }
}
impl ResponseError for Rendered {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.0.clone().into_response()
    }
}

/// The middleware around the whole application.
///
/// # Errors
/// Only with complete responses.
pub async fn shell<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let began = Monotonic::now();
    let state = extract::state(req.request())?;
    let stays = connections::began(req.request());
    // RFC 9110 9.3.2: HEAD is GET without the body, which the dispatcher leaves out by itself.
    let head = req.method() == Method::HEAD;
    if head {
        req.head_mut().method = Method::GET;
    }
    let (mut envelope, token) = envelope(&req, &state);
    let mut refusal = early_refusal(&req, &envelope);
    match token {
        Token::None => {}
        Token::Valid(claims) => envelope.claims = Some(claims),
        Token::Bad if is_planted("bad_tokens_are_nobody") => {}
        Token::Bad => refusal = refusal.or_else(|| Some(Error::unauthenticated())),
    }
    let envelope = Arc::new(envelope);
    let standing = match limit(&state, &envelope) {
        Ok(standing) => standing,
        Err((error, standing)) => {
            refusal = refusal.filter(|e| e.code() == Code::UriTooLong).or(Some(error));
            Some(standing)
        }
    };
    let span =
        tracing::info_span!("request", id = %envelope.request_id, method = envelope.method, route = %envelope.route);
    let origin = known_origin(&req, &state.config.server.cors_origins);
    let finish = Finish { state: state.clone(), envelope: envelope.clone(), standing, began, head, origin, stays };
    async move {
        if let Some(error) = refusal {
            let (request, payload) = req.into_parts();
            let_go(&request, payload);
            let response = finish.dressed(finish.problem(&error));
            finish.note(response.status());
            return Ok(ServiceResponse::new(request, response).map_into_right_body());
        }
        if envelope.template.is_none() {
            // Nothing outside the description takes a body.
            let payload = req.take_payload();
            let_go(req.request(), payload);
        }
        req.extensions_mut().insert(envelope);
        let deadline = Duration::from_secs(state.config.server.request_timeout_seconds);
        let work = AssertUnwindSafe(next.call(req)).catch_unwind();
        let reply = match tokio::time::timeout(deadline, work).await {
            Ok(Ok(Ok(response))) => return Ok(finish.response(response)),
            Ok(Ok(Err(error))) => finish.problem_of(&error),
            Ok(Err(_)) => finish.problem(&Error::fault("a handler panicked")),
            Err(_) => finish.problem(&Error::unavailable(1, "the request took longer than its deadline")),
        };
        let response = finish.dressed(reply.clone());
        finish.note(response.status());
        let headers = response.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Err(Rendered(Reply { headers, ..reply }).into())
    }
    .instrument(span)
    .await
}

enum Token {
    None,
    Valid(Arc<crate::platform::keys::Claims>),
    Bad,
}

fn envelope(req: &ServiceRequest, state: &State) -> (Envelope, Token) {
    let header = |name: &str| req.headers().get(name).and_then(|v| v.to_str().ok());
    let request_id = header("x-request-id")
        .filter(|id| {
            (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
        .map_or_else(|| uuid::Uuid::now_v7().to_string(), ToOwned::to_owned);
    let agent = header("user-agent").map(|text| text.chars().filter(|c| !c.is_control()).take(120).collect::<String>());
    // Every address below the API may be asked with a token; elsewhere none is looked at.
    let token = match (req.path().starts_with("/api/"), req.headers().get(header::AUTHORIZATION)) {
        (true, Some(value)) => value
            .to_str()
            .ok()
            .filter(|_| req.headers().get_all(header::AUTHORIZATION).count() == 1)
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .and_then(|(_, token)| state.keys.verify(token.trim()))
            .map_or(Token::Bad, Token::Valid),
        _ => Token::None,
    };
    let (route, template) = route(req);
    let envelope = Envelope {
        request_id: request_id.into(),
        method: method_name(req.method()),
        path: req.path().into(),
        query: req.query_string().into(),
        route,
        template,
        ip: client_ip(req, &state.config.server.trusted_proxies),
        agent: agent.map(Into::into),
        claims: None,
        at: state.clock.now(),
        base_url: state.base_url.clone(),
    };
    (envelope, token)
}

/// The pattern that the path matches, and its operations where it is described.
fn route(req: &ServiceRequest) -> (Arc<str>, Option<Arc<Template>>) {
    let described = req.app_data::<Data<Description>>().and_then(|description| description.template(req.path()));
    match described {
        Some(template) => (template.path.clone(), Some(template.clone())),
        None => (req.match_pattern().unwrap_or_else(|| "unmatched".into()).into(), None),
    }
}

/// What parameters are called that are secrets.
const SECRET: &str = "_token}";

/// The path as it may be told: nothing that is a secret by its place in the pattern, and nothing that looks like one of our
/// tokens where it was mistyped.
fn tellable<'a>(path: &'a str, route: &str) -> Cow<'a, str> {
    // What is encoded could be anything; nothing that this API gives needs to be.
    let is_token = |segment: &str| {
        let begins = |text: &[u8]| matches!(text, [b't', b'k', _, b'_']);
        segment.contains('%') || segment.as_bytes().windows(4).any(begins)
    };
    if !route.contains(SECRET) && !path.split('/').any(is_token) {
        return Cow::Borrowed(path);
    }
    let places = route.split('/').map(|place| place.ends_with(SECRET)).chain(std::iter::repeat(false));
    let told = path.split('/').zip(places);
    let told: Vec<&str> =
        told.map(|(segment, secret)| if secret || is_token(segment) { "***" } else { segment }).collect();
    Cow::Owned(told.join("/"))
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// The peer, or, where the peer is a trusted proxy, the last address in `X-Forwarded-For` that is not one: what stands
/// before it could have been written by anybody.
fn client_ip(req: &ServiceRequest, trusted: &[IpAddr]) -> IpAddr {
    // A socket for both families names IPv4 peers as ::ffff:a.b.c.d.
    let peer = req.peer_addr().map_or(IpAddr::from([127, 0, 0, 1]), |address| address.ip().to_canonical());
    let is_trusted = |ip: IpAddr| trusted.iter().any(|proxy| proxy.to_canonical() == ip);
    if !is_trusted(peer) && !is_planted("everybody_is_a_proxy") {
        return peer;
    }
    let forwarded: Vec<&str> =
        req.headers().get_all("x-forwarded-for").filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).collect();
    for hop in forwarded.iter().rev() {
        match hop.trim().parse::<IpAddr>().map(|ip| ip.to_canonical()) {
            Ok(ip) if is_trusted(ip) => {}
            Ok(ip) => return ip,
            Err(_) => break,
        }
    }
    peer
}

/// The front end that asks, if it is one that may.
fn known_origin(req: &ServiceRequest, known: &[String]) -> Option<HeaderValue> {
    let origin = req.headers().get(header::ORIGIN)?;
    known.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
}

/// What is refused before anything of the request is looked at.
fn early_refusal(req: &ServiceRequest, envelope: &Envelope) -> Option<Error> {
    if req.uri().path_and_query().is_some_and(|p| p.as_str().len() > URI_LIMIT) {
        return Some(Error::new(Code::UriTooLong, "Addresses, with their query, have at most 8 KiB."));
    }
    // Whoever is nobody is told so before anything else that may be wrong.
    let nobody = !req.headers().contains_key(header::AUTHORIZATION);
    (nobody && envelope.takes().is_some_and(|takes| takes.sign_in)).then(Error::unauthenticated)
}

fn limit(state: &State, envelope: &Envelope) -> Result<Option<Standing>, (Error, Standing)> {
    let class = (state.rate_class)(envelope.method, &envelope.route, envelope.claims.is_some());
    let who = match (&envelope.claims, class) {
        (Some(claims), Class::Read | Class::Write) => Who::Account(claims.sub),
        _ => Who::address(envelope.ip),
    };
    state.limits.count(class, who)
}

struct Finish {
    state: Arc<State>,
    envelope: Arc<Envelope>,
    standing: Option<Standing>,
    began: Monotonic,
    head: bool,
    origin: Option<HeaderValue>,
    stays: bool,
}

impl Finish {
    fn problem(&self, error: &Error) -> Reply {
        if let Some(cause) = error.cause() {
            if error.code() == Code::Fault {
                tracing::error!(cause, "fault");
            } else {
                tracing::warn!(cause, code = error.code().as_str(), "refused");
            }
        }
        let path = tellable(&self.envelope.path, &self.envelope.route);
        error.reply(&self.envelope.base_url, &path, &self.envelope.request_id)
    }

    /// An error of ours, or the nearest problem to one of actix's.
    fn problem_of(&self, error: &actix_web::Error) -> Reply {
        if let Some(ours) = error.as_error::<Error>() {
            return self.problem(ours);
        }
        self.problem(&match error.as_response_error().status_code().as_u16() {
            404 => Error::not_found(),
            413 => Error::new(Code::PayloadTooLarge, "The body is too large."),
            status @ 400..=499 => {
                Error::new(Code::MalformedRequest, format!("The request could not be read ({status})."))
            }
            status => Error::fault(format!("{status}: {error}")),
        })
    }

    fn dressed(&self, reply: Reply) -> HttpResponse {
        let mut response = reply.into_response();
        self.dress(response.head_mut());
        response
    }

    /// Turns an error inside the response into its problem, answers conditional requests, adds the headers.
    fn response<B: MessageBody + 'static>(&self, response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B>> {
        // A page of the documentation that there is not comes from another's handler, without a word.
        let is_mute = response.status() == StatusCode::NOT_FOUND
            && matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0));
        let reply = match response.response().error() {
            Some(error) => Some(self.problem_of(error)),
            None => is_mute.then(|| self.problem(&Error::not_found())),
        };
        let response = match reply {
            Some(reply) => {
                let (request, _) = response.into_parts();
                ServiceResponse::new(request, reply.into_response()).map_into_right_body()
            }
            None if self.not_modified(response.request(), response.headers()) => {
                let mut bare = HttpResponse::NotModified().finish();
                for name in [header::ETAG, header::CACHE_CONTROL, header::CONTENT_LOCATION] {
                    if let Some(value) = response.headers().get(&name) {
                        bare.headers_mut().insert(name, value.clone());
                    }
                }
                let (request, _) = response.into_parts();
                ServiceResponse::new(request, bare).map_into_right_body()
            }
            None => response.map_into_left_body(),
        };
        let mut response = response;
        self.dress(response.response_mut().head_mut());
        self.note(response.status());
        response
    }

    /// RFC 9110 13.1.2: a tag that the client has already.
    fn not_modified(&self, request: &HttpRequest, response: &HeaderMap) -> bool {
        if self.envelope.method != "GET" {
            return false;
        }
        let tag = response.get(header::ETAG).and_then(|v| v.to_str().ok());
        let known = request.headers().get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
        match (tag, known) {
            (Some(tag), Some(known)) => rendered::names(known, tag),
            _ => false,
        }
    }

    /// Whether the connection ends with this answer. While the server is ending, each does: whoever asks again does so
    /// on another one, and no busy one is left to be cut under a request when the listener goes.
    fn is_last(&self) -> bool {
        !self.stays || (self.state.shutting_down.load(Ordering::Relaxed) && !is_planted("goes_without_a_word"))
    }

    /// Headers that every response has (`design/security.md` 5.10).
    fn dress(&self, head: &mut ResponseHead) {
        const FIXED: [(HeaderName, &str); 4] = [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-site"),
            (HeaderName::from_static("permissions-policy"), "interest-cohort=()"),
        ];
        if self.is_last() {
            // The one is for actix, which does not look at the header; the other for where only headers are passed on.
            head.set_connection_type(ConnectionType::Close);
            head.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let headers = head.headers_mut();
        for (name, value) in FIXED {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let mut default = |name: HeaderName, value: &'static str| {
            if !headers.contains_key(&name) {
                headers.insert(name, HeaderValue::from_static(value));
            }
        };
        // The docs are a page with scripts and styles of our own; everything else is data, which renders nothing.
        let docs = self.envelope.route.starts_with("/docs");
        default(header::CONTENT_SECURITY_POLICY, if docs { DOCS_POLICY } else { DATA_POLICY });
        let private = self.envelope.claims.is_some() || self.envelope.method != "GET";
        default(header::CACHE_CONTROL, if private { "no-store" } else { "no-cache" });
        if self.envelope.base_url.starts_with("https://") {
            default(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
        }
        // The CORS middleware dresses what a handler returns; problems are made out here, and a browser would show a
        // front end that may ask nothing of them.
        if let Some(origin) =
            self.origin.as_ref().filter(|_| !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN))
        {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            if let Ok(exposed) = HeaderValue::from_str(&EXPOSED.join(", ")) {
                headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
            }
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if is_planted("answers_undressed") && self.envelope.method == "OTHER" {
            headers.remove(header::CONTENT_SECURITY_POLICY);
        }
        // What an address answers depends on who asks.
        headers.append(header::VARY, HeaderValue::from_static("Authorization"));
        if let Ok(id) = HeaderValue::from_str(&self.envelope.request_id) {
            headers.insert(HeaderName::from_static("x-request-id"), id);
        }
        for (name, value) in self.standing.iter().flat_map(Standing::headers) {
            headers.insert(name, value);
        }
    }

    /// One line in the log and one count in the metrics. No query: it may hold what a person typed. No secret that is in the
    /// path.
    fn note(&self, status: StatusCode) {
        let took = self.began.elapsed();
        let method = if self.head { "HEAD" } else { self.envelope.method };
        self.state.metrics.request(self.envelope.method, &self.envelope.route, status.as_u16(), took);
        let account = self.envelope.claims.as_ref().map(|claims| claims.sub.to_string());
        if is_planted("queries_are_logged") {
            tracing::info!(query = %self.envelope.query);
        }
        tracing::info!(
            method,
            path = %tellable(&self.envelope.path, &self.envelope.route),
            status = status.as_u16(),
            micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            ip = %self.envelope.ip,
            account = account.as_deref().unwrap_or("-"),
            "answered"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::tellable;

    #[test]
    fn no_secret_of_a_path_is_told() {
        let told = |path, route| tellable(path, route).into_owned();
        let (route, bare) = ("/api/v1/calendars/{calendar_token}/calendar.ics", "/api/v1/calendars/***/calendar.ics");
        assert_eq!(told("/api/v1/calendars/tkc_AAAA/calendar.ics", route), bare);
        assert_eq!(told("/api/v1/calendars/anything/calendar.ics", route), bare);
        assert_eq!(told("/api/v1/calendars/tkc_AAAA", "unmatched"), "/api/v1/calendars/***");
        assert_eq!(told("//tkr_AAAA/", "unmatched"), "//***/");
        assert_eq!(told("/api/v1/calendars/=tkc_AAAA", "unmatched"), "/api/v1/calendars/***");
        assert_eq!(told("/api/v1/calendars/t%6bc%5FAAAA/", "unmatched"), "/api/v1/calendars/***/");
        let goal = "/api/v1/goals/0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11";
        assert_eq!(told(goal, "/api/v1/goals/{goal_id}"), goal);
    }
}
