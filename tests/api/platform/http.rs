//! What every address does, whatever it is about.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::json;

use crate::support::App;

async fn unknown_addresses_and_methods_are_problems(app: App) {
    for path in [
        "/api/v1/nothing",
        "/nothing",
        "/api/v1",
        "/api/v2/partnerships",
        "/api/v1/partnerships/",
        "/docs/problems/nothing",
    ] {
        let answer = app.get(path).send().await.problem(404, "not_found");
        assert!(answer.body["request_id"].is_string());
    }
    let wrong = app.delete("/partnerships").send().await.problem(405, "method_not_allowed");
    assert_eq!(wrong.header("allow"), Some("GET, HEAD, OPTIONS, POST"));
    let trace = app.raw(TestRequest::with_uri("/api/v1/sessions").method(Method::TRACE)).await;
    assert_eq!(trace.0, 405);
    let options = app.raw(TestRequest::with_uri("/api/v1/sessions/current").method(Method::OPTIONS)).await;
    assert_eq!((options.0.as_u16(), options.1.get("allow").unwrap().to_str().unwrap()), (204, "DELETE, OPTIONS"));
}

async fn an_address_leads_to_one_operation(app: App) {
    let p = app.proposed().await;
    let own = app.get(p.path("")).by(&p.resident).send().await.expect(200);
    for (path, why) in [
        (format!("{}/", p.path("")), "a slash more"),
        (p.path("").replacen("/partnerships/", "/partnerships//", 1), "an empty segment"),
        (p.path("").replacen("/partnerships/", "/Partnerships/", 1), "another case"),
        (p.path("").replacen("/partnerships/", "/partnerships/../partnerships/", 1), "a way round"),
        (format!("{}/nothing", p.path("")), "a word that there is not"),
    ] {
        let answer = app.get(path).by(&p.resident).send().await.problem(404, "not_found");
        assert!(answer.body.get("errors").is_none(), "{why}: {}", answer.body);
    }
    let bad = app.get("/partnerships/no-id/memberships").by(&p.resident).send().await.problem(404, "not_found");
    assert_eq!(bad.body["errors"][0]["pointer"], "/path/partnership_id");
    let pair = format!("/meetings/{}/decisions/7/voice/confirm", own.id());
    let bad = app.post(pair).by(&p.resident).send().await.problem(404, "not_found");
    assert_eq!(bad.body["errors"].as_array().unwrap().len(), 1);
    assert_eq!(bad.body["errors"][0]["pointer"], "/path/decision_id");
    // A word goes before a parameter, and its methods with it.
    let word = app.get("/sessions/refresh").by(&p.resident).send().await.problem(405, "method_not_allowed");
    assert_eq!(word.header("allow"), Some("OPTIONS, POST"));
}

async fn head_is_get_without_the_body(app: App) {
    let head = app.raw(TestRequest::with_uri("/api/v1/partnerships").method(Method::HEAD)).await;
    assert_eq!(head.0, 200);
    assert!(head.1.get("x-request-id").is_some());
}

async fn request_ids_are_taken_when_well_formed_and_always_returned(app: App) {
    let answer = app.get("/partnerships").header("x-request-id", "phone-4711.a_b").send().await;
    assert_eq!(answer.header("x-request-id"), Some("phone-4711.a_b"));
    for bad in [
        "short",
        "with space in it",
        "quote\"quote\"quote",
        &"x".repeat(65),
        "a\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
    ] {
        let answer = app.get("/partnerships").header("x-request-id", bad).send().await;
        assert_ne!(answer.header("x-request-id"), Some(bad));
        assert_eq!(answer.header("x-request-id").map(str::len), Some(36));
    }
}

async fn every_answer_has_the_security_headers(app: App) {
    let ann = app.citizen().await;
    for answer in [
        app.get("/account").by(&ann).send().await,
        app.get("/partnerships").send().await,
        app.get("/account").send().await,
        app.get("/nothing").send().await,
        app.get("/livez").send().await,
    ] {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-site"),
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; sandbox",
            ),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{} {name}", answer.request);
        }
    }
    assert_eq!(app.get("/account").by(&ann).send().await.header("cache-control"), Some("no-store"));
    assert_eq!(app.get("/partnerships").send().await.header("cache-control"), Some("no-cache"));
    assert_eq!(app.get("/partnerships").send().await.header("access-control-allow-origin"), None);
}

async fn front_ends_are_let_in_by_exact_origin(app: App) {
    let app = app.reconfigured(|config| config.server.cors_origins = vec!["https://app.example.org".into()]).await;
    let preflight = |origin: &'static str| {
        TestRequest::with_uri("/api/v1/sessions")
            .method(Method::OPTIONS)
            .append_header(("origin", origin))
            .append_header(("access-control-request-method", "POST"))
            .append_header(("access-control-request-headers", "content-type,idempotency-key"))
    };
    let (status, headers, _) = app.raw(preflight("https://app.example.org")).await;
    assert_eq!(
        (status.as_u16(), headers.get("access-control-allow-origin").unwrap().to_str().unwrap()),
        (200, "https://app.example.org")
    );
    assert!(headers.get("access-control-allow-credentials").is_none());
    for origin in ["https://evil.example.org", "https://app.example.org.evil.org", "http://app.example.org", "null"] {
        let (_, headers, _) = app.raw(preflight(origin)).await;
        assert!(headers.get("access-control-allow-origin").is_none(), "{origin}");
    }
    let read = app.get("/partnerships").header("origin", "https://app.example.org").send().await.expect(200);
    assert!(read.header("access-control-expose-headers").unwrap().contains("etag"));
    assert!(read.headers.get_all("vary").any(|v| v.to_str().unwrap().contains("Origin")));
}

