//! The demonstration: made once, whole, and shown with accounts that work.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::accounts::totp;
use threekeys::demo;
use threekeys::ids::AccountId;
use threekeys::platform::clock::Clock;
use threekeys::platform::db::Conn;
use threekeys::platform::installation;
use threekeys::schema::{accounts, goals, leadership_seats, meetings, officer_logs, partnerships, tasks};

use crate::support::App;

/// As the command does it: with no runtime around it.
async fn prepare(app: &App) -> Result<String, String> {
    let config = app.state.config.clone();
    tokio::task::spawn_blocking(move || Ok(demo::prepare(config)?.to_string())).await.unwrap()
}

async fn counts(app: &App) -> Vec<i64> {
    app.db(|conn| {
        Ok(vec![
            accounts::table.count().get_result(conn)?,
            partnerships::table.count().get_result(conn)?,
            leadership_seats::table.count().get_result(conn)?,
            goals::table.count().get_result(conn)?,
            meetings::table.count().get_result(conn)?,
            officer_logs::table.count().get_result(conn)?,
            tasks::table.count().get_result(conn)?,
        ])
    })
    .await
}

/// Address and password of each shown account.
fn shown(tour: &str) -> Vec<(String, String)> {
    let (tour, _) = tour.split_once("Their authenticators").unwrap();
    let words = tour.lines().filter_map(|line| line.strip_prefix("  ")).map(|line| line.split_whitespace());
    let accounts = words.filter_map(|mut words| Some((words.next()?.to_owned(), words.next()?.to_owned())));
    accounts.filter(|(email, _)| email.ends_with("@example.org")).collect()
}

/// The secret of an account's authenticator, where it is shown with one.
fn seed<'t>(tour: &'t str, email: &str) -> Option<&'t str> {
    let (_, rest) = tour.split_once("Their authenticators")?;
    let mut words = rest.lines().find(|line| line.trim_start().starts_with(email))?.split_whitespace();
    words.nth(1)
}

/// The JSON that follows `-d` last in the line that has `part` in it.
fn sent(tour: &str, part: &str) -> Value {
    let line = tour.lines().find(|line| line.starts_with("curl") && line.contains(part)).unwrap();
    let (_, json) = line.rsplit_once("-d '").unwrap();
    serde_json::from_str(json.trim_end_matches('\'')).unwrap()
}

async fn a_second_run_finds_the_same_data_and_new_passwords(app: App) {
    let now = Clock::System.now();
    let tour = prepare(&app).await.unwrap();
    let made = counts(&app).await;
    assert_eq!(made, [28, 10, 18, 4, 21, 4, 18], "9 meetings by themselves and 12 by a rule");
    let stages: Vec<String> =
        app.db(|conn| partnerships::table.select(partnerships::state).distinct().load(conn)).await;
    assert_eq!(stages.len(), 7, "one in each: {stages:?}");
    let states: Vec<String> = app.db(|conn| tasks::table.select(tasks::state).distinct().load(conn)).await;
    assert_eq!(states.len(), 8, "one in each: {states:?}");
    let again = prepare(&app).await.unwrap();
    assert_eq!(counts(&app).await, made);
    app.state.clock.set(now);
    assert_eq!(shown(&tour).len(), 7);
    for ((email, old), (same, new)) in shown(&tour).into_iter().zip(shown(&again)) {
        assert_eq!(email, same);
        let code = seed(&again, &email).map(|seed| totp::code(seed, app.now()).unwrap());
        let log_in =
            |password| app.post("/sessions").json(json!({"email": email, "password": password, "code": code.clone()}));
        assert_eq!(
            code.is_some(),
            ["admin", "captain", "officer", "inspector"].iter().any(|who| email.starts_with(who))
        );
        log_in(old).send().await.problem(401, "credentials_rejected");
        let token = log_in(new).send().await.expect(201).body["access_token"].as_str().unwrap().to_owned();
        if email.starts_with("officer") {
            let bearer = format!("Bearer {token}");
            let log = sent(&again, "/officer-logs");
            let logged =
                app.post("/officer-logs").header("authorization", bearer.clone()).json(log.clone()).send().await;
            let logged = logged.expect(201);
            let repeated =
                app.post("/officer-logs").header("authorization", bearer).json(log).leaving(0).send().await.expect(200);
            assert_eq!(repeated.id(), logged.id());
        }
        if email.starts_with("tom") {
            let path = again.split_once("/goals/").and_then(|(_, rest)| rest.split_once(' ')).unwrap().0;
            let progress = app.get(format!("/goals/{path}")).header("authorization", format!("Bearer {token}"));
            let progress = progress.send().await.expect(200);
            assert!(progress.body["progress"].as_f64().is_some_and(|p| p > 0.5), "{:#}", progress.body);
            assert_eq!(progress.body["objectives"].as_array().unwrap().len(), 3);
        }
    }
    let open = app.get("/meetings").send().await.expect(200);
    assert_eq!(open.items().len(), 3 + 12, "the open ones, not the leaders'");
    let feed = tour.lines().find_map(|line| line.strip_prefix("curl -sS ").filter(|url| url.ends_with("calendar.ics")));
    let feed = app.get(&feed.unwrap()[feed.unwrap().find("/api/").unwrap()..]).send().await.expect(200);
    let text = String::from_utf8_lossy(&feed.bytes).into_owned();
    assert!(text.contains("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=") && text.contains("RECURRENCE-ID"), "{text}");
}

