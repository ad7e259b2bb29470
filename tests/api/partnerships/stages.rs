use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::platform::clock::days;
use threekeys::schema::accounts;

use crate::support::deciding::DECIDING_TAKES;
use crate::support::forming::{Formed, proposal};
use crate::support::{Answer, App, Person, page_through};

async fn read(app: &App, p: &Formed) -> Answer {
    app.get(p.path("")).by(&p.resident).send().await.expect(200)
}

async fn state(app: &App, p: &Formed) -> String {
    app.get(p.path("")).send().await.expect(200).str("state")
}

async fn activate(app: &App, p: &Formed, by: &Person) -> Answer {
    let version = read(app, p).await.version();
    app.post(p.path("/activate")).by(by).if_match(version).send().await
}

async fn agree(app: &App, kind: &str, p: &Formed, body: Value) -> String {
    let id = app.post(p.path(kind)).by(&p.resident).json(body).send().await.expect(201).id();
    app.post(format!("/agreements/{id}/sign")).by(&p.officer).if_match(1).send().await.expect(200);
    id
}

async fn a_profile_completes_the_checklist_within_the_next_look(app: App) {
    let (p, _) = app.nearly_formed().await;
    let refused = activate(&app, &p, &p.resident).await.problem(409, "formation_incomplete");
    assert_eq!(refused.body["missing"], json!(["member_profile"]));
    app.profile(&p.resident).await;
    app.follow().await;
    assert_eq!(state(&app, &p).await, "forming", "one of three members is 33 %");
    app.profile(&p.neighbor).await;
    app.follow().await;
    assert_eq!(state(&app, &p).await, "active");
    let timeline = app.get(p.path("/timeline")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(timeline.items()[0]["action"], "partnership.activated");
    assert_eq!(timeline.items()[0]["side"], Value::Null, "nobody did it");
}

async fn the_last_item_activates_in_the_write_that_completes_it(app: App) {
    app.earlier(DECIDING_TAKES);
    let p = app.with_mission().await;
    for person in [&p.resident, &p.neighbor] {
        app.profile(person).await;
    }
    app.adopted_plan(&p).await;
    app.first_meeting_and_needs(&p.id).await;
    let (goal, _) = app.goal(&p, &p.resident, "Light the alleys").await;
    let propose = app.post(format!("/goals/{goal}/propose")).by(&p.resident).if_match(1).json(json!({}));
    let decision = propose.send().await.expect(200).str("decision_id");
    app.agree(&p, &decision).await;
    assert_eq!(state(&app, &p).await, "forming");
    app.end_decisions().await;
    assert_eq!(state(&app, &p).await, "active");
    let full = read(&app, &p).await;
    assert_eq!(full.body["life_cycle"]["confirmation_due_on"], "2028-03-01");
    assert_eq!(full.body["life_cycle"]["dormant_from"], "2027-05-30T00:00:00Z");
}

async fn activate_partnership_is_the_leaders_and_only_from_forming(app: App) {
    let p = app.proposed().await;
    app.post(p.path("/activate")).if_match(1).send().await.problem(401, "unauthenticated");
    app.post(p.path("/activate")).by(&p.neighbor).if_match(1).send().await.problem(404, "not_found");
    let (p, _) = app.nearly_formed().await;
    activate(&app, &p, &p.neighbor).await.problem(403, "forbidden");
    app.post(p.path("/activate")).by(&p.resident).send().await.problem(428, "precondition_required");
    app.post(p.path("/activate")).by(&p.resident).if_match(99).send().await.problem(412, "precondition_failed");
}

async fn a_gap_opens_with_the_last_leader_and_after_thirty_days_it_is_forming_again(app: App) {
    let (mut p, _) = app.active().await;
    let officer = p.officer.id;
    let until = app.now().plus(days(9)).date();
    app.db(move |conn| {
        diesel::update(accounts::table.find(officer)).set(accounts::verified_until.eq(until)).execute(conn)
    })
    .await;
    app.later(&mut p, days(10)).await;
    assert_eq!(app.run_job("end_seats").await, 1);
    let full = read(&app, &p).await;
    assert_eq!((&full.body["leadership_gap"], &full.body["state"]), (&json!(true), &json!("active")));
    assert_eq!(full.body["life_cycle"]["leadership_gap_since"], "2027-03-11T18:00:00Z");
    app.later(&mut p, days(29)).await;
    assert_eq!(app.run_job("unform_partnerships").await, 0);
    app.later(&mut p, days(1)).await;
    assert_eq!(app.run_job("unform_partnerships").await, 1);
    assert_eq!(app.run_job("unform_partnerships").await, 0);
    let formation = app.get(p.path("/formation")).by(&p.resident).send().await.expect(200);
    assert_eq!(formation.body["missing"], json!(["police_leader"]));
    assert_eq!(state(&app, &p).await, "forming");
    let told = app.get(p.path("/timeline")).send().await.expect(200);
    assert_eq!(told.items()[0]["words"], "A side was without a leader for 30 days: the partnership is forming again");
    // With a leader again it is active at once: everything else was done.
    let other = app.officer_on_duty(p.agency, p.area).await;
    app.post(p.path("/memberships")).by(&other).json(json!({})).send().await.expect(201);
    app.profile(&other).await;
    let membership = app.membership(&p, &other).await;
    let body = json!({"membership_id": membership, "kind": "primary", "selection_method": "appointed_by_agency"});
    let seat = app.post(p.path("/seats")).by(&p.commander).json(body).send().await.expect(201).id();
    app.post(format!("/seats/{seat}/accept")).by(&other).if_match(1).leaving(3).send().await.expect(200);
    assert_eq!(state(&app, &p).await, "active");
    let actions = app.actions().await;
    assert!(actions.contains(&"leadership.gap_opened".into()) && actions.contains(&"leadership.gap_closed".into()));
}

async fn a_deputy_fills_the_gap(app: App) {
    let (mut p, _) = app.active().await;
    app.seat(&p, &p.neighbor, &p.resident, "deputy").await;
    let seats = app.get(p.path("/seats?state=active")).by(&p.resident).send().await.expect(200);
    let own = seats.items().iter().find(|seat| seat["person"]["id"] == p.resident.id.to_string()).unwrap();
    let end = format!("/seats/{}/end", own["id"].as_str().unwrap());
    app.post(end).by(&p.resident).if_match(2).json(json!({"end_reason": "resigned"})).send().await.expect(200);
    let full = read(&app, &p).await;
    assert_eq!(
        (&full.body["leadership_gap"], &full.body["life_cycle"]["leadership_gap_since"]),
        (&json!(false), &Value::Null)
    );
    app.later(&mut p, days(40)).await;
    assert_eq!(app.run_job("unform_partnerships").await, 0);
}

async fn leaders_are_warned_twice_and_activity_counts_anew(app: App) {
    let (mut p, _) = app.active().await;
    app.later(&mut p, days(59)).await;
    assert_eq!(app.run_job("watch_dormancy").await, 0);
    app.later(&mut p, days(1)).await;
    assert_eq!(app.run_job("watch_dormancy").await, 1);
    assert_eq!(app.run_job("watch_dormancy").await, 0, "once");
    let mails = app.mails(&p.officer.email).await;
    assert_eq!(mails.iter().filter(|mail| mail.contains("For 60 days")).count(), 1);
    assert!(app.mails(&p.neighbor.email).await.iter().all(|mail| !mail.contains("For 60 days")));
    // A meeting that is held keeps it awake.
    let meeting = json!({
        "kind": "regular", "format": "in_person", "title": "Spring meeting", "starts_local": "2027-05-01T18:00",
        "ends_local": "2027-05-01T19:00", "place": {"kind": "public", "name": "Hall"}, "visibility": "members"
    });
    let meeting = app.post(p.path("/meetings")).by(&p.resident).json(meeting).send().await.expect(201).id();
    app.later(&mut p, days(2)).await;
    app.post(format!("/meetings/{meeting}/adjourn")).by(&p.resident).if_match(1).send().await.expect(200);
    app.follow().await;
    let full = read(&app, &p).await;
    assert_eq!(full.body["life_cycle"]["dormancy_warned_days"], Value::Null);
    let held = app.now();
    assert_eq!(full.body["life_cycle"]["last_activity_at"], held.day().to_string());
    for (idle, expected) in [(59, 0), (1, 1), (19, 0), (1, 1), (9, 0), (1, 1), (30, 0)] {
        app.later(&mut p, days(idle)).await;
        assert_eq!(app.run_job("watch_dormancy").await, expected, "{} days", app.now().since(held).as_secs() / 86_400);
    }
    assert_eq!(state(&app, &p).await, "dormant");
    let mails = app.mails(&p.resident.email).await;
    let about = |text: &str| mails.iter().filter(|mail| mail.contains(text)).count();
    assert_eq!((about("For 60 days"), about("For 80 days"), about("is dormant now")), (2, 1, 1));
    let dormant = app.get("/partnerships?state=dormant").send().await.expect(200);
    assert_eq!(dormant.items().len(), 1);
}

async fn reactivation_needs_a_meeting_that_is_still_to_come_when_both_have_signed(app: App) {
    let (mut p, _) = app.active().await;
    let early = json!({"meeting_id": uuid::Uuid::now_v7()});
    app.post(p.path("/reactivations")).by(&p.resident).json(early).send().await.problem(409, "conflict");
    app.later(&mut p, days(91)).await;
    for _ in 0..3 {
        app.run_job("watch_dormancy").await;
    }
    assert_eq!(state(&app, &p).await, "dormant");
    let schedule = async |day: &str| {
        let meeting = json!({
            "kind": "regular", "format": "in_person", "title": "A new beginning", "starts_local": format!("{day}T18:00"),
            "ends_local": format!("{day}T19:00"), "place": {"kind": "public", "name": "Hall"}, "visibility": "members"
        });
        app.post(p.path("/meetings")).by(&p.resident).json(meeting).send().await.expect(201).id()
    };
    let begin =
        |meeting: &str| app.post(p.path("/reactivations")).by(&p.resident).json(json!({"meeting_id": meeting})).send();
    begin(&schedule("2027-07-02").await).await.refuses(&["/meeting_id"]);
    begin(&uuid::Uuid::now_v7().to_string()).await.refuses(&["/meeting_id"]);
    let meeting = schedule("2027-06-10").await;
    let agreement = begin(&meeting).await.expect(201).id();
    begin(&meeting).await.problem(409, "conflict");
    let reason = json!({"reason": "The hall is closed."});
    app.post(format!("/meetings/{meeting}/cancel")).by(&p.resident).if_match(1).json(reason).send().await.expect(200);
    let sign = |version: i64| app.post(format!("/agreements/{agreement}/sign")).by(&p.officer).if_match(version).send();
    sign(1).await.problem(409, "conflict");
    assert_eq!(state(&app, &p).await, "dormant", "nothing is half done");
    let withdrawn = app.post(format!("/agreements/{agreement}/withdraw")).by(&p.officer).if_match(1).send().await;
    withdrawn.expect(200);
    sign(2).await.problem(409, "conflict");
    let body = json!({"meeting_id": schedule("2027-06-12").await});
    agree(&app, "/reactivations", &p, body).await;
    assert_eq!(state(&app, &p).await, "active");
}

async fn what_was_not_confirmed_for_a_year_and_thirty_days_is_flagged_for_everybody(app: App) {
    let (mut p, _) = app.active().await;
    // Terms of twelve months, renewed in good time.
    app.db(|conn| {
        use threekeys::schema::leadership_seats as seats;
        diesel::update(seats::table)
            .set(seats::term_ends_on.eq(chrono::NaiveDate::from_ymd_opt(2030, 1, 1)))
            .execute(conn)?;
        diesel::update(accounts::table.filter(accounts::verified_until.is_not_null()))
            .set(accounts::verified_until.eq(chrono::NaiveDate::from_ymd_opt(2030, 1, 1)))
            .execute(conn)
    })
    .await;
    app.later(&mut p, days(365)).await;
    assert_eq!(app.run_job("ask_for_confirmation").await, 0, "2028-02-29");
    app.later(&mut p, days(1)).await;
    assert_eq!(app.run_job("ask_for_confirmation").await, 1);
    assert_eq!(app.run_job("ask_for_confirmation").await, 0);
    assert!(app.mails(&p.officer.email).await.iter().any(|mail| mail.contains("Once a year")));
    app.later(&mut p, days(30)).await;
    assert_eq!(app.run_job("ask_for_confirmation").await, 0, "the last day of grace");
    app.later(&mut p, days(1)).await;
    assert_eq!(app.run_job("ask_for_confirmation").await, 1);
    let listed = |answer: &Answer| answer.items()[0]["is_unconfirmed"].clone();
    assert_eq!(listed(&app.get("/partnerships").send().await.expect(200)), true);
    let half = json!({"roster": true, "area": true, "contacts": false, "plan": true});
    app.post(p.path("/confirmations")).by(&p.resident).json(half).send().await.refuses(&["/contacts"]);
    agree(&app, "/confirmations", &p, json!({"roster": true, "area": true, "contacts": true, "plan": true})).await;
    assert_eq!(listed(&app.get("/partnerships").send().await.expect(200)), false);
    let full = read(&app, &p).await;
    assert_eq!(full.body["life_cycle"]["confirmation_due_on"], "2029-04-01");
}

async fn suspended_partnerships_stand_still_and_come_back_where_they_stood(app: App) {
    let (mut p, _) = app.active().await;
    let suspend = async |by: &Person, review_on: &str| {
        let version = read(&app, &p).await.version();
        let body = json!({"reason": "A complaint is looked into.", "review_on": review_on});
        app.post(p.path("/suspend")).by(by).if_match(version).json(body).send().await
    };
    suspend(&p.officer, "2027-04-01").await.problem(403, "forbidden");
    suspend(&p.commander, "2027-03-01").await.refuses(&["/review_on"]);
    suspend(&p.commander, "2027-05-31").await.refuses(&["/review_on"]);
    suspend(&p.commander, "2027-05-30").await.expect(200);
    suspend(&p.commander, "2027-05-30").await.problem(409, "conflict");
    let patch = app.patch(p.path("")).by(&p.resident).if_match(read(&app, &p).await.version());
    patch.json(json!({"name": "Another name"})).send().await.problem(409, "conflict");
    app.later(&mut p, days(91)).await;
    assert_eq!(app.run_job("watch_dormancy").await, 0, "nobody could do anything");
    let full = read(&app, &p).await;
    assert_eq!(full.body["life_cycle"]["suspension"]["is_overdue"], true);
    assert_eq!(app.get("/partnerships?state=suspended").send().await.expect(200).items().len(), 1);
    let lift = app.post(p.path("/lift")).by(&p.commander).if_match(full.version());
    let lifted = lift.json(json!({"reason": "Nothing was found."})).send().await.expect(200);
    assert_eq!((&lifted.body["state"], &lifted.body["life_cycle"]["suspension"]), (&json!("active"), &Value::Null));
    assert_eq!(lifted.body["life_cycle"]["last_activity_at"], app.now().day().to_string());
    let again = app.post(p.path("/lift")).by(&p.commander).if_match(lifted.version());
    again.json(json!({"reason": "Once more."})).send().await.problem(409, "conflict");
}

fn closing(reason: &str) -> Value {
    json!({"reason": reason, "statement": "The city goes on with it from now on, and we with the city."})
}

async fn closing_lists_what_is_open_and_says_who_goes_on(app: App) {
    let (p, goal) = app.active().await;
    let propose = |body: Value| app.post(p.path("/closings")).by(&p.resident).json(body).send();
    let open = propose(closing("other")).await.problem(409, "gate_unmet");
    assert_eq!(open.body["missing"], json!(["goal"]));
    assert_eq!(open.body["conflicts"], json!([format!("/api/v1/goals/{goal}")]));
    propose(closing("merged_into")).await.refuses(&["/successors"]);
    let with = |reason: &str, successors: Value| {
        let mut body = closing(reason);
        body["successors"] = successors;
        body["left_open"] =
            json!([{"kind": "goal", "id": goal, "disposition": "transferred", "note": "The neighbors'."}]);
        body
    };
    propose(with("other", json!([p.id]))).await.refuses(&["/successors"]);
    propose(with("merged_into", json!([p.id]))).await.refuses(&["/successors/0"]);
    let unseen =
        app.post("/partnerships").by(&p.neighbor).json(proposal(p.area, "Waiting")).send().await.expect(201).id();
    propose(with("split_into", json!([unseen]))).await.refuses(&["/successors/0"]);
    let heir = app.forming().await;
    propose(with("split_into", json!([heir.id, heir.id]))).await.refuses(&["/successors/1"]);
    agree(&app, "/closings", &p, with("merged_into", json!([heir.id]))).await;
    let public = app.get(p.path("")).send().await.expect(200);
    assert_eq!((&public.body["state"], &public.body["closing"]["reason"]), (&json!("closed"), &json!("merged_into")));
    activate(&app, &p, &p.resident).await.problem(409, "conflict");
    propose(closing("other")).await.problem(409, "conflict");
    assert_eq!(page_through(&app, &p.path("/agreements"), Some(&p.neighbor)).await.len(), 1);
    for (who, left) in [(&p.resident, 1), (&p.neighbor, 0)] {
        let agreements = app.get(p.path("/agreements")).by(who).send().await.expect(200);
        assert_eq!(agreements.items()[0]["left_open"].as_array().unwrap().len(), left, "{}", who.name);
    }
}

async fn what_a_closing_leaves_open_is_told_to_leaders_and_administrators(app: App) {
    let (p, goal) = app.active().await;
    let admin = app.administrator().await;
    let mut body = closing("inactive");
    body["left_open"] = json!([{"kind": "goal", "id": goal, "disposition": "transferred", "note": "The neighbors'."}]);
    let made = app.post(p.path("/closings")).by(&admin).json(body).send().await.expect(201);
    assert_eq!(made.body["left_open"][0]["id"], json!(goal), "whoever proposes it reads it");
    let path = format!("/agreements/{}", made.id());
    for (who, left) in [(&admin, 1), (&p.resident, 1), (&p.officer, 1), (&p.neighbor, 0)] {
        let read = app.get(&path).by(who).send().await.expect(200);
        let listed = app.get(p.path("/agreements")).by(who).send().await.expect(200);
        for shown in [&read.body, &listed.items()[0]] {
            assert_eq!(shown["left_open"].as_array().unwrap().len(), left, "{}", who.name);
        }
    }
}

async fn what_opens_after_a_closing_was_proposed_is_settled_too(app: App) {
    let p = app.led().await;
    let id = app.post(p.path("/closings")).by(&p.officer).json(closing("inactive")).send().await.expect(201).id();
    let meeting = json!({
        "kind": "regular", "format": "in_person", "title": "One last time", "starts_local": "2027-03-10T18:00",
        "ends_local": "2027-03-10T19:00", "place": {"kind": "public", "name": "Hall"}, "visibility": "members"
    });
    let meeting = app.post(p.path("/meetings")).by(&p.resident).json(meeting).send().await.expect(201).id();
    let sign = |version: i64| app.post(format!("/agreements/{id}/sign")).by(&p.resident).if_match(version).send();
    let open = sign(1).await.problem(409, "gate_unmet");
    assert_eq!(open.body["conflicts"], json!([format!("/api/v1/meetings/{meeting}")]));
    let reason = json!({"reason": "Nobody is left."});
    app.post(format!("/meetings/{meeting}/cancel")).by(&p.resident).if_match(1).json(reason).send().await.expect(200);
    sign(1).await.expect(200);
    assert_eq!(state(&app, &p).await, "closed");
}

async fn an_administrator_completes_a_closing_that_waited_for_sixty_days(app: App) {
    let mut p = app.led().await;
    let admin = app.administrator().await;
    let id = app.post(p.path("/closings")).by(&admin).json(closing("inactive")).send().await.expect(201);
    assert_eq!(id.body["missing_signatures"], json!(["civilian", "police"]), "an administrator is on no side");
    let id = id.id();
    app.post(format!("/agreements/{id}/sign")).by(&p.officer).if_match(1).send().await.expect(200);
    app.later(&mut p, days(59)).await;
    let sign = async || {
        let token = app.session(admin.id).await.1;
        let sign = app.post(format!("/agreements/{id}/sign")).header("authorization", format!("Bearer {token}"));
        sign.if_match(2).send().await
    };
    sign().await.problem(409, "conflict");
    app.later(&mut p, days(1)).await;
    let closed = sign().await.expect(200);
    assert_eq!((&closed.body["state"], closed.body["administrator"].is_null()), (&json!("agreed"), false));
    assert_eq!(state(&app, &p).await, "closed");
}

async fn waivers_are_for_what_is_open_while_it_is_forming(app: App) {
    let (p, _) = app.nearly_formed().await;
    let waiver = |item: &str| json!({"item": item, "reason": "Nobody likes to fill in forms."});
    let propose = |by, item: &str| app.post(p.path("/waivers")).by(by).json(waiver(item)).send();
    propose(&p.neighbor, "member_profile").await.problem(403, "forbidden");
    propose(&p.resident, "resources_reviewed").await.problem(409, "conflict");
    let id = propose(&p.resident, "member_profile").await.expect(201).id();
    let sign = |by| app.post(format!("/agreements/{id}/sign")).by(by).if_match(1).leaving(2).send();
    sign(&p.officer).await.expect(200);
    assert_eq!(state(&app, &p).await, "active", "nothing else was missing");
    propose(&p.resident, "member_profile").await.problem(409, "conflict");
    let stranger = app.citizen().await;
    app.get(format!("/agreements/{id}")).by(&stranger).send().await.problem(404, "not_found");
    app.get(p.path("/agreements")).by(&stranger).send().await.problem(404, "not_found");
}

both_engines![
    a_profile_completes_the_checklist_within_the_next_look,
    the_last_item_activates_in_the_write_that_completes_it,
    activate_partnership_is_the_leaders_and_only_from_forming,
    a_gap_opens_with_the_last_leader_and_after_thirty_days_it_is_forming_again,
    a_deputy_fills_the_gap,
    leaders_are_warned_twice_and_activity_counts_anew,
    reactivation_needs_a_meeting_that_is_still_to_come_when_both_have_signed,
    what_was_not_confirmed_for_a_year_and_thirty_days_is_flagged_for_everybody,
    suspended_partnerships_stand_still_and_come_back_where_they_stood,
    closing_lists_what_is_open_and_says_who_goes_on,
    what_a_closing_leaves_open_is_told_to_leaders_and_administrators,
    what_opens_after_a_closing_was_proposed_is_settled_too,
    an_administrator_completes_a_closing_that_waited_for_sixty_days,
    waivers_are_for_what_is_open_while_it_is_forming,
];
