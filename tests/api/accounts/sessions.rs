use futures_util::future::join_all;
use serde_json::json;
use threekeys::platform::clock::{hours, minutes};

use crate::support::people::PASSWORD;
use crate::support::{Answer, App};

impl App {
    async fn log_in(&self, email: &str) -> Answer {
        self.post("/sessions").json(json!({"email": email, "password": PASSWORD})).send().await
    }
    async fn refresh(&self, token: &str) -> Answer {
        self.post("/sessions/refresh").json(json!({"refresh_token": token})).send().await
    }
    async fn with_token(&self, token: &str) -> Answer {
        self.get("/account").header("authorization", format!("Bearer {token}")).send().await
    }
}

async fn log_in_answers_the_same_for_every_wrong_pair(app: App) {
    let ann = app.citizen().await;
    let wrong = |email: &str| {
        app.post("/sessions").json(json!({"email": email, "password": "not the right words at all"})).send()
    };
    let (known, unknown) =
        (wrong(&ann.email).await.problem(401, "credentials_rejected"), wrong("nobody@example.org").await);
    let essence = |mut answer: Answer| {
        answer.body["request_id"] = json!("-");
        (answer.status, answer.body)
    };
    assert_eq!(essence(known), essence(unknown));
}

async fn five_failures_make_an_address_cool_off_known_or_not(app: App) {
    let ann = app.citizen().await;
    let first = app.log_in(&ann.email).await.expect(201);
    for email in [ann.email.as_str(), "nobody@example.org"] {
        for _ in 0..5 {
            let wrong = json!({"email": email, "password": "not the right words at all"});
            app.post("/sessions").json(wrong).send().await.problem(401, "credentials_rejected");
        }
        let blocked = app.log_in(email).await.problem(429, "quota_exceeded");
        assert_eq!(blocked.header("retry-after"), Some("181"));
    }
    // Somebody else's failures don't keep out a device that has signed in before.
    let known = json!({"email": ann.email, "password": PASSWORD, "device_token": first.str("device_token")});
    app.post("/sessions").json(known).send().await.expect(201);
    for _ in 0..5 {
        let wrong = json!({"email": ann.email, "password": "not the right words at all"});
        app.post("/sessions").json(wrong).send().await;
    }
    app.pass(minutes(3));
    app.log_in(&ann.email).await.expect(201);
}

async fn parallel_guesses_count_like_guesses_one_by_one(app: App) {
    let ann = app.citizen().await;
    let guess = |n: usize| {
        let body = json!({"email": ann.email, "password": if n == 19 { PASSWORD.to_owned() } else { format!("wrong words number {n}") }});
        app.post("/sessions").json(body).unchecked().send()
    };
    let answers = join_all((0..19).map(guess)).await;
    let rejected = answers.iter().filter(|a| a.status == 401).count();
    assert!(
        rejected <= 8 && answers.iter().all(|a| [401, 429].contains(&a.status)),
        "{rejected} guesses were looked at"
    );
    guess(19).await.problem(429, "quota_exceeded");
}

async fn refresh_session_survives_a_lost_answer_and_ends_on_a_copy(app: App) {
    let ann = app.citizen().await;
    let opened = app.log_in(&ann.email).await.expect(201);
    let first = opened.str("refresh_token");
    let next = app.refresh(&first).await.expect(200);
    app.pass(std::time::Duration::from_secs(10));
    let again = app.refresh(&first).await.expect(200);
    assert_eq!(next.str("refresh_token"), again.str("refresh_token"), "the same successor");
    app.with_token(&again.str("access_token")).await.expect(200);
    app.pass(std::time::Duration::from_secs(1));
    app.refresh(&first).await.problem(401, "token_rejected");
    app.refresh(&next.str("refresh_token")).await.problem(401, "token_rejected");
    app.with_token(&again.str("access_token")).await.problem(401, "unauthenticated");
    assert!(app.mails(&ann.email).await[0].contains("ended for safety"));
}

async fn twenty_refreshes_at_once_give_one_successor(app: App) {
    let ann = app.citizen().await;
    let first = app.log_in(&ann.email).await.expect(201).str("refresh_token");
    let ask = || app.post("/sessions/refresh").json(json!({"refresh_token": first})).unchecked().send();
    let answers = join_all((0..20).map(|_| ask())).await;
    let mut successors: Vec<String> = answers.into_iter().map(|a| a.expect(200).str("refresh_token")).collect();
    successors.dedup();
    assert_eq!(successors.len(), 1);
    app.refresh(&successors[0]).await.expect(200);
}

async fn sessions_end_when_idle_and_in_any_case(app: App) {
    let agency = app.agency().await;
    let (citizen, officer) = (app.citizen().await, app.officer(agency).await);
    let idle = app.log_in(&officer.email).await.expect(201);
    assert_eq!(idle.body["expires_in"], 300);
    app.pass(minutes(30));
    app.refresh(&idle.str("refresh_token")).await.problem(401, "token_rejected");
    let mut token = app.log_in(&officer.email).await.expect(201).str("refresh_token");
    for _ in 0..24 {
        app.pass(minutes(29));
        token = app.refresh(&token).await.expect(200).str("refresh_token");
    }
    app.pass(minutes(24));
    app.refresh(&token).await.problem(401, "token_rejected");
    let long = app.log_in(&citizen.email).await.expect(201);
    assert_eq!(long.body["expires_in"], 600);
    app.pass(hours(719));
    app.refresh(&long.str("refresh_token")).await.expect(200);
}

