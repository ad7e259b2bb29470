//! Own, others' and absent objects: what somebody may not see can't be told from what is not there, neither by its own
//! address, nor by naming it in a body or a filter, nor by counts, searches and cursors.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use threekeys::accounts::Persona;
use threekeys::permissions;
use threekeys::platform::policy::Decision;

use super::decisions::{ask, decided, said};
use super::world::{World, allowed, body, operations, path, world};
use crate::support::app::description;
use crate::support::spec::resolve;
use crate::support::{Answer, App, Person};

/// The whole answer, without what tells one request from another.
fn essence(answer: &Answer, id: &str) -> String {
    let text = String::from_utf8_lossy(&answer.bytes).replace(id, "ID");
    let text = match answer.body["request_id"].as_str() {
        Some(request) => text.replace(request, "REQUEST"),
        None => text,
    };
    let varying = ["x-request-id", "date", "ratelimit"];
    let headers = answer.headers.iter().filter(|(name, _)| !varying.contains(&name.as_str()));
    let mut headers: Vec<String> =
        headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()).replace(id, "ID")).collect();
    headers.sort();
    format!("{} {headers:?} {text}", answer.status)
}

fn decision(operation: &str, persona: Persona) -> Decision {
    let table = permissions::table();
    table.iter().find(|p| p.operation == operation).and_then(|p| p.of(persona)).unwrap()
}

async fn what_is_hidden_is_byte_for_byte_what_is_absent(app: App) {
    let world = world(&app).await;
    let mut compared = 0;
    for operation in operations(&description()) {
        let (id, _, template, _) = operation;
        let Some(name) = template.split('{').nth(1).and_then(|rest| rest.split('}').next()) else { continue };
        for persona in Persona::ALL.iter().copied().filter(|persona| decision(id, *persona) == Decision::Hide) {
            let token = match &world.personas[&persona] {
                Some(person) => Some(app.session(person.id).await.1),
                None => None,
            };
            let there = path(&world, persona, operation, token.as_deref());
            let there = there.split('?').next().unwrap_or_default();
            let at = template.split('/').position(|part| part == format!("{{{name}}}")).unwrap();
            let known = there.split('/').nth(at).unwrap().to_owned();
            let hidden = ask(&app, &world, persona, operation, token.as_deref()).await;
            let absent = uuid::Uuid::now_v7().to_string();
            let call = super::foreign::call_as(&app, &world, persona, operation, token.as_deref(), body(&world, id));
            let gone = call.with_path_of(template, name, &absent).send().await;
            assert_eq!(essence(&hidden, &known), essence(&gone, &absent), "{id} by {persona}");
            compared += 1;
        }
    }
    assert!(compared > 200, "only {compared} answers were compared");
}

