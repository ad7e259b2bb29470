//! The record: append-only, sealed, verifiable, read in order.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::json;
use threekeys::platform::db::Conn;
use threekeys::platform::record::seal::{Anchor, head, seal};
use threekeys::platform::record::timeline::{note_read, position, unread};
use threekeys::platform::record::verify::{Report, verify};
use threekeys::schema::records;

use super::installation::over;
use crate::support::engines::{Engine, run};
use crate::support::{App, Person};

impl App {
    /// Makes `n` records.
    async fn records(&self, n: i64) -> Person {
        let ann = self.citizen().await;
        for version in 1..=n {
            let alias = json!({"alias": format!("Owl {version}")});
            self.patch("/account").by(&ann).if_match(version).json(alias).send().await.expect(200);
        }
        ann
    }
    async fn verified(&self) -> Report {
        let anchors = Anchor::read(&self.state.config.data.anchors()).unwrap();
        let key = self.state.keys.anchor_public();
        self.state.db.write(move |conn| verify(conn, &anchors, &key), |_, _| Ok(())).await.unwrap()
    }
    /// As somebody with the database's own password would: behind the triggers' back.
    async fn tamper(&self, sql: &'static str) {
        self.db(move |conn| {
            match conn {
                Conn::Sqlite(conn) => conn.batch_execute(
                    "DROP TRIGGER IF EXISTS records_refuse_update; DROP TRIGGER IF EXISTS records_refuse_delete; DROP TRIGGER IF EXISTS records_refuse_replace;",
                )?,
                Conn::Pg(conn) => conn.batch_execute("ALTER TABLE records DISABLE TRIGGER USER")?,
            }
            conn.batch_execute(sql)
        })
        .await;
    }
}

async fn the_database_refuses_to_change_or_delete_a_record(app: App) {
    app.records(2).await;
    app.run_job("seal_record").await;
    for sql in [
        "UPDATE records SET action = 'nothing.happened'",
        "UPDATE records SET seq = 7 WHERE seq = 1",
        "UPDATE records SET hash = NULL, seq = NULL",
        "DELETE FROM records",
        "DELETE FROM records WHERE seq = 2",
    ] {
        let refused = app.state.db.write(move |conn| Ok(conn.batch_execute(sql)?), |_, _| Ok(())).await;
        assert!(refused.is_err_and(|e| e.cause().is_some_and(|c| c.contains("append-only"))), "{sql}");
    }
    if app.state.db.engine().name() == "postgres" {
        let refused = app.state.db.write(|conn| Ok(conn.batch_execute("TRUNCATE records")?), |_, _| Ok(())).await;
        assert!(refused.is_err());
    }
    app.records(1).await;
    let unsealed = app
        .state
        .db
        .write(|conn| Ok(conn.batch_execute("UPDATE records SET reason = 'x' WHERE seq IS NULL")?), |_, _| Ok(()));
    assert!(unsealed.await.is_err(), "not even before it is sealed");
    assert_eq!(app.verified().await.findings, Vec::<String>::new());
}

async fn sealing_is_gap_free_and_verifies(app: App) {
    app.records(7).await;
    assert_eq!(app.run_job("seal_record").await, 7);
    assert_eq!(app.run_job("anchor_record").await, 1);
    app.records(3).await;
    let report = app.verified().await;
    assert_eq!((report.sealed, report.unsealed, report.anchors, report.findings.len()), (7, 3, 1, 0));
    app.run_job("seal_record").await;
    let seqs: Vec<Option<i64>> =
        app.db(|conn| records::table.order(records::seq).select(records::seq).load(conn)).await;
    assert_eq!(seqs, (1..=10).map(Some).collect::<Vec<_>>());
    assert_eq!(app.run_job("anchor_record").await, 1);
    assert_eq!(app.run_job("anchor_record").await, 0, "nothing new to anchor");
    assert_eq!(app.verified().await.findings, Vec::<String>::new());
}

