//! Check-in codes: easy to read out, hard to guess, stored nowhere. Pure but for the secret.

use crate::ids::MeetingId;
use crate::platform::clock::{Instant, minutes};
use crate::platform::crypto::{Purpose, Secrets, same};

/// What a code is made of: digits and capitals without 0, O, 1, I and L, which are taken for one another.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// So many of them: 31^7 are 27 thousand million.
const LENGTH: usize = 7;

/// How long one code is shown.
#[derive(Debug, Clone, Copy)]
pub struct Periods {
    /// In minutes.
    pub minutes: u64,
}

impl Periods {
    fn micros(self) -> i64 {
        i64::try_from(minutes(self.minutes).as_micros()).unwrap_or(i64::MAX).max(1)
    }
    /// The period in which `now` lies.
    pub fn at(self, now: Instant) -> i64 {
        now.micros().div_euclid(self.micros())
    }
    /// When the period ends in which `now` lies.
    pub fn ends(self, now: Instant) -> Instant {
        let left = self.micros() - now.micros().rem_euclid(self.micros());
        now.plus(std::time::Duration::from_micros(u64::try_from(left).unwrap_or(0)))
    }
}

/// The code of a meeting in a period.
pub fn code(secrets: &Secrets, meeting: MeetingId, period: i64) -> String {
    let mac = secrets.mac(Purpose::CheckIn, &[meeting.0.as_bytes(), &period.to_be_bytes()]);
    let base = ALPHABET.len() as u128;
    let mut number = mac.iter().take(16).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    let mut out = String::with_capacity(LENGTH);
    for _ in 0..LENGTH {
        let digit = usize::try_from(number % base).unwrap_or(0);
        out.push(ALPHABET.get(digit).copied().map_or('2', char::from));
        number /= base;
    }
    out
}

/// Whether what somebody typed is the code of the meeting now, or of the period before. Case, blanks and hyphens are no matter.
pub fn is_right(secrets: &Secrets, meeting: MeetingId, periods: Periods, now: Instant, typed: &str) -> bool {
    let typed: String =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
    let now = periods.at(now);
    // Both are compared, so that the time tells nothing.
    let [this, before] = [now, now - 1].map(|period| same(code(secrets, meeting, period).as_bytes(), typed.as_bytes()));
    this | before
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Periods = Periods { minutes: 10 };

    fn secrets(byte: u8) -> Secrets {
        Secrets::derive(&[byte; 32]).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn a_code_is_read_out_without_being_taken_for_another() {
        let secrets = secrets(1);
        for period in 0..500 {
            let code = code(&secrets, MeetingId::new(), period);
            assert_eq!(code.len(), LENGTH);
            assert!(code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()), "{code}");
            assert!(!code.contains(['0', 'O', '1', 'I', 'L']), "{code}");
        }
    }

    #[test]
    fn a_code_is_taken_for_its_period_and_the_next_one() {
        let (secrets, meeting) = (secrets(1), MeetingId::new());
        let now = Instant::from_micros(1_800_000_000_000_000).unwrap();
        let shown = code(&secrets, meeting, TEN.at(now));
        let right = |now, typed: &str| is_right(&secrets, meeting, TEN, now, typed);
        assert!(right(now, &shown) && right(now, &shown.to_lowercase()));
        assert!(right(now, &format!(" {}-{} ", &shown[..3], &shown[3..])));
        let next = TEN.ends(now);
        assert!(right(next, &shown) && right(next.plus(minutes(9)), &shown));
        assert!(!right(next.plus(minutes(10)), &shown), "two periods later");
        assert!(!right(now.minus(minutes(20)), &shown), "not yet");
        assert!(!right(now, "") && !right(now, &shown[..6]));
    }

    #[test]
    fn meetings_periods_and_installations_have_codes_of_their_own() {
        let (a, b, meeting) = (secrets(1), secrets(2), MeetingId::new());
        assert_ne!(code(&a, meeting, 7), code(&b, meeting, 7));
        assert_ne!(code(&a, meeting, 7), code(&a, meeting, 8));
        assert_ne!(code(&a, meeting, 7), code(&a, MeetingId::new(), 7));
    }
}
