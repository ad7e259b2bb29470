//! Visits: several officers at one meeting, and what becomes of what they promise and pass on.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use threekeys::platform::clock::days;

use crate::support::twins::{plant, slow};
use crate::support::world::{merge, visit_body};
use crate::support::{Answer, App, Person, World};

fn visit(world: &World, other: Value) -> Value {
    visit_body(world.district, other)
}

async fn log(app: &App, by: &Person, body: Value) -> Answer {
    app.post("/officer-logs").by(by).json(body).send().await.expect(201)
}

async fn logs_of_one_meeting_share_a_visit(app: App) {
    let world = app.world().await;
    let first = log(&app, &world.officer, visit(&world, json!({"mood": 4}))).await;
    let visit_id = first.str("visit_id");
    for (other, same) in [
        (json!({"start": "10:30"}), true),
        (json!({"group_name": " elm STREET watch ", "start": "09:30"}), true),
        (json!({"area_id": world.neighborhood}), true),
        (json!({"start": "10:31"}), false),
        (json!({"group_name": "Oak Street Watch"}), false),
        (json!({"group_kind": "tenant"}), false),
        (json!({"area_id": world.city}), false),
        (json!({"attended_on": "2027-02-28"}), false),
    ] {
        let colleague = app.officer(world.agency).await;
        let made = log(&app, &colleague, visit(&world, other.clone())).await;
        assert_eq!(made.str("visit_id") == visit_id, same, "{other}");
        assert_eq!(made.body["shared_with"].as_array().unwrap().is_empty(), !same, "{other}");
    }
    // By the meeting, whatever else is said.
    let meeting = app.held_meeting(&world).await.id();
    let met = json!({"group_name": null, "meeting_id": meeting, "group_kind": "partnership"});
    let one = log(&app, &world.officer, visit(&world, met.clone())).await;
    let mut later = met;
    merge(&mut later, json!({"start": "11:00", "area_id": world.city}));
    let other = log(&app, &world.commander, visit(&world, later)).await;
    assert_eq!(
        (one.str("visit_id"), other.body["shared_with"][0]["id"].clone()),
        (other.str("visit_id"), json!(world.officer.id))
    );
}

async fn get_officer_visit_shows_each_reader_their_logs_and_counts_nobody_twice(app: App) {
    let world = app.world().await;
    let counts = |community: i32| json!({"counts": {"community": community, "police": 2, "agency": 0}, "mood": 2});
    let free = log(&app, &world.officer, visit(&world, counts(12))).await;
    let mut linked = counts(15);
    merge(&mut linked, json!({"partnership_id": world.partnership}));
    let linked = log(&app, &world.police_leader, visit(&world, linked)).await;
    let path = format!("/officer-visits/{}", free.str("visit_id"));
    for (name, person) in world.everybody() {
        let answer = app.get(&path).by_or_nobody(person).send().await;
        let (status, logs, community) = match name {
            "anonymous" => (401, 0, 0),
            "officer" | "commander" => (200, 2, 15),
            "civilian_leader" | "police_leader" => (200, 1, 15),
            _ => (404, 0, 0),
        };
        assert_eq!(answer.status, status, "{name}");
        if status == 200 {
            assert_eq!(answer.body["logs"].as_array().unwrap().len(), logs, "{name}");
            assert_eq!(answer.body["counts"]["community"], community, "{name}");
            assert_eq!(answer.body["first_logged_by"].is_null(), name == "civilian_leader", "{name}");
        }
    }
    let shared = app.get(format!("/officer-logs/{}", linked.id())).by(&world.civilian_leader).send().await.expect(200);
    assert_eq!(shared.body["shared_with"], json!([]), "a leader is not told of logs that are not theirs to read");
    let full = app.get(format!("/officer-logs/{}", linked.id())).by(&world.commander).send().await.expect(200);
    assert_eq!(full.body["shared_with"][0]["id"], json!(world.officer.id));
    app.get(format!("/officer-visits/{}", uuid::Uuid::now_v7()))
        .by(&world.officer)
        .send()
        .await
        .problem(404, "not_found");
}

