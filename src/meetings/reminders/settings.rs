//! Whether one is reminded of meetings.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{events, queries, token};
use crate::accounts::{Actor, Ctx};
use crate::meetings::model::MeetingVisibility;
use crate::meetings::policy::{self, Action, Subject};
use crate::partnerships::{PartnershipState, Standing};
use crate::platform::clock::Instant;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Attribution, Check, Filter, Found, NoContent, Reply, Valid};
use crate::platform::text::Line;

/// Whether you are reminded of meetings.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingReminders {
    /// Whether you get reminders.
    is_on: bool,
    /// Since when you get none; `null` where you do.
    stopped_at: Option<Instant>,
}

/// Whether to be reminded of meetings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_on": false}))]
pub struct SetMeetingReminders {
    /// Whether to get reminders of the meetings of your partnerships. Notices that you asked for as a subscriber, and letters on
    /// what you have to decide, are another matter.
    is_on: bool,
}
impl Check for SetMeetingReminders {}

/// The code of a reminder's unsubscribe button.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StopReminders {
    /// The code from a letter.
    #[param(inline)]
    token: Line<1, 256>,
}

/// One's own reminders have nothing to do with any partnership.
fn demand(actor: &Actor, action: Action) -> Result<()> {
    let subject = Subject::meeting(MeetingVisibility::Public);
    policy::demand(actor, &Standing::stranger(PartnershipState::Forming), subject, action)
}

const fn shown(stopped_at: Option<Instant>) -> Found<MeetingReminders> {
    Found(MeetingReminders { is_on: stopped_at.is_none(), stopped_at })
}

/// Tells whether you are reminded of meetings.
#[utoipa::path(get, path = "/account/meeting-reminders",
    tag = "meetings", security(("bearer" = [])), responses((status = 200, body = MeetingReminders)))]
pub async fn get_meeting_reminders(ctx: Ctx) -> Result<Reply> {
    ctx.read(move |conn, actor| {
        demand(actor, Action::GetMeetingReminders)?;
        Ok(shown(queries::stopped_at(conn, actor.person()?.id)?))
    })
    .await
}

/// Switches reminders of meetings on or off.
#[utoipa::path(put, path = "/account/meeting-reminders",
    tag = "meetings", security(("bearer" = [])), request_body = SetMeetingReminders,
    responses((status = 200, body = MeetingReminders)))]
pub async fn set_meeting_reminders(ctx: Ctx, body: Valid<SetMeetingReminders>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        demand(actor, Action::SetMeetingReminders)?;
        let owner = actor.person()?.id;
        let is_on = body.0.is_on;
        let is_changed = if is_on { queries::go_on(tx, owner)? } else { queries::stop(tx, owner, now)? };
        let told = shown(queries::stopped_at(tx, owner)?);
        match (is_changed, is_on) {
            (false, _) => Ok(tx.unchanged(told)),
            (true, true) => tx.recorded(events::SWITCHED_ON.on(owner.0), told),
            (true, false) => tx.recorded(events::SWITCHED_OFF.on(owner.0), told),
        }
    })
    .await
}

/// Switches your reminders of meetings off by the unsubscribe button of a mail program (RFC 8058), without signing in.
///
/// Each reminder has this address in its `List-Unsubscribe` header. What is sent as a body is not looked at. They are switched on
/// again in the account.
#[utoipa::path(post, path = "/meeting-reminders/one-click",
    tag = "meetings", security(()), params(StopReminders),
    responses((status = 204, description = "No more reminders are sent.")), extensions(("x-any-body" = json!(true))))]
pub async fn stop_reminders_by_one_click(ctx: Ctx, query: Filter<StopReminders>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, _| {
        let now = tx.now();
        let text: String = query.0.token.into();
        let refused = || Error::new(Code::TokenRejected, "The code is not whole.");
        let owner = token::read_stop(&state.secrets, &text).ok_or_else(refused)?;
        if !queries::stop(tx, owner, now)? {
            // Pressed twice.
            return Ok(tx.unchanged(NoContent));
        }
        tx.act_as(Attribution { account: Some(owner.0), ..Attribution::default() });
        tx.recorded(events::SWITCHED_OFF.on(owner.0), NoContent)
    })
    .await
}

crate::operations! {
    get_meeting_reminders,
    set_meeting_reminders,
    stop_reminders_by_one_click,
}
