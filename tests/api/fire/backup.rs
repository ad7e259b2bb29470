//! Backups: made under load, restored elsewhere, and never taken for whole when they are damaged.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use serde_json::json;
use threekeys::ids::OfficerLogId;
use threekeys::platform::backup::{check, make};
use threekeys::platform::db::{AnyId, Engine};
use threekeys::schema::officer_logs;
use uuid::Uuid;

use super::chance::Chance;
use super::server::{Client, Server, say};
use super::writers::{Officer, officers, send, sent};
use crate::support::App;
use crate::support::engines::{Database, empty};

const CLIENTS: usize = 3;
const DAMAGES: usize = 300;

type Acknowledged = Mutex<HashMap<Uuid, OfficerLogId>>;

/// A command over the database at `url` with the files in `data`.
fn prepared(app: &App, url: &str, data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_threekeys"));
    command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(super::server::planted())
        .env("DATABASE_URL", url)
        .env("THREEKEYS_DATA__DIR", data)
        .env("THREEKEYS_SERVER__BASE_URL", &app.state.config.server.base_url)
        .env("THREEKEYS_LOG__FILTER", "warn");
    command
}

fn command(app: &App, url: &str, data: &Path, arguments: &[&str]) -> Output {
    prepared(app, url, data, arguments).output().unwrap()
}

#[track_caller]
fn succeeds(output: Output) -> String {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    said
}

fn write(server: &Server, officer: &Officer, acknowledged: &Acknowledged, end: &AtomicBool) {
    let mut client = Client::to(server.address).unwrap();
    while !end.load(Ordering::Relaxed) {
        let next = sent(officer);
        let (status, body) = send(&mut client, officer, &next).unwrap();
        assert_eq!(status, 201, "a write while the backup is made: {body:#}");
        acknowledged.lock().unwrap().insert(next.client_uuid, body["id"].as_str().unwrap().parse().unwrap());
    }
}

/// Puts the keys where a person would who restores an installation.
fn bring_keys(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join("keys")).unwrap();
    for name in ["master.secret", "keys/signing-keys.json"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

fn elsewhere(app: &App) -> (Database, PathBuf) {
    let database = empty(app.engine()).unwrap();
    let data = database.dir.path().join("elsewhere");
    bring_keys(&app.state.config.data.dir, &data);
    (database, data)
}

async fn every_write_acknowledged_before_a_backup_under_load_is_in_it(app: App) {
    let officers = officers(&app, CLIENTS).await;
    let server = Server::start(&app, &[]);
    server.ready(Duration::from_secs(20));
    let (acknowledged, end) = (Acknowledged::default(), AtomicBool::new(false));
    let data = app.state.config.data.dir.clone();
    let backups: Vec<(PathBuf, HashMap<Uuid, OfficerLogId>)> = std::thread::scope(|scope| {
        for officer in &officers {
            scope.spawn(|| write(&server, officer, &acknowledged, &end));
        }
        let made = (0..3).map(|round| {
            std::thread::sleep(Duration::from_millis(900));
            succeeds(command(&app, app.database_url(), &data, &["jobs", "run", "anchor_record"]));
            let before = acknowledged.lock().unwrap().clone();
            let to = data.join(format!("backup-{round}"));
            succeeds(command(&app, app.database_url(), &data, &["backup", to.to_str().unwrap()]));
            (to, before)
        });
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| made.collect()));
        end.store(true, Ordering::Relaxed);
        made.unwrap()
    });
    let all = acknowledged.into_inner().unwrap().len();
    for (backup, before) in &backups {
        let dir = backup.to_str().unwrap();
        let (database, data) = elsewhere(&app);
        let said = succeeds(command(&app, &database.url, &data, &["backup", "verify", dir]));
        assert!(said.contains("The backup is whole."), "{said}");
        succeeds(command(&app, &database.url, &data, &["restore", dir]));
        let said = succeeds(command(&app, &database.url, &data, &["record", "verify"]));
        assert!(said.contains("The record is whole.") && !said.contains("No anchors"), "{said}");
        let mut conn = Engine::parse(&database.url).unwrap().open().unwrap();
        let logs = officer_logs::table.select((officer_logs::client_uuid, officer_logs::id));
        let logs: Vec<(AnyId, OfficerLogId)> = logs.load(&mut conn).unwrap();
        let logs: HashMap<Uuid, OfficerLogId> = logs.into_iter().map(|(client, id)| (client.0, id)).collect();
        assert!(before.len() >= 10, "only {} were acknowledged before the backup", before.len());
        for (client, id) in before {
            assert_eq!(logs.get(client), Some(id), "acknowledged before the backup, and not in it");
        }
        let again = command(&app, &database.url, &data, &["restore", dir]);
        assert!(!again.status.success(), "restored over what was there");
        drop(conn);
    }
    let before: Vec<usize> = backups.iter().map(|(_, before)| before.len()).collect();
    say(&format!("{before:?} acknowledged before the backups, {all} in all"));
}

