use serde_json::{Value, json};
use threekeys::ids::{AccountId, AreaId};

use super::{area, assign, city_and_district, field, walk};
use crate::support::{App, Person};

fn duty(who: &Person, role: &str) -> Value {
    json!({"account_id": who.id, "role": role, "starts_on": "2027-03-01", "is_public": true})
}

async fn create_assignment_puts_somebody_on_duty(app: App) {
    let agency = app.agency().await;
    let (commander, officer) = (app.commander(agency).await, app.officer(agency).await);
    let (_, district) = city_and_district(&app, &commander, agency).await;
    let mut body = duty(&officer, "officer");
    body["ends_on"] = json!("2027-03-01");
    body["duty_phone"] = json!("+19135551212");
    body["duty_email"] = json!("midtown@kckpd.example");
    body["bio"] = json!("Twelve years on the beat.\nSpeaks Spanish.");
    let path = format!("/areas/{district}/assignments");
    let made = app.post(&path).by(&commander).json(body).send().await.expect(201);
    assert_eq!(made.header("location"), Some(format!("/api/v1/assignments/{}", made.id()).as_str()));
    assert_eq!(made.body["person"], json!({"id": officer.id, "display_name": officer.name, "side": "police"}));
    assert_eq!(made.body["area"], json!({"id": district, "kind": "district", "name": "Midtown"}));
    assert_eq!((&made.body["is_current"], &made.body["rank"]), (&json!(true), &json!("Officer")));
    let read = app.get(format!("/assignments/{}", made.id())).by(&officer).send().await.expect(200);
    assert_eq!(read.body, made.body);
    let etag = read.header("etag").unwrap().to_owned();
    let again = app.get(format!("/assignments/{}", made.id())).by(&officer).header("if-none-match", etag.clone());
    again.send().await.expect(304);
    let changed =
        app.patch(format!("/assignments/{}", made.id())).by(&commander).if_match(etag).json(json!({})).send().await;
    changed.expect(200);
}

async fn create_assignment_of_somebody_unfit_is_refused(app: App) {
    let (agency, other) = (app.agency().await, app.agency().await);
    let commander = app.commander(agency).await;
    let (city, _) = city_and_district(&app, &commander, agency).await;
    let path = format!("/areas/{city}/assignments");
    let suspended = app.officer(agency).await;
    let reason = json!({"reason": "An inquiry is under way"});
    app.post(format!("/accounts/{}/suspend", suspended.id))
        .by(&commander)
        .if_match(1)
        .json(reason)
        .send()
        .await
        .expect(200);
    for person in
        [app.citizen().await, app.staff(agency).await, app.officer(other).await, app.administrator().await, suspended]
    {
        app.post(&path).by(&commander).json(duty(&person, "officer")).send().await.refuses(&["/account_id"]);
    }
    let officer = app.officer(agency).await;
    app.post(&path).by(&commander).json(duty(&officer, "commander")).send().await.refuses(&["/role"]);
    let mut unknown = duty(&officer, "officer");
    unknown["account_id"] = json!(AccountId::new());
    app.post(&path).by(&commander).json(unknown).send().await.refuses(&["/account_id"]);
    let mut backwards = duty(&officer, "officer");
    backwards["ends_on"] = json!("2027-02-28");
    app.post(&path).by(&commander).json(backwards).send().await.refuses(&["/ends_on"]);
    let bad = json!({"account_id": officer.id, "role": "chief", "starts_on": "2027-02-29", "ends_on": "soon",
        "duty_phone": "5551212", "duty_email": "x", "bio": "", "home_address": "1 Elm Street"});
    app.post(&path).by(&commander).json(bad).send().await.refuses(&[
        "/bio",
        "/duty_email",
        "/duty_phone",
        "/ends_on",
        "/home_address",
        "/is_public",
        "/role",
        "/starts_on",
    ]);
    assert!(app.get(&path).by(&commander).send().await.items().is_empty());
}

async fn create_assignment_is_for_the_agencys_commanders_and_administrators(app: App) {
    let (agency, other) = (app.agency().await, app.agency().await);
    let administrator = app.administrator().await;
    let officer = app.officer(agency).await;
    let (city, _) = city_and_district(&app, &administrator, agency).await;
    let path = format!("/areas/{city}/assignments");
    for person in [app.citizen().await, officer.clone(), app.staff(agency).await, app.commander(other).await] {
        app.post(&path).by(&person).json(duty(&officer, "officer")).send().await.problem(403, "forbidden");
    }
    app.post(&path).json(duty(&officer, "officer")).send().await.problem(401, "unauthenticated");
    let unknown = format!("/areas/{}/assignments", AreaId::new());
    app.post(&unknown).by(&administrator).json(duty(&officer, "officer")).send().await.problem(404, "not_found");
    app.post(&path).by(&administrator).json(duty(&officer, "officer")).send().await.expect(201);
}

