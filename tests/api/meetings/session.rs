//! Meetings in session: checking in, deciding, recessing.

use futures_util::future::join_all;
use serde_json::{Value, json};
use threekeys::platform::clock::{hours, minutes};

use crate::support::deciding::decision_body;
use crate::support::{Answer, App, Person, World};

/// A meeting that was noticed in time and is in session; its path.
pub async fn begun(app: &App, world: &World, other: Value) -> String {
    let path = format!("/meetings/{}", app.meeting(world, other).await.id());
    app.run_job("give_notice").await;
    app.wait_for_the_meeting();
    app.post(format!("{path}/start")).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    path
}

pub async fn present(app: &App, path: &str, world: &World, people: &[&Person]) {
    for person in people {
        let body = json!({"account_id": person.id});
        app.post(format!("{path}/attendance")).by(&world.secretary).json(body).send().await.expect(201);
    }
}

/// A decision that is being discussed.
pub async fn discussed(app: &App, world: &World, rest: Value) -> String {
    let path = format!("/partnerships/{}/decisions", world.partnership);
    let made = app.post(path).by(&world.civilian_leader).json(decision_body(rest)).send().await.expect(201).id();
    app.step(&made, &world.civilian_leader, "discuss").await;
    made
}

pub async fn call(app: &App, path: &str, by: &Person, decision: &str) -> Answer {
    let body = json!({"decision_id": decision, "text_number": 1});
    app.post(format!("{path}/decisions")).by(by).json(body).send().await
}

pub async fn close(app: &App, by: &Person, decision: &str) -> Answer {
    let version = app.decision(decision, by).await["version"].clone();
    app.post(format!("/decisions/{decision}/close")).by(by).if_match(version).send().await
}

/// Writes down what was said.
pub async fn say(app: &App, path: &str, by: &Person, decision: &str, body: Value) -> Answer {
    app.post(format!("{path}/decisions/{decision}/voice")).by(by).json(body).send().await
}

/// Confirms what was written down, as of this version.
pub async fn confirm(app: &App, path: &str, by: &Person, decision: &str, version: i64) -> Answer {
    app.post(format!("{path}/decisions/{decision}/voice/confirm")).by(by).if_match(version).send().await
}

/// What the list says of the only call in the meeting.
pub async fn only_call(app: &App, path: &str, by: &Person) -> Value {
    let listed = app.get(format!("{path}/decisions")).by(by).send().await.expect(200);
    assert_eq!(listed.items().len(), 1);
    listed.items()[0].clone()
}

/// Ten lamps, called in a meeting in session with two civilians and an officer: the path of the meeting, and the decision.
pub async fn lamps_called(app: &App, world: &World, rest: Value) -> (String, String) {
    let lamps = discussed(app, world, rest).await;
    let path = begun(app, world, json!({})).await;
    present(app, &path, world, &[&world.civilian_leader, &world.member, &world.police_leader]).await;
    call(app, &path, &world.civilian_leader, &lamps).await.expect(201);
    (path, lamps)
}

/// Everybody is for it.
pub fn all_for_it() -> Value {
    json!({"text_number": 1, "civilian": {"endorse": 2}, "police": {"endorse": 1}})
}

async fn check_in_by_the_code_that_is_shown(app: App) {
    let world = app.world().await;
    let made = app.meeting(&world, json!({})).await;
    let path = format!("/meetings/{}", made.id());
    app.get(format!("{path}/check-in-code")).by(&world.secretary).send().await.problem(409, "conflict");
    app.wait_for_the_meeting();
    app.post(format!("{path}/start")).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    app.get(format!("{path}/check-in-code")).by(&world.member).send().await.problem(403, "forbidden");
    app.get(format!("{path}/check-in-code")).by(&world.stranger).send().await.problem(404, "not_found");
    let shown = app.get(format!("{path}/check-in-code")).by(&world.secretary).send().await.expect(200);
    let code = shown.str("code");
    let say = |by, code: &str| app.post(format!("{path}/check-in")).by(by).json(json!({"code": code}));
    say(&world.stranger, &code).send().await.problem(404, "not_found");
    say(&world.administrator, &code).send().await.problem(403, "forbidden");
    let in_ = say(&world.member, &code.to_lowercase()).send().await.expect(200);
    assert_eq!(in_.body["side"], "civilian");
    say(&world.member, &code).leaving(0).send().await.expect(200);
    let there = app.get(format!("{path}/attendance")).by(&world.member).send().await.expect(200);
    assert_eq!(there.body["presence"]["civilian"]["persons"], 1);
    let quorum = json!([
        {"side": "civilian", "present": 1, "eligible": 4, "needed": 2, "is_quorate": false},
        {"side": "police", "present": 0, "eligible": 1, "needed": 1, "is_quorate": false}
    ]);
    assert_eq!(there.body["quorum"], quorum);
    // It changes, and the one before is taken for a while.
    app.pass(minutes(10));
    let next = app.get(format!("{path}/check-in-code")).by(&world.secretary).send().await.expect(200).str("code");
    assert_ne!(next, code);
    say(&world.police_leader, &code).send().await.expect(200);
    app.pass(minutes(10));
    say(&world.facilitator, &code).send().await.refuses(&["/code"]);
    say(&world.facilitator, &next).send().await.expect(200);
}

