//! A partnership that is over can be read, and nothing else (`domain/20` 6.3): every operation that changes something of one
//! is refused, by whomever it was allowed before, whatever version is named.

use diesel::prelude::*;
use threekeys::ids::PartnershipId;
use threekeys::schema::partnerships;

use super::foreign::call;
use super::world::{body, contents, nothing_changed, operations, world};
use crate::support::App;
use crate::support::app::description;

/// Parameters of paths to what stands outside of partnerships, or stays somebody's own: logs are the officer's.
const ELSEWHERE: [&str; 10] = [
    "account_id",
    "area_id",
    "agency_id",
    "assignment_id",
    "resource_link_id",
    "session_id",
    "device_id",
    "officer_log_id",
    "follow_up_id",
    "group_schedule_id",
];
/// Versions that the objects of the matrix may have.
const VERSIONS: i64 = 8;

async fn nothing_of_a_closed_partnership_is_changed(app: App) {
    let world = world(&app).await;
    let id = PartnershipId(world.p.id.parse().unwrap());
    app.db(move |conn| {
        diesel::update(partnerships::table.find(id)).set(partnerships::state.eq("closed")).execute(conn)
    })
    .await;
    let mut before = contents(&app).await;
    let (mut asked, mut refused, mut taken) = (0, 0, Vec::new());
    for operation in operations(&description()) {
        let (name, method, path, _) = operation;
        // Invitations to have an account.
        let elsewhere = path.starts_with("/api/v1/invitations/");
        let of_partnership =
            !elsewhere && path.contains('{') && !ELSEWHERE.iter().any(|own| path.contains(&format!("{{{own}}}")));
        if method == "get" || !of_partnership {
            continue;
        }
        asked += 1;
        let mut conflict = false;
        for version in 1..=VERSIONS {
            let call = call(&app, &world, operation, body(&world, name)).without_header("if-match");
            let answer = call.if_match(version).send().await;
            conflict |= answer.status == 409;
            if answer.status < 300 {
                taken.push(format!("{name}: {}", answer.status));
                break;
            }
        }
        refused += usize::from(conflict);
    }
    assert!(taken.is_empty(), "{taken:#?}");
    assert!(asked > 90 && refused * 10 > asked * 7, "{refused} of {asked} conflicts");
    let mut after = contents(&app).await;
    // Refusals are on record, and an answer is kept for whoever asks again.
    for kept in ["records", "idempotency_keys"] {
        before.remove(kept);
        after.remove(kept);
    }
    nothing_changed(&before, &after);
}

both_engines![nothing_of_a_closed_partnership_is_changed];
