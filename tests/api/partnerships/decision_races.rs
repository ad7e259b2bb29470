//! Two at once in a decision; what its history comes to; and what it costs.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant as Monotonic};

use diesel::connection::SimpleConnection as _;
use futures_util::future::join;
use serde_json::{Value, json};
use threekeys::accounts::Side;
use threekeys::partnerships::decisions::Method;
use threekeys::partnerships::decisions::consensus::{Ballot, Heads, Rules, Verdict, judge};
use threekeys::platform::clock::{days, hours};
use threekeys::platform::config::Consensus;

use crate::support::counting::counted;
use crate::support::forming::Formed;
use crate::support::{App, Person, page_through};

/// Rounds of each race, on each engine.
const ROUNDS: usize = 100;

async fn a_stance_while_the_text_changes_is_stale_or_refused(app: App) {
    let p = app.led().await;
    let id = app.called(&p, json!({})).await;
    let (mut taken, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let row = app.decision(&id, &p.resident).await;
        let number = i32::try_from(row["text_number"].as_i64().unwrap()).unwrap();
        let text = json!({"text": format!("We ask the city for {round} lamps in the alleys behind the avenue.")});
        let amend = app.post(format!("/decisions/{id}/amend")).by(&p.resident).if_match(row["version"].clone());
        let stance = app.stance(&id, &p.neighbor, number, "endorse");
        let (amended, said) = join(amend.json(text).unchecked().send(), stance.unchecked().send()).await;
        assert_eq!(amended.status, 200, "round {round}: {:#}", amended.body);
        match said.status {
            200 => taken += 1,
            409 => refused += 1,
            other => panic!("round {round}: {other} {:#}", said.body),
        }
        let left = app.get(format!("/decisions/{id}/stances?include=total")).by(&p.neighbor).send().await.expect(200);
        assert_eq!(left.body["total"], 0, "round {round}: an old stance counts");
        app.step(&id, &p.resident, "sense-check").await;
        let heads = app.result(&id, &p.resident).await["verdict"]["sides"][0]["cast"].clone();
        assert_eq!(heads, 0, "round {round}");
        app.call(&id, &p.resident, 168).await;
    }
    assert_eq!(taken + refused, ROUNDS);
    let kept = page_through(&app, &format!("/decisions/{id}/stances/history"), Some(&p.neighbor)).await;
    assert_eq!(kept.len(), taken, "what was taken is kept");
}

async fn a_stance_that_arrives_while_it_closes_counts_or_is_refused(app: App) {
    let p = app.led().await;
    for round in 0..ROUNDS {
        let id = app.called(&p, json!({})).await;
        for person in [&p.resident, &p.neighbor, &p.officer] {
            app.stance(&id, person, 1, "endorse").send().await.expect(200);
        }
        app.pass(hours(48));
        let version = app.decision(&id, &p.resident).await["version"].clone();
        let close = app.post(format!("/decisions/{id}/close")).by(&p.resident).if_match(version);
        let stance = app.stance(&id, &p.neighbor, 1, "disagree");
        let (closed, said) = join(close.unchecked().send(), stance.unchecked().send()).await;
        assert_eq!(closed.status, 200, "round {round}: {:#}", closed.body);
        let expected = match said.status {
            200 => "not_adopted",
            409 => "adopted",
            other => panic!("round {round}: {other} {:#}", said.body),
        };
        assert_eq!(closed.body["state"], expected, "round {round}: {:#}", closed.body["result"]);
        let counted = app.get(format!("/decisions/{id}/stances?level=disagree")).by(&p.neighbor).send().await;
        assert_eq!(counted.items().len(), usize::from(said.status == 200), "round {round}");
    }
}

async fn two_who_dismiss_and_one_who_withdraws_end_a_block_once(app: App) {
    let p = app.led().await;
    let id = app.called(&p, json!({})).await;
    for round in 0..20 {
        app.stance(&id, &p.neighbor, 1, "block").send().await.expect(200);
        let open = app.get(format!("/decisions/{id}/blocks?state=raised")).by(&p.officer).send().await.expect(200);
        let path = format!("/decision-blocks/{}", open.items()[0]["id"].as_str().unwrap());
        let why = json!({"reason": "A matter of taste."});
        let step = |who: &Person, step: &str, version: i64| {
            app.post(format!("{path}/{step}")).by(who).if_match(version).json(why.clone()).unchecked().send()
        };
        step(&p.officer, "challenge", 1).await.expect(200);
        let (one, other) = join(step(&p.officer, "dismiss", 2), step(&p.resident, "dismiss", 2)).await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "round {round}: the second read it before the first spoke");
        let late = if one.status == 412 { &p.officer } else { &p.resident };
        let withdraw = app.post(format!("{path}/withdraw")).by(&p.neighbor).if_match(3).unchecked().send();
        let (dismissed, withdrawn) = join(step(late, "dismiss", 3), withdraw).await;
        let mut statuses = [dismissed.status, withdrawn.status];
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200, "round {round}");
        assert!(matches!(statuses[1], 409 | 412), "round {round}: {statuses:?}");
        app.stance(&id, &p.neighbor, 1, "stand_aside").send().await.expect(200);
    }
}

