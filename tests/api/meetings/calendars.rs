//! Calendars: what is in them, for whom, and that the same meetings are the same bytes. That others read them so is asked of an
//! independent reader in `.ci/calendars.py`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::platform::clock::{days, hours};
use threekeys::schema::{accounts, calendar_addresses, leadership_seats, memberships};

use crate::support::people::PASSWORD;
use crate::support::world::merge;
use crate::support::{Answer, App, Person, World};

type Properties = BTreeMap<String, String>;

/// A calendar as it was sent: its text unfolded, and the properties of each event, by name with parameters.
struct Calendar {
    text: String,
    events: Vec<Properties>,
}

fn read(answer: &Answer) -> Calendar {
    assert_eq!(answer.header("content-type"), Some("text/calendar; charset=utf-8"));
    let sent = String::from_utf8(answer.bytes.to_vec()).unwrap();
    assert!(sent.starts_with("BEGIN:VCALENDAR\r\n") && sent.ends_with("END:VCALENDAR\r\n"), "{sent}");
    assert!(!sent.replace("\r\n", "").contains(['\r', '\n']), "{sent}");
    let text = sent.replace("\r\n ", "").replace("\r\n", "\n");
    let events = text.split("BEGIN:VEVENT\n").skip(1).map(|event| {
        let lines = event.split("END:VEVENT").next().unwrap().lines();
        lines.map(|line| line.split_once(':').unwrap()).map(|(name, value)| (name.into(), value.into())).collect()
    });
    Calendar { events: events.collect(), text }
}

impl Calendar {
    fn titles(&self) -> Vec<&str> {
        let mut titles: Vec<&str> = self.events.iter().map(|event| event["SUMMARY"].as_str()).collect();
        titles.sort_unstable();
        titles
    }
    #[track_caller]
    fn titled(&self, title: &str) -> &Properties {
        let found: Vec<&Properties> = self.events.iter().filter(|event| event["SUMMARY"] == title).collect();
        assert_eq!(found.len(), 1, "{title}: {}", self.text);
        found[0]
    }
}

/// When it begins, and by which time its series has it.
const STARTS: &str = "DTSTART;TZID=America/Chicago";
const ENDS: &str = "DTEND;TZID=America/Chicago";
const OF: &str = "RECURRENCE-ID;TZID=America/Chicago";

fn of_partnership(world: &World) -> String {
    format!("/partnerships/{}/calendar.ics", world.partnership)
}

async fn calendar(app: &App, path: &str, by: Option<&Person>) -> Calendar {
    read(&app.get(path).by_or_nobody(by).send().await.expect(200))
}

async fn series(app: &App, world: &World, other: Value) -> String {
    let mut body = json!({
        "kind": "regular", "format": "in_person", "title": "Armourdale Lights", "rule": "FREQ=MONTHLY;BYDAY=2TU;COUNT=6",
        "starts_local": "2027-03-09T18:30", "ends_local": "2027-03-09T20:00",
        "place": {"kind": "public", "name": "Armourdale Recreation Center", "address": "730 Osage Ave"},
        "visibility": "public"
    });
    merge(&mut body, other);
    let path = format!("/partnerships/{}/meeting-series", world.partnership);
    app.post(path).by(&world.civilian_leader).json(body).send().await.expect(201).id()
}

/// Ids of its meetings, in the order of its rule.
async fn instances(app: &App, world: &World, series: &str) -> Vec<String> {
    let path = format!("/meeting-series/{series}/instances?limit=200");
    let page = app.get(path).by(&world.civilian_leader).send().await.expect(200);
    page.items().iter().map(|one| one["meeting_id"].as_str().unwrap().to_owned()).collect()
}

/// The path of the person's own calendar, whose address is made now.
async fn own(app: &App, person: &Person) -> String {
    let token = app.session(person.id).await.1;
    let call = app.post("/account/calendar-address").header("authorization", format!("Bearer {token}"));
    let made = call.send().await.expect(201);
    made.str("calendar_url").strip_prefix("https://threekeys.example").unwrap().to_owned()
}

