//! What is masked in published minutes, when they are published and afterwards.

use serde_json::{Value, json};
use threekeys::platform::crypto::{hex, sha256};

use super::minutes::{adjourned, step};
use crate::support::{Answer, App, Person, World};

const TEXT: &str = "Ms. Ortiz told of it. José Peña of 12 Elm was thanked.\n\nThe annual walk is on the 3rd.";

fn digest(text: &str) -> Value {
    json!(hex(&sha256(&[text.as_bytes()])))
}

/// Published for everybody, with one passage masked.
async fn published(app: &App, world: &World) -> String {
    let path = adjourned(app, world, json!({})).await;
    let body = json!({"text": TEXT, "visibility": "public",
        "redactions": [{"passage": "ms.  ORTIZ", "reason": "victim"}]});
    app.put(format!("{path}/minutes")).by(&world.secretary).json(body).send().await.expect(201);
    let version = app.approved_minutes(&path, [&world.civilian_leader, &world.police_leader]).await;
    let early = redact(app, &world.secretary, &path, json!([{"passage": "12 Elm", "reason": "privacy"}])).await;
    early.problem(409, "conflict");
    step(app, &world.secretary, &path, "publish", version).send().await.expect(200);
    format!("{path}/minutes")
}

async fn redact(app: &App, by: &Person, path: &str, redactions: Value) -> Answer {
    let path = if path.ends_with("/minutes") { path.to_owned() } else { format!("{path}/minutes") };
    let body = json!({"redactions": redactions, "reason": "Mr. Peña asked us not to be named."});
    app.post(format!("{path}/redactions")).by(by).json(body).send().await
}

