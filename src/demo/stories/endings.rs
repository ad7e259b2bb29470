//! Partnerships in which nothing happens any more, for three reasons: one fell asleep, one was suspended, one is over.

use serde_json::{Value, json};

use super::tale::{Held, Leaders, TWO_DAYS, Tale};
use crate::demo::world::{Step, job};

/// Fell dormant.
pub const MUNCIE: &str = "Muncie Creek Walkers";
/// Was suspended.
pub const PIPER: &str = "Piper Porch Lights";
/// Was closed by both sides.
pub const WELBORN: &str = "Welborn Garden Watch";

/// All that happened in them.
pub fn steps() -> Vec<Step> {
    [fell_asleep(), was_suspended(), is_over()].concat()
}

fn proposal(name: &str, area: &str, statement: &str, founder: &str) -> Value {
    json!({
        "name": name, "area_id": format!("{{{area}}}"), "catalyst": {"type": "shared_problem", "statement": statement},
        "founders": [{"type": "group", "name": founder, "sector": "residents_group"}]
    })
}

/// Two neighbors and an officer of the West District, with leaders of both sides.
fn led(tale: &mut Tale, day: i64, leaders: Leaders, proposal: Value) {
    tale.is_proposed(day, leaders.civilian, proposal);
    tale.is_accepted(day + 2, "captain_west", leaders.civilian);
    tale.joins(day + 4, "amina", "I walk my dog there.", leaders.civilian);
    tale.officer_joins(day + 5, leaders.police);
    tale.leads(day + 7, leaders.civilian, "primary", "amina");
    tale.leads(day + 8, leaders.police, "primary", "captain_west");
}

/// Formed and active; then nothing happened for ninety days, and its leaders were warned twice.
fn fell_asleep() -> Vec<Step> {
    let leaders = Leaders { civilian: "nadia", police: "officer_west" };
    let all = ["nadia", "amina", "officer_west"];
    let mut tale = Tale::of("creek");
    let statement = "Nobody walks along Muncie Creek since the benches were burnt.";
    led(&mut tale, -340, leaders, proposal(MUNCIE, "west", statement, "Friends of Muncie Creek"));
    tale.has_mission(-330, "nadia", "Neighbors and officers walk Muncie Creek until others do, too.", TWO_DAYS, &all);
    tale.has_plan(-330, leaders, &all);
    tale.has_goal(
        -324,
        "nadia",
        "benches",
        json!({
            "title": "Benches that stand", "target_on": "{-20}",
            "description": "The four benches along the creek are there again, and stay.",
            "influence": {"is_within": true, "why": "The benches come from the parish, and we walk there ourselves."},
            "resources_plan": "The parish gives the benches."
        }),
    );
    tale.has_objective(
        -323,
        "nadia",
        "benches",
        "standing",
        json!({
            "title": "Four benches", "indicator": "Benches that stand", "unit": "benches", "source": "Counted on walks",
            "direction": "increase", "baseline": 0, "baseline_on": "{-330}", "target": 4, "due_on": "{-30}", "weight": 3,
            "side": "civilian", "owner_id": "{nadia}"
        }),
    );
    tale.contributes(-322, "nadia", "benches", "nadia", "Talks to the parish.");
    tale.contributes(-322, "nadia", "benches", "officer_west", "Walks along on Fridays.");
    tale.adopts(-320, "benches", leaders, &all);
    tale.meets(
        &Held {
            key: "walk",
            day: -300,
            kind: "first",
            title: "We walk the creek together",
            place: ("Muncie Creek, east gate", "N 65th St, Kansas City, KS"),
            attended: &all,
            neighbors: 6,
            secretary: "nadia",
            minutes: "Walked from the east gate to the bridge. Two benches can be mended.",
            items: &[],
        },
        leaders,
    );
    tale.goes_without_profiles(-290, leaders);
    tale.reviews_needs(-280, "nadia");
    // It is looked after: warned after sixty and eighty days, asleep after ninety.
    for idle in [61, 81, 91] {
        tale.does(job(-280 + idle, "04:00", "watch_dormancy"));
    }
    tale.told()
}

/// Stopped by the commander until it is looked at again.
fn was_suspended() -> Vec<Step> {
    let leaders = Leaders { civilian: "nadia", police: "officer_west" };
    let mut tale = Tale::of("porch");
    let statement = "Porch lights along Hutton Road are broken at night, one after the other.";
    led(&mut tale, -90, leaders, proposal(PIPER, "west", statement, "Piper Homes Association"));
    let path = tale.path("");
    let why = "Photographs of neighbors were passed on to people outside; we find out how.";
    tale.answers((-18, "15:00"), "captain_west", &path, "suspend", json!({"reason": why, "review_on": "{+40}"}));
    tale.told()
}

/// Ended by leaders of both sides, with a word on what becomes of it.
fn is_over() -> Vec<Step> {
    let leaders = Leaders { civilian: "nadia", police: "officer_west" };
    let mut tale = Tale::of("garden");
    let statement = "Tools are stolen from the community garden at Welborn nearly every week.";
    led(&mut tale, -150, leaders, proposal(WELBORN, "west", statement, "Welborn Community Garden"));
    tale.is_closed(
        -45,
        leaders,
        json!({
            "reason": "goal_achieved",
            "statement": "The shed has a lock and a light, and nothing was stolen since summer. The gardeners go on by themselves."
        }),
    );
    tale.told()
}
