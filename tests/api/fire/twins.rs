//! Two who do one thing at once, having read the same before, on both engines: every operation that wants `If-Match` lets one
//! of them through and tells the other, and no other write ends in a fault. The journeys live through it; see [`Twins`].
//!
//! Of writes without `If-Match` a few are taken by default, for each of them ends its story; `THREEKEYS_FIRE=full cargo test
//! --test api fire::twins` takes all.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::rc::Rc;

use futures_util::FutureExt as _;

use super::server::{is_full, say};
use crate::journeys::{STORIES, Story};
use crate::support::App;
use crate::support::app::description;
use crate::support::engines::{Engine, database};
use crate::support::spec::resolve;
use crate::support::twins::{Sent, Twins};

/// One in so many is taken where not all are.
const ONE_IN: usize = 3;

fn nobody_changes_what_has_changed_meanwhile(engine: Engine) {
    actix_web::rt::System::new().block_on(async {
        let twins = Rc::new(Twins::Versioned(Default::default()));
        for story in STORIES {
            let Some(database) = database(engine) else { return };
            story(App::new(database).await.twinned(twins.clone()).await).await;
        }
        let description = description();
        let wants_it = |operation: &serde_json::Value| {
            let parameters = operation["parameters"].as_array();
            parameters.into_iter().flatten().any(|parameter| resolve(parameter)["name"] == "If-Match")
        };
        let operations = description.operations();
        let wanting = operations.iter().filter(|(_, _, _, operation)| wants_it(operation));
        let wanting: BTreeSet<&str> = wanting.map(|(id, ..)| *id).collect();
        assert!(wanting.len() > 50, "{wanting:?}");
        let Twins::Versioned(seen) = twins.as_ref() else { unreachable!() };
        let seen = seen.borrow();
        let missing: Vec<&&str> = wanting.iter().filter(|id| !seen.contains(**id)).collect();
        assert!(missing.is_empty(), "no journey does these: {missing:?}");
    });
}

fn nothing_done_twice_at_once_is_a_fault(engine: Engine) {
    actix_web::rt::System::new().block_on(async {
        let mut told_in: BTreeMap<String, Story> = BTreeMap::new();
        for story in STORIES {
            let Some(database) = database(engine) else { return };
            let twins = Rc::new(Twins::None(Default::default()));
            story(App::new(database).await.twinned(twins.clone()).await).await;
            let Twins::None(seen) = twins.as_ref() else { unreachable!() };
            for operation in seen.take() {
                told_in.entry(operation).or_insert(story);
            }
        }
        assert!(told_in.len() > 50, "{:?}", told_in.keys());
        let some = if is_full() { 1 } else { ONE_IN };
        let mut sent = 0;
        for (operation, story) in told_in.into_iter().step_by(some) {
            let Some(database) = database(engine) else { return };
            let app = App::new(database).await.twinned(Rc::new(Twins::Of(operation.clone()))).await;
            match AssertUnwindSafe(story(app)).catch_unwind().await {
                Err(why) if why.is::<Sent>() => sent += 1,
                Err(why) => resume_unwind(why),
                Ok(()) => panic!("the story has no {operation} any more"),
            }
        }
        say(&format!("{sent} operations, by two at once"));
    });
}

#[test]
fn sqlite_versioned() {
    nobody_changes_what_has_changed_meanwhile(Engine::Sqlite);
}

#[test]
fn postgres_versioned() {
    nobody_changes_what_has_changed_meanwhile(Engine::Postgres);
}

#[test]
fn sqlite_others() {
    nothing_done_twice_at_once_is_a_fault(Engine::Sqlite);
}

#[test]
fn postgres_others() {
    nothing_done_twice_at_once_is_a_fault(Engine::Postgres);
}
