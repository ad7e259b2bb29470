//! Tasks that go to whoever can and likes to do them: asked, accepted, done, confirmed, thanked for.

use serde_json::{Value, json};

use super::town::{Town, each, join, partnership};
use crate::support::{Answer, App, Person};

pub async fn helping_hands(app: App) {
    let mut town = app.town().await;
    let lights = partnership(&app, &town).await;
    let path = format!("/partnerships/{lights}");
    for who in [&town.aisha, &town.sam] {
        join(&app, &lights, who, &town.maria).await;
    }
    town.at(&app, "2027-03-01T18:04:00Z").await;
    what_people_can_and_like(&app, &town).await;
    let walk = a_task_in_the_making(&app, &town, &path).await;
    somebody_who_fits(&app, &town, &walk).await;
    town.at(&app, "2027-03-09T18:00:00Z").await;
    asked_again(&app, &town, &walk).await;
    town.at(&app, "2027-03-20T18:00:00Z").await;
    done_and_confirmed(&app, &town, &path, &walk).await;
    whoever_comes_forward(&app, &town, &path).await;
    town.at(&app, "2027-03-20T18:04:00Z").await;
    at_two_places(&app, &town, &path).await;
    thanks(&app, &town, &path, &walk).await;
    how_evenly(&app, &town, &path).await;
}

async fn step(app: &App, by: &Person, task: &str, how: &str, body: Value) -> Answer {
    let version = app.get(format!("/tasks/{task}")).by(by).send().await.expect(200).version();
    let call = app.post(format!("/tasks/{task}/{how}")).by(by).if_match(version);
    match body {
        Value::Null => call.send().await.expect(200),
        body => call.json(body).send().await.expect(200),
    }
}

async fn what_people_can_and_like(app: &App, town: &Town) {
    for (who, profile) in [
        (
            &town.aisha,
            json!({
                "skills": [{"skill": "Spanish interpreting", "level": 4, "evidence": "Court interpreter for six years"}],
                "interests": [{"topic": "Street lighting", "strength": 3}], "growth": ["Public speaking"],
                "languages": ["en", "es"], "wants_more_offers": true,
                "availability": [{"weekday": 4, "starts": "17:00", "ends": "22:00"}]
            }),
        ),
        (&town.tom, json!({"skills": [{"skill": "Spanish interpreting", "level": 2}]})),
        (&town.sam, json!({"interests": [{"topic": "Dogs", "strength": 3}]})),
    ] {
        let version = app.get("/account/profile").by(who).send().await.expect(200).version();
        let said = app.patch("/account/profile").by(who).if_match(version).json(profile).send().await.expect(200);
        assert_eq!(said.version(), version + 1);
    }
}

async fn a_task_in_the_making(app: &App, town: &Town, path: &str) -> String {
    let skill = json!({"skill": "Reading meter numbers"});
    app.post(format!("{path}/skills")).by(&town.tom).json(skill).send().await.expect(201);
    let body = json!({
        "title": "Interpret at the lamp walk", "description": "Walk along and put questions and answers into Spanish.",
        "required_skills": [{"skill": "Spanish interpreting", "min_level": 2, "essential": true}],
        "topics": ["Street lighting"], "effort_hours": 3, "due_on": "2027-03-20",
        "starts_at": "2027-03-18T23:30:00Z", "ends_at": "2027-03-19T02:30:00Z", "place": "Armourdale Recreation Center",
        "language": "es", "police_role": "support", "leads_others": true, "draft": true
    });
    let made = app.post(format!("{path}/tasks")).by(&town.tom).json(body).send().await.expect(201);
    assert_eq!(
        (&made.body["state"], &made.body["created_by"]["display_name"]),
        (&json!("draft"), &json!("Tom Becker"))
    );
    let id = made.id();
    app.get(format!("/tasks/{id}")).by(&town.sam).send().await.problem(404, "not_found");
    let mentor = json!({"mentor_id": town.maria.id, "effort_hours": 4});
    app.patch(format!("/tasks/{id}")).by(&town.tom).if_match(1).json(mentor).send().await.expect(200);
    step(app, &town.tom, &id, "open", Value::Null).await;
    let read = app.get(format!("/tasks/{id}")).by(&town.sam).send().await.expect(200);
    assert_eq!((&read.body["state"], &read.body["mentor"]["display_name"]), (&json!("open"), &json!("Maria Lopez")));
    let words = app.get(format!("{path}/skills")).by(&town.sam).send().await.expect(200);
    assert_eq!(each(&words, "skill"), ["Reading meter numbers", "Spanish interpreting"]);
    id
}