/// Four officers log the same meeting at the same moment: one visit.
async fn log_meeting_at_once_by_several_is_one_visit(app: App) {
    let world = app.world().await;
    let mut officers = Vec::new();
    for _ in 0..4 {
        officers.push(app.officer(world.agency).await);
    }
    let meeting = app.held_meeting(&world).await.id();
    for round in 0..8 {
        let said = |n: usize| match round {
            0 => json!({"group_name": null, "meeting_id": meeting, "group_kind": "partnership"}),
            _ => json!({"group_name": format!("Watch {round}"), "start": format!("10:{:02}", n * 5)}),
        };
        let calls = officers
            .iter()
            .enumerate()
            .map(|(n, officer)| app.post("/officer-logs").by(officer).json(visit(&world, said(n))).unchecked().send());
        let mut visits: Vec<String> =
            join_all(calls).await.into_iter().map(|answer| answer.expect(201).str("visit_id")).collect();
        visits.dedup();
        assert_eq!(visits.len(), 1, "round {round}");
    }
}

async fn amend_officer_log_moves_it_to_the_visit_that_it_tells_of_now(app: App) {
    let world = app.world().await;
    let first = log(&app, &world.officer, visit(&world, json!({"group_name": "Oak Street Watch"}))).await;
    let second = log(&app, &world.commander, visit(&world, json!({}))).await;
    assert_ne!(first.str("visit_id"), second.str("visit_id"));
    let right = json!({"group_name": "Elm Street Watch", "reason": "The wrong street.", "no_cji_attestation": true});
    let path = format!("/officer-logs/{}/amend", first.id());
    let amended = app.post(path).by(&world.officer).if_match(1).json(right).send().await.expect(200);
    assert_eq!(amended.str("visit_id"), second.str("visit_id"));
    assert_eq!(amended.body["shared_with"][0]["id"], json!(world.commander.id));
}

async fn a_visit_that_no_log_tells_of_any_more_is_nobodys(app: App) {
    let world = app.world().await;
    let meeting = app.held_meeting(&world).await.id();
    let of_meeting = json!({"group_name": null, "meeting_id": meeting, "group_kind": "partnership"});
    let wrong = [json!({}), of_meeting];
    for (n, told) in wrong.into_iter().enumerate() {
        let first = log(&app, &world.officer, visit(&world, told.clone())).await;
        let elsewhere = json!({
            "group_name": format!("Oak Street Watch {n}"), "group_kind": "neighborhood_watch", "meeting_id": null,
            "partnership_id": null, "reason": "Another group it was.", "no_cji_attestation": true
        });
        let path = format!("/officer-logs/{}/amend", first.id());
        let amended = app.post(path).by(&world.officer).if_match(1).json(elsewhere).send().await.expect(200);
        assert_ne!(amended.str("visit_id"), first.str("visit_id"));
        let mut later = told;
        merge(&mut later, json!({"start": "10:10"}));
        let next = log(&app, &world.commander, visit(&world, later)).await;
        assert_eq!(next.body["shared_with"], json!([]), "{n}");
        let path = format!("/officer-visits/{}", next.str("visit_id"));
        let shown = app.get(&path).by(&world.commander).send().await.expect(200);
        assert_eq!(shown.body["first_logged_by"]["id"], json!(world.commander.id), "{n}: {:#}", shown.body);
        assert!(shown.str("starts_at").contains(":10:00"), "{n}: {:#}", shown.body);
    }
}

fn promise(world: &World, due: &str, other: Value) -> Value {
    let mut body = json!({"group_kind": "partnership", "group_name": "Lights", "partnership_id": world.partnership,
        "commitments": [{"what": "A walk with the night shift.", "due_on": due}]});
    merge(&mut body, other);
    visit(world, body)
}

fn promised(log: &Answer) -> String {
    let parts = log.body["parts"].as_array().unwrap();
    let one = parts.iter().find(|part| part["kind"] == "commitment").unwrap();
    format!("/commitments/{}", one["commitment_id"].as_str().unwrap())
}

