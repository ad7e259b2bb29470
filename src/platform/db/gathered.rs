//! What several ask at about the same time, answered together.
//!
//! A trip to the database costs both sides more than most of what is asked. So where many ask the same kind of thing, what they
//! ask is put down here, and a reader takes what has come meanwhile ([`TOGETHER`] at most), asks it in one statement, and then
//! tells all of them. Nobody waits for others to come: with few requests a reader finds one at a time. What is taken came before
//! the reader began to read, so that everybody sees what was committed when they asked. Where the database is in the process
//! there is no trip, and nothing is gathered (`Db::read_gathered`).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::connection::Conn;
use super::executor::{ReadJob, Tell, Ticket, busy, excused, unwound};
use crate::platform::error::{Error, Result};

/// How many are asked in one statement at most: bounds how long the first waits for the last.
const TOGETHER: usize = 16;
/// Readers that may do this at the same time while fewer wait than one of them takes.
const AT_EASE: usize = 2;

/// Answers all that is asked, each in its place.
type Find<K, V> = Box<dyn Fn(&mut Conn, &[K]) -> Result<Vec<V>> + Send + Sync>;
/// What follows for one of those who ask: whether the connection may be broken then, and how they are told.
pub(super) type Rest<V> = Box<dyn FnOnce(Result<(&mut Conn, V)>) -> (bool, Tell) + Send>;

/// What is asked of the database in the same way by several.
pub struct Gathered<K, V> {
    find: Find<K, V>,
    waiting: Mutex<Waiting<K, V>>,
}

struct Waiting<K, V> {
    asked: VecDeque<Item<K, V>>,
    /// Readers that answer, or will when they come to it.
    runs: usize,
}

/// Somebody's question.
pub(super) struct Item<K, V> {
    pub key: K,
    pub ticket: Ticket,
    pub rest: Rest<V>,
}

impl<K, V> Item<K, V> {
    fn refuse(self, why: Error) {
        let (_, tell) = (self.rest)(Err(why));
        tell();
    }
}

impl<K: Copy + Send + 'static, V: Send + 'static> Gathered<K, V> {
    /// Answered by `find`, which returns one answer for each that is asked, in order.
    pub fn new(find: impl Fn(&mut Conn, &[K]) -> Result<Vec<V>> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { find: Box::new(find), waiting: Mutex::new(Waiting { asked: VecDeque::new(), runs: 0 }) })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<K, V>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one question by itself.
    ///
    /// # Errors
    /// What `find` says.
    pub(super) fn find_one(&self, conn: &mut Conn, key: K) -> Result<V> {
        let found = (self.find)(conn, &[key])?;
        let one: Result<[V; 1], _> = found.try_into();
        let [one] = one.map_err(|_| Error::fault("one question got several answers or none"))?;
        Ok(one)
    }

    /// Puts a question down. Where that takes one more reader, returns the work for it, which is to be put into the queue of the
    /// readers; dropped instead, it tells whoever depends on it that the database is busy.
    ///
    /// # Errors
    /// 503 where as many are waiting as may.
    pub(super) fn put(self: &Arc<Self>, item: Item<K, V>, readers: &Readers) -> Result<Option<ReadJob>> {
        let mut waiting = self.waiting();
        if waiting.asked.len() >= readers.may_wait {
            return Err(busy());
        }
        waiting.asked.push_back(item);
        let (runs, asked) = (waiting.runs, waiting.asked.len());
        if runs >= readers.many || (runs >= AT_EASE && asked < TOGETHER * (runs - 1)) {
            return Ok(None);
        }
        waiting.runs += 1;
        Ok(Some(Run { of: self.clone(), queue: readers.queue.clone(), is_over: false }.job()))
    }
}

/// The readers, as far as they matter here.
pub(super) struct Readers {
    /// Their queue.
    pub queue: flume::Sender<ReadJob>,
    /// How many they are.
    pub many: usize,
    /// How many may wait for them.
    pub may_wait: usize,
}

/// A reader's turn, or one to come.
struct Run<K: Copy + Send + 'static, V: Send + 'static> {
    of: Arc<Gathered<K, V>>,
    queue: flume::Sender<ReadJob>,
    is_over: bool,
}

