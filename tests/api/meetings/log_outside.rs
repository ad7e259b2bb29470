//! Logs of officers who are not inside the partnership that they name: they tell nobody who its members are.

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::schema::{assignments, task_offers};

use crate::support::world::{merge, visit_body};
use crate::support::{App, World};

/// A log that is linked to the partnership, with something to be done next.
fn linked(world: &World, start: &str, follow_ups: Value) -> Value {
    let there = json!({"group_kind": "partnership", "group_name": "Lights", "start": start, "end": "11:30",
        "partnership_id": world.partnership, "follow_ups": follow_ups});
    visit_body(world.district, there)
}

fn next(what: &str, assignee: Value) -> Value {
    let mut next = json!({"what": what, "due_on": "2027-03-09"});
    merge(&mut next, json!({"assignee_id": assignee}));
    next
}

async fn offers(app: &App) -> i64 {
    app.db(|conn| task_offers::table.count().get_result(conn)).await
}

async fn an_outsider_asks_nobody_and_learns_of_nobody_whether_they_are_a_member(app: App) {
    let world = app.world().await;
    let outsider = &world.other_officer;
    let members = format!("/partnerships/{}/memberships", world.partnership);
    app.get(members).by(outsider).send().await.problem(404, "not_found");
    let named = [json!(world.member.id), json!(world.stranger.id), json!(outsider.id), json!(uuid::Uuid::now_v7())];
    let mut told = Vec::new();
    for who in &named {
        let body =
            linked(&world, "07:00", json!([next("Call.", json!(null)), next("Call public works.", who.clone())]));
        let refused = app.post("/officer-logs").by(outsider).json(body).send().await;
        told.push(refused.refuses(&["/follow_ups/1/assignee_id"]).body["errors"].clone());
    }
    assert!(told.iter().all(|errors| *errors == told[0]), "{told:#?}");
    let logs: Vec<Value> = ["07:00", "08:00", "09:00", "10:00"]
        .into_iter()
        .zip(&named)
        .map(|(start, who)| linked(&world, start, json!([next("Call public works.", who.clone())])))
        .collect();
    let batch = app.post("/officer-logs/batch").by(outsider).json(json!({"logs": logs})).leaving(0).send().await;
    for result in batch.expect(200).body["results"].as_array().unwrap() {
        assert_eq!((&result["status"], result["problem"]["errors"].as_array().map(Vec::len)), (&json!(422), Some(1)));
        assert_eq!(result["problem"]["errors"][0]["pointer"], "/follow_ups/0/assignee_id");
    }
    assert_eq!(offers(&app).await, 0);
    // What is to be done next is told all the same, and asked of nobody.
    let body = linked(&world, "07:00", json!([next("Call public works.", json!(null))]));
    let made = app.post("/officer-logs").by(outsider).json(body).leaving(2).send().await.expect(201);
    assert_eq!(made.body["parts"][0]["task_state"], "open");
    // Whoever is on duty there asks members, and of others it is said that they are none.
    let body = linked(&world, "07:00", json!([next("Call public works.", json!(world.member.id))]));
    let made = app.post("/officer-logs").by(&world.officer).json(body).leaving(2).send().await.expect(201);
    assert_eq!(made.body["parts"][0]["task_state"], "offered");
    assert_eq!(offers(&app).await, 1);
}

async fn whoever_is_on_duty_there_no_more_asks_nobody_anew(app: App) {
    let world = app.world().await;
    let (walk, call) = (next("Walk.", json!(world.member.id)), next("Call public works.", json!(world.facilitator.id)));
    let body = linked(&world, "07:00", json!([walk, call]));
    let made = app.post("/officer-logs").by(&world.officer).json(body).leaving(3).send().await.expect(201);
    let officer = world.officer.id;
    app.db(move |conn| diesel::delete(assignments::table.filter(assignments::account_id.eq(officer))).execute(conn))
        .await;
    let path = format!("/officer-logs/{}", made.id());
    let amend = |follow_ups: Value| {
        let body = json!({"reason": "Corrected.", "no_cji_attestation": true, "follow_ups": follow_ups});
        app.post(format!("{path}/amend")).by(&world.officer).if_match(1).json(body)
    };
    for (others, pointer) in [
        (json!([walk, call, next("Write.", json!(world.secretary.id))]), "/follow_ups/2/assignee_id"),
        (json!([walk, call, next("Write.", json!(world.stranger.id))]), "/follow_ups/2/assignee_id"),
        // Not even those who were named before: they may have left meanwhile.
        (json!([walk, call, next("Write.", json!(world.member.id))]), "/follow_ups/2/assignee_id"),
    ] {
        amend(others).send().await.refuses(&[pointer]);
    }
    // What it said already it says on.
    let amended = amend(json!([walk, call, next("Write.", json!(null))])).leaving(2).send().await.expect(200);
    let states: Vec<&Value> =
        amended.body["parts"].as_array().unwrap().iter().map(|part| &part["task_state"]).collect();
    assert_eq!(states, ["offered", "offered", "open"]);
    assert_eq!(offers(&app).await, 2);
}

both_engines![
    an_outsider_asks_nobody_and_learns_of_nobody_whether_they_are_a_member,
    whoever_is_on_duty_there_no_more_asks_nobody_anew,
];
