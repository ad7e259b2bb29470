//! What is declined, taken back and given up: nothing is lost by it, and nobody is stuck.

use serde_json::{Value, json};

use super::town::{Town, each, join, outline, partnership};
use crate::support::App;

pub async fn what_people_think_better_of(app: App) {
    let mut town = app.town().await;
    a_proposal_that_is_declined(&app, &town).await;
    let lights = partnership(&app, &town).await;
    another_name(&app, &town, &lights).await;
    town.at(&app, "2027-03-01T18:04:00Z").await;
    people(&app, &town, &lights).await;
    a_mission_in_other_words(&app, &mut town, &lights).await;
    a_goal_that_was_too_large(&app, &town, &lights).await;
    a_meeting_in_the_snow(&app, &town, &lights).await;
}

async fn a_proposal_that_is_declined(app: &App, town: &Town) {
    let proposal = json!({
        "name": "Strawberry Hill Lamps", "area_id": town.midtown,
        "catalyst": {"type": "specific_task", "statement": "Thirty lamps on Strawberry Hill are to be mended this year."},
        "founders": [{"type": "group", "name": "Hill Residents", "sector": "residents_group"}]
    });
    let id = app.post("/partnerships").by(&town.sam).json(proposal).send().await.expect(201).id();
    let reason = json!({"reason": "The lighting project of the city mends these lamps in May."});
    let path = format!("/partnerships/{id}");
    let declined = app.post(format!("{path}/decline")).by(&town.holloway).if_match(1).json(reason).send().await;
    assert_eq!(declined.expect(200).body["state"], "declined");
    let read = app.get(&path).by(&town.sam).send().await.expect(200);
    assert_eq!(read.body["decision_reason"], "The lighting project of the city mends these lamps in May.");
    app.get(&path).by(&town.maria).send().await.problem(404, "not_found");
}

async fn another_name(app: &App, town: &Town, lights: &str) {
    let path = format!("/partnerships/{lights}");
    let version = app.get(&path).by(&town.maria).send().await.expect(200).version();
    let changes = json!({
        "name": "Armourdale Bright", "public_contact": "bright@example.org",
        "geometry": outline([-94.645, 39.085, -94.625, 39.095])
    });
    let changed = app.patch(&path).by(&town.maria).if_match(version).json(changes).send().await.expect(200);
    assert_eq!(changed.body["name"], "Armourdale Bright");
    // Somebody read it before and would undo that without knowing.
    let stale =
        app.patch(&path).by(&town.rivera).if_match(version).json(json!({"name": "Armourdale Lamps"})).send().await;
    assert_eq!(stale.problem(412, "precondition_failed").body["current_version"], version + 1);
    let found = app.get("/partnerships?q=bright").send().await.expect(200);
    assert_eq!(each(&found, "public_contact"), ["bright@example.org"]);
}

async fn people(app: &App, town: &Town, lights: &str) {
    let path = format!("/partnerships/{lights}");
    // Sam is turned down, and asked later.
    let asked = app.post(format!("{path}/memberships")).by(&town.sam).json(json!({})).send().await.expect(201).id();
    let declined =
        app.post(format!("/memberships/{asked}/decline")).by(&town.maria).if_match(1).send().await.expect(200);
    assert_eq!(declined.body["state"], "declined");
    let invite =
        |email: &str| app.post(format!("{path}/invitations")).by(&town.maria).fresh_key().json(json!({"email": email}));
    let sams = invite(&town.sam.email).send().await.expect(201).id();
    let no =
        app.post(format!("/membership-invitations/{sams}/decline")).by(&town.sam).if_match(1).send().await.expect(200);
    assert_eq!(no.body["state"], "declined", "now he does not want to");
    let wrong = invite("aisha.grannt@example.org").send().await.expect(201).id();
    let back = app.post(format!("/membership-invitations/{wrong}/revoke")).by(&town.maria).if_match(1).send().await;
    assert_eq!(back.expect(200).body["state"], "revoked");
    let all = app.get(format!("{path}/invitations")).by(&town.rivera).send().await.expect(200);
    assert_eq!(each(&all, "state"), ["revoked", "declined"]);

    let aishas = join(app, lights, &town.aisha, &town.maria).await;
    let nomination = json!({"membership_id": aishas, "kind": "deputy", "selection_method": "consensus"});
    let seat = app.post(format!("{path}/seats")).by(&town.maria).json(nomination).send().await.expect(201).id();
    let no = app.post(format!("/seats/{seat}/decline")).by(&town.aisha).if_match(1).send().await.expect(200);
    assert_eq!((&no.body["state"], &no.body["end_reason"]), (&json!("declined"), &json!("declined")));
    let reason = json!({"reason": "Shared addresses of members with a company."});
    let removed =
        app.post(format!("/memberships/{aishas}/remove")).by(&town.maria).if_match(2).json(reason).send().await;
    assert_eq!(removed.expect(200).body["state"], "removed");
    assert_eq!(app.get(&path).by(&town.aisha).send().await.expect(200).body["view"], "public");
    let former = app.get(format!("{path}/memberships?state=removed")).by(&town.maria).send().await.expect(200);
    assert_eq!(each(&former, "person/display_name"), ["Aisha Grant"]);
}

