//! Changing and resetting passwords.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::actor::{Ctx, hold_own};
use crate::accounts::model::{Account, AccountState, EndReason, MailPurpose};
use crate::accounts::policy::{self, Action, NOBODY};
use crate::accounts::queries::accounts::{self, AccountChanges, Held};
use crate::accounts::queries::sessions;
use crate::accounts::routes::registration::{CHECK_YOUR_MAIL, Notice, RequestMail, send_token};
use crate::accounts::secret::{GivenPassword, GivenToken, NewPassword};
use crate::accounts::throttle::{self, Bucket};
use crate::accounts::{events, letters, recovery, tokens};
use crate::ids::SessionId;
use crate::platform::State;
use crate::platform::crypto::OneTimeToken;
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::http::limits::Who;
use crate::platform::http::{Accepted, Attribution, Check, NoContent, Reply, Tx, Valid, wrong};
use crate::platform::mail;

/// The old password and a new one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password until now.
    current_password: GivenPassword,
    /// The password from now on.
    new_password: NewPassword,
}
impl Check for ChangePassword {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if self.current_password.expose() == self.new_password.expose() {
            errors.push(wrong("/new_password", FieldCode::Inconsistent, "must differ from the current password"));
        }
    }
}

/// The code from the mail and a new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// The code from the mail.
    token: GivenToken,
    /// The password from now on.
    new_password: NewPassword,
}
impl Check for ResetPassword {}

fn about(account: &Account) -> Vec<String> {
    [account.email.clone(), Some(account.display_name.clone()), account.alias.clone()].into_iter().flatten().collect()
}

/// Where wrong passwords of whoever asks are counted, with those of failed sign-ins.
pub fn failures_of(ctx: &Ctx) -> (Bucket, Vec<u8>) {
    let failures = Bucket::login_failures(ctx.state.config.limits.login_failures);
    let key = failures.key(&ctx.state.secrets, &ctx.envelope.caller());
    (failures, key)
}

/// Gives the account another password and ends what the old one let in: all sessions but the one that is `kept`, and where none
/// is, because the account was recovered by mail, whatever else others may have got hold of.
fn replace(tx: &mut Tx<'_>, state: &State, account: &Held, hash: String, kept: Option<SessionId>) -> Result<()> {
    let now = tx.now();
    let changes = AccountChanges { password_hash: Some(Some(hash)), ..AccountChanges::default() };
    accounts::update(tx, account, changes, now)?;
    accounts::drop_mail_tokens(tx, account.id)?;
    sessions::end_all(tx, account.id, kept, EndReason::PasswordChanged, now)?;
    let is_recovered = kept.is_none();
    if is_recovered {
        recovery::tell(tx, state, account.id)?;
    }
    let Some(to) = account.email.as_deref().and_then(|email| email.parse().ok()) else { return Ok(()) };
    mail::queue(tx, &state.secrets, letters::password_changed(to, &state.base_url, is_recovered), now).map(|_| ())
}

/// Changes your password.
///
/// All your other sessions end. Wrong current passwords are counted like failed sign-ins.
#[utoipa::path(post, path = "/account/password",
    tag = "accounts", security(("bearer" = [])), request_body = ChangePassword,
    responses((status = 204, description = "The new password counts.")), extensions(("x-idempotency" = json!("none"))))]
