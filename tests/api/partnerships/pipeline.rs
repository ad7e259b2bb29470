//! The leadership pipeline: who sees how far somebody has come, and each step of it: `domain/20` 6.9.

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::platform::clock::days;
use threekeys::schema::promotion_changes;

use crate::support::forming::Formed;
use crate::support::{App, Person};

/// A partnership in which the neighbor led as a deputy until now.
async fn after_a_deputy(app: &App) -> (Formed, String) {
    let p = app.led().await;
    let seat = app.seat(&p, &p.neighbor, &p.resident, "deputy").await;
    let end = json!({"end_reason": "resigned"});
    app.post(format!("/seats/{seat}/end")).by(&p.neighbor).if_match(2).json(end).send().await.expect(200);
    let membership = app.membership(&p, &p.neighbor).await;
    (p, membership)
}

async fn ready(app: &App, membership: &str, who: &Person, mentor: bool) -> Value {
    let said = json!({"willing_to_lead": true, "willing_to_mentor": mentor, "orientation_done_on": "2027-02-01"});
    app.put(format!("/memberships/{membership}/readiness")).by(who).json(said).send().await.expect(200).body
}

async fn suggest(app: &App, p: &Formed) -> i64 {
    let path = p.path("/promotions/suggest");
    app.post(path).by(&p.resident).send().await.expect(200).body["suggested"].as_i64().unwrap()
}

async fn only_promotion(app: &App, p: &Formed, state: &str) -> String {
    let list = app.get(p.path(&format!("/promotions?state={state}"))).by(&p.resident).send().await.expect(200);
    assert_eq!(list.items().len(), 1, "{:#}", list.body);
    list.items()[0]["id"].as_str().unwrap().to_owned()
}

async fn how_far_somebody_has_come_is_theirs_and_the_leaders_to_see(app: App) {
    let (p, membership) = after_a_deputy(&app).await;
    ready(&app, &membership, &p.neighbor, true).await;
    assert_eq!(suggest(&app, &p).await, 1);
    let promotion = only_promotion(&app, &p, "suggested").await;
    let (member, former) = (app.citizen().await, app.citizen().await);
    app.join(&p, &member, &p.resident).await;
    let left = app.join(&p, &former, &p.resident).await;
    app.post(format!("/memberships/{left}/leave")).by(&former).if_match(2).send().await.expect(200);
    let mentor = app.membership(&p, &p.officer).await;
    let plan = json!({"aims": "Lead a walk.", "mentor_membership_id": mentor});
    let plans = format!("/memberships/{membership}/development-plans");
    let plan = app.post(plans).by(&p.neighbor).json(plan).send().await.expect(201).id();
    let on_duty = app.officer_on_duty(p.agency, p.area).await;
    let (stranger, admin) = (app.citizen().await, app.administrator().await);
    let one = [
        format!("/memberships/{membership}/development"),
        format!("/promotions/{promotion}"),
        format!("/development-plans/{plan}"),
        format!("/development-plans/{plan}/reviews"),
    ];
    let lists = [p.path("/promotions"), p.path("/development-plans")];
    for (who, single, list, items) in [
        (Some(&p.neighbor), 200, 200, 1),
        (Some(&p.resident), 200, 200, 1),
        (Some(&p.officer), 200, 200, 1),
        (Some(&member), 404, 200, 0),
        (Some(&former), 404, 404, 0),
        (Some(&on_duty), 404, 404, 0),
        (Some(&p.commander), 404, 404, 0),
        (Some(&admin), 404, 404, 0),
        (Some(&stranger), 404, 404, 0),
        (None, 401, 401, 0),
    ] {
        for path in &one {
            let answer = app.get(path).by_or_nobody(who).send().await;
            assert_eq!(answer.status, single, "{path} by {:?}", who.map(|w| &w.name));
        }
        for path in &lists {
            let answer = app.get(format!("{path}?include=total")).by_or_nobody(who).send().await;
            assert_eq!(answer.status, list, "{path} by {:?}", who.map(|w| &w.name));
            if list == 200 {
                assert_eq!((answer.items().len(), &answer.body["total"]), (items, &json!(items)), "{path}");
            }
        }
        // What others' timelines tell of it: nothing.
        if let (Some(who), 404) = (who, single) {
            let timeline = app.get(p.path("/timeline?limit=200")).by(who).send().await.expect(200);
            let kinds: Vec<&str> = timeline.items().iter().filter_map(|entry| entry["action"].as_str()).collect();
            let told =
                |kind: &&str| ["promotion.", "readiness.", "development_plan."].iter().any(|k| kind.starts_with(k));
            assert!(who.id == admin.id || !kinds.iter().any(told), "{}: {kinds:?}", who.name);
        }
    }
}

