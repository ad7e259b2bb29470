//! Every step from every state of a task, and what tasks mean for the partnership around them: its stages, the way to
//! leading, its end.

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::ids::PartnershipId;
use threekeys::partnerships::tasks::{Origin, TaskPurpose, create_from};
use threekeys::platform::clock::days;
use threekeys::schema::partnerships;

use super::tasks::{offer, says, step, task, task_body};
use crate::support::forming::Formed;
use crate::support::{App, Person};

const STATES: [&str; 8] = ["draft", "open", "offered", "accepted", "in_progress", "done", "verified", "cancelled"];

/// A task of a leader's that the neighbor has, or is asked for, in this state.
async fn standing_at(app: &App, p: &Formed, state: &str) -> String {
    let id = task(app, p, &p.resident, json!({"draft": state == "draft"})).await;
    let way: &[&str] = match state {
        "draft" | "open" => &[],
        "offered" => &["offer"],
        "accepted" => &["volunteer"],
        "in_progress" => &["volunteer", "start"],
        "done" => &["volunteer", "start", "complete"],
        "verified" => &["volunteer", "start", "complete", "verify"],
        "cancelled" => &["cancel"],
        other => panic!("no state {other}"),
    };
    for how in way {
        let (by, body) = taken(p, how);
        step(app, by, &id, how, body).await.expect(200);
    }
    id
}

/// Who takes a step, and what they send.
fn taken<'p>(p: &'p Formed, how: &str) -> (&'p Person, Option<Value>) {
    match how {
        "open" => (&p.resident, None),
        "cancel" => (&p.resident, Some(json!({"reason": "The city did it."}))),
        "offer" => (&p.resident, offer(&p.neighbor)),
        "withdraw-offer" => (&p.resident, None),
        "accept" | "decline" | "volunteer" | "return" | "start" => (&p.neighbor, None),
        "complete" => (&p.neighbor, Some(json!({"hours": 2}))),
        "verify" => (&p.officer, Some(json!({}))),
        other => panic!("no step {other}"),
    }
}

/// Each step: the states from which it is taken, and where it leads.
const STEPS: [(&str, &[&str], &str); 11] = [
    ("open", &["draft"], "open"),
    ("cancel", &["draft", "open", "offered", "accepted", "in_progress"], "cancelled"),
    ("offer", &["open"], "offered"),
    ("withdraw-offer", &["offered"], "open"),
    ("accept", &["offered"], "accepted"),
    ("decline", &["offered"], "open"),
    ("volunteer", &["open"], "accepted"),
    ("return", &["accepted", "in_progress"], "open"),
    ("start", &["accepted"], "in_progress"),
    ("complete", &["in_progress"], "done"),
    ("verify", &["done"], "verified"),
];

async fn every_step_from_every_state_is_taken_or_refused(app: App) {
    let p = app.led().await;
    says(&app, &p.neighbor, json!({"wants_more_offers": true})).await;
    let (mut taken_steps, mut refused) = (0, 0);
    for from in STATES {
        for (how, allowed, to) in STEPS {
            let id = standing_at(&app, &p, from).await;
            let before = app.get(format!("/tasks/{id}")).by(&p.resident).send().await.expect(200);
            assert_eq!(before.body["state"], from);
            let (by, body) = taken(&p, how);
            let answer = step(&app, by, &id, how, body).await;
            let after = app.get(format!("/tasks/{id}")).by(&p.resident).send().await.expect(200);
            if allowed.contains(&from) {
                assert_eq!((answer.status, &after.body["state"]), (200, &json!(to)), "{how} from {from}");
                assert_eq!(after.version(), before.version() + 1, "{how} from {from}");
                taken_steps += 1;
            } else {
                assert!([403, 404, 409].contains(&answer.status), "{how} from {from}: {:#}", answer.body);
                assert_eq!(after.body, before.body, "{how} from {from}");
                refused += 1;
            }
        }
        // What it asks for is changed before anybody is asked.
        let id = standing_at(&app, &p, from).await;
        let read = app.get(format!("/tasks/{id}")).by(&p.resident).send().await.expect(200);
        let patch = app.patch(format!("/tasks/{id}")).by(&p.resident).if_match(read.version());
        let status = patch.json(json!({"effort_hours": 3})).send().await.status;
        assert_eq!(status, if ["draft", "open"].contains(&from) { 200 } else { 409 }, "change in {from}");
    }
    assert_eq!((taken_steps, refused), (16, 72));
}

