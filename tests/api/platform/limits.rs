use serde_json::json;

use crate::support::App;

async fn quotas_are_told_and_kept_per_class_and_caller(app: App) {
    let app = app
        .reconfigured(|config| {
            config.limits.anonymous_per_minute = 4;
            config.limits.writes_per_minute = 8;
            config.limits.logins_per_minute = 3;
        })
        .await;
    for left in ["1", "0"] {
        let answer = app.get("/partnerships").send().await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"anonymous\";q=4;w=60"));
        assert!(
            answer.header("ratelimit").unwrap().starts_with(&format!("\"anonymous\";r={left};t=")),
            "{:?}",
            answer.header("ratelimit")
        );
    }
    let full = app.get("/partnerships").send().await.problem(429, "quota_exceeded");
    let wait: u64 = full.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=16).contains(&wait), "{wait}");
    assert_eq!(full.header("ratelimit"), Some(&*format!("\"anonymous\";r=0;t={wait}")));
    let (ann, bob) = (app.citizen().await, app.citizen().await);
    for person in [&ann, &bob] {
        app.get("/account").by(person).send().await.expect(200);
    }
    let write = |version: i64| app.patch("/account").by(&ann).if_match(version).json(json!({"alias": "Owl"}));
    write(1).send().await.expect(200);
    write(2).send().await.expect(200);
    write(3).send().await.problem(429, "quota_exceeded");
    app.patch("/account").by(&bob).if_match(1).json(json!({"alias": "Elk"})).send().await.expect(200);
    let reset = || {
        let body = json!({"token": "tkp_x", "new_password": "green kettle on the north porch"});
        app.post("/password-resets").json(body).send()
    };
    for _ in 0..3 {
        reset().await.problem(401, "token_rejected");
    }
    reset().await.problem(429, "quota_exceeded");
    for path in ["/livez", "/readyz", "/.well-known/jwks.json"] {
        assert_eq!(app.get(path).send().await.expect(200).header("ratelimit"), None);
    }
}

async fn forwarded_addresses_count_only_behind_a_trusted_proxy(app: App) {
    let app = app.reconfigured(|config| config.limits.anonymous_per_minute = 2).await;
    assert_eq!(from(&app, "203.0.113.1").await, 200);
    assert_eq!(from(&app, "203.0.113.2").await, 429, "nobody's word for it");
    let app = app
        .reconfigured(|config| {
            config.limits.anonymous_per_minute = 2;
            config.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap(), "10.0.0.1".parse().unwrap()];
        })
        .await;
    assert_eq!(from(&app, "203.0.113.1").await, 200);
    assert_eq!(from(&app, "203.0.113.2").await, 200);
    assert_eq!(from(&app, "198.51.100.7, 203.0.113.2").await, 429, "the last one that is not ours counts");
    assert_eq!(from(&app, "203.0.113.9, 10.0.0.1").await, 200);
    assert_eq!(from(&app, "203.0.113.9, 10.0.0.1").await, 429);
}

async fn from(app: &App, forwarded: &str) -> u16 {
    app.get("/partnerships").header("x-forwarded-for", forwarded).send().await.status
}

both_engines![quotas_are_told_and_kept_per_class_and_caller, forwarded_addresses_count_only_behind_a_trusted_proxy];
