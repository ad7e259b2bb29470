//! Action items are tasks: what ends the one ends the other.

use serde_json::{Value, json};
use threekeys::platform::clock::days;

use crate::support::world::visit_body;
use crate::support::{Answer, App, Person, World};

async fn held(app: &App, world: &World) -> String {
    let path = format!("/meetings/{}", app.meeting(world, json!({})).await.id());
    app.wait_for_the_meeting();
    app.post(format!("{path}/start")).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    path
}

async fn item(app: &App, world: &World, meeting: &str, assignee: Option<&Person>) -> Answer {
    let body = json!({"what": "Ask the city for a lamp.\nBehind the laundry.", "due_on": "2027-03-23",
        "assignee_id": assignee.map(|person| person.id)});
    app.post(format!("{meeting}/action-items")).by(&world.secretary).json(body).send().await.expect(201)
}

async fn step(app: &App, by: &Person, path: &str, how: &str, body: Option<Value>) -> Answer {
    let version = app.get(path).by(by).send().await.expect(200).version();
    let call = app.post(format!("{path}/{how}")).by(by).if_match(version);
    if let Some(body) = body { call.json(body) } else { call }.send().await.expect(200)
}

fn task_of(item: &Answer) -> String {
    format!("/tasks/{}", item.str("task_id"))
}

async fn an_action_item_is_done_with_its_task(app: App) {
    let world = app.world().await;
    let meeting = held(&app, &world).await;
    let made = item(&app, &world, &meeting, Some(&world.member)).await;
    assert_eq!((&made.body["task_state"], &made.body["state"]), (&json!("offered"), &json!("open")));
    let (path, task) = (format!("/action-items/{}", made.id()), task_of(&made));
    let read = app.get(&task).by(&world.member).send().await.expect(200);
    assert_eq!((&read.body["title"], &read.body["due_on"]), (&json!("Ask the city for a lamp."), &json!("2027-03-23")));
    step(&app, &world.member, &task, "accept", None).await;
    step(&app, &world.member, &task, "start", None).await;
    step(&app, &world.member, &task, "complete", Some(json!({"hours": 1}))).await;
    let done = app.get(&path).by(&world.secretary).send().await.expect(200);
    assert_eq!((&done.body["state"], done.body["closed_at"].is_string()), (&json!("done"), true));
    app.post(format!("{path}/complete")).by(&world.secretary).if_match(1).send().await.problem(409, "conflict");
    let what = json!({"what": "Ask again."});
    app.patch(&path).by(&world.secretary).if_match(1).json(what).send().await.problem(409, "conflict");
    let other = item(&app, &world, &meeting, None).await;
    let reason = json!({"reason": "The city was faster."});
    step(&app, &world.civilian_leader, &task_of(&other), "cancel", Some(reason)).await;
    let dropped = app.get(format!("/action-items/{}", other.id())).by(&world.member).send().await.expect(200);
    assert_eq!(
        (&dropped.body["state"], &dropped.body["drop_reason"]),
        (&json!("dropped"), &json!("The city was faster."))
    );
    let open = item(&app, &world, &meeting, None).await;
    for (state, id) in [("done", made.id()), ("dropped", other.id()), ("open", open.id())] {
        let list =
            app.get(format!("{meeting}/action-items?state={state}&include=total")).by(&world.member).send().await;
        let list = list.expect(200);
        assert_eq!((&list.body["total"], &list.items()[0]["id"]), (&json!(1), &json!(id)), "{state}");
    }
}

async fn a_task_ends_with_its_action_item(app: App) {
    let world = app.world().await;
    let meeting = held(&app, &world).await;
    // Taken on: whoever has it has done it, and the hours wait to be confirmed.
    let taken = item(&app, &world, &meeting, Some(&world.member)).await;
    step(&app, &world.member, &task_of(&taken), "accept", None).await;
    step(&app, &world.member, &format!("/action-items/{}", taken.id()), "complete", None).await;
    let task = app.get(task_of(&taken)).by(&world.civilian_leader).send().await.expect(200);
    assert_eq!(task.body["state"], "done");
    let verified = step(&app, &world.civilian_leader, &task_of(&taken), "verify", Some(json!({}))).await;
    assert_eq!(verified.body["state"], "verified");
    // Not taken on: nobody's hours.
    let free = item(&app, &world, &meeting, None).await;
    step(&app, &world.secretary, &format!("/action-items/{}", free.id()), "complete", None).await;
    let task = app.get(task_of(&free)).by(&world.member).send().await.expect(200);
    assert_eq!(task.body["state"], "cancelled");
    let read = app.get(format!("/action-items/{}", free.id())).by(&world.member).send().await.expect(200);
    assert_eq!(
        (&read.body["state"], &read.body["drop_reason"]),
        (&json!("done"), &Value::Null),
        "the item is done all the same"
    );
    let asked = item(&app, &world, &meeting, Some(&world.member)).await;
    let reason = json!({"reason": "The city was faster."});
    step(&app, &world.secretary, &format!("/action-items/{}", asked.id()), "drop", Some(reason)).await;
    let task = app.get(task_of(&asked)).by(&world.member).send().await.expect(200);
    assert_eq!(
        (&task.body["state"], &task.body["cancel_reason"]),
        (&json!("cancelled"), &json!("The city was faster."))
    );
}

