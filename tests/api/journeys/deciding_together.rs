//! What neighbors and officers of Armourdale decide together: a walk through the alleys, a lamp, and what came of both.

use serde_json::{Value, json};
use threekeys::platform::clock::hours;

use super::town::{Town, each, join, partnership};
use crate::support::{Answer, App, Person};

const WALK: &str = "Every Tuesday from 7 to 8 pm two neighbors and one officer walk the alleys behind Kansas Avenue.";

/// The partnership, and its path.
struct Group {
    id: String,
}

impl Group {
    fn path(&self, rest: &str) -> String {
        format!("/partnerships/{}{rest}", self.id)
    }
}

pub async fn what_they_decide_together(app: App) {
    let mut town = app.town().await;
    let group = Group { id: partnership(&app, &town).await };
    join(&app, &group.id, &town.aisha, &town.maria).await;
    let walk = talked_about(&app, &town, &group).await;
    town.at(&app, "2027-03-05T18:00:00Z").await;
    felt_out_and_mended(&app, &town, &walk).await;
    blocked_and_met(&app, &town, &walk).await;
    town.at(&app, "2027-03-07T19:00:00Z").await;
    closed_and_written_down(&app, &town, &group, &walk).await;
    a_block_that_stood_on_nothing(&app, &town, &group).await;
    a_leader_decides(&app, &mut town, &group).await;
    taken_back(&app, &town, &group).await;
    town.at(&app, "2027-09-08T18:00:00Z").await;
    looked_at_again(&app, &town, &group, &walk).await;
}

async fn version(app: &App, id: &str, by: &Person) -> Value {
    app.get(format!("/decisions/{id}")).by(by).send().await.expect(200).body["version"].clone()
}

/// A step of a decision, with what it wants to know.
async fn step(app: &App, id: &str, by: &Person, step: &str, body: Value) -> Answer {
    let call = app.post(format!("/decisions/{id}/{step}")).by(by).if_match(version(app, id, by).await);
    let call = if body.is_null() { call } else { call.json(body) };
    call.send().await.expect(200)
}

async fn says(app: &App, id: &str, who: &Person, body: Value) -> Answer {
    app.put(format!("/decisions/{id}/stance")).by(who).json(body).send().await.expect(200)
}

async fn talked_about(app: &App, town: &Town, group: &Group) -> String {
    let body = json!({
        "class": "action_plan", "question": "Do we walk the alleys together every week?", "text": WALK,
        "background": {
            "links": [{"title": "Night walks in other cities", "url": "https://walks.example.org/guide"}],
            "options": ["Walk once a month", "Ask for a patrol instead"]
        }
    });
    let made = app.post(group.path("/decisions")).by(&town.maria).json(body).send().await.expect(201);
    assert_eq!((&made.body["state"], &made.body["method"]), (&json!("draft"), &json!("consensus")));
    let id = made.id();
    let path = format!("/decisions/{id}");
    app.get(&path).by(&town.tom).send().await.problem(404, "not_found");
    let better = json!({"question": "Do we walk the alleys together every Tuesday?", "hides_results": false});
    app.patch(&path).by(&town.maria).if_match(1).json(better).send().await.expect(200);
    let open = step(app, &id, &town.maria, "discuss", Value::Null).await;
    assert_eq!(open.body["sense_check_from"], "2027-03-04T18:00:00Z", "three days to talk");
    let seen = app.get(&path).by(&town.tom).send().await.expect(200);
    assert_eq!(seen.str("text"), WALK);
    let early = app.post(format!("{path}/sense-check")).by(&town.maria).if_match(seen.version()).send().await;
    early.problem(409, "gate_unmet");
    id
}

