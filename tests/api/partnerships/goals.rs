use serde_json::{Value, json};
use threekeys::platform::clock::days;

use crate::support::App;
use crate::support::forming::{draft, objective};

async fn propose_goal_needs_leaders_mission_and_complete_objectives_in_that_order(app: App) {
    let p = app.forming().await;
    let goal = app.post(p.path("/goals")).by(&p.resident).json(draft("Light the alleys")).send().await.expect(201).id();
    let propose =
        |version: i64| app.post(format!("/goals/{goal}/propose")).by(&p.resident).if_match(version).json(json!({}));
    propose(1).send().await.problem(403, "forbidden");
    app.seat(&p, &p.resident, &p.neighbor, "primary").await;
    let refused = propose(1).send().await.problem(409, "leadership_incomplete");
    assert_eq!(refused.body["missing"], json!(["police_leader"]));
    app.seat(&p, &p.officer, &p.commander, "primary").await;
    let refused = propose(1).send().await.problem(409, "formation_incomplete");
    assert_eq!(refused.body["missing"], json!(["mission", "objectives"]));
    let mut half = objective();
    half["target"] = Value::Null;
    let objective = app.post(format!("/goals/{goal}/objectives")).by(&p.resident).json(half).send().await.expect(201);
    app.mission(&p).await;
    let refused = propose(1).send().await.problem(409, "formation_incomplete");
    assert_eq!(refused.body["missing"], json!(["objectives"]));
    app.patch(format!("/objectives/{}", objective.id()))
        .by(&p.resident)
        .if_match(1)
        .json(json!({"target": 6}))
        .send()
        .await
        .expect(200);
    app.contributors(&p, &p.resident, &goal).await;
    let proposed = propose(1).send().await.expect(200);
    assert_eq!(
        (proposed.body["state"].as_str(), proposed.body["is_current"].as_bool()),
        (Some("proposed"), Some(true))
    );
    propose(2).send().await.problem(409, "conflict");
}

