//! The one place that knows every slice: routes, jobs, events, limits, and the server around them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName};
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, Scope, get, web};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::accounts::{self, Recoveries};
use crate::communication;
use crate::directory;
use crate::ids::{DecisionId, TaskId};
use crate::meetings::{self, FollowUpKind, FollowUpOutcome, FollowUpSource, FollowUpSources};
use crate::partnerships::decisions::{Reaction, Surroundings};
use crate::partnerships::stages::{OpenEndKind, OpenEndSources};
use crate::partnerships::{self, Departures, Withheld};
use crate::platform::clock::Clock;
use crate::platform::config::Config;
use crate::platform::error::{Code, Error, FieldCode, FieldError, Problem, Result};
use crate::platform::faults::is_planted;
use crate::platform::http::connections::Connections;
use crate::platform::http::limits::Class;
use crate::platform::http::reply::Reply;
use crate::platform::http::routes::{dispatch, no_operation};
use crate::platform::http::{API, Operations, shell};
use crate::platform::jobs::{self, Job};
use crate::platform::keys::JWKS_MAX_AGE;
use crate::platform::openapi::{Description, pages};
use crate::platform::record::{self, Kind};
use crate::platform::{Handed, State, Upstairs};
use crate::reports;

/// Recorded from the tests' journeys (`tests/api/contract/committed.rs`), so that the description shows what really happens.
const EXAMPLES: &str = include_str!("../openapi/examples.json");

/// What `UPDATE_OPENAPI=1 cargo test --test api contract` wrote last.
const DOCUMENT: &str = include_str!("../openapi/openapi.json");

/// What serving has to know of it, from the same command.
const OUTLINE: &str = include_str!("../openapi/outline.json");

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Threekeys",
        description = "Police and community partnerships, along the three trust-based keys of community policing: partnerships, communication, problem solving.\n\nEvery error is a problem document (RFC 9457) with a closed `code`. Lists are paged by cursor. Changes of shared objects need `If-Match`. A POST with an `Idempotency-Key` happens once, however often it is sent.\n\n**In an emergency call 911.** Nothing that is in progress or dangerous belongs here.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "This server")),
    components(schemas(Problem, Code, FieldCode, FieldError)),
    tags(
        (name = "accounts", description = "People: opening, proving, changing and closing accounts."),
        (name = "sessions", description = "Signing in, staying signed in, signing out."),
        (name = "invitations", description = "The way in for officers, staff and administrators."),
        (name = "directory", description = "Agencies, their areas, whom to call, useful links, and who is on duty where."),
        (name = "installation", description = "The first administrator, and the record for auditors."),
        (name = "partnerships", description = "Key 1: proposing, accepting and describing partnerships; the formation checklist."),
        (name = "memberships", description = "Becoming, being and ceasing to be a member. Sides are computed, never sent."),
        (name = "leadership", description = "Leadership seats: one primary and one deputy per side; handing over, shadows, successors."),
        (name = "pipeline", description = "Who is on the way to leading: readiness, promotions, development plans, mentors. For the person concerned and the leaders."),
        (name = "agreements", description = "What leaders of both sides sign about the partnership itself: waivers, the yearly confirmation, beginning anew, closing."),
        (name = "decisions", description = "Everything that both sides decide together: texts, stances, blocks, results, outcomes."),
        (name = "missions", description = "The mission, adopted by decision of both sides."),
        (name = "goals", description = "One achievable goal at a time, adopted and amended by decision of both sides; its progress over time and its closing."),
        (name = "objectives", description = "What a goal means in numbers, and its measurements."),
        (name = "needs", description = "What goals and objectives need; that it was gone through."),
        (name = "pledges", description = "What members and partners promise towards a need, and what they bring."),
        (name = "partners", description = "Organisations that join; how needs broaden the partnership."),
        (name = "communication-plans", description = "Key 2: which techniques are used, what is done when something happens, and who speaks; in versions, adopted by decision of both sides."),
        (name = "tasks", description = "What is to be done: given by skill and interest, accepted by the person, never held against anybody."),
        (name = "commendations", description = "Thanks to members, for a task, for hours, for a role."),
        (name = "meetings", description = "Scheduling, changing and holding meetings; saying whether one comes."),
        (name = "agendas", description = "What a meeting comes back to and is to talk about; who chairs it."),
        (name = "notices", description = "Notice of open meetings to whoever asks for it, without an account."),
        (name = "calendars", description = "Meetings for calendar programs (iCalendar): of a partnership, of an area, one's own, and one by one."),
        (name = "attendance", description = "Who was at a meeting, by person and by count."),
        (name = "minutes", description = "Minutes: drafted from what is on record, circulated, corrected, approved by both sides, published."),
        (name = "action-items", description = "What somebody took on at a meeting."),
        (name = "officer-logs", description = "What officers log of meetings that they attend, confirmed or disputed by civilian leaders."),
        (name = "commitments", description = "What was promised, and whether it was kept: a new day asked for in time is honourable, silence is not."),
        (name = "regularity", description = "How regularly officers attend meetings of groups, as the logs tell; when groups meet."),
        (name = "system", description = "Health and keys."),
    )
)]
struct Base;

