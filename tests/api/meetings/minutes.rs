//! Minutes and action items.

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::platform::db::AnyId;
use threekeys::schema::partnerships;

use crate::support::{Answer, App, Person, World, page_through};

const TEXT: &str = "Nine neighbors and two officers.\n\nThe lamps are repaired.";

/// A meeting that is over.
async fn adjourned(app: &App, world: &World, other: Value) -> String {
    let path = format!("/meetings/{}", app.meeting(world, other).await.id());
    app.wait_for_the_meeting();
    app.post(format!("{path}/start")).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    app.post(format!("{path}/adjourn")).by(&world.civilian_leader).if_match(2).send().await.expect(200);
    path
}

async fn write(app: &App, by: &Person, path: &str, visibility: &str) -> Answer {
    let body = json!({"text": TEXT, "visibility": visibility});
    app.put(format!("{path}/minutes")).by(by).json(body).send().await
}

async fn sign(app: &App, by: &Person, path: &str, version: i64) -> Answer {
    app.post(format!("{path}/minutes/sign")).by(by).if_match(version).send().await
}

async fn first_meeting(app: &App, world: &World) -> Option<String> {
    let id = world.partnership;
    let found: Option<AnyId> =
        app.db(move |conn| partnerships::table.find(id).select(partnerships::first_meeting).first(conn)).await;
    found.map(|id| id.to_string())
}

async fn minutes_go_from_draft_over_both_signatures_to_their_readers(app: App) {
    let world = app.world().await;
    let path = adjourned(&app, &world, json!({})).await;
    for person in [&world.member, &world.police_leader] {
        let body = json!({"account_id": person.id});
        app.post(format!("{path}/attendance")).by(&world.secretary).json(body).send().await.expect(201);
    }
    let minutes = format!("{path}/minutes");
    app.get(&minutes).by(&world.secretary).send().await.problem(404, "not_found");
    let draft = write(&app, &world.secretary, &path, "public").await.expect(201);
    assert_eq!(draft.header("location"), Some(format!("/api/v1{minutes}").as_str()));
    assert_eq!(draft.header("etag"), Some("\"1\""));
    assert_eq!((&draft.body["number"], &draft.body["state"]), (&json!(1), &json!("draft")));
    assert_eq!(draft.body["missing_signatures"], json!(["civilian", "police"]));

    let publish = |version| app.post(format!("{minutes}/publish")).by(&world.secretary).if_match(version);
    let early = publish(1).send().await.problem(409, "minutes_not_approved");
    assert_eq!(early.body["missing"], json!(["civilian", "police"]));
    sign(&app, &world.secretary, &path, 1).await.problem(403, "forbidden");
    let signed = sign(&app, &world.civilian_leader, &path, 1).await.expect(200);
    assert_eq!((&signed.body["state"], &signed.body["missing_signatures"]), (&json!("draft"), &json!(["police"])));
    sign(&app, &world.civilian_leader, &path, 2).await.problem(409, "already_signed");
    assert_eq!(publish(2).send().await.problem(409, "minutes_not_approved").body["missing"], json!(["police"]));

    // Written anew: nobody has signed this.
    let body = json!({"text": "Ten neighbors.", "visibility": "public"});
    let anew = app.put(&minutes).by(&world.facilitator).if_match(2).json(body.clone()).send().await.expect(200);
    assert_eq!((&anew.body["number"], &anew.body["text"]), (&json!(2), &json!("Ten neighbors.")));
    assert_eq!((&anew.body["signatures"], anew.version()), (&json!([]), 3));
    app.put(&minutes).by(&world.facilitator).json(body.clone()).send().await.problem(428, "precondition_required");
    app.put(&minutes)
        .by(&world.facilitator)
        .if_match(2)
        .json(body.clone())
        .send()
        .await
        .problem(412, "precondition_failed");

    assert_eq!(first_meeting(&app, &world).await, None);
    sign(&app, &world.police_leader, &path, 3).await.expect(200);
    let approved = sign(&app, &world.civilian_leader, &path, 4).await.expect(200);
    assert_eq!((&approved.body["state"], &approved.body["missing_signatures"]), (&json!("approved"), &json!([])));
    assert_eq!(approved.body["signatures"].as_array().unwrap().len(), 2);
    let meeting = app.get(&path).send().await.expect(200);
    assert_eq!(meeting.body["state"], "minuted");
    assert_eq!(first_meeting(&app, &world).await, Some(meeting.id()), "it counts for the checklist");
    let formation = app.get(format!("/partnerships/{}/formation", world.partnership)).by(&world.member).send().await;
    let missing = formation.expect(200).body["missing"].clone();
    assert!(!missing.as_array().unwrap().contains(&json!("first_meeting")), "{missing}");

    app.put(&minutes).by(&world.secretary).if_match(5).json(body).send().await.problem(409, "conflict");
    sign(&app, &world.police_leader, &path, 5).await.problem(409, "conflict");
    publish(4).send().await.problem(412, "precondition_failed");
    let published = publish(5).send().await.expect(200);
    assert_eq!(published.body["state"], "published");
    publish(6).send().await.problem(409, "conflict");
    let public = app.get(&minutes).send().await.expect(200);
    assert_eq!((&public.body["text"], &public.body["written_by"]), (&json!("Ten neighbors."), &Value::Null));
    let inside = app.get(&minutes).by(&world.member).send().await.expect(200);
    assert_eq!(inside.body["written_by"]["display_name"], world.facilitator.name);

    let versions = app.get(format!("{minutes}/versions")).by(&world.officer).send().await.expect(200);
    let texts: Vec<_> = versions.items().iter().map(|v| v["text"].clone()).collect();
    assert_eq!(texts, [json!("Ten neighbors."), json!(TEXT)]);
    assert_eq!(page_through(&app, &format!("{minutes}/versions"), Some(&world.secretary)).await.len(), 2);
    app.get(format!("{minutes}/versions")).by(&world.member).send().await.problem(403, "forbidden");
    let told = app.get(format!("{path}/timeline")).send().await.expect(200);
    assert_eq!(told.items()[0]["words"], "The minutes were published");
}

