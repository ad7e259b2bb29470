//! The connection that a thread holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::connection::{Conn, Engine, Unusable};
use crate::platform::faults::is_planted;

/// What the threads know of each other's connections.
#[derive(Default)]
pub(super) struct Connections {
    /// Threads that have a working one.
    pub working: AtomicUsize,
    /// How often work has found one lost.
    pub lost: AtomicUsize,
}

/// A thread's connection, opened again after it was lost.
pub(super) struct Held {
    conn: Option<Conn>,
    open: fn(&Engine) -> Result<Conn, Unusable>,
    engine: Engine,
    connections: Arc<Connections>,
    /// How often one was lost when this one was last known to work.
    known: usize,
}

impl Held {
    pub fn open(
        engine: &Engine,
        open: fn(&Engine) -> Result<Conn, Unusable>,
        connections: &Arc<Connections>,
    ) -> Result<Self, Unusable> {
        let known = connections.lost.load(Ordering::Relaxed);
        let conn = open(engine)?;
        connections.working.fetch_add(1, Ordering::Relaxed);
        Ok(Self { conn: Some(conn), open, engine: engine.clone(), connections: connections.clone(), known })
    }

    /// The connection, opened again if need be. What ends one often ends all: where another was lost since, this one is looked
    /// at before it is used, so that a restart of the server costs one request and not one for each connection.
    pub fn conn(&mut self) -> Result<&mut Conn, String> {
        let lost = self.connections.lost.load(Ordering::Relaxed);
        if lost != self.known {
            self.known = lost;
            self.let_go_if_broken();
        }
        if self.conn.is_none() {
            if is_planted("stays_lost") {
                return Err("lost".into());
            }
            self.conn = Some((self.open)(&self.engine).map_err(|why| why.to_string())?);
            self.connections.working.fetch_add(1, Ordering::Relaxed);
        }
        self.conn.as_mut().ok_or_else(String::new)
    }

    /// Lets go of the connection if it is broken, after work on it failed.
    pub fn look(&mut self) {
        if self.let_go_if_broken() {
            self.known = self.connections.lost.fetch_add(1, Ordering::Relaxed) + 1;
        }
    }

    fn let_go_if_broken(&mut self) -> bool {
        let broken = self.conn.as_mut().is_some_and(Conn::is_broken);
        if broken {
            tracing::warn!("a database connection was lost and will be opened again");
            self.conn = None;
            self.connections.working.fetch_sub(1, Ordering::Relaxed);
        }
        broken
    }
}
