//! Which operations an address leads to: found segment by segment, whatever their number.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::platform::error::{Error, Result};
use crate::platform::http::routes::Serve;

/// What an operation takes beside its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takes {
    /// Parameters in the query.
    pub query: bool,
    /// A body.
    pub body: bool,
    /// Nobody but those who say who they are.
    pub sign_in: bool,
}

/// A path template and its operations.
#[derive(Debug)]
pub struct Template {
    /// Like `/api/v1/goals/{goal_id}`.
    pub path: Arc<str>,
    /// The methods that it knows, for `Allow`.
    pub methods: String,
    operations: Vec<Known>,
}

/// An operation of a template.
#[derive(Debug)]
pub struct Known {
    method: String,
    /// What it takes.
    pub takes: Takes,
    /// What answers it.
    pub serve: Serve,
}

impl Template {
    /// Its operation with this method.
    pub fn operation(&self, method: &str) -> Option<&Known> {
        self.operations.iter().find(|known| known.method == method)
    }
    /// The parameters of a path that leads here: names and values, in their order.
    pub fn parameters<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.path
            .split('/')
            .zip(path.split('/'))
            .filter_map(|(name, value)| Some((name.strip_prefix('{')?.trim_end_matches('}'), value)))
    }
}

/// All templates, as a tree of their segments.
#[derive(Default)]
pub struct Templates {
    fixed: HashMap<Box<str>, Templates>,
    any: Option<Box<Templates>>,
    here: Option<Arc<Template>>,
}

/// What serving has to know of an operation.
#[derive(Debug, Serialize, Deserialize)]
pub struct Outline {
    id: String,
    method: String,
    path: String,
    #[serde(flatten)]
    takes: Takes,
}

impl Outline {
    /// Of every operation that the document describes, by path and method.
    pub fn of(document: &Value) -> Vec<Self> {
        every_operation(document)
            .map(|(id, method, path, operation)| {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                // Ways to say who one is, any of which will do.
                let ways = operation["security"].as_array().map(Vec::as_slice).unwrap_or_default();
                let is_way = |way: &Value| way.as_object().is_some_and(|way| !way.is_empty());
                // Whether whatever is sent as a body is let in and not looked at.
                let any_body = operation["x-any-body"] == true;
                let takes = Takes {
                    query: parameters.into_iter().any(|one| one["in"] == "query"),
                    body: any_body || operation.get("requestBody").is_some(),
                    sign_in: !ways.is_empty() && ways.iter().all(is_way),
                };
                Self { id: id.to_owned(), method: method.to_uppercase(), path: path.to_owned(), takes }
            })
            .collect()
    }
}

/// Every operation of a document: id, method, path template, its object.
pub fn every_operation(document: &Value) -> impl Iterator<Item = (&str, &str, &str, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().filter_map(move |(method, operation)| {
            Some((operation.get("operationId")?.as_str()?, method.as_str(), path.as_str(), operation))
        })
    })
}

impl Templates {
    /// Of these operations, with what answers each by its id.
    ///
    /// # Errors
    /// A fault that names the operation that nothing answers.
    pub fn of(outline: Vec<Outline>, served: &HashMap<&str, Serve>) -> Result<Self> {
        let mut paths: BTreeMap<String, Vec<Known>> = BTreeMap::new();
        for Outline { id, method, path, takes } in outline {
            let serve = served.get(id.as_str()).copied();
            let serve = serve.ok_or_else(|| Error::fault(format!("nothing answers the operation {id}")))?;
            paths.entry(path).or_default().push(Known { method, takes, serve });
        }
        let mut root = Self::default();
        for (path, operations) in paths {
            let mut methods: Vec<&str> = operations.iter().map(|known| known.method.as_str()).collect();
            if methods.contains(&"GET") {
                methods.push("HEAD");
            }
            methods.push("OPTIONS");
            methods.sort_unstable();
            let methods = methods.join(", ");
            let place = path.split('/').fold(&mut root, |at, segment| match segment.starts_with('{') {
                true => at.any.get_or_insert_default(),
                false => at.fixed.entry(segment.into()).or_default(),
            });
            place.here = Some(Arc::new(Template { path: path.as_str().into(), methods, operations }));
        }
        Ok(root)
    }

    /// The template that `path` matches. Where a word and a parameter could stand, the word goes first.
    pub fn find(&self, path: &str) -> Option<&Arc<Template>> {
        let (segment, rest) = match path.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (path, None),
        };
        let word = self.fixed.get(segment).and_then(|next| next.after(rest));
        word.or_else(|| self.any.as_deref().filter(|_| !segment.is_empty()).and_then(|next| next.after(rest)))
    }

    fn after(&self, rest: Option<&str>) -> Option<&Arc<Template>> {
        match rest {
            Some(rest) => self.find(rest),
            None => self.here.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_leads_to_its_template_and_to_no_other() {
        let document = json!({"paths": {
            "/livez": {"get": {"operationId": "livez"}},
            "/goals": {
                "get": {"operationId": "list_goals", "parameters": [{"in": "query"}]},
                "post": {"operationId": "create_goal", "requestBody": {}, "security": [{"bearer": []}]},
            },
            "/goals/{goal_id}": {"get": {"operationId": "get_goal", "security": [{}, {"bearer": []}]}},
            "/goals/own": {"get": {"operationId": "get_own_goal"}},
            "/goals/{goal_id}/signatures": {"post": {"operationId": "sign_goal", "x-any-body": true}},
        }});
        let serve: Serve = |_| unreachable!("nobody asks");
        let ids = ["livez", "list_goals", "create_goal", "get_goal", "get_own_goal", "sign_goal"];
        let mut served: HashMap<&str, Serve> = ids.into_iter().map(|id| (id, serve)).collect();
        let templates = Templates::of(Outline::of(&document), &served).unwrap();
        let found = |path| templates.find(path).map(|found| &*found.path);
        assert_eq!(found("/livez"), Some("/livez"));
        assert_eq!(found("/goals/own"), Some("/goals/own"));
        assert_eq!(found("/goals/1"), Some("/goals/{goal_id}"));
        assert_eq!(found("/goals/own/signatures"), Some("/goals/{goal_id}/signatures"));
        for nothing in ["", "/", "/goals/", "/goal", "/goals/1/", "/goals//signatures", "/goals/1/2", "goals"] {
            assert_eq!(found(nothing), None, "{nothing}");
        }
        let goals = templates.find("/goals").unwrap();
        assert_eq!(goals.methods, "GET, HEAD, OPTIONS, POST");
        let takes = |method| goals.operation(method).map(|known| known.takes);
        assert_eq!(takes("GET"), Some(Takes { query: true, body: false, sign_in: false }));
        assert_eq!(takes("POST"), Some(Takes { query: false, body: true, sign_in: true }));
        assert_eq!(takes("PUT"), None);
        assert!(!templates.find("/goals/1").unwrap().operation("GET").unwrap().takes.sign_in);
        let signatures = templates.find("/goals/1%32/signatures").unwrap();
        assert_eq!(signatures.parameters("/goals/1%32/signatures").collect::<Vec<_>>(), [("goal_id", "1%32")]);
        assert!(signatures.operation("POST").unwrap().takes.body);
        served.remove("get_goal");
        let error = Templates::of(Outline::of(&document), &served).err().unwrap();
        assert!(error.to_string().contains("get_goal"), "{error}");
    }
}
