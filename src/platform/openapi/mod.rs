//! The API description (OpenAPI 3.1), made from the operations themselves.
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

use crate::platform::error::{Error, Result};
use crate::platform::http::Operations;
use templates::{Outline, Templates};
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
    ///
    /// # Errors
    /// A fault when it describes what nothing answers.
    pub fn new(document: utoipa::openapi::OpenApi, examples: &Value, operations: &Operations) -> Result<Self> {
        let json = finish::finish(document, examples);
        let mut text = serde_json::to_string_pretty(&json).unwrap_or_default();
        text.push('\n');
        let templates = Templates::of(Outline::of(&json), &operations.by_id())?;
        Ok(Self { json, text: text.into(), templates })
    }

    /// From the committed document and its [`outline`](Self::outline): nothing has to be made anew at each start, and nothing
    /// of the document is even read before somebody asks for it. A test demands that both are what the operations make.
    ///
    /// # Errors
    /// A fault when the outline is none, or has what nothing answers.
    pub fn committed(text: &'static str, outline: &str, operations: &Operations) -> Result<Self> {
        let outline = serde_json::from_str(outline).map_err(|e| Error::fault(format!("the outline: {e}")))?;
        let templates = Templates::of(outline, &operations.by_id())?;
        Ok(Self { json: Value::Null, text: Bytes::from_static(text.as_bytes()), templates })
    }

    /// What serving has to know of the document, a line for each operation.
    pub fn outline(&self) -> String {
        let lines: Vec<String> =
            Outline::of(&self.json).iter().filter_map(|outline| serde_json::to_string(outline).ok()).collect();
        format!("[\n{}\n]\n", lines.join(",\n"))
    }

    /// The template that `path` matches, if an operation has it: `/api/v1/goals/{goal_id}`.
    pub fn template(&self, path: &str) -> Option<&Arc<Template>> {
        self.templates.find(path)
    }

    /// Every operation: id, method, path template, its object.
    pub fn operations(&self) -> Vec<(&str, &str, &str, &Value)> {
        templates::every_operation(&self.json).collect()
    }
}
