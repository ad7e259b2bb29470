//! The disk is full, or no more files may be opened: writes are refused in words, reads go on, and once there is room
//! again everything works without a restart.
//!
//! The full disk is a small tmpfs where this process may mount one. Where it may not, a limit on the size of files stands
//! in for it, which SQLite sees as a failing disk and not as a full one; the test says which it was.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use threekeys::platform::db::AnyId;
use threekeys::schema::officer_logs;
use uuid::Uuid;

use super::server::{Client, Server, say};
use super::writers::{look, officers, post, sent};
use crate::support::App;
use crate::support::engines::{Database, Engine, run, scratch, sqlite_template};

/// Size of the disk.
const DISK: &str = "size=24m";
/// So many writes at most until a full disk shows: the log has room of its own from earlier ones.
const UNTIL_FULL: usize = 3000;
/// Once there is room, it works again by then.
const BACK: Duration = Duration::from_secs(2);

/// A place that can be filled.
enum Disk {
    Mounted(PathBuf),
    /// The size of files is limited.
    Limited,
}

impl Disk {
    fn at(dir: &Path) -> Self {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(dir).output();
        if mounted.is_ok_and(|done| done.status.success()) { Self::Mounted(dir.to_path_buf()) } else { Self::Limited }
    }
    fn fill(&self, server: &Server, database: &Path) {
        match self {
            Self::Mounted(dir) => {
                let mut ballast = File::create(dir.join("ballast")).unwrap();
                for size in [1 << 20, 1 << 12, 1] {
                    while ballast.write_all(&vec![1; size]).is_ok() {}
                }
            }
            Self::Limited => limit(server, "fsize", &std::fs::metadata(database).unwrap().len().to_string()),
        }
    }
    fn make_room(&self, server: &Server) {
        match self {
            Self::Mounted(dir) => std::fs::remove_file(dir.join("ballast")).unwrap(),
            Self::Limited => limit(server, "fsize", "unlimited"),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Mounted(dir) = self {
            // Lazily: the application under test may still have it open.
            let _ = Command::new("umount").arg("-l").arg(dir).status();
        }
    }
}

/// Sets the soft limit of a running server.
fn limit(server: &Server, what: &str, to: &str) {
    let pid = server.pid().to_string();
    let done = Command::new("prlimit").args(["--pid", &pid, &format!("--{what}={to}:")]).status().unwrap();
    assert!(done.success(), "prlimit --{what}={to}");
}

#[test]
fn a_full_disk_refuses_writes_and_nothing_else() {
    let dir = scratch();
    let disk = Disk::at(dir.path());
    let path = dir.path().join("full.db");
    std::fs::copy(sqlite_template(), &path).unwrap();
    let database = Database::within(format!("sqlite:{}", path.display()), dir);
    actix_web::rt::System::new().block_on(async {
        let app = App::new(database).await;
        let officers = officers(&app, 1).await;
        let officer = &officers[0];
        // A program that went beyond its limit would be ended by a signal.
        let starter = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""];
        let server = Server::start_under(&starter, &app, &[("THREEKEYS_LIMITS__READS_PER_MINUTE", "1000000")]);
        server.ready(Duration::from_secs(20));
        let mut client = Client::to(server.address).unwrap();
        let (mut acknowledged, mut refused) = (HashSet::new(), HashSet::new());
        let mut write = |client: &mut Client| {
            let next = sent(officer);
            let answer = post(client, officer, &next).unwrap();
            match answer.status {
                201 => acknowledged.insert(next.client_uuid),
                503 => {
                    assert!(answer.retry_after.is_some() && answer.body.contains("\"unavailable\""), "{}", answer.body);
                    refused.insert(next.client_uuid)
                }
                status => panic!("{status} {}", answer.body),
            };
            answer.status
        };
        assert_eq!(write(&mut client), 201);
        disk.fill(&server, &path);
        let until = (0..UNTIL_FULL).find(|_| write(&mut client) == 503).expect("the disk never got full");
        for _ in 0..20 {
            assert_eq!(look(&mut client, officer).unwrap().status, 200, "reads go on");
            // Small ones may find a place; what counts is that none fails otherwise.
            write(&mut client);
        }
        assert_eq!(client.send("GET", "/livez", &[], "").unwrap().status, 200);
        disk.make_room(&server);
        let since = Instant::now();
        while write(&mut client) != 201 {
            assert!(since.elapsed() < BACK, "there is room, and no write is taken");
            std::thread::sleep(Duration::from_millis(20));
        }
        let back = since.elapsed();
        let stored: Vec<AnyId> = app.db(|conn| officer_logs::table.select(officer_logs::client_uuid).load(conn)).await;
        let stored: HashSet<Uuid> = stored.into_iter().map(|id| id.0).collect();
        assert!(acknowledged.is_subset(&stored), "an acknowledged log is lost");
        assert!(refused.is_disjoint(&stored), "what was refused is there");
        let kind = if matches!(disk, Disk::Mounted(_)) { "a full tmpfs" } else { "files limited in size" };
        say(&format!("{kind}: full after {until} writes, {} refused, back after {back:?}", refused.len()));
        drop(server);
    });
}

async fn without_files_to_open_those_who_are_connected_are_served(app: App) {
    let officers = officers(&app, 1).await;
    let officer = &officers[0];
    let server = Server::start(&app, &[("THREEKEYS_LIMITS__READS_PER_MINUTE", "1000000")]);
    server.ready(Duration::from_secs(20));
    let mut client = Client::to(server.address).unwrap();
    assert_eq!(post(&mut client, officer, &sent(officer)).unwrap().status, 201);
    let open = std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count();
    limit(&server, "nofile", &(open + 1).to_string());
    // These take what is left, and then the backlog.
    let crowd: Vec<Client> = (0..20).map(|_| Client::to(server.address).unwrap()).collect();
    std::thread::sleep(Duration::from_millis(300));
    for _ in 0..20 {
        assert_eq!(look(&mut client, officer).unwrap().status, 200, "reads go on");
        let answer = post(&mut client, officer, &sent(officer)).unwrap();
        let refused = answer.status == 503 && answer.retry_after.is_some();
        assert!(answer.status == 201 || refused, "{} {}", answer.status, answer.body);
    }
    drop(crowd);
    limit(&server, "nofile", "1024");
    let since = Instant::now();
    let mut newcomer = Client::to(server.address).unwrap();
    assert_eq!(look(&mut newcomer, officer).unwrap().status, 200);
    assert_eq!(post(&mut newcomer, officer, &sent(officer)).unwrap().status, 201);
    assert!(since.elapsed() < BACK, "a newcomer waited {:?}", since.elapsed());
}

#[test]
fn sqlite_without_files() {
    run(Engine::Sqlite, without_files_to_open_those_who_are_connected_are_served);
}

#[test]
fn postgres_without_files() {
    run(Engine::Postgres, without_files_to_open_those_who_are_connected_are_served);
}