async fn every_kind_of_tampering_is_found(app: App) {
    app.records(12).await;
    app.run_job("seal_record").await;
    app.run_job("anchor_record").await;
    let untouched = app.verified().await;
    assert_eq!((untouched.sealed, untouched.findings.len()), (12, 0));
    for (sql, told) in [
        ("UPDATE records SET action = 'account.closed' WHERE seq = 3", "record 3"),
        ("UPDATE records SET actor = NULL WHERE seq = 5", "record 5"),
        ("UPDATE records SET reason = '' WHERE seq = 6", "record 6"),
        ("UPDATE records SET facts = '{\"a\": 1}' WHERE seq = 7", "record 7"),
        ("DELETE FROM records WHERE seq = 9", "record 9 is missing"),
        (
            "UPDATE records SET seq = 99 WHERE seq = 1; UPDATE records SET seq = 1 WHERE seq = 2; UPDATE records SET seq = 2 WHERE seq = 99",
            "record 1",
        ),
        ("DELETE FROM records WHERE seq > 10", "cut or rolled back"),
    ] {
        app.tamper(sql).await;
        let report = app.verified().await;
        assert!(report.findings.iter().any(|f| f.contains(told)), "{sql}: {:?}", report.findings);
    }
}

async fn anchors_of_others_are_not_believed(app: App) {
    app.records(2).await;
    app.run_job("seal_record").await;
    let (seq, hash) = app.state.db.write(head, |_, _| Ok(())).await.unwrap();
    let mut anchor = Anchor::sign(&app.state.keys, seq, &hash, app.now());
    assert!(anchor.is_genuine(&app.state.keys.anchor_public()));
    anchor.seq += 1;
    assert!(!anchor.is_genuine(&app.state.keys.anchor_public()));
    anchor.publish(&app.state.config.data.anchors()).unwrap();
    let report = app.verified().await;
    assert_eq!(report.findings.len(), 2, "not signed, and ahead of the chain: {:?}", report.findings);
}

async fn a_torn_line_of_the_anchor_file_stops_neither_anchors_nor_verifying(app: App) {
    app.records(2).await;
    app.run_job("seal_record").await;
    app.run_job("anchor_record").await;
    let file = app.state.config.data.anchors();
    let whole = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{whole}{}", &whole[..40])).unwrap();
    let report = app.verified().await;
    assert_eq!((report.sealed, report.anchors, report.findings.len()), (2, 1, 0));
    assert_eq!(app.run_job("anchor_record").await, 0, "nothing new to anchor");
    app.records(1).await;
    app.run_job("seal_record").await;
    assert_eq!(app.run_job("anchor_record").await, 1);
    let report = app.verified().await;
    assert_eq!((report.sealed, report.anchors, report.findings.len()), (3, 2, 0));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with(&format!("{whole}{{\"seq\":3,")), "it was cut off");
}

async fn an_anchor_for_which_there_is_no_room_leaves_the_file_as_it_was(app: App) {
    app.records(1).await;
    app.run_job("seal_record").await;
    app.run_job("anchor_record").await;
    app.records(1).await;
    app.run_job("seal_record").await;
    let file = app.state.config.data.anchors();
    let before = std::fs::read(&file).unwrap();
    let limit = format!("--fsize={}", before.len() + 100);
    // A program that went beyond its limit would be ended by a signal.
    let command = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_threekeys")];
    let mut limited = std::process::Command::new("prlimit");
    limited.arg(limit).args(command).args(["jobs", "run", "anchor_record"]);
    let refused = over(&mut limited, &app, app.database_url());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("the anchor file"), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(app.run_job("anchor_record").await, 1, "there is room again");
    assert_eq!(app.verified().await.anchors, 2);
}

/// Only there: an embedded database would not find room for its own files either.
#[test]
fn postgres_without_room_for_an_anchor() {
    run(Engine::Postgres, an_anchor_for_which_there_is_no_room_leaves_the_file_as_it_was);
}

