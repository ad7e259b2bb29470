//! Series: the rule, its meetings, and changing one, those that follow, or all.

use std::collections::BTreeSet;

use futures_util::future::join;
use serde_json::{Value, json};
use threekeys::platform::clock::days;

use crate::support::twins::{plant, slow};
use crate::support::world::merge;
use crate::support::{Answer, App, Person, World, page_through};

/// Every second Tuesday, six times, with the second in the night before the clocks go forward.
fn series_body(other: Value) -> Value {
    let mut body = json!({
        "kind": "regular", "format": "in_person", "title": "Armourdale Lights", "rule": "FREQ=MONTHLY;BYDAY=2TU;COUNT=6",
        "starts_local": "2027-03-09T18:30", "ends_local": "2027-03-09T20:00",
        "place": {"kind": "public", "name": "Armourdale Recreation Center", "address": "730 Osage Ave"},
        "visibility": "public"
    });
    merge(&mut body, other);
    body
}

async fn created(app: &App, world: &World, other: Value) -> Answer {
    let path = format!("/partnerships/{}/meeting-series", world.partnership);
    app.post(path).by(&world.civilian_leader).json(series_body(other)).send().await.expect(201)
}

async fn instances(app: &App, world: &World, series: &str) -> Vec<Value> {
    let path = format!("/meeting-series/{series}/instances?limit=200");
    app.get(path).by(&world.civilian_leader).send().await.expect(200).items().clone()
}

fn all<'a>(instances: &'a [Value], field: &str) -> Vec<&'a str> {
    instances.iter().map(|one| one[field].as_str().unwrap()).collect()
}

async fn create_meeting_series_by_an_organiser_puts_its_meetings_down(app: App) {
    let world = app.world().await;
    let made =
        created(&app, &world, json!({"except": ["2027-07-13"], "capacity": 40, "languages": ["en", "es"]})).await;
    assert_eq!(made.header("location"), Some(format!("/api/v1/meeting-series/{}", made.id()).as_str()));
    let path = format!("/meeting-series/{}", made.id());
    let read = app.get(&path).send().await.expect(200);
    assert_eq!(read.body, made.body);
    assert_eq!(
        read.body["words"],
        "every second Tuesday of the month at 18:30 (America/Chicago), from Tuesday 9 March 2027 until Tuesday 10 August \
         2027, except Tuesday 13 July 2027"
    );
    assert_eq!(read.body["rule"], "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20270810");
    assert_eq!(read.body["last_local"], "2027-08-10T18:30");
    let meetings = instances(&app, &world, &made.id()).await;
    assert_eq!(
        all(&meetings, "starts_at"),
        [
            "2027-03-10T00:30:00Z",
            "2027-04-13T23:30:00Z",
            "2027-05-11T23:30:00Z",
            "2027-06-08T23:30:00Z",
            "2027-08-10T23:30:00Z"
        ],
        "half past six on the wall, on both sides of the night that the clocks go forward"
    );
    assert_eq!(all(&read.body["next"].as_array().unwrap().clone(), "starts_at"), all(&meetings[..3], "starts_at"));
    for meeting in all(&meetings, "meeting_id") {
        let meeting = app.get(format!("/meetings/{meeting}")).send().await.expect(200);
        assert_eq!((&meeting.body["title"], &meeting.body["capacity"]), (&json!("Armourdale Lights"), &json!(40)));
        assert!(meeting.str("starts_local").ends_with("T18:30"));
    }
    let open = app.get("/meetings?include=total").send().await.expect(200);
    assert_eq!(open.body["total"], 5, "they are meetings like any other");
    let listed = page_through(&app, &format!("/partnerships/{}/meeting-series", world.partnership), None).await;
    assert_eq!(listed, [made.id()]);
}

async fn create_meeting_series_by_others_is_refused(app: App) {
    let world = app.world().await;
    let path = format!("/partnerships/{}/meeting-series", world.partnership);
    app.post(&path).json(series_body(json!({}))).send().await.problem(401, "unauthenticated");
    for person in [&world.member, &world.stranger, &world.officer, &world.administrator] {
        app.post(&path).by(person).json(series_body(json!({}))).send().await.problem(403, "forbidden");
    }
    let for_leaders = series_body(json!({"visibility": "leaders"}));
    app.post(&path).by(&world.secretary).json(for_leaders).send().await.problem(403, "forbidden");
}

