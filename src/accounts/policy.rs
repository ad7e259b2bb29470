//! Who may do what with accounts. Pure: the same function decides, fills the published permission table and is tested.

use super::actor::{Actor, Person};
use super::model::{AccountKind, SecondFactor};
use super::persona::Persona;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of this slice, by operation id.
    pub enum Action {
        RegisterAccount = "register_account",
        VerifyEmail = "verify_email",
        RequestEmailVerification = "request_email_verification",
        LogIn = "log_in",
        RefreshSession = "refresh_session",
        StepUpSession = "step_up_session",
        RequestPasswordReset = "request_password_reset",
        ResetPassword = "reset_password",
        AcceptInvitation = "accept_invitation",
        BootstrapInstallation = "bootstrap_installation",
        LogOut = "log_out",
        ListSessions = "list_sessions",
        EndSession = "end_session",
        EndOtherSessions = "end_other_sessions",
        GetOwnAccount = "get_own_account",
        UpdateOwnAccount = "update_own_account",
        GetOwnProfile = "get_own_profile",
        UpdateOwnProfile = "update_own_profile",
        ChangePassword = "change_password",
        CloseOwnAccount = "close_own_account",
        ListOwnEvents = "list_own_events",
        GetAuthenticator = "get_authenticator",
        BeginAuthenticator = "begin_authenticator",
        ConfirmAuthenticator = "confirm_authenticator",
        RemoveAuthenticator = "remove_authenticator",
        RenewRecoveryCodes = "renew_recovery_codes",
        ListAccounts = "list_accounts",
        GetAccount = "get_account",
        UpdateAccount = "update_account",
        RenewVerification = "renew_verification",
        SuspendAccount = "suspend_account",
        ReinstateAccount = "reinstate_account",
        CloseAccount = "close_account",
        ResetAuthenticator = "reset_authenticator",
        CreateInvitation = "create_invitation",
        ListInvitations = "list_invitations",
        GetInvitation = "get_invitation",
        RevokeInvitation = "revoke_invitation",
        ListRecords = "list_records",
    }
}

/// What an action on another account or an invitation depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// It is the actor's own account.
    pub is_self: bool,
    /// It belongs to the actor's agency.
    pub same_agency: bool,
    /// What it is or would become.
    pub kind: AccountKind,
}

/// For actions that are on nobody in particular.
pub const NOBODY: Facts = Facts { is_self: false, same_agency: false, kind: AccountKind::Citizen };

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4).
pub const fn wants_fresh_proof(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::ChangePassword
            | A::CloseOwnAccount
            | A::BeginAuthenticator
            | A::ConfirmAuthenticator
            | A::RemoveAuthenticator
            | A::RenewRecoveryCodes
            | A::RenewVerification
            | A::SuspendAccount
            | A::ReinstateAccount
            | A::CloseAccount
            | A::ResetAuthenticator
            | A::CreateInvitation
            | A::ListRecords
    )
}

/// Whether the request has the owner's password in it, which is the fresh proof of whoever has no second factor.
const fn takes_password(action: Action) -> bool {
    matches!(action, Action::ChangePassword | Action::CloseOwnAccount)
}

/// Decides.
pub fn allows(actor: &Actor, facts: Facts, action: Action) -> Decision {
    let (decision, person) = match (about(action), actor) {
        (About::Anybody, _) => return Decision::Allow,
        (_, Actor::Anonymous) => return Decision::SignIn,
        (About::Owner, Actor::Halfway(person) | Actor::Person(person)) => (Decision::Allow, person),
        (About::Others, Actor::Halfway(_)) => return Decision::ProveMore,
        (About::Others, Actor::Person(person)) => (others(person, facts, action), person),
    };
    let excused = takes_password(action) && person.second_factor != SecondFactor::Given;
    decision.freshly(person.fresh || excused || !wants_fresh_proof(action))
}

/// Whom an action is about.
enum About {
    /// Whoever asks, signed in or not.
    Anybody,
    /// The owner of the session, and nobody else.
    Owner,
    /// Other accounts, invitations, the record.
    Others,
}