/// The slices' operations, below the API's address.
const SLICES: Operations = Operations::all(&[
    accounts::OPERATIONS,
    directory::OPERATIONS,
    partnerships::OPERATIONS,
    partnerships::decisions::OPERATIONS,
    partnerships::resources::OPERATIONS,
    partnerships::pipeline::OPERATIONS,
    partnerships::stages::OPERATIONS,
    partnerships::tasks::OPERATIONS,
    communication::OPERATIONS,
    meetings::OPERATIONS,
    reports::OPERATIONS,
]);

/// Everything that is described and served.
pub const ALL: Operations = Operations::all(&[SLICES, OPERATIONS]);

/// The description, made from the operations themselves and the committed examples.
///
/// # Errors
/// A fault when it describes what nothing answers.
pub fn description() -> Result<Description> {
    describe(&serde_json::from_str(EXAMPLES).unwrap_or_default())
}

/// The description as it is committed, which is what [`description`] makes.
///
/// # Errors
/// A fault when what is committed can't be read.
pub fn committed_description() -> Result<Description> {
    Description::committed(DOCUMENT, OUTLINE, &ALL)
}

/// The description with these examples: operation id → request and responses.
///
/// # Errors
/// As of [`description`].
pub fn describe(examples: &serde_json::Value) -> Result<Description> {
    let mut document = Base::openapi();
    SLICES.describe(API, &mut document);
    OPERATIONS.describe("", &mut document);
    Description::new(document, examples, &ALL)
}

/// Background work of the ground floor and of every slice.
pub fn all_jobs() -> Vec<Job> {
    [
        jobs::JOBS,
        accounts::jobs::JOBS,
        partnerships::jobs::JOBS,
        partnerships::decisions::jobs::JOBS,
        partnerships::resources::jobs::JOBS,
        partnerships::pipeline::jobs::JOBS,
        partnerships::stages::JOBS,
        partnerships::tasks::jobs::JOBS,
        meetings::jobs::JOBS,
        meetings::series_jobs::JOBS,
    ]
    .concat()
}

/// Kinds of events of the ground floor and of every slice.
pub fn kinds() -> Vec<Kind> {
    [
        record::events::ALL,
        accounts::events::ALL,
        directory::events::ALL,
        partnerships::events::ALL,
        partnerships::decisions::events::ALL,
        partnerships::resources::events::ALL,
        partnerships::pipeline::events::ALL,
        partnerships::stages::events::ALL,
        partnerships::tasks::events::ALL,
        communication::events::ALL,
        meetings::events::ALL,
        meetings::minutes_events::ALL,
        meetings::series_events::ALL,
        meetings::calendar_events::ALL,
        meetings::commitment_events::ALL,
        meetings::follow_up_events::ALL,
        meetings::regularity_events::ALL,
        meetings::reminder_events::ALL,
    ]
    .concat()
}

/// What follows from decisions in every slice, and what they need of meetings.
fn surroundings() -> Surroundings {
    let reactions: [&[Reaction]; 3] = [partnerships::REACTIONS, communication::REACTIONS, meetings::REACTIONS];
    Surroundings {
        meets_with_quorum: meetings::meets_with_quorum,
        meets_in_the_open: meetings::meets_in_the_open,
        is_recessed: meetings::is_recessed,
        sits_closed: meetings::sits_closed,
        ..Surroundings::new(reactions.concat())
    }
}

