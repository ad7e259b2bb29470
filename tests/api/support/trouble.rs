//! Every row that a write changes refuses to be changed, one after the other, before the write is let through.
//!
//! Triggers made from the schema stand on every table, for every kind of change, and count down; the one that gets to
//! nought raises. A request is sent with the first change failing, then with the second, and so on until it has fewer
//! changes than that and succeeds: so every statement of it has failed, at each of its rows, without anybody knowing
//! beforehand which ones there are. After each failure the whole database has to be as it was.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use actix_web::test::TestRequest;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use threekeys::platform::db::{self, Conn};

use super::app::{App, Raw};
use super::spec;

/// Rows that one request changes at most.
const AT_MOST: i64 = 300;
/// Beside the tables of the schema: how many changes are still let through, and those that were.
const OWN: [&str; 2] = ["trouble_left", "trouble_seen"];
/// What may stay of an operation that failed: attempts are counted in a transaction of their own, before the password is
/// hashed, so that a failure is no free try.
const COUNTED_APART: &str = "throttles";

/// What was seen: operation → its changes (`INSERT records`), and how many failures it took.
#[derive(Debug, Default)]
pub struct Trouble {
    pub seen: RefCell<BTreeMap<String, BTreeSet<String>>>,
    pub failures: RefCell<usize>,
    /// Whether an operation is troubled again after it got through once.
    again: bool,
    everything: RefCell<String>,
}

#[derive(QueryableByName)]
struct Content {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    content: String,
}
#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

