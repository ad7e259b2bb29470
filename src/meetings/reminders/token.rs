//! What a link in a reminder proves: that whoever has it may answer for one member to one meeting, until that is over. Pure.
//!
//! Nothing of it is stored: the meeting, the account and the end of its time are in it, under a message authentication code.

use uuid::Uuid;

use crate::ids::{AccountId, MeetingId};
use crate::platform::clock::Instant;
use crate::platform::crypto::{Purpose, Secrets, base64url, from_base64url, same};

/// What tokens of reminders begin with.
pub const TOKEN: &str = "tky_";
/// Bytes of what a token says: two ids and a time.
const SAID: usize = 40;

/// What a token lets one do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// To answer to this meeting,
    pub meeting: MeetingId,
    /// for this member,
    pub account: AccountId,
    /// before then.
    pub until: Instant,
}

/// The token for a grant.
pub fn make(secrets: &Secrets, grant: Grant) -> String {
    let until = grant.until.micros().to_be_bytes();
    let mut bytes = [&grant.meeting.0.as_bytes()[..], &grant.account.0.as_bytes()[..], &until].concat();
    let mac = secrets.mac(Purpose::Rsvp, &[&bytes]);
    bytes.extend(mac);
    format!("{TOKEN}{}", base64url(&bytes))
}

/// What a token lets one do at `now`; nothing where it is of another kind, was changed, or its time is over.
pub fn read(secrets: &Secrets, token: &str, now: Instant) -> Option<Grant> {
    let bytes = from_base64url(token.strip_prefix(TOKEN)?)?;
    let (said, mac) = bytes.split_at_checked(SAID)?;
    if !same(&secrets.mac(Purpose::Rsvp, &[said]), mac) {
        return None;
    }
    let (ids, until) = said.split_at_checked(32)?;
    let (meeting, account) = ids.split_at_checked(16)?;
    let grant = Grant {
        meeting: MeetingId(Uuid::from_slice(meeting).ok()?),
        account: AccountId(Uuid::from_slice(account).ok()?),
        until: Instant::from_micros(i64::from_be_bytes(until.try_into().ok()?))?,
    };
    (now < grant.until).then_some(grant)
}

/// What tokens begin with by which one gets no more reminders.
pub const STOP: &str = "tks_";

/// The token by which this member gets no more reminders. It never ends: it does nothing else.
pub fn make_stop(secrets: &Secrets, account: AccountId) -> String {
    let said = account.0.as_bytes();
    let mac = secrets.mac(Purpose::Rsvp, &[STOP.as_bytes(), said]);
    format!("{STOP}{}", base64url(&[&said[..], &mac].concat()))
}

/// The member who gets no more reminders; nothing where the token is of another kind or was changed.
pub fn read_stop(secrets: &Secrets, token: &str) -> Option<AccountId> {
    let bytes = from_base64url(token.strip_prefix(STOP)?)?;
    let (said, mac) = bytes.split_at_checked(16)?;
    let is_right = same(&secrets.mac(Purpose::Rsvp, &[STOP.as_bytes(), said]), mac);
    if is_right { Uuid::from_slice(said).ok().map(AccountId) } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secrets(byte: u8) -> Secrets {
        Secrets::derive(&[byte; 32]).unwrap_or_else(|e| panic!("{e}"))
    }
    fn grant(until: Instant) -> Grant {
        Grant { meeting: MeetingId::new(), account: AccountId::new(), until }
    }

    #[test]
    fn a_token_says_what_it_was_made_for_until_its_time_is_over() {
        let until: Instant = "2027-03-10T02:00:00Z".parse().unwrap();
        let (keys, grant) = (secrets(1), grant(until));
        let token = make(&keys, grant);
        assert!(token.len() <= 200 && token.is_ascii(), "{token}");
        let before = until.minus(std::time::Duration::from_micros(1));
        assert_eq!(read(&keys, &token, before), Some(grant));
        assert_eq!(read(&keys, &token, until), None);
        assert_eq!(read(&secrets(2), &token, before), None, "of another installation");
        assert_eq!(read(&keys, &token.replace(TOKEN, "tkn_"), before), None);
        for bad in ["", "tky_", "tky_AAAA", "tky_*", &token[..token.len() - 4]] {
            assert_eq!(read(&keys, bad, before), None, "{bad}");
        }
    }

    #[test]
    fn a_token_stops_reminders_of_one_member() {
        let (keys, account) = (secrets(1), AccountId::new());
        let token = make_stop(&keys, account);
        assert_eq!(read_stop(&keys, &token), Some(account));
        assert_eq!(read_stop(&secrets(2), &token), None, "of another installation");
        assert_eq!(read(&keys, &token.replace(STOP, TOKEN), Instant::EPOCH), None, "it answers nothing");
        let other = make_stop(&keys, AccountId::new());
        let mixed = format!("{}{}", &other[..20], &token[20..]);
        for bad in ["", "tks_", "tks_AAAA", &mixed, &token[..token.len() - 4], &token.replace(STOP, TOKEN)] {
            assert_eq!(read_stop(&keys, bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_changed_token_is_taken(at in 4usize..100, by in 1u8..64) {
            let until: Instant = "2027-03-10T02:00:00Z".parse().unwrap();
            let (keys, grant) = (secrets(1), grant(until));
            let token = make(&keys, grant);
            let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let mut changed = token.into_bytes();
            let place = letters.iter().position(|letter| *letter == changed[at]).unwrap();
            changed[at] = letters[(place + usize::from(by)) % 64];
            let changed = String::from_utf8(changed).unwrap();
            prop_assert_eq!(read(&keys, &changed, until.minus(std::time::Duration::from_secs(60))), None);
        }
    }
}
