//! Clients that take their time, many of them: the server goes on answering the others, holds a bounded number of
//! connections, and hangs up on each in the end, at whatever point it dawdles.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::raw::{connect, talk};
use crate::fire::server::{Server, say};
use crate::support::App;

const ALIVE: &[u8] = b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
/// Slow clients of each kind.
const SLOW: usize = 20;
/// Connections that one worker holds.
const MOST: usize = 60;
/// All limits of time are cut to this many seconds, so that their sum is this times three.
const SECONDS: u64 = 1;

/// What a slow client says at once, and then byte by byte.
const KINDS: [(&str, &str, &str); 8] = [
    ("says nothing", "", ""),
    (
        "a slow head",
        "GET /livez HTTP/1.1\r\n",
        "x-slow: 1\r\nx-slower: 2\r\nx-slowest: 3\r\nx-and-on: 4\r\nx-and-on-still: 5\r\n",
    ),
    (
        "a slow second head",
        "GET /livez HTTP/1.1\r\nhost: x\r\n\r\nGET /livez HTTP/1.1\r\n",
        "x-slow: 1\r\nx-slower: 2\r\nx-slowest: 3\r\nx-and-on: 4\r\nx-and-on-still: 5\r\n",
    ),
    ("idle after an answer", "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n", ""),
    (
        "a slow body",
        "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n{",
        "                                                                                          ",
    ),
    (
        "a slow chunk extension",
        "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5;",
        "                                                                                          ",
    ),
    (
        "slow trailers",
        "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
        "x-slow: 1\r\nx-slower: 2\r\nx-slowest: 3\r\nx-and-on: 4\r\nx-and-on-still: 5\r\n",
    ),
    (
        "a slow body that nobody asked for",
        "GET /livez HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\n",
        "                                                                                          ",
    ),
];

/// Dawdles until the server hangs up; how long that took.
fn dawdle(address: SocketAddr, at_once: &str, then: &str, end: &AtomicBool) -> Duration {
    let since = Instant::now();
    let mut stream = connect(address);
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut gone = stream.write_all(at_once.as_bytes()).is_err();
    let mut slowly = then.bytes().cycle();
    let mut heard = [0; 4096];
    while !gone && !end.load(Ordering::Relaxed) {
        if let Some(byte) = slowly.next() {
            gone = stream.write_all(&[byte]).is_err();
        }
        match stream.read(&mut heard) {
            Ok(0) => gone = true,
            Ok(_) => {}
            Err(why) => gone |= !matches!(why.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
        }
    }
    since.elapsed()
}

/// Never takes the answer, which is longer than any buffer between.
fn never_read(address: SocketAddr) -> TcpStream {
    let mut stream = connect(address);
    let request = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(60);
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let _ = stream.write_all(&request);
    stream
}

fn descriptors(server: &Server) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count()
}

fn started(app: &App, most: usize) -> Server {
    let seconds = SECONDS.to_string();
    let (most, name) = (most.to_string(), |key: &str| format!("THREEKEYS_SERVER__{key}"));
    let names =
        ["HEAD_TIMEOUT_SECONDS", "BODY_TIMEOUT_SECONDS", "REQUEST_TIMEOUT_SECONDS", "KEEP_ALIVE_SECONDS"].map(name);
    let (connections, workers) = (name("MAX_CONNECTIONS"), name("WORKERS"));
    let mut settings: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), seconds.as_str())).collect();
    settings.extend([
        (connections.as_str(), most.as_str()),
        (workers.as_str(), "1"),
        ("THREEKEYS_LIMITS__ANONYMOUS_PER_MINUTE", "100000"),
        ("THREEKEYS_LIMITS__LOGINS_PER_MINUTE", "100000"),
        ("THREEKEYS_LOG__FILTER", "error,actix_http=off"),
    ]);
    let server = Server::start(app, &settings);
    server.ready(Duration::from_secs(20));
    server
}

/// Longest that anybody may hold a connection: all limits, and the second in which it is noticed, and some for this machine.
const LONGEST: Duration = Duration::from_secs(SECONDS * 3 + 1 + 12);

async fn whoever_dawdles_is_hung_up_on_and_holds_up_nobody(app: App) {
    let server = started(&app, 2000);
    let address = server.address;
    let before = descriptors(&server);
    let end = AtomicBool::new(false);
    let mut unread: Vec<TcpStream> = (0..SLOW).map(|_| never_read(address)).collect();
    let slowest = std::thread::scope(|scope| {
        let dawdlers: Vec<_> = KINDS
            .iter()
            .flat_map(|kind| (0..SLOW).map(move |_| kind))
            .map(|(what, at_once, then)| (what, scope.spawn(|| dawdle(address, at_once, then, &end))))
            .collect();
        let since = Instant::now();
        let mut slowest = Duration::ZERO;
        while since.elapsed() < LONGEST {
            let asked = Instant::now();
            assert_eq!(talk(address, ALIVE).statuses(), [200]);
            slowest = slowest.max(asked.elapsed());
            std::thread::sleep(Duration::from_millis(100));
        }
        let left: Vec<&str> =
            dawdlers.iter().filter(|(_, thread)| !thread.is_finished()).map(|(what, _)| **what).collect();
        end.store(true, Ordering::Relaxed);
        assert!(left.is_empty(), "still connected after {LONGEST:?}: {left:?}");
        slowest
    });
    assert!(slowest < Duration::from_secs(5), "somebody else waited {slowest:?}");
    let after = descriptors(&server);
    assert!(after <= before + 8, "{before} descriptors before, {after} after");
    for stream in &mut unread {
        let mut heard = Vec::new();
        // Cut off: whether what was under way still arrives is the network's affair.
        let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
        let cut = stream.read_to_end(&mut heard);
        assert!(!matches!(&cut, Err(why) if why.kind() == std::io::ErrorKind::WouldBlock), "it still waits to be read");
    }
    say(&format!(
        "{} slow clients; others waited {slowest:?} at most; {after} descriptors after, {before} before",
        SLOW * 9
    ));
}

async fn connections_are_bounded_and_room_is_made(app: App) {
    let server = started(&app, MOST);
    let before = descriptors(&server);
    let silent: Vec<TcpStream> = (0..MOST * 4).map(|_| connect(server.address)).collect();
    let since = Instant::now();
    let mut most = 0;
    // Whoever comes now waits until one of the silent is hung up on, and no longer.
    let mut late = connect(server.address);
    late.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    late.write_all(ALIVE).unwrap();
    let mut heard = [0; 64];
    let answered = loop {
        most = most.max(descriptors(&server));
        match late.read(&mut heard) {
            Ok(n) if n > 0 => break since.elapsed(),
            Ok(_) => panic!("hung up on the one who asked"),
            Err(_) => assert!(since.elapsed() < LONGEST * 3, "never answered"),
        }
    };
    // A connection has two descriptors here: its own, and the one by which it is hung up on.
    assert!(most <= before + MOST * 2 + 16, "{most} descriptors, {before} before");
    assert!(heard.starts_with(b"HTTP/1.1 200"));
    drop(silent);
    say(&format!("{} connections, {most} descriptors at most, the next was answered after {answered:?}", MOST * 4));
}

both_engines![whoever_dawdles_is_hung_up_on_and_holds_up_nobody, connections_are_bounded_and_room_is_made];
