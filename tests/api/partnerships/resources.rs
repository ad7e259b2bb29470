//! Needs, pledges and partners beyond their journey: sums, races, who sees and may what.

use futures_util::future::join;
use serde_json::{Value, json};
use threekeys::platform::clock::days;

use crate::support::forming::Formed;
use crate::support::{Answer, App, Person};

/// Rounds of each race, on each engine.
const ROUNDS: usize = 100;

fn need(goal: &str, quantity: i32) -> Value {
    json!({"kind": "material", "title": "Lamps", "quantity": quantity, "unit": "lamps", "due_on": "2027-06-30",
        "goal_id": goal, "why": "There are none in the alleys."})
}

/// A partnership with an adopted goal and a need that is asked for.
async fn asked(app: &App, quantity: i32) -> (Formed, String, String) {
    let p = app.with_mission().await;
    let (goal, _) = app.adopted_goal(&p).await;
    let id = app.post(p.path("/needs")).by(&p.resident).json(need(&goal, quantity)).send().await.expect(201).id();
    app.post(format!("/needs/{id}/request")).by(&p.resident).if_match(1).send().await.expect(200);
    (p, goal, id)
}

async fn offered(app: &App, need: &str, by: &Person, quantity: i32) -> String {
    let path = format!("/needs/{need}/pledges");
    app.post(path).by(by).json(json!({"quantity": quantity})).unchecked().send().await.expect(201).id()
}

/// An organisation that has joined, and who speaks for it.
async fn partner(app: &App, p: &Formed, name: &str, sector: &str) -> (String, Person) {
    let email = format!("{}@example.org", uuid::Uuid::now_v7().simple());
    let body = json!({"name": name, "sector": sector, "contact_email": email});
    let id = app.post(p.path("/partners")).by(&p.resident).fresh_key().json(body).send().await.expect(201).id();
    let code = json!({"token": app.mailed_code(&email, "tko_").await});
    let who = app.citizen().await;
    app.post("/partner-invitations/accept").by(&who).json(code).send().await.expect(200);
    (id, who)
}

fn statuses(one: u16, other: u16) -> [u16; 2] {
    let mut both = [one, other];
    both.sort_unstable();
    both
}

async fn two_acceptances_of_one_pledge_count_once(app: App) {
    let (p, _, need) = asked(&app, 1_000_000).await;
    for round in 1..=ROUNDS {
        let pledge = offered(&app, &need, &p.neighbor, 1).await;
        let accept = |who| app.post(format!("/pledges/{pledge}/accept")).by(who).if_match(1).unchecked().send();
        let (one, other) = join(accept(&p.resident), accept(&p.officer)).await;
        assert_eq!(statuses(one.status, other.status), [200, 412], "{round}: {:#} {:#}", one.body, other.body);
        let now = app.get(format!("/needs/{need}")).send().await.expect(200);
        assert_eq!(now.body["pledged"], json!(round), "round {round}");
    }
}

async fn two_deliveries_of_one_pledge_count_once(app: App) {
    let (p, _, need) = asked(&app, 1_000_000).await;
    for round in 1..=ROUNDS {
        let pledge = offered(&app, &need, &p.neighbor, 1).await;
        app.post(format!("/pledges/{pledge}/accept")).by(&p.resident).if_match(1).unchecked().send().await.expect(200);
        let deliver = |who| {
            let body = json!({"quantity": 1, "delivered_on": "2027-03-01"});
            app.post(format!("/pledges/{pledge}/deliveries")).by(who).if_match(2).json(body).unchecked().send()
        };
        let (one, other) = join(deliver(&p.resident), deliver(&p.officer)).await;
        assert_eq!(statuses(one.status, other.status), [200, 412], "{round}: {:#} {:#}", one.body, other.body);
        let now = app.get(format!("/needs/{need}")).send().await.expect(200);
        assert_eq!(now.body["delivered"], json!(round), "round {round}");
    }
}