async fn a_series_is_one_event_and_what_differs_an_override(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    let id = series(&app, &world, json!({"except": ["2027-07-13"], "purpose": "Lamps, and\nmore"})).await;
    let path = of_partnership(&world);
    let told = calendar(&app, &path, None).await;
    assert_eq!(told.events.len(), 1, "{}", told.text);
    let whole = &told.events[0];
    for (name, value) in [
        ("UID", id.as_str()),
        ("RRULE", "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20270810T233000Z"),
        (STARTS, "20270309T183000"),
        (ENDS, "20270309T200000"),
        ("EXDATE;TZID=America/Chicago", "20270713T183000"),
        ("SEQUENCE", "0"),
        ("STATUS", "CONFIRMED"),
        ("CLASS", "PUBLIC"),
        ("DTSTAMP", "20270301T180000Z"),
        ("LAST-MODIFIED", "20270301T180000Z"),
        ("LOCATION", "Armourdale Recreation Center\\, 730 Osage Ave"),
        ("DESCRIPTION", "Lamps\\, and\\nmore"),
        ("CATEGORIES", "Armourdale Lights"),
    ] {
        assert_eq!(whole.get(name).map(String::as_str), Some(value), "{name}: {}", told.text);
    }
    assert_eq!(whole["URL"], format!("https://threekeys.example/api/v1/meeting-series/{id}"));
    assert_eq!(told.text.matches("BEGIN:VTIMEZONE").count(), 1);
    assert!(told.text.contains("TZID:America/Chicago") && told.text.find("VTIMEZONE") < told.text.find("VEVENT"));

    let all = instances(&app, &world, &id).await;
    let meeting = |n: usize| format!("/meetings/{}", all[n]);
    app.pass(hours(1));
    let moved = json!({"starts_local": "2027-03-10T17:00", "ends_local": "2027-03-10T18:30"});
    app.patch(meeting(0)).by(leader).if_match(1).json(moved).send().await.expect(200);
    app.patch(meeting(1)).by(leader).if_match(1).json(json!({"title": "Lots"})).send().await.expect(200);
    let why = json!({"reason": "The hall is being painted."});
    app.post(format!("{}/cancel", meeting(2))).by(leader).if_match(1).json(why).send().await.expect(200);
    app.patch(meeting(3)).by(leader).if_match(1).json(json!({"visibility": "members"})).send().await.expect(200);
    let told = calendar(&app, &path, None).await;
    assert_eq!(told.events.len(), 4, "{}", told.text);
    assert!(told.events.iter().all(|event| event["UID"] == id));
    assert_eq!(told.events[0]["EXDATE;TZID=America/Chicago"], "20270608T183000,20270713T183000", "not for everybody");
    let of = |local: &str| told.events.iter().find(|event| event.get(OF).is_some_and(|of| of == local)).unwrap();
    let first = of("20270309T183000");
    assert_eq!((&*first[STARTS], &*first[ENDS], &*first["SEQUENCE"]), ("20270310T170000", "20270310T183000", "1"));
    assert_eq!(first["DTSTAMP"], "20270301T190000Z");
    let second = of("20270413T183000");
    assert_eq!((&*second["SUMMARY"], &*second[STARTS], &*second["SEQUENCE"]), ("Lots", "20270413T183000", "0"));
    let third = of("20270511T183000");
    assert_eq!((&*third["STATUS"], &*third["SEQUENCE"]), ("CANCELLED", "1"), "it stays, above the series' sequence");
    assert_eq!(third["DESCRIPTION"], "The hall is being painted.\\n\\nLamps\\, and\\nmore");

    // All are cancelled: the whole is, what was held or moved says so itself.
    let over = json!({"reason": "The hall was sold."});
    let path_of = format!("/meeting-series/{id}/cancel");
    app.post(path_of).by(leader).if_match(1).json(over).send().await.expect(200);
    let told = calendar(&app, &path, None).await;
    assert_eq!((&*told.events[0]["STATUS"], &*told.events[0]["SEQUENCE"]), ("CANCELLED", "1"));
    assert!(told.events.iter().all(|event| event["STATUS"] == "CANCELLED"), "{}", told.text);
}

