//! Passwords: Argon2id on threads of their own (`design/security.md` 5.3, NIST SP 800-63B-4 section 3.1.1).
//!
//! A hash takes tens of milliseconds and megabytes, so it never runs on a thread that serves requests or the database, and
//! no more of them run at once than there are threads for it: a flood of logins fills a short queue and is told to come
//! back, and nothing else slows down.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Monotonic};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

use super::config::Passwords;
use super::crypto::{self, same};
use super::error::{Code, Error, FieldCode, Result};
use super::faults::is_planted;
use super::http::extract::wrong;
use super::http::limits::Who;

/// How long a hash may wait for its thread.
const WAIT: Duration = Duration::from_secs(2);
/// How often somebody who finds the line full looks again.
const LOOK: Duration = Duration::from_millis(100);
/// How long it is remembered, at least, who has asked how often; twice as long at most.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Callers that are remembered at most in that time.
const CALLERS: usize = 50_000;
/// Guesses (as a power of ten) that an attacker with a dictionary must need at least. Below it the password is one of the
/// commonly used, expected or repeated ones that NIST SP 800-63B-4 wants refused; it is no rule of composition.
const GUESSES_LOG10: f64 = 10.0;

/// What a hash is made in: megabytes, which each thread keeps. Asked for and given back each time they would be zeroed and
/// mapped anew, and scatter over the heap.
type Memory = Vec<Block>;
type Work = Box<dyn FnOnce(&mut Memory) + Send>;

/// Somebody in line.
struct Job {
    /// How often the caller has asked of late, then who came last: the lowest goes first.
    rank: (u32, Reverse<u64>),
    since: Monotonic,
    work: Work,
}

/// Who waits for a hash. Whoever has asked least of late goes first, so that a flood of logins, however many connections
/// it comes over, only ever stands in its own way; of those who have asked alike, whoever came last, who has not run out of
/// patience yet.
struct Line {
    most: usize,
    inside: Mutex<Inside>,
    arrived: Condvar,
}

#[derive(Default)]
struct Inside {
    waiting: Vec<Job>,
    number: u64,
    /// How often each caller has asked, in this minute and in the last.
    asked: [HashMap<Who, u32>; 2],
    minute_began: Option<Monotonic>,
}

impl Inside {
    /// How often this caller has asked before.
    fn ask(&mut self, who: Who) -> u32 {
        if self.minute_began.is_none_or(|began| began.elapsed() > REMEMBERED) {
            let [now, before] = &mut self.asked;
            *before = std::mem::take(now);
            self.minute_began = Some(Monotonic::now());
        }
        let [now, before] = &mut self.asked;
        let earlier = before.get(&who).copied().unwrap_or(0);
        if now.len() >= CALLERS && !now.contains_key(&who) {
            return earlier;
        }
        let count = now.entry(who).or_insert(0);
        let asked = count.saturating_add(earlier);
        *count = count.saturating_add(1);
        asked
    }
}

impl Line {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place, or gives the job back when the line is full of others who come before it. Where it is full of others
    /// who come after it, the last of them loses its place.
    fn enter(&self, job: Job) -> Option<Job> {
        let mut inside = self.inside();
        if inside.waiting.len() >= self.most {
            let last = inside.waiting.iter().enumerate().max_by_key(|(_, other)| other.rank);
            match last.map(|(place, other)| (place, other.rank)) {
                Some((place, rank)) if rank > job.rank => drop(inside.waiting.swap_remove(place)),
                _ => return Some(job),
            }
        }
        inside.waiting.push(job);
        drop(inside);
        self.arrived.notify_one();
        None
    }

