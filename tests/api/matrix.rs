//! The authorization matrix: every operation × every kind of caller, asked of the server and compared with the policies'
//! own table.

use std::collections::HashMap;

use serde_json::{Value, json};
use threekeys::accounts::Persona;
use threekeys::permissions;
use threekeys::platform::policy::Decision;

use crate::support::app::description;
use crate::support::forming::{Formed, objective, proposal};
use crate::support::people::PASSWORD;
use crate::support::world::{meeting_body, visit_body};
use crate::support::{Answer, App, Person};

/// A partnership with everything that an operation may be about, and somebody of each kind around it.
struct World {
    p: Formed,
    personas: HashMap<Persona, Option<Person>>,
    ids: HashMap<&'static str, String>,
    /// An open invitation to each persona.
    invitations: HashMap<Persona, String>,
}

/// Names of path parameters, and what they stand for here.
fn parameter(world: &World, persona: Persona, name: &str) -> String {
    match name {
        "invitation_id" => world.invitations.get(&persona).unwrap_or(&world.ids["membership_invitation"]).clone(),
        _ => world.ids.get(name).unwrap_or_else(|| panic!("the matrix does not know {name}")).clone(),
    }
}

async fn world(app: &App) -> World {
    let p = app.with_mission().await;
    let (goal, objective) = app.adopted_goal(&p).await;
    let third = app.citizen().await;
    let third_membership = app.join(&p, &third, &p.resident).await;
    let seat = json!({"membership_id": third_membership, "kind": "deputy", "selection_method": "consensus"});
    let seat = app.post(p.path("/seats")).by(&p.resident).json(seat).send().await.expect(201).id();
    let text = json!({"text": "A second mission that waits for its signatures."});
    let mission = app.post(p.path("/missions")).by(&p.resident).json(text).send().await.expect(201).id();
    let former = app.citizen().await;
    let membership = app.join(&p, &former, &p.resident).await;
    app.post(format!("/memberships/{membership}/leave")).by(&former).if_match(2).send().await.expect(200);
    let elsewhere = app.district(p.agency).await;
    let other_agency = app.agency().await;
    let other_area = app.district(other_agency).await;
    let target = app.officer(p.agency).await;
    let admin = app.administrator().await;
    let invited = json!({"email": "invited@example.org", "kind": "officer", "agency_id": p.agency.to_string()});
    let invitation = app.post("/invitations").by(&admin).fresh_key().json(invited).send().await.expect(201).id();
    let duty = app.officer(p.agency).await;
    let duty = json!({"account_id": duty.id, "role": "officer", "starts_on": "2027-03-01", "is_public": false});
    let duty = app.post(format!("/areas/{}/assignments", p.area)).by(&admin).json(duty).send().await.expect(201).id();
    let link =
        json!({"agency_id": p.agency, "group": "crime_prevention", "title": "Watch", "url": "https://a.example"});
    let link = app.post("/resource-links").by(&admin).json(link).send().await.expect(201).id();
    let soon = json!({"starts_local": "2027-03-01T12:30", "ends_local": "2027-03-01T14:00"});
    let meeting = app.post(p.path("/meetings")).by(&p.resident).json(meeting_body(soon));
    let meeting = meeting.send().await.expect(201).id();
    let of_meeting = |rest: &str| format!("/meetings/{meeting}{rest}");
    app.post(of_meeting("/start")).by(&p.resident).if_match(1).send().await.expect(200);
    let minutes = json!({"text": "What was said.", "visibility": "public"});
    app.put(of_meeting("/minutes")).by(&p.resident).json(minutes).send().await.expect(201);
    let item = json!({"what": "Call the lamp office", "assignee_id": third.id, "due_on": "2027-04-01"});
    let item = app.post(of_meeting("/action-items")).by(&p.resident).json(item).send().await.expect(201).id();
    let visit = visit_body(p.area, json!({"group_kind": "partnership", "partnership_id": p.id}));
    let log = app.post("/officer-logs").by(&p.officer).json(visit).send().await.expect(201).id();
    let personas: HashMap<Persona, Option<Person>> = HashMap::from([
        (Persona::Anonymous, None),
        (Persona::CitizenOutside, Some(app.citizen().await)),
        (Persona::Member, Some(p.neighbor.clone())),
        (Persona::CivilianLeader, Some(p.resident.clone())),
        (Persona::PoliceLeader, Some(p.officer.clone())),
        (Persona::FormerMember, Some(former)),
        (Persona::OfficerOnDuty, Some(app.officer_on_duty(p.agency, p.area).await)),
        (Persona::OfficerElsewhere, Some(app.officer_on_duty(p.agency, elsewhere).await)),
        (Persona::Commander, Some(p.commander.clone())),
        (Persona::CommanderElsewhere, Some(app.commander_of(other_agency, other_area).await)),
        (Persona::AgencyStaff, Some(app.staff(other_agency).await)),
        (Persona::Administrator, Some(admin)),
    ]);
    assert_eq!(personas.len(), Persona::ALL.len());
    let mut invitations = HashMap::new();
    for (persona, person) in &personas {
        if let Some(person) = person {
            let made =
                app.post(p.path("/invitations")).by(&p.resident).fresh_key().json(json!({"email": person.email}));
            invitations.insert(*persona, made.send().await.expect(201).id());
        }
    }
    let waiting =
        app.post(p.path("/invitations")).by(&p.resident).fresh_key().json(json!({"email": "waits@example.org"}));
    let waiting = waiting.send().await.expect(201).id();
    let ids = HashMap::from([
        ("partnership_id", p.id.clone()),
        ("account_id", target.id.to_string()),
        ("membership_id", third_membership),
        ("membership_invitation", waiting),
        ("account_invitation", invitation),
        ("seat_id", seat),
        ("mission_id", mission),
        ("goal_id", goal),
        ("objective_id", objective),
        ("area_id", p.area.to_string()),
        ("agency_id", p.agency.to_string()),
        ("assignment_id", duty),
        ("resource_link_id", link),
        ("meeting_id", meeting),
        ("attendee", third.id.to_string()),
        ("action_item_id", item),
        ("officer_log_id", log),
    ]);
    World { p, personas, ids, invitations }
}