async fn ended_sessions_count_for_nothing_on_the_next_request(app: App) {
    let ann = app.citizen().await;
    let (one, two) = (app.log_in(&ann.email).await.expect(201), app.log_in(&ann.email).await.expect(201));
    let list = app.get("/sessions").by(&ann).send().await.expect(200);
    assert_eq!((list.items().len(), list.items().iter().filter(|s| s["is_current"] == true).count()), (3, 1));
    app.delete(format!("/sessions/{}", one.str("session_id"))).by(&ann).send().await.expect(204);
    app.with_token(&one.str("access_token")).await.problem(401, "unauthenticated");
    app.delete(format!("/sessions/{}", one.str("session_id"))).by(&ann).send().await.problem(404, "not_found");
    let stranger = app.citizen().await;
    app.delete(format!("/sessions/{}", two.str("session_id"))).by(&stranger).send().await.problem(404, "not_found");
    app.delete("/sessions/current")
        .header("authorization", format!("Bearer {}", two.str("access_token")))
        .send()
        .await
        .expect(204);
    app.with_token(&two.str("access_token")).await.problem(401, "unauthenticated");
    app.refresh(&two.str("refresh_token")).await.problem(401, "token_rejected");
    app.log_in(&ann.email).await.expect(201);
    let ended = app.post("/sessions/end-others").by(&ann).send().await.expect(200);
    assert_eq!(ended.body["ended"], 1);
    app.get("/account").by(&ann).send().await.expect(200);
}

async fn an_account_has_twenty_sessions_at_most(app: App) {
    let ann = app.citizen().await;
    let first = app.log_in(&ann.email).await.expect(201);
    for _ in 0..20 {
        app.pass(std::time::Duration::from_secs(1));
        app.log_in(&ann.email).await.expect(201);
    }
    app.with_token(&first.str("access_token")).await.problem(401, "unauthenticated");
}

async fn change_password_ends_other_sessions_and_counts_failures(app: App) {
    let ann = app.citizen().await;
    let other = app.log_in(&ann.email).await.expect(201);
    let change = |old: &str, new: &str| {
        app.post("/account/password").by(&ann).json(json!({"current_password": old, "new_password": new}))
    };
    change("not my password at all", "green kettle on the north porch")
        .send()
        .await
        .problem(401, "credentials_rejected");
    change(PASSWORD, PASSWORD).send().await.refuses(&["/new_password"]);
    let refused = change(PASSWORD, "passwordpassword").send().await.problem(422, "password_refused");
    assert_eq!(refused.body["errors"][0]["pointer"], "/new_password");
    change(PASSWORD, "green kettle on the north porch").send().await.expect(204);
    app.with_token(&other.str("access_token")).await.problem(401, "unauthenticated");
    app.get("/account").by(&ann).send().await.expect(200);
    app.log_in(&ann.email).await.problem(401, "credentials_rejected");
    assert!(app.mails(&ann.email).await[0].contains("password of your account"));
    for _ in 0..5 {
        change("not my password at all", "yellow ladder by the old mill")
            .send()
            .await
            .problem(401, "credentials_rejected");
    }
    change("green kettle on the north porch", "yellow ladder by the old mill")
        .send()
        .await
        .problem(429, "quota_exceeded");
}

async fn reset_password_by_mail_works_once_within_the_hour(app: App) {
    let ann = app.citizen().await;
    let reset = |token: &str| {
        app.post("/password-resets").json(json!({"token": token, "new_password": "green kettle on the north porch"}))
    };
    app.post("/password-resets/requests").json(json!({"email": ann.email})).send().await.expect(202);
    let old = app.mailed_code(&ann.email, "tkp_").await;
    app.pass(hours(1));
    reset(&old).send().await.problem(401, "token_rejected");
    app.post("/password-resets/requests").json(json!({"email": ann.email})).send().await.expect(202);
    let code = app.mailed_code(&ann.email, "tkp_").await;
    reset("tkp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").send().await.problem(401, "token_rejected");
    reset(&code).send().await.expect(204);
    reset(&code).send().await.problem(401, "token_rejected");
    app.get("/account").by(&ann).send().await.problem(401, "unauthenticated");
    let login = json!({"email": ann.email, "password": "green kettle on the north porch"});
    app.post("/sessions").json(login).send().await.expect(201);
}

both_engines![
    log_in_answers_the_same_for_every_wrong_pair,
    five_failures_make_an_address_cool_off_known_or_not,
    parallel_guesses_count_like_guesses_one_by_one,
    refresh_session_survives_a_lost_answer_and_ends_on_a_copy,
    twenty_refreshes_at_once_give_one_successor,
    sessions_end_when_idle_and_in_any_case,
    ended_sessions_count_for_nothing_on_the_next_request,
    an_account_has_twenty_sessions_at_most,
    change_password_ends_other_sessions_and_counts_failures,
    reset_password_by_mail_works_once_within_the_hour,
];
