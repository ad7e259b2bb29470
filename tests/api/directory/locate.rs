use serde_json::{Value, json};

use super::{area, assign, field, polygon, ring, square};
use crate::support::{Answer, App};

async fn at(app: &App, lon: f64, lat: f64) -> Answer {
    app.get(format!("/locate?lat={lat}&lon={lon}")).send().await.expect(200)
}

fn names(place: &Answer) -> Vec<&str> {
    field(place.body["areas"].as_array().unwrap(), "name")
}

async fn locate_tells_the_areas_from_the_widest_to_the_narrowest(app: App) {
    let agency = app.agency().await;
    let boss = app.commander(agency).await;
    let city = area(&app, &boss, agency, "city", "City", None, square(-95.0, 39.0, 0.5)).await.id();
    // The division has no outline of its own, and the district is in two parts, one of which has a hole.
    let division = area(&app, &boss, agency, "division", "North", Some(&city), Value::Null).await.id();
    let parts = json!({"type": "MultiPolygon", "coordinates":
        [[ring(-95.0, 39.0, 0.25), ring(-94.9375, 39.0625, 0.125)], [ring(-94.625, 39.375, 0.125)]]});
    let district = area(&app, &boss, agency, "district", "Midtown", Some(&division), parts).await.id();
    let beat = area(&app, &boss, agency, "beat", "Beat 7", Some(&district), square(-95.0, 39.0, 0.03125)).await.id();
    // It lies in the beat, but reaches beyond it.
    area(&app, &boss, agency, "neighborhood", "Hill", Some(&beat), square(-95.0, 39.0, 0.0625)).await;

    for (lon, lat, expected) in [
        (-94.99, 39.01, &["City", "North", "Midtown", "Beat 7", "Hill"][..]),
        (-94.95, 39.05, &["City", "North", "Midtown", "Hill"]),
        (-94.76, 39.01, &["City", "North", "Midtown"]),
        (-94.875, 39.125, &["City"]),
        (-94.5625, 39.4375, &["City", "North", "Midtown"]),
        (-94.625, 39.4375, &["City", "North", "Midtown"]),
        (-94.6250001, 39.4375, &["City"]),
        (-95.0, 39.0, &["City", "North", "Midtown", "Beat 7", "Hill"]),
        (-94.5, 39.5, &["City", "North", "Midtown"]),
        (-94.5, 39.5000001, &[]),
        (-100.0, 39.2, &[]),
    ] {
        let place = at(&app, lon, lat).await;
        assert_eq!(names(&place), expected, "{lon} {lat}");
        let agency_there = if expected.is_empty() { Value::Null } else { json!(agency) };
        assert_eq!(place.body["agency"]["id"], agency_there);
        assert_eq!(place.body["emergency"]["non_emergency"], "+19135963000", "the only police");
    }
    let place = at(&app, -94.99, 39.01).await;
    assert_eq!(place.body["areas"][0]["bbox"], json!([-95.0, 39.0, -94.5, 39.5]));
    assert_eq!(place.body["areas"][0].get("geometry"), None);
}

async fn locate_tells_who_is_on_duty_and_who_answers(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let city = area(&app, &administrator, agency, "city", "City", None, square(-95.0, 39.0, 0.5)).await.id();
    let beat = area(&app, &administrator, agency, "beat", "Beat", Some(&city), square(-95.0, 39.0, 0.25)).await.id();
    let next = area(&app, &administrator, agency, "beat", "Next", Some(&city), square(-94.75, 39.0, 0.25)).await.id();
    let [chief, captain] = [app.commander(agency).await, app.commander(agency).await];
    let [walker, stand_in, hidden, elsewhere] =
        [app.officer(agency).await, app.officer(agency).await, app.officer(agency).await, app.officer(agency).await];
    assign(&app, &administrator, &city, &chief, "commander").await;
    assign(&app, &administrator, &beat, &walker, "officer").await;
    assign(&app, &administrator, &next, &elsewhere, "officer").await;
    let body = json!({"account_id": hidden.id, "role": "officer", "starts_on": "2027-03-01", "is_public": false});
    app.post(format!("/areas/{beat}/assignments")).by(&administrator).json(body).send().await.expect(201);
    let persons = |place: &Answer| -> Vec<String> {
        let contacts = place.body["duty_contacts"].as_array().unwrap();
        contacts.iter().map(|contact| contact["person"]["display_name"].as_str().unwrap().to_owned()).collect()
    };
    let place = at(&app, -94.9, 39.1).await;
    assert_eq!(persons(&place), [walker.name.as_str(), &chief.name]);
    assert_eq!(place.body["commander"]["person"]["id"], json!(chief.id));
    assert_eq!(place.body["commander"]["area"], json!({"id": city, "kind": "city", "name": "City"}));

    assign(&app, &administrator, &beat, &stand_in, "delegate").await;
    assert_eq!(at(&app, -94.9, 39.1).await.body["commander"]["person"]["id"], json!(stand_in.id));
    assign(&app, &administrator, &beat, &captain, "commander").await;
    let place = at(&app, -94.9, 39.1).await;
    assert_eq!(place.body["commander"]["person"]["id"], json!(captain.id), "the commander before who stands in");
    assert_eq!(persons(&place), [captain.name.as_str(), &stand_in.name, &walker.name, &chief.name]);
    let between = at(&app, -94.75, 39.1).await;
    assert_eq!(names(&between), ["City", "Beat", "Next"], "on the line between two beats");
    assert_eq!(persons(&between).len(), 5);
}