async fn correct(app: &App, world: &World, minutes: &str, body: Value) -> Answer {
    let made = app.post(format!("{minutes}/corrections")).by(&world.police_leader).json(body).send().await.expect(201);
    let last = made.body["corrections"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    let assent = app.post(format!("{minutes}/corrections/{last}/assent")).by(&world.civilian_leader);
    assent.if_match(made.version()).send().await.expect(200)
}

async fn a_name_that_was_overlooked_is_masked_after_publication(app: App) {
    let world = app.world().await;
    let minutes = published(&app, &world).await;
    let first = "[redacted: victim] told of it. José Peña of 12 Elm was thanked.\n\nThe annual walk is on the 3rd.";
    let before = app.get(&minutes).send().await.expect(200);
    assert_eq!((before.str("text").as_str(), &before.body["public_hash"]), (first, &digest(first)));
    assert_eq!(before.body["later_redactions"], json!([]));
    correct(&app, &world, &minutes, json!({"text": "JOSE PENA lives at 14 Elm.", "reason": "Peña told us."})).await;
    let told = app.get(&minutes).send().await.expect(200).body["corrections"][0].clone();
    assert_eq!(told["text"], "JOSE PENA lives at 14 Elm.");

    let wrong = json!([{"passage": "Nobody", "reason": "privacy"}, {"passage": "annu", "reason": "other"},
        {"passage": "Ortiz", "reason": "secret"}]);
    redact(&app, &world.secretary, &minutes, wrong).await.refuses(&["/redactions/2/reason"]);
    let wrong = json!([{"passage": "Nobody", "reason": "privacy"}, {"passage": "annu", "reason": "other"},
        {"passage": "Ortiz", "reason": "victim"}]);
    redact(&app, &world.secretary, &minutes, wrong).await.refuses(&["/redactions/0/passage", "/redactions/1/passage"]);
    redact(&app, &world.secretary, &minutes, json!([])).await.refuses(&["/redactions"]);
    let masked = json!([{"passage": "Ortiz", "reason": "victim"}]);
    redact(&app, &world.secretary, &minutes, masked).await.problem(409, "conflict");
    for person in [&world.member, &world.facilitator, &world.officer, &world.administrator, &world.stranger] {
        let of = json!([{"passage": "12 Elm", "reason": "privacy"}]);
        redact(&app, person, &minutes, of).await.problem(403, "forbidden");
    }
    let of = json!([{"passage": "josé peña", "reason": "privacy"}, {"passage": "Peña", "reason": "privacy"}]);
    let done = redact(&app, &world.secretary, &minutes, of.clone()).await.expect(201);
    assert_eq!(done.header("location"), Some(format!("/api/v1{minutes}").as_str()));
    assert_eq!((done.str("text").as_str(), &done.body["content_hash"]), (TEXT, &digest(TEXT)));
    let now = app.now().to_string();
    let of_walk = json!([{"passage": "12 ELM", "reason": "safety"}]);
    app.pass(std::time::Duration::from_secs(60));
    redact(&app, &world.police_leader, &minutes, of_walk).await.expect(201);

    let second =
        "[redacted: victim] told of it. [redacted: privacy] of 12 Elm was thanked.\n\nThe annual walk is on the 3rd.";
    let third = second.replace("12 Elm", "[redacted: safety]");
    let correction = "[redacted: privacy] lives at 14 Elm.";
    for (name, person) in world.everybody() {
        let read = app.get(&minutes).by_or_nobody(person).send().await.expect(200);
        let told = String::from_utf8_lossy(&read.bytes).into_owned();
        let whole = !["anonymous", "stranger", "other_officer", "administrator"].contains(&name);
        assert_eq!(told.contains("Peña") || told.contains("PENA") || told.contains("12 E"), whole, "{name}: {told}");
        for earlier in [first, second] {
            assert_eq!(told.contains(digest(earlier).as_str().unwrap()), whole, "{name}: no digest to guess by");
        }
        assert_eq!(read.body["public_hash"], digest(&third), "{name}");
        assert_eq!(read.body["content_hash"], digest(&read.str("text")), "{name}: of what is read there");
        let entries = &read.body["later_redactions"];
        let previous = |text: &str| if whole { digest(text) } else { Value::Null };
        let renditions = json!([
            {"correction": null, "previous_hash": previous(first), "public_hash": previous(second)},
            {"correction": 1, "previous_hash": previous("JOSE PENA lives at 14 Elm."), "public_hash": digest(correction)},
        ]);
        assert_eq!(entries[0]["renditions"], renditions, "{name}");
        assert_eq!((&entries[0]["number"], &entries[0]["created_at"]), (&json!(1), &json!(now)), "{name}");
        assert_eq!(entries[0]["redactions"], if whole { of.clone() } else { Value::Null }, "{name}");
        assert_eq!(entries[0]["reason"].is_string(), whole, "{name}");
        assert_eq!(entries[1]["renditions"][0]["public_hash"], digest(&third), "{name}");
        assert_eq!(entries.as_array().unwrap().len(), 2, "{name}");
        let corrected = &read.body["corrections"][0];
        assert_eq!(corrected["public_hash"], digest(correction), "{name}");
        assert_eq!(corrected["content_hash"], digest(corrected["text"].as_str().unwrap()), "{name}");
    }
    let outside = app.get(&minutes).send().await.expect(200);
    assert_eq!(outside.str("text"), third);
    let corrected = &outside.body["corrections"][0];
    assert_eq!(
        (&corrected["text"], &corrected["reason"]),
        (&json!(correction), &json!("[redacted: privacy] told us."))
    );
    let timeline = app.get(minutes.replace("/minutes", "/timeline")).send().await.expect(200);
    assert_eq!(timeline.items()[0]["words"], "More of the published minutes was masked: redaction 2");
}

async fn a_correction_has_redactions_of_its_own(app: App) {
    let world = app.world().await;
    let minutes = published(&app, &world).await;
    let body = json!({"text": "It was Lee Brown, not Ms. Ortiz.", "reason": "LEE  BROWN told us.",
        "redactions": [{"passage": "Nobody", "reason": "privacy"}]});
    app.post(format!("{minutes}/corrections"))
        .by(&world.police_leader)
        .json(body)
        .send()
        .await
        .refuses(&["/redactions/0/passage"]);
    let of = json!([{"passage": "Lee Brown", "reason": "juvenile"}]);
    let body = json!({"text": "It was Lee Brown, not Ms. Ortiz.", "reason": "LEE  BROWN told us.", "redactions": of});
    let made = correct(&app, &world, &minutes, body).await;
    assert_eq!(made.body["corrections"][0]["redactions"], of);
    let outside = app.get(&minutes).send().await.expect(200);
    let corrected = &outside.body["corrections"][0];
    let text = "It was [redacted: juvenile], not [redacted: victim].";
    assert_eq!((&corrected["text"], &corrected["reason"]), (&json!(text), &json!("[redacted: juvenile] told us.")));
    assert_eq!((&corrected["public_hash"], &corrected["redactions"]), (&digest(text), &Value::Null));

    // What is masked later is masked in later corrections as well.
    redact(&app, &world.secretary, &minutes, json!([{"passage": "Peña", "reason": "privacy"}])).await.expect(201);
    correct(&app, &world, &minutes, json!({"text": "Mr. PEÑA was late.", "reason": "We forgot."})).await;
    let outside = app.get(&minutes).send().await.expect(200);
    let text = "Mr. [redacted: privacy] was late.";
    let corrected = &outside.body["corrections"][1];
    assert_eq!((&corrected["text"], &corrected["public_hash"]), (&json!(text), &digest(text)));
    let entry = &outside.body["later_redactions"][0];
    assert_eq!(entry["renditions"].as_array().unwrap().len(), 1, "the first correction reads as before");
}

async fn redactions_of_minutes_for_members_are_told_to_members(app: App) {
    let world = app.world().await;
    let path = adjourned(&app, &world, json!({})).await;
    let body = json!({"text": TEXT, "visibility": "members"});
    app.put(format!("{path}/minutes")).by(&world.secretary).json(body).send().await.expect(201);
    let version = app.approved_minutes(&path, [&world.civilian_leader, &world.police_leader]).await;
    step(&app, &world.secretary, &path, "publish", version).send().await.expect(200);
    for passage in ["Ortiz", "Peña", "12 Elm"] {
        redact(&app, &world.secretary, &path, json!([{"passage": passage, "reason": "other"}])).await.expect(201);
    }
    let outside = app.get(format!("{path}/timeline")).send().await.expect(200);
    assert!(!outside.items().iter().any(|entry| entry["words"].as_str().unwrap().contains("masked")));
    let inside = app.get(format!("{path}/timeline")).by(&world.member).send().await.expect(200);
    assert!(inside.items().iter().any(|entry| entry["words"].as_str().unwrap().contains("masked")));
}

both_engines![
    a_name_that_was_overlooked_is_masked_after_publication,
    a_correction_has_redactions_of_its_own,
    redactions_of_minutes_for_members_are_told_to_members,
];