impl<K: Copy + Send + 'static, V: Send + 'static> Run<K, V> {
    fn job(self) -> ReadJob {
        Box::new(|conn| match conn {
            Ok(conn) => self.answer(conn),
            Err(unreachable) => {
                let why = unreachable.into_reason();
                for item in self.take(usize::MAX) {
                    item.refuse(Error::unavailable(2, why.clone()));
                }
                false
            }
        })
    }

    /// The first of those who still wait.
    fn take(&self, most: usize) -> Vec<Item<K, V>> {
        let mut waiting = self.of.waiting();
        let most = most.min(waiting.asked.len());
        waiting.asked.drain(..most).filter(|item| item.ticket.begin()).collect()
    }

    /// Answers those who wait. Who came meanwhile is answered behind whatever else waits for a reader.
    fn answer(mut self, conn: &mut Conn) -> bool {
        let mut suspect = self.answer_some(conn);
        while !self.ends() {
            if self.queue.is_empty() || self.queue.is_full() {
                suspect |= self.answer_some(conn);
                continue;
            }
            let queue = self.queue.clone();
            return match queue.try_send(self.job()) {
                Ok(()) => suspect,
                Err(refused) => refused.into_inner()(Ok(conn)) || suspect,
            };
        }
        suspect
    }

    /// Ends the turn if nobody waits any more.
    fn ends(&mut self) -> bool {
        let mut waiting = self.of.waiting();
        if waiting.asked.is_empty() {
            waiting.runs -= 1;
            self.is_over = true;
        }
        self.is_over
    }

    fn answer_some(&self, conn: &mut Conn) -> bool {
        let items = self.take(TOGETHER);
        if items.is_empty() {
            return false;
        }
        let mut suspect = false;
        let told: Vec<Tell> = conn.reading(|conn| {
            let found = self.find(conn, &items);
            let rest = items.into_iter().zip(found).map(|(item, found)| match found {
                Ok(found) => (item.rest)(Ok((conn, found))),
                Err(why) => (item.rest)(Err(why)),
            });
            rest.map(|(is_suspect, tell)| {
                suspect |= is_suspect;
                tell
            })
            .collect()
        });
        told.into_iter().for_each(|tell| tell());
        suspect
    }

    /// What is found for each of them.
    fn find(&self, conn: &mut Conn, items: &[Item<K, V>]) -> Vec<Result<V>> {
        let keys: Vec<K> = items.iter().map(|item| item.key).collect();
        match unwound(|| (self.of.find)(conn, &keys)) {
            Ok(found) if found.len() == keys.len() => found.into_iter().map(Ok).collect(),
            // Each by itself then, so that what is wrong with one question is told to whoever asked it.
            _ => keys
                .into_iter()
                .map(|key| {
                    let found = unwound(|| self.of.find_one(conn, key));
                    excused(conn, found)
                })
                .collect(),
        }
    }
}

