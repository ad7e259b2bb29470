use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::support::counting::counted;
use crate::support::forming::Formed;
use crate::support::world::meeting_body;
use crate::support::{Answer, App, Person};

async fn home(app: &App, p: &Formed, by: Option<&Person>) -> Answer {
    app.get(p.path("/home")).by_or_nobody(by).send().await
}

async fn meeting(app: &App, p: &Formed, day: u32, visibility: &str) -> String {
    let body = json!({"starts_local": format!("2027-03-{day:02}T18:00"), "ends_local": format!("2027-03-{day:02}T19:00"),
        "visibility": visibility, "title": format!("On the {day}th")});
    app.post(p.path("/meetings")).by(&p.resident).json(meeting_body(body)).send().await.expect(201).id()
}

async fn everybody_finds_on_the_page_what_they_may_see(app: App) {
    let (p, goal, objective) = app.with_goal().await;
    let value = json!({"value": 9, "measured_on": "2027-02-28", "source": "Calls for service"});
    app.post(format!("/objectives/{objective}/measurements")).by(&p.resident).json(value).send().await.expect(201);
    let open = meeting(&app, &p, 20, "public").await;
    let inner = meeting(&app, &p, 10, "members").await;
    let lamps = app.called(&p, json!({})).await;

    let member = home(&app, &p, Some(&p.neighbor)).await.expect(200).body;
    let front = &member["partnership"];
    assert_eq!((&front["state"], &front["formation"]["next_step"]), (&json!("forming"), &json!("communication_plan")));
    assert_eq!(front["leaders"].as_array().unwrap().len(), 2);
    assert_eq!(front["mission"]["text"], "Neighbors and officers make the alleys safe to walk after dark.");
    assert_eq!((&front["goal"]["id"], &front["goal"]["progress"]["progress"]), (&json!(goal), &json!(0.5)));
    assert_eq!(front["own"]["role"], "member");
    let ids = |body: &Value, list: &str| -> Vec<String> {
        body[list].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&member, "next_meetings"), [inner, open.clone()]);
    assert_eq!((ids(&member, "decisions"), &member["decisions"][0]["need"]), (vec![lamps.clone()], &json!("stance")));
    app.stance(&lamps, &p.neighbor, 1, "endorse").send().await.expect(200);
    assert_eq!(home(&app, &p, Some(&p.neighbor)).await.expect(200).body["decisions"], json!([]), "has said so");

    // Leaders are also told what was adopted, and what nobody has written down of it: mission and goal.
    let leader = home(&app, &p, Some(&p.resident)).await.expect(200).body;
    let needs: Vec<_> = leader["decisions"].as_array().unwrap().iter().map(|one| one["need"].clone()).collect();
    assert_eq!(needs, [json!("stance"), json!("outcome"), json!("outcome")]);

    let task = json!({"title": "Count the lamps", "description": "On a walk at night.", "effort_hours": 2});
    let task = app.post(p.path("/tasks")).by(&p.resident).json(task).send().await.expect(201);
    assert_eq!(home(&app, &p, Some(&p.neighbor)).await.expect(200).body["tasks"], json!([]));
    let volunteer = app.post(format!("/tasks/{}/volunteer", task.id())).by(&p.neighbor).if_match(task.version());
    volunteer.send().await.expect(200);
    let own = home(&app, &p, Some(&p.neighbor)).await.expect(200).body["tasks"].clone();
    assert_eq!((&own[0]["title"], &own[0]["state"]), (&json!("Count the lamps"), &json!("accepted")));
    assert_eq!(home(&app, &p, Some(&p.officer)).await.expect(200).body["tasks"], json!([]));

    let stranger = app.citizen().await;
    for reader in [None, Some(&stranger)] {
        let public = home(&app, &p, reader).await.expect(200).body;
        let front = &public["partnership"];
        for hidden in ["leadership_gap", "formation", "leaders", "mission"] {
            assert_eq!(front[hidden], Value::Null, "{hidden}");
        }
        assert_eq!(front["goal"]["title"], "Light the alleys", "it is adopted, and everybody's to know");
        assert_eq!((ids(&public, "next_meetings"), &public["decisions"]), (vec![open.clone()], &json!([])));
        for person in [&p.resident, &p.officer] {
            assert!(!public.to_string().contains(&person.name), "{}", person.name);
        }
    }
}

async fn a_goal_that_is_being_decided_on_is_on_the_page_of_those_inside(app: App) {
    let p = app.with_mission().await;
    let (goal, _) = app.goal(&p, &p.resident, "Light the alleys").await;
    let propose = app.post(format!("/goals/{goal}/propose")).by(&p.resident).if_match(1).json(json!({}));
    propose.send().await.expect(200);
    assert_eq!(home(&app, &p, Some(&p.neighbor)).await.expect(200).body["partnership"]["goal"]["id"], goal);
    assert_eq!(home(&app, &p, None).await.expect(200).body["partnership"]["goal"], Value::Null);
}

async fn the_page_of_a_partnership_that_nobody_may_see_is_not_there(app: App) {
    let p = app.proposed().await;
    home(&app, &p, None).await.problem(404, "not_found");
    home(&app, &p, Some(&p.neighbor)).await.problem(404, "not_found");
    let founder = home(&app, &p, Some(&p.resident)).await.expect(200).body;
    assert_eq!((&founder["partnership"]["state"], &founder["next_meetings"]), (&json!("proposed"), &json!([])));
}

async fn however_much_there_is_the_page_takes_as_many_statements(app: App) {
    let (app, reads, _) = counted(app).await;
    let (p, _, _) = app.with_goal().await;
    let cost = async |by: &Person| {
        reads.store(0, Ordering::SeqCst);
        app.get(p.path("/home")).by(by).unchecked().send().await.expect(200);
        reads.load(Ordering::SeqCst)
    };
    meeting(&app, &p, 9, "public").await;
    app.called(&p, json!({})).await;
    let few = [cost(&p.neighbor).await, cost(&p.resident).await];
    for day in 10..22 {
        meeting(&app, &p, day, "members").await;
        app.called(&p, json!({"question": format!("Do we ask the city for {day} lamps?")})).await;
    }
    for _ in 0..4 {
        let who = app.citizen().await;
        app.join(&p, &who, &p.resident).await;
    }
    let many = [cost(&p.neighbor).await, cost(&p.resident).await];
    assert_eq!(few, many, "for a member, and for a leader");
    assert!(many.iter().all(|n| *n <= 26), "{many:?} statements");
    let page = home(&app, &p, Some(&p.resident)).await.expect(200).body;
    assert_eq!(page["next_meetings"].as_array().unwrap().len(), 3);
    assert_eq!(page["decisions"].as_array().unwrap().len(), 12, "ten that wait for a stance, two for an outcome");
}

both_engines![
    everybody_finds_on_the_page_what_they_may_see,
    a_goal_that_is_being_decided_on_is_on_the_page_of_those_inside,
    the_page_of_a_partnership_that_nobody_may_see_is_not_there,
    however_much_there_is_the_page_takes_as_many_statements,
];
