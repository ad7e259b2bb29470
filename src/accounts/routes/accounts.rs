//! Accounts of others: for commanders, of their agency; for administrators, all.

use std::time::Duration;

use chrono::{Months, NaiveDate};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::accounts::actor::{Actor, Ctx, demand_still};
use crate::accounts::model::{Account, AccountKind, AccountState, AuthenticatorReset, AuthenticatorState, EndReason};
use crate::accounts::policy::{self, Action, Facts, NOBODY};
use crate::accounts::queries::accounts::{self, AccountChanges, Held, Wanted};
use crate::accounts::queries::{authenticators, sessions};
use crate::accounts::routes::own::{self, AccountDetail};
use crate::accounts::{events, letters, tokens};
use crate::ids::{AccountId, AgencyId};
use crate::platform::clock::hours;
use crate::platform::crypto::OneTimeToken;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Listing, Page, PageParams, Path, Reply, Valid};
use crate::platform::mail;
use crate::platform::text::{Day, Line};
use crate::platform::values::Patch;

/// How long an officer's verification lasts (`domain/10` 6.2).
pub const VERIFIED_FOR: Months = Months::new(12);
/// How long a new authenticator can be set up after the last one was taken away; then it is taken away again.
const RESET_LASTS: Duration = hours(72);

/// Which accounts to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountFilter {
    /// Of this agency; commanders get their own in any case.
    agency_id: Option<AgencyId>,
    /// Of this kind.
    #[param(inline)]
    kind: Option<AccountKind>,
    /// That stand so.
    #[param(inline)]
    state: Option<AccountState>,
    /// Whose name has this in it.
    q: Option<Line<1, 60>>,
}

/// Changes to an officer's or staff member's account.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountAdminChanges {
    /// Badge number.
    #[serde(default)]
    badge_number: Patch<Line<1, 20>>,
    /// Rank.
    #[serde(default)]
    rank: Patch<Line<1, 40>>,
    /// Unit.
    #[serde(default)]
    unit: Patch<Line<1, 80>>,
}
impl Check for AccountAdminChanges {}

/// How long a verification is to last.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewVerification {
    /// Last day on which it counts; at most twelve months ahead, and twelve months where nothing is said.
    verified_until: Option<Day>,
}
impl Check for RenewVerification {}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountReason {
    /// The reason; it is on record.
    reason: Line<3, 300>,
}
impl Check for AccountReason {}

fn facts(actor: &Actor, account: &Account) -> Facts {
    match actor {
        Actor::Person(person) => Facts {
            is_self: person.id == account.id,
            same_agency: person.agency.is_some() && person.agency == account.agency_id,
            kind: account.kind,
        },
        Actor::Halfway(_) | Actor::Anonymous => NOBODY,
    }
}

/// The account, as this actor may have it, to be changed.
fn held_for(conn: &mut Conn, actor: &Actor, id: AccountId, action: Action) -> Result<Held> {
    // Whoever may not change it keeps nobody waiting.
    load_for(conn, actor, id, action)?;
    let found = match action {
        Action::SuspendAccount | Action::CloseAccount => accounts::find_held_to_end(conn, id)?,
        _ => accounts::find_held(conn, id)?,
    };
    let account = found.ok_or_else(Error::not_found)?;
    policy::demand(actor, facts(actor, &account), action)?;
    // Of two administrators who stop each other at once, the second has no right to it any more.
    demand_still(conn, actor.person()?)?;
    Ok(account)
}

/// The account, as this actor may have it.
fn load_for(conn: &mut Conn, actor: &Actor, id: AccountId, action: Action) -> Result<Account> {
    actor.person()?;
    let account = accounts::find(conn, id)?.ok_or_else(Error::not_found)?;
    policy::demand(actor, facts(actor, &account), action)?;
    Ok(account)
}

/// Lists accounts, by name.
///
/// Commanders see those of their agency, administrators all.
#[utoipa::path(get, path = "/accounts",
    tag = "accounts", security(("bearer" = [])), params(AccountFilter, PageParams),
    responses((status = 200, body = Page<AccountDetail>)))]
pub async fn list_accounts(ctx: Ctx, listing: Listing<AccountFilter>) -> Result<Reply> {
    let today = ctx.now().date();
    ctx.read(move |conn, actor| {
        policy::demand(actor, NOBODY, Action::ListAccounts)?;
        let person = actor.person()?;
        let AccountFilter { agency_id, kind, state, q } = &listing.filter;
        let agency = if person.is_administrator() { *agency_id } else { person.agency };
        let wanted = Wanted { agency, kind: *kind, state: *state, q: q.as_ref().map(ToString::to_string) };
        Ok(accounts::list(conn, &wanted, &listing)?.map(|account| AccountDetail::new(account, today)))
    })
    .await
}