async fn a_mission_in_other_words(app: &App, town: &mut Town, lights: &str) {
    let propose =
        |by, text: &str| app.post(format!("/partnerships/{lights}/missions")).by(by).json(json!({"text": text})).send();
    let first = propose(&town.maria, "Officers make the alleys of Armourdale safe.").await.expect(201);
    town.takes_back(app, &first.str("decision_id")).await;
    let path = format!("/missions/{}", first.id());
    let draft = app.get(&path).by(&town.tom).send().await.expect(200);
    assert_eq!(draft.body["state"], "draft");
    let gone = app.post(format!("{path}/withdraw")).by(&town.maria).if_match(draft.version()).send().await.expect(200);
    assert_eq!(gone.body["state"], "withdrawn");
    let second = propose(&town.maria, "We make the alleys of Armourdale safe.").await.expect(201);
    town.takes_back(app, &second.str("decision_id")).await;
    let path = format!("/missions/{}", second.id());
    let version = app.get(&path).by(&town.tom).send().await.expect(200).version();
    let better = json!({"text": "Neighbors and officers make the alleys of Armourdale safe."});
    app.patch(&path).by(&town.maria).if_match(version).json(better).send().await.expect(200);
    let again = app.post(format!("{path}/propose")).by(&town.rivera).if_match(version + 1).send().await.expect(200);
    town.adopts(app, [&again.str("decision_id")]).await;
    let all = app.get(format!("/partnerships/{lights}/missions")).by(&town.tom).send().await.expect(200);
    assert_eq!(each(&all, "state"), ["adopted", "withdrawn"]);
}

async fn a_goal_that_was_too_large(app: &App, town: &Town, lights: &str) {
    let goal = json!({
        "title": "No burglaries at all", "description": "Nobody breaks in anywhere in Armourdale, ever.", "target_on": "2027-11-30",
        "influence": {"is_within": false, "why": "Nobody can promise that."},
        "override_reason": "A high aim brings more people in than a small one."
    });
    let goal =
        app.post(format!("/partnerships/{lights}/goals")).by(&town.maria).json(goal).send().await.expect(201).id();
    let path = format!("/goals/{goal}");
    let mut objectives = Vec::new();
    for (title, target) in [("No burglaries", 0), ("Fewer burglaries", 6)] {
        let body = json!({
            "title": title, "indicator": "Burglaries reported", "unit": "per quarter", "source": "Calls for service",
            "direction": "decrease", "baseline": 12, "baseline_on": "2027-01-31", "target": target, "due_on": "2027-10-31",
            "weight": 3
        });
        objectives
            .push(app.post(format!("{path}/objectives")).by(&town.maria).json(body).send().await.expect(201).id());
    }
    let propose = app.post(format!("{path}/propose")).by(&town.maria).if_match(1).json(json!({}));
    let proposed = propose.send().await.expect(200);
    assert_eq!(proposed.body["achievability"]["is_passed"], false);
    town.takes_back(app, &proposed.str("decision_id")).await;
    let returned = app.get(&path).by(&town.rivera).send().await.expect(200);
    assert_eq!((&returned.body["state"], &returned.body["is_current"]), (&json!("draft"), &json!(false)));
    let gone = app.post(format!("/objectives/{}/withdraw", objectives[0])).by(&town.maria).if_match(1).send().await;
    assert_eq!(gone.expect(200).body["withdrawn_at"], json!(app.now()));
    let left = app.get(format!("{path}/objectives")).by(&town.rivera).send().await.expect(200);
    assert_eq!(each(&left, "title"), ["Fewer burglaries"]);
    let dropped = app.post(format!("{path}/abandon")).by(&town.maria).if_match(returned.version()).send().await;
    let dropped = dropped.expect(200);
    assert_eq!((&dropped.body["state"], &dropped.body["is_current"]), (&json!("abandoned"), &json!(false)));
}

async fn a_meeting_in_the_snow(app: &App, town: &Town, lights: &str) {
    let meeting = json!({
        "kind": "watch", "format": "in_person", "title": "Night walk", "starts_local": "2027-03-19T20:00",
        "ends_local": "2027-03-19T21:30", "place": {"kind": "public", "name": "Corner of Kansas and 7th"}, "visibility": "public"
    });
    let path = format!("/partnerships/{lights}/meetings");
    let meeting = app.post(path).by(&town.maria).json(meeting).send().await.expect(201).id();
    let path = format!("/meetings/{meeting}");
    app.put(format!("{path}/rsvp"))
        .by(&town.aisha)
        .json(json!({"answer": "yes", "guests": 2}))
        .send()
        .await
        .expect(200);
    let changed =
        app.put(format!("{path}/rsvp")).by(&town.aisha).json(json!({"answer": "maybe"})).send().await.expect(200);
    assert_eq!((&changed.body["answer"], &changed.body["guests"]), (&json!("maybe"), &json!(0)));
    let reason = json!({"reason": "Snow; the streets are closed."});
    let off = app.post(format!("{path}/cancel")).by(&town.maria).if_match(1).json(reason).send().await.expect(200);
    assert_eq!(off.body["state"], "cancelled");
    let seen = app.get(&path).send().await.expect(200);
    assert_eq!(
        (&seen.body["cancel_reason"], &seen.body["started_at"]),
        (&json!("Snow; the streets are closed."), &Value::Null)
    );
}

both_engines![what_people_think_better_of];