/// What meetings come back to, of every slice that knows of promises.
fn follow_up() -> FollowUpSources {
    FollowUpSources(vec![
        FollowUpSource {
            kind: FollowUpKind::ActionItem,
            find: meetings::open_action_items,
            outcomes: meetings::action_item_outcomes,
        },
        FollowUpSource {
            kind: FollowUpKind::Task,
            find: |conn, asked, limit| {
                partnerships::promised_tasks(conn, asked.partnership, asked.starts_at.date(), limit)
            },
            outcomes: |conn, ids| {
                let states = partnerships::task_states(conn, ids.iter().copied().map(TaskId).collect())?;
                Ok(states.into_iter().map(|(id, state)| (id.0, FollowUpOutcome::of_task(state))).collect())
            },
        },
        FollowUpSource {
            kind: FollowUpKind::Decision,
            find: |conn, asked, limit| partnerships::promised_outcomes(conn, asked.partnership, limit),
            outcomes: |conn, ids| {
                let written = partnerships::with_outcome(conn, ids.iter().copied().map(DecisionId).collect())?;
                let outcome = |id| match written.contains(&DecisionId(id)) {
                    true => FollowUpOutcome::Kept,
                    false => FollowUpOutcome::Open,
                };
                Ok(ids.iter().map(|id| (*id, outcome(*id))).collect())
            },
        },
        FollowUpSource {
            kind: FollowUpKind::FollowUp,
            find: meetings::open_follow_ups,
            outcomes: meetings::follow_up_outcomes,
        },
        FollowUpSource {
            kind: FollowUpKind::Commitment,
            find: meetings::open_commitments,
            outcomes: meetings::commitment_outcomes,
        },
    ])
}

/// What is settled or named before a partnership is closed, of slices above it.
fn open_ends() -> OpenEndSources {
    OpenEndSources(vec![(OpenEndKind::Commitment, meetings::unkept_commitments)])
}

/// What follows when a member leaves a partnership, in slices above it.
fn departures() -> Departures {
    Departures(vec![meetings::withdraw_answers])
}

/// What timelines of partnerships leave out of what slices above them recorded.
fn withheld() -> Withheld {
    Withheld(vec![partnerships::withhold_private, meetings::withhold_unseen])
}

/// What follows when an account is recovered by mail, in slices above accounts.
fn recoveries() -> Recoveries {
    Recoveries(vec![meetings::end_calendar_address])
}

/// Which limits a request counts against.
pub fn rate_class(method: &str, route: &str, signed_in: bool) -> Class {
    if method == "OPTIONS" || !route.starts_with(API) && route != "unmatched" {
        return Class::Free;
    }
    match (method, route.strip_prefix(API).unwrap_or_default()) {
        ("POST", "/sessions" | "/email-verifications" | "/password-resets" | "/invitations/accept" | "/bootstrap") => {
            Class::Login
        }
        ("POST", "/notice-subscriptions/confirm" | "/notice-subscriptions/renew" | "/notice-subscriptions/leave") => {
            Class::Login
        }
        ("POST", "/rsvp-links/answer") => Class::Login,
        ("POST", "/accounts" | "/email-verifications/requests" | "/password-resets/requests") => Class::Registration,
        ("POST", "/partnerships/{partnership_id}/notice-subscriptions") => Class::Registration,
        _ if !signed_in => Class::Anonymous,
        ("GET", _) => Class::Read,
        _ => Class::Write,
    }
}

/// Puts the application's state together.
///
/// # Errors
/// With one line that says what is missing or unsafe.
pub fn state(config: Config, clock: Clock) -> Result<Arc<State>> {
    let mut handed: Vec<Handed> = vec![
        Box::new(surroundings()),
        Box::new(follow_up()),
        Box::new(open_ends()),
        Box::new(departures()),
        Box::new(withheld()),
        Box::new(recoveries()),
    ];
    handed.extend(meetings::handed());
    State::build(config, clock, Upstairs { jobs: all_jobs(), kinds: kinds(), rate_class, handed })
}

