use serde_json::{Value, json};

use crate::support::App;
use crate::support::deciding::DECIDING_TAKES;
use crate::support::forming::{draft, objective};

async fn an_amendment_changes_nothing_until_both_sides_adopt_it(app: App) {
    let (p, goal, objective_id) = app.with_goal().await;
    let path = format!("/goals/{goal}");
    let version = app.get(&path).send().await.expect(200).version();
    let mut walk = objective();
    walk["title"] = json!("Walk every alley at night");
    let body = json!({
        "reason": "The utility mends the lamps only in the autumn.", "target_on": "2028-01-31",
        "objectives": [{"objective_id": objective_id, "target": 8, "due_on": "2028-01-15", "weight": 4}], "added": [walk]
    });
    let propose = |by| app.post(format!("{path}/amendments")).by(by).if_match(version).json(body.clone());
    propose(&p.neighbor).send().await.problem(403, "forbidden");
    let made = propose(&p.resident).send().await.expect(201);
    assert_eq!(
        (&made.body["class"], &made.body["state"], &made.body["number"]),
        (&json!("goal"), &json!("proposed"), &json!(1))
    );
    assert_eq!(made.body["before"]["target_on"], "2027-11-30");
    assert_eq!(made.body["before"]["objectives"][0]["target"], 6.0);
    assert_eq!(made.body["changes"]["objectives"][0]["target"], 8.0);
    assert_eq!((&made.body["before"]["title"], &made.body["before"]["added"]), (&Value::Null, &json!([])));
    propose(&p.officer).send().await.problem(409, "conflict");
    let now = app.get(&path).send().await.expect(200);
    assert_eq!(
        (&now.body["target_on"], now.version()),
        (&json!("2027-11-30"), version),
        "the goal stays as it was adopted"
    );
    let text = app.decision_text(&p, &made.str("decision_id")).await;
    assert!(text.contains("by 2028-01-31, and not by 2027-11-30") && text.contains("to 8 per quarter"), "{text}");
    app.adopt(&p, &made.str("decision_id")).await;
    let then = app.get(&path).send().await.expect(200);
    assert_eq!((&then.body["target_on"], &then.body["state"]), (&json!("2028-01-31"), &json!("adopted")));
    let objectives = app.get(format!("{path}/objectives")).send().await.expect(200);
    let told = |n: usize| (objectives.items()[n]["target"].clone(), objectives.items()[n]["weight"].clone());
    assert_eq!((told(0), told(1)), ((json!(8.0), json!(4)), (json!(6.0), json!(3))));
    let ended = app.get(format!("/amendments/{}", made.id())).by(&p.neighbor).send().await.expect(200);
    assert_eq!((&ended.body["state"], &ended.body["ended_at"].is_null()), (&json!("adopted"), &false));
    app.get(format!("/amendments/{}", made.id())).send().await.problem(401, "unauthenticated");
    app.get(format!("/amendments/{}", made.id())).by(&app.citizen().await).send().await.problem(404, "not_found");
}

