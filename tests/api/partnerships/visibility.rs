use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::platform::clock::Instant;
use threekeys::schema::tasks;

use super::tasks::task;
use crate::support::deciding::decision_body;
use crate::support::{Answer, App, Person};

/// What is left of an answer when what names the request is taken out.
fn essence(answer: &Answer, id: &str) -> (u16, Value, Vec<String>) {
    let mut body = answer.body.clone();
    body["request_id"] = json!("-");
    let text = body.to_string().replace(id, "ID");
    let mut headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
    headers.sort();
    (answer.status, serde_json::from_str(&text).unwrap(), headers)
}

async fn what_is_invisible_can_not_be_told_from_what_is_absent(app: App) {
    let p = app.proposed().await;
    let stranger = app.citizen().await;
    let nothing = uuid::Uuid::now_v7().to_string();
    for rest in ["", "/formation", "/memberships", "/seats", "/missions", "/goals", "/timeline", "/invitations"] {
        let hidden = app.get(p.path(rest)).by(&stranger).send().await.problem(404, "not_found");
        let absent =
            app.get(format!("/partnerships/{nothing}{rest}")).by(&stranger).send().await.problem(404, "not_found");
        assert_eq!(essence(&hidden, &p.id), essence(&absent, &nothing), "{rest}");
        if rest != "/invitations"
            && rest != "/formation"
            && rest != "/memberships"
            && rest != "/seats"
            && rest != "/missions"
        {
            let hidden = app.get(p.path(rest)).send().await.problem(404, "not_found");
            let absent = app.get(format!("/partnerships/{nothing}{rest}")).send().await.problem(404, "not_found");
            assert_eq!(essence(&hidden, &p.id), essence(&absent, &nothing), "{rest}");
        }
    }
}

async fn a_draft_that_a_decision_names_can_not_be_told_from_one_that_is_absent(app: App) {
    let p = app.led().await;
    let (draft, given_up) =
        (app.drafted(&p, json!({})).await, app.drafted(&p, json!({"class": "shared_vision"})).await);
    let withdraw = app.post(format!("/decisions/{given_up}/withdraw")).by(&p.resident).if_match(1);
    withdraw.json(json!({"reason": "Not now."})).send().await.expect(200);
    let own =
        app.post(p.path("/decisions")).by(&p.neighbor).json(decision_body(json!({}))).send().await.expect(201).id();
    let nothing = uuid::Uuid::now_v7().to_string();
    for field in ["previous_id", "replaces_id"] {
        let put_down = |named: &str| {
            let mut body = decision_body(json!({}));
            body[field] = json!(named);
            app.post(p.path("/decisions")).by(&p.neighbor).json(body)
        };
        let pointer = format!("/{field}");
        let absent = put_down(&nothing).send().await.refuses(&[&pointer]);
        for id in [&draft, &given_up] {
            app.get(format!("/decisions/{id}")).by(&p.neighbor).send().await.problem(404, "not_found");
            let hidden = put_down(id).send().await.refuses(&[&pointer]);
            assert_eq!(essence(&hidden, id), essence(&absent, &nothing), "{field}");
        }
        // Of what is seen it is said why it does not do.
        put_down(&own).send().await.problem(409, "conflict");
    }
}

async fn the_public_face_has_no_person_in_it(app: App) {
    let p = app.with_mission().await;
    let public = app.get(p.path("")).send().await.expect(200);
    assert_eq!(public.body["view"], "public");
    let mut names: Vec<&str> = public.body.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "area",
            "catalyst_type",
            "closing",
            "created_at",
            "host_agency_id",
            "id",
            "is_unconfirmed",
            "name",
            "public_contact",
            "state",
            "updated_at",
            "version",
            "view"
        ]
    );
    let text = public.body.to_string();
    for person in [&p.resident, &p.neighbor, &p.officer] {
        assert!(!text.contains(&person.name) && !text.contains(&person.id.to_string()));
    }
}

async fn former_members_and_other_partnerships_see_the_public_face(app: App) {
    let (p, other) = (app.led().await, app.led().await);
    let membership = app.membership(&p, &p.neighbor).await;
    app.post(format!("/memberships/{membership}/leave")).by(&p.neighbor).if_match(2).send().await.expect(200);
    for person in [&p.neighbor, &other.resident, &other.officer, &other.commander] {
        assert_eq!(app.get(p.path("")).by(person).send().await.expect(200).body["view"], "public");
        app.get(p.path("/memberships")).by(person).send().await.problem(404, "not_found");
    }
    let officer = app.officer_on_duty(p.agency, p.area).await;
    assert_eq!(app.get(p.path("")).by(&officer).send().await.expect(200).body["view"], "full");
}

