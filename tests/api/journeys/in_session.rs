//! An evening in session: the city has formed the board, so the open meetings law binds it. They make an agenda, check in,
//! decide two things, talk to the city's attorney behind closed doors, and come back to what they promised.

use serde_json::{Value, json};

use super::town::{Town, each, join, partnership};
use crate::support::{Answer, App, Person};

pub async fn an_evening_in_session(app: App) {
    let mut town = app.town().await;
    let lights = partnership(&app, &town).await;
    join(&app, &lights, &town.aisha, &town.maria).await;
    bound_by_law(&app, &town, &lights).await;
    let evening = scheduled(&app, &town, &lights, "2027-03-09").await;
    let april = scheduled(&app, &town, &lights, "2027-04-13").await;
    let (lamps, walk) =
        (talked_about(&app, &town, &lights, LAMPS).await, talked_about(&app, &town, &lights, WALK).await);
    let item = an_agenda(&app, &town, &evening, &april).await;
    app.run_job("give_notice").await;
    town.at(&app, "2027-03-10T00:30:00Z").await;
    they_check_in(&app, &town, &evening).await;
    a_late_change(&app, &town, &evening).await;
    they_decide(&app, &town, &evening, &lamps, &walk, &item).await;
    behind_closed_doors(&app, &mut town, &evening).await;
    what_was_promised(&app, &town, &evening, &april).await;
    town.at(&app, "2027-06-01T15:00:00Z").await;
    released(&app, &town, &lights).await;
}

/// What is decided: class, question, text.
const LAMPS: [&str; 3] = [
    "resource",
    "Do we ask the city for ten lamps?",
    "We ask the city for ten lamps in the alleys behind Kansas Avenue.",
];
const WALK: [&str; 3] = [
    "action_plan",
    "Do we walk the alleys together every week?",
    "Every Tuesday from 7 to 8 pm two neighbors and one officer walk the alleys behind Kansas Avenue.",
];

async fn bound_by_law(app: &App, town: &Town, lights: &str) {
    let path = format!("/partnerships/{lights}/open-meetings-policy");
    let why = json!({"reason": "The city council formed the board and pays for its work (K.S.A. 75-4318)."});
    app.post(&path).by(&town.maria).json(why.clone()).send().await.problem(403, "forbidden");
    app.post(&path).by(&town.ada).json(why).send().await.expect(200);
    assert_eq!(app.get(&path).send().await.expect(200).body["is_on"], true);
}

async fn scheduled(app: &App, town: &Town, lights: &str, day: &str) -> String {
    let path = format!("/partnerships/{lights}/meetings");
    let mut body = json!({
        "kind": "regular", "format": "in_person", "title": "Lights on Kansas Avenue",
        "starts_local": format!("{day}T18:30"), "ends_local": format!("{day}T20:00"),
        "place": {"kind": "public", "name": "Armourdale Recreation Center", "address": "730 Osage Ave"},
        "visibility": "members"
    });
    app.post(&path).by(&town.maria).json(body.clone()).send().await.refuses(&["/visibility"]);
    body["visibility"] = json!("public");
    app.post(&path).by(&town.maria).json(body).send().await.expect(201).id()
}

async fn talked_about(app: &App, town: &Town, lights: &str, [class, question, text]: [&str; 3]) -> String {
    let body = json!({"class": class, "question": question, "text": text});
    let path = format!("/partnerships/{lights}/decisions");
    let made = app.post(path).by(&town.maria).json(body).send().await.expect(201).id();
    let discuss = app.post(format!("/decisions/{made}/discuss")).by(&town.maria).if_match(1);
    let talked = discuss.send().await.expect(200);
    assert_eq!(talked.body["warnings"], json!(["serial_communication"]));
    made
}

async fn proposed(app: &App, meeting: &str, by: &Person, title: &str, kind: &str, presenter: Value) -> String {
    let body = json!({"title": title, "kind": kind, "minutes": 15, "presenter_id": presenter,
        "links": [{"title": "Survey of the lamps", "url": "https://lights.example.org/survey"}]});
    app.post(format!("/meetings/{meeting}/agenda/items")).by(by).json(body).send().await.expect(201).id()
}

async fn answered(app: &App, item: &str, by: &Person, what: &str, version: i64, body: Value) -> Answer {
    app.post(format!("/agenda-items/{item}/{what}")).by(by).if_match(version).json(body).send().await.expect(200)
}