async fn commitments_are_kept_when_the_other_side_says_so(app: App) {
    let world = app.world().await;
    let path = promised(&log(&app, &world.officer, promise(&world, "2027-03-02", json!({}))).await);
    for (name, person) in world.everybody() {
        let status = match name {
            "anonymous" => 401,
            "officer" | "commander" | "civilian_leader" | "police_leader" => 200,
            _ => 404,
        };
        assert_eq!(app.get(&path).by_or_nobody(person).send().await.status, status, "{name}");
    }
    let say = |by: &Person, how: &str, version: i64| {
        let call = app.post(format!("{path}/{how}")).by(by).if_match(version);
        match how {
            "break" | "release" => call.json(json!({"reason": "Because."})),
            "renegotiate" => call.json(json!({"due_on": "2027-03-09", "reason": "Because."})),
            _ => call,
        }
    };
    for how in ["claim", "renegotiate"] {
        say(&world.civilian_leader, how, 1).send().await.problem(403, "forbidden");
        say(&world.commander, how, 1).send().await.problem(403, "forbidden");
    }
    for how in ["confirm", "release"] {
        say(&world.officer, how, 1).send().await.problem(403, "forbidden");
        say(&world.police_leader, how, 1).send().await.problem(403, "forbidden");
        say(&world.stranger, how, 1).send().await.problem(404, "not_found");
    }
    say(&world.civilian_leader, "confirm", 2).send().await.problem(412, "precondition_failed");
    // The day is not over: only whoever promised can say that it was not kept.
    say(&world.civilian_leader, "break", 1).send().await.problem(409, "conflict");
    let claimed = say(&world.officer, "claim", 1).send().await.expect(200);
    assert_eq!((&claimed.body["state"], claimed.body["claimed_at"].is_string()), (&json!("open"), true));
    say(&world.officer, "claim", 2).send().await.problem(409, "conflict");
    let kept = say(&world.civilian_leader, "confirm", 2).send().await.expect(200);
    assert_eq!(
        (&kept.body["state"], &kept.body["closed_by"]["id"]),
        (&json!("kept"), &json!(world.civilian_leader.id))
    );
    for (by, how) in [(&world.officer, "break"), (&world.officer, "renegotiate"), (&world.civilian_leader, "release")] {
        say(by, how, 3).send().await.problem(409, "conflict");
    }
}

async fn commitments_renegotiated_in_time_are_honourable_and_late_ones_are_flagged(app: App) {
    let world = app.world().await;
    let path = promised(&log(&app, &world.officer, promise(&world, "2027-03-03", json!({}))).await);
    let again = |path: &str, due: &str| {
        let body = json!({"due_on": due, "reason": "Too few people."});
        app.post(format!("{path}/renegotiate")).by(&world.officer).if_match(1).json(body)
    };
    for due in ["2027-03-03", "2027-03-02", "2027-02-30"] {
        again(&path, due).send().await.refuses(&["/due_on"]);
    }
    let second = again(&path, "2027-03-05").send().await.expect(201);
    let old = app.get(&path).by(&world.officer).send().await.expect(200);
    assert_eq!((&old.body["state"], &old.body["asked_before_due"]), (&json!("renegotiated"), &json!(true)));
    assert_eq!(format!("/commitments/{}", second.str("follows_id")), path);
    app.pass(days(5));
    let register = format!("/partnerships/{}/commitments", world.partnership);
    let late =
        app.get(format!("{register}?late=true&include=total")).by(&world.civilian_leader).send().await.expect(200);
    assert_eq!((&late.body["total"], &late.items()[0]["id"]), (&json!(1), &json!(second.id())));
    let second = format!("/commitments/{}", second.id());
    let third = again(&second, "2027-03-20").send().await.expect(201);
    let old = app.get(&second).by(&world.officer).send().await.expect(200);
    assert_eq!(old.body["asked_before_due"], false, "asked for after it was due: it counts as broken");
    for (name, person) in world.everybody() {
        let status = match name {
            "anonymous" => 401,
            "officer" | "commander" | "civilian_leader" | "police_leader" => 200,
            "member" | "secretary" | "facilitator" | "administrator" => 403,
            _ => 404,
        };
        assert_eq!(app.get(&register).by_or_nobody(person).send().await.status, status, "{name}");
    }
    let query = "from=2027-02-25&to=2027-03-31";
    let report = app.get(format!("/officers/{}/regularity?{query}", world.officer.id)).by(&world.officer).send().await;
    // One was promised, in a visit of these days: asked about too late, and open with another day.
    assert_eq!(
        report.expect(200).body["commitments"],
        json!({"made": 1, "kept": 0, "broken": 1, "open": 1, "late": 0})
    );
    let own = app.get("/account/commitments?state=open").by(&world.officer).send().await.expect(200);
    assert_eq!(own.items()[0]["id"], json!(third.id()));
}