async fn create_meeting_series_with_a_rule_that_does_not_do_names_the_field(app: App) {
    let world = app.world().await;
    let path = format!("/partnerships/{}/meeting-series", world.partnership);
    let began = std::time::Instant::now();
    for (other, pointers) in [
        (json!({"rule": "FREQ=SECONDLY"}), &["/rule"][..]),
        (json!({"rule": "FREQ=DAILY;COUNT=999999999"}), &["/rule"]),
        (json!({"rule": "FREQ=DAILY;COUNT=367"}), &["/rule"]),
        (json!({"rule": "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0,1,2,3;BYMINUTE=0,1,2"}), &["/rule"]),
        (json!({"rule": "FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO"}), &["/rule"]),
        (json!({"rule": "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"}), &["/starts_local"]),
        (json!({"rule": "FREQ=MONTHLY;BYDAY=2TU;COUNT=26"}), &["/rule"]),
        (json!({"rule": "FREQ=WEEKLY;BYDAY=WE"}), &["/starts_local"]),
        (json!({"rule": "FREQ=WEEKLY;UNTIL=20270301"}), &["/rule"]),
        (json!({"rule": "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20300101"}), &["/rule"]),
        (
            json!({"rule": "FREQ=DAILY", "starts_local": "2027-03-09T02:30", "ends_local": "2027-03-09T04:00"}),
            &["/starts_local"],
        ),
        (json!({"except": ["2027-03-10"]}), &["/except/0"]),
        (json!({"except": ["2027-03-09", "2027-03-09"]}), &["/except/1"]),
        (json!({"ends_local": "2027-03-09T18:00"}), &["/ends_local"]),
        (json!({"starts_local": "2026-01-13T18:30", "ends_local": "2026-01-13T20:00"}), &["/starts_local"]),
        (json!({"format": "online"}), &["/place/kind"]),
        (json!({"area_id": uuid::Uuid::now_v7()}), &["/area_id"]),
    ] {
        app.post(&path).by(&world.civilian_leader).json(series_body(other)).send().await.refuses(pointers);
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(30), "no rule costs more than its meetings");
}

async fn the_next_meetings_are_told_before_they_are_put_down(app: App) {
    let world = app.world().await;
    let next = |series: &Answer| -> Vec<(bool, String)> {
        let next = series.body["next"].as_array().unwrap().iter();
        next.map(|one| (one["meeting_id"].is_string(), one["starts_at"].as_str().unwrap().to_owned())).collect()
    };
    let of = |there: bool, at: &str| (there, at.to_owned());
    let yearly = json!({"rule": "FREQ=YEARLY", "starts_local": "2027-03-09T18:30", "ends_local": "2027-03-09T20:00"});
    let yearly = created(&app, &world, yearly).await;
    let all = [of(true, "2027-03-10T00:30:00Z"), of(false, "2028-03-10T00:30:00Z"), of(false, "2029-03-10T00:30:00Z")];
    assert_eq!(next(&yearly), all);
    let later = json!({"rule": "FREQ=MONTHLY;BYDAY=2TU;COUNT=6", "except": ["2028-06-13"],
        "starts_local": "2028-05-09T18:30", "ends_local": "2028-05-09T20:00"});
    let later = created(&app, &world, later).await;
    let all = [of(false, "2028-05-09T23:30:00Z"), of(false, "2028-07-11T23:30:00Z"), of(false, "2028-08-08T23:30:00Z")];
    assert_eq!(next(&later), all, "without the day that is left out");
    app.pass(days(80));
    app.run_job("plan_meeting_series").await;
    let read = app.get(format!("/meeting-series/{}", later.id())).send().await.expect(200);
    assert_eq!(next(&read), [of(true, "2028-05-09T23:30:00Z"), all[1].clone(), all[2].clone()]);
    let cancel = app.post(format!("/meeting-series/{}/cancel", later.id())).by(&world.civilian_leader).if_match(1);
    let cancelled = cancel.json(json!({"reason": "Nobody comes."})).send().await.expect(200);
    assert_eq!(cancelled.body["next"], json!([]));
}

async fn a_partnership_has_20_series_at_the_same_time(app: App) {
    let world = app.world().await;
    let path = format!("/partnerships/{}/meeting-series", world.partnership);
    let twice = || series_body(json!({"rule": "FREQ=WEEKLY;COUNT=2"}));
    for _ in 0..20 {
        app.post(&path).by(&world.civilian_leader).json(twice()).send().await.expect(201);
    }
    app.post(&path).by(&world.civilian_leader).json(twice()).send().await.problem(409, "conflict");
    app.pass(days(30));
    let leader = app.session(world.civilian_leader.id).await.1;
    let later = json!({"starts_local": "2027-06-01T18:30", "ends_local": "2027-06-01T20:00"});
    let call = app.post(&path).header("authorization", format!("Bearer {leader}"));
    call.json(series_body(merged(json!({"rule": "FREQ=WEEKLY;COUNT=2"}), later))).send().await.expect(201);
}

fn merged(mut one: Value, other: Value) -> Value {
    merge(&mut one, other);
    one
}