async fn two_who_have_one_code_do_not_both_join(app: App) {
    let p = app.led().await;
    for round in 0..20 {
        let email = format!("{}@example.org", uuid::Uuid::now_v7().simple());
        let body = json!({"name": format!("Club {round}"), "sector": "other", "contact_email": email});
        app.post(p.path("/partners")).by(&p.resident).fresh_key().json(body).send().await.expect(201);
        let code = json!({"token": app.mailed_code(&email, "tko_").await});
        let (a, b) = (app.citizen().await, app.citizen().await);
        let accept = |who| app.post("/partner-invitations/accept").by(who).json(code.clone()).unchecked().send();
        let (one, other) = join(accept(&a), accept(&b)).await;
        assert_eq!(statuses(one.status, other.status), [200, 401], "{round}: {:#} {:#}", one.body, other.body);
    }
}

/// What the description says of the sums, in as many words.
fn naive(pledges: &[Value]) -> (i64, i64) {
    let (mut pledged, mut delivered) = (0, 0);
    for pledge in pledges {
        let (quantity, brought) = (pledge["quantity"].as_i64().unwrap(), pledge["delivered"].as_i64().unwrap());
        match pledge["state"].as_str().unwrap() {
            "accepted" | "delivered" => pledged += if brought > quantity { brought } else { quantity },
            "withdrawn" => pledged += brought,
            _ => {}
        }
        delivered += brought;
    }
    (pledged, delivered)
}

async fn where_a_need_stands_is_what_its_pledges_come_to(app: App) {
    let (p, goal, _) = asked(&app, 1).await;
    // The same pseudorandom life on both engines: a linear congruential generator.
    let mut seed: u64 = 42;
    let mut draw = move |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..6 {
        let quantity = 3 + i32::try_from(draw(8)).unwrap();
        let body = need(&goal, quantity);
        let id = app.post(p.path("/needs")).by(&p.resident).json(body).send().await.expect(201).id();
        for _ in 0..25 {
            let all = app.get(format!("/needs/{id}/pledges?limit=200")).by(&p.resident).send().await.expect(200);
            let quantity = 1 + i32::try_from(draw(6)).unwrap();
            if draw(3) == 0 || all.items().is_empty() {
                let body = json!({"quantity": quantity});
                app.post(format!("/needs/{id}/pledges")).by(&p.neighbor).json(body).unchecked().send().await;
            } else {
                let pledge = &all.items()[usize::try_from(draw(all.items().len() as u64)).unwrap()];
                let (how, body) = match draw(6) {
                    0 => ("decline", json!({"reason": "Because."})),
                    1 => ("withdraw", json!({"reason": "Because."})),
                    2 | 3 => ("deliveries", json!({"quantity": quantity, "delivered_on": "2027-03-01"})),
                    _ => ("accept", Value::Null),
                };
                let path = format!("/pledges/{}/{how}", pledge["id"].as_str().unwrap());
                let call = app.post(path).by(&p.resident).if_match(&pledge["version"]).unchecked();
                let call = if body.is_null() { call } else { call.json(body) };
                let status = call.send().await.status;
                assert!(matches!(status, 200 | 409), "{how}: {status}");
            }
            let all = app.get(format!("/needs/{id}/pledges?limit=200")).by(&p.resident).send().await.expect(200);
            let now = app.get(format!("/needs/{id}")).by(&p.resident).send().await.expect(200);
            let (pledged, delivered) = naive(all.items());
            assert_eq!((&now.body["pledged"], &now.body["delivered"]), (&json!(pledged), &json!(delivered)));
            let wanted = now.body["quantity"].as_i64().unwrap();
            let state = match (delivered >= wanted, pledged >= wanted, pledged > 0) {
                (true, ..) => "fulfilled",
                (_, true, _) => "pledged",
                (.., true) => "part_pledged",
                _ => "identified",
            };
            assert_eq!(now.body["state"], state);
            assert_eq!(now.body["is_over_pledged"], json!(pledged > wanted));
            seen.insert(state);
        }
    }
    assert!(seen.len() >= 3, "{seen:?}");
}

