//! What timelines of partnerships say of meetings that are for fewer than they were.

use serde_json::{Value, json};

use crate::support::world::meeting_body;
use crate::support::{App, Person, World, page_through};

/// To what something happened, as somebody reads it in the partnership's timeline.
async fn objects(app: &App, world: &World, by: Option<&Person>) -> Vec<String> {
    let path = format!("/partnerships/{}/timeline", world.partnership);
    let page = app.get(format!("{path}?limit=200&include=total")).by_or_nobody(by).send().await.expect(200);
    assert_eq!(page.body["total"], page.items().len());
    assert_eq!(page_through(app, &path, by).await.len(), page.items().len());
    page.items().iter().filter_map(|entry| entry["object_id"].as_str().map(ToOwned::to_owned)).collect()
}

async fn timelines_forget_what_is_for_fewer_than_it_was(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    let other = app.meeting(&world, json!({})).await.id();
    let meeting = app.meeting(&world, json!({"title": "Walk"})).await.id();
    let walks = meeting_body(json!({"title": "Walks", "rule": "FREQ=WEEKLY;COUNT=3"}));
    let all_series = format!("/partnerships/{}/meeting-series", world.partnership);
    let series = app.post(all_series).by(leader).json(walks).send().await.expect(201).id();
    let told = async |by: Option<&Person>| {
        let objects = objects(&app, &world, by).await;
        assert!(objects.contains(&other), "what is open stays");
        [&meeting, &series].map(|id| objects.contains(id))
    };
    let make = async |path: String, version: i64, visibility: &str| {
        let body: Value = json!({"visibility": visibility});
        app.patch(path).by(leader).if_match(version).json(body).send().await.expect(200);
    };
    for by in [None, Some(&world.stranger), Some(&world.member)] {
        assert_eq!(told(by).await, [true; 2]);
    }
    make(format!("/meetings/{meeting}"), 1, "leaders").await;
    make(format!("/meeting-series/{series}"), 1, "leaders").await;
    for by in [None, Some(&world.stranger), Some(&world.member), Some(&world.secretary)] {
        assert_eq!(told(by).await, [false; 2]);
        app.get(format!("/meetings/{meeting}")).by_or_nobody(by).send().await.problem(404, "not_found");
    }
    for by in [leader, &world.police_leader, &world.officer] {
        assert_eq!(told(Some(by)).await, [true; 2]);
    }
    make(format!("/meetings/{meeting}"), 2, "members").await;
    assert_eq!(told(None).await, [false; 2]);
    assert_eq!(told(Some(&world.member)).await, [true, false]);
}

both_engines![timelines_forget_what_is_for_fewer_than_it_was];
