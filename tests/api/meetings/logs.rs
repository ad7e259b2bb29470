//! Officers' logs of meetings.

use diesel::prelude::*;
use futures_util::future::join_all;
use serde_json::{Value, json};
use threekeys::platform::clock::{days, hours};
use threekeys::schema::{officer_log_versions, officer_logs};

use crate::support::world::{merge, visit_body};
use crate::support::{Answer, App, Person, World, page_through, spec};

fn visit(world: &World, other: Value) -> Value {
    visit_body(world.district, other)
}

async fn log(app: &App, by: &Person, body: &Value) -> Answer {
    app.post("/officer-logs").by(by).json(body.clone()).send().await
}

async fn log_count(app: &App) -> (i64, i64) {
    app.db(|conn| {
        Ok((officer_logs::table.count().get_result(conn)?, officer_log_versions::table.count().get_result(conn)?))
    })
    .await
}

async fn log_meeting_takes_ten_fields_in_one_call(app: App) {
    let operation = spec::operation("post", "/api/v1/officer-logs").unwrap();
    let schema = spec::resolve(&operation["requestBody"]["content"]["application/json"]["schema"]);
    let required: Vec<&str> = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(required.len() <= 10, "{required:?}");
    let world = app.world().await;
    let body = visit(&world, json!({}));
    let mut given: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    given.retain(|name| *name != "group_name");
    given.sort_unstable();
    let mut named = required.clone();
    named.sort_unstable();
    assert_eq!(named, given, "the ten, and of group_name and meeting_id one");

    let made = log(&app, &world.officer, &body).await.expect(201);
    assert_eq!(made.header("location"), Some(format!("/api/v1/officer-logs/{}", made.id()).as_str()));
    for (field, expected) in [
        ("view", json!("full")),
        ("state", json!("submitted")),
        ("confirmable_until", Value::Null),
        ("ends_next_day", json!(false)),
        ("start", json!("10:00")),
        ("end", json!("11:15")),
        ("time_zone", json!("America/Chicago")),
        ("is_late", json!(false)),
        ("is_amended", json!(false)),
        ("topics", json!([])),
        ("referrals", json!([])),
        ("mood", Value::Null),
        ("counts", json!({"community": 12, "police": 1, "agency": 0})),
    ] {
        assert_eq!(made.body[field], expected, "{field}");
    }
    assert_eq!(made.body["officer"]["display_name"], world.officer.name);
    assert_eq!((&made.body["area"]["id"], &made.body["partnership"]), (&json!(world.district), &Value::Null));
    assert_eq!(made.body["emergency"]["emergency"], "911");
    assert_eq!(made.body["emergency"]["non_emergency"], "+19135963000");
    let read = app.get(format!("/officer-logs/{}", made.id())).by(&world.officer).send().await.expect(200);
    assert_eq!(read.version(), 1);
    let mut without = made.body.clone();
    without.as_object_mut().unwrap().remove("emergency");
    assert_eq!(read.body, without);
}

async fn log_meeting_keeps_all_that_is_told(app: App) {
    let world = app.world().await;
    let meeting = app.held_meeting(&world).await;
    let all = json!({
        "group_name": null, "meeting_id": meeting.id(), "group_kind": "partnership", "role": "co_chaired",
        "topics": ["Light", "Noise"], "concerns": ["The alley at night."],
        "commitments": [{"what": "A walk with the night shift.", "due_on": "2027-03-20"}],
        "follow_ups": [{"what": "Call public works.", "due_on": "2027-03-09", "assignee_id": world.member.id}],
        "media": ["Photo of lamp 4711, on the shared drive of the beat."],
        "referrals": [{"kind": "311", "note": "Lamp 4711"}, {"kind": "bike", "note": null}],
        "handouts": "Flyer", "language": "es", "prep_minutes": 20, "travel_minutes": 15, "next_date": "2027-03-29", "mood": 4,
        "time_zone": "America/Denver", "start": "09:00", "end": "10:15"
    });
    let body = visit(&world, all.clone());
    // The follow-up is a task of the partnership, with a record of its own.
    let made = app.post("/officer-logs").by(&world.officer).json(body).leaving(2).send().await.expect(201);
    for (field, expected) in all.as_object().unwrap() {
        assert_eq!(&made.body[field], expected, "{field}");
    }
    assert_eq!(made.body["partnership"]["id"], json!(world.partnership), "the meeting brings it along");
    assert_eq!(made.body["confirmable_until"], "2027-03-15T18:00:00Z");
    let versions = app.get(format!("/officer-logs/{}/versions", made.id())).by(&world.officer).send().await.expect(200);
    let original = &versions.items()[0];
    assert_eq!(
        (&original["view"], &original["number"], &original["reason"]),
        (&json!("full"), &json!(1), &Value::Null)
    );
    assert_eq!(original["content"]["topics"], json!(["Light", "Noise"]));
    assert_eq!(original["internal"]["mood"], 4);
}

