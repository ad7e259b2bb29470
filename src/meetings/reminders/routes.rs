//! Answering to a meeting by the link of a reminder.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::token::{self, Grant};
use crate::accounts::{Ctx, GivenToken, emails_of};
use crate::ids::MeetingId;
use crate::meetings::events;
use crate::meetings::model::{Meeting, MeetingVisibility, Rsvp, RsvpAnswer};
use crate::meetings::queries::{meetings, rsvps};
use crate::meetings::routes::{demand_takes_answers, event, put_answer};
use crate::partnerships::{Purpose, find_partnership, hold_membership, is_active_member, leading_accounts};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Attribution, Check, Found, Reply, Valid};

/// An answer by the link of a reminder.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRsvpLink {
    /// The code of the link: what stands in it behind `#`, the answer and the point.
    token: GivenToken,
    /// Whether you come.
    answer: RsvpAnswer,
}
impl Check for AnswerRsvpLink {}

/// What was answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct RsvpLinkAnswered {
    /// To which meeting.
    meeting_id: MeetingId,
    /// What it is called.
    title: String,
    /// When it begins, on the clock where it takes place.
    #[schema(value_type = crate::platform::text::LocalTime)]
    starts_local: String,
    /// The zone of that clock (IANA).
    #[schema(value_type = crate::platform::text::Zone)]
    time_zone: String,
    /// What was answered.
    answer: RsvpAnswer,
    /// How many the person brings, as was said before.
    guests: i32,
    /// When the person answered last.
    updated_at: Instant,
}

fn answered(meeting: Meeting, rsvp: &Rsvp) -> Found<RsvpLinkAnswered> {
    let Meeting { id, title, starts_local, time_zone, .. } = meeting;
    let (answer, guests, updated_at) = (rsvp.answer, rsvp.guests, rsvp.updated_at);
    Found(RsvpLinkAnswered { meeting_id: id, title, starts_local, time_zone, answer, guests, updated_at })
}

/// Whether the member whom the link was written to is still somebody who would be.
fn is_still(conn: &mut Conn, meeting: &Meeting, grant: Grant) -> Result<bool> {
    let reads = match meeting.visibility {
        MeetingVisibility::Public | MeetingVisibility::Members => true,
        MeetingVisibility::Leaders => leading_accounts(conn, meeting.partnership_id)?.contains(&grant.account),
    };
    Ok(reads
        && is_active_member(conn, meeting.partnership_id, grant.account)?
        // Whoever's account is stopped gets no letters, and answers by none.
        && !emails_of(conn, &[grant.account])?.is_empty())
}

/// Answers to a meeting by the link of a reminder, without signing in.
///
/// The link is one member's, for one meeting, until that is over. The same answer again changes nothing; another one takes its
/// place. Guests that were named before still come where the answer stays yes.
#[utoipa::path(post, path = "/rsvp-links/answer",
    tag = "meetings", security(()), request_body = AnswerRsvpLink,
    responses((status = 200, body = RsvpLinkAnswered)))]
pub async fn answer_rsvp_link(ctx: Ctx, body: Valid<AnswerRsvpLink>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, _| {
        let now = tx.now();
        let refused = || Error::new(Code::TokenRejected, "The link is not whole, or its time is over.");
        let grant = token::read(&state.secrets, body.0.token.expose(), now).ok_or_else(refused)?;
        // The membership before the meeting, as those take them who leave: none leaves this answer behind.
        let meeting = meetings::find(tx, grant.meeting)?.ok_or_else(refused)?;
        hold_membership(tx, meeting.partnership_id, grant.account)?;
        let meeting = meetings::find_locked(tx, grant.meeting)?.ok_or_else(refused)?;
        if !is_still(tx, &meeting, grant)? {
            return Err(refused());
        }
        tx.act_as(Attribution { account: Some(grant.account.0), ..Attribution::default() });
        let partnership = find_partnership(tx, meeting.partnership_id, Purpose::Read)?.ok_or_else(refused)?;
        if !partnership.state.is_live() {
            return Err(Error::conflict("The partnership is not at work now."));
        }
        demand_takes_answers(&meeting, now)?;
        let answer = body.0.answer;
        let before = rsvps::find(tx, meeting.id, grant.account)?;
        let guests = match (&before, answer) {
            (Some(before), RsvpAnswer::Yes) if before.answer == RsvpAnswer::Yes => before.guests,
            _ => 0,
        };
        if let Some(before) = before.as_ref().filter(|before| before.answer == answer && before.guests == guests) {
            let told = answered(meeting, before);
            return Ok(tx.unchanged(told));
        }
        let rsvp = put_answer(tx, &meeting, grant.account, before, answer, guests)?;
        let entry = event(events::RSVP_ANSWERED, &meeting).fact("answer", answer.as_str()).fact("guests", guests);
        tx.recorded(entry, answered(meeting, &rsvp))
    })
    .await
}

crate::operations! {
    answer_rsvp_link,
}