async fn an_action_item_changes_its_task_until_somebody_has_taken_it_on(app: App) {
    let world = app.world().await;
    let meeting = held(&app, &world).await;
    let made = item(&app, &world, &meeting, Some(&world.member)).await;
    let (path, task) = (format!("/action-items/{}", made.id()), task_of(&made));
    let patch = |version: i64, body: Value| app.patch(&path).by(&world.secretary).if_match(version).json(body).send();
    let changed = json!({"what": "Ask the utility.", "due_on": "2027-03-25", "assignee_id": world.facilitator.id});
    assert_eq!(patch(1, changed).await.expect(200).body["task_state"], "offered");
    let read = app.get(&task).by(&world.facilitator).send().await.expect(200);
    assert_eq!((&read.body["title"], &read.body["due_on"]), (&json!("Ask the utility."), &json!("2027-03-25")));
    app.post(format!("{task}/accept"))
        .by(&world.member)
        .if_match(read.version())
        .send()
        .await
        .problem(403, "forbidden");
    assert_eq!(patch(2, json!({"assignee_id": null})).await.expect(200).body["task_state"], "open");
    step(&app, &world.member, &task, "volunteer", None).await;
    let held = patch(3, json!({"assignee_id": world.facilitator.id})).await.problem(409, "conflict");
    assert!(held.str("detail").contains("taken the task on"), "{}", held.str("detail"));
    assert_eq!(patch(3, json!({"due_on": "2027-03-26"})).await.expect(200).body["task_state"], "accepted");
    // Somebody has taken it on, as a task: it keeps no minutes from being circulated.
    app.post(format!("{meeting}/adjourn")).by(&world.secretary).if_match(2).send().await.expect(200);
    let text = json!({"text": "What was said.", "visibility": "members"});
    app.put(format!("{meeting}/minutes")).by(&world.secretary).json(text).send().await.expect(201);
    app.post(format!("{meeting}/minutes/circulate")).by(&world.secretary).if_match(1).send().await.expect(200);
}

/// What the partnership's timeline tells somebody of tasks, the first first, with what each was done to.
async fn told(app: &App, world: &World, who: &Person) -> Vec<(String, Value)> {
    let path = format!("/partnerships/{}/timeline?limit=200&include=total", world.partnership);
    let timeline = app.get(path).by(who).send().await.expect(200);
    assert_eq!(timeline.body["total"], json!(timeline.items().len()));
    let told = timeline.items().iter().filter(|entry| entry["object_type"] == "task").rev();
    told.map(|entry| (entry["action"].as_str().unwrap().to_owned(), entry["object_id"].clone())).collect()
}

