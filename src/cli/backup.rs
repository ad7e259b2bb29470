//! `threekeys backup`, `threekeys backup verify`, `threekeys restore`.

use std::path::Path;
use std::process::ExitCode;

use super::{Outcome, found, say};
use crate::platform::backup::{self, Manifest};
use crate::platform::clock::Clock;
use crate::platform::config::Config;
use crate::platform::error::Error;
use crate::platform::keys::Keys;
use crate::platform::secret_fingerprint;
use crate::platform::telemetry;

/// Says what a backup holds.
fn tell(manifest: &Manifest) {
    let content = &manifest.content;
    let size: u64 = manifest.files.values().map(|file| file.bytes).sum();
    say(format!(
        "{} rows in {} tables, {} sealed records and {} waiting, {size} bytes, made {} on {}.",
        content.rows.values().sum::<i64>(),
        content.rows.len(),
        content.record_seq,
        content.record_unsealed,
        manifest.made_at,
        manifest.engine,
    ));
}

/// The public key of this installation's anchors, where it has keys; none are made.
fn key(config: &Config) -> Result<Option<String>, String> {
    if !config.data.keys().exists() {
        return Ok(None);
    }
    let keys = Keys::open(&config.data.keys(), &config.server.base_url, Clock::System).map_err(Error::into_reason)?;
    Ok(Some(keys.anchor_public()))
}

pub(super) fn make(config: &Config, dir: &Path) -> Outcome {
    found::demand(config)?;
    let _logging = telemetry::start(&config.log)?;
    let keys = Keys::open(&config.data.keys(), &config.server.base_url, Clock::System).map_err(Error::into_reason)?;
    let manifest =
        backup::make(&config.engine()?, &config.data, &keys, Clock::System.now(), dir).map_err(Error::into_reason)?;
    tell(&manifest);
    say(format!("The backup is in {}. No key is in it: keep these beside it, elsewhere:", dir.display()));
    say(format!("  {}", config.data.master_secret().display()));
    say(format!("  {}", config.data.keys().display()));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn verify(config: &Config, dir: &Path) -> Outcome {
    let _logging = telemetry::start(&config.log)?;
    let own = key(config)?;
    let checked = backup::check(dir, own.as_deref()).map_err(Error::into_reason)?;
    tell(&checked.manifest);
    if own.is_none() {
        say(format!("Signed with {}; this installation has no keys to compare with.", checked.key));
    }
    for finding in &checked.findings {
        say(format!("  {finding}"));
    }
    if checked.findings.is_empty() {
        say("The backup is whole.");
        Ok(ExitCode::SUCCESS)
    } else {
        say("The backup is damaged.");
        Ok(ExitCode::FAILURE)
    }
}

pub(super) fn restore(config: &Config, dir: &Path) -> Outcome {
    let _logging = telemetry::start(&config.log)?;
    let secret = secret_fingerprint(config).map_err(Error::into_reason)?;
    let own = key(config)?;
    let checked = backup::restore(dir, &config.engine()?, &config.data, own.as_deref(), secret.as_ref())
        .map_err(Error::into_reason)?;
    tell(&checked.manifest);
    if own.is_none() {
        say(format!(
            "Signed with {}; no keys to compare with: put them in place first to have that checked.",
            checked.key
        ));
    }
    say("Restored; everything that was backed up is there.");
    if secret.is_none() || own.is_none() {
        say("Before the server starts, put the keys that belong to it back:");
        say(format!("  {}", config.data.master_secret().display()));
        say(format!("  {}", config.data.keys().display()));
    }
    Ok(ExitCode::SUCCESS)
}
