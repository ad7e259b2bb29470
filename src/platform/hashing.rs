//! Passwords: Argon2id on threads of their own (`design/security.md` 5.3, NIST SP 800-63B-4 section 3.1.1).
//!
//! A hash takes tens of milliseconds and megabytes, so it never runs on a thread that serves requests or the database, and
//! no more of them run at once than there are threads for it: a flood of logins fills a short queue and is told to come
//! back, and nothing else slows down.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

use super::config::Passwords;
use super::error::{Code, Error, FieldCode, Result};
use super::http::extract::wrong;

/// How long a hash may wait for its thread.
const WAIT: Duration = Duration::from_secs(2);
/// Guesses (as a power of ten) that an attacker with a dictionary must need at least. Below it the password is one of the
/// commonly used, expected or repeated ones that NIST SP 800-63B-4 wants refused; it is no rule of composition.
const GUESSES_LOG10: f64 = 10.0;

type Job = Box<dyn FnOnce() + Send>;

/// The pool.
pub struct Hasher {
    queue: flume::Sender<Job>,
    argon2: Argon2<'static>,
    /// A hash of nobody's password, verified where there is no account, so that both take the same time.
    dummy: String,
}

impl Hasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the parameters are unusable or a thread can't be started.
    pub fn start(config: &Passwords) -> Result<Self> {
        let params =
            Params::new(config.memory_kib, config.iterations, 1, None).map_err(|e| Error::fault(e.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = if config.threads == 0 { cores.saturating_sub(1).max(1) } else { config.threads };
        let (queue, jobs) = flume::bounded::<Job>(config.queue);
        for n in 0..threads {
            let jobs = jobs.clone();
            let work = move || {
                while let Ok(job) = jobs.recv() {
                    // The caller's channel closes, which it takes for a fault; the thread goes on.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            };
            std::thread::Builder::new()
                .name(format!("hash-{n}"))
                .spawn(work)
                .map_err(|e| Error::fault(format!("a hashing thread can't be started: {e}")))?;
        }
        let dummy = hash(&argon2, "correct horse battery staple")?;
        Ok(Self { queue, argon2, dummy })
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move || {
            if !answer.is_closed() {
                // The caller may have gone meanwhile.
                let _ = answer.send(work());
            }
        });
        let busy = || Error::unavailable(2, "no thread for a password hash was free in time");
        match tokio::time::timeout(WAIT, self.queue.send_async(job)).await {
            Ok(Ok(())) => answered.await.map_err(|_| Error::fault("a password hash gave no answer")),
            _ => Err(busy()),
        }
    }

    /// Hashes a new password, which the request has at `pointer`, after refusing it if it is easy to guess for somebody who
    /// knows `about` its owner.
    ///
    /// # Errors
    /// 422 with the reason; 503 when no thread is free in time.
    pub async fn hash_new(&self, password: SecretString, about: Vec<String>, pointer: &'static str) -> Result<String> {
        let argon2 = self.argon2.clone();
        self.run(move || {
            refuse_if_guessable(password.expose_secret(), &about, pointer)?;
            hash(&argon2, password.expose_secret())
        })
        .await?
    }

    /// Whether the password is the one behind the hash. Without a hash the answer is no, after the same work.
    ///
    /// # Errors
    /// 503 when no thread is free in time.
    pub async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<bool> {
        let argon2 = self.argon2.clone();
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.dummy.clone());
        self.run(move || {
            let hash =
                PasswordHash::new(&stored).map_err(|e| Error::fault(format!("a stored hash is damaged: {e}")))?;
            Ok(argon2.verify_password(password.expose_secret().as_bytes(), &hash).is_ok() && known)
        })
        .await?
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String> {
    let hash = argon2.hash_password(password.as_bytes()).map_err(|e| Error::fault(e.to_string()))?;
    Ok(hash.to_string())
}

/// NIST SP 800-63B-4 3.1.1.2: compares with what is commonly used, expected or derived from the person and the service.
///
/// # Errors
/// 422 with the reason.
pub fn refuse_if_guessable(password: &str, about: &[String], pointer: &'static str) -> Result<()> {
    let mut known: Vec<&str> = about.iter().map(String::as_str).collect();
    known.extend(["threekeys", "police", "partnership", "community", "kansas", "neighborhood"]);
    let estimate = zxcvbn::zxcvbn(password, &known);
    if estimate.guesses_log10() >= GUESSES_LOG10 {
        return Ok(());
    }
    let reason = estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning).map_or_else(
        || "It is made of what is commonly used, repeated or known about you.".to_owned(),
        |w| w.to_string(),
    );
    let field = wrong(pointer, FieldCode::Refused, &reason);
    Err(Error::new(Code::PasswordRefused, reason).with_fields(vec![field]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_guesses_is_refused_and_long_phrases_are_not() {
        let about = ["ann.lee".to_owned(), "Ann Lee".to_owned()];
        for bad in [
            "passwordpassword",
            "aaaaaaaaaaaaaaaaaaaa",
            "123456789012345",
            "qwertyuiopasdfgh",
            "annleeannleeannlee",
            "threekeysthreekeys",
        ] {
            assert!(refuse_if_guessable(bad, &about, "/password").is_err(), "{bad}");
        }
        for good in ["violet tram under quiet maples", "Kx7-gate-plover-91", "das blaue Fahrrad am Kanal"] {
            assert!(refuse_if_guessable(good, &about, "/password").is_ok(), "{good}");
        }
    }

    #[test]
    fn a_hash_verifies_its_password_and_nothing_without_a_hash() {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap_or_else(|e| panic!("{e}"));
        let hasher = Hasher::start(&Passwords { memory_kib: 64, iterations: 1, threads: 1, queue: 2 })
            .unwrap_or_else(|e| panic!("{e}"));
        let phrase = || SecretString::from("violet tram under quiet maples");
        runtime.block_on(async {
            let hash = hasher.hash_new(phrase(), Vec::new(), "/password").await.unwrap_or_else(|e| panic!("{e}"));
            assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
            assert_eq!(hasher.verify(phrase(), Some(hash.clone())).await.ok(), Some(true));
            assert_eq!(hasher.verify(SecretString::from("another"), Some(hash)).await.ok(), Some(false));
            assert_eq!(hasher.verify(SecretString::from("correct horse battery staple"), None).await.ok(), Some(false));
        });
    }
}
