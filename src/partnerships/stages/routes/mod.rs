//! Endpoints of the stages of a partnership's life.

mod activation;
mod agreements;
mod effects;
mod proposals;
pub mod shown;
mod suspensions;

use crate::platform::http::Routes;

/// Adds this slice's endpoints.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(activation::activate_partnership)
        .service(suspensions::suspend_partnership)
        .service(suspensions::lift_suspension)
        .service(proposals::propose_waiver)
        .service(proposals::propose_closing)
        .service(proposals::propose_reactivation)
        .service(proposals::propose_confirmation)
        .service(agreements::list_agreements)
        .service(agreements::get_agreement)
        .service(agreements::sign_agreement)
        .service(agreements::withdraw_agreement);
}
