//! The binary as a process of its own over a test's database, and clients that talk to it over TCP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::support::{App, setting};

/// A server that is gone with the test.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

/// Whether checks that are shortened for everyday use are to run at their full length.
pub fn is_full() -> bool {
    std::env::var_os("THREEKEYS_FIRE").is_some_and(|size| size == "full")
}

/// The fault that is planted in a server under test, and in no other process: see `tests/faults.sh`.
pub fn planted() -> Option<(&'static str, std::ffi::OsString)> {
    std::env::var_os("THREEKEYS_SERVER_FAULT").map(|fault| ("PLANTED_FAULT", fault))
}

/// A port that was free a moment ago.
pub fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Server {
    /// Over the database and the keys of `app`, with these settings besides.
    pub fn start(app: &App, settings: &[(&str, &str)]) -> Self {
        Self::launch(&[], app, settings, Stdio::null(), Stdio::inherit())
    }

    /// The same, started by another program.
    pub fn start_under(starter: &[&str], app: &App, settings: &[(&str, &str)]) -> Self {
        Self::launch(starter, app, settings, Stdio::null(), Stdio::inherit())
    }

    /// As [`start`](Self::start), with its log going to `log`.
    pub fn start_logging(app: &App, settings: &[(&str, &str)], log: Stdio) -> Self {
        Self::launch(&[], app, settings, Stdio::null(), log)
    }

    /// As [`start`](Self::start), with what it tells whoever started it.
    pub fn start_telling(app: &App) -> (Self, impl Iterator<Item = String> + use<>) {
        let mut server = Self::launch(&[], app, &[], Stdio::piped(), Stdio::inherit());
        let told = BufReader::new(server.child.stdout.take().unwrap());
        (server, told.lines().map(Result::unwrap))
    }

    fn launch(starter: &[&str], app: &App, settings: &[(&str, &str)], told: Stdio, log: Stdio) -> Self {
        let address = free_port();
        let config = &app.state.config;
        // Another build of the same program, for figures that only a release has.
        let program = setting("THREEKEYS_TEST_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_threekeys").into());
        let mut command = match starter {
            [] => Command::new(program),
            [starter, arguments @ ..] => {
                let mut command = Command::new(starter);
                command.args(arguments).arg(program);
                command
            }
        };
        let child = command
            .arg("serve")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(planted())
            .env("DATABASE_URL", app.database_url())
            .env("THREEKEYS_DATA__DIR", &config.data.dir)
            .env("THREEKEYS_SERVER__BASE_URL", &config.server.base_url)
            .env("THREEKEYS_SERVER__LISTEN", address.to_string())
            .env("THREEKEYS_SERVER__METRICS_LISTEN", "")
            .env("THREEKEYS_LIMITS__WRITES_PER_MINUTE", "1000000")
            .env("THREEKEYS_LOG__FILTER", "warn")
            .envs(settings.iter().copied())
            .stdout(told)
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, address }
    }

    /// Waits until it takes requests; how long that took.
    pub fn ready(&self, at_most: Duration) -> Duration {
        let since = Instant::now();
        loop {
            let asked = Client::to(self.address).and_then(|mut client| client.send("GET", "/readyz", &[], ""));
            if asked.is_ok_and(|answer| answer.status == 200) {
                return since.elapsed();
            }
            assert!(since.elapsed() < at_most, "not ready after {at_most:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends it without a warning, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }
    /// Sends it a signal, as `kill` writes it.
    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
    /// Waits until it has ended.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
    /// The same, and fails when that takes longer.
    pub fn ended_within(&mut self, at_most: Duration) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(since.elapsed() < at_most, "it has not ended after {at_most:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Seconds after which to come back.
    pub retry_after: Option<u32>,
    /// Whether it is the last one on its connection.
    pub is_last: bool,
    pub body: String,
}

/// One connection, used for one request after another. It knows as much of HTTP as these tests see of it.
pub struct Client(BufReader<TcpStream>);

impl Client {
    pub fn to(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and reads the whole answer; an answer that breaks off is an error.
    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> std::io::Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        self.0.get_mut().write_all(format!("{head}\r\n{body}").as_bytes())?;
        let mut line = String::new();
        let mut next = |reader: &mut BufReader<TcpStream>| -> std::io::Result<String> {
            line.clear();
            match reader.read_line(&mut line)? {
                0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
                _ => Ok(line.trim_end().to_owned()),
            }
        };
        let status = next(&mut self.0)?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        let (mut length, mut retry_after, mut is_last) = (0, None, false);
        loop {
            let header = next(&mut self.0)?.to_ascii_lowercase();
            match header.split_once(": ") {
                None => break,
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("retry-after", value)) => retry_after = value.parse().ok(),
                Some(("connection", value)) => is_last = value == "close",
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, retry_after, is_last, body: String::from_utf8(body).unwrap() })
    }
}

/// Figures for whoever runs a test with `--nocapture`.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