async fn a_series_that_is_not_for_everybody_is_hidden_from_others(app: App) {
    let world = app.world().await;
    let home = json!({"visibility": "members", "place": {"kind": "private_home", "name": "At Rosa's", "address": "12 Elm Street"}});
    let id = created(&app, &world, home).await.id();
    let path = format!("/meeting-series/{id}");
    for rest in ["", "/instances"] {
        app.get(format!("{path}{rest}")).send().await.problem(404, "not_found");
        app.get(format!("{path}{rest}")).by(&world.stranger).send().await.problem(404, "not_found");
        app.get(format!("{path}{rest}")).by(&world.member).send().await.expect(200);
    }
    let told = app.get(&path).by(&world.police_leader).send().await.expect(200);
    assert_eq!(told.body["place"]["address"], "12 Elm Street");
    assert_eq!(app.get(&path).by(&world.member).send().await.body["place"]["address"], Value::Null);
    let listed = format!("/partnerships/{}/meeting-series?include=total", world.partnership);
    assert_eq!(app.get(&listed).send().await.expect(200).body["total"], 0);
    // One meeting that is for leaders alone is not told to members by its series.
    let first = instances(&app, &world, &id).await[0]["meeting_id"].as_str().unwrap().to_owned();
    let inner = json!({"visibility": "leaders"});
    app.patch(format!("/meetings/{first}")).by(&world.civilian_leader).if_match(1).json(inner).send().await.expect(200);
    let seen = app.get(&path).by(&world.member).send().await.expect(200);
    assert!(seen.body["next"].as_array().unwrap().iter().all(|next| next["meeting_id"] != json!(first)));
    let seen = app.get(format!("{path}/instances?include=total")).by(&world.member).send().await.expect(200);
    assert_eq!(seen.body["total"], 5);
}

async fn changing_one_meeting_keeps_its_place_in_the_series(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    let id = created(&app, &world, json!({})).await.id();
    let before = instances(&app, &world, &id).await;
    let meeting = |n: usize| format!("/meetings/{}", before[n]["meeting_id"].as_str().unwrap());
    let moved = json!({"starts_local": "2027-03-10T17:00", "ends_local": "2027-03-10T18:30"});
    app.patch(meeting(0)).by(leader).if_match(1).json(moved).send().await.expect(200);
    let why = json!({"reason": "The hall is being painted."});
    app.post(format!("{}/cancel", meeting(1))).by(leader).if_match(1).json(why).send().await.expect(200);
    let read = app.get(format!("/meeting-series/{id}")).send().await.expect(200);
    let next = read.body["next"].as_array().unwrap();
    assert_eq!(
        all(next, "starts_local"),
        ["2027-03-10T17:00", "2027-05-11T18:30", "2027-06-08T18:30"],
        "the moved one where it is now, and not the cancelled one"
    );
    assert_eq!(next[0]["recurrence_local"], "2027-03-09T18:30");
    // All: what was changed by itself stays, the others follow.
    let all_of_them = json!({"title": "Armourdale Lights and Lots", "place": {"name": "School hall"}, "capacity": 30});
    let path = format!("/meeting-series/{id}");
    let changed = app.patch(&path).by(leader).if_match(1).json(all_of_them).send().await.expect(200);
    assert_eq!((&changed.body["title"], changed.version()), (&json!("Armourdale Lights and Lots"), 2));
    let titles: Vec<Value> = {
        let mut titles = Vec::new();
        for n in 0..6 {
            let read = app.get(meeting(n)).send().await.expect(200);
            titles.push(json!([read.body["title"], read.body["place"]["name"], read.body["sequence"]]));
        }
        titles
    };
    let old = json!(["Armourdale Lights", "Armourdale Recreation Center", 1]);
    let new = json!(["Armourdale Lights and Lots", "School hall", 1]);
    assert_eq!(titles, [old.clone(), old, new.clone(), new.clone(), new.clone(), new]);
    app.patch(&path)
        .by(leader)
        .if_match(1)
        .json(json!({"title": "Late"}))
        .send()
        .await
        .problem(412, "precondition_failed");
    let after = instances(&app, &world, &id).await;
    assert_eq!(all(&before, "recurrence_local"), all(&after, "recurrence_local"));
    assert_eq!(
        after.iter().map(|one| one["is_changed"] == true).collect::<Vec<_>>(),
        [true, true, false, false, false, false]
    );
}

async fn update_meeting_series_with_less_room_than_is_taken_is_refused(app: App) {
    let world = app.world().await;
    let id = created(&app, &world, json!({})).await.id();
    let first = instances(&app, &world, &id).await[0]["meeting_id"].as_str().unwrap().to_owned();
    let yes = json!({"answer": "yes", "guests": 2});
    app.put(format!("/meetings/{first}/rsvp")).by(&world.member).json(yes).send().await.expect(200);
    let path = format!("/meeting-series/{id}");
    let patch = |capacity: i32| app.patch(&path).by(&world.secretary).if_match(1).json(json!({"capacity": capacity}));
    patch(2).send().await.problem(409, "conflict");
    patch(3).send().await.expect(200);
    app.patch(&path).by(&world.member).if_match(2).json(json!({})).send().await.problem(403, "forbidden");
}

