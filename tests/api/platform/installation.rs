//! Facts about the installation.

use threekeys::app;
use threekeys::platform::clock::Clock;

use crate::support::App;

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

both_engines![a_database_is_not_opened_with_another_master_secret];
