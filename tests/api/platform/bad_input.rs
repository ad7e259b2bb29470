//! Bodies that nobody should send: a clear 4xx that says where, never a 5xx, nothing stored.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::support::App;
use crate::support::people::PASSWORD;

fn registration() -> String {
    json!({"email": "ann@example.org", "password": PASSWORD, "display_name": "Ann", "is_13_or_older": true}).to_string()
}

async fn unreadable_bodies_are_400_and_say_where(app: App) {
    let deep = "[".repeat(100_000);
    let deep_member = format!(r#"{{"email": {}1{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", b"".to_vec()),
        ("broken off", registration().as_bytes()[..40].to_vec()),
        ("not JSON", b"email=ann@example.org".to_vec()),
        ("single quotes", b"{'email': 'x'}".to_vec()),
        ("two documents", format!("{}{}", registration(), registration()).into_bytes()),
        ("trailing comma", b"{\"email\": \"ann@example.org\",}".to_vec()),
        ("NaN", b"{\"email\": NaN}".to_vec()),
        ("not UTF-8", b"{\"email\": \"\xff\xfe\"}".to_vec()),
        ("byte order mark", [b"\xef\xbb\xbf".as_slice(), registration().as_bytes()].concat()),
        ("lone surrogate", registration().replace("Ann\"", "Ann\\ud800\"").into_bytes()),
        ("raw NUL in a string", registration().replace("Ann\"", "A\0nn\"").into_bytes()),
        ("deep", deep.into_bytes()),
        ("deep member", deep_member.into_bytes()),
        ("number out of range", b"{\"email\": 1e999}".to_vec()),
    ];
    for (what, body) in cases {
        let answer = app.post("/accounts").bytes(body).send().await;
        assert_eq!(
            (answer.status, answer.body["code"].as_str()),
            (400, Some("unreadable_body")),
            "{what}: {:#}",
            answer.body
        );
        assert_eq!(app.record_count().await, 0, "{what}");
    }
    let lone = app.post("/accounts").bytes(registration().replace("Ann\"", "Ann\\ud800\"")).send().await;
    assert_eq!(lone.body["errors"][0]["pointer"], "/display_name");
}

async fn wrong_shapes_are_422_and_name_the_place(app: App) {
    let cases: Vec<(&str, String, &[&str])> = vec![
        ("a list", "[]".into(), &[""]),
        ("a string", "\"x\"".into(), &[""]),
        ("null", "null".into(), &[""]),
        ("doubled key", registration().replace("{", "{\"email\": \"b@example.org\", "), &["/email"]),
        ("escaped NUL", registration().replace("Ann\"", "A\\u0000nn\""), &["/display_name"]),
        ("control character", registration().replace("Ann\"", "A\\u0007nn\""), &["/display_name"]),
        ("line break in a line", registration().replace("Ann\"", "A\\nnn\""), &["/display_name"]),
        ("only spaces", registration().replace("Ann\"", "   \""), &["/display_name"]),
        ("null where a text is needed", registration().replace("\"Ann\"", "null"), &["/display_name"]),
        ("object where a text is needed", registration().replace("\"Ann\"", "{}"), &["/display_name"]),
        ("number where a text is needed", registration().replace("\"Ann\"", "1e300"), &["/display_name"]),
        ("unknown field", registration().replace("{", "{\"is_admin\": true, "), &["/is_admin"]),
        ("unknown field with odd name", registration().replace("{", "{\"a/b~c\": true, "), &["/a~1b~0c"]),
        ("too long", registration().replace("Ann\"", &format!("{}\"", "x".repeat(81))), &["/display_name"]),
    ];
    for (what, body, places) in cases {
        let answer = app.post("/accounts").bytes(body).send().await;
        let named: Vec<&str> =
            answer.body["errors"].as_array().into_iter().flatten().filter_map(|e| e["pointer"].as_str()).collect();
        assert_eq!((answer.status, named), (422, places.to_vec()), "{what}: {:#}", answer.body);
        assert_eq!(app.record_count().await, 0, "{what}");
    }
}