async fn locate_prefers_the_police_and_the_narrowest(app: App) {
    let (police, neighbour) = (app.agency().await, app.agency().await);
    let administrator = app.administrator().await;
    let codes = json!({"name": "Codes", "kind": "code_enforcement", "time_zone": "America/Chicago", "emergency":
        {"emergency": "112", "text_to_911": false, "non_emergency": "+19135550000", "languages": ["en"]}});
    let codes = app.post("/agencies").by(&administrator).json(codes).send().await.expect(201).id().parse().unwrap();
    area(&app, &administrator, police, "city", "City", None, square(-95.0, 39.0, 0.5)).await;
    let city = area(&app, &administrator, codes, "city", "Code city", None, square(-95.0, 39.0, 1.0)).await.id();
    area(&app, &administrator, codes, "beat", "Code beat", Some(&city), square(-95.0, 39.0, 0.25)).await;
    let wide = area(&app, &administrator, neighbour, "city", "County", None, square(-96.0, 38.0, 1.03125)).await.id();
    area(&app, &administrator, neighbour, "district", "Corner", Some(&wide), square(-95.0, 39.0, 0.03125)).await;

    let place = at(&app, -94.8, 39.2).await;
    assert_eq!(names(&place), ["City", "Code city", "Code beat"]);
    assert_eq!(place.body["agency"]["id"], json!(police), "the police before code enforcement");
    let place = at(&app, -94.99, 39.01).await;
    assert_eq!(names(&place), ["City", "Code city", "County", "Corner", "Code beat"]);
    assert_eq!(place.body["agency"]["id"], json!(neighbour), "of two police agencies that of the narrower area");
    let place = at(&app, -94.2, 39.8).await;
    assert_eq!((&place.body["agency"]["id"], &place.body["emergency"]["emergency"]), (&json!(codes), &json!("112")));
    let nowhere = at(&app, 0.0, 0.0).await;
    assert_eq!(
        (&nowhere.body["agency"], &nowhere.body["emergency"]),
        (&Value::Null, &Value::Null),
        "two police agencies"
    );
}

async fn locate_forgets_retired_areas_and_follows_new_outlines(app: App) {
    let agency = app.agency().await;
    let boss = app.commander(agency).await;
    let city = area(&app, &boss, agency, "city", "City", None, square(-95.0, 39.0, 0.5)).await.id();
    let beat = area(&app, &boss, agency, "beat", "Beat", Some(&city), square(-95.0, 39.0, 0.25)).await.id();
    assert_eq!(names(&at(&app, -94.9, 39.1).await), ["City", "Beat"]);
    let moved = json!({"geometry": square(-94.75, 39.25, 0.25)});
    app.patch(format!("/areas/{beat}")).by(&boss).if_match(1).json(moved).send().await.expect(200);
    assert_eq!(names(&at(&app, -94.9, 39.1).await), ["City"]);
    assert_eq!(names(&at(&app, -94.6, 39.4).await), ["City", "Beat"]);
    let cleared = json!({"geometry": null});
    app.patch(format!("/areas/{city}")).by(&boss).if_match(1).json(cleared).send().await.expect(200);
    assert_eq!(names(&at(&app, -94.9, 39.1).await), [""; 0]);
    assert_eq!(names(&at(&app, -94.6, 39.4).await), ["City", "Beat"], "found through what lies in it");
    app.post(format!("/areas/{beat}/retire")).by(&boss).if_match(2).send().await.expect(200);
    assert_eq!(names(&at(&app, -94.6, 39.4).await), [""; 0]);
}

async fn locate_without_a_point_is_refused(app: App) {
    for (query, places) in [
        ("", &["?lat", "?lon"][..]),
        ("lat=39", &["?lon"]),
        ("lat=-94.6&lon=39.1", &["?lat"]),
        ("lat=x&lon=999", &["?lat", "?lon"]),
        ("lat=inf&lon=-94", &["?lat"]),
        ("lat=39&lon=-94&zoom=3", &["?zoom"]),
    ] {
        app.get(format!("/locate?{query}")).send().await.refuses(places);
    }
    let place = at(&app, -94.6, 39.1).await;
    assert_eq!(
        place.body,
        json!({"areas": [], "agency": null, "duty_contacts": [], "commander": null, "emergency": null})
    );
    let hole = polygon(&[ring(-95.0, 39.0, 0.5), ring(-94.875, 39.125, 0.25)]);
    let agency = app.agency().await;
    area(&app, &app.administrator().await, agency, "city", "Ring city", None, hole).await;
    assert_eq!(names(&at(&app, -94.75, 39.25).await), [""; 0]);
    assert_eq!(names(&at(&app, -94.95, 39.25).await), ["Ring city"]);
}

both_engines![
    locate_tells_the_areas_from_the_widest_to_the_narrowest,
    locate_tells_who_is_on_duty_and_who_answers,
    locate_prefers_the_police_and_the_narrowest,
    locate_forgets_retired_areas_and_follows_new_outlines,
    locate_without_a_point_is_refused,
];