async fn whoever_proposed_it_and_left_sees_the_public_face(app: App) {
    let p = app.forming().await;
    let membership = app.membership(&p, &p.resident).await;
    assert_eq!(app.get(p.path("")).by(&p.resident).send().await.expect(200).body["view"], "full");
    app.post(format!("/memberships/{membership}/leave")).by(&p.resident).if_match(1).send().await.expect(200);
    assert_eq!(app.get(p.path("")).by(&p.resident).send().await.expect(200).body["view"], "public");
    for rest in ["/formation", "/seats", "/memberships"] {
        app.get(p.path(rest)).by(&p.resident).send().await.problem(404, "not_found");
    }
    let home = app.get(p.path("/home")).by(&p.resident).send().await.expect(200);
    for hidden in ["leadership_gap", "formation", "leaders", "mission"] {
        assert_eq!(home.body["partnership"][hidden], Value::Null, "{hidden}");
    }
    let told = app.get(p.path("/timeline")).by(&p.resident).send().await.expect(200);
    let public = app.get(p.path("/timeline")).send().await.expect(200);
    assert_eq!(told.body, public.body);
    // Of what is not public yet, and of what was declined, they see as much as before: nobody else brought it forward.
    let p = app.proposed().await;
    let membership = app.membership(&p, &p.resident).await;
    app.post(format!("/memberships/{membership}/leave")).by(&p.resident).if_match(1).send().await.expect(200);
    assert_eq!(app.get(p.path("")).by(&p.resident).send().await.expect(200).body["view"], "full");
}

async fn timelines_show_each_reader_their_classes(app: App) {
    let p = app.with_mission().await;
    let actions = |answer: Answer| -> Vec<String> {
        answer.items().iter().map(|i| i["action"].as_str().unwrap().to_owned()).collect()
    };
    let public = actions(app.get(p.path("/timeline")).send().await.expect(200));
    assert_eq!(public, ["partnership.forming"]);
    let member = actions(app.get(p.path("/timeline")).by(&p.neighbor).send().await.expect(200));
    assert!(member.contains(&"mission.adopted".to_owned()) && !member.contains(&"membership.requested".to_owned()));
    let leader = actions(app.get(p.path("/timeline")).by(&p.resident).send().await.expect(200));
    assert!(leader.contains(&"membership.requested".to_owned()));
    let first = app.get(p.path("/timeline?limit=3")).by(&p.resident).send().await.expect(200);
    let cursor = first.str("next_cursor");
    let mut paged = actions(first);
    paged.extend(actions(
        app.get(p.path(&format!("/timeline?limit=200&cursor={cursor}"))).by(&p.resident).send().await.expect(200),
    ));
    assert_eq!(paged, leader);
}

async fn timelines_forget_tasks_that_are_private_now(app: App) {
    let p = app.led().await;
    let private = task(&app, &p, &p.resident, json!({"title": "Ask the landlord"})).await;
    let open = task(&app, &p, &p.resident, json!({})).await;
    let told = async |by: &Person| {
        let timeline = app.get(p.path("/timeline?limit=200")).by(by).send().await.expect(200);
        [&private, &open].map(|id| timeline.items().iter().any(|item| item["object_id"] == json!(id)))
    };
    assert_eq!(told(&p.neighbor).await, [true; 2]);
    app.db(|conn| {
        let private = tasks::table.filter(tasks::title.eq("Ask the landlord"));
        diesel::update(private).set(tasks::opened_at.eq(None::<Instant>)).execute(conn)
    })
    .await;
    assert_eq!(told(&p.neighbor).await, [false, true]);
    for leader in [&p.resident, &p.officer] {
        assert_eq!(told(leader).await, [true; 2]);
    }
}

both_engines![
    what_is_invisible_can_not_be_told_from_what_is_absent,
    a_draft_that_a_decision_names_can_not_be_told_from_one_that_is_absent,
    the_public_face_has_no_person_in_it,
    former_members_and_other_partnerships_see_the_public_face,
    whoever_proposed_it_and_left_sees_the_public_face,
    timelines_show_each_reader_their_classes,
    timelines_forget_tasks_that_are_private_now,
];
