//! What tasks tell of things that not all who see the task see.

use serde_json::{Value, json};

use super::tasks::{step, task};
use crate::support::{App, Person};

async fn what_a_task_serves_is_told_to_whoever_sees_it(app: App) {
    let p = app.with_mission().await;
    let (goal, objective) = app.goal(&p, &p.resident, "Light the alleys").await;
    let need = json!({"kind": "material", "title": "Lamps", "quantity": 3, "unit": "lamps", "due_on": "2027-06-30",
        "goal_id": goal, "why": "None were there."});
    let need = app.post(p.path("/needs")).by(&p.resident).json(need).send().await.expect(201).id();
    let mut served = Vec::new();
    for (kind, id) in [("goal", goal.clone()), ("objective", objective), ("need", need)] {
        let open = task(&app, &p, &p.resident, json!({"purpose": {"kind": kind, "id": id}})).await;
        served.push((kind, id, open));
    }
    let purpose = |kind: &str, id: &str, sees: bool| {
        let told = if sees { json!(id) } else { Value::Null };
        json!({"kind": kind, "id": told})
    };
    let check = async |who: &Person, sees: bool| {
        for (kind, id, open) in &served {
            let expected = purpose(kind, id, sees);
            let read = app.get(format!("/tasks/{open}")).by(who).send().await.expect(200);
            assert_eq!(read.body["purpose"], expected);
            let listed = app.get(p.path(&format!("/tasks?purpose={kind}"))).by(who).send().await.expect(200);
            assert_eq!(listed.items()[0]["purpose"], expected);
            let found = app.get(p.path(&format!("/tasks?purpose_id={id}&include=total"))).by(who).send().await;
            let found = found.expect(200);
            assert_eq!((found.items().len(), &found.body["total"]), (usize::from(sees), &json!(i32::from(sees))));
        }
    };
    for leader_or_official in [&p.resident, &p.officer, &p.commander] {
        check(leader_or_official, true).await;
    }
    check(&p.neighbor, false).await;
    // Nor in lists of one's own tasks.
    let (kind, id, open) = &served[0];
    let taken = step(&app, &p.neighbor, open, "volunteer", None).await.expect(200);
    assert_eq!(taken.body["purpose"], purpose(kind, id, false));
    let own = app.get("/account/tasks").by(&p.neighbor).send().await.expect(200);
    assert_eq!(own.items()[0]["purpose"], purpose(kind, id, false));
    let own = app.get("/account/tasks?relation=created").by(&p.resident).send().await.expect(200);
    assert_eq!(own.items()[2]["purpose"], purpose(kind, id, true));
    // Once all members are to decide on the goal, they see it.
    let propose = app.post(format!("/goals/{goal}/propose")).by(&p.resident).if_match(1).json(json!({}));
    propose.send().await.expect(200);
    check(&p.neighbor, true).await;
}

both_engines![what_a_task_serves_is_told_to_whoever_sees_it];
