//! Logs sent together.

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::schema::officer_logs;

use crate::fire::chance::Chance;
use crate::support::world::visit_body;
use crate::support::{Answer, App, World};

fn visit(world: &World, other: Value) -> Value {
    visit_body(world.district, other)
}

/// Sent together, of which so many are new: each has a record of its own.
async fn batch(app: &App, world: &World, logs: &[Value], new: i64) -> Answer {
    app.post("/officer-logs/batch").by(&world.officer).json(json!({"logs": logs})).leaving(new).send().await
}

fn statuses(answer: &Answer) -> Vec<u64> {
    let results = answer.body["results"].as_array().unwrap();
    assert!(results.iter().enumerate().all(|(n, result)| result["index"] == json!(n)), "{results:#?}");
    results.iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

async fn count(app: &App) -> i64 {
    app.db(|conn| officer_logs::table.count().get_result(conn)).await
}

async fn log_meetings_gives_each_log_its_own_result(app: App) {
    let world = app.world().await;
    let there = app.post("/officer-logs").by(&world.officer).json(visit(&world, json!({}))).send().await.expect(201);
    let [good, late] = [
        visit(&world, json!({"group_name": "Oak Street Watch"})),
        visit(&world, json!({"group_name": "Merchants", "attended_on": "2027-02-20"})),
    ];
    let logs = [
        good.clone(),
        visit(&world, json!({"group_name": null})),
        json!({"client_uuid": "8a4b7f34-5f0e-4a5e-b0a4-6a4f4b1c2d3e", "summary": 7}),
        json!(null),
        visit(&world, json!({"start": "10:29"})),
        late,
        visit(&world, json!({"area_id": uuid::Uuid::now_v7()})),
        visit(&world, json!({"group_name": "Pine Street Watch", "state": "confirmed"})),
    ];
    let answer = batch(&app, &world, &logs, 2).await.expect(200);
    assert_eq!(statuses(&answer), [201, 422, 422, 422, 409, 201, 422, 422]);
    assert_eq!(
        (&answer.body["created"], &answer.body["known"], &answer.body["refused"]),
        (&json!(2), &json!(0), &json!(6))
    );
    let result = |n: usize| answer.body["results"][n].clone();
    assert_eq!(answer.body["emergency"]["emergency"], "911");
    assert_eq!(result(0)["client_uuid"], good["client_uuid"]);
    assert_eq!((&result(0)["is_late"], &result(5)["is_late"]), (&json!(false), &json!(true)));
    let read = app.get(result(0)["location"].as_str().unwrap().trim_start_matches("/api/v1"));
    assert_eq!(read.by(&world.officer).send().await.expect(200).id(), result(0)["id"]);
    assert_eq!(result(1)["problem"]["errors"][0]["pointer"], "/group_name", "pointers begin at the log");
    assert_eq!(result(2)["client_uuid"], "8a4b7f34-5f0e-4a5e-b0a4-6a4f4b1c2d3e");
    assert!(result(2)["problem"]["errors"].as_array().unwrap().len() > 5, "all that is wrong: {:#}", result(2));
    assert_eq!(result(4)["problem"]["conflicts"], json!([format!("/api/v1/officer-logs/{}", there.id())]));
    assert_eq!(result(7)["problem"]["errors"][0]["pointer"], "/state");
    assert_eq!(count(&app).await, 3);

    let told = app.get(format!("/officer-logs/{}/timeline", result(5)["id"].as_str().unwrap()));
    let told = told.by(&world.officer).send().await.expect(200);
    assert_eq!(told.items()[0]["action"], "officer_log.submitted", "each has a record of its own");

    let again = batch(&app, &world, &logs, 0).await.expect(200);
    assert_eq!(statuses(&again), [200, 422, 422, 422, 409, 200, 422, 422], "the whole again");
    assert_eq!((again.body["results"][0]["id"].clone(), count(&app).await), (result(0)["id"].clone(), 3));
    let mut changed = good;
    changed["summary"] = json!("Something else.");
    let conflict = batch(&app, &world, &[changed], 0).await.expect(200);
    assert_eq!(conflict.body["results"][0]["problem"]["code"], "conflict", "the same id with other content");
}

async fn log_meetings_takes_no_entry_for_a_reason_to_refuse_the_others(app: App) {
    let world = app.world().await;
    let logs = [
        visit(&world, json!({})),
        json!([]),
        json!([["2027-03-01"]]),
        json!(5),
        json!("x"),
        json!(null),
        visit(
            &world,
            json!({"start": "08:00", "end": "09:00", "group_name": "Pine Street Watch", "counts": [12, 1, 0]}),
        ),
    ];
    let answer = batch(&app, &world, &logs, 1).await.expect(200);
    assert_eq!(statuses(&answer), [201, 422, 422, 422, 422, 422, 422]);
    let problem = |n: usize| answer.body["results"][n]["problem"].clone();
    for n in [1, 2, 3, 4] {
        assert_eq!(problem(n)["detail"], "The log must be an object.", "{n}");
        assert_eq!(problem(n)["errors"][0]["pointer"], "", "{n}");
    }
    assert_eq!(problem(5)["detail"], "The log must not be null.");
    assert_eq!(problem(6)["errors"][0]["pointer"], "/counts");
    // The list itself is one.
    let whole = app.post("/officer-logs/batch").by(&world.officer);
    whole.json(json!([[]])).send().await.refuses(&[""]);
}

async fn log_meetings_is_for_verified_officers_and_bounded(app: App) {
    let world = app.world().await;
    let one = json!({"logs": [visit(&world, json!({}))]});
    app.post("/officer-logs/batch").json(one.clone()).send().await.problem(401, "unauthenticated");
    for person in [&world.member, &world.administrator] {
        app.post("/officer-logs/batch").by(person).json(one.clone()).send().await.problem(403, "forbidden");
    }
    batch(&app, &world, &[], 0).await.refuses(&["/logs"]);
    batch(&app, &world, &vec![visit(&world, json!({})); 101], 0).await.refuses(&["/logs"]);
    let full = |n: usize| {
        visit(
            &world,
            json!({
                "group_name": format!("Group {n}"), "summary": "ß".repeat(2000), "concerns": vec!["ß".repeat(500); 8],
                "follow_ups": vec![json!({"what": "ß".repeat(500), "due_on": "2027-03-09"}); 4]
            }),
        )
    };
    let answer = batch(&app, &world, &(0..100).map(full).collect::<Vec<_>>(), 100).await.expect(200);
    assert_eq!(statuses(&answer), [201; 100], "a hundred long ones");
    let too_large = json!({"logs": vec![visit(&world, json!({"summary": "x".repeat(22_000)})); 100]});
    app.post("/officer-logs/batch").by(&world.officer).json(too_large).send().await.problem(413, "payload_too_large");
}

async fn log_meetings_does_the_same_in_whichever_order(app: App) {
    let world = app.world().await;
    // Three visits to one group, each within half an hour of the next; two logs with one id; one that stands alone.
    let shared = uuid::Uuid::new_v4();
    let logs: Vec<Value> = [
        json!({"start": "09:00", "end": "09:10"}),
        json!({"start": "09:20", "end": "09:30"}),
        json!({"start": "09:40", "end": "09:50"}),
        json!({"group_name": "Oak Street Watch", "client_uuid": shared}),
        json!({"group_name": "Oak Street Watch", "client_uuid": shared, "summary": "Another text."}),
        json!({"group_name": "Pine Street Watch"}),
    ]
    .map(|other| visit(&world, other))
    .to_vec();
    let mut chance = Chance::new();
    let mut taken: Option<Vec<String>> = None;
    for _ in 0..12 {
        let mut order: Vec<usize> = (0..logs.len()).collect();
        for n in (1..order.len()).rev() {
            order.swap(n, chance.below(n + 1));
        }
        let sent: Vec<Value> = order.iter().map(|&n| logs[n].clone()).collect();
        let answer = batch(&app, &world, &sent, 4).await.expect(200);
        let mut new: Vec<String> = std::iter::zip(&order, statuses(&answer))
            .filter(|(_, status)| *status == 201)
            .map(|(n, _)| n.to_string())
            .collect();
        new.sort();
        assert!(new.contains(&"0".into()) && new.contains(&"2".into()) && !new.contains(&"1".into()), "{new:?}");
        match &taken {
            None => taken = Some(new),
            Some(first) => assert_eq!(&new, first, "{order:?}"),
        }
        app.db(|conn| {
            diesel::delete(threekeys::schema::officer_log_versions::table).execute(conn)?;
            diesel::delete(officer_logs::table).execute(conn)
        })
        .await;
    }
}

both_engines![
    log_meetings_gives_each_log_its_own_result,
    log_meetings_takes_no_entry_for_a_reason_to_refuse_the_others,
    log_meetings_is_for_verified_officers_and_bounded,
    log_meetings_does_the_same_in_whichever_order
];
