//! What meetings came back to, and what drafts of minutes tell of it.

use serde_json::{Value, json};

use crate::support::world::{merge, visit_body};
use crate::support::{App, Person, World};

async fn promise(app: &App, world: &World, meeting: &str, what: &str, due_on: &str) -> String {
    let body = json!({"what": what, "assignee_id": world.member.id, "due_on": due_on});
    let path = format!("/meetings/{meeting}/action-items");
    app.post(path).by(&world.civilian_leader).json(body).send().await.expect(201).id()
}

async fn step(app: &App, world: &World, meeting: &str, what: &str, version: i64) {
    let call = app.post(format!("/meetings/{meeting}/{what}")).by(&world.civilian_leader).if_match(version);
    call.send().await.expect(200);
}

async fn keep(app: &App, world: &World, item: &str) {
    app.post(format!("/action-items/{item}/complete")).by(&world.member).if_match(1).send().await.expect(200);
}

async fn draft(app: &App, meeting: &str, by: &Person) -> String {
    app.get(format!("/meetings/{meeting}/minutes/draft")).by(by).send().await.expect(200).str("text")
}

/// A walk on Osage, which an officer promised at the meeting.
async fn promised_by_officer(app: &App, world: &World, meeting: &str, due_on: &str, time: Value) {
    let mut body = json!({"group_name": null, "meeting_id": meeting, "group_kind": "partnership",
        "commitments": [{"what": "A walk on Osage", "due_on": due_on}]});
    merge(&mut body, time);
    app.post("/officer-logs").by(&world.officer).json(visit_body(world.district, body)).send().await.expect(201);
}

async fn what_a_meeting_came_back_to_is_kept_as_it_stood(app: App) {
    let world = app.world().await;
    let first = app.meeting(&world, json!({})).await.id();
    let later = json!({"starts_local": "2027-03-09T20:30", "ends_local": "2027-03-09T21:30"});
    let second = app.meeting(&world, later).await.id();
    let held = app.held_meeting(&world).await.id();
    promised_by_officer(&app, &world, &held, "2027-03-05", json!({})).await;
    app.wait_for_the_meeting();
    step(&app, &world, &first, "start", 1).await;
    let mut items = Vec::new();
    for (what, due_on) in
        [("Call the lamp office", "2027-03-09"), ("Print flyers", "2027-03-10"), ("Ask Ana", "2027-03-11")]
    {
        items.push(promise(&app, &world, &first, what, due_on).await);
    }
    step(&app, &world, &first, "adjourn", 2).await;
    app.pass(threekeys::platform::clock::minutes(110));
    step(&app, &world, &second, "start", 1).await;
    keep(&app, &world, &items[0]).await;
    let during = draft(&app, &second, &world.civilian_leader).await;
    assert!(during.contains("Call the lamp office") && during.contains("(action item): kept"), "{during}");
    let dropped = app.post(format!("/action-items/{}/drop", items[2])).by(&world.civilian_leader).if_match(1);
    dropped.json(json!({"reason": "She came by herself."})).send().await.expect(200);
    step(&app, &world, &second, "adjourn", 2).await;
    // What is kept afterwards was open when the meeting ended.
    keep(&app, &world, &items[1]).await;
    let text = draft(&app, &second, &world.civilian_leader).await;
    let name = &world.member.name;
    let officer = &world.officer.name;
    let told = format!(
        "Follow-up\n- A walk on Osage: {officer}, by 2027-03-05 (commitment): open\n\
         - Call the lamp office: {name}, by 2027-03-09 (action item): kept\n\
         - Print flyers: {name}, by 2027-03-10 (action item): open\n\
         - Ask Ana: {name}, by 2027-03-11 (action item): dropped"
    );
    assert!(text.contains(&told), "{text}\n---\n{told}");
    // Who promised what is read by leaders and officers on duty.
    let text = draft(&app, &second, &world.secretary).await;
    assert!(!text.contains("Osage") && text.contains("leaders and officers on duty read: 1"), "{text}");
    for (by, count) in [(&world.member, 3), (&world.police_leader, 4)] {
        let agenda = app.get(format!("/meetings/{second}/agenda")).by(by).send().await.expect(200);
        let follow_up = &agenda.body["follow_up"];
        let outcomes: Vec<_> =
            follow_up["items"].as_array().unwrap().iter().rev().take(3).map(|item| item["outcome"].clone()).collect();
        assert_eq!(outcomes, [json!("dropped"), json!("open"), json!("kept")]);
        assert_eq!(follow_up["count"], count);
    }
    let outside = app.get(format!("/meetings/{second}/agenda")).send().await.expect(200);
    assert_eq!(outside.body["follow_up"], Value::Null);
}