/// One damage to a backup; says what was done.
fn damage(backup: &Path, chance: &mut Chance) -> String {
    let mut files: Vec<PathBuf> = std::fs::read_dir(backup).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let path = chance.one_of(&files).clone();
    let mut bytes = std::fs::read(&path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let done = match chance.below(10) {
        0..6 if !bytes.is_empty() => {
            let (at, bit) = (chance.below(bytes.len()), chance.below(8));
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at} of {name}")
        }
        6 | 7 if !bytes.is_empty() => {
            bytes.truncate(chance.below(bytes.len()));
            format!("{name} cut to {} bytes", bytes.len())
        }
        8 => {
            std::fs::remove_file(&path).unwrap();
            return format!("{name} removed");
        }
        _ => {
            bytes.push(b'\n');
            format!("{name} with one byte more")
        }
    };
    std::fs::write(&path, bytes).unwrap();
    done
}

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

async fn a_damaged_backup_is_always_detected(app: App) {
    let ann = app.citizen().await;
    app.patch("/account").by(&ann).if_match(1).json(json!({"alias": "Owl"})).send().await.expect(200);
    app.run_job("seal_record").await;
    app.run_job("anchor_record").await;
    let (state, dir) = (&app.state, app.state.config.data.dir.join("backup"));
    let engine = state.config.engine().unwrap();
    make(&engine, &state.config.data, &state.keys, app.now(), &dir).unwrap();
    let key = state.keys.anchor_public();
    let whole = check(&dir, Some(&key)).unwrap();
    assert_eq!(whole.findings, Vec::<String>::new());
    assert_eq!((whole.manifest.content.record_seq, whole.manifest.content.rows["accounts"]), (1, 1));
    let others = check(&dir, Some("somebody else's")).unwrap();
    assert_eq!(others.findings.len(), 1, "{:?}", others.findings);
    let (mut chance, damaged) = (Chance::new(), app.state.config.data.dir.join("damaged"));
    for _ in 0..DAMAGES {
        copy(&dir, &damaged);
        let done = damage(&damaged, &mut chance);
        // Without the key: everything but a forgery has to be seen by whoever has the backup alone.
        let seen = check(&damaged, None).map_or(true, |checked| !checked.findings.is_empty());
        assert!(seen, "not detected: {done}");
    }
    copy(&dir, &damaged);
    std::fs::write(damaged.join("another"), b"").unwrap();
    assert_eq!(check(&damaged, None).unwrap().findings.len(), 1);
    assert_eq!(check(&dir, Some(&key)).unwrap().findings, Vec::<String>::new(), "looking changed nothing");
    assert!(make(&engine, &state.config.data, &state.keys, app.now(), &dir).is_err(), "over another backup");
}

