//! HTTP as nobody should talk it, as a table against the real binary: refused by what it is, never two answers where there
//! was one request, and the server goes on.

use std::net::SocketAddr;
use std::time::Duration;

use super::raw::{Said, talk};
use crate::fire::server::{Server, say};
use crate::support::App;

/// How a connection is to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The server hangs up: nobody knows where the next request begins.
    Closes,
    /// It may stay open.
    Whatever,
}
use Then::{Closes, Whatever};

struct Case {
    name: String,
    bytes: Vec<u8>,
    /// The statuses of everything that may come back, any of these sequences.
    allowed: Vec<Vec<u16>>,
    then: Then,
}

fn case(name: &str, bytes: impl AsRef<[u8]>, allowed: &[&[u16]], then: Then) -> Case {
    let allowed = allowed.iter().map(|statuses| statuses.to_vec()).collect();
    Case { name: name.to_owned(), bytes: bytes.as_ref().to_vec(), allowed, then }
}

/// What a smuggler wants to be taken for a second request.
const SECOND: &str = "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";
const POST: &str = "POST /api/v1/sessions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

/// Where one request ends and the next begins.
fn smuggling() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, headers) in [
        ("length and chunked", "content-length: 4\r\ntransfer-encoding: chunked\r\n"),
        ("chunked and length", "transfer-encoding: chunked\r\ncontent-length: 4\r\n"),
        ("length 0 and chunked", "content-length: 0\r\ntransfer-encoding: chunked\r\n"),
        ("two lengths", "content-length: 4\r\ncontent-length: 0\r\n"),
        ("the same length twice", "content-length: 0\r\ncontent-length: 0\r\n"),
        ("a list of lengths", "content-length: 0, 0\r\n"),
        ("length with a plus", "content-length: +0\r\n"),
        ("negative length", "content-length: -1\r\n"),
        ("hexadecimal length", "content-length: 0x0\r\n"),
        ("length with a fraction", "content-length: 0.0\r\n"),
        ("length of letters", "content-length: nine\r\n"),
        ("empty length", "content-length:\r\n"),
        ("length with a space inside", "content-length: 0 0\r\n"),
        ("length beyond all numbers", "content-length: 99999999999999999999999\r\n"),
        ("space before the colon", "content-length : 0\r\n"),
        ("tab before the colon", "transfer-encoding\t: chunked\r\n"),
        ("chunked twice", "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n"),
        ("chunked and identity", "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n"),
        ("chunked, identity", "transfer-encoding: chunked, identity\r\n"),
        ("identity, chunked", "transfer-encoding: identity, chunked\r\n"),
        ("identity", "transfer-encoding: identity\r\n"),
        ("gzip, chunked", "transfer-encoding: gzip, chunked\r\n"),
        ("xchunked", "transfer-encoding: xchunked\r\n"),
        ("chunkedx", "transfer-encoding: chunkedx\r\n"),
        ("chunked with a parameter", "transfer-encoding: chunked;q=1\r\n"),
        ("chunked in quotes", "transfer-encoding: \"chunked\"\r\n"),
        ("chunked after a vertical tab", "transfer-encoding: \x0bchunked\r\n"),
        ("chunked with NUL", "transfer-encoding: chunked\0\r\n"),
        ("empty encoding", "transfer-encoding:\r\n"),
        ("folded encoding", "transfer-encoding:\r\n chunked\r\n"),
        ("folded header", "x-folded: a\r\n b\r\n"),
        ("header with a bare return", "x-bare: a\rtransfer-encoding: chunked\r\n"),
        ("header without a name", ": x\r\n"),
        ("header without a colon", "nothing\r\n"),
        ("header name with a space", "bad name: x\r\n"),
        ("header name in quotes", "\"name\": x\r\n"),
        ("header name with NUL", "na\0me: x\r\n"),
        ("header value with NUL", "x-nul: a\0b\r\n"),
        ("leading space", " x-first: 1\r\n"),
        ("two hosts", "host: localhost\r\n"),
        ("another host", "host: evil.example\r\n"),
    ] {
        cases.push(case(name, format!("{POST}{headers}\r\n0\r\n\r\n{SECOND}"), &[&[400]], Closes));
    }
    let chunked = |body: &str| format!("{POST}transfer-encoding: chunked\r\n\r\n{body}");
    // A body that can't be read to its end ends the connection; its answer is about the body.
    for (name, body) in [
        ("chunk size of letters", "xyz\r\n{}\r\n0\r\n\r\n"),
        ("chunk size with a sign", "+2\r\n{}\r\n0\r\n\r\n"),
        ("negative chunk size", "-2\r\n{}\r\n0\r\n\r\n"),
        ("chunk size 0x2", "0x2\r\n{}\r\n0\r\n\r\n"),
        ("chunk size with an underscore", "1_0\r\n{}\r\n0\r\n\r\n"),
        ("chunk size beyond all numbers", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
        ("chunk size, bare line feed", "2\n{}\r\n0\r\n\r\n"),
        ("chunk size, bare return", "2\r{}\r\n0\r\n\r\n"),
        ("no chunk size", "\r\n{}\r\n0\r\n\r\n"),
        ("chunk without its end", "2\r\n{}0\r\n\r\n"),
        ("chunk, bare line feed", "2\r\n{}\n0\r\n\r\n"),
        ("chunk longer than it says", "1\r\n{}\r\n0\r\n\r\n"),
        ("extension with a line feed", "2;a\n{}\r\n0\r\n\r\n"),
        ("extension with NUL", "2;\0\r\n{}\r\n0\r\n\r\n"),
        ("space before the chunk size", " 2\r\n{}\r\n0\r\n\r\n"),
        ("end, bare line feed", "2\r\n{}\r\n0\n\n"),
    ] {
        cases.push(case(name, chunked(&format!("{body}{SECOND}")), &[&[400], &[400, 400]], Closes));
    }
    cases.extend([
        case(
            "chunk extension",
            chunked(&format!("2;name=\"value\"\r\n{{}}\r\n0\r\n\r\n{SECOND}")),
            &[&[422, 200]],
            Whatever,
        ),
        case(
            "trailers",
            chunked(&format!("2\r\n{{}}\r\n0\r\nhost: evil\r\ncontent-length: 5\r\n\r\n{SECOND}")),
            &[&[422, 200]],
            Whatever,
        ),
        case(
            "chunked in capitals",
            format!("{POST}Transfer-Encoding: CHUNKED\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n{SECOND}"),
            &[&[422, 200]],
            Whatever,
        ),
        case(
            "chunked in HTTP/1.0",
            format!("{}transfer-encoding: chunked\r\n\r\n0\r\n\r\n{SECOND}", POST.replace("1.1", "1.0")),
            &[&[400]],
            Closes,
        ),
        case(
            "body of a GET",
            format!("GET /livez HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{SECOND}", SECOND.len()),
            &[&[200], &[400]],
            Whatever,
        ),
        case("two requests", format!("{SECOND}{SECOND}"), &[&[200, 200]], Whatever),
        case("a body that breaks off", format!("{POST}content-length: 100\r\n\r\n{{\"email\""), &[&[]], Whatever),
    ]);
    cases
}

