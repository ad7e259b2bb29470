//! Endpoints of partnerships, one file per resource.

mod adopting;
mod amendments;
mod closing;
mod contributors;
mod faces;
mod front;
mod goals;
mod history;
mod invitations;
mod memberships;
mod missions;
mod objectives;
mod partnerships;
mod progress;
pub(super) mod seats;

use crate::platform::http::Routes;
pub(super) use faces::{PartnershipDetail, detail};
pub use front::{PartnershipFront, front};
pub(super) use partnerships::ANSWER_WITHIN_DAYS;
pub use partnerships::classes;

/// Adds this slice's endpoints.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(partnerships::propose_partnership)
        .service(partnerships::list_partnerships)
        .service(partnerships::get_partnership)
        .service(partnerships::update_partnership)
        .service(partnerships::accept_partnership)
        .service(partnerships::decline_partnership)
        .service(partnerships::get_formation)
        .service(partnerships::list_partnership_timeline)
        .service(memberships::request_membership)
        .service(memberships::list_memberships)
        .service(memberships::get_membership)
        .service(memberships::update_membership)
        .service(memberships::accept_membership)
        .service(memberships::decline_membership)
        .service(memberships::leave_membership)
        .service(memberships::remove_membership)
        .service(invitations::invite_member)
        .service(invitations::list_membership_invitations)
        .service(invitations::revoke_membership_invitation)
        .service(invitations::list_own_membership_invitations)
        .service(invitations::accept_membership_invitation)
        .service(invitations::decline_membership_invitation)
        .service(seats::nominate_leader)
        .service(seats::list_seats)
        .service(seats::get_seat)
        .service(seats::accept_seat)
        .service(seats::decline_seat)
        .service(seats::end_seat)
        .service(missions::propose_mission)
        .service(missions::list_missions)
        .service(missions::get_mission)
        .service(missions::update_mission)
        .service(missions::repropose_mission)
        .service(missions::withdraw_mission)
        .service(goals::create_goal)
        .service(goals::list_goals)
        .service(goals::get_goal)
        .service(goals::update_goal)
        .service(adopting::propose_goal)
        .service(contributors::name_contributor)
        .service(contributors::list_contributors)
        .service(contributors::remove_contributor)
        .service(amendments::propose_amendment)
        .service(amendments::list_amendments)
        .service(amendments::get_amendment)
        .service(goals::start_goal)
        .service(goals::abandon_goal)
        .service(closing::close_goal)
        .service(closing::sign_goal_closing)
        .service(progress::get_goal_progress)
        .service(history::list_goal_history)
        .service(history::list_objective_history)
        .service(progress::list_goal_timeline)
        .service(objectives::create_objective)
        .service(objectives::list_objectives)
        .service(objectives::get_objective)
        .service(objectives::update_objective)
        .service(objectives::withdraw_objective)
        .service(progress::record_measurement)
        .service(progress::list_measurements);
}
