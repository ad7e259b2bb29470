//! Saying whether one comes.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Ctx, PersonRef, people};
use crate::ids::{AccountId, MeetingId};
use crate::meetings::events;
use crate::meetings::model::{Meeting, MeetingState, Rsvp, RsvpAnswer, RsvpId};
use crate::meetings::policy::Action;
use crate::meetings::queries::{meetings, rsvps};
use crate::meetings::routes::shown::{Hold, event, load_for};
use crate::platform::clock::Instant;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::{Check, Listing, Page, PageParams, Path, Reply, Tx, Valid, Versioned, wrong};
use crate::platform::values::Whole;

/// An answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answer": "yes", "guests": 1}))]
pub struct AnswerRsvp {
    /// Whether you come.
    answer: RsvpAnswer,
    /// How many you bring; none where nothing is said.
    guests: Option<Whole<0, 5>>,
}
impl AnswerRsvp {
    fn guests(&self) -> i32 {
        self.guests.map_or(0, Whole::get)
    }
}
impl Check for AnswerRsvp {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if self.answer == RsvpAnswer::No && self.guests() > 0 {
            errors.push(wrong("/guests", FieldCode::Inconsistent, "must be 0 for somebody who does not come"));
        }
    }
}

/// Which answers to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RsvpFilter {
    /// That say so.
    #[param(inline)]
    answer: Option<RsvpAnswer>,
}

/// Somebody's answer to a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct RsvpDetail {
    /// The answer's own id.
    id: RsvpId,
    /// To which meeting.
    meeting_id: MeetingId,
    /// Whose.
    person: Option<PersonRef>,
    /// What was answered.
    answer: RsvpAnswer,
    /// How many the person brings.
    guests: i32,
    /// Changes with every change.
    version: i64,
    /// When the person answered first.
    created_at: Instant,
    /// When the person answered last.
    updated_at: Instant,
}

fn detail(row: Rsvp, person: Option<PersonRef>) -> RsvpDetail {
    let Rsvp { id, meeting_id, account_id: _, answer, guests, version, created_at, updated_at } = row;
    RsvpDetail { id, meeting_id, person, answer, guests, version, created_at, updated_at }
}

/// Refuses answers to a meeting that is over, or does not take place.
///
/// # Errors
/// A conflict.
pub fn demand_takes_answers(meeting: &Meeting, now: Instant) -> Result<()> {
    let over = meeting.state == MeetingState::Scheduled && meeting.ends_at <= now;
    if !meeting.state.takes_answers() || over {
        return Err(Error::conflict("The meeting takes no answers any more: it is over, or does not take place."));
    }
    Ok(())
}

/// Puts a person's answer in the place of the one `before`, to a meeting that the caller holds.
///
/// # Errors
/// 409 when there are not so many places left.
pub fn put_answer(
    tx: &mut Tx<'_>,
    meeting: &Meeting,
    person: AccountId,
    before: Option<Rsvp>,
    answer: RsvpAnswer,
    guests: i32,
) -> Result<Rsvp> {
    let now = tx.now();
    let held = before.as_ref().map_or(0, |rsvp| rsvp.answer.places(rsvp.guests));
    let more = answer.places(guests) - held;
    let answers = meeting.answers.0.answered(before.as_ref().map(|rsvp| rsvp.answer), answer);
    if more != 0 || answers != meeting.answers.0 {
        meetings::update_answers(tx, meeting.id, more, answers)?;
    }
    if let Some(before) = before {
        return rsvps::update(tx, before.id, answer, guests, now);
    }
    let rsvp = Rsvp {
        id: RsvpId::new(),
        meeting_id: meeting.id,
        account_id: person,
        answer,
        guests,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    rsvps::insert(tx, &rsvp)?;
    Ok(rsvp)
}

/// Says whether you come to a meeting, and how many you bring.
///
/// A later answer takes the place of the one before. A yes takes a place for each of you; where there are not so many
/// left it is refused, and the answer before still stands.
#[utoipa::path(put, path = "/meetings/{meeting_id}/rsvp",
    tag = "meetings", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    request_body = AnswerRsvp, responses((status = 200, body = RsvpDetail)))]
pub async fn answer_rsvp(ctx: Ctx, id: Path<MeetingId>, body: Valid<AnswerRsvp>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = load_for(tx, actor, id.0, Action::AnswerRsvp, Hold::Membership, now)?;
        scoped.demand_live()?;
        demand_takes_answers(&row, now)?;
        let (answer, guests) = (body.0.answer, body.0.guests());
        let before = rsvps::find(tx, id.0, by)?;
        let rsvp = put_answer(tx, &row, by, before, answer, guests)?;
        let entry = event(events::RSVP_ANSWERED, &row).fact("answer", answer.as_str()).fact("guests", guests);
        let person = people(tx, [by])?.remove(&by);
        let version = rsvp.version;
        tx.recorded(entry, Versioned::new(detail(rsvp, person), version))
    })
    .await
}

/// Lists the answers to a meeting, in the order in which they came.
#[utoipa::path(get, path = "/meetings/{meeting_id}/rsvps",
    tag = "meetings", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), RsvpFilter, PageParams),
    responses((status = 200, body = Page<RsvpDetail>)))]
pub async fn list_rsvps(ctx: Ctx, id: Path<MeetingId>, listing: Listing<RsvpFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        load_for(conn, actor, id.0, Action::ListRsvps, Hold::Nothing, now)?;
        let page = rsvps::list(conn, id.0, listing.filter.answer, &listing)?;
        let people = people(conn, page.items.iter().map(|row| row.account_id))?;
        Ok(page.map(|row| {
            let person = people.get(&row.account_id).cloned();
            detail(row, person)
        }))
    })
    .await
}

crate::operations! {
    answer_rsvp,
    list_rsvps,
}
