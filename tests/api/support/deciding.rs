//! Decisions taken through the API, as far as a test needs them.

use std::time::Duration;

use serde_json::json;
use threekeys::platform::clock::days;

use super::forming::Formed;
use super::{Answer, App};

/// How long a decision takes: three days in which it is discussed, two in which everybody takes a stance.
pub const DECIDING_TAKES: Duration = days(5);

impl App {
    /// Sets the clock back, so that what takes its time has happened by now.
    pub fn earlier(&self, time: Duration) {
        self.state.clock.set(self.now().minus(time));
    }
}

impl App {
    /// What a member reads of a decision.
    pub async fn decision(&self, p: &Formed, id: &str) -> Answer {
        self.get(format!("/decisions/{id}")).by(&p.resident).send().await.expect(200)
    }

    /// The text that is decided on.
    pub async fn decision_text(&self, p: &Formed, id: &str) -> String {
        self.decision(p, id).await.str("text")
    }

    /// Which version of its text is decided on.
    pub async fn decision_version(&self, p: &Formed, id: &str) -> i64 {
        self.decision(p, id).await.body["text_number"].as_i64().unwrap()
    }

    /// Three days of discussion, and whatever was changed meanwhile; then everybody agrees within two days.
    pub async fn agree(&self, p: &Formed, id: &str) {
        self.pass(days(3));
        let path = format!("/decisions/{id}");
        let version = self.decision(p, id).await.version();
        let sense = self.post(format!("{path}/sense-check")).by(&p.resident).if_match(version).send().await.expect(200);
        let call = self.post(format!("{path}/final-call")).by(&p.resident).if_match(sense.version());
        let called = call.json(json!({"hours": 48})).send().await.expect(200);
        for who in [&p.resident, &p.neighbor, &p.officer] {
            let stance = json!({"text_number": called.body["text_number"], "level": "endorse"});
            self.put(format!("{path}/stance")).by(who).json(stance).send().await.expect(200);
        }
        self.pass(days(2));
    }

    /// Decisions whose time is over come to their end.
    pub async fn end_decisions(&self) {
        self.run_job("close_decisions").await;
    }

    /// Everybody agrees, and so it is adopted.
    pub async fn adopt(&self, p: &Formed, id: &str) {
        self.agree(p, id).await;
        self.end_decisions().await;
        assert_eq!(self.decision(p, id).await.body["state"], "adopted");
    }

    /// A leader takes it back.
    pub async fn take_back(&self, p: &Formed, id: &str) {
        let version = self.decision(p, id).await.version();
        let back = self.post(format!("/decisions/{id}/withdraw")).by(&p.resident).if_match(version);
        back.json(json!({"reason": "We found better words."})).send().await.expect(200);
    }
}
