//! One's own account.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::actor::{Ctx, demand_still, hold_own, is_verified};
use crate::accounts::events;
use crate::accounts::model::{Account, AccountKind, AccountState, EndReason, Side};
use crate::accounts::policy::{self, Action, NOBODY};
use crate::accounts::queries::accounts::{self, AccountChanges, Held};
use crate::accounts::queries::{authenticators, profiles, sessions};
use crate::accounts::routes::passwords::failures_of;
use crate::accounts::secret::GivenPassword;
use crate::accounts::throttle;
use crate::ids::{AccountId, AgencyId};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::limits::Who;
use crate::platform::http::{Check, IfMatch, Listing, NoContent, Page, PageParams, Reply, Valid, Versioned};
use crate::platform::record::timeline::{NoFilter, Of, Sight, TimelineEntry, timeline};
use crate::platform::text::{Line, Phone, fold};
use crate::platform::values::{Change, Patch, Whole};

/// An account with everything that its owner, and whoever administers it, may see.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountDetail {
    /// The account.
    pub id: AccountId,
    /// What it is.
    pub kind: AccountKind,
    /// Where it stands.
    pub state: AccountState,
    /// The side that its owner is on; `null` for administrators.
    pub side: Option<Side>,
    /// Mail address; `null` once the account is closed.
    pub email: Option<String>,
    /// The owner's name.
    pub display_name: String,
    /// What other members see instead, if set.
    pub alias: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Whether members of one's partnerships see mail address and telephone number.
    pub shares_contact: bool,
    /// The agency that it belongs to.
    pub agency_id: Option<AgencyId>,
    /// Badge number.
    pub badge_number: Option<String>,
    /// Rank.
    pub rank: Option<String>,
    /// Unit.
    pub unit: Option<String>,
    /// Last day on which an officer's or commander's rights count.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    pub verified_until: Option<NaiveDate>,
    /// Whether the rights that go with the kind count today.
    pub is_verified: bool,
    /// Most hours a month that the owner wants to give.
    pub max_hours_month: Option<i32>,
    /// Changes with every change.
    pub version: i64,
    /// When it was opened.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

impl AccountDetail {
    /// As seen on `today`.
    pub fn new(account: Account, today: NaiveDate) -> Self {
        let Account {
            id,
            kind,
            state,
            email,
            email_key: _,
            display_name,
            name_key: _,
            alias,
            phone,
            shares_contact,
            password_hash: _,
            agency_id,
            badge_number,
            rank,
            unit,
            verified_until,
            max_hours_month,
            closed_at: _,
            version,
            created_at,
            updated_at,
        } = account;
        Self {
            id,
            kind,
            state,
            side: kind.side(),
            email,
            display_name,
            alias,
            phone,
            shares_contact,
            agency_id,
            badge_number,
            rank,
            unit,
            verified_until,
            is_verified: state == AccountState::Active && is_verified(kind, verified_until, today),
            max_hours_month,
            version,
            created_at,
            updated_at,
        }
    }

    /// With its version as `ETag`.
    pub fn versioned(self) -> Versioned<Self> {
        let version = self.version;
        Versioned::new(self, version)
    }
}

/// Changes to one's own account.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnAccountChanges {
    /// Your name.
    #[serde(default)]
    display_name: Change<Line<1, 80>>,
    /// What other members see instead.
    #[serde(default)]
    alias: Patch<Line<1, 40>>,
    /// Telephone number.
    #[serde(default)]
    phone: Patch<Phone>,
    /// Whether members of your partnerships see your mail address and telephone number.
    #[serde(default)]
    shares_contact: Change<bool>,
    /// Most hours a month that you want to give.
    #[serde(default)]
    max_hours_month: Patch<Whole<0, 744>>,
}
impl Check for OwnAccountChanges {}

/// Proof that the owner means it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseOwnAccount {
    /// Your password.
    password: GivenPassword,
}
impl Check for CloseOwnAccount {}

fn load(conn: &mut Conn, id: AccountId) -> Result<Account> {
    accounts::find(conn, id)?.ok_or_else(Error::unauthenticated)
}

/// Reads your account.
#[utoipa::path(get, path = "/account",
    tag = "accounts", security(("bearer" = [])), responses((status = 200, body = AccountDetail)))]
pub async fn get_own_account(ctx: Ctx) -> Result<Reply> {
    let today = ctx.now().date();
    ctx.read(move |conn, actor| {
        policy::demand(actor, NOBODY, Action::GetOwnAccount)?;
        Ok(AccountDetail::new(load(conn, actor.owner()?.id)?, today).versioned())
    })
    .await
}

/// Changes your account.
#[utoipa::path(patch, path = "/account",
    tag = "accounts", security(("bearer" = [])), params(IfMatchParam), request_body = OwnAccountChanges,
    responses((status = 200, body = AccountDetail)))]