async fn felt_out_and_mended(app: &App, town: &Town, id: &str) {
    step(app, id, &town.rivera, "sense-check", Value::Null).await;
    says(app, id, &town.aisha, json!({"text_number": 1, "fingers": 4})).await;
    let unsure =
        json!({"text_number": 1, "level": "more_discussion", "reason": "Thursdays would suit the shops better."});
    let felt = says(app, id, &town.tom, unsure).await;
    assert_eq!((&felt.body["phase"], &felt.body["score"]), (&json!("sense_check"), &json!(4)));
    let text = json!({
        "text": "Every Tuesday and Thursday from 7 to 8 pm two neighbours and one officer walk the alleys behind Kansas Avenue.",
        "note": "Thursday added, as Tom asked."
    });
    let amended = step(app, id, &town.maria, "amend", text).await;
    assert_eq!((&amended.body["state"], &amended.body["text_number"]), (&json!("amending"), &json!(2)));
    let right = json!({
        "text": "Every Tuesday and Thursday from 7 to 8 pm two neighbors and one officer walk the alleys behind Kansas Avenue."
    });
    step(app, id, &town.maria, "correction", right).await;
    step(app, id, &town.maria, "correction/approve", Value::Null).await;
    let corrected = step(app, id, &town.rivera, "correction/approve", Value::Null).await;
    assert!(corrected.str("text").contains("two neighbors"));
    let versions = app.get(format!("/decisions/{id}/versions")).by(&town.tom).send().await.expect(200);
    let numbers: Vec<_> = versions.items().iter().map(|v| (v["number"].clone(), v["revision"].clone())).collect();
    assert_eq!(numbers, [(json!(2), json!(2)), (json!(2), json!(1)), (json!(1), json!(1))]);
    let diff = app.get(format!("/decisions/{id}/diff?from=1&to=2")).by(&town.tom).send().await.expect(200);
    let added: String = diff.body["parts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|part| part["op"] == "added")
        .map(|part| part["text"].as_str().unwrap())
        .collect();
    assert_eq!(added.trim(), "and Thursday");
    step(app, id, &town.maria, "sense-check", Value::Null).await;
    says(app, id, &town.tom, json!({"text_number": 2, "short": "agree"})).await;
}

async fn blocked_and_met(app: &App, town: &Town, id: &str) {
    let called = step(app, id, &town.maria, "final-call", json!({"hours": 168})).await;
    assert_eq!(called.body["closes_at"], "2027-03-12T18:00:00Z");
    assert_eq!(called.body["own"], json!({"is_asked": true, "is_awaited": true, "stance": null}));
    let again = app.post(format!("/decisions/{id}/stance/reaffirm")).by(&town.tom);
    let again = again.json(json!({"text_number": 2})).send().await.expect(200);
    assert_eq!((&again.body["phase"], &again.body["level"]), (&json!("final_call"), &json!("endorse")));
    let block = json!({
        "text_number": 2, "level": "block", "principle": "safety",
        "reason": "Nobody should walk there without a light and a number to call.",
        "remedy": "Lamps, vests and the non-emergency number for everybody who walks."
    });
    says(app, id, &town.aisha, block).await;
    says(app, id, &town.maria, json!({"text_number": 2, "level": "endorse"})).await;
    let seen = app.get(format!("/decisions/{id}/result")).by(&town.rivera).send().await.expect(200);
    let verdict = &seen.body["verdict"];
    assert_eq!((&verdict["ending"], &verdict["blocks"]), (&json!("lapsed"), &json!(1)), "no officer has spoken yet");
    assert_eq!(verdict["sides"][1]["needed_to_take_part"], 1);
    let blocks = app.get(format!("/decisions/{id}/blocks")).by(&town.rivera).send().await.expect(200);
    assert_eq!(each(&blocks, "principle"), ["safety"]);
    let path = format!("/decision-blocks/{}", blocks.items()[0]["id"].as_str().unwrap());
    let step = async |who: &Person, step: &str, body: Value| {
        let version = app.get(&path).by(who).send().await.expect(200).version();
        let call = app.post(format!("{path}/{step}")).by(who).if_match(version);
        let call = if body.is_null() { call } else { call.json(body) };
        call.send().await.expect(200)
    };
    let doubt = json!({"reason": "Is that about safety, or about who pays?"});
    step(&town.tom, "challenge", doubt).await;
    let stands = step(&town.maria, "sustain", json!({"reason": "It is about safety."})).await;
    assert_eq!(stands.body["state"], "sustained");
    let met = json!({"reason": "The district lends lamps and vests, and Officer Rivera brings cards with the number."});
    step(&town.rivera, "address", met).await;
    let gone = step(&town.aisha, "withdraw", Value::Null).await;
    assert_eq!((&gone.body["state"], &gone.body["counts"]), (&json!("withdrawn"), &json!(false)));
    says(app, id, &town.aisha, json!({"text_number": 2, "level": "agree_minor", "reason": "With lamps, gladly."}))
        .await;
    says(app, id, &town.rivera, json!({"text_number": 2, "level": "endorse"})).await;
}

async fn closed_and_written_down(app: &App, town: &Town, group: &Group, id: &str) {
    let stances = app.get(format!("/decisions/{id}/stances")).by(&town.tom).send().await.expect(200);
    assert_eq!(stances.items().len(), 4);
    let before = app.get(format!("/decisions/{id}/stances/history?side=civilian")).by(&town.tom).send().await;
    assert_eq!(before.expect(200).items().len(), 4, "what was said of earlier texts, and a block");
    let closed = step(app, id, &town.maria, "close", Value::Null).await;
    assert_eq!((&closed.body["state"], &closed.body["result"]["ending"]), (&json!("adopted"), &json!("adopted")));
    let conditions = closed.body["result"]["conditions"].as_array().unwrap();
    assert!(conditions.iter().all(|c| c["is_met"] == true));
    let outcome = json!({
        "statement": "From now on we walk the alleys together every Tuesday and Thursday from 7 to 8 pm.",
        "responsibilities": [{"what": "Lend lamps and vests", "account_id": town.rivera.id, "due_on": "2027-03-09"}],
        "communications": [{"audience": "Merchants of Kansas Avenue", "message": "Tom tells them at breakfast on Friday."}],
        "review_on": "2027-09-07"
    });
    let path = format!("/decisions/{id}/outcome");
    let put = app.put(path).by(&town.maria).if_match(version(app, id, &town.maria).await).json(outcome);
    let written = put.send().await.expect(200);
    assert_eq!((&written.body["state"], &written.body["outcome_due_at"]), (&json!("in_force"), &Value::Null));
    let task = written.body["outcome"]["responsibilities"][0]["task_id"].as_str().unwrap();
    let home = app.get(group.path("/home")).by(&town.rivera).send().await.expect(200);
    assert_eq!((&home.body["tasks"][0]["id"], &home.body["tasks"][0]["state"]), (&json!(task), &json!("offered")));
    let list = app.get(group.path("/decisions?class=action_plan&include=total")).by(&town.rivera).send().await;
    let list = list.expect(200);
    assert_eq!((each(&list, "state"), &list.body["total"]), (vec!["in_force".to_owned()], &json!(1)));
    app.get(group.path("/decisions")).by(&town.sam).send().await.problem(404, "not_found");
}

/// Drafts a decision and brings it to its final call.
async fn called(app: &App, town: &Town, group: &Group, body: Value) -> String {
    let id = app.post(group.path("/decisions")).by(&town.maria).json(body).send().await.expect(201).id();
    for next in ["discuss", "sense-check"] {
        step(app, &id, &town.maria, next, Value::Null).await;
    }
    step(app, &id, &town.maria, "final-call", json!({"hours": 72})).await;
    id
}

async fn a_block_that_stood_on_nothing(app: &App, town: &Town, group: &Group) {
    let body = json!({
        "class": "resource", "question": "Do we ask the city for a lamp at 10th Street?",
        "text": "We ask Public Works for one lamp at the corner of 10th Street and Kansas Avenue."
    });
    let id = called(app, town, group, body).await;
    let block = json!({
        "text_number": 1, "short": "block", "principle": "capacity", "reason": "I would rather have it at 12th Street.",
        "remedy": "Put the lamp at 12th Street."
    });
    says(app, &id, &town.tom, block).await;
    let blocks = app.get(format!("/decisions/{id}/blocks")).by(&town.maria).send().await.expect(200);
    let path = format!("/decision-blocks/{}", blocks.items()[0]["id"].as_str().unwrap());
    let say = async |who: &Person, step: &str, version: i64, reason: &str| {
        let call = app.post(format!("{path}/{step}")).by(who).if_match(version).json(json!({"reason": reason}));
        call.send().await.expect(200)
    };
    say(&town.aisha, "challenge", 1, "We can ask for both; nobody's capacity is at stake.").await;
    let once = say(&town.maria, "dismiss", 2, "A preference, and no principle.").await;
    assert_eq!(once.body["state"], "challenged", "one side alone dismisses nothing");
    let both = say(&town.rivera, "dismiss", 3, "Public Works takes two requests as well as one.").await;
    assert_eq!(both.body["state"], "dismissed");
}

async fn a_leader_decides(app: &App, town: &mut Town, group: &Group) {
    let body = json!({
        "class": "other", "method": "advice", "question": "Where do we keep the vests?",
        "text": "The vests and lamps are kept at the bakery on the corner."
    });
    let id = called(app, town, group, body).await;
    says(app, &id, &town.aisha, json!({"text_number": 1, "short": "agree"})).await;
    says(app, &id, &town.rivera, json!({"text_number": 1, "short": "reservations", "reason": "The station is dry."}))
        .await;
    town.later(app, hours(48)).await;
    let ruling = json!({"adopt": true, "reason": "The bakery is open when we walk, and dry as well."});
    let decided = step(app, &id, &town.maria, "decide", ruling).await;
    assert_eq!(decided.body["state"], "adopted");
}

async fn taken_back(app: &App, town: &Town, group: &Group) {
    let body = json!({
        "class": "other", "question": "Do we print shirts?", "text": "We print twenty shirts with a lamp on them.",
        "is_anonymous": true
    });
    // Of one officer alone everybody could tell the stance from the result.
    join(app, &group.id, &town.chen, &town.rivera).await;
    let id = called(app, town, group, body).await;
    says(app, &id, &town.tom, json!({"text_number": 1, "level": "disagree", "reason": "Buy lamps instead."})).await;
    let stances = app.get(format!("/decisions/{id}/stances")).by(&town.maria).send().await.expect(200);
    assert!(stances.items()[0]["person"].is_null());
    let gone = step(app, &id, &town.maria, "withdraw", json!({"reason": "Lamps first."})).await;
    assert_eq!(gone.body["state"], "withdrawn");
}

async fn looked_at_again(app: &App, town: &Town, group: &Group, id: &str) {
    let why = json!({"reason": "Half a year is over."});
    step(app, id, &town.maria, "review", why).await;
    let good = json!({"reason": "Thirty-one people walked, and nobody was alone."});
    let once = step(app, id, &town.maria, "reaffirm", good.clone()).await;
    assert_eq!(once.body["state"], "under_review");
    let stays = step(app, id, &town.rivera, "reaffirm", good).await;
    assert_eq!((&stays.body["state"], &stays.body["review_on"]), (&json!("reaffirmed"), &json!("2028-03-08")));
    let vests = app.get(group.path("/decisions?class=other&state=adopted")).by(&town.tom).send().await.expect(200);
    let vests = vests.items()[0]["id"].as_str().unwrap().to_owned();
    let late = app.get(group.path("/decisions?outcome_overdue=true")).by(&town.tom).send().await.expect(200);
    assert_eq!(each(&late, "id"), [vests.as_str()]);
    let outcome = json!({"statement": "The vests are kept at the bakery."});
    let put = app.put(format!("/decisions/{vests}/outcome")).by(&town.maria);
    put.if_match(version(app, &vests, &town.maria).await).json(outcome).send().await.expect(200);
    let moved = json!({"reason": "The bakery has closed."});
    step(app, &vests, &town.maria, "review", moved.clone()).await;
    step(app, &vests, &town.maria, "rescind", moved.clone()).await;
    assert_eq!(step(app, &vests, &town.rivera, "rescind", moved).await.body["state"], "rescinded");
    let told = app.get(format!("/decisions/{id}/timeline?limit=5")).by(&town.tom).send().await.expect(200);
    assert_eq!(told.items()[0]["words"], "The decision was reaffirmed by leaders of both sides");
}
