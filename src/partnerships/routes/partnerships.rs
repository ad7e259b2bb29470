//! Proposing, accepting, reading and describing partnerships.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, Ctx, email_key_of, people};
use crate::directory::{Geometry, area_refs, duty_day, find_area};
use crate::ids::{AgencyId, AreaId, MembershipId, PartnershipId};
use crate::partnerships::events;
use crate::partnerships::formation::{Formation, FormationItem, formation};
use crate::partnerships::model::{
    CatalystType, Founder, FounderId, FounderKind, MemberRole, Membership, MembershipState, Partnership,
    PartnershipState, Sector,
};
use crate::partnerships::policy::{self, Action, WHOLE};
use crate::partnerships::queries::formation::facts;
use crate::partnerships::queries::members;
use crate::partnerships::queries::partnerships::{self as rows, PartnershipChanges, Wanted};
use crate::partnerships::routes::faces::{PartnershipDetail, PartnershipPublic, detail, public_face};
use crate::partnerships::routes::invitations::invite;
use crate::partnerships::stages::queries::life_cycles;
use crate::partnerships::standing::{Purpose, Scoped, Standing};
use crate::partnerships::withheld::Withheld;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, Found, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, wrong,
};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Audience;
use crate::platform::record::timeline::{NoFilter, Of, Sight, TimelineEntry, what_is_left};
use crate::platform::text::{Email, Line, Prose, fold};
use crate::platform::values::{Change, List, Patch};

/// An unanswered proposal is overdue then (`domain/20` 6.3).
pub const ANSWER_WITHIN_DAYS: u64 = 14;

/// What brought people together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Catalyst {
    /// A common goal, a shared problem or a specific task.
    #[serde(rename = "type")]
    kind: CatalystType,
    /// In their own words.
    statement: Prose<20, 1000>,
}

/// A founder beside whoever proposes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FounderEntry {
    /// Somebody, who is invited by mail.
    Person {
        /// The person's name.
        name: Line<1, 80>,
        /// Where the invitation to become a member goes.
        email: Email,
    },
    /// A group.
    Group {
        /// The group's name.
        name: Line<1, 120>,
        /// Its kind.
        sector: Sector,
    },
}

/// A proposal for a partnership.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Armourdale Lights", "area_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11",
    "catalyst": {"type": "shared_problem", "statement": "Dark alleys behind Kansas Avenue, and three break-ins since May."},
    "founders": [{"type": "group", "name": "Kansas Avenue Merchants", "sector": "business_or_merchant_association"}]
}))]
pub struct ProposePartnership {
    /// Its name.
    name: Line<3, 120>,
    /// The area that it is for; the commander of that area answers.
    area_id: AreaId,
    /// Its own outline, where it is not the whole area.
    geometry: Option<Geometry>,
    /// What brought the founders together.
    catalyst: Catalyst,
    /// Founders beside you: a partnership is started by more than one person or group.
    founders: List<FounderEntry, 1, 20>,
    /// How anybody can reach the partnership.
    public_contact: Option<Line<3, 200>>,
}
impl Check for ProposePartnership {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if let Some(geometry) = &self.geometry {
            geometry.check("/geometry", errors);
        }
        let mut seen = std::collections::HashSet::new();
        for (n, founder) in self.founders.as_slice().iter().enumerate() {
            let key = match founder {
                FounderEntry::Person { email, .. } => email.key(),
                FounderEntry::Group { name, .. } => fold(name.as_str()),
            };
            if !seen.insert(key) {
                errors.push(wrong(format!("/founders/{n}"), FieldCode::NotUnique, "is named already"));
            }
        }
    }
}

/// Changes to a partnership's description.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnershipPatch {
    /// Its name.
    #[serde(default)]
    name: Change<Line<3, 120>>,
    /// Its own outline; `null` makes it the whole area.
    #[serde(default)]
    geometry: Patch<Geometry>,
    /// The catalyst in the founders' words.
    #[serde(default)]
    catalyst_statement: Change<Prose<20, 1000>>,
    /// How anybody can reach the partnership.
    #[serde(default)]
    public_contact: Patch<Line<3, 200>>,
}
impl Check for PartnershipPatch {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if let Some(geometry) = self.geometry.value() {
            geometry.check("/geometry", errors);
        }
    }
}

/// Why a proposal is declined.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclinePartnership {
    /// The reason; the founders read it.
    reason: Prose<3, 500>,
}
impl Check for DeclinePartnership {}

