//! Minutes and action items.

use diesel::prelude::*;
use futures_util::future::join;
use serde_json::{Value, json};
use threekeys::platform::clock::days;
use threekeys::platform::crypto::{hex, sha256};
use threekeys::platform::db::AnyId;
use threekeys::schema::partnerships;

use crate::support::client::Call;
use crate::support::deciding::DECIDING_TAKES;
use crate::support::world::{SILENCE, meeting_body};
use crate::support::{Answer, App, Person, World, page_through};

const TEXT: &str = "Nine neighbors and two officers.\n\nThe lamps are repaired.";

/// A meeting that is over.
pub async fn adjourned(app: &App, world: &World, other: Value) -> String {
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

pub fn step<'a>(app: &'a App, by: &Person, path: &str, what: &str, version: i64) -> Call<'a> {
    app.post(format!("{path}/minutes/{what}")).by(by).if_match(version)
}

/// Written by the secretary and circulated.
pub async fn circulated(app: &App, world: &World, other: Value) -> String {
    let path = adjourned(app, world, other).await;
    write(app, &world.secretary, &path, "public").await.expect(201);
    step(app, &world.secretary, &path, "circulate", 1).send().await.expect(200);
    path
}

pub async fn ask(app: &App, by: &Person, path: &str) -> Answer {
    let body = json!({"passage": "two officers", "proposal": "Three officers."});
    app.post(format!("{path}/minutes/correction-requests")).by(by).json(body).send().await
}

pub async fn answer(app: &App, by: &Person, id: &str, how: &str, version: i64) -> Answer {
    let call = app.post(format!("/correction-requests/{id}/{how}")).by(by).if_match(version);
    let call = if how == "decline" { call.json(json!({"reason": "We counted."})) } else { call };
    call.send().await
}

async fn first_meeting(app: &App, world: &World) -> Option<String> {
    let id = world.partnership;
    let found: Option<AnyId> =
        app.db(move |conn| partnerships::table.find(id).select(partnerships::first_meeting).first(conn)).await;
    found.map(|id| id.to_string())
}

