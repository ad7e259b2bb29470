//! Notice of meetings.

use diesel::prelude::*;
use futures_util::future::join_all;
use serde_json::{Value, json};
use threekeys::platform::clock::{days, hours};
use threekeys::schema::{mails, notice_deliveries, notice_subscriptions, notices};

use crate::support::{Answer, App, World};

const READER: &str = "reader@example.org";

fn subscriptions(world: &World) -> String {
    format!("/partnerships/{}/notice-subscriptions", world.partnership)
}

async fn ask(app: &App, world: &World, email: &str) -> Answer {
    app.post(subscriptions(world)).json(json!({"email": email})).send().await
}

async fn with_code(app: &App, what: &str, token: &str) -> Answer {
    app.post(format!("/notice-subscriptions/{what}")).json(json!({"token": token})).send().await
}

/// Asks and confirms; gives the code.
async fn subscribed(app: &App, world: &World, email: &str) -> String {
    ask(app, world, email).await.expect(202);
    let token = app.mailed_code(email, "tkn_").await;
    with_code(app, "confirm", &token).await.expect(200);
    token
}

/// Subjects of the letters to an address so far.
async fn subjects(app: &App, email: &str) -> Vec<String> {
    let subject = |text: &String| text.lines().find_map(|line| line.strip_prefix("Subject: ")).map(ToOwned::to_owned);
    app.mails(email).await.iter().filter_map(subject).collect()
}

async fn listed(app: &App, meeting: &str, by: Option<&crate::support::Person>) -> Vec<Value> {
    let call = app.get(format!("/meetings/{meeting}/notices"));
    let call = match by {
        Some(person) => call.by(person),
        None => call,
    };
    call.send().await.expect(200).items().to_vec()
}

async fn notice_is_given_two_weeks_ahead_and_again_after_each_change(app: App) {
    let world = app.world().await;
    subscribed(&app, &world, READER).await;
    // Three weeks ahead.
    let meeting =
        app.meeting(&world, json!({"starts_local": "2027-03-22T18:30", "ends_local": "2027-03-22T20:00"})).await;
    let id = meeting.id();
    assert_eq!(app.run_job("give_notice").await, 0, "not yet");
    app.pass(days(8));
    assert_eq!(app.run_job("give_notice").await, 2, "one notice, one letter");
    assert_eq!(app.run_job("give_notice").await, 0, "once");
    let told = listed(&app, &id, None).await;
    assert_eq!((told.len(), &told[0]["kind"], &told[0]["is_in_time"]), (1, &json!("scheduled"), &json!(true)));
    assert_eq!(told[0]["letters"], Value::Null, "how many read it is for organisers");

    let path = format!("/meetings/{id}");
    let by = &world.civilian_leader;
    app.patch(&path).by(by).if_match(1).json(json!({"title": "Lamps"})).send().await.expect(200);
    assert_eq!(app.run_job("give_notice").await, 0, "another title is no other time or place");
    let place = json!({"place": {"name": "Library"}});
    app.patch(&path).by(by).if_match(2).json(place).send().await.expect(200);
    let time = json!({"starts_local": "2027-03-22T19:00"});
    app.patch(&path).by(by).if_match(3).json(time).send().await.expect(200);
    assert_eq!(app.run_job("give_notice").await, 2, "two changes at once are told in one letter");
    app.pass(days(11));
    let reason = json!({"reason": "The hall is flooded."});
    app.post(format!("{path}/cancel")).by(by).if_match(4).json(reason).send().await.expect(200);
    assert_eq!(app.run_job("give_notice").await, 2);

    let told = listed(&app, &id, Some(by)).await;
    let kinds: Vec<&Value> = told.iter().map(|notice| &notice["kind"]).collect();
    assert_eq!(kinds, ["cancelled", "changed", "scheduled"]);
    assert_eq!(told[0]["is_in_time"], false, "two days before");
    assert_eq!((&told[1]["sequence"], &told[1]["starts_at"]), (&json!(2), &json!("2027-03-23T00:00:00Z")));
    let letters = app.mails(READER).await;
    let letter = letters.iter().find(|letter| letter.contains("Subject: Cancelled: ")).unwrap();
    for part in ["The hall is flooded.", "Lamps", "Library", "Monday, 22 March 2027, 19:00", "America/Chicago", "911"] {
        assert!(letter.contains(part), "{part}: {letter}");
    }
    assert_eq!(letters.len(), 4, "one to confirm, three notices");
    let proof = listed(&app, &id, Some(by)).await[0]["letters"].clone();
    assert_eq!((&proof["written"], &proof["sent"], &proof["failed"]), (&json!(1), &json!(1), &json!(0)));
    let actions = app.actions().await;
    assert_eq!(actions.iter().filter(|action| *action == "meeting.noticed").count(), 3);
}