async fn a_promotion_is_suggested_confirmed_and_agreed_to_and_every_step_is_kept(app: App) {
    let (p, membership) = after_a_deputy(&app).await;
    let path = p.path("/promotions/suggest");
    app.post(&path).by(&p.neighbor).send().await.problem(403, "forbidden");
    app.post(&path).by(&p.commander).send().await.problem(404, "not_found");
    assert_eq!(suggest(&app, &p).await, 0, "nobody said that they would");
    let way = ready(&app, &membership, &p.neighbor, true).await;
    let missing =
        |stage: &str| way["ahead"].as_array().unwrap().iter().find(|a| a["stage"] == stage).unwrap()["missing"].clone();
    assert_eq!((missing("mentor"), missing("deputy_ready")), (json!([]), json!(["two_led_tasks"])));
    assert_eq!(app.run_job("suggest_promotions").await, 1);
    assert_eq!((app.run_job("suggest_promotions").await, suggest(&app, &p).await), (0, 0), "once");
    let promotion = only_promotion(&app, &p, "suggested").await;
    let step = |how: &str, by: &Person, version| {
        app.post(format!("/promotions/{promotion}/{how}")).by(by).if_match(version).send()
    };
    step("agree", &p.neighbor, 1).await.problem(409, "conflict");
    step("confirm", &p.neighbor, 1).await.problem(403, "forbidden");
    step("confirm", &p.officer, 1).await.problem(403, "forbidden");
    step("confirm", &p.commander, 1).await.problem(404, "not_found");
    step("confirm", &p.resident, 1).await.expect(200);
    step("confirm", &p.resident, 2).await.problem(409, "conflict");
    step("agree", &p.resident, 2).await.problem(403, "forbidden");
    step("agree", &p.neighbor, 1).await.problem(412, "precondition_failed");
    let agreed = step("agree", &p.neighbor, 2).await.expect(200);
    let history: Vec<_> =
        agreed.body["history"].as_array().unwrap().iter().map(|s| (s["from"].clone(), s["to"].clone())).collect();
    assert_eq!(
        history,
        [
            (Value::Null, json!("suggested")),
            (json!("suggested"), json!("confirmed")),
            (json!("confirmed"), json!("agreed"))
        ]
    );
    step("decline", &p.neighbor, 3).await.problem(409, "conflict");
    let way = app.get(format!("/memberships/{membership}/development")).by(&p.resident).send().await.expect(200);
    assert_eq!((&way.body["stage"], &way.body["ahead"][0]["stage"]), (&json!("mentor"), &json!("leader")));
    let kept: i64 = app.db(|conn| promotion_changes::table.count().get_result(conn)).await;
    assert_eq!(kept, 3);
    let seen = app.get(p.path("/leadership")).by(&p.resident).send().await.expect(200);
    assert_eq!(seen.body["mentors"][0]["membership_id"], json!(membership));
    assert_eq!((&seen.body["pipeline_flow"]["mentor"], &seen.body["pipeline_flow"]["leader"]), (&json!(1), &json!(3)));
    app.pass(days(367));
    let later = app.get(p.path("/leadership")).by(&p.neighbor).send().await.expect(200);
    assert_eq!((&later.body["pipeline_flow"]["mentor"], &later.body["mentors"]), (&json!(0), &Value::Null));
}

