//! The application under test.

use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::body::MessageBody as _;
use actix_web::dev::Service as _;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::Bytes;
use diesel::prelude::*;
use futures_util::future::LocalBoxFuture;
use threekeys::app;
use threekeys::platform::State;
use threekeys::platform::clock::{Clock, Instant};
use threekeys::platform::config::Config;
use threekeys::platform::db::Conn;
use threekeys::platform::jobs;
use threekeys::platform::openapi::Description;
use threekeys::schema::records;

use super::authenticators::Authenticators;
use super::client::Call;
use super::engines::{Database, Engine};
use super::examples::Recorder;
use super::order::first_the_partnership;
use super::trouble::Trouble;
use super::twins::Twins;

pub type Raw = (StatusCode, HeaderMap, Bytes);
type Send = Rc<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Raw>>;

/// Monday noon in Kansas City.
pub const START: &str = "2027-03-01T18:00:00Z";

/// An application over a database of its own, at a time that stands still until it is moved.
pub struct App {
    pub state: Arc<State>,
    /// Where examples for the description are collected, while journeys are recorded.
    pub recorder: Option<Rc<Recorder>>,
    /// What goes wrong in every write before it succeeds, while that is looked into.
    pub trouble: Option<Rc<Trouble>>,
    pub twins: Option<Rc<Twins>>,
    /// What people carry with them.
    pub authenticators: Authenticators,
    send: Send,
    /// Last, so that it goes when nothing uses it any more.
    database: Database,
}

pub fn description() -> Arc<Description> {
    static DESCRIPTION: OnceLock<Arc<Description>> = OnceLock::new();
    DESCRIPTION.get_or_init(|| Arc::new(app::description().unwrap())).clone()
}

/// Quick hashes and limits that no test reaches by accident.
pub fn config(database: &Database) -> Config {
    let mut config = Config::default();
    config.database.url = database.url.clone().into();
    config.database.readers = 2;
    config.database.writers = 3;
    config.database.wait_milliseconds = 20_000;
    config.data.dir = database.dir.path().join("data");
    config.server.base_url = "https://threekeys.example".into();
    config.passwords.memory_kib = 64;
    config.passwords.iterations = 1;
    config.passwords.threads = 2;
    config.passwords.queue = 1000;
    config.limits.anonymous_per_minute = 1_000_000;
    config.limits.reads_per_minute = 1_000_000;
    config.limits.writes_per_minute = 1_000_000;
    config.limits.logins_per_minute = 1_000_000;
    config.limits.registrations_per_hour = 1_000_000;
    config
}

impl App {
    pub async fn new(database: Database) -> Self {
        let config = config(&database);
        Self::with(database, config).await
    }

    /// With another configuration; see [`config`].
    pub async fn with(database: Database, config: Config) -> Self {
        let clock = Clock::standing_at(START.parse().unwrap());
        let state = app::state(config, clock).unwrap();
        let service = Rc::new(init_service(app::application(state.clone(), description())).await);
        let send: Send = Rc::new(move |request| {
            let service = service.clone();
            Box::pin(async move {
                let response = match service.call(request.to_request()).await {
                    Ok(response) => response.into_parts().1.map_into_boxed_body(),
                    Err(error) => error.error_response(),
                };
                let (status, headers) = (response.status(), response.headers().clone());
                let body = actix_web::body::to_bytes(response.into_body().boxed()).await.unwrap();
                (status, headers, body)
            })
        });
        Self {
            state,
            recorder: None,
            trouble: None,
            twins: None,
            authenticators: Authenticators::default(),
            send,
            database,
        }
    }

    /// The same application with some settings changed, over the same database.
    pub async fn reconfigured(self, change: impl FnOnce(&mut Config)) -> Self {
        let Self { database, .. } = self;
        let mut config = config(&database);
        change(&mut config);
        Self::with(database, config).await
    }

    pub fn database_url(&self) -> &str {
        &self.database.url
    }

