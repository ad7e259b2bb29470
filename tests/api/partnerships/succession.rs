//! Handing over, renewing, moving up, shadows, presentations: `domain/20` 6.4.

use futures_util::future::join;
use serde_json::{Value, json};
use threekeys::platform::clock::{days, hours};

use crate::support::forming::Formed;
use crate::support::world::meeting_body;
use crate::support::{App, Person};

async fn own_seat(app: &App, p: &Formed, who: &Person) -> String {
    let view = app.get(p.path("")).by(who).send().await.expect(200);
    view.body["own"]["seat_id"].as_str().unwrap_or_else(|| panic!("no seat: {:#}", view.body)).to_owned()
}

async fn leadership(app: &App, p: &Formed, who: &Person) -> Value {
    app.get(p.path("/leadership")).by(who).send().await.expect(200).body
}

/// The held seat of this side and kind.
fn seat_of<'a>(leadership: &'a Value, side: &str, kind: &str) -> &'a Value {
    let all = leadership["seats"].as_array().unwrap();
    all.iter().find(|s| s["side"] == side && s["kind"] == kind).unwrap_or_else(|| panic!("{leadership:#}"))
}

/// The same person, signed in anew.
async fn back(app: &App, who: &Person) -> Person {
    Person { token: app.session(who.id).await.1, ..who.clone() }
}

async fn nominate(app: &App, p: &Formed, by: &Person, membership: &str, kind: &str) -> u16 {
    let body = json!({"membership_id": membership, "kind": kind, "selection_method": "consensus"});
    app.post(p.path("/seats")).by(by).json(body).send().await.status
}

async fn nobody_grants_a_seat_that_is_not_below_their_own(app: App) {
    let p = app.led().await;
    let (third, fourth) = (app.citizen().await, app.citizen().await);
    let thirds = app.join(&p, &third, &p.resident).await;
    let fourths = app.join(&p, &fourth, &p.resident).await;
    assert_eq!(nominate(&app, &p, &p.resident, &thirds, "primary").await, 403, "a primary grants no primary");
    assert_eq!(nominate(&app, &p, &fourth, &thirds, "deputy").await, 403, "a member grants nothing");
    app.seat(&p, &p.neighbor, &p.resident, "deputy").await;
    assert_eq!(nominate(&app, &p, &p.neighbor, &thirds, "primary").await, 403);
    assert_eq!(nominate(&app, &p, &p.neighbor, &thirds, "deputy").await, 403);
    // The primary is taken away; while the side has none, its members choose, the deputy as well.
    let admin = app.administrator().await;
    let seat = own_seat(&app, &p, &p.resident).await;
    let end = json!({"end_reason": "moved"});
    app.post(format!("/seats/{seat}/end")).by(&admin).if_match(2).json(end).send().await.expect(200);
    let deputys = app.membership(&p, &p.neighbor).await;
    assert_eq!(nominate(&app, &p, &fourth, &deputys, "primary").await, 201, "members lift the deputy up");
    assert_eq!(nominate(&app, &p, &p.neighbor, &fourths, "primary").await, 201);
    assert_eq!(nominate(&app, &p, &p.officer, &thirds, "primary").await, 403, "never the other side");
}

async fn a_deputy_who_becomes_primary_leaves_the_deputys_seat(app: App) {
    let p = app.led().await;
    let deputy = app.seat(&p, &p.neighbor, &p.resident, "deputy").await;
    let offer = json!({"membership_id": app.membership(&p, &p.neighbor).await});
    let seat = own_seat(&app, &p, &p.resident).await;
    let hand_over = |by, body: Value| app.post(format!("/seats/{seat}/hand-over")).by(by).if_match(2).json(body);
    hand_over(&p.neighbor, offer.clone()).send().await.problem(403, "forbidden");
    hand_over(&p.commander, offer.clone()).send().await.problem(403, "forbidden");
    let own = json!({"membership_id": app.membership(&p, &p.resident).await});
    hand_over(&p.resident, own).send().await.refuses(&["/membership_id"]);
    let officers = json!({"membership_id": app.membership(&p, &p.officer).await});
    hand_over(&p.resident, officers).send().await.refuses(&["/membership_id"]);
    let next = hand_over(&p.resident, offer.clone()).send().await.expect(201).id();
    hand_over(&p.resident, offer).send().await.problem(409, "seat_taken");
    // Both of the side's terms end, and one begins.
    app.post(format!("/seats/{next}/accept")).by(&p.neighbor).if_match(1).leaving(3).send().await.expect(200);
    let ended = |id: String| app.get(format!("/seats/{id}")).by(&p.neighbor).send();
    assert_eq!(ended(seat.clone()).await.body["end_reason"], "resigned");
    assert_eq!(ended(deputy).await.body["end_reason"], "moved");
    let view = app.get(p.path("")).by(&p.neighbor).send().await.expect(200);
    assert_eq!((&view.body["own"]["seat_id"], &view.body["leadership_gap"]), (&json!(next), &json!(false)));
    assert_eq!(view.body["leaders"].as_array().unwrap().len(), 2);
    assert!(!app.actions().await.contains(&"leadership.gap_opened".to_owned()));
}

