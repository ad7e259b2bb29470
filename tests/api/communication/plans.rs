use serde_json::{Value, json};
use threekeys::platform::clock::days;

use crate::support::deciding::DECIDING_TAKES;
use crate::support::forming::{Formed, plan};
use crate::support::{Answer, App, Person, page_through};

async fn create(app: &App, p: &Formed, by: &Person, body: Value) -> Answer {
    app.post(p.path("/communication-plans")).by(by).json(body).send().await
}

async fn step(app: &App, plan: &str, name: &str, by: &Person, version: i64) -> Answer {
    app.post(format!("/communication-plans/{plan}/{name}")).by(by).if_match(version).send().await
}

async fn create_communication_plan_is_for_leaders_and_communicators(app: App) {
    let p = app.led().await;
    let stranger = app.citizen().await;
    let body = || json!({"visibility": "members"});
    app.post(p.path("/communication-plans")).json(body()).send().await.problem(401, "unauthenticated");
    create(&app, &p, &stranger, body()).await.problem(403, "forbidden");
    create(&app, &p, &p.neighbor, body()).await.problem(403, "forbidden");
    let path = format!("/memberships/{}", app.membership(&p, &p.neighbor).await);
    let version = app.get(&path).by(&p.resident).send().await.version();
    let role = json!({"role": "communicator"});
    app.patch(&path).by(&p.resident).if_match(version).json(role).send().await.expect(200);
    let made = create(&app, &p, &p.neighbor, body()).await.expect(201);
    assert_eq!((&made.body["number"], &made.body["state"]), (&json!(1), &json!("draft")));
    step(&app, &made.id(), "propose", &p.neighbor, 1).await.problem(403, "forbidden");
}

async fn create_communication_plan_with_bad_input_names_every_field(app: App) {
    let p = app.led().await;
    let stranger = app.citizen().await;
    let mut body = plan(&p.resident, &p.officer, "public");
    body["techniques"][0]["owner_id"] = json!(stranger.id);
    body["individuals"][0]["person_id"] = json!(uuid::Uuid::now_v7());
    create(&app, &p, &p.resident, body).await.refuses(&["/techniques/0/owner_id", "/individuals/0/person_id"]);
    let mut body = plan(&p.resident, &p.officer, "public");
    body["individuals"][1]["backup_person_id"] = json!(p.officer.id);
    body["individuals"][0]["languages"] = json!(["en", "en"]);
    body["shared_decision_rule"] = json!(["goal", "goal"]);
    let twice = body["individuals"][0].clone();
    body["individuals"].as_array_mut().unwrap().push(twice);
    create(&app, &p, &p.resident, body).await.refuses(&[
        "/individuals/0/languages/1",
        "/individuals/1/backup_person_id",
        "/individuals/2",
        "/individuals/2/languages/1",
        "/shared_decision_rule/1",
    ]);
    for day in ["2027-03-01", "2028-03-02"] {
        let mut body = plan(&p.resident, &p.officer, "public");
        body["review_on"] = json!(day);
        create(&app, &p, &p.resident, body).await.refuses(&["/review_on"]);
    }
}

async fn propose_communication_plan_needs_leaders_and_everything_that_a_plan_has(app: App) {
    let p = app.forming().await;
    app.seat(&p, &p.resident, &p.neighbor, "primary").await;
    let id = create(&app, &p, &p.resident, plan(&p.resident, &p.officer, "public")).await.expect(201).id();
    let refused = step(&app, &id, "propose", &p.resident, 1).await.problem(409, "leadership_incomplete");
    assert_eq!(refused.body["missing"], json!(["police_leader"]));
    app.seat(&p, &p.officer, &p.commander, "primary").await;
    let patch = |version: i64, body: Value| {
        app.patch(format!("/communication-plans/{id}")).by(&p.resident).if_match(version).json(body).send()
    };
    let one_side = json!({
        "techniques": [{"kind": "flyer", "purpose": "inform", "audience": "Everybody", "frequency": "monthly"}],
        "individuals": [{"person_id": p.resident.id, "scope": "spokesperson", "languages": ["en"]}], "review_on": null
    });
    patch(1, one_side).await.expect(200);
    let refused = step(&app, &id, "propose", &p.resident, 2).await.problem(409, "gate_unmet");
    assert_eq!(refused.body["missing"], json!(["techniques", "police_communicator", "review_on"]));
    let mut whole = plan(&p.resident, &p.officer, "public");
    whole.as_object_mut().unwrap().remove("visibility");
    patch(2, whole).await.expect(200);
    step(&app, &id, "propose", &p.resident, 3).await.expect(200);
    let changed = patch(4, json!({"review_on": "2027-10-01"})).await.expect(200);
    let decision = changed.str("decision_id");
    assert_eq!(app.decision_version(&p, &decision).await, 2);
    assert!(app.decision_text(&p, &decision).await.contains("To be looked at again on 2027-10-01."));
    patch(5, json!({"review_on": "2027-10-01"})).await.expect(200);
    assert_eq!(app.decision_version(&p, &decision).await, 2, "it reads the same");
    patch(6, json!({"procedures": []})).await.problem(409, "gate_unmet");
    let other = app.draft_plan(&p, &p.officer, "members").await;
    step(&app, &other, "propose", &p.officer, 1).await.problem(409, "conflict");
    let words = json!({"text": "We talk to each other somehow, as we always did."});
    let version = app.decision_of(&p, &decision).await.version();
    let amend = app.post(format!("/decisions/{decision}/amend")).by(&p.resident).if_match(version).json(words);
    amend.send().await.problem(409, "conflict");
    app.take_back(&p, &decision).await;
    let draft = app.get(format!("/communication-plans/{id}")).by(&p.resident).send().await.expect(200);
    assert_eq!((&draft.body["state"], &draft.body["proposed_at"]), (&json!("draft"), &Value::Null));
    step(&app, &other, "propose", &p.officer, 1).await.expect(200);
}

