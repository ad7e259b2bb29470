//! Decisions of both sides, through the API.

use serde_json::{Value, json};
use threekeys::platform::clock::{days, hours};

use crate::support::deciding::{decision_body, unmet};
use crate::support::forming::Formed;
use crate::support::{App, Person};

/// So many more civilian members, who lead nothing.
async fn neighbors(app: &App, p: &Formed, n: usize) -> Vec<Person> {
    let mut neighbors = Vec::new();
    for _ in 0..n {
        let person = app.citizen().await;
        app.join(p, &person, &p.resident).await;
        neighbors.push(person);
    }
    neighbors
}

async fn cast(app: &App, id: &str, who: &[&Person], number: i32, level: &str) {
    for person in who {
        app.stance(id, person, number, level).send().await.expect(200);
    }
}

async fn ended(app: &App, id: &str, by: &Person) -> Value {
    app.pass(days(8));
    assert_eq!(app.close_decisions().await, 1);
    app.decision(id, by).await
}

async fn final_call_with_nine_civilians_and_no_police_is_not_adopted(app: App) {
    let p = app.led().await;
    let more = neighbors(&app, &p, 7).await;
    let civilians: Vec<&Person> = [&p.resident, &p.neighbor].into_iter().chain(&more).collect();
    assert_eq!(civilians.len(), 9);
    // Nobody of the police says anything.
    let silent = app.called(&p, json!({})).await;
    cast(&app, &silent, &civilians, 1, "endorse").await;
    let running = app.result(&silent, &p.resident).await;
    assert_eq!((&running["is_final"], &running["verdict"]["ending"]), (&json!(false), &json!("lapsed")));
    assert_eq!(running["verdict"]["sides"][1]["needed_to_take_part"], 1, "one officer has to take part");
    let lapsed = ended(&app, &silent, &p.resident).await;
    assert_eq!(lapsed["state"], "lapsed");
    assert_eq!(
        unmet(&lapsed["result"]),
        ["participation police", "minimum police", "support police", "stand_asides police"]
    );
    // The police take part, and are not for it.
    let against = app.called(&p, json!({})).await;
    cast(&app, &against, &civilians, 1, "endorse").await;
    cast(&app, &against, &[&p.officer], 1, "disagree").await;
    let refused = ended(&app, &against, &p.resident).await;
    assert_eq!(
        (&refused["state"], unmet(&refused["result"])),
        (&json!("not_adopted"), vec!["support police".to_owned()])
    );
    assert_eq!(refused["result"]["sides"][0]["support_share"], 1.0);
    // The other way round it is the same.
    let alone = app.called(&p, json!({})).await;
    cast(&app, &alone, &civilians, 1, "disagree").await;
    cast(&app, &alone, &[&p.officer], 1, "endorse").await;
    assert_eq!(ended(&app, &alone, &p.resident).await["state"], "not_adopted");
    let both = app.called(&p, json!({})).await;
    cast(&app, &both, &civilians, 1, "agree_minor").await;
    cast(&app, &both, &[&p.officer], 1, "dislike_support").await;
    let adopted = ended(&app, &both, &p.resident).await;
    assert_eq!((&adopted["state"], unmet(&adopted["result"])), (&json!("adopted"), vec![]));
}