async fn log_meeting_is_for_verified_officers_and_names_what_does_not_do(app: App) {
    let world = app.world().await;
    let body = visit(&world, json!({}));
    app.post("/officer-logs").json(body.clone()).send().await.problem(401, "unauthenticated");
    for person in [&world.member, &world.civilian_leader, &world.administrator] {
        log(&app, person, &body).await.problem(403, "forbidden");
    }
    log(&app, &app.staff(world.agency).await, &body).await.problem(403, "forbidden");
    let hidden = app.meeting(&world, json!({"visibility": "leaders"})).await.id();
    let open = app.held_meeting(&world).await.id();
    let other = app.partnership(world.agency, world.district, "South Side", &world.civilian_leader).await;
    for (other, pointers) in [
        (json!({"no_cji_attestation": false}), &["/no_cji_attestation"][..]),
        (json!({"no_cji_attestation": null}), &["/no_cji_attestation"]),
        (json!({"group_name": null}), &["/group_name"]),
        (json!({"meeting_id": open}), &["/meeting_id"]),
        (json!({"group_kind": "partnership"}), &["/partnership_id"]),
        (json!({"group_name": null, "meeting_id": hidden}), &["/meeting_id"]),
        (json!({"group_name": null, "meeting_id": uuid::Uuid::now_v7()}), &["/meeting_id"]),
        (json!({"group_name": null, "meeting_id": open, "partnership_id": other}), &["/partnership_id"]),
        (json!({"partnership_id": uuid::Uuid::now_v7()}), &["/partnership_id"]),
        (json!({"area_id": uuid::Uuid::now_v7()}), &["/area_id"]),
        (json!({"start": "11:16"}), &["/end"]),
        (json!({"end": "12:16"}), &["/end"]),
        (json!({"attended_on": "2027-03-02"}), &["/end"]),
        (json!({"time_zone": "Kansas"}), &["/time_zone"]),
        (json!({"start": "24:00", "attended_on": "2027-02-29"}), &["/attended_on", "/start"]),
        (
            json!({"counts": {"community": 10_001, "police": -1}}),
            &["/counts/agency", "/counts/community", "/counts/police"],
        ),
        (json!({"summary": "x".repeat(2001)}), &["/summary"]),
        (json!({"topics": vec!["t"; 21]}), &["/topics"]),
        (json!({"referrals": [{"kind": "311"}, {"kind": "other"}]}), &["/referrals/1/note"]),
        (json!({"mood": 6}), &["/mood"]),
        (json!({"referrals": [{"kind": "fbi"}]}), &["/referrals/0/kind"]),
        (json!({"next_date": "2027-03-01"}), &["/next_date"]),
        (json!({"commitments": [{"what": "A walk.", "due_on": "2027-02-28"}]}), &["/commitments/0/due_on"]),
        (json!({"state": "confirmed"}), &["/state"]),
        (
            json!({"group_name": null, "group_kind": "partnership", "end": "09:00"}),
            &["/group_name", "/partnership_id", "/end"],
        ),
    ] {
        let refused = log(&app, &world.other_officer, &visit(&world, other)).await;
        refused.refuses(pointers);
    }
    app.pass(days(20));
    let night = json!({"attended_on": "2027-03-14", "start": "02:30", "end": "03:30"});
    log(&app, &world.officer, &visit(&world, night)).await.refuses(&["/start"]);
    assert_eq!(log_count(&app).await, (0, 0));
    app.pass(days(320));
    log(&app, &world.officer, &visit(&world, json!({}))).await.problem(403, "forbidden");
}

