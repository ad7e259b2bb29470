//! Nothing that was acknowledged is lost, whatever ends the process.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use threekeys::ids::OfficerLogId;
use threekeys::platform::db::schema::{idempotency_keys, records};
use threekeys::platform::db::{AnyId, Conn};
use threekeys::schema::{officer_log_versions, officer_logs};
use uuid::Uuid;

use super::server::{Client, Server, say};
use super::writers::{Officer, Sent, officers, send, sent};
use crate::support::App;

const ROUNDS: u64 = 50;
const CLIENTS: usize = 4;
/// Acknowledged in a round before the server is killed.
const ENOUGH: usize = 12;

/// What a client knows after a round.
#[derive(Default)]
struct Known {
    /// Acknowledged: client's id and the server's.
    acknowledged: Vec<(Uuid, Uuid)>,
    /// Sent, and no answer came.
    unanswered: Vec<Sent>,
}

/// First what had no answer last time, then one new log after another until the server is gone or `end` is set.
fn write(address: SocketAddr, officer: &Officer, again: Vec<Sent>, end: &AtomicBool, answered: &AtomicUsize) -> Known {
    let mut known = Known::default();
    let mut again = again.into_iter();
    let Ok(mut client) = Client::to(address) else {
        known.unanswered.extend(again);
        return known;
    };
    while !end.load(Ordering::Relaxed) || again.len() > 0 {
        let next = again.next().unwrap_or_else(|| sent(officer));
        match send(&mut client, officer, &next) {
            Ok((201, body)) => {
                answered.fetch_add(1, Ordering::Relaxed);
                known.acknowledged.push((next.client_uuid, body["id"].as_str().unwrap().parse().unwrap()));
            }
            Ok((503, _)) => known.unanswered.push(next),
            Ok((status, body)) => panic!("{status} {body:#}"),
            Err(_) => {
                known.unanswered.push(next);
                break;
            }
        }
    }
    known.unanswered.extend(again);
    known
}

/// SQLite's own check; PostgreSQL has none, and checks its log when it starts.
fn is_sound(conn: &mut Conn) -> QueryResult<bool> {
    match conn {
        Conn::Sqlite(conn) => {
            let said = sql::<Text>("(SELECT group_concat(integrity_check) FROM pragma_integrity_check)");
            Ok(diesel::select(said).get_result::<String>(conn)? == "ok")
        }
        Conn::Pg(_) => Ok(true),
    }
}

/// Every log with its version, its record and its idempotency key; none of these without the others.
async fn demand_whole(app: &App, acknowledged: &HashMap<Uuid, Uuid>, round: u64) {
    let (counts, logs, sound) = app
        .db(|conn| {
            // In one statement, so that it is one state: what the killed server had sent may still be committed now.
            let counts: [Option<i64>; 4] = diesel::select((
                officer_logs::table.count().single_value(),
                officer_log_versions::table.count().single_value(),
                records::table.filter(records::object_type.eq("officer_log")).count().single_value(),
                idempotency_keys::table.count().single_value(),
            ))
            .get_result::<(Option<i64>, Option<i64>, Option<i64>, Option<i64>)>(conn)
            .map(|(logs, versions, records, keys)| [logs, versions, records, keys])?;
            let logs = officer_logs::table.select((officer_logs::client_uuid, officer_logs::id));
            Ok((counts, logs.load::<(AnyId, OfficerLogId)>(conn)?, is_sound(conn)?))
        })
        .await;
    assert!(counts.iter().all(|count| *count == counts[0]), "round {round}: something is there by halves: {counts:?}");
    assert!(sound, "round {round}: the database is damaged");
    let stored: HashMap<Uuid, Uuid> = logs.into_iter().map(|(client, id)| (client.0, id.0)).collect();
    for (client, id) in acknowledged {
        assert_eq!(stored.get(client), Some(id), "round {round}: an acknowledged log is lost or is another one");
    }
}

/// Waits until nothing is unsealed; how long that took.
async fn all_sealed(app: &App, at_most: Duration) -> Duration {
    let since = Instant::now();
    while 0 < app.db(|conn| records::table.filter(records::seq.is_null()).count().get_result::<i64>(conn)).await {
        assert!(since.elapsed() < at_most, "nobody does the background work");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    since.elapsed()
}

async fn nothing_acknowledged_is_lost_when_the_server_is_killed_fifty_times(app: App) {
    let officers = officers(&app, CLIENTS).await;
    let mut acknowledged = HashMap::new();
    let mut unanswered: Vec<Vec<Sent>> = officers.iter().map(|_| Vec::new()).collect();
    let (mut repeated, mut slowest) = (0, Duration::ZERO);
    for round in 0..ROUNDS {
        let mut server = Server::start(&app, &[]);
        slowest = slowest.max(server.ready(Duration::from_secs(20)));
        let address = server.address;
        let (end, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
        repeated += unanswered.iter().map(Vec::len).sum::<usize>();
        let known: Vec<Known> = std::thread::scope(|scope| {
            let threads: Vec<_> = officers
                .iter()
                .zip(unanswered.drain(..))
                .map(|(officer, again)| scope.spawn(|| write(address, officer, again, &end, &answered)))
                .collect();
            // Where the machine is busy with something else, the load comes late.
            let began = Instant::now();
            while answered.load(Ordering::Relaxed) < ENOUGH && began.elapsed() < Duration::from_secs(5) {
                std::thread::sleep(Duration::from_millis(1));
            }
            // At another point of the writes each time; deterministic where it matters least.
            std::thread::sleep(Duration::from_millis(20 + (round * 37) % 190));
            server.kill();
            end.store(true, Ordering::Relaxed);
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        unanswered = Vec::new();
        for Known { acknowledged: new, unanswered: open } in known {
            for (client, id) in new {
                let before = acknowledged.insert(client, id);
                assert!(before.is_none_or(|before| before == id), "the same request made two logs");
            }
            unanswered.push(open);
        }
        demand_whole(&app, &acknowledged, round).await;
    }
    // Whoever is killed while it does the background work is followed by the next that is started, and not much later.
    let mut server = Server::start(&app, &[]);
    server.ready(Duration::from_secs(20));
    all_sealed(&app, Duration::from_secs(20)).await;
    let (mut client, officer) = (Client::to(server.address).unwrap(), &officers[0]);
    assert_eq!(send(&mut client, officer, &sent(officer)).unwrap().0, 201);
    server.kill();
    let server = Server::start(&app, &[]);
    server.ready(Duration::from_secs(20));
    let taken_over = all_sealed(&app, Duration::from_secs(20)).await;
    assert!(acknowledged.len() > 500, "only {} were acknowledged: that is no load", acknowledged.len());
    assert!(repeated > 0, "no request was ever in flight: the kills came too late");
    say(&format!(
        "{} acknowledged, {repeated} sent again, ready after at most {slowest:?}, all sealed {taken_over:?} after the last kill",
        acknowledged.len()
    ));
}

both_engines![nothing_acknowledged_is_lost_when_the_server_is_killed_fifty_times];
