//! Who comes, and who was there.

use futures_util::future::join_all;
use serde_json::{Value, json};
use threekeys::platform::clock::hours;

use crate::support::{App, Person, World, page_through};

async fn answer_rsvp_counts_places_and_changes_with_the_answer(app: App) {
    let world = app.world().await;
    let made = app.meeting(&world, json!({"capacity": 5})).await;
    let path = format!("/meetings/{}", made.id());
    let answer = |by, body: Value| app.put(format!("{path}/rsvp")).by(by).json(body);
    let first = answer(&world.member, json!({"answer": "yes", "guests": 2})).send().await.expect(200);
    assert_eq!((&first.body["answer"], &first.body["guests"], first.version()), (&json!("yes"), &json!(2), 1));
    assert_eq!(first.body["person"]["display_name"], world.member.name);
    answer(&world.stranger, json!({"answer": "maybe", "guests": 1})).send().await.expect(200);
    let read = app.get(&path).by(&world.member).send().await.expect(200);
    assert_eq!(read.body["answers"], json!({"yes": 1, "maybe": 1, "no": 0}));
    assert_eq!((&read.body["places_taken"], &read.body["places_left"]), (&json!(3), &json!(2)));
    assert_eq!(read.body["own_rsvp"]["guests"], 2);
    // More guests than there are places: the answer before still stands.
    answer(&world.member, json!({"answer": "yes", "guests": 5})).send().await.problem(409, "meeting_full");
    answer(&world.secretary, json!({"answer": "yes", "guests": 2})).send().await.problem(409, "meeting_full");
    answer(&world.secretary, json!({"answer": "yes", "guests": 1})).send().await.expect(200);
    answer(&world.member, json!({"answer": "yes", "guests": 2})).send().await.expect(200);
    let again = answer(&world.member, json!({"answer": "no"})).send().await.expect(200);
    assert_eq!((again.id(), again.version()), (first.id(), 3));
    answer(&world.stranger, json!({"answer": "yes", "guests": 2})).send().await.expect(200);
    let read = app.get(&path).send().await.expect(200);
    assert_eq!(
        (&read.body["places_left"], &read.body["version"]),
        (&json!(0), &json!(1)),
        "answers are no new version"
    );
    let small = app.patch(&path).by(&world.secretary).if_match(1).json(json!({"capacity": 4}));
    small.send().await.problem(409, "conflict");
    let large = app.patch(&path).by(&world.secretary).if_match(1).json(json!({"capacity": 6}));
    assert_eq!(large.send().await.expect(200).body["places_left"], 1);
}

async fn answer_rsvp_is_for_who_is_invited_while_there_is_time(app: App) {
    let world = app.world().await;
    let yes = json!({"answer": "yes"});
    for (visibility, invited) in [
        ("public", &["stranger", "member", "secretary", "civilian_leader", "officer", "administrator"][..]),
        ("members", &["member", "secretary", "facilitator", "police_leader", "officer", "commander"]),
        ("leaders", &["civilian_leader", "police_leader", "officer", "commander"]),
    ] {
        let path = format!("/meetings/{}/rsvp", app.meeting(&world, json!({"visibility": visibility})).await.id());
        for (name, person) in world.everybody() {
            let answer = app.put(&path).by_or_nobody(person).json(yes.clone()).send().await;
            match (person, answer.status) {
                (None, status) => assert_eq!(status, 401),
                (Some(_), 200) => {}
                (Some(_), status) => {
                    assert!(!invited.contains(&name), "{name} {visibility}");
                    assert_eq!(status, if name == "administrator" { 403 } else { 404 }, "{name} {visibility}");
                }
            }
        }
    }
    let made = app.meeting(&world, json!({})).await;
    let path = format!("/meetings/{}/rsvp", made.id());
    for (body, pointers) in [
        (json!({"answer": "perhaps"}), &["/answer"][..]),
        (json!({"answer": "yes", "guests": 6}), &["/guests"]),
        (json!({"answer": "yes", "guests": -1}), &["/guests"]),
        (json!({"answer": "no", "guests": 1}), &["/guests"]),
        (json!({"guests": 1}), &["/answer"]),
    ] {
        app.put(&path).by(&world.member).json(body).send().await.refuses(pointers);
    }
    app.pass(hours(8 * 24 + 8));
    app.put(&path).by(&world.member).json(yes).send().await.problem(409, "conflict");
}

