//! The secret address of one's own calendar.

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{CalendarAddress, CalendarAddressId, CalendarToken, TOKEN};
use super::policy::{self, Action};
use super::{events, queries};
use crate::accounts::{Actor, Ctx, hold_own};
use crate::ids::AccountId;
use crate::meetings::model::MeetingVisibility;
use crate::partnerships::{PartnershipState, Standing};
use crate::platform::clock::Instant;
use crate::platform::crypto::OneTimeToken;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::http::{API, Created, Found, NoContent, Reply};

/// The secret address of your calendar, as it is told once.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewCalendarAddress {
    /// The address, for programs that subscribe to calendars. Whoever has it reads your calendar; it is not told again.
    calendar_url: String,
    /// When it was made.
    created_at: Instant,
}

/// Whether your calendar has a secret address.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarAddressDetail {
    /// When it was made; `null` while there is none.
    created_at: Option<Instant>,
}

/// One's own address has nothing to do with any partnership.
fn demand(actor: &Actor, action: Action) -> Result<()> {
    policy::demand(actor, &Standing::stranger(PartnershipState::Forming), MeetingVisibility::Public, action)
}

/// Makes the secret address of your calendar; the one before ends.
///
/// It is told this once and stored nowhere. It stands until you revoke or replace it or reset your password by mail, and tells
/// nothing while the account is stopped.
#[utoipa::path(post, path = "/account/calendar-address",
    tag = "calendars", security(("bearer" = [])),
    responses((status = 201, body = NewCalendarAddress)), extensions(("x-idempotency" = json!("none"))))]
pub async fn make_calendar_address(ctx: Ctx) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.unkept()
        .write(move |tx, actor| {
            let now = tx.now();
            demand(actor, Action::MakeCalendarAddress)?;
            // Whoever recovers the account ends its address.
            hold_own(tx, actor.person()?)?;
            let owner = actor.person()?.id;
            let token = OneTimeToken::new(TOKEN)?;
            let calendar_url = format!("{}{API}/calendars/{}/calendar.ics", state.base_url, *token.text);
            let row = CalendarAddress {
                id: CalendarAddressId::new(),
                account_id: owner,
                token_digest: CalendarToken::from(token).digest(&state.secrets).to_vec(),
                created_at: now,
            };
            queries::delete_address(tx, owner)?;
            queries::insert_address(tx, &row)?;
            let value = NewCalendarAddress { calendar_url, created_at: now };
            let location = format!("{API}/account/calendar-address");
            tx.recorded(events::MADE.on(row.id.0), Created { value, location, version: None })
        })
        .await
}

/// Tells whether your calendar has a secret address, and since when.
#[utoipa::path(get, path = "/account/calendar-address",
    tag = "calendars", security(("bearer" = [])), responses((status = 200, body = CalendarAddressDetail)))]
pub async fn get_calendar_address(ctx: Ctx) -> Result<Reply> {
    ctx.read(move |conn, actor| {
        demand(actor, Action::GetCalendarAddress)?;
        let address = queries::find_address(conn, actor.person()?.id)?;
        Ok(Found(CalendarAddressDetail { created_at: address.map(|address| address.created_at) }))
    })
    .await
}

/// Revokes the secret address of your calendar: it tells nothing from now on.
#[utoipa::path(delete, path = "/account/calendar-address",
    tag = "calendars", security(("bearer" = [])),
    responses((status = 204, description = "There is no address any more.")))]
pub async fn revoke_calendar_address(ctx: Ctx) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        demand(actor, Action::RevokeCalendarAddress)?;
        let owner = actor.person()?.id;
        let none = || Error::conflict("Your calendar has no secret address.");
        let address = queries::find_address(tx, owner)?.ok_or_else(none)?;
        queries::delete_address(tx, owner)?;
        tx.recorded(events::REVOKED.on(address.id.0), NoContent)
    })
    .await
}

/// Ends the secret address of somebody's calendar, if there is one: its owner had to recover the account, and others may have made
/// or copied it.
///
/// # Errors
/// When the database can't do it.
pub fn end_calendar_address(conn: &mut Conn, of: AccountId) -> Result<()> {
    queries::delete_address(conn, of).map(|_| ())
}

crate::operations! {
    make_calendar_address,
    get_calendar_address,
    revoke_calendar_address,
}