async fn wrong_codes_are_counted_by_account(app: App) {
    let world = app.world().await;
    let path = begun(&app, &world, json!({})).await;
    let code = app.get(format!("{path}/check-in-code")).by(&world.secretary).send().await.expect(200).str("code");
    let say = |by, code: &str| app.post(format!("{path}/check-in")).by(by).json(json!({"code": code})).send();
    for _ in 0..5 {
        say(&world.member, "AAAAAAA").await.refuses(&["/code"]);
    }
    say(&world.member, &code).await.problem(429, "quota_exceeded");
    say(&world.facilitator, &code).await.expect(200);
    app.pass(minutes(3));
    let code = app.get(format!("{path}/check-in-code")).by(&world.secretary).send().await.expect(200).str("code");
    say(&world.member, &code).await.expect(200);
}

async fn a_decision_is_called_among_those_who_are_there(app: App) {
    let world = app.world().await;
    // It would be discussed for three days; the meeting waives that.
    let walk = discussed(&app, &world, json!({"class": "action_plan"})).await;
    let path = begun(&app, &world, json!({})).await;
    let sense = app.decision(&walk, &world.civilian_leader).await;
    assert!(sense["sense_check_from"].is_string());
    call(&app, &path, &world.member, &walk).await.problem(403, "forbidden");
    present(&app, &path, &world, &[&world.civilian_leader]).await;
    let short = call(&app, &path, &world.civilian_leader, &walk).await.problem(409, "quorum_unreachable");
    assert_eq!(short.body["missing"], json!(["civilian_members", "police_members"]));
    assert!(short.str("detail").contains("1 more of the civilian side (1 of 2)"), "{:#}", short.body);
    present(&app, &path, &world, &[&world.member, &world.police_leader]).await;
    let body = json!({"decision_id": walk, "text_number": 2});
    app.post(format!("{path}/decisions"))
        .by(&world.civilian_leader)
        .json(body)
        .send()
        .await
        .problem(409, "stance_stale");
    let called = call(&app, &path, &world.civilian_leader, &walk).await.expect(201);
    assert_eq!(called.body["quorum"][0]["present"], 2);
    assert_eq!(called.body["state"], "final_call");
    call(&app, &path, &world.civilian_leader, &walk).await.problem(409, "conflict");
    // Those who are there are asked, and nobody else; nobody gets a letter about it.
    app.stance(&walk, &world.facilitator, 1, "endorse").send().await.problem(409, "conflict");
    app.run_job("notice_closing_decisions").await;
    assert!(app.mails(&world.member.email).await.iter().all(|mail| !mail.contains("lamps")));
    for who in [&world.civilian_leader, &world.member, &world.police_leader] {
        app.stance(&walk, who, 1, "endorse").send().await.expect(200);
    }
    close(&app, &world.member, &walk).await.problem(403, "forbidden");
    let over = close(&app, &world.police_leader, &walk).await.expect(200);
    assert_eq!(over.body["state"], "adopted");
    let listed = app.get(format!("{path}/decisions")).by(&world.member).send().await.expect(200);
    assert_eq!((listed.items().len(), &listed.items()[0]["ending"]), (1, &json!("adopted")));
    assert_eq!(listed.items()[0]["by_voice"], false);
    app.get(format!("{path}/decisions")).by(&world.stranger).send().await.problem(404, "not_found");
}

async fn only_what_is_noticed_and_in_session_decides(app: App) {
    let world = app.world().await;
    let lamps = discussed(&app, &world, json!({})).await;
    let everybody = [&world.civilian_leader, &world.member, &world.police_leader];
    let path = format!("/meetings/{}", app.meeting(&world, json!({})).await.id());
    call(&app, &path, &world.civilian_leader, &lamps).await.problem(409, "conflict");
    app.wait_for_the_meeting();
    app.post(format!("{path}/start")).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    present(&app, &path, &world, &everybody).await;
    let untold = call(&app, &path, &world.civilian_leader, &lamps).await.problem(409, "gate_unmet");
    assert_eq!(untold.body["missing"], json!(["notice"]));
    // Of a members' meeting they were told when it was put down.
    let inner = json!({"visibility": "members", "starts_local": "2027-03-16T18:30", "ends_local": "2027-03-16T20:00"});
    let inner = format!("/meetings/{}", app.meeting(&world, inner).await.id());
    app.pass(hours(24 * 7 - 1));
    app.post(format!("{inner}/start")).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    present(&app, &inner, &world, &everybody).await;
    let body = json!({"decision_id": world.member.id, "text_number": 1});
    app.post(format!("{inner}/decisions"))
        .by(&world.civilian_leader)
        .json(body)
        .send()
        .await
        .refuses(&["/decision_id"]);
    let body = json!({"decision_id": lamps, "text_number": 1, "agenda_item_id": world.member.id});
    let foreign = app.post(format!("{inner}/decisions")).by(&world.civilian_leader).json(body);
    foreign.send().await.refuses(&["/agenda_item_id"]);
    call(&app, &inner, &world.civilian_leader, &lamps).await.expect(201);
}

async fn whoever_moves_a_members_meeting_tells_of_it_anew(app: App) {
    let world = app.world().await;
    let lamps = discussed(&app, &world, json!({})).await;
    let inner = json!({"visibility": "members", "starts_local": "2027-03-16T18:30", "ends_local": "2027-03-16T20:00"});
    let inner = format!("/meetings/{}", app.meeting(&world, inner).await.id());
    app.pass(hours(24 * 5));
    // Chicago is six hours behind in winter.
    let local = |ahead| app.now().plus(minutes(ahead)).minus(hours(6)).utc().format("%Y-%m-%dT%H:%M").to_string();
    let sooner = json!({"starts_local": local(40), "ends_local": local(100)});
    let moved = app.patch(&inner).by(&world.civilian_leader).if_match(1).json(sooner).send().await.expect(200);
    let start = app.post(format!("{inner}/start")).by(&world.civilian_leader).if_match(moved.version());
    start.send().await.expect(200);
    present(&app, &inner, &world, &[&world.civilian_leader, &world.member, &world.police_leader]).await;
    let untold = call(&app, &inner, &world.civilian_leader, &lamps).await.problem(409, "gate_unmet");
    assert_eq!(untold.body["missing"], json!(["notice"]));
}