pub async fn change_password(ctx: Ctx, body: Valid<ChangePassword>) -> Result<Reply> {
    let Valid(ChangePassword { current_password, new_password }) = body;
    let state = ctx.state.clone();
    let (failures, key) = failures_of(&ctx);
    let (looked_up, now) = (key.clone(), ctx.now());
    let account = ctx
        .look(move |conn, actor| {
            policy::demand(actor, NOBODY, Action::ChangePassword)?;
            throttle::demand(conn, failures, &looked_up, now)?;
            accounts::find(conn, actor.owner()?.id)?.ok_or_else(Error::unauthenticated)
        })
        .await?;
    let right = state
        .hasher
        .turn_of(Who::address(ctx.envelope.ip))
        .verify(current_password.into_secret(), account.password_hash.clone())
        .await?;
    let hash = if right {
        Some(
            state
                .hasher
                .turn_of(Who::address(ctx.envelope.ip))
                .hash_new(new_password.into_secret(), about(&account), "/new_password")
                .await?,
        )
    } else {
        None
    };
    ctx.unkept()
        .write(move |tx, actor| {
            policy::demand(actor, NOBODY, Action::ChangePassword)?;
            let (person, now) = (actor.owner()?, tx.now());
            let current = hold_own(tx, person)?;
            // Looked at again, one after the other: others may have failed while this password was being hashed.
            throttle::demand(tx, failures, &key, now)?;
            match hash.filter(|_| current.password_hash == account.password_hash) {
                Some(hash) => {
                    replace(tx, &state, &current, hash, Some(person.session))?;
                    throttle::clear(tx, &key)?;
                    tx.recorded(events::PASSWORD_CHANGED.on(person.id.0), Ok(NoContent))
                }
                None => {
                    throttle::count(tx, failures, &key, now)?;
                    let error = Error::new(Code::CredentialsRejected, "The current password is not right.");
                    tx.recorded(events::PASSWORD_REFUSED.on(person.id.0).failed(), Err(error))
                }
            }
        })
        .await
}

/// Asks for a mail with which a new password can be chosen.
///
/// The answer is the same for every address.
#[utoipa::path(post, path = "/password-resets/requests",
    tag = "accounts", security(()), request_body = RequestMail, responses((status = 202, body = Notice)))]
pub async fn request_password_reset(ctx: Ctx, body: Valid<RequestMail>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, _| {
        let now = tx.now();
        let account = accounts::find_held_by_email(tx, &body.0.email.key())?;
        let mut event = events::PASSWORD_RESET_REQUESTED.entry();
        if let Some(account) = account.filter(|a| a.state == AccountState::Active) {
            send_token(tx, &state, &account, MailPurpose::ResetPassword, now)?;
            event = events::PASSWORD_RESET_REQUESTED.on(account.id.0);
        }
        tx.recorded(event, Accepted(CHECK_YOUR_MAIL))
    })
    .await
}

/// Chooses a new password with the code from the mail.
///
/// All sessions of the account end, and so does the secret address of its calendar.
#[utoipa::path(post, path = "/password-resets",
    tag = "accounts", security(()), request_body = ResetPassword,
    responses((status = 204, description = "The new password counts.")), extensions(("x-idempotency" = json!("none"))))]
pub async fn reset_password(ctx: Ctx, body: Valid<ResetPassword>) -> Result<Reply> {
    let Valid(ResetPassword { token, new_password }) = body;
    let state = ctx.state.clone();
    let refused = || Error::new(Code::TokenRejected, "The code is unknown, used or too old.");
    let digest = OneTimeToken::digest_of(tokens::RESET_PASSWORD, token.expose()).unwrap_or_default();
    let (looked_up, now) = (digest.clone(), ctx.now());
    let about = ctx
        .look(move |conn, _| {
            let found = accounts::find_mail_token(conn, MailPurpose::ResetPassword, &looked_up, now)?;
            Ok(found.map(|(_, account)| about(&account)))
        })
        .await?;
    let hash = state
        .hasher
        .turn_of(Who::address(ctx.envelope.ip))
        .hash_new(new_password.into_secret(), about.unwrap_or_default(), "/new_password")
        .await?;
    ctx.unkept()
        .write(move |tx, _| {
            let now = tx.now();
            let found = accounts::find_mail_token_held(tx, MailPurpose::ResetPassword, &digest, now)?;
            let (token, account) = found.ok_or_else(refused)?;
            if account.state != AccountState::Active || !accounts::use_mail_token(tx, &token, now)? {
                return Err(refused());
            }
            replace(tx, &state, &account, hash, None)?;
            let failures = Bucket::login_failures(state.config.limits.login_failures);
            if let Some(email_key) = &account.email_key {
                throttle::clear(tx, &failures.key(&state.secrets, email_key))?;
            }
            tx.act_as(Attribution { account: Some(account.id.0), ..Attribution::default() });
            tx.recorded(events::PASSWORD_RESET.on(account.id.0), NoContent)
        })
        .await
}

crate::operations! {
    change_password,
    request_password_reset,
    reset_password,
}
