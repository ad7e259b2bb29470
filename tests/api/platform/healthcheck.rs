use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;

/// Runs `threekeys healthcheck` against a server that answers with this status line.
fn healthcheck(listen: &str, status: Option<&'static str>) -> (bool, String) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let served = status.map(|status| {
        std::thread::spawn(move || {
            let (mut client, _) = server.accept().unwrap();
            let lines = BufReader::new(client.try_clone().unwrap()).lines().map(Result::unwrap);
            let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            write!(client, "{status}\r\ncontent-length: 0\r\n\r\n").unwrap();
            request[0].clone()
        })
    });
    let run = Command::new(env!("CARGO_BIN_EXE_threekeys"))
        .arg("healthcheck")
        .env_clear()
        .env("THREEKEYS_SERVER__LISTEN", format!("{listen}:{port}"))
        .env("THREEKEYS_SERVER__BASE_URL", "https://threekeys.example")
        .output()
        .unwrap();
    if let Some(served) = served {
        assert_eq!(served.join().unwrap(), "GET /readyz HTTP/1.1");
    }
    (run.status.success(), String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned())
}

#[test]
fn healthcheck_says_what_the_server_says() {
    let (well, text) = healthcheck("127.0.0.1", Some("HTTP/1.1 200 OK"));
    assert!(well && text.contains("200"), "{text}");
    let (well, text) = healthcheck("0.0.0.0", Some("HTTP/1.1 200 OK"));
    assert!(well, "all interfaces are asked on loopback: {text}");
    let (well, text) = healthcheck("127.0.0.1", Some("HTTP/1.1 503 Service Unavailable"));
    assert!(!well && text.contains("503"), "{text}");
    let (well, text) = healthcheck("127.0.0.1", None);
    assert!(!well && text.contains("does not answer"), "{text}");
}
