//! The first hour of an installation, and of the first neighbor on it.

use serde_json::{Value, json};
use threekeys::platform::clock::minutes;

use super::town::{ARMOURDALE, MIDTOWN, each, outline, person, police};
use crate::support::people::PASSWORD;
use crate::support::{App, Person};

pub async fn a_newcomers_first_hour(app: App) {
    let ada = the_first_administrator(&app).await;
    let agency = the_police_and_whom_to_call(&app, &ada).await;
    let midtown = the_map(&app, &ada, &agency).await;
    let (holloway, rivera) = the_invited(&app, &ada, &agency).await;
    the_roster(&app, &holloway, &rivera, &midtown).await;
    // Staff work with short tokens: theirs are over by now.
    app.pass(minutes(10));
    let holloway = app.signed_in(&holloway.email).await;
    the_links(&app, &holloway, &agency, &midtown).await;
    let maria = a_neighbor_registers(&app).await;
    who_a_neighbor_is(&app, &maria).await;
    what_anybody_finds(&app, &agency, &midtown).await;
    where_a_neighbor_is_signed_in(&app, maria).await;
    a_forgotten_password(&app).await;
}

async fn the_first_administrator(app: &App) -> Person {
    for path in ["/livez", "/readyz"] {
        assert_eq!(app.get(path).send().await.expect(200).body["status"], "ok");
    }
    let described = app.get("/openapi.json").send().await.expect(200);
    assert!(described.body["paths"]["/api/v1/bootstrap"]["post"].is_object(), "it says how to begin");
    let keys = app.get("/.well-known/jwks.json").send().await.expect(200);
    assert_eq!(keys.body["keys"].as_array().map(Vec::len), Some(2), "the key in use and the next one");
    app.get("/.well-known/security.txt").send().await.expect(200);
    assert!(app.get("/agencies").send().await.expect(200).items().is_empty(), "nothing is there yet");

    let body = json!({
        "token": app.printed_token().await, "email": "ada.whitfield@example.org", "password": PASSWORD,
        "display_name": "Ada Whitfield"
    });
    let made = app.post("/bootstrap").json(body.clone()).send().await.expect(201);
    assert_eq!((&made.body["kind"], &made.body["side"]), (&json!("administrator"), &Value::Null));
    app.post("/bootstrap").json(body).send().await.problem(401, "token_rejected");
    let login = json!({"email": "ada.whitfield@example.org", "password": PASSWORD, "device": "Desk at city hall"});
    let opened = app.post("/sessions").json(login).send().await.expect(201);
    assert_eq!(opened.body["second_factor"], "missing");
    let ada = person(&opened, "ada.whitfield@example.org");
    // An administrator's rights begin with an authenticator.
    let challenge = app.post("/agencies").by(&ada).json(police()).send().await.problem(401, "step_up_required");
    assert!(challenge.header("www-authenticate").is_some_and(|c| c.contains("insufficient_user_authentication")));
    let needed = app.get("/account/authenticator").by(&ada).send().await.expect(200);
    assert_eq!((&needed.body["is_required"], &needed.body["state"]), (&json!(true), &Value::Null));
    assert_eq!(app.set_up_authenticator(&ada).await.body["recovery_codes"].as_array().map(Vec::len), Some(10));
    ada
}

async fn the_police_and_whom_to_call(app: &App, ada: &Person) -> String {
    let made = app.post("/agencies").by(ada).json(police()).send().await.expect(201);
    let path = format!("/agencies/{}", made.id());
    let moved =
        json!({"address": "701 North 7th Street, Kansas City, KS 66101", "emergency": {"tips": "+18165550148"}});
    app.patch(&path).by(ada).if_match(1).json(moved).send().await.expect(200);
    let read = app.get(&path).send().await.expect(200);
    assert_eq!(read.body["address"], "701 North 7th Street, Kansas City, KS 66101");
    assert_eq!(read.body["emergency"]["tips"], "+18165550148");
    assert_eq!(read.body["emergency"]["non_emergency"], "+19135550100", "what was not said stays");
    assert_eq!(each(&app.get("/agencies?kind=police").send().await.expect(200), "id"), [made.id()]);
    made.id()
}

