use diesel::prelude::*;
use serde_json::json;
use threekeys::ids::PartnershipId;
use threekeys::platform::clock::days;
use threekeys::schema::{accounts, memberships};

use crate::support::{App, Person};

async fn request_membership_computes_the_side(app: App) {
    let p = app.forming().await;
    let staff = app.staff(p.agency).await;
    let asked = app.post(p.path("/memberships")).by(&staff).json(json!({})).send().await.expect(201);
    assert_eq!((asked.body["side"].as_str(), asked.body["state"].as_str()), (Some("agency"), Some("requested")));
    let sent = json!({"side": "civilian"});
    app.post(p.path("/memberships")).by(&app.citizen().await).json(sent).send().await.refuses(&["/side"]);
    app.post(p.path("/memberships")).by(&staff).json(json!({})).send().await.problem(409, "conflict");
    let admin = app.administrator().await;
    app.post(p.path("/memberships")).by(&admin).json(json!({})).send().await.problem(403, "forbidden");
}

async fn officer_on_duty_joins_at_once_and_others_ask(app: App) {
    let p = app.forming().await;
    let members = app.get(p.path("/memberships?side=police")).by(&p.officer).send().await.expect(200);
    assert_eq!(members.items().len(), 1);
    let elsewhere = app.officer(p.agency).await;
    let asked = app.post(p.path("/memberships")).by(&elsewhere).json(json!({})).send().await.expect(201);
    assert_eq!(asked.body["state"], "requested");
}

async fn accept_membership_is_for_members_until_there_are_leaders(app: App) {
    let p = app.forming().await;
    let newcomer = app.citizen().await;
    let asked = app
        .post(p.path("/memberships"))
        .by(&newcomer)
        .json(json!({"message": "I run the bakery."}))
        .send()
        .await
        .expect(201);
    let path = format!("/memberships/{}", asked.id());
    assert_eq!(app.get(&path).by(&newcomer).send().await.expect(200).body["message"], "I run the bakery.");
    app.post(format!("{path}/accept")).by(&newcomer).if_match(1).send().await.problem(403, "forbidden");
    app.post(format!("{path}/accept")).by(&app.citizen().await).if_match(1).send().await.problem(404, "not_found");
    app.get(&path).by(&p.neighbor).send().await.expect(200);
    app.seat(&p, &p.resident, &p.neighbor, "primary").await;
    app.post(format!("{path}/accept")).by(&p.neighbor).if_match(1).send().await.problem(404, "not_found");
    app.get(&path).by(&p.neighbor).send().await.problem(404, "not_found");
    app.post(format!("{path}/accept")).by(&p.resident).if_match(1).send().await.expect(200);
    app.post(format!("{path}/decline")).by(&p.resident).if_match(2).send().await.problem(409, "conflict");
    assert_eq!(app.get(&path).by(&p.neighbor).send().await.expect(200).body["message"], json!(null), "not for members");
}

async fn a_request_is_known_to_whoever_asked_and_whoever_answers(app: App) {
    let p = app.led().await;
    let ask = async |who: &Person| {
        let wish = json!({"message": "I run the bakery."});
        app.post(p.path("/memberships")).by(who).json(wish).send().await.expect(201).id()
    };
    let (open, declined, withdrawn) = (app.citizen().await, app.citizen().await, app.citizen().await);
    let ids = [ask(&open).await, ask(&declined).await, ask(&withdrawn).await];
    app.post(format!("/memberships/{}/decline", ids[1])).by(&p.resident).if_match(1).send().await.expect(200);
    let back = app.post(format!("/memberships/{}/leave", ids[2])).by(&withdrawn).if_match(1).send().await.expect(200);
    assert_eq!(back.body["state"], "left");
    for (id, own) in ids.iter().zip([&open, &declined, &withdrawn]) {
        let path = format!("/memberships/{id}");
        app.get(&path).by(&p.neighbor).send().await.problem(404, "not_found");
        for step in ["accept", "decline", "leave"] {
            let call = app.post(format!("{path}/{step}")).by(&p.neighbor).if_match(1);
            call.send().await.problem(404, "not_found");
        }
        let role = app.patch(&path).by(&p.neighbor).if_match(1).json(json!({"role": "secretary"}));
        role.send().await.problem(404, "not_found");
        for reader in [own, &p.resident, &p.officer, &p.commander] {
            let seen = app.get(&path).by(reader).send().await.expect(200);
            assert_eq!(seen.body["message"], "I run the bakery.");
        }
    }
    let told = app.get(p.path("/timeline?limit=200")).by(&p.neighbor).send().await.expect(200);
    for id in &ids {
        assert!(told.items().iter().all(|item| item["object_id"] != json!(id)), "{:#}", told.body);
    }
    let told = app.get(p.path("/timeline?limit=200")).by(&p.resident).send().await.expect(200);
    let of = |action: &str| told.items().iter().filter(|item| item["action"] == action).count();
    assert_eq!((of("membership.withdrawn"), of("membership.left")), (1, 0));
}