async fn what_leaders_take_on_among_themselves_is_theirs_and_whoever_they_ask(app: App) {
    let world = app.world().await;
    let meeting = format!("/meetings/{}", app.meeting(&world, json!({"visibility": "leaders"})).await.id());
    app.wait_for_the_meeting();
    app.post(format!("{meeting}/start")).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    let take_on = async |who: Option<&Person>| {
        let body = json!({"what": "Ask the chief.", "due_on": "2027-03-23", "assignee_id": who.map(|who| who.id)});
        app.post(format!("{meeting}/action-items")).by(&world.civilian_leader).json(body).send().await.expect(201)
    };
    let (open, asked) = (take_on(None).await, take_on(Some(&world.member)).await);
    assert_eq!((&open.body["task_state"], &asked.body["task_state"]), (&json!("open"), &json!("offered")));
    let before = equity(&app, &world).await;
    let list = format!("/partnerships/{}/tasks", world.partnership);
    let check = async |who: &Person, sees: [bool; 2]| {
        for (item, sees) in [&open, &asked].into_iter().zip(sees) {
            app.get(task_of(item)).by(who).send().await.expect(if sees { 200 } else { 404 });
            let found =
                app.get(format!("{list}?purpose_id={}&include=total", item.id())).by(who).send().await.expect(200);
            // Whoever is asked does not see the meeting, and so not the item that it was there.
            let leads = [world.civilian_leader.id, world.police_leader.id].contains(&who.id);
            assert_eq!(found.body["total"], json!(i32::from(leads)));
        }
        let found = app.get(format!("{list}?include=total")).by(who).send().await.expect(200);
        let seen = sees.into_iter().filter(|sees| *sees).count();
        assert_eq!((found.items().len(), &found.body["total"]), (seen, &json!(seen)), "{}", who.name);
    };
    for leader in [&world.civilian_leader, &world.police_leader] {
        check(leader, [true, true]).await;
    }
    check(&world.member, [false, true]).await;
    for other in [&world.facilitator, &world.secretary, &world.officer, &world.commander, &world.administrator] {
        check(other, [false, false]).await;
    }
    for (who, id) in [(&world.police_leader, json!(asked.id())), (&world.member, Value::Null)] {
        let read = app.get(task_of(&asked)).by(who).send().await.expect(200);
        assert_eq!(read.body["purpose"], json!({"kind": "action_item", "id": id}));
    }

    // Whoever is asked does it, and no other member is told.
    step(&app, &world.member, &task_of(&asked), "accept", None).await;
    check(&world.member, [false, true]).await;
    step(&app, &world.member, &task_of(&asked), "start", None).await;
    step(&app, &world.member, &task_of(&asked), "complete", Some(json!({"hours": 1}))).await;
    step(&app, &world.civilian_leader, &task_of(&asked), "verify", Some(json!({}))).await;
    let changed = app.patch(task_of(&open)).by(&world.police_leader).if_match(1).json(json!({"title": "Ask again"}));
    changed.send().await.expect(200);
    let offer = json!({"account_id": world.facilitator.id, "reason": "Has the time."});
    step(&app, &world.police_leader, &task_of(&open), "offer", Some(offer)).await;
    check(&world.facilitator, [true, false]).await;
    app.pass(days(5));
    assert_eq!(app.run_job("reopen_tasks").await, 1);
    check(&world.facilitator, [false, false]).await;
    let reason = json!({"reason": "The chief asked us."});
    step(&app, &world.civilian_leader, &task_of(&open), "cancel", Some(reason)).await;
    check(&world.member, [false, true]).await;
    let (of_asked, of_open) = (&asked.body["task_id"], &open.body["task_id"]);
    let expected = [
        ("task.private_step", of_asked),
        ("task.private_step", of_asked),
        ("task.private_done", of_asked),
        ("task.private_step", of_asked),
        ("task.private_step", of_open),
        ("task.private_step", of_open),
        ("task.private_step", of_open),
        ("task.private_step", of_open),
    ]
    .map(|(action, task)| (action.to_owned(), task.clone()));
    for leader in [&world.civilian_leader, &world.police_leader] {
        assert_eq!(told(&app, &world, leader).await, expected);
    }
    for other in [&world.member, &world.facilitator, &world.officer] {
        assert!(told(&app, &world, other).await.is_empty(), "{}", other.name);
    }

    // Nor does thanking for it tell that it is there.
    let thank = |by: &Person| {
        let body = json!({"account_id": world.member.id, "reason": "task", "task_id": asked.body["task_id"],
            "text": "It was not easy.", "is_public": false});
        app.post(format!("/partnerships/{}/commendations", world.partnership)).by(by).json(body)
    };
    thank(&world.facilitator).send().await.refuses(&["/task_id"]);
    thank(&world.civilian_leader).send().await.expect(201);
    let body = json!({"account_id": world.member.id, "reason": "task", "task_id": asked.body["task_id"],
        "text": "It was not easy.", "is_public": true});
    let openly = app.post(format!("/partnerships/{}/commendations", world.partnership)).by(&world.civilian_leader);
    openly.json(body).send().await.refuses(&["/is_public"]);
    let after = equity(&app, &world).await;
    assert_eq!(after, before, "figures for everybody count what leaders alone see");
}

/// What task equity tells every member, whenever it is asked.
async fn equity(app: &App, world: &World) -> Value {
    let path = format!("/partnerships/{}/task-equity", world.partnership);
    let mut told = app.get(path).by(&world.facilitator).send().await.expect(200).body;
    told.as_object_mut().unwrap().remove("since");
    told
}

async fn what_a_log_of_leaders_meeting_wants_done_is_theirs(app: App) {
    let world = app.world().await;
    let other = json!({"visibility": "leaders", "starts_local": "2027-03-01T10:00", "ends_local": "2027-03-01T11:30"});
    let meeting = app.meeting(&world, other).await.id();
    let follow_ups = json!([{"what": "Call the landlord.", "due_on": "2027-03-09"}]);
    let log = json!({"group_name": null, "meeting_id": meeting, "group_kind": "partnership", "follow_ups": follow_ups});
    let log = visit_body(world.district, log);
    let made = app.post("/officer-logs").by(&world.police_leader).json(log).leaving(2).send().await.expect(201);
    assert_eq!(made.body["parts"][0]["task_state"], "open");
    let list = format!("/partnerships/{}/tasks?include=total", world.partnership);
    for (who, sees) in [(&world.civilian_leader, 1), (&world.member, 0), (&world.facilitator, 0)] {
        assert_eq!(app.get(&list).by(who).send().await.expect(200).body["total"], sees, "{}", who.name);
        assert_eq!(told(&app, &world, who).await.len(), sees);
    }
}

both_engines![
    an_action_item_is_done_with_its_task,
    a_task_ends_with_its_action_item,
    an_action_item_changes_its_task_until_somebody_has_taken_it_on,
    what_leaders_take_on_among_themselves_is_theirs_and_whoever_they_ask,
    what_a_log_of_leaders_meeting_wants_done_is_theirs,
];