async fn an_area_has_one_commander_and_everybody_a_role_once(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let (first, second, officer) =
        (app.commander(agency).await, app.commander(agency).await, app.officer(agency).await);
    let (city, district) = city_and_district(&app, &administrator, agency).await;
    let path = format!("/areas/{district}/assignments");
    let sent = |who: &Person, role: &str| app.post(&path).by(&administrator).json(duty(who, role));
    let held = sent(&first, "commander").send().await.expect(201).id();
    sent(&second, "commander").send().await.problem(409, "conflict");
    sent(&first, "commander").send().await.problem(409, "conflict");
    sent(&first, "officer").send().await.expect(201);
    sent(&second, "delegate").send().await.expect(201);
    sent(&officer, "officer").send().await.expect(201);
    sent(&officer, "delegate").send().await.expect(201);
    sent(&officer, "officer").send().await.problem(409, "conflict");
    assign(&app, &administrator, &city, &first, "commander").await;
    app.post(format!("/assignments/{held}/end")).by(&administrator).if_match(1).send().await.expect(200);
    sent(&second, "commander").send().await.expect(201);
}

async fn create_assignment_takes_the_place_of_one_whose_days_are_over(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let (first, second) = (app.commander(agency).await, app.commander(agency).await);
    let (_, district) = city_and_district(&app, &administrator, agency).await;
    let path = format!("/areas/{district}/assignments");
    let mut body = duty(&first, "commander");
    body["ends_on"] = json!("2027-03-01");
    let over = app.post(&path).by(&administrator).json(body).send().await.expect(201).id();
    app.post(&path).by(&administrator).json(duty(&second, "commander")).send().await.problem(409, "conflict");
    app.pass(std::time::Duration::from_secs(86_400));
    app.post(&path).by(&administrator).json(duty(&second, "commander")).send().await.expect(201);
    let over = app.get(format!("/assignments/{over}")).by(&administrator).send().await.expect(200);
    assert_eq!((over.version(), &over.body["ended_at"]), (2, &json!("2027-03-02T18:00:00Z")));
}

async fn of_two_commanders_at_once_one_wins(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let (_, district) = city_and_district(&app, &administrator, agency).await;
    let path = format!("/areas/{district}/assignments");
    let (first, second) = (app.commander(agency).await, app.commander(agency).await);
    for _ in 0..10 {
        let sent = |who: &Person| app.post(&path).by(&administrator).json(duty(who, "commander")).unchecked().send();
        let (one, other) = futures_util::future::join(sent(&first), sent(&second)).await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
        let winner = if one.status == 201 { one.id() } else { other.id() };
        app.post(format!("/assignments/{winner}/end")).by(&administrator).if_match(1).send().await.expect(200);
    }
}

async fn of_retiring_and_assigning_at_once_one_wins(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let (city, _) = city_and_district(&app, &administrator, agency).await;
    let officer = app.officer(agency).await;
    for n in 0..10 {
        let beat =
            area(&app, &administrator, agency, "beat", &format!("Beat {n}"), Some(&city), Value::Null).await.id();
        let path = format!("/areas/{beat}");
        let retire = app.post(format!("{path}/retire")).by(&administrator).if_match(1).unchecked().send();
        let assign =
            app.post(format!("{path}/assignments")).by(&administrator).json(duty(&officer, "officer")).unchecked();
        let child = json!({"agency_id": agency, "kind": "neighborhood", "name": format!("N {n}"), "parent_id": beat});
        let child = app.post("/areas").by(&administrator).json(child).unchecked();
        let (retired, assigned, grown) = futures_util::future::join3(retire, assign.send(), child.send()).await;
        let outcome = (retired.status, assigned.status, grown.status);
        assert!(matches!(outcome, (200, 409, 422) | (409, 201, _) | (409, _, 201)), "{outcome:?}");
    }
}