async fn minutes_go_from_draft_over_silent_consent_to_their_readers(app: App) {
    let world = app.world().await;
    let path = adjourned(&app, &world, json!({})).await;
    for person in [&world.member, &world.police_leader] {
        let body = json!({"account_id": person.id});
        app.post(format!("{path}/attendance")).by(&world.secretary).json(body).send().await.expect(201);
    }
    let minutes = format!("{path}/minutes");
    app.get(&minutes).by(&world.secretary).send().await.problem(404, "not_found");
    let made = write(&app, &world.secretary, &path, "public").await.expect(201);
    assert_eq!(made.header("location"), Some(format!("/api/v1{minutes}").as_str()));
    assert_eq!((made.header("etag"), &made.body["state"]), (Some("\"1\""), &json!("draft")));
    assert_eq!(made.body["missing_assents"], json!(["civilian", "police"]));
    let (publish, assent) = ("publish", "assent");
    let early = step(&app, &world.secretary, &path, publish, 1).send().await.problem(409, "minutes_not_approved");
    assert_eq!(early.body["missing"], json!(["circulation", "civilian", "police", "silence"]));
    step(&app, &world.civilian_leader, &path, assent, 1).send().await.problem(409, "conflict");

    step(&app, &world.facilitator, &path, "circulate", 1).send().await.problem(403, "forbidden");
    let sent = step(&app, &world.secretary, &path, "circulate", 1).send().await.expect(200);
    assert_eq!((&sent.body["state"], &sent.body["is_circulated_late"]), (&json!("circulated"), &json!(false)));
    assert_eq!(sent.body["consents_at"], app.now().plus(SILENCE).to_string());
    step(&app, &world.secretary, &path, "circulate", 2).send().await.problem(409, "conflict");
    for reader in [&world.member, &world.police_leader, &world.secretary] {
        let letters = app.mails(&reader.email).await;
        assert!(letters.iter().any(|letter| letter.contains(&minutes)), "{}", reader.email);
        assert!(!letters.iter().any(|letter| letter.contains("lamps")), "nothing of the text is mailed");
    }
    assert!(app.mails(&world.stranger.email).await.is_empty());
    step(&app, &world.secretary, &path, assent, 2).send().await.problem(403, "forbidden");
    let one = step(&app, &world.civilian_leader, &path, assent, 2).send().await.expect(200);
    assert_eq!(one.body["missing_assents"], json!(["police"]));
    step(&app, &world.civilian_leader, &path, assent, 3).send().await.problem(409, "already_signed");

    // Written anew: nobody has assented to this, and the time begins anew.
    app.pass(days(10));
    let body = json!({"text": "Ten neighbors.", "visibility": "public"});
    let anew = app.put(&minutes).by(&world.facilitator).if_match(3).json(body.clone()).send().await.expect(200);
    assert_eq!((&anew.body["number"], &anew.body["text"]), (&json!(2), &json!("Ten neighbors.")));
    assert_eq!((&anew.body["assents"], anew.version()), (&json!([]), 4));
    assert_eq!(anew.body["consents_at"], app.now().plus(SILENCE).to_string());
    app.put(&minutes).by(&world.facilitator).json(body.clone()).send().await.problem(428, "precondition_required");
    let lost = app.put(&minutes).by(&world.facilitator).if_match(3).json(body.clone()).send().await;
    lost.problem(412, "precondition_failed");
    step(&app, &world.police_leader, &path, assent, 4).send().await.expect(200);
    app.pass(days(10));
    assert_eq!(app.run_job("approve_minutes").await, 0, "one side is missing");
    let both = step(&app, &world.civilian_leader, &path, assent, 5).send().await.expect(200);
    assert_eq!((&both.body["state"], &both.body["missing_assents"]), (&json!("circulated"), &json!([])));
    assert_eq!(app.run_job("approve_minutes").await, 0, "four days are missing");
    app.pass(days(4).saturating_sub(std::time::Duration::from_micros(1)));
    assert_eq!(app.run_job("approve_minutes").await, 0, "a moment is missing");
    let early = step(&app, &world.secretary, &path, publish, 6).send().await.problem(409, "minutes_not_approved");
    assert_eq!(early.body["missing"], json!(["silence"]));
    assert_eq!(first_meeting(&app, &world).await, None);
    app.pass(std::time::Duration::from_micros(1));
    assert_eq!((app.run_job("approve_minutes").await, app.run_job("approve_minutes").await), (1, 0));

    let approved = app.get(&minutes).by(&world.member).send().await.expect(200);
    assert_eq!((&approved.body["state"], &approved.body["approval"]), (&json!("approved"), &json!("silent_consent")));
    let meeting = app.get(&path).send().await.expect(200);
    assert_eq!(meeting.body["state"], "minuted");
    assert_eq!(first_meeting(&app, &world).await, Some(meeting.id()), "it counts for the checklist");
    let formation = app.get(format!("/partnerships/{}/formation", world.partnership)).by(&world.member).send().await;
    let missing = formation.expect(200).body["missing"].clone();
    assert!(!missing.as_array().unwrap().contains(&json!("first_meeting")), "{missing}");

    app.put(&minutes).by(&world.secretary).if_match(7).json(body).send().await.problem(409, "conflict");
    step(&app, &world.police_leader, &path, assent, 7).send().await.problem(409, "conflict");
    ask(&app, &world.member, &path).await.problem(409, "conflict");
    step(&app, &world.secretary, &path, publish, 6).send().await.problem(412, "precondition_failed");
    app.pass(days(4));
    let published = step(&app, &world.secretary, &path, publish, 7).send().await.expect(200);
    assert_eq!((&published.body["state"], &published.body["is_published_late"]), (&json!("published"), &json!(true)));
    step(&app, &world.secretary, &path, publish, 8).send().await.problem(409, "conflict");
    let public = app.get(&minutes).send().await.expect(200);
    assert_eq!((&public.body["text"], &public.body["written_by"]), (&json!("Ten neighbors."), &Value::Null));
    assert_eq!((&public.body["redactions"], &public.body["decision_id"]), (&Value::Null, &Value::Null));
    let inside = app.get(&minutes).by(&world.member).send().await.expect(200);
    assert_eq!(inside.body["written_by"]["display_name"], world.facilitator.name);
    let digest = hex(&sha256(&[b"Ten neighbors."]));
    assert_eq!((&inside.body["content_hash"], &public.body["public_hash"]), (&json!(digest), &json!(digest)));

    let versions = app.get(format!("{minutes}/versions")).by(&world.officer).send().await.expect(200);
    let texts: Vec<_> = versions.items().iter().map(|v| v["text"].clone()).collect();
    assert_eq!(texts, [json!("Ten neighbors."), json!(TEXT)]);
    assert_eq!(page_through(&app, &format!("{minutes}/versions"), Some(&world.secretary)).await.len(), 2);
    app.get(format!("{minutes}/versions")).by(&world.member).send().await.problem(403, "forbidden");
    let told = app.get(format!("{path}/timeline")).send().await.expect(200);
    assert_eq!(told.items()[0]["words"], "The minutes were published");
}