/// The application as the server and the tests run it.
pub fn application(
    state: Arc<State>,
    description: Arc<Description>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let origins = &state.config.server.cors_origins;
    let cors = Condition::new(!origins.is_empty(), cors(origins));
    App::new()
        .app_data(web::Data::from(state))
        .app_data(web::Data::from(description))
        .service(documentation())
        .default_service(web::to(dispatch))
        .wrap(cors)
        .wrap(from_fn(shell::shell))
}

fn cors(origins: &[String]) -> Cors {
    let allowed = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("x-request-id"),
    ];
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers(allowed)
        .expose_headers(shell::EXPOSED)
        .max_age(600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// Pages for people, which no program needs.
fn documentation() -> Scope {
    let swagger = utoipa_swagger_ui::SwaggerUi::new("/{_:.*}")
        .config(utoipa_swagger_ui::Config::from("/openapi.json").try_it_out_enabled(true));
    web::scope("/docs")
        .service(docs)
        .service(problem_pages)
        .service(problem_page)
        .service(rsvp_page)
        .service(rsvp_script)
        .service(swagger)
        .default_service(web::to(no_page))
}

/// What no page took: pages are read.
async fn no_page(request: HttpRequest) -> Result<HttpResponse> {
    match *request.method() {
        Method::GET => Err(Error::not_found()),
        _ => no_operation(&request, "GET, HEAD, OPTIONS"),
    }
}

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or why not.
    status: &'static str,
}

/// Says that the process runs.
///
/// Asks nothing else: a restart would not mend a database.
#[utoipa::path(get, path = "/livez",
    tag = "system", security(()), responses((status = 200, body = Health)))]
async fn livez() -> Result<Reply> {
    Reply::json(200, &Health { status: "ok" })
}

/// Whoever is told that no requests can be taken asks again after so many seconds.
const NOT_READY: u32 = 2;

/// Says whether requests can be taken: the database answers, its schema is current, no shutdown has begun.
#[utoipa::path(get, path = "/readyz",
    tag = "system", security(()), responses(
    (status = 200, body = Health, description = "Requests can be taken."),
    (status = 503, body = Health, description = "Not now; `status` says why.")))]
async fn readyz(state: web::Data<State>) -> Result<Reply> {
    let not_now = |status| {
        let mut reply = Reply::json(503, &Health { status })?;
        reply.push(header::RETRY_AFTER, NOT_READY.into());
        Ok(reply)
    };
    if state.shutting_down.load(Ordering::Relaxed) {
        return not_now("shutting down");
    }
    let current = state
        .db
        .read(|conn| {
            conn.ping()?;
            conn.pending_migrations().map_err(|e| Error::fault(e.to_string()))
        })
        .await;
    match current {
        Ok(pending) if pending.is_empty() => Reply::json(200, &Health { status: "ok" }),
        Ok(_) => not_now("migrations pending"),
        Err(_) => not_now("database out of reach"),
    }
}

/// The public keys that verify access tokens (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json",
    tag = "system", security(()), responses((status = 200, body = serde_json::Value)))]
async fn jwks(state: web::Data<State>) -> HttpResponse {
    state.keys.refresh(Duration::from_secs(1));
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, format!("public, max-age={}", JWKS_MAX_AGE.as_secs())))
        .body(state.keys.jwks())
}

/// Whom to tell about a weakness (RFC 9116).
#[utoipa::path(get, path = "/.well-known/security.txt",
    tag = "system", security(()), responses((status = 200, body = String, content_type = "text/plain")))]
async fn security_txt(state: web::Data<State>) -> HttpResponse {
    let address = state.config.mail.from.parse::<lettre::message::Mailbox>().map(|m| m.email.to_string());
    let expires = state.clock.now().plus(crate::platform::clock::days(180));
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(format!(
        "Contact: mailto:{}\nExpires: {expires}\nCanonical: {}/.well-known/security.txt\nPreferred-Languages: en\n",
        address.unwrap_or_default(),
        state.base_url
    ))
}

/// This description.
#[utoipa::path(get, path = "/openapi.json",
    tag = "system", security(()), responses((status = 200, body = serde_json::Value)))]
async fn openapi_json(description: web::Data<Description>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(description.text.clone())
}

#[get("")]
async fn docs() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/docs/")).finish()
}

#[get("/problems")]
async fn problem_pages() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(pages::problems())
}

