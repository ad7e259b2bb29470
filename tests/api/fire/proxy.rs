//! Between the server and its database: lets bytes pass, late, not at all, or breaks off in the middle of an answer.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As if it were not there.
    Through,
    /// Nobody takes calls, and all lines are cut.
    Down,
    /// Calls are taken, lines stay, and nothing passes.
    Hang,
    /// So much later, either way.
    Late(Duration),
    /// Whatever the database answers breaks off after half of it.
    BreakOff,
}

struct Line {
    mode: Mutex<Mode>,
    open: Mutex<Vec<TcpStream>>,
    over: AtomicBool,
}

/// Runs until it is dropped.
pub struct Proxy {
    pub address: SocketAddr,
    line: Arc<Line>,
}

impl Line {
    fn mode(&self) -> Mode {
        *self.mode.lock().unwrap()
    }

    /// Carries bytes one way until an end.
    fn carry(&self, mut from: TcpStream, mut to: TcpStream, is_answer: bool) {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            while self.mode() == Mode::Hang && !self.over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(10));
            }
            let part = match self.mode() {
                Mode::Down => break,
                Mode::Late(by) => {
                    std::thread::sleep(by);
                    &bytes[..read]
                }
                Mode::BreakOff if is_answer => {
                    let _ = to.write_all(&bytes[..read / 2]);
                    break;
                }
                _ => &bytes[..read],
            };
            if to.write_all(part).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }
}

impl Proxy {
    pub fn to(database: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let line =
            Arc::new(Line { mode: Mutex::new(Mode::Through), open: Mutex::default(), over: AtomicBool::new(false) });
        let shared = line.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.over.load(Ordering::Relaxed) {
                    return;
                }
                // Whoever calls while it is down is hung up on.
                let Ok(server) = TcpStream::connect(database) else { continue };
                if shared.mode() == Mode::Down {
                    continue;
                }
                for stream in [&client, &server] {
                    stream.set_nodelay(true).unwrap();
                    shared.open.lock().unwrap().push(stream.try_clone().unwrap());
                }
                let (line, from, to) = (shared.clone(), client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || line.carry(from, to, false));
                let line = shared.clone();
                std::thread::spawn(move || line.carry(server, client, true));
            }
        });
        Self { address, line }
    }

    pub fn set(&self, mode: Mode) {
        *self.line.mode.lock().unwrap() = mode;
        if mode == Mode::Down {
            self.cut();
        }
    }

    fn cut(&self) {
        for stream in self.line.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.line.over.store(true, Ordering::Relaxed);
        self.cut();
        // Wakes the one that waits for calls.
        let _ = TcpStream::connect(self.address);
    }
}