async fn a_draft_is_made_from_what_is_on_record(app: App) {
    let world = app.world().await;
    let before =
        adjourned(&app, &world, json!({"starts_local": "2027-03-09T16:30", "ends_local": "2027-03-09T18:00"})).await;
    let path = adjourned(&app, &world, json!({})).await;
    let there = |path: &str, who: &Person| {
        let body = json!({"account_id": who.id});
        app.post(format!("{path}/attendance")).by(&world.secretary).json(body).send()
    };
    there(&before, &world.member).await.expect(201);
    for who in [&world.member, &world.secretary, &world.police_leader] {
        there(&path, who).await.expect(201);
    }
    let heads = json!({"side": "civilian", "organisation_kind": "faith", "count": 4});
    app.put(format!("{path}/head-counts")).by(&world.secretary).json(heads).send().await.expect(200);
    let item = json!({"what": "Ask the city for a lamp.", "assignee_id": world.member.id, "due_on": "2027-03-23"});
    app.post(format!("{path}/action-items")).by(&world.secretary).json(item).send().await.expect(201);
    let draft = app.get(format!("{path}/minutes/draft")).by(&world.secretary).send().await.expect(200);
    assert_eq!(draft.body["state"], "not_started");
    for line in [
        "Lights on Kansas Avenue",
        "Tuesday, 9 March 2027, 18:30, Armourdale Recreation Center",
        "Present: 7 people",
        "- civilian side: 6 people (2 by person, 4 counted), 1 for the first time",
        "- police side: 1 person (1 by person, 0 counted), 1 for the first time",
        "- 4 of faith (civilian side)",
    ] {
        assert!(draft.str("text").lines().any(|told| told == line), "{line}: {}", draft.str("text"));
    }
    assert!(draft.str("text").contains(&format!("Ask the city for a lamp.: {}, by 2027-03-23", world.member.name)));
    let text = json!({"text": draft.body["text"], "visibility": "members"});
    app.put(format!("{path}/minutes")).by(&world.secretary).json(text).send().await.expect(201);
    let again = app.get(format!("{path}/minutes/draft")).by(&world.facilitator).send().await.expect(200);
    assert_eq!(again.body["state"], "draft");
    app.get(format!("{path}/minutes/draft")).by(&world.member).send().await.problem(403, "forbidden");
    app.get(format!("{path}/minutes/draft")).send().await.problem(401, "unauthenticated");
}

