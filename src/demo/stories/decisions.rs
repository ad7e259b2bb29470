//! What the merchants of Parallel Parkway and their officer decided together: a decision in each state that there is.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::demo::world::{Step, step};

/// Leads the civilians; sells bicycles.
const BEN: &str = "ben";
/// Leads the police.
const OFFICER: &str = "officer_west";
/// Everybody whom a final call asks.
const ALL: [&str; 4] = ["ben", "mei", "dwayne", "officer_west"];

/// A decision as it is told: under which name it is remembered, and its path.
struct Told {
    name: String,
    path: String,
    steps: Vec<Step>,
}

impl Told {
    /// Put down on that day, as a draft.
    fn put_down(day: i64, name: &str, body: Value) -> Self {
        let name = format!("parkway_on_{name}");
        let made = step(day, "18:00", BEN, Method::POST, "/partnerships/{parkway}/decisions", body).named(name.clone());
        let path = format!("/decisions/{{{name}}}");
        Self { name, path, steps: vec![made] }
    }
    /// Somebody reads it and takes it a step further.
    fn goes_on(mut self, (day, time): (i64, &str), by: &'static str, how: &str, body: Value) -> Self {
        let next = step(day, time, by, Method::POST, &format!("{}/{how}", self.path), body);
        self.steps.push(next.matching(&self.path));
        self
    }
    /// Everybody can read it from that day on.
    fn discussed(self, day: i64) -> Self {
        self.goes_on((day, "18:10"), BEN, "discuss", Value::Null)
    }
    fn felt_out(self, day: i64) -> Self {
        self.goes_on((day, "18:20"), BEN, "sense-check", Value::Null)
    }
    /// Decided within so many hours.
    fn called(self, day: i64, hours: i32) -> Self {
        self.goes_on((day, "18:30"), BEN, "final-call", json!({"hours": hours}))
    }
    /// Drafted, discussed, felt out and called, as quickly as that may be.
    fn comes_to_its_call(self, day: i64) -> Self {
        // A day longer than it has to be: clocks may have been put forward in between.
        self.discussed(day).felt_out(day + 4).called(day + 5, 168)
    }
    fn says(mut self, day: i64, who: &'static str, body: Value) -> Self {
        self.steps.push(step(day, "20:00", who, Method::PUT, &format!("{}/stance", self.path), body));
        self
    }
    fn all_say(self, day: i64, short: &str) -> Self {
        ALL.into_iter().fold(self, |told, who| told.says(day, who, json!({"text_number": 1, "short": short})))
    }
    fn closed_on(self, day: i64) -> Self {
        self.goes_on((day, "21:00"), BEN, "close", Value::Null)
    }
    /// What follows from it.
    fn written_down(mut self, day: i64, body: Value) -> Self {
        let outcome = step(day, "19:30", BEN, Method::PUT, &format!("{}/outcome", self.path), body);
        self.steps.push(outcome.matching(&self.path));
        self
    }
    fn told(self) -> Vec<Step> {
        self.steps
    }
    /// What other decisions call it.
    fn reference(&self) -> String {
        format!("{{{}}}", self.name)
    }
}

/// All that was decided.
pub fn steps() -> Vec<Step> {
    [in_force(), came_to_nothing(), was_given_up(), goes_on()].concat()
}

