use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use threekeys::platform::db::executor::Limits;
use threekeys::platform::db::{Conn, Db, Engine, Gathered};
use threekeys::platform::error::{Error, Result};
use threekeys::schema::installation;

use crate::support::App;

fn insert(name: &'static str) -> impl FnOnce(&mut Conn) -> Result<()> {
    move |conn| {
        diesel::insert_into(installation::table)
            .values((installation::name.eq(name), installation::value.eq(Vec::<u8>::new())))
            .execute(conn)?;
        Ok(())
    }
}

/// SQLite ends a transaction by itself when the disk is full; here `ROLLBACK` does it.
async fn what_was_answered_with_a_failure_was_not_kept(app: App) {
    let db = &app.state.db;
    let quiet = |_: &mut Conn, _: &Error| Ok(());
    // While the writers are busy, the others queue up and would be one batch.
    let busy = |_: &mut Conn| {
        std::thread::sleep(Duration::from_millis(200));
        Ok(())
    };
    let ends = |conn: &mut Conn| {
        conn.batch_execute("ROLLBACK")?;
        Err::<(), _>(Error::fault("the disk is full"))
    };
    let (_, before, failed, after) = tokio::join!(
        db.write(busy, quiet),
        db.write(insert("before"), quiet),
        db.write(ends, quiet),
        db.write(insert("after"), quiet),
    );
    assert!(failed.is_err());
    let mut kept: Vec<String> =
        app.db(|conn| installation::table.select(installation::name).order(installation::name).load(conn)).await;
    kept.retain(|name| name == "before" || name == "after");
    let told: Vec<&str> =
        [("after", &after), ("before", &before)].into_iter().filter(|(_, r)| r.is_ok()).map(|(name, _)| name).collect();
    assert_eq!(kept, told);
}

async fn a_panic_undoes_its_own_work_and_nothing_else(app: App) {
    let db = &app.state.db;
    let quiet = |_: &mut Conn, _: &Error| Ok(());
    let breaks = |conn: &mut Conn| -> Result<()> {
        insert("lost")(conn)?;
        panic!("on purpose");
    };
    let (broken, fine) = tokio::join!(db.write(breaks, quiet), db.write(insert("kept"), quiet));
    assert!(broken.is_err() && fine.is_ok());
    let names: Vec<String> = app.db(|conn| installation::table.select(installation::name).load(conn)).await;
    assert!(names.contains(&"kept".to_owned()) && !names.contains(&"lost".to_owned()), "{names:?}");
}

async fn what_is_left_open_within_a_transaction_is_no_reason_to_acknowledge_it(app: App) {
    let db = &app.state.db;
    let quiet = |_: &mut Conn, _: &Error| Ok(());
    let busy = |_: &mut Conn| {
        std::thread::sleep(Duration::from_millis(200));
        Ok(())
    };
    let leaves_open = |conn: &mut Conn| -> Result<()> {
        #[expect(clippy::disallowed_methods, reason = "what our own savepoints take care of is left out on purpose")]
        conn.transaction(|_| panic!("on purpose"))
    };
    let (_, before, failed) =
        tokio::join!(db.write(busy, quiet), db.write(insert("before"), quiet), db.write(leaves_open, quiet));
    assert!(failed.is_err());
    db.write(insert("after"), quiet).await.unwrap();
    let names: Vec<String> = app.db(|conn| installation::table.select(installation::name).load(conn)).await;
    assert_eq!(names.contains(&"before".to_owned()), before.is_ok(), "{names:?}");
    assert!(names.contains(&"after".to_owned()), "{names:?}");
    let hides_it = move |conn: &mut Conn| -> Result<()> {
        insert("lost")(conn)?;
        let hidden = std::panic::AssertUnwindSafe(|| leaves_open(conn));
        assert!(std::panic::catch_unwind(hidden).is_err());
        Ok(())
    };
    assert!(db.write(hides_it, quiet).await.is_err());
    db.write(insert("last"), quiet).await.unwrap();
    let names: Vec<String> = app.db(|conn| installation::table.select(installation::name).load(conn)).await;
    assert!(names.contains(&"last".to_owned()) && !names.contains(&"lost".to_owned()), "{names:?}");
}

/// PostgreSQL undoes the whole of a transaction in which a statement failed, whatever is made of the failure; SQLite the
/// statement. Neither may say otherwise than it did.
async fn a_failure_that_is_not_told_is_not_answered_with_success(app: App) {
    let db = &app.state.db;
    let quiet = |_: &mut Conn, _: &Error| Ok(());
    let ignores = |conn: &mut Conn| -> Result<()> {
        insert("lost")(conn)?;
        let _ = conn.batch_execute("INSERT INTO there_is_no_such_table VALUES (1)");
        Ok(())
    };
    let answered = db.write(ignores, quiet).await;
    db.write(insert("after"), quiet).await.unwrap();
    let names: Vec<String> = app.db(|conn| installation::table.select(installation::name).load(conn)).await;
    assert_eq!(names.contains(&"lost".to_owned()), answered.is_ok(), "{names:?}");
    assert!(names.contains(&"after".to_owned()), "{names:?}");
}