async fn a_series_that_goes_on_as_another_leaves_what_was_cancelled(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    let old = series(&app, &world, json!({})).await;
    let body = json!({"from": "2027-05-11T18:30", "rule": "FREQ=MONTHLY;BYDAY=2WE;COUNT=3",
        "starts_local": "2027-05-12T18:30", "ends_local": "2027-05-12T20:00"});
    let split = format!("/meeting-series/{old}/split");
    let new = app.post(split).by(leader).if_match(1).json(body).leaving(2).send().await.expect(201).id();
    let told = calendar(&app, &of_partnership(&world), None).await;
    let whole = |id: &str| told.events.iter().find(|event| event["UID"] == id && event.contains_key("RRULE")).unwrap();
    assert_eq!(whole(&old)["RRULE"], "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20270413T233000Z");
    assert_eq!(
        whole(&old)["RDATE;TZID=America/Chicago"],
        "20270511T183000,20270608T183000,20270713T183000,20270810T183000"
    );
    assert_eq!(whole(&new)["RRULE"], "FREQ=MONTHLY;BYDAY=2WE;UNTIL=20270714T233000Z");
    let gone: Vec<&Properties> = told.events.iter().filter(|event| event["STATUS"] == "CANCELLED").collect();
    assert!(
        gone.len() == 4 && gone.iter().all(|event| event["UID"] == old && event["SEQUENCE"] == "2"),
        "{}",
        told.text
    );
    // From the first on: the old series is not there, but for what was cancelled.
    let first = series(&app, &world, json!({"title": "Walks", "rule": "FREQ=WEEKLY;COUNT=2"})).await;
    let body = json!({"from": "2027-03-09T18:30", "starts_local": "2027-03-16T19:00", "ends_local": "2027-03-16T20:30",
        "rule": "FREQ=WEEKLY;COUNT=2"});
    let split = format!("/meeting-series/{first}/split");
    app.post(split).by(leader).if_match(1).json(body).leaving(2).send().await.expect(201);
    let told = calendar(&app, &of_partnership(&world), None).await;
    let left: Vec<&Properties> = told.events.iter().filter(|event| event["UID"] == first).collect();
    assert_eq!(left.len(), 1, "{}", told.text);
    assert_eq!((&*left[0][OF], &*left[0]["STATUS"]), ("20270309T183000", "CANCELLED"));
}

async fn meetings_over_a_change_of_the_clocks_say_when_they_end(app: App) {
    let world = app.world().await;
    let night = json!({"title": "Night walk", "rule": "FREQ=DAILY;COUNT=4", "starts_local": "2027-11-06T01:30",
        "ends_local": "2027-11-06T03:00"});
    series(&app, &world, night).await;
    let told = calendar(&app, &of_partnership(&world), None).await;
    assert_eq!(told.events.len(), 2, "{}", told.text);
    assert_eq!((&*told.events[1][OF], &*told.events[1][ENDS]), ("20271107T013000", "20271107T030000"));
    // The first of the rule is in that night: its end says nothing of the others.
    let first = json!({"title": "Other walk", "rule": "FREQ=DAILY;COUNT=3", "starts_local": "2027-03-14T01:00",
        "ends_local": "2027-03-14T03:30"});
    series(&app, &world, first).await;
    let told = calendar(&app, &of_partnership(&world), None).await;
    let other: Vec<&Properties> = told.events.iter().filter(|event| event["SUMMARY"] == "Other walk").collect();
    assert_eq!((other.len(), other[0]["DURATION"].as_str()), (2, "PT150M"));
    assert_eq!((&*other[1][OF], &*other[1][ENDS]), ("20270314T010000", "20270314T033000"));
    assert!(
        told.text.contains("DTSTART:20270314T020000") || told.text.contains("RDATE:20270314T020000"),
        "{}",
        told.text
    );
}