async fn neither_side_lets_people_in_on_the_other(app: App) {
    let p = app.led().await;
    let (civilian, officer) = (app.citizen().await, app.officer(p.agency).await);
    for (who, foreign, own) in [(&civilian, &p.officer, &p.resident), (&officer, &p.resident, &p.officer)] {
        let asked = app.post(p.path("/memberships")).by(who).json(json!({})).send().await.expect(201).id();
        for answer in ["accept", "decline"] {
            let call = app.post(format!("/memberships/{asked}/{answer}")).by(foreign).if_match(1);
            call.send().await.problem(403, "forbidden");
        }
        app.post(format!("/memberships/{asked}/accept")).by(own).if_match(1).send().await.expect(200);
    }
    let another = app.citizen().await;
    let asked = app.post(p.path("/memberships")).by(&another).json(json!({})).send().await.expect(201).id();
    let accept = app.post(format!("/memberships/{asked}/accept")).by(&p.commander).if_match(1);
    accept.send().await.problem(403, "forbidden");
    let third = app.officer(p.agency).await;
    let asked = app.post(p.path("/memberships")).by(&third).json(json!({})).send().await.expect(201).id();
    app.post(format!("/memberships/{asked}/accept")).by(&p.commander).if_match(1).send().await.expect(200);
}

async fn a_side_without_a_leader_answers_for_itself(app: App) {
    let p = app.forming().await;
    app.seat(&p, &p.officer, &p.commander, "primary").await;
    let civilian = app.citizen().await;
    let asked = app.post(p.path("/memberships")).by(&civilian).json(json!({})).send().await.expect(201).id();
    for answer in ["accept", "decline"] {
        let call = app.post(format!("/memberships/{asked}/{answer}")).by(&p.officer).if_match(1);
        call.send().await.problem(403, "forbidden");
    }
    app.post(format!("/memberships/{asked}/accept")).by(&p.neighbor).if_match(1).send().await.expect(200);
    // Who is invited by the other side asks their own.
    let (invited, own) = (app.citizen().await, app.citizen().await);
    for (who, by, state) in [(&invited, &p.officer, "requested"), (&own, &p.neighbor, "active")] {
        let invitation =
            app.post(p.path("/invitations")).by(by).fresh_key().json(json!({"email": who.email})).send().await;
        let accept = app.post(format!("/membership-invitations/{}/accept", invitation.expect(201).id()));
        accept.by(who).if_match(1).send().await.expect(200);
        let view = app.get(p.path("/memberships?limit=200&state=requested")).by(&p.officer).send().await.expect(200);
        let waits = view.items().iter().any(|row| row["person"]["id"] == json!(who.id));
        assert_eq!(waits, state == "requested", "{state}");
    }
}

async fn requests_to_a_side_without_a_leader_are_listed_to_its_members(app: App) {
    let p = app.forming().await;
    app.seat(&p, &p.officer, &p.commander, "primary").await;
    let elsewhere = app.officer(p.agency).await;
    app.join(&p, &elsewhere, &p.officer).await;
    let ask = async |who: &Person| {
        let wish = json!({"message": "I run the bakery."});
        app.post(p.path("/memberships")).by(who).json(wish).send().await.expect(201).id()
    };
    let (civilian, police) = (app.citizen().await, app.officer(p.agency).await);
    let (to_civilians, to_police) = (ask(&civilian).await, ask(&police).await);
    let list =
        |by: &Person, filter: &str| app.get(p.path(&format!("/memberships?state=requested{filter}"))).by(by).send();
    for filter in ["", "&side=civilian"] {
        let listed = list(&p.neighbor, filter).await.expect(200);
        assert_eq!(listed.items().len(), 1, "{:#}", listed.body);
        let row = &listed.items()[0];
        assert_eq!((&row["id"], &row["message"]), (&json!(to_civilians), &json!("I run the bakery.")));
    }
    list(&p.neighbor, "&side=police").await.problem(403, "forbidden");
    app.get(p.path("/memberships?state=left")).by(&p.neighbor).send().await.problem(403, "forbidden");
    let read = app.get(format!("/memberships/{to_civilians}")).by(&p.neighbor).send().await.expect(200);
    assert_eq!(read.body["message"], "I run the bakery.");
    app.get(format!("/memberships/{to_police}")).by(&p.neighbor).send().await.problem(404, "not_found");
    // The police side has a leader, who answers for it.
    for filter in ["", "&side=police", "&side=civilian"] {
        list(&elsewhere, filter).await.problem(403, "forbidden");
    }
    for request in [&to_civilians, &to_police] {
        app.get(format!("/memberships/{request}")).by(&elsewhere).send().await.problem(404, "not_found");
    }
    assert_eq!(list(&p.officer, "").await.expect(200).items().len(), 2);
}

