//! Connections that have gone quiet are hung up on.
//!
//! actix waits five seconds for the head of a connection's first request, and for ever for that of every later one: whoever
//! has had one answer could hold the connection with half a head. Nor does it wait for a reader in a hurry: an answer that
//! nobody takes stays. So each connection notes when its last request began, and one on which none began for longer than
//! anything may take is shut down from outside.

use std::any::Any;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant as Monotonic};

use actix_web::HttpRequest;
use actix_web::dev::Extensions;

use crate::platform::config::Server;
use crate::platform::faults::is_planted;

/// How often it is looked for quiet ones.
const EVERY: Duration = Duration::from_secs(1);

/// All connections to the API.
pub struct Connections {
    open: Mutex<Vec<Weak<Connection>>>,
    since: Monotonic,
    quiet: Duration,
}

/// A connection: a second handle on its socket, closed when actix lets go of the first.
struct Connection {
    socket: TcpStream,
    since: Monotonic,
    /// Milliseconds after `since` at which its last request began.
    began: AtomicU64,
}

/// What a connection carries: nothing where no second handle was to be had.
struct Watched(Option<Arc<Connection>>);

impl Connection {
    fn begin(&self) {
        self.began.store(millis(self.since.elapsed()), Ordering::Relaxed);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Notes that a request began. Whether its connection may stay open afterwards: one that can't be hung up on may not.
pub fn began(req: &HttpRequest) -> bool {
    match req.conn_data::<Watched>() {
        Some(Watched(Some(connection))) => {
            connection.begin();
            true
        }
        Some(Watched(None)) => false,
        // Without a socket, as in tests.
        None => true,
    }
}

impl Connections {
    /// None yet. Quiet is what lets pass the time that an answered connection is kept, and then that of a whole request.
    pub fn new(config: &Server) -> Self {
        let quiet = config.keep_alive_seconds + config.head_timeout_seconds + config.request_timeout_seconds;
        Self { open: Mutex::default(), since: Monotonic::now(), quiet: Duration::from_secs(quiet) }
    }

    /// For `HttpServer::on_connect`.
    pub fn watch(&self, io: &dyn Any, data: &mut Extensions) {
        let Some(stream) = io.downcast_ref::<actix_web::rt::net::TcpStream>() else { return };
        let connection = stream.as_fd().try_clone_to_owned().ok().map(|handle| {
            let began = AtomicU64::new(millis(self.since.elapsed()));
            Arc::new(Connection { socket: handle.into(), since: self.since, began })
        });
        if let Some(connection) = &connection {
            self.open.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(connection));
        }
        data.insert(Watched(connection));
    }

    /// Hangs up on quiet connections, until the server ends.
    pub async fn hang_up(self: Arc<Self>) {
        loop {
            tokio::time::sleep(EVERY).await;
            if is_planted("quiet_connections_stay") {
                continue;
            }
            let now = millis(self.since.elapsed());
            self.open.lock().unwrap_or_else(PoisonError::into_inner).retain(|connection| {
                let Some(connection) = connection.upgrade() else { return false };
                let quiet = now.saturating_sub(connection.began.load(Ordering::Relaxed)) > millis(self.quiet);
                if quiet {
                    // Whoever is at the other end may have gone already.
                    let _ = connection.socket.shutdown(Shutdown::Both);
                }
                !quiet
            });
        }
    }
}
