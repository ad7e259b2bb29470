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

async fn sign_mission_counts_with_both_sides_and_neither_alone(app: App) {
    let p = app.led().await;
    app.seat(&p, &p.neighbor, &p.resident, "deputy").await;
    let text = json!({"text": "Neighbors and officers make the alleys safe."});
    let id = app.post(p.path("/missions")).by(&p.officer).json(text).send().await.expect(201).id();
    let sign = |who, version: i64| app.post(format!("/missions/{id}/sign")).by(who).if_match(version);
    let once = sign(&p.resident, 1).send().await.expect(200);
    assert_eq!((once.body["state"].as_str(), &once.body["missing_signatures"]), (Some("proposed"), &json!(["police"])));
    sign(&p.neighbor, 2).send().await.problem(409, "already_signed");
    sign(&p.resident, 2).send().await.problem(409, "already_signed");
    sign(&p.commander, 2).send().await.problem(403, "forbidden");
    let both = sign(&p.officer, 2).send().await.expect(200);
    assert_eq!((both.body["state"].as_str(), both.body["review_on"].as_str()), (Some("adopted"), Some("2029-03-01")));
    assert_eq!(both.body["signatures"].as_array().map(Vec::len), Some(2));
    sign(&p.officer, 3).send().await.problem(409, "conflict");
    let view = app.get(p.path("")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(view.body["mission"], "Neighbors and officers make the alleys safe.");
    // From the first of March to that of the year after next.
    app.pass(days(731));
    let token = app.session(p.neighbor.id).await.1;
    let read = || app.get(format!("/missions/{id}")).header("authorization", format!("Bearer {token}")).send();
    assert_eq!(read().await.expect(200).body["is_review_overdue"], false, "on the day");
    app.pass(days(1));
    assert_eq!(read().await.expect(200).body["is_review_overdue"], true);
}

async fn a_new_mission_takes_the_place_of_the_old_one(app: App) {
    let p = app.with_mission().await;
    let text = json!({"text": "Neighbors and officers make Armourdale a good place to walk."});
    let id = app.post(p.path("/missions")).by(&p.resident).json(text.clone()).send().await.expect(201).id();
    app.post(format!("/missions/{id}/withdraw")).by(&p.officer).if_match(1).send().await.expect(200);
    app.post(format!("/missions/{id}/sign")).by(&p.officer).if_match(2).send().await.problem(409, "conflict");
    let id = app.post(p.path("/missions")).by(&p.resident).json(text).send().await.expect(201).id();
    app.post(format!("/missions/{id}/sign")).by(&p.officer).if_match(1).send().await.expect(200);
    app.post(format!("/missions/{id}/sign")).by(&p.resident).if_match(2).send().await.expect(200);
    let all = app.get(p.path("/missions?limit=2")).by(&p.neighbor).send().await.expect(200);
    let states: Vec<&str> = all.items().iter().map(|m| m["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["adopted", "withdrawn"]);
    let rest = app
        .get(p.path(&format!("/missions?limit=2&cursor={}", all.str("next_cursor"))))
        .by(&p.neighbor)
        .send()
        .await
        .expect(200);
    assert_eq!((rest.items().len(), rest.items()[0]["state"].as_str()), (1, Some("superseded")));
}

both_engines![
    propose_mission_before_leaders_names_the_empty_seats,
    sign_mission_counts_with_both_sides_and_neither_alone,
    a_new_mission_takes_the_place_of_the_old_one,
];