async fn enter(app: &App, p: &Formed, state: &'static str) {
    let id: PartnershipId = p.id.parse().unwrap();
    app.db(move |conn| diesel::update(partnerships::table.find(id)).set(partnerships::state.eq(state)).execute(conn))
        .await;
}

async fn nothing_is_begun_in_a_partnership_that_is_not_at_work(app: App) {
    let mut p = app.led().await;
    says(&app, &p.neighbor, json!({"wants_more_offers": true})).await;
    // What is given up is given up as long as the partnership is not closed.
    for (state, gives_up) in [("suspended", 200), ("closed", 409)] {
        let mut at = Vec::new();
        for (how, allowed, _) in STEPS {
            at.push((how, standing_at(&app, &p, allowed[0]).await));
        }
        let thanks = json!({"account_id": p.neighbor.id, "reason": "hours", "text": "Every walk."});
        let commend = || app.post(p.path("/commendations")).by(&p.resident).json(thanks.clone()).send();
        let thanked = commend().await.expect(201).id();
        let waits = standing_at(&app, &p, "offered").await;
        enter(&app, &p, state).await;
        for (how, id) in &at {
            let (by, body) = taken(&p, how);
            let expected = if ["decline", "return", "withdraw-offer"].contains(how) { gives_up } else { 409 };
            let answer = step(&app, by, id, how, body).await;
            assert_eq!(answer.status, expected, "{how} in a partnership that is {state}: {:#}", answer.body);
        }
        app.post(p.path("/tasks")).by(&p.resident).json(task_body(json!({}))).send().await.problem(409, "conflict");
        app.post(p.path("/skills")).by(&p.resident).json(json!({"skill": state})).send().await.problem(409, "conflict");
        commend().await.problem(409, "conflict");
        let back = app.post(format!("/commendations/{thanked}/withdraw")).by(&p.resident).if_match(1).send().await;
        assert_eq!(back.status, gives_up);
        app.get(p.path("/tasks")).by(&p.neighbor).send().await.expect(200);
        app.later(&mut p, days(5)).await;
        let reopened = app.run_job("reopen_tasks").await;
        let read = app.get(format!("/tasks/{waits}")).by(&p.resident).send().await.expect(200);
        if state == "closed" {
            assert_eq!((reopened, &read.body["state"]), (0, &json!("offered")), "it can only be read");
        } else {
            assert_eq!(read.body["state"], "open");
        }
        enter(&app, &p, "forming").await;
    }
}

async fn what_is_not_done_is_settled_or_named_before_a_closing(app: App) {
    let p = app.led().await;
    for state in ["draft", "done", "verified", "cancelled"] {
        standing_at(&app, &p, state).await;
    }
    says(&app, &p.neighbor, json!({"wants_more_offers": true})).await;
    let mut open = Vec::new();
    for state in ["open", "offered", "accepted", "in_progress"] {
        open.push(standing_at(&app, &p, state).await);
    }
    let closing = |left: Vec<Value>| {
        let statement = "The city goes on with it from now on, and we with the city.";
        let body = json!({"reason": "other", "statement": statement, "left_open": left});
        app.post(p.path("/closings")).by(&p.resident).json(body).send()
    };
    let refused = closing(Vec::new()).await.problem(409, "gate_unmet");
    assert_eq!(refused.body["missing"], json!(["task"]));
    let addresses: Vec<String> = open.iter().map(|id| format!("/api/v1/tasks/{id}")).collect();
    assert_eq!(refused.body["conflicts"], json!(addresses));
    step(&app, &p.resident, &open[0], "cancel", Some(json!({"reason": "Not any more."}))).await.expect(200);
    let named = open[1..].iter();
    let named: Vec<Value> = named
        .map(|id| json!({"kind": "task", "id": id, "disposition": "transferred", "note": "The city's crew."}))
        .collect();
    closing(named[1..].to_vec()).await.problem(409, "gate_unmet");
    let agreement = closing(named).await.expect(201).id();
    app.post(format!("/agreements/{agreement}/sign")).by(&p.officer).if_match(1).send().await.expect(200);
    assert_eq!(app.get(p.path("")).send().await.expect(200).body["state"], "closed");
}