async fn minutes_are_read_as_their_state_and_visibility_say(app: App) {
    let world = app.world().await;
    let drafts = ["secretary", "facilitator", "civilian_leader", "police_leader", "officer", "commander"];
    let approved = [&drafts[..], &["member"]].concat();
    let inside = [&approved[..], &["administrator"]].concat();
    let outside = ["anonymous", "stranger", "other_officer"];
    let everybody = [&inside[..], &outside].concat();
    for (meeting, minutes, published) in [
        ("public", "public", &everybody),
        ("public", "members", &inside),
        ("members", "public", &inside),
        ("members", "members", &inside),
    ] {
        let path = adjourned(&app, &world, json!({"visibility": meeting})).await;
        let readers = |expected: Vec<&'static str>| {
            let (app, world, path) = (&app, &world, &path);
            async move {
                for (name, person) in world.everybody() {
                    let status = app.get(format!("{path}/minutes")).by_or_nobody(person).send().await.status;
                    assert_eq!(status, if expected.contains(&name) { 200 } else { 404 }, "{name} {meeting} {minutes}");
                }
            }
        };
        readers(Vec::new()).await;
        write(&app, &world.secretary, &path, minutes).await.expect(201);
        readers(drafts.to_vec()).await;
        sign(&app, &world.civilian_leader, &path, 1).await.expect(200);
        readers(drafts.to_vec()).await;
        sign(&app, &world.police_leader, &path, 2).await.expect(200);
        readers(approved.clone()).await;
        let publish = app.post(format!("{path}/minutes/publish")).by(&world.civilian_leader).if_match(3);
        publish.send().await.expect(200);
        readers(published.clone()).await;
    }
    assert_eq!(first_meeting(&app, &world).await, None, "nobody was there");
}

