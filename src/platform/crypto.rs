//! Random secrets, digests, message authentication, sealing: thin names over `aws-lc-rs`.
//!
//! One master secret (32 bytes, from a file) yields every key by HKDF with a label of its own, so that no key serves two
//! purposes and rotating one file rotates all of them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hkdf, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::error::{Error, Result};

/// SHA-256.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    fixed(context.finish().as_ref())
}

/// How many bytes there are to read, and their SHA-256.
///
/// # Errors
/// When they can't be read.
pub fn sha256_of(from: &mut impl std::io::Read) -> std::io::Result<(u64, [u8; 32])> {
    let mut context = digest::Context::new(&digest::SHA256);
    let (mut piece, mut bytes) = (vec![0; 1 << 16], 0_u64);
    loop {
        match from.read(&mut piece)? {
            0 => return Ok((bytes, fixed(context.finish().as_ref()))),
            read => {
                context.update(piece.get(..read).unwrap_or_default());
                bytes += read as u64;
            }
        }
    }
}

fn fixed(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = *from;
    }
    out
}

/// 32 random bytes from the operating system.
///
/// # Errors
/// A fault when the system has none to give.
pub fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| Error::fault("the system gives no random bytes"))?;
    Ok(bytes)
}

/// URL-safe base64 without padding.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes behind [`base64url`], or `None` when the text is not that.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a string can't fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Compares without telling by its time where the difference is.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// A one-time token: 256 random bits behind a prefix that says what it is for. Only its digest is ever stored.
pub struct OneTimeToken {
    /// What the person gets.
    pub text: Zeroizing<String>,
    /// What the database keeps.
    pub digest: Vec<u8>,
}

impl OneTimeToken {
    /// A fresh token.
    ///
    /// # Errors
    /// A fault when the system has no random bytes.
    pub fn new(prefix: &'static str) -> Result<Self> {
        let text = Zeroizing::new(format!("{prefix}{}", base64url(&random()?)));
        let digest = sha256(&[text.as_bytes()]).to_vec();
        Ok(Self { text, digest })
    }
    /// The digest under which a presented token would be stored; `None` when it is of another kind or form.
    pub fn digest_of(prefix: &str, presented: &str) -> Option<Vec<u8>> {
        let body = presented.strip_prefix(prefix)?;
        (body.len() == 43 && from_base64url(body).is_some()).then(|| sha256(&[presented.as_bytes()]).to_vec())
    }
}

/// The keys that this installation derives from its master secret.
pub struct Secrets {
    refresh: hmac::Key,
    cursor: hmac::Key,
    throttle: hmac::Key,
    device: hmac::Key,
    recovery: hmac::Key,
    idempotency: hmac::Key,
    notice: hmac::Key,
    holder: hmac::Key,
    calendar: hmac::Key,
    check_in: hmac::Key,
    rsvp: hmac::Key,
    mail: LessSafeKey,
    seed: LessSafeKey,
    fingerprint: [u8; 32],
}

/// What a key is for; part of its derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Successors of refresh tokens.
    Refresh,
    /// Cursors of lists.
    Cursor,
    /// Throttling by address without storing the address.
    Throttle,
    /// Devices that have signed in before.
    Device,
    /// Recovery codes, of which nothing but this is stored.
    Recovery,
    /// Requests that came with an idempotency key: their bodies may hold passwords, which a bare digest would let guess.
    Idempotency,
    /// Tokens in letters to whoever asked for notice.
    Notice,
    /// Whoever takes a stance in an anonymous decision.
    Holder,
    /// Tokens in addresses of people's own calendars, of which nothing but this is stored.
    Calendar,
    /// Codes by which people in a meeting say that they are there.
    CheckIn,
    /// Links in reminders of meetings, of which nothing is stored.
    Rsvp,
}

/// What a sealed text is; each has a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// The text of a letter that waits to be sent.
    Letter,
    /// The secret that an authenticator shares with the server.
    Seed,
}

struct Length;
impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

