//! Rights that are taken away count on the next request, whatever is in flight.
//!
//! Each race asks without a pause while the right is removed. A request that was sent after the removing answer had arrived
//! must be refused; those sent before may have been in time. Two hundred races on each engine.

use std::cell::Cell;

use diesel::prelude::*;
use futures_util::future::{join, join_all};
use serde_json::json;
use threekeys::ids::AccountId;
use threekeys::platform::db::AnyId;
use threekeys::schema::{accounts, assignments, leadership_seats, memberships};

use crate::support::client::Call;
use crate::support::{App, Person};

/// Races of each kind, of which there are seven.
const ROUNDS: usize = 30;
/// Requests that are under way at any time.
const ASKING: usize = 3;

/// Asks while `remove` is under way and a little longer; the removal's status, and what came of those sent before and after
/// its answer arrived.
async fn race<'a>(ask: impl Fn() -> Call<'a>, remove: Call<'a>) -> (u16, Vec<u16>, Vec<u16>) {
    let over = Cell::new(false);
    let asking = join_all((0..ASKING).map(|_| async {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        while after.len() < 2 {
            let late = over.get();
            let status = ask().unchecked().send().await.status;
            if late { after.push(status) } else { before.push(status) }
        }
        (before, after)
    }));
    let removing = async {
        let answer = remove.unchecked().send().await;
        over.set(true);
        answer.status
    };
    let (status, asked) = join(removing, asking).await;
    let (before, after): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
    (status, before.concat(), after.concat())
}

#[track_caller]
fn demand(what: &str, round: usize, raced: (u16, Vec<u16>, Vec<u16>), removed: u16, refused: u16) {
    let (status, before, after) = raced;
    assert_eq!(status, removed, "{what}, round {round}");
    assert!(after.iter().all(|s| *s == refused), "{what}, round {round}: {after:?} after the removal");
    assert!(before.iter().all(|s| *s < 300 || *s == refused), "{what}, round {round}: {before:?}");
}

fn asked<'a>(app: &'a App, path: &str, token: &str) -> Call<'a> {
    app.get(path).header("authorization", format!("Bearer {token}"))
}

async fn suspended_and_ended_sessions_are_refused_from_the_answer_on(app: App) {
    let (admin, ann) = (app.administrator().await, app.citizen().await);
    let reason = json!({"reason": "It has to be."});
    for round in 0..ROUNDS {
        let version = 1 + 2 * i64::try_from(round).unwrap();
        let (_, token) = app.session(ann.id).await;
        let suspend =
            app.post(format!("/accounts/{}/suspend", ann.id)).by(&admin).if_match(version).json(reason.clone());
        demand("suspended", round, race(|| asked(&app, "/account", &token), suspend).await, 200, 401);
        let back = app.post(format!("/accounts/{}/reinstate", ann.id)).by(&admin).if_match(version + 1);
        back.json(reason.clone()).send().await.expect(200);
        let ((session, token), (_, other)) = (app.session(ann.id).await, app.session(ann.id).await);
        let end = app.delete(format!("/sessions/{session}")).header("authorization", format!("Bearer {other}"));
        demand("ended", round, race(|| asked(&app, "/account", &token), end).await, 204, 401);
        let (_, token) = app.session(ann.id).await;
        let others = app.post("/sessions/end-others").header("authorization", format!("Bearer {other}"));
        demand("others ended", round, race(|| asked(&app, "/sessions", &token), others).await, 200, 401);
    }
}

async fn ended_duties_count_from_the_answer_on(app: App) {
    let world = app.world().await;
    let path = format!("/partnerships/{}/memberships", world.partnership);
    for round in 0..ROUNDS {
        app.assign(&world.other_officer, world.district, "officer").await;
        let account = world.other_officer.id;
        let duty: AnyId = app
            .db(move |conn| {
                assignments::table
                    .filter(assignments::account_id.eq(account).and(assignments::ended_at.is_null()))
                    .select(assignments::id)
                    .get_result(conn)
            })
            .await;
        app.get(&path).by(&world.other_officer).send().await.expect(200);
        let end = app.post(format!("/assignments/{}/end", duty.0)).by(&world.commander).if_match(1);
        demand("duty", round, race(|| app.get(&path).by(&world.other_officer), end).await, 200, 404);
    }
}

async fn ended_memberships_and_seats_count_from_the_answer_on(app: App) {
    let world = app.world().await;
    let inside = format!("/partnerships/{}/memberships", world.partnership);
    let leading = format!("/partnerships/{}/invitations", world.partnership);
    for round in 0..ROUNDS {
        let joined = app.active_membership(world.partnership, &world.stranger, "member").await;
        app.get(&inside).by(&world.stranger).send().await.expect(200);
        let leave = if round % 2 == 0 {
            app.post(format!("/memberships/{joined}/leave")).by(&world.stranger).if_match(1)
        } else {
            let reason = json!({"reason": "Next round."});
            app.post(format!("/memberships/{joined}/remove")).by(&world.civilian_leader).if_match(1).json(reason)
        };
        demand("membership", round, race(|| app.get(&inside).by(&world.stranger), leave).await, 200, 404);
        let joined = app.active_membership(world.partnership, &world.stranger, "member").await;
        let seat = app.leadership_seat(world.partnership, joined, &world.stranger, "deputy").await;
        app.get(&leading).by(&world.stranger).send().await.expect(200);
        let body = json!({"end_reason": "removed", "reason": "Next round."});
        let end = app.post(format!("/seats/{seat}/end")).by(&world.administrator).if_match(1).json(body);
        demand("seat", round, race(|| app.get(&leading).by(&world.stranger), end).await, 200, 403);
        app.db(move |conn| {
            diesel::delete(leadership_seats::table.find(seat)).execute(conn)?;
            diesel::delete(memberships::table.find(joined)).execute(conn)
        })
        .await;
    }
}

/// A verification runs out by itself; here it is taken away in the database, whose answer is the one that counts.
async fn a_verification_that_is_gone_counts_from_then_on(app: App) {
    let world = app.world().await;
    let path = format!("/partnerships/{}/memberships", world.partnership);
    let until = |id: AccountId, day: chrono::NaiveDate| {
        app.db(move |conn| diesel::update(accounts::table.find(id)).set(accounts::verified_until.eq(day)).execute(conn))
    };
    let (gone, on) = (app.now().date().pred_opt().unwrap(), app.now().date().succ_opt().unwrap());
    let officer: &Person = &world.officer;
    for round in 0..ROUNDS {
        until(officer.id, on).await;
        app.get(&path).by(officer).send().await.expect(200);
        let over = Cell::new(false);
        let asking = join_all((0..ASKING).map(|_| async {
            let mut after = Vec::new();
            while after.len() < 2 {
                let late = over.get();
                let status = app.get(&path).by(officer).unchecked().send().await.status;
                if late {
                    after.push(status);
                }
            }
            after
        }));
        let removing = async {
            until(officer.id, gone).await;
            over.set(true);
        };
        let ((), after) = join(removing, asking).await;
        assert!(after.iter().flatten().all(|status| *status == 404), "round {round}: {after:?}");
    }
}

both_engines![
    suspended_and_ended_sessions_are_refused_from_the_answer_on,
    ended_duties_count_from_the_answer_on,
    ended_memberships_and_seats_count_from_the_answer_on,
    a_verification_that_is_gone_counts_from_then_on,
];