/// Reads an account.
#[utoipa::path(get, path = "/accounts/{account_id}",
    tag = "accounts", security(("bearer" = [])), params(("account_id" = AccountId, Path, description = "The account.")),
    responses((status = 200, body = AccountDetail)))]
pub async fn get_account(ctx: Ctx, id: Path<AccountId>) -> Result<Reply> {
    let today = ctx.now().date();
    ctx.read(move |conn, actor| {
        Ok(AccountDetail::new(load_for(conn, actor, id.0, Action::GetAccount)?, today).versioned())
    })
    .await
}

/// Changes badge, rank or unit of an account.
#[utoipa::path(patch, path = "/accounts/{account_id}",
    tag = "accounts", security(("bearer" = [])),
    params(("account_id" = AccountId, Path, description = "The account."), IfMatchParam),
    request_body = AccountAdminChanges, responses((status = 200, body = AccountDetail)))]
pub async fn update_account(
    ctx: Ctx,
    id: Path<AccountId>,
    if_match: IfMatch,
    body: Valid<AccountAdminChanges>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let account = held_for(tx, actor, id.0, Action::UpdateAccount)?;
        if_match.demand(account.version)?;
        let AccountAdminChanges { badge_number, rank, unit } = body.0;
        let changed: Vec<&'static str> =
            [("badge_number", badge_number.is_given()), ("rank", rank.is_given()), ("unit", unit.is_given())]
                .into_iter()
                .filter_map(|(name, given)| given.then_some(name))
                .collect();
        let changes = AccountChanges {
            badge_number: badge_number.changeset(Into::into),
            rank: rank.changeset(Into::into),
            unit: unit.changeset(Into::into),
            ..AccountChanges::default()
        };
        let now = tx.now();
        let account = accounts::update(tx, &account, changes, now)?;
        let event = events::UPDATED.on(id.0.0).changed(changed);
        tx.recorded(event, AccountDetail::new(account, now.date()).versioned())
    })
    .await
}

fn last_day(wanted: Option<Day>, today: NaiveDate) -> Result<NaiveDate> {
    let latest = today.checked_add_months(VERIFIED_FOR).ok_or_else(|| Error::fault("the calendar ends"))?;
    match wanted {
        None => Ok(latest),
        Some(day) if day.0 >= today && day.0 <= latest => Ok(day.0),
        Some(_) => Err(Error::field(
            "/verified_until",
            FieldCode::OutOfRange,
            format!("must be a day from {today} to {latest}"),
        )),
    }
}

/// Renews an officer's or commander's verification.
#[utoipa::path(post, path = "/accounts/{account_id}/renew-verification",
    tag = "accounts", security(("bearer" = [])),
    params(("account_id" = AccountId, Path, description = "The account."), IfMatchParam),
    request_body = RenewVerification, responses((status = 200, body = AccountDetail)))]
pub async fn renew_verification(
    ctx: Ctx,
    id: Path<AccountId>,
    if_match: IfMatch,
    body: Valid<RenewVerification>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let account = held_for(tx, actor, id.0, Action::RenewVerification)?;
        if_match.demand(account.version)?;
        if !account.kind.is_police() {
            return Err(Error::conflict("Only officers and commanders are verified."));
        }
        let now = tx.now();
        let until = last_day(body.0.verified_until, now.date())?;
        let changes = AccountChanges { verified_until: Some(Some(until)), ..AccountChanges::default() };
        let account = accounts::update(tx, &account, changes, now)?;
        let event = events::VERIFICATION_RENEWED.on(id.0.0).fact("until", until);
        tx.recorded(event, AccountDetail::new(account, now.date()).versioned())
    })
    .await
}

/// Suspends an account.
///
/// All its sessions end at once.
#[utoipa::path(post, path = "/accounts/{account_id}/suspend",
    tag = "accounts", security(("bearer" = [])),
    params(("account_id" = AccountId, Path, description = "The account."), IfMatchParam),
    request_body = AccountReason, responses((status = 200, body = AccountDetail)))]
pub async fn suspend_account(
    ctx: Ctx,
    id: Path<AccountId>,
    if_match: IfMatch,
    body: Valid<AccountReason>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let account = held_for(tx, actor, id.0, Action::SuspendAccount)?;
        if_match.demand(account.version)?;
        if account.state != AccountState::Active {
            return Err(Error::conflict("Only an active account can be suspended."));
        }
        let now = tx.now();
        if account.kind == AccountKind::Administrator && !accounts::another_administrator(tx, id.0)? {
            return Err(Error::conflict("This is the last administrator."));
        }
        sessions::end_all(tx, id.0, None, EndReason::Suspended, now)?;
        let changes = AccountChanges { state: Some(AccountState::Suspended), ..AccountChanges::default() };
        let account = accounts::update(tx, &account, changes, now)?;
        let reason: String = body.0.reason.into();
        if let Some(to) = account.email.as_deref().and_then(|email| email.parse().ok()) {
            mail::queue(tx, &state.secrets, letters::suspended(to, &state.base_url, &reason), now)?;
        }
        let event = events::SUSPENDED.on(id.0.0).because(reason);
        tx.recorded(event, AccountDetail::new(account, now.date()).versioned())
    })
    .await
}

