//! Signing keys and access tokens (`design/security.md` 5.1).
//!
//! Access tokens are JWTs of type `at+jwt` (RFC 9068) signed with Ed25519 (RFC 8037), and nothing else is taken. Keys live
//! in one file that only the owner can read. Each is *next* (published, not yet used), *active* (signs) or *retired* (still
//! verifies what it signed); all three are in the JWKS. Rotation makes *next* active, so no verifier ever meets a key that
//! it could not have fetched before, and no valid token is refused. A second key signs the anchors of the record and is
//! not rotated, so that old anchors can be checked.
//!
//! Several processes share the file; each reads it again when it has changed, at the latest when it meets a key id that it
//! does not know.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::clock::{Clock, Instant, hours, minutes};
use super::crypto::{base64url, from_base64url, sha256};
use super::error::{Error, Result};
use super::faults::is_planted;
use super::files::{folder_of, make_private_dir, refuse_if_others_can_read, remove_drafts, sync_dir, write_private};

/// Whom the tokens are for.
pub const AUDIENCE: &str = "threekeys-api";
/// The `client_id` of sessions opened with a password at this server.
pub const FIRST_PARTY: &str = "threekeys";
/// A verifier's clock may be off by so much (seconds).
const LEEWAY: i64 = 5;
/// How long a verifier may keep the JWKS; *next* is published for longer before it signs.
pub const JWKS_MAX_AGE: Duration = minutes(5);
/// How long *next* must have been published before it may sign.
const PUBLISHED_FIRST: Duration = minutes(10);
/// How long a retired key stays: longer than any access token lives.
const RETIRED_STAYS: Duration = hours(24);
/// Verified tokens that are remembered, so that a signature is checked once per token and not once per request.
const REMEMBERED: usize = 10_000;

/// The file with the keys of an installation whose keys are in `dir`.
pub fn file_in(dir: &Path) -> PathBuf {
    dir.join("signing-keys.json")
}

/// What an access token says. No name, no address, no right: those are read from the database for every request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it: the server's base URL.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The account.
    pub sub: Uuid,
    /// The program that signed in.
    pub client_id: String,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Expires at.
    pub exp: i64,
    /// Identifies the token.
    pub jti: Uuid,
    /// The session.
    pub sid: Uuid,
    /// When the person last proved who they are.
    pub auth_time: i64,
    /// How they proved it (RFC 8176): `pwd`, later `otp`.
    pub amr: Vec<String>,
    /// Level of that proof: `aal1` with one factor, `aal2` with two.
    pub acr: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Next,
    Active,
    Retired,
}

/// A key as it stands in the file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    kid: String,
    state: State,
    /// Microseconds since 1970, as are the others.
    created_at: i64,
    changed_at: i64,
    pkcs8: Zeroizing<String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    signing: Vec<StoredKey>,
    anchor: StoredKey,
}

struct Verifying {
    kid: String,
    key: DecodingKey,
}

/// The file's content, ready for use.
struct Loaded {
    file: KeyFile,
    active_kid: String,
    active: EncodingKey,
    verifying: Vec<Verifying>,
    jwks: String,
    anchor: Ed25519KeyPair,
    modified: Option<std::time::SystemTime>,
}

/// The signing keys of this installation.
pub struct Keys {
    path: PathBuf,
    issuer: String,
    clock: Clock,
    loaded: RwLock<Loaded>,
    looked_at: AtomicI64,
    verified: Cache<[u8; 32], Arc<Claims>>,
}

/// What to show of a key.
#[derive(Debug, Serialize)]
pub struct KeyStatus {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// `next`, `active` or `retired`.
    pub state: String,
    /// When it was made.
    pub created_at: Instant,
}

fn generate(clock: &Clock, state: State) -> Result<StoredKey> {
    let document = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new())
        .map_err(|_| Error::fault("a signing key can't be made"))?;
    let pkcs8 = Zeroizing::new(base64url(document.as_ref()));
    let pair = pair(&pkcs8)?;
    let now = clock.now().micros();
    Ok(StoredKey { kid: thumbprint(&pair), state, created_at: now, changed_at: now, pkcs8 })
}

