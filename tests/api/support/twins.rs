//! Two who change one thing at the same time, having read the same of it: one of them is told so.
//!
//! Whatever is sent with `If-Match` is sent twice at once, the first time that its operation is used, and triggers on every
//! table slow changes down, so that the second has read what there was before the first is done, unless it waits.

use std::cell::RefCell;
use std::collections::BTreeSet;

use actix_web::test::TestRequest;
use diesel::connection::SimpleConnection as _;
use threekeys::platform::db::{Conn, tables};

use super::app::{App, Raw};
use super::spec;

/// Operations that were used by two at once.
#[derive(Debug, Default)]
pub struct Twins {
    pub seen: RefCell<BTreeSet<String>>,
}

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

impl Twins {
    /// Sends a request twice at once; the answer to the one that got through.
    pub async fn send(&self, app: &App, method: &str, path: &str, request: impl Fn() -> TestRequest) -> Option<Raw> {
        let operation = spec::operation(method, path)?["operationId"].as_str()?.to_owned();
        if self.seen.borrow().contains(&operation) {
            return None;
        }
        slow(app, true).await;
        let (one, other) = futures_util::future::join(app.raw(request()), app.raw(request())).await;
        slow(app, false).await;
        let (through, told) = if one.0.is_success() { (one, other) } else { (other, one) };
        let text = |raw: &Raw| String::from_utf8_lossy(&raw.2).into_owned();
        assert!(told.0.is_client_error(), "{operation}: {} {}\nand {}", told.0, text(&told), text(&through));
        if through.0.is_success() {
            self.seen.borrow_mut().insert(operation);
        }
        Some(through)
    }
}
