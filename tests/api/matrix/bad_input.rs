//! Bad input, generated: every operation × every way in which its body, its parameters and its headers can be wrong by the
//! description. Never a 5xx, always a problem that names the place and the rule, and nothing is changed.

use serde_json::{Value, json};

use super::foreign::call;
use super::world::{Operation, World, body, contents, first_part, nothing_changed, of_its_part, operations, world};
use crate::support::app::description;
use crate::support::spec::{refuses, resolve};
use crate::support::{Answer, App};

/// A length of the description, to count with.
fn count(length: u64) -> usize {
    usize::try_from(length).unwrap()
}

/// A body that is wrong in one place.
struct Wrong {
    what: String,
    pointer: String,
    body: Value,
    /// Rules of which one must be named.
    rules: Vec<&'static str>,
}

/// One value of each JSON type.
fn samples() -> [(&'static str, Value); 7] {
    [
        ("string", json!("x")),
        ("integer", json!(7)),
        ("number", json!(1.5)),
        ("boolean", json!(true)),
        ("array", json!([])),
        ("object", json!({})),
        ("null", Value::Null),
    ]
}

/// The schema without `null` and references, with whether `null` is taken and whether there is just one shape left.
fn plain(schema: &Value) -> (Value, bool, bool) {
    let mut schema = resolve(schema);
    let mut nullable = false;
    for part in ["oneOf", "anyOf"] {
        if let Some(branches) = schema[part].as_array() {
            let shapes: Vec<Value> = branches.iter().filter(|b| **b != json!({"type": "null"})).cloned().collect();
            nullable |= shapes.len() < branches.len();
            match shapes.as_slice() {
                [one] => schema = resolve(one),
                _ => return (schema, nullable, false),
            }
        }
    }
    if let Some(types) = schema["type"].as_array().cloned() {
        nullable |= types.contains(&json!("null"));
        schema["type"] = types.into_iter().find(|kind| kind != "null").unwrap();
    }
    (schema, nullable, true)
}

/// Everything that can be wrong at `at`, where `schema` stands and `base` has a value that is right, if it has one.
fn spoil(root: &Value, at: &str, schema: &Value, found: &mut Vec<Wrong>) {
    let (schema, nullable, one_shape) = plain(schema);
    let kind = schema["type"].as_str().unwrap_or("any").to_owned();
    let mut add = |what: &str, value: Value, rules: &[&'static str]| {
        let mut body = root.clone();
        let (parent, name) = at.rsplit_once('/').unwrap_or_default();
        if at.is_empty() {
            found.push(Wrong { what: what.to_owned(), pointer: String::new(), body: value, rules: rules.to_vec() });
            return;
        }
        match body.pointer_mut(parent) {
            Some(Value::Object(fields)) => drop(fields.insert(name.to_owned(), value)),
            Some(Value::Array(items)) => items[name.parse::<usize>().unwrap()] = value,
            _ => return,
        }
        found.push(Wrong { what: what.to_owned(), pointer: at.to_owned(), body, rules: rules.to_vec() });
    };
    if one_shape && kind != "any" {
        for (other, value) in samples() {
            let fits = other == kind || (other == "integer" && kind == "number") || (other == "null" && nullable);
            if !fits {
                add(other, value, &["wrong_type", "not_null", "not_one_of", "required", "out_of_range"]);
            }
        }
    } else if !nullable {
        add("null", Value::Null, &["wrong_type", "not_null", "required", "refused", "not_one_of"]);
    }
    match kind.as_str() {
        "string" if schema.get("enum").is_some() => {
            for word in ["", "no_such_word", "NULL"] {
                add("another word", json!(word), &["not_one_of"]);
            }
        }
        "string" => {
            if let Some(most) = schema["maxLength"].as_u64() {
                add("too long by one", json!("x".repeat(count(most) + 1)), &["too_long", "invalid_format"]);
            }
            if schema["minLength"].as_u64().is_some_and(|least| least > 0) || schema.get("format").is_some() {
                add("empty", json!(""), &["too_short", "invalid_format"]);
            }
            if schema.get("format").is_some() {
                for text in ["nothing of the kind", "0000", "2027-13-40", "{01a204b8-d1c4-7077-a135-891b9d61c14b}"] {
                    add("malformed", json!(text), &["invalid_format", "too_short", "too_long", "refused"]);
                }
            }
            for (what, text) in [("NUL", "\0"), ("bell", "\u{7}"), ("C1", "\u{85}"), ("escape", "\u{1b}[2J")] {
                let text = format!("Quiet{text}enough");
                add(what, json!(text), &["invalid_format", "too_short", "too_long", "refused"]);
            }
        }
        "integer" | "number" => {
            let beyond = &["out_of_range", "wrong_type"];
            for (limit, step) in [("minimum", -1.0), ("maximum", 1.0)] {
                let whole = schema[limit].as_i64().filter(|_| kind == "integer");
                let beyond_it = match whole {
                    Some(edge) => Some(json!(edge + if step < 0.0 { -1 } else { 1 })),
                    None => schema[limit].as_f64().map(|edge| json!(edge + step)),
                };
                if let Some(value) = beyond_it {
                    add(limit, value, beyond);
                }
            }
            if schema.get("maximum").is_some() {
                add("huge", json!(1e300), beyond);
            }
            if kind == "integer" {
                add("u64::MAX", json!(u64::MAX), beyond);
            }
        }
        "array" => {
            let first = root.pointer(at).and_then(|value| value.get(0)).cloned();
            if let Some(most) = schema["maxItems"].as_u64().filter(|most| *most <= 1000) {
                let item = first.clone().unwrap_or(json!("en"));
                add("one too many", Value::Array(vec![item; count(most) + 1]), &["too_many", "not_unique"]);
            }
            if schema["minItems"].as_u64().is_some_and(|least| least > 0) {
                add("empty", json!([]), &["too_few"]);
            }
            if first.is_some() {
                spoil(root, &format!("{at}/0"), &schema["items"], found);
            }
        }
        "object" => {
            let here = root.pointer(at).and_then(Value::as_object).cloned().unwrap_or_default();
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                let mut body = root.clone();
                let inside = body.pointer_mut(at).and_then(Value::as_object_mut);
                if inside.is_some_and(|fields| fields.remove(name).is_some()) {
                    let pointer = format!("{at}/{name}");
                    found.push(Wrong { what: "missing".into(), pointer, body, rules: vec!["required", "not_one_of"] });
                }
            }
            if at.is_empty() || !here.is_empty() {
                for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                    spoil(root, &format!("{at}/{name}"), property, found);
                }
            }
        }
        _ => {}
    }
}

