use serde_json::json;
use threekeys::platform::clock::days;

use crate::support::App;
use crate::support::forming::proposal;

async fn propose_partnership_by_citizen_makes_founder_and_member(app: App) {
    let p = app.proposed().await;
    let view = app.get(p.path("")).by(&p.resident).send().await.expect(200);
    assert_eq!(view.body["view"], "full");
    assert_eq!(view.body["state"], "proposed");
    assert_eq!(view.body["founders"].as_array().map(Vec::len), Some(2));
    assert_eq!(view.body["own"]["side"], "civilian");
    assert_eq!(view.body["host_agency_id"], p.agency.to_string());
    assert_eq!(view.body["leadership_gap"], false, "nothing to lead yet");
}

async fn propose_partnership_with_persons_invites_them_by_mail(app: App) {
    let (agency, resident, friend) = (app.agency().await, app.citizen().await, app.citizen().await);
    let area = app.district(agency).await;
    let mut body = proposal(area, "Two Friends");
    body["founders"] = json!([{"type": "person", "name": "A Friend", "email": friend.email}]);
    let id = app.post("/partnerships").by(&resident).json(body).send().await.expect(201).id();
    assert_eq!(app.mails(&friend.email).await.len(), 1);
    let mine = app.get("/account/membership-invitations").by(&friend).send().await.expect(200);
    let invitation = mine.items()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(mine.items()[0]["partnership"]["id"], id);
    app.get(format!("/partnerships/{id}")).by(&friend).send().await.problem(404, "not_found");
    app.post(format!("/membership-invitations/{invitation}/accept")).by(&friend).if_match(1).send().await.expect(200);
    app.get(format!("/partnerships/{id}")).by(&friend).send().await.expect(200);
}

async fn propose_partnership_with_bad_input_names_every_field(app: App) {
    let (agency, resident) = (app.agency().await, app.citizen().await);
    let area = app.district(agency).await;
    let bad = json!({
        "name": "x", "area_id": "nope", "catalyst": {"type": "because", "statement": "short"}, "founders": [], "side": "police"
    });
    app.post("/partnerships").by(&resident).json(bad).send().await.refuses(&[
        "/area_id",
        "/catalyst/statement",
        "/catalyst/type",
        "/founders",
        "/name",
        "/side",
    ]);
    let mut unknown = proposal(area, "Nowhere");
    unknown["area_id"] = json!(uuid::Uuid::now_v7());
    app.post("/partnerships").by(&resident).json(unknown).send().await.refuses(&["/area_id"]);
    let mut doubled = proposal(area, "Doubled");
    doubled["founders"] = json!([{"type": "group", "name": "Same", "sector": "faith"}, {"type": "group", "name": "SAME", "sector": "faith"}]);
    app.post("/partnerships").by(&resident).json(doubled).send().await.refuses(&["/founders/1"]);
    let mut alone = proposal(area, "Alone");
    alone["founders"] = json!([{"type": "person", "name": "Me again", "email": resident.email.to_uppercase()}]);
    app.post("/partnerships").by(&resident).json(alone).send().await.refuses(&["/founders/0/email"]);
    app.post("/partnerships").json(proposal(area, "Nobody")).send().await.problem(401, "unauthenticated");
    let admin = app.administrator().await;
    app.post("/partnerships").by(&admin).json(proposal(area, "Admin")).send().await.problem(403, "forbidden");
}

async fn accept_partnership_is_for_the_areas_commander(app: App) {
    let p = app.proposed().await;
    let elsewhere = {
        let other = app.district(p.agency).await;
        app.commander_of(p.agency, other).await
    };
    let accept = || app.post(p.path("/accept"));
    accept().if_match(1).send().await.problem(401, "unauthenticated");
    accept().by(&p.neighbor).if_match(1).send().await.problem(404, "not_found");
    accept().by(&elsewhere).if_match(1).send().await.problem(404, "not_found");
    accept().by(&p.resident).if_match(1).send().await.problem(403, "forbidden");
    accept().by(&p.officer).if_match(1).send().await.problem(403, "forbidden");
    accept().by(&p.commander).send().await.problem(428, "precondition_required");
    let stale = accept().by(&p.commander).if_match(7).send().await.problem(412, "precondition_failed");
    assert_eq!(stale.body["current_version"], 1);
    let accepted = accept().by(&p.commander).if_match(1).send().await.expect(200);
    assert_eq!(accepted.body["state"], "forming");
    assert_eq!(accepted.body["leadership_gap"], true);
    accept().by(&p.commander).if_match(2).send().await.problem(409, "conflict");
    app.get(p.path("")).send().await.expect(200);
}

