//! Signing in, staying signed in, signing out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::actor::{Ctx, hold_own};
use crate::accounts::model::{
    Account, AccountKind, AccountState, EndReason, PersonRef, RefreshToken, RefreshTokenId, SecondFactor, Session,
};
use crate::accounts::policy::{self, Action, NOBODY};
use crate::accounts::queries::people::shown_name;
use crate::accounts::queries::{accounts, sessions};
use crate::accounts::secret::{GivenCode, GivenPassword, GivenToken};
use crate::accounts::throttle::{self, Bucket};
use crate::accounts::tokens::{self, Lifetimes, Verdict};
use crate::accounts::{events, factor, letters};
use crate::ids::{AgencyId, SessionId};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::limits::Who;
use crate::platform::http::{
    API, Attribution, Check, Created, Found, Listing, NoContent, Page, PageParams, Path, Reply, Tx, Valid,
};
use crate::platform::mail;
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::{Email, Line};

/// Address and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// Mail address of the account.
    email: Email,
    /// Its password.
    password: GivenPassword,
    /// The present code of the account's authenticator, or a recovery code; needed where the account has one.
    code: Option<GivenCode>,
    /// A name for this device, to know the session by.
    device: Option<Line<1, 80>>,
    /// `device_token` of an earlier sign-in on this device: with it, failed attempts of others don't keep you out.
    device_token: Option<GivenToken>,
}
impl Check for LogIn {}

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshSession {
    /// The newest refresh token of the session.
    refresh_token: GivenToken,
}
impl Check for RefreshSession {}

/// A session with the tokens to use it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionOpened {
    /// The session.
    session_id: SessionId,
    /// For `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token is over.
    expires_in: u64,
    /// Gives the next access token, once. A repeat within ten seconds gets the same answer; later it ends the session.
    refresh_token: String,
    /// When the session ends unless it is refreshed.
    idle_expires_at: Instant,
    /// When the session ends in any case.
    session_expires_at: Instant,
    /// Keep it on this device for `device_token`; `null` when the session was only refreshed.
    device_token: Option<String>,
    /// Who is signed in.
    person: PersonRef,
    /// What the account is.
    kind: AccountKind,
    /// The agency that it belongs to.
    agency_id: Option<AgencyId>,
    /// What the session has of a second factor. While it is `missing` nothing but the own account can be used.
    second_factor: SecondFactor,
}

/// A fresh proof of who one is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUpSession {
    /// Your password.
    password: GivenPassword,
    /// The present code of your authenticator, or a recovery code; needed where your account has one.
    code: Option<GivenCode>,
}
impl Check for StepUpSession {}

/// A session that has been stepped up, with a new access token.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionSteppedUp {
    /// The session, the same as before.
    session_id: SessionId,
    /// For `Authorization: Bearer`; it says when and how you proved who you are. The old one stays valid for its time.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token is over.
    expires_in: u64,
    /// How you proved it (RFC 8176).
    amr: Vec<String>,
    /// When you did.
    authenticated_at: Instant,
    /// What the session has of a second factor now.
    second_factor: SecondFactor,
}

/// A session as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionSummary {
    /// The session.
    id: SessionId,
    /// The name that was given to the device.
    device: Option<String>,
    /// The network address from which it was opened.
    ip: String,
    /// How its owner proved who they are (RFC 8176).
    amr: Vec<String>,
    /// When its owner proved it.
    authenticated_at: Instant,
    /// When it was last refreshed.
    refreshed_at: Instant,
    /// When it ends in any case.
    expires_at: Instant,
    /// Whether it is the one that asks.
    is_current: bool,
    /// When it was opened.
    created_at: Instant,
}

/// How many sessions were ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionsEnded {
    /// Sessions that were live and are not any more.
    ended: usize,
}

