//! Two who do one thing at the same time, having read the same before: neither is told of a fault and, where they say which
//! version they change, one is told that it has changed.
//!
//! Requests of a story are sent twice at once, and triggers on every table slow changes down, so that the second has read
//! what there was before the first is done, unless it waits.

use std::cell::RefCell;
use std::collections::BTreeSet;

use actix_web::test::TestRequest;
use diesel::connection::SimpleConnection as _;
use threekeys::platform::db::{Conn, tables};

use super::app::{App, Raw};
use super::spec;

/// Which requests are sent twice.
#[derive(Debug)]
pub enum Twins {
    /// None; this notes which other writes there are than those with `If-Match`.
    None(RefCell<BTreeSet<String>>),
    /// The first one of each operation with `If-Match`; these were.
    Versioned(RefCell<BTreeSet<String>>),
    /// The first one of this operation, with which the story ends: see [`Sent`].
    Of(String),
}

/// What a story ends with, as a panic, when two at once were answered as they should be.
#[derive(Debug)]
pub struct Sent;

/// Puts triggers on every table that slow changes down. SQLite has one writer, who keeps the others waiting anyway.
pub async fn plant(app: &App) {
    app.db(|conn| {
        let tables = tables(conn)?;
        let Conn::Pg(conn) = conn else { return Ok(()) };
        conn.batch_execute(
            "CREATE TABLE slowness (is_on boolean NOT NULL); INSERT INTO slowness VALUES (false); \
             CREATE FUNCTION slow_down() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF (SELECT is_on FROM slowness) THEN PERFORM pg_sleep(0.04); END IF; RETURN NULL; END $$",
        )?;
        for table in tables.iter().filter(|table| !table.starts_with("__")) {
            conn.batch_execute(&format!(
                "CREATE TRIGGER slow_down BEFORE INSERT OR UPDATE OR DELETE ON \"{table}\" \
                 FOR EACH STATEMENT EXECUTE FUNCTION slow_down()"
            ))?;
        }
        Ok(())
    })
    .await;
}

/// Whether changes are slow from now on.
pub async fn slow(app: &App, is_on: bool) {
    app.db(move |conn| match conn {
        Conn::Pg(conn) => conn.batch_execute(&format!("UPDATE slowness SET is_on = {is_on}")),
        Conn::Sqlite(_) => Ok(()),
    })
    .await;
}

async fn at_once(app: &App, one: TestRequest, other: TestRequest) -> (Raw, Raw) {
    slow(app, true).await;
    let answers = futures_util::future::join(app.raw(one), app.raw(other)).await;
    slow(app, false).await;
    answers
}

fn text(raw: &Raw) -> String {
    format!("{} {}", raw.0, String::from_utf8_lossy(&raw.2))
}

impl Twins {
    /// Sends a request twice at once, if it is to be; the answer to the one that got through.
    pub async fn send(
        &self,
        app: &App,
        (method, path): (&str, &str),
        is_sent: impl Fn(&str) -> bool,
        request: impl Fn() -> TestRequest,
    ) -> Option<Raw> {
        let operation = spec::operation(method, path)?["operationId"].as_str()?.to_owned();
        match self {
            Self::None(others) => {
                if method != "GET" && !is_sent("if-match") {
                    others.borrow_mut().insert(operation);
                }
                None
            }
            Self::Versioned(seen) => {
                // With one key they would be one request.
                let is_wanted = is_sent("if-match") && !is_sent("idempotency-key");
                if !is_wanted || seen.borrow().contains(&operation) {
                    return None;
                }
                let (one, other) = at_once(app, request(), request()).await;
                let (through, told) = if one.0.is_success() { (one, other) } else { (other, one) };
                assert!(told.0.is_client_error(), "{operation}: {}\nand {}", text(&told), text(&through));
                if through.0.is_success() {
                    seen.borrow_mut().insert(operation);
                }
                Some(through)
            }
            Self::Of(wanted) => {
                if *wanted != operation {
                    return None;
                }
                let keyed = || request().insert_header(("idempotency-key", uuid::Uuid::now_v7().to_string()));
                let other = if method == "POST" { keyed() } else { request() };
                let (one, other) = at_once(app, request(), other).await;
                for answer in [&one, &other] {
                    assert!(!answer.0.is_server_error(), "{operation}: {}\nand {}", text(&one), text(&other));
                }
                std::panic::panic_any(Sent);
            }
        }
    }
}
