use serde_json::{Value, json};
use threekeys::ids::AgencyId;
use uuid::Uuid;

use super::{field, walk};
use crate::support::App;

fn block() -> Value {
    json!({"emergency": "911", "text_to_911": true, "non_emergency": "+19135963000", "tips": "+18164748477",
        "languages": ["en", "es"], "notice": "In case of emergency dial 911.\nNon-emergency calls: (913) 596-3000"})
}

fn agency(name: &str) -> Value {
    json!({"name": name, "kind": "police", "time_zone": "America/Chicago", "website": "https://www.kckpd.example",
        "address": "700 Minnesota Avenue", "emergency": block()})
}

async fn create_agency_by_an_administrator_is_there_for_everybody(app: App) {
    let administrator = app.administrator().await;
    let key = Uuid::now_v7();
    let sent = || app.post("/agencies").by(&administrator).key(key).json(agency("Kansas City, Kansas Police"));
    let made = sent().send().await.expect(201);
    assert_eq!(made.header("location"), Some(format!("/api/v1/agencies/{}", made.id()).as_str()));
    let again = sent().leaving(0).send().await.expect(201);
    assert_eq!(made.bytes, again.bytes, "the same key, the same answer");

    let path = format!("/agencies/{}", made.id());
    let read = app.get(&path).send().await.expect(200);
    assert_eq!(read.body, made.body);
    assert_eq!(read.body["emergency"]["non_emergency"], "+19135963000");
    assert_eq!(read.body["emergency"]["tty"], Value::Null);
    let etag = read.header("etag").unwrap().to_owned();
    app.get(&path).header("if-none-match", etag).send().await.expect(304);
    assert_eq!(app.actions().await, ["agency.created"]);
}

async fn create_agency_by_anybody_else_is_refused(app: App) {
    let home = app.agency().await;
    for person in [app.citizen().await, app.officer(home).await, app.commander(home).await, app.staff(home).await] {
        app.post("/agencies").by(&person).json(agency("Other")).send().await.problem(403, "forbidden");
    }
    app.post("/agencies").json(agency("Other")).send().await.problem(401, "unauthenticated");
    assert_eq!(app.get("/agencies").send().await.expect(200).items().len(), 1);
}

async fn create_agency_with_a_taken_name_is_a_conflict(app: App) {
    let administrator = app.administrator().await;
    app.post("/agencies").by(&administrator).json(agency("Merriam Police")).send().await.expect(201);
    let same = app.post("/agencies").by(&administrator).json(agency("  MERRIAM police ")).send().await;
    same.problem(409, "conflict");
}