fn opened(
    state: &State,
    account: &Account,
    session: &Session,
    refresh_token: String,
    device_token: Option<String>,
) -> Result<SessionOpened> {
    let life = Lifetimes::of(account.kind, &state.config.sessions);
    let amr = session.amr.split(' ').map(ToOwned::to_owned).collect();
    let claims = state.keys.claims(account.id.0, session.id.0, session.authenticated_at, amr, life.access);
    Ok(SessionOpened {
        session_id: session.id,
        access_token: state.keys.sign(&claims)?,
        token_type: "Bearer",
        expires_in: life.access.as_secs(),
        refresh_token,
        idle_expires_at: session.idle_expires_at,
        session_expires_at: session.expires_at,
        device_token,
        person: PersonRef {
            id: account.id,
            display_name: shown_name(account.state, account.display_name.clone(), account.alias.clone()),
            side: account.kind.side(),
        },
        kind: account.kind,
        agency_id: account.agency_id,
        second_factor: SecondFactor::of(account.kind, &session.amr),
    })
}

/// Opens a session for an account that has proved who it is.
pub fn open(
    tx: &mut Tx<'_>,
    state: &State,
    account: &Account,
    device: Option<String>,
    amr: &str,
) -> Result<SessionOpened> {
    let now = tx.now();
    let life = Lifetimes::of(account.kind, &state.config.sessions);
    let session = Session {
        id: SessionId::new(),
        account_id: account.id,
        amr: amr.to_owned(),
        authenticated_at: now,
        device,
        ip: tx.envelope().ip.to_string(),
        refreshed_at: now,
        idle_expires_at: now.plus(life.idle),
        expires_at: now.plus(life.absolute),
        ended_at: None,
        end_reason: None,
        created_at: now,
    };
    sessions::insert(tx, &session)?;
    let first = crate::platform::crypto::OneTimeToken::new(tokens::REFRESH)?;
    sessions::insert_token(
        tx,
        &RefreshToken {
            id: RefreshTokenId::new(),
            session_id: session.id,
            parent_id: None,
            digest: first.digest,
            used_at: None,
            expires_at: session.idle_expires_at,
            created_at: now,
        },
    )?;
    sessions::end_beyond(tx, account.id, state.config.sessions.per_account, now)?;
    tx.act_as(Attribution {
        account: Some(account.id.0),
        session: Some(session.id.0),
        side: account.kind.side().map(crate::accounts::model::Side::as_str),
        ..Attribution::default()
    });
    let hash = account.password_hash.as_deref().unwrap_or_default();
    let device_token = tokens::device_token(&state.secrets, account.id, hash, now);
    opened(state, account, &session, first.text.to_string(), Some(device_token))
}

/// Signs in with address and password.
///
/// Gives a short-lived access token and a refresh token. Five wrong passwords for an address in a quarter of an hour make
/// it cool off; the answer to a wrong password is the same whether the address is known or not. An account with an
/// authenticator wants its code in the same request. Officers, commanders, staff and administrators who have none get a
/// session with which they can set one up, and nothing else.
#[utoipa::path(post, path = "/sessions",
    tag = "sessions", security(()), request_body = LogIn, responses((status = 201, body = SessionOpened)),
    extensions(("x-idempotency" = json!("none"))))]