/// A body with which the request gets as far as the policy. Operations that have none answer `None`.
fn body(world: &World, operation: &str) -> Option<Value> {
    let nobody = "nobody@example.org";
    let email = format!("{}@example.org", uuid::Uuid::now_v7().simple());
    let token = "tkx_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    Some(match operation {
        "register_account" => {
            json!({"email": email, "password": PASSWORD, "display_name": "X", "is_13_or_older": true})
        }
        "verify_email" => json!({"token": token, "password": PASSWORD}),
        "request_email_verification" | "request_password_reset" => json!({"email": nobody}),
        "log_in" => json!({"email": email, "password": PASSWORD}),
        "refresh_session" => json!({"refresh_token": token}),
        "reset_password" => json!({"token": token, "new_password": PASSWORD}),
        "accept_invitation" | "bootstrap_installation" => {
            json!({"token": token, "email": email, "password": PASSWORD, "display_name": "X"})
        }
        "change_password" => json!({"current_password": "not the password", "new_password": PASSWORD}),
        "step_up_session" => json!({"password": "not the password"}),
        "begin_authenticator" => json!({}),
        "confirm_authenticator" => json!({"code": "000000"}),
        "close_own_account" => json!({"password": "not the password"}),
        "update_own_account" | "update_own_profile" | "update_account" | "renew_verification" => json!({}),
        "suspend_account" | "reinstate_account" | "close_account" | "reset_authenticator" => {
            json!({"reason": "Because."})
        }
        "create_invitation" => json!({"email": email, "kind": "officer", "agency_id": world.p.agency.to_string()}),
        "create_agency" => json!({"name": "Another", "kind": "other", "time_zone": "America/Chicago", "emergency":
            {"emergency": "911", "text_to_911": true, "non_emergency": "+19135963000", "languages": ["en"]}}),
        "create_area" => json!({"agency_id": world.p.agency, "kind": "city", "name": "Another"}),
        "create_resource_link" => json!({"agency_id": world.p.agency, "group": "crime_prevention", "title": "Another",
            "url": "https://another.example"}),
        "create_assignment" => json!({"account_id": world.ids["account_id"], "role": "officer",
            "starts_on": "2027-03-01", "is_public": false}),
        "update_agency" | "update_area" | "update_resource_link" | "update_assignment" => json!({}),
        "propose_partnership" => proposal(world.p.area, "Another"),
        "update_partnership" | "update_goal" | "update_objective" => json!({}),
        "decline_partnership" | "remove_membership" => json!({"reason": "Because."}),
        "request_membership" => json!({}),
        "update_membership" => json!({"role": "secretary"}),
        "invite_member" => json!({"email": email}),
        "nominate_leader" => {
            json!({"membership_id": world.ids["membership_id"], "kind": "deputy", "selection_method": "consensus"})
        }
        "end_seat" => json!({"end_reason": "moved"}),
        "propose_mission" => json!({"text": "One more mission, with enough words."}),
        "create_goal" => {
            json!({"title": "Another goal", "description": "With enough words in it.", "target_on": "2027-11-30"})
        }
        "close_goal" => json!({"result": "achieved", "assessment": "It was reached, as all can see."}),
        "create_objective" => objective(),
        "record_measurement" => json!({"value": 9, "measured_on": "2027-02-28", "source": "Calls for service"}),
        "schedule_meeting" => meeting_body(json!({})),
        "update_meeting" | "update_action_item" => json!({}),
        "cancel_meeting" | "dispute_officer_log" | "drop_action_item" => json!({"reason": "Because."}),
        "answer_rsvp" => json!({"answer": "no"}),
        "record_attendance" => json!({"account_id": world.ids["account_id"]}),
        "record_head_count" => json!({"side": "civilian", "organisation_kind": "residents_group", "count": 7}),
        "write_minutes" => json!({"text": "What was said, again.", "visibility": "public"}),
        "create_action_item" => json!({"what": "Call again", "due_on": "2027-04-01", "no_owner_found": true}),
        "log_meeting" => visit_body(world.p.area, json!({})),
        "amend_officer_log" => json!({"reason": "Because.", "no_cji_attestation": true, "mood": 3}),
        _ => return None,
    })
}