/// Numbers that look like chance, the same in every run.
fn chance(seed: &mut u64, below: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap() % below
}

const LEVELS: [&str; 7] =
    ["endorse", "agree_minor", "reservations", "stand_aside", "more_discussion", "dislike_support", "disagree"];

/// Whoever has read nothing but the stances, in whichever order, comes to what was stored when it closed.
async fn the_stored_result_is_what_the_history_comes_to(app: App) {
    let mut seed = 0x7431_u64;
    for round in 0..12 {
        let p = app.led().await;
        let mut people = vec![p.resident.clone(), p.neighbor.clone(), p.officer.clone()];
        for _ in 0..4 {
            let person = app.citizen().await;
            app.join(&p, &person, &p.resident).await;
            people.push(person);
        }
        let officer = app.officer_on_duty(p.agency, p.area).await;
        app.post(p.path("/memberships")).by(&officer).json(json!({})).send().await.expect(201);
        people.push(officer);
        let method = ["consensus", "consent"][chance(&mut seed, 2)];
        let id = app.called(&p, json!({"method": method})).await;
        let mut number = 1;
        for _ in 0..24 {
            let who = &people[chance(&mut seed, people.len())];
            let level = LEVELS[chance(&mut seed, LEVELS.len())];
            match chance(&mut seed, 12) {
                0 => {
                    app.amend(&id, &p.resident, &format!("We ask the city for {number} lamps in the alleys.")).await;
                    app.step(&id, &p.resident, "sense-check").await;
                    app.stance(&id, who, number + 1, level).send().await.expect(200);
                    app.call(&id, &p.resident, 168).await;
                    number += 1;
                }
                1 if who.id != p.resident.id && who.id != p.officer.id && people.len() > 5 => {
                    let path = format!("/memberships/{}", app.membership(&p, who).await);
                    let version = app.get(&path).by(who).send().await.expect(200).version();
                    app.post(format!("{path}/leave")).by(who).if_match(version).send().await.expect(200);
                    let gone = who.id;
                    people.retain(|person| person.id != gone);
                }
                _ => drop(app.stance(&id, who, number, level).unchecked().send().await.expect(200)),
            }
        }
        app.pass(days(8));
        assert_eq!(app.close_decisions().await, 1);
        let closed = app.decision(&id, &p.resident).await;
        let stored: Verdict = serde_json::from_value(closed["result"].clone()).unwrap();
        let mut heads = [Heads::silent(Side::Civilian, 0), Heads::silent(Side::Police, 0)];
        for person in &people {
            let asked = matches!(person.kind, threekeys::accounts::AccountKind::Citizen);
            heads[usize::from(!asked)].eligible += 1;
        }
        // The last that each of those who are still there said of the last text in a final call.
        let mut said: Vec<Value> = Vec::new();
        for list in ["stances", "stances/history"] {
            let page = app.get(format!("/decisions/{id}/{list}?limit=200")).by(&p.resident).send().await.expect(200);
            assert!(page.body["next_cursor"].is_null());
            said.extend(page.items().iter().cloned());
        }
        said.sort_by_key(|stance| (stance["created_at"].to_string(), stance["id"].to_string()));
        let mut last = std::collections::BTreeMap::new();
        for stance in said.iter().filter(|s| s["text_number"] == number && s["phase"] == "final_call") {
            let who = stance["person"]["id"].as_str().unwrap().to_owned();
            if people.iter().any(|person| person.id.to_string() == who) {
                last.insert(who, stance.clone());
            }
        }
        for stance in last.values() {
            let heads = &mut heads[usize::from(stance["side"] == "police")];
            *match stance["level"].as_str().unwrap() {
                "endorse" => &mut heads.endorse,
                "agree_minor" => &mut heads.agree_minor,
                "reservations" => &mut heads.reservations,
                "stand_aside" => &mut heads.stand_aside,
                "more_discussion" => &mut heads.more_discussion,
                "dislike_support" => &mut heads.dislike_support,
                _ => &mut heads.disagree,
            } += 1;
        }
        let method = if method == "consent" { Method::Consent } else { Method::Consensus };
        let (led, ruling) = ([false, false], None);
        let ballot = Ballot { method, is_trial: false, needs_leaders: false, heads, blocks: 0, led, ruling };
        assert_eq!(judge(&ballot, &Rules::from(&Consensus::default())), stored, "round {round}");
    }
}

