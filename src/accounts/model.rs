//! Rows and words of accounts.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ids::{AccountId, AgencyId, SessionId};
use crate::platform::clock::Instant;
use crate::schema::{
    accounts, authenticator_resets, authenticators, invitations, mail_tokens, recovery_codes, refresh_tokens, sessions,
};
use crate::{id_type, text_enum};

id_type! {
    /// An invitation to open an account.
    InvitationId,
    /// A refresh token.
    RefreshTokenId,
    /// A token sent by mail.
    MailTokenId,
    /// An authenticator app.
    AuthenticatorId,
    /// A recovery code.
    RecoveryCodeId,
}

text_enum! {
    /// What an account is. Citizens register; all others are invited.
    pub enum AccountKind {
        /// A resident, merchant, activist, church leader: a civilian.
        Citizen = "citizen",
        /// A sworn or community officer of an agency.
        Officer = "officer",
        /// An officer who answers for a district, or for more.
        Commander = "commander",
        /// Staff of a city, school or service agency.
        AgencyStaff = "agency_staff",
        /// Runs the installation; belongs to no side.
        Administrator = "administrator",
    }
}

text_enum! {
    /// Where an account stands.
    pub enum AccountState {
        /// The mail address has not been proved yet.
        PendingVerification = "pending_verification",
        /// In use.
        Active = "active",
        /// Stopped by a commander or an administrator, for a reason.
        Suspended = "suspended",
        /// Ended and anonymised; its contributions stay, as those of a former member.
        Closed = "closed",
    }
}

text_enum! {
    /// The side that a person is on, in every partnership. Computed from the account's kind, never sent.
    pub enum Side {
        /// Residents and their groups.
        Civilian = "civilian",
        /// Officers and commanders.
        Police = "police",
        /// City, school and service partners: they help and advise, and count in no side's quorum.
        Agency = "agency",
    }
}

impl AccountKind {
    /// `domain/00-obligations.md` 6.1.1. An administrator sits on no side.
    pub const fn side(self) -> Option<Side> {
        match self {
            Self::Citizen => Some(Side::Civilian),
            Self::Officer | Self::Commander => Some(Side::Police),
            Self::AgencyStaff => Some(Side::Agency),
            Self::Administrator => None,
        }
    }
    /// Whether sessions are short, as security policy wants for everybody but citizens.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Citizen)
    }
    /// Whether the kind needs a verification that runs out.
    pub const fn is_police(self) -> bool {
        matches!(self, Self::Officer | Self::Commander)
    }
}

text_enum! {
    /// Why a session ended.
    pub enum EndReason {
        /// Its owner signed out.
        LoggedOut = "logged_out",
        /// Its owner ended it from another session.
        EndedByOwner = "ended_by_owner",
        /// The password or the authenticator was changed or reset.
        PasswordChanged = "password_changed",
        /// A used refresh token came back: somebody has a copy.
        TokenReused = "token_reused",
        /// The account was suspended.
        Suspended = "suspended",
        /// The account was closed.
        Closed = "closed",
        /// The account had too many sessions; the oldest went.
        TooMany = "too_many",
    }
}

text_enum! {
    /// Where an authenticator stands.
    pub enum AuthenticatorState {
        /// Being set up: its first code has not been shown yet.
        Pending = "pending",
        /// In use.
        Active = "active",
    }
}

text_enum! {
    /// What a session has of a second factor.
    pub enum SecondFactor {
        /// It was opened, or stepped up, with one.
        Given = "given",
        /// The account has none, and its kind needs none.
        NotNeeded = "not_needed",
        /// The rights of the account's kind need one: set an authenticator up, or step the session up.
        Missing = "missing",
    }
}

/// The mark of a session that was proved with two factors, among its `amr` (RFC 8176).
const TWO_FACTORS: &str = "mfa";

