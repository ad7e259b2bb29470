use std::time::Duration;

use serde_json::{Value, json};
use threekeys::ids::{AgencyId, AreaId};
use uuid::Uuid;

use super::{area, assign, city_and_district, field, square, walk};
use crate::support::{App, Person};

async fn create_area_hangs_under_wider_areas_only(app: App) {
    let (agency, other) = (app.agency().await, app.agency().await);
    let administrator = app.administrator().await;
    let city = area(&app, &administrator, agency, "city", "City", None, Value::Null).await;
    assert_eq!(city.header("location"), Some(format!("/api/v1/areas/{}", city.id()).as_str()));
    let city = city.id();
    let beat = area(&app, &administrator, agency, "beat", "Beat 1", Some(&city), Value::Null).await;
    assert_eq!(beat.body["lies_in"], json!([{"id": city, "kind": "city", "name": "City"}]));
    let beat = beat.id();
    let block = area(&app, &administrator, agency, "neighborhood", "Strawberry Hill", Some(&beat), Value::Null).await;
    assert_eq!(field(block.body["lies_in"].as_array().unwrap(), "name"), ["City", "Beat 1"], "the widest first");
    let foreign = area(&app, &administrator, other, "city", "Other", None, Value::Null).await.id();
    let retired = area(&app, &administrator, agency, "district", "Old", Some(&city), Value::Null).await.id();
    app.post(format!("/areas/{retired}/retire")).by(&administrator).if_match(1).send().await.expect(200);

    let unknown = AreaId::new().to_string();
    for (kind, parent) in [
        ("city", Some(city.as_str())),
        ("district", None),
        ("neighborhood", None),
        ("district", Some(&beat)),
        ("beat", Some(&beat)),
        ("district", Some(&foreign)),
        ("beat", Some(&retired)),
        ("beat", Some(&unknown)),
    ] {
        let body = json!({"agency_id": agency, "kind": kind, "name": "X", "parent_id": parent});
        app.post("/areas").by(&administrator).json(body).send().await.refuses(&["/parent_id"]);
    }
    let body = json!({"agency_id": AgencyId::new(), "kind": "city", "name": "X"});
    app.post("/areas").by(&administrator).json(body).send().await.refuses(&["/agency_id"]);
}

async fn create_area_with_bad_fields_names_each(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let body = json!({"agency_id": "x", "kind": "planet", "name": "", "code": "a".repeat(21), "households": -1,
        "geometry": 5, "colour": "blue"});
    let refused = app.post("/areas").by(&administrator).json(body).send().await;
    refused.refuses(&["/agency_id", "/code", "/colour", "/geometry", "/households", "/kind", "/name"]);
    for households in [json!(10_000_001), json!(1.5), json!("7")] {
        let body = json!({"agency_id": agency, "kind": "city", "name": "City", "households": households});
        app.post("/areas").by(&administrator).json(body).send().await.refuses(&["/households"]);
    }
    app.post("/areas").by(&administrator).bytes("{\"name\": \"a\", \"name\": \"b\"}").send().await.expect(422);
    app.post("/areas").by(&administrator).bytes("{\"name\": ").send().await.problem(400, "unreadable_body");
    assert!(app.get("/areas").send().await.items().is_empty());
}

async fn create_area_is_for_the_agencys_commanders_and_administrators(app: App) {
    let (home, other) = (app.agency().await, app.agency().await);
    let body = json!({"agency_id": home, "kind": "city", "name": "City"});
    for person in [app.citizen().await, app.officer(home).await, app.staff(home).await, app.commander(other).await] {
        app.post("/areas").by(&person).json(body.clone()).send().await.problem(403, "forbidden");
    }
    app.post("/areas").json(body.clone()).send().await.problem(401, "unauthenticated");
    let commander = app.commander(home).await;
    let key = Uuid::now_v7();
    let made = app.post("/areas").by(&commander).key(key).json(body.clone()).send().await.expect(201);
    let again = app.post("/areas").by(&commander).key(key).json(body.clone()).leaving(0).send().await.expect(201);
    assert_eq!(made.bytes, again.bytes);
    let path = format!("/areas/{}", made.id());
    let change = json!({"name": "Town"});
    for person in [app.citizen().await, app.officer(home).await, app.commander(other).await] {
        app.patch(&path).by(&person).if_match(1).json(change.clone()).send().await.problem(403, "forbidden");
        app.post(format!("{path}/retire")).by(&person).if_match(1).send().await.problem(403, "forbidden");
    }
    app.patch(&path).if_match(1).json(change.clone()).send().await.problem(401, "unauthenticated");
    app.post(format!("{path}/retire")).if_match(1).send().await.problem(401, "unauthenticated");
    // The verification runs out on 2028-01-31; the session does not.
    app.pass(Duration::from_secs(86_400 * 340));
    app.patch(&path).by(&commander).if_match(1).json(change).send().await.problem(403, "forbidden");
    app.post("/areas").by(&commander).json(body).send().await.problem(403, "forbidden");
}