async fn write_minutes_is_refused_by_state_and_person(app: App) {
    let world = app.world().await;
    let scheduled = format!("/meetings/{}", app.meeting(&world, json!({})).await.id());
    write(&app, &world.secretary, &scheduled, "public").await.problem(409, "conflict");
    let path = adjourned(&app, &world, json!({})).await;
    for person in [&world.member, &world.officer, &world.stranger, &world.administrator] {
        write(&app, person, &path, "public").await.problem(403, "forbidden");
    }
    let minutes = format!("{path}/minutes");
    app.put(&minutes).json(json!({"text": TEXT, "visibility": "public"})).send().await.problem(401, "unauthenticated");
    let body = json!({"text": "", "visibility": "leaders"});
    app.put(&minutes).by(&world.secretary).json(body).send().await.refuses(&["/text", "/visibility"]);
    let body = json!({"text": TEXT, "visibility": "public"});
    let unread = app.put(&minutes).by(&world.secretary).if_match(1).json(body.clone()).send().await;
    unread.problem(412, "precondition_failed");
    let malformed = app.put(&minutes).by(&world.secretary).header("if-match", "W/3").json(body).send().await;
    malformed.problem(400, "malformed_request");
    sign(&app, &world.civilian_leader, &path, 1).await.problem(404, "not_found");
    let during = format!("/meetings/{}", app.meeting(&world, json!({})).await.id());
    app.post(format!("{during}/start")).by(&world.secretary).if_match(1).send().await.expect(200);
    write(&app, &world.secretary, &during, "members").await.expect(201);
    sign(&app, &world.civilian_leader, &during, 1).await.problem(409, "conflict");
}

async fn sign_minutes_waits_for_somebody_to_take_on_each_item(app: App) {
    let world = app.world().await;
    let path = adjourned(&app, &world, json!({})).await;
    write(&app, &world.secretary, &path, "public").await.expect(201);
    let items = format!("{path}/action-items");
    let body = json!({"what": "Ask the city for a lamp.", "due_on": "2027-03-23"});
    let first = app.post(&items).by(&world.secretary).json(body.clone()).send().await.expect(201);
    let second = app.post(&items).by(&world.secretary).json(body.clone()).send().await.expect(201);
    let third = app.post(&items).by(&world.secretary).json(body.clone()).send().await.expect(201);
    let refused = sign(&app, &world.civilian_leader, &path, 1).await.problem(409, "gate_unmet");
    assert_eq!(refused.body["missing"], json!(["action_item_owner"]));
    let addresses = [&first, &second, &third].map(|item| json!(format!("/api/v1/action-items/{}", item.id())));
    assert_eq!(refused.body["conflicts"], json!(addresses));
    let patch = |item: &Answer, body: Value| {
        app.patch(format!("/action-items/{}", item.id())).by(&world.secretary).if_match(1).json(body)
    };
    patch(&first, json!({"assignee_id": world.member.id})).send().await.expect(200);
    patch(&second, json!({"no_owner_found": true})).send().await.expect(200);
    sign(&app, &world.civilian_leader, &path, 1).await.problem(409, "gate_unmet");
    let drop = app.post(format!("/action-items/{}/drop", third.id())).by(&world.facilitator).if_match(1);
    drop.json(json!({"reason": "The city was faster."})).send().await.expect(200);
    sign(&app, &world.civilian_leader, &path, 1).await.expect(200);
    sign(&app, &world.police_leader, &path, 2).await.expect(200);
    app.post(&items).by(&world.secretary).json(body).send().await.problem(409, "conflict");
    let done = app.post(format!("/action-items/{}/complete", first.id())).by(&world.member).if_match(2);
    assert_eq!(done.send().await.expect(200).body["state"], "done", "also when the meeting is minuted");
}

