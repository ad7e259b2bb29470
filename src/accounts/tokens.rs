//! Sessions and refresh tokens (`design/security.md` 5.1).
//!
//! A refresh token is used once. Its successor is computed from it, not stored: an officer whose answer got lost in a
//! tunnel sends the same token again within ten seconds and gets the same successor. A used token that comes back later
//! has been copied; the whole session ends.

use std::time::Duration;

use super::model::{AccountKind, RefreshToken, Session};
use crate::ids::AccountId;
use crate::platform::clock::{Instant, days, hours, minutes};
use crate::platform::config::Sessions;
use crate::platform::crypto::{Purpose, Secrets, base64url, from_base64url, same, sha256};

/// What refresh tokens begin with.
pub const REFRESH: &str = "tkr_";
/// What tokens of invitations begin with.
pub const INVITATION: &str = "tki_";
/// What tokens mailed to prove an address begin with.
pub const VERIFY_EMAIL: &str = "tkv_";
/// What tokens mailed to reset a password begin with.
pub const RESET_PASSWORD: &str = "tkp_";
/// What the token for the first administrator begins with.
pub const BOOTSTRAP: &str = "tkb_";
/// What tokens mailed to set up a new authenticator begin with.
pub const RESET_AUTHENTICATOR: &str = "tka_";
/// What the token of a device that signed in before begins with.
const DEVICE: &str = "tkd_";
/// How long a lost answer may be asked for again.
const LOST_ANSWER: Duration = Duration::from_secs(10);
/// How long a device stays known.
const DEVICE_KNOWN: Duration = days(90);

/// Lifetimes that go with a kind of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of access tokens.
    pub access: Duration,
    /// Between refreshes.
    pub idle: Duration,
    /// In all.
    pub absolute: Duration,
}

impl Lifetimes {
    /// As configured; short for everybody but citizens.
    pub const fn of(kind: AccountKind, config: &Sessions) -> Self {
        if kind.is_staff() {
            Self {
                access: minutes(config.access_minutes_staff),
                idle: minutes(config.idle_minutes_staff),
                absolute: hours(config.absolute_hours_staff),
            }
        } else {
            Self {
                access: minutes(config.access_minutes),
                idle: hours(config.idle_hours),
                absolute: hours(config.absolute_hours),
            }
        }
    }
}

/// The successor of a refresh token.
pub fn successor(secrets: &Secrets, presented: &str) -> String {
    format!("{REFRESH}{}", base64url(&secrets.mac(Purpose::Refresh, &[presented.as_bytes(), b"next"])))
}

/// The digest under which a token is stored.
pub fn digest(token: &str) -> Vec<u8> {
    sha256(&[token.as_bytes()]).to_vec()
}

/// What a presented refresh token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// First use: it is used up, and its successor begins to live.
    Rotate,
    /// The answer to its first use got lost: the same successor again.
    Repeat,
    /// A copy: the session ends.
    Reused,
    /// Its session is over.
    Over,
}

/// Judges a refresh token that is known.
pub fn judge(token: &RefreshToken, session: &Session, now: Instant) -> Verdict {
    if session.ended_at.is_some() || session.expires_at <= now {
        return Verdict::Over;
    }
    match token.used_at {
        Some(used) if now.since(used) <= LOST_ANSWER => Verdict::Repeat,
        Some(_) => Verdict::Reused,
        None if token.expires_at <= now => Verdict::Over,
        None => Verdict::Rotate,
    }
}

/// A token for a device on which this account has signed in: with it, failures of others don't keep the owner out. It dies
/// with the password that it was given for.
pub fn device_token(secrets: &Secrets, account: AccountId, password_hash: &str, now: Instant) -> String {
    let until = now.plus(DEVICE_KNOWN).micros().to_be_bytes();
    let mac = secrets.mac(Purpose::Device, &[account.0.as_bytes(), &until, password_hash.as_bytes()]);
    format!("{DEVICE}{}", base64url(&[until.as_slice(), &mac].concat()))
}

/// Whether `token` was given to a device of this account and still counts.
pub fn is_known_device(secrets: &Secrets, account: AccountId, password_hash: &str, token: &str, now: Instant) -> bool {
    let bytes = token.strip_prefix(DEVICE).and_then(from_base64url).unwrap_or_default();
    let Some((until, mac)) = bytes.split_first_chunk::<8>() else { return false };
    let expected = secrets.mac(Purpose::Device, &[account.0.as_bytes(), until, password_hash.as_bytes()]);
    same(mac, &expected) && Instant::from_micros(i64::from_be_bytes(*until)).is_some_and(|until| now < until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::model::{EndReason, RefreshTokenId};
    use crate::ids::SessionId;

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(1_800_000_000_000_000).unwrap().plus(Duration::from_secs(seconds))
    }
    fn session() -> Session {
        Session {
            id: SessionId::new(),
            account_id: AccountId::new(),
            amr: "pwd".into(),
            authenticated_at: at(0),
            device: None,
            ip: "127.0.0.1".into(),
            refreshed_at: at(0),
            idle_expires_at: at(1800),
            expires_at: at(3600),
            ended_at: None,
            end_reason: None,
            created_at: at(0),
        }
    }
    fn token(used: Option<u64>) -> RefreshToken {
        RefreshToken {
            id: RefreshTokenId::new(),
            session_id: SessionId::new(),
            parent_id: None,
            digest: Vec::new(),
            used_at: used.map(at),
            expires_at: at(1800),
            created_at: at(0),
        }
    }

    #[test]
    fn a_refresh_token_is_judged_by_its_use_and_its_session() {
        let live = session();
        assert_eq!(judge(&token(None), &live, at(10)), Verdict::Rotate);
        assert_eq!(judge(&token(None), &live, at(1800)), Verdict::Over);
        assert_eq!(judge(&token(Some(10)), &live, at(20)), Verdict::Repeat);
        assert_eq!(judge(&token(Some(10)), &live, at(21)), Verdict::Reused);
        assert_eq!(judge(&token(Some(10)), &live, at(3600)), Verdict::Over);
        let ended = Session { ended_at: Some(at(5)), end_reason: Some(EndReason::LoggedOut), ..session() };
        assert_eq!(judge(&token(None), &ended, at(10)), Verdict::Over);
    }

    #[test]
    fn the_successor_is_the_same_each_time_and_unlike_its_parent() {
        let secrets = Secrets::derive(&[7; 32]).unwrap();
        let first = format!("{REFRESH}abc");
        assert_eq!(successor(&secrets, &first), successor(&secrets, &first));
        assert_ne!(successor(&secrets, &first), first);
        assert_eq!(successor(&secrets, &first).len(), REFRESH.len() + 43);
    }

    #[test]
    fn a_device_is_known_to_its_own_account_for_its_time() {
        let secrets = Secrets::derive(&[7; 32]).unwrap();
        let (mine, other) = (AccountId::new(), AccountId::new());
        let token = device_token(&secrets, mine, "hash", at(0));
        assert!(is_known_device(&secrets, mine, "hash", &token, at(60)));
        assert!(!is_known_device(&secrets, mine, "another hash", &token, at(60)));
        assert!(!is_known_device(&secrets, other, "hash", &token, at(60)));
        assert!(!is_known_device(&secrets, mine, "hash", &token, at(0).plus(days(90))));
        assert!(!is_known_device(&secrets, mine, "hash", "tkd_AAAA", at(60)));
    }
}