async fn create_agency_with_bad_fields_names_each(app: App) {
    let administrator = app.administrator().await;
    let changed = |pointer: &str, value: Value| {
        let mut body = agency("Police");
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (pointer, value) in [
        ("/name", json!(" ")),
        ("/name", json!("x")),
        ("/name", json!("a".repeat(121))),
        ("/name", json!("Po\u{0}lice")),
        ("/kind", json!("army")),
        ("/time_zone", json!("Kansas")),
        ("/time_zone", json!(null)),
        ("/website", json!("javascript:alert(1)")),
        ("/emergency/emergency", json!("nine one one")),
        ("/emergency/text_to_911", json!("yes")),
        ("/emergency/non_emergency", json!("(913) 596-3000")),
        ("/emergency/tips", json!("474-TIPS")),
        ("/emergency/languages/1", json!("spanish")),
        ("/emergency/languages/1", json!("en")),
        ("/emergency/notice", json!("a".repeat(501))),
        ("/emergency", json!([])),
    ] {
        let answer = app.post("/agencies").by(&administrator).json(changed(pointer, value.clone())).send().await;
        assert_eq!(answer.status, 422, "{pointer} {value}");
        answer.refuses(&[pointer]);
    }
    app.post("/agencies")
        .by(&administrator)
        .json(changed("/emergency/languages", json!([])))
        .send()
        .await
        .refuses(&["/emergency/languages"]);
    let mut body = agency("Police");
    body["emergency"]["fax"] = json!("+19135963001");
    body.as_object_mut().unwrap().remove("kind");
    app.post("/agencies").by(&administrator).json(body).send().await.refuses(&["/emergency/fax", "/kind"]);
    assert!(app.get("/agencies").send().await.items().is_empty(), "nothing was stored");
}

async fn update_agency_keeps_clears_and_sets(app: App) {
    let administrator = app.administrator().await;
    let made = app.post("/agencies").by(&administrator).json(agency("Police")).send().await.expect(201);
    let id: AgencyId = made.id().parse().unwrap();
    let commander = app.commander(id).await;
    let path = format!("/agencies/{id}");

    let body = json!({"address": null, "emergency": {"tips": null, "tty": "+19135963001", "languages": ["en"]}});
    let changed = app.patch(&path).by(&commander).if_match(1).json(body).send().await.expect(200);
    assert_eq!(changed.version(), 2);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let mut expected = made.body.clone();
    expected["version"] = json!(2);
    expected["address"] = Value::Null;
    expected["emergency"]["tips"] = Value::Null;
    expected["emergency"]["tty"] = json!("+19135963001");
    expected["emergency"]["languages"] = json!(["en"]);
    assert_eq!(changed.body, expected, "what is absent stays");

    let body = json!({"name": "Police of the city", "time_zone": "America/Denver", "emergency": {"emergency": "112",
        "text_to_911": false, "non_emergency": "+19135963009", "notice": null}, "website": "https://police.example"});
    let changed = app.patch(&path).by(&commander).if_match(2).json(body).send().await.expect(200);
    assert_eq!(changed.body["name"], "Police of the city");
    assert_eq!(changed.body["emergency"]["emergency"], "112");
    assert_eq!(changed.body["emergency"]["notice"], Value::Null);
    assert_eq!(app.get("/agencies?q=OF%20THE").send().await.expect(200).items().len(), 1);

    for (body, place) in [
        (json!({"name": null}), "/name"),
        (json!({"emergency": null}), "/emergency"),
        (json!({"emergency": {"languages": null}}), "/emergency/languages"),
        (json!({"emergency": {"languages": ["es", "en", "es"]}}), "/emergency/languages/2"),
        (json!({"version": 9}), "/version"),
    ] {
        app.patch(&path).by(&commander).if_match(3).json(body).send().await.refuses(&[place]);
    }
}

async fn update_agency_wants_the_version_that_was_read(app: App) {
    let agency = app.agency().await;
    let commander = app.commander(agency).await;
    let path = format!("/agencies/{agency}");
    let body = json!({"address": "1 Main Street"});
    app.patch(&path).by(&commander).json(body.clone()).send().await.problem(428, "precondition_required");
    app.patch(&path).by(&commander).if_match(1).json(body.clone()).send().await.expect(200);
    let stale = app.patch(&path).by(&commander).if_match(1).json(body).send().await;
    assert_eq!(stale.problem(412, "precondition_failed").body["current_version"], 2);
}

async fn update_agency_is_for_its_commanders_and_administrators(app: App) {
    let (home, other) = (app.agency().await, app.agency().await);
    let path = format!("/agencies/{home}");
    let body = json!({"address": "1 Main Street"});
    for person in [app.citizen().await, app.officer(home).await, app.staff(home).await, app.commander(other).await] {
        app.patch(&path).by(&person).if_match(1).json(body.clone()).send().await.problem(403, "forbidden");
    }
    app.patch(&path).if_match(1).json(body.clone()).send().await.problem(401, "unauthenticated");
    let unknown = format!("/agencies/{}", AgencyId::new());
    let administrator = app.administrator().await;
    app.patch(&unknown).by(&administrator).if_match(1).json(body.clone()).send().await.problem(404, "not_found");
    app.get(&unknown).send().await.problem(404, "not_found");
    app.get("/agencies/1").send().await.problem(404, "not_found");

    let commander = app.commander(home).await;
    let kind = json!({"kind": "other"});
    app.patch(&path).by(&commander).if_match(1).json(kind.clone()).send().await.problem(403, "forbidden");
    app.patch(&path).by(&administrator).if_match(1).json(kind).send().await.expect(200);
    // The verification runs out on 2028-01-31; the session does not.
    app.pass(std::time::Duration::from_secs(86_400 * 340));
    app.patch(&path).by(&commander).if_match(2).json(body).send().await.problem(403, "forbidden");
}

async fn update_agency_to_a_taken_name_is_a_conflict(app: App) {
    let administrator = app.administrator().await;
    app.post("/agencies").by(&administrator).json(agency("First")).send().await.expect(201);
    let second = app.post("/agencies").by(&administrator).json(agency("Second")).send().await.expect(201).id();
    let path = format!("/agencies/{second}");
    let taken = app.patch(&path).by(&administrator).if_match(1).json(json!({"name": "first"})).send().await;
    taken.problem(409, "conflict");
    let own = app.patch(&path).by(&administrator).if_match(1).json(json!({"name": "SECOND"})).send().await;
    assert_eq!(own.expect(200).body["name"], "SECOND");
}

async fn list_agencies_pages_by_name_while_others_are_added(app: App) {
    let administrator = app.administrator().await;
    for name in ["delta", "Alpha", "Éclair", "bravo", "charlie_1"] {
        app.post("/agencies").by(&administrator).json(agency(name)).send().await.expect(201);
    }
    let mut school = agency("School");
    school["kind"] = json!("school");
    app.post("/agencies").by(&administrator).json(school).send().await.expect(201);
    let added = async {
        app.post("/agencies").by(&administrator).json(agency("aardvark")).send().await.expect(201);
    };
    let seen = walk(&app, "/agencies?kind=police", None, added).await;
    assert_eq!(field(&seen, "name"), ["Alpha", "bravo", "charlie_1", "delta", "Éclair"]);
    let found = app.get("/agencies?q=%C3%89CL").send().await.expect(200);
    assert_eq!(field(found.items(), "name"), ["Éclair"]);
    let found = app.get("/agencies?q=e_1").send().await.expect(200);
    assert_eq!(field(found.items(), "name"), ["charlie_1"], "wildcards are taken literally");
    app.get("/agencies?kind=army&colour=blue&limit=0").send().await.refuses(&["?limit", "?kind", "?colour"]);
}

both_engines![
    create_agency_by_an_administrator_is_there_for_everybody,
    create_agency_by_anybody_else_is_refused,
    create_agency_with_a_taken_name_is_a_conflict,
    create_agency_with_bad_fields_names_each,
    update_agency_keeps_clears_and_sets,
    update_agency_wants_the_version_that_was_read,
    update_agency_is_for_its_commanders_and_administrators,
    update_agency_to_a_taken_name_is_a_conflict,
    list_agencies_pages_by_name_while_others_are_added,
];
