//! Configuration: one typed struct, read from an optional TOML file and the environment, checked before anything starts.
//!
//! Every key has a default; an empty configuration serves SQLite on the loopback interface. Environment variables are
//! `THREEKEYS_` + section + `__` + key, in capitals (`THREEKEYS_SERVER__LISTEN`); `DATABASE_URL` stands alone, as is
//! usual. Unknown keys and unsafe values are refused with one line each. The README lists every key.

mod check;
mod consensus;
mod meetings;
mod postgres_url;
mod volunteering;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::db::Engine;
pub use consensus::Consensus;
pub use meetings::Meetings;
pub use volunteering::HourValue;

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where and how it listens.
    pub server: Server,
    /// Where the data is.
    pub database: Database,
    /// Files that it makes and needs.
    pub data: Data,
    /// Lifetimes of sessions and tokens.
    pub sessions: Sessions,
    /// Password hashing.
    pub passwords: Passwords,
    /// How mail goes out.
    pub mail: Mail,
    /// Requests per caller.
    pub limits: RateLimits,
    /// When a decision of both sides is one.
    pub consensus: Consensus,
    /// How meetings are held, and what happens by itself around them.
    pub meetings: Meetings,
    /// What is logged and how.
    pub log: Log,
    /// What an hour of volunteers' work is worth.
    pub volunteering: HourValue,
}

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address of the API. Default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// Address of the metrics, loopback only; empty turns them off. Default `127.0.0.1:9464`.
    pub metrics_listen: String,
    /// What clients type before `/api`; goes into links, tokens (`iss`) and mail. Default: `http://` and `listen`.
    pub base_url: String,
    /// Threads that serve requests; 0 is one per core. Default 0.
    pub workers: usize,
    /// Proxies whose `X-Forwarded-For` is believed. Default none.
    pub trusted_proxies: Vec<IpAddr>,
    /// Origins of front ends in browsers, exactly. Default none.
    pub cors_origins: Vec<String>,
    /// A request's head must have arrived by then. Default 5.
    pub head_timeout_seconds: u64,
    /// A request's body must have arrived by then. Default 10.
    pub body_timeout_seconds: u64,
    /// A request ends by then. Default 15.
    pub request_timeout_seconds: u64,
    /// A connection stays open for so long after its last answer. Default 75.
    pub keep_alive_seconds: u64,
    /// On SIGTERM, SIGINT or SIGHUP readiness ends first, and the server goes on for so long, for balancers to notice; each
    /// answer ends its connection from then on. Default 500.
    pub drain_milliseconds: u64,
    /// Then requests in flight get this long. Default 20.
    pub shutdown_timeout_seconds: u64,
    /// Largest body, where an operation does not say otherwise. Default 262144.
    pub body_limit_bytes: usize,
    /// Connections per worker. Default 2000.
    pub max_connections: usize,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics_listen: "127.0.0.1:9464".into(),
            base_url: String::new(),
            workers: 0,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            head_timeout_seconds: 5,
            body_timeout_seconds: 10,
            request_timeout_seconds: 15,
            keep_alive_seconds: 75,
            drain_milliseconds: 500,
            shutdown_timeout_seconds: 20,
            body_limit_bytes: 256 * 1024,
            max_connections: 2000,
        }
    }
}

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`; `DATABASE_URL` goes before it. Default `sqlite:` and
    /// `threekeys.db` in the data folder.
    pub url: SecretString,
    /// File with the password for PostgreSQL, where the URL holds none. Default none.
    pub password_file: Option<PathBuf>,
    /// Connections that read; 0 means 2 on SQLite and 8 on PostgreSQL. Default 0.
    pub readers: usize,
    /// Connections that write on PostgreSQL (SQLite has one). Default 6.
    pub writers: usize,
    /// Requests that may wait for a connection. Default 1024.
    pub queue: usize,
    /// How long they wait. Default 1000.
    pub wait_milliseconds: u64,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: SecretString::from(""),
            password_file: None,
            readers: 0,
            writers: 6,
            queue: 1024,
            wait_milliseconds: 1000,
        }
    }
}

/// `[data]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// Folder for the database, keys, anchors and unsent mail. Default `.threekeys`.
    pub dir: PathBuf,
    /// File with the master secret, 32 bytes in hexadecimal; made when missing. Default `master.secret` in `dir`.
    pub master_secret_file: Option<PathBuf>,
    /// Folder with the signing keys; made when missing. Default `keys` in `dir`.
    pub keys_dir: Option<PathBuf>,
    /// File that the signed anchors of the record are appended to. Default `anchors.jsonl` in `dir`.
    pub anchors_file: Option<PathBuf>,
    /// Signing keys are replaced at this age, 30 to 90 days. Default 60.
    pub key_rotation_days: u64,
}