async fn an_areas_name_is_its_own_among_those_in_use(app: App) {
    let (agency, other) = (app.agency().await, app.agency().await);
    let administrator = app.administrator().await;
    let (city, district) = city_and_district(&app, &administrator, agency).await;
    let body = |name: &str| json!({"agency_id": agency, "kind": "district", "name": name, "parent_id": city});
    app.post("/areas").by(&administrator).json(body("MIDTOWN")).send().await.problem(409, "conflict");
    area(&app, &administrator, agency, "beat", "Midtown", Some(&city), Value::Null).await;
    area(&app, &administrator, other, "city", "Kansas City, Kansas", None, Value::Null).await;
    let east = app.post("/areas").by(&administrator).json(body("East")).send().await.expect(201).id();
    let rename = json!({"name": "midtown"});
    let path = format!("/areas/{east}");
    app.patch(&path).by(&administrator).if_match(1).json(rename.clone()).send().await.problem(409, "conflict");
    app.post(format!("/areas/{district}/retire")).by(&administrator).if_match(1).send().await.expect(200);
    app.patch(&path).by(&administrator).if_match(1).json(rename).send().await.expect(200);
}

async fn update_area_keeps_clears_and_sets(app: App) {
    let agency = app.agency().await;
    let commander = app.commander(agency).await;
    let body = json!({"agency_id": agency, "kind": "city", "name": "City", "code": "C", "households": 1200,
        "geometry": square(-95.0, 39.0, 0.5)});
    let made = app.post("/areas").by(&commander).json(body).send().await.expect(201);
    let path = format!("/areas/{}", made.id());
    let read = app.get(&path).send().await.expect(200);
    assert_eq!(read.body, made.body);
    let etag = read.header("etag").unwrap().to_owned();
    app.get(&path).header("if-none-match", etag.clone()).send().await.expect(304);

    app.patch(&path).by(&commander).json(json!({})).send().await.problem(428, "precondition_required");
    let changed = app.patch(&path).by(&commander).if_match(etag).json(json!({"name": "Town"})).send().await.expect(200);
    let mut expected = made.body.clone();
    expected["name"] = json!("Town");
    expected["version"] = json!(2);
    assert_eq!(changed.body, expected, "what is absent stays");
    let stale = app.patch(&path).by(&commander).if_match(1).json(json!({"name": "Burg"})).send().await;
    assert_eq!(stale.problem(412, "precondition_failed").body["current_version"], 2);

    let cleared = json!({"code": null, "geometry": null, "households": null});
    let cleared = app.patch(&path).by(&commander).if_match(2).json(cleared).send().await.expect(200);
    assert_eq!((&cleared.body["code"], &cleared.body["geometry"]), (&Value::Null, &Value::Null));
    assert_eq!(app.get("/areas").send().await.items()[0]["bbox"], Value::Null);
    let set = json!({"code": "T", "geometry": square(-94.75, 39.25, 0.25), "households": 0});
    let set = app.patch(&path).by(&commander).if_match(3).json(set).send().await.expect(200);
    assert_eq!(set.body["geometry"], square(-94.75, 39.25, 0.25));
    assert_eq!(set.body["households"], 0);
    let listed = app.get("/areas").send().await.expect(200);
    assert_eq!(listed.items()[0]["bbox"], json!([-94.75, 39.25, -94.5, 39.5]));
    assert_eq!(listed.items()[0]["geometry"], Value::Null, "lists carry no geometry");

    for (body, place) in [
        (json!({"name": null}), "/name"),
        (json!({"kind": "beat"}), "/kind"),
        (json!({"parent_id": null}), "/parent_id"),
        (json!({"geometry": {"type": "Polygon", "coordinates": []}}), "/geometry/coordinates"),
    ] {
        app.patch(&path).by(&commander).if_match(4).json(body).send().await.refuses(&[place]);
    }
    let path = format!("/areas/{}", AreaId::new());
    app.patch(&path).by(&commander).if_match(1).json(json!({})).send().await.problem(404, "not_found");
    app.get(&path).send().await.problem(404, "not_found");
}

