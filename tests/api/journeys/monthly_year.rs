//! A year of a monthly meeting: two evenings are moved, one is cancelled, and in the autumn it begins later. Some have it in
//! their calendars. What the first evening promised opens the next, until it is done; nobody objects to its minutes.

use serde_json::{Value, json};

use super::town::{Town, each, partnership};
use crate::support::{Answer, App};

pub async fn a_year_of_a_monthly_meeting(app: App) {
    let mut town = app.town().await;
    let lights = partnership(&app, &town).await;
    let series = agreed(&app, &town, &lights).await;
    let evenings = each(&app.get(format!("/meeting-series/{series}/instances")).send().await, "meeting_id");
    two_are_moved_and_one_is_cancelled(&app, &town, &series, &evenings).await;
    the_name_changes(&app, &town, &series).await;
    what_has_become_of_it(&app, &series, &evenings).await;
    it_is_in_their_calendars(&app, &town, &lights, &evenings).await;
    what_was_promised_is_come_back_to(&app, &mut town, &evenings).await;
    town.at(&app, "2027-07-20T15:00:00Z").await;
    let autumn = later_in_the_autumn(&app, &town, &series, &evenings).await;
    town.at(&app, "2027-12-20T15:00:00Z").await;
    the_hall_is_sold(&app, &town, &lights, &series, &autumn).await;
}

async fn agreed(app: &App, town: &Town, lights: &str) -> String {
    let path = format!("/partnerships/{lights}/meeting-series");
    let body = json!({
        "kind": "regular", "format": "in_person", "title": "Armourdale Lights", "rule": "FREQ=MONTHLY;BYDAY=2TU;COUNT=12",
        "starts_local": "2027-03-09T18:30", "ends_local": "2027-03-09T20:00",
        "place": {"kind": "public", "name": "Armourdale Recreation Center", "address": "730 Osage Ave"},
        "visibility": "public", "capacity": 40, "languages": ["en", "es"], "purpose": "What was promised, and what is next.",
        "accessibility": "Ramp at the back."
    });
    app.post(&path).by(&town.tom).json(body.clone()).send().await.problem(403, "forbidden");
    let every_second = json!({"rule": "FREQ=MINUTELY"});
    let mut hostile = body.clone();
    crate::support::world::merge(&mut hostile, every_second);
    app.post(&path).by(&town.maria).json(hostile).send().await.refuses(&["/rule"]);
    let made = app.post(&path).by(&town.maria).json(body).send().await.expect(201);
    let series = made.id();
    let read = app.get(format!("/meeting-series/{series}")).send().await.expect(200);
    assert_eq!(
        read.body["words"],
        "every second Tuesday of the month at 18:30 (America/Chicago), from Tuesday 9 March 2027 until Tuesday 8 February 2028"
    );
    let listed = app.get(format!("{path}?state=running")).send().await.expect(200);
    assert_eq!(each(&listed, "id"), std::slice::from_ref(&series));
    let evenings = app.get(format!("/meeting-series/{series}/instances")).send().await.expect(200);
    let hours: Vec<String> = each(&evenings, "starts_at").iter().map(|at| at[11..16].to_owned()).collect();
    let winter = |n: usize| std::iter::repeat_n("00:30", n);
    let expected: Vec<&str> = winter(1).chain(std::iter::repeat_n("23:30", 7)).chain(winter(4)).collect();
    assert_eq!(hours, expected, "the same hour on the wall, whatever the clocks do");
    series
}

async fn two_are_moved_and_one_is_cancelled(app: &App, town: &Town, series: &str, evenings: &[String]) {
    let change = async |n: usize, body: Value| -> Answer {
        app.patch(format!("/meetings/{}", evenings[n])).by(&town.maria).if_match(1).json(body).send().await.expect(200)
    };
    app.put(format!("/meetings/{}/rsvp", evenings[1]))
        .by(&town.tom)
        .json(json!({"answer": "yes"}))
        .send()
        .await
        .expect(200);
    let moved = change(1, json!({"starts_local": "2027-04-20T18:30", "ends_local": "2027-04-20T20:00"})).await;
    assert_eq!((&moved.body["sequence"], &moved.body["answers"]["yes"]), (&json!(1), &json!(1)), "Tom still comes");
    change(3, json!({"place": {"name": "Shelter in the park", "address": "Shawnee Park"}})).await;
    let why = json!({"reason": "Independence Day week; everybody is away."});
    let path = format!("/meetings/{}/cancel", evenings[4]);
    app.post(path).by(&town.rivera).if_match(1).json(why).send().await.expect(200);
    let read = app.get(format!("/meeting-series/{series}")).send().await.expect(200);
    let next: Vec<_> = read.body["next"].as_array().unwrap().iter().map(|next| next["starts_local"].clone()).collect();
    assert_eq!(next, [json!("2027-03-09T18:30"), json!("2027-04-20T18:30"), json!("2027-05-11T18:30")]);
}

