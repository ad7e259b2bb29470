//! What many ask at the same time, which one statement may answer.

use diesel::connection::SimpleConnection as _;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, App, Person};

/// What is told, without what names the request.
fn told(answer: Answer) -> (u16, Value) {
    let mut body = answer.body;
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    (answer.status, body)
}

async fn everybody_is_told_what_they_are_told_alone(app: App) {
    let world = app.world().await;
    let mut paths = vec!["/meetings/01900000-0000-7000-8000-000000000000".to_owned()];
    for (day, visibility) in [("09", "public"), ("10", "members"), ("11", "leaders"), ("12", "public")] {
        let (starts, ends) = (format!("2027-03-{day}T18:30"), format!("2027-03-{day}T20:00"));
        let home = json!({"kind": "private_home", "name": "At Rosa's", "address": "12 Elm Street"});
        let meeting = json!({"visibility": visibility, "starts_local": starts, "ends_local": ends, "place": home});
        paths.push(format!("/meetings/{}", app.meeting(&world, meeting).await.id()));
    }
    let yes = json!({"answer": "yes"});
    app.put(format!("{}/rsvp", paths[1])).by(&world.member).json(yes).send().await.expect(200);
    paths.push(format!("/partnerships/{}/meetings", world.partnership));
    paths.push("/partnerships/01900000-0000-7000-8000-000000000000/meetings".into());
    let (session, token) = app.session(world.member.id).await;
    let over = Person { session, token, ..world.member.clone() };
    app.delete(format!("/sessions/{session}")).by(&over).send().await.expect(204);
    let mut readers = world.everybody();
    readers.push(("ended", Some(&over)));
    let asked: Vec<(&str, Option<&Person>, &String)> =
        readers.iter().flat_map(|(name, by)| paths.iter().map(move |path| (*name, *by, path))).collect();
    let mut alone = Vec::new();
    for (_, by, path) in &asked {
        alone.push(told(app.get(path).by_or_nobody(*by).send().await));
    }
    let mut other = app.state.db.engine().open().unwrap();
    for turn in 0..3 {
        // Whoever asks waits for the first answers, and for the others with them.
        let hold = match app.state.db.engine().name() {
            "sqlite" => "BEGIN IMMEDIATE",
            _ => "BEGIN; LOCK TABLE leadership_seats IN ACCESS EXCLUSIVE MODE",
        };
        other.batch_execute(hold).unwrap();
        let release = async {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            other.batch_execute("COMMIT").unwrap();
        };
        let asking = join_all(asked.iter().map(|(_, by, path)| app.get(path).by_or_nobody(*by).send()));
        let (together, ()) = tokio::join!(asking, release);
        for ((alone, together), (who, _, path)) in alone.iter().zip(together).zip(&asked) {
            assert_eq!(told(together), *alone, "{who} of {path}, turn {turn}");
        }
    }
}

/// What follows for one may take long: nobody else waits for it, whether they came with it or later.
async fn nobody_waits_for_whoever_takes_long(app: App) {
    let world = app.world().await;
    let mut paths = Vec::new();
    for n in 0..12 {
        let made = app.meeting(&world, json!({})).await;
        let path = format!("/meetings/{}", made.id());
        if n == 0 {
            let other = json!({"title": "Lamps again"});
            app.patch(&path).by(&world.civilian_leader).if_match(1).json(other).send().await.expect(200);
        }
        paths.push(path);
    }
    let (slow, quick) = paths.split_at(1);
    let ask = |paths: &[String]| {
        join_all(paths.iter().map(|path| app.get(path).by(&world.member).send()).collect::<Vec<_>>())
    };
    for later in [0, 50] {
        // Only meetings that were changed need this.
        let mut other = app.state.db.engine().open().unwrap();
        other.batch_execute("BEGIN; LOCK TABLE meeting_times IN ACCESS EXCLUSIVE MODE").unwrap();
        let others = async {
            tokio::time::sleep(std::time::Duration::from_millis(later)).await;
            for answer in ask(quick).await {
                answer.expect(200);
            }
            other.batch_execute("COMMIT").unwrap();
        };
        let (slow, ()) = tokio::join!(ask(slow), others);
        for answer in slow {
            answer.expect(200);
        }
    }
}

mod postgres_alone {
    use crate::support::engines::{Engine, run};

    #[test]
    fn nobody_waits_for_whoever_takes_long() {
        run(Engine::Postgres, super::nobody_waits_for_whoever_takes_long);
    }
}

both_engines![everybody_is_told_what_they_are_told_alone];
