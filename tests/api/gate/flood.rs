//! A flood of logins, each from an address of its own and with limits out of the way, so that the hashes are all that is in
//! its way: others are served on, memory stays, and a right login gets through; nor can anybody be kept out by it.
//!
//! `cargo test` floods for a moment and looks for what is grossly wrong. The full minute, with the 99th percentile of other
//! requests under three times that of before, is
//! `THREEKEYS_FLOOD_SECONDS=60 THREEKEYS_TEST_BINARY=target/release/threekeys cargo test --test api gate::flood -- --nocapture --test-threads=1`.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use serde_json::json;
use threekeys::platform::clock::Clock;
use threekeys::platform::config::Passwords;
use threekeys::platform::hashing::Hasher;
use threekeys::schema::accounts;

use super::raw::{connect, exchange, request};
use crate::fire::server::{Server, say};
use crate::support::people::PASSWORD;
use crate::support::{App, Person};

const FLOODING: usize = 200;
/// A right login gets through by then, with as many tries as the server asks for.
const PATIENCE: Duration = Duration::from_secs(5);

fn seconds() -> u64 {
    crate::support::setting("THREEKEYS_FLOOD_SECONDS").map_or(3, |n| n.parse().unwrap())
}

fn login(email: &str, password: &str, from: &str, device: Option<&str>) -> Vec<u8> {
    let body = json!({"email": email, "password": password, "device_token": device});
    request("POST", "/api/v1/sessions", &[("x-forwarded-for", from)], &body.to_string())
}

/// Guesses until the end: at addresses that nobody has, and at those of the victims.
fn guess(address: SocketAddr, n: usize, victims: &[String], end: &AtomicBool, count: &AtomicUsize) {
    let mut stream = connect(address);
    let from = format!("10.1.{}.{}", n / 250, n % 250 + 1);
    for attempt in 0.. {
        if end.load(Ordering::Relaxed) {
            return;
        }
        let email = match n % 2 {
            0 => format!("nobody{n}-{attempt}@example.org"),
            _ => victims[(n / 2 + attempt) % victims.len()].clone(),
        };
        let reply = exchange(&mut stream, &login(&email, "nine quiet otters in the reeds", &from, None));
        assert!([401, 429, 503].contains(&reply.status), "{}: {}", reply.status, reply.text());
        count.fetch_add(usize::from(reply.status == 401), Ordering::Relaxed);
        if reply.status == 429 {
            // A refusal that costs nothing is not what is looked at here.
            std::thread::sleep(Duration::from_millis(250));
        }
    }
}

/// Asks for what anybody may see, at a steady pace; how long each answer took.
fn others(address: SocketAddr, time: Duration) -> Vec<Duration> {
    let mut stream = connect(address);
    let (mut took, since) = (Vec::new(), Instant::now());
    while since.elapsed() < time {
        let asked = Instant::now();
        let reply = exchange(&mut stream, &request("GET", "/api/v1/partnerships?limit=5", &[], ""));
        took.push(asked.elapsed());
        assert_eq!(reply.status, 200);
        std::thread::sleep(Duration::from_millis(5));
    }
    took.sort_unstable();
    took
}

/// Signs in with the right password, again when told to; how long that took in all.
fn sign_in(address: SocketAddr, who: &str, from: &str, device: Option<&str>) -> Duration {
    let (mut stream, since) = (connect(address), Instant::now());
    loop {
        let reply = exchange(&mut stream, &login(who, PASSWORD, from, device));
        if reply.status == 201 {
            return since.elapsed();
        }
        assert_eq!(reply.status, 503, "{}", reply.text());
        assert!(since.elapsed() < PATIENCE * 4, "{who} from {from} never got in");
        std::thread::sleep(Duration::from_secs(reply.header("retry-after").unwrap().parse().unwrap()));
    }
}