/// Kept and released at the same moment: one of them.
async fn commitments_end_once(app: App) {
    let world = app.world().await;
    for round in 0..6 {
        let body = promise(&world, "2027-03-03", json!({"start": format!("0{round}:00")}));
        let path = promised(&log(&app, &world.officer, body).await);
        let confirm = app.post(format!("{path}/confirm")).by(&world.civilian_leader).if_match(1).unchecked();
        let release = app.post(format!("{path}/release")).by(&world.civilian_leader).if_match(1).unchecked();
        let (one, other) = join(confirm.send(), release.json(json!({"reason": "Because."})).send()).await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "round {round}");
    }
}

async fn amendments_take_back_what_they_leave_out_and_keep_the_ids_of_what_stays(app: App) {
    let world = app.world().await;
    let said = json!({"commitments": [{"what": "A walk.", "due_on": "2027-03-20"}, {"what": "A talk.", "due_on": "2027-03-21"}],
        "concerns": ["The alley."], "referrals": [{"kind": "311", "note": "Lamp 4711"}],
        "follow_ups": [{"what": "Send the map.", "due_on": "2027-03-04"}]});
    let made = log(&app, &world.officer, visit(&world, said)).await;
    let parts = |answer: &Answer| -> Vec<(String, String, String)> {
        let text = |part: &Value, field: &str| part[field].as_str().unwrap().to_owned();
        let parts = answer.body["parts"].as_array().unwrap().iter();
        parts.map(|part| (text(part, "kind"), text(part, "what"), text(part, "id"))).collect()
    };
    let before = parts(&made);
    assert_eq!(before.len(), 5);
    let taken_back = before.iter().find(|(_, what, _)| what == "A walk.").unwrap().2.clone();
    let change = json!({"commitments": [{"what": "A talk.", "due_on": "2027-03-21"}, {"what": "A tour.", "due_on": "2027-03-22"}],
        "partnership_id": world.partnership, "reason": "I had noted it wrongly.", "no_cji_attestation": true});
    let path = format!("/officer-logs/{}", made.id());
    let amended = app.post(format!("{path}/amend")).by(&world.officer).if_match(1).json(change);
    // The log, and the commitment that it does not have any more.
    let amended = amended.leaving(2).send().await.expect(200);
    let after = parts(&amended);
    assert!(after.len() == 5 && !after.iter().any(|(.., id)| *id == taken_back), "{after:#?}");
    for one in before.iter().filter(|(_, what, _)| what != "A walk.") {
        assert!(after.contains(one), "{one:?} keeps its id");
    }
    let register = format!("/partnerships/{}/commitments", world.partnership);
    let register = app.get(register).by(&world.civilian_leader).send().await.expect(200);
    let all: Vec<&Value> = register.items().iter().map(|one| &one["what"]).collect();
    assert_eq!(all, [&json!("A walk."), &json!("A talk."), &json!("A tour.")], "what was promised stays to be read");
    let walk = &register.items()[0];
    assert_eq!((&walk["state"], &walk["closed_by"]["id"]), (&json!("released"), &json!(world.officer.id)));
    assert_eq!(walk["close_reason"], "I had noted it wrongly.");
    assert_eq!((&register.items()[1]["state"], &register.items()[1]["is_confirmable"]), (&json!("open"), &json!(true)));
    let original = app.get(format!("{path}/versions")).by(&world.officer).send().await.expect(200);
    assert_eq!(original.items()[1]["content"]["commitments"][0]["what"], "A walk.", "and what was said stays said");
    let shared = app.get(&path).by(&world.civilian_leader).send().await.expect(200);
    assert!(!parts(&shared).iter().any(|(kind, ..)| kind == "referral"), "that is the officers' own");
}

/// A log linked to the partnership, with two promises, two follow-ups and what was passed on: its path, and its parts by what
/// they say.
pub(super) async fn with_parts(app: &App, world: &World) -> (String, std::collections::HashMap<String, Value>) {
    let said = json!({
        "commitments": [{"what": "A walk.", "due_on": "2027-03-20"}, {"what": "A talk.", "due_on": "2027-03-03"}],
        "follow_ups": [{"what": "Send the map.", "due_on": "2027-03-20"},
            {"what": "Call public works.", "due_on": "2027-03-20", "assignee_id": world.member.id}],
        "referrals": [{"kind": "311", "note": "Lamp 4711"}]
    });
    // Each task has a record of its own.
    let call = app.post("/officer-logs").by(&world.officer).json(promise(world, "2027-03-20", said));
    let made = call.leaving(3).send().await.expect(201);
    let parts = made.body["parts"].as_array().unwrap();
    let parts = parts.iter().map(|part| (part["what"].as_str().unwrap().to_owned(), part.clone())).collect();
    (format!("/officer-logs/{}", made.id()), parts)
}