async fn an_agenda(app: &App, town: &Town, evening: &str, april: &str) -> String {
    let lamps = proposed(app, evening, &town.tom, "Lamps behind the laundry", "decide", json!(town.tom.id)).await;
    let fence = proposed(app, evening, &town.aisha, "A fence around the park", "discuss", Value::Null).await;
    let flowers = proposed(app, evening, &town.tom, "Flowers on the avenue", "plan", Value::Null).await;
    let longer = app.patch(format!("/agenda-items/{lamps}")).by(&town.tom).if_match(1);
    longer.json(json!({"minutes": 20})).send().await.expect(200);
    app.get(format!("/agenda-items/{lamps}")).send().await.problem(404, "not_found");
    app.get(format!("/agenda-items/{lamps}")).by(&town.aisha).send().await.expect(200);
    answered(app, &lamps, &town.maria, "accept", 2, json!({})).await;
    answered(app, &fence, &town.rivera, "defer", 1, json!({"reason": "The parks board meets first."})).await;
    answered(app, &flowers, &town.maria, "decline", 1, json!({"reason": "The merchants plant them already."})).await;
    let next = app.get(format!("/meetings/{april}/agenda")).by(&town.aisha).send().await.expect(200);
    assert_eq!(next.body["items"][0]["title"], "A fence around the park");
    let path = format!("/meetings/{evening}/agenda");
    let chairs =
        json!({"civilian_chair_id": town.maria.id, "police_chair_id": town.rivera.id, "item_order": [lamps, fence]});
    let chaired = app.patch(&path).by(&town.maria).if_match(1).json(chairs).send().await.expect(200);
    assert_eq!(chaired.body["chaired_by_sides"], json!(["civilian", "police"]));
    app.post(format!("{path}/lock")).by(&town.rivera).if_match(2).send().await.expect(200);
    let open = app.get(&path).send().await.expect(200);
    assert_eq!(open.body["items"].as_array().unwrap().len(), 1, "what is accepted is for everybody");
    lamps
}

async fn they_check_in(app: &App, town: &Town, evening: &str) {
    let path = format!("/meetings/{evening}");
    app.post(format!("{path}/start")).by(&town.maria).if_match(1).send().await.expect(200);
    let shown = app.get(format!("{path}/check-in-code")).by(&town.maria).send().await.expect(200).str("code");
    let say = |by, code: &str| app.post(format!("{path}/check-in")).by(by).json(json!({"code": code})).send();
    say(&town.tom, "AAAAAAA").await.refuses(&["/code"]);
    for who in [&town.tom, &town.maria, &town.rivera] {
        say(who, &shown).await.expect(200);
    }
    let there = app.get(format!("{path}/attendance")).by(&town.tom).send().await.expect(200);
    assert!(there.body["quorum"].as_array().unwrap().iter().all(|side| side["is_quorate"] == true));
}

async fn a_late_change(app: &App, town: &Town, evening: &str) {
    let walk = proposed(app, evening, &town.maria, "The weekly walk", "decide", json!(town.maria.id)).await;
    let path = format!("/agenda-items/{walk}/accept");
    let call = |body: Value| app.post(&path).by(&town.maria).if_match(1).json(body).send();
    call(json!({})).await.refuses(&["/reason"]);
    let late = call(json!({"reason": "The discussion came to an end yesterday."})).await.expect(200);
    assert!(late.body["changed_after_lock_at"].is_string());
}

