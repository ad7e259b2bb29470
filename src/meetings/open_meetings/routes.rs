//! Binding a partnership to the open meetings law, and releasing it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{OpenMeetingsPolicy, OpenMeetingsPolicyId};
use super::policy::{self, Action};
use super::queries;
use crate::accounts::Ctx;
use crate::ids::PartnershipId;
use crate::meetings::events;
use crate::partnerships::{Purpose, Scoped, anonymous_ones};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Found, IfMatch, Path, Reply, Valid, Versioned};
use crate::platform::text::Prose;

/// What is named in a refusal at most.
const NAMED: i64 = 20;

/// Why the open meetings law binds a partnership.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The city council formed the board and pays for its work (K.S.A. 75-4318)."}))]
pub struct SetOpenMeetingsPolicy {
    /// Why, for everybody to read.
    reason: Prose<10, 1000>,
}
impl Check for SetOpenMeetingsPolicy {}

/// Why it does not any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The city no longer takes part; it is a group of neighbors now."}))]
pub struct EndOpenMeetingsPolicy {
    /// Why, for everybody to read.
    reason: Prose<10, 1000>,
}
impl Check for EndOpenMeetingsPolicy {}

/// Whether the open meetings law binds a partnership.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenMeetingsDetail {
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// Whether it does: nothing is decided anonymously, meetings are open to everybody, and executive sessions are held by a
    /// motion that is kept.
    is_on: bool,
    /// Why.
    reason: Option<String>,
    /// Since when.
    since: Option<Instant>,
    /// Changes with every change; `null` where it does not bind.
    version: Option<i64>,
}

fn shown(of: PartnershipId, row: Option<OpenMeetingsPolicy>) -> OpenMeetingsDetail {
    let row = row.filter(|row| row.ended_at.is_none());
    OpenMeetingsDetail {
        partnership_id: of,
        is_on: row.is_some(),
        since: row.as_ref().map(|row| row.created_at),
        version: row.as_ref().map(|row| row.version),
        reason: row.map(|row| row.reason),
    }
}

/// Refuses while something stands against it.
fn demand_nothing_closed(conn: &mut Conn, of: PartnershipId) -> Result<()> {
    let anonymous = anonymous_ones(conn, of)?;
    if !anonymous.is_empty() {
        let why = "Decisions are open that nobody is named in. Let them end, or take them back, first.";
        let refused = Error::new(Code::Conflict, why);
        let named = anonymous.into_iter().take(usize::try_from(NAMED).unwrap_or(20));
        return Err(named.fold(refused, |error, id| error.with_conflict(format!("{API}/decisions/{id}"))));
    }
    let closed = queries::closed_meetings(conn, of, NAMED)?.into_iter().map(|id| format!("{API}/meetings/{id}"));
    let series = queries::closed_series(conn, of, NAMED)?.into_iter().map(|id| format!("{API}/meeting-series/{id}"));
    let closed: Vec<String> = closed.chain(series).collect();
    if closed.is_empty() {
        return Ok(());
    }
    let refused =
        Error::new(Code::Conflict, "Meetings are to come that are not open to everybody. Open or cancel them first.");
    Err(closed.into_iter().fold(refused, Error::with_conflict))
}

/// Says whether the open meetings law binds a partnership, and why.
///
/// For whoever sees the partnership.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/open-meetings-policy",
    tag = "meetings", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    responses((status = 200, body = OpenMeetingsDetail)))]
pub async fn get_open_meetings_policy(ctx: Ctx, id: Path<PartnershipId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(actor, &scoped.standing, Action::GetOpenMeetingsPolicy)?;
        Ok(Found(shown(id.0, queries::current(conn, id.0)?)))
    })
    .await
}

/// Binds a partnership to the open meetings law, with a reason.
///
/// For administrators. From then on nothing is decided anonymously, meetings are open to everybody and in no private home, and
/// what is discussed outside of a meeting carries a warning. Refused, with what is in the way in `conflicts`, while an
/// anonymous decision is open or a meeting is to come that is closed to somebody.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/open-meetings-policy",
    tag = "meetings", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = SetOpenMeetingsPolicy, responses((status = 200, body = OpenMeetingsDetail)))]
pub async fn set_open_meetings_policy(
    ctx: Ctx,
    id: Path<PartnershipId>,
    body: Valid<SetOpenMeetingsPolicy>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let set_by_id = actor.person()?.id;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Change, now)?;
        policy::demand(actor, &scoped.standing, Action::SetOpenMeetingsPolicy)?;
        scoped.demand_unclosed()?;
        let reason: String = body.0.reason.into();
        let row = OpenMeetingsPolicy {
            id: OpenMeetingsPolicyId::new(),
            partnership_id: id.0,
            reason: reason.clone(),
            set_by_id,
            ending_reason: None,
            ended_by_id: None,
            ended_at: None,
            version: 1,
            created_at: now,
        };
        queries::insert(tx, &row)?;
        demand_nothing_closed(tx, id.0)?;
        let entry = events::OPEN_MEETINGS_SET.on(id.0.0).within(id.0.0).because(reason);
        tx.recorded(entry, Versioned::new(shown(id.0, Some(row)), 1))
    })
    .await
}

/// Releases a partnership from the open meetings law, with a reason.
///
/// For administrators. What was kept under it stays.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/open-meetings-policy/end",
    tag = "meetings", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), IfMatchParam),
    request_body = EndOpenMeetingsPolicy, responses((status = 200, body = OpenMeetingsDetail)))]
pub async fn end_open_meetings_policy(
    ctx: Ctx,
    id: Path<PartnershipId>,
    if_match: IfMatch,
    body: Valid<EndOpenMeetingsPolicy>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Change, now)?;
        policy::demand(actor, &scoped.standing, Action::EndOpenMeetingsPolicy)?;
        scoped.demand_unclosed()?;
        let row = queries::current(tx, id.0)?
            .ok_or_else(|| Error::conflict("The open meetings law does not bind the partnership."))?;
        if_match.demand(row.version)?;
        if queries::has_recess(tx, id.0)? {
            return Err(Error::conflict("A meeting is recessed into an executive session; it resumes first."));
        }
        let reason: String = body.0.reason.into();
        let row = queries::end(tx, &row, by, &reason, now)?;
        let entry = events::OPEN_MEETINGS_ENDED.on(id.0.0).within(id.0.0).because(reason);
        tx.recorded(entry, Found(shown(id.0, Some(row))))
    })
    .await
}

crate::operations! {
    get_open_meetings_policy,
    set_open_meetings_policy,
    end_open_meetings_policy,
}