// ------------------------------------------------------------------------------------------------ what it costs

fn uuid_of(id: &str, postgres: bool) -> String {
    if postgres { format!("'{id}'::uuid") } else { format!("x'{}'", id.replace('-', "")) }
}

/// So many civilian members more, of whom nobody signs in.
async fn crowd(app: &App, p: &Formed, n: usize) {
    let (postgres, id, like) = (app.database_url().starts_with("postgres"), p.id.clone(), p.neighbor.id.to_string());
    app.db(move |conn| {
        let random = if postgres { "gen_random_uuid()" } else { "randomblob(16)" };
        let word = if postgres { "gen_random_uuid()::text" } else { "hex(randomblob(16))" };
        let (id, like) = (uuid_of(&id, postgres), uuid_of(&like, postgres));
        for _ in 0..n {
            // A new account like the neighbor's, with an address of its own, and a membership like the neighbor's.
            conn.batch_execute(&format!(
                "INSERT INTO accounts (id, kind, state, email, email_key, display_name, name_key, shares_contact, \
                     password_hash, version, created_at, updated_at) \
                 SELECT {random}, kind, state, w || '@example.org', w || '@example.org', display_name, name_key, \
                     shares_contact, password_hash, 1, created_at, updated_at \
                 FROM accounts, (SELECT {word} AS w) AS words WHERE id = {like}; \
                 INSERT INTO memberships (id, partnership_id, account_id, side, role, state, joined_at, version, created_at, updated_at) \
                 SELECT {random}, {id}, a.id, 'civilian', 'member', 'active', a.created_at, 1, a.created_at, a.created_at \
                 FROM accounts a WHERE a.kind = 'citizen' AND NOT EXISTS \
                     (SELECT 1 FROM memberships m WHERE m.account_id = a.id) \
                     AND a.name_key = (SELECT name_key FROM accounts WHERE id = {like})"
            ))?;
        }
        Ok(())
    })
    .await;
}

/// Everybody on the roster stands behind it, as if each had said so.
async fn all_endorse(app: &App, id: &str) {
    let (postgres, id) = (app.database_url().starts_with("postgres"), id.to_owned());
    app.db(move |conn| {
        let random = if postgres { "gen_random_uuid()" } else { "randomblob(16)" };
        let (yes, id) = (if postgres { "true" } else { "1" }, uuid_of(&id, postgres));
        conn.batch_execute(&format!(
            "INSERT INTO decision_stances (id, decision_id, number, phase, side, level, account_id, holder, is_current, created_at) \
             SELECT {random}, decision_id, 1, 'final_call', side, 'endorse', account_id, account_id, {yes}, created_at \
             FROM decision_roster WHERE decision_id = {id}; \
             UPDATE decision_roster SET has_cast = {yes} WHERE decision_id = {id}"
        ))
    })
    .await;
}

async fn a_hundred_members_decision_closes_with_as_many_statements_as_a_small_one(app: App) {
    let (app, _, writes) = counted(app).await;
    let mut seen = Vec::new();
    for (n, members) in [(0, 3), (98, 101), (899, 1000)] {
        let p = app.led().await;
        crowd(&app, &p, n).await;
        let id = app.called(&p, json!({})).await;
        all_endorse(&app, &id).await;
        // Some leave in ways that nobody told the decision of.
        let (postgres, of) = (app.database_url().starts_with("postgres"), p.id.clone());
        let leaver = p.neighbor.id;
        if members > 3 {
            app.db(move |conn| {
                conn.batch_execute(&format!(
                    "UPDATE memberships SET state = 'left', ended_at = (SELECT max(final_call_at) FROM decisions) WHERE partnership_id = {} AND account_id = {}",
                    uuid_of(&of, postgres),
                    uuid_of(&leaver.to_string(), postgres)
                ))
            })
            .await;
        }
        app.pass(days(8));
        writes.store(0, Ordering::SeqCst);
        assert_eq!(app.close_decisions().await, 1);
        let statements = writes.load(Ordering::SeqCst);
        let closed = app.decision(&id, &p.resident).await;
        assert_eq!(closed["state"], "adopted", "{:#}", closed["result"]);
        let asked = closed["result"]["sides"][0]["heads"]["eligible"].as_u64().unwrap();
        assert_eq!(asked, if members > 3 { u64::try_from(n).unwrap() + 1 } else { 2 });
        seen.push((members, statements));
    }
    let [(_, small), (_, hundred), (_, thousand)] = seen[..] else { panic!("{seen:?}") };
    assert!(small > 5 && hundred <= small + 5, "letting go takes five: {seen:?}");
    assert_eq!(hundred, thousand, "{seen:?}");
    assert!(thousand < 40, "{seen:?}");
}

