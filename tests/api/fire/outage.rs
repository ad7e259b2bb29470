//! PostgreSQL stopped, restarted, cut off, slow: the server says 503 in time, lives on, and is back at once.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use threekeys::ids::OfficerLogId;
use threekeys::platform::db::{AnyId, Engine};
use threekeys::schema::officer_logs;
use uuid::Uuid;

use super::proxy::{Mode, Proxy};
use super::server::{Client, Server, free_port, say};
use super::writers::{Officer, look, officers, post, sent};
use crate::support::App;
use crate::support::engines::{Database, scratch, server_binaries, unprivileged};

const CLIENTS: usize = 6;
/// No request takes longer, whatever the database does.
const AT_MOST: Duration = Duration::from_secs(5);
/// After the database is back, writes are taken again by then.
const BACK: Duration = Duration::from_secs(2);

/// A server of the test's own, which it may ill-treat.
struct Postgres {
    bin: PathBuf,
    dir: tempfile::TempDir,
    address: SocketAddr,
    postmaster: Option<Child>,
}

impl Postgres {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        if let Some((uid, gid)) = unprivileged() {
            command.uid(uid).gid(gid);
        }
        command.current_dir(self.dir.path()).env("LC_ALL", "C.UTF-8").stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn new(bin: PathBuf) -> Self {
        let dir = scratch();
        if let Some((uid, gid)) = unprivileged() {
            std::os::unix::fs::chown(dir.path(), Some(uid), Some(gid)).unwrap();
        }
        let mut it = Self { bin, dir, address: free_port(), postmaster: None };
        let arguments = ["-A", "trust", "-U", "threekeys", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D", "data"];
        assert!(it.command("initdb").args(arguments).status().unwrap().success());
        it.start();
        it
    }

    fn url(&self, at: SocketAddr) -> String {
        format!("postgres://threekeys@{at}/postgres?sslmode=disable")
    }

    fn is_up(&self) -> bool {
        Engine::parse(&self.url(self.address)).unwrap().open().is_ok()
    }

    /// Returns once it takes connections.
    fn start(&mut self) {
        let since = Instant::now();
        while !self.is_up() {
            assert!(since.elapsed() < Duration::from_secs(30), "PostgreSQL does not start");
            let ended = self.postmaster.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some());
            if ended {
                // What is left of one that was killed may be in the way for a moment.
                let port = self.address.port().to_string();
                let mut command = self.command("postgres");
                command.args(["-D", "data", "-k", "", "-c", "listen_addresses=127.0.0.1", "-p", &port]);
                self.postmaster = Some(command.process_group(0).spawn().unwrap());
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// `INT` is a fast stop, `QUIT` an immediate one, `KILL` what it says.
    fn stop(&mut self, signal: &str) {
        let mut postmaster = self.postmaster.take().unwrap();
        let pid = postmaster.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap().success());
        postmaster.wait().unwrap();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.postmaster.is_some() {
            self.stop("QUIT");
        }
    }
}

/// What the clients saw of everything so far.
#[derive(Default)]
struct Seen {
    acknowledged: Mutex<HashMap<Uuid, Uuid>>,
    /// When a write was acknowledged last.
    last: Mutex<Option<Instant>>,
    refused: Mutex<usize>,
    slowest: Mutex<Duration>,
    wrong: Mutex<Vec<String>>,
}

impl Seen {
    fn wrong(&self, what: String) {
        self.wrong.lock().unwrap().push(what);
    }

    /// Asks once; whether it was answered with `status`.
    fn ask(&self, ask: impl FnOnce() -> std::io::Result<super::server::Answer>, status: u16) -> Option<String> {
        let since = Instant::now();
        let answer = ask();
        let took = since.elapsed();
        let mut slowest = self.slowest.lock().unwrap();
        *slowest = took.max(*slowest);
        drop(slowest);
        if took > AT_MOST {
            self.wrong(format!("an answer after {took:?}"));
        }
        match answer {
            Ok(answer) if answer.status == status => return Some(answer.body),
            Ok(answer) if answer.status == 503 && answer.retry_after.is_some() => *self.refused.lock().unwrap() += 1,
            // Sent again while nobody knows what became of it: it still hangs between the server and the database.
            Ok(answer)
                if answer.status == 409
                    && answer.retry_after.is_some()
                    && answer.body.contains("\"idempotency_in_progress\"") => {}
            Ok(answer) => self.wrong(format!("{} {:?} {}", answer.status, answer.retry_after, answer.body)),
            Err(why) => self.wrong(format!("no answer: {why}")),
        }
        None
    }
}

/// Logs and looks, each log again until it is acknowledged.
fn work(server: SocketAddr, officer: &Officer, seen: &Seen, end: &AtomicBool) {
    let mut client = Client::to(server).unwrap();
    let mut next = sent(officer);
    while !end.load(Ordering::Relaxed) {
        if let Some(body) = seen.ask(|| post(&mut client, officer, &next), 201) {
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            seen.acknowledged.lock().unwrap().insert(next.client_uuid, body["id"].as_str().unwrap().parse().unwrap());
            *seen.last.lock().unwrap() = Some(Instant::now());
            next = sent(officer);
        }
        seen.ask(|| look(&mut client, officer), 200);
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What needs no database is answered all the time.
fn live(server: SocketAddr, seen: &Seen, end: &AtomicBool) {
    let mut client = Client::to(server).unwrap();
    while !end.load(Ordering::Relaxed) {
        for path in ["/livez", "/.well-known/jwks.json"] {
            let since = Instant::now();
            let status = client.send("GET", path, &[], "").map(|answer| answer.status);
            if !matches!(status, Ok(200)) || since.elapsed() > Duration::from_secs(1) {
                seen.wrong(format!("{path}: {status:?} after {:?}", since.elapsed()));
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Connections of the server to the database that are there.
fn slots(postgres: &Postgres) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        value: i64,
    }
    let mut conn = Engine::parse(&postgres.url(postgres.address)).unwrap().open().unwrap();
    let query = "SELECT count(*) AS value FROM pg_stat_activity WHERE application_name = 'under fire'";
    diesel::sql_query(query).get_result::<Count>(&mut conn).unwrap().value
}

#[test]
fn postgres_may_stop_hang_and_come_back_and_clients_are_told_in_time() {
    let Some(bin) = server_binaries() else {
        let _ = writeln!(std::io::stderr(), "\n*** No PostgreSQL server binaries: its outages were SKIPPED. ***\n");
        return;
    };
    let mut postgres = Postgres::new(bin);
    let url = postgres.url(postgres.address);
    let mut conn = Engine::parse(&url).unwrap().open().unwrap();
    conn.migrate().unwrap();
    drop(conn);
    actix_web::rt::System::new().block_on(async move {
        let app = App::new(Database::at(url)).await;
        let officers = officers(&app, CLIENTS).await;
        let proxy = Proxy::to(postgres.address);
        let url = format!("{}&application_name=under%20fire", postgres.url(proxy.address));
        let server = Server::start(
            &app,
            &[
                ("DATABASE_URL", &url),
                ("THREEKEYS_LOG__FILTER", "off"),
                ("THREEKEYS_LIMITS__READS_PER_MINUTE", "1000000"),
            ],
        );
        server.ready(Duration::from_secs(20));
        let connections = slots(&postgres);
        let (seen, end) = (Seen::default(), AtomicBool::new(false));
        let told = std::thread::scope(|scope| {
            scope.spawn(|| live(server.address, &seen, &end));
            for officer in &officers {
                scope.spawn(|| work(server.address, officer, &seen, &end));
            }
            let run = std::panic::AssertUnwindSafe(|| ill_treat(&mut postgres, &proxy, &seen));
            let told = std::panic::catch_unwind(run);
            end.store(true, Ordering::Relaxed);
            told
        });
        let wrong = seen.wrong.into_inner().unwrap();
        assert!(wrong.is_empty(), "{} answers: {:#?}", wrong.len(), &wrong[..wrong.len().min(10)]);
        let told = told.unwrap();
        let acknowledged = seen.acknowledged.into_inner().unwrap();
        let mut conn = Engine::parse(&postgres.url(postgres.address)).unwrap().open().unwrap();
        let logs = officer_logs::table.select((officer_logs::client_uuid, officer_logs::id));
        let logs: Vec<(AnyId, OfficerLogId)> = logs.load(&mut conn).unwrap();
        let logs: HashMap<Uuid, Uuid> = logs.into_iter().map(|(client, id)| (client.0, id.uuid())).collect();
        for (client, id) in &acknowledged {
            assert_eq!(logs.get(client), Some(id), "an acknowledged log is lost");
        }
        every_slot_works(server.address, &officers);
        let left = slots(&postgres);
        assert_eq!(left, connections, "connections before, and after it all");
        let (refused, slowest) = (seen.refused.into_inner().unwrap(), seen.slowest.into_inner().unwrap());
        say(&format!(
            "{} acknowledged, {refused} refused, slowest answer {slowest:?}; back after: {told}",
            acknowledged.len()
        ));
        assert!(refused > 0, "nobody noticed anything");
    });
}

/// One misfortune after the other; how soon writes were taken again after each.
fn ill_treat(postgres: &mut Postgres, proxy: &Proxy, seen: &Seen) -> String {
    let mut told = Vec::new();
    let mut back = |what: &str, postgres: &Postgres| {
        assert!(postgres.is_up());
        let since = Instant::now();
        while seen.last.lock().unwrap().is_none_or(|last| last < since) {
            if since.elapsed() > BACK {
                seen.wrong(format!("{what}: no write after {BACK:?}"));
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        told.push(format!("{what} {:?}", since.elapsed()));
        std::thread::sleep(Duration::from_millis(200));
    };
    back("nothing", postgres);
    for (what, signal) in [("fast", "INT"), ("immediate", "QUIT"), ("killed", "KILL")] {
        postgres.stop(signal);
        std::thread::sleep(Duration::from_millis(700));
        postgres.start();
        back(what, postgres);
    }
    for (what, mode, time) in [
        ("cut off", Mode::Down, 1500),
        ("hanging", Mode::Hang, 6500),
        ("late", Mode::Late(Duration::from_millis(500)), 6000),
        ("broken off", Mode::BreakOff, 1500),
    ] {
        proxy.set(mode);
        std::thread::sleep(Duration::from_millis(time));
        proxy.set(Mode::Through);
        back(what, postgres);
    }
    told.join(", ")
}

/// As many at the same time as need every connection.
fn every_slot_works(server: SocketAddr, officers: &[Officer]) {
    std::thread::scope(|scope| {
        for n in 0..24 {
            let officer = &officers[n % officers.len()];
            scope.spawn(move || {
                let mut client = Client::to(server).unwrap();
                for _ in 0..20 {
                    assert_eq!(look(&mut client, officer).unwrap().status, 200);
                    assert_eq!(post(&mut client, officer, &sent(officer)).unwrap().status, 201);
                }
            });
        }
    });
}