async fn what_is_redacted_is_read_by_members_and_officers_alone(app: App) {
    const SECRET: &str = "Ms. Ortiz of 12 Elm";
    let world = app.world().await;
    let path = adjourned(&app, &world, json!({})).await;
    let minutes = format!("{path}/minutes");
    let put = |text: &str, redactions: Value, version: Option<i64>| {
        let call = app.put(&minutes).by(&world.secretary);
        let call = match version {
            Some(version) => call.if_match(version),
            None => call,
        };
        call.json(json!({"text": text, "redactions": redactions, "visibility": "public"})).send()
    };
    let text = format!("{SECRET} told of it. {SECRET} was thanked by the victim unit.");
    let wrong = json!([{"passage": "Mr. Nobody", "reason": "privacy"}, {"passage": "victim", "reason": "victim"},
        {"passage": SECRET, "reason": "secret"}]);
    put(&text, wrong, None).await.refuses(&["/redactions/2/reason"]);
    let wrong = json!([{"passage": "Mr. Nobody", "reason": "privacy"}, {"passage": "victim", "reason": "victim"}]);
    put(&text, wrong, None).await.refuses(&["/redactions/0/passage", "/redactions/1/passage"]);
    put(&text, json!([{"passage": SECRET, "reason": "victim"}]), None).await.expect(201);
    let version = app.approved_minutes(&path, [&world.civilian_leader, &world.police_leader]).await;
    step(&app, &world.secretary, &path, "publish", version).send().await.expect(200);
    let telling = json!({"text": format!("It was not {SECRET}."), "reason": format!("{SECRET} asked for it.")});
    let written =
        app.post(format!("{minutes}/corrections")).by(&world.police_leader).json(telling).send().await.expect(201);
    let id = written.body["corrections"][0]["id"].as_str().unwrap().to_owned();
    let assent = format!("{minutes}/corrections/{id}/assent");
    app.post(&assent).by(&world.police_leader).if_match(written.version()).send().await.problem(409, "already_signed");
    app.post(&assent).by(&world.member).if_match(written.version()).send().await.problem(403, "forbidden");
    let gone = format!("{minutes}/corrections/{}/assent", uuid::Uuid::now_v7());
    app.post(gone).by(&world.civilian_leader).if_match(written.version()).send().await.problem(404, "not_found");
    app.post(&assent).by(&world.civilian_leader).if_match(written.version()).send().await.expect(200);

    let public = "[redacted: victim] told of it. [redacted: victim] was thanked by the victim unit.";
    for (name, person) in world.everybody() {
        let read = app.get(&minutes).by_or_nobody(person).send().await.expect(200);
        let whole = !["anonymous", "stranger", "other_officer", "administrator"].contains(&name);
        let told = String::from_utf8_lossy(&read.bytes).into_owned();
        assert_eq!(told.contains("Ortiz"), whole, "{name}: {told}");
        let digest = |text: &str| json!(hex(&sha256(&[text.as_bytes()])));
        assert_eq!(read.body["public_hash"], digest(public), "{name}");
        assert_eq!(read.body["content_hash"], digest(&read.str("text")), "{name}: of what is read there");
        assert_eq!(told.contains(digest(&text).as_str().unwrap()), whole, "{name}: no digest to guess by");
        let correction = &read.body["corrections"][0];
        assert_eq!(correction["content_hash"], digest(correction["text"].as_str().unwrap()), "{name}");
        let versions = app.get(format!("{minutes}/versions")).by_or_nobody(person).send().await;
        let timeline = app.get(format!("{path}/timeline")).by_or_nobody(person).send().await;
        for answer in [&versions, &timeline] {
            let told = String::from_utf8_lossy(&answer.bytes).into_owned();
            assert!(whole || !told.contains("Ortiz"), "{name}: {told}");
        }
    }
    assert_eq!(app.get(&minutes).send().await.expect(200).str("text"), public);
}

