use diesel::prelude::*;
use futures_util::future::join_all;
use serde_json::json;
use threekeys::platform::clock::hours;
use threekeys::platform::db::schema::records;
use uuid::Uuid;

use crate::support::App;
use crate::support::forming::proposal;

async fn the_first_answer_comes_again_byte_for_byte(app: App) {
    let (agency, ann) = (app.agency().await, app.citizen().await);
    let area = app.district(agency).await;
    let key = Uuid::now_v7();
    let propose = || app.post("/partnerships").by(&ann).key(key).json(proposal(area, "Once"));
    let first = propose().send().await.expect(201);
    app.pass(hours(23));
    let again = propose().leaving(0).send().await.expect(201);
    assert_eq!(first.bytes, again.bytes);
    for header in ["location", "etag", "content-type"] {
        assert_eq!(first.header(header), again.header(header));
    }
    let other = app.post("/partnerships").by(&ann).key(key).json(proposal(area, "Twice"));
    other.send().await.problem(422, "idempotency_reused");
    // The key belongs to its caller.
    let bob = app.citizen().await;
    app.post("/partnerships").by(&bob).key(key).json(proposal(area, "Once")).send().await.expect(201);
    // After a day it is forgotten, by the answer and by the sweep.
    app.pass(hours(2));
    propose().send().await.expect(201);
    app.pass(hours(48));
    assert_eq!(app.run_job("purge_idempotency_keys").await, 2);
}

async fn refusals_are_answers_too_and_leave_nothing_else(app: App) {
    let p = app.forming().await;
    let key = Uuid::now_v7();
    let text = json!({"text": "Neighbors and officers make the alleys safe."});
    let propose = || app.post(p.path("/missions")).by(&p.resident).key(key).json(text.clone());
    let first = propose().send().await.problem(409, "leadership_incomplete");
    app.seat(&p, &p.resident, &p.neighbor, "primary").await;
    app.seat(&p, &p.officer, &p.commander, "primary").await;
    let again = propose().send().await.problem(409, "leadership_incomplete");
    assert_eq!(first.bytes, again.bytes, "a new attempt takes a new key");
    app.post(p.path("/missions")).by(&p.resident).fresh_key().json(text.clone()).send().await.expect(201);
}

async fn blind_retries_at_the_same_time_do_it_once(app: App) {
    let (agency, ann) = (app.agency().await, app.citizen().await);
    let area = app.district(agency).await;
    for round in 0..10 {
        let (key, name) = (Uuid::now_v7(), format!("Round {round}"));
        let ask = || app.post("/partnerships").by(&ann).key(key).json(proposal(area, &name)).unchecked().send();
        let answers = join_all((0..6).map(|_| ask())).await;
        for answer in &answers {
            assert!(answer.status == 201 || answer.body["code"] == "idempotency_in_progress", "{:#}", answer.body);
        }
        let last = ask().await.expect(201);
        assert!(answers.iter().filter(|a| a.status == 201).all(|a| a.bytes == last.bytes));
    }
    let made = app.get("/partnerships?mine=true&include=total").by(&ann).send().await.expect(200);
    assert_eq!(made.body["total"], 10);
}

async fn refusals_at_the_same_time_are_one_answer_and_on_record(app: App) {
    let ann = app.citizen().await;
    for round in 0..5 {
        let key = Uuid::now_v7();
        let agency = json!({
            "name": format!("Watch {round}"), "kind": "police", "time_zone": "America/Chicago",
            "emergency": {
                "emergency": "911", "text_to_911": true, "non_emergency": "+19135550100", "languages": ["en"]
            }
        });
        let ask = || app.post("/agencies").by(&ann).key(key).json(agency.clone()).unchecked().send();
        let answers = join_all((0..12).map(|_| ask())).await;
        let last = ask().await.problem(403, "forbidden");
        for answer in &answers {
            assert_eq!((answer.status, &answer.bytes), (403, &last.bytes), "{:#}", answer.body);
        }
        let request = last.body["request_id"].as_str().unwrap().to_owned();
        let denied = records::table.filter(records::action.eq("policy.denied")).filter(records::request.eq(request));
        assert_eq!(app.db(|conn| denied.count().get_result::<i64>(conn)).await, 1);
    }
}

both_engines![
    refusals_at_the_same_time_are_one_answer_and_on_record,
    the_first_answer_comes_again_byte_for_byte,
    refusals_are_answers_too_and_leave_nothing_else,
    blind_retries_at_the_same_time_do_it_once,
];
