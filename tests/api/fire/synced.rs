//! The order of system calls: no success leaves before the log that holds it is on the disk.
//!
//! strace writes down what the server asks of the system. One client sends one write after another; between the arrival of
//! each and its 201 a write to SQLite's log and then a sync of it must lie, begun after the write and come to its end.

use std::collections::HashMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::server::{Client, Server, say};
use super::writers::{officers, send, sent};
use crate::support::App;
use crate::support::engines::{Engine, run};

const WRITES: usize = 1000;
/// Between an answer and the next write: longer than a commit. Otherwise the sync of a write that was answered too early would come
/// after the next one has arrived, and pass for that one's.
const PAUSE: Duration = Duration::from_millis(15);

/// What the server did, as far as it counts here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Asked,
    Logged,
    SyncBegun,
    Synced,
    Answered,
}

/// The steps in a trace, in the order in which they began or, where it says so, ended.
fn steps(trace: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut open: HashMap<&str, &str> = HashMap::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let (began, ended) = match (call.strip_prefix("<... "), call.strip_suffix("<unfinished ...>")) {
            (Some(rest), _) => (None, open.remove(thread).map(|began| (began, rest))),
            (None, Some(began)) => {
                open.insert(thread, began);
                (Some(began), None)
            }
            (None, None) => (Some(call), Some((call, call))),
        };
        let is_log = |call: &str| call.split(['>', ',']).next().is_some_and(|file| file.ends_with("-wal"));
        let is_sync = |call: &str| call.starts_with("fsync(") || call.starts_with("fdatasync(");
        if let Some(call) = began {
            if is_sync(call) && is_log(call) {
                steps.push(Step::SyncBegun);
            } else if call.contains("HTTP/1.1 201") {
                steps.push(Step::Answered);
            }
        }
        if let Some((call, end)) = ended {
            if is_sync(call) && is_log(call) && end.trim_end().ends_with("= 0") {
                steps.push(Step::Synced);
            } else if call.starts_with("pwrite64(") && is_log(call) {
                steps.push(Step::Logged);
            } else if call.contains("POST /api/v1/officer-logs") || end.contains("POST /api/v1/officer-logs") {
                steps.push(Step::Asked);
            }
        }
    }
    steps
}

/// Answers that left before what they tell was synced, and all of them.
fn too_early(steps: &[Step]) -> (usize, usize) {
    let (mut early, mut answers) = (0, 0);
    // How far the write in question is: logged, a sync of that begun, ended.
    let (mut logged, mut begun, mut synced) = (false, false, false);
    for step in steps {
        match step {
            Step::Asked => (logged, begun, synced) = (false, false, false),
            Step::Logged => logged = true,
            Step::SyncBegun => begun = logged,
            Step::Synced => synced |= begun,
            Step::Answered => {
                answers += 1;
                early += usize::from(!synced);
            }
        }
    }
    (early, answers)
}

async fn no_success_leaves_before_its_log_is_synced(app: App) {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    if !traced.is_ok_and(|status| status.success()) {
        let _ =
            writeln!(std::io::stderr(), "\n*** No strace, or it may not trace: the order of syncs was SKIPPED. ***\n");
        return;
    }
    let officers = officers(&app, 1).await;
    let file = app.state.config.data.dir.join("trace");
    let calls = "trace=recvfrom,read,sendto,sendmsg,write,writev,pwrite64,fsync,fdatasync";
    let starter = ["strace", "-D", "-f", "-y", "-s", "48", "--seccomp-bpf", "-e", calls, "-o", file.to_str().unwrap()];
    let mut server = Server::start_under(&starter, &app, &[]);
    server.ready(Duration::from_secs(30));
    let mut client = Client::to(server.address).unwrap();
    for _ in 0..WRITES {
        let (status, body) = send(&mut client, &officers[0], &sent(&officers[0])).unwrap();
        assert_eq!(status, 201, "{body:#}");
        std::thread::sleep(PAUSE);
    }
    server.kill();
    let since = Instant::now();
    let trace = loop {
        let trace = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        if trace.contains("+++ killed") || since.elapsed() > Duration::from_secs(10) {
            break trace;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let steps = steps(&trace);
    let (early, answers) = too_early(&steps);
    assert_eq!(answers, WRITES, "not every answer is in the trace");
    assert_eq!(early, 0, "of {answers} answers, so many left before their log was synced");
    let syncs = steps.iter().filter(|step| **step == Step::Synced).count();
    say(&format!("{answers} answers, none before its log was synced; {syncs} syncs"));
}

#[test]
fn sqlite() {
    run(Engine::Sqlite, no_success_leaves_before_its_log_is_synced);
}

#[test]
fn an_answer_before_its_sync_is_seen() {
    use Step::{Answered, Asked, Logged, SyncBegun, Synced};
    assert_eq!(too_early(&[Asked, Logged, SyncBegun, Synced, Answered]), (0, 1));
    assert_eq!(too_early(&[Asked, Logged, SyncBegun, Answered, Synced]), (1, 1));
    assert_eq!(too_early(&[Asked, SyncBegun, Logged, Synced, Answered]), (1, 1), "that sync was for what was before");
}
