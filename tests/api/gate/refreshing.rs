//! Refresh tokens: one family, one successor, and an end to it when a copy turns up.

use std::time::Duration;

use diesel::prelude::*;
use futures_util::future::join_all;
use serde_json::json;
use threekeys::ids::SessionId;
use threekeys::schema::{refresh_tokens, sessions};

use crate::support::people::PASSWORD;
use crate::support::{Answer, App};

async fn opened(app: &App, email: &str) -> Answer {
    app.post("/sessions").json(json!({"email": email, "password": PASSWORD})).send().await.expect(201)
}

async fn refresh(app: &App, token: &str) -> Answer {
    app.post("/sessions/refresh").json(json!({"refresh_token": token})).unchecked().send().await
}

/// Tokens of the session, used ones, and whether it has ended.
async fn family(app: &App, session: &str) -> (i64, i64, bool) {
    let id: SessionId = session.parse().unwrap();
    app.db(move |conn| {
        let all = || refresh_tokens::table.filter(refresh_tokens::session_id.eq(id));
        Ok((
            all().count().get_result(conn)?,
            all().filter(refresh_tokens::used_at.is_not_null()).count().get_result(conn)?,
            sessions::table.find(id).select(sessions::ended_at.is_not_null()).get_result(conn)?,
        ))
    })
    .await
}

async fn a_family_grows_by_one_however_many_ask_at_once(app: App) {
    let ann = app.citizen().await;
    let first = opened(&app, &ann.email).await;
    let session = first.str("session_id");
    let mut token = first.str("refresh_token");
    for generation in 1..=5 {
        let answers = join_all((0..20).map(|_| refresh(&app, &token))).await;
        let mut successors: Vec<String> = answers.into_iter().map(|a| a.expect(200).str("refresh_token")).collect();
        successors.dedup();
        assert_eq!(successors.len(), 1, "generation {generation}");
        assert_eq!(family(&app, &session).await, (generation + 1, generation, false));
        assert_ne!(successors[0], token);
        token = successors.remove(0);
    }
}

async fn a_lost_answer_is_given_again_and_only_while_it_may_be_lost(app: App) {
    let ann = app.citizen().await;
    let first = opened(&app, &ann.email).await;
    let (session, token) = (first.str("session_id"), first.str("refresh_token"));
    let mut again = Vec::new();
    for _ in 0..10 {
        // Nine of these answers got lost.
        again.push(refresh(&app, &token).await.expect(200).str("refresh_token"));
        app.pass(Duration::from_secs(1));
    }
    again.dedup();
    assert_eq!(again.len(), 1);
    // The successor was used meanwhile by whoever got an answer: the lost one still leads to the same place.
    let third = refresh(&app, &again[0]).await.expect(200).str("refresh_token");
    assert_eq!(refresh(&app, &token).await.expect(200).str("refresh_token"), again[0]);
    assert_eq!(family(&app, &session).await, (3, 2, false));
    app.pass(Duration::from_secs(11));
    refresh(&app, &token).await.problem(401, "token_rejected");
    assert_eq!(family(&app, &session).await, (3, 2, true));
    for token in [&token, &again[0], &third] {
        refresh(&app, token).await.problem(401, "token_rejected");
    }
    let access = first.str("access_token");
    app.get("/account")
        .header("authorization", format!("Bearer {access}"))
        .send()
        .await
        .problem(401, "unauthenticated");
}

async fn every_copy_of_a_chain_ends_its_session_and_no_other(app: App) {
    let ann = app.citizen().await;
    for used in 0..4 {
        let (mine, other) = (opened(&app, &ann.email).await, opened(&app, &ann.email).await);
        let mut chain = vec![mine.str("refresh_token")];
        for _ in 0..4 {
            app.pass(Duration::from_secs(11));
            chain.push(refresh(&app, chain.last().unwrap()).await.expect(200).str("refresh_token"));
        }
        // The copy and its owner at once: whoever is second, both are out.
        app.pass(Duration::from_secs(11));
        let (copy, owner) = futures_util::future::join(refresh(&app, &chain[used]), refresh(&app, &chain[4])).await;
        assert_eq!(copy.status, 401, "{used}");
        let after = if owner.status == 200 { owner.str("refresh_token") } else { chain[4].clone() };
        refresh(&app, &after).await.problem(401, "token_rejected");
        assert!(family(&app, &mine.str("session_id")).await.2, "{used}");
        refresh(&app, &other.str("refresh_token")).await.expect(200);
    }
}

both_engines![
    a_family_grows_by_one_however_many_ask_at_once,
    a_lost_answer_is_given_again_and_only_while_it_may_be_lost,
    every_copy_of_a_chain_ends_its_session_and_no_other,
];
