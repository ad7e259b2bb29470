//! SIGTERM under load: what was begun is answered, what was not answered was not done, and no connection is cut that was not
//! said to end.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use threekeys::platform::db::{AnyId, Engine};
use threekeys::schema::officer_logs;
use uuid::Uuid;

use super::server::{Client, Server, say};
use super::writers::{Officer, officers, post, sent};
use crate::support::App;

const ROUNDS: usize = 50;
const CLIENTS: usize = 4;
/// The server goes on for so long once readiness has gone.
const DRAIN: Duration = Duration::from_millis(300);

/// How far the end of a server has come.
#[derive(Default)]
struct Ending {
    /// The signal is about to be sent.
    asked: AtomicBool,
    /// Readiness was seen to be gone.
    going: AtomicBool,
}

/// Logs until nobody takes the call any more; the visits that were acknowledged, and how many of them after readiness had
/// gone. A connection that is said to end is left for another one.
///
/// A request may stay without an answer in two places only, and then it was not done, as the database tells:
///
/// - The first one of a connection that was made just when the listener went: the system had taken the connection, and
///   nobody took it from there. So it happens only once the server was asked to end.
/// - One that follows a silence: on a connection that was idle since before readiness went nothing could be said, and it is
///   cut when the time for that is over. Half of that time counts as silence, so that the other half is left for a request
///   to arrive.
fn write(address: SocketAddr, officer: &Officer, ending: &Ending, late: &AtomicUsize) -> Vec<Uuid> {
    let mut acknowledged = Vec::new();
    while let Ok(mut client) = Client::to(address) {
        let mut before: Option<Instant> = None;
        loop {
            let is_late = ending.going.load(Ordering::SeqCst);
            let next = sent(officer);
            let began = Instant::now();
            match post(&mut client, officer, &next) {
                Ok(answer) if answer.status == 201 => {
                    acknowledged.push(next.client_uuid);
                    late.fetch_add(usize::from(is_late), Ordering::SeqCst);
                    if answer.is_last {
                        assert!(ending.asked.load(Ordering::SeqCst), "a connection was ended for nothing");
                        break;
                    }
                    before = Some(began);
                }
                Ok(answer) => panic!("{} {}", answer.status, answer.body),
                Err(why) => {
                    assert!(ending.asked.load(Ordering::SeqCst), "nobody had asked the server to end: {why}");
                    // Its answer was made after it was sent: until then readiness was there.
                    let quiet = before.map(|before| began.duration_since(before));
                    assert!(
                        quiet.is_none_or(|quiet| quiet >= DRAIN / 2),
                        "a busy connection was cut without a word, {quiet:?} after its last request: {why}"
                    );
                    break;
                }
            }
        }
    }
    acknowledged
}

async fn what_is_in_flight_is_answered_when_the_server_is_stopped_fifty_times(app: App) {
    let officers = officers(&app, CLIENTS).await;
    let mut acknowledged = HashSet::new();
    let late = AtomicUsize::new(0);
    for round in 0..ROUNDS {
        let drain = DRAIN.as_millis().to_string();
        let mut server = Server::start(&app, &[("THREEKEYS_SERVER__DRAIN_MILLISECONDS", &drain)]);
        server.ready(Duration::from_secs(20));
        let address = server.address;
        let ending = Ending::default();
        let new: Vec<Uuid> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                officers.iter().map(|officer| scope.spawn(|| write(address, officer, &ending, &late))).collect();
            std::thread::sleep(Duration::from_millis(40 + (round as u64 * 37) % 90));
            ending.asked.store(true, Ordering::SeqCst);
            server.terminate();
            while Client::to(address)
                .and_then(|mut client| client.send("GET", "/readyz", &[], ""))
                .is_ok_and(|answer| answer.status == 200)
            {
                std::thread::sleep(Duration::from_millis(2));
            }
            // Readiness is gone; whoever has not heard of it is served on.
            ending.going.store(true, Ordering::SeqCst);
            assert!(server.wait().success(), "round {round}");
            if let Engine::Sqlite { path } = app.state.db.engine() {
                let left = std::fs::metadata(format!("{path}-wal")).map_or(0, |log| log.len());
                assert_eq!(left, 0, "round {round}: not all is in the database's one file");
            }
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        acknowledged.extend(new);
        let stored: Vec<AnyId> = app.db(|conn| officer_logs::table.select(officer_logs::client_uuid).load(conn)).await;
        let stored: HashSet<Uuid> = stored.into_iter().map(|id| id.0).collect();
        let unanswered: Vec<_> = stored.difference(&acknowledged).collect();
        assert!(unanswered.is_empty(), "round {round}: done, and the answer was dropped: {unanswered:?}");
        assert!(acknowledged.is_subset(&stored), "round {round}: an acknowledged log is lost");
    }
    assert!(acknowledged.len() > 500, "only {} were acknowledged: that is no load", acknowledged.len());
    let late = late.into_inner();
    assert!(late > ROUNDS, "only {late} requests were served after readiness had gone");
    say(&format!("{} acknowledged, {late} of them after readiness had gone", acknowledged.len()));
}

/// Longest that the end of an idle server takes: the drain that is set below, and what actix looks at every second.
const ENDED: Duration = Duration::from_secs(10);

async fn a_terminal_that_is_closed_ends_the_server_as_sigterm_does(app: App) {
    // Whoever runs the tests may have started them with the signal ignored.
    let listening = ["env", "--default-signal=HUP"];
    let mut server = Server::start_under(&listening, &app, &[("THREEKEYS_SERVER__DRAIN_MILLISECONDS", "1500")]);
    server.ready(Duration::from_secs(20));
    server.signal("-HUP");
    let since = Instant::now();
    loop {
        let answer = Client::to(server.address).and_then(|mut client| client.send("GET", "/readyz", &[], ""));
        let answer = answer.expect("it is served while readiness goes");
        if answer.status == 503 {
            assert!(
                answer.is_last && answer.retry_after.is_some() && answer.body.contains("shutting down"),
                "{answer:?}"
            );
            break;
        }
        assert!(since.elapsed() < Duration::from_secs(1), "readiness does not go");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(server.ended_within(ENDED).success());
}

async fn a_server_that_was_started_to_outlive_its_terminal_does(app: App) {
    let mut server = Server::start_under(&["nohup"], &app, &[]);
    server.ready(Duration::from_secs(20));
    server.signal("-HUP");
    std::thread::sleep(Duration::from_secs(1));
    let answer = Client::to(server.address).unwrap().send("GET", "/readyz", &[], "").unwrap();
    assert_eq!((answer.status, answer.is_last), (200, false));
    server.terminate();
    assert!(server.ended_within(ENDED).success());
}

both_engines![
    what_is_in_flight_is_answered_when_the_server_is_stopped_fifty_times,
    a_terminal_that_is_closed_ends_the_server_as_sigterm_does,
    a_server_that_was_started_to_outlive_its_terminal_does,
];
