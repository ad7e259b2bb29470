use serde_json::{Value, json};

use crate::support::App;
use crate::support::forming::objective;

/// What is answered with no.
fn unmet(goal: &Value) -> Vec<&str> {
    let answers = goal["achievability"]["answers"].as_array().unwrap();
    answers.iter().filter(|a| a["yes"] == false).map(|a| a["question"].as_str().unwrap()).collect()
}

async fn a_goal_is_tested_as_it_grows(app: App) {
    let p = app.with_mission().await;
    let far = json!({"title": "Light the alleys", "description": "Every alley is lit from dusk to dawn.", "target_on": "2029-11-30"});
    let goal = app.post(p.path("/goals")).by(&p.resident).json(far).send().await.expect(201);
    let path = format!("/goals/{}", goal.id());
    let all = ["indicator", "baseline", "within_12_months", "influence", "resources", "both_sides"];
    assert_eq!((unmet(&goal.body), &goal.body["achievability"]["is_passed"]), (all.to_vec(), &json!(false)));
    let mut half = objective();
    half["baseline"] = Value::Null;
    half["baseline_on"] = Value::Null;
    let half = app.post(format!("{path}/objectives")).by(&p.resident).json(half).send().await.expect(201).id();
    let read = || async { app.get(&path).by(&p.officer).send().await.expect(200) };
    assert_eq!(unmet(&read().await.body), all[1..]);
    let known = json!({"baseline": 12, "baseline_on": "2027-01-31"});
    app.patch(format!("/objectives/{half}")).by(&p.resident).if_match(1).json(known).send().await.expect(200);
    assert_eq!(unmet(&read().await.body), all[2..]);
    let sooner =
        json!({"target_on": "2027-11-30", "influence": {"is_within": true, "why": "We report, the utility mends."}});
    app.patch(&path).by(&p.resident).if_match(1).json(sooner).send().await.expect(200);
    assert_eq!(unmet(&read().await.body), all[4..]);
    let propose = |version: i64| app.post(format!("{path}/propose")).by(&p.resident).if_match(version).json(json!({}));
    let refused = propose(2).send().await.problem(409, "goal_not_achievable");
    assert_eq!(refused.body["missing"], json!(["resources", "both_sides"]));
    app.contributors(&p, &p.resident, &goal.id()).await;
    let five = read().await;
    assert_eq!((unmet(&five.body), &five.body["achievability"]["yes"]), (vec!["resources"], &json!(5)));
    propose(2).send().await.expect(200);
    let listed = app.get(p.path("/goals")).by(&p.officer).send().await.expect(200);
    assert_eq!(listed.items()[0]["achievability"], Value::Null, "only in the goal by itself");
}

async fn a_goal_that_does_not_pass_says_why_it_is_tried_nevertheless(app: App) {
    let p = app.with_mission().await;
    let body = json!({
        "title": "Light the alleys", "description": "Every alley is lit from dusk to dawn.", "target_on": "2027-11-30",
        "influence": {"is_within": false, "why": "The state decides on the bridge."}
    });
    let goal = app.post(p.path("/goals")).by(&p.resident).json(body).send().await.expect(201).id();
    app.post(format!("/goals/{goal}/objectives")).by(&p.resident).json(objective()).send().await.expect(201);
    let propose =
        |version: i64| app.post(format!("/goals/{goal}/propose")).by(&p.resident).if_match(version).json(json!({}));
    propose(1).send().await.problem(409, "goal_not_achievable");
    let reason = json!({"override_reason": "Somebody has to begin, and the state listens to those who have."});
    app.patch(format!("/goals/{goal}")).by(&p.resident).if_match(1).json(reason).send().await.expect(200);
    let proposed = propose(2).send().await.expect(200);
    let text = app.decision_text(&p, &proposed.str("decision_id")).await;
    assert!(text.contains("because: Somebody has to begin"), "everybody reads it: {text}");
    assert!(text.contains("influence: no. The state decides on the bridge."), "{text}");
    let taken = json!({"override_reason": null});
    let taken = app.patch(format!("/goals/{goal}")).by(&p.resident).if_match(3).json(taken).send().await;
    taken.problem(409, "goal_not_achievable");
}

async fn contributors_are_members_of_both_sides_and_can_take_their_own_name(app: App) {
    let p = app.with_mission().await;
    let (goal, _) = app.goal(&p, &p.neighbor, "Light the alleys").await;
    let path = format!("/goals/{goal}/contributors");
    let stranger = app.citizen().await;
    let name = |by, who: &crate::support::Person| {
        app.post(&path).by(by).json(json!({"account_id": who.id, "part": "Counts the lamps."}))
    };
    name(&p.neighbor, &stranger).send().await.refuses(&["/account_id"]);
    name(&p.neighbor, &p.officer).send().await.problem(409, "conflict");
    name(&stranger, &p.neighbor).send().await.problem(404, "not_found");
    let named = name(&p.neighbor, &p.neighbor).send().await.expect(201);
    assert_eq!((&named.body["side"], &named.body["part"]), (&json!("civilian"), &json!("Counts the lamps.")));
    let list = app.get(&path).by(&p.officer).send().await.expect(200);
    assert_eq!(list.items().len(), 3);
    app.get(&path).send().await.problem(401, "unauthenticated");
    app.delete(format!("{path}/{}", p.officer.id)).by(&p.officer).send().await.expect(204);
    app.delete(format!("{path}/{}", p.officer.id)).by(&p.officer).send().await.problem(404, "not_found");
    let read = app.get(format!("/goals/{goal}")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(unmet(&read.body), ["both_sides"]);
    app.delete(format!("{path}/{}", p.resident.id)).by(&p.neighbor).send().await.expect(204);
    // Who is no member any more contributes no more.
    name(&p.resident, &p.officer).send().await.expect(201);
    let membership = app.membership(&p, &p.neighbor).await;
    app.post(format!("/memberships/{membership}/leave")).by(&p.neighbor).if_match(2).send().await.expect(200);
    let read = app.get(format!("/goals/{goal}")).by(&p.resident).send().await.expect(200);
    assert_eq!(unmet(&read.body), ["both_sides"]);
}

both_engines![
    a_goal_is_tested_as_it_grows,
    a_goal_that_does_not_pass_says_why_it_is_tried_nevertheless,
    contributors_are_members_of_both_sides_and_can_take_their_own_name,
];
