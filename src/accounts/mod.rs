//! Accounts: people, what they are, how they prove who they are.
//!
//! Invariants:
//! * Citizens register themselves; officers, commanders, staff and administrators come by invitation only.
//! * A person's [`Side`] is computed from the account's kind and never sent by a client.
//! * Officers' rights need a verification that has not run out; without it an officer has a citizen's rights.
//! * Rights of officers, commanders, staff and administrators need a session with a second factor; without it nothing but
//!   one's own account can be used ([`Actor::Halfway`]). What matters most wants a proof of the last five minutes.
//! * A session and its account are looked at for every request: what was ended or taken away counts at once.
//! * Whether an address is known here can't be found out by anybody who can't read its mail.
//!
//! Other slices use [`Ctx`] and [`Person`] to know who asks, and [`people`] to show persons.

mod actor;
pub mod bootstrap;
mod factor;
pub mod jobs;
mod letters;
mod model;
mod persona;
pub(crate) mod policy;
mod queries;
mod recovery;
mod routes;
mod secret;
pub mod seed;
mod throttle;
mod tokens;
pub mod totp;

pub use actor::{Actor, AskedFor, Ctx, Live, Person, acting, hold_own, live};
pub use model::{AccountKind, AccountState, PersonRef, Side};
pub use persona::Persona;
pub use queries::people::{email_key_of, emails_of, people};
pub use recovery::Recoveries;
pub use routes::{OPERATIONS, may_mail};
pub use secret::GivenToken;
pub use throttle::{Bucket, clear as forget_attempts, count as count_attempt, demand as demand_attempt};

use crate::event_kinds;

event_kinds! {
    /// What happens to accounts.
    pub mod events {
        REGISTERED = "account"."registered", Restricted, "Account registered";
        REGISTRATION_REPEATED = "account"."registration_repeated", Restricted, "Somebody tried to register this address again";
        EMAIL_VERIFIED = "account"."email_verified", Restricted, "Mail address verified";
        VERIFICATION_REQUESTED = "account"."verification_requested", Restricted, "New verification mail requested";
        LOGGED_IN = "session"."opened", Restricted, "Signed in";
        LOGIN_FAILED = "session"."refused", Restricted, "Sign-in refused: {cause}";
        REFRESHED = "session"."refreshed", Restricted, "Session refreshed";
        REFRESH_REUSED = "session"."token_reused", Restricted, "A used refresh token came back; the session was ended";
        SESSION_ENDED = "session"."ended", Restricted, "Session ended: {cause}";
        SESSIONS_ENDED = "session"."others_ended", Restricted, "{count} other sessions ended";
        STEPPED_UP = "session"."stepped_up", Restricted, "Proved anew who it is";
        STEP_UP_FAILED = "session"."step_up_refused", Restricted, "New proof refused: {cause}";
        AUTHENTICATOR_BEGUN = "authenticator"."begun", Restricted, "Began to set an authenticator up";
        AUTHENTICATOR_CONFIRMED = "authenticator"."confirmed", Restricted, "Authenticator set up";
        AUTHENTICATOR_REFUSED = "authenticator"."refused", Restricted, "Authenticator not set up: wrong code";
        AUTHENTICATOR_REMOVED = "authenticator"."removed", Restricted, "Authenticator removed";
        AUTHENTICATOR_RESET = "authenticator"."reset", Restricted, "Authenticator taken away by an administrator";
        RECOVERY_CODES_RENEWED = "authenticator"."recovery_codes_renewed", Restricted, "New recovery codes made";
        PASSWORD_CHANGED = "account"."password_changed", Restricted, "Password changed";
        PASSWORD_REFUSED = "account"."password_refused", Restricted, "Password not changed: the current one was wrong";
        PASSWORD_RESET_REQUESTED = "account"."password_reset_requested", Restricted, "Password reset requested";
        PASSWORD_RESET = "account"."password_reset", Restricted, "Password reset by mail";
        UPDATED = "account"."updated", Restricted, "Account changed";
        PROFILE_UPDATED = "account"."profile_updated", Restricted, "Skills, interests or languages changed";
        INVITED = "invitation"."created", Restricted, "Invitation sent as {kind}";
        INVITATION_REVOKED = "invitation"."revoked", Restricted, "Invitation taken back";
        INVITATION_ACCEPTED = "invitation"."accepted", Restricted, "Invitation accepted as {kind}";
        INVITATION_FAILED = "invitation"."refused", Restricted, "Invitation refused: {cause}";
        VERIFICATION_RENEWED = "account"."verification_renewed", Restricted, "Verified until {until}";
        SUSPENDED = "account"."suspended", Restricted, "Account suspended";
        REINSTATED = "account"."reinstated", Restricted, "Account reinstated";
        CLOSED = "account"."closed", Restricted, "Account closed";
        CLOSING_REFUSED = "account"."closing_refused", Restricted, "Account not closed: the password was wrong";
        BOOTSTRAPPED = "installation"."bootstrapped", Restricted, "First administrator created";
    }
}
