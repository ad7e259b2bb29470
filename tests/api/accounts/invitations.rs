use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::platform::clock::{days, hours, minutes};
use threekeys::schema::{accounts, installation};

use crate::support::App;
use crate::support::people::Person;

fn invitation(email: &str, kind: &str, agency: Option<String>) -> Value {
    json!({"email": email, "kind": kind, "agency_id": agency, "badge_number": "4711", "rank": "Sergeant"})
}

async fn invitation_makes_the_account_that_it_is_for(app: App) {
    let agency = app.agency().await;
    let commander = app.commander(agency).await;
    let invite = || {
        app.post("/invitations").by(&commander).json(invitation(
            "kim@kck.example.org",
            "officer",
            Some(agency.to_string()),
        ))
    };
    invite().send().await.problem(400, "idempotency_missing");
    let made = invite().fresh_key().send().await.expect(201);
    assert!(!made.body.to_string().contains("tki_"), "the code goes by mail alone");
    invite().fresh_key().send().await.problem(409, "conflict");
    let code = app.mailed_code("kim@kck.example.org", "tki_").await;
    let accept = |email: &str| {
        let body = json!({"token": code, "email": email, "password": "seven gray herons at dawn", "display_name": "Kim Ortiz"});
        app.post("/invitations/accept").json(body)
    };
    accept("somebody@else.example.org").send().await.problem(401, "token_rejected");
    let account = accept("Kim@kck.example.org").send().await.expect(201);
    assert_eq!((account.body["kind"].as_str(), account.body["side"].as_str()), (Some("officer"), Some("police")));
    assert_eq!(
        (account.body["verified_until"].as_str(), account.body["badge_number"].as_str()),
        (Some("2028-03-01"), Some("4711"))
    );
    accept("kim@kck.example.org").send().await.problem(401, "token_rejected");
    let shown = app.get(format!("/invitations/{}", made.id())).by(&commander).send().await.expect(200);
    assert_eq!(shown.body["state"], "accepted");
    app.post(format!("/invitations/{}/revoke", made.id()))
        .by(&commander)
        .if_match(2)
        .send()
        .await
        .problem(409, "conflict");
}

async fn invitations_lapse_after_72_hours_and_can_be_taken_back(app: App) {
    let (agency, admin) = (app.agency().await, app.administrator().await);
    let accept = |code: String| {
        let body = json!({"token": code, "email": "kim@kck.example.org", "password": "seven gray herons at dawn", "display_name": "Kim"});
        app.post("/invitations/accept").json(body)
    };
    let invite = || {
        app.post("/invitations").by(&admin).fresh_key().json(invitation(
            "kim@kck.example.org",
            "commander",
            Some(agency.to_string()),
        ))
    };
    let first = invite().send().await.expect(201);
    app.pass(hours(72));
    accept(app.mailed_code("kim@kck.example.org", "tki_").await).send().await.problem(401, "token_rejected");
    assert_eq!(app.get(format!("/invitations/{}", first.id())).by(&admin).send().await.body["is_expired"], true);
    let second = invite().send().await.expect(201);
    app.post(format!("/invitations/{}/revoke", second.id())).by(&admin).if_match(1).send().await.expect(200);
    accept(app.mailed_code("kim@kck.example.org", "tki_").await).send().await.problem(401, "token_rejected");
}

