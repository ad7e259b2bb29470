//! Reminders of meetings, and answers by their links.

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::platform::clock::{days, hours};
use threekeys::schema::{meeting_reminders, memberships, reminded_meetings};

use crate::support::{Answer, App, Person};

/// A day before [`App::meeting`] begins.
fn day_before(app: &App) {
    app.state.clock.set("2027-03-09T00:30:00Z".parse().unwrap());
}

async fn remind(app: &App) -> usize {
    app.run_job("remind_of_meetings").await
}

/// Subjects of the reminders that somebody got.
async fn reminders(app: &App, who: &Person) -> Vec<String> {
    let subject = |text: &String| text.lines().find_map(|line| line.strip_prefix("Subject: ")).map(ToOwned::to_owned);
    app.mails(&who.email).await.iter().filter(|letter| letter.contains("Will you come?")).filter_map(subject).collect()
}

async fn by_link(app: &App, token: &str, answer: &str) -> Answer {
    app.post("/rsvp-links/answer").json(json!({"token": token, "answer": answer})).send().await
}

async fn members_who_have_not_said_no_are_reminded_a_day_before_and_again_when_it_is_moved(app: App) {
    let world = app.world().await;
    let path = format!("/meetings/{}", app.meeting(&world, json!({})).await.id());
    let rsvp = |by, answer: &str| app.put(format!("{path}/rsvp")).by(by).json(json!({"answer": answer})).send();
    rsvp(&world.member, "yes").await.expect(200);
    rsvp(&world.facilitator, "no").await.expect(200);
    rsvp(&world.stranger, "yes").await.expect(200);
    day_before(&app);
    app.earlier(std::time::Duration::from_secs(1));
    assert_eq!(remind(&app).await, 0, "not yet");
    day_before(&app);
    assert_eq!(remind(&app).await, 4, "all but who does not come");
    assert_eq!(remind(&app).await, 0, "once");
    for (who, count) in [
        (&world.member, 1),
        (&world.secretary, 1),
        (&world.civilian_leader, 1),
        (&world.police_leader, 1),
        (&world.facilitator, 0),
        (&world.stranger, 0),
        (&world.officer, 0),
    ] {
        assert_eq!(reminders(&app, who).await.len(), count, "{}", who.name);
    }
    let letters = app.mails(&world.member.email).await;
    let letter = letters.iter().find(|letter| letter.contains("Will you come?")).unwrap();
    for part in ["Armourdale Lights", "730 Osage Ave", "Tuesday, 9 March 2027, 18:30", "/docs/rsvp#yes.tky_", "911"] {
        assert!(letter.contains(part), "{part}: {letter}");
    }
    assert_eq!(app.actions().await.iter().filter(|action| *action == "meeting.reminded").count(), 1);

    let title = json!({"title": "Lamps"});
    app.patch(&path).by(&world.civilian_leader).if_match(1).json(title).send().await.expect(200);
    assert_eq!(remind(&app).await, 0, "another title is no other time or place");
    let later = json!({"starts_local": "2027-03-09T19:00", "ends_local": "2027-03-09T20:30"});
    app.patch(&path).by(&world.civilian_leader).if_match(2).json(later).send().await.expect(200);
    assert_eq!(remind(&app).await, 0, "that is more than a day away");
    app.pass(hours(1));
    assert_eq!(remind(&app).await, 4);
    let told = reminders(&app, &world.secretary).await;
    assert!(told.iter().any(|subject| subject.starts_with("Changed: Lamps")), "{told:?}");
    let much_later = json!({"starts_local": "2027-03-12T19:00", "ends_local": "2027-03-12T20:30"});
    app.patch(&path).by(&world.civilian_leader).if_match(3).json(much_later).send().await.expect(200);
    let reason = json!({"reason": "No room."});
    app.post(format!("{path}/cancel")).by(&world.civilian_leader).if_match(4).json(reason).send().await.expect(200);
    app.pass(days(3));
    assert_eq!(remind(&app).await, 0, "it does not take place");
}

async fn of_leaders_meetings_leaders_are_reminded_and_no_private_address_is_told(app: App) {
    let world = app.world().await;
    let home = json!({"visibility": "leaders", "place": {"kind": "private_home", "name": "At Maria's", "address": "1214 Osage Avenue"}});
    app.meeting(&world, home).await;
    day_before(&app);
    assert_eq!(remind(&app).await, 2);
    let letters = app.mails(&world.civilian_leader.email).await;
    assert!(letters.iter().all(|letter| !letter.contains("1214")), "{letters:?}");
    assert!(reminders(&app, &world.member).await.is_empty());
}

