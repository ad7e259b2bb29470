//! What keeps the demonstration alive: there are always meetings to come.

use actix_web::http::Method;
use serde_json::json;

use super::people;
use super::stories::{COMING, Coming};
use super::world::{World, named, step};

/// Schedules the meetings to come, where earlier ones have passed.
///
/// # Errors
/// When something is refused.
pub async fn schedule_meetings(world: &mut World) -> Result<(), String> {
    for coming in COMING {
        schedule(world, coming).await?;
    }
    world.end_sessions().await
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