async fn log_meeting_is_late_after_72_hours(app: App) {
    let world = app.world().await;
    let body = |start: &str| visit(&world, json!({"start": start, "end": start}));
    app.pass(hours(70));
    // Noon was 18:00 UTC; 72 hours after ten is now.
    assert_eq!(log(&app, &world.officer, &body("10:00")).await.expect(201).body["is_late"], false);
    assert_eq!(log(&app, &world.commander, &body("09:59")).await.expect(201).body["is_late"], true);
}

async fn log_meeting_again_is_the_same_log(app: App) {
    let world = app.world().await;
    let body = visit(&world, json!({"topics": ["Light"]}));
    let first = log(&app, &world.officer, &body).await.expect(201);
    for _ in 0..2 {
        let again = app.post("/officer-logs").by(&world.officer).json(body.clone()).leaving(0).send().await.expect(200);
        assert_eq!(again.body, first.body);
    }
    // Said in other words: the zone that is meant anyway.
    let mut same = body.clone();
    merge(&mut same, json!({"time_zone": "America/Chicago"}));
    app.post("/officer-logs").by(&world.officer).json(same).leaving(0).send().await.expect(200);
    let mut other = body.clone();
    merge(&mut other, json!({"topics": ["Noise"]}));
    let refused = log(&app, &world.officer, &other).await.problem(409, "conflict");
    assert_eq!(refused.body["conflicts"], json!([format!("/api/v1/officer-logs/{}", first.id())]));
    // Another officer's device may come upon the same id.
    log(&app, &world.commander, &body).await.expect(201);
    assert_eq!(log_count(&app).await, (2, 2));

    // And by key, byte for byte.
    let key = uuid::Uuid::now_v7();
    let body = visit(&world, json!({"group_name": "Oak Street Watch"}));
    let first = app.post("/officer-logs").by(&world.officer).key(key).json(body.clone()).send().await.expect(201);
    let again = app.post("/officer-logs").by(&world.officer).key(key).json(body.clone()).leaving(0).send().await;
    assert_eq!(again.expect(201).bytes, first.bytes);
    let other = visit(&world, json!({}));
    let reused = app.post("/officer-logs").by(&world.officer).key(key).json(other).send().await;
    reused.problem(422, "idempotency_reused");

    // Still the first log when it has moved on.
    let amend = app.post(format!("/officer-logs/{}/amend", first.id())).by(&world.officer).if_match(1);
    let amend = amend.json(json!({"summary": "More.", "reason": "Forgotten.", "no_cji_attestation": true}));
    amend.send().await.expect(200);
    let again = app.post("/officer-logs").by(&world.officer).json(body).leaving(0).send().await.expect(200);
    assert_eq!((again.id(), again.version()), (first.id(), 2));
}

async fn log_meeting_of_a_visit_that_is_logged_is_refused_with_its_address(app: App) {
    let world = app.world().await;
    let first = log(&app, &world.officer, &visit(&world, json!({}))).await.expect(201);
    let address = json!([format!("/api/v1/officer-logs/{}", first.id())]);
    for (start, name) in [("10:00", "Elm Street Watch"), ("10:30", "ELM street watch"), ("09:30", " Elm Street Watch ")]
    {
        let body = visit(&world, json!({"start": start, "group_name": name}));
        assert_eq!(log(&app, &world.officer, &body).await.problem(409, "already_logged").body["conflicts"], address);
    }
    for other in [
        json!({"start": "10:31"}),
        json!({"start": "09:29"}),
        json!({"group_name": "Oak Street Watch"}),
        json!({"area_id": world.neighborhood}),
    ] {
        log(&app, &world.officer, &visit(&world, other)).await.expect(201);
    }
    log(&app, &world.commander, &visit(&world, json!({}))).await.expect(201);
    // By meeting and by partnership.
    let meeting = app.held_meeting(&world).await.id();
    let met = json!({"group_name": null, "meeting_id": meeting, "group_kind": "partnership"});
    let met = log(&app, &world.officer, &visit(&world, met)).await.expect(201);
    let named = json!({"group_name": "Lights", "partnership_id": world.partnership, "area_id": world.city});
    let refused = log(&app, &world.officer, &visit(&world, named)).await.problem(409, "already_logged");
    assert_eq!(refused.body["conflicts"], json!([format!("/api/v1/officer-logs/{}", met.id())]));
}

