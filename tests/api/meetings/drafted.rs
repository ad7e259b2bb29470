//! What drafts of minutes tell of decisions.

use serde_json::{Value, json};
use threekeys::platform::clock::minutes;

use super::session::{all_for_it, begun, call, close, confirm, discussed, lamps_called, present, say};
use crate::support::{App, Person, World};

async fn draft(app: &App, path: &str, world: &World) -> String {
    app.get(format!("{path}/minutes/draft")).by(&world.secretary).send().await.expect(200).str("text")
}

async fn what_was_decided_is_told_with_who_stood_where(app: App) {
    let world = app.world().await;
    let later = json!({"starts_local": "2027-03-09T20:30", "ends_local": "2027-03-09T21:30"});
    let next = format!("/meetings/{}", app.meeting(&world, later).await.id());
    let (path, lamps) = lamps_called(&app, &world, json!({})).await;
    for (who, level) in
        [(&world.civilian_leader, "endorse"), (&world.member, "reservations"), (&world.police_leader, "agree_minor")]
    {
        app.stance(&lamps, who, 1, level).send().await.expect(200);
    }
    let open = draft(&app, &path, &world).await;
    assert!(open.contains("lamps?: open (present: 2 of 4 civilian, 1 of 1 police)"), "{open}");
    assert!(!open.contains("reservations"), "nobody is told before it ends: {open}");
    close(&app, &world.police_leader, &lamps).await.expect(200);
    let bench = discussed(&app, &world, json!({"question": "Do we ask for a bench?"})).await;
    call(&app, &path, &world.civilian_leader, &bench).await.expect(201);
    app.amend(&bench, &world.civilian_leader, "We ask the city for a bench with a roof.").await;
    let shades = discussed(&app, &world, json!({"question": "Do we do without shades?"})).await;
    call(&app, &path, &world.civilian_leader, &shades).await.expect(201);
    let body = json!({
        "text_number": 1, "civilian": {"endorse": 1, "block": 1}, "police": {"stand_aside": 1},
        "positions": [{"account_id": world.member.id, "level": "block", "reason": "They shine into bedrooms.",
            "principle": "rights_or_fairness", "remedy": "Shades on the side of the houses."}]
    });
    let written = say(&app, &path, &world.civilian_leader, &shades, body).await.expect(200);
    confirm(&app, &path, &world.police_leader, &shades, written.version()).await.expect(200);
    app.post(format!("{path}/adjourn")).by(&world.secretary).if_match(2).send().await.expect(200);
    let told = format!(
        "Decided\n\
         - Do we ask the city for ten lamps?: adopted (present: 2 of 4 civilian, 1 of 1 police)\n  \
         - civilian side: 1 endorse, 1 support with reservations\n  \
         - police side: 1 agree with a small point\n\
         - Do we ask for a bench?: amended; not decided (present: 2 of 4 civilian, 1 of 1 police)\n\
         - Do we do without shades?: blocked, by voice (present: 2 of 4 civilian, 1 of 1 police)\n  \
         - civilian side: 1 endorse, 1 block\n  \
         - police side: 1 stand aside\n  \
         - block of {}, civilian side, for rights or fairness: They shine into bedrooms; what would remedy it: Shades on \
         the side of the houses",
        world.member.name
    );
    let text = draft(&app, &path, &world).await;
    assert!(text.contains(&told), "{text}\n---\n{told}");
    assert!(!text.contains("by name"), "no law has it told: {text}");
    // What was adopted is nothing that is open; what follows from it is still to be told.
    app.pass(minutes(110));
    app.post(format!("{next}/start")).by(&world.civilian_leader).if_match(1).send().await.expect(200);
    let text = draft(&app, &next, &world).await;
    let told = "- Do we ask the city for ten lamps? (decision): adopted, outcome not yet reported";
    assert!(text.contains(told), "{text}");
}

async fn under_the_law_each_members_position_is_told_by_name(app: App) {
    let world = app.world().await;
    let law = format!("/partnerships/{}/open-meetings-policy", world.partnership);
    let why = json!({"reason": "The city formed the board."});
    app.post(law).by(&world.administrator).json(why).send().await.expect(200);
    let by_voice = discussed(&app, &world, json!({})).await;
    let cast = discussed(&app, &world, json!({"question": "Do we ask for a bench?"})).await;
    let path = begun(&app, &world, json!({})).await;
    present(&app, &path, &world, &[&world.civilian_leader, &world.member, &world.police_leader]).await;
    call(&app, &path, &world.civilian_leader, &by_voice).await.expect(201);
    let position = |who: &Person| json!({"account_id": who.id, "level": "endorse"});
    let mut body = all_for_it();
    body["positions"] =
        Value::Array([&world.civilian_leader, &world.member, &world.police_leader].map(position).to_vec());
    let written = say(&app, &path, &world.civilian_leader, &by_voice, body).await.expect(200);
    confirm(&app, &path, &world.police_leader, &by_voice, written.version()).await.expect(200);
    call(&app, &path, &world.civilian_leader, &cast).await.expect(201);
    app.stance(&cast, &world.civilian_leader, 1, "endorse").send().await.expect(200);
    app.stance(&cast, &world.member, 1, "disagree").send().await.expect(200);
    app.post(format!("{path}/adjourn")).by(&world.secretary).if_match(2).leaving(2).send().await.expect(200);
    let text = draft(&app, &path, &world).await;
    let (leader, member, officer) = (&world.civilian_leader.name, &world.member.name, &world.police_leader.name);
    let mut civilians = [leader.as_str(), member.as_str()];
    civilians.sort_unstable();
    let told = format!(
        "adopted, by voice (present: 2 of 4 civilian, 1 of 1 police)\n  - civilian side: 2 endorse\n  \
         - police side: 1 endorse\n  - civilian side by name: endorse: {}\n  - police side by name: endorse: {officer}\n",
        civilians.join(", ")
    );
    assert!(text.contains(&told), "{text}\n---\n{told}");
    let told = format!(
        "lapsed (present: 2 of 4 civilian, 1 of 1 police)\n  - civilian side: 1 endorse, 1 disagree\n  \
         - police side: 1 said nothing\n  - civilian side by name: endorse: {leader}; disagree: {member}\n  \
         - police side by name: said nothing: {officer}"
    );
    assert!(text.contains(&told), "{text}\n---\n{told}");
}

both_engines![what_was_decided_is_told_with_who_stood_where, under_the_law_each_members_position_is_told_by_name];