async fn decline_partnership_keeps_its_reason_for_the_founders(app: App) {
    let p = app.proposed().await;
    let decline = json!({"reason": "The lighting project of the city covers this."});
    app.post(p.path("/decline")).by(&p.commander).if_match(1).json(json!({})).send().await.refuses(&["/reason"]);
    app.post(p.path("/decline")).by(&p.commander).if_match(1).json(decline).send().await.expect(200);
    let view = app.get(p.path("")).by(&p.resident).send().await.expect(200);
    assert_eq!(view.body["state"], "declined");
    assert_eq!(view.body["decision_reason"], "The lighting project of the city covers this.");
    app.get(p.path("")).send().await.problem(404, "not_found");
    app.post(p.path("/memberships")).by(&p.officer).json(json!({})).send().await.problem(409, "conflict");
}

async fn unanswered_proposals_are_escalated_once(app: App) {
    let p = app.proposed().await;
    app.pass(days(14));
    assert_eq!(app.run_job("escalate_proposals").await, 1, "exactly 14 days unanswered");
    assert_eq!(app.run_job("escalate_proposals").await, 0);
    assert_eq!(app.mails(&p.commander.email).await.len(), 1);
    app.pass(days(1));
    let view = app.get(p.path("")).by(&p.commander).send().await.expect(200);
    assert_eq!(view.body["is_overdue"], true);
    let timeline = app.get(p.path("/timeline")).by(&p.officer).send().await.expect(200);
    assert_eq!(timeline.items()[0]["words"], "The proposal was not answered for 14 days and was escalated");
}

async fn update_partnership_patches_what_is_given(app: App) {
    let p = app.led().await;
    let version = app.get(p.path("")).by(&p.resident).send().await.version();
    let outline = json!({"type": "Polygon", "coordinates": [[[-94.66, 39.07], [-94.64, 39.07], [-94.64, 39.09], [-94.66, 39.09], [-94.66, 39.07]]]});
    let patch = app.patch(p.path("")).by(&p.resident).if_match(version);
    let changed = patch.json(json!({"name": "Armourdale Bright", "geometry": outline})).send().await.expect(200);
    assert_eq!((changed.body["name"].as_str(), changed.version()), (Some("Armourdale Bright"), version + 1));
    assert_eq!(changed.body["public_contact"], "lights@example.org", "absent keeps");
    let cleared = app
        .patch(p.path(""))
        .by(&p.officer)
        .if_match(version + 1)
        .json(json!({"public_contact": null, "geometry": null}))
        .send()
        .await
        .expect(200);
    assert_eq!((&cleared.body["public_contact"], &cleared.body["geometry"]), (&json!(null), &json!(null)));
    let refused = app.patch(p.path("")).by(&p.officer).if_match(version + 2);
    refused.json(json!({"name": null, "state": "active"})).send().await.refuses(&["/name", "/state"]);
    let refused = app.patch(p.path("")).by(&p.neighbor).if_match(version + 2);
    refused.json(json!({"name": "Mine now"})).send().await.problem(403, "forbidden");
}

async fn overlapping_outlines_are_reported_and_not_refused(app: App) {
    let p = app.led().await;
    let square = |west: f64| json!({"type": "Polygon", "coordinates": [[[west, 39.0], [west + 0.02, 39.0], [west + 0.02, 39.02], [west, 39.02], [west, 39.0]]]});
    let version = app.get(p.path("")).by(&p.resident).send().await.version();
    app.patch(p.path(""))
        .by(&p.resident)
        .if_match(version)
        .json(json!({"geometry": square(-94.60)}))
        .send()
        .await
        .expect(200);
    for (west, overlaps) in [(-94.59, 1), (-94.50, 0)] {
        let mut body = proposal(p.area, "Next Door");
        body["geometry"] = square(west);
        let made = app.post("/partnerships").by(&p.neighbor).json(body).send().await.expect(201);
        assert_eq!(made.body["overlaps"].as_array().map(Vec::len), Some(overlaps), "{west}");
    }
}

