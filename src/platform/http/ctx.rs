//! The context of a request: the one way from a handler to the database.
//!
//! Each handler calls [`Ctx::read`] or [`Ctx::write`] exactly once. Inside, on the database thread, the caller's session
//! is loaded afresh (a right is never cached), then the handler's own work runs as that actor. A write is one transaction
//! together with its record ([`Recorded`] can't be made otherwise) and its idempotency key.

use std::future::{Ready, ready};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use uuid::Uuid;

use super::envelope::Envelope;
use super::extract::{BodyDigest, envelope, state};
use super::idempotency::{self, Kept, Key};
use super::paging::unknown_parameters;
use super::reply::{Answer, Reply};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::{Asked, Conn, Gathered, savepoint};
use crate::platform::error::{Code, Error, Result};
use crate::platform::faults::is_planted;
use crate::platform::keys::Claims;
use crate::platform::record::{self, Entry, Record};

/// Whoever asks. Made by the slice that knows people.
pub trait Actor: Sized + Send + 'static {
    /// A session as the database has it.
    type Session: Send + 'static;
    /// Loads the session and the person behind the claims; anonymous without claims.
    ///
    /// # Errors
    /// 401 when the session is over or the account may not act.
    fn load(conn: &mut Conn, claims: Option<&Claims>, now: Instant) -> Result<Self>;
    /// [`load`](Self::load), together with what is kept for the key of a request, in one trip to the database.
    ///
    /// # Errors
    /// As `load`.
    fn load_with(conn: &mut Conn, claims: &Claims, key: &Key, now: Instant) -> Result<(Self, Option<Kept>)>;
    /// The person behind a session that was read already, of which the claims are.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    fn of(session: Self::Session, claims: &Claims, now: Instant) -> Result<Self>;
    /// Refuses to tell again what was answered to this account before.
    ///
    /// # Errors
    /// 401 where the session has not proved what it needed then.
    fn may_be_told_again(&self) -> Result<()>;
    /// What the record says about the actor.
    fn attribution(&self) -> Attribution;
}

/// What is found of something for whoever asks, together with their session, by one statement for several.
pub type AskedFor<S, T> = Arc<Gathered<Asked, Option<(S, T)>>>;

/// Who did something, as the record keeps it.
#[derive(Debug, Clone, Default)]
pub struct Attribution {
    /// The account.
    pub account: Option<Uuid>,
    /// The session.
    pub session: Option<Uuid>,
    /// The side that the account's verified kind puts the person on.
    pub side: Option<&'static str>,
    /// Nothing of the request is kept either: who somebody is whom nobody is to know can be told by address and program.
    pub is_unseen: bool,
}

/// The context of a request by an actor of type `A`.
pub struct Ctx<A> {
    /// The application.
    pub state: Arc<State>,
    /// The request's outside.
    pub envelope: Arc<Envelope>,
    /// The request itself, for the digest of the body, which may be read after this context was made.
    request: HttpRequest,
    key: Option<String>,
    keep: bool,
    actor: std::marker::PhantomData<A>,
}

impl<A: Actor> FromRequest for Ctx<A> {
    type Error = Error;
    type Future = Ready<Result<Self>>;
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready((|| {
            let state = state(req)?;
            let envelope = envelope(req)?;
            let key = idempotency::key(req)?;
            demand_nothing_else(req, &envelope)?;
            Ok(Self { state, envelope, request: req.clone(), key, keep: true, actor: std::marker::PhantomData })
        })())
    }
}

/// Refuses parameters and a body where the operation takes none: whoever sends them means something by it. Parameters of
/// operations that take some are looked at one by one where they are read.
fn demand_nothing_else(req: &HttpRequest, envelope: &Envelope) -> Result<()> {
    let queried = !req.query_string().is_empty();
    let announced = req.headers().get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    let sent = announced || req.headers().contains_key(header::TRANSFER_ENCODING);
    if !queried && !sent {
        return Ok(());
    }
    let Some(takes) = envelope.takes() else { return Ok(()) };
    if queried && !takes.query {
        return Err(Error::fields(unknown_parameters(req.query_string())?));
    }
    if sent && !takes.body {
        return Err(Error::new(Code::MalformedRequest, "This operation takes no body; send none.").closing());
    }
    Ok(())
}

impl<A: Actor> Ctx<A> {
    /// The present.
    pub fn now(&self) -> Instant {
        self.state.clock.now()
    }

    /// The answer to a POST holds a secret: it is not kept for repeats, and an `Idempotency-Key` is not looked at.
    #[must_use]
    pub fn unkept(mut self) -> Self {
        self.keep = false;
        self
    }

    /// Refuses when the operation needs an `Idempotency-Key` and none was sent.
    ///
    /// # Errors
    /// 400 `idempotency_missing`.
    pub fn demand_key(&self) -> Result<()> {
        match &self.key {
            Some(_) => Ok(()),
            None => Err(Error::new(Code::IdempotencyMissing, "Send an Idempotency-Key header with a fresh UUID.")),
        }
    }

