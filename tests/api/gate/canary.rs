//! Secrets stay where they belong: words that nothing else has are sent through every operation, in every field, header and
//! query, and looked for afterwards in the log at its most talkative, in every table, and in every refusal.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::{Value, json};
use threekeys::platform::clock::Clock;
use threekeys::platform::db::{self, Conn};

use super::raw::{Reply, connect, exchange, request};
use crate::fire::server::{Server, say};
use crate::support::app::description;
use crate::support::people::PASSWORD;
use crate::support::world::visit_body;
use crate::support::{App, World};

/// Passwords: to be found nowhere at all.
const FIRST: &str = "Zq7kplover under violet Canarypass trams";
const SECOND: &str = "Wx9mheron beside green Canarypass mills";
const GUESSED: &str = "Kd4rotter between brown Canarypass reeds";
/// What people write to each other: in its own table, and in the answers kept for its author.
const WORDS: &str = "Canarywords of the meeting";
/// Sent where nobody asked for it.
const STRAY: &str = "canarystray9";
/// An address.
const MAIL: &str = "canary.mail.7@example.org";
const INVITED: &str = "canary.invited.8@example.org";

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    value: String,
}

fn asked(conn: &mut Conn, sql: String) -> QueryResult<Vec<String>> {
    Ok(diesel::sql_query(sql).load::<Said>(conn)?.into_iter().map(|row| row.value).collect())
}

/// Every table as text, binary columns in hexadecimal.
async fn tables(app: &App) -> Vec<(String, String)> {
    app.db(|conn| {
        let mut tables = Vec::new();
        for name in db::tables(conn)? {
            let rows = if matches!(conn, Conn::Sqlite(_)) {
                let columns = asked(conn, format!("SELECT name AS value FROM pragma_table_info('{name}')"))?;
                let row = columns.iter().map(|c| format!("quote(\"{c}\")")).collect::<Vec<_>>().join("||','||");
                asked(conn, format!("SELECT {row} AS value FROM \"{name}\""))?
            } else {
                asked(conn, format!("SELECT t::text AS value FROM \"{name}\" t"))?
            };
            tables.push((name, rows.join("\n")));
        }
        Ok(tables)
    })
    .await
}

/// Whether `text` has the secret, as it is or as bytes in hexadecimal.
fn has(text: &str, secret: &str) -> bool {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    text.contains(secret) || text.to_ascii_lowercase().contains(&hex)
}

/// A talk with the server that remembers what was refused, and in which words.
struct Talk {
    stream: std::net::TcpStream,
    refusals: Vec<(String, String)>,
    answered: usize,
}