async fn an_offer_that_is_declined_or_late_changes_nothing(app: App) {
    let p = app.led().await;
    let seat = own_seat(&app, &p, &p.resident).await;
    let offer = json!({"membership_id": app.membership(&p, &p.neighbor).await});
    let offered = app.post(format!("/seats/{seat}/hand-over")).by(&p.resident).if_match(2).json(offer.clone());
    let next = offered.send().await.expect(201).id();
    app.post(format!("/seats/{next}/decline")).by(&p.neighbor).if_match(1).send().await.expect(200);
    assert_eq!(own_seat(&app, &p, &p.resident).await, seat);
    let offered = app.post(format!("/seats/{seat}/hand-over")).by(&p.resident).if_match(2).json(offer);
    let next = offered.send().await.expect(201).id();
    // Meanwhile somebody else took it over by office.
    let admin = app.administrator().await;
    let end = json!({"end_reason": "moved"});
    app.post(format!("/seats/{seat}/end")).by(&admin).if_match(2).json(end).leaving(2).send().await.expect(200);
    let third = app.citizen().await;
    app.join(&p, &third, &p.neighbor).await;
    let thirds = app.membership(&p, &third).await;
    let body = json!({"membership_id": thirds, "kind": "primary", "selection_method": "consensus"});
    let taken = app.post(p.path("/seats")).by(&p.resident).json(body).send().await.expect(201).id();
    // Whether filling a gap is on record as well is not what this is about.
    app.post(format!("/seats/{taken}/accept")).by(&third).if_match(1).unchecked().send().await.expect(200);
    let late = app.post(format!("/seats/{next}/accept")).by(&p.neighbor).if_match(1).send().await;
    late.problem(409, "seat_taken");
}

async fn terms_are_renewed_near_their_end_by_somebody_else_and_rotating_is_hinted_at(app: App) {
    let p = app.led().await;
    let renew = |seat: &str, by: &Person, version| app.post(format!("/seats/{seat}/renew")).by(by).if_match(version);
    let mut seat = own_seat(&app, &p, &p.resident).await;
    renew(&seat, &p.neighbor, 2).send().await.problem(409, "conflict");
    renew(&seat, &p.officer, 2).send().await.problem(403, "forbidden");
    let (mut neighbor, mut resident) = (p.neighbor.clone(), p.resident.clone());
    for term in 1..=4 {
        let seen = leadership(&app, &p, &neighbor).await;
        let civilian = seat_of(&seen, "civilian", "primary");
        assert_eq!((&civilian["terms"], &civilian["should_rotate"]), (&json!(term), &json!(term > 3)));
        if term == 4 {
            break;
        }
        assert_eq!(civilian["succession_risk"], "medium");
        app.pass(days(310));
        (neighbor, resident) = (back(&app, &neighbor).await, back(&app, &resident).await);
        let seen = leadership(&app, &p, &neighbor).await;
        assert_eq!(seat_of(&seen, "civilian", "primary")["succession_risk"], "high", "55 days left");
        renew(&seat, &resident, 2).send().await.problem(403, "forbidden");
        let next = renew(&seat, &neighbor, 2).send().await.expect(201).id();
        renew(&seat, &neighbor, 2).send().await.problem(409, "seat_taken");
        app.post(format!("/seats/{next}/accept")).by(&resident).if_match(1).leaving(2).send().await.expect(200);
        seat = next;
    }
    // An acting term is for the time being.
    let body = json!({"membership_id": app.membership(&p, &neighbor).await, "kind": "deputy",
        "selection_method": "acting", "acting_days": 30});
    let acting = app.post(p.path("/seats")).by(&resident).json(body).send().await.expect(201).id();
    app.post(format!("/seats/{acting}/accept")).by(&neighbor).if_match(1).send().await.expect(200);
    renew(&acting, &resident, 2).send().await.problem(409, "conflict");
    let seen = leadership(&app, &p, &neighbor).await;
    assert_eq!(seat_of(&seen, "civilian", "primary")["succession_risk"], "low");
    assert_eq!(seat_of(&seen, "civilian", "deputy")["succession_risk"], Value::Null);
}