async fn correction_requests_hold_silent_consent_up_until_they_are_answered(app: App) {
    let world = app.world().await;
    let path = adjourned(&app, &world, json!({})).await;
    write(&app, &world.secretary, &path, "public").await.expect(201);
    ask(&app, &world.member, &path).await.problem(404, "not_found");
    ask(&app, &world.secretary, &path).await.problem(409, "conflict");
    step(&app, &world.secretary, &path, "circulate", 1).send().await.expect(200);
    ask(&app, &world.stranger, &path).await.problem(404, "not_found");
    ask(&app, &world.officer, &path).await.problem(403, "forbidden");
    let body = json!({"passage": "three officers", "proposal": "No."});
    let wrong = app.post(format!("{path}/minutes/correction-requests")).by(&world.member).json(body).send().await;
    wrong.refuses(&["/passage"]);
    let first = ask(&app, &world.member, &path).await.expect(201);
    assert_eq!(first.header("location"), Some(format!("/api/v1/correction-requests/{}", first.id()).as_str()));
    assert_eq!((&first.body["state"], &first.body["text_number"]), (&json!("open"), &json!(1)));
    let (second, third) = (ask(&app, &world.facilitator, &path).await.id(), ask(&app, &world.member, &path).await.id());
    let minutes = app.get(format!("{path}/minutes")).by(&world.member).send().await.expect(200);
    assert_eq!((&minutes.body["state"], &minutes.body["open_correction_requests"]), (&json!("corrections"), &json!(3)));
    for leader in [&world.civilian_leader, &world.police_leader] {
        let version = app.minutes_version(&path, leader).await;
        step(&app, leader, &path, "assent", version).send().await.expect(200);
    }
    app.pass(SILENCE);
    assert_eq!(app.run_job("approve_minutes").await, 0, "somebody waits for an answer");
    let version = app.minutes_version(&path, &world.secretary).await;
    let held = step(&app, &world.secretary, &path, "propose", version).send().await.problem(409, "gate_unmet");
    assert_eq!(held.body["missing"], json!(["correction_requests"]));

    let early = answer(&app, &world.secretary, &first.id(), "accept", 1).await;
    early.problem(409, "conflict");
    answer(&app, &world.member, &first.id(), "decline", 1).await.problem(403, "forbidden");
    answer(&app, &world.secretary, &first.id(), "withdraw", 1).await.problem(403, "forbidden");
    answer(&app, &world.stranger, &first.id(), "withdraw", 1).await.problem(404, "not_found");
    answer(&app, &world.secretary, &second, "decline", 2).await.problem(412, "precondition_failed");
    let declined = answer(&app, &world.secretary, &second, "decline", 1).await.expect(200);
    assert_eq!(
        (&declined.body["state"], &declined.body["decline_reason"]),
        (&json!("declined"), &json!("We counted."))
    );
    answer(&app, &world.facilitator, &second, "withdraw", 2).await.problem(409, "conflict");
    answer(&app, &world.member, &third, "withdraw", 1).await.expect(200);
    assert_eq!(app.run_job("approve_minutes").await, 0);
    let version = app.minutes_version(&path, &world.secretary).await;
    let body = json!({"text": "Nine neighbors and three officers.", "visibility": "public"});
    app.put(format!("{path}/minutes")).by(&world.secretary).if_match(version).json(body).send().await.expect(200);
    let accepted = answer(&app, &world.secretary, &first.id(), "accept", 1).await.expect(200);
    assert_eq!((&accepted.body["state"], &accepted.body["accepted_number"]), (&json!("accepted"), &json!(2)));
    assert_eq!(accepted.body["answered_by"]["display_name"], world.secretary.name);
    let list = format!("{path}/minutes/correction-requests");
    assert_eq!(page_through(&app, &list, Some(&world.member)).await, [first.id(), second, third.clone()]);
    let some = app.get(format!("{list}?state=withdrawn")).by(&world.officer).send().await.expect(200);
    assert_eq!((some.items().len(), &some.items()[0]["id"]), (1, &json!(third)));
    app.get(&list).by(&world.administrator).send().await.problem(403, "forbidden");
    app.get(&list).send().await.problem(401, "unauthenticated");
    app.get(format!("/correction-requests/{third}")).by(&world.other_officer).send().await.problem(404, "not_found");
    app.pass(SILENCE);
    assert_eq!(app.run_job("approve_minutes").await, 0, "nobody has assented to the new text");
    for leader in [&world.civilian_leader, &world.police_leader] {
        let version = app.minutes_version(&path, leader).await;
        step(&app, leader, &path, "assent", version).send().await.expect(200);
    }
    assert_eq!(app.run_job("approve_minutes").await, 1);
}