async fn list_rsvps_names_people_to_organisers_and_officers(app: App) {
    let world = app.world().await;
    let made = app.meeting(&world, json!({})).await;
    let path = format!("/meetings/{}", made.id());
    for (person, answer) in
        [(&world.member, "yes"), (&world.stranger, "maybe"), (&world.officer, "yes"), (&world.secretary, "no")]
    {
        app.put(format!("{path}/rsvp")).by(person).json(json!({"answer": answer})).send().await.expect(200);
    }
    let rsvps = format!("{path}/rsvps");
    for (name, person) in world.everybody() {
        let answer = app.get(&rsvps).by_or_nobody(person).send().await;
        match name {
            "anonymous" => drop(answer.problem(401, "unauthenticated")),
            "stranger" | "member" | "other_officer" | "administrator" => drop(answer.problem(403, "forbidden")),
            _ => {
                let answer = answer.expect(200);
                let names: Vec<_> = answer.items().iter().map(|i| i["person"]["display_name"].clone()).collect();
                let people = [&world.member, &world.stranger, &world.officer, &world.secretary];
                assert_eq!(names, people.map(|person| json!(person.name)), "{name}");
            }
        }
    }
    assert_eq!(page_through(&app, &rsvps, Some(&world.secretary)).await.len(), 4);
    let yes = app.get(format!("{rsvps}?answer=yes")).by(&world.officer).send().await.expect(200);
    assert_eq!(yes.items().len(), 2);
}

/// A hundred meetings with one place left each, and three who want it at the same moment.
async fn answer_rsvp_gives_the_last_place_to_exactly_one(app: App) {
    let world = app.world().await;
    let rivals = [&world.member, &world.secretary, &world.facilitator];
    for round in 0..100 {
        let made = app.meeting(&world, json!({"capacity": 1})).await;
        let path = format!("/meetings/{}", made.id());
        let calls = rivals
            .map(|person| app.put(format!("{path}/rsvp")).by(person).json(json!({"answer": "yes"})).unchecked().send());
        let mut statuses: Vec<u16> = join_all(calls).await.into_iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409], "round {round}");
        let read = app.get(&path).unchecked().send().await.expect(200);
        assert_eq!((&read.body["places_taken"], &read.body["answers"]["yes"]), (&json!(1), &json!(1)), "round {round}");
    }
}

/// The same person twice at once: one answer, and as many places as it takes.
async fn answer_rsvp_twice_at_once_takes_its_places_once(app: App) {
    let world = app.world().await;
    for round in 0..20 {
        let made = app.meeting(&world, json!({"capacity": 10})).await;
        let path = format!("/meetings/{}", made.id());
        let calls = [0, 1, 2].map(|guests| {
            let body = json!({"answer": "yes", "guests": guests});
            app.put(format!("{path}/rsvp")).by(&world.member).json(body).unchecked().send()
        });
        for answer in join_all(calls).await {
            answer.expect(200);
        }
        let read = app.get(&path).by(&world.member).unchecked().send().await.expect(200);
        let guests = read.body["own_rsvp"]["guests"].as_i64().unwrap();
        assert_eq!(read.body["places_taken"], 1 + guests, "round {round}");
    }
}

/// A meeting in session.
async fn in_session(app: &App, world: &World, other: Value) -> String {
    let made = app.meeting(world, other).await;
    let path = format!("/meetings/{}", made.id());
    app.wait_for_the_meeting();
    app.post(format!("{path}/start")).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    path
}

async fn record_attendance_is_kept_by_keepers_and_by_members_for_themselves(app: App) {
    let world = app.world().await;
    let scheduled = format!("/meetings/{}", app.meeting(&world, json!({})).await.id());
    let record = |path: &str, by: &Person, who: &Person| {
        app.post(format!("{path}/attendance")).by(by).json(json!({"account_id": who.id}))
    };
    record(&scheduled, &world.secretary, &world.member).send().await.problem(409, "conflict");
    let path = in_session(&app, &world, json!({})).await;
    let own = record(&path, &world.member, &world.member).send().await.expect(201);
    assert_eq!((&own.body["side"], &own.body["person"]["id"]), (&json!("civilian"), &json!(world.member.id)));
    record(&path, &world.secretary, &world.member).send().await.problem(409, "conflict");
    record(&path, &world.member, &world.secretary).send().await.problem(403, "forbidden");
    record(&path, &world.officer, &world.secretary).send().await.problem(403, "forbidden");
    record(&path, &world.administrator, &world.secretary).send().await.problem(403, "forbidden");
    record(&path, &world.stranger, &world.stranger).send().await.problem(404, "not_found");
    record(&path, &world.secretary, &world.stranger).send().await.refuses(&["/account_id"]);
    // A police member keeps the attendance, whoever leads.
    let partner = app.officer(world.agency).await;
    app.active_membership(world.partnership, &partner, "member").await;
    let police = record(&path, &partner, &world.police_leader).send().await.expect(201);
    assert_eq!(police.body["side"], "police");
    app.post(format!("{path}/adjourn")).by(&world.secretary).if_match(2).send().await.expect(200);
    let (early, late) = (app.citizen().await, app.citizen().await);
    for member in [&early, &late] {
        app.active_membership(world.partnership, member, "member").await;
    }
    app.pass(hours(24));
    record(&path, &early, &early).send().await.expect(201);
    app.pass(hours(1));
    record(&path, &late, &late).send().await.problem(409, "conflict");
    record(&path, &world.secretary, &late).send().await.expect(201);
}

