//! One's own authenticator and recovery codes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::actor::{Ctx, Person, hold_own};
use crate::accounts::model::{Account, AuthenticatorState, EndReason};
use crate::accounts::policy::{self, Action, NOBODY};
use crate::accounts::queries::{authenticators, sessions};
use crate::accounts::secret::{GivenCode, GivenToken};
use crate::accounts::throttle::{self, Bucket};
use crate::accounts::{events, factor, letters, tokens, totp};
use crate::platform::State;
use crate::platform::clock::{Instant, minutes};
use crate::platform::crypto::{OneTimeToken, same};
use crate::platform::error::{Code, Error, FieldCode, Result};
use crate::platform::http::{API, Check, Created, Found, NoContent, Reply, Tx, Valid};
use crate::platform::mail;

/// How long the first code of an authenticator is waited for.
const SET_UP_LASTS: Duration = minutes(10);

/// What an account has of a second factor.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthenticatorDetail {
    /// Whether an authenticator is in use, or being set up; `null` when there is neither.
    state: Option<AuthenticatorState>,
    /// Whether the account's kind needs one before any of its rights count.
    is_required: bool,
    /// Whether the next one can be set up only with the code that was mailed when the last one was taken away.
    was_reset: bool,
    /// Since when the authenticator has been in use.
    confirmed_at: Option<Instant>,
    /// Recovery codes that are left.
    recovery_codes_left: i64,
}

/// Wants to set an authenticator up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginAuthenticator {
    /// The code from the mail, where the last authenticator was taken away by an administrator.
    token: Option<GivenToken>,
}
impl Check for BeginAuthenticator {}

/// What to put into an authenticator app. It is shown once.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthenticatorSeed {
    /// The secret in base 32, to be typed.
    secret: String,
    /// The same as an address (`otpauth://`), to be shown as a square code.
    otpauth_uri: String,
}

/// The first code of an authenticator that is being set up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmAuthenticator {
    /// What the app shows now.
    code: GivenCode,
}
impl Check for ConfirmAuthenticator {}

/// Recovery codes. They are shown once; each counts once, in place of the authenticator's code.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// The codes; earlier ones count no more.
    recovery_codes: Vec<String>,
}

/// Ends the other sessions, which were proved with less or with something else, and tells the owner.
fn changed(tx: &mut Tx<'_>, state: &State, account: &Account, person: &Person, what: &str) -> Result<()> {
    let now = tx.now();
    sessions::end_all(tx, account.id, Some(person.session), EndReason::PasswordChanged, now)?;
    match account.email.as_deref().and_then(|email| email.parse().ok()) {
        Some(to) => {
            mail::queue(tx, &state.secrets, letters::authenticator_changed(to, &state.base_url, what), now).map(|_| ())
        }
        None => Ok(()),
    }
}

/// Reads what your account has of a second factor.
#[utoipa::path(get, path = "/account/authenticator",
    tag = "accounts", security(("bearer" = [])), responses((status = 200, body = AuthenticatorDetail)))]
pub async fn get_authenticator(ctx: Ctx) -> Result<Reply> {
    ctx.read(|conn, actor| {
        policy::demand(actor, NOBODY, Action::GetAuthenticator)?;
        let person = actor.owner()?;
        let row = match authenticators::find(conn, person.id, AuthenticatorState::Active)? {
            Some(row) => Some(row),
            None => authenticators::find(conn, person.id, AuthenticatorState::Pending)?,
        };
        Ok(Found(AuthenticatorDetail {
            state: row.as_ref().map(|row| row.state),
            is_required: person.kind.is_staff(),
            was_reset: authenticators::find_reset(conn, person.id)?.is_some(),
            confirmed_at: row.and_then(|row| row.confirmed_at),
            recovery_codes_left: authenticators::count_recovery_codes(conn, person.id)?,
        }))
    })
    .await
}

/// Begins to set an authenticator up.
///
/// Gives a secret for an authenticator app (RFC 6238: six digits, 30 seconds). It counts once its first code was confirmed,
/// within ten minutes; until then whatever the account has stays in use. Without a reset `{}` is the whole body.
#[utoipa::path(post, path = "/account/authenticator",
    tag = "accounts", security(("bearer" = [])), request_body = BeginAuthenticator,
    responses((status = 201, body = AuthenticatorSeed)), extensions(("x-idempotency" = json!("none"))))]
pub async fn begin_authenticator(ctx: Ctx, body: Valid<BeginAuthenticator>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.unkept()
        .write(move |tx, actor| {
            policy::demand(actor, NOBODY, Action::BeginAuthenticator)?;
            let (person, now) = (actor.owner()?, tx.now());
            let account = hold_own(tx, person)?;
            if let Some(reset) = authenticators::find_reset(tx, person.id)? {
                let given = body.0.token.as_ref().map(GivenToken::expose).unwrap_or_default();
                let digest = OneTimeToken::digest_of(tokens::RESET_AUTHENTICATOR, given).unwrap_or_default();
                if reset.expires_at <= now || !same(&digest, &reset.digest) {
                    let why =
                        "The last authenticator was taken away: the code from the mail is needed, within 72 hours.";
                    return Err(Error::new(Code::TokenRejected, why));
                }
            }
            let (row, seed) = factor::pending(&state.secrets, person.id, now)?;
            authenticators::replace_pending(tx, &row)?;
            let otpauth_uri = totp::address(&seed, account.email.as_deref().unwrap_or_default())?;
            let value = AuthenticatorSeed { secret: seed.to_string(), otpauth_uri };
            let location = format!("{API}/account/authenticator");
            tx.recorded(events::AUTHENTICATOR_BEGUN.on(row.id.0), Created { value, location, version: None })
        })
        .await
}