/// Which partnerships to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PartnershipFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<PartnershipState>,
    /// In this area or within it.
    area_id: Option<AreaId>,
    /// Hosted by this agency.
    agency_id: Option<AgencyId>,
    /// `true`: only those that you are a member of.
    mine: Option<bool>,
    /// Whose name has this in it.
    q: Option<Line<1, 60>>,
}

/// The partnership as this actor may have it for `action`.
pub fn load_for(
    conn: &mut Conn,
    actor: &Actor,
    id: PartnershipId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<Scoped> {
    let scoped = Scoped::load(conn, actor, id, purpose, now)?;
    policy::demand(actor, &scoped.standing, WHOLE, action)?;
    Ok(scoped)
}

fn with_geometry(geometry: Option<&Geometry>) -> PartnershipChanges {
    let bounds = geometry.and_then(Geometry::bounding_box);
    PartnershipChanges {
        geometry: Some(geometry.cloned().map(Json)),
        min_lon: Some(bounds.map(|b| b.min_lon)),
        min_lat: Some(bounds.map(|b| b.min_lat)),
        max_lon: Some(bounds.map(|b| b.max_lon)),
        max_lat: Some(bounds.map(|b| b.max_lat)),
        ..PartnershipChanges::default()
    }
}

/// Proposes a partnership.
///
/// You are its first founder and first member; founders who are persons are invited by mail. The commander of the area
/// answers within 14 days.
#[utoipa::path(post, path = "/partnerships",
    tag = "partnerships", security(("bearer" = [])), request_body = ProposePartnership,
    responses((status = 201, body = PartnershipDetail)))]
pub async fn propose_partnership(ctx: Ctx, body: Valid<ProposePartnership>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let stranger = Standing::stranger(PartnershipState::Proposed);
        policy::demand(actor, &stranger, WHOLE, Action::ProposePartnership)?;
        let (person, now) = (actor.person()?, tx.now());
        let side = person.side().ok_or_else(|| Error::forbidden("Administrators found no partnerships."))?;
        let ProposePartnership { name, area_id, geometry, catalyst, founders, public_contact } = body.0;
        let area = find_area(tx, area_id)?
            .filter(|area| area.retired_at.is_none())
            .ok_or_else(|| Error::field("/area_id", FieldCode::NotFound, "there is no such area"))?;
        let id = PartnershipId::new();
        let bounds = geometry.as_ref().and_then(Geometry::bounding_box);
        let partnership = Partnership {
            id,
            name_key: fold(name.as_str()),
            name: name.into(),
            state: PartnershipState::Proposed,
            area_id,
            host_agency_id: area.agency_id,
            min_lon: bounds.map(|b| b.min_lon),
            min_lat: bounds.map(|b| b.min_lat),
            max_lon: bounds.map(|b| b.max_lon),
            max_lat: bounds.map(|b| b.max_lat),
            geometry: geometry.map(Json),
            catalyst_type: catalyst.kind,
            catalyst_statement: catalyst.statement.into(),
            public_contact: public_contact.map(Into::into),
            proposed_by_id: person.id,
            decided_by_id: None,
            decided_at: None,
            decision_reason: None,
            escalated_at: None,
            first_meeting: None,
            first_meeting_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let own_key = email_key_of(tx, person.id)?;
        let own_name = people(tx, [person.id])?.remove(&person.id).map(|p| p.display_name).unwrap_or_default();
        let founder = |position, kind, name, sector, account_id| Founder {
            id: FounderId::new(),
            partnership_id: id,
            position,
            kind,
            name,
            sector,
            account_id,
            created_at: now,
        };
        let mut all = vec![founder(1, FounderKind::Person, own_name, None, Some(person.id))];
        let mut invited = Vec::new();
        for (position, entry) in (2..).zip(founders.into_vec()) {
            all.push(match entry {
                FounderEntry::Person { name, email } => {
                    if own_key.as_deref() == Some(email.key().as_str()) {
                        let pointer = format!("/founders/{}/email", position - 2);
                        return Err(Error::field(
                            pointer,
                            FieldCode::NotUnique,
                            "is your own; you are a founder already",
                        ));
                    }
                    invited.push(email);
                    founder(position, FounderKind::Person, name.into(), None, None)
                }
                FounderEntry::Group { name, sector } => {
                    founder(position, FounderKind::Group, name.into(), Some(sector), None)
                }
            });
        }
        rows::insert(tx, &partnership, &all)?;
        let membership = Membership {
            id: MembershipId::new(),
            partnership_id: id,
            account_id: person.id,
            side,
            role: MemberRole::Member,
            state: MembershipState::Active,
            message: None,
            joined_at: Some(now),
            ended_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        members::insert(tx, &membership)?;
        for email in invited {
            invite(tx, &state, &partnership, email, person.id, now)?;
        }
        let scoped = Scoped::load(tx, actor, id, Purpose::Read, now)?;
        let value = detail(tx, scoped, now)?.value;
        let event = events::PROPOSED.on(id.0).within(id.0);
        tx.recorded(event, Created { value, location: format!("{API}/partnerships/{id}"), version: Some(1) })
    })
    .await
}