async fn amendments_say_otherwise_what_they_name(app: App) {
    let world = app.world().await;
    let (path, parts) = with_parts(&app, &world).await;
    let id = |what: &str| parts[what]["id"].clone();
    let amend = |version: i64, body: Value| {
        let mut all = json!({"reason": "I had noted it wrongly.", "no_cji_attestation": true});
        merge(&mut all, body);
        app.post(format!("{path}/amend")).by(&world.officer).if_match(version).json(all)
    };
    for (body, pointer) in [
        (
            json!({"commitments": [{"id": world.member.id, "what": "A tour.", "due_on": "2027-03-21"}]}),
            "/commitments/0/id",
        ),
        (json!({"referrals": [{"id": id("A walk."), "kind": "311"}]}), "/referrals/0/id"),
        (json!({"referrals": [{"id": id("Lamp 4711"), "kind": "other"}]}), "/referrals/0/note"),
        (
            json!({"commitments": [{"id": id("A walk."), "what": "One.", "due_on": "2027-03-21"},
                {"id": id("A walk."), "what": "Two.", "due_on": "2027-03-21"}]}),
            "/commitments/1/id",
        ),
    ] {
        amend(1, body).send().await.refuses(&[pointer]);
    }
    let walk = format!("/commitments/{}", parts["A walk."]["commitment_id"].as_str().unwrap());
    app.post(format!("{walk}/claim")).by(&world.officer).if_match(1).send().await.expect(200);
    let said = json!({
        "commitments": [{"what": "A talk.", "due_on": "2027-03-03"},
            {"id": id("A walk."), "what": "Two walks.", "due_on": "2027-03-22"}],
        "follow_ups": [{"id": id("Send the map."), "what": "Send both maps.", "due_on": "2027-03-21"},
            {"id": id("Call public works."), "what": "Call public works.", "due_on": "2027-03-20"}],
        "referrals": [{"id": id("Lamp 4711"), "kind": "other", "note": "Lamp 4712"}]
    });
    // The log, the commitment, and the two tasks.
    let amended = amend(1, said).leaving(4).send().await.expect(200);
    let after = amended.body["parts"].as_array().unwrap();
    for (before, what) in [
        ("A walk.", "Two walks."),
        ("A talk.", "A talk."),
        ("Send the map.", "Send both maps."),
        ("Call public works.", "Call public works."),
        ("Lamp 4711", "Lamp 4712"),
    ] {
        let (before, now) = (&parts[before], after.iter().find(|part| part["what"] == what).unwrap());
        for field in ["id", "commitment_id", "task_id"] {
            assert_eq!(now[field], before[field], "{what} {field}");
        }
    }
    let read = app.get(&walk).by(&world.civilian_leader).send().await.expect(200);
    assert_eq!((&read.body["what"], &read.body["due_on"]), (&json!("Two walks."), &json!("2027-03-22")));
    assert_eq!((&read.body["state"], &read.body["claimed_at"]), (&json!("open"), &Value::Null), "another promise");
    let task = |what: &str| format!("/tasks/{}", parts[what]["task_id"].as_str().unwrap());
    let maps = app.get(task("Send the map.")).by(&world.member).send().await.expect(200);
    assert_eq!((&maps.body["title"], &maps.body["due_on"]), (&json!("Send both maps."), &json!("2027-03-21")));
    let call = app.get(task("Call public works.")).by(&world.member).send().await.expect(200);
    assert_eq!(call.body["state"], "open", "it is nobody's now");
    let versions = app.get(format!("{path}/versions")).by(&world.officer).send().await.expect(200);
    assert_eq!(versions.items()[1]["content"]["commitments"][0]["what"], "A walk.", "what was said stays said");
}