async fn remove_attendance_corrects_and_stays_on_record(app: App) {
    let world = app.world().await;
    let path = in_session(&app, &world, json!({})).await;
    let body = json!({"account_id": world.member.id});
    app.post(format!("{path}/attendance")).by(&world.secretary).json(body.clone()).send().await.expect(201);
    let entry = format!("{path}/attendance/{}", world.member.id);
    app.delete(&entry).by(&world.member).send().await.problem(403, "forbidden");
    app.delete(&entry).by(&world.secretary).send().await.expect(204);
    app.delete(&entry).by(&world.secretary).send().await.problem(404, "not_found");
    app.post(format!("{path}/attendance")).by(&world.member).json(body).send().await.expect(201);
    let told = app.get(format!("{path}/timeline")).by(&world.civilian_leader).send().await.expect(200);
    let words: Vec<_> = told.items().iter().filter_map(|e| e["words"].as_str()).collect();
    assert_eq!(
        words[..3],
        [
            "Somebody of the civilian side was recorded as present",
            "Somebody of the civilian side was taken out of the attendance",
            "Somebody of the civilian side was recorded as present",
        ]
    );
    let for_members = app.get(format!("{path}/timeline")).by(&world.member).send().await.expect(200);
    assert_eq!(for_members.items().len(), 2, "who was there is not for members");
}

async fn record_head_count_replaces_the_count_of_its_side_and_kind(app: App) {
    let world = app.world().await;
    let path = in_session(&app, &world, json!({})).await;
    let count = |by, side: &str, kind: &str, count: i32| {
        let body = json!({"side": side, "organisation_kind": kind, "count": count});
        app.put(format!("{path}/head-counts")).by(by).json(body)
    };
    count(&world.secretary, "civilian", "faith", 7).send().await.expect(200);
    count(&world.secretary, "civilian", "neighborhood_watch", 5).send().await.expect(200);
    let again = count(&world.civilian_leader, "civilian", "faith", 9).send().await.expect(200);
    assert_eq!(again.body["count"], 9);
    count(&world.member, "civilian", "faith", 1).send().await.problem(403, "forbidden");
    count(&world.officer, "civilian", "faith", 1).send().await.problem(403, "forbidden");
    count(&world.secretary, "civilian", "faith", 10_001).send().await.refuses(&["/count"]);
    count(&world.secretary, "both", "club", 1).send().await.refuses(&["/organisation_kind", "/side"]);
    let read = || app.get(format!("{path}/attendance")).by(&world.member);
    let presence = read().send().await.expect(200).body["presence"].clone();
    assert_eq!((&presence["civilian"]["heads"], &presence["total"]), (&json!(14), &json!(14)));
    assert_eq!(presence["both_sides_present"], false);
    count(&world.secretary, "police", "public_service_agency", 2).send().await.expect(200);
    assert_eq!(read().send().await.expect(200).body["presence"]["both_sides_present"], true);
    count(&world.secretary, "police", "public_service_agency", 0).send().await.expect(200);
    assert_eq!(read().send().await.expect(200).body["presence"]["both_sides_present"], false);
}

async fn get_attendance_shows_numbers_to_members_and_names_to_keepers(app: App) {
    let world = app.world().await;
    let path = in_session(&app, &world, json!({})).await;
    for person in [&world.member, &world.secretary, &world.police_leader] {
        let body = json!({"account_id": person.id});
        app.post(format!("{path}/attendance")).by(&world.secretary).json(body).send().await.expect(201);
    }
    for (name, person) in world.everybody() {
        let numbers = app.get(format!("{path}/attendance")).by_or_nobody(person).send().await;
        let names = app.get(format!("{path}/attendees")).by_or_nobody(person).send().await;
        match name {
            "anonymous" => {
                numbers.problem(401, "unauthenticated");
                names.problem(401, "unauthenticated");
            }
            "stranger" | "other_officer" => {
                numbers.problem(404, "not_found");
                names.problem(404, "not_found");
            }
            "administrator" => {
                numbers.problem(403, "forbidden");
                names.problem(403, "forbidden");
            }
            _ => {
                let numbers = numbers.expect(200);
                assert_eq!(numbers.body["presence"]["civilian"]["persons"], 2, "{name}");
                assert_eq!(numbers.body["presence"]["both_sides_present"], true, "{name}");
                let there = ["member", "secretary", "police_leader"].contains(&name);
                assert_eq!(numbers.body["own"].is_object(), there, "{name}");
                if name == "member" {
                    names.problem(403, "forbidden");
                } else {
                    assert_eq!(names.expect(200).items().len(), 3, "{name}");
                }
            }
        }
    }
    assert_eq!(page_through(&app, &format!("{path}/attendees"), Some(&world.officer)).await.len(), 3);
}

both_engines![
    answer_rsvp_counts_places_and_changes_with_the_answer,
    answer_rsvp_is_for_who_is_invited_while_there_is_time,
    list_rsvps_names_people_to_organisers_and_officers,
    answer_rsvp_gives_the_last_place_to_exactly_one,
    answer_rsvp_twice_at_once_takes_its_places_once,
    record_attendance_is_kept_by_keepers_and_by_members_for_themselves,
    remove_attendance_corrects_and_stays_on_record,
    record_head_count_replaces_the_count_of_its_side_and_kind,
    get_attendance_shows_numbers_to_members_and_names_to_keepers,
];
