//! Partnerships in the other stages: on their way, done, in trouble, waiting, declined.

use serde_json::{Value, json};

use super::tale::{Held, Leaders, TWO_DAYS, Tale};
use crate::demo::world::Step;

/// Decides on its mission.
pub const STRAWBERRY_HILL: &str = "Strawberry Hill Watch";
/// Has reached its goal.
pub const PARALLEL_PARKWAY: &str = "Parallel Parkway Merchants";

/// The longest final call, in hours.
const THREE_WEEKS: i64 = 504;

/// All that happened in them.
pub fn steps() -> Vec<Step> {
    [strawberry_hill(), parallel_parkway(), argentine(), rosedale(), turner(), declined()].concat()
}

fn proposal(name: &str, area: &str, (kind, statement): (&str, &str), (founder, sector): (&str, &str)) -> Value {
    json!({
        "name": name, "area_id": format!("{{{area}}}"), "catalyst": {"type": kind, "statement": statement},
        "founders": [{"type": "group", "name": founder, "sector": sector}]
    })
}

/// Leaders on both sides, who decide on their mission: the police side has not taken a stance yet.
fn strawberry_hill() -> Vec<Step> {
    let mut tale = Tale::of("hill");
    let catalyst =
        ("common_goal", "Everybody on the Hill knows the neighbors on their block by name before next winter.");
    let founder = ("Strawberry Hill Neighborhood Association", "neighborhood_watch");
    tale.is_proposed(-75, "petra", proposal(STRAWBERRY_HILL, "strawberry_hill", catalyst, founder));
    tale.is_accepted(-72, "captain_east", "petra");
    tale.joins(-70, "george", "Fifty years on 5th Street.", "petra");
    tale.joins(-68, "carol", "New here, and curious.", "petra");
    tale.officer_joins(-69, "officer_east");
    tale.leads(-64, "petra", "primary", "george");
    tale.leads(-63, "officer_east", "primary", "captain_east");
    tale.has_mission(
        -9,
        "petra",
        "Neighbors on Strawberry Hill and the officers of the East District look after every block together.",
        THREE_WEEKS,
        &["petra", "george"],
    );
    tale.invites(-1, "petra", "noah@example.org");
    tale.told()
}

/// Its first goal was reached and is closed; ideas for the next are collected.
fn parallel_parkway() -> Vec<Step> {
    let leaders = Leaders { civilian: "ben", police: "officer_west" };
    let mut tale = Tale::of("parkway");
    let catalyst = ("shared_problem", "Shoplifting along Parallel Parkway has doubled within a year.");
    let founder = ("Parallel Parkway Business Association", "business_or_merchant_association");
    tale.is_proposed(-350, "ben", proposal(PARALLEL_PARKWAY, "west", catalyst, founder));
    tale.is_accepted(-345, "captain_west", "ben");
    tale.joins(-342, "mei", "I manage the pharmacy.", "ben");
    tale.joins(-340, "dwayne", "Hardware store, 78th Street.", "ben");
    tale.officer_joins(-341, "officer_west");
    tale.leads(-338, "ben", "primary", "mei");
    tale.leads(-337, "officer_west", "primary", "captain_west");
    tale.takes_role(-336, "mei", "secretary", "ben");
    tale.has_mission(
        -330,
        "ben",
        "Merchants and officers make Parallel Parkway a street where people like to shop and nobody likes to steal.",
        TWO_DAYS,
        &["ben", "mei", "dwayne", "officer_west"],
    );
    tale.has_goal(
        -325,
        "ben",
        "calls",
        json!({
            "title": "Halve shoplifting", "target_on": "{-40}",
            "description": "Shops tell each other within minutes, and fewer than twenty cases are reported in a month.",
            "influence": {"is_within": true, "why": "Whoever steals here goes from shop to shop; a call is faster."},
            "resources_plan": "A telephone chain costs nothing but the time of whoever answers."
        }),
    );
    let source = "KCKPD calls for service, West District";
    tale.has_objective(
        -324,
        "ben",
        "calls",
        "cases",
        json!({
            "title": "Fewer cases", "indicator": "Shoplifting reported", "unit": "per month", "source": source,
            "direction": "decrease", "baseline": 41, "baseline_on": "{-330}", "target": 20, "due_on": "{-45}", "weight": 4,
            "side": "police", "owner_id": "{officer_west}"
        }),
    );
    tale.has_objective(
        -324,
        "ben",
        "calls",
        "chain",
        json!({
            "title": "Set up the telephone chain", "indicator": "The chain works", "unit": "done", "direction": "do",
            "source": "Minutes", "due_on": "{-200}", "weight": 2, "side": "civilian", "owner_id": "{mei}"
        }),
    );
    tale.contributes(-323, "ben", "calls", "mei", "Keeps the telephone chain.");
    tale.contributes(-323, "ben", "calls", "officer_west", "Counts cases, and comes by.");
    tale.adopts(-320, "calls", leaders, &["ben", "mei", "dwayne", "officer_west"]);
    tale.measures(
        "officer_west",
        "cases",
        source,
        &[(-280, 36.0), (-220, 29.0), (-150, 24.0), (-90, 20.0), (-50, 18.0)],
    );
    tale.measures("mei", "chain", "Minutes", &[(-230, 1.0)]);
    tale.meets(
        &Held {
            key: "breakfast",
            day: -44,
            kind: "business_association",
            title: "What worked, and what comes next",
            place: ("West Wyandotte Library", "1737 N 82nd St, Kansas City, KS"),
            attended: &["ben", "mei", "dwayne", "officer_west"],
            neighbors: 12,
            secretary: "mei",
            minutes: "From forty-one cases a month to eighteen. The telephone chain is what everybody would keep.\n\nIdeas for \
                      the next goal: parking after dark, and a place where young people can be.",
            items: &[("Ask the library about a room for young people", "dwayne", -20)],
        },
        leaders,
    );
    tale.closes(
        -38,
        "calls",
        leaders,
        json!({
            "result": "achieved", "evidence": "Calls for service of the last full month: eighteen cases.",
            "assessment": "Shoplifting fell by more than half. The telephone chain did most of it; it goes on without us."
        }),
    );
    tale.has_goal(
        -30,
        "ben",
        "parking",
        json!({
            "title": "Parking lots that people use after dark", "state": "backlog", "target_on": "{+300}",
            "description": "Three lots along the Parkway are empty after seven because people feel watched there."
        }),
    );
    tale.told()
}