impl Default for Data {
    fn default() -> Self {
        Self {
            dir: ".threekeys".into(),
            master_secret_file: None,
            keys_dir: None,
            anchors_file: None,
            key_rotation_days: 60,
        }
    }
}

impl Data {
    /// Where the master secret is.
    pub fn master_secret(&self) -> PathBuf {
        self.master_secret_file.clone().unwrap_or_else(|| self.dir.join("master.secret"))
    }
    /// Where the signing keys are.
    pub fn keys(&self) -> PathBuf {
        self.keys_dir.clone().unwrap_or_else(|| self.dir.join("keys"))
    }
    /// Where the anchors go.
    pub fn anchors(&self) -> PathBuf {
        self.anchors_file.clone().unwrap_or_else(|| self.dir.join("anchors.jsonl"))
    }
}

/// `[sessions]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// Life of a citizen's access token, 1 to 15 minutes. Default 10.
    pub access_minutes: u64,
    /// Life of an access token of officers, commanders, staff and administrators. Default 5.
    pub access_minutes_staff: u64,
    /// A citizen's session ends when it was not refreshed for so long. Default 720 (30 days).
    pub idle_hours: u64,
    /// A citizen's session ends then in any case. Default 2160 (90 days).
    pub absolute_hours: u64,
    /// The same for officers, commanders, staff and administrators, in minutes. Default 30.
    pub idle_minutes_staff: u64,
    /// The same for officers, commanders, staff and administrators. Default 12.
    pub absolute_hours_staff: u64,
    /// Sessions one account may have; the oldest goes. Default 20.
    pub per_account: usize,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            access_minutes: 10,
            access_minutes_staff: 5,
            idle_hours: 720,
            absolute_hours: 2160,
            idle_minutes_staff: 30,
            absolute_hours_staff: 12,
            per_account: 20,
        }
    }
}

/// `[passwords]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Passwords {
    /// Memory of one Argon2id hash; at least 19456. Default 19456.
    pub memory_kib: u32,
    /// Passes over it; at least 2. Default 2.
    pub iterations: u32,
    /// Hashes at the same time; 0 is one less than there are cores. Default 0.
    pub threads: usize,
    /// Hashes that may wait. Default 32.
    pub queue: usize,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, threads: 0, queue: 32 }
    }
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// TLS from the first byte (port 465).
    Tls,
    /// STARTTLS, required (port 587).
    Starttls,
    /// None; only to a server on the same machine.
    None,
}

/// `[mail]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// Sender. Default `Threekeys <threekeys@localhost.localdomain>`.
    pub from: String,
    /// Mail server; empty writes `.eml` files to `spool_dir` instead. Default empty.
    pub smtp_host: String,
    /// Its port. Default 465.
    pub smtp_port: u16,
    /// Its protection: `tls`, `starttls` or `none`. Default `tls`.
    pub smtp_security: MailSecurity,
    /// User name there; empty for none. Default empty.
    pub smtp_user: String,
    /// File with the password there. Default none.
    pub smtp_password_file: Option<PathBuf>,
    /// Folder for `.eml` files when there is no mail server. Default `mail` in the data folder.
    pub spool_dir: Option<PathBuf>,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            from: "Threekeys <threekeys@localhost.localdomain>".into(),
            smtp_host: String::new(),
            smtp_port: 465,
            smtp_security: MailSecurity::Tls,
            smtp_user: String::new(),
            smtp_password_file: None,
            spool_dir: None,
        }
    }
}

