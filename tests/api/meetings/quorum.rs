//! Quorum of what is decided in meetings.

use std::time::Duration;

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::platform::clock::{Instant, minutes};
use threekeys::schema::{attendances, meeting_decisions};

use super::session::{all_for_it, begun, call, close, confirm, discussed, lamps_called, only_call, present, say};
use crate::support::{App, Person};

/// Too few voices end nothing: the others can still say where they stand.
async fn too_few_voices_leave_the_decision_open(app: App) {
    let world = app.world().await;
    let lamps = discussed(&app, &world, json!({})).await;
    let path = begun(&app, &world, json!({})).await;
    let there = [&world.civilian_leader, &world.member, &world.facilitator, &world.secretary, &world.police_leader];
    present(&app, &path, &world, &there).await;
    call(&app, &path, &world.civilian_leader, &lamps).await.expect(201);
    let few = json!({"text_number": 1, "civilian": {"endorse": 1}, "police": {}});
    let refused = say(&app, &path, &world.civilian_leader, &lamps, few).await.problem(409, "quorum_unreachable");
    assert_eq!(refused.body["missing"], json!(["civilian_members", "police_members"]));
    let detail = refused.str("detail");
    assert!(detail.contains("1 more of the civilian side (1 of 2)"), "{detail}");
    assert!(detail.contains("1 more of the police side (0 of 1)"), "{detail}");
    let called = only_call(&app, &path, &world.member).await;
    assert_eq!((&called["state"], &called["spoken"]), (&json!("final_call"), &Value::Null));
    let body = json!({"text_number": 1, "civilian": {"endorse": 2}, "police": {"endorse": 1}});
    let written = say(&app, &path, &world.civilian_leader, &lamps, body).await.expect(200);
    let heard = confirm(&app, &path, &world.police_leader, &lamps, written.version()).await.expect(200);
    assert_eq!(heard.body["ending"], "adopted");
}

async fn whoever_was_counted_in_a_quorum_stays_recorded(app: App) {
    let world = app.world().await;
    let (path, lamps) = lamps_called(&app, &world, json!({})).await;
    app.pass(minutes(1));
    present(&app, &path, &world, &[&world.facilitator]).await;
    let remove =
        |who: &Person| app.delete(format!("{path}/attendance/{}", who.id)).by(&world.secretary).unchecked().send();
    for who in [&world.civilian_leader, &world.member, &world.police_leader] {
        let refused = remove(who).await.problem(409, "conflict");
        assert_eq!(refused.body["conflicts"], json!([format!("/api/v1/decisions/{lamps}")]));
    }
    remove(&world.facilitator).await.expect(204);
    remove(&world.facilitator).await.problem(404, "not_found");
    app.pass(minutes(5));
    close(&app, &world.civilian_leader, &lamps).await.expect(200);
    remove(&world.member).await.problem(409, "conflict");
    let quorum = only_call(&app, &path, &world.member).await["quorum"].clone();
    assert_eq!((&quorum[0]["present"], &quorum[1]["present"]), (&json!(2), &json!(1)));
    let again = discussed(&app, &world, json!({"question": "And a bench?"})).await;
    call(&app, &path, &world.civilian_leader, &again).await.expect(201);
    let refused = remove(&world.member).await.problem(409, "conflict");
    assert_eq!(refused.body["conflicts"].as_array().unwrap().len(), 2);
    say(&app, &path, &world.police_leader, &again, all_for_it()).await.expect(200);
}

