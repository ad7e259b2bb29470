//! Examples in the description are recorded from the journeys, not written: they show what really happens.
//!
//! What differs from run to run is replaced: ids by ids counted in the order of their appearance, codes, tokens, cursors,
//! keys and hashes by placeholders of the same kind. Times are the test clock's.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Answer;

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Recorder(RefCell<Seen>);

#[derive(Debug, Default)]
struct Seen {
    ids: BTreeMap<String, String>,
    keys: Vec<String>,
    /// By operation and status.
    kept: BTreeMap<(String, u16), Kept>,
}

#[derive(Debug)]
struct Kept {
    request: Option<Value>,
    response: Option<Value>,
    /// How much they tell.
    weight: usize,
}

/// Two public keys (the first is of RFC 8037) and their ids, in place of those of a test.
const KEYS: [(&str, &str); 2] = [
    ("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    ("7ZXYhwmEYYiVPpXbzo5A0PZ0OQ1KzR4J1gXo3pHZr2E", "q0xVtJ0Yw8mJ1Wc4bq2m8mK3oT5rXz7uPa9sDf1gHj0"),
];
const SECRET: &str = "q0xVtJ0Yw8mJ1Wc4bq2m8mK3oT5rXz7uPa9sDf1gHj0";

/// The seed of RFC 6238, appendix B, in place of those of a test.
const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

impl Seen {
    fn stable(&mut self, text: &str) -> String {
        // What is mailed or given once: tkr_, tkv_ and so on say what it is good for.
        if let Some((kind, _)) =
            text.split_at_checked(4).filter(|(kind, _)| kind.starts_with("tk") && kind.ends_with('_'))
        {
            return format!("{kind}{SECRET}");
        }
        // The secret within an address.
        if let Some((front, secret)) = text.split_once("/tkc_") {
            let rest = secret.split_once('/').map_or("", |(_, rest)| rest);
            return format!("{front}/tkc_{SECRET}/{rest}");
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some((at, id)) = find_uuid(rest) {
            out.push_str(&rest[..at]);
            let next = format!("0199d2c8-7c5e-7000-8000-{:012}", self.ids.len() + 1);
            out.push_str(self.ids.entry(id.to_owned()).or_insert(next));
            rest = &rest[at + 36..];
        }
        out + rest
    }

    fn key(&mut self, of: &str) -> (&'static str, &'static str) {
        let at = self.keys.iter().position(|known| known == of).unwrap_or_else(|| {
            self.keys.push(of.to_owned());
            self.keys.len() - 1
        });
        KEYS[at % KEYS.len()]
    }

    fn clean(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::Object(object) if object.get("kty").is_some() => {
                let (x, kid) = self.key(object["x"].as_str().unwrap_or_default());
                let mut key = value.clone();
                (key["x"], key["kid"]) = (json!(x), json!(kid));
                key
            }
            Value::Object(object) => {
                Value::Object(object.iter().map(|(name, value)| (name.clone(), self.clean(name, value))).collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.clean(name, item)).collect()),
            Value::String(text) => match name {
                "access_token" => {
                    json!("eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6Ii4uLiJ9.eyJpc3MiOiIuLi4ifQ.c2lnbmF0dXJl")
                }
                "secret" => json!(SEED),
                "otpauth_uri" => {
                    let (front, _) = text.split_once("secret=").unwrap();
                    json!(format!("{front}secret={SEED}&issuer=Threekeys"))
                }
                "recovery_codes" => json!("kq7m-3xwd-9fhr-b2tz"),
                "code" if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) => json!("492039"),
                // Of those who check in to a meeting.
                "code" if text.len() == 7 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) => {
                    json!("PTZ9Z6V")
                }
                "next_cursor" => json!("WjdNSxpmZ8b0u4bm3hY1bVsiMjAyNy0wMy0wMVQxODowMDowMFoiXQ"),
                "hash" => json!("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
                _ => json!(self.stable(text)),
            },
            other => other.clone(),
        }
    }
}

fn find_uuid(text: &str) -> Option<(usize, &str)> {
    (0..text.len().saturating_sub(35)).find_map(|at| {
        let part = text.get(at..at + 36)?;
        uuid::Uuid::try_parse(part).ok().filter(|_| part.as_bytes()[8] == b'-').map(|_| (at, part))
    })
}

impl Recorder {
    /// Keeps, of each operation and status, the success that tells most; of those that tell as much, the first.
    pub fn note(&self, operation: &str, request: Option<&[u8]>, answer: &Answer) {
        if !(200..300).contains(&answer.status) {
            return;
        }
        let mut seen = self.0.borrow_mut();
        let request = request.and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        // Every id is counted, whether or not the example is kept, so that the count follows the story.
        let request = request.map(|body| seen.clean("", &body));
        let response = (!answer.bytes.is_empty()).then(|| seen.clean("", &shown(answer)));
        let weight = [&request, &response].into_iter().flatten().map(told).sum();
        let key = (operation.to_owned(), answer.status);
        if seen.kept.get(&key).is_none_or(|kept| kept.weight < weight) {
            seen.kept.insert(key, Kept { request, response, weight });
        }
    }

    /// Operation id → `{request, responses: {status: body}}`.
    pub fn examples(&self) -> Value {
        let mut examples = json!({});
        let mut weights = BTreeMap::new();
        for ((operation, status), kept) in &self.0.borrow().kept {
            let example = &mut examples[operation];
            if example.is_null() {
                *example = json!({"responses": {}});
            }
            if let Some(response) = &kept.response {
                example["responses"][status.to_string()] = response.clone();
            }
            let weight = weights.entry(operation).or_insert(0);
            if let (Some(request), true) = (&kept.request, kept.weight > *weight) {
                *weight = kept.weight;
                example["request"] = request.clone();
            }
        }
        examples
    }
}

/// How many values there are that say something.
fn told(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Object(object) => object.values().map(told).sum(),
        Value::Array(items) => items.iter().map(told).sum(),
        _ => 1,
    }
}

/// A body as it is shown: long lists with two entries, the description without itself.
fn shown(answer: &Answer) -> Value {
    if answer.body.is_null() {
        // Calendars fold their lines wherever they are long, within ids too.
        return json!(String::from_utf8_lossy(&answer.bytes).replace("\r\n ", ""));
    }
    let mut body = answer.body.clone();
    // Pages alone: other lists belong together with what stands beside them.
    if body.get("next_cursor").is_some()
        && let Some(items) = body.get_mut("items").and_then(Value::as_array_mut)
    {
        items.truncate(2);
    }
    if body.get("openapi").is_some() {
        return json!({"openapi": body["openapi"], "info": body["info"], "paths": {}});
    }
    body
}
