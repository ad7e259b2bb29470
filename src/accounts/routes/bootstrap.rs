//! The first administrator.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::actor::Ctx;
use crate::accounts::model::{Account, AccountKind, AccountState};
use crate::accounts::queries::accounts;
use crate::accounts::routes::own::AccountDetail;
use crate::accounts::secret::{GivenToken, NewPassword};
use crate::accounts::{bootstrap, events};
use crate::ids::AccountId;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::limits::Who;
use crate::platform::http::{API, Attribution, Check, Created, Reply, Valid};
use crate::platform::text::{Email, Line, fold};

/// The token that the server printed, and who the administrator is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BootstrapInstallation {
    /// The token that the server printed when it started.
    token: GivenToken,
    /// Mail address.
    email: Email,
    /// The password from now on.
    password: NewPassword,
    /// The administrator's name.
    display_name: Line<1, 80>,
}
impl Check for BootstrapInstallation {}

/// Creates the first administrator of an empty installation.
///
/// The server prints a token for this when it starts without an administrator; it counts once, and for an hour.
#[utoipa::path(post, path = "/bootstrap",
    tag = "installation", security(()), request_body = BootstrapInstallation, responses((status = 201, body = AccountDetail)),
    extensions(("x-idempotency" = json!("none"))))]
pub async fn bootstrap_installation(ctx: Ctx, body: Valid<BootstrapInstallation>) -> Result<Reply> {
    let Valid(BootstrapInstallation { token, email, password, display_name }) = body;
    let about = vec![email.to_string(), display_name.to_string()];
    let hash = ctx
        .state
        .hasher
        .turn_of(Who::address(ctx.envelope.ip))
        .hash_new(password.into_secret(), about, "/password")
        .await?;
    ctx.unkept()
        .write(move |tx, _| {
            let now = tx.now();
            if !bootstrap::use_token(tx, token.expose(), now)? {
                return Err(Error::new(Code::TokenRejected, "The token is unknown, used or older than an hour."));
            }
            let account = Account {
                id: AccountId::new(),
                kind: AccountKind::Administrator,
                state: AccountState::Active,
                email: Some(email.to_string()),
                email_key: Some(email.key()),
                display_name: display_name.to_string(),
                name_key: fold(display_name.as_str()),
                alias: None,
                phone: None,
                shares_contact: false,
                password_hash: Some(hash),
                agency_id: None,
                badge_number: None,
                rank: None,
                unit: None,
                verified_until: None,
                max_hours_month: None,
                closed_at: None,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            accounts::insert(tx, &account)?;
            tx.act_as(Attribution { account: Some(account.id.0), ..Attribution::default() });
            let event = events::BOOTSTRAPPED.on(account.id.0);
            let detail = AccountDetail::new(account, now.date());
            tx.recorded(event, Created { value: detail, location: format!("{API}/account"), version: Some(1) })
        })
        .await
}

crate::operations! {
    bootstrap_installation,
}