async fn decline_leave_and_remove_end_a_membership(app: App) {
    let p = app.led().await;
    let (a, b) = (app.citizen().await, app.citizen().await);
    let asked = app.post(p.path("/memberships")).by(&a).json(json!({})).send().await.expect(201);
    app.post(format!("/memberships/{}/decline", asked.id())).by(&p.resident).if_match(1).send().await.expect(200);
    let again = app.join(&p, &a, &p.resident).await;
    app.post(format!("/memberships/{again}/leave")).by(&p.resident).if_match(2).send().await.problem(403, "forbidden");
    let left = app.post(format!("/memberships/{again}/leave")).by(&a).if_match(2).send().await.expect(200);
    assert_eq!(left.body["state"], "left");
    app.get(p.path("/memberships")).by(&a).send().await.problem(404, "not_found");
    let membership = app.join(&p, &b, &p.resident).await;
    let remove = |who| app.post(format!("/memberships/{membership}/remove")).by(who).if_match(2);
    remove(&p.officer).json(json!({"reason": "Does not suit me."})).send().await.problem(403, "forbidden");
    remove(&p.resident).json(json!({})).send().await.refuses(&["/reason"]);
    remove(&p.resident).json(json!({"reason": "Threatened a neighbor."})).send().await.expect(200);
    let former = app.get(p.path("/memberships?state=removed")).by(&p.resident).send().await.expect(200);
    assert_eq!(former.items().len(), 1);
    app.get(p.path("/memberships?state=removed")).by(&p.neighbor).send().await.problem(403, "forbidden");
}

async fn leaders_hand_over_before_they_leave(app: App) {
    let p = app.led().await;
    let own = app.membership(&p, &p.resident).await;
    let refused =
        app.post(format!("/memberships/{own}/leave")).by(&p.resident).if_match(1).send().await.problem(409, "conflict");
    assert!(refused.body["conflicts"][0].as_str().unwrap().starts_with("/api/v1/seats/"));
}

async fn update_membership_gives_roles_by_leaders_of_the_side(app: App) {
    let p = app.led().await;
    let membership = app.membership(&p, &p.neighbor).await;
    let patch =
        |who| app.patch(format!("/memberships/{membership}")).by(who).if_match(2).json(json!({"role": "secretary"}));
    patch(&p.officer).send().await.problem(403, "forbidden");
    patch(&p.neighbor).send().await.problem(403, "forbidden");
    assert_eq!(patch(&p.resident).send().await.expect(200).body["role"], "secretary");
    let wrong = app.patch(format!("/memberships/{membership}")).by(&p.resident).if_match(3);
    wrong.json(json!({"role": "leader"})).send().await.refuses(&["/role"]);
}

async fn invitations_are_found_by_the_invited_address_alone(app: App) {
    let p = app.led().await;
    let (friend, stranger) = (app.citizen().await, app.citizen().await);
    let invite = || app.post(p.path("/invitations")).by(&p.resident).json(json!({"email": friend.email}));
    invite().send().await.problem(400, "idempotency_missing");
    let made = invite().fresh_key().send().await.expect(201);
    invite().fresh_key().send().await.problem(409, "conflict");
    app.post(p.path("/invitations"))
        .by(&p.neighbor)
        .fresh_key()
        .json(json!({"email": "x@example.org"}))
        .send()
        .await
        .problem(403, "forbidden");
    app.get(p.path("/invitations")).by(&p.neighbor).send().await.problem(403, "forbidden");
    assert_eq!(app.get(p.path("/invitations?state=open")).by(&p.officer).send().await.expect(200).items().len(), 1);
    let accept = |who| app.post(format!("/membership-invitations/{}/accept", made.id())).by(who).if_match(1);
    accept(&stranger).send().await.problem(404, "not_found");
    assert_eq!(app.get("/account/membership-invitations").by(&stranger).send().await.expect(200).items().len(), 0);
    accept(&friend).send().await.expect(200);
    accept(&friend).send().await.problem(412, "precondition_failed");
    app.get(p.path("/memberships")).by(&friend).send().await.expect(200);
}

