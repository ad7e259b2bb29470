use serde_json::json;
use threekeys::platform::clock::days;

use crate::support::App;

async fn commanders_see_and_change_their_own_agency_alone(app: App) {
    let (agency, other) = (app.agency().await, app.agency().await);
    let (commander, officer, elsewhere, citizen, admin) = (
        app.commander(agency).await,
        app.officer(agency).await,
        app.officer(other).await,
        app.citizen().await,
        app.administrator().await,
    );
    for (who, seen) in [(&officer, 200), (&commander, 200), (&elsewhere, 404), (&citizen, 404), (&admin, 404)] {
        assert_eq!(app.get(format!("/accounts/{}", who.id)).by(&commander).send().await.status, seen);
    }
    for who in [&officer, &citizen] {
        app.get(format!("/accounts/{}", officer.id)).by(who).send().await.problem(404, "not_found");
    }
    let listed = app.get("/accounts?include=total&limit=1").by(&commander).send().await.expect(200);
    assert_eq!((listed.items().len(), &listed.body["total"]), (1, &json!(2)));
    let all = app.get("/accounts?limit=200").by(&admin).send().await.expect(200);
    assert_eq!(all.items().len(), 5);
    assert_eq!(app.get("/accounts?kind=officer&q=OFFICER").by(&admin).send().await.items().len(), 2);
    app.get("/accounts").by(&officer).send().await.problem(403, "forbidden");
    let patch = |id, who| {
        app.patch(format!("/accounts/{id}")).by(who).if_match(1).json(json!({"rank": "Sergeant", "badge_number": null}))
    };
    let changed = patch(officer.id, &commander).send().await.expect(200);
    assert_eq!((changed.body["rank"].as_str(), &changed.body["badge_number"]), (Some("Sergeant"), &json!(null)));
    patch(commander.id, &commander).send().await.problem(403, "forbidden");
    patch(elsewhere.id, &commander).send().await.problem(404, "not_found");
}

async fn suspended_accounts_lose_every_right_on_the_next_request(app: App) {
    let agency = app.agency().await;
    let (commander, officer, peer) =
        (app.commander(agency).await, app.officer(agency).await, app.commander(agency).await);
    let suspend = |id, who, version: i64| {
        app.post(format!("/accounts/{id}/suspend")).by(who).if_match(version).json(json!({"reason": "Lost the phone."}))
    };
    suspend(peer.id, &commander, 1).send().await.problem(403, "forbidden");
    suspend(officer.id, &commander, 1).send().await.expect(200);
    app.get("/account").by(&officer).send().await.problem(401, "unauthenticated");
    let told = app.mails(&officer.email).await;
    assert!(told.len() == 1 && told[0].contains("Lost the phone."), "{told:?}");
    let login = json!({"email": officer.email, "password": crate::support::people::PASSWORD});
    app.post("/sessions").json(login.clone()).send().await.problem(403, "forbidden");
    suspend(officer.id, &commander, 2).send().await.problem(409, "conflict");
    let reinstate = app.post(format!("/accounts/{}/reinstate", officer.id)).by(&commander).if_match(2);
    reinstate.json(json!({"reason": "Phone found."})).send().await.expect(200);
    app.get("/account").by(&officer).send().await.problem(401, "unauthenticated");
    app.post("/sessions").json(login).send().await.expect(201);
    let close = app.post(format!("/accounts/{}/close", officer.id)).by(&commander).if_match(3);
    assert_eq!(close.json(json!({"reason": "Retired."})).send().await.expect(200).body["state"], "closed");
}

async fn an_officer_without_verification_has_a_citizens_rights(app: App) {
    let agency = app.agency().await;
    let (commander, officer, admin) =
        (app.commander(agency).await, app.officer(agency).await, app.administrator().await);
    app.get("/accounts").by(&commander).send().await.expect(200);
    app.pass(days(337));
    let own = app.get("/account").by(&commander).send().await.expect(200);
    assert_eq!(
        (own.body["verified_until"].as_str(), own.body["is_verified"].as_bool()),
        (Some("2028-01-31"), Some(false))
    );
    app.get("/accounts").by(&commander).send().await.problem(403, "forbidden");
    let renew = |id, who, version: i64, body| {
        app.post(format!("/accounts/{id}/renew-verification")).by(who).if_match(version).json(body)
    };
    renew(commander.id, &commander, 1, json!({})).send().await.problem(404, "not_found");
    renew(commander.id, &admin, 1, json!({"verified_until": "2030-01-01"})).send().await.refuses(&["/verified_until"]);
    let renewed = renew(commander.id, &admin, 1, json!({})).send().await.expect(200);
    assert_eq!(renewed.body["verified_until"], "2029-02-01");
    app.get("/accounts").by(&commander).send().await.expect(200);
    renew(officer.id, &commander, 1, json!({"verified_until": "2028-06-30"})).send().await.expect(200);
    let citizen = app.citizen().await;
    renew(citizen.id, &admin, 1, json!({})).send().await.problem(409, "conflict");
}

async fn the_whole_record_is_for_administrators(app: App) {
    let (ann, admin) = (app.citizen().await, app.administrator().await);
    for n in 0..5 {
        app.patch("/account")
            .by(&ann)
            .if_match(n + 1)
            .json(json!({"alias": format!("Owl {n}")}))
            .send()
            .await
            .expect(200);
    }
    assert_eq!(app.get("/records").by(&admin).send().await.expect(200).items().len(), 0, "not before they are sealed");
    app.run_job("seal_record").await;
    let first = app.get("/records?limit=3").by(&admin).send().await.expect(200);
    let next =
        app.get(format!("/records?limit=3&cursor={}", first.str("next_cursor"))).by(&admin).send().await.expect(200);
    let seqs: Vec<i64> = first.items().iter().chain(next.items()).map(|r| r["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    assert_eq!(app.get("/records?after_seq=4").by(&admin).send().await.items().len(), 1);
    assert_eq!(first.items()[0]["actor_id"], ann.id.to_string());
    app.get("/records").by(&ann).send().await.problem(403, "forbidden");
    app.get("/records").send().await.problem(401, "unauthenticated");
}

both_engines![
    commanders_see_and_change_their_own_agency_alone,
    suspended_accounts_lose_every_right_on_the_next_request,
    an_officer_without_verification_has_a_citizens_rights,
    the_whole_record_is_for_administrators,
];