async fn an_amendment_that_is_taken_back_leaves_the_goal_and_stays_in_its_history(app: App) {
    let (p, goal, objective_id) = app.with_goal().await;
    let path = format!("/goals/{goal}");
    let version = app.get(&path).send().await.expect(200).version();
    let weigh = |weight: i32| {
        let changed = json!({"objective_id": objective_id, "weight": weight});
        let body = json!({"reason": "It counts more than we thought.", "objectives": [changed]});
        app.post(format!("{path}/amendments")).by(&p.resident).if_match(version).json(body)
    };
    let first = weigh(5).send().await.expect(201);
    assert_eq!(first.body["class"], "objective");
    app.take_back(&p, &first.str("decision_id")).await;
    let second = weigh(4).send().await.expect(201);
    assert_eq!(second.body["number"], 2);
    app.adopt(&p, &second.str("decision_id")).await;
    let all = app.get(format!("{path}/amendments?include=total")).by(&p.neighbor).send().await.expect(200);
    let states: Vec<&str> = all.items().iter().map(|a| a["state"].as_str().unwrap()).collect();
    assert_eq!((states, &all.body["total"]), (vec!["adopted", "dropped"], &json!(2)));
    let dropped = app.get(format!("{path}/amendments?state=dropped")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(dropped.items()[0]["id"], first.id());
    assert_eq!(app.get(format!("/objectives/{objective_id}")).send().await.expect(200).body["weight"], 4);
}

async fn an_amendment_of_a_goal_that_is_closed_meanwhile_is_dropped(app: App) {
    let (p, goal, objective_id) = app.with_goal().await;
    let version = app.get(format!("/goals/{goal}")).send().await.expect(200).version();
    let body = json!({
        "reason": "It counts more than we thought.", "objectives": [{"objective_id": objective_id, "weight": 5}]
    });
    let propose =
        |version| app.post(format!("/goals/{goal}/amendments")).by(&p.officer).if_match(version).json(body.clone());
    let made = propose(version).send().await.expect(201);
    let version = app.close_goal(&p, &goal, "partly_achieved").await;
    propose(version).send().await.problem(409, "conflict");
    app.adopt(&p, &made.str("decision_id")).await;
    let ended = app.get(format!("/amendments/{}", made.id())).by(&p.neighbor).send().await.expect(200);
    assert_eq!(ended.body["state"], "dropped");
    assert_eq!(app.get(format!("/objectives/{objective_id}")).send().await.expect(200).body["weight"], 3);
}

async fn an_amended_goal_passes_the_achievability_test_or_says_why_not(app: App) {
    app.earlier(DECIDING_TAKES);
    let p = app.with_mission().await;
    let mut body = draft("Light the alleys");
    body["influence"]["is_within"] = json!(false);
    let goal = app.post(p.path("/goals")).by(&p.resident).json(body).send().await.expect(201).id();
    let path = format!("/goals/{goal}");
    app.post(format!("{path}/objectives")).by(&p.resident).json(objective()).send().await.expect(201);
    app.contributors(&p, &p.resident, &goal).await;
    app.adopt_goal(&p, &goal).await;
    let version = app.get(&path).send().await.expect(200).version();
    let propose = |body: Value| app.post(format!("{path}/amendments")).by(&p.resident).if_match(version).json(body);
    let mut far = json!({"reason": "The utility mends the lamps later.", "target_on": "2030-01-01"});
    let refused = propose(far.clone()).send().await.problem(409, "goal_not_achievable");
    assert_eq!(
        refused.body["missing"].as_array().unwrap().len(),
        2,
        "influence was short of it before: {:#}",
        refused.body
    );
    far["override_reason"] = json!("The city has promised the money for three years.");
    let made = propose(far).send().await.expect(201);
    let decision = made.str("decision_id");
    let read = app.get(format!("/decisions/{decision}")).by(&p.neighbor).send().await.expect(200);
    assert!(
        read.str("text").ends_with("because: The city has promised the money for three years."),
        "{}",
        read.str("text")
    );
    app.adopt(&p, &decision).await;
    let now = app.get(&path).by(&p.resident).send().await.expect(200);
    assert_eq!(
        (&now.body["target_on"], &now.body["override_reason"]),
        (&json!("2030-01-01"), &json!("The city has promised the money for three years."))
    );
}

async fn propose_amendment_names_everything_that_does_not_fit(app: App) {
    let (p, goal, objective_id) = app.with_goal().await;
    let version = app.get(format!("/goals/{goal}")).send().await.expect(200).version();
    let propose = |mut body: Value| {
        body["reason"] = json!("The utility mends the lamps later.");
        app.post(format!("/goals/{goal}/amendments")).by(&p.resident).if_match(version).json(body)
    };
    let of = |change: Value| {
        let mut changed = json!({"objective_id": objective_id});
        changed.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({"objectives": [changed]})
    };
    propose(json!({})).send().await.refuses(&["/objectives"]);
    propose(of(json!({"target": 20}))).send().await.refuses(&["/objectives/0/target"]);
    propose(of(json!({"withdraw": true}))).send().await.refuses(&["/objectives"]);
    propose(of(json!({"due_on": "2028-06-01"}))).send().await.refuses(&["/objectives/0/due_on"]);
    propose(of(json!({}))).send().await.refuses(&["/objectives/0"]);
    propose(of(json!({"objective_id": uuid::Uuid::now_v7(), "weight": 1})))
        .send()
        .await
        .refuses(&["/objectives/0/objective_id"]);
    propose(json!({"target_on": "2027-06-30"})).send().await.refuses(&["/target_on"]);
    let mut half = objective();
    half["baseline"] = Value::Null;
    half["baseline_on"] = Value::Null;
    propose(json!({"added": [half]})).send().await.refuses(&["/added/0/baseline"]);
    let mut owned = objective();
    owned["owner_id"] = json!(app.citizen().await.id);
    propose(json!({"added": [owned]})).send().await.refuses(&["/added/0/owner_id"]);
    propose(json!({"added": [objective(), objective(), objective(), objective(), objective()]}))
        .send()
        .await
        .refuses(&["/added"]);
    let all = app.get(format!("/goals/{goal}/amendments")).by(&p.resident).send().await.expect(200);
    assert!(all.items().is_empty());
}

both_engines![
    an_amendment_changes_nothing_until_both_sides_adopt_it,
    an_amendment_that_is_taken_back_leaves_the_goal_and_stays_in_its_history,
    an_amendment_of_a_goal_that_is_closed_meanwhile_is_dropped,
    an_amended_goal_passes_the_achievability_test_or_says_why_not,
    propose_amendment_names_everything_that_does_not_fit,
];