async fn a_shadow_learns_for_a_time_and_stops_with_a_seat_or_a_membership(app: App) {
    let p = app.led().await;
    let (third, fourth) = (app.citizen().await, app.citizen().await);
    let (thirds, fourths) = (app.join(&p, &third, &p.resident).await, app.join(&p, &fourth, &p.resident).await);
    let neighbors = app.membership(&p, &p.neighbor).await;
    let seat = own_seat(&app, &p, &p.resident).await;
    let assign = |by: &Person, membership: &str| {
        let body = json!({"membership_id": membership, "months": 1});
        app.post(format!("/seats/{seat}/shadows")).by(by).json(body)
    };
    assign(&p.officer, &neighbors).send().await.problem(403, "forbidden");
    assign(&p.commander, &neighbors).send().await.problem(403, "forbidden");
    assign(&p.resident, &app.membership(&p, &p.officer).await).send().await.refuses(&["/membership_id"]);
    assign(&p.resident, &app.membership(&p, &p.resident).await).send().await.problem(409, "seat_taken");
    let mut ids = Vec::new();
    for (who, membership) in [(&p.neighbor, &neighbors), (&third, &thirds), (&fourth, &fourths)] {
        let id = assign(&p.resident, membership).send().await.expect(201).id();
        assign(&p.resident, membership).send().await.problem(409, "seat_taken");
        app.post(format!("/shadowings/{id}/accept")).by(&p.resident).if_match(1).send().await.problem(403, "forbidden");
        app.post(format!("/shadowings/{id}/accept")).by(who).if_match(1).send().await.expect(200);
        ids.push(id);
    }
    let seen = leadership(&app, &p, &p.resident).await;
    assert_eq!(seat_of(&seen, "civilian", "primary")["shadows"], 3);
    let body = json!({"membership_id": neighbors, "kind": "deputy", "selection_method": "consensus"});
    let deputy = app.post(p.path("/seats")).by(&p.resident).json(body).send().await.expect(201).id();
    app.post(format!("/seats/{deputy}/accept")).by(&p.neighbor).if_match(1).leaving(2).send().await.expect(200);
    app.post(format!("/memberships/{thirds}/leave")).by(&third).if_match(2).leaving(2).send().await.expect(200);
    assert_eq!(app.run_job("end_shadowings").await, 0);
    app.pass(days(32));
    assert_eq!(leadership(&app, &p, &p.resident).await["seats"][0]["shadows"], 0, "over, even before the sweep");
    assert_eq!(app.run_job("end_shadowings").await, 1);
    let mut reasons = Vec::new();
    for id in &ids {
        let read = app.get(format!("/shadowings/{id}")).by(&p.resident).send().await.expect(200);
        reasons.push(read.body["end_reason"].as_str().unwrap().to_owned());
    }
    assert_eq!(reasons, ["seated", "left", "term"]);
    app.post(format!("/shadowings/{}/end", ids[0])).by(&p.resident).if_match(3).send().await.problem(409, "conflict");
}

