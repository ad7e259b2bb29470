//! Every field of every answer × every reader (`design/security.md` 5.14): who has seen a value in it, compared with
//! `fields.list`. The table is exact: a field that is not in it, a reader who is not, and a reader who no longer sees what
//! the table says all fail. `UPDATE_FIELDS=1 cargo test --test api matrix::fields` writes it anew, to be read before it is
//! committed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use threekeys::accounts::Persona;

use super::foreign::call_as;
use super::world::{World, body, operations, promoted, world};
use crate::support::App;
use crate::support::app::description;
use crate::support::spec::resolve;
use crate::support::world::{meeting_body, visit_body};

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/matrix/fields.list");

/// Fields by whose value an object is shown to more or fewer: its rows say which value they are about.
const VARIANTS: [(&str, &str); 8] = [
    ("PartnershipDetail", "view"),
    ("OfficerLogDetail", "view"),
    ("OfficerLogVersionDetail", "view"),
    ("PlaceShown", "kind"),
    ("MeetingDetail", "visibility"),
    ("MinutesDetail", "visibility"),
    ("MinutesVersionShown", "visibility"),
    ("CommunicationPlanDetail", "state"),
];

/// Letters for the readers, in the order of [`Persona::ALL`]; `w` is whoever it is about, asking for their own.
const LETTERS: &str = "nzmlpfoekxsa";
const OWN: char = 'w';

/// Field → letters of those who have seen a value in it.
type Seen = BTreeMap<String, BTreeSet<char>>;

/// The properties of an object, whatever parts its schema is put together from.
fn properties(schema: &Value, found: &mut BTreeMap<String, Value>) {
    let schema = resolve(schema);
    for part in ["allOf", "oneOf", "anyOf"] {
        for one in schema[part].as_array().into_iter().flatten() {
            properties(one, found);
        }
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        found.insert(name.clone(), property.clone());
    }
}

/// The name of the schema that is referred to, `null` or not.
fn named(schema: &Value) -> Option<String> {
    let branches = schema["oneOf"].as_array().into_iter().flatten();
    let mut references = std::iter::once(schema).chain(branches).filter_map(|s| s["$ref"].as_str());
    references.next().and_then(|r| r.rsplit('/').next()).map(str::to_owned)
}

/// Notes every field of `value` that has something in it.
fn note(schema: &Value, value: &Value, reader: char, seen: &mut Seen) {
    match value {
        Value::Object(fields) => {
            let mut known = BTreeMap::new();
            properties(schema, &mut known);
            // A page is a list; what is in it counts.
            let name = named(schema).filter(|name| !name.starts_with("Page_"));
            let variant = VARIANTS.iter().find(|(of, _)| name.as_deref() == Some(*of));
            let variant = variant.and_then(|(_, field)| fields[*field].as_str()).map(|word| format!("({word})"));
            for (field, inner) in fields {
                let Some(property) = known.get(field) else { continue };
                let empty = inner.is_null() || *inner == json!([]);
                if let (Some(name), false) = (&name, empty) {
                    let key = format!("{name}{}.{field}", variant.as_deref().unwrap_or_default());
                    seen.entry(key).or_default().insert(reader);
                }
                note(property, inner, reader, seen);
            }
        }
        Value::Array(items) => {
            let schema = resolve(schema);
            for item in items {
                note(&schema["items"], item, reader, seen);
            }
        }
        _ => {}
    }
}