async fn what_somebody_declined_is_not_suggested_again_for_half_a_year(app: App) {
    let (p, membership) = after_a_deputy(&app).await;
    ready(&app, &membership, &p.neighbor, true).await;
    assert_eq!(suggest(&app, &p).await, 1);
    let promotion = only_promotion(&app, &p, "suggested").await;
    let decline = app.post(format!("/promotions/{promotion}/decline")).by(&p.neighbor).if_match(1);
    decline.send().await.expect(200);
    app.pass(days(179));
    assert_eq!(suggest(&app, &p).await, 0);
    app.pass(days(1));
    assert_eq!(suggest(&app, &p).await, 1);
    // Whoever is willing no more keeps the open suggestion, and can decline it.
    ready(&app, &membership, &p.neighbor, false).await;
    app.post(format!("/memberships/{membership}/leave")).by(&p.neighbor).if_match(2).send().await.expect(200);
    let open = only_promotion(&app, &p, "suggested").await;
    let confirm = app.post(format!("/promotions/{open}/confirm")).by(&p.resident).if_match(1);
    confirm.send().await.problem(409, "conflict");
    assert_eq!(suggest(&app, &p).await, 0, "only members are on the way");
}

async fn readiness_is_said_by_the_person_alone(app: App) {
    let (p, membership) = after_a_deputy(&app).await;
    let say = |by: &Person, on: &str| {
        let said = json!({"willing_to_lead": true, "willing_to_mentor": true, "orientation_done_on": on});
        app.put(format!("/memberships/{membership}/readiness")).by(by).json(said).send()
    };
    say(&p.resident, "2027-02-01").await.problem(403, "forbidden");
    say(&p.commander, "2027-02-01").await.problem(404, "not_found");
    say(&p.neighbor, "2027-03-02").await.refuses(&["/orientation_done_on"]);
    let said = say(&p.neighbor, "2027-03-01").await.expect(200);
    assert_eq!(said.body["orientation_done_on"], "2027-03-01");
    let back = json!({"willing_to_lead": false, "willing_to_mentor": false});
    let back = app.put(format!("/memberships/{membership}/readiness")).by(&p.neighbor).json(back).send().await;
    assert_eq!(back.expect(200).body["orientation_done_on"], Value::Null);
}

async fn a_development_plan_has_a_mentor_who_agrees_and_is_reviewed_every_ninety_days(app: App) {
    let p = app.led().await;
    let (neighbors, residents) = (app.membership(&p, &p.neighbor).await, app.membership(&p, &p.resident).await);
    let officers = app.membership(&p, &p.officer).await;
    let plans = format!("/memberships/{neighbors}/development-plans");
    let create = |by: &Person, mentor: &str| {
        let body = json!({"aims": "Chair a meeting.", "mentor_membership_id": mentor});
        app.post(&plans).by(by).json(body).send()
    };
    create(&p.officer, &residents).await.problem(403, "forbidden");
    create(&p.commander, &residents).await.problem(404, "not_found");
    create(&p.neighbor, &neighbors).await.refuses(&["/mentor_membership_id"]);
    let plan = create(&p.resident, &residents).await.expect(201);
    assert_eq!(plan.body["mentoring"], "agreed", "who asks themselves has agreed");
    create(&p.neighbor, &officers).await.problem(409, "conflict");
    let at = format!("/development-plans/{}", plan.id());
    let patch = |by: &Person, version, body: Value| app.patch(&at).by(by).if_match(version).json(body).send();
    patch(&p.neighbor, 1, json!({"mentor_membership_id": neighbors})).await.refuses(&["/mentor_membership_id"]);
    let other = patch(&p.neighbor, 1, json!({"mentor_membership_id": officers})).await.expect(200);
    assert_eq!(other.body["mentoring"], "asked");
    patch(&p.officer, 2, json!({"aims": "Do as I say."})).await.problem(403, "forbidden");
    app.post(format!("{at}/mentor/agree")).by(&p.resident).if_match(2).send().await.problem(403, "forbidden");
    app.post(format!("{at}/mentor/agree")).by(&p.officer).if_match(2).send().await.expect(200);
    app.post(format!("{at}/mentor/agree")).by(&p.officer).if_match(3).send().await.problem(409, "conflict");
    let same = patch(&p.neighbor, 3, json!({"mentor_membership_id": officers, "opportunities": ["April"]})).await;
    assert_eq!(same.expect(200).body["mentoring"], "agreed", "nobody is asked twice");
    app.pass(days(90));
    let overdue = p.path("/development-plans?is_review_overdue=true");
    assert_eq!(app.get(&overdue).by(&p.resident).send().await.expect(200).items().len(), 0);
    app.pass(days(1));
    assert_eq!(app.get(&overdue).by(&p.resident).send().await.expect(200).items().len(), 1);
    let note = json!({"note": "Two meetings chaired."});
    let reviewed = app.post(format!("{at}/reviews")).by(&p.officer).if_match(4).json(note).send().await.expect(200);
    assert_eq!(
        (&reviewed.body["review_on"], &reviewed.body["is_review_overdue"]),
        (&json!("2027-08-29"), &json!(false))
    );
    // The mentor leaves: the plan goes on, and another can be asked.
    let end = json!({"end_reason": "moved"});
    let seat =
        app.get(p.path("")).by(&p.officer).send().await.expect(200).body["own"]["seat_id"].as_str().unwrap().to_owned();
    app.post(format!("/seats/{seat}/end")).by(&p.commander).if_match(2).json(end).leaving(2).send().await.expect(200);
    app.post(format!("/memberships/{officers}/leave")).by(&p.officer).if_match(1).send().await.expect(200);
    app.get(&at).by(&p.officer).send().await.problem(404, "not_found");
    let left = app.get(&at).by(&p.neighbor).send().await.expect(200);
    assert_eq!(
        (&left.body["mentor"], &left.body["mentoring"], &left.body["state"]),
        (&Value::Null, &Value::Null, &json!("active"))
    );
    // With the membership the plan ends.
    app.post(format!("/memberships/{neighbors}/leave")).by(&p.neighbor).if_match(2).send().await.expect(200);
    let ended = app.get(&at).by(&p.resident).send().await.expect(200);
    assert_eq!(ended.body["state"], "ended");
    let again = app.patch(&at).by(&p.resident).if_match(ended.version()).json(json!({"aims": "More."}));
    again.send().await.problem(409, "conflict");
}

