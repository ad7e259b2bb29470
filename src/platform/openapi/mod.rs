//! The API description (OpenAPI 3.1), made from the routes themselves.
//!
//! Handlers say what is particular to them; what is true of every operation is added here once: error answers by what the
//! operation has (a body, a precondition, an id…), headers, the idempotency key, recorded examples. Small checked types
//! (`text`, `values`) are written in place instead of being referred to, so that generated clients see plain strings.

pub mod finish;
pub mod pages;

mod templates;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use serde_json::Value;

use crate::platform::error::{Code, Error};
pub use templates::Takes;
use templates::Templates;

/// The finished description and what is derived from it.
pub struct Description {
    /// The document; null in a description that is only served.
    pub json: Value,
    /// The document as it is served.
    pub text: Bytes,
    templates: Templates,
}

impl Description {
    /// From utoipa's document and the recorded examples (operation id → request and responses).
    pub fn new(document: utoipa::openapi::OpenApi, examples: &Value) -> Self {
        let json = finish::finish(document, examples);
        let mut text = serde_json::to_string_pretty(&json).unwrap_or_default();
        text.push('\n');
        let templates = Templates::of(&text);
        Self { json, text: text.into(), templates }
    }

    /// From the committed document: nothing has to be made anew at each start, and nothing of it stays in memory but its
    /// text. A test demands that it is what the routes make.
    pub fn committed(text: &'static str) -> Self {
        Self { json: Value::Null, text: Bytes::from_static(text.as_bytes()), templates: Templates::of(text) }
    }

    /// The template that `path` matches, if an operation has it: `/api/v1/goals/{goal_id}`.
    pub fn template(&self, path: &str) -> Option<std::sync::Arc<str>> {
        self.templates.find(path).map(|found| found.path.clone())
    }

    /// What the operation takes that `path` leads to, if it is described.
    pub fn takes(&self, method: &str, path: &str) -> Option<Takes> {
        self.templates.find(path)?.takes.iter().find(|(known, _)| known == method).map(|(_, takes)| *takes)
    }

    /// Whether the description has this very path, without parameters.
    pub fn is_literal(&self, path: &str) -> bool {
        self.templates.find(path).is_some_and(|found| *found.path == *path)
    }

    /// The methods that `path` knows, if any operation has it.
    pub fn allowed(&self, path: &str) -> Option<&str> {
        self.templates.find(path).map(|found| found.methods.as_str())
    }

    /// That this address, which is described, does not know the method.
    pub fn method_not_allowed(&self, path: &str) -> Error {
        let allowed = self.allowed(path).unwrap_or_default();
        let error = Error::new(Code::MethodNotAllowed, format!("This address knows {allowed}."));
        match HeaderValue::from_str(allowed) {
            Ok(value) => error.with_header(header::ALLOW, value),
            Err(_) => error,
        }
    }

    /// Every operation: id, method, path template, its object.
    pub fn operations(&self) -> Vec<(&str, &str, &str, &Value)> {
        let paths = self.json.get("paths").and_then(Value::as_object).into_iter().flatten();
        paths
            .flat_map(|(path, item)| {
                item.as_object().into_iter().flatten().filter_map(move |(method, operation)| {
                    Some((operation.get("operationId")?.as_str()?, method.as_str(), path.as_str(), operation))
                })
            })
            .collect()
    }
}
