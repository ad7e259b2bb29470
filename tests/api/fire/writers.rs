//! Officers who log one visit after another.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use threekeys::ids::AreaId;
use threekeys::platform::clock::Clock;
use uuid::Uuid;

use super::server::{Answer, Client};
use crate::support::App;
use crate::support::world::visit_body;

/// A request as its client would send it again, blindly.
pub struct Sent {
    pub key: String,
    pub body: String,
    pub client_uuid: Uuid,
}

pub struct Officer {
    token: String,
    area: AreaId,
}

impl Officer {
    pub fn token(&self) -> &str {
        &self.token
    }
}

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Another visit to log.
pub fn sent(officer: &Officer) -> Sent {
    let client_uuid = Uuid::now_v7();
    let group = format!("Watch number {}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let yesterday = Clock::System.now().utc().date_naive().pred_opt().unwrap();
    let body = visit_body(
        officer.area,
        json!({"client_uuid": client_uuid, "group_name": group, "attended_on": yesterday.to_string(), "end": "10:20"}),
    );
    Sent { key: Uuid::now_v7().to_string(), body: body.to_string(), client_uuid }
}

/// Status and body of the answer.
pub fn send(client: &mut Client, officer: &Officer, sent: &Sent) -> std::io::Result<(u16, Value)> {
    let answer = post(client, officer, sent)?;
    Ok((answer.status, serde_json::from_str(&answer.body).unwrap()))
}

/// The officer's own account.
pub fn look(client: &mut Client, officer: &Officer) -> std::io::Result<Answer> {
    client.send("GET", "/api/v1/account", &[("authorization", &format!("Bearer {}", officer.token))], "")
}

pub fn post(client: &mut Client, officer: &Officer, sent: &Sent) -> std::io::Result<Answer> {
    let bearer = format!("Bearer {}", officer.token);
    let headers =
        [("authorization", bearer.as_str()), ("content-type", "application/json"), ("idempotency-key", &sent.key)];
    client.send("POST", "/api/v1/officer-logs", &headers, &sent.body)
}

/// So many, on duty in one district, with the time that it is.
pub async fn officers(app: &App, count: usize) -> Vec<Officer> {
    app.state.clock.set(Clock::System.now());
    let agency = app.agency().await;
    let area = app.district(agency).await;
    let mut officers = Vec::new();
    for _ in 0..count {
        officers.push(Officer { token: app.officer_on_duty(agency, area).await.token, area });
    }
    officers
}