/// Adopted, in force, looked at again; replaced, and rescinded.
fn in_force() -> Vec<Step> {
    let chain = Told::put_down(
        -300,
        "chain",
        json!({
            "class": "charter", "question": "How do the shops warn each other?",
            "text": "Whoever sees a theft calls the next two shops on the list, and the last one calls the district's desk.",
            "background": {"options": ["A group chat", "Nothing at all"]}
        }),
    )
    .comes_to_its_call(-299)
    .all_say(-294, "agree")
    .closed_on(-292)
    .written_down(
        -291,
        json!({
            "statement": "Shops call the next two on the list; the last one calls the desk of the West District.",
            "responsibilities": [{"what": "Keep the list", "account_id": "{mei}", "due_on": "{-280}"}],
            "communications": [{"audience": "All shops on the Parkway", "message": "Dwayne brings the list to every door."}]
        }),
    )
    .goes_on((-110, "18:00"), BEN, "review", json!({"reason": "Two shops have closed, three are new."}))
    .goes_on((-109, "18:00"), BEN, "reaffirm", json!({"reason": "It is what brought the cases down."}))
    .goes_on((-109, "19:00"), OFFICER, "reaffirm", json!({"reason": "The desk hears of things within minutes."}));
    let hours = Told::put_down(
        -280,
        "hours",
        json!({
            "class": "other", "question": "When does the officer walk the Parkway?",
            "text": "Officer Mbeki walks the Parkway on Fridays from 4 to 6 pm."
        }),
    )
    .comes_to_its_call(-279)
    .all_say(-274, "agree")
    .closed_on(-272)
    .written_down(-271, json!({"statement": "The officer walks on Fridays from 4 to 6 pm.", "review_on": "{+30}"}));
    let later = Told::put_down(
        -200,
        "later_hours",
        json!({
            "class": "other", "question": "Does the officer walk later in winter?", "replaces_id": hours.reference(),
            "text": "Officer Mbeki walks the Parkway on Fridays from 4 to 6 pm, and from October to March from 5 to 7 pm."
        }),
    )
    .comes_to_its_call(-199)
    .all_say(-194, "agree")
    .closed_on(-192)
    .written_down(-191, json!({"statement": "In winter the officer walks from 5 to 7 pm.", "review_on": "{+60}"}));
    let stickers = Told::put_down(
        -190,
        "stickers",
        json!({
            "class": "resource", "question": "Do we buy stickers for the shop windows?",
            "text": "We buy two hundred stickers that say that shops here look out for each other."
        }),
    )
    .comes_to_its_call(-189)
    .all_say(-184, "reservations")
    .closed_on(-182)
    .written_down(-181, json!({"statement": "We buy two hundred stickers."}))
    .goes_on((-60, "18:00"), BEN, "review", json!({"reason": "They peel off in the sun."}))
    .goes_on((-59, "18:00"), BEN, "rescind", json!({"reason": "They do more harm than good."}))
    .goes_on((-59, "19:00"), OFFICER, "rescind", json!({"reason": "Nobody misses them."}));
    let training = Told::put_down(
        -150,
        "training",
        json!({
            "class": "action_plan", "question": "Who shows new staff how to react?",
            "text": "Mei and Officer Mbeki show new staff of all shops how to react to a theft, on the first Monday of the quarter."
        }),
    )
    .comes_to_its_call(-149)
    .all_say(-144, "agree")
    .closed_on(-142)
    .written_down(-141, json!({"statement": "Mei and the officer show new staff how to react.", "review_on": "{+40}"}))
    .goes_on((-2, "18:00"), BEN, "review", json!({"reason": "Hardly anybody came the last time."}));
    [chain, hours, later, stickers, training].into_iter().flat_map(Told::told).collect()
}

/// Two rounds that came to nothing, and a trial; a block that stood.
fn came_to_nothing() -> Vec<Step> {
    let text = "Every shop on the Parkway closes at ten in the evening on weekdays.";
    let no = |who: &'static str, reason: &str| (who, json!({"text_number": 1, "level": "disagree", "reason": reason}));
    let round = |day: i64, name: &str, extra: Value| {
        let mut body = json!({"class": "other", "question": "Do all shops close at ten?", "text": text});
        if let (Some(body), Value::Object(extra)) = (body.as_object_mut(), extra) {
            body.extend(extra);
        }
        Told::put_down(day, name, body).comes_to_its_call(day + 1)
    };
    let against = |told: Told, day: i64| {
        let told = told.says(day, BEN, json!({"text_number": 1, "short": "agree"}));
        let told = told.says(day, OFFICER, json!({"text_number": 1, "short": "agree"}));
        [no("mei", "The pharmacy is open at night."), no("dwayne", "My customers come after work.")]
            .into_iter()
            .fold(told, |told, (who, body)| told.says(day, who, body))
    };
    let first = against(round(-130, "closing_1", json!({})), -124).closed_on(-122);
    let second = against(round(-118, "closing_2", json!({"previous_id": first.reference()})), -112).closed_on(-110);
    let trial = json!({"previous_id": second.reference(), "trial_days": 90});
    let third = round(-60, "closing_3", trial)
        .all_say(-54, "stand_aside")
        .closed_on(-52)
        .written_down(-51, json!({"statement": "Until spring shops close at ten, and we count what it changes."}));
    let cameras = Told::put_down(
        -80,
        "cameras",
        json!({
            "class": "resource", "question": "Do we put up cameras along the Parkway?",
            "text": "We ask the city for six cameras along the Parkway whose pictures the district can see."
        }),
    )
    .comes_to_its_call(-79)
    .says(-74, BEN, json!({"text_number": 1, "short": "agree"}))
    .says(-74, "dwayne", json!({"text_number": 1, "fingers": 4}))
    .says(-74, OFFICER, json!({"text_number": 1, "short": "reservations"}))
    .says(
        -74,
        "mei",
        json!({
            "text_number": 1, "level": "block", "principle": "rights_or_fairness",
            "reason": "Patients of the pharmacy would be filmed on their way in.",
            "remedy": "No camera that shows a door, and pictures that are gone after a day."
        }),
    )
    .closed_on(-72);
    [first, second, third, cameras].into_iter().flat_map(Told::told).collect()
}