async fn list_areas_pages_and_filters(app: App) {
    let (agency, other) = (app.agency().await, app.agency().await);
    let administrator = app.administrator().await;
    let (city, district) = city_and_district(&app, &administrator, agency).await;
    for name in ["Beat 12", "beat 11", "Beat 13", "Beat 10", "Ringed 9"] {
        area(&app, &administrator, agency, "beat", name, Some(&district), Value::Null).await;
    }
    area(&app, &administrator, other, "city", "Beatrice", None, Value::Null).await;
    let added = async {
        area(&app, &administrator, agency, "beat", "Beat 0", Some(&district), Value::Null).await;
    };
    let beats = walk(&app, &format!("/areas?kind=beat&agency_id={agency}"), None, added).await;
    assert_eq!(field(&beats, "name"), ["Beat 10", "beat 11", "Beat 12", "Beat 13", "Ringed 9"]);
    let names = async |query: String| {
        let list = app.get(format!("/areas?{query}")).send().await.expect(200);
        field(list.items(), "name").into_iter().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(format!("parent_id={city}")).await, ["Midtown"]);
    assert_eq!(names(format!("agency_id={other}")).await, ["Beatrice"]);
    assert_eq!(names("q=RINGED".into()).await, ["Ringed 9"]);
    assert_eq!(names("q=beat&kind=city".into()).await, ["Beatrice"]);
    app.get("/areas?kind=moon&parent_id=1&radius=2").send().await.refuses(&["?kind", "?parent_id", "?radius"]);
    app.get("/areas?cursor=abc").send().await.refuses(&["?cursor"]);
}

async fn retire_area_waits_for_what_is_in_it(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let (city, district) = city_and_district(&app, &administrator, agency).await;
    let (officer, commander) = (app.officer(agency).await, app.commander(agency).await);
    let duty = assign(&app, &administrator, &city, &officer, "officer").await.id();
    let body = json!({"account_id": commander.id, "role": "commander", "starts_on": "2027-06-01", "is_public": false});
    let later =
        app.post(format!("/areas/{city}/assignments")).by(&administrator).json(body).send().await.expect(201).id();
    let retire =
        |area: &str, version: i64| app.post(format!("/areas/{area}/retire")).by(&administrator).if_match(version);
    app.post(format!("/areas/{city}/retire")).by(&administrator).send().await.problem(428, "precondition_required");
    retire(&city, 7).send().await.problem(412, "precondition_failed");
    let refused = retire(&city, 1).send().await.problem(409, "conflict");
    let address = |kind: &str, id: &str| json!(format!("/api/v1/{kind}/{id}"));
    let in_the_way = [address("areas", &district), address("assignments", &duty), address("assignments", &later)];
    assert_eq!(refused.body["conflicts"], json!(in_the_way));

    retire(&district, 1).send().await.expect(200);
    retire(&city, 1).send().await.problem(409, "conflict");
    for assignment in [duty, later] {
        app.post(format!("/assignments/{assignment}/end")).by(&administrator).if_match(1).send().await.expect(200);
    }
    let retired = retire(&city, 1).send().await.expect(200);
    assert_eq!(retired.body["retired_at"], "2027-03-01T18:00:00Z");
    retire(&city, 2).send().await.problem(409, "conflict");
    assert!(app.get("/areas").send().await.items().is_empty());
    assert_eq!(app.get(format!("/areas/{city}")).send().await.expect(200).body, retired.body);
    let change =
        app.patch(format!("/areas/{city}")).by(&administrator).if_match(2).json(json!({"name": "X"})).send().await;
    change.problem(409, "conflict");
    let body = json!({"account_id": officer.id, "role": "officer", "starts_on": "2027-03-01", "is_public": true});
    let duty = app.post(format!("/areas/{city}/assignments")).by(&administrator).json(body).send().await;
    duty.problem(409, "conflict");
}

async fn retire_area_does_not_wait_for_duties_whose_days_are_over(app: App) {
    let agency = app.agency().await;
    let commander = app.commander(agency).await;
    let officer: Person = app.officer(agency).await;
    let (_, district) = city_and_district(&app, &commander, agency).await;
    let body = json!({"account_id": officer.id, "role": "officer", "starts_on": "2027-02-01", "ends_on": "2027-03-01",
        "is_public": true});
    app.post(format!("/areas/{district}/assignments")).by(&commander).json(body).send().await.expect(201);
    let retire = || app.post(format!("/areas/{district}/retire")).by(&commander).if_match(1);
    retire().send().await.problem(409, "conflict");
    // Half past eleven at night in Kansas City: it is still the first of March there.
    app.pass(Duration::from_secs(60 * 690));
    retire().send().await.problem(409, "conflict");
    app.pass(Duration::from_secs(60 * 30));
    retire().send().await.expect(200);
}

both_engines![
    create_area_hangs_under_wider_areas_only,
    create_area_with_bad_fields_names_each,
    create_area_is_for_the_agencys_commanders_and_administrators,
    an_areas_name_is_its_own_among_those_in_use,
    update_area_keeps_clears_and_sets,
    list_areas_pages_and_filters,
    retire_area_waits_for_what_is_in_it,
    retire_area_does_not_wait_for_duties_whose_days_are_over,
];