async fn a_series_that_goes_on_at_another_time_tells_of_it_anew(app: App) {
    let world = app.world().await;
    let lamps = discussed(&app, &world, json!({})).await;
    let weekly = json!({
        "kind": "regular", "format": "in_person", "title": "Inner circle", "rule": "FREQ=WEEKLY;COUNT=2",
        "starts_local": "2027-03-09T18:30", "ends_local": "2027-03-09T20:00", "visibility": "members",
        "place": {"kind": "public", "name": "Library"}
    });
    let path = format!("/partnerships/{}/meeting-series", world.partnership);
    let series = app.post(path).by(&world.civilian_leader).json(weekly).send().await.expect(201);
    let inner = format!("/meetings/{}", series.body["next"][0]["meeting_id"].as_str().unwrap());
    app.pass(hours(24 * 7));
    // Little more than a day before, all of them are moved.
    let sooner =
        json!({"from": "2027-03-09T18:30", "starts_local": "2027-03-09T17:30", "ends_local": "2027-03-09T19:00"});
    let split = app.post(format!("/meeting-series/{}/split", series.id())).by(&world.civilian_leader).if_match(1);
    split.json(sooner).leaving(2).send().await.expect(201);
    app.pass(hours(29));
    let start = app.post(format!("{inner}/start")).by(&world.civilian_leader).if_match(2);
    start.send().await.expect(200);
    present(&app, &inner, &world, &[&world.civilian_leader, &world.member, &world.police_leader]).await;
    let untold = call(&app, &inner, &world.civilian_leader, &lamps).await.problem(409, "gate_unmet");
    assert_eq!(untold.body["missing"], json!(["notice"]));
}

/// Called at the same time by both leaders: once.
async fn a_decision_is_called_once_however_many_call_it(app: App) {
    let world = app.world().await;
    let path = begun(&app, &world, json!({})).await;
    present(&app, &path, &world, &[&world.civilian_leader, &world.member, &world.police_leader]).await;
    for round in 0..10 {
        let lamps = discussed(&app, &world, json!({"question": format!("Lamp {round}?")})).await;
        let body = json!({"decision_id": lamps, "text_number": 1});
        let calls = [&world.civilian_leader, &world.police_leader]
            .map(|by| app.post(format!("{path}/decisions")).by(by).json(body.clone()).unchecked().send());
        let mut statuses: Vec<u16> = join_all(calls).await.into_iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "round {round}");
        close(&app, &world.civilian_leader, &lamps).await.expect(200);
    }
}

async fn what_was_said_by_voice_is_judged_like_every_other(app: App) {
    let world = app.world().await;
    let walk = discussed(&app, &world, json!({"class": "action_plan"})).await;
    let lamps = discussed(&app, &world, json!({})).await;
    let path = begun(&app, &world, json!({})).await;
    present(&app, &path, &world, &[&world.civilian_leader, &world.member, &world.facilitator, &world.police_leader])
        .await;
    let say = |decision: &str, body: Value| {
        app.post(format!("{path}/decisions/{decision}/voice")).by(&world.police_leader).json(body).send()
    };
    let all = json!({"text_number": 1, "civilian": {"endorse": 3}, "police": {"endorse": 1}});
    say(&lamps, all.clone()).await.problem(409, "conflict");
    say(&world.member.id.to_string(), all.clone()).await.problem(404, "not_found");
    let uncalled = app.decision(&lamps, &world.member).await["version"].as_i64().unwrap();
    confirm(&app, &path, &world.civilian_leader, &lamps, uncalled).await.problem(409, "conflict");
    confirm(&app, &path, &world.civilian_leader, &world.member.id.to_string(), 1).await.problem(404, "not_found");
    for decision in [&walk, &lamps] {
        call(&app, &path, &world.civilian_leader, decision).await.expect(201);
    }
    let with = |name: &str, value: Value| {
        let mut body = all.clone();
        body[name] = value;
        body
    };
    say(&lamps, with("civilian", json!({"endorse": 4}))).await.refuses(&["/civilian"]);
    say(&lamps, with("police", json!({"block": 1}))).await.refuses(&["/police/block"]);
    say(&lamps, with("text_number", json!(2))).await.problem(409, "stance_stale");
    let named = |level: &str| json!([{"account_id": world.member.id, "level": level}]);
    say(&lamps, with("positions", named("stand_aside"))).await.refuses(&["/civilian/stand_aside"]);
    say(&lamps, with("positions", named("disagree"))).await.refuses(&["/positions/0/reason"]);
    say(&lamps, with("positions", json!([{"account_id": world.secretary.id, "level": "endorse"}])))
        .await
        .refuses(&["/positions/0/account_id"]);
    let written = say(&lamps, all.clone()).await.expect(200);
    let heard = confirm(&app, &path, &world.civilian_leader, &lamps, written.version()).await.expect(200);
    assert_eq!((&heard.body["ending"], &heard.body["by_voice"]), (&json!("adopted"), &json!(true)));
    assert_eq!(heard.body["recorded_by"]["id"], json!(world.police_leader.id));
    assert_eq!(heard.body["confirmed_by"]["id"], json!(world.civilian_leader.id));
    assert_eq!(heard.body["spoken"]["sides"][0]["endorse"], 3, "what was said is remembered");
    say(&lamps, all.clone()).await.problem(409, "conflict");
    let again = confirm(&app, &path, &world.civilian_leader, &lamps, heard.version()).await;
    again.problem(409, "conflict");
    let result = app.result(&lamps, &world.member).await;
    assert_eq!(result["verdict"]["sides"][0]["heads"]["endorse"], 3, "{result:#}");
    // A plan needs a leader of each side, by name.
    let written = say(&walk, all).await.expect(200);
    let heard = confirm(&app, &path, &world.civilian_leader, &walk, written.version()).await.expect(200);
    assert_eq!(heard.body["ending"], "not_adopted");
    let walk = app.decision(&walk, &world.member).await;
    let unmet = crate::support::deciding::unmet(&walk["result"]);
    assert_eq!(unmet, ["leader_assent civilian", "leader_assent police"]);
}