async fn amend_in_final_call_leaves_no_counted_old_stance(app: App) {
    let p = app.led().await;
    let id = app.called(&p, json!({})).await;
    cast(&app, &id, &[&p.resident, &p.neighbor, &p.officer], 1, "endorse").await;
    let amended =
        app.amend(&id, &p.resident, "We ask the city for twelve lamps in the alleys behind Kansas Avenue.").await;
    assert_eq!((&amended["state"], &amended["text_number"]), (&json!("amending"), &json!(2)));
    assert_eq!((&amended["closes_at"], &amended["own"]["stance"]["is_current"]), (&Value::Null, &json!(false)));
    assert!(app.result(&id, &p.resident).await["verdict"].is_null(), "there is nothing to count");
    for person in [&p.resident, &p.neighbor, &p.officer] {
        let letters = app.mails(&person.email).await;
        assert!(letters.iter().any(|mail| mail.contains("has changed since")), "{}", person.email);
    }
    let kept = app.get(format!("/decisions/{id}/stances/history")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(kept.items().len(), 3);
    assert!(kept.items().iter().all(|s| s["is_current"] == false && !s["stale_at"].is_null()));
    assert_eq!(app.get(format!("/decisions/{id}/stances")).by(&p.neighbor).send().await.expect(200).items().len(), 0);
    app.stance(&id, &p.neighbor, 2, "endorse").send().await.problem(409, "conflict");
    app.step(&id, &p.resident, "sense-check").await;
    app.stance(&id, &p.neighbor, 1, "endorse").send().await.problem(409, "stance_stale");
    app.call(&id, &p.resident, 48).await;
    let awaited = app.get(p.path("/decisions?needs_me=true")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(awaited.items().len(), 1);
    let again = app.post(format!("/decisions/{id}/stance/reaffirm")).by(&p.neighbor);
    let again = again.json(json!({"text_number": 2})).send().await.expect(200);
    assert_eq!((&again.body["level"], &again.body["text_number"]), (&json!("endorse"), &json!(2)));
    let awaited = app.get(p.path("/decisions?needs_me=true")).by(&p.neighbor).send().await.expect(200);
    assert!(awaited.items().is_empty());
    let heads = app.result(&id, &p.resident).await["verdict"]["sides"][0].clone();
    assert_eq!((&heads["cast"], &heads["heads"]["eligible"]), (&json!(1), &json!(2)));
    let versions = app.get(format!("/decisions/{id}/versions")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(versions.items().len(), 2);
    let diff = app.get(format!("/decisions/{id}/diff")).by(&p.neighbor).send().await.expect(200);
    let parts = diff.body["parts"].as_array().unwrap();
    assert!(parts.iter().any(|part| part["op"] == "added" && part["text"] == "twelve"), "{parts:?}");
    app.get(format!("/decisions/{id}/diff?from=7")).by(&p.neighbor).send().await.refuses(&["?from"]);
}

async fn correction_by_both_leaders_keeps_stances(app: App) {
    let p = app.led().await;
    let id = app.called(&p, json!({"text": "We ask teh city for ten lamps in the alleys."})).await;
    cast(&app, &id, &[&p.neighbor, &p.officer], 1, "endorse").await;
    let text = json!({"text": "We ask the city for ten lamps in the alleys."});
    let propose = |version: Value| app.post(format!("/decisions/{id}/correction")).by(&p.resident).if_match(version);
    let version = app.decision(&id, &p.resident).await["version"].clone();
    let proposed = propose(version).json(text.clone()).send().await.expect(200);
    assert!(proposed.str("text").contains("teh"), "nothing has changed yet");
    propose(json!(proposed.version())).json(text).send().await.problem(409, "conflict");
    let approve =
        |who: &Person, version: i64| app.post(format!("/decisions/{id}/correction/approve")).by(who).if_match(version);
    approve(&p.neighbor, proposed.version()).send().await.problem(403, "forbidden");
    let first = approve(&p.resident, proposed.version()).send().await.expect(200);
    assert!(first.str("text").contains("teh"));
    approve(&p.resident, first.version()).send().await.problem(409, "already_signed");
    let done = approve(&p.officer, first.version()).send().await.expect(200);
    assert_eq!((done.str("text").contains("the city"), &done.body["text_revision"]), (true, &json!(2)));
    assert_eq!((&done.body["text_number"], &done.body["state"]), (&json!(1), &json!("final_call")));
    assert_eq!(app.result(&id, &p.resident).await["verdict"]["sides"][0]["cast"], 1, "stances stay");
    app.stance(&id, &p.resident, 1, "endorse").send().await.expect(200);
    approve(&p.officer, done.version()).send().await.problem(409, "conflict");
}

async fn block_is_addressed_and_withdrawn(app: App) {
    let p = app.led().await;
    let id = app.called(&p, json!({})).await;
    cast(&app, &id, &[&p.resident, &p.officer], 1, "endorse").await;
    app.put(format!("/decisions/{id}/stance"))
        .by(&p.neighbor)
        .json(json!({"text_number": 1, "short": "block"}))
        .send()
        .await
        .refuses(&["/principle", "/reason", "/remedy"]);
    app.stance(&id, &p.neighbor, 1, "block").send().await.expect(200);
    assert_eq!(app.result(&id, &p.resident).await["verdict"]["ending"], "blocked");
    let blocks = app.get(format!("/decisions/{id}/blocks")).by(&p.officer).send().await.expect(200);
    let block = blocks.items()[0].clone();
    assert_eq!((&block["state"], &block["counts"]), (&json!("raised"), &json!(true)));
    let path = format!("/decision-blocks/{}", block["id"].as_str().unwrap());
    let step = |who: &Person, step: &str, version: i64| {
        let why = json!({"reason": "Shades are on the lamps now."});
        app.post(format!("{path}/{step}")).by(who).if_match(version).json(why)
    };
    step(&p.neighbor, "challenge", 1).send().await.problem(403, "forbidden");
    step(&p.resident, "sustain", 1).send().await.problem(409, "conflict");
    let addressed = step(&p.resident, "address", 1).send().await.expect(200);
    assert_eq!((&addressed.body["state"], &addressed.body["counts"]), (&json!("addressed"), &json!(true)));
    step(&p.resident, "sustain", 2).send().await.problem(403, "forbidden");
    let not_enough = step(&p.neighbor, "sustain", 2).send().await.expect(200);
    assert_eq!(not_enough.body["state"], "sustained");
    step(&p.resident, "address", 3).send().await.expect(200);
    app.post(format!("{path}/withdraw")).by(&p.resident).if_match(4).send().await.problem(403, "forbidden");
    let gone = app.post(format!("{path}/withdraw")).by(&p.neighbor).if_match(4).send().await.expect(200);
    assert_eq!((&gone.body["state"], &gone.body["counts"]), (&json!("withdrawn"), &json!(false)));
    let verdict = app.result(&id, &p.resident).await["verdict"].clone();
    assert_eq!((&verdict["blocks"], &verdict["ending"]), (&json!(0), &json!("not_adopted")), "the stance stands");
    app.stance(&id, &p.neighbor, 1, "reservations").send().await.expect(200);
    assert_eq!(ended(&app, &id, &p.resident).await["state"], "adopted");
}

async fn block_is_dismissed_by_two_and_not_by_one(app: App) {
    let p = app.led().await;
    let facilitator = neighbors(&app, &p, 1).await.remove(0);
    let membership = app.membership(&p, &facilitator).await;
    let role = json!({"role": "facilitator"});
    app.patch(format!("/memberships/{membership}")).by(&p.resident).if_match(2).json(role).send().await.expect(200);
    let id = app.called(&p, json!({})).await;
    for (first, second) in [(&p.officer, &p.resident), (&facilitator, &p.resident)] {
        app.stance(&id, &p.neighbor, 1, "block").send().await.expect(200);
        let blocks = app.get(format!("/decisions/{id}/blocks?state=raised")).by(&p.officer).send().await.expect(200);
        let path = format!("/decision-blocks/{}", blocks.items()[0]["id"].as_str().unwrap());
        let step = |who: &Person, step: &str, version: i64| {
            let why = json!({"reason": "It is a matter of taste."});
            app.post(format!("{path}/{step}")).by(who).if_match(version).json(why)
        };
        step(first, "dismiss", 1).send().await.problem(409, "conflict");
        step(&p.officer, "challenge", 1).send().await.expect(200);
        step(&p.neighbor, "dismiss", 2).send().await.problem(403, "forbidden");
        let once = step(first, "dismiss", 2).send().await.expect(200);
        assert_eq!((&once.body["state"], &once.body["counts"]), (&json!("challenged"), &json!(true)));
        assert_eq!(once.body["dismissed_by"].as_array().unwrap().len(), 1);
        let done = step(second, "dismiss", 3).send().await.expect(200);
        assert_eq!((&done.body["state"], &done.body["counts"]), (&json!("dismissed"), &json!(false)));
        app.stance(&id, &p.neighbor, 1, "stand_aside").send().await.expect(200);
    }
}

async fn leader_who_leaves_pauses_what_both_sides_lead(app: App) {
    let p = app.led().await;
    let third = neighbors(&app, &p, 1).await.remove(0);
    let id = app.discussed(&p, json!({"class": "charter", "question": "How do we work together?"})).await;
    let other = app.sensed(&p, json!({})).await;
    app.pass(hours(72));
    app.step(&id, &p.resident, "sense-check").await;
    let called = app.call(&id, &p.resident, 48).await;
    cast(&app, &id, &[&p.resident, &p.neighbor, &third, &p.officer], 1, "endorse").await;
    app.pass(hours(10));
    let seats = app.get(p.path("/seats?state=active")).by(&p.resident).send().await.expect(200);
    let seat = seats.items().iter().find(|seat| seat["side"] == "police").unwrap()["id"].as_str().unwrap().to_owned();
    let end = json!({"end_reason": "removed", "reason": "Another post."});
    app.post(format!("/seats/{seat}/end")).by(&p.commander).if_match(2).json(end).leaving(2).send().await.expect(200);
    let paused = app.decision(&id, &p.resident).await;
    assert!(!paused["paused_at"].is_null());
    assert!(app.decision(&other, &p.resident).await["paused_at"].is_null(), "what needs no leaders goes on");
    app.pass(hours(100));
    assert_eq!(app.close_decisions().await, 0, "its time stands still");
    let close = app.post(format!("/decisions/{id}/close")).by(&p.resident).if_match(paused["version"].clone());
    let missing = close.send().await.problem(409, "leadership_incomplete");
    assert_eq!(missing.body["missing"], json!(["police_leader"]));
    let draft = app.drafted(&p, json!({"class": "shared_vision"})).await;
    app.post(format!("/decisions/{draft}/discuss"))
        .by(&p.resident)
        .if_match(1)
        .send()
        .await
        .problem(409, "leadership_incomplete");
    let nomination = json!({"membership_id": app.membership(&p, &p.officer).await, "kind": "primary",
        "selection_method": "appointed_by_agency"});
    let seat = app.post(p.path("/seats")).by(&p.commander).json(nomination).send().await.expect(201).id();
    // What fills the gap is on record, too.
    app.post(format!("/seats/{seat}/accept")).by(&p.officer).if_match(1).leaving(2).send().await.expect(200);
    let resumed = app.decision(&id, &p.resident).await;
    assert!(resumed["paused_at"].is_null());
    let moved =
        |body: &Value, name: &str| body[name].as_str().unwrap().parse::<threekeys::platform::clock::Instant>().unwrap();
    assert_eq!(moved(&resumed, "closes_at").since(moved(&called, "closes_at")), hours(100));
    assert_eq!(app.close_decisions().await, 0);
    app.pass(hours(39));
    assert_eq!(app.close_decisions().await, 1);
    let adopted = app.decision(&id, &p.resident).await;
    assert_eq!(adopted["state"], "adopted", "{:#}", adopted["result"]);
}

async fn member_who_leaves_is_in_no_denominator_and_who_joins_is_not_asked(app: App) {
    let p = app.led().await;
    let more = neighbors(&app, &p, 4).await;
    let id = app.called(&p, json!({})).await;
    let late = neighbors(&app, &p, 1).await.remove(0);
    app.stance(&id, &late, 1, "endorse").send().await.problem(409, "conflict");
    assert_eq!(app.decision(&id, &late).await["own"]["is_asked"], false);
    cast(&app, &id, &[&p.resident, &p.neighbor, &p.officer], 1, "endorse").await;
    cast(&app, &id, &[&more[0]], 1, "block").await;
    let civilian = |body: Value| body["verdict"]["sides"][0].clone();
    assert_eq!(civilian(app.result(&id, &p.resident).await)["heads"]["eligible"], 6);
    for person in &more[..3] {
        let path = format!("/memberships/{}", app.membership(&p, person).await);
        app.post(format!("{path}/leave")).by(person).if_match(2).send().await.expect(200);
    }
    let now = app.result(&id, &p.resident).await;
    assert_eq!((&now["verdict"]["blocks"], &now["verdict"]["ending"]), (&json!(0), &json!("adopted")));
    let side = civilian(now);
    assert_eq!((&side["heads"]["eligible"], &side["cast"]), (&json!(3), &json!(2)));
    assert_eq!(ended(&app, &id, &p.resident).await["state"], "adopted");
}

async fn least_times_hold_and_the_last_minute_is_the_last(app: App) {
    let p = app.led().await;
    let id = app.discussed(&p, json!({"class": "charter"})).await;
    let sense = |version: i64| app.post(format!("/decisions/{id}/sense-check")).by(&p.resident).if_match(version);
    let early = sense(2).send().await.problem(409, "gate_unmet");
    assert_eq!(early.body["missing"], json!(["discussion_time"]));
    app.pass(hours(72));
    sense(2).send().await.expect(200);
    let call = |hours: i32| {
        let call = app.post(format!("/decisions/{id}/final-call")).by(&p.resident).if_match(3);
        call.json(json!({"hours": hours}))
    };
    call(47).send().await.refuses(&["/hours"]);
    call(505).send().await.refuses(&["/hours"]);
    call(72).send().await.expect(200);
    let close = || app.post(format!("/decisions/{id}/close")).by(&p.officer).if_match(4);
    let early = close().send().await.problem(409, "gate_unmet");
    assert_eq!(early.body["missing"], json!(["final_call_time", "stances"]));
    cast(&app, &id, &[&p.resident, &p.neighbor, &p.officer], 1, "endorse").await;
    app.pass(hours(48));
    let closed = close().send().await.expect(200);
    assert_eq!(closed.body["state"], "adopted");
    let other = app.called(&p, json!({})).await;
    assert_eq!(app.run_job("notice_closing_decisions").await, 0);
    app.stance(&other, &p.neighbor, 1, "endorse").send().await.expect(200);
    app.pass(days(6));
    assert_eq!(app.run_job("notice_closing_decisions").await, 1);
    assert_eq!(app.run_job("notice_closing_decisions").await, 0, "once");
    let told = |mails: Vec<String>| mails.iter().any(|mail| mail.contains("you have not said yet"));
    assert!(told(app.mails(&p.officer.email).await) && !told(app.mails(&p.neighbor.email).await));
    app.pass(days(1));
    app.stance(&other, &p.officer, 1, "endorse").send().await.problem(409, "conflict");
    let version = app.decision(&other, &p.resident).await["version"].clone();
    let late = json!({"text": "We ask the city for eleven lamps, too late."});
    app.post(format!("/decisions/{other}/amend"))
        .by(&p.resident)
        .if_match(version)
        .json(late)
        .send()
        .await
        .problem(409, "conflict");
    assert_eq!(app.close_decisions().await, 1);
    assert_eq!(app.decision(&other, &p.resident).await["state"], "lapsed");
}

async fn anonymous_stances_tell_nobody_whose_they_are(app: App) {
    use diesel::prelude::*;
    use threekeys::platform::db::AnyId;
    use threekeys::schema::{decision_stances, idempotency_keys, records};
    let p = app.led().await;
    for class in ["mission", "goal", "communication_plan", "minutes"] {
        let body = decision_body(json!({"class": class}));
        app.post(p.path("/decisions")).by(&p.resident).json(body).send().await.refuses(&["/class"]);
    }
    for class in ["charter", "action_plan", "shared_vision", "response_plan"] {
        let body = decision_body(json!({"class": class, "is_anonymous": true}));
        app.post(p.path("/decisions")).by(&p.resident).json(body).send().await.problem(409, "anonymous_not_allowed");
    }
    let id = app.drafted(&p, json!({"is_anonymous": true})).await;
    let back = app.patch(format!("/decisions/{id}")).by(&p.resident).if_match(1).json(json!({"is_anonymous": false}));
    back.send().await.refuses(&["/is_anonymous"]);
    app.step(&id, &p.resident, "discuss").await;
    app.step(&id, &p.resident, "sense-check").await;
    let version = app.decision(&id, &p.resident).await["version"].clone();
    let call = app.post(format!("/decisions/{id}/final-call")).by(&p.resident).if_match(version);
    call.json(json!({"hours": 48})).send().await.problem(409, "anonymous_not_allowed");
    colleague(&app, &p).await;
    app.call(&id, &p.resident, 48).await;
    app.stance(&id, &p.neighbor, 1, "disagree").fresh_key().send().await.expect(200);
    app.stance(&id, &p.neighbor, 1, "endorse").send().await.expect(200);
    app.stance(&id, &p.officer, 1, "block").send().await.expect(200);
    assert_eq!(app.decision(&id, &p.neighbor).await["own"]["stance"]["level"], "endorse", "one knows one's own");
    let stances = app.get(format!("/decisions/{id}/stances")).by(&p.resident).send().await.expect(200);
    assert_eq!(stances.items().len(), 2);
    for stance in stances.items() {
        assert!(stance["person"].is_null());
        assert_eq!(stance["created_at"], "2027-03-01T00:00:00Z", "the day and no more");
    }
    let blocks = app.get(format!("/decisions/{id}/blocks")).by(&p.resident).send().await.expect(200);
    assert_eq!((&blocks.items()[0]["person"], &blocks.items()[0]["is_own"]), (&Value::Null, &json!(false)));
    let blocks = app.get(format!("/decisions/{id}/blocks")).by(&p.officer).send().await.expect(200);
    assert_eq!(blocks.items()[0]["is_own"], true);
    let block = blocks.items()[0]["id"].as_str().unwrap();
    app.post(format!("/decision-blocks/{block}/withdraw")).by(&p.officer).if_match(1).send().await.expect(200);
    let told = app.get(format!("/decisions/{id}/timeline")).by(&p.neighbor).send().await.expect(200);
    let said = ["decision.stance_taken", "decision.block_raised", "decision.block_changed"];
    for entry in told.items().iter().filter(|entry| said.contains(&entry["action"].as_str().unwrap())) {
        assert_eq!(entry["at"], "2027-03-01T00:00:00Z", "{}", entry["action"]);
        assert_eq!(entry["id"].as_str().unwrap().as_bytes()[14], b'4', "an id that tells no time");
    }
    let people = [p.neighbor.id.0, p.officer.id.0];
    let (rows, actors, kept, traces) = app
        .db(move |conn| {
            let rows = decision_stances::table
                .select((decision_stances::holder, decision_stances::account_id))
                .load::<(AnyId, Option<AnyId>)>(conn)?;
            let taken = || records::table.filter(records::action.eq_any(said));
            let actors = taken().select(records::actor).load::<Option<AnyId>>(conn)?;
            let kept: i64 = idempotency_keys::table
                .filter(idempotency_keys::operation.like("%/stance%"))
                .count()
                .get_result(conn)?;
            let traced = records::ip.is_not_null().or(records::client.is_not_null()).or(records::request.is_not_null());
            let traces: i64 = taken().filter(traced).count().get_result(conn)?;
            Ok((rows, actors, kept, traces))
        })
        .await;
    assert!(rows.iter().all(|(holder, account)| account.is_none() && !people.contains(&holder.0)));
    assert_eq!((actors.len(), actors.iter().flatten().count()), (4, 0), "the record names nobody");
    assert_eq!(kept, 0, "and no answer is kept that would");
    assert_eq!(traces, 0, "nor by which address, program and request it was");
}

async fn results_are_hidden_until_ones_own_stance(app: App) {
    let p = app.led().await;
    let id = app.called(&p, json!({"hides_results": true})).await;
    app.stance(&id, &p.officer, 1, "endorse").send().await.expect(200);
    let hidden = app.result(&id, &p.neighbor).await;
    assert_eq!((&hidden["is_hidden"], &hidden["verdict"]), (&json!(true), &Value::Null));
    app.get(format!("/decisions/{id}/stances")).by(&p.neighbor).send().await.problem(409, "conflict");
    assert_eq!(app.result(&id, &p.officer).await["is_hidden"], false);
    app.stance(&id, &p.neighbor, 1, "stand_aside").send().await.expect(200);
    assert_eq!(app.result(&id, &p.neighbor).await["verdict"]["sides"][1]["cast"], 1);
    app.pass(days(8));
    app.close_decisions().await;
    assert_eq!(app.result(&id, &p.resident).await["is_hidden"], false, "closed is closed");
}

async fn two_failed_rounds_earn_a_trial_that_ends_with_a_review(app: App) {
    let p = app.led().await;
    let first = app.called(&p, json!({})).await;
    let round = |previous: &str, rest: Value| {
        let mut body = decision_body(rest);
        body["previous_id"] = json!(previous);
        app.post(p.path("/decisions")).by(&p.resident).json(body)
    };
    round(&first, json!({})).send().await.problem(409, "conflict");
    let lapsed = ended(&app, &first, &p.resident).await;
    assert_eq!((&lapsed["state"], &lapsed["next_options"]), (&json!("lapsed"), &json!([])));
    round(&first, json!({"trial_days": 60})).send().await.problem(409, "conflict");
    round(&first, json!({"trial_days": 91})).send().await.refuses(&["/trial_days"]);
    let second = round(&first, json!({})).send().await.expect(201);
    assert_eq!(second.body["round"], 2);
    round(&first, json!({})).send().await.problem(409, "conflict");
    let second = second.id();
    app.step(&second, &p.resident, "discuss").await;
    app.step(&second, &p.resident, "sense-check").await;
    app.call(&second, &p.resident, 168).await;
    let failed = ended(&app, &second, &p.resident).await;
    assert_eq!(failed["next_options"], json!(["mediation", "narrower_scope", "trial_period", "park"]));
    let trial = round(&second, json!({"trial_days": 60})).send().await.expect(201).id();
    app.step(&trial, &p.resident, "discuss").await;
    app.step(&trial, &p.resident, "sense-check").await;
    app.call(&trial, &p.resident, 168).await;
    // By the consent test: nobody is for it, and nobody against it.
    cast(&app, &trial, &[&p.resident, &p.neighbor, &p.officer], 1, "stand_aside").await;
    let tried = ended(&app, &trial, &p.resident).await;
    assert_eq!(tried["state"], "adopted_on_trial", "{:#}", tried["result"]);
    let today = app.now().date();
    assert_eq!(tried["review_on"], (today + chrono::Days::new(60)).to_string());
    app.pass(days(60));
    assert_eq!(app.run_job("review_decisions").await, 1);
    let reviewed = app.decision(&trial, &p.resident).await;
    assert_eq!(reviewed["state"], "under_review");
    let why = json!({"reason": "It works."});
    let reaffirm =
        app.post(format!("/decisions/{trial}/reaffirm")).by(&p.resident).if_match(reviewed["version"].clone());
    reaffirm.json(why).send().await.problem(409, "conflict");
}

async fn adopted_is_in_force_with_its_outcome_and_reviewed_by_both(app: App) {
    let p = app.led().await;
    let id = app.called(&p, json!({})).await;
    cast(&app, &id, &[&p.resident, &p.neighbor, &p.officer], 1, "endorse").await;
    ended(&app, &id, &p.resident).await;
    let overdue = || app.get(p.path("/decisions?outcome_overdue=true")).by(&p.neighbor).send();
    assert!(overdue().await.expect(200).items().is_empty());
    app.pass(days(8));
    assert_eq!(overdue().await.expect(200).items().len(), 1);
    let row = app.decision(&id, &p.resident).await;
    assert_eq!(row["is_outcome_overdue"], true);
    let put = |body: Value, version: Value| {
        app.put(format!("/decisions/{id}/outcome")).by(&p.resident).if_match(version).json(body)
    };
    let stranger = app.citizen().await;
    let wrong =
        json!({"statement": "We ask for lamps.", "responsibilities": [{"what": "Write", "account_id": stranger.id}]});
    put(wrong, row["version"].clone()).send().await.refuses(&["/responsibilities/0/account_id"]);
    let right = json!({
        "statement": "We ask the city for ten lamps.",
        "responsibilities": [{"what": "Write the letter", "account_id": p.neighbor.id, "due_on": "2027-05-01"}],
        "communications": [{"audience": "Everybody on the block", "message": "A flyer at the laundry."}]
    });
    let written = put(right.clone(), row["version"].clone()).send().await.expect(200);
    assert_eq!(written.body["state"], "in_force");
    assert_eq!(written.body["outcome"]["responsibilities"][0]["person"]["id"], p.neighbor.id.to_string());
    let task = written.body["outcome"]["responsibilities"][0]["task_id"].clone();
    let asked = app.get(format!("/tasks/{}", task.as_str().unwrap())).by(&p.neighbor).send().await.expect(200);
    assert_eq!((&asked.body["state"], &asked.body["title"]), (&json!("offered"), &json!("Write the letter")));
    assert_eq!(asked.body["purpose"], json!({"kind": "decision", "id": id}));
    let mut more = right.clone();
    more["responsibilities"].as_array_mut().unwrap().push(json!({"what": "Post it", "account_id": p.officer.id}));
    let written = put(more, json!(written.version())).send().await.expect(200);
    let given = written.body["outcome"]["responsibilities"].as_array().unwrap();
    assert_eq!(given[0]["task_id"], task, "what stands as it stood keeps its task");
    assert!(given[1]["task_id"].is_string() && given[1]["task_id"] != task);
    assert_eq!(written.body["review_on"], "2027-09-17", "half a year later");
    assert!(overdue().await.expect(200).items().is_empty());
    let step = |who: &Person, step: &str, version: i64| {
        let why = json!({"reason": "Ten lamps burn, and burn well."});
        app.post(format!("/decisions/{id}/{step}")).by(who).if_match(version).json(why)
    };
    step(&p.resident, "reaffirm", written.version()).send().await.problem(409, "conflict");
    let review = step(&p.resident, "review", written.version()).send().await.expect(200);
    let once = step(&p.resident, "reaffirm", review.version()).send().await.expect(200);
    assert_eq!(once.body["state"], "under_review", "one side alone changes nothing");
    step(&p.resident, "reaffirm", once.version()).send().await.problem(409, "already_signed");
    let both = step(&p.officer, "reaffirm", once.version()).send().await.expect(200);
    assert_eq!(both.body["state"], "reaffirmed");
    let again = step(&p.officer, "review", both.version()).send().await.expect(200);
    assert_eq!(again.body["reaffirmed_by"], json!([]), "an earlier review is of no account");
    let one = step(&p.officer, "rescind", again.version()).send().await.expect(200);
    let gone = step(&p.resident, "rescind", one.version()).send().await.expect(200);
    assert_eq!(gone.body["state"], "rescinded");
    put(right, json!(gone.version())).send().await.problem(409, "conflict");
}

async fn majority_needs_a_charter_and_advice_a_leader(app: App) {
    let p = app.led().await;
    let body = || decision_body(json!({"method": "majority"}));
    let refused = app.post(p.path("/decisions")).by(&p.resident).json(body()).send().await;
    refused.problem(409, "conflict");
    let charter = app.discussed(&p, json!({"class": "charter", "majority_classes": ["resource"]})).await;
    app.pass(hours(72));
    app.step(&charter, &p.resident, "sense-check").await;
    app.call(&charter, &p.resident, 48).await;
    cast(&app, &charter, &[&p.resident, &p.neighbor, &p.officer], 1, "endorse").await;
    ended(&app, &charter, &p.resident).await;
    let third = neighbors(&app, &p, 1).await.remove(0);
    let id = app.called(&p, json!({"method": "majority"})).await;
    cast(&app, &id, &[&p.resident, &p.neighbor, &p.officer], 1, "endorse").await;
    cast(&app, &id, &[&third], 1, "disagree").await;
    assert_eq!(ended(&app, &id, &p.resident).await["state"], "adopted");
    let other = decision_body(json!({"class": "action_plan", "method": "majority"}));
    app.post(p.path("/decisions")).by(&p.resident).json(other).send().await.problem(409, "conflict");
    let led = decision_body(json!({"class": "action_plan", "method": "advice"}));
    app.post(p.path("/decisions")).by(&p.resident).json(led).send().await.refuses(&["/method"]);
    let asked = app.called(&p, json!({"method": "advice"})).await;
    let decide = |who: &Person, adopt: bool, version: i64| {
        let body = json!({"adopt": adopt, "reason": "Both sides would rather have it soon."});
        app.post(format!("/decisions/{asked}/decide")).by(who).if_match(version).json(body)
    };
    cast(&app, &asked, &[&third], 1, "reservations").await;
    let early = decide(&p.resident, true, 4).send().await.problem(409, "gate_unmet");
    assert_eq!(early.body["missing"], json!(["final_call_time"]));
    app.pass(hours(48));
    let unheard = decide(&p.resident, true, 4).send().await.problem(409, "gate_unmet");
    assert_eq!(unheard.body["missing"], json!(["police_advice"]));
    cast(&app, &asked, &[&p.officer], 1, "agree_minor").await;
    decide(&third, true, 4).send().await.problem(403, "forbidden");
    let alone = decide(&p.officer, true, 4).send().await.problem(409, "gate_unmet");
    assert_eq!(alone.body["missing"], json!(["police_advice"]), "one's own word is no advice");
    let decided = decide(&p.resident, true, 4).send().await.expect(200);
    assert_eq!(decided.body["state"], "adopted");
    assert_eq!(decided.body["method"], "advice", "shown on every record");
}

async fn a_final_call_is_stopped_by_whoever_put_it_down_alone(app: App) {
    let p = app.led().await;
    let id = app.called(&p, json!({})).await;
    let version = app.decision(&id, &p.resident).await["version"].clone();
    let back = |who: &Person, version: Value| {
        let body = json!({"reason": "I don't like it."});
        app.post(format!("/decisions/{id}/withdraw")).by(who).if_match(version).json(body)
    };
    back(&p.officer, version.clone()).send().await.problem(403, "forbidden");
    let text = json!({"text": "We ask the city for nothing at all."});
    let amend = app.post(format!("/decisions/{id}/amend")).by(&p.officer).if_match(version.clone()).json(text);
    amend.send().await.problem(409, "conflict");
    let other = json!({"text": "We never ask the city for lamps in the alleys behind Kansas Avenue."});
    let slight = app.post(format!("/decisions/{id}/correction")).by(&p.officer).if_match(version.clone()).json(other);
    slight.send().await.refuses(&["/text"]);
    back(&p.resident, version).send().await.expect(200);
}

async fn a_block_outlives_the_removal_of_its_blocker_and_an_observer_keeps_the_voice_that_was_asked_for(app: App) {
    let p = app.led().await;
    let more = neighbors(&app, &p, 2).await;
    let id = app.called(&p, json!({})).await;
    let roles = app.membership(&p, &more[1]).await;
    let version = app.get(format!("/memberships/{roles}")).by(&p.resident).send().await.version();
    let observer = json!({"role": "observer"});
    let role = app.patch(format!("/memberships/{roles}")).by(&p.resident).if_match(version).json(observer);
    role.send().await.expect(200);
    cast(&app, &id, &[&p.resident, &p.neighbor, &more[1], &p.officer], 1, "endorse").await;
    cast(&app, &id, &[&more[0]], 1, "block").await;
    let blocker = app.membership(&p, &more[0]).await;
    let version = app.get(format!("/memberships/{blocker}")).by(&p.resident).send().await.version();
    let remove = app.post(format!("/memberships/{blocker}/remove")).by(&p.resident).if_match(version);
    remove.json(json!({"reason": "She blocked it."})).send().await.expect(200);
    let result = app.result(&id, &p.resident).await;
    assert_eq!(
        (&result["verdict"]["blocks"], &result["verdict"]["sides"][0]["heads"]["eligible"]),
        (&json!(1), &json!(4))
    );
    let closed = ended(&app, &id, &p.resident).await;
    assert_eq!(closed["state"], "blocked");
    let civilians = &closed["result"]["sides"][0];
    assert_eq!(
        (&civilians["heads"]["eligible"], &civilians["cast"]),
        (&json!(4), &json!(4)),
        "the observer's counts, and the blocker's"
    );
}

async fn a_blocker_who_is_made_an_observer_blocks_on(app: App) {
    let p = app.led().await;
    let blocker = neighbors(&app, &p, 1).await.remove(0);
    let id = app.called(&p, json!({})).await;
    cast(&app, &id, &[&p.resident, &p.neighbor, &p.officer], 1, "endorse").await;
    cast(&app, &id, &[&blocker], 1, "block").await;
    let membership = app.membership(&p, &blocker).await;
    let version = app.get(format!("/memberships/{membership}")).by(&p.resident).send().await.version();
    let role = app.patch(format!("/memberships/{membership}")).by(&p.resident).if_match(version);
    role.json(json!({"role": "observer"})).send().await.expect(200);
    assert_eq!(ended(&app, &id, &p.resident).await["state"], "blocked");
}

async fn a_dissenter_who_is_removed_keeps_what_was_said(app: App) {
    let p = app.led().await;
    let [dissenter, silent]: [Person; 2] = neighbors(&app, &p, 2).await.try_into().unwrap_or_else(|_| panic!("two"));
    let id = app.called(&p, json!({})).await;
    cast(&app, &id, &[&p.resident, &p.neighbor, &p.officer], 1, "endorse").await;
    cast(&app, &id, &[&dissenter], 1, "disagree").await;
    for who in [&dissenter, &silent] {
        let membership = app.membership(&p, who).await;
        let version = app.get(format!("/memberships/{membership}")).by(&p.resident).send().await.version();
        let remove = app.post(format!("/memberships/{membership}/remove")).by(&p.resident).if_match(version);
        remove.json(json!({"reason": "Out of my way."})).send().await.expect(200);
    }
    let end = ended(&app, &id, &p.resident).await;
    assert_eq!(end["state"], "not_adopted", "two of three are no three quarters");
    assert_eq!(end["result"]["sides"][0]["heads"]["eligible"], 3, "who had said nothing is in no denominator");
}

async fn no_side_takes_back_what_is_the_others(app: App) {
    let p = app.led().await;
    let put_down = app.post(p.path("/decisions")).by(&p.neighbor).json(decision_body(json!({}))).send().await;
    let id = put_down.expect(201).id();
    app.step(&id, &p.officer, "discuss").await;
    let withdraw = async |who: &Person| {
        let version = app.decision(&id, &p.neighbor).await["version"].clone();
        let call = app.post(format!("/decisions/{id}/withdraw")).by(who).if_match(version);
        call.json(json!({"reason": "We do not want it."})).send().await
    };
    withdraw(&p.officer).await.problem(403, "forbidden");
    app.amend(&id, &p.officer, "We ask the city for nothing at all, now and later.").await;
    app.step(&id, &p.officer, "sense-check").await;
    app.call(&id, &p.officer, 504).await;
    // Another text than the one that was put down: whoever put it down takes it back, or gives it another.
    app.amend(&id, &p.neighbor, "We ask the city for ten lamps, as I said.").await;
    withdraw(&p.officer).await.problem(403, "forbidden");
    assert_eq!(withdraw(&p.neighbor).await.expect(200).body["state"], "withdrawn");
}

async fn a_block_outlives_the_suspension_of_its_blocker(app: App) {
    let p = app.led().await;
    let blocker = neighbors(&app, &p, 1).await.remove(0);
    let id = app.called(&p, json!({})).await;
    cast(&app, &id, &[&p.resident, &p.neighbor, &p.officer], 1, "endorse").await;
    cast(&app, &id, &[&blocker], 1, "block").await;
    let admin = app.administrator().await;
    let path = format!("/accounts/{}", blocker.id);
    let version = app.get(&path).by(&admin).send().await.expect(200).version();
    let suspend = app.post(format!("{path}/suspend")).by(&admin).if_match(version);
    suspend.json(json!({"reason": "We look into a complaint."})).send().await.expect(200);
    let end = ended(&app, &id, &p.resident).await;
    assert_eq!((&end["state"], &end["result"]["blocks"]), (&json!("blocked"), &json!(1)));
    assert_eq!(end["result"]["sides"][0]["heads"]["eligible"], 3, "what was said stays said");
}

async fn agency_members_are_heard_and_counted_on_no_side(app: App) {
    let p = app.led().await;
    let staff = app.staff(app.agency().await).await;
    app.join(&p, &staff, &p.resident).await;
    let id = app.called(&p, json!({})).await;
    app.stance(&id, &staff, 1, "disagree").send().await.expect(200);
    let verdict = app.result(&id, &p.resident).await["verdict"].clone();
    assert_eq!((&verdict["sides"][0]["cast"], &verdict["sides"][1]["cast"]), (&json!(0), &json!(0)));
    let heard = app.get(format!("/decisions/{id}/stances?side=agency")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(heard.items().len(), 1);
    app.stance(&id, &staff, 1, "block").send().await.expect(200);
    assert_eq!(app.result(&id, &p.resident).await["verdict"]["blocks"], 0);
}

async fn final_call_without_enough_of_a_side_is_refused(app: App) {
    let p = app.led().await;
    let path = format!("/memberships/{}", app.membership(&p, &p.neighbor).await);
    app.post(format!("{path}/leave")).by(&p.neighbor).if_match(2).send().await.expect(200);
    let id = app.sensed(&p, json!({})).await;
    let call = app.post(format!("/decisions/{id}/final-call")).by(&p.resident).if_match(3).json(json!({}));
    let refused = call.send().await.problem(409, "quorum_unreachable");
    assert_eq!(refused.body["missing"], json!(["civilian_members"]));
}

/// Another officer who is on duty there, and a member.
async fn colleague(app: &App, p: &Formed) -> Person {
    let officer = app.officer_on_duty(p.agency, p.area).await;
    app.post(p.path("/memberships")).by(&officer).json(json!({})).send().await.expect(201);
    officer
}

async fn members_put_decisions_down_and_leaders_open_them(app: App) {
    let p = app.led().await;
    let observer = neighbors(&app, &p, 1).await.remove(0);
    let membership = app.membership(&p, &observer).await;
    let role = json!({"role": "observer"});
    app.patch(format!("/memberships/{membership}")).by(&p.resident).if_match(2).json(role).send().await.expect(200);
    let put_down = |who: &Person| app.post(p.path("/decisions")).by(who).json(decision_body(json!({})));
    put_down(&observer).send().await.problem(403, "forbidden");
    let id = put_down(&p.neighbor).send().await.expect(201).id();
    let path = format!("/decisions/{id}");
    app.get(&path).by(&observer).send().await.problem(404, "not_found");
    let patch = |who: &Person, version: i64| {
        let longer = json!({"text": "We ask the city for twelve lamps in the alleys."});
        app.patch(&path).by(who).if_match(version).json(longer)
    };
    patch(&p.neighbor, 1).send().await.expect(200);
    let discuss = |who: &Person| app.post(format!("{path}/discuss")).by(who).if_match(2);
    discuss(&p.neighbor).send().await.problem(403, "forbidden");
    discuss(&p.officer).send().await.expect(200);
    patch(&p.neighbor, 3).send().await.problem(403, "forbidden");
    let withdraw = |id: &str, version: i64| {
        let why = json!({"reason": "Not now."});
        app.post(format!("/decisions/{id}/withdraw")).by(&p.neighbor).if_match(version).json(why)
    };
    assert_eq!(withdraw(&id, 3).send().await.expect(200).body["state"], "withdrawn");
    let own = put_down(&p.neighbor).fresh_key().send().await.expect(201).id();
    assert_eq!(withdraw(&own, 1).send().await.expect(200).body["state"], "withdrawn");
}

async fn administrators_see_that_there_is_a_decision_and_not_what_it_says(app: App) {
    let p = app.led().await;
    let id = app.called(&p, json!({})).await;
    app.drafted(&p, json!({})).await;
    let admin = app.administrator().await;
    let list = app.get(p.path("/decisions")).by(&admin).send().await.expect(200);
    assert_eq!(list.items().len(), 1, "no drafts");
    for rest in ["", "/versions", "/blocks", "/stances"] {
        app.get(format!("/decisions/{id}{rest}")).by(&admin).send().await.problem(403, "forbidden");
    }
    app.get(format!("/decisions/{id}/result")).by(&admin).send().await.expect(200);
}

async fn nobody_is_made_a_facilitator_over_a_block(app: App) {
    let p = app.led().await;
    let friend = neighbors(&app, &p, 1).await.remove(0);
    let membership = app.membership(&p, &friend).await;
    let id = app.called(&p, json!({})).await;
    let make = |role: &str, version: i64| {
        let body = json!({"role": role});
        app.patch(format!("/memberships/{membership}")).by(&p.resident).if_match(version).json(body)
    };
    app.stance(&id, &p.neighbor, 1, "block").send().await.expect(200);
    make("facilitator", 2).send().await.problem(409, "conflict");
    make("secretary", 2).send().await.expect(200);
    let blocks = app.get(format!("/decisions/{id}/blocks")).by(&p.neighbor).send().await.expect(200);
    let block = blocks.items()[0]["id"].as_str().unwrap();
    app.post(format!("/decision-blocks/{block}/withdraw")).by(&p.neighbor).if_match(1).send().await.expect(200);
    make("facilitator", 3).send().await.expect(200);
}

async fn replaced_decision_is_amended(app: App) {
    let p = app.led().await;
    let old = app.called(&p, json!({})).await;
    cast(&app, &old, &[&p.resident, &p.neighbor, &p.officer], 1, "endorse").await;
    ended(&app, &old, &p.resident).await;
    let new = app.called(&p, json!({"replaces_id": old})).await;
    cast(&app, &new, &[&p.resident, &p.neighbor, &p.officer], 1, "endorse").await;
    assert_eq!(ended(&app, &new, &p.resident).await["state"], "adopted");
    assert_eq!(app.decision(&old, &p.resident).await["state"], "amended");
    let words = app.get(format!("/decisions/{old}/timeline")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(words.items()[0]["action"], "decision.amended");
    let again = decision_body(json!({"replaces_id": old}));
    app.post(p.path("/decisions")).by(&p.resident).json(again).send().await.problem(409, "conflict");
}

async fn the_database_lets_no_stance_be_changed_or_removed(app: App) {
    use diesel::connection::SimpleConnection as _;
    let p = app.led().await;
    let id = app.called(&p, json!({})).await;
    cast(&app, &id, &[&p.resident, &p.neighbor], 1, "endorse").await;
    for statement in [
        "UPDATE decision_stances SET level = 'disagree'",
        "UPDATE decision_stances SET reason = 'because'",
        "DELETE FROM decision_stances",
    ] {
        let refused = app.state.db.write(move |conn| Ok(conn.batch_execute(statement)?), |_, _| Ok(())).await;
        assert!(refused.unwrap_err().to_string().contains("append-only"), "{statement}");
    }
}

both_engines![
    final_call_with_nine_civilians_and_no_police_is_not_adopted,
    amend_in_final_call_leaves_no_counted_old_stance,
    correction_by_both_leaders_keeps_stances,
    block_is_addressed_and_withdrawn,
    block_is_dismissed_by_two_and_not_by_one,
    leader_who_leaves_pauses_what_both_sides_lead,
    member_who_leaves_is_in_no_denominator_and_who_joins_is_not_asked,
    least_times_hold_and_the_last_minute_is_the_last,
    anonymous_stances_tell_nobody_whose_they_are,
    results_are_hidden_until_ones_own_stance,
    two_failed_rounds_earn_a_trial_that_ends_with_a_review,
    adopted_is_in_force_with_its_outcome_and_reviewed_by_both,
    majority_needs_a_charter_and_advice_a_leader,
    a_final_call_is_stopped_by_whoever_put_it_down_alone,
    a_block_outlives_the_removal_of_its_blocker_and_an_observer_keeps_the_voice_that_was_asked_for,
    a_blocker_who_is_made_an_observer_blocks_on,
    a_dissenter_who_is_removed_keeps_what_was_said,
    no_side_takes_back_what_is_the_others,
    a_block_outlives_the_suspension_of_its_blocker,
    agency_members_are_heard_and_counted_on_no_side,
    final_call_without_enough_of_a_side_is_refused,
    members_put_decisions_down_and_leaders_open_them,
    administrators_see_that_there_is_a_decision_and_not_what_it_says,
    nobody_is_made_a_facilitator_over_a_block,
    replaced_decision_is_amended,
    the_database_lets_no_stance_be_changed_or_removed,
];
