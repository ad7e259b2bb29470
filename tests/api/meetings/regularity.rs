//! How regularly officers attend, and when groups meet.

use serde_json::{Value, json};

use crate::support::world::{merge, visit_body};
use crate::support::{App, Person, World, page_through};

async fn log(app: &App, world: &World, by: &Person, other: Value) {
    app.post("/officer-logs").by(by).json(visit_body(world.district, other)).send().await.expect(201);
}

/// Every Monday from February on.
fn schedule(other: Value) -> Value {
    let mut body = json!({"group_kind": "neighborhood_watch", "group_name": "Elm Street Watch", "rule": "FREQ=WEEKLY;BYDAY=MO",
        "starts_local": "2027-02-01T10:00"});
    merge(&mut body, other);
    body
}

async fn create_group_schedule_by_who_is_there_and_once(app: App) {
    let world = app.world().await;
    let path = format!("/areas/{}/group-schedules", world.district);
    for (name, person) in world.everybody() {
        let body = schedule(json!({"group_name": format!("Watch of {name}")}));
        let answer = app.post(&path).by_or_nobody(person).json(body).send().await;
        let expected = match name {
            "anonymous" => 401,
            "officer" | "commander" => 201,
            _ => 403,
        };
        assert_eq!(answer.status, expected, "{name}");
    }
    for (other, pointers) in [
        (json!({"group_kind": "partnership"}), &["/group_kind"][..]),
        (json!({"rule": "FREQ=HOURLY"}), &["/rule"]),
        (json!({"starts_local": "2027-02-02T10:00"}), &["/starts_local"]),
        (json!({"starts_local": "2026-02-02T10:00"}), &["/starts_local"]),
        (json!({"starts_local": "2028-06-05T10:00"}), &["/starts_local"]),
        (json!({"rule": "FREQ=DAILY;COUNT=367"}), &["/rule"]),
        (json!({"group_name": "E"}), &["/group_name"]),
    ] {
        app.post(&path).by(&world.officer).json(schedule(other)).send().await.refuses(pointers);
    }
    let made = app.post(&path).by(&world.officer).json(schedule(json!({}))).send().await.expect(201);
    let again = schedule(json!({"group_name": " elm street WATCH"}));
    let within = format!("/areas/{}/group-schedules", world.neighborhood);
    for path in [&path, &within] {
        app.post(path).by(&world.commander).json(again.clone()).send().await.problem(409, "conflict");
    }
    let one = format!("/group-schedules/{}", made.id());
    app.get(&one).by(&world.commander).send().await.expect(200);
    app.get(&one).by(&world.member).send().await.problem(404, "not_found");
    app.post(format!("{one}/end")).by(&world.other_officer).if_match(1).send().await.problem(404, "not_found");
    app.post(format!("{one}/end")).by(&world.commander).if_match(7).send().await.problem(412, "precondition_failed");
    let ended = app.post(format!("{one}/end")).by(&world.commander).if_match(1).send().await.expect(200);
    assert_eq!(ended.body["ended_on"], "2027-03-01");
    app.post(format!("{one}/end")).by(&world.commander).if_match(2).send().await.problem(409, "conflict");
    app.post(&path).by(&world.commander).json(again).send().await.expect(201);
    assert_eq!(page_through(&app, &format!("{path}?ended=true"), Some(&world.officer)).await, [made.id()]);
    assert_eq!(page_through(&app, &path, Some(&world.officer)).await.len(), 3);
    app.get(&path).by(&world.member).send().await.problem(403, "forbidden");
    app.get(format!("/areas/{}/group-schedules", uuid::Uuid::now_v7()))
        .by(&world.officer)
        .send()
        .await
        .problem(404, "not_found");
}

