//! Armourdale Lights: a partnership in the middle of its work.

use serde_json::{Value, json};

use super::tale::{Held, Leaders, TWO_DAYS, Tale, post};
use crate::demo::world::Step;
use crate::ids::OfficerLogId;

/// The partnership's name.
pub const NAME: &str = "Armourdale Lights";
/// Where it meets.
pub const CENTER: (&str, &str) = ("Armourdale Recreation Center", "730 Osage Ave, Kansas City, KS");

const LEADERS: Leaders = Leaders { civilian: "rosa", police: "officer_south" };
const GOAL: &str = "goal";
const PUBLIC_WORKS: &str = "Unified Government Public Works, lamp inventory";
const CALLS: &str = "KCKPD calls for service, South District";
const SURVEY: &str = "Door-to-door survey by block captains";

/// All that happened in it.
pub fn steps() -> Vec<Step> {
    let mut tale = Tale::of("lights");
    forms(&mut tale);
    agrees_on_a_goal(&mut tale);
    meets(&mut tale);
    talks_about(&mut tale);
    measures(&mut tale);
    is_visited(&mut tale);
    tale.told()
}

fn forms(tale: &mut Tale) {
    tale.is_proposed(
        -230,
        "rosa",
        json!({
            "name": NAME, "area_id": "{armourdale}", "public_contact": "lights@example.org",
            "catalyst": {
                "type": "shared_problem",
                "statement": "Behind Kansas Avenue thirty-one lamps are out, and five garages were broken into since spring."
            },
            "founders": [
                {"type": "group", "name": "Armourdale Renewal Association", "sector": "residents_group"},
                {"type": "group", "name": "Merchants of Kansas Avenue", "sector": "business_or_merchant_association"}
            ]
        }),
    );
    tale.is_accepted(-226, "captain_south", "rosa");
    tale.joins(-224, "marcus", "I own the laundry on Osage.", "rosa");
    tale.joins(-223, "ines", "Block captain, 7th to 10th Street.", "rosa");
    tale.joins(-223, "tom", "I can fix lamps, and I know whom to call.", "rosa");
    tale.joins(-220, "shirley", "I take notes for the parish already.", "rosa");
    tale.officer_joins(-222, "officer_south");
    tale.officer_joins(-221, "sergeant_south");
    tale.leads(-219, "rosa", "primary", "marcus");
    tale.leads(-218, "officer_south", "primary", "captain_south");
    tale.leads(-217, "marcus", "deputy", "rosa");
    tale.leads(-216, "sergeant_south", "deputy", "captain_south");
    tale.takes_role(-215, "shirley", "secretary", "rosa");
    tale.takes_role(-215, "ines", "block_captain", "rosa");
    tale.joins(-190, "walter", "Retired, and awake at night anyway.", "rosa");
    tale.joins(-120, "lucia", "My children walk to school along 10th Street.", "rosa");
}