async fn notice_is_of_open_meetings_and_tells_no_private_address(app: App) {
    let world = app.world().await;
    subscribed(&app, &world, READER).await;
    app.meeting(&world, json!({"visibility": "members"})).await;
    app.meeting(&world, json!({"visibility": "leaders"})).await;
    let past = json!({"starts_local": "2027-02-26T18:30", "ends_local": "2027-02-26T20:00"});
    app.meeting(&world, past).await;
    assert_eq!(app.run_job("give_notice").await, 0);
    let home = json!({"place": {"kind": "private_home", "name": "At Maria's", "address": "1214 Osage Avenue"}});
    app.meeting(&world, home).await;
    assert_eq!(app.run_job("give_notice").await, 2);
    let letter = app.mails(READER).await.pop().unwrap();
    assert!(letter.contains("At Maria's") && !letter.contains("1214"), "{letter}");
    // A special meeting tomorrow: a day ahead will do.
    let tomorrow = |kind| json!({"kind": kind, "purpose": "The hall was flooded.", "starts_local": "2027-03-02T18:30", "ends_local": "2027-03-02T20:00"});
    let special = app.meeting(&world, tomorrow("special")).await.id();
    let regular = app.meeting(&world, tomorrow("regular")).await.id();
    app.run_job("give_notice").await;
    assert_eq!(listed(&app, &special, None).await[0]["is_in_time"], true);
    assert_eq!(listed(&app, &regular, None).await[0]["is_in_time"], false);
}

async fn no_notice_is_given_in_a_suspended_partnership_until_it_is_reinstated(app: App) {
    let world = app.world().await;
    subscribed(&app, &world, READER).await;
    let id = app.meeting(&world, json!({})).await.id();
    app.suspend_partnership(&world).await;
    assert_eq!(app.run_job("give_notice").await, 0);
    app.pass(days(1));
    assert_eq!(app.run_job("give_notice").await, 0);
    assert!(listed(&app, &id, None).await.is_empty());
    assert_eq!(subjects(&app, READER).await.len(), 1, "to confirm");
    app.reinstate_partnership(&world).await;
    assert_eq!(app.run_job("give_notice").await, 2, "one notice, one letter");
    assert_eq!(app.run_job("give_notice").await, 0, "once");
    assert_eq!(listed(&app, &id, None).await[0]["kind"], "scheduled");
    assert_eq!(subjects(&app, READER).await.len(), 2);
}

async fn whoever_asks_late_is_told_of_what_comes(app: App) {
    let world = app.world().await;
    app.meeting(&world, json!({})).await;
    let cancelled = app.meeting(&world, json!({"title": "Not this one"})).await.id();
    app.run_job("give_notice").await;
    let reason = json!({"reason": "No room."});
    let path = format!("/meetings/{cancelled}/cancel");
    app.post(path).by(&world.civilian_leader).if_match(1).json(reason).send().await.expect(200);
    app.pass(hours(1));
    subscribed(&app, &world, READER).await;
    app.run_job("give_notice").await;
    assert_eq!(
        subjects(&app, READER).await.len(),
        2,
        "to confirm, and the meeting that takes place; of the other one they knew nothing: {:?}",
        subjects(&app, READER).await
    );
}

