//! What is true of every operation, added to the description once.
#![expect(clippy::indexing_slicing, reason = "a missing member of a JSON value reads as null and is made by writing")]

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::platform::error::Code;
use crate::platform::text::INLINE;

/// Turns utoipa's document into the finished one.
pub fn finish(document: utoipa::openapi::OpenApi, examples: &Value) -> Value {
    let mut doc = serde_json::to_value(document).unwrap_or_default();
    let parts = doc["components"]["schemas"].as_object().cloned().unwrap_or_default();
    inline(&mut doc, &parts);
    if let Some(schemas) = doc["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| !name.starts_with(INLINE));
        name_entries(schemas);
        for schema in schemas.values_mut() {
            complete_response_object(schema);
        }
    }
    shared_parts(&mut doc);
    if let Some(paths) = doc["paths"].as_object_mut() {
        for (path, item) in paths {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                complete_operation(path, method, operation, examples);
            }
        }
    }
    drop_unused(&mut doc);
    doc
}

/// What an `ETag` of ours looks like.
const IF_MATCH: &str = "^\"[1-9][0-9]{0,17}(\\.[0-9a-f]{8})?\"$";

const SCHEMA_REF: &str = "#/components/schemas/";
/// What the component of a page of entries begins with.
const PAGE: &str = "Page_";

/// Writes small types in place and turns `oneOf [null, plain type]` into a list of types.
fn inline(value: &mut Value, parts: &Map<String, Value>) {
    match value {
        Value::Object(object) => {
            let target = object.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix(SCHEMA_REF));
            if let Some(part) = target.filter(|name| name.starts_with(INLINE)).and_then(|name| parts.get(name)) {
                let mut part = part.clone();
                inline(&mut part, parts);
                let said = object.remove("description");
                if let (Some(said), Some(part)) = (said, part.as_object_mut()) {
                    part.insert("description".into(), said);
                }
                *value = part;
                return;
            }
            for child in object.values_mut() {
                inline(child, parts);
            }
            simplify_nullable(object);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| inline(item, parts)),
        _ => {}
    }
}

fn simplify_nullable(object: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = object.get("oneOf") else { return };
    let [a, b] = branches.as_slice() else { return };
    let (null, other) = if a == &json!({"type": "null"}) { (a, b) } else { (b, a) };
    if null != &json!({"type": "null"}) {
        return;
    }
    let Some(plain) = other["type"].as_str().map(ToOwned::to_owned) else { return };
    let mut merged = other.as_object().cloned().unwrap_or_default();
    merged.insert("type".into(), json!([plain, "null"]));
    if let Some(Value::Array(values)) = merged.get_mut("enum") {
        values.push(Value::Null);
    }
    object.remove("oneOf");
    for (key, value) in merged {
        object.entry(key).or_insert(value);
    }
}

/// utoipa writes the entries of a page in place; a client wants the type that it knows from reading one of them.
fn name_entries(schemas: &mut Map<String, Value>) {
    let pages: Vec<String> = schemas.keys().filter(|name| name.starts_with(PAGE)).cloned().collect();
    for page in pages {
        let name = page.trim_start_matches(PAGE).to_owned();
        let Some(entry) = schemas.get_mut(&page).and_then(|page| page.pointer_mut("/properties/items/items")) else {
            continue;
        };
        if entry.get("$ref").is_none() {
            let written = std::mem::replace(entry, json!({"$ref": format!("{SCHEMA_REF}{name}")}));
            schemas.entry(name).or_insert(written);
        }
    }
}

/// Answers always have all their fields, `null` where there is nothing; requests say which may be left out. The two are
/// told apart by whether unknown fields are refused.
fn complete_response_object(schema: &mut Value) {
    for parts in ["oneOf", "allOf"] {
        for part in schema.get_mut(parts).and_then(Value::as_array_mut).into_iter().flatten() {
            complete_response_object(part);
        }
    }
    if schema.get("additionalProperties") == Some(&json!(false)) {
        return;
    }
    let Some(properties) = schema["properties"].as_object() else { return };
    let mut required: BTreeSet<String> =
        schema["required"].as_array().into_iter().flatten().filter_map(|v| v.as_str().map(ToOwned::to_owned)).collect();
    for (name, property) in properties {
        let nullable = property["type"].as_array().is_some_and(|types| types.contains(&json!("null")))
            || property["oneOf"].as_array().is_some_and(|branches| branches.contains(&json!({"type": "null"})));
        if nullable {
            required.insert(name.clone());
        }
    }
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
}

fn header(description: &str, schema: Value) -> Value {
    json!({ "description": description, "schema": schema })
}