fn agrees_on_a_goal(tale: &mut Tale) {
    tale.has_mission(
        -200,
        "rosa",
        "Neighbors, merchants and officers of Armourdale make every block between Osage and Kansas Avenue a place where \
         people walk after dark, and keep it so.",
        TWO_DAYS,
        &["rosa", "marcus", "ines", "tom", "shirley", "officer_south", "sergeant_south"],
    );
    tale.has_goal(
        -175,
        "rosa",
        GOAL,
        json!({
            "title": "Light the alleys by spring",
            "description": "Every alley between Osage and Kansas Avenue is lit from dusk to dawn, and garages are left alone.",
            "target_on": "{+120}",
            "influence": {
                "is_within": true,
                "why": "Public Works repairs what is reported by its number, and every lamp has one."
            },
            "resources_plan": "Tom reports the lamps; the merchants pay for timers on their own signs."
        }),
    );
    let objective = |title: &str, indicator: &str, unit: &str, source: &str, rest: Value| {
        let mut body = json!({
            "title": title, "indicator": indicator, "unit": unit, "source": source, "due_on": "{+110}",
            "baseline_on": "{-180}"
        });
        if let (Some(body), Value::Object(rest)) = (body.as_object_mut(), rest) {
            body.extend(rest);
        }
        body
    };
    for (name, body) in [
        (
            "lamps",
            objective(
                "Repair the dark lamps",
                "Lamps that are out",
                "lamps",
                PUBLIC_WORKS,
                json!({"direction": "decrease", "baseline": 31, "target": 0, "weight": 5, "side": "civilian",
                    "owner_id": "{tom}"}),
            ),
        ),
        (
            "burglaries",
            objective(
                "Fewer garages broken into",
                "Burglaries of garages",
                "per 60 days",
                CALLS,
                json!({"direction": "decrease", "baseline": 10, "target": 3, "weight": 4, "side": "police",
                    "owner_id": "{officer_south}"}),
            ),
        ),
        (
            "walkers",
            objective(
                "More people feel safe after dark",
                "Neighbors who walk after dark at least once a week",
                "percent",
                SURVEY,
                json!({"direction": "increase", "baseline": 22, "target": 60, "weight": 3, "side": "civilian",
                    "owner_id": "{ines}"}),
            ),
        ),
    ] {
        tale.has_objective(-174, "rosa", GOAL, name, body);
    }
    tale.contributes(-173, "rosa", GOAL, "tom", "Counts the lamps and reports them.");
    tale.contributes(-173, "rosa", GOAL, "officer_south", "Counts burglaries, and looks after the dark blocks.");
    tale.has_plan(-196, LEADERS, &["rosa", "marcus", "ines", "tom", "shirley", "officer_south", "sergeant_south"]);
    tale.adopts(-170, GOAL, LEADERS, &["rosa", "marcus", "ines", "tom", "walter", "officer_south", "sergeant_south"]);
}

fn measures(tale: &mut Tale) {
    tale.measures("tom", "lamps", PUBLIC_WORKS, &[(-140, 27.0), (-100, 19.0), (-55, 12.0), (-12, 7.0)]);
    tale.measures("officer_south", "burglaries", CALLS, &[(-115, 9.0), (-60, 7.0), (-8, 6.0)]);
    tale.measures("ines", "walkers", SURVEY, &[(-90, 27.0), (-20, 33.0)]);
}

fn meets(tale: &mut Tale) {
    let regular = |key, day, title, attended, neighbors, minutes, items| Held {
        key,
        day,
        kind: "regular",
        title,
        place: CENTER,
        attended,
        neighbors,
        secretary: "shirley",
        minutes,
        items,
    };
    tale.meets(
        &Held {
            kind: "first",
            ..regular(
                "first",
                -198,
                "We begin: what is dark, and since when",
                &["rosa", "marcus", "ines", "tom", "shirley", "officer_south", "sergeant_south"],
                19,
                "Everybody told what they see from their own door. Officer Tran showed when and where garages were broken \
                 into; seven of ten lie within thirty steps of a lamp that is out.\n\nAgreed to count the lamps before the \
                 next meeting.",
                &[("Count every dark lamp between Osage and Kansas Avenue", "tom", -180)],
            )
        },
        LEADERS,
    );
    tale.meets(
        &regular(
            "second",
            -100,
            "Half of the way: nineteen lamps left",
            &["rosa", "marcus", "tom", "walter", "shirley", "officer_south"],
            14,
            "Public Works repaired eight lamps since summer. Mr. Kowalski reports that the alley behind the laundry is \
             quiet since it is lit.\n\nThe merchants pay for timers on their own signs.",
            &[
                ("Send Public Works the numbers of the nineteen poles", "tom", -90),
                ("Ask the merchants for timers", "marcus", -80),
            ],
        ),
        LEADERS,
    );
    tale.meets(
        &regular(
            "third",
            -26,
            "Seven blocks to go",
            &["rosa", "ines", "tom", "walter", "lucia", "shirley", "officer_south", "sergeant_south"],
            23,
            "Ms. Castillo read the survey: one in three walks after dark again. The blocks south of Osage wait for their \
             cable.\n\nSergeant Whitehorse will have the bike patrol pass there twice a night until then.",
            &[
                ("Find out when the cable south of Osage comes", "rosa", 10),
                ("Bike patrol south of Osage, twice a night", "sergeant_south", 21),
            ],
        ),
        LEADERS,
    );
}