async fn room_for_those_who_come_and_one_more_answer_at_once_do_not_both_go_through(app: App) {
    plant(&app).await;
    let world = app.world().await;
    for round in 0..5 {
        let id = created(&app, &world, json!({})).await.id();
        let first = instances(&app, &world, &id).await[0]["meeting_id"].as_str().unwrap().to_owned();
        let rsvp = format!("/meetings/{first}/rsvp");
        let three = json!({"answer": "yes", "guests": 2});
        app.put(&rsvp).by(&world.member).json(three).send().await.expect(200);
        let room = app.patch(format!("/meeting-series/{id}")).by(&world.civilian_leader).if_match(1);
        let room = room.json(json!({"capacity": 3})).unchecked().send();
        let answer = app.put(&rsvp).by(&world.secretary).json(json!({"answer": "yes"})).unchecked().send();
        slow(&app, true).await;
        let (room, answer) = join(room, answer).await;
        slow(&app, false).await;
        let mut statuses = [room.status, answer.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}: {:#} {:#}", room.body, answer.body);
        let read = app.get(format!("/meetings/{first}")).by(&world.member).send().await.expect(200);
        let (taken, capacity) = if room.status == 200 { (3, json!(3)) } else { (4, Value::Null) };
        assert_eq!((&read.body["places_taken"], &read.body["capacity"]), (&json!(taken), &capacity), "round {round}");
    }
}

async fn update_meeting_series_changes_all_that_a_series_holds(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    let id = created(&app, &world, json!({})).await.id();
    let before = instances(&app, &world, &id).await;
    let meeting = |n: usize| format!("/meetings/{}", before[n]["meeting_id"].as_str().unwrap());
    app.patch(meeting(0)).by(leader).if_match(1).json(json!({"title": "Its own"})).send().await.expect(200);
    let path = format!("/meeting-series/{id}");
    let patch = |by: &Person, version: i64, body: Value| app.patch(&path).by(by).if_match(version).json(body);
    for (body, pointers) in [
        (json!({"kind": "special"}), &["/purpose"][..]),
        (json!({"format": "online"}), &["/format"]),
        (json!({"place": {"kind": "online"}}), &["/place/kind"]),
        (json!({"languages": ["en", "en"]}), &["/languages/1"]),
        (json!({"area_id": uuid::Uuid::now_v7()}), &["/area_id"]),
        (json!({"place_name": "School hall"}), &["/place_name"]),
        (json!({"starts_local": "2027-03-09T19:00"}), &["/starts_local"]),
    ] {
        patch(leader, 1, body).send().await.refuses(pointers);
    }
    patch(&world.secretary, 1, json!({"visibility": "leaders"})).send().await.problem(403, "forbidden");
    let all_of_it = json!({
        "kind": "watch", "format": "hybrid", "title": "Watch", "purpose": "Who walks where.", "visibility": "members",
        "place": {"kind": "private_home", "name": "At Rosa's", "address": "12 Elm Street"}, "capacity": 12,
        "area_id": world.district, "languages": ["es"], "accessibility": "Three steps."
    });
    let changed = patch(leader, 1, all_of_it.clone()).send().await.expect(200);
    for (field, expected) in all_of_it.as_object().unwrap() {
        if field != "area_id" {
            assert_eq!(&changed.body[field], expected, "{field}");
        }
    }
    let followed = app.get(meeting(1)).by(leader).send().await.expect(200);
    assert_eq!((&followed.body["area"]["id"], &followed.body["sequence"]), (&json!(world.district), &json!(1)));
    for field in ["kind", "format", "title", "purpose", "visibility", "place", "capacity", "languages", "accessibility"]
    {
        assert_eq!(followed.body[field], all_of_it[field], "{field}");
    }
    let alone = app.get(meeting(0)).by(leader).send().await.expect(200);
    assert_eq!((&alone.body["kind"], &alone.body["title"]), (&json!("regular"), &json!("Its own")));
    app.get(meeting(1)).send().await.problem(404, "not_found");
    app.get(&path).send().await.problem(404, "not_found");
    // Words alone move nothing: no calendar and no subscriber is told.
    patch(leader, 2, json!({"languages": ["en", "es"], "kind": "regular"})).send().await.expect(200);
    assert_eq!(app.get(meeting(1)).by(leader).send().await.expect(200).body["sequence"], 1);
}

/// What is said at short notice is so of a whole series as of one meeting: another place, kind or circle begins the time anew.
async fn what_is_changed_for_all_or_from_one_on_counts_from_then(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    let start = app.now();
    for (changes, short) in [
        (json!({"title": "Lights again"}), false),
        (json!({"place": {"name": "School hall"}}), true),
        (json!({"format": "hybrid"}), true),
        (json!({"visibility": "members"}), true),
        (json!({"kind": "special", "purpose": "The cable."}), false),
        (json!({"kind": "committee"}), true),
    ] {
        for from_one_on in [false, true] {
            app.state.clock.set(start);
            let id = created(&app, &world, json!({})).await.id();
            let before = instances(&app, &world, &id).await;
            let meeting = |n: usize| format!("/meetings/{}", before[n]["meeting_id"].as_str().unwrap());
            // Two days before the first of them.
            app.state.clock.set("2027-03-07T18:30:00Z".parse().unwrap());
            let path = format!("/meeting-series/{id}");
            let changed = if from_one_on {
                let body = json!({"from": "2027-03-09T18:30", "changes": changes});
                app.post(format!("{path}/split")).by(leader).if_match(1).json(body).leaving(2).send().await.expect(201)
            } else {
                app.patch(&path).by(leader).if_match(1).json(changes.clone()).send().await.expect(200)
            };
            for (n, is_short) in [(0, short), (1, false)] {
                let read = app.get(meeting(n)).by(leader).send().await.expect(200);
                assert_eq!(read.body["is_short_notice"], is_short, "{n} {changes} {from_one_on}");
            }
            let cancel = format!("/meeting-series/{}/cancel", changed.id());
            let why = json!({"reason": "The next case."});
            app.post(cancel).by(leader).if_match(changed.version()).json(why).send().await.expect(200);
        }
    }
}

async fn a_series_binds_itself_to_the_open_meetings_law(app: App) {
    let world = app.world().await;
    let id = created(&app, &world, json!({})).await.id();
    let law = format!("/partnerships/{}/open-meetings-policy", world.partnership);
    let body = json!({"reason": "The city council made it an advisory board."});
    app.post(law).by(&world.administrator).json(body).send().await.expect(200);
    let path = format!("/meeting-series/{id}");
    let closed = json!({"visibility": "members", "place": {"kind": "private_home"}});
    let patch = app.patch(&path).by(&world.civilian_leader).if_match(1).json(closed.clone());
    patch.send().await.refuses(&["/visibility", "/place/kind"]);
    let split = json!({"from": "2027-04-13T18:30", "changes": closed});
    let split = app.post(format!("{path}/split")).by(&world.civilian_leader).if_match(1).json(split);
    split.send().await.refuses(&["/changes/visibility", "/changes/place/kind"]);
}

async fn a_series_goes_on_otherwise_from_one_of_its_meetings_on(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    let id = created(&app, &world, json!({"capacity": 40})).await.id();
    let before = instances(&app, &world, &id).await;
    let meeting = |n: usize| format!("/meetings/{}", before[n]["meeting_id"].as_str().unwrap());
    let yes = json!({"answer": "yes", "guests": 2});
    app.put(format!("{}/rsvp", meeting(3))).by(&world.member).json(yes).send().await.expect(200);
    let path = format!("/meeting-series/{id}/split");
    let split = |changes: Value| {
        let body = json!({"from": "2027-05-11T18:30", "changes": changes});
        app.post(&path).by(leader).if_match(1).json(body)
    };
    split(json!({"capacity": 2})).send().await.problem(409, "conflict");
    split(json!({"kind": "special"})).send().await.refuses(&["/changes/purpose"]);
    split(json!({"languages": ["en", "en"]})).send().await.refuses(&["/changes/languages/1"]);
    let changes = json!({"format": "hybrid", "title": "Lights, and online", "languages": ["en", "es"], "capacity": 3});
    let made = split(changes).leaving(2).send().await.expect(201);
    assert_eq!(
        (&made.body["title"], &made.body["starts_local"]),
        (&json!("Lights, and online"), &json!("2027-05-11T18:30"))
    );
    assert_eq!(made.body["ends_local"], "2027-05-11T20:00", "it lasts as long as before");
    for (n, title, sequence) in [(0, "Armourdale Lights", 0), (1, "Armourdale Lights", 0), (2, "Lights, and online", 1)]
    {
        let read = app.get(meeting(n)).send().await.expect(200);
        assert_eq!((&read.body["title"], &read.body["sequence"]), (&json!(title), &json!(sequence)), "{n}");
    }
    let kept = app.get(meeting(3)).by(&world.member).send().await.expect(200);
    assert_eq!((&kept.body["own_rsvp"]["answer"], &kept.body["format"]), (&json!("yes"), &json!("hybrid")));
    assert_eq!((&kept.body["capacity"], &kept.body["languages"]), (&json!(3), &json!(["en", "es"])));
    assert_eq!(kept.body["starts_local"], "2027-06-08T18:30");
}

async fn that_a_series_goes_on_out_of_sight_is_not_told(app: App) {
    let world = app.world().await;
    let id = created(&app, &world, json!({})).await.id();
    let second = instances(&app, &world, &id).await[1]["recurrence_local"].as_str().unwrap()[..16].to_owned();
    let split = json!({"from": second, "changes": {"visibility": "leaders"}});
    let split = app.post(format!("/meeting-series/{id}/split")).by(&world.civilian_leader).if_match(1).json(split);
    split.leaving(2).send().await.expect(201);
    let told = async |by: Option<&Person>| {
        let call = app.get(format!("/meeting-series/{id}/timeline"));
        let timeline = if let Some(by) = by { call.by(by) } else { call }.send().await.expect(200);
        timeline.items().iter().any(|entry| entry["action"] == "meeting_series.split")
    };
    assert!(told(Some(&world.civilian_leader)).await);
    assert!(!told(Some(&world.member)).await);
    assert!(!told(None).await);
}

async fn splitting_at_another_time_keeps_each_meeting_with_its_answers(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    let id = created(&app, &world, json!({"except": ["2027-07-13"]})).await.id();
    let before = instances(&app, &world, &id).await;
    let meeting = |n: usize| format!("/meetings/{}", before[n]["meeting_id"].as_str().unwrap());
    app.put(format!("{}/rsvp", meeting(2))).by(&world.member).json(json!({"answer": "yes"})).send().await.expect(200);
    let moved = json!({"starts_local": "2027-06-09T12:00", "ends_local": "2027-06-09T13:00"});
    app.patch(meeting(3)).by(leader).if_match(1).json(moved).send().await.expect(200);
    let path = format!("/meeting-series/{id}");
    let later =
        json!({"from": "2027-05-11T18:30", "starts_local": "2027-05-11T19:00", "ends_local": "2027-05-11T20:30"});
    let split = app.post(format!("{path}/split")).by(leader).if_match(1).json(later.clone()).leaving(2).send().await;
    let split = split.expect(201);
    assert_eq!(split.body["follows_id"], json!(id));
    assert_eq!(
        split.body["words"],
        "every second Tuesday of the month at 19:00 (America/Chicago), from Tuesday 11 May 2027 until Tuesday 10 August \
         2027, except Tuesday 13 July 2027"
    );
    let old = app.get(&path).send().await.expect(200);
    assert_eq!((&old.body["last_local"], &old.body["state"]), (&json!("2027-04-13T18:30"), &json!("running")));
    assert_eq!(all(&instances(&app, &world, &id).await, "meeting_id"), all(&before[..2], "meeting_id"));
    let after = instances(&app, &world, &split.id()).await;
    assert_eq!(all(&after, "meeting_id"), all(&before[2..], "meeting_id"), "the same meetings");
    assert_eq!(all(&after, "starts_local"), ["2027-05-11T19:00", "2027-06-09T12:00", "2027-08-10T19:00"]);
    assert_eq!(all(&after, "recurrence_local"), ["2027-05-11T19:00", "2027-06-08T19:00", "2027-08-10T19:00"]);
    let kept = app.get(meeting(2)).by(&world.member).send().await.expect(200);
    assert_eq!((&kept.body["own_rsvp"]["answer"], &kept.body["sequence"]), (&json!("yes"), &json!(1)));
    app.post(format!("{path}/split")).by(leader).if_match(2).json(later).send().await.refuses(&["/from"]);
}

async fn a_series_names_the_one_before_it_to_nobody_who_does_not_see_that(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    let id = created(&app, &world, json!({"visibility": "leaders"})).await.id();
    let opened = json!({"from": "2027-05-11T18:30", "changes": {"visibility": "public"}});
    let split = format!("/meeting-series/{id}/split");
    let new = app.post(split).by(leader).if_match(1).json(opened).leaving(2).send().await.expect(201);
    assert_eq!(new.body["follows_id"], json!(id));
    let (one, all) =
        (format!("/meeting-series/{}", new.id()), format!("/partnerships/{}/meeting-series", world.partnership));
    for (by, told) in [
        (None, Value::Null),
        (Some(&world.stranger), Value::Null),
        (Some(&world.member), Value::Null),
        (Some(leader), json!(id)),
        (Some(&world.officer), json!(id)),
    ] {
        let read = app.get(&one).by_or_nobody(by).send().await.expect(200);
        assert_eq!(read.body["follows_id"], told);
        let listed = app.get(&all).by_or_nobody(by).send().await.expect(200);
        let listed = listed.items().iter().find(|series| series["id"] == new.id()).unwrap();
        assert_eq!(listed["follows_id"], told);
        let status = if told.is_null() { 404 } else { 200 };
        app.get(format!("/meeting-series/{id}")).by_or_nobody(by).send().await.expect(status);
    }
}

async fn splitting_to_other_days_cancels_what_is_on_none_of_them(app: App) {
    let world = app.world().await;
    let leader = &world.police_leader;
    let id = created(&app, &world, json!({})).await.id();
    let before = instances(&app, &world, &id).await;
    let path = format!("/meeting-series/{id}");
    let thursdays = json!({"from": "2027-03-09T18:30", "starts_local": "2027-03-11T18:30", "ends_local": "2027-03-11T20:00",
        "rule": "FREQ=MONTHLY;BYDAY=2TH,2TU;COUNT=4"});
    let split =
        app.post(format!("{path}/split")).by(leader).if_match(1).json(thursdays).leaving(2).send().await.expect(201);
    let after = instances(&app, &world, &split.id()).await;
    assert_eq!(
        all(&after, "starts_local"),
        ["2027-03-11T18:30", "2027-04-08T18:30", "2027-04-13T18:30", "2027-05-11T18:30"]
    );
    assert_eq!(all(&after, "meeting_id")[2..], all(&before, "meeting_id")[1..3], "days that both have");
    let old = app.get(&path).send().await.expect(200);
    assert_eq!(old.body["state"], "continued");
    for n in [0, 3, 4, 5] {
        let cancelled = app.get(format!("/meetings/{}", before[n]["meeting_id"].as_str().unwrap())).send().await;
        assert_eq!((&cancelled.body["state"], &cancelled.body["sequence"]), (&json!("cancelled"), &json!(1)));
        assert_eq!(cancelled.body["cancel_reason"], "The days of the series were changed.");
    }
    app.patch(&path).by(leader).if_match(2).json(json!({"title": "Gone"})).send().await.problem(409, "conflict");
}

async fn split_meeting_series_with_what_does_not_do_names_the_field(app: App) {
    let world = app.world().await;
    let id = created(&app, &world, json!({})).await.id();
    let right =
        json!({"from": "2027-04-13T18:30", "starts_local": "2027-04-13T19:00", "ends_local": "2027-04-13T20:00"});
    for (other, pointers) in [
        (json!({"from": "2027-04-14T18:30"}), &["/from"][..]),
        (json!({"from": "2027-04-13T18:31"}), &["/from"]),
        (json!({"starts_local": "2027-04-14T19:00", "ends_local": "2027-04-14T20:00"}), &["/starts_local"]),
        (json!({"rule": "FREQ=HOURLY"}), &["/rule"]),
        (json!({"except": ["2027-04-14"]}), &["/except/0"]),
        (json!({"starts_local": "2027-02-09T19:00", "ends_local": "2027-02-09T20:00"}), &["/starts_local"]),
    ] {
        let call = app.post(format!("/meeting-series/{id}/split")).by(&world.civilian_leader).if_match(1);
        call.json(merged(right.clone(), other)).send().await.refuses(pointers);
    }
}

async fn cancel_meeting_series_leaves_what_was_held(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    let id = created(&app, &world, json!({})).await.id();
    let before = instances(&app, &world, &id).await;
    app.wait_for_the_meeting();
    let leader = crate::support::Person { token: app.session(leader.id).await.1, ..leader.clone() };
    let first = format!("/meetings/{}", before[0]["meeting_id"].as_str().unwrap());
    app.post(format!("{first}/start")).by(&leader).if_match(1).send().await.expect(200);
    let why = json!({"reason": "The hall was sold."});
    let path = format!("/meeting-series/{id}");
    let cancelled =
        app.post(format!("{path}/cancel")).by(&leader).if_match(1).json(why.clone()).send().await.expect(200);
    assert_eq!((&cancelled.body["state"], &cancelled.body["next"][1]), (&json!("cancelled"), &Value::Null));
    assert_eq!(cancelled.body["next"][0]["meeting_id"], before[0]["meeting_id"], "it is under way");
    let states = instances(&app, &world, &id).await;
    assert_eq!(all(&states, "state"), ["in_session", "cancelled", "cancelled", "cancelled", "cancelled", "cancelled"]);
    app.post(format!("{path}/cancel")).by(&leader).if_match(2).json(why).send().await.problem(409, "conflict");
}

async fn meetings_are_put_down_a_year_ahead_and_each_only_once(app: App) {
    let world = app.world().await;
    let made = created(&app, &world, json!({"rule": "FREQ=MONTHLY;BYDAY=2TU"})).await;
    assert_eq!(made.body["last_local"], "2029-02-13T18:30", "two years are the most");
    let id = made.id();
    assert_eq!(instances(&app, &world, &id).await.len(), 12, "those that begin within a year");
    assert_eq!(app.run_job("plan_meeting_series").await, 0);
    app.pass(days(100));
    // Two processes at once.
    for _ in 0..4 {
        let (one, other) = join(app.run_job("plan_meeting_series"), app.run_job("plan_meeting_series")).await;
        let _ = (one, other);
        app.pass(days(40));
    }
    app.pass(days(800));
    let (one, other) = join(app.run_job("plan_meeting_series"), app.run_job("plan_meeting_series")).await;
    assert!(one + other > 0);
    assert_eq!(app.run_job("plan_meeting_series").await, 0);
    let leader = app.session(world.civilian_leader.id).await.1;
    let all_of_them = app.get(format!("/meeting-series/{id}/instances?limit=200"));
    let all_of_them = all_of_them.header("authorization", format!("Bearer {leader}")).send().await.expect(200);
    let at: BTreeSet<&str> = all(all_of_them.items(), "recurrence_local").into_iter().collect();
    assert_eq!((at.len(), all_of_them.items().len()), (24, 24));
}

async fn nothing_is_put_down_in_a_suspended_partnership_until_it_is_reinstated(app: App) {
    let world = app.world().await;
    let id = created(&app, &world, json!({"rule": "FREQ=MONTHLY;BYDAY=2TU"})).await.id();
    assert_eq!(instances(&app, &world, &id).await.len(), 12);
    app.suspend_partnership(&world).await;
    // A year before the thirteenth of them, and not yet before the fourteenth.
    app.pass(days(30));
    assert_eq!(app.run_job("plan_meeting_series").await, 0);
    assert_eq!(instances(&app, &world, &id).await.len(), 12);
    app.reinstate_partnership(&world).await;
    assert_eq!(app.run_job("plan_meeting_series").await, 1);
    assert_eq!(app.run_job("plan_meeting_series").await, 0, "once");
    assert_eq!(instances(&app, &world, &id).await.len(), 13);
}

async fn two_changes_of_one_meeting_at_once_leave_one(app: App) {
    let world = app.world().await;
    let id = created(&app, &world, json!({"rule": "FREQ=DAILY;COUNT=40"})).await.id();
    for (round, one) in instances(&app, &world, &id).await.iter().enumerate() {
        let path = format!("/meetings/{}", one["meeting_id"].as_str().unwrap());
        let change =
            |title: &str, who| app.patch(&path).by(who).if_match(1).json(json!({"title": title})).unchecked().send();
        let why = json!({"reason": "Nobody can come."});
        let cancel = app.post(format!("{path}/cancel")).by(&world.police_leader).if_match(1).json(why).unchecked();
        let (first, second) = if round % 2 == 0 {
            join(change("One", &world.civilian_leader), change("Other", &world.police_leader)).await
        } else {
            join(change("One", &world.civilian_leader), cancel.send()).await
        };
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "round {round}: {:#} {:#}", first.body, second.body);
    }
    // A change of one and a change of all at once: the one keeps its own.
    let id = created(&app, &world, json!({"rule": "FREQ=WEEKLY;COUNT=12"})).await.id();
    for (round, one) in instances(&app, &world, &id).await.iter().enumerate() {
        let path = format!("/meetings/{}", one["meeting_id"].as_str().unwrap());
        let version = app.get(&path).send().await.version();
        let alone = app.patch(&path).by(&world.civilian_leader).if_match(version).json(json!({"title": "Its own"}));
        let series = format!("/meeting-series/{id}");
        let whole = json!({"title": format!("Round {round}")});
        let whole = app.patch(series).by(&world.police_leader).if_match(round + 1).json(whole);
        let (alone, whole) = join(alone.unchecked().send(), whole.unchecked().send()).await;
        whole.expect(200);
        let read = app.get(&path).send().await.expect(200);
        match alone.status {
            200 => assert_eq!(read.body["title"], "Its own"),
            _ => assert_eq!((alone.status, &read.body["title"]), (412, &json!(format!("Round {round}")))),
        }
    }
}

