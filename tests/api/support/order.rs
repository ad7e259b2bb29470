//! In which order background work takes its locks: a partnership before anything that belongs to it, as requests do.
//! Otherwise somebody's request and the job wait for each other, and one of them is refused.

use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::App;
use super::engines::Engine;

/// How often somebody looks whether the job waits.
const LOOK: Duration = Duration::from_millis(4);

/// What whoever waits for a lock has locked or changed before, or is about to: the tables, partnerships aside. Empty where nobody
/// waits who is not one of the holders.
const LOCKED: &str = "SELECT coalesce(string_agg(DISTINCT pg_class.relname::text, ', '), '') AS tables, \
    count(DISTINCT activity.pid) AS waiting FROM pg_stat_activity AS activity \
    LEFT JOIN pg_locks ON pg_locks.pid = activity.pid AND pg_locks.mode IN ('RowShareLock', 'RowExclusiveLock') \
    LEFT JOIN pg_class ON pg_class.oid = pg_locks.relation AND pg_class.relkind = 'r' \
    AND pg_class.relname <> 'partnerships' \
    WHERE activity.datname = current_database() AND activity.wait_event_type = 'Lock' \
    AND activity.application_name <> 'holder'";

#[derive(QueryableByName)]
struct Waits {
    #[diesel(sql_type = Text)]
    tables: String,
    #[diesel(sql_type = BigInt)]
    waiting: i64,
}

/// Whatever the job comes to, while all partnerships are held by somebody until it waits for one of them; at that moment it has
/// touched nothing else. On SQLite, where there is one writer, it just runs.
pub async fn first_the_partnership(
    app: &App,
    name: &'static str,
    job: impl FnOnce() -> usize + std::marker::Send + 'static,
) -> usize {
    if app.engine() == Engine::Sqlite {
        return tokio::task::spawn_blocking(job).await.unwrap();
    }
    let address = app.database_url().to_owned();
    tokio::task::spawn_blocking(move || {
        let mut holder = PgConnection::establish(&address).unwrap();
        let hold = "SET application_name = 'holder'; BEGIN; SELECT 1 FROM partnerships FOR NO KEY UPDATE";
        holder.batch_execute(hold).unwrap();
        let running = std::thread::spawn(job);
        let mut touched = String::new();
        while !running.is_finished() {
            let waits: Waits = diesel::sql_query(LOCKED).get_result(&mut holder).unwrap();
            if waits.waiting > 0 {
                touched = waits.tables;
                break;
            }
            std::thread::sleep(LOOK);
        }
        holder.batch_execute("ROLLBACK").unwrap();
        let done = running.join().unwrap();
        assert_eq!(touched, "", "{name} has locked these before the partnership that it waits for");
        done
    })
    .await
    .unwrap()
}