/// `[limits]`: requests per caller, `design/security.md` 5.13.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimits {
    /// Reads per minute of an anonymous address. Default 60.
    pub anonymous_per_minute: u32,
    /// Reads per minute of an account. Default 600.
    pub reads_per_minute: u32,
    /// Writes per minute of an account. Default 120.
    pub writes_per_minute: u32,
    /// Logins and refreshes per minute of an address. Default 10.
    pub logins_per_minute: u32,
    /// Registrations, resets and other mail-sending requests per hour of an address. Default 5.
    pub registrations_per_hour: u32,
    /// Failed logins per account in 15 minutes before it cools off. Default 5.
    pub login_failures: u32,
    /// Password resets per account and hour. Default 3.
    pub resets_per_hour: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            anonymous_per_minute: 60,
            reads_per_minute: 600,
            writes_per_minute: 120,
            logins_per_minute: 10,
            registrations_per_hour: 5,
            login_failures: 5,
            resets_per_hour: 3,
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `text` or `json`. Default `text`.
    pub format: LogFormat,
    /// What is logged, as a tracing filter. Default `info,actix_server=warn,actix_web=warn,actix_http=off`.
    pub filter: String,
    /// OTLP collector for traces, with the `otlp` feature; empty for none. Default empty.
    pub otlp_endpoint: String,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            filter: "info,actix_server=warn,actix_web=warn,actix_http=off".into(),
            otlp_endpoint: String::new(),
        }
    }
}

/// Configuration that can't be used: one line per fault.
#[derive(Debug, PartialEq, Eq)]
pub struct Invalid(pub Vec<String>);

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}
impl std::error::Error for Invalid {}

impl From<String> for Invalid {
    fn from(line: String) -> Self {
        Self(vec![line])
    }
}

impl Config {
    /// Reads the file, if one is named, and the environment over it, and checks the result.
    ///
    /// # Errors
    /// One line per unknown key, wrong type or unsafe value.
    pub fn load(file: Option<&Path>, environment: HashMap<String, String>) -> Result<Self, Invalid> {
        let mut config = Self::read(file, environment)?;
        config.complete()?;
        config.check()?;
        Ok(config)
    }

    fn read(file: Option<&Path>, mut environment: HashMap<String, String>) -> Result<Self, Invalid> {
        let database_url = environment.remove("DATABASE_URL");
        environment.retain(|key, _| key.starts_with("THREEKEYS_") && key != "THREEKEYS_CONFIG");
        if cfg!(feature = "test-faults") {
            // A fault that was planted is no setting (`platform::faults`).
            environment.remove("THREEKEYS_FAULT");
        }
        let mut sources = config::Config::builder();
        if let Some(file) = file {
            sources = sources.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        sources = sources.add_source(
            config::Environment::with_prefix("THREEKEYS")
                .prefix_separator("_")
                .separator("__")
                .try_parsing(true)
                .list_separator(",")
                .with_list_parse_key("server.cors_origins")
                .with_list_parse_key("server.trusted_proxies")
                .source(Some(environment)),
        );
        let mut config: Self = sources
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(|e| Invalid::from(format!("configuration: {e}")))?;
        if let Some(url) = database_url {
            config.database.url = SecretString::from(url);
        }
        Ok(config)
    }

    fn complete(&mut self) -> Result<(), Invalid> {
        if self.server.base_url.is_empty() {
            self.server.base_url = format!("http://{}", self.server.listen);
        }
        if self.database.url.expose_secret().is_empty() {
            self.database.url = SecretString::from(format!("sqlite:{}", self.data.dir.join("threekeys.db").display()));
        }
        if let Some(file) = &self.database.password_file {
            let password = read_secret(file).map_err(Invalid::from)?;
            let url = self.database.url.expose_secret().to_owned();
            let with = url.split_once('@').and_then(|(before, after)| {
                let user_only =
                    before.rsplit_once("//").is_some_and(|(_, user)| !user.is_empty() && !user.contains(':'));
                user_only.then(|| format!("{before}:{}@{after}", percent(password.expose_secret())))
            });
            self.database.url = SecretString::from(with.ok_or_else(|| {
                Invalid::from(
                    "database.password_file needs a URL with a user and without a password, like postgres://USER@HOST/NAME".to_owned(),
                )
            })?);
        }
        Ok(())
    }

    /// The database engine that is set.
    ///
    /// # Errors
    /// When the URL is not usable.
    pub fn engine(&self) -> Result<Engine, String> {
        Engine::parse(self.database.url.expose_secret()).map_err(|why| why.to_string())
    }

    /// The folder in which letters are put while no mail server is set.
    pub fn mail_spool(&self) -> Option<PathBuf> {
        let set = || self.mail.spool_dir.clone().unwrap_or_else(|| self.data.dir.join("mail"));
        self.mail.smtp_host.is_empty().then(set)
    }

    /// Where metrics are served, if at all.
    ///
    /// # Errors
    /// When the setting is neither empty nor an address.
    pub fn metrics_listen(&self) -> Result<Option<SocketAddr>, String> {
        match self.server.metrics_listen.as_str() {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|_| "server.metrics_listen: must be an address and port, or empty".into()),
        }
    }

