//! Decisions brought as far as a test needs them.

use serde_json::{Value, json};

use super::client::Call;
use super::forming::Formed;
use super::{App, Person};

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
