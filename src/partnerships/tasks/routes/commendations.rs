//! Thanks, by name and for something.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, Ctx, PersonRef, people};
use crate::ids::{AccountId, PartnershipId, TaskId};
use crate::partnerships::queries::members::is_active_member;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::partnerships::tasks::events;
use crate::partnerships::tasks::model::{Commendation, CommendationId, CommendedFor};
use crate::partnerships::tasks::policy::{self, Action, Subject, WHOLE};
use crate::partnerships::tasks::queries::commendations::{self as rows, Of};
use crate::partnerships::tasks::queries::tasks;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned, wrong,
};
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::Prose;

/// Thanks to a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "account_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "reason": "hours", "is_public": true,
    "text": "Every lamp walk since March, in any weather."
}))]
pub struct CommendMember {
    /// Whom; not yourself.
    account_id: AccountId,
    /// What for.
    reason: CommendedFor,
    /// Which task, where it is for one.
    task_id: Option<TaskId>,
    /// In your words.
    text: Prose<3, 1000>,
    /// `true`: all members read it; otherwise the person and the leaders.
    #[serde(default)]
    is_public: bool,
}
impl Check for CommendMember {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if (self.reason == CommendedFor::Task) != self.task_id.is_some() {
            errors.push(wrong("/task_id", FieldCode::Inconsistent, "goes with a commendation for a task, and only so"));
        }
    }
}

/// Whose commendations to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CommendationFilter {
    /// Of this person.
    #[param(inline)]
    account_id: Option<AccountId>,
}

/// Thanks to somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommendationDetail {
    /// The commendation.
    id: CommendationId,
    /// In which partnership.
    partnership_id: PartnershipId,
    /// Whom.
    person: Option<PersonRef>,
    /// From whom.
    given_by: Option<PersonRef>,
    /// What for.
    reason: CommendedFor,
    /// Which task, where it is for one.
    task_id: Option<TaskId>,
    /// In the words of whoever gave it.
    text: String,
    /// Whether all members read it.
    is_public: bool,
    /// When it was taken back.
    withdrawn_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was given.
    created_at: Instant,
}

fn shown(row: Commendation, names: &HashMap<AccountId, PersonRef>) -> CommendationDetail {
    CommendationDetail {
        id: row.id,
        partnership_id: row.partnership_id,
        person: names.get(&row.account_id).cloned(),
        given_by: names.get(&row.given_by_id).cloned(),
        reason: row.reason,
        task_id: row.task_id,
        text: row.text,
        is_public: row.is_public,
        withdrawn_at: row.withdrawn_at,
        version: row.version,
        created_at: row.created_at,
    }
}

fn page(conn: &mut Conn, page: Page<Commendation>) -> Result<Page<CommendationDetail>> {
    let names = people(conn, page.items.iter().flat_map(|row| [row.account_id, row.given_by_id]))?;
    Ok(page.map(|row| shown(row, &names)))
}

fn one(conn: &mut Conn, row: Commendation) -> Result<Versioned<CommendationDetail>> {
    let (version, names) = (row.version, people(conn, [row.account_id, row.given_by_id])?);
    Ok(Versioned::volatile(shown(row, &names), version))
}

/// The commendation as this actor may have it for `action`.
fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: CommendationId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Commendation, Scoped)> {
    let me = actor.person()?.id;
    let of = rows::find(conn, id)?.ok_or_else(Error::not_found)?.partnership_id;
    let scoped = Scoped::load(conn, actor, of, purpose, now)?;
    let row = rows::find(conn, id)?.ok_or_else(Error::not_found)?;
    let subject = Subject {
        is_author: row.given_by_id == me,
        is_holder: row.account_id == me,
        is_private: !row.is_public || row.withdrawn_at.is_some(),
        ..WHOLE
    };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}

/// Thanks a member.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/commendations",
    tag = "commendations", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = CommendMember, responses((status = 201, body = CommendationDetail)))]
