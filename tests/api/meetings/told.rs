//! What a meeting's own answer tells of its notice and of its place.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use serde_json::json;
use threekeys::platform::clock::{hours, minutes};
use threekeys::platform::db::AnyId;
use threekeys::schema::meeting_stamps;

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

/// What was read and told of the newest meetings is kept: it must never be told when it is so no more, nor to whoever is told
/// something else.
async fn the_newest_meetings_are_told_as_each_is_by_itself(app: App) {
    let world = app.world().await;
    let readers = [
        None,
        Some(&world.stranger),
        Some(&world.member),
        Some(&world.civilian_leader),
        Some(&world.officer),
        Some(&world.commander),
        Some(&world.administrator),
    ];
    let newest = format!("/partnerships/{}/meetings", world.partnership);
    let all_alike = async |after: &str| {
        for by in readers {
            // The second time from what was kept.
            for _ in 0..2 {
                let listed = app.get(&newest).by_or_nobody(by).send().await.expect(200);
                let narrowed = app.get(format!("{newest}?from=2020-01-01T00:00:00Z")).by_or_nobody(by).send().await;
                assert_eq!(listed.body["items"], narrowed.expect(200).body["items"], "{after}");
                assert!(!listed.items().is_empty());
                for limit in [1, 2, 50, 51, 200] {
                    let page = app.get(format!("{newest}?limit={limit}")).by_or_nobody(by).send().await.expect(200);
                    let most = listed.items().len().min(limit);
                    assert_eq!(page.items(), &listed.items()[..most], "{after}");
                }
                for item in listed.items() {
                    let path = format!("/meetings/{}", item["id"].as_str().unwrap());
                    assert_eq!(*item, app.get(path).by_or_nobody(by).send().await.expect(200).body, "{after}");
                }
            }
        }
    };
    let on = |day: &str| json!({"starts_local": format!("{day}T18:30"), "ends_local": format!("{day}T20:00")});
    let path = format!("/meetings/{}", app.meeting(&world, json!({"capacity": 9})).await.id());
    let mut home = on("2027-03-12");
    home["place"] = json!({"kind": "private_home", "name": "At Rosa's", "address": "12 Elm Street"});
    let home = format!("/meetings/{}", app.meeting(&world, home).await.id());
    let mut online = on("2027-03-13");
    online["format"] = json!("online");
    online["place"] = json!({"kind": "online", "name": "Our room", "address": "https://meet.example/room"});
    app.meeting(&world, online).await;
    let mut inside = on("2027-03-14");
    inside["visibility"] = json!("members");
    let inside = format!("/meetings/{}", app.meeting(&world, inside).await.id());
    all_alike("put down").await;
    for (path, guests) in [(&path, 2), (&home, 0)] {
        let yes = json!({"answer": "yes", "guests": guests});
        app.put(format!("{path}/rsvp")).by(&world.member).json(yes).send().await.expect(200);
        all_alike("answered").await;
    }
    app.run_job("give_notice").await;
    all_alike("noticed").await;
    let by = &world.civilian_leader;
    for (version, change) in [
        (1, json!({"title": "Lamps again"})),
        (2, json!({"starts_local": "2027-03-09T18:45"})),
        (3, json!({"place": {"name": "Another hall", "address": null}})),
    ] {
        app.patch(&path).by(by).if_match(version).json(change.clone()).send().await.expect(200);
        all_alike(&change.to_string()).await;
    }
    let why = json!({"reason": "The hall was sold."});
    app.post(format!("{inside}/cancel")).by(by).if_match(1).json(why).send().await.expect(200);
    all_alike("cancelled").await;
    let again = json!({"name": "Armourdale Lamps"});
    let partnership = format!("/partnerships/{}", world.partnership);
    let version = app.get(&partnership).by(by).send().await.expect(200).version();
    app.patch(&partnership).by(by).if_match(version).json(again).send().await.expect(200);
    all_alike("the partnership was renamed").await;
    app.db(|conn| conn.batch_execute("UPDATE meetings SET title = 'Lamps, put right', place_name = 'Elsewhere'")).await;
    all_alike("changed by something else").await;
    app.wait_for_the_meeting();
    app.pass(minutes(15));
    for step in ["start", "adjourn"] {
        let version = app.get(&path).by(by).send().await.expect(200).version();
        app.post(format!("{path}/{step}")).by(by).if_match(version).send().await.expect(200);
        all_alike(step).await;
    }
    let text = json!({"text": "We met.", "visibility": "public"});
    app.put(format!("{path}/minutes")).by(&world.secretary).json(text).send().await.expect(201);
    let version = app.approved_minutes(&path, [&world.civilian_leader, &world.police_leader]).await;
    all_alike("minuted").await;
    app.post(format!("{path}/minutes/publish")).by(&world.secretary).if_match(version).send().await.expect(200);
    all_alike("closed").await;
}