/// What the request is for, and in which words.
fn lines() -> Vec<Case> {
    let get = |line: &str| format!("{line}\r\nhost: localhost\r\n\r\n");
    let with = |headers: &str| format!("GET /livez HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n\r\n");
    let mut cases = vec![
        case("no host", "GET /livez HTTP/1.1\r\n\r\n", &[&[400]], Closes),
        case("HTTP/1.0 without a host", "GET /livez HTTP/1.0\r\n\r\n", &[&[200]], Closes),
        case("HTTP/0.9", "GET /livez\r\n\r\n", &[&[400]], Closes),
        case("HTTP/1.2", get("GET /livez HTTP/1.2"), &[&[400], &[505]], Closes),
        case("HTTP/2 by prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[&[400], &[505]], Closes),
        case("HTTP in small letters", get("GET /livez http/1.1"), &[&[400]], Closes),
        case("no version", get("GET /livez "), &[&[400]], Closes),
        case("two spaces", get("GET  /livez HTTP/1.1"), &[&[400]], Closes),
        case("a tab", get("GET\t/livez HTTP/1.1"), &[&[400]], Closes),
        case("NUL in the address", get("GET /live\0z HTTP/1.1"), &[&[400]], Closes),
        case("a space in the address", get("GET /live z HTTP/1.1"), &[&[400]], Closes),
        case("bytes that are no text", b"\xff\xfe\xfd\r\n\r\n", &[&[400]], Closes),
        case("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", &[&[400]], Closes),
        case("no address", "GET HTTP/1.1\r\nhost: x\r\n\r\n", &[&[400], &[404]], Whatever),
        case("absolute form", get("GET http://localhost/livez HTTP/1.1"), &[&[200]], Whatever),
        case("absolute form of another host", get("GET http://evil.example/livez HTTP/1.1"), &[&[200]], Whatever),
        case("authority form", get("GET localhost:80 HTTP/1.1"), &[&[400], &[404]], Whatever),
        case("asterisk form", get("OPTIONS * HTTP/1.1"), &[&[204], &[400], &[404]], Whatever),
        case("asterisk form of a GET", get("GET * HTTP/1.1"), &[&[400], &[404]], Whatever),
        case("file scheme", get("GET file:///etc/passwd HTTP/1.1"), &[&[400], &[404]], Whatever),
        case("fragment", get("GET /livez#x HTTP/1.1"), &[&[200], &[400]], Whatever),
        case("dots", get("GET /docs/../livez HTTP/1.1"), &[&[404]], Whatever),
        case("encoded dots", get("GET /docs/%2e%2e/%2e%2e/etc/passwd HTTP/1.1"), &[&[404]], Whatever),
        case("encoded slashes", get("GET /docs/..%2f..%2fCargo.toml HTTP/1.1"), &[&[404]], Whatever),
        case("backslashes", get("GET /docs/..\\..\\Cargo.toml HTTP/1.1"), &[&[400], &[404]], Whatever),
        case("encoded NUL", get("GET /docs/x%00.html HTTP/1.1"), &[&[400], &[404]], Whatever),
        case("double slash", get("GET //livez HTTP/1.1"), &[&[400], &[404]], Whatever),
        case("another host's double slash", get("GET //evil.example/docs HTTP/1.1"), &[&[400], &[404]], Whatever),
        case("encoded beyond Unicode", get("GET /api/v1/partnerships/%ff%fe HTTP/1.1"), &[&[400], &[404]], Whatever),
        case("an overlong encoding", get("GET /docs/%c0%ae%c0%ae/x HTTP/1.1"), &[&[400], &[404]], Whatever),
        case(
            "half an encoding",
            get("GET /api/v1/partnerships?q=%e2%28%a1&limit=%zz HTTP/1.1"),
            &[&[400], &[422]],
            Whatever,
        ),
        case("long address", get(&format!("GET /livez?{} HTTP/1.1", "x".repeat(9000))), &[&[414]], Whatever),
        case(
            "longer address",
            get(&format!("GET /livez?{} HTTP/1.1", "x".repeat(60_000))),
            &[&[414], &[400]],
            Whatever,
        ),
        case("endless address", format!("GET /{}", "x".repeat(200_000)), &[&[431], &[414], &[400]], Closes),
        case("one long header", with(&format!("x-long: {}", "x".repeat(140_000))), &[&[431]], Closes),
        case(
            "a long header that is taken",
            with(&format!("x-long: {}", "x".repeat(60_000))),
            &[&[200], &[431]],
            Whatever,
        ),
        case(
            "ninety headers",
            with(&(0..90).map(|n| format!("x-{n}: 1")).collect::<Vec<_>>().join("\r\n")),
            &[&[200]],
            Whatever,
        ),
        case(
            "a hundred headers",
            with(&(0..100).map(|n| format!("x-{n}: 1")).collect::<Vec<_>>().join("\r\n")),
            &[&[400], &[431]],
            Closes,
        ),
        case(
            "ten thousand headers",
            with(&(0..10_000).map(|n| format!("x-{n}: 1")).collect::<Vec<_>>().join("\r\n")),
            &[&[400], &[431]],
            Closes,
        ),
        case("bare line feeds", "GET /livez HTTP/1.1\nhost: localhost\n\n", &[&[200], &[400]], Whatever),
        case("empty lines first", format!("\r\n\r\n{SECOND}"), &[&[200], &[400]], Whatever),
        case(
            "upgrade to HTTP/2",
            with("connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__"),
            &[&[200], &[400]],
            Whatever,
        ),
        case(
            "upgrade to a socket",
            with("connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAA"),
            &[&[200], &[400]],
            Whatever,
        ),
        case(
            "expects what it may",
            format!("{POST}expect: 100-continue\r\ncontent-length: 2\r\n\r\n{{}}"),
            &[&[100, 422]],
            Whatever,
        ),
        case(
            "expects what there is not",
            format!("{POST}expect: a-miracle\r\ncontent-length: 2\r\n\r\n{{}}"),
            &[&[417], &[422]],
            Whatever,
        ),
        case("ranges", with("range: bytes=0-0,0-0,0-0,0-0"), &[&[200]], Whatever),
        case(
            "a compressed body",
            format!("{POST}content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{{}}"),
            &[&[415]],
            Whatever,
        ),
        case("too long by what it says", format!("{POST}content-length: 99999999\r\n\r\n{{}}"), &[&[413]], Whatever),
    ];
    for method in
        ["TRACE", "TRACK", "DEBUG", "PROPFIND", "PUT", "DELETE", "PATCH", "POST", "FOO", "get", "G3T", "PURGE", "LINK"]
    {
        cases.push(case(method, get(&format!("{method} /livez HTTP/1.1")), &[&[405]], Whatever));
        let api = get(&format!("{method} /api/v1/nothing HTTP/1.1"));
        cases.push(case(&format!("{method} of nothing"), api, &[&[404]], Whatever));
    }
    for (name, line, allowed) in [
        ("CONNECT", "CONNECT localhost:443 HTTP/1.1", [400, 404, 405]),
        ("CONNECT of a path", "CONNECT /livez HTTP/1.1", [400, 405, 405]),
        ("a method in brackets", "<GET> /livez HTTP/1.1", [400, 400, 400]),
        ("no method", " /livez HTTP/1.1", [400, 400, 400]),
        ("a long method", &format!("{} /livez HTTP/1.1", "A".repeat(4000)), [400, 405, 405]),
    ] {
        let allowed: Vec<&[u16]> = allowed.iter().map(std::slice::from_ref).collect();
        cases.push(case(name, get(line), &allowed, Whatever));
    }
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let body = "POST /livez HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n";
        cases.push(case(&format!("POST, {name}: GET"), format!("{body}{name}: GET\r\n\r\n"), &[&[405]], Whatever));
        cases.push(case(&format!("GET, {name}: DELETE"), with(&format!("{name}: DELETE")), &[&[200]], Whatever));
    }
    for name in ["x-original-url", "x-rewrite-url", "x-forwarded-path", "x-forwarded-prefix"] {
        cases.push(case(name, with(&format!("{name}: /api/v1/account")), &[&[200]], Whatever));
    }
    cases
}

