//! Who leads next: in Armourdale the deputy's seat changes hands, somebody learns the primary's, and people are on the way;
//! on Parallel Parkway a term ends soon.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::demo::world::{Step, step};

fn post((day, time): (i64, &str), by: &'static str, path: &str, body: Value) -> Step {
    step(day, time, by, Method::POST, path, body)
}
fn put((day, time): (i64, &str), by: &'static str, path: &str, body: Value) -> Step {
    step(day, time, by, Method::PUT, path, body)
}
/// Reads something and posts to what was read.
fn answer(at: (i64, &str), by: &'static str, object: &str, how: &str, body: Value) -> Step {
    post(at, by, &format!("{object}/{how}"), body).matching(object)
}

/// All of it, in no order.
pub fn steps() -> Vec<Step> {
    [a_deputy_hands_over(), on_the_way(), a_term_near_its_end()].concat()
}

/// Marcus makes room for Ines; he stays as a mentor.
fn a_deputy_hands_over() -> Vec<Step> {
    let (seat, next) = ("/seats/{lights_seat_marcus}", "/seats/{lights_seat_ines}");
    let reason = "The laundry needs me at night; Ines knows every household.";
    let ready = json!({"willing_to_lead": false, "willing_to_mentor": true});
    vec![
        answer(
            (-60, "18:00"),
            "marcus",
            seat,
            "hand-over",
            json!({"membership_id": "{lights_ines}", "reason": reason}),
        )
        .named("lights_seat_ines"),
        answer((-59, "18:00"), "ines", next, "accept", Value::Null),
        put((-58, "18:00"), "marcus", "/memberships/{lights_marcus}/readiness", ready),
        post((-57, "18:00"), "rosa", "/partnerships/{lights}/promotions/suggest", Value::Null),
        step(-57, "18:01", "rosa", Method::GET, "/partnerships/{lights}/promotions?state=suggested", Value::Null)
            .naming("/items/0/id", "lights_mentor"),
        answer((-57, "18:02"), "rosa", "/promotions/{lights_mentor}", "confirm", Value::Null),
        answer((-56, "18:00"), "marcus", "/promotions/{lights_mentor}", "agree", Value::Null),
    ]
}

/// Walter learns the primary's seat, and Lucia has a plan that the sergeant helps her with.
fn on_the_way() -> Vec<Step> {
    let seat = "/seats/{lights_seat_rosa}";
    let willing = json!({"willing_to_lead": true, "willing_to_mentor": false, "orientation_done_on": "{-90}"});
    let plan = json!({
        "aims": "Chair a meeting of both sides and keep it to ninety minutes.",
        "opportunities": ["The lamp walk", "The agenda of the next meeting"],
        "mentor_membership_id": "{lights_sergeant_south}"
    });
    let tom = json!({
        "aims": "Show three more people how lamps are reported, so that it does not hang on me.",
        "mentor_membership_id": "{lights_marcus}"
    });
    let lucias = "/development-plans/{lights_plan_lucia}";
    let note = json!({"note": "Led the walk on Osage. Next: the agenda."});
    let met = json!({"note": "Presented at our first meeting; everybody knows whom to call."});
    vec![
        post(
            (-80, "18:00"),
            "rosa",
            &format!("{seat}/shadows"),
            json!({"membership_id": "{lights_walter}", "months": 6}),
        )
        .named("lights_shadow"),
        answer((-79, "18:00"), "walter", "/shadowings/{lights_shadow}", "accept", Value::Null),
        post((-78, "18:00"), "rosa", &format!("{seat}/shadows"), json!({"membership_id": "{lights_tom}", "months": 2}))
            .named("lights_shadow_tom"),
        answer((-77, "18:00"), "tom", "/shadowings/{lights_shadow_tom}", "decline", Value::Null),
        put(
            (-50, "18:00"),
            "rosa",
            &format!("{seat}/successors"),
            json!({"membership_ids": ["{lights_ines}", "{lights_walter}"]}),
        ),
        put((-85, "18:00"), "lucia", "/memberships/{lights_lucia}/readiness", willing),
        post((-84, "18:00"), "lucia", "/memberships/{lights_lucia}/development-plans", plan).named("lights_plan_lucia"),
        answer((-83, "18:00"), "sergeant_south", lucias, "mentor/agree", Value::Null),
        answer((-20, "18:00"), "sergeant_south", lucias, "reviews", note),
        post((-100, "18:00"), "rosa", "/memberships/{lights_tom}/development-plans", tom),
        answer((-15, "18:00"), "rosa", "/seats/{lights_seat_officer_south}", "acknowledge", met),
    ]
}

/// Ben has led almost a year, and there is no deputy; Mei proposes another term.
fn a_term_near_its_end() -> Vec<Step> {
    vec![answer((-4, "12:00"), "mei", "/seats/{parkway_seat_ben}", "renew", Value::Null)]
}
