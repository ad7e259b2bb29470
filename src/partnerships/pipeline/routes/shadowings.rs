//! Shadow assignments: learning a seat at the side of whoever holds it, for at most six months.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::seats::{demand_unseated, is_of};
use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, MembershipId, PartnershipId, SeatId};
use crate::partnerships::model::{SeatKind, SeatState};
use crate::partnerships::pipeline::events;
use crate::partnerships::pipeline::model::{Shadowing, ShadowingEnd, ShadowingId};
use crate::partnerships::pipeline::policy::{self, Action, Subject, WHOLE};
use crate::partnerships::pipeline::queries::shadowings;
use crate::partnerships::queries::{members, seats};
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::{Entry, Kind};
use crate::platform::values::Whole;

/// Who is to learn a seat.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignShadow {
    /// A member of the same side who holds no seat.
    membership_id: MembershipId,
    /// For how many months.
    months: Whole<1, 6>,
}
impl Check for AssignShadow {}

/// Which shadow assignments to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ShadowingFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<SeatState>,
}

/// A shadow assignment.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShadowingDetail {
    /// The assignment.
    id: ShadowingId,
    /// In which partnership.
    partnership_id: PartnershipId,
    /// The member who learns.
    membership_id: MembershipId,
    /// Who that is.
    person: Option<PersonRef>,
    /// The side of the seat.
    side: Side,
    /// The seat that is learned, whoever holds it.
    seat_kind: SeatKind,
    /// Where it stands, in the words of seats.
    state: SeatState,
    /// For how many months.
    months: i32,
    /// Who assigned it.
    assigned_by: Option<PersonRef>,
    /// First day.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    starts_on: Option<NaiveDate>,
    /// Last day.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    ends_on: Option<NaiveDate>,
    /// When it ended.
    ended_at: Option<Instant>,
    /// Why it ended.
    end_reason: Option<ShadowingEnd>,
    /// Changes with every change.
    version: i64,
    /// When the person was asked.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn shown(row: Shadowing, people: &std::collections::HashMap<AccountId, PersonRef>) -> ShadowingDetail {
    ShadowingDetail {
        id: row.id,
        partnership_id: row.partnership_id,
        membership_id: row.membership_id,
        person: people.get(&row.account_id).cloned(),
        side: row.side,
        seat_kind: row.seat_kind,
        state: row.state,
        months: row.months,
        assigned_by: people.get(&row.assigned_by_id).cloned(),
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        ended_at: row.ended_at,
        end_reason: row.end_reason,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn one(conn: &mut Conn, row: Shadowing) -> Result<Versioned<ShadowingDetail>> {
    let people = people(conn, [row.account_id, row.assigned_by_id])?;
    let version = row.version;
    Ok(Versioned::new(shown(row, &people), version))
}

fn event(kind: Kind, row: &Shadowing) -> Entry {
    kind.on(row.id.0).within(row.partnership_id.0).fact("side", row.side.as_str())
}

fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: ShadowingId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Shadowing, Scoped)> {
    actor.person()?;
    let row = shadowings::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, row.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let row = if purpose == Purpose::Change { shadowings::find(conn, id)?.ok_or_else(Error::not_found)? } else { row };
    let subject = Subject { is_own: actor.id() == Some(row.account_id), side: Some(row.side), ..WHOLE };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}

/// Asks a member to learn a seat as the shadow of whoever holds it.
///
/// By the leaders of the side; on the police side also by the area's commander. The person accepts. The assignment follows
/// the seat when it changes hands, and ends when its time is over or the person takes a seat.
#[utoipa::path(post, path = "/seats/{seat_id}/shadows",
    tag = "leadership", security(("bearer" = [])), params(("seat_id" = SeatId, Path, description = "The seat.")),
    request_body = AssignShadow, responses((status = 201, body = ShadowingDetail)))]