/// As between processes: the job has taken its time when somebody confirms, and gives notice after that.
async fn whoever_confirms_while_notice_is_given_is_told_once(app: App) {
    let world = app.world().await;
    subscribed(&app, &world, READER).await;
    let later = app.now().plus(hours(1));
    app.db(move |conn| {
        diesel::update(notice_subscriptions::table).set(notice_subscriptions::confirmed_at.eq(later)).execute(conn)
    })
    .await;
    app.meeting(&world, json!({})).await;
    assert_eq!(app.run_job("give_notice").await, 2, "one notice, and one letter to who was there when it was given");
    // Another confirms when it is given and not yet passed on to them.
    const LATER: &str = "later@example.org";
    app.db(|conn| {
        let under_way = notices::passed_on_at.eq(None::<threekeys::platform::clock::Instant>);
        diesel::update(notices::table).set(under_way).execute(conn)
    })
    .await;
    subscribed(&app, &world, LATER).await;
    assert_eq!(subjects(&app, LATER).await.len(), 2, "to confirm, and the notice at once");
    assert_eq!(app.run_job("give_notice").await, 0, "nobody is told of it again");
    for reader in [READER, LATER] {
        assert_eq!(subjects(&app, reader).await.len(), 2, "{reader}");
    }
}

async fn whoever_was_not_told_before_is_not_told_of_a_change(app: App) {
    let world = app.world().await;
    subscribed(&app, &world, READER).await;
    let path = format!("/meetings/{}", app.meeting(&world, json!({})).await.id());
    app.run_job("give_notice").await;
    let by = &world.civilian_leader;
    app.patch(&path).by(by).if_match(1).json(json!({"place": {"name": "Library"}})).send().await.expect(200);
    app.pass(hours(1));
    // One asks before the change is told, and another after it was.
    const LATER: &str = "later@example.org";
    const LATEST: &str = "latest@example.org";
    subscribed(&app, &world, LATER).await;
    assert_eq!(
        subjects(&app, LATER).await.len(),
        1,
        "of what was given notice of before the change nobody is told now"
    );
    app.run_job("give_notice").await;
    app.pass(hours(1));
    subscribed(&app, &world, LATEST).await;
    for (reader, changed) in [(READER, true), (LATER, false), (LATEST, false)] {
        let told = subjects(&app, reader).await;
        let of_change = told.iter().filter(|subject| subject.starts_with("Changed: ")).count();
        assert_eq!(of_change, usize::from(changed), "{reader}: {told:?}");
        assert_eq!(told.len(), if changed { 3 } else { 2 }, "{reader}: {told:?}");
    }
    let letters = app.mails(LATER).await;
    let told = |letter: &String| letter.contains("will take place") && letter.contains("Library");
    assert!(letters.iter().any(told), "{letters:?}");
}

async fn what_nobody_is_told_is_no_change_to_them(app: App) {
    let world = app.world().await;
    subscribed(&app, &world, READER).await;
    let home = json!({"place": {"kind": "private_home", "name": "At Maria's", "address": "1214 Osage Avenue"}});
    let path = format!("/meetings/{}", app.meeting(&world, home).await.id());
    app.run_job("give_notice").await;
    let by = &world.civilian_leader;
    let stage = async || app.get(&path).send().await.expect(200).body["stage"].clone();
    assert_eq!(stage().await, "noticed");
    let moved = json!({"place": {"address": "1216 Osage Avenue"}});
    let moved = app.patch(&path).by(by).if_match(1).json(moved).send().await.expect(200);
    assert_eq!(
        (&moved.body["sequence"], &moved.body["stage"]),
        (&json!(1), &json!("rescheduled")),
        "calendars notice it"
    );
    assert_eq!(app.run_job("give_notice").await, 0);
    assert_eq!(stage().await, "noticed");
    let id = path.rsplit('/').next().unwrap();
    let told = listed(&app, id, Some(by)).await;
    assert_eq!((told.len(), &told[0]["sequence"]), (1, &json!(1)), "the notice stands for the meeting as it is");
    // There and back again before anybody was told.
    for name in ["At Tom's", "At Maria's"] {
        let version = app.get(&path).send().await.expect(200).version();
        let place = json!({"place": {"name": name}});
        app.patch(&path).by(by).if_match(version).json(place).send().await.expect(200);
    }
    assert_eq!(app.run_job("give_notice").await, 0);
    let version = app.get(&path).send().await.expect(200).version();
    let open = json!({"place": {"kind": "public"}});
    app.patch(&path).by(by).if_match(version).json(open).send().await.expect(200);
    assert_eq!(app.run_job("give_notice").await, 2, "now everybody is told the address");
    assert_eq!(subjects(&app, READER).await.len(), 3);
    let letters = app.mails(READER).await;
    let letter = letters.iter().find(|letter| letter.contains("Subject: Changed: ")).unwrap();
    assert!(letter.contains("1216 Osage Avenue"), "{letter}");
}