#[get("/problems/{slug}")]
async fn problem_page(slug: web::Path<String>) -> Result<HttpResponse> {
    let page = pages::problem(&slug).ok_or_else(Error::not_found)?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page))
}

/// Where links in reminders of meetings lead; it changes nothing by itself.
#[get("/rsvp")]
async fn rsvp_page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(meetings::RSVP_PAGE)
}

#[get("/rsvp.js")]
async fn rsvp_script() -> HttpResponse {
    HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(meetings::RSVP_SCRIPT)
}

crate::operations! {
    livez,
    readyz,
    jwks,
    security_txt,
    openapi_json,
}

/// Serves until a signal ends it. Calls `ready` with the address once it listens.
///
/// # Errors
/// When an address can't be listened on.
pub async fn serve(state: Arc<State>, ready: impl FnOnce(std::net::SocketAddr)) -> Result<()> {
    let fault = |what: &str, e: std::io::Error| Error::fault(format!("{what}: {e}"));
    let description = Arc::new(committed_description()?);
    let server = state.config.server.clone();
    let metrics = match state.config.metrics_listen().map_err(Error::fault)? {
        None => None,
        Some(address) => {
            let state = state.clone();
            let http =
                HttpServer::new(move || App::new().app_data(web::Data::from(state.clone())).service(metrics_text))
                    .workers(1)
                    .disable_signals()
                    .bind(address)
                    .map_err(|e| fault(&format!("can't serve metrics on {address}"), e))?;
            Some(http.run())
        }
    };
    let app_state = state.clone();
    let connections = Arc::new(Connections::new(&server));
    let watching = connections.clone();
    let mut http = HttpServer::new(move || application(app_state.clone(), description.clone()))
        .client_request_timeout(Duration::from_secs(server.head_timeout_seconds))
        .client_disconnect_timeout(Duration::from_secs(2))
        .keep_alive(Duration::from_secs(server.keep_alive_seconds))
        .on_connect(move |io, data| watching.watch(io, data))
        .max_connections(server.max_connections)
        .shutdown_timeout(server.shutdown_timeout_seconds)
        .disable_signals();
    if server.workers > 0 {
        http = http.workers(server.workers);
    }
    let http = http.bind(server.listen).map_err(|e| fault(&format!("can't listen on {}", server.listen), e))?;
    let address = http.addrs().first().copied().unwrap_or(server.listen);
    let background = jobs::start(state.clone())?;
    let db = state.db.clone();
    let running = http.run();
    let handle = running.handle();
    actix_web::rt::spawn(connections.hang_up());
    let metrics_handle = metrics.as_ref().map(actix_web::dev::Server::handle);
    if let Some(metrics) = metrics {
        actix_web::rt::spawn(metrics);
    }
    actix_web::rt::spawn(async move {
        ended_by_signal().await;
        if is_planted("exit_at_once") {
            std::process::exit(0);
        }
        tracing::info!("shutting down: readiness first, then requests in flight, then the rest");
        state.shutting_down.store(true, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(server.drain_milliseconds)).await;
        handle.stop(true).await;
        if let Some(metrics) = metrics_handle {
            metrics.stop(false).await;
        }
    });
    ready(address);
    running.await.map_err(|e| fault("the server ended", e))?;
    // The runner ends by itself once the flag is set; its last lease is given back.
    let _ = background.join();
    let _ = actix_web::rt::task::spawn_blocking(move || db.work_off_log()).await;
    Ok(())
}

async fn ended_by_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            // A terminal that is closed hangs up on what runs in it.
            let mut hang_up = if ignores_hang_up() { None } else { signal(SignalKind::hangup()).ok() };
            let hung_up = async {
                match &mut hang_up {
                    Some(hang_up) => hang_up.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
                _ = hung_up => {}
            }
            return;
        }
    }
    // Without signals the server runs until it is killed.
    let _ = tokio::signal::ctrl_c().await;
}

/// Whether it was started to outlive its terminal, as `nohup` starts programs; listening for the signal would undo that.
/// Where there is no `/proc` to tell it, it was not.
#[cfg(unix)]
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // One bit for each signal, the lowest for the first, which is SIGHUP.
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[get("/metrics")]
async fn metrics_text(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(state.metrics.render(&state.db))
}
