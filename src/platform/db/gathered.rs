//! What several ask at about the same time, answered in one trip to the database.
//!
//! A trip to the database costs both sides more than most of what is asked. So where many ask the same kind of thing, what they
//! ask is put on a desk, and a reader takes what has come meanwhile (16 at most) and asks it in one statement. Nobody waits for
//! others to come: with few requests a reader finds one at a time. What is taken came before its statement began, so that
//! everybody sees what was committed when they asked. Where the database is in the process there is no trip, and nothing is
//! gathered (`Db::read_gathered`).
//!
//! What follows for each may ask the database again and take long, and so may the statement. So what was found for several lies on
//! the desk as well, and whoever turns to something first calls another reader for what is left there: a neighbour who takes long
//! keeps one reader, and not those who wait beside them. Where nobody could be called, or those who were are stuck, whoever waits
//! looks after a moment (`Gathered::look`), as long as they wait. What lay there for longer than a quarter of a second is
//! asked again before it is gone on with, so that what has come since is not told by rights that ended meanwhile, but for that
//! moment; who has gone is taken off the desk.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Monotonic};

use super::connection::Conn;
use super::desk::{Desk, Found, Item, TOGETHER};
use super::executor::{ReadJob, excused, unwound};
use crate::platform::error::{Code, Error, Result};
use crate::platform::faults::is_planted;

/// What was found so long ago is asked again.
const LASTS: Duration = Duration::from_millis(250);

/// Answers all that is asked, each in its place.
type Find<K, V> = Box<dyn Fn(&mut Conn, &[K]) -> Result<Vec<V>> + Send + Sync>;

/// The readers, as far as they matter here.
#[derive(Clone)]
pub(super) struct Readers {
    /// Their queue.
    pub queue: flume::Sender<ReadJob>,
    /// How many they are.
    pub many: usize,
}

/// What is asked of the database in the same way by several.
pub struct Gathered<K, V> {
    find: Find<K, V>,
    desk: Mutex<Desk<K, V>>,
}

impl<K: Copy + Send + 'static, V: Send + 'static> Gathered<K, V> {
    /// Answered by `find`, which returns one answer for each that is asked, in order.
    pub fn new(find: impl Fn(&mut Conn, &[K]) -> Result<Vec<V>> + Send + Sync + 'static) -> Arc<Self> {
        let (asked, found) = (VecDeque::new(), VecDeque::new());
        let desk = Desk { asked, found, asking: Vec::new(), is_called: false };
        Arc::new(Self { find: Box::new(find), desk: Mutex::new(desk) })
    }

    fn desk(&self) -> MutexGuard<'_, Desk<K, V>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one question by itself.
    ///
    /// # Errors
    /// What `find` says.
    pub(super) fn find_one(&self, conn: &mut Conn, key: K) -> Result<V> {
        let one: Result<[V; 1], _> = (self.find)(conn, &[key])?.try_into();
        let [one] = one.map_err(|_| Error::fault("one question got several answers or none"))?;
        Ok(one)
    }

    /// Puts a question down. Where a reader is to be called for it, returns the work that is to be put into the queue of the
    /// readers.
    pub(super) fn put(self: &Arc<Self>, item: Item<K, V>, readers: &Readers) -> Option<ReadJob> {
        let mut desk = self.desk();
        desk.asked.push_back(item);
        desk.calls(readers.many).then(|| Call { of: self.clone(), readers: readers.clone() }.job())
    }

    /// [`put`](Self::put) without a question: for whoever has waited for a moment.
    pub(super) fn look(self: &Arc<Self>, readers: &Readers) -> Option<ReadJob> {
        let calls = !is_planted("nobody_looks") && self.desk().calls(readers.many);
        calls.then(|| Call { of: self.clone(), readers: readers.clone() }.job())
    }

    /// Takes whatever is for those who have gone off the desk.
    pub(super) fn forget_gone(&self) {
        let mut desk = self.desk();
        let (asked, gone): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut desk.asked).into_iter().partition(|item| item.asker.is_there());
        let (found, left): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut desk.found).into_iter().partition(|found| found.asker.is_there());
        (desk.asked, desk.found) = (asked, found);
        // What they wanted to do may be dropped without anybody waiting for that.
        drop(desk);
        drop((gone, left));
    }

    /// Calls another reader, if the queue has room: where it has none, whoever waits looks again.
    fn call(self: &Arc<Self>, readers: &Readers) -> bool {
        readers.queue.try_send(Call { of: self.clone(), readers: readers.clone() }.job()).is_ok()
    }
}

