//! Mass assignment: every body × every field that is somebody else's to set. Each is refused by its name, at each depth, and
//! nothing is changed.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use threekeys::accounts::Persona;

use super::world::{
    Operation, World, allowed, body, contents, first_part, nothing_changed, of_its_part, operations, path, world,
};
use crate::support::app::description;
use crate::support::client::Call;
use crate::support::spec::resolve;
use crate::support::{Answer, App};

/// What is tried on servers in general, and no schema here has.
const TYPICAL: [&str; 16] = [
    "id",
    "_id",
    "uuid",
    "kind",
    "role",
    "roles",
    "is_admin",
    "isAdmin",
    "admin",
    "account_id",
    "owner_id",
    "version",
    "password_hash",
    "permissions",
    "__proto__",
    "constructor",
];
/// Named at once in one answer: no more than a refusal lists.
const AT_ONCE: usize = 90;

/// Names of all properties of all objects that a client is ever shown.
fn shown() -> BTreeSet<String> {
    let description = description();
    let schemas = description.json["components"]["schemas"].as_object().unwrap();
    let properties = schemas.values().flat_map(|schema| schema["properties"].as_object().into_iter().flatten());
    properties.map(|(name, _)| name.clone()).chain(TYPICAL.map(String::from)).collect()
}

/// Places in `value` where an object stands, with the names that its schema has there.
fn objects(schema: &Value, value: &Value, at: &str, found: &mut Vec<(String, BTreeSet<String>)>) {
    let schema = resolve(schema);
    for part in ["oneOf", "anyOf"] {
        for branch in schema[part].as_array().into_iter().flatten() {
            objects(branch, value, at, found);
        }
    }
    match value {
        Value::Object(fields) if schema["additionalProperties"] == false => {
            let known = schema["properties"].as_object().cloned().unwrap_or_default();
            for (name, inner) in fields.iter().filter(|(name, _)| known.contains_key(*name)) {
                objects(&known[name], inner, &format!("{at}/{name}"), found);
            }
            found.push((at.to_owned(), known.keys().cloned().collect()));
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate().take(1) {
                objects(&schema["items"], item, &format!("{at}/{i}"), found);
            }
        }
        _ => {}
    }
}

/// The request of the operation by somebody who may make it, with this body.
pub fn call<'a>(app: &'a App, world: &World, operation: Operation<'_>, body: Option<Value>) -> Call<'a> {
    let persona = allowed(operation.0);
    let token = world.personas[&persona].as_ref().map(|person| person.token.as_str());
    call_as(app, world, persona, operation, token, body)
}

/// The request of the operation by this kind of caller with this token.
pub fn call_as<'a>(
    app: &'a App,
    world: &World,
    persona: Persona,
    operation: Operation<'_>,
    token: Option<&str>,
    body: Option<Value>,
) -> Call<'a> {
    let path = path(world, persona, operation, token);
    let call = match operation.1 {
        "get" => app.get(path),
        "post" if first_part(operation.0).is_none() => app.post(path).fresh_key(),
        "post" => app.post(path),
        "put" => app.put(path),
        "patch" => app.patch(path),
        _ => app.delete(path),
    };
    // A version that nobody has: what were taken after all would end there.
    let mut call = call.if_match(9_999_999).unchecked();
    if let Some(token) = token {
        call = call.header("authorization", format!("Bearer {token}"));
    }
    match body {
        Some(body) => call.json(body),
        None => call,
    }
}

fn named(answer: &Answer) -> BTreeSet<(String, String)> {
    let errors = answer.body["errors"].as_array().into_iter().flatten();
    errors.map(|e| (e["pointer"].as_str().unwrap().to_owned(), e["code"].as_str().unwrap().to_owned())).collect()
}

async fn no_body_takes_a_field_that_is_not_its_own(app: App) {
    let world = world(&app).await;
    let before = contents(&app).await;
    let names = shown();
    let (mut asked, mut wrong) = (0, Vec::new());
    for operation in operations(&description()) {
        let Some(base) = body(&world, operation.0) else { continue };
        let schema = &operation.3["requestBody"]["content"]["application/json"]["schema"];
        let mut places = Vec::new();
        objects(schema, &base, "", &mut places);
        assert!(places.iter().any(|(at, _)| at.is_empty()), "{}: the body is no closed object", operation.0);
        for (at, known) in places {
            let foreign: Vec<&String> = names.iter().filter(|name| !known.contains(*name)).collect();
            assert!(foreign.len() > 200, "{}: only {} names", operation.0, foreign.len());
            for some in foreign.chunks(AT_ONCE) {
                for value in [json!(true), Value::Null] {
                    let mut sent = base.clone();
                    let object = sent.pointer_mut(&at).and_then(Value::as_object_mut).unwrap();
                    object.extend(some.iter().map(|name| ((*name).clone(), value.clone())));
                    let answer = of_its_part(operation.0, call(&app, &world, operation, Some(sent)).send().await);
                    asked += some.len();
                    let expected: BTreeSet<_> =
                        some.iter().map(|name| (format!("{at}/{name}"), "unknown_field".to_owned())).collect();
                    if answer.status != 422 || named(&answer) != expected {
                        wrong.push(format!("{} at {at:?}: {} {:.200}", operation.0, answer.status, answer.body));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 30_000, "only {asked} fields were tried");
    nothing_changed(&before, &contents(&app).await);
}

both_engines![no_body_takes_a_field_that_is_not_its_own];