fn after(milliseconds: u64) -> tokio::time::Sleep {
    tokio::time::sleep(Duration::from_millis(milliseconds))
}

/// Readers of their own over the database of the app, with room for so many that wait, and something that is gathered: ten times
/// what is asked, for which it takes a second and a half from 100 on.
fn gathering(app: &App, readers: usize, queue: usize) -> (Db, Arc<Gathered<u64, u64>>) {
    let (wait, answer) = (Duration::from_secs(3), Duration::from_secs(4));
    let limits = Limits { readers, writers: 1, queue, wait, answer };
    let tenfold = Gathered::new(|_: &mut Conn, keys: &[u64]| {
        if keys.iter().any(|key| *key >= 100) {
            std::thread::sleep(Duration::from_millis(1500));
        }
        Ok(keys.iter().map(|key| key * 10).collect())
    });
    (Db::start(Engine::parse(app.database_url()).unwrap(), limits).unwrap(), tenfold)
}

/// Of what is gathered, whoever was first calls a reader for all, and may go away before there is room for the call.
async fn whoever_waits_beside_somebody_who_goes_away_is_answered(app: App) {
    let (db, tenfold) = gathering(&app, 1, 2);
    let busy = || {
        db.read(|_: &mut Conn| {
            std::thread::sleep(Duration::from_millis(200));
            Ok(())
        })
    };
    let goes = async {
        after(20).await;
        tokio::time::timeout(Duration::from_millis(60), db.read_gathered(&tenfold, 1, |_, found| Ok(found))).await
    };
    let stays = async {
        after(40).await;
        db.read_gathered(&tenfold, 2, |_, found| Ok(found)).await
    };
    let (first, second, third, gone, stayed) = tokio::join!(busy(), busy(), busy(), goes, stays);
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    assert!(gone.is_err(), "there was room for the call all the time");
    assert_eq!(stayed.unwrap(), 20);
}

/// Two statements are enough while they are quick. Nobody waits for them to be quick again.
async fn two_that_are_stuck_keep_nobody_waiting(app: App) {
    let (db, tenfold) = gathering(&app, 4, 16);
    let asks = |key: u64, at| {
        let (db, tenfold) = (&db, &tenfold);
        async move {
            after(at).await;
            let began = Instant::now();
            let found = db.read_gathered(tenfold, key, |_, found| Ok(found)).await;
            (found.unwrap(), began.elapsed())
        }
    };
    let (stuck, other, third) = tokio::join!(asks(100, 0), asks(101, 20), asks(1, 40));
    assert_eq!((stuck.0, other.0, third.0), (1000, 1010, 10));
    assert!(third.1 < Duration::from_secs(1), "it waited for {:?}", third.1);
}

/// What ends one connection often ends all: the server was restarted.
async fn a_restarted_database_costs_one_request_and_not_one_for_each_connection(app: App) {
    let mut other = Engine::parse(app.database_url()).unwrap().open().unwrap();
    let end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for public_first in [true, false] {
        other.batch_execute(end_all).unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (mut failed, mut asked) = (0, 0);
        for n in 0..40 {
            let is_read = (n < 20) == public_first;
            let fine = match is_read {
                // Without a session, which would have been asked for first.
                true => app.get("/agencies").unchecked().send().await.status == 200,
                false => app.state.db.write(|_| Ok(()), |_, _| Ok(())).await.is_ok(),
            };
            asked += 1;
            failed += usize::from(!fine);
        }
        assert!((1..=2).contains(&failed), "{failed} of {asked} failed");
    }
}

mod postgres_alone {
    use crate::support::engines::{Engine, run};

    #[test]
    fn a_restarted_database_costs_one_request_and_not_one_for_each_connection() {
        run(Engine::Postgres, super::a_restarted_database_costs_one_request_and_not_one_for_each_connection);
    }
}

both_engines![
    what_was_answered_with_a_failure_was_not_kept,
    a_panic_undoes_its_own_work_and_nothing_else,
    what_is_left_open_within_a_transaction_is_no_reason_to_acknowledge_it,
    a_failure_that_is_not_told_is_not_answered_with_success,
    whoever_waits_beside_somebody_who_goes_away_is_answered,
    two_that_are_stuck_keep_nobody_waiting,
];
