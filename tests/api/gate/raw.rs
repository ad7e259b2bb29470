//! Bytes on a connection, and what comes back.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// After this long without a byte the server is taken to have said everything.
const QUIET: Duration = Duration::from_millis(600);

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// In small letters.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Everything that came back on a connection.
#[derive(Debug)]
pub struct Said {
    pub replies: Vec<Reply>,
    /// Whether the server hung up.
    pub closed: bool,
}

impl Said {
    pub fn statuses(&self) -> Vec<u16> {
        self.replies.iter().map(|reply| reply.status).collect()
    }
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(QUIET)).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Sends all at once and listens until nothing more comes. What can't be sent any more, because the server has hung up, is
/// not sent.
pub fn talk(address: SocketAddr, bytes: &[u8]) -> Said {
    let mut stream = connect(address);
    let _ = stream.write_all(bytes);
    listen(&mut stream, bytes.starts_with(b"HEAD "))
}

/// Listens until nothing more comes.
pub fn listen(stream: &mut TcpStream, without_bodies: bool) -> Said {
    let mut bytes = Vec::new();
    let mut part = [0; 65_536];
    let closed = loop {
        match stream.read(&mut part) {
            Ok(0) => break true,
            Ok(n) => bytes.extend_from_slice(&part[..n]),
            Err(why) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break false,
            Err(_) => break true,
        }
    };
    Said { replies: parse(&bytes, without_bodies), closed }
}

/// One request and its answer on a connection that stays open.
pub fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> Reply {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut heard = Vec::new();
    let mut part = [0; 16_384];
    loop {
        let n = stream.read(&mut part).unwrap();
        assert!(n > 0, "hung up: {:?}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&part[..n]);
        if let Some(end) = heard.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&heard[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if heard.len() >= end + 4 + length.parse::<usize>().unwrap() {
                return parse(&heard, bytes.starts_with(b"HEAD ")).remove(0);
            }
        }
    }
}

/// A request with a JSON body.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
    }
    format!("{text}\r\n{body}").into_bytes()
}

fn parse(mut bytes: &[u8], without_bodies: bool) -> Vec<Reply> {
    let mut replies = Vec::new();
    while let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let first = lines.next().unwrap_or_default();
        assert!(first.starts_with("HTTP/1."), "no answer: {head:?}");
        let status: u16 = first.split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}")))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, v)| v.parse().unwrap());
        assert!(
            !headers.iter().any(|(name, _)| name == "transfer-encoding"),
            "chunked answers are not read here: {head}"
        );
        let length = if without_bodies || status < 200 || status == 204 || status == 304 { 0 } else { length };
        let rest = &bytes[end + 4..];
        let length = length.min(rest.len());
        replies.push(Reply { status, headers, body: rest[..length].to_vec() });
        bytes = &rest[length..];
    }
    assert!(bytes.is_empty(), "more than answers: {:?}", String::from_utf8_lossy(bytes));
    replies
}