async fn somebody_who_fits(app: &App, town: &Town, walk: &str) {
    let path = format!("/tasks/{walk}");
    let found = app.get(format!("{path}/candidates")).by(&town.maria).send().await.expect(200);
    assert_eq!(each(&found, "person/display_name"), ["Aisha Grant", "Tom Becker"], "Sam likes dogs");
    let (aisha, tom) = (&found.items()[0], &found.items()[1]);
    assert_eq!((&aisha["match"]["score"], &aisha["feasible"]), (&json!(100), &json!(true)));
    assert_eq!(aisha["match"]["reasons"], json!(["skills_met", "interested", "no_recent_task", "first_lead"]));
    assert_eq!((&tom["match"]["score"], &tom["why"]), (&json!(65), &json!([])));
    app.get(format!("{path}/candidates")).by(&town.tom).send().await.problem(403, "forbidden");
    let asked = step(app, &town.maria, walk, "offer", json!({"account_id": town.aisha.id})).await;
    assert_eq!((&asked.body["state"], &asked.body["offer"]["basis"]), (&json!("offered"), &json!("both")));
    let waiting = app.get("/account/tasks?relation=offered").by(&town.aisha).send().await.expect(200);
    assert_eq!(each(&waiting, "id"), [walk]);
    let no = step(app, &town.aisha, walk, "decline", Value::Null).await;
    assert_eq!(no.body["state"], "open", "and nothing is held against her");
    step(app, &town.maria, walk, "offer", json!({"account_id": town.tom.id})).await;
    step(app, &town.maria, walk, "withdraw-offer", Value::Null).await;
    let again = json!({"account_id": town.tom.id});
    let version = app.get(&path).by(&town.maria).send().await.expect(200).version();
    let refused = app.post(format!("{path}/offer")).by(&town.maria).if_match(version).json(again).send().await;
    refused.problem(409, "conflict");
}

async fn asked_again(app: &App, town: &Town, walk: &str) {
    step(app, &town.rivera, walk, "offer", json!({"account_id": town.aisha.id})).await;
    let yes = step(app, &town.aisha, walk, "accept", Value::Null).await;
    assert_eq!(
        (&yes.body["state"], &yes.body["assignee"]["display_name"], &yes.body["assignment"]["basis"]),
        (&json!("accepted"), &json!("Aisha Grant"), &json!("both"))
    );
    step(app, &town.aisha, walk, "start", Value::Null).await;
    let own = app.get("/account/tasks").by(&town.aisha).send().await.expect(200);
    assert_eq!(each(&own, "state"), ["in_progress"]);
}

async fn done_and_confirmed(app: &App, town: &Town, path: &str, walk: &str) {
    let done = step(app, &town.aisha, walk, "complete", json!({"hours": 3.5})).await;
    assert_eq!(done.body["assignment"]["hours_claimed"], 3.5);
    let seen = step(app, &town.tom, walk, "verify", json!({"hours": 3.25})).await;
    assert_eq!((&seen.body["state"], &seen.body["assignment"]["hours_confirmed"]), (&json!("verified"), &json!(3.25)));
    assert_eq!(seen.body["assignment"]["worth"]["amount_cents"], 11307);
    let archive = app.get(format!("{path}/tasks?archived=true")).by(&town.sam).send().await.expect(200);
    assert_eq!(each(&archive, "id"), [walk]);
    assert_eq!(archive.items()[0]["assignment"], Value::Null, "hours are between Aisha, Tom and the leaders");
}