impl SecondFactor {
    /// What a session with these `amr`, of an account of this kind, has of it.
    pub fn of(kind: AccountKind, amr: &str) -> Self {
        if amr.split(' ').any(|method| method == TWO_FACTORS) {
            Self::Given
        } else if kind.is_staff() {
            Self::Missing
        } else {
            Self::NotNeeded
        }
    }
}

text_enum! {
    /// What a mailed token is for.
    pub enum MailPurpose {
        /// Proves a mail address.
        VerifyEmail = "verify_email",
        /// Allows a new password.
        ResetPassword = "reset_password",
    }
}

text_enum! {
    /// Where an invitation stands. An open one whose time is over can't be accepted any more.
    pub enum InvitationState {
        /// Waits to be accepted.
        Open = "open",
        /// Became an account.
        Accepted = "accepted",
        /// Taken back.
        Revoked = "revoked",
    }
}

/// A person as others see it: no contact data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "display_name": "Rosa Delgado", "side": "civilian"}))]
pub struct PersonRef {
    /// The account.
    pub id: AccountId,
    /// The name that the person chose to be seen by.
    pub display_name: String,
    /// The person's side; `null` for administrators.
    pub side: Option<Side>,
}

/// An account as it stands in the database.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
pub struct Account {
    pub id: AccountId,
    pub kind: AccountKind,
    pub state: AccountState,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub display_name: String,
    pub name_key: String,
    pub alias: Option<String>,
    pub phone: Option<String>,
    pub shares_contact: bool,
    pub password_hash: Option<String>,
    pub agency_id: Option<AgencyId>,
    pub badge_number: Option<String>,
    pub rank: Option<String>,
    pub unit: Option<String>,
    pub verified_until: Option<NaiveDate>,
    pub max_hours_month: Option<i32>,
    pub closed_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// A session as it stands in the database.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub struct Session {
    pub id: SessionId,
    pub account_id: AccountId,
    pub amr: String,
    pub authenticated_at: Instant,
    pub device: Option<String>,
    pub ip: String,
    pub refreshed_at: Instant,
    pub idle_expires_at: Instant,
    pub expires_at: Instant,
    pub ended_at: Option<Instant>,
    pub end_reason: Option<EndReason>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens, treat_none_as_default_value = false)]
pub struct RefreshToken {
    pub id: RefreshTokenId,
    pub session_id: SessionId,
    pub parent_id: Option<RefreshTokenId>,
    pub digest: Vec<u8>,
    pub used_at: Option<Instant>,
    pub expires_at: Instant,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = mail_tokens, treat_none_as_default_value = false)]
pub struct MailToken {
    pub id: MailTokenId,
    pub account_id: AccountId,
    pub purpose: MailPurpose,
    pub digest: Vec<u8>,
    pub expires_at: Instant,
    pub used_at: Option<Instant>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = invitations, treat_none_as_default_value = false)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub email_key: String,
    pub kind: AccountKind,
    pub agency_id: Option<AgencyId>,
    pub badge_number: Option<String>,
    pub rank: Option<String>,
    pub digest: Vec<u8>,
    pub state: InvitationState,
    pub invited_by_id: AccountId,
    pub account_id: Option<AccountId>,
    pub expires_at: Instant,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// An authenticator as it stands in the database.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = authenticators, treat_none_as_default_value = false)]
pub struct Authenticator {
    pub id: AuthenticatorId,
    pub account_id: AccountId,
    pub state: AuthenticatorState,
    pub seed: Vec<u8>,
    pub last_step: Option<i64>,
    pub created_at: Instant,
    pub confirmed_at: Option<Instant>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = recovery_codes, treat_none_as_default_value = false)]
pub struct RecoveryCode {
    pub id: RecoveryCodeId,
    pub account_id: AccountId,
    pub digest: Vec<u8>,
    pub used_at: Option<Instant>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = authenticator_resets, treat_none_as_default_value = false)]
pub struct AuthenticatorReset {
    pub account_id: AccountId,
    pub digest: Vec<u8>,
    pub reset_by_id: AccountId,
    pub expires_at: Instant,
    pub created_at: Instant,
}
