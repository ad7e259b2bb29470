//! What every answer carries, whatever kind it is, over a real connection: and what none does.

use std::time::Duration;

use super::raw::{Reply, talk};
use crate::fire::server::Server;
use crate::support::App;

const DATA: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; sandbox";
const FRONT_END: &str = "https://app.example.org";

fn demand(what: &str, reply: &Reply, docs: bool) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-site"),
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ] {
        let found: Vec<&str> = reply.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect();
        assert_eq!(found, [value], "{what}: {name}");
    }
    let policy = reply.header("content-security-policy").unwrap_or_default();
    assert!(
        if docs { policy.starts_with("default-src 'none'; script-src 'self'") } else { policy == DATA },
        "{what}: {policy}"
    );
    assert!(reply.header("x-request-id").is_some_and(|id| id.len() >= 8), "{what}");
    assert!(reply.header("cache-control").is_some(), "{what}");
    for name in ["server", "x-powered-by", "access-control-allow-credentials", "set-cookie"] {
        assert_eq!(reply.header(name), None, "{what}: {name}");
    }
    if reply.status >= 400 && !reply.body.is_empty() {
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{what}");
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(
            (body["status"].as_u64(), &body["request_id"]),
            (Some(reply.status.into()), &reply.header("x-request-id").unwrap().into())
        );
    }
}

