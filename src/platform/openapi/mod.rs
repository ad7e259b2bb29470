//! The API description (OpenAPI 3.1), made from the routes themselves.
//!
//! Handlers say what is particular to them; what is true of every operation is added here once: error answers by what the
//! operation has (a body, a precondition, an id…), headers, the idempotency key, recorded examples. Small checked types
//! (`text`, `values`) are written in place instead of being referred to, so that generated clients see plain strings.

pub mod finish;
pub mod pages;

use std::collections::HashMap;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use serde_json::Value;

use crate::platform::error::{Code, Error};

/// The finished description and what is derived from it.
pub struct Description {
    /// The document.
    pub json: Value,
    /// The document as it is served.
    pub text: Bytes,
    /// Path templates with the methods each knows, for 405 and `Allow`.
    pub methods: Vec<(actix_web::dev::ResourceDef, String)>,
    /// What each operation takes beside its path, by path template and method.
    takes: HashMap<String, Vec<(String, Takes)>>,
}

/// What an operation takes beside its path.
#[derive(Debug, Clone, Copy)]
pub struct Takes {
    /// Parameters in the query.
    pub query: bool,
    /// A body.
    pub body: bool,
    /// Nobody but those who say who they are.
    pub sign_in: bool,
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
        let mut takes: HashMap<String, Vec<(String, Takes)>> = HashMap::new();
        for (_, method, path, operation) in description.operations() {
            let query =
                operation.get("parameters").and_then(Value::as_array).is_some_and(|all| all.iter().any(in_query));
            let body = operation.get("requestBody").is_some();
            let ways = operation.get("security").and_then(Value::as_array);
            let sign_in = ways.is_some_and(|ways| {
                !ways.is_empty() && ways.iter().all(|way| way.as_object().is_some_and(|way| !way.is_empty()))
            });
            let entry = (method.to_uppercase(), Takes { query, body, sign_in });
            takes.entry(path.to_owned()).or_default().push(entry);
        }
        description.takes = takes;
        description
    }

    /// What the operation takes, if it is described.
    pub fn takes(&self, method: &str, path: &str) -> Option<Takes> {
        self.takes.get(path)?.iter().find(|(known, _)| known == method).map(|(_, takes)| *takes)
    }

    /// Whether the description has this very path, without parameters.
    pub fn is_literal(&self, path: &str) -> bool {
        !path.contains('{') && self.takes.contains_key(path)
    }

    /// The methods that `path` knows, if any route has it.
    pub fn allowed(&self, path: &str) -> Option<&str> {
        let literal = self.methods.iter().find(|(template, _)| template.pattern() == Some(path));
        let found = literal.or_else(|| self.methods.iter().find(|(template, _)| template.is_match(path)));
        found.map(|(_, methods)| methods.as_str())
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