async fn what_is_decided_on_stays_fit_to_be_adopted(app: App) {
    let p = app.led().await;
    let mut body = plan(&p.neighbor, &p.officer, "members");
    body["individuals"][1]["backup_person_id"] = Value::Null;
    let id = create(&app, &p, &p.resident, body).await.expect(201).id();
    step(&app, &id, "propose", &p.resident, 1).await.expect(200);
    let path = format!("/memberships/{}", app.membership(&p, &p.neighbor).await);
    let version = app.get(&path).by(&p.neighbor).send().await.version();
    app.post(format!("{path}/leave")).by(&p.neighbor).if_match(version).send().await.expect(200);
    let patch =
        |body: Value| app.patch(format!("/communication-plans/{id}")).by(&p.resident).if_match(2).json(body).send();
    let refused = patch(json!({"confidentiality_note": "Nothing is told."})).await.problem(409, "gate_unmet");
    assert_eq!(refused.body["missing"], json!(["civilian_communicator"]));
    let whole = plan(&p.resident, &p.officer, "members");
    let mended = patch(json!({"individuals": whole["individuals"]})).await.expect(200);
    assert_eq!(app.decision_version(&p, &mended.str("decision_id")).await, 2);
}

async fn a_new_plan_takes_the_place_of_the_adopted_one_and_counts_for_the_checklist(app: App) {
    app.earlier(DECIDING_TAKES);
    let mut p = app.led().await;
    app.pass(DECIDING_TAKES);
    let item = async || {
        let formation = app.get(p.path("/formation")).by(&p.neighbor).send().await.expect(200);
        let items = formation.body["items"].as_array().unwrap().clone();
        items.into_iter().find(|item| item["key"] == "communication_plan").unwrap()
    };
    assert_eq!(item().await["status"], "open");
    let first = app.adopted_plan(&p).await;
    assert_eq!(item().await["evidence_ref"], first);
    let second = app.adopted_plan(&p).await;
    assert_eq!((&item().await["status"], &item().await["evidence_ref"]), (&json!("done"), &json!(second)));
    let read = |id: &str| app.get(format!("/communication-plans/{id}")).send();
    assert_eq!(read(&first).await.expect(200).body["state"], "superseded");
    assert_eq!(read(&second).await.expect(200).body["is_review_due"], false);
    step(&app, &first, "propose", &p.resident, 4).await.problem(409, "conflict");
    app.later(&mut p, days(276)).await;
    assert_eq!(read(&second).await.expect(200).body["is_review_due"], true, "2027-12-02");
}

async fn plans_are_seen_as_far_as_they_have_come(app: App) {
    app.earlier(DECIDING_TAKES);
    let p = app.led().await;
    app.pass(DECIDING_TAKES);
    let stranger = app.citizen().await;
    let open = app.adopted_plan(&p).await;
    let draft = app.draft_plan(&p, &p.resident, "public").await;
    let inner = app.draft_plan(&p, &p.officer, "members").await;
    step(&app, &inner, "propose", &p.officer, 1).await.expect(200);
    let list = p.path("/communication-plans");
    let listed = async |by: Option<&Person>| page_through(&app, &list, by).await;
    assert_eq!(listed(None).await, [open.as_str()]);
    assert_eq!(listed(Some(&stranger)).await, [open.as_str()]);
    assert_eq!(listed(Some(&p.neighbor)).await, [inner.as_str(), open.as_str()]);
    assert_eq!(listed(Some(&p.commander)).await, [inner.as_str(), draft.as_str(), open.as_str()]);
    let read = |id: &str, by: &Person| app.get(format!("/communication-plans/{id}")).by(by).send();
    read(&draft, &p.neighbor).await.problem(404, "not_found");
    read(&inner, &stranger).await.problem(404, "not_found");
    let public = read(&open, &stranger).await.expect(200);
    let text = public.body.to_string();
    for person in [&p.resident, &p.officer] {
        assert!(!text.contains(&person.name) && !text.contains(&person.id.to_string()), "{}", person.name);
    }
    assert_eq!(public.body["techniques"][0]["reach_target"], 60);
}

both_engines![
    create_communication_plan_is_for_leaders_and_communicators,
    create_communication_plan_with_bad_input_names_every_field,
    propose_communication_plan_needs_leaders_and_everything_that_a_plan_has,
    what_is_decided_on_stays_fit_to_be_adopted,
    a_new_plan_takes_the_place_of_the_adopted_one_and_counts_for_the_checklist,
    plans_are_seen_as_far_as_they_have_come,
];