fn judge(case: &Case, said: &Said) -> Option<String> {
    let statuses = said.statuses();
    let fits = case.allowed.contains(&statuses) && (case.then == Whatever || said.closed);
    (!fits).then(|| {
        let kept = if said.closed { "closed" } else { "kept" };
        format!("{}: {statuses:?}, {kept}; allowed: {:?}", case.name, case.allowed)
    })
}

/// Runs the cases on connections of their own, a few at a time.
fn run(address: SocketAddr, cases: &[Case]) -> Vec<String> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = cases
            .chunks(cases.len().div_ceil(24))
            .map(|some| {
                scope.spawn(move || {
                    some.iter().filter_map(|case| judge(case, &talk(address, &case.bytes))).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

async fn http_that_nobody_should_talk_is_refused_and_never_taken_for_two_requests(app: App) {
    let quiet = ("THREEKEYS_LOG__FILTER", "warn,actix_http=off");
    let [logins, anonymous] = ["LOGINS", "ANONYMOUS"].map(|class| format!("THREEKEYS_LIMITS__{class}_PER_MINUTE"));
    let server = Server::start(&app, &[quiet, (&logins, "100000"), (&anonymous, "100000")]);
    server.ready(Duration::from_secs(20));
    let cases: Vec<Case> = smuggling().into_iter().chain(lines()).collect();
    let wrong = run(server.address, &cases);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let alive = talk(server.address, SECOND.as_bytes());
    assert_eq!(alive.statuses(), [200]);
    say(&format!("{} cases", cases.len()));
}

both_engines![http_that_nobody_should_talk_is_refused_and_never_taken_for_two_requests];
