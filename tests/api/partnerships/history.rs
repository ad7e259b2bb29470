use serde_json::{Value, json};
use threekeys::platform::clock::days;

use crate::support::{Answer, App};

async fn history_tells_how_a_goal_stood_after_each_measurement(app: App) {
    let (p, goal, first) = app.with_goal_of(2).await;
    let second = app.get(format!("/goals/{goal}/objectives")).send().await.expect(200).items()[1]["id"].clone();
    let second = second.as_str().unwrap().to_owned();
    app.pass(days(60));
    let measure = |objective: &str, value: f64, day: &str, corrects: Option<String>| {
        let body = json!({"value": value, "measured_on": day, "source": "Calls for service", "corrects_id": corrects});
        app.post(format!("/objectives/{objective}/measurements")).by(&p.officer).json(body).send()
    };
    // Twelve are to become six, with the same weight each.
    measure(&first, 9.0, "2027-03-31", None).await.expect(201);
    let wrong = measure(&second, 3.0, "2027-04-10", None).await.expect(201).id();
    measure(&second, 12.0, "2027-04-11", Some(wrong)).await.expect(201);
    measure(&first, 6.0, "2027-04-20", None).await.expect(201);
    // Told late.
    measure(&second, 10.5, "2027-03-15", None).await.expect(201);
    let path = format!("/goals/{goal}/history");
    let told = |answer: &Answer| -> Vec<(String, Value, Value)> {
        let point = |p: &Value| {
            (p["measured_on"].as_str().unwrap().to_owned(), p["progress"].clone(), p["measured_share"].clone())
        };
        answer.items().iter().map(point).collect()
    };
    let whole = app.get(format!("{path}?include=total")).send().await.expect(200);
    assert_eq!(whole.body["total"], 4);
    let expected =
        [("2027-03-15", 0.25, 0.5), ("2027-03-31", 0.375, 1.0), ("2027-04-11", 0.25, 1.0), ("2027-04-20", 0.5, 1.0)];
    let expected: Vec<(String, Value, Value)> =
        expected.iter().map(|(on, done, share)| ((*on).to_owned(), json!(done), json!(share))).collect();
    assert_eq!(told(&whole), expected);
    let now = app.get(format!("/goals/{goal}/progress")).send().await.expect(200);
    assert_eq!(now.body["progress"], 0.5, "the last point is what the goal's progress tells");
    // By pages, and from a day on: what was known before is known.
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.get(format!("{path}?limit=1{cursor}")).send().await.expect(200);
        paged.extend(told(&page));
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, expected);
    let part = app.get(format!("{path}?from=2027-04-01&to=2027-04-15")).send().await.expect(200);
    assert_eq!(told(&part), expected[2..3]);
    app.get(format!("{path}?from=2027-04-15&to=2027-04-01")).send().await.refuses(&["?to"]);
    let own = app.get(format!("/objectives/{first}/history")).send().await.expect(200);
    let points: Vec<(&Value, &Value)> = own.items().iter().map(|p| (&p["value"], &p["progress"])).collect();
    assert_eq!(points, [(&json!(9.0), &json!(0.5)), (&json!(6.0), &json!(1.0))]);
    assert_eq!(own.items()[1]["track"], "on_track");
}

both_engines![history_tells_how_a_goal_stood_after_each_measurement];
