//! A reader of the log that has stalled, as a collector or a terminal may: nobody waits for it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::server::{Client, Server, free_port, say};
use crate::support::App;

const CLIENTS: usize = 4;
/// More lines than are kept for a reader and fit into a pipe.
const REQUESTS: usize = 3000;
/// Longest that the end may take: what is set for it, and the second that the last lines of the log are waited for.
const ENDED: Duration = Duration::from_secs(10);

async fn requests_are_answered_and_the_server_ends_when_nobody_reads_its_log(app: App) {
    let metrics = free_port();
    let listen = metrics.to_string();
    let settings = [
        ("THREEKEYS_LOG__FILTER", "info"),
        ("THREEKEYS_SERVER__METRICS_LISTEN", listen.as_str()),
        ("THREEKEYS_SERVER__SHUTDOWN_TIMEOUT_SECONDS", "5"),
    ];
    // The pipe is held by the child's handle, and nobody reads from it.
    let mut server = Server::start_logging(&app, &settings, Stdio::piped());
    server.ready(Duration::from_secs(20));
    let address = server.address;
    let since = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let mut client = Client::to(address).unwrap();
                for n in 0..REQUESTS {
                    let answer = client.send("GET", "/livez", &[], "");
                    assert_eq!(answer.unwrap_or_else(|e| panic!("request {n}: {e}")).status, 200);
                }
            });
        }
    });
    say(&format!("{} requests in {:?} while nobody read the log", CLIENTS * REQUESTS, since.elapsed()));
    let figures = Client::to(metrics).unwrap().send("GET", "/metrics", &[], "").unwrap().body;
    let dropped = figures.lines().find_map(|line| line.strip_prefix("threekeys_log_lines_dropped_total "));
    assert!(dropped.is_some_and(|count| count.parse::<u64>().unwrap() > 0), "{dropped:?} in {figures}");
    server.terminate();
    assert!(server.ended_within(ENDED).success());
}

async fn the_last_lines_of_the_log_are_written_before_the_end(app: App) {
    let path = app.state.config.data.dir.join("server.log");
    let log = Stdio::from(std::fs::File::create(&path).unwrap());
    let mut server = Server::start_logging(&app, &[("THREEKEYS_LOG__FILTER", "info")], log);
    server.ready(Duration::from_secs(20));
    server.terminate();
    assert!(server.ended_within(ENDED).success());
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(log.contains("serving") && log.contains("shutting down"), "{log}");
}

both_engines![
    requests_are_answered_and_the_server_ends_when_nobody_reads_its_log,
    the_last_lines_of_the_log_are_written_before_the_end,
];