async fn what_a_draft_needs_is_for_leaders_and_stewards(app: App) {
    let p = app.with_mission().await;
    let (goal, _) = app.goal(&p, &p.resident, "A goal in the making").await;
    let made = app.post(p.path("/needs")).by(&p.resident).json(need(&goal, 3)).send().await.expect(201);
    let path = format!("/needs/{}", made.id());
    app.get(&path).by(&p.officer).send().await.expect(200);
    app.get(&path).by(&p.neighbor).send().await.problem(404, "not_found");
    app.get(format!("{path}/pledges")).by(&p.neighbor).send().await.problem(404, "not_found");
    let offer = app.post(format!("{path}/pledges")).by(&p.neighbor).json(json!({"quantity": 1}));
    offer.send().await.problem(404, "not_found");
    let listed = app.get(p.path("/needs?include=total")).by(&p.neighbor).send().await.expect(200);
    assert_eq!((listed.items().len(), &listed.body["total"]), (0, &json!(0)));
    app.post(format!("{path}/request")).by(&p.resident).if_match(1).send().await.problem(409, "conflict");
    app.post(p.path("/needs")).by(&p.neighbor).json(need(&goal, 3)).send().await.problem(403, "forbidden");
}

/// What the partnership's timeline says of this object, to whoever reads it.
async fn told_of(app: &App, p: &Formed, object: &str, by: Option<&Person>) -> Vec<Value> {
    let call = app.get(p.path("/timeline?limit=200"));
    let call = if let Some(by) = by { call.by(by) } else { call };
    let timeline = call.send().await.expect(200);
    let told = timeline.items().iter().filter(|entry| entry["object_id"] == json!(object));
    told.map(|entry| entry["action"].clone()).collect()
}

async fn what_is_promised_for_a_draft_is_told_to_those_who_see_it(app: App) {
    let p = app.with_mission().await;
    let (draft, _) = app.goal(&p, &p.resident, "A goal in the making").await;
    let id = app.post(p.path("/needs")).by(&p.resident).json(need(&draft, 3)).send().await.expect(201).id();
    let member = &p.neighbor;
    app.pass(days(2));
    let pledge = offered(&app, &id, &p.officer, 3).await;
    app.post(format!("/pledges/{pledge}/accept")).by(&p.resident).if_match(1).unchecked().send().await.expect(200);
    let brought = json!({"quantity": 3, "delivered_on": "2027-03-02"});
    let deliver = app.post(format!("/pledges/{pledge}/deliveries")).by(&p.resident).if_match(2).json(brought);
    deliver.unchecked().send().await.expect(200);
    let named = json!({"account_id": member.id});
    app.post(format!("/goals/{draft}/contributors")).by(&p.resident).json(named).send().await.expect(201);
    for path in [format!("/needs/{id}"), format!("/pledges/{pledge}"), format!("/pledges/{pledge}/deliveries")] {
        app.get(&path).by(&p.resident).send().await.expect(200);
        app.get(&path).by(member).send().await.problem(404, "not_found");
    }
    for path in ["decline", "withdraw"] {
        let call = app.post(format!("/pledges/{pledge}/{path}")).by(member).if_match(3);
        call.json(json!({"reason": "Not needed."})).send().await.problem(404, "not_found");
    }
    for object in [&id, &pledge, &draft] {
        assert!(!told_of(&app, &p, object, Some(&p.resident)).await.is_empty(), "leaders are told");
        assert_eq!(told_of(&app, &p, object, Some(member)).await, Vec::<Value>::new());
        assert_eq!(told_of(&app, &p, object, None).await, Vec::<Value>::new());
    }
    let broadening = |who| app.get(p.path("/broadening")).by(who).send();
    assert_eq!(broadening(member).await.expect(200).body["median_hours_to_first_pledge"], Value::Null);
    assert_eq!(broadening(&p.resident).await.expect(200).body["median_hours_to_first_pledge"], json!(48.0));
}

