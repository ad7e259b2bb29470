//! Asking for notice, confirming, renewing and leaving; and what notice was given of a meeting.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::jobs::{TOKEN, name_of, token_of, write};
use super::letters::Reader;
use super::model::{Notice, NoticeId, NoticeKind, NoticeSubscription, NoticeSubscriptionId, SubscriptionState};
use super::{queries, rules};
use crate::accounts::{Ctx, GivenToken, may_mail};
use crate::ids::{MeetingId, PartnershipId};
use crate::meetings::events;
use crate::meetings::policy::{self, Action, Subject, sees_notice_figures};
use crate::meetings::routes::{Hold, load_for};
use crate::partnerships::{PartnershipRef, Purpose, Scoped, partnership_refs};
use crate::platform::clock::Instant;
use crate::platform::crypto::{OneTimeToken, sha256};
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::paging::Filter;
use crate::platform::http::{
    Accepted, Answer as _, Check, Found, Listing, NoContent, Page, PageParams, Path, Reply, Tx, Valid,
};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::mail::{self, MailState};
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::{Email, Line};

/// Coming meetings that a new subscription is told of at once, at most.
const AT_ONCE: i64 = 20;

/// Where notice is to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "neighbor@example.org"}))]
pub struct RequestNoticeSubscription {
    /// The address.
    email: Email,
}
impl Check for RequestNoticeSubscription {}

/// The code from a letter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeToken {
    /// The code from a letter.
    token: GivenToken,
}
impl Check for NoticeToken {}

/// The code, as an unsubscribe button sends it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OneClick {
    /// The code from a letter.
    #[param(inline)]
    token: Line<1, 256>,
}

/// What happens next; the same whatever happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NoticeRequested)]
pub struct NoticeRequested {
    /// For people.
    message: &'static str,
}

/// A subscription to notices of a partnership's meetings.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeSubscriptionDetail {
    /// The subscription.
    id: NoticeSubscriptionId,
    /// Whose meetings.
    partnership: Option<PartnershipRef>,
    /// Where it stands.
    state: SubscriptionState,
    /// When its address was confirmed.
    confirmed_at: Option<Instant>,
    /// It ends then unless it is renewed.
    renew_by: Option<Instant>,
}

/// How many letters there were of a notice.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeFigures {
    /// Subscriptions that it was written to.
    written: i64,
    /// Letters that were handed to the mail server.
    sent: i64,
    /// Letters that wait.
    waiting: i64,
    /// Letters that were given up.
    failed: i64,
    /// When it had been written to everybody.
    passed_on_at: Option<Instant>,
}

/// A notice of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeDetail {
    /// The notice.
    id: NoticeId,
    /// Which one of the meeting.
    number: i32,
    /// What it tells.
    kind: NoticeKind,
    /// The meeting's sequence that it tells of; of several that told readers the same, the last.
    sequence: i32,
    /// When the meeting was to begin.
    starts_at: Instant,
    /// When it was given.
    given_at: Instant,
    /// Whether that was as long before the meeting as its kind demands: 24 hours for a special one, 72 for others.
    is_in_time: bool,
    /// Proof of sending, for organisers and officers.
    letters: Option<NoticeFigures>,
}

fn shown(conn: &mut Conn, row: NoticeSubscription) -> Result<NoticeSubscriptionDetail> {
    let NoticeSubscription { id, partnership_id, state, confirmed_at, renew_by, .. } = row;
    let partnership = partnership_refs(conn, [partnership_id])?.remove(&partnership_id);
    Ok(NoticeSubscriptionDetail { id, partnership, state, confirmed_at, renew_by })
}

fn refused() -> Error {
    Error::new(Code::TokenRejected, "The code is unknown, or the subscription is over.")
}

/// The subscription with this token, unless it is over.
fn by_token(tx: &mut Tx<'_>, token: &str) -> Result<NoticeSubscription> {
    let digest = OneTimeToken::digest_of(TOKEN, token).ok_or_else(refused)?;
    queries::find_by_token(tx, &digest)?
        .filter(|row| matches!(row.state, SubscriptionState::Requested | SubscriptionState::Active))
        .ok_or_else(refused)
}

