//! Second factors (`design/security.md` 5.4): codes of authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds, one
//! step to either side) and recovery codes. Pure; each step counts once, which the database sees to.

use aws_lc_rs::rand;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::ids::AccountId;
use crate::platform::clock::Instant;
use crate::platform::crypto::{Purpose, Secrets};
use crate::platform::error::{Error, Result};

/// Digits of an authenticator's code.
pub const DIGITS: usize = 6;
/// How many recovery codes an account gets at a time.
pub const RECOVERY_CODES: usize = 10;
/// What authenticator apps show the account under.
const ISSUER: &str = "Threekeys";
/// Letters of recovery codes: none that looks like another. 32 of them, five bits each.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Letters in a recovery code: 80 bits.
const LENGTH: usize = 16;

/// The secret that an authenticator app and the server share, in base 32 (RFC 4648), as people type it.
pub type Seed = Zeroizing<String>;

/// A fresh seed of 160 bits, as RFC 4226 recommends.
///
/// # Errors
/// A fault when the system has no random bytes.
pub fn fresh_seed() -> Result<Seed> {
    let mut bytes = Zeroizing::new([0; 20]);
    rand::fill(bytes.as_mut()).map_err(|_| Error::fault("the system gives no random bytes"))?;
    Ok(Zeroizing::new(Secret::from(bytes.as_slice()).to_base32()))
}

fn totp(seed: &str, account: &str) -> Result<Totp> {
    let secret = Secret::try_from_base32(seed).map_err(|_| Error::fault("a seed is not base 32"))?;
    let builder = Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some(ISSUER));
    builder.build().map_err(|e| Error::fault(format!("an authenticator can't be made: {e}")))
}

fn seconds(now: Instant) -> u64 {
    u64::try_from(now.micros() / 1_000_000).unwrap_or_default()
}

/// The address behind the square code that authenticator apps read (`otpauth://`).
///
/// # Errors
/// A fault when the seed or the account's name can't be used.
pub fn address(seed: &str, account: &str) -> Result<String> {
    totp(seed, account)?.to_url().map_err(|e| Error::fault(format!("an authenticator has no address: {e}")))
}

/// What an authenticator app with this seed shows at `now`.
///
/// # Errors
/// A fault when the seed is not base 32 or too short.
pub fn code(seed: &str, now: Instant) -> Result<String> {
    Ok(totp(seed, "")?.generate(seconds(now)).to_string())
}

/// The step that `given` is the code of: the present one, or the one before or after it. None when it is no such code, or
/// of a step that is not later than `last_step`.
///
/// # Errors
/// A fault when the seed can't be used.
pub fn step(seed: &str, given: &str, last_step: Option<i64>, now: Instant) -> Result<Option<i64>> {
    let step = totp(seed, "")?.check(given, seconds(now)).and_then(|step| i64::try_from(step).ok());
    if crate::platform::faults::is_planted("totp_step_counts_twice") {
        return Ok(step);
    }
    Ok(step.filter(|step| last_step.is_none_or(|last| last < *step)))
}

/// A code as somebody typed it: without the blanks and hyphens that make it readable, in lower case.
pub fn typed(code: &str) -> Zeroizing<String> {
    Zeroizing::new(code.chars().filter(|c| !matches!(c, ' ' | '-')).flat_map(char::to_lowercase).collect())
}

/// Fresh recovery codes, in groups of four.
///
/// # Errors
/// A fault when the system has no random bytes.
pub fn recovery_codes() -> Result<Vec<Zeroizing<String>>> {
    (0..RECOVERY_CODES)
        .map(|_| {
            let mut bytes = Zeroizing::new([0; LENGTH]);
            rand::fill(bytes.as_mut()).map_err(|_| Error::fault("the system gives no random bytes"))?;
            let mut text = Zeroizing::new(String::with_capacity(LENGTH + LENGTH / 4));
            for (n, byte) in bytes.iter().enumerate() {
                if n > 0 && n % 4 == 0 {
                    text.push('-');
                }
                // 256 is eight times 32: every letter is as likely as any other.
                text.push(LETTERS.get(usize::from(byte % 32)).map_or('a', |letter| char::from(*letter)));
            }
            Ok(text)
        })
        .collect()
}

/// The digest under which a recovery code of an account is stored; `typed` as by [`typed`].
pub fn recovery_digest(secrets: &Secrets, account: AccountId, typed: &str) -> Vec<u8> {
    secrets.mac(Purpose::Recovery, &[account.0.as_bytes(), typed.as_bytes()]).to_vec()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::platform::clock::minutes;

    /// The seed of RFC 6238, appendix B: the ASCII text 12345678901234567890.
    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        // Appendix B has eight digits; six are the last of them.
        let vectors = [(59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924")];
        for (time, expected) in vectors.into_iter().chain([(2_000_000_000, "279037"), (20_000_000_000, "353130")]) {
            assert_eq!(code(RFC, at(time)).unwrap(), expected, "{time}");
        }
    }

    #[test]
    fn a_code_counts_one_step_early_or_late_and_no_more() {
        let now = 2_000_000_010;
        let shown = code(RFC, at(now)).unwrap();
        for (offset, expected) in [(-61, false), (-30, true), (0, true), (30, true), (61, false)] {
            let found = step(RFC, &shown, None, at(now + offset)).unwrap();
            assert_eq!(found, expected.then_some(now / 30), "{offset}");
        }
    }

    #[test]
    fn a_step_counts_once_and_none_before_it_any_more() {
        let now = at(2_000_000_010);
        let (before, shown) = (code(RFC, now.minus(minutes(1) / 2)).unwrap(), code(RFC, now).unwrap());
        let taken = step(RFC, &shown, None, now).unwrap().unwrap();
        assert_eq!(step(RFC, &shown, Some(taken), now).unwrap(), None);
        assert_eq!(step(RFC, &before, Some(taken), now).unwrap(), None);
        assert_eq!(step(RFC, &before, Some(taken - 2), now).unwrap(), Some(taken - 1));
        let next = code(RFC, now.plus(minutes(1) / 2)).unwrap();
        assert_eq!(step(RFC, &next, Some(taken), now).unwrap(), Some(taken + 1));
    }

    #[test]
    fn nothing_but_six_digits_is_a_code() {
        let shown = code(RFC, at(59)).unwrap();
        for wrong in ["", "287083", "28708", "2870820", "+87082", "٢٨٧٠٨٢", &format!(" {shown}")] {
            assert_eq!(step(RFC, wrong, None, at(59)).unwrap(), None, "{wrong:?}");
        }
        assert_eq!(typed(" 287 082 ").as_str(), "287082");
    }

    #[test]
    fn seeds_and_recovery_codes_are_fresh_and_of_their_length() {
        assert_ne!(fresh_seed().unwrap(), fresh_seed().unwrap());
        assert_eq!(fresh_seed().unwrap().len(), 32);
        let codes = recovery_codes().unwrap();
        assert_eq!(codes.iter().map(|code| code.to_string()).collect::<HashSet<_>>().len(), RECOVERY_CODES);
        for code in &codes {
            assert_eq!((code.len(), typed(code).len()), (19, LENGTH));
            assert!(typed(&code.to_uppercase()).bytes().all(|b| LETTERS.contains(&b)));
        }
    }

    #[test]
    fn the_address_names_issuer_account_and_seed() {
        let address = address(RFC, "m.ortiz@kckpd.example").unwrap();
        assert!(address.starts_with("otpauth://totp/Threekeys:m.ortiz"), "{address}");
        assert!(address.contains(&format!("secret={RFC}")) && address.contains("issuer=Threekeys"), "{address}");
    }
}
