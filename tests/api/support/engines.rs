//! Databases for tests: a migrated template per engine, a copy of it for each test.
//!
//! PostgreSQL is a throw-away cluster on a Unix socket, started from the installed server binaries by an unprivileged
//! user, and gone with the test process. Where there are none, the PostgreSQL half is skipped and says so; with
//! `THREEKEYS_TEST_POSTGRES=required` that is a failure.

use std::future::Future;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use diesel::connection::SimpleConnection as _;
use tempfile::TempDir;
use threekeys::platform::db::Engine as DbEngine;

use super::App;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A database of its own, removed when it is dropped.
pub struct Database {
    pub url: String,
    pub dir: TempDir,
    name: Option<String>,
}

pub fn run<F: Future<Output = ()>>(engine: Engine, test: impl FnOnce(App) -> F) {
    let Some(database) = database(engine) else { return };
    actix_web::rt::System::new().block_on(async move { test(App::new(database).await).await });
}

pub fn database(engine: Engine) -> Option<Database> {
    let dir = scratch();
    match engine {
        Engine::Sqlite => {
            let path = dir.path().join("test.db");
            std::fs::copy(sqlite_template(), &path).unwrap();
            Some(Database { url: format!("sqlite:{}", path.display()), dir, name: None })
        }
        Engine::Postgres => {
            static NEXT: AtomicUsize = AtomicUsize::new(0);
            let cluster = cluster()?;
            let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
            cluster.admin(&format!("CREATE DATABASE {name} TEMPLATE template_threekeys"));
            Some(Database { url: cluster.url(&name), dir, name: Some(name) })
        }
    }
}

/// A database of its own with nothing in it, to restore into.
pub fn empty(engine: Engine) -> Option<Database> {
    let dir = scratch();
    match engine {
        Engine::Sqlite => {
            Some(Database { url: format!("sqlite:{}", dir.path().join("empty.db").display()), dir, name: None })
        }
        Engine::Postgres => {
            static NEXT: AtomicUsize = AtomicUsize::new(0);
            let cluster = cluster()?;
            let name = format!("e{}", NEXT.fetch_add(1, Ordering::Relaxed));
            cluster.admin(&format!("CREATE DATABASE {name}"));
            Some(Database { url: cluster.url(&name), dir, name: Some(name) })
        }
    }
}

impl Database {
    /// A database that somebody else looks after.
    pub fn at(url: String) -> Self {
        Self::within(url, scratch())
    }
    /// The same, with its files in this folder.
    pub fn within(url: String, dir: TempDir) -> Self {
        Self { url, dir, name: None }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let (Some(name), Some(cluster)) = (&self.name, cluster()) {
            cluster.admin(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// In memory where there is memory for files: tests sync often.
pub fn scratch() -> TempDir {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { TempDir::new_in(shared) } else { TempDir::new() }.unwrap()
}

pub fn sqlite_template() -> &'static Path {
    static TEMPLATE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = TEMPLATE.get_or_init(|| {
        let dir = scratch();
        let path = dir.path().join("template.db");
        let mut conn = DbEngine::parse(&format!("sqlite:{}", path.display())).unwrap().open().unwrap();
        conn.check().unwrap();
        conn.migrate().unwrap();
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        (dir, path)
    });
    path
}

struct Cluster {
    socket_dir: PathBuf,
    /// One `CREATE DATABASE` at a time: the template must not be in use.
    admin: Mutex<()>,
    /// Its end of the pipe keeps the server alive; the server ends when this process does.
    _lifeline: std::process::Child,
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        format!("postgres://threekeys@/{database}?host={}", self.socket_dir.display())
    }
    fn admin(&self, sql: &str) {
        let _one = self.admin.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut conn = DbEngine::parse(&self.url("postgres")).unwrap().open().unwrap();
        conn.batch_execute("SET statement_timeout = '60s'").unwrap();
        conn.batch_execute(sql).unwrap();
    }
}

fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER
        .get_or_init(|| {
            let Some(bin) = server_binaries() else {
                assert!(
                    std::env::var_os("THREEKEYS_TEST_POSTGRES").is_none_or(|v| v != "required"),
                    "THREEKEYS_TEST_POSTGRES=required, and no PostgreSQL server binaries are installed"
                );
                // Written past the capture of test output, so that nobody takes half a run for a whole one.
                let mut err = std::io::stderr();
                let _ = writeln!(
                    err,
                    "\n*** No PostgreSQL server binaries: the PostgreSQL half of the tests was SKIPPED. ***\n"
                );
                return None;
            };
            Some(start(&bin))
        })
        .as_ref()
}

pub fn server_binaries() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .chain(std::env::split_paths(&path))
        .filter(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
        .max()
}

/// PostgreSQL refuses to run as root.
pub fn unprivileged() -> Option<(u32, u32)> {
    let own = std::fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m)).unwrap_or(1);
    (own == 0).then(|| {
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let find = |name: &str| {
            let line = passwd.lines().find(|line| line.starts_with(&format!("{name}:")))?;
            let mut parts = line.split(':').skip(2);
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        };
        find("postgres").or_else(|| find("nobody")).unwrap_or((65534, 65534))
    })
}

fn start(bin: &Path) -> Cluster {
    let dir = scratch().keep();
    let data = dir.join("data");
    let user = unprivileged();
    if let Some((uid, gid)) = user {
        std::os::unix::fs::chown(&dir, Some(uid), Some(gid)).unwrap();
    }
    let command = |program: &Path| {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid);
        }
        command.current_dir(&dir).env("LC_ALL", "C.UTF-8");
        command
    };
    let made = command(&bin.join("initdb"))
        .args(["-A", "trust", "-U", "threekeys", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    let script = format!(
        "'{bin}/postgres' -D '{data}' -k '{dir}' -c listen_addresses= -c max_connections=300 -c shared_buffers=64MB \
         >'{dir}/log' 2>&1 & server=$!; read _; kill -QUIT $server; wait $server; rm -rf '{dir}'",
        bin = bin.display(),
        data = data.display(),
        dir = dir.display()
    );
    let shell = command(Path::new("/bin/sh"))
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A signal from the terminal is for the tests; the pipe tells the server.
        .process_group(0)
        .spawn()
        .unwrap();
    let cluster = Cluster { socket_dir: dir.clone(), admin: Mutex::new(()), _lifeline: shell };
    let postgres = DbEngine::parse(&cluster.url("postgres")).unwrap();
    let began = std::time::Instant::now();
    while let Err(why) = postgres.open() {
        let log = std::fs::read_to_string(dir.join("log")).unwrap_or_default();
        assert!(began.elapsed().as_secs() < 30, "PostgreSQL does not start: {why}\n{log}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    cluster.admin("CREATE DATABASE template_threekeys");
    let mut conn = DbEngine::parse(&cluster.url("template_threekeys")).unwrap().open().unwrap();
    conn.check().unwrap();
    conn.migrate().unwrap();
    cluster
}
