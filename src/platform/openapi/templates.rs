//! Which operations an address leads to: found segment by segment, whatever their number.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use actix_web::http::header::{self, HeaderValue};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::platform::error::{Code, Error};
use crate::platform::http::routes::Serve;

/// What an operation takes beside its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// What answers it; none in a description that is not served.
    pub serve: Option<Serve>,
}

impl Template {
    /// Its operation with this method.
    pub fn operation(&self, method: &str) -> Option<&Known> {
        self.operations.iter().find(|known| known.method == method)
    }
    /// That this address does not know the method.
    pub fn method_not_allowed(&self) -> Error {
        let error = Error::new(Code::MethodNotAllowed, format!("This address knows {}.", self.methods));
        match HeaderValue::from_str(&self.methods) {
            Ok(value) => error.with_header(header::ALLOW, value),
            Err(_) => error,
        }
    }
    /// Whether it has no parameters.
    pub fn is_literal(&self) -> bool {
        !self.path.contains('{')
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

/// As much of the document as is looked at here.
#[derive(Default, Deserialize)]
struct Skeleton {
    paths: BTreeMap<String, BTreeMap<String, Operation>>,
}
#[derive(Deserialize)]
struct Operation {
    #[serde(rename = "operationId", default)]
    id: String,
    #[serde(default)]
    parameters: Vec<Parameter>,
    #[serde(rename = "requestBody")]
    body: Option<IgnoredAny>,
    /// Whether whatever is sent as a body is let in and not looked at.
    #[serde(rename = "x-any-body", default)]
    any_body: bool,
    /// Ways to say who one is, any of which will do.
    #[serde(default)]
    security: Vec<BTreeMap<String, IgnoredAny>>,
}
#[derive(Deserialize)]
struct Parameter {
    #[serde(rename = "in")]
    place: Option<String>,
}

impl Templates {
    /// From the description's text, with what answers each operation by its id; none when it is not a description.
    pub fn of(document: &str, served: &HashMap<&str, Serve>) -> Self {
        let skeleton: Skeleton = serde_json::from_str(document).unwrap_or_default();
        let mut root = Self::default();
        for (path, operations) in skeleton.paths {
            let operations: Vec<Known> = operations
                .iter()
                .map(|(method, operation)| {
                    let query = operation.parameters.iter().any(|one| one.place.as_deref() == Some("query"));
                    let ways = &operation.security;
                    let sign_in = !ways.is_empty() && ways.iter().all(|way| !way.is_empty());
                    Known {
                        method: method.to_uppercase(),
                        takes: Takes { query, body: operation.body.is_some() || operation.any_body, sign_in },
                        serve: served.get(operation.id.as_str()).copied(),
                    }
                })
                .collect();
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
        root
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
    use super::*;

    #[test]
    fn a_path_leads_to_its_template_and_to_no_other() {
        let templates = Templates::of(
            r#"{"paths": {"/livez": {"get": {}}, "/goals": {"get": {"parameters": [{"in": "query"}]}, "post": {"requestBody": {}, "security": [{"bearer": []}]}},
                "/goals/{goal_id}": {"get": {}}, "/goals/own": {"get": {}}, "/goals/{goal_id}/signatures": {"post": {}}}}"#,
            &HashMap::new(),
        );
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
        let signatures = templates.find("/goals/1%32/signatures").unwrap();
        assert_eq!(signatures.parameters("/goals/1%32/signatures").collect::<Vec<_>>(), [("goal_id", "1%32")]);
        assert!(goals.is_literal() && !signatures.is_literal());
    }
}
