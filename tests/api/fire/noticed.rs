//! Whoever is told that a meeting is cancelled is told once, however often the server dies over it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use serde_json::json;
use threekeys::platform::clock::{Clock, days};
use threekeys::platform::db::AnyId;
use threekeys::schema::{mails, meetings, notice_subscriptions, notices};

use super::chance::Chance;
use super::server::{Server, say};
use crate::support::App;

const READERS: usize = 300;
const DEATHS: usize = 12;

async fn a_cancelled_meeting_is_told_to_each_reader_once(app: App) {
    app.state.clock.set(Clock::System.now());
    let world = app.world().await;
    let (partnership, now) = (world.partnership, app.now());
    app.db(move |conn| {
        for n in 0..READERS {
            let email = format!("reader{n}@example.org");
            diesel::insert_into(notice_subscriptions::table)
                .values((
                    notice_subscriptions::id.eq(AnyId(uuid::Uuid::now_v7())),
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
    let day = app.now().plus(days(5)).date();
    let times = json!({"starts_local": format!("{day}T18:30"), "ends_local": format!("{day}T20:00")});
    let meeting = app.meeting(&world, times).await.id();
    // Everybody was told that it takes place, some time ago.
    app.run_job("give_notice").await;
    app.db(|conn| {
        diesel::update(mails::table).set((mails::state.eq("sent"), mails::body.eq(None::<Vec<u8>>))).execute(conn)
    })
    .await;
    let reason = json!({"reason": "The hall is flooded."});
    let path = format!("/meetings/{meeting}/cancel");
    app.post(path).by(&world.civilian_leader).if_match(1).json(reason).send().await.expect(200);
    let mut chance = Chance::new();
    for _ in 0..DEATHS {
        let mut server = Server::start(&app, &[]);
        server.ready(Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(150 + u64::try_from(chance.below(900)).unwrap()));
        server.kill();
    }
    let server = Server::start(&app, &[]);
    server.ready(Duration::from_secs(20));
    let since = Instant::now();
    loop {
        let (waiting, due): (i64, i64) = app
            .db(|conn| {
                let due = meetings::table.filter(meetings::noticed_sequence.assume_not_null().lt(meetings::sequence));
                Ok((
                    mails::table.filter(mails::state.eq("waiting")).count().get_result(conn)?,
                    notices::table.filter(notices::passed_on_at.is_null()).count().get_result::<i64>(conn)?
                        + due.count().get_result::<i64>(conn)?,
                ))
            })
            .await;
        if (waiting, due) == (0, 0) {
            break;
        }
        assert!(since.elapsed() < Duration::from_secs(90), "{waiting} letters wait, {due} notices are due");
        std::thread::sleep(Duration::from_millis(200));
    }
    let mut letters: HashMap<String, usize> = HashMap::new();
    for entry in std::fs::read_dir(app.state.config.data.dir.join("mail")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "eml") {
            let text = std::fs::read_to_string(path).unwrap();
            let to = text.lines().find_map(|line| line.strip_prefix("To: ")).unwrap().to_owned();
            assert!(text.contains("Subject: Cancelled: "), "{text}");
            *letters.entry(to).or_default() += 1;
        }
    }
    say(&format!("{} readers told once over {DEATHS} deaths of the server", letters.len()));
    assert_eq!(letters.len(), READERS);
    assert!(letters.values().all(|count| *count == 1), "{letters:?}");
}

both_engines![a_cancelled_meeting_is_told_to_each_reader_once];
