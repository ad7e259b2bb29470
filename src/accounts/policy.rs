//! Who may do what with accounts. Pure: the same function decides, fills the published permission table and is tested.

use super::actor::Actor;
use super::model::AccountKind;
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
        ListAccounts = "list_accounts",
        GetAccount = "get_account",
        UpdateAccount = "update_account",
        RenewVerification = "renew_verification",
        SuspendAccount = "suspend_account",
        ReinstateAccount = "reinstate_account",
        CloseAccount = "close_account",
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

/// Decides.
pub fn allows(actor: &Actor, facts: Facts, action: Action) -> Decision {
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
        | A::BootstrapInstallation => Decision::Allow,
        _ => match actor {
            Actor::Anonymous => Decision::SignIn,
            Actor::Person(person) => match action {
                A::RegisterAccount
                | A::VerifyEmail
                | A::RequestEmailVerification
                | A::LogIn
                | A::RefreshSession
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
                | A::ListOwnEvents => Decision::Allow,
                A::ListAccounts | A::ListInvitations => {
                    if person.is_administrator() || person.is_commander() {
                        Decision::Allow
                    } else {
                        Decision::Forbid("Accounts are listed for commanders, of their agency, and for administrators.")
                    }
                }
                A::GetAccount | A::GetInvitation => {
                    if person.is_administrator() || (person.is_commander() && facts.same_agency) {
                        Decision::Allow
                    } else {
                        Decision::Hide
                    }
                }
                A::UpdateAccount | A::RenewVerification | A::SuspendAccount | A::ReinstateAccount | A::CloseAccount => {
                    let sees = person.is_administrator() || (person.is_commander() && facts.same_agency);
                    let beneath = matches!(facts.kind, AccountKind::Officer | AccountKind::AgencyStaff);
                    if !sees {
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
                    let beneath = matches!(facts.kind, AccountKind::Officer | AccountKind::AgencyStaff);
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
                A::RevokeInvitation => {
                    if person.is_administrator() || (person.is_commander() && facts.same_agency) {
                        Decision::Allow
                    } else {
                        Decision::Hide
                    }
                }
                A::ListRecords => {
                    if person.is_administrator() {
                        Decision::Allow
                    } else {
                        Decision::Forbid("The whole record is for administrators.")
                    }
                }
            },
        },
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
