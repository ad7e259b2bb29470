//! A month of whoever runs an installation: people leave, telephones are lost, districts are cut anew.

use serde_json::{Value, json};

use threekeys::platform::clock::minutes;

use super::town::{Town, each, person};
use crate::support::App;
use crate::support::people::PASSWORD;

pub async fn an_administrators_month(app: App) {
    let mut town = app.town().await;
    an_invitation_to_the_wrong_person(&app, &town).await;
    a_promotion(&app, &town).await;
    a_lost_telephone(&app, &mut town).await;
    town.at(&app, "2027-03-15T15:00:00Z").await;
    a_district_cut_anew(&app, &town).await;
    a_page_that_is_gone(&app, &town).await;
    town.at(&app, "2027-03-29T15:00:00Z").await;
    a_verification_renewed(&app, &town).await;
    those_who_leave(&app, &town).await;
    the_record(&app, &town).await;
}

async fn an_invitation_to_the_wrong_person(app: &App, town: &Town) {
    let body =
        json!({"email": "g.chan@police.example.org", "kind": "officer", "agency_id": town.agency, "rank": "Officer"});
    let sent = app.post("/invitations").by(&town.ada).fresh_key().json(body).send().await.expect(201);
    let code = app.mailed_code("g.chan@police.example.org", "tki_").await;
    let path = format!("/invitations/{}/revoke", sent.id());
    assert_eq!(app.post(path).by(&town.ada).if_match(1).send().await.expect(200).body["state"], "revoked");
    let late =
        json!({"token": code, "email": "g.chan@police.example.org", "password": PASSWORD, "display_name": "G. Chan"});
    app.post("/invitations/accept").json(late).send().await.problem(401, "token_rejected");
}

async fn a_promotion(app: &App, town: &Town) {
    let people = app.get(format!("/accounts?agency_id={}&kind=officer", town.agency)).by(&town.holloway).send().await;
    assert_eq!(each(&people.expect(200), "rank"), ["Officer", "Officer"]);
    let path = format!("/accounts/{}", town.rivera.id);
    let version = app.get(&path).by(&town.holloway).send().await.expect(200).version();
    let changes = json!({"rank": "Sergeant", "unit": "Community policing"});
    let changed = app.patch(&path).by(&town.holloway).if_match(version).json(changes).send().await.expect(200);
    assert_eq!((&changed.body["rank"], &changed.body["badge_number"]), (&json!("Sergeant"), &json!("2317")));
    let contacts = app.get(format!("/areas/{}/duty-contacts", town.midtown)).send().await.expect(200);
    assert!(each(&contacts, "rank").contains(&"Sergeant".into()), "and the neighbors see it");
}

async fn a_lost_telephone(app: &App, town: &mut Town) {
    let path = format!("/accounts/{}", town.chen.id);
    let version = app.get(&path).by(&town.holloway).send().await.expect(200).version();
    let reason = json!({"reason": "Lost her telephone on patrol."});
    let off = app.post(format!("{path}/suspend")).by(&town.holloway).if_match(version).json(reason).send().await;
    assert_eq!(off.expect(200).body["state"], "suspended");
    app.get("/account").by(&town.chen).send().await.problem(401, "unauthenticated");
    let reason = json!({"reason": "The telephone was wiped."});
    let on = app.post(format!("{path}/reinstate")).by(&town.holloway).if_match(version + 1).json(reason).send().await;
    let on = on.expect(200);
    assert_eq!(on.body["state"], "active");
    let on_version = on.version();
    app.get("/account").by(&town.chen).send().await.problem(401, "unauthenticated");
    // Her authenticator was on it, and her recovery codes are at home.
    let reset = json!({"reason": "Her authenticator was on the telephone."});
    let version = on_version;
    let reset = app.post(format!("{path}/authenticator/reset")).by(&town.holloway).if_match(version).json(reset);
    reset.send().await.expect(200);
    let login = json!({"email": town.chen.email, "password": PASSWORD, "device": "New phone"});
    town.chen = person(&app.post("/sessions").json(login).send().await.expect(201), &town.chen.email);
    let begin = |token: Value| app.post("/account/authenticator").by(&town.chen).json(json!({"token": token})).send();
    begin(Value::Null).await.problem(401, "token_rejected");
    let begun = begin(json!(app.mailed_code(&town.chen.email, "tka_").await)).await.expect(201);
    app.remember(&town.chen.email, &begun.str("secret"));
    app.confirm_authenticator(&town.chen).await;
    // Six minutes later what she proved then is too old for new recovery codes.
    let login = json!({"email": town.chen.email, "password": PASSWORD, "code": app.code(&town.chen.email)});
    let opened = app.post("/sessions").json(login).send().await.expect(201);
    app.pass(minutes(6));
    let refreshed = app.post("/sessions/refresh").json(json!({"refresh_token": opened.str("refresh_token")}));
    town.chen = person(&refreshed.send().await.expect(200), &town.chen.email);
    app.post("/account/recovery-codes").by(&town.chen).send().await.problem(401, "step_up_required");
    let proof = json!({"password": PASSWORD, "code": app.code(&town.chen.email)});
    let stepped_up = app.post("/sessions/step-up").by(&town.chen).json(proof).send().await.expect(200);
    assert_eq!(stepped_up.body["second_factor"], "given");
    app.post("/account/recovery-codes").by(&town.chen).send().await.expect(201);
    app.get("/account").by(&town.chen).send().await.expect(200);
    // A citizen may have an authenticator, and may do without one again.
    town.sam = app.signed_in(&town.sam.email).await;
    app.set_up_authenticator(&town.sam).await;
    app.delete("/account/authenticator").by(&town.sam).send().await.expect(204);
}