async fn an_invitation_ends_with_the_right_to_invite(app: App) {
    let (agency, admin) = (app.agency().await, app.administrator().await);
    let accept = |email: &str, code: String| {
        let body =
            json!({"token": code, "email": email, "password": "seven gray herons at dawn", "display_name": "Kim"});
        app.post("/invitations/accept").json(body)
    };
    let invite = async |by: &Person, kind: &str, email: &str| {
        let agency = (kind != "administrator").then(|| agency.to_string());
        app.post("/invitations").by(by).fresh_key().json(invitation(email, kind, agency)).send().await.expect(201);
        app.mailed_code(email, "tki_").await
    };
    let stop = |who: &Person, how: &str, version: i64| {
        let path = format!("/accounts/{}/{how}", who.id);
        app.post(path).by(&admin).if_match(version).json(json!({"reason": "Under inquiry."}))
    };
    let (kim, lee) = ("kim@kck.example.org", "lee@kck.example.org");
    let commander = app.commander(agency).await;
    let codes = (invite(&commander, "officer", kim).await, invite(&commander, "officer", lee).await);
    stop(&commander, "suspend", 1).send().await.expect(200);
    accept(kim, codes.0.clone()).send().await.problem(401, "token_rejected");
    stop(&commander, "reinstate", 2).send().await.expect(200);
    accept(kim, codes.0).send().await.expect(201);
    stop(&commander, "close", 3).send().await.expect(200);
    accept(lee, codes.1).send().await.problem(401, "token_rejected");
    // By what the inviter may do now, and not by what the account was then.
    let other = app.administrator().await;
    let code = invite(&other, "administrator", "max@kck.example.org").await;
    let id = other.id;
    app.db(move |conn| diesel::update(accounts::table.find(id)).set(accounts::kind.eq("citizen")).execute(conn)).await;
    accept("max@kck.example.org", code).send().await.problem(401, "token_rejected");
    let late = app.commander(agency).await;
    app.pass(days(336));
    let token = app.session(late.id).await.1;
    let body = invitation("pat@kck.example.org", "officer", Some(agency.to_string()));
    let call = app.post("/invitations").header("authorization", format!("Bearer {token}")).fresh_key().json(body);
    call.send().await.expect(201);
    let code = app.mailed_code("pat@kck.example.org", "tki_").await;
    app.pass(days(1));
    accept("pat@kck.example.org", code).send().await.problem(401, "token_rejected");
}

async fn nobody_keeps_an_invited_person_out_by_registering_the_address(app: App) {
    let (agency, commander) = {
        let agency = app.agency().await;
        (agency, app.commander(agency).await)
    };
    let register = async |email: &str| {
        let body = json!({"email": email, "password": "a stranger chose this one", "display_name": "Stranger",
            "is_13_or_older": true});
        app.post("/accounts").json(body).send().await.expect(202);
    };
    for (email, is_before) in [("kim@kck.example.org", true), ("lee@kck.example.org", false)] {
        if is_before {
            register(email).await;
        }
        let body = invitation(email, "officer", Some(agency.to_string()));
        app.post("/invitations").by(&commander).fresh_key().json(body).send().await.expect(201);
        let code = app.mailed_code(email, "tki_").await;
        if !is_before {
            register(email).await;
        }
        let verification = app.mailed_code(email, "tkv_").await;
        let body =
            json!({"token": code, "email": email, "password": "seven gray herons at dawn", "display_name": "Kim"});
        let made = app.post("/invitations/accept").json(body).leaving(2).send().await.expect(201);
        assert_eq!(made.body["kind"], "officer");
        let actions = app.actions().await;
        assert_eq!(actions.iter().filter(|action| *action == "account.closed").count(), if is_before { 1 } else { 2 });
        // What the stranger began leads nowhere.
        let body = json!({"token": verification, "password": "a stranger chose this one"});
        app.post("/email-verifications").json(body).send().await.problem(401, "token_rejected");
        let login = json!({"email": email, "password": "a stranger chose this one"});
        app.post("/sessions").json(login).send().await.problem(401, "credentials_rejected");
    }
    // Whoever has proved the address keeps what is there.
    let ann = app.citizen().await;
    let body = invitation(&ann.email, "officer", Some(agency.to_string()));
    app.post("/invitations").by(&commander).fresh_key().json(body).send().await.expect(201);
    let code = app.mailed_code(&ann.email, "tki_").await;
    let body =
        json!({"token": code, "email": ann.email, "password": "seven gray herons at dawn", "display_name": "Ann"});
    app.post("/invitations/accept").json(body).send().await.problem(401, "token_rejected");
    app.get("/account").by(&ann).send().await.expect(200);
}