async fn a_review_counts_what_every_member_sees(app: App) {
    let review = async |p: &Formed, nothing: bool| {
        let body = json!({"nothing_needed": nothing});
        app.post(p.path("/needs/review")).by(&p.resident).json(body).send().await
    };
    let drafted = async |p: &Formed| {
        let (draft, _) = app.goal(p, &p.resident, "A goal in the making").await;
        app.post(p.path("/needs")).by(&p.resident).json(need(&draft, 3)).send().await.expect(201);
    };
    let p = app.with_mission().await;
    drafted(&p).await;
    // Whoever goes through them sees those of drafts, and says by all of them whether there are any.
    review(&p, true).await.refuses(&["/nothing_needed"]);
    assert_eq!(review(&p, false).await.expect(200).body["needs"], 0);
    let (p, _, _) = asked(&app, 3).await;
    drafted(&p).await;
    assert_eq!(review(&p, false).await.expect(200).body["needs"], 1);
    let seen = app.get(p.path("/needs?include=total")).by(&p.neighbor).send().await.expect(200);
    let read = app.get(p.path("/needs/review")).by(&p.neighbor).send().await.expect(200);
    assert_eq!((&seen.body["total"], &read.body["needs"]), (&json!(1), &json!(1)));
    let told = app.get(p.path("/timeline")).by(&p.neighbor).send().await.expect(200);
    let words: Vec<&str> = told.items().iter().map(|item| item["words"].as_str().unwrap()).collect();
    let gone_through: Vec<&&str> = words.iter().filter(|words| words.starts_with("What is needed was")).collect();
    assert_eq!(gone_through, [&"What is needed was gone through: 1 needs"]);
}

async fn a_need_is_of_a_goal_of_its_own_partnership(app: App) {
    let (p, goal, id) = asked(&app, 5).await;
    let (other, foreign, others) = asked(&app, 5).await;
    app.post(p.path("/needs")).by(&p.resident).json(need(&foreign, 3)).send().await.refuses(&["/goal_id"]);
    let mut neither = need(&goal, 3);
    neither.as_object_mut().unwrap().remove("goal_id");
    app.post(p.path("/needs")).by(&p.resident).json(neither).send().await.refuses(&["/goal_id"]);
    let mut past = need(&goal, 3);
    past["due_on"] = json!("2027-02-27");
    app.post(p.path("/needs")).by(&p.resident).json(past).send().await.refuses(&["/due_on"]);
    let invite = json!({"name": "Lions", "sector": "other", "contact_email": "lions@example.org", "need_id": others});
    app.post(p.path("/partners")).by(&p.resident).fresh_key().json(invite).send().await.refuses(&["/need_id"]);
    let (theirs, speaker) = partner(&app, &other, "Lions", "philanthropy").await;
    let pledge = json!({"quantity": 1, "partner_id": theirs});
    let pledges = format!("/needs/{id}/pledges");
    app.post(&pledges).by(&p.resident).json(pledge.clone()).send().await.refuses(&["/partner_id"]);
    app.post(&pledges).by(&speaker).json(pledge).send().await.problem(403, "forbidden");
    app.get(&pledges).by(&speaker).send().await.problem(404, "not_found");
}

async fn a_pledge_that_is_taken_back_leaves_what_was_brought(app: App) {
    let (p, _, need) = asked(&app, 4).await;
    let pledge = offered(&app, &need, &p.neighbor, 4).await;
    let path = format!("/pledges/{pledge}");
    app.post(format!("{path}/accept")).by(&p.resident).if_match(1).leaving(2).send().await.expect(200);
    let unit = app.patch(format!("/needs/{need}")).by(&p.resident).if_match(3).json(json!({"unit": "boxes"}));
    unit.send().await.problem(409, "conflict");
    let brought = json!({"quantity": 3, "delivered_on": "2027-03-01"});
    let deliveries = format!("{path}/deliveries");
    app.post(&deliveries).by(&p.neighbor).if_match(2).json(brought.clone()).send().await.problem(403, "forbidden");
    let tomorrow = json!({"quantity": 3, "delivered_on": "2027-03-02"});
    app.post(&deliveries).by(&p.resident).if_match(2).json(tomorrow).send().await.refuses(&["/delivered_on"]);
    app.post(&deliveries).by(&p.resident).if_match(2).json(brought).send().await.expect(200);
    let reason = json!({"reason": "The last one broke."});
    app.post(format!("{path}/withdraw")).by(&p.neighbor).if_match(3).json(reason).send().await.expect(200);
    let now = app.get(format!("/needs/{need}")).by(&p.resident).send().await.expect(200);
    assert_eq!(
        [&now.body["state"], &now.body["pledged"], &now.body["delivered"], &now.body["missing"]],
        [&json!("part_pledged"), &json!(3), &json!(3), &json!(1)]
    );
    let fewer = json!({"quantity": 3});
    let fewer = app.patch(format!("/needs/{need}")).by(&p.resident).if_match(now.version()).json(fewer).leaving(2);
    assert_eq!(fewer.send().await.expect(200).body["state"], "fulfilled");
}

