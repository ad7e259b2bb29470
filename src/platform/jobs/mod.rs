//! Background work: one runner per process, one holder per deployment.
//!
//! Each job is a function that does what is due now and returns how much it did; it must be safe to run again at any time.
//! The holder of the lease runs all of them, each at its own pace; when it dies, another process takes over once the lease
//! has run out. Commands and tests run a job by name, without the lease.
//!
//! A job takes its locks as requests do, a partnership before anything that belongs to it, and one partnership at a time
//! ([`each`]): it reads what is due, and looks at each again behind the lock. On PostgreSQL it gives way where it would wait long;
//! the next run does what is left.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant as Monotonic};

use diesel::prelude::*;

use super::State;
use super::clock::Instant;
use super::db::schema::leases;
use super::db::{AnyId, Conn, PortableExt, give_way};
use super::error::{Error, Result};
use super::faults::is_planted;

/// The one lease that there is.
const LEASE: &str = "jobs";
/// How long the lease lasts without being renewed: nothing is sealed or sent for so long after its holder was killed.
const LEASE_LASTS: Duration = Duration::from_secs(10);
/// How far the clocks of two processes may be apart. With more, one of them takes the other's lease for run out anyway.
const APART: Duration = LEASE_LASTS;
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(2);
/// How often the process looks after what it keeps in memory.
const TIDY: Duration = Duration::from_secs(10);
/// How often the runner looks for what is due.
const TICK: Duration = Duration::from_millis(100);

/// A piece of background work.
#[derive(Clone, Copy)]
pub struct Job {
    /// Imperative, like `seal_record`.
    pub name: &'static str,
    /// What it does, for `threekeys jobs list`.
    pub about: &'static str,
    /// How often it runs.
    pub every: Duration,
    /// Does what is due; returns how much.
    pub run: fn(&Arc<State>) -> Result<usize>,
}

/// Jobs of the ground floor.
pub const JOBS: &[Job] = &[
    Job {
        name: "seal_record",
        about: "gives committed records their place in the chain",
        every: Duration::from_millis(700),
        run: seal_record,
    },
    Job {
        name: "anchor_record",
        about: "signs the end of the chain, to the log and the anchor file",
        every: super::clock::minutes(5),
        run: anchor_record,
    },
    Job {
        name: "deliver_mail",
        about: "sends what waits in the outbox",
        every: Duration::from_secs(2),
        run: deliver_mail,
    },
    Job {
        name: "purge_idempotency_keys",
        about: "drops answers kept for repeats after their time",
        every: super::clock::minutes(10),
        run: purge_idempotency_keys,
    },
    Job {
        name: "rotate_keys",
        about: "replaces the signing key when it has reached its age",
        every: super::clock::hours(1),
        run: rotate_keys,
    },
];

fn seal_record(state: &Arc<State>) -> Result<usize> {
    let mut all = 0;
    while state.db.read_blocking(super::record::seal::is_needed)? {
        all += state.db.write_blocking(super::record::seal::seal)?;
    }
    Ok(all)
}

fn anchor_record(state: &Arc<State>) -> Result<usize> {
    let (seq, hash) = state.db.read_blocking(super::record::seal::head)?;
    let file = state.config.data.anchors();
    let last = super::record::seal::Anchor::read(&file)?.last().map_or(0, |anchor| anchor.seq);
    if seq <= last {
        return Ok(0);
    }
    super::record::seal::Anchor::sign(&state.keys, seq, &hash, state.clock.now()).publish(&file)?;
    Ok(1)
}

fn deliver_mail(state: &Arc<State>) -> Result<usize> {
    super::mail::deliver(state)
}

fn purge_idempotency_keys(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    state.db.write_blocking(move |conn| super::http::idempotency::purge(conn, now))
}

fn rotate_keys(state: &Arc<State>) -> Result<usize> {
    let rotated = state.keys.rotate_if_older(super::clock::days(state.config.data.key_rotation_days))?;
    if rotated {
        let now = state.clock.now();
        state.db.write_blocking(move |conn| {
            super::record::write_unattended(conn, super::record::events::KEYS_ROTATED.entry(), now)
        })?;
    }
    Ok(usize::from(rotated))
}