/// The session that a token is for; anybody's where it is none.
fn session_of(token: Option<&str>) -> String {
    use base64::Engine as _;
    let claims = token.and_then(|token| token.split('.').nth(1)).unwrap_or_default();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&claims).unwrap_or_default();
    claims["sid"].as_str().map_or_else(|| uuid::Uuid::now_v7().to_string(), ToOwned::to_owned)
}

/// What the answer says of the decision.
fn decided(answer: &Answer) -> &'static str {
    match (answer.status, answer.body["code"].as_str()) {
        (401, Some("unauthenticated")) => "sign in",
        (403, Some("forbidden")) => "forbid",
        (404, Some("not_found")) => "hide",
        (400, code) => panic!("{} did not get to its policy: {code:?} {:#}", answer.request, answer.body),
        (415, _) => panic!("{} needs a body", answer.request),
        _ => "allow",
    }
}

async fn ask(
    app: &App,
    world: &World,
    persona: Persona,
    operation: (&str, &str, &str, &Value),
    token: Option<&str>,
) -> Answer {
    let (id, method, template, described) = operation;
    let mut path = template.to_owned();
    for parameter_in in described["parameters"].as_array().into_iter().flatten() {
        let name = parameter_in["name"].as_str().unwrap_or_default();
        if parameter_in["in"] != "path" {
            continue;
        }
        let value = match (name, id) {
            ("account_id", "remove_attendance") => world.ids["attendee"].clone(),
            ("session_id", _) => session_of(token),
            ("invitation_id", "get_invitation" | "revoke_invitation") => world.ids["account_invitation"].clone(),
            ("invitation_id", "revoke_membership_invitation") => world.ids["membership_invitation"].clone(),
            ("partnership_id", "request_membership") => world.ids["closed_partnership"].clone(),
            _ => parameter(world, persona, name),
        };
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    if described["parameters"].as_array().into_iter().flatten().any(|p| p["required"] == true && p["in"] == "query") {
        path.push_str(match id {
            "locate_place" => "?lat=39.1&lon=-94.6",
            other => panic!("the matrix does not know the query of {other}"),
        });
    }
    if id == "list_officer_logs" {
        // Leaders list what is linked to their partnership.
        path.push_str(&format!("?partnership_id={}", world.ids["partnership_id"]));
    }
    if id == "get_emergency" {
        // Of more than one police agency it is to be said which.
        path.push_str(&format!("?agency_id={}", world.ids["agency_id"]));
    }
    if id == "remove_attendance" {
        // What the last caller may have removed is there again.
        let entry = json!({"account_id": world.ids["attendee"]});
        let attendance = format!("/meetings/{}/attendance", world.ids["meeting_id"]);
        let again = app.post(attendance).by(&world.p.resident).json(entry).send().await;
        assert!(matches!(again.status, 201 | 409), "{:#}", again.body);
    }
    let mut call = match method {
        "get" => app.get(path),
        "post" => app.post(path),
        "put" => app.put(path),
        "patch" => app.patch(path),
        _ => app.delete(path),
    };
    if let Some(token) = token {
        call = call.header("authorization", format!("Bearer {token}"));
    }
    // A version that nobody has: whoever is allowed gets 412, and nothing changes for the next.
    call = call.if_match(9_999_999);
    if method == "post" {
        call = call.fresh_key();
    }
    match body(world, id) {
        Some(body) => call = call.json(body),
        None => assert!(described.get("requestBody").is_none(), "the matrix has no body for {id}"),
    }
    call.send().await
}

async fn every_operation_decides_every_persona_as_its_policy_says(app: App) {
    let mut world = world(&app).await;
    // Whoever may ask to join is told that this one is over, so that nobody's standing changes.
    let closed = app.forming().await;
    let id: uuid::Uuid = closed.id.parse().unwrap();
    app.db(move |conn| {
        use diesel::prelude::*;
        use threekeys::schema::partnerships;
        diesel::update(partnerships::table.find(threekeys::ids::PartnershipId(id)))
            .set(partnerships::state.eq("closed"))
            .execute(conn)
    })
    .await;
    world.ids.insert("closed_partnership", closed.id.clone());
    let description = description();
    let table = permissions::table();
    let in_api: Vec<_> =
        description.operations().into_iter().filter(|(_, _, path, _)| path.starts_with("/api/")).collect();
    let mut described: Vec<&str> = in_api.iter().map(|(id, ..)| *id).collect();
    let mut decided_by_policy: Vec<&str> = table.iter().map(|permission| permission.operation).collect();
    described.sort_unstable();
    decided_by_policy.sort_unstable();
    assert_eq!(described, decided_by_policy, "each described operation has an action, and each action a description");
    let mut wrong = Vec::new();
    for operation in in_api {
        let permission = table.iter().find(|permission| permission.operation == operation.0).unwrap();
        for (persona, decision) in &permission.decisions {
            // Each time in a session of its own: some operations end sessions.
            let token = match &world.personas[persona] {
                Some(person) => Some(app.session(person.id).await.1),
                None => None,
            };
            let answer = ask(&app, &world, *persona, operation, token.as_deref()).await;
            let expected = match decision {
                Decision::Allow => "allow",
                Decision::SignIn => "sign in",
                Decision::Prove => "prove",
                Decision::Forbid(_) => "forbid",
                Decision::Hide => "hide",
            };
            if decided(&answer) != expected {
                wrong.push(format!(
                    "{} by {persona}: policy {expected}, server {} {}",
                    operation.0, answer.status, answer.body["code"]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of the decisions differ:\n{}", wrong.len(), wrong.join("\n"));
}

async fn no_operation_takes_a_token_that_has_lost_its_force(app: App) {
    use diesel::prelude::*;
    use threekeys::schema::{accounts, sessions};
    let world = world(&app).await;
    let (suspended, ended, idle) = (app.citizen().await, app.citizen().await, app.citizen().await);
    let (account, session, idle_session, now) = (suspended.id, ended.session, idle.session, app.now());
    app.db(move |conn| {
        diesel::update(accounts::table.find(account)).set(accounts::state.eq("suspended")).execute(conn)?;
        diesel::update(sessions::table.find(session))
            .set((sessions::ended_at.eq(now), sessions::end_reason.eq("logged_out")))
            .execute(conn)?;
        diesel::update(sessions::table.find(idle_session)).set(sessions::idle_expires_at.eq(now)).execute(conn)
    })
    .await;
    for operation in description().operations().into_iter().filter(|(_, _, path, _)| path.starts_with("/api/")) {
        if operation.0 == "request_membership" {
            continue;
        }
        for token in [&suspended.token, &ended.token, &idle.token, "not-a-token"] {
            let answer = ask(&app, &world, Persona::CitizenOutside, operation, Some(token)).await;
            let fits = answer.status == 401 && answer.body["code"] == "unauthenticated";
            assert!(fits, "{}: {} {}", operation.0, answer.status, answer.body["code"]);
        }
    }
}

both_engines![
    every_operation_decides_every_persona_as_its_policy_says,
    no_operation_takes_a_token_that_has_lost_its_force
];
