//! No thread free, the queue full, the database locked by another: whoever comes is told so within a second, and no later
//! than that it works again.

use std::time::{Duration, Instant};

use actix_web::test::TestRequest;
use diesel::connection::SimpleConnection as _;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{App, Person};

/// What a request may wait for a thread, and then the time that telling takes on a busy machine.
const WAIT: Duration = Duration::from_secs(1);
const TELLING: Duration = Duration::from_millis(400);

fn look(ann: &Person) -> TestRequest {
    TestRequest::get().uri("/api/v1/account").append_header(("authorization", format!("Bearer {}", ann.token)))
}
fn change(ann: &Person, version: i64) -> TestRequest {
    TestRequest::patch()
        .uri("/api/v1/account")
        .append_header(("authorization", format!("Bearer {}", ann.token)))
        .append_header(("content-type", "application/json"))
        .append_header(("if-match", format!("\"{version}\"")))
        .set_payload(json!({"alias": format!("Owl {version}")}).to_string())
}

/// Sends them all at once; each has to be refused in time.
async fn demand_refusals(app: &App, requests: Vec<TestRequest>, by: Duration) {
    let since = Instant::now();
    let answers = join_all(requests.into_iter().map(|request| async {
        let (status, headers, _) = app.raw(request).await;
        (status.as_u16(), headers.contains_key("retry-after"), since.elapsed())
    }));
    for (status, retry_after, took) in answers.await {
        assert_eq!((status, retry_after), (503, true), "after {took:?}");
        assert!(took < by + TELLING, "refused after {took:?}");
    }
}

async fn demand_works(app: &App, request: TestRequest) {
    let since = Instant::now();
    let (status, ..) = app.raw(request).await;
    assert!(status.is_success(), "{status}");
    assert!(since.elapsed() < TELLING, "it works, after {:?}", since.elapsed());
}

/// One thread to read, one to write, four that may wait, a second for that.
async fn narrow(app: App) -> App {
    app.reconfigured(|config| {
        (config.database.readers, config.database.writers, config.database.queue) = (1, 1, 4);
        config.database.wait_milliseconds = 1000;
    })
    .await
}

async fn whoever_finds_no_reader_is_told_within_a_second(app: App) {
    let app = narrow(app).await;
    let ann = app.citizen().await;
    let db = app.state.db.clone();
    let busy = actix_web::rt::spawn(async move {
        let work = db.read(|_| {
            std::thread::sleep(Duration::from_millis(2500));
            Ok(())
        });
        work.await
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    demand_refusals(&app, (0..12).map(|_| look(&ann)).collect(), WAIT).await;
    busy.await.unwrap().unwrap();
    demand_works(&app, look(&ann)).await;
}

async fn whoever_finds_no_writer_is_told_within_a_second_and_changes_nothing(app: App) {
    let app = narrow(app).await;
    let ann = app.citizen().await;
    let db = app.state.db.clone();
    let busy = actix_web::rt::spawn(async move {
        let work = db.write(
            |_| {
                std::thread::sleep(Duration::from_millis(2500));
                Ok(())
            },
            |_, _| Ok(()),
        );
        work.await
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    demand_refusals(&app, (0..12).map(|_| change(&ann, 1)).collect(), WAIT).await;
    demand_works(&app, look(&ann)).await;
    busy.await.unwrap().unwrap();
    // The version is still the first: none of those that were refused was done later.
    demand_works(&app, change(&ann, 1)).await;
}

async fn another_that_holds_the_lock_is_no_fault_of_ours(app: App) {
    let app = narrow(app).await;
    let ann = app.citizen().await;
    let mut other = app.state.db.engine().open().unwrap();
    // PostgreSQL has no one lock for all; the table is as near as it gets.
    let lock = match other {
        threekeys::platform::db::Conn::Sqlite(_) => "BEGIN IMMEDIATE",
        threekeys::platform::db::Conn::Pg(_) => "BEGIN; LOCK TABLE accounts IN EXCLUSIVE MODE",
    };
    other.batch_execute(lock).unwrap();
    let writes = (0..3).map(|_| change(&ann, 1)).collect();
    // The first of them waits for the lock itself, and no request takes longer than five seconds.
    let refused = demand_refusals(&app, writes, Duration::from_millis(4500));
    let reads = async {
        for _ in 0..5 {
            demand_works(&app, look(&ann)).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::join!(refused, reads);
    other.batch_execute("ROLLBACK").unwrap();
    demand_works(&app, change(&ann, 1)).await;
}

both_engines![
    whoever_finds_no_reader_is_told_within_a_second,
    whoever_finds_no_writer_is_told_within_a_second_and_changes_nothing,
    another_that_holds_the_lock_is_no_fault_of_ours,
];
