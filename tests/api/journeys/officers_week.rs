//! A week of an officer who is new in the district, and what the neighbors say of what she wrote.

use serde_json::{Value, json};

use super::town::{Town, each, partnership, visit};
use crate::support::world::merge;
use crate::support::{Answer, App, Person, page_through};

pub async fn an_officers_week(app: App) {
    let mut town = app.town().await;
    let lights = partnership(&app, &town).await;
    let assignment = on_duty(&app, &town, &lights).await;
    let first = a_visit_on_a_bad_network(&app, &town).await;
    town.at(&app, "2027-03-03T03:00:00Z").await;
    let (meeting, walk) = an_evening_with_the_partnership(&app, &town, &lights).await;
    town.at(&app, "2027-03-04T15:00:00Z").await;
    neighbors_answer(&app, &town, &meeting, &walk).await;
    town.at(&app, "2027-03-05T21:00:00Z").await;
    let late = what_was_forgotten(&app, &town).await;
    friday(&app, &town, &lights, &[&walk, &meeting, &late, &first]).await;
    places_without_a_network(&app, &town, &late).await;
    town.at(&app, "2027-03-06T16:00:00Z").await;
    off_duty(&app, &town, &assignment).await;
    town.at(&app, "2027-03-22T15:00:00Z").await;
    unanswered(&app, &town, &walk).await;
}

/// Logs with a fresh idempotency key, as an officer's phone does.
async fn log(app: &App, by: &Person, body: &Value) -> Answer {
    app.post("/officer-logs").by(by).fresh_key().json(body.clone()).send().await
}

async fn on_duty(app: &App, town: &Town, lights: &str) -> String {
    app.get(format!("/areas/{}/assignments", town.midtown)).by(&town.maria).send().await.problem(403, "forbidden");
    let week = json!({
        "account_id": town.chen.id, "role": "officer", "starts_on": "2027-03-01", "ends_on": "2027-03-05", "is_public": true,
        "duty_phone": "+19135550113", "bio": "New in Midtown. Say hello."
    });
    let path = format!("/areas/{}/assignments", town.midtown);
    let assignment = app.post(&path).by(&town.holloway).json(week).send().await.expect(201).id();
    let roster = app.get(format!("{path}?role=officer")).by(&town.chen).send().await.expect(200);
    assert_eq!(each(&roster, "person/display_name"), ["Grace Chen", "Luis Rivera"]);
    let contacts = app.get(format!("/areas/{}/duty-contacts", town.armourdale)).send().await.expect(200);
    assert!(each(&contacts, "person/display_name").contains(&"Grace Chen".into()), "neighbors find her at once");

    let here = app.get(format!("/partnerships?area_id={}", town.midtown)).by(&town.chen).send().await.expect(200);
    assert_eq!(each(&here, "id"), [lights], "also those of a neighborhood in her district");
    let view = app.get(format!("/partnerships/{lights}")).by(&town.chen).send().await.expect(200);
    assert_eq!((&view.body["view"], &view.body["own"]["membership_id"]), (&json!("full"), &Value::Null));
    assignment
}

async fn a_visit_on_a_bad_network(app: &App, town: &Town) -> String {
    let body = visit(&town.midtown);
    let key = uuid::Uuid::now_v7();
    let send = || app.post("/officer-logs").by(&town.chen).key(key).json(body.clone());
    let made = send().send().await.expect(201);
    assert_eq!((&made.body["state"], &made.body["is_late"]), (&json!("submitted"), &json!(false)));
    assert_eq!(made.body["emergency"]["emergency"], "911", "whoever reports is told whom to call");
    // The answer got lost. The same request again, and then by the app that was started anew and forgot its key.
    let again = send().leaving(0).send().await.expect(201);
    assert_eq!(made.bytes, again.bytes, "the first answer, byte for byte");
    let anew = app.post("/officer-logs").by(&town.chen).fresh_key().json(body.clone()).leaving(0).send().await;
    assert_eq!(anew.expect(200).id(), made.id(), "the same client_uuid is the same log");
    // Written a second time from memory, it is found to be there already.
    let twice = log(app, &town.chen, &visit(&town.midtown)).await.problem(409, "already_logged");
    assert_eq!(twice.body["conflicts"], json!([format!("/api/v1/officer-logs/{}", made.id())]));
    let own = app.get("/officer-logs?include=total").by(&town.chen).send().await.expect(200);
    assert_eq!(own.body["total"], 1, "one visit, one log");
    made.id()
}