async fn front_ends_may_read_problems_too(app: App) {
    let app = app.reconfigured(|config| config.server.cors_origins = vec!["https://app.example.org".into()]).await;
    let nobody = format!("/partnerships/{}", uuid::Uuid::now_v7());
    for (path, token, status) in [
        ("/account", None, 401),
        ("/account", Some("Bearer over"), 401),
        (nobody.as_str(), None, 404),
        ("/nothing-here", None, 404),
        ("/partnerships?limit=0", None, 422),
    ] {
        for (origin, may) in [("https://app.example.org", true), ("https://evil.example.org", false)] {
            let mut call = app.get(path).header("origin", origin);
            if let Some(token) = token {
                call = call.header("authorization", token);
            }
            let answer = call.send().await.expect(status);
            let allowed: Vec<_> = answer.headers.get_all("access-control-allow-origin").collect();
            assert_eq!(allowed, if may { vec![origin] } else { vec![] }, "{path} from {origin}");
            let exposed = answer.header("access-control-expose-headers").unwrap_or_default();
            assert_eq!(exposed.contains("retry-after"), may, "{path} from {origin}");
        }
    }
}

async fn the_description_its_pages_and_the_keys_are_served(app: App) {
    let description = app.get("/openapi.json").send().await.expect(200);
    assert_eq!(description.body["openapi"], "3.1.0");
    let page = app.get("/docs/").send().await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    let html = String::from_utf8_lossy(&page.bytes).into_owned();
    assert!(!html.contains("http://") && !html.contains("https://"), "nothing from elsewhere");
    let problem = app.get("/docs/problems/leadership-incomplete").send().await;
    assert!(String::from_utf8_lossy(&problem.bytes).contains("Both sides need a leader first"));
    assert_eq!(app.get("/docs/problems").send().await.status, 200);
    for page in ["/docs/", "/docs/problems", "/docs/rsvp", "/docs/nothing"] {
        let wrong = app.delete(page).send().await.problem(405, "method_not_allowed");
        assert_eq!(wrong.header("allow"), Some("GET, HEAD, OPTIONS"), "{page}");
    }
    let security = app.get("/.well-known/security.txt").send().await;
    assert!(String::from_utf8_lossy(&security.bytes).starts_with("Contact: mailto:"));
}

async fn readiness_ends_before_the_server_does(app: App) {
    app.get("/readyz").send().await.expect(200);
    app.state.shutting_down.store(true, std::sync::atomic::Ordering::Relaxed);
    let gone = app.get("/readyz").send().await.expect(503);
    assert_eq!((&gone.body, gone.header("retry-after")), (&json!({"status": "shutting down"}), Some("2")));
    app.get("/livez").send().await.expect(200);
}

async fn every_answer_ends_its_connection_once_readiness_has_gone(app: App) {
    let ann = app.citizen().await;
    let tag = app.get("/account").by(&ann).send().await.expect(200).header("etag").unwrap().to_owned();
    for (is_going, expected) in [(false, None), (true, Some("close"))] {
        app.state.shutting_down.store(is_going, std::sync::atomic::Ordering::Relaxed);
        for (call, status) in [
            (app.get("/livez"), 200),
            (app.get("/docs/"), 200),
            (app.get("/docs"), 303),
            (app.get("/partnerships"), 200),
            (app.get("/account").by(&ann), 200),
            (app.get("/account").by(&ann).header("if-none-match", &tag), 304),
            (app.get("/account"), 401),
            (app.get("/nothing"), 404),
            (app.get("/docs/nothing.js"), 404),
            (app.delete("/partnerships"), 405),
            (app.get("/partnerships?limit=0"), 422),
        ] {
            let answer = call.send().await;
            assert_eq!((answer.status, answer.header("connection")), (status, expected), "{}", answer.request);
        }
    }
}

async fn addresses_beyond_eight_kibibytes_are_refused(app: App) {
    app.get(format!("/partnerships?q={}", "x".repeat(8192))).send().await.problem(414, "uri_too_long");
}

async fn metrics_count_by_route_and_never_by_address(app: App) {
    let p = app.proposed().await;
    app.get(p.path("")).by(&p.resident).send().await.expect(200);
    let text = app.state.metrics.render(&app.state.db);
    assert!(
        text.contains(
            r#"threekeys_requests_total{method="GET",route="/api/v1/partnerships/{partnership_id}",status="200"} 1"#
        ),
        "{text}"
    );
    assert!(!text.contains(&p.id));
}

both_engines![
    unknown_addresses_and_methods_are_problems,
    an_address_leads_to_one_operation,
    head_is_get_without_the_body,
    request_ids_are_taken_when_well_formed_and_always_returned,
    every_answer_has_the_security_headers,
    front_ends_are_let_in_by_exact_origin,
    front_ends_may_read_problems_too,
    the_description_its_pages_and_the_keys_are_served,
    readiness_ends_before_the_server_does,
    every_answer_ends_its_connection_once_readiness_has_gone,
    addresses_beyond_eight_kibibytes_are_refused,
    metrics_count_by_route_and_never_by_address,
];
