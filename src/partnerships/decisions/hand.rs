//! In whose name something is written.

use std::ops::{Deref, DerefMut};

use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::http::Tx;
use crate::platform::record::{Entry, write_unattended};

/// An open transaction, of somebody's request or of background work: queries run on it, and records are written by it.
pub enum Hand<'h, 't> {
    /// Somebody's, in a request.
    Person(&'h mut Tx<'t>),
    /// Nobody's: background work, at a time.
    Machine(&'h mut Conn, Instant),
}

impl Deref for Hand<'_, '_> {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        match self {
            Self::Person(tx) => tx,
            Self::Machine(conn, _) => conn,
        }
    }
}
impl DerefMut for Hand<'_, '_> {
    fn deref_mut(&mut self) -> &mut Conn {
        match self {
            Self::Person(tx) => tx,
            Self::Machine(conn, _) => conn,
        }
    }
}

impl Hand<'_, '_> {
    /// The present, the same throughout the transaction.
    pub const fn now(&self) -> Instant {
        match self {
            Self::Person(tx) => tx.now(),
            Self::Machine(_, now) => *now,
        }
    }
    /// Writes the record of something that was done.
    ///
    /// # Errors
    /// A fault when the record can't be written; nothing is changed then.
    pub fn also(&mut self, entry: Entry) -> Result<()> {
        match self {
            Self::Person(tx) => tx.also(entry),
            Self::Machine(conn, now) => write_unattended(conn, entry, *now),
        }
    }
}