/// Asks for notice of a partnership's meetings, without an account.
///
/// A code is mailed, with which the address is confirmed. The answer is the same whatever becomes of it. Notice is given of
/// meetings that are open to all, two weeks ahead or as soon as they are scheduled, and again when time or place change, the
/// meeting is not open any more, or it is cancelled.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/notice-subscriptions",
    tag = "notices", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = RequestNoticeSubscription, responses((status = 202, body = NoticeRequested)))]
pub async fn request_notice_subscription(
    ctx: Ctx,
    id: Path<PartnershipId>,
    body: Valid<RequestNoticeSubscription>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Read, now)?;
        let subject = Subject::whole();
        policy::demand(actor, &scoped.standing, subject, Action::RequestNoticeSubscription)?;
        if !scoped.standing.state.is_public() {
            return Err(Error::conflict("The partnership has no open meetings yet."));
        }
        scoped.demand_unclosed()?;
        let email = body.0.email;
        let known = queries::find_of(tx, id.0, &email.key())?;
        let row = match known {
            Some(row) => row,
            None => {
                let row_id = NoticeSubscriptionId::new();
                let row = NoticeSubscription {
                    id: row_id,
                    partnership_id: id.0,
                    email: Some(email.to_string()),
                    email_key: Some(email.key()),
                    state: SubscriptionState::Requested,
                    token_digest: sha256(&[token_of(&state.secrets, row_id).as_bytes()]).to_vec(),
                    confirmed_at: None,
                    renew_by: None,
                    warned_at: None,
                    ended_at: None,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                if queries::insert_subscription(tx, &row)? {
                    row
                } else {
                    // Somebody asked at the same moment for the same: the answer is the same for both.
                    queries::find_of(tx, id.0, &email.key())?.unwrap_or(row)
                }
            }
        };
        if may_mail(tx, &state, &email, now)? {
            let partnership = scoped.reference().name;
            let token = token_of(&state.secrets, row.id);
            let reader = Reader { to: email, base_url: &state.base_url, partnership: &partnership, token: &token };
            let letter = match row.state {
                SubscriptionState::Active => reader.subscribed_already(),
                _ => {
                    queries::ask_again(tx, row.id, now)?;
                    reader.confirm()
                }
            };
            mail::queue(tx, &state.secrets, letter, now)?;
        }
        let message = "If the address can get mail, a code is on its way to it.";
        let entry = events::NOTICE_REQUESTED.on(row.id.0).within(id.0.0);
        tx.recorded(entry, Accepted(NoticeRequested { message }))
    })
    .await
}

/// Confirms an address with the code from the letter.
///
/// For two days after it was asked for. Notices of coming meetings that were given before are sent at once. Confirmed again, it
/// stays as it is.
#[utoipa::path(post, path = "/notice-subscriptions/confirm",
    tag = "notices", security(()), request_body = NoticeToken,
    responses((status = 200, body = NoticeSubscriptionDetail)))]
pub async fn confirm_notice_subscription(ctx: Ctx, body: Valid<NoticeToken>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, _| {
        let now = tx.now();
        let row = by_token(tx, body.0.token.expose())?;
        if row.state == SubscriptionState::Active {
            // The link was followed twice.
            let reply = Found(shown(tx, row)?).reply(tx.envelope())?;
            return Ok(tx.unchanged(reply));
        }
        row.state.demand(SubscriptionState::Active)?;
        // As the letter says, whether or not it was forgotten already.
        if row.updated_at < now.minus(rules::CONFIRM_WITHIN) {
            return Err(refused());
        }
        queries::hold_notices(tx, row.partnership_id)?;
        let row = queries::extend(tx, row.id, now, now.plus(rules::LASTS), now)?;
        let partnership = name_of(tx, row.partnership_id)?;
        // One that the meeting has outgrown is followed by another, which is passed on as to everybody else; unless it tells
        // all that there is to tell.
        let mut before = queries::current(tx, row.partnership_id, now, AT_ONCE)?;
        before.retain(|(notice, meeting, _)| {
            let told = || notice.told_digest.as_deref() == Some(&rules::told_digest(meeting)[..]);
            notice.sequence == meeting.sequence || told()
        });
        write(tx, &state, &before, &row, &HashMap::new(), &partnership, now)?;
        let entry = events::NOTICE_CONFIRMED.on(row.id.0).within(row.partnership_id.0);
        let reply = Found(shown(tx, row)?).reply(tx.envelope())?;
        tx.recorded(entry, reply)
    })
    .await
}

