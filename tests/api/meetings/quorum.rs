//! Quorum of what is decided in meetings.

use serde_json::{Value, json};
use threekeys::platform::clock::minutes;

use super::session::{all_for_it, begun, call, close, confirm, discussed, lamps_called, only_call, present, say};
use crate::support::{App, Person};

/// Too few voices end nothing: the others can still say where they stand.
async fn too_few_voices_leave_the_decision_open(app: App) {
    let world = app.world().await;
    let lamps = discussed(&app, &world, json!({})).await;
    let path = begun(&app, &world, json!({})).await;
    let there = [&world.civilian_leader, &world.member, &world.facilitator, &world.secretary, &world.police_leader];
    present(&app, &path, &world, &there).await;
    call(&app, &path, &world.civilian_leader, &lamps).await.expect(201);
    let few = json!({"text_number": 1, "civilian": {"endorse": 1}, "police": {}});
    let refused = say(&app, &path, &world.civilian_leader, &lamps, few).await.problem(409, "quorum_unreachable");
    assert_eq!(refused.body["missing"], json!(["civilian_members", "police_members"]));
    let detail = refused.str("detail");
    assert!(detail.contains("1 more of the civilian side (1 of 2)"), "{detail}");
    assert!(detail.contains("1 more of the police side (0 of 1)"), "{detail}");
    let called = only_call(&app, &path, &world.member).await;
    assert_eq!((&called["state"], &called["spoken"]), (&json!("final_call"), &Value::Null));
    let body = json!({"text_number": 1, "civilian": {"endorse": 2}, "police": {"endorse": 1}});
    let written = say(&app, &path, &world.civilian_leader, &lamps, body).await.expect(200);
    let heard = confirm(&app, &path, &world.police_leader, &lamps, written.version()).await.expect(200);
    assert_eq!(heard.body["ending"], "adopted");
}

async fn whoever_was_counted_in_a_quorum_stays_recorded(app: App) {
    let world = app.world().await;
    let (path, lamps) = lamps_called(&app, &world, json!({})).await;
    present(&app, &path, &world, &[&world.facilitator]).await;
    let remove =
        |who: &Person| app.delete(format!("{path}/attendance/{}", who.id)).by(&world.secretary).unchecked().send();
    for who in [&world.civilian_leader, &world.member, &world.police_leader] {
        let refused = remove(who).await.problem(409, "conflict");
        assert_eq!(refused.body["conflicts"], json!([format!("/api/v1/decisions/{lamps}")]));
    }
    remove(&world.facilitator).await.expect(204);
    remove(&world.facilitator).await.problem(404, "not_found");
    app.pass(minutes(5));
    close(&app, &world.civilian_leader, &lamps).await.expect(200);
    remove(&world.member).await.problem(409, "conflict");
    let quorum = only_call(&app, &path, &world.member).await["quorum"].clone();
    assert_eq!((&quorum[0]["present"], &quorum[1]["present"]), (&json!(2), &json!(1)));
    let again = discussed(&app, &world, json!({"question": "And a bench?"})).await;
    call(&app, &path, &world.civilian_leader, &again).await.expect(201);
    let refused = remove(&world.member).await.problem(409, "conflict");
    assert_eq!(refused.body["conflicts"].as_array().unwrap().len(), 2);
    say(&app, &path, &world.police_leader, &again, all_for_it()).await.expect(200);
}

both_engines![too_few_voices_leave_the_decision_open, whoever_was_counted_in_a_quorum_stays_recorded];