impl<K: Copy + Send + 'static, V: Send + 'static> Drop for Run<K, V> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let left = {
            let mut waiting = self.of.waiting();
            waiting.runs -= 1;
            if waiting.runs == 0 { std::mem::take(&mut waiting.asked) } else { VecDeque::new() }
        };
        for item in left {
            item.refuse(busy());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use diesel::connection::Connection as _;
    use diesel::sqlite::SqliteConnection;

    use super::*;
    use crate::platform::error::Code;

    /// Ten times what is asked; a fault where 99 is among it.
    fn find(_: &mut Conn, keys: &[u32]) -> Result<Vec<u32>> {
        if keys.contains(&99) { Err(Error::fault("99")) } else { Ok(keys.iter().map(|key| key * 10).collect()) }
    }

    type Told = mpsc::Receiver<(u32, Result<u32>)>;

    struct Desk {
        gathered: Arc<Gathered<u32, u32>>,
        readers: Readers,
        queued: flume::Receiver<ReadJob>,
        told: Told,
        tell: mpsc::Sender<(u32, Result<u32>)>,
        conn: Conn,
    }

    fn desk(queue: usize) -> Desk {
        let (sender, queued) = flume::bounded(queue);
        let (tell, told) = mpsc::channel();
        let conn = Conn::Sqlite(SqliteConnection::establish(":memory:").expect("in memory"));
        let readers = Readers { queue: sender, many: 3, may_wait: 100 };
        Desk { gathered: Gathered::new(find), readers, queued, told, tell, conn }
    }

    impl Desk {
        fn put(&self, key: u32) -> Result<Option<ReadJob>> {
            self.put_with(key, Ticket::default())
        }
        fn put_with(&self, key: u32, ticket: Ticket) -> Result<Option<ReadJob>> {
            let tell = self.tell.clone();
            let rest: Rest<u32> = Box::new(move |found| {
                let found = found.map(|(_, found)| found);
                (false, Box::new(move || drop(tell.send((key, found)))))
            });
            self.gathered.put(Item { key, ticket, rest }, &self.readers)
        }
        fn told(&self) -> Vec<(u32, Result<u32, Code>)> {
            self.told.try_iter().map(|(key, found)| (key, found.map_err(|error| error.code()))).collect()
        }
        fn runs(&self) -> usize {
            self.gathered.waiting().runs
        }
    }

    #[test]
    fn what_came_meanwhile_is_asked_together() {
        let mut desk = desk(4);
        let first = desk.put(1).expect("taken").expect("a reader is needed");
        let second = desk.put(2).expect("taken").expect("at ease, two may be at it");
        for key in 3..=20 {
            let third = desk.put(key).expect("taken");
            assert_eq!(third.is_some(), key >= 16, "one more when as many wait as one takes: {key}");
            drop(third);
        }
        assert_eq!(
            (desk.runs(), desk.told()),
            (2, vec![]),
            "a turn that is dropped is nobody's where others are to come"
        );
        desk.readers.queue.send(Box::new(|_| false)).expect("room");
        assert!(!first(Ok(&mut desk.conn)));
        assert_eq!(desk.told(), (1..=16).map(|key| (key, Ok(key * 10))).collect::<Vec<_>>());
        let [_, again] = [(); 2].map(|()| desk.queued.try_recv().expect("it comes back behind the others"));
        assert!(!second(Ok(&mut desk.conn)));
        assert_eq!(desk.told(), (17..=20).map(|key| (key, Ok(key * 10))).collect::<Vec<_>>());
        again(Ok(&mut desk.conn));
        assert_eq!((desk.runs(), desk.told()), (0, vec![]));
        assert!(desk.put(21).expect("taken").is_some(), "the next begins anew");
    }

    #[test]
    fn what_is_wrong_with_one_is_told_to_that_one() {
        let mut desk = desk(4);
        let job = desk.put(12).expect("taken").expect("a reader is needed");
        for key in [99, 14] {
            let _ = desk.put(key).expect("taken").map(std::mem::forget);
        }
        job(Ok(&mut desk.conn));
        assert_eq!(desk.told(), [(12, Ok(120)), (99, Err(Code::Fault)), (14, Ok(140))]);
    }

    #[test]
    fn whoever_is_not_answered_is_told_so() {
        let mut desk = desk(4);
        let job = desk.put(1).expect("taken");
        let other = desk.put(2).expect("taken");
        drop(other);
        assert_eq!((desk.runs(), desk.told()), (1, vec![]));
        drop(job);
        assert_eq!(desk.told(), [(1, Err(Code::Unavailable)), (2, Err(Code::Unavailable))]);
        assert_eq!(desk.runs(), 0);
        let job = desk.put(3).expect("taken").expect("a reader is needed");
        job(Err(Error::unavailable(2, "gone")));
        assert_eq!((desk.runs(), desk.told()), (0, vec![(3, Err(Code::Unavailable))]));
        let gone = Ticket::default();
        let job = desk.put_with(4, gone.clone()).expect("taken").expect("a reader is needed");
        assert!(gone.give_up());
        job(Ok(&mut desk.conn));
        assert_eq!((desk.runs(), desk.told()), (0, vec![]), "who has given up is not asked for");
        let held: Vec<_> = (0..100).map(|key| desk.put(key).expect("taken")).collect();
        assert!(matches!(desk.put(100), Err(error) if error.code() == Code::Unavailable), "as many as may");
        drop(held);
        assert_eq!(desk.told().len(), 100);
    }

    #[test]
    fn a_full_queue_keeps_nobody_waiting() {
        let mut desk = desk(1);
        desk.readers.queue.send(Box::new(|_| false)).expect("room for one");
        let job = desk.put(20).expect("taken").expect("a reader is needed");
        for key in 21..60 {
            let _ = desk.put(key).expect("taken").map(std::mem::forget);
        }
        job(Ok(&mut desk.conn));
        assert_eq!(desk.told(), (20..60).map(|key| (key, Ok(key * 10))).collect::<Vec<_>>());
    }
}