async fn whoever_confirms_after_a_change_that_nobody_is_told_of_is_told_of_the_meeting_at_once(app: App) {
    let world = app.world().await;
    subscribed(&app, &world, READER).await;
    let home = json!({"place": {"kind": "private_home", "name": "At Maria's", "address": "1214 Osage Avenue"}});
    let path = format!("/meetings/{}", app.meeting(&world, home).await.id());
    assert_eq!(app.run_job("give_notice").await, 2);
    let moved = json!({"place": {"address": "1216 Osage Avenue"}});
    app.patch(&path).by(&world.civilian_leader).if_match(1).json(moved).send().await.expect(200);
    app.pass(hours(1));
    const LATER: &str = "later@example.org";
    subscribed(&app, &world, LATER).await;
    assert_eq!(subjects(&app, LATER).await.len(), 2, "to confirm, and the notice at once");
    let letters = app.mails(LATER).await;
    let told = |letter: &String| letter.contains("will take place") && letter.contains("At Maria's");
    assert!(letters.iter().any(told), "{letters:?}");
    assert_eq!(app.run_job("give_notice").await, 0, "nobody is told of it again");
    for reader in [READER, LATER] {
        let letters = app.mails(reader).await;
        assert_eq!(letters.len(), 2, "{reader}");
        assert!(letters.iter().all(|letter| !letter.contains("Osage")), "{letters:?}");
    }
}

async fn whoever_was_not_told_of_a_meeting_is_not_told_that_it_is_cancelled(app: App) {
    let world = app.world().await;
    subscribed(&app, &world, READER).await;
    let id = app.meeting(&world, json!({})).await.id();
    assert_eq!(app.run_job("give_notice").await, 2);
    let cancel = app.post(format!("/meetings/{id}/cancel")).by(&world.civilian_leader).if_match(1);
    cancel.json(json!({"reason": "The hall is flooded."})).send().await.expect(200);
    app.pass(hours(1));
    const LATER: &str = "later@example.org";
    subscribed(&app, &world, LATER).await;
    assert_eq!(app.run_job("give_notice").await, 2, "one notice, one letter");
    assert_eq!(app.run_job("give_notice").await, 0, "once");
    for (reader, cancelled, letters) in [(READER, 1, 3), (LATER, 0, 1)] {
        let told = subjects(&app, reader).await;
        let of_end = told.iter().filter(|subject| subject.starts_with("Cancelled: ")).count();
        assert_eq!((of_end, told.len()), (cancelled, letters), "{reader}: {told:?}");
    }
}