async fn update_assignment_gives_a_retired_area_nobody_on_duty(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let officer = app.officer(agency).await;
    let (_, district) = city_and_district(&app, &administrator, agency).await;
    let mut body = duty(&officer, "officer");
    (body["starts_on"], body["ends_on"]) = (json!("2027-02-01"), json!("2027-02-28"));
    let path = format!("/areas/{district}");
    let over = app.post(format!("{path}/assignments")).by(&administrator).json(body).send().await.expect(201);
    app.post(format!("{path}/retire")).by(&administrator).if_match(1).send().await.expect(200);
    let change = app.patch(format!("/assignments/{}", over.id())).by(&administrator).if_match(1);
    change.json(json!({"ends_on": null})).send().await.problem(409, "conflict");
}

async fn update_assignment_keeps_clears_and_sets(app: App) {
    let agency = app.agency().await;
    let (commander, officer) = (app.commander(agency).await, app.officer(agency).await);
    let (_, district) = city_and_district(&app, &commander, agency).await;
    let mut body = duty(&officer, "officer");
    body["ends_on"] = json!("2027-09-30");
    body["duty_phone"] = json!("+19135551212");
    let made = app.post(format!("/areas/{district}/assignments")).by(&commander).json(body).send().await.expect(201);
    let path = format!("/assignments/{}", made.id());
    let change = json!({"bio": "Hello."});
    app.patch(&path).by(&commander).json(change.clone()).send().await.problem(428, "precondition_required");
    let changed = app.patch(&path).by(&commander).if_match(1).json(change.clone()).send().await.expect(200);
    let mut expected = made.body.clone();
    expected["bio"] = json!("Hello.");
    expected["version"] = json!(2);
    assert_eq!(changed.body, expected, "what is absent stays");
    app.patch(&path).by(&commander).if_match(1).json(change).send().await.problem(412, "precondition_failed");
    let change = json!({"starts_on": "2027-03-02", "ends_on": null, "duty_phone": null, "duty_email": "b@kckpd.example",
        "bio": null, "is_public": false});
    let changed = app.patch(&path).by(&commander).if_match(2).json(change).send().await.expect(200);
    assert_eq!((&changed.body["ends_on"], &changed.body["is_current"]), (&Value::Null, &json!(false)));
    assert_eq!((&changed.body["duty_phone"], &changed.body["is_public"]), (&Value::Null, &json!(false)));
    for (body, place) in [
        (json!({"ends_on": "2027-03-01"}), "/ends_on"),
        (json!({"starts_on": "2027-05-02", "ends_on": "2027-05-01"}), "/ends_on"),
        (json!({"starts_on": null}), "/starts_on"),
        (json!({"is_public": null}), "/is_public"),
        (json!({"role": "commander"}), "/role"),
        (json!({"account_id": commander.id}), "/account_id"),
    ] {
        app.patch(&path).by(&commander).if_match(3).json(body).send().await.refuses(&[place]);
    }
    app.patch(&path).by(&commander).if_match(3).json(json!({"ends_on": "2027-04-01"})).send().await.expect(200);
    let late = app.patch(&path).by(&commander).if_match(4).json(json!({"starts_on": "2027-04-02"})).send().await;
    late.refuses(&["/starts_on"]);
}

async fn end_assignment_is_for_good(app: App) {
    let agency = app.agency().await;
    let (commander, officer) = (app.commander(agency).await, app.officer(agency).await);
    let (_, district) = city_and_district(&app, &commander, agency).await;
    let path = format!("/assignments/{}", assign(&app, &commander, &district, &officer, "officer").await.id());
    app.post(format!("{path}/end")).by(&commander).send().await.problem(428, "precondition_required");
    app.post(format!("{path}/end")).by(&commander).if_match(5).send().await.problem(412, "precondition_failed");
    let ended = app.post(format!("{path}/end")).by(&commander).if_match(1).send().await.expect(200);
    assert_eq!((&ended.body["ended_at"], &ended.body["is_current"]), (&json!("2027-03-01T18:00:00Z"), &json!(false)));
    app.post(format!("{path}/end")).by(&commander).if_match(2).send().await.problem(409, "conflict");
    app.patch(&path).by(&commander).if_match(2).json(json!({"bio": null})).send().await.problem(409, "conflict");
    assign(&app, &commander, &district, &officer, "officer").await;
}