/// Renews a subscription for a year, with the code from any letter.
#[utoipa::path(post, path = "/notice-subscriptions/renew",
    tag = "notices", security(()), request_body = NoticeToken,
    responses((status = 200, body = NoticeSubscriptionDetail)))]
pub async fn renew_notice_subscription(ctx: Ctx, body: Valid<NoticeToken>) -> Result<Reply> {
    ctx.write(move |tx, _| {
        let now = tx.now();
        let row = by_token(tx, body.0.token.expose())?;
        let Some(confirmed_at) = row.confirmed_at.filter(|_| row.state == SubscriptionState::Active) else {
            return Err(Error::conflict("The address is not confirmed yet; confirm it first."));
        };
        let row = queries::extend(tx, row.id, confirmed_at, now.plus(rules::LASTS), now)?;
        let entry = events::NOTICE_RENEWED.on(row.id.0).within(row.partnership_id.0);
        let shown = shown(tx, row)?;
        tx.recorded(entry, Found(shown))
    })
    .await
}

async fn leave(ctx: Ctx, token: String) -> Result<Reply> {
    ctx.write(move |tx, _| {
        let now = tx.now();
        let left = match OneTimeToken::digest_of(TOKEN, &token) {
            Some(digest) => queries::find_by_token(tx, &digest)?.filter(|row| row.state == SubscriptionState::Left),
            None => None,
        };
        if left.is_some() {
            // Pressed twice.
            return Ok(tx.unchanged(NoContent));
        }
        let row = by_token(tx, &token)?;
        if !queries::end(tx, &row, SubscriptionState::Left, now)? {
            return Err(refused());
        }
        let entry = events::NOTICE_LEFT.on(row.id.0).within(row.partnership_id.0);
        tx.recorded(entry, NoContent)
    })
    .await
}

/// Leaves: no more notices, and the address is forgotten.
#[utoipa::path(post, path = "/notice-subscriptions/leave",
    tag = "notices", security(()), request_body = NoticeToken,
    responses((status = 204, description = "No more notices are sent.")))]
pub async fn leave_notice_subscription(ctx: Ctx, body: Valid<NoticeToken>) -> Result<Reply> {
    leave(ctx, body.0.token.expose().to_owned()).await
}

/// Leaves by the unsubscribe button of a mail program (RFC 8058).
///
/// Each letter has this address in its `List-Unsubscribe` header. What is sent as a body is not looked at.
#[utoipa::path(post, path = "/notice-subscriptions/one-click",
    tag = "notices", security(()), params(OneClick),
    responses((status = 204, description = "No more notices are sent.")), extensions(("x-any-body" = json!(true))))]
pub async fn leave_by_one_click(ctx: Ctx, query: Filter<OneClick>) -> Result<Reply> {
    leave(ctx, query.0.token.into()).await
}

/// Lists the notices that were given of a meeting, the newest first.
#[utoipa::path(get, path = "/meetings/{meeting_id}/notices",
    tag = "notices", security((), ("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), PageParams),
    responses((status = 200, body = Page<NoticeDetail>)))]
pub async fn list_meeting_notices(ctx: Ctx, id: Path<MeetingId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (_, scoped) = load_for(conn, actor, id.0, Action::ListMeetingNotices, Hold::Nothing, now)?;
        let page = queries::list(conn, id.0, &listing)?;
        let letters = match sees_notice_figures(&scoped.standing) {
            true => Some(queries::letters(conn, page.items.iter().map(|row| row.id).collect())?),
            false => None,
        };
        Ok(page.map(|row: Notice| {
            let letters = letters.as_ref().map(|letters| {
                let count = |state| letters.get(&(row.id, state)).copied().unwrap_or(0);
                let [sent, waiting, failed] = [MailState::Sent, MailState::Waiting, MailState::Failed].map(count);
                NoticeFigures {
                    written: sent + waiting + failed,
                    sent,
                    waiting,
                    failed,
                    passed_on_at: row.passed_on_at,
                }
            });
            let Notice { id, number, kind, sequence, starts_at, given_at, is_in_time, .. } = row;
            NoticeDetail { id, number, kind, sequence, starts_at, given_at, is_in_time, letters }
        }))
    })
    .await
}

crate::operations! {
    request_notice_subscription,
    confirm_notice_subscription,
    renew_notice_subscription,
    leave_notice_subscription,
    leave_by_one_click,
    list_meeting_notices,
}