async fn outside_nothing_tells_of_pledges_but_what_they_come_to(app: App) {
    let (p, _, need) = asked(&app, 4).await;
    let path = format!("/needs/{need}");
    let untouched = app.get(&path).send().await.expect(200);
    let [kept, declined, withdrawn] = [
        offered(&app, &need, &p.neighbor, 2).await,
        offered(&app, &need, &p.neighbor, 1).await,
        offered(&app, &need, &p.neighbor, 1).await,
    ];
    let before = app.get(&path).send().await.expect(200);
    assert_eq!((before.version(), &before.body), (untouched.version(), &untouched.body));
    let listed = app.get(p.path("/needs")).send().await.expect(200);
    assert_eq!([&before.body["first_pledged_at"], &listed.items()[0]["first_pledged_at"]], [&Value::Null; 2]);
    let inside = app.get(&path).by(&p.neighbor).send().await.expect(200);
    assert!(inside.body["first_pledged_at"].is_string(), "{:#}", inside.body);
    let reason = json!({"reason": "They don't fit the poles."});
    for (pledge, by, how) in [(&declined, &p.resident, "decline"), (&withdrawn, &p.neighbor, "withdraw")] {
        let call = app.post(format!("/pledges/{pledge}/{how}")).by(by).if_match(1).json(reason.clone());
        call.send().await.expect(200);
        let after = app.get(&path).send().await.expect(200);
        assert_eq!((after.version(), &after.body), (before.version(), &before.body), "{how}");
    }
    app.post(format!("/pledges/{kept}/accept")).by(&p.resident).if_match(1).send().await.expect(200);
    let after = app.get(&path).send().await.expect(200);
    assert_eq!((after.version(), &after.body["pledged"]), (before.version() + 1, &json!(2)));
}

async fn the_first_pledge_is_told_to_a_member_who_has_read_the_need_before(app: App) {
    let (p, _, need) = asked(&app, 4).await;
    let path = format!("/needs/{need}");
    let tag = |answer: &Answer| answer.header("etag").unwrap().to_owned();
    let inside = tag(&app.get(&path).by(&p.neighbor).send().await.expect(200));
    let outside = tag(&app.get(&path).send().await.expect(200));
    app.get(&path).by(&p.neighbor).header("if-none-match", &inside).send().await.expect(304);
    offered(&app, &need, &p.neighbor, 2).await;
    let after = app.get(&path).by(&p.neighbor).header("if-none-match", &inside).send().await.expect(200);
    assert!(after.body["first_pledged_at"].is_string(), "{:#}", after.body);
    assert_ne!(tag(&after), inside);
    app.get(&path).by(&p.neighbor).header("if-none-match", tag(&after)).send().await.expect(304);
    app.get(&path).header("if-none-match", &outside).send().await.expect(304);
}