async fn minutes_are_approved_by_decision_or_circulated_again(app: App) {
    app.earlier(DECIDING_TAKES);
    let p = app.led().await;
    let soon = meeting_body(json!({"starts_local": "2027-02-24T12:30", "ends_local": "2027-02-24T14:00"}));
    let path = format!("/meetings/{}", app.post(p.path("/meetings")).by(&p.resident).json(soon).send().await.id());
    app.state.clock.set("2027-02-24T18:30:00Z".parse().unwrap());
    for (what, version) in [("start", 1), ("adjourn", 2)] {
        app.post(format!("{path}/{what}")).by(&p.resident).if_match(version).send().await.expect(200);
    }
    write(&app, &p.resident, &path, "public").await.expect(201);
    step(&app, &p.resident, &path, "propose", 1).send().await.problem(409, "conflict");
    step(&app, &p.resident, &path, "circulate", 1).send().await.expect(200);
    step(&app, &p.resident, &path, "assent", 2).send().await.expect(200);
    step(&app, &p.neighbor, &path, "propose", 3).send().await.problem(403, "forbidden");
    let proposed = step(&app, &p.resident, &path, "propose", 3).leaving(2).send().await.expect(200);
    let decision = proposed.str("decision_id");
    assert_eq!((&proposed.body["state"], proposed.version()), (&json!("proposed"), 4));
    assert_eq!(app.decision_text(&p, &decision).await, TEXT);
    step(&app, &p.officer, &path, "assent", 4).send().await.problem(409, "conflict");
    ask(&app, &p.neighbor, &path).await.problem(409, "conflict");
    let early = step(&app, &p.resident, &path, "publish", 4).send().await.problem(409, "minutes_not_approved");
    assert_eq!(early.body["missing"], json!(["decision", "police", "silence"]));
    let amended = json!({"text": "Something else was said, and by others."});
    let version = app.decision_of(&p, &decision).await.version();
    let amend = app.post(format!("/decisions/{decision}/amend")).by(&p.resident).if_match(version).json(amended);
    amend.send().await.problem(409, "conflict");

    // Taken back: they are circulated again, and nobody is silent about what did not come through.
    app.take_back(&p, &decision).await;
    let again = app.get(format!("{path}/minutes")).by(&p.officer).send().await.expect(200);
    assert_eq!((&again.body["state"], &again.body["assents"]), (&json!("circulated"), &json!([])));
    let proposed = step(&app, &p.resident, &path, "propose", again.version()).leaving(2).send().await.expect(200);
    let decision = proposed.str("decision_id");
    let body = json!({"text": "Nine neighbors.", "visibility": "public"});
    let anew = app.put(format!("{path}/minutes")).by(&p.resident).if_match(proposed.version()).json(body.clone());
    let anew = anew.leaving(2).send().await.expect(200);
    assert_eq!((&anew.body["state"], &anew.body["number"]), (&json!("proposed"), &json!(2)));
    assert_eq!(
        (app.decision_text(&p, &decision).await.as_str(), app.decision_version(&p, &decision).await),
        ("Nine neighbors.", 2)
    );
    let same = app.put(format!("{path}/minutes")).by(&p.resident).if_match(anew.version()).json(body);
    same.send().await.expect(200);
    assert_eq!(app.decision_version(&p, &decision).await, 2, "the same text asks nobody again");
    app.adopt(&p, &decision).await;
    let approved = app.get(format!("{path}/minutes")).by(&p.neighbor).send().await.expect(200);
    assert_eq!((&approved.body["state"], &approved.body["approval"]), (&json!("approved"), &json!("decision")));
    assert_eq!(app.get(&path).send().await.expect(200).body["state"], "minuted");
    let published = step(&app, &p.resident, &path, "publish", approved.version()).send().await.expect(200);
    assert_eq!(published.body["is_published_late"], false);
}

async fn minutes_of_leaders_are_told_to_leaders_and_not_decided_on(app: App) {
    let world = app.world().await;
    let path = adjourned(&app, &world, json!({"visibility": "leaders"})).await;
    write(&app, &world.civilian_leader, &path, "members").await.expect(201);
    step(&app, &world.civilian_leader, &path, "circulate", 1).send().await.expect(200);
    assert!(app.mails(&world.member.email).await.is_empty());
    assert_eq!(app.mails(&world.police_leader.email).await.len(), 1);
    step(&app, &world.civilian_leader, &path, "propose", 2).send().await.problem(409, "conflict");
    ask(&app, &world.member, &path).await.problem(404, "not_found");
}

async fn silence_in_a_partnership_that_is_stopped_approves_nothing(app: App) {
    let world = app.world().await;
    let path = circulated(&app, &world, json!({})).await;
    for (leader, version) in [(&world.civilian_leader, 2), (&world.police_leader, 3)] {
        step(&app, leader, &path, "assent", version).send().await.expect(200);
    }
    let id = world.partnership;
    let set = |state: &'static str| {
        app.db(move |conn| {
            diesel::update(partnerships::table.find(id)).set(partnerships::state.eq(state)).execute(conn)
        })
    };
    app.pass(SILENCE);
    set("suspended").await;
    assert_eq!(app.run_job("approve_minutes").await, 0);
    set("forming").await;
    assert_eq!(app.run_job("approve_minutes").await, 1);
}

async fn two_leaders_who_assent_at_once_both_do_and_one_twice_does_not(app: App) {
    let world = app.world().await;
    let path = circulated(&app, &world, json!({})).await;
    let assent = |by| step(&app, by, &path, "assent", 2).unchecked().send();
    let (one, other) = join(assent(&world.civilian_leader), assent(&world.police_leader)).await;
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412], "each saw what the other did before");
    let late = if one.status == 412 { &world.civilian_leader } else { &world.police_leader };
    step(&app, late, &path, "assent", 3).send().await.expect(200);
    let minutes = app.get(format!("{path}/minutes")).by(&world.member).send().await.expect(200);
    assert_eq!(minutes.body["missing_assents"], json!([]));
}