async fn feeds_for_everybody_have_open_meetings_and_no_private_place(app: App) {
    let world = app.world().await;
    let home = |visibility| {
        json!({"title": format!("At home, {visibility}"), "visibility": visibility,
            "place": {"kind": "private_home", "name": "At Maria's", "address": "1214 Osage Avenue"}})
    };
    for visibility in ["public", "members", "leaders"] {
        app.meeting(&world, home(visibility)).await;
    }
    let net = json!({"title": "On the net", "format": "online",
        "place": {"kind": "online", "name": "Video call", "address": "https://meet.example/secret"}});
    app.meeting(&world, net).await;
    series(&app, &world, json!({"title": "Inner circle", "visibility": "leaders"})).await;
    let of_area = |area| format!("/areas/{area}/calendar.ics");
    let everybody = [of_partnership(&world), of_area(world.neighborhood), of_area(world.district), of_area(world.city)];
    for path in everybody {
        // The same for whoever asks: it is the one calendar that there is.
        for by in [None, Some(&world.stranger), Some(&world.civilian_leader), Some(&world.administrator)] {
            let told = calendar(&app, &path, by).await;
            assert_eq!(told.titles(), ["At home\\, public", "On the net"], "{path}");
            for secret in ["Maria", "1214", "meet.example", "ATTENDEE", "ORGANIZER"] {
                assert!(!told.text.contains(secret), "{secret}: {}", told.text);
            }
            assert_eq!(told.titled("On the net")["LOCATION"], "Video call");
            assert!(!told.titled("At home\\, public").contains_key("LOCATION"));
        }
    }
    let elsewhere = app.district(world.agency).await;
    assert!(calendar(&app, &of_area(elsewhere), None).await.events.is_empty());
    app.get(format!("/areas/{}/calendar.ics", uuid::Uuid::now_v7())).send().await.problem(404, "not_found");
    app.get(format!("/partnerships/{}/calendar.ics", uuid::Uuid::now_v7())).send().await.problem(404, "not_found");
    let shared = app.get(of_partnership(&world)).send().await.expect(200);
    assert_eq!(shared.header("cache-control"), Some("public, max-age=300"));
    let asked = app.get(of_partnership(&world)).by(&world.member).send().await.expect(200);
    assert_eq!(asked.header("cache-control"), Some("private, no-cache"));
}

async fn one_meeting_tells_each_reader_what_the_meeting_tells(app: App) {
    let world = app.world().await;
    let home = json!({"place": {"kind": "private_home", "name": "At Maria's", "address": "1214 Osage Avenue"}});
    let id = app.meeting(&world, home).await.id();
    let path = format!("/meetings/{id}/calendar.ics");
    let place = async |by: Option<&Person>| {
        let told = calendar(&app, &path, by).await;
        assert_eq!((told.events.len(), &told.events[0]["UID"]), (1, &id));
        told.events[0].get("LOCATION").cloned()
    };
    assert_eq!(place(None).await, None);
    assert_eq!(place(Some(&world.stranger)).await.as_deref(), Some("At Maria's"));
    assert_eq!(place(Some(&world.member)).await.as_deref(), Some("At Maria's"));
    assert_eq!(place(Some(&world.civilian_leader)).await.as_deref(), Some("At Maria's\\, 1214 Osage Avenue"));
    let yes = json!({"answer": "yes"});
    app.put(format!("/meetings/{id}/rsvp")).by(&world.member).json(yes).send().await.expect(200);
    assert_eq!(place(Some(&world.member)).await.as_deref(), Some("At Maria's\\, 1214 Osage Avenue"));
    let hidden = app.meeting(&world, json!({"visibility": "leaders"})).await.id();
    let hidden = format!("/meetings/{hidden}/calendar.ics");
    app.get(&hidden).by(&world.member).send().await.problem(404, "not_found");
    assert_eq!(calendar(&app, &hidden, Some(&world.civilian_leader)).await.events[0]["CLASS"], "CONFIDENTIAL");
    // One of a series is the same there as in the series.
    let series = series(&app, &world, json!({})).await;
    let second = &instances(&app, &world, &series).await[1];
    let told = calendar(&app, &format!("/meetings/{second}/calendar.ics"), None).await;
    assert_eq!((&told.events[0]["UID"], &*told.events[0][OF]), (&series, "20270413T183000"));
}

