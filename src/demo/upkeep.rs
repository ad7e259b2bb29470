//! What keeps the demonstration alive: there are always meetings to come, some by a rule, and somebody who gets notice of them.

use actix_web::http::Method;
use serde_json::json;

use super::people;
use super::stories::{COMING, Coming, SHOWN};
use super::world::{World, named, step};

/// Schedules the meetings to come, where earlier ones have passed.
///
/// # Errors
/// When something is refused.
pub async fn schedule_meetings(world: &mut World) -> Result<(), String> {
    for coming in COMING {
        schedule(world, coming).await?;
    }
    walks(world).await?;
    world.end_sessions().await
}

/// What the shown partnership does every other week.
const WALKS: &str = "Lamp walk";
/// Who gets notice of its meetings, without an account.
const NEIGHBOR: &str = "neighbor@example.org";

/// A series of the shown partnership, where none is running, with an evening that is moved; and a neighbor who asked for
/// notice.
async fn walks(world: &mut World) -> Result<(), String> {
    people::sign_in(world, "rosa").await?;
    let own = world.read("rosa", "/partnerships?mine=true&limit=100").await?;
    let Some(partnership) = named(&own, "name", SHOWN).map(str::to_owned) else { return Ok(()) };
    let series = format!("/partnerships/{partnership}/meeting-series");
    if named(&world.read("rosa", &format!("{series}?state=running&limit=100")).await?, "title", WALKS).is_some() {
        return Ok(());
    }
    let never_before = named(&world.read("rosa", &format!("{series}?limit=100")).await?, "title", WALKS).is_none();
    let body = json!({
        "kind": "watch", "format": "in_person", "title": WALKS, "rule": "FREQ=WEEKLY;INTERVAL=2;COUNT=12",
        "starts_local": "{+16}T19:00", "ends_local": "{+16}T20:00", "visibility": "public",
        "purpose": "Which lamps are dark? We walk, count and report them.",
        "place": {"kind": "public", "name": "Corner of Osage Avenue and 7th Street"}
    });
    let act = |path: &str, body| step(0, "00:00", "rosa", Method::POST, path, body);
    world.act(act(&series, body).naming("/next/1/meeting_id", "second_walk")).await?;
    let moved = json!({"starts_local": "{+31}T18:00", "ends_local": "{+31}T19:00"});
    let walk = "/meetings/{second_walk}";
    world.act(step(0, "00:00", "rosa", Method::PATCH, walk, moved).matching(walk)).await?;
    if !never_before {
        return Ok(());
    }
    let wish = json!({"email": NEIGHBOR});
    world.act(act(&format!("/partnerships/{partnership}/notice-subscriptions"), wish)).await?;
    let code = json!({"token": "{code}"});
    world.act(act("/notice-subscriptions/confirm", code).coded(NEIGHBOR, "tkn_")).await
}

async fn schedule(world: &mut World, coming: &Coming) -> Result<(), String> {
    let organiser = coming.by;
    for who in [organiser].iter().chain(coming.coming) {
        people::sign_in(world, who).await?;
    }
    let own = world.read(organiser, "/partnerships?mine=true&limit=100").await?;
    let Some(partnership) = named(&own, "name", coming.partnership) else {
        // Whoever tried things out may have closed it.
        return Ok(());
    };
    let meetings = format!("/partnerships/{partnership}/meetings");
    let ahead = format!("{meetings}?state=scheduled&from={}T06:00:00Z&limit=100", world.day(1));
    if named(&world.read(organiser, &ahead).await?, "title", coming.title).is_some() {
        return Ok(());
    }
    let local = |time: &str| format!("{{{:+}}}T{time}", coming.day);
    let body = json!({
        "kind": coming.kind, "format": "in_person", "title": coming.title, "visibility": coming.visibility,
        "starts_local": local(coming.hours.0), "ends_local": local(coming.hours.1), "capacity": coming.capacity,
        "place": {"kind": "public", "name": coming.place.0, "address": coming.place.1}
    });
    world.act(step(0, "00:00", organiser, Method::POST, &meetings, body).named("coming")).await?;
    for who in coming.coming {
        let yes = json!({"answer": "yes"});
        world.act(step(0, "00:00", who, Method::PUT, "/meetings/{coming}/rsvp", yes)).await?;
    }
    Ok(())
}
