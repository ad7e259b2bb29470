use serde_json::json;
use threekeys::platform::clock::minutes;

use crate::support::App;
use crate::support::people::PASSWORD;

async fn update_own_account_tells_absent_from_null(app: App) {
    let ann = app.citizen().await;
    let patch = |version: i64| app.patch("/account").by(&ann).if_match(version);
    let set = patch(1)
        .json(json!({"alias": "Night Owl", "phone": "+19135550100", "shares_contact": true, "max_hours_month": 10}));
    let set = set.send().await.expect(200);
    assert_eq!((set.version(), set.header("etag")), (2, Some("\"2\"")));
    let kept = patch(2).json(json!({"display_name": "Ann Lee"})).send().await.expect(200);
    assert_eq!((kept.body["alias"].as_str(), kept.body["max_hours_month"].as_i64()), (Some("Night Owl"), Some(10)));
    let cleared =
        patch(3).json(json!({"alias": null, "phone": null, "max_hours_month": null})).send().await.expect(200);
    assert_eq!((&cleared.body["alias"], &cleared.body["phone"]), (&json!(null), &json!(null)));
    patch(4).json(json!({"display_name": null, "shares_contact": null, "phone": "911", "max_hours_month": 745, "kind": "officer"})).send().await
        .refuses(&["/display_name", "/kind", "/max_hours_month", "/phone", "/shares_contact"]);
    patch(3).json(json!({})).send().await.problem(412, "precondition_failed");
    app.patch("/account").by(&ann).json(json!({})).send().await.problem(428, "precondition_required");
    app.patch("/account")
        .by(&ann)
        .header("if-match", "*")
        .json(json!({}))
        .send()
        .await
        .problem(400, "malformed_request");
}

async fn get_own_account_answers_304_to_a_known_tag(app: App) {
    let ann = app.citizen().await;
    let read = |tag: &str| app.get("/account").by(&ann).header("if-none-match", tag);
    let same = read("\"1\"").send().await.expect(304);
    assert_eq!((same.bytes.len(), same.header("etag")), (0, Some("\"1\"")));
    read("\"7\", W/\"1\"").send().await.expect(304);
    read("\"2\"").send().await.expect(200);
}

async fn update_own_profile_replaces_each_list_that_is_given(app: App) {
    let ann = app.citizen().await;
    let patch = |version: i64| app.patch("/account/profile").by(&ann).if_match(version);
    let profile = json!({
        "skills": [{"skill": "Spanish interpreting", "level": 4, "evidence": "Six years"}, {"skill": "Carpentry", "level": 2}],
        "interests": [{"topic": "Street lighting", "strength": 3}], "growth": ["Facilitation"], "languages": ["en", "es-MX"]
    });
    let set = patch(1).json(profile).send().await.expect(200);
    assert_eq!(
        (set.body["skills"][0]["skill"].as_str(), set.body["languages"][1].as_str()),
        (Some("Carpentry"), Some("es-MX"))
    );
    let less = patch(2).json(json!({"skills": []})).send().await.expect(200);
    assert_eq!(
        (less.body["skills"].as_array().map(Vec::len), less.body["interests"].as_array().map(Vec::len)),
        (Some(0), Some(1))
    );
    let doubled = json!({"skills": [{"skill": "Spanish", "level": 1}, {"skill": "SPANISH ", "level": 2}], "languages": ["en", "en"]});
    patch(3).json(doubled).send().await.refuses(&["/languages/1", "/skills/1"]);
    let bad =
        json!({"skills": [{"skill": "", "level": 5, "since": 3}], "growth": ["ok", "a\nb"], "languages": ["english"]});
    patch(3).json(bad).send().await.refuses(&[
        "/growth/1",
        "/languages/0",
        "/skills/0/level",
        "/skills/0/since",
        "/skills/0/skill",
    ]);
}

async fn close_own_account_anonymises_and_keeps_the_last_administrator(app: App) {
    let (ann, admin) = (app.citizen().await, app.administrator().await);
    let close = |who, password: &str| app.post("/account/close").by(who).json(json!({"password": password}));
    close(&ann, "not my password at all").send().await.problem(401, "credentials_rejected");
    close(&ann, PASSWORD).send().await.expect(204);
    app.get("/account").by(&ann).send().await.problem(401, "unauthenticated");
    app.post("/sessions")
        .json(json!({"email": ann.email, "password": PASSWORD}))
        .send()
        .await
        .problem(401, "credentials_rejected");
    let gone = app.get(format!("/accounts/{}", ann.id)).by(&admin).send().await.expect(200);
    assert_eq!(
        (gone.body["state"].as_str(), &gone.body["email"], gone.body["display_name"].as_str()),
        (Some("closed"), &json!(null), Some("Former member"))
    );
    close(&admin, PASSWORD).send().await.problem(409, "conflict");
    app.administrator().await;
    close(&admin, PASSWORD).send().await.expect(204);
    let again = json!({"email": ann.email, "password": PASSWORD, "display_name": "Ann again", "is_13_or_older": true});
    app.post("/accounts").json(again).send().await.expect(202);
    app.mailed_code(&ann.email, "tkv_").await;
}

async fn close_own_account_counts_wrong_passwords_with_the_others(app: App) {
    let ann = app.citizen().await;
    let close = |password: &str| app.post("/account/close").by(&ann).json(json!({"password": password}));
    for tried in 0..5 {
        close(&format!("not my password at all {tried}")).leaving(1).send().await.problem(401, "credentials_rejected");
    }
    let refused = close(PASSWORD).send().await.problem(429, "quota_exceeded");
    assert!(refused.header("retry-after").is_some());
    let body = json!({"current_password": PASSWORD, "new_password": "green kettle on the north porch"});
    app.post("/account/password").by(&ann).json(body).send().await.problem(429, "quota_exceeded");
    let told = app.get("/account/timeline").by(&ann).send().await.expect(200);
    assert_eq!(told.items().len(), 5);
    assert!(told.items().iter().all(|one| one["action"] == "account.closing_refused"));
    app.pass(minutes(15));
    let token = app.session(ann.id).await.1;
    let call = app.post("/account/close").header("authorization", format!("Bearer {token}"));
    call.json(json!({"password": PASSWORD})).send().await.expect(204);
}

async fn own_timeline_has_what_was_done_and_tried(app: App) {
    let ann = app.citizen().await;
    app.post("/sessions")
        .json(json!({"email": ann.email, "password": "wrong words entirely here"}))
        .send()
        .await
        .expect(401);
    app.patch("/account").by(&ann).if_match(1).json(json!({"alias": "Owl"})).send().await.expect(200);
    app.get("/accounts").by(&ann).send().await.problem(403, "forbidden");
    let timeline = app.get("/account/timeline").by(&ann).send().await.expect(200);
    let actions: Vec<&str> = timeline.items().iter().map(|i| i["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["policy.denied", "account.updated", "session.refused"]);
    assert_eq!(timeline.items()[1]["changed"], json!(["alias"]));
    assert!(!timeline.body.to_string().contains("Owl"), "names of fields, never their content");
}

both_engines![
    update_own_account_tells_absent_from_null,
    get_own_account_answers_304_to_a_known_tag,
    update_own_profile_replaces_each_list_that_is_given,
    close_own_account_anonymises_and_keeps_the_last_administrator,
    close_own_account_counts_wrong_passwords_with_the_others,
    own_timeline_has_what_was_done_and_tried,
];