async fn amendments_leave_what_was_kept_done_or_is_late(app: App) {
    let world = app.world().await;
    let (path, parts) = with_parts(&app, &world).await;
    let of = |what: &str, field: &str| parts[what][field].as_str().unwrap().to_owned();
    let amend = |body: Value| {
        let mut all = json!({"reason": "I had noted it wrongly.", "no_cji_attestation": true});
        merge(&mut all, body);
        app.post(format!("{path}/amend")).by(&world.officer).if_match(1).json(all)
    };
    let walk = json!({"what": "A walk.", "due_on": "2027-03-20"});
    let talk = json!({"what": "A talk.", "due_on": "2027-03-03"});
    let otherwise = |what: &str| json!({"id": of(what, "id"), "what": "A tour.", "due_on": "2027-03-25"});
    let kept = format!("/commitments/{}/confirm", of("A walk.", "commitment_id"));
    app.post(kept).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    let task = format!("/tasks/{}", of("Call public works.", "task_id"));
    for how in ["accept", "start", "complete"] {
        let version = app.get(&task).by(&world.member).send().await.expect(200).version();
        let call = app.post(format!("{task}/{how}")).by(&world.member).if_match(version);
        let call = if how == "complete" { call.json(json!({"hours": 1})) } else { call };
        call.send().await.expect(200);
    }
    app.pass(days(3));
    let map = json!({"what": "Send the map.", "due_on": "2027-03-20"});
    for (body, pointer) in [
        (json!({"commitments": [talk.clone()]}), "/commitments"),
        (json!({"commitments": [otherwise("A walk."), talk.clone()]}), "/commitments/0"),
        (json!({"commitments": [walk.clone()]}), "/commitments"),
        (json!({"commitments": [walk.clone(), otherwise("A talk.")]}), "/commitments/1"),
        (json!({"follow_ups": [map.clone()]}), "/follow_ups"),
        (
            json!({"follow_ups": [map.clone(), {"id": of("Call public works.", "id"), "what": "No.", "due_on": "2027-03-20"}]}),
            "/follow_ups/1",
        ),
    ] {
        amend(body).send().await.refuses(&[pointer]);
    }
    let call = json!({"what": "Call public works.", "due_on": "2027-03-20", "assignee_id": world.member.id});
    let without_map = json!({"commitments": [walk, talk], "follow_ups": [call], "referrals": []});
    amend(without_map).leaving(2).send().await.expect(200);
    let task = format!("/tasks/{}", of("Send the map.", "task_id"));
    let cancelled = app.get(task).by(&world.member).send().await.expect(200);
    assert_eq!(cancelled.body["state"], "cancelled");
    assert_eq!(cancelled.body["cancel_reason"], "I had noted it wrongly.");
}

async fn what_was_promised_to_a_group_that_is_none_of_ours_is_confirmed_by_nobody(app: App) {
    let world = app.world().await;
    let said = json!({"commitments": [{"what": "A walk.", "due_on": "2027-03-02"}, {"what": "A talk.", "due_on": "2027-03-02"}]});
    let made = log(&app, &world.officer, visit(&world, said)).await;
    assert_eq!(made.body["confirmable_until"], Value::Null);
    let path = promised(&made);
    let claimed = app.post(format!("{path}/claim")).by(&world.officer).if_match(1).send().await.expect(200);
    assert_eq!((&claimed.body["state"], &claimed.body["is_confirmable"]), (&json!("open"), &json!(false)));
    app.post(format!("{path}/confirm")).by(&world.civilian_leader).if_match(2).send().await.problem(404, "not_found");
    app.pass(days(2));
    let read = app.get(&path).by(&world.officer).send().await.expect(200);
    assert_eq!(read.body["is_late"], false, "nobody can say more of it");
    let late = app.get("/account/commitments?late=true").by(&world.officer).send().await.expect(200);
    let late: Vec<&Value> = late.items().iter().map(|one| &one["what"]).collect();
    assert_eq!(late, ["A talk."]);
    let report = app.get(format!("/officers/{}/regularity", world.officer.id)).by(&world.officer).send().await;
    let expected = json!({"made": 2, "kept": 0, "broken": 0, "open": 2, "late": 1});
    assert_eq!(report.expect(200).body["commitments"], expected);
}

