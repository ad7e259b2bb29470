use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use threekeys::platform::clock::{Instant, days};
use threekeys::platform::db::AnyId;
use threekeys::platform::jobs::{lease, release, start};

use crate::support::App;

async fn one_holder_at_a_time_and_another_after_it(app: App) {
    let (one, two) = (AnyId::new(), AnyId::new());
    let take = |who: AnyId| {
        let now = app.now();
        app.state.db.write(move |conn| lease(conn, who, now), |_, _| Ok(()))
    };
    assert!(take(one).await.unwrap());
    assert!(!take(two).await.unwrap());
    app.pass(Duration::from_secs(7));
    assert!(take(one).await.unwrap(), "renewed");
    app.pass(Duration::from_secs(7));
    assert!(!take(two).await.unwrap());
    app.pass(Duration::from_secs(3));
    assert!(take(two).await.unwrap(), "it ran out");
    assert!(!take(one).await.unwrap());
    let now = app.now();
    app.state.db.write(move |conn| release(conn, two, now), |_, _| Ok(())).await.unwrap();
    assert!(take(one).await.unwrap(), "it was given back");
}

async fn a_lease_from_the_future_is_over_and_goes_to_one(app: App) {
    let holders = [AnyId::new(), AnyId::new(), AnyId::new()];
    let now = app.now();
    let take = |who: AnyId, at: Instant| app.state.db.write(move |conn| lease(conn, who, at), |_, _| Ok(()));
    assert!(take(holders[0], now.plus(days(365))).await.unwrap());
    let taken = join_all(holders[1..].iter().map(|who| take(*who, now))).await;
    assert_eq!(taken.into_iter().filter(|taken| matches!(taken, Ok(true))).count(), 1);
    assert!(!take(holders[0], now).await.unwrap(), "it was taken over");
    assert!(!take(AnyId::new(), now.plus(Duration::from_secs(9))).await.unwrap(), "and lasts as long as any");
    app.state.db.write(move |conn| release(conn, holders[1], now), |_, _| Ok(())).await.unwrap();
    app.state.db.write(move |conn| release(conn, holders[2], now), |_, _| Ok(())).await.unwrap();
    assert!(take(holders[0], now.plus(Duration::from_secs(5))).await.unwrap());
    assert!(!take(holders[1], now).await.unwrap(), "clocks may be a little apart");
}

async fn the_runner_works_until_the_server_ends(app: App) {
    app.citizen().await;
    let ann = app.citizen().await;
    app.patch("/account").by(&ann).if_match(1).json(serde_json::json!({"alias": "Owl"})).send().await.expect(200);
    let runner = start(app.state.clone()).unwrap();
    let admin = app.administrator().await;
    let began = std::time::Instant::now();
    while app.get("/records").by(&admin).send().await.expect(200).items().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(10), "not sealed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    app.state.shutting_down.store(true, Ordering::Relaxed);
    tokio::task::spawn_blocking(move || runner.join().unwrap()).await.unwrap();
}

async fn every_job_runs_on_demand_on_an_empty_database(app: App) {
    let names: HashSet<&str> = app.state.jobs.iter().map(|job| job.name).collect();
    assert_eq!(names.len(), app.state.jobs.len());
    for name in names {
        app.run_job(name).await;
        assert_eq!(app.run_job(name).await, 0, "{name} finds nothing to do the second time");
    }
    assert!(threekeys::platform::jobs::run(&app.state, "nothing").is_err());
}

both_engines![
    one_holder_at_a_time_and_another_after_it,
    a_lease_from_the_future_is_over_and_goes_to_one,
    the_runner_works_until_the_server_ends,
    every_job_runs_on_demand_on_an_empty_database,
];
