//! The command line: serving, and everything that is done without a client.

mod backup;
mod found;

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, TcpStream};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::accounts::{bootstrap, totp};
use crate::app;
use crate::demo;
use crate::permissions;
use crate::platform::State;
use crate::platform::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Engine;
use crate::platform::db::executor::Limits;
use crate::platform::error::Error;
use crate::platform::files::make_private_dir;
use crate::platform::installation::demand_database;
use crate::platform::jobs;
use crate::platform::record::seal::Anchor;
use crate::platform::record::verify::verify;
use crate::platform::telemetry::{self, Logging};

/// Police and community partnerships along three trust-based keys.
#[derive(Debug, Parser)]
#[command(name = "threekeys", version, about)]
struct Arguments {
    /// Configuration file (TOML). Without it, and without environment variables, safe defaults serve SQLite on loopback.
    #[arg(long, global = true, env = "THREEKEYS_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API (the default).
    Serve,
    /// Serve a demonstration, and say how to try it. Its data is kept in `.threekeys/demo` unless another place is set.
    Demo,
    /// Ask the server that this configuration starts whether it takes requests; for health checks of containers.
    Healthcheck,
    /// Print what an authenticator app would show now; for scripts, and for trying the demonstration out.
    Code {
        /// The authenticator's secret, in base 32.
        secret: String,
    },
    /// Bring the database schema up to date and end.
    Migrate,
    /// Configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Print the API description.
    Openapi,
    /// Print the permission table.
    Permissions,
    /// The record.
    Record {
        #[command(subcommand)]
        command: RecordCommand,
    },
    /// Make a backup, while the server runs or not, or check one.
    #[command(args_conflicts_with_subcommands = true)]
    Backup {
        #[command(subcommand)]
        command: Option<BackupCommand>,
        /// Folder for the backup; not there yet, or empty.
        dir: Option<PathBuf>,
    },
    /// Restore a backup into an empty place.
    Restore {
        /// Folder with the backup.
        dir: PathBuf,
    },
    /// Signing keys.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Background work.
    Jobs {
        #[command(subcommand)]
        command: JobsCommand,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say whether the configuration can be used; needs no database.
    Check,
}

#[derive(Debug, Subcommand)]
enum RecordCommand {
    /// Recompute the whole chain and compare it with the anchors.
    Verify {
        /// File with the anchors; the configured one where none is named.
        #[arg(long)]
        anchors: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum BackupCommand {
    /// Say whether a backup is whole.
    Verify {
        /// Folder with the backup.
        dir: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Show the signing keys and their states.
    List,
    /// Make the next key active. Valid tokens stay valid.
    Rotate {
        /// Even when the next key was published less than 10 minutes ago, as after a theft.
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Subcommand)]
enum JobsCommand {
    /// Show all background work.
    List,
    /// Run one job now.
    Run {
        /// Its name.
        name: String,
    },
}

/// Text for whoever called the command.
fn say(text: impl std::fmt::Display) {
    // A closed pipe is the reader's choice.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Runs the command line.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(arguments) {
        Ok(code) => code,
        Err(why) => {
            // Nothing can be done where even this can't be written.
            let _ = writeln!(std::io::stderr(), "{why}");
            ExitCode::FAILURE
        }
    }
}

type Outcome = Result<ExitCode, String>;

fn dispatch(arguments: Arguments) -> Outcome {
    let mut environment: HashMap<String, String> = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    if matches!(arguments.command, Some(Command::Demo)) && arguments.config.is_none() {
        // What was tried out does not get mixed up with what was meant.
        environment.entry("THREEKEYS_DATA__DIR".into()).or_insert_with(|| ".threekeys/demo".into());
    }
    if let Some(Command::Openapi) = arguments.command {
        let description = app::description().map_err(|e| e.to_string())?;
        let _ = std::io::stdout().write_all(&description.text);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(Command::Permissions) = arguments.command {
        let description = app::description().map_err(|e| e.to_string())?;
        let _ = write!(std::io::stdout(), "{}", permissions::page(&description));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(Command::Code { secret }) = &arguments.command {
        say(totp::code(secret, Clock::System.now()).map_err(|_| "That is no authenticator's secret in base 32.")?);
        return Ok(ExitCode::SUCCESS);
    }
    let config = Config::load(arguments.config.as_deref(), environment).map_err(|e| e.to_string())?;
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(config, None),
        Command::Demo => demo(config),
        Command::Healthcheck => healthcheck(&config),
        Command::Migrate => {
            let _logging = telemetry::start(&config.log)?;
            for name in migrate(&config)? {
                say(format!("applied {name}"));
            }
            say("The schema is up to date.");
            Ok(ExitCode::SUCCESS)
        }
        Command::Config { command: ConfigCommand::Check } => {
            say("The configuration can be used.");
            Ok(ExitCode::SUCCESS)
        }
        Command::Openapi | Command::Permissions | Command::Code { .. } => Ok(ExitCode::SUCCESS),
        Command::Record { command: RecordCommand::Verify { anchors } } => verify_record(config, anchors),
        Command::Backup { command: Some(BackupCommand::Verify { dir }), .. } => backup::verify(&config, &dir),
        Command::Backup { dir: Some(dir), .. } => backup::make(&config, &dir),
        Command::Backup { .. } => Err("say where the backup is to go: threekeys backup DIR".into()),
        Command::Restore { dir } => backup::restore(&config, &dir),
        Command::Keys { command } => keys(config, &command),
        Command::Jobs { command } => run_job(config, &command),
    }
}

/// Opens the database, checks the engine and brings the schema up to date.
fn migrate(config: &Config) -> Result<Vec<String>, String> {
    // Accounts, keys and letters are in there.
    make_private_dir(&config.data.dir).map_err(Error::into_reason)?;
    let engine = config.engine()?;
    if let Engine::Sqlite { path } = &engine
        && let Some(dir) = std::path::Path::new(path).parent().filter(|dir| !dir.as_os_str().is_empty())
    {
        make_private_dir(dir).map_err(Error::into_reason)?;
    }
    demand_database(&engine, &config.data.anchors()).map_err(Error::into_reason)?;
    if let Engine::Sqlite { path } = &engine {
        // SQLite would let everybody read it; the files beside it take after this one.
        let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        file.map_err(|e| format!("{path}: {e}"))?;
    }
    let mut conn = engine.open().map_err(|e| e.to_string())?;
    conn.check().map_err(|e| e.to_string())?;
    conn.migrate().map_err(|e| e.to_string())
}

/// For commands: the database of an installation that is there, migrated, and the state over it, with few connections; before
/// them what writes the log, so that it goes last.
fn ready(mut config: Config) -> Result<(Logging, Arc<State>), String> {
    found::demand(&config)?;
    let logging = telemetry::start(&config.log)?;
    migrate(&config)?;
    config.database.readers = 1;
    config.database.writers = 1;
    Ok((logging, app::state(config, Clock::System).map_err(Error::into_reason)?))
}

fn demo(config: Config) -> Outcome {
    let _alone = demo::alone(&config)?;
    migrate(&config)?;
    demo::clear_unfinished(&config)?;
    migrate(&config)?;
    say("Preparing the demonstration; it takes a moment.");
    let tour = demo::prepare(config.clone())?;
    serve(config, Some(tour))
}

fn serve(config: Config, tour: Option<demo::Tour>) -> Outcome {
    let _logging = telemetry::start(&config.log)?;
    for name in migrate(&config)? {
        tracing::info!(migration = name, "applied");
    }
    let engine = config.engine()?;
    let Limits { readers, writers, .. } = config.database_limits();
    let writers = if matches!(engine, Engine::Sqlite { .. }) { 1 } else { writers };
    let state = app::state(config, Clock::System).map_err(Error::into_reason)?;
    tracing::info!(engine = engine.name(), readers, writers, "database open");
    let base_url = state.base_url.clone();
    let served = state.clone();
    actix_web::rt::System::new()
        .block_on(app::serve(state, move |address| {
            tracing::info!(%address, "serving");
            say(format!("Threekeys serves {base_url}"));
            say(format!("  API description  {base_url}/openapi.json"));
            say(format!("  for people       {base_url}/docs/"));
            say(format!("  health           {base_url}/readyz"));
            if let Some(tour) = tour {
                say(tour);
            }
            // Only now: whoever can't listen must not make useless what another server has printed.
            let token = bootstrap::token_aside(&served).unwrap_or_else(|error| {
                tracing::error!(%error, "no token for the first administrator could be made; start the server again");
                None
            });
            if let Some(token) = token {
                say("");
                say("Nobody runs this installation yet. Create the first administrator within an hour:");
                say(format!(
                    "  curl -sS {base_url}/api/v1/bootstrap -H 'Content-Type: application/json' \\\n    -d '{{\"token\": \"{}\", \"email\": \"you@example.org\", \"display_name\": \"Your Name\", \"password\": \"at least fifteen characters\"}}'",
                    token.as_str()
                ));
            }
        }))
        .map_err(Error::into_reason)?;
    Ok(ExitCode::SUCCESS)
}

/// How long a health check waits for the connection, and then for the answer.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// Asks `/readyz` where the configured server listens.
fn healthcheck(config: &Config) -> Outcome {
    let mut address = config.server.listen;
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(loopback);
    }
    let ask = || -> std::io::Result<String> {
        let mut server = TcpStream::connect_timeout(&address, HEALTH_TIMEOUT)?;
        server.set_read_timeout(Some(HEALTH_TIMEOUT))?;
        server.set_write_timeout(Some(HEALTH_TIMEOUT))?;
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        server.write_all(request.as_bytes())?;
        let mut status = String::new();
        BufReader::new(server.take(1024)).read_line(&mut status)?;
        Ok(status.trim().to_owned())
    };
    let status = ask().map_err(|e| format!("the server on {address} does not answer: {e}"))?;
    say(&status);
    Ok(if status.starts_with("HTTP/1.1 200") { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn verify_record(config: Config, anchors: Option<PathBuf>) -> Outcome {
    let file = anchors.unwrap_or_else(|| config.data.anchors());
    let (_logging, state) = ready(config)?;
    let anchors = Anchor::read(&file).map_err(|e| e.to_string())?;
    let key = state.keys.anchor_public();
    let report = state.db.read_blocking(move |conn| verify(conn, &anchors, &key)).map_err(Error::into_reason)?;
    say(format!(
        "{} sealed records, {} waiting to be sealed, {} anchors compared.",
        report.sealed, report.unsealed, report.anchors
    ));
    if report.anchors == 0 && report.sealed > 0 {
        say(format!("No anchors in {}: that nothing was cut off at the end can't be told.", file.display()));
    }
    for finding in &report.findings {
        say(format!("  {finding}"));
    }
    if report.findings.is_empty() {
        say("The record is whole.");
        Ok(ExitCode::SUCCESS)
    } else {
        say("The record was tampered with.");
        Ok(ExitCode::FAILURE)
    }
}

fn keys(config: Config, command: &KeysCommand) -> Outcome {
    let (_logging, state) = ready(config)?;
    if let KeysCommand::Rotate { force } = command {
        state.keys.rotate(*force).map_err(Error::into_reason)?;
        let now = state.clock.now();
        let entry = crate::platform::record::events::KEYS_ROTATED.entry();
        state
            .db
            .write_blocking(move |conn| crate::platform::record::write_unattended(conn, entry, now))
            .map_err(Error::into_reason)?;
    }
    for key in state.keys.status() {
        say(format!("{:8} {} made {}", key.state, key.kid, key.created_at));
    }
    Ok(ExitCode::SUCCESS)
}

fn run_job(config: Config, command: &JobsCommand) -> Outcome {
    match command {
        JobsCommand::List => {
            for job in app::all_jobs() {
                say(format!("{:26} {}", job.name, job.about));
            }
        }
        JobsCommand::Run { name } => {
            let (_logging, state) = ready(config)?;
            let done = jobs::run(&state, name).map_err(Error::into_reason)?;
            say(format!("{name}: {done} done"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
