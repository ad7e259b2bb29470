//! The authorization matrix: every operation × every kind of caller, asked of the server and compared with the policies'
//! own table.

use serde_json::json;
use threekeys::accounts::{AccountKind, Persona};
use threekeys::permissions;
use threekeys::platform::clock::minutes;
use threekeys::platform::keys::Claims;
use threekeys::platform::policy::Decision;

use super::world::{Operation, World, body, operations, path, world};
use crate::support::app::description;
use crate::support::{Answer, App};

/// What the answer says of the decision.
pub fn decided(answer: &Answer) -> &'static str {
    match (answer.status, answer.body["code"].as_str()) {
        (401, Some("unauthenticated")) => "sign in",
        (401, Some("step_up_required")) => "prove",
        (403, Some("forbidden")) => "forbid",
        (404, Some("not_found")) => "hide",
        (400, code) => panic!("{} did not get to its policy: {code:?} {:#}", answer.request, answer.body),
        (415, _) => panic!("{} needs a body", answer.request),
        _ => "allow",
    }
}

/// What an answer has to say of it.
pub fn said(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::SignIn => "sign in",
        Decision::Prove | Decision::ProveMore => "prove",
        Decision::Forbid(_) => "forbid",
        Decision::Hide => "hide",
    }
}

pub async fn ask(app: &App, world: &World, persona: Persona, operation: Operation<'_>, token: Option<&str>) -> Answer {
    let (id, method, _, described) = operation;
    let path = path(world, persona, operation, token);
    if matches!(id, "remove_attendance" | "record_presence") {
        // What the last caller may have removed is there again.
        let entry = json!({"account_id": world.ids["attendee"]});
        let attendance = format!("/meetings/{}/attendance", world.ids["meeting_id"]);
        let again = app.post(attendance).by(&world.p.resident).json(entry).send().await;
        assert!(matches!(again.status, 201 | 409), "{:#}", again.body);
    }
    if id == "remove_contributor" {
        let entry = json!({"account_id": world.ids["attendee"]});
        let contributors = format!("/goals/{}/contributors", world.ids["goal_id"]);
        let again = app.post(contributors).by(&world.p.resident).json(entry).send().await;
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
    if id == "reaffirm_stance" {
        // Whoever has just taken one changes nothing by affirming it.
        call = call.unchecked();
    }
    call.send().await
}

async fn every_operation_decides_every_persona_as_its_policy_says(app: App) {
    let world = world(&app).await;
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
    for (id, _, _, operation) in &in_api {
        let nobody = table.iter().find(|p| p.operation == *id).and_then(|p| p.of(Persona::Anonymous)).unwrap();
        let ways = operation["security"].as_array().unwrap();
        let demanded = ways.iter().all(|way| way.get("bearer").is_some());
        assert_eq!(demanded, nobody == Decision::SignIn, "{id}: the description says otherwise than its policy");
    }
    for operation in in_api {
        let permission = table.iter().find(|permission| permission.operation == operation.0).unwrap();
        for (persona, decision) in &permission.decisions {
            // Each time in a session of its own: some operations end sessions.
            let token = match &world.personas[persona] {
                Some(person) => Some(app.session(person.id).await.1),
                None => None,
            };
            let answer = ask(&app, &world, *persona, operation, token.as_deref()).await;
            let expected = said(*decision);
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
    let (pending, closed, expired) = (app.citizen().await, app.citizen().await, app.citizen().await);
    let (account, session, idle_session, now) = (suspended.id, ended.session, idle.session, app.now());
    let (unverified, gone) = (pending.id, closed.id);
    app.db(move |conn| {
        diesel::update(accounts::table.find(account)).set(accounts::state.eq("suspended")).execute(conn)?;
        diesel::update(accounts::table.find(unverified))
            .set(accounts::state.eq("pending_verification"))
            .execute(conn)?;
        diesel::update(accounts::table.find(gone)).set(accounts::state.eq("closed")).execute(conn)?;
        diesel::update(sessions::table.find(session))
            .set((sessions::ended_at.eq(now), sessions::end_reason.eq("logged_out")))
            .execute(conn)?;
        diesel::update(sessions::table.find(idle_session)).set(sessions::idle_expires_at.eq(now)).execute(conn)
    })
    .await;
    let keys = &app.state.keys;
    let mut claims = keys.claims(expired.id.0, expired.session.0, now, vec!["pwd".into()], minutes(10));
    let hour = 3600;
    claims = Claims { iat: claims.iat - hour, nbf: claims.nbf - hour, exp: claims.exp - hour, ..claims };
    let past = keys.sign(&claims).unwrap();
    for operation in operations(&description()) {
        let all = [&suspended, &pending, &closed, &ended, &idle].map(|person| person.token.as_str());
        for token in all.into_iter().chain([past.as_str(), "not-a-token"]) {
            let answer = ask(&app, &world, Persona::CitizenOutside, operation, Some(token)).await;
            let fits = answer.status == 401 && answer.body["code"] == "unauthenticated";
            assert!(fits, "{}: {} {}", operation.0, answer.status, answer.body["code"]);
        }
    }
}

/// Operations that are about nobody but the owner of the session.
fn is_own(path: &str) -> bool {
    let own = |front: &str| path.strip_prefix(front).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let of_rights = path.ends_with("/membership-invitations") || path.ends_with("/calendar-address");
    (own("/api/v1/account") || own("/api/v1/sessions")) && !of_rights
}

async fn without_the_second_factor_there_is_nothing_but_ones_own(app: App) {
    let world = world(&app).await;
    let table = permissions::table();
    for persona in Persona::ALL.iter().filter(|persona| persona.kind().is_some_and(AccountKind::is_staff)) {
        for operation in operations(&description()) {
            let permission = table.iter().find(|permission| permission.operation == operation.0).unwrap();
            if permission.of(Persona::Anonymous) != Some(Decision::SignIn) || is_own(operation.2) {
                continue;
            }
            let who = world.personas[persona].as_ref().unwrap();
            let token = app.session_proved(who.id, "pwd", app.now()).await.1;
            let answer = ask(&app, &world, *persona, operation, Some(&token)).await;
            // What it is about may not exist for somebody who is nobody here.
            let refused = answer.body["code"] == "step_up_required" || answer.status == 404;
            assert!(refused, "{} by {persona}: {} {:#}", operation.0, answer.status, answer.body);
        }
    }
}

async fn what_matters_most_is_refused_to_every_persona_whose_proof_is_old(app: App) {
    let world = world(&app).await;
    let mut asked = 0;
    for permission in permissions::table().iter().filter(|permission| permission.wants_fresh_proof) {
        let described = description();
        let operation = operations(&described).into_iter().find(|(id, ..)| *id == permission.operation).unwrap();
        for (persona, decision) in &permission.decisions {
            if *decision != Decision::Allow {
                continue;
            }
            let who = world.personas[persona].as_ref().unwrap();
            let (old, new) = (app.now().minus(minutes(5) + minutes(1) / 60), app.now().minus(minutes(5)));
            let token = app.session_proved(who.id, "pwd otp mfa", old).await.1;
            let answer = ask(&app, &world, *persona, operation, Some(&token)).await;
            assert_eq!(answer.body["code"], "step_up_required", "{} by {persona}: {}", operation.0, answer.status);
            let token = app.session_proved(who.id, "pwd otp mfa", new).await.1;
            let answer = ask(&app, &world, *persona, operation, Some(&token)).await;
            assert_ne!(answer.body["code"], "step_up_required", "{} by {persona}", operation.0);
            asked += 1;
        }
    }
    assert!(asked > 40, "only {asked}");
}

both_engines![
    without_the_second_factor_there_is_nothing_but_ones_own,
    what_matters_most_is_refused_to_every_persona_whose_proof_is_old,
    every_operation_decides_every_persona_as_its_policy_says,
    no_operation_takes_a_token_that_has_lost_its_force
];