/// Lists partnerships, by name.
///
/// Everybody sees those that are public; founders, members and officers on duty in their area also see proposals.
#[utoipa::path(get, path = "/partnerships",
    tag = "partnerships", security((), ("bearer" = [])), params(PartnershipFilter, PageParams),
    responses((status = 200, body = Page<PartnershipPublic>)))]
pub async fn list_partnerships(ctx: Ctx, listing: Listing<PartnershipFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let today = duty_day(conn, actor, now)?;
        let stranger = Standing::stranger(PartnershipState::Forming);
        policy::demand(actor, &stranger, WHOLE, Action::ListPartnerships)?;
        let PartnershipFilter { state, area_id, agency_id, mine, q } = &listing.filter;
        let member = if *mine == Some(true) { Some(actor.person()?.id) } else { None };
        let q = q.as_ref().map(ToString::to_string);
        let wanted = Wanted { state: *state, area: *area_id, agency: *agency_id, member, q };
        let page = rows::list(conn, actor, &wanted, today, &listing)?;
        let areas = area_refs(conn, page.items.iter().map(|row| row.area_id))?;
        let lives = life_cycles::of(conn, page.items.iter().map(|row| row.id).collect())?;
        Ok(page.map(|row| {
            let (area, life) = (areas.get(&row.area_id).cloned(), lives.get(&row.id));
            public_face(row, area, life)
        }))
    })
    .await
}

/// Reads a partnership.
///
/// Everybody sees its public face; members, officers on duty in its area and administrators see all of it.
#[utoipa::path(get, path = "/partnerships/{partnership_id}",
    tag = "partnerships", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    responses((status = 200, body = PartnershipDetail)))]
pub async fn get_partnership(ctx: Ctx, id: Path<PartnershipId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let scoped = load_for(conn, actor, id.0, Action::GetPartnership, Purpose::Read, now)?;
        detail(conn, scoped, now)
    })
    .await
}

/// Changes a partnership's description.
#[utoipa::path(patch, path = "/partnerships/{partnership_id}",
    tag = "partnerships", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), IfMatchParam),
    request_body = PartnershipPatch, responses((status = 200, body = PartnershipDetail)))]
pub async fn update_partnership(
    ctx: Ctx,
    id: Path<PartnershipId>,
    if_match: IfMatch,
    body: Valid<PartnershipPatch>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let scoped = load_for(tx, actor, id.0, Action::UpdatePartnership, Purpose::Change, now)?;
        if_match.demand(scoped.partnership.version)?;
        scoped.demand_live()?;
        let PartnershipPatch { name, geometry, catalyst_statement, public_contact } = body.0;
        let changed: Vec<&'static str> = [
            ("name", name.is_given()),
            ("geometry", geometry.is_given()),
            ("catalyst_statement", catalyst_statement.is_given()),
            ("public_contact", public_contact.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        let outline = match &geometry {
            Patch::Keep => PartnershipChanges::default(),
            Patch::Clear => with_geometry(None),
            Patch::Set(geometry) => with_geometry(Some(geometry)),
        };
        let changes = PartnershipChanges {
            name_key: name.value().map(|name| fold(name.as_str())),
            name: name.changeset(Into::into),
            catalyst_statement: catalyst_statement.changeset(Into::into),
            public_contact: public_contact.changeset(Into::into),
            ..outline
        };
        let partnership = rows::update(tx, id.0, changes, now)?;
        let detail = detail(tx, Scoped { partnership, ..scoped }, now)?;
        tx.recorded(events::UPDATED.on(id.0.0).within(id.0.0).changed(changed), detail)
    })
    .await
}

