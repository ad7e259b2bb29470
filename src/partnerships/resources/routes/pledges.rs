//! Pledges: offered by members and partners, answered, delivered in parts, taken back.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::needs::{Amount, Loaded, load, settle};
use super::partners::PartnerRef;
use crate::accounts::{Actor, Ctx, PersonRef, people};
use crate::ids::AccountId;
use crate::partnerships::model::Sector;
use crate::partnerships::resources::events;
use crate::partnerships::resources::model::{
    Delivery, DeliveryId, Need, NeedId, Partner, PartnerId, PartnerState, Pledge, PledgeId, PledgeState,
};
use crate::partnerships::resources::policy::{self, Action, Face, Subject};
use crate::partnerships::resources::queries::needs::{NeedChanges, note_first_pledge};
use crate::partnerships::resources::queries::partners::{self, PartnerChanges};
use crate::partnerships::resources::queries::pledges::{self, PledgeChanges, Seen};
use crate::partnerships::resources::told::told;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Tx, Valid, Versioned,
};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::{Day, Prose};

/// Pledges for one need at most, whatever became of them: where it stands is computed from all of them.
const MOST: i64 = 500;

/// A pledge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantity": 20, "note": "From the lot on 7th Street; we can bring them."}))]
pub struct OfferPledge {
    /// How much, in the need's unit. Of money only this promise is kept.
    quantity: Amount,
    /// What, from where, from when on.
    note: Option<Prose<1, 1000>>,
    /// The partner that offers it: by whoever speaks for it, or on its word by a leader or resource steward. Otherwise the
    /// caller does.
    partner_id: Option<PartnerId>,
}
impl Check for OfferPledge {}

/// Why a pledge is declined or taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PledgeReason {
    /// In words.
    reason: Prose<5, 1000>,
}
impl Check for PledgeReason {}

/// What was brought.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantity": 12, "delivered_on": "2027-03-20", "note": "Stored behind the hall."}))]
pub struct RecordDelivery {
    /// How much, in the need's unit; added to what was brought before. It may come to more than was pledged.
    quantity: Amount,
    /// On which day.
    delivered_on: Day,
    /// What, where to.
    note: Option<Prose<1, 1000>>,
}
impl Check for RecordDelivery {}

/// Which pledges to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PledgeFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<PledgeState>,
}

/// A pledge.
#[derive(Debug, Serialize, ToSchema)]
pub struct PledgeDetail {
    /// The pledge.
    id: PledgeId,
    /// For which need.
    need_id: NeedId,
    /// The partner that offers it; `null` where a member does.
    partner: Option<PartnerRef>,
    /// Who offered it.
    offered_by: Option<PersonRef>,
    /// How much, in the need's unit.
    quantity: i32,
    /// What, from where, from when on.
    note: Option<String>,
    /// Where it stands.
    state: PledgeState,
    /// How much was brought.
    delivered: i64,
    /// Who accepted or declined it, or took it back.
    answered_by: Option<PersonRef>,
    /// When.
    answered_at: Option<Instant>,
    /// Why it was declined or taken back.
    reason: Option<String>,
    /// Changes with every change.
    version: i64,
    /// When it was offered.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// What was brought of a pledge.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryDetail {
    /// The delivery.
    id: DeliveryId,
    /// Of which pledge.
    pledge_id: PledgeId,
    /// How much, in the need's unit.
    quantity: i32,
    /// On which day.
    #[schema(value_type = crate::platform::text::Day)]
    delivered_on: NaiveDate,
    /// What, where to.
    note: Option<String>,
    /// Who recorded it.
    recorded_by: Option<PersonRef>,
    /// When that was.
    created_at: Instant,
}

type Names = HashMap<PartnerId, (String, Sector)>;