impl Secrets {
    /// Derives all keys from the master secret.
    ///
    /// # Errors
    /// A fault when derivation fails, which it can't for 32 bytes.
    pub fn derive(master: &[u8; 32]) -> Result<Self> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"threekeys/1").extract(master);
        let key = |label: &str| -> Result<Zeroizing<[u8; 32]>> {
            let mut out = Zeroizing::new([0; 32]);
            prk.expand(&[label.as_bytes()], Length)
                .and_then(|okm| okm.fill(out.as_mut()))
                .map_err(|_| Error::fault("key derivation failed"))?;
            Ok(out)
        };
        let mac = |label: &str| Ok::<_, Error>(hmac::Key::new(hmac::HMAC_SHA256, key(label)?.as_ref()));
        let seal = |label: &str| {
            let key = UnboundKey::new(&AES_256_GCM, key(label)?.as_ref());
            Ok::<_, Error>(LessSafeKey::new(key.map_err(|_| Error::fault("key derivation failed"))?))
        };
        Ok(Self {
            refresh: mac("refresh")?,
            cursor: mac("cursor")?,
            throttle: mac("throttle")?,
            device: mac("device")?,
            recovery: mac("recovery")?,
            idempotency: mac("idempotency")?,
            notice: mac("notice")?,
            holder: mac("holder")?,
            calendar: mac("calendar")?,
            check_in: mac("check-in")?,
            rsvp: mac("rsvp")?,
            mail: seal("mail")?,
            seed: seal("seed")?,
            fingerprint: *key("fingerprint")?,
        })
    }

    /// Tells installations apart without telling the secret: processes on one database must have the same.
    pub const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// HMAC-SHA256 of the parts under the key for `purpose`.
    pub fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        let key = match purpose {
            Purpose::Refresh => &self.refresh,
            Purpose::Cursor => &self.cursor,
            Purpose::Throttle => &self.throttle,
            Purpose::Device => &self.device,
            Purpose::Recovery => &self.recovery,
            Purpose::Idempotency => &self.idempotency,
            Purpose::Notice => &self.notice,
            Purpose::Holder => &self.holder,
            Purpose::Calendar => &self.calendar,
            Purpose::CheckIn => &self.check_in,
            Purpose::Rsvp => &self.rsvp,
        };
        let mut context = hmac::Context::with_key(key);
        for part in parts {
            // The length in front keeps ("ab", "c") and ("a", "bc") apart.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        fixed(context.sign().as_ref())
    }

    const fn sealing(&self, what: Sealed) -> &LessSafeKey {
        match what {
            Sealed::Letter => &self.mail,
            Sealed::Seed => &self.seed,
        }
    }

    /// Seals a text that the database holds, bound to its row.
    ///
    /// # Errors
    /// A fault when the system has no random bytes.
    pub fn seal(&self, what: Sealed, row: &[u8], text: &str) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| Error::fault("the system gives no random bytes"))?;
        let mut sealed = text.as_bytes().to_vec();
        self.sealing(what)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(row), &mut sealed)
            .map_err(|_| Error::fault("sealing failed"))?;
        let mut out = nonce.to_vec();
        out.append(&mut sealed);
        Ok(out)
    }

    /// The text behind [`seal`](Self::seal).
    ///
    /// # Errors
    /// A fault when it was changed, moved to another row, or sealed under another key.
    pub fn open(&self, what: Sealed, row: &[u8], sealed: &[u8]) -> Result<Zeroizing<String>> {
        let broken = || Error::fault("a sealed text can't be opened");
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let mut body = body.to_vec();
        let text = self.sealing(what).open_in_place(nonce, Aad::from(row), &mut body).map_err(|_| broken())?;
        String::from_utf8(text.to_vec()).map(Zeroizing::new).map_err(|_| broken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(byte: u8) -> Secrets {
        Secrets::derive(&[byte; 32]).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn every_purpose_and_every_installation_has_its_own_key() {
        let (a, b) = (secrets(1), secrets(2));
        assert_ne!(a.mac(Purpose::Refresh, &[b"x"]), a.mac(Purpose::Cursor, &[b"x"]));
        assert_ne!(a.mac(Purpose::Refresh, &[b"x"]), b.mac(Purpose::Refresh, &[b"x"]));
        assert_ne!(a.mac(Purpose::Cursor, &[b"ab", b"c"]), a.mac(Purpose::Cursor, &[b"a", b"bc"]));
        assert_ne!(a.fingerprint(), b.fingerprint());
    }

    #[test]
    fn sealed_text_opens_only_where_it_was_sealed() {
        let keys = secrets(1);
        let sealed = keys.seal(Sealed::Letter, b"row 1", "secret").unwrap_or_default();
        assert_eq!(keys.open(Sealed::Letter, b"row 1", &sealed).map(|t| t.to_string()).ok(), Some("secret".to_owned()));
        assert!(keys.open(Sealed::Seed, b"row 1", &sealed).is_err());
        assert!(keys.open(Sealed::Letter, b"row 2", &sealed).is_err());
        assert!(secrets(2).open(Sealed::Letter, b"row 1", &sealed).is_err());
        assert!(
            keys.open(Sealed::Letter, b"row 1", &sealed[1..]).is_err()
                && keys.open(Sealed::Letter, b"row 1", b"short").is_err()
        );
    }

    #[test]
    fn tokens_of_one_kind_are_not_taken_for_another() {
        let token = OneTimeToken::new("tkr_").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(OneTimeToken::digest_of("tkr_", &token.text), Some(token.digest));
        assert_eq!(OneTimeToken::digest_of("tki_", &token.text), None);
        assert_eq!(OneTimeToken::digest_of("tkr_", "tkr_short"), None);
    }
}