async fn whoever_was_reminded_before_the_server_died_is_not_reminded_again(app: App) {
    let world = app.world().await;
    let id = app.meeting(&world, json!({})).await.id();
    day_before(&app);
    assert_eq!(remind(&app).await, 5);
    // As if it had ended before the last two were written to, and before that was noted.
    let meeting = threekeys::ids::MeetingId(id.parse().unwrap());
    app.db(move |conn| {
        let mut reminded: Vec<threekeys::ids::AccountId> =
            meeting_reminders::table.select(meeting_reminders::account_id).load(conn)?;
        reminded.sort_unstable();
        for who in reminded.into_iter().skip(3) {
            diesel::delete(meeting_reminders::table.filter(meeting_reminders::account_id.eq(who))).execute(conn)?;
        }
        diesel::delete(reminded_meetings::table.filter(reminded_meetings::meeting_id.eq(meeting))).execute(conn)
    })
    .await;
    assert_eq!(remind(&app).await, 2);
    let count: i64 = app.db(|conn| meeting_reminders::table.count().get_result(conn)).await;
    assert_eq!(count, 5);
}

async fn a_link_answers_for_its_member_until_the_meeting_is_over(app: App) {
    let world = app.world().await;
    let path = format!("/meetings/{}", app.meeting(&world, json!({"capacity": 2})).await.id());
    let yes = json!({"answer": "yes", "guests": 1});
    app.put(format!("{path}/rsvp")).by(&world.member).json(yes).send().await.expect(200);
    day_before(&app);
    remind(&app).await;
    let token = app.mailed_code(&world.member.email, "tky_").await;
    let same = app.post("/rsvp-links/answer").json(json!({"token": token, "answer": "yes"})).leaving(0).send().await;
    assert_eq!(
        (&same.expect(200).body["guests"], app.get(&path).send().await.body["places_taken"].clone()),
        (&json!(1), json!(2))
    );
    let others = app.mailed_code(&world.secretary.email, "tky_").await;
    by_link(&app, &others, "yes").await.problem(409, "meeting_full");
    let maybe = by_link(&app, &token, "maybe").await.expect(200);
    assert_eq!((&maybe.body["answer"], &maybe.body["guests"]), (&json!("maybe"), &json!(0)));
    by_link(&app, &others, "yes").await.expect(200);
    let read = app.get(&path).by(&world.secretary).send().await.expect(200);
    assert_eq!(
        (&read.body["own_rsvp"]["answer"], &read.body["answers"]),
        (&json!("yes"), &json!({"yes": 1, "maybe": 1, "no": 0}))
    );
    let list = app.get(format!("{path}/rsvps")).by(&world.police_leader).send().await.expect(200);
    assert_eq!(list.items().len(), 2);

    for wrong in ["x", "tky_AAAA", "tkn_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &token[..token.len() - 2]] {
        let refused = by_link(&app, wrong, "no").await.problem(401, "token_rejected");
        assert!(!String::from_utf8_lossy(&refused.bytes).contains(wrong) || wrong == "x", "no secret is told");
    }
    let body = json!({"token": token, "answer": "perhaps"});
    app.post("/rsvp-links/answer").json(body).send().await.refuses(&["/answer"]);
    let (who, now) = (world.secretary.id, app.now());
    app.db(move |conn| {
        diesel::update(memberships::table.filter(memberships::account_id.eq(who)))
            .set((memberships::state.eq("left"), memberships::ended_at.eq(now)))
            .execute(conn)
    })
    .await;
    by_link(&app, &others, "no").await.problem(401, "token_rejected");
    let reason = json!({"reason": "No room."});
    app.post(format!("{path}/cancel")).by(&world.civilian_leader).if_match(1).json(reason).send().await.expect(200);
    by_link(&app, &token, "no").await.problem(409, "conflict");
    app.pass(days(2));
    by_link(&app, &token, "no").await.problem(401, "token_rejected");
}

