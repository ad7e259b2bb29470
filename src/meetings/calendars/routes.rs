//! Reading calendars.

use serde::Serialize;

use super::feed::{self, Making, Told};
use super::gather::{self, OWN, SHARED, Wanted};
use super::ics::{self, Head};
use super::model::CalendarToken;
use super::policy::{self, Action};
use super::queries::{self, Scope};
use crate::accounts::{Actor, Ctx};
use crate::directory::find_area;
use crate::ids::{AreaId, MeetingId, PartnershipId};
use crate::meetings::model::{MeetingVisibility, RsvpAnswer};
use crate::meetings::policy::{self as of_meetings, knows_address};
use crate::meetings::queries::rsvps;
use crate::meetings::routes::{Hold, load_for};
use crate::partnerships::{PartnershipState, Purpose, Scoped, Standing, own_places};
use crate::platform::error::{Error, Result};
use crate::platform::http::rendered::Dress;
use crate::platform::http::{Known, Path, Reply};

/// Shared where nobody in particular asks.
const fn dress(actor: &Actor) -> Dress {
    match actor {
        Actor::Anonymous => SHARED,
        Actor::Halfway(_) | Actor::Person(_) => OWN,
    }
}

/// Reads a partnership's open meetings as a calendar to subscribe to.
///
/// The one authoritative calendar of the partnership (iCalendar, RFC 5545): a series is one event with its rule, what was
/// changed by itself an override, and what was cancelled stays, cancelled. Open meetings only, and nothing of the place of
/// those at private homes. From a year back to two years ahead, at most 100 series and 1,000 other meetings. `If-None-Match`
/// answers 304 as long as nothing in it has changed.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/calendar.ics",
    tag = "calendars", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    responses((status = 200, body = String, content_type = "text/calendar", description = "The calendar.",
        headers(("ETag" = String, description = "Names what is in it, for `If-None-Match`."))),
        (status = 304, description = "Nothing in it has changed.")))]
pub async fn get_partnership_calendar(ctx: Ctx, id: Path<PartnershipId>, known: Known) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        let open = MeetingVisibility::Public;
        policy::demand(actor, &scoped.standing, open, Action::GetPartnershipCalendar)?;
        let name = scoped.partnership.name;
        let wanted = Wanted { name, scope: Scope::Partnership(id.0), told: Told::Everybody };
        gather::reply(conn, &state, wanted, &known, dress(actor), now)
    })
    .await
}

/// Reads the open meetings of an area as a calendar to subscribe to.
///
/// The one authoritative calendar of the area and what lies within it; otherwise as a partnership's.
#[utoipa::path(get, path = "/areas/{area_id}/calendar.ics",
    tag = "calendars", security((), ("bearer" = [])),
    params(("area_id" = AreaId, Path, description = "The area.")),
    responses((status = 200, body = String, content_type = "text/calendar", description = "The calendar.",
        headers(("ETag" = String, description = "Names what is in it, for `If-None-Match`."))),
        (status = 304, description = "Nothing in it has changed.")))]
pub async fn get_area_calendar(ctx: Ctx, id: Path<AreaId>, known: Known) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let stranger = Standing::stranger(PartnershipState::Forming);
        policy::demand(actor, &stranger, MeetingVisibility::Public, Action::GetAreaCalendar)?;
        let area = find_area(conn, id.0)?.ok_or_else(Error::not_found)?;
        let wanted = Wanted { name: area.name, scope: Scope::Area(id.0), told: Told::Everybody };
        gather::reply(conn, &state, wanted, &known, dress(actor), now)
    })
    .await
}

/// Reads one meeting as a calendar, to keep or to hand on.
///
/// For whoever sees the meeting; its place as far as you are told it. One of a series is an override in it: kept in the same
/// calendar as the series, it is not there twice.
#[utoipa::path(get, path = "/meetings/{meeting_id}/calendar.ics",
    tag = "calendars", security((), ("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    responses((status = 200, body = String, content_type = "text/calendar", description = "The calendar.",
        headers(("ETag" = String, description = "Names what is in it, for `If-None-Match`."))),
        (status = 304, description = "Nothing in it has changed.")))]
pub async fn get_meeting_calendar(ctx: Ctx, id: Path<MeetingId>, known: Known) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let (meeting, scoped) = load_for(conn, actor, id.0, of_meetings::Action::GetMeeting, Hold::Nothing, now)?;
        policy::demand(actor, &scoped.standing, meeting.visibility, Action::GetMeetingCalendar)?;
        let told = match actor.id() {
            Some(reader) => {
                let own = rsvps::find_own(conn, id.0, reader)?;
                let said_yes = own.is_some_and(|own| own.answer == RsvpAnswer::Yes);
                let scheduled_it = meeting.scheduled_by_id == reader;
                let knows_address = knows_address(&scoped.standing, meeting.place_kind, said_yes, scheduled_it);
                Told::Reader { knows_address }
            }
            None => Told::Everybody,
        };
        let placed = queries::placed(conn, id.0)?;
        let partnership = scoped.partnership.name;
        #[derive(Serialize)]
        struct One<'a>(&'a str, MeetingId, i64, &'a Option<feed::Placed>, &'a str, Told);
        let digest = gather::digest(&One(&state.base_url, meeting.id, meeting.version, &placed, &partnership, told))?;
        state.rendered.reply(digest, &known, dress(actor), || {
            let making = Making { told, base_url: &state.base_url };
            let event = feed::of_meeting(&meeting, placed.as_ref(), &partnership, making)?;
            ics::calendar(Head { name: &meeting.title, about: &partnership }, &[event])
        })
    })
    .await
}

/// Reads somebody's own meetings as a calendar to subscribe to, by its secret address.
///
/// Meetings of the owner's partnerships, as far as the owner may see them at the moment, and open ones to which the owner
/// said that they come or may. What places are called, and addresses of public ones only; those of private homes and on the
/// net are told by the meetings themselves. Ends when the address is revoked or replaced, and while the account is stopped.
#[utoipa::path(get, path = "/calendars/{calendar_token}/calendar.ics",
    tag = "calendars", security(()),
    params(("calendar_token" = inline(CalendarToken), Path, description = "The secret of the address.")),
    responses((status = 200, body = String, content_type = "text/calendar", description = "The calendar.",
        headers(("ETag" = String, description = "Names what is in it, for `If-None-Match`."))),
        (status = 304, description = "Nothing in it has changed.")))]
pub async fn get_personal_calendar(ctx: Ctx, token: Path<CalendarToken>, known: Known) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, _| {
        let account = queries::owner_of(conn, &token.0.digest(&state.secrets))?.ok_or_else(Error::not_found)?;
        let owner = Actor::absent(conn, account, now)?.ok_or_else(Error::not_found)?;
        let (mut inside, mut led) = (Vec::new(), Vec::new());
        for place in own_places(conn, &owner, now)? {
            let seen = of_meetings::seen(&place.standing);
            match (seen.contains(&MeetingVisibility::Members), seen.contains(&MeetingVisibility::Leaders)) {
                (_, true) => led.push(place.partnership.id),
                (true, false) => inside.push(place.partnership.id),
                (false, false) => {}
            }
        }
        let scope = Scope::Own { account, inside, led };
        let wanted = Wanted { name: "My meetings".into(), scope, told: Told::Bearer };
        gather::reply(conn, &state, wanted, &known, OWN, now)
    })
    .await
}

crate::operations! {
    get_partnership_calendar,
    get_area_calendar,
    get_meeting_calendar,
    get_personal_calendar,
}
