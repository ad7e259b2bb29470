//! The ground floor: everything that knows nothing of police or communities.
//!
//! Slices stand on it and it imports none of them. What it needs from above (who an actor is, which class of limits a
//! route belongs to, which jobs there are) is handed to it in [`State`] or through a trait.

pub mod backup;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod error;
pub mod faults;
pub mod files;
pub mod hashing;
pub mod http;
pub mod installation;
pub mod jobs;
pub mod keys;
pub mod lifecycle;
pub mod mail;
pub mod metrics;
pub mod openapi;
pub mod policy;
pub mod record;
pub mod telemetry;
pub mod text;
pub mod values;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clock::Clock;
use config::Config;
use crypto::Secrets;
use db::Db;
use error::{Error, Result};
use hashing::Hasher;
use http::extract::Schemas;
use http::limits::{Class, Limits};
use http::rendered::Rendered;
use jobs::Job;
use keys::Keys;
use mail::Mailer;
use metrics::Metrics;
use record::timeline::Catalogue;

/// What every request, job and command works with. Built once, and the same for server, tests and commands.
pub struct State {
    /// What was configured.
    pub config: Config,
    /// The server's own address in front of every path.
    pub base_url: Arc<str>,
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Signing keys and tokens.
    pub keys: Keys,
    /// Keys derived from the master secret.
    pub secrets: Secrets,
    /// Requests per caller.
    pub limits: Limits,
    /// Password hashing.
    pub hasher: Hasher,
    /// Outgoing mail.
    pub mailer: Mailer,
    /// Figures.
    pub metrics: Metrics,
    /// Schemas of request types.
    pub schemas: Schemas,
    /// Answers that were dear to make.
    pub rendered: Rendered,
    /// Words for the record's actions.
    pub catalogue: Catalogue,
    /// All background work.
    pub jobs: Vec<Job>,
    /// Which limits a request counts against: method, route, whether it has a valid token.
    pub rate_class: fn(&str, &str, bool) -> Class,
    /// What slices hand to those below them or keep for themselves, each kind once: see [`State::handed`].
    handed: Vec<Handed>,
    /// Set when the server is to end: readiness goes first.
    pub shutting_down: AtomicBool,
}

/// What the upper floors hand down.
pub struct Upstairs {
    /// All background work.
    pub jobs: Vec<Job>,
    /// Kinds of events of all slices.
    pub kinds: Vec<record::Kind>,
    /// Which limits a request counts against.
    pub rate_class: fn(&str, &str, bool) -> Class,
    /// What slices hand to those below them or keep for themselves.
    pub handed: Vec<Handed>,
}

/// Something of a type that only the slices know.
pub type Handed = Box<dyn std::any::Any + Send + Sync>;

impl State {
    /// What the upper slices handed down of this type.
    ///
    /// # Errors
    /// A fault when nothing was.
    pub fn handed<T: 'static>(&self) -> Result<&T> {
        let found = self.handed.iter().find_map(|handed| handed.downcast_ref());
        found.ok_or_else(|| Error::fault(format!("nobody handed down any {}", std::any::type_name::<T>())))
    }

    /// Puts everything together: opens the database and its threads, the keys, the secrets.
    ///
    /// # Errors
    /// With one line that says what is missing or unsafe.
    pub fn build(config: Config, clock: Clock, upstairs: Upstairs) -> Result<Arc<Self>> {
        let engine = config.engine().map_err(Error::fault)?;
        let mut conn = engine.open().map_err(|e| Error::fault(e.to_string()))?;
        installation::demand_files(&mut conn, &config.data)?;
        let secrets = Secrets::derive(&*master_secret(&config)?)?;
        installation::demand_secret(&mut conn, secrets.fingerprint())?;
        let db = Db::start(engine, config.database_limits()).map_err(|e| Error::fault(e.to_string()))?;
        let keys = Keys::open(&config.data.keys(), &config.server.base_url, clock.clone())?;
        Ok(Arc::new(Self {
            base_url: config.server.base_url.as_str().into(),
            db,
            keys,
            secrets,
            limits: Limits::new(&config.limits),
            hasher: Hasher::start(&config.passwords)?,
            mailer: Mailer::new(&config)?,
            metrics: Metrics::default(),
            schemas: Schemas::default(),
            rendered: Rendered::default(),
            catalogue: Catalogue::new(upstairs.kinds),
            jobs: upstairs.jobs,
            rate_class: upstairs.rate_class,
            handed: upstairs.handed,
            shutting_down: AtomicBool::new(false),
            clock,
            config,
        }))
    }
}

/// The fingerprint of the master secret, where there is one already.
///
/// # Errors
/// When its file can't be read or holds something else.
pub fn secret_fingerprint(config: &Config) -> Result<Option<[u8; 32]>> {
    if !config.data.master_secret().exists() {
        return Ok(None);
    }
    Ok(Some(*Secrets::derive(&*master_secret(config)?)?.fingerprint()))
}

/// The master secret from its file, made on first use.
fn master_secret(config: &Config) -> Result<zeroize::Zeroizing<[u8; 32]>> {
    use secrecy::ExposeSecret as _;
    let path = config.data.master_secret();
    if !path.exists() {
        if let Some(dir) = path.parent() {
            files::make_private_dir(dir)?;
        }
        files::write_private(&path, crypto::hex(&crypto::random()?).as_bytes(), false)?;
    }
    // A file that the operator hands over (a container's secret, say) has the mode that its mount gives it.
    if config.data.master_secret_file.is_none() {
        files::refuse_if_others_can_read(&path)?;
    }
    let text = config::read_secret(&path).map_err(Error::fault)?;
    let text = text.expose_secret().trim();
    let malformed = || Error::fault(format!("{} must hold 32 bytes in hexadecimal", path.display()));
    if text.len() != 64 || !text.is_ascii() {
        return Err(malformed());
    }
    let mut secret = zeroize::Zeroizing::new([0; 32]);
    for (n, byte) in secret.iter_mut().enumerate() {
        let pair = text.get(n * 2..n * 2 + 2).ok_or_else(malformed)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| malformed())?;
    }
    Ok(secret)
}