fn about(action: Action) -> About {
    use Action as A;
    match action {
        A::RegisterAccount
        | A::VerifyEmail
        | A::RequestEmailVerification
        | A::LogIn
        | A::RefreshSession
        | A::RequestPasswordReset
        | A::ResetPassword
        | A::AcceptInvitation
        | A::BootstrapInstallation => About::Anybody,
        A::LogOut
        | A::StepUpSession
        | A::ListSessions
        | A::EndSession
        | A::EndOtherSessions
        | A::GetOwnAccount
        | A::UpdateOwnAccount
        | A::GetOwnProfile
        | A::UpdateOwnProfile
        | A::ChangePassword
        | A::CloseOwnAccount
        | A::ListOwnEvents
        | A::GetAuthenticator
        | A::BeginAuthenticator
        | A::ConfirmAuthenticator
        | A::RemoveAuthenticator
        | A::RenewRecoveryCodes => About::Owner,
        A::ListAccounts
        | A::GetAccount
        | A::UpdateAccount
        | A::RenewVerification
        | A::SuspendAccount
        | A::ReinstateAccount
        | A::CloseAccount
        | A::ResetAuthenticator
        | A::CreateInvitation
        | A::ListInvitations
        | A::GetInvitation
        | A::RevokeInvitation
        | A::ListRecords => About::Others,
    }
}

fn others(person: &Person, facts: Facts, action: Action) -> Decision {
    use Action as A;
    let of_agency = person.is_administrator() || (person.is_commander() && facts.same_agency);
    let beneath = matches!(facts.kind, AccountKind::Officer | AccountKind::AgencyStaff);
    match action {
        A::ListAccounts | A::ListInvitations => {
            if person.is_administrator() || person.is_commander() {
                Decision::Allow
            } else {
                Decision::Forbid("Accounts are listed for commanders, of their agency, and for administrators.")
            }
        }
        A::GetAccount | A::GetInvitation | A::RevokeInvitation => match of_agency {
            true => Decision::Allow,
            false => Decision::Hide,
        },
        A::UpdateAccount
        | A::RenewVerification
        | A::SuspendAccount
        | A::ReinstateAccount
        | A::CloseAccount
        | A::ResetAuthenticator => {
            if !of_agency {
                Decision::Hide
            } else if facts.is_self {
                Decision::Forbid("Somebody else has to do this for your own account.")
            } else if person.is_administrator() || beneath {
                Decision::Allow
            } else {
                Decision::Forbid("A commander's account is an administrator's to change.")
            }
        }
        A::CreateInvitation => {
            if person.is_administrator() || (person.is_commander() && beneath && facts.same_agency) {
                Decision::Allow
            } else if person.is_commander() {
                Decision::Forbid(
                    "A commander invites officers and staff of the own agency; all others an administrator.",
                )
            } else {
                Decision::Forbid("Only commanders and administrators invite.")
            }
        }
        A::ListRecords => match person.is_administrator() {
            true => Decision::Allow,
            false => Decision::Forbid("The whole record is for administrators."),
        },
        A::RegisterAccount
        | A::VerifyEmail
        | A::RequestEmailVerification
        | A::LogIn
        | A::RefreshSession
        | A::StepUpSession
        | A::RequestPasswordReset
        | A::ResetPassword
        | A::AcceptInvitation
        | A::BootstrapInstallation
        | A::LogOut
        | A::ListSessions
        | A::EndSession
        | A::EndOtherSessions
        | A::GetOwnAccount
        | A::UpdateOwnAccount
        | A::GetOwnProfile
        | A::UpdateOwnProfile
        | A::ChangePassword
        | A::CloseOwnAccount
        | A::ListOwnEvents
        | A::GetAuthenticator
        | A::BeginAuthenticator
        | A::ConfirmAuthenticator
        | A::RemoveAuthenticator
        | A::RenewRecoveryCodes => Decision::Hide,
    }
}

/// How the policy decides for a kind of caller: about an officer's account, or an invitation of an officer.
pub fn decide(persona: Persona, action: Action) -> Decision {
    let facts = Facts { is_self: false, same_agency: persona.same_agency(), kind: AccountKind::Officer };
    allows(&persona.actor(), facts, action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 401, 403 or 404.
pub fn demand(actor: &Actor, facts: Facts, action: Action) -> Result<()> {
    allows(actor, facts, action).demand()
}
