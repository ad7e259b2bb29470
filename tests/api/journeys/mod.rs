//! Stories of people who use Threekeys, told through the API alone. The examples in its description are recorded from them.

mod deciding_together;
mod first_hour;
mod goals_needs;
mod groups_goal;
mod helping_hands;
mod in_session;
mod keeping_house;
mod monthly_year;
mod next_leaders;
mod officers_week;
mod promises_kept;
mod second_thoughts;
mod town;
mod whole_life;

use std::pin::Pin;
use std::rc::Rc;

use serde_json::Value;

use crate::support::App;
use crate::support::engines::{Engine, database};
use crate::support::examples::Recorder;

pub type Story = fn(App) -> Pin<Box<dyn Future<Output = ()>>>;

/// In this order: it decides which of two examples that tell as much is taken, and how ids are counted.
pub const STORIES: [Story; 14] = [
    |app| Box::pin(first_hour::a_newcomers_first_hour(app)),
    |app| Box::pin(groups_goal::a_groups_goal(app)),
    |app| Box::pin(officers_week::an_officers_week(app)),
    |app| Box::pin(second_thoughts::what_people_think_better_of(app)),
    |app| Box::pin(whole_life::a_partnerships_life(app)),
    |app| Box::pin(goals_needs::what_a_goal_needs(app)),
    |app| Box::pin(keeping_house::an_administrators_month(app)),
    |app| Box::pin(next_leaders::the_next_leaders(app)),
    |app| Box::pin(next_leaders::a_mentor_after_all(app)),
    |app| Box::pin(monthly_year::a_year_of_a_monthly_meeting(app)),
    |app| Box::pin(deciding_together::what_they_decide_together(app)),
    |app| Box::pin(helping_hands::helping_hands(app)),
    |app| Box::pin(in_session::an_evening_in_session(app)),
    |app| Box::pin(promises_kept::promises_kept(app)),
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
