//! Endpoints of accounts, one file per resource.

mod accounts;
mod authenticator;
mod bootstrap;
mod invitations;
mod own;
mod passwords;
mod profile;
mod records;
mod registration;
mod sessions;

pub use registration::may_mail;

use crate::platform::http::Routes;

/// Adds this slice's endpoints.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(registration::register_account)
        .service(registration::request_email_verification)
        .service(registration::verify_email)
        .service(sessions::log_in)
        .service(sessions::refresh_session)
        .service(sessions::step_up_session)
        .service(sessions::list_sessions)
        .service(sessions::end_other_sessions)
        .service(sessions::log_out)
        .service(sessions::end_session)
        .service(own::get_own_account)
        .service(own::update_own_account)
        .service(own::close_own_account)
        .service(own::list_own_events)
        .service(authenticator::get_authenticator)
        .service(authenticator::begin_authenticator)
        .service(authenticator::confirm_authenticator)
        .service(authenticator::remove_authenticator)
        .service(authenticator::renew_recovery_codes)
        .service(profile::get_own_profile)
        .service(profile::update_own_profile)
        .service(passwords::change_password)
        .service(passwords::request_password_reset)
        .service(passwords::reset_password)
        .service(accounts::list_accounts)
        .service(accounts::get_account)
        .service(accounts::update_account)
        .service(accounts::renew_verification)
        .service(accounts::suspend_account)
        .service(accounts::reinstate_account)
        .service(accounts::close_account)
        .service(accounts::reset_authenticator)
        .service(invitations::create_invitation)
        .service(invitations::list_invitations)
        .service(invitations::accept_invitation)
        .service(invitations::get_invitation)
        .service(invitations::revoke_invitation)
        .service(bootstrap::bootstrap_installation)
        .service(records::list_records);
}