async fn assignments_are_for_the_agencys_officers_to_see(app: App) {
    let (agency, other) = (app.agency().await, app.agency().await);
    let administrator = app.administrator().await;
    let officer = app.officer(agency).await;
    let (_, district) = city_and_district(&app, &administrator, agency).await;
    let list = format!("/areas/{district}/assignments");
    let path = format!("/assignments/{}", assign(&app, &administrator, &district, &officer, "officer").await.id());
    for person in [officer.clone(), app.commander(agency).await, administrator.clone()] {
        assert_eq!(app.get(&list).by(&person).send().await.expect(200).items().len(), 1);
        app.get(&path).by(&person).send().await.expect(200);
    }
    app.patch(&path).by(&officer).if_match(1).json(json!({})).send().await.problem(403, "forbidden");
    app.post(format!("{path}/end")).by(&officer).if_match(1).send().await.problem(403, "forbidden");
    let unknown = format!("/assignments/{}", AreaId::new());
    for person in [app.citizen().await, app.staff(agency).await, app.officer(other).await, app.commander(other).await] {
        app.get(&list).by(&person).send().await.problem(403, "forbidden");
        let hidden = app.get(&path).by(&person).send().await.problem(404, "not_found");
        let absent = app.get(&unknown).by(&person).send().await.problem(404, "not_found");
        let bare = |mut body: Value| {
            body["instance"] = Value::Null;
            body["request_id"] = Value::Null;
            body
        };
        assert_eq!(bare(hidden.body), bare(absent.body), "hidden and absent can't be told apart");
        app.patch(&path).by(&person).if_match(1).json(json!({})).send().await.problem(404, "not_found");
        app.post(format!("{path}/end")).by(&person).if_match(1).send().await.problem(404, "not_found");
    }
    app.get(&list).send().await.problem(401, "unauthenticated");
    app.get(&path).send().await.problem(401, "unauthenticated");
    app.patch(&path).if_match(1).json(json!({})).send().await.problem(401, "unauthenticated");
    app.post(format!("{path}/end")).if_match(1).send().await.problem(401, "unauthenticated");
    // The verification runs out on 2028-01-31; the session does not.
    app.pass(std::time::Duration::from_secs(86_400 * 340));
    app.get(&list).by(&officer).send().await.problem(403, "forbidden");
    app.get(&path).by(&officer).send().await.problem(404, "not_found");
}

async fn list_assignments_pages_from_the_newest(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let (_, district) = city_and_district(&app, &administrator, agency).await;
    let path = format!("/areas/{district}/assignments");
    let mut made = Vec::new();
    for n in 0..5 {
        let officer = app.officer(agency).await;
        let mut body = duty(&officer, if n == 2 { "delegate" } else { "officer" });
        body["is_public"] = json!(n % 2 == 0);
        made.insert(0, app.post(&path).by(&administrator).json(body).send().await.expect(201).id());
    }
    let newcomer = app.officer(agency).await;
    let added = async {
        assign(&app, &administrator, &district, &newcomer, "officer").await;
    };
    let seen = walk(&app, &path, Some(&newcomer), added).await;
    assert_eq!(field(&seen, "id"), made, "also what the public does not see, and nothing twice");
    let delegates = app.get(format!("{path}?role=delegate")).by(&newcomer).send().await.expect(200);
    assert_eq!(field(delegates.items(), "id"), [made[2].as_str()]);
    app.post(format!("/assignments/{}/end", made[0])).by(&administrator).if_match(1).send().await.expect(200);
    let ended = app.get(format!("{path}?has_ended=true")).by(&newcomer).send().await.expect(200);
    assert_eq!(field(ended.items(), "id"), [made[0].as_str()]);
    let live = app.get(format!("{path}?has_ended=false&include=total")).by(&newcomer).send().await.expect(200);
    assert_eq!(live.body["total"], 5);
    app.get(format!("{path}?role=chief&has_ended=1")).by(&newcomer).send().await.refuses(&["?role", "?has_ended"]);
}

both_engines![
    create_assignment_puts_somebody_on_duty,
    create_assignment_of_somebody_unfit_is_refused,
    create_assignment_is_for_the_agencys_commanders_and_administrators,
    an_area_has_one_commander_and_everybody_a_role_once,
    create_assignment_takes_the_place_of_one_whose_days_are_over,
    of_two_commanders_at_once_one_wins,
    of_retiring_and_assigning_at_once_one_wins,
    update_assignment_gives_a_retired_area_nobody_on_duty,
    update_assignment_keeps_clears_and_sets,
    end_assignment_is_for_good,
    assignments_are_for_the_agencys_officers_to_see,
    list_assignments_pages_from_the_newest,
];
