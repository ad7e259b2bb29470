//! Every answer is compared with what the description promises.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::Answer;
use super::app::description;

static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);

static OPERATIONS: LazyLock<Vec<(String, actix_web::dev::ResourceDef, Value)>> = LazyLock::new(|| {
    let description = description();
    let mut operations = description.operations();
    // /sessions/current goes before /sessions/{session_id}.
    operations.sort_by_key(|(_, _, template, _)| template.contains('{'));
    let owned = |(_, method, template, operation): (&str, &str, &str, &Value)| {
        (method.to_owned(), actix_web::dev::ResourceDef::new(template), operation.clone())
    };
    operations.into_iter().map(owned).collect()
});

/// The operation at `path`, with its template.
pub fn operation(method: &str, path: &str) -> Option<Value> {
    let path = path.split('?').next().unwrap_or_default();
    let found = OPERATIONS.iter().find(|(m, template, _)| m.eq_ignore_ascii_case(method) && template.is_match(path));
    found.map(|(_, _, operation)| operation.clone())
}

/// Follows a `$ref` within the description.
pub fn resolve(value: &Value) -> Value {
    match value["$ref"].as_str().and_then(|r| r.strip_prefix('#')) {
        Some(pointer) => {
            description().json.pointer(pointer).cloned().unwrap_or_else(|| panic!("{pointer} leads nowhere"))
        }
        None => value.clone(),
    }
}

fn validator(schema: &Value) -> &'static Validator {
    let key = schema.to_string();
    let mut validators = VALIDATORS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    validators.entry(key).or_insert_with(|| {
        let document = json!({ "allOf": [schema], "components": description().json["components"] });
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .build(&document)
            .unwrap_or_else(|e| panic!("{schema}: {e}"));
        Box::leak(Box::new(validator))
    })
}

/// Whether `value` does not fit `schema`.
pub fn refuses(schema: &Value, value: &Value) -> bool {
    !validator(schema).is_valid(value)
}

/// Fails unless `value` fits `schema`.
#[track_caller]
pub fn fits(what: &str, schema: &Value, value: &Value) {
    let errors: Vec<String> =
        validator(schema).iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{what} does not fit its schema: {errors:?}\n{value:#}");
}

/// Fails unless the description foresees this answer: its status, its type, its content, its headers.
pub fn check(method: &str, path: &str, answer: &Answer) {
    for header in
        ["x-request-id", "x-content-type-options", "content-security-policy", "cache-control", "referrer-policy"]
    {
        assert!(answer.header(header).is_some(), "{}: no {header}", answer.request);
    }
    let kind = answer.header("content-type").unwrap_or_default();
    if answer.status >= 400 && !path.ends_with('z') {
        assert_eq!(kind, "application/problem+json", "{}: {:#}", answer.request, answer.body);
        let problem = json!({"$ref": "#/components/schemas/Problem"});
        fits(&answer.request, &problem, &answer.body);
        assert_ne!(answer.status, 500, "{}: {:#}", answer.request, answer.body);
    }
    // Routing, methods and heads are the server's business; every operation's own answers are in the description.
    if matches!(answer.status, 405 | 408 | 414) || (answer.status == 404 && operation(method, path).is_none()) {
        return;
    }
    let Some(operation) = operation(method, path) else {
        assert!(!path.starts_with("/api/"), "{} is not described", answer.request);
        return;
    };
    if answer.status == 304 {
        assert!(answer.bytes.is_empty());
        return;
    }
    let response = &operation["responses"][answer.status.to_string()];
    assert!(
        !response.is_null(),
        "{} answered {}, which is not described: {:#}",
        answer.request,
        answer.status,
        answer.body
    );
    let response = resolve(response);
    if let Some(content) = response["content"].as_object() {
        let bare = kind.split(';').next().unwrap_or_default();
        let schema =
            &content.get(bare).unwrap_or_else(|| panic!("{}: {kind} is not described", answer.request))["schema"];
        if bare.ends_with("json") {
            fits(&answer.request, schema, &answer.body);
        }
    } else {
        assert!(answer.bytes.is_empty(), "{}: a body that is not described: {:#}", answer.request, answer.body);
    }
    for (name, _) in response["headers"].as_object().into_iter().flatten() {
        // A list has a next page only when there is one; objects without a version have no tag.
        let optional = ["Link", "ETag", "RateLimit", "RateLimit-Policy"].contains(&name.as_str());
        assert!(optional || answer.header(name).is_some(), "{}: no {name}", answer.request);
    }
}
