//! Commands for an installation that is there make none where there is none.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::App;
use crate::support::engines::empty;

/// Runs a command in the folder `place`, with nothing set but the database, if that.
fn run(place: &Path, url: Option<&str>, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_threekeys"))
        .args(arguments)
        .current_dir(place)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("THREEKEYS_LOG__FILTER", "warn")
        .envs(url.map(|url| ("DATABASE_URL", url)))
        .output()
        .unwrap()
}

const COMMANDS: [&[&str]; 5] = [
    &["record", "verify"],
    &["keys", "list"],
    &["keys", "rotate", "--force"],
    &["backup", "copy"],
    &["jobs", "run", "seal_record"],
];

#[track_caller]
fn refuses_and_leaves_nothing(place: &Path, url: Option<&str>, why: &str) {
    for arguments in COMMANDS {
        let done = run(place, url, arguments);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{arguments:?}: {done:?}");
        assert!(said.contains(why) && said.contains("check ") && said.lines().count() == 1, "{arguments:?}: {said}");
        assert_eq!(std::fs::read_dir(place).unwrap().count(), 0, "{arguments:?} left something");
    }
}

async fn a_command_makes_no_installation(app: App) {
    let place = tempfile::tempdir().unwrap();
    refuses_and_leaves_nothing(place.path(), None, "no Threekeys in the SQLite database");
    let database = empty(app.engine()).unwrap();
    refuses_and_leaves_nothing(place.path(), Some(&database.url), "no Threekeys in the");
    let done = run(place.path(), Some(&database.url), &["migrate"]);
    assert!(done.status.success(), "{done:?}");
    for arguments in COMMANDS {
        let done = run(place.path(), Some(&database.url), arguments);
        assert!(done.status.success(), "{arguments:?} after migrating: {done:?}");
    }
}

async fn a_command_makes_no_keys_beside_those_that_belong_to_a_database(app: App) {
    let place = tempfile::tempdir().unwrap();
    refuses_and_leaves_nothing(place.path(), Some(app.database_url()), "master secret");
}

both_engines![a_command_makes_no_installation, a_command_makes_no_keys_beside_those_that_belong_to_a_database];