async fn whoever_was_told_of_a_meeting_is_told_that_it_is_not_open_any_more(app: App) {
    let world = app.world().await;
    subscribed(&app, &world, READER).await;
    let id = app.meeting(&world, json!({"title": "Lamps"})).await.id();
    let path = format!("/meetings/{id}");
    app.run_job("give_notice").await;
    app.pass(hours(1));
    const LATER: &str = "later@example.org";
    let by = &world.civilian_leader;
    let patch = async |body: Value| {
        let version = app.get(&path).by(by).send().await.expect(200).version();
        app.patch(&path).by(by).if_match(version).json(body).send().await.expect(200)
    };
    let closed = patch(json!({
        "visibility": "members", "title": "Names", "place": {"name": "At Maria's"}, "starts_local": "2027-03-10T18:30",
        "ends_local": "2027-03-10T20:00"
    }));
    assert_eq!(closed.await.body["visibility"], "members");
    subscribed(&app, &world, LATER).await;
    assert_eq!(app.run_job("give_notice").await, 2, "one notice, one letter");
    assert_eq!(app.run_job("give_notice").await, 0, "once");
    let letter = app.mails(READER).await.pop().unwrap();
    for part in ["Subject: Not open any more: ", "Tuesday, 9 March 2027, 18:30", "is not open to everybody any more"] {
        assert!(letter.replace("\r\n ", " ").contains(part), "{part}: {letter}");
    }
    for part in ["Names", "Maria", "10 March"] {
        assert!(!letter.contains(part), "what it is now is not for everybody: {letter}");
    }
    let told = listed(&app, &id, Some(by)).await;
    assert_eq!((&told[0]["kind"], &told[0]["letters"]["written"]), (&json!("not_open"), &json!(1)));
    // Whoever was told so is not told what becomes of it, unless it is open again.
    patch(json!({"place": {"name": "Library"}})).await;
    assert_eq!(app.run_job("give_notice").await, 0);
    patch(json!({"visibility": "public"})).await;
    assert_eq!(app.run_job("give_notice").await, 1 + 2, "open again: both are told");
    patch(json!({"visibility": "leaders"})).await;
    let version = app.get(&path).by(by).send().await.expect(200).version();
    let reason = json!({"reason": "A secret one."});
    app.post(format!("{path}/cancel")).by(by).if_match(version).json(reason).send().await.expect(200);
    assert_eq!(app.run_job("give_notice").await, 1 + 2, "both think that it is open");
    assert_eq!(app.run_job("give_notice").await, 0);
    for reader in [READER, LATER] {
        let letters = app.mails(reader).await;
        let letter = letters.iter().find(|letter| letter.contains("Subject: Cancelled: ")).unwrap();
        assert!(letter.contains("10 March 2027, 18:30"), "{letter}");
        assert!(!letter.contains("secret"), "{letter}");
    }
    assert_eq!((subjects(&app, READER).await.len(), subjects(&app, LATER).await.len()), (5, 3));
    assert_eq!(listed(&app, &id, Some(by)).await.len(), 4);

    // Told that it is not open: of its end nobody is told.
    let id = app.meeting(&world, json!({"title": "Lots"})).await.id();
    app.run_job("give_notice").await;
    let path = format!("/meetings/{id}");
    let members = json!({"visibility": "members"});
    app.patch(&path).by(by).if_match(1).json(members).send().await.expect(200);
    assert_eq!(app.run_job("give_notice").await, 3);
    app.post(format!("{path}/cancel")).by(by).if_match(2).json(json!({"reason": "No room."})).send().await.expect(200);
    assert_eq!(app.run_job("give_notice").await, 0);
}

async fn a_series_that_is_not_open_any_more_is_told_of_in_one_letter(app: App) {
    let world = app.world().await;
    subscribed(&app, &world, READER).await;
    let weekly = json!({
        "kind": "watch", "format": "in_person", "title": "Evening walk", "rule": "FREQ=WEEKLY;COUNT=8",
        "starts_local": "2027-03-02T18:30", "ends_local": "2027-03-02T19:30", "visibility": "public",
        "place": {"kind": "public", "name": "Library", "address": "1 Main Street"}
    });
    let path = format!("/partnerships/{}/meeting-series", world.partnership);
    let by = &world.civilian_leader;
    let series = app.post(&path).by(by).json(weekly).send().await.expect(201).id();
    assert_eq!(app.run_job("give_notice").await, 2 + 1);
    let members = json!({"visibility": "members"});
    app.patch(format!("/meeting-series/{series}")).by(by).if_match(1).json(members).send().await.expect(200);
    assert_eq!(app.run_job("give_notice").await, 2 + 1, "of the two that were told");
    let letter = app.mails(READER).await.pop().unwrap();
    assert!(letter.contains("2 March 2027, 18:30") && letter.contains("9 March 2027, 18:30"), "{letter}");
    assert!(letter.contains("are not open to everybody any more") && !letter.contains("16 March"), "{letter}");
}

