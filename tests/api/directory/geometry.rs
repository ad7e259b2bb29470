use serde_json::{Value, json};

use super::{polygon, ring, square};
use crate::support::App;

fn multi(polygons: &[Value]) -> Value {
    json!({"type": "MultiPolygon", "coordinates": polygons})
}

async fn polygons_that_are_none_are_refused_by_place_and_nothing_is_stored(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let bow_tie = json!([[-94.7, 39.0], [-94.6, 39.1], [-94.6, 39.0], [-94.7, 39.1], [-94.7, 39.0]]);
    let open = json!([[-94.7, 39.0], [-94.6, 39.0], [-94.6, 39.1], [-94.7, 39.1]]);
    let near = |north: f64| ring(-94.7, north, 0.1);
    let many: Vec<Value> = (0..1001).map(|_| json!([-94.6, 39.0])).collect();
    let at = "/geometry/coordinates";
    let table: Vec<(&str, Value, Vec<String>)> = vec![
        ("unclosed", polygon(std::slice::from_ref(&open)), vec![format!("{at}/0")]),
        ("unclosed hole", polygon(&[ring(-95.0, 38.5, 1.0), open]), vec![format!("{at}/1")]),
        ("self-crossing", polygon(std::slice::from_ref(&bow_tie)), vec![format!("{at}/0")]),
        ("self-crossing in the second", multi(&[json!([near(40.0)]), json!([bow_tie])]), vec![format!("{at}/1/0")]),
        ("swapped", polygon(&[json!([[39.0, -94.7], [39.0, -94.6], [39.1, -94.6], [39.0, -94.7]])]), {
            (0..4).map(|n| format!("{at}/0/{n}/1")).collect()
        }),
        ("swapped, where both are degrees", square(39.1, -84.6, 0.1), vec![at.into()]),
        ("out of range", polygon(&[json!([[-194.7, 39.0], [0, 0], [1, 91], [-194.7, 39.0]])]), {
            vec![format!("{at}/0/0/0"), format!("{at}/0/2/1"), format!("{at}/0/3/0")]
        }),
        ("a line", polygon(&[json!([[-94.7, 39.0], [-94.6, 39.1], [-94.5, 39.2], [-94.7, 39.0]])]), {
            vec![format!("{at}/0")]
        }),
        ("three positions", polygon(&[json!([[-94.7, 39.0], [-94.6, 39.0], [-94.7, 39.0]])]), vec![format!("{at}/0")]),
        ("no ring", polygon(&[]), vec![at.into()]),
        ("no polygon", multi(&[]), vec![at.into()]),
        ("hole outside", polygon(&[near(39.0), near(41.0)]), vec![format!("{at}/1")]),
        ("overlap", multi(&[json!([near(39.0)]), json!([near(39.05)])]), vec![format!("{at}/1")]),
        ("too many", polygon(&[Value::from(many)]), vec![at.into()]),
        (
            "a point",
            json!({"type": "Point", "coordinates": [-94.6, 39.0]}),
            vec![format!("{at}/0"), format!("{at}/1"), "/geometry/type".into()],
        ),
        ("no type", json!({"coordinates": [near(39.0)]}), vec!["/geometry/type".into()]),
        ("no coordinates", json!({"type": "Polygon"}), vec!["/geometry/coordinates".into()]),
        ("altitude", polygon(&[json!([[0, 0, 5], [1, 0], [1, 1], [0, 0]])]), vec![format!("{at}/0/0")]),
        ("text", polygon(&[json!([["0", 0], [1, 0], [1, 1], [0, 0]])]), vec![format!("{at}/0/0/0")]),
        (
            "too flat",
            json!({"type": "Polygon", "coordinates": near(39.0)}),
            (0..5).flat_map(|n| ["", "/0", "/1"].map(|rest| format!("{at}/{n}{rest}"))).collect(),
        ),
        ("on another side of the globe", square(10.0, 10.0, 0.1), vec![at.into()]),
        ("the whole country", square(-104.0, 30.0, 12.0), vec![at.into()]),
        ("a crs", json!({"type": "Polygon", "coordinates": [near(39.0)], "crs": {"type": "name"}}), {
            vec!["/geometry/crs".into()]
        }),
        ("no object", json!([1, 2]), vec!["/geometry".into()]),
    ];
    for (name, geometry, places) in table {
        let body = json!({"agency_id": agency, "kind": "city", "name": "City", "geometry": geometry});
        let answer = app.post("/areas").by(&administrator).json(body).send().await;
        assert_eq!(answer.status, 422, "{name}: {:#}", answer.body);
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        let answer = answer.refuses(&places);
        assert!(name != "swapped" || answer.body.to_string().contains("axes look swapped"), "{:#}", answer.body);
    }
    assert!(app.get("/areas").send().await.items().is_empty(), "nothing was stored");
    assert_eq!(app.record_count().await, 0);
}