async fn the_name_changes(app: &App, town: &Town, series: &str) {
    let path = format!("/meeting-series/{series}");
    let body = json!({"title": "Armourdale Lights and Lots", "capacity": 60, "purpose": "What was promised, and what is next.",
        "place": {"name": "Armourdale Recreation Center, hall", "address": "730 Osage Ave"}, "accessibility": "Ramp at the back."});
    let changed = app.patch(&path).by(&town.rivera).if_match(1).json(body).send().await.expect(200);
    assert_eq!(changed.version(), 2);
    app.patch(&path)
        .by(&town.maria)
        .if_match(1)
        .json(json!({"title": "Lots"}))
        .send()
        .await
        .problem(412, "precondition_failed");
}

/// What each evening says of its series, and what happened to the series.
async fn what_has_become_of_it(app: &App, series: &str, evenings: &[String]) {
    for (n, changed) in [(0, false), (1, true), (4, true)] {
        let evening = app.get(format!("/meetings/{}", evenings[n])).send().await.expect(200);
        let place = &evening.body["series"];
        assert_eq!((&place["id"], &place["is_changed"]), (&json!(series), &json!(changed)), "evening {n}");
    }
    let moved = app.get(format!("/meetings/{}", evenings[1])).send().await.expect(200);
    assert_eq!(moved.body["series"]["recurrence_local"], "2027-04-13T18:30", "the time by which the rule has it");
    let told = app.get(format!("/meeting-series/{series}/timeline")).send().await.expect(200);
    assert_eq!(each(&told, "action"), ["meeting_series.changed", "meeting_series.created"]);
}

async fn it_is_in_their_calendars(app: &App, town: &Town, lights: &str, evenings: &[String]) {
    let address = "/account/calendar-address";
    assert_eq!(app.get(address).by(&town.tom).send().await.expect(200).body["created_at"], Value::Null);
    let made = app.post(address).by(&town.tom).send().await.expect(201);
    let mine = made.str("calendar_url").strip_prefix("https://threekeys.example").unwrap().to_owned();
    app.get(address).by(&town.tom).send().await.expect(200);
    let one = format!("/meetings/{}/calendar.ics", evenings[1]);
    for path in [&format!("/partnerships/{lights}/calendar.ics"), &one, &mine] {
        let told = app.get(path).send().await.expect(200);
        let text = String::from_utf8_lossy(&told.bytes).replace("\r\n ", "");
        assert!(text.contains("RECURRENCE-ID;TZID=America/Chicago:20270413T183000"), "{path}: {text}");
        let tag = told.header("etag").unwrap();
        app.get(path).header("if-none-match", tag).send().await.expect(304);
    }
    let area = app.get(format!("/partnerships/{lights}")).send().await.expect(200).body["area"]["id"].clone();
    app.get(format!("/areas/{}/calendar.ics", area.as_str().unwrap())).send().await.expect(200);
    // Tom's telephone is stolen.
    app.delete(address).by(&town.tom).send().await.expect(204);
    app.get(&mine).send().await.problem(404, "not_found");
}

