//! Agencies, areas, links and duties of the demonstration. Outlines are rough rectangles around the real places, good
//! enough to be found by a point and for nothing else.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::LONG_AGO;
use super::world::{Step, step};

fn agencies() -> Vec<Step> {
    let create = |time: &str, body: Value| step(LONG_AGO, time, "admin", Method::POST, "/agencies", body);
    vec![
        create(
            "08:00",
            json!({
                "name": "Kansas City, Kansas Police Department", "kind": "police", "time_zone": "America/Chicago",
                "website": "https://www.kckpd.org", "address": "700 Minnesota Ave, Kansas City, KS 66101",
                "emergency": {
                    "emergency": "911", "text_to_911": true, "non_emergency": "+19135963000", "tips": "+18164748477",
                    "languages": ["en", "es"],
                    "notice": "In case of emergency dial 911. Nothing that is in progress or dangerous belongs here."
                }
            }),
        )
        .named("kckpd"),
        create(
            "08:05",
            json!({
                "name": "Unified Government Code Enforcement", "kind": "code_enforcement",
                "time_zone": "America/Chicago", "website": "https://www.wycokck.org",
                "address": "701 N 7th St, Kansas City, KS 66101",
                "emergency": {
                    "emergency": "911", "text_to_911": true, "non_emergency": "+19135733111", "languages": ["en", "es"]
                }
            }),
        )
        .named("code_enforcement"),
    ]
}

/// West, south, east, north, in degrees.
type Edges = [f64; 4];

fn outline([west, south, east, north]: Edges) -> Value {
    json!({
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]]
    })
}

/// Name to remember, kind, name, code, what it lies in, households, edges.
type Area = (&'static str, &'static str, &'static str, &'static str, Option<&'static str>, i32, Edges);

const AREAS: &[Area] = &[
    ("city", "city", "Kansas City, Kansas", "KCK", None, 58_000, [-94.905, 39.045, -94.607, 39.16]),
    ("east", "district", "East District", "E", Some("city"), 15_500, [-94.665, 39.098, -94.607, 39.16]),
    ("midtown", "district", "Midtown District", "M", Some("city"), 14_200, [-94.735, 39.098, -94.665, 39.16]),
    ("south", "district", "South District", "S", Some("city"), 16_300, [-94.735, 39.045, -94.607, 39.098]),
    ("west", "district", "West District", "W", Some("city"), 12_000, [-94.905, 39.045, -94.735, 39.16]),
    (
        "strawberry_hill",
        "neighborhood",
        "Strawberry Hill",
        "E-SH",
        Some("east"),
        640,
        [-94.628, 39.104, -94.618, 39.112],
    ),
    ("armourdale", "neighborhood", "Armourdale", "S-AR", Some("south"), 910, [-94.645, 39.08, -94.612, 39.098]),
    ("argentine", "neighborhood", "Argentine", "S-AG", Some("south"), 3_100, [-94.69, 39.065, -94.645, 39.085]),
    ("rosedale", "neighborhood", "Rosedale", "S-RD", Some("south"), 4_200, [-94.645, 39.045, -94.607, 39.07]),
];

fn areas() -> Vec<Step> {
    AREAS
        .iter()
        .map(|(key, kind, name, code, parent, households, edges)| {
            let body = json!({
                "agency_id": "{kckpd}", "kind": kind, "name": name, "code": code, "households": households,
                "parent_id": parent.map(|parent| format!("{{{parent}}}")), "geometry": outline(*edges)
            });
            step(LONG_AGO, "08:30", "admin", Method::POST, "/areas", body).named(*key)
        })
        .collect()
}

/// Group, title, address, telephone number, languages.
type Link = (&'static str, &'static str, &'static str, Option<&'static str>, &'static [&'static str]);

const LINKS: &[Link] = &[
    (
        "local_government",
        "Unified Government of Wyandotte County and Kansas City, Kansas",
        "https://www.wycokck.org",
        Some("+19135735000"),
        &["en", "es"],
    ),
    ("local_government", "State of Kansas", "https://www.kansas.gov", None, &["en"]),
    (
        "organizations_partners",
        "Community Housing of Wyandotte County",
        "https://www.chwckck.org",
        Some("+19133423047"),
        &["en", "es"],
    ),
    (
        "organizations_partners",
        "Downtown Shareholders of Kansas City, Kansas",
        "https://www.downtownkck.org",
        None,
        &["en"],
    ),
    ("crime_prevention", "National Neighborhood Watch", "https://www.nnw.org", None, &["en"]),
    (
        "crime_prevention",
        "Kansas City Crime Stoppers",
        "https://kccrimestoppers.com",
        Some("+18164748477"),
        &["en", "es"],
    ),
];

fn links() -> Vec<Step> {
    LINKS
        .iter()
        .map(|(group, title, url, phone, languages)| {
            let body = json!({
                "agency_id": "{kckpd}", "group": group, "title": title, "url": url, "phone": phone, "cost": "free",
                "languages": languages
            });
            step(LONG_AGO, "08:40", "admin", Method::POST, "/resource-links", body)
        })
        .collect()
}

/// Who, where, as what, and what the public reads of the person.
const DUTIES: &[(&str, &str, &str, &str)] = &[
    ("captain_east", "east", "commander", "Commands the East District."),
    ("captain_midtown", "midtown", "commander", "Commands the Midtown District."),
    ("captain_south", "south", "commander", "Commands the South District; grew up in Argentine."),
    ("captain_west", "west", "commander", "Commands the West District."),
    ("officer_east", "east", "officer", "Community policing officer, on a bike whenever the weather allows."),
    ("officer_midtown", "midtown", "officer", "Community policing officer."),
    ("officer_south", "south", "officer", "Community policing officer for Armourdale and Argentine."),
    ("sergeant_south", "south", "officer", "Leads the community policing team in the South District."),
    ("officer_west", "west", "officer", "Community policing officer; works with merchants on Parallel Parkway."),
];

/// Who is on duty where.
pub fn manning() -> Vec<Step> {
    DUTIES
        .iter()
        .map(|(who, area, role, bio)| {
            let body = json!({
                "account_id": format!("{{{who}}}"), "role": role, "starts_on": "{-400}", "is_public": true,
                "bio": bio, "duty_phone": "+19135963000"
            });
            let path = format!("/areas/{{{area}}}/assignments");
            step(LONG_AGO, "09:00", "admin", Method::POST, &path, body)
        })
        .collect()
}

/// Agencies, areas and links; nobody but the administrator is needed for them.
pub fn founding() -> Vec<Step> {
    [agencies(), areas(), links()].concat()
}
