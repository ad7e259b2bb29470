//! The threads that own the database connections.
//!
//! diesel is synchronous, so a request hands its work over and waits. Readers share one bounded queue. (Tried on SQLite: short
//! questions asked on the request's own thread, with a connection that a reader lends meanwhile. A meeting by id took a tenth to
//! a fifth more of the processor.) Writes go to writers: on SQLite there is one, and it commits whatever requests are waiting as
//! **one transaction, each in its own savepoint**, so that one sync of the log serves them all; a failed commit answers every one
//! of them with the failure, and nothing is acknowledged before it; a thread beside it works the log off, so that commits seldom
//! wait for that. On PostgreSQL there are several, each request its own transaction.
//!
//! Whoever waits longer than the configured limit for a thread gets 503 with `Retry-After`; so does everybody while the
//! database is out of reach. Work whose caller has gone before it began is not begun. A panic inside a piece of work
//! undoes that piece and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant as Monotonic};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use tokio::sync::{Semaphore, oneshot};

use super::connection::{Conn, Engine, Unusable};
use super::desk::{Item, PATIENCE};
use super::gathered::{Gathered, Readers};
use super::held::{Connections, Held};
use super::waiting::{Caller, Ticket, Waits};
use crate::platform::error::{Code, Error, Result};
use crate::platform::faults::is_planted;

/// How many requests one SQLite commit carries at most: bounds how long the first of them waits for the last.
const BATCH: usize = 64;
/// After so many writes the log of SQLite is worked off beside the writer: some hundred pages. Eight times as many save a few
/// percent of the work, and a commit that comes meanwhile waits for the disk twice as long.
const WORK_OFF: usize = 32;
/// How long a lost connection is left alone before it is opened again.
const REOPEN: Duration = Duration::from_millis(250);

/// Returns whether the connection may be broken, which is then looked into.
pub(super) type ReadJob = Box<dyn FnOnce(Result<&mut Conn>) -> bool + Send>;
/// What a write does inside the transaction.
type WriteJob = Box<dyn FnOnce(Result<&mut Conn>) -> Option<Written> + Send>;
/// What is left of a write until the fate of the commit is known.
struct Written {
    /// Called then.
    settle: Settle,
    /// Whether something broke, so that the engine may have ended the transaction by itself.
    broke: bool,
}
/// Tells the caller; returns whether the connection may be broken.
type Settle = Box<dyn FnOnce(Result<(), String>) -> bool>;

/// Sizes and limits of the threads.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections that read.
    pub readers: usize,
    /// Connections that write; always one on SQLite.
    pub writers: usize,
    /// Work that may wait in each queue.
    pub queue: usize,
    /// How long a piece of work may wait for its thread.
    pub wait: Duration,
    /// How long a request waits for its answer in all.
    pub answer: Duration,
}

/// Handle to the database; cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Threads>);

struct Threads {
    engine: Engine,
    read: Readers,
    /// Those that are free among the places of whoever waits for what is gathered.
    places: Arc<Semaphore>,
    may_wait: usize,
    write: flume::Sender<WriteJob>,
    /// To the thread that works the log of SQLite off.
    log: Option<flume::Sender<Nudge>>,
    wait: Duration,
    answer: Duration,
    connections: Arc<Connections>,
    /// Threads that there are.
    total: usize,
}