async fn meetings_of_a_series_are_told_of_in_one_letter(app: App) {
    let world = app.world().await;
    subscribed(&app, &world, READER).await;
    let daily = json!({
        "kind": "watch", "format": "in_person", "title": "Evening walk", "rule": "FREQ=DAILY;COUNT=40",
        "starts_local": "2027-03-02T18:30", "ends_local": "2027-03-02T19:30", "visibility": "public",
        "place": {"kind": "public", "name": "Library", "address": "1 Main Street"}
    });
    let path = format!("/partnerships/{}/meeting-series", world.partnership);
    let series = app.post(&path).by(&world.civilian_leader).json(daily).send().await.expect(201).id();
    app.meeting(&world, json!({"title": "Alone"})).await;
    // Thirteen evenings within two weeks, and the meeting that stands alone: a notice of each, and two letters.
    assert_eq!(app.run_job("give_notice").await, 14 + 2);
    let letters = app.mails(READER).await;
    let letter = letters.iter().find(|letter| letter.contains("Evening walk")).unwrap();
    assert!(letter.contains("Subject: Evening walk, Tuesday, 2 March 2027, 18:30 and 12 other days"), "{letter}");
    for day in 2..=14 {
        assert!(letter.contains(&format!(", {day} March 2027, 18:30")), "{day}: {letter}");
    }
    assert!(!letter.contains(", 15 March 2027") && letter.matches("1 Main Street").count() == 1, "{letter}");
    let (deliveries, sent): (i64, i64) = app
        .db(|conn| Ok((notice_deliveries::table.count().get_result(conn)?, mails::table.count().get_result(conn)?)))
        .await;
    assert_eq!((deliveries, sent), (14, 3), "each notice is proved to have been written");
    let instances = app.get(format!("/meeting-series/{series}/instances")).send().await.expect(200);
    let first = instances.items()[0]["meeting_id"].as_str().unwrap().to_owned();
    let proof = listed(&app, &first, Some(&world.civilian_leader)).await[0]["letters"].clone();
    assert_eq!((&proof["written"], &proof["sent"]), (&json!(1), &json!(1)));
    // One of them elsewhere, and the rest of them given up, are told of in a letter each.
    let path = format!("/meetings/{first}");
    let elsewhere = json!({"place": {"name": "School"}});
    app.patch(&path).by(&world.civilian_leader).if_match(1).json(elsewhere).send().await.expect(200);
    let cancel = app.post(format!("/meeting-series/{series}/cancel")).by(&world.civilian_leader).if_match(1);
    let third = instances.items()[2]["meeting_id"].as_str().unwrap().to_owned();
    let alone = app.post(format!("/meetings/{third}/cancel")).by(&world.civilian_leader).if_match(1);
    alone.json(json!({"reason": "Easter."})).send().await.expect(200);
    assert_eq!(app.run_job("give_notice").await, 2 + 2);
    cancel.json(json!({"reason": "It is too dark."})).send().await.expect(200);
    assert_eq!(app.run_job("give_notice").await, 12 + 1);
    let told = subjects(&app, READER).await;
    assert_eq!(told.len(), 6, "{told:?}");
    // Whoever asks now is told of what is left in one letter.
    app.pass(hours(1));
    subscribed(&app, &world, "late@example.org").await;
    assert_eq!(subjects(&app, "late@example.org").await.len(), 2);
}

/// Asked for the same at the same moment: the same answer to all, and one subscription.
async fn asking_at_once_is_asking_once(app: App) {
    let world = app.world().await;
    for round in 0..6 {
        let body = json!({"email": format!("reader{round}@example.org")});
        let calls = (0..4).map(|_| app.post(subscriptions(&world)).json(body.clone()).unchecked().send());
        let answers = join_all(calls).await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.bytes), (202, &answers[0].bytes), "round {round}");
        }
    }
    let made: i64 = app.db(|conn| notice_subscriptions::table.count().get_result(conn)).await;
    assert_eq!(made, 6);
}