async fn a_database_that_holds_something_else_is_left_alone(app: App) {
    app.citizen().await;
    let refused = prepare(&app).await.unwrap_err();
    assert!(refused.contains("something else"), "{refused}");
    assert_eq!(counts(&app).await, [1, 0, 0, 0, 0, 0, 0]);
}

async fn whoever_comes_while_another_prepares_or_serves_is_told_so(app: App) {
    let config = &app.state.config;
    let alone = demo::alone(config).unwrap();
    let refused = demo::alone(config).unwrap_err();
    assert!(refused.contains("Another run is preparing or serving"), "{refused}");
    drop(alone);
    demo::alone(config).unwrap();
}

async fn what_an_interrupted_run_left_is_not_taken_for_the_demonstration(app: App) {
    let mark = |conn: &mut Conn| installation::put(conn, "demonstration", b"unfinished".to_vec(), None);
    app.state.db.write(mark, |_, _| Ok(())).await.unwrap();
    let config = app.state.config.clone();
    match demo::clear_unfinished(&config) {
        Ok(()) => {
            let url = app.database_url().to_owned();
            let file = url.strip_prefix("sqlite:").expect("only an embedded database is removed");
            assert!(!std::path::Path::new(file).exists());
        }
        Err(why) => assert!(app.database_url().starts_with("postgres:") && why.contains("interrupted"), "{why}"),
    }
}

/// Where objects of a type that timelines tell of are read one by one.
const READ_AT: [(&str, &str); 23] = [
    ("action_item", "action-items"),
    ("agreement", "agreements"),
    ("commendation", "commendations"),
    ("commitment", "commitments"),
    ("communication_plan", "communication-plans"),
    ("decision", "decisions"),
    ("development_plan", "development-plans"),
    ("goal", "goals"),
    ("group_schedule", "group-schedules"),
    ("meeting", "meetings"),
    ("meeting_series", "meeting-series"),
    ("membership", "memberships"),
    ("mission", "missions"),
    ("need", "needs"),
    ("objective", "objectives"),
    ("officer_log", "officer-logs"),
    ("partner", "partners"),
    ("partnership", "partnerships"),
    ("pledge", "pledges"),
    ("promotion", "promotions"),
    ("resource_link", "resource-links"),
    ("shadowing", "shadowings"),
    ("task", "tasks"),
];

async fn timelines_tell_of_nothing_that_their_reader_does_not_see(app: App) {
    prepare(&app).await.unwrap();
    app.state.clock.set(Clock::System.now());
    let everybody: Vec<AccountId> = app.db(|conn| accounts::table.select(accounts::id).load(conn)).await;
    let mut told = 0;
    for account in everybody {
        let bearer = format!("Bearer {}", app.session(account).await.1);
        let get = |path: String| app.get(path).header("authorization", bearer.clone()).send();
        let mut seen = BTreeSet::new();
        for partnership in get("/partnerships?limit=200".into()).await.expect(200).items() {
            let timeline = format!("/partnerships/{}/timeline?limit=200", partnership["id"].as_str().unwrap());
            let mut page = get(timeline.clone()).await.expect(200);
            loop {
                for entry in page.items() {
                    let object = (entry["object_type"].as_str().unwrap().to_owned(), entry["object_id"].to_string());
                    let at = READ_AT.iter().find(|(kind, _)| *kind == object.0);
                    if let Some((_, at)) = at.filter(|_| seen.insert(object.clone())) {
                        let read = get(format!("/{at}/{}", object.1.trim_matches('"'))).await;
                        assert_ne!(read.status, 404, "{account} is told of {entry:#}");
                        told += 1;
                    }
                }
                let Some(cursor) = page.body["next_cursor"].as_str() else { break };
                page = get(format!("{timeline}&cursor={cursor}")).await.expect(200);
            }
        }
    }
    assert!(told > 500, "{told}");
}

both_engines![
    timelines_tell_of_nothing_that_their_reader_does_not_see,
    a_second_run_finds_the_same_data_and_new_passwords,
    a_database_that_holds_something_else_is_left_alone,
    whoever_comes_while_another_prepares_or_serves_is_told_so,
    what_an_interrupted_run_left_is_not_taken_for_the_demonstration
];