fn talks_about(tale: &mut Tale) {
    let item = |title: &str, kind: &str, who: &str, minutes: i32| json!({"title": title, "kind": kind, "presenter_id": format!("{{{who}}}"), "minutes": minutes});
    let items = [
        ("ines", item("What the survey says", "inform", "ines", 15)),
        ("tom", item("The cable south of Osage", "decide", "tom", 25)),
        ("officer_south", item("Bike patrol until the lamps burn", "plan", "sergeant_south", 20)),
        ("walter", item("A bench at the laundry", "discuss", "walter", 10)),
    ];
    tale.has_agenda("third", -38, LEADERS, &items, "First the lamps; the bench is next.");
}

fn is_visited(tale: &mut Tale) {
    // When a group meets that is no partnership: what officers are expected at.
    tale.does(post(
        (-100, "11:00"),
        "officer_south",
        "/areas/{south}/group-schedules",
        json!({
            "group_kind": "faith", "group_name": "Parish council of St. Anthony", "rule": "FREQ=WEEKLY;INTERVAL=4",
            "starts_local": "{-87}T19:00"
        }),
    ));
    let log = |day: i64, start: &str, end: &str, rest: Value| {
        let mut body = json!({
            "client_uuid": OfficerLogId::new(), "attended_on": format!("{{{day:+}}}"), "start": start, "end": end,
            "area_id": "{south}", "no_cji_attestation": true
        });
        if let (Some(body), Value::Object(rest)) = (body.as_object_mut(), rest) {
            body.extend(rest);
        }
        body
    };
    tale.is_logged(
        (-26, "20:40"),
        "officer_south",
        "log",
        log(
            -26,
            "18:30",
            "20:00",
            json!({
                "group_kind": "partnership", "meeting_id": "{lights_third}", "role": "co_chaired",
                "counts": {"community": 28, "police": 2, "agency": 0}, "language": "en", "mood": 4,
                "summary": "Seven blocks are left, all south of Osage. People are content with the pace and tired of the cable.",
                "topics": ["Street lighting", "Bike patrol"],
                "concerns": ["Nobody says when the cable comes."],
                "commitments": [{"what": "Bike patrol south of Osage, twice a night", "due_on": "{+21}"}],
                "referrals": [{"kind": "311", "note": "Seven poles, numbers in the minutes"}]
            }),
        ),
    );
    // A colleague's log of the same meeting: one visit.
    tale.is_logged(
        (-26, "21:30"),
        "sergeant_south",
        "second_log",
        log(
            -26,
            "18:45",
            "20:00",
            json!({
                "group_kind": "partnership", "meeting_id": "{lights_third}", "role": "attended",
                "counts": {"community": 28, "police": 2, "agency": 0},
                "summary": "Said what the bike patrol can do until the cable comes."
            }),
        ),
    );
    tale.confirms(-25, "rosa", "log");
    tale.is_logged(
        (-5, "19:20"),
        "officer_south",
        "visit",
        log(
            -5,
            "17:30",
            "18:45",
            json!({
                "group_kind": "business_merchant_association", "group_name": "Merchants of Kansas Avenue",
                "role": "presented", "counts": {"community": 11, "police": 1, "agency": 0}, "partnership_id": "{lights}",
                "summary": "Showed where garages were broken into before and after the lamps. Two owners want to join the \
                            partnership.",
                "topics": ["Street lighting"], "follow_ups": [{"what": "Send both owners the address of the partnership.", "due_on": "{+7}"}]
            }),
        ),
    );
    tale.is_logged(
        (-3, "20:30"),
        "officer_south",
        "church",
        log(
            -3,
            "19:00",
            "20:10",
            json!({
                "group_kind": "faith", "group_name": "Parish council of St. Anthony", "role": "attended",
                "counts": {"community": 9, "police": 1, "agency": 0}, "language": "es",
                "summary": "The council asks for somebody who speaks Spanish at the next meeting.",
                "concerns": ["Letters from the city come in English only."]
            }),
        ),
    );
}