async fn an_appointed_leader_is_presented_at_the_next_meeting_that_members_see(app: App) {
    let p = app.led().await;
    let seat = own_seat(&app, &p, &p.officer).await;
    let acknowledge =
        |by: &Person| app.post(format!("/seats/{seat}/acknowledge")).by(by).if_match(2).json(json!({"note": "Hello."}));
    let presentation = async || {
        let seen = leadership(&app, &p, &p.neighbor).await;
        seat_of(&seen, "police", "primary")["presentation"].clone()
    };
    acknowledge(&p.resident).send().await.problem(409, "conflict");
    let start = async |other: Value| {
        let meeting = app.post(p.path("/meetings")).by(&p.resident).json(meeting_body(other)).send().await.expect(201);
        app.post(format!("/meetings/{}/start", meeting.id())).by(&p.resident).if_match(1).send().await.expect(200);
    };
    start(json!({"starts_local": "2027-03-01T12:30", "ends_local": "2027-03-01T13:00", "visibility": "leaders"})).await;
    assert_eq!(presentation().await["met_at"], Value::Null, "members were not there");
    start(json!({"starts_local": "2027-03-01T12:45", "ends_local": "2027-03-01T14:00"})).await;
    assert_eq!(
        (&presentation().await["met_at"], &presentation().await["is_overdue"]),
        (&json!("2027-03-01T18:00:00Z"), &json!(false))
    );
    app.pass(hours(24));
    assert_eq!(presentation().await["is_overdue"], true);
    acknowledge(&p.officer).send().await.problem(403, "forbidden");
    acknowledge(&p.commander).send().await.problem(403, "forbidden");
    acknowledge(&p.neighbor).send().await.problem(403, "forbidden");
    let neighbors = app.membership(&p, &p.neighbor).await;
    let role = json!({"role": "facilitator"});
    app.patch(format!("/memberships/{neighbors}")).by(&p.resident).if_match(2).json(role).send().await.expect(200);
    acknowledge(&p.neighbor).send().await.expect(200);
    acknowledge(&p.resident).send().await.problem(409, "conflict");
    assert_eq!(presentation().await["is_overdue"], false);
    let seen = leadership(&app, &p, &p.neighbor).await;
    assert_eq!(seat_of(&seen, "civilian", "primary")["presentation"], Value::Null, "chosen by the members themselves");
}

