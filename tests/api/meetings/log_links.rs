//! Logs that are amended to another partnership, or to none.

use serde_json::{Value, json};
use threekeys::platform::clock::days;

use super::visits::with_parts;
use crate::support::world::{merge, visit_body};
use crate::support::{App, World};

async fn another(app: &App, world: &World) -> Value {
    json!(app.partnership(world.agency, world.district, "South Side", &world.civilian_leader).await)
}

async fn a_log_that_was_answered_stays_with_the_partnership(app: App) {
    let world = app.world().await;
    let other = another(&app, &world).await;
    let body = visit_body(world.district, json!({"partnership_id": world.partnership, "group_kind": "partnership"}));
    let made = app.post("/officer-logs").by(&world.officer).json(body).send().await.expect(201);
    let path = format!("/officer-logs/{}", made.id());
    let amend = |version: i64, other: Value| {
        let mut body = json!({"reason": "Corrected.", "no_cji_attestation": true});
        body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        app.post(format!("{path}/amend")).by(&world.officer).if_match(version).json(body)
    };
    let dispute = app.post(format!("{path}/dispute")).by(&world.civilian_leader).if_match(1);
    dispute.json(json!({"reason": "There were twenty of us."})).send().await.expect(200);
    let away = [json!({"partnership_id": other}), json!({"partnership_id": null, "group_kind": "neighborhood_watch"})];
    for away in &away {
        amend(2, away.clone()).send().await.refuses(&["/partnership_id"]);
    }
    let read = app.get(&path).by(&world.civilian_leader).send().await.expect(200);
    assert_eq!(read.body["state"], "disputed");
    // Amended otherwise it is asked anew, and stays all the same.
    amend(2, json!({"summary": "There were twenty."})).send().await.expect(200);
    for away in &away {
        amend(3, away.clone()).send().await.refuses(&["/partnership_id"]);
    }
    let meeting = app.held_meeting(&world).await.id();
    let ours = json!({"meeting_id": meeting, "group_name": null});
    let amended = amend(3, ours).send().await.expect(200);
    assert_eq!(amended.body["partnership_id"], json!(world.partnership), "to a meeting of theirs");
}

async fn a_log_that_leaves_a_partnership_takes_back_what_became_of_it_there(app: App) {
    let world = app.world().await;
    let other = another(&app, &world).await;
    let (path, parts) = with_parts(&app, &world).await;
    let amend = |version: i64, other: Value| {
        let mut body = json!({"reason": "It was the other group.", "no_cji_attestation": true});
        merge(&mut body, other);
        app.post(format!("{path}/amend")).by(&world.officer).if_match(version).json(body)
    };
    amend(1, json!({"partnership_id": other})).send().await.refuses(&["/follow_ups/1/assignee_id"]);
    let follow_ups = json!([{"what": "Send the map.", "due_on": "2027-03-20"}]);
    let moved = json!({"partnership_id": other, "follow_ups": follow_ups});
    // The log; two promises and two tasks there; and a task here.
    let moved = amend(1, moved).leaving(1 + 2 + 2 + 1).send().await.expect(200);
    for what in ["A walk.", "A talk."] {
        let there = format!("/commitments/{}", parts[what]["commitment_id"].as_str().unwrap());
        let there = app.get(there).by(&world.civilian_leader).send().await.expect(200);
        assert_eq!(
            (&there.body["state"], &there.body["close_reason"]),
            (&json!("released"), &json!("It was the other group."))
        );
    }
    for what in ["Send the map.", "Call public works."] {
        let there = format!("/tasks/{}", parts[what]["task_id"].as_str().unwrap());
        assert_eq!(app.get(there).by(&world.member).send().await.expect(200).body["state"], "cancelled", "{what}");
    }
    let now = moved.body["parts"].as_array().unwrap();
    let told: Vec<&str> = now.iter().map(|part| part["what"].as_str().unwrap()).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    for part in now {
        let before = &parts[part["what"].as_str().unwrap()];
        let stays = part["kind"] == "referral";
        assert_eq!(part["id"] == before["id"], stays, "{part}");
        assert_eq!(part["commitment_id"].is_string(), part["kind"] == "commitment", "{part}");
        assert!(stays || part["commitment_id"] != before["commitment_id"] || part["task_id"] != before["task_id"]);
    }
    // What is late is not left behind.
    app.pass(days(3));
    let mut none = json!({"reason": "Nobody's.", "no_cji_attestation": true, "group_kind": "neighborhood_watch"});
    none["partnership_id"] = Value::Null;
    let away = app.post(format!("{path}/amend")).by(&world.officer).if_match(2).json(none);
    away.send().await.refuses(&["/commitments"]);
}

both_engines![
    a_log_that_was_answered_stays_with_the_partnership,
    a_log_that_leaves_a_partnership_takes_back_what_became_of_it_there,
];