fn pair(pkcs8: &str) -> Result<Ed25519KeyPair> {
    let der = Zeroizing::new(from_base64url(pkcs8).unwrap_or_default());
    Ed25519KeyPair::from_pkcs8(&der).map_err(|_| Error::fault("a signing key in the key file is damaged"))
}

fn public(pair: &Ed25519KeyPair) -> String {
    base64url(pair.public_key().as_ref())
}

/// RFC 7638 with the members that RFC 8037 names, in their order.
fn thumbprint(pair: &Ed25519KeyPair) -> String {
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, public(pair));
    base64url(&sha256(&[jwk.as_bytes()]))
}

impl Loaded {
    fn new(file: KeyFile, modified: Option<std::time::SystemTime>) -> Result<Self> {
        let mut verifying = Vec::new();
        let mut jwks = Vec::new();
        let mut active = None;
        for stored in &file.signing {
            let pair = pair(&stored.pkcs8)?;
            if thumbprint(&pair) != stored.kid {
                return Err(Error::fault("the key file names a key by another key's id"));
            }
            let x = public(&pair);
            let key = DecodingKey::from_ed_components(&x).map_err(|e| Error::fault(e.to_string()))?;
            jwks.push(serde_json::json!({
                "kty": "OKP", "crv": "Ed25519", "x": x, "kid": stored.kid, "use": "sig", "alg": "EdDSA", "key_ops": ["verify"]
            }));
            verifying.push(Verifying { kid: stored.kid.clone(), key });
            if stored.state == State::Active {
                let der = Zeroizing::new(from_base64url(&stored.pkcs8).unwrap_or_default());
                active = Some((stored.kid.clone(), EncodingKey::from_ed_der(&der)));
            }
        }
        let (active_kid, active) = active.ok_or_else(|| Error::fault("the key file has no active key"))?;
        let anchor = pair(&file.anchor.pkcs8)?;
        let jwks = serde_json::json!({ "keys": jwks }).to_string();
        Ok(Self { file, active_kid, active, verifying, jwks, anchor, modified })
    }
}

impl Keys {
    /// Opens the key file in `dir`, making both when they are missing, and signs and verifies one token to be sure.
    ///
    /// # Errors
    /// When the file can't be read or made, others can read it, or its content is damaged.
    pub fn open(dir: &Path, issuer: &str, clock: Clock) -> Result<Self> {
        let path = file_in(dir);
        if !path.exists() {
            make_private_dir(dir)?;
            let file = KeyFile {
                signing: vec![generate(&clock, State::Active)?, generate(&clock, State::Next)?],
                anchor: generate(&clock, State::Active)?,
            };
            // Where two processes start at once, the first one's keys count.
            write_private(&path, &serialize(&file)?, false)?;
            // Where the folder above belongs to another, it is theirs to keep.
            let _ = sync_dir(folder_of(dir));
        }
        remove_drafts(&path);
        let loaded = RwLock::new(load(&path)?);
        let looked_at = AtomicI64::new(clock.now().micros());
        let keys = Self { path, issuer: issuer.to_owned(), clock, loaded, looked_at, verified: Cache::new(REMEMBERED) };
        let probe = keys.claims(Uuid::nil(), Uuid::nil(), keys.clock.now(), vec!["pwd".into()], minutes(1));
        let token = keys.sign(&probe)?;
        match keys.verify(&token) {
            Some(claims) if *claims == probe => Ok(keys),
            _ => Err(Error::fault("a token signed with the active key does not verify")),
        }
    }

