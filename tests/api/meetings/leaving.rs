//! What members leave behind in meetings to come.

use futures_util::future::join;
use serde_json::{Value, json};

use crate::support::twins::{plant, slow};
use crate::support::{App, Person, World};

/// Where the person's membership is, and its version.
async fn membership(app: &App, world: &World, who: &Person) -> (String, i64) {
    let list = format!("/partnerships/{}/memberships?limit=50", world.partnership);
    let listed = app.get(list).by(&world.civilian_leader).send().await.expect(200);
    let own = listed.items().iter().find(|one| one["person"]["id"] == json!(who.id)).cloned().unwrap();
    (format!("/memberships/{}", own["id"].as_str().unwrap()), own["version"].as_i64().unwrap())
}

/// Places taken of a meeting, and who answered.
async fn taken(app: &App, world: &World, path: &str) -> (Value, usize) {
    let read = app.get(path).by(&world.civilian_leader).send().await.expect(200);
    let answers = app.get(format!("{path}/rsvps")).by(&world.civilian_leader).send().await.expect(200);
    (json!([read.body["places_taken"], read.body["answers"]]), answers.items().len())
}

async fn whoever_leaves_gives_places_back_where_they_come_no_more(app: App) {
    let world = app.world().await;
    let home = json!({"place": {"kind": "private_home", "name": "At Rosa's", "address": "12 Elm Street"}});
    let at = |day: u32, other: Value| {
        let mut body = json!({"capacity": 4, "starts_local": format!("2027-03-{day}T18:30"),
            "ends_local": format!("2027-03-{day}T20:00")});
        crate::support::world::merge(&mut body, other);
        body
    };
    let mut paths = Vec::new();
    for body in [at(10, json!({"visibility": "members"})), at(11, home), at(12, json!({}))] {
        paths.push(format!("/meetings/{}", app.meeting(&world, body).await.id()));
    }
    let answer = async |who: &Person, path: &str, body: Value| {
        app.put(format!("{path}/rsvp")).by(who).json(body).send().await.expect(200);
    };
    for path in &paths {
        answer(&world.member, path, json!({"answer": "yes", "guests": 2})).await;
        answer(&world.secretary, path, json!({"answer": "maybe"})).await;
        answer(&world.facilitator, path, json!({"answer": "yes"})).await;
    }
    let full = json!([4, {"yes": 2, "maybe": 1, "no": 0}]);
    for path in &paths {
        assert_eq!(taken(&app, &world, path).await, (full.clone(), 3));
    }
    let (own, version) = membership(&app, &world, &world.member).await;
    app.post(format!("{own}/leave")).by(&world.member).if_match(version).send().await.expect(200);
    let (removed, version) = membership(&app, &world, &world.secretary).await;
    let remove = app.post(format!("{removed}/remove")).by(&world.civilian_leader).if_match(version);
    remove.json(json!({"reason": "Threatened a neighbor."})).send().await.expect(200);
    let left = json!([1, {"yes": 1, "maybe": 0, "no": 0}]);
    for path in &paths[..2] {
        assert_eq!(taken(&app, &world, path).await, (left.clone(), 1), "{path}");
    }
    assert_eq!(taken(&app, &world, &paths[2]).await, (full, 3), "everybody may come to what is public");
    // The places are there for others.
    answer(&world.facilitator, &paths[0], json!({"answer": "yes", "guests": 3})).await;
    let body = json!({"answer": "yes"});
    app.put(format!("{}/rsvp", paths[0])).by(&world.member).json(body).send().await.problem(404, "not_found");
}

async fn what_is_over_is_left_as_it_was(app: App) {
    let world = app.world().await;
    let path = format!("/meetings/{}", app.meeting(&world, json!({"visibility": "members"})).await.id());
    app.put(format!("{path}/rsvp")).by(&world.member).json(json!({"answer": "yes"})).send().await.expect(200);
    app.wait_for_the_meeting();
    app.post(format!("{path}/start")).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    let before = taken(&app, &world, &path).await;
    let (own, version) = membership(&app, &world, &world.member).await;
    app.post(format!("{own}/leave")).by(&world.member).if_match(version).send().await.expect(200);
    assert_eq!(taken(&app, &world, &path).await, before);
}

async fn whoever_answers_while_they_leave_leaves_no_answer_behind(app: App) {
    plant(&app).await;
    let world = app.world().await;
    let path = format!("/meetings/{}", app.meeting(&world, json!({"visibility": "members"})).await.id());
    for who in [&world.member, &world.secretary] {
        let (own, version) = membership(&app, &world, who).await;
        let answer = app.put(format!("{path}/rsvp")).by(who).json(json!({"answer": "yes"})).unchecked();
        let leave = app.post(format!("{own}/leave")).by(who).if_match(version).unchecked();
        slow(&app, true).await;
        let (answered, left) = join(answer.send(), leave.send()).await;
        slow(&app, false).await;
        left.expect(200);
        assert!([200, 404].contains(&answered.status), "{}: {:#}", answered.status, answered.body);
        assert_eq!(taken(&app, &world, &path).await, (json!([0, {"yes": 0, "maybe": 0, "no": 0}]), 0));
    }
}

both_engines![
    whoever_leaves_gives_places_back_where_they_come_no_more,
    what_is_over_is_left_as_it_was,
    whoever_answers_while_they_leave_leaves_no_answer_behind,
];