/// Somebody of one partnership stands towards another one as a stranger of the same kind does.
async fn no_right_in_one_partnership_is_any_in_another(app: App) {
    let (own, other) = (world(&app).await, world(&app).await);
    let pairs = [
        (Persona::Member, Persona::CitizenOutside),
        (Persona::CivilianLeader, Persona::CitizenOutside),
        (Persona::FormerMember, Persona::CitizenOutside),
        (Persona::PoliceLeader, Persona::CommanderElsewhere),
        (Persona::OfficerOnDuty, Persona::CommanderElsewhere),
        (Persona::Commander, Persona::CommanderElsewhere),
    ];
    let mut wrong = Vec::new();
    for operation in operations(&description()) {
        // Whether there is an object at all that is somebody's.
        if !operation.2.contains('{') || operation.2.contains("session_id") || operation.2.contains("{invitation_id}") {
            continue;
        }
        for (persona, stands) in pairs {
            let person = own.personas[&persona].as_ref().unwrap();
            let token = app.session(person.id).await.1;
            let answer = ask(&app, &other, stands, operation, Some(&token)).await;
            let expected = said(decision(operation.0, stands));
            if decided(&answer) != expected {
                wrong.push(format!("{} by {persona}: {} and not {expected}", operation.0, answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `name` may refer to that is not theirs to see: somebody or something of another partnership, which nobody of this
/// one knows.
fn foreign_id(other: &World, name: &str) -> Option<String> {
    Some(match name {
        "membership_id" | "mentor_membership_id" => other.ids["membership_id"].clone(),
        "partnership_id" => other.ids["hidden_partnership"].clone(),
        "meeting_id" => other.ids["hidden_meeting"].clone(),
        "need_id" => other.ids["need_id"].clone(),
        "partner_id" => other.ids["partner_id"].clone(),
        "objective_id" => other.ids["objective_id"].clone(),
        "task_id" => other.ids["task_id"].clone(),
        "corrects_id" | "goal_id" | "replaces_id" => other.ids["goal_id"].clone(),
        "previous_id" | "decision_id" => other.ids["decision_id"].clone(),
        "agenda_item_id" => other.ids["agenda_item_id"].clone(),
        "account_id" | "assignee_id" | "owner_id" | "officer_id" | "mentor_id" | "presenter_id" | "mover_id"
        | "seconder_id" | "civilian_chair_id" | "police_chair_id" => other.ids["attendee"].clone(),
        // Public.
        "area_id" | "agency_id" | "parent_id" | "client_uuid" => return None,
        other => panic!("the matrix does not know what {other} refers to"),
    })
}

async fn what_is_named_in_a_body_and_is_not_to_be_seen_is_absent(app: App) {
    let (own, other) = (world(&app).await, world(&app).await);
    let mut compared = 0;
    for operation in operations(&description()) {
        let Some(base) = body(&own, operation.0) else { continue };
        let schema = resolve(&operation.3["requestBody"]["content"]["application/json"]["schema"]);
        for (name, property) in schema["properties"].as_object().unwrap() {
            let Some(hidden) = (property["format"] == "uuid").then(|| foreign_id(&other, name)).flatten() else {
                continue;
            };
            let persona = allowed(operation.0);
            let token = own.personas[&persona].as_ref().map(|person| person.token.clone());
            let mut seen = Vec::new();
            for id in [hidden, uuid::Uuid::now_v7().to_string()] {
                let mut sent = base.clone();
                sent[name] = json!(id);
                let call = super::foreign::call_as(&app, &own, persona, operation, token.as_deref(), Some(sent));
                let answer = call.send().await;
                assert!(answer.status >= 400, "{}: takes {name} of another: {:#}", operation.0, answer.body);
                seen.push(essence(&answer, &id));
            }
            assert_eq!(seen[0], seen[1], "{} {name}", operation.0);
            compared += 1;
        }
    }
    assert!(compared > 5, "only {compared} were compared");
}

/// Follows a list to its end; the ids in their order.
async fn all_of(app: &App, path: &str, by: Option<&Person>) -> Vec<String> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page =
            app.get(format!("{path}{joint}limit=3{cursor}")).by_or_nobody(by).unchecked().send().await.expect(200);
        found.extend(page.items().iter().map(|item| item["id"].as_str().unwrap_or_default().to_owned()));
        let Some(next) = page.body["next_cursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

async fn lists_count_find_and_continue_only_what_their_reader_sees(app: App) {
    let (own, other) = (world(&app).await, world(&app).await);
    let (mut lists, mut filters, mut cursors) = (0, 0, 0);
    for operation in operations(&description()) {
        let (id, _, _, described) = operation;
        let parameters: Vec<Value> = described["parameters"].as_array().into_iter().flatten().map(resolve).collect();
        let query = |name: &str| parameters.iter().any(|p| p["in"] == "query" && p["name"] == name);
        if !query("include") {
            continue;
        }
        lists += 1;
        let mut seen: Vec<(Persona, BTreeSet<String>, Option<String>)> = Vec::new();
        for persona in Persona::ALL.iter().copied().filter(|persona| decision(id, *persona) == Decision::Allow) {
            let person = own.personas[&persona].as_ref();
            let base = path(&own, persona, operation, None);
            let joint = if base.contains('?') { '&' } else { '?' };
            let visible = all_of(&app, &base, person).await;
            let first =
                app.get(format!("{base}{joint}limit=1&include=total")).by_or_nobody(person).send().await.expect(200);
            assert_eq!(first.body["total"], visible.len(), "{id} by {persona} counts what it does not show");
            seen.push((persona, visible.into_iter().collect(), first.body["next_cursor"].as_str().map(str::to_owned)));
            // A filter by what is hidden is a filter by what is not there.
            for name in
                ["partnership_id", "meeting_id", "officer_id", "account_id"].into_iter().filter(|name| query(name))
            {
                let hidden = foreign_id(&other, name).unwrap();
                let mut answers = Vec::new();
                for value in [hidden, uuid::Uuid::now_v7().to_string()] {
                    let path = format!("{}?include=total&{name}={value}", operation.2);
                    answers.push(essence(&app.get(path).by_or_nobody(person).send().await, &value));
                }
                if persona != Persona::Administrator {
                    assert_eq!(answers[0], answers[1], "{id} by {persona} with {name}");
                    filters += 1;
                }
            }
            if query("q") && persona != Persona::Administrator && id != "list_areas" && id != "list_agencies" {
                for text in ["Unseen", "Nothing+of+the+kind"] {
                    let joint = if base.contains('?') { '&' } else { '?' };
                    let found =
                        app.get(format!("{base}{joint}include=total&q={text}")).by_or_nobody(person).send().await;
                    let found = found.expect(200);
                    assert_eq!(
                        (&found.body["total"], found.items().len()),
                        (&json!(0), 0),
                        "{id} by {persona}: {text}"
                    );
                }
            }
        }
        for (giver, _, cursor) in &seen {
            let Some(cursor) = cursor else { continue };
            for (taker, visible, _) in &seen {
                let base = path(&own, *taker, operation, None);
                let joint = if base.contains('?') { '&' } else { '?' };
                let person = own.personas[taker].as_ref();
                let page = app.get(format!("{base}{joint}cursor={cursor}")).by_or_nobody(person).send().await;
                let items = page.body["items"].as_array().cloned().unwrap_or_default();
                for item in items.iter().filter_map(|item| item["id"].as_str()) {
                    assert!(visible.contains(item), "{id}: {taker} goes on from {giver}'s cursor to {item}");
                }
                cursors += 1;
            }
        }
    }
    assert!(lists > 25 && filters > 10 && cursors > 100, "{lists} lists, {filters} filters, {cursors} cursors");
}

both_engines![
    what_is_hidden_is_byte_for_byte_what_is_absent,
    no_right_in_one_partnership_is_any_in_another,
    what_is_named_in_a_body_and_is_not_to_be_seen_is_absent,
    lists_count_find_and_continue_only_what_their_reader_sees
];
