//! Of two who change one thing at once, having read the same of it, one is told so: every operation that wants `If-Match`,
//! on both engines. The journeys live through it; see [`Twins`].

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::journeys::STORIES;
use crate::support::App;
use crate::support::app::description;
use crate::support::engines::{Engine, database};
use crate::support::spec::resolve;
use crate::support::twins::Twins;

fn nobody_changes_what_has_changed_meanwhile(engine: Engine) {
    actix_web::rt::System::new().block_on(async {
        let twins = Rc::new(Twins::default());
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
        let seen = twins.seen.borrow();
        let missing: Vec<&&str> = wanting.iter().filter(|id| !seen.contains(**id)).collect();
        assert!(missing.is_empty(), "no journey does these: {missing:?}");
    });
}

#[test]
fn sqlite() {
    nobody_changes_what_has_changed_meanwhile(Engine::Sqlite);
}

#[test]
fn postgres() {
    nobody_changes_what_has_changed_meanwhile(Engine::Postgres);
}