async fn drafts_tell_what_was_promised_and_first_timers_are_counted(app: App) {
    let world = app.world().await;
    let first = app.meeting(&world, json!({})).await.id();
    let later = json!({"starts_local": "2027-03-09T20:30", "ends_local": "2027-03-09T21:30"});
    let second = app.meeting(&world, later).await.id();
    app.wait_for_the_meeting();
    step(&app, &world, &first, "start", 1).await;
    let there = |meeting: &str, who: &Person| {
        let body = json!({"account_id": who.id});
        app.post(format!("/meetings/{meeting}/attendance")).by(&world.secretary).json(body).send()
    };
    there(&first, &world.member).await.expect(201);
    step(&app, &world, &first, "adjourn", 2).await;
    app.pass(threekeys::platform::clock::minutes(110));
    step(&app, &world, &second, "start", 1).await;
    for who in [&world.member, &world.facilitator, &world.police_leader] {
        there(&second, who).await.expect(201);
    }
    let figures = app.get(format!("/meetings/{second}/attendance")).by(&world.member).send().await.expect(200);
    assert_eq!(figures.body["first_timers"], json!({"civilian": 1, "police": 1, "agency": 0}));
    let there = json!({"attended_on": "2027-03-09", "start": "20:20", "end": "20:30"});
    promised_by_officer(&app, &world, &second, "2027-03-12", there).await;
    let text = draft(&app, &second, &world.police_leader).await;
    let line = format!("Commitments\n- A walk on Osage: {} (police), by 2027-03-12", world.officer.name);
    assert!(text.ends_with(&line), "{text}");
    let text = draft(&app, &second, &world.secretary).await;
    assert!(text.ends_with("Commitments\n- commitments that leaders and officers on duty read: 1"), "{text}");
}

/// One that nobody began comes back to what is open when it is ended.
async fn a_meeting_that_nobody_began_comes_back_to_what_is_open(app: App) {
    let world = app.world().await;
    let first = app.meeting(&world, json!({})).await.id();
    let later = json!({"starts_local": "2027-03-09T20:30", "ends_local": "2027-03-09T21:30"});
    let second = app.meeting(&world, later).await.id();
    app.wait_for_the_meeting();
    step(&app, &world, &first, "adjourn", 1).await;
    promise(&app, &world, &first, "Print flyers", "2027-03-10").await;
    app.pass(threekeys::platform::clock::minutes(150));
    step(&app, &world, &second, "adjourn", 1).await;
    let agenda = app.get(format!("/meetings/{second}/agenda")).by(&world.member).send().await.expect(200);
    assert_eq!(agenda.body["follow_up"]["items"][0]["outcome"], "open");
    let agenda = app.get(format!("/meetings/{first}/agenda")).by(&world.member).send().await.expect(200);
    assert_eq!(agenda.body["follow_up"]["count"], 0);
}

both_engines![
    what_a_meeting_came_back_to_is_kept_as_it_stood,
    drafts_tell_what_was_promised_and_first_timers_are_counted,
    a_meeting_that_nobody_began_comes_back_to_what_is_open,
];