async fn consumers_read_in_order_and_remember_with_their_work(app: App) {
    app.records(5).await;
    app.run_job("seal_record").await;
    let now = app.now();
    let read = async |limit: i64| -> Vec<i64> {
        let page = app.state.db.write(move |conn| unread(conn, "mirror", limit), |_, _| Ok(())).await.unwrap();
        page.iter().map(|record| record.seq.unwrap()).collect()
    };
    let note = async |seq: i64| {
        app.state.db.write(move |conn| note_read(conn, "mirror", seq, now), |_, _| Ok(())).await.unwrap();
    };
    assert_eq!(read(2).await, [1, 2]);
    assert_eq!(read(2).await, [1, 2], "what was not done comes again");
    note(2).await;
    note(1).await;
    assert_eq!(read(10).await, [3, 4, 5], "what was done does not");
    note(5).await;
    assert_eq!(app.state.db.write(|conn| position(conn, "mirror"), |_, _| Ok(())).await.unwrap(), 5);
}

async fn a_failing_record_undoes_its_write(app: App) {
    let ann = app.records(1).await;
    app.db(|conn| match conn {
        Conn::Sqlite(conn) => {
            conn.batch_execute("CREATE TRIGGER fail BEFORE INSERT ON records BEGIN SELECT RAISE(ABORT, 'no room'); END")
        }
        Conn::Pg(conn) => conn.batch_execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$; \
             CREATE TRIGGER fail BEFORE INSERT ON records FOR EACH ROW EXECUTE FUNCTION fail();",
        ),
    })
    .await;
    let request = actix_web::test::TestRequest::patch()
        .uri("/api/v1/account")
        .append_header(("authorization", format!("Bearer {}", ann.token)))
        .append_header(("content-type", "application/json"))
        .append_header(("if-match", "\"2\""))
        .set_payload(json!({"alias": "Nobody"}).to_string());
    assert_eq!(app.raw(request).await.0, 500);
    let own = app.get("/account").by(&ann).send().await.expect(200);
    assert_eq!((own.version(), own.body["alias"].as_str()), (2, Some("Owl 1")));
}

async fn sealing_twice_at_once_does_not_fork_the_chain(app: App) {
    app.records(20).await;
    let both =
        futures_util::future::join(app.state.db.write(seal, |_, _| Ok(())), app.state.db.write(seal, |_, _| Ok(())));
    let _ = both.await;
    app.run_job("seal_record").await;
    let report = app.verified().await;
    assert_eq!((report.sealed, report.unsealed, report.findings.len()), (20, 0, 0));
}

async fn lists_of_what_happened_tell_how_many_there_are(app: App) {
    let ann = app.records(6).await;
    let admin = app.administrator().await;
    app.run_job("seal_record").await;
    for (path, reader) in [("/account/timeline?", &ann), ("/records?", &admin), ("/records?after_seq=2&", &admin)] {
        let all = app.get(format!("{path}limit=200")).by(reader).send().await.expect(200).items().len();
        assert!(all > 2, "{path}");
        let first = app.get(format!("{path}limit=2&include=total")).by(reader).send().await.expect(200);
        assert_eq!((first.items().len(), &first.body["total"]), (2, &json!(all)), "{path}");
        let cursor = first.body["next_cursor"].as_str().unwrap().to_owned();
        let next = app.get(format!("{path}limit=2&include=total&cursor={cursor}")).by(reader).send().await.expect(200);
        assert_eq!(next.body["total"], all, "{path}");
    }
}

both_engines![
    lists_of_what_happened_tell_how_many_there_are,
    the_database_refuses_to_change_or_delete_a_record,
    sealing_is_gap_free_and_verifies,
    every_kind_of_tampering_is_found,
    anchors_of_others_are_not_believed,
    a_torn_line_of_the_anchor_file_stops_neither_anchors_nor_verifying,
    consumers_read_in_order_and_remember_with_their_work,
    a_failing_record_undoes_its_write,
    sealing_twice_at_once_does_not_fork_the_chain,
];