async fn an_own_calendar_has_what_its_owner_may_see_at_the_moment(app: App) {
    let world = app.world().await;
    let titled =
        |title: &str, visibility: &str| json!({"title": title, "visibility": visibility, "purpose": "Whatever."});
    for (title, visibility) in [("Open", "public"), ("For members", "members"), ("For leaders", "leaders")] {
        app.meeting(&world, titled(title, visibility)).await;
    }
    let home = json!({"title": "At home", "visibility": "members",
        "place": {"kind": "private_home", "name": "At Maria's", "address": "1214 Osage Avenue"}});
    app.meeting(&world, home).await;
    let (members, leaders, on_duty, strangers) = (
        own(&app, &world.member).await,
        own(&app, &world.civilian_leader).await,
        own(&app, &world.officer).await,
        own(&app, &world.stranger).await,
    );
    assert_eq!(calendar(&app, &members, None).await.titles(), ["At home", "For members", "Open"]);
    let everything = ["At home", "For leaders", "For members", "Open"];
    let told = calendar(&app, &leaders, None).await;
    assert_eq!(told.titles(), everything);
    assert_eq!(told.titled("At home")["LOCATION"], "At Maria's", "never an address that is not public");
    assert!(!told.text.contains("1214") && !told.titled("For members").contains_key("DESCRIPTION"), "{}", told.text);
    assert_eq!(told.titled("Open")["DESCRIPTION"], "Whatever.");
    assert_eq!(calendar(&app, &on_duty, None).await.titles(), everything);
    assert!(calendar(&app, &strangers, None).await.events.is_empty());
    // Whoever says that they may come has it, wherever it is; who asks with another's session is told the same.
    let open = app.meeting(&world, json!({"title": "Walk"})).await.id();
    let maybe = json!({"answer": "maybe"});
    app.put(format!("/meetings/{open}/rsvp")).by(&world.stranger).json(maybe).send().await.expect(200);
    assert_eq!(calendar(&app, &strangers, Some(&world.member)).await.titles(), ["Walk"]);
    let no = json!({"answer": "no"});
    app.put(format!("/meetings/{open}/rsvp")).by(&world.stranger).json(no).send().await.expect(200);
    assert!(calendar(&app, &strangers, None).await.events.is_empty());
    // Rights that are taken away count at the next read.
    let (leader, member, officer) = (world.civilian_leader.id, world.member.id, world.officer.id);
    let now = app.now();
    app.db(move |conn| {
        diesel::update(leadership_seats::table.filter(leadership_seats::account_id.eq(leader)))
            .set((leadership_seats::state.eq("ended"), leadership_seats::ended_at.eq(now)))
            .execute(conn)?;
        diesel::update(memberships::table.filter(memberships::account_id.eq(member)))
            .set((memberships::state.eq("left"), memberships::ended_at.eq(now)))
            .execute(conn)?;
        diesel::update(accounts::table.find(officer))
            .set(accounts::verified_until.eq(chrono::NaiveDate::from_ymd_opt(2027, 2, 28)))
            .execute(conn)
    })
    .await;
    assert!(calendar(&app, &members, None).await.events.is_empty());
    assert!(calendar(&app, &on_duty, None).await.events.is_empty());
    assert_eq!(calendar(&app, &leaders, None).await.titles(), ["At home", "For members", "Open", "Walk"]);
    let told = app.get(&leaders).send().await.expect(200);
    assert_eq!(told.header("cache-control"), Some("private, no-cache"));
}

