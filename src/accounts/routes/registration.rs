//! Opening a citizen's account and proving its mail address.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::actor::Ctx;
use crate::accounts::model::{Account, AccountKind, AccountState, MailPurpose, MailToken, MailTokenId};
use crate::accounts::queries::accounts::{self, AccountChanges};
use crate::accounts::secret::{GivenPassword, GivenToken, NewPassword};
use crate::accounts::throttle::{self, Bucket};
use crate::accounts::{events, letters, tokens};
use crate::ids::AccountId;
use crate::platform::State;
use crate::platform::clock::{Instant, hours};
use crate::platform::crypto::OneTimeToken;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::limits::Who;
use crate::platform::http::{Accepted, Attribution, Check, NoContent, Reply, Tx, Valid};
use crate::platform::mail;
use crate::platform::text::{Email, Line, fold};
use crate::platform::values::Affirmed;

/// A citizen's registration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterAccount {
    /// Mail address; it has to be proved before the account can be used.
    email: Email,
    /// 15 to 128 characters of any kind. Common and repeated ones are refused with the reason.
    password: NewPassword,
    /// The name by which other members know you.
    display_name: Line<1, 80>,
    /// You are at least 13 years old.
    #[expect(dead_code, reason = "that it was said is all there is to know")]
    is_13_or_older: Affirmed,
}
impl Check for RegisterAccount {}

/// What happens next, the same for every address.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notice {
    /// In words.
    message: &'static str,
}

/// An address to write to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestMail {
    /// Mail address of the account.
    pub email: Email,
}
impl Check for RequestMail {}

/// Proof of a mail address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyEmail {
    /// The code from the mail.
    token: GivenToken,
    /// The password chosen at registration: whoever registered somebody else's address gains nothing by its owner's click.
    password: GivenPassword,
}
impl Check for VerifyEmail {}

pub const CHECK_YOUR_MAIL: Notice =
    Notice { message: "If that address can be used here, a message is on its way to it." };

/// Mails a fresh token for `purpose`, in place of earlier ones, unless the address got too many mails already.
pub fn send_token(conn: &mut Conn, state: &State, account: &Account, purpose: MailPurpose, now: Instant) -> Result<()> {
    let Some(to) = account.email.as_deref().and_then(|email| email.parse::<Email>().ok()) else { return Ok(()) };
    let (prefix, life) = match purpose {
        MailPurpose::VerifyEmail => (tokens::VERIFY_EMAIL, hours(24)),
        MailPurpose::ResetPassword => (tokens::RESET_PASSWORD, hours(1)),
    };
    if !may_mail(conn, state, &to, now)? {
        return Ok(());
    }
    let token = OneTimeToken::new(prefix)?;
    let row = MailToken {
        id: MailTokenId::new(),
        account_id: account.id,
        purpose,
        digest: token.digest,
        expires_at: now.plus(life),
        used_at: None,
        created_at: now,
    };
    accounts::replace_mail_token(conn, &row)?;
    let letter = match purpose {
        MailPurpose::VerifyEmail => letters::verify_email(to, &state.base_url, &token.text),
        MailPurpose::ResetPassword => letters::reset_password(to, &state.base_url, &token.text),
    };
    mail::queue(conn, &state.secrets, letter, now)?;
    Ok(())
}

/// Whether an address may get one more mail that nobody signed in asked for.
pub fn may_mail(conn: &mut Conn, state: &State, to: &Email, now: Instant) -> Result<bool> {
    let bucket = Bucket::mails(state.config.limits.resets_per_hour);
    throttle::try_count(conn, bucket, &bucket.key(&state.secrets, &to.key()), now)
}

fn insert_pending(tx: &mut Tx<'_>, body: &RegisterAccount, password_hash: String) -> Result<Account> {
    let now = tx.now();
    let account = Account {
        id: AccountId::new(),
        kind: AccountKind::Citizen,
        state: AccountState::PendingVerification,
        email: Some(body.email.to_string()),
        email_key: Some(body.email.key()),
        display_name: body.display_name.to_string(),
        name_key: fold(body.display_name.as_str()),
        alias: None,
        phone: None,
        shares_contact: false,
        password_hash: Some(password_hash),
        agency_id: None,
        badge_number: None,
        rank: None,
        unit: None,
        verified_until: None,
        max_hours_month: None,
        closed_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    accounts::insert(tx, &account)?;
    Ok(account)
}

/// Opens a citizen's account.
///
/// The answer is the same whether or not the address is known here; what to do next goes to that address by mail.
/// Officers, staff and administrators come by invitation instead.
#[utoipa::path(post, path = "/accounts",
    tag = "accounts", security(()), request_body = RegisterAccount, responses((status = 202, body = Notice)))]