async fn subscriptions_are_confirmed_renewed_and_left_with_the_code(app: App) {
    let world = app.world().await;
    let first = ask(&app, &world, READER).await.expect(202);
    let token = app.mailed_code(READER, "tkn_").await;
    with_code(&app, "renew", &token).await.problem(409, "conflict");
    let confirmed = with_code(&app, "confirm", &token).await.expect(200);
    assert_eq!(
        (&confirmed.body["state"], &confirmed.body["renew_by"]),
        (&json!("active"), &json!("2028-02-29T18:00:00Z"))
    );
    let twice =
        app.post("/notice-subscriptions/confirm").json(json!({"token": token})).leaving(0).send().await.expect(200);
    assert_eq!(twice.body, confirmed.body, "the link was followed twice");
    let again = ask(&app, &world, READER).await.expect(202);
    assert_eq!(first.bytes, again.bytes, "whether an address gets notice is told to nobody");
    for (what, wrong) in
        [("confirm", "tkn_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), ("leave", "tkr_short"), ("renew", "x")]
    {
        with_code(&app, what, wrong).await.problem(401, "token_rejected");
    }
    ask(&app, &world, "no address").await.refuses(&["/email"]);
    app.pass(days(100));
    let renewed = with_code(&app, "renew", &token).await.expect(200);
    assert_eq!(renewed.body["renew_by"], "2028-06-08T18:00:00Z");

    let letter = app.mails(READER).await.pop().unwrap();
    let header = |name: &str| letter.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
    assert_eq!(header("List-Unsubscribe-Post: "), "List-Unsubscribe=One-Click");
    assert!(letter.replace("\r\n ", "").contains("/api/v1/notice-subscriptions/one-click?token=tkn_"), "{letter}");
    let path = format!("/notice-subscriptions/one-click?token={token}");
    app.post(&path).bytes(b"List-Unsubscribe=One-Click".to_vec()).send().await.expect(204);
    app.post(&path).leaving(0).send().await.expect(204);
    with_code(&app, "renew", &token).await.problem(401, "token_rejected");
    app.meeting(&world, json!({"starts_local": "2027-06-20T18:30", "ends_local": "2027-06-20T20:00"})).await;
    assert_eq!(app.run_job("give_notice").await, 1, "a notice, and nobody to write to");
    let kept: (Option<String>, Option<String>, String) = app
        .db(|conn| {
            notice_subscriptions::table
                .select((notice_subscriptions::email, notice_subscriptions::email_key, notice_subscriptions::state))
                .first(conn)
        })
        .await;
    assert_eq!(kept, (None, None, "left".into()), "the address is forgotten");
    // And can come back.
    subscribed(&app, &world, READER).await;
}

async fn subscriptions_end_after_a_year_and_their_owners_are_told_before(app: App) {
    let world = app.world().await;
    let token = subscribed(&app, &world, READER).await;
    ask(&app, &world, "nobody@example.org").await.expect(202);
    assert_eq!(app.run_job("end_notice_subscriptions").await, 0);
    app.pass(days(3));
    assert_eq!(app.run_job("end_notice_subscriptions").await, 1, "nobody confirmed that one");
    app.pass(days(332));
    assert_eq!(app.run_job("end_notice_subscriptions").await, 1, "told");
    assert_eq!(app.run_job("end_notice_subscriptions").await, 0, "once");
    assert!(app.mails(READER).await.last().unwrap().contains(&token), "with the code");
    app.pass(days(29));
    assert_eq!(app.run_job("end_notice_subscriptions").await, 0);
    app.pass(days(2));
    assert_eq!(app.run_job("end_notice_subscriptions").await, 1, "ended");
    with_code(&app, "renew", &token).await.problem(401, "token_rejected");
}

async fn an_address_is_confirmed_within_two_days_of_asking(app: App) {
    let world = app.world().await;
    ask(&app, &world, READER).await.expect(202);
    let token = app.mailed_code(READER, "tkn_").await;
    app.pass(days(2) + hours(1));
    with_code(&app, "confirm", &token).await.problem(401, "token_rejected");
    // Asked again before it was forgotten: two days anew.
    ask(&app, &world, READER).await.expect(202);
    app.pass(days(2));
    assert_eq!(app.run_job("end_notice_subscriptions").await, 0);
    with_code(&app, "confirm", &token).await.expect(200);
}

async fn nobodys_notices_stop_without_a_warning(app: App) {
    let world = app.world().await;
    let token = subscribed(&app, &world, READER).await;
    // Nothing ran for longer than the year and the warning's time.
    app.pass(days(400));
    assert_eq!(app.run_job("end_notice_subscriptions").await, 1, "told, late as it is");
    assert!(app.mails(READER).await.last().unwrap().contains(&token), "with the code");
    app.pass(days(29));
    assert_eq!(app.run_job("end_notice_subscriptions").await, 0);
    app.pass(days(2));
    assert_eq!(app.run_job("end_notice_subscriptions").await, 1, "ended");
    with_code(&app, "renew", &token).await.problem(401, "token_rejected");
}

async fn a_partnership_that_nobody_sees_has_no_notices(app: App) {
    let p = app.proposed().await;
    let path = p.path("/notice-subscriptions");
    let hidden = app.post(&path).json(json!({"email": READER})).send().await.problem(404, "not_found");
    let absent = format!("/partnerships/{}/notice-subscriptions", uuid::Uuid::now_v7());
    let absent = app.post(absent).json(json!({"email": READER})).send().await.problem(404, "not_found");
    assert_eq!(hidden.body["detail"], absent.body["detail"]);
    app.post(&path).by(&p.resident).json(json!({"email": READER})).send().await.problem(409, "conflict");
    assert!(app.mails(READER).await.is_empty());
}

async fn a_notice_reaches_all_its_readers_in_bounded_pieces(app: App) {
    let world = app.world().await;
    let (partnership, now) = (world.partnership, app.now());
    app.db(move |conn| {
        for n in 0..250 {
            let email = format!("reader{n}@example.org");
            diesel::insert_into(notice_subscriptions::table)
                .values((
                    notice_subscriptions::id.eq(threekeys::platform::db::AnyId(uuid::Uuid::now_v7())),
                    notice_subscriptions::partnership_id.eq(partnership),
                    notice_subscriptions::email.eq(email.clone()),
                    notice_subscriptions::email_key.eq(email.clone()),
                    notice_subscriptions::state.eq("active"),
                    notice_subscriptions::token_digest.eq(email.into_bytes()),
                    notice_subscriptions::confirmed_at.eq(now),
                    notice_subscriptions::renew_by.eq(now.plus(days(365))),
                    notice_subscriptions::version.eq(1_i64),
                    notice_subscriptions::created_at.eq(now),
                    notice_subscriptions::updated_at.eq(now),
                ))
                .execute(conn)?;
        }
        Ok(())
    })
    .await;
    app.meeting(&world, json!({})).await;
    assert_eq!(app.run_job("give_notice").await, 251);
    assert_eq!(app.run_job("give_notice").await, 0);
    let (deliveries, letters, done): (i64, i64, i64) = app
        .db(|conn| {
            Ok((
                notice_deliveries::table.count().get_result(conn)?,
                mails::table.count().get_result(conn)?,
                notices::table.filter(notices::passed_on_at.is_not_null()).count().get_result(conn)?,
            ))
        })
        .await;
    assert_eq!((deliveries, letters, done), (250, 250, 1));
}

both_engines![
    notice_is_given_two_weeks_ahead_and_again_after_each_change,
    notice_is_of_open_meetings_and_tells_no_private_address,
    no_notice_is_given_in_a_suspended_partnership_until_it_is_reinstated,
    whoever_asks_late_is_told_of_what_comes,
    whoever_confirms_while_notice_is_given_is_told_once,
    whoever_was_not_told_before_is_not_told_of_a_change,
    what_nobody_is_told_is_no_change_to_them,
    whoever_confirms_after_a_change_that_nobody_is_told_of_is_told_of_the_meeting_at_once,
    whoever_was_not_told_of_a_meeting_is_not_told_that_it_is_cancelled,
    whoever_was_told_of_a_meeting_is_told_that_it_is_not_open_any_more,
    a_series_that_is_not_open_any_more_is_told_of_in_one_letter,
    meetings_of_a_series_are_told_of_in_one_letter,
    an_address_is_confirmed_within_two_days_of_asking,
    asking_at_once_is_asking_once,
    subscriptions_are_confirmed_renewed_and_left_with_the_code,
    subscriptions_end_after_a_year_and_their_owners_are_told_before,
    nobodys_notices_stop_without_a_warning,
    a_partnership_that_nobody_sees_has_no_notices,
    a_notice_reaches_all_its_readers_in_bounded_pieces
];