fn shown(row: Pledge, people: &HashMap<AccountId, PersonRef>, names: &Names) -> PledgeDetail {
    PledgeDetail {
        id: row.id,
        need_id: row.need_id,
        partner: row
            .partner_id
            .and_then(|id| names.get(&id).map(|(name, sector)| PartnerRef { id, name: name.clone(), sector: *sector })),
        offered_by: people.get(&row.offered_by_id).cloned(),
        quantity: row.quantity,
        note: row.note,
        state: row.state,
        delivered: row.delivered,
        answered_by: row.answered_by_id.and_then(|id| people.get(&id).cloned()),
        answered_at: row.answered_at,
        reason: row.reason,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn all(conn: &mut Conn, rows: &[Pledge]) -> Result<(HashMap<AccountId, PersonRef>, Names)> {
    let named = rows.iter().flat_map(|row| [Some(row.offered_by_id), row.answered_by_id]).flatten();
    let people = people(conn, named.collect::<Vec<_>>())?;
    let names = partners::names(conn, rows.iter().filter_map(|row| row.partner_id))?;
    Ok((people, names))
}

fn one(conn: &mut Conn, row: Pledge) -> Result<Versioned<PledgeDetail>> {
    let version = row.version;
    let (people, names) = all(conn, std::slice::from_ref(&row))?;
    Ok(Versioned::new(shown(row, &people, &names), version))
}

/// The partner for which the actor speaks in the partnership.
fn represented(conn: &mut Conn, actor: &Actor, scoped: &Scoped) -> Result<Option<PartnerId>> {
    match actor.id() {
        Some(id) => partners::represented(conn, scoped.partnership.id, id),
        None => Ok(None),
    }
}

/// A pledge with its need, its partner, its partnership, and what the policy goes by.
struct Reached {
    pledge: Pledge,
    need: Need,
    partner: Option<Partner>,
    scoped: Scoped,
    /// Who may see the need.
    face: Face,
}

/// The pledge as this actor may have it for `action`.
fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: PledgeId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<Reached> {
    let by = actor.person()?.id;
    let found = pledges::find(conn, id)?.ok_or_else(Error::not_found)?;
    let Loaded { need, scoped, subject: of_need, .. } = load(conn, actor, found.need_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let pledge = match purpose {
        Purpose::Change => pledges::find(conn, id)?.ok_or_else(Error::not_found)?,
        Purpose::Read => found,
    };
    let partner = match pledge.partner_id {
        Some(partner) => partners::find(conn, partner)?,
        None => None,
    };
    // Of an organisation's pledge, whoever speaks for it now; of a person's, that person.
    let is_own = match &partner {
        Some(partner) => partner.state == PartnerState::Joined && partner.representative_id == Some(by),
        None => pledge.offered_by_id == by,
    };
    // Pledges are for those who see what they are for.
    let face = if policy::sees(&scoped.standing, of_need) { Face::Inside } else { Face::Draft };
    let subject = Subject { is_own, represents: false, face };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok(Reached { pledge, need, partner, scoped, face: of_need.face })
}

/// Offers a pledge.
///
/// Members offer for themselves; whoever speaks for a partner offers for it, also without being a member, what is asked for
/// openly. More than is needed can be pledged. Money is promised here and never paid.
#[utoipa::path(post, path = "/needs/{need_id}/pledges",
    tag = "pledges", security(("bearer" = [])), params(("need_id" = NeedId, Path, description = "The need.")),
    request_body = OfferPledge, responses((status = 201, body = PledgeDetail)))]
pub async fn offer_pledge(ctx: Ctx, id: Path<NeedId>, body: Valid<OfferPledge>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let Loaded { need, scoped, subject, .. } = load(tx, actor, id.0, Purpose::Change, now)?;
        let face = subject.face;
        let spoken_for = represented(tx, actor, &scoped)?;
        let subject = Subject { represents: spoken_for.is_some(), ..subject };
        policy::demand(actor, &scoped.standing, subject, Action::OfferPledge)?;
        scoped.demand_live()?;
        if !need.state.is_open() {
            return Err(Error::conflict(format!("The need is {}; nothing can be pledged for it.", need.state)));
        }
        let OfferPledge { quantity, note, partner_id } = body.0;
        let offers = match partner_id {
            Some(partner) => spoken_for == Some(partner) || offers_for(tx, &scoped, partner, by)?,
            None => true,
        };
        if !offers {
            return Err(Error::field(
                "/partner_id",
                FieldCode::NotFound,
                "there is no such partner for whom you speak",
            ));
        }
        if partner_id.is_none() && scoped.standing.membership.is_none() {
            return Err(Error::field("/partner_id", FieldCode::Required, "is required of whoever is no member"));
        }
        if pledges::count(tx, id.0)? >= MOST {
            return Err(Error::conflict(format!("The need has {MOST} pledges already.")));
        }
        let pledge = Pledge {
            id: PledgeId::new(),
            need_id: id.0,
            partner_id,
            offered_by_id: by,
            quantity: quantity.get(),
            note: note.map(Into::into),
            state: PledgeState::Offered,
            delivered: 0,
            answered_by_id: None,
            answered_at: None,
            reason: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        pledges::insert(tx, &pledge)?;
        if need.first_pledged_at.is_none() {
            note_first_pledge(tx, need.id, now)?;
        }
        let event = told(events::PLEDGE_OFFERED, face).on(pledge.id.0).within(need.partnership_id.0);
        let location = format!("{API}/pledges/{}", pledge.id);
        let value = one(tx, pledge)?.value;
        tx.recorded(event, Created { value, location, version: Some(1) })
    })
    .await
}

/// Whether somebody may offer for this partner: whoever speaks for it, leaders and resource stewards.
fn offers_for(conn: &mut Conn, scoped: &Scoped, partner: PartnerId, by: AccountId) -> Result<bool> {
    let partner = partners::find(conn, partner)?;
    Ok(partner.is_some_and(|partner| {
        partner.partnership_id == scoped.partnership.id
            && partner.state == PartnerState::Joined
            && (partner.representative_id == Some(by) || policy::manages(&scoped.standing))
    }))
}