pub async fn register_account(ctx: Ctx, body: Valid<RegisterAccount>) -> Result<Reply> {
    let Valid(body) = body;
    let about = vec![body.email.to_string(), body.display_name.to_string()];
    let password_hash = ctx
        .state
        .hasher
        .turn_of(Who::address(ctx.envelope.ip))
        .hash_new(body.password.clone().into_secret(), about, "/password")
        .await?;
    let state = ctx.state.clone();
    ctx.write(move |tx, _| {
        let now = tx.now();
        let event = match accounts::claim_email(tx, &body.email.key())? {
            None => {
                let account = insert_pending(tx, &body, password_hash)?;
                send_token(tx, &state, &account, MailPurpose::VerifyEmail, now)?;
                events::REGISTERED.on(account.id.0)
            }
            Some(account) if account.state == AccountState::PendingVerification => {
                // The newest registration counts; codes mailed for earlier ones stop working.
                let changes = AccountChanges {
                    password_hash: Some(Some(password_hash)),
                    display_name: Some(body.display_name.to_string()),
                    name_key: Some(fold(body.display_name.as_str())),
                    ..AccountChanges::default()
                };
                let account = accounts::update(tx, &account, changes, now)?;
                send_token(tx, &state, &account, MailPurpose::VerifyEmail, now)?;
                events::REGISTERED.on(account.id.0)
            }
            Some(account) => {
                if may_mail(tx, &state, &body.email, now)? {
                    mail::queue(
                        tx,
                        &state.secrets,
                        letters::address_is_registered(body.email.clone(), &state.base_url),
                        now,
                    )?;
                }
                events::REGISTRATION_REPEATED.on(account.id.0)
            }
        };
        tx.recorded(event, Accepted(CHECK_YOUR_MAIL))
    })
    .await
}

/// Asks for the verification mail again.
///
/// The answer is the same for every address.
#[utoipa::path(post, path = "/email-verifications/requests",
    tag = "accounts", security(()), request_body = RequestMail, responses((status = 202, body = Notice)))]
pub async fn request_email_verification(ctx: Ctx, body: Valid<RequestMail>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, _| {
        let now = tx.now();
        let account = accounts::find_held_by_email(tx, &body.0.email.key())?;
        let mut event = events::VERIFICATION_REQUESTED.entry();
        if let Some(account) = account.filter(|a| a.state == AccountState::PendingVerification) {
            send_token(tx, &state, &account, MailPurpose::VerifyEmail, now)?;
            event = events::VERIFICATION_REQUESTED.on(account.id.0);
        }
        tx.recorded(event, Accepted(CHECK_YOUR_MAIL))
    })
    .await
}

/// Proves the mail address of a new account.
///
/// Takes the code from the mail and the password chosen at registration. Afterwards the account can sign in.
#[utoipa::path(post, path = "/email-verifications",
    tag = "accounts", security(()), request_body = VerifyEmail,
    responses((status = 204, description = "The account can sign in now.")), extensions(("x-idempotency" = json!("none"))))]
pub async fn verify_email(ctx: Ctx, body: Valid<VerifyEmail>) -> Result<Reply> {
    let Valid(VerifyEmail { token, password }) = body;
    let refused = || {
        Error::new(Code::TokenRejected, "The code is unknown, used or too old, or the password does not go with it.")
    };
    let now = ctx.now();
    let digest = OneTimeToken::digest_of(tokens::VERIFY_EMAIL, token.expose()).unwrap_or_default();
    let looked_up = digest.clone();
    let hash = ctx
        .look(move |conn, _| {
            let found = accounts::find_mail_token(conn, MailPurpose::VerifyEmail, &looked_up, now)?;
            Ok(found.and_then(|(_, account)| account.password_hash))
        })
        .await?;
    let right =
        ctx.state.hasher.turn_of(Who::address(ctx.envelope.ip)).verify(password.into_secret(), hash.clone()).await?;
    ctx.unkept()
        .write(move |tx, _| {
            let now = tx.now();
            let found = accounts::find_mail_token_held(tx, MailPurpose::VerifyEmail, &digest, now)?;
            // The hash is compared again: a newer registration may have replaced it since.
            let found = found.filter(|(_, account)| right && account.password_hash == hash);
            let (token, account) = found.ok_or_else(refused)?;
            if account.state != AccountState::PendingVerification || !accounts::use_mail_token(tx, &token, now)? {
                return Err(refused());
            }
            let changes = AccountChanges { state: Some(AccountState::Active), ..AccountChanges::default() };
            accounts::update(tx, &account, changes, now)?;
            tx.act_as(Attribution { account: Some(account.id.0), ..Attribution::default() });
            tx.recorded(events::EMAIL_VERIFIED.on(account.id.0), NoContent)
        })
        .await
}

crate::operations! {
    register_account,
    request_email_verification,
    verify_email,
}
