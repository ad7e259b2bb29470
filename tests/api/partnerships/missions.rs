use serde_json::json;
use threekeys::platform::clock::days;

use crate::support::App;

async fn propose_mission_before_leaders_names_the_empty_seats(app: App) {
    let p = app.forming().await;
    let text = json!({"text": "Neighbors and officers make the alleys safe."});
    let stranger = app.citizen().await;
    let propose = |who| app.post(p.path("/missions")).by(who).json(text.clone());
    let refused = propose(&p.resident).send().await.problem(409, "leadership_incomplete");
    assert_eq!(refused.body["missing"], json!(["civilian_leader", "police_leader"]));
    app.seat(&p, &p.resident, &p.neighbor, "primary").await;
    let refused = propose(&p.resident).send().await.problem(409, "leadership_incomplete");
    assert_eq!(refused.body["missing"], json!(["police_leader"]));
    app.seat(&p, &p.officer, &p.commander, "primary").await;
    propose(&p.neighbor).send().await.problem(403, "forbidden");
    propose(&stranger).send().await.problem(404, "not_found");
    propose(&p.resident).send().await.expect(201);
    propose(&p.officer).send().await.problem(409, "conflict");
}

async fn a_mission_is_adopted_by_decision_and_is_reviewed_after_two_years(app: App) {
    let p = app.led().await;
    let words = "Neighbors and officers make the alleys safe.";
    let made = app.post(p.path("/missions")).by(&p.officer).json(json!({"text": words})).send().await.expect(201);
    let path = format!("/missions/{}", made.id());
    assert_eq!((&made.body["state"], &made.body["is_review_overdue"]), (&json!("proposed"), &json!(false)));
    let decision = made.str("decision_id");
    assert_eq!(app.decision_text(&p, &decision).await, words);
    app.adopt(&p, &decision).await;
    let adopted = app.get(&path).by(&p.neighbor).send().await.expect(200);
    let today = app.now().date();
    let review = today.checked_add_months(chrono::Months::new(24)).unwrap();
    assert_eq!((&adopted.body["state"], &adopted.body["review_on"]), (&json!("adopted"), &json!(review)));
    let view = app.get(p.path("")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(view.body["mission"], words);
    let change = json!({"text": "Other words for the same."});
    app.patch(&path).by(&p.officer).if_match(adopted.version()).json(change).send().await.problem(409, "conflict");
    app.pass(days(u64::try_from((review - today).num_days()).unwrap()));
    let token = format!("Bearer {}", app.session(p.neighbor.id).await.1);
    let on_the_day = app.get(&path).header("authorization", &token).send().await.expect(200);
    assert_eq!(on_the_day.body["is_review_overdue"], false);
    app.pass(days(1));
    let late = app.get(&path).header("authorization", &token).send().await.expect(200);
    assert_eq!(late.body["is_review_overdue"], true);
}

async fn a_mission_that_is_not_adopted_is_a_draft_again(app: App) {
    let p = app.led().await;
    let text = json!({"text": "Officers make the alleys safe."});
    let made = app.post(p.path("/missions")).by(&p.resident).json(text).send().await.expect(201);
    let path = format!("/missions/{}", made.id());
    app.post(format!("{path}/withdraw")).by(&p.resident).if_match(1).send().await.problem(409, "conflict");
    let better = json!({"text": "Neighbors and officers make the alleys safe."});
    let changed = app.patch(&path).by(&p.officer).if_match(1).json(better).send().await.expect(200);
    assert_eq!(changed.body["decision_id"], made.body["decision_id"]);
    let decision = made.str("decision_id");
    assert_eq!(app.decision_text(&p, &decision).await, "Neighbors and officers make the alleys safe.");
    app.take_back(&p, &decision).await;
    let draft = app.get(&path).by(&p.neighbor).send().await.expect(200);
    assert_eq!(draft.body["state"], "draft");
    let again = app.post(format!("{path}/propose")).by(&p.officer).if_match(draft.version()).send().await.expect(200);
    assert_eq!(again.body["state"], "proposed");
    assert_ne!(again.body["decision_id"], made.body["decision_id"]);
    app.take_back(&p, &again.str("decision_id")).await;
    let version = app.get(&path).by(&p.neighbor).send().await.expect(200).version();
    let gone = app.post(format!("{path}/withdraw")).by(&p.officer).if_match(version).send().await.expect(200);
    assert_eq!(gone.body["state"], "withdrawn");
    let dead = app.post(format!("{path}/propose")).by(&p.officer).if_match(version + 1).send().await;
    dead.problem(409, "conflict");
}

async fn a_new_mission_takes_the_place_of_the_old_one(app: App) {
    let p = app.with_mission().await;
    let text = json!({"text": "Neighbors and officers make Armourdale a good place to walk."});
    let made = app.post(p.path("/missions")).by(&p.resident).json(text).send().await.expect(201);
    let states = || async {
        let all = app.get(p.path("/missions")).by(&p.neighbor).send().await.expect(200);
        all.items().iter().map(|m| m["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states().await, ["proposed", "adopted"]);
    app.adopt(&p, &made.str("decision_id")).await;
    assert_eq!(states().await, ["adopted", "superseded"]);
    let first = app.get(p.path("/missions?limit=1")).by(&p.neighbor).send().await.expect(200);
    let next = p.path(&format!("/missions?limit=1&cursor={}", first.str("next_cursor")));
    let rest = app.get(next).by(&p.neighbor).send().await.expect(200);
    assert_eq!((rest.items().len(), rest.items()[0]["number"].as_i64()), (1, Some(1)));
}

both_engines![
    propose_mission_before_leaders_names_the_empty_seats,
    a_mission_is_adopted_by_decision_and_is_reviewed_after_two_years,
    a_mission_that_is_not_adopted_is_a_draft_again,
    a_new_mission_takes_the_place_of_the_old_one,
];