/// Resident memory now (KiB).
fn memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Somebody whose hash takes as long as in earnest.
async fn earnest(app: &App, hash: &str) -> Person {
    let (person, hash) = (app.citizen().await, hash.to_owned());
    let id = person.id;
    app.db(move |conn| diesel::update(accounts::table.find(id)).set(accounts::password_hash.eq(hash)).execute(conn))
        .await;
    person
}

async fn a_flood_of_logins_stands_in_its_own_way(app: App) {
    app.state.clock.set(Clock::System.now());
    let hasher = Hasher::start(&Passwords::default()).unwrap();
    let hash = hasher.hash_new(PASSWORD.into(), Vec::new(), "").await.unwrap();
    let (mut victims, mut bystanders) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        victims.push(earnest(&app, &hash).await.email);
        bystanders.push(earnest(&app, &hash).await.email);
    }
    let server = Server::start(
        &app,
        &[
            ("THREEKEYS_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
            ("THREEKEYS_LIMITS__LOGINS_PER_MINUTE", "1000000"),
            ("THREEKEYS_LIMITS__ANONYMOUS_PER_MINUTE", "1000000"),
            ("THREEKEYS_LOG__FILTER", "error"),
        ],
    );
    server.ready(Duration::from_secs(20));
    let address = server.address;
    let devices: Vec<String> = victims
        .iter()
        .map(|email| {
            let reply = exchange(&mut connect(address), &login(email, PASSWORD, "10.3.0.1", None));
            let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            body["device_token"].as_str().unwrap().to_owned()
        })
        .collect();
    let time = Duration::from_secs(seconds());
    let idle = others(address, time.min(Duration::from_secs(15)));
    let resident = memory(&server);
    let (end, guesses) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (busy, got_in, most) = std::thread::scope(|scope| {
        for n in 0..FLOODING {
            let (victims, end, guesses) = (&victims, &end, &guesses);
            scope.spawn(move || guess(address, n, victims, end, guesses));
        }
        std::thread::sleep(Duration::from_millis(700));
        let asked = scope.spawn(move || others(address, time));
        let (victims, bystanders, devices, ended) = (&victims, &bystanders, &devices, &end);
        let in_time = scope.spawn(move || {
            let (mut took, since) = (Vec::new(), Instant::now());
            for n in 0.. {
                if since.elapsed() > time || ended.load(Ordering::Relaxed) {
                    break;
                }
                // Whoever is guessed at has a device that signed in before; whoever is not needs none.
                let (victim, from) = (n % victims.len(), format!("10.2.{}.{}", n / 250, n % 250 + 1));
                took.push(sign_in(address, &victims[victim], &from, Some(&devices[victim])));
                let from = format!("10.4.{}.{}", n / 250, n % 250 + 1);
                took.push(sign_in(address, &bystanders[victim], &from, None));
                std::thread::sleep(Duration::from_millis(500));
            }
            took
        });
        let mut most = 0;
        while !(asked.is_finished() && in_time.is_finished()) {
            most = most.max(memory(&server));
            std::thread::sleep(Duration::from_millis(20));
        }
        end.store(true, Ordering::Relaxed);
        (asked.join().unwrap(), in_time.join().unwrap(), most)
    });
    let p99 = |times: &[Duration]| times[times.len() * 99 / 100];
    let (before, during) = (p99(&idle), p99(&busy));
    let slowest = *got_in.iter().max().unwrap();
    say(&format!(
        "{} guesses looked at in {time:?}; others' p99 {before:?} before, {during:?} during; {} right logins, {slowest:?} at \
         most; memory {} MiB before, {} MiB at most",
        guesses.into_inner(),
        got_in.len(),
        resident / 1024,
        most / 1024
    ));
    assert!(slowest < PATIENCE, "a right login took {slowest:?}");
    assert!(most < resident + 80 * 1024, "memory: {resident} KiB before, {most} KiB at most");
    let allowed = if seconds() >= 30 { before * 3 } else { (before * 3).max(Duration::from_millis(500)) };
    assert!(during < allowed, "others' p99: {before:?} before, {during:?} during");
}

both_engines![a_flood_of_logins_stands_in_its_own_way];