async fn polygons_are_answered_as_they_are_stored_by_the_right_hand_rule(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let backwards = |ring: &Value| ring.as_array().unwrap().iter().rev().cloned().collect::<Value>();
    let (outline, hole) = (ring(-95.0, 39.0, 0.5), ring(-94.9, 39.1, 0.1));
    let island = ring(-94.875, 39.125, 0.0625);
    let sent = multi(&[json!([backwards(&outline), hole]), json!([backwards(&island)])]);
    let kept = multi(&[json!([outline, backwards(&hole)]), json!([island])]);
    let body = json!({"agency_id": agency, "kind": "city", "name": "City", "geometry": sent});
    let made = app.post("/areas").by(&administrator).json(body).send().await.expect(201);
    assert_eq!(made.body["geometry"], kept);
    let path = format!("/areas/{}", made.id());
    assert_eq!(app.get(&path).send().await.expect(200).body, made.body);

    let long =
        polygon(&[json!([[-94.62750000049, 39.1], [-94.6, 39.1], [-94.6, 39.12345678], [-94.62750000049, 39.1]])]);
    let changed = app.patch(&path).by(&administrator).if_match(1).json(json!({"geometry": long})).send().await;
    let changed = changed.expect(200);
    let short = polygon(&[json!([[-94.6275, 39.1], [-94.6, 39.1], [-94.6, 39.1234568], [-94.6275, 39.1]])]);
    assert_eq!(changed.body["geometry"], short);
    let back = json!({"geometry": changed.body["geometry"]});
    let again = app.patch(&path).by(&administrator).if_match(2).json(back).send().await.expect(200);
    assert_eq!(again.body["geometry"], short, "what was read can be sent back");
    let far = json!({"geometry": square(39.1, -84.6, 0.1)});
    app.patch(&path).by(&administrator).if_match(3).json(far).send().await.refuses(&["/geometry/coordinates"]);
}

async fn polygons_of_hostile_size_are_refused(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let sent = |geometry: String| {
        let body =
            format!("{{\"agency_id\":\"{agency}\",\"kind\":\"city\",\"name\":\"City\",\"geometry\":{geometry}}}");
        app.post("/areas").by(&administrator).bytes(body)
    };
    let deep = format!("{{\"type\":\"Polygon\",\"coordinates\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let answer = sent(deep).send().await;
    assert!(matches!(answer.status, 400 | 422), "{:#}", answer.body);
    let positions = vec!["[1,1]"; 20_000].join(",");
    sent(format!("{{\"type\":\"Polygon\",\"coordinates\":[[{positions}]]}}"))
        .send()
        .await
        .refuses(&["/geometry/coordinates"]);
    let huge = "{\"type\":\"Polygon\",\"coordinates\":[[[1e400,0],[1,0],[1,1],[1e400,0]]]}";
    let answer = sent(huge.into()).send().await;
    assert!(matches!(answer.status, 400 | 422), "{:#}", answer.body);
    let twice = "{\"type\":\"Polygon\",\"coordinates\":[],\"coordinates\":[]}";
    let answer = sent(twice.into()).send().await;
    assert!(answer.body["errors"][0]["pointer"].as_str().unwrap().starts_with("/geometry"), "{:#}", answer.body);
    let flat = vec!["[1]"; 40_000].join(",");
    let answer = sent(format!("{{\"type\":\"Polygon\",\"coordinates\":[{flat}]}}")).send().await;
    assert_eq!((answer.status, answer.body["errors"].as_array().unwrap().len()), (422, 100), "not 80,000 errors");
    let long = vec!["[1,1]"; 60_000].join(",");
    sent(format!("{{\"type\":\"Polygon\",\"coordinates\":[[{long}]]}}")).send().await.problem(413, "payload_too_large");
    assert!(app.get("/areas").send().await.items().is_empty());
}

both_engines![
    polygons_that_are_none_are_refused_by_place_and_nothing_is_stored,
    polygons_are_answered_as_they_are_stored_by_the_right_hand_rule,
    polygons_of_hostile_size_are_refused,
];