async fn a_partnership_is_not_closed_over_what_was_promised_to_it(app: App) {
    let world = app.world().await;
    let body = promise(&world, "2027-03-20", json!({}));
    let path = promised(&log(&app, &world.officer, body).await);
    let closings = format!("/partnerships/{}/closings", world.partnership);
    let closing = |left_open: Value| {
        let mut body = json!({"reason": "inactive", "statement": "Nobody comes any more, and the lamps burn."});
        body["left_open"] = left_open;
        app.post(&closings).by(&world.civilian_leader).json(body)
    };
    let refused = closing(json!([])).send().await.problem(409, "gate_unmet");
    assert_eq!(refused.body["missing"], json!(["commitment"]));
    assert_eq!(refused.body["conflicts"], json!([format!("/api/v1{path}")]));
    let id = path.rsplit('/').next().unwrap();
    let named = json!([{"kind": "commitment", "id": id, "disposition": "dropped", "note": "Nobody walks there."}]);
    closing(named).send().await.expect(201);
}

async fn follow_ups_are_tasks_of_the_partnership_or_the_officers_own(app: App) {
    let world = app.world().await;
    let next = |assignee: Value| json!({"follow_ups": [{"what": "Call public works.", "due_on": "2027-03-09", "assignee_id": assignee}]});
    for (other, pointers) in [
        (next(json!(world.member.id)), &["/follow_ups/0/assignee_id"][..]),
        (json!({"follow_ups": [{"what": "Call.", "due_on": "2027-02-27"}]}), &["/follow_ups/0/due_on"]),
        (json!({"follow_ups": ["Call."]}), &["/follow_ups/0"]),
        (json!({"follow_ups": [{"what": "Call."}]}), &["/follow_ups/0/due_on"]),
    ] {
        let refused = app.post("/officer-logs").by(&world.officer).json(visit(&world, other)).send().await;
        refused.refuses(pointers);
    }
    let linked = |start: &str, assignee: Value| {
        let mut body = next(assignee);
        merge(
            &mut body,
            json!({"group_kind": "partnership", "group_name": "Lights", "start": start, "end": "11:30",
            "partnership_id": world.partnership}),
        );
        visit(&world, body)
    };
    let refused =
        app.post("/officer-logs").by(&world.officer).json(linked("06:00", json!(world.stranger.id))).send().await;
    refused.refuses(&["/follow_ups/0/assignee_id"]);
    let sent = |body: &Value, records| app.post("/officer-logs").by(&world.officer).json(body.clone()).leaving(records);
    let body = linked("07:00", Value::Null);
    let open = sent(&body, 2).send().await.expect(201);
    assert_eq!(open.body["parts"][0]["task_state"], "open");
    assert_eq!(sent(&body, 0).send().await.expect(200).id(), open.id(), "sent again, no task is made again");
    let tasks =
        app.get(format!("/partnerships/{}/tasks", world.partnership)).by(&world.member).send().await.expect(200);
    assert_eq!(tasks.items().len(), 1);
    let offered = sent(&linked("08:00", json!(world.member.id)), 2).send().await.expect(201);
    let task = format!("/tasks/{}", offered.body["parts"][0]["task_id"].as_str().unwrap());
    for how in ["accept", "start"] {
        let version = app.get(&task).by(&world.member).send().await.expect(200).version();
        app.post(format!("{task}/{how}")).by(&world.member).if_match(version).send().await.expect(200);
    }
    let version = app.get(&task).by(&world.member).send().await.expect(200).version();
    let done = app.post(format!("{task}/complete")).by(&world.member).if_match(version).json(json!({"hours": 1}));
    done.send().await.expect(200);
    let read = app.get(format!("/officer-logs/{}", offered.id())).by(&world.officer).send().await.expect(200);
    assert_eq!(read.body["parts"][0]["task_state"], "done");
    let part = format!("/follow-ups/{}/complete", read.body["parts"][0]["id"].as_str().unwrap());
    app.post(part).by(&world.officer).if_match(1).send().await.problem(409, "conflict");

    log(&app, &world.officer, visit(&world, next(Value::Null))).await;
    let own = app.get("/account/follow-ups?include=total").by(&world.officer).send().await.expect(200);
    assert_eq!(own.body["total"], 1);
    let path = format!("/follow-ups/{}/complete", own.items()[0]["id"].as_str().unwrap());
    app.post(&path).by(&world.commander).if_match(1).send().await.problem(404, "not_found");
    app.post(&path).send().await.problem(401, "unauthenticated");
    app.post(&path).by(&world.officer).if_match(1).send().await.expect(200);
    app.post(&path).by(&world.officer).if_match(2).send().await.problem(409, "conflict");
    let done = app.get("/account/follow-ups?done=true").by(&world.officer).send().await.expect(200);
    assert_eq!(done.items().len(), 1);
}