impl Db {
    /// Opens the connections and starts the threads.
    ///
    /// # Errors
    /// When a connection can't be opened.
    pub fn start(engine: Engine, limits: Limits) -> Result<Self, Unusable> {
        let (read, reads) = flume::bounded::<ReadJob>(limits.queue);
        let (write, writes) = flume::bounded::<WriteJob>(limits.queue);
        let writers = if matches!(engine, Engine::Sqlite { .. }) { 1 } else { limits.writers.max(1) };
        let readers = limits.readers.max(1);
        let connections = Arc::new(Connections::default());
        for n in 0..readers {
            let mut held = Held::open(&engine, Engine::open_reader, &connections)?;
            let queue = reads.clone();
            spawn(format!("db-read-{n}"), move || {
                while let Ok(job) = queue.recv() {
                    match held.conn() {
                        Ok(conn) => {
                            if job(Ok(conn)) {
                                held.look();
                            }
                        }
                        Err(why) => {
                            // Those who wait now: others may come because of their answers.
                            for job in std::iter::once(job).chain(queue.drain()) {
                                job(Err(Error::unavailable(2, why.clone())));
                            }
                            std::thread::sleep(REOPEN);
                        }
                    }
                }
            })?;
        }
        let log = match engine {
            Engine::Sqlite { .. } => Some(work_off(engine.clone())?),
            Engine::Postgres { .. } => None,
        };
        for n in 0..writers {
            let (log, mut since) = (log.clone(), 0);
            let mut held = Held::open(&engine, Engine::open, &connections)?;
            let queue = writes.clone();
            let batch = if matches!(engine, Engine::Sqlite { .. }) { BATCH } else { 1 };
            spawn(format!("db-write-{n}"), move || {
                while let Ok(job) = queue.recv() {
                    match held.conn() {
                        Ok(conn) => {
                            let (taken, suspect) = commit_together(conn, job, &queue, batch);
                            if suspect {
                                held.look();
                            }
                            since += taken;
                            if let (Some(log), WORK_OFF..) = (&log, since) {
                                since = 0;
                                // One that is waiting already will do.
                                let _ = log.try_send(Nudge::Beside);
                            }
                        }
                        Err(why) => {
                            for job in std::iter::once(job).chain(queue.try_iter()) {
                                if let Some(written) = job(Err(Error::unavailable(2, why.clone()))) {
                                    (written.settle)(Ok(()));
                                }
                            }
                            std::thread::sleep(REOPEN);
                        }
                    }
                }
            })?;
        }
        Ok(Self(Arc::new(Threads {
            engine,
            read: Readers { queue: read, many: readers },
            places: Arc::new(Semaphore::new(limits.queue)),
            may_wait: limits.queue,
            write,
            log,
            wait: limits.wait,
            answer: limits.answer,
            connections,
            total: readers + writers,
        })))
    }

    /// Works the log of SQLite off to its end, so that the database is whole in its one file: for the end of the process, when
    /// nobody writes any more. Gives up after a few seconds, and what is left is worked off at the next start.
    pub fn work_off_log(&self) {
        let Some(log) = &self.0.log else { return };
        let (done, is_done) = flume::bounded(1);
        let patience = Duration::from_secs(5);
        if log.send_timeout(Nudge::Last(done), patience).is_ok() {
            let _ = is_done.recv_timeout(patience);
        }
    }

    /// Which engine this is.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Work waiting to be read and to be written, for the metrics.
    pub fn waiting(&self) -> (usize, usize) {
        let gathered = self.0.may_wait - self.0.places.available_permits();
        (self.0.read.queue.len() + gathered, self.0.write.len())
    }

    /// Threads with a working connection, and threads in all.
    pub fn connections(&self) -> (usize, usize) {
        (self.0.connections.working.load(Ordering::Relaxed), self.0.total)
    }