pub async fn assign_shadow(ctx: Ctx, id: Path<SeatId>, body: Valid<AssignShadow>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let of = seats::find(tx, id.0)?.ok_or_else(Error::not_found)?.partnership_id;
        let scoped = Scoped::load(tx, actor, of, Purpose::Change, now)?;
        let seat = seats::find(tx, id.0)?.ok_or_else(Error::not_found)?;
        policy::demand(actor, &scoped.standing, Subject { side: Some(seat.side), ..WHOLE }, Action::AssignShadow)?;
        scoped.demand_live()?;
        if seat.state != SeatState::Active {
            return Err(Error::conflict(format!("The seat is {}; only one that is held can be learned.", seat.state)));
        }
        let AssignShadow { membership_id, months } = body.0;
        let member = members::find(tx, membership_id)?
            .filter(|row| row.partnership_id == of && is_of(seat.side, row))
            .ok_or_else(|| {
                Error::field("/membership_id", FieldCode::NotFound, "there is no such member on this side")
            })?;
        demand_unseated(tx, membership_id)?;
        let row = Shadowing {
            id: ShadowingId::new(),
            partnership_id: of,
            membership_id,
            account_id: member.account_id,
            side: seat.side,
            seat_kind: seat.kind,
            state: SeatState::Nominated,
            months: months.get(),
            assigned_by_id: by,
            starts_on: None,
            ends_on: None,
            ended_at: None,
            end_reason: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        shadowings::insert(tx, &row)?;
        let entry = event(events::SHADOW_ASSIGNED, &row);
        let location = format!("{API}/shadowings/{}", row.id);
        let value = one(tx, row)?.value;
        tx.recorded(entry, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists a partnership's shadow assignments, newest first.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/shadowings",
    tag = "leadership", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), ShadowingFilter, PageParams),
    responses((status = 200, body = Page<ShadowingDetail>)))]
pub async fn list_shadowings(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<ShadowingFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::ListShadowings)?;
        let page = shadowings::list(conn, id.0, listing.filter.state, &listing)?;
        let named: Vec<_> = page.items.iter().flat_map(|row| [row.account_id, row.assigned_by_id]).collect();
        let people = people(conn, named)?;
        Ok(page.map(|row| shown(row, &people)))
    })
    .await
}

/// Reads a shadow assignment.
#[utoipa::path(get, path = "/shadowings/{shadowing_id}",
    tag = "leadership", security(("bearer" = [])),
    params(("shadowing_id" = ShadowingId, Path, description = "The assignment.")),
    responses((status = 200, body = ShadowingDetail)))]
pub async fn get_shadowing(ctx: Ctx, id: Path<ShadowingId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, _) = find_for(conn, actor, id.0, Action::GetShadowing, Purpose::Read, now)?;
        one(conn, row)
    })
    .await
}

/// Accepts to be a shadow: the assignment begins.
#[utoipa::path(post, path = "/shadowings/{shadowing_id}/accept",
    tag = "leadership", security(("bearer" = [])),
    params(("shadowing_id" = ShadowingId, Path, description = "The assignment."), IfMatchParam),
    responses((status = 200, body = ShadowingDetail)))]
pub async fn accept_shadowing(ctx: Ctx, id: Path<ShadowingId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let person = actor.person()?;
        let (row, scoped) = find_for(tx, actor, id.0, Action::AcceptShadowing, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(SeatState::Active)?;
        if row.side == Side::Police && !person.is_police() {
            return Err(Error::forbidden("A police seat is learned with a verification that has not run out."));
        }
        let from = now.date();
        let months = Months::new(row.months.unsigned_abs());
        let to = from.checked_add_months(months).ok_or_else(|| Error::fault("the calendar ends"))?;
        let row = shadowings::begin(tx, &row, from, to, now)?;
        let entry = event(events::SHADOW_ACCEPTED, &row);
        let shown = one(tx, row)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Declines to be a shadow.
#[utoipa::path(post, path = "/shadowings/{shadowing_id}/decline",
    tag = "leadership", security(("bearer" = [])),
    params(("shadowing_id" = ShadowingId, Path, description = "The assignment."), IfMatchParam),
    responses((status = 200, body = ShadowingDetail)))]
pub async fn decline_shadowing(ctx: Ctx, id: Path<ShadowingId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::DeclineShadowing, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        row.state.demand(SeatState::Declined)?;
        let row = shadowings::end(tx, &row, ShadowingEnd::Declined, now)?;
        let entry = event(events::SHADOW_DECLINED, &row);
        let shown = one(tx, row)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Ends a shadow assignment, or takes back one that nobody has answered.
#[utoipa::path(post, path = "/shadowings/{shadowing_id}/end",
    tag = "leadership", security(("bearer" = [])),
    params(("shadowing_id" = ShadowingId, Path, description = "The assignment."), IfMatchParam),
    responses((status = 200, body = ShadowingDetail)))]
pub async fn end_shadowing(ctx: Ctx, id: Path<ShadowingId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::EndShadowing, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        row.state.demand(if row.state == SeatState::Nominated { SeatState::Declined } else { SeatState::Ended })?;
        let row = shadowings::end(tx, &row, ShadowingEnd::Stopped, now)?;
        let entry = event(events::SHADOW_ENDED, &row).fact("cause", ShadowingEnd::Stopped.as_str());
        let shown = one(tx, row)?;
        tx.recorded(entry, shown)
    })
    .await
}

crate::operations! {
    assign_shadow,
    list_shadowings,
    get_shadowing,
    accept_shadowing,
    decline_shadowing,
    end_shadowing,
}