    /// Sizes and limits of the database threads.
    pub fn database_limits(&self) -> super::db::executor::Limits {
        let default_readers = if matches!(self.engine(), Ok(Engine::Postgres { .. })) { 8 } else { 2 };
        super::db::executor::Limits {
            readers: if self.database.readers == 0 { default_readers } else { self.database.readers },
            writers: self.database.writers,
            queue: self.database.queue,
            wait: Duration::from_millis(self.database.wait_milliseconds),
            answer: Duration::from_millis(4500),
        }
    }
}

/// A secret from a file, without the line break that editors add.
///
/// # Errors
/// When the file can't be read.
pub fn read_secret(file: &Path) -> Result<SecretString, String> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(SecretString::from(text.trim_end_matches(['\n', '\r']).to_owned())),
        Err(why) => Err(format!("can't read the secret file {}: {why}", file.display())),
    }
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<Config, Invalid> {
        Config::load(None, pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }
    fn refusal(pairs: &[(&str, &str)]) -> String {
        load(pairs).err().map(|e| e.to_string()).unwrap_or_default()
    }

    #[test]
    fn nothing_set_is_complete_and_safe() {
        let config = load(&[("PATH", "/bin"), ("THREEKEYS_CONFIG", "ignored here")]).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(config.server.base_url, "http://127.0.0.1:8080");
        assert_eq!(config.engine(), Ok(Engine::Sqlite { path: ".threekeys/threekeys.db".into() }));
    }

    #[test]
    fn environment_goes_over_defaults() {
        let config = load(&[
            ("THREEKEYS_SERVER__LISTEN", "127.0.0.1:9000"),
            ("THREEKEYS_SERVER__CORS_ORIGINS", "https://a.example,https://b.example"),
            ("THREEKEYS_LIMITS__READS_PER_MINUTE", "7"),
            ("DATABASE_URL", "postgres://me@db/x"),
        ])
        .unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(config.server.listen.port(), 9000);
        assert_eq!(config.server.cors_origins.len(), 2);
        assert_eq!(config.limits.reads_per_minute, 7);
        assert!(matches!(config.engine(), Ok(Engine::Postgres { .. })));
    }

    #[test]
    fn what_is_unknown_or_unsafe_is_refused_by_name() {
        for (pairs, expected) in [
            (&[("THREEKEYS_SERVER__LISTNE", "x")][..], "listne"),
            (&[("THREEKEYS_SEVRER__LISTEN", "x")], "sevrer"),
            (&[("THREEKEYS_PASSWORDS__MEMORY_KIB", "64")], "passwords.memory_kib"),
            (&[("THREEKEYS_SERVER__LISTEN", "0.0.0.0:80")], "server.base_url"),
            (&[("THREEKEYS_SERVER__BASE_URL", "http://threekeys.example")], "server.base_url"),
            (&[("THREEKEYS_SERVER__METRICS_LISTEN", "0.0.0.0:1")], "server.metrics_listen"),
            (&[("THREEKEYS_SERVER__CORS_ORIGINS", "*")], "server.cors_origins"),
            (&[("DATABASE_URL", "mysql://x/y")], "database.url"),
            (&[("THREEKEYS_DATABASE__PASSWORD_FILE", "/nonexistent")], "/nonexistent"),
            (&[("THREEKEYS_LOG__FILTER", "=,=")], "log.filter"),
            (
                &[("THREEKEYS_MAIL__SMTP_SECURITY", "none"), ("THREEKEYS_MAIL__SMTP_HOST", "mx.example.org")],
                "mail.smtp_security",
            ),
        ] {
            assert!(refusal(pairs).contains(expected), "{pairs:?}: {}", refusal(pairs));
        }
    }
}