async fn a_leader_alone_ends_nothing_by_voice(app: App) {
    let world = app.world().await;
    let (path, lamps) = lamps_called(&app, &world, json!({})).await;
    let called = only_call(&app, &path, &world.police_leader).await;
    assert_eq!((&called["spoken"], &called["recorded_by"]), (&Value::Null, &Value::Null));
    let version = called["version"].as_i64().unwrap();
    let early = confirm(&app, &path, &world.police_leader, &lamps, version).await;
    early.problem(409, "conflict");
    app.stance(&lamps, &world.member, 1, "reservations").send().await.expect(200);
    let mut body = all_for_it();
    body["civilian"] = json!({"endorse": 1, "reservations": 1});
    body["positions"] = json!([{"account_id": world.police_leader.id, "level": "endorse"}]);
    let written = say(&app, &path, &world.civilian_leader, &lamps, body).await.expect(200);
    assert_eq!((&written.body["state"], &written.body["by_voice"]), (&json!("final_call"), &json!(false)));
    assert_eq!((&written.body["ending"], &written.body["recorded_by"]), (&Value::Null, &Value::Null));
    let spoken = &written.body["spoken"];
    assert_eq!((&spoken["side"], &spoken["written_by"]["id"]), (&json!("civilian"), &json!(world.civilian_leader.id)));
    assert_eq!((&spoken["sides"][1]["endorse"], &spoken["sides"][1]["eligible"]), (&json!(1), &json!(1)));
    assert_eq!(spoken["positions"][0]["person"]["id"], json!(world.police_leader.id));
    assert_eq!(spoken["written_at"], json!(app.now().to_string()));
    // It is there for those who are told who stands where.
    assert_eq!(only_call(&app, &path, &world.member).await["spoken"], *spoken);
    let seen = only_call(&app, &path, &world.administrator).await;
    assert_eq!((&seen["state"], &seen["spoken"]), (&json!("final_call"), &Value::Null));
    // Nothing counts but what people said themselves.
    let stances = app.get(format!("/decisions/{lamps}/stances")).by(&world.member).send().await.expect(200);
    assert_eq!((stances.items().len(), &stances.items()[0]["level"]), (1, &json!("reservations")));
    // Nor does the same side confirm it, or anybody who leads no side.
    let version = written.version();
    let own = confirm(&app, &path, &world.civilian_leader, &lamps, version).await;
    own.problem(409, "already_signed");
    for who in [&world.member, &world.facilitator, &world.secretary, &world.administrator] {
        confirm(&app, &path, who, &lamps, version).await.problem(403, "forbidden");
    }
    confirm(&app, &path, &world.stranger, &lamps, version).await.problem(404, "not_found");
    let bare = app.post(format!("{path}/decisions/{lamps}/voice/confirm")).by(&world.police_leader).send().await;
    bare.problem(428, "precondition_required");
    // The other side does not write over it.
    let over = say(&app, &path, &world.police_leader, &lamps, all_for_it()).await;
    over.problem(409, "conflict");
    // Written down anew by the same side it is another one.
    let mut other = all_for_it();
    other["civilian"] = json!({"agree_minor": 1, "reservations": 1});
    let anew = say(&app, &path, &world.civilian_leader, &lamps, other).await.expect(200);
    let stale = confirm(&app, &path, &world.police_leader, &lamps, version).await;
    assert_eq!(stale.problem(412, "precondition_failed").body["current_version"], json!(anew.version()));
    let heard = confirm(&app, &path, &world.police_leader, &lamps, anew.version()).await.expect(200);
    assert_eq!((&heard.body["ending"], &heard.body["by_voice"]), (&json!("adopted"), &json!(true)));
    let result = app.result(&lamps, &world.member).await;
    assert_eq!(result["verdict"]["sides"][0]["heads"]["reservations"], 1, "{result:#}");
    assert_eq!(result["verdict"]["sides"][0]["heads"]["stand_aside"], 0, "{result:#}");
}

async fn nobody_writes_down_for_others_what_they_did_not_say(app: App) {
    let world = app.world().await;
    let (path, lamps) = lamps_called(&app, &world, json!({})).await;
    app.stance(&lamps, &world.police_leader, 1, "disagree").send().await.expect(200);
    say(&app, &path, &world.civilian_leader, &lamps, all_for_it()).await.refuses(&["/police/disagree"]);
    let mut named = all_for_it();
    named["positions"] = json!([{"account_id": world.police_leader.id, "level": "endorse"}]);
    say(&app, &path, &world.civilian_leader, &lamps, named).await.refuses(&["/positions/0/level"]);
    let mut true_to_it = all_for_it();
    true_to_it["police"] = json!({"disagree": 1});
    let written = say(&app, &path, &world.civilian_leader, &lamps, true_to_it).await.expect(200);
    // What somebody says by themselves afterwards makes it another thing than was written down.
    app.stance(&lamps, &world.member, 1, "disagree").send().await.expect(200);
    let confirm = confirm(&app, &path, &world.police_leader, &lamps, written.version()).await;
    confirm.problem(409, "conflict");
}