async fn action_items_are_read_by_members_written_by_organisers_and_completed_by_who_took_them_on(app: App) {
    let world = app.world().await;
    let path = adjourned(&app, &world, json!({})).await;
    let items = format!("{path}/action-items");
    let body = json!({"what": "Ask the city for a lamp.", "assignee_id": world.member.id, "due_on": "2027-03-23"});
    for person in [&world.member, &world.officer, &world.administrator] {
        app.post(&items).by(person).json(body.clone()).send().await.problem(403, "forbidden");
    }
    app.post(&items).by(&world.stranger).json(body.clone()).send().await.problem(404, "not_found");
    app.post(&items).json(body.clone()).send().await.problem(401, "unauthenticated");
    let mut made = Vec::new();
    for organiser in [&world.secretary, &world.facilitator, &world.police_leader] {
        let item = app.post(&items).by(organiser).json(body.clone()).send().await.expect(201);
        assert_eq!(item.header("location"), Some(format!("/api/v1/action-items/{}", item.id()).as_str()));
        assert_eq!((&item.body["assignee"]["id"], &item.body["state"]), (&json!(world.member.id), &json!("open")));
        made.push(item.id());
    }
    for (name, person) in world.everybody() {
        let list = app.get(&items).by_or_nobody(person).send().await;
        let one = app.get(format!("/action-items/{}", made[0])).by_or_nobody(person).send().await;
        let expected = match name {
            "anonymous" => 401,
            "stranger" | "other_officer" => 404,
            "administrator" => 403,
            _ => 200,
        };
        assert_eq!((list.status, one.status), (expected, expected), "{name}");
    }
    assert_eq!(page_through(&app, &items, Some(&world.member)).await, made);
    let complete = |by, id: &str, version| app.post(format!("/action-items/{id}/complete")).by(by).if_match(version);
    complete(&world.officer, &made[0], 1).send().await.problem(403, "forbidden");
    let done = complete(&world.member, &made[0], 1).send().await.expect(200);
    assert!(done.body["closed_at"].is_string());
    complete(&world.member, &made[0], 2).send().await.problem(409, "conflict");
    complete(&world.secretary, &made[1], 9).send().await.problem(412, "precondition_failed");
    complete(&world.secretary, &made[1], 1).send().await.expect(200);
    let open = app.get(format!("{items}?state=open")).by(&world.member).send().await.expect(200);
    assert_eq!(open.items().len(), 1);
    let drop = |by| {
        let call = app.post(format!("/action-items/{}/drop", made[2])).by(by).if_match(1);
        call.json(json!({"reason": "The city was faster."}))
    };
    drop(&world.member).send().await.problem(403, "forbidden");
    let dropped = drop(&world.civilian_leader).send().await.expect(200);
    assert_eq!(dropped.body["drop_reason"], "The city was faster.");
    drop(&world.civilian_leader).send().await.problem(412, "precondition_failed");
}

async fn action_items_with_values_that_do_not_do_name_the_field(app: App) {
    let world = app.world().await;
    let path = adjourned(&app, &world, json!({})).await;
    let items = format!("{path}/action-items");
    for (body, pointers) in [
        (json!({"what": "A lamp.", "due_on": "2027-03-08"}), &["/due_on"][..]),
        (json!({"what": "A lamp.", "due_on": "2027-02-30"}), &["/due_on"]),
        (json!({"what": "A", "assignee_id": "x"}), &["/assignee_id", "/due_on", "/what"]),
        (json!({"what": "A lamp.", "due_on": "2027-03-23", "assignee_id": world.stranger.id}), &["/assignee_id"]),
        (
            json!({"what": "A lamp.", "due_on": "2027-03-23", "assignee_id": world.member.id, "no_owner_found": true}),
            &["/no_owner_found"],
        ),
    ] {
        app.post(&items).by(&world.secretary).json(body).send().await.refuses(pointers);
    }
    let body = json!({"what": "A lamp.", "due_on": "2027-03-23", "no_owner_found": true});
    let item = app.post(&items).by(&world.secretary).json(body).send().await.expect(201);
    let path = format!("/action-items/{}", item.id());
    let patch = |version: i64, body: Value| app.patch(&path).by(&world.secretary).if_match(version).json(body);
    let taken = patch(1, json!({"assignee_id": world.member.id})).send().await.expect(200);
    assert_eq!(taken.body["no_owner_found"], false, "somebody was found");
    for (body, pointers) in [
        (json!({"no_owner_found": true}), &["/no_owner_found"][..]),
        (json!({"due_on": "2027-03-01"}), &["/due_on"]),
        (json!({"assignee_id": world.stranger.id}), &["/assignee_id"]),
        (json!({"what": null}), &["/what"]),
    ] {
        patch(2, body).send().await.refuses(pointers);
    }
    let freed = patch(2, json!({"assignee_id": null, "no_owner_found": true})).send().await.expect(200);
    assert_eq!((&freed.body["assignee"], &freed.body["no_owner_found"]), (&Value::Null, &json!(true)));
    let member = app.patch(&path).by(&world.member).if_match(3).json(json!({"what": "Mine."}));
    member.send().await.problem(403, "forbidden");
    app.pass(threekeys::platform::clock::days(23));
    let overdue = app.get(&path).by(&world.member).send().await.expect(200);
    assert_eq!(overdue.body["is_overdue"], true);
}

both_engines![
    minutes_go_from_draft_over_both_signatures_to_their_readers,
    minutes_are_read_as_their_state_and_visibility_say,
    write_minutes_is_refused_by_state_and_person,
    sign_minutes_waits_for_somebody_to_take_on_each_item,
    action_items_are_read_by_members_written_by_organisers_and_completed_by_who_took_them_on,
    action_items_with_values_that_do_not_do_name_the_field,
];
