//! Endpoints of communication plans.

mod adoption;
mod entries;
mod plans;

use crate::platform::http::Routes;

/// Adds this slice's endpoints.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(plans::create_communication_plan)
        .service(plans::list_communication_plans)
        .service(plans::get_communication_plan)
        .service(plans::update_communication_plan)
        .service(adoption::propose_communication_plan)
        .service(adoption::withdraw_communication_plan);
}