async fn an_address_is_told_once_replaced_revoked_and_silent_while_its_owner_is_stopped(app: App) {
    let world = app.world().await;
    app.meeting(&world, json!({})).await;
    let state = async || {
        let token = app.session(world.member.id).await.1;
        let call = app.get("/account/calendar-address").header("authorization", format!("Bearer {token}"));
        call.send().await.expect(200).body["created_at"].clone()
    };
    assert_eq!(state().await, Value::Null);
    app.post("/account/calendar-address").send().await.problem(401, "unauthenticated");
    let first = own(&app, &world.member).await;
    assert_eq!(state().await, "2027-03-01T18:00:00Z");
    let token = first.split('/').rev().nth(1).unwrap().to_owned();
    assert!(token.starts_with("tkc_") && token.len() == 47, "{token}");
    let digest: Vec<u8> =
        app.db(|conn| calendar_addresses::table.select(calendar_addresses::token_digest).first(conn)).await;
    assert_eq!(digest.len(), 32);
    assert_ne!(
        digest,
        threekeys::platform::crypto::sha256(&[token.as_bytes()]),
        "only who has the key can tell it from it"
    );
    assert_eq!(calendar(&app, &first, None).await.events.len(), 1);
    let second = own(&app, &world.member).await;
    let gone = app.get(&first).send().await.problem(404, "not_found");
    assert_eq!(calendar(&app, &second, None).await.events.len(), 1);
    for wrong in ["tkc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "tkr_short", "x"] {
        let unknown = app.get(format!("/calendars/{wrong}/calendar.ics")).send().await.problem(404, "not_found");
        if !wrong.starts_with("tkc_") {
            continue;
        }
        assert_eq!(
            unknown.body["detail"], gone.body["detail"],
            "what was an address can't be told from what never was"
        );
    }
    let (member, set) = (world.member.id, async |state: &'static str| {
        let member = world.member.id;
        app.db(move |conn| diesel::update(accounts::table.find(member)).set(accounts::state.eq(state)).execute(conn))
            .await;
    });
    for stopped in ["suspended", "closed"] {
        set(stopped).await;
        app.get(&second).send().await.problem(404, "not_found");
    }
    set("active").await;
    app.get(&second).send().await.expect(200);
    // An old proof of who asks will do for everything but a new address.
    app.pass(hours(1));
    let old = app.session_proved(member, "pwd", app.now().minus(hours(1))).await.1;
    let bearer = format!("Bearer {old}");
    app.post("/account/calendar-address")
        .header("authorization", &bearer)
        .send()
        .await
        .problem(401, "step_up_required");
    app.delete("/account/calendar-address").header("authorization", &bearer).send().await.expect(204);
    app.delete("/account/calendar-address").header("authorization", &bearer).send().await.problem(409, "conflict");
    app.get(&second).send().await.problem(404, "not_found");
    assert_eq!(state().await, Value::Null);
    let actions = app.actions().await;
    let of = |action: &str| actions.iter().filter(|one| *one == action).count();
    assert_eq!((of("calendar_address.made"), of("calendar_address.revoked")), (2, 1));
}

async fn an_address_ends_when_the_account_is_recovered_by_mail(app: App) {
    let world = app.world().await;
    let (mine, others) = (own(&app, &world.member).await, own(&app, &world.secretary).await);
    let (first, second) = ("green kettle on the north porch", "yellow ladder by the old mill");
    let body = json!({"current_password": PASSWORD, "new_password": first});
    app.post("/account/password").by(&world.member).json(body).send().await.expect(204);
    let told = async |words: &str| app.mails(&world.member.email).await.iter().any(|letter| letter.contains(words));
    assert!(told("calendar, if it has one, still works").await);
    app.get(&mine).send().await.expect(200);
    let email = &world.member.email;
    app.post("/password-resets/requests").json(json!({"email": email})).send().await.expect(202);
    let body = json!({"token": app.mailed_code(email, "tkp_").await, "new_password": second});
    app.post("/password-resets").json(body).send().await.expect(204);
    assert!(told("was ended as well").await);
    app.get(&mine).send().await.problem(404, "not_found");
    app.get(&others).send().await.expect(200);
}