async fn whoever_comes_forward(app: &App, town: &Town, path: &str) {
    let flyers = json!({"title": "Print flyers", "description": "Two hundred, both languages.", "effort_hours": 2});
    let flyers = app.post(format!("{path}/tasks")).by(&town.maria).json(flyers).send().await.expect(201).id();
    let taken = step(app, &town.sam, &flyers, "volunteer", Value::Null).await;
    assert_eq!(taken.body["assignment"]["basis"], "volunteered");
    let back = step(app, &town.sam, &flyers, "return", Value::Null).await;
    assert_eq!((&back.body["state"], &back.body["assignee"]), (&json!("open"), &Value::Null));
    let why = json!({"reason": "The library prints them anyway."});
    let gone = step(app, &town.maria, &flyers, "cancel", why).await;
    assert_eq!(gone.body["cancel_reason"], "The library prints them anyway.");
}

async fn at_two_places(app: &App, town: &Town, path: &str) {
    let mut at = Vec::new();
    for (title, from, to) in [
        ("Open the hall", "2027-03-27T22:00:00Z", "2027-03-28T01:00:00Z"),
        ("Greet at the door", "2027-03-27T23:00:00Z", "2027-03-28T00:00:00Z"),
    ] {
        let body = json!({
            "title": title, "description": "On Saturday, at the hall.", "effort_hours": 3, "starts_at": from, "ends_at": to
        });
        at.push(app.post(format!("{path}/tasks")).by(&town.maria).json(body).send().await.expect(201).id());
    }
    step(app, &town.sam, &at[0], "volunteer", Value::Null).await;
    let door = format!("/tasks/{}", at[1]);
    let refused = app.post(format!("{door}/volunteer")).by(&town.sam).if_match(1).send().await.problem(409, "overlap");
    assert_eq!(refused.body["conflicts"], json!([format!("/api/v1/tasks/{}", at[0])]));
    let why = json!({"reason": "The door is the hall's; Sam does both."});
    step(app, &town.ada, &at[1], "allow-overlap", why).await;
    step(app, &town.sam, &at[1], "volunteer", Value::Null).await;
}

async fn thanks(app: &App, town: &Town, path: &str, walk: &str) {
    let body = json!({
        "account_id": town.aisha.id, "reason": "task", "task_id": walk, "is_public": true,
        "text": "Because of you nobody had to guess."
    });
    let given = app.post(format!("{path}/commendations")).by(&town.tom).json(body).send().await.expect(201).id();
    let quiet = json!({"account_id": town.tom.id, "reason": "role", "text": "You keep us going."});
    let quiet = app.post(format!("{path}/commendations")).by(&town.aisha).json(quiet).send().await.expect(201).id();
    let all = app.get(format!("{path}/commendations")).by(&town.sam).send().await.expect(200);
    assert_eq!(each(&all, "id"), [given.as_str()]);
    let own = app.get("/account/commendations").by(&town.tom).send().await.expect(200);
    assert_eq!(each(&own, "given_by/display_name"), ["Aisha Grant"]);
    app.get(format!("/commendations/{given}")).by(&town.sam).send().await.expect(200);
    let back = app.post(format!("/commendations/{quiet}/withdraw")).by(&town.aisha).if_match(1).send().await;
    assert_ne!(back.expect(200).body["withdrawn_at"], Value::Null);
}

async fn how_evenly(app: &App, town: &Town, path: &str) {
    let equity = app.get(format!("{path}/task-equity")).by(&town.tom).send().await.expect(200);
    let (total, civilian) = (&equity.body["total"], &equity.body["sides"][0]["equity"]);
    assert_eq!((&total["members"], &total["coverage"]), (&json!(5), &json!(0.4)));
    assert_eq!((&civilian["members"], &civilian["lead_coverage"]), (&json!(4), &json!(0.25)));
    assert_eq!(equity.body["hours_confirmed"], 3.25);
    assert_eq!(equity.body["bases"], json!([{"basis": "both", "count": 1}, {"basis": "volunteered", "count": 2}]));
}