async fn sizes_and_types_are_checked_before_the_body(app: App) {
    let big = app.post("/accounts").bytes(format!("{{\"email\": \"{}\"}}", "x".repeat(300_000))).send().await;
    big.problem(413, "payload_too_large");
    // Announced as a gigabyte: refused by its head alone.
    let head = TestRequest::with_uri("/api/v1/accounts")
        .method(Method::POST)
        .append_header(("content-type", "application/json"))
        .append_header(("content-length", "1073741824"));
    assert_eq!(app.raw(head).await.0, 413);
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "multipart/form-data",
        "",
        "application/json; charset=latin-1",
        "application/merge-patch+json",
    ] {
        let request = TestRequest::with_uri("/api/v1/accounts")
            .method(Method::POST)
            .set_payload(registration())
            .append_header(("content-type", kind));
        let (status, _, body) = app.raw(request).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status.as_u16(), body["code"].as_str()), (415, Some("unsupported_media_type")), "{kind}");
    }
    let packed = TestRequest::with_uri("/api/v1/accounts")
        .method(Method::POST)
        .set_payload(registration())
        .append_header(("content-type", "application/json"))
        .append_header(("content-encoding", "gzip"));
    assert_eq!(app.raw(packed).await.0, 415);
    let ann = app.citizen().await;
    let patch = app
        .patch("/account")
        .by(&ann)
        .if_match(1)
        .header("content-type", "application/merge-patch+json; charset=utf-8");
    patch.json(json!({})).send().await;
    let fine = TestRequest::with_uri("/api/v1/accounts")
        .method(Method::POST)
        .set_payload(registration())
        .append_header(("content-type", "Application/JSON; Charset=UTF-8"));
    assert_eq!(app.raw(fine).await.0, 202);
}

async fn ids_that_are_none_and_ids_of_other_kinds_name_nothing(app: App) {
    let p = app.with_mission().await;
    let (goal, _) = app.goal(&p, &p.resident, "Light the alleys").await;
    for id in [
        "1",
        "nil",
        "%00",
        "..%2f..",
        "00000000-0000-0000-0000-000000000000",
        "{01a204b8-d1c4-7077-a135-891b9d61c14b}",
        "01a204b8d1c47077a135891b9d61c14b",
        &goal,
    ] {
        let answer = app.get(format!("/partnerships/{id}")).by(&p.resident).send().await.problem(404, "not_found");
        if id.len() < 30 {
            assert_eq!(answer.body["errors"][0]["pointer"], "/path/partnership_id", "{id}");
        }
        app.get(format!("/goals/{}", p.id)).by(&p.resident).send().await.problem(404, "not_found");
    }
    let seat = json!({"membership_id": goal, "kind": "deputy", "selection_method": "consensus"});
    app.post(p.path("/seats")).by(&p.resident).json(seat).send().await.refuses(&["/membership_id"]);
}

async fn unknown_and_malformed_query_parameters_are_named(app: App) {
    let get = |query: &str| app.get(format!("/partnerships?{query}"));
    get("limit=201").send().await.refuses(&["?limit"]);
    get("limit=-1&limit=5").send().await.refuses(&["?limit", "?limit"]);
    get("limit=ten").send().await.refuses(&["?limit"]);
    get("include=everything").send().await.refuses(&["?include"]);
    get("cursor=AAAA").send().await.refuses(&["?cursor"]);
    get("cursor=%00").send().await.refuses(&["?cursor"]);
    get("state=forming&state=active").send().await.refuses(&["?state"]);
    get("area_id=x&mine=perhaps&q=").send().await.refuses(&["?area_id", "?mine", "?q"]);
    get("q=%FF").send().await;
    get("__proto__=1").send().await.refuses(&["?__proto__"]);
    let somebody = app.citizen().await;
    app.get("/account?x=1&y=2").by(&somebody).send().await.refuses(&["?x", "?y"]);
    app.patch("/account?x=1").by(&somebody).if_match(1).json(json!({})).send().await.refuses(&["?x"]);
    app.post("/sessions/end-others?x=1").by(&somebody).send().await.refuses(&["?x"]);
    let ended = app.post("/sessions/end-others").by(&somebody).json(json!({"x": 1})).send().await;
    ended.problem(400, "malformed_request");
}

both_engines![
    unreadable_bodies_are_400_and_say_where,
    wrong_shapes_are_422_and_name_the_place,
    sizes_and_types_are_checked_before_the_body,
    ids_that_are_none_and_ids_of_other_kinds_name_nothing,
    unknown_and_malformed_query_parameters_are_named,
];