/// On PostgreSQL each statement sees what is committed when it runs: what a meeting has become since its head was read may not be
/// for the reader.
async fn what_is_changed_while_it_is_listed_is_told_to_nobody_else(app: App) {
    let world = app.world().await;
    app.meeting(&world, json!({})).await;
    let newest = format!("/partnerships/{}/meetings", world.partnership);
    let mut other = app.state.db.engine().open().unwrap();
    for (change, secret, left) in [
        ("place_kind = 'private_home', place_address = '12 Elm Street'", "12 Elm Street", 1),
        ("visibility = 'leaders', title = 'Whom we suspect'", "Whom we suspect", 0),
    ] {
        // Whoever lists asks for their own answers after the heads and before the rest.
        other.batch_execute("BEGIN; LOCK TABLE rsvps IN ACCESS EXCLUSIVE MODE").unwrap();
        let changing = async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            other.batch_execute(&format!("UPDATE meetings SET version = version + 1, {change}; COMMIT")).unwrap();
        };
        let (listed, ()) = tokio::join!(app.get(&newest).by(&world.stranger).send(), changing);
        let listed = listed.expect(200);
        assert_eq!(listed.items().len(), left, "{change}: {:#}", listed.body);
        assert!(!listed.body.to_string().contains(secret), "{change}: {:#}", listed.body);
    }
}

/// Whoever changes meetings waits for others that change the same, and not for those that change others of the partnership.
async fn changes_of_different_meetings_do_not_wait_for_each_other(app: App) {
    let world = app.world().await;
    for _ in 0..2 {
        app.meeting(&world, json!({})).await;
    }
    let [mut one, mut other] = [0, 1].map(|_| app.state.db.engine().open().unwrap());
    let change = |which: &str| {
        format!(
            "UPDATE meetings SET sequence = sequence + 1 WHERE id = (SELECT id FROM meetings ORDER BY id {which} LIMIT 1)"
        )
    };
    one.batch_execute(&format!("BEGIN; {}", change("ASC"))).unwrap();
    other.batch_execute(&format!("BEGIN; {}; COMMIT", change("DESC"))).unwrap();
    one.batch_execute(&format!("{}; COMMIT", change("DESC"))).unwrap();
}

/// By this what was read of them is known to be so still.
async fn the_meetings_of_a_partnership_are_known_by_another_stamp_after_every_change(app: App) {
    let world = app.world().await;
    let stamps = || {
        app.db(|conn| meeting_stamps::table.select((meeting_stamps::partnership_id, meeting_stamps::stamp)).load(conn))
    };
    let mut known: Vec<(AnyId, AnyId)> = stamps().await;
    assert!(known.is_empty(), "{known:?}");
    let mut changed = async |what: &str| {
        let now = stamps().await;
        assert_eq!(now.len(), 1, "{what}");
        assert_eq!(now[0].0.0, world.partnership.0, "{what}");
        assert!(known.iter().all(|before| *before != now[0]), "{what}");
        known.extend(now);
    };
    let path = format!("/meetings/{}", app.meeting(&world, json!({})).await.id());
    changed("put down").await;
    app.put(format!("{path}/rsvp")).by(&world.member).json(json!({"answer": "yes"})).send().await.expect(200);
    changed("answered").await;
    app.run_job("give_notice").await;
    changed("noticed").await;
    app.patch(&path).by(&world.civilian_leader).if_match(1).json(json!({"title": "Lamps"})).send().await.expect(200);
    changed("changed").await;
    app.db(|conn| conn.batch_execute("UPDATE meetings SET sequence = sequence")).await;
    changed("changed by something else").await;
    app.meeting(&world, json!({})).await;
    changed("another put down").await;
    app.db(|conn| conn.batch_execute("DELETE FROM meetings WHERE id NOT IN (SELECT meeting_id FROM rsvps)")).await;
    changed("deleted").await;
    for _ in 0..3 {
        app.get(format!("/partnerships/{}/meetings", world.partnership)).send().await.expect(200);
    }
    assert_eq!(stamps().await[0], *known.last().unwrap(), "reading changes nothing");
}

mod postgres_alone {
    use crate::support::engines::{Engine, run};

    #[test]
    fn what_is_changed_while_it_is_listed_is_told_to_nobody_else() {
        run(Engine::Postgres, super::what_is_changed_while_it_is_listed_is_told_to_nobody_else);
    }

    #[test]
    fn changes_of_different_meetings_do_not_wait_for_each_other() {
        run(Engine::Postgres, super::changes_of_different_meetings_do_not_wait_for_each_other);
    }
}

both_engines![
    a_meeting_put_down_or_moved_at_short_notice_says_so,
    a_meeting_in_a_home_says_who_tells_its_address,
    the_newest_meetings_are_told_as_each_is_by_itself,
    the_meetings_of_a_partnership_are_known_by_another_stamp_after_every_change,
];
