//! Whichever statement of a write fails, the whole write is undone: every operation, every statement, on both engines.
//!
//! The journeys live through it: between them they use every operation. See [`Trouble`] for how each statement comes to
//! fail.
//!
//! By default each operation is put through it once; `THREEKEYS_FIRE=full cargo test --test api fire::statements` does so
//! each time that a journey uses it.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::server::{is_full, say};
use crate::journeys::STORIES;
use crate::support::App;
use crate::support::app::description;
use crate::support::engines::{Engine, database};
use crate::support::trouble::Trouble;

fn every_write_is_undone_whole_whichever_statement_of_it_fails(engine: Engine) {
    actix_web::rt::System::new().block_on(async {
        let trouble = Rc::new(Trouble::new(is_full()));
        for story in STORIES {
            let Some(database) = database(engine) else { return };
            story(App::new(database).await.troubled(trouble.clone()).await).await;
        }
        let (seen, failures) = (trouble.seen.borrow(), trouble.failures.borrow());
        let description = description();
        let writes: BTreeSet<&str> = description
            .operations()
            .into_iter()
            .filter(|(_, method, ..)| !method.eq_ignore_ascii_case("get"))
            .map(|(id, ..)| id)
            .collect();
        let missing: Vec<&&str> = writes.iter().filter(|id| !seen.contains_key(**id)).collect();
        assert!(missing.is_empty(), "no journey lets these fail: {missing:?}");
        for (operation, changes) in seen.iter() {
            // Without its record nothing is changed; see the module `platform::record`.
            assert!(changes.contains("INSERT records"), "{operation}: {changes:?}");
        }
        let changes: usize = seen.values().map(BTreeSet::len).sum();
        say(&format!(
            "{} operations, {changes} kinds of changes in them, failed {failures} times and were undone",
            writes.len()
        ));
    });
}

#[test]
fn sqlite() {
    every_write_is_undone_whole_whichever_statement_of_it_fails(Engine::Sqlite);
}

#[test]
fn postgres() {
    every_write_is_undone_whole_whichever_statement_of_it_fails(Engine::Postgres);
}