/// Ends a suspension.
#[utoipa::path(post, path = "/accounts/{account_id}/reinstate",
    tag = "accounts", security(("bearer" = [])),
    params(("account_id" = AccountId, Path, description = "The account."), IfMatchParam),
    request_body = AccountReason, responses((status = 200, body = AccountDetail)))]
pub async fn reinstate_account(
    ctx: Ctx,
    id: Path<AccountId>,
    if_match: IfMatch,
    body: Valid<AccountReason>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let account = held_for(tx, actor, id.0, Action::ReinstateAccount)?;
        if_match.demand(account.version)?;
        if account.state != AccountState::Suspended {
            return Err(Error::conflict("The account is not suspended."));
        }
        let now = tx.now();
        let changes = AccountChanges { state: Some(AccountState::Active), ..AccountChanges::default() };
        let account = accounts::update(tx, &account, changes, now)?;
        let event = events::REINSTATED.on(id.0.0).because(body.0.reason);
        tx.recorded(event, AccountDetail::new(account, now.date()).versioned())
    })
    .await
}

/// Closes an account for good.
///
/// Name and contact data are removed; what the person contributed stays.
#[utoipa::path(post, path = "/accounts/{account_id}/close",
    tag = "accounts", security(("bearer" = [])),
    params(("account_id" = AccountId, Path, description = "The account."), IfMatchParam),
    request_body = AccountReason, responses((status = 200, body = AccountDetail)))]
pub async fn close_account(
    ctx: Ctx,
    id: Path<AccountId>,
    if_match: IfMatch,
    body: Valid<AccountReason>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let account = held_for(tx, actor, id.0, Action::CloseAccount)?;
        if_match.demand(account.version)?;
        if account.state == AccountState::Closed {
            return Err(Error::conflict("The account is closed already."));
        }
        let now = tx.now();
        let account = own::close(tx, &account, now)?;
        let event = events::CLOSED.on(id.0.0).because(body.0.reason);
        tx.recorded(event, AccountDetail::new(account, now.date()).versioned())
    })
    .await
}

/// Takes an account's authenticator and recovery codes away.
///
/// For whoever has lost both. All sessions of the account end; its owner gets a mail with a code, without which no new
/// authenticator can be set up.
#[utoipa::path(post, path = "/accounts/{account_id}/authenticator/reset",
    tag = "accounts", security(("bearer" = [])),
    params(("account_id" = AccountId, Path, description = "The account."), IfMatchParam),
    request_body = AccountReason, responses((status = 200, body = AccountDetail)))]
pub async fn reset_authenticator(
    ctx: Ctx,
    id: Path<AccountId>,
    if_match: IfMatch,
    body: Valid<AccountReason>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let account = held_for(tx, actor, id.0, Action::ResetAuthenticator)?;
        if_match.demand(account.version)?;
        let now = tx.now();
        let had_one = authenticators::find(tx, id.0, AuthenticatorState::Active)?.is_some();
        if !had_one && authenticators::find_reset(tx, id.0)?.is_none() {
            return Err(Error::conflict("The account has no authenticator."));
        }
        authenticators::clear(tx, id.0)?;
        let token = OneTimeToken::new(tokens::RESET_AUTHENTICATOR)?;
        let reset = AuthenticatorReset {
            account_id: id.0,
            digest: token.digest,
            reset_by_id: actor.person()?.id,
            expires_at: now.plus(RESET_LASTS),
            created_at: now,
        };
        authenticators::replace_reset(tx, &reset)?;
        sessions::end_all(tx, id.0, None, EndReason::PasswordChanged, now)?;
        if let Some(to) = account.email.as_deref().and_then(|email| email.parse().ok()) {
            mail::queue(tx, &state.secrets, letters::authenticator_reset(to, &state.base_url, &token.text), now)?;
        }
        let account = accounts::update(tx, &account, AccountChanges::default(), now)?;
        let event = events::AUTHENTICATOR_RESET.on(id.0.0).because(body.0.reason);
        tx.recorded(event, AccountDetail::new(account, now.date()).versioned())
    })
    .await
}

crate::operations! {
    list_accounts,
    get_account,
    update_account,
    renew_verification,
    suspend_account,
    reinstate_account,
    close_account,
    reset_authenticator,
}