/// A reader's turn that is to come.
struct Call<K: Copy + Send + 'static, V: Send + 'static> {
    of: Arc<Gathered<K, V>>,
    readers: Readers,
}

impl<K: Copy + Send + 'static, V: Send + 'static> Drop for Call<K, V> {
    fn drop(&mut self) {
        self.of.desk().is_called = false;
    }
}

impl<K: Copy + Send + 'static, V: Send + 'static> Call<K, V> {
    fn job(self) -> ReadJob {
        Box::new(move |conn| {
            let (of, readers) = (self.of.clone(), self.readers.clone());
            drop(self);
            Turn { of, readers }.take(conn)
        })
    }
}

/// A reader at the desk.
struct Turn<K: Copy + Send + 'static, V: Send + 'static> {
    of: Arc<Gathered<K, V>>,
    readers: Readers,
}

/// What a reader turns to.
enum Work<K, V> {
    /// These, in a statement that begins then.
    Ask(Vec<Item<K, V>>, Monotonic),
    GoOn(Found<K, V>),
}

impl<K: Copy + Send + 'static, V: Send + 'static> Turn<K, V> {
    /// Does what is on the desk; whether the connection may be broken.
    fn take(self, conn: Result<&mut Conn>) -> bool {
        let conn = match conn {
            Ok(conn) => conn,
            Err(unreachable) => {
                // What was found was found by others. Nobody is called for it: that might be this reader again and again, and
                // whoever waits looks after it.
                let asked = std::mem::take(&mut self.of.desk().asked);
                let why = unreachable.into_reason();
                for item in asked {
                    item.asker.go_on(Err(Error::unavailable(2, why.clone())));
                }
                return false;
            }
        };
        let mut has_asked = false;
        while let Some((work, calls)) = self.next(has_asked) {
            if calls {
                self.of.call(&self.readers);
            }
            let suspect = match work {
                Work::GoOn(found) => self.go_on(conn, found),
                Work::Ask(items, began) => {
                    has_asked = true;
                    self.ask(conn, items, began)
                }
            };
            if suspect {
                // Looked at before anything else is asked with it; another goes on with the rest.
                let mut desk = self.of.desk();
                let is_left = !desk.found.is_empty() || !desk.asked.is_empty();
                let calls = desk.calls_where(is_left);
                drop(desk);
                if calls {
                    self.of.call(&self.readers);
                }
                return true;
            }
        }
        false
    }

    /// What is to be done next, and whether another reader is to be called for what is left then. Nothing where nothing is left,
    /// or where after a statement somebody else waits for a reader: then another turn is put behind them.
    fn next(&self, has_asked: bool) -> Option<(Work<K, V>, bool)> {
        // Dropped when the desk is free for others again.
        let mut gone = Vec::new();
        let mut desk = self.of.desk();
        if let Some(found) = desk.found(&mut gone) {
            let calls = desk.calls(self.readers.many);
            drop(desk);
            return Some((Work::GoOn(found), calls));
        }
        let others = self.readers.queue.len() > usize::from(desk.is_called);
        if has_asked && others && !desk.asked.is_empty() {
            let calls = desk.calls(self.readers.many);
            drop(desk);
            if !calls || self.of.call(&self.readers) {
                return None;
            }
            desk = self.of.desk();
        }
        let items = loop {
            if !desk.may_ask(self.readers.many) {
                return None;
            }
            let most = desk.asked.len().min(TOGETHER);
            let (items, left): (Vec<_>, Vec<_>) = desk.asked.drain(..most).partition(|item| item.asker.begins());
            gone.extend(left.into_iter().map(|item| item.asker));
            if !items.is_empty() {
                break items;
            }
        };
        let began = Monotonic::now();
        desk.asking.push(began);
        let calls = desk.calls(self.readers.many);
        drop(desk);
        Some((Work::Ask(items, began), calls))
    }

    /// Goes on with what was found, asked again where it lay for long; whether the connection may be broken.
    fn go_on(&self, conn: &mut Conn, Found { key, asker, value, since }: Found<K, V>) -> bool {
        if since.elapsed() <= LASTS {
            return asker.go_on(Ok((conn, value)));
        }
        let again = unwound(|| self.of.find_one(conn, key));
        let again = excused(conn, again);
        asker.go_on(again.map(|value| (conn, value)))
    }

