//! Tasks: who is asked, who does them, and what is kept of it.

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::platform::clock::{days, hours};
use threekeys::schema::{task_assignments, task_offers, tasks};

use crate::support::forming::Formed;
use crate::support::{Answer, App, Person};

/// What is sent of a task where nothing is said.
pub fn task_body(other: Value) -> Value {
    let mut body = json!({
        "title": "Walk the alleys with a notebook", "description": "Note every lamp that is out, with its number.",
        "effort_hours": 2
    });
    crate::support::world::merge(&mut body, other);
    body
}

pub async fn task(app: &App, p: &Formed, by: &Person, other: Value) -> String {
    app.post(p.path("/tasks")).by(by).json(task_body(other)).send().await.expect(201).id()
}

pub async fn step(app: &App, by: &Person, task: &str, how: &str, body: Option<Value>) -> Answer {
    let read = app.get(format!("/tasks/{task}")).by(by).send().await;
    let version = read.body["version"].as_i64().unwrap_or(1);
    let call = app.post(format!("/tasks/{task}/{how}")).by(by).if_match(version);
    match body {
        Some(body) => call.json(body).send().await,
        None => call.send().await,
    }
}

pub async fn says(app: &App, who: &Person, profile: Value) {
    let version = app.get("/account/profile").by(who).send().await.expect(200).version();
    app.patch("/account/profile").by(who).if_match(version).json(profile).send().await.expect(200);
}

pub fn offer(who: &Person) -> Option<Value> {
    Some(json!({"account_id": who.id, "reason": "Has the time."}))
}

async fn declining_and_returning_leave_nothing_behind(app: App) {
    let p = app.led().await;
    let id = task(&app, &p, &p.resident, json!({})).await;
    step(&app, &p.resident, &id, "offer", offer(&p.neighbor)).await.expect(200);
    let declined = step(&app, &p.neighbor, &id, "decline", None).await.expect(200);
    assert_eq!((&declined.body["state"], &declined.body["offer"]), (&json!("open"), &Value::Null));
    step(&app, &p.neighbor, &id, "volunteer", None).await.expect(200);
    let back = step(&app, &p.neighbor, &id, "return", None).await.expect(200);
    assert_eq!((&back.body["state"], &back.body["assignee"]), (&json!("open"), &Value::Null));
    step(&app, &p.neighbor, &id, "volunteer", None).await.expect(200);
    step(&app, &p.neighbor, &id, "start", None).await.expect(200);
    step(&app, &p.neighbor, &id, "return", None).await.expect(200);
    let (held, states): (i64, Vec<String>) = app
        .db(|conn| {
            Ok((
                task_assignments::table.count().get_result(conn)?,
                task_offers::table.select(task_offers::state).load(conn)?,
            ))
        })
        .await;
    assert_eq!((held, states), (0, vec!["ended".to_owned()]), "nobody can tell how it ended");
    let told = app.get(p.path("/timeline")).by(&p.resident).send().await.expect(200);
    let words = told.body.to_string();
    assert!(
        words.contains("A task is open again") && !words.contains("decline") && !words.contains("return"),
        "{words}"
    );
}

async fn a_mentor_is_another_person_than_whoever_does_the_task(app: App) {
    let p = app.led().await;
    says(&app, &p.neighbor, json!({"interests": [{"topic": "Lamps", "strength": 3}]})).await;
    let id = task(&app, &p, &p.resident, json!({"topics": ["Lamps"], "mentor_id": p.neighbor.id})).await;
    let found = app.get(format!("/tasks/{id}/candidates?include=total")).by(&p.resident).send().await.expect(200);
    assert_eq!((found.items().len(), &found.body["total"]), (0, &json!(0)));
    step(&app, &p.resident, &id, "offer", offer(&p.neighbor)).await.problem(409, "conflict");
    step(&app, &p.neighbor, &id, "volunteer", None).await.problem(409, "conflict");
    let version = app.get(format!("/tasks/{id}")).by(&p.resident).send().await.expect(200).version();
    let alone = app.patch(format!("/tasks/{id}")).by(&p.resident).if_match(version).json(json!({"mentor_id": null}));
    alone.send().await.expect(200);
    let found = app.get(format!("/tasks/{id}/candidates")).by(&p.resident).send().await.expect(200);
    assert_eq!(found.items().len(), 1);
}