    /// Waits for the next job.
    fn next(&self) -> Job {
        let mut inside = self.inside();
        loop {
            let first = inside.waiting.iter().enumerate().min_by_key(|(_, job)| job.rank).map(|(place, _)| place);
            if let Some(place) = first {
                return inside.waiting.swap_remove(place);
            }
            inside = self.arrived.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The pool.
pub struct Hasher {
    line: Arc<Line>,
    argon2: Argon2<'static>,
    /// A hash of nobody's password, verified where there is no account, so that both take the same time. See [`nobodys`].
    dummy: String,
}

/// A place in the line: hashes on behalf of somebody.
pub struct Turn<'h> {
    hasher: &'h Hasher,
    asked: u32,
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
        let line = Arc::new(Line { most: config.queue, inside: Mutex::default(), arrived: Condvar::new() });
        for n in 0..threads {
            let line = line.clone();
            let work = move || {
                let mut memory = Memory::new();
                loop {
                    let job = line.next();
                    if job.since.elapsed() <= WAIT {
                        // The caller's channel closes, which it takes for a fault; the thread goes on.
                        let _ = catch_unwind(AssertUnwindSafe(|| (job.work)(&mut memory)));
                    }
                }
            };
            std::thread::Builder::new()
                .name(format!("hash-{n}"))
                .spawn(work)
                .map_err(|e| Error::fault(format!("a hashing thread can't be started: {e}")))?;
        }
        let dummy = nobodys(&argon2)?;
        Ok(Self { line, argon2, dummy })
    }

    /// On behalf of no client: comes first, whatever the others do.
    pub const fn first(&self) -> Turn<'_> {
        Turn { hasher: self, asked: 0 }
    }

    /// On behalf of a caller, who comes after all that have asked less of late.
    pub fn turn_of(&self, who: Who) -> Turn<'_> {
        Turn { hasher: self, asked: self.line.inside().ask(who) }
    }

    /// As [`Turn::hash_new`], for those who come first.
    ///
    /// # Errors
    /// As there.
    pub async fn hash_new(&self, password: SecretString, about: Vec<String>, pointer: &'static str) -> Result<String> {
        self.first().hash_new(password, about, pointer).await
    }

    /// As [`Turn::verify`], for those who come first.
    ///
    /// # Errors
    /// As there.
    pub async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<bool> {
        self.first().verify(password, stored).await
    }
}

impl Turn<'_> {
    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Memory) -> T + Send + 'static) -> Result<T> {
        let busy = || Error::unavailable(2, "no thread for a password hash was free in time");
        let (answer, mut answered) = oneshot::channel();
        let work: Work = Box::new(move |memory| {
            if !answer.is_closed() {
                let result = catch_unwind(AssertUnwindSafe(|| work(memory)))
                    .map_err(|_| Error::fault("a password hash panicked"));
                // The caller may have gone meanwhile.
                let _ = answer.send(result);
            }
        });
        let line = &self.hasher.line;
        let number = {
            let mut inside = line.inside();
            inside.number += 1;
            inside.number
        };
        let since = Monotonic::now();
        let asked = if is_planted("logins_in_no_order") { u32::MAX - self.asked } else { self.asked };
        let mut refused = line.enter(Job { rank: (asked, Reverse(number)), since, work });
        while let Some(job) = refused.take() {
            if since.elapsed() > WAIT {
                return Err(busy());
            }
            tokio::time::sleep(LOOK).await;
            refused = line.enter(job);
        }
        // A place that was lost closes the channel.
        (&mut answered).await.unwrap_or_else(|_| Err(busy()))
    }

    /// Hashes a new password, which the request has at `pointer`, after refusing it if it is easy to guess for somebody who
    /// knows `about` its owner.
    ///
    /// # Errors
    /// 422 with the reason; 503 when no thread is free in time.
    pub async fn hash_new(&self, password: SecretString, about: Vec<String>, pointer: &'static str) -> Result<String> {
        let argon2 = self.hasher.argon2.clone();
        self.run(move |memory| {
            refuse_if_guessable(password.expose_secret(), &about, pointer)?;
            hash(&argon2, password.expose_secret(), memory)
        })
        .await?
    }

    /// Whether the password is the one behind the hash. Without a hash the answer is no, after the same work.
    ///
    /// # Errors
    /// 503 when no thread is free in time.
    pub async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<bool> {
        let known = stored.is_some();
        if !known && is_planted("nobody_is_not_hashed") {
            return Ok(false);
        }
        let stored = stored.unwrap_or_else(|| self.hasher.dummy.clone());
        self.run(move |memory| Ok(verify(password.expose_secret(), &stored, memory)? && known)).await?
    }
}