/// Requests that end in every way that there is without breaking anything.
fn requests(token: &str, etag: &str) -> Vec<(u16, String, bool)> {
    let request = |line: &str, headers: &str, body: &str| {
        let length = if body.is_empty() {
            String::new()
        } else {
            format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len())
        };
        format!("{line} HTTP/1.1\r\nhost: localhost\r\norigin: {FRONT_END}\r\n{headers}{length}\r\n{body}")
    };
    let signed = format!("authorization: Bearer {token}\r\n");
    let plain = |line: &str| request(line, "", "");
    vec![
        (200, plain("GET /livez"), false),
        (200, plain("HEAD /livez"), false),
        (200, plain("GET /openapi.json"), false),
        (200, plain("GET /.well-known/jwks.json"), false),
        (200, plain("GET /.well-known/security.txt"), false),
        (200, plain("GET /docs/"), true),
        (303, plain("GET /docs"), true),
        (200, plain("GET /docs/problems"), true),
        (200, plain("GET /api/v1/partnerships"), false),
        (200, request("GET /api/v1/account", &signed, ""), false),
        (304, request("GET /api/v1/account", &format!("{signed}if-none-match: {etag}\r\n"), ""), false),
        (202, request("POST /api/v1/password-resets/requests", "", r#"{"email": "a@example.org"}"#), false),
        (204, plain("OPTIONS /api/v1/account"), false),
        (
            200,
            request(
                "OPTIONS /api/v1/account",
                "access-control-request-method: PATCH\r\naccess-control-request-headers: if-match\r\n",
                "",
            ),
            false,
        ),
        (400, request("POST /api/v1/sessions", "", "{"), false),
        (400, request("POST /api/v1/accounts", "idempotency-key: x\r\n", r#"{"email": "a@example.org"}"#), false),
        (401, plain("GET /api/v1/account"), false),
        (401, request("GET /api/v1/account", "authorization: Bearer x\r\n", ""), false),
        (401, request("POST /api/v1/sessions/refresh", "", r#"{"refresh_token": "x"}"#), false),
        (403, request("GET /api/v1/records", &signed, ""), false),
        (404, plain("GET /nothing"), false),
        (404, plain("HEAD /nothing"), false),
        (404, plain("GET /docs/nothing.js"), true),
        (404, plain("GET /docs/problems/nothing"), true),
        (404, plain("GET /api/v1/partnerships/0199d2c8-7c5e-7000-8000-000000000054"), false),
        (405, plain("TRACE /livez"), false),
        (405, plain("DELETE /api/v1/partnerships"), false),
        (412, request("PATCH /api/v1/account", &format!("{signed}if-match: \"77\"\r\n"), r#"{"alias": "Owl"}"#), false),
        (
            413,
            format!(
                "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\norigin: {FRONT_END}\r\ncontent-type: application/json\r\ncontent-length: 999999\r\n\r\n"
            ),
            false,
        ),
        (414, plain(&format!("GET /livez?{}", "x".repeat(9000))), false),
        (
            415,
            format!(
                "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\norigin: {FRONT_END}\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n{{}}"
            ),
            false,
        ),
        (422, request("GET /api/v1/partnerships?limit=0", "", ""), false),
        (428, request("PATCH /api/v1/account", &signed, r#"{"alias": "Owl"}"#), false),
    ]
}

async fn every_kind_of_answer_has_the_headers_and_lets_in_only_the_front_end(app: App) {
    app.state.clock.set(threekeys::platform::clock::Clock::System.now());
    let ann = app.citizen().await;
    let etag = app.get("/account").by(&ann).send().await.expect(200).header("etag").unwrap().to_owned();
    for front_ends in ["", FRONT_END] {
        let settings = [
            ("THREEKEYS_SERVER__CORS_ORIGINS", front_ends),
            ("THREEKEYS_SERVER__DRAIN_MILLISECONDS", "4000"),
            ("THREEKEYS_LIMITS__ANONYMOUS_PER_MINUTE", "3000"),
        ];
        let mut server = Server::start(&app, &settings[usize::from(front_ends.is_empty())..]);
        server.ready(Duration::from_secs(20));
        let address = server.address;
        let let_in = |what: &str, reply: &Reply| {
            let expected = (!front_ends.is_empty()).then_some(FRONT_END);
            assert_eq!(reply.header("access-control-allow-origin"), expected, "{what}");
            let varies = reply.headers.iter().any(|(n, v)| n == "vary" && v.to_ascii_lowercase().contains("origin"));
            assert!(front_ends.is_empty() || varies, "{what}");
        };
        std::thread::scope(|scope| {
            for (status, bytes, docs) in requests(&ann.token, &etag) {
                // Without front ends a preflight is a question like any other.
                let status =
                    if front_ends.is_empty() && bytes.contains("access-control-request-method") { 204 } else { status };
                scope.spawn(move || {
                    let what = bytes.lines().next().unwrap().chars().take(80).collect::<String>();
                    let said = talk(address, bytes.as_bytes());
                    assert_eq!(said.statuses(), [status], "{what}: {}", said.replies[0].text());
                    demand(&what, &said.replies[0], docs);
                    let_in(&what, &said.replies[0]);
                    if !front_ends.is_empty() {
                        for other in [
                            "https://evil.example",
                            "https://app.example.org.evil.example",
                            "http://app.example.org",
                            "https://app.example.org:444",
                            "null",
                        ] {
                            let said = talk(address, bytes.replace(FRONT_END, other).as_bytes());
                            assert_eq!(
                                said.replies[0].header("access-control-allow-origin"),
                                None,
                                "{what} from {other}"
                            );
                        }
                    }
                });
            }
        });
        // Too many, and on the way out.
        let resets = "POST /api/v1/password-resets/requests HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        let full = (0..20)
            .map(|_| {
                talk(
                    address,
                    resets
                        .replace("host: x", &format!("host: x\r\norigin: {FRONT_END}\r\nconnection: close"))
                        .as_bytes(),
                )
            })
            .find(|said| said.statuses() == [429]);
        let full = &full.expect("a quota that ends").replies[0];
        demand("429", full, false);
        let_in("429", full);
        assert!(full.header("retry-after").is_some());
        server.terminate();
        std::thread::sleep(Duration::from_millis(300));
        let out = &talk(address, format!("GET /readyz HTTP/1.1\r\nhost: x\r\norigin: {FRONT_END}\r\n\r\n").as_bytes())
            .replies[0];
        assert_eq!(out.status, 503);
        let headers = Reply { body: Vec::new(), ..out.clone() };
        demand("503", &headers, false);
        let_in("503", out);
        // Whatever is asked while it ends, the connection ends with the answer.
        std::thread::scope(|scope| {
            for (_, bytes, _) in requests(&ann.token, &etag) {
                scope.spawn(move || {
                    let what = bytes.lines().next().unwrap().chars().take(80).collect::<String>();
                    let said = talk(address, bytes.as_bytes());
                    assert_eq!(said.replies[0].header("connection"), Some("close"), "{what}");
                });
            }
        });
        server.kill();
    }
}

both_engines![every_kind_of_answer_has_the_headers_and_lets_in_only_the_front_end];
