//! Checking second factors against the database: how often one may be wrong, and that each counts once.

use super::letters;
use super::model::{Account, Authenticator, AuthenticatorId, AuthenticatorState, RecoveryCode, RecoveryCodeId};
use super::queries::authenticators;
use super::secret::GivenCode;
use super::throttle::{self, Bucket};
use super::totp::{self, Seed};
use crate::ids::AccountId;
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::crypto::{Sealed, Secrets};
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, Result};
use crate::platform::mail;

/// How a session with a password alone was proved (RFC 8176).
pub const PASSWORD: &str = "pwd";
/// With the code of an authenticator besides.
pub const PASSWORD_AND_CODE: &str = "pwd otp mfa";
/// With a recovery code besides.
const PASSWORD_AND_RECOVERY_CODE: &str = "pwd mfa";

/// What somebody who gave the right password has proved.
#[derive(Debug)]
pub enum Proof {
    /// As much as the account can: the methods, for `amr`.
    Given(&'static str),
    /// The account has an authenticator, and no code was sent.
    Missing,
    /// The code is wrong, of the past, or was used.
    Wrong,
}

impl Proof {
    /// The methods, or the error that the lack of them is.
    ///
    /// # Errors
    /// 401 `second_factor_required`.
    pub fn demand(&self) -> Result<&'static str> {
        let refused = |detail| Err(Error::new(Code::SecondFactorRequired, detail));
        match self {
            Self::Given(amr) => Ok(amr),
            Self::Missing => refused("This account has an authenticator: send its present code, or a recovery code."),
            Self::Wrong => refused("The code is not right, or was used already. Wait for the next one."),
        }
    }
}

fn place(id: AuthenticatorId) -> Vec<u8> {
    [b"authenticators.seed:".as_slice(), id.0.as_bytes()].concat()
}

/// The seed of an authenticator.
///
/// # Errors
/// A fault when it was changed, moved, or sealed under another master secret.
pub fn seed(secrets: &Secrets, row: &Authenticator) -> Result<Seed> {
    secrets.open(Sealed::Seed, &place(row.id), &row.seed)
}

/// An authenticator that is being set up.
///
/// # Errors
/// A fault when the system has no random bytes.
pub fn pending(secrets: &Secrets, account: AccountId, now: Instant) -> Result<(Authenticator, Seed)> {
    let (id, seed) = (AuthenticatorId::new(), totp::fresh_seed()?);
    let sealed = secrets.seal(Sealed::Seed, &place(id), &seed)?;
    let row = Authenticator {
        id,
        account_id: account,
        state: AuthenticatorState::Pending,
        seed: sealed,
        last_step: None,
        created_at: now,
        confirmed_at: None,
    };
    Ok((row, seed))
}

/// Fresh recovery codes in place of all earlier ones.
///
/// # Errors
/// When the database can't take them.
pub fn renew_recovery_codes(
    conn: &mut Conn,
    secrets: &Secrets,
    account: AccountId,
    now: Instant,
) -> Result<Vec<String>> {
    let codes = totp::recovery_codes()?;
    let rows = codes.iter().map(|code| RecoveryCode {
        id: RecoveryCodeId::new(),
        account_id: account,
        digest: totp::recovery_digest(secrets, account, &totp::typed(code)),
        used_at: None,
        created_at: now,
    });
    authenticators::replace_recovery_codes(conn, account, rows.collect())?;
    Ok(codes.iter().map(|code| code.to_string()).collect())
}

/// Checks the code of an authenticator, and uses its step up.
///
/// # Errors
/// When the database can't be asked.
pub fn uses_step(conn: &mut Conn, secrets: &Secrets, row: &Authenticator, code: &str, now: Instant) -> Result<bool> {
    match totp::step(&seed(secrets, row)?, code, row.last_step, now)? {
        Some(step) => authenticators::use_step(conn, row.id, step),
        None => Ok(false),
    }
}

/// What the owner of `account`, who gave the right password, has proved with `code`. Wrong codes are counted, apart from
/// wrong passwords: a known device excuses from none.
///
/// # Errors
/// 429 after too many wrong codes.
pub fn prove(
    conn: &mut Conn,
    state: &State,
    account: &Account,
    code: Option<&GivenCode>,
    now: Instant,
) -> Result<Proof> {
    let Some(row) = authenticators::find(conn, account.id, AuthenticatorState::Active)? else {
        return Ok(Proof::Given(PASSWORD));
    };
    let Some(code) = code else { return Ok(Proof::Missing) };
    let typed = totp::typed(code.expose());
    let attempts = state.config.limits.login_failures;
    let is_recovery_code = typed.len() > totp::DIGITS;
    let failures =
        if is_recovery_code { Bucket::wrong_recovery_codes(attempts) } else { Bucket::wrong_codes(attempts) };
    let key = failures.key(&state.secrets, &account.id.to_string());
    throttle::demand(conn, failures, &key, now)?;
    if is_recovery_code {
        let digest = totp::recovery_digest(&state.secrets, account.id, &typed);
        if authenticators::use_recovery_code(conn, account.id, &digest, now)? {
            throttle::clear(conn, &key)?;
            if let Some(to) = account.email.as_deref().and_then(|email| email.parse().ok()) {
                let left = authenticators::count_recovery_codes(conn, account.id)?;
                mail::queue(conn, &state.secrets, letters::recovery_code_used(to, &state.base_url, left), now)?;
            }
            return Ok(Proof::Given(PASSWORD_AND_RECOVERY_CODE));
        }
    } else {
        if uses_step(conn, &state.secrets, &row, &typed, now)? {
            throttle::clear(conn, &key)?;
            return Ok(Proof::Given(PASSWORD_AND_CODE));
        }
        // A blind retry, or the same code on a second device: no guess.
        if totp::step(&seed(&state.secrets, &row)?, &typed, None, now)?.is_some() {
            return Ok(Proof::Wrong);
        }
    }
    throttle::count(conn, failures, &key, now)?;
    Ok(Proof::Wrong)
}
