//! Who does what in Armourdale: a task in each state that there is, given on each of several bases, with hours claimed and
//! confirmed, and thanks.

use serde_json::{Value, json};

use super::tale::{Tale, post};
use crate::demo::world::Step;

/// All that happened with tasks.
pub fn steps() -> Vec<Step> {
    let mut tale = Tale::of("lights");
    done(&mut tale);
    under_way(&mut tale);
    waiting(&mut tale);
    thanks(&mut tale);
    tale.told()
}

/// Verified by skill and interest, verified by mere availability, done but not seen yet, and cancelled.
fn done(tale: &mut Tale) {
    tale.adds_skill(-53, "tom", "Reading lamp numbers");
    tale.has_task(
        -52,
        "rosa",
        "numbers",
        json!({
            "title": "Report the dark lamps on 9th and 10th", "effort_hours": 5, "due_on": "{-40}",
            "description": "Each lamp by its number, with a photograph; Public Works repairs what has one.",
            "purpose": {"kind": "goal", "id": "{lights_goal}"}, "topics": ["Street lighting"],
            "required_skills": [{"skill": "Electrical repair", "min_level": 2, "essential": true}]
        }),
    );
    tale.asks(-52, "rosa", "numbers", "tom", None);
    tale.takes(-51, "tom", "numbers", "accept");
    tale.takes(-50, "tom", "numbers", "start");
    tale.has_done(-45, "tom", "numbers", 5.5);
    tale.is_confirmed(-44, "rosa", "numbers", json!({"hours": 5}));
    tale.has_task(
        -26,
        "rosa",
        "hall",
        json!({
            "title": "Open the hall for the survey crew", "effort_hours": 2,
            "description": "Unlock at five, lights and heating, lock again when the last one is back."
        }),
    );
    tale.asks(-26, "rosa", "hall", "shirley", Some("Has the key, and lives next door."));
    tale.takes(-25, "shirley", "hall", "accept");
    tale.takes(-22, "shirley", "hall", "start");
    tale.has_done(-22, "shirley", "hall", 2.0);
    tale.is_confirmed(-21, "officer_south", "hall", json!({}));
    tale.has_task(
        -30,
        "rosa",
        "survey",
        json!({
            "title": "Ask door to door on 8th Street", "effort_hours": 8, "due_on": "{-5}", "leads_others": true,
            "description": "With three others: which lamps, which garages, who walks after dark.",
            "purpose": {"kind": "goal", "id": "{lights_goal}"}, "topics": ["Safe streets"],
            "required_skills": [{"skill": "Door-to-door surveys", "min_level": 2, "essential": true}]
        }),
    );
    tale.asks(-30, "officer_south", "survey", "ines", None);
    tale.takes(-29, "ines", "survey", "accept");
    tale.takes(-20, "ines", "survey", "start");
    tale.has_done(-6, "ines", "survey", 9.25);
    tale.has_task(
        -55,
        "tom",
        "ladder",
        json!({
            "title": "Borrow the parish's ladder", "effort_hours": 1,
            "description": "For the lamps behind the laundry; bring it back the same evening."
        }),
    );
    let reason = json!({"reason": "The merchants bring their lift."});
    tale.on_task((-49, "18:00"), "tom", "ladder", "cancel", reason);
}

/// In progress, on duty and by coming forward, and accepted for a fixed time.
fn under_way(tale: &mut Tale) {
    tale.has_task(
        -16,
        "rosa",
        "garages",
        json!({
            "title": "Watch the garages on Friday nights", "effort_hours": 12, "police_role": "lead",
            "description": "Four Fridays, at different hours, on foot; what was seen is told at the next meeting."
        }),
    );
    tale.asks(-15, "officer_south", "garages", "sergeant_south", None);
    tale.takes(-14, "sergeant_south", "garages", "accept");
    tale.takes(-13, "sergeant_south", "garages", "start");
    tale.has_task(
        -12,
        "rosa",
        "cards",
        json!({
            "title": "Hand out the lamp cards", "effort_hours": 4, "due_on": "{+8}", "topics": ["Street lighting"],
            "description": "A card for each door between 7th and 12th: how to report a lamp, in both languages."
        }),
    );
    tale.takes(-11, "walter", "cards", "volunteer");
    tale.takes(-10, "walter", "cards", "start");
    tale.has_task(
        -4,
        "officer_south",
        "walk",
        json!({
            "title": "Walk with the officers along Osage", "effort_hours": 2, "police_role": "support",
            "description": "After dark, with a notebook: which lamps are on, and where people cross.",
            "starts_at": "{+5}T00:00:00Z", "ends_at": "{+5}T02:00:00Z", "place": "Osage Avenue and 7th Street",
            "mentor_id": "{rosa}"
        }),
    );
    tale.takes(-3, "lucia", "walk", "volunteer");
}

