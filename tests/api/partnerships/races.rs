//! Two at once: the database decides, and exactly one wins.

use futures_util::future::join;
use serde_json::json;

use crate::support::App;

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
            app.post(format!("/goals/{goal}/propose")).by(who).if_match(version).unchecked().send()
        };
        let (one, other) = join(propose(&a, &p.resident, versions[0]), propose(&b, &p.officer, versions[1])).await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}: {:#} {:#}", one.body, other.body);
        let (winner, n, loser) = if one.status == 200 { (&a, 0, other) } else { (&b, 1, one) };
        assert_eq!(loser.body["code"], "goal_already_current", "round {round}");
        let back = app
            .post(format!("/goals/{winner}/return"))
            .by(&p.officer)
            .if_match(versions[n] + 1)
            .send()
            .await
            .expect(200);
        versions[n] = back.version();
    }
}

async fn two_signatures_of_both_sides_at_once_adopt_once(app: App) {
    let p = app.led().await;
    for round in 0..20 {
        let text = json!({"text": format!("Mission of round {round}, for neighbors and officers.")});
        let id = app.post(p.path("/missions")).by(&p.resident).json(text).send().await.expect(201).id();
        let sign = |who| app.post(format!("/missions/{id}/sign")).by(who).if_match(1).unchecked().send();
        let (one, other) = join(sign(&p.resident), sign(&p.officer)).await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "the second signs what it has not read: {:#} {:#}", one.body, other.body);
        let late = if one.status == 412 { &p.resident } else { &p.officer };
        let adopted = app.post(format!("/missions/{id}/sign")).by(late).if_match(2).send().await.expect(200);
        assert_eq!(adopted.body["state"], "adopted");
    }
}

both_engines![two_leaders_for_one_seat, two_goals_for_current, two_signatures_of_both_sides_at_once_adopt_once];
