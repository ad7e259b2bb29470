//! What meetings are to talk about.

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::schema::facilitations;

use crate::support::{Answer, App, Person, World};

fn item(title: &str) -> Value {
    json!({"title": title, "kind": "discuss", "minutes": 10})
}

async fn proposed(app: &App, meeting: &str, by: &Person, body: Value) -> String {
    app.post(format!("/meetings/{meeting}/agenda/items")).by(by).json(body).send().await.expect(201).id()
}

/// Says something to an item.
async fn answered(app: &App, id: &str, by: &Person, step: &str, version: i64, body: Value) -> Answer {
    app.post(format!("/agenda-items/{id}/{step}")).by(by).if_match(version).json(body).send().await
}

async fn read(app: &App, meeting: &str, by: Option<&Person>) -> Value {
    app.get(format!("/meetings/{meeting}/agenda")).by_or_nobody(by).send().await.expect(200).body
}

fn titles(agenda: &Value) -> Vec<&str> {
    agenda["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect()
}

async fn later(app: &App, world: &World) -> String {
    let body = json!({"starts_local": "2027-03-16T18:30", "ends_local": "2027-03-16T20:00"});
    app.meeting(world, body).await.id()
}

async fn members_propose_and_organisers_answer(app: App) {
    let world = app.world().await;
    let meeting = app.meeting(&world, json!({})).await.id();
    let path = format!("/meetings/{meeting}/agenda/items");
    for (name, person) in world.everybody() {
        let answer = app.post(&path).by_or_nobody(person).json(item("Lamps")).send().await;
        match name {
            "anonymous" => drop(answer.problem(401, "unauthenticated")),
            "member" | "secretary" | "facilitator" | "civilian_leader" | "police_leader" => drop(answer.expect(201)),
            _ => drop(answer.problem(403, "forbidden")),
        }
    }
    for url in ["ftp://lights.example.org/survey", "javascript:alert(1)"] {
        let mut body = item("Lamps");
        body["links"] = json!([{"title": "Survey", "url": url}]);
        let refused = app.post(&path).by(&world.member).json(body).send().await.refuses(&["/links/0/url"]);
        let why = "must be an http or https address, like https://example.org/page";
        assert_eq!(refused.body["errors"][0]["message"], why, "{url}");
    }
    let meeting = later(&app, &world).await;
    let mut lamps = item("Lamps behind the laundry");
    lamps["presenter_id"] = json!(world.member.id);
    lamps["links"] = json!([{"title": "Survey", "url": "https://lights.example.org/survey"}]);
    let lamps = proposed(&app, &meeting, &world.member, lamps).await;
    let bench = proposed(&app, &meeting, &world.member, item("A bench")).await;
    assert_eq!(titles(&read(&app, &meeting, None).await), [] as [&str; 0], "proposals are for members");
    assert_eq!(read(&app, &meeting, Some(&world.member)).await["items"].as_array().unwrap().len(), 2);
    answered(&app, &lamps, &world.member, "accept", 1, json!({})).await.problem(403, "forbidden");
    answered(&app, &lamps, &world.stranger, "accept", 1, json!({})).await.problem(404, "not_found");
    answered(&app, &lamps, &world.secretary, "accept", 2, json!({})).await.problem(412, "precondition_failed");
    let accepted = answered(&app, &lamps, &world.secretary, "accept", 1, json!({})).await.expect(200);
    assert_eq!((&accepted.body["state"], &accepted.body["position"]), (&json!("accepted"), &json!(2)));
    answered(&app, &lamps, &world.secretary, "accept", 2, json!({})).await.problem(409, "conflict");
    answered(&app, &bench, &world.secretary, "decline", 1, json!({})).await.refuses(&["/reason"]);
    let why = json!({"reason": "The park has one."});
    let declined = answered(&app, &bench, &world.secretary, "decline", 1, why).await.expect(200);
    assert_eq!(declined.body["decline_reason"], "The park has one.");
    app.get(format!("/agenda-items/{bench}")).by(&world.stranger).send().await.problem(404, "not_found");
    app.get(format!("/agenda-items/{bench}")).by(&world.member).send().await.expect(200);
    let one = app.get(format!("/agenda-items/{lamps}")).send().await.expect(200);
    assert_eq!((&one.body["presenter"], &one.body["position"]), (&Value::Null, &json!(2)));
    let open = read(&app, &meeting, None).await;
    assert_eq!(titles(&open), ["Lamps behind the laundry"]);
    assert_eq!((&open["items"][0]["presenter"], &open["follow_up"]), (&Value::Null, &Value::Null), "no names outside");
    let inside = read(&app, &meeting, Some(&world.member)).await;
    assert_eq!(inside["items"][0]["presenter"]["id"], json!(world.member.id));
    assert_eq!((&inside["minutes_planned"], &inside["follow_up"]["position"]), (&json!(10), &json!(1)));
}

async fn bad_items_are_refused_by_field(app: App) {
    let world = app.world().await;
    let meeting = app.meeting(&world, json!({})).await.id();
    let path = format!("/meetings/{meeting}/agenda/items");
    for (name, value) in [
        ("title", json!("x")),
        ("kind", json!("vote")),
        ("minutes", json!(0)),
        ("minutes", json!(241)),
        ("presenter_id", json!(world.stranger.id)),
        ("links", json!([{"title": "Survey", "url": "ftp://x"}])),
    ] {
        let mut body = item("Lamps");
        body[name] = value;
        let answer = app.post(&path).by(&world.member).json(body).send().await;
        assert_eq!(answer.status, 422, "{name}: {:#}", answer.body);
        assert!(answer.body["errors"][0]["pointer"].as_str().unwrap().starts_with(&format!("/{name}")));
    }
    let own = proposed(&app, &meeting, &world.member, item("Lamps")).await;
    let change = |by, version: i64, body: Value| {
        app.patch(format!("/agenda-items/{own}")).by(by).if_match(version).json(body).send()
    };
    change(&world.member, 1, json!({"minutes": 20})).await.expect(200);
    answered(&app, &own, &world.secretary, "accept", 2, json!({})).await.expect(200);
    change(&world.member, 3, json!({"minutes": 30})).await.problem(403, "forbidden");
    change(&world.secretary, 3, json!({"minutes": 30, "presenter_id": world.member.id})).await.expect(200);
}

async fn what_is_deferred_is_proposed_next_time_and_once(app: App) {
    let world = app.world().await;
    let first = app.meeting(&world, json!({})).await.id();
    // No meeting follows yet.
    let bench = proposed(&app, &first, &world.member, item("A bench")).await;
    let deferred = answered(&app, &bench, &world.secretary, "defer", 1, json!({})).await.expect(200);
    assert_eq!((&deferred.body["state"], &deferred.body["position"]), (&json!("deferred"), &Value::Null));
    // One for leaders takes nothing from one for everybody.
    let inner = json!({"starts_local": "2027-03-12T18:30", "ends_local": "2027-03-12T20:00", "visibility": "leaders"});
    let inner = app.meeting(&world, inner).await.id();
    assert_eq!(titles(&read(&app, &inner, Some(&world.civilian_leader)).await), [] as [&str; 0]);
    let second = later(&app, &world).await;
    let next = read(&app, &second, Some(&world.member)).await;
    assert_eq!(titles(&next), ["A bench"]);
    assert_eq!(
        (&next["items"][0]["state"], &next["items"][0]["deferred_from_id"]),
        (&json!("proposed"), &json!(bench))
    );
    // Another one is there already.
    let lamps = proposed(&app, &first, &world.member, item("Lamps")).await;
    answered(&app, &lamps, &world.secretary, "accept", 1, json!({})).await.expect(200);
    answered(&app, &lamps, &world.secretary, "defer", 2, json!({})).await.expect(200);
    proposed(&app, &second, &world.member, item("A fence")).await;
    let next = read(&app, &second, Some(&world.member)).await;
    assert_eq!(titles(&next), ["A bench", "Lamps", "A fence"]);
    answered(&app, &lamps, &world.secretary, "accept", 3, json!({})).await.problem(409, "conflict");
}

async fn chairs_and_order_are_set_by_organisers(app: App) {
    let world = app.world().await;
    let meeting = app.meeting(&world, json!({})).await.id();
    let mut ids = Vec::new();
    for title in ["Lamps", "A bench", "A fence"] {
        let id = proposed(&app, &meeting, &world.member, item(title)).await;
        answered(&app, &id, &world.secretary, "accept", 1, json!({})).await.expect(200);
        ids.push(id);
    }
    let change = |by, version: i64, body: Value| {
        app.patch(format!("/meetings/{meeting}/agenda")).by(by).if_match(version).json(body).send()
    };
    change(&world.member, 1, json!({})).await.problem(403, "forbidden");
    change(&world.secretary, 1, json!({"civilian_chair_id": world.police_leader.id}))
        .await
        .refuses(&["/civilian_chair_id"]);
    change(&world.secretary, 1, json!({"police_chair_id": world.officer.id})).await.refuses(&["/police_chair_id"]);
    change(&world.secretary, 1, json!({"item_order": [world.member.id]})).await.refuses(&["/item_order/0"]);
    change(&world.secretary, 1, json!({"item_order": [ids[0], ids[0]]})).await.refuses(&["/item_order/1"]);
    let one = change(&world.secretary, 1, json!({"civilian_chair_id": world.member.id})).await.expect(200);
    assert_eq!((&one.body["chaired_by_sides"], one.version()), (&json!(["civilian"]), 2));
    let body = json!({"police_chair_id": world.police_leader.id, "item_order": [ids[2], ids[0]]});
    change(&world.secretary, 1, body.clone()).await.problem(412, "precondition_failed");
    let both = change(&world.secretary, 2, body).await.expect(200);
    assert_eq!(both.body["chaired_by_sides"], json!(["civilian", "police"]));
    assert_eq!(titles(&both.body), ["A fence", "Lamps", "A bench"]);
    let positions: Vec<_> = both.body["items"].as_array().unwrap().iter().map(|i| i["position"].clone()).collect();
    assert_eq!(positions, [json!(2), json!(3), json!(4)]);
    let open = read(&app, &meeting, None).await;
    assert_eq!((&open["civilian_chair"], &open["chaired_by_sides"]), (&Value::Null, &json!(["civilian", "police"])));
    let none = change(&world.secretary, 3, json!({"civilian_chair_id": null})).await.expect(200);
    assert_eq!(none.body["chaired_by_sides"], json!(["police"]));
}

async fn notice_or_a_leader_locks_it_and_later_changes_say_why(app: App) {
    let world = app.world().await;
    let by_hand = app.meeting(&world, json!({})).await.id();
    let lock = |by, version: i64| app.post(format!("/meetings/{by_hand}/agenda/lock")).by(by).if_match(version).send();
    lock(&world.secretary, 1).await.problem(403, "forbidden");
    let locked = lock(&world.police_leader, 1).await.expect(200);
    assert!(locked.body["locked_at"].is_string());
    lock(&world.police_leader, 2).await.problem(409, "conflict");
    // Notice is given of both.
    let meeting = later(&app, &world).await;
    app.pass(threekeys::platform::clock::days(2));
    app.run_job("give_notice").await;
    let lamps = proposed(&app, &meeting, &world.member, item("Lamps")).await;
    answered(&app, &lamps, &world.secretary, "accept", 1, json!({})).await.refuses(&["/reason"]);
    let why = json!({"reason": "The city answered today."});
    let late = answered(&app, &lamps, &world.secretary, "accept", 1, why).await.expect(200);
    assert!(late.body["changed_after_lock_at"].is_string());
    assert_eq!(late.body["change_reason"], "The city answered today.");
    assert_eq!(late.body["changed_by"]["id"], json!(world.secretary.id));
    let change = app.patch(format!("/meetings/{meeting}/agenda")).by(&world.secretary).if_match(1);
    change.json(json!({"civilian_chair_id": world.member.id})).send().await.refuses(&["/reason"]);
    // A proposal that never was on it changes nothing of it.
    let bench = proposed(&app, &meeting, &world.member, item("A bench")).await;
    let quiet = answered(&app, &bench, &world.secretary, "defer", 1, json!({})).await.expect(200);
    assert_eq!(quiet.body["changed_after_lock_at"], Value::Null);
    let told = app.get(format!("/meetings/{meeting}/timeline")).send().await.expect(200);
    let words: Vec<_> = told.items().iter().filter_map(|entry| entry["words"].as_str()).collect();
    assert!(words.contains(&"An item was put on the agenda, after it was locked"), "{words:?}");
}

async fn the_follow_up_is_what_was_promised(app: App) {
    let world = app.world().await;
    let first = app.meeting(&world, json!({})).await.id();
    let inner = app.meeting(&world, json!({"visibility": "leaders"})).await.id();
    let second = later(&app, &world).await;
    app.wait_for_the_meeting();
    for (meeting, what) in [(&first, "Call the lamp office"), (&inner, "Talk to the chief")] {
        app.post(format!("/meetings/{meeting}/start")).by(&world.civilian_leader).if_match(1).send().await.expect(200);
        let body = json!({"what": what, "assignee_id": world.civilian_leader.id, "due_on": "2027-03-12"});
        app.post(format!("/meetings/{meeting}/action-items"))
            .by(&world.civilian_leader)
            .json(body)
            .send()
            .await
            .expect(201);
    }
    let of = |agenda: &Value| -> Vec<String> {
        let items = agenda["follow_up"]["items"].as_array().unwrap().iter();
        items.map(|item| format!("{}: {}", item["kind"].as_str().unwrap(), item["title"].as_str().unwrap())).collect()
    };
    let seen = read(&app, &second, Some(&world.member)).await;
    assert_eq!(of(&seen), ["action_item: Call the lamp office"], "what leaders took on is theirs");
    assert_eq!(seen["follow_up"]["count"], 1);
    assert_eq!(seen["follow_up"]["items"][0]["owner"]["id"], json!(world.civilian_leader.id));
    let seen = read(&app, &second, Some(&world.police_leader)).await;
    assert_eq!(of(&seen).len(), 2);
    assert_eq!(of(&read(&app, &first, Some(&world.member)).await), [] as [&str; 0], "nothing came before");
}

async fn whoever_presents_has_facilitated_once_the_meeting_was_held(app: App) {
    let world = app.world().await;
    let meeting = app.meeting(&world, json!({})).await.id();
    for (title, step) in [("Lamps", "accept"), ("A bench", "defer")] {
        let mut body = item(title);
        body["presenter_id"] = json!(world.member.id);
        let id = proposed(&app, &meeting, &world.member, body).await;
        answered(&app, &id, &world.secretary, step, 1, json!({})).await.expect(200);
    }
    let facilitated = async || {
        let who = world.member.id;
        app.db(move |conn| {
            facilitations::table.filter(facilitations::account_id.eq(who)).count().get_result::<i64>(conn)
        })
        .await
    };
    app.wait_for_the_meeting();
    app.post(format!("/meetings/{meeting}/start")).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    assert_eq!(facilitated().await, 0);
    app.post(format!("/meetings/{meeting}/adjourn")).by(&world.civilian_leader).if_match(2).send().await.expect(200);
    assert_eq!(facilitated().await, 1, "what was deferred was not presented");
    let late = app.post(format!("/meetings/{meeting}/agenda/items")).by(&world.member).json(item("A fence"));
    late.send().await.problem(409, "conflict");
}

both_engines![
    members_propose_and_organisers_answer,
    bad_items_are_refused_by_field,
    what_is_deferred_is_proposed_next_time_and_once,
    chairs_and_order_are_set_by_organisers,
    notice_or_a_leader_locks_it_and_later_changes_say_why,
    the_follow_up_is_what_was_promised,
    whoever_presents_has_facilitated_once_the_meeting_was_held,
];