async fn possible_successors_are_for_leaders_to_see(app: App) {
    let p = app.led().await;
    let seat = own_seat(&app, &p, &p.resident).await;
    let neighbors = app.membership(&p, &p.neighbor).await;
    let name = |by: &Person, ids: Value| {
        app.put(format!("/seats/{seat}/successors")).by(by).json(json!({"membership_ids": ids}))
    };
    name(&p.officer, json!([neighbors])).send().await.problem(403, "forbidden");
    name(&p.neighbor, json!([neighbors])).send().await.problem(403, "forbidden");
    let (residents, officers) = (app.membership(&p, &p.resident).await, app.membership(&p, &p.officer).await);
    name(&p.resident, json!([neighbors, residents, officers]))
        .send()
        .await
        .refuses(&["/membership_ids/1", "/membership_ids/2"]);
    name(&p.resident, json!([neighbors, neighbors])).send().await.refuses(&["/membership_ids/1"]);
    let named = name(&p.resident, json!([neighbors])).send().await.expect(200);
    assert_eq!(named.body["candidates"][0]["is_ready"], false);
    assert_eq!(leadership(&app, &p, &p.officer).await["seats"][0]["candidates"].as_array().unwrap().len(), 1);
    for reader in [&p.neighbor, &p.commander, &app.administrator().await] {
        assert_eq!(leadership(&app, &p, reader).await["seats"][0]["candidates"], Value::Null);
    }
    assert_eq!(leadership(&app, &p, &p.neighbor).await["succession_coverage"], 0.0);
    // As deputy the neighbor leads already, and could take over at once.
    app.seat(&p, &p.neighbor, &p.resident, "deputy").await;
    let seen = leadership(&app, &p, &p.neighbor).await;
    assert_eq!(seat_of(&seen, "civilian", "primary")["ready_successors"], 1);
    assert!((seen["succession_coverage"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-9, "{seen:#}");
    let nobody = name(&p.resident, json!([])).send().await.expect(200);
    assert_eq!(nobody.body["candidates"], json!([]));
}

/// Rounds of each race, on each engine.
const ROUNDS: usize = 100;

/// The active seats of the civilian side, as kinds.
async fn civilians(app: &App, p: &Formed, by: &Person) -> Vec<String> {
    let seats = app.get(p.path("/seats?state=active&limit=200")).by(by).unchecked().send().await.expect(200);
    let own = seats.items().iter().filter(|seat| seat["side"] == "civilian");
    own.map(|seat| format!("{} {}", seat["kind"].as_str().unwrap(), seat["membership_id"].as_str().unwrap())).collect()
}

async fn handing_over_while_resigning_leaves_exactly_one_primary(app: App) {
    let p = app.led().await;
    let watcher = app.citizen().await;
    app.join(&p, &watcher, &p.resident).await;
    let memberships = [app.membership(&p, &p.resident).await, app.membership(&p, &p.neighbor).await];
    let people = [&p.resident, &p.neighbor];
    let (mut holder, mut seat) = (0, own_seat(&app, &p, &p.resident).await);
    let (mut handed, mut kept) = (0, 0);
    for round in 0..ROUNDS {
        let other = 1 - holder;
        let offer = json!({"membership_id": memberships[other]});
        let offer = app.post(format!("/seats/{seat}/hand-over")).by(people[holder]).if_match(2).json(offer);
        let next = offer.send().await.expect(201).id();
        let resign = json!({"end_reason": "resigned"});
        let accept = app.post(format!("/seats/{next}/accept")).by(people[other]).if_match(1).unchecked();
        let resign = app.post(format!("/seats/{seat}/end")).by(people[holder]).if_match(2).json(resign).unchecked();
        let (accepted, resigned) = if round % 2 == 0 {
            join(accept.send(), resign.send()).await
        } else {
            let (resigned, accepted) = join(resign.send(), accept.send()).await;
            (accepted, resigned)
        };
        // The last leader never goes before the next has come; afterwards there is nothing left to resign from.
        assert_eq!(accepted.status, 200, "round {round}: {:#}", accepted.body);
        match (resigned.status, resigned.body["code"].as_str()) {
            (409, Some("conflict")) => kept += 1,
            (412, Some("precondition_failed")) => handed += 1,
            _ => panic!("round {round}: {:#}", resigned.body),
        }
        let led = civilians(&app, &p, &watcher).await;
        assert_eq!(led, [format!("primary {}", memberships[other])], "round {round}");
        (holder, seat) = (other, next);
    }
    assert_eq!(handed + kept, ROUNDS);
    assert!(!app.actions().await.contains(&"leadership.gap_opened".to_owned()), "never without a leader");
}

async fn two_who_take_over_the_same_seat(app: App) {
    let p = app.led().await;
    let third = app.citizen().await;
    let admin = app.administrator().await;
    app.join(&p, &third, &p.resident).await;
    let memberships = [
        app.membership(&p, &p.resident).await,
        app.membership(&p, &p.neighbor).await,
        app.membership(&p, &third).await,
    ];
    let people = [&p.resident, &p.neighbor, &third];
    let (mut holder, mut seat) = (0, own_seat(&app, &p, &p.resident).await);
    for round in 0..ROUNDS {
        let others = [(holder + 1) % 3, (holder + 2) % 3];
        let mut offers = Vec::new();
        for other in others {
            let offer = json!({"membership_id": memberships[other]});
            let offer = app.post(format!("/seats/{seat}/hand-over")).by(people[holder]).if_match(2).json(offer);
            offers.push(offer.send().await.expect(201).id());
        }
        let accept = |n: usize| {
            let call = app.post(format!("/seats/{}/accept", offers[n])).by(people[others[n]]);
            call.if_match(1).unchecked().send()
        };
        let (one, other) = join(accept(0), accept(1)).await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}: {:#} {:#}", one.body, other.body);
        let (won, loser) = if one.status == 200 { (0, other) } else { (1, one) };
        assert_eq!(loser.body["code"], "seat_taken", "round {round}");
        let led = civilians(&app, &p, &admin).await;
        assert_eq!(led, [format!("primary {}", memberships[others[won]])], "round {round}");
        let late = app.post(format!("/seats/{}/decline", offers[1 - won])).by(people[others[1 - won]]).if_match(1);
        late.send().await.expect(200);
        (holder, seat) = (others[won], offers[won].clone());
    }
}

both_engines![
    nobody_grants_a_seat_that_is_not_below_their_own,
    a_deputy_who_becomes_primary_leaves_the_deputys_seat,
    an_offer_that_is_declined_or_late_changes_nothing,
    terms_are_renewed_near_their_end_by_somebody_else_and_rotating_is_hinted_at,
    a_shadow_learns_for_a_time_and_stops_with_a_seat_or_a_membership,
    an_appointed_leader_is_presented_at_the_next_meeting_that_members_see,
    possible_successors_are_for_leaders_to_see,
    handing_over_while_resigning_leaves_exactly_one_primary,
    two_who_take_over_the_same_seat,
];
