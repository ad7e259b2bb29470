//! The API description (OpenAPI 3.1), made from the routes themselves.
//!
//! Handlers say what is particular to them; what is true of every operation is added here once: error answers by what the
//! operation has (a body, a precondition, an id…), headers, the idempotency key, recorded examples. Small checked types
//! (`text`, `values`) are written in place instead of being referred to, so that generated clients see plain strings.

pub mod finish;
pub mod pages;

use std::collections::HashMap;

use actix_web::web::Bytes;
use serde_json::Value;

/// The finished description and what is derived from it.
pub struct Description {
    /// The document.
    pub json: Value,
    /// The document as it is served.
    pub text: Bytes,
    /// Path templates with the methods each knows, for 405 and `Allow`.
    pub methods: Vec<(actix_web::dev::ResourceDef, String)>,
    /// What each operation takes beside its path: method and path template, parameters in the query, a body.
    takes: HashMap<(String, String), Takes>,
}

/// What an operation takes beside its path.
#[derive(Debug, Clone, Copy)]
pub struct Takes {
    /// Parameters in the query.
    pub query: bool,
    /// A body.
    pub body: bool,
}

impl Description {
    /// From utoipa's document and the recorded examples (operation id → request and responses).
    pub fn new(document: utoipa::openapi::OpenApi, examples: &Value) -> Self {
        let json = finish::finish(document, examples);
        let methods = json
            .get("paths")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(path, item)| {
                let mut methods: Vec<String> =
                    item.as_object().into_iter().flatten().map(|(m, _)| m.to_uppercase()).collect();
                if methods.iter().any(|m| m == "GET") {
                    methods.push("HEAD".into());
                }
                methods.push("OPTIONS".into());
                methods.sort();
                (actix_web::dev::ResourceDef::new(path.as_str()), methods.join(", "))
            })
            .collect();
        let mut text = serde_json::to_string_pretty(&json).unwrap_or_default();
        text.push('\n');
        let mut description = Self { json, text: text.into(), methods, takes: HashMap::new() };
        let in_query = |parameter: &Value| parameter.get("in").is_some_and(|place| place == "query");
        description.takes = description
            .operations()
            .into_iter()
            .map(|(_, method, path, operation)| {
                let query =
                    operation.get("parameters").and_then(Value::as_array).is_some_and(|all| all.iter().any(in_query));
                let body = operation.get("requestBody").is_some();
                ((method.to_uppercase(), path.to_owned()), Takes { query, body })
            })
            .collect();
        description
    }

    /// What the operation takes, if it is described.
    pub fn takes(&self, method: &str, path: &str) -> Option<Takes> {
        self.takes.get(&(method.to_owned(), path.to_owned())).copied()
    }

    /// The methods that `path` knows, if any route has it.
    pub fn allowed(&self, path: &str) -> Option<&str> {
        self.methods.iter().find(|(template, _)| template.is_match(path)).map(|(_, methods)| methods.as_str())
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