async fn list_partnerships_pages_filters_and_counts(app: App) {
    let (agency, resident, stranger) = (app.agency().await, app.citizen().await, app.citizen().await);
    let (area, other) = (app.district(agency).await, app.district(agency).await);
    let commander = app.commander_of(agency, area).await;
    for n in 0..7 {
        let made = app
            .post("/partnerships")
            .by(&resident)
            .json(proposal(area, &format!("Partnership {n}")))
            .send()
            .await
            .expect(201);
        if n < 5 {
            app.post(format!("/partnerships/{}/accept", made.id())).by(&commander).if_match(1).send().await.expect(200);
        }
    }
    let names = |answer: &crate::support::Answer| -> Vec<String> {
        answer.items().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    let first = app.get("/partnerships?limit=2&include=total&q=partnership").by(&stranger).send().await.expect(200);
    assert_eq!(
        (names(&first), &first.body["total"]),
        (vec!["Partnership 0".into(), "Partnership 1".into()], &json!(5))
    );
    let link = first.header("link").unwrap().to_owned();
    let next = link.strip_prefix('<').and_then(|l| l.split_once('>')).unwrap().0.to_owned();
    let second = app.get(&next).by(&stranger).send().await.expect(200);
    assert_eq!(names(&second), ["Partnership 2", "Partnership 3"]);
    let cursor = second.str("next_cursor");
    let third =
        app.get(format!("/partnerships?limit=2&q=partnership&cursor={cursor}")).by(&stranger).send().await.expect(200);
    assert_eq!((names(&third), third.body["next_cursor"].is_null()), (vec!["Partnership 4".into()], true));
    // A cursor belongs to its list and filters, and can't be altered.
    app.get(format!("/partnerships?limit=2&cursor={cursor}")).by(&stranger).send().await.refuses(&["?cursor"]);
    let altered = format!("{}A", &cursor[..cursor.len() - 1]);
    let altered = if altered == cursor { format!("{}B", &cursor[..cursor.len() - 1]) } else { altered };
    app.get(format!("/partnerships?limit=2&q=partnership&cursor={altered}"))
        .by(&stranger)
        .send()
        .await
        .refuses(&["?cursor"]);
    app.get("/partnerships?limit=0&colour=red&state=big").send().await.refuses(&["?limit", "?colour", "?state"]);
    assert_eq!(app.get("/partnerships?mine=true").by(&resident).send().await.expect(200).items().len(), 7);
    assert_eq!(app.get("/partnerships?state=proposed").by(&commander).send().await.expect(200).items().len(), 2);
    assert_eq!(app.get("/partnerships?state=proposed").by(&stranger).send().await.expect(200).items().len(), 0);
    assert_eq!(app.get(format!("/partnerships?area_id={other}")).send().await.expect(200).items().len(), 0);
    assert_eq!(app.get(format!("/partnerships?area_id={area}")).send().await.expect(200).items().len(), 5);
    app.get("/partnerships?mine=true").send().await.problem(401, "unauthenticated");
}

async fn formation_tells_what_is_missing_in_the_fields_order(app: App) {
    let p = app.forming().await;
    let formation = || async { app.get(p.path("/formation")).by(&p.neighbor).send().await.expect(200) };
    let step = |answer: &crate::support::Answer| answer.body["next_step"].as_str().map(ToOwned::to_owned);
    assert_eq!(step(&formation().await).as_deref(), Some("civilian_leader"));
    app.seat(&p, &p.resident, &p.neighbor, "primary").await;
    assert_eq!(step(&formation().await).as_deref(), Some("police_leader"));
    app.seat(&p, &p.officer, &p.commander, "primary").await;
    assert_eq!(step(&formation().await).as_deref(), Some("mission"));
    let open = formation().await;
    let before = ["mission", "goal", "objectives", "communication_plan", "first_meeting", "resources_reviewed"];
    assert_eq!(open.body["missing"], json!([&before[..], &["member_profile"]].concat()));
    for person in [&p.resident, &p.neighbor] {
        let profile =
            json!({"skills": [{"skill": "Spanish", "level": 3}], "interests": [{"topic": "Lighting", "strength": 2}]});
        app.patch("/account/profile").by(person).if_match(1).json(profile).send().await.expect(200);
    }
    let profiled = formation().await;
    assert_eq!(profiled.body["missing"], json!(before), "two of three members are 67 %");
    app.get(p.path("/formation")).send().await.problem(401, "unauthenticated");
    let stranger = app.citizen().await;
    app.get(p.path("/formation")).by(&stranger).send().await.problem(404, "not_found");
}

both_engines![
    propose_partnership_by_citizen_makes_founder_and_member,
    propose_partnership_with_persons_invites_them_by_mail,
    propose_partnership_with_bad_input_names_every_field,
    accept_partnership_is_for_the_areas_commander,
    decline_partnership_keeps_its_reason_for_the_founders,
    unanswered_proposals_are_escalated_once,
    update_partnership_patches_what_is_given,
    overlapping_outlines_are_reported_and_not_refused,
    list_partnerships_pages_filters_and_counts,
    formation_tells_what_is_missing_in_the_fields_order,
];
