//! What two officers promise at the meetings that they attend, and what becomes of it; how regularly they come.

use serde_json::{Value, json};

use super::town::{Town, each, partnership, visit};
use crate::support::world::merge;
use crate::support::{Answer, App, Person};

pub async fn promises_kept(app: App) {
    let mut town = app.town().await;
    let lights = partnership(&app, &town).await;
    let week = json!({"account_id": town.chen.id, "role": "officer", "starts_on": "2027-03-01", "is_public": true});
    let assignments = format!("/areas/{}/assignments", town.midtown);
    app.post(assignments).by(&town.holloway).json(week).send().await.expect(201);
    let merchants = when_the_merchants_meet(&app, &town).await;
    two_at_one_meeting(&app, &town, &lights).await;
    let promised = what_was_promised(&app, &town, &lights).await;
    town.at(&app, "2027-03-21T15:00:00Z").await;
    what_became_of_it(&app, &town, &lights, &promised).await;
    how_regularly(&app, &town).await;
    let ended = app.post(format!("/group-schedules/{merchants}/end")).by(&town.holloway).if_match(1).send().await;
    assert_eq!(ended.expect(200).body["ended_on"], "2027-03-21");
}

async fn when_the_merchants_meet(app: &App, town: &Town) -> String {
    let path = format!("/areas/{}/group-schedules", town.midtown);
    let body = json!({"group_kind": "business_merchant_association", "group_name": "Merchants of Kansas Avenue",
        "rule": "FREQ=WEEKLY;BYDAY=MO", "starts_local": "2027-03-01T08:00"});
    app.post(&path).by(&town.maria).json(body.clone()).send().await.problem(403, "forbidden");
    let made = app.post(&path).by(&town.chen).json(body.clone()).send().await.expect(201);
    assert!(made.str("words").starts_with("every Monday at 08:00 (America/Chicago)"), "{}", made.str("words"));
    let twice = app.post(&path).by(&town.holloway).json(body).send().await.problem(409, "conflict");
    assert_eq!(twice.body["conflicts"], json!([format!("/api/v1/group-schedules/{}", made.id())]));
    let listed = app.get(&path).by(&town.rivera).send().await.expect(200);
    assert_eq!(each(&listed, "group_name"), ["Merchants of Kansas Avenue"]);
    app.get(format!("/group-schedules/{}", made.id())).by(&town.rivera).send().await.expect(200);
    made.id()
}

async fn log(app: &App, by: &Person, other: Value, records: i64) -> Answer {
    let mut body = visit("");
    merge(&mut body, other);
    app.post("/officer-logs").by(by).fresh_key().json(body).leaving(records).send().await.expect(201)
}

async fn two_at_one_meeting(app: &App, town: &Town, lights: &str) {
    let merchants = |name: &str, start: &str, area: &str, more: Value| {
        let mut body = json!({"group_kind": "business_merchant_association", "group_name": name, "start": start,
            "end": "09:30", "area_id": area, "prep_minutes": 10});
        merge(&mut body, more);
        body
    };
    let follow_up = json!({"follow_ups": [{"what": "Send them the map of lamps.", "due_on": "2027-03-08"}]});
    let first =
        log(app, &town.chen, merchants("Merchants of Kansas Avenue", "08:00", &town.midtown, follow_up), 1).await;
    assert_eq!(first.body["shared_with"], json!([]));
    // Rivera came a little later, and writes the name in his own way; the neighborhood is in the same district.
    let linked = json!({"partnership_id": lights, "counts": {"community": 14, "police": 2, "agency": 0}});
    let second =
        log(app, &town.rivera, merchants("MERCHANTS of Kansas avenue", "08:20", &town.armourdale, linked), 1).await;
    assert_eq!(second.body["visit_id"], first.body["visit_id"], "one meeting");
    assert_eq!(second.body["shared_with"][0]["display_name"], "Grace Chen");
    let path = format!("/officer-visits/{}", first.str("visit_id"));
    let seen = app.get(&path).by(&town.chen).send().await.expect(200);
    assert_eq!(seen.body["counts"], json!({"community": 14, "police": 2, "agency": 0}), "nobody is counted twice");
    assert_eq!(seen.body["logs"].as_array().unwrap().len(), 2, "she is on duty there");
    let shared = app.get(&path).by(&town.maria).send().await.expect(200);
    assert_eq!((shared.body["logs"].as_array().unwrap().len(), &shared.body["first_logged_by"]), (1, &Value::Null));
    app.get(&path).by(&town.sam).send().await.problem(404, "not_found");

    let own = app.get("/account/follow-ups").by(&town.chen).send().await.expect(200);
    assert_eq!(each(&own, "what"), ["Send them the map of lamps."]);
    let next = format!("/follow-ups/{}/complete", own.items()[0]["id"].as_str().unwrap());
    app.post(&next).by(&town.rivera).if_match(1).send().await.problem(404, "not_found");
    app.post(&next).by(&town.chen).if_match(1).send().await.expect(200);
    assert_eq!(app.get("/account/follow-ups").by(&town.chen).send().await.expect(200).items().len(), 0);
}

