//! What is committed of the API is what the code makes: the examples that the journeys leave, the description with them, its
//! outline, and the table of permissions.
//!
//! `UPDATE_OPENAPI=1 cargo test --test api contract` writes all four anew, in one run.

use std::sync::OnceLock;

use serde_json::Value;
use threekeys::app;
use threekeys::permissions;
use threekeys::platform::openapi::Description;

use super::description::every_operation_of;
use super::sources::root;
use crate::journeys;
use crate::support::spec;

const EXAMPLES: &str = "openapi/examples.json";
const DESCRIPTION: &str = "openapi/openapi.json";
const OUTLINE: &str = "openapi/outline.json";
const PERMISSIONS: &str = "openapi/permissions.md";

/// What the code makes today. The description that this binary embeds knows the committed examples; this one knows those of
/// this run.
struct Made {
    examples: Value,
    description: Description,
}

impl Made {
    fn text(&self, file: &str) -> String {
        match file {
            EXAMPLES => format!("{:#}\n", self.examples),
            DESCRIPTION => String::from_utf8(self.description.text.to_vec()).unwrap(),
            OUTLINE => self.description.outline(),
            _ => permissions::page(&self.description),
        }
    }
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let examples = journeys::recorded();
        let description = app::describe(&examples).unwrap();
        let made = Made { examples, description };
        if std::env::var_os("UPDATE_OPENAPI").is_some_and(|value| value == "1") {
            for file in [EXAMPLES, DESCRIPTION, OUTLINE, PERMISSIONS] {
                std::fs::write(root().join(file), made.text(file)).unwrap();
            }
        }
        made
    })
}

#[track_caller]
fn is_current(file: &str) {
    let current = made().text(file);
    let committed = std::fs::read_to_string(root().join(file)).unwrap_or_default();
    let differ = committed.lines().zip(current.lines()).position(|(a, b)| a != b);
    let differ = differ.unwrap_or_else(|| committed.lines().count().min(current.lines().count()));
    let line = |text: &str| text.lines().nth(differ).unwrap_or_default().trim().to_owned();
    assert!(
        committed == current,
        "{file} is not what the code makes: in line {} it has {:?}, the code makes {:?}. \
         UPDATE_OPENAPI=1 cargo test --test api contract writes it anew.",
        differ + 1,
        line(&committed),
        line(&current)
    );
}

#[test]
fn committed_examples_are_what_the_journeys_leave() {
    is_current(EXAMPLES);
}

#[test]
fn committed_description_is_current() {
    is_current(DESCRIPTION);
}

#[test]
fn committed_outline_is_current() {
    is_current(OUTLINE);
}

/// What is described is served, and what is listed to be served is described.
#[test]
fn every_operation_is_served_and_described() {
    let served = app::ALL.by_id();
    every_operation_of(&made().description, |id, method, path, _, faults| {
        let template = made().description.template(path).unwrap();
        if !served.contains_key(id) || template.operation(&method.to_uppercase()).is_none() {
            faults.push("is not served".into());
        }
    });
    assert_eq!(made().description.operations().len(), served.len());
}

#[test]
fn committed_permissions_are_current() {
    is_current(PERMISSIONS);
}

/// Whoever reads the description sees of each operation what to send and what comes back, and both are true.
#[test]
fn every_operation_has_examples_that_fit() {
    let fits = |place: &str, content: &Value, faults: &mut Vec<String>| {
        for (kind, media) in content.as_object().into_iter().flatten() {
            match media.get("example") {
                None => faults.push(format!("{place} ({kind}) has no example: let a journey do it")),
                Some(example) if kind.ends_with("json") => spec::fits(place, &media["schema"], example),
                Some(example) if example.is_string() => {}
                Some(example) => faults.push(format!("{place} ({kind}) has an example that is no text: {example}")),
            }
        }
    };
    every_operation_of(&made().description, |id, _, _, operation, faults| {
        fits(&format!("the request of {id}"), &operation["requestBody"]["content"], faults);
        for (status, response) in operation["responses"].as_object().into_iter().flatten() {
            if status.starts_with('2') {
                fits(&format!("{status} of {id}"), &response["content"], faults);
            }
        }
    });
}

/// Nobody is written to, and no site is called, who tries them out.
#[test]
fn examples_lead_to_no_real_address() {
    let text = made().examples.to_string();
    let host_after = |at: usize| -> String {
        text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect()
    };
    for mark in ["@", "://"] {
        for (at, _) in text.match_indices(mark) {
            if text[..at].ends_with("otpauth") {
                continue;
            }
            let host = host_after(at + mark.len());
            let is_made_up = ["example.org", ".example", "localhost.localdomain"].iter().any(|end| host.ends_with(end));
            assert!(is_made_up, "{mark}{host}");
        }
    }
}
