//! Two at once: the database decides, and exactly one wins.

use futures_util::future::join;
use serde_json::json;

use crate::support::App;
use crate::support::deciding::DECIDING_TAKES;

/// Rounds of each race, on each engine.
const ROUNDS: usize = 100;

async fn two_leaders_for_one_seat(app: App) {
    let p = app.forming().await;
    let third = app.citizen().await;
    app.join(&p, &third, &p.resident).await;
    let (a, b) = (app.membership(&p, &p.resident).await, app.membership(&p, &p.neighbor).await);
    let admin = app.administrator().await;
    for round in 0..ROUNDS {
        let mut seats = Vec::new();
        for membership in [&a, &b] {
            let body = json!({"membership_id": membership, "kind": "primary", "selection_method": "consensus"});
            seats.push(app.post(p.path("/seats")).by(&third).json(body).send().await.expect(201).id());
        }
        let accept = |seat: &str, who| app.post(format!("/seats/{seat}/accept")).by(who).if_match(1).unchecked().send();
        let (one, other) = join(accept(&seats[0], &p.resident), accept(&seats[1], &p.neighbor)).await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}: {:#} {:#}", one.body, other.body);
        let loser = if one.status == 409 { &one } else { &other };
        assert_eq!(loser.body["code"], "seat_taken", "round {round}");
        for (seat, version) in seats.iter().zip([one.status, other.status].map(|s| if s == 200 { 2 } else { 1 })) {
            let body = json!({"end_reason": "removed", "reason": "Next round."});
            // Whether that leaves a gap, which is on record as well, is not what this is about.
            let end = app.post(format!("/seats/{seat}/end")).by(&admin).if_match(version).json(body).unchecked();
            end.send().await.expect(200);
        }
    }
}

async fn two_goals_for_current(app: App) {
    let p = app.with_mission().await;
    let (a, _) = app.goal(&p, &p.resident, "Light the alleys").await;
    let (b, _) = app.goal(&p, &p.resident, "Clean the lots").await;
    let mut versions = [1, 1];
    for round in 0..ROUNDS {
        let propose = |goal: &str, who, version: i64| {
            app.post(format!("/goals/{goal}/propose")).by(who).if_match(version).json(json!({})).unchecked().send()
        };
        let (one, other) = join(propose(&a, &p.resident, versions[0]), propose(&b, &p.officer, versions[1])).await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}: {:#} {:#}", one.body, other.body);
        let (winner, n, won, loser) = if one.status == 200 { (&a, 0, one, other) } else { (&b, 1, other, one) };
        assert_eq!(loser.body["code"], "goal_already_current", "round {round}");
        app.take_back(&p, &won.str("decision_id")).await;
        versions[n] = app.get(format!("/goals/{winner}")).by(&p.officer).send().await.expect(200).version();
    }
}

/// One goal is to take the place of the current one, which is closed at the same time: whichever comes first, there is one
/// current goal in the end, and the other is what it was closed as or superseded.
async fn a_successor_adopted_while_the_current_goal_is_closed(app: App) {
    let (p, mut current, _) = app.with_goal().await;
    for round in 0..ROUNDS {
        // A hundred decisions take no longer than the leaders' terms.
        app.earlier(DECIDING_TAKES);
        let (next, _) = app.goal(&p, &p.resident, &format!("Goal of round {round}")).await;
        let body = json!({"replaces_id": current});
        let propose = app.post(format!("/goals/{next}/propose")).by(&p.officer).if_match(1).json(body);
        let decision = propose.send().await.expect(200).str("decision_id");
        let path = format!("/goals/{current}");
        let version = app.get(&path).by(&p.resident).send().await.expect(200).version();
        let body = json!({"result": "achieved", "assessment": "Half of the alleys are lit; burglaries fell."});
        app.post(format!("{path}/close")).by(&p.resident).if_match(version).json(body).send().await.expect(200);
        let first = app.post(format!("{path}/close/sign")).by(&p.resident).if_match(version + 1);
        first.send().await.expect(200);
        app.agree(&p, &decision).await;
        let last = app.post(format!("{path}/close/sign")).by(&p.officer).if_match(version + 2).unchecked().send();
        let (_, closed) = join(app.end_decisions(), last).await;
        assert!(matches!(closed.status, 200 | 409 | 412), "round {round}: {:#}", closed.body);
        let was = app.get(&path).by(&p.resident).send().await.expect(200);
        let expected = if closed.status == 200 { "achieved" } else { "superseded" };
        assert_eq!(was.body["state"], expected, "round {round}");
        let all = app.get(p.path("/goals?state=adopted")).by(&p.resident).send().await.expect(200);
        let ids: Vec<&str> = all.items().iter().map(|goal| goal["id"].as_str().unwrap()).collect();
        assert_eq!(ids, [next.as_str()], "round {round}: one current goal");
        current = next;
    }
}

both_engines![two_leaders_for_one_seat, two_goals_for_current, a_successor_adopted_while_the_current_goal_is_closed];