async fn who_is_there_counts_while_they_are_there(app: App) {
    let world = app.world().await;
    let lamps = discussed(&app, &world, json!({})).await;
    let path = begun(&app, &world, json!({})).await;
    let began = app.now();
    app.pass(minutes(20));
    let record = |who: &Person, arrived: Value| {
        let body = json!({"account_id": who.id, "arrived_at": arrived});
        app.post(format!("{path}/attendance")).by(&world.secretary).json(body).send()
    };
    let early = began.minus(minutes(1)).to_string();
    record(&world.member, json!(early)).await.refuses(&["/arrived_at"]);
    record(&world.member, json!(app.now().plus(minutes(1)).to_string())).await.refuses(&["/arrived_at"]);
    let entry = record(&world.member, json!(began.plus(minutes(10)).to_string())).await.expect(201);
    assert_eq!(entry.body["arrived_at"], json!(began.plus(minutes(10)).to_string()));
    present(&app, &path, &world, &[&world.civilian_leader, &world.police_leader]).await;
    let presence = |by: &Person, who: &Person, arrived: Value, left: Value| {
        let body = json!({"arrived_at": arrived, "left_at": left});
        app.put(format!("{path}/attendance/{}/presence", who.id)).by(by).json(body).unchecked().send()
    };
    let at = |ahead: u64| json!(began.plus(minutes(ahead)).to_string());
    presence(&world.member, &world.member, Value::Null, Value::Null).await.problem(403, "forbidden");
    presence(&world.stranger, &world.member, Value::Null, Value::Null).await.problem(404, "not_found");
    presence(&world.secretary, &world.facilitator, Value::Null, Value::Null).await.problem(404, "not_found");
    presence(&world.secretary, &world.member, at(12), at(12)).await.refuses(&["/left_at"]);
    presence(&world.secretary, &world.member, at(12), at(21)).await.refuses(&["/left_at"]);
    let left = presence(&world.secretary, &world.member, at(12), at(15)).await.expect(200);
    assert_eq!((&left.body["arrived_at"], &left.body["left_at"]), (&at(12), &at(15)));
    let figures = app.get(format!("{path}/attendance")).by(&world.member).send().await.expect(200);
    assert_eq!(
        (&figures.body["quorum"][0]["present"], &figures.body["presence"]["civilian"]["persons"]),
        (&json!(1), &json!(2))
    );
    call(&app, &path, &world.civilian_leader, &lamps).await.problem(409, "quorum_unreachable");
    presence(&world.secretary, &world.member, at(12), Value::Null).await.expect(200);
    call(&app, &path, &world.civilian_leader, &lamps).await.expect(201);
    // Whoever was counted was there then, and may leave afterwards.
    app.pass(minutes(20));
    let refused = presence(&world.secretary, &world.member, at(12), at(19)).await.problem(409, "conflict");
    assert_eq!(refused.body["conflicts"], json!([format!("/api/v1/decisions/{lamps}")]));
    presence(&world.secretary, &world.member, at(30), Value::Null).await.problem(409, "conflict");
    presence(&world.secretary, &world.member, at(2), at(25)).await.expect(200);
    let listed = app.get(format!("{path}/attendees")).by(&world.officer).send().await.expect(200);
    assert_eq!((&listed.items()[0]["arrived_at"], &listed.items()[0]["left_at"]), (&at(2), &at(25)));
}

/// Nobody makes a quorum by their own word, and who comes later was not there from the beginning.
async fn whoever_only_says_so_counts_in_no_quorum(app: App) {
    let world = app.world().await;
    let lamps = discussed(&app, &world, json!({})).await;
    let path = begun(&app, &world, json!({})).await;
    present(&app, &path, &world, &[&world.civilian_leader, &world.police_leader]).await;
    let attend =
        |who: &Person| app.post(format!("{path}/attendance")).by(who).json(json!({"account_id": who.id})).send();
    let entry = attend(&world.member).await.expect(201);
    assert_eq!((&entry.body["is_vouched"], &entry.body["arrived_at"]), (&json!(false), &Value::Null));
    call(&app, &path, &world.civilian_leader, &lamps).await.problem(409, "quorum_unreachable");
    let code =
        || async { app.get(format!("{path}/check-in-code")).by(&world.secretary).send().await.expect(200).str("code") };
    let shown = code().await;
    let check_in = |who: &Person, code: &str| app.post(format!("{path}/check-in")).by(who).json(json!({"code": code}));
    check_in(&world.member, &shown).send().await.expect(200);
    call(&app, &path, &world.civilian_leader, &lamps).await.expect(201);
    app.pass(minutes(2));
    let shown = code().await;
    check_in(&world.facilitator, &shown).send().await.expect(200);
    present(&app, &path, &world, &[&world.secretary]).await;
    let listed = app.get(format!("{path}/attendees")).by(&world.secretary).send().await.expect(200);
    let arrived = |who: &Person| {
        let entry = listed.items().iter().find(|entry| entry["person"]["id"] == json!(who.id)).unwrap();
        assert_eq!(entry["is_vouched"], true);
        entry["arrived_at"].clone()
    };
    assert_eq!(arrived(&world.member), Value::Null);
    for late in [&world.facilitator, &world.secretary] {
        assert_eq!(arrived(late), json!(app.now().to_string()));
    }
    let refused = app.stance(&lamps, &world.facilitator, 1, "endorse").send().await.problem(409, "conflict");
    assert!(refused.str("detail").contains("recorded there"), "{:#}", refused.body);
}