async fn nobody_invites_beyond_their_own_right(app: App) {
    let (agency, other) = (app.agency().await, app.agency().await);
    let (admin, commander, officer, citizen) =
        (app.administrator().await, app.commander(agency).await, app.officer(agency).await, app.citizen().await);
    let (own, foreign) = (Some(agency.to_string()), Some(other.to_string()));
    for (by, kind, into, status) in [
        (&admin, "officer", &own, 201),
        (&admin, "commander", &own, 201),
        (&admin, "agency_staff", &own, 201),
        (&admin, "administrator", &None, 201),
        (&commander, "officer", &own, 201),
        (&commander, "agency_staff", &own, 201),
        (&commander, "commander", &own, 403),
        (&commander, "officer", &foreign, 403),
        (&commander, "administrator", &None, 403),
        (&officer, "officer", &own, 403),
        (&citizen, "officer", &own, 403),
    ] {
        let email = format!("{}@example.org", uuid::Uuid::now_v7().simple());
        let body = json!({"email": email, "kind": kind, "agency_id": into});
        let answer = app.post("/invitations").by(by).fresh_key().json(body).send().await;
        assert_eq!(answer.status, status, "{} invites {kind}: {:#}", by.kind, answer.body);
    }
    let bad = json!({"email": "a@b.org", "kind": "citizen", "agency_id": own});
    app.post("/invitations").by(&admin).fresh_key().json(bad).send().await.refuses(&["/kind"]);
    let bad = json!({"email": "a@b.org", "kind": "officer"});
    app.post("/invitations").by(&admin).fresh_key().json(bad).send().await.refuses(&["/agency_id"]);
    let bad = json!({"email": "a@b.org", "kind": "officer", "agency_id": uuid::Uuid::now_v7()});
    app.post("/invitations").by(&admin).fresh_key().json(bad).send().await.refuses(&["/agency_id"]);
    let commanders = app.get("/invitations?limit=1&include=total").by(&commander).send().await.expect(200);
    assert_eq!((commanders.items().len(), &commanders.body["total"]), (1, &json!(5)));
    app.get("/invitations").by(&officer).send().await.problem(403, "forbidden");
    let foreign = app.commander(other).await;
    let id = commanders.items()[0]["id"].as_str().unwrap();
    app.get(format!("/invitations/{id}")).by(&foreign).send().await.problem(404, "not_found");
}

async fn the_same_key_invites_once_and_gets_the_same_answer(app: App) {
    let (agency, admin) = (app.agency().await, app.administrator().await);
    let key = uuid::Uuid::now_v7();
    let invite = |email: &str| {
        app.post("/invitations").by(&admin).key(format!("\"{key}\"")).json(invitation(
            email,
            "officer",
            Some(agency.to_string()),
        ))
    };
    let first = invite("kim@example.org").send().await.expect(201);
    let again = invite("kim@example.org").leaving(0).send().await.expect(201);
    assert_eq!((first.bytes, first.headers.get("location")), (again.bytes, again.headers.get("location")));
    invite("other@example.org").send().await.problem(422, "idempotency_reused");
    assert_eq!(app.mails("kim@example.org").await.len(), 1);
    for bad in ["", "not-a-uuid", "\"x\"", "00000000-0000-0000-0000-00000000000"] {
        let answer = app
            .post("/invitations")
            .by(&admin)
            .key(bad)
            .json(invitation("x@example.org", "officer", None))
            .send()
            .await;
        answer.problem(400, "malformed_request");
    }
}

async fn bootstrap_makes_one_administrator_once_within_the_hour(app: App) {
    let body = |token: &str| json!({"token": token, "email": "ada@example.org", "password": "seven gray herons at dawn", "display_name": "Ada"});
    let state = app.state.clone();
    let token = || {
        let state = state.clone();
        async move {
            tokio::task::spawn_blocking(move || threekeys::accounts::bootstrap::token(&state).unwrap()).await.unwrap()
        }
    };
    let first = token().await.unwrap();
    let second = token().await.unwrap();
    app.post("/bootstrap").json(body(&first)).send().await.problem(401, "token_rejected");
    app.pass(minutes(60));
    app.post("/bootstrap").json(body(&second)).send().await.problem(401, "token_rejected");
    let third = token().await.unwrap();
    let made = app.post("/bootstrap").json(body(&third)).send().await.expect(201);
    assert_eq!(made.body["kind"], "administrator");
    app.post("/bootstrap").json(body(&third)).send().await.problem(401, "token_rejected");
    assert!(token().await.is_none(), "not while somebody runs it");
    let left: i64 = app
        .db(|conn| installation::table.filter(installation::name.eq("bootstrap_token")).count().get_result(conn))
        .await;
    let administrators: i64 = app.db(|conn| accounts::table.count().get_result(conn)).await;
    assert_eq!((left, administrators), (0, 1));
}

both_engines![
    invitation_makes_the_account_that_it_is_for,
    invitations_lapse_after_72_hours_and_can_be_taken_back,
    an_invitation_ends_with_the_right_to_invite,
    nobody_keeps_an_invited_person_out_by_registering_the_address,
    nobody_invites_beyond_their_own_right,
    the_same_key_invites_once_and_gets_the_same_answer,
    bootstrap_makes_one_administrator_once_within_the_hour,
];