/// Four promises, by what becomes of them.
async fn what_was_promised(app: &App, town: &Town, lights: &str) -> [String; 4] {
    let promises: Vec<Value> = ["A walk with the night shift.", "Bike patrol.", "A talk at the school.", "More lamps."]
        .into_iter()
        .map(|what| json!({"what": what, "due_on": "2027-03-20"}))
        .collect();
    let body = json!({"group_kind": "partnership", "group_name": "Armourdale Lights", "partnership_id": lights,
        "area_id": town.armourdale, "start": "10:00", "end": "11:00", "commitments": promises,
        "follow_ups": [{"what": "Call public works about six lamps.", "due_on": "2027-03-09", "assignee_id": town.tom.id}]});
    let made = log(app, &town.chen, body, 2).await;
    let parts = made.body["parts"].as_array().unwrap();
    let task = parts.iter().find(|part| part["kind"] == "follow_up").unwrap();
    assert_eq!((&task["task_state"], &task["assignee"]["display_name"]), (&json!("offered"), &json!("Tom Becker")));
    let promised: Vec<String> =
        parts.iter().filter_map(|part| part["commitment_id"].as_str().map(str::to_owned)).collect();
    promised.try_into().unwrap()
}

async fn what_became_of_it(app: &App, town: &Town, lights: &str, promised: &[String; 4]) {
    let [kept, later, broken, released] = promised.each_ref().map(|id| format!("/commitments/{id}"));
    let register = format!("/partnerships/{lights}/commitments");
    let late = app.get(format!("{register}?late=true")).by(&town.maria).send().await.expect(200);
    assert_eq!(late.items().len(), 4, "all of them were due yesterday");
    app.get(&register).by(&town.tom).send().await.problem(403, "forbidden");

    let claimed = app.post(format!("{kept}/claim")).by(&town.chen).if_match(1).send().await.expect(200);
    assert_eq!(claimed.body["state"], "open", "it is kept once the other side says so");
    app.post(format!("{kept}/confirm")).by(&town.rivera).if_match(2).send().await.problem(403, "forbidden");
    let confirmed = app.post(format!("{kept}/confirm")).by(&town.maria).if_match(2).send().await.expect(200);
    assert_eq!((&confirmed.body["state"], &confirmed.body["is_late"]), (&json!("kept"), &json!(false)));

    let another = json!({"due_on": "2027-04-10", "reason": "The bikes are in repair."});
    let call = app.post(format!("{later}/renegotiate")).by(&town.chen).if_match(1).json(another);
    let renewed = call.send().await.expect(201);
    assert_eq!((&renewed.body["follows_id"], &renewed.body["due_on"]), (&json!(promised[1]), &json!("2027-04-10")));
    let old = app.get(&later).by(&town.maria).send().await.expect(200);
    assert_eq!((&old.body["state"], &old.body["asked_before_due"]), (&json!("renegotiated"), &json!(false)));

    let why = json!({"reason": "Nobody came to the school."});
    app.post(format!("{broken}/break")).by(&town.maria).if_match(1).json(why).send().await.expect(200);
    let why = json!({"reason": "The city pays for the lamps now."});
    app.post(format!("{released}/release")).by(&town.maria).if_match(1).json(why).send().await.expect(200);

    let open = app.get("/account/commitments?state=open").by(&town.chen).send().await.expect(200);
    assert_eq!(each(&open, "id"), [renewed.id()]);
}

async fn how_regularly(app: &App, town: &Town) {
    let path = format!("/officers/{}/regularity", town.chen.id);
    app.get(&path).by(&town.maria).send().await.problem(404, "not_found");
    let query = "from=2027-03-01&to=2027-03-20";
    let report = app.get(format!("{path}?{query}")).by(&town.holloway).send().await.expect(200);
    assert_eq!((&report.body["visits"], &report.body["expected"]), (&json!(2), &json!(3)));
    assert_eq!(report.body["commitments"], json!({"made": 4, "kept": 1, "broken": 2, "open": 1, "late": 0}));
    assert_eq!((&report.body["meeting_minutes"], &report.body["prep_minutes"]), (&json!(150), &json!(10)));
    let groups = app.get(format!("{path}/groups?{query}")).by(&town.chen).send().await.expect(200);
    let merchants = groups.items().iter().find(|group| group["group_kind"] == "business_merchant_association").unwrap();
    assert_eq!((&merchants["attended"], &merchants["expected"]), (&json!(1), &json!(3)));
    assert_eq!(merchants["days_since_last_visit"], 20);
    let area = format!("/areas/{}/regularity", town.midtown);
    let report = app.get(format!("{area}?{query}")).by(&town.rivera).send().await.expect(200);
    assert_eq!(report.body["visits"], 2, "two officers at one meeting are one visit");
    app.get(format!("{area}/groups?{query}")).by(&town.holloway).send().await.expect(200);
    app.get(&area).by(&town.maria).send().await.problem(403, "forbidden");
}

both_engines![promises_kept];