    /// Runs `f` on a reader.
    ///
    /// # Errors
    /// What `f` returns, or 503 when no reader could be had in time.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        let (asked, ticket) = (Monotonic::now(), Ticket::default());
        let (answer, answered) = oneshot::channel();
        let job = reading(f, ticket.clone(), answer);
        match tokio::time::timeout(self.0.wait, self.0.read.queue.send_async(job)).await {
            Ok(Ok(())) => self.answered(answered, &ticket, asked).await,
            _ => Err(busy()),
        }
    }

    /// [`read`](Self::read) of what others ask as well, in one trip to the database for several where there are trips: `f` goes on
    /// with what was found.
    ///
    /// # Errors
    /// As `read`.
    pub async fn read_gathered<K: Copy + Send + 'static, V: Send + 'static, T: Send + 'static>(
        &self,
        gathered: &Arc<Gathered<K, V>>,
        key: K,
        f: impl FnOnce(&mut Conn, V) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        // Where there is no trip to save, what is gathered only waits for the others.
        if matches!(self.0.engine, Engine::Sqlite { .. }) {
            let gathered = gathered.clone();
            return self.read(move |conn| gathered.find_one(conn, key).and_then(|found| f(conn, found))).await;
        }
        let (asked, ticket) = (Monotonic::now(), Ticket::default());
        let (answer, answered) = oneshot::channel();
        let place = tokio::time::timeout(self.0.wait, self.0.places.clone().acquire_owned()).await;
        let Ok(Ok(place)) = place else { return Err(busy()) };
        let asker = Box::new(Caller { f, ticket: ticket.clone(), answer });
        let mut waits = Waits { of: gathered, answered, is_answered: false };
        if let Some(job) = gathered.put(Item { key, asker, _place: Some(place) }, &self.0.read) {
            self.call(job);
        }
        let (wait, answer) = self.limits(asked);
        loop {
            let now = Monotonic::now();
            let due = [wait, answer].into_iter().filter(|limit| *limit > now).fold(now + PATIENCE, Monotonic::min);
            if let Ok(result) = tokio::time::timeout_at(due.into(), &mut waits.answered).await {
                waits.is_answered = true;
                return result.unwrap_or_else(|_| Err(lost()));
            }
            let now = Monotonic::now();
            if now >= wait && ticket.give_up() {
                return Err(busy());
            }
            if now >= answer {
                return Err(late());
            }
            if let Some(job) = gathered.look(&self.0.read) {
                self.call(job);
            }
        }
    }

    /// Puts a call into the queue of the readers, also where whoever made it does not wait for that: others wait for it as well.
    /// Where it can't be put there in time, it is dropped, and whoever still waits calls again.
    fn call(&self, job: ReadJob) {
        if let Err(flume::TrySendError::Full(job)) = self.0.read.queue.try_send(job) {
            let (queue, wait) = (self.0.read.queue.clone(), self.0.wait);
            tokio::spawn(async move { tokio::time::timeout(wait, queue.into_send_async(job)).await });
        }
    }

    /// Runs `f` in a transaction on a writer and returns once it is durable. When `f` refuses, everything that it wrote
    /// is undone, and `after` may leave a trace of the refusal, in the same commit on SQLite.
    ///
    /// # Errors
    /// What `f` returns, or 503 when no writer could be had in time or the commit failed: nothing was changed then,
    /// unless the connection was lost during the commit itself, which only an idempotency key can tell.
    pub async fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
        after: impl FnOnce(&mut Conn, &Error) -> Result<()> + Send + 'static,
    ) -> Result<T> {
        let (asked, ticket) = (Monotonic::now(), Ticket::default());
        let (answer, answered) = oneshot::channel();
        let job = writing(f, after, ticket.clone(), answer);
        match tokio::time::timeout(self.0.wait, self.0.write.send_async(job)).await {
            Ok(Ok(())) => self.answered(answered, &ticket, asked).await,
            _ => Err(busy()),
        }
    }

    /// Waits for a thread until the wait is over, and for the answer of one that has begun until its own limit.
    async fn answered<T>(
        &self,
        mut answered: oneshot::Receiver<Result<T>>,
        ticket: &Ticket,
        asked: Monotonic,
    ) -> Result<T> {
        let (wait, answer) = self.limits(asked);
        let mut result = tokio::time::timeout_at(wait.into(), &mut answered).await;
        if result.is_err() {
            if ticket.give_up() {
                return Err(busy());
            }
            result = tokio::time::timeout_at(answer.into(), answered).await;
        }
        match result {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(lost()),
            Err(_) => Err(late()),
        }
    }

    /// Until when somebody waits for a thread, and until when for an answer.
    fn limits(&self, asked: Monotonic) -> (Monotonic, Monotonic) {
        let (wait, answer) = (asked + self.0.wait, asked + self.0.answer.max(self.0.wait));
        let more = if is_planted("answers_without_limit") { Duration::from_secs(60) } else { Duration::ZERO };
        (wait, answer + more)
    }

    /// [`read`](Self::read) for threads that may block: jobs and commands.
    ///
    /// # Errors
    /// As `read`.
    pub fn read_blocking<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        self.0.read.queue.send_timeout(reading(f, Ticket::default(), answer), self.0.wait).map_err(|_| busy())?;
        answered.blocking_recv().unwrap_or_else(|_| Err(lost()))
    }

    /// [`write`](Self::write) for threads that may block: jobs and commands.
    ///
    /// # Errors
    /// As `write`.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        self.0
            .write
            .send_timeout(writing(f, |_, _| Ok(()), Ticket::default(), answer), self.0.wait)
            .map_err(|_| busy())?;
        answered.blocking_recv().unwrap_or_else(|_| Err(lost()))
    }
}

