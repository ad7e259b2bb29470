//! Leaders who make themselves replaceable: shadows, successors, mentors, and a seat that changes hands without a gap.

use serde_json::json;

use super::town::{Town, each, join, partnership};
use crate::support::{App, Person};

pub async fn the_next_leaders(app: App) {
    let mut town = app.town().await;
    let lights = partnership(&app, &town).await;
    let path = format!("/partnerships/{lights}");
    town.at(&app, "2027-03-01T18:04:00Z").await;
    let aishas = join(&app, &lights, &town.aisha, &town.maria).await;
    let sams = join(&app, &lights, &town.sam, &town.maria).await;
    the_captains_choice_is_presented(&app, &town, &path).await;
    a_shadow(&app, &town, &path, &aishas, &sams).await;
    let plan = a_plan_with_a_mentor(&app, &town, &path, &aishas).await;
    town.at(&app, "2028-01-10T18:00:00Z").await;
    another_term(&app, &town, &path).await;
    let toms = own(&app, &path, &town.tom, "membership_id").await;
    a_seat_changes_hands(&app, &town, &path, &toms).await;
    town.at(&app, "2028-01-10T18:08:00Z").await;
    whoever_led_is_a_mentor(&app, &town, &path).await;
    the_plan_goes_on_without_a_mentor(&app, &town, &plan).await;
    how_well_led(&app, &town, &path).await;
}

async fn own(app: &App, path: &str, who: &Person, what: &str) -> String {
    let read = app.get(path).by(who).send().await.expect(200);
    read.body["own"][what].as_str().unwrap_or_else(|| panic!("no {what}: {:#}", read.body)).to_owned()
}

async fn the_captains_choice_is_presented(app: &App, town: &Town, path: &str) {
    let seat = own(app, path, &town.rivera, "seat_id").await;
    let note = json!({"note": "Officer Rivera told us how to reach him; Sam asked about foot patrols."});
    let acknowledge = || {
        let note = note.clone();
        app.post(format!("/seats/{seat}/acknowledge")).by(&town.maria).if_match(2).json(note).send()
    };
    acknowledge().await.problem(409, "conflict");
    let meeting = json!({
        "kind": "regular", "format": "in_person", "title": "Getting to know each other",
        "starts_local": "2027-03-01T12:30", "ends_local": "2027-03-01T14:00",
        "place": {"kind": "public", "name": "Armourdale Recreation Center"}, "visibility": "public"
    });
    let meeting = app.post(format!("{path}/meetings")).by(&town.maria).json(meeting).send().await.expect(201).id();
    app.post(format!("/meetings/{meeting}/start")).by(&town.maria).if_match(1).send().await.expect(200);
    let met = acknowledge().await.expect(200);
    assert_eq!(
        (&met.body["acknowledged_by"]["display_name"], &met.body["is_overdue"]),
        (&json!("Maria Lopez"), &json!(false))
    );
    acknowledge().await.problem(409, "conflict");
}

async fn a_shadow(app: &App, town: &Town, path: &str, aishas: &str, sams: &str) {
    let seat = own(app, path, &town.maria, "seat_id").await;
    let assign = |who: &str| {
        let body = json!({"membership_id": who, "months": 6});
        app.post(format!("/seats/{seat}/shadows")).by(&town.maria).json(body)
    };
    let sam = assign(sams).send().await.expect(201).id();
    let no = app.post(format!("/shadowings/{sam}/decline")).by(&town.sam).if_match(1).send().await.expect(200);
    assert_eq!((&no.body["state"], &no.body["end_reason"]), (&json!("declined"), &json!("declined")));
    let aisha = assign(aishas).send().await.expect(201).id();
    let yes = app.post(format!("/shadowings/{aisha}/accept")).by(&town.aisha).if_match(1).send().await.expect(200);
    assert_eq!((&yes.body["state"], &yes.body["ends_on"]), (&json!("active"), &json!("2027-09-01")));
    let read = app.get(format!("/shadowings/{aisha}")).by(&town.tom).send().await.expect(200);
    assert_eq!(
        (&read.body["person"]["display_name"], &read.body["seat_kind"]),
        (&json!("Aisha Grant"), &json!("primary"))
    );
    let again = assign(sams).send().await.expect(201).id();
    app.post(format!("/shadowings/{again}/end")).by(&town.maria).if_match(1).send().await.expect(200);
    let all = app.get(format!("{path}/shadowings")).by(&town.rivera).send().await.expect(200);
    assert_eq!(each(&all, "state"), ["declined", "active", "declined"]);
    let named = json!({"membership_ids": [aishas, sams]});
    let named = app.put(format!("/seats/{seat}/successors")).by(&town.maria).json(named).send().await.expect(200);
    assert_eq!(named.body["candidates"][0]["person"]["display_name"], "Aisha Grant");
}