async fn a_goal_is_adopted_by_both_sides_and_is_the_only_current_one(app: App) {
    let p = app.with_mission().await;
    let (first, objective) = app.goal(&p, &p.resident, "Light the alleys").await;
    let (second, _) = app.goal(&p, &p.neighbor, "Clean the lots").await;
    let (third, _) = app.goal(&p, &p.resident, "Paint the walls").await;
    let act =
        |goal: &str, what: &str, who, version: i64| app.post(format!("/goals/{goal}/{what}")).by(who).if_match(version);
    let propose = |goal: &str, who, version: i64| act(goal, "propose", who, version).json(json!({}));
    propose(&first, &p.neighbor, 1).send().await.problem(404, "not_found");
    let proposed = propose(&first, &p.resident, 1).send().await.expect(200);
    propose(&second, &p.officer, 1).send().await.problem(409, "goal_already_current");
    let seen = app.get(format!("/goals/{first}")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(seen.body["state"], "proposed", "members see what is being decided on");
    // Taken back, changed, proposed again.
    app.take_back(&p, &proposed.str("decision_id")).await;
    let returned = app.get(format!("/goals/{first}")).by(&p.resident).send().await.expect(200);
    assert_eq!((&returned.body["state"], &returned.body["proposed_at"]), (&json!("draft"), &Value::Null));
    let other = json!({"title": "Light all the alleys"});
    app.patch(format!("/goals/{first}"))
        .by(&p.resident)
        .if_match(returned.version())
        .json(other)
        .send()
        .await
        .expect(200);
    let again = propose(&first, &p.resident, returned.version() + 1).send().await.expect(200);
    assert_ne!(again.body["decision_id"], proposed.body["decision_id"]);
    app.adopt(&p, &again.str("decision_id")).await;
    let adopted = app.get(format!("/goals/{first}")).by(&p.resident).send().await.expect(200);
    assert_eq!((adopted.body["state"].as_str(), adopted.body["is_current"].as_bool()), (Some("adopted"), Some(true)));
    assert_eq!(adopted.body["achievability"], Value::Null, "the text that was decided on has it");
    let version = adopted.version();
    let other = || json!({"title": "Other goal"});
    app.patch(format!("/goals/{first}"))
        .by(&p.resident)
        .if_match(version)
        .json(other())
        .send()
        .await
        .problem(409, "conflict");
    let target = json!({"target": 5});
    app.patch(format!("/objectives/{objective}"))
        .by(&p.resident)
        .if_match(1)
        .json(target)
        .send()
        .await
        .problem(409, "conflict");
    act(&first, "abandon", &p.resident, version).send().await.problem(409, "conflict");
    act(&first, "start", &p.resident, version).send().await.expect(200);
    // One achievable goal: a second one waits, by whomever it is proposed.
    propose(&second, &p.officer, 1).send().await.problem(409, "goal_already_current");
    propose(&third, &p.resident, 1).send().await.problem(409, "goal_already_current");
    act(&second, "abandon", &p.neighbor, 1).send().await.expect(200);
}

async fn a_goal_that_takes_the_current_ones_place_supersedes_it_in_one_adoption(app: App) {
    let (p, old, _) = app.with_goal().await;
    let (new, _) = app.goal(&p, &p.resident, "Clean the lots").await;
    let (third, _) = app.goal(&p, &p.resident, "Paint the walls").await;
    let propose = |goal: &str, replaces: &str| {
        let body = json!({"replaces_id": replaces});
        app.post(format!("/goals/{goal}/propose")).by(&p.officer).if_match(1).json(body)
    };
    propose(&new, &third).send().await.refuses(&["/replaces_id"]);
    let proposed = propose(&new, &old).send().await.expect(200);
    assert_eq!(
        (&proposed.body["state"], &proposed.body["replaces_id"], &proposed.body["is_current"]),
        (&json!("draft"), &json!(old), &json!(false)),
        "the current goal is current until the decision"
    );
    let text = app.decision_text(&p, &proposed.str("decision_id")).await;
    assert!(text.contains("takes the place of the current goal, “Light the alleys”"), "{text}");
    propose(&third, &old).send().await.problem(409, "goal_already_current");
    app.get(format!("/goals/{new}")).by(&p.neighbor).send().await.expect(200);
    // An assessment that waits for its second signature waits no more.
    let version = app.get(format!("/goals/{old}")).send().await.expect(200).version();
    let close = json!({"result": "achieved", "assessment": "Half of the alleys are lit; burglaries fell."});
    app.post(format!("/goals/{old}/close")).by(&p.resident).if_match(version).json(close).send().await.expect(200);
    app.adopt(&p, &proposed.str("decision_id")).await;
    let old = app.get(format!("/goals/{old}")).by(&p.neighbor).send().await.expect(200);
    assert_eq!((&old.body["state"], &old.body["is_current"]), (&json!("superseded"), &json!(false)));
    assert_eq!((&old.body["assessment"], &old.body["missing_signatures"]), (&Value::Null, &json!([])));
    let new = app.get(format!("/goals/{new}")).send().await.expect(200);
    assert_eq!((&new.body["state"], &new.body["is_current"]), (&json!("adopted"), &json!(true)));
    let told: Vec<String> = app.actions().await;
    let place = |action: &str| told.iter().rposition(|told| told == action);
    assert!(place("goal.superseded").is_some() && place("goal.superseded") < place("goal.adopted"), "{told:?}");
}

async fn a_goal_closed_while_its_successor_is_decided_on_stays_closed(app: App) {
    let (p, old, _) = app.with_goal().await;
    let (new, _) = app.goal(&p, &p.resident, "Clean the lots").await;
    let (third, _) = app.goal(&p, &p.resident, "Paint the walls").await;
    let body = json!({"replaces_id": old});
    let proposed =
        app.post(format!("/goals/{new}/propose")).by(&p.officer).if_match(1).json(body).send().await.expect(200);
    app.close_goal(&p, &old, "achieved").await;
    let third = app.post(format!("/goals/{third}/propose")).by(&p.officer).if_match(1).json(json!({}));
    third.send().await.problem(409, "goal_already_current");
    app.adopt(&p, &proposed.str("decision_id")).await;
    let old = app.get(format!("/goals/{old}")).send().await.expect(200);
    assert_eq!((&old.body["state"], &old.body["closing_result"]), (&json!("achieved"), &json!("achieved")));
    assert_eq!(app.get(format!("/goals/{new}")).send().await.expect(200).body["state"], "adopted");
}

async fn a_goal_that_changes_while_it_is_decided_on_is_decided_on_anew(app: App) {
    let p = app.with_mission().await;
    let (goal, objective) = app.goal(&p, &p.resident, "Light the alleys").await;
    let path = format!("/goals/{goal}");
    let proposed =
        app.post(format!("{path}/propose")).by(&p.resident).if_match(1).json(json!({})).send().await.expect(200);
    let decision = proposed.str("decision_id");
    let text = app.decision_text(&p, &decision).await;
    for part in ["Light the alleys", "2027-11-30", "Burglaries reported, from 12 on 2027-01-31 to 6", "both sides: yes"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let before = app.decision_version(&p, &decision).await;
    let target = json!({"target": 4});
    app.patch(format!("/objectives/{objective}")).by(&p.officer).if_match(1).json(target).send().await.expect(200);
    assert_eq!(app.decision_version(&p, &decision).await, before + 1);
    assert!(app.decision_text(&p, &decision).await.contains("to 4 per quarter"));
    let title = json!({"title": "Light every alley"});
    app.patch(&path).by(&p.resident).if_match(2).json(title).send().await.expect(200);
    assert_eq!(app.decision_version(&p, &decision).await, before + 2);
    // What is being decided on stays fit to be adopted.
    let gone = app.post(format!("/objectives/{objective}/withdraw")).by(&p.resident).if_match(2).send().await;
    assert_eq!(gone.problem(409, "formation_incomplete").body["missing"], json!(["objectives"]));
    let later = json!({"state": "backlog"});
    app.patch(&path).by(&p.resident).if_match(3).json(later).send().await.problem(409, "conflict");
    app.adopt(&p, &decision).await;
    assert_eq!(app.get(&path).send().await.expect(200).body["title"], "Light every alley");
}

async fn close_goal_takes_an_assessment_that_both_sides_sign(app: App) {
    let (p, goal, _) = app.with_goal().await;
    let path = format!("/goals/{goal}/close");
    let version = app.get(format!("/goals/{goal}")).send().await.expect(200).version();
    app.post(format!("{path}/sign")).by(&p.resident).if_match(version).send().await.problem(409, "conflict");
    let assessment = |result: &str| json!({"result": result, "assessment": "Half of the alleys are lit; burglaries fell.", "evidence": "Survey of May"});
    app.post(&path).by(&p.resident).if_match(version).json(assessment("superseded")).send().await.refuses(&["/result"]);
    app.post(&path).by(&p.resident).if_match(version).json(assessment("achieved")).send().await.expect(200);
    app.post(format!("{path}/sign")).by(&p.resident).if_match(version + 1).send().await.expect(200);
    // The police see it otherwise: a new assessment, and the old signature does not carry over.
    app.post(&path).by(&p.officer).if_match(version + 2).json(assessment("partly_achieved")).send().await.expect(200);
    let one = app.post(format!("{path}/sign")).by(&p.officer).if_match(version + 3).send().await.expect(200);
    assert_eq!(one.body["missing_signatures"], json!(["civilian"]));
    let public = app.get(format!("/goals/{goal}")).send().await.expect(200);
    assert_eq!(
        (&public.body["assessment"], &public.body["created_by"]),
        (&json!(null), &json!(null)),
        "between the sides until both signed"
    );
    let closed = app.post(format!("{path}/sign")).by(&p.resident).if_match(version + 4).send().await.expect(200);
    assert_eq!(
        (closed.body["state"].as_str(), closed.body["is_current"].as_bool()),
        (Some("partly_achieved"), Some(false))
    );
    let public = app.get(format!("/goals/{goal}")).send().await.expect(200);
    assert_eq!(public.body["assessment"], "Half of the alleys are lit; burglaries fell.");
    let (next, _) = app.goal(&p, &p.resident, "Clean the lots").await;
    app.post(format!("/goals/{next}/propose")).by(&p.resident).if_match(1).json(json!({})).send().await.expect(200);
}

async fn goal_progress_is_computed_from_measurements(app: App) {
    let p = app.with_mission().await;
    let (goal, objective_id) = app.goal(&p, &p.resident, "Light the alleys").await;
    let done = json!({"title": "Ask the utility", "indicator": "Request filed", "unit": "done", "source": "Letter", "direction": "do", "due_on": "2027-04-01", "weight": 1});
    let second = app.post(format!("/goals/{goal}/objectives")).by(&p.resident).json(done).send().await.expect(201).id();
    let body = json!({});
    let proposed =
        app.post(format!("/goals/{goal}/propose")).by(&p.resident).if_match(1).json(body).send().await.expect(200);
    let stranger = app.citizen().await;
    let measure = |objective: &str, who, value: f64, day: &str| {
        let body = json!({"value": value, "measured_on": day, "source": "Calls for service"});
        app.post(format!("/objectives/{objective}/measurements")).by(who).json(body)
    };
    measure(&objective_id, &p.neighbor, 9.0, "2027-03-01").send().await.problem(409, "conflict");
    app.adopt(&p, &proposed.str("decision_id")).await;
    let progress = || async { app.get(format!("/goals/{goal}/progress")).send().await.expect(200) };
    let nothing = progress().await;
    assert_eq!((&nothing.body["progress"], &nothing.body["measured_share"]), (&json!(null), &json!(0.0)));
    measure(&objective_id, &p.neighbor, 9.0, "2027-04-05").send().await.refuses(&["/measured_on"]);
    measure(&second, &p.officer, 0.5, "2027-03-01").send().await.refuses(&["/value"]);
    let wrong = measure(&objective_id, &p.neighbor, 3.0, "2027-02-28").send().await.expect(201).id();
    measure(&objective_id, &stranger, 9.0, "2027-03-01").send().await.problem(403, "forbidden");
    let mut correction =
        json!({"value": 9, "measured_on": "2027-02-28", "source": "Calls for service", "corrects_id": wrong});
    app.post(format!("/objectives/{objective_id}/measurements"))
        .by(&p.officer)
        .json(correction.clone())
        .send()
        .await
        .expect(201);
    app.post(format!("/objectives/{objective_id}/measurements"))
        .by(&p.officer)
        .json(correction.clone())
        .send()
        .await
        .problem(409, "conflict");
    correction["corrects_id"] = json!(uuid::Uuid::now_v7());
    app.post(format!("/objectives/{objective_id}/measurements"))
        .by(&p.officer)
        .json(correction)
        .send()
        .await
        .refuses(&["/corrects_id"]);
    let measured = progress().await;
    assert_eq!((&measured.body["progress"], &measured.body["measured_share"]), (&json!(0.5), &json!(0.75)));
    assert_eq!(measured.body["objectives"][0]["track"], "on_track");
    assert_eq!(measured.body["objectives"][1]["progress"], json!(null), "null, not 0");
    measure(&second, &p.officer, 1.0, "2027-03-01").send().await.expect(201);
    assert_eq!(progress().await.body["progress"], json!(0.625));
    app.pass(days(120));
    let later = progress().await;
    assert_eq!(
        (later.body["objectives"][0]["track"].as_str(), later.body["objectives"][0]["is_stale"].as_bool()),
        (Some("on_track"), Some(true))
    );
    let history = app.get(format!("/objectives/{objective_id}/measurements?limit=1")).send().await.expect(200);
    assert_eq!(
        (history.items()[0]["corrects_id"].as_str(), &history.items()[0]["measured_by"]),
        (Some(&*wrong), &json!(null))
    );
    let rest = app
        .get(format!("/objectives/{objective_id}/measurements?limit=1&cursor={}", history.str("next_cursor")))
        .by(&p.neighbor)
        .send()
        .await
        .expect(200);
    assert_eq!(rest.items()[0]["corrected_by_id"], history.items()[0]["id"]);
    assert!(rest.items()[0]["measured_by"]["display_name"].is_string());
}

async fn create_objective_checks_its_numbers_and_stops_at_five(app: App) {
    let p = app.led().await;
    let goal = app.post(p.path("/goals")).by(&p.neighbor).json(draft("Light the alleys")).send().await.expect(201).id();
    let path = format!("/goals/{goal}/objectives");
    let with = |changes: Value| {
        let mut body = objective();
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        app.post(&path).by(&p.neighbor).json(body)
    };
    with(json!({"target": 12})).send().await.refuses(&["/target"]);
    with(json!({"direction": "increase"})).send().await.refuses(&["/target"]);
    with(json!({"direction": "do"})).send().await.refuses(&["/baseline", "/target"]);
    with(json!({"tolerance": 1})).send().await.refuses(&["/tolerance"]);
    with(json!({"baseline_on": null})).send().await.refuses(&["/baseline_on"]);
    with(json!({"due_on": "2027-01-31"})).send().await.refuses(&["/due_on"]);
    with(json!({"weight": 6, "due_on": "2027-02-30", "baseline": 1e13})).send().await.refuses(&[
        "/baseline",
        "/due_on",
        "/weight",
    ]);
    with(json!({"owner_id": app.citizen().await.id.to_string()})).send().await.refuses(&["/owner_id"]);
    with(json!({"owner_id": p.officer.id.to_string(), "side": "police"})).send().await.expect(201);
    for _ in 0..4 {
        with(json!({})).send().await.expect(201);
    }
    with(json!({})).send().await.problem(409, "conflict");
    let list = app.get(&path).by(&p.neighbor).send().await.expect(200);
    let third = list.items()[2]["id"].as_str().unwrap().to_owned();
    app.post(format!("/objectives/{third}/withdraw")).by(&p.resident).if_match(1).send().await.expect(200);
    assert_eq!(with(json!({})).send().await.expect(201).body["position"], 3, "the free place is taken");
}

async fn drafts_are_seen_by_author_leaders_and_officials(app: App) {
    let p = app.led().await;
    let (goal, objective) = app.goal(&p, &p.neighbor, "Light the alleys").await;
    let member = app.citizen().await;
    app.join(&p, &member, &p.resident).await;
    let admin = app.administrator().await;
    for path in [
        format!("/goals/{goal}"),
        format!("/goals/{goal}/progress"),
        format!("/goals/{goal}/timeline"),
        format!("/goals/{goal}/history"),
        format!("/objectives/{objective}/history"),
        format!("/objectives/{objective}"),
        format!("/objectives/{objective}/measurements"),
        format!("/goals/{goal}/objectives"),
    ] {
        for person in [&p.neighbor, &p.resident, &p.officer, &p.commander, &admin] {
            app.get(&path).by(person).send().await.expect(200);
        }
        app.get(&path).by(&member).send().await.problem(404, "not_found");
        app.get(&path).by(&app.citizen().await).send().await.problem(404, "not_found");
        app.get(&path).send().await.problem(404, "not_found");
    }
    for (person, seen) in [(&p.neighbor, 1), (&member, 0), (&p.officer, 1)] {
        assert_eq!(app.get(p.path("/goals?include=total")).by(person).send().await.expect(200).body["total"], seen);
    }
    assert_eq!(app.get(p.path("/goals")).send().await.expect(200).items().len(), 0);
}

both_engines![
    propose_goal_needs_leaders_mission_and_complete_objectives_in_that_order,
    a_goal_is_adopted_by_both_sides_and_is_the_only_current_one,
    a_goal_that_takes_the_current_ones_place_supersedes_it_in_one_adoption,
    a_goal_closed_while_its_successor_is_decided_on_stays_closed,
    a_goal_that_changes_while_it_is_decided_on_is_decided_on_anew,
    close_goal_takes_an_assessment_that_both_sides_sign,
    goal_progress_is_computed_from_measurements,
    create_objective_checks_its_numbers_and_stops_at_five,
    drafts_are_seen_by_author_leaders_and_officials,
];