async fn the_map(app: &App, ada: &Person, agency: &str) -> String {
    let area = |body: Value| app.post("/areas").by(ada).json(body).send();
    let district = json!({
        "agency_id": agency, "kind": "district", "name": "Midtown", "code": "M", "households": 11_400,
        "geometry": outline(MIDTOWN)
    });
    area(district.clone()).await.refuses(&["/parent_id"]);
    let city = json!({
        "agency_id": agency, "kind": "city", "name": "Kansas City, Kansas", "code": "KCK", "households": 55_300,
        "geometry": outline([-94.91, 38.99, -94.60, 39.20])
    });
    let city = area(city).await.expect(201).id();
    let mut within = district;
    within["parent_id"] = json!(city);
    let midtown = area(within).await.expect(201).id();
    let armourdale = json!({
        "agency_id": agency, "kind": "neighborhood", "name": "Armourdale", "parent_id": midtown,
        "geometry": outline(ARMOURDALE)
    });
    let armourdale = area(armourdale).await.expect(201).id();
    let counted = json!({"code": "M-4", "households": 1_150});
    app.patch(format!("/areas/{armourdale}")).by(ada).if_match(1).json(counted).send().await.expect(200);
    let read = app.get(format!("/areas/{armourdale}")).send().await.expect(200);
    assert_eq!((&read.body["code"], &read.body["households"]), (&json!("M-4"), &json!(1_150)));
    let around: Vec<_> = read.body["lies_in"].as_array().unwrap().iter().map(|area| area["name"].clone()).collect();
    assert_eq!(around, [json!("Kansas City, Kansas"), json!("Midtown")], "the widest first");
    let districts = app.get(format!("/areas?agency_id={agency}&kind=district")).send().await.expect(200);
    assert_eq!(each(&districts, "name"), ["Midtown"]);
    midtown
}

async fn the_invited(app: &App, ada: &Person, agency: &str) -> (Person, Person) {
    let invitation = json!({
        "email": "denise.holloway@police.example.org", "kind": "commander", "agency_id": agency, "badge_number": "1042",
        "rank": "Captain"
    });
    let invited = app.post("/invitations").by(ada).fresh_key().json(invitation).send().await.expect(201);
    assert_eq!((&invited.body["state"], &invited.body["is_expired"]), (&json!("open"), &json!(false)));
    let letter = app.mails("denise.holloway@police.example.org").await;
    assert_eq!(letter.len(), 1);
    let accept = json!({
        "token": app.mailed_code("denise.holloway@police.example.org", "tki_").await,
        "email": "denise.holloway@police.example.org", "password": PASSWORD, "display_name": "Denise Holloway"
    });
    let account = app.post("/invitations/accept").json(accept).send().await.expect(201);
    for (field, expected) in [
        ("kind", json!("commander")),
        ("side", json!("police")),
        ("rank", json!("Captain")),
        ("agency_id", json!(agency)),
        ("is_verified", json!(true)),
        ("verified_until", json!("2028-03-01")),
    ] {
        assert_eq!(account.body[field], expected, "{field}");
    }
    let read = app.get(format!("/invitations/{}", invited.id())).by(ada).send().await.expect(200);
    assert_eq!((&read.body["state"], &read.body["account_id"]), (&json!("accepted"), &account.body["id"]));
    let holloway = app.signed_in("denise.holloway@police.example.org").await;
    // A captain brings her own people in, and sees those that she invited.
    let rivera = app.hired(&holloway, "officer", agency, "Luis Rivera", "Officer", "2317").await;
    let sent = app.get("/invitations?state=accepted").by(&holloway).send().await.expect(200);
    assert!(each(&sent, "email").contains(&rivera.email));
    (holloway, rivera)
}

async fn the_roster(app: &App, holloway: &Person, rivera: &Person, midtown: &str) {
    let path = format!("/areas/{midtown}/assignments");
    let duty = json!({
        "account_id": rivera.id, "role": "officer", "starts_on": "2027-03-01", "is_public": true,
        "duty_phone": "+19135550112", "duty_email": "midtown@police.example.org",
        "bio": "Twelve years on the beat in Midtown.\nHabla español."
    });
    let made = app.post(&path).by(holloway).json(duty).send().await.expect(201);
    assert_eq!((&made.body["is_current"], &made.body["person"]["display_name"]), (&json!(true), &json!("Luis Rivera")));
    app.on_duty(holloway, midtown, holloway, "commander").await;
    let duty = format!("/assignments/{}", made.id());
    let until = json!({"ends_on": "2027-12-31"});
    app.patch(&duty).by(holloway).if_match(1).json(until).send().await.expect(200);
    let read = app.get(&duty).by(rivera).send().await.expect(200);
    assert_eq!((&read.body["ends_on"], &read.body["duty_phone"]), (&json!("2027-12-31"), &json!("+19135550112")));
    let roster = app.get(&path).by(rivera).send().await.expect(200);
    assert_eq!(each(&roster, "role"), ["commander", "officer"], "the newest first");
}