async fn a_plan_with_a_mentor(app: &App, town: &Town, path: &str, aishas: &str) -> String {
    let ready = json!({"willing_to_lead": true, "willing_to_mentor": false, "orientation_done_on": "2027-02-20"});
    let said = app.put(format!("/memberships/{aishas}/readiness")).by(&town.aisha).json(ready).send().await.expect(200);
    assert_eq!((&said.body["stage"], &said.body["willing_to_lead"]), (&json!("participant"), &json!(true)));
    let riveras = own(app, path, &town.rivera, "membership_id").await;
    let plan = json!({
        "aims": "Chair a meeting of both sides, and keep it short.",
        "opportunities": ["The walk in April", "The minutes in May"], "mentor_membership_id": riveras
    });
    let plan = app
        .post(format!("/memberships/{aishas}/development-plans"))
        .by(&town.aisha)
        .json(plan)
        .send()
        .await
        .expect(201);
    assert_eq!((&plan.body["mentoring"], &plan.body["review_on"]), (&json!("asked"), &json!("2027-05-30")));
    let id = plan.id();
    let at = format!("/development-plans/{id}");
    app.get(&at).by(&town.sam).send().await.problem(404, "not_found");
    app.get(&at).by(&town.holloway).send().await.problem(404, "not_found");
    app.get(&at).by(&town.ada).send().await.problem(404, "not_found");
    let yes = app.post(format!("{at}/mentor/agree")).by(&town.rivera).if_match(1).send().await.expect(200);
    assert_eq!(yes.body["mentoring"], "agreed", "a mentor of the other side");
    let more = json!({"opportunities": ["The walk in April", "The minutes in May", "Facilitating in June"]});
    app.patch(&at).by(&town.aisha).if_match(2).json(more).send().await.expect(200);
    let note = json!({"note": "Two walks led. Next: the agenda of the June meeting."});
    app.post(format!("{at}/reviews")).by(&town.rivera).if_match(3).json(note).send().await.expect(200);
    let reviews = app.get(format!("{at}/reviews")).by(&town.maria).send().await.expect(200);
    assert_eq!(each(&reviews, "reviewed_by/display_name"), ["Luis Rivera"]);
    let mentored = app.get(format!("{path}/development-plans")).by(&town.rivera).send().await.expect(200);
    assert_eq!(each(&mentored, "id"), [&*id]);
    id
}

async fn another_term(app: &App, town: &Town, path: &str) {
    let seat = own(app, path, &town.rivera, "seat_id").await;
    let renewal = app.post(format!("/seats/{seat}/renew")).by(&town.holloway).if_match(2).send().await.expect(201);
    assert_eq!((&renewal.body["state"], &renewal.body["kind"]), (&json!("nominated"), &json!("primary")));
    let next = renewal.id();
    let accept = app.post(format!("/seats/{next}/accept")).by(&town.rivera).if_match(1).leaving(2);
    assert_eq!(accept.send().await.expect(200).body["term_ends_on"], "2029-01-10");
    let over = app.get(format!("/seats/{seat}")).by(&town.tom).send().await.expect(200);
    assert_eq!((&over.body["state"], &over.body["end_reason"]), (&json!("ended"), &json!("term")));
}

async fn a_seat_changes_hands(app: &App, town: &Town, path: &str, toms: &str) {
    let seat = own(app, path, &town.maria, "seat_id").await;
    let alone = json!({"end_reason": "resigned"});
    app.post(format!("/seats/{seat}/end"))
        .by(&town.maria)
        .if_match(2)
        .json(alone)
        .send()
        .await
        .problem(409, "conflict");
    let offer = json!({"membership_id": toms, "reason": "A year is enough; Tom knows everybody."});
    let offer = app.post(format!("/seats/{seat}/hand-over")).by(&town.maria).if_match(2).json(offer).send().await;
    let next = offer.expect(201).id();
    let still = app.get(path).by(&town.rivera).send().await.expect(200);
    assert!(still.body["leaders"].as_array().unwrap().iter().any(|l| l["person"]["display_name"] == "Maria Lopez"));
    app.post(format!("/seats/{next}/accept")).by(&town.tom).if_match(1).leaving(2).send().await.expect(200);
    let now = app.get(path).by(&town.rivera).send().await.expect(200);
    assert_eq!(now.body["leadership_gap"], false);
    assert!(now.body["leaders"].as_array().unwrap().iter().any(|l| l["person"]["display_name"] == "Tom Becker"));
}

