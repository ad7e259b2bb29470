//! Whose word is taken for where a request comes from: the proxies', and what they wrote themselves.

use crate::support::App;
use crate::support::people::PASSWORD;

use serde_json::json;

/// The address that ends up in the session of whoever signs in so.
async fn seen(app: &App, email: &str, headers: &[(&str, &str)]) -> String {
    let mut call = app.post("/sessions").json(json!({"email": email, "password": PASSWORD}));
    for (name, value) in headers {
        call = call.header(name, value);
    }
    let opened = call.send().await.expect(201);
    let bearer = format!("Bearer {}", opened.str("access_token"));
    let list = app.get("/sessions?limit=1").header("authorization", bearer).send().await.expect(200);
    list.items()[0]["ip"].as_str().unwrap().to_owned()
}

const NAMES: [&str; 9] = [
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "forwarded-for",
    "x-originating-ip",
];

async fn nobody_is_believed_where_there_is_no_proxy(app: App) {
    let ann = app.citizen().await;
    app.pass(std::time::Duration::from_secs(1));
    for value in ["203.0.113.9", "127.0.0.1, 203.0.113.9", "::1", "unknown", ""] {
        assert_eq!(seen(&app, &ann.email, &[("x-forwarded-for", value)]).await, "127.0.0.1", "{value}");
        app.pass(std::time::Duration::from_secs(1));
    }
}

async fn proxies_are_believed_as_far_as_they_can_know(app: App) {
    let app = app
        .reconfigured(|config| {
            config.server.trusted_proxies =
                ["127.0.0.1", "10.0.0.1", "10.0.0.2", "2001:db8::1"].map(|ip| ip.parse().unwrap()).to_vec();
        })
        .await;
    let ann = app.citizen().await;
    let long = vec!["10.0.0.1"; 500].join(", ");
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (vec![], "127.0.0.1"),
        (vec![""], "127.0.0.1"),
        (vec!["203.0.113.9"], "203.0.113.9"),
        (vec!["203.0.113.9, 10.0.0.1"], "203.0.113.9"),
        (vec!["203.0.113.9,10.0.0.1 ,\t10.0.0.2"], "203.0.113.9"),
        (vec!["203.0.113.9", "10.0.0.1"], "203.0.113.9"),
        (vec!["10.0.0.1", "203.0.113.9"], "203.0.113.9"),
        // What the client wrote itself stands to the left of what a proxy saw.
        (vec!["198.51.100.7, 203.0.113.9"], "203.0.113.9"),
        (vec!["10.0.0.1, 203.0.113.9"], "203.0.113.9"),
        (vec!["127.0.0.1, 203.0.113.9, 10.0.0.1"], "203.0.113.9"),
        (vec!["not an address, 203.0.113.9"], "203.0.113.9"),
        (vec!["2001:db8:5::7, 2001:db8::1"], "2001:db8:5::7"),
        // Nothing that can be read: the nearest that is known, and never what stands further left.
        (vec!["203.0.113.9, unknown"], "127.0.0.1"),
        (vec!["203.0.113.9, 10.0.0.1:4711"], "127.0.0.1"),
        (vec!["203.0.113.9, "], "127.0.0.1"),
        (vec!["203.0.113.9, _hidden"], "127.0.0.1"),
        (vec!["203.0.113.256"], "127.0.0.1"),
        (vec!["0x7f.1"], "127.0.0.1"),
        (vec!["[2001:db8:5::7]"], "127.0.0.1"),
        (vec!["\"203.0.113.9\""], "127.0.0.1"),
        (vec!["for=203.0.113.9"], "127.0.0.1"),
        (vec!["10.0.0.1, 10.0.0.2"], "127.0.0.1"),
        (vec![&long], "127.0.0.1"),
        // An address in the other family's clothes is the same address.
        (vec!["::ffff:203.0.113.9"], "203.0.113.9"),
        (vec!["203.0.113.9, ::ffff:10.0.0.1"], "203.0.113.9"),
    ];
    for (values, expected) in cases {
        // The newest session is listed first.
        app.pass(std::time::Duration::from_secs(1));
        let headers: Vec<_> = values.iter().map(|value| ("x-forwarded-for", *value)).collect();
        assert_eq!(seen(&app, &ann.email, &headers).await, expected, "{values:?}");
    }
    for name in NAMES {
        app.pass(std::time::Duration::from_secs(1));
        assert_eq!(seen(&app, &ann.email, &[(name, "203.0.113.9")]).await, "127.0.0.1", "{name}");
    }
    // Links and tokens never take a host from a request.
    for name in ["host", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-server", "x-host"] {
        let reset =
            app.post("/password-resets/requests").header(name, "evil.example").json(json!({"email": ann.email}));
        reset.send().await.expect(202);
    }
    let mails = app.mails(&ann.email).await;
    assert!(!mails.is_empty() && mails.iter().all(|mail| !mail.contains("evil.example")));
    let wrong =
        app.get("/account").header("x-forwarded-host", "evil.example").header("host", "evil.example").send().await;
    assert!(!String::from_utf8_lossy(&wrong.bytes).contains("evil.example"));
}

both_engines![nobody_is_believed_where_there_is_no_proxy, proxies_are_believed_as_far_as_they_can_know];