/// The same visit from two devices at the same moment: one log.
async fn log_meeting_twice_at_once_is_logged_once(app: App) {
    let world = app.world().await;
    for round in 0..25 {
        let name = format!("Watch {round}");
        let calls = [0, 1, 2].map(|_| {
            let body = visit(&world, json!({"group_name": name}));
            app.post("/officer-logs").by(&world.officer).json(body).unchecked().send()
        });
        let mut statuses: Vec<u16> = join_all(calls).await.into_iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409], "round {round}");
        // And the same log twice at the same moment: one log, and both are told so.
        let body = visit(&world, json!({"group_name": format!("Club {round}")}));
        let calls = [0, 1].map(|_| app.post("/officer-logs").by(&world.officer).json(body.clone()).unchecked().send());
        let mut statuses: Vec<u16> = join_all(calls).await.into_iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 201], "round {round}");
    }
    assert_eq!(log_count(&app).await, (50, 50));
}

async fn get_officer_log_shows_each_reader_as_much_as_is_theirs(app: App) {
    let world = app.world().await;
    let internal = ["client_uuid", "mood", "prep_minutes", "travel_minutes", "referrals"];
    let telling = json!({"mood": 3, "prep_minutes": 5, "referrals": [{"kind": "code", "note": "Lot 7"}]});
    let free = log(&app, &world.other_officer, &visit(&world, telling.clone())).await.expect(201).id();
    let mut linked = telling;
    merge(&mut linked, json!({"partnership_id": world.partnership, "group_name": "Lights"}));
    let linked = log(&app, &world.other_officer, &visit(&world, linked)).await.expect(201).id();
    let elsewhere = app.commander(app.agency().await).await;
    let mut readers = world.everybody();
    readers.push(("elsewhere", Some(&elsewhere)));
    for (name, person) in readers {
        for (id, is_linked) in [(&free, false), (&linked, true)] {
            let view = match name {
                "other_officer" | "officer" | "commander" => Some("full"),
                "civilian_leader" | "police_leader" if is_linked => Some("shared"),
                _ => None,
            };
            for path in ["", "/versions", "/timeline"] {
                let answer = app.get(format!("/officer-logs/{id}{path}")).by_or_nobody(person).send().await;
                let Some(view) = view else {
                    assert_eq!(answer.status, if person.is_none() { 401 } else { 404 }, "{name} {path}");
                    continue;
                };
                let answer = answer.expect(200);
                match path {
                    "" => {
                        assert_eq!(answer.body["view"], view, "{name}");
                        for field in internal {
                            assert_eq!(answer.body.get(field).is_some(), view == "full", "{name} {field}");
                        }
                        assert_eq!(answer.body["summary"], "Lamps behind the laundry.");
                    }
                    "/versions" => {
                        assert_eq!(answer.items()[0]["view"], view);
                        assert_eq!(answer.items()[0].get("internal").is_some(), view == "full");
                    }
                    _ => assert_eq!(answer.items()[0]["words"], "An officer logged a meeting: neighborhood watch"),
                }
            }
        }
    }
}