async fn without_confirmation_the_call_ends_by_the_stances_alone(app: App) {
    let world = app.world().await;
    let (path, lamps) = lamps_called(&app, &world, json!({})).await;
    for who in [&world.civilian_leader, &world.member] {
        app.stance(&lamps, who, 1, "endorse").send().await.expect(200);
    }
    // The officer has not said anything, whatever is written down.
    say(&app, &path, &world.civilian_leader, &lamps, all_for_it()).await.expect(200);
    app.post(format!("{path}/adjourn")).by(&world.secretary).if_match(2).leaving(2).send().await.expect(200);
    let over = only_call(&app, &path, &world.member).await;
    assert_eq!((&over["ending"], &over["by_voice"]), (&json!("lapsed"), &json!(false)));
    assert_eq!((&over["spoken"], &over["recorded_by"]), (&Value::Null, &Value::Null), "it came to nothing");
    let late = confirm(&app, &path, &world.police_leader, &lamps, over["version"].as_i64().unwrap()).await;
    late.problem(409, "conflict");
}

async fn what_was_said_of_one_text_is_not_confirmed_of_another(app: App) {
    let world = app.world().await;
    let (path, lamps) = lamps_called(&app, &world, json!({})).await;
    let written = say(&app, &path, &world.civilian_leader, &lamps, all_for_it()).await.expect(200);
    app.amend(&lamps, &world.civilian_leader, "We ask the city for nine lamps and a bench.").await;
    let over = only_call(&app, &path, &world.police_leader).await;
    assert_eq!((&over["ended_at"].is_string(), &over["spoken"]), (&true, &Value::Null));
    let of_the_old = confirm(&app, &path, &world.police_leader, &lamps, written.version()).await;
    of_the_old.problem(412, "precondition_failed");
    let amended = confirm(&app, &path, &world.police_leader, &lamps, over["version"].as_i64().unwrap()).await;
    amended.problem(409, "conflict");
    let body = json!({"decision_id": lamps, "text_number": 2});
    let again = app.post(format!("{path}/decisions")).by(&world.civilian_leader).json(body).send().await.expect(201);
    let unsaid = confirm(&app, &path, &world.police_leader, &lamps, again.version()).await;
    unsaid.problem(409, "conflict");
    // The other side may write it down this time.
    let mut body = all_for_it();
    body["text_number"] = json!(2);
    let written = say(&app, &path, &world.police_leader, &lamps, body).await.expect(200);
    confirm(&app, &path, &world.civilian_leader, &lamps, written.version()).await.expect(200);
}

async fn what_does_not_fit_those_who_are_left_is_written_down_again(app: App) {
    let world = app.world().await;
    let lamps = discussed(&app, &world, json!({})).await;
    let path = begun(&app, &world, json!({})).await;
    present(&app, &path, &world, &[&world.civilian_leader, &world.member, &world.facilitator, &world.police_leader])
        .await;
    call(&app, &path, &world.civilian_leader, &lamps).await.expect(201);
    let mut body = all_for_it();
    body["civilian"] = json!({"endorse": 3});
    let written = say(&app, &path, &world.civilian_leader, &lamps, body.clone()).await.expect(200);
    let view = app.get(format!("/partnerships/{}", world.partnership)).by(&world.member).send().await.expect(200);
    let leave = format!("/memberships/{}/leave", view.body["own"]["membership_id"].as_str().unwrap());
    app.post(leave).by(&world.member).if_match(1).send().await.expect(200);
    let version = only_call(&app, &path, &world.police_leader).await["version"].as_i64().unwrap();
    assert_eq!(version, written.version());
    let refused = confirm(&app, &path, &world.police_leader, &lamps, version).await;
    assert!(refused.problem(409, "conflict").str("detail").contains("does not fit"));
    say(&app, &path, &world.civilian_leader, &lamps, body.clone()).await.refuses(&["/civilian"]);
    body["civilian"] = json!({"endorse": 2});
    let written = say(&app, &path, &world.civilian_leader, &lamps, body).await.expect(200);
    confirm(&app, &path, &world.police_leader, &lamps, written.version()).await.expect(200);
}

async fn what_hides_its_results_is_read_by_leaders_until_it_ends(app: App) {
    let world = app.world().await;
    let (path, lamps) = lamps_called(&app, &world, json!({"hides_results": true})).await;
    let written = say(&app, &path, &world.civilian_leader, &lamps, all_for_it()).await.expect(200);
    assert!(written.body["spoken"].is_object());
    assert_eq!(only_call(&app, &path, &world.member).await["spoken"], Value::Null);
    assert!(only_call(&app, &path, &world.police_leader).await["spoken"].is_object());
    confirm(&app, &path, &world.police_leader, &lamps, written.version()).await.expect(200);
    assert!(only_call(&app, &path, &world.member).await["spoken"].is_object());
}