async fn the_links(app: &App, holloway: &Person, agency: &str, midtown: &str) {
    let link = json!({
        "agency_id": agency, "group": "crime_prevention", "title": "Neighborhood watch: how to start one",
        "url": "https://www.watch.example.org/start", "area_id": midtown, "languages": ["en", "es"], "cost": "free",
        "phone": "+19135550110"
    });
    let made = app.post("/resource-links").by(holloway).json(link).send().await.expect(201);
    let path = format!("/resource-links/{}", made.id());
    let longer = json!({"title": "Neighborhood watch: how to start and keep one"});
    app.patch(&path).by(holloway).if_match(1).json(longer).send().await.expect(200);
    let read = app.get(&path).send().await.expect(200);
    assert_eq!((&read.body["status"], read.version()), (&json!("unchecked"), 2));
}

async fn a_neighbor_registers(app: &App) -> Person {
    let registration = json!({
        "email": "maria.lopez@example.org", "password": PASSWORD, "display_name": "Maria Lopez", "is_13_or_older": true
    });
    let taken = app.post("/accounts").json(registration).send().await.expect(202);
    assert!(taken.body.get("id").is_none(), "whether somebody has an account is nobody's business");
    let login = json!({"email": "maria.lopez@example.org", "password": PASSWORD, "device": "Maria's phone"});
    app.post("/sessions").json(login.clone()).send().await.problem(401, "credentials_rejected");
    // The first mail went astray.
    app.pass(minutes(5));
    let again = json!({"email": "maria.lopez@example.org"});
    app.post("/email-verifications/requests").json(again).send().await.expect(202);
    assert_eq!(app.mails("maria.lopez@example.org").await.len(), 2);
    let proof = json!({"token": app.mailed_code("maria.lopez@example.org", "tkv_").await, "password": PASSWORD});
    app.post("/email-verifications").json(proof).send().await.expect(204);

    let opened = app.post("/sessions").json(login).send().await.expect(201);
    assert_eq!((&opened.body["token_type"], &opened.body["expires_in"]), (&json!("Bearer"), &json!(600)));
    app.get("/account").by(&person(&opened, "maria.lopez@example.org")).send().await.expect(200);
    app.pass(minutes(9));
    let body = json!({"refresh_token": opened.body["refresh_token"]});
    let refreshed = app.post("/sessions/refresh").json(body.clone()).send().await.expect(200);
    assert_ne!(refreshed.body["refresh_token"], opened.body["refresh_token"]);
    let maria = person(&refreshed, "maria.lopez@example.org");
    app.pass(minutes(9));
    app.get("/account").by(&maria).send().await.expect(200);
    app.get("/account").by(&person(&opened, "maria.lopez@example.org")).send().await.problem(401, "unauthenticated");
    maria
}

async fn who_a_neighbor_is(app: &App, maria: &Person) {
    let own = app.get("/account").by(maria).send().await.expect(200);
    assert_eq!((&own.body["side"], &own.body["shares_contact"]), (&json!("civilian"), &json!(false)));
    let changes = json!({"alias": "Night Owl", "phone": "+19135550123", "shares_contact": true, "max_hours_month": 10});
    let changed = app.patch("/account").by(maria).if_match(own.version()).json(changes).send().await.expect(200);
    assert_eq!((&changed.body["alias"], &changed.body["display_name"]), (&json!("Night Owl"), &json!("Maria Lopez")));

    let empty = app.get("/account/profile").by(maria).send().await.expect(200);
    assert_eq!((&empty.body["skills"], &empty.body["languages"]), (&json!([]), &json!([])));
    let profile = json!({
        "skills": [
            {"skill": "Spanish interpreting", "level": 4, "evidence": "Six years at the clinic"},
            {"skill": "Facilitation", "level": 2}
        ],
        "interests": [{"topic": "Street lighting", "strength": 3}, {"topic": "Court watch", "strength": 1}],
        "growth": ["Grant writing"], "languages": ["en", "es"]
    });
    app.patch("/account/profile").by(maria).if_match(empty.version()).json(profile).send().await.expect(200);
    let read = app.get("/account/profile").by(maria).send().await.expect(200);
    assert_eq!(read.body["growth"], json!(["Grant writing"]));
    assert_eq!(read.body["skills"].as_array().map(Vec::len), Some(2));
    let told = app.get("/account/timeline").by(maria).send().await.expect(200);
    assert!(each(&told, "action").contains(&"account.updated".into()), "what one did oneself is told");
}