async fn list_officer_logs_shows_each_reader_theirs_in_pages(app: App) {
    let world = app.world().await;
    let mut own = Vec::new();
    for hour in ["07", "08", "09", "10", "11"] {
        let body = visit(&world, json!({"start": format!("{hour}:00"), "end": format!("{hour}:30")}));
        own.insert(0, log(&app, &world.officer, &body).await.expect(201).id());
    }
    let school = json!({"group_kind": "school", "group_name": "Morse School", "attended_on": "2027-02-26", "area_id": world.city});
    let school = log(&app, &world.other_officer, &visit(&world, school)).await.expect(201).id();
    let linked = json!({"group_kind": "partnership", "partnership_id": world.partnership, "start": "06:00"});
    let linked = log(&app, &world.other_officer, &visit(&world, linked)).await.expect(201).id();
    let agency = app.agency().await;
    let foreign = app.officer(agency).await;
    let strange = log(&app, &foreign, &visit(&world, json!({"start": "05:00"}))).await.expect(201).id();

    assert_eq!(page_through(&app, "/officer-logs", Some(&world.officer)).await, own);
    assert_eq!(page_through(&app, "/officer-logs", Some(&world.other_officer)).await, [linked.clone(), school.clone()]);
    let all = [&own[..], &[linked.clone(), school.clone()]].concat();
    assert_eq!(page_through(&app, "/officer-logs", Some(&world.commander)).await, all);
    let here = [&own[..], &[linked.clone(), strange]].concat();
    let path = format!("/officer-logs?area_id={}", world.district);
    assert_eq!(page_through(&app, &path, Some(&world.officer)).await, here, "where the officer is on duty");
    assert_eq!(page_through(&app, &path, Some(&world.other_officer)).await, std::slice::from_ref(&linked));
    let path = format!("/officer-logs?partnership_id={}", world.partnership);
    for leader in [&world.civilian_leader, &world.police_leader] {
        let found = app.get(&path).by(leader).send().await.expect(200);
        assert_eq!((found.items().len(), &found.items()[0]["view"]), (1, &json!("shared")));
        assert!(found.items()[0].get("mood").is_none());
    }
    for person in [&world.member, &world.stranger, &world.administrator] {
        app.get("/officer-logs").by(person).send().await.problem(403, "forbidden");
        app.get(&path).by(person).send().await.problem(403, "forbidden");
    }
    app.get("/officer-logs").by(&world.civilian_leader).send().await.problem(403, "forbidden");
    let nowhere = format!("/officer-logs?partnership_id={}", uuid::Uuid::now_v7());
    app.get(&nowhere).by(&world.civilian_leader).send().await.problem(403, "forbidden");
    assert!(app.get(&nowhere).by(&world.officer).send().await.expect(200).items().is_empty());
    app.get("/officer-logs").send().await.problem(401, "unauthenticated");

    let found = |query: String| {
        let (app, by) = (&app, &world.commander);
        async move { page_through(app, &format!("/officer-logs?{query}"), Some(by)).await }
    };
    assert_eq!(found(format!("officer_id={}", world.officer.id)).await, own);
    assert_eq!(found("group_kind=school".into()).await, std::slice::from_ref(&school));
    assert_eq!(found("from=2027-03-01".into()).await, all[..6]);
    let reversed = app.get("/officer-logs?from=2027-03-02&to=2027-03-01").by(&world.officer).send().await;
    reversed.refuses(&["?to"]);
    assert_eq!(found("to=2027-02-28".into()).await, [school]);
    assert_eq!(found(format!("partnership_id={}", world.partnership)).await, [linked]);
    assert_eq!(found("state=submitted".into()).await, all);
    assert_eq!(found("state=disputed".into()).await, [] as [String; 0]);
    app.get("/officer-logs?state=lost").by(&world.officer).send().await.refuses(&["?state"]);
}

async fn linked_log(app: &App, world: &World, other: Value) -> Answer {
    let mut body = visit(world, json!({"partnership_id": world.partnership, "group_kind": "partnership"}));
    merge(&mut body, other);
    log(app, &world.officer, &body).await.expect(201)
}