    pub fn engine(&self) -> Engine {
        if self.state.db.engine().name() == "sqlite" { Engine::Sqlite } else { Engine::Postgres }
    }

    /// Notes every success from now on.
    pub fn recording(mut self, recorder: Rc<Recorder>) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Lets every statement of every write fail once from now on.
    pub async fn troubled(mut self, trouble: Rc<Trouble>) -> Self {
        trouble.plant(&self).await;
        self.trouble = Some(trouble);
        self
    }

    /// Sends what says which version it changes twice at once from now on.
    pub async fn twinned(mut self, twins: Rc<Twins>) -> Self {
        super::twins::plant(&self).await;
        self.twins = Some(twins);
        self
    }

    pub async fn raw(&self, request: TestRequest) -> Raw {
        (self.send)(request).await
    }

    pub fn get(&self, path: impl AsRef<str>) -> Call<'_> {
        Call::new(self, "GET", path.as_ref())
    }
    pub fn post(&self, path: impl AsRef<str>) -> Call<'_> {
        Call::new(self, "POST", path.as_ref())
    }
    pub fn put(&self, path: impl AsRef<str>) -> Call<'_> {
        Call::new(self, "PUT", path.as_ref())
    }
    pub fn patch(&self, path: impl AsRef<str>) -> Call<'_> {
        Call::new(self, "PATCH", path.as_ref())
    }
    pub fn delete(&self, path: impl AsRef<str>) -> Call<'_> {
        Call::new(self, "DELETE", path.as_ref())
    }

    pub fn now(&self) -> Instant {
        self.state.clock.now()
    }
    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.state.clock.advance(time);
    }

    /// Runs a background job now, and sees that it takes its locks in order.
    pub async fn run_job(&self, name: &'static str) -> usize {
        let state = self.state.clone();
        first_the_partnership(self, name, move || jobs::run(&state, name).unwrap()).await
    }

    /// Direct access to the database, for what no client can see or make.
    pub async fn db<T: std::marker::Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> QueryResult<T> + std::marker::Send + 'static,
    ) -> T {
        self.state.db.write(move |conn| Ok(work(conn)?), |_, _| Ok(())).await.unwrap()
    }

    pub async fn record_count(&self) -> i64 {
        self.db(|conn| records::table.count().get_result(conn)).await
    }

    /// Whether so many of the newest records tell one step of one thing together: what is adopted by decision, and the
    /// decision on it.
    pub async fn decided(&self, newest: i64) -> bool {
        if newest != 2 {
            return false;
        }
        let types: Vec<String> = self
            .db(|conn| records::table.order(records::id.desc()).limit(2).select(records::object_type).load(conn))
            .await;
        types.iter().filter(|kind| *kind == "decision").count() == 1
    }

    /// Actions on record so far, oldest first.
    pub async fn actions(&self) -> Vec<String> {
        self.db(|conn| records::table.order(records::id).select(records::action).load(conn)).await
    }

    /// Texts of the mails that were sent to `address` so far, oldest first; delivers what waits first.
    pub async fn mails(&self, address: &str) -> Vec<String> {
        self.run_job("deliver_mail").await;
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.state.config.data.dir.join("mail")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "eml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            if text.lines().any(|line| line == format!("To: {address}")) {
                // Quoted-printable: soft breaks out, so that codes are whole.
                found.push((
                    std::fs::metadata(&path).unwrap().modified().unwrap(),
                    text.replace("=\r\n", "").replace("=3D", "="),
                ));
            }
        }
        found.sort();
        found.into_iter().map(|(_, text)| text).collect()
    }

    /// The newest code with this prefix that was mailed to `address`.
    pub async fn mailed_code(&self, address: &str, prefix: &str) -> String {
        let mails = self.mails(address).await;
        let line = mails.iter().rev().flat_map(|text| text.lines()).find(|line| line.starts_with(prefix));
        line.unwrap_or_else(|| panic!("no {prefix} code in {} mails to {address}", mails.len())).trim().to_owned()
    }
}