/// Offered, open, and still being written.
fn waiting(tale: &mut Tale) {
    tale.has_task(
        -2,
        "officer_south",
        "interpreter",
        json!({
            "title": "Interpret at the lamp walk", "effort_hours": 2, "language": "es", "topics": ["Street lighting"],
            "description": "Put questions and answers into Spanish and back.",
            "required_skills": [{"skill": "Spanish interpreting", "min_level": 3, "essential": true}]
        }),
    );
    tale.asks(-1, "officer_south", "interpreter", "rosa", None);
    tale.has_task(
        -7,
        "tom",
        "climbers",
        json!({
            "title": "Call everybody who may climb poles", "effort_hours": 3, "due_on": "{+20}",
            "description": "Roofers, tree surgeons, the utility's pensioners: two of them on one Saturday are enough.",
            "purpose": {"kind": "need", "id": "{lights_need_climbers}"}, "topics": ["Street lighting"],
            "required_skills": [{"skill": "Talking on the telephone", "min_level": 1}]
        }),
    );
    tale.has_task(
        -1,
        "tom",
        "winter",
        json!({
            "title": "Count the lamps again before winter", "effort_hours": 6, "leads_others": true, "draft": true,
            "description": "Two pairs and an evening; the list of the summer to compare."
        }),
    );
}

/// Thanks that all read, and thanks between two people.
fn thanks(tale: &mut Tale) {
    let path = tale.path("/commendations");
    let public = json!({
        "account_id": "{tom}", "reason": "task", "task_id": "{lights_task_numbers}", "is_public": true,
        "text": "Thirty-one lamps by their numbers. Public Works says that nobody ever did that before."
    });
    tale.does(post((-43, "19:00"), "rosa", &path, public));
    let quiet = json!({"account_id": "{shirley}", "reason": "role", "text": "Because of you we know what we said."});
    tale.does(post((-18, "19:00"), "walter", &path, quiet));
}

impl Tale {
    fn task(&self, task: &str) -> String {
        format!("/tasks/{{{}}}", self.name(&format!("task_{task}")))
    }
    /// A member adds a word to the group's list of skills.
    fn adds_skill(&mut self, day: i64, by: &'static str, skill: &str) {
        let path = self.path("/skills");
        self.does(post((day, "18:00"), by, &path, json!({"skill": skill})));
    }
    /// A member puts a task down.
    fn has_task(&mut self, day: i64, by: &'static str, task: &str, body: Value) {
        let (path, name) = (self.path("/tasks"), self.name(&format!("task_{task}")));
        self.does(post((day, "17:30"), by, &path, body).named(name));
    }
    /// A leader offers it to somebody; with a reason where only time speaks for the person.
    fn asks(&mut self, day: i64, by: &'static str, task: &str, whom: &str, reason: Option<&str>) {
        let body = json!({"account_id": format!("{{{whom}}}"), "reason": reason});
        self.on_task((day, "17:40"), by, task, "offer", body);
    }
    /// Somebody accepts it, comes forward for it, or begins.
    fn takes(&mut self, day: i64, who: &'static str, task: &str, how: &str) {
        self.on_task((day, "18:10"), who, task, how, Value::Null);
    }
    /// Somebody says that it is done, and how long it took.
    fn has_done(&mut self, day: i64, who: &'static str, task: &str, hours: f64) {
        self.on_task((day, "21:00"), who, task, "complete", json!({"hours": hours}));
    }
    /// Somebody else sees that it is done.
    fn is_confirmed(&mut self, day: i64, by: &'static str, task: &str, body: Value) {
        self.on_task((day, "18:20"), by, task, "verify", body);
    }
    fn on_task(&mut self, at: (i64, &str), by: &'static str, task: &str, how: &str, body: Value) {
        let task = self.task(task);
        self.answers(at, by, &task, how, body);
    }
}