fn shared_parts(doc: &mut Value) {
    doc["components"]["securitySchemes"] = json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The access token that `POST /api/v1/sessions` or `POST /api/v1/sessions/refresh` gives."
        }
    });
    doc["components"]["headers"] = json!({
        "RateLimit": header("What is left of the quota: requests (`r`) and seconds until it is full again (`t`).", json!({"type": "string"})),
        "RateLimitPolicy": header("The quota: requests (`q`) in a window of seconds (`w`).", json!({"type": "string"})),
        "RequestId": header("Finds this request in the server's log.", json!({"type": "string"})),
        "ETag": header("The version, for `If-Match` and `If-None-Match`.", json!({"type": "string"})),
        "Location": header("Where the new object is.", json!({"type": "string"})),
        "RetryAfter": header("Come back after so many seconds.", json!({"type": "integer", "minimum": 1})),
        "Link": header("The next page (`rel=\"next\"`), when there is one.", json!({"type": "string"})),
        "Allow": header("The methods that this address knows.", json!({"type": "string"})),
        "WWWAuthenticate": header("How to authenticate (RFC 6750).", json!({"type": "string"})),
    });
    doc["components"]["parameters"] = json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A fresh UUID per request, and the same one when the same request is repeated: it then happens once and gets the first answer again for 24 hours.",
            "schema": {"type": "string", "format": "uuid"}
        },
        "IfMatch": {
            "name": "If-Match", "in": "header", "required": true,
            "description": "The `ETag` of the version that you read. Missing: 428. Not current any more: 412.",
            "schema": {"type": "string", "pattern": IF_MATCH}, "example": "\"3\""
        }
    });
    let mut responses = Map::new();
    for (status, description) in [
        (400, "The request can't be read."),
        (401, "There is no valid session."),
        (403, "You see this, but it is not yours to do."),
        (404, "Nothing here, or nothing that you may see."),
        (408, "The body did not arrive in time."),
        (409, "It does not fit the present state; `missing` and `conflicts` say why."),
        (410, "It was here once."),
        (412, "Somebody else changed it meanwhile; `current_version` has the current version."),
        (413, "The body is too large."),
        (414, "The address is too long."),
        (415, "The body has the wrong type."),
        (422, "Some values are not acceptable; `errors` names them all."),
        (428, "`If-Match` is needed."),
        (429, "Too many requests."),
        (500, "Something broke on our side; nothing was changed."),
        (503, "Busy, or shutting down; try again."),
    ] {
        let codes: Vec<&str> =
            Code::ALL.iter().filter(|code| code.status() == status).map(|code| code.as_str()).collect();
        let first = Code::ALL.iter().find(|code| code.status() == status);
        let mut headers = Map::new();
        headers.insert("X-Request-Id".into(), json!({"$ref": "#/components/headers/RequestId"}));
        if matches!(status, 429 | 503) {
            headers.insert("Retry-After".into(), json!({"$ref": "#/components/headers/RetryAfter"}));
        }
        if status == 401 {
            headers.insert("WWW-Authenticate".into(), json!({"$ref": "#/components/headers/WWWAuthenticate"}));
        }
        responses.insert(
            format!("Problem{status}"),
            json!({
                "description": format!("{description} Codes: {}.", codes.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ")),
                "headers": headers,
                "content": {"application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": first.map(|code| example_problem(*code)),
                }}
            }),
        );
    }
    doc["components"]["responses"] = Value::Object(responses);
}

fn example_problem(code: Code) -> Value {
    let mut problem = json!({
        "type": format!("https://threekeys.example/docs/problems/{}", code.as_str().replace('_', "-")),
        "title": code.title(), "status": code.status(), "code": code.as_str(), "detail": code.explanation(),
        "instance": "/api/v1/partnerships/0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11",
        "request_id": "0199d2c9-0b7e-7f30-9d8c-2f6a7f0f3a52"
    });
    if code == Code::ValidationFailed {
        problem["errors"] = json!([{"pointer": "/name", "code": "too_short", "message": "must not be empty"}]);
    }
    if code == Code::PreconditionFailed {
        problem["current_version"] = json!(4);
    }
    problem
}