    /// The claims of a fresh token.
    pub fn claims(
        &self,
        account: Uuid,
        session: Uuid,
        authenticated: Instant,
        amr: Vec<String>,
        life: Duration,
    ) -> Claims {
        let now = self.clock.now().seconds();
        Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.into(),
            sub: account,
            client_id: FIRST_PARTY.into(),
            iat: now,
            nbf: now,
            exp: now + i64::try_from(life.as_secs()).unwrap_or(0),
            jti: Uuid::now_v7(),
            sid: session,
            auth_time: authenticated.seconds(),
            acr: if amr.len() > 1 { "aal2" } else { "aal1" }.into(),
            amr,
        }
    }

    /// Signs with the active key.
    ///
    /// # Errors
    /// A fault when signing fails.
    pub fn sign(&self, claims: &Claims) -> Result<String> {
        let loaded = self.read();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".into());
        header.kid = Some(loaded.active_kid.clone());
        jsonwebtoken::encode(&header, claims, &loaded.active).map_err(|e| Error::fault(e.to_string()))
    }

    /// The claims of a token that this installation signed and that is valid now; `None` for every other text.
    pub fn verify(&self, token: &str) -> Option<Arc<Claims>> {
        if token.len() > 2048 {
            return None;
        }
        let digest = sha256(&[token.as_bytes()]);
        let claims = match self.verified.get(&digest) {
            Some(claims) => claims,
            None => {
                let claims = Arc::new(self.verify_signature(token)?);
                self.verified.insert(digest, claims.clone());
                claims
            }
        };
        let now = self.clock.now().seconds();
        let begun = claims.iat <= now + LEEWAY && claims.nbf <= now + LEEWAY;
        let timely = begun && claims.exp > now - LEEWAY && claims.exp > claims.nbf;
        (timely || is_planted("token_of_another_time")).then_some(claims)
    }

    fn verify_signature(&self, token: &str) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let typed = header.typ.as_deref() == Some("at+jwt") || is_planted("token_of_another_type");
        if header.alg != Algorithm::EdDSA || !typed || header.crit.is_some() {
            return None;
        }
        let kid = header.kid?;
        // Keys that a token brings or points to are never looked at.
        if header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some() {
            return None;
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // Times are checked against our own clock in `verify`, with claims typed as whole seconds, and again for every
        // request and not only when the signature is.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        if is_planted("token_unsigned") {
            return jsonwebtoken::dangerous::insecure_decode::<Claims>(token).ok().map(|token| token.claims);
        }
        let key = self.verifying_key(&kid)?;
        jsonwebtoken::decode::<Claims>(token, &key, &validation).ok().map(|token| token.claims)
    }

    fn verifying_key(&self, kid: &str) -> Option<DecodingKey> {
        let find = |loaded: &Loaded| loaded.verifying.iter().find(|v| v.kid == kid).map(|v| v.key.clone());
        if let Some(key) = find(&self.read()) {
            return Some(key);
        }
        // Another process may have rotated; the file is looked at once a second at the most.
        self.refresh(Duration::from_secs(1));
        find(&self.read())
    }

    /// Reads the file again if it has changed and was not looked at for `at_most_every`.
    pub fn refresh(&self, at_most_every: Duration) {
        let now = self.clock.now();
        let last = self.looked_at.load(Ordering::Relaxed);
        if Instant::from_micros(last).is_some_and(|last| now.since(last) < at_most_every) {
            return;
        }
        self.looked_at.store(now.micros(), Ordering::Relaxed);
        let modified = std::fs::metadata(&self.path).and_then(|m| m.modified()).ok();
        if modified == self.read().modified {
            return;
        }
        match load(&self.path) {
            Ok(loaded) => self.replace(loaded),
            Err(error) => tracing::error!(%error, "the key file changed and can't be read; the keys in memory stay"),
        }
    }

    /// All public keys as a JWK set (RFC 7517).
    pub fn jwks(&self) -> String {
        self.read().jwks.clone()
    }

    /// The keys and their states, oldest first.
    pub fn status(&self) -> Vec<KeyStatus> {
        let state = |state| match state {
            State::Next => "next",
            State::Active => "active",
            State::Retired => "retired",
        };
        let loaded = self.read();
        let mut keys: Vec<_> = loaded.file.signing.iter().collect();
        keys.sort_by_key(|key| key.created_at);
        keys.into_iter()
            .filter_map(|key| {
                let created_at = Instant::from_micros(key.created_at)?;
                Some(KeyStatus { kid: key.kid.clone(), state: state(key.state).into(), created_at })
            })
            .collect()
    }

    /// Makes *next* active, retires the active key, makes a new *next*, and drops keys retired long ago.
    ///
    /// # Errors
    /// A conflict when *next* was not published long enough for every verifier to know it, unless `forced`; a fault when
    /// the file can't be written.
    pub fn rotate(&self, forced: bool) -> Result<()> {
        let now = self.clock.now();
        let mut file = load(&self.path)?.file;
        let published = file
            .signing
            .iter()
            .find(|key| key.state == State::Next)
            .and_then(|key| Instant::from_micros(key.created_at));
        if !forced && published.is_none_or(|at| now.since(at) < PUBLISHED_FIRST) {
            return Err(Error::conflict(
                "the next key was published less than 10 minutes ago; verifiers may not know it yet",
            ));
        }
        file.signing.retain(|key| {
            key.state != State::Retired
                || Instant::from_micros(key.changed_at).is_some_and(|at| now.since(at) < RETIRED_STAYS)
        });
        for key in &mut file.signing {
            key.state = match key.state {
                State::Next => State::Active,
                State::Active => State::Retired,
                State::Retired => continue,
            };
            key.changed_at = now.micros();
        }
        file.signing.push(generate(&self.clock, State::Next)?);
        write_private(&self.path, &serialize(&file)?, true)?;
        self.replace(load(&self.path)?);
        Ok(())
    }

    /// Other keys count from now on; what earlier ones verified is verified again, for one of them may be gone.
    fn replace(&self, loaded: Loaded) {
        *self.write() = loaded;
        self.verified.clear();
    }

    /// Rotates when the active key has reached `age`. Returns whether it did.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub fn rotate_if_older(&self, age: Duration) -> Result<bool> {
        self.refresh(Duration::ZERO);
        let since = self.read().file.signing.iter().find(|key| key.state == State::Active).map(|key| key.changed_at);
        match since.and_then(Instant::from_micros) {
            Some(since) if self.clock.now().since(since) >= age => self.rotate(false).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Signs an anchor of the record.
    pub fn sign_anchor(&self, message: &[u8]) -> String {
        base64url(self.read().anchor.sign(message).as_ref())
    }

    /// The public key for anchors, base64url.
    pub fn anchor_public(&self) -> String {
        public(&self.read().anchor)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Loaded> {
        self.loaded.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Loaded> {
        self.loaded.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Whether `signature` over `message` was made with the anchor key `public`, both base64url.
pub fn verify_anchor(public: &str, message: &[u8], signature: &str) -> bool {
    match (from_base64url(public), from_base64url(signature)) {
        (Some(public), Some(signature)) => UnparsedPublicKey::new(&ED25519, public).verify(message, &signature).is_ok(),
        _ => false,
    }
}

fn serialize(file: &KeyFile) -> Result<Zeroizing<Vec<u8>>> {
    serde_json::to_vec_pretty(file).map(Zeroizing::new).map_err(|e| Error::fault(e.to_string()))
}

fn load(path: &Path) -> Result<Loaded> {
    refuse_if_others_can_read(path)?;
    let fault = |e: String| Error::fault(format!("the key file {}: {e}", path.display()));
    let modified = std::fs::metadata(path).and_then(|m| m.modified()).ok();
    let bytes = Zeroizing::new(std::fs::read(path).map_err(|e| fault(e.to_string()))?);
    let file = serde_json::from_slice(&bytes).map_err(|e| fault(e.to_string()))?;
    Loaded::new(file, modified)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(dir: &Path, clock: &Clock) -> Keys {
        Keys::open(dir, "https://tk.example", clock.clone()).unwrap_or_else(|e| panic!("{e}"))
    }
    fn clock() -> Clock {
        Clock::standing_at(Instant::from_micros(1_800_000_000_000_000).unwrap_or_else(|| panic!("time")))
    }
    fn token(keys: &Keys) -> String {
        let claims = keys.claims(Uuid::now_v7(), Uuid::now_v7(), keys.clock.now(), vec!["pwd".into()], minutes(10));
        keys.sign(&claims).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn a_token_is_valid_for_its_time_and_no_longer() {
        let (dir, clock) = (tempfile::tempdir().unwrap_or_else(|e| panic!("{e}")), clock());
        let keys = keys(dir.path(), &clock);
        let token = token(&keys);
        assert!(keys.verify(&token).is_some());
        clock.advance(minutes(10));
        assert!(keys.verify(&token).is_some(), "within the leeway");
        clock.advance(Duration::from_secs(6));
        assert!(keys.verify(&token).is_none(), "remembered, but over");
    }

    #[test]
    fn rotation_keeps_valid_tokens_valid_across_processes() {
        let (dir, clock) = (tempfile::tempdir().unwrap_or_else(|e| panic!("{e}")), clock());
        let (one, two) = (keys(dir.path(), &clock), keys(dir.path(), &clock));
        let before = token(&one);
        assert!(one.rotate(false).is_err(), "next is too fresh");
        clock.advance(minutes(9));
        let last = token(&one);
        clock.advance(minutes(2));
        assert!(one.rotate(false).is_ok());
        assert!(one.verify(&before).is_none() && one.verify(&last).is_some());
        let after = token(&one);
        assert!(two.verify(&last).is_some() && two.verify(&after).is_some(), "next was known before it signed");
        clock.advance(minutes(11));
        assert!(one.rotate(false).is_ok());
        clock.advance(minutes(11));
        assert!(one.rotate(false).is_ok());
        assert!(two.verify(&token(&one)).is_some(), "two looks at the file when it meets an unknown key");
        assert_eq!(one.jwks(), two.jwks());
    }

    #[test]
    fn rotation_by_age_happens_once_and_old_keys_go() {
        let (dir, clock) = (tempfile::tempdir().unwrap_or_else(|e| panic!("{e}")), clock());
        let keys = keys(dir.path(), &clock);
        assert_eq!(keys.rotate_if_older(hours(24 * 60)).ok(), Some(false));
        for _ in 0..4 {
            clock.advance(hours(24 * 60));
            assert_eq!(keys.rotate_if_older(hours(24 * 60)).ok(), Some(true));
            assert_eq!(keys.rotate_if_older(hours(24 * 60)).ok(), Some(false));
        }
        assert_eq!(keys.status().len(), 3, "next, active, the last retired");
    }

    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, clock) = (tempfile::tempdir().unwrap_or_else(|e| panic!("{e}")), clock());
        drop(keys(dir.path(), &clock));
        let path = dir.path().join("signing-keys.json");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap_or_else(|e| panic!("{e}"));
        assert!(Keys::open(dir.path(), "https://tk.example", clock).is_err());
    }

    #[test]
    fn a_folder_in_the_place_of_the_key_file_is_called_no_file() {
        let (dir, clock) = (tempfile::tempdir().unwrap_or_else(|e| panic!("{e}")), clock());
        std::fs::create_dir(dir.path().join("signing-keys.json")).unwrap_or_else(|e| panic!("{e}"));
        let refused = Keys::open(dir.path(), "https://tk.example", clock).err().map(Error::into_reason);
        assert!(refused.as_deref().is_some_and(|why| why.contains("is not a file")), "{refused:?}");
    }

    #[test]
    fn opening_removes_what_an_interrupted_rotation_left_and_nothing_else() {
        let (dir, clock) = (tempfile::tempdir().unwrap_or_else(|e| panic!("{e}")), clock());
        drop(keys(dir.path(), &clock));
        let draft = |age: Duration, name: String| {
            let path = dir.path().join(name);
            let file = std::fs::File::create(&path).unwrap_or_else(|e| panic!("{e}"));
            let made = file.metadata().and_then(|file| file.modified()).unwrap_or_else(|e| panic!("{e}"));
            file.set_modified(made - age).unwrap_or_else(|e| panic!("{e}"));
            path
        };
        let id = || Uuid::now_v7().simple();
        let left = draft(hours(1), format!("signing-keys.{}.new", id()));
        let kept = [
            draft(Duration::ZERO, format!("signing-keys.{}.new", id())),
            draft(hours(1), format!("others.{}.new", id())),
            draft(hours(1), "signing-keys.old.new".into()),
            draft(hours(1), format!("signing-keys.{}", id())),
        ];
        let keys = keys(dir.path(), &clock);
        assert!(!left.exists());
        assert!(keys.rotate(true).is_ok());
        for path in kept {
            assert!(path.exists(), "{}", path.display());
        }
    }

    #[test]
    fn anchors_verify_with_the_public_key_and_no_other_message() {
        let (dir, clock) = (tempfile::tempdir().unwrap_or_else(|e| panic!("{e}")), clock());
        let keys = keys(dir.path(), &clock);
        let signature = keys.sign_anchor(b"1 abc");
        assert!(verify_anchor(&keys.anchor_public(), b"1 abc", &signature));
        assert!(!verify_anchor(&keys.anchor_public(), b"2 abc", &signature));
    }
}
