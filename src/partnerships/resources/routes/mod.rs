//! Endpoints of needs, pledges and partners, one file per resource.

mod broadening;
mod invitations;
mod needing;
mod needs;
mod partners;
mod pledges;
mod reviews;

use crate::platform::http::Routes;

/// Adds this part's endpoints.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(needs::create_need)
        .service(needs::list_needs)
        .service(needs::get_need)
        .service(needs::update_need)
        .service(needs::request_need)
        .service(needs::withdraw_need)
        .service(needs::list_need_timeline)
        .service(reviews::review_needs)
        .service(reviews::get_needs_review)
        .service(pledges::offer_pledge)
        .service(pledges::list_pledges)
        .service(pledges::get_pledge)
        .service(pledges::accept_pledge)
        .service(pledges::decline_pledge)
        .service(pledges::withdraw_pledge)
        .service(pledges::record_delivery)
        .service(pledges::list_deliveries)
        .service(partners::invite_partner)
        .service(partners::invite_partner_again)
        .service(partners::list_partners)
        .service(partners::get_partner)
        .service(partners::update_partner)
        .service(partners::end_partner)
        .service(invitations::accept_partner_invitation)
        .service(invitations::decline_partner_invitation)
        .service(broadening::get_broadening);
}