fn decide(
    tx: &mut crate::platform::http::Tx<'_>,
    actor: &Actor,
    id: PartnershipId,
    if_match: IfMatch,
    action: Action,
    to: PartnershipState,
    reason: Option<String>,
) -> Result<Scoped> {
    let now = tx.now();
    let by = actor.person()?.id;
    let scoped = load_for(tx, actor, id, action, Purpose::Change, now)?;
    if_match.demand(scoped.partnership.version)?;
    scoped.partnership.state.demand(to)?;
    let changes = PartnershipChanges {
        state: Some(to),
        decided_by_id: Some(Some(by)),
        decided_at: Some(Some(now)),
        decision_reason: Some(reason),
        ..PartnershipChanges::default()
    };
    let partnership = rows::update(tx, id, changes, now)?;
    let standing = Standing { state: to, ..scoped.standing };
    Ok(Scoped { partnership, standing })
}

/// Accepts a proposed partnership.
///
/// For the commander of the area, or a delegate. From now on it is public and forming.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/accept",
    tag = "partnerships", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), IfMatchParam),
    responses((status = 200, body = PartnershipDetail)))]
pub async fn accept_partnership(ctx: Ctx, id: Path<PartnershipId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let scoped = decide(tx, actor, id.0, if_match, Action::AcceptPartnership, PartnershipState::Forming, None)?;
        let detail = detail(tx, scoped, now)?;
        tx.recorded(events::ACCEPTED.on(id.0.0).within(id.0.0), detail)
    })
    .await
}

/// Declines a proposed partnership, with a reason.
///
/// For the commander of the area, or a delegate.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/decline",
    tag = "partnerships", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), IfMatchParam),
    request_body = DeclinePartnership, responses((status = 200, body = PartnershipDetail)))]
pub async fn decline_partnership(
    ctx: Ctx,
    id: Path<PartnershipId>,
    if_match: IfMatch,
    body: Valid<DeclinePartnership>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let reason: String = body.0.reason.into();
        let to = PartnershipState::Declined;
        let scoped = decide(tx, actor, id.0, if_match, Action::DeclinePartnership, to, Some(reason.clone()))?;
        let detail = detail(tx, scoped, now)?;
        tx.recorded(events::DECLINED.on(id.0.0).within(id.0.0).because(reason), detail)
    })
    .await
}

/// Reads a partnership's formation checklist.
///
/// Each item is computed, never set: leaders of both sides first, then the mission, then one goal with its objectives.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/formation",
    tag = "partnerships", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    responses((status = 200, body = Formation)))]
pub async fn get_formation(ctx: Ctx, id: Path<PartnershipId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        let scoped = load_for(conn, actor, id.0, Action::GetFormation, Purpose::Read, now)?;
        let mut formed = formation(&facts(conn, &scoped.partnership, now.date())?);
        // The first meeting may have been one of leaders: which one it was, others are not told, and not when it was held either.
        let meeting = formed.items.iter_mut().find(|item| item.key == FormationItem::FirstMeeting);
        if let Some(meeting) = meeting.filter(|_| !scoped.standing.sees_drafts()) {
            meeting.evidence_ref = None;
            meeting.done_at = meeting.done_at.map(Instant::day);
        }
        Ok(Found(formed))
    })
    .await
}

/// What somebody who stands so sees of timelines.
pub fn sight(standing: &Standing) -> Sight {
    use Audience::{Involved, Leaders, Members, Public, Seats};
    Sight(if standing.seat.is_some() {
        &[Public, Members, Leaders, Involved, Seats]
    } else if standing.on_duty || standing.in_command {
        &[Public, Members, Leaders, Involved]
    } else if standing.sees_drafts() {
        &[Public, Members, Leaders]
    } else if standing.membership.is_some() || standing.is_founder {
        &[Public, Members]
    } else {
        &[Public]
    })
}

/// Lists what happened in a partnership, newest first.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/timeline",
    tag = "partnerships", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), PageParams),
    responses((status = 200, body = Page<TimelineEntry>)))]
pub async fn list_partnership_timeline(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    let state = ctx.state.clone();
    ctx.read(move |conn, actor| {
        let scoped = load_for(conn, actor, id.0, Action::ListPartnershipTimeline, Purpose::Read, now)?;
        let (withheld, standing) = (state.handed::<Withheld>()?, &scoped.standing);
        what_is_left(conn, Of::Partnership(id.0.0), sight(standing), &listing, &state.catalogue, |told| {
            withheld.left(told, id.0, standing)
        })
    })
    .await
}

crate::operations! {
    propose_partnership,
    list_partnerships,
    get_partnership,
    update_partnership,
    accept_partnership,
    decline_partnership,
    get_formation,
    list_partnership_timeline,
}