async fn an_evening_with_the_partnership(app: &App, town: &Town, lights: &str) -> (String, String) {
    let mut meeting = visit(&town.midtown);
    merge(
        &mut meeting,
        json!({
            "attended_on": "2027-03-02", "start": "18:30", "end": "20:00", "group_kind": "partnership",
            "group_name": "Armourdale Lights", "partnership_id": lights, "role": "presented",
            "counts": {"community": 20, "police": 2, "agency": 1},
            "summary": "Went through the map of dark lamps; neighbors marked six more.",
            "topics": ["Street lighting", "Break-ins"], "concerns": ["The alley behind the laundry at night."],
            "commitments": [{"what": "A walk with the night shift.", "due_on": "2027-03-20"}],
            "follow_ups": [{"what": "Call public works about six lamps.", "due_on": "2027-03-09"}],
            "referrals": [{"kind": "311", "note": "Lamp 4711"}], "handouts": "Flyer on porch lights", "language": "es",
            "prep_minutes": 20, "travel_minutes": 15, "next_date": "2027-03-30", "mood": 4
        }),
    );
    // What is to be done next is a task of the partnership.
    let meeting =
        app.post("/officer-logs").by(&town.chen).fresh_key().json(meeting).leaving(2).send().await.expect(201);
    assert_eq!(meeting.body["partnership"]["name"], "Armourdale Lights");
    let mut walk = visit(&town.midtown);
    merge(
        &mut walk,
        json!({
            "attended_on": "2027-03-02", "start": "20:15", "end": "21:00", "group_kind": "partnership",
            "group_name": "Lamp walk", "partnership_id": lights, "counts": {"community": 5, "police": 1, "agency": 0},
            "summary": "Walked the alley; every second lamp is out."
        }),
    );
    let walk = log(app, &town.chen, &walk).await.expect(201);
    (meeting.id(), walk.id())
}

async fn neighbors_answer(app: &App, town: &Town, meeting: &str, walk: &str) {
    let (meeting, walk) = (format!("/officer-logs/{meeting}"), format!("/officer-logs/{walk}"));
    let seen = app.get(&meeting).by(&town.maria).send().await.expect(200);
    assert_eq!(seen.body["view"], "shared");
    assert_eq!((seen.body.get("mood"), seen.body.get("prep_minutes")), (None, None), "that is the officers' own");
    app.get(&meeting).by(&town.tom).send().await.problem(404, "not_found");
    app.post(format!("{meeting}/confirm")).by(&town.rivera).if_match(1).send().await.problem(403, "forbidden");
    let confirmed = app.post(format!("{meeting}/confirm")).by(&town.maria).if_match(1).send().await.expect(200);
    assert_eq!(
        (&confirmed.body["state"], &confirmed.body["decided_by"]["display_name"]),
        (&json!("confirmed"), &json!("Maria Lopez"))
    );
    let reason = json!({"reason": "There were eight of us, and nobody said every second lamp."});
    let disputed =
        app.post(format!("{walk}/dispute")).by(&town.maria).if_match(1).json(reason).send().await.expect(200);
    assert_eq!(disputed.body["state"], "disputed");

    let full = app.get(&walk).by(&town.chen).send().await.expect(200);
    assert_eq!(full.body["dispute_reason"], "There were eight of us, and nobody said every second lamp.");
    let amendment = json!({
        "counts": {"community": 8, "police": 1, "agency": 0}, "summary": "Walked the alley; six lamps are out.",
        "reason": "Maria is right, I had counted the ones in front only.", "no_cji_attestation": true
    });
    let amended = app.post(format!("{walk}/amend")).by(&town.chen).if_match(2).json(amendment).send().await.expect(200);
    assert_eq!((&amended.body["state"], &amended.body["is_amended"]), (&json!("submitted"), &json!(true)));
    let versions = app.get(format!("{walk}/versions")).by(&town.maria).send().await.expect(200);
    let counts: Vec<_> = versions.items().iter().map(|v| v["content"]["counts"]["community"].clone()).collect();
    assert_eq!(counts, [json!(8), json!(5)], "what was written first stays to be read");
    let told = app.get(format!("{walk}/timeline")).by(&town.maria).send().await.expect(200);
    assert_eq!(
        each(&told, "action"),
        ["officer_log.amended", "officer_log.disputed", "officer_log.submitted"],
        "both sides read the same story"
    );
}