async fn a_follow_up_is_taken_back_or_done_and_not_both(app: App) {
    plant(&app).await;
    let world = app.world().await;
    for round in 0..3 {
        let next = json!({"group_name": format!("Oak Street Watch {round}"),
            "follow_ups": [{"what": "Call public works.", "due_on": "2027-03-09"}]});
        let made = log(&app, &world.officer, visit(&world, next)).await;
        let part = format!("/follow-ups/{}/complete", made.body["parts"][0]["id"].as_str().unwrap());
        let without = json!({"follow_ups": [], "reason": "I had noted it wrongly.", "no_cji_attestation": true});
        let amend = app.post(format!("/officer-logs/{}/amend", made.id())).by(&world.officer).if_match(1).json(without);
        let complete = app.post(part).by(&world.officer).if_match(1);
        slow(&app, true).await;
        let (amended, done) = join(amend.unchecked().send(), complete.unchecked().send()).await;
        slow(&app, false).await;
        let statuses = [amended.status, done.status];
        assert!(statuses.iter().all(|status| *status < 500), "{:#} {:#}", amended.body, done.body);
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    }
}

/// A batch takes the parts of each log, each with its own result, and the whole can be sent again.
async fn log_meetings_takes_the_parts_of_each(app: App) {
    let world = app.world().await;
    let with_task = json!({"group_kind": "partnership", "group_name": "Lights", "start": "07:00", "partnership_id": world.partnership,
        "follow_ups": [{"what": "Call public works.", "due_on": "2027-03-09"}]});
    let logs = [
        visit(&world, with_task),
        visit(
            &world,
            json!({"follow_ups": [{"what": "Call.", "due_on": "2027-03-09", "assignee_id": world.member.id}]}),
        ),
        promise(&world, "2027-03-09", json!({"start": "09:00"})),
    ];
    let send = |records| {
        let body = json!({"logs": logs});
        app.post("/officer-logs/batch").by(&world.officer).json(body).leaving(records).send()
    };
    let statuses = |answer: &Answer| -> Vec<u64> {
        answer.body["results"].as_array().unwrap().iter().map(|result| result["status"].as_u64().unwrap()).collect()
    };
    let first = send(3).await.expect(200);
    assert_eq!(statuses(&first), [201, 422, 201]);
    assert_eq!(first.body["results"][1]["problem"]["errors"][0]["pointer"], "/follow_ups/0/assignee_id");
    assert_eq!(statuses(&send(0).await.expect(200)), [200, 422, 200]);
    let tasks =
        app.get(format!("/partnerships/{}/tasks", world.partnership)).by(&world.member).send().await.expect(200);
    let promises = app.get("/account/commitments").by(&world.officer).send().await.expect(200);
    assert_eq!((tasks.items().len(), promises.items().len()), (1, 1));
}

both_engines![
    logs_of_one_meeting_share_a_visit,
    get_officer_visit_shows_each_reader_their_logs_and_counts_nobody_twice,
    log_meeting_at_once_by_several_is_one_visit,
    amend_officer_log_moves_it_to_the_visit_that_it_tells_of_now,
    a_visit_that_no_log_tells_of_any_more_is_nobodys,
    commitments_are_kept_when_the_other_side_says_so,
    commitments_renegotiated_in_time_are_honourable_and_late_ones_are_flagged,
    commitments_end_once,
    amendments_take_back_what_they_leave_out_and_keep_the_ids_of_what_stays,
    amendments_say_otherwise_what_they_name,
    amendments_leave_what_was_kept_done_or_is_late,
    what_was_promised_to_a_group_that_is_none_of_ours_is_confirmed_by_nobody,
    a_partnership_is_not_closed_over_what_was_promised_to_it,
    follow_ups_are_tasks_of_the_partnership_or_the_officers_own,
    a_follow_up_is_taken_back_or_done_and_not_both,
    log_meetings_takes_the_parts_of_each,
];