async fn unchanged_feeds_answer_304_and_every_change_has_another_tag(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    let meeting = app.meeting(&world, json!({})).await.id();
    let id = series(&app, &world, json!({"title": "Walks"})).await;
    let mine = own(&app, &world.member).await;
    let paths = [of_partnership(&world), format!("/areas/{}/calendar.ics", world.district), mine];
    let tags = async || {
        let mut tags = Vec::new();
        for path in &paths {
            let told = app.get(path).send().await.expect(200);
            let tag = told.header("etag").unwrap().to_owned();
            let again = app.get(path).header("if-none-match", &tag).send().await.expect(304);
            assert_eq!((again.header("etag"), again.bytes.len()), (Some(tag.as_str()), 0));
            let other = app.get(path).header("if-none-match", "\"3\"").send().await.expect(200);
            assert_eq!(other.bytes, told.bytes, "the same meetings are the same bytes");
            tags.push(tag);
        }
        tags
    };
    let mut before = tags().await;
    // Time alone changes nothing, nor do answers.
    app.pass(days(1));
    app.run_job("plan_meeting_series").await;
    let token = app.session(leader.id).await.1;
    let bearer = format!("Bearer {token}");
    let yes = app.put(format!("/meetings/{meeting}/rsvp")).header("authorization", &bearer);
    yes.json(json!({"answer": "yes"})).send().await.expect(200);
    assert_eq!(tags().await, before);
    let one = instances_by(&app, &token, &id).await;
    let changes: [(&str, String, Value); 4] = [
        ("PATCH", format!("/meetings/{meeting}"), json!({"title": "Lamps"})),
        ("PATCH", format!("/meetings/{one}"), json!({"title": "Lots"})),
        ("PATCH", format!("/meeting-series/{id}"), json!({"place": {"name": "School hall"}})),
        ("POST", format!("/meeting-series/{id}/cancel"), json!({"reason": "The hall was sold."})),
    ];
    for (method, path, body) in changes {
        let call = if method == "PATCH" { app.patch(&path) } else { app.post(&path) };
        let version = if path.ends_with("cancel") { 2 } else { 1 };
        call.header("authorization", &bearer).if_match(version).json(body).send().await.expect(200);
        let after = tags().await;
        assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{path}");
        before = after;
    }
}

async fn what_readers_do_not_see_changes_no_tag(app: App) {
    let world = app.world().await;
    let leader = &world.civilian_leader;
    let open = format!("/meetings/{}", app.meeting(&world, json!({})).await.id());
    let walks = series(&app, &world, json!({"title": "Walks"})).await;
    let third = format!("/meetings/{}", instances(&app, &world, &walks).await[2]);
    let mine = own(&app, &world.member).await;
    let paths = [mine, of_partnership(&world), format!("/areas/{}/calendar.ics", world.district)];
    let told = async || {
        let mut told = Vec::new();
        for path in &paths {
            let answer = app.get(path).send().await.expect(200);
            told.push((answer.header("etag").unwrap().to_owned(), answer.bytes));
        }
        told
    };
    let step = async |method: &str, path: &str, version: i64, body: Value| {
        let call = if method == "PATCH" { app.patch(path) } else { app.post(path) };
        call.by(leader).if_match(version).json(body).send().await.expect(200);
    };
    let before = told().await;
    let reason = || json!({"reason": "The hall is being painted."});
    let hidden = |visibility: &str| json!({"title": "Inner circle", "visibility": visibility});
    let held = json!({"starts_local": "2027-03-01T10:00", "ends_local": "2027-03-01T11:30", "visibility": "leaders"});
    let held = format!("/meetings/{}", app.meeting(&world, held).await.id());
    let inner = format!("/meetings/{}", app.meeting(&world, hidden("leaders")).await.id());
    let circle = series(&app, &world, hidden("leaders")).await;
    assert!(told().await == before, "put down");
    app.post(format!("{held}/adjourn")).by(leader).if_match(1).send().await.expect(200);
    step("PATCH", &inner, 1, json!({"title": "Innermost circle"})).await;
    step("POST", &format!("{inner}/cancel"), 2, reason()).await;
    step("PATCH", &format!("/meeting-series/{circle}"), 1, json!({"place": {"name": "School hall"}})).await;
    assert!(told().await == before, "changed");
    // Whoever sees them is told of them at once.
    let members = format!("/meetings/{}", app.meeting(&world, hidden("members")).await.id());
    step("POST", &format!("{members}/cancel"), 1, reason()).await;
    let after = told().await;
    assert!(after[1..] == before[1..] && after[0].0 != before[0].0 && after[0].1 != before[0].1, "for members");
    // One of an open series that is open no more is gone from it, and what becomes of it is nobody's business.
    step("PATCH", &third, 1, json!({"visibility": "leaders"})).await;
    let before = told().await;
    assert!(before.iter().zip(&after).all(|(before, after)| before.0 != after.0 && before.1 != after.1), "hidden");
    step("PATCH", &third, 2, json!({"title": "Innermost circle"})).await;
    assert!(told().await == before, "hidden before");
    // One that is open though its series is not has the sequence of the series.
    let one = format!("/meetings/{}", instances(&app, &world, &circle).await[1]);
    step("PATCH", &one, 2, json!({"visibility": "public"})).await;
    let before = told().await;
    assert!(before.iter().all(|(_, bytes)| bytes.windows(5).any(|text| text == b"Inner")), "opened");
    step("PATCH", &format!("/meeting-series/{circle}"), 2, json!({"place": {"name": "Town hall"}})).await;
    let after = told().await;
    assert!(before.iter().zip(&after).all(|(before, after)| (before.0 == after.0) == (before.1 == after.1)), "series");
    // As many of each version as before, but others.
    let other = format!("/meetings/{}", app.meeting(&world, hidden("leaders")).await.id());
    step("PATCH", &open, 1, json!({"title": "Lamps"})).await;
    let before = told().await;
    app.pass(hours(1));
    step("PATCH", &open, 2, json!({"visibility": "leaders"})).await;
    step("PATCH", &other, 1, json!({"visibility": "public"})).await;
    let after = told().await;
    assert!(before.iter().zip(&after).all(|(before, after)| before.0 != after.0 && before.1 != after.1), "exchanged");
}