/// How much the clock of another process is ahead.
const AHEAD: Duration = Duration::from_secs(3);

async fn whoever_came_by_a_clock_that_is_ahead_is_counted(app: App) {
    let world = app.world().await;
    let lamps = discussed(&app, &world, json!({})).await;
    let path = begun(&app, &world, json!({})).await;
    present(&app, &path, &world, &[&world.civilian_leader, &world.member, &world.police_leader]).await;
    let (member, ahead) = (world.member.id, app.now().plus(AHEAD));
    app.db(move |conn| {
        diesel::update(attendances::table.filter(attendances::account_id.eq(member)))
            .set((attendances::created_at.eq(ahead), attendances::arrived_at.eq(ahead)))
            .execute(conn)
    })
    .await;
    let called = call(&app, &path, &world.civilian_leader, &lamps).await.expect(201);
    assert_eq!(called.body["quorum"][0]["present"], 2);
    let at: Instant = called.str("created_at").parse().unwrap();
    assert!(at >= ahead, "{at} is before {ahead}");
    app.pass(minutes(1));
    app.stance(&lamps, &world.member, 1, "endorse").send().await.expect(200);
    let remove = app.delete(format!("{path}/attendance/{}", world.member.id)).by(&world.secretary);
    let refused = remove.send().await.problem(409, "conflict");
    assert_eq!(refused.body["conflicts"], json!([format!("/api/v1/decisions/{lamps}")]));
}

async fn whoever_comes_after_a_call_by_a_clock_that_is_ahead_was_not_there_then(app: App) {
    let world = app.world().await;
    let (path, lamps) = lamps_called(&app, &world, json!({})).await;
    let ahead = app.now().plus(AHEAD);
    app.db(move |conn| {
        diesel::update(meeting_decisions::table).set(meeting_decisions::created_at.eq(ahead)).execute(conn)
    })
    .await;
    let code = app.get(format!("{path}/check-in-code")).by(&world.secretary).send().await.expect(200).str("code");
    let check_in = app.post(format!("{path}/check-in")).by(&world.facilitator).json(json!({"code": code}));
    check_in.send().await.expect(200);
    present(&app, &path, &world, &[&world.secretary]).await;
    let listed = app.get(format!("{path}/attendees")).by(&world.secretary).send().await.expect(200);
    for late in [&world.facilitator, &world.secretary] {
        let entry = listed.items().iter().find(|entry| entry["person"]["id"] == json!(late.id)).unwrap();
        for field in ["arrived_at", "created_at"] {
            let at: Instant = entry[field].as_str().unwrap().parse().unwrap();
            assert!(at > ahead, "{field} of {} is {at}, and not after {ahead}", late.name);
        }
    }
    // Nobody counted them, so that they can be taken out again.
    let remove = |who: &Person| app.delete(format!("{path}/attendance/{}", who.id)).by(&world.secretary).send();
    remove(&world.facilitator).await.expect(204);
    let refused = remove(&world.member).await.problem(409, "conflict");
    assert_eq!(refused.body["conflicts"], json!([format!("/api/v1/decisions/{lamps}")]));
}

/// What was said aloud waits to be confirmed: the other side does not end the call over it.
async fn what_waits_to_be_confirmed_is_not_closed_over(app: App) {
    let world = app.world().await;
    let (path, lamps) = lamps_called(&app, &world, json!({})).await;
    say(&app, &path, &world.civilian_leader, &lamps, all_for_it()).await.expect(200);
    let refused = close(&app, &world.police_leader, &lamps).await.problem(409, "conflict");
    assert!(refused.str("detail").contains("civilian side has written down"), "{:#}", refused.body);
    close(&app, &world.civilian_leader, &lamps).await.expect(200);
}

both_engines![
    whoever_only_says_so_counts_in_no_quorum,
    whoever_came_by_a_clock_that_is_ahead_is_counted,
    whoever_comes_after_a_call_by_a_clock_that_is_ahead_was_not_there_then,
    what_waits_to_be_confirmed_is_not_closed_over,
    too_few_voices_leave_the_decision_open,
    whoever_was_counted_in_a_quorum_stays_recorded,
    who_is_there_counts_while_they_are_there,
];