/// A problem with a known code, and no fault of ours.
fn is_problem(answer: &Answer) -> bool {
    (400..500).contains(&answer.status)
        && answer.header("content-type") == Some("application/problem+json")
        && answer.body["status"] == answer.status
        && answer.body["code"].is_string()
}

/// Whether all errors are at the place, one of them by one of the rules.
fn names(answer: &Answer, pointer: &str, rules: &[&str]) -> bool {
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    let below = format!("{pointer}/");
    let here = |e: &Value| e["pointer"].as_str().is_some_and(|p| p == pointer || p.starts_with(&below));
    !errors.is_empty()
        && errors.iter().all(here)
        && errors.iter().any(|e| rules.contains(&e["code"].as_str().unwrap_or_default()))
}

/// The recorded example, which has more fields than are needed, or what gets as far as the policy; the latter where other
/// parts of the example would be taken beside the one that is spoiled.
fn right(world: &World, operation: Operation<'_>) -> Option<Value> {
    let least = body(world, operation.0)?;
    let example = operation.3["requestBody"]["content"]["application/json"]["example"].clone();
    Some(if example.is_object() && first_part(operation.0).is_none() { example } else { least })
}

/// Which part of the table runs: one in so many. Bodies are refused before a database is asked, so the second engine is for
/// seeing that it stays so.
fn share(app: &App) -> usize {
    if app.database_url().starts_with("postgres") { 8 } else { 1 }
}

