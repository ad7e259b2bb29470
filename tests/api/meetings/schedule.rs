use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::platform::clock::{days, hours};
use threekeys::schema::partnerships;

use crate::support::world::meeting_body;
use crate::support::{Answer, App, World, page_through};

fn ids(answer: &Answer) -> Vec<String> {
    answer.items().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

async fn schedule_meeting_by_an_organiser_answers_what_everybody_can_read(app: App) {
    let world = app.world().await;
    let path = format!("/partnerships/{}/meetings", world.partnership);
    for organiser in [&world.civilian_leader, &world.police_leader, &world.secretary, &world.facilitator] {
        app.post(&path).by(organiser).json(meeting_body(json!({}))).send().await.expect(201);
    }
    let body = meeting_body(json!({
        "purpose": "Walk the alleys.", "capacity": 40, "languages": ["en", "es"], "accessibility": "Ramp at the back."
    }));
    let made = app.post(&path).by(&world.civilian_leader).json(body).send().await.expect(201);
    assert_eq!(made.header("location"), Some(format!("/api/v1/meetings/{}", made.id()).as_str()));
    let read = app.get(format!("/meetings/{}", made.id())).send().await.expect(200);
    assert!(read.header("etag").unwrap().starts_with("\"1."));
    assert_eq!(read.body, made.body);
    for (field, expected) in [
        ("starts_at", json!("2027-03-10T00:30:00Z")),
        ("ends_at", json!("2027-03-10T02:00:00Z")),
        ("starts_local", json!("2027-03-09T18:30")),
        ("time_zone", json!("America/Chicago")),
        ("state", json!("scheduled")),
        ("sequence", json!(0)),
        ("places_left", json!(40)),
        ("answers", json!({"yes": 0, "maybe": 0, "no": 0})),
        ("own_rsvp", Value::Null),
        ("languages", json!(["en", "es"])),
    ] {
        assert_eq!(read.body[field], expected, "{field}");
    }
    assert_eq!(read.body["area"]["id"], world.neighborhood.to_string());
    assert_eq!(read.body["partnership"]["name"], "Armourdale Lights");
}

async fn schedule_meeting_by_others_is_refused(app: App) {
    let world = app.world().await;
    let path = format!("/partnerships/{}/meetings", world.partnership);
    let body = meeting_body(json!({}));
    app.post(&path).json(body.clone()).send().await.problem(401, "unauthenticated");
    for person in [&world.member, &world.stranger, &world.officer, &world.commander, &world.administrator] {
        app.post(&path).by(person).json(body.clone()).send().await.problem(403, "forbidden");
    }
    let nowhere = format!("/partnerships/{}/meetings", uuid::Uuid::now_v7());
    app.post(nowhere).by(&world.civilian_leader).json(body).send().await.problem(404, "not_found");
    let for_leaders = meeting_body(json!({"visibility": "leaders"}));
    app.post(&path).by(&world.secretary).json(for_leaders.clone()).send().await.problem(403, "forbidden");
    app.post(&path).by(&world.police_leader).json(for_leaders).send().await.expect(201);
    let id = world.partnership;
    app.db(move |conn| {
        diesel::update(partnerships::table.find(id)).set(partnerships::state.eq("suspended")).execute(conn)
    })
    .await;
    app.post(&path).by(&world.civilian_leader).json(meeting_body(json!({}))).send().await.problem(409, "conflict");
}

async fn schedule_meeting_with_times_that_do_not_do_names_the_field(app: App) {
    let world = app.world().await;
    let path = format!("/partnerships/{}/meetings", world.partnership);
    for (starts, ends, zone, pointers) in [
        // The clocks jump from 2:00 to 3:00.
        ("2027-03-14T02:30", "2027-03-14T04:00", "America/Chicago", &["/starts_local"][..]),
        ("2027-03-14T01:30", "2027-03-14T02:30", "America/Chicago", &["/ends_local"]),
        ("2027-03-14T02:10", "2027-03-14T02:50", "America/Chicago", &["/starts_local", "/ends_local"]),
        ("2027-03-28T02:30", "2027-03-28T04:00", "Europe/Berlin", &["/starts_local"]),
        ("2027-03-09T18:30", "2027-03-09T18:30", "America/Chicago", &["/ends_local"]),
        ("2027-03-09T18:30", "2027-03-09T17:00", "America/Chicago", &["/ends_local"]),
        ("2027-03-09T18:30", "2027-03-10T18:31", "America/Chicago", &["/ends_local"]),
        ("2027-02-22T11:59", "2027-02-22T13:00", "America/Chicago", &["/starts_local"]),
        ("2029-03-02T18:30", "2029-03-02T20:00", "America/Chicago", &["/starts_local"]),
        ("2027-02-29T18:30", "2027-03-01T20:00", "America/Chicago", &["/starts_local"]),
        ("2027-03-09 18:30", "2027-03-09T20:00Z", "Kansas/City", &["/ends_local", "/starts_local", "/time_zone"]),
    ] {
        let body = meeting_body(json!({"starts_local": starts, "ends_local": ends, "time_zone": zone}));
        app.post(&path).by(&world.civilian_leader).json(body).send().await.refuses(pointers);
    }
    // The same local time exists elsewhere.
    let elsewhere =
        json!({"starts_local": "2027-03-14T02:30", "ends_local": "2027-03-14T04:00", "time_zone": "America/Phoenix"});
    app.meeting(&world, elsewhere).await;
}

async fn schedule_meeting_in_the_hour_that_comes_twice_means_the_first(app: App) {
    let world = app.world().await;
    let made = app.meeting(&world, json!({"starts_local": "2027-11-07T01:30", "ends_local": "2027-11-07T02:00"})).await;
    assert_eq!(made.body["starts_at"], "2027-11-07T06:30:00Z");
    assert_eq!(made.body["ends_at"], "2027-11-07T08:00:00Z", "an hour and a half later, with the doubled hour");
    assert_eq!(made.body["starts_local"], "2027-11-07T01:30");
}

async fn schedule_meeting_with_values_that_do_not_do_names_the_field(app: App) {
    let world = app.world().await;
    let path = format!("/partnerships/{}/meetings", world.partnership);
    for (other, pointers) in [
        (json!({"title": "  "}), &["/title"][..]),
        (json!({"title": null}), &["/title"]),
        (json!({"capacity": 0}), &["/capacity"]),
        (json!({"languages": ["en", "es", "en"]}), &["/languages/2"]),
        (json!({"languages": ["english"]}), &["/languages/0"]),
        (json!({"area_id": uuid::Uuid::now_v7().to_string()}), &["/area_id"]),
        (json!({"format": "online"}), &["/place/kind"]),
        (json!({"place": {"kind": "online", "name": "Net"}}), &["/place/kind"]),
        (json!({"place": {"kind": "castle", "name": "Net"}}), &["/place/kind"]),
        (json!({"state": "minuted"}), &["/state"]),
        (json!({"side": "police", "visibility": "secret"}), &["/side", "/visibility"]),
    ] {
        let body = meeting_body(other);
        app.post(&path).by(&world.civilian_leader).json(body).send().await.refuses(pointers);
    }
    let online = json!({"format": "online", "place": {"kind": "online", "name": "Net", "address": "https://meet.example.org/x"}});
    app.meeting(&world, online).await;
}

async fn update_meeting_moves_it_and_raises_the_sequence(app: App) {
    let world = app.world().await;
    let made = app.meeting(&world, json!({"capacity": 40})).await;
    let path = format!("/meetings/{}", made.id());
    let patch = |version: i64, body: Value| app.patch(&path).by(&world.secretary).if_match(version).json(body);
    let titled = patch(1, json!({"title": "More light", "capacity": null})).send().await.expect(200);
    assert_eq!((&titled.body["sequence"], &titled.body["capacity"]), (&json!(0), &Value::Null));
    let moved = patch(2, json!({"starts_local": "2027-03-16T18:30", "ends_local": "2027-03-16T20:00"}));
    let moved = moved.send().await.expect(200);
    assert_eq!(moved.body["sequence"], 1);
    assert_eq!(
        moved.body["starts_at"], "2027-03-16T23:30:00Z",
        "daylight saving has begun, the wall clock is the same"
    );
    let placed = patch(3, json!({"place": {"address": "1 Osage Ave"}})).send().await.expect(200);
    assert_eq!(placed.body["sequence"], 2);
    assert_eq!(placed.body["place"]["name"], "Armourdale Recreation Center", "a patch keeps what is absent");
    let same = patch(4, json!({"starts_local": "2027-03-16T18:30", "place": {"address": "1 Osage Ave"}}));
    assert_eq!(same.send().await.expect(200).body["sequence"], 2, "nothing moved");
    let emptied = patch(5, json!({"place": {"address": null}})).send().await.expect(200);
    assert_eq!((&emptied.body["sequence"], &emptied.body["place"]["address"]), (&json!(3), &Value::Null));
    let zoned = patch(6, json!({"time_zone": "America/Denver"})).send().await.expect(200);
    assert_eq!((&zoned.body["sequence"], &zoned.body["starts_at"]), (&json!(4), &json!("2027-03-17T00:30:00Z")));
    assert_eq!(zoned.body["starts_local"], "2027-03-16T18:30");
}

async fn update_meeting_is_refused_by_version_state_rule_and_person(app: App) {
    let world = app.world().await;
    let made = app.meeting(&world, json!({})).await;
    let path = format!("/meetings/{}", made.id());
    let patch = |body: Value| app.patch(&path).by(&world.civilian_leader).json(body);
    patch(json!({"title": "More light"})).send().await.problem(428, "precondition_required");
    let stale = patch(json!({"title": "More light"})).if_match(7).send().await.problem(412, "precondition_failed");
    assert_eq!(stale.body["current_version"], 1);
    for (body, pointers) in [
        (json!({"title": null}), &["/title"][..]),
        (json!({"starts_local": "2027-03-14T02:30", "ends_local": "2027-03-14T04:00"}), &["/starts_local"]),
        (json!({"ends_local": "2027-03-09T18:00"}), &["/ends_local"]),
        (json!({"starts_local": "2027-03-09T21:00"}), &["/starts_local"]),
        (json!({"time_zone": "Mars/Olympus"}), &["/time_zone"]),
        (json!({"format": "online"}), &["/format"]),
        (json!({"place": {"kind": "online"}}), &["/place/kind"]),
        (json!({"area_id": uuid::Uuid::now_v7().to_string()}), &["/area_id"]),
    ] {
        patch(body).if_match(1).send().await.refuses(pointers);
    }
    let night =
        json!({"starts_local": "2027-03-14T02:30", "ends_local": "2027-03-14T04:00", "time_zone": "America/Phoenix"});
    let elsewhere = app.meeting(&world, night).await;
    let home = app.patch(format!("/meetings/{}", elsewhere.id())).by(&world.civilian_leader).if_match(1);
    home.json(json!({"time_zone": "America/Chicago"})).send().await.refuses(&["/time_zone"]);
    for person in [&world.member, &world.stranger, &world.officer, &world.administrator] {
        let call = app.patch(&path).by(person).if_match(1).json(json!({"title": "More light"}));
        call.send().await.problem(403, "forbidden");
    }
    let hidden = app.patch(&path).by(&world.secretary).if_match(1).json(json!({"visibility": "leaders"}));
    hidden.send().await.problem(403, "forbidden");
    let start = || app.post(format!("{path}/start")).by(&world.secretary).if_match(1);
    start().send().await.problem(409, "conflict");
    app.wait_for_the_meeting();
    start().send().await.expect(200);
    patch(json!({"title": "More light"})).if_match(2).send().await.problem(409, "conflict");
}

async fn cancel_meeting_tells_why_and_ends_it(app: App) {
    let world = app.world().await;
    let made = app.meeting(&world, json!({})).await;
    let path = format!("/meetings/{}", made.id());
    let cancel =
        |by| app.post(format!("{path}/cancel")).by(by).if_match(1).json(json!({"reason": "The hall is flooded."}));
    cancel(&world.member).send().await.problem(403, "forbidden");
    let gone = cancel(&world.facilitator).send().await.expect(200);
    assert_eq!(gone.body["state"], "cancelled");
    assert_eq!(gone.body["sequence"], 1);
    assert_eq!(gone.body["cancel_reason"], "The hall is flooded.");
    for step in ["cancel", "start", "adjourn"] {
        let call = app.post(format!("{path}/{step}")).by(&world.secretary).if_match(2);
        let call = if step == "cancel" { call.json(json!({"reason": "Again."})) } else { call };
        call.send().await.problem(409, "conflict");
    }
    let rsvp = app.put(format!("{path}/rsvp")).by(&world.member).json(json!({"answer": "yes"}));
    rsvp.send().await.problem(409, "conflict");
    let timeline = app.get(format!("{path}/timeline")).send().await.expect(200);
    let told: Vec<_> = timeline.items().iter().map(|e| (e["words"].clone(), e["reason"].clone())).collect();
    assert_eq!(
        told,
        [
            (json!("The meeting was cancelled"), json!("The hall is flooded.")),
            (json!("A meeting was scheduled"), Value::Null)
        ]
    );
}

async fn a_meeting_begins_and_ends_in_order(app: App) {
    let world = app.world().await;
    let made = app.meeting(&world, json!({})).await;
    let path = format!("/meetings/{}", made.id());
    let step = |name: &str, version: i64| app.post(format!("{path}/{name}")).by(&world.secretary).if_match(version);
    step("adjourn", 1).send().await.problem(409, "conflict");
    app.pass(days(8).saturating_add(hours(7)));
    let begun = step("start", 1).send().await.expect(200);
    assert_eq!(
        (&begun.body["state"], &begun.body["started_at"]),
        (&json!("in_session"), &json!("2027-03-10T01:00:00Z"))
    );
    step("start", 2).send().await.problem(409, "conflict");
    app.pass(hours(1));
    let over = step("adjourn", 2).send().await.expect(200);
    assert_eq!(
        (&over.body["state"], &over.body["adjourned_at"]),
        (&json!("adjourned"), &json!("2027-03-10T02:00:00Z"))
    );
    step("adjourn", 3).send().await.problem(409, "conflict");

    let forgotten = app.meeting(&world, json!({})).await;
    let path = format!("/meetings/{}/adjourn", forgotten.id());
    let over = app.post(path).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    assert_eq!(over.body["state"], "adjourned", "its time had come, and nobody pressed start");
}

async fn get_meeting_shows_each_reader_as_much_as_is_theirs(app: App) {
    let world = app.world().await;
    let everybody: Vec<&str> = world.everybody().into_iter().map(|(name, _)| name).collect();
    let inside: Vec<&str> =
        everybody.iter().copied().filter(|n| !["anonymous", "stranger", "other_officer"].contains(n)).collect();
    let leaders = ["civilian_leader", "police_leader", "officer", "commander", "administrator"];
    let told_home = ["civilian_leader", "police_leader", "officer", "commander"];
    let told_net: Vec<&str> = inside.iter().copied().filter(|name| *name != "administrator").collect();
    for (visibility, seen) in [("public", &everybody[..]), ("members", &inside), ("leaders", &leaders)] {
        for (kind, told) in [("public", &everybody[..]), ("private_home", &told_home), ("online", &told_net)] {
            let made = app
                .meeting(
                    &world,
                    json!({
                        "visibility": visibility, "format": if kind == "online" { "online" } else { "in_person" },
                        "place": {"kind": kind, "name": "The place", "address": "Somewhere 12"}
                    }),
                )
                .await;
            let path = format!("/meetings/{}", made.id());
            for (name, person) in world.everybody() {
                let answer = app.get(&path).by_or_nobody(person).send().await;
                if !seen.contains(&name) {
                    answer.problem(404, "not_found");
                    continue;
                }
                let answer = answer.expect(200);
                let address = &answer.body["place"]["address"];
                assert_eq!(answer.body["place"]["name"], "The place");
                assert_eq!(address.is_string(), told.contains(&name), "{name} {visibility} {kind}: {address}");
            }
        }
    }
    // What is hidden is the same as what is not there, but for the path and the request's id.
    let hidden = app.meeting(&world, json!({"visibility": "members"})).await;
    let strip = |answer: Answer| {
        let mut body = answer.problem(404, "not_found").body;
        body["instance"] = Value::Null;
        body["request_id"] = Value::Null;
        body
    };
    let unseen = strip(app.get(format!("/meetings/{}", hidden.id())).by(&world.stranger).send().await);
    let absent = strip(app.get(format!("/meetings/{}", uuid::Uuid::now_v7())).by(&world.stranger).send().await);
    assert_eq!(unseen, absent);
}

async fn get_meeting_at_a_home_tells_members_the_address_once_their_yes_was_taken(app: App) {
    let world = app.world().await;
    let made = app
        .meeting(
            &world,
            json!({"capacity": 4, "place": {"kind": "private_home", "name": "At Rosa's", "address": "12 Elm Street"}}),
        )
        .await;
    let path = format!("/meetings/{}", made.id());
    for (person, answer, told) in [
        (&world.member, "maybe", false),
        (&world.member, "yes", true),
        (&world.member, "no", false),
        (&world.secretary, "yes", true),
        (&world.stranger, "yes", false),
        (&world.administrator, "yes", false),
    ] {
        app.put(format!("{path}/rsvp")).by(person).json(json!({"answer": answer})).send().await.expect(200);
        let read = app.get(&path).by(person).send().await.expect(200);
        assert_eq!(read.body["place"]["address"].is_string(), told, "{} {answer}", person.name);
        assert_eq!(read.body["own_rsvp"]["answer"], answer);
    }
    // Three places are taken; a yes that is refused opens no door.
    let two = json!({"answer": "yes", "guests": 1});
    app.put(format!("{path}/rsvp")).by(&world.facilitator).json(two).send().await.problem(409, "meeting_full");
    let read = app.get(&path).by(&world.facilitator).send().await.expect(200);
    assert_eq!((&read.body["place"]["address"], &read.body["own_rsvp"]), (&Value::Null, &Value::Null));
    // In lists across partnerships nobody is told.
    let listed = app.get("/meetings").by(&world.secretary).send().await.expect(200);
    assert_eq!(listed.items()[0]["place"]["address"], Value::Null);
    assert_eq!(listed.items()[0]["own_rsvp"]["answer"], "yes");
    let own = app.get(format!("/partnerships/{}/meetings", world.partnership)).by(&world.secretary).send().await;
    assert_eq!(own.expect(200).items()[0]["place"]["address"], "12 Elm Street");
}

async fn list_partnership_meetings_shows_each_reader_theirs_in_pages(app: App) {
    let world = app.world().await;
    let mut made: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for day in 10..15 {
        for visibility in ["public", "members", "leaders"] {
            let meeting = app
                .meeting(
                    &world,
                    json!({
                        "visibility": visibility, "starts_local": format!("2027-03-{day}T18:30"),
                        "ends_local": format!("2027-03-{day}T20:00")
                    }),
                )
                .await;
            made.entry(visibility).or_default().push(meeting.id());
        }
    }
    let path = format!("/partnerships/{}/meetings", world.partnership);
    for (person, visibilities) in [
        (None, &["public"][..]),
        (Some(&world.stranger), &["public"]),
        (Some(&world.other_officer), &["public"]),
        (Some(&world.member), &["public", "members"]),
        (Some(&world.police_leader), &["public", "members", "leaders"]),
        (Some(&world.officer), &["public", "members", "leaders"]),
        (Some(&world.administrator), &["public", "members", "leaders"]),
    ] {
        let mut expected: Vec<String> = visibilities.iter().flat_map(|v| made[v].clone()).collect();
        let latest = page_through(&app, &path, person).await;
        let mut soonest = page_through(&app, &format!("{path}?order=soonest_first"), person).await;
        soonest.reverse();
        assert_eq!(latest, soonest);
        let mut found = latest;
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
    let some =
        format!("{path}?from=2027-03-12T01:00:00Z&to=2027-03-13T00:00:00Z&state=scheduled&kind=regular&q=kansas");
    let found = app.get(some).send().await.expect(200);
    assert_eq!(ids(&found), [made["public"][1].clone()], "the one under way at that moment; the next begins after");
    for nothing in ["state=cancelled", "kind=annual", "q=nothing", "to=2027-03-01T00:00:00Z"] {
        assert!(app.get(format!("{path}?{nothing}")).send().await.expect(200).items().is_empty(), "{nothing}");
    }
    app.get(format!("{path}?colour=red")).send().await.refuses(&["?colour"]);
    let nowhere = format!("/partnerships/{}/meetings", uuid::Uuid::now_v7());
    app.get(nowhere).send().await.problem(404, "not_found");
}

async fn list_meetings_finds_open_meetings_for_everybody(app: App) {
    let world = app.world().await;
    let elsewhere = app.area(world.agency, Some(world.city), "district").await;
    let other = app.partnership(world.agency, elsewhere, "North Side", &world.civilian_leader).await;
    let membership = app.active_membership(other, &world.civilian_leader, "member").await;
    app.leadership_seat(other, membership, &world.civilian_leader, "primary").await;
    let mut expected = Vec::new();
    for day in 10..15 {
        let times = json!({
            "starts_local": format!("2027-03-{day}T18:30"), "ends_local": format!("2027-03-{day}T20:00"),
            "kind": if day == 12 { "town_hall" } else { "regular" }, "title": format!("Evening {day}")
        });
        expected.push(app.meeting(&world, times).await.id());
    }
    let body = meeting_body(json!({"starts_local": "2027-03-11T09:00", "ends_local": "2027-03-11T10:00"}));
    let path = format!("/partnerships/{other}/meetings");
    let north = app.post(path).by(&world.civilian_leader).json(body).send().await.expect(201).id();
    expected.insert(1, north.clone());
    app.meeting(&world, json!({"visibility": "members"})).await;
    app.meeting(&world, json!({"visibility": "leaders"})).await;
    let cancelled = app.meeting(&world, json!({})).await;
    let cancel = app.post(format!("/meetings/{}/cancel", cancelled.id())).by(&world.civilian_leader).if_match(1);
    cancel.json(json!({"reason": "Nobody has time."})).send().await.expect(200);
    let past = app.meeting(&world, json!({"starts_local": "2027-02-25T18:30", "ends_local": "2027-02-25T20:00"})).await;

    assert_eq!(page_through(&app, "/meetings", None).await, expected);
    assert_eq!(page_through(&app, "/meetings", Some(&world.member)).await, expected, "also for members");
    let found = |query: String| {
        let app = &app;
        async move { page_through(app, &format!("/meetings?{query}"), None).await }
    };
    assert_eq!(found(format!("area_id={}", world.city)).await, expected, "and within");
    assert_eq!(found(format!("area_id={elsewhere}")).await, std::slice::from_ref(&north));
    assert_eq!(found(format!("area_id={}", uuid::Uuid::now_v7())).await, [] as [String; 0]);
    assert_eq!(found(format!("partnership_id={other}")).await, [north]);
    assert_eq!(found("kind=town_hall".into()).await, [expected[3].clone()]);
    assert_eq!(found("q=evening+14".into()).await, [expected[5].clone()]);
    assert_eq!(found("from=2027-03-14T00:00:00Z".into()).await, expected[4..]);
    assert_eq!(found("to=2027-03-11T01:00:00Z".into()).await, expected[..1]);
    let all = found("from=2027-02-01T00:00:00Z".into()).await;
    assert_eq!((all.len(), &all[0]), (expected.len() + 1, &past.id()));
    // A meeting under way is still listed, until it is over.
    app.pass(days(9).saturating_add(hours(7)));
    assert_eq!(found(String::new()).await, expected);
    app.pass(hours(1));
    assert_eq!(found(String::new()).await, expected[1..]);
}

async fn timelines_tell_of_meetings_only_to_those_who_see_them(app: App) {
    let world = app.world().await;
    let mut made = BTreeMap::new();
    for visibility in ["public", "members", "leaders"] {
        made.insert(visibility, app.meeting(&world, json!({"visibility": visibility})).await.id());
    }
    let path = format!("/partnerships/{}/timeline", world.partnership);
    for (person, seen) in [
        (None, &["public"][..]),
        (Some(&world.stranger), &["public"]),
        (Some(&world.member), &["members", "public"]),
        (Some(&world.police_leader), &["leaders", "members", "public"]),
    ] {
        let timeline = app.get(&path).by_or_nobody(person).send().await.expect(200);
        let objects: Vec<_> = timeline.items().iter().map(|entry| entry["object_id"].clone()).collect();
        let expected: Vec<_> = seen.iter().map(|visibility| json!(made[visibility])).collect();
        assert_eq!(objects, expected);
    }
    app.get(format!("/meetings/{}/timeline", made["members"])).send().await.problem(404, "not_found");
    let own = app.get(format!("/meetings/{}/timeline", made["members"])).by(&world.member).send().await;
    assert_eq!(own.expect(200).items().len(), 1);
}

async fn every_operation_on_a_hidden_meeting_is_hidden(app: App) {
    let World { partnership, stranger, other_officer, secretary, civilian_leader, .. } = app.world().await;
    let body = meeting_body(json!({"visibility": "leaders"}));
    let path = format!("/partnerships/{partnership}/meetings");
    let made = app.post(path).by(&civilian_leader).json(body).send().await.expect(201);
    let path = format!("/meetings/{}", made.id());
    for person in [&stranger, &other_officer, &secretary] {
        for read in [
            "",
            "/timeline",
            "/rsvps",
            "/attendance",
            "/attendees",
            "/minutes",
            "/minutes/draft",
            "/minutes/versions",
            "/minutes/correction-requests",
            "/action-items",
        ] {
            app.get(format!("{path}{read}")).by(person).send().await.problem(404, "not_found");
        }
        for (step, body) in [
            ("/start", None),
            ("/adjourn", None),
            ("/cancel", Some(json!({"reason": "Why not."}))),
            ("/minutes/circulate", None),
            ("/minutes/assent", None),
            ("/minutes/propose", None),
            ("/minutes/publish", None),
            ("/minutes/corrections", Some(json!({"text": "Nothing.", "reason": "Nothing."}))),
            ("/minutes/correction-requests", Some(json!({"proposal": "Nothing."}))),
        ] {
            let call = app.post(format!("{path}{step}")).by(person).if_match(1);
            let call = match body {
                Some(body) => call.json(body),
                None => call,
            };
            call.send().await.problem(404, "not_found");
        }
        let rsvp = app.put(format!("{path}/rsvp")).by(person).json(json!({"answer": "yes"}));
        rsvp.send().await.problem(404, "not_found");
        let attendance = app.post(format!("{path}/attendance")).by(person).json(json!({"account_id": person.id}));
        attendance.send().await.problem(404, "not_found");
        let heads = json!({"side": "civilian", "organisation_kind": "faith", "count": 1});
        app.put(format!("{path}/head-counts")).by(person).json(heads).send().await.problem(404, "not_found");
        let minutes = json!({"text": "Nothing.", "visibility": "public"});
        app.put(format!("{path}/minutes")).by(person).json(minutes).send().await.problem(404, "not_found");
        let item = json!({"what": "Nothing at all.", "due_on": "2027-04-01"});
        app.post(format!("{path}/action-items")).by(person).json(item).send().await.problem(404, "not_found");
        let gone = app.delete(format!("{path}/attendance/{}", person.id)).by(person);
        gone.send().await.problem(404, "not_found");
        let title = app.patch(&path).by(person).if_match(1).json(json!({"title": "Mine now"}));
        title.send().await.problem(404, "not_found");
    }
}

both_engines![
    schedule_meeting_by_an_organiser_answers_what_everybody_can_read,
    schedule_meeting_by_others_is_refused,
    schedule_meeting_with_times_that_do_not_do_names_the_field,
    schedule_meeting_in_the_hour_that_comes_twice_means_the_first,
    schedule_meeting_with_values_that_do_not_do_names_the_field,
    update_meeting_moves_it_and_raises_the_sequence,
    update_meeting_is_refused_by_version_state_rule_and_person,
    cancel_meeting_tells_why_and_ends_it,
    a_meeting_begins_and_ends_in_order,
    get_meeting_shows_each_reader_as_much_as_is_theirs,
    get_meeting_at_a_home_tells_members_the_address_once_their_yes_was_taken,
    list_partnership_meetings_shows_each_reader_theirs_in_pages,
    list_meetings_finds_open_meetings_for_everybody,
    timelines_tell_of_meetings_only_to_those_who_see_them,
    every_operation_on_a_hidden_meeting_is_hidden,
];