async fn what_was_promised_is_come_back_to(app: &App, town: &mut Town, evenings: &[String]) {
    town.at(app, "2027-03-10T00:35:00Z").await;
    let first = format!("/meetings/{}", evenings[0]);
    let version = app.get(&first).by(&town.maria).send().await.expect(200).version();
    let started = app.post(format!("{first}/start")).by(&town.maria).if_match(version).send().await.expect(200);
    for person in [&town.maria, &town.rivera, &town.tom] {
        let there = json!({"account_id": person.id});
        app.post(format!("{first}/attendance")).by(&town.maria).json(there).send().await.expect(201);
    }
    let survey = json!({"what": "Ask the utility for a survey", "assignee_id": town.tom.id, "due_on": "2027-04-13"});
    let survey = app.post(format!("{first}/action-items")).by(&town.maria).json(survey).send().await.expect(201);
    let adjourn = app.post(format!("{first}/adjourn")).by(&town.maria).if_match(started.version());
    adjourn.send().await.expect(200);
    let draft = app.get(format!("{first}/minutes/draft")).by(&town.maria).send().await.expect(200);
    assert!(draft.str("text").contains("Ask the utility for a survey"), "{}", draft.str("text"));
    let text = json!({"text": draft.body["text"], "visibility": "public"});
    app.put(format!("{first}/minutes")).by(&town.maria).json(text).send().await.expect(201);
    for (by, step, version) in [(&town.maria, "circulate", 1), (&town.maria, "assent", 2), (&town.rivera, "assent", 3)]
    {
        app.post(format!("{first}/minutes/{step}")).by(by).if_match(version).send().await.expect(200);
    }
    town.at(app, "2027-03-24T15:00:00Z").await;
    assert_eq!(app.run_job("approve_minutes").await, 1);
    let minuted = app.get(&first).by(&town.tom).send().await.expect(200);
    assert_eq!(minuted.body["state"], "minuted");

    // April's evening was moved, and still opens with what March promised.
    let next = format!("/meetings/{}/agenda", evenings[1]);
    let opens_with = async || {
        let agenda = app.get(&next).by(&town.tom).send().await.expect(200);
        (agenda.body["follow_up"]["count"].clone(), agenda.body["follow_up"]["items"].clone())
    };
    let (count, items) = opens_with().await;
    assert_eq!(
        (&count, &items[0]["kind"], &items[0]["title"], &items[0]["owner"]["id"]),
        (&json!(1), &json!("action_item"), &json!("Ask the utility for a survey"), &json!(town.tom.id))
    );
    let item = format!("/action-items/{}", survey.id());
    let version = app.get(&item).by(&town.tom).send().await.expect(200).version();
    app.post(format!("{item}/complete")).by(&town.tom).if_match(version).send().await.expect(200);
    assert_eq!(opens_with().await, (json!(0), json!([])), "done is done");
}

async fn later_in_the_autumn(app: &App, town: &Town, series: &str, evenings: &[String]) -> String {
    let path = format!("/meeting-series/{series}");
    let body = json!({"from": "2027-10-12T18:30", "starts_local": "2027-10-12T19:00", "ends_local": "2027-10-12T20:30",
        "except": ["2027-12-14"]});
    let call = app.post(format!("{path}/split")).by(&town.maria).if_match(2).json(body).leaving(2);
    let autumn = call.send().await.expect(201);
    assert_eq!(
        autumn.body["words"],
        "every second Tuesday of the month at 19:00 (America/Chicago), from Tuesday 12 October 2027 until Tuesday 8 February \
         2028, except Tuesday 14 December 2027"
    );
    let kept = each(&app.get(format!("/meeting-series/{}/instances", autumn.id())).send().await, "meeting_id");
    assert_eq!(kept, [&evenings[7..9], &evenings[10..]].concat(), "the same evenings, later");
    let left_out = app.get(format!("/meetings/{}", evenings[9])).send().await.expect(200);
    assert_eq!(left_out.body["state"], "cancelled");
    autumn.id()
}

async fn the_hall_is_sold(app: &App, town: &Town, lights: &str, series: &str, autumn: &str) {
    let why = json!({"reason": "The hall was sold; we look for another one."});
    let path = format!("/meeting-series/{autumn}/cancel");
    let over = app.post(path).by(&town.maria).if_match(1).json(why).send().await.expect(200);
    assert_eq!((&over.body["state"], &over.body["next"]), (&json!("cancelled"), &json!([])));
    let running = app.get(format!("/partnerships/{lights}/meeting-series?state=running")).send().await.expect(200);
    assert_eq!(each(&running, "id"), [series], "what was held stays to be read");
}