/// For how long background work waits for a lock on PostgreSQL. Of two who wait for each other that ends the one who has waited
/// for a second (`deadlock_timeout`), and background work can be repeated.
const GIVE_WAY: &str = "SET LOCAL lock_timeout = '400ms'";

/// Waits for nobody long in this transaction.
///
/// # Errors
/// When the database can't be asked.
pub fn give_way(conn: &mut Conn) -> Result<()> {
    match conn {
        Conn::Pg(conn) => Ok(conn.batch_execute(GIVE_WAY)?),
        Conn::Sqlite(_) => Ok(()),
    }
}

fn busy() -> Error {
    Error::unavailable(1, "no database thread was free in time")
}
fn late() -> Error {
    Error::unavailable(2, "the database did not answer in time")
}
fn lost() -> Error {
    Error::unavailable(1, "the database thread gave no answer")
}

fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> Result<(), Unusable> {
    std::thread::Builder::new()
        .name(name)
        .spawn(work)
        .map(|_| ())
        .map_err(|e| Unusable(format!("a database thread can't be started: {e}")))
}

/// How the log of SQLite is to be worked off.
enum Nudge {
    /// As far as nobody is disturbed by it.
    Beside,
    /// To its end, and who is to be told.
    Last(flume::Sender<()>),
}

/// Works the log of SQLite off whenever it is nudged, on a connection of its own, so that commits seldom wait for it: passively,
/// which keeps nobody from reading or writing. What is left over when the log gets long, a commit works off (`Engine::open`).
fn work_off(engine: Engine) -> Result<flume::Sender<Nudge>, Unusable> {
    let (nudge, nudged) = flume::bounded::<Nudge>(1);
    spawn("db-log".into(), move || {
        let mut conn = None;
        while let Ok(nudge) = nudged.recv() {
            let how = match nudge {
                Nudge::Beside => "PRAGMA wal_checkpoint(PASSIVE)",
                Nudge::Last(_) => "PRAGMA wal_checkpoint(TRUNCATE)",
            };
            let open = match conn.take() {
                Some(open) => Ok(open),
                None => engine.open().map_err(|why| why.to_string()),
            };
            let worked_off = open.and_then(|mut open| {
                open.batch_execute(how).map_err(|why| why.to_string())?;
                Ok(open)
            });
            match worked_off {
                Ok(open) => conn = Some(open),
                Err(why) => tracing::warn!(%why, "the log of the database could not be worked off; it is tried again"),
            }
            if let Nudge::Last(done) = nudge {
                let _ = done.send(());
            }
        }
    })?;
    Ok(nudge)
}

fn reading<T: Send + 'static>(
    f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    ticket: Ticket,
    answer: oneshot::Sender<Result<T>>,
) -> ReadJob {
    Box::new(move |conn| {
        if answer.is_closed() || !ticket.begin() {
            return false;
        }
        let result = conn.and_then(|conn| conn.reading(|conn| done(conn, f)));
        tell(answer, result)
    })
}

/// What comes of a read.
pub(super) fn done<T>(conn: &mut Conn, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
    if is_planted("needs_a_file") && std::fs::File::open("/dev/null").is_err() {
        return Err(Error::fault("no file"));
    }
    let result = unwound(|| f(conn));
    excused(conn, result)
}

/// Tells a caller; whether the connection may be broken.
pub(super) fn tell<T>(answer: oneshot::Sender<Result<T>>, result: Result<T>) -> bool {
    let suspect = is_suspect(&result);
    // The caller may have gone; a read leaves nothing behind.
    let _ = answer.send(result);
    suspect
}

/// Whether what happened may mean that the connection is lost.
fn is_suspect<T>(result: &Result<T>) -> bool {
    matches!(result, Err(error) if error.code().status() >= 500)
}

/// What looks like our fault is none where the connection was lost over it: whatever words the engine has for that.
pub(super) fn excused<T>(conn: &mut Conn, result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.code() == Code::Fault && conn.is_lost() => Err(Error::unavailable(1, error.into_reason())),
        result => result,
    }
}