/// `work` for all that is due: what can't be done about one of them keeps none of the others. How much it did.
///
/// # Errors
/// The last of the failures, when all were tried.
pub fn all<T: Copy + Debug>(due: Vec<T>, mut work: impl FnMut(T) -> Result<usize>) -> Result<usize> {
    let (mut done, mut failed) = (0, None);
    for one in due {
        match work(one) {
            Ok(did) => done += did,
            Err(error) => {
                tracing::warn!(?one, %error, "could not be seen to");
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(done), Err)
}

/// [`all`], each in a transaction of its own: none is held while another is waited for.
///
/// `work` looks again at what it is given, behind the lock that requests take first.
///
/// # Errors
/// As `all`.
pub fn each<T: Copy + Debug + Send + 'static, N: Into<usize> + Send + 'static>(
    state: &Arc<State>,
    due: Vec<T>,
    work: impl Fn(&mut Conn, &State, T) -> Result<N> + Copy + Send + 'static,
) -> Result<usize> {
    all(due, |one| {
        let context = state.clone();
        let done = state.db.write_blocking(move |conn| {
            give_way(conn)?;
            work(conn, &context, one)
        })?;
        Ok(done.into())
    })
}

/// Runs one job now, whoever holds the lease.
///
/// # Errors
/// What the job returns; a conflict when there is none of that name.
pub fn run(state: &Arc<State>, name: &str) -> Result<usize> {
    let job = state.jobs.iter().find(|job| job.name == name);
    let job = job.ok_or_else(|| Error::conflict(format!("there is no job named {name}")))?;
    let result = (job.run)(state);
    match &result {
        Ok(0) => {}
        Ok(n) => tracing::debug!(job = job.name, done = n, "background work"),
        Err(error) => tracing::warn!(job = job.name, %error, "background work failed and will be tried again"),
    }
    state.metrics.job(job.name, if result.is_ok() { "done" } else { "failed" });
    result
}

/// Takes or renews the lease. Whether `holder` has it then. A lease that ends later than any that is taken now was
/// taken by a clock that was wrong, and counts as run out: otherwise all background work would rest until then.
///
/// # Errors
/// When the database can't be asked.
pub fn lease(conn: &mut Conn, holder: AnyId, now: Instant) -> Result<bool> {
    let until = now.plus(LEASE_LASTS);
    diesel::insert_into(leases::table)
        .values((leases::name.eq(LEASE), leases::holder.eq(holder), leases::expires_at.eq(now)))
        .on_conflict_do_nothing()
        .portable()
        .execute(conn)?;
    let taken =
        diesel::update(leases::table.find(LEASE).filter(leases::holder.eq(holder).or(leases::expires_at.le(now))))
            .set((leases::holder.eq(holder), leases::expires_at.eq(until)))
            .execute(conn)?;
    if taken == 1 || is_planted("leases_of_wrong_clocks_stand") {
        return Ok(taken == 1);
    }
    let taken = diesel::update(leases::table.find(LEASE).filter(leases::expires_at.gt(until.plus(APART))))
        .set((leases::holder.eq(holder), leases::expires_at.eq(until)))
        .execute(conn)?;
    if taken == 1 {
        tracing::warn!(
            "the lease on background work ended too far in the future and was taken over; look at the clock"
        );
    }
    Ok(taken == 1)
}

/// Lets another process take over at once.
///
/// # Errors
/// When the database can't be asked.
pub fn release(conn: &mut Conn, holder: AnyId, now: Instant) -> Result<()> {
    diesel::update(leases::table.find(LEASE).filter(leases::holder.eq(holder)))
        .set(leases::expires_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Starts the runner. It ends when the state says that the server is shutting down.
///
/// # Errors
/// When its thread can't be started.
pub fn start(state: Arc<State>) -> Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new()
        .name("jobs".into())
        .spawn(move || runner(&state))
        .map_err(|e| Error::fault(format!("the thread for background work can't be started: {e}")))
}

fn runner(state: &Arc<State>) {
    let holder = AnyId::new();
    let held = AtomicBool::new(false);
    let mut last_run: Vec<Option<Monotonic>> = vec![None; state.jobs.len()];
    let is_over = || state.shutting_down.load(Ordering::Relaxed);
    std::thread::scope(|threads| {
        // Beside the work, however long a piece of it takes: another process begins only once this one is dead or cut off.
        threads.spawn(|| {
            let mut asked: Option<Monotonic> = None;
            while !is_over() {
                if asked.is_none_or(|at| at.elapsed() >= RENEW) {
                    asked = Some(Monotonic::now());
                    let now = state.clock.now();
                    let lease = state.db.write_blocking(move |conn| lease(conn, holder, now));
                    held.store(matches!(lease, Ok(true)), Ordering::Relaxed);
                }
                std::thread::sleep(TICK);
            }
        });
        let mut tidied: Option<Monotonic> = None;
        while !is_over() {
            if tidied.is_none_or(|at| at.elapsed() >= TIDY) {
                tidied = Some(Monotonic::now());
                state.limits.forget_the_rested();
                state.keys.refresh(Duration::from_secs(5));
            }
            for (job, last) in state.jobs.iter().zip(&mut last_run) {
                if held.load(Ordering::Relaxed) && last.is_none_or(|at| at.elapsed() >= job.every) {
                    *last = Some(Monotonic::now());
                    // Its failure was logged and counted; it is due again after its pace.
                    let _ = run(state, job.name);
                }
            }
            std::thread::sleep(TICK);
        }
    });
    let now = state.clock.now();
    // If this fails the lease runs out by itself.
    let _ = state.db.write_blocking(move |conn| release(conn, holder, now));
}