/// Every field of every object that an answer can hold.
fn every_field() -> BTreeSet<String> {
    fn reach(schema: &Value, all: &mut BTreeSet<String>, been: &mut BTreeSet<String>) {
        let name = named(schema).filter(|name| !name.starts_with("Page_"));
        if name.as_ref().is_some_and(|name| !been.insert(name.clone())) {
            return;
        }
        let mut known = BTreeMap::new();
        properties(schema, &mut known);
        for (field, property) in known {
            if let Some(name) = &name {
                all.insert(format!("{name}.{field}"));
            }
            reach(&property, all, been);
        }
        if let Some(items) = resolve(schema).get("items") {
            reach(items, all, been);
        }
    }
    let (mut all, mut been) = (BTreeSet::new(), BTreeSet::new());
    for (_, _, _, operation) in operations(&description()) {
        for (_, response) in
            operation["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'))
        {
            reach(&resolve(response)["content"]["application/json"]["schema"], &mut all, &mut been);
        }
    }
    all
}

/// What the world has nothing of yet: homes, drafts, minutes for members, logs with everything in them.
async fn furnish(app: &App, world: &World) -> Vec<(&'static str, String)> {
    let p = &world.p;
    let example = |operation: &str| {
        let description = description();
        let found = description.operations().into_iter().find(|(id, ..)| *id == operation).map(|(.., o)| o.clone());
        found.unwrap()["requestBody"]["content"]["application/json"]["example"].clone()
    };
    for person in world.personas.values().flatten() {
        app.patch("/account").by(person).if_match(1).json(example("update_own_account")).unchecked().send().await;
        app.post("/account/calendar-address").by(person).unchecked().send().await.expect(201);
        app.patch("/account/profile")
            .by(person)
            .if_match(1)
            .json(example("update_own_profile"))
            .unchecked()
            .send()
            .await;
    }
    let home = json!({"starts_local": "2027-03-02T12:30", "ends_local": "2027-03-02T14:00", "visibility": "members",
        "capacity": 12, "accessibility": "Two steps.", "purpose": "Plan the walk.", "languages": ["en"],
        "place": {"kind": "private_home", "name": "At Rosa's", "address": "12 Elm Street"}});
    let home = app.post(p.path("/meetings")).by(&p.resident).json(meeting_body(home)).send().await.expect(201).id();
    app.put(format!("/meetings/{home}/rsvp")).by(&p.neighbor).json(json!({"answer": "yes", "guests": 1})).send().await;
    let (goal, _) = app.goal(p, &p.resident, "A second goal in draft").await;
    let first = &world.ids["meeting_id"];
    let attended = json!({"account_id": p.neighbor.id});
    app.post(format!("/meetings/{first}/attendance")).by(&p.resident).json(attended).send().await.expect(201);
    let heads = example("record_head_count");
    app.put(format!("/meetings/{first}/head-counts")).by(&p.resident).json(heads).unchecked().send().await;
    let measured = json!({"value": 9, "measured_on": "2027-02-28", "source": "Calls for service"});
    let objective = &world.ids["objective_id"];
    app.post(format!("/objectives/{objective}/measurements")).by(&p.resident).json(measured).send().await;
    let second = json!({"starts_local": "2027-03-01T12:10", "ends_local": "2027-03-01T13:00", "visibility": "members"});
    let second = app.post(p.path("/meetings")).by(&p.resident).json(meeting_body(second)).send().await.expect(201).id();
    app.post(format!("/meetings/{second}/start")).by(&p.resident).if_match(1).send().await.expect(200);
    let minutes = json!({"text": "For members only.", "visibility": "members"});
    app.put(format!("/meetings/{second}/minutes")).by(&p.resident).json(minutes).send().await.expect(201);
    let everything = json!({"group_kind": "partnership", "partnership_id": p.id, "start": "08:00", "end": "09:00",
        "mood": 4, "prep_minutes": 20, "travel_minutes": 10, "language": "es", "handouts": "Flyer",
        "concerns": ["The alley."], "follow_ups": [{"what": "Call.", "due_on": "2027-03-20", "assignee_id": p.resident.id}], "media": ["A photo."], "next_date": "2027-03-30", "topics": ["lights"],
        "commitments": [{"what": "A walk.", "due_on": "2027-03-20"}], "referrals": [{"kind": "311", "note": "Lamps."}]});
    let log = app.post("/officer-logs").by(&p.officer).json(visit_body(p.area, everything)).leaving(2).send().await;
    let admin = world.personas[&Persona::Administrator].as_ref().unwrap();
    let emergency = json!({"tty": "+19135550101", "tips": "+18165550147", "notice": "Call 911."});
    let agency =
        json!({"address": "700 Minnesota Avenue", "website": "https://police.example.org", "emergency": emergency});
    app.patch(format!("/agencies/{}", p.agency)).by(admin).if_match(1).json(agency).send().await.expect(200);
    let mut area = example("create_area");
    let shape = area["geometry"].take();
    let area = json!({"code": "M", "households": 11400, "geometry": shape});
    app.patch(format!("/areas/{}", p.area)).by(admin).if_match(1).json(area).send().await.expect(200);
    let link = json!({"cost": "free", "phone": "+19135550110", "languages": ["en"], "area_id": p.area});
    let at = format!("/resource-links/{}", world.ids["resource_link_id"]);
    app.patch(at).by(admin).if_match(1).json(link).send().await.expect(200);
    let duty = json!({"bio": "Twelve years on the beat.", "duty_email": "duty@police.example.org",
        "duty_phone": "+19135550112", "is_public": true});
    let at = format!("/assignments/{}", world.ids["assignment_id"]);
    app.patch(at).by(admin).if_match(1).json(duty).send().await.expect(200);
    let [ahead, agenda_item] = agreed(app, world).await;
    learning(app, world).await;
    let tasks = helped(app, world).await;
    let decisions = decided(app, world).await;
    brought(app, world).await;
    app.run_job("give_notice").await;
    app.run_job("seal_record").await;
    let open = world.ids["adopted_plan"].clone();
    let mut others =
        vec![("meeting_id", home), ("meeting_id", second), ("goal_id", goal), ("communication_plan_id", open)];
    others.extend([("meeting_id", ahead), ("agenda_item_id", agenda_item)]);
    others.extend(tasks.map(|task| ("task_id", task)));
    others.extend(decisions.map(|decision| ("decision_id", decision)));
    others.extend(log.body["id"].as_str().map(|id| ("officer_log_id", id.to_owned())));
    others
}

/// A decision that a leader made on advice and that has an outcome, and one whose text changed twice: after stances, and with
/// a correction that waits for the other side. A block that one leader has dismissed.
async fn decided(app: &App, world: &World) -> [String; 2] {
    use diesel::prelude::*;
    use threekeys::ids::DecisionId;
    use threekeys::schema::decisions;
    let p = &world.p;
    let background = json!({"options": ["Ask for five."], "links": [{"title": "Map", "url": "https://a.example/map"}]});
    let ruled = app.called(p, json!({"method": "advice", "background": background})).await;
    let stance = json!({"text_number": 1, "level": "reservations", "reason": "Ten may be few."});
    for who in [&p.neighbor, &p.officer] {
        app.put(format!("/decisions/{ruled}/stance")).by(who).json(stance.clone()).send().await.expect(200);
    }
    let (id, now) = (DecisionId(ruled.parse().unwrap()), app.now());
    // As if its least time were over, so that nobody's offers and sessions are.
    app.db(move |conn| diesel::update(decisions::table.find(id)).set(decisions::closes_from.eq(now)).execute(conn))
        .await;
    let version = app.decision(&ruled, &p.resident).await["version"].clone();
    let ruling = json!({"adopt": true, "reason": "Both sides would rather have them soon."});
    let ruling = app.post(format!("/decisions/{ruled}/decide")).by(&p.resident).if_match(version).json(ruling);
    let outcome = json!({
        "statement": "The city is asked for ten lamps.", "review_on": "2027-09-01",
        "responsibilities": [{"what": "Write the letter", "account_id": p.neighbor.id, "due_on": "2027-03-09"}],
        "communications": [{"audience": "Neighbors", "message": "Lamps are on the way."}]
    });
    let version = ruling.send().await.expect(200).version();
    let written = app.put(format!("/decisions/{ruled}/outcome")).by(&p.resident).if_match(version).json(outcome);
    written.send().await.expect(200);

    let changed = app.called(p, json!({})).await;
    app.put(format!("/decisions/{changed}/stance")).by(&p.neighbor).json(stance).send().await.expect(200);
    let version = app.decision(&changed, &p.resident).await["version"].clone();
    let amend = app.post(format!("/decisions/{changed}/amend")).by(&p.resident).if_match(version);
    let text = json!({"text": "We ask teh city for twelve lamps.", "note": "Two more for the steps."});
    let version = amend.json(text).send().await.expect(200).version();
    let correct = app.post(format!("/decisions/{changed}/correction")).by(&p.resident).if_match(version);
    let right = json!({"text": "We ask the city for twelve lamps."});
    let version = correct.json(right).send().await.expect(200).version();
    let approve = app.post(format!("/decisions/{changed}/correction/approve")).by(&p.resident).if_match(version);
    approve.send().await.expect(200);

    let block = format!("/decision-blocks/{}", world.ids["block_id"]);
    for (by, step, version) in [(&p.officer, "challenge", 1), (&p.officer, "dismiss", 2)] {
        let why = json!({"reason": "It is a matter of taste."});
        app.post(format!("{block}/{step}")).by(by).if_match(version).json(why).send().await.expect(200);
    }
    [ruled, changed]
}

/// Some of what was pledged has been brought, and the needs were gone through.
async fn brought(app: &App, world: &World) {
    let p = &world.p;
    let pledge = format!("/pledges/{}", world.ids["pledge_id"]);
    app.post(format!("{pledge}/accept")).by(&p.officer).if_match(1).send().await.expect(200);
    let some = json!({"quantity": 2, "delivered_on": "2027-03-01", "note": "To the hall."});
    app.post(format!("{pledge}/deliveries")).by(&p.resident).if_match(2).json(some).send().await.expect(200);
    let looked = json!({"nothing_needed": false, "note": "Lamps and a ladder."});
    app.post(p.path("/needs/review")).by(&p.resident).json(looked).send().await.expect(200);
}

/// A meeting to come with an agenda that has chairs, and an item on it; both.
async fn agreed(app: &App, world: &World) -> [String; 2] {
    let p = &world.p;
    let soon = json!({"starts_local": "2027-03-03T12:30", "ends_local": "2027-03-03T14:00"});
    let meeting = app.post(p.path("/meetings")).by(&p.resident).json(meeting_body(soon)).send().await.expect(201).id();
    let item = json!({"title": "Lamps behind the laundry", "kind": "discuss", "minutes": 10,
        "presenter_id": p.neighbor.id, "links": [{"title": "Survey", "url": "https://lights.example.org/survey"}]});
    let agenda = format!("/meetings/{meeting}/agenda");
    let item = app.post(format!("{agenda}/items")).by(&p.resident).json(item).send().await.expect(201).id();
    let accept = app.post(format!("/agenda-items/{item}/accept")).by(&p.resident).if_match(1);
    accept.json(json!({})).send().await.expect(200);
    let chairs = json!({"civilian_chair_id": p.resident.id, "police_chair_id": p.officer.id});
    let version = app.get(&agenda).by(&p.resident).send().await.expect(200).version();
    app.patch(&agenda).by(&p.resident).if_match(version).json(chairs).send().await.expect(200);
    [meeting, item]
}

/// What there is of succession and of people on the way to leading.
async fn learning(app: &App, world: &World) {
    let p = &world.p;
    let seats = app.get(p.path("/seats?state=active")).by(&p.resident).send().await.expect(200);
    let of = |side: &str| seats.items().iter().find(|s| s["side"] == side).unwrap()["id"].as_str().unwrap().to_owned();
    let successors = json!({"membership_ids": [world.ids["membership_id"]]});
    app.put(format!("/seats/{}/successors", of("civilian"))).by(&p.resident).json(successors).send().await.expect(200);
    let met = json!({"note": "A round of names."});
    app.post(format!("/seats/{}/acknowledge", of("police")))
        .by(&p.resident)
        .if_match(2)
        .json(met)
        .send()
        .await
        .expect(200);
    let note = json!({"note": "Goes well."});
    let plan = format!("/development-plans/{}", world.ids["development_plan_id"]);
    app.post(format!("{plan}/reviews")).by(&p.resident).if_match(1).json(note).send().await.expect(200);
    for stage in ["deputy_ready", "mentor"] {
        let who = app.citizen().await;
        let membership = app.join(p, &who, &p.resident).await;
        promoted(app, p, &membership, &who, stage, "agreed").await;
    }
    let promotion = format!("/promotions/{}/confirm", world.ids["promotion_id"]);
    app.post(promotion).by(&p.resident).if_match(1).send().await.expect(200);
}

/// Somebody who fits the task that there is, is asked for another, and has done a third, for which they were thanked.
async fn helped(app: &App, world: &World) -> [String; 2] {
    let p = &world.p;
    let helper = app.citizen().await;
    app.join(p, &helper, &p.resident).await;
    let profile = json!({"skills": [{"skill": "Counting", "level": 3}], "languages": ["en"]});
    app.patch("/account/profile").by(&helper).if_match(1).json(profile).send().await.expect(200);
    let mut body = json!({"title": "Count the lamps", "description": "At night.", "effort_hours": 2, "leads_others": true,
        "required_skills": [{"skill": "Counting", "min_level": 1}], "topics": ["Street lighting"], "language": "en",
        "due_on": "2027-03-20", "place": "The hall", "mentor_id": p.resident.id,
        "purpose": {"kind": "goal", "id": world.ids["goal_id"]},
        "starts_at": "2027-03-19T00:00:00Z", "ends_at": "2027-03-19T02:00:00Z"});
    let done = app.post(p.path("/tasks")).by(&p.resident).json(body.clone()).send().await.expect(201).id();
    let admin = world.personas[&Persona::Administrator].as_ref().unwrap();
    for (how, by, body) in [
        ("allow-overlap", admin, Some(json!({"reason": "Both are at the hall."}))),
        ("volunteer", &helper, None),
        ("start", &helper, None),
        ("complete", &helper, Some(json!({"hours": 2}))),
        ("verify", &p.officer, Some(json!({}))),
    ] {
        let version = app.get(format!("/tasks/{done}")).by(by).send().await.expect(200).version();
        let call = app.post(format!("/tasks/{done}/{how}")).by(by).if_match(version);
        let call = if let Some(body) = body { call.json(body) } else { call };
        call.send().await.expect(200);
    }
    let thanks =
        json!({"account_id": helper.id, "reason": "task", "task_id": done, "text": "All of them.", "is_public": true});
    app.post(p.path("/commendations")).by(&p.resident).json(thanks).send().await.expect(201);
    body["required_skills"] = json!([]);
    body["topics"] = json!([]);
    let asked = app.post(p.path("/tasks")).by(&p.resident).json(body).send().await.expect(201).id();
    let offer = json!({"account_id": helper.id, "reason": "Has the time."});
    app.post(format!("/tasks/{asked}/offer")).by(&p.resident).if_match(1).json(offer).send().await.expect(200);
    [done, asked]
}

/// The table as it stands: field → letters.
fn committed() -> Seen {
    let mut rows = Seen::new();
    for line in std::fs::read_to_string(TABLE).unwrap_or_default().lines().filter(|line| !line.starts_with('#')) {
        let (object, rest) = line.split_once(": ").unwrap_or_else(|| panic!("no row: {line:?}"));
        let (readers, fields) = rest.split_once(" | ").unwrap_or_else(|| panic!("no row: {line:?}"));
        for field in fields.split(' ') {
            let readers = readers.chars().filter(char::is_ascii_lowercase).collect();
            assert!(rows.insert(format!("{object}.{field}"), readers).is_none(), "twice: {object}.{field}");
        }
    }
    rows
}

fn written(seen: &Seen) -> String {
    let mut lines: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for (key, readers) in seen {
        let (object, field) = key.rsplit_once('.').unwrap();
        let order = format!("{LETTERS}{OWN}");
        let readers: String = order.chars().map(|c| if readers.contains(&c) { c } else { '-' }).collect();
        lines.entry((object.to_owned(), readers)).or_default().push(field);
    }
    let mut text = String::from(
        "# Who sees a value in which field of which object. Readers, by their letters: n anonymous, z citizen outside,\n\
         # m member, l civilian leader, p police leader, f former member, o officer on duty, e officer elsewhere,\n\
         # k commander, x commander elsewhere, s agency staff, a administrator, w whoever asks for their own.\n\
         # `PlaceShown(private_home)` is a row about places of that kind. Fields in which nobody sees anything here have no\n\
         # letter. Written by `UPDATE_FIELDS=1 cargo test --test api matrix::fields`; see tests/api/matrix/fields.rs.\n",
    );
    for ((object, readers), fields) in lines {
        text.push_str(&format!("{object}: {readers} | {}\n", fields.join(" ")));
    }
    text
}

async fn every_field_is_seen_by_those_of_the_table_and_by_nobody_else(app: App) {
    let world = world(&app).await;
    let others = furnish(&app, &world).await;
    let mut seen = Seen::new();
    let description = description();
    for operation in operations(&description) {
        let (id, method, template, described) = operation;
        // What a change answers is what reading the same tells; only sessions are opened and ended by changes alone.
        let once = matches!(id, "log_in" | "end_other_sessions" | "request_password_reset");
        if method != "get" && !once {
            continue;
        }
        let own =
            template.starts_with("/api/v1/account/") || template == "/api/v1/account" || template.contains("/sessions");
        let variants = others.iter().filter(|(name, _)| template.contains(&format!("{{{name}}}")));
        let variants: Vec<_> = std::iter::once(None).chain(variants.map(Some)).collect();
        for (persona, letter) in Persona::ALL.iter().copied().zip(LETTERS.chars()) {
            let person = world.personas[&persona].as_ref();
            for variant in &variants {
                let mut paths = vec![None];
                if let Some((name, value)) = variant {
                    paths = vec![Some((*name, value.as_str()))];
                }
                for other in paths {
                    let token = match person {
                        Some(person) => Some(app.session(person.id).await.1),
                        None => None,
                    };
                    let mut sent = body(&world, id);
                    if let (Some(body), "log_in", Some(person)) = (&mut sent, id, person) {
                        body["email"] = json!(person.email);
                    }
                    let mut call = call_as(&app, &world, persona, operation, token.as_deref(), sent);
                    if let Some((name, value)) = other {
                        call = call.with_path_of(template, name, value);
                    }
                    let answer = call.send().await;
                    if !(200..300).contains(&answer.status) {
                        continue;
                    }
                    let response = resolve(&described["responses"][answer.status.to_string()]);
                    let schema = &response["content"]["application/json"]["schema"];
                    note(schema, &answer.body, if own { OWN } else { letter }, &mut seen);
                }
            }
        }
    }
    for field in every_field() {
        let (object, name) = field.split_once('.').unwrap();
        let any = seen.keys().any(|key| {
            key.strip_prefix(object).is_some_and(|rest| {
                (rest.starts_with('(') || rest.starts_with('.')) && rest.ends_with(&format!(".{name}"))
            })
        });
        if !any {
            seen.insert(field, BTreeSet::new());
        }
    }
    if std::env::var_os("UPDATE_FIELDS").is_some() {
        std::fs::write(TABLE, written(&seen)).unwrap();
    }
    let table = committed();
    let mut wrong = Vec::new();
    for key in seen.keys().chain(table.keys()).collect::<BTreeSet<_>>() {
        let show = |rows: &Seen| rows.get(key).map(|readers| readers.iter().collect::<String>());
        if seen.get(key) != table.get(key) {
            wrong.push(format!("{key}: seen by {:?}, and the table has {:?}", show(&seen), show(&table)));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

both_engines![every_field_is_seen_by_those_of_the_table_and_by_nobody_else];