both_engines![
    create_meeting_series_by_an_organiser_puts_its_meetings_down,
    create_meeting_series_by_others_is_refused,
    create_meeting_series_with_a_rule_that_does_not_do_names_the_field,
    the_next_meetings_are_told_before_they_are_put_down,
    a_partnership_has_20_series_at_the_same_time,
    a_series_that_is_not_for_everybody_is_hidden_from_others,
    changing_one_meeting_keeps_its_place_in_the_series,
    update_meeting_series_with_less_room_than_is_taken_is_refused,
    room_for_those_who_come_and_one_more_answer_at_once_do_not_both_go_through,
    update_meeting_series_changes_all_that_a_series_holds,
    a_series_binds_itself_to_the_open_meetings_law,
    what_is_changed_for_all_or_from_one_on_counts_from_then,
    a_series_goes_on_otherwise_from_one_of_its_meetings_on,
    that_a_series_goes_on_out_of_sight_is_not_told,
    splitting_at_another_time_keeps_each_meeting_with_its_answers,
    a_series_names_the_one_before_it_to_nobody_who_does_not_see_that,
    splitting_to_other_days_cancels_what_is_on_none_of_them,
    split_meeting_series_with_what_does_not_do_names_the_field,
    cancel_meeting_series_leaves_what_was_held,
    meetings_are_put_down_a_year_ahead_and_each_only_once,
    nothing_is_put_down_in_a_suspended_partnership_until_it_is_reinstated,
    two_changes_of_one_meeting_at_once_leave_one
];