async fn a_need_is_unmet_once_its_day_is_over_everywhere_and_may_still_be_met(app: App) {
    let (p, _, need) = asked(&app, 2).await;
    let pledge = offered(&app, &need, &p.neighbor, 2).await;
    app.post(format!("/pledges/{pledge}/accept")).by(&p.resident).if_match(1).leaving(2).send().await.expect(200);
    app.state.clock.set("2027-07-01T11:59:59Z".parse().unwrap());
    assert_eq!(app.run_job("mark_unmet_needs").await, 0);
    app.state.clock.set("2027-07-01T12:00:00Z".parse().unwrap());
    assert_eq!(app.run_job("mark_unmet_needs").await, 1);
    assert_eq!(app.run_job("mark_unmet_needs").await, 0);
    assert_eq!(app.actions().await.iter().filter(|action| *action == "need.unmet").count(), 1);
    let leader = app.session(p.resident.id).await.1;
    let bearer = format!("Bearer {leader}");
    let late = app.post(format!("/needs/{need}/pledges")).header("authorization", &bearer).json(json!({"quantity": 1}));
    late.send().await.problem(409, "conflict");
    let brought = json!({"quantity": 2, "delivered_on": "2027-07-01"});
    let brought = app
        .post(format!("/pledges/{pledge}/deliveries"))
        .header("authorization", &bearer)
        .if_match(2)
        .json(brought)
        .leaving(2);
    brought.send().await.expect(200);
    assert_eq!(app.get(format!("/needs/{need}")).send().await.expect(200).body["state"], "fulfilled");
}

async fn neighbors_that_have_pledged_the_like_are_named(app: App) {
    let (p, _, need) = asked(&app, 2).await;
    let (lions, speaker) = partner(&app, &p, "Rosedale Lions", "philanthropy").await;
    let pledge = json!({"quantity": 2, "partner_id": lions});
    let pledge = app.post(format!("/needs/{need}/pledges")).by(&speaker).json(pledge).send().await.expect(201).id();
    app.post(format!("/pledges/{pledge}/accept")).by(&p.resident).if_match(1).leaving(2).send().await.expect(200);
    let lion = app.get(format!("/partners/{lions}")).by(&p.resident).send().await.expect(200);
    assert_eq!(lion.body["answered_need_id"], json!(need));
    // Another partnership of the same police, and one far away.
    let (own, _, _) = asked(&app, 1).await;
    let (here, there) = (p.id.clone(), own.id.clone());
    let agency = p.agency;
    app.db(move |conn| {
        use diesel::prelude::*;
        use threekeys::schema::partnerships;
        let id = threekeys::ids::PartnershipId(there.parse().unwrap());
        diesel::update(partnerships::table.find(id)).set(partnerships::host_agency_id.eq(agency)).execute(conn)
    })
    .await;
    let (far, _, _) = asked(&app, 1).await;
    app.pass(days(14));
    let prompts = async |p: &Formed| {
        let token = app.session(p.resident.id).await.1;
        let call = app.get(p.path("/broadening")).header("authorization", format!("Bearer {token}"));
        call.send().await.expect(200).body["prompts"].clone()
    };
    let found = prompts(&own).await;
    let expected = json!([{"name": "Rosedale Lions", "sector": "philanthropy",
        "partnership": {"id": here, "name": "Armourdale Lights"}}]);
    assert_eq!(found[0]["neighbors"], expected);
    assert_eq!(prompts(&far).await[0]["neighbors"], json!([]));
    assert_eq!(prompts(&p).await, json!([]), "theirs was answered");
}