pub async fn log_in(ctx: Ctx, body: Valid<LogIn>) -> Result<Reply> {
    let Valid(LogIn { email, password, code, device, device_token }) = body;
    let state = ctx.state.clone();
    let failures = Bucket::login_failures(state.config.limits.login_failures);
    let from = Bucket::logins_from(state.config.limits.logins_per_minute);
    let email_key = email.key();
    let (by_email, by_ip) =
        (failures.key(&state.secrets, &email_key), from.key(&state.secrets, &ctx.envelope.ip.to_string()));
    let now = ctx.now();

    let is_known = {
        let state = state.clone();
        let device_token = device_token.clone();
        move |account: &Account| {
            let hash = account.password_hash.as_deref().unwrap_or_default();
            let known = |t: &GivenToken| tokens::is_known_device(&state.secrets, account.id, hash, t.expose(), now);
            device_token.as_ref().is_some_and(known)
        }
    };
    // Wrong passwords from a known device are its own affair: they are counted for it, and for nobody else.
    let own_failures = Bucket::device_failures(state.config.limits.login_failures);
    let by_device = own_failures.key(&state.secrets, device_token.as_ref().map_or("", GivenToken::expose));
    let look_device = by_device.clone();
    let (look_email, look_ip, look_key, look_known) =
        (by_email.clone(), by_ip.clone(), email_key.clone(), is_known.clone());
    let who = Who::address(ctx.envelope.ip);
    let (hash, who) = ctx
        .look(move |conn, _| {
            throttle::demand(conn, from, &look_ip, now)?;
            let account = accounts::find_by_email(conn, &look_key)?;
            let known = account.as_ref().is_some_and(&look_known);
            match known {
                true => throttle::demand(conn, own_failures, &look_device, now)?,
                false => throttle::demand(conn, failures, &look_email, now)?,
            }
            // With a token of this device it is the account that is counted, so that nobody else stands before it.
            let who = account.as_ref().filter(|_| known).map_or(who, |account| Who::Account(account.id.0));
            Ok((account.and_then(|account| account.password_hash), who))
        })
        .await?;
    let right = state.hasher.turn_of(who).verify(password.into_secret(), hash.clone()).await?;

    ctx.unkept()
        .write(move |tx, _| {
            let now = tx.now();
            throttle::count(tx, from, &by_ip, now)?;
            let account = accounts::find_held_by_email(tx, &email_key)?.filter(|a| a.state != AccountState::Closed);
            let known = account.as_deref().is_some_and(&is_known);
            // Looked at again: others may have failed while this password was being hashed.
            let (failures, counted) = if known { (own_failures, &by_device) } else { (failures, &by_email) };
            throttle::demand(tx, failures, counted, now)?;
            let mut failed = events::LOGIN_FAILED.entry();
            if let Some(account) = &account {
                failed = events::LOGIN_FAILED.on(account.id.0);
            }
            let matching = account.filter(|a| right && a.password_hash == hash);
            // Whoever registers an address with a password of their own must not learn here whether it had an account.
            let is_pending = |a: &Account| a.state == AccountState::PendingVerification;
            let cause = if matching.as_deref().is_some_and(is_pending) { "unverified" } else { "wrong_password" };
            let Some(account) = matching.filter(|a| !is_pending(a)) else {
                throttle::count(tx, failures, counted, now)?;
                let error = Error::new(
                    Code::CredentialsRejected,
                    "Address or password are not right, or the address was not confirmed yet.",
                );
                return tx.recorded(failed.failed().fact("cause", cause), Err(error));
            };
            if account.state != AccountState::Active {
                let error = Error::forbidden("This account is suspended. The reason was sent to its owner by mail.");
                return tx.recorded(failed.failed().fact("cause", "suspended"), Err(error));
            }
            let amr = match factor::prove(tx, &state, &account, code.as_ref(), now)?.demand() {
                Ok(amr) => amr,
                Err(error) => return tx.recorded(failed.failed().fact("cause", "second_factor"), Err(error)),
            };
            throttle::clear(tx, counted)?;
            let opened = open(tx, &state, &account, device.map(Into::into), amr)?;
            let location = format!("{API}/sessions/{}", opened.session_id);
            let event = events::LOGGED_IN.on(opened.session_id.0);
            tx.recorded(event, Ok(Created { value: opened, location, version: None }))
        })
        .await
}

/// Gets the next access token.
///
/// The refresh token is used up and replaced. If the answer gets lost, the same request within ten seconds gets the same
/// refresh token again; a used one that comes later ends the session, for somebody has a copy of it.
#[utoipa::path(post, path = "/sessions/refresh",
    tag = "sessions", security(()), request_body = RefreshSession, responses((status = 200, body = SessionOpened)),
    extensions(("x-idempotency" = json!("none"))))]