/// Confirmed while the meeting ends, or while it is written down anew: one of them comes first, and what was confirmed is
/// what was read.
async fn a_confirmation_races_with_the_end_and_with_another_writing(app: App) {
    let world = app.world().await;
    let path = begun(&app, &world, json!({})).await;
    present(&app, &path, &world, &[&world.civilian_leader, &world.member, &world.police_leader]).await;
    for round in 0..6 {
        let lamps = discussed(&app, &world, json!({"question": format!("Lamp {round}?")})).await;
        call(&app, &path, &world.civilian_leader, &lamps).await.expect(201);
        let written = say(&app, &path, &world.civilian_leader, &lamps, all_for_it()).await.expect(200);
        let voice = format!("{path}/decisions/{lamps}/voice");
        let against = json!({"text_number": 1, "civilian": {"stand_aside": 2}, "police": {"stand_aside": 1}});
        let anew = app.post(&voice).by(&world.civilian_leader).json(against).unchecked().send();
        let confirmed = app.post(format!("{voice}/confirm")).by(&world.police_leader).if_match(written.version());
        let answers = join_all([anew, confirmed.unchecked().send()]).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        let decision = app.decision(&lamps, &world.member).await;
        match statuses.as_slice() {
            [409, 200] => assert_eq!(decision["state"], "adopted", "round {round}"),
            [200, 412] => {
                assert_eq!(decision["state"], "final_call", "round {round}");
                close(&app, &world.civilian_leader, &lamps).await.expect(200);
            }
            other => panic!("round {round}: {other:?}"),
        }
    }
    let lamps = discussed(&app, &world, json!({})).await;
    call(&app, &path, &world.civilian_leader, &lamps).await.expect(201);
    let written = say(&app, &path, &world.civilian_leader, &lamps, all_for_it()).await.expect(200);
    let confirmed = app.post(format!("{path}/decisions/{lamps}/voice/confirm")).by(&world.police_leader);
    let adjourned = app.post(format!("{path}/adjourn")).by(&world.secretary).if_match(2);
    let answers =
        join_all([confirmed.if_match(written.version()).unchecked().send(), adjourned.unchecked().send()]).await;
    assert_eq!(answers[1].status, 200);
    let state = app.decision(&lamps, &world.member).await["state"].clone();
    match answers[0].status {
        200 => assert_eq!(state, "adopted"),
        409 | 412 => assert_eq!(state, "lapsed"),
        other => panic!("{other}"),
    }
}

async fn a_block_by_voice_blocks_and_names_its_blocker(app: App) {
    let world = app.world().await;
    let lamps = discussed(&app, &world, json!({})).await;
    let path = begun(&app, &world, json!({})).await;
    present(&app, &path, &world, &[&world.civilian_leader, &world.member, &world.police_leader]).await;
    call(&app, &path, &world.civilian_leader, &lamps).await.expect(201);
    let body = json!({
        "text_number": 1, "civilian": {"endorse": 1, "block": 1}, "police": {"endorse": 1},
        "positions": [{"account_id": world.member.id, "level": "block", "reason": "They shine into bedrooms.",
            "principle": "rights_or_fairness", "remedy": "Shades on the side of the houses."}]
    });
    let written = say(&app, &path, &world.civilian_leader, &lamps, body).await.expect(200);
    let position = &written.body["spoken"]["positions"][0];
    assert_eq!(position["remedy"], "Shades on the side of the houses.");
    let none = app.get(format!("/decisions/{lamps}/blocks")).by(&world.member).send().await.expect(200);
    assert!(none.items().is_empty(), "it is nobody's block until the other side confirms it");
    let over = confirm(&app, &path, &world.police_leader, &lamps, written.version()).await.expect(200);
    assert_eq!(over.body["ending"], "blocked");
    let blocks = app.get(format!("/decisions/{lamps}/blocks")).by(&world.member).send().await.expect(200);
    assert_eq!(blocks.items().len(), 1);
    let stances = app.get(format!("/decisions/{lamps}/stances")).by(&world.member).send().await.expect(200);
    let levels: Vec<_> = stances.items().iter().map(|stance| stance["level"].clone()).collect();
    assert_eq!(levels, [json!("block")]);
}

