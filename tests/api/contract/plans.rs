//! Nothing that somebody waits for reads a whole table: every statement that the journeys run, on both engines, is served by
//! an index, or stands below with the reason why not. Engines choose by what they know of the data, and in a test there is
//! next to none; so what is asked is whether there is an index to choose.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use diesel::RunQueryDsl;
use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation};
use diesel::sql_types::Text;
use threekeys::platform::db::{Conn, Engine as DbEngine};

use crate::journeys::STORIES;
use crate::support::App;
use crate::support::engines::{Engine, database};

/// Statements, by what is in them, that may read all of the table that is named, and why.
const EXCUSED: &[(&str, &str, &str)] = &[
    ("installation", "installation", "has one row"),
    ("__diesel_schema_migrations", "__diesel_schema_migrations", "readiness compares all of its few rows"),
    ("SELECT `records`.`object_type` FROM `records`", "records", "a test that looks at the two newest"),
    ("SELECT COUNT(*) FROM `records`", "records", "an auditor who wants to know how many there are in all"),
    ("EXISTS (SELECT `accounts`.`id`", "accounts", "bootstrap, once, while there is no administrator"),
    ("EXISTS (SELECT \"accounts\".\"id\"", "accounts", "bootstrap, once, while there is no administrator"),
    (
        "`partnerships`.`state` IN (?, ?, ?, ?) ORDER BY `partnerships`.`id` LIMIT ?",
        "partnerships",
        "once a night, for promotions: page by page in the order of the key",
    ),
    ("\"areas\".\"geometry\" IS NULL", "areas", "PostgreSQL takes no two ways to a row; a city has some hundred areas"),
];

/// How the engines are asked for one of an empty list, which is nothing.
const NOTHING: [&str; 2] = ["WHERE (1=0)", "WHERE 1=0"];

type Statements = Arc<Mutex<BTreeSet<String>>>;

thread_local! {
    /// Where statements go of connections that this thread opens.
    static NOTED: RefCell<Option<Statements>> = const { RefCell::new(None) };
}

struct Noting(Statements);

impl Instrumentation for Noting {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let sql = text.split(" -- binds: ").next().unwrap_or_default();
            if ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| sql.starts_with(verb)) {
                self.0.lock().unwrap().insert(sql.to_owned());
            }
        }
    }
}

fn noting() -> Option<Box<dyn Instrumentation>> {
    NOTED.with_borrow(|noted| noted.clone().map(|noted| Box::new(Noting(noted)) as Box<dyn Instrumentation>))
}

#[derive(diesel::QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    step: String,
}

/// Tables that the plan of a statement reads from one end to the other.
fn read_whole(conn: &mut Conn, sql: &str) -> Vec<String> {
    match conn {
        Conn::Sqlite(conn) => {
            let tables = "SELECT name AS step FROM sqlite_schema WHERE type = 'table'";
            let tables: Vec<Step> = diesel::sql_query(tables).load(conn).unwrap();
            // A statement's own names for a table are told in its text.
            let is_table =
                |name: &str| tables.iter().any(|t| t.step == name || sql.contains(&format!("{} AS {name}", t.step)));
            let plan: Vec<Plan> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}"))
                .load(conn)
                .unwrap_or_else(|why| panic!("{why}: {sql}"));
            let sorted = plan.iter().any(|step| step.detail.contains("USE TEMP B-TREE FOR ORDER BY"));
            plan.iter()
                .filter_map(|step| step.detail.strip_prefix("SCAN "))
                // A list that is walked in the order of an index ends with its page.
                .filter(|scan| !(scan.contains(" USING ") && sql.contains(" LIMIT ") && !sorted))
                .map(|scan| scan.split(' ').next().unwrap_or_default().trim_matches('`').to_owned())
                .filter(|name| is_table(name))
                .collect()
        }
        Conn::Pg(conn) => {
            let places = (1..).take_while(|n| sql.contains(&format!("${n}"))).count();
            let nulls = vec!["NULL"; places].join(", ");
            let given = if places == 0 { String::new() } else { format!("({nulls})") };
            conn.batch_execute(&format!("PREPARE asked AS {sql}")).unwrap_or_else(|why| panic!("{why}: {sql}"));
            let plan: Vec<Explained> = diesel::sql_query(format!("EXPLAIN EXECUTE asked{given}"))
                .load(conn)
                .unwrap_or_else(|why| panic!("{why}: {sql}"));
            conn.batch_execute("DEALLOCATE asked").unwrap();
            plan.iter()
                .filter_map(|line| line.step.split("Seq Scan on ").nth(1))
                .map(|scan| scan.split(' ').next().unwrap_or_default().to_owned())
                .collect()
        }
    }
}

#[derive(diesel::QueryableByName)]
struct Plan {
    #[diesel(sql_type = Text)]
    detail: String,
}
#[derive(diesel::QueryableByName)]
struct Explained {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    step: String,
}

fn nobody_waits_for_a_whole_table(engine: Engine) {
    set_default_instrumentation(noting).unwrap();
    let noted = Statements::default();
    actix_web::rt::System::new().block_on(async {
        for story in STORIES {
            let Some(database) = database(engine) else { return };
            NOTED.with_borrow_mut(|place| *place = Some(noted.clone()));
            let app = App::new(database).await;
            // What it opens from here on are connections of its own.
            NOTED.with_borrow_mut(|place| *place = None);
            story(app).await;
        }
    });
    let Some(database) = database(engine) else { return };
    let mut conn = DbEngine::parse(&database.url).unwrap().open().unwrap();
    if engine == Engine::Postgres {
        conn.batch_execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off").unwrap();
    }
    let statements = noted.lock().unwrap().clone();
    assert!(statements.len() > 200, "{} statements", statements.len());
    let mut wrong = Vec::new();
    for sql in statements.iter().filter(|sql| !NOTHING.iter().any(|nothing| sql.contains(nothing))) {
        for table in read_whole(&mut conn, sql) {
            if !EXCUSED.iter().any(|(part, excused, _)| sql.contains(part) && table == *excused) {
                wrong.push(format!("{table}: {sql}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} statements:\n{}", wrong.len(), statements.len(), wrong.join("\n"));
}

#[test]
fn sqlite() {
    nobody_waits_for_a_whole_table(Engine::Sqlite);
}

#[test]
fn postgres() {
    nobody_waits_for_a_whole_table(Engine::Postgres);
}
