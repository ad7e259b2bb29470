//! Requests to correct minutes that were declined and are maintained.

use serde_json::{Value, json};
use threekeys::platform::clock::days;

use super::minutes::{adjourned, answer, ask, circulated, step};
use crate::support::world::SILENCE;
use crate::support::{App, World};

const TIME: std::time::Duration = days(5);

/// Circulated minutes that both sides have assented to, with a request of the member that the police leader has declined.
async fn declined(app: &App, world: &World) -> (String, String) {
    let path = circulated(app, world, json!({})).await;
    let asked = ask(app, &world.member, &path).await.expect(201).id();
    for leader in [&world.civilian_leader, &world.police_leader] {
        let version = app.minutes_version(&path, leader).await;
        step(app, leader, &path, "assent", version).send().await.expect(200);
    }
    app.pass(SILENCE);
    let told = answer(app, &world.police_leader, &asked, "decline", 1).await.expect(200);
    assert_eq!(told.body["maintain_by"], json!(app.now().plus(TIME).to_string()));
    (path, asked)
}

async fn a_decline_is_told_and_holds_silence_up(app: App) {
    let world = app.world().await;
    let (path, asked) = declined(&app, &world).await;
    let letters = app.mails(&world.member.email).await;
    let letter = letters.iter().find(|letter| letter.contains("was declined")).expect("they are told");
    assert!(letter.contains(&format!("/correction-requests/{asked}")) && !letter.contains("We counted"), "{letter}");
    assert_eq!(app.run_job("approve_minutes").await, 0, "they can still maintain it");
    let minutes = app.get(format!("{path}/minutes")).by(&world.member).send().await.expect(200);
    assert_eq!(minutes.body["consents_at"], json!(app.now().plus(TIME).to_string()));
    let early = step(&app, &world.secretary, &path, "publish", minutes.version()).send().await;
    assert_eq!(early.problem(409, "minutes_not_approved").body["missing"], json!(["declined_requests"]));
    app.pass(TIME);
    let late = answer(&app, &world.member, &asked, "maintain", 2).await;
    late.problem(409, "conflict");
    assert_eq!(app.run_job("approve_minutes").await, 1);
    let late = answer(&app, &world.member, &asked, "maintain", 2).await;
    late.problem(409, "conflict");
}

async fn what_is_maintained_is_for_a_decision(app: App) {
    let world = app.world().await;
    let (path, asked) = declined(&app, &world).await;
    answer(&app, &world.secretary, &asked, "maintain", 2).await.problem(403, "forbidden");
    answer(&app, &world.stranger, &asked, "maintain", 2).await.problem(404, "not_found");
    answer(&app, &world.member, &asked, "withdraw", 2).await.problem(409, "conflict");
    answer(&app, &world.member, &asked, "maintain", 1).await.problem(412, "precondition_failed");
    let kept = answer(&app, &world.member, &asked, "maintain", 2).await.expect(200);
    assert_eq!((&kept.body["state"], &kept.body["maintain_by"]), (&json!("maintained"), &Value::Null));
    assert_eq!(kept.body["maintained_at"], json!(app.now().to_string()));
    assert_eq!((&kept.body["decline_reason"], kept.version()), (&json!("We counted."), 3));
    answer(&app, &world.police_leader, &asked, "decline", 3).await.problem(409, "conflict");
    app.pass(SILENCE);
    assert_eq!(app.run_job("approve_minutes").await, 0, "silence approves nothing any more");
    let minutes = app.get(format!("{path}/minutes")).by(&world.member).send().await.expect(200);
    assert_eq!((&minutes.body["consents_at"], &minutes.body["state"]), (&Value::Null, &json!("circulated")));
    assert_eq!(minutes.body["maintained_correction_requests"], 1);
    let refused = step(&app, &world.secretary, &path, "publish", minutes.version()).send().await;
    assert_eq!(refused.problem(409, "minutes_not_approved").body["missing"], json!(["maintained_requests"]));
    let proposed = step(&app, &world.secretary, &path, "propose", minutes.version()).leaving(2).send().await;
    assert_eq!(proposed.expect(200).body["state"], "proposed");
    let list = format!("{path}/minutes/correction-requests?state=maintained");
    assert_eq!(app.get(list).by(&world.officer).send().await.expect(200).items().len(), 1);
}

async fn what_is_maintained_ends_with_a_text_that_has_it_in_or_with_whoever_asked(app: App) {
    let world = app.world().await;
    let start = app.now();
    for ending in ["accept", "withdraw"] {
        app.state.clock.set(start);
        let (path, asked) = declined(&app, &world).await;
        answer(&app, &world.member, &asked, "maintain", 2).await.expect(200);
        answer(&app, &world.secretary, &asked, "accept", 3).await.problem(409, "conflict");
        let version = app.minutes_version(&path, &world.secretary).await;
        let body = json!({"text": "Nine neighbors and three officers.", "visibility": "public"});
        app.put(format!("{path}/minutes")).by(&world.secretary).if_match(version).json(body).send().await.expect(200);
        let by = if ending == "accept" { &world.secretary } else { &world.member };
        let over = answer(&app, by, &asked, ending, 3).await.expect(200);
        let state = if ending == "accept" { "accepted" } else { "withdrawn" };
        assert_eq!((&over.body["state"], &over.body["decline_reason"]), (&json!(state), &json!("We counted.")));
        for leader in [&world.civilian_leader, &world.police_leader] {
            let version = app.minutes_version(&path, leader).await;
            step(&app, leader, &path, "assent", version).send().await.expect(200);
        }
        app.pass(SILENCE);
        assert_eq!(app.run_job("approve_minutes").await, 1, "{ending}");
    }
}

/// Minutes of leaders' meetings are not decided on: both sides assent anew, knowing of it.
async fn what_is_maintained_among_leaders_needs_their_assent_anew(app: App) {
    let world = app.world().await;
    let path = adjourned(&app, &world, json!({"visibility": "leaders"})).await;
    let leader = &world.civilian_leader;
    let text = json!({"text": "Nine neighbors and two officers.", "visibility": "members"});
    app.put(format!("{path}/minutes")).by(leader).json(text).send().await.expect(201);
    step(&app, leader, &path, "circulate", 1).send().await.expect(200);
    let asked = ask(&app, &world.civilian_leader, &path).await.expect(201).id();
    let assent = async || {
        for leader in [&world.civilian_leader, &world.police_leader] {
            let version = app.minutes_version(&path, leader).await;
            step(&app, leader, &path, "assent", version).send().await.expect(200);
        }
    };
    assent().await;
    answer(&app, &world.police_leader, &asked, "decline", 1).await.expect(200);
    answer(&app, &world.civilian_leader, &asked, "maintain", 2).await.expect(200);
    app.pass(SILENCE);
    assert_eq!(app.run_job("approve_minutes").await, 0);
    let minutes = app.get(format!("{path}/minutes")).by(&world.civilian_leader).send().await.expect(200);
    assert_eq!(minutes.body["missing_assents"], json!(["civilian", "police"]));
    assent().await;
    assert_eq!(app.run_job("approve_minutes").await, 1);
}

both_engines![
    what_is_maintained_among_leaders_needs_their_assent_anew,
    a_decline_is_told_and_holds_silence_up,
    what_is_maintained_is_for_a_decision,
    what_is_maintained_ends_with_a_text_that_has_it_in_or_with_whoever_asked,
];
