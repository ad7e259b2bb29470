use diesel::prelude::*;
use serde_json::json;
use threekeys::platform::clock::days;
use threekeys::schema::accounts;

use crate::support::App;

async fn nominate_leader_needs_somebody_else_of_the_side(app: App) {
    let p = app.forming().await;
    let (resident, officer) = (app.membership(&p, &p.resident).await, app.membership(&p, &p.officer).await);
    let stranger = app.citizen().await;
    let nominate = |who, membership: &str, method: &str| {
        let body = json!({"membership_id": membership, "kind": "primary", "selection_method": method});
        app.post(p.path("/seats")).by(who).json(body)
    };
    nominate(&p.resident, &resident, "consensus").send().await.problem(403, "forbidden");
    nominate(&p.officer, &resident, "consensus").send().await.problem(403, "forbidden");
    nominate(&p.neighbor, &officer, "consensus").send().await.problem(403, "forbidden");
    nominate(&stranger, &resident, "consensus").send().await.problem(404, "not_found");
    nominate(&p.neighbor, &resident, "appointed_by_agency").send().await.refuses(&["/selection_method"]);
    nominate(&p.neighbor, &uuid::Uuid::now_v7().to_string(), "consensus").send().await.refuses(&["/membership_id"]);
    let seat = nominate(&p.neighbor, &resident, "consensus").send().await.expect(201);
    assert_eq!((seat.body["side"].as_str(), seat.body["state"].as_str()), (Some("civilian"), Some("nominated")));
    nominate(&p.neighbor, &resident, "consensus").send().await.problem(409, "seat_taken");
    nominate(&p.commander, &officer, "appointed_by_agency").send().await.expect(201);
}

async fn accept_seat_is_the_nominees_and_starts_a_term(app: App) {
    let p = app.forming().await;
    let membership = app.membership(&p, &p.resident).await;
    let body = json!({"membership_id": membership, "kind": "primary", "selection_method": "acting", "acting_days": 30});
    let seat = app.post(p.path("/seats")).by(&p.neighbor).json(body).send().await.expect(201).id();
    app.post(format!("/seats/{seat}/accept")).by(&p.neighbor).if_match(1).send().await.problem(403, "forbidden");
    let held = app.post(format!("/seats/{seat}/accept")).by(&p.resident).if_match(1).send().await.expect(200);
    assert_eq!(
        (held.body["term_starts_on"].as_str(), held.body["term_ends_on"].as_str()),
        (Some("2027-03-01"), Some("2027-03-31"))
    );
    app.post(format!("/seats/{seat}/accept")).by(&p.resident).if_match(2).send().await.problem(409, "conflict");
    let wrong =
        json!({"membership_id": membership, "kind": "primary", "selection_method": "consensus", "acting_days": 30});
    app.post(p.path("/seats")).by(&p.neighbor).json(wrong).send().await.refuses(&["/acting_days"]);
}

async fn a_side_has_one_primary_at_a_time(app: App) {
    let p = app.forming().await;
    let body = |membership: String, kind: &str| json!({"membership_id": membership, "kind": kind, "selection_method": "consensus"});
    let rival = body(app.membership(&p, &p.neighbor).await, "primary");
    let seat = app.post(p.path("/seats")).by(&p.resident).json(rival).send().await.expect(201).id();
    app.seat(&p, &p.resident, &p.neighbor, "primary").await;
    app.post(format!("/seats/{seat}/accept")).by(&p.neighbor).if_match(1).send().await.problem(409, "seat_taken");
    app.post(format!("/seats/{seat}/decline")).by(&p.neighbor).if_match(1).send().await.expect(200);
    app.seat(&p, &p.officer, &p.commander, "primary").await;
    let deputy = app.seat(&p, &p.neighbor, &p.resident, "deputy").await;
    let view = app.get(p.path("")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(
        (view.body["leaders"].as_array().map(Vec::len), view.body["own"]["seat_id"].as_str()),
        (Some(3), Some(&*deputy))
    );
}

async fn end_seat_of_the_last_leader_needs_a_hand_over(app: App) {
    let p = app.led().await;
    let seats = app.get(p.path("/seats?state=active")).by(&p.resident).send().await.expect(200);
    let of = |side: &str| seats.items().iter().find(|s| s["side"] == side).unwrap()["id"].as_str().unwrap().to_owned();
    let (civilian, police) = (of("civilian"), of("police"));
    let end = |seat: &str, who, body| app.post(format!("/seats/{seat}/end")).by(who).if_match(2).json(body);
    end(&civilian, &p.resident, json!({"end_reason": "resigned"})).send().await.problem(409, "conflict");
    end(&civilian, &p.officer, json!({"end_reason": "removed", "reason": "We disagree."}))
        .send()
        .await
        .problem(403, "forbidden");
    end(&police, &p.commander, json!({"end_reason": "removed"})).send().await.refuses(&["/reason"]);
    end(&police, &p.commander, json!({"end_reason": "resigned"})).send().await.refuses(&["/end_reason"]);
    end(&police, &p.commander, json!({"end_reason": "moved"})).leaving(2).send().await.expect(200);
    assert_eq!(app.actions().await.iter().filter(|action| *action == "leadership.gap_opened").count(), 1);
    app.seat(&p, &p.neighbor, &p.resident, "deputy").await;
    end(&civilian, &p.neighbor, json!({"end_reason": "removed", "reason": "It is my turn."}))
        .send()
        .await
        .problem(403, "forbidden");
    end(&civilian, &p.resident, json!({"end_reason": "resigned"})).send().await.expect(200);
    let view = app.get(p.path("")).by(&p.resident).send().await.expect(200);
    assert_eq!((view.body["leadership_gap"].as_bool(), view.body["own"]["seat_id"].is_null()), (Some(true), true));
}

async fn terms_end_and_lost_verification_ends_police_seats_the_same_day(app: App) {
    let p = app.led().await;
    assert_eq!(app.run_job("end_seats").await, 0);
    app.pass(days(300));
    let officer = p.officer.id;
    let yesterday = app.now().date().pred_opt().unwrap();
    app.db(move |conn| {
        diesel::update(accounts::table.find(officer)).set(accounts::verified_until.eq(yesterday)).execute(conn)
    })
    .await;
    // Even before the sweep the seat gives no rights.
    let text = json!({"text": "A mission without the police would be half a mission."});
    let refused =
        app.post(p.path("/missions")).by(&p.resident).json(text).send().await.problem(409, "leadership_incomplete");
    assert_eq!(refused.body["missing"], json!(["police_leader"]));
    assert_eq!(app.run_job("end_seats").await, 1);
    app.pass(days(67));
    assert_eq!(app.run_job("end_seats").await, 1, "the civilian term was over after twelve months");
    let seats = app.get(p.path("/seats")).by(&p.neighbor).send().await.expect(200);
    let mut reasons: Vec<&str> = seats.items().iter().map(|s| s["end_reason"].as_str().unwrap()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["term", "verification_lost"]);
}

both_engines![
    nominate_leader_needs_somebody_else_of_the_side,
    accept_seat_is_the_nominees_and_starts_a_term,
    a_side_has_one_primary_at_a_time,
    end_seat_of_the_last_leader_needs_a_hand_over,
    terms_end_and_lost_verification_ends_police_seats_the_same_day,
];
