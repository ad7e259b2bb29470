//! A client that checks every answer against the description and every write against the record.

use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use serde_json::Value;

use super::{App, Person, spec};

/// A request in the making.
pub struct Call<'a> {
    app: &'a App,
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Bytes>,
    records: Option<i64>,
    checked: bool,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub request: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Bytes,
    pub body: Value,
}

impl<'a> Call<'a> {
    pub fn new(app: &'a App, method: &'static str, path: &str) -> Self {
        let outside = ["/api/", "/docs", "/.well-known/", "/livez", "/readyz", "/openapi.json"];
        let path = match outside.iter().any(|outside| path.starts_with(outside)) {
            true => path.to_owned(),
            false => format!("/api/v1{path}"),
        };
        Self { app, method, path, headers: Vec::new(), body: None, records: None, checked: true }
    }
    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
    /// Asked by this person.
    pub fn by(self, person: &Person) -> Self {
        let token = person.token.clone();
        self.header("authorization", format!("Bearer {token}"))
    }
    /// Asked by this person, or by nobody.
    pub fn by_or_nobody(self, person: Option<&Person>) -> Self {
        match person {
            Some(person) => self.by(person),
            None => self,
        }
    }
    pub fn json(mut self, body: Value) -> Self {
        self.body = Some(body.to_string().into());
        self.header("content-type", "application/json")
    }
    /// A body that is sent as it is.
    pub fn bytes(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", "application/json")
    }
    /// A body whose type was said, or not, by the caller.
    pub fn typeless(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }
    /// With this value of the header in place of what was set.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self = self.without_header(name);
        self.header(name, value)
    }
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }
    /// With this value, which is encoded already, of a parameter in the query.
    pub fn with_query(mut self, name: &str, value: &str) -> Self {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let kept = query.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name));
        let pairs: Vec<String> = kept.map(str::to_owned).chain([format!("{name}={value}")]).collect();
        self.path = format!("{path}?{}", pairs.join("&"));
        self
    }
    /// With this value, which is encoded already, where the template has the parameter.
    pub fn with_path_of(mut self, template: &str, name: &str, value: &str) -> Self {
        let (path, query) = self.path.split_once('?').map_or((self.path.as_str(), None), |(p, q)| (p, Some(q)));
        let place = format!("{{{name}}}");
        let parts = template.split('/').zip(path.split('/'));
        let parts: Vec<&str> = parts.map(|(t, given)| if t == place { value } else { given }).collect();
        self.path = format!("{}{}", parts.join("/"), query.map_or_else(String::new, |query| format!("?{query}")));
        self
    }
    /// With the version of what was read.
    pub fn if_match(self, version: impl ToString) -> Self {
        let version = version.to_string();
        self.header("if-match", if version.starts_with('"') { version } else { format!("\"{version}\"") })
    }
    /// With an idempotency key.
    pub fn key(self, key: impl ToString) -> Self {
        self.header("idempotency-key", key)
    }
    /// With a fresh idempotency key.
    pub fn fresh_key(self) -> Self {
        self.key(uuid::Uuid::now_v7())
    }
    /// Expects so many new records in place of one for a write that succeeds.
    pub fn leaving(mut self, records: i64) -> Self {
        self.records = Some(records);
        self
    }
    /// For requests that run at the same time as others, whose records can't be told apart.
    pub fn unchecked(mut self) -> Self {
        self.checked = false;
        self
    }

    pub async fn send(self) -> Answer {
        let request = || {
            let request = TestRequest::with_uri(&self.path).method(Method::from_bytes(self.method.as_bytes()).unwrap());
            let request = self
                .headers
                .iter()
                .fold(request, |request, (name, value)| request.append_header((name.as_str(), value.as_str())));
            match &self.body {
                Some(body) => request.set_payload(body.clone()),
                None => request,
            }
        };
        let is_sent = |header: &str| self.headers.iter().any(|(name, _)| name == header);
        let mut checked = self.checked;
        let mut before = if checked { self.app.record_count().await } else { 0 };
        let twin = match &self.app.twins {
            Some(twins) => twins.send(self.app, (self.method, &self.path), is_sent, request).await,
            None => None,
        };
        // Whether the other one left a record is its own affair.
        checked &= twin.is_none();
        let (status, headers, bytes) = match (twin, &self.app.trouble) {
            (Some(through), _) => through,
            (None, Some(trouble)) if self.method != "GET" => {
                let key = (self.method == "POST" && !is_sent("idempotency-key"))
                    .then(uuid::Uuid::now_v7)
                    .map(|key| key.to_string());
                let request = || match &key {
                    Some(key) => request().append_header(("idempotency-key", key.as_str())),
                    None => request(),
                };
                let (raw, records) = trouble.through(self.app, self.method, &self.path, request).await;
                before = records;
                raw
            }
            _ => self.app.raw(request()).await,
        };
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let shown: String = self.path.chars().take(200).collect();
        let request = format!("{} {shown}", self.method);
        let answer = Answer { request, status: status.as_u16(), headers, bytes, body };
        spec::check(self.method, &self.path, &answer);
        if let Some(recorder) = &self.app.recorder
            && let Some(operation) = spec::operation(self.method, &self.path)
        {
            recorder.note(operation["operationId"].as_str().unwrap(), self.body.as_deref(), &answer);
        }
        if checked {
            let left = self.app.record_count().await - before;
            let expected = match self.records {
                Some(expected) => expected,
                None if answer.status == 403 => 1,
                None if self.method == "GET" || !(200..300).contains(&answer.status) => 0,
                None => 1,
            };
            // A refusal may be on record (a failed login); a success must be, once.
            let refused = answer.status >= 400 && left <= 1;
            let fits = left == expected || self.records.is_none() && (refused || self.app.decided(left).await);
            assert!(fits, "{} left {left} records, expected {expected}: {}", answer.request, answer.body);
        }
        answer
    }
}

impl Answer {
    /// Fails unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {:#}", self.request, self.body);
        self
    }
    /// Fails unless it is a problem with this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}: {:#}",
            self.request,
            self.body
        );
        self
    }
    /// Fails unless it is 422 and names exactly these places.
    #[track_caller]
    pub fn refuses(self, pointers: &[&str]) -> Self {
        assert_eq!(self.status, 422, "{}: {:#}", self.request, self.body);
        let named: Vec<&str> =
            self.body["errors"].as_array().into_iter().flatten().filter_map(|e| e["pointer"].as_str()).collect();
        assert_eq!(named, pointers, "{}: {:#}", self.request, self.body);
        self
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
    #[track_caller]
    pub fn str(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("no text {field:?} in {:#}", self.body)).to_owned()
    }
    #[track_caller]
    pub fn id(&self) -> String {
        self.str("id")
    }
    #[track_caller]
    pub fn version(&self) -> i64 {
        self.body["version"].as_i64().unwrap_or_else(|| panic!("no version in {:#}", self.body))
    }
    #[track_caller]
    pub fn items(&self) -> &Vec<Value> {
        self.body["items"].as_array().unwrap_or_else(|| panic!("no items in {:#}", self.body))
    }
}

/// Follows a list to its end, two entries at a time; the ids in their order.
pub async fn page_through(app: &App, path: &str, by: Option<&Person>) -> Vec<String> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{path}{joint}limit=2&include=total{cursor}");
        let page = app.get(path).by_or_nobody(by).send().await.expect(200);
        assert!(page.items().len() <= 2);
        found.extend(page.items().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => {
                assert_eq!(page.body["total"], found.len(), "{}", page.request);
                return found;
            }
        }
    }
}
