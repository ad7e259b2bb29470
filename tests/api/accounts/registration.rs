use serde_json::{Value, json};
use threekeys::platform::clock::{hours, minutes};

use crate::support::App;
use crate::support::people::PASSWORD;

const PASSWORD_OF_ATTACKER: &str = "nine quiet otters in the reeds";

fn registration(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "display_name": "Ann Lee", "is_13_or_older": true})
}

async fn registration_leads_by_mail_to_a_session(app: App) {
    app.post("/accounts").json(registration("Ann@Example.org")).send().await.expect(202);
    let login = json!({"email": "ann@example.org", "password": PASSWORD, "device": "phone"});
    app.post("/sessions").json(login.clone()).send().await.problem(401, "credentials_rejected");
    let code = app.mailed_code("Ann@Example.org", "tkv_").await;
    let proof = |password: &str| app.post("/email-verifications").json(json!({"token": code, "password": password}));
    proof("another password entirely").send().await.problem(401, "token_rejected");
    proof(PASSWORD).send().await.expect(204);
    proof(PASSWORD).send().await.problem(401, "token_rejected");
    let session = app.post("/sessions").json(login).send().await.expect(201);
    let token = format!("Bearer {}", session.str("access_token"));
    let own = app.get("/account").header("authorization", token).send().await.expect(200);
    assert_eq!((own.body["email"].as_str(), own.body["side"].as_str()), (Some("Ann@Example.org"), Some("civilian")));
}

async fn register_account_answers_the_same_for_known_and_unknown_addresses(app: App) {
    let known = app.citizen().await;
    let body = |answer: crate::support::Answer| (answer.status, answer.bytes);
    let unknown = body(app.post("/accounts").json(registration("new@example.org")).send().await);
    assert_eq!(body(app.post("/accounts").json(registration(&known.email)).send().await), unknown);
    assert!(app.mails(&known.email).await[0].contains("You have an account already"));
    // Nor does signing in with the password of such a registration tell, however often it is tried.
    let log_in =
        |email: &str| app.post("/sessions").json(json!({"email": email, "password": PASSWORD_OF_ATTACKER})).send();
    for email in ["fresh@example.org", &known.email] {
        let mut body = registration(email);
        body["password"] = json!(PASSWORD_OF_ATTACKER);
        app.post("/accounts").json(body).send().await.expect(202);
    }
    for attempt in 1..=7 {
        let (fresh, taken) = (log_in("fresh@example.org").await, log_in(&known.email).await);
        let told = |answer: &crate::support::Answer| {
            (answer.status, answer.body["code"].clone(), answer.body["detail"].clone())
        };
        assert_eq!(told(&fresh), told(&taken), "attempt {attempt}");
    }
    for path in ["/password-resets/requests", "/email-verifications/requests"] {
        let ask = |email: &str| app.post(path).json(json!({"email": email})).send();
        assert_eq!(body(ask(&known.email).await), body(ask("nobody@example.org").await), "{path}");
    }
    assert!(app.mails("nobody@example.org").await.is_empty());
}

async fn a_later_registration_of_an_unproved_address_takes_the_place_of_the_first(app: App) {
    app.post("/accounts").json(registration("ann@example.org")).send().await.expect(202);
    let first = app.mailed_code("ann@example.org", "tkv_").await;
    app.pass(minutes(30));
    let mut theirs = registration("ann@example.org");
    theirs["password"] = json!("a stranger chose these words");
    app.post("/accounts").json(theirs).send().await.expect(202);
    // Whoever registered first, or last, gains nothing by the owner's code without knowing the password that goes with it.
    app.post("/email-verifications")
        .json(json!({"token": first, "password": PASSWORD}))
        .send()
        .await
        .problem(401, "token_rejected");
    let second = app.mailed_code("ann@example.org", "tkv_").await;
    assert_ne!(first, second);
    app.post("/email-verifications")
        .json(json!({"token": second, "password": PASSWORD}))
        .send()
        .await
        .problem(401, "token_rejected");
    app.pass(hours(24));
    let late = json!({"token": second, "password": "a stranger chose these words"});
    app.post("/email-verifications").json(late).send().await.problem(401, "token_rejected");
}

async fn register_account_refuses_what_it_must_by_name(app: App) {
    let post = |body: Value| app.post("/accounts").json(body);
    post(json!({})).send().await.refuses(&["/display_name", "/email", "/is_13_or_older", "/password"]);
    let mut child = registration("kid@example.org");
    child["is_13_or_older"] = json!(false);
    child["kind"] = json!("officer");
    post(child).send().await.refuses(&["/is_13_or_older", "/kind"]);
    for (password, told) in [
        ("password12345678", 422),
        ("aaaaaaaaaaaaaaaaaaaa", 422),
        ("ann@example.organn@example.org", 422),
        ("violet tram under quiet maples", 202),
    ] {
        let mut body = registration("ann@example.org");
        body["password"] = json!(password);
        let answer = post(body).send().await.expect(told);
        assert!(told == 202 || answer.body["code"] == "password_refused", "{password}: {:#}", answer.body);
    }
    let mut long = registration("ann@example.org");
    long["password"] = json!("x".repeat(129));
    post(long).send().await.refuses(&["/password"]);
    let mut longest = registration("max@example.org");
    let words: String = (1..40).map(|n| format!("wört{} ", n * 7919 % 101)).collect();
    longest["password"] = json!(words.chars().take(128).collect::<String>());
    post(longest).send().await.expect(202);
}

async fn mails_to_one_address_are_few(app: App) {
    for _ in 0..5 {
        app.post("/accounts").json(registration("ann@example.org")).send().await.expect(202);
    }
    assert_eq!(app.mails("ann@example.org").await.len(), 3);
    app.pass(hours(1));
    app.post("/email-verifications/requests").json(json!({"email": "ann@example.org"})).send().await.expect(202);
    assert_eq!(app.mails("ann@example.org").await.len(), 4);
}

async fn mails_carry_no_secret_once_they_are_out(app: App) {
    use diesel::prelude::*;
    use threekeys::schema::mails;
    app.post("/accounts").json(registration("ann@example.org")).send().await.expect(202);
    let waiting: Vec<Option<Vec<u8>>> = app.db(|conn| mails::table.select(mails::body).load(conn)).await;
    let sealed = waiting[0].clone().unwrap();
    assert!(!sealed.windows(4).any(|w| w == b"tkv_"), "sealed while it waits");
    app.mails("ann@example.org").await;
    let sent: Vec<(Option<Vec<u8>>, String)> =
        app.db(|conn| mails::table.select((mails::body, mails::state)).load(conn)).await;
    assert_eq!(sent, [(None, "sent".to_owned())]);
}

both_engines![
    registration_leads_by_mail_to_a_session,
    register_account_answers_the_same_for_known_and_unknown_addresses,
    a_later_registration_of_an_unproved_address_takes_the_place_of_the_first,
    register_account_refuses_what_it_must_by_name,
    mails_to_one_address_are_few,
    mails_carry_no_secret_once_they_are_out,
];