/// Confirms an authenticator with its first code.
///
/// From now on it is needed to sign in. Your other sessions end; this one has both factors. Gives ten recovery codes.
#[utoipa::path(post, path = "/account/authenticator/confirm",
    tag = "accounts", security(("bearer" = [])), request_body = ConfirmAuthenticator,
    responses((status = 200, body = RecoveryCodes)), extensions(("x-idempotency" = json!("none"))))]
pub async fn confirm_authenticator(ctx: Ctx, body: Valid<ConfirmAuthenticator>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.unkept()
        .write(move |tx, actor| {
            policy::demand(actor, NOBODY, Action::ConfirmAuthenticator)?;
            let (person, now) = (actor.owner()?, tx.now());
            let account = hold_own(tx, person)?;
            let row = authenticators::find(tx, person.id, AuthenticatorState::Pending)?;
            let row = row.filter(|row| now.since(row.created_at) <= SET_UP_LASTS);
            let row = row.ok_or_else(|| Error::conflict("No authenticator is being set up; begin with one."))?;
            let failures = Bucket::wrong_codes(state.config.limits.login_failures);
            let key = failures.key(&state.secrets, &row.id.to_string());
            throttle::demand(tx, failures, &key, now)?;
            let typed = totp::typed(body.0.code.expose());
            let Some(step) = totp::step(&factor::seed(&state.secrets, &row)?, &typed, None, now)? else {
                throttle::count(tx, failures, &key, now)?;
                let why = "is not what the authenticator shows now; check the device's clock";
                let error = Error::field("/code", FieldCode::Refused, why);
                return tx.recorded(events::AUTHENTICATOR_REFUSED.on(row.id.0).failed(), Err(error));
            };
            authenticators::activate(tx, &row, step, now)?;
            sessions::strengthen(tx, person.session, factor::PASSWORD_AND_CODE)?;
            let recovery_codes = factor::renew_recovery_codes(tx, &state.secrets, person.id, now)?;
            changed(tx, &state, &account, person, "An authenticator was set up")?;
            tx.recorded(events::AUTHENTICATOR_CONFIRMED.on(row.id.0), Ok(Found(RecoveryCodes { recovery_codes })))
        })
        .await
}

/// Removes your authenticator and your recovery codes.
///
/// Where the account's kind needs one it can only be replaced, by setting another one up.
#[utoipa::path(delete, path = "/account/authenticator",
    tag = "accounts", security(("bearer" = [])), responses((status = 204, description = "There is none any more.")))]
pub async fn remove_authenticator(ctx: Ctx) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        policy::demand(actor, NOBODY, Action::RemoveAuthenticator)?;
        let person = actor.owner()?;
        let account = hold_own(tx, person)?;
        let row = authenticators::find(tx, person.id, AuthenticatorState::Active)?;
        let row = row.ok_or_else(|| Error::conflict("There is no authenticator to remove."))?;
        if person.kind.is_staff() {
            return Err(Error::conflict("This account needs an authenticator; set another one up in its place."));
        }
        authenticators::clear(tx, person.id)?;
        sessions::strengthen(tx, person.session, factor::PASSWORD)?;
        changed(tx, &state, &account, person, "The authenticator was removed")?;
        tx.recorded(events::AUTHENTICATOR_REMOVED.on(row.id.0), NoContent)
    })
    .await
}

/// Makes new recovery codes.
///
/// Earlier ones count no more.
#[utoipa::path(post, path = "/account/recovery-codes",
    tag = "accounts", security(("bearer" = [])), responses((status = 201, body = RecoveryCodes)),
    extensions(("x-idempotency" = json!("none"))))]
pub async fn renew_recovery_codes(ctx: Ctx) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.unkept()
        .write(move |tx, actor| {
            policy::demand(actor, NOBODY, Action::RenewRecoveryCodes)?;
            let (person, now) = (actor.owner()?, tx.now());
            hold_own(tx, person)?;
            let row = authenticators::find(tx, person.id, AuthenticatorState::Active)?;
            let row =
                row.ok_or_else(|| Error::conflict("Recovery codes go with an authenticator; set one up first."))?;
            let recovery_codes = factor::renew_recovery_codes(tx, &state.secrets, person.id, now)?;
            let location = format!("{API}/account/authenticator");
            tx.recorded(
                events::RECOVERY_CODES_RENEWED.on(row.id.0),
                Created { value: RecoveryCodes { recovery_codes }, location, version: None },
            )
        })
        .await
}

crate::operations! {
    get_authenticator,
    begin_authenticator,
    confirm_authenticator,
    remove_authenticator,
    renew_recovery_codes,
}
