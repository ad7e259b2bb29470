use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use threekeys::platform::db::Conn;
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

both_engines![what_was_answered_with_a_failure_was_not_kept, a_panic_undoes_its_own_work_and_nothing_else];