/// Its civilian leader was one for a while; the seat is open.
fn argentine() -> Vec<Step> {
    let mut tale = Tale::of("argentine_blocks");
    let catalyst = ("specific_task", "Clear the four lots on Strong Avenue where rubbish is dumped at night.");
    let founder = ("Argentine Betterment Corporation", "residents_group");
    tale.is_proposed(-140, "hector", proposal("Argentine Clean Blocks", "argentine", catalyst, founder));
    tale.is_accepted(-138, "captain_south", "hector");
    tale.joins(-136, "nadia", "I live across from the worst one.", "hector");
    tale.joins(-135, "carol", "I can lend a truck.", "hector");
    tale.officer_joins(-136, "officer_south");
    tale.leads_for_now(-80, "hector", 60, "nadia");
    tale.leads(-129, "officer_south", "primary", "captain_south");
    tale.told()
}

/// Proposed a few days ago; the commander has not answered.
fn rosedale() -> Vec<Step> {
    let mut tale = Tale::of("rosedale_walk");
    let catalyst = ("common_goal", "Children walk to Rosedale schools again without being driven.");
    let founder = ("Parents of Noble Prentis School", "school_or_youth");
    tale.is_proposed(-3, "amina", proposal("Rosedale Walk to School", "rosedale", catalyst, founder));
    tale.told()
}

/// Accepted; nobody leads it yet.
fn turner() -> Vec<Step> {
    let mut tale = Tale::of("tenants");
    let catalyst = ("shared_problem", "Broken doors in three houses let anybody in, and nobody feels at home.");
    let founder = ("Tenants of Turner Court", "residents_group");
    tale.is_proposed(-24, "shirley", proposal("Turner Tenants' Table", "south", catalyst, founder));
    tale.is_accepted(-20, "captain_south", "shirley");
    tale.joins(-16, "walter", "Second floor, number nine.", "shirley");
    tale.officer_joins(-15, "sergeant_south");
    tale.told()
}

/// Was declined, with the reason.
fn declined() -> Vec<Step> {
    let mut tale = Tale::of("parade");
    let catalyst = ("specific_task", "Close Minnesota Avenue for a parade on the first Saturday of every month.");
    let founder = ("Downtown Parade Friends", "other");
    tale.is_proposed(-60, "dwayne", proposal("Downtown Parade", "midtown", catalyst, founder));
    tale.is_declined(
        -55,
        "captain_midtown",
        "Closing a street is a permit of the city's, not a partnership; the Unified Government's office helps with it.",
    );
    tale.told()
}