pub async fn refresh_session(ctx: Ctx, body: Valid<RefreshSession>) -> Result<Reply> {
    let token = body.0.refresh_token;
    let state = ctx.state.clone();
    ctx.unkept()
        .write(move |tx, _| {
            let now = tx.now();
            let refused = || Error::new(Code::TokenRejected, "The refresh token is not valid. Sign in again.");
            let known = token.expose().starts_with(tokens::REFRESH);
            let found = if known { sessions::find_token(tx, &tokens::digest(token.expose()))? } else { None };
            let (row, mut session, account) = found.ok_or_else(refused)?;
            tx.act_as(Attribution {
                account: Some(account.id.0),
                session: Some(session.id.0),
                side: account.kind.side().map(crate::accounts::model::Side::as_str),
                ..Attribution::default()
            });
            if account.state != AccountState::Active {
                return Err(refused());
            }
            let next = tokens::successor(&state.secrets, token.expose());
            match tokens::judge(&row, &session, now) {
                Verdict::Over => return Err(refused()),
                Verdict::Reused => {
                    sessions::end(tx, account.id, session.id, EndReason::TokenReused, now)?;
                    if let Some(to) = account.email.as_deref().and_then(|email| email.parse().ok()) {
                        mail::queue(tx, &state.secrets, letters::session_ended_for_safety(to, &state.base_url), now)?;
                    }
                    return tx.recorded(events::REFRESH_REUSED.on(session.id.0).failed(), Err(refused()));
                }
                Verdict::Repeat => {}
                Verdict::Rotate => {
                    let life = Lifetimes::of(account.kind, &state.config.sessions);
                    session.idle_expires_at = now.plus(life.idle).min(session.expires_at);
                    sessions::use_token(tx, &row, session.idle_expires_at, now)?;
                    sessions::insert_token(
                        tx,
                        &RefreshToken {
                            id: RefreshTokenId::new(),
                            session_id: session.id,
                            parent_id: Some(row.id),
                            digest: tokens::digest(&next),
                            used_at: None,
                            expires_at: session.idle_expires_at,
                            created_at: now,
                        },
                    )?;
                }
            }
            let opened = opened(&state, &account, &session, next, None)?;
            tx.recorded(events::REFRESHED.on(session.id.0), Ok(Found(opened)))
        })
        .await
}

/// Proves anew who you are.
///
/// What matters most (granting roles, inviting officers, changing the password or the authenticator, suspending and closing
/// accounts, reading the record) wants a proof that is not older than five minutes; it answers 401 `step_up_required`
/// otherwise. Wrong passwords and codes are counted like failed sign-ins.
#[utoipa::path(post, path = "/sessions/step-up",
    tag = "sessions", security(("bearer" = [])), request_body = StepUpSession,
    responses((status = 200, body = SessionSteppedUp)), extensions(("x-idempotency" = json!("none"))))]
pub async fn step_up_session(ctx: Ctx, body: Valid<StepUpSession>) -> Result<Reply> {
    let Valid(StepUpSession { password, code }) = body;
    let state = ctx.state.clone();
    let failures = Bucket::login_failures(state.config.limits.login_failures);
    let key = failures.key(&state.secrets, &ctx.envelope.caller());
    let (looked_up, now) = (key.clone(), ctx.now());
    let account = ctx
        .look(move |conn, actor| {
            policy::demand(actor, NOBODY, Action::StepUpSession)?;
            throttle::demand(conn, failures, &looked_up, now)?;
            accounts::find(conn, actor.owner()?.id)?.ok_or_else(Error::unauthenticated)
        })
        .await?;
    let turn = state.hasher.turn_of(Who::address(ctx.envelope.ip));
    let right = turn.verify(password.into_secret(), account.password_hash.clone()).await?;
    ctx.unkept()
        .write(move |tx, actor| {
            policy::demand(actor, NOBODY, Action::StepUpSession)?;
            let (session, now) = (actor.owner()?.session, tx.now());
            let current = hold_own(tx, actor.owner()?)?;
            // Looked at again, one after the other: others may have failed while this password was being hashed.
            throttle::demand(tx, failures, &key, now)?;
            let failed = events::STEP_UP_FAILED.on(session.0).failed();
            if !right || current.password_hash != account.password_hash {
                throttle::count(tx, failures, &key, now)?;
                let error = Error::new(Code::CredentialsRejected, "The password is not right.");
                return tx.recorded(failed.fact("cause", "wrong_password"), Err(error));
            }
            let amr = match factor::prove(tx, &state, &current, code.as_ref(), now)?.demand() {
                Ok(amr) => amr,
                Err(error) => return tx.recorded(failed.fact("cause", "second_factor"), Err(error)),
            };
            throttle::clear(tx, &key)?;
            sessions::prove(tx, session, amr, now)?;
            let life = Lifetimes::of(current.kind, &state.config.sessions);
            let amr: Vec<String> = amr.split(' ').map(ToOwned::to_owned).collect();
            let claims = state.keys.claims(current.id.0, session.0, now, amr.clone(), life.access);
            let stepped_up = SessionSteppedUp {
                session_id: session,
                access_token: state.keys.sign(&claims)?,
                token_type: "Bearer",
                expires_in: life.access.as_secs(),
                second_factor: SecondFactor::of(current.kind, &amr.join(" ")),
                amr,
                authenticated_at: now,
            };
            tx.recorded(events::STEPPED_UP.on(session.0), Ok(Found(stepped_up)))
        })
        .await
}