async fn reading_the_page_of_a_link_changes_nothing(app: App) {
    use actix_web::test::TestRequest;
    let world = app.world().await;
    app.meeting(&world, json!({})).await;
    let before = app.record_count().await;
    for (page, kind) in [("/docs/rsvp", "text/html"), ("/docs/rsvp.js", "text/javascript")] {
        let (status, headers, _) = app.raw(TestRequest::get().uri(page)).await;
        assert_eq!(status.as_u16(), 200, "{page}");
        assert!(headers.get("content-type").unwrap().to_str().unwrap().starts_with(kind), "{page}");
        assert!(
            headers.get("content-security-policy").unwrap().to_str().unwrap().contains("script-src 'self'"),
            "{page}"
        );
    }
    app.get("/rsvp-links/answer").send().await.problem(405, "method_not_allowed");
    assert_eq!(app.record_count().await, before);
    let none: Value = app.get("/meetings").send().await.expect(200).body["items"][0]["answers"].clone();
    assert_eq!(none, json!({"yes": 0, "maybe": 0, "no": 0}));
}

async fn where_nobody_wants_reminders_there_are_none(app: App) {
    let app = app.reconfigured(|config| config.meetings.reminder_hours = 0).await;
    let world = app.world().await;
    app.meeting(&world, json!({})).await;
    day_before(&app);
    assert_eq!(remind(&app).await, 0);
}

async fn whoever_wants_no_reminders_gets_none(app: App) {
    const SETTING: &str = "/account/meeting-reminders";
    let world = app.world().await;
    app.meeting(&world, json!({})).await;
    let set = |by, is_on: bool| app.put(SETTING).by(by).json(json!({"is_on": is_on}));
    app.get(SETTING).send().await.problem(401, "unauthenticated");
    app.put(SETTING).by(&world.member).json(json!({"is_on": 1})).send().await.refuses(&["/is_on"]);
    let before = app.get(SETTING).by(&world.member).send().await.expect(200);
    assert_eq!(before.body, json!({"is_on": true, "stopped_at": null}));
    let off = set(&world.member, false).send().await.expect(200);
    assert_eq!(off.body, json!({"is_on": false, "stopped_at": app.now().to_string()}));
    set(&world.member, false).leaving(0).send().await.expect(200);
    set(&world.stranger, true).leaving(0).send().await.expect(200);
    day_before(&app);
    assert_eq!(remind(&app).await, 4, "all but the member");
    assert!(reminders(&app, &world.member).await.is_empty());

    // By the button of the mail program, without signing in.
    let letters = app.mails(&world.secretary.email).await;
    let letter = letters.iter().find(|letter| letter.contains("Will you come?")).unwrap().replace("\r\n ", "");
    assert!(letter.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{letter}");
    let path =
        letter.split("/api/v1").find(|part| part.starts_with("/meeting-reminders/one-click?token=tks_")).unwrap();
    let path = path.split('>').next().unwrap().to_owned();
    app.post("/meeting-reminders/one-click?token=tks_AAAA").send().await.problem(401, "token_rejected");
    app.get(&path).send().await.problem(405, "method_not_allowed");
    app.post(&path).bytes(b"List-Unsubscribe=One-Click".to_vec()).send().await.expect(204);
    app.post(&path).leaving(0).send().await.expect(204);
    assert_eq!(app.get(SETTING).by(&world.secretary).send().await.expect(200).body["is_on"], false);
    let on = set(&world.member, true).send().await.expect(200);
    assert_eq!(on.body, json!({"is_on": true, "stopped_at": null}));

    app.meeting(&world, json!({"starts_local": "2027-03-09T20:30", "ends_local": "2027-03-09T21:00"})).await;
    app.pass(hours(3));
    assert_eq!(remind(&app).await, 4, "all but the secretary");
    assert_eq!(reminders(&app, &world.secretary).await.len(), 1);
    assert_eq!(reminders(&app, &world.member).await.len(), 1);
}

both_engines![
    whoever_wants_no_reminders_gets_none,
    members_who_have_not_said_no_are_reminded_a_day_before_and_again_when_it_is_moved,
    of_leaders_meetings_leaders_are_reminded_and_no_private_address_is_told,
    whoever_was_reminded_before_the_server_died_is_not_reminded_again,
    a_link_answers_for_its_member_until_the_meeting_is_over,
    reading_the_page_of_a_link_changes_nothing,
    where_nobody_wants_reminders_there_are_none,
];
