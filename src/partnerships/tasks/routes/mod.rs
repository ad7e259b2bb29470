//! Endpoints of tasks, one file per resource.

mod commendations;
mod equity;
mod lists;
mod offers;
mod shown;
mod skills;
mod tasks;
mod waiting;
mod work;

use crate::platform::http::Routes;
pub use waiting::{OwnTask, own_tasks};

/// Adds this slice's endpoints.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(tasks::create_task)
        .service(lists::list_tasks)
        .service(lists::list_own_tasks)
        .service(lists::get_task)
        .service(tasks::update_task)
        .service(tasks::open_task)
        .service(tasks::cancel_task)
        .service(tasks::allow_task_overlap)
        .service(offers::list_task_candidates)
        .service(offers::offer_task)
        .service(offers::withdraw_task_offer)
        .service(offers::accept_task)
        .service(offers::decline_task)
        .service(offers::volunteer_for_task)
        .service(work::return_task)
        .service(work::start_task)
        .service(work::complete_task)
        .service(work::verify_task)
        .service(equity::get_task_equity)
        .service(skills::list_skills)
        .service(skills::add_skill)
        .service(commendations::commend_member)
        .service(commendations::list_commendations)
        .service(commendations::list_own_commendations)
        .service(commendations::get_commendation)
        .service(commendations::withdraw_commendation);
}
