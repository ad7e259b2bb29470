//! SIGTERM under load: what was begun is answered, and what was not answered was not done.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use diesel::prelude::*;
use threekeys::platform::db::{AnyId, Engine};
use threekeys::schema::officer_logs;
use uuid::Uuid;

use super::server::{Client, Server, say};
use super::writers::{Officer, officers, send, sent};
use crate::support::App;

const ROUNDS: usize = 50;
const CLIENTS: usize = 4;

/// Logs until nobody takes the call any more; the visits that were acknowledged, and how many of them after `going`.
fn write(address: SocketAddr, officer: &Officer, going: &AtomicBool, late: &AtomicUsize) -> Vec<Uuid> {
    let mut acknowledged = Vec::new();
    while let Ok(mut client) = Client::to(address) {
        loop {
            let is_late = going.load(Ordering::SeqCst);
            let next = sent(officer);
            match send(&mut client, officer, &next) {
                Ok((201, _)) => {
                    acknowledged.push(next.client_uuid);
                    late.fetch_add(usize::from(is_late), Ordering::SeqCst);
                }
                Ok((status, body)) => panic!("{status} {body:#}"),
                // Between two requests the server may hang up; whether it did so within one, the database tells.
                Err(_) => break,
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
        let mut server = Server::start(&app, &[("THREEKEYS_SERVER__DRAIN_MILLISECONDS", "120")]);
        server.ready(Duration::from_secs(20));
        let address = server.address;
        let going = AtomicBool::new(false);
        let new: Vec<Uuid> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                officers.iter().map(|officer| scope.spawn(|| write(address, officer, &going, &late))).collect();
            std::thread::sleep(Duration::from_millis(40 + (round as u64 * 37) % 90));
            server.terminate();
            while Client::to(address)
                .and_then(|mut client| client.send("GET", "/readyz", &[], ""))
                .is_ok_and(|answer| answer.status == 200)
            {
                std::thread::sleep(Duration::from_millis(2));
            }
            // Readiness is gone; whoever has not heard of it is served on.
            going.store(true, Ordering::SeqCst);
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

both_engines![what_is_in_flight_is_answered_when_the_server_is_stopped_fifty_times];