pub async fn commend_member(ctx: Ctx, id: Path<PartnershipId>, body: Valid<CommendMember>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Change, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::CommendMember)?;
        scoped.demand_live()?;
        let CommendMember { account_id, reason, task_id, text, is_public } = body.0;
        if account_id == by {
            return Err(Error::field("/account_id", FieldCode::Refused, "is your own; thanks come from others"));
        }
        if !is_active_member(tx, id.0, account_id)? {
            return Err(Error::field("/account_id", FieldCode::NotFound, "is not a member of the partnership"));
        }
        if let Some(task_id) = task_id {
            let task = tasks::find(tx, task_id)?.filter(|task| task.partnership_id == id.0);
            let held = match task {
                Some(task) => Some(super::shown::hold(tx, task)?),
                None => None,
            };
            let held = held.filter(|held| policy::sees(&scoped.standing, held.subject(Some(by))));
            let is_private = held.as_ref().is_some_and(|held| held.task.is_private());
            let done = held.and_then(|held| held.assignment);
            if done.is_none_or(|done| done.account_id != account_id || done.done_at.is_none()) {
                let message = "is not a task here that this person has done";
                return Err(Error::field("/task_id", FieldCode::NotFound, message));
            }
            if is_public && is_private {
                let message = "must be false: the task is one that leaders alone see";
                return Err(Error::field("/is_public", FieldCode::Inconsistent, message));
            }
        }
        let row = Commendation {
            id: CommendationId::new(),
            partnership_id: id.0,
            account_id,
            given_by_id: by,
            reason,
            task_id,
            text: text.into(),
            is_public,
            withdrawn_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        rows::insert(tx, &row)?;
        let kind = if is_public { events::COMMENDED } else { events::COMMENDED_IN_PRIVATE };
        let entry = kind.on(row.id.0).within(id.0.0).fact("cause", reason.as_str());
        let location = format!("{API}/commendations/{}", row.id);
        let value = one(tx, row)?.value;
        tx.recorded(entry, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists a partnership's commendations, newest first.
///
/// Those that all members read, and those between a person and the leaders for these.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/commendations",
    tag = "commendations", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), CommendationFilter, PageParams),
    responses((status = 200, body = Page<CommendationDetail>)))]
pub async fn list_commendations(
    ctx: Ctx,
    id: Path<PartnershipId>,
    listing: Listing<CommendationFilter>,
) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let me = actor.person()?.id;
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::ListCommendations)?;
        let of = Of::Partnership(id.0, scoped.standing.seat.is_none().then_some(me));
        let found = rows::list(conn, of, listing.filter.account_id, &listing)?;
        page(conn, found)
    })
    .await
}

/// Lists the commendations that you were given, newest first.
#[utoipa::path(get, path = "/account/commendations",
    tag = "commendations", security(("bearer" = [])), params(PageParams),
    responses((status = 200, body = Page<CommendationDetail>)))]
pub async fn list_own_commendations(ctx: Ctx, listing: Listing<NoFilter>) -> Result<Reply> {
    ctx.read(move |conn, actor| {
        let me = actor.person()?.id;
        let found = rows::list(conn, Of::Person(me), None, &listing)?;
        page(conn, found)
    })
    .await
}

/// Reads a commendation.
#[utoipa::path(get, path = "/commendations/{commendation_id}",
    tag = "commendations", security(("bearer" = [])),
    params(("commendation_id" = CommendationId, Path, description = "The commendation.")),
    responses((status = 200, body = CommendationDetail)))]
pub async fn get_commendation(ctx: Ctx, id: Path<CommendationId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, _) = find_for(conn, actor, id.0, Action::GetCommendation, Purpose::Read, now)?;
        one(conn, row)
    })
    .await
}

/// Takes a commendation back.
///
/// Its author, the person and the leaders go on reading it; it is in no list any more.
#[utoipa::path(post, path = "/commendations/{commendation_id}/withdraw",
    tag = "commendations", security(("bearer" = [])),
    params(("commendation_id" = CommendationId, Path, description = "The commendation."), IfMatchParam),
    responses((status = 200, body = CommendationDetail)))]
pub async fn withdraw_commendation(ctx: Ctx, id: Path<CommendationId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::WithdrawCommendation, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        if row.withdrawn_at.is_some() {
            return Err(Error::conflict("It was taken back already."));
        }
        let row = rows::withdraw(tx, id.0, now)?;
        let entry = events::COMMENDATION_WITHDRAWN.on(row.id.0).within(row.partnership_id.0);
        let shown = one(tx, row)?;
        tx.recorded(entry, shown)
    })
    .await
}

crate::operations! {
    commend_member,
    list_commendations,
    list_own_commendations,
    get_commendation,
    withdraw_commendation,
}
