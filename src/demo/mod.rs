//! The demonstration: Kansas City, Kansas, as somebody who tries Threekeys finds it.
//!
//! Everything that people do in it is done through the same routes that clients use, in-process, with a clock that is moved
//! through the past: what a route would refuse can't be in it. Only the accounts are made directly, because nobody reads
//! their mail. Agency names and telephone numbers are those of `domain/source-page.txt`; outlines are rough, and all people
//! and groups are invented.
//!
//! A database that holds anything else is refused. A second run finds the same data, gives each shown account a new
//! password, and schedules coming meetings where the old ones have passed.

mod people;
mod places;
mod stories;
mod tour;
mod upkeep;
mod world;

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime};

pub use tour::Tour;
use world::World;

use crate::accounts::seed;
use crate::app;
use crate::directory::local_day;
use crate::platform::State;
use crate::platform::clock::{Clock, Instant};
use crate::platform::config::{Config, RateLimits};
use crate::platform::db::Engine;
use crate::platform::error::Error;
use crate::platform::files::make_private_dir;
use crate::platform::installation;
use crate::platform::text::Zone;

/// The name of a mark in the database, which is [`UNFINISHED`] while the demonstration is being made, and then [`WHOLE`].
const MARK: &str = "demonstration";
const UNFINISHED: &[u8] = b"unfinished";
const WHOLE: &[u8] = b"whole";
/// Where the demonstration takes place.
const ZONE: Zone = Zone(chrono_tz::America::Chicago);
/// Everything begins so many days before today.
const LONG_AGO: i64 = -400;

/// Keeps other runs of the demonstration out of the same data folder, until what it gives is dropped: to them, what this one makes
/// would look like what an interrupted one left, and they would give everybody other passwords than this one has told.
///
/// # Errors
/// When another run is preparing or serving it, or nothing can be written there.
pub fn alone(config: &Config) -> Result<File, String> {
    let dir = &config.data.dir;
    make_private_dir(dir).map_err(Error::into_reason)?;
    let path = dir.join("demonstration.lock");
    let told = |e: std::io::Error| format!("{}: {e}", path.display());
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(told)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(format!(
            "Another run is preparing or serving the demonstration in {}: end it first, or set another folder in \
             THREEKEYS_DATA__DIR.",
            dir.display()
        )),
        Err(TryLockError::Error(why)) => Err(told(why)),
    }
}

/// Removes an embedded database in which an earlier run was interrupted while it made the demonstration.
///
/// # Errors
/// When the database can't be asked, and on PostgreSQL, where a database is its owner's to drop.
pub fn clear_unfinished(config: &Config) -> Result<(), String> {
    let engine = config.engine()?;
    let mark = {
        let mut conn = engine.open().map_err(|e| e.to_string())?;
        installation::get(&mut conn, MARK).map_err(Error::into_reason)?.map(|(value, _)| value)
    };
    if mark.as_deref() != Some(UNFINISHED) {
        return Ok(());
    }
    let Engine::Sqlite { path } = engine else {
        let why = "An earlier run was interrupted while it made the demonstration. Make the database anew.";
        return Err(why.into());
    };
    for suffix in ["", "-wal", "-shm"] {
        let file = format!("{path}{suffix}");
        match std::fs::remove_file(&file) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(format!("can't remove {file}: {e}")),
            _ => {}
        }
    }
    Ok(())
}

/// Makes the demonstration where it is not there, brings it up to today where it is, and gives what to show of it.
///
/// # Errors
/// When the database holds something else, or anything is refused.
pub fn prepare(mut config: Config) -> Result<Tour, String> {
    // Months of requests come within seconds.
    let plenty = 1_000_000;
    let limits = &mut config.limits;
    *limits = RateLimits { reads_per_minute: plenty, writes_per_minute: plenty, ..limits.clone() };
    let now = Clock::System.now();
    let today = local_day(ZONE, now);
    let state = app::state(config, Clock::standing_at(now)).map_err(Error::into_reason)?;
    actix_web::rt::System::new().block_on(prepare_in(state, today, now))
}

async fn prepare_in(state: Arc<State>, today: NaiveDate, now: Instant) -> Result<Tour, String> {
    match mark(&state).await? {
        Some(_) => {}
        None if state.db.read(seed::is_empty).await.map_err(Error::into_reason)? => make(state.clone(), today).await?,
        None => {
            let why = "This database holds something else than the demonstration. Name another one in DATABASE_URL.";
            return Err(why.into());
        }
    }
    state.clock.set(now);
    let mut world = World::new(state, today).await?;
    upkeep::schedule_meetings(&mut world).await?;
    tour::prepare(&mut world).await
}

async fn mark(state: &Arc<State>) -> Result<Option<Vec<u8>>, String> {
    let mark = state.db.read(|conn| Ok(installation::get(conn, MARK)?.map(|(value, _)| value))).await;
    mark.map_err(Error::into_reason)
}

async fn set_mark(state: &Arc<State>, value: &'static [u8]) -> Result<(), String> {
    let done = state.db.write(move |conn| installation::put(conn, MARK, value.to_vec(), None), |_, _| Ok(())).await;
    done.map_err(Error::into_reason)
}

async fn make(state: Arc<State>, today: NaiveDate) -> Result<(), String> {
    set_mark(&state, UNFINISHED).await?;
    let mut world = World::new(state.clone(), today).await?;
    world.go_to(LONG_AGO, NaiveTime::MIN)?;
    let hash = people::unknown_password(&state).await?;
    people::open_account(&mut world, people::ADMINISTRATOR, &hash).await?;
    world.play(places::founding()).await?;
    for who in people::EVERYBODY {
        people::open_account(&mut world, *who, &hash).await?;
    }
    world.play([places::manning(), people::profiles(), stories::past()].concat()).await?;
    // What the record tells is followed, so that the stages of partnerships are those of what happened in them.
    for work in ["seal_record", "follow_partnerships"] {
        world.run(work).await?;
    }
    world.end_sessions().await?;
    set_mark(&state, WHOLE).await
}
