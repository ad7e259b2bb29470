//! What lies on a desk: what several ask, and what was found for them ([`gathered`](super::gathered)).

use std::collections::VecDeque;
use std::time::{Duration, Instant as Monotonic};

use tokio::sync::OwnedSemaphorePermit;

use super::connection::Conn;
use crate::platform::error::Result;

/// How many are asked in one statement at most.
pub(super) const TOGETHER: usize = 16;
/// Readers that may ask at the same time while fewer wait than one of them takes, so that not each asks for one.
pub(super) const AT_EASE: usize = 2;
/// A statement that takes longer is no reason any more not to begin another, and whoever waits longer looks after it.
pub(super) const PATIENCE: Duration = Duration::from_millis(50);

/// Somebody who waits for what a reader finds.
pub(super) trait Asker<V>: Send {
    /// Whether they have not gone.
    fn is_there(&self) -> bool;
    /// Whether they still wait for a reader; from now on for what that one does.
    fn begins(&self) -> bool;
    /// From now on they wait for a reader again.
    fn waits_again(&self);
    /// Goes on with what was found, and tells them; whether the connection may be broken.
    fn go_on(self: Box<Self>, found: Result<(&mut Conn, V)>) -> bool;
}

/// Somebody's question.
pub(super) struct Item<K, V> {
    pub key: K,
    pub asker: Box<dyn Asker<V>>,
    /// Their place among those who may wait for a reader, until one asks for them.
    pub _place: Option<OwnedSemaphorePermit>,
}

/// What was found for somebody.
pub(super) struct Found<K, V> {
    pub key: K,
    pub asker: Box<dyn Asker<V>>,
    pub value: V,
    /// When its statement ended.
    pub since: Monotonic,
}

/// What several ask and what was found for them.
pub(super) struct Desk<K, V> {
    /// To be asked.
    pub asked: VecDeque<Item<K, V>>,
    /// To be gone on with.
    pub found: VecDeque<Found<K, V>>,
    /// When each of the statements began that are being run.
    pub asking: Vec<Monotonic>,
    /// Whether one more reader is called: waits in their queue, or to get there.
    pub is_called: bool,
}

impl<K, V> Desk<K, V> {
    /// Whether one more statement is to begin, by one of so many readers: not while enough are young, which soon take more.
    pub fn may_ask(&self, readers: usize) -> bool {
        let young = self.asking.iter().filter(|began| began.elapsed() <= PATIENCE).count();
        let is_enough = young >= AT_EASE && self.asked.len() < TOGETHER * (young - 1);
        !self.asked.is_empty() && self.asking.len() < readers && !is_enough
    }

    /// The next of those who are there for whom something was found; whoever is not is put with those who have gone.
    pub fn found(&mut self, gone: &mut Vec<Box<dyn Asker<V>>>) -> Option<Found<K, V>> {
        while let Some(found) = self.found.pop_front() {
            if found.asker.begins() {
                return Some(found);
            }
            gone.push(found.asker);
        }
        None
    }

    /// Whether another reader is to be called, who then is.
    pub fn calls(&mut self, readers: usize) -> bool {
        let is_left = !self.found.is_empty() || self.may_ask(readers);
        self.calls_where(is_left)
    }

    /// Whether another reader is to be called where there is a reason to: none is yet. Then they are.
    pub fn calls_where(&mut self, is_reason: bool) -> bool {
        let calls = is_reason && !self.is_called;
        self.is_called |= calls;
        calls
    }
}