async fn civilian_leaders_confirm_or_dispute_linked_logs(app: App) {
    let world = app.world().await;
    let made = linked_log(&app, &world, json!({})).await;
    let path = format!("/officer-logs/{}", made.id());
    let confirm = |by| app.post(format!("{path}/confirm")).by(by).if_match(1);
    for person in [&world.officer, &world.police_leader, &world.commander] {
        confirm(person).send().await.problem(403, "forbidden");
    }
    for person in [&world.member, &world.secretary, &world.stranger, &world.administrator] {
        confirm(person).send().await.problem(404, "not_found");
    }
    app.post(format!("{path}/confirm")).by(&world.civilian_leader).send().await.problem(428, "precondition_required");
    let confirmed = confirm(&world.civilian_leader).send().await.expect(200);
    assert_eq!((&confirmed.body["state"], &confirmed.body["view"]), (&json!("confirmed"), &json!("shared")));
    assert_eq!(confirmed.body["decided_by"]["id"], json!(world.civilian_leader.id));
    let dispute = |version: i64| {
        let call = app.post(format!("{path}/dispute")).by(&world.civilian_leader).if_match(version);
        call.json(json!({"reason": "There were twenty of us."}))
    };
    dispute(2).send().await.problem(409, "conflict");

    let amend = |version: i64, body: Value| {
        let mut all = json!({"reason": "Counted again.", "no_cji_attestation": true});
        merge(&mut all, body);
        app.post(format!("{path}/amend")).by(&world.officer).if_match(version).json(all)
    };
    app.pass(hours(1));
    let amended = amend(2, json!({"counts": {"community": 18, "police": 1, "agency": 0}})).send().await.expect(200);
    assert_eq!((&amended.body["state"], &amended.body["decided_by"]), (&json!("submitted"), &Value::Null));
    assert_eq!((&amended.body["is_amended"], amended.version()), (&json!(true), 3));
    let disputed = dispute(3).send().await.expect(200);
    assert_eq!(disputed.body["dispute_reason"], "There were twenty of us.");
    app.pass(hours(1));
    let again =
        amend(4, json!({"counts": {"community": 20, "police": 1, "agency": 0}, "mood": 2})).send().await.expect(200);
    assert_eq!((&again.body["state"], &again.body["is_amended"]), (&json!("submitted"), &json!(true)));
    assert_eq!((&again.body["dispute_reason"], &again.body["mood"]), (&Value::Null, &json!(2)));

    let versions = app.get(format!("{path}/versions")).by(&world.civilian_leader).send().await.expect(200);
    let counts: Vec<_> = versions.items().iter().map(|v| v["content"]["counts"]["community"].clone()).collect();
    assert_eq!(counts, [json!(20), json!(18), json!(12)], "the original stays");
    assert_eq!(page_through(&app, &format!("{path}/versions"), Some(&world.officer)).await.len(), 3);
    let timeline = app.get(format!("{path}/timeline")).by(&world.officer).send().await.expect(200);
    let told: Vec<_> = timeline.items().iter().map(|e| (e["action"].as_str().unwrap(), e["reason"].clone())).collect();
    assert_eq!(
        told,
        [
            ("officer_log.amended", json!("Counted again.")),
            ("officer_log.disputed", json!("There were twenty of us.")),
            ("officer_log.amended", json!("Counted again.")),
            ("officer_log.confirmed", Value::Null),
            ("officer_log.submitted", Value::Null),
        ]
    );
    assert_eq!(timeline.items()[0]["changed"], json!(["counts", "mood"]));
    let of_partnership =
        app.get(format!("/partnerships/{}/timeline", world.partnership)).by(&world.member).send().await;
    assert!(of_partnership.expect(200).items().is_empty(), "logs are not for members");
}

async fn a_log_names_only_a_meeting_that_took_place_then(app: App) {
    let world = app.world().await;
    let held = app.held_meeting(&world).await;
    let to_come = app.meeting(&world, json!({})).await.id();
    let cancelled = app.held_meeting(&world).await.id();
    let cancel = app.post(format!("/meetings/{cancelled}/cancel")).by(&world.civilian_leader).if_match(1);
    cancel.json(json!({"reason": "Nobody came."})).send().await.expect(200);
    let of = |meeting: &str, other: Value| {
        let mut body = json!({"group_name": null, "meeting_id": meeting, "group_kind": "partnership"});
        merge(&mut body, other);
        let mut body = visit(&world, body);
        body.as_object_mut().unwrap().remove("group_name");
        body
    };
    for (meeting, other, pointer, why) in [
        (&to_come, json!({}), "/meeting_id", "is still to come"),
        (&cancelled, json!({}), "/meeting_id", "was cancelled: nobody attended it"),
        (
            &held.id(),
            json!({"attended_on": "2027-02-28"}),
            "/attended_on",
            "must be the day of the meeting, 2027-03-01",
        ),
        (&held.id(), json!({"start": "07:00", "end": "08:59"}), "/end", "must be after the meeting began, at 10:00"),
    ] {
        let refused = log(&app, &world.officer, &of(meeting, other)).await.refuses(&[pointer]);
        assert_eq!(refused.body["errors"][0]["message"], why);
    }
    let made = log(&app, &world.officer, &of(&held.id(), json!({"start": "09:00", "end": "10:30"}))).await.expect(201);
    let path = format!("/officer-logs/{}/amend", made.id());
    let amend = |body: Value| {
        let mut all = json!({"reason": "Corrected.", "no_cji_attestation": true});
        merge(&mut all, body);
        app.post(&path).by(&world.officer).if_match(1).json(all)
    };
    amend(json!({"start": "07:00", "end": "10:00"})).send().await.refuses(&["/end"]);
    amend(json!({"attended_on": "2027-02-28"})).send().await.refuses(&["/attended_on"]);
    amend(json!({"summary": "More."})).send().await.expect(200);
}