async fn suggesting_costs_as_much_for_many_as_for_few(app: App) {
    use threekeys::accounts::AccountKind;
    let (p, membership) = after_a_deputy(&app).await;
    ready(&app, &membership, &p.neighbor, true).await;
    // Everybody once led, and would mentor: more than are suggested at once.
    let admin = app.person(AccountKind::Administrator, None).await;
    let (id, by) = (p.id.parse::<uuid::Uuid>().unwrap(), admin.id);
    let now = app.now();
    for n in 0..205 {
        let who = app.citizen().await;
        let partnership = threekeys::ids::PartnershipId(id);
        let member = app.active_membership(partnership, &who, "member").await;
        app.db(move |conn| {
            use threekeys::ids::SeatId;
            use threekeys::platform::db::AnyId;
            use threekeys::schema::{leadership_seats as seats, readiness};
            let seat = (
                seats::id.eq(SeatId::new()),
                seats::partnership_id.eq(partnership),
                seats::membership_id.eq(member),
                seats::account_id.eq(who.id),
                seats::side.eq("civilian"),
                seats::kind.eq("deputy"),
                seats::state.eq("ended"),
                seats::selection_method.eq("consensus"),
                seats::nominated_by_id.eq(by),
                seats::ended_at.eq(now),
                seats::version.eq(1_i64),
                seats::created_at.eq(now),
                seats::updated_at.eq(now),
            );
            diesel::insert_into(seats::table).values(seat).execute(conn)?;
            let said = (
                readiness::id.eq(AnyId::new()),
                readiness::membership_id.eq(member),
                readiness::willing_to_lead.eq(n % 2 == 0),
                readiness::willing_to_mentor.eq(true),
                readiness::created_at.eq(now),
                readiness::updated_at.eq(now),
            );
            diesel::insert_into(readiness::table).values(said).execute(conn)
        })
        .await;
    }
    assert_eq!(suggest(&app, &p).await, 200, "so many at once");
    assert_eq!((suggest(&app, &p).await, suggest(&app, &p).await), (6, 0), "the next run goes on");
}

both_engines![
    how_far_somebody_has_come_is_theirs_and_the_leaders_to_see,
    a_promotion_is_suggested_confirmed_and_agreed_to_and_every_step_is_kept,
    what_somebody_declined_is_not_suggested_again_for_half_a_year,
    readiness_is_said_by_the_person_alone,
    a_development_plan_has_a_mentor_who_agrees_and_is_reviewed_every_ninety_days,
    suggesting_costs_as_much_for_many_as_for_few,
];