async fn what_anybody_finds(app: &App, agency: &str, midtown: &str) {
    let home = app.get("/locate?lat=39.09&lon=-94.63").send().await.expect(200);
    let names: Vec<_> = home.body["areas"].as_array().unwrap().iter().map(|area| area["name"].clone()).collect();
    assert_eq!(names, [json!("Kansas City, Kansas"), json!("Midtown"), json!("Armourdale")]);
    assert_eq!(home.body["commander"]["person"]["display_name"], "Denise Holloway");
    assert_eq!(home.body["emergency"]["emergency"], "911");
    let elsewhere = app.get("/locate?lat=38.0&lon=-97.0").send().await.expect(200);
    assert_eq!((&elsewhere.body["areas"], &elsewhere.body["commander"]), (&json!([]), &Value::Null));
    let block = app.get(format!("/emergency?agency_id={agency}")).send().await.expect(200);
    assert_eq!((&block.body["text_to_911"], &block.body["tips"]), (&json!(true), &json!("+18165550148")));
    let contacts = app.get(format!("/areas/{midtown}/duty-contacts")).send().await.expect(200);
    assert_eq!(each(&contacts, "person/display_name"), ["Luis Rivera", "Denise Holloway"], "as they came on duty");
    assert!(!contacts.body.to_string().contains("luis.rivera@"), "no private address is shown");
    let links = app.get("/resource-links?q=watch").send().await.expect(200);
    assert_eq!(each(&links, "title"), ["Neighborhood watch: how to start and keep one"]);
    assert!(app.get("/partnerships").send().await.expect(200).items().is_empty());
}

async fn where_a_neighbor_is_signed_in(app: &App, maria: Person) {
    let library = json!({"email": maria.email, "password": PASSWORD, "device": "Library"});
    let library = person(&app.post("/sessions").json(library).send().await.expect(201), &maria.email);
    let tablet = json!({"email": maria.email, "password": PASSWORD, "device": "Kitchen tablet"});
    let tablet = person(&app.post("/sessions").json(tablet).send().await.expect(201), &maria.email);
    let phone = app.signed_in(&maria.email).await;
    let list = app.get("/sessions").by(&phone).send().await.expect(200);
    assert_eq!(list.items().len(), 4);
    let current: Vec<_> = list.items().iter().filter(|session| session["is_current"] == true).collect();
    assert_eq!((current.len(), &current[0]["id"]), (1, &json!(phone.session)));
    app.delete(format!("/sessions/{}", library.session)).by(&phone).send().await.expect(204);
    app.get("/account").by(&library).send().await.problem(401, "unauthenticated");
    let ended = app.post("/sessions/end-others").by(&phone).send().await.expect(200);
    assert_eq!(ended.body["ended"], 2, "the tablet and this morning's session");
    app.get("/account").by(&tablet).send().await.problem(401, "unauthenticated");

    let change = json!({"current_password": PASSWORD, "new_password": "green kettle on the north porch"});
    app.post("/account/password").by(&phone).json(change).send().await.expect(204);
    app.get("/account").by(&phone).send().await.expect(200);
    let mails = app.mails(&maria.email).await;
    assert!(mails.iter().any(|mail| mail.contains("password of your account")), "nobody's password changes in silence");
    app.delete("/sessions/current").by(&phone).send().await.expect(204);
    app.get("/account").by(&phone).send().await.problem(401, "unauthenticated");
}

async fn a_forgotten_password(app: &App) {
    let tom = app.newcomer("Tom Becker", "tom.becker@example.org").await;
    app.post("/password-resets/requests").json(json!({"email": tom.email})).send().await.expect(202);
    let code = app.mailed_code(&tom.email, "tkp_").await;
    let reset = json!({"token": code, "new_password": "yellow ladder by the old mill"});
    app.post("/password-resets").json(reset).send().await.expect(204);
    app.get("/account").by(&tom).send().await.problem(401, "unauthenticated");
    let old = json!({"email": tom.email, "password": PASSWORD});
    app.post("/sessions").json(old).send().await.problem(401, "credentials_rejected");
    let new = json!({"email": tom.email, "password": "yellow ladder by the old mill"});
    app.post("/sessions").json(new).send().await.expect(201);
}

both_engines![a_newcomers_first_hour];