async fn a_visit_over_midnight_says_so(app: App) {
    let world = app.world().await;
    let night = |other: Value| {
        let mut body = json!({"attended_on": "2027-02-27", "start": "22:30", "end": "00:45"});
        merge(&mut body, other);
        visit(&world, body)
    };
    log(&app, &world.officer, &night(json!({}))).await.refuses(&["/end"]);
    log(&app, &world.officer, &night(json!({"ends_next_day": true, "end": "14:31"})))
        .await
        .refuses(&["/ends_next_day"]);
    log(&app, &world.officer, &night(json!({"ends_next_day": "yes"}))).await.refuses(&["/ends_next_day"]);
    let made = log(&app, &world.officer, &night(json!({"ends_next_day": true}))).await.expect(201);
    let at = |log: &Answer| ["attended_on", "start", "end", "ends_next_day"].map(|field| log.body[field].clone());
    let told = [json!("2027-02-27"), json!("22:30"), json!("00:45"), json!(true)];
    assert_eq!(at(&made), told);
    let path = format!("/officer-logs/{}", made.id());
    let read = app.get(&path).by(&world.officer).send().await.expect(200);
    assert_eq!(at(&read), told);
    let report = app.get(format!("/officers/{}/regularity", world.officer.id)).by(&world.officer).send().await;
    assert_eq!(report.expect(200).body["meeting_minutes"], 135);
    let right =
        json!({"end": "23:45", "ends_next_day": false, "reason": "It was earlier.", "no_cji_attestation": true});
    let amended = app.post(format!("{path}/amend")).by(&world.officer).if_match(1).json(right).send().await.expect(200);
    assert_eq!((&amended.body["end"], &amended.body["ends_next_day"]), (&json!("23:45"), &json!(false)));
    let versions = app.get(format!("{path}/versions")).by(&world.officer).send().await.expect(200);
    let said: Vec<&Value> = versions.items().iter().map(|one| &one["content"]["ends_next_day"]).collect();
    assert_eq!(said, [false, true]);
    let report = app.get(format!("/officers/{}/regularity", world.officer.id)).by(&world.officer).send().await;
    assert_eq!(report.expect(200).body["meeting_minutes"], 75);
}

async fn amend_officer_log_keeps_the_rules_of_a_new_one(app: App) {
    let world = app.world().await;
    let made = log(&app, &world.officer, &visit(&world, json!({"mood": 3, "handouts": "Flyer"}))).await.expect(201);
    log(&app, &world.officer, &visit(&world, json!({"start": "11:00", "group_name": "Oak Street Watch"})))
        .await
        .expect(201);
    let path = format!("/officer-logs/{}/amend", made.id());
    let amend = |by: &Person, version: i64, body: Value| {
        let mut all = json!({"reason": "Corrected.", "no_cji_attestation": true});
        merge(&mut all, body);
        app.post(&path).by(by).if_match(version).json(all)
    };
    for (body, pointers) in [
        (json!({}), &[""][..]),
        (json!({"reason": null, "mood": 2}), &["/reason"]),
        (json!({"no_cji_attestation": null, "mood": 2}), &["/no_cji_attestation"]),
        (json!({"end": "09:00"}), &["/end"]),
        (json!({"end": "13:00"}), &["/end"]),
        (json!({"meeting_id": uuid::Uuid::now_v7()}), &["/meeting_id"]),
        (json!({"group_kind": "partnership"}), &["/partnership_id"]),
        (json!({"area_id": uuid::Uuid::now_v7()}), &["/area_id"]),
        (json!({"client_uuid": uuid::Uuid::now_v7(), "mood": 2}), &["/client_uuid"]),
    ] {
        amend(&world.officer, 1, body).send().await.refuses(pointers);
    }
    let cleared = app.post(&path).by(&world.officer).if_match(1);
    let cleared = cleared.json(json!({"group_name": null, "reason": "Corrected.", "no_cji_attestation": true}));
    cleared.send().await.refuses(&["/group_name"]);
    let twice = amend(&world.officer, 1, json!({"group_name": "Oak Street Watch", "start": "10:45"}));
    twice.send().await.problem(409, "already_logged");
    amend(&world.commander, 1, json!({"mood": 1})).send().await.problem(403, "forbidden");
    amend(&world.other_officer, 1, json!({"mood": 1})).send().await.problem(404, "not_found");
    amend(&world.officer, 4, json!({"mood": 1})).send().await.problem(412, "precondition_failed");
    let meeting = app.held_meeting(&world).await.id();
    let moved = json!({"meeting_id": meeting, "group_kind": "partnership", "start": "10:05"});
    let call = app.post(&path).by(&world.officer).if_match(1);
    let mut body = json!({"reason": "It was ours.", "no_cji_attestation": true});
    merge(&mut body, moved);
    body["group_name"] = Value::Null;
    body["mood"] = Value::Null;
    let moved = call.json(body).send().await.expect(200);
    for (field, expected) in [
        ("group_name", Value::Null),
        ("meeting_id", json!(meeting)),
        ("partnership_id", json!(world.partnership)),
        ("start", json!("10:05")),
        ("end", json!("11:15")),
        ("mood", Value::Null),
        ("handouts", json!("Flyer")),
    ] {
        assert_eq!(moved.body[field], expected, "{field}");
    }
}