async fn a_task_that_is_done_keeps_the_partnership_awake(app: App) {
    let (mut p, _) = app.active().await;
    let id = standing_at(&app, &p, "in_progress").await;
    app.later(&mut p, days(59)).await;
    app.follow().await;
    let life = async || app.get(p.path("")).by(&p.resident).send().await.expect(200).body["life_cycle"].clone();
    assert_ne!(life().await["last_activity_at"], json!(app.now().day().to_string()));
    step(&app, &p.neighbor, &id, "complete", Some(json!({"hours": 2}))).await.expect(200);
    app.follow().await;
    assert_eq!(life().await["last_activity_at"], json!(app.now().day().to_string()));
}

async fn what_members_do_leads_them_on(app: App) {
    let p = app.led().await;
    let membership = app.membership(&p, &p.neighbor).await;
    let way = async || {
        let path = format!("/memberships/{membership}/development");
        app.get(path).by(&p.neighbor).send().await.expect(200).body
    };
    let does = async |leads: bool, verified: bool| {
        let id = task(&app, &p, &p.resident, json!({"leads_others": leads})).await;
        let steps = ["volunteer", "start", "complete", "verify"];
        for how in &steps[..3 + usize::from(verified)] {
            let (by, body) = taken(&p, how);
            step(&app, by, &id, how, body).await.expect(200);
        }
    };
    let suggested = async |stage: Option<&str>| {
        let path = p.path("/promotions/suggest");
        let answer = app.post(path).by(&p.resident).send().await.expect(200);
        assert_eq!(answer.body["suggested"], json!(i32::from(stage.is_some())), "{stage:?}");
        let Some(stage) = stage else { return };
        let open = app.get(p.path("/promotions?state=suggested")).by(&p.resident).send().await.expect(200);
        assert_eq!(open.items()[0]["stage"], stage);
        let id = open.items()[0]["id"].as_str().unwrap().to_owned();
        for (how, by, version) in [("confirm", &p.resident, 1), ("agree", &p.neighbor, 2)] {
            app.post(format!("/promotions/{id}/{how}")).by(by).if_match(version).send().await.expect(200);
        }
        assert_eq!(way().await["stage"], stage);
    };
    does(false, false).await;
    suggested(None).await;
    does(false, true).await;
    assert_eq!(way().await["service"], json!({"verified_tasks": 1, "led_tasks": 0, "facilitated_items": 0}));
    suggested(Some("contributor")).await;
    does(true, false).await;
    suggested(Some("task_lead")).await;
    let ready = json!({"willing_to_lead": true, "willing_to_mentor": false, "orientation_done_on": "2027-02-01"});
    app.put(format!("/memberships/{membership}/readiness")).by(&p.neighbor).json(ready).send().await.expect(200);
    suggested(None).await;
    does(true, false).await;
    assert_eq!(way().await["service"], json!({"verified_tasks": 1, "led_tasks": 2, "facilitated_items": 0}));
    suggested(Some("deputy_ready")).await;
}

async fn other_slices_make_tasks_for_somebody_who_is_asked(app: App) {
    let p = app.led().await;
    let (by, of, now) = (p.resident.id, p.id.parse::<PartnershipId>().unwrap(), app.now());
    for (assignee, state) in [(None, "open"), (Some(p.neighbor.id), "offered"), (Some(p.commander.id), "open")] {
        let reference = uuid::Uuid::now_v7();
        let origin = Origin {
            purpose: TaskPurpose::Decision,
            reference,
            title: "Write to the lamp office".into(),
            description: "As we decided.".into(),
            due_on: None,
            assignee,
            is_private: false,
        };
        let write = app.state.db.write(move |conn| create_from(conn, by, of, origin, now), |_, _| Ok(()));
        let id = write.await.unwrap().to_string();
        let read = app.get(format!("/tasks/{id}")).by(&p.neighbor).send().await.expect(200);
        assert_eq!((&read.body["state"], &read.body["purpose"]["id"]), (&json!(state), &json!(reference)));
        if assignee == Some(p.neighbor.id) {
            assert_eq!(step(&app, &p.neighbor, &id, "accept", None).await.expect(200).body["state"], "accepted");
        }
    }
}

both_engines![
    every_step_from_every_state_is_taken_or_refused,
    nothing_is_begun_in_a_partnership_that_is_not_at_work,
    what_is_not_done_is_settled_or_named_before_a_closing,
    a_task_that_is_done_keeps_the_partnership_awake,
    what_members_do_leads_them_on,
    other_slices_make_tasks_for_somebody_who_is_asked
];