async fn a_district_cut_anew(app: &App, town: &Town) {
    let path = format!("/areas/{}", town.armourdale);
    let retired = app.post(format!("{path}/retire")).by(&town.ada).if_match(1).send().await.expect(200);
    assert_eq!(retired.body["retired_at"], "2027-03-15T15:00:00Z");
    app.get(&path).send().await.expect(200);
    let body = json!({"agency_id": town.agency, "kind": "neighborhood", "name": "Armourdale", "parent_id": town.city});
    let anew = app.post("/areas").by(&town.ada).json(body).send().await.expect(201);
    assert_ne!(anew.id(), town.armourdale, "the name is free again, the old one keeps its history");
    let within = app.get(format!("/areas?parent_id={}", town.city)).send().await.expect(200);
    assert_eq!(each(&within, "name"), ["Armourdale", "Midtown"]);
}

async fn a_page_that_is_gone(app: &App, town: &Town) {
    let link = json!({
        "agency_id": town.agency, "group": "local_government", "title": "Report a dark street lamp",
        "url": "https://www.city.example.org/lamps"
    });
    let link = app.post("/resource-links").by(&town.holloway).json(link).send().await.expect(201).id();
    let path = format!("/resource-links/{link}");
    app.post(format!("{path}/retire")).by(&town.holloway).if_match(1).send().await.expect(204);
    app.get(&path).send().await.problem(410, "gone");
    assert!(app.get("/resource-links").send().await.expect(200).items().is_empty());
}

async fn a_verification_renewed(app: &App, town: &Town) {
    let path = format!("/accounts/{}", town.rivera.id);
    let read = app.get(&path).by(&town.holloway).send().await.expect(200);
    assert_eq!(read.body["verified_until"], "2028-03-01");
    let until = json!({"verified_until": "2028-03-28"});
    let renewed =
        app.post(format!("{path}/renew-verification")).by(&town.holloway).if_match(read.version()).json(until);
    assert_eq!(renewed.send().await.expect(200).body["verified_until"], "2028-03-28");
}

async fn those_who_leave(app: &App, town: &Town) {
    let path = format!("/accounts/{}", town.chen.id);
    let version = app.get(&path).by(&town.ada).send().await.expect(200).version();
    let reason = json!({"reason": "Moved to another city."});
    let closed =
        app.post(format!("{path}/close")).by(&town.ada).if_match(version).json(reason).send().await.expect(200);
    assert_eq!(closed.body["state"], "closed");
    let login = json!({"email": town.chen.email, "password": PASSWORD});
    app.post("/sessions").json(login).send().await.problem(401, "credentials_rejected");

    let close = |password: &str| app.post("/account/close").by(&town.tom).json(json!({"password": password}));
    close("not my password at all").send().await.problem(401, "credentials_rejected");
    close(PASSWORD).send().await.expect(204);
    let gone = app.get(format!("/accounts/{}", town.tom.id)).by(&town.ada).send().await.expect(200);
    assert_eq!((&gone.body["display_name"], &gone.body["email"]), (&json!("Former member"), &Value::Null));
}

async fn the_record(app: &App, town: &Town) {
    assert!(app.run_job("seal_record").await > 0);
    let first = app.get("/records?limit=5").by(&town.ada).send().await.expect(200);
    let seqs: Vec<_> = first.items().iter().map(|record| record["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    let mut actions = Vec::new();
    let mut after = 0;
    loop {
        let page = app.get(format!("/records?after_seq={after}&limit=200")).by(&town.ada).send().await.expect(200);
        actions.extend(each(&page, "action"));
        match page.items().last() {
            Some(last) => after = last["seq"].as_i64().unwrap(),
            None => break,
        }
    }
    for action in ["account.suspended", "account.reinstated", "area.retired", "account.closed"] {
        assert!(actions.contains(&action.to_owned()), "{action} is not among {actions:?}");
    }
    app.get("/records").by(&town.holloway).send().await.problem(403, "forbidden");
}

both_engines![an_administrators_month];
