//! An officer's logs, sent together over a network that breaks off wherever it likes.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::schema::{officer_log_versions, officer_logs};

use super::chance::Chance;
use super::server::{Client, Server, say};
use super::writers::{officers, sent};
use crate::support::App;

const LOGS: usize = 100;

async fn a_hundred_logs_sent_again_over_a_broken_connection_are_a_hundred(app: App) {
    let officer = &officers(&app, 1).await[0];
    let server = Server::start(&app, &[]);
    server.ready(Duration::from_secs(20));
    let logs: Vec<Value> = (0..LOGS).map(|_| serde_json::from_str(&sent(officer).body).unwrap()).collect();
    let body = json!({ "logs": logs }).to_string();
    let bearer = format!("Bearer {}", officer.token());
    let request = format!(
        "POST /api/v1/officer-logs/batch HTTP/1.1\r\nhost: localhost\r\nauthorization: {bearer}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut chance = Chance::new();
    for round in 0..30 {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        if round % 3 == 2 {
            // All of it arrives, and the answer is cut off.
            stream.write_all(request.as_bytes()).unwrap();
            let mut some = vec![0; 1 + chance.below(4000)];
            let got = stream.read(&mut some).unwrap();
            assert!(some[..got].starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&some[..got]));
        } else {
            stream.write_all(&request.as_bytes()[..chance.below(request.len())]).unwrap();
        }
        let _ = stream.shutdown(Shutdown::Both);
    }
    let mut found = Vec::new();
    for _ in 0..3 {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let mut client = Client::to(server.address).unwrap();
        let answer = client.send("POST", "/api/v1/officer-logs/batch", &headers, &body).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        found.push((answer["created"].as_u64().unwrap(), answer["known"].as_u64().unwrap()));
    }
    let stored: (i64, i64) = app
        .db(|conn| {
            Ok((officer_logs::table.count().get_result(conn)?, officer_log_versions::table.count().get_result(conn)?))
        })
        .await;
    say(&format!("{} logs after 30 broken and 3 whole requests: {found:?}", stored.0));
    assert_eq!(found, [(0, 100); 3], "a request that had arrived whole was done");
    assert_eq!(stored, (100, 100));
}

both_engines![a_hundred_logs_sent_again_over_a_broken_connection_are_a_hundred];