async fn instances_by(app: &App, token: &str, series: &str) -> String {
    let call =
        app.get(format!("/meeting-series/{series}/instances")).header("authorization", format!("Bearer {token}"));
    call.send().await.expect(200).items()[0]["meeting_id"].as_str().unwrap().to_owned()
}

async fn five_hundred_meetings_take_less_than_five_times_as_long_as_one(app: App) {
    let (few, many) = (app.world().await, app.world().await);
    app.meeting(&few, json!({})).await;
    series(&app, &many, json!({"rule": "FREQ=DAILY;COUNT=300"})).await;
    for n in 0..200 {
        let time = format!("2027-{:02}-{:02}T", 3 + n / 25, 2 + n % 25);
        let body = json!({"starts_local": format!("{time}10:00"), "ends_local": format!("{time}11:00")});
        app.meeting(&many, body).await;
    }
    let told = calendar(&app, &of_partnership(&many), None).await;
    assert_eq!(told.events.len(), 201);
    let took = async |world: &World, tag: &str| {
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..31 {
            let request = actix_web::test::TestRequest::get()
                .uri(&format!("/api/v1{}", of_partnership(world)))
                .append_header(("if-none-match", tag));
            let began = Instant::now();
            let (status, _, body) = app.raw(request).await;
            times.push(began.elapsed());
            assert!(status == 200 && !body.is_empty(), "{status}");
        }
        times.sort();
        times[times.len() / 2]
    };
    let (one, all) = (took(&few, "\"-\"").await, took(&many, "\"-\"").await);
    assert!(all < one * 5, "one meeting {one:?}, five hundred {all:?}");
}

both_engines![
    a_series_is_one_event_and_what_differs_an_override,
    a_series_that_goes_on_as_another_leaves_what_was_cancelled,
    meetings_over_a_change_of_the_clocks_say_when_they_end,
    feeds_for_everybody_have_open_meetings_and_no_private_place,
    one_meeting_tells_each_reader_what_the_meeting_tells,
    an_own_calendar_has_what_its_owner_may_see_at_the_moment,
    an_address_is_told_once_replaced_revoked_and_silent_while_its_owner_is_stopped,
    an_address_ends_when_the_account_is_recovered_by_mail,
    unchanged_feeds_answer_304_and_every_change_has_another_tag,
    what_readers_do_not_see_changes_no_tag,
    five_hundred_meetings_take_less_than_five_times_as_long_as_one
];