/// Whoever corrects a schedule does not expect twice what it expected, and a visit on another day is none to a meeting.
async fn a_schedule_put_down_again_expects_nothing_twice(app: App) {
    let world = app.world().await;
    let path = format!("/areas/{}/group-schedules", world.district);
    let of_elm = async || {
        let groups = format!("/areas/{}/regularity/groups?from=2027-02-01&to=2027-03-31", world.district);
        let listed = app.get(groups).by(&world.commander).send().await.expect(200);
        let elm = listed.items().iter().find(|group| group["group_name"] == "Elm Street Watch").unwrap().clone();
        (elm["attended"].clone(), elm["expected"].clone(), elm["expected_attended"].clone())
    };
    // A Tuesday.
    log(&app, &world, &world.officer, json!({"attended_on": "2027-02-09"})).await;
    for rule in ["FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=MO,TU"] {
        let made = app.post(&path).by(&world.officer).json(schedule(json!({"rule": rule}))).send().await.expect(201);
        assert_eq!(of_elm().await, (json!(1), json!(5), json!(0)), "{rule}");
        let end = format!("/group-schedules/{}/end", made.id());
        app.post(end).by(&world.officer).if_match(1).send().await.expect(200);
    }
    assert_eq!(of_elm().await, (json!(1), json!(5), json!(0)));
}

async fn regularity_is_attended_of_expected_and_counts_a_visit_once(app: App) {
    let world = app.world().await;
    let path = format!("/areas/{}/group-schedules", world.district);
    app.post(&path).by(&world.officer).json(schedule(json!({}))).send().await.expect(201);
    let missed = schedule(json!({"group_name": "Oak Street Watch", "starts_local": "2027-02-22T10:00"}));
    app.post(&path).by(&world.officer).json(missed).send().await.expect(201);
    // Of the five Mondays two are visited, one of them by two officers; a school besides, by the other officer alone.
    log(&app, &world, &world.officer, json!({"attended_on": "2027-02-08", "prep_minutes": 15, "travel_minutes": 30}))
        .await;
    log(&app, &world, &world.officer, json!({})).await;
    log(&app, &world, &world.other_officer, json!({"start": "10:10"})).await;
    log(
        &app,
        &world,
        &world.other_officer,
        json!({"group_kind": "school", "group_name": "Morse School", "start": "08:00", "end": "09:00"}),
    )
    .await;
    // A visit to another group that is called other.
    log(
        &app,
        &world,
        &world.officer,
        json!({"group_kind": "other", "group_name": "Chess", "start": "06:00", "end": "06:30"}),
    )
    .await;

    let own = format!("/officers/{}/regularity", world.officer.id);
    let query = "from=2027-02-01&to=2027-03-31";
    let report = app.get(format!("{own}?{query}")).by(&world.officer).send().await.expect(200);
    for (field, expected) in [
        ("from", json!("2027-02-01")),
        ("to", json!("2027-03-01")),
        ("visits", json!(3)),
        ("expected", json!(7)),
        ("expected_attended", json!(2)),
        ("kinds_visited", json!(["neighborhood_watch"])),
        ("coverage", json!(0.125)),
        ("meeting_minutes", json!(75 + 75 + 30)),
        ("prep_minutes", json!(15)),
        ("travel_minutes", json!(30)),
        ("hours", json!(3.75)),
    ] {
        assert_eq!(report.body[field], expected, "{field}");
    }
    let groups = app.get(format!("{own}/groups?{query}&include=total")).by(&world.commander).send().await.expect(200);
    assert_eq!(groups.body["total"], 3);
    let of = |name: &str| groups.items().iter().find(|group| group["group_name"] == name).unwrap().clone();
    let elm = of("Elm Street Watch");
    assert_eq!((&elm["attended"], &elm["expected"], &elm["regularity"]), (&json!(2), &json!(5), &json!(0.4)));
    assert_eq!((&elm["last_visit_on"], &elm["days_since_last_visit"]), (&json!("2027-03-01"), &json!(0)));
    assert_eq!(elm["expected_attended"], 2);
    let oak = of("Oak Street Watch");
    assert_eq!((&oak["attended"], &oak["expected"], &oak["last_visit_on"]), (&json!(0), &json!(2), &Value::Null));
    assert_eq!(of("Chess")["expected"], Value::Null);
    let mut names = Vec::new();
    let mut next = format!("{own}/groups?{query}&limit=1");
    loop {
        let page = app.get(&next).by(&world.officer).send().await.expect(200);
        names.extend(page.items().iter().map(|group| group["group_name"].clone()));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        next = format!("{own}/groups?{query}&limit=1&cursor={cursor}");
    }
    assert_eq!(names, groups.items().iter().map(|group| group["group_name"].clone()).collect::<Vec<_>>());

    let area = format!("/areas/{}/regularity?{query}", world.district);
    let report = app.get(area).by(&world.commander).send().await.expect(200);
    assert_eq!(
        (&report.body["visits"], &report.body["expected_attended"]),
        (&json!(4), &json!(2)),
        "a visit of two is one"
    );
    assert_eq!(report.body["kinds_visited"], json!(["neighborhood_watch", "school"]));
    assert_eq!(report.body["meeting_minutes"], json!(75 + 75 + 65 + 60 + 30), "the time of each officer");
}