async fn a_backup_without_its_secret_is_not_restored_over_another(app: App) {
    let (state, dir) = (&app.state, app.state.config.data.dir.join("backup"));
    make(&state.config.engine().unwrap(), &state.config.data, &state.keys, app.now(), &dir).unwrap();
    let (database, data) = elsewhere(&app);
    std::fs::write(data.join("master.secret"), "ab".repeat(32)).unwrap();
    let refused = command(&app, &database.url, &data, &["restore", dir.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another master secret"), "{refused:?}");
    bring_keys(&state.config.data.dir, &data);
    succeeds(command(&app, &database.url, &data, &["restore", dir.to_str().unwrap()]));
}

/// Looks again and again until it is so.
#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = std::time::Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_secs(60), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    value: i64,
}

/// Holds whoever makes an index, which comes after all rows, until lock 1 is free.
const HELD: &str = "CREATE FUNCTION hold() RETURNS event_trigger LANGUAGE plpgsql AS \
    $$BEGIN PERFORM pg_advisory_xact_lock(1); END$$; \
    CREATE EVENT TRIGGER hold ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION hold(); \
    SELECT pg_advisory_lock(1)";

async fn a_restore_that_is_killed_leaves_nothing(app: App) {
    if app.engine() == crate::support::engines::Engine::Sqlite {
        // There it has no helpers, and one link is all that shows.
        return;
    }
    let (state, dir) = (&app.state, app.state.config.data.dir.join("backup"));
    make(&state.config.engine().unwrap(), &state.config.data, &state.keys, app.now(), &dir).unwrap();
    let (database, data) = elsewhere(&app);
    let mut conn = Engine::parse(&database.url).unwrap().open().unwrap();
    conn.batch_execute(HELD).unwrap();
    let mut count = |query: &str| diesel::sql_query(query).get_result::<Count>(&mut conn).unwrap().value;
    let mut restore = prepared(&app, &database.url, &data, &["restore", dir.to_str().unwrap()]).spawn().unwrap();
    let waiting = "SELECT count(*) AS value FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    wait_until("a restore that makes an index", || count(waiting) > 0);
    restore.kill().unwrap();
    restore.wait().unwrap();
    assert_eq!(count("SELECT pg_advisory_unlock(1)::int::bigint AS value"), 1);
    let others = "SELECT count(*) AS value FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    wait_until("that everybody has gone", || count(others) == 0);
    assert_eq!(count("SELECT count(*) AS value FROM pg_tables WHERE schemaname = 'public'"), 0);
    assert!(!data.join("anchors.jsonl").exists());
    succeeds(command(&app, &database.url, &data, &["restore", dir.to_str().unwrap()]));
}

async fn a_backup_is_its_owners_alone_while_it_is_made(app: App) {
    let (state, dir) = (&app.state, app.state.config.data.dir.join("backup"));
    std::fs::create_dir(&dir).unwrap();
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            while !end.load(Ordering::Relaxed) {
                for entry in std::fs::read_dir(&dir).unwrap().flatten() {
                    let mode = entry.metadata().map_or(0, |file| file.permissions().mode());
                    assert_eq!(mode & 0o077, 0, "{:?} can be read by others", entry.file_name());
                }
            }
        });
        let made = make(&state.config.engine().unwrap(), &state.config.data, &state.keys, app.now(), &dir);
        end.store(true, Ordering::Relaxed);
        looking.join().unwrap();
        made.unwrap();
    });
}

async fn a_backup_that_fails_can_be_repeated(app: App) {
    let (state, dir) = (&app.state, app.state.config.data.dir.join("backup"));
    let engine = state.config.engine().unwrap();
    let gone = match &engine {
        Engine::Sqlite { path } => Engine::Sqlite { path: format!("{path}.gone") },
        Engine::Postgres { url } => Engine::Postgres { url: url.replacen("@/", "@/gone_", 1) },
    };
    let try_with = |engine: &Engine| make(engine, &state.config.data, &state.keys, app.now(), &dir);
    try_with(&gone).unwrap_err();
    assert!(!dir.exists(), "a folder that was not there before");
    std::fs::create_dir(&dir).unwrap();
    try_with(&gone).unwrap_err();
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0, "a folder that was there before");
    try_with(&engine).unwrap();
    // As when it was killed before the end.
    std::fs::remove_file(dir.join("manifest.json")).unwrap();
    let refused = try_with(&engine).unwrap_err().into_reason();
    assert!(refused.contains("unfinished backup") && refused.contains("delete the folder"), "{refused}");
    let refused = check(&dir, None).unwrap_err().into_reason();
    assert!(refused.contains("unfinished"), "{refused}");
    std::fs::write(dir.join("letters.txt"), "mine").unwrap();
    let refused = try_with(&engine).unwrap_err().into_reason();
    assert!(refused.contains("not empty") && !refused.contains("delete"), "{refused}");
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 4, "what is there is left alone");
}

both_engines![
    every_write_acknowledged_before_a_backup_under_load_is_in_it,
    a_damaged_backup_is_always_detected,
    a_backup_without_its_secret_is_not_restored_over_another,
    a_restore_that_is_killed_leaves_nothing,
    a_backup_is_its_owners_alone_while_it_is_made,
    a_backup_that_fails_can_be_repeated,
];