pub async fn update_own_account(ctx: Ctx, if_match: IfMatch, body: Valid<OwnAccountChanges>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        policy::demand(actor, NOBODY, Action::UpdateOwnAccount)?;
        let (person, now) = (actor.owner()?, tx.now());
        let held = hold_own(tx, person)?;
        if_match.demand(held.version)?;
        let OwnAccountChanges { display_name, alias, phone, shares_contact, max_hours_month } = body.0;
        let changed: Vec<&'static str> = [
            ("display_name", display_name.is_given()),
            ("alias", alias.is_given()),
            ("phone", phone.is_given()),
            ("shares_contact", shares_contact.is_given()),
            ("max_hours_month", max_hours_month.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        let changes = AccountChanges {
            name_key: display_name.value().map(|name| fold(name.as_str())),
            display_name: display_name.changeset(Into::into),
            alias: alias.changeset(Into::into),
            phone: phone.changeset(Into::into),
            shares_contact: shares_contact.changeset(|shares| shares),
            max_hours_month: max_hours_month.changeset(Whole::get),
            ..AccountChanges::default()
        };
        let account = accounts::update(tx, &held, changes, now)?;
        let event = events::UPDATED.on(person.id.0).changed(changed);
        tx.recorded(event, AccountDetail::new(account, now.date()).versioned())
    })
    .await
}

/// What a closed account has left: who it was is gone, what it did stays.
pub fn anonymised(now: Instant) -> AccountChanges {
    AccountChanges {
        state: Some(AccountState::Closed),
        display_name: Some("Former member".into()),
        name_key: Some("former member".into()),
        alias: Some(None),
        phone: Some(None),
        shares_contact: Some(false),
        password_hash: Some(None),
        email: Some(None),
        email_key: Some(None),
        badge_number: Some(None),
        rank: Some(None),
        unit: Some(None),
        max_hours_month: Some(None),
        closed_at: Some(Some(now)),
        verified_until: None,
    }
}

/// Ends sessions, tokens and profile of an account that is held to end, and anonymises it.
pub fn close(conn: &mut Conn, account: &Held, now: Instant) -> Result<Account> {
    if account.kind == AccountKind::Administrator && !accounts::another_administrator(conn, account.id)? {
        return Err(Error::conflict("This is the last administrator; appoint another one first."));
    }
    sessions::end_all(conn, account.id, None, EndReason::Closed, now)?;
    accounts::drop_mail_tokens(conn, account.id)?;
    profiles::clear(conn, account.id)?;
    authenticators::clear(conn, account.id)?;
    accounts::update(conn, account, anonymised(now), now)
}

/// Closes your account for good.
///
/// Your name and contact data are removed; what you contributed stays, as that of a former member. The last administrator
/// can't leave. Wrong passwords are counted like failed sign-ins.
#[utoipa::path(post, path = "/account/close",
    tag = "accounts", security(("bearer" = [])), request_body = CloseOwnAccount,
    responses((status = 204, description = "The account is closed.")), extensions(("x-idempotency" = json!("none"))))]
pub async fn close_own_account(ctx: Ctx, body: Valid<CloseOwnAccount>) -> Result<Reply> {
    let (failures, key) = failures_of(&ctx);
    let (looked_up, now) = (key.clone(), ctx.now());
    let hash = ctx
        .look(move |conn, actor| {
            policy::demand(actor, NOBODY, Action::CloseOwnAccount)?;
            throttle::demand(conn, failures, &looked_up, now)?;
            Ok(load(conn, actor.owner()?.id)?.password_hash)
        })
        .await?;
    let right = ctx
        .state
        .hasher
        .turn_of(Who::address(ctx.envelope.ip))
        .verify(body.0.password.into_secret(), hash.clone())
        .await?;
    ctx.unkept()
        .write(move |tx, actor| {
            policy::demand(actor, NOBODY, Action::CloseOwnAccount)?;
            let (person, now) = (actor.owner()?, tx.now());
            let account = accounts::find_held_to_end(tx, person.id)?.ok_or_else(Error::unauthenticated)?;
            demand_still(tx, person)?;
            // Looked at again, one after the other: others may have failed while this password was being looked at.
            throttle::demand(tx, failures, &key, now)?;
            if !right || account.password_hash != hash {
                throttle::count(tx, failures, &key, now)?;
                let error = Error::new(Code::CredentialsRejected, "The password is not right.");
                return tx.recorded(events::CLOSING_REFUSED.on(person.id.0).failed(), Err(error));
            }
            close(tx, &account, now)?;
            tx.recorded(events::CLOSED.on(person.id.0), Ok(NoContent))
        })
        .await
}

/// Lists what happened to your account and what you did.
#[utoipa::path(get, path = "/account/timeline",
    tag = "accounts", security(("bearer" = [])), params(PageParams), responses((status = 200, body = Page<TimelineEntry>)))]
pub async fn list_own_events(ctx: Ctx, listing: Listing<NoFilter>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.read(move |conn, actor| {
        policy::demand(actor, NOBODY, Action::ListOwnEvents)?;
        timeline(conn, Of::Account(actor.owner()?.id.0), Sight::WHOLE, &listing, &state.catalogue)
    })
    .await
}

crate::operations! {
    get_own_account,
    update_own_account,
    close_own_account,
    list_own_events,
}