async fn lapse_officer_logs_marks_what_nobody_answered_in_14_days(app: App) {
    let world = app.world().await;
    let linked = linked_log(&app, &world, json!({})).await;
    let answered = linked_log(&app, &world, json!({"start": "08:00"})).await;
    let free = log(&app, &world.other_officer, &visit(&world, json!({}))).await.expect(201);
    let confirm =
        |log: &Answer| app.post(format!("/officer-logs/{}/confirm", log.id())).by(&world.civilian_leader).if_match(1);
    confirm(&answered).send().await.expect(200);
    app.pass(days(14));
    assert_eq!(app.run_job("lapse_officer_logs").await, 0);
    app.pass(hours(1));
    confirm(&linked).send().await.problem(409, "conflict");
    let before = app.record_count().await;
    assert_eq!(app.run_job("lapse_officer_logs").await, 1);
    assert_eq!(app.run_job("lapse_officer_logs").await, 0);
    assert_eq!(app.record_count().await, before + 1);
    for (log, state) in [(&linked, "unconfirmed"), (&answered, "confirmed"), (&free, "submitted")] {
        let read = app.get(format!("/officer-logs/{}", log.id())).by(&world.commander).send().await.expect(200);
        assert_eq!(read.body["state"], state);
    }
    confirm(&linked).send().await.problem(412, "precondition_failed");
    let amend = app.post(format!("/officer-logs/{}/amend", linked.id())).by(&world.officer).if_match(2);
    let amend = amend.json(json!({"summary": "More.", "reason": "Asked again.", "no_cji_attestation": true}));
    amend.send().await.expect(200);
    let late = app.post(format!("/officer-logs/{}/confirm", linked.id())).by(&world.civilian_leader).if_match(3);
    assert_eq!(late.send().await.expect(200).body["state"], "confirmed", "an amendment asks anew");
}

both_engines![
    log_meeting_takes_ten_fields_in_one_call,
    log_meeting_keeps_all_that_is_told,
    log_meeting_is_for_verified_officers_and_names_what_does_not_do,
    log_meeting_is_late_after_72_hours,
    log_meeting_again_is_the_same_log,
    log_meeting_of_a_visit_that_is_logged_is_refused_with_its_address,
    log_meeting_twice_at_once_is_logged_once,
    get_officer_log_shows_each_reader_as_much_as_is_theirs,
    list_officer_logs_shows_each_reader_theirs_in_pages,
    civilian_leaders_confirm_or_dispute_linked_logs,
    a_log_names_only_a_meeting_that_took_place_then,
    a_visit_over_midnight_says_so,
    amend_officer_log_keeps_the_rules_of_a_new_one,
    lapse_officer_logs_marks_what_nobody_answered_in_14_days,
];