async fn regularity_of_a_partnership_is_by_its_series(app: App) {
    let world = app.world().await;
    let series = json!({"kind": "regular", "format": "in_person", "title": "Lights", "rule": "FREQ=DAILY;COUNT=6",
        "starts_local": "2027-03-02T10:00", "ends_local": "2027-03-02T11:00", "visibility": "public",
        "place": {"kind": "public", "name": "Hall", "address": "730 Osage Ave"}});
    let path = format!("/partnerships/{}/meeting-series", world.partnership);
    let series = app.post(path).by(&world.civilian_leader).json(series).send().await.expect(201).id();
    let days = app.get(format!("/meeting-series/{series}/instances")).send().await.expect(200);
    let second = days.items()[1]["meeting_id"].as_str().unwrap().to_owned();
    let cancel = app.post(format!("/meetings/{second}/cancel")).by(&world.civilian_leader).if_match(1);
    cancel.json(json!({"reason": "Everybody is away."})).send().await.expect(200);
    app.pass(threekeys::platform::clock::days(3));
    let visit = json!({"group_kind": "partnership", "group_name": "Lights", "partnership_id": world.partnership,
        "attended_on": "2027-03-02"});
    log(&app, &world, &world.officer, visit).await;
    let groups = app.get(format!("/officers/{}/regularity/groups", world.officer.id)).by(&world.officer).send().await;
    let groups = groups.expect(200);
    let lights = &groups.items()[0];
    assert_eq!(lights["partnership"]["id"], json!(world.partnership));
    // The second was cancelled, and those from the fourth on are to come.
    assert_eq!((&lights["attended"], &lights["expected"]), (&json!(1), &json!(2)), "{lights:#}");
    assert_eq!((&lights["regularity"], &lights["days_since_last_visit"]), (&json!(0.5), &json!(2)));
}

async fn regularity_is_for_the_officer_and_the_commander(app: App) {
    let world = app.world().await;
    let elsewhere = app.commander(app.agency().await).await;
    let mut readers = world.everybody();
    readers.push(("elsewhere", Some(&elsewhere)));
    for (name, person) in readers {
        for path in ["regularity", "regularity/groups"] {
            let officer =
                app.get(format!("/officers/{}/{path}", world.other_officer.id)).by_or_nobody(person).send().await;
            let expected = match name {
                "anonymous" => 401,
                "other_officer" | "commander" => 200,
                _ => 404,
            };
            assert_eq!(officer.status, expected, "{name} {path}");
            let area = app.get(format!("/areas/{}/{path}", world.district)).by_or_nobody(person).send().await;
            let expected = match name {
                "anonymous" => 401,
                "officer" | "commander" => 200,
                _ => 403,
            };
            assert_eq!(area.status, expected, "{name} {path}");
        }
        let citizen = app.get(format!("/officers/{}/regularity", world.member.id)).by_or_nobody(person).send().await;
        assert_eq!(citizen.status, if person.is_none() { 401 } else { 404 }, "{name}: a citizen is no officer");
    }
    let own = format!("/officers/{}/regularity", world.officer.id);
    for (query, parameter) in [
        ("from=2026-02-28&to=2027-03-01", "?from"),
        ("from=2027-03-01&to=2027-02-01", "?to"),
        ("from=2027-02-30", "?from"),
        ("days=3", "?days"),
    ] {
        app.get(format!("{own}?{query}")).by(&world.officer).send().await.refuses(&[parameter]);
    }
    app.get(format!("{own}?from=2026-03-01&to=2027-03-01")).by(&world.officer).send().await.expect(200);
}

both_engines![
    create_group_schedule_by_who_is_there_and_once,
    a_schedule_put_down_again_expects_nothing_twice,
    regularity_is_attended_of_expected_and_counts_a_visit_once,
    regularity_of_a_partnership_is_by_its_series,
    regularity_is_for_the_officer_and_the_commander,
];