/// Lists the pledges for a need, newest first.
///
/// Whoever is inside sees all of them; whoever speaks for a partner the own ones.
#[utoipa::path(get, path = "/needs/{need_id}/pledges",
    tag = "pledges", security(("bearer" = [])),
    params(("need_id" = NeedId, Path, description = "The need."), PledgeFilter, PageParams),
    responses((status = 200, body = Page<PledgeDetail>)))]
pub async fn list_pledges(ctx: Ctx, id: Path<NeedId>, listing: Listing<PledgeFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let reader = actor.person()?.id;
        let Loaded { scoped, subject, .. } = load(conn, actor, id.0, Purpose::Read, now)?;
        let spoken_for = represented(conn, actor, &scoped)?;
        let subject = Subject { represents: spoken_for.is_some(), ..subject };
        policy::demand(actor, &scoped.standing, subject, Action::ListPledges)?;
        let seen = if scoped.standing.is_inside() { Seen::All } else { Seen::Own(reader, spoken_for) };
        let page = pledges::list(conn, id.0, &seen, listing.filter.state, &listing)?;
        let (people, names) = all(conn, &page.items)?;
        Ok(page.map(|row| shown(row, &people, &names)))
    })
    .await
}

/// Reads a pledge.
#[utoipa::path(get, path = "/pledges/{pledge_id}",
    tag = "pledges", security(("bearer" = [])),
    params(("pledge_id" = PledgeId, Path, description = "The pledge.")),
    responses((status = 200, body = PledgeDetail)))]
pub async fn get_pledge(ctx: Ctx, id: Path<PledgeId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let reached = find_for(conn, actor, id.0, Action::GetPledge, Purpose::Read, now)?;
        one(conn, reached.pledge)
    })
    .await
}

/// Moves a pledge on, and its need with it.
fn answer(
    tx: &mut Tx<'_>,
    actor: &Actor,
    reached: &Reached,
    to: PledgeState,
    reason: Option<String>,
) -> Result<Pledge> {
    let (now, by) = (tx.now(), actor.person()?.id);
    reached.pledge.state.demand(to)?;
    let changes = PledgeChanges {
        state: Some(to),
        answered_by_id: Some(Some(by)),
        answered_at: Some(Some(now)),
        reason: Some(reason),
        ..PledgeChanges::default()
    };
    let pledge = pledges::update(tx, &reached.pledge, changes, now)?;
    settle(tx, &reached.need, NeedChanges::default(), now)?;
    Ok(pledge)
}

/// Accepts a pledge: it is counted on.
///
/// The first accepted pledge of a partner to a need that was there before it joined is the need that it answered.
#[utoipa::path(post, path = "/pledges/{pledge_id}/accept",
    tag = "pledges", security(("bearer" = [])),
    params(("pledge_id" = PledgeId, Path, description = "The pledge."), IfMatchParam),
    responses((status = 200, body = PledgeDetail)))]
pub async fn accept_pledge(ctx: Ctx, id: Path<PledgeId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let reached = find_for(tx, actor, id.0, Action::AcceptPledge, Purpose::Change, now)?;
        if_match.demand(reached.pledge.version)?;
        reached.scoped.demand_live()?;
        if !reached.need.state.is_open() {
            return Err(Error::conflict(format!("The need is {}; it takes no more pledges.", reached.need.state)));
        }
        let pledge = answer(tx, actor, &reached, PledgeState::Accepted, None)?;
        if let Some(partner) = &reached.partner {
            let came_by_it = partner.joined_at.is_some_and(|joined| reached.need.created_at <= joined);
            if partner.answered_need_id.is_none() && came_by_it {
                let changes =
                    PartnerChanges { answered_need_id: Some(Some(reached.need.id)), ..PartnerChanges::default() };
                partners::update(tx, partner, changes, now)?;
            }
        }
        let event = told(events::PLEDGE_ACCEPTED, reached.face).on(id.0.0).within(reached.need.partnership_id.0);
        let shown = one(tx, pledge)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Declines a pledge.
#[utoipa::path(post, path = "/pledges/{pledge_id}/decline",
    tag = "pledges", security(("bearer" = [])),
    params(("pledge_id" = PledgeId, Path, description = "The pledge."), IfMatchParam),
    request_body = PledgeReason, responses((status = 200, body = PledgeDetail)))]
