//! What only a real connection shows.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::server::{Client, Server};
use crate::support::App;

/// Whatever is read for so long after it was refused, is read for ever.
const ENDLESS: Duration = Duration::from_secs(15);

async fn a_body_without_end_is_refused_and_the_connection_closed(app: App) {
    let server = Server::start(&app, &[]);
    server.ready(Duration::from_secs(20));
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
        .write_all(
            b"POST /api/v1/sessions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
              transfer-encoding: chunked\r\n\r\n",
        )
        .unwrap();
    let mut answers = stream.try_clone().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        // A reset after the answer is an end as well.
        let _ = answers.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    let since = Instant::now();
    // For a moment it goes on reading, so that the answer is not lost in a reset; then it hangs up.
    while since.elapsed() < ENDLESS && stream.write_all(&chunk).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(since.elapsed() < ENDLESS, "it never hung up");
    let text = reader.join().unwrap();
    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
    assert!(text.contains("application/problem+json") && text.contains("payload_too_large"), "{text}");
    let alive = Client::to(server.address).unwrap().send("GET", "/livez", &[], "").unwrap();
    assert_eq!(alive.status, 200);
}

async fn what_is_not_in_the_documentation_is_a_problem(app: App) {
    let server = Server::start(&app, &[]);
    server.ready(Duration::from_secs(20));
    let mut client = Client::to(server.address).unwrap();
    for (path, status) in [("/docs/", 200), ("/docs/nope.js", 404), ("/docs/problems/nope", 404), ("/nope", 404)] {
        let answer = client.send("GET", path, &[], "").unwrap();
        assert_eq!(answer.status, status, "{path}");
        assert!(status == 200 || answer.body.contains("\"code\":\"not_found\""), "{path}: {}", answer.body);
    }
}

both_engines![a_body_without_end_is_refused_and_the_connection_closed, what_is_not_in_the_documentation_is_a_problem];
