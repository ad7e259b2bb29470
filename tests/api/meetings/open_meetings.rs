//! The open meetings law, where it binds a partnership.

use serde_json::{Value, json};

use crate::support::deciding::decision_body;
use crate::support::world::meeting_body;
use crate::support::{App, World};

fn policy(world: &World) -> String {
    format!("/partnerships/{}/open-meetings-policy", world.partnership)
}

const WHY: &str = "The city formed the board and pays for it.";

async fn set(app: &App, world: &World) {
    app.post(policy(world)).by(&world.administrator).json(json!({"reason": WHY})).send().await.expect(200);
}

async fn the_policy_is_set_and_ended_by_an_administrator_with_a_reason(app: App) {
    let world = app.world().await;
    let off = app.get(policy(&world)).send().await.expect(200);
    assert_eq!((&off.body["is_on"], &off.body["version"]), (&json!(false), &Value::Null));
    for by in [&world.civilian_leader, &world.commander, &world.member] {
        app.post(policy(&world)).by(by).json(json!({"reason": WHY})).send().await.problem(403, "forbidden");
    }
    app.post(policy(&world)).by(&world.administrator).json(json!({"reason": "So."})).send().await.refuses(&["/reason"]);
    let end = format!("{}/end", policy(&world));
    let over = json!({"reason": "The city takes no part any more."});
    app.post(&end).by(&world.administrator).if_match(1).json(over.clone()).send().await.problem(409, "conflict");
    set(&app, &world).await;
    let again = app.post(policy(&world)).by(&world.administrator).json(json!({"reason": WHY}));
    again.send().await.problem(409, "conflict");
    let on = app.get(policy(&world)).send().await.expect(200);
    assert_eq!((&on.body["is_on"], &on.body["reason"], on.version()), (&json!(true), &json!(WHY), 1));
    app.post(&end)
        .by(&world.administrator)
        .if_match(2)
        .json(over.clone())
        .send()
        .await
        .problem(412, "precondition_failed");
    app.post(&end).by(&world.administrator).if_match(1).json(over).send().await.expect(200);
    assert_eq!(app.get(policy(&world)).send().await.expect(200).body["is_on"], false);
    set(&app, &world).await;
}

async fn under_it_meetings_are_open_and_nothing_is_anonymous(app: App) {
    let world = app.world().await;
    set(&app, &world).await;
    let meetings = format!("/partnerships/{}/meetings", world.partnership);
    let schedule = |other: Value| app.post(&meetings).by(&world.civilian_leader).json(meeting_body(other)).send();
    let home = json!({"kind": "private_home", "name": "At Maria's", "address": "12 Osage Ave"});
    schedule(json!({"visibility": "members"})).await.refuses(&["/visibility"]);
    schedule(json!({"visibility": "leaders", "place": home})).await.refuses(&["/visibility", "/place/kind"]);
    let made = schedule(json!({})).await.expect(201);
    let path = format!("/meetings/{}", made.id());
    let change = |body: Value| app.patch(&path).by(&world.civilian_leader).if_match(1).json(body).send();
    change(json!({"visibility": "members"})).await.refuses(&["/visibility"]);
    change(json!({"place": {"kind": "private_home"}})).await.refuses(&["/place/kind"]);
    change(json!({"title": "Lights and lots"})).await.expect(200);
    let decisions = format!("/partnerships/{}/decisions", world.partnership);
    let anonymous = app.post(&decisions).by(&world.civilian_leader).json(decision_body(json!({"is_anonymous": true})));
    anonymous.send().await.problem(409, "anonymous_not_allowed");
    let named = app.post(&decisions).by(&world.civilian_leader).json(decision_body(json!({}))).send().await.expect(201);
    assert_eq!(named.body["warnings"], json!([]), "a draft is nobody's talk");
    let talked = app.step(&named.id(), &world.civilian_leader, "discuss").await;
    assert_eq!(talked["warnings"], json!(["serial_communication"]));
}