/// Taken back; and one that nobody answered.
fn was_given_up() -> Vec<Step> {
    let parade = Told::put_down(
        -45,
        "parade",
        json!({
            "class": "other", "question": "Do we take part in the parade?",
            "text": "We take part in the parade in December with a wagon of our own."
        }),
    )
    .discussed(-44)
    .goes_on((-40, "18:00"), BEN, "withdraw", json!({"reason": "There is no parade this year."}));
    // Its time was over yesterday; it lapses as soon as background work sees to it.
    let benches = Told::put_down(
        -15,
        "benches",
        json!({
            "class": "resource", "question": "Do we ask for benches?",
            "text": "We ask the city for four benches in front of the library."
        }),
    )
    .comes_to_its_call(-14)
    .says(-8, "mei", json!({"text_number": 1, "short": "agree"}));
    [parade, benches].into_iter().flat_map(Told::told).collect()
}

/// On their way, in each stage; and one whose outcome is overdue.
fn goes_on() -> Vec<Step> {
    let lights = Told::put_down(
        -30,
        "lot_lights",
        json!({
            "class": "resource", "question": "Do we ask for light on the lots?",
            "text": "We ask the owners of the three lots to leave their lights on until midnight."
        }),
    )
    .comes_to_its_call(-29)
    .all_say(-24, "agree")
    .closed_on(-22);
    let draft = Told::put_down(
        -1,
        "youth_room",
        json!({
            "class": "response_plan", "question": "Do we open a room for young people?",
            "text": "With the library we open a room for young people on weekday afternoons."
        }),
    );
    let discussed = Told::put_down(
        -2,
        "vision",
        json!({
            "class": "shared_vision", "question": "What is the Parkway to be like in five years?",
            "text": "In five years people of all ages use the Parkway after dark, and nobody thinks about it."
        }),
    )
    .discussed(-2);
    let felt_out = Told::put_down(
        -7,
        "charter",
        json!({
            "class": "charter", "question": "How do we decide small things?",
            "text": "What costs less than two hundred dollars is decided by a majority of each side.",
            "majority_classes": ["resource"]
        }),
    )
    .discussed(-7)
    .felt_out(-3)
    .says(-2, "dwayne", json!({"text_number": 1, "fingers": 3}));
    let amended = Told::put_down(
        -9,
        "bikes",
        json!({
            "class": "action_plan", "question": "Do officers come by bicycle?",
            "text": "From May on the district sends two officers by bicycle on Saturdays."
        }),
    )
    .discussed(-9)
    .felt_out(-5)
    .goes_on(
        (-4, "18:00"),
        BEN,
        "amend",
        json!({
            "text": "From May on the district sends one officer by bicycle on Saturdays, and two on holidays.",
            "note": "Two every Saturday is more than the district has."
        }),
    );
    let called = Told::put_down(
        -8,
        "parking_plan",
        json!({
            "class": "action_plan", "question": "Who walks people to their cars?", "hides_results": true,
            "text": "After seven in the evening two of us in yellow vests walk people to their cars, in turns."
        }),
    )
    .discussed(-7)
    .felt_out(-3)
    .called(-1, 336);
    [lights, draft, discussed, felt_out, amended, called].into_iter().flat_map(Told::told).collect()
}
