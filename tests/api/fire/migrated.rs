//! Migrations from every schema that ever landed, over a full database, killed on the way: started again they finish, and
//! nothing is lost.
//!
//! 10,000 rows by default; `THREEKEYS_FIRE=full cargo test --test api fire::migrated` takes 100,000.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use threekeys::platform::db::{Conn, Engine as DbEngine};

use super::server::{is_full, planted, say};
use crate::support::engines::{Database, Engine, database, empty};

/// Kills for each schema, each a little later than the one before, around the time at which the work is done.
const KILLS: u32 = 16;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    value: String,
}
#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

fn open(database: &Database) -> Conn {
    DbEngine::parse(&database.url).unwrap().open().unwrap()
}

/// Folders of the migrations, oldest first.
fn migrations(engine: Engine) -> Vec<PathBuf> {
    let name = if engine == Engine::Sqlite { "sqlite" } else { "postgres" };
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations").join(name);
    let mut all: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

/// Every table, column, index and trigger, as the engine describes them.
fn schema(conn: &mut Conn) -> BTreeSet<String> {
    let query = match conn {
        Conn::Sqlite(_) => "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS value FROM sqlite_schema",
        Conn::Pg(_) => {
            "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable AS value \
             FROM information_schema.columns WHERE table_schema = 'public' \
             UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' \
             UNION ALL SELECT pg_get_constraintdef(oid) || conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
             UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
        }
    };
    let lines = diesel::sql_query(query).load::<Line>(conn).unwrap().into_iter().map(|line| line.value);
    lines.filter(|line| !line.contains("__diesel")).collect()
}

/// As a server of that time would have left it.
fn old(conn: &mut Conn, migrations: &[PathBuf], rows: i64) {
    conn.batch_execute(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
         run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    )
    .unwrap();
    for migration in migrations {
        let name = migration.file_name().unwrap().to_str().unwrap();
        let version = name.split('_').next().unwrap().replace('-', "");
        conn.batch_execute(&std::fs::read_to_string(migration.join("up.sql")).unwrap()).unwrap();
        conn.batch_execute(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')")).unwrap();
    }
    let fill = match conn {
        Conn::Sqlite(_) => format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
             INSERT INTO records (id, at, action, object_type, object, outcome, visibility, changed, facts) \
             SELECT randomblob(16), i, 'meeting.opened', 'meeting', randomblob(16), 'done', 'public', '[]', '{{}}' FROM n"
        ),
        Conn::Pg(_) => format!(
            "SET statement_timeout = 0; \
             INSERT INTO records (id, at, action, object_type, object, outcome, visibility, changed, facts) \
             SELECT gen_random_uuid(), now(), 'meeting.opened', 'meeting', gen_random_uuid(), 'done', 'public', '[]', '{{}}' \
             FROM generate_series(1, {rows})"
        ),
    };
    conn.batch_execute(&fill).unwrap();
}

fn migrate(database: &Database) -> Child {
    Command::new(env!("CARGO_BIN_EXE_threekeys"))
        .arg("migrate")
        .env_clear()
        .envs(planted())
        .env("DATABASE_URL", &database.url)
        .env("THREEKEYS_DATA__DIR", database.dir.path().join("data"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn migrations_killed_on_the_way_finish_when_started_again(engine: Engine) {
    let Some(current) = database(engine) else { return };
    let expected = schema(&mut open(&current));
    // With nothing to do; what there is to do comes at the end of that and after it.
    let idle = (0..4).map(|_| {
        let since = Instant::now();
        assert!(migrate(&current).wait().unwrap().success());
        since.elapsed()
    });
    let idle = idle.min().unwrap();
    let (all, rows) = (migrations(engine), if is_full() { 100_000 } else { 10_000 });
    let (mut killed, mut halfway) = (0, 0);
    for landed in 1..all.len() {
        let database = empty(engine).unwrap();
        old(&mut open(&database), &all[..landed], rows);
        for kill in 0..KILLS {
            let mut child = migrate(&database);
            std::thread::sleep(idle * (30 + kill * 14) / 100);
            // It may have come to its end.
            let _ = child.kill();
            killed += usize::from(!child.wait().unwrap().success());
            let query = "SELECT count(*) AS value FROM __diesel_schema_migrations";
            let done = diesel::sql_query(query).get_result::<Count>(&mut open(&database)).unwrap().value;
            let done = usize::try_from(done).unwrap();
            halfway += usize::from(done > landed && done < all.len());
        }
        let since = Instant::now();
        let last = migrate(&database).wait_with_output().unwrap();
        assert!(last.status.success(), "from {landed}: {}", String::from_utf8_lossy(&last.stderr));
        assert!(since.elapsed() < Duration::from_secs(30), "from {landed}: it took {:?}", since.elapsed());
        let mut conn = open(&database);
        let found = schema(&mut conn);
        let differs: Vec<&String> = found.symmetric_difference(&expected).collect();
        assert!(differs.is_empty(), "from {landed}: {differs:#?}");
        let count = diesel::sql_query("SELECT count(*) AS value FROM records").get_result::<Count>(&mut conn).unwrap();
        assert_eq!(count.value, rows, "from {landed}");
    }
    assert!(killed > 0, "no migration was ever killed");
    say(&format!(
        "{} schemas with {rows} rows, {killed} kills, {halfway} of them between two migrations",
        all.len() - 1
    ));
}

/// Processes that are started together over one database, as several of one deployment are.
const TOGETHER: usize = 4;

fn processes_that_migrate_together_all_end_well(engine: Engine) {
    let Some(current) = database(engine) else { return };
    let expected = schema(&mut open(&current));
    let all = migrations(engine);
    for landed in [0, all.len() / 2, all.len() - 1] {
        let database = empty(engine).unwrap();
        if landed > 0 {
            old(&mut open(&database), &all[..landed], 1_000);
        }
        let children: Vec<Child> = (0..TOGETHER).map(|_| migrate(&database)).collect();
        for child in children {
            let end = child.wait_with_output().unwrap();
            assert!(end.status.success(), "from {landed}: {}", String::from_utf8_lossy(&end.stderr));
        }
        assert_eq!(schema(&mut open(&database)), expected, "from {landed}");
    }
}

#[test]
fn sqlite() {
    migrations_killed_on_the_way_finish_when_started_again(Engine::Sqlite);
}

#[test]
fn postgres() {
    migrations_killed_on_the_way_finish_when_started_again(Engine::Postgres);
}

#[test]
fn sqlite_together() {
    processes_that_migrate_together_all_end_well(Engine::Sqlite);
}

#[test]
fn postgres_together() {
    processes_that_migrate_together_all_end_well(Engine::Postgres);
}

#[test]
fn a_database_with_broken_references_is_refused_and_left_as_it_was() {
    let database = empty(Engine::Sqlite).unwrap();
    let all = migrations(Engine::Sqlite);
    let mut conn = open(&database);
    old(&mut conn, &all[..all.len() - 1], 10);
    conn.batch_execute(
        "PRAGMA foreign_keys = OFF; \
         INSERT INTO area_ancestors (area_id, ancestor_id, depth) VALUES (randomblob(16), randomblob(16), 1)",
    )
    .unwrap();
    let before = schema(&mut conn);
    for _ in 0..2 {
        let end = migrate(&database).wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&end.stderr);
        assert!(!end.status.success(), "it was taken");
        assert!(said.contains("area_ancestors") && said.contains("refers to what is not there"), "{said}");
        assert_eq!(schema(&mut conn), before);
    }
    conn.batch_execute("DELETE FROM area_ancestors").unwrap();
    assert!(migrate(&database).wait().unwrap().success(), "it is whole again");
}