    /// A look at the database before the work, for operations with a password hash between the two. Everything that
    /// decides is looked at again in the transaction that follows.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, &A) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (envelope, now) = (self.envelope.clone(), self.now());
        self.state
            .db
            .read(move |conn| A::load(conn, envelope.claims.as_deref(), now).and_then(|actor| work(conn, &actor)))
            .await
    }

    /// Reads as the caller.
    ///
    /// # Errors
    /// What `work` returns; 401 when the session is over; 503 when the database can't answer in time.
    pub async fn read<R: Answer>(
        self,
        work: impl FnOnce(&mut Conn, &A) -> Result<R> + Send + 'static,
    ) -> Result<Reply> {
        let (now, asked) = (self.now(), self.envelope.clone());
        let told = self.state.db.read(move |conn| answer_to(conn, &asked, None, now, work)).await?;
        self.reply(told, now).await
    }

    /// [`read`](Self::read) of what is found together with the caller's session, and together with what others ask, in one trip
    /// to the database: `gathered` finds both, where both are there. To whoever has no session, what `for_nobody` finds is told.
    /// Nothing of it reaches `work` before the session was found good.
    ///
    /// # Errors
    /// As `read`.
    pub async fn read_gathered<T: Send + 'static, R: Answer>(
        self,
        gathered: &AskedFor<A::Session, T>,
        object: Uuid,
        for_nobody: impl FnOnce(&mut Conn) -> Result<Option<T>> + Send + 'static,
        work: impl FnOnce(&mut Conn, &A, Option<T>) -> Result<R> + Send + 'static,
    ) -> Result<Reply> {
        let (now, asked) = (self.now(), self.envelope.clone());
        let told = match &self.envelope.claims {
            None => {
                let read = move |conn: &mut Conn| {
                    let found = for_nobody(conn)?;
                    answer_to(conn, &asked, None, now, |conn, actor| work(conn, actor, found))
                };
                self.state.db.read(read).await?
            }
            Some(claims) => {
                let go_on = move |conn: &mut Conn, found: Option<(A::Session, T)>| {
                    let (session, found) = found.unzip();
                    answer_to(conn, &asked, session, now, |conn, actor| work(conn, actor, found))
                };
                self.state.db.read_gathered(gathered, Asked::by(claims, object), go_on).await?
            }
        };
        self.reply(told, now).await
    }

    /// Tells what was read. Reading leaves no record, being refused does.
    async fn reply(self, told: Result<Reply, (Error, Attribution)>, now: Instant) -> Result<Reply> {
        let (error, by) = match told {
            Ok(reply) => return Ok(reply),
            Err(refused) => refused,
        };
        let Self { state, envelope, .. } = self;
        let denial = Entry::denial(&envelope, &error);
        state.db.write(move |conn| record::write(conn, denial, &by, &envelope, now), |_, _| Ok(())).await?;
        Err(error)
    }

    /// Writes as the caller: one transaction with its record and, for a POST with an `Idempotency-Key`, its answer.
    ///
    /// # Errors
    /// What `work` returns, and then nothing is changed; 401 when the session is over; 503 when the database can't take it.
    pub async fn write<R: Answer>(
        self,
        work: impl FnOnce(&mut Tx<'_>, &A) -> Result<Recorded<R>> + Send + 'static,
    ) -> Result<Reply> {
        let Self { state, envelope, request, key, keep, .. } = self;
        let key = key.filter(|_| keep).map(|key| Key::new(key, &envelope, body_digest(&request), &state.secrets));
        let now = state.clock.now();
        let (asked, refused) = (envelope.clone(), envelope);
        let (keep_answer, keep_refusal) = (key.clone(), key);
        let asker = Arc::new(std::sync::OnceLock::new());
        let known = asker.clone();
        // What the same key was answered to meanwhile.
        let first = Arc::new(std::sync::OnceLock::new());
        let told = first.clone();
        let answered = state
            .db
            .write(
                move |conn| {
                    let (actor, found) = match (&keep_answer, asked.claims.as_deref()) {
                        (Some(key), Some(claims)) => A::load_with(conn, claims, key, now)?,
                        (Some(key), None) => (A::load(conn, None, now)?, idempotency::find(conn, key)?),
                        (None, claims) => (A::load(conn, claims, now)?, None),
                    };
                    let by = actor.attribution();
                    let _ = known.set((by.clone(), actor.may_be_told_again().is_ok()));
                    if let Some(key) = &keep_answer
                        && let Some(reply) = idempotency::answered(conn, key, found, now)?
                    {
                        actor.may_be_told_again()?;
                        return Ok(reply);
                    }
                    let mut tx = Tx { conn, envelope: &asked, by, now };
                    let Recorded { answer, mut record } = work(&mut tx, &actor)?;
                    let reply = answer.reply(&asked)?;
                    if is_planted("record_failure_ignored") {
                        let _ = record.take().map(|record| record::insert(conn, record));
                    }
                    // Together, where there is both: a trip less.
                    match (&keep_answer, record) {
                        (Some(key), record) => idempotency::insert(conn, key, &reply, record, now)?,
                        (None, Some(record)) => record::insert(conn, record)?,
                        (None, None) => {}
                    }
                    Ok(reply)
                },
                move |conn, error| {
                    let (by, may_be_told) = asker.get().cloned().unwrap_or_default();
                    if error.code() == Code::Forbidden {
                        record::write(conn, Entry::denial(&refused, error), &by, &refused, now)?;
                    }
                    let Some(key) = keep_refusal.filter(|_| idempotency::is_kept(error)) else { return Ok(()) };
                    let reply = error.reply(&refused.base_url, &refused.path, &refused.request_id);
                    let kept = savepoint(conn, |conn| idempotency::insert(conn, &key, &reply, None, now));
                    // Of several at once the first to commit counts; the denial of each is on record all the same.
                    if kept.is_err() && may_be_told {
                        let again = idempotency::find(conn, &key);
                        let again = again.and_then(|found| idempotency::answered(conn, &key, found, now));
                        let _ = told.set(again);
                    }
                    Ok(())
                },
            )
            .await;
        match (answered, Arc::into_inner(first).and_then(std::sync::OnceLock::into_inner)) {
            (Err(_), Some(Ok(Some(reply)))) => Ok(reply),
            (Err(_), Some(Err(error))) if error.code() == Code::IdempotencyReused => Err(error),
            (answered, _) => answered,
        }
    }
}

