//! Facts about the installation.

use std::net::TcpListener;
use std::process::{Command, Output};

use serde_json::json;
use threekeys::accounts::bootstrap;
use threekeys::app;
use threekeys::platform::clock::Clock;
use threekeys::platform::record::seal::Anchor;

use crate::fire::server::{Client, Server};
use crate::support::App;
use crate::support::engines::empty;

/// The binary over the database at `url` with the files of `app`.
pub(super) fn over(command: &mut Command, app: &App, url: &str) -> Output {
    let config = &app.state.config;
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(crate::fire::server::planted())
        .env("DATABASE_URL", url)
        .env("THREEKEYS_DATA__DIR", &config.data.dir)
        .env("THREEKEYS_SERVER__BASE_URL", &config.server.base_url)
        .env("THREEKEYS_SERVER__METRICS_LISTEN", "")
        .env("THREEKEYS_LOG__FILTER", "warn")
        .output()
        .unwrap()
}

fn threekeys(app: &App, url: &str, arguments: &[&str]) -> Output {
    over(Command::new(env!("CARGO_BIN_EXE_threekeys")).args(arguments), app, url)
}

/// A server whose address is in use.
fn serve_in_vain(app: &App, url: &str) -> Output {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let file = app.state.config.data.dir.join("in_vain.toml");
    std::fs::write(&file, format!("[server]\nlisten = \"{}\"\n", other.local_addr().unwrap())).unwrap();
    threekeys(app, url, &["serve", "--config", file.to_str().unwrap()])
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn a_database_is_not_opened_with_another_master_secret(app: App) {
    let mut config = app.state.config.clone();
    let opened = |config| tokio::task::spawn_blocking(move || app::state(config, Clock::System).map(|_| ()));
    opened(config.clone()).await.unwrap().expect("the same secret opens it again");
    let file = config.data.dir.join("another_secret");
    std::fs::write(&file, "aa".repeat(32)).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    config.data.master_secret_file = Some(file);
    let refused = opened(config).await.unwrap().unwrap_err().into_reason();
    assert!(refused.contains("master secret is not the one"), "{refused}");
}

/// One sealed and anchored record.
async fn anchor(app: &App) {
    let ann = app.citizen().await;
    app.patch("/account").by(&ann).if_match(1).json(json!({"alias": "Owl"})).send().await.expect(200);
    assert!(app.run_job("seal_record").await > 0);
    assert_eq!(app.run_job("anchor_record").await, 1);
}

async fn a_lost_database_is_not_taken_for_a_new_installation(app: App) {
    anchor(&app).await;
    let lost = empty(app.engine()).unwrap();
    let file = lost.url.strip_prefix("sqlite:").map(std::path::PathBuf::from);
    for refused in [threekeys(&app, &lost.url, &["migrate"]), serve_in_vain(&app, &lost.url)] {
        let said = said(&refused);
        assert!(!refused.status.success() && said.contains("mount or restore the database"), "{said}");
        assert!(file.as_ref().is_none_or(|file| !file.exists()), "made all the same");
    }
    let refused = threekeys(&app, &lost.url, &["keys", "list"]);
    assert!(!refused.status.success() && said(&refused).contains("mount or restore the database"));
    let anchors = app.state.config.data.anchors();
    let aside = anchors.with_extension("aside");
    std::fs::rename(&anchors, &aside).unwrap();
    // A file without anchors tells of no record, and one that can't be read may.
    for (text, advice) in [("{}\n", "mount or restore the database"), ("\n", "with `threekeys migrate`")] {
        std::fs::write(&anchors, text).unwrap();
        let refused = threekeys(&app, &lost.url, &["keys", "list"]);
        assert!(!refused.status.success() && said(&refused).contains(advice), "{}", said(&refused));
    }
    // One that was made already, by an earlier version, is as empty.
    let made = threekeys(&app, &lost.url, &["migrate"]);
    assert!(made.status.success(), "{}", said(&made));
    std::fs::rename(&aside, &anchors).unwrap();
    let refused = serve_in_vain(&app, &lost.url);
    assert!(said(&refused).contains("mount or restore the database"), "{}", said(&refused));
    // A file that can't be read says as little of a new installation as one that can.
    std::fs::write(&anchors, "{}\n").unwrap();
    let refused = serve_in_vain(&app, &lost.url);
    assert!(said(&refused).contains("a line of the anchor file is damaged"), "{}", said(&refused));
    let own = threekeys(&app, app.database_url(), &["keys", "list"]);
    assert!(own.status.success() && said(&own).contains("the anchors can't be read"), "{}", said(&own));
}

async fn a_record_shorter_than_its_anchors_is_told_at_start_and_served(app: App) {
    anchor(&app).await;
    let whole = threekeys(&app, app.database_url(), &["keys", "list"]);
    assert!(whole.status.success() && !said(&whole).contains("rolled back"), "{}", said(&whole));
    let ahead = Anchor::sign(&app.state.keys, 99, &[7; 32], app.now());
    ahead.publish(&app.state.config.data.anchors()).unwrap();
    let shorter = threekeys(&app, app.database_url(), &["keys", "list"]);
    let migrated = said(&threekeys(&app, app.database_url(), &["migrate"]));
    assert!(migrated.contains("rolled back") && migrated.contains("up to date"), "{migrated}");
    let said = said(&shorter);
    assert!(shorter.status.success() && said.contains("had 99 on") && said.contains("rolled back"), "{said}");
}

async fn a_start_that_can_not_listen_leaves_the_printed_token_alone(app: App) {
    let state = app.state.clone();
    let printed = tokio::task::spawn_blocking(move || bootstrap::token(&state).unwrap().unwrap()).await.unwrap();
    let refused = serve_in_vain(&app, app.database_url());
    let said = said(&refused);
    assert!(!refused.status.success() && said.contains("can't listen"), "{said}");
    assert!(!said.contains("Nobody runs this installation"), "{said}");
    let body = json!({
        "token": printed.as_str(), "email": "ada@example.org", "password": "seven gray herons at dawn",
        "display_name": "Ada"
    });
    app.post("/bootstrap").json(body).send().await.expect(201);
}

async fn a_server_that_listens_prints_a_token_that_works(app: App) {
    let (server, mut lines) = Server::start_telling(&app);
    let line = lines.find(|line| line.contains("-d '{\"token\"")).expect("a token is printed");
    let (_, body) = line.split_once("-d '").unwrap();
    let body = body.trim_end_matches('\'').replace("at least fifteen characters", "seven gray herons at dawn");
    let headers = [("content-type", "application/json")];
    let answer = Client::to(server.address).unwrap().send("POST", "/api/v1/bootstrap", &headers, &body).unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
}

async fn nothing_is_made_in_the_place_of_keys_that_are_missing(app: App) {
    anchor(&app).await;
    let data = &app.state.config.data;
    for (what, path) in [("master secret", data.master_secret()), ("signing keys", data.keys())] {
        let aside = path.with_extension("aside");
        std::fs::rename(&path, &aside).unwrap();
        let said = said(&serve_in_vain(&app, app.database_url()));
        assert!(said.contains(&format!("the {what} of this")) && said.contains("put"), "{said}");
        assert!(!path.exists(), "made all the same");
        std::fs::rename(&aside, &path).unwrap();
    }
    // Keys that are lost for good: without what was anchored with them there are others.
    std::fs::rename(data.keys(), data.dir.join("lost")).unwrap();
    std::fs::rename(data.anchors(), data.dir.join("old")).unwrap();
    let said = said(&serve_in_vain(&app, app.database_url()));
    assert!(said.contains("can't listen") && data.keys().exists(), "{said}");
}

async fn a_folder_in_the_place_of_the_master_secret_is_called_no_file(app: App) {
    let mut config = app.state.config.clone();
    config.data.dir = config.data.dir.join("another");
    std::fs::create_dir_all(config.data.master_secret()).unwrap();
    let opened = tokio::task::spawn_blocking(move || app::state(config, Clock::System).map(|_| ()));
    let refused = opened.await.unwrap().unwrap_err().into_reason();
    assert!(refused.contains("is not a file"), "{refused}");
}

both_engines![
    a_database_is_not_opened_with_another_master_secret,
    a_lost_database_is_not_taken_for_a_new_installation,
    a_record_shorter_than_its_anchors_is_told_at_start_and_served,
    a_start_that_can_not_listen_leaves_the_printed_token_alone,
    a_server_that_listens_prints_a_token_that_works,
    nothing_is_made_in_the_place_of_keys_that_are_missing,
    a_folder_in_the_place_of_the_master_secret_is_called_no_file,
];