/// Lists your live sessions.
#[utoipa::path(get, path = "/sessions",
    tag = "sessions", security(("bearer" = [])), params(PageParams), responses((status = 200, body = Page<SessionSummary>)))]
pub async fn list_sessions(ctx: Ctx, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        policy::demand(actor, NOBODY, Action::ListSessions)?;
        let person = actor.owner()?.clone();
        let page = sessions::list(conn, person.id, &listing, now)?;
        Ok(page.map(|session| SessionSummary {
            is_current: session.id == person.session,
            id: session.id,
            device: session.device,
            ip: session.ip,
            amr: session.amr.split(' ').map(ToOwned::to_owned).collect(),
            authenticated_at: session.authenticated_at,
            refreshed_at: session.refreshed_at,
            expires_at: session.expires_at,
            created_at: session.created_at,
        }))
    })
    .await
}

/// Ends the session that asks.
#[utoipa::path(delete, path = "/sessions/current",
    tag = "sessions", security(("bearer" = [])), responses((status = 204, description = "Its tokens count for nothing now.")))]
pub async fn log_out(ctx: Ctx) -> Result<Reply> {
    ctx.write(|tx, actor| {
        policy::demand(actor, NOBODY, Action::LogOut)?;
        let (person, now) = (actor.owner()?, tx.now());
        hold_own(tx, person)?;
        sessions::end(tx, person.id, person.session, EndReason::LoggedOut, now)?;
        tx.recorded(events::SESSION_ENDED.on(person.session.0).fact("cause", "logged_out"), NoContent)
    })
    .await
}

/// Ends one of your sessions.
#[utoipa::path(delete, path = "/sessions/{session_id}",
    tag = "sessions", security(("bearer" = [])), params(("session_id" = SessionId, Path, description = "The session.")),
    responses((status = 204, description = "Its tokens count for nothing now.")))]
pub async fn end_session(ctx: Ctx, id: Path<SessionId>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        policy::demand(actor, NOBODY, Action::EndSession)?;
        let (person, now) = (actor.owner()?, tx.now());
        hold_own(tx, person)?;
        if !sessions::end(tx, person.id, id.0, EndReason::EndedByOwner, now)? {
            return Err(Error::not_found());
        }
        tx.recorded(events::SESSION_ENDED.on(id.0.0).fact("cause", "ended_by_owner"), NoContent)
    })
    .await
}

/// Ends all your sessions but the one that asks.
#[utoipa::path(post, path = "/sessions/end-others",
    tag = "sessions", security(("bearer" = [])), responses((status = 200, body = SessionsEnded)))]
pub async fn end_other_sessions(ctx: Ctx) -> Result<Reply> {
    ctx.write(|tx, actor| {
        policy::demand(actor, NOBODY, Action::EndOtherSessions)?;
        let (person, now) = (actor.owner()?, tx.now());
        // Of two who end each other, one is not signed in any more.
        hold_own(tx, person)?;
        let ended = sessions::end_all(tx, person.id, Some(person.session), EndReason::EndedByOwner, now)?;
        tx.recorded(events::SESSIONS_ENDED.on(person.id.0).fact("count", ended), Found(SessionsEnded { ended }))
    })
    .await
}

crate::operations! {
    log_in,
    refresh_session,
    step_up_session,
    list_sessions,
    log_out,
    end_session,
    end_other_sessions,
}
