//! Backups: made under load, restored elsewhere, and never taken for whole when they are damaged.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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

/// Runs a command over the database at `url` with the files in `data`.
fn command(app: &App, url: &str, data: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_threekeys"))
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(super::server::planted())
        .env("DATABASE_URL", url)
        .env("THREEKEYS_DATA__DIR", data)
        .env("THREEKEYS_SERVER__BASE_URL", &app.state.config.server.base_url)
        .env("THREEKEYS_LOG__FILTER", "warn")
        .output()
        .unwrap()
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

both_engines![
    every_write_acknowledged_before_a_backup_under_load_is_in_it,
    a_damaged_backup_is_always_detected,
    a_backup_without_its_secret_is_not_restored_over_another,
];
