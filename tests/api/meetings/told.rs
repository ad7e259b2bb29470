//! What a meeting's own answer tells of its notice and of its place.

use serde_json::json;
use threekeys::platform::clock::hours;

use crate::support::{App, Person};

async fn a_meeting_put_down_or_moved_at_short_notice_says_so(app: App) {
    let world = app.world().await;
    // It is Monday noon.
    for (kind, day, short) in [
        ("regular", "2027-03-04T11:59", true),
        ("regular", "2027-03-04T12:00", false),
        ("special", "2027-03-02T11:59", true),
        ("special", "2027-03-02T12:00", false),
    ] {
        let ends = format!("{}T23:00", &day[..10]);
        let made = app
            .meeting(&world, json!({"kind": kind, "purpose": "Lamps.", "starts_local": day, "ends_local": ends}))
            .await;
        assert_eq!(made.body["is_short_notice"], short, "{kind} {day}");
        let read = app.get(format!("/meetings/{}", made.id())).send().await.expect(200);
        assert_eq!(read.body["is_short_notice"], short, "{kind} {day}");
    }
    let made = app.meeting(&world, json!({})).await;
    assert_eq!(made.body["is_short_notice"], false);
    let path = format!("/meetings/{}", made.id());
    app.pass(hours(24 * 6));
    let other = json!({"title": "Lamps again"});
    let same = app.patch(&path).by(&world.civilian_leader).if_match(1).json(other).send().await.expect(200);
    assert_eq!(same.body["is_short_notice"], false, "its time is the one that was told");
    let moved = json!({"starts_local": "2027-03-09T19:00", "ends_local": "2027-03-09T20:00"});
    let moved = app.patch(&path).by(&world.civilian_leader).if_match(2).json(moved).send().await.expect(200);
    assert_eq!(moved.body["is_short_notice"], true);
    assert_eq!(app.get(&path).send().await.expect(200).body["is_short_notice"], true);
    // So does another place, others who may attend, or a kind of meeting that wants less notice.
    let mut made = Vec::new();
    for (other, short) in [
        (json!({"title": "Lamps once more"}), false),
        (json!({"place": {"name": "Another hall"}}), true),
        (json!({"visibility": "members"}), true),
        (json!({"kind": "committee"}), true),
    ] {
        let time = json!({"starts_local": "2027-03-11T18:30", "ends_local": "2027-03-11T20:00"});
        made.push((app.meeting(&world, time).await, other, short));
    }
    app.pass(hours(36));
    for (made, other, short) in made {
        assert_eq!(made.body["is_short_notice"], false);
        let path = format!("/meetings/{}", made.id());
        let changed = app.patch(&path).by(&world.civilian_leader).if_match(1).json(other.clone()).send().await;
        assert_eq!(changed.expect(200).body["is_short_notice"], short, "{other}");
    }
    let list = format!("/partnerships/{}/meetings?from=2027-03-08T00:00:00Z", world.partnership);
    let listed = app.get(list).send().await.expect(200);
    let found = listed.items().iter().find(|item| item["id"] == moved.body["id"]).expect("it is listed");
    assert_eq!(found["is_short_notice"], true);
}

async fn a_meeting_in_a_home_says_who_tells_its_address(app: App) {
    let world = app.world().await;
    let home = json!({"place": {"kind": "private_home", "name": "At Rosa's", "address": "12 Elm Street"}});
    let path = format!("/meetings/{}", app.meeting(&world, home).await.id());
    let told = |by: Option<&Person>| {
        let call = app.get(&path).by_or_nobody(by);
        async move {
            let read = call.send().await.expect(200);
            (read.body["address_told"].as_str().unwrap().to_owned(), read.body["place"]["address"].is_string())
        }
    };
    for (by, word, has) in [
        (None, "by_leaders", false),
        (Some(&world.stranger), "by_leaders", false),
        (Some(&world.member), "after_yes", false),
        (Some(&world.civilian_leader), "here", true),
        (Some(&world.officer), "here", true),
    ] {
        assert_eq!(told(by).await, (word.to_owned(), has));
    }
    for (by, word, has) in [(&world.stranger, "by_leaders", false), (&world.member, "here", true)] {
        app.put(format!("{path}/rsvp")).by(by).json(json!({"answer": "yes"})).send().await.expect(200);
        assert_eq!(told(Some(by)).await, (word.to_owned(), has));
    }
    let listed = app.get("/meetings").by(&world.member).send().await.expect(200);
    assert_eq!(listed.items()[0]["address_told"], "in_the_meeting");
    let public =
        app.meeting(&world, json!({"starts_local": "2027-03-10T18:30", "ends_local": "2027-03-10T20:00"})).await;
    assert_eq!(public.body["address_told"], "here");
}

both_engines![a_meeting_put_down_or_moved_at_short_notice_says_so, a_meeting_in_a_home_says_who_tells_its_address];