async fn what_was_forgotten(app: &App, town: &Town) -> String {
    let mut school = visit(&town.midtown);
    merge(
        &mut school,
        json!({
            "start": "13:00", "end": "14:00", "group_kind": "school", "group_name": "Morse Early Childhood Center",
            "summary": "Answered children's questions about the car."
        }),
    );
    let late = log(app, &town.chen, &school).await.expect(201);
    assert_eq!((&late.body["is_late"], &late.body["attended_on"]), (&json!(true), &json!("2027-03-01")));
    late.id()
}

fn statuses(answer: &Answer) -> Vec<u64> {
    let results = answer.body["results"].as_array().expect("results");
    results.iter().filter_map(|result| result["status"].as_u64()).collect()
}

async fn friday(app: &App, town: &Town, lights: &str, newest_first: &[&String]) {
    assert_eq!(page_through(app, "/officer-logs", Some(&town.chen)).await.iter().collect::<Vec<_>>(), newest_first);
    let [walk, meeting, late, first] = newest_first else { panic!("four logs") };
    for (query, expected) in [
        ("state=confirmed".to_owned(), vec![*meeting]),
        ("group_kind=school".into(), vec![*late]),
        ("from=2027-03-02&to=2027-03-02".into(), vec![*walk, *meeting]),
        (format!("partnership_id={lights}"), vec![*walk, *meeting]),
        (format!("officer_id={}&to=2027-03-01", town.chen.id), vec![*late, *first]),
    ] {
        let found = app.get(format!("/officer-logs?{query}")).by(&town.holloway).send().await.expect(200);
        assert_eq!(each(&found, "id").iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let shared = app.get(format!("/officer-logs?partnership_id={lights}")).by(&town.maria).send().await.expect(200);
    assert_eq!((shared.items().len(), &shared.items()[0]["view"]), (2, &json!("shared")));
    app.get("/officer-logs").by(&town.maria).send().await.problem(403, "forbidden");
}

async fn places_without_a_network(app: &App, town: &Town, late: &str) {
    // Three more, told to the phone and sent together once there was a network; one of them she had told before.
    let mut offline = Vec::new();
    for (start, end, group) in [
        ("15:00", "15:40", "Tenants of Cross-Lines Towers"),
        ("13:10", "14:00", "Morse Early Childhood Center"),
        ("16:00", "16:30", "Iglesia San Pablo"),
    ] {
        let mut log = visit(&town.midtown);
        merge(&mut log, json!({"start": start, "end": end, "group_kind": "other", "group_name": group}));
        offline.push(log);
    }
    let send = || app.post("/officer-logs/batch").by(&town.chen).fresh_key().json(json!({"logs": offline.clone()}));
    let sent = send().leaving(2).send().await.expect(200);
    assert_eq!(statuses(&sent), [201, 409, 201], "each has its own result");
    let address = format!("/api/v1/officer-logs/{late}");
    assert_eq!(sent.body["results"][1]["problem"]["conflicts"], json!([address]));
    assert_eq!(statuses(&send().leaving(0).send().await.expect(200)), [200, 409, 200], "the whole can be sent again");
}

async fn off_duty(app: &App, town: &Town, assignment: &str) {
    let path = format!("/areas/{}/assignments", town.midtown);
    let over = app.get(format!("/assignments/{assignment}")).by(&town.chen).send().await.expect(200);
    assert_eq!(
        (&over.body["is_current"], &over.body["ended_at"]),
        (&json!(false), &Value::Null),
        "Friday was the last day"
    );
    let contacts = app.get(format!("/areas/{}/duty-contacts", town.midtown)).send().await.expect(200);
    assert!(!each(&contacts, "person/display_name").contains(&"Grace Chen".into()));
    let ended =
        app.post(format!("/assignments/{assignment}/end")).by(&town.holloway).if_match(1).send().await.expect(200);
    assert_eq!(ended.body["ended_at"], "2027-03-06T16:00:00Z");
    let ended = app.get(format!("{path}?has_ended=true")).by(&town.holloway).send().await.expect(200);
    assert_eq!(each(&ended, "id"), [assignment]);
    app.get("/officer-logs").by(&town.chen).send().await.expect(200);
}

async fn unanswered(app: &App, town: &Town, walk: &str) {
    assert_eq!(app.run_job("lapse_officer_logs").await, 1);
    let lapsed = app.get(format!("/officer-logs/{walk}")).by(&town.chen).send().await.expect(200);
    assert_eq!(lapsed.body["state"], "unconfirmed", "nobody answered the amendment in two weeks");
}

both_engines![an_officers_week];
