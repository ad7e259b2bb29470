//! The API description: every operation in it is fit to read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use threekeys::platform::openapi::Description;

use crate::support::app::description;
use crate::support::spec::resolve;

/// Fails with every fault that `find` tells of any operation, all at once.
fn every_operation(find: impl Fn(&str, &str, &str, &Value, &mut Vec<String>)) {
    every_operation_of(&description(), find);
}

/// The same for a description that is not the embedded one.
pub fn every_operation_of(description: &Description, find: impl Fn(&str, &str, &str, &Value, &mut Vec<String>)) {
    let mut faults = Vec::new();
    for (id, method, path, operation) in description.operations() {
        let mut found = Vec::new();
        find(id, method, path, operation, &mut found);
        faults.extend(found.iter().map(|fault| format!("{method} {path} ({id}): {fault}")));
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_operation_is_documented() {
    let document = &description().json;
    let tags: BTreeSet<&str> =
        document["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str()).collect();
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    every_operation(|_, _, path, operation, faults| {
        let summary = operation["summary"].as_str().unwrap_or_default();
        if summary.len() < 8 || !summary.ends_with('.') || summary.contains('\n') {
            faults.push(format!("the summary is no sentence: {summary:?}"));
        }
        let used: Vec<&str> = operation["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if used.is_empty() || !used.iter().all(|tag| tags.contains(tag)) {
            faults.push(format!("tags {used:?} are not all among the described ones"));
        }
        match operation["security"].as_array() {
            Some(ways) if !ways.is_empty() => {
                let named = ways.iter().filter_map(Value::as_object).flat_map(|way| way.keys());
                faults
                    .extend(named.filter(|name| !schemes.contains_key(*name)).map(|name| format!("security {name}?")));
            }
            _ => faults.push("it does not say whether it needs a session".into()),
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten().map(resolve) {
            if parameter["description"].as_str().is_none_or(str::is_empty) && parameter["in"] != "path" {
                faults.push(format!("the parameter {} is not described", parameter["name"]));
            }
        }
        let responses = operation["responses"].as_object().cloned().unwrap_or_default();
        for (status, response) in &responses {
            let response = resolve(response);
            if response["description"].as_str().is_none_or(str::is_empty) {
                faults.push(format!("{status} is not described"));
            }
            let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
            if status.starts_with('4') && *problem != "#/components/schemas/Problem" {
                faults.push(format!("{status} is no problem document"));
            }
        }
        let has = |status: &str| responses.contains_key(status);
        if !responses.keys().any(|status| status.starts_with('2')) {
            faults.push("no success is described".into());
        }
        if !responses.keys().any(|status| status.starts_with('4')) {
            faults.push("no refusal is described".into());
        }
        if path.starts_with("/api/") && !(has("401") && has("429") && has("503")) {
            faults.push("401, 429 and 503 can come from everywhere and are not all described".into());
        }
        if operation.get("requestBody").is_some() && !(has("413") && has("415") && has("422")) {
            faults.push("it takes a body and does not describe 413, 415 and 422".into());
        }
    });
}

#[test]
fn every_operation_id_is_a_verb_and_a_noun_and_its_own() {
    let seen = std::cell::RefCell::new(BTreeMap::new());
    every_operation(|id, method, path, _, faults| {
        let words: Vec<&str> = id.split('_').collect();
        let well_formed = words
            .iter()
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        // What stands outside the API has the name of its address.
        if !well_formed || (path.starts_with("/api/") && words.len() < 2) {
            faults.push("is not <verb>_<noun>".into());
        }
        if let Some(other) = seen.borrow_mut().insert(id.to_owned(), format!("{method} {path}")) {
            faults.push(format!("is also the id of {other}"));
        }
    });
    let described: usize = description().json["paths"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_object)
        .flatten()
        .filter(|(method, _)| ["get", "post", "put", "patch", "delete"].contains(&method.as_str()))
        .count();
    assert_eq!(described, seen.borrow().len(), "an operation has no id");
}

#[test]
fn every_list_pages() {
    every_operation(|_, method, _, operation, faults| {
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let names: Vec<String> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|parameter| resolve(parameter)["name"].as_str().map(ToOwned::to_owned))
            .collect();
        let is_page = !resolve(schema)["properties"]["next_cursor"].is_null();
        if is_page && !["limit", "cursor"].iter().all(|name| names.iter().any(|n| n == name)) {
            faults.push("a page without limit and cursor".into());
        }
        if method == "get" && resolve(schema)["type"] == "array" {
            faults.push("a bare list, which can't be paged".into());
        }
    });
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value) {
        match value {
            Value::Object(members) => {
                if members.get("$ref").is_some_and(Value::is_string) {
                    resolve(value);
                }
                members.values().for_each(walk);
            }
            Value::Array(items) => items.iter().for_each(walk),
            _ => {}
        }
    }
    walk(&description().json);
}
