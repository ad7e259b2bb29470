//! Decisions brought as far as a test needs them.

use std::time::Duration;

use serde_json::{Value, json};
use threekeys::platform::clock::days;

use super::client::Call;
use super::forming::Formed;
use super::{Answer, App, Person};

/// A decision on what is needed, which has no least time of discussion, with these fields in place of the usual ones.
pub fn decision_body(rest: Value) -> Value {
    let mut body = json!({
        "class": "resource", "question": "Do we ask the city for ten lamps?",
        "text": "We ask the city for ten lamps in the alleys behind Kansas Avenue."
    });
    for (name, value) in rest.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

impl App {
    /// Put down by the resident, who leads the civilian side.
    pub async fn drafted(&self, p: &Formed, rest: Value) -> String {
        let path = p.path("/decisions");
        self.post(path).by(&p.resident).json(decision_body(rest)).send().await.expect(201).id()
    }
    /// Being discussed.
    pub async fn discussed(&self, p: &Formed, rest: Value) -> String {
        let id = self.drafted(p, rest).await;
        self.step(&id, &p.resident, "discuss").await;
        id
    }
    /// In its sense check.
    pub async fn sensed(&self, p: &Formed, rest: Value) -> String {
        let id = self.discussed(p, rest).await;
        self.step(&id, &p.resident, "sense-check").await;
        id
    }
    /// In a final call that lasts a week.
    pub async fn called(&self, p: &Formed, rest: Value) -> String {
        let id = self.sensed(p, rest).await;
        self.call(&id, &p.resident, 168).await;
        id
    }

    /// The version of the row, for `If-Match`.
    pub async fn decision(&self, id: &str, by: &Person) -> Value {
        self.get(format!("/decisions/{id}")).by(by).send().await.expect(200).body
    }
    /// A step that wants no body.
    pub async fn step(&self, id: &str, by: &Person, step: &str) -> Value {
        let version = self.decision(id, by).await["version"].clone();
        self.post(format!("/decisions/{id}/{step}")).by(by).if_match(version).send().await.expect(200).body
    }
    /// Opens the final call for so many hours.
    pub async fn call(&self, id: &str, by: &Person, hours: i32) -> Value {
        let version = self.decision(id, by).await["version"].clone();
        let call = self.post(format!("/decisions/{id}/final-call")).by(by).if_match(version);
        call.json(json!({"hours": hours})).send().await.expect(200).body
    }
    /// Gives it a new text.
    pub async fn amend(&self, id: &str, by: &Person, text: &str) -> Value {
        let version = self.decision(id, by).await["version"].clone();
        let call = self.post(format!("/decisions/{id}/amend")).by(by).if_match(version);
        call.json(json!({"text": text})).send().await.expect(200).body
    }
    /// Saying where one stands on this version of the text.
    pub fn stance(&self, id: &str, by: &Person, number: i32, level: &str) -> Call<'_> {
        let mut body = json!({"text_number": number, "level": level});
        if ["more_discussion", "dislike_support", "disagree", "block"].contains(&level) {
            body["reason"] = json!("The lamps would shine into bedrooms.");
        }
        if level == "block" {
            body["principle"] = json!("rights_or_fairness");
            body["remedy"] = json!("Shades on the side of the houses.");
        }
        self.put(format!("/decisions/{id}/stance")).by(by).json(body)
    }
    /// Ends every final call whose time is over.
    pub async fn close_decisions(&self) -> usize {
        self.run_job("close_decisions").await
    }
    /// What its stances come to.
    pub async fn result(&self, id: &str, by: &Person) -> Value {
        self.get(format!("/decisions/{id}/result")).by(by).send().await.expect(200).body
    }
}

/// The conditions of adoption that are not met, as `key side`.
pub fn unmet(verdict: &Value) -> Vec<String> {
    let conditions = verdict["conditions"].as_array().unwrap().iter().filter(|c| c["is_met"] == false);
    conditions.map(|c| format!("{} {}", c["key"].as_str().unwrap(), c["side"].as_str().unwrap_or("both"))).collect()
}

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
    pub async fn decision_of(&self, p: &Formed, id: &str) -> Answer {
        self.get(format!("/decisions/{id}")).by(&p.resident).send().await.expect(200)
    }

    /// The text that is decided on.
    pub async fn decision_text(&self, p: &Formed, id: &str) -> String {
        self.decision_of(p, id).await.str("text")
    }

    /// Which version of its text is decided on.
    pub async fn decision_version(&self, p: &Formed, id: &str) -> i64 {
        self.decision_of(p, id).await.body["text_number"].as_i64().unwrap()
    }

    /// Three days of discussion, and whatever was changed meanwhile; then everybody agrees within two days.
    pub async fn agree(&self, p: &Formed, id: &str) {
        self.pass(days(3));
        let path = format!("/decisions/{id}");
        let version = self.decision_of(p, id).await.version();
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
        assert_eq!(self.decision_of(p, id).await.body["state"], "adopted");
    }

    /// A leader takes it back.
    pub async fn take_back(&self, p: &Formed, id: &str) {
        let decision = self.decision_of(p, id).await;
        let author = if decision.body["created_by"]["id"] == json!(p.officer.id) { &p.officer } else { &p.resident };
        let back = self.post(format!("/decisions/{id}/withdraw")).by(author).if_match(decision.version());
        back.json(json!({"reason": "We found better words."})).send().await.expect(200);
    }
}