async fn a_task_needs_things_for_the_goal_that_it_serves(app: App) {
    let p = app.with_mission().await;
    let task = |purpose: Value| {
        let body =
            json!({"title": "Hang the lamps", "description": "One by one.", "effort_hours": 4, "purpose": purpose});
        app.post(p.path("/tasks")).by(&p.resident).fresh_key().json(body).send()
    };
    let needs = |task: &str| {
        let body = json!({"kind": "material", "title": "A ladder", "quantity": 1, "unit": "ladders",
            "due_on": "2027-06-30", "task_id": task, "why": "The hooks are ten feet up."});
        app.post(p.path("/needs")).by(&p.resident).fresh_key().json(body).send()
    };
    let loose = task(Value::Null).await.expect(201).id();
    needs(&loose).await.problem(409, "conflict");
    let (goal, objective) = app.adopted_goal(&p).await;
    let need = needs(&loose).await.expect(201);
    assert_eq!((&need.body["goal_id"], &need.body["task_id"]), (&json!(goal), &json!(loose)));
    let serving = task(json!({"kind": "objective", "id": objective})).await.expect(201).id();
    let asked = needs(&serving).await.expect(201);
    assert_eq!((&asked.body["goal_id"], &asked.body["objective_id"]), (&json!(goal), &Value::Null));
    app.post(format!("/needs/{}/request", asked.id())).by(&p.resident).if_match(1).send().await.expect(200);
    let public = app.get(format!("/needs/{}", asked.id())).send().await.expect(200);
    assert_eq!(public.body["task_id"], Value::Null, "tasks are for members");
    let why = json!({"reason": "The city does it."});
    app.post(format!("/tasks/{serving}/cancel")).by(&p.resident).if_match(1).json(why).send().await.expect(200);
    needs(&serving).await.refuses(&["/task_id"]);
    let mut both = self::need(&goal, 1);
    both["task_id"] = json!(loose);
    app.post(p.path("/needs")).by(&p.resident).json(both).send().await.refuses(&["/task_id"]);
}

async fn what_is_over_takes_nothing_more(app: App) {
    let (p, goal, need) = asked(&app, 2).await;
    let pledge = offered(&app, &need, &p.neighbor, 2).await;
    let path = format!("/needs/{need}");
    let version = app.get(&path).send().await.expect(200).version();
    let reason = json!({"reason": "The city brings them."});
    let call = app.post(format!("{path}/withdraw")).by(&p.resident).if_match(version).json(reason.clone());
    call.send().await.expect(200);
    app.post(format!("/pledges/{pledge}/accept")).by(&p.resident).if_match(1).send().await.problem(409, "conflict");
    let again = app.post(format!("{path}/withdraw")).by(&p.resident).if_match(version + 1).json(reason.clone());
    again.send().await.problem(409, "conflict");
    let patch = app.patch(&path).by(&p.resident).if_match(version + 1).json(json!({"quantity": 1}));
    patch.send().await.problem(409, "conflict");
    app.post(format!("{path}/pledges"))
        .by(&p.neighbor)
        .json(json!({"quantity": 1}))
        .send()
        .await
        .problem(409, "conflict");
    let decline = app.post(format!("/pledges/{pledge}/decline")).by(&p.resident).if_match(1).json(reason);
    assert_eq!(decline.send().await.expect(200).body["state"], "declined");
    let (id, open) = (threekeys::ids::PartnershipId(p.id.parse().unwrap()), goal);
    app.db(move |conn| {
        use diesel::prelude::*;
        use threekeys::schema::partnerships;
        diesel::update(partnerships::table.find(id)).set(partnerships::state.eq("closed")).execute(conn)
    })
    .await;
    let late = app.post(p.path("/needs")).by(&p.resident).json(self::need(&open, 1));
    late.send().await.problem(409, "conflict");
}

both_engines![
    two_acceptances_of_one_pledge_count_once,
    two_deliveries_of_one_pledge_count_once,
    two_who_have_one_code_do_not_both_join,
    where_a_need_stands_is_what_its_pledges_come_to,
    what_a_draft_needs_is_for_leaders_and_stewards,
    what_is_promised_for_a_draft_is_told_to_those_who_see_it,
    a_review_counts_what_every_member_sees,
    a_need_is_of_a_goal_of_its_own_partnership,
    a_pledge_that_is_taken_back_leaves_what_was_brought,
    outside_nothing_tells_of_pledges_but_what_they_come_to,
    the_first_pledge_is_told_to_a_member_who_has_read_the_need_before,
    a_need_is_unmet_once_its_day_is_over_everywhere_and_may_still_be_met,
    neighbors_that_have_pledged_the_like_are_named,
    a_task_needs_things_for_the_goal_that_it_serves,
    what_is_over_takes_nothing_more
];