/// What is read by the owner of the session, or where none was found yet, of whatever is claimed; or who is refused it.
fn answer_to<A: Actor, R: Answer>(
    conn: &mut Conn,
    asked: &Envelope,
    session: Option<A::Session>,
    now: Instant,
    work: impl FnOnce(&mut Conn, &A) -> Result<R>,
) -> Result<Result<Reply, (Error, Attribution)>> {
    let claims = asked.claims.as_deref();
    let actor = match (session, claims) {
        (Some(session), Some(claims)) => A::of(session, claims, now)?,
        // Whoever is nobody is told so first.
        _ => A::load(conn, claims, now)?,
    };
    match work(conn, &actor).and_then(|answer| answer.reply(asked)) {
        Ok(reply) => Ok(Ok(reply)),
        Err(error) if error.code() == Code::Forbidden => Ok(Err((error, actor.attribution()))),
        // Told to the thread as it is, which looks whether its connection is lost.
        Err(error) => Err(error),
    }
}

/// An open transaction, in which everything is written as the caller.
pub struct Tx<'t> {
    conn: &'t mut Conn,
    envelope: &'t Envelope,
    by: Attribution,
    now: Instant,
}

impl Deref for Tx<'_> {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        self.conn
    }
}
impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn
    }
}

impl Tx<'_> {
    /// The present, the same throughout the transaction.
    pub const fn now(&self) -> Instant {
        self.now
    }
    /// The request's outside.
    pub const fn envelope(&self) -> &Envelope {
        self.envelope
    }
    /// From here on the record names this account as the actor: for operations that prove who somebody is.
    pub fn act_as(&mut self, by: Attribution) {
        self.by = by;
    }
    /// Makes the record of what was done and thereby allows the answer to leave, with which it is written at the end of the
    /// transaction.
    ///
    /// # Errors
    /// None here: where it can't be written, nothing is changed and a fault is answered.
    pub fn recorded<T>(&mut self, entry: Entry, answer: T) -> Result<Recorded<T>> {
        Ok(Recorded { answer, record: Some(record::made(entry, &self.by, self.envelope, self.now)) })
    }
    /// Writes the record of one thing among several that are done at once.
    ///
    /// # Errors
    /// A fault when the record can't be written; nothing is changed then.
    pub fn also(&mut self, entry: Entry) -> Result<()> {
        record::write(self.conn, entry, &self.by, self.envelope, self.now)
    }
    /// Does a part of the work that may be refused by itself: what it refuses undoes that part and nothing else.
    ///
    /// # Errors
    /// Our own failures and a database out of reach: those undo the whole.
    pub fn attempt<T>(&mut self, part: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<Result<T>> {
        let Self { conn, envelope, by, now } = self;
        let result = savepoint(conn, |conn| part(&mut Tx { conn, envelope, by: by.clone(), now: *now }));
        match result {
            Err(error) if error.code().status() >= 500 => Err(error),
            result => Ok(result),
        }
    }
    /// Allows an answer to leave that itself changed nothing: a repeat of what was done already, whose record exists, or
    /// one over several things whose records are written ([`also`](Self::also)).
    pub fn unchanged<T>(&mut self, answer: T) -> Recorded<T> {
        Recorded { answer, record: None }
    }
}

/// An answer with the record of its change. Only [`Tx::recorded`] makes one, so a write can't forget its record.
#[must_use = "the record is written with the answer"]
pub struct Recorded<T> {
    answer: T,
    record: Option<Record>,
}

/// The digest of the body that an extractor has read; of nothing when there was none to read.
fn body_digest(req: &HttpRequest) -> [u8; 32] {
    req.extensions().get::<BodyDigest>().map_or_else(|| crate::platform::crypto::sha256(&[]), |digest| digest.0)
}