async fn under_the_law_everybody_is_named_and_sessions_are_closed_by_motion(app: App) {
    let mut world = app.world().await;
    let law = format!("/partnerships/{}/open-meetings-policy", world.partnership);
    let why = json!({"reason": "The city formed the board."});
    app.post(&law).by(&world.administrator).json(why).send().await.expect(200);
    let lamps = discussed(&app, &world, json!({})).await;
    let path = begun(&app, &world, json!({})).await;
    present(&app, &path, &world, &[&world.civilian_leader, &world.member, &world.police_leader]).await;
    call(&app, &path, &world.civilian_leader, &lamps).await.expect(201);
    assert_eq!(app.decision(&lamps, &world.member).await["warnings"], json!([]), "it is decided in a meeting");
    let position = |who: &Person| json!({"account_id": who.id, "level": "endorse"});
    let mut body = json!({"text_number": 1, "civilian": {"endorse": 2}, "police": {"endorse": 1},
        "positions": [position(&world.civilian_leader), position(&world.member)]});
    let say =
        |body: Value| app.post(format!("{path}/decisions/{lamps}/voice")).by(&world.civilian_leader).json(body).send();
    say(body.clone()).await.refuses(&["/positions"]);
    let unwritten = only_call(&app, &path, &world.police_leader).await["version"].as_i64().unwrap();
    let motion = json!({
        "motion": "I move that we recess to consult with the city's attorney about the lease.",
        "mover_id": world.member.id, "seconder_id": world.police_leader.id, "carried": true,
        "justification": "attorney_client", "subjects": "The lease of the hall.",
        "resumes_at": app.now().plus(minutes(30)).to_string(), "resume_place": "The hall"
    });
    let recess = |by: &Person, version: i64, other: Value| {
        let mut motion = motion.clone();
        crate::support::world::merge(&mut motion, other);
        app.post(format!("{path}/recess")).by(by).if_match(version).json(motion).send()
    };
    recess(&world.member, 2, json!({})).await.problem(403, "forbidden");
    recess(&world.secretary, 2, json!({"seconder_id": world.member.id})).await.refuses(&["/seconder_id"]);
    recess(&world.secretary, 2, json!({"seconder_id": world.facilitator.id})).await.refuses(&["/seconder_id"]);
    recess(&world.secretary, 2, json!({"carried": false})).await.refuses(&["/carried"]);
    recess(&world.secretary, 2, json!({"justification": "because"})).await.refuses(&["/justification"]);
    recess(&world.secretary, 2, json!({"resumes_at": app.now().to_string()})).await.refuses(&["/resumes_at"]);
    app.post(format!("{path}/resume")).by(&world.secretary).if_match(2).send().await.problem(409, "conflict");
    let other = discussed(&app, &world, json!({"question": "And a bench?"})).await;
    let proposals = format!("/partnerships/{}/decisions", world.partnership);
    let body_of_third = decision_body(json!({"question": "And a shelf?"}));
    let third = app.post(&proposals).by(&world.civilian_leader).json(body_of_third).send().await.expect(201).id();
    let recessed = recess(&world.secretary, 2, json!({})).await.expect(200);
    assert!(recessed.body["recessed_at"].is_string());
    for by in [None, Some(&world.member)] {
        assert!(app.get(&path).by_or_nobody(by).send().await.expect(200).body["recessed_at"].is_string());
    }
    let listed = app.get(format!("/partnerships/{}/meetings", world.partnership)).send().await.expect(200);
    assert!(listed.items()[0]["recessed_at"].is_string());
    recess(&world.secretary, 3, json!({})).await.problem(409, "conflict");
    let early = app.post(format!("{path}/resume")).by(&world.secretary).if_match(3).send().await;
    early.problem(409, "conflict");
    // Nothing is decided meanwhile, and the meeting does not end.
    app.stance(&lamps, &world.member, 1, "endorse").send().await.problem(409, "conflict");
    close(&app, &world.civilian_leader, &lamps).await.problem(409, "conflict");
    body["positions"].as_array_mut().unwrap().push(position(&world.police_leader));
    say(body.clone()).await.problem(409, "conflict");
    confirm(&app, &path, &world.police_leader, &lamps, unwritten).await.problem(409, "conflict");
    call(&app, &path, &world.civilian_leader, &other).await.problem(409, "conflict");
    let amended = json!({"text": "Twelve lamps.", "note": null});
    for (decision, version, step, body) in [
        (&third, 1, "discuss", None),
        (&other, 2, "sense-check", None),
        (&other, 2, "final-call", Some(json!({}))),
        (&lamps, unwritten, "amend", Some(amended)),
    ] {
        let call = app.post(format!("/decisions/{decision}/{step}")).by(&world.civilian_leader).if_match(version);
        let call = if let Some(body) = body { call.json(body) } else { call };
        let refused = call.send().await.problem(409, "conflict");
        assert!(refused.str("detail").contains("recessed"), "{step}: {:#}", refused.body);
    }
    app.post(format!("{path}/adjourn")).by(&world.secretary).if_match(3).send().await.problem(409, "conflict");
    let (session, token) = app.session(world.administrator.id).await;
    (world.administrator.session, world.administrator.token) = (session, token);
    let over = json!({"reason": "The city takes no part any more."});
    let end = app.post(format!("{law}/end")).by(&world.administrator).if_match(1).json(over);
    end.send().await.problem(409, "conflict");
    app.pass(minutes(32));
    let resumed = app.post(format!("{path}/resume")).by(&world.secretary).if_match(3).send().await.expect(200);
    assert_eq!(resumed.body["recessed_at"], Value::Null);
    let open = app.get(format!("{path}/executive-sessions")).send().await.expect(200);
    let kept = &open.items()[0];
    assert_eq!((&kept["late_minutes"], &kept["is_late"], &kept["mover"]), (&json!(2), &json!(true), &Value::Null));
    assert_eq!(kept["motion"], motion["motion"], "whoever sees the meeting reads it");
    let inside = app.get(format!("{path}/executive-sessions")).by(&world.member).send().await.expect(200);
    assert_eq!(inside.items()[0]["mover"]["id"], json!(world.member.id));
    let written = say(body).await.expect(200);
    let heard = confirm(&app, &path, &world.police_leader, &lamps, written.version()).await.expect(200);
    assert_eq!(heard.body["ending"], "adopted");
    // The motion stands in the minutes, whole and for everybody.
    app.post(format!("{path}/adjourn")).by(&world.secretary).if_match(4).send().await.expect(200);
    let minutes = format!("{path}/minutes");
    let text = |text: String, visibility: &str| json!({"text": text, "visibility": visibility});
    let whole = format!("We met, and recessed. {}", motion["motion"].as_str().unwrap());
    let write = |version: i64, body: Value| app.put(&minutes).by(&world.secretary).if_match(version).json(body).send();
    app.put(&minutes).by(&world.secretary).json(text("We met.".into(), "public")).send().await.expect(201);
    let circulate = |version| app.post(format!("{minutes}/circulate")).by(&world.secretary).if_match(version).send();
    let without = circulate(1).await.problem(409, "gate_unmet");
    assert_eq!(without.body["missing"], json!(["executive_session_motion"]));
    assert!(without.str("detail").contains("word by word"), "{:#}", without.body);
    write(1, text(whole.clone(), "members")).await.refuses(&["/visibility"]);
    let mut masked = text(whole.clone(), "public");
    masked["redactions"] =
        json!([{"passage": "We met", "reason": "privacy"}, {"passage": "the lease", "reason": "privacy"}]);
    write(1, masked).await.refuses(&["/redactions/1/passage"]);
    write(1, text(whole, "public")).await.expect(200);
    // Nor is any of it masked once they are published.
    let version = app.approved_minutes(&path, [&world.civilian_leader, &world.police_leader]).await;
    app.post(format!("{minutes}/publish")).by(&world.secretary).if_match(version).send().await.expect(200);
    let body = json!({"redactions": [{"passage": "the lease", "reason": "privacy"}], "reason": "Overlooked."});
    let later = app.post(format!("{minutes}/redactions")).by(&world.secretary).json(body);
    let later = later.send().await.problem(409, "gate_unmet");
    assert!(later.str("detail").contains("would mask part of the motion"), "{:#}", later.body);
}