async fn no_operation_takes_a_body_that_its_schema_refuses(app: App) {
    let world = world(&app).await;
    let before = contents(&app).await;
    let (mut asked, mut wrong) = (0, Vec::new());
    for operation in operations(&description()) {
        let Some(base) = right(&world, operation) else { continue };
        let schema = &operation.3["requestBody"]["content"]["application/json"]["schema"];
        let mut all = Vec::new();
        spoil(&base, "", schema, &mut all);
        assert!(!all.is_empty(), "{}: nothing can be wrong", operation.0);
        // What a schema does not refuse is not wrong by it: a password may be anything.
        let step = share(&app);
        for Wrong { what, pointer, body, rules } in all.into_iter().step_by(step).filter(|w| refuses(schema, &w.body)) {
            let answer = of_its_part(operation.0, call(&app, &world, operation, Some(body)).send().await);
            asked += 1;
            if answer.status != 422 || !names(&answer, &pointer, &rules) {
                let errors = answer.body["errors"].to_string();
                wrong.push(format!("{} {pointer} {what}: {} {errors:.300}", operation.0, answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked * share(&app) > 2_000, "only {asked} bodies were tried");
    nothing_changed(&before, &contents(&app).await);
}

/// Bodies that are no JSON of ours at all: what is sent, its status, its code.
fn broken(base: &Value) -> Vec<(&'static str, Vec<u8>, u16, &'static str)> {
    let text = base.to_string();
    let name = base.as_object().and_then(|fields| fields.keys().next()).cloned().unwrap_or("x".into());
    let with = |value: &str| format!("{{\"{name}\": {value}}}").into_bytes();
    let unreadable = (400, "unreadable_body");
    let refused = (422, "validation_failed");
    let cut = text.len() - 1;
    [
        ("nothing", Vec::new(), unreadable),
        ("broken off", text.as_bytes()[..cut].to_vec(), unreadable),
        ("no JSON", b"name=value&other=1".to_vec(), unreadable),
        ("two documents", format!("{text}{text}").into_bytes(), unreadable),
        ("NaN", with("NaN"), unreadable),
        ("Infinity", with("-Infinity"), unreadable),
        ("beyond a double", with("1e999"), unreadable),
        ("invalid UTF-8", [b"{\"".as_slice(), name.as_bytes(), b"\": \"\xc3\x28\xff\"}"].concat(), unreadable),
        ("invalid UTF-8 in a name", b"{\"\xff\xfe\": 1}".to_vec(), unreadable),
        ("lone surrogate", with("\"\\udc00 quiet\""), unreadable),
        ("raw NUL", with("\"a\0b\""), unreadable),
        ("deep list", "[".repeat(50_000).into_bytes(), unreadable),
        ("deep object", "{\"a\":".repeat(20_000).into_bytes(), unreadable),
        ("deep member", with(&format!("{}{}", "[".repeat(5_000), "]".repeat(5_000))), unreadable),
        ("byte order mark", [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat(), unreadable),
        ("null", b"null".to_vec(), refused),
        ("a list", b"[]".to_vec(), refused),
        ("a number", b"7".to_vec(), refused),
        ("a string", b"\"x\"".to_vec(), refused),
    ]
    .into_iter()
    .map(|(what, bytes, (status, code))| (what, bytes, status, code))
    .collect()
}

async fn no_operation_takes_a_body_that_is_none(app: App) {
    let world = world(&app).await;
    let before = contents(&app).await;
    let mut wrong = Vec::new();
    for operation in operations(&description()) {
        let Some(base) = right(&world, operation) else {
            // What an unsubscribe button sends is its mail program's business.
            if operation.1 != "get" && operation.3["x-any-body"] != true {
                let answer = call(&app, &world, operation, Some(json!({"x": 1}))).send().await;
                if (answer.status, answer.body["code"].as_str()) != (400, Some("malformed_request")) {
                    wrong.push(format!("{}: takes a body: {} {:.200}", operation.0, answer.status, answer.body));
                }
            }
            continue;
        };
        for (what, bytes, status, code) in broken(&base).into_iter().step_by(share(&app)) {
            let answer = call(&app, &world, operation, None).bytes(bytes).send().await;
            // A body of which nothing is needed may be anything that an object may be.
            if !is_problem(&answer) || (answer.status, answer.body["code"].as_str()) != (status, Some(code)) {
                wrong.push(format!("{} {what}: {} {:.200}", operation.0, answer.status, answer.body));
            }
        }
        for (name, value) in base.as_object().unwrap() {
            let doubled = base.to_string().replacen('{', &format!("{{\"{name}\": {value}, "), 1);
            let answer = call(&app, &world, operation, None).bytes(doubled).send().await;
            if answer.status != 422 || !names(&answer, &format!("/{name}"), &["duplicate_field"]) {
                wrong.push(format!("{} {name} twice: {} {:.200}", operation.0, answer.status, answer.body));
            }
        }
        for kind in ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"] {
            let call = call(&app, &world, operation, None).header("content-type", kind).typeless(base.to_string());
            let answer = call.send().await;
            if (answer.status, answer.body["code"].as_str()) != (415, Some("unsupported_media_type")) {
                wrong.push(format!("{} as {kind:?}: {} {:.200}", operation.0, answer.status, answer.body));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    nothing_changed(&before, &contents(&app).await);
}

/// Values that the schema of a parameter refuses, as they stand in an address.
fn bad_values(schema: &Value) -> Vec<String> {
    let (schema, _, _) = plain(schema);
    let mut values: Vec<String> = match schema["type"].as_str() {
        Some("integer" | "number") => {
            ["ten", "", "1e999", "NaN", "0x10", "99999999999999999999999", "%00", "1,2"].map(String::from).to_vec()
        }
        Some("boolean") => ["perhaps", "", "2", "%00"].map(String::from).to_vec(),
        Some("string") if schema.get("enum").is_some() => ["no_such_word", "", "%00"].map(String::from).to_vec(),
        Some("string") if schema.get("format").is_some() => {
            ["x", "", "%00", "%C3%28", "2027-13-40", "01a204b8d1c47077a135891b9d61c14"].map(String::from).to_vec()
        }
        Some("string") => ["", "%00", "a%00b", "a%07b", "%20"].map(String::from).to_vec(),
        other => panic!("a parameter of type {other:?}"),
    };
    for (limit, step) in [("minimum", -1.0), ("maximum", 1.0)] {
        values.extend(schema[limit].as_f64().map(|edge| (edge + step).to_string()));
    }
    values.extend(schema["maxLength"].as_u64().map(|most| "x".repeat(count(most) + 1)));
    values
}

async fn no_operation_takes_a_parameter_that_its_schema_refuses(app: App) {
    let world = world(&app).await;
    let before = contents(&app).await;
    let (mut asked, mut wrong) = (0, Vec::new());
    for operation in operations(&description()) {
        let (id, _, _, described) = operation;
        let sent = body(&world, id);
        let parameters: Vec<Value> = described["parameters"].as_array().into_iter().flatten().map(resolve).collect();
        let mut check = |what: String, answer: Answer, expected: &[(u16, &str, &str)]| {
            asked += 1;
            let fits = expected.iter().any(|(status, code, pointer)| {
                let named = answer.body["errors"].as_array().into_iter().flatten();
                answer.status == *status
                    && answer.body["code"] == *code
                    && (pointer.is_empty() || named.clone().any(|e| e["pointer"] == *pointer))
            });
            if !is_problem(&answer) || !fits {
                wrong.push(format!("{id} {what:.80}: {} {:.300}", answer.status, answer.body));
            }
        };
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap();
            let call = || call(&app, &world, operation, sent.clone());
            match parameter["in"].as_str().unwrap() {
                "path" => {
                    for value in
                        ["x", "%00", "..%2f..", "-1", "01a204b8d1c47077a135891b9d61c14b", "%F0%9F%92%A9", "'--"]
                    {
                        let answer = call().with_path_of(operation.2, name, value).send().await;
                        check(format!("{name}={value}"), answer, &[(404, "not_found", &format!("/path/{name}"))]);
                    }
                }
                "query" => {
                    let at = format!("?{name}");
                    for value in bad_values(&parameter["schema"]) {
                        let answer = call().with_query(name, &value).send().await;
                        check(
                            format!("{name}={value}"),
                            answer,
                            &[(422, "validation_failed", &at), (400, "malformed_request", "")],
                        );
                    }
                    let answer = call().with_query(name, &format!("1&{name}=1")).send().await;
                    check(format!("{name} twice"), answer, &[(422, "validation_failed", &at)]);
                }
                "header" if name == "If-Match" => {
                    for value in [
                        "",
                        "3",
                        "\"0\"",
                        "\"-1\"",
                        "\"+1\"",
                        "\"01\"",
                        "W/\"3\"",
                        "*",
                        "\"x\"",
                        "\"1\", \"2\"",
                        "\"1.x\"",
                        "\"99999999999999999999\"",
                        "\"1\u{e9}\"",
                    ] {
                        let answer = call().with_header("if-match", value).send().await;
                        check(format!("If-Match {value}"), answer, &[(400, "malformed_request", "")]);
                    }
                    if parameter["required"] == true {
                        let answer = call().without_header("if-match").send().await;
                        check("no If-Match".into(), answer, &[(428, "precondition_required", "")]);
                    }
                }
                "header" if name == "Idempotency-Key" => {
                    for value in ["", "x", "01a204b8d1c47077a135891b9d61c14", "\u{e9}"] {
                        let answer = call().with_header("idempotency-key", value).send().await;
                        check(format!("Idempotency-Key {value}"), answer, &[(400, "malformed_request", "")]);
                    }
                    if parameter["required"] == true {
                        let answer = call().without_header("idempotency-key").send().await;
                        check("no Idempotency-Key".into(), answer, &[(400, "idempotency_missing", "")]);
                    }
                }
                other => panic!("{id}: a parameter {name} in {other}"),
            }
        }
        let answer = call(&app, &world, operation, sent.clone()).with_query("no_such_parameter", "1").send().await;
        check("unknown".into(), answer, &[(422, "validation_failed", "?no_such_parameter")]);
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 1_000, "only {asked} requests were tried");
    nothing_changed(&before, &contents(&app).await);
}

/// The least and the most of every parameter that is a number, and the longest text: taken, or refused for another reason.
async fn the_edges_of_parameters_are_within(app: App) {
    let world = world(&app).await;
    let mut asked = 0;
    for operation in operations(&description()) {
        for parameter in operation.3["parameters"].as_array().into_iter().flatten().map(resolve) {
            let (schema, _, _) = plain(&parameter["schema"]);
            let name = parameter["name"].as_str().unwrap();
            let edges =
                ["minimum", "maximum"].into_iter().filter_map(|limit| schema[limit].as_f64()).map(|n| n.to_string());
            let longest = schema["maxLength"].as_u64().filter(|_| name == "q").map(|most| "x".repeat(count(most)));
            for value in edges.chain(longest).filter(|_| parameter["in"] == "query") {
                let answer =
                    call(&app, &world, operation, body(&world, operation.0)).with_query(name, &value).send().await;
                let mut errors = answer.body["errors"].as_array().into_iter().flatten();
                let refused = errors.any(|e| {
                    let code = e["code"].as_str().unwrap_or_default();
                    // There is no version with the greatest number.
                    let no_version = operation.0 == "get_decision_diff" && code == "not_found";
                    e["pointer"] == format!("?{name}") && !no_version && !["required", "inconsistent"].contains(&code)
                });
                assert!(answer.status < 500 && !refused, "{} {name}={value}: {:#}", operation.0, answer.body);
                asked += 1;
            }
        }
    }
    assert!(asked > 60, "only {asked} edges were tried");
}

both_engines![
    the_edges_of_parameters_are_within,
    no_operation_takes_a_body_that_its_schema_refuses,
    no_operation_takes_a_body_that_is_none,
    no_operation_takes_a_parameter_that_its_schema_refuses
];
