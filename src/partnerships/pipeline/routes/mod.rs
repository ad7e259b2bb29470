//! Endpoints of succession and the pipeline, one file per resource.

mod development;
mod leadership;
mod mentoring;
mod plans;
mod promotions;
mod seats;
mod shadowings;

use crate::platform::http::Routes;

/// Adds this sub-slice's endpoints.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(leadership::get_leadership)
        .service(seats::hand_over_seat)
        .service(seats::renew_seat)
        .service(seats::acknowledge_seat)
        .service(seats::name_successors)
        .service(shadowings::assign_shadow)
        .service(shadowings::list_shadowings)
        .service(shadowings::get_shadowing)
        .service(shadowings::accept_shadowing)
        .service(shadowings::decline_shadowing)
        .service(shadowings::end_shadowing)
        .service(development::get_development)
        .service(development::state_readiness)
        .service(promotions::suggest_promotions)
        .service(promotions::list_promotions)
        .service(promotions::get_promotion)
        .service(promotions::confirm_promotion)
        .service(promotions::agree_to_promotion)
        .service(promotions::decline_promotion)
        .service(plans::create_development_plan)
        .service(plans::list_development_plans)
        .service(plans::get_development_plan)
        .service(plans::update_development_plan)
        .service(plans::end_development_plan)
        .service(mentoring::agree_to_mentor)
        .service(mentoring::decline_to_mentor)
        .service(mentoring::review_development_plan)
        .service(mentoring::list_development_reviews);
}
