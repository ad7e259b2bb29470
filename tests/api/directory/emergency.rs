use serde_json::json;
use threekeys::ids::AgencyId;

use super::{area, square};
use crate::support::App;

async fn get_emergency_without_a_question_is_that_of_the_only_police(app: App) {
    app.get("/emergency").send().await.problem(404, "not_found");
    let agency = app.agency().await;
    let block = app.get("/emergency").send().await.expect(200);
    assert_eq!(
        block.body,
        json!({"emergency": "911", "text_to_911": true, "non_emergency": "+19135963000",
        "tips": null, "tty": null, "languages": ["en", "es"], "notice": null})
    );
    let administrator = app.administrator().await;
    let school = json!({"name": "School", "kind": "school", "time_zone": "America/Chicago", "emergency":
        {"emergency": "112", "text_to_911": false, "non_emergency": "+19135550000", "languages": ["en"]}});
    let school = app.post("/agencies").by(&administrator).json(school).send().await.expect(201).id();
    app.get("/emergency").send().await.expect(200);
    let of_school = app.get(format!("/emergency?agency_id={school}")).send().await.expect(200);
    assert_eq!(of_school.body["emergency"], "112");
    app.agency().await;
    app.get("/emergency").send().await.problem(404, "not_found");
    app.get(format!("/emergency?agency_id={agency}")).send().await.expect(200);
}

async fn get_emergency_at_a_point_is_that_of_the_agency_there(app: App) {
    let (here, there) = (app.agency().await, app.agency().await);
    let administrator = app.administrator().await;
    let changed = json!({"emergency": {"non_emergency": "+18165551234"}});
    app.patch(format!("/agencies/{there}")).by(&administrator).if_match(1).json(changed).send().await.expect(200);
    area(&app, &administrator, here, "city", "West", None, square(-95.0, 39.0, 0.5)).await;
    area(&app, &administrator, there, "city", "East", None, square(-94.5, 39.0, 0.5)).await;
    let number = async |lon: f64| {
        app.get(format!("/emergency?lat=39.2&lon={lon}")).send().await.expect(200).str("non_emergency")
    };
    assert_eq!(number(-94.7).await, "+19135963000");
    assert_eq!(number(-94.3).await, "+18165551234");
    app.get("/emergency?lat=0&lon=0").send().await.problem(404, "not_found");
    let agency = json!({"kind": "other"});
    app.patch(format!("/agencies/{there}")).by(&administrator).if_match(2).json(agency).send().await.expect(200);
    assert_eq!(app.get("/emergency?lat=0&lon=0").send().await.expect(200).str("non_emergency"), "+19135963000");
}

async fn get_emergency_with_a_half_question_is_refused(app: App) {
    let agency = app.agency().await;
    for (query, places) in [
        ("lat=39", &["?lon"][..]),
        ("lon=-94", &["?lat"]),
        ("lat=91&lon=-94", &["?lat"]),
        ("lat=39&lon=NaN", &["?lon"]),
        ("lat=39&lon=-181", &["?lon"]),
        ("agency_id=7", &["?agency_id"]),
        ("zip=66101", &["?zip"]),
        ("lat=1&lat=2&lon=3", &["?lat"]),
    ] {
        app.get(format!("/emergency?{query}")).send().await.refuses(places);
    }
    app.get(format!("/emergency?agency_id={agency}&lat=39&lon=-94")).send().await.refuses(&["?lat", "?lon"]);
    app.get(format!("/emergency?agency_id={}", AgencyId::new())).send().await.refuses(&["?agency_id"]);
}

both_engines![
    get_emergency_without_a_question_is_that_of_the_only_police,
    get_emergency_at_a_point_is_that_of_the_agency_there,
    get_emergency_with_a_half_question_is_refused,
];