async fn an_offer_runs_out_after_five_days(app: App) {
    let p = app.led().await;
    let id = task(&app, &p, &p.resident, json!({})).await;
    let offered = step(&app, &p.resident, &id, "offer", offer(&p.neighbor)).await.expect(200);
    let expires = offered.body["offer"]["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(app.now().plus(days(5)), expires);
    app.pass(days(5) - std::time::Duration::from_micros(1));
    assert_eq!(app.run_job("reopen_tasks").await, 0);
    app.pass(std::time::Duration::from_micros(1));
    step(&app, &p.neighbor, &id, "accept", None).await.problem(409, "conflict");
    assert_eq!(app.run_job("reopen_tasks").await, 1);
    assert_eq!(app.run_job("reopen_tasks").await, 0);
    let read = app.get(format!("/tasks/{id}")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(read.body["state"], "open");
}

async fn nobody_is_asked_twice_within_seven_days_unless_they_want_to_be(app: App) {
    let p = app.led().await;
    let (a, b) = (task(&app, &p, &p.resident, json!({})).await, task(&app, &p, &p.resident, json!({})).await);
    step(&app, &p.resident, &a, "offer", offer(&p.neighbor)).await.expect(200);
    step(&app, &p.neighbor, &a, "decline", None).await.expect(200);
    step(&app, &p.officer, &b, "offer", offer(&p.neighbor)).await.problem(409, "conflict");
    step(&app, &p.officer, &a, "offer", offer(&p.neighbor)).await.problem(409, "conflict");
    says(&app, &p.neighbor, json!({"wants_more_offers": true})).await;
    step(&app, &p.officer, &b, "offer", offer(&p.neighbor)).await.expect(200);
    step(&app, &p.officer, &b, "withdraw-offer", None).await.expect(200);
    says(&app, &p.neighbor, json!({"wants_more_offers": false})).await;
    step(&app, &p.officer, &b, "offer", offer(&p.neighbor)).await.problem(409, "conflict");
    app.pass(days(7));
    step(&app, &p.officer, &b, "offer", offer(&p.neighbor)).await.expect(200);
}

async fn only_the_person_asked_accepts_and_nobody_confirms_their_own_hours(app: App) {
    let p = app.led().await;
    let id = task(&app, &p, &p.resident, json!({"leads_others": true})).await;
    step(&app, &p.resident, &id, "offer", offer(&p.neighbor)).await.expect(200);
    step(&app, &p.resident, &id, "accept", None).await.problem(403, "forbidden");
    step(&app, &p.officer, &id, "volunteer", None).await.problem(409, "conflict");
    let accepted = step(&app, &p.neighbor, &id, "accept", None).await.expect(200);
    assert_eq!(accepted.body["assignment"]["basis"], "availability_only");
    step(&app, &p.neighbor, &id, "complete", Some(json!({"hours": 1}))).await.problem(409, "conflict");
    step(&app, &p.neighbor, &id, "start", None).await.expect(200);
    for wrong in [json!(0.3), json!(-1), json!(1000.25)] {
        step(&app, &p.neighbor, &id, "complete", Some(json!({"hours": wrong}))).await.problem(422, "validation_failed");
    }
    step(&app, &p.neighbor, &id, "complete", Some(json!({"hours": 2.5}))).await.expect(200);
    step(&app, &p.neighbor, &id, "verify", Some(json!({}))).await.problem(403, "forbidden");
    let seen = step(&app, &p.officer, &id, "verify", Some(json!({"hours": 2}))).await.expect(200);
    let of = &seen.body["assignment"];
    assert_eq!((&of["hours_claimed"], &of["hours_confirmed"]), (&json!(2.5), &json!(2.0)));
    assert_eq!(
        of["worth"],
        json!({"amount_cents": 6958, "currency": "USD", "source": "Independent Sector", "year": 2024})
    );
    step(&app, &p.resident, &id, "cancel", Some(json!({"reason": "Too late."}))).await.problem(409, "conflict");
    // One's own task, written by oneself: another leader confirms it.
    let own = task(&app, &p, &p.resident, json!({})).await;
    step(&app, &p.resident, &own, "volunteer", None).await.expect(200);
    step(&app, &p.resident, &own, "start", None).await.expect(200);
    step(&app, &p.resident, &own, "complete", Some(json!({"hours": 1}))).await.expect(200);
    step(&app, &p.resident, &own, "verify", Some(json!({}))).await.problem(403, "forbidden");
    step(&app, &p.officer, &own, "verify", Some(json!({}))).await.expect(200);
}

async fn the_server_finds_the_strongest_basis(app: App) {
    let p = app.led().await;
    let asks = json!({
        "required_skills": [{"skill": "Spanish", "min_level": 3, "essential": true}], "topics": ["Street lighting"],
        "police_role": "support"
    });
    for (profile, expected) in [
        (json!({}), "volunteered"),
        (
            json!({"skills": [{"skill": "spanish", "level": 4}], "interests": [{"topic": "STREET LIGHTING", "strength": 1}]}),
            "both",
        ),
        (json!({"interests": []}), "skill"),
        (json!({"skills": [{"skill": "Spanish", "level": 2}]}), "volunteered"),
        (json!({"interests": [{"topic": "Street lighting", "strength": 3}]}), "interest"),
    ] {
        says(&app, &p.neighbor, profile).await;
        let id = task(&app, &p, &p.resident, asks.clone()).await;
        let taken = step(&app, &p.neighbor, &id, "volunteer", None).await.expect(200);
        assert_eq!(taken.body["assignment"]["basis"], expected);
    }
    // With a mentor, whoever wants to learn it.
    says(&app, &p.resident, json!({"skills": [{"skill": "Spanish", "level": 3}]})).await;
    says(&app, &p.neighbor, json!({"growth": ["Spanish"], "skills": [], "interests": []})).await;
    let mut mentored = asks.clone();
    mentored["mentor_id"] = json!(p.resident.id);
    let id = task(&app, &p, &p.resident, mentored).await;
    let taken = step(&app, &p.neighbor, &id, "volunteer", None).await.expect(200);
    assert_eq!(taken.body["assignment"]["basis"], "growth");
    // By office; and where nothing speaks for somebody, only with a reason.
    let id = task(&app, &p, &p.resident, json!({"police_role": "support"})).await;
    let asked = step(&app, &p.resident, &id, "offer", Some(json!({"account_id": p.officer.id}))).await.expect(200);
    assert_eq!(asked.body["offer"]["basis"], "duty");
    let id = task(&app, &p, &p.resident, json!({})).await;
    let bare = step(&app, &p.resident, &id, "offer", Some(json!({"account_id": p.neighbor.id}))).await;
    assert_eq!(bare.problem(422, "validation_failed").body["errors"][0]["pointer"], "/reason");
    // The basis is between the person and the leaders.
    let read = app.get(format!("/tasks/{id}")).by(&p.commander).send().await.expect(200);
    assert_eq!((&read.body["offer"], &read.body["assignment"]), (&Value::Null, &Value::Null));
}

async fn timed_tasks_of_one_person_do_not_overlap(app: App) {
    let p = app.led().await;
    let admin = app.administrator().await;
    let at = |from: u64, to: u64| json!({"starts_at": app.now().plus(hours(from)).to_string(), "ends_at": app.now().plus(hours(to)).to_string()});
    let first = task(&app, &p, &p.resident, at(24, 26)).await;
    step(&app, &p.neighbor, &first, "volunteer", None).await.expect(200);
    let within = task(&app, &p, &p.resident, at(25, 27)).await;
    let refused = step(&app, &p.neighbor, &within, "volunteer", None).await.problem(409, "overlap");
    assert_eq!(refused.body["conflicts"], json!([format!("/api/v1/tasks/{first}")]));
    let next = task(&app, &p, &p.resident, at(26, 28)).await;
    step(&app, &p.neighbor, &next, "volunteer", None).await.expect(200);
    step(&app, &p.officer, &within, "volunteer", None).await.expect(200);
    let late = task(&app, &p, &p.resident, at(23, 25)).await;
    step(&app, &p.resident, &late, "allow-overlap", Some(json!({"reason": "Both are at the hall."})))
        .await
        .problem(403, "forbidden");
    let allowed = step(&app, &admin, &late, "allow-overlap", Some(json!({"reason": "Both are at the hall."}))).await;
    assert_eq!(allowed.expect(200).body["overlap_reason"], "Both are at the hall.");
    let moved = json!({"starts_at": at(23, 25)["starts_at"], "ends_at": at(23, 25)["ends_at"]});
    let moved = app.patch(format!("/tasks/{late}")).by(&p.resident).if_match(2).json(moved).send().await.expect(200);
    assert_eq!(moved.body["overlap_reason"], Value::Null, "it was allowed for another time");
    step(&app, &p.neighbor, &late, "volunteer", None).await.problem(409, "overlap");
    step(&app, &admin, &late, "allow-overlap", Some(json!({"reason": "Both are at the hall."}))).await.expect(200);
    step(&app, &p.neighbor, &late, "volunteer", None).await.expect(200);
    // Whoever gives a task back is free again.
    step(&app, &p.neighbor, &first, "return", None).await.expect(200);
    let again = task(&app, &p, &p.resident, at(24, 26)).await;
    step(&app, &p.neighbor, &again, "volunteer", None).await.expect(200);
    // The database itself refuses, whoever asks.
    let taken: threekeys::ids::TaskId = next.parse().unwrap();
    let refused = app
        .state
        .db
        .write(
            move |conn| {
                let start = task_assignments::table.find(taken).select(task_assignments::starts_at);
                let start: Option<threekeys::platform::clock::Instant> = start.first(conn)?;
                diesel::update(task_assignments::table.find(taken))
                    .set(task_assignments::starts_at.eq(start.map(|at| at.minus(hours(1)))))
                    .execute(conn)
                    .map_err(Into::into)
            },
            |_, _| Ok(()),
        )
        .await;
    assert!(refused.unwrap_err().to_string().contains("overlap"));
}

async fn whoever_leaves_leaves_tasks_for_others(app: App) {
    let p = app.led().await;
    let own = json!({"mentor_id": p.neighbor.id});
    let (held, asked, done) = (
        task(&app, &p, &p.resident, json!({})).await,
        task(&app, &p, &p.resident, json!({})).await,
        task(&app, &p, &p.resident, json!({})).await,
    );
    let mentored = task(&app, &p, &p.resident, own).await;
    step(&app, &p.neighbor, &held, "volunteer", None).await.expect(200);
    step(&app, &p.resident, &asked, "offer", offer(&p.neighbor)).await.expect(200);
    for (how, body) in [("volunteer", None), ("start", None), ("complete", Some(json!({"hours": 1})))] {
        step(&app, &p.neighbor, &done, how, body).await.expect(200);
    }
    let membership = app.membership(&p, &p.neighbor).await;
    let leave = app.post(format!("/memberships/{membership}/leave")).by(&p.neighbor).if_match(2);
    leave.leaving(3).send().await.expect(200);
    for (id, state, assigned) in [(&held, "open", false), (&asked, "open", false), (&done, "done", true)] {
        let read = app.get(format!("/tasks/{id}")).by(&p.resident).send().await.expect(200);
        assert_eq!((&read.body["state"], read.body["assignee"].is_null()), (&json!(state), !assigned));
        assert_eq!(read.body["offer"], Value::Null);
    }
    let read = app.get(format!("/tasks/{mentored}")).by(&p.resident).send().await.expect(200);
    assert_eq!((&read.body["mentor"], read.version()), (&Value::Null, 2));
    // What is done is seen to be done, and the hours are theirs.
    step(&app, &p.officer, &done, "verify", Some(json!({}))).await.expect(200);
}

async fn a_leader_gives_a_task_back_for_whoever_can_not(app: App) {
    let p = app.led().await;
    let other = app.citizen().await;
    app.join(&p, &other, &p.resident).await;
    let id = task(&app, &p, &p.resident, json!({})).await;
    step(&app, &p.officer, &id, "return", None).await.problem(409, "conflict");
    step(&app, &p.neighbor, &id, "volunteer", None).await.expect(200);
    step(&app, &other, &id, "return", None).await.problem(403, "forbidden");
    let back = step(&app, &p.officer, &id, "return", None).await.expect(200);
    assert_eq!((&back.body["state"], &back.body["assignee"]), (&json!("open"), &Value::Null));
}

async fn drafts_are_for_their_author_and_leaders(app: App) {
    let p = app.led().await;
    let draft = task(&app, &p, &p.neighbor, json!({"draft": true})).await;
    let other = app.citizen().await;
    app.join(&p, &other, &p.resident).await;
    let path = format!("/tasks/{draft}");
    for (who, status) in [(&p.neighbor, 200), (&p.resident, 200), (&p.officer, 200), (&other, 404), (&p.commander, 404)]
    {
        app.get(&path).by(who).send().await.expect(status);
        let listed = app.get(p.path("/tasks?include=total")).by(who).send().await.expect(200);
        assert_eq!(listed.body["total"], json!(i32::from(status == 200)));
    }
    step(&app, &p.neighbor, &draft, "volunteer", None).await.problem(409, "conflict");
    // One that is given up was never put before the group.
    let given_up = task(&app, &p, &p.neighbor, json!({"draft": true})).await;
    app.patch(format!("/tasks/{given_up}"))
        .by(&p.neighbor)
        .if_match(1)
        .json(json!({"title": "Watch"}))
        .send()
        .await
        .expect(200);
    step(&app, &p.neighbor, &given_up, "cancel", Some(json!({"reason": "Not now."}))).await.expect(200);
    let drafts = [
        ("task.drafted", &draft),
        ("task.drafted", &given_up),
        ("task.draft_updated", &given_up),
        ("task.draft_cancelled", &given_up),
    ];
    for (who, sees) in [(&p.resident, true), (&p.officer, true), (&other, false), (&p.commander, false)] {
        app.get(format!("/tasks/{given_up}")).by(who).send().await.expect(if sees { 200 } else { 404 });
        let listed = app.get(p.path("/tasks?state=cancelled&include=total")).by(who).send().await.expect(200);
        assert_eq!(listed.body["total"], json!(i32::from(sees)));
        let timeline = app.get(p.path("/timeline?limit=200&include=total")).by(who).send().await.expect(200);
        assert_eq!(timeline.body["total"], json!(timeline.items().len()));
        let told = timeline.items().iter().filter(|entry| entry["object_type"] == "task").rev();
        let told: Vec<_> = told.map(|entry| (entry["action"].clone(), entry["object_id"].clone())).collect();
        assert_eq!(told, drafts.map(|(action, id)| (json!(action), json!(id)))[..if sees { 4 } else { 0 }]);
    }
    step(&app, &p.neighbor, &draft, "open", None).await.expect(200);
    step(&app, &p.neighbor, &draft, "open", None).await.problem(409, "conflict");
    app.get(&path).by(&other).send().await.expect(200);
    // That it was a draft before, nobody is told who did not see it.
    for who in [&other, &p.commander] {
        let timeline = app.get(p.path("/timeline?limit=200")).by(who).send().await.expect(200);
        let told = timeline.items().iter().filter(|entry| entry["object_id"] == json!(draft));
        let told: Vec<_> = told.map(|entry| entry["action"].clone()).collect();
        assert_eq!(told, ["task.created"]);
    }
}

async fn what_a_draft_asks_for_joins_the_groups_list_when_it_is_opened(app: App) {
    let p = app.led().await;
    let asks = json!({"draft": true, "required_skills": [{"skill": "Reading maps", "min_level": 2}]});
    let draft = task(&app, &p, &p.neighbor, asks).await;
    let listed = async || app.get(p.path("/skills")).by(&p.officer).send().await.expect(200).items().len();
    assert_eq!(listed().await, 0);
    step(&app, &p.neighbor, &draft, "open", None).await.expect(200);
    assert_eq!(listed().await, 1);
}

async fn a_purpose_is_of_the_partnership(app: App) {
    let (p, other) = (app.with_mission().await, app.with_mission().await);
    let (goal, objective) = app.goal(&p, &p.resident, "Light the alleys").await;
    let (theirs, _) = app.goal(&other, &other.resident, "Clean the lots").await;
    for (kind, id) in [("goal", &goal), ("objective", &objective)] {
        let made = task(&app, &p, &p.resident, json!({"purpose": {"kind": kind, "id": id}})).await;
        let found = app.get(p.path(&format!("/tasks?purpose={kind}&purpose_id={id}"))).by(&p.resident).send().await;
        assert_eq!(found.expect(200).items()[0]["id"], json!(made));
    }
    for (kind, id) in [("goal", &theirs), ("goal", &objective), ("objective", &goal)] {
        let body = task_body(json!({"purpose": {"kind": kind, "id": id}}));
        let refused = app.post(p.path("/tasks")).by(&p.resident).json(body).send().await;
        assert_eq!(refused.problem(422, "validation_failed").body["errors"][0]["pointer"], "/purpose/id");
    }
    // A goal in the making is its author's and the leaders'; so is what it needs, until it is asked for.
    let need = json!({"kind": "material", "title": "Lamps", "quantity": 3, "unit": "lamps", "due_on": "2027-06-30",
        "goal_id": goal, "why": "None were there."});
    let need = app.post(p.path("/needs")).by(&p.resident).json(need).send().await.expect(201).id();
    for (kind, id) in [("goal", &goal), ("objective", &objective), ("need", &need)] {
        let body = task_body(json!({"purpose": {"kind": kind, "id": id}}));
        app.post(p.path("/tasks")).by(&p.neighbor).json(body).send().await.refuses(&["/purpose/id"]);
    }
    let propose = app.post(format!("/goals/{goal}/propose")).by(&p.resident).if_match(1).json(json!({}));
    propose.send().await.expect(200);
    let for_need = task(&app, &p, &p.neighbor, json!({"purpose": {"kind": "need", "id": need}})).await;
    let found = app.get(p.path(&format!("/tasks?purpose=need&purpose_id={need}"))).by(&p.neighbor).send().await;
    assert_eq!(found.expect(200).items()[0]["id"], json!(for_need));
    let mentor = task_body(json!({"mentor_id": other.neighbor.id}));
    app.post(p.path("/tasks")).by(&p.resident).json(mentor).send().await.problem(422, "validation_failed");
}

async fn filters_find_and_lists_of_ones_own_are_apart(app: App) {
    let p = app.led().await;
    let spanish = task(
        &app,
        &p,
        &p.resident,
        json!({
            "required_skills": [{"skill": "Spanish", "min_level": 1}], "topics": ["Lamps"], "due_on": "2027-03-10"
        }),
    )
    .await;
    let lead = task(&app, &p, &p.neighbor, json!({"leads_others": true, "police_role": "support"})).await;
    step(&app, &p.neighbor, &lead, "volunteer", None).await.expect(200);
    let gone = task(&app, &p, &p.resident, json!({})).await;
    step(&app, &p.resident, &gone, "cancel", Some(json!({"reason": "Done by the city."}))).await.expect(200);
    let ids = async |path: String, who: &Person| -> Vec<String> {
        let found = app.get(&path).by(who).send().await.expect(200);
        found.items().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    for (query, expected) in [
        ("", vec![&gone, &lead, &spanish]),
        ("archived=true", vec![&gone]),
        ("archived=false", vec![&lead, &spanish]),
        ("state=open", vec![&spanish]),
        ("skill=SPANISH", vec![&spanish]),
        ("topic=lamps", vec![&spanish]),
        ("topic=lamp", vec![]),
        ("due_by=2027-03-10", vec![&spanish]),
        ("due_by=2027-03-09", vec![]),
        ("leads_others=true", vec![&lead]),
        ("police_role=support", vec![&lead]),
        (&format!("assignee_id={}", p.neighbor.id), vec![&lead]),
    ] {
        assert_eq!(
            ids(p.path(&format!("/tasks?{query}")), &p.neighbor).await.iter().collect::<Vec<_>>(),
            expected,
            "{query}"
        );
    }
    for (query, expected) in [
        ("", vec![&lead]),
        ("relation=led", vec![&lead]),
        ("relation=created", vec![&lead]),
        ("relation=offered", vec![]),
        ("relation=assigned&archived=true", vec![]),
    ] {
        assert_eq!(
            ids(format!("/account/tasks?{query}"), &p.neighbor).await.iter().collect::<Vec<_>>(),
            expected,
            "{query}"
        );
    }
    assert_eq!(ids("/account/tasks?relation=created&archived=true".into(), &p.resident).await, [gone]);
    let skills = app.get(p.path("/skills")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(skills.items()[0]["skill"], "Spanish", "the task extended the group's list");
    app.post(p.path("/skills")).by(&p.neighbor).json(json!({"skill": "SPANISH"})).send().await.problem(409, "conflict");
}

async fn equity_counts_members_of_both_sides(app: App) {
    let p = app.led().await;
    for _ in 0..4 {
        let other = app.citizen().await;
        app.join(&p, &other, &p.resident).await;
    }
    let id = task(&app, &p, &p.resident, json!({"effort_hours": 8})).await;
    step(&app, &p.neighbor, &id, "volunteer", None).await.expect(200);
    let equity = app.get(p.path("/task-equity")).by(&p.neighbor).send().await.expect(200);
    let total = &equity.body["total"];
    assert_eq!((&total["members"], &total["hours"], &total["top3_share"]), (&json!(7), &json!(8.0), &json!(1.0)));
    assert_eq!(total["flags"], json!(["low_coverage", "top_heavy", "unequal"]));
    let sides: Vec<&Value> = equity.body["sides"].as_array().unwrap().iter().map(|of| &of["side"]).collect();
    assert_eq!(sides, ["civilian", "police"]);
    assert_eq!(equity.body["availability_only_share"], 0.0);
    app.pass(days(180));
    let later = app.get(p.path("/task-equity")).by(&p.neighbor).send().await.expect(200);
    assert_eq!((&later.body["total"]["hours"], &later.body["availability_only_share"]), (&json!(0.0), &Value::Null));
}

async fn commendations_are_read_by_those_they_are_for(app: App) {
    let p = app.led().await;
    let other = app.citizen().await;
    app.join(&p, &other, &p.resident).await;
    let praise = |public: bool| json!({"account_id": p.neighbor.id, "reason": "hours", "text": "Every walk.", "is_public": public});
    let send = |by, body: Value| app.post(p.path("/commendations")).by(by).json(body).send();
    let open = send(&other, praise(true)).await.expect(201).id();
    let quiet = send(&p.officer, praise(false)).await.expect(201).id();
    send(&p.neighbor, praise(true)).await.problem(422, "validation_failed");
    let id = task(&app, &p, &p.resident, json!({})).await;
    let for_task = json!({"account_id": p.neighbor.id, "reason": "task", "task_id": id, "text": "Well done."});
    send(&p.resident, for_task).await.problem(422, "validation_failed");
    for (who, sees_quiet) in
        [(&p.neighbor, true), (&p.resident, true), (&p.officer, true), (&other, false), (&p.commander, false)]
    {
        let path = format!("/commendations/{quiet}");
        app.get(&path).by(who).send().await.expect(if sees_quiet { 200 } else { 404 });
        app.get(format!("/commendations/{open}")).by(who).send().await.expect(200);
        let listed = app.get(p.path("/commendations?include=total")).by(who).send().await.expect(200);
        assert_eq!(listed.body["total"], json!(1 + i32::from(sees_quiet)));
    }
    app.post(format!("/commendations/{open}/withdraw"))
        .by(&p.resident)
        .if_match(1)
        .send()
        .await
        .problem(403, "forbidden");
    app.post(format!("/commendations/{open}/withdraw")).by(&other).if_match(1).send().await.expect(200);
    let own = app.get("/account/commendations").by(&p.neighbor).send().await.expect(200);
    assert_eq!(own.items().len(), 1);
}

async fn one_of_two_takes_a_task(app: App) {
    let p = app.led().await;
    let other = app.citizen().await;
    app.join(&p, &other, &p.resident).await;
    for round in 0..100 {
        let id = task(&app, &p, &p.resident, json!({})).await;
        let take = |who| app.post(format!("/tasks/{id}/volunteer")).by(who).if_match(1).unchecked().send();
        let (one, two) = futures_util::future::join(take(&p.neighbor), take(&other)).await;
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "round {round}: {:#} {:#}", one.body, two.body);
    }
    let held: i64 = app.db(|conn| task_assignments::table.count().get_result(conn)).await;
    assert_eq!(held, 100);
}

async fn an_offer_is_accepted_once(app: App) {
    let p = app.led().await;
    says(&app, &p.neighbor, json!({"wants_more_offers": true})).await;
    for round in 0..100 {
        let id = task(&app, &p, &p.resident, json!({})).await;
        step(&app, &p.resident, &id, "offer", offer(&p.neighbor)).await.expect(200);
        let take = || app.post(format!("/tasks/{id}/accept")).by(&p.neighbor).if_match(2).unchecked().send();
        let (one, two) = futures_util::future::join(take(), take()).await;
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "round {round}: {:#} {:#}", one.body, two.body);
    }
}

async fn two_tasks_at_one_time_in_two_partnerships(app: App) {
    // No partnership that both hold.
    let (p, q) = (app.led().await, app.led().await);
    let both = app.citizen().await;
    app.join(&p, &both, &p.resident).await;
    app.join(&q, &both, &q.resident).await;
    for round in 0..100_u64 {
        let at = |from: u64| {
            let start = app.now().plus(days(1 + round)).plus(hours(from));
            json!({"starts_at": start.to_string(), "ends_at": start.plus(hours(2)).to_string()})
        };
        let (a, b) = (task(&app, &p, &p.resident, at(0)).await, task(&app, &q, &q.resident, at(1)).await);
        let take = |id: &str| app.post(format!("/tasks/{id}/volunteer")).by(&both).if_match(1).unchecked().send();
        let (one, two) = futures_util::future::join(take(&a), take(&b)).await;
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}: {:#} {:#}", one.body, two.body);
        let loser = if one.status == 409 { &one } else { &two };
        assert_eq!(loser.body["code"], "overlap", "round {round}");
        let lost = if one.status == 409 { &a } else { &b };
        let read = app.get(format!("/tasks/{lost}")).by(&both).send().await.expect(200);
        assert_eq!(read.body["state"], "open", "the loser's task is as it was");
    }
    let count: i64 = app.db(|conn| tasks::table.filter(tasks::state.eq("accepted")).count().get_result(conn)).await;
    assert_eq!(count, 100);
}

both_engines![
    declining_and_returning_leave_nothing_behind,
    a_mentor_is_another_person_than_whoever_does_the_task,
    an_offer_runs_out_after_five_days,
    nobody_is_asked_twice_within_seven_days_unless_they_want_to_be,
    only_the_person_asked_accepts_and_nobody_confirms_their_own_hours,
    the_server_finds_the_strongest_basis,
    timed_tasks_of_one_person_do_not_overlap,
    whoever_leaves_leaves_tasks_for_others,
    a_leader_gives_a_task_back_for_whoever_can_not,
    drafts_are_for_their_author_and_leaders,
    what_a_draft_asks_for_joins_the_groups_list_when_it_is_opened,
    a_purpose_is_of_the_partnership,
    filters_find_and_lists_of_ones_own_are_apart,
    equity_counts_members_of_both_sides,
    commendations_are_read_by_those_they_are_for,
    one_of_two_takes_a_task,
    an_offer_is_accepted_once,
    two_tasks_at_one_time_in_two_partnerships
];