fn complete_operation(path: &str, method: &str, operation: &mut Value, examples: &Value) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let in_api = path.starts_with("/api/");
    let has_body = operation.get("requestBody").is_some();
    let secured = operation["security"].as_array().is_some_and(|s| s.iter().any(|one| one.get("bearer").is_some()));
    let parameter = |operation: &Value, place: &str| {
        operation["parameters"].as_array().into_iter().flatten().any(|p| p["in"] == place)
    };
    let has_id = parameter(operation, "path");
    let if_match = operation["parameters"].as_array().into_iter().flatten().any(|p| p["name"] == "If-Match");
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        for parameter in parameters.iter_mut().filter(|p| p["name"] == "If-Match") {
            if parameter["required"] == json!(true) {
                *parameter = json!({"$ref": "#/components/parameters/IfMatch"});
            } else {
                // Needed only once there is something to overwrite; the operation says when.
                parameter["schema"] = json!({"type": "string", "pattern": IF_MATCH});
            }
        }
    }
    let unkept = operation.get("x-idempotency") == Some(&json!("none"));
    let needs_key = operation.get("x-idempotency") == Some(&json!("required"));
    if method == "post" && in_api && !unkept {
        if operation.get("parameters").is_none() {
            operation["parameters"] = json!([]);
        }
        if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
            parameters.push(if needs_key {
                json!({
                    "name": "Idempotency-Key", "in": "header", "required": true,
                    "description": "A fresh UUID per request, and the same one when the same request is repeated. Missing: 400.",
                    "schema": {"type": "string", "format": "uuid"}
                })
            } else {
                json!({"$ref": "#/components/parameters/IdempotencyKey"})
            });
        }
    }
    if has_body {
        operation["requestBody"]["required"] = json!(true);
    }
    let mut errors = vec![414, 500];
    if in_api {
        // 422 also for parameters where the operation takes none.
        errors.extend([400, 422, 429, 503]);
        if secured {
            errors.push(401);
            errors.push(403);
        }
        if has_id {
            errors.push(404);
        }
        if has_body {
            errors.extend([408, 413, 415]);
        }
        if if_match {
            errors.extend([412, 428]);
        }
        if method != "get" {
            errors.extend([403, 409]);
        }
        // A bad token is refused even where none is needed.
        errors.push(401);
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    // What a route itself says that it refuses looks as all refusals do.
    let bare = responses.iter().filter(|(_, response)| response.get("content").is_none());
    let declared: Vec<u16> = bare.filter_map(|(s, _)| s.parse().ok()).filter(|s| *s >= 400).collect();
    for status in &declared {
        responses.remove(&status.to_string());
    }
    errors.extend(declared);
    for status in errors {
        responses
            .entry(status.to_string())
            .or_insert_with(|| json!({"$ref": format!("#/components/responses/Problem{status}")}));
    }
    // Whoever says in its own words that it can't now says when to come back, as all others do.
    if let Some(own) = responses.get_mut("503").filter(|response| response.get("$ref").is_none()) {
        own["headers"] = json!({
            "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
            "Retry-After": {"$ref": "#/components/headers/RetryAfter"},
        });
    }
    for (status, response) in responses.iter_mut().filter(|(status, _)| status.starts_with('2')) {
        let mut headers = response["headers"].as_object().cloned().unwrap_or_default();
        let mut add = |name: &str, part: &str| {
            headers.insert(name.into(), json!({"$ref": format!("#/components/headers/{part}")}));
        };
        add("X-Request-Id", "RequestId");
        if in_api {
            add("RateLimit", "RateLimit");
            add("RateLimit-Policy", "RateLimitPolicy");
        }
        let schema = response["content"]["application/json"]["schema"]["$ref"].as_str().unwrap_or_default().to_owned();
        if status == "201" {
            add("Location", "Location");
        }
        if schema.contains("/Page_") {
            add("Link", "Link");
        } else if in_api && (status == "201" || (status == "200" && !schema.is_empty())) {
            add("ETag", "ETag");
        }
        if response["description"].as_str().is_none_or(str::is_empty) {
            response["description"] = json!(success(method, status, schema.contains("/Page_")));
        }
        response["headers"] = Value::Object(headers);
        if let Some(example) = examples[&id]["responses"].get(status.as_str()) {
            let content = response.get_mut("content").and_then(Value::as_object_mut);
            for (_, media) in content.into_iter().flatten() {
                media["example"] = example.clone();
            }
        }
    }
    if let (true, Some(example)) = (has_body, examples[&id].get("request")) {
        let content = operation["requestBody"]["content"].as_object_mut();
        for (_, media) in content.into_iter().flatten() {
            media["example"] = example.clone();
        }
    }
}

/// What a success means, where the handler does not say it.
fn success(method: &str, status: &str, is_page: bool) -> &'static str {
    match (method, status) {
        (_, "200") if is_page => "A page of the list.",
        ("get", "200") => "What was asked for.",
        (_, "200") => "Done; this is how it stands now.",
        (_, "201") => "Made; `Location` says where it is.",
        (_, "202") => "Taken; what comes of it is not told here.",
        _ => "Done; there is nothing more to tell.",
    }
}

/// Parts that nothing refers to are noise to a reader.
fn drop_unused(doc: &mut Value) {
    loop {
        let text = doc.to_string();
        let mut dropped = false;
        for section in ["schemas", "responses", "headers", "parameters"] {
            if let Some(parts) = doc["components"][section].as_object_mut() {
                let before = parts.len();
                parts.retain(|name, _| text.contains(&format!("\"#/components/{section}/{name}\"")));
                dropped |= parts.len() != before;
            }
        }
        if !dropped {
            return;
        }
    }
}