async fn without_the_law_there_are_no_executive_sessions(app: App) {
    let world = app.world().await;
    let path = begun(&app, &world, json!({})).await;
    present(&app, &path, &world, &[&world.member, &world.police_leader]).await;
    let motion = json!({
        "motion": "I move that we recess.", "mover_id": world.member.id, "seconder_id": world.police_leader.id,
        "carried": true, "justification": "real_property", "subjects": "The hall.",
        "resumes_at": app.now().plus(minutes(30)).to_string(), "resume_place": "The hall"
    });
    let refused = app.post(format!("{path}/recess")).by(&world.secretary).if_match(2).json(motion);
    assert_eq!(refused.send().await.problem(409, "gate_unmet").body["missing"], json!(["open_meetings_policy"]));
}

async fn a_meeting_that_ends_closes_what_is_open_in_it(app: App) {
    let world = app.world().await;
    let (lamps, bench) = (discussed(&app, &world, json!({})).await, discussed(&app, &world, json!({})).await);
    let path = begun(&app, &world, json!({})).await;
    let there = [&world.civilian_leader, &world.member, &world.police_leader];
    present(&app, &path, &world, &there).await;
    for decision in [&lamps, &bench] {
        call(&app, &path, &world.civilian_leader, decision).await.expect(201);
    }
    for who in there {
        app.stance(&lamps, who, 1, "endorse").send().await.expect(200);
    }
    app.post(format!("{path}/adjourn")).by(&world.secretary).if_match(2).leaving(3).send().await.expect(200);
    assert_eq!(app.decision(&lamps, &world.member).await["state"], "adopted");
    assert_eq!(app.decision(&bench, &world.member).await["state"], "lapsed", "nobody said anything");
    let listed = app.get(format!("{path}/decisions")).by(&world.member).send().await.expect(200);
    let endings: Vec<_> = listed.items().iter().map(|call| call["ending"].clone()).collect();
    assert_eq!(endings, [json!("adopted"), json!("lapsed")]);
}

async fn a_new_text_ends_the_call(app: App) {
    let world = app.world().await;
    let lamps = discussed(&app, &world, json!({})).await;
    let path = begun(&app, &world, json!({})).await;
    present(&app, &path, &world, &[&world.civilian_leader, &world.member, &world.police_leader]).await;
    call(&app, &path, &world.civilian_leader, &lamps).await.expect(201);
    app.amend(&lamps, &world.civilian_leader, "We ask the city for nine lamps and a bench.").await;
    let listed = app.get(format!("{path}/decisions")).by(&world.member).send().await.expect(200);
    assert_eq!((&listed.items()[0]["ending"], listed.items()[0]["ended_at"].is_string()), (&Value::Null, true));
    let body = json!({"decision_id": lamps, "text_number": 2});
    app.post(format!("{path}/decisions")).by(&world.civilian_leader).json(body).send().await.expect(201);
    let listed = app.get(format!("{path}/decisions")).by(&world.member).send().await.expect(200);
    assert_eq!(listed.items().len(), 2);
}

async fn a_quorum_in_session_waives_the_discussion(app: App) {
    let world = app.world().await;
    let path = begun(&app, &world, json!({})).await;
    let walk = discussed(&app, &world, json!({"class": "action_plan"})).await;
    let sense = async || {
        let version = app.decision(&walk, &world.civilian_leader).await["version"].clone();
        app.post(format!("/decisions/{walk}/sense-check")).by(&world.civilian_leader).if_match(version).send().await
    };
    sense().await.problem(409, "gate_unmet");
    present(&app, &path, &world, &[&world.member, &world.secretary]).await;
    sense().await.problem(409, "gate_unmet");
    present(&app, &path, &world, &[&world.police_leader]).await;
    sense().await.expect(200);
}

both_engines![
    check_in_by_the_code_that_is_shown,
    wrong_codes_are_counted_by_account,
    a_decision_is_called_among_those_who_are_there,
    only_what_is_noticed_and_in_session_decides,
    a_series_that_goes_on_at_another_time_tells_of_it_anew,
    whoever_moves_a_members_meeting_tells_of_it_anew,
    a_decision_is_called_once_however_many_call_it,
    what_was_said_by_voice_is_judged_like_every_other,
    a_leader_alone_ends_nothing_by_voice,
    nobody_writes_down_for_others_what_they_did_not_say,
    without_confirmation_the_call_ends_by_the_stances_alone,
    what_was_said_of_one_text_is_not_confirmed_of_another,
    what_does_not_fit_those_who_are_left_is_written_down_again,
    what_hides_its_results_is_read_by_leaders_until_it_ends,
    a_confirmation_races_with_the_end_and_with_another_writing,
    a_block_by_voice_blocks_and_names_its_blocker,
    under_the_law_everybody_is_named_and_sessions_are_closed_by_motion,
    without_the_law_there_are_no_executive_sessions,
    a_meeting_that_ends_closes_what_is_open_in_it,
    a_new_text_ends_the_call,
    a_quorum_in_session_waives_the_discussion,
];
