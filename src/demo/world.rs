//! A client inside the process: it moves the clock, signs people in, sends requests, and remembers what came of them.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::MessageBody as _;
use actix_web::dev::Service as _;
use actix_web::http::{Method, StatusCode, header};
// An application without a socket; made for tests, and exactly what is needed here.
use actix_web::test::{TestRequest, init_service};
use chrono::{Days, NaiveDate, NaiveTime};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::ZONE;
use crate::accounts::seed;
use crate::app;
use crate::ids::{AccountId, SessionId};
use crate::platform::State;
use crate::platform::clock::{Instant, minutes};
use crate::platform::db::Conn;
use crate::platform::error::Error;
use crate::platform::http::API;
use crate::platform::mail;

/// Something that somebody does at some time.
#[derive(Debug, Clone)]
pub struct Step {
    at: (i64, NaiveTime),
    by: &'static str,
    method: Method,
    path: String,
    body: Value,
    matches: Option<String>,
    /// Whose newest letter has the code that `{code}` stands for, and what the code begins with.
    code: Option<(String, &'static str)>,
    /// Background work that runs then; nobody sends a request.
    job: Option<&'static str>,
    /// Names, and where in the answer the ids that they stand for are.
    names: Vec<(String, &'static str)>,
}

/// On the day so many days from today (negative: in the past), at this time on the clock in Kansas City, somebody sends a
/// request. `{name}` in path and body stands for the id that an earlier step named, `{+12}` and `{-30}` for the date so many
/// days from today.
pub fn step(day: i64, time: &str, by: &'static str, method: Method, path: &str, body: Value) -> Step {
    let time = NaiveTime::parse_from_str(time, "%H:%M").unwrap_or(NaiveTime::MIN);
    Step {
        at: (day, time),
        by,
        method,
        path: path.to_owned(),
        body,
        matches: None,
        code: None,
        job: None,
        names: Vec::new(),
    }
}

/// Background work of this name runs at that time.
pub fn job(day: i64, time: &str, name: &'static str) -> Step {
    Step { job: Some(name), ..step(day, time, "", Method::GET, "", Value::Null) }
}

impl Step {
    /// When it happens: day and time.
    pub const fn at(&self) -> (i64, NaiveTime) {
        self.at
    }
    /// Remembers the id that comes back.
    pub fn named(self, name: impl Into<String>) -> Self {
        self.naming("/id", name)
    }
    /// Remembers the id that stands there in the answer.
    pub fn naming(mut self, pointer: &'static str, name: impl Into<String>) -> Self {
        self.names.push((name.into(), pointer));
        self
    }
    /// Reads this first and sends its `ETag` as `If-Match`.
    pub fn matching(mut self, path: &str) -> Self {
        self.matches = Some(path.to_owned());
        self
    }
    /// `{code}` stands for the newest code with this beginning that was written to the address.
    pub fn coded(mut self, address: &str, prefix: &'static str) -> Self {
        self.code = Some((address.to_owned(), prefix));
        self
    }
}

type Answer = (StatusCode, Option<String>, Value);
type Send = Rc<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Answer>>;

/// The application with whoever acts in it.
pub struct World {
    state: Arc<State>,
    send: Send,
    ids: HashMap<String, String>,
    people: HashMap<&'static str, (AccountId, SessionId)>,
    /// The day on which the demonstration is made.
    pub today: NaiveDate,
}

impl World {
    /// Over an application whose clock can be moved.
    ///
    /// # Errors
    /// When the description can't be read.
    pub async fn new(state: Arc<State>, today: NaiveDate) -> Result<Self, String> {
        let description = Arc::new(app::committed_description().map_err(Error::into_reason)?);
        let service = Rc::new(init_service(app::application(state.clone(), description)).await);
        let send: Send = Rc::new(move |request| {
            let service = service.clone();
            Box::pin(async move {
                let response = match service.call(request.to_request()).await {
                    Ok(response) => response.into_parts().1.map_into_boxed_body(),
                    Err(error) => error.error_response(),
                };
                let status = response.status();
                let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
                let body = actix_web::body::to_bytes(response.into_body().boxed()).await.unwrap_or_default();
                (status, tag, serde_json::from_slice(&body).unwrap_or_default())
            })
        });
        Ok(Self { state, send, ids: HashMap::new(), people: HashMap::new(), today })
    }

    /// The day so many days from today.
    pub fn day(&self, from_today: i64) -> NaiveDate {
        let days = Days::new(from_today.unsigned_abs());
        let moved = if from_today < 0 { self.today.checked_sub_days(days) } else { self.today.checked_add_days(days) };
        moved.unwrap_or(self.today)
    }

    /// When the clocks in Kansas City show this time on the day so many days from today.
    pub fn instant(&self, day: i64, time: NaiveTime) -> Result<Instant, String> {
        let local = self.day(day).and_time(time).and_local_timezone(ZONE.0).earliest();
        let local = local.ok_or_else(|| format!("{time} does not exist on day {day}"))?;
        Instant::from_micros(local.timestamp_micros()).ok_or_else(|| format!("day {day} is out of range"))
    }

    /// Moves the clock.
    pub fn go_to(&self, day: i64, time: NaiveTime) -> Result<Instant, String> {
        let at = self.instant(day, time)?;
        self.state.clock.set(at);
        Ok(at)
    }

    /// Lets an account act under a name.
    pub async fn sign_in(&mut self, name: &'static str, account: AccountId) -> Result<(), String> {
        let now = self.state.clock.now();
        let session = self
            .state
            .db
            .write(move |conn| seed::session(conn, account, now), |_, _| Ok(()))
            .await
            .map_err(Error::into_reason)?;
        self.people.insert(name, (account, session));
        self.ids.insert(name.to_owned(), account.to_string());
        Ok(())
    }

    /// Nobody whom this client let act can act any more.
    pub async fn end_sessions(&mut self) -> Result<(), String> {
        let now = self.state.clock.now();
        let people: Vec<AccountId> = self.people.drain().map(|(_, (account, _))| account).collect();
        let end = move |conn: &mut Conn| people.iter().try_for_each(|account| seed::end_sessions(conn, *account, now));
        self.state.db.write(end, |_, _| Ok(())).await.map_err(Error::into_reason)
    }

    /// The application's state.
    pub const fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// An id that was remembered.
    pub fn id(&self, name: &str) -> Result<&str, String> {
        self.ids.get(name).map(String::as_str).ok_or_else(|| format!("nothing is named {name}"))
    }

    /// Does one thing after another, each at its time.
    pub async fn play(&mut self, mut steps: Vec<Step>) -> Result<(), String> {
        steps.sort_by_key(Step::at);
        for step in steps {
            self.go_to(step.at.0, step.at.1)?;
            self.act(step).await?;
        }
        Ok(())
    }

    /// Does it now.
    pub async fn act(&mut self, step: Step) -> Result<(), String> {
        if let Some(name) = step.job {
            return self.run(name).await;
        }
        if let Some((address, prefix)) = step.code {
            let code = self.code(&address, prefix).await?;
            self.ids.insert("code".into(), code);
        }
        let path = self.filled(&step.path)?;
        let tag = match &step.matches {
            None => None,
            Some(object) => {
                let object = self.filled(object)?;
                let (status, tag, body) = self.request(step.by, Method::GET, &object, Value::Null, None).await?;
                Some(tag.ok_or_else(|| format!("{} reads {object}: {status} without an ETag: {body}", step.by))?)
            }
        };
        let body = if step.body.is_null() {
            Value::Null
        } else {
            serde_json::from_str(&self.filled(&step.body.to_string())?).map_err(|e| e.to_string())?
        };
        let (status, _, answer) = self.request(step.by, step.method.clone(), &path, body, tag).await?;
        if !status.is_success() {
            return Err(format!("{:?} {}: {} {path}: {status} {answer}", step.at, step.by, step.method));
        }
        for (name, pointer) in step.names {
            let id =
                answer.pointer(pointer).and_then(Value::as_str).ok_or_else(|| format!("{path} gave no {pointer}"))?;
            self.ids.insert(name, id.to_owned());
        }
        Ok(())
    }

    /// Runs background work once.
    pub async fn run(&self, name: &'static str) -> Result<(), String> {
        let job =
            app::all_jobs().into_iter().find(|job| job.name == name).ok_or_else(|| format!("no work is {name}"))?;
        let state = self.state.clone();
        let done = tokio::task::spawn_blocking(move || (job.run)(&state)).await;
        done.map_err(|e| e.to_string())?.map(|_| ()).map_err(Error::into_reason)
    }

    /// The newest code with this beginning in the letters that wait to be sent to the address.
    async fn code(&self, address: &str, prefix: &'static str) -> Result<String, String> {
        let (state, to) = (self.state.clone(), address.to_owned());
        let letters = self.state.db.read(move |conn| mail::waiting(conn, &state.secrets, &to)).await;
        let letters = letters.map_err(Error::into_reason)?;
        let code = letters.iter().flat_map(|text| text.lines()).find(|line| line.starts_with(prefix));
        code.map(str::to_owned).ok_or_else(|| format!("no code was written to {address}"))
    }

    /// What somebody reads there.
    pub async fn read(&self, by: &str, path: &str) -> Result<Value, String> {
        match self.request(by, Method::GET, path, Value::Null, None).await? {
            (status, _, body) if status.is_success() => Ok(body),
            (status, _, body) => Err(format!("{by} reads {path}: {status} {body}")),
        }
    }

    /// Sends a request as somebody and gives status, ETag and body.
    pub async fn request(
        &self,
        by: &str,
        method: Method,
        path: &str,
        body: Value,
        tag: Option<String>,
    ) -> Result<Answer, String> {
        let (account, session) = self.people.get(by).ok_or_else(|| format!("nobody is called {by}"))?;
        let claims =
            self.state.keys.claims(account.0, session.0, self.state.clock.now(), vec!["pwd".into()], minutes(5));
        let token = self.state.keys.sign(&claims).map_err(|e| e.to_string())?;
        let mut request = TestRequest::default()
            .method(method.clone())
            .uri(&format!("{API}{path}"))
            .insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
        if let Some(tag) = tag {
            request = request.insert_header((header::IF_MATCH, tag));
        }
        if method == Method::POST {
            request = request.insert_header(("idempotency-key", uuid::Uuid::now_v7().to_string()));
        }
        if !body.is_null() {
            request = request.set_json(&body);
        }
        Ok((self.send)(request).await)
    }

    /// `{name}` replaced by the id of that name, `{+3}` by the date in three days. Braces that hold anything but a name stand for themselves, as in JSON.
    fn filled(&self, text: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            match after.split_once('}') {
                Some((name, tail)) if is_name(name) => {
                    filled.push_str(self.id(name)?);
                    rest = tail;
                }
                Some((days, tail)) if days.starts_with(['+', '-']) => {
                    let days = days.parse().map_err(|_| format!("{days} is no number of days"))?;
                    filled.push_str(&self.day(days).to_string());
                    rest = tail;
                }
                _ => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The id of the entry of a page in which `field` is `name`.
pub fn named<'a>(page: &'a Value, field: &str, name: &str) -> Option<&'a str> {
    let mut items = page.get("items")?.as_array()?.iter();
    let found = items.find(|item| item.get(field).is_some_and(|value| value == name))?;
    found.get("id")?.as_str()
}