async fn they_decide(app: &App, town: &Town, evening: &str, lamps: &str, walk: &str, item: &str) {
    let path = format!("/meetings/{evening}/decisions");
    let body = json!({"decision_id": lamps, "text_number": 1, "agenda_item_id": item});
    app.post(&path).by(&town.tom).json(body.clone()).send().await.problem(403, "forbidden");
    app.post(&path).by(&town.maria).json(body).send().await.expect(201);
    for who in [&town.maria, &town.tom, &town.rivera] {
        let stance = json!({"text_number": 1, "level": "endorse"});
        app.put(format!("/decisions/{lamps}/stance")).by(who).json(stance).send().await.expect(200);
    }
    let version = app.get(format!("/decisions/{lamps}")).by(&town.maria).send().await.expect(200).version();
    let over = app.post(format!("/decisions/{lamps}/close")).by(&town.maria).if_match(version).send().await.expect(200);
    assert_eq!(over.body["state"], "adopted");
    // The walk is said aloud; the law has everybody named.
    app.post(&path).by(&town.rivera).json(json!({"decision_id": walk, "text_number": 1})).send().await.expect(201);
    let said = |who: &Person, level: &str| json!({"account_id": who.id, "level": level});
    let mut body = json!({
        "text_number": 1, "civilian": {"endorse": 1, "reservations": 1}, "police": {"endorse": 1},
        "positions": [said(&town.maria, "endorse"), said(&town.rivera, "endorse")]
    });
    let voice = |body: Value| app.post(format!("{path}/{walk}/voice")).by(&town.rivera).json(body).send();
    voice(body.clone()).await.refuses(&["/positions"]);
    body["positions"].as_array_mut().unwrap().push(said(&town.tom, "reservations"));
    let written = voice(body).await.expect(200);
    assert_eq!((&written.body["by_voice"], &written.body["ending"]), (&json!(false), &Value::Null));
    let confirm =
        |by: &Person| app.post(format!("{path}/{walk}/voice/confirm")).by(by).if_match(written.version()).send();
    confirm(&town.rivera).await.problem(409, "already_signed");
    let heard = confirm(&town.maria).await.expect(200);
    assert_eq!((&heard.body["ending"], &heard.body["by_voice"]), (&json!("adopted"), &json!(true)));
    let listed = app.get(&path).by(&town.aisha).send().await.expect(200);
    assert_eq!(each(&listed, "decision_id"), [lamps, walk]);
}

async fn behind_closed_doors(app: &App, town: &mut Town, evening: &str) {
    let path = format!("/meetings/{evening}");
    let motion = json!({
        "motion": "I move that we recess into executive session to consult with the city's attorney about the lease of the hall, and resume the open meeting here at 7:30 pm.",
        "mover_id": town.tom.id, "seconder_id": town.rivera.id, "carried": true, "justification": "attorney_client",
        "subjects": "The lease of the hall.", "resumes_at": "2027-03-10T01:30:00Z",
        "resume_place": "Armourdale Recreation Center"
    });
    let recessed = app.post(format!("{path}/recess")).by(&town.maria).if_match(2).json(motion).send().await.expect(200);
    assert!(recessed.body["recessed_at"].is_string());
    app.post(format!("{path}/adjourn")).by(&town.maria).if_match(3).send().await.problem(409, "conflict");
    town.at(app, "2027-03-10T01:34:00Z").await;
    app.post(format!("{path}/resume")).by(&town.maria).if_match(3).send().await.expect(200);
    let kept = app.get(format!("{path}/executive-sessions")).by(&town.aisha).send().await.expect(200);
    assert_eq!((&kept.items()[0]["late_minutes"], &kept.items()[0]["is_late"]), (&json!(4), &json!(true)));
}

async fn what_was_promised(app: &App, town: &Town, evening: &str, april: &str) {
    let path = format!("/meetings/{evening}");
    let item = json!({"what": "Ask the city for ten lamps.", "assignee_id": town.tom.id, "due_on": "2027-03-23"});
    app.post(format!("{path}/action-items")).by(&town.maria).json(item).send().await.expect(201);
    // Tom leaves a moment before the others, and gets no more reminders.
    let left = json!({"left_at": app.now().to_string()});
    let presence = app.put(format!("{path}/attendance/{}/presence", town.tom.id)).by(&town.maria).json(left.clone());
    assert_eq!(presence.send().await.expect(200).body["left_at"], left["left_at"]);
    let reminders = "/account/meeting-reminders";
    app.put(reminders).by(&town.tom).json(json!({"is_on": false})).send().await.expect(200);
    assert_eq!(app.get(reminders).by(&town.tom).send().await.expect(200).body["is_on"], false);
    app.post(format!("{path}/adjourn")).by(&town.maria).if_match(4).send().await.expect(200);
    let next = app.get(format!("/meetings/{april}/agenda")).by(&town.tom).send().await.expect(200);
    let kinds: Vec<_> = next.body["follow_up"]["items"].as_array().unwrap().iter().map(|i| i["kind"].clone()).collect();
    assert_eq!(kinds, [json!("action_item"), json!("decision"), json!("decision")]);
}

async fn released(app: &App, town: &Town, lights: &str) {
    let path = format!("/partnerships/{lights}/open-meetings-policy");
    let why = json!({"reason": "The city no longer takes part; it is a group of neighbors now."});
    let off = app.post(format!("{path}/end")).by(&town.ada).if_match(1).json(why).send().await.expect(200);
    assert_eq!(off.body["is_on"], false);
}