async fn minutes_are_read_as_their_state_and_visibility_say(app: App) {
    let world = app.world().await;
    let drafts = ["secretary", "facilitator", "civilian_leader", "police_leader", "officer", "commander"];
    let approved = [&drafts[..], &["member"]].concat();
    let inside = [&approved[..], &["administrator"]].concat();
    let outside = ["anonymous", "stranger", "other_officer"];
    let everybody = [&inside[..], &outside].concat();
    let start = app.now();
    for (meeting, minutes, published) in [
        ("public", "public", &everybody),
        ("public", "members", &inside),
        ("members", "public", &inside),
        ("members", "members", &inside),
    ] {
        app.state.clock.set(start);
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
        step(&app, &world.civilian_leader, &path, "circulate", 1).send().await.expect(200);
        readers(approved.clone()).await;
        for (leader, version) in [(&world.civilian_leader, 2), (&world.police_leader, 3)] {
            step(&app, leader, &path, "assent", version).send().await.expect(200);
        }
        app.pass(SILENCE);
        assert_eq!(app.run_job("approve_minutes").await, 1);
        readers(approved.clone()).await;
        step(&app, &world.civilian_leader, &path, "publish", 5).send().await.expect(200);
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
    step(&app, &world.civilian_leader, &path, "assent", 1).send().await.problem(404, "not_found");
    let during = format!("/meetings/{}", app.meeting(&world, json!({})).await.id());
    app.post(format!("{during}/start")).by(&world.secretary).if_match(1).send().await.expect(200);
    write(&app, &world.secretary, &during, "members").await.expect(201);
    step(&app, &world.civilian_leader, &during, "circulate", 1).send().await.problem(409, "conflict");
}

async fn circulate_minutes_waits_for_somebody_to_take_on_each_item(app: App) {
    let world = app.world().await;
    let path = adjourned(&app, &world, json!({})).await;
    write(&app, &world.secretary, &path, "public").await.expect(201);
    let items = format!("{path}/action-items");
    let body = json!({"what": "Ask the city for a lamp.", "due_on": "2027-03-23"});
    let first = app.post(&items).by(&world.secretary).json(body.clone()).send().await.expect(201);
    let second = app.post(&items).by(&world.secretary).json(body.clone()).send().await.expect(201);
    let third = app.post(&items).by(&world.secretary).json(body.clone()).send().await.expect(201);
    let refused = step(&app, &world.civilian_leader, &path, "circulate", 1).send().await.problem(409, "gate_unmet");
    assert_eq!(refused.body["missing"], json!(["action_item_owner"]));
    let addresses = [&first, &second, &third].map(|item| json!(format!("/api/v1/action-items/{}", item.id())));
    assert_eq!(refused.body["conflicts"], json!(addresses));
    let patch = |item: &Answer, body: Value| {
        app.patch(format!("/action-items/{}", item.id())).by(&world.secretary).if_match(1).json(body)
    };
    patch(&first, json!({"assignee_id": world.member.id})).send().await.expect(200);
    patch(&second, json!({"no_owner_found": true})).send().await.expect(200);
    step(&app, &world.civilian_leader, &path, "circulate", 1).send().await.problem(409, "gate_unmet");
    let drop = app.post(format!("/action-items/{}/drop", third.id())).by(&world.facilitator).if_match(1);
    drop.json(json!({"reason": "The city was faster."})).send().await.expect(200);
    app.approved_minutes(&path, [&world.civilian_leader, &world.police_leader]).await;
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
    minutes_go_from_draft_over_silent_consent_to_their_readers,
    a_draft_is_made_from_what_is_on_record,
    what_is_redacted_is_read_by_members_and_officers_alone,
    correction_requests_hold_silent_consent_up_until_they_are_answered,
    minutes_are_approved_by_decision_or_circulated_again,
    minutes_of_leaders_are_told_to_leaders_and_not_decided_on,
    silence_in_a_partnership_that_is_stopped_approves_nothing,
    two_leaders_who_assent_at_once_both_do_and_one_twice_does_not,
    minutes_are_read_as_their_state_and_visibility_say,
    write_minutes_is_refused_by_state_and_person,
    circulate_minutes_waits_for_somebody_to_take_on_each_item,
    action_items_are_read_by_members_written_by_organisers_and_completed_by_who_took_them_on,
    action_items_with_values_that_do_not_do_name_the_field,
];