async fn whoever_led_is_a_mentor(app: &App, town: &Town, path: &str) {
    let marias = own(app, path, &town.maria, "membership_id").await;
    let ready = json!({"willing_to_lead": false, "willing_to_mentor": true});
    app.put(format!("/memberships/{marias}/readiness")).by(&town.maria).json(ready).send().await.expect(200);
    let suggested = app.post(format!("{path}/promotions/suggest")).by(&town.tom).send().await.expect(200);
    assert_eq!(suggested.body["suggested"], 1);
    let open = app.get(format!("{path}/promotions?state=suggested")).by(&town.tom).send().await.expect(200);
    assert_eq!(
        (each(&open, "stage"), each(&open, "person/display_name")),
        (vec!["mentor".into()], vec!["Maria Lopez".into()])
    );
    let id = each(&open, "id").remove(0);
    let at = format!("/promotions/{id}");
    app.get(&at).by(&town.aisha).send().await.problem(404, "not_found");
    app.post(format!("{at}/agree")).by(&town.maria).if_match(1).send().await.problem(409, "conflict");
    app.post(format!("{at}/confirm")).by(&town.tom).if_match(1).send().await.expect(200);
    let no = app.post(format!("{at}/decline")).by(&town.maria).if_match(2).send().await.expect(200);
    assert_eq!(no.body["state"], "declined", "not this spring");
    let none = app.post(format!("{path}/promotions/suggest")).by(&town.tom).send().await.expect(200);
    assert_eq!(none.body["suggested"], 0, "she is not asked again at once");
}

async fn the_plan_goes_on_without_a_mentor(app: &App, town: &Town, plan: &str) {
    let at = format!("/development-plans/{plan}");
    let read = app.get(&at).by(&town.tom).send().await.expect(200);
    assert_eq!(read.body["is_review_overdue"], true);
    app.post(format!("{at}/mentor/decline")).by(&town.rivera).if_match(4).send().await.expect(200);
    let ended = app.post(format!("{at}/end")).by(&town.aisha).if_match(5).send().await.expect(200);
    assert_eq!((&ended.body["state"], &ended.body["is_review_overdue"]), (&json!("ended"), &json!(false)));
}

async fn how_well_led(app: &App, town: &Town, path: &str) {
    // Half a year later Maria is asked again, and agrees.
    let members = app.get(format!("{path}/leadership")).by(&town.aisha).send().await.expect(200);
    assert!(members.body["bench"].is_null() && members.body["seats"][0]["candidates"].is_null());
    assert_eq!(members.body["sides"][0]["leader_seats"], 1);
    let leaders = app.get(format!("{path}/leadership")).by(&town.tom).send().await.expect(200);
    assert_eq!((&leaders.body["bench"], &leaders.body["mentors"]), (&json!([]), &json!([])));
    assert_eq!(leaders.body["seats"][0]["succession_risk"], "medium");
    let marias = own(app, path, &town.maria, "membership_id").await;
    let way = app.get(format!("/memberships/{marias}/development")).by(&town.tom).send().await.expect(200);
    let mentor = way.body["ahead"].as_array().unwrap().iter().find(|ahead| ahead["stage"] == "mentor").unwrap();
    assert_eq!((&way.body["held_seat"], &mentor["missing"]), (&json!(true), &json!([])));
}

/// Half a year later Maria is asked again, and agrees.
pub async fn a_mentor_after_all(app: App) {
    let mut town = app.town().await;
    let lights = partnership(&app, &town).await;
    let path = format!("/partnerships/{lights}");
    let toms = own(&app, &path, &town.tom, "membership_id").await;
    a_seat_changes_hands(&app, &town, &path, &toms).await;
    whoever_led_is_a_mentor(&app, &town, &path).await;
    town.at(&app, "2027-09-01T18:00:00Z").await;
    app.run_job("suggest_promotions").await;
    let open = app.get(format!("{path}/promotions?state=suggested")).by(&town.maria).send().await.expect(200);
    let at = format!("/promotions/{}", each(&open, "id").remove(0));
    app.post(format!("{at}/confirm")).by(&town.tom).if_match(1).send().await.expect(200);
    app.post(format!("{at}/agree")).by(&town.maria).if_match(2).send().await.expect(200);
    let read = app.get(&at).by(&town.tom).send().await.expect(200);
    let steps: Vec<&str> = read.body["history"].as_array().unwrap().iter().map(|s| s["to"].as_str().unwrap()).collect();
    assert_eq!(steps, ["suggested", "confirmed", "agreed"]);
    let leaders = app.get(format!("{path}/leadership")).by(&town.tom).send().await.expect(200);
    assert_eq!(leaders.body["mentors"][0]["person"]["display_name"], "Maria Lopez");
    assert_eq!(
        (&leaders.body["pipeline_flow"]["mentor"], &leaders.body["pipeline_flow"]["leader"]),
        (&json!(1), &json!(3))
    );
}

both_engines![the_next_leaders, a_mentor_after_all];