impl Talk {
    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let bytes = request(method, path, headers, body);
        let reply = exchange(&mut self.stream, &bytes);
        if reply.header("connection") == Some("close") {
            self.stream = connect(self.stream.peer_addr().unwrap());
        }
        self.answered += 1;
        assert!(reply.status != 500, "{method} {path}: {}", reply.text());
        if reply.status >= 400 {
            let all = format!("{:?} {}", reply.headers, reply.text());
            self.refusals.push((format!("{method} {path} {}", reply.status), all));
        }
        reply
    }
    fn post(&mut self, path: &str, headers: &[(&str, &str)], body: Value, status: u16) -> Value {
        let reply = self.send("POST", &format!("/api/v1{path}"), headers, &body.to_string());
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

/// The newest code that the server has mailed, which is later than the test's own clock.
async fn mailed(app: &App, address: &str, prefix: &str) -> String {
    app.state.clock.set(Clock::System.now());
    app.mailed_code(address, prefix).await
}

/// The whole life of two accounts; every token that was handed out on the way.
async fn lived(app: &App, world: &World, talk: &mut Talk) -> Vec<String> {
    let key = || uuid::Uuid::now_v7().to_string();
    let mut tokens = Vec::new();
    let registration = json!({"email": MAIL, "password": FIRST, "display_name": "Ann Lee", "is_13_or_older": true});
    talk.post("/accounts", &[("idempotency-key", &key())], registration.clone(), 202);
    let code = mailed(app, MAIL, "tkv_").await;
    tokens.push(code.clone());
    talk.post("/sessions", &[], json!({"email": MAIL, "password": FIRST}), 401);
    talk.post("/email-verifications", &[], json!({"token": code, "password": GUESSED}), 401);
    talk.post("/email-verifications", &[], json!({"token": code, "password": FIRST}), 204);
    talk.post("/sessions", &[], json!({"email": MAIL, "password": GUESSED}), 401);
    // Typed into the wrong field.
    talk.post(
        "/sessions",
        &[],
        json!({"email": format!("{STRAY}@example.org"), "password": GUESSED, "device": "phone"}),
        401,
    );
    talk.send("POST", "/api/v1/sessions", &[], &json!({"email": GUESSED, "password": MAIL}).to_string());
    let opened = talk.post("/sessions", &[], json!({"email": MAIL, "password": FIRST}), 201);
    let next = talk.post("/sessions/refresh", &[], json!({"refresh_token": text(&opened, "refresh_token")}), 200);
    talk.post("/sessions/refresh", &[], json!({"refresh_token": text(&opened, "device_token")}), 401);
    talk.post("/accounts", &[("idempotency-key", &key())], registration, 202);
    talk.post("/password-resets/requests", &[("idempotency-key", &key())], json!({"email": MAIL}), 202);
    let reset = mailed(app, MAIL, "tkp_").await;
    talk.post("/password-resets", &[], json!({"token": reset, "new_password": "passwordpassword"}), 422);
    talk.post("/password-resets", &[("idempotency-key", &key())], json!({"token": reset, "new_password": SECOND}), 204);
    let again = talk.post(
        "/sessions",
        &[],
        json!({"email": MAIL, "password": SECOND, "device_token": text(&opened, "device_token")}),
        201,
    );
    let bearer = format!("Bearer {}", text(&again, "access_token"));
    // The secret of a calendar is in its address: as it is, mistyped, and when it is good for nothing any more.
    let by: [(&str, &str); 1] = [("authorization", &bearer)];
    let made = talk.send("POST", "/api/v1/account/calendar-address", &by, "");
    assert_eq!(made.status, 201, "{}", made.text());
    let address = text(&serde_json::from_slice(&made.body).unwrap(), "calendar_url");
    let path = &address[address.find("/api/").unwrap()..];
    assert_eq!(talk.send("GET", path, &[], "").status, 200);
    assert_eq!(talk.send("GET", path.trim_end_matches("/calendar.ics"), &[], "").status, 404);
    assert_eq!(talk.send("PUT", path, &[], "").status, 405);
    assert_eq!(talk.send("DELETE", "/api/v1/account/calendar-address", &by, "").status, 204);
    assert_eq!(talk.send("GET", path, &[], "").status, 404);
    tokens.push(path.split('/').rev().nth(1).unwrap().to_owned());
    let change = json!({"current_password": GUESSED, "new_password": FIRST});
    talk.post("/account/password", &[("authorization", &bearer)], change, 401);
    let change = json!({"current_password": SECOND, "new_password": FIRST});
    talk.post("/account/password", &[("authorization", &bearer), ("idempotency-key", &key())], change, 204);
    let admin = format!("Bearer {}", world.administrator.token);
    let invitation = json!({"email": INVITED, "kind": "officer", "agency_id": world.agency.to_string()});
    talk.post("/invitations", &[("authorization", &admin), ("idempotency-key", &key())], invitation, 201);
    let invited = mailed(app, INVITED, "tki_").await;
    let accept =
        |password: &str| json!({"token": invited, "email": INVITED, "password": password, "display_name": "Kim"});
    talk.post("/invitations/accept", &[], accept("aaaaaaaaaaaaaaaaaaaa"), 422);
    talk.post("/invitations/accept", &[], accept(SECOND), 201);
    talk.post("/invitations/accept", &[], accept(SECOND), 401);
    for answer in [&opened, &next, &again] {
        tokens.extend([text(answer, "access_token"), text(answer, "refresh_token")]);
    }
    tokens.extend([text(&opened, "device_token"), reset, invited, world.administrator.token.clone()]);
    tokens
}

/// Puts `word` in place of each text that a person writes freely.
fn worded(value: &Value, name: &str, word: &str) -> Value {
    const FREE: [&str; 14] = [
        "accessibility",
        "assessment",
        "bio",
        "concerns",
        "description",
        "evidence",
        "follow_ups",
        "message",
        "note",
        "purpose",
        "statement",
        "summary",
        "text",
        "what",
    ];
    match value {
        Value::Object(all) => {
            all.iter().map(|(n, v)| (n.clone(), worded(v, n, word))).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(all) => all.iter().map(|v| worded(v, name, word)).collect(),
        Value::String(_) if FREE.contains(&name) => json!(format!("{word}: {name}.")),
        other => other.clone(),
    }
}

/// Puts `word` in place of everything.
fn all_worded(value: &Value, word: &str) -> Value {
    match value {
        Value::Object(all) => {
            all.iter().map(|(n, v)| (n.clone(), all_worded(v, word))).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(all) => all.iter().map(|v| all_worded(v, word)).collect(),
        _ => json!(word),
    }
}

/// Every operation, with canaries in every place where something can be put.
fn everything(world: &World, meeting: &str, talk: &mut Talk) {
    let bearer = |token: &str| format!("Bearer {token}");
    let people = [&world.civilian_leader, &world.officer, &world.administrator].map(|person| bearer(&person.token));
    let described = description();
    for (id, method, template, operation) in described.operations() {
        if !template.starts_with("/api/")
            || ["log_out", "close_own_account", "end_other_sessions", "close_account", "suspend_account"].contains(&id)
        {
            continue;
        }
        let mut path = template.to_owned();
        while let Some((before, rest)) = path.split_once('{') {
            let (name, after) = rest.split_once('}').unwrap();
            let value = match name {
                "partnership_id" => world.partnership.to_string(),
                "area_id" => world.neighborhood.to_string(),
                "agency_id" => world.agency.to_string(),
                "meeting_id" => meeting.to_owned(),
                _ => uuid::Uuid::now_v7().to_string(),
            };
            path = format!("{before}{value}{after}");
        }
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        let example = if example.is_null() {
            operation["requestBody"]["content"]["application/merge-patch+json"]["example"].clone()
        } else {
            example.clone()
        };
        let mut extended = if example.is_object() { example.clone() } else { json!({}) };
        extended[format!("unknown-{STRAY}")] = json!(GUESSED);
        let takes = operation.get("requestBody").is_some();
        let bodies: Vec<String> = if takes {
            vec![
                worded(&example, "", WORDS).to_string(),
                // What is nothing but a word that somebody wants in a list is taken, whatever it is.
                all_worded(&example, if id == "add_skill" { WORDS } else { GUESSED }).to_string(),
                all_worded(&example, WORDS).to_string(),
                extended.to_string().replace(&format!("unknown-{STRAY}"), "unknown"),
                json!(GUESSED).to_string(),
                json!([GUESSED]).to_string(),
                format!("{{\"broken\": \"{GUESSED}"),
                GUESSED.to_owned(),
            ]
        } else {
            vec![String::new()]
        };
        let method = method.to_ascii_uppercase();
        let mut send = |who: &str, path: &str, body: &str| {
            let key = uuid::Uuid::now_v7().to_string();
            talk.send(&method, path, &[("authorization", who), ("idempotency-key", &key), ("if-match", "\"1\"")], body);
        };
        for who in &people {
            send(who, &path, &bodies[0]);
        }
        // A body is judged before it is asked who may.
        for body in &bodies[1..] {
            send(&people[0], &path, body);
        }
        send(&people[0], &format!("{path}?limit={STRAY}&cursor={STRAY}&q={STRAY}&unknown={STRAY}"), "");
        for (name, value) in [
            ("authorization", format!("Bearer {STRAY}")),
            ("authorization", format!("Basic {STRAY}")),
            ("cookie", format!("session={STRAY}")),
            ("idempotency-key", STRAY.into()),
            ("if-match", STRAY.into()),
            ("if-none-match", STRAY.into()),
            ("referer", format!("https://app.example.org/?token={STRAY}")),
            ("origin", format!("https://{STRAY}.example.org")),
            ("x-forwarded-for", STRAY.into()),
            ("proxy-authorization", STRAY.into()),
            ("x-anything", STRAY.into()),
        ] {
            talk.send(&method, &path, &[(name, &value)], "");
        }
    }
}

fn settings() -> Vec<(&'static str, &'static str)> {
    vec![
        ("THREEKEYS_LOG__FILTER", "trace"),
        ("THREEKEYS_LIMITS__LOGINS_PER_MINUTE", "1000000"),
        ("THREEKEYS_LIMITS__ANONYMOUS_PER_MINUTE", "1000000"),
        ("THREEKEYS_LIMITS__READS_PER_MINUTE", "1000000"),
        ("THREEKEYS_LIMITS__REGISTRATIONS_PER_HOUR", "1000000"),
    ]
}

async fn secrets_are_found_nowhere_but_where_they_belong(app: App) {
    app.state.clock.set(Clock::System.now());
    let world = app.world().await;
    let tomorrow = Clock::System.now().utc().date_naive().succ_opt().unwrap();
    let meeting = app
        .meeting(
            &world,
            json!({"starts_local": format!("{tomorrow}T18:30"), "ends_local": format!("{tomorrow}T20:00")}),
        )
        .await
        .id();
    let path = app.state.config.data.dir.join("server.log");
    let server = Server::start_logging(&app, &settings(), Stdio::from(std::fs::File::create(&path).unwrap()));
    server.ready(Duration::from_secs(30));
    let mut talk = Talk { stream: connect(server.address), refusals: Vec::new(), answered: 0 };
    let tokens = lived(&app, &world, &mut talk).await;
    let yesterday = Clock::System.now().utc().date_naive().pred_opt().unwrap();
    let visit =
        visit_body(world.neighborhood, json!({"attended_on": yesterday.to_string(), "summary": format!("{WORDS}.")}));
    let (bearer, key) = (format!("Bearer {}", world.officer.token), uuid::Uuid::now_v7().to_string());
    talk.post("/officer-logs", &[("authorization", &bearer), ("idempotency-key", &key)], visit, 201);
    everything(&world, &meeting, &mut talk);
    server.terminate();
    std::thread::sleep(Duration::from_millis(1500));
    drop(server);
    let log = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
    assert!(log.lines().count() > talk.answered && log.contains("TRACE"), "that is no talkative log");
    let nowhere: Vec<&str> =
        [FIRST, SECOND, GUESSED, PASSWORD].into_iter().chain(tokens.iter().map(String::as_str)).collect();
    let mut found = Vec::new();
    for secret in nowhere.iter().chain(&[WORDS, STRAY, MAIL, INVITED]) {
        if let Some(line) = log.lines().find(|line| has(line, secret)) {
            found.push(format!("{secret} in the log: {}", line.chars().take(300).collect::<String>()));
        }
        if let Some((what, said)) = talk.refusals.iter().find(|(_, said)| has(said, secret)) {
            found.push(format!(
                "{secret} in a refusal of {}: {}",
                what.chars().take(120).collect::<String>(),
                said.chars().take(900).collect::<String>()
            ));
        }
    }
    let tables = tables(&app).await;
    assert!(
        tables.iter().any(|(name, rows)| name == "officer_log_versions" && has(rows, WORDS)),
        "the words arrived nowhere"
    );
    for (name, rows) in &tables {
        for secret in &nowhere {
            if has(rows, secret) {
                found.push(format!("{secret} in table {name}"));
            }
        }
        for secret in [WORDS, STRAY, MAIL, INVITED] {
            if ["records", "record_consumers", "throttles", "refresh_tokens", "sessions", "installation"]
                .contains(&name.as_str())
                && has(rows, secret)
            {
                found.push(format!("{secret} in table {name}"));
            }
        }
    }
    // Neither what was deleted, nor what was never committed: the files themselves.
    if let Some(file) = app.database_url().strip_prefix("sqlite:") {
        for file in [file.to_owned(), format!("{file}-wal")] {
            let bytes = std::fs::read(&file).unwrap_or_default();
            for secret in &nowhere {
                if bytes.windows(secret.len()).any(|window| window == secret.as_bytes()) {
                    found.push(format!("{secret} in the bytes of {file}"));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    say(&format!(
        "{} answers, {} refusals, {} lines of log, {} tables",
        talk.answered,
        talk.refusals.len(),
        log.lines().count(),
        tables.len()
    ));
}

/// What would make a line of its own, or speak to a terminal.
const ODD: [&[u8]; 9] =
    [b"\r\n", b"\n", b"\r", b"\x1b[31m", b"\x00", b"\x07", b"\x7f", b"\xc2\x9b31m", b"\xe2\x80\xa8"];

async fn lines_of_the_log_are_nobody_elses(app: App) {
    let forged = b"2027-01-01T00:00:00.000000Z ERROR FORGED: all is well";
    for format in ["text", "json"] {
        let path = app.state.config.data.dir.join(format!("{format}.log"));
        let mut all = settings();
        all.push(("THREEKEYS_LOG__FORMAT", format));
        all.push(("THREEKEYS_SERVER__TRUSTED_PROXIES", "127.0.0.1"));
        let server = Server::start_logging(&app, &all, Stdio::from(std::fs::File::create(&path).unwrap()));
        server.ready(Duration::from_secs(30));
        for odd in ODD {
            let nasty = [b"x".as_slice(), odd, forged].concat();
            let encoded: String = nasty.iter().map(|byte| format!("%{byte:02x}")).collect();
            let body =
                json!({"email": String::from_utf8_lossy(&nasty), "password": "x", String::from_utf8_lossy(&nasty): 1})
                    .to_string();
            let mut requests: Vec<Vec<u8>> = vec![
                [b"GET /x".as_slice(), odd, forged, b" HTTP/1.1\r\nhost: x\r\n\r\n"].concat(),
                [b"GET /x".as_slice(), odd, b"FORGED HTTP/1.1\r\nhost: x\r\n\r\n"].concat(),
                [b"GE".as_slice(), odd, b"T / HTTP/1.1\r\nhost: x\r\n\r\n"].concat(),
                request("GET", &format!("/api/v1/{encoded}?{encoded}"), &[], ""),
                request("POST", "/api/v1/sessions", &[], &body),
                request("POST", "/api/v1/accounts", &[], &body),
                [b"POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 200\r\n\r\n".as_slice(), &nasty, &[b' '; 200]].concat(),
            ];
            for name in [
                "user-agent",
                "x-request-id",
                "x-forwarded-for",
                "authorization",
                "host",
                "referer",
                "origin",
                "content-type",
                "idempotency-key",
                "accept",
            ] {
                requests.push(
                    [
                        format!("GET /api/v1/partnerships HTTP/1.1\r\nhost: x\r\n{name}: ").as_bytes(),
                        &nasty,
                        b"\r\n\r\n",
                    ]
                    .concat(),
                );
            }
            std::thread::scope(|scope| {
                for bytes in &requests {
                    scope.spawn(|| {
                        let mut stream = connect(server.address);
                        let _ = stream.write_all(bytes);
                        // What it answers is looked at elsewhere; here it only has to have been read.
                        let _ = std::io::Read::read(&mut stream, &mut [0; 64]);
                    });
                }
            });
        }
        server.terminate();
        std::thread::sleep(Duration::from_millis(1200));
        drop(server);
        let log = std::fs::read(&path).unwrap();
        let log = String::from_utf8(log).expect("a log of text");
        let odd: Vec<&str> = log
            .lines()
            .filter(|line| {
                let begins = match format {
                    "json" => serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()),
                    _ => {
                        line.starts_with("20")
                            && line.as_bytes().get(26) == Some(&b'Z')
                            && !line.starts_with("2027-01-01")
                    }
                };
                !begins || line.chars().any(|c| c.is_control() || ['\u{2028}', '\u{2029}'].contains(&c))
            })
            .collect();
        assert!(odd.is_empty(), "{format}: {} lines, such as {:?}", odd.len(), &odd[..odd.len().min(5)]);
        assert!(log.lines().count() > 100, "{format}: {} lines", log.lines().count());
    }
}

both_engines![secrets_are_found_nowhere_but_where_they_belong, lines_of_the_log_are_nobody_elses];
