//! Those who wait for a database thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::oneshot;

use super::connection::Conn;
use super::desk::Asker;
use super::executor::{done, tell};
use super::gathered::Gathered;
use crate::platform::error::Result;
use crate::platform::faults::is_planted;

/// Whether a thread has begun a piece of work or its caller has given up on it: whichever comes first.
#[derive(Clone, Default)]
pub(super) struct Ticket(Arc<AtomicU8>);

impl Ticket {
    const BEGUN: u8 = 1;
    const GIVEN_UP: u8 = 2;

    fn decide(&self, fate: u8) -> bool {
        self.0.compare_exchange(0, fate, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
    /// Whether the caller still waits.
    pub fn begin(&self) -> bool {
        self.decide(Self::BEGUN)
    }
    /// The thread that has begun leaves the rest to another, for which the caller waits as before.
    pub fn pause(&self) {
        let _ = self.0.compare_exchange(Self::BEGUN, 0, Ordering::AcqRel, Ordering::Acquire);
    }
    /// Whether it had not begun; then it never will.
    pub fn give_up(&self) -> bool {
        !is_planted("waits_without_end") && self.decide(Self::GIVEN_UP)
    }
}

/// Whoever waits for what they put on a desk: when they go, it is taken off.
pub(super) struct Waits<'g, K: Copy + Send + 'static, V: Send + 'static, T> {
    pub of: &'g Arc<Gathered<K, V>>,
    pub answered: oneshot::Receiver<Result<T>>,
    pub is_answered: bool,
}

impl<K: Copy + Send + 'static, V: Send + 'static, T> Drop for Waits<'_, K, V, T> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.answered.close();
            self.of.forget_gone();
        }
    }
}

/// Whoever asks for a read.
pub(super) struct Caller<F, T> {
    pub f: F,
    pub ticket: Ticket,
    pub answer: oneshot::Sender<Result<T>>,
}

impl<V, T: Send, F: FnOnce(&mut Conn, V) -> Result<T> + Send> Asker<V> for Caller<F, T> {
    fn is_there(&self) -> bool {
        !self.answer.is_closed()
    }

    fn begins(&self) -> bool {
        self.is_there() && self.ticket.begin()
    }

    fn waits_again(&self) {
        self.ticket.pause();
    }

    fn go_on(self: Box<Self>, found: Result<(&mut Conn, V)>) -> bool {
        let Self { f, answer, .. } = *self;
        tell(answer, found.and_then(|(conn, found)| done(conn, |conn| f(conn, found))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gives_up_on_what_has_begun_until_it_pauses() {
        let ticket = Ticket::default();
        assert!(ticket.begin() && !ticket.begin() && !ticket.give_up());
        ticket.pause();
        assert!(ticket.begin());
        ticket.pause();
        assert!(ticket.give_up() && !ticket.begin());
        ticket.pause();
        assert!(!ticket.begin() && !ticket.give_up());
    }
}