    /// Asks for what these want and puts what is found on the desk; whether the connection may be broken.
    fn ask(&self, conn: &mut Conn, items: Vec<Item<K, V>>, began: Monotonic) -> bool {
        let (keys, askers): (Vec<K>, Vec<_>) = items.into_iter().map(|item| (item.key, item.asker)).unzip();
        let found = unwound(|| (self.of.find)(conn, &keys));
        let found: Vec<Result<V>> = match excused(conn, found) {
            Ok(found) if found.len() == keys.len() => found.into_iter().map(Ok).collect(),
            Err(why) if keys.len() == 1 => vec![Err(why)],
            // Each by itself then, so that what is wrong with one question is told to whoever asked it.
            Ok(_) => keys.iter().map(|key| unwound(|| self.of.find_one(conn, *key))).collect(),
            Err(why) if why.code() == Code::Fault => {
                keys.iter().map(|key| unwound(|| self.of.find_one(conn, *key))).collect()
            }
            Err(why) => {
                let why = why.into_reason();
                keys.iter().map(|_| Err(Error::unavailable(2, why.clone()))).collect()
            }
        };
        let (mut there, mut suspect) = (VecDeque::with_capacity(askers.len()), false);
        let since = Monotonic::now();
        for ((key, asker), found) in keys.into_iter().zip(askers).zip(found) {
            match excused(conn, found) {
                Ok(value) => {
                    asker.waits_again();
                    there.push_back(Found { key, asker, value, since });
                }
                Err(why) => suspect |= asker.go_on(Err(why)),
            }
        }
        let mut desk = self.of.desk();
        if let Some(place) = desk.asking.iter().position(|other| *other == began) {
            desk.asking.swap_remove(place);
        }
        desk.found.append(&mut there);
        suspect
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::Connection as _;
    use diesel::sqlite::SqliteConnection;

    use super::super::desk::{Asker, PATIENCE};
    use super::*;

    /// What an asker does when it comes to it.
    type Then = Box<dyn FnOnce() + Send>;

    struct Somebody {
        key: u32,
        waits: bool,
        then: Then,
        tell: flume::Sender<(u32, Result<u32, Code>)>,
    }

    impl Asker<u32> for Somebody {
        fn is_there(&self) -> bool {
            self.waits
        }
        fn begins(&self) -> bool {
            self.waits
        }
        fn waits_again(&self) {}
        fn go_on(self: Box<Self>, found: Result<(&mut Conn, u32)>) -> bool {
            let Self { key, then, tell, .. } = *self;
            then();
            let told = found.map(|(_, found)| found).map_err(|error| error.code());
            let suspect = told.is_err();
            let _ = tell.send((key, told));
            suspect
        }
    }

    struct Room {
        gathered: Arc<Gathered<u32, u32>>,
        readers: Readers,
        queued: flume::Receiver<ReadJob>,
        told: flume::Receiver<(u32, Result<u32, Code>)>,
        tell: flume::Sender<(u32, Result<u32, Code>)>,
        statements: Arc<AtomicUsize>,
    }

    fn conn() -> Conn {
        Conn::Sqlite(SqliteConnection::establish(":memory:").expect("in memory"))
    }

    /// Ten times what is asked; a fault where 99 is among it, and out of reach where 98 is.
    fn room(queue: usize) -> Room {
        let (sender, queued) = flume::bounded(queue);
        let (tell, told) = flume::unbounded();
        let statements = Arc::new(AtomicUsize::new(0));
        let count = statements.clone();
        let gathered = Gathered::new(move |_: &mut Conn, keys: &[u32]| {
            count.fetch_add(1, Ordering::Relaxed);
            match keys {
                keys if keys.contains(&99) => Err(Error::fault("99")),
                keys if keys.contains(&98) => Err(Error::unavailable(1, "98")),
                keys => Ok(keys.iter().map(|key| key * 10).collect()),
            }
        });
        Room { gathered, readers: Readers { queue: sender, many: 3 }, queued, told, tell, statements }
    }

    impl Room {
        fn put(&self, key: u32) -> Option<ReadJob> {
            self.put_who(key, true, Box::new(|| ()))
        }
        fn put_who(&self, key: u32, waits: bool, then: Then) -> Option<ReadJob> {
            let asker = Box::new(Somebody { key, waits, then, tell: self.tell.clone() });
            self.gathered.put(Item { key, asker, _place: None }, &self.readers)
        }
        /// Puts something that was found for somebody so long ago on the desk.
        fn put_found(&self, key: u32, waits: bool, value: u32, ago: Duration) {
            let asker = Box::new(Somebody { key, waits, then: Box::new(|| ()), tell: self.tell.clone() });
            let since = Monotonic::now().checked_sub(ago).expect("not long ago");
            self.gathered.desk().found.push_back(Found { key, asker, value, since });
        }
        fn look(&self) -> Option<ReadJob> {
            self.gathered.look(&self.readers)
        }
        fn told(&self) -> Vec<(u32, Result<u32, Code>)> {
            self.told.try_iter().collect()
        }
        fn statements(&self) -> usize {
            self.statements.swap(0, Ordering::Relaxed)
        }
        /// Does what is queued, with one reader after the other.
        fn work(&self) {
            while let Ok(job) = self.queued.try_recv() {
                job(Ok(&mut conn()));
            }
        }
        fn is_quiet(&self) -> bool {
            let desk = self.gathered.desk();
            desk.asked.is_empty() && desk.found.is_empty() && desk.asking.is_empty() && !desk.is_called
        }
    }

    fn tenfold(keys: std::ops::RangeInclusive<u32>) -> Vec<(u32, Result<u32, Code>)> {
        keys.map(|key| (key, Ok(key * 10))).collect()
    }

    #[test]
    fn what_came_meanwhile_is_asked_together() {
        let room = room(4);
        let call = room.put(1).expect("a reader is called");
        for key in 2..=20 {
            assert!(room.put(key).is_none(), "one is called already");
        }
        assert!(!call(Ok(&mut conn())));
        room.work();
        let mut told = room.told();
        told.sort_unstable_by_key(|(key, _)| *key);
        assert_eq!((told, room.statements()), (tenfold(1..=20), 2));
        assert!(room.is_quiet());
        assert!(room.put(21).is_some(), "the next begins anew");
    }

    #[test]
    fn nobody_waits_for_a_neighbour() {
        let room = Arc::new(room(4));
        let other = room.clone();
        // The first takes long: meanwhile another reader does the rest, and what comes then.
        let then = move || {
            other.work();
            assert_eq!(other.told(), tenfold(2..=3));
            assert!(other.put(4).map(|call| call(Ok(&mut conn()))) == Some(false));
            assert_eq!(other.told(), tenfold(4..=4));
        };
        let call = room.put_who(1, true, Box::new(then)).expect("a reader is called");
        for key in 2..=3 {
            assert!(room.put(key).is_none());
        }
        assert!(!call(Ok(&mut conn())));
        assert_eq!(room.told(), tenfold(1..=1));
        assert!(room.is_quiet());
    }

    #[test]
    fn a_statement_that_takes_long_keeps_others_waiting_for_a_moment_only() {
        let room = room(4);
        let (young, old) = (Monotonic::now(), Monotonic::now() - PATIENCE - Duration::from_millis(1));
        let asking = |statements: &[Monotonic]| room.gathered.desk().asking = statements.to_vec();
        let calls = |key| {
            let call = room.put(key).map(std::mem::forget).is_some();
            room.gathered.desk().is_called = false;
            call
        };
        for (key, statements) in (1..).zip([&[][..], &[young], &[old, young], &[old, old]]) {
            asking(statements);
            assert!(calls(key), "{statements:?}");
        }
        asking(&[old, old, old]);
        assert!(!calls(5), "there are no more readers");
        asking(&[young, young]);
        let called = (6..=17).map(calls).collect::<Vec<_>>();
        assert_eq!(called.iter().position(|called| *called), Some(TOGETHER - 6), "as many wait as one takes");
    }

    #[test]
    fn whoever_could_call_nobody_looks_after_a_moment() {
        let room = room(4);
        room.gathered.desk().asking = vec![Monotonic::now(); 2];
        assert!(room.put(1).is_none() && room.look().is_none(), "two statements are being run");
        std::thread::sleep(PATIENCE + Duration::from_millis(5));
        let call = room.look().expect("they are stuck");
        assert!(room.look().is_none(), "one call is enough");
        assert!(!call(Ok(&mut conn())));
        assert_eq!(room.told(), tenfold(1..=1));
        assert!(room.look().is_none(), "nothing is left");
    }

    #[test]
    fn what_was_found_long_ago_is_asked_again() {
        let room = room(4);
        room.put_found(1, true, 7, Duration::ZERO);
        room.put_found(2, true, 7, LASTS + Duration::from_millis(1));
        room.put_found(99, true, 7, LASTS + Duration::from_millis(1));
        let call = room.look().expect("a reader is called");
        assert!(call(Ok(&mut conn())), "the connection is to be looked at");
        assert_eq!(room.told(), [(1, Ok(7)), (2, Ok(20)), (99, Err(Code::Fault))]);
        assert_eq!(room.statements(), 2);
        room.work();
        assert!(room.is_quiet());
    }

    #[test]
    fn nothing_is_done_for_those_who_have_gone() {
        let room = room(4);
        let call = room.put_who(4, false, Box::new(|| ())).expect("a reader is called");
        room.put_found(5, false, 7, Duration::ZERO);
        assert!(!call(Ok(&mut conn())));
        assert_eq!((room.told(), room.statements()), (vec![], 0));
        assert!(room.is_quiet());
        let call = room.put_who(4, false, Box::new(|| ()));
        assert!(room.put(1).is_none());
        room.put_found(5, false, 7, Duration::ZERO);
        room.put_found(6, true, 60, Duration::ZERO);
        room.gathered.forget_gone();
        let left = {
            let desk = room.gathered.desk();
            (desk.asked.iter().map(|item| item.key).collect::<Vec<_>>(), desk.found.len())
        };
        assert_eq!(left, (vec![1], 1));
        assert!(call.is_some_and(|call| !call(Ok(&mut conn()))));
        assert_eq!(room.told(), [(6, Ok(60)), (1, Ok(10))]);
    }

    #[test]
    fn what_is_wrong_with_one_is_told_to_that_one() {
        let room = room(4);
        let call = room.put(12).expect("a reader is called");
        for key in [99, 14] {
            assert!(room.put(key).is_none());
        }
        assert!(call(Ok(&mut conn())), "the connection is to be looked at");
        room.work();
        assert_eq!(room.told(), [(99, Err(Code::Fault)), (12, Ok(120)), (14, Ok(140))]);
        assert_eq!(room.statements(), 4);
        assert!(room.is_quiet());
    }

    #[test]
    fn a_database_out_of_reach_is_asked_once_and_another_connection_goes_on() {
        let room = room(4);
        let call = room.put(98).expect("a reader is called");
        for key in 1..=16 {
            assert!(room.put(key).is_none());
        }
        assert!(call(Ok(&mut conn())), "the connection is to be looked at");
        assert_eq!(room.told().len(), TOGETHER, "all of them were told");
        assert_eq!(room.statements(), 1);
        room.work();
        assert_eq!(room.told(), tenfold(16..=16));
        let call = room.put(3).expect("a reader is called");
        assert!(!call(Err(Error::unavailable(2, "gone"))));
        assert_eq!(room.told(), [(3, Err(Code::Unavailable))]);
        assert!(room.is_quiet());
    }

    #[test]
    fn a_reader_without_a_connection_leaves_what_others_found_to_them() {
        let room = room(4);
        room.put_found(1, true, 10, Duration::ZERO);
        let call = room.put(2).expect("a reader is called");
        assert!(!call(Err(Error::unavailable(2, "gone"))));
        assert_eq!(room.told(), [(2, Err(Code::Unavailable))]);
        assert!(room.queued.is_empty(), "it would answer its own call");
        let call = room.look().expect("whoever waits looks");
        assert!(!call(Ok(&mut conn())));
        assert_eq!(room.told(), tenfold(1..=1));
        assert!(room.is_quiet());
    }

    #[test]
    fn a_call_that_nobody_heard_is_made_again() {
        let room = room(4);
        let call = room.put(1);
        assert!(room.put(2).is_none() && room.look().is_none());
        drop(call);
        let call = room.look().expect("whoever waits calls again");
        assert!(!call(Ok(&mut conn())));
        assert_eq!(room.told(), tenfold(1..=2));
        room.work();
        assert!(room.is_quiet());
    }

    #[test]
    fn others_who_wait_for_a_reader_come_in_between() {
        let room = room(2);
        let call = room.put(1).expect("a reader is called");
        for key in 2..=40 {
            assert!(room.put(key).is_none());
        }
        room.readers.queue.send(Box::new(|_| false)).expect("room");
        assert!(!call(Ok(&mut conn())));
        assert_eq!(room.told().len(), TOGETHER, "one statement");
        room.work();
        assert_eq!(room.told().len(), 40 - TOGETHER);
        assert!(room.is_quiet());
    }

    #[test]
    fn a_full_queue_keeps_nobody_waiting() {
        let room = room(1);
        room.readers.queue.send(Box::new(|_| false)).expect("room for one");
        let call = room.put(1).expect("a reader is called");
        for key in 2..=40 {
            assert!(room.put(key).is_none());
        }
        assert!(!call(Ok(&mut conn())));
        assert_eq!((room.told(), room.statements()), (tenfold(1..=40), 3));
        assert!(room.is_quiet());
    }
}