async fn an_invitation_counts_no_longer_than_whoever_sent_it_belongs(app: App) {
    let p = app.led().await;
    let invite = async |who: &Person| {
        let body = json!({"email": who.email});
        app.post(p.path("/invitations")).by(&p.resident).fresh_key().json(body).send().await.expect(201).id()
    };
    let accept = |id: &str, who: &Person| app.post(format!("/membership-invitations/{id}/accept")).by(who).if_match(1);
    // What is left over from before lets nobody in again who was removed, or left.
    for step in ["remove", "leave"] {
        let friend = app.citizen().await;
        let left_over = invite(&friend).await;
        let membership = app.join(&p, &friend, &p.resident).await;
        let by = if step == "leave" { &friend } else { &p.resident };
        let call = app.post(format!("/memberships/{membership}/{step}")).by(by).if_match(2);
        let call = if step == "remove" { call.json(json!({"reason": "Threatened a neighbor."})) } else { call };
        call.send().await.expect(200);
        accept(&left_over, &friend).send().await.problem(412, "precondition_failed");
        let call = app.post(format!("/membership-invitations/{left_over}/accept")).by(&friend).if_match(2);
        call.send().await.problem(409, "conflict");
        app.get(p.path("/memberships")).by(&friend).send().await.problem(404, "not_found");
        accept(&invite(&friend).await, &friend).send().await.expect(200);
    }
    let (late, later) = (app.citizen().await, app.citizen().await);
    let (first, second) = (invite(&late).await, invite(&later).await);
    let set = async |state: &'static str| {
        let id = p.resident.id;
        app.db(move |conn| diesel::update(accounts::table.find(id)).set(accounts::state.eq(state)).execute(conn)).await;
    };
    set("suspended").await;
    accept(&first, &late).send().await.problem(409, "conflict");
    set("active").await;
    accept(&first, &late).send().await.expect(200);
    let (partnership, resident, now) = (PartnershipId(p.id.parse().unwrap()), p.resident.id, app.now());
    app.db(move |conn| {
        let own = memberships::partnership_id.eq(partnership).and(memberships::account_id.eq(resident));
        diesel::update(memberships::table.filter(own))
            .set((memberships::state.eq("left"), memberships::ended_at.eq(now)))
            .execute(conn)
    })
    .await;
    accept(&second, &later).send().await.problem(409, "conflict");
}

async fn invitations_lapse_are_declined_and_taken_back(app: App) {
    let p = app.led().await;
    let people = [app.citizen().await, app.citizen().await, app.citizen().await];
    let mut ids = Vec::new();
    for person in &people {
        let made = app
            .post(p.path("/invitations"))
            .by(&p.resident)
            .fresh_key()
            .json(json!({"email": person.email}))
            .send()
            .await;
        ids.push(made.expect(201).id());
    }
    app.post(format!("/membership-invitations/{}/decline", ids[0])).by(&people[0]).if_match(1).send().await.expect(200);
    app.post(format!("/membership-invitations/{}/revoke", ids[1])).by(&p.resident).if_match(1).send().await.expect(200);
    app.post(format!("/membership-invitations/{}/accept", ids[1]))
        .by(&people[1])
        .if_match(2)
        .send()
        .await
        .problem(409, "conflict");
    app.pass(days(30));
    let late = app.get("/account/membership-invitations").by(&people[2]).send().await.expect(200);
    assert_eq!(late.items()[0]["is_expired"], true);
    app.post(format!("/membership-invitations/{}/accept", ids[2]))
        .by(&people[2])
        .if_match(1)
        .send()
        .await
        .problem(409, "conflict");
    let again = app
        .post(p.path("/invitations"))
        .by(&p.resident)
        .fresh_key()
        .json(json!({"email": people[2].email}))
        .send()
        .await;
    again.expect(201);
}

async fn list_memberships_pages_stably_while_others_join(app: App) {
    let p = app.led().await;
    for _ in 0..4 {
        app.join(&p, &app.citizen().await, &p.resident).await;
    }
    let first = app.get(p.path("/memberships?limit=4")).by(&p.neighbor).send().await.expect(200);
    app.join(&p, &app.citizen().await, &p.resident).await;
    let rest = app
        .get(p.path(&format!("/memberships?limit=4&cursor={}", first.str("next_cursor"))))
        .by(&p.neighbor)
        .send()
        .await
        .expect(200);
    let mut ids: Vec<&str> = first.items().iter().chain(rest.items()).map(|i| i["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), rest.body["next_cursor"].is_null()), (8, true));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 8);
}

both_engines![
    request_membership_computes_the_side,
    officer_on_duty_joins_at_once_and_others_ask,
    accept_membership_is_for_members_until_there_are_leaders,
    a_request_is_known_to_whoever_asked_and_whoever_answers,
    neither_side_lets_people_in_on_the_other,
    a_side_without_a_leader_answers_for_itself,
    requests_to_a_side_without_a_leader_are_listed_to_its_members,
    decline_leave_and_remove_end_a_membership,
    leaders_hand_over_before_they_leave,
    update_membership_gives_roles_by_leaders_of_the_side,
    invitations_are_found_by_the_invited_address_alone,
    an_invitation_counts_no_longer_than_whoever_sent_it_belongs,
    invitations_lapse_are_declined_and_taken_back,
    list_memberships_pages_stably_while_others_join,
];
