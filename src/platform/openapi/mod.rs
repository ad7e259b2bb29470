//! The API description (OpenAPI 3.1), made from the routes themselves.
//!
//! Handlers say what is particular to them; what is true of every operation is added here once: error answers by what the
//! operation has (a body, a precondition, an id…), headers, the idempotency key, recorded examples. Small checked types
//! (`text`, `values`) are written in place instead of being referred to, so that generated clients see plain strings.

pub mod finish;
pub mod pages;

mod templates;

use std::sync::Arc;

use actix_web::web::Bytes;
use serde_json::Value;

use crate::platform::http::Operations;
use templates::Templates;
pub use templates::{Takes, Template};

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
    pub fn new(document: utoipa::openapi::OpenApi, examples: &Value, operations: &Operations) -> Self {
        let json = finish::finish(document, examples);
        let mut text = serde_json::to_string_pretty(&json).unwrap_or_default();
        text.push('\n');
        let templates = Templates::of(&text, &operations.by_id());
        Self { json, text: text.into(), templates }
    }

    /// From the committed document: nothing has to be made anew at each start, and nothing of it stays in memory but its
    /// text. A test demands that it is what the operations make.
    pub fn committed(text: &'static str, operations: &Operations) -> Self {
        let templates = Templates::of(text, &operations.by_id());
        Self { json: Value::Null, text: Bytes::from_static(text.as_bytes()), templates }
    }

    /// The template that `path` matches, if an operation has it: `/api/v1/goals/{goal_id}`.
    pub fn template(&self, path: &str) -> Option<&Arc<Template>> {
        self.templates.find(path)
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
