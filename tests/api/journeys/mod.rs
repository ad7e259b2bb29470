//! Stories of people who use Threekeys, told through the API alone. The examples in its description are recorded from them.

mod first_hour;
mod groups_goal;
mod helping_hands;
mod keeping_house;
mod officers_week;
mod second_thoughts;
mod town;

use std::pin::Pin;
use std::rc::Rc;

use serde_json::Value;

use crate::support::App;
use crate::support::engines::{Engine, database};
use crate::support::examples::Recorder;

pub type Story = fn(App) -> Pin<Box<dyn Future<Output = ()>>>;

/// In this order: it decides which of two examples that tell as much is taken, and how ids are counted.
pub const STORIES: [Story; 6] = [
    |app| Box::pin(first_hour::a_newcomers_first_hour(app)),
    |app| Box::pin(groups_goal::a_groups_goal(app)),
    |app| Box::pin(officers_week::an_officers_week(app)),
    |app| Box::pin(second_thoughts::what_people_think_better_of(app)),
    |app| Box::pin(keeping_house::an_administrators_month(app)),
    |app| Box::pin(helping_hands::helping_hands(app)),
];

/// Lives all stories once, on SQLite, and gives what was seen: operation id → `{request, responses}`.
pub fn recorded() -> Value {
    actix_web::rt::System::new().block_on(async {
        let recorder = Rc::new(Recorder::default());
        for story in STORIES {
            let database = database(Engine::Sqlite).unwrap();
            story(App::new(database).await.recording(recorder.clone())).await;
        }
        recorder.examples()
    })
}