async fn it_is_not_set_while_something_is_closed(app: App) {
    let world = app.world().await;
    let decisions = format!("/partnerships/{}/decisions", world.partnership);
    let body = decision_body(json!({"is_anonymous": true}));
    let made = app.post(&decisions).by(&world.civilian_leader).json(body).send().await.expect(201);
    let try_it = || app.post(policy(&world)).by(&world.administrator).json(json!({"reason": WHY})).send();
    let refused = try_it().await.problem(409, "conflict");
    assert_eq!(refused.body["conflicts"], json!([format!("/api/v1/decisions/{}", made.id())]));
    let back = app.post(format!("/decisions/{}/withdraw", made.id())).by(&world.civilian_leader).if_match(1);
    back.json(json!({"reason": "Openly, then."})).send().await.expect(200);
    let closed = app.meeting(&world, json!({"visibility": "members"})).await.id();
    let refused = try_it().await.problem(409, "conflict");
    assert_eq!(refused.body["conflicts"], json!([format!("/api/v1/meetings/{closed}")]));
    assert_eq!(app.get(policy(&world)).send().await.expect(200).body["is_on"], false);
    let open = app.patch(format!("/meetings/{closed}")).by(&world.civilian_leader).if_match(1);
    open.json(json!({"visibility": "public"})).send().await.expect(200);
    try_it().await.expect(200);
}

async fn it_is_not_set_while_a_closed_series_has_meetings_to_be_put_down(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    // The second of them begins in more than a year.
    let yearly = meeting_body(json!({"rule": "FREQ=YEARLY", "visibility": "members"}));
    let all_series = format!("/partnerships/{}/meeting-series", world.partnership);
    let series = app.post(all_series).by(leader).json(yearly).send().await.expect(201);
    let first = series.body["next"][0]["meeting_id"].as_str().unwrap().to_owned();
    assert_eq!(series.body["next"][1]["meeting_id"], Value::Null);
    let path = format!("/meeting-series/{}", series.id());
    let try_it = || app.post(policy(&world)).by(&world.administrator).json(json!({"reason": WHY})).send();
    let refused = try_it().await.problem(409, "conflict");
    let (of_first, of_series) = (format!("/api/v1/meetings/{first}"), format!("/api/v1{path}"));
    assert_eq!(refused.body["conflicts"], json!([of_first, of_series]));
    let cancel = app.post(format!("/meetings/{first}/cancel")).by(leader).if_match(1);
    cancel.json(json!({"reason": "Nobody can come."})).send().await.expect(200);
    let refused = try_it().await.problem(409, "conflict");
    assert_eq!(refused.body["conflicts"], json!([of_series]));
    assert_eq!(app.get(policy(&world)).send().await.expect(200).body["is_on"], false);
    let open = json!({"visibility": "public"});
    app.patch(&path).by(leader).if_match(1).json(open).send().await.expect(200);
    try_it().await.expect(200);
}

async fn what_was_put_down_closed_is_not_begun(app: App) {
    use diesel::prelude::*;
    let world = app.world().await;
    set(&app, &world).await;
    let made = app.meeting(&world, json!({})).await;
    let id = threekeys::ids::MeetingId(made.id().parse().unwrap());
    // As a series that was there before would put it down.
    app.db(move |conn| {
        use threekeys::schema::meetings;
        diesel::update(meetings::table.find(id)).set(meetings::visibility.eq("members")).execute(conn)
    })
    .await;
    app.wait_for_the_meeting();
    let start = || app.post(format!("/meetings/{}/start", made.id())).by(&world.civilian_leader).if_match(1).send();
    start().await.problem(409, "conflict");
}

async fn a_special_meeting_says_what_for(app: App) {
    let world = app.world().await;
    let meetings = format!("/partnerships/{}/meetings", world.partnership);
    let schedule = |other: Value| app.post(&meetings).by(&world.civilian_leader).json(meeting_body(other)).send();
    schedule(json!({"kind": "special"})).await.refuses(&["/purpose"]);
    let special = schedule(json!({"kind": "special", "purpose": "The hall was flooded."})).await.expect(201);
    let usual = schedule(json!({})).await.expect(201);
    let change = |id: String, body: Value| {
        app.patch(format!("/meetings/{id}")).by(&world.civilian_leader).if_match(1).json(body).send()
    };
    change(special.id(), json!({"purpose": null})).await.refuses(&["/purpose"]);
    change(usual.id(), json!({"kind": "special"})).await.refuses(&["/purpose"]);
    change(usual.id(), json!({"kind": "special", "purpose": "The hall was flooded."})).await.expect(200);
}

both_engines![
    the_policy_is_set_and_ended_by_an_administrator_with_a_reason,
    under_it_meetings_are_open_and_nothing_is_anonymous,
    it_is_not_set_while_something_is_closed,
    it_is_not_set_while_a_closed_series_has_meetings_to_be_put_down,
    what_was_put_down_closed_is_not_begun,
    a_special_meeting_says_what_for,
];
