//! No token is good for anything but what it is for.

use serde_json::{Value, json};

use crate::support::App;
use crate::support::people::PASSWORD;

/// One of each kind, all of them valid.
async fn collected(app: &App) -> Vec<(&'static str, String)> {
    let (agency, admin, ann) = (app.agency().await, app.administrator().await, app.citizen().await);
    let login = json!({"email": ann.email, "password": PASSWORD});
    let opened = app.post("/sessions").json(login).send().await.expect(201);
    app.post("/password-resets/requests").json(json!({"email": ann.email})).send().await.expect(202);
    let new =
        json!({"email": "new@example.org", "password": PASSWORD, "display_name": "Newcomer", "is_13_or_older": true});
    let key = uuid::Uuid::now_v7().to_string();
    app.post("/accounts").key(&key).json(new).send().await.expect(202);
    let invitation = json!({"email": "kim@example.org", "kind": "officer", "agency_id": agency.to_string()});
    let invited = app.post("/invitations").by(&admin).fresh_key().json(invitation).send().await.expect(201);
    for _ in 0..2 {
        app.citizen().await;
    }
    let page = app.get("/accounts?limit=1").by(&admin).send().await.expect(200);
    let calendar = app.post("/account/calendar-address").by(&ann).send().await.expect(201);
    let keys = app.get("/.well-known/jwks.json").send().await.expect(200);
    vec![
        ("access", opened.str("access_token")),
        ("refresh", opened.str("refresh_token")),
        ("device", opened.str("device_token")),
        ("reset", app.mailed_code(&ann.email, "tkp_").await),
        ("verification", app.mailed_code("new@example.org", "tkv_").await),
        ("invitation", app.mailed_code("kim@example.org", "tki_").await),
        ("bootstrap", "tkb_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into()),
        ("idempotency key", key),
        ("calendar", calendar.str("calendar_url").split('/').rev().nth(1).unwrap().to_owned()),
        ("cursor", page.str("next_cursor")),
        ("session id", opened.str("session_id")),
        ("account id", ann.id.to_string()),
        ("invitation id", invited.id()),
        ("password", PASSWORD.into()),
        ("key id", keys.body["keys"][0]["kid"].as_str().unwrap().to_owned()),
        ("public key", keys.body["keys"][0]["x"].as_str().unwrap().to_owned()),
    ]
}

fn requests(token: &str) -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("refresh", "/sessions/refresh", json!({"refresh_token": token})),
        ("verification", "/email-verifications", json!({"token": token, "password": PASSWORD})),
        ("reset", "/password-resets", json!({"token": token, "new_password": "green kettle on the north porch"})),
        (
            "invitation",
            "/invitations/accept",
            json!({"token": token, "email": "kim@example.org", "password": PASSWORD, "display_name": "Kim"}),
        ),
        (
            "bootstrap",
            "/bootstrap",
            json!({"token": token, "email": "boss@example.org", "password": PASSWORD, "display_name": "Boss"}),
        ),
    ]
}

async fn tokens_of_one_kind_open_nothing_else(app: App) {
    let tokens = collected(&app).await;
    let mut tried = 0;
    for (kind, token) in &tokens {
        if *kind != "access" {
            app.get("/account")
                .header("authorization", format!("Bearer {token}"))
                .send()
                .await
                .problem(401, "unauthenticated");
            tried += 1;
        }
        // Every other prefix on the same random part, too.
        let forms: Vec<String> = match token.split_once('_').filter(|(prefix, _)| prefix.starts_with("tk")) {
            Some((_, body)) => {
                ["tkr", "tki", "tkv", "tkp", "tkb", "tkd"].map(|prefix| format!("{prefix}_{body}")).into()
            }
            None => vec![token.clone()],
        };
        for form in forms {
            for (taken, path, body) in requests(&form) {
                if (taken, &form) != (*kind, token) && token.chars().count() <= 200 {
                    app.post(path).json(body).send().await.problem(401, "token_rejected");
                    tried += 1;
                }
            }
        }
        // What no field of a token takes by its length.
        if token.chars().count() > 200 {
            for (_, path, body) in requests(token) {
                assert!([401, 422].contains(&app.post(path).json(body).send().await.status), "{kind} at {path}");
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
    // None of that used any of them up.
    let own = |kind: &str| &tokens.iter().find(|(k, _)| *k == kind).unwrap().1;
    for kind in ["refresh", "verification", "invitation", "reset"] {
        let (_, path, body) = requests(own(kind)).into_iter().find(|(taken, _, _)| *taken == kind).unwrap();
        assert!(app.post(path).json(body).send().await.status < 300, "{kind}");
    }
}

async fn a_device_token_opens_no_session_and_no_other_account(app: App) {
    let (ann, bob) = (app.citizen().await, app.citizen().await);
    let login = |email: &str, password: &str, device: &str| {
        app.post("/sessions").json(json!({"email": email, "password": password, "device_token": device}))
    };
    let opened = app.post("/sessions").json(json!({"email": ann.email, "password": PASSWORD})).send().await.expect(201);
    let device = opened.str("device_token");
    login(&ann.email, "not the right words at all", &device).send().await.problem(401, "credentials_rejected");
    for _ in 0..5 {
        login(&bob.email, "not the right words at all", &device).send().await.problem(401, "credentials_rejected");
    }
    login(&bob.email, PASSWORD, &device).send().await.problem(429, "quota_exceeded");
    login(&bob.email, PASSWORD, "tkd_AAAA").send().await.problem(429, "quota_exceeded");
    login(&bob.email, PASSWORD, &device.replace("tkd_", "tkr_")).send().await.problem(429, "quota_exceeded");
    app.pass(threekeys::platform::clock::minutes(20));
    login(&bob.email, PASSWORD, "nonsense").send().await.expect(201);
}

both_engines![tokens_of_one_kind_open_nothing_else, a_device_token_opens_no_session_and_no_other_account];