fn writing<T: Send + 'static>(
    f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    after: impl FnOnce(&mut Conn, &Error) -> Result<()> + Send + 'static,
    ticket: Ticket,
    answer: oneshot::Sender<Result<T>>,
) -> WriteJob {
    Box::new(move |conn| {
        if answer.is_closed() || !ticket.begin() {
            return None;
        }
        let (result, broke) = match conn {
            Err(unreachable) => (Err(unreachable), false),
            Ok(conn) => {
                let result = whole_or_nothing(conn, f);
                let result = excused(conn, result);
                if let Err(error) = &result
                    && conn.is_writing()
                    && let Err(problem) = whole_or_nothing(conn, |conn| after(conn, error))
                {
                    tracing::warn!(%problem, "the trace of a refusal could not be kept");
                }
                let broke = is_suspect(&result);
                (result, broke)
            }
        };
        let settle: Settle = Box::new(move |committed: Result<(), String>| {
            // The caller may have gone; what it asked for is done all the same, as a retry with its key will tell.
            let result = match committed {
                Ok(()) => result,
                Err(cause) if is_planted("full_disk_is_a_fault") => result.and_then(|_| Err(Error::fault(cause))),
                Err(cause) => result.and_then(|_| Err(Error::unavailable(1, cause))),
            };
            let suspect = is_suspect(&result);
            let _ = answer.send(result);
            suspect
        });
        Some(Written { settle, broke })
    })
}

/// A panic becomes a fault, so that the thread and the rest of the batch go on.
pub(super) fn unwound<T>(f: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(Error::fault(format!("panic: {text}")))
    })
}

/// [`savepoint`] for a request's own piece of the transaction. On PostgreSQL the transaction has no other: it is undone and begun
/// anew, and where nothing fails there are two trips to the server fewer.
fn whole_or_nothing<T>(conn: &mut Conn, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
    if matches!(conn, Conn::Sqlite(_)) || is_planted("every_statement_for_itself") {
        return savepoint(conn, f);
    }
    let result = unwound(|| f(conn));
    if result.is_err() {
        conn.undo();
        if let Err(error) = conn.begin_write() {
            tracing::warn!(%error, "no transaction could be begun for what follows a refusal");
        }
    }
    result
}

/// `Ok` keeps what `f` wrote, `Err` or a panic undoes it and nothing else.
pub fn savepoint<T>(conn: &mut Conn, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
    if is_planted("every_statement_for_itself") {
        let _ = conn.commit();
        let result = unwound(|| f(conn));
        if !conn.is_writing() {
            let _ = conn.begin_write();
        }
        return result;
    }
    // A panic that went through diesel would leave the savepoint open, and the commit would only end that one.
    #[expect(clippy::disallowed_methods, reason = "inside the batch's transaction this is a savepoint")]
    conn.transaction(|conn| unwound(|| f(conn)))
}

/// Takes `first` and whatever else is waiting into one transaction, commits it, then tells everybody.
/// Returns how many were taken and whether the connection may be broken.
fn commit_together(conn: &mut Conn, first: WriteJob, queue: &flume::Receiver<WriteJob>, batch: usize) -> (usize, bool) {
    if let Err(error) = conn.begin_write() {
        if let Some(written) = first(Err(error.into())) {
            (written.settle)(Ok(()));
        }
        return (1, true);
    }
    let mut waiting = Vec::with_capacity(8);
    let mut next = Some(first);
    let mut taken = 0;
    while let Some(job) = next.take() {
        taken += 1;
        let written = job(Ok(conn));
        let broke = written.as_ref().is_some_and(|written| written.broke);
        waiting.extend(written.map(|written| written.settle));
        // SQLite ends a transaction by itself when the disk is full or fails. A savepoint taken after that would be a
        // transaction of its own: kept, and answered with the failure of the commit.
        if taken < batch && !broke {
            next = queue.try_recv().ok();
        }
    }
    if is_planted("acknowledge_before_commit") {
        let early = waiting.drain(..).fold(false, |suspect, settle: Settle| suspect | settle(Ok(())));
        std::thread::sleep(Duration::from_millis(5));
        return (taken, conn.commit().is_err() || early);
    }
    let committed = conn.commit().map_err(|error| {
        conn.undo();
        tracing::error!(%error, requests = waiting.len(), "a commit failed; nothing of it was kept");
        error.to_string()
    });
    let mut suspect = committed.is_err();
    for settle in waiting {
        suspect |= settle(committed.clone());
    }
    (taken, suspect)
}