fn names(conn: &mut Conn, query: &str) -> QueryResult<Vec<String>> {
    let rows =
        diesel::sql_query(format!("SELECT value AS name, '' AS content FROM ({query}) AS q")).load::<Content>(conn)?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

/// Every table of the schema.
fn tables(conn: &mut Conn) -> QueryResult<Vec<String>> {
    let mut tables = db::tables(conn)?;
    tables.retain(|table| !OWN.contains(&table.as_str()) && !table.starts_with("__"));
    tables.sort();
    assert!(tables.len() > 20, "{tables:?}");
    Ok(tables)
}

/// A query for everything in every table, as text.
fn query_for_all(conn: &mut Conn) -> QueryResult<String> {
    let mut parts = Vec::new();
    for table in tables(conn)? {
        let row = match conn {
            Conn::Pg(_) => "t::text".to_owned(),
            Conn::Sqlite(_) => {
                let columns = names(conn, &format!("SELECT name AS value FROM pragma_table_info('{table}')"))?;
                columns.iter().map(|column| format!("quote(\"{column}\")")).collect::<Vec<_>>().join(" || '|' || ")
            }
        };
        let joined = match conn {
            Conn::Pg(_) => "string_agg(r, E'\n' ORDER BY r)",
            Conn::Sqlite(_) => "group_concat(r, char(10) ORDER BY r)",
        };
        parts.push(format!(
            "SELECT '{table}' AS name, coalesce({joined}, '') AS content FROM (SELECT {row} AS r FROM \"{table}\" AS t) AS q"
        ));
    }
    Ok(parts.join(" UNION ALL "))
}

fn contents(conn: &mut Conn, query: &str) -> QueryResult<BTreeMap<String, String>> {
    let rows = diesel::sql_query(query).load::<Content>(conn)?;
    Ok(rows.into_iter().map(|row| (row.name, row.content)).collect())
}

/// Lets so many changes through before one fails; none fails where it is negative.
fn arm(conn: &mut Conn, changes: i64) -> QueryResult<()> {
    conn.batch_execute(&format!("UPDATE trouble_left SET n = {changes}; DELETE FROM trouble_seen"))
}

impl Trouble {
    pub fn new(again: bool) -> Self {
        Self { again, ..Self::default() }
    }

    /// Puts the triggers on every table.
    pub async fn plant(&self, app: &App) {
        let everything = app.db(query_for_all).await;
        *self.everything.borrow_mut() = everything;
        app.db(|conn| {
            conn.batch_execute(
                "CREATE TABLE trouble_left (n bigint NOT NULL); INSERT INTO trouble_left VALUES (-1); \
                 CREATE TABLE trouble_seen (what text NOT NULL)",
            )?;
            if let Conn::Pg(conn) = conn {
                conn.batch_execute(
                    "CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE before bigint; BEGIN \
                     UPDATE trouble_left SET n = n - 1 RETURNING n + 1 INTO before; \
                     IF before = 0 THEN RAISE EXCEPTION 'trouble'; END IF; \
                     INSERT INTO trouble_seen VALUES (TG_OP || ' ' || TG_TABLE_NAME); \
                     IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
                )?;
            }
            for table in tables(conn)? {
                // PostgreSQL writes it with the commit, whose failure has an answer of its own.
                if table == "meeting_stamps" && matches!(conn, Conn::Pg(_)) {
                    continue;
                }
                for kind in ["INSERT", "UPDATE", "DELETE"] {
                    let name = format!("trouble_{}_{table}", kind.to_lowercase());
                    conn.batch_execute(&match conn {
                        Conn::Sqlite(_) => format!(
                            "CREATE TRIGGER {name} BEFORE {kind} ON \"{table}\" BEGIN \
                             SELECT RAISE(ABORT, 'trouble') FROM trouble_left WHERE n = 0; \
                             UPDATE trouble_left SET n = n - 1; INSERT INTO trouble_seen VALUES ('{kind} {table}'); END"
                        ),
                        Conn::Pg(_) => format!(
                            "CREATE TRIGGER {name} BEFORE {kind} ON \"{table}\" FOR EACH ROW EXECUTE FUNCTION trouble()"
                        ),
                    })?;
                }
            }
            Ok(())
        })
        .await;
    }

    /// Sends a request until it gets through; its last answer, and how many records there were before that.
    pub async fn through(&self, app: &App, method: &str, path: &str, request: impl Fn() -> TestRequest) -> (Raw, i64) {
        let records = app.record_count().await;
        let asked = format!("{method} {path}");
        let operation = spec::operation(method, path).unwrap_or_default();
        let operation = operation["operationId"].as_str().unwrap_or_default().to_owned();
        if !self.again && self.seen.borrow().contains_key(&operation) {
            return (app.raw(request()).await, records);
        }
        let query = self.everything.borrow().clone();
        let contents = |query: String| app.db(move |conn| contents(conn, &query));
        let mut before = contents(query.clone()).await;
        for changes in 0..AT_MOST {
            app.db(move |conn| arm(conn, changes)).await;
            let (status, headers, bytes) = app.raw(request()).await;
            let seen = app
                .db(|conn| {
                    let seen = names(conn, "SELECT what AS value FROM trouble_seen")?;
                    let left: Count = diesel::sql_query("SELECT n AS value FROM trouble_left").get_result(conn)?;
                    arm(conn, -1)?;
                    Ok((seen, left.value))
                })
                .await;
            if status.is_server_error() {
                let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
                let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
                assert_eq!(
                    (kind, body["code"].as_str()),
                    ("application/problem+json", Some("fault")),
                    "{asked}: {body:#}"
                );
                assert!(!body.to_string().contains("trouble"), "{asked} tells of its insides: {body:#}");
                let mut after = contents(query.clone()).await;
                if before != after && before.get(COUNTED_APART) != after.get(COUNTED_APART) {
                    let counted = after.remove(COUNTED_APART).unwrap();
                    before.insert(COUNTED_APART.to_owned(), counted.clone());
                    after.insert(COUNTED_APART.to_owned(), counted);
                }
                for (table, content) in &before {
                    assert_eq!(
                        content, &after[table],
                        "{asked}: failed at change {changes}, and {table} is not as before"
                    );
                }
                *self.failures.borrow_mut() += 1;
                continue;
            }
            if status.is_success() {
                let (seen, left) = seen;
                assert_eq!(left + i64::try_from(seen.len()).unwrap(), changes, "{asked}: a failure was passed over");
                self.seen.borrow_mut().entry(operation).or_default().extend(seen);
                return ((status, headers, bytes), records);
            }
            // A refusal: once more without trouble, for the record of it may be what failed.
            let records = app.record_count().await;
            return (app.raw(request()).await, records);
        }
        panic!("{asked} fails more than {AT_MOST} times");
    }
}