/// Argon2 in a thread's own memory.
fn derive(argon2: &Argon2<'_>, password: &str, salt: &[u8], out: &mut [u8], memory: &mut Memory) -> Result<()> {
    let fault = |e: argon2::Error| Error::fault(e.to_string());
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, memory).map_err(fault)
}

/// A hash with our parameters that no password has: random all through. To verify a password against it is all the work
/// that it is for any other; to make it is none, at a start that has to be quick and small.
fn nobodys(argon2: &Argon2<'_>) -> Result<String> {
    written(argon2, Salt::generate(), &crypto::random()?)
}

fn hash(argon2: &Argon2<'_>, password: &str, memory: &mut Memory) -> Result<String> {
    let (salt, mut out) = (Salt::generate(), [0; Params::DEFAULT_OUTPUT_LEN]);
    derive(argon2, password, &salt, &mut out, memory)?;
    written(argon2, salt, &out)
}

/// A hash as it is stored.
fn written(argon2: &Argon2<'_>, salt: Salt, out: &[u8]) -> Result<String> {
    let fault = |e: &dyn std::fmt::Display| Error::fault(e.to_string());
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(|e| fault(&e))?,
        salt: Some(salt),
        hash: Some(Output::new(out).map_err(|e| fault(&e))?),
    };
    Ok(hash.to_string())
}

/// Whether the password is the one behind the stored hash, with the parameters that this one has.
fn verify(password: &str, stored: &str, memory: &mut Memory) -> Result<bool> {
    let damaged = |e: &dyn std::fmt::Display| Error::fault(format!("a stored hash is damaged: {e}"));
    let stored = PasswordHash::new(stored).map_err(|e| damaged(&e))?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else { return Err(damaged(&"it breaks off")) };
    if stored.algorithm != Algorithm::Argon2id.ident() || stored.version != Some(Version::V0x13.into()) {
        return Err(damaged(&"it is another kind"));
    }
    let params = Params::try_from(&stored).map_err(|e| damaged(&e))?;
    let mut out = vec![0; expected.len()];
    derive(&Argon2::new(Algorithm::Argon2id, Version::V0x13, params), password, salt, &mut out, memory)?;
    Ok(same(&out, expected.as_bytes()))
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
    fn whoever_has_asked_least_goes_first_and_displaces_whoever_asked_most() {
        let line = Line { most: 2, inside: Mutex::default(), arrived: Condvar::new() };
        let (flood, neighbor) = (Who::Address([1; 16]), Who::Address([2; 16]));
        let enter = |who| {
            let mut inside = line.inside();
            inside.number += 1;
            let rank = (inside.ask(who), Reverse(inside.number));
            drop(inside);
            line.enter(Job { rank, since: Monotonic::now(), work: Box::new(|_| {}) }).is_none()
        };
        assert!(enter(flood) && enter(flood) && !enter(flood), "the line is full");
        assert!(enter(neighbor), "the flood's last gives way");
        assert_eq!([line.next().rank, line.next().rank], [(0, Reverse(4)), (0, Reverse(1))]);
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
            assert_eq!(hasher.dummy.len(), hash.len(), "nobody's is of the same kind");
            assert_eq!(hasher.verify(phrase(), Some(hash.clone())).await.ok(), Some(true));
            assert_eq!(hasher.verify(SecretString::from("another"), Some(hash)).await.ok(), Some(false));
            assert_eq!(hasher.verify(SecretString::from("correct horse battery staple"), None).await.ok(), Some(false));
        });
    }
}