/// So many current stances more, of people whom nobody knows, as they are counted.
async fn fill(app: &App, id: &str, n: usize, is_current: bool) {
    let (postgres, id) = (app.database_url().starts_with("postgres"), id.to_owned());
    app.db(move |conn| {
        let random = if postgres { "gen_random_uuid()" } else { "randomblob(16)" };
        let (flag, id) = match (postgres, is_current) {
            (true, is) => (is.to_string(), uuid_of(&id, postgres)),
            (false, is) => (i32::from(is).to_string(), uuid_of(&id, postgres)),
        };
        let rows = if postgres {
            format!("generate_series(1, {n}) AS s (n)")
        } else {
            format!("(WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {n}) SELECT n FROM c) AS s")
        };
        let counted = if is_current { n } else { 0 };
        conn.batch_execute(&format!(
            "INSERT INTO decision_stances (id, decision_id, number, phase, side, level, holder, is_current, created_at) \
             SELECT {random}, d.id, 1, 'final_call', 'civilian', 'endorse', {random}, {flag}, d.created_at \
             FROM decisions d, {rows} WHERE d.id = {id}; \
             UPDATE decision_sides SET eligible = eligible + {counted}, endorse = endorse + {counted} \
             WHERE decision_id = {id} AND side = 'civilian'"
        ))?;
        conn.batch_execute("ANALYZE")
    })
    .await;
}

async fn reading_a_decision_costs_the_same_with_ten_stances_and_with_ten_thousand(app: App) {
    let (app, reads, _) = counted(app).await;
    let p = app.led().await;
    let id = app.called(&p, json!({})).await;
    app.stance(&id, &p.neighbor, 1, "endorse").send().await.expect(200);
    let paths = [
        format!("/decisions/{id}"),
        format!("/decisions/{id}/result"),
        format!("/decisions/{id}/stances?limit=20"),
        format!("/decisions/{id}/stances/history?limit=20"),
        p.path("/decisions?needs_me=true"),
    ];
    let mut seen: Vec<Vec<(usize, Duration)>> = Vec::new();
    for n in [10, 9_990] {
        fill(&app, &id, n, true).await;
        fill(&app, &id, n, false).await;
        let mut row = Vec::new();
        for path in &paths {
            let mut best = Duration::MAX;
            let mut statements = 0;
            for _ in 0..15 {
                reads.store(0, Ordering::SeqCst);
                let began = Monotonic::now();
                app.get(path).by(&p.neighbor).unchecked().send().await.expect(200);
                best = best.min(began.elapsed());
                statements = reads.load(Ordering::SeqCst);
            }
            row.push((statements, best));
        }
        seen.push(row);
    }
    let heads = app.result(&id, &p.neighbor).await["verdict"]["sides"][0].clone();
    assert_eq!(heads["cast"], 10_001);
    for ((few, many), path) in seen[0].iter().zip(&seen[1]).zip(&paths) {
        // Among ten there is one whom the page names.
        assert!(many.0 <= few.0, "{path}: {} statements and {}", few.0, many.0);
        assert!(few.0 > 0 && few.0 < 25, "{path}: {} statements", few.0);
        let ratio = many.1.as_secs_f64() / few.1.as_secs_f64();
        assert!(ratio < 3.0, "{path}: {:?} and {:?}", few.1, many.1);
    }
}

both_engines![
    a_stance_while_the_text_changes_is_stale_or_refused,
    a_stance_that_arrives_while_it_closes_counts_or_is_refused,
    two_who_dismiss_and_one_who_withdraws_end_a_block_once,
    the_stored_result_is_what_the_history_comes_to,
    a_hundred_members_decision_closes_with_as_many_statements_as_a_small_one,
    reading_a_decision_costs_the_same_with_ten_stances_and_with_ten_thousand,
];