pub async fn decline_pledge(
    ctx: Ctx,
    id: Path<PledgeId>,
    if_match: IfMatch,
    body: Valid<PledgeReason>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let reached = find_for(tx, actor, id.0, Action::DeclinePledge, Purpose::Change, now)?;
        if_match.demand(reached.pledge.version)?;
        reached.scoped.demand_live()?;
        let reason = body.0.reason.into_string();
        let pledge = answer(tx, actor, &reached, PledgeState::Declined, Some(reason.clone()))?;
        let event = events::PLEDGE_DECLINED.on(id.0.0).within(reached.need.partnership_id.0).because(reason);
        let shown = one(tx, pledge)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Takes a pledge back.
///
/// By whoever offered it, or on their word by a leader or resource steward. What was brought of it until then stays.
#[utoipa::path(post, path = "/pledges/{pledge_id}/withdraw",
    tag = "pledges", security(("bearer" = [])),
    params(("pledge_id" = PledgeId, Path, description = "The pledge."), IfMatchParam),
    request_body = PledgeReason, responses((status = 200, body = PledgeDetail)))]
pub async fn withdraw_pledge(
    ctx: Ctx,
    id: Path<PledgeId>,
    if_match: IfMatch,
    body: Valid<PledgeReason>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let reached = find_for(tx, actor, id.0, Action::WithdrawPledge, Purpose::Change, now)?;
        if_match.demand(reached.pledge.version)?;
        reached.scoped.demand_live()?;
        let reason = body.0.reason.into_string();
        let pledge = answer(tx, actor, &reached, PledgeState::Withdrawn, Some(reason.clone()))?;
        let event = told(events::PLEDGE_WITHDRAWN, reached.face)
            .on(id.0.0)
            .within(reached.need.partnership_id.0)
            .because(reason);
        let shown = one(tx, pledge)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Records what was brought of a pledge.
///
/// Parts add up; the pledge is delivered once they come to what was pledged. What comes after the need's day still counts.
#[utoipa::path(post, path = "/pledges/{pledge_id}/deliveries",
    tag = "pledges", security(("bearer" = [])),
    params(("pledge_id" = PledgeId, Path, description = "The pledge."), IfMatchParam),
    request_body = RecordDelivery, responses((status = 200, body = PledgeDetail)))]
pub async fn record_delivery(
    ctx: Ctx,
    id: Path<PledgeId>,
    if_match: IfMatch,
    body: Valid<RecordDelivery>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let Reached { pledge, need, scoped, face, .. } =
            find_for(tx, actor, id.0, Action::RecordDelivery, Purpose::Change, now)?;
        if_match.demand(pledge.version)?;
        scoped.demand_live()?;
        pledge.state.demand(PledgeState::Delivered)?;
        let RecordDelivery { quantity, delivered_on, note } = body.0;
        if delivered_on.0 > now.date() {
            return Err(Error::field("/delivered_on", FieldCode::OutOfRange, "must not be a day to come"));
        }
        let delivery = Delivery {
            id: DeliveryId::new(),
            pledge_id: id.0,
            quantity: quantity.get(),
            delivered_on: delivered_on.0,
            note: note.map(Into::into),
            recorded_by_id: by,
            created_at: now,
        };
        pledges::insert_delivery(tx, &delivery)?;
        let delivered = pledge.delivered.saturating_add(quantity.get().into());
        let is_whole = delivered >= pledge.quantity.into();
        let changes = PledgeChanges {
            state: is_whole.then_some(PledgeState::Delivered),
            delivered: Some(delivered),
            ..PledgeChanges::default()
        };
        let pledge = pledges::update(tx, &pledge, changes, now)?;
        settle(tx, &need, NeedChanges::default(), now)?;
        let event = told(events::PLEDGE_DELIVERED, face).on(id.0.0).within(need.partnership_id.0);
        let shown = one(tx, pledge)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Lists what was brought of a pledge, newest first.
#[utoipa::path(get, path = "/pledges/{pledge_id}/deliveries",
    tag = "pledges", security(("bearer" = [])),
    params(("pledge_id" = PledgeId, Path, description = "The pledge."), PageParams),
    responses((status = 200, body = Page<DeliveryDetail>)))]
pub async fn list_deliveries(ctx: Ctx, id: Path<PledgeId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        find_for(conn, actor, id.0, Action::ListDeliveries, Purpose::Read, now)?;
        let page = pledges::list_deliveries(conn, id.0, &listing)?;
        let people = people(conn, page.items.iter().map(|row| row.recorded_by_id))?;
        Ok(page.map(|row| DeliveryDetail {
            id: row.id,
            pledge_id: row.pledge_id,
            quantity: row.quantity,
            delivered_on: row.delivered_on,
            note: row.note,
            recorded_by: people.get(&row.recorded_by_id).cloned(),
            created_at: row.created_at,
        }))
    })
    .await
}

crate::operations! {
    offer_pledge,
    list_pledges,
    get_pledge,
    accept_pledge,
    decline_pledge,
    withdraw_pledge,
    record_delivery,
    list_deliveries,
}
